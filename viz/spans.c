#include "viz/spans.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_LEAVES = 1 << 14 };

static int32_t leaf_of(const struct dh_spans *s, double at) {
    double leaf = (at - s->begin) / s->leaf_s;
    return leaf >= s->n_leaf - 1 ? s->n_leaf - 1 : leaf > 0 ? (int32_t)leaf : 0;
}

/* Calls for each node of a stretch: those within it whose parents reach beyond. */
static void each_node(const struct dh_spans *s, double from, double to,
                      void (*call)(void *self, int32_t node), void *self) {
    int32_t low = leaf_of(s, from) + s->n_leaf,
            high = (isnan(to) ? s->n_leaf - 1 : leaf_of(s, to)) + s->n_leaf;
    for (; low <= high; low /= 2, high /= 2) {
        if (low % 2 == 1)
            call(self, low++);
        if (high % 2 == 0)
            call(self, high--);
    }
}

static void count(void *self, int32_t node) {
    int64_t *first = self;
    first[node + 1]++;
}

struct filling {
    struct dh_spans *spans;
    int64_t *next;
    int32_t row;
};
static void fill(void *self, int32_t node) {
    struct filling *f = self;
    f->spans->rows[f->next[node]++] = f->row;
}

bool dh_spans_make(struct dh_spans *s, const double *from, const double *to, int32_t n) {
    double begin = INFINITY, end = -INFINITY;
    for (int32_t i = 0; i < n; i++)
        if (isfinite(from[i])) {
            begin = fmin(begin, from[i]);
            end = fmax(end, from[i]);
        }
    *s = (struct dh_spans){.begin = begin <= end ? begin : 0, .n_leaf = 1};
    while (s->n_leaf < n && s->n_leaf < MOST_LEAVES)
        s->n_leaf *= 2;
    s->leaf_s = begin < end ? (end - begin) / s->n_leaf : 1;
    int32_t n_node = 2 * s->n_leaf;
    s->first = calloc((size_t)n_node + 1, sizeof *s->first);
    int64_t *next = malloc((size_t)n_node * sizeof *next);
    for (int32_t i = 0; s->first && i < n; i++)
        if (isfinite(from[i]))
            each_node(s, from[i], to[i], count, s->first);
    for (int32_t k = 0; s->first && next && k < n_node; k++) {
        s->first[k + 1] += s->first[k];
        next[k] = s->first[k];
    }
    s->rows = s->first && next ? malloc((size_t)(s->first[n_node] + 1) * sizeof *s->rows) : NULL;
    struct filling f = {.spans = s, .next = next};
    for (f.row = 0; s->rows && f.row < n; f.row++)
        if (isfinite(from[f.row]))
            each_node(s, from[f.row], to[f.row], fill, &f);
    free(next);
    if (s->rows)
        return true;
    dh_spans_free(s);
    return false;
}

void dh_spans_free(struct dh_spans *s) {
    free(s->first);
    free(s->rows);
    *s = (struct dh_spans){0};
}

int32_t dh_spans_about(const struct dh_spans *s, double at, int32_t *rows) {
    int32_t n = 0;
    for (int32_t node = s->n_leaf + leaf_of(s, at); s->rows && node > 0; node /= 2)
        for (int64_t k = s->first[node]; k < s->first[node + 1]; k++)
            rows[n++] = s->rows[k];
    return n;
}
