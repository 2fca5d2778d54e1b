/* Measuring, on devices that obey given constants: medians and intervals that are known, budgets, failures on
 * the way, and the file of samples, read back with the scenario's reader. */
#include "tests/tests.h"

#include "models/gpu/check.h"
#include "models/gpu/probe.h"
#include "models/gpu/reference.h"
#include "models/gpu/synthetic.h"
#include "models/kernel.h"
#include "scenarios/scenario.h"
#include "sim/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A host clock that goes on by a millisecond each time it is looked at. */
static double ticks_s;
static double tick(void *self) {
    (void)self;
    return ticks_s += 1e-3;
}

static struct dh_gpu_synthetic device;
static struct dh_gpu_bench bench;
static struct dh_gpu_operands no_operands;
static char why[320];

static void open_device(void) {
    struct dh_gpu_options options = {.given = &device};
    struct dh_gpu *gpu = NULL;
    assert_int_equal(dh_gpu_synthetic.open(&gpu, &options, why, sizeof why), DH_GPU_OK);
    bench = (struct dh_gpu_bench){.now = tick, .operands = no_operands};
    ticks_s = 0;
    dh_gpu_bench_init(&bench, &dh_gpu_synthetic, gpu);
}

static void close_device(void) {
    dh_gpu_operands_free(&bench.operands);
    dh_gpu_synthetic.close(bench.gpu);
}

static const struct dh_gpu_point product = {
    .kernel = DH_GPU_GEMM, .format = DH_GPU_BF16, .size = {64, 4096, 4096}
};

static double exact_s(const struct dh_gpu_point *p) {
    const struct dh_device_spec *d = dh_gpu_synthetic_standard.device;
    return dh_kernel_gemm_s(d, dh_kernel_gemm_of(d, DH_FORMAT_BF16), (double)p->size[0], (double)p->size[1],
                            (double)p->size[2]);
}

void intervals_of_medians_are_those_of_the_binomial(void **state) {
    (void)state;
    /* by the tables of W. J. Conover, Practical Nonparametric Statistics, for 95 %: from both ends */
    static const int32_t known[][2] = {
        {1,   0 },
        {5,   0 },
        {6,   0 },
        {8,   0 },
        {9,   1 },
        {10,  1 },
        {15,  3 },
        {20,  5 },
        {100, 39}
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(dh_gpu_interval_rank(known[i][0]), known[i][1]);
    for (int32_t n = 2; n <= 1000; n++)
        assert_in_range(dh_gpu_interval_rank(n) - dh_gpu_interval_rank(n - 1), 0, 1);
}

void a_steady_device_has_its_time_and_no_interval(void **state) {
    (void)state;
    device = dh_gpu_synthetic_standard;
    device.noise = device.outliers = 0;
    open_device();
    struct dh_gpu_sample s;
    assert_int_equal(dh_gpu_measure(&bench, &product, 10, &s, why, sizeof why), DH_GPU_OK);
    double exact = exact_s(&product);
    assert_true(fabs(s.seconds / exact - 1) < 1e-12);
    assert_true(s.low_s <= s.seconds && s.seconds <= s.high_s && s.high_s - s.low_s < 1e-12 * exact);
    assert_int_equal(s.n, 10);                            /* the fewest that may end it */
    assert_int_equal(s.batch, (int)ceil(500e-6 / exact)); /* shorter than 50 us */
    assert_int_equal(s.flags, 0);
    assert_true(s.error >= 0 && s.error < dh_gpu_tolerance(DH_GPU_BF16));
    /* a long one is timed by itself */
    struct dh_gpu_point large = {
        .kernel = DH_GPU_GEMM, .format = DH_GPU_BF16, .size = {8192, 8192, 8192}
    };
    assert_int_equal(dh_gpu_measure(&bench, &large, 10, &s, why, sizeof why), DH_GPU_OK);
    assert_int_equal(s.batch, 1);
    close_device();
}

void outliers_do_not_move_the_median(void **state) {
    (void)state;
    device = dh_gpu_synthetic_standard;
    device.noise = 0.01;
    device.outliers = 0.25;
    int held = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct dh_gpu_sample s;
        device.seed = seed;
        open_device();
        assert_int_equal(dh_gpu_measure(&bench, &product, 2, &s, why, sizeof why), DH_GPU_OK);
        /* 25 % beyond one end move the median by the quantile 2/3 of the rest: 0.43 standard deviations */
        double shifted = exact_s(&product) * exp(0.43 * 0.01);
        assert_true(fabs(s.seconds / shifted - 1) < 0.02);
        held += s.low_s <= shifted && shifted <= s.high_s;
        close_device();
    }
    /* 95 % of 40, less what a sequential stop costs: P(fewer than 31 of 40 at 0.9) is 0.4 % */
    assert_in_range(held, 31, 40);
}

