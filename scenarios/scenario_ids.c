#include "scenarios/scenario_ids.h"

#include "scenarios/catalog.h"

#include "sim/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dh_id_table {
    struct dh_node **slots; /* open addressing; a power of two */
    uint32_t n_slot;
    struct dh_node **all; /* in document order, for suggestions */
    int32_t n_all;
};

void dh_id_table_free(struct dh_id_table *table) {
    if (!table)
        return;
    free(table->slots);
    free(table->all);
    free(table);
}

/* ---- what an id may be --------------------------------------------------------------------------------- */

/* Beyond ASCII everything counts as a letter but spaces, punctuation and invisible or formatting characters.
 */
static bool is_letter(uint32_t c) {
    if (c < 0xC0)
        return c == 0xAA || c == 0xB5 || c == 0xBA;
    if (c == 0xD7 || c == 0xF7 || c == 0x61C || c == 0xFEFF || c == 0x1680 || c == 0x180E || c == 0x3000)
        return false;
    if ((c >= 0x2000 && c <= 0x206F) || (c >= 0x2190 && c <= 0x2BFF) || (c >= 0xE000 && c <= 0xF8FF))
        return false;
    if (c >= 0x1F000 && c <= 0x1FAFF)
        return false; /* pictures */
    return !(c >= 0xFE00 && c <= 0xFE0F) && !(c >= 0xFFF0 && c <= 0xFFFF) && c < 0xE0000;
}

const char *dh_id_fault(const char *id) {
    size_t n = strlen(id);
    if (n == 0)
        return "is empty";
    if (n > 255)
        return "is longer than 255 bytes";
    if (strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
        return "names a folder";
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)id[i];
        if (c < 0x80) {
            if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  strchr("._:-", c)))
                return "may have letters, digits, '.', '_', ':' and '-' only";
            i++;
            continue;
        }
        int length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2; /* the loader let only well-formed UTF-8 pass */
        uint32_t point = c & (0xFFu >> (length + 1));
        for (int k = 1; k < length && i + (size_t)k < n; k++)
            point = point << 6 | ((unsigned char)id[i + (size_t)k] & 0x3Fu);
        if (!is_letter(point))
            return "has a character beyond ASCII that is not a letter";
        i += (size_t)length;
    }
    return NULL;
}

/* ---- table --------------------------------------------------------------------------------------------- */

static bool bears_id(const struct dh_node *node) {
    return node->element >= 0 && dh_element((enum dh_element_id)node->element)->has_id &&
           dh_node_value(node, "id") != NULL;
}

static int32_t count_ids(const struct dh_node *node) {
    int32_t n = bears_id(node);
    for (const struct dh_node *child = node->first; child; child = child->next)
        n += count_ids(child);
    return n;
}

static uint32_t slot_of(const struct dh_id_table *table, int32_t element, const char *id) {
    uint32_t hash = 2166136261u ^ (uint32_t)element;
    for (const char *c = id; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    return hash & (table->n_slot - 1);
}

static struct dh_node **find_slot(const struct dh_id_table *table, int32_t element, const char *id) {
    uint32_t i = slot_of(table, element, id);
    while (table->slots[i] &&
           (table->slots[i]->element != element || strcmp(dh_node_value(table->slots[i], "id"), id)))
        i = (i + 1) & (table->n_slot - 1);
    return &table->slots[i];
}

struct dh_node *dh_ids_find(const struct dh_tree *tree, int32_t element, const char *id) {
    return tree->ids ? *find_slot(tree->ids, element, id) : NULL;
}

const struct dh_node *dh_ids_at(const struct dh_tree *tree, int32_t index) {
    return tree->ids && index < tree->ids->n_all ? tree->ids->all[index] : NULL;
}

static void fail_duplicate(struct dh_tree *tree, const struct dh_node *node, const struct dh_node *first) {
    struct dh_place place = dh_node_place(first);
    const struct dh_attr *attr = dh_node_attr(node, "id");
    dh_tree_fail(tree, DH_ERR_DUPLICATE_ID, dh_attr_place(node, attr, true),
                 "the id '%s' is taken: by the %s at %s:%d", attr->value, first->name, place.file,
                 place.line);
}

/* feed="x" and to="x" name a stage or a store without saying of which kind: the kinds share one set of ids.
 */
static struct dh_node *same_set(const struct dh_tree *tree, const struct dh_node *node, const char *id) {
    static const int32_t sets[][6] = {
        {DH_ELEMENT_utility, DH_ELEMENT_transformer, DH_ELEMENT_ups,         DH_ELEMENT_pdu,                         DH_ELEMENT_generator,
         -1},
        {DH_ELEMENT_object_store,                  DH_ELEMENT_file_system,                  DH_ELEMENT_node_cache, DH_ELEMENT_archive, -1  },
    };
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
        struct dh_node *other = NULL;
        bool is_one = false;
        for (size_t i = 0; sets[s][i] >= 0; i++) {
            is_one = is_one || node->element == sets[s][i];
            if (!other)
                other = *find_slot(tree->ids, sets[s][i], id);
        }
        if (is_one)
            return other;
    }
    return NULL;
}

