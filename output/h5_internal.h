/* What h5_file.c and h5_series.c share. hid_t is an int64_t, so that hdf5.h stays out of headers. */
#ifndef DH_OUTPUT_H5_INTERNAL_H
#define DH_OUTPUT_H5_INTERNAL_H

#include "output/h5_file.h"

struct libdeflate_compressor;

struct dh_h5_column {
    int64_t dataset;
    enum dh_h5_type type;
    int32_t n, n_chunk,
        chunk_n; /* values in a row; chunks beside one another; values of a row in one chunk */
    double quantum, per_quantum;
    char *name;
    unsigned char *rows; /* n_chunk blocks of chunk_rows x chunk_n values */
};

struct dh_h5_table {
    struct dh_h5_file *file;
    struct dh_h5_table *next;
    char *group;
    int64_t time_dataset;
    double *time;
    int32_t chunk_rows, n_held; /* rows of a chunk; rows held in memory */
    int64_t n_written;
    struct dh_h5_column *columns;
    int32_t n_column, n_room;
};

struct dh_h5_file {
    int64_t id, access, group_create, dataset_create;
    char *path, *part;
    int lock; /* keeps other runs away; -1: none */
    enum dh_err err;
    bool streaming;
    struct dh_diag *diag;
    struct dh_h5_table *tables, **tables_end;
    struct libdeflate_compressor *deflate;
    unsigned char *shuffled, *packed;
    size_t chunk_room, packed_room;
};

/* Before any other call of the library: no exit handler (it crashes after failed writes and on hostile
 * files), no messages, no plugins. */
void dh_h5_library(void);

/* Properties of what is created in the file; negative when the library fails. */
int dh_h5_lists(struct dh_h5_file *file);

/* Records a failure of the library on this file, with errno where it names one; returns file->err. */
enum dh_err dh_h5_failed(struct dh_h5_file *file, const char *what);
enum dh_err dh_h5_no_memory(struct dh_h5_file *file);

int64_t dh_h5_memory_type(enum dh_h5_type type);
int64_t dh_h5_file_type(enum dh_h5_type type);
size_t dh_h5_size(enum dh_h5_type type);

/* The power of two at or below quantum > 0, 0 for 0: low bits of rounded values are zeros, which deflate
 * likes. */
double dh_h5_quantum(double quantum);

/* Attributes of an open object; negative when the library fails. */
int dh_h5_put_text(int64_t object, const char *name, const char *value);
int dh_h5_put_number(int64_t object, const char *name, double value);
int dh_h5_put_variable(int64_t dataset, const struct dh_h5_variable *variable);

/* The scale GROUP/NAME, attached to axis of dataset. */
int dh_h5_attach(struct dh_h5_file *file, const char *group, const char *name, int64_t dataset,
                 unsigned axis);

/* Shuffles and deflates n values of size bytes from data into file->packed; *skip is the filter mask for
 * H5Dwrite_chunk. 0 when memory is exhausted. */
size_t dh_h5_pack(struct dh_h5_file *file, const void *data, size_t n, size_t size, uint32_t *skip);

/* Table parts of opening, starting, ending: h5_series.c. */
enum dh_err dh_h5_tables_allocate(struct dh_h5_file *file);
int dh_h5_tables_open(struct dh_h5_file *file);
enum dh_err dh_h5_tables_flush(struct dh_h5_file *file);
void dh_h5_tables_close(struct dh_h5_file *file);
void dh_h5_tables_free(struct dh_h5_file *file);

#endif