void noise_is_kept_within_its_budget_and_marked(void **state) {
    (void)state;
    device = dh_gpu_synthetic_standard;
    device.noise = 1;
    open_device();
    struct dh_gpu_sample s;
    assert_int_equal(dh_gpu_measure(&bench, &product, 0.05, &s, why, sizeof why), DH_GPU_OK);
    assert_true(ticks_s < 0.12 && s.n >= 1);
    assert_true(s.flags & DH_GPU_NOISY);
    /* even without a budget one timing is made */
    assert_int_equal(dh_gpu_measure(&bench, &product, 0, &s, why, sizeof why), DH_GPU_OK);
    assert_int_equal(s.n, 1);
    assert_true(s.low_s == s.seconds && s.high_s == s.seconds);
    close_device();
}

/* The synthetic device on a host that takes 10000 times as long over a launch as the device tells: a driver
 * that computes by itself, or waits. */
enum { SLOWER = 10000 };
static double longest_s;
static enum dh_gpu_status slow_time(struct dh_gpu *gpu, const struct dh_gpu_launch *launches, int32_t n,
                                    bool graph, double *seconds) {
    enum dh_gpu_status status = dh_gpu_synthetic.time(gpu, launches, n, graph, seconds);
    ticks_s += SLOWER * *seconds;
    longest_s = fmax(longest_s, SLOWER * *seconds);
    return status;
}

static double look(void *self) {
    (void)self;
    return ticks_s;
}

static int32_t n_sample;
static void count_sample(void *self, const struct dh_gpu_sample *sample) {
    (void)self;
    (void)sample;
    n_sample++;
}

void a_slow_host_exceeds_a_budget_by_one_launch_at_most(void **state) {
    (void)state;
    struct dh_gpu_backend slow = dh_gpu_synthetic;
    struct dh_gpu_sink sink = {.sample = count_sample};
    slow.time = slow_time;
    device = dh_gpu_synthetic_standard;
    device.outliers = 0;
    for (double budget_s = 5; budget_s < 100; budget_s *= 4) {
        struct dh_gpu_plan plan;
        open_device();
        bench.backend = bench.operands.backend = &slow;
        bench.now = look;
        assert_true(dh_gpu_plan_make(&plan, &bench, false));
        longest_s = ticks_s = 0;
        n_sample = 0;
        assert_int_not_equal(dh_gpu_sweep(&bench, &plan, budget_s, &sink), DH_GPU_BROKEN);
        assert_in_range(n_sample, 3, plan.n);
        assert_true(longest_s < budget_s); /* none was begun that could not end */
        assert_true(ticks_s <= budget_s + longest_s);
        dh_gpu_plan_free(&plan);
        close_device();
    }
}

void throttling_and_wrong_results_are_marked(void **state) {
    (void)state;
    device = dh_gpu_synthetic_standard;
    device.throttle_from = 1;
    open_device();
    struct dh_gpu_sample s;
    assert_int_equal(dh_gpu_measure(&bench, &product, 1, &s, why, sizeof why), DH_GPU_OK);
    assert_int_equal(s.flags & ~(uint32_t)DH_GPU_NOISY, DH_GPU_THERMAL);
    close_device();
    device.throttle_from = 0;
    device.wrong = true;
    open_device();
    assert_int_equal(dh_gpu_measure(&bench, &product, 1, &s, why, sizeof why), DH_GPU_OK);
    assert_true(s.flags & DH_GPU_WRONG);
    assert_true(isnan(s.error));
    close_device();
}

