#include "scenarios/scenario_tree.h"

#include "scenarios/scenario_ids.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- places -------------------------------------------------------------------------------------------- */

/* Characters, not bytes. */
static uint32_t count_characters(const struct dh_source *source, size_t from, size_t to) {
    uint32_t n = 0;
    for (size_t i = from; i < to; i++)
        n += ((unsigned char)source->text[i] & 0xC0) != 0x80;
    return n;
}

enum { BLOCK = 512 };

static void index_lines(struct dh_source *source) {
    int32_t n = 1;
    for (size_t i = 0; i < source->n; i++)
        n += source->text[i] == '\n';
    source->line_at = malloc((size_t)n * sizeof *source->line_at);
    source->before_block = malloc((source->n / BLOCK + 1) * sizeof *source->before_block);
    if (!source->line_at || !source->before_block) {
        free(source->line_at);
        free(source->before_block);
        source->line_at = source->before_block = NULL;
        return;
    }
    source->n_line = 1;
    source->line_at[0] = 0;
    for (size_t i = 0; i < source->n; i++)
        if (source->text[i] == '\n')
            source->line_at[source->n_line++] = (uint32_t)i + 1;
    source->before_block[0] = 0;
    for (size_t k = 1; k <= source->n / BLOCK; k++)
        source->before_block[k] =
            source->before_block[k - 1] + count_characters(source, (k - 1) * BLOCK, k * BLOCK);
}

static uint32_t characters_before(const struct dh_source *source, size_t at) {
    return source->before_block[at / BLOCK] + count_characters(source, at - at % BLOCK, at);
}

struct dh_place dh_source_place(struct dh_source *source, size_t at) {
    struct dh_place place = {.file = source->name};
    if (!source->text)
        return place;
    if (!source->line_at)
        index_lines(source);
    if (!source->line_at)
        return place;
    int32_t low = 0, high = source->n_line - 1;
    while (low < high) {
        int32_t middle = low + (high - low + 1) / 2;
        if (source->line_at[middle] <= at)
            low = middle;
        else
            high = middle - 1;
    }
    size_t from = source->line_at[low], to = at < source->n ? at : source->n;
    place.line = low + 1;
    place.col =
        1 + (int32_t)(to - from <= BLOCK ? count_characters(source, from, to)
                                         : characters_before(source, to) - characters_before(source, from));
    if (low == 0 && source->n >= 3 && memcmp(source->text, "\xEF\xBB\xBF", 3) == 0)
        place.col -= place.col > 1; /* a byte order mark has no column */
    return place;
}

