/* Which of very many stretches of time cover an instant, without a look at all of them: a tree of halves of
 * the whole time, in which a stretch is kept at the few nodes that together make it up. */
#ifndef DH_VIZ_SPANS_H
#define DH_VIZ_SPANS_H

#include <stdbool.h>
#include <stdint.h>

struct dh_spans {
    double begin, leaf_s; /* where the first leaf begins, and how long one is */
    int32_t n_leaf;       /* a power of two; nodes are numbered from 1, those below k are 2 k and 2 k + 1 */
    int64_t *first;       /* of each node: in rows; one more than there are nodes */
    int32_t *rows;
};

/* n stretches from … to, s. NAN from: there is none; NAN to: it has no end. False: out of memory. */
bool dh_spans_make(struct dh_spans *out, const double *from, const double *to, int32_t n);
void dh_spans_free(struct dh_spans *spans);
/* Rows of all stretches that cover an instant, and of some that only come near it, each once, in no order;
 * room for all n. How many. */
int32_t dh_spans_about(const struct dh_spans *spans, double at, int32_t *rows);

#endif