void points_that_cannot_be_are_refused_and_the_next_goes_on(void **state) {
    (void)state;
    device = dh_gpu_synthetic_standard;
    open_device();
    struct dh_gpu_sample s;
    struct dh_gpu_point point = {.kernel = DH_GPU_TRIAD, .size = {(int64_t)1 << 33}};
    assert_int_equal(dh_gpu_measure(&bench, &point, 1, &s, why, sizeof why), DH_GPU_OUT_OF_MEMORY);
    assert_non_null(strstr(why, "triad fp32 8589934592"));
    point = (struct dh_gpu_point){
        .kernel = DH_GPU_GEMM, .format = DH_GPU_TF32, .size = {64, 64, 64}
    };
    assert_int_equal(dh_gpu_measure(&bench, &point, 1, &s, why, sizeof why), DH_GPU_UNSUPPORTED);
    point = (struct dh_gpu_point){
        .kernel = DH_GPU_GEMM, .format = DH_GPU_BF16, .size = {64, 0, 64}
    };
    assert_int_equal(dh_gpu_measure(&bench, &point, 1, &s, why, sizeof why), DH_GPU_UNSUPPORTED);
    point = (struct dh_gpu_point){
        .kernel = DH_GPU_PREFILL, .format = DH_GPU_BF16, .size = {1, 8, 4, 1, 1, 64}
    };
    assert_int_equal(dh_gpu_measure(&bench, &point, 1, &s, why, sizeof why), DH_GPU_UNSUPPORTED);
    assert_int_equal(dh_gpu_measure(&bench, &product, 1, &s, why, sizeof why), DH_GPU_OK);
    close_device();
}

void references_are_the_sums_by_hand(void **state) {
    (void)state;
    uint32_t seeds[DH_GPU_MAX_BUFFER] = {0, 3, 5, 8};
    int64_t columns[] = {1, 0};
    double values[2], scale[2];
    struct dh_gpu_point p = {
        .kernel = DH_GPU_GEMM, .format = DH_GPU_BF16, .size = {2, 2, 3}
    };
#define A(i) dh_gpu_value(3, i, DH_GPU_BF16)
#define V(i) dh_gpu_value(5, i, DH_GPU_BF16)
    assert_true(dh_gpu_reference(&p, seeds, false, 1, columns, 2, values, scale));
    assert_true(fabs(values[0] - (A(3) * V(1) + A(4) * V(3) + A(5) * V(5))) < 1e-15);
    assert_true(fabs(scale[0] - (fabs(A(3) * V(1)) + fabs(A(4) * V(3)) + fabs(A(5) * V(5)))) < 1e-15);
    assert_true(dh_gpu_reference(&p, seeds, true, 1, columns, 2, values, scale));
    assert_true(fabs(values[0] - (A(3) * V(3) + A(4) * V(4) + A(5) * V(5))) < 1e-15);
    /* one visible key: its value; causal: the first query of two sees the first of two keys */
    p = (struct dh_gpu_point){
        .kernel = DH_GPU_PREFILL, .format = DH_GPU_BF16, .size = {1, 2, 2, 2, 1, 2}
    };
    assert_true(dh_gpu_reference(&p, seeds, false, 1, columns, 2, values, scale));
    assert_true(values[0] == dh_gpu_value(8, 1, DH_GPU_BF16));
    /* the second query of head 1, row 3: softmax over two keys */
    assert_true(dh_gpu_reference(&p, seeds, false, 3, columns, 2, values, scale));
    double s0 = (A(6) * V(0) + A(7) * V(1)) / sqrt(2), s1 = (A(6) * V(2) + A(7) * V(3)) / sqrt(2);
    double w = 1 / (1 + exp(s0 - s1));
    double want = (1 - w) * dh_gpu_value(8, 1, DH_GPU_BF16) + w * dh_gpu_value(8, 3, DH_GPU_BF16);
    assert_true(fabs(values[0] - want) < 1e-15);
    /* softmax of a row sums to 1, layernorm of a row to 0 with squares of its length */
    enum { N = 50 };
    int64_t all[N];
    double row[N], sum = 0, squares = 0;
    for (int i = 0; i < N; i++)
        all[i] = i;
    p = (struct dh_gpu_point){
        .kernel = DH_GPU_SOFTMAX, .size = {3, N}
    };
    assert_true(dh_gpu_reference(&p, seeds, false, 2, all, N, row, NULL));
    for (int i = 0; i < N; i++)
        sum += row[i];
    assert_true(fabs(sum - 1) < 1e-14);
    p.kernel = DH_GPU_LAYERNORM;
    assert_true(dh_gpu_reference(&p, seeds, false, 2, all, N, row, NULL));
    sum = 0;
    for (int i = 0; i < N; i++) {
        sum += row[i];
        squares += row[i] * row[i];
    }
    assert_true(fabs(sum) < 1e-12 && fabs(squares / N - 1) < 2e-4);
    /* indices are a permutation, and not in order */
    enum { M = 1000 };
    static unsigned char seen[M];
    int same = 0;
    for (int64_t i = 0; i < M; i++) {
        uint32_t at = dh_gpu_index(i, M);
        assert_in_range(at, 0, M - 1);
        assert_int_equal(seen[at]++, 0);
        same += i > 0 && at == dh_gpu_index(i - 1, M) + 1;
    }
    assert_in_range(same, 0, 20);
#undef A
#undef V
}

