/* What every back end of calibration must do, run against each one that opens here: models/gpu/backend.h is
 * the contract, models/gpu/reference.h what kernels must give. */
#include "tests/tests.h"

#include "models/gpu/check.h"
#include "models/gpu/measure.h"
#include "models/gpu/recorded.h"
#include "models/gpu/reference.h"
#include "models/gpu/synthetic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* At sizes that are multiples of nothing, and of a large one for time to grow. */
static const struct dh_gpu_point points[] = {
    {.kernel = DH_GPU_GEMM,      .size = {1, 1, 1}             },
    {.kernel = DH_GPU_GEMM,      .size = {3, 5, 7}             },
    {.kernel = DH_GPU_GEMM,      .size = {17, 33, 65}          },
    {.kernel = DH_GPU_GEMM,      .size = {1, 130, 258}         },
    {.kernel = DH_GPU_GEMM,      .size = {131, 66, 35}         },
    {.kernel = DH_GPU_GEMM,      .size = {5, 48, 80}           },
    {.kernel = DH_GPU_GEMM,      .size = {256, 256, 256}       },
    {.kernel = DH_GPU_PREFILL,   .size = {1, 1, 1, 1, 1, 64}   },
    {.kernel = DH_GPU_PREFILL,   .size = {2, 37, 37, 4, 2, 64} },
    {.kernel = DH_GPU_PREFILL,   .size = {1, 5, 133, 2, 1, 128}},
    {.kernel = DH_GPU_DECODE,    .size = {1, 1, 1, 1, 1, 128}  },
    {.kernel = DH_GPU_DECODE,    .size = {3, 1, 77, 4, 2, 64}  },
    {.kernel = DH_GPU_DECODE,    .size = {2, 1, 300, 8, 1, 128}},
    {.kernel = DH_GPU_TRIAD,     .size = {1}                   },
    {.kernel = DH_GPU_TRIAD,     .size = {1023}                },
    {.kernel = DH_GPU_COPY,      .size = {4097}                },
    {.kernel = DH_GPU_GATHER,    .size = {1}                   },
    {.kernel = DH_GPU_GATHER,    .size = {1000}                },
    {.kernel = DH_GPU_LAYERNORM, .size = {1, 2}                },
    {.kernel = DH_GPU_LAYERNORM, .size = {3, 129}              },
    {.kernel = DH_GPU_LAYERNORM, .size = {17, 1000}            },
    {.kernel = DH_GPU_SOFTMAX,   .size = {1, 1}                },
    {.kernel = DH_GPU_SOFTMAX,   .size = {3, 129}              },
    {.kernel = DH_GPU_SOFTMAX,   .size = {17, 1000}            },
    {.kernel = DH_GPU_EMPTY,     .size = {1}                   },
    {.kernel = DH_GPU_H2D,       .size = {4099}                },
    {.kernel = DH_GPU_D2H,       .size = {4099}                },
    {.kernel = DH_GPU_BOTH,      .size = {4099}                },
};
enum { N_POINT = sizeof points / sizeof *points };

static const struct dh_gpu_backend *b;
static struct dh_gpu *gpu;

static void good(enum dh_gpu_status status) {
    if (status != DH_GPU_OK)
        fail_msg("%s: status %d: %s", b->name, (int)status, b->error(gpu));
    assert_string_equal(b->error(gpu), "");
}

/* Refused with a sentence, and the next call works. */
static void bad(enum dh_gpu_status status) {
    assert_int_not_equal(status, DH_GPU_OK);
    assert_true(strlen(b->error(gpu)) > 5);
    dh_gpu_buffer buffer = 0;
    good(b->alloc(gpu, 64, &buffer));
    good(b->poison(gpu, buffer, 64));
    b->free(gpu, buffer);
}

static void opens_and_closes(const struct dh_gpu_options *options) {
    char why[320] = "";
    struct dh_gpu *second = NULL;
    struct dh_gpu_info info;
    struct dh_gpu_options far = *options;
    assert_true(b->count(options, why, sizeof why) >= 1);
    b->describe(gpu, &info);
    assert_true(info.name[0] != '\0' && memchr(info.name, 0, sizeof info.name));
    assert_non_null(memchr(info.runtime, 0, sizeof info.runtime));
    assert_non_null(memchr(info.kernels, 0, sizeof info.kernels));
    assert_true(info.units >= 0 && info.count >= 1);
    assert_false(info.memory_bytes <= 0 || info.cache_bytes < 0);
    assert_int_equal(b->open(&second, options, why, sizeof why), DH_GPU_OK);
    b->close(second);
    b->close(NULL);
    far.device = 999;
    assert_int_equal(b->open(&second, &far, why, sizeof why), DH_GPU_NO_DEVICE);
    assert_null(second);
    assert_true(strlen(why) > 5);
}

/* Does any kernel take operands of this format? */
static bool is_used(enum dh_gpu_format format) {
    for (enum dh_gpu_kernel k = 0; k < DH_N_GPU_KERNEL; k++)
        if (b->supports(gpu, k, format))
            return true;
    return false;
}

