/* Fitting samples of an attached device, from a file or from memory. Private to sim/api. */
#ifndef DH_SIM_API_CALIBRATE_FIT_H
#define DH_SIM_API_CALIBRATE_FIT_H

#include <datahall/datahall.h>
#include "models/gpu/fit.h"
#include "sim/text.h"

struct dh_calibration {
    struct dh_scenario_file file; /* the samples, and the devices of the catalog */
    const struct dh_samples_spec *samples;
    const struct dh_device_spec *device; /* NULL: none of the catalog */
    struct dh_gpu_fit_result fit;
    struct dh_arena mem;
};

/* Reads samples, from text where it is not NULL (a catalog of <samples>; options->samples then only names it
 * in messages), finds the device, and fits. Free it in any case. */
enum dh_err dh_calibration_fit(struct dh_calibration *out, const struct dh_calibrate_fit_options *options,
                               const char *text, struct dh_diag *diag);
void dh_calibration_free(struct dh_calibration *calibration);

/* The report, as text or JSON: families with their errors, constants with their intervals beside the
 * catalog's, what the samples do not determine. */
void dh_calibration_report(const struct dh_calibration *calibration, bool json, struct dh_text *text);

#endif
