/* What each power stage and cooling plant has left, and which limit keeps that from use.
 *
 * A branch's headroom is its rating less its peak. More load could take of it what every stage between the
 * branch and the utilities has left as well (each with the loss that it adds), what the site's power limit
 * leaves, and, where it feeds racks, what the cooling of those racks and their halls' positions leave. The
 * least of these is usable; the rest is stranded by the limit that is least. Peaks of different branches need
 * not fall together, so what is usable is a lower bound. Losses between a stage and its racks are left out.
 */
#include "sim/api/summarize.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int32_t dh_feeds_of_stage(const struct dh_facility *f, int32_t stage, const int32_t **feeds) {
    *feeds = f->feed_stage + f->stage_first_feed[stage];
    return f->stage_feeds[stage];
}

int32_t dh_feeds_of_rack(const struct dh_facility *f, int32_t rack, const int32_t **feeds) {
    *feeds = f->feed_stage + f->rack_first_feed[rack];
    return f->rack_feeds[rack];
}

enum { MOST_BRANCHES = 100 };

struct branch {
    const char *name, *kind;
    const struct dh_load_curve *curve;
    double headroom_w, usable_w;
    char by[300]; /* what makes usable less than headroom */
    /* of a stage: what power alone leaves, and the stage that is the least on its way to the utilities */
    double power_w;
    int32_t least;
};

/* What racks take from where: of a stage, all racks below it; of a plant, all that it cools. */
struct below {
    double rated_w, peak_w, air_w,
        liquid_w;  /* ratings of the racks, and of those the heat to air and water */
    double free_w; /* rating of racks that would fit into free positions */
    bool space_known;
};

struct limits {
    const struct dh_world *w;
    const struct dh_facility *f;
    struct branch *stage, *hall, *cdu, *cplant, *lplant;
    struct below *below;       /* of each stage */
    bool *in_hall, *in_cdu;    /* stage x hall, stage x CDU: racks of this stage are there */
    double *hall_mean_rated_w; /* of a rack */
    int32_t *hall_free;        /* positions; -1: not known */
    int32_t *path, *seen;      /* of a walk up the stages */
};

/* Share of a rack's heat that goes to its CDU: cold plates and rear door. */
static double to_liquid(const struct dh_facility *f, int32_t r) {
    return f->rack_liquid_share[r] + (1 - f->rack_liquid_share[r]) * f->rack_door_share[r];
}

static double spare_w(const struct dh_load_curve *curve) {
    return fmax(0, dh_uw_to_w(curve->rated) - dh_uw_to_w(curve->peak));
}

static void limit_to(struct branch *b, double w, const char *kind, const char *name) {
    if (!(w < b->usable_w))
        return;
    b->usable_w = fmax(0, w);
    snprintf(b->by, sizeof b->by, "%s: %.250s", kind, name);
}

/* ---- who is below whom
 * ------------------------------------------------------------------------------------- */

/* All stages above a rack, each once. */
static int32_t stages_above(struct limits *l, int32_t rack) {
    const int32_t *feeds;
    int32_t n = 0, n_feed = dh_feeds_of_rack(l->f, rack, &feeds);
    for (int32_t i = 0; i < n_feed; i++)
        if (l->seen[feeds[i]] != rack + 1) {
            l->seen[feeds[i]] = rack + 1;
            l->path[n++] = feeds[i];
        }
    for (int32_t at = 0; at < n; at++) {
        n_feed = dh_feeds_of_stage(l->f, l->path[at], &feeds);
        for (int32_t i = 0; i < n_feed; i++)
            if (l->seen[feeds[i]] != rack + 1) {
                l->seen[feeds[i]] = rack + 1;
                l->path[n++] = feeds[i];
            }
    }
    return n;
}

static void gather(struct limits *l) {
    const struct dh_facility *f = l->f;
    for (int32_t r = 0; r < f->n_rack; r++) {
        int32_t n = stages_above(l, r), hall = f->rack_hall[r], cdu = f->rack_cdu[r];
        double rated_w = f->rack_rated_w[r], liquid_w = cdu >= 0 ? rated_w * to_liquid(f, r) : 0;
        for (int32_t i = 0; i < n; i++) {
            int32_t s = l->path[i];
            struct below *b = &l->below[s];
            b->rated_w += rated_w;
            b->liquid_w += liquid_w;
            b->air_w += rated_w - liquid_w;
            l->in_hall[(size_t)s * (size_t)f->n_hall + (size_t)hall] = true;
            if (cdu >= 0)
                l->in_cdu[(size_t)s * (size_t)f->n_cdu + (size_t)cdu] = true;
        }
    }
}

