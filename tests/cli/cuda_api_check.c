/* Compiled by tests/cli/cuda_kernels.sh against the headers of a CUDA toolkit, never linked: what
 * models/gpu/cuda_api.h declares is what NVIDIA's headers do. WITH_NCCL: nccl.h is there too. */
#define __CUDA_API_VERSION_INTERNAL /* cuda.h then declares names as the library exports them */
#include <cuda.h>
#include <cublasLt.h>
#include <nvrtc.h>
#ifdef WITH_NCCL
#include <nccl.h>
#else
typedef int ncclResult_t, ncclDataType_t, ncclRedOp_t;
typedef struct ncclComm *ncclComm_t;
#endif
#define DH_CUDA_REAL_TYPES
#include "models/gpu/cuda_api.h"

#define SAME(need, result, name, arguments)                                                                  \
    _Static_assert(__builtin_types_compatible_p(__typeof__(&name), result(*) arguments),                     \
                   #name " has another prototype");
#define EQUAL(ours, theirs, value) _Static_assert((int)(theirs) == (value), #theirs " is another number");

DH_CUDA_DRIVER(SAME)
DH_CUDA_NUMBERS(EQUAL)
DH_CUDA_NVRTC(SAME)
DH_CUDA_LT(SAME)
DH_CUDA_LT_NUMBERS(EQUAL)
#ifdef WITH_NCCL
DH_CUDA_NCCL(SAME)
DH_CUDA_NCCL_NUMBERS(EQUAL)
#endif
_Static_assert(sizeof(cublasLtMatmulHeuristicResult_t) == 96 && sizeof(cublasLtMatmulAlgo_t) == 64,
               "as cuda_api.h lays them out");
_Static_assert(sizeof(CUuuid) == 16 && sizeof(CUdeviceptr) == 8, "as cuda_api.h lays them out");
