/* Every kernel of the OpenCL back end, at sizes that are multiples of nothing, against double precision: with
 * the kernels for processors and with those for GPUs, both on whatever device is first. Without a device the
 * tests are skipped. */
#include "tests/tests.h"

#include "models/gpu/opencl_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct dh_gpu *gpu;
static const struct dh_gpu_backend *const cl = &dh_gpu_opencl;

static void open_device(bool barriers) {
    char why[256] = "";
    struct dh_gpu_options options = {0};
    enum dh_gpu_status status = dh_opencl_open(&gpu, &options, &barriers, why, sizeof why);
    if (status == DH_GPU_NO_DEVICE) {
        print_message("# SKIP %s\n", why);
        skip();
    }
    if (status != DH_GPU_OK)
        fail_msg("%s", why);
}

static void done(enum dh_gpu_status status) {
    if (status != DH_GPU_OK)
        fail_msg("status %d: %s", (int)status, cl->error(gpu));
    assert_string_equal(cl->error(gpu), "");
}

static dh_gpu_buffer operand(int64_t n, enum dh_gpu_format format, uint32_t seed) {
    dh_gpu_buffer buffer;
    done(cl->alloc(gpu, (size_t)n * dh_gpu_format_bytes(format), &buffer));
    if (seed)
        done(cl->fill(gpu, buffer, format, n, seed));
    else
        done(cl->poison(gpu, buffer, (size_t)n * dh_gpu_format_bytes(format)));
    return buffer;
}

/* The elements of a buffer, widened; the caller frees them. One more than n is poisoned behind them in
 * results, and must have stayed so. */
static double *elements(dh_gpu_buffer buffer, int64_t n, enum dh_gpu_format format) {
    size_t width = dh_gpu_format_bytes(format);
    unsigned char *bytes = malloc((size_t)n * width);
    double *values = malloc((size_t)n * sizeof *values);
    assert_non_null(bytes);
    assert_non_null(values);
    done(cl->download(gpu, bytes, buffer, 0, (size_t)n * width));
    for (int64_t i = 0; i < n; i++)
        values[i] = dh_gpu_decode(bytes + (size_t)i * width, format);
    free(bytes);
    return values;
}

/* Rounding of a result in its format, and of `terms` sums in fp32, relative to the sum of absolute terms. */
static double tolerance(enum dh_gpu_format format) {
    return format == DH_GPU_BF16 ? 0x1p-8 : format == DH_GPU_FP16 ? 0x1p-11 : 1e-6;
}

static void close_to(double is, double want, double size, enum dh_gpu_format format, const char *what,
                     int64_t at) {
    /* written so that NaN fails */
    if (!(fabs(is - want) <= tolerance(format) * fmax(fabs(want), size)))
        fail_msg("%s %s: element %lld is %.9g instead of %.9g", what, dh_gpu_format_name(format),
                 (long long)at, is, want);
}

static double *run(struct dh_gpu_launch *launch, int64_t n) {
    double seconds;
    launch->buffer[0] = operand(n + 1, launch->format, 0);
    done(cl->time(gpu, launch, 1, false, &seconds));
    if (!(seconds > 0 && seconds < 60))
        fail_msg("%s took %g s", dh_gpu_kernel_name(launch->kernel), seconds);
    double *out = elements(launch->buffer[0], n + 1, launch->format);
    if (!isnan(out[n]))
        fail_msg("%s writes behind its result", dh_gpu_kernel_name(launch->kernel));
    return out;
}

static void finish(struct dh_gpu_launch *launch, double *out) {
    for (int i = 0; i < DH_GPU_MAX_BUFFER; i++)
        cl->free(gpu, launch->buffer[i]);
    free(out);
}

static void product(enum dh_gpu_format format, int64_t m, int64_t n, int64_t k) {
    struct dh_gpu_launch l = {
        .kernel = DH_GPU_GEMM,
        .format = format,
        .size = {m,              n,      k },
        .buffer = { 0, operand(m * k, format, 7), operand(k * n, format, 8)}
    };
    double *c = run(&l, m * n);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0, size = 0;
            for (int64_t e = 0; e < k; e++) {
                double term = dh_gpu_value(7, i * k + e, format) * dh_gpu_value(8, e * n + j, format);
                sum += term;
                size += fabs(term);
            }
            close_to(c[i * n + j], sum, size, format, "gemm", i * n + j);
        }
    finish(&l, c);
}

