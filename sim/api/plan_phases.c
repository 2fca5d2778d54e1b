#include "sim/api/plan.h"

#include "sim/api/internal.h"
#include "sim/api/plan_model.h"
#include "sim/api/summarize.h"
#include "sim/math.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CANDIDATES = 40, ALL_CANDIDATES = 5000 };

/* ---- demand
 * ------------------------------------------------------------------------------------------------
 */

/* Factor of a year (0 is the first) that demand stays below with this probability. */
static double factor_below(const struct dh_study_phases *s, int32_t year, double probability) {
    double best = INFINITY;
    if (s->n_path == 0)
        return dh_exp(year * dh_log1p(s->growth) + s->sigma * sqrt(year) * dh_norm_inv(probability));
    for (int32_t i = 0; i < s->n_path; i++) { /* the least of the paths with enough at or below it */
        double at = dh_exp(year * dh_log1p(s->paths[i].growth)), below = 0;
        for (int32_t k = 0; k < s->n_path; k++)
            below += s->paths[k].growth <= s->paths[i].growth ? s->paths[k].probability : 0;
        if (below >= probability - 1e-12)
            best = fmin(best, at);
    }
    return best;
}

/* The variant of a factor, made where there is none. */
static enum dh_err variant_at(struct dh_plan *p, double factor, int32_t *variant, struct dh_diag *diag) {
    for (*variant = 0; *variant < p->n_variant; ++*variant)
        if (fabs(p->variants[*variant].factor - factor) <= 1e-9 * factor)
            return DH_OK;
    return dh_plan_variant_add(p, factor, diag);
}

/* What a run can be asked for: <workload demand=>. */
static enum dh_err check_factor(const struct dh_study_phases *s, int32_t year, double factor,
                                struct dh_diag *diag) {
    if (factor >= 0.001 && factor <= 1000)
        return DH_OK;
    dh_fail(diag, DH_ERR_RANGE, s->place,
            "demand of year %d comes to %g times that of the study; 0.001 to 1000 can be simulated",
            (int)year + 1, factor);
    dh_diag_hint(diag, "fewer years, a smaller growth or a smaller sigma");
    return DH_ERR_RANGE;
}

static void add_node(struct dh_plan *p, int32_t variant) {
    struct dh_plan_phased *f = &p->phased;
    int32_t at = f->n_node;
    for (int32_t i = 0; i < f->n_node; i++)
        if (f->nodes[i] == variant)
            return;
    for (; at > 0 && p->variants[f->nodes[at - 1]].factor > p->variants[variant].factor; at--)
        f->nodes[at] = f->nodes[at - 1];
    f->nodes[at] = variant;
    f->n_node++;
}

enum dh_err dh_plan_phase_variants(struct dh_plan *p, struct dh_diag *diag) {
    const struct dh_study_phases *s = &p->study.phases;
    struct dh_plan_phased *f = &p->phased;
    int32_t variant;
    *f = (struct dh_plan_phased){.given = s->given, .n = s->years, .missing = -1, .at_once = -1};
    for (int32_t y = 0; y < f->n; y++) {
        struct dh_plan_year *year = &f->years[y];
        year->demand = factor_below(s, y, s->confidence);
        year->median = factor_below(s, y, 0.5);
        year->design = -1;
        DH_TRY(check_factor(s, y, year->demand, diag));
        DH_TRY(variant_at(p, year->demand, &year->variant, diag));
        add_node(p, year->variant);
    }
    if (f->n == 0)
        return DH_OK;
    /* What paths may come to besides: of the given ones all, of drawn ones 5 to 95 %. */
    double ends[] = {factor_below(s, f->n - 1, s->n_path > 0 ? 0 : 0.05),
                     factor_below(s, f->n - 1, s->n_path > 0 ? 1 : 0.95)};
    for (int i = 0; i < 2; i++) {
        bool inside = ends[i] >= p->variants[f->nodes[0]].factor * (1 - 1e-9) &&
                      ends[i] <= p->variants[f->nodes[f->n_node - 1]].factor * (1 + 1e-9);
        if (inside)
            continue;
        DH_TRY(check_factor(s, f->n - 1, ends[i], diag));
        DH_TRY(variant_at(p, ends[i], &variant, diag));
        add_node(p, variant);
    }
    return DH_OK;
}

