#include "output/h5_series.h"

#include "output/h5_internal.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Chunks: at most CHUNK_VALUES of a row's values beside one another (a rack's series is read without all
 * others) and about CHUNK_BYTES each, so that a chunk and its packed form stay in the L2 cache; between
 * MIN_ROWS (rows of a crashed run that may be lost) and MAX_ROWS. */
enum { CHUNK_VALUES = 512, CHUNK_BYTES = 128 * 1024, MIN_ROWS = 60, MAX_ROWS = 4096 };

enum dh_err dh_h5_table_add(struct dh_h5_table **out, struct dh_h5_file *file, const char *group,
                            const char *time_units, size_t row_bytes, int64_t n_row) {
    *out = NULL;
    if (file->err)
        return file->err;
    struct dh_h5_table *table = calloc(1, sizeof *table);
    if (!table)
        return dh_h5_no_memory(file);
    *file->tables_end = table;
    file->tables_end = &table->next;
    table->file = file;
    table->time_dataset = -1;
    size_t most = CHUNK_VALUES * sizeof(double);
    if (row_bytes < sizeof(double))
        row_bytes = sizeof(double);
    int64_t rows = CHUNK_BYTES / (int64_t)(row_bytes < most ? row_bytes : most);
    rows = rows < MIN_ROWS ? MIN_ROWS : rows > MAX_ROWS ? MAX_ROWS : rows;
    if (n_row > 0 && n_row < rows)
        rows = n_row;
    table->chunk_rows = (int32_t)rows;
    table->group = strdup(group);
    table->time = malloc((size_t)rows * sizeof *table->time);
    if (!table->group || !table->time)
        return dh_h5_no_memory(file);

    hsize_t none = 0, unlimited = H5S_UNLIMITED, chunk = (hsize_t)rows;
    hid_t create = H5Pcopy(file->dataset_create);
    H5Pset_chunk(create, 1, &chunk);
    H5Pset_shuffle(create);
    H5Pset_deflate(create, 1);
    hid_t space = H5Screate_simple(1, &none, &unlimited);
    hid_t parent = H5Gopen2(file->id, group, H5P_DEFAULT);
    hid_t time =
        parent < 0 ? -1 : H5Dcreate2(parent, "time", H5T_IEEE_F64LE, space, H5P_DEFAULT, create, H5P_DEFAULT);
    int result = time < 0 ? -1 : H5DSset_scale(time, "time");
    if (result >= 0) {
        result = dh_h5_put_text(time, "units", time_units);
        result |= dh_h5_put_text(time, "calendar", "proleptic_gregorian");
        result |= dh_h5_put_text(time, "standard_name", "time");
        result |= dh_h5_put_text(time, "long_name", "start of the interval");
        result |= dh_h5_put_text(time, "axis", "T");
    }
    table->time_dataset = time;
    if (parent >= 0)
        H5Gclose(parent);
    H5Sclose(space);
    H5Pclose(create);
    if (result < 0)
        return dh_h5_failed(file, "time");
    *out = table;
    return DH_OK;
}

