#include "models/redundancy.h"

#include <math.h>

/* Equal consumers with the same feeds: racks of a row, cooling, a site's house load. */
struct consumer {
    const int32_t *feed;
    int32_t n_feed, transfer, n;
    double each_w;
    enum { IS_RACK, IS_COOLING, IS_HOUSE } what;
};

struct graph {
    const struct dh_facility *f;
    struct consumer *consumer;
    int32_t n_consumer;
    bool *live;
    double *out_w, *share_before;
};

static void draw(struct graph *g, const int32_t *feed, int32_t n_feed, int32_t transfer, double w) {
    int32_t n = 0;
    for (int32_t i = 0; i < n_feed; i++)
        n += g->live[feed[i]];
    for (int32_t i = 0; i < n_feed; i++) {
        if (!g->live[feed[i]])
            continue;
        g->out_w[feed[i]] += transfer == DH_TRANSFER_FIRST ? w : w / n;
        if (transfer == DH_TRANSFER_FIRST)
            return;
    }
}

static bool has_feed(const struct graph *g, const int32_t *feed, int32_t n_feed) {
    bool any = n_feed == 0;
    for (int32_t i = 0; i < n_feed; i++)
        any = any || g->live[feed[i]];
    return any;
}

/* Units of a stage that are left. */
static int32_t units_up(const struct dh_facility *f, int32_t s, const struct dh_single_failure *x) {
    return f->stage_units[s] - (s != x->stage ? 0 : x->whole ? f->stage_units[s] : 1);
}

static double usable_w(const struct dh_facility *f, int32_t s, int32_t up) {
    return fmin(f->stage_rated_w[s], f->stage_unit_w[s] * up);
}

/* With fewer units each carries more: the fixed part shrinks, the square part grows. */
static double input_w(const struct dh_facility *f, int32_t s, int32_t up, double out_w) {
    double part = up / (double)f->stage_units[s];
    return out_w + f->stage_loss_fixed_w[s] * part + f->stage_loss_linear[s] * out_w +
           f->stage_loss_square_per_w[s] / part * out_w * out_w;
}

static void solve(struct graph *g, struct dh_single_failure *x) {
    const struct dh_facility *f = g->f;
    for (int32_t s = 0; s < f->n_stage; s++) { /* feeds have smaller rows */
        const int32_t *feed = f->feed_stage + f->stage_first_feed[s];
        g->live[s] = units_up(f, s, x) > 0 &&
                     (dh_stage_is_source(f->stage_kind[s]) || has_feed(g, feed, f->stage_feeds[s]));
        g->out_w[s] = 0;
    }
    for (int32_t i = 0; i < g->n_consumer; i++) {
        const struct consumer *c = &g->consumer[i];
        if (has_feed(g, c->feed, c->n_feed)) {
            draw(g, c->feed, c->n_feed, c->transfer, c->each_w * c->n);
        } else if (c->what == IS_RACK) {
            x->racks_dark += c->n;
            x->dark_w += c->each_w * c->n;
        } else {
            x->cooling_dark += c->what == IS_COOLING;
        }
    }
    x->most_loaded = -1;
    for (int32_t s = f->n_stage - 1; s >= 0; s--) {
        if (!g->live[s])
            continue;
        int32_t up = units_up(f, s, x);
        double share = g->out_w[s] / usable_w(f, s, up);
        draw(g, f->feed_stage + f->stage_first_feed[s], f->stage_feeds[s], f->stage_transfer[s],
             input_w(f, s, up, g->out_w[s]));
        if (x->stage < 0)
            g->share_before[s] = share;
        bool more = share > g->share_before[s] + 1e-9;
        x->n_over += more && share > 1 + 1e-9;
        if (share > x->share && (more || x->stage < 0 || s == x->stage)) {
            x->share = share;
            x->most_loaded = s;
        }
    }
}

/* ---- consumers ---- */

static void add(struct graph *g, enum dh_transfer transfer, int32_t first, int32_t n_feed, double w,
                int what) {
    if (n_feed > 0)
        g->consumer[g->n_consumer++] = (struct consumer){.feed = g->f->feed_stage + first,
                                                         .n_feed = n_feed,
                                                         .transfer = (int32_t)transfer,
                                                         .n = 1,
                                                         .each_w = w,
                                                         .what = what};
}

static bool same_feeds(const struct dh_facility *f, int32_t a, int32_t b) {
    if (f->rack_row[a] != f->rack_row[b] || f->rack_feeds[a] != f->rack_feeds[b] ||
        f->rack_rated_w[a] != f->rack_rated_w[b])
        return false;
    for (int32_t i = 0; i < f->rack_feeds[a]; i++)
        if (f->feed_stage[f->rack_first_feed[a] + i] != f->feed_stage[f->rack_first_feed[b] + i])
            return false;
    return true;
}

static void add_racks(struct graph *g) {
    const struct dh_facility *f = g->f;
    for (int32_t r = 0; r < f->n_rack; r++) {
        if (r > 0 && same_feeds(f, r - 1, r))
            g->consumer[g->n_consumer - 1].n++;
        else
            add(g, (enum dh_transfer)f->rack_transfer[r], f->rack_first_feed[r], f->rack_feeds[r],
                f->rack_rated_w[r], IS_RACK);
    }
}

