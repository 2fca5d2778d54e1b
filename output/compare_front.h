/* Results by two objectives: which of them no other beats in both. */
#ifndef DH_OUTPUT_COMPARE_FRONT_H
#define DH_OUTPUT_COMPARE_FRONT_H

#include "output/compare_report.h"

struct dh_objective {
    const char *key, *name, *unit;
    double scale; /* of what is shown */
    bool more;    /* more is better */
};

enum { DH_COMPARE_FRONTS = 2 };
struct dh_compare_front {
    struct dh_objective x, y;
};
/* The pairs that are shown: of options' objectives "KEY,KEY" (a + before a key: more is better, a -: less;
 * without: as is known of it, else less), or by default cost and carbon, cost and wait, as far as all results
 * know them. Names live in arena. Returns how many; -1: an objective that some result lacks, whose key is in
 * *missing. */
int32_t dh_compare_fronts(struct dh_compare_front fronts[DH_COMPARE_FRONTS], const struct dh_comparison *c,
                          const char *objectives, struct dh_arena *arena, const char **missing);

/* Value of a result (-1: the base): with replications their mean. */
double dh_compare_value(const struct dh_comparison *c, int32_t k, const char *key);
/* on[k + 1] for the results from the base on. */
void dh_compare_on_front(const struct dh_comparison *c, const struct dh_compare_front *front,
                         bool on[DH_COMPARE_OTHERS + 1]);
/* The chart. DH_ERR_MEMORY. */
enum dh_err dh_compare_front_chart(const struct dh_comparison *c, const struct dh_compare_front *front,
                                   struct dh_text *out);

#endif
