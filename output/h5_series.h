/* Tables of a result file: a group whose variables grow along its own time scale. Rows are kept in memory
 * until a chunk is full; then each variable's chunk is shuffled, deflated with libdeflate and written whole
 * (H5Dwrite_chunk: any reader's standard filters open it), and the time scale last, so that a reader who goes
 * by the time scale finds all variables complete. No allocation after dh_h5_series_start. */
#ifndef DH_OUTPUT_H5_SERIES_H
#define DH_OUTPUT_H5_SERIES_H

#include "output/h5_file.h"

/* Adds group NAME (already made) as a table. time_units: "seconds since 2026-01-01T00:00:00Z". row_bytes:
 * roughly what one row of its widest variable holds; n_row: rows expected, 0 unknown. Both only choose the
 * chunk. The file owns the table. */
enum dh_err dh_h5_table_add(struct dh_h5_table **out, struct dh_h5_file *file, const char *group,
                            const char *time_units, size_t row_bytes, int64_t n_row);

/* A variable of n values in each row, along dimension (labels made before), or one value
 * when it is NULL.
 * Columns are numbered from 0 in order of creation. */
enum dh_err dh_h5_table_column(struct dh_h5_table *table, const struct dh_h5_variable *variable,
                               const char *dimension, int32_t n);

/* One row: begin, a put for every column, end. time is in the table's units. */
void dh_h5_row_begin(struct dh_h5_table *table, double time);
void dh_h5_row_put(struct dh_h5_table *table, int32_t column, const double *values);
enum dh_err dh_h5_row_end(struct dh_h5_table *table);

int64_t dh_h5_table_rows(const struct dh_h5_table *table);

#endif
