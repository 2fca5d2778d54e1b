/* serving [LOG.csv.gz]: speed of the engine of a replica (models/serving_engine.h), request by request, by
 * processor time: Llama 3 70B on eight H100. Drawn requests at 80 % of what the replica can do; then every
 * request of LOG (TIMESTAMP, ContextTokens, GeneratedTokens), if it is there. CSV:
 * name,requests,tokens,iterations,cpu_s,million tokens a second (read and written), and of those written. */
#include "models/serving_engine.h"
#include "sim/api/inference_row.h"
#include "sim/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST = 100000, BEST_OF = 3 };

static struct dh_engine_request requests[MOST];
static int n_request;

static double cpu_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void run(const char *name, const struct dh_serving *s) {
    double best = 1e9, late = 0;
    struct dh_engine_totals t;
    for (int time = 0; time < BEST_OF; time++) {
        struct dh_engine_options options = {.serving = s};
        struct dh_engine_answer a;
        struct dh_engine *e;
        bool accepted;
        double begin = cpu_s();
        if (dh_engine_new(&e, &options, NULL) != DH_OK)
            exit(1);
        late = 0;
        for (int i = 0; i < n_request; i++) {
            if (dh_engine_submit(e, &requests[i], &accepted) != DH_OK)
                exit(1);
            while (dh_engine_take(e, &a))
                late += a.end_s - a.arrival_s;
        }
        dh_engine_drain(e, NULL);
        while (dh_engine_take(e, &a))
            late += a.end_s - a.arrival_s;
        double took = cpu_s() - begin;
        best = took < best ? took : best;
        dh_engine_totals_of(e, &t);
        dh_engine_delete(e);
    }
    double tokens = (double)(t.prompt_tokens + t.output_tokens);
    printf("%s,%d,%.0f,%lld,%.4f,%.2f,%.2f\n", name, n_request, tokens, (long long)t.iterations, best,
           tokens / best / 1e6, (double)t.output_tokens / best / 1e6);
    fprintf(stderr, "# %s: mean %.3f s from end to end, busy %.0f s, %lld refused\n", name,
            late / (double)t.answered, t.busy_s, (long long)t.refused);
}

static int read_log(const char *path) {
    struct dh_csv csv;
    struct dh_diag diag = {0};
    bool got = true;
    int64_t at, first = 0, prompt, output;
    n_request = 0;
    if (dh_csv_open(&csv, path, DH_CSV_PLAIN, &diag) != DH_OK)
        return 0;
    int32_t time = dh_csv_column(&csv, "TIMESTAMP", NULL, NULL);
    int32_t in = dh_csv_column(&csv, "ContextTokens", NULL, NULL);
    int32_t out = dh_csv_column(&csv, "GeneratedTokens", NULL, NULL);
    while (dh_csv_next(&csv, &got) == DH_OK && got && n_request < MOST) {
        if (dh_csv_instant(&csv, time, &at) != DH_OK ||
            dh_csv_integer(&csv, in, 1, 1000000, &prompt) != DH_OK ||
            dh_csv_integer(&csv, out, 1, 1000000, &output) != DH_OK)
            continue;
        if (n_request == 0)
            first = at;
        requests[n_request] = (struct dh_engine_request){
            .arrival_s = (double)(at - first) * 1e-9, .prompt = prompt, .output = output, .tag = n_request};
        n_request++;
    }
    dh_csv_close(&csv);
    return n_request;
}

int main(int argc, char **argv) {
    struct dh_diag diag = {0};
    struct dh_inference_catalog catalog = {0};
    struct dh_inference_case c;
    static const struct dh_inference_row row = {.engine = "vllm",
                                                .model = "llama3-70b",
                                                .gpu = "h100-sxm",
                                                .mode = "agg",
                                                .precision = "fp8",
                                                .n_gpus = 8,
                                                .tp = 8,
                                                .prompt = 1024,
                                                .output = 256,
                                                .concurrency = 64};
    if (dh_inference_catalog_read(&catalog, &diag) != DH_OK || dh_inference_case_of(&c, &row, &catalog))
        return 1;
    printf("model,requests,tokens,iterations,cpu_s,million_tokens_per_s,million_written_per_s\n");
    struct dh_serving_point p;
    dh_inference_predict(&c, &p);
    struct dh_rng rng = dh_rng_stream(1, DH_RNG_REQUEST, 0);
    double at = 0;
    for (n_request = 0; n_request < 20000; n_request++) {
        at += dh_rng_exponential(&rng, 1 / (0.8 * p.requests_per_s));
        requests[n_request] =
            (struct dh_engine_request){.arrival_s = at,
                                       .prompt = 1 + (int64_t)dh_rng_exponential(&rng, 1024),
                                       .output = 1 + (int64_t)dh_rng_exponential(&rng, 256),
                                       .tag = n_request};
    }
    run("drawn", &c.serving);
    if (argc > 1 && read_log(argv[1]))
        run("log", &c.serving);
    dh_inference_catalog_free(&catalog);
    dh_diag_free(&diag);
    return 0;
}
