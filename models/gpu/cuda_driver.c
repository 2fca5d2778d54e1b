#include "models/gpu/cuda_internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DH_CUDA_TABLE struct dh_cuda_driver
static const struct dh_cuda_symbol symbols[] = {DH_CUDA_DRIVER(DH_CUDA_SYMBOL)};

static const char *const names[] = {"libcuda.so.1", NULL};

static const char *text_of(const struct dh_cuda_driver *cu, CUresult result, const char **name) {
    const char *text = NULL;
    *name = NULL;
    if (cu->cuGetErrorString(result, &text) || !text)
        text = "unknown error";
    if (cu->cuGetErrorName(result, name) || !*name)
        *name = "?";
    return text;
}

enum dh_gpu_status dh_cuda_failed(struct dh_gpu *gpu, CUresult result, const char *what) {
    const char *name, *text = text_of(&gpu->cu, result, &name);
    snprintf(gpu->error, sizeof gpu->error, "%s: %s (%s, %d)", what, text, name, (int)result);
    return result == DH_CUDA_ERROR_OUT_OF_MEMORY   ? DH_GPU_OUT_OF_MEMORY
           : result == DH_CUDA_ERROR_NOT_SUPPORTED ? DH_GPU_UNSUPPORTED
                                                   : DH_GPU_FAILED;
}

enum dh_gpu_status dh_cuda_say(struct dh_gpu *gpu, enum dh_gpu_status status, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(gpu->error, sizeof gpu->error, format, list);
    va_end(list);
    return status;
}

void dh_cuda_miss(struct dh_gpu *gpu, const char *what, const char *why) {
    size_t used = strlen(gpu->missing);
    snprintf(gpu->missing + used, sizeof gpu->missing - used, "%s%s (%s)", used ? "; " : "", what, why);
}

/* A driver that cuInit has accepted stays loaded to the end of the program: it has threads of its own by
 * then, and unloading code under them is no one's promise. */
bool dh_cuda_driver_open(struct dh_cuda_library *library, struct dh_cuda_driver *cu, const char *directory,
                         int *count, char *message, size_t room) {
    char why[300];
    if (directory && directory[0] != '/') {
        snprintf(message, room, "the folder of CUDA libraries must be absolute: %s", directory);
        return false;
    }
    if (!dh_cuda_library_open(library, names, directory, symbols, sizeof symbols / sizeof symbols[0], cu, why,
                              sizeof why)) {
        if (strstr(why, " lacks "))
            snprintf(message, room, "the CUDA driver is too old: %s; 470 or later is needed", why);
        else
            snprintf(message, room, "no CUDA driver here: %s", why);
        return false;
    }
    CUresult result = cu->cuInit(0);
    if (result) {
        const char *name, *text = text_of(cu, result, &name);
        if (result == DH_CUDA_ERROR_STUB_LIBRARY)
            snprintf(message, room, "%s is the toolkit's stub, not a driver (CUDA_ERROR_STUB_LIBRARY, 34)",
                     library->path); /* which cannot tell the name itself */
        else if (result == DH_CUDA_ERROR_NO_DEVICE)
            snprintf(message, room, "the CUDA driver sees no device (CUDA_ERROR_NO_DEVICE, 100)");
        else
            snprintf(message, room, "the CUDA driver %s cannot be used: %s (%s, %d)", library->path, text,
                     name, (int)result);
        dh_cuda_library_close(library);
        return false;
    }
    result = cu->cuDeviceGetCount(count);
    if (result || *count < 1) {
        snprintf(message, room, "the CUDA driver sees no device");
        return false;
    }
    return true;
}

int dh_cuda_attribute(struct dh_gpu *gpu, int attribute) {
    int value = 0;
    return gpu->cu.cuDeviceGetAttribute(&value, attribute, gpu->device) ? 0 : value;
}

const char *const *dh_cuda_not_newer(const struct dh_gpu *gpu, const char *const *all) {
    int version = 0;
    if (gpu->cu.cuDriverGetVersion(&version))
        return all;
    for (int major = 13; major > version / 1000 && all[0] && all[1]; major--)
        all++;
    return all;
}

