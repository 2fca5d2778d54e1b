/* One accelerator as calibration sees it, whatever drives it: a table of functions for each kind of driver
 * (CUDA, OpenCL) and two that need no hardware (recorded: plays samples back; synthetic: obeys given
 * constants). Drivers are opened at run time by dlopen; none is linked. What they have in common (operands,
 * rotation, medians, checks) is in measure.h. Needs libc, libm and libdl alone, so that datahall-probe runs
 * on a bare GPU machine.
 *
 * A handle belongs to one thread. Settings of a card are never changed. */
#ifndef DH_MODELS_GPU_BACKEND_H
#define DH_MODELS_GPU_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// clang-format off
/* What can be timed. size[] holds, for
 *   gemm             m, n, k: C[m x n] = A[m x k] B, operands of the format, sums in fp32 at least
 *   prefill, decode  batch, queries, keys, heads, kv_heads, head_dim: softmax(Q K^T / sqrt(head_dim)) V; query i
 *                    sees the keys up to keys - queries + i; head h shares the keys of h kv_heads / heads
 *   triad            elements: a = b + DH_GPU_FACTOR c, fp32
 *   copy             elements: a = b, fp32
 *   gather           elements: a[i] = b[index[i]], fp32; index is a permutation
 *   layernorm        rows, columns: (x - mean) / sqrt(variance + DH_GPU_EPSILON) of a row, without weights
 *   softmax          rows, columns: exp(x - max) / sum of a row
 *   empty            1: a kernel that does nothing
 *   graph            how many empty kernels in one graph launch: time() gets that many launches of DH_GPU_EMPTY
 *                    with graph set; supports() alone sees DH_GPU_GRAPH, and says no where there are no graphs
 *   h2d, d2h, both   bytes between host and device (both: that much each way at once)
 *   peer             bytes from this device to the next
 *   allreduce, allgather, alltoall   ranks, bytes (as nccl-tests counts them: allreduce and alltoall those of
 *                    one rank's buffer, allgather those of one rank's result)
 * Empty and graph, and what moves bytes, have format fp32. */
// clang-format on
#define DH_GPU_FACTOR  3.0
#define DH_GPU_EPSILON 1e-5

enum dh_gpu_kernel {
    DH_GPU_GEMM,
    DH_GPU_PREFILL,
    DH_GPU_DECODE,
    DH_GPU_TRIAD,
    DH_GPU_COPY,
    DH_GPU_GATHER,
    DH_GPU_LAYERNORM,
    DH_GPU_SOFTMAX,
    DH_GPU_EMPTY,
    DH_GPU_GRAPH,
    DH_GPU_H2D,
    DH_GPU_D2H,
    DH_GPU_BOTH,
    DH_GPU_PEER,
    DH_GPU_ALLREDUCE,
    DH_GPU_ALLGATHER,
    DH_GPU_ALLTOALL,
    DH_N_GPU_KERNEL
};

/* As enum dh_number_format of scenarios/scenario.h, in its order. */
enum dh_gpu_format {
    DH_GPU_FP32,
    DH_GPU_TF32,
    DH_GPU_BF16,
    DH_GPU_FP16,
    DH_GPU_FP8, /* e4m3 */
    DH_N_GPU_FORMAT
};

enum dh_gpu_status {
    DH_GPU_OK,
    DH_GPU_UNSUPPORTED,   /* this device has no such kernel, format or counter: skip it */
    DH_GPU_NO_DEVICE,     /* no driver, no device, a stub: nothing can be measured at all */
    DH_GPU_OUT_OF_MEMORY, /* this point is too large: skip it */
    DH_GPU_FAILED,        /* a launch failed: the device may be unusable from here on */
    DH_GPU_NOT_RECORDED,  /* recorded only: the samples have no such point */
};

enum { DH_GPU_MAX_SIZE = 6, DH_GPU_MAX_BUFFER = 5 };

struct dh_gpu;                  /* an opened device */
typedef uint64_t dh_gpu_buffer; /* device memory; 0: none */

/* One launch. buffer[]: gemm C, A, B; attention O, Q, K, V; triad and copy a, b, c; gather a, b, index
 * (uint32); layernorm and softmax out, in. Rows are contiguous; B is k x n by rows, or n x k where the table
 * says b_transposed; Q and O are [batch][queries][heads][head_dim], K and V
 * [batch][keys][kv_heads][head_dim]. Operands are of the format; tf32 lies in memory as fp32. C and O are of
 * dh_gpu_result_format(format). */
struct dh_gpu_launch {
    enum dh_gpu_kernel kernel;
    enum dh_gpu_format format;
    int64_t size[DH_GPU_MAX_SIZE];
    dh_gpu_buffer buffer[DH_GPU_MAX_BUFFER];
};

enum {                              /* bits of dh_gpu_counters.throttle */
       DH_GPU_THROTTLE_POWER = 1,   /* the board's power cap */
       DH_GPU_THROTTLE_THERMAL = 2, /* software or hardware thermal slowdown */
       DH_GPU_THROTTLE_BRAKE = 4,   /* external power brake */
};

/* NaN where a device does not tell. */
struct dh_gpu_counters {
    double energy_j; /* since some start; from an energy counter, never integrated from polled power */
    double power_w;  /* last that the driver averaged */
    double clock_hz, memory_clock_hz, temperature_degc;
    int32_t throttle;        /* bits above; -1: not told */
    int32_t other_processes; /* that use the device now; -1: not told */
};

