/* Device memory for back ends without a device: a buffer remembers what was done to it (filled, poisoned,
 * computed by which launch) and gives single elements on demand, computed by reference.h; so a product of
 * 16384 x 16384 takes no memory, and only the elements that a check asks for take time. Uploads up to 64 MiB
 * are kept as they are. */
#ifndef DH_MODELS_GPU_HOST_H
#define DH_MODELS_GPU_HOST_H

#include "models/gpu/shape.h"

struct dh_gpu_host_buffer; /* one buffer */

/* {0} but for limit is ready. */
struct dh_gpu_host {
    double limit_bytes, bytes;
    struct dh_gpu_host_buffer *all; /* handle: place in it + 1 */
    int32_t n;
};

enum dh_gpu_status dh_gpu_host_alloc(struct dh_gpu_host *host, size_t bytes, dh_gpu_buffer *buffer);
void dh_gpu_host_free(struct dh_gpu_host *host, dh_gpu_buffer buffer);
/* DH_GPU_FAILED where the range is not inside the buffer; DH_GPU_OUT_OF_MEMORY where an upload is too large.
 */
enum dh_gpu_status dh_gpu_host_upload(struct dh_gpu_host *host, dh_gpu_buffer to, size_t at, const void *from,
                                      size_t bytes);
enum dh_gpu_status dh_gpu_host_download(struct dh_gpu_host *host, void *to, dh_gpu_buffer from, size_t at,
                                        size_t bytes);
enum dh_gpu_status dh_gpu_host_fill(struct dh_gpu_host *host, dh_gpu_buffer to, enum dh_gpu_format format,
                                    int64_t n, uint32_t seed);
enum dh_gpu_status dh_gpu_host_poison(struct dh_gpu_host *host, dh_gpu_buffer to, size_t bytes);
/* The launch's result becomes what its buffer holds: poison where operands were not filled.
 * DH_GPU_UNSUPPORTED for sizes that mean nothing, DH_GPU_FAILED where a buffer is missing or too small. */
enum dh_gpu_status dh_gpu_host_launch(struct dh_gpu_host *host, const struct dh_gpu_launch *launch);
void dh_gpu_host_close(struct dh_gpu_host *host);

#endif