/* ---- candidates
 * --------------------------------------------------------------------------------------------
 */

struct phasing {
    struct dh_plan *p;
    int32_t *points, n; /* candidates */
    double *cost;       /* [candidate * n_node + node], a year; NAN: cannot be run */
    bool *bears;        /* [candidate * years + year] */
    double *samples;    /* [sample * years + year] factors */
    double *weights;
    int32_t n_sample;
    double scale; /* of the objective to a year */
};

static void add_candidate(struct phasing *f, int32_t point) {
    for (int32_t i = 0; i < f->n; i++)
        if (f->points[i] == point)
            return;
    if (f->n < MOST_CANDIDATES)
        f->points[f->n++] = point;
}

static bool not_below(const struct dh_study *study, int32_t high, int32_t low) {
    for (int32_t v = 0; v < study->n_vary; v++)
        if (dh_plan_level(study, high, v) < dh_plan_level(study, low, v))
            return false;
    return true;
}

/* The design with the greater level of both in each variable. */
static int32_t both(const struct dh_study *study, int32_t a, int32_t b) {
    int32_t point = 0;
    for (int32_t v = 0; v < study->n_vary; v++) {
        int32_t x = dh_plan_level(study, a, v), y = dh_plan_level(study, b, v);
        point = point * study->vary[v].n_value + (x > y ? x : y);
    }
    return point;
}

static enum dh_err find_candidates(struct phasing *f, struct dh_diag *diag) {
    struct dh_plan *p = f->p;
    struct dh_plan_phased *out = &p->phased;
    int64_t each = p->budget * 3 / 10 / out->n;
    for (int32_t y = 0; y < out->n; y++) {
        struct dh_plan_problem problem = {.weights = {1}, .refine = true, .variant = out->years[y].variant};
        dh_plan_limits(p, problem.limits);
        problem.simulations = each > 6 * p->seeds ? each : 6 * p->seeds;
        int32_t from = y > 0 && f->n > 0 ? f->points[f->n - 1]
                       : p->best >= 0    ? p->designs[p->best].point
                                         : -1;
        for (int32_t s = 0; s < p->seeds && from >= 0; s++) {
            struct dh_plan_task task = {from, problem.variant, s};
            DH_TRY(dh_plan_simulate(p, &task, 1, diag));
        }
        if (from >= 0 || problem.variant == 0)
            DH_TRY(dh_plan_search(p, &problem, diag));
        int32_t best = dh_plan_best(p, &problem);
        if (best >= 0)
            add_candidate(f, p->designs[best].point);
    }
    int32_t n = f->n;
    for (int32_t i = 0; i < n; i++)
        for (int32_t k = 0; k < i; k++)
            add_candidate(f, both(&p->study, f->points[i], f->points[k]));
    return DH_OK;
}

static enum dh_err simulate_candidates(struct phasing *f, struct dh_diag *diag) {
    struct dh_plan *p = f->p;
    const struct dh_plan_phased *out = &p->phased;
    int32_t n_task = out->n_node * p->seeds;
    struct dh_plan_task *tasks = malloc((size_t)n_task * sizeof *tasks);
    enum dh_err err = tasks ? DH_OK : dh_fail(diag, DH_ERR_MEMORY, p->study.phases.place, "out of memory");
    for (int32_t c = 0; c < f->n && err == DH_OK; c++) {
        for (int32_t i = 0; i < n_task; i++)
            tasks[i] = (struct dh_plan_task){f->points[c], out->nodes[i / p->seeds], i % p->seeds};
        err = dh_plan_simulate(p, tasks, n_task, diag);
    }
    free(tasks);
    return err;
}

/* ---- costs
 * -------------------------------------------------------------------------------------------------
 */

