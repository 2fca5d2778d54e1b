/* The engine of a replica: what goes in comes out, nobody overtakes, strides change nothing, and its limits.
 */
#include "tests/tests.h"

#include "models/serving_curve.h"
#include "models/serving_engine.h"
#include "sim/api/inference_row.h"
#include "sim/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A small dense model on one accelerator of the catalog. */
struct service {
    struct dh_inference_catalog catalog;
    struct dh_engine_spec engine;
    struct dh_serving serving;
};

static void service_begin(struct service *x, const char *model, int32_t tp) {
    struct dh_diag diag = {0};
    x->catalog = (struct dh_inference_catalog){0};
    assert_int_equal(dh_inference_catalog_read(&x->catalog, &diag), DH_OK);
    const struct dh_scenario *sc = &x->catalog.file.spec;
    const struct dh_model_spec *m = NULL;
    const struct dh_device_spec *d = NULL;
    for (int32_t i = 0; i < sc->n_models; i++)
        m = strcmp(sc->models[i].id, model) == 0 ? &sc->models[i] : m;
    for (int32_t i = 0; i < sc->n_devices; i++)
        d = strcmp(sc->devices[i].id, "h100-sxm") == 0 ? &sc->devices[i] : d;
    const struct dh_engine_spec *e =
        dh_serving_engine_of(sc->engines, sc->n_engines, "vllm-0.12.0", d->id, m->experts > 0);
    assert_non_null(e);
    x->engine = *e;
    x->engine.first_s = 0;
    struct dh_serving_plan plan = {tp, 1, 1, 1, DH_FORMAT_BF16, DH_FORMAT_BF16};
    assert_int_equal(dh_serving_of(&x->serving, m, d, &x->engine, &plan, &diag), DH_OK);
}

static void service_end(struct service *x) {
    dh_inference_catalog_free(&x->catalog);
}

static struct dh_engine *engine_new(const struct dh_engine_options *options) {
    struct dh_engine *e;
    assert_int_equal(dh_engine_new(&e, options, NULL), DH_OK);
    return e;
}

static void submit(struct dh_engine *e, double at, int64_t prompt, int64_t output, int64_t tag) {
    struct dh_engine_request r = {.arrival_s = at, .prompt = prompt, .output = output, .tag = tag};
    bool accepted;
    assert_int_equal(dh_engine_submit(e, &r, &accepted), DH_OK);
    assert_true(accepted);
}

void an_engine_gives_back_what_it_takes(void **state) {
    (void)state;
    struct service x;
    service_begin(&x, "llama3-8b", 1);
    for (int tight = 0; tight < 2; tight++) {
        struct dh_engine_options options = {.serving = &x.serving, .blocks = tight ? 300 : 0};
        struct dh_engine *e = engine_new(&options);
        struct dh_rng rng = dh_rng_stream(7, DH_RNG_TEST, 0);
        double at = 0;
        int64_t prompts = 0, outputs = 0;
        enum { N = 400 };
        for (int i = 0; i < N; i++) {
            int64_t prompt = 1 + (int64_t)(1500 * dh_rng_uniform(&rng)),
                    output = 1 + (int64_t)(300 * dh_rng_uniform(&rng));
            at += 0.05 * dh_rng_uniform(&rng);
            submit(e, at, prompt, output, i);
            prompts += prompt;
            outputs += output;
        }
        double last;
        assert_int_equal(dh_engine_drain(e, &last), DH_OK);
        struct dh_engine_answer a;
        struct dh_engine_totals t;
        struct dh_engine_activity now;
        int n = 0;
        double before = 0, first_before = 0, busy = 0;
        bool in_order = true;
        while (dh_engine_take(e, &a)) {
            n++;
            assert_true(a.arrival_s < a.first_s && a.first_s <= a.end_s && a.end_s <= last);
            assert_true(a.end_s >= before);
            assert_true((a.output == 1) == (a.first_s == a.end_s));
            before = a.end_s;
            outputs -= a.output;
            (void)first_before;
            (void)in_order;
        }
        dh_engine_totals_of(e, &t);
        dh_engine_activity_of(e, &now);
        busy = t.busy_s;
        assert_int_equal(n, N);
        assert_int_equal(outputs, 0);
        assert_int_equal(t.answered, N);
        assert_int_equal(now.blocks_used, 0); /* no block is lost */
        assert_int_equal(now.running + now.waiting, 0);
        assert_true(tight ? t.prompt_tokens > prompts : t.prompt_tokens == prompts); /* read again */
        assert_true(tight ? t.preemptions > 0 : t.preemptions == 0);
        assert_true(busy <= last && busy > 0.5 * last);
        dh_engine_delete(e);
    }
    service_end(&x);
}

