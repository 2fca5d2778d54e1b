#include "sim/api/predict_catalog.h"

#include "models/kernel.h"
#include "models/transformer.h"
#include "scenarios/catalog.h"

#include <string.h>

/* What stands between <catalog …> and </catalog>: in a scenario's own text all of it is kept, while of an
 * imported catalog only what something refers to is. */
static void put_entries(struct dh_text *text, const char *name) {
    size_t n;
    const char *at = dh_catalog_text(name, &n), *end;
    at = at ? strstr(at, "<catalog") : NULL;
    at = at ? strchr(at, '>') : NULL;
    end = at ? strstr(at, "</catalog>") : NULL;
    if (end)
        dh_text_add(text, at + 1, (size_t)(end - at - 1));
}

enum dh_err dh_predict_catalog_read(struct dh_scenario_file *file, const char *const *names,
                                    struct dh_diag *diag) {
    struct dh_text text = {0};
    dh_text_puts(&text,
                 "<scenario xmlns=\"urn:datahall:scenario:1\" name=\"catalog\"><horizon duration=\"1 d\"/>");
    for (; *names; names++)
        put_entries(&text, *names);
    dh_text_puts(&text,
                 "<node id=\"n\" device=\"h100-sxm\" gpus=\"1\"/><rack-type id=\"r\" node=\"n\" nodes=\"1\" "
                 "rated=\"1 MW\"/><site id=\"s\"><power><utility id=\"u\" rated=\"1 GW\"/></power>"
                 "<hall id=\"h\"><row id=\"w\" rack=\"r\" feed=\"u\"/></hall></site></scenario>");
    enum dh_err err = text.failed
                          ? dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){NULL, 0, 0}, "out of memory")
                          : dh_scenario_read_memory(file, text.at, text.n, "catalog.xml", ".", NULL, diag);
    dh_text_free(&text);
    return err;
}

const struct dh_device_spec *dh_predict_device(const struct dh_scenario *catalog, const char *name) {
    for (int32_t i = 0; i < catalog->n_devices; i++)
        if (dh_kernel_is_called(&catalog->devices[i], name))
            return &catalog->devices[i];
    return NULL;
}

const struct dh_model_spec *dh_predict_model(const struct dh_scenario *catalog, const char *name) {
    for (int32_t i = 0; i < catalog->n_models; i++)
        if (dh_transformer_is_called(&catalog->models[i], name))
            return &catalog->models[i];
    return NULL;
}
