/* NVIDIA's devices by the CUDA driver: the table of functions, over the parts that cuda_internal.h lists. */
#include "models/gpu/cuda.h"
#include "models/gpu/cuda_internal.h"
#include "sim/hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t cuda_count(const struct dh_gpu_options *options, char *message, size_t room) {
    struct dh_cuda_library library;
    struct dh_cuda_driver cu;
    int count = 0;
    if (room)
        message[0] = 0;
    return dh_cuda_driver_open(&library, &cu, options ? options->library_dir : NULL, &count, message, room)
               ? count
               : 0;
}

/* Device first, library behind: the other way round than they were opened. */
static void cuda_close(struct dh_gpu *gpu) {
    if (!gpu)
        return;
    if (gpu->context) {
        gpu->cu.cuCtxSetCurrent(gpu->context);
        dh_cuda_nccl_close(gpu);
        dh_cuda_transfer_close(gpu);
        dh_cuda_gemm_close(gpu);
    }
    dh_cuda_nvml_close(gpu);
    dh_cuda_device_close(gpu);
    free(gpu);
}

static enum dh_gpu_status cuda_open(struct dh_gpu **handle, const struct dh_gpu_options *options,
                                    char *message, size_t room) {
    const char *directory = options ? options->library_dir : NULL;
    int32_t ordinal = options ? options->device : 0;
    int count = 0;
    *handle = NULL;
    if (room)
        message[0] = 0;
    struct dh_gpu *gpu = calloc(1, sizeof *gpu);
    if (!gpu) {
        snprintf(message, room, "no host memory");
        return DH_GPU_OUT_OF_MEMORY;
    }
    if (!dh_cuda_driver_open(&gpu->driver_library, &gpu->cu, directory, &count, message, room)) {
        free(gpu);
        return DH_GPU_NO_DEVICE;
    }
    if (ordinal < 0 || ordinal >= count) {
        snprintf(message, room, "there is no CUDA device %d: the driver sees %d, the first is 0",
                 (int)ordinal, count);
        free(gpu);
        return DH_GPU_NO_DEVICE;
    }
    enum dh_gpu_status status = dh_cuda_device_open(gpu, ordinal, count);
    if (status) {
        snprintf(message, room, "CUDA device %d cannot be used: %s", (int)ordinal, gpu->error);
        cuda_close(gpu);
        return status == DH_GPU_OUT_OF_MEMORY ? status : DH_GPU_NO_DEVICE;
    }
    dh_cuda_kernels_open(gpu, directory);
    dh_cuda_gemm_open(gpu, directory);
    dh_cuda_nvml_open(gpu, directory);
    dh_cuda_nccl_open(gpu, directory);
    *handle = gpu;
    return DH_GPU_OK;
}

/* A CUDA context belongs to the thread that made it current; the handle may have wandered. */
static void enter(struct dh_gpu *gpu) {
    gpu->error[0] = 0;
    gpu->cu.cuCtxSetCurrent(gpu->context);
}

static void cuda_describe(struct dh_gpu *gpu, struct dh_gpu_info *info) {
    char version[80];
    gpu->cu.cuCtxSetCurrent(gpu->context);
    *info = (struct dh_gpu_info){0};
    dh_cuda_device_describe(gpu, info);
    dh_cuda_nvml_describe(gpu, info, version, sizeof version);
    size_t used = strlen(info->runtime);
    snprintf(info->runtime + used, sizeof info->runtime - used, "%s%s, %.100s", version[0] ? ", driver " : "",
             version, gpu->kernels_from);
    /* two transfers in each tick of the memory's clock */
    int bits = dh_cuda_attribute(gpu, DH_CUDA_BUS_BITS);
    info->memory_bytes_per_s = bits > 0 ? 2 * info->memory_clock_hz * bits / 8 : NAN;

    dh_sha256_hex(dh_cuda_source, strlen(dh_cuda_source), info->kernels);

    char *text = info->libraries;
    size_t room = sizeof info->libraries, at = 0;
    if (gpu->lt_handle) {
        size_t v = gpu->lt.cublasLtGetVersion();
        at +=
            (size_t)snprintf(text + at, room - at, "cublasLt %zu.%zu.%zu", v / 10000, v / 100 % 100, v % 100);
    }
    if (gpu->counter && at < room)
        at += (size_t)snprintf(text + at, room - at, "%sNVML", at ? ", " : "");
    if (gpu->nccl_library.handle && at < room) {
        int v = 0;
        gpu->nccl.ncclGetVersion(&v);
        at += (size_t)snprintf(text + at, room - at, "%sNCCL %d.%d.%d", at ? ", " : "", v / 10000,
                               v / 100 % 100, v % 100);
    }
    if (gpu->missing[0] && at < room)
        snprintf(text + at, room - at, "%smissing: %.190s", at ? "; " : "", gpu->missing);
}

