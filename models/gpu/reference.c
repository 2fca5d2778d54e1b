#include "models/gpu/reference.h"

#include <math.h>
#include <stdlib.h>

static void gemm(const struct dh_gpu_point *p, const uint32_t *seeds, bool b_transposed, int64_t row,
                 int64_t column, double *value, double *scale) {
    int64_t n = p->size[1], k = p->size[2];
    double sum = 0, absolute = 0;
    for (int64_t i = 0; i < k; i++) {
        double a = dh_gpu_value(seeds[1], row * k + i, p->format);
        double b = dh_gpu_value(seeds[2], b_transposed ? column * k + i : i * n + column, p->format);
        sum += a * b;
        absolute += fabs(a * b);
    }
    *value = sum;
    *scale = absolute;
}

static bool attention(const struct dh_gpu_point *p, const uint32_t *seeds, int64_t row,
                      const int64_t *columns, int32_t n, double *values, double *scale) {
    int64_t queries = p->size[1], keys = p->size[2], heads = p->size[3], kv_heads = p->size[4],
            dim = p->size[5];
    int64_t head = row % heads, query = row / heads % queries, batch = row / heads / queries;
    int64_t kv = head / (heads / kv_heads), visible = keys - queries + query + 1;
    double *weight = malloc((size_t)visible * sizeof *weight), *q = malloc((size_t)dim * sizeof *q);
    if (!weight || !q) {
        free(weight);
        free(q);
        return false;
    }
    for (int64_t d = 0; d < dim; d++)
        q[d] = dh_gpu_value(seeds[1], row * dim + d, p->format);
    double greatest = -INFINITY, sum = 0;
    for (int64_t j = 0; j < visible; j++) {
        int64_t at = ((batch * keys + j) * kv_heads + kv) * dim;
        double score = 0;
        for (int64_t d = 0; d < dim; d++)
            score += q[d] * dh_gpu_value(seeds[2], at + d, p->format);
        weight[j] = score / sqrt((double)dim);
        greatest = fmax(greatest, weight[j]);
    }
    for (int64_t j = 0; j < visible; j++) {
        weight[j] = exp(weight[j] - greatest);
        sum += weight[j];
    }
    for (int32_t c = 0; c < n; c++) {
        values[c] = scale[c] = 0;
        for (int64_t j = 0; j < visible; j++) {
            int64_t at = ((batch * keys + j) * kv_heads + kv) * dim + columns[c];
            double term = weight[j] / sum * dh_gpu_value(seeds[3], at, p->format);
            values[c] += term;
            scale[c] += fabs(term);
        }
    }
    free(weight);
    free(q);
    return true;
}

static void of_row(const struct dh_gpu_point *p, const uint32_t *seeds, int64_t row, const int64_t *columns,
                   int32_t n, double *values, double *scale) {
    int64_t width = p->size[1], first = row * width;
    double sum = 0, squares = 0, exps = 0;
    for (int64_t i = 0; i < width; i++) {
        double x = dh_gpu_value(seeds[1], first + i, p->format);
        sum += x;
        exps += exp(x);
    }
    double mean = sum / (double)width;
    for (int64_t i = 0; i < width; i++) {
        double x = dh_gpu_value(seeds[1], first + i, p->format) - mean;
        squares += x * x;
    }
    double norm = 1 / sqrt(squares / (double)width + DH_GPU_EPSILON);
    for (int32_t c = 0; c < n; c++) {
        double x = dh_gpu_value(seeds[1], first + columns[c], p->format);
        if (p->kernel == DH_GPU_LAYERNORM) {
            values[c] = (x - mean) * norm;
            scale[c] = (fabs(x) + fabs(mean)) * norm;
        } else {
            values[c] = scale[c] = exp(x) / exps; /* x is below 1: nothing overflows */
        }
    }
}

bool dh_gpu_reference(const struct dh_gpu_point *p, const uint32_t *seeds, bool b_transposed, int64_t row,
                      const int64_t *columns, int32_t n, double *values, double *scale) {
    double unused[64];
    if (!scale) {
        for (int32_t at = 0; at < n; at += 64) {
            int32_t part = n - at < 64 ? n - at : 64;
            if (!dh_gpu_reference(p, seeds, b_transposed, row, columns + at, part, values + at, unused))
                return false;
        }
        return true;
    }
    switch (p->kernel) {
    case DH_GPU_PREFILL:
    case DH_GPU_DECODE:
        return attention(p, seeds, row, columns, n, values, scale);
    case DH_GPU_LAYERNORM:
    case DH_GPU_SOFTMAX:
        of_row(p, seeds, row, columns, n, values, scale);
        return true;
    default:
        break;
    }
    for (int32_t c = 0; c < n; c++) {
        if (p->kernel == DH_GPU_GEMM) {
            gemm(p, seeds, b_transposed, row, columns[c], &values[c], &scale[c]);
        } else if (p->kernel == DH_GPU_TRIAD) {
            double b = dh_gpu_value(seeds[1], columns[c], DH_GPU_FP32),
                   term = DH_GPU_FACTOR * dh_gpu_value(seeds[2], columns[c], DH_GPU_FP32);
            values[c] = b + term;
            scale[c] = fabs(b) + fabs(term);
        } else {
            int64_t from = p->kernel == DH_GPU_GATHER ? dh_gpu_index(columns[c], p->size[0]) : columns[c];
            values[c] = dh_gpu_value(seeds[1], from, DH_GPU_FP32);
            scale[c] = fabs(values[c]);
        }
    }
    return true;
}
