/* The tariff of a bill that is predicted: from a rate, a scenario or the catalog. */
#include "sim/api/predict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

static bool ends_with(const char *text, const char *ending) {
    size_t n = strlen(text), m = strlen(ending);
    return n >= m && strcmp(text + n - m, ending) == 0;
}

/* The smallest scenario that refers to the tariff: entries of a catalog that nobody uses are not kept. */
static const char catalog_scenario[] =
    "<scenario xmlns=\"urn:datahall:scenario:1\" name=\"bill\"><import href=\"catalog:racks.xml\"/>"
    "<import href=\"catalog:tariffs.xml\"/><horizon duration=\"1 d\"/><site id=\"site\" tariff=\"%s\"><power>"
    "<utility id=\"grid\" rated=\"1 MW\"/></power><hall id=\"hall\"><row id=\"row\" rack=\"dgx-h100-air\" "
    "count=\"1\" feed=\"grid\"/></hall></site></scenario>";

static enum dh_err read_catalog(struct dh_predict_tariff *out, const char *id, struct dh_diag *diag) {
    char text[sizeof catalog_scenario + 64];
    if (!*id || strlen(id) > 60 || strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(id)) {
        dh_fail(diag, DH_ERR_USAGE, nowhere, "tariff \"%s\" is neither a file nor an id of the catalog", id);
        dh_diag_hint(diag, "a rate as RATE.json, a scenario as SCENARIO.xml, or an id such as virginia-tou");
        return DH_ERR_USAGE;
    }
    snprintf(text, sizeof text, catalog_scenario, id);
    out->file_read = true;
    return dh_scenario_read_memory(&out->file, text, strlen(text), "--tariff", ".", NULL, diag);
}

static enum dh_err from_scenario(struct dh_predict_tariff *out, const char *name, struct dh_diag *diag) {
    const struct dh_scenario *sc = &out->file.spec;
    for (int32_t s = 0; s < sc->n_sites && !out->spec; s++)
        out->spec = dh_scenario_tariff(sc, sc->sites[s].tariff);
    if (!out->spec)
        return dh_fail(diag, DH_ERR_DATA, (struct dh_place){name, 0, 0},
                       "no site of this scenario has a tariff");
    return out->spec->csv ? dh_series_read_price(&out->prices, out->spec->csv, diag) : DH_OK;
}

enum dh_err dh_predict_tariff_read(struct dh_predict_tariff *out, const char *name, struct dh_diag *diag) {
    if (ends_with(name, ".json")) {
        out->urdb_read = true;
        out->spec = &out->urdb.tariff;
        return dh_urdb_read(&out->urdb, name, diag);
    }
    if (ends_with(name, ".xml")) {
        out->file_read = true;
        DH_TRY(dh_scenario_read(&out->file, name, NULL, diag));
    } else {
        DH_TRY(read_catalog(out, name, diag));
    }
    return from_scenario(out, name, diag);
}

void dh_predict_tariff_free(struct dh_predict_tariff *tariff) {
    if (tariff->urdb_read)
        dh_urdb_free(&tariff->urdb);
    if (tariff->file_read)
        dh_scenario_free(&tariff->file);
    dh_series_free(&tariff->prices);
    *tariff = (struct dh_predict_tariff){0};
}
