/* Pipelines as graphs: what is refused, amounts and times by hand, rework against sums that do not use the
 * closed form. */
#include "tests/tests.h"

#include "models/pipeline.h"

#include <math.h>
#include <string.h>

static void about(double value, double expected, double relative) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

static struct dh_pipeline_stage_spec stage(const char *id, const char *reads, const char *writes) {
    return (struct dh_pipeline_stage_spec){.id = id,
                                           .reads = reads,
                                           .writes = writes,
                                           .ratio = 1,
                                           .cores = 1,
                                           .path_b_per_s = NAN,
                                           .inspection = 1};
}

static struct dh_dataset_spec sets[] = {
    {.id = "raw",    .item_b = 1e6},
    {.id = "tokens", .item_b = 8e3},
    {.id = "marks",  .item_b = NAN}
};
static const struct dh_workload_spec work = {.datasets = sets, .n_datasets = 3};

static bool builds(struct dh_pipeline_graph *g, struct dh_pipeline_stage_spec *stages, int32_t n,
                   struct dh_pipeline_fault *fault) {
    static struct dh_pipeline_spec spec;
    spec = (struct dh_pipeline_spec){.id = "p", .stages = stages, .n_stages = n};
    return dh_pipeline_graph_of(g, &spec, &work, fault);
}

void stages_wait_for_those_whose_results_they_read(void **state) {
    (void)state;
    struct dh_pipeline_graph g;
    struct dh_pipeline_fault fault;
    /* By result, and through a dataset: d reads what b writes. */
    struct dh_pipeline_stage_spec s[] = {stage("a", "raw", NULL), stage("b", "a", "tokens"),
                                         stage("c", "a marks", NULL), stage("d", "tokens c", NULL)};
    assert_true(builds(&g, s, 4, &fault));
    assert_int_equal(g.after[0], 0);
    assert_int_equal(g.after[1], 1);
    assert_int_equal(g.after[2], 1);
    assert_int_equal(g.after[3], 2 + 4);
    assert_int_equal(g.takes[3], 4); /* of b it reads the dataset, not the results */
    assert_int_equal(g.before[0], 2 + 4);
    assert_int_equal(g.first_read[4] - g.first_read[3], 1);
    assert_int_equal(g.reads[g.first_read[3]], 1);
    assert_int_equal(g.writes[1], 1);
    assert_int_equal(g.order[0], 0);
    assert_int_equal(g.order[3], 3);
    /* A stage that adds to what it reads takes the version before. */
    struct dh_pipeline_stage_spec merge = stage("m", "raw tokens", "tokens");
    assert_true(builds(&g, &merge, 1, &fault));
    assert_int_equal(g.after[0], 0);
}

void stages_in_a_circle_are_refused(void **state) {
    (void)state;
    struct dh_pipeline_graph g;
    struct dh_pipeline_fault fault;
    struct dh_pipeline_stage_spec itself = stage("a", "a", NULL);
    assert_false(builds(&g, &itself, 1, &fault));
    assert_int_equal(fault.kind, DH_PIPELINE_CYCLE);
    assert_int_equal(fault.n_path, 1);
    struct dh_pipeline_stage_spec s[] = {stage("a", "raw", NULL), stage("b", "a d", NULL),
                                         stage("c", "b", "tokens"), stage("d", "tokens", NULL),
                                         stage("e", "d", NULL)};
    assert_false(builds(&g, s, 5, &fault));
    assert_int_equal(fault.kind, DH_PIPELINE_CYCLE);
    assert_int_equal(fault.n_path, 3); /* b <- d <- c <- b; e waits for it, but is not part of it */
    for (int32_t i = 0; i < 3; i++)
        assert_true(fault.path[i] >= 1 && fault.path[i] <= 3);
    struct dh_pipeline_stage_spec far = stage("a", "elsewhere", NULL);
    assert_false(builds(&g, &far, 1, &fault));
    assert_int_equal(fault.kind, DH_PIPELINE_STRANGER);
    assert_int_equal(fault.n_name, 9);
}

