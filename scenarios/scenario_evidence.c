#include "scenarios/scenario_evidence.h"

#include "scenarios/scenario_table.h"
#include "sim/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *dh_evidence_word(int32_t evidence) {
    static const char *const words[DH_N_EVIDENCE] = {"published", "measured", "computed", "assumed"};
    return evidence >= 0 && evidence < DH_N_EVIDENCE ? words[evidence] : "not said";
}

bool dh_evidence_is_aside(const struct dh_source_spec *source) {
    return strcmp(source->figures, "lead-time") == 0;
}

static bool device_in_a_node(const struct dh_scenario *sc, const struct dh_device_spec *device) {
    for (int32_t i = 0; i < sc->n_nodes; i++)
        if (sc->nodes[i].device && strcmp(sc->nodes[i].device, device->id) == 0)
            return true;
    return false;
}

struct walk {
    const struct dh_scenario *scenario;
    dh_evidence_fn each;
    void *self;
    const struct dh_element *wanted; /* the first of these, instead; NULL: none */
    void *found;
};

static void walk(struct walk *w, const struct dh_element *element, void *spec) {
    const char *id = "";
    if (element == w->wanted && !w->found)
        w->found = spec;
    if (w->found || (element == dh_element(DH_ELEMENT_device) && !device_in_a_node(w->scenario, spec)))
        return;
    for (int32_t i = 0; i < element->n_field; i++) {
        const struct dh_field *field = &element->fields[i];
        if (field->kind == DH_FIELD_ID)
            id = *dh_field_text(spec, field);
        if (field->kind != DH_FIELD_CHILDREN)
            continue;
        const struct dh_element *kind = dh_element(field->child);
        char *rows = *(char **)dh_field_at(spec, field);
        for (int32_t k = 0; k < *dh_field_count(spec, field); k++) {
            void *row = rows + (size_t)k * kind->size;
            if (field->child == DH_ELEMENT_source && w->each)
                w->each(w->self, element->name, id ? id : "", row);
            else
                walk(w, kind, row);
        }
    }
}

void dh_scenario_each_source(const struct dh_scenario *scenario, dh_evidence_fn each, void *self) {
    struct dh_scenario copy = *scenario; /* the table's accessors take what may be written; nothing is */
    struct walk w = {.scenario = scenario, .each = each, .self = self};
    walk(&w, dh_element(DH_ELEMENT_scenario), &copy);
}

int32_t dh_evidence_of(const struct dh_source_spec *sources, int32_t n, const char *figure) {
    char family[64];
    snprintf(family, sizeof family, "%.*s", (int)strcspn(figure, ":"), figure);
    const char *const names[] = {figure, family, "all"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        for (int32_t i = 0; i < n; i++)
            if (dh_text_has_word(sources[i].figures, names[k]))
                return sources[i].evidence;
    return -1;
}

static const struct dh_source_spec *source_of(const struct dh_element *element, void *spec,
                                              const char *figure) {
    const char *const names[] = {figure, "all"};
    for (int32_t i = 0; i < element->n_field; i++) {
        const struct dh_field *field = &element->fields[i];
        if (field->kind != DH_FIELD_CHILDREN || field->child != DH_ELEMENT_source)
            continue;
        const struct dh_source_spec *rows = *(struct dh_source_spec **)dh_field_at(spec, field);
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            for (int32_t s = 0; s < *dh_field_count(spec, field); s++)
                if (dh_text_has_word(rows[s].figures, names[k]))
                    return &rows[s];
    }
    return NULL;
}

struct dh_figure dh_scenario_figure(const struct dh_scenario *scenario, const char *path) {
    struct dh_figure figure = {.si = NAN, .about = ""};
    struct dh_scenario copy = *scenario;
    struct walk w = {.scenario = scenario};
    const char *at = strstr(path, "/@");
    if (strncmp(path, "//", 2) != 0 || !at)
        return figure;
    size_t n = (size_t)(at - path) - 2;
    for (int32_t e = 0; e < DH_N_ELEMENT && !w.wanted; e++)
        if (strlen(dh_element((enum dh_element_id)e)->name) == n &&
            memcmp(dh_element((enum dh_element_id)e)->name, path + 2, n) == 0)
            w.wanted = dh_element((enum dh_element_id)e);
    const struct dh_field *field = w.wanted ? dh_element_attribute(w.wanted, at + 2) : NULL;
    if (!field || (field->kind != DH_FIELD_QUANTITY && field->kind != DH_FIELD_INTEGER))
        return figure;
    figure.about = field->about;
    walk(&w, dh_element(DH_ELEMENT_scenario), &copy);
    if (!w.found)
        return figure;
    void *value = dh_field_at(w.found, field);
    if (field->kind == DH_FIELD_INTEGER) {
        figure.si = (double)*(int64_t *)value;
        snprintf(figure.text, sizeof figure.text, "%lld", (long long)*(int64_t *)value);
    } else if (!isnan(*(double *)value)) {
        figure.si = *(double *)value;
        dh_quantity_format(figure.si, field->dimension, figure.text, sizeof figure.text);
    }
    figure.source = source_of(w.wanted, w.found, at + 2);
    return figure;
}
