#include "models/gpu/opencl_internal.h"

#include <stdio.h>
#include <string.h>

/* Shapes that kernels.cl is built for. A processor's tile keeps both operands in its first-level cache
 * (PART_K of B: 16 KB) and is small, so that products of CI's size still have a few; its registers hold STRIP
 * x PANEL float16s of sums: 16 of 32 with AVX-512, 8 halves of 16 without. */
enum {
    CPU_TILE_M = 32,
    CPU_TILE_N = 32,
    CPU_QUERIES = 128, /* models/kernel.h's tile of prefill */
    GPU_TILE = 64,
    GPU_QUERIES = 64,
    LANES = 256,
    STREAM_GROUP = 256,
    MAX_ARGUMENT = 9
};

static const char *const names[DH_N_OPENCL_KERNEL] = {"fill",      "triad",   "copy", "gather",  "empty",
                                                      "layernorm", "softmax", "gemm", "prefill", "decode"};

bool dh_opencl_has_format(const struct dh_gpu *gpu, enum dh_gpu_format format) {
    return format == DH_GPU_FP32 || format == DH_GPU_BF16 || (format == DH_GPU_FP16 && gpu->has_fp16);
}

void dh_opencl_gemm_tile(const struct dh_gpu *gpu, int32_t *m, int32_t *n) {
    *m = gpu->barriers ? GPU_TILE : CPU_TILE_M;
    *n = gpu->barriers ? GPU_TILE : CPU_TILE_N;
}

/* ---- programs ---- */

/* The first line of the compiler's messages that tells of an error, else the first. */
static void first_line(const char *log, char *line, size_t room) {
    const char *at = strstr(log, "error");
    while (at && at > log && at[-1] != '\n')
        at--;
    if (!at)
        at = log + strspn(log, " \t\r\n");
    snprintf(line, room, "%.*s", (int)strcspn(at, "\r\n"), at);
}

static enum dh_gpu_status build(struct dh_gpu *gpu, enum dh_gpu_format format, int head,
                                struct dh_opencl_program *p) {
    struct dh_opencl_api *cl = &gpu->cl;
    const char *text = dh_opencl_kernels;
    char options[256], of_head[64] = "";
    int32_t error;
    bool wide = gpu->vector_width >= 16;
    if (head > 0)
        snprintf(of_head, sizeof of_head, " -DHEAD_DIM=%d -DGROUP_MAX=%d", 64 << (head - 1),
                 DH_OPENCL_MAX_GROUP);
    snprintf(options, sizeof options,
             "-cl-std=CL1.2 -cl-mad-enable -DFORMAT=%d -DLANES=%d -DSTRIP=%d -DPANEL=%d -DTILE_M=%d "
             "-DTILE_N=%d -DQUERIES=%d%s",
             (int)format, gpu->barriers ? LANES : 1, wide ? 8 : 4, wide ? 2 : 1, CPU_TILE_M, CPU_TILE_N,
             CPU_QUERIES, of_head);
    cl_program program = cl->CreateProgramWithSource(gpu->context, 1, &text, NULL, &error);
    enum dh_gpu_status status = dh_opencl_check(gpu, error, "clCreateProgramWithSource");
    if (status != DH_GPU_OK)
        return status;
    error = cl->BuildProgram(program, 1, &gpu->device, options, NULL, NULL);
    if (error != CL_SUCCESS) {
        static const char none[] = "the compiler says nothing";
        char log[16384] = "", line[256], what[320];
        if (cl->GetProgramBuildInfo(program, gpu->device, CL_PROGRAM_BUILD_LOG, sizeof log - 1, log, NULL) !=
                CL_SUCCESS ||
            log[strspn(log, " \t\r\n")] == '\0')
            memcpy(log, none, sizeof none);
        first_line(log, line, sizeof line);
        snprintf(what, sizeof what, "clBuildProgram (%s)", line);
        status = dh_opencl_check(gpu, error, what);
        cl->ReleaseProgram(program);
        return status;
    }
    p->program = program;
    return DH_GPU_OK;
}

static enum dh_gpu_status kernel_of(struct dh_gpu *gpu, enum dh_opencl_kernel kernel,
                                    enum dh_gpu_format format, int64_t head_dim, cl_kernel *is) {
    int head = head_dim == 0 ? 0 : head_dim <= 64 ? 1 : head_dim <= 128 ? 2 : 3;
    struct dh_opencl_program *p = &gpu->programs[format][head];
    enum dh_gpu_status status = p->program ? DH_GPU_OK : build(gpu, format, head, p);
    if (status == DH_GPU_OK && !p->kernels[kernel]) {
        char what[64];
        int32_t error;
        snprintf(what, sizeof what, "clCreateKernel of %s", names[kernel]);
        cl_kernel made = gpu->cl.CreateKernel(p->program, names[kernel], &error);
        status = dh_opencl_check(gpu, error, what);
        if (status == DH_GPU_OK)
            p->kernels[kernel] = made;
    }
    *is = p->kernels[kernel];
    return status;
}

