/* How long one kernel runs on one accelerator: matrix products and attention, in closed form. Constants come
 * from the catalog (<gemm>, <prefill>, <decode> of a device), where models/fit/fit_kernels.c puts what it
 * fitted on published measurements; times are those of a kernel that is launched back to back, with the
 * launch that the measured software stack pays.
 *
 * A matrix product (m x k)(k x n) is cut into tiles that multiprocessors work on in waves, along k too where
 * tiles are few (AI.md 1.1; the wave model of NVIDIA's "Matrix multiplication background user's guide"):
 *
 *   tiles = ceil(m/tm) ceil(n/tn) split, waves = max(1, q ceil(tiles/SM) + (1-q) tiles/SM)
 *   t_compute = waves 2 tm tn (k/split + k0) SM / (peak e eta)
 *   t_memory  = bytes / min(e_b BW, tiles BW_SM)
 *   t = t0 + min over tile shapes and splits of [max(t_compute, t_memory) + t_split + partial sums]
 *
 * Tile shapes are a library's, each as good as it is, or the only one of a kernel that was measured (tile-m,
 * tile-n), which does not cut k. k0 is the prologue and epilogue of a tile, BW_SM what one multiprocessor can
 * draw. Partial sums of a split are written and read at 4 bytes. Where operands stay in the second-level
 * cache its bandwidth counts, the share s = 1 / (1 + (2 bytes/cache)^2) of them. Where the stack quantizes
 * activations in front of the product (fp8, nvfp4), that takes row m + element m k / BW more.
 *
 * Attention (AI.md 1.2): prefill is cut into tiles of 128 queries, tile i of which works on 128 (i+1) keys
 * when causal; the longest tile is a bound, and a part of it is a tail. Decode reads each key and value once
 * for the heads that share it, cut along the context where sequences are few. */
#ifndef DH_MODELS_KERNEL_H
#define DH_MODELS_KERNEL_H

#include "scenarios/scenario.h"

/* Is name the device's id, or one of its names in files of measurements? */
bool dh_kernel_is_called(const struct dh_device_spec *device, const char *name);

/* Bytes of one element in memory, scales included: fp32 and tf32 4, bf16 and fp16 2, fp8 and int8 1, nvfp4
 * 0.5625 (4 bits and an 8-bit scale for sixteen). */
double dh_kernel_bytes(enum dh_number_format format);

/* The device's constants for a format; the other 16-bit format stands in for a 16-bit one. NULL: none. */
const struct dh_gemm_spec *dh_kernel_gemm_of(const struct dh_device_spec *device,
                                             enum dh_number_format format);
const struct dh_prefill_spec *dh_kernel_prefill_of(const struct dh_device_spec *device,
                                                   enum dh_number_format kv);
const struct dh_decode_spec *dh_kernel_decode_of(const struct dh_device_spec *device,
                                                 enum dh_number_format kv);

/* Seconds of one product; m, n, k at least 1. And of the quantization of its activations in front of it. */
double dh_kernel_gemm_s(const struct dh_device_spec *device, const struct dh_gemm_spec *gemm, double m,
                        double n, double k);
double dh_kernel_quantize_s(const struct dh_device_spec *device, const struct dh_gemm_spec *gemm, double m,
                            double k);

/* What one call of attention works on: `batch` sequences with `queries` new tokens each (decode: 1) over a
 * context of `keys` tokens that ends with them, causal; kv_heads divides heads. */
struct dh_kernel_attention {
    double batch, queries, keys, heads, kv_heads, head_dim;
};

/* Seconds of one call. */
double dh_kernel_prefill_s(const struct dh_device_spec *device, const struct dh_prefill_spec *prefill,
                           const struct dh_kernel_attention *a);
double dh_kernel_decode_s(const struct dh_device_spec *device, const struct dh_decode_spec *decode,
                          const struct dh_kernel_attention *a);

#endif