static void memory_keeps_bytes(void) {
    enum { N = 1000 };
    unsigned char out[N], in[N];
    dh_gpu_buffer buffer = 0, huge = 7;
    for (int i = 0; i < N; i++)
        out[i] = (unsigned char)(i * 7);
    good(b->alloc(gpu, N, &buffer));
    assert_true(buffer != 0);
    good(b->upload(gpu, buffer, 0, out, N));
    good(b->upload(gpu, buffer, 333, out, 100));
    good(b->download(gpu, in, buffer, 0, N));
    assert_memory_equal(in, out, 333);
    assert_memory_equal(in + 333, out, 100);
    assert_memory_equal(in + 433, out + 433, N - 433);
    good(b->download(gpu, in, buffer, 334, 5));
    assert_memory_equal(in, out + 1, 5);
    good(b->poison(gpu, buffer, N));
    good(b->download(gpu, in, buffer, 0, N));
    for (int i = 0; i < N; i++)
        assert_int_equal(in[i], 0xFF);
    for (enum dh_gpu_format f = 0; f < DH_N_GPU_FORMAT; f++) {
        int64_t n = N / (int64_t)dh_gpu_format_bytes(f) - 3; /* not all of the buffer */
        good(b->poison(gpu, buffer, N));
        enum dh_gpu_status status = b->fill(gpu, buffer, f, n, 77 + f);
        if (status == DH_GPU_UNSUPPORTED && !is_used(f))
            continue;
        good(status);
        good(b->download(gpu, in, buffer, 0, N));
        for (int64_t i = 0; i < n; i++)
            assert_true(dh_gpu_decode(in + (size_t)i * dh_gpu_format_bytes(f), f) ==
                        dh_gpu_value(77 + f, i, f));
    }
    assert_int_equal(b->alloc(gpu, (size_t)1 << 58, &huge), DH_GPU_OUT_OF_MEMORY);
    assert_true(huge == 0);
    bad(DH_GPU_OUT_OF_MEMORY);
    b->free(gpu, buffer);
    b->free(gpu, 0);
}

/* One point in one format; *seconds of its launch. false: this device does not have it. */
static bool computes(const struct dh_gpu_point *point, double *seconds) {
    struct dh_gpu_operands operands = {.backend = b, .gpu = gpu, .limit_bytes = 0x1p28};
    struct dh_gpu_launch launch = {.kernel = point->kernel, .format = point->format};
    struct dh_gpu_shape shape;
    uint32_t seeds[DH_GPU_MAX_BUFFER];
    double error;
    char text[160];
    if (!b->supports(gpu, point->kernel, point->format))
        return false;
    /* cuBLASLt wants multiples of 16 of its 8-bit operands, and says so */
    bool may_refuse = point->format == DH_GPU_FP8 && (point->size[1] % 16 || point->size[2] % 16);
    memcpy(launch.size, point->size, sizeof launch.size);
    assert_true(dh_gpu_shape(&shape, point));
    good(dh_gpu_operands_take(&operands, &shape, 0, true, &launch));
    for (int32_t i = 0; i < DH_GPU_MAX_BUFFER; i++)
        seeds[i] = dh_gpu_operand_seed(i, 0);
    if (shape.n_buffer > 0)
        good(b->poison(gpu, launch.buffer[0],
                       (size_t)shape.elements[0] * dh_gpu_format_bytes(shape.formats[0])));
    enum dh_gpu_status status = b->time(gpu, &launch, 1, false, seconds);
    if (may_refuse && status == DH_GPU_UNSUPPORTED) {
        dh_gpu_operands_free(&operands);
        return false;
    }
    good(status);
    assert_true(*seconds > 0 && *seconds < 60);
    for (uint32_t sample = 1; sample < 4; sample++) {
        good(dh_gpu_check(b, gpu, point, &launch, seeds, sample, &error));
        if (!(error <= dh_gpu_tolerance(point->format)))
            fail_msg("%s: %s is wrong by %g", b->name, dh_gpu_point_text(text, sizeof text, point), error);
    }
    const char *library = b->library(gpu, point->kernel, point->format);
    assert_true(library && library[0]);
    dh_gpu_operands_free(&operands);
    return true;
}

static void kernels_compute(void) {
    double small = 0, large = 0;
    for (enum dh_gpu_format f = 0; f < DH_N_GPU_FORMAT; f++)
        for (int32_t i = 0; i < N_POINT; i++) {
            struct dh_gpu_point point = points[i];
            double seconds;
            point.format = f;
            if (computes(&point, &seconds) && point.kernel == DH_GPU_GEMM && f == DH_GPU_FP32) {
                small = i == 1 ? seconds : small;
                large = seconds;
            }
        }
    /* 160000 times the work: even a launch's own time is less than this much more */
    if (b->supports(gpu, DH_GPU_GEMM, DH_GPU_FP32))
        assert_true(large > 0 && small > 0 && (!b->real || large > 0.5 * small));
}

