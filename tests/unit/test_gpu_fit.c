#include "tests/tests.h"

#include "models/gpu/fit.h"
#include "models/gpu/fit_solve.h"
#include "sim/text.h"
#include "tests/unit/synthetic_device.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The larger form, with more sets and a figure for each constant, is tests/validation/gpu_fit.c. */
static void expect(const struct dh_gpu_fit_result *r, const char *of, double truth, int *n, int *inside) {
    const struct dh_figure_spec *f = synthetic_figure(r, of);
    assert_non_null(f);
    if (!f->identified)
        return;
    ++*n;
    *inside += truth >= f->low && truth <= f->high;
    /* three standard errors, Student's quantile being near 1.97; starts and rates are on a scale of
     * logarithms */
    assert_true(truth >= f->value * pow(f->low / f->value, 3 / 1.97));
    assert_true(truth <= f->value * pow(f->high / f->value, 3 / 1.97));
}

/* Fewer than so many of n intervals with 95 % hold the truth once in a thousand times. */
static int least_of(int n) {
    int k = 0;
    while (k < n && gsl_cdf_binomial_P((unsigned)k, 0.95, (unsigned)n) < 0.001)
        k++;
    return k;
}

static void fit_products(const struct synthetic_device *d, int n_set, const char *absent) {
    int n = 0, inside = 0;
    int64_t n_outlier = 0;
    for (int set = 0; set < n_set; set++) {
        struct dh_arena mem = {0};
        struct dh_gpu_fit_result r;
        struct dh_gpu_fit_options o = {.device = &d->device};
        struct dh_samples_spec samples =
            synthetic_samples(d, SYNTHETIC_ALL, 200, 0.03, 0.05, (unsigned long)set + 1, &mem);
        assert_int_equal(dh_gpu_fit(&samples, &o, &mem, &r, NULL), DH_OK);
        assert_int_equal(r.profile.n_gemms, 1);
        const struct dh_gemm_spec *g = &r.profile.gemms[0];
        expect(&r, "gemm:bf16:start", d->gemm.start_s, &n, &inside);
        expect(&r, "gemm:bf16:efficiency", d->gemm.efficiency, &n, &inside);
        expect(&r, "gemm:bf16:memory", d->gemm.memory, &n, &inside);
        expect(&r, "gemm:bf16:wave", d->gemm.wave, &n, &inside);
        expect(&r, "gemm:bf16:prologue", d->gemm.prologue_k, &n, &inside);
        if (!absent) {
            expect(&r, "gemm:bf16:unit-memory", d->gemm.unit_memory, &n, &inside);
            expect(&r, "gemm:bf16:cache", d->gemm.cache, &n, &inside);
            expect(&r, "gemm:bf16:split", d->gemm.split_s, &n, &inside);
        } else {
            assert_null(synthetic_figure(&r, absent));
        }
        assert_true(g->peak_flops == d->device.bf16_flops && g->origin == DH_ORIGIN_MEASURED);
        assert_true(g->tile_m == d->gemm.tile_m && g->n_hull == 6 && g->hull[0] == 1);
        const struct dh_fit_spec *f = &r.profile.fits[0];
        assert_true(f->cv_p50 < 0.03 && f->cv_p90 < 0.1);
        n_outlier += f->outliers;
        assert_true(g->low > 0.9 && g->low < 1 && g->high > 1.03);
        dh_arena_free(&mem);
    }
    assert_true(inside >= least_of(n));
    assert_true(n_outlier >= 5 * n_set && n_outlier <= 18 * n_set); /* 10 a set are made */
}

void constants_of_a_known_device_come_back_with_their_intervals(void **state) {
    (void)state;
    struct synthetic_device own = synthetic_own_tile(), library = synthetic_library();
    fit_products(&own, 10, "gemm:bf16:split");
    fit_products(&library, 2, NULL);
}

