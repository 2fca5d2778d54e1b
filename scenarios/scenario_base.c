/* base="id": an element takes over what it does not say itself from another of the same name. */
#include "scenarios/scenario_tree.h"

#include "scenarios/scenario_ids.h"
#include "sim/text.h"

#include <stdio.h>
#include <string.h>

enum { UNRESOLVED, RESOLVING, RESOLVED, BASE_MAX_DEPTH = 64 };

static enum dh_err fail_memory(struct dh_tree *tree) {
    return dh_tree_fail(tree, DH_ERR_MEMORY, dh_node_place(tree->root), "out of memory");
}

static struct dh_node *copy_node(struct dh_tree *tree, const struct dh_node *from) {
    struct dh_node *copy = dh_arena_alloc(&tree->mem, sizeof *copy);
    if (!copy || ++tree->n_element > DH_XML_MAX_ELEMENTS)
        return NULL;
    *copy = *from;
    copy->attrs = NULL;
    copy->first = copy->last = copy->next = NULL;
    struct dh_attr **end = &copy->attrs;
    for (const struct dh_attr *attr = from->attrs; attr; attr = attr->next) {
        *end = dh_arena_alloc(&tree->mem, sizeof **end);
        if (!*end)
            return NULL;
        **end = *attr;
        (*end)->next = NULL;
        end = &(*end)->next;
    }
    for (const struct dh_node *child = from->first; child; child = child->next) {
        struct dh_node *below = copy_node(tree, child);
        if (!below)
            return NULL;
        dh_node_append(copy, below);
    }
    return copy;
}

/* Does the element hold ids that may exist only once? Then a copy of it would be a duplicate. */
static bool holds_unique_id(const struct dh_node *node) {
    if (node->element >= 0 && dh_element((enum dh_element_id)node->element)->has_id &&
        dh_element_id_is_global((enum dh_element_id)node->element))
        return true;
    for (const struct dh_node *child = node->first; child; child = child->next)
        if (holds_unique_id(child))
            return true;
    return false;
}

/* The attribute by which children of this element are told apart: an id, or a mandatory first attribute such
 * as a month's number. NULL: the name of the element alone. */
static const char *key_of(int32_t element) {
    if (element < 0)
        return NULL;
    const struct dh_field *first = &dh_element((enum dh_element_id)element)->fields[0];
    return first->presence == DH_REQUIRED && first->kind != DH_FIELD_PATH ? first->name : NULL;
}

/* An only child takes the place of the base's whatever it says. */
static bool is_only_child(const struct dh_node *node, const struct dh_node *child) {
    const struct dh_field *field =
        dh_element_child(dh_element((enum dh_element_id)node->element), child->name);
    return field && field->int_max == 1;
}

/* last: the last child that was written; those behind it are copies. */
static bool has_counterpart(const struct dh_node *node, const struct dh_node *last,
                            const struct dh_node *child) {
    const char *key = is_only_child(node, child) ? NULL : key_of(child->element),
               *value = key ? dh_node_value(child, key) : NULL;
    for (const struct dh_node *own = last ? node->first : NULL; own; own = own == last ? NULL : own->next) {
        if (own->element != child->element || strcmp(own->name, child->name) != 0)
            continue;
        const char *own_value = key ? dh_node_value(own, key) : NULL;
        if (!key || (value && own_value && strcmp(value, own_value) == 0))
            return true;
    }
    return false;
}

/* Does node itself give the attribute or child that a word of <source for="…"> speaks of? */
static bool says_itself(const struct dh_node *node, const struct dh_node *last, const char *word, size_t n) {
    for (const struct dh_attr *attr = node->attrs; attr; attr = attr->next)
        if (attr->written_on == node && strlen(attr->name) == n && memcmp(attr->name, word, n) == 0)
            return true;
    for (const struct dh_node *own = last ? node->first : NULL; own; own = own == last ? NULL : own->next)
        if (strncmp(own->name, word, strlen(own->name)) == 0 && strlen(own->name) == n)
            return true;
    return false;
}

/* The base's source does not vouch for what node says itself: those words go. False: none is left. */
static bool narrow_source(struct dh_tree *tree, struct dh_node *copy, const struct dh_node *node,
                          const struct dh_node *last) {
    struct dh_attr *words = dh_node_attr(copy, "for");
    if (copy->element != DH_ELEMENT_source || !words)
        return true;
    char *kept = dh_arena_alloc(&tree->mem, strlen(words->value) + 1);
    if (!kept)
        return true;
    size_t n = 0;
    for (const char *c = words->value; *c;) {
        size_t length = strcspn(c, " ");
        if (length > 0 && !says_itself(node, last, c, length)) {
            if (n > 0)
                kept[n++] = ' ';
            memcpy(kept + n, c, length);
            n += length;
        }
        c += length + (c[length] == ' ');
    }
    words->value = kept;
    return n > 0;
}

