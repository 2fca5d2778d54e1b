/* Device memory with random data in it, kept between points: what a launch reads depends on the buffer's
 * seed, format and place alone, so a larger buffer serves a smaller point. Several sets of operands, one
 * after the other, keep a cache from holding them. */
#ifndef DH_MODELS_GPU_OPERANDS_H
#define DH_MODELS_GPU_OPERANDS_H

#include "models/gpu/shape.h"

struct dh_gpu_operand {
    int32_t slot, set; /* which buffer of a launch, of which set */
    enum dh_gpu_format format;
    bool index;
    int64_t elements;
    dh_gpu_buffer buffer;
    bool in_use; /* by the point at hand */
};

/* {0} but for backend, gpu and limit is ready. */
struct dh_gpu_operands {
    const struct dh_gpu_backend *backend;
    struct dh_gpu *gpu;
    double limit_bytes; /* all of them together */
    double bytes;
    struct dh_gpu_operand *all;
    int32_t n, room;
};

/* Seed of buffer `slot` of a set. */
uint32_t dh_gpu_operand_seed(int32_t slot, int32_t set);

/* Fills buffer[] of a launch of the point for one set; what other points needed is given up where memory is
 * short. begin: first set of a point. The result is not filled. DH_GPU_OUT_OF_MEMORY where it does not fit;
 * DH_GPU_FAILED as the back end says. */
enum dh_gpu_status dh_gpu_operands_take(struct dh_gpu_operands *o, const struct dh_gpu_shape *shape,
                                        int32_t set, bool begin, struct dh_gpu_launch *launch);

/* Frees all of the device's memory; forget: the device is gone, only the list is freed. */
void dh_gpu_operands_free(struct dh_gpu_operands *o);
void dh_gpu_operands_forget(struct dh_gpu_operands *o);

#endif