void constants_of_attention_come_back_with_their_intervals(void **state) {
    (void)state;
    struct synthetic_device d = synthetic_library();
    struct dh_arena mem = {0};
    struct dh_gpu_fit_result r;
    struct dh_gpu_fit_options o = {.device = &d.device};
    int n = 0, inside = 0;
    struct dh_samples_spec samples = synthetic_samples(&d, SYNTHETIC_ATTENTION, 150, 0.03, 0.05, 1, &mem);
    assert_int_equal(dh_gpu_fit(&samples, &o, &mem, &r, NULL), DH_OK);
    assert_true(r.profile.n_prefills == 1 && r.profile.n_decodes == 1);
    expect(&r, "prefill:bf16:start", d.prefill.start_s, &n, &inside);
    expect(&r, "prefill:bf16:efficiency", d.prefill.efficiency, &n, &inside);
    expect(&r, "prefill:bf16:overhead", d.prefill.overhead_keys, &n, &inside);
    expect(&r, "prefill:bf16:tail", d.prefill.tail, &n, &inside);
    expect(&r, "prefill:bf16:query-element", d.prefill.head_s, &n, &inside);
    expect(&r, "prefill:bf16:kv-element", d.prefill.kv_s, &n, &inside);
    expect(&r, "decode:bf16:start", d.decode.start_s, &n, &inside);
    expect(&r, "decode:bf16:memory", d.decode.memory, &n, &inside);
    expect(&r, "decode:bf16:unit-memory", d.decode.unit_memory, &n, &inside);
    expect(&r, "decode:bf16:split", d.decode.split_s, &n, &inside);
    assert_true(n == 10 && inside >= least_of(n));
    const struct dh_decode_spec *p = &r.profile.decodes[0]; /* traits are found too */
    assert_true(p->split_keys == 256 && p->split_single && p->group_max == 1000);
    dh_arena_free(&mem);
}

void what_samples_do_not_determine_gets_no_number_to_trust(void **state) {
    (void)state;
    struct synthetic_device d = synthetic_library();
    d.gemm.unit_memory = 50;
    struct dh_arena mem = {0};
    struct dh_gpu_fit_result r;
    struct dh_gpu_fit_options o = {.device = &d.device};
    struct dh_samples_spec samples = synthetic_samples(&d, SYNTHETIC_COMPUTE, 120, 0.03, 0.05, 1, &mem);
    assert_int_equal(dh_gpu_fit(&samples, &o, &mem, &r, NULL), DH_OK);
    const struct dh_figure_spec *f = synthetic_figure(&r, "gemm:bf16:memory");
    assert_false(f->identified);
    assert_true(f->high > 2 * f->low && f->low < 0.85 && f->high > 0.85);
    f = synthetic_figure(&r, "gemm:bf16:unit-memory");
    assert_true(!f->identified && f->high > 5 * f->low);
    f = synthetic_figure(&r, "gemm:bf16:efficiency");
    assert_true(f->identified && f->low < 0.78 && f->high > 0.78 && f->high < 1.1 * f->low);
    dh_arena_free(&mem);
}

void samples_that_cannot_be_used_are_refused_or_left_out(void **state) {
    (void)state;
    struct synthetic_device d = synthetic_own_tile();
    struct dh_arena mem = {0};
    struct dh_gpu_fit_result r;
    struct dh_gpu_fit_options o = {.device = &d.device};
    struct dh_diag diag = {0};
    struct dh_samples_spec samples = synthetic_samples(&d, SYNTHETIC_ALL, 5, 0, 0, 1, &mem);
    assert_int_equal(dh_gpu_fit(&samples, &o, &mem, &r, &diag), DH_ERR_DATA);
    assert_int_equal(diag.n_message, 1);
    assert_non_null(strstr(diag.messages[0].text, "too few"));
    assert_non_null(strstr(diag.messages[0].hint, "gemm:bf16: 5 samples are too few for 3 constants"));
    dh_diag_free(&diag);
    /* slow ones under thermal slowdown, and wrong results, change nothing; those kept back judge */
    samples = synthetic_samples(&d, SYNTHETIC_ALL, 120, 0.01, 0, 2, &mem);
    for (int i = 0; i < 60; i++) {
        samples.samples[i].flags = i < 30 ? "noisy thermal" : i < 40 ? "brake" : i < 45 ? "wrong" : "";
        samples.samples[i].held = i >= 45;
        samples.samples[i].seconds *= i < 45 ? 3 : 1;
        samples.samples[i].low_s *= i < 45 ? 3 : 1;
        samples.samples[i].high_s *= i < 45 ? 3 : 1;
    }
    assert_int_equal(dh_gpu_fit(&samples, &o, &mem, &r, NULL), DH_OK);
    assert_true(r.n_throttled == 40 && r.n_wrong == 5 && r.n_fitted == 60);
    assert_true(r.profile.fits[0].points == 60 && r.profile.fits[0].held == 15);
    assert_true(r.profile.fits[0].held_p50 < 0.02 && fabs(r.profile.gemms[0].efficiency - 0.45) < 0.01);
    /* a product has three sizes */
    samples.samples[7].n_size = 2;
    assert_int_equal(dh_gpu_fit(&samples, &o, &mem, &r, &diag), DH_ERR_DATA);
    assert_int_equal(diag.n_message, 1);
    samples.samples[7].n_size = 3;
    samples.samples[7].size[2] = 0;
    assert_int_equal(dh_gpu_fit(&samples, &o, &mem, &r, NULL), DH_ERR_DATA);
    dh_diag_free(&diag);
    dh_arena_free(&mem);
}

