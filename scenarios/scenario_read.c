#include "scenarios/scenario_stages.h"

#include "scenarios/scenario_ids.h"
#include "scenarios/scenario_inputs.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct dh_tree *tree;
    struct dh_arena *mem; /* of the structs */
    bool memory_out;
};

static void read_element(struct reader *r, const struct dh_node *node, const struct dh_element *element,
                         void *spec);

static const char *keep(struct reader *r, const char *text) {
    const char *copy = dh_arena_strdup(r->mem, text);
    if (!copy)
        r->memory_out = true;
    return copy;
}

/* ---- values -------------------------------------------------------------------------------------------- */

/* Where a value stands; for a default there is none, and it never fails. */
struct value {
    const struct dh_node *node;
    const struct dh_attr *attr; /* NULL: default */
    const char *text;
    const struct dh_field *field;
};

static struct dh_place place_of(const struct value *v) {
    return v->attr ? dh_attr_place(v->node, v->attr, true) : dh_node_place(v->node);
}

/* For the parsers of units.c, which record by themselves. Places cost a look at the tag: only once it failed.
 */
#define PARSE(r, v, call)                                                                                    \
    do {                                                                                                     \
        if ((call(NULL, (struct dh_place){0})) == DH_OK)                                                     \
            break;                                                                                           \
        struct dh_place at_ = place_of(v);                                                                   \
        if (!(r)->tree->too_many) {                                                                          \
            (void)call((r)->tree->diag, at_);                                                                \
            dh_tree_count_error((r)->tree, at_);                                                             \
        }                                                                                                    \
        return;                                                                                              \
    } while (0)

static void read_quantity(struct reader *r, const struct value *v, double *out) {
#define CALL(diag, place) dh_quantity_parse(v->text, strlen(v->text), v->field->dimension, out, diag, place)
    PARSE(r, v, CALL);
#undef CALL
    if (*out >= v->field->min && *out <= v->field->max)
        return;
    char low[64], high[64];
    dh_quantity_format(v->field->min, v->field->dimension, low, sizeof low);
    dh_quantity_format(v->field->max, v->field->dimension, high, sizeof high);
    dh_tree_fail(r->tree, DH_ERR_RANGE, place_of(v), "%s='%.60s' is outside %s to %s", v->field->name,
                 v->text, low, high);
    dh_diag_hint(r->tree->diag, "%s is: %s", v->field->name, v->field->about);
}

static void read_integer(struct reader *r, const struct value *v, int64_t *out) {
#define CALL(diag, place) dh_integer_parse(v->text, strlen(v->text), out, diag, place)
    PARSE(r, v, CALL);
#undef CALL
    if (*out >= v->field->int_min && *out <= v->field->int_max)
        return;
    dh_tree_fail(r->tree, DH_ERR_RANGE, place_of(v), "%s='%.60s' is outside %lld to %lld", v->field->name,
                 v->text, (long long)v->field->int_min, (long long)v->field->int_max);
    dh_diag_hint(r->tree->diag, "%s is: %s", v->field->name, v->field->about);
}

static void read_choice(struct reader *r, const struct value *v, int32_t *out) {
    *out = dh_word_index(v->field->words, v->text, strlen(v->text));
    if (*out >= 0 || r->tree->too_many)
        return;
    char words[256], word[64];
    snprintf(words, sizeof words, "%s", v->field->words);
    for (char *c = strchr(words, '|'); c; c = strchr(c, '|'))
        *c = ' ';
    struct dh_nearest nearest = {.wanted = v->text};
    char best[64] = "";
    size_t n = 0;
    const char *at;
    for (int i = 0; (at = dh_word_at(v->field->words, i, &n)) != NULL; i++) {
        snprintf(word, sizeof word, "%.*s", (int)n, at);
        const char *before = nearest.best;
        int distance = nearest.distance;
        dh_nearest_offer(&nearest, word);
        if (nearest.best && (nearest.best != before || nearest.distance != distance))
            memcpy(best, word, sizeof best);
    }
    *out = 0;
    dh_tree_fail(r->tree, DH_ERR_VALUE, place_of(v), "%s='%.60s' is not one of: %s", v->field->name, v->text,
                 words);
    if (best[0] && !r->tree->too_many)
        dh_diag_hint(r->tree->diag, "did you mean '%s'?", best);
}

