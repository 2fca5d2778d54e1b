#include "models/gpu/host.h"

#include "models/gpu/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum content { POISON, FILLED, RESULT, BYTES, UNKNOWN };
enum { KEPT = 64 << 20 }; /* bytes of an upload */

struct dh_gpu_host_buffer {
    size_t bytes; /* 0: free */
    enum content content;
    enum dh_gpu_format format;
    int64_t n; /* elements that are filled or computed */
    uint32_t seed, seeds[DH_GPU_MAX_BUFFER];
    struct dh_gpu_point point;
    int64_t columns;
    unsigned char *kept;
};

static struct dh_gpu_host_buffer *find(const struct dh_gpu_host *host, dh_gpu_buffer buffer) {
    if (buffer == 0 || buffer > (uint64_t)host->n || host->all[buffer - 1].bytes == 0)
        return NULL;
    return &host->all[buffer - 1];
}

enum dh_gpu_status dh_gpu_host_alloc(struct dh_gpu_host *host, size_t bytes, dh_gpu_buffer *buffer) {
    *buffer = 0;
    if (bytes == 0 || host->bytes + (double)bytes > host->limit_bytes)
        return DH_GPU_OUT_OF_MEMORY;
    int32_t i = 0;
    while (i < host->n && host->all[i].bytes > 0)
        i++;
    if (i == host->n) {
        struct dh_gpu_host_buffer *all = realloc(host->all, (size_t)(host->n + 1) * sizeof *all);
        if (!all)
            return DH_GPU_OUT_OF_MEMORY;
        host->all = all;
        host->n++;
    }
    host->all[i] = (struct dh_gpu_host_buffer){.bytes = bytes, .content = UNKNOWN};
    host->bytes += (double)bytes;
    *buffer = (dh_gpu_buffer)i + 1;
    return DH_GPU_OK;
}

static void forget(struct dh_gpu_host_buffer *b) {
    free(b->kept);
    b->kept = NULL;
}

void dh_gpu_host_free(struct dh_gpu_host *host, dh_gpu_buffer buffer) {
    struct dh_gpu_host_buffer *b = find(host, buffer);
    if (!b)
        return;
    forget(b);
    host->bytes -= (double)b->bytes;
    b->bytes = 0;
}

void dh_gpu_host_close(struct dh_gpu_host *host) {
    for (int32_t i = 0; i < host->n; i++)
        free(host->all[i].kept);
    free(host->all);
    host->all = NULL;
    host->n = 0;
    host->bytes = 0;
}

/* Elements first..first+n-1 of what a buffer holds, n at most AT_ONCE. Those of a result in one row are
 * computed together: what attention and norms cost is the row. */
enum { AT_ONCE = 64 };
static void elements(const struct dh_gpu_host_buffer *b, int64_t first, int32_t n, unsigned char *bytes) {
    size_t width = dh_gpu_format_bytes(b->format);
    double values[AT_ONCE];
    for (int32_t done = 0; done < n;) {
        int64_t i = first + done, columns[AT_ONCE];
        int32_t part = 0;
        if (i >= b->n) {
            memset(bytes + (size_t)done * width, 0xFF, (size_t)(n - done) * width);
            return;
        }
        while (part < n - done && i + part < b->n && i / b->columns == (i + part) / b->columns) {
            columns[part] = (i + part) % b->columns;
            values[part] = b->content == FILLED ? dh_gpu_value(b->seed, i + part, b->format) : NAN;
            part++;
        }
        if (b->content == RESULT &&
            !dh_gpu_reference(&b->point, b->seeds, false, i / b->columns, columns, part, values, NULL))
            values[0] = NAN; /* no memory: it must not be taken for right */
        for (int32_t k = 0; k < part; k++)
            dh_gpu_encode(bytes + (size_t)(done + k) * width, b->format, values[k]);
        done += part;
    }
}

