/* Rows of numbers from one thread to another: the writer appends rows in blocks that never move, and then
 * says how much counts; the reader takes what counts, and gives back blocks that it has read. Neither waits.
 */
#ifndef DH_VIZ_BLOCKS_H
#define DH_VIZ_BLOCKS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dh_blocks {
    size_t width; /* numbers of a row */
    int64_t rows; /* of a block */
    int64_t most; /* rows that may wait for the reader; 0: any */
    struct dh_block {
        struct dh_block *next;
        double values[];
    } * last;                         /* the writer's */
    int64_t written;                  /* likewise */
    bool full;                        /* memory was exhausted: nothing more is kept */
    _Atomic(int64_t) count;           /* rows that are complete */
    char apart[64];                   /* of cache lines: the reader's looking does not slow the writer down */
    _Atomic(struct dh_block *) spare; /* blocks that were read, for the writer to fill again */
    _Atomic(int64_t) taken;           /* rows that were read, in whole blocks */
    struct dh_block *reading;         /* the reader's */
    int64_t read;
};

/* False: no memory. Blocks hold about `bytes`. */
bool dh_blocks_init(struct dh_blocks *blocks, size_t width, size_t bytes, int64_t most);
/* When neither thread uses it any more; {0} is allowed. */
void dh_blocks_free(struct dh_blocks *blocks);

/* For the writer: a row to be filled in and then published. NULL: there is no memory, or too much waits. */
double *dh_blocks_next(struct dh_blocks *blocks);
void dh_blocks_publish(struct dh_blocks *blocks);

/* For the reader: the next row that counts and was not read yet, until the next call; NULL: none. */
const double *dh_blocks_take(struct dh_blocks *blocks);

#endif