/* Straight between the nodes, and beyond them as between the last two. */
static double cost_at(const struct phasing *f, int32_t candidate, double factor) {
    const struct dh_plan *p = f->p;
    const struct dh_plan_phased *out = &p->phased;
    const double *cost = f->cost + (size_t)candidate * (size_t)out->n_node;
    int32_t i = 0;
    if (out->n_node == 1)
        return cost[0];
    while (i < out->n_node - 2 && p->variants[out->nodes[i + 1]].factor < factor)
        i++;
    double a = p->variants[out->nodes[i]].factor, b = p->variants[out->nodes[i + 1]].factor;
    return cost[i] + (cost[i + 1] - cost[i]) * (factor - a) / (b - a);
}

static double expected(const struct phasing *f, int32_t candidate, int32_t year) {
    double sum = 0;
    int32_t years = f->p->phased.n;
    for (int32_t s = 0; s < f->n_sample; s++)
        sum += f->weights[s] * cost_at(f, candidate, f->samples[(size_t)s * (size_t)years + (size_t)year]);
    return sum;
}

static void draw(struct phasing *f) {
    const struct dh_study_phases *s = &f->p->study.phases;
    int32_t years = s->years;
    for (int32_t i = 0; i < f->n_sample; i++) {
        struct dh_rng rng =
            dh_rng_stream((uint64_t)f->p->study.seed, DH_RNG_STUDY, dh_rng_entity("growth") + (uint64_t)i);
        double log_factor = 0, growth = dh_log1p(s->n_path > 0 ? s->paths[i].growth : s->growth);
        f->weights[i] = s->n_path > 0 ? s->paths[i].probability : 1.0 / f->n_sample;
        for (int32_t y = 0; y < years; y++) {
            f->samples[(size_t)i * (size_t)years + (size_t)y] = dh_exp(log_factor);
            log_factor += growth + (s->sigma > 0 ? dh_rng_normal(&rng, 0, s->sigma) : 0);
        }
    }
}

static enum dh_err fill(struct phasing *f, struct dh_diag *diag) {
    struct dh_plan *p = f->p;
    const struct dh_study_phases *s = &p->study.phases;
    const struct dh_plan_phased *out = &p->phased;
    double limits[DH_PLAN_GOALS];
    f->n_sample = s->n_path > 0 ? s->n_path : s->sigma > 0 ? s->samples : 1;
    f->cost = dh_arena_array(&p->mem, (size_t)f->n * (size_t)out->n_node, sizeof *f->cost);
    f->bears = dh_arena_array(&p->mem, (size_t)f->n * (size_t)out->n, sizeof *f->bears);
    f->samples = dh_arena_array(&p->mem, (size_t)f->n_sample * (size_t)out->n, sizeof *f->samples);
    f->weights = dh_arena_array(&p->mem, (size_t)f->n_sample, sizeof *f->weights);
    if (!f->cost || !f->bears || !f->samples || !f->weights)
        return dh_fail(diag, DH_ERR_MEMORY, s->place, "no memory for the candidates");
    dh_plan_limits(p, limits);
    for (int32_t c = 0; c < f->n; c++) {
        bool complete = true;
        for (int32_t i = 0; i < out->n_node; i++) {
            const struct dh_plan_design *d = dh_plan_find(p, out->nodes[i], f->points[c]);
            bool there = d && d->state == DH_PLAN_COMPLETE;
            complete = complete && there;
            f->cost[(size_t)c * (size_t)out->n_node + (size_t)i] =
                there ? f->scale * dh_plan_statistic(p, d, 0) : NAN;
        }
        for (int32_t y = 0; y < out->n; y++)
            f->bears[(size_t)c * (size_t)out->n + (size_t)y] =
                complete && dh_plan_feasible(p, dh_plan_find(p, out->years[y].variant, f->points[c]), limits);
    }
    draw(f);
    return DH_OK;
}