void dh_opencl_free_programs(struct dh_gpu *gpu) {
    for (int f = 0; f < DH_N_GPU_FORMAT; f++)
        for (int h = 0; h < DH_OPENCL_HEADS; h++) {
            struct dh_opencl_program *p = &gpu->programs[f][h];
            for (int k = 0; k < DH_N_OPENCL_KERNEL; k++)
                if (p->kernels[k])
                    gpu->cl.ReleaseKernel(p->kernels[k]);
            if (p->program)
                gpu->cl.ReleaseProgram(p->program);
            *p = (struct dh_opencl_program){0};
        }
}

/* ---- launches ---- */

/* A kernel with its arguments in order, and how many work items of which group it takes. */
struct call {
    enum dh_opencl_kernel kernel;
    enum dh_gpu_format format;
    int64_t head_dim;
    struct argument {
        size_t bytes;
        union {
            cl_memory memory;
            int32_t i32;
            uint32_t u32;
            int64_t i64;
            float f32;
        } value;
    } arguments[MAX_ARGUMENT];
    uint32_t n_argument;
    size_t all[3], group[3];
};

static struct argument *next(struct call *c, size_t bytes) {
    struct argument *a = &c->arguments[c->n_argument++];
    a->bytes = bytes;
    return a;
}
static void add_memory(struct call *c, cl_memory memory) {
    next(c, sizeof memory)->value.memory = memory;
}
static void add_i32(struct call *c, int64_t value) {
    next(c, sizeof(int32_t))->value.i32 = (int32_t)value;
}
static void add_i64(struct call *c, int64_t value) {
    next(c, sizeof(int64_t))->value.i64 = value;
}
static void add_f32(struct call *c, double value) {
    next(c, sizeof(float))->value.f32 = (float)value;
}

static enum dh_gpu_status enqueue(struct dh_gpu *gpu, const struct call *c, cl_event *event) {
    cl_kernel kernel;
    char what[64];
    enum dh_gpu_status status = kernel_of(gpu, c->kernel, c->format, c->head_dim, &kernel);
    for (uint32_t i = 0; i < c->n_argument && status == DH_GPU_OK; i++) {
        snprintf(what, sizeof what, "clSetKernelArg %u of %s", (unsigned)i, names[c->kernel]);
        status = dh_opencl_check(
            gpu, gpu->cl.SetKernelArg(kernel, i, c->arguments[i].bytes, &c->arguments[i].value), what);
    }
    if (status != DH_GPU_OK)
        return status;
    snprintf(what, sizeof what, "clEnqueueNDRangeKernel of %s", names[c->kernel]);
    int32_t error =
        gpu->cl.EnqueueNDRangeKernel(gpu->queue, kernel, 3, NULL, c->all, c->group, 0, NULL, event);
    return dh_opencl_check(gpu, error, what);
}

static void shape(struct call *c, size_t x, size_t y, size_t z, size_t group) {
    c->all[0] = (x + group - 1) / group * group;
    c->all[1] = y;
    c->all[2] = z;
    c->group[0] = group;
    c->group[1] = c->group[2] = 1;
}

static size_t stream_group(const struct dh_gpu *gpu) {
    return gpu->largest_group < STREAM_GROUP ? gpu->largest_group : STREAM_GROUP;
}

enum dh_gpu_status dh_opencl_fill(struct dh_gpu *gpu, cl_memory to, enum dh_gpu_format format, int64_t n,
                                  uint32_t seed) {
    struct call c = {.kernel = DH_OPENCL_FILL, .format = format};
    add_memory(&c, to);
    add_i64(&c, n);
    next(&c, sizeof seed)->value.u32 = seed;
    shape(&c, (size_t)n, 1, 1, stream_group(gpu));
    return enqueue(gpu, &c, NULL);
}

static enum dh_gpu_status unsupported(struct dh_gpu *gpu, const char *what) {
    snprintf(gpu->error, sizeof gpu->error, "OpenCL: %s", what);
    return DH_GPU_UNSUPPORTED;
}

static size_t pieces(int64_t n, int64_t piece) {
    return (size_t)((n + piece - 1) / piece);
}

