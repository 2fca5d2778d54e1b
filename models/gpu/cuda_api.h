/* What the CUDA back end calls of NVIDIA's libraries: own declarations, so that neither building nor starting
 * needs a toolkit. Every function is named as the library exports it (cuda.h renames cuMemAlloc to
 * cuMemAlloc_v2 by a macro; here the suffix is written out), so a newer library cannot hand out another one.
 *
 * tests/cli/cuda_kernels.sh compares types, prototypes and numbers with cuda.h, nvrtc.h, cublasLt.h and
 * nccl.h of a toolkit where there is one (13.0 so far). nvml.h was not at hand: those lines are from NVIDIA's
 * NVML reference manual.
 *
 * F(need, result, name, arguments): need is NEEDED, or OPTIONAL where the back end does without. */
#ifndef DH_MODELS_GPU_CUDA_API_H
#define DH_MODELS_GPU_CUDA_API_H

#include <stddef.h>
#include <stdint.h>

#ifndef DH_CUDA_REAL_TYPES
typedef int CUresult, CUdevice, CUdevice_attribute, CUfunction_attribute, CUstreamCaptureMode;
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUstream_st *CUstream, *cudaStream_t;
typedef struct CUevent_st *CUevent;
typedef struct CUgraph_st *CUgraph;
typedef struct CUgraphExec_st *CUgraphExec;
typedef struct CUuuid_st {
    char bytes[16];
} CUuuid;

typedef int nvrtcResult;
typedef struct _nvrtcProgram *nvrtcProgram;

typedef int cublasStatus_t, cublasComputeType_t, cudaDataType, cublasLtMatmulDescAttributes_t,
    cublasLtMatmulPreferenceAttributes_t;
typedef struct cublasLtContext *cublasLtHandle_t;
typedef struct dh_lt_desc *cublasLtMatmulDesc_t;
typedef struct dh_lt_layout *cublasLtMatrixLayout_t;
typedef struct dh_lt_preference *cublasLtMatmulPreference_t;
typedef struct {
    uint64_t data[8];
} cublasLtMatmulAlgo_t;
typedef struct {
    cublasLtMatmulAlgo_t algo;
    size_t workspaceSize;
    cublasStatus_t state;
    float wavesCount;
    int reserved[4];
} cublasLtMatmulHeuristicResult_t;

typedef int ncclResult_t, ncclDataType_t, ncclRedOp_t;
typedef struct ncclComm *ncclComm_t;
#endif

typedef int nvmlReturn_t;
typedef struct nvmlDevice_st *nvmlDevice_t;

