/* What a kernel must give: single elements of its result, recomputed on the host in double precision from
 * dh_gpu_value. */
#ifndef DH_MODELS_GPU_REFERENCE_H
#define DH_MODELS_GPU_REFERENCE_H

#include "models/gpu/shape.h"

/* Elements columns[0..n-1] of a row of the result (attention: row = (batch queries + query) heads + head,
 * column = dimension of the head), where buffer i of the launch holds dh_gpu_value(seeds[i], .) and gather's
 * index dh_gpu_index. scale[] (may be NULL) becomes the sum of the absolute terms, which errors are judged
 * by: products of gemm, weighted values of attention, addends of triad, and of copy, gather, layernorm and
 * softmax the result's own terms. b_transposed: as in the table of the back end. false where memory is
 * exhausted; the shape must be valid. Time: of gemm k an element, of attention keys head_dim a row. */
bool dh_gpu_reference(const struct dh_gpu_point *point, const uint32_t *seeds, bool b_transposed, int64_t row,
                      const int64_t *columns, int32_t n, double *values, double *scale);

#endif