struct dh_gpu_info {
    char name[128], vendor[64];
    char runtime[160]; /* driver and libraries with versions */
    char uuid[64];     /* "" where there is none */
    char pci[32];
    char capability[32]; /* "9.0"; "" */
    char kernels[65];    /* SHA-256 of the kernels' source, hexadecimal; "" where there is none */
    int32_t units;       /* multiprocessors, compute units; 0: not told */
    double memory_bytes, cache_bytes, clock_hz, memory_clock_hz, power_limit_w; /* NaN: not told */
    double memory_bytes_per_s; /* from bus width and clock; NaN: not told */
    int32_t count;             /* devices of the same kind that collectives and peer copies may use */
    bool is_cpu;               /* an OpenCL device that is the host's processor */
    char libraries[256]; /* what was found beside the driver: "cublasLt 13.0.2.14, NVML 13.580"; and what is
                            missing */
};

struct dh_gpu_options {
    int32_t device;          /* which, from 0 */
    const char *library_dir; /* absolute folder searched first, or NULL; never the working directory */
    const void *given;       /* recorded, synthetic: what to play, see their headers */
};

struct dh_gpu_backend {
    const char *name;  /* "cuda", "opencl", "recorded", "synthetic" */
    const char *about; /* one line for --list */
    bool b_transposed; /* gemm's B lies as n x k */
    bool real;         /* drives hardware */

    /* How many devices; 0 with the reason in message where there is none. Leaves nothing open. */
    int32_t (*count)(const struct dh_gpu_options *options, char *message, size_t room);
    /* *gpu is NULL on failure, and message one sentence that says why and what to do. */
    enum dh_gpu_status (*open)(struct dh_gpu **gpu, const struct dh_gpu_options *options, char *message,
                               size_t room);
    void (*close)(struct dh_gpu *gpu); /* NULL is allowed; frees buffers that are left */
    void (*describe)(struct dh_gpu *gpu, struct dh_gpu_info *info);
    bool (*supports)(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format);
    /* What ran the kernel: "cublasLt", "own"; "own, lower bound" where a vendor's library would be faster. */
    const char *(*library)(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format);
    /* Rows and columns of the result that one work group computes, where the kernel has one shape of tile and
     * does not cut k; 0, 0: a library's choice, or no tiles. Goes into <sample tile-m= tile-n=>. */
    void (*tile)(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format, int32_t *m,
                 int32_t *n);

    enum dh_gpu_status (*alloc)(struct dh_gpu *gpu, size_t bytes, dh_gpu_buffer *buffer);
    void (*free)(struct dh_gpu *gpu, dh_gpu_buffer buffer); /* 0 is allowed */
    enum dh_gpu_status (*upload)(struct dh_gpu *gpu, dh_gpu_buffer to, size_t at, const void *from,
                                 size_t bytes);
    enum dh_gpu_status (*download)(struct dh_gpu *gpu, void *to, dh_gpu_buffer from, size_t at, size_t bytes);
    /* Element i becomes dh_gpu_value(seed, i, format); with poison all bytes 0xFF instead: NaN in every
     * format. */
    enum dh_gpu_status (*fill)(struct dh_gpu *gpu, dh_gpu_buffer to, enum dh_gpu_format format, int64_t n,
                               uint32_t seed);
    enum dh_gpu_status (*poison)(struct dh_gpu *gpu, dh_gpu_buffer to, size_t bytes);

    /* Seconds on the device's clock from the start of the first to the end of the last of n launches, one
     * behind the other; graph: captured into one graph first where the device can (else as without). For the
     * kernels from H2D on n is 1 and buffers may be 0: the back end brings its own; pinned host memory where
     * `graph` is set. Waits. */
    enum dh_gpu_status (*time)(struct dh_gpu *gpu, const struct dh_gpu_launch *launches, int32_t n,
                               bool graph, double *seconds);
    enum dh_gpu_status (*counters)(struct dh_gpu *gpu,
                                   struct dh_gpu_counters *counters); /* any thread may call it */
    /* One sentence about the last failure; "" after success. */
    const char *(*error)(struct dh_gpu *gpu);
};

/* The back ends of this program, NULL at the end; hardware first, in the order that "auto" tries them. */
extern const struct dh_gpu_backend *const dh_gpu_backends[];
const struct dh_gpu_backend *dh_gpu_backend_by_name(const char *name); /* NULL: none of that name */

/* "gemm"; "bf16". The words of <sample kernel= format=>; _by_name: -1 for none. */
const char *dh_gpu_kernel_name(enum dh_gpu_kernel kernel);
const char *dh_gpu_format_name(enum dh_gpu_format format);
int32_t dh_gpu_kernel_by_name(const char *name);
int32_t dh_gpu_format_by_name(const char *name);

/* Bytes of an element in memory; the format of results (fp32 of fp32 and tf32, bf16 of bf16 and fp8, fp16 of
 * fp16). */
size_t dh_gpu_format_bytes(enum dh_gpu_format format);
enum dh_gpu_format dh_gpu_result_format(enum dh_gpu_format format);

/* Element i of an operand: random, with as many significant bits as the format holds, therefore exact in it:
 *   x = i * 2654435761 ^ seed (32 bits, wrapping), then murmur3's finalizer (x ^= x>>16, *= 0x85ebca6b, x ^=
 * x>>13,
 *   *= 0xc2b2ae35, x ^= x>>16); b significant bits (fp32 24, tf32 and fp16 11, bf16 8, e4m3 4):
 *   value = ((int32)x >> (32 - b)) / 2^b, in [-0.5, 0.5). Kernels have the same lines. */
double dh_gpu_value(uint32_t seed, int64_t i, enum dh_gpu_format format);

/* Between a format's bytes and numbers (round to nearest even; NaN stays). */
double dh_gpu_decode(const void *bytes, enum dh_gpu_format format);
void dh_gpu_encode(void *bytes, enum dh_gpu_format format, double value);

#endif