void rework_goes_over_all_ways_to_the_check(void **state) {
    (void)state;
    struct dh_pipeline_graph g;
    struct dh_pipeline_fault fault;
    /* a -> b -> d, a -> c -> d, c -> e: of what d finds wrong b, c and d do their share again, e does not. */
    struct dh_pipeline_stage_spec s[] = {stage("a", "raw", NULL), stage("b", "a", NULL),
                                         stage("c", "a", NULL), stage("d", "b c", NULL),
                                         stage("e", "c", NULL)};
    s[3].defects = 0.2;
    s[3].rework = "a";
    assert_true(builds(&g, s, 5, &fault));
    assert_int_equal(g.again[3], 1 + 2 + 4 + 8);
    s[3].rework = "c";
    assert_true(builds(&g, s, 5, &fault));
    assert_int_equal(g.again[3], 4 + 8);
    s[3].rework = NULL;
    assert_true(builds(&g, s, 5, &fault));
    assert_int_equal(g.again[3], 8);
    s[3].rework = "e";
    assert_false(builds(&g, s, 5, &fault));
    assert_int_equal(fault.kind, DH_PIPELINE_REWORK);
    s[3].rework = "c";
    s[4].defects = 0.1;
    s[4].rework = "c";
    assert_false(builds(&g, s, 5, &fault));
    assert_int_equal(fault.kind, DH_PIPELINE_OVERLAP);
}

void a_stage_is_as_fast_as_the_slowest_of_what_it_needs(void **state) {
    (void)state;
    struct dh_pipeline_stage_spec s = stage("a", "raw", NULL);
    struct dh_pipeline_amount amount = {.bytes = 500e9, .items = 500e3};
    s.ratio = 0.25;
    dh_pipeline_results(&amount, &s, NULL);
    about(amount.out_bytes, 125e9, 1e-15);
    about(amount.out_items, 500e3, 1e-15);
    dh_pipeline_results(&amount, &s, &sets[1]); /* other items: 8 kB each */
    about(amount.out_items, 15625e3, 1e-15);
    assert_true(isinf(dh_pipeline_rate(&s, &amount)));
    assert_true(dh_pipeline_seconds(&s, &amount) == 0);
    s.latency_s = 30;
    s.path_b_per_s = 10e9; /* 50 s through half of it */
    s.inspection = 0.5;
    about(dh_pipeline_seconds(&s, &amount), 130, 1e-15);
    s.cpu_s_per_gb = 40; /* 20,000 core seconds */
    s.cores = 100;
    about(dh_pipeline_seconds(&s, &amount), 230, 1e-15);
    s.gpu_s_per_gb = 4.8; /* 2,400 GPU seconds */
    s.gpus = 8;
    about(dh_pipeline_seconds(&s, &amount), 330, 1e-15);
    s.item_s = 20; /* 1e7 of people */
    s.people = 1000;
    about(dh_pipeline_seconds(&s, &amount), 10030, 1e-15);
    s.item_usd = 0.02;
    s.core_usd_per_s = 0.036 / 3600;
    about(dh_pipeline_usd(&s, &amount), 0.02 * 500e3 + 20000 * 0.036 / 3600, 1e-15);
    assert_true(isnan(dh_dataset_items(&sets[2], 1e9)));
}

void rework_costs_a_geometric_series(void **state) {
    (void)state;
    double sum = 0, share = 1;
    for (int i = 0; i < 400; i++, share *= 0.9)
        sum += share;
    about(dh_pipeline_passes(0.9), sum, 1e-14);
    assert_true(dh_pipeline_passes(0) == 1);
    /* Rounds as they are drawn: of N items each passes with probability 1 - d, so the passes of one are
     * geometric, with mean 1/(1-d) and variance d/(1-d)^2. Four standard errors; drawn exactly (few failures)
     * and as a normal (many). */
    const struct {
        double items, defects;
        int32_t runs;
    } cases[] = {
        {200, 0.3,  2000},
        {1e7, 0.2,  200 },
        {3e4, 0.02, 500 },
        {17,  0.95, 500 }
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct dh_rng rng = dh_rng_stream(7, DH_RNG_TEST, c);
        double worked = 0, n = cases[c].items * cases[c].runs, d = cases[c].defects;
        for (int32_t run = 0; run < cases[c].runs; run++)
            for (double left = cases[c].items; left > 0;) {
                worked += left;
                double failed = dh_pipeline_failures(&rng, left, d);
                assert_true(failed >= 0 && failed <= left && failed == floor(failed));
                left = failed;
            }
        double mean = worked / n, expected = dh_pipeline_passes(d), error = sqrt(d) / (1 - d) / sqrt(n);
        if (!(fabs(mean - expected) <= 4 * error))
            fail_msg("%g passes instead of %g +- %g", mean, expected, error);
    }
    struct dh_rng rng = dh_rng_stream(7, DH_RNG_TEST, 99);
    assert_true(dh_pipeline_failures(&rng, 1e18, 0.25) == 2.5e17);
    assert_true(dh_pipeline_failures(&rng, 0, 0.25) == 0);
    assert_true(dh_pipeline_failures(&rng, 1e6, 0) == 0);
}
