#include "models/gpu/cuda_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct dh_cuda_args) == 120, "kernels.cu has the same structure");

#define DH_CUDA_TABLE struct dh_cuda_nvrtc
static const struct dh_cuda_symbol nvrtc_symbols[] = {DH_CUDA_NVRTC(DH_CUDA_SYMBOL)};
static const char *const nvrtc_names[] = {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", NULL};

#define DH_CUDA_KERNEL_NAME(name) "dh_" #name,
static const char *const kernel_names[DH_N_CUDA_KERNEL] = {DH_CUDA_KERNELS(DH_CUDA_KERNEL_NAME)};

/* Shared memory, as kernels.cu divides it; more than 48 KiB has to be asked for. */
enum {
    ROW_SHARED = 64,                                 /* reduce() */
    GEMM_SHARED = 3 * 2 * 128 * 80,                  /* stages of tiles of A and B */
    ATTENTION_SHARED_64 = 2 * 2 * 64 * (64 + 8) * 2, /* stages of keys and values; decode's results fit too */
    ATTENTION_SHARED_128 = 2 * 2 * 64 * (128 + 8) * 2,
    DEFAULT_SHARED = 48 * 1024
};

/* ---- the module -----------------------------------------------------------------------------------------
 */

/* Is the image one that the driver takes, with all kernels in it? */
static bool load(struct dh_gpu *gpu, const void *image, char *why, size_t room) {
    CUresult result = gpu->cu.cuModuleLoadData(&gpu->module, image);
    int i = 0;
    for (; !result && i < DH_N_CUDA_KERNEL; i++) {
        result = gpu->cu.cuModuleGetFunction(&gpu->kernel[i], gpu->module, kernel_names[i]);
        int shared = i >= DH_CUDA_gemm_fp32 && i <= DH_CUDA_gemm_fp16 ? GEMM_SHARED
                     : i >= DH_CUDA_prefill_bf16_64                   ? ATTENTION_SHARED_128
                                                                      : 0;
        if (!result && shared > DEFAULT_SHARED)
            result = gpu->cu.cuFuncSetAttribute(gpu->kernel[i], DH_CUDA_FUNCTION_SHARED, shared);
    }
    if (!result)
        return true;
    char what[80] = "loading the kernels";
    if (i > 0)
        snprintf(what, sizeof what, "loading kernel %s", kernel_names[i - 1]);
    dh_cuda_failed(gpu, result, what);
    snprintf(why, room, "%.180s", gpu->error);
    gpu->error[0] = 0;
    if (gpu->module)
        gpu->cu.cuModuleUnload(gpu->module);
    gpu->module = NULL;
    return false;
}

/* Of a compiler's log the first line with an error in it. */
static void first_error(const struct dh_cuda_nvrtc *rtc, nvrtcProgram program, char *why, size_t room) {
    size_t bytes = 0;
    char *log = !rtc->nvrtcGetProgramLogSize(program, &bytes) ? calloc(1, bytes + 1) : NULL;
    if (log && !rtc->nvrtcGetProgramLog(program, log)) {
        char *line = strstr(log, "error");
        while (line && line > log && line[-1] != '\n')
            line--;
        if (line)
            snprintf(why, room, "NVRTC: %.*s", (int)strcspn(line, "\n"), line);
    }
    free(log);
}

/* Machine code for the device's own architecture; where this NVRTC does not know it, PTX of the oldest. */
static char *compile(const struct dh_cuda_nvrtc *rtc, const char *arch, bool ptx, char *why, size_t room) {
    char option[64];
    snprintf(option, sizeof option, "--gpu-architecture=%s", arch);
    const char *options[] = {option, "--std=c++14"};
    nvrtcProgram program = NULL;
    char *image = NULL;
    size_t bytes = 0;
    nvrtcResult result = rtc->nvrtcCreateProgram(&program, dh_cuda_source, "kernels.cu", 0, NULL, NULL);
    if (!result)
        result = rtc->nvrtcCompileProgram(program, 2, options);
    if (!result)
        result = ptx ? rtc->nvrtcGetPTXSize(program, &bytes) : rtc->nvrtcGetCUBINSize(program, &bytes);
    if (!result && bytes > 0 && (image = malloc(bytes)))
        result = ptx ? rtc->nvrtcGetPTX(program, image) : rtc->nvrtcGetCUBIN(program, image);
    if (result || !image) {
        free(image);
        image = NULL;
        snprintf(why, room, "NVRTC, %s: %s", arch, result ? rtc->nvrtcGetErrorString(result) : "no memory");
    }
    if (result && program)
        first_error(rtc, program, why, room);
    if (program)
        rtc->nvrtcDestroyProgram(&program);
    return image;
}

static bool load_by_nvrtc(struct dh_gpu *gpu, const char *directory, char *why, size_t room) {
    struct dh_cuda_library library;
    struct dh_cuda_nvrtc rtc;
    if (!dh_cuda_library_open(&library, dh_cuda_not_newer(gpu, nvrtc_names), directory, nvrtc_symbols,
                              sizeof nvrtc_symbols / sizeof nvrtc_symbols[0], &rtc, why, room))
        return false;
    char arch[32];
    int major = 0, minor = 0;
    rtc.nvrtcVersion(&major, &minor);
    snprintf(arch, sizeof arch, "sm_%d%d", gpu->major, gpu->minor);
    bool loaded = false;
    for (int ptx = 0; ptx < 2 && !loaded; ptx++) {
        char *image = compile(&rtc, ptx ? "compute_80" : arch, ptx, why, room);
        loaded = image && load(gpu, image, why, room);
        free(image);
    }
    if (loaded)
        snprintf(gpu->kernels_from, sizeof gpu->kernels_from, "kernels by NVRTC %d.%d", major, minor);
    dh_cuda_library_close(&library);
    return loaded;
}

void dh_cuda_kernels_open(struct dh_gpu *gpu, const char *directory) {
    char built_in[200] = "none built in", compiled[200] = "";
    if (gpu->major < 8) {
        snprintf(gpu->kernels_from, sizeof gpu->kernels_from, "no kernels: they need compute capability 8.0");
        return;
    }
    if (dh_cuda_fatbin_bytes && load(gpu, dh_cuda_fatbin, built_in, sizeof built_in)) {
        snprintf(gpu->kernels_from, sizeof gpu->kernels_from, "kernels built in");
        return;
    }
    if (!load_by_nvrtc(gpu, directory, compiled, sizeof compiled))
        snprintf(gpu->kernels_from, sizeof gpu->kernels_from, "no kernels: %.60s; %.70s", built_in, compiled);
}

/* ---- launches -------------------------------------------------------------------------------------------
 */

struct call {
    int kernel;
    int64_t grid[3];
    unsigned threads, shared;
    struct dh_cuda_args args;
};

static int64_t pieces(int64_t n, int64_t each) {
    return (n + each - 1) / each;
}

static enum dh_gpu_status run(struct dh_gpu *gpu, struct call *call) {
    void *parameters[] = {&call->args};
    DH_CUDA_TRY(gpu,
                cuLaunchKernel(gpu->kernel[call->kernel], (unsigned)call->grid[0], (unsigned)call->grid[1],
                               (unsigned)call->grid[2], call->threads, 1, 1, call->shared, gpu->stream,
                               parameters, NULL),
                kernel_names[call->kernel]);
    return DH_GPU_OK;
}

bool dh_cuda_kernels_have(const struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format) {
    if (!gpu->module)
        return false;
    switch (kernel) {
    case DH_GPU_GEMM:
        return format != DH_GPU_FP8;
    case DH_GPU_PREFILL:
    case DH_GPU_DECODE:
        return format == DH_GPU_BF16 || format == DH_GPU_FP16;
    case DH_GPU_LAYERNORM:
    case DH_GPU_SOFTMAX:
        return format == DH_GPU_FP32 || format == DH_GPU_BF16 || format == DH_GPU_FP16;
    case DH_GPU_TRIAD:
    case DH_GPU_COPY:
    case DH_GPU_GATHER:
    case DH_GPU_EMPTY:
        return format == DH_GPU_FP32;
    default:
        return false;
    }
}

/* Splits of decode's keys: two blocks for each multiprocessor, 64 keys at least for each. */
static int64_t splits_of(const struct dh_gpu *gpu, int64_t keys, int64_t blocks) {
    int64_t splits = pieces(2 * (int64_t)gpu->units, blocks), most = pieces(keys, 64);
    return splits < most ? splits : most;
}

static enum dh_gpu_status attention(struct dh_gpu *gpu, const struct dh_gpu_launch *l, struct call *call,
                                    int *n) {
    const int64_t *s = l->size;
    int64_t batch = s[0], queries = s[1], keys = s[2], heads = s[3], kv_heads = s[4], dim = s[5];
    if (heads % kv_heads || queries > keys || dim > 128 || dim % 8)
        return dh_cuda_say(
            gpu, DH_GPU_UNSUPPORTED,
            "attention takes head dimensions up to 128 that are multiples of 8, heads that are "
            "a multiple of those of keys, and no more queries than keys");
    bool wide = dim > 64, fp16 = l->format == DH_GPU_FP16;
    int variant = (fp16 ? 2 : 0) + (wide ? 1 : 0);
    for (int i = 0; i < 4; i++)
        call->args.p[i] = l->buffer[i];
    for (int i = 0; i < 6; i++)
        call->args.n[i] = s[i];
    call->args.f = (float)(1.4426950408889634 / sqrt((double)dim)); /* log2 e: exponentials are of 2 */
    call->threads = 128;
    call->shared = wide ? ATTENTION_SHARED_128 : ATTENTION_SHARED_64;
    if (l->kernel == DH_GPU_PREFILL) {
        call->kernel = DH_CUDA_prefill_bf16_64 + variant;
        call->grid[0] = pieces(queries, 64), call->grid[1] = heads, call->grid[2] = batch;
        return DH_GPU_OK;
    }
    int64_t rows = queries * (heads / kv_heads), groups = kv_heads * pieces(rows, 16);
    int64_t splits = splits_of(gpu, keys, groups * batch);
    call->kernel = DH_CUDA_decode_bf16_64 + variant;
    call->grid[0] = splits, call->grid[1] = groups, call->grid[2] = batch;
    call->args.n[6] = splits;
    if (splits < 2)
        return DH_GPU_OK;
    size_t bytes = (size_t)(splits * groups * batch) * 16 * ((wide ? 128 : 64) + 2) * sizeof(float);
    enum dh_gpu_status status = dh_cuda_room(gpu, &gpu->partial, bytes);
    if (status)
        return status;
    call->args.p[4] = gpu->partial.at;
    call[1] = call[0];
    call[1].kernel = DH_CUDA_decode_sum_bf16_64 + variant;
    call[1].grid[0] = 1;
    call[1].shared = 0;
    *n = 2;
    return DH_GPU_OK;
}

/* What a launch is in calls, one or two. */
static enum dh_gpu_status plan(struct dh_gpu *gpu, const struct dh_gpu_launch *l, struct call *call, int *n) {
    static const int fill_of[] = {DH_CUDA_gemm_fp32, DH_CUDA_gemm_tf32, DH_CUDA_gemm_bf16, DH_CUDA_gemm_fp16};
    const int64_t *s = l->size;
    enum dh_gpu_status status = DH_GPU_OK;
    if (!dh_cuda_kernels_have(gpu, l->kernel, l->format))
        return dh_cuda_say(gpu, DH_GPU_UNSUPPORTED, "there is no such kernel here (%s)", gpu->kernels_from);
    int sizes = l->kernel == DH_GPU_GEMM                                       ? 3
                : l->kernel == DH_GPU_PREFILL || l->kernel == DH_GPU_DECODE    ? 6
                : l->kernel == DH_GPU_LAYERNORM || l->kernel == DH_GPU_SOFTMAX ? 2
                                                                               : 1;
    for (int i = 0; i < sizes; i++)
        if (s[i] < 1)
            return dh_cuda_say(gpu, DH_GPU_UNSUPPORTED, "a size is not positive");
    int variant = l->format == DH_GPU_BF16 ? 1 : l->format == DH_GPU_FP16 ? 2 : 0;
    *n = 1;
    *call = (struct call){
        .grid = {1, 1, 1},
          .threads = 256
    };
    for (int i = 0; i < 3; i++) {
        call->args.p[i] = l->buffer[i];
        call->args.n[i] = s[i];
    }
    switch (l->kernel) {
    case DH_GPU_TRIAD:
        call->kernel = DH_CUDA_triad;
        call->args.f = (float)DH_GPU_FACTOR;
        call->grid[0] = pieces(pieces(s[0], 4), 1024);
        break;
    case DH_GPU_COPY:
        call->kernel = DH_CUDA_copy;
        call->grid[0] = pieces(pieces(s[0], 4), 1024);
        break;
    case DH_GPU_GATHER:
        call->kernel = DH_CUDA_gather;
        call->grid[0] = pieces(s[0], 1024);
        break;
    case DH_GPU_LAYERNORM:
    case DH_GPU_SOFTMAX:
        call->kernel =
            (l->kernel == DH_GPU_SOFTMAX ? DH_CUDA_softmax_fp32 : DH_CUDA_layernorm_fp32) + variant;
        call->args.f = (float)DH_GPU_EPSILON;
        call->grid[0] = s[0];
        call->shared = ROW_SHARED;
        break;
    case DH_GPU_GEMM:
        call->kernel = fill_of[l->format];
        call->grid[0] = pieces(s[1], 128), call->grid[1] = pieces(s[0], 128);
        call->shared = GEMM_SHARED;
        break;
    case DH_GPU_PREFILL:
    case DH_GPU_DECODE:
        status = attention(gpu, l, call, n);
        break;
    default: /* an empty one */
        call->kernel = DH_CUDA_empty;
        call->threads = 32;
    }
    if (!status && (call->grid[0] > 0x7FFFFFFF || call->grid[1] > 65535 || call->grid[2] > 65535))
        return dh_cuda_say(gpu, DH_GPU_UNSUPPORTED, "more blocks than a launch can have");
    return status;
}

enum dh_gpu_status dh_cuda_kernels_prepare(struct dh_gpu *gpu, const struct dh_gpu_launch *launch) {
    struct call call[2];
    int n;
    return plan(gpu, launch, call, &n);
}

enum dh_gpu_status dh_cuda_kernels_launch(struct dh_gpu *gpu, const struct dh_gpu_launch *launch) {
    struct call call[2];
    int n;
    enum dh_gpu_status status = plan(gpu, launch, call, &n);
    for (int i = 0; !status && i < n; i++)
        status = run(gpu, &call[i]);
    return status;
}

enum dh_gpu_status dh_cuda_kernels_fill(struct dh_gpu *gpu, CUdeviceptr to, enum dh_gpu_format format,
                                        int64_t n, uint32_t seed) {
    struct call call = {
        .kernel = DH_CUDA_fill_fp32 + (int)format, .grid = {1, 1, 1},
               .threads = 256
    };
    int64_t most = 16 * (int64_t)gpu->units, blocks = pieces(n, 1024);
    call.grid[0] = blocks < most ? blocks : most;
    call.args.p[0] = to;
    call.args.n[0] = n;
    call.args.seed = seed;
    return run(gpu, &call);
}