void plans_hold_a_third_back_and_fit_the_memory(void **state) {
    (void)state;
    device = dh_gpu_synthetic_standard;
    open_device();
    for (int quick = 0; quick < 2; quick++) {
        struct dh_gpu_plan plan;
        int32_t n[DH_N_GPU_KERNEL] = {0}, held[DH_N_GPU_KERNEL] = {0}, skinny = 0, bf16 = 0;
        assert_true(dh_gpu_plan_make(&plan, &bench, quick));
        for (int32_t i = 0; i < plan.n; i++) {
            const struct dh_gpu_point *p = &plan.points[i];
            struct dh_gpu_shape shape;
            assert_true(dh_gpu_shape(&shape, p) && shape.bytes < 0.5 * bench.info.memory_bytes);
            n[p->kernel]++;
            held[p->kernel] += p->held;
            skinny += p->kernel == DH_GPU_GEMM && p->size[0] <= 64 && !p->held;
            bf16 += p->kernel == DH_GPU_GEMM && p->format == DH_GPU_BF16;
        }
        assert_in_range(n[DH_GPU_GEMM], quick ? 120 : 500, quick ? 200 : 700);
        assert_true(quick || (bf16 > 180 && bf16 < 230));
        assert_in_range(100 * held[DH_GPU_GEMM] / (n[DH_GPU_GEMM] - held[DH_GPU_GEMM]), 27, 33);
        assert_true(skinny >= 9 && held[DH_GPU_PREFILL] > 0 && held[DH_GPU_DECODE] > 0);
        for (enum dh_gpu_kernel k = 0; k <= DH_GPU_BOTH; k++)
            assert_true(n[k] > 0);
        assert_int_equal(n[DH_GPU_PEER] + n[DH_GPU_ALLREDUCE], 0); /* one device */
        dh_gpu_plan_free(&plan);
    }
    close_device();
}

/* ---- the whole, and its file --------------------------------------------------------------------------- */

static char folder[] = "/tmp/datahall-probe-XXXXXX";
static char path[64];
static struct dh_scenario_file file;

/* Reads path as if its samples stood in a scenario; they are returned. */
static const struct dh_samples_spec *read_back(void) {
    static const char
        head[] = "<scenario xmlns=\"urn:datahall:scenario:1\" name=\"s\"><horizon duration=\"1 d\"/>"
                 "<import href=\"catalog:gpus.xml\"/>",
        rest[] = "<node id=\"n\" device=\"h100-sxm\" gpus=\"1\"/><rack-type id=\"r\" node=\"n\" nodes=\"1\" "
                 "rated=\"1 MW\"/><site id=\"s\"><power><utility id=\"u\" rated=\"1 GW\"/></power>"
                 "<hall id=\"h\"><row id=\"w\" rack=\"r\" feed=\"u\"/></hall></site></scenario>";
    static char bytes[1 << 20];
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    bytes[fread(bytes, 1, sizeof bytes - 1, in)] = '\0';
    fclose(in);
    char *begin = strstr(bytes, "<samples"), *end = strstr(bytes, "</catalog>");
    assert_true(begin && end);
    *end = '\0';
    struct dh_text text = {0};
    struct dh_diag diag = {0};
    dh_text_puts(&text, head);
    dh_text_puts(&text, begin);
    dh_text_puts(&text, rest);
    file = (struct dh_scenario_file){0};
    if (dh_scenario_read_memory(&file, text.at, text.n, "samples.xml", ".", NULL, &diag) != DH_OK)
        fail_msg("%s: %s", diag.messages[0].text, diag.messages[0].source ? diag.messages[0].source : "");
    dh_text_free(&text);
    dh_diag_free(&diag);
    assert_int_equal(file.spec.n_samples, 1);
    return &file.spec.samples[0];
}

