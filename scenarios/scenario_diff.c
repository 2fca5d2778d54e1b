#include "scenarios/scenario_diff.h"

#include "scenarios/scenario_tree.h"
#include "sim/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An attribute of one scenario. */
struct entry {
    const char *path, *value;
    int32_t place; /* in the file */
};

struct list {
    struct entry *entries;
    int32_t n, room;
    bool failed;
};

static void add(struct list *list, const char *path, const char *value) {
    if (list->n == list->room) {
        int32_t room = list->room ? 2 * list->room : 1024;
        struct entry *grown = realloc(list->entries, (size_t)room * sizeof *grown);
        if (!grown) {
            list->failed = true;
            return;
        }
        list->entries = grown;
        list->room = room;
    }
    list->entries[list->n] = (struct entry){path, value, list->n};
    list->n++;
}

/* "hall[@id='air']", "source[2]", or the name alone where it is the only one. */
static char *step_of(struct dh_arena *arena, const char *before, const struct dh_node *node) {
    struct dh_text text = {0};
    const char *id = dh_node_value(node, "id");
    int32_t number = 1, all = 0;
    for (const struct dh_node *other = node->parent ? node->parent->first : NULL; other;
         other = other->next) {
        if (strcmp(other->name, node->name) != 0)
            continue;
        all++;
        number = other == node ? all : number;
    }
    dh_text_printf(&text, "%s%s%s", before, before[0] ? "/" : "", node->name);
    if (id)
        dh_text_printf(&text, "[@id='%s']", id);
    else if (all > 1)
        dh_text_printf(&text, "[%d]", (int)number);
    char *copy = text.failed ? NULL : dh_arena_strdup(arena, text.at);
    dh_text_free(&text);
    return copy;
}

static void flatten(struct dh_arena *arena, struct list *list, const struct dh_node *node, const char *path) {
    for (const struct dh_attr *a = node->attrs; a && !list->failed; a = a->next) {
        struct dh_text text = {0};
        dh_text_printf(&text, "%s%s@%s", path, path[0] ? "/" : "", a->name);
        char *full = text.failed ? NULL : dh_arena_strdup(arena, text.at);
        char *value = full ? dh_arena_strdup(arena, a->value) : NULL;
        dh_text_free(&text);
        if (value)
            add(list, full, value);
        else
            list->failed = true;
    }
    for (const struct dh_node *child = node->first; child && !list->failed; child = child->next) {
        char *step = step_of(arena, path, child);
        if (step)
            flatten(arena, list, child, step);
        else
            list->failed = true;
    }
}

static enum dh_err load(struct dh_arena *arena, struct list *list, const char *text, const char *name,
                        struct dh_diag *diag) {
    struct dh_diag unheard = {0};
    struct dh_tree tree = {.folder_fd = -1, .diag = diag ? diag : &unheard};
    struct dh_node *root = NULL;
    struct dh_source *source = dh_tree_add_source(&tree, name, text, strlen(text));
    enum dh_err err = source ? dh_xml_load(&tree, source, &root) : DH_ERR_MEMORY;
    if (err == DH_OK && root)
        flatten(arena, list, root, "");
    dh_tree_free(&tree);
    dh_diag_free(&unheard);
    return err == DH_OK && list->failed ? DH_ERR_MEMORY : err;
}

static int by_path(const void *left, const void *right) {
    const struct entry *a = left, *b = right;
    int order = strcmp(a->path, b->path);
    return order ? order : a->place < b->place ? -1 : a->place > b->place;
}

struct change {
    struct dh_scenario_change is;
    int32_t place;
};

static int by_place(const void *left, const void *right) {
    const struct change *a = left, *b = right;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* Both lists are sorted by path. */
static struct change *merge(const struct list *base, const struct list *other, int32_t *n) {
    struct change *out = malloc(((size_t)base->n + (size_t)other->n + 1) * sizeof *out);
    *n = 0;
    for (int32_t i = 0, k = 0; out && (i < base->n || k < other->n);) {
        int order = i >= base->n    ? 1
                    : k >= other->n ? -1
                                    : strcmp(base->entries[i].path, other->entries[k].path);
        const struct entry *b = order <= 0 ? &base->entries[i++] : NULL,
                           *o = order >= 0 ? &other->entries[k++] : NULL;
        if (b && o && strcmp(b->value, o->value) == 0)
            continue;
        out[(*n)++] = (struct change){
            {b ? b->path : o->path, b ? b->value : NULL, o ? o->value : NULL},
            b ? b->place : base->n + o->place
        };
    }
    if (out)
        qsort(out, (size_t)*n, sizeof *out, by_place);
    return out;
}

enum dh_err dh_scenario_diff(struct dh_arena *arena, const char *base, const char *other,
                             struct dh_scenario_change **changes, int32_t *n, struct dh_diag *diag) {
    struct list lists[2] = {0};
    struct change *merged = NULL;
    *changes = NULL;
    *n = 0;
    enum dh_err err = load(arena, &lists[0], base, "base", diag);
    if (err == DH_OK)
        err = load(arena, &lists[1], other, "other", diag);
    if (err == DH_OK) {
        for (int i = 0; i < 2; i++)
            if (lists[i].n > 0)
                qsort(lists[i].entries, (size_t)lists[i].n, sizeof *lists[i].entries, by_path);
        merged = merge(&lists[0], &lists[1], n);
        *changes = merged ? dh_arena_array(arena, (size_t)*n + 1, sizeof **changes) : NULL;
        err = *changes ? DH_OK : DH_ERR_MEMORY;
    }
    for (int32_t i = 0; err == DH_OK && i < *n; i++)
        (*changes)[i] = merged[i].is;
    free(merged);
    free(lists[0].entries);
    free(lists[1].entries);
    return err;
}