static void collect(struct dh_tree *tree, struct dh_node *node) {
    if (tree->too_many)
        return;
    if (bears_id(node) && dh_id_fault(dh_node_value(node, "id")) == NULL) {
        const char *id = dh_node_value(node, "id");
        if (dh_element_id_is_global((enum dh_element_id)node->element)) {
            struct dh_node **slot = find_slot(tree->ids, node->element, id);
            struct dh_node *other = *slot ? NULL : same_set(tree, node, id);
            if (*slot || other)
                fail_duplicate(tree, node, *slot ? *slot : other);
            else
                *slot = tree->ids->all[tree->ids->n_all++] = node;
        } else {
            for (struct dh_node *other = node->parent->first; other != node; other = other->next)
                if (other->element == node->element && bears_id(other) &&
                    !strcmp(dh_node_value(other, "id"), id)) {
                    fail_duplicate(tree, node, other);
                    break;
                }
        }
    }
    for (struct dh_node *child = node->first; child; child = child->next)
        collect(tree, child);
}

enum dh_err dh_ids_collect(struct dh_tree *tree) {
    int32_t n = count_ids(tree->root);
    struct dh_id_table *table = calloc(1, sizeof *table);
    tree->ids = table;
    if (table) {
        table->n_slot = 16;
        while (table->n_slot < 2 * (uint32_t)n)
            table->n_slot *= 2;
        table->slots = calloc(table->n_slot, sizeof *table->slots);
        table->all = calloc((size_t)n + 1, sizeof *table->all);
    }
    if (!table || !table->slots || !table->all) {
        dh_id_table_free(table);
        tree->ids = NULL;
        return dh_tree_fail(tree, DH_ERR_MEMORY, dh_node_place(tree->root), "out of memory");
    }
    int32_t before = tree->diag->n_error;
    collect(tree, tree->root);
    if (tree->diag->n_error > before)
        tree->structure_bad = true;
    return DH_OK;
}

/* ---- references ---------------------------------------------------------------------------------------- */

bool dh_node_is_template(const struct dh_node *node) {
    if (!node->parent || node->parent->parent)
        return false;
    switch (node->element) {
    case DH_ELEMENT_transformer:
    case DH_ELEMENT_ups:
    case DH_ELEMENT_pdu:
    case DH_ELEMENT_generator:
    case DH_ELEMENT_chiller_plant:
    case DH_ELEMENT_liquid_plant:
    case DH_ELEMENT_cdu:
    case DH_ELEMENT_hall:
    case DH_ELEMENT_object_store:
    case DH_ELEMENT_file_system:
    case DH_ELEMENT_node_cache:
    case DH_ELEMENT_archive:
        return true;
    case DH_ELEMENT_run_fabric: /* those of a catalog, or of any other import */
        return !node->source->is_main;
    default:
        return false;
    }
}

static bool is_kind(const struct dh_node *node, const char *kinds) {
    const char *name = dh_element((enum dh_element_id)node->element)->name;
    return dh_word_index(kinds, name, strlen(name)) >= 0;
}

