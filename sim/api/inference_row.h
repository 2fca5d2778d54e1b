/* One measurement of a language model in service, as a row of a file: what it ran on by the catalog's names,
 * and what models/serving_curve.h makes of it. Shared by predict inference and make fit-serving. Private to
 * sim/api. */
#ifndef DH_SIM_API_INFERENCE_ROW_H
#define DH_SIM_API_INFERENCE_ROW_H

#include "models/serving_curve.h"
#include "scenarios/csv_read.h"
#include "scenarios/scenario.h"

enum { DH_INFERENCE_TEXT = 128 };
enum dh_inference_mode { DH_INFERENCE_AGG, DH_INFERENCE_DISAGG, DH_INFERENCE_BATCH, DH_INFERENCE_OFFLINE };

/* Every device, model and engine of the catalog. */
struct dh_inference_catalog {
    struct dh_scenario_file file;
};
enum dh_err dh_inference_catalog_read(struct dh_inference_catalog *catalog, struct dh_diag *diag);
void dh_inference_catalog_free(struct dh_inference_catalog *catalog);

enum { DH_INFERENCE_NUMBERS = 14, DH_INFERENCE_WORDS = 8 };
struct dh_inference_columns {
    int32_t number[DH_INFERENCE_NUMBERS], word[DH_INFERENCE_WORDS];
};
/* DH_ERR_MISSING: gpu, model, engine or output_len is not there. */
enum dh_err dh_inference_columns_find(struct dh_inference_columns *columns, struct dh_csv *csv);

struct dh_inference_row {
    char engine[DH_INFERENCE_TEXT], model[DH_INFERENCE_TEXT], gpu[DH_INFERENCE_TEXT], mode[DH_INFERENCE_TEXT],
        precision[DH_INFERENCE_TEXT], kv[DH_INFERENCE_TEXT], prefill[DH_INFERENCE_TEXT],
        decode[DH_INFERENCE_TEXT];
    double n_gpus, tp, pp, dp, ep, prompt, output, concurrency, batch;
    double ttft_s, tpot_s, gap_p90_s, tokens_per_s, e2e_s; /* measured; NAN: not */
};
void dh_inference_row_read(struct dh_inference_row *row, const struct dh_csv *csv,
                           const struct dh_inference_columns *columns);

/* What the row says, in the words of the models. Points into the catalog. */
struct dh_inference_case {
    enum dh_inference_mode mode;
    struct dh_serving serving, prefill; /* prefill: of a disaggregated one */
    double readers, writers;            /* replicas of each; writers: of any other mode, too */
    struct dh_serving_demand demand;    /* clients of one group of one replica; of all when disaggregated */
    bool gaps;                          /* tpot is a median of gaps between tokens: without prompts */
};
/* NULL, or why there is no prediction. */
const char *dh_inference_case_of(struct dh_inference_case *c, const struct dh_inference_row *row,
                                 const struct dh_inference_catalog *catalog);
/* NULL, or why not. p: tokens_per_s of all replicas, tpot_s as the row means it. */
const char *dh_inference_predict(const struct dh_inference_case *c, struct dh_serving_point *p);

#endif