/* Since CUDA 11.4 (driver 470), June 2021. */
#define DH_CUDA_DRIVER(F)                                                                                    \
    F(NEEDED, CUresult, cuInit, (unsigned flags))                                                            \
    F(NEEDED, CUresult, cuGetErrorName, (CUresult error, const char **name))                                 \
    F(NEEDED, CUresult, cuGetErrorString, (CUresult error, const char **text))                               \
    F(NEEDED, CUresult, cuDriverGetVersion, (int *version))                                                  \
    F(NEEDED, CUresult, cuDeviceGetCount, (int *count))                                                      \
    F(NEEDED, CUresult, cuDeviceGet, (CUdevice * device, int ordinal))                                       \
    F(NEEDED, CUresult, cuDeviceGetName, (char *name, int room, CUdevice device))                            \
    F(OPTIONAL, CUresult, cuDeviceGetUuid_v2, (CUuuid * uuid, CUdevice device))                              \
    F(OPTIONAL, CUresult, cuDeviceGetUuid, (CUuuid * uuid, CUdevice device))                                 \
    F(NEEDED, CUresult, cuDeviceGetPCIBusId, (char *id, int room, CUdevice device))                          \
    F(NEEDED, CUresult, cuDeviceGetAttribute, (int *value, CUdevice_attribute attribute, CUdevice device))   \
    F(NEEDED, CUresult, cuDeviceTotalMem_v2, (size_t * bytes, CUdevice device))                              \
    F(NEEDED, CUresult, cuDevicePrimaryCtxRetain, (CUcontext * context, CUdevice device))                    \
    F(NEEDED, CUresult, cuDevicePrimaryCtxRelease_v2, (CUdevice device))                                     \
    F(NEEDED, CUresult, cuCtxSetCurrent, (CUcontext context))                                                \
    F(NEEDED, CUresult, cuMemAlloc_v2, (CUdeviceptr * address, size_t bytes))                                \
    F(NEEDED, CUresult, cuMemFree_v2, (CUdeviceptr address))                                                 \
    F(NEEDED, CUresult, cuMemHostAlloc, (void **address, size_t bytes, unsigned flags))                      \
    F(NEEDED, CUresult, cuMemFreeHost, (void *address))                                                      \
    F(NEEDED, CUresult, cuMemcpyHtoDAsync_v2,                                                                \
      (CUdeviceptr to, const void *from, size_t bytes, CUstream stream))                                     \
    F(NEEDED, CUresult, cuMemcpyDtoHAsync_v2, (void *to, CUdeviceptr from, size_t bytes, CUstream stream))   \
    F(NEEDED, CUresult, cuMemsetD8Async,                                                                     \
      (CUdeviceptr to, unsigned char value, size_t bytes, CUstream stream))                                  \
    F(OPTIONAL, CUresult, cuMemcpyPeerAsync,                                                                 \
      (CUdeviceptr to, CUcontext to_context, CUdeviceptr from, CUcontext from_context, size_t bytes,         \
       CUstream stream))                                                                                     \
    F(OPTIONAL, CUresult, cuDeviceCanAccessPeer, (int *can, CUdevice device, CUdevice peer))                 \
    F(OPTIONAL, CUresult, cuCtxEnablePeerAccess, (CUcontext peer, unsigned flags))                           \
    F(NEEDED, CUresult, cuModuleLoadData, (CUmodule * module, const void *image))                            \
    F(NEEDED, CUresult, cuModuleUnload, (CUmodule module))                                                   \
    F(NEEDED, CUresult, cuModuleGetFunction, (CUfunction * function, CUmodule module, const char *name))     \
    F(NEEDED, CUresult, cuFuncSetAttribute,                                                                  \
      (CUfunction function, CUfunction_attribute attribute, int value))                                      \
    F(NEEDED, CUresult, cuLaunchKernel,                                                                      \
      (CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,             \
       unsigned block_y, unsigned block_z, unsigned shared_bytes, CUstream stream, void **parameters,        \
       void **extra))                                                                                        \
    F(NEEDED, CUresult, cuStreamCreate, (CUstream * stream, unsigned flags))                                 \
    F(NEEDED, CUresult, cuStreamDestroy_v2, (CUstream stream))                                               \
    F(NEEDED, CUresult, cuStreamSynchronize, (CUstream stream))                                              \
    F(NEEDED, CUresult, cuStreamWaitEvent, (CUstream stream, CUevent event, unsigned flags))                 \
    F(NEEDED, CUresult, cuEventCreate, (CUevent * event, unsigned flags))                                    \
    F(NEEDED, CUresult, cuEventDestroy_v2, (CUevent event))                                                  \
    F(NEEDED, CUresult, cuEventRecord, (CUevent event, CUstream stream))                                     \
    F(NEEDED, CUresult, cuEventSynchronize, (CUevent event))                                                 \
    F(NEEDED, CUresult, cuEventElapsedTime, (float *milliseconds, CUevent start, CUevent end))               \
    F(OPTIONAL, CUresult, cuStreamBeginCapture_v2, (CUstream stream, CUstreamCaptureMode mode))              \
    F(OPTIONAL, CUresult, cuStreamEndCapture, (CUstream stream, CUgraph * graph))                            \
    F(OPTIONAL, CUresult, cuGraphInstantiateWithFlags,                                                       \
      (CUgraphExec * exec, CUgraph graph, unsigned long long flags))                                         \
    F(OPTIONAL, CUresult, cuGraphUpload, (CUgraphExec exec, CUstream stream))                                \
    F(OPTIONAL, CUresult, cuGraphLaunch, (CUgraphExec exec, CUstream stream))                                \
    F(OPTIONAL, CUresult, cuGraphExecDestroy, (CUgraphExec exec))                                            \
    F(OPTIONAL, CUresult, cuGraphDestroy, (CUgraph graph))

