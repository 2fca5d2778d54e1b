#include "models/gpu/opencl_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void free_lane(struct dh_gpu *gpu, struct dh_opencl_lane *lane) {
    if (lane->mapped) {
        gpu->cl.EnqueueUnmapMemObject(gpu->queue, lane->pinned, lane->mapped, 0, NULL, NULL);
        gpu->cl.Finish(gpu->queue);
    }
    if (lane->pinned)
        gpu->cl.ReleaseMemObject(lane->pinned);
    if (lane->device)
        gpu->cl.ReleaseMemObject(lane->device);
    free(lane->pageable);
    *lane = (struct dh_opencl_lane){0};
}

void dh_opencl_free_lanes(struct dh_gpu *gpu) {
    for (int i = 0; i < 2; i++)
        free_lane(gpu, &gpu->lanes[i]);
}

/* Memory for copies of that many bytes. Touched: a page's first use takes longer than many copies of it. */
static enum dh_gpu_status prepare(struct dh_gpu *gpu, struct dh_opencl_lane *lane, size_t bytes,
                                  bool pinned) {
    enum dh_gpu_status status = DH_GPU_OK;
    int32_t error = CL_SUCCESS;
    if (lane->bytes < bytes) {
        free_lane(gpu, lane);
        status = dh_opencl_take(gpu, 0, bytes, &lane->device);
        if (status != DH_GPU_OK)
            return status;
        lane->bytes = bytes;
    }
    if (pinned && !lane->mapped) {
        status = dh_opencl_take(gpu, CL_MEM_ALLOC_HOST_PTR, lane->bytes, &lane->pinned);
        if (status != DH_GPU_OK)
            goto out;
        lane->mapped = gpu->cl.EnqueueMapBuffer(gpu->queue, lane->pinned, 1, CL_MAP_READ | CL_MAP_WRITE, 0,
                                                lane->bytes, 0, NULL, NULL, &error);
        status = dh_opencl_check(gpu, error, "clEnqueueMapBuffer of pinned memory");
        if (status == DH_GPU_OK)
            memset(lane->mapped, 1, lane->bytes);
        else
            lane->mapped = NULL;
    } else if (!pinned && !lane->pageable) {
        lane->pageable = malloc(lane->bytes);
        if (lane->pageable)
            memset(lane->pageable, 1, lane->bytes);
        else
            status = dh_opencl_check(gpu, CL_OUT_OF_HOST_MEMORY, "pageable memory for copies");
    }
out:
    if (status != DH_GPU_OK)
        free_lane(gpu, lane);
    return status;
}

enum dh_gpu_status dh_opencl_transfer(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, size_t bytes,
                                      bool pinned, double *seconds) {
    bool is_used[2] = {kernel != DH_GPU_D2H, kernel != DH_GPU_H2D};
    cl_event events[2] = {NULL, NULL};
    enum dh_gpu_status status = DH_GPU_OK;
    for (int i = 0; i < 2 && status == DH_GPU_OK; i++)
        if (is_used[i])
            status = prepare(gpu, &gpu->lanes[i], bytes, pinned);
    for (int i = 0; i < 2 && status == DH_GPU_OK; i++) {
        struct dh_opencl_lane *lane = &gpu->lanes[i];
        cl_queue queue = i == 0 ? gpu->queue : gpu->back;
        void *host = pinned ? lane->mapped : lane->pageable;
        if (!is_used[i])
            continue;
        int32_t error =
            i == 0 ? gpu->cl.EnqueueWriteBuffer(queue, lane->device, 0, 0, bytes, host, 0, NULL, &events[i])
                   : gpu->cl.EnqueueReadBuffer(queue, lane->device, 0, 0, bytes, host, 0, NULL, &events[i]);
        status = dh_opencl_check(gpu, error, i == 0 ? "clEnqueueWriteBuffer" : "clEnqueueReadBuffer");
        if (error == CL_SUCCESS)
            gpu->cl.Flush(queue);
    }
    int32_t ends[2] = {gpu->cl.Finish(gpu->queue), gpu->cl.Finish(gpu->back)};
    for (int i = 0; i < 2 && status == DH_GPU_OK; i++)
        status = dh_opencl_check(gpu, ends[i], "clFinish of a copy");
    if (status == DH_GPU_OK && kernel == DH_GPU_BOTH) {
        /* whichever was first to whichever was last */
        *seconds = 0;
        for (int i = 0; i < 4 && status == DH_GPU_OK; i++) {
            double s = 0;
            status = dh_opencl_elapsed(gpu, events[i / 2], events[i % 2], &s);
            *seconds = fmax(*seconds, s);
        }
    } else if (status == DH_GPU_OK) {
        cl_event event = events[kernel == DH_GPU_D2H];
        status = dh_opencl_elapsed(gpu, event, event, seconds);
    }
    for (int i = 0; i < 2; i++)
        if (events[i])
            gpu->cl.ReleaseEvent(events[i]);
    return status;
}