static void attention(enum dh_gpu_kernel kernel, enum dh_gpu_format format, const int64_t *size) {
    int64_t batch = size[0], queries = size[1], keys = size[2], heads = size[3], kv_heads = size[4],
            dim = size[5], n = batch * queries * heads * dim, n_kv = batch * keys * kv_heads * dim;
    struct dh_gpu_launch l = {
        .kernel = kernel,
        .format = format,
        .buffer = {0, operand(n, format, 3), operand(n_kv, format, 4), operand(n_kv, format, 5)}
    };
    memcpy(l.size, size, sizeof l.size);
    double *o = run(&l, n), *weight = malloc((size_t)keys * sizeof *weight);
    assert_non_null(weight);
    for (int64_t row = 0; row < batch * queries * heads; row++) {
        int64_t b = row / (queries * heads), i = row / heads % queries, h = row % heads;
        int64_t of_kv = b * keys * kv_heads + h * kv_heads / heads, seen = keys - queries + i + 1;
        double total = 0;
        for (int64_t j = 0; j < seen; j++) {
            double dot = 0;
            for (int64_t d = 0; d < dim; d++)
                dot += dh_gpu_value(3, row * dim + d, format) *
                       dh_gpu_value(4, (of_kv + j * kv_heads) * dim + d, format);
            total += weight[j] = exp(dot / sqrt((double)dim));
        }
        for (int64_t d = 0; d < dim; d++) {
            double sum = 0;
            for (int64_t j = 0; j < seen; j++)
                sum += weight[j] / total * dh_gpu_value(5, (of_kv + j * kv_heads) * dim + d, format);
            close_to(o[row * dim + d], sum, 0.25, format, dh_gpu_kernel_name(kernel), row * dim + d);
        }
    }
    free(weight);
    finish(&l, o);
}

static void rows(enum dh_gpu_kernel kernel, enum dh_gpu_format format, int64_t n_row, int64_t n) {
    struct dh_gpu_launch l = {
        .kernel = kernel, .format = format, .size = {n_row,   n },
                .buffer = { 0, operand(n_row * n, format, 9)}
    };
    double *out = run(&l, n_row * n);
    for (int64_t r = 0; r < n_row; r++) {
        double mean = 0, variance = 0, top = -INFINITY, sum = 0;
        for (int64_t c = 0; c < n; c++) {
            double x = dh_gpu_value(9, r * n + c, format);
            mean += x / (double)n;
            top = fmax(top, x);
        }
        for (int64_t c = 0; c < n; c++) {
            double x = dh_gpu_value(9, r * n + c, format);
            variance += (x - mean) * (x - mean) / (double)n;
            sum += exp(x - top);
        }
        for (int64_t c = 0; c < n; c++) {
            double x = dh_gpu_value(9, r * n + c, format);
            if (kernel == DH_GPU_SOFTMAX)
                close_to(out[r * n + c], exp(x - top) / sum, 0, format, "softmax", r * n + c);
            else
                close_to(out[r * n + c], (x - mean) / sqrt(variance + DH_GPU_EPSILON), 1, format, "layernorm",
                         r * n + c);
        }
    }
    finish(&l, out);
}

static void stream(enum dh_gpu_kernel kernel, int64_t n) {
    struct dh_gpu_launch l = {
        .kernel = kernel,
        .size = {n   },
        .buffer = { 0, operand(n, DH_GPU_FP32, 11), operand(n, DH_GPU_FP32, 12)}
    };
    uint32_t *index = malloc((size_t)n * sizeof *index);
    assert_non_null(index);
    for (int64_t i = 0; i < n; i++) /* backwards is a permutation */
        index[i] = (uint32_t)(n - 1 - i);
    if (kernel == DH_GPU_GATHER)
        done(cl->upload(gpu, l.buffer[2], 0, index, (size_t)n * sizeof *index));
    double *a = run(&l, n);
    for (int64_t i = 0; i < n; i++) {
        double b = dh_gpu_value(11, kernel == DH_GPU_GATHER ? index[i] : i, DH_GPU_FP32);
        double want = kernel == DH_GPU_TRIAD ? b + DH_GPU_FACTOR * dh_gpu_value(12, i, DH_GPU_FP32) : b;
        close_to(a[i], want, 0, DH_GPU_FP32, dh_gpu_kernel_name(kernel), i);
    }
    free(index);
    finish(&l, a);
}