static bool has_graphs(const struct dh_gpu *gpu) {
    const struct dh_cuda_driver *cu = &gpu->cu;
    return cu->cuStreamBeginCapture_v2 && cu->cuStreamEndCapture && cu->cuGraphInstantiateWithFlags &&
           cu->cuGraphLaunch && cu->cuGraphExecDestroy && cu->cuGraphDestroy;
}

static bool cuda_supports(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format) {
    switch (kernel) {
    case DH_GPU_GEMM:
        return gpu->lt_handle ? dh_cuda_gemm_has(gpu, format) : dh_cuda_kernels_have(gpu, kernel, format);
    case DH_GPU_GRAPH:
        return has_graphs(gpu) && dh_cuda_kernels_have(gpu, DH_GPU_EMPTY, format);
    case DH_GPU_H2D:
    case DH_GPU_D2H:
    case DH_GPU_BOTH:
        return format == DH_GPU_FP32;
    case DH_GPU_PEER:
        return format == DH_GPU_FP32 && gpu->count >= 2 && gpu->cu.cuMemcpyPeerAsync;
    case DH_GPU_ALLREDUCE:
    case DH_GPU_ALLGATHER:
    case DH_GPU_ALLTOALL:
        return format == DH_GPU_FP32 && gpu->count >= 2 && gpu->nccl_library.handle;
    default:
        return dh_cuda_kernels_have(gpu, kernel, format);
    }
}

static const char *cuda_library(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format) {
    (void)format;
    switch (kernel) {
    case DH_GPU_GEMM:
        return gpu->lt_handle ? "cublasLt" : "own, lower bound";
    case DH_GPU_PREFILL: /* Hopper and later have tensor-core instructions that kernels.cu does not use */
        return gpu->major >= 9 ? "own, lower bound" : "own";
    case DH_GPU_H2D:
    case DH_GPU_D2H:
    case DH_GPU_BOTH:
    case DH_GPU_PEER:
        return "driver";
    case DH_GPU_ALLREDUCE:
    case DH_GPU_ALLGATHER:
    case DH_GPU_ALLTOALL:
        return "nccl";
    default:
        return "own";
    }
}

static void cuda_tile(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format, int32_t *m,
                      int32_t *n) {
    (void)format;
    *m = *n = kernel == DH_GPU_GEMM && !gpu->lt_handle ? 128 : 0; /* TILE of kernels.cu */
}

static enum dh_gpu_status cuda_alloc(struct dh_gpu *gpu, size_t bytes, dh_gpu_buffer *buffer) {
    enter(gpu);
    *buffer = 0;
    if (gpu->n_buffers == gpu->room_buffers) {
        size_t room = gpu->room_buffers ? 2 * gpu->room_buffers : 32;
        CUdeviceptr *buffers = realloc(gpu->buffers, room * sizeof *buffers);
        if (!buffers)
            return dh_cuda_say(gpu, DH_GPU_OUT_OF_MEMORY, "no host memory");
        gpu->buffers = buffers;
        gpu->room_buffers = room;
    }
    CUdeviceptr at = 0;
    char what[64];
    snprintf(what, sizeof what, "%zu bytes of device memory", bytes);
    DH_CUDA_TRY(gpu, cuMemAlloc_v2(&at, bytes ? bytes : 1), what);
    gpu->buffers[gpu->n_buffers++] = at;
    *buffer = at;
    return DH_GPU_OK;
}

static void cuda_free(struct dh_gpu *gpu, dh_gpu_buffer buffer) {
    if (!buffer)
        return;
    gpu->cu.cuCtxSetCurrent(gpu->context); /* what went wrong before stays to be asked for */
    for (size_t i = 0; i < gpu->n_buffers; i++)
        if (gpu->buffers[i] == buffer) {
            gpu->cu.cuMemFree_v2(buffer);
            gpu->buffers[i] = gpu->buffers[--gpu->n_buffers];
            return;
        }
}

