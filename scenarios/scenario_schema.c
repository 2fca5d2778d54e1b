#include "scenarios/scenario_schema.h"

#include "scenarios/scenario_table.h"

#include <stdio.h>
#include <string.h>

/* A decimal number as dh_quantity_parse reads it, and any text with a ${parameter} in it. */
#define NUMBER    "[+\\-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+\\-]?[0-9]+)?"
#define PARAMETER ".*[$]\\{[^}]+\\}.*"
/* No ASCII punctuation but . _ : - and no blanks; what else is not a letter, the reader says. */
#define NAME "[^\\s!-,/;-@\\[-\\^`\\{-~]{1,255}"

static void put_pattern(struct dh_text *t, const char *name, const char *pattern, const char *about) {
    dh_text_printf(t, "  <xs:simpleType name=\"%s\">\n    <xs:annotation><xs:documentation>", name);
    dh_text_put_xml(t, about);
    dh_text_puts(
        t,
        "</xs:documentation></xs:annotation>\n    <xs:restriction base=\"xs:string\"><xs:pattern value=\"");
    dh_text_put_xml(t, pattern);
    dh_text_puts(t, "|");
    dh_text_put_xml(t, PARAMETER);
    dh_text_puts(t, "\"/></xs:restriction>\n  </xs:simpleType>\n");
}

struct unit_row {
    enum dh_dimension dimension;
    const char *symbol;
};
static const struct unit_row unit_rows[] = {
#define DIMENSION(name, si, about)
#define UNIT(dimension, symbol, scale, offset) {DH_DIM_##dimension, symbol},
#include "sim/units.def"
#undef DIMENSION
#undef UNIT
};
static const char *const dimension_id[DH_N_DIMENSION] = {
    "number",
#define DIMENSION(name, si, about) #name,
#define UNIT(dimension, symbol, scale, offset)
#include "sim/units.def"
#undef DIMENSION
#undef UNIT
};

static void put_quantities(struct dh_text *t) {
    put_pattern(t, "number", NUMBER, "a decimal number");
    put_pattern(t, "integer", "[+\\-]?[0-9]+", "a whole number");
    put_pattern(t, "numbers", "\\s*" NUMBER "(\\s+" NUMBER ")*\\s*", "decimal numbers separated by blanks");
    put_pattern(t, "id", NAME, "letters, digits and . _ : - , at most 255 bytes");
    put_pattern(t, "ids", "\\s*" NAME "(\\s+" NAME ")*\\s*", "ids separated by blanks");
    put_pattern(t, "instant",
                "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+\\-][0-9]{2}:?[0-9]{2})?)?",
                "a date or an instant: 2026-07-14T15:00:00Z");
    for (int d = 1; d < DH_N_DIMENSION; d++) {
        struct dh_text pattern = {0}, about = {0};
        dh_text_puts(&pattern, NUMBER " ?(");
        dh_text_printf(&about,
                       "%s: a decimal number, a blank, one of:", dh_dimension_name((enum dh_dimension)d));
        const char *bar = "";
        for (size_t i = 0; i < sizeof unit_rows / sizeof *unit_rows; i++)
            if (unit_rows[i].dimension == (enum dh_dimension)d) {
                dh_text_printf(&pattern, "%s%s", bar, unit_rows[i].symbol);
                dh_text_printf(&about, " %s", unit_rows[i].symbol);
                bar = "|";
            }
        dh_text_puts(&pattern, ")");
        if (pattern.at && about.at)
            put_pattern(t, dimension_id[d], pattern.at, about.at);
        t->failed = t->failed || pattern.failed || about.failed;
        dh_text_free(&pattern);
        dh_text_free(&about);
    }
}

static void put_choice(struct dh_text *t, const char *words) {
    dh_text_puts(t, "      <xs:simpleType><xs:restriction base=\"xs:string\"><xs:pattern value=\"");
    dh_text_puts(t, words);
    dh_text_puts(t, "|");
    dh_text_put_xml(t, PARAMETER);
    dh_text_puts(t, "\"/></xs:restriction></xs:simpleType>\n");
}

