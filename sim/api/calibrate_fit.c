/* Samples of an attached device to a profile. */
#include "sim/api/calibrate_fit.h"

#include "models/kernel.h"
#include "sim/api/calibrate_samples.h"
#include "sim/api/hand_over.h"

#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

static enum dh_err find_device(struct dh_calibration *c, const struct dh_calibrate_fit_options *o,
                               struct dh_diag *diag) {
    const struct dh_scenario *sc = &c->file.spec;
    struct dh_nearest nearest = {.wanted = o->device};
    if (!o->device) {
        c->device = dh_gpu_fit_device(sc, c->samples->device, c->samples->memory_bytes);
        return DH_OK;
    }
    nearest = (struct dh_nearest){.wanted = o->device};
    for (int32_t i = 0; i < sc->n_devices; i++) {
        dh_nearest_offer(&nearest, sc->devices[i].id);
        if (dh_kernel_is_called(&sc->devices[i], o->device))
            c->device = &sc->devices[i];
    }
    if (c->device)
        return DH_OK;
    dh_fail(diag, DH_ERR_USAGE, nowhere, "the catalog has no device '%s'", o->device);
    if (nearest.best)
        dh_diag_hint(diag, "did you mean '%s'?", nearest.best);
    return DH_ERR_USAGE;
}

enum dh_err dh_calibration_fit(struct dh_calibration *c, const struct dh_calibrate_fit_options *o,
                               const char *text, struct dh_diag *diag) {
    char hex[DH_SHA256_HEX];
    *c = (struct dh_calibration){0};
    if (text)
        DH_TRY(dh_samples_read_text(&c->file, o->samples, text, strlen(text), &c->samples, hex, diag));
    else
        DH_TRY(dh_samples_read(&c->file, o->samples, &c->samples, hex, diag));
    DH_TRY(find_device(c, o, diag));
    const char *sha256 = dh_arena_strdup(&c->mem, hex);
    struct dh_gpu_fit_options fit = {.device = c->device, .sha256 = sha256, .id = o->id};
    if (!sha256)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    return dh_gpu_fit(c->samples, &fit, &c->mem, &c->fit, diag);
}

void dh_calibration_free(struct dh_calibration *c) {
    dh_scenario_free(&c->file);
    dh_arena_free(&c->mem);
}

enum dh_err dh_calibrate_fit(const struct dh_calibrate_fit_options *options, dh_write_fn write, void *self,
                             dh_write_fn report, void *report_self, struct dh_diag *diag) {
    struct dh_calibration c;
    struct dh_text profile = {0}, text = {0};
    enum dh_err err = dh_calibration_fit(&c, options, NULL, diag);
    if (err == DH_OK) {
        dh_write_profiles(&c.fit.profile, 1, &profile);
        dh_calibration_report(&c, options->json != 0, &text);
        err = dh_hand_over(&profile, DH_OK, write, self, diag);
    }
    if (err == DH_OK)
        err = dh_hand_over(&text, DH_OK, report, report_self, diag);
    dh_text_free(&profile);
    dh_text_free(&text);
    dh_calibration_free(&c);
    return err;
}