enum dh_err dh_h5_table_column(struct dh_h5_table *table, const struct dh_h5_variable *variable,
                               const char *dimension, int32_t n) {
    struct dh_h5_file *file = table->file;
    if (file->err)
        return file->err;
    if (table->n_column == table->n_room) {
        int32_t room = table->n_room ? 2 * table->n_room : 8;
        struct dh_h5_column *more = realloc(table->columns, (size_t)room * sizeof *more);
        if (!more)
            return dh_h5_no_memory(file);
        table->columns = more;
        table->n_room = room;
    }
    struct dh_h5_column *column = &table->columns[table->n_column++];
    int32_t chunk_n = dimension && n > CHUNK_VALUES ? CHUNK_VALUES : n;
    *column = (struct dh_h5_column){.dataset = -1,
                                    .type = variable->type,
                                    .n = n,
                                    .chunk_n = chunk_n,
                                    .n_chunk = (n + chunk_n - 1) / chunk_n,
                                    .name = strdup(variable->name)};
    if (variable->quantum > 0) {
        column->quantum = dh_h5_quantum(variable->quantum);
        column->per_quantum = 1.0 / column->quantum;
    }
    /* Zeros: what stands behind the last value of the last chunk is part of the file's bytes. */
    column->rows = calloc((size_t)column->n_chunk * (size_t)chunk_n,
                          (size_t)table->chunk_rows * dh_h5_size(variable->type));
    if (!column->name || !column->rows)
        return dh_h5_no_memory(file);

    int rank = dimension ? 2 : 1;
    hsize_t extent[2] = {0, (hsize_t)n}, most[2] = {H5S_UNLIMITED, (hsize_t)n};
    hsize_t chunk[2] = {(hsize_t)table->chunk_rows, (hsize_t)chunk_n};
    hid_t create = H5Pcopy(file->dataset_create);
    H5Pset_chunk(create, rank, chunk);
    H5Pset_shuffle(create);
    H5Pset_deflate(create, 1);
    if (variable->type == DH_H5_F64 || variable->type == DH_H5_F32) {
        double fill = NAN;
        H5Pset_fill_value(create, H5T_NATIVE_DOUBLE, &fill);
    }
    hid_t space = H5Screate_simple(rank, extent, most);
    hid_t parent = H5Gopen2(file->id, table->group, H5P_DEFAULT);
    hid_t dataset = parent < 0 ? -1
                               : H5Dcreate2(parent, variable->name, dh_h5_file_type(variable->type), space,
                                            H5P_DEFAULT, create, H5P_DEFAULT);
    column->dataset = dataset;
    int result = dataset < 0 ? -1 : H5DSattach_scale(dataset, table->time_dataset, 0);
    if (result >= 0 && dimension)
        result = dh_h5_attach(file, table->group, dimension, dataset, 1);
    if (result >= 0)
        result = dh_h5_put_variable(dataset, variable);
    if (parent >= 0)
        H5Gclose(parent);
    H5Sclose(space);
    H5Pclose(create);
    return result < 0 ? dh_h5_failed(file, variable->name) : DH_OK;
}

/* ---- rows ------------------------------------------------------------------------------------------------
 */

void dh_h5_row_begin(struct dh_h5_table *table, double time) {
    table->time[table->n_held] = time;
}

/* Nearest integer, ties to even, for |x| < 2^51: larger values have no fraction worth rounding. Two
 * additions, which every compiler keeps without -ffast-math, where rint() would be a call. */
static inline double nearest(double x) {
    const double shift = 6755399441055744.0; /* 1.5 * 2^52 */
    return fabs(x) < 2251799813685248.0 ? (x + shift) - shift : x;
}

void dh_h5_row_put(struct dh_h5_table *table, int32_t number, const double *values) {
    struct dh_h5_column *c = &table->columns[number];
    size_t size = dh_h5_size(c->type), block = (size_t)table->chunk_rows * (size_t)c->chunk_n * size;
    for (int32_t k = 0, at = 0; k < c->n_chunk; k++, at += c->chunk_n) {
        unsigned char *to = c->rows + (size_t)k * block + (size_t)table->n_held * (size_t)c->chunk_n * size;
        int32_t n = c->n - at < c->chunk_n ? c->n - at : c->chunk_n;
        const double *from = values + at;
        switch (c->type) {
        case DH_H5_F64:
            if (c->quantum > 0)
                for (int32_t i = 0; i < n; i++)
                    ((double *)(void *)to)[i] = nearest(from[i] * c->per_quantum) * c->quantum;
            else
                memcpy(to, from, (size_t)n * sizeof *from);
            break;
        case DH_H5_F32:
            if (c->quantum > 0)
                for (int32_t i = 0; i < n; i++)
                    ((float *)(void *)to)[i] = (float)(nearest(from[i] * c->per_quantum) * c->quantum);
            else
                for (int32_t i = 0; i < n; i++)
                    ((float *)(void *)to)[i] = (float)from[i];
            break;
        case DH_H5_I64:
            for (int32_t i = 0; i < n; i++)
                ((int64_t *)(void *)to)[i] = (int64_t)from[i];
            break;
        case DH_H5_I32:
            for (int32_t i = 0; i < n; i++)
                ((int32_t *)(void *)to)[i] = (int32_t)from[i];
            break;
        default:
            for (int32_t i = 0; i < n; i++)
                to[i] = (unsigned char)from[i];
        }
    }
}

/* n_value values of one chunk at (row, first) of a dataset whose extent becomes rows x n. */
static int write_chunk(struct dh_h5_table *table, hid_t dataset, int64_t row, int32_t first,
                       const void *values, size_t n_value, size_t size) {
    uint32_t skip;
    size_t bytes = dh_h5_pack(table->file, values, n_value, size, &skip);
    hsize_t offset[2] = {(hsize_t)row, (hsize_t)first};
    return H5Dwrite_chunk(dataset, H5P_DEFAULT, skip, offset, bytes, table->file->packed) < 0 ? -1 : 0;
}