static void put_range(struct dh_text *t, const struct dh_field *field) {
    char low[64], high[64];
    if (field->kind == DH_FIELD_QUANTITY) {
        dh_quantity_format(field->min, field->dimension, low, sizeof low);
        dh_quantity_format(field->max, field->dimension, high, sizeof high);
        dh_text_printf(t, "; %s to %s", low, high);
    } else if (field->kind == DH_FIELD_INTEGER) {
        dh_text_printf(t, "; %lld to %lld", (long long)field->int_min, (long long)field->int_max);
    } else if (field->kind == DH_FIELD_LIST) {
        dh_text_printf(t, "; %lld to %lld values", (long long)field->int_min, (long long)field->int_max);
    }
    if (field->presence == DH_OPTIONAL && field->standard && field->standard[0]) {
        dh_text_puts(t, "; default ");
        dh_text_put_xml(t, field->standard);
    }
}

static void put_attribute(struct dh_text *t, const struct dh_field *field, bool may_have_base) {
    static const char *const types[] = {
        [DH_FIELD_ID] = "id",        [DH_FIELD_TEXT] = "xs:string",  [DH_FIELD_PATH] = "xs:string",
        [DH_FIELD_REF] = "id",       [DH_FIELD_CHOICE] = NULL,       [DH_FIELD_FLAG] = NULL,
        [DH_FIELD_REFS] = "ids",     [DH_FIELD_INTEGER] = "integer", [DH_FIELD_INSTANT] = "instant",
        [DH_FIELD_LIST] = "numbers",
    };
    bool required = field->presence == DH_REQUIRED && (field->kind == DH_FIELD_ID || !may_have_base);
    const char *type = field->kind == DH_FIELD_QUANTITY ? dimension_id[field->dimension] : types[field->kind];
    dh_text_printf(t, "    <xs:attribute name=\"%s\"", field->name);
    if (type)
        dh_text_printf(t, " type=\"%s\"", type);
    dh_text_printf(t, "%s>\n      <xs:annotation><xs:documentation>", required ? " use=\"required\"" : "");
    dh_text_put_xml(t, field->about);
    put_range(t, field);
    dh_text_puts(t, "</xs:documentation></xs:annotation>\n");
    if (!type)
        put_choice(t, field->words);
    dh_text_puts(t, "    </xs:attribute>\n");
}

static const char *type_name(enum dh_element_id id) {
    static const char *const names[] = {
#define ELEMENT(name, xml, about) #name,
#define ROOT(name, xml, about)    #name,
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
    };
    return names[id];
}

static void put_children(struct dh_text *t, const struct dh_element *element, bool is_root) {
    bool any = is_root;
    for (int32_t i = 0; i < element->n_field; i++)
        any = any || element->fields[i].kind == DH_FIELD_CHILDREN;
    if (!any)
        return;
    dh_text_puts(t, "    <xs:choice minOccurs=\"0\" maxOccurs=\"unbounded\">\n");
    if (is_root)
        dh_text_puts(t, "      <xs:element name=\"import\" type=\"import\"/>\n");
    for (int32_t i = 0; i < element->n_field; i++)
        if (element->fields[i].kind == DH_FIELD_CHILDREN)
            dh_text_printf(t, "      <xs:element name=\"%s\" type=\"%s\"/>\n",
                           dh_element(element->fields[i].child)->name, type_name(element->fields[i].child));
    dh_text_puts(t, "    </xs:choice>\n");
}

static void put_type(struct dh_text *t, enum dh_element_id id) {
    const struct dh_element *element = dh_element(id);
    dh_text_printf(t, "  <xs:complexType name=\"%s\">\n    <xs:annotation><xs:documentation>", type_name(id));
    dh_text_put_xml(t, element->about);
    dh_text_puts(t, "</xs:documentation></xs:annotation>\n");
    put_children(t, element, id == DH_ELEMENT_scenario);
    for (int32_t i = 0; i < element->n_field; i++)
        if (element->fields[i].kind != DH_FIELD_CHILDREN)
            put_attribute(t, &element->fields[i], element->has_id);
    if (element->has_id)
        dh_text_printf(t,
                       "    <xs:attribute name=\"" DH_SCENARIO_BASE "\" type=\"id\">\n      <xs:annotation>"
                       "<xs:documentation>id of a %s from which everything absent here is taken"
                       "</xs:documentation></xs:annotation>\n    </xs:attribute>\n",
                       element->name);
    dh_text_puts(t, "  </xs:complexType>\n");
}