/* ---- the way
 * -----------------------------------------------------------------------------------------------
 */

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of the chosen way, its cost on each path of demand. */
static void spread(struct phasing *f, const int32_t *chosen) {
    struct dh_plan_phased *out = &f->p->phased;
    double mean = 0, square = 0;
    double *all = malloc((size_t)f->n_sample * sizeof *all);
    for (int32_t s = 0; s < f->n_sample; s++) {
        double cost = 0;
        for (int32_t y = 0; y < out->n; y++)
            cost += out->years[y].discount *
                    cost_at(f, chosen[y], f->samples[(size_t)s * (size_t)out->n + (size_t)y]);
        if (all)
            all[s] = cost;
        double before = cost - mean;
        mean += before / (s + 1);
        square += before * (cost - mean);
    }
    if (all && f->n_sample > 0) {
        qsort(all, (size_t)f->n_sample, sizeof *all, ascending);
        bool drawn = f->p->study.phases.n_path == 0 && f->n_sample > 1;
        out->low = all[drawn ? (int32_t)(0.05 * f->n_sample) : 0];
        out->high = all[drawn ? (int32_t)(0.95 * f->n_sample) : f->n_sample - 1];
        out->half_width = drawn ? 1.959963984540054 * sqrt(square / (f->n_sample - 1) / f->n_sample) : 0;
    }
    free(all);
}

static int32_t why_changed(const struct dh_plan *p, int32_t before, int32_t variant) {
    const struct dh_plan_design *d = dh_plan_find(p, variant, before);
    int32_t worst = -1;
    double most = 0;
    for (int32_t g = p->n_objective; d && d->state == DH_PLAN_COMPLETE && g < p->n_goal; g++) {
        double limit = p->goals[g].limit, statistic = dh_plan_statistic(p, d, g);
        double over = dh_plan_excess(p, g, statistic, limit) / (limit != 0 ? fabs(limit) : 1);
        if (!dh_plan_meets(p, g, statistic, limit) && (worst < 0 || over > most)) {
            worst = g;
            most = over;
        }
    }
    return worst;
}

static void choose(struct phasing *f, double *value, int32_t *next) {
    struct dh_plan *p = f->p;
    struct dh_plan_phased *out = &p->phased;
    int32_t n = f->n, years = out->n, chosen[DH_STUDY_YEARS], at = -1, once = -1;
    double least = INFINITY, once_least = INFINITY;
    for (int32_t y = years - 1; y >= 0; y--)
        for (int32_t c = 0; c < n; c++) {
            double rest = y == years - 1 ? 0 : INFINITY;
            next[y * n + c] = -1;
            value[y * n + c] = INFINITY;
            if (!f->bears[c * years + y])
                continue;
            for (int32_t k = 0; y < years - 1 && k < n; k++)
                if (value[(y + 1) * n + k] < rest && not_below(&p->study, f->points[k], f->points[c])) {
                    rest = value[(y + 1) * n + k];
                    next[y * n + c] = k;
                }
            value[y * n + c] = rest + out->years[y].discount * expected(f, c, y);
        }
    for (int32_t c = 0; c < n; c++) {
        double sum = 0;
        for (int32_t y = 0; y < years; y++)
            sum += f->bears[c * years + y] ? out->years[y].discount * expected(f, c, y) : INFINITY;
        if (sum < once_least) {
            once_least = sum;
            once = c;
        }
        if (value[c] < least) {
            least = value[c];
            at = c;
        }
    }
    for (int32_t y = 0; y < years && at < 0 && out->missing < 0;
         y++) { /* the first year that nothing bears */
        bool any = false;
        for (int32_t c = 0; c < n; c++)
            any = any || f->bears[c * years + y];
        out->missing = any ? -1 : y;
    }
    if (at < 0)
        return;
    out->found = true;
    if (fabs(once_least - least) <= 1e-12 * fabs(least)) /* the same, summed in another order */
        once_least = least;
    out->expected = least;
    out->at_once = once < 0 ? -1 : f->points[once];
    out->at_once_cost = once < 0 ? NAN : once_least;
    for (int32_t y = 0; y < years; y++) {
        struct dh_plan_year *year = &out->years[y];
        chosen[y] = at;
        year->design = p->variants[year->variant].index[f->points[at]];
        year->cost = expected(f, at, y);
        year->at_once = once < 0 ? NAN : expected(f, once, y);
        year->changed = y > 0 && chosen[y] != chosen[y - 1];
        year->forced = year->changed ? why_changed(p, f->points[chosen[y - 1]], year->variant) : -1;
        at = next[y * n + at];
    }
    spread(f, chosen);
}