#define DH_CUDA_NVRTC(F)                                                                                     \
    F(NEEDED, nvrtcResult, nvrtcVersion, (int *major, int *minor))                                           \
    F(NEEDED, nvrtcResult, nvrtcCreateProgram,                                                               \
      (nvrtcProgram * program, const char *source, const char *name, int n_headers,                          \
       const char *const *headers, const char *const *names))                                                \
    F(NEEDED, nvrtcResult, nvrtcDestroyProgram, (nvrtcProgram * program))                                    \
    F(NEEDED, nvrtcResult, nvrtcCompileProgram, (nvrtcProgram program, int n, const char *const *options))   \
    F(NEEDED, nvrtcResult, nvrtcGetPTXSize, (nvrtcProgram program, size_t * bytes))                          \
    F(NEEDED, nvrtcResult, nvrtcGetPTX, (nvrtcProgram program, char *ptx))                                   \
    F(NEEDED, nvrtcResult, nvrtcGetCUBINSize, (nvrtcProgram program, size_t * bytes))                        \
    F(NEEDED, nvrtcResult, nvrtcGetCUBIN, (nvrtcProgram program, char *cubin))                               \
    F(NEEDED, nvrtcResult, nvrtcGetProgramLogSize, (nvrtcProgram program, size_t * bytes))                   \
    F(NEEDED, nvrtcResult, nvrtcGetProgramLog, (nvrtcProgram program, char *log))                            \
    F(NEEDED, const char *, nvrtcGetErrorString, (nvrtcResult result))

#define DH_CUDA_LT(F)                                                                                        \
    F(NEEDED, size_t, cublasLtGetVersion, (void))                                                            \
    F(NEEDED, cublasStatus_t, cublasLtCreate, (cublasLtHandle_t * handle))                                   \
    F(NEEDED, cublasStatus_t, cublasLtDestroy, (cublasLtHandle_t handle))                                    \
    F(OPTIONAL, const char *, cublasLtGetStatusString, (cublasStatus_t status))                              \
    F(NEEDED, cublasStatus_t, cublasLtMatmulDescCreate,                                                      \
      (cublasLtMatmulDesc_t * desc, cublasComputeType_t compute, cudaDataType scale))                        \
    F(NEEDED, cublasStatus_t, cublasLtMatmulDescDestroy, (cublasLtMatmulDesc_t desc))                        \
    F(NEEDED, cublasStatus_t, cublasLtMatmulDescSetAttribute,                                                \
      (cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute, const void *value,               \
       size_t bytes))                                                                                        \
    F(NEEDED, cublasStatus_t, cublasLtMatrixLayoutCreate,                                                    \
      (cublasLtMatrixLayout_t * layout, cudaDataType type, uint64_t rows, uint64_t columns,                  \
       int64_t leading))                                                                                     \
    F(NEEDED, cublasStatus_t, cublasLtMatrixLayoutDestroy, (cublasLtMatrixLayout_t layout))                  \
    F(NEEDED, cublasStatus_t, cublasLtMatmulPreferenceCreate, (cublasLtMatmulPreference_t * preference))     \
    F(NEEDED, cublasStatus_t, cublasLtMatmulPreferenceDestroy, (cublasLtMatmulPreference_t preference))      \
    F(NEEDED, cublasStatus_t, cublasLtMatmulPreferenceSetAttribute,                                          \
      (cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t attribute,                \
       const void *value, size_t bytes))                                                                     \
    F(NEEDED, cublasStatus_t, cublasLtMatmulAlgoGetHeuristic,                                                \
      (cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,                         \
       cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,                         \
       cublasLtMatmulPreference_t preference, int asked, cublasLtMatmulHeuristicResult_t results[],          \
       int *returned))                                                                                       \
    F(NEEDED, cublasStatus_t, cublasLtMatmul,                                                                \
      (cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, const void *alpha, const void *a,                 \
       cublasLtMatrixLayout_t a_layout, const void *b, cublasLtMatrixLayout_t b_layout, const void *beta,    \
       const void *c, cublasLtMatrixLayout_t c_layout, void *d, cublasLtMatrixLayout_t d_layout,             \
       const cublasLtMatmulAlgo_t *algo, void *workspace, size_t workspace_bytes, cudaStream_t stream))

