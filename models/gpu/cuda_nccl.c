/* Collectives by NCCL over the devices of one kind, all driven by this thread (ncclCommInitAll, calls between
 * ncclGroupStart and ncclGroupEnd). Time is that of the opened device's stream, which ends when its part
 * ends; the others begin with it, since all are idle before. Bytes are counted as nccl-tests counts them
 * (backend.h). */
#include "models/gpu/cuda_internal.h"

#include <stdio.h>

#define DH_CUDA_TABLE struct dh_cuda_nccl
static const struct dh_cuda_symbol symbols[] = {DH_CUDA_NCCL(DH_CUDA_SYMBOL)};
static const char *const names[] = {"libnccl.so.2", NULL};

void dh_cuda_nccl_open(struct dh_gpu *gpu, const char *directory) {
    char why[200];
    if (gpu->count >= 2 &&
        !dh_cuda_library_open(&gpu->nccl_library, names, directory, symbols,
                              sizeof symbols / sizeof symbols[0], &gpu->nccl, why, sizeof why))
        dh_cuda_miss(gpu, "NCCL", why);
}

static void free_buffers(struct dh_gpu *gpu) {
    for (int r = 0; r < DH_CUDA_MAX_RANKS; r++) {
        struct dh_cuda_rank *rank = &gpu->rank[r];
        if (!rank->context)
            continue;
        gpu->cu.cuCtxSetCurrent(rank->context);
        if (rank->from)
            gpu->cu.cuMemFree_v2(rank->from);
        if (rank->to)
            gpu->cu.cuMemFree_v2(rank->to);
        rank->from = rank->to = 0;
    }
    gpu->rank_bytes = 0;
    gpu->cu.cuCtxSetCurrent(gpu->context);
}

static void close_ranks(struct dh_gpu *gpu) {
    for (int r = 0; r < gpu->ranks; r++)
        gpu->nccl.ncclCommDestroy(gpu->comms[r]);
    gpu->ranks = 0;
    free_buffers(gpu);
    for (int r = 0; r < DH_CUDA_MAX_RANKS; r++) {
        struct dh_cuda_rank *rank = &gpu->rank[r];
        if (!rank->context)
            continue;
        gpu->cu.cuCtxSetCurrent(rank->context);
        if (rank->stream)
            gpu->cu.cuStreamDestroy_v2(rank->stream);
        gpu->cu.cuDevicePrimaryCtxRelease_v2(rank->device);
        *rank = (struct dh_cuda_rank){0};
    }
    gpu->cu.cuCtxSetCurrent(gpu->context);
}

void dh_cuda_nccl_close(struct dh_gpu *gpu) {
    if (!gpu->nccl_library.handle)
        return;
    close_ranks(gpu); /* the library stays, as cuBLASLt does */
}

static enum dh_gpu_status say(struct dh_gpu *gpu, ncclResult_t result, const char *what) {
    return dh_cuda_say(gpu, DH_GPU_FAILED, "NCCL, %s: %s", what, gpu->nccl.ncclGetErrorString(result));
}

static enum dh_gpu_status open_ranks(struct dh_gpu *gpu, int ranks, size_t bytes) {
    if (gpu->ranks != ranks) {
        close_ranks(gpu);
        for (int r = 0; r < ranks; r++) {
            struct dh_cuda_rank *rank = &gpu->rank[r];
            DH_CUDA_TRY(gpu, cuDeviceGet(&rank->device, gpu->ordinal[r]), "looking for the devices");
            DH_CUDA_TRY(gpu, cuDevicePrimaryCtxRetain(&rank->context, rank->device), "opening the devices");
            DH_CUDA_TRY(gpu, cuCtxSetCurrent(rank->context), "opening the devices");
            DH_CUDA_TRY(gpu, cuStreamCreate(&rank->stream, DH_CUDA_NON_BLOCKING), "making a stream");
        }
        ncclResult_t result = gpu->nccl.ncclCommInitAll(gpu->comms, ranks, gpu->ordinal);
        if (result)
            return say(gpu, result, "start");
        gpu->ranks = ranks;
    }
    if (gpu->rank_bytes >= bytes)
        return DH_GPU_OK;
    free_buffers(gpu);
    for (int r = 0; r < ranks; r++) {
        struct dh_cuda_rank *rank = &gpu->rank[r];
        DH_CUDA_TRY(gpu, cuCtxSetCurrent(rank->context), "going to a device");
        DH_CUDA_TRY(gpu, cuMemAlloc_v2(&rank->from, bytes), "device memory");
        DH_CUDA_TRY(gpu, cuMemAlloc_v2(&rank->to, bytes), "device memory");
        /* sums of 0 stay finite however often they are repeated */
        DH_CUDA_TRY(gpu, cuMemsetD8Async(rank->from, 0, bytes, rank->stream), "filling");
        DH_CUDA_TRY(gpu, cuStreamSynchronize(rank->stream), "filling");
    }
    gpu->rank_bytes = bytes;
    return DH_GPU_OK;
}