static void all_kernels(bool barriers) {
    static const int64_t products[][3] = {
        {1,  1,   1  },
        {1,  70,  129},
        {65, 1,   3  },
        {33, 47,  300},
        {64, 64,  128},
        {8,  100, 17 }
    };
    static const int64_t prompts[][6] = {
        {1, 1,   1,   1, 1, 64 },
        {2, 130, 130, 2, 1, 64 },
        {1, 5,   201, 6, 2, 80 },
        {1, 70,  77,  3, 3, 128},
        {1, 3,   3,   1, 1, 256}
    };
    static const int64_t tokens[][6] = {
        {1, 1, 1,   1, 1, 64 },
        {3, 1, 300, 8, 2, 64 },
        {2, 1, 65,  4, 4, 128},
        {1, 2, 513, 5, 1, 72 }
    };
    static const int64_t shapes[][2] = {
        {1,  1   },
        {3,  1000},
        {17, 15  },
        {2,  4097}
    };
    static const int64_t lengths[] = {1, 15, 16, 4097, 100003};
    open_device(barriers);
    for (int f = 0; f < DH_N_GPU_FORMAT; f++) {
        enum dh_gpu_format format = (enum dh_gpu_format)f;
        if (!cl->supports(gpu, DH_GPU_GEMM, format))
            continue;
        for (size_t i = 0; i < sizeof products / sizeof *products; i++)
            product(format, products[i][0], products[i][1], products[i][2]);
        for (size_t i = 0; i < sizeof prompts / sizeof *prompts; i++)
            attention(DH_GPU_PREFILL, format, prompts[i]);
        for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
            attention(DH_GPU_DECODE, format, tokens[i]);
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            rows(DH_GPU_LAYERNORM, format, shapes[i][0], shapes[i][1]);
            rows(DH_GPU_SOFTMAX, format, shapes[i][0], shapes[i][1]);
        }
    }
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        stream(DH_GPU_TRIAD, lengths[i]);
        stream(DH_GPU_COPY, lengths[i]);
        stream(DH_GPU_GATHER, lengths[i]);
    }
    cl->close(gpu);
}

void opencl_kernels_for_processors_compute_what_they_should(void **state) {
    (void)state;
    all_kernels(false);
}

void opencl_kernels_for_gpus_compute_what_they_should(void **state) {
    (void)state;
    all_kernels(true);
}

void opencl_operands_are_those_of_every_back_end(void **state) {
    (void)state;
    open_device(false);
    for (int f = 0; f < DH_N_GPU_FORMAT; f++) {
        enum dh_gpu_format format = (enum dh_gpu_format)f;
        if (!cl->supports(gpu, DH_GPU_GEMM, format))
            continue;
        dh_gpu_buffer buffer = operand(1000, format, 0x12345678);
        double *is = elements(buffer, 1000, format);
        for (int64_t i = 0; i < 1000; i++)
            assert_true(is[i] == dh_gpu_value(0x12345678, i, format));
        free(is);
        done(cl->poison(gpu, buffer, 10 * dh_gpu_format_bytes(format)));
        is = elements(buffer, 11, format);
        for (int i = 0; i < 10; i++)
            assert_true(isnan(is[i]));
        assert_true(is[10] == dh_gpu_value(0x12345678, 10, format));
        free(is);
        cl->free(gpu, buffer);
    }
    cl->close(gpu);
}

void opencl_copies_and_launches_take_time(void **state) {
    (void)state;
    double one, many, seconds;
    open_device(false);
    for (int pinned = 0; pinned < 2; pinned++)
        for (int kernel = DH_GPU_H2D; kernel <= DH_GPU_BOTH; kernel++) {
            struct dh_gpu_launch copy = {.kernel = (enum dh_gpu_kernel)kernel, .size = {1 << 20}};
            done(cl->time(gpu, &copy, 1, pinned, &seconds));
            assert_true(seconds > 0 && seconds < 10);
        }
    struct dh_gpu_launch empty[100];
    for (int i = 0; i < 100; i++)
        empty[i] = (struct dh_gpu_launch){.kernel = DH_GPU_EMPTY, .size = {1}};
    done(cl->time(gpu, empty, 1, false, &one));
    for (int i = 0; i < 20; i++) { /* the shortest of some: the host may be busy with other work */
        done(cl->time(gpu, empty, 1, false, &seconds));
        one = seconds < one ? seconds : one;
    }
    done(cl->time(gpu, empty, 100, false, &many));
    assert_true(one > 0 && many > one);
    assert_false(cl->supports(gpu, DH_GPU_GRAPH, DH_GPU_FP32));
    done(cl->time(gpu, empty, 100, true, &many)); /* as without */
    cl->close(gpu);
}

