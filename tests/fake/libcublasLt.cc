/* A cuBLASLt that is none: products in fp32 on the host, by columns as the real one counts, of the
 * types and the one form (TN) that fp8 has, which it asks of all. Two algorithms, the second the faster; the first
 * that the heuristic names does not run. */
#include "tests/fake/fake.h"

#include <stdlib.h>
#include <string.h>

extern "C" {
#include "models/gpu/backend.h"
/* common.c, for its formats, knows of back ends too */
extern const struct dh_gpu_backend *const dh_gpu_backends[] = {NULL};
}

#define API extern "C" __attribute__((visibility("default"))) int
enum { NOT_INITIALIZED = 1, INVALID = 7, NOT_SUPPORTED = 15 };

struct desc {
    int compute, scale, trans[2];
};
struct layout {
    int type;
    uint64_t rows, columns;
    int64_t leading;
};
struct preference {
    uint64_t workspace;
};
struct algo {
    uint64_t data[8];
};
struct result {
    algo a;
    size_t workspace;
    int state;
    float waves;
    int reserved[4];
};
static int live;

extern "C" __attribute__((visibility("default"))) size_t cublasLtGetVersion(void) { return 130002; }
extern "C" __attribute__((visibility("default"))) const char *cublasLtGetStatusString(int) { return "made up"; }
extern "C" __attribute__((visibility("default"))) int dh_fake_left_lt(void) { return live; }
API cublasLtCreate(void **handle) {
    if (dh_fake_number("no-lt", 0))
        return NOT_INITIALIZED;
    return *handle = &live, live++, 0;
}
API cublasLtDestroy(void *handle) { return handle == &live ? live--, 0 : INVALID; }
API cublasLtMatmulDescCreate(desc **d, int compute, int scale) {
    if (compute != 68 && compute != 77)
        return NOT_SUPPORTED;
    *d = (desc *)calloc(1, sizeof **d);
    **d = desc{compute, scale, {0, 0}};
    return live++, 0;
}
API cublasLtMatmulDescDestroy(desc *d) { return free(d), live--, 0; }
API cublasLtMatmulDescSetAttribute(desc *d, int attribute, const void *value, size_t bytes) {
    if ((attribute != 3 && attribute != 4) || bytes != 4)
        return INVALID;
    memcpy(&d->trans[attribute - 3], value, 4);
    return 0;
}
API cublasLtMatrixLayoutCreate(layout **l, int type, uint64_t rows, uint64_t columns, int64_t leading) {
    *l = (layout *)calloc(1, sizeof **l);
    **l = layout{type, rows, columns, leading};
    return live++, 0;
}
API cublasLtMatrixLayoutDestroy(layout *l) { return free(l), live--, 0; }
API cublasLtMatmulPreferenceCreate(preference **p) {
    *p = (preference *)calloc(1, sizeof **p);
    return live++, 0;
}
API cublasLtMatmulPreferenceDestroy(preference *p) { return free(p), live--, 0; }
API cublasLtMatmulPreferenceSetAttribute(preference *p, int attribute, const void *value, size_t bytes) {
    if (attribute != 1 || bytes != 8)
        return INVALID;
    memcpy(&p->workspace, value, 8);
    return 0;
}

static int format_of(int type) {
    return type == 0    ? DH_GPU_FP32
           : type == 14 ? DH_GPU_BF16
           : type == 2  ? DH_GPU_FP16
           : type == 28 ? DH_GPU_FP8
                        : -1;
}
static bool fits(const desc *d, const layout *a, const layout *b, const layout *c) {
    if (d->trans[0] != 1 || d->trans[1] != 0 || d->scale != 0 || a->type != b->type || a->rows != b->rows ||
        c->rows != a->columns || c->columns != b->columns || (uint64_t)a->leading < a->rows ||
        (uint64_t)b->leading < b->rows || (uint64_t)c->leading < c->rows || format_of(a->type) < 0)
        return false;
    if (a->type == 28)
        return c->type == 14 && d->compute == 68 && a->rows % 16 == 0 && c->rows % 16 == 0;
    return c->type == a->type && (d->compute == 68 || a->type == 0);
}
API cublasLtMatmulAlgoGetHeuristic(void *handle, desc *d, layout *a, layout *b, layout *c, layout *dd,
                                   preference *p, int asked, result *found, int *n) {
    *n = 0;
    if (handle != &live || !fits(d, a, b, c) || dd != c)
        return NOT_SUPPORTED;
    for (int i = 0; i < 3 && i < asked; i++) {
        memset(&found[i], 0, sizeof found[i]);
        found[i].a.data[0] = (uint64_t)i + 1;
        found[i].state = i == 0 ? NOT_SUPPORTED : 0;
        found[i].workspace = i == 2 ? p->workspace / 2 : 0;
    }
    return *n = asked < 3 ? asked : 3, 0;
}

