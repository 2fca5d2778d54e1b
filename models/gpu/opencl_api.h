/* The part of OpenCL 1.2 that the back end uses, declared here so that no vendor's header is needed, and
 * opened at run time: libOpenCL.so.1 is the loader that every vendor's driver registers with. Names and
 * numbers are the Khronos registry's; OpenCL's functions keep their order of arguments. */
#ifndef DH_MODELS_GPU_OPENCL_API_H
#define DH_MODELS_GPU_OPENCL_API_H

#include "models/gpu/backend.h"

/* Khronos' handles are pointers to what only the driver knows. */
typedef struct opencl_platform *cl_platform;
typedef struct opencl_device *cl_device;
typedef struct opencl_context *cl_context;
typedef struct opencl_queue *cl_queue;
typedef struct opencl_memory *cl_memory;
typedef struct opencl_program *cl_program;
typedef struct opencl_kernel *cl_kernel;
typedef struct opencl_event *cl_event;

enum {
    CL_SUCCESS = 0,
    CL_DEVICE_NOT_FOUND = -1,
    CL_MEM_OBJECT_ALLOCATION_FAILURE = -4,
    CL_OUT_OF_RESOURCES = -5,
    CL_OUT_OF_HOST_MEMORY = -6,
    CL_BUILD_PROGRAM_FAILURE = -11,
    CL_INVALID_VALUE = -30,
    CL_INVALID_BUFFER_SIZE = -61,
    CL_PLATFORM_NOT_FOUND_KHR = -1001,

    CL_PLATFORM_VERSION = 0x0901,
    CL_PLATFORM_NAME = 0x0902,

    CL_DEVICE_TYPE_CPU = 1 << 1,
    CL_DEVICE_TYPE_GPU = 1 << 2,
    CL_DEVICE_TYPE_ACCELERATOR = 1 << 3,
    CL_DEVICE_TYPE = 0x1000,
    CL_DEVICE_MAX_COMPUTE_UNITS = 0x1002,
    CL_DEVICE_MAX_WORK_GROUP_SIZE = 0x1004,
    CL_DEVICE_MAX_CLOCK_FREQUENCY = 0x100C,
    CL_DEVICE_MAX_MEM_ALLOC_SIZE = 0x1010,
    CL_DEVICE_GLOBAL_MEM_CACHE_SIZE = 0x101E,
    CL_DEVICE_GLOBAL_MEM_SIZE = 0x101F,
    CL_DEVICE_NAME = 0x102B,
    CL_DEVICE_VENDOR = 0x102C,
    CL_DRIVER_VERSION = 0x102D,
    CL_DEVICE_VERSION = 0x102F,
    CL_DEVICE_EXTENSIONS = 0x1030,
    CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT = 0x103A,
    CL_DEVICE_UUID_KHR = 0x106A,         /* cl_khr_device_uuid: 16 bytes */
    CL_DEVICE_PCI_BUS_INFO_KHR = 0x410F, /* cl_khr_pci_bus_info: domain, bus, device, function */

    CL_QUEUE_PROFILING_ENABLE = 1 << 1,
    CL_MEM_READ_WRITE = 1 << 0,
    CL_MEM_ALLOC_HOST_PTR = 1 << 4,
    CL_MAP_READ = 1 << 0,
    CL_MAP_WRITE = 1 << 1,
    CL_PROGRAM_BUILD_LOG = 0x1183,
    CL_PROFILING_COMMAND_START = 0x1282,
    CL_PROFILING_COMMAND_END = 0x1283,
};

