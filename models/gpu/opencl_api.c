#include "models/gpu/opencl_api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define LOADER "libOpenCL.so.1"

static const struct {
    const char *name;
    size_t at;
} functions[] = {
#define ROW(type, name, arguments) {"cl" #name, offsetof(struct dh_opencl_api, name)},
    DH_OPENCL_FUNCTIONS(ROW)
#undef ROW
};

enum dh_gpu_status dh_opencl_load(struct dh_opencl_api *cl, const char *library_dir, char *message,
                                  size_t room) {
    void *loader = NULL;
    if (library_dir && library_dir[0] == '/') {
        char path[4096];
        if ((size_t)snprintf(path, sizeof path, "%s/" LOADER, library_dir) < sizeof path)
            loader = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    if (!loader)
        loader = dlopen(LOADER, RTLD_NOW | RTLD_LOCAL);
    if (!loader) {
        snprintf(message, room,
                 "no OpenCL on this machine: " LOADER " is not to be found; install a vendor's driver, or on "
                 "Debian pocl-opencl-icd for the processor");
        return DH_GPU_NO_DEVICE;
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *function = dlsym(loader, functions[i].name);
        if (!function) {
            snprintf(message, room, LOADER " has no %s: OpenCL 1.2 or newer is needed", functions[i].name);
            return DH_GPU_NO_DEVICE;
        }
        memcpy((char *)cl + functions[i].at, &function, sizeof function);
    }
    return DH_GPU_OK;
}

const char *dh_opencl_error_name(int32_t error) {
    /* -1 ... -19 and -30 ... -72 */
    static const char *const run_time[] = {
        "CL_SUCCESS",
        "CL_DEVICE_NOT_FOUND",
        "CL_DEVICE_NOT_AVAILABLE",
        "CL_COMPILER_NOT_AVAILABLE",
        "CL_MEM_OBJECT_ALLOCATION_FAILURE",
        "CL_OUT_OF_RESOURCES",
        "CL_OUT_OF_HOST_MEMORY",
        "CL_PROFILING_INFO_NOT_AVAILABLE",
        "CL_MEM_COPY_OVERLAP",
        "CL_IMAGE_FORMAT_MISMATCH",
        "CL_IMAGE_FORMAT_NOT_SUPPORTED",
        "CL_BUILD_PROGRAM_FAILURE",
        "CL_MAP_FAILURE",
        "CL_MISALIGNED_SUB_BUFFER_OFFSET",
        "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
        "CL_COMPILE_PROGRAM_FAILURE",
        "CL_LINKER_NOT_AVAILABLE",
        "CL_LINK_PROGRAM_FAILURE",
        "CL_DEVICE_PARTITION_FAILED",
        "CL_KERNEL_ARG_INFO_NOT_AVAILABLE",
    };
    static const char *const argument[] = {
        "CL_INVALID_VALUE",
        "CL_INVALID_DEVICE_TYPE",
        "CL_INVALID_PLATFORM",
        "CL_INVALID_DEVICE",
        "CL_INVALID_CONTEXT",
        "CL_INVALID_QUEUE_PROPERTIES",
        "CL_INVALID_COMMAND_QUEUE",
        "CL_INVALID_HOST_PTR",
        "CL_INVALID_MEM_OBJECT",
        "CL_INVALID_IMAGE_FORMAT_DESCRIPTOR",
        "CL_INVALID_IMAGE_SIZE",
        "CL_INVALID_SAMPLER",
        "CL_INVALID_BINARY",
        "CL_INVALID_BUILD_OPTIONS",
        "CL_INVALID_PROGRAM",
        "CL_INVALID_PROGRAM_EXECUTABLE",
        "CL_INVALID_KERNEL_NAME",
        "CL_INVALID_KERNEL_DEFINITION",
        "CL_INVALID_KERNEL",
        "CL_INVALID_ARG_INDEX",
        "CL_INVALID_ARG_VALUE",
        "CL_INVALID_ARG_SIZE",
        "CL_INVALID_KERNEL_ARGS",
        "CL_INVALID_WORK_DIMENSION",
        "CL_INVALID_WORK_GROUP_SIZE",
        "CL_INVALID_WORK_ITEM_SIZE",
        "CL_INVALID_GLOBAL_OFFSET",
        "CL_INVALID_EVENT_WAIT_LIST",
        "CL_INVALID_EVENT",
        "CL_INVALID_OPERATION",
        "CL_INVALID_GL_OBJECT",
        "CL_INVALID_BUFFER_SIZE",
        "CL_INVALID_MIP_LEVEL",
        "CL_INVALID_GLOBAL_WORK_SIZE",
        "CL_INVALID_PROPERTY",
        "CL_INVALID_IMAGE_DESCRIPTOR",
        "CL_INVALID_COMPILER_OPTIONS",
        "CL_INVALID_LINKER_OPTIONS",
        "CL_INVALID_DEVICE_PARTITION_COUNT",
        "CL_INVALID_PIPE_SIZE",
        "CL_INVALID_DEVICE_QUEUE",
        "CL_INVALID_SPEC_ID",
        "CL_MAX_SIZE_RESTRICTION_EXCEEDED",
    };
    static _Thread_local char other[32];
    int64_t n = -(int64_t)error;
    if (n >= 0 && n < (int64_t)(sizeof run_time / sizeof *run_time))
        return run_time[n];
    if (n >= 30 && n - 30 < (int64_t)(sizeof argument / sizeof *argument))
        return argument[n - 30];
    if (error == CL_PLATFORM_NOT_FOUND_KHR)
        return "CL_PLATFORM_NOT_FOUND_KHR";
    snprintf(other, sizeof other, "error %d", (int)error);
    return other;
}

enum dh_gpu_status dh_opencl_status(int32_t error, bool in_alloc) {
    switch (error) {
    case CL_SUCCESS:
        return DH_GPU_OK;
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_OUT_OF_HOST_MEMORY:
    case CL_INVALID_BUFFER_SIZE:
        return DH_GPU_OUT_OF_MEMORY;
    case CL_OUT_OF_RESOURCES: /* of a launch it is also what a crashed kernel leaves */
        return in_alloc ? DH_GPU_OUT_OF_MEMORY : DH_GPU_FAILED;
    default:
        return DH_GPU_FAILED;
    }
}