static enum dh_gpu_status finish(struct dh_gpu *gpu, const char *what) {
    DH_CUDA_TRY(gpu, cuStreamSynchronize(gpu->stream), what);
    return DH_GPU_OK;
}

static enum dh_gpu_status cuda_upload(struct dh_gpu *gpu, dh_gpu_buffer to, size_t at, const void *from,
                                      size_t bytes) {
    enter(gpu);
    if (bytes == 0)
        return DH_GPU_OK;
    DH_CUDA_TRY(gpu, cuMemcpyHtoDAsync_v2(to + at, from, bytes, gpu->stream), "copying to the device");
    return finish(gpu, "copying to the device");
}

static enum dh_gpu_status cuda_download(struct dh_gpu *gpu, void *to, dh_gpu_buffer from, size_t at,
                                        size_t bytes) {
    enter(gpu);
    if (bytes == 0)
        return DH_GPU_OK;
    DH_CUDA_TRY(gpu, cuMemcpyDtoHAsync_v2(to, from + at, bytes, gpu->stream), "copying from the device");
    return finish(gpu, "copying from the device");
}

/* Without kernels the host makes the numbers: slow, the same. */
static enum dh_gpu_status fill_from_host(struct dh_gpu *gpu, dh_gpu_buffer to, enum dh_gpu_format format,
                                         int64_t n, uint32_t seed) {
    enum { CHUNK = 1 << 16 };
    size_t each = dh_gpu_format_bytes(format);
    char *room = malloc(CHUNK * each);
    if (!room)
        return dh_cuda_say(gpu, DH_GPU_OUT_OF_MEMORY, "no host memory");
    enum dh_gpu_status status = DH_GPU_OK;
    for (int64_t i = 0; i < n && !status; i += CHUNK) {
        int64_t here = n - i < CHUNK ? n - i : CHUNK;
        for (int64_t j = 0; j < here; j++)
            dh_gpu_encode(room + (size_t)j * each, format, dh_gpu_value(seed, i + j, format));
        status = cuda_upload(gpu, to, (size_t)i * each, room, (size_t)here * each);
    }
    free(room);
    return status;
}

static enum dh_gpu_status cuda_fill(struct dh_gpu *gpu, dh_gpu_buffer to, enum dh_gpu_format format,
                                    int64_t n, uint32_t seed) {
    enter(gpu);
    if (n < 1)
        return DH_GPU_OK;
    if (!gpu->module)
        return fill_from_host(gpu, to, format, n, seed);
    enum dh_gpu_status status = dh_cuda_kernels_fill(gpu, to, format, n, seed);
    return status ? status : finish(gpu, "filling an operand");
}

static enum dh_gpu_status cuda_poison(struct dh_gpu *gpu, dh_gpu_buffer to, size_t bytes) {
    enter(gpu);
    if (bytes == 0)
        return DH_GPU_OK;
    DH_CUDA_TRY(gpu, cuMemsetD8Async(to, 0xFF, bytes, gpu->stream), "poisoning a result");
    return finish(gpu, "poisoning a result");
}

static enum dh_gpu_status launch_all(struct dh_gpu *gpu, const struct dh_gpu_launch *l, int32_t n) {
    enum dh_gpu_status status = DH_GPU_OK;
    for (int32_t i = 0; i < n && !status; i++)
        status = l[i].kernel == DH_GPU_GEMM && gpu->lt_handle ? dh_cuda_gemm_launch(gpu, &l[i])
                                                              : dh_cuda_kernels_launch(gpu, &l[i]);
    return status;
}