static void read_instant(struct reader *r, const struct value *v, int64_t *out) {
    enum dh_err err = dh_timestamp_parse(v->text, strlen(v->text), out);
    if (err == DH_OK || r->tree->too_many)
        return;
    dh_tree_fail(r->tree, err, place_of(v), "%s='%.60s' is not an instant%s", v->field->name, v->text,
                 err == DH_ERR_RANGE ? " between the years 1900 and 2200" : "");
    if (!r->tree->too_many)
        dh_diag_hint(r->tree->diag, "write it as 2026-07-14T15:00:00Z");
}

static void read_list(struct reader *r, const struct value *v, double **out, int32_t *n_out) {
    int32_t n = 0;
    for (const char *c = v->text; *c;) {
        c += strspn(c, " \t\r\n");
        n += *c != '\0';
        c += strcspn(c, " \t\r\n");
    }
    *out = dh_arena_array(r->mem, (size_t)n + 1, sizeof **out);
    if (!*out) {
        r->memory_out = true;
        return;
    }
    if (n < v->field->int_min || n > v->field->int_max) {
        dh_tree_fail(r->tree, DH_ERR_TABLE, place_of(v), "%s has %d values; %lld to %lld are meant",
                     v->field->name, n, (long long)v->field->int_min, (long long)v->field->int_max);
        return;
    }
    const char *c = v->text;
    for (int32_t i = 0; i < n; i++) {
        c += strspn(c, " \t\r\n");
        size_t length = strcspn(c, " \t\r\n");
        double number = 0;
        enum dh_err err = dh_quantity_parse(c, length, DH_DIM_NUMBER, &number, NULL, (struct dh_place){0});
        if (err != DH_OK) {
            dh_tree_fail(r->tree, err, place_of(v), "value %d of %s, '%.*s', is not a number", i + 1,
                         v->field->name, length > 40 ? 40 : (int)length, c);
            return;
        }
        if (number < v->field->min || number > v->field->max) {
            dh_tree_fail(r->tree, DH_ERR_RANGE, place_of(v), "value %d of %s, '%.*s', is outside %g to %g",
                         i + 1, v->field->name, length > 40 ? 40 : (int)length, c, v->field->min,
                         v->field->max);
            return;
        }
        (*out)[i] = number;
        c += length;
    }
    *n_out = n;
}

static void read_id(struct reader *r, const struct value *v, const char **out) {
    const char *fault = dh_id_fault(v->text);
    *out = keep(r, v->text);
    if (!fault)
        return;
    r->tree->structure_bad = true;
    dh_tree_fail(r->tree, DH_ERR_ID, place_of(v), "the id '%.80s' %s", v->text, fault);
}

/* Ids separated by single blanks, however they were spaced. */
static void read_refs(struct reader *r, const struct value *v, const char **out) {
    char *text = dh_arena_strdup(r->mem, v->text), *end = text;
    if (!text) {
        r->memory_out = true;
        return;
    }
    for (const char *c = v->text + strspn(v->text, " \t\r\n"); *c; c += strspn(c, " \t\r\n")) {
        size_t n = strcspn(c, " \t\r\n");
        if (end > text)
            *end++ = ' ';
        memcpy(end, c, n);
        end += n;
        c += n;
    }
    *end = '\0';
    *out = text;
}

static void read_path(struct reader *r, const struct value *v, const char **out) {
    const char *relative = dh_inputs_relative(r->tree, v->node, v->attr);
    size_t n = strlen(r->tree->folder) + (relative ? strlen(relative) : 0) + 2;
    char *path = dh_arena_alloc(r->mem, n);
    if (!path || !relative) {
        r->memory_out = true;
        return;
    }
    snprintf(path, n, "%s/%s", r->tree->folder, relative);
    *out = path;
}