void shares_are_of_the_datasheet_or_of_what_was_measured(void **state) {
    (void)state;
    struct synthetic_device d = synthetic_own_tile();
    struct dh_arena mem = {0};
    struct dh_gpu_fit_result r;
    struct dh_samples_spec samples = synthetic_samples(&d, SYNTHETIC_ALL, 120, 0.01, 0, 3, &mem);
    samples.memory_bytes_per_s = 3.35e12;
    assert_int_equal(dh_gpu_fit(&samples, NULL, &mem, &r, NULL), DH_OK);
    const struct dh_gemm_spec *g = &r.profile.gemms[0];
    assert_true(g->efficiency == 1 && fabs(g->peak_flops / (0.45 * 989.4e12) - 1) < 0.02);
    const struct dh_figure_spec *f = synthetic_figure(&r, "gemm:bf16:peak");
    assert_true(f && f->low < g->peak_flops && f->high > g->peak_flops);
    assert_null(synthetic_figure(&r, "gemm:bf16:efficiency"));
    assert_true(r.profile.aliases[0] == '\0' && r.profile.memory_bytes_per_s == 3.35e12);
    /* a datasheet that is below what was measured is not believed */
    struct dh_device_spec slow = d.device;
    slow.bf16_flops = 100e12;
    struct dh_gpu_fit_options o = {.device = &slow};
    assert_int_equal(dh_gpu_fit(&samples, &o, &mem, &r, NULL), DH_OK);
    assert_true(fabs(r.profile.gemms[0].peak_flops / (0.45 * 989.4e12) - 1) < 0.02);
    dh_arena_free(&mem);
}

/* A sample of another kernel. */
static struct dh_sample_spec other(int32_t kernel, int32_t n, double a, double b, double seconds,
                                   const char *library, struct dh_arena *mem) {
    struct dh_sample_spec s = {.kernel = kernel,
                               .format = DH_FORMAT_FP32,
                               .n_size = n,
                               .size = dh_arena_array(mem, 2, sizeof *s.size),
                               .seconds = seconds,
                               .low_s = seconds,
                               .high_s = seconds,
                               .library = library,
                               .flags = ""};
    s.size[0] = a;
    s.size[1] = b;
    return s;
}