/* Racks that fit into the halls' free positions, at the mean rating of those that stand there. */
static void gather_space(struct limits *l) {
    const struct dh_facility *f = l->f;
    for (int32_t h = 0; h < f->n_hall; h++) {
        int32_t n = 0;
        double rated_w = 0;
        for (int32_t r = 0; r < f->n_rack; r++)
            if (f->rack_hall[r] == h) {
                rated_w += f->rack_rated_w[r];
                n++;
            }
        int64_t positions = f->hall_spec[h]->positions;
        l->hall_mean_rated_w[h] = n > 0 ? rated_w / n : 0;
        l->hall_free[h] = positions < 0 ? -1 : positions > n ? (int32_t)(positions - n) : 0;
    }
}

/* ---- limits of a stage
 * -------------------------------------------------------------------------------------- */

/* A watt more at the output takes this much more at the input, at the peak. */
static double input_per_output(const struct dh_facility *f, int32_t s, double peak_w) {
    return 1 + f->stage_loss_linear[s] + 2 * f->stage_loss_square_per_w[s] * peak_w;
}

/* What feeds leave: they stand before what they feed, and theirs is done. Load is taken to split evenly. At a
 * source the site's power limit counts, which may be lower than its rating. */
static void limit_by_feeds(struct limits *l, int32_t s) {
    const struct dh_facility *f = l->f;
    const int32_t *feeds;
    int32_t n = dh_feeds_of_stage(f, s, &feeds), site = f->stage_site[s];
    struct branch *b = &l->stage[s];
    double factor = input_per_output(f, s, dh_uw_to_w(b->curve->peak));
    b->least = s;
    if (n == 0)
        limit_to(b, l->w->site_limit_w[site] - dh_uw_to_w(b->curve->peak), "power limit",
                 f->site_spec[site]->id);
    for (int32_t i = 0; i < n; i++) {
        const struct branch *feed = &l->stage[feeds[i]];
        double w = n * feed->power_w / factor;
        if (w < b->usable_w) {
            b->usable_w = w;
            b->least = feed->least;
            if (feed->by[0])
                memcpy(b->by, feed->by, sizeof b->by);
            else
                snprintf(b->by, sizeof b->by, "power: %.250s", feed->name);
        }
    }
    b->power_w = b->usable_w;
}

/* Heat that plants and what hangs on them can take more, of those pieces that a stage's racks use. */
static double spare_heat(const bool *used, int32_t n, const int32_t *plant_of, const struct branch *piece,
                         const struct branch *plant, int32_t n_plant, const char **least) {
    double sum = 0, smallest = INFINITY;
    for (int32_t p = 0; p < n_plant; p++) {
        double pieces_w = 0, w;
        const char *name = NULL;
        bool any = false;
        double tightest = INFINITY;
        for (int32_t i = 0; i < n; i++)
            if (used[i] && plant_of[i] == p) {
                any = true;
                pieces_w += piece[i].headroom_w;
                if (piece[i].headroom_w < tightest) {
                    tightest = piece[i].headroom_w;
                    name = piece[i].name;
                }
            }
        if (!any)
            continue;
        w = fmin(pieces_w, plant[p].headroom_w);
        if (plant[p].headroom_w <= pieces_w)
            name = plant[p].name;
        if (w < smallest) {
            smallest = w;
            *least = name;
        }
        sum += w;
    }
    return isfinite(smallest) ? sum : INFINITY;
}

static void limit_by_cooling(struct limits *l, int32_t s) {
    const struct dh_facility *f = l->f;
    const struct below *b = &l->below[s];
    const char *least = "";
    double w = spare_heat(l->in_hall + (size_t)s * (size_t)f->n_hall, f->n_hall, f->hall_plant, l->hall,
                          l->cplant, f->n_cplant, &least);
    if (b->air_w > 0)
        limit_to(&l->stage[s], w * b->rated_w / b->air_w, "cooling", least);
    w = spare_heat(l->in_cdu + (size_t)s * (size_t)f->n_cdu, f->n_cdu, f->cdu_plant, l->cdu, l->lplant,
                   f->n_lplant, &least);
    if (b->liquid_w > 0)
        limit_to(&l->stage[s], w * b->rated_w / b->liquid_w, "cooling", least);
}

