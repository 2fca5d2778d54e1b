/* scenario.def as tables, for all that treats elements alike: reading, writing, the schema, --set. Private.
 */
#ifndef DH_SCENARIOS_SCENARIO_TABLE_H
#define DH_SCENARIOS_SCENARIO_TABLE_H

#include "scenarios/scenario.h"
#include "sim/units.h"

#include <stddef.h>

#define DH_SCENARIO_NAMESPACE "urn:datahall:scenario:1"
/* attribute of every element with an id: copy what is absent from that one */
#define DH_SCENARIO_BASE "base"

enum dh_element_id {
#define ELEMENT(name, xml, about) DH_ELEMENT_##name,
#define ROOT(name, xml, about)    DH_ELEMENT_##name,
#define ID(about)
#define TEXT(member, attr, standard, about)
#define PATH(member, attr, standard, about)
#define REF(member, attr, kinds, standard, about)
#define REFS(member, attr, kinds, standard, about)
#define CHOICE(member, attr, words, standard, about)
#define FLAG(member, attr, standard, about)
#define INTEGER(member, attr, standard, min, max, about)
#define QUANTITY(member, attr, dimension, standard, min, max, about)
#define INSTANT(member, attr, standard, about)
#define LIST(member, attr, standard, n_min, n_max, min, max, about)
#define CHILDREN(name, member, n_min, n_max, about)
#define END(name)
#include "scenarios/scenario.def"
#undef ELEMENT
#undef ROOT
#undef ID
#undef TEXT
#undef PATH
#undef REF
#undef REFS
#undef CHOICE
#undef FLAG
#undef INTEGER
#undef QUANTITY
#undef INSTANT
#undef LIST
#undef CHILDREN
#undef END
    DH_N_ELEMENT
};

enum dh_field_kind {
    DH_FIELD_ID,
    DH_FIELD_TEXT,
    DH_FIELD_PATH,
    DH_FIELD_REF,
    DH_FIELD_REFS,
    DH_FIELD_CHOICE,
    DH_FIELD_FLAG,
    DH_FIELD_INTEGER,
    DH_FIELD_QUANTITY,
    DH_FIELD_INSTANT,
    DH_FIELD_LIST,
    DH_FIELD_CHILDREN
};

enum dh_presence { DH_OPTIONAL, DH_REQUIRED, DH_ABSENT };

struct dh_field {
    enum dh_field_kind kind;
    const char *name;     /* of the attribute; NULL for children */
    size_t at, count_at;  /* of the member, and of its count for lists and children */
    const char *standard; /* text of the default; meaningful when presence is DH_OPTIONAL */
    enum dh_presence presence;
    const char *words; /* of a choice, kinds of a reference */
    enum dh_dimension dimension;
    double min, max;
    int64_t int_min, int_max; /* of an integer; number of values or children otherwise */
    enum dh_element_id child;
    const char *about;
};

struct dh_element {
    const char *name; /* in files */
    const char *about;
    size_t size; /* of its struct; place is first */
    const struct dh_field *fields;
    int32_t n_field;
    bool has_id;
};

const struct dh_element *dh_element(enum dh_element_id id);

/* The field with this attribute name, NULL when there is none. */
const struct dh_field *dh_element_attribute(const struct dh_element *element, const char *name);
/* The field for children with this element name, NULL when there is none. */
const struct dh_field *dh_element_child(const struct dh_element *element, const char *name);

/* Must ids of this element be unique in the whole scenario, rather than among their siblings? */
bool dh_element_id_is_global(enum dh_element_id id);

/* Member access by table. */
static inline void *dh_field_at(void *spec, const struct dh_field *field) {
    return (char *)spec + field->at;
}
static inline int32_t *dh_field_count(void *spec, const struct dh_field *field) {
    return (int32_t *)(void *)((char *)spec + field->count_at);
}
static inline const char **dh_field_text(void *spec, const struct dh_field *field) {
    return (const char **)dh_field_at(spec, field);
}

#endif