static void make_folder(void) {
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s.xml", folder);
}

static void remove_folder(void) {
    dh_scenario_free(&file);
    file = (struct dh_scenario_file){0};
    unlink(path);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left */
}

/* The standard device with a cache so small that plans need little memory. */
static void small_device(void) {
    static struct dh_device_spec spec;
    device = dh_gpu_synthetic_standard;
    spec = *device.device;
    spec.cache_bytes = 1e6;
    device.device = &spec;
}

static int32_t asked, stop_at;
static bool stop_then(void *self) {
    (void)self;
    return stop_at > 0 && ++asked >= stop_at;
}

static enum dh_gpu_probe_status probe(struct dh_gpu_probe_result *result, char message[static 960]) {
    struct dh_gpu_probe_options options = {.backend = "synthetic",
                                           .given = &device,
                                           .budget_s = 600,
                                           .quick = true,
                                           .output = path,
                                           .tool = "0",
                                           .stop = stop_then};
    asked = 0;
    return dh_gpu_probe_run(&options, result, message, 960);
}

void samples_are_read_back_as_they_were_measured(void **state) {
    (void)state;
    struct dh_gpu_probe_result r;
    char message[960];
    make_folder();
    small_device();
    stop_at = 0;
    assert_int_equal(probe(&r, message), DH_GPU_PROBE_OK);
    assert_string_equal(message, "");
    assert_int_equal(r.end, DH_GPU_COMPLETE);
    const struct dh_samples_spec *s = read_back();
    assert_int_equal(s->n_samples, r.samples);
    assert_int_equal(s->n_refusals, r.refusals);
    assert_true(s->complete && s->units == 132 && s->cache_bytes == 1e6 && s->memory_bytes == 80e9);
    assert_string_equal(s->device, "synthetic");
    assert_int_equal(r.wrong, 0);
    int32_t products = 0;
    for (int32_t i = 0; i < s->n_samples; i++) {
        const struct dh_sample_spec *one = &s->samples[i];
        assert_true(one->low_s <= one->seconds && one->seconds <= one->high_s);
        assert_int_equal(one->n_size, dh_gpu_size_count((enum dh_gpu_kernel)one->kernel));
        products += one->kernel == DH_GPU_GEMM;
        if (one->kernel == DH_GPU_H2D)
            assert_true(strcmp(one->library, "pinned") == 0 || strcmp(one->library, "pageable") == 0);
    }
    assert_true(products >= 60);
    remove_folder();
}

void a_device_that_fails_once_is_opened_again(void **state) {
    (void)state;
    struct dh_gpu_probe_result r;
    char message[960];
    int64_t calls = 0;
    make_folder();
    small_device();
    device.calls = &calls;
    device.fail_from = device.fail_until = 1000;
    assert_int_equal(probe(&r, message), DH_GPU_PROBE_OK);
    assert_int_equal(r.end, DH_GPU_COMPLETE);
    const struct dh_samples_spec *s = read_back();
    assert_true(s->complete && s->n_samples > 100);
    int32_t failed = 0;
    for (int32_t i = 0; i < s->n_refusals; i++)
        failed += strstr(s->refusals[i].why, "the launch failed, as the script says") != NULL;
    assert_int_equal(failed, 1);
    remove_folder();
}

void what_was_measured_outlives_the_device(void **state) {
    (void)state;
    for (int again = 0; again < 2; again++) { /* it cannot be opened; it can, and fails each time */
        struct dh_gpu_probe_result r;
        char message[960];
        int64_t calls = 0;
        make_folder();
        small_device();
        device.calls = &calls;
        device.fail_from = 1000;
        device.fail_until = INT64_MAX;
        device.fail_open = again == 0;
        assert_int_equal(probe(&r, message), DH_GPU_PROBE_OK);
        assert_int_equal(r.end, DH_GPU_BROKEN);
        assert_non_null(strstr(message, "as the script says"));
        const struct dh_samples_spec *s = read_back();
        assert_false(s->complete);
        assert_true(dh_text_has_word(s->flags, "failed"));
        assert_true(s->n_samples > 10 && s->n_samples < 60);
        assert_int_equal(s->n_samples, r.samples);
        remove_folder();
    }
}

