/* One thing to measure, and what a launch of it works on: operands, operations, bytes that must move. */
#ifndef DH_MODELS_GPU_SHAPE_H
#define DH_MODELS_GPU_SHAPE_H

#include "models/gpu/backend.h"

struct dh_gpu_point {
    enum dh_gpu_kernel kernel;
    enum dh_gpu_format format;
    int64_t size[DH_GPU_MAX_SIZE]; /* as backend.h says; unused ones 0 */
    bool pinned;                   /* h2d, d2h, both: host memory that the device reads by itself */
    bool held;                     /* kept back from the fit */
};

struct dh_gpu_shape {
    int32_t n_buffer;                    /* 0 from empty on: the back end brings what it needs */
    int64_t elements[DH_GPU_MAX_BUFFER]; /* the first is the result */
    enum dh_gpu_format formats[DH_GPU_MAX_BUFFER];
    bool index;            /* the last one holds indices, uint32 */
    int64_t rows, columns; /* of the result */
    double operations;     /* 2 m n k; 4 head_dim a visible key of attention; else 0 */
    double bytes;          /* each operand and the result once */
};

/* How many sizes a kernel has. */
int32_t dh_gpu_size_count(enum dh_gpu_kernel kernel);

/* false where a size is below 1, the format of what only moves numbers is not fp32, kv_heads does not divide
 * heads, there are more queries than keys, or a number of elements is above 2^40. */
bool dh_gpu_shape(struct dh_gpu_shape *shape, const struct dh_gpu_point *point);

/* "gemm bf16 128 128 4096", for messages. Returns text. */
const char *dh_gpu_point_text(char *text, size_t room, const struct dh_gpu_point *point);

/* Are kernel, format, sizes and pinned the same? */
bool dh_gpu_same_point(const struct dh_gpu_point *a, const struct dh_gpu_point *b);

/* Element i of gather's index: a permutation of 0..n-1, n at most 2^32, without order. */
uint32_t dh_gpu_index(int64_t i, int64_t n);

#endif