/* Capture, then one launch of the graph, which is on the device before the clock starts. */
static enum dh_gpu_status time_graph(struct dh_gpu *gpu, const struct dh_gpu_launch *launches, int32_t n,
                                     double *seconds) {
    CUgraph graph = NULL;
    CUgraphExec exec = NULL;
    /* the driver loads a kernel's code when it is first launched, for which a capture is no place */
    enum dh_gpu_status status = launch_all(gpu, launches, 1);
    if (status || (status = finish(gpu, "getting ready")))
        return status;
    DH_CUDA_TRY(gpu, cuStreamBeginCapture_v2(gpu->stream, DH_CUDA_CAPTURE_THREAD), "starting a graph");
    status = launch_all(gpu, launches, n);
    CUresult result = gpu->cu.cuStreamEndCapture(gpu->stream, &graph);
    if (!status && result)
        status = dh_cuda_failed(gpu, result, "ending a graph");
    if (!status && (result = gpu->cu.cuGraphInstantiateWithFlags(&exec, graph, 0)))
        status = dh_cuda_failed(gpu, result, "making a graph");
    if (!status && gpu->cu.cuGraphUpload && (result = gpu->cu.cuGraphUpload(exec, gpu->stream)))
        status = dh_cuda_failed(gpu, result, "uploading a graph");
    if (!status)
        status = finish(gpu, "uploading a graph");
    if (!status)
        status = dh_cuda_clock_start(gpu);
    if (!status && (result = gpu->cu.cuGraphLaunch(exec, gpu->stream)))
        status = dh_cuda_failed(gpu, result, "launching a graph");
    if (!status)
        status = dh_cuda_clock_end(gpu, seconds);
    if (exec)
        gpu->cu.cuGraphExecDestroy(exec);
    if (graph)
        gpu->cu.cuGraphDestroy(graph);
    return status;
}

static enum dh_gpu_status cuda_time(struct dh_gpu *gpu, const struct dh_gpu_launch *launches, int32_t n,
                                    bool graph, double *seconds) {
    static const uint8_t operands[DH_N_GPU_KERNEL] = {
        [DH_GPU_GEMM] = 3, [DH_GPU_PREFILL] = 4, [DH_GPU_DECODE] = 4,    [DH_GPU_TRIAD] = 3,
        [DH_GPU_COPY] = 2, [DH_GPU_GATHER] = 3,  [DH_GPU_LAYERNORM] = 2, [DH_GPU_SOFTMAX] = 2};
    enter(gpu);
    *seconds = NAN;
    if (n < 1)
        return dh_cuda_say(gpu, DH_GPU_FAILED, "nothing to time");
    enum dh_gpu_kernel kernel = launches[0].kernel;
    if (!cuda_supports(gpu, kernel, launches[0].format))
        return dh_cuda_say(gpu, DH_GPU_UNSUPPORTED, "this device has no %s in %s", dh_gpu_kernel_name(kernel),
                           dh_gpu_format_name(launches[0].format));
    if (kernel >= DH_GPU_ALLREDUCE)
        return dh_cuda_nccl_time(gpu, &launches[0], seconds);
    if (kernel >= DH_GPU_H2D)
        return dh_cuda_transfer_time(gpu, &launches[0], graph, seconds);
    for (int32_t i = 0; i < n; i++) {
        for (int j = 0; j < operands[launches[i].kernel]; j++)
            if (!launches[i].buffer[j]) /* a kernel that touches address 0 takes the device with it */
                return dh_cuda_say(gpu, DH_GPU_UNSUPPORTED, "an operand is missing");
        enum dh_gpu_status status = launches[i].kernel == DH_GPU_GEMM && gpu->lt_handle
                                        ? dh_cuda_gemm_prepare(gpu, &launches[i])
                                        : dh_cuda_kernels_prepare(gpu, &launches[i]);
        if (status)
            return status;
    }
    if (graph && has_graphs(gpu))
        return time_graph(gpu, launches, n, seconds);
    enum dh_gpu_status status = finish(gpu, "getting ready");
    if (!status)
        status = dh_cuda_clock_start(gpu);
    if (!status)
        status = launch_all(gpu, launches, n);
    return status ? status : dh_cuda_clock_end(gpu, seconds);
}

static enum dh_gpu_status cuda_counters(struct dh_gpu *gpu, struct dh_gpu_counters *counters) {
    return dh_cuda_nvml_read(gpu, counters);
}

static const char *cuda_error(struct dh_gpu *gpu) {
    return gpu->error;
}

const struct dh_gpu_backend dh_gpu_cuda = {
    .name = "cuda",
    .about = "NVIDIA GPUs by the CUDA driver, with cuBLASLt, NVML and NCCL where they are",
    .b_transposed = true,
    .real = true,
    .count = cuda_count,
    .open = cuda_open,
    .close = cuda_close,
    .describe = cuda_describe,
    .supports = cuda_supports,
    .library = cuda_library,
    .tile = cuda_tile,
    .alloc = cuda_alloc,
    .free = cuda_free,
    .upload = cuda_upload,
    .download = cuda_download,
    .fill = cuda_fill,
    .poison = cuda_poison,
    .time = cuda_time,
    .counters = cuda_counters,
    .error = cuda_error,
};
