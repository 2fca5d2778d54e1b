/* Which kernels a model's work is made of, as models/kernel.h is asked for them: shapes and what each takes.
 * For telling how much of simulated time rests on constants from where and on shapes beyond what these were
 * fitted on, and for choosing what to measure on an attached device. */
#ifndef DH_MODELS_KERNEL_USE_H
#define DH_MODELS_KERNEL_USE_H

#include "models/kernel.h"

enum dh_kernel_family { DH_KERNEL_GEMM, DH_KERNEL_PREFILL, DH_KERNEL_DECODE, DH_N_KERNEL_FAMILY };
enum { DH_KERNEL_USES = 192, DH_KERNEL_SIZES = 6 };

/* The word of its element: "gemm", "prefill", "decode". */
const char *dh_kernel_family_name(enum dh_kernel_family family);

struct dh_kernel_call {
    enum dh_kernel_family family;
    enum dh_number_format format; /* of the constants that were taken */
    double size[DH_KERNEL_SIZES]; /* m, n, k; or batch, queries, keys, heads, kv_heads, head_dim */
    double seconds;               /* all calls of that shape together */
    bool outside;                 /* the constants' hull is known and the shape beyond it */
};

/* Calls are added with `weight`, which whoever repeats them sets. Zero it and set weight to 1. Where there
 * are more shapes than room, the rest counts to the last of its family. */
struct dh_kernel_use {
    double weight;
    int32_t n;
    struct dh_kernel_call calls[DH_KERNEL_USES];
};

/* Nothing where use is NULL. */
void dh_kernel_use_gemm(struct dh_kernel_use *use, const struct dh_gemm_spec *gemm, double m, double n,
                        double k, double seconds);
void dh_kernel_use_prefill(struct dh_kernel_use *use, const struct dh_prefill_spec *prefill,
                           const struct dh_kernel_attention *a, double seconds);
void dh_kernel_use_decode(struct dh_kernel_use *use, const struct dh_decode_spec *decode,
                          const struct dh_kernel_attention *a, double seconds);
void dh_kernel_use_weigh(struct dh_kernel_use *use, double weight);

/* Seconds of one family and format, and those beyond the hull. */
void dh_kernel_use_sum(const struct dh_kernel_use *use, enum dh_kernel_family family,
                       enum dh_number_format format, double *seconds, double *outside);

/* Is a size beyond a hull of least and greatest values (of 2 n numbers; n_hull 0: not known, then no)? A
 * quarter of a doubling counts as inside: half way to the next point of a sweep by doublings. */
bool dh_kernel_outside(const double *hull, int32_t n_hull, const double *size, int32_t n);

#endif