void an_interrupted_measurement_keeps_its_samples(void **state) {
    (void)state;
    struct dh_gpu_probe_result r;
    char message[960];
    make_folder();
    small_device();
    stop_at = 1000;
    assert_int_equal(probe(&r, message), DH_GPU_PROBE_STOPPED);
    const struct dh_samples_spec *s = read_back();
    assert_true(!s->complete && s->n_samples > 10 && s->n_samples == r.samples);
    assert_false(dh_text_has_word(s->flags, "failed"));
    remove_folder();
    /* before anything was measured there is no file */
    make_folder();
    stop_at = 1;
    assert_int_equal(probe(&r, message), DH_GPU_PROBE_STOPPED);
    assert_int_equal(r.samples, 0);
    assert_int_equal(access(path, F_OK), -1);
    remove_folder();
    stop_at = 0;
}

void names_that_drivers_give_do_no_harm(void **state) {
    (void)state;
    static const char *const names[] = {
        "a\"/><x y='&amp;<!--]]>",    "${home} $${x}",
        "line\nfeed\ttab\033[2J\x7F", "\xFF\xC0\x80\xED\xA0\x80\xF4\x90\x80\x80 \xE2\x82",
        "Gr\xC3\xBC\xC3\x9F GPU",     ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct dh_gpu_probe_result r;
        char message[960];
        struct dh_gpu_point point = {.kernel = DH_GPU_EMPTY, .size = {1}};
        struct dh_gpu_probe_options options = {.backend = "synthetic",
                                               .given = &device,
                                               .budget_s = 1,
                                               .output = path,
                                               .points = &point,
                                               .n_point = 1};
        make_folder();
        device = dh_gpu_synthetic_standard;
        device.name = names[i];
        assert_int_equal(dh_gpu_probe_run(&options, &r, message, sizeof message), DH_GPU_PROBE_OK);
        const struct dh_samples_spec *s = read_back();
        assert_int_equal(s->n_samples, 1);
        for (const unsigned char *c = (const unsigned char *)s->device; *c; c++)
            assert_true(*c >= 0x20 && *c != 0x7F);
        if (i == 0)
            assert_string_equal(s->device, names[0]);
        if (i == 4)
            assert_string_equal(s->device, names[4]);
        remove_folder();
    }
}

void files_that_cannot_be_written_are_said(void **state) {
    (void)state;
    struct dh_gpu_probe_result r;
    char message[960];
    small_device();
    struct dh_gpu_probe_options options = {
        .given = &device, .backend = "synthetic", .output = "/nowhere/at/all.xml", .quick = true};
    assert_int_equal(dh_gpu_probe_run(&options, &r, message, sizeof message), DH_GPU_PROBE_IO);
    assert_non_null(strstr(message, "/nowhere/at/all.xml.part: No such file"));
    /* what is there and no file stays what it is, and nothing is measured first */
    make_folder();
    assert_int_equal(mkdir(path, 0700), 0);
    options.output = path;
    assert_int_equal(dh_gpu_probe_run(&options, &r, message, sizeof message), DH_GPU_PROBE_IO);
    assert_non_null(strstr(message, "directory"));
    assert_int_equal(r.samples, 0);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(dh_gpu_probe_run(&options, &r, message, sizeof message), DH_GPU_PROBE_IO);
    assert_non_null(strstr(message, "no regular file"));
    struct stat there;
    assert_true(stat(path, &there) == 0 && S_ISFIFO(there.st_mode));
    remove_folder();
    if (access("/dev/full", W_OK) == 0) {
        make_folder();
        char part[80];
        snprintf(part, sizeof part, "%s.part", path);
        assert_int_equal(symlink("/dev/full", part), 0);
        options.output = path;
        assert_int_equal(dh_gpu_probe_run(&options, &r, message, sizeof message), DH_GPU_PROBE_IO);
        assert_non_null(strstr(message, "No space left"));
        unlink(part);
        remove_folder();
    }
    options.backend = "vulkan";
    assert_int_equal(dh_gpu_probe_run(&options, &r, message, sizeof message), DH_GPU_PROBE_USAGE);
    assert_non_null(strstr(message, "vulkan"));
    options.backend = "synthetic";
    options.library_dir = "lib";
    assert_int_equal(dh_gpu_probe_run(&options, &r, message, sizeof message), DH_GPU_PROBE_USAGE);
    options.library_dir = NULL;
    options.device = 3;
    assert_int_equal(dh_gpu_probe_run(&options, &r, message, sizeof message), DH_GPU_PROBE_NO_DEVICE);
    options.backend = "recorded";
    assert_int_equal(dh_gpu_probe_run(&options, &r, message, sizeof message), DH_GPU_PROBE_NO_DEVICE);
}