static enum dh_err take_over(struct dh_tree *tree, struct dh_node *node, const struct dh_node *base) {
    struct dh_node *last_own = node->last;
    for (const struct dh_node *child = base->first; child; child = child->next) {
        if (has_counterpart(node, last_own, child) || holds_unique_id(child))
            continue;
        struct dh_node *copy = copy_node(tree, child);
        if (!copy)
            return dh_tree_fail(tree, DH_ERR_LIMIT_ELEMENTS, dh_node_place(node),
                                "base= makes too many elements");
        if (narrow_source(tree, copy, node, last_own))
            dh_node_append(node, copy);
    }
    for (const struct dh_attr *attr = base->attrs; attr; attr = attr->next) {
        if (strcmp(attr->name, "id") == 0 || strcmp(attr->name, DH_SCENARIO_BASE) == 0 ||
            dh_node_attr(node, attr->name))
            continue;
        struct dh_attr *own = dh_node_set(tree, node, attr->name, attr->value);
        if (!own)
            return fail_memory(tree);
        own->written_on = attr->written_on;
        own->option = attr->option;
    }
    return DH_OK;
}

static enum dh_err fail_base(struct dh_tree *tree, const struct dh_node *node, const struct dh_attr *attr) {
    struct dh_nearest nearest = {.wanted = attr->value};
    const char *own = dh_node_value(node, "id");
    struct dh_place place = dh_attr_place(node, attr, true);
    for (int32_t e = 0; e < DH_N_ELEMENT; e++) {
        const struct dh_node *other = e != node->element ? dh_ids_find(tree, e, attr->value) : NULL;
        if (other)
            return dh_tree_fail(tree, DH_ERR_REF_KIND, place, "'%s' is a %s, and no base for a %s",
                                attr->value, other->name, node->name);
    }
    for (int32_t i = 0; dh_ids_at(tree, i); i++) {
        const struct dh_node *other = dh_ids_at(tree, i);
        const char *id = dh_node_value(other, "id");
        if (other->element == node->element && (!own || strcmp(own, id) != 0))
            dh_nearest_offer(&nearest, id);
    }
    dh_tree_fail(tree, DH_ERR_DANGLING_REF, place, "there is no %s called '%s'", node->name, attr->value);
    if (nearest.best)
        dh_diag_hint(tree->diag, "did you mean '%s'?", nearest.best);
    return DH_ERR_DANGLING_REF;
}

/* chain: the elements that wait for node, for the message about a cycle. */
struct waiting {
    const struct waiting *next;
    const struct dh_node *node;
    int depth;
};

static enum dh_err resolve(struct dh_tree *tree, struct dh_node *node, const struct waiting *chain) {
    struct dh_attr *attr = dh_node_attr(node, DH_SCENARIO_BASE);
    if (node->base_state == RESOLVED || !attr || node->element < 0 ||
        !dh_element((enum dh_element_id)node->element)->has_id)
        return DH_OK;
    struct waiting self = {chain, node, chain ? chain->depth + 1 : 1};
    if (node->base_state == RESOLVING) {
        struct dh_text text = {0};
        dh_text_printf(&text, "%s", dh_node_value(node, "id"));
        for (const struct waiting *w = chain; w; w = w->next) {
            dh_text_printf(&text, " <- %s", dh_node_value(w->node, "id"));
            if (w->node == node)
                break;
        }
        dh_tree_fail(tree, DH_ERR_CYCLE, dh_attr_place(node, attr, true), "base= goes in a circle: %s",
                     text.at ? text.at : "");
        dh_text_free(&text);
        return DH_ERR_CYCLE;
    }
    if (self.depth > BASE_MAX_DEPTH)
        return dh_tree_fail(tree, DH_ERR_LIMIT_DEPTH, dh_attr_place(node, attr, true),
                            "base= chained more than %d deep", BASE_MAX_DEPTH);
    struct dh_node *base = dh_ids_find(tree, node->element, attr->value);
    if (!base)
        return fail_base(tree, node, attr);
    node->base_state = RESOLVING;
    DH_TRY(resolve(tree, base, &self));
    DH_TRY(take_over(tree, node, base));
    for (struct dh_attr **at = &node->attrs; *at; at = &(*at)->next)
        if (*at == attr) {
            *at = attr->next;
            break;
        }
    node->base_state = RESOLVED;
    return DH_OK;
}

static enum dh_err resolve_all(struct dh_tree *tree, struct dh_node *node) {
    DH_TRY(resolve(tree, node, NULL));
    for (struct dh_node *child = node->first; child; child = child->next)
        DH_TRY(resolve_all(tree, child));
    return DH_OK;
}

enum dh_err dh_merge_bases(struct dh_tree *tree) {
    return resolve_all(tree, tree->root);
}