struct product {
    char *pc;
    const char *pa, *pb;
    layout a, b, c;
    float alpha;
    uint32_t which;
};
static void multiply(void *self) {
    const product *p = (const product *)self;
    auto in = (enum dh_gpu_format)format_of(p->a.type), out = (enum dh_gpu_format)format_of(p->c.type);
    size_t ie = dh_gpu_format_bytes(in), oe = dh_gpu_format_bytes(out);
    uint64_t k = p->a.rows;
    float *x = (float *)malloc(k * (p->a.columns + 1) * sizeof *x), *y = x + k * p->a.columns;
    for (uint64_t i = 0; i < p->a.columns; i++)
        for (uint64_t l = 0; l < k; l++)
            x[i * k + l] = (float)dh_gpu_decode(p->pa + (i * (uint64_t)p->a.leading + l) * ie, in);
    for (uint64_t j = 0; j < p->b.columns; j++) {
        for (uint64_t l = 0; l < k; l++)
            y[l] = (float)dh_gpu_decode(p->pb + (j * (uint64_t)p->b.leading + l) * ie, in);
        for (uint64_t i = 0; i < p->a.columns; i++) {
            float sum = 0;
            for (uint64_t l = 0; l < k; l++)
                sum += x[i * k + l] * y[l];
            dh_gpu_encode(p->pc + (j * (uint64_t)p->c.leading + i) * oe, out, (double)p->alpha * sum);
        }
    }
    free(x);
}
static bool holds(const void *at, const layout *l) {
    size_t each = dh_gpu_format_bytes((enum dh_gpu_format)format_of(l->type));
    return dh_fake_holds(at, ((l->columns - 1) * (uint64_t)l->leading + l->rows) * each);
}
API cublasLtMatmul(void *handle, desc *d, const float *alpha, const char *a, layout *la, const char *b, layout *lb,
                   const float *beta, const char *c, layout *lc, char *out, layout *lo, const algo *algorithm,
                   void *workspace, size_t bytes, struct CUstream_st *stream) {
    if (handle != &live || !fits(d, la, lb, lc) || *beta != 0 || c != out || lc != lo || !holds(a, la) ||
        !holds(b, lb) || !holds(out, lo) || (bytes && !dh_fake_holds(workspace, bytes)))
        return INVALID;
    uint64_t which = algorithm->data[0];
    if (which != 2 && which != 3)
        return NOT_SUPPORTED;
    product p;
    memset(&p, 0, sizeof p); /* it is compared byte by byte */
    p.pc = out, p.pa = a, p.pb = b, p.alpha = *alpha, p.which = (uint32_t)which;
    memcpy(&p.a, la, sizeof *la), memcpy(&p.b, lb, sizeof *lb), memcpy(&p.c, lc, sizeof *lc);
    double flops = 2. * (double)la->rows * (double)la->columns * (double)lb->columns;
    double bytes_moved = (double)dh_gpu_format_bytes((enum dh_gpu_format)format_of(la->type)) *
                         ((double)la->rows * (double)(la->columns + lb->columns) +
                          (double)lc->rows * (double)lc->columns);
    double compute = flops / (which == 3 ? 100e9 : 50e9), move = bytes_moved / 20e9;
    return dh_fake_enqueue(stream, 60e-6 + (compute > move ? compute : move), multiply, &p, sizeof p) ? 13 : 0;
}
