/* History of one figure for charts: a row of values over time that grows at its end, with the least and
 * greatest of ever longer blocks kept, so that any stretch of a year is drawn from a few blocks a pixel. One
 * that must not grow without bound keeps its newest values, and of what is older ever longer blocks: the
 * further back, the coarser, but no peak is lost. */
#ifndef DH_VIZ_TRACE_H
#define DH_VIZ_TRACE_H

#include <stdbool.h>
#include <stdint.h>

enum { DH_TRACE_FACTOR = 8, DH_TRACE_LEVELS = 8 };

struct dh_trace_block {
    float low, high; /* of the values that are numbers; low > high: there is none */
};

/* {0} is an empty trace that keeps everything. */
struct dh_trace {
    int64_t keep;  /* values, and blocks of each length, that are kept: the newest; 0: all */
    float *values; /* NAN: not known; value i at i, or at i % keep */
    int64_t n, room;
    struct dh_trace_block *blocks[DH_TRACE_LEVELS]; /* of DH_TRACE_FACTOR^(level + 1) values */
    int64_t block_room[DH_TRACE_LEVELS];
    double low, high; /* of all; low > high: there is none */
};

/* False when memory is exhausted: the trace stays as it was. */
bool dh_trace_add(struct dh_trace *trace, double value);
void dh_trace_free(struct dh_trace *trace);

/* Least and greatest of values first … last - 1; indices beyond the ends are left out. low > high: none.
 * Where only longer blocks are kept, those that reach into the stretch count whole. */
struct dh_trace_block dh_trace_range(const struct dh_trace *trace, int64_t first, int64_t last);

#endif
