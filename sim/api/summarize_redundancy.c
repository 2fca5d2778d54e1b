/* What each single failure of the power graph would do, racks at their ratings. */
#include "sim/api/summarize.h"
#include "models/redundancy.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_FAILURES = 100 };

static bool is_held(const struct dh_single_failure *x) {
    return x->racks_dark + x->cooling_dark + x->n_over == 0;
}

/* Worst first: dark racks, dead cooling, load. */
static int compare(const void *left, const void *right) {
    const struct dh_single_failure *a = left, *b = right;
    if (a->dark_w != b->dark_w)
        return a->dark_w > b->dark_w ? -1 : 1;
    if (a->cooling_dark != b->cooling_dark)
        return b->cooling_dark - a->cooling_dark;
    if (a->share != b->share)
        return a->share > b->share ? -1 : 1;
    return a->stage != b->stage ? a->stage - b->stage : b->whole - a->whole;
}

static void put(struct dh_summary *out, const struct dh_world *w, int i, const struct dh_single_failure *x) {
    char name[300];
    snprintf(name, sizeof name, "%.200s%s", w->f->stage_name[x->stage], x->whole ? "" : ":1");
    dh_put_text_at(out, name, "single.%d.out", i);
    dh_put_at(out, x->racks_dark, "single.%d.racks_dark", i);
    dh_put_at(out, x->cooling_dark, "single.%d.cooling_dark", i);
    dh_put_at(out, x->n_over, "single.%d.overloaded", i);
    if (x->most_loaded < 0)
        return;
    dh_put_text_at(out, w->f->stage_name[x->most_loaded], "single.%d.most_loaded", i);
    dh_put_at(out, x->share, "single.%d.share", i);
}

void dh_summarize_redundancy(struct dh_summary *out, const struct dh_world *w) {
    struct dh_redundancy r;
    if (dh_redundancy_init(&r, w->f, &w->plant) != DH_OK) {
        out->err = DH_ERR_MEMORY;
        return;
    }
    int32_t held = 0;
    for (int32_t i = 1; i < r.n; i++)
        held += is_held(&r.failures[i]);
    if (r.n > 1) {
        dh_put_count(out, "facility.single_failures", r.n - 1);
        dh_put_count(out, "facility.single_failures_held", held);
        dh_put_number(out, "facility.most_loaded_share", r.failures[0].share);
        if (r.failures[0].most_loaded >= 0)
            dh_put_text(out, "facility.most_loaded", w->f->stage_name[r.failures[0].most_loaded]);
        qsort(r.failures + 1, (size_t)r.n - 1, sizeof *r.failures, compare);
    }
    for (int32_t i = 1; i < r.n && i <= MOST_FAILURES; i++)
        put(out, w, (int)i - 1, &r.failures[i]);
    dh_redundancy_free(&r);
}
