/* Files of samples (datahall calibrate measure, datahall-probe). Private to sim/api. */
#ifndef DH_SIM_API_CALIBRATE_SAMPLES_H
#define DH_SIM_API_CALIBRATE_SAMPLES_H

#include "scenarios/scenario.h"
#include "sim/hash.h"

/* Reads a file of samples as a part of the built-in devices' catalog: *samples (exactly one of them) and the
 * catalog's devices (file->spec) live in file, which the caller frees, also on failure. Messages name the
 * file's lines. DH_ERR_NOT_FOUND; DH_ERR_DATA: none or several; what the language refuses. */
enum dh_err dh_samples_read(struct dh_scenario_file *file, const char *path,
                            const struct dh_samples_spec **samples, char sha256[static DH_SHA256_HEX],
                            struct dh_diag *diag);

/* The same of n bytes in memory; name stands for the file in messages. */
enum dh_err dh_samples_read_text(struct dh_scenario_file *file, const char *name, const char *text, size_t n,
                                 const struct dh_samples_spec **samples, char sha256[static DH_SHA256_HEX],
                                 struct dh_diag *diag);

#endif