/* Racks that stand may still rise from what all drew at most to their rating; more of them need positions. */
static void limit_by_space(struct limits *l, int32_t s) {
    const struct dh_facility *f = l->f;
    const struct below *b = &l->below[s];
    double free_w = 0;
    const char *name = "";
    for (int32_t h = 0; h < f->n_hall; h++) {
        if (!l->in_hall[(size_t)s * (size_t)f->n_hall + (size_t)h])
            continue;
        if (l->hall_free[h] < 0)
            return;
        free_w += l->hall_free[h] * l->hall_mean_rated_w[h];
        name = f->hall_spec[h]->id;
    }
    double drawn =
        fmin(1, dh_uw_to_w(l->w->power.peak_it) / dh_it_rated_w(f)); /* share of the ratings, at most */
    limit_to(&l->stage[s], b->rated_w * (1 - drawn) + free_w, "space", name);
}

static void limit_stages(struct limits *l) {
    for (int32_t s = 0; s < l->f->n_stage; s++)
        limit_by_feeds(l, s);
    for (int32_t s = 0; s < l->f->n_stage; s++)
        if (l->below[s].rated_w > 0) {
            limit_by_cooling(l, s);
            limit_by_space(l, s);
        }
}

/* ---- limits of cooling: the power of the racks that it cools
 * ------------------------------------------------- */

/* More heat comes only with more power to the racks there, of which a part goes to air and one to water.
 * Stages that are stopped by the same stage share what it has. */
static void limit_by_power(struct limits *l, struct branch *b,
                           bool (*cools)(const struct dh_facility *, int32_t, int32_t), int32_t row,
                           bool liquid) {
    const struct dh_facility *f = l->f;
    double power_w = 0, rated_w = 0, here_w = 0;
    const struct branch *by = NULL;
    memset(l->seen, 0, (size_t)f->n_stage * sizeof *l->seen);
    for (int32_t r = 0; r < f->n_rack; r++) {
        if (!cools(f, row, r))
            continue;
        const int32_t *feeds;
        int32_t n = dh_feeds_of_rack(f, r, &feeds);
        double liquid_w = f->rack_cdu[r] >= 0 ? f->rack_rated_w[r] * to_liquid(f, r) : 0;
        rated_w += f->rack_rated_w[r];
        here_w += liquid ? liquid_w : f->rack_rated_w[r] - liquid_w;
        for (int32_t i = 0; i < n; i++) {
            const struct branch *stage = &l->stage[feeds[i]];
            if (l->seen[stage->least])
                continue;
            l->seen[stage->least] = 1;
            power_w += stage->power_w;
            if (!by || stage->power_w < by->power_w)
                by = stage;
        }
    }
    if (rated_w > 0 && here_w > 0 && power_w * here_w / rated_w < b->usable_w) {
        b->usable_w = power_w * here_w / rated_w;
        if (strchr(by->by, ':') && by->least != by - l->stage)
            snprintf(b->by, sizeof b->by, "power: %.250s", l->stage[by->least].name);
        else
            snprintf(b->by, sizeof b->by, "power: %.250s", by->name);
    }
}

static bool in_hall(const struct dh_facility *f, int32_t hall, int32_t rack) {
    return f->rack_hall[rack] == hall;
}
static bool in_cdu(const struct dh_facility *f, int32_t cdu, int32_t rack) {
    return f->rack_cdu[rack] == cdu;
}
static bool in_cplant(const struct dh_facility *f, int32_t plant, int32_t rack) {
    return f->hall_plant[f->rack_hall[rack]] == plant;
}
static bool in_lplant(const struct dh_facility *f, int32_t plant, int32_t rack) {
    return f->rack_cdu[rack] >= 0 && f->cdu_plant[f->rack_cdu[rack]] == plant;
}

/* ---- all of them
 * --------------------------------------------------------------------------------------------- */