static void read_value(struct reader *r, const struct value *v, void *spec) {
    void *at = dh_field_at(spec, v->field);
    switch (v->field->kind) {
    case DH_FIELD_ID:
        read_id(r, v, at);
        break;
    case DH_FIELD_PATH:
        read_path(r, v, at);
        break;
    case DH_FIELD_TEXT:
    case DH_FIELD_REF:
        *(const char **)at = keep(r, v->text);
        break;
    case DH_FIELD_REFS:
        read_refs(r, v, at);
        break;
    case DH_FIELD_CHOICE:
        read_choice(r, v, at);
        break;
    case DH_FIELD_FLAG: {
        int32_t word = 0;
        read_choice(r, v, &word);
        *(bool *)at = word == 1;
        break;
    }
    case DH_FIELD_INTEGER:
        read_integer(r, v, at);
        break;
    case DH_FIELD_QUANTITY:
        read_quantity(r, v, at);
        break;
    case DH_FIELD_INSTANT:
        read_instant(r, v, at);
        break;
    case DH_FIELD_LIST:
        read_list(r, v, at, dh_field_count(spec, v->field));
        break;
    case DH_FIELD_CHILDREN:
        break;
    }
}

static void set_absent(void *spec, const struct dh_field *field) {
    void *at = dh_field_at(spec, field);
    switch (field->kind) {
    case DH_FIELD_QUANTITY:
        *(double *)at = NAN;
        break;
    case DH_FIELD_INTEGER:
        *(int64_t *)at = -1;
        break;
    case DH_FIELD_INSTANT:
        *(int64_t *)at = INT64_MIN;
        break;
    case DH_FIELD_CHOICE:
        *(int32_t *)at = -1;
        break;
    default:
        break; /* texts: NULL, as the memory is zeroed */
    }
}

/* ---- attributes ---------------------------------------------------------------------------------------- */

static void fail_unknown_attribute(struct reader *r, const struct dh_node *node,
                                   const struct dh_element *element, const struct dh_attr *attr,
                                   const struct dh_field **meant) {
    struct dh_nearest nearest = {.wanted = attr->name};
    for (int32_t i = 0; i < element->n_field; i++)
        if (element->fields[i].kind != DH_FIELD_CHILDREN)
            dh_nearest_offer(&nearest, element->fields[i].name);
    if (element->has_id)
        dh_nearest_offer(&nearest, DH_SCENARIO_BASE);
    if (r->tree->too_many)
        return;
    dh_tree_fail(r->tree, DH_ERR_UNKNOWN_ATTRIBUTE, dh_attr_place(node, attr, false),
                 "%s has no attribute '%.80s'", element->name, attr->name);
    if (nearest.best && !r->tree->too_many)
        dh_diag_hint(r->tree->diag, "did you mean '%s'?", nearest.best);
    *meant = nearest.best ? dh_element_attribute(element, nearest.best) : NULL;
}

