#include "models/kernel_use.h"

#include <string.h>

/* The fourth root of 2. */
#define A_LITTLE 1.189207115002721

const char *dh_kernel_family_name(enum dh_kernel_family family) {
    static const char *const names[DH_N_KERNEL_FAMILY] = {"gemm", "prefill", "decode"};
    return names[family];
}

bool dh_kernel_outside(const double *hull, int32_t n_hull, const double *size, int32_t n) {
    for (int32_t i = 0; i < n && 2 * i + 1 < n_hull; i++)
        if (size[i] * A_LITTLE < hull[2 * i] || size[i] > hull[2 * i + 1] * A_LITTLE)
            return true;
    return false;
}

static void add(struct dh_kernel_use *use, const struct dh_kernel_call *call) {
    struct dh_kernel_call *last = NULL;
    double seconds = use->weight * call->seconds;
    for (int32_t i = 0; i < use->n; i++) {
        struct dh_kernel_call *c = &use->calls[i];
        if (c->family != call->family || c->format != call->format)
            continue;
        last = c;
        if (memcmp(c->size, call->size, sizeof c->size) == 0) {
            c->seconds += seconds;
            return;
        }
    }
    if (use->n < DH_KERNEL_USES) {
        use->calls[use->n] = *call;
        use->calls[use->n++].seconds = seconds;
    } else if (last) {
        last->seconds += seconds;
    }
}

void dh_kernel_use_gemm(struct dh_kernel_use *use, const struct dh_gemm_spec *g, double m, double n, double k,
                        double seconds) {
    if (!use)
        return;
    struct dh_kernel_call call = {
        DH_KERNEL_GEMM, (enum dh_number_format)g->format, {m, n, k},
           seconds, false
    };
    call.outside = dh_kernel_outside(g->hull, g->n_hull, call.size, 3);
    add(use, &call);
}

static struct dh_kernel_call attention(enum dh_kernel_family family, int32_t format,
                                       const struct dh_kernel_attention *a, double seconds) {
    return (struct dh_kernel_call){
        family,
        (enum dh_number_format)format,
        {a->batch, a->queries, a->keys, a->heads, a->kv_heads, a->head_dim},
        seconds,
        false
    };
}

void dh_kernel_use_prefill(struct dh_kernel_use *use, const struct dh_prefill_spec *p,
                           const struct dh_kernel_attention *a, double seconds) {
    if (!use)
        return;
    struct dh_kernel_call call = attention(DH_KERNEL_PREFILL, p->format, a, seconds);
    call.outside = dh_kernel_outside(p->hull, p->n_hull, call.size, DH_KERNEL_SIZES);
    add(use, &call);
}

void dh_kernel_use_decode(struct dh_kernel_use *use, const struct dh_decode_spec *d,
                          const struct dh_kernel_attention *a, double seconds) {
    if (!use)
        return;
    struct dh_kernel_call call = attention(DH_KERNEL_DECODE, d->format, a, seconds);
    call.outside = dh_kernel_outside(d->hull, d->n_hull, call.size, DH_KERNEL_SIZES);
    add(use, &call);
}

void dh_kernel_use_weigh(struct dh_kernel_use *use, double weight) {
    if (use)
        use->weight = weight;
}

void dh_kernel_use_sum(const struct dh_kernel_use *use, enum dh_kernel_family family,
                       enum dh_number_format format, double *seconds, double *outside) {
    *seconds = *outside = 0;
    for (int32_t i = 0; i < use->n; i++) {
        const struct dh_kernel_call *c = &use->calls[i];
        if (c->family != family || c->format != format)
            continue;
        *seconds += c->seconds;
        *outside += c->outside ? c->seconds : 0;
    }
}
