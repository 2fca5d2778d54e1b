/* Parts of dh_facility_compile. Private to scenarios/. */
#ifndef DH_SCENARIOS_COMPILE_H
#define DH_SCENARIOS_COMPILE_H

#include "models/facility.h"

/* Columns while they are written: the same members as the facility's, without the const. */
struct dh_build {
#define COLUMN(type, name, rows, unit, about) type *name;
#include "models/facility.def"
#undef COLUMN
};

/* A loss as a polynomial of the output P in watts: fixed + linear P + square P^2. */
struct dh_loss_terms {
    double fixed_w, linear, square_per_w;
};

/* n units of unit_w that share the load equally, each with this loss; NULL: no loss. */
struct dh_loss_terms dh_loss_of(const struct dh_loss_spec *loss, double unit_w, int64_t n);

static inline const struct dh_loss_spec *dh_first_loss(const struct dh_loss_spec *losses, int32_t n) {
    return n > 0 ? losses : NULL;
}

/* Rows of the stages by site and id, and how much of feed_stage is written. */
struct dh_stage_index {
    struct dh_stage_id *ids;
    int32_t n, n_feed;
};

/* Sets f->n_stage and f->n_feed. */
void dh_count_stages(struct dh_facility *f, const struct dh_scenario *sc);

/* Stages with their feeds, feeds in smaller rows; and the sites' house loads. DH_ERR_DANGLING_REF,
 * DH_ERR_CYCLE (which reading a scenario has ruled out), DH_ERR_MEMORY. */
enum dh_err dh_build_stages(struct dh_facility *f, struct dh_build *b, struct dh_stage_index *ids,
                            const struct dh_scenario *sc, struct dh_arena *scratch, struct dh_diag *diag);

/* Where a consumer's feeds are written. */
struct dh_feeds_at {
    int32_t *first, *n, *transfer;
};
#define DH_FEEDS(b, entity, row)                                                                             \
    ((struct dh_feeds_at){&(b)->entity##_first_feed[row], &(b)->entity##_feeds[row],                         \
                          &(b)->entity##_transfer[row]})

/* Appends the stages that a feed attribute of this site names; those that are not there are left out. */
void dh_build_feeds(struct dh_feeds_at at, struct dh_build *b, struct dh_stage_index *ids, int32_t site,
                    const char *feed, int32_t transfer);

/* DH_ERR_RANGE where a stage could carry more than can be told: its rating is far below what hangs on it.
 * DH_ERR_MEMORY. */
enum dh_err dh_check_powers(const struct dh_facility *f, struct dh_arena *scratch, struct dh_diag *diag);

#endif