void copies_collectives_and_power_become_figures(void **state) {
    (void)state;
    struct synthetic_device d = synthetic_own_tile();
    struct dh_arena mem = {0};
    struct dh_gpu_fit_result r;
    struct dh_sample_spec rows[40];
    int n = 0;
    for (int k = 0; k < 8; k++) {
        double bytes = ldexp(1e6, k);
        rows[n++] = other(3, 1, bytes, 0, 5e-6 + 12 * bytes / 3e12, "own", &mem);       /* triad */
        rows[n++] = other(10, 1, bytes, 0, 8e-6 + bytes / 50e9, "pinned", &mem);        /* h2d */
        rows[n++] = other(10, 1, bytes, 0, 9e-6 + bytes / 10e9, "pageable", &mem);      /* h2d */
        rows[n++] = other(14, 2, 8, bytes, 20e-6 + 1.75 * bytes / 400e9, "NCCL", &mem); /* allreduce */
        rows[n++] = other(9, 1, k + 1, 0, 6e-6 + (k + 1) * 1e-6, "own", &mem);          /* graph */
    }
    struct dh_sustained_spec loads[] = {
        {.kernel = DH_SUSTAINED_IDLE,
         .seconds = 30,
         .board_w = 90,
         .duty = 0,
         .rate = NAN,
         .clock_hz = NAN,
         .tau_s = NAN,
         .flags = ""    },
        {.kernel = DH_SUSTAINED_GEMM,
         .format = DH_FORMAT_BF16,
         .seconds = 40,
         .board_w = 650,
         .duty = 1,
         .rate = 7e14,
         .clock_hz = 1.7e9,
         .tau_s = 40,
         .flags = "power"},
        {.kernel = DH_SUSTAINED_GEMM,
         .format = DH_FORMAT_BF16,
         .seconds = 40,
         .board_w = 300,
         .duty = 0.5,
         .rate = NAN,
         .clock_hz = NAN,
         .tau_s = NAN,
         .flags = ""},
        {.kernel = DH_SUSTAINED_TRIAD,
         .seconds = 40,
         .board_w = 900,
         .duty = 1,
         .rate = NAN,
         .clock_hz = NAN,
         .tau_s = NAN,
         .flags = "thermal"},
    };
    struct dh_samples_spec samples = synthetic_samples(&d, SYNTHETIC_ALL, 0, 0, 0, 1, &mem);
    samples.samples = rows;
    samples.n_samples = n;
    samples.sustained = loads;
    samples.n_sustained = 4;
    samples.cache_bytes = NAN;
    assert_int_equal(dh_gpu_fit(&samples, NULL, &mem, &r, NULL), DH_OK);
    static const struct {
        const char *of;
        double value;
    } expected[] = {
        {"triad:memory-bandwidth",              3e12 },
        {"triad:start",                         5e-6 },
        {"h2d:pinned:latency",                  8e-6 },
        {"h2d:pinned:rate",                     50e9 },
        {"h2d:pageable:rate",                   10e9 },
        {"allreduce:8:bus-bandwidth",           400e9},
        {"allreduce:8:latency",                 20e-6},
        {"graph:kernel",                        1e-6 },
        {"sustained:idle:board",                90   },
        {"sustained:gemm:bf16:1:board",         650  },
        {"sustained:gemm:bf16:1:time-constant", 40   },
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct dh_figure_spec *f = synthetic_figure(&r, expected[i].of);
        assert_non_null(f);
        assert_true(fabs(f->value / expected[i].value - 1) < 0.01);
    }
    assert_true(fabs(r.profile.memory_bytes_per_s / 3e12 - 1) < 0.01); /* of an unknown device: its triad's */
    assert_true(r.profile.idle_w == 90 && r.n_throttled == 1 && r.profile.n_power_classes == 2);
    for (int i = 0; i < 2; i++)
        assert_true(r.profile.power_classes[i].board_w == 650 &&
                    (r.profile.power_classes[i].work == DH_WORK_PREFILL ||
                     r.profile.power_classes[i].work == DH_WORK_HPC));
    dh_arena_free(&mem);
}

