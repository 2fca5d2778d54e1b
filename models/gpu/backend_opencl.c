#include "models/gpu/opencl_internal.h"
#include "sim/hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PLATFORM = 16, MAX_DEVICE = 64 };

enum dh_gpu_status dh_opencl_check(struct dh_gpu *gpu, int32_t error, const char *what) {
    if (error == CL_SUCCESS)
        return DH_GPU_OK;
    snprintf(gpu->error, sizeof gpu->error, "OpenCL: %s: %s", what, dh_opencl_error_name(error));
    return dh_opencl_status(error, false);
}

/* ---- devices ---- */

struct found {
    cl_platform platform;
    cl_device device;
    uint64_t type;
};

/* GPUs of all platforms, then accelerators, then the rest. 0 with the reason in message. */
static int32_t find(const struct dh_opencl_api *cl, struct found *devices, char *message, size_t room) {
    static const uint64_t order[] = {CL_DEVICE_TYPE_GPU, CL_DEVICE_TYPE_ACCELERATOR, CL_DEVICE_TYPE_CPU};
    cl_platform platforms[MAX_PLATFORM];
    uint32_t n_platform = 0;
    int32_t n = 0, error = cl->GetPlatformIDs(MAX_PLATFORM, platforms, &n_platform);
    if (error == CL_PLATFORM_NOT_FOUND_KHR || (error == CL_SUCCESS && n_platform == 0)) {
        snprintf(message, room,
                 "OpenCL has no platform: its loader is here, but no vendor's driver has registered with it "
                 "(/etc/OpenCL/vendors); install one, or on Debian pocl-opencl-icd for the processor");
        return 0;
    }
    if (error != CL_SUCCESS) {
        snprintf(message, room, "OpenCL: clGetPlatformIDs: %s", dh_opencl_error_name(error));
        return 0;
    }
    if (n_platform > MAX_PLATFORM)
        n_platform = MAX_PLATFORM;
    for (size_t t = 0; t < sizeof order / sizeof *order; t++)
        for (uint32_t p = 0; p < n_platform; p++) {
            cl_device of_platform[MAX_DEVICE];
            uint32_t n_of = 0;
            if (cl->GetDeviceIDs(platforms[p], order[t], MAX_DEVICE, of_platform, &n_of) != CL_SUCCESS)
                continue;
            for (uint32_t d = 0; d < n_of && d < MAX_DEVICE && n < MAX_DEVICE; d++)
                devices[n++] = (struct found){platforms[p], of_platform[d], order[t]};
        }
    if (n == 0)
        snprintf(message, room, "OpenCL has %u platform%s but no device", (unsigned)n_platform,
                 n_platform == 1 ? "" : "s");
    return n;
}

static int32_t opencl_count(const struct dh_gpu_options *options, char *message, size_t room) {
    struct dh_opencl_api cl;
    struct found devices[MAX_DEVICE];
    if (dh_opencl_load(&cl, options ? options->library_dir : NULL, message, room) != DH_GPU_OK)
        return 0;
    return find(&cl, devices, message, room);
}

static uint64_t number(const struct dh_gpu *gpu, uint32_t what) {
    uint64_t value = 0; /* size_t, cl_uint or cl_ulong: all little-endian where OpenCL is */
    return gpu->cl.GetDeviceInfo(gpu->device, what, sizeof value, &value, NULL) == CL_SUCCESS ? value : 0;
}

static void text(const struct dh_gpu *gpu, uint32_t what, char *to, size_t room) {
    to[0] = '\0';
    if (gpu->cl.GetDeviceInfo(gpu->device, what, room, to, NULL) != CL_SUCCESS)
        to[0] = '\0';
    to[room - 1] = '\0';
}

