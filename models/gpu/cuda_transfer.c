/* Copies between host and device, and to the next device. Host memory is touched before, since a first touch
 * costs more than the copy. */
#include "models/gpu/cuda_internal.h"

#include <stdlib.h>
#include <string.h>

static void free_host(struct dh_gpu *gpu) {
    for (int i = 0; i < 2; i++) {
        if (gpu->host[i] && gpu->pinned)
            gpu->cu.cuMemFreeHost(gpu->host[i]);
        else
            free(gpu->host[i]);
        gpu->host[i] = NULL;
    }
    gpu->host_bytes = 0;
}

static enum dh_gpu_status host_room(struct dh_gpu *gpu, size_t bytes, bool pinned) {
    if (gpu->host_bytes >= bytes && gpu->pinned == pinned)
        return DH_GPU_OK;
    free_host(gpu);
    gpu->pinned = pinned;
    for (int i = 0; i < 2; i++) {
        if (pinned)
            DH_CUDA_TRY(gpu, cuMemHostAlloc(&gpu->host[i], bytes, 0), "pinned host memory");
        else if (!(gpu->host[i] = malloc(bytes)))
            return dh_cuda_say(gpu, DH_GPU_OUT_OF_MEMORY, "no host memory");
        memset(gpu->host[i], 1 + i, bytes);
    }
    gpu->host_bytes = bytes;
    return DH_GPU_OK;
}

/* The device after this one, its context and a room there; what it allocates is freed under its context. */
static enum dh_gpu_status open_peer(struct dh_gpu *gpu, size_t bytes) {
    if (gpu->count < 2 || !gpu->cu.cuMemcpyPeerAsync)
        return dh_cuda_say(gpu, DH_GPU_UNSUPPORTED, "there is no second device of this kind");
    if (!gpu->peer_context) {
        int can = 0;
        DH_CUDA_TRY(gpu, cuDeviceGet(&gpu->peer_device, gpu->ordinal[1]), "looking for the next device");
        DH_CUDA_TRY(gpu, cuDevicePrimaryCtxRetain(&gpu->peer_context, gpu->peer_device),
                    "opening the next device");
        /* without access the driver copies by way of the host: slower, and what this machine has */
        if (gpu->cu.cuDeviceCanAccessPeer && gpu->cu.cuCtxEnablePeerAccess &&
            !gpu->cu.cuDeviceCanAccessPeer(&can, gpu->device, gpu->peer_device) && can) {
            CUresult result = gpu->cu.cuCtxEnablePeerAccess(gpu->peer_context, 0);
            if (result && result != DH_CUDA_ERROR_PEER_ENABLED)
                return dh_cuda_failed(gpu, result, "access to the next device");
        }
    }
    DH_CUDA_TRY(gpu, cuCtxSetCurrent(gpu->peer_context), "opening the next device");
    enum dh_gpu_status status = dh_cuda_room(gpu, &gpu->peer, bytes);
    DH_CUDA_TRY(gpu, cuCtxSetCurrent(gpu->context), "going back to the device");
    return status;
}

static enum dh_gpu_status copy(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, size_t bytes) {
    switch (kernel) {
    case DH_GPU_H2D:
        DH_CUDA_TRY(gpu, cuMemcpyHtoDAsync_v2(gpu->copy_to.at, gpu->host[0], bytes, gpu->stream), "copying");
        break;
    case DH_GPU_D2H:
        DH_CUDA_TRY(gpu, cuMemcpyDtoHAsync_v2(gpu->host[1], gpu->copy_from.at, bytes, gpu->stream),
                    "copying");
        break;
    case DH_GPU_BOTH: /* the second stream begins with the first and the first ends with the second */
        DH_CUDA_TRY(gpu, cuEventRecord(gpu->fork, gpu->stream), "copying both ways");
        DH_CUDA_TRY(gpu, cuStreamWaitEvent(gpu->other, gpu->fork, 0), "copying both ways");
        DH_CUDA_TRY(gpu, cuMemcpyHtoDAsync_v2(gpu->copy_to.at, gpu->host[0], bytes, gpu->stream), "copying");
        DH_CUDA_TRY(gpu, cuMemcpyDtoHAsync_v2(gpu->host[1], gpu->copy_from.at, bytes, gpu->other), "copying");
        DH_CUDA_TRY(gpu, cuEventRecord(gpu->join, gpu->other), "copying both ways");
        DH_CUDA_TRY(gpu, cuStreamWaitEvent(gpu->stream, gpu->join, 0), "copying both ways");
        break;
    default:
        DH_CUDA_TRY(gpu,
                    cuMemcpyPeerAsync(gpu->peer.at, gpu->peer_context, gpu->copy_from.at, gpu->context, bytes,
                                      gpu->stream),
                    "copying to the next device");
    }
    return DH_GPU_OK;
}

enum dh_gpu_status dh_cuda_transfer_time(struct dh_gpu *gpu, const struct dh_gpu_launch *launch, bool pinned,
                                         double *seconds) {
    if (launch->size[0] < 1)
        return dh_cuda_say(gpu, DH_GPU_UNSUPPORTED, "a size is not positive");
    size_t bytes = (size_t)launch->size[0];
    enum dh_gpu_status status = DH_GPU_OK;
    if (launch->kernel == DH_GPU_PEER)
        status = open_peer(gpu, bytes);
    else
        status = host_room(gpu, bytes, pinned);
    if (!status && (launch->kernel == DH_GPU_H2D || launch->kernel == DH_GPU_BOTH))
        status = dh_cuda_room(gpu, &gpu->copy_to, bytes);
    if (!status && launch->kernel != DH_GPU_H2D && gpu->copy_from.bytes < bytes) {
        status = dh_cuda_room(gpu, &gpu->copy_from, bytes);
        if (!status)
            DH_CUDA_TRY(gpu, cuMemsetD8Async(gpu->copy_from.at, 0x5A, bytes, gpu->stream), "filling");
    }
    if (status)
        return status;
    DH_CUDA_TRY(gpu, cuStreamSynchronize(gpu->stream), "getting ready");
    if ((status = dh_cuda_clock_start(gpu)) || (status = copy(gpu, launch->kernel, bytes)))
        return status;
    return dh_cuda_clock_end(gpu, seconds);
}

void dh_cuda_transfer_close(struct dh_gpu *gpu) {
    free_host(gpu);
    dh_cuda_room_free(gpu, &gpu->copy_to);
    dh_cuda_room_free(gpu, &gpu->copy_from);
    if (!gpu->peer_context)
        return;
    gpu->cu.cuCtxSetCurrent(gpu->peer_context);
    dh_cuda_room_free(gpu, &gpu->peer);
    gpu->cu.cuCtxSetCurrent(gpu->context);
    gpu->cu.cuDevicePrimaryCtxRelease_v2(gpu->peer_device);
    gpu->peer_context = NULL;
}