void opencl_says_what_it_cannot_do_and_goes_on(void **state) {
    (void)state;
    struct dh_gpu_options beyond = {.device = 1000};
    struct dh_gpu *none = (struct dh_gpu *)&beyond;
    dh_gpu_buffer buffer;
    char why[256] = "";
    double seconds;
    int32_t m, n;
    open_device(false);
    assert_int_equal(cl->open(&none, &beyond, why, sizeof why), DH_GPU_NO_DEVICE);
    assert_null(none);
    assert_non_null(strstr(why, "no device 1000"));

    assert_int_equal(cl->alloc(gpu, SIZE_MAX / 4, &buffer), DH_GPU_OUT_OF_MEMORY);
    assert_true(buffer == 0);
    assert_non_null(strstr(cl->error(gpu), "CL_MEM_OBJECT_ALLOCATION_FAILURE"));
    buffer = operand(8, DH_GPU_FP32, 1); /* and still works */

    assert_false(cl->supports(gpu, DH_GPU_GEMM, DH_GPU_FP8));
    assert_false(cl->supports(gpu, DH_GPU_TRIAD, DH_GPU_BF16));
    assert_false(cl->supports(gpu, DH_GPU_ALLREDUCE, DH_GPU_FP32));
    struct dh_gpu_launch l = {
        .kernel = DH_GPU_GEMM, .format = DH_GPU_FP8, .size = {1,      1,      1     },
                .buffer = {buffer, buffer, buffer}
    };
    assert_int_equal(cl->time(gpu, &l, 1, false, &seconds), DH_GPU_UNSUPPORTED);
    assert_string_not_equal(cl->error(gpu), "");
    l.format = DH_GPU_FP32;
    l.size[0] = 0;
    assert_int_equal(cl->time(gpu, &l, 1, false, &seconds), DH_GPU_UNSUPPORTED);
    l.size[0] = 1;
    l.buffer[2] = 0;
    assert_int_equal(cl->time(gpu, &l, 1, false, &seconds), DH_GPU_FAILED);
    struct dh_gpu_launch wide = {
        .kernel = DH_GPU_DECODE, .size = {1,    1, 1,    1,      1, 512},
             .buffer = {buffer, buffer,  buffer, buffer}
    };
    assert_int_equal(cl->time(gpu, &wide, 1, false, &seconds), DH_GPU_UNSUPPORTED);
    assert_int_equal(cl->upload(gpu, buffer, 4, why, 32), DH_GPU_FAILED);
    assert_int_equal(cl->download(gpu, why, buffer, 33, 0), DH_GPU_FAILED);

    cl->tile(gpu, DH_GPU_GEMM, DH_GPU_FP32, &m, &n);
    assert_true(m > 0 && n > 0);
    cl->tile(gpu, DH_GPU_TRIAD, DH_GPU_FP32, &m, &n);
    assert_true(m == 0 && n == 0);
    cl->close(gpu);
    cl->close(NULL);
}

/* ---- a driver that fails where it is told to, and counts what is not given back ---- */

static struct dh_opencl_api driver;
static int fail_at, live, contexts, queues;

static bool fails(void) {
    return fail_at > 0 && --fail_at == 0;
}

static int32_t counted(int32_t error, const cl_event *event) {
    live += error == CL_SUCCESS && event;
    return error;
}