/* The element that a reference means; NULL when there is none of the right kind. */
static struct dh_node *target(const struct dh_tree *tree, const struct dh_field *field, const char *id) {
    size_t n = 0;
    const char *word;
    for (int i = 0; (word = dh_word_at(field->words, i, &n)) != NULL; i++)
        for (int32_t e = 0; e < DH_N_ELEMENT; e++) {
            const char *name = dh_element((enum dh_element_id)e)->name;
            if (strlen(name) != n || memcmp(name, word, n) != 0 || !dh_element((enum dh_element_id)e)->has_id)
                continue;
            struct dh_node *node = dh_ids_find(tree, e, id);
            if (node && !dh_node_is_template(node))
                return node;
        }
    return NULL;
}

/* Name of the built-in catalog that has an entry with this id; NULL: none. */
static const char *catalog_with(const char *id) {
    char wanted[160];
    size_t n;
    int length = snprintf(wanted, sizeof wanted, " id=\"%s\"", id);
    if (length >= (int)sizeof wanted)
        return NULL;
    for (int i = 0; dh_catalog_name(i); i++)
        if (strstr(dh_catalog_text(dh_catalog_name(i), &n), wanted))
            return dh_catalog_name(i);
    return NULL;
}

/* A device whose profile is to be measured before the run. */
static bool is_live(const struct dh_node *node, const struct dh_attr *attr) {
    return node->element == DH_ELEMENT_device && strcmp(attr->name, "profile") == 0 &&
           strcmp(attr->value, "live") == 0;
}

/* wanted: the id that is meant; of attr, or one of those in attr. */
static void fail_reference(struct dh_tree *tree, const struct dh_node *node, const struct dh_attr *attr,
                           const struct dh_field *field, const char *wanted) {
    struct dh_place place = dh_attr_place(node, attr, true);
    struct dh_nearest nearest = {.wanted = wanted};
    const struct dh_node *other = NULL;
    for (int32_t i = 0; i < tree->ids->n_all; i++) {
        const struct dh_node *named = tree->ids->all[i];
        const char *id = dh_node_value(named, "id");
        if (strcmp(id, wanted) == 0)
            other = named;
        else if (is_kind(named, field->words) && !dh_node_is_template(named))
            dh_nearest_offer(&nearest, id);
    }
    char kinds[128];
    snprintf(kinds, sizeof kinds, "%s", field->words);
    for (char *c = strchr(kinds, '|'); c; c = strchr(c, '|'))
        *c = '/';
    if (tree->too_many)
        return;
    int32_t before = tree->diag->n_message;
    if (other && dh_node_is_template(other))
        dh_tree_fail(tree, DH_ERR_REF_KIND, place, "'%s' is an entry for base=, not part of a site", wanted);
    else if (other)
        dh_tree_fail(tree, DH_ERR_REF_KIND, place, "'%s' is a %s; here a %s is meant", wanted, other->name,
                     kinds);
    else
        dh_tree_fail(tree, DH_ERR_DANGLING_REF, place, "there is no %s called '%s'", kinds, wanted);
    if (is_live(node, attr) && tree->diag->n_message == before + 1) {
        dh_diag_hint(tree->diag,
                     "'run' measures it on the attached device; --profile FILE gives one that was "
                     "measured before");
        return;
    }
    const char *catalog = nearest.best ? NULL : catalog_with(wanted);
    if (nearest.best && tree->diag->n_message == before + 1)
        dh_diag_hint(tree->diag, "did you mean '%s'?", nearest.best);
    else if (catalog && tree->diag->n_message == before + 1)
        dh_diag_hint(tree->diag, "it is in a catalog: <import href=\"catalog:%s\"/>", catalog);
    else if (!other && tree->diag->n_message == before + 1)
        dh_diag_hint(tree->diag, "define it in the scenario, or import the catalog that has it");
}

enum { ID_ROOM = 256 }; /* an id has at most 255 bytes */

/* The next id of a list, copied; NULL behind the last. A longer word is cut: it names nothing anyway. */
static const char *next_id(const char *list, char id[static ID_ROOM]) {
    list += strspn(list, " \t\r\n");
    size_t n = strcspn(list, " \t\r\n"), kept = n < ID_ROOM ? n : ID_ROOM - 1;
    memcpy(id, list, kept);
    id[kept] = '\0';
    return n > 0 ? list + n : NULL;
}

