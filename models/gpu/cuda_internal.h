/* One device that CUDA drives, for the parts of the CUDA back end: cuda_driver.c (device, memory, errors),
 * cuda_kernels.c (the module of kernels.cu), cuda_gemm.c (cuBLASLt, else own), cuda_transfer.c (copies),
 * cuda_nvml.c (counters), cuda_nccl.c (collectives); backend_cuda.c is the table that others see.
 *
 * None of this has run on hardware yet: what ran is the driver that tests/fake builds, which executes
 * kernels.cu on the host. In particular unproven: times by events between short launches, capture of cuBLASLt
 * into graphs, peer copies, NCCL over several devices of one process, fp8. */
#ifndef DH_MODELS_GPU_CUDA_INTERNAL_H
#define DH_MODELS_GPU_CUDA_INTERNAL_H

#include "models/gpu/backend.h"
#include "models/gpu/cuda_api.h"
#include "models/gpu/cuda_library.h"

/* Kernels that cuda_kernels.c launches. F(name) */
// clang-format off
#define DH_CUDA_KERNELS(F) \
    F(fill_fp32) F(fill_tf32) F(fill_bf16) F(fill_fp16) F(fill_fp8) F(triad) F(copy) F(gather) \
    F(empty) F(layernorm_fp32) F(layernorm_bf16) F(layernorm_fp16) F(softmax_fp32) F(softmax_bf16) \
    F(softmax_fp16) F(gemm_fp32) F(gemm_tf32) F(gemm_bf16) F(gemm_fp16) F(prefill_bf16_64) \
    F(prefill_bf16_128) F(prefill_fp16_64) F(prefill_fp16_128) F(decode_bf16_64) F(decode_bf16_128) \
    F(decode_fp16_64) F(decode_fp16_128) F(decode_sum_bf16_64) F(decode_sum_bf16_128) \
    F(decode_sum_fp16_64) F(decode_sum_fp16_128)
// clang-format on
#define DH_CUDA_KERNEL_INDEX(name) DH_CUDA_##name,
enum { DH_CUDA_KERNELS(DH_CUDA_KERNEL_INDEX) DH_N_CUDA_KERNEL };

/* What every kernel of kernels.cu takes, which has the same structure. */
struct dh_cuda_args {
    uint64_t p[6];
    int64_t n[8];
    uint32_t seed;
    float f;
};

/* Device memory of the back end itself, which grows. */
struct dh_cuda_room {
    CUdeviceptr at;
    size_t bytes;
};

struct dh_cuda_plan { /* how cuBLASLt computes one shape */
    enum dh_gpu_format format;
    int64_t m, n, k;
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t a, b, c;
    cublasLtMatmulAlgo_t algo;
};

enum { DH_CUDA_MAX_RANKS = 16 };
struct dh_cuda_rank { /* one device of a collective; the first is the opened one */
    CUdevice device;
    CUcontext context;
    CUstream stream;
    CUdeviceptr from, to;
};

struct dh_gpu {
    struct dh_cuda_library driver_library, lt_library, nvml_library, nccl_library;
    struct dh_cuda_driver cu;
    struct dh_cuda_lt lt;
    struct dh_cuda_nvml nvml;
    struct dh_cuda_nccl nccl;

    CUdevice device;
    int major, minor, units;
    CUcontext context;
    CUstream stream, other;
    CUevent start, end, fork, join;

    CUmodule module; /* NULL: no kernels, only cuBLASLt and copies */
    CUfunction kernel[DH_N_CUDA_KERNEL];
    char kernels_from[160];      /* "built in", "NVRTC 13.0", or why there are none */
    struct dh_cuda_room partial; /* decode's partial results */

    cublasLtHandle_t lt_handle; /* NULL: without cuBLASLt */
    struct dh_cuda_room workspace;
    struct dh_cuda_plan *plans;
    size_t n_plans, room_plans;

    nvmlDevice_t counter; /* NULL: without NVML */
    int process_size;     /* bytes of one entry of NVML's list of processes */

    ncclComm_t comms[DH_CUDA_MAX_RANKS];
    int ranks; /* that comms are for; 0: none yet */
    size_t rank_bytes;
    struct dh_cuda_rank rank[DH_CUDA_MAX_RANKS];
    int count; /* devices of this kind */
    int ordinal[DH_CUDA_MAX_RANKS];

    struct dh_cuda_room copy_to, copy_from, peer;
    void *host[2];
    size_t host_bytes;
    bool pinned;
    CUdevice peer_device;
    CUcontext peer_context;

    CUdeviceptr *buffers; /* that alloc handed out */
    size_t n_buffers, room_buffers;
    char missing[200]; /* libraries that are not there */
    char error[320];
};

