#include "models/gpu/check.h"

#include "models/gpu/reference.h"

#include <math.h>
#include <stdlib.h>

double dh_gpu_tolerance(enum dh_gpu_format format) {
    static const double tolerance[DH_N_GPU_FORMAT] = {[DH_GPU_FP32] = 1e-5,
                                                      [DH_GPU_TF32] = 0x1p-10,
                                                      [DH_GPU_BF16] = 0x1p-7,
                                                      [DH_GPU_FP16] = 0x1p-10,
                                                      [DH_GPU_FP8] = 0x1p-7};
    return tolerance[format];
}

/* Is any of the first n elements NaN? Read in parts. */
static enum dh_gpu_status find_poison(const struct dh_gpu_backend *backend, struct dh_gpu *gpu,
                                      dh_gpu_buffer buffer, enum dh_gpu_format format, int64_t n,
                                      bool *found) {
    size_t width = dh_gpu_format_bytes(format), bytes = (size_t)n * width;
    unsigned char *all = malloc(bytes);
    if (!all)
        return DH_GPU_OUT_OF_MEMORY;
    enum dh_gpu_status status = backend->download(gpu, all, buffer, 0, bytes);
    for (size_t at = 0; status == DH_GPU_OK && at < bytes && !*found; at += width)
        *found = isnan(dh_gpu_decode(all + at, format));
    free(all);
    return status;
}

/* k of n places: the first, the last, the rest by chance. */
static int64_t place(uint32_t sample, int32_t k, int64_t n) {
    if (k < 2)
        return k == 0 ? 0 : n - 1;
    double share = dh_gpu_value(sample, k, DH_GPU_FP32) + 0.5; /* [0, 1) */
    return (int64_t)(share * (double)n);
}

enum dh_gpu_status dh_gpu_check(const struct dh_gpu_backend *backend, struct dh_gpu *gpu,
                                const struct dh_gpu_point *point, const struct dh_gpu_launch *launch,
                                const uint32_t *seeds, uint32_t sample, double *error) {
    struct dh_gpu_shape shape;
    *error = 0;
    if (!dh_gpu_shape(&shape, point))
        return DH_GPU_UNSUPPORTED;
    if (shape.n_buffer == 0)
        return DH_GPU_OK;
    enum dh_gpu_format format = shape.formats[0];
    size_t width = dh_gpu_format_bytes(format);
    bool poison = false;
    enum dh_gpu_status status = DH_GPU_OK;
    /* devices that only play compute each element when it is asked for */
    if (shape.elements[0] * (int64_t)width <= 4 << 20 && (backend->real || shape.operations < 0x1p20))
        status = find_poison(backend, gpu, launch->buffer[0], format, shape.elements[0], &poison);
    /* A row of attention costs the whole context, whatever of it is looked at. */
    bool attention = point->kernel == DH_GPU_PREFILL || point->kernel == DH_GPU_DECODE;
    int32_t rows = shape.rows == 1 ? 1 : attention ? 4 : 8, per_row = DH_GPU_CHECKED / rows;
    for (int32_t r = 0; r < rows && status == DH_GPU_OK; r++) {
        int64_t row = place(sample, r, shape.rows), columns[DH_GPU_CHECKED];
        double values[DH_GPU_CHECKED], scale[DH_GPU_CHECKED];
        for (int32_t c = 0; c < per_row; c++)
            columns[c] = place(sample + 1 + (uint32_t)r, c, shape.columns);
        if (!dh_gpu_reference(point, seeds, backend->b_transposed, row, columns, per_row, values, scale))
            return DH_GPU_OUT_OF_MEMORY;
        for (int32_t c = 0; c < per_row && status == DH_GPU_OK; c++) {
            unsigned char bytes[8] = {0};
            size_t at = (size_t)(row * shape.columns + columns[c]) * width;
            status = backend->download(gpu, bytes, launch->buffer[0], at, width);
            double got = dh_gpu_decode(bytes, format), wrong = fabs(got - values[c]);
            if (isnan(got))
                poison = true;
            else if (wrong > 0)
                *error = fmax(*error, scale[c] > 0 ? wrong / scale[c] : INFINITY);
        }
    }
    if (poison)
        *error = INFINITY;
    return status;
}
