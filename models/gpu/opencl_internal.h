/* What backend_opencl.c (devices, memory), opencl_launch.c (kernels) and opencl_transfer.c (copies between
 * host and device) share. */
#ifndef DH_MODELS_GPU_OPENCL_INTERNAL_H
#define DH_MODELS_GPU_OPENCL_INTERNAL_H

#include "models/gpu/opencl.h"
#include "models/gpu/opencl_api.h"

enum dh_opencl_kernel {
    DH_OPENCL_FILL,
    DH_OPENCL_TRIAD,
    DH_OPENCL_COPY,
    DH_OPENCL_GATHER,
    DH_OPENCL_EMPTY,
    DH_OPENCL_LAYERNORM,
    DH_OPENCL_SOFTMAX,
    DH_OPENCL_GEMM,
    DH_OPENCL_PREFILL,
    DH_OPENCL_DECODE,
    DH_N_OPENCL_KERNEL
};

/* kernels.cl is built for one format and, of attention, one bound of the head's dimension at a time. */
enum { DH_OPENCL_MAX_HEAD = 256, DH_OPENCL_HEADS = 4 /* none, 64, 128, 256 */, DH_OPENCL_MAX_GROUP = 128 };

struct dh_opencl_program {
    cl_program program; /* NULL: not built yet */
    cl_kernel kernels[DH_N_OPENCL_KERNEL];
};

struct dh_opencl_memory {
    cl_memory memory; /* NULL: a free slot */
    size_t bytes;
};

/* One direction of copies: a device buffer, and host memory that is pageable or pinned. */
struct dh_opencl_lane {
    cl_memory device, pinned;
    void *mapped, *pageable; /* of pinned; malloc */
    size_t bytes;
};

struct dh_gpu {
    struct dh_opencl_api cl;
    cl_device device;
    cl_context context;
    cl_queue queue, back; /* back: the other direction, where both run at once */
    bool is_cpu, barriers, has_fp16;
    size_t largest_group, largest_alloc;
    uint32_t vector_width;
    struct dh_opencl_program programs[DH_N_GPU_FORMAT][DH_OPENCL_HEADS];
    struct dh_opencl_memory *buffers; /* a handle is a row, plus 1 */
    size_t n_buffer;
    struct dh_opencl_lane lanes[2]; /* to the device, from it */
    char error[512];
};

/* Keeps the sentence "OpenCL: WHAT: NAME OF ERROR" and says what the error means. OK for CL_SUCCESS. */
enum dh_gpu_status dh_opencl_check(struct dh_gpu *gpu, int32_t error, const char *what);

/* The memory behind a handle; NULL: none such. */
cl_memory dh_opencl_memory(const struct dh_gpu *gpu, dh_gpu_buffer buffer);

/* Memory on the device, touched, so that none is missing when it is used; flags besides read and write. */
enum dh_gpu_status dh_opencl_take(struct dh_gpu *gpu, uint64_t flags, size_t bytes, cl_memory *memory);

/* Seconds between the start of first and the end of last. */
enum dh_gpu_status dh_opencl_elapsed(struct dh_gpu *gpu, cl_event first, cl_event last, double *seconds);

/* Are there kernels for this format on this device? */
bool dh_opencl_has_format(const struct dh_gpu *gpu, enum dh_gpu_format format);
/* Rows and columns of gemm's tile. */
void dh_opencl_gemm_tile(const struct dh_gpu *gpu, int32_t *m, int32_t *n);
/* n elements of dh_gpu_value(). */
enum dh_gpu_status dh_opencl_fill(struct dh_gpu *gpu, cl_memory to, enum dh_gpu_format format, int64_t n,
                                  uint32_t seed);
/* Puts one launch into the queue; event may be NULL. */
enum dh_gpu_status dh_opencl_launch(struct dh_gpu *gpu, const struct dh_gpu_launch *launch, cl_event *event);
void dh_opencl_free_programs(struct dh_gpu *gpu);

/* One copy of H2D, D2H or BOTH. */
enum dh_gpu_status dh_opencl_transfer(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, size_t bytes,
                                      bool pinned, double *seconds);
void dh_opencl_free_lanes(struct dh_gpu *gpu);

#endif