static int compare_branches(const void *left, const void *right) {
    const struct branch *a = left, *b = right;
    dh_time near_a = dh_load_curve_above(a->curve, 90), near_b = dh_load_curve_above(b->curve, 90);
    if (near_a != near_b)
        return near_a > near_b ? -1 : 1;
    double use_a = (double)a->curve->peak / (double)a->curve->rated,
           use_b = (double)b->curve->peak / (double)b->curve->rated;
    if (use_a != use_b)
        return use_a > use_b ? -1 : 1;
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->kind, b->kind);
}

static double hours(dh_time t) {
    return dh_time_to_s(t) / S_PER_H;
}

static void put_branch(struct dh_summary *out, int i, const struct branch *b) {
    const struct dh_load_curve *c = b->curve;
    double stranded_w = b->headroom_w - b->usable_w;
    dh_put_text_at(out, b->name, "branches.%d.name", i);
    dh_put_text_at(out, b->kind, "branches.%d.kind", i);
    dh_put_at(out, dh_uw_to_w(c->rated) / 1000, "branches.%d.rated_kw", i);
    dh_put_at(out, dh_uw_to_w(c->peak) / 1000, "branches.%d.peak_kw", i);
    dh_put_at(out, dh_uw_to_w(dh_load_curve_quantile(c, 0.99)) / 1000, "branches.%d.p99_kw", i);
    dh_put_at(out, dh_load_curve_mean(c) * 1e-9, "branches.%d.mean_kw", i);
    dh_put_at(out, hours(dh_load_curve_above(c, 90)), "branches.%d.hours_within_10pct", i);
    dh_put_at(out, hours(dh_load_curve_above(c, 95)), "branches.%d.hours_within_5pct", i);
    dh_put_at(out, hours(dh_load_curve_above(c, 100)), "branches.%d.hours_above", i);
    dh_put_at(out, b->headroom_w / 1000, "branches.%d.headroom_kw", i);
    dh_put_at(out, b->usable_w / 1000, "branches.%d.usable_kw", i);
    dh_put_at(out, stranded_w / 1000, "branches.%d.stranded_kw", i);
    if (stranded_w > 0)
        dh_put_text_at(out, b->by, "branches.%d.stranded_by", i);
}

void dh_put_alert(struct dh_summary *out, int32_t *n, const char *what, double limit_kw, double worst,
                  double hours_near, const char *at) {
    dh_put_text_at(out, what, "alerts.%d.what", (int)*n);
    dh_put_at(out, limit_kw, "alerts.%d.limit_kw", (int)*n);
    dh_put_at(out, worst, "alerts.%d.worst", (int)*n);
    dh_put_at(out, hours_near, "alerts.%d.hours", (int)*n);
    if (at)
        dh_put_text_at(out, at, "alerts.%d.at", (int)*n);
    ++*n;
}

static void put_branch_alert(struct dh_summary *out, const struct dh_world *w, int32_t *n,
                             const struct branch *b) {
    const struct dh_load_curve *c = b->curve;
    char what[400], at[21];
    if ((double)c->peak < DH_ALERT_FROM * (double)c->rated)
        return;
    dh_put_instant(at, w, c->peak_at);
    snprintf(what, sizeof what, "load of %.250s (%.100s)", b->name, b->kind);
    dh_put_alert(out, n, what, dh_uw_to_w(c->rated) / 1000, (double)c->peak / (double)c->rated,
                 hours(dh_load_curve_above(c, 90)), at);
}

/* Rows of one kind, with what each has left of its own. */
static void own(struct branch *rows, int32_t n, const struct dh_load_curve *curves) {
    for (int32_t i = 0; i < n; i++) {
        rows[i].curve = &curves[i];
        rows[i].headroom_w = rows[i].usable_w = spare_w(&curves[i]);
    }
}