/* n launches, one behind the other, with and without a graph. */
static void launches_repeat(void) {
    struct dh_gpu_operands operands = {.backend = b, .gpu = gpu, .limit_bytes = 0x1p28};
    struct dh_gpu_point point = {.kernel = DH_GPU_COPY, .size = {4097}};
    struct dh_gpu_launch launch[50];
    struct dh_gpu_shape shape;
    double seconds = 0;
    assert_true(dh_gpu_shape(&shape, &point));
    launch[0] = (struct dh_gpu_launch){.kernel = point.kernel, .size = {4097}};
    if (!b->supports(gpu, DH_GPU_COPY, DH_GPU_FP32))
        return;
    good(dh_gpu_operands_take(&operands, &shape, 0, true, &launch[0]));
    for (int i = 1; i < 50; i++)
        launch[i] = launch[0];
    for (int graph = 0; graph < 2; graph++) {
        good(b->time(gpu, launch, 50, graph, &seconds));
        assert_true(seconds > 0 && isfinite(seconds));
    }
    dh_gpu_operands_free(&operands);
}

static void nonsense_is_refused(void) {
    static const struct dh_gpu_launch nonsense[] = {
        {.kernel = DH_GPU_GEMM,    .size = {0, 4, 4} },
        {.kernel = DH_GPU_GEMM,    .size = {4, 4, -1}},
        {.kernel = DH_GPU_TRIAD,   .size = {0}       },
        {.kernel = DH_GPU_SOFTMAX, .size = {4, 0}    },
        {.kernel = DH_GPU_GEMM,    .size = {4, 4, 4} }, /* without operands */
    };
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        double seconds;
        if (b->supports(gpu, nonsense[i].kernel, nonsense[i].format))
            bad(b->time(gpu, &nonsense[i], 1, false, &seconds));
    }
}

static void counters_tell_or_do_not(void) {
    struct dh_gpu_counters c;
    if (!b->counters || b->counters(gpu, &c) != DH_GPU_OK)
        return;
    assert_false(c.energy_j < 0 || c.power_w < 0 || c.temperature_degc < -50 || c.temperature_degc > 200);
    assert_true(c.throttle >= -1 && c.other_processes >= -1);
}

static void contract(const char *name, const void *given) {
    char why[320] = "";
    struct dh_gpu_options options = {.given = given};
    b = dh_gpu_backend_by_name(name);
    if (!b)
        SKIP("this program has no back end '%s'", name);
    if (b->open(&gpu, &options, why, sizeof why) != DH_GPU_OK) {
        assert_null(gpu);
        assert_true(b->real && strlen(why) > 5);
        SKIP("%s", why);
    }
    opens_and_closes(&options);
    memory_keeps_bytes();
    kernels_compute();
    launches_repeat();
    nonsense_is_refused();
    counters_tell_or_do_not();
    /* what is still allocated goes with the device */
    dh_gpu_buffer left;
    good(b->alloc(gpu, 4096, &left));
    b->close(gpu);
}

void synthetic_devices_keep_the_contract(void **state) {
    (void)state;
    contract("synthetic", NULL);
}

void recorded_devices_keep_the_contract(void **state) {
    (void)state;
    static struct dh_gpu_sample samples[2 * N_POINT];
    struct dh_gpu_recording recording = {
        .info = {.name = "played back", .count = 1, .memory_bytes = 1e9},
        .samples = samples,
        .n = 2 * N_POINT
    };
    for (int32_t i = 0; i < N_POINT; i++)
        for (int32_t f = 0; f < 2; f++) {
            struct dh_gpu_sample *s = &samples[2 * i + f];
            struct dh_gpu_shape shape;
            *s = (struct dh_gpu_sample){
                .point = points[i], .seconds = 1e-6 * (i + 1), .n = 1, .library = "own"};
            s->point.format = f ? DH_GPU_BF16 : DH_GPU_FP32;
            if (!dh_gpu_shape(&shape, &s->point))
                s->point.format = DH_GPU_FP32;
        }
    contract("recorded", &recording);
    /* the times are those recorded; other points are none */
    struct dh_gpu_options options = {.given = &recording};
    char why[320];
    double seconds;
    struct dh_gpu_launch launch = {.kernel = DH_GPU_H2D, .size = {4099}};
    assert_int_equal(b->open(&gpu, &options, why, sizeof why), DH_GPU_OK);
    good(b->time(gpu, &launch, 1, false, &seconds));
    assert_true(seconds == 1e-6 * (N_POINT - 2));
    assert_int_equal(b->time(gpu, &launch, 1, true, &seconds), DH_GPU_NOT_RECORDED); /* pinned */
    b->close(gpu);
    options.given = NULL;
    assert_int_equal(b->open(&gpu, &options, why, sizeof why), DH_GPU_NO_DEVICE);
}

void opencl_devices_keep_the_contract(void **state) {
    (void)state;
    contract("opencl", NULL);
}

void cuda_devices_keep_the_contract(void **state) {
    (void)state;
    contract("cuda", NULL);
}