/* What a year costs, of what the objective says, and the rate. */
static enum dh_err read_money(struct phasing *f, struct dh_diag *diag) {
    struct dh_plan *p = f->p;
    const struct dh_plan_goal *goal = &p->goals[0];
    struct dh_sim *sim = NULL;
    DH_TRY(dh_sim_open(&sim, p->study.scenario, NULL, diag));
    const struct dh_scenario *sc = &sim->file.spec;
    double duration_s = sc->horizons[0].end == DH_HORIZON_IDLE ? NAN : sc->horizons[0].duration_s;
    p->phased.rate = !isnan(p->study.phases.rate) ? p->study.phases.rate
                     : sc->n_economies > 0        ? dh_finance_rate(&sc->economies[0])
                                                  : NAN;
    dh_sim_close(sim);
    bool yearly = strcmp(goal->key, "finance.annualized_cost") == 0;
    bool of_run = strncmp(goal->key, "cost.", 5) == 0 && strcmp(goal->unit, "USD") == 0;
    if (goal->sense < 0 || !(yearly || of_run) || (of_run && isnan(duration_s))) {
        dh_fail(diag, DH_ERR_VALUE, goal->place,
                "phases need the least yearly cost as first objective, not '%.80s'", goal->key);
        dh_diag_hint(diag, "cost.total of a run of fixed length, or finance.annualized_cost");
        return DH_ERR_VALUE;
    }
    if (isnan(p->phased.rate)) {
        dh_fail(diag, DH_ERR_MISSING, p->study.phases.place, "at which rate are later years discounted?");
        dh_diag_hint(diag, "<phases rate=\"0.08\">, or <economics capital-rate=\"0.08\"> in the scenario");
        return DH_ERR_MISSING;
    }
    f->scale = yearly ? 1 : S_PER_YEAR / duration_s;
    return DH_OK;
}

enum dh_err dh_plan_phases(struct dh_plan *p, struct dh_diag *diag) {
    struct phasing f = {.p = p};
    struct dh_plan_phased *out = &p->phased;
    int64_t before = p->n_simulation;
    bool all = p->exhaustive && p->study.n_point <= ALL_CANDIDATES;
    if (!out->given)
        return DH_OK;
    DH_TRY(read_money(&f, diag));
    for (int32_t y = 0; y < out->n; y++)
        out->years[y].discount = (y > 0 ? out->years[y - 1].discount : 1) / (1 + out->rate);
    f.points = dh_arena_array(&p->mem, (size_t)(all ? p->study.n_point : MOST_CANDIDATES), sizeof *f.points);
    if (!f.points)
        return DH_ERR_MEMORY;
    if (all)
        for (int32_t i = 0; i < p->study.n_point; i++)
            f.points[f.n++] = i;
    else
        DH_TRY(find_candidates(&f, diag));
    DH_TRY(simulate_candidates(&f, diag));
    out->n_simulation = p->n_simulation - before;
    out->missing = f.n > 0 ? -1 : 0;
    if (f.n == 0)
        return DH_OK;
    DH_TRY(fill(&f, diag));
    double *value = malloc((size_t)f.n * (size_t)out->n * sizeof *value);
    int32_t *next = malloc((size_t)f.n * (size_t)out->n * sizeof *next);
    if (value && next)
        choose(&f, value, next);
    enum dh_err err = value && next ? DH_OK : DH_ERR_MEMORY;
    free(value);
    free(next);
    return err;
}