static void read_attributes(struct reader *r, const struct dh_node *node, const struct dh_element *element,
                            void *spec) {
    const struct dh_field *meant[8]; /* misspelt ones are not missing as well */
    int n_meant = 0;
    /* After an earlier mistake bases are not resolved: what this element would have from there is not its
     * fault. */
    bool unresolved =
        element->has_id && dh_node_attr(node, DH_SCENARIO_BASE) && dh_tree_error(r->tree) != DH_OK;
    for (const struct dh_attr *attr = node->attrs; attr; attr = attr->next)
        if (!dh_element_attribute(element, attr->name) &&
            !(unresolved && strcmp(attr->name, DH_SCENARIO_BASE) == 0)) {
            const struct dh_field *field = NULL;
            fail_unknown_attribute(r, node, element, attr, &field);
            if (n_meant < 8)
                meant[n_meant++] = field;
        }
    bool template = dh_node_is_template(node);
    for (int32_t i = 0; i < element->n_field; i++) {
        const struct dh_field *field = &element->fields[i];
        if (field->kind == DH_FIELD_CHILDREN)
            continue;
        const struct dh_attr *attr = dh_node_attr(node, field->name);
        struct value v = {node, attr, attr ? attr->value : field->standard, field};
        if (attr || field->presence == DH_OPTIONAL) {
            read_value(r, &v, spec);
            continue;
        }
        set_absent(spec, field);
        bool misspelt = false;
        for (int k = 0; k < n_meant; k++)
            misspelt = misspelt || meant[k] == field;
        if (field->presence == DH_REQUIRED && !misspelt && !unresolved &&
            !(template && field->kind != DH_FIELD_ID)) {
            dh_tree_fail(r->tree, DH_ERR_MISSING, dh_node_place(node), "%s needs the attribute '%s': %s",
                         element->name, field->name, field->about);
            if (field->kind == DH_FIELD_ID)
                r->tree->structure_bad = true;
        }
    }
}

/* ---- children ------------------------------------------------------------------------------------------ */

static void fail_unknown_child(struct reader *r, const struct dh_node *child,
                               const struct dh_element *element) {
    r->tree->structure_bad = true;
    struct dh_place place = dh_node_place(child);
    if (r->tree->too_many)
        return;
    place.col += place.col > 0; /* the name, behind '<' */
    const char *colon = strchr(child->name, ':'), *local = colon ? colon + 1 : child->name;
    if (child->foreign && dh_element_child(element, local)) {
        dh_tree_fail(r->tree, DH_ERR_NAMESPACE, place, "%s is not in the namespace " DH_SCENARIO_NAMESPACE,
                     child->name);
        return;
    }
    struct dh_nearest nearest = {.wanted = child->name};
    for (int32_t i = 0; i < element->n_field; i++)
        if (element->fields[i].kind == DH_FIELD_CHILDREN)
            dh_nearest_offer(&nearest, dh_element(element->fields[i].child)->name);
    dh_tree_fail(r->tree, DH_ERR_UNKNOWN_ELEMENT, place, "%s has no element '%.80s'", element->name,
                 child->name);
    if (r->tree->too_many)
        return;
    const char *home = NULL; /* a known element in the wrong place */
    for (int32_t e = 0; e < DH_N_ELEMENT && !nearest.best && !home && !child->foreign; e++)
        if (dh_element_child(dh_element((enum dh_element_id)e), child->name))
            home = dh_element((enum dh_element_id)e)->name;
    if (nearest.best)
        dh_diag_hint(r->tree->diag, "did you mean '%s'?", nearest.best);
    else if (home)
        dh_diag_hint(r->tree->diag, "it belongs into <%s>", home);
}

static void read_children(struct reader *r, const struct dh_node *node, const struct dh_element *element,
                          void *spec) {
    bool unknown = false;
    for (const struct dh_node *child = node->first; child && !r->tree->too_many; child = child->next)
        if (child->element < 0) {
            fail_unknown_child(r, child, element);
            unknown = true;
        }
    for (int32_t i = 0; i < element->n_field && !r->memory_out; i++) {
        const struct dh_field *field = &element->fields[i];
        if (field->kind != DH_FIELD_CHILDREN)
            continue;
        const struct dh_element *kind = dh_element(field->child);
        int64_t n = 0;
        const struct dh_node *extra = NULL;
        for (const struct dh_node *child = node->first; child; child = child->next)
            if (child->element == (int32_t)field->child && ++n == field->int_max + 1)
                extra = child;
        if (extra)
            dh_tree_fail(r->tree, DH_ERR_VALUE, dh_node_place(extra), "%s may have only %lld %s",
                         element->name, (long long)field->int_max, kind->name);
        if (n < field->int_min && !unknown && !dh_node_is_template(node))
            dh_tree_fail(r->tree, DH_ERR_MISSING, dh_node_place(node), "%s needs <%s>: %s", element->name,
                         kind->name, field->about);
        if (n == 0 || extra)
            continue;
        char *rows = dh_arena_array(r->mem, (size_t)n, kind->size);
        if (!rows) {
            r->memory_out = true;
            return;
        }
        *(void **)dh_field_at(spec, field) = rows;
        *dh_field_count(spec, field) = (int32_t)n;
        for (const struct dh_node *child = node->first; child && !r->tree->too_many; child = child->next)
            if (child->element == (int32_t)field->child) {
                read_element(r, child, kind, rows);
                rows += kind->size;
            }
    }
}