static cl_memory create_buffer(cl_context c, uint64_t flags, size_t bytes, void *host, int32_t *error) {
    if (fails()) {
        *error = CL_OUT_OF_RESOURCES;
        return NULL;
    }
    cl_memory m = driver.CreateBuffer(c, flags, bytes, host, error);
    counted(*error, (void *)m);
    return m;
}
static cl_program create_program(cl_context c, uint32_t n, const char **texts, const size_t *lengths,
                                 int32_t *error) {
    if (fails()) {
        *error = CL_OUT_OF_RESOURCES;
        return NULL;
    }
    cl_program p = driver.CreateProgramWithSource(c, n, texts, lengths, error);
    counted(*error, (void *)p);
    return p;
}
static cl_kernel create_kernel(cl_program p, const char *name, int32_t *error) {
    if (fails()) {
        *error = CL_OUT_OF_RESOURCES;
        return NULL;
    }
    cl_kernel k = driver.CreateKernel(p, name, error);
    counted(*error, (void *)k);
    return k;
}
static void *map_buffer(cl_queue q, cl_memory m, uint32_t wait, uint64_t flags, size_t at, size_t bytes,
                        uint32_t n, const cl_event *before, cl_event *event, int32_t *error) {
    if (fails()) {
        *error = CL_OUT_OF_RESOURCES;
        return NULL;
    }
    void *mapped = driver.EnqueueMapBuffer(q, m, wait, flags, at, bytes, n, before, event, error);
    counted(*error, mapped);
    return mapped;
}
static int32_t unmap(cl_queue q, cl_memory m, void *mapped, uint32_t n, const cl_event *before,
                     cl_event *event) {
    live--;
    return driver.EnqueueUnmapMemObject(q, m, mapped, n, before, event);
}
static int32_t build_program(cl_program p, uint32_t n, const cl_device *d, const char *options, void *notify,
                             void *data) {
    return fails() ? CL_OUT_OF_RESOURCES : driver.BuildProgram(p, n, d, options, notify, data);
}
static int32_t set_argument(cl_kernel k, uint32_t i, size_t bytes, const void *value) {
    return fails() ? CL_OUT_OF_RESOURCES : driver.SetKernelArg(k, i, bytes, value);
}
static int32_t launch(cl_queue q, cl_kernel k, uint32_t dimensions, const size_t *offset, const size_t *all,
                      const size_t *group, uint32_t n, const cl_event *before, cl_event *event) {
    return fails()
               ? CL_OUT_OF_RESOURCES
               : counted(driver.EnqueueNDRangeKernel(q, k, dimensions, offset, all, group, n, before, event),
                         event);
}
static int32_t read_buffer(cl_queue q, cl_memory m, uint32_t wait, size_t at, size_t bytes, void *to,
                           uint32_t n, const cl_event *before, cl_event *event) {
    return fails() ? CL_OUT_OF_RESOURCES
                   : counted(driver.EnqueueReadBuffer(q, m, wait, at, bytes, to, n, before, event), event);
}
static int32_t write_buffer(cl_queue q, cl_memory m, uint32_t wait, size_t at, size_t bytes, const void *from,
                            uint32_t n, const cl_event *before, cl_event *event) {
    return fails() ? CL_OUT_OF_RESOURCES
                   : counted(driver.EnqueueWriteBuffer(q, m, wait, at, bytes, from, n, before, event), event);
}
static int32_t fill_buffer(cl_queue q, cl_memory m, const void *pattern, size_t width, size_t at,
                           size_t bytes, uint32_t n, const cl_event *before, cl_event *event) {
    return fails() ? CL_OUT_OF_RESOURCES
                   : driver.EnqueueFillBuffer(q, m, pattern, width, at, bytes, n, before, event);
}
static int32_t finish_queue(cl_queue q) {
    int32_t error = driver.Finish(q); /* before it fails: what is in the queue uses memory */
    return fails() ? CL_OUT_OF_RESOURCES : error;
}
static int32_t profiling_info(cl_event e, uint32_t what, size_t room, void *value, size_t *bytes) {
    return fails() ? CL_OUT_OF_RESOURCES : driver.GetEventProfilingInfo(e, what, room, value, bytes);
}
static int32_t release_memory(cl_memory m) {
    live--;
    return driver.ReleaseMemObject(m);
}
static int32_t release_program(cl_program p) {
    live--;
    return driver.ReleaseProgram(p);
}
static int32_t release_kernel(cl_kernel k) {
    live--;
    return driver.ReleaseKernel(k);
}
static int32_t release_event(cl_event e) {
    live--;
    return driver.ReleaseEvent(e);
}
static int32_t release_context(cl_context c) {
    contexts--;
    return driver.ReleaseContext(c);
}
static int32_t release_queue(cl_queue q) {
    queues--;
    return driver.ReleaseCommandQueue(q);
}

