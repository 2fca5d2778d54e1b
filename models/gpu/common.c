#include "models/gpu/backend.h"

#include <math.h>
#include <string.h>

static const char *const kernel_names[DH_N_GPU_KERNEL] = {
    "gemm",  "prefill", "decode", "triad", "copy", "gather",    "layernorm", "softmax", "empty",
    "graph", "h2d",     "d2h",    "both",  "peer", "allreduce", "allgather", "alltoall"};

/* How a format divides its bits. word: bits in memory, of which tf32 leaves the lowest unused. */
static const struct layout {
    const char *name;
    int word, unused, mantissa, bias;
    uint32_t limit; /* bits of infinity; e4m3 has none, and there of NaN */
} layouts[DH_N_GPU_FORMAT] = {
    [DH_GPU_FP32] = {"fp32", 32, 0,  23, 127, 0x7F800000},
    [DH_GPU_TF32] = {"tf32", 32, 13, 10, 127, 0x3FC00   },
    [DH_GPU_BF16] = {"bf16", 16, 0,  7,  127, 0x7F80    },
    [DH_GPU_FP16] = {"fp16", 16, 0,  10, 15,  0x7C00    },
    [DH_GPU_FP8] = {"fp8",  8,  0,  3,  7,   0x7F      },
};

const struct dh_gpu_backend *dh_gpu_backend_by_name(const char *name) {
    for (int i = 0; dh_gpu_backends[i]; i++)
        if (strcmp(dh_gpu_backends[i]->name, name) == 0)
            return dh_gpu_backends[i];
    return NULL;
}

const char *dh_gpu_kernel_name(enum dh_gpu_kernel kernel) {
    return kernel_names[kernel];
}

const char *dh_gpu_format_name(enum dh_gpu_format format) {
    return layouts[format].name;
}

int32_t dh_gpu_kernel_by_name(const char *name) {
    for (int32_t i = 0; i < DH_N_GPU_KERNEL; i++)
        if (strcmp(kernel_names[i], name) == 0)
            return i;
    return -1;
}

int32_t dh_gpu_format_by_name(const char *name) {
    for (int32_t i = 0; i < DH_N_GPU_FORMAT; i++)
        if (strcmp(layouts[i].name, name) == 0)
            return i;
    return -1;
}

size_t dh_gpu_format_bytes(enum dh_gpu_format format) {
    return (size_t)layouts[format].word / 8;
}

enum dh_gpu_format dh_gpu_result_format(enum dh_gpu_format format) {
    return format == DH_GPU_TF32 ? DH_GPU_FP32 : format == DH_GPU_FP8 ? DH_GPU_BF16 : format;
}

double dh_gpu_value(uint32_t seed, int64_t i, enum dh_gpu_format format) {
    uint32_t x = (uint32_t)i * 2654435761u ^ seed;
    x ^= x >> 16;
    x *= 0x85ebca6bu;
    x ^= x >> 13;
    x *= 0xc2b2ae35u;
    x ^= x >> 16;
    int bits = layouts[format].mantissa + 1;
    /* the highest bits as a number with a sign, without shifting one */
    int64_t top = (int64_t)(x >> (32 - bits)) - (x >> 31 ? (int64_t)1 << bits : 0);
    return (double)top / (double)((int64_t)1 << bits);
}

double dh_gpu_decode(const void *bytes, enum dh_gpu_format format) {
    const struct layout *l = &layouts[format];
    uint32_t word = 0;
    memcpy(&word, bytes, (size_t)l->word / 8); /* little-endian, as every host and device here */
    /* all of tf32's word counts: results of fp32 are read so too */
    int mantissa = l->mantissa + l->unused;
    uint32_t magnitude = word & ~(1u << (l->word - 1)), limit = l->limit << l->unused;
    double sign = word >> (l->word - 1) ? -1 : 1;
    if (magnitude >= limit)
        return magnitude == limit && format != DH_GPU_FP8 ? sign * INFINITY : NAN;
    uint32_t part = magnitude & ((1u << mantissa) - 1);
    int exponent = (int)(magnitude >> mantissa);
    if (exponent > 0)
        part |= 1u << mantissa;
    else
        exponent = 1;
    return sign * ldexp(part, exponent - l->bias - mantissa);
}

void dh_gpu_encode(void *bytes, enum dh_gpu_format format, double value) {
    const struct layout *l = &layouts[format];
    uint32_t word = l->limit; /* for what is too large, infinity, and e4m3's NaN */
    if (isnan(value)) {
        word = l->limit | (format == DH_GPU_FP8 ? 0 : 1u << (l->mantissa - 1));
    } else if (!isinf(value)) {
        int exponent;
        frexp(value, &exponent);
        exponent -= 1; /* of a leading 1 */
        if (value == 0 || exponent < 1 - l->bias)
            exponent = 1 - l->bias;
        if (exponent <= l->bias + 1) {
            /* A carry out of the mantissa goes into the exponent by itself. */
            uint32_t part = (uint32_t)rint(ldexp(fabs(value), l->mantissa - exponent));
            uint32_t finite = ((uint32_t)(exponent + l->bias - 1) << l->mantissa) + part;
            word = finite < l->limit ? finite : l->limit;
        }
    }
    word <<= l->unused;
    if (signbit(value))
        word |= 1u << (l->word - 1);
    memcpy(bytes, &word, (size_t)l->word / 8);
}