static void read_element(struct reader *r, const struct dh_node *node, const struct dh_element *element,
                         void *spec) {
    *(struct dh_place *)spec = dh_node_place(node); /* the first member of every struct */
    if (node->text_line > 0) {
        dh_tree_fail(r->tree, DH_ERR_TEXT,
                     (struct dh_place){node->source->name, node->text_line, node->text_col},
                     "text is not allowed in %s", element->name);
    }
    read_attributes(r, node, element, spec);
    read_children(r, node, element, spec);
}

void dh_read_structs(struct dh_tree *tree, struct dh_scenario *scenario) {
    struct reader r = {.tree = tree, .mem = &tree->out->mem};
    read_element(&r, tree->root, dh_element(DH_ELEMENT_scenario), scenario);
    if (r.memory_out)
        dh_tree_fail(tree, DH_ERR_MEMORY, dh_node_place(tree->root), "out of memory");
}

/* ---- what stays, and in which order -------------------------------------------------------------------- */

static int by_id(const void *a, const void *b) {
    const char *id_a, *id_b; /* id follows place in every struct that has one */
    memcpy(&id_a, (const char *)a + offsetof(struct dh_device_spec, id), sizeof id_a);
    memcpy(&id_b, (const char *)b + offsetof(struct dh_device_spec, id), sizeof id_b);
    return dh_text_natural_order(id_a, id_b);
}

static int by_month(const void *a, const void *b) {
    const struct dh_month_spec *m = a, *n = b;
    return m->number < n->number ? -1 : m->number > n->number;
}

static void sort(const struct dh_element *element, void *spec) {
    for (int32_t i = 0; i < element->n_field; i++) {
        const struct dh_field *field = &element->fields[i];
        if (field->kind != DH_FIELD_CHILDREN)
            continue;
        const struct dh_element *kind = dh_element(field->child);
        char *rows = *(char **)dh_field_at(spec, field);
        int32_t n = *dh_field_count(spec, field);
        for (int32_t k = 0; k < n; k++)
            sort(kind, rows + (size_t)k * kind->size);
        if (n > 1 && kind->has_id)
            qsort(rows, (size_t)n, kind->size, by_id);
        else if (n > 1 && field->child == DH_ELEMENT_month)
            qsort(rows, (size_t)n, kind->size, by_month);
    }
}

void dh_prune_and_sort(struct dh_tree *tree, struct dh_scenario *scenario) {
    const struct dh_element *root = dh_element(DH_ELEMENT_scenario);
    for (int32_t i = 0; i < root->n_field; i++) {
        const struct dh_field *field = &root->fields[i];
        if (field->kind != DH_FIELD_CHILDREN)
            continue;
        size_t size = dh_element(field->child)->size;
        char *rows = *(char **)dh_field_at(scenario, field);
        int32_t *n = dh_field_count(scenario, field), kept = 0, k = 0;
        for (const struct dh_node *child = tree->root->first; child && k < *n; child = child->next) {
            if (child->element != (int32_t)field->child)
                continue;
            if (child->used && kept != k)
                memcpy(rows + (size_t)kept * size, rows + (size_t)k * size, size);
            kept += child->used;
            k++;
        }
        *n = kept;
        if (kept == 0)
            *(char **)dh_field_at(scenario, field) = NULL;
    }
    sort(root, scenario);
}