static void open_failing_device(void) {
    open_device(false);
    driver = gpu->cl;
    live = 0, contexts = 1, queues = 2;
    gpu->cl.CreateBuffer = create_buffer;
    gpu->cl.CreateProgramWithSource = create_program;
    gpu->cl.CreateKernel = create_kernel;
    gpu->cl.EnqueueMapBuffer = map_buffer;
    gpu->cl.EnqueueUnmapMemObject = unmap;
    gpu->cl.BuildProgram = build_program;
    gpu->cl.SetKernelArg = set_argument;
    gpu->cl.EnqueueNDRangeKernel = launch;
    gpu->cl.EnqueueReadBuffer = read_buffer;
    gpu->cl.EnqueueWriteBuffer = write_buffer;
    gpu->cl.EnqueueFillBuffer = fill_buffer;
    gpu->cl.Finish = finish_queue;
    gpu->cl.GetEventProfilingInfo = profiling_info;
    gpu->cl.ReleaseMemObject = release_memory;
    gpu->cl.ReleaseProgram = release_program;
    gpu->cl.ReleaseKernel = release_kernel;
    gpu->cl.ReleaseEvent = release_event;
    gpu->cl.ReleaseContext = release_context;
    gpu->cl.ReleaseCommandQueue = release_queue;
}

/* Some of everything, up to the first failure. */
static enum dh_gpu_status session(void) {
    float values[4];
    double seconds;
    dh_gpu_buffer b[3];
    enum dh_gpu_status status = DH_GPU_OK;
    for (int i = 0; i < 3 && status == DH_GPU_OK; i++)
        if ((status = cl->alloc(gpu, 64, &b[i])) == DH_GPU_OK)
            status = i ? cl->fill(gpu, b[i], DH_GPU_FP32, 16, 1) : cl->poison(gpu, b[i], 64);
    if (status != DH_GPU_OK)
        return status;
    struct dh_gpu_launch l[3];
    for (int i = 0; i < 3; i++)
        l[i] = (struct dh_gpu_launch){
            .kernel = DH_GPU_GEMM, .size = {4,    4,    4   },
                 .buffer = {b[0], b[1], b[2]}
        };
    if ((status = cl->time(gpu, l, 3, false, &seconds)) != DH_GPU_OK)
        return status;
    for (int pinned = 0; pinned < 2; pinned++) {
        struct dh_gpu_launch copy = {.kernel = DH_GPU_BOTH, .size = {4096 << pinned}};
        if ((status = cl->time(gpu, &copy, 1, pinned, &seconds)) != DH_GPU_OK)
            return status;
    }
    if ((status = cl->upload(gpu, b[0], 0, values, sizeof values)) == DH_GPU_OK)
        status = cl->download(gpu, values, b[0], 0, sizeof values);
    cl->free(gpu, b[1]);
    return status;
}

void opencl_gives_back_what_it_took_wherever_a_call_fails(void **state) {
    (void)state;
    int n = 1;
    for (bool failed = true; failed; n++) {
        open_failing_device();
        fail_at = n;
        enum dh_gpu_status status = session();
        failed = fail_at == 0;
        if (failed) {
            assert_true(status == DH_GPU_FAILED || status == DH_GPU_OUT_OF_MEMORY);
            assert_non_null(strstr(cl->error(gpu), ": CL_OUT_OF_RESOURCES"));
            fail_at = 0;
            done(session()); /* what failed once works again */
        } else {
            done(status);
        }
        fail_at = 0;
        cl->close(gpu);
        assert_int_equal(live, 0);
        assert_int_equal(contexts, 0);
        assert_int_equal(queues, 0);
    }
    assert_true(n > 40); /* calls that were made to fail */
}

static int32_t refuse_to_build(cl_program p, uint32_t n, const cl_device *d, const char *options,
                               void *notify, void *data) {
    (void)p, (void)n, (void)d, (void)options, (void)notify, (void)data;
    return CL_BUILD_PROGRAM_FAILURE;
}
static int32_t say_why(cl_program p, cl_device d, uint32_t what, size_t room, void *value, size_t *bytes) {
    (void)p, (void)d, (void)what, (void)bytes;
    snprintf(value, room, "\nwarning: no matter\nkernels.cl:7:1: error: seven is broken\nand more\n");
    return CL_SUCCESS;
}

void opencl_quotes_the_first_error_of_a_compiler(void **state) {
    (void)state;
    open_failing_device();
    gpu->cl.BuildProgram = refuse_to_build;
    gpu->cl.GetProgramBuildInfo = say_why;
    assert_int_equal(session(), DH_GPU_FAILED);
    assert_string_equal(cl->error(gpu), "OpenCL: clBuildProgram (kernels.cl:7:1: error: seven is broken): "
                                        "CL_BUILD_PROGRAM_FAILURE");
    cl->close(gpu);
    assert_int_equal(live, 0);
}
