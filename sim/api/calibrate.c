/* Calibration for embedders: models/gpu/probe.h with the library's errors. */
#include <datahall/datahall.h>

#include "sim/api/probe_error.h"
#include "sim/api/recording.h"
#include "sim/diag.h"
#include "sim/text.h"
#include "sim/units.h"

#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

static bool stopped(void *self) {
    const struct dh_calibrate_options *options = self;
    return options->stop && *options->stop != 0;
}

static void tell(void *self, const struct dh_gpu_progress *p) {
    const struct dh_calibrate_options *options = self;
    if (options->progress)
        options->progress(options->self, p->share, p->what);
}

static enum dh_err read_budget(const char *text, double *budget_s, struct dh_diag *diag) {
    *budget_s = 0;
    if (!text)
        return DH_OK;
    if (dh_quantity_parse(text, strlen(text), DH_DIM_DURATION, budget_s, NULL, nowhere) != DH_OK ||
        !(*budget_s >= 1 && *budget_s <= 1e6)) {
        dh_fail(diag, DH_ERR_USAGE, nowhere, "the budget '%.40s' is no time from 1 s to 1e6 s", text);
        dh_diag_hint(diag, "such as '90 s' or '10 min'");
        return DH_ERR_USAGE;
    }
    return DH_OK;
}

static enum dh_err measure(const char *output, struct dh_calibrate_options given,
                           const struct dh_recording *recording, struct dh_calibrate_result *result,
                           struct dh_diag *diag) {
    struct dh_gpu_probe_result r = {0};
    char message[960];
    struct dh_gpu_probe_options probe = {.backend = given.backend,
                                         .device = given.device,
                                         .library_dir = given.library_dir,
                                         .quick = given.quick != 0,
                                         .output = output,
                                         .tool = DH_VERSION,
                                         .self = &given,
                                         .stop = stopped,
                                         .progress = tell};
    if (given.recording) {
        probe.given = &recording->played;
        probe.points = recording->points;
        probe.n_point = recording->n_point;
    }
    DH_TRY(read_budget(given.budget, &probe.budget_s, diag));
    enum dh_gpu_probe_status status = dh_gpu_probe_run(&probe, &r, message, sizeof message);
    if (result) {
        *result = (struct dh_calibrate_result){.samples = r.samples,
                                               .loads = r.sustained,
                                               .refusals = r.refusals,
                                               .wrong = r.wrong,
                                               .spent_s = r.spent_s};
        memcpy(result->device, r.device, sizeof result->device);
    }
    if (status != DH_GPU_PROBE_OK)
        return dh_probe_failed(status, message, diag);
    if (message[0])
        dh_warn(diag, DH_ERR_W_DATA, nowhere, "%s", message);
    if (r.wrong > 0)
        dh_warn(diag, DH_ERR_W_DATA, nowhere, "%d of %d results were not right; the samples say which",
                (int)r.wrong, (int)r.samples);
    return DH_OK;
}

enum dh_err dh_calibrate_measure(const char *output, const struct dh_calibrate_options *options,
                                 struct dh_calibrate_result *result, struct dh_diag *diag) {
    struct dh_calibrate_options given = options ? *options : (struct dh_calibrate_options){0};
    struct dh_recording recording = {0};
    bool is_recorded = given.backend && strcmp(given.backend, "recorded") == 0;
    if (is_recorded != (given.recording != NULL))
        return dh_fail(diag, DH_ERR_USAGE, nowhere,
                       is_recorded ? "the back end 'recorded' needs a recording to play"
                                   : "only the back end 'recorded' plays a recording");
    enum dh_err err = is_recorded ? dh_recording_read(&recording, given.recording, diag) : DH_OK;
    if (err == DH_OK)
        err = measure(output, given, &recording, result, diag);
    dh_recording_free(&recording);
    return err;
}

static void put_row(void *self, const struct dh_gpu_backend *backend, int32_t i,
                    const struct dh_gpu_info *info, const char *why) {
    struct dh_text *text = self;
    if (info)
        dh_text_printf(text, "%-10s %d  %s (%s)\n", backend->name, (int)i, info->name, info->runtime);
    else
        dh_text_printf(text, "%-10s -  %s\n", backend->name, why);
}

enum dh_err dh_calibrate_list(const struct dh_calibrate_options *options, dh_write_fn write, void *self,
                              struct dh_diag *diag) {
    struct dh_gpu_options open = {.library_dir = options ? options->library_dir : NULL};
    struct dh_text text = {0};
    if (open.library_dir && open.library_dir[0] != '/')
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "%s: the folder of libraries must be an absolute path",
                       open.library_dir);
    dh_gpu_probe_list(&open, &text, put_row);
    enum dh_err err = DH_OK;
    if (text.failed || !text.at)
        err = dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    else if (write(self, text.at, text.n) != 0)
        err = dh_fail(diag, DH_ERR_IO, nowhere, "the list could not be written");
    dh_text_free(&text);
    return err;
}