void first_tokens_come_in_the_order_of_arrival(void **state) {
    (void)state;
    struct service x;
    service_begin(&x, "llama3-8b", 1);
    struct dh_engine_options options = {.serving = &x.serving};
    struct dh_engine *e = engine_new(&options);
    enum { N = 60 };
    double first[N];
    for (int i = 0; i < N; i++)
        submit(e, 0.01 * i, 100 + 37 * (i % 7), 20 + i % 5, i);
    assert_int_equal(dh_engine_drain(e, NULL), DH_OK);
    struct dh_engine_answer a;
    while (dh_engine_take(e, &a))
        first[a.tag] = a.first_s;
    for (int i = 1; i < N; i++)
        assert_true(first[i] >= first[i - 1]);
    dh_engine_delete(e);
    service_end(&x);
}

/* The same requests: with strides, without, and with the clock moved in small steps. */
void strides_change_little_and_steps_nothing(void **state) {
    (void)state;
    struct service x;
    service_begin(&x, "llama3-8b", 1);
    enum { N = 120 };
    double ends[3][N];
    for (int way = 0; way < 3; way++) {
        struct dh_engine_options options = {.serving = &x.serving, .single = way == 1};
        struct dh_engine *e = engine_new(&options);
        struct dh_engine_answer a;
        double clock = 0;
        for (int i = 0; i < N; i++) {
            double at = 0.11 * i;
            for (; way == 2 && clock < at; clock += 0.0013)
                assert_int_equal(dh_engine_advance(e, clock), DH_OK);
            submit(e, at, 200 + 50 * (i % 11), 30 + 61 * (i % 9), i);
            clock = at;
        }
        assert_int_equal(dh_engine_drain(e, NULL), DH_OK);
        while (dh_engine_take(e, &a))
            ends[way][a.tag] = a.end_s;
        dh_engine_delete(e);
    }
    for (int i = 0; i < N; i++) {
        assert_true(fabs(ends[0][i] - ends[1][i]) < 0.01 * (ends[1][i] - 0.11 * i));
        assert_true(ends[0][i] == ends[2][i]);
    }
    service_end(&x);
}

void what_never_fits_is_refused(void **state) {
    (void)state;
    struct service x;
    bool accepted = true;
    service_begin(&x, "llama3-8b", 1);
    struct dh_engine_options options = {.serving = &x.serving, .blocks = 10};
    struct dh_engine *e = engine_new(&options);
    struct dh_engine_request r = {.arrival_s = 0, .prompt = 150, .output = 11};
    assert_int_equal(dh_engine_submit(e, &r, &accepted), DH_OK);
    assert_false(accepted);
    r.output = 10;
    assert_int_equal(dh_engine_submit(e, &r, &accepted), DH_OK);
    assert_true(accepted);
    assert_int_equal(dh_engine_advance(e, 5), DH_OK);
    r.arrival_s = 1;
    assert_int_equal(dh_engine_submit(e, &r, &accepted), DH_ERR_VALUE); /* the clock is at 5 */
    dh_engine_delete(e);
    options.blocks = -1;
    assert_int_equal(dh_engine_new(&e, &options, NULL), DH_ERR_VALUE);
    assert_null(e);
    service_end(&x);
}

/* What is in the prefix cache is not read; what was read elsewhere only writes on. */
void cached_and_moved_prompts_are_not_read(void **state) {
    (void)state;
    struct service x;
    double first[3];
    struct dh_engine_answer a;
    struct dh_engine_totals t;
    service_begin(&x, "llama3-8b", 1);
    for (int i = 0; i < 3; i++) {
        struct dh_engine_options options = {.serving = &x.serving};
        struct dh_engine *e = engine_new(&options);
        struct dh_engine_request r = {
            .prompt = 4000, .output = 100, .cached = i == 1 ? 3600 : 0, .moved = i == 2};
        bool accepted;
        assert_int_equal(dh_engine_submit(e, &r, &accepted), DH_OK);
        assert_int_equal(dh_engine_drain(e, NULL), DH_OK);
        assert_true(dh_engine_take(e, &a));
        first[i] = a.first_s;
        dh_engine_totals_of(e, &t);
        assert_int_equal(t.prompt_tokens, i == 0 ? 4000 : i == 1 ? 400 : 0);
        assert_int_equal(t.output_tokens, i == 2 ? 99 : 100);
        dh_engine_delete(e);
    }
    assert_true(first[1] < 0.4 * first[0] && first[2] < first[1]);
    service_end(&x);
}

/* ---- processor sharing ----------------------------------------------------------------------------------
 */

/* One token for each of n takes n quanta: the replica's rate is constant and shared equally. */
static double shared(const void *self, const struct dh_serving_load *load) {
    return *(const double *)self * (load->sequences + load->tokens);
}