static struct branch *lay_out(struct limits *l, struct branch *all) {
    static const char *const kinds[] = {"utility", "transformer", "ups", "pdu", "generator"};
    const struct dh_world *w = l->w;
    const struct dh_facility *f = l->f;
    l->stage = all;
    l->hall = l->stage + f->n_stage;
    l->cdu = l->hall + f->n_hall;
    l->cplant = l->cdu + f->n_cdu;
    l->lplant = l->cplant + f->n_cplant;
    own(l->stage, f->n_stage, w->power.stage_curve);
    own(l->hall, f->n_hall, w->hall_curve);
    own(l->cdu, f->n_cdu, w->cdu_curve);
    own(l->cplant, f->n_cplant, w->cplant_curve);
    own(l->lplant, f->n_lplant, w->lplant_curve);
    for (int32_t s = 0; s < f->n_stage; s++) {
        l->stage[s].name = f->stage_name[s];
        l->stage[s].kind = kinds[f->stage_kind[s]];
    }
    for (int32_t h = 0; h < f->n_hall; h++) {
        l->hall[h].name = f->hall_spec[h]->id;
        l->hall[h].kind = "hall-air";
    }
    for (int32_t c = 0; c < f->n_cdu; c++) {
        l->cdu[c].name = f->cdu_spec[c]->id;
        l->cdu[c].kind = "cdu";
    }
    for (int32_t c = 0; c < f->n_cplant; c++) {
        l->cplant[c].name = f->cplant_spec[c]->id;
        l->cplant[c].kind = "chiller-plant";
    }
    for (int32_t p = 0; p < f->n_lplant; p++) {
        l->lplant[p].name = f->lplant_spec[p]->id;
        l->lplant[p].kind = "liquid-plant";
    }
    return l->lplant + f->n_lplant;
}

/* Cooling that is not modelled has no load to hold against its rating. */
static bool is_shown(const struct branch *b) {
    return dh_load_curve_above(b->curve, 0) > 0 && b->curve->rated > 1000000;
}

void dh_summarize_branches(struct dh_summary *out, const struct dh_world *w, int32_t *n_alert) {
    const struct dh_facility *f = w->f;
    struct dh_arena scratch = {0}, *mem = &scratch;
    struct limits l = {.w = w, .f = f};
    size_t stage = (size_t)f->n_stage,
           n_all = stage + (size_t)(f->n_hall + f->n_cdu + f->n_cplant + f->n_lplant);
    struct branch *all = dh_arena_array(mem, n_all, sizeof *all);
    l.below = dh_arena_array(mem, stage, sizeof *l.below);
    l.in_hall = dh_arena_array(mem, stage * (size_t)f->n_hall + 1, sizeof *l.in_hall);
    l.in_cdu = dh_arena_array(mem, stage * (size_t)f->n_cdu + 1, sizeof *l.in_cdu);
    l.hall_mean_rated_w = dh_arena_array(mem, (size_t)f->n_hall, sizeof *l.hall_mean_rated_w);
    l.hall_free = dh_arena_array(mem, (size_t)f->n_hall, sizeof *l.hall_free);
    l.path = dh_arena_array(mem, stage, sizeof *l.path);
    l.seen = dh_arena_array(mem, stage, sizeof *l.seen);
    if (!all || !l.below || !l.in_hall || !l.in_cdu || !l.hall_mean_rated_w || !l.hall_free || !l.path ||
        !l.seen) {
        out->err = DH_ERR_MEMORY;
        dh_arena_free(mem);
        return;
    }
    struct branch *end = lay_out(&l, all);
    gather(&l);
    gather_space(&l);
    limit_stages(&l);
    for (int32_t h = 0; h < f->n_hall; h++)
        limit_by_power(&l, &l.hall[h], in_hall, h, false);
    for (int32_t c = 0; c < f->n_cdu; c++)
        limit_by_power(&l, &l.cdu[c], in_cdu, c, true);
    for (int32_t c = 0; c < f->n_cplant; c++)
        limit_by_power(&l, &l.cplant[c], in_cplant, c, false);
    for (int32_t p = 0; p < f->n_lplant; p++)
        limit_by_power(&l, &l.lplant[p], in_lplant, p, true);
    size_t n = 0;
    for (struct branch *b = all; b < end; b++)
        if (is_shown(b))
            all[n++] = *b;
    qsort(all, n, sizeof *all, compare_branches);
    dh_put_count(out, "facility.branches", (int64_t)n);
    for (size_t i = 0; i < n && i < MOST_BRANCHES; i++)
        put_branch(out, (int)i, &all[i]);
    for (size_t i = 0; i < n && i < MOST_BRANCHES; i++)
        put_branch_alert(out, w, n_alert, &all[i]);
    dh_arena_free(mem);
}