struct dh_place dh_node_place(const struct dh_node *node) {
    return dh_source_place(node->source, node->at);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct dh_place dh_attr_place(const struct dh_node *node, const struct dh_attr *attr, bool value) {
    if (attr->option)
        return (struct dh_place){.file = attr->option->name};
    if (attr->written_on)
        node = attr->written_on;
    const char *text = node->source->text, *end = text + node->source->n;
    const char *c = text + node->at;
    size_t n = strlen(attr->name);
    while (c < end && !is_blank(*c) && *c != '>')
        c++;
    while (c < end) {
        while (c < end && is_blank(*c))
            c++;
        const char *name = c;
        while (c < end && !is_blank(*c) && *c != '=' && *c != '>')
            c++;
        bool found = (size_t)(c - name) == n && memcmp(name, attr->name, n) == 0;
        while (c < end && *c != '"' && *c != '\'' && *c != '>')
            c++;
        if (c == end || *c == '>')
            break;
        char quote = *c++;
        if (found)
            return dh_source_place(node->source, (size_t)((value ? c : name) - text));
        while (c < end && *c != quote)
            c++;
        c++;
    }
    return dh_node_place(node);
}

/* ---- messages ------------------------------------------------------------------------------------------ */

enum { SOURCE_LINE_MAX = 400 }; /* longer lines are not shown: a caret would point nowhere useful */

void dh_tree_show_source(struct dh_tree *tree, struct dh_place place) {
    for (int32_t i = 0; i < tree->n_source; i++) {
        struct dh_source *source = tree->sources[i];
        if (source->name != place.file || place.line <= 0 || place.line > source->n_line)
            continue;
        size_t from = source->line_at[place.line - 1];
        size_t to = place.line < source->n_line ? source->line_at[place.line] - 1 : source->n;
        if (place.line == 1 && to - from >= 3 && memcmp(source->text, "\xEF\xBB\xBF", 3) == 0)
            from += 3;
        if (to > from && source->text[to - 1] == '\r')
            to--;
        if (to - from <= SOURCE_LINE_MAX)
            dh_diag_source(tree->diag, source->text + from, to - from);
        return;
    }
}

enum dh_err dh_tree_error(const struct dh_tree *tree) {
    int32_t n_error = 0;
    if (tree->diag->n_error == tree->errors_before)
        return DH_OK;
    for (int32_t i = 0; i < tree->diag->n_message; i++)
        if (!dh_err_is_warning(tree->diag->messages[i].code) && n_error++ == tree->errors_before)
            return tree->diag->messages[i].code;
    return tree->diag->first;
}

void dh_tree_count_error(struct dh_tree *tree, struct dh_place place) {
    dh_tree_show_source(tree, place);
    if (tree->diag->n_error - tree->errors_before >= DH_DIAG_MAX_MESSAGES && !tree->too_many) {
        tree->too_many = true;
        dh_fail(tree->diag, DH_ERR_TOO_MANY, (struct dh_place){.file = place.file}, "stopped after %d errors",
                DH_DIAG_MAX_MESSAGES);
    }
}

enum dh_err dh_tree_fail(struct dh_tree *tree, enum dh_err code, struct dh_place place, const char *format,
                         ...) {
    if (tree->too_many)
        return code;
    char text[1600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (dh_err_is_warning(code)) {
        dh_warn(tree->diag, code, place, "%s", text);
        dh_tree_show_source(tree, place);
    } else {
        dh_fail(tree->diag, code, place, "%s", text);
        dh_tree_count_error(tree, place);
    }
    return code;
}

void dh_tree_hint(struct dh_tree *tree, const char *format, ...) {
    if (tree->too_many)
        return;
    char text[1600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    dh_diag_hint(tree->diag, "%s", text);
}

/* ---- access -------------------------------------------------------------------------------------------- */

struct dh_source *dh_tree_add_source(struct dh_tree *tree, const char *name, const char *text, size_t n) {
    if (tree->n_source == tree->room_source) {
        int32_t room = tree->room_source ? 2 * tree->room_source : 8;
        struct dh_source **grown = realloc(tree->sources, (size_t)room * sizeof *grown);
        if (!grown)
            return NULL;
        tree->sources = grown;
        tree->room_source = room;
    }
    struct dh_source *source = dh_arena_alloc(&tree->mem, sizeof *source);
    if (!source)
        return NULL;
    source->name = name;
    source->text = text;
    source->n = n;
    tree->sources[tree->n_source++] = source;
    return source;
}

struct dh_attr *dh_node_attr(const struct dh_node *node, const char *name) {
    for (struct dh_attr *attr = node->attrs; attr; attr = attr->next)
        if (strcmp(attr->name, name) == 0)
            return attr;
    return NULL;
}

const char *dh_node_value(const struct dh_node *node, const char *name) {
    const struct dh_attr *attr = dh_node_attr(node, name);
    return attr ? attr->value : NULL;
}

struct dh_attr *dh_node_set(struct dh_tree *tree, struct dh_node *node, const char *name, const char *value) {
    struct dh_attr *attr = dh_node_attr(node, name);
    if (!attr) {
        attr = dh_arena_alloc(&tree->mem, sizeof *attr);
        if (!attr)
            return NULL;
        attr->name = name;
        struct dh_attr **end = &node->attrs;
        while (*end)
            end = &(*end)->next;
        *end = attr;
    }
    attr->value = value;
    attr->written_on = node;
    return attr;
}

void dh_node_append(struct dh_node *parent, struct dh_node *child) {
    child->parent = parent;
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

void dh_node_resolve(struct dh_node *node, int32_t element) {
    node->element = element;
    for (struct dh_node *child = node->first; child; child = child->next) {
        const struct dh_field *field = NULL;
        if (element >= 0 && !child->foreign)
            field = dh_element_child(dh_element((enum dh_element_id)element), child->name);
        dh_node_resolve(child, field ? (int32_t)field->child : -1);
    }
}

void dh_tree_free(struct dh_tree *tree) {
    for (int32_t i = 0; i < tree->n_source; i++) {
        free(tree->sources[i]->line_at);
        free(tree->sources[i]->before_block);
    }
    free(tree->sources);
    dh_id_table_free(tree->ids);
    if (tree->folder_fd >= 0)
        close(tree->folder_fd);
    dh_arena_free(&tree->mem);
    *tree = (struct dh_tree){.folder_fd = -1};
}
