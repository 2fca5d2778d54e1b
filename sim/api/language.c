/* What the library knows of itself: version, starter scenarios, the scenario language. */
#include <datahall/datahall.h>
#include "scenarios/catalog.h"
#include "scenarios/scenario_schema.h"
#include "scenarios/scenario_table.h"
#include "sim/diag.h"
#include "sim/text.h"
#include "sim/units.h"

#include <errno.h>
#include <string.h>

const char *dh_version(void) {
    return DH_VERSION;
}

const char *dh_build_info(void) {
#if defined(__clang__)
    return "C17, clang " __clang_version__;
#else
    return "C17, gcc " __VERSION__;
#endif
}

/* Starter scenarios come with their name as what they are about: the first comment's first line says more. */
static const char *about_of(const char *text) {
    static _Thread_local char about[160];
    const char *comment = strstr(text, "<!--");
    about[0] = '\0';
    if (!comment)
        return about;
    comment += 4;
    comment += strspn(comment, " \t\r\n");
    size_t n = strcspn(comment, "\r\n");
    const char *end = memmem(comment, n, "-->", 3), *stop = memmem(comment, n, ". ", 2);
    if (end)
        n = (size_t)(end - comment);
    if (stop && (size_t)(stop - comment) < n)
        n = (size_t)(stop - comment);
    while (n > 0 && strchr(" .:", comment[n - 1]))
        n--;
    n = n < sizeof about - 1 ? n : sizeof about - 1;
    memcpy(about, comment, n);
    about[n] = '\0';
    return about;
}

int32_t dh_template_count(void) {
    int32_t n = 0;
    while (dh_template_name(n))
        n++;
    return n;
}

struct dh_template dh_template_at(int32_t i) {
    struct dh_template template = {NULL, "", NULL};
    size_t n;
    if (i < 0 || i >= dh_template_count())
        return template;
    template.name = dh_template_name(i);
    template.text = dh_template_text(template.name, &n);
    if (template.text)
        template.about = about_of(template.text);
    return template;
}

static const char *unit_of(const struct dh_field *field) {
    switch (field->kind) {
    case DH_FIELD_ID:
        return "identifier";
    case DH_FIELD_TEXT:
        return "text";
    case DH_FIELD_PATH:
        return "file";
    case DH_FIELD_REF:
    case DH_FIELD_REFS:
    case DH_FIELD_CHOICE:
        return field->words;
    case DH_FIELD_FLAG:
        return "yes|no";
    case DH_FIELD_INTEGER:
        return "integer";
    case DH_FIELD_QUANTITY:
        return field->dimension == DH_DIM_NUMBER ? "number" : dh_dimension_si(field->dimension);
    case DH_FIELD_INSTANT:
        return "time, UTC";
    case DH_FIELD_LIST:
        return "numbers";
    case DH_FIELD_CHILDREN:
        return "elements";
    }
    return "";
}

struct dh_language_row dh_language_at(int32_t i) {
    for (int e = 0; e < DH_N_ELEMENT; e++) {
        const struct dh_element *element = dh_element((enum dh_element_id)e);
        if (i-- == 0)
            return (struct dh_language_row){element->name, NULL, "", "", element->about};
        for (int32_t f = 0; f < element->n_field; f++) {
            const struct dh_field *field = &element->fields[f];
            if (field->kind == DH_FIELD_CHILDREN || i-- != 0)
                continue;
            return (struct dh_language_row){
                element->name, field->kind == DH_FIELD_ID ? "id" : field->name, unit_of(field),
                field->kind == DH_FIELD_ID || field->presence == DH_REQUIRED ? NULL
                : field->presence == DH_ABSENT || !field->standard           ? ""
                                                                             : field->standard,
                field->about};
        }
    }
    return (struct dh_language_row){NULL, NULL, NULL, NULL, NULL};
}

enum dh_err dh_language_schema(dh_write_fn write, void *self, struct dh_diag *diag) {
    static const struct dh_place nowhere = {NULL, 0, 0};
    struct dh_text text = {0};
    enum dh_err err = DH_OK;
    dh_schema_text(&text);
    if (text.failed || !text.at)
        err = dh_fail(diag, DH_ERR_MEMORY, nowhere, "%s", dh_err_text(DH_ERR_MEMORY));
    else if ((errno = 0, write(self, text.at, text.n)) != 0)
        err = dh_fail(diag, DH_ERR_IO, nowhere, "the output could not be written%s%s", errno ? ": " : "",
                      errno ? strerror(errno) : "");
    dh_text_free(&text);
    return err;
}