void a_driver_s_name_finds_the_device_of_the_catalog(void **state) {
    (void)state;
    struct dh_device_spec devices[] = {
        {.id = "a100-sxm",     .aliases = "A100-SXM-80G A100-SXM A100", .memory_bytes = 80e9 },
        {.id = "a100-sxm-40g", .aliases = "A100-SXM-40G",               .memory_bytes = 40e9 },
        {.id = "h100-sxm",     .aliases = "H100-SXM-80G H100",          .memory_bytes = 80e9 },
        {.id = "gb200",        .aliases = "GB200",                      .memory_bytes = 186e9},
        {.id = "b200",         .aliases = "B200",                       .memory_bytes = 180e9},
        {.id = "mi300x",       .aliases = "",                           .memory_bytes = 192e9},
    };
    struct dh_scenario catalog = {.devices = devices, .n_devices = 6};
    assert_ptr_equal(dh_gpu_fit_device(&catalog, "NVIDIA A100-SXM4-80GB", 85.1e9), &devices[0]);
    assert_ptr_equal(dh_gpu_fit_device(&catalog, "NVIDIA A100-SXM4-40GB", 42.3e9), &devices[1]);
    assert_ptr_equal(dh_gpu_fit_device(&catalog, "NVIDIA H100 80GB HBM3", 85e9), &devices[2]);
    assert_ptr_equal(dh_gpu_fit_device(&catalog, "NVIDIA GB200", NAN), &devices[3]);
    assert_ptr_equal(dh_gpu_fit_device(&catalog, "NVIDIA B200", 191e9), &devices[4]);
    assert_ptr_equal(dh_gpu_fit_device(&catalog, "AMD Instinct MI300X", 206e9), &devices[5]);
    assert_ptr_equal(dh_gpu_fit_device(&catalog, "h100-sxm", NAN), &devices[2]);
    assert_null(dh_gpu_fit_device(&catalog, "NVIDIA H100 PCIe", 85e9));
    assert_null(dh_gpu_fit_device(&catalog, "NVIDIA H100 80GB HBM3 MIG 1g.10gb", 10e9));
    assert_null(dh_gpu_fit_device(&catalog, "NVIDIA H100 NVL", 100e9));
    assert_null(dh_gpu_fit_device(&catalog, "NVIDIA H1000", 85e9));
    assert_null(dh_gpu_fit_device(&catalog, "", 85e9));
}

void a_profile_that_is_written_reads_back_the_same(void **state) {
    (void)state;
    static const char scenario[] =
        "<scenario xmlns='urn:datahall:scenario:1' name='s'><import href='catalog:gpus.xml'/><horizon "
        "duration='1 d'/><node id='n' device='h100-sxm' gpus='1'/><rack-type id='r' node='n' nodes='1' "
        "rated='9 "
        "kW'/><site id='s'><power><utility id='u' rated='1 MW'/></power><hall id='h'><row id='w' rack='r' "
        "feed='u'/></hall></site></scenario>";
    struct synthetic_device d = synthetic_library();
    struct dh_arena mem = {0};
    struct dh_gpu_fit_result r;
    struct dh_samples_spec samples = synthetic_samples(&d, SYNTHETIC_ATTENTION, 60, 0.03, 0.05, 1, &mem);
    struct dh_gpu_fit_options o = {.device = &d.device, .sha256 = "0123", .id = "p"};
    d.device.id = "h100-sxm";
    samples.runtime = "driver \"1\" & <others> ${x}";
    assert_int_equal(dh_gpu_fit(&samples, &o, &mem, &r, NULL), DH_OK);
    struct dh_text first = {0}, second = {0};
    assert_int_equal(dh_write_profiles(&r.profile, 1, &first), DH_OK);
    struct dh_profile_text given = {.name = "p.xml", .text = first.at, .n = first.n};
    struct dh_scenario_options options = {.profiles = &given, .n_profile = 1};
    struct dh_scenario_file file;
    assert_int_equal(dh_scenario_read_memory(&file, scenario, strlen(scenario), "s.xml", ".", &options, NULL),
                     DH_OK);
    assert_int_equal(file.spec.n_profiles, 1);
    assert_int_equal(dh_write_profiles(file.spec.profiles, 1, &second), DH_OK);
    assert_string_equal(first.at, second.at);
    assert_non_null(strstr(first.at, "evidence=\"measured\""));
    /* and the device has its constants */
    assert_true(file.spec.devices[0].prefills[0].origin == DH_ORIGIN_MEASURED);
    assert_true(file.spec.devices[0].prefills[0].efficiency == r.profile.prefills[0].efficiency);
    dh_text_free(&first);
    dh_text_free(&second);
    dh_scenario_free(&file);
    dh_arena_free(&mem);
}