static void put_key(struct dh_text *t, const char *name, const char *selector) {
    dh_text_printf(
        t,
        "    <xs:key name=\"%s\">\n      <xs:selector xpath=\"%s\"/>\n      <xs:field xpath=\"@id\"/>\n"
        "    </xs:key>\n",
        name, selector);
}

static void put_keyref(struct dh_text *t, const char *name, const char *refer, const char *selector,
                       const char *field) {
    dh_text_printf(t,
                   "    <xs:keyref name=\"%s\" refer=\"%s\">\n      <xs:selector xpath=\"%s\"/>\n"
                   "      <xs:field xpath=\"@%s\"/>\n    </xs:keyref>\n",
                   name, refer, selector, field);
}

/* <storage> is a battery of <power>, with an id, and at the top the stores of data, without: the path before
 * a name that two elements have. */
static const char *holder_of(enum dh_element_id id) {
    return id == DH_ELEMENT_storage ? "power/d:" : "";
}

static void put_root(struct dh_text *t) {
    dh_text_puts(t, "  <xs:element name=\"scenario\" type=\"scenario\">\n");
    for (int e = 0; e < DH_N_ELEMENT; e++) {
        const struct dh_element *element = dh_element((enum dh_element_id)e);
        if (!element->has_id || !dh_element_id_is_global((enum dh_element_id)e))
            continue;
        char key[80], selector[80];
        snprintf(key, sizeof key, "%s-key", element->name);
        snprintf(selector, sizeof selector, ".//d:%s%s", holder_of((enum dh_element_id)e), element->name);
        put_key(t, key, selector);
    }
    /* Several feeds in one attribute are no XSD key reference: the reader checks them. */
    put_key(t, "power-stage-key", ".//d:utility|.//d:transformer|.//d:ups|.//d:pdu|.//d:generator");
    put_keyref(t, "row-cdu-ref", "cdu-key", "d:site/d:hall/d:row", "cdu");
    put_keyref(t, "hall-plant-ref", "chiller-plant-key", "d:site/d:hall", "plant");
    put_key(t, "plant-key", ".//d:chiller-plant|.//d:liquid-plant");
    put_keyref(t, "cdu-plant-ref", "plant-key", "d:site/d:cooling/d:cdu", "plant");
    dh_text_puts(t, "  </xs:element>\n");
}

void dh_schema_text(struct dh_text *t) {
    dh_text_puts(
        t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<!-- The scenario language of datahall, made from scenarios/scenario.def by `make xsd`: do not "
           "edit.\n"
           "     Children stand in any order. What needs more than one element to see (references into\n"
           "     imported catalogs, ranges, sums) `datahall check` tells. -->\n"
           "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns=\"" DH_SCENARIO_NAMESPACE "\"\n"
           "           xmlns:d=\"" DH_SCENARIO_NAMESPACE "\" targetNamespace=\"" DH_SCENARIO_NAMESPACE "\"\n"
           "           elementFormDefault=\"qualified\">\n");
    put_root(t);
    dh_text_puts(
        t, "  <xs:element name=\"catalog\">\n    <xs:annotation><xs:documentation>what &lt;import&gt; reads"
           "</xs:documentation></xs:annotation>\n    <xs:complexType>\n");
    put_children(t, dh_element(DH_ELEMENT_scenario), true);
    dh_text_puts(
        t,
        "    <xs:attribute name=\"version\" type=\"xs:string\"/>\n    </xs:complexType>\n  </xs:element>\n");
    dh_text_puts(
        t, "  <xs:complexType name=\"import\">\n    <xs:annotation><xs:documentation>entries of a catalog: "
           "catalog:gpus.xml and others that are built in, or a file in the scenario's folder"
           "</xs:documentation></xs:annotation>\n    <xs:attribute name=\"href\" type=\"xs:string\" "
           "use=\"required\"/>\n  </xs:complexType>\n");
    for (int e = 0; e < DH_N_ELEMENT; e++)
        put_type(t, (enum dh_element_id)e);
    put_quantities(t);
    dh_text_puts(t, "</xs:schema>\n");
}
