/* What a number of a result comes from: inside of dh_result_explain. */
#ifndef DH_API_EXPLAIN_H
#define DH_API_EXPLAIN_H

#include "output/result_read.h"
#include "output/summary_how.h"
#include "scenarios/scenario.h"
#include "sim/text.h"

/* A result that is being explained. */
struct dh_explained {
    struct dh_result *result;
    const struct dh_summary *summary;
    struct dh_scenario_file scenario; /* as it was run */
    bool has_scenario;
    struct dh_arena mem;
};

/* Value of an expression of summary_how.def; NAN: something that it needs is absent. */
double dh_explain_value(struct dh_explained *e, const char *expression);

enum { DH_MOST_INPUTS = 48 };
struct dh_explain_input {
    const char *name, *function; /* function: of a series */
    int32_t atom;                /* enum dh_formula_atom */
    double value;
};
/* The atoms of an expression, each once. Their number. */
int32_t dh_explain_inputs(struct dh_explained *e, const char *expression,
                          struct dh_explain_input inputs[static DH_MOST_INPUTS]);

/* Rows of rests.def that a key rests on, itself and by its inputs: a bit each. */
uint32_t dh_explain_rests(struct dh_explained *e, const char *key);

/* Figures with sources, of the elements that row i of rests.def names: how many of each evidence. */
void dh_explain_evidence(const struct dh_explained *e, int32_t i, int64_t count[static 4]);

/* One key: text of so many columns, or a JSON object. all_sources: the texts of those that are no
 * assumptions, too. */
void dh_explain_text(struct dh_explained *e, const char *key, int32_t width, bool all_sources,
                     struct dh_text *out);
void dh_explain_json(struct dh_explained *e, const char *key, struct dh_text *out);

/* "185,758.3": six figures, with commas. */
const char *dh_explain_number(char room[static 64], double v);
/* Of its replications; n = 0: there are none. */
struct dh_explain_interval {
    int32_t n;
    double mean, half_width; /* 95 % */
};
struct dh_explain_interval dh_explain_interval(struct dh_explained *e, const char *key);

#endif