static bool has_extension(const struct dh_gpu *gpu, const char *name) {
    size_t bytes = 0, length = strlen(name);
    bool has = false;
    if (gpu->cl.GetDeviceInfo(gpu->device, CL_DEVICE_EXTENSIONS, 0, NULL, &bytes) != CL_SUCCESS || bytes == 0)
        return false;
    char *list = calloc(bytes + 1, 1);
    if (list && gpu->cl.GetDeviceInfo(gpu->device, CL_DEVICE_EXTENSIONS, bytes, list, NULL) == CL_SUCCESS)
        for (const char *at = list; !has && (at = strstr(at, name)); at += length)
            has = (at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0');
    free(list);
    return has;
}

static void opencl_close(struct dh_gpu *gpu) {
    if (!gpu)
        return;
    struct dh_opencl_api *cl = &gpu->cl;
    if (gpu->queue)
        cl->Finish(gpu->queue);
    dh_opencl_free_lanes(gpu);
    dh_opencl_free_programs(gpu);
    for (size_t i = 0; i < gpu->n_buffer; i++)
        if (gpu->buffers[i].memory)
            cl->ReleaseMemObject(gpu->buffers[i].memory);
    if (gpu->back)
        cl->ReleaseCommandQueue(gpu->back);
    if (gpu->queue)
        cl->ReleaseCommandQueue(gpu->queue);
    if (gpu->context)
        cl->ReleaseContext(gpu->context);
    free(gpu->buffers);
    free(gpu);
}

enum dh_gpu_status dh_opencl_open(struct dh_gpu **opened, const struct dh_gpu_options *options,
                                  const bool *barriers, char *message, size_t room) {
    struct dh_gpu *gpu = calloc(1, sizeof *gpu);
    struct found devices[MAX_DEVICE];
    int32_t error = CL_SUCCESS, which = options ? options->device : 0;
    *opened = NULL;
    if (!gpu) {
        snprintf(message, room, "OpenCL: no memory left on the host");
        return DH_GPU_OUT_OF_MEMORY;
    }
    enum dh_gpu_status status =
        dh_opencl_load(&gpu->cl, options ? options->library_dir : NULL, message, room);
    if (status != DH_GPU_OK)
        goto fail;
    int32_t n = find(&gpu->cl, devices, message, room);
    status = DH_GPU_NO_DEVICE;
    if (n == 0)
        goto fail;
    if (which < 0 || which >= n) {
        snprintf(message, room, "OpenCL has no device %d: there %s %d, counted from 0", (int)which,
                 n == 1 ? "is" : "are", (int)n);
        goto fail;
    }
    gpu->device = devices[which].device;
    gpu->is_cpu = devices[which].type == CL_DEVICE_TYPE_CPU;
    gpu->largest_group = number(gpu, CL_DEVICE_MAX_WORK_GROUP_SIZE);
    gpu->largest_alloc = number(gpu, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    gpu->vector_width = (uint32_t)number(gpu, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT);
    gpu->has_fp16 = has_extension(gpu, "cl_khr_fp16");
    /* kernels with barriers take groups of 256; where there are none, those without still work */
    gpu->barriers = (barriers ? *barriers : !gpu->is_cpu) && gpu->largest_group >= 256;
    if (gpu->largest_group < 1)
        gpu->largest_group = 1;
    gpu->context = gpu->cl.CreateContext(NULL, 1, &gpu->device, NULL, NULL, &error);
    if (error == CL_SUCCESS)
        gpu->queue = gpu->cl.CreateCommandQueue(gpu->context, gpu->device, CL_QUEUE_PROFILING_ENABLE, &error);
    if (error == CL_SUCCESS)
        gpu->back = gpu->cl.CreateCommandQueue(gpu->context, gpu->device, CL_QUEUE_PROFILING_ENABLE, &error);
    if (error != CL_SUCCESS) {
        snprintf(message, room, "OpenCL: device %d cannot be opened: %s", (int)which,
                 dh_opencl_error_name(error));
        goto fail;
    }
    *opened = gpu;
    return DH_GPU_OK;
fail:
    opencl_close(gpu);
    return status;
}

static enum dh_gpu_status opencl_open(struct dh_gpu **gpu, const struct dh_gpu_options *options,
                                      char *message, size_t room) {
    return dh_opencl_open(gpu, options, NULL, message, room);
}

static double positive(double value) {
    return value > 0 ? value : NAN;
}

static void opencl_describe(struct dh_gpu *gpu, struct dh_gpu_info *info) {
    char version[256], driver[256];
    unsigned char id[16];
    uint32_t bus[4];
    *info = (struct dh_gpu_info){.count = 1, .is_cpu = gpu->is_cpu};
    text(gpu, CL_DEVICE_NAME, info->name, sizeof info->name);
    text(gpu, CL_DEVICE_VENDOR, info->vendor, sizeof info->vendor);
    text(gpu, CL_DEVICE_VERSION, version, sizeof version);
    text(gpu, CL_DRIVER_VERSION, driver, sizeof driver);
    snprintf(info->runtime, sizeof info->runtime, "%.110s, driver %.40s", version, driver);
    dh_sha256_hex(dh_opencl_kernels, strlen(dh_opencl_kernels), info->kernels);
    snprintf(info->libraries, sizeof info->libraries, "none: own kernels only");
    if (has_extension(gpu, "cl_khr_device_uuid") &&
        gpu->cl.GetDeviceInfo(gpu->device, CL_DEVICE_UUID_KHR, sizeof id, id, NULL) == CL_SUCCESS)
        for (size_t i = 0; i < sizeof id; i++)
            snprintf(info->uuid + 2 * i, 3, "%02x", id[i]);
    if (has_extension(gpu, "cl_khr_pci_bus_info") &&
        gpu->cl.GetDeviceInfo(gpu->device, CL_DEVICE_PCI_BUS_INFO_KHR, sizeof bus, bus, NULL) == CL_SUCCESS)
        snprintf(info->pci, sizeof info->pci, "%04x:%02x:%02x.%x", bus[0], bus[1], bus[2], bus[3]);
    info->units = (int32_t)number(gpu, CL_DEVICE_MAX_COMPUTE_UNITS);
    info->memory_bytes = positive((double)number(gpu, CL_DEVICE_GLOBAL_MEM_SIZE));
    info->cache_bytes = positive((double)number(gpu, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE));
    info->clock_hz = positive(1e6 * (double)number(gpu, CL_DEVICE_MAX_CLOCK_FREQUENCY));
    info->memory_clock_hz = info->power_limit_w = info->memory_bytes_per_s = NAN;
}

static bool opencl_supports(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format) {
    if (kernel <= DH_GPU_DECODE || kernel == DH_GPU_LAYERNORM || kernel == DH_GPU_SOFTMAX)
        return dh_opencl_has_format(gpu, format);
    return format == DH_GPU_FP32 && kernel <= DH_GPU_BOTH && kernel != DH_GPU_GRAPH;
}

static const char *opencl_library(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format) {
    (void)gpu, (void)format;
    return kernel <= DH_GPU_DECODE ? "own, lower bound" : "own";
}

static void opencl_tile(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format, int32_t *m,
                        int32_t *n) {
    (void)format;
    *m = *n = 0;
    if (kernel == DH_GPU_GEMM)
        dh_opencl_gemm_tile(gpu, m, n);
}

/* ---- memory ---- */

/* What the host can still give, bytes; where memory is the processor's, nothing else refuses too much. */
static double available(void) {
    double kib = INFINITY;
    char line[128];
    FILE *f = fopen("/proc/meminfo", "re");
    while (f && fgets(line, sizeof line, f) && sscanf(line, "MemAvailable: %lf kB", &kib) != 1)
        ;
    if (f)
        fclose(f);
    return kib * 1024;
}

enum dh_gpu_status dh_opencl_take(struct dh_gpu *gpu, uint64_t flags, size_t bytes, cl_memory *memory) {
    int32_t error = CL_SUCCESS;
    const unsigned char zero = 0;
    char what[64];
    *memory = NULL;
    snprintf(what, sizeof what, "clCreateBuffer of %zu bytes", bytes);
    if (bytes > gpu->largest_alloc || (gpu->is_cpu && (double)bytes > 0.8 * available()))
        error = CL_MEM_OBJECT_ALLOCATION_FAILURE;
    cl_memory made = error == CL_SUCCESS ? gpu->cl.CreateBuffer(gpu->context, CL_MEM_READ_WRITE | flags,
                                                                bytes ? bytes : 1, NULL, &error)
                                         : NULL;
    if (error == CL_SUCCESS) {
        error = gpu->cl.EnqueueFillBuffer(gpu->queue, made, &zero, 1, 0, bytes ? bytes : 1, 0, NULL, NULL);
        int32_t end = gpu->cl.Finish(gpu->queue);
        if (error == CL_SUCCESS)
            error = end;
        if (error != CL_SUCCESS)
            gpu->cl.ReleaseMemObject(made);
    }
    dh_opencl_check(gpu, error, what);
    if (error == CL_SUCCESS)
        *memory = made;
    return dh_opencl_status(error, true);
}

static enum dh_gpu_status opencl_alloc(struct dh_gpu *gpu, size_t bytes, dh_gpu_buffer *buffer) {
    size_t slot = 0;
    gpu->error[0] = '\0';
    *buffer = 0;
    while (slot < gpu->n_buffer && gpu->buffers[slot].memory)
        slot++;
    if (slot == gpu->n_buffer) {
        size_t n = 2 * gpu->n_buffer + 16;
        struct dh_opencl_memory *more = realloc(gpu->buffers, n * sizeof *more);
        if (!more)
            return dh_opencl_check(gpu, CL_OUT_OF_HOST_MEMORY, "a buffer's handle");
        memset(more + gpu->n_buffer, 0, (n - gpu->n_buffer) * sizeof *more);
        gpu->buffers = more;
        gpu->n_buffer = n;
    }
    cl_memory memory;
    enum dh_gpu_status status = dh_opencl_take(gpu, 0, bytes, &memory);
    if (status != DH_GPU_OK)
        return status;
    gpu->buffers[slot] = (struct dh_opencl_memory){memory, bytes};
    *buffer = slot + 1;
    return DH_GPU_OK;
}

static void opencl_free(struct dh_gpu *gpu, dh_gpu_buffer buffer) {
    cl_memory memory = dh_opencl_memory(gpu, buffer);
    if (!memory)
        return;
    gpu->cl.ReleaseMemObject(memory);
    gpu->buffers[buffer - 1] = (struct dh_opencl_memory){0};
}

cl_memory dh_opencl_memory(const struct dh_gpu *gpu, dh_gpu_buffer buffer) {
    return buffer >= 1 && buffer <= gpu->n_buffer ? gpu->buffers[buffer - 1].memory : NULL;
}

/* Is [at, at + bytes) inside of it? */
static bool holds(struct dh_gpu *gpu, dh_gpu_buffer buffer, size_t at, size_t bytes) {
    gpu->error[0] = '\0';
    if (dh_opencl_memory(gpu, buffer) && at <= gpu->buffers[buffer - 1].bytes &&
        bytes <= gpu->buffers[buffer - 1].bytes - at)
        return true;
    dh_opencl_check(gpu, CL_INVALID_VALUE, "a place outside of its buffer");
    return false;
}

static enum dh_gpu_status opencl_upload(struct dh_gpu *gpu, dh_gpu_buffer to, size_t at, const void *from,
                                        size_t bytes) {
    if (!holds(gpu, to, at, bytes))
        return DH_GPU_FAILED;
    if (bytes == 0)
        return DH_GPU_OK;
    return dh_opencl_check(
        gpu,
        gpu->cl.EnqueueWriteBuffer(gpu->queue, dh_opencl_memory(gpu, to), 1, at, bytes, from, 0, NULL, NULL),
        "clEnqueueWriteBuffer");
}

static enum dh_gpu_status opencl_download(struct dh_gpu *gpu, void *to, dh_gpu_buffer from, size_t at,
                                          size_t bytes) {
    if (!holds(gpu, from, at, bytes))
        return DH_GPU_FAILED;
    if (bytes == 0)
        return DH_GPU_OK;
    return dh_opencl_check(
        gpu,
        gpu->cl.EnqueueReadBuffer(gpu->queue, dh_opencl_memory(gpu, from), 1, at, bytes, to, 0, NULL, NULL),
        "clEnqueueReadBuffer");
}

static enum dh_gpu_status finish(struct dh_gpu *gpu, const char *what) {
    return dh_opencl_check(gpu, gpu->cl.Finish(gpu->queue), what);
}

static enum dh_gpu_status opencl_fill(struct dh_gpu *gpu, dh_gpu_buffer to, enum dh_gpu_format format,
                                      int64_t n, uint32_t seed) {
    if (!dh_opencl_has_format(gpu, format)) {
        snprintf(gpu->error, sizeof gpu->error, "OpenCL: this device has no such number format");
        return DH_GPU_UNSUPPORTED;
    }
    if (n < 0 || !holds(gpu, to, 0, (size_t)n * dh_gpu_format_bytes(format)))
        return DH_GPU_FAILED;
    if (n == 0)
        return DH_GPU_OK;
    enum dh_gpu_status status = dh_opencl_fill(gpu, dh_opencl_memory(gpu, to), format, n, seed);
    return status == DH_GPU_OK ? finish(gpu, "clFinish of fill") : status;
}

static enum dh_gpu_status opencl_poison(struct dh_gpu *gpu, dh_gpu_buffer to, size_t bytes) {
    const unsigned char ones = 0xFF;
    if (!holds(gpu, to, 0, bytes))
        return DH_GPU_FAILED;
    if (bytes == 0)
        return DH_GPU_OK;
    enum dh_gpu_status status = dh_opencl_check(
        gpu,
        gpu->cl.EnqueueFillBuffer(gpu->queue, dh_opencl_memory(gpu, to), &ones, 1, 0, bytes, 0, NULL, NULL),
        "clEnqueueFillBuffer");
    return status == DH_GPU_OK ? finish(gpu, "clFinish of poison") : status;
}

/* ---- time ---- */

enum dh_gpu_status dh_opencl_elapsed(struct dh_gpu *gpu, cl_event first, cl_event last, double *seconds) {
    uint64_t start = 0, end = 0;
    int32_t error =
        gpu->cl.GetEventProfilingInfo(first, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL);
    if (error == CL_SUCCESS)
        error = gpu->cl.GetEventProfilingInfo(last, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL);
    if (error != CL_SUCCESS)
        return dh_opencl_check(gpu, error, "clGetEventProfilingInfo");
    *seconds = end > start ? (double)(end - start) * 1e-9 : 0;
    return DH_GPU_OK;
}

static enum dh_gpu_status opencl_time(struct dh_gpu *gpu, const struct dh_gpu_launch *launches, int32_t n,
                                      bool graph, double *seconds) {
    cl_event first = NULL, last = NULL;
    enum dh_gpu_status status = DH_GPU_OK;
    gpu->error[0] = '\0';
    *seconds = NAN;
    if (n < 1)
        return dh_opencl_check(gpu, CL_INVALID_VALUE, "no launch to time");
    if (launches[0].kernel >= DH_GPU_H2D && launches[0].kernel <= DH_GPU_BOTH && launches[0].size[0] > 0)
        return dh_opencl_transfer(gpu, launches[0].kernel, (size_t)launches[0].size[0], graph, seconds);
    for (int32_t i = 0; i < n && status == DH_GPU_OK; i++)
        status = dh_opencl_launch(gpu, &launches[i], i == 0 ? &first : i == n - 1 ? &last : NULL);
    int32_t end = gpu->cl.Finish(gpu->queue);
    if (status == DH_GPU_OK)
        status = dh_opencl_check(gpu, end, "clFinish of kernels");
    if (status == DH_GPU_OK)
        status = dh_opencl_elapsed(gpu, first, last ? last : first, seconds);
    if (first)
        gpu->cl.ReleaseEvent(first);
    if (last)
        gpu->cl.ReleaseEvent(last);
    return status;
}

static enum dh_gpu_status opencl_counters(struct dh_gpu *gpu, struct dh_gpu_counters *counters) {
    (void)gpu;
    *counters = (struct dh_gpu_counters){NAN, NAN, NAN, NAN, NAN, -1, -1};
    return DH_GPU_UNSUPPORTED;
}

static const char *opencl_error(struct dh_gpu *gpu) {
    return gpu->error;
}

const struct dh_gpu_backend dh_gpu_opencl = {
    .name = "opencl",
    .about = "any GPU with an OpenCL driver, and processors by PoCL: own kernels",
    .real = true,
    .count = opencl_count,
    .open = opencl_open,
    .close = opencl_close,
    .describe = opencl_describe,
    .supports = opencl_supports,
    .library = opencl_library,
    .tile = opencl_tile,
    .alloc = opencl_alloc,
    .free = opencl_free,
    .upload = opencl_upload,
    .download = opencl_download,
    .fill = opencl_fill,
    .poison = opencl_poison,
    .time = opencl_time,
    .counters = opencl_counters,
    .error = opencl_error,
};