/* What one rank does; `bytes` of one rank's buffer (all-gather: of its result), a multiple of 4 ranks. */
static ncclResult_t take_part(struct dh_gpu *gpu, int r, enum dh_gpu_kernel kernel, size_t bytes) {
    struct dh_cuda_rank *rank = &gpu->rank[r];
    char *from = (char *)(uintptr_t)rank->from, *to = (char *)(uintptr_t)rank->to;
    size_t each = bytes / (size_t)gpu->ranks;
    if (kernel == DH_GPU_ALLREDUCE)
        return gpu->nccl.ncclAllReduce(from, to, bytes / 4, DH_NCCL_FLOAT32, DH_NCCL_SUM, gpu->comms[r],
                                       rank->stream);
    if (kernel == DH_GPU_ALLGATHER)
        return gpu->nccl.ncclAllGather(from, to, each, DH_NCCL_INT8, gpu->comms[r], rank->stream);
    ncclResult_t result = 0;
    for (int peer = 0; !result && peer < gpu->ranks; peer++) {
        size_t at = (size_t)peer * each;
        result = gpu->nccl.ncclSend(from + at, each, DH_NCCL_INT8, peer, gpu->comms[r], rank->stream);
        if (!result)
            result = gpu->nccl.ncclRecv(to + at, each, DH_NCCL_INT8, peer, gpu->comms[r], rank->stream);
    }
    return result;
}

static enum dh_gpu_status collective(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, size_t bytes,
                                     double *seconds) {
    float milliseconds = 0;
    struct dh_cuda_rank *self = &gpu->rank[0];
    DH_CUDA_TRY(gpu, cuEventRecord(gpu->start, self->stream), "starting the clock");
    ncclResult_t result = gpu->nccl.ncclGroupStart();
    for (int r = 0; !result && r < gpu->ranks; r++)
        result = take_part(gpu, r, kernel, bytes);
    ncclResult_t ended = gpu->nccl.ncclGroupEnd();
    if (result || ended)
        return say(gpu, result ? result : ended, dh_gpu_kernel_name(kernel));
    DH_CUDA_TRY(gpu, cuCtxSetCurrent(gpu->context), "going back to the device");
    DH_CUDA_TRY(gpu, cuEventRecord(gpu->end, self->stream), "stopping the clock");
    for (int r = 0; r < gpu->ranks; r++) {
        DH_CUDA_TRY(gpu, cuCtxSetCurrent(gpu->rank[r].context), "waiting for a device");
        DH_CUDA_TRY(gpu, cuStreamSynchronize(gpu->rank[r].stream), "waiting for a device");
    }
    DH_CUDA_TRY(gpu, cuCtxSetCurrent(gpu->context), "going back to the device");
    DH_CUDA_TRY(gpu, cuEventElapsedTime(&milliseconds, gpu->start, gpu->end), "reading the clock");
    *seconds = milliseconds * 1e-3;
    return DH_GPU_OK;
}

enum dh_gpu_status dh_cuda_nccl_time(struct dh_gpu *gpu, const struct dh_gpu_launch *launch,
                                     double *seconds) {
    int64_t ranks = launch->size[0], bytes = launch->size[1];
    if (!gpu->nccl_library.handle || ranks < 2 || ranks > gpu->count)
        return dh_cuda_say(gpu, DH_GPU_UNSUPPORTED, "NCCL and as many devices of one kind are needed");
    bytes = (bytes + 4 * ranks - 1) / (4 * ranks) * (4 * ranks);
    if (bytes < 4 * ranks)
        bytes = 4 * ranks;
    enum dh_gpu_status status = open_ranks(gpu, (int)ranks, (size_t)bytes);
    gpu->cu.cuCtxSetCurrent(gpu->context);
    return status ? status : collective(gpu, launch->kernel, (size_t)bytes, seconds);
}
