#include "scenarios/scenario_table.h"

#include <pthread.h>
#include <string.h>

#define REQUIRED "\001"
#define ABSENT   "\002"
#define PRESENCE(standard)                                                                                   \
    ((standard)[0] == '\001' ? DH_REQUIRED : (standard)[0] == '\002' ? DH_ABSENT : DH_OPTIONAL)

/* One function for each element, so that its struct has the same name, self, in every row. */
#define FIELDS(name, type)                                                                                   \
    static const struct dh_field *fields_of_##name(int32_t *n) {                                             \
        typedef struct type self;                                                                            \
        static const struct dh_field fields[] = {
#define ELEMENT(name, xml, about) FIELDS(name, dh_##name##_spec)
#define ROOT(name, xml, about)    FIELDS(name, dh_##name)
#define ID(about_id)                                                                                         \
    {.kind = DH_FIELD_ID, .name = "id", .at = offsetof(self, id), .presence = DH_REQUIRED, .about = about_id},
#define SIMPLE(kind_, member, attr, standard_, about_, ...)                                                  \
    {.kind = kind_,                                                                                          \
     .name = attr,                                                                                           \
     .at = offsetof(self, member),                                                                           \
     .standard = standard_,                                                                                  \
     .presence = PRESENCE(standard_),                                                                        \
     .about = about_,                                                                                        \
     __VA_ARGS__},
#define TEXT(member, attr, standard, about) SIMPLE(DH_FIELD_TEXT, member, attr, standard, about, .min = 0)
#define PATH(member, attr, standard, about) SIMPLE(DH_FIELD_PATH, member, attr, standard, about, .min = 0)
#define REF(member, attr, kinds, standard, about)                                                            \
    SIMPLE(DH_FIELD_REF, member, attr, standard, about, .words = kinds)
#define REFS(member, attr, kinds, standard, about)                                                           \
    SIMPLE(DH_FIELD_REFS, member, attr, standard, about, .words = kinds)
#define CHOICE(member, attr, words_, standard, about)                                                        \
    SIMPLE(DH_FIELD_CHOICE, member, attr, standard, about, .words = words_)
#define FLAG(member, attr, standard, about)                                                                  \
    SIMPLE(DH_FIELD_FLAG, member, attr, standard, about, .words = "no|yes")
#define INTEGER(member, attr, standard, min, max, about)                                                     \
    SIMPLE(DH_FIELD_INTEGER, member, attr, standard, about, .int_min = min, .int_max = max)
#define QUANTITY(member, attr, dimension_, standard, min_, max_, about)                                      \
    SIMPLE(DH_FIELD_QUANTITY, member, attr, standard, about, .dimension = DH_DIM_##dimension_, .min = min_,  \
           .max = max_)
#define INSTANT(member, attr, standard, about)                                                               \
    SIMPLE(DH_FIELD_INSTANT, member, attr, standard, about, .min = 0)
#define LIST(member, attr, standard, n_min, n_max, min_, max_, about)                                        \
    SIMPLE(DH_FIELD_LIST, member, attr, standard, about, .int_min = n_min, .int_max = n_max, .min = min_,    \
           .max = max_, .count_at = offsetof(self, n_##member))
#define CHILDREN(child_, member, n_min, n_max, about_)                                                       \
    {.kind = DH_FIELD_CHILDREN,                                                                              \
     .at = offsetof(self, member),                                                                           \
     .count_at = offsetof(self, n_##member),                                                                 \
     .int_min = n_min,                                                                                       \
     .int_max = n_max,                                                                                       \
     .child = DH_ELEMENT_##child_,                                                                           \
     .about = about_},
#define END(name)                                                                                            \
    }                                                                                                        \
    ;                                                                                                        \
    *n = (int32_t)(sizeof fields / sizeof *fields);                                                          \
    return fields;                                                                                           \
    }
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

static struct dh_element elements[DH_N_ELEMENT] = {
#define ELEMENT(name_, xml, about_)                                                                          \
    [DH_ELEMENT_##name_] = {.name = xml, .about = about_, .size = sizeof(struct dh_##name_##_spec)},
#define ROOT(name_, xml, about_)                                                                             \
    [DH_ELEMENT_##name_] = {.name = xml, .about = about_, .size = sizeof(struct dh_##name_)},
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
#undef END
};

static void elements_fill(void) {
#define ELEMENT(name, xml, about)
#define ROOT(name, xml, about)
#define END(name) elements[DH_ELEMENT_##name].fields = fields_of_##name(&elements[DH_ELEMENT_##name].n_field);
#include "scenarios/scenario.def"
    for (int i = 0; i < DH_N_ELEMENT; i++)
        elements[i].has_id = elements[i].n_field > 0 && elements[i].fields[0].kind == DH_FIELD_ID;
}

static pthread_once_t elements_once = PTHREAD_ONCE_INIT;

const struct dh_element *dh_element(enum dh_element_id id) {
    pthread_once(&elements_once, elements_fill);
    return &elements[id];
}

const struct dh_field *dh_element_attribute(const struct dh_element *element, const char *name) {
    for (int i = 0; i < element->n_field; i++)
        if (element->fields[i].kind != DH_FIELD_CHILDREN && strcmp(element->fields[i].name, name) == 0)
            return &element->fields[i];
    return NULL;
}

const struct dh_field *dh_element_child(const struct dh_element *element, const char *name) {
    for (int i = 0; i < element->n_field; i++)
        if (element->fields[i].kind == DH_FIELD_CHILDREN &&
            strcmp(dh_element(element->fields[i].child)->name, name) == 0)
            return &element->fields[i];
    return NULL;
}

bool dh_element_id_is_global(enum dh_element_id id) {
    return id != DH_ELEMENT_instance; /* each cloud names its own machines */
}