static void attention(struct dh_gpu *gpu, struct call *c, const int64_t *size, bool prefill) {
    int64_t batch = size[0], queries = size[1], keys = size[2], heads = size[3], kv_heads = size[4];
    size_t lanes = gpu->barriers ? LANES : 1;
    c->kernel = prefill ? DH_OPENCL_PREFILL : DH_OPENCL_DECODE;
    c->head_dim = size[5];
    add_i32(c, queries);
    add_i32(c, keys);
    add_i32(c, heads);
    add_i32(c, kv_heads);
    add_i32(c, size[5]);
    if (prefill)
        shape(c, lanes * pieces(queries, gpu->barriers ? GPU_QUERIES : CPU_QUERIES), (size_t)heads,
              (size_t)batch, lanes);
    else
        shape(c, lanes * (size_t)queries, (size_t)(gpu->barriers ? heads : kv_heads), (size_t)batch, lanes);
}

enum dh_gpu_status dh_opencl_launch(struct dh_gpu *gpu, const struct dh_gpu_launch *launch, cl_event *event) {
    static const struct {
        uint8_t buffers, sizes;
    } takes[] = {
        [DH_GPU_GEMM] = {3, 3},
          [DH_GPU_PREFILL] = {4, 6},
          [DH_GPU_DECODE] = {4, 6},
        [DH_GPU_TRIAD] = {3, 1},
          [DH_GPU_COPY] = {2, 1},
          [DH_GPU_GATHER] = {3, 1},
        [DH_GPU_LAYERNORM] = {2, 2},
          [DH_GPU_SOFTMAX] = {2, 2},
          [DH_GPU_EMPTY] = {0, 1},
    };
    const int64_t *size = launch->size;
    struct call c = {.format = launch->format};
    size_t lanes = gpu->barriers ? LANES : 1;
    int64_t width = gpu->barriers ? 4 : 16; /* WIDTH of kernels.cl */
    int32_t tile_m, tile_n;
    if ((size_t)launch->kernel >= sizeof takes / sizeof *takes || !takes[launch->kernel].sizes)
        return unsupported(gpu, "no such kernel");
    if (!dh_opencl_has_format(gpu, launch->format))
        return unsupported(gpu, "this device has no such number format");
    for (int i = 0; i < takes[launch->kernel].sizes; i++)
        if (size[i] < 1 || (takes[launch->kernel].sizes > 1 && size[i] > INT32_MAX / 2))
            return unsupported(gpu, "no kernel takes such a size");
    for (int i = 0; i < takes[launch->kernel].buffers; i++) {
        cl_memory memory = dh_opencl_memory(gpu, launch->buffer[i]);
        if (!memory)
            return dh_opencl_check(gpu, CL_INVALID_VALUE, "a launch without its buffers");
        add_memory(&c, memory);
    }
    dh_opencl_gemm_tile(gpu, &tile_m, &tile_n);
    switch (launch->kernel) {
    case DH_GPU_GEMM:
        c.kernel = DH_OPENCL_GEMM;
        for (int i = 0; i < 3; i++)
            add_i32(&c, size[i]);
        shape(&c, lanes * pieces(size[1], tile_n), pieces(size[0], tile_m), 1, lanes);
        break;
    case DH_GPU_PREFILL:
    case DH_GPU_DECODE:
        if (size[2] < size[1] || size[3] % size[4] != 0 || size[3] / size[4] > DH_OPENCL_MAX_GROUP ||
            size[5] > DH_OPENCL_MAX_HEAD)
            return unsupported(gpu,
                               "attention takes at least as many keys as queries, up to 128 heads for one "
                               "of keys, dimensions up to 256");
        attention(gpu, &c, size, launch->kernel == DH_GPU_PREFILL);
        break;
    case DH_GPU_LAYERNORM:
    case DH_GPU_SOFTMAX:
        c.kernel = launch->kernel == DH_GPU_SOFTMAX ? DH_OPENCL_SOFTMAX : DH_OPENCL_LAYERNORM;
        add_i32(&c, size[1]);
        if (c.kernel == DH_OPENCL_LAYERNORM)
            add_f32(&c, DH_GPU_EPSILON);
        shape(&c, lanes * (size_t)size[0], 1, 1, lanes);
        break;
    case DH_GPU_EMPTY:
        c.kernel = DH_OPENCL_EMPTY;
        shape(&c, 1, 1, 1, 1);
        break;
    default: /* triad, copy, gather */
        c.kernel = launch->kernel == DH_GPU_TRIAD  ? DH_OPENCL_TRIAD
                   : launch->kernel == DH_GPU_COPY ? DH_OPENCL_COPY
                                                   : DH_OPENCL_GATHER;
        c.format = DH_GPU_FP32;
        if (launch->kernel == DH_GPU_TRIAD)
            add_f32(&c, DH_GPU_FACTOR);
        add_i64(&c, size[0]);
        shape(&c, launch->kernel == DH_GPU_GATHER ? (size_t)size[0] : pieces(size[0], width), 1, 1,
              stream_group(gpu));
        break;
    }
    return enqueue(gpu, &c, event);
}
