/* Foreign data into what scenarios read, with figures that tell whether all of it arrived. */
#ifndef DH_SCENARIOS_IMPORT_H
#define DH_SCENARIOS_IMPORT_H

#include "sim/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DH_IMPORT_MAX_FIGURES = 64 };

/* "jobs" 37839, "gpu_hours" 394794.5208, "jobs_of_2" 5778, … */
struct dh_import_figure {
    char name[48];
    double value;
};

struct dh_import_stats {
    struct dh_import_figure figures[DH_IMPORT_MAX_FIGURES];
    int32_t n_figure;
};

struct dh_import_form {
    const char *name, *about;
};

/* Form i, from 0: logs of jobs and requests, measured GPUs, weather, carbon, prices, clouds, racks. NULL
 * names past the end. */
struct dh_import_form dh_import_form_at(int32_t i);

/* Reads the files (netbox: any number; else one) and hands over the converted text in pieces: CSV, or XML for
 * cloud and netbox. part: as the form's `about` says (for raps mandatory); NULL or "" otherwise. write
 * returns 0, or anything else to stop, which fails with DH_ERR_IO; it may be NULL: then only the figures are
 * made. stats may be NULL. Errors as those of the readers, with what such a file looks like as hint;
 * DH_ERR_USAGE for an unknown form, or a part that the form cannot make sense of. */
enum dh_err dh_import_convert(const char *form, const char *const *files, int32_t n_file, const char *part,
                              int (*write)(void *self, const char *bytes, size_t n), void *self,
                              struct dh_import_stats *stats, struct dh_diag *diag);

#endif
