#include "scenarios/scenario_stages.h"

#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A text as it must stand in a file: XML's characters escaped, and "${" kept from being taken as a parameter.
 */
static void put_text(struct dh_text *text, const char *value) {
    for (const char *c = value; *c;) {
        const char *dollar = strstr(c, "${");
        size_t n = dollar ? (size_t)(dollar - c) : strlen(c);
        struct dh_text part = {0};
        dh_text_add(&part, c, n);
        if (part.at)
            dh_text_put_xml(text, part.at);
        text->failed = text->failed || part.failed;
        dh_text_free(&part);
        c += n;
        if (dollar) {
            dh_text_puts(text, "$${");
            c += 2;
        }
    }
}

/* Writes one attribute, or nothing where it is absent or an empty text. */
static void put_attribute(struct dh_text *text, const struct dh_field *field, void *spec,
                          const char *folder) {
    void *at = dh_field_at(spec, field);
    char value[128] = "";
    const char *string = value;
    switch (field->kind) {
    case DH_FIELD_ID:
    case DH_FIELD_TEXT:
    case DH_FIELD_REF:
    case DH_FIELD_REFS:
    case DH_FIELD_PATH: {
        string = *dh_field_text(spec, field);
        if (!string || (string[0] == '\0' && field->presence != DH_REQUIRED))
            return;
        size_t n = strlen(folder);
        if (field->kind == DH_FIELD_PATH && strncmp(string, folder, n) == 0 && string[n] == '/')
            string += n + 1;
        break;
    }
    case DH_FIELD_CHOICE:
    case DH_FIELD_FLAG: {
        int32_t index = field->kind == DH_FIELD_FLAG ? *(bool *)at : *(int32_t *)at;
        size_t n = 0;
        const char *word = index >= 0 ? dh_word_at(field->words, index, &n) : NULL;
        if (!word)
            return;
        snprintf(value, sizeof value, "%.*s", (int)n, word);
        break;
    }
    case DH_FIELD_INTEGER:
        if (field->presence == DH_ABSENT && *(int64_t *)at == -1)
            return;
        snprintf(value, sizeof value, "%lld", (long long)*(int64_t *)at);
        break;
    case DH_FIELD_QUANTITY:
        if (isnan(*(double *)at))
            return;
        dh_quantity_format(*(double *)at, field->dimension, value, sizeof value);
        break;
    case DH_FIELD_INSTANT:
        if (*(int64_t *)at == INT64_MIN)
            return;
        dh_timestamp_format(*(int64_t *)at, value);
        break;
    case DH_FIELD_LIST: {
        const double *numbers = *(double **)at;
        if (*dh_field_count(spec, field) == 0)
            return;
        dh_text_printf(text, " %s=\"", field->name);
        for (int32_t i = 0; i < *dh_field_count(spec, field); i++) {
            dh_quantity_format(numbers[i], DH_DIM_NUMBER, value, sizeof value);
            dh_text_printf(text, "%s%s", i ? " " : "", value);
        }
        dh_text_puts(text, "\"");
        return;
    }
    case DH_FIELD_CHILDREN:
        return;
    }
    dh_text_printf(text, " %s=\"", field->name);
    put_text(text, string);
    dh_text_puts(text, "\"");
}

static void put_element(struct dh_text *text, const struct dh_element *element, void *spec,
                        const char *folder, int depth) {
    dh_text_printf(text, "%*s<%s", 2 * depth, "", element->name);
    if (depth == 0)
        dh_text_puts(text, " xmlns=\"" DH_SCENARIO_NAMESPACE "\"");
    bool any = false;
    for (int32_t i = 0; i < element->n_field; i++) {
        put_attribute(text, &element->fields[i], spec, folder);
        any = any || (element->fields[i].kind == DH_FIELD_CHILDREN &&
                      *dh_field_count(spec, &element->fields[i]) > 0);
    }
    if (!any) {
        dh_text_puts(text, "/>\n");
        return;
    }
    dh_text_puts(text, ">\n");
    for (int32_t i = 0; i < element->n_field; i++) {
        const struct dh_field *field = &element->fields[i];
        if (field->kind != DH_FIELD_CHILDREN)
            continue;
        const struct dh_element *kind = dh_element(field->child);
        char *rows = *(char **)dh_field_at(spec, field);
        for (int32_t k = 0; k < *dh_field_count(spec, field); k++)
            put_element(text, kind, rows + (size_t)k * kind->size, folder, depth + 1);
    }
    dh_text_printf(text, "%*s</%s>\n", 2 * depth, "", element->name);
}

enum dh_err dh_write_scenario(const struct dh_scenario *scenario, const char *folder, struct dh_text *text) {
    dh_text_puts(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    struct dh_scenario copy = *scenario; /* the table's accessors take what may be written; nothing is */
    put_element(text, dh_element(DH_ELEMENT_scenario), &copy, folder, 0);
    return text->failed ? DH_ERR_MEMORY : DH_OK;
}

enum dh_err dh_write_profiles(const struct dh_profile_spec *profiles, int32_t n, struct dh_text *text) {
    dh_text_puts(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<catalog xmlns=\"" DH_SCENARIO_NAMESPACE
                       "\">\n");
    for (int32_t i = 0; i < n; i++) {
        struct dh_profile_spec copy = profiles[i];
        put_element(text, dh_element(DH_ELEMENT_profile), &copy, ".", 1);
    }
    dh_text_puts(text, "</catalog>\n");
    return text->failed ? DH_ERR_MEMORY : DH_OK;
}