/* ---- cuda_driver.c */
/* The status that stands for a result, the error set: "WHAT: out of memory (CUDA_ERROR_OUT_OF_MEMORY)". */
enum dh_gpu_status dh_cuda_failed(struct dh_gpu *gpu, CUresult result, const char *what);
/* status, with a sentence of one's own. */
enum dh_gpu_status dh_cuda_say(struct dh_gpu *gpu, enum dh_gpu_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Opens driver and cuInit; a sentence on failure. */
bool dh_cuda_driver_open(struct dh_cuda_library *library, struct dh_cuda_driver *cu, const char *directory,
                         int *count, char *message, size_t room);
enum dh_gpu_status dh_cuda_device_open(struct dh_gpu *gpu, int ordinal, int count);
void dh_cuda_device_close(struct dh_gpu *gpu);
void dh_cuda_device_describe(struct dh_gpu *gpu, struct dh_gpu_info *info);
int dh_cuda_attribute(struct dh_gpu *gpu, int attribute); /* 0 where not told */
/* Of names that begin with the library for CUDA 13 and go down by one, those that are not newer than the
 * driver, which would refuse them. */
const char *const *dh_cuda_not_newer(const struct dh_gpu *gpu, const char *const *names);
/* "GPU-…" of a device, as NVML has it; "" where not told. */
void dh_cuda_uuid(struct dh_gpu *gpu, char *text, size_t room);
/* At least so many bytes; the old content is lost. */
enum dh_gpu_status dh_cuda_room(struct dh_gpu *gpu, struct dh_cuda_room *room, size_t bytes);
void dh_cuda_room_free(struct dh_gpu *gpu, struct dh_cuda_room *room);
/* Between these two: what runs on gpu->stream is timed by events. */
enum dh_gpu_status dh_cuda_clock_start(struct dh_gpu *gpu);
enum dh_gpu_status dh_cuda_clock_end(struct dh_gpu *gpu, double *seconds);
#define DH_CUDA_TRY(gpu, call, what)                                                                         \
    do {                                                                                                     \
        CUresult dh_result_ = (gpu)->cu.call;                                                                \
        if (dh_result_)                                                                                      \
            return dh_cuda_failed(gpu, dh_result_, what);                                                    \
    } while (0)

/* ---- cuda_kernels.c */
extern const unsigned char dh_cuda_fatbin[]; /* made by models/gpu/embed_cuda.sh */
extern const size_t dh_cuda_fatbin_bytes;    /* 0: nvcc was not there */
extern const char dh_cuda_source[];
void dh_cuda_kernels_open(struct dh_gpu *gpu, const char *directory);
/* supports() for own kernels. */
bool dh_cuda_kernels_have(const struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format);
/* UNSUPPORTED for a shape that they cannot do; rooms are made here, so that launching needs no memory. */
enum dh_gpu_status dh_cuda_kernels_prepare(struct dh_gpu *gpu, const struct dh_gpu_launch *launch);
enum dh_gpu_status dh_cuda_kernels_launch(struct dh_gpu *gpu, const struct dh_gpu_launch *launch);
enum dh_gpu_status dh_cuda_kernels_fill(struct dh_gpu *gpu, CUdeviceptr to, enum dh_gpu_format format,
                                        int64_t n, uint32_t seed);

/* ---- cuda_gemm.c */
void dh_cuda_gemm_open(struct dh_gpu *gpu, const char *directory);
void dh_cuda_gemm_close(struct dh_gpu *gpu);
bool dh_cuda_gemm_has(const struct dh_gpu *gpu, enum dh_gpu_format format);
/* Chooses the algorithm by measuring where the shape is new; writes to C. */
enum dh_gpu_status dh_cuda_gemm_prepare(struct dh_gpu *gpu, const struct dh_gpu_launch *launch);
enum dh_gpu_status dh_cuda_gemm_launch(struct dh_gpu *gpu, const struct dh_gpu_launch *launch);

/* ---- cuda_transfer.c: h2d, d2h, both, peer */
enum dh_gpu_status dh_cuda_transfer_time(struct dh_gpu *gpu, const struct dh_gpu_launch *launch, bool pinned,
                                         double *seconds);
void dh_cuda_transfer_close(struct dh_gpu *gpu);

/* ---- cuda_nvml.c */
void dh_cuda_nvml_open(struct dh_gpu *gpu, const char *directory);
void dh_cuda_nvml_close(struct dh_gpu *gpu);
enum dh_gpu_status dh_cuda_nvml_read(struct dh_gpu *gpu, struct dh_gpu_counters *counters);
void dh_cuda_nvml_describe(struct dh_gpu *gpu, struct dh_gpu_info *info, char *version, size_t room);

/* ---- cuda_nccl.c: collectives over the devices of this kind, in this process */
void dh_cuda_nccl_open(struct dh_gpu *gpu, const char *directory);
void dh_cuda_nccl_close(struct dh_gpu *gpu);
enum dh_gpu_status dh_cuda_nccl_time(struct dh_gpu *gpu, const struct dh_gpu_launch *launch, double *seconds);

/* Appends to a list of what is missing: "cuBLASLt (libcublasLt.so.13 not found)". */
void dh_cuda_miss(struct dh_gpu *gpu, const char *what, const char *why);

#endif
