#include "sim/api/calibrate_samples.h"

#include "scenarios/catalog.h"
#include "sim/text.h"

#include <string.h>

/* Ten sweeps; a fit of that many takes a minute, and more than that much longer. */
enum { MOST_SAMPLES = 10000 };

/* A scenario has what its language asks for; the devices are all of the catalog's, since they stand in its
 * own text. */
static enum dh_err put_surroundings(struct dh_text *text) {
    size_t n;
    const char *at = dh_catalog_text("gpus.xml", &n), *end;
    dh_text_puts(text, "<scenario xmlns=\"urn:datahall:scenario:1\" name=\"samples\">"
                       "<horizon duration=\"1 d\"/>");
    at = at ? strstr(at, "<catalog") : NULL;
    at = at ? strchr(at, '>') : NULL;
    end = at ? strstr(at, "</catalog>") : NULL;
    if (end)
        dh_text_add(text, at + 1, (size_t)(end - at - 1));
    dh_text_puts(text, "<node id=\"n\" device=\"h100-sxm\" gpus=\"1\"/>"
                       "<rack-type id=\"r\" node=\"n\" nodes=\"1\" rated=\"1 MW\"/>"
                       "<site id=\"s\"><power><utility id=\"u\" rated=\"1 GW\"/></power>"
                       "<hall id=\"h\"><row id=\"w\" rack=\"r\" feed=\"u\"/></hall></site></scenario>");
    return text->failed ? DH_ERR_MEMORY : DH_OK;
}

/* given->text NULL: the file of that name. */
static enum dh_err read(struct dh_scenario_file *file, const struct dh_profile_text *given,
                        const struct dh_samples_spec **samples, struct dh_diag *diag) {
    struct dh_text text = {0};
    struct dh_scenario_options options = {.profiles = given, .n_profile = 1};
    struct dh_place place = {.file = given->name};
    *samples = NULL;
    *file = (struct dh_scenario_file){0};
    enum dh_err err = put_surroundings(&text);
    if (err == DH_OK)
        err = dh_scenario_read_memory(file, text.at, text.n, "devices", ".", &options, diag);
    else
        dh_fail(diag, err, place, "out of memory");
    dh_text_free(&text);
    DH_TRY(err);
    if (file->spec.n_samples != 1) {
        dh_fail(diag, DH_ERR_DATA, place, "%s holds %d sets of samples", given->name,
                (int)file->spec.n_samples);
        dh_diag_hint(diag, "one is fitted at a time: what 'datahall calibrate measure' wrote for one device");
        return DH_ERR_DATA;
    }
    if (file->spec.samples[0].n_samples > MOST_SAMPLES) {
        dh_fail(diag, DH_ERR_DATA, place, "%s holds %d samples; up to %d are taken", given->name,
                (int)file->spec.samples[0].n_samples, MOST_SAMPLES);
        dh_diag_hint(diag, "'datahall calibrate measure' writes about a thousand");
        return DH_ERR_DATA;
    }
    *samples = &file->spec.samples[0];
    return DH_OK;
}

enum dh_err dh_samples_read(struct dh_scenario_file *file, const char *path,
                            const struct dh_samples_spec **samples, char sha256[static DH_SHA256_HEX],
                            struct dh_diag *diag) {
    struct dh_profile_text given = {.name = path, .samples = true};
    DH_TRY(read(file, &given, samples, diag));
    return dh_file_sha256(path, sha256, diag);
}

enum dh_err dh_samples_read_text(struct dh_scenario_file *file, const char *name, const char *text, size_t n,
                                 const struct dh_samples_spec **samples, char sha256[static DH_SHA256_HEX],
                                 struct dh_diag *diag) {
    struct dh_profile_text given = {.name = name, .text = text, .n = n, .samples = true};
    dh_sha256_hex(text, n, sha256);
    return read(file, &given, samples, diag);
}