/* clNAME is the member of that name. */
#define DH_OPENCL_FUNCTIONS(FN)                                                                              \
    FN(int32_t, GetPlatformIDs, (uint32_t room, cl_platform * platforms, uint32_t * n))                      \
    FN(int32_t, GetPlatformInfo, (cl_platform, uint32_t what, size_t room, void *value, size_t *bytes))      \
    FN(int32_t, GetDeviceIDs,                                                                                \
       (cl_platform, uint64_t type, uint32_t room, cl_device * devices, uint32_t * n))                       \
    FN(int32_t, GetDeviceInfo, (cl_device, uint32_t what, size_t room, void *value, size_t *bytes))          \
    FN(cl_context, CreateContext,                                                                            \
       (const intptr_t *properties, uint32_t n, const cl_device *, void *notify, void *data, int32_t *err))  \
    FN(int32_t, ReleaseContext, (cl_context))                                                                \
    FN(cl_queue, CreateCommandQueue, (cl_context, cl_device, uint64_t properties, int32_t * err))            \
    FN(int32_t, ReleaseCommandQueue, (cl_queue))                                                             \
    FN(int32_t, Flush, (cl_queue))                                                                           \
    FN(int32_t, Finish, (cl_queue))                                                                          \
    FN(cl_memory, CreateBuffer, (cl_context, uint64_t flags, size_t bytes, void *host, int32_t *err))        \
    FN(int32_t, ReleaseMemObject, (cl_memory))                                                               \
    FN(int32_t, EnqueueReadBuffer,                                                                           \
       (cl_queue, cl_memory, uint32_t wait, size_t at, size_t bytes, void *to, uint32_t n,                   \
        const cl_event *before, cl_event *event))                                                            \
    FN(int32_t, EnqueueWriteBuffer,                                                                          \
       (cl_queue, cl_memory, uint32_t wait, size_t at, size_t bytes, const void *from, uint32_t n,           \
        const cl_event *before, cl_event *event))                                                            \
    FN(int32_t, EnqueueFillBuffer,                                                                           \
       (cl_queue, cl_memory, const void *pattern, size_t pattern_bytes, size_t at, size_t bytes, uint32_t n, \
        const cl_event *before, cl_event *event))                                                            \
    FN(void *, EnqueueMapBuffer,                                                                             \
       (cl_queue, cl_memory, uint32_t wait, uint64_t flags, size_t at, size_t bytes, uint32_t n,             \
        const cl_event *before, cl_event *event, int32_t *err))                                              \
    FN(int32_t, EnqueueUnmapMemObject,                                                                       \
       (cl_queue, cl_memory, void *mapped, uint32_t n, const cl_event *before, cl_event *event))             \
    FN(cl_program, CreateProgramWithSource,                                                                  \
       (cl_context, uint32_t n, const char **texts, const size_t *lengths, int32_t *err))                    \
    FN(int32_t, BuildProgram,                                                                                \
       (cl_program, uint32_t n, const cl_device *, const char *options, void *notify, void *data))           \
    FN(int32_t, GetProgramBuildInfo,                                                                         \
       (cl_program, cl_device, uint32_t what, size_t room, void *value, size_t *bytes))                      \
    FN(int32_t, ReleaseProgram, (cl_program))                                                                \
    FN(cl_kernel, CreateKernel, (cl_program, const char *name, int32_t *err))                                \
    FN(int32_t, SetKernelArg, (cl_kernel, uint32_t index, size_t bytes, const void *value))                  \
    FN(int32_t, ReleaseKernel, (cl_kernel))                                                                  \
    FN(int32_t, EnqueueNDRangeKernel,                                                                        \
       (cl_queue, cl_kernel, uint32_t dimensions, const size_t *offset, const size_t *all,                   \
        const size_t *group, uint32_t n, const cl_event *before, cl_event *event))                           \
    FN(int32_t, GetEventProfilingInfo, (cl_event, uint32_t what, size_t room, void *value, size_t *bytes))   \
    FN(int32_t, ReleaseEvent, (cl_event))

struct dh_opencl_api {
#define DH_OPENCL_MEMBER(type, name, arguments) type(*name) arguments;
    DH_OPENCL_FUNCTIONS(DH_OPENCL_MEMBER)
#undef DH_OPENCL_MEMBER
};

/* Opens the loader: library_dir (absolute, NULL: none) first, then where the system's loader finds it; never
 * the working directory. NO_DEVICE with one sentence where it is missing or lacks a function. It stays in
 * memory until the program ends: drivers leave threads and exit handlers behind. */
enum dh_gpu_status dh_opencl_load(struct dh_opencl_api *cl, const char *library_dir, char *message,
                                  size_t room);

/* "CL_OUT_OF_RESOURCES"; "error -9999" for what no list has. The text lives until the thread's next call. */
const char *dh_opencl_error_name(int32_t error);

/* What an error means to a sweep; in_alloc: while memory was being taken. */
enum dh_gpu_status dh_opencl_status(int32_t error, bool in_alloc);

#endif
