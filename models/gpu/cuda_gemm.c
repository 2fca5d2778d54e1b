/* Matrix products by cuBLASLt. It counts columns first: what it is asked for is C^T = B A^T, where B (n x k
 * by rows) is its first operand, transposed, and A (m x k by rows) its second as it is. That form ("TN") is
 * the one that fp8 needs. Sums are in fp32. */
#include "models/gpu/cuda_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DH_CUDA_TABLE struct dh_cuda_lt
static const struct dh_cuda_symbol symbols[] = {DH_CUDA_LT(DH_CUDA_SYMBOL)};
static const char *const names[] = {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so.11", NULL};

enum {
    ASKED = 8,            /* algorithms to measure, as clpeak's cuBLASLt tests do */
    WORKSPACE = 32 << 20, /* what cuBLAS takes on Hopper; elsewhere it takes less */
    SLOW_US = 20000       /* of slower shapes fewer algorithms are measured, once each */
};

void dh_cuda_gemm_open(struct dh_gpu *gpu, const char *directory) {
    char why[200];
    if (!dh_cuda_library_open(&gpu->lt_library, dh_cuda_not_newer(gpu, names), directory, symbols,
                              sizeof symbols / sizeof symbols[0], &gpu->lt, why, sizeof why)) {
        dh_cuda_miss(gpu, "cuBLASLt", why);
        return;
    }
    if (gpu->lt.cublasLtCreate(&gpu->lt_handle)) {
        dh_cuda_miss(gpu, "cuBLASLt", "it refused to start");
        gpu->lt_handle = NULL;
        dh_cuda_library_close(&gpu->lt_library);
        return;
    }
    if (dh_cuda_room(gpu, &gpu->workspace, WORKSPACE))
        gpu->error[0] = 0; /* then without; there are algorithms that need none */
}

static void destroy(struct dh_gpu *gpu, struct dh_cuda_plan *plan) {
    if (plan->desc)
        gpu->lt.cublasLtMatmulDescDestroy(plan->desc);
    if (plan->a)
        gpu->lt.cublasLtMatrixLayoutDestroy(plan->a);
    if (plan->b)
        gpu->lt.cublasLtMatrixLayoutDestroy(plan->b);
    if (plan->c)
        gpu->lt.cublasLtMatrixLayoutDestroy(plan->c);
}

void dh_cuda_gemm_close(struct dh_gpu *gpu) {
    if (!gpu->lt_handle)
        return;
    for (size_t i = 0; i < gpu->n_plans; i++)
        destroy(gpu, &gpu->plans[i]);
    free(gpu->plans);
    dh_cuda_room_free(gpu, &gpu->workspace);
    /* the library stays: the CUDA runtime inside of it has work to do when the program ends */
    gpu->lt.cublasLtDestroy(gpu->lt_handle);
    gpu->lt_handle = NULL;
}

bool dh_cuda_gemm_has(const struct dh_gpu *gpu, enum dh_gpu_format format) {
    int capability = gpu->major * 10 + gpu->minor;
    if (!gpu->lt_handle)
        return false;
    /* tf32 and bf16 since Ampere, e4m3 since Ada */
    return format == DH_GPU_FP8                             ? capability >= 89
           : format == DH_GPU_TF32 || format == DH_GPU_BF16 ? capability >= 80
                                                            : true;
}

static struct dh_cuda_plan *find(struct dh_gpu *gpu, const struct dh_gpu_launch *l) {
    for (size_t i = gpu->n_plans; i > 0; i--) {
        struct dh_cuda_plan *p = &gpu->plans[i - 1];
        if (p->format == l->format && p->m == l->size[0] && p->n == l->size[1] && p->k == l->size[2])
            return p;
    }
    return NULL;
}

static cublasStatus_t matmul(struct dh_gpu *gpu, const struct dh_cuda_plan *p,
                             const struct dh_gpu_launch *l) {
    const float one = 1, zero = 0;
    void *c = (void *)(uintptr_t)l->buffer[0];
    return gpu->lt.cublasLtMatmul(gpu->lt_handle, p->desc, &one, (const void *)(uintptr_t)l->buffer[2], p->a,
                                  (const void *)(uintptr_t)l->buffer[1], p->b, &zero, c, p->c, c, p->c,
                                  &p->algo, (void *)(uintptr_t)gpu->workspace.at, gpu->workspace.bytes,
                                  gpu->stream);
}

static enum dh_gpu_status say(struct dh_gpu *gpu, cublasStatus_t result, const struct dh_gpu_launch *l,
                              const char *what) {
    const char *text = gpu->lt.cublasLtGetStatusString ? gpu->lt.cublasLtGetStatusString(result) : NULL;
    return dh_cuda_say(gpu, result == DH_LT_NOT_SUPPORTED ? DH_GPU_UNSUPPORTED : DH_GPU_FAILED,
                       "cuBLASLt, %s of %s %lld x %lld x %lld: %s (%d)", what, dh_gpu_format_name(l->format),
                       (long long)l->size[0], (long long)l->size[1], (long long)l->size[2],
                       text ? text : "error", (int)result);
}

static cublasStatus_t describe(struct dh_gpu *gpu, struct dh_cuda_plan *p) {
    static const cudaDataType types[] = {DH_LT_R_32F, DH_LT_R_32F, DH_LT_R_16BF, DH_LT_R_16F, DH_LT_R_E4M3};
    cudaDataType in = types[p->format], out = types[dh_gpu_result_format(p->format)];
    int32_t transposed = DH_LT_OP_T, straight = DH_LT_OP_N;
    const struct dh_cuda_lt *lt = &gpu->lt;
    cublasStatus_t result = lt->cublasLtMatmulDescCreate(
        &p->desc, p->format == DH_GPU_TF32 ? DH_LT_COMPUTE_TF32 : DH_LT_COMPUTE_32F, DH_LT_R_32F);
    if (!result)
        result =
            lt->cublasLtMatmulDescSetAttribute(p->desc, DH_LT_DESC_TRANSA, &transposed, sizeof transposed);
    if (!result)
        result = lt->cublasLtMatmulDescSetAttribute(p->desc, DH_LT_DESC_TRANSB, &straight, sizeof straight);
    if (!result)
        result = lt->cublasLtMatrixLayoutCreate(&p->a, in, (uint64_t)p->k, (uint64_t)p->n, p->k);
    if (!result)
        result = lt->cublasLtMatrixLayoutCreate(&p->b, in, (uint64_t)p->k, (uint64_t)p->m, p->k);
    if (!result)
        result = lt->cublasLtMatrixLayoutCreate(&p->c, out, (uint64_t)p->n, (uint64_t)p->m, p->n);
    return result;
}

/* Seconds of one run, or a negative number where the algorithm does not run after all. The second of two, so
 * that loading its code does not count; of slow ones the first counts. */
static enum dh_gpu_status measure(struct dh_gpu *gpu, const struct dh_cuda_plan *p,
                                  const struct dh_gpu_launch *l, double *seconds) {
    for (int i = 0; i < 3; i++) {
        double now;
        enum dh_gpu_status status = dh_cuda_clock_start(gpu);
        if (status)
            return status;
        if (matmul(gpu, p, l)) { /* is it the algorithm, or has the device failed? */
            *seconds = -1;
            DH_CUDA_TRY(gpu, cuStreamSynchronize(gpu->stream), "trying an algorithm of cuBLASLt");
            return DH_GPU_OK;
        }
        if ((status = dh_cuda_clock_end(gpu, &now)))
            return status;
        if (i < 2 || now < *seconds)
            *seconds = now;
        if (now * 1e6 > SLOW_US)
            break;
    }
    return DH_GPU_OK;
}

static enum dh_gpu_status choose(struct dh_gpu *gpu, struct dh_cuda_plan *p, const struct dh_gpu_launch *l) {
    cublasLtMatmulHeuristicResult_t found[ASKED];
    cublasLtMatmulPreference_t preference = NULL;
    int n = 0, best = -1;
    uint64_t workspace = gpu->workspace.bytes;
    double least = 0;
    cublasStatus_t result = gpu->lt.cublasLtMatmulPreferenceCreate(&preference);
    if (!result)
        result = gpu->lt.cublasLtMatmulPreferenceSetAttribute(preference, DH_LT_PREFERENCE_WORKSPACE,
                                                              &workspace, sizeof workspace);
    if (!result)
        result = gpu->lt.cublasLtMatmulAlgoGetHeuristic(gpu->lt_handle, p->desc, p->a, p->b, p->c, p->c,
                                                        preference, ASKED, found, &n);
    if (preference)
        gpu->lt.cublasLtMatmulPreferenceDestroy(preference);
    if (result)
        return say(gpu, result, l, "choice of an algorithm");
    for (int i = 0; i < n; i++) {
        double seconds = -1;
        if (found[i].state || found[i].workspaceSize > workspace)
            continue;
        p->algo = found[i].algo;
        enum dh_gpu_status status = measure(gpu, p, l, &seconds);
        if (status)
            return status;
        if (seconds >= 0 && (best < 0 || seconds < least)) {
            best = i;
            least = seconds;
        }
        if (best >= 0 && i >= 2 && least * 1e6 > SLOW_US)
            break;
    }
    if (best < 0)
        return dh_cuda_say(gpu, DH_GPU_UNSUPPORTED, "cuBLASLt has no algorithm for %s %lld x %lld x %lld",
                           dh_gpu_format_name(p->format), (long long)p->m, (long long)p->n, (long long)p->k);
    p->algo = found[best].algo;
    return DH_GPU_OK;
}

enum dh_gpu_status dh_cuda_gemm_prepare(struct dh_gpu *gpu, const struct dh_gpu_launch *l) {
    if (!dh_cuda_gemm_has(gpu, l->format))
        return dh_cuda_say(gpu, DH_GPU_UNSUPPORTED, "this device multiplies no %s",
                           dh_gpu_format_name(l->format));
    if (l->size[0] < 1 || l->size[1] < 1 || l->size[2] < 1)
        return dh_cuda_say(gpu, DH_GPU_UNSUPPORTED, "a size is not positive");
    if (find(gpu, l))
        return DH_GPU_OK;
    if (gpu->n_plans == gpu->room_plans) {
        size_t room = gpu->room_plans ? 2 * gpu->room_plans : 64;
        struct dh_cuda_plan *plans = realloc(gpu->plans, room * sizeof *plans);
        if (!plans)
            return dh_cuda_say(gpu, DH_GPU_OUT_OF_MEMORY, "no host memory for another shape");
        gpu->plans = plans;
        gpu->room_plans = room;
    }
    struct dh_cuda_plan plan = {.format = l->format, .m = l->size[0], .n = l->size[1], .k = l->size[2]};
    cublasStatus_t result = describe(gpu, &plan);
    enum dh_gpu_status status = result ? say(gpu, result, l, "description") : choose(gpu, &plan, l);
    if (status) {
        destroy(gpu, &plan);
        return status;
    }
    gpu->plans[gpu->n_plans++] = plan;
    return DH_GPU_OK;
}

enum dh_gpu_status dh_cuda_gemm_launch(struct dh_gpu *gpu, const struct dh_gpu_launch *l) {
    const struct dh_cuda_plan *plan = find(gpu, l);
    if (!plan)
        return dh_cuda_say(gpu, DH_GPU_FAILED, "a product was not prepared");
    cublasStatus_t result = matmul(gpu, plan, l);
    return result ? say(gpu, result, l, "product") : DH_GPU_OK;
}
