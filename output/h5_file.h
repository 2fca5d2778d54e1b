/* Result files being written: netCDF-4 shaped HDF5 that h5py, xarray, pandas and the netCDF tools open, safe
 * against being killed. Life of a file:
 *   dh_h5_create         PATH.part, latest format, creation order kept, no times of day
 *   groups, labels, tables of series (h5_series.h)
 *   dh_h5_series_start   closed, opened again, single-writer multiple-reader from here: whole chunks only
 *   rows                 (h5_series.h)
 *   dh_h5_series_end     closed, opened again; plain arrays may be added
 *   dh_h5_close          synced, renamed to PATH
 * Errors are sticky: after the first, all calls return it and touch neither the library nor the file any
 * more (HDF5 1.10 crashes in calls that follow a failed write); what was flushed stays readable in PATH.part.
 * The bytes depend on the calls alone. hdf5.h is included by output/h5_*.c only. */
#ifndef DH_OUTPUT_H5_FILE_H
#define DH_OUTPUT_H5_FILE_H

#include <datahall/err.h>
#include "sim/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dh_h5_file;
struct dh_h5_table;

enum dh_h5_type { DH_H5_F64, DH_H5_F32, DH_H5_I64, DH_H5_I32, DH_H5_U8, DH_N_H5_TYPE };

/* A variable as readers see it. NULL and 0 leave an attribute out. */
struct dh_h5_variable {
    const char *name;
    const char *unit; /* "W"; "s" stays a number in xarray where "seconds" would become a timedelta */
    const char *long_name;
    const char *cell_methods;  /* "time: mean" */
    const char *coordinates;   /* auxiliary coordinates: "hall" */
    const char *flag_meanings; /* words separated by blanks, for values 0, 1, … of a DH_H5_U8 */
    double quantum;            /* values are rounded to the power of two at or below it; 0: not at all */
    enum dh_h5_type type;
};

/* Creates PATH.part, replacing one that a dead run left; refuses one that another process writes. A file PATH
 * is not touched before dh_h5_close. DH_ERR_IO with the reason, DH_ERR_MEMORY. diag must outlive the file. */
enum dh_err dh_h5_create(struct dh_h5_file **out, const char *path, struct dh_diag *diag);

/* Group under the root; title may be NULL. */
enum dh_err dh_h5_group(struct dh_h5_file *file, const char *name, const char *title);

/* Takes a group out of the file with all that is in it. Not between dh_h5_series_start and _end. */
enum dh_err dh_h5_remove(struct dh_h5_file *file, const char *group);

/* Attributes of an object: "" the root, "racks", "racks/time". Empty texts are left out. An attribute that
 * exists is replaced. */
enum dh_err dh_h5_attr_text(struct dh_h5_file *file, const char *object, const char *name, const char *value);
enum dh_err dh_h5_attr_number(struct dh_h5_file *file, const char *object, const char *name, double value);
enum dh_err dh_h5_attr_integer(struct dh_h5_file *file, const char *object, const char *name, int64_t value);

/* A dimension of the group with a label for each of its n > 0 places, variable-length UTF-8. */
enum dh_err dh_h5_labels(struct dh_h5_file *file, const char *group, const char *name, const char *long_name,
                         int64_t n, const char *const *labels);

/* Values along a dimension that dh_h5_labels or dh_h5_counter made: numbers in memory order of the variable's
 * type, or texts. */
enum dh_err dh_h5_array(struct dh_h5_file *file, const char *group, const char *dimension,
                        const struct dh_h5_variable *variable, int64_t n, const void *values);
enum dh_err dh_h5_texts(struct dh_h5_file *file, const char *group, const char *dimension, const char *name,
                        const char *long_name, int64_t n, const char *const *texts);

/* A dimension whose places are numbered 0, 1, …, n - 1. */
enum dh_err dh_h5_counter(struct dh_h5_file *file, const char *group, const char *name, const char *long_name,
                          int64_t n);

/* Single values. */
enum dh_err dh_h5_scalar(struct dh_h5_file *file, const char *group, const struct dh_h5_variable *variable,
                         const void *value);
enum dh_err dh_h5_scalar_text(struct dh_h5_file *file, const char *group, const char *name,
                              const char *long_name, const char *text);

enum dh_err dh_h5_series_start(struct dh_h5_file *file);
enum dh_err dh_h5_series_end(struct dh_h5_file *file);

/* What becomes of the name when a file is closed. */
enum dh_h5_ending {
    DH_H5_KEEP_PART, /* stays PATH.part */
    DH_H5_RENAME,    /* becomes PATH, replacing a file of that name */
    DH_H5_RENAME_NEW /* becomes PATH unless a file of that name exists */
};

/* Ends the series if that was not done, closes, syncs to the disk, renames, frees. Returns the first error
 * that the file met; then the name stays PATH.part. NULL is allowed. */
enum dh_err dh_h5_close(struct dh_h5_file *file, enum dh_h5_ending ending);

enum dh_err dh_h5_error(const struct dh_h5_file *file);

#endif