/* Two names for one thing: the first that is there serves. */
#define DH_CUDA_NVML(F)                                                                                      \
    F(OPTIONAL, nvmlReturn_t, nvmlInit_v2, (void))                                                           \
    F(OPTIONAL, nvmlReturn_t, nvmlInit, (void))                                                              \
    F(NEEDED, nvmlReturn_t, nvmlShutdown, (void))                                                            \
    F(OPTIONAL, const char *, nvmlErrorString, (nvmlReturn_t result))                                        \
    F(OPTIONAL, nvmlReturn_t, nvmlSystemGetDriverVersion, (char *version, unsigned room))                    \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetHandleByUUID, (const char *uuid, nvmlDevice_t *device))           \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetHandleByPciBusId_v2, (const char *id, nvmlDevice_t *device))      \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetHandleByPciBusId, (const char *id, nvmlDevice_t *device))         \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetTotalEnergyConsumption,                                           \
      (nvmlDevice_t device, unsigned long long *millijoules))                                                \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetPowerUsage, (nvmlDevice_t device, unsigned *milliwatts))          \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetEnforcedPowerLimit, (nvmlDevice_t device, unsigned *milliwatts))  \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetClockInfo, (nvmlDevice_t device, int type, unsigned *megahertz))  \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetMaxClockInfo,                                                     \
      (nvmlDevice_t device, int type, unsigned *megahertz))                                                  \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetTemperature,                                                      \
      (nvmlDevice_t device, int sensor, unsigned *celsius))                                                  \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetCurrentClocksEventReasons,                                        \
      (nvmlDevice_t device, unsigned long long *reasons))                                                    \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetCurrentClocksThrottleReasons,                                     \
      (nvmlDevice_t device, unsigned long long *reasons))                                                    \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetComputeRunningProcesses_v3,                                       \
      (nvmlDevice_t device, unsigned *count, void *processes))                                               \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetComputeRunningProcesses_v2,                                       \
      (nvmlDevice_t device, unsigned *count, void *processes))                                               \
    F(OPTIONAL, nvmlReturn_t, nvmlDeviceGetComputeRunningProcesses,                                          \
      (nvmlDevice_t device, unsigned *count, void *processes))

#define DH_CUDA_NCCL(F)                                                                                      \
    F(NEEDED, ncclResult_t, ncclGetVersion, (int *version))                                                  \
    F(NEEDED, const char *, ncclGetErrorString, (ncclResult_t result))                                       \
    F(NEEDED, ncclResult_t, ncclCommInitAll, (ncclComm_t * comms, int n, const int *devices))                \
    F(NEEDED, ncclResult_t, ncclCommDestroy, (ncclComm_t comm))                                              \
    F(NEEDED, ncclResult_t, ncclGroupStart, (void))                                                          \
    F(NEEDED, ncclResult_t, ncclGroupEnd, (void))                                                            \
    F(NEEDED, ncclResult_t, ncclAllReduce,                                                                   \
      (const void *from, void *to, size_t count, ncclDataType_t type, ncclRedOp_t operation,                 \
       ncclComm_t comm, cudaStream_t stream))                                                                \
    F(NEEDED, ncclResult_t, ncclAllGather,                                                                   \
      (const void *from, void *to, size_t count, ncclDataType_t type, ncclComm_t comm, cudaStream_t stream)) \
    F(NEEDED, ncclResult_t, ncclSend,                                                                        \
      (const void *from, size_t count, ncclDataType_t type, int peer, ncclComm_t comm, cudaStream_t stream)) \
    F(NEEDED, ncclResult_t, ncclRecv,                                                                        \
      (void *to, size_t count, ncclDataType_t type, int peer, ncclComm_t comm, cudaStream_t stream))

/* A structure of pointers for each library, in the order of its list. */
#define DH_CUDA_POINTER(need, result, name, arguments) result(*name) arguments;
struct dh_cuda_driver {
    DH_CUDA_DRIVER(DH_CUDA_POINTER)
};
struct dh_cuda_nvrtc {
    DH_CUDA_NVRTC(DH_CUDA_POINTER)
};
struct dh_cuda_lt {
    DH_CUDA_LT(DH_CUDA_POINTER)
};
struct dh_cuda_nvml {
    DH_CUDA_NVML(DH_CUDA_POINTER)
};
struct dh_cuda_nccl {
    DH_CUDA_NCCL(DH_CUDA_POINTER)
};