/* All held rows to the file, as one chunk of each column: the whole chunk even when only a part of it is
 * held, which is the last of the run. */
static enum dh_err flush(struct dh_h5_table *table) {
    struct dh_h5_file *file = table->file;
    if (file->err || table->n_held == 0)
        return file->err;
    int64_t row = table->n_written;
    hsize_t extent[2] = {(hsize_t)(row + table->n_held), 0};
    size_t rows = (size_t)table->chunk_rows;
    for (int32_t i = 0; i < table->n_column; i++) {
        struct dh_h5_column *c = &table->columns[i];
        size_t size = dh_h5_size(c->type), block = rows * (size_t)c->chunk_n;
        if (table->n_held < table->chunk_rows) /* nothing of the chunk before may show behind the end */
            for (int32_t k = 0; k < c->n_chunk; k++)
                memset(c->rows + ((size_t)k * block + (size_t)table->n_held * (size_t)c->chunk_n) * size, 0,
                       (rows - (size_t)table->n_held) * (size_t)c->chunk_n * size);
        extent[1] = (hsize_t)c->n;
        if (H5Dset_extent(c->dataset, extent) < 0)
            return dh_h5_failed(file, c->name);
        for (int32_t k = 0; k < c->n_chunk; k++)
            if (write_chunk(table, c->dataset, row, k * c->chunk_n, c->rows + (size_t)k * block * size, block,
                            size) < 0)
                return dh_h5_failed(file, c->name);
        if (H5Dflush(c->dataset) < 0)
            return dh_h5_failed(file, c->name);
    }
    for (int32_t i = table->n_held; i < table->chunk_rows; i++)
        table->time[i] = 0;
    if (H5Dset_extent(table->time_dataset, extent) < 0 ||
        write_chunk(table, table->time_dataset, row, 0, table->time, rows, sizeof(double)) < 0 ||
        H5Dflush(table->time_dataset) < 0)
        return dh_h5_failed(file, "time");
    table->n_written += table->n_held;
    table->n_held = 0;
    return DH_OK;
}

enum dh_err dh_h5_row_end(struct dh_h5_table *table) {
    if (table->file->err)
        return table->file->err;
    table->n_held++;
    return table->n_held == table->chunk_rows ? flush(table) : DH_OK;
}

int64_t dh_h5_table_rows(const struct dh_h5_table *table) {
    return table->n_written + table->n_held;
}

/* ---- all tables of a file --------------------------------------------------------------------------------
 */

enum dh_err dh_h5_tables_flush(struct dh_h5_file *file) {
    for (struct dh_h5_table *t = file->tables; t; t = t->next)
        DH_TRY(flush(t));
    return DH_OK;
}

void dh_h5_tables_close(struct dh_h5_file *file) {
    for (struct dh_h5_table *t = file->tables; t; t = t->next) {
        for (int32_t c = 0; c < t->n_column; c++) {
            if (t->columns[c].dataset >= 0)
                H5Dclose(t->columns[c].dataset);
            t->columns[c].dataset = -1;
        }
        if (t->time_dataset >= 0)
            H5Dclose(t->time_dataset);
        t->time_dataset = -1;
    }
}

static hid_t open_in(hid_t file, const char *group, const char *name) {
    char path[512];
    if (snprintf(path, sizeof path, "%s/%s", group, name) >= (int)sizeof path)
        return -1;
    return H5Dopen2(file, path, H5P_DEFAULT);
}

int dh_h5_tables_open(struct dh_h5_file *file) {
    for (struct dh_h5_table *t = file->tables; t; t = t->next) {
        t->time_dataset = open_in(file->id, t->group, "time");
        if (t->time_dataset < 0)
            return -1;
        for (int32_t c = 0; c < t->n_column; c++) {
            t->columns[c].dataset = open_in(file->id, t->group, t->columns[c].name);
            if (t->columns[c].dataset < 0)
                return -1;
        }
    }
    return 0;
}

void dh_h5_tables_free(struct dh_h5_file *file) {
    for (struct dh_h5_table *t = file->tables, *next; t; t = next) {
        next = t->next;
        for (int32_t c = 0; c < t->n_column; c++) {
            free(t->columns[c].name);
            free(t->columns[c].rows);
        }
        free(t->columns);
        free(t->group);
        free(t->time);
        free(t);
    }
    file->tables = NULL;
}