static double share_of(double heat_w, double capacity_w) {
    return capacity_w > 0 ? fmin(1, heat_w / capacity_w) : 1;
}

/* Heat of racks at their ratings, from halls and CDU groups to plants. heat: a row for each piece of cooling,
 * in the order of dh_plant_n_cooling. */
static void add_cooling(struct graph *g, const struct dh_plant *plant, double *heat) {
    const struct dh_facility *f = g->f;
    double *hall = heat, *cdu = hall + f->n_hall, *cplant = cdu + f->n_cdu, *lplant = cplant + f->n_cplant;
    for (int32_t r = 0; r < f->n_rack; r++) {
        int32_t c = f->rack_cdu[r];
        double liquid =
            c < 0 ? 0 : f->rack_liquid_share[r] + (1 - f->rack_liquid_share[r]) * f->rack_door_share[r];
        hall[f->rack_hall[r]] += (1 - liquid) * f->rack_rated_w[r];
        if (c >= 0)
            cdu[c] += liquid * f->rack_rated_w[r];
    }
    for (int32_t h = 0; h < f->n_hall; h++) {
        if (f->hall_plant[h] >= 0)
            cplant[f->hall_plant[h]] += hall[h];
        add(g, (enum dh_transfer)f->hall_transfer[h], f->hall_first_feed[h], f->hall_feeds[h],
            share_of(hall[h], f->hall_air_capacity_w[h]) * dh_plant_design_w(plant, f, h), IS_COOLING);
    }
    for (int32_t c = 0; c < f->n_cdu; c++) {
        if (f->cdu_plant[c] >= 0)
            lplant[f->cdu_plant[c]] += cdu[c];
        if (f->cdu_cplant[c] >= 0)
            cplant[f->cdu_cplant[c]] += cdu[c];
        add(g, (enum dh_transfer)f->cdu_transfer[c], f->cdu_first_feed[c], f->cdu_feeds[c],
            dh_plant_design_w(plant, f, f->n_hall + c), IS_COOLING);
    }
    for (int32_t c = 0; c < f->n_cplant; c++)
        add(g, (enum dh_transfer)f->cplant_transfer[c], f->cplant_first_feed[c], f->cplant_feeds[c],
            share_of(cplant[c], f->cplant_spec[c]->capacity_w) *
                dh_plant_design_w(plant, f, f->n_hall + f->n_cdu + c),
            IS_COOLING);
    for (int32_t l = 0; l < f->n_lplant; l++)
        add(g, (enum dh_transfer)f->lplant_transfer[l], f->lplant_first_feed[l], f->lplant_feeds[l],
            share_of(lplant[l], f->lplant_spec[l]->capacity_w) *
                dh_plant_design_w(plant, f, f->n_hall + f->n_cdu + f->n_cplant + l),
            IS_COOLING);
}

static const double MOST_WORK = 1e8;

enum dh_err dh_redundancy_init(struct dh_redundancy *out, const struct dh_facility *f,
                               const struct dh_plant *plant) {
    struct graph g = {.f = f};
    struct dh_arena scratch = {0};
    int32_t n_cooling = dh_plant_n_cooling(f);
    size_t most = (size_t)f->n_rack + (size_t)n_cooling + (size_t)f->n_site, stages = (size_t)f->n_stage;
    *out = (struct dh_redundancy){0};
    double *heat = dh_arena_array(&scratch, (size_t)n_cooling, sizeof *heat);
    g.consumer = dh_arena_array(&scratch, most, sizeof *g.consumer);
    g.live = dh_arena_array(&scratch, stages, sizeof *g.live);
    g.share_before = dh_arena_array(&scratch, stages, sizeof *g.share_before);
    g.out_w = dh_arena_array(&scratch, stages, sizeof *g.out_w);
    out->failures = dh_arena_array(&out->mem, 2 * stages + 1, sizeof *out->failures);
    enum dh_err err = DH_OK;
    if (!heat || !g.consumer || !g.live || !g.share_before || !g.out_w || !out->failures)
        err = DH_ERR_MEMORY;
    if (!err) {
        add_racks(&g);
        add_cooling(&g, plant, heat);
        for (int32_t s = 0; s < f->n_site; s++)
            add(&g, (enum dh_transfer)f->site_transfer[s], f->site_first_feed[s], f->site_feeds[s],
                f->site_house_w[s], IS_HOUSE);
    }
    if (!err && 2.0 * f->n_stage * (f->n_stage + f->n_feed + g.n_consumer) <= MOST_WORK) {
        out->failures[out->n++] = (struct dh_single_failure){.stage = -1};
        for (int32_t s = 0; s < f->n_stage; s++) {
            out->failures[out->n++] = (struct dh_single_failure){.stage = s, .whole = true};
            if (f->stage_units[s] > 1)
                out->failures[out->n++] = (struct dh_single_failure){.stage = s};
        }
        for (int32_t i = 0; i < out->n; i++)
            solve(&g, &out->failures[i]);
    }
    dh_arena_free(&scratch);
    if (err)
        dh_redundancy_free(out);
    return err;
}

void dh_redundancy_free(struct dh_redundancy *redundancy) {
    dh_arena_free(&redundancy->mem);
    *redundancy = (struct dh_redundancy){0};
}