/* F(our name, theirs, value) */
#define DH_CUDA_NUMBERS(F)                                                                                   \
    F(DH_CUDA_ERROR_OUT_OF_MEMORY, CUDA_ERROR_OUT_OF_MEMORY, 2)                                              \
    F(DH_CUDA_ERROR_STUB_LIBRARY, CUDA_ERROR_STUB_LIBRARY, 34)                                               \
    F(DH_CUDA_ERROR_NO_DEVICE, CUDA_ERROR_NO_DEVICE, 100)                                                    \
    F(DH_CUDA_ERROR_PEER_ENABLED, CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED, 704)                               \
    F(DH_CUDA_ERROR_NOT_SUPPORTED, CUDA_ERROR_NOT_SUPPORTED, 801)                                            \
    F(DH_CUDA_ERROR_DRIVER_MISMATCH, CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, 803)                                 \
    F(DH_CUDA_CLOCK_KHZ, CU_DEVICE_ATTRIBUTE_CLOCK_RATE, 13)                                                 \
    F(DH_CUDA_MULTIPROCESSORS, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 16)                                 \
    F(DH_CUDA_MEMORY_CLOCK_KHZ, CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, 36)                                   \
    F(DH_CUDA_BUS_BITS, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, 37)                                     \
    F(DH_CUDA_L2_BYTES, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, 38)                                               \
    F(DH_CUDA_MAJOR, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 75)                                       \
    F(DH_CUDA_MINOR, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 76)                                       \
    F(DH_CUDA_SHARED_BYTES, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 97)                       \
    F(DH_CUDA_FUNCTION_SHARED, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 8)                           \
    F(DH_CUDA_NON_BLOCKING, CU_STREAM_NON_BLOCKING, 1)                                                       \
    F(DH_CUDA_CAPTURE_THREAD, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL, 1)                                        \
    F(DH_CUDA_EVENT_NO_TIMING, CU_EVENT_DISABLE_TIMING, 2)

#define DH_CUDA_LT_NUMBERS(F)                                                                                \
    F(DH_LT_R_32F, CUDA_R_32F, 0)                                                                            \
    F(DH_LT_R_16F, CUDA_R_16F, 2)                                                                            \
    F(DH_LT_R_16BF, CUDA_R_16BF, 14)                                                                         \
    F(DH_LT_R_E4M3, CUDA_R_8F_E4M3, 28)                                                                      \
    F(DH_LT_COMPUTE_32F, CUBLAS_COMPUTE_32F, 68)                                                             \
    F(DH_LT_COMPUTE_TF32, CUBLAS_COMPUTE_32F_FAST_TF32, 77)                                                  \
    F(DH_LT_OP_N, CUBLAS_OP_N, 0)                                                                            \
    F(DH_LT_OP_T, CUBLAS_OP_T, 1)                                                                            \
    F(DH_LT_DESC_TRANSA, CUBLASLT_MATMUL_DESC_TRANSA, 3)                                                     \
    F(DH_LT_DESC_TRANSB, CUBLASLT_MATMUL_DESC_TRANSB, 4)                                                     \
    F(DH_LT_PREFERENCE_WORKSPACE, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, 1)                               \
    F(DH_LT_NOT_SUPPORTED, CUBLAS_STATUS_NOT_SUPPORTED, 15)

#define DH_CUDA_NCCL_NUMBERS(F)                                                                              \
    F(DH_NCCL_INT8, ncclInt8, 0)                                                                             \
    F(DH_NCCL_FLOAT32, ncclFloat32, 7)                                                                       \
    F(DH_NCCL_SUM, ncclSum, 0)

#define DH_CUDA_NUMBER(ours, theirs, value) ours = value,
enum {
    DH_CUDA_NUMBERS(DH_CUDA_NUMBER) DH_CUDA_LT_NUMBERS(DH_CUDA_NUMBER) DH_CUDA_NCCL_NUMBERS(DH_CUDA_NUMBER)
};

/* NVML's: clocks, the one sensor, reasons for lower clocks (nvmlClocksEventReason…). */
enum {
    DH_NVML_CLOCK_SM = 1,
    DH_NVML_CLOCK_MEMORY = 2,
    DH_NVML_SENSOR_GPU = 0,
    DH_NVML_INSUFFICIENT_SIZE = 7,
    DH_NVML_REASON_POWER_CAP = 0x4,
    DH_NVML_REASON_HW_SLOWDOWN = 0x8, /* thermal, power or brake; the next three say which where told */
    DH_NVML_REASON_SW_THERMAL = 0x20,
    DH_NVML_REASON_HW_THERMAL = 0x40,
    DH_NVML_REASON_BRAKE = 0x80
};

#endif