enum dh_gpu_status dh_gpu_host_download(struct dh_gpu_host *host, void *to, dh_gpu_buffer from, size_t at,
                                        size_t bytes) {
    const struct dh_gpu_host_buffer *b = find(host, from);
    if (!b || at > b->bytes || bytes > b->bytes - at)
        return DH_GPU_FAILED;
    if (b->content == BYTES) {
        memcpy(to, b->kept + at, bytes);
        return DH_GPU_OK;
    }
    if (b->content != FILLED && b->content != RESULT) {
        memset(to, 0xFF, bytes);
        return DH_GPU_OK;
    }
    /* whole elements around the range, a part of them at a time */
    size_t width = dh_gpu_format_bytes(b->format), end = at + bytes;
    unsigned char part[AT_ONCE * sizeof(float)], *out = to;
    while (at < end) {
        size_t first = at / width, inside = at % width, wanted = (end - first * width + width - 1) / width;
        int32_t n = wanted < AT_ONCE ? (int32_t)wanted : AT_ONCE;
        size_t got = (size_t)n * width - inside;
        got = got < end - at ? got : end - at;
        elements(b, (int64_t)first, n, part);
        memcpy(out, part + inside, got);
        out += got;
        at += got;
    }
    return DH_GPU_OK;
}

enum dh_gpu_status dh_gpu_host_upload(struct dh_gpu_host *host, dh_gpu_buffer to, size_t at, const void *from,
                                      size_t bytes) {
    struct dh_gpu_host_buffer *b = find(host, to);
    if (!b || at > b->bytes || bytes > b->bytes - at)
        return DH_GPU_FAILED;
    if (b->bytes > KEPT) { /* of an index: the reference knows it */
        b->content = UNKNOWN;
        return DH_GPU_OK;
    }
    if (b->content != BYTES) {
        unsigned char *kept = malloc(b->bytes);
        if (!kept)
            return DH_GPU_OUT_OF_MEMORY;
        dh_gpu_host_download(host, kept, to, 0, b->bytes);
        b->kept = kept;
        b->content = BYTES;
    }
    memcpy(b->kept + at, from, bytes);
    return DH_GPU_OK;
}

enum dh_gpu_status dh_gpu_host_fill(struct dh_gpu_host *host, dh_gpu_buffer to, enum dh_gpu_format format,
                                    int64_t n, uint32_t seed) {
    struct dh_gpu_host_buffer *b = find(host, to);
    if (!b || n < 0 || (size_t)n > b->bytes / dh_gpu_format_bytes(format))
        return DH_GPU_FAILED;
    forget(b);
    b->content = FILLED;
    b->format = format;
    b->n = n;
    b->columns = n > 0 ? n : 1;
    b->seed = seed;
    return DH_GPU_OK;
}

enum dh_gpu_status dh_gpu_host_poison(struct dh_gpu_host *host, dh_gpu_buffer to, size_t bytes) {
    struct dh_gpu_host_buffer *b = find(host, to);
    if (!b || bytes > b->bytes)
        return DH_GPU_FAILED;
    forget(b);
    b->content = POISON;
    return DH_GPU_OK;
}

enum dh_gpu_status dh_gpu_host_launch(struct dh_gpu_host *host, const struct dh_gpu_launch *launch) {
    struct dh_gpu_point point = {.kernel = launch->kernel, .format = launch->format};
    struct dh_gpu_shape shape;
    memcpy(point.size, launch->size, sizeof point.size);
    if (!dh_gpu_shape(&shape, &point))
        return DH_GPU_UNSUPPORTED;
    if (shape.n_buffer == 0)
        return DH_GPU_OK;
    struct dh_gpu_host_buffer *result = NULL, next = {.content = RESULT};
    for (int32_t i = 0; i < shape.n_buffer; i++) {
        struct dh_gpu_host_buffer *b = find(host, launch->buffer[i]);
        if (!b || b->bytes / dh_gpu_format_bytes(shape.formats[i]) < (size_t)shape.elements[i])
            return DH_GPU_FAILED;
        if (i == 0)
            result = b;
        else if (shape.index && i == shape.n_buffer - 1)
            continue;
        else if (b->content != FILLED || b->format != shape.formats[i] || b->n < shape.elements[i])
            next.content = POISON;
        next.seeds[i] = b->seed;
    }
    forget(result);
    result->content = next.content;
    result->format = shape.formats[0];
    result->n = shape.elements[0];
    result->point = point;
    result->columns = shape.columns;
    memcpy(result->seeds, next.seeds, sizeof result->seeds);
    return DH_GPU_OK;
}