/* M/G/1 with processor sharing: E[T] = E[S] / (1 - rho), whatever the law of S. */
void an_engine_of_constant_rate_shares_its_processor(void **state) {
    (void)state;
    const double quantum = 1e-3, rho = 0.7;
    for (int law = 0; law < 2; law++) {
        struct dh_rng rng = dh_rng_stream(11, DH_RNG_TEST, (uint64_t)law);
        struct dh_engine_options options = {.iteration = shared,
                                            .self = &quantum,
                                            .blocks = 10000000,
                                            .token_budget = 1000000,
                                            .sequence_limit = 100000};
        struct dh_engine *e = engine_new(&options);
        enum { N = 120000, SKIP = 4000, BATCHES = 29 };
        double at = 0, sums[BATCHES] = {0}, mean = 0, spread = 0, service = 0, mean_tokens = law ? 200 : 100;
        int counts[BATCHES] = {0};
        struct dh_engine_answer a;
        for (int i = 0; i < N; i++) {
            /* exponential, and two sizes with a squared variation of 5.76: 90 % of 80, 10 % of 1280 */
            double tokens =
                law ? (dh_rng_uniform(&rng) < 0.9 ? 80 : 1280) : ceil(dh_rng_exponential(&rng, 100));
            if (!law)
                mean_tokens = 100.5;
            at += dh_rng_exponential(&rng, quantum * mean_tokens / rho);
            submit(e, at, 1, (int64_t)tokens, i);
            while (dh_engine_take(e, &a)) {
                if (a.tag < SKIP)
                    continue;
                int b = (int)((a.tag - SKIP) * BATCHES / (N - SKIP));
                sums[b] += a.end_s - a.arrival_s;
                counts[b]++;
            }
        }
        service = quantum * mean_tokens;
        for (int b = 0; b < BATCHES - 1; b++)
            mean += sums[b] / counts[b] / (BATCHES - 1);
        for (int b = 0; b < BATCHES - 1; b++)
            spread += (sums[b] / counts[b] - mean) * (sums[b] / counts[b] - mean);
        double half = 3.69 * sqrt(spread / (BATCHES - 2) / (BATCHES - 1)); /* t, 27 degrees, 99.9 % */
        double expected = service / (1 - rho);
        /* a request waits for the iteration that runs: one quantum for each of those inside, at most */
        double wait = quantum * rho / (1 - rho) / 2;
        assert_true(fabs(mean - expected) < half + 2 * wait);
        assert_true(half < 0.1 * expected);
        dh_engine_delete(e);
    }
}

/* ---- steady state in closed form ------------------------------------------------------------------------
 */

/* Clients in a closed loop, as dh_serving_steady supposes: throughput and time per token of both. */
static void closed_loop(const struct dh_serving *s, int clients, int64_t prompt, int64_t output, double *rate,
                        double *tpot) {
    struct dh_engine_options options = {.serving = s};
    struct dh_engine *e = engine_new(&options);
    struct dh_engine_answer a;
    int rounds = 8, n = 0, sent = 0;
    double gaps = 0, begin = 0, last = 0;
    for (; sent < clients; sent++) /* out of step with each other from the beginning */
        submit(e, 0.0301 * sent, prompt, output, sent);
    while (n < rounds * clients) {
        double next = dh_engine_next(e);
        assert_true(isfinite(next));
        assert_int_equal(dh_engine_advance(e, next), DH_OK);
        while (dh_engine_take(e, &a)) {
            n++;
            if (n == 2 * clients)
                begin = a.end_s;
            if (n > 2 * clients)
                gaps += (a.end_s - a.first_s) / (double)(a.output - 1) / ((rounds - 2) * clients);
            last = a.end_s;
            submit(e, next, prompt, output, sent++);
        }
    }
    *tpot = gaps;
    *rate = (double)((rounds - 2) * clients * output) / (last - begin);
    dh_engine_delete(e);
}

void engine_and_closed_form_agree(void **state) {
    (void)state;
    struct service x;
    service_begin(&x, "llama3-8b", 1);
    static const struct {
        int clients;
        int64_t prompt, output;
    } cases[] = {
        {1,  500,  200},
        {8,  1000, 300},
        {32, 1000, 500},
        {64, 300,  400},
        {32, 4000, 200},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double rate, tpot;
        struct dh_serving_demand d = {cases[i].clients, (double)cases[i].prompt, (double)cases[i].output, 0};
        struct dh_serving_point p;
        closed_loop(&x.serving, cases[i].clients, cases[i].prompt, cases[i].output, &rate, &tpot);
        dh_serving_steady(&x.serving, &d, &p);
        printf("# %d x %d + %d: rate %.1f %.1f, tpot %.3f %.3f ms\n", cases[i].clients, (int)cases[i].prompt,
               (int)cases[i].output, rate, p.tokens_per_s, 1e3 * tpot, 1e3 * p.tpot_s);
        assert_true(fabs(p.tokens_per_s / rate - 1) < 0.05);
        assert_true(fabs(p.tpot_s / tpot - 1) < 0.08);
    }
    service_end(&x);
}