/* ---- loads that are held ------------------------------------------------------------------------------- */

void time_constants_are_found(void **state) {
    (void)state;
    double at[300], degc[300];
    for (int i = 0; i < 300; i++) {
        at[i] = 0.1 * i;
        degc[i] = rint(70 - 30 * exp(-at[i] / 8)); /* as counters tell it: whole degrees */
    }
    assert_true(fabs(dh_gpu_time_constant(at, degc, 300) / 8 - 1) < 0.05);
    assert_true(isnan(dh_gpu_time_constant(at, degc, 19)));
    for (int i = 0; i < 300; i++)
        degc[i] = 40 + 0.5 * i / 300;
    assert_true(isnan(dh_gpu_time_constant(at, degc, 300))); /* nothing happened */
    for (int i = 0; i < 300; i++)
        degc[i] = 40 + 0.1 * i;
    assert_true(isnan(dh_gpu_time_constant(at, degc, 300))); /* a line has none */
}

static struct dh_gpu_sustained held[16];
static int32_t n_held, n_refused;
static void keep(void *self, const struct dh_gpu_sustained *s) {
    (void)self;
    assert_in_range(n_held, 0, 15);
    held[n_held++] = *s;
}
static void refuse(void *self, const struct dh_gpu_point *point, const char *text) {
    (void)self;
    (void)point;
    assert_non_null(strstr(text, "power"));
    n_refused++;
}

void loads_are_held_and_their_energy_counted(void **state) {
    (void)state;
    struct dh_gpu_sustained_sink sink = {.sustained = keep, .refusal = refuse};
    for (int energy = 1; energy >= 0; energy--) {
        device = dh_gpu_synthetic_standard;
        device.power_idle_w = 100;
        device.power_busy_w = 700;
        device.no_energy = !energy;
        device.real_time = true;
        device.outliers = 0;
        open_device();
        bench.now = NULL; /* the host's clock: the synthetic device's counters go by it */
        n_held = n_refused = 0;
        assert_int_equal(dh_gpu_sustain(&bench, 1.2, &sink), DH_GPU_COMPLETE);
        close_device();
        assert_int_equal(n_held, 9);
        assert_int_equal(n_refused, 0);
        for (int32_t i = 0; i < n_held; i++) {
            assert_true(held[i].seconds > 0.05 && held[i].polled == !energy);
            assert_true(energy ? fabs(held[i].board_w * held[i].seconds / held[i].energy_j - 1) < 1e-9
                               : isnan(held[i].energy_j));
            assert_true(isnan(held[i].tau_s) && held[i].throttled == 0);
        }
        assert_int_equal(held[0].load, DH_GPU_LOAD_IDLE);
        assert_int_equal(held[1].format, DH_GPU_BF16);
        if (energy) {
            /* idle draws what it draws; a load at full duty more than at a quarter, however busy this host is
             */
            assert_true(fabs(held[0].board_w - 100) < 5);
            assert_true(held[4].duty == 1 && held[4].board_w > held[1].board_w && held[1].board_w > 100);
            assert_true(held[4].rate > held[1].rate);
        }
    }
    device = dh_gpu_synthetic_standard;
    open_device();
    n_held = n_refused = 0;
    assert_int_equal(dh_gpu_sustain(&bench, 1, &sink), DH_GPU_COMPLETE);
    assert_int_equal(n_held, 0);
    assert_int_equal(n_refused, 3);
    close_device();
}