void dh_cuda_uuid(struct dh_gpu *gpu, char *text, size_t room) {
    CUuuid id;
    text[0] = 0;
    if (gpu->cu.cuDeviceGetUuid_v2 ? gpu->cu.cuDeviceGetUuid_v2(&id, gpu->device)
        : gpu->cu.cuDeviceGetUuid  ? gpu->cu.cuDeviceGetUuid(&id, gpu->device)
                                   : 1)
        return;
    unsigned char b[16];
    memcpy(b, id.bytes, 16);
    snprintf(text, room, "GPU-%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* Devices with the name of the opened one: it first, then the others by number. */
static void find_others(struct dh_gpu *gpu, int ordinal, int count) {
    char name[128] = "", other[128];
    gpu->ordinal[gpu->count++] = ordinal;
    if (gpu->cu.cuDeviceGetName(name, sizeof name, gpu->device))
        return;
    for (int i = 0; i < count && gpu->count < DH_CUDA_MAX_RANKS; i++) {
        CUdevice device;
        if (i != ordinal && gpu->cu.cuDeviceGet(&device, i) == 0 &&
            gpu->cu.cuDeviceGetName(other, sizeof other, device) == 0 && strcmp(name, other) == 0)
            gpu->ordinal[gpu->count++] = i;
    }
}

enum dh_gpu_status dh_cuda_device_open(struct dh_gpu *gpu, int ordinal, int count) {
    DH_CUDA_TRY(gpu, cuDeviceGet(&gpu->device, ordinal), "looking for the device");
    find_others(gpu, ordinal, count);
    gpu->major = dh_cuda_attribute(gpu, DH_CUDA_MAJOR);
    gpu->minor = dh_cuda_attribute(gpu, DH_CUDA_MINOR);
    gpu->units = dh_cuda_attribute(gpu, DH_CUDA_MULTIPROCESSORS);
    if (gpu->units < 1)
        gpu->units = 1;
    DH_CUDA_TRY(gpu, cuDevicePrimaryCtxRetain(&gpu->context, gpu->device), "opening the device");
    DH_CUDA_TRY(gpu, cuCtxSetCurrent(gpu->context), "opening the device");
    DH_CUDA_TRY(gpu, cuStreamCreate(&gpu->stream, DH_CUDA_NON_BLOCKING), "making a stream");
    DH_CUDA_TRY(gpu, cuStreamCreate(&gpu->other, DH_CUDA_NON_BLOCKING), "making a stream");
    DH_CUDA_TRY(gpu, cuEventCreate(&gpu->start, 0), "making an event");
    DH_CUDA_TRY(gpu, cuEventCreate(&gpu->end, 0), "making an event");
    DH_CUDA_TRY(gpu, cuEventCreate(&gpu->fork, DH_CUDA_EVENT_NO_TIMING), "making an event");
    DH_CUDA_TRY(gpu, cuEventCreate(&gpu->join, DH_CUDA_EVENT_NO_TIMING), "making an event");
    return DH_GPU_OK;
}

/* Results are not looked at: after a failed launch every call fails, and the context goes anyway. */
void dh_cuda_device_close(struct dh_gpu *gpu) {
    if (!gpu->context)
        return;
    gpu->cu.cuCtxSetCurrent(gpu->context);
    for (size_t i = 0; i < gpu->n_buffers; i++)
        gpu->cu.cuMemFree_v2(gpu->buffers[i]);
    free(gpu->buffers);
    dh_cuda_room_free(gpu, &gpu->partial);
    if (gpu->module)
        gpu->cu.cuModuleUnload(gpu->module);
    CUevent events[] = {gpu->start, gpu->end, gpu->fork, gpu->join};
    for (int i = 0; i < 4; i++)
        if (events[i])
            gpu->cu.cuEventDestroy_v2(events[i]);
    if (gpu->stream)
        gpu->cu.cuStreamDestroy_v2(gpu->stream);
    if (gpu->other)
        gpu->cu.cuStreamDestroy_v2(gpu->other);
    gpu->cu.cuCtxSetCurrent(NULL);
    gpu->cu.cuDevicePrimaryCtxRelease_v2(gpu->device);
}

/* The attribute or, where the driver does not tell, NaN. */
static double told(struct dh_gpu *gpu, int attribute, double unit) {
    int value = dh_cuda_attribute(gpu, attribute);
    return value > 0 ? value * unit : NAN;
}

void dh_cuda_device_describe(struct dh_gpu *gpu, struct dh_gpu_info *info) {
    size_t bytes = 0;
    int version = 0;
    if (gpu->cu.cuDeviceGetName(info->name, sizeof info->name, gpu->device))
        snprintf(info->name, sizeof info->name, "CUDA device");
    snprintf(info->vendor, sizeof info->vendor, "NVIDIA");
    gpu->cu.cuDriverGetVersion(&version);
    snprintf(info->runtime, sizeof info->runtime, "CUDA %d.%d", version / 1000, version % 1000 / 10);
    dh_cuda_uuid(gpu, info->uuid, sizeof info->uuid);
    if (gpu->cu.cuDeviceGetPCIBusId(info->pci, sizeof info->pci, gpu->device))
        info->pci[0] = 0;
    snprintf(info->capability, sizeof info->capability, "%d.%d", gpu->major, gpu->minor);
    info->units = dh_cuda_attribute(gpu, DH_CUDA_MULTIPROCESSORS);
    info->memory_bytes = gpu->cu.cuDeviceTotalMem_v2(&bytes, gpu->device) ? NAN : (double)bytes;
    info->cache_bytes = told(gpu, DH_CUDA_L2_BYTES, 1);
    info->clock_hz = told(gpu, DH_CUDA_CLOCK_KHZ, 1e3);
    info->memory_clock_hz = told(gpu, DH_CUDA_MEMORY_CLOCK_KHZ, 1e3);
    info->power_limit_w = NAN;
    info->count = gpu->count;
    info->is_cpu = false;
}

enum dh_gpu_status dh_cuda_room(struct dh_gpu *gpu, struct dh_cuda_room *room, size_t bytes) {
    if (room->bytes >= bytes)
        return DH_GPU_OK;
    dh_cuda_room_free(gpu, room);
    DH_CUDA_TRY(gpu, cuMemAlloc_v2(&room->at, bytes), "device memory");
    room->bytes = bytes;
    return DH_GPU_OK;
}

void dh_cuda_room_free(struct dh_gpu *gpu, struct dh_cuda_room *room) {
    if (room->bytes)
        gpu->cu.cuMemFree_v2(room->at);
    *room = (struct dh_cuda_room){0};
}

enum dh_gpu_status dh_cuda_clock_start(struct dh_gpu *gpu) {
    DH_CUDA_TRY(gpu, cuEventRecord(gpu->start, gpu->stream), "starting the clock");
    return DH_GPU_OK;
}

enum dh_gpu_status dh_cuda_clock_end(struct dh_gpu *gpu, double *seconds) {
    float milliseconds = 0;
    DH_CUDA_TRY(gpu, cuEventRecord(gpu->end, gpu->stream), "stopping the clock");
    DH_CUDA_TRY(gpu, cuEventSynchronize(gpu->end), "running it");
    DH_CUDA_TRY(gpu, cuEventElapsedTime(&milliseconds, gpu->start, gpu->end), "reading the clock");
    *seconds = milliseconds * 1e-3;
    return DH_GPU_OK;
}
