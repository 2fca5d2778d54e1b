#include "models/gpu/shape.h"

#include <stdio.h>
#include <string.h>

int32_t dh_gpu_size_count(enum dh_gpu_kernel kernel) {
    switch (kernel) {
    case DH_GPU_GEMM:
        return 3;
    case DH_GPU_PREFILL:
    case DH_GPU_DECODE:
        return 6;
    case DH_GPU_LAYERNORM:
    case DH_GPU_SOFTMAX:
    case DH_GPU_ALLREDUCE:
    case DH_GPU_ALLGATHER:
    case DH_GPU_ALLTOALL:
        return 2;
    default:
        return 1;
    }
}

/* The product of sizes, or 0 when it is above 2^40. */
static int64_t product(int32_t n, const int64_t *factors) {
    const int64_t most = (int64_t)1 << 40;
    int64_t all = 1;
    for (int32_t i = 0; i < n; i++) {
        if (factors[i] > most / all)
            return 0;
        all *= factors[i];
    }
    return all;
}

static bool attention(struct dh_gpu_shape *s, const int64_t *size) {
    int64_t batch = size[0], queries = size[1], keys = size[2], heads = size[3], kv_heads = size[4],
            dim = size[5];
    if (queries > keys || heads % kv_heads != 0)
        return false;
    s->n_buffer = 4;
    s->rows = product(3, (int64_t[]){batch, queries, heads});
    s->columns = dim;
    s->elements[0] = s->elements[1] = product(4, (int64_t[]){batch, queries, heads, dim});
    s->elements[2] = s->elements[3] = product(4, (int64_t[]){batch, keys, kv_heads, dim});
    double visible = (double)queries * ((double)keys - 0.5 * (double)(queries - 1));
    s->operations = 4.0 * (double)batch * (double)heads * visible * (double)dim;
    return true;
}

bool dh_gpu_shape(struct dh_gpu_shape *s, const struct dh_gpu_point *point) {
    const int64_t *size = point->size;
    *s = (struct dh_gpu_shape){.rows = 1, .columns = 1};
    for (int32_t i = 0; i < dh_gpu_size_count(point->kernel); i++)
        if (size[i] < 1)
            return false;
    bool computes = point->kernel <= DH_GPU_DECODE || point->kernel == DH_GPU_LAYERNORM ||
                    point->kernel == DH_GPU_SOFTMAX;
    if (!computes && point->format != DH_GPU_FP32)
        return false;
    enum dh_gpu_format result = DH_GPU_FP32;
    switch (point->kernel) {
    case DH_GPU_GEMM:
        s->n_buffer = 3;
        s->rows = size[0];
        s->columns = size[1];
        s->elements[0] = product(2, (int64_t[]){size[0], size[1]});
        s->elements[1] = product(2, (int64_t[]){size[0], size[2]});
        s->elements[2] = product(2, (int64_t[]){size[2], size[1]});
        s->operations = 2.0 * (double)size[0] * (double)size[1] * (double)size[2];
        result = dh_gpu_result_format(point->format);
        break;
    case DH_GPU_PREFILL:
    case DH_GPU_DECODE:
        if (!attention(s, size))
            return false;
        result = dh_gpu_result_format(point->format);
        break;
    case DH_GPU_TRIAD:
    case DH_GPU_GATHER:
    case DH_GPU_COPY:
        s->n_buffer = point->kernel == DH_GPU_COPY ? 2 : 3;
        s->columns = size[0];
        for (int32_t i = 0; i < s->n_buffer; i++)
            s->elements[i] = size[0];
        s->index = point->kernel == DH_GPU_GATHER;
        if (s->index && size[0] > UINT32_MAX)
            return false;
        break;
    case DH_GPU_LAYERNORM:
    case DH_GPU_SOFTMAX:
        s->n_buffer = 2;
        s->rows = size[0];
        s->columns = size[1];
        s->elements[0] = s->elements[1] = product(2, size);
        result = dh_gpu_result_format(point->format);
        break;
    case DH_GPU_EMPTY:
    case DH_GPU_GRAPH:
        return size[0] <= 1000000;
    default:
        s->bytes = (double)size[dh_gpu_size_count(point->kernel) - 1];
        return s->bytes <= 0x1p40;
    }
    for (int32_t i = 0; i < s->n_buffer; i++) {
        if (s->elements[i] < 1 || s->elements[i] > (int64_t)1 << 40)
            return false;
        s->formats[i] = i == 0 ? result : point->format;
        s->bytes += (double)s->elements[i] * (double)dh_gpu_format_bytes(s->formats[i]);
    }
    return true;
}

const char *dh_gpu_point_text(char *text, size_t room, const struct dh_gpu_point *point) {
    int n =
        snprintf(text, room, "%s %s", dh_gpu_kernel_name(point->kernel), dh_gpu_format_name(point->format));
    for (int32_t i = 0; i < dh_gpu_size_count(point->kernel) && n >= 0 && (size_t)n < room; i++)
        n += snprintf(text + n, room - (size_t)n, " %lld", (long long)point->size[i]);
    return text;
}

bool dh_gpu_same_point(const struct dh_gpu_point *a, const struct dh_gpu_point *b) {
    return a->kernel == b->kernel && a->format == b->format && a->pinned == b->pinned &&
           memcmp(a->size, b->size, sizeof a->size[0] * (size_t)dh_gpu_size_count(a->kernel)) == 0;
}

/* Of the next power of two a permutation, made of steps that can be undone (odd factors, shifts to the
 * right); what falls beyond n takes the next step of its cycle, which ends inside. */
uint32_t dh_gpu_index(int64_t i, int64_t n) {
    int bits = 1;
    while (bits < 32 && (int64_t)1 << bits < n)
        bits++;
    uint32_t mask = (uint32_t)(((uint64_t)1 << bits) - 1), x = (uint32_t)i;
    int shift = (bits + 1) / 2;
    do {
        x = (x * 2654435761u + 0x9E37u) & mask;
        x ^= x >> shift;
        x = (x * 0x85ebca6bu) & mask;
        x ^= x >> shift;
        x = (x * 0xc2b2ae35u) & mask;
        x ^= x >> shift;
    } while (x >= n);
    return x;
}
