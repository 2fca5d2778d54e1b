/* The child's half of reading a result file (result_read.h is the other): opens the file, refuses what is not
 * on a short list, and answers requests. HDF5 1.10 crashes on damaged files and follows links to others, so
 * it reads in a process of its own that may neither open anything more nor take more than it was given. */
#ifndef DH_OUTPUT_H5_READ_H
#define DH_OUTPUT_H5_READ_H

#include <stdint.h>

enum { DH_H5_READ_BYTES = 8 << 20 }; /* most bytes of one answer's payload, lists apart */

enum dh_h5_ask {
    DH_H5_ASK_FILE,     /* attributes of the file, then one record for each dataset */
    DH_H5_ASK_NUMBERS,  /* rows as double */
    DH_H5_ASK_INTEGERS, /* rows as int64 */
    DH_H5_ASK_TEXTS     /* rows as texts, each with its terminator */
};

struct dh_h5_request {
    uint32_t ask, dataset; /* number of the dataset in the list */
    int64_t first, n;      /* rows */
    int64_t column, width; /* of each row of numbers `width` values from this one on; 0, 0: all */
};

struct dh_h5_answer {
    uint32_t status; /* 0: n_byte bytes follow; 1: refused, and they are the reason; 2: refused with errno
                        `number` */
    int32_t number;
    uint64_t n_byte;
};

/* Payload of DH_H5_ASK_FILE: this, then DH_N_FILE_TEXT texts, then for each dataset a record and
 * DH_N_RECORD_TEXT texts. */
struct dh_h5_file_record {
    int64_t n_dataset;
    double duration_s;
};
enum { DH_FILE_TITLE, DH_FILE_SOURCE, DH_FILE_SCENARIO, DH_FILE_START, DH_FILE_STATUS, DH_N_FILE_TEXT };

enum dh_h5_kind { DH_H5_KIND_NUMBER, DH_H5_KIND_INTEGER, DH_H5_KIND_TEXT };
struct dh_h5_record {
    int64_t dims[2];
    uint64_t stored_bytes;
    int32_t rank, kind, size, chunk_rows; /* chunk_rows: that are stored together; 0: all */
};
enum {
    DH_RECORD_GROUP,
    DH_RECORD_NAME,
    DH_RECORD_UNIT,
    DH_RECORD_ABOUT,
    DH_RECORD_METHODS,
    DH_RECORD_FLAGS,
    DH_RECORD_DIM0,
    DH_RECORD_DIM1,
    DH_N_RECORD_TEXT
};

/* Serves one file over socket until it closes; the return value is for _exit. */
int dh_h5_read_serve(const char *path, int socket);

#endif