static void check_list(struct dh_tree *tree, const struct dh_node *node, const struct dh_attr *attr,
                       const struct dh_field *field) {
    char id[ID_ROOM], other[ID_ROOM];
    const char *rest = next_id(attr->value, id);
    if (!rest)
        dh_tree_fail(tree, DH_ERR_MISSING, dh_attr_place(node, attr, true), "%s names nothing", field->name);
    for (; rest && !tree->too_many; rest = next_id(rest, id)) {
        if (!target(tree, field, id))
            fail_reference(tree, node, attr, field, id);
        for (const char *later = next_id(rest, other); later; later = next_id(later, other))
            if (strcmp(id, other) == 0)
                dh_tree_fail(tree, DH_ERR_VALUE, dh_attr_place(node, attr, true), "%s names '%s' twice",
                             field->name, id);
    }
}

static void check_refs(struct dh_tree *tree, const struct dh_node *node) {
    if (node->element < 0 || tree->too_many)
        return;
    const struct dh_element *element = dh_element((enum dh_element_id)node->element);
    for (const struct dh_attr *attr = node->attrs; attr; attr = attr->next) {
        const struct dh_field *field = dh_element_attribute(element, attr->name);
        if (field && field->kind == DH_FIELD_REF && !target(tree, field, attr->value) &&
            !(tree->live_later && is_live(node, attr)))
            fail_reference(tree, node, attr, field, attr->value);
        if (field && field->kind == DH_FIELD_REFS)
            check_list(tree, node, attr, field);
    }
    for (const struct dh_node *child = node->first; child; child = child->next)
        check_refs(tree, child);
}

void dh_refs_check(struct dh_tree *tree) {
    check_refs(tree, tree->root);
}

static struct dh_node *entry_of(struct dh_node *node) {
    while (node->parent && node->parent->parent)
        node = node->parent;
    return node;
}

static void mark(struct dh_tree *tree, struct dh_node *node);

static void use(struct dh_tree *tree, struct dh_node *to) {
    struct dh_node *entry = to ? entry_of(to) : NULL;
    if (entry && !entry->used) {
        entry->used = true;
        mark(tree, entry);
    }
}

static void mark(struct dh_tree *tree, struct dh_node *node) {
    if (node->element < 0)
        return;
    const struct dh_element *element = dh_element((enum dh_element_id)node->element);
    for (const struct dh_attr *attr = node->attrs; attr; attr = attr->next) {
        const struct dh_field *field = dh_element_attribute(element, attr->name);
        if (field && field->kind == DH_FIELD_REF)
            use(tree, target(tree, field, attr->value));
        char id[ID_ROOM];
        for (const char *rest = field && field->kind == DH_FIELD_REFS ? next_id(attr->value, id) : NULL; rest;
             rest = next_id(rest, id))
            use(tree, target(tree, field, id));
    }
    for (struct dh_node *child = node->first; child; child = child->next)
        mark(tree, child);
}

static bool is_catalog_entry(const struct dh_node *node) {
    switch (node->element) {
    case DH_ELEMENT_samples:
    case DH_ELEMENT_profile:
    case DH_ELEMENT_device:
    case DH_ELEMENT_node:
    case DH_ELEMENT_rack_type:
    case DH_ELEMENT_chiller:
    case DH_ELEMENT_climate:
    case DH_ELEMENT_grid:
    case DH_ELEMENT_tariff:
    case DH_ELEMENT_provider:
    case DH_ELEMENT_failure_rate:
        return true;
    default:
        return false;
    }
}

void dh_refs_mark(struct dh_tree *tree) {
    for (struct dh_node *node = tree->root->first; node; node = node->next) {
        bool kept = !dh_node_is_template(node) && (node->source->is_main || !is_catalog_entry(node));
        kept |= node->element == DH_ELEMENT_samples && node->source->is_profile;
        if (kept && !node->used) {
            node->used = true;
            mark(tree, node);
        }
    }
}
