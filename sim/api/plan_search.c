/* Which designs to simulate.
 *
 * First some that fill the space (a Latin hypercube whose least distance is large, two corners, the middle);
 * of studies with several seeds, one run of each, and all runs of those that look best. Then in turns of
 * four: models are fitted (plan_model.h), and the designs simulated next are those with the greatest expected
 * improvement times probability of meeting the constraints (M. Schonlau, W. Welch, D. Jones, in: New
 * Developments and Applications in Experimental Design, IMS 1998), each chosen as if the ones before had come
 * out as believed, and the one that is the best if the models are right. While no design meets the
 * constraints: those that most likely do. Of what has one run, whatever may be better than the best so far
 * gets the others, so that the best has them all and has been compared on equal seeds (common random
 * numbers). When nothing better is likely, every neighbor of the best design that may be better is simulated:
 * what the models overlooked nearby is found.
 *
 * A turn is of four designs on any number of processes, so the search is the same for all of them. */
#include "sim/api/plan_model.h"

#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TURN = 4, ALL_GUESSED = 20000, ASKED = 700 };

struct search {
    struct dh_plan *p;
    const struct dh_plan_problem *problem;
    struct dh_diag *diag;
    int64_t end; /* number of simulations at which it is over */
    struct dh_rng rng;
    int32_t n_first;
};

/* ---- what is there
 * -----------------------------------------------------------------------------------------
 */

static double merit_of(const struct dh_plan *p, const struct dh_plan_problem *problem,
                       const struct dh_plan_design *d) {
    double objectives[DH_STUDY_OBJECTIVES];
    for (int32_t g = 0; g < p->n_objective; g++)
        objectives[g] = p->goals[g].sense * dh_plan_statistic(p, d, g);
    return dh_plan_merit(p, problem, objectives);
}

int32_t dh_plan_best(const struct dh_plan *p, const struct dh_plan_problem *problem) {
    int32_t best = -1;
    double least = INFINITY;
    for (int32_t i = 0; i < p->n_design; i++) {
        const struct dh_plan_design *d = &p->designs[i];
        if (d->variant != problem->variant || !dh_plan_feasible(p, d, problem->limits))
            continue;
        double merit = merit_of(p, problem, d);
        if (merit < least || (merit == least && d->point < p->designs[best].point)) {
            best = i;
            least = merit;
        }
    }
    return best;
}

int32_t dh_plan_nearest(const struct dh_plan *p, const struct dh_plan_problem *problem) {
    int32_t best = -1;
    double least = INFINITY, least_merit = INFINITY;
    for (int32_t i = 0; i < p->n_design; i++) {
        const struct dh_plan_design *d = &p->designs[i];
        if (d->variant != problem->variant || d->state != DH_PLAN_COMPLETE)
            continue;
        double over = dh_plan_violation(p, d, problem->limits), merit = merit_of(p, problem, d);
        if (over < least || (over == least && merit < least_merit)) {
            best = i;
            least = over;
            least_merit = merit;
        }
    }
    return best;
}

static bool is_new(const struct search *s, int32_t point) {
    return !dh_plan_find(s->p, s->problem->variant, point);
}

static int64_t left(const struct search *s) {
    return s->end - s->p->n_simulation;
}

/* ---- simulating
 * --------------------------------------------------------------------------------------------
 */

/* First runs of new designs, as many as may be made. */
static enum dh_err begin(struct search *s, const int32_t *points, int32_t n) {
    struct dh_plan_task tasks[64];
    int32_t n_task = 0;
    for (int32_t i = 0; i < n && n_task < 64 && n_task < left(s); i++)
        tasks[n_task++] = (struct dh_plan_task){points[i], s->problem->variant, 0};
    return dh_plan_simulate(s->p, tasks, n_task, s->diag);
}

/* All runs of designs. */
static enum dh_err complete(struct search *s, const int32_t *points, int32_t n) {
    int32_t seeds = s->p->seeds, n_task = 0;
    struct dh_plan_task *tasks = malloc((size_t)n * (size_t)seeds * sizeof *tasks);
    if (!tasks)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < n && n_task + seeds - 1 <= left(s); i++)
        for (int32_t k = 1; k < seeds; k++)
            tasks[n_task++] = (struct dh_plan_task){points[i], s->problem->variant, k};
    enum dh_err err = dh_plan_simulate(s->p, tasks, n_task, s->diag);
    free(tasks);
    return err;
}

struct ranked {
    int32_t point;
    double order;
};

static int by_order(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    return x->order != y->order ? (x->order > y->order) - (x->order < y->order)
                                : (x->point > y->point) - (x->point < y->point);
}

/* Begun designs that may be better than the best: their points, most promising first. */
static int32_t contenders(struct search *s, const struct dh_plan_model *m, int32_t *points, int32_t most) {
    const struct dh_plan *p = s->p;
    double best = m->best >= 0 ? merit_of(p, s->problem, &p->designs[m->best]) : INFINITY;
    struct ranked *all = malloc((size_t)(p->n_design > 0 ? p->n_design : 1) * sizeof *all);
    int32_t n = 0;
    for (int32_t i = 0; all && i < p->n_design; i++) {
        const struct dh_plan_design *d = &p->designs[i];
        double objectives[DH_STUDY_OBJECTIVES], spread = 0, over = 0;
        bool hopeless = false;
        if (d->state != DH_PLAN_STARTED || d->variant != s->problem->variant || isnan(d->values[0]))
            continue;
        for (int32_t g = 0; g < p->n_goal; g++) {
            double v = p->goals[g].sense * d->values[(size_t)g * (size_t)p->seeds] + m->typical[g];
            if (g < p->n_objective) {
                objectives[g] = v;
                spread = fmax(spread, s->problem->weights[g] > 0 ? s->problem->weights[g] * m->spread[g] : 0);
                continue;
            }
            double limit = s->problem->limits[g];
            if (!isfinite(limit))
                continue;
            double beyond = v - p->goals[g].sense * limit;
            hopeless = hopeless || (m->best >= 0 && beyond > 3 * m->spread[g]);
            over += fmax(beyond, 0) / (limit != 0 ? fabs(limit) : 1);
        }
        double merit = dh_plan_merit(p, s->problem, objectives);
        if (hopeless || (m->best >= 0 && merit - 3 * spread >= best))
            continue;
        all[n++] = (struct ranked){d->point, m->best >= 0 ? merit : over};
    }
    if (all)
        qsort(all, (size_t)n, sizeof *all, by_order);
    for (int32_t i = 0; i < n && i < most; i++)
        points[i] = all[i].point;
    free(all);
    return n < most ? n : most;
}

/* ---- filling the space
 * -------------------------------------------------------------------------------------
 */

static int32_t point_of(const struct dh_study *study, const int32_t *levels) {
    int32_t point = 0;
    for (int32_t v = 0; v < study->n_vary; v++)
        point = point * study->vary[v].n_value + levels[v];
    return point;
}

static void hypercube(struct search *s, int32_t n, int32_t *points) {
    const struct dh_study *study = &s->p->study;
    for (int32_t v = 0; v < study->n_vary; v++) {
        int32_t order[64], levels = study->vary[v].n_value, stride = 1;
        for (int32_t i = 0; i < n; i++)
            order[i] = i;
        for (int32_t i = n - 1; i > 0; i--) {
            int32_t k = (int32_t)dh_rng_below(&s->rng, (uint64_t)i + 1), o = order[i];
            order[i] = order[k];
            order[k] = o;
        }
        for (int32_t i = v + 1; i < study->n_vary; i++)
            stride *= study->vary[i].n_value;
        for (int32_t i = 0; i < n; i++) {
            int32_t level = (int32_t)((order[i] + dh_rng_uniform(&s->rng)) / n * levels);
            points[i] += stride * (level < levels ? level : levels - 1);
        }
    }
}

static double least_distance(const struct search *s, const struct dh_kriging_space *space,
                             const int32_t *points, int32_t n) {
    double least = INFINITY, a[DH_STUDY_VARY], b[DH_STUDY_VARY];
    for (int32_t i = 0; i < n; i++)
        for (int32_t k = 0; k < i; k++) {
            double sum = 0;
            dh_plan_coordinates(s->p, space, points[i], a);
            dh_plan_coordinates(s->p, space, points[k], b);
            for (int32_t v = 0; v < space->n; v++)
                sum += space->categories[v] > 0 ? a[v] != b[v] : (a[v] - b[v]) * (a[v] - b[v]);
            least = fmin(least, sum);
        }
    return least;
}

static enum dh_err fill(struct search *s) {
    const struct dh_study *study = &s->p->study;
    struct dh_kriging_space space;
    int32_t best[64], levels[DH_STUDY_VARY], n = 0, most = 4 + 3 * study->n_vary;
    int64_t room = left(s) / 3;
    double widest = -1;
    dh_plan_space(s->p, &space);
    most = most > 40 ? 40 : most;
    most = room < most ? (int32_t)room : most;
    for (int32_t v = 0; v < study->n_vary; v++) /* room for each category at least twice */
        if (space.categories[v] > 0 && 2 * space.categories[v] > most && 2 * space.categories[v] <= room)
            most = 2 * space.categories[v] > 40 ? 40 : 2 * space.categories[v];
    most = most < 2 ? 2 : most;
    for (int try = 0; try < 40; try++) {
        int32_t points[64] = {0};
        hypercube(s, most, points);
        double width = least_distance(s, &space, points, most);
        if (width > widest) {
            widest = width;
            memcpy(best, points, sizeof best);
        }
    }
    n = most;
    for (int corner = 0; corner < 3; corner++) {
        for (int32_t v = 0; v < study->n_vary; v++)
            levels[v] = corner * (study->vary[v].n_value - 1) / 2;
        best[n++] = point_of(study, levels);
    }
    DH_TRY(begin(s, best, n));
    s->n_first = n;
    return DH_OK;
}

/* ---- choosing
 * ----------------------------------------------------------------------------------------------
 */

struct choice {
    struct ranked *all;
    int32_t n, room;
};

static void offer(struct search *s, const struct dh_plan_model *m, struct choice *c, int32_t point) {
    if (c->n < c->room && is_new(s, point))
        c->all[c->n++] = (struct ranked){point, dh_plan_model_guess(m, point)};
}

/* Points one step away in one variable; of categories all others. */
static int32_t neighbors(const struct search *s, const struct dh_kriging_space *space, int32_t point,
                         int32_t *out, int32_t most) {
    const struct dh_study *study = &s->p->study;
    int32_t n = 0, stride = 1;
    for (int32_t v = study->n_vary - 1; v >= 0; v--) {
        int32_t levels = study->vary[v].n_value, level = dh_plan_level(study, point, v);
        for (int32_t other = 0; other < levels; other++)
            if (other != level && (space->categories[v] > 0 || abs(other - level) == 1) && n < most)
                out[n++] = point + (other - level) * stride;
        stride *= levels;
    }
    return n;
}

/* Candidates, the promising ones first by a fast guess; some at random remain among those looked at closely.
 */
static enum dh_err candidates(struct search *s, const struct dh_plan_model *m, struct choice *c) {
    int32_t n_point = s->p->study.n_point, near[256];
    c->room = (n_point < ALL_GUESSED ? n_point : ALL_GUESSED) + 1024;
    c->n = 0;
    c->all = malloc((size_t)c->room * sizeof *c->all);
    if (!c->all)
        return DH_ERR_MEMORY;
    if (n_point <= ALL_GUESSED) {
        for (int32_t i = 0; i < n_point; i++)
            offer(s, m, c, i);
    } else {
        for (int32_t i = 0; i < ALL_GUESSED; i++)
            offer(s, m, c, (int32_t)dh_rng_below(&s->rng, (uint64_t)n_point));
        int32_t from = m->best >= 0 ? m->best : dh_plan_nearest(s->p, s->problem);
        int32_t n = from >= 0 ? neighbors(s, &m->space, s->p->designs[from].point, near, 256) : 0;
        for (int32_t i = 0; i < n; i++)
            offer(s, m, c, near[i]);
    }
    qsort(c->all, (size_t)c->n, sizeof *c->all, by_order);
    int32_t keep = 0;
    for (int32_t i = 0; i < c->n; i++) {
        bool twice = keep > 0 && c->all[i].point == c->all[keep - 1].point;
        bool lucky = keep >= ASKED / 2 && dh_rng_below(&s->rng, (uint64_t)(c->n - i)) < ASKED / 2;
        if (!twice && keep < ASKED && (keep < ASKED / 2 || lucky))
            c->all[keep++] = c->all[i];
    }
    c->n = keep;
    return DH_OK;
}

/* The candidate to simulate next; -1: none. sure: the best if the models are right, else the one from which
 * most is expected. *better: the greatest probability of being better, over all. */
static int32_t choose(const struct dh_plan_model *m, const struct choice *c, bool sure, double *better) {
    int32_t at = -1;
    double most = -INFINITY;
    *better = 0;
    for (int32_t i = 0; i < c->n; i++) {
        if (c->all[i].point < 0)
            continue;
        struct dh_plan_belief b = dh_plan_model_ask(m, c->all[i].point);
        double worth;
        if (m->best < 0)
            worth = b.log_feasible - (sure ? 0.05 * b.objective : 0);
        else if (sure)
            worth = (b.log_feasible > log(0.5) ? 0 : 20 * b.log_feasible) - b.objective;
        else
            worth = b.gain > 1e-300 ? log(b.gain) : -1000 + fmax(b.log_feasible, -1e6) * 1e-3;
        *better = fmax(*better, m->best < 0 ? exp(fmax(b.log_feasible, -700)) : b.better);
        if (worth > most) {
            most = worth;
            at = i;
        }
    }
    return at;
}

/* Neighbors of the best design that are likely enough to be better. */
static int32_t doubtful_neighbors(struct search *s, const struct dh_plan_model *m, int32_t *points,
                                  int32_t most) {
    int32_t near[256], n = 0;
    int32_t from = m->best >= 0 ? m->best : dh_plan_nearest(s->p, s->problem);
    int32_t n_near = from >= 0 ? neighbors(s, &m->space, s->p->designs[from].point, near, 256) : 0;
    for (int32_t i = 0; i < n_near && n < most; i++) {
        if (!is_new(s, near[i]))
            continue;
        struct dh_plan_belief b = dh_plan_model_ask(m, near[i]);
        if (m->best < 0 || b.objective < fmax(2 * b.deviation, 0.05))
            points[n++] = near[i];
    }
    return n;
}

/* ---- the search
 * --------------------------------------------------------------------------------------------
 */

static enum dh_err turn(struct search *s, bool *quiet, bool *done) {
    struct dh_plan_model m;
    struct choice c = {0};
    int32_t points[TURN * 8], n = 0, room = s->problem->refine ? 2 : TURN;
    double better = 0, first_better = 0;
    enum dh_err err = dh_plan_model_fit(&m, s->p, s->problem);
    *done = false;
    if (err == DH_OK) {
        int32_t known = m.n_typical < 3 ? 3 - m.n_typical : 0;
        n = s->p->seeds > 1 ? contenders(s, &m, points, known > 2 ? known : 2) : 0;
        if (n > 0) {
            err = complete(s, points, n);
            dh_plan_model_free(&m);
            *done = left(s) < s->p->seeds;
            return err;
        }
        err = candidates(s, &m, &c);
    }
    for (int32_t k = 0; k < room && err == DH_OK; k++) {
        int32_t at = choose(&m, &c, k == room - 1, &better);
        if (k == 0)
            first_better = better;
        if (at < 0 || (s->problem->refine && better < 0.05))
            break;
        points[n++] = c.all[at].point;
        c.all[at].point = -1;
        if (k + 1 < room)
            err = dh_plan_model_believe(&m, points[n - 1]);
    }
    bool still = first_better < 0.005 || n == 0;
    if (err == DH_OK && still && (*quiet || s->problem->refine)) {
        dh_plan_model_free(&m);
        err = dh_plan_model_fit(&m, s->p, s->problem);
        n = err == DH_OK && !s->problem->refine ? doubtful_neighbors(s, &m, points, TURN * 8) : 0;
        *done = n == 0;
    }
    *quiet = still;
    dh_plan_model_free(&m);
    free(c.all);
    if (err == DH_OK && n > 0 && left(s) > 0)
        err = begin(s, points, n);
    *done = *done || left(s) <= 0;
    return err;
}

enum dh_err dh_plan_search(struct dh_plan *p, const struct dh_plan_problem *problem, struct dh_diag *diag) {
    struct search s = {
        .p = p, .problem = problem, .diag = diag, .end = p->n_simulation + problem->simulations};
    bool quiet = false, done = false;
    enum dh_err err = DH_OK;
    s.rng = dh_rng_stream((uint64_t)p->study.seed, DH_RNG_STUDY,
                          dh_rng_entity("plan") + (uint64_t)p->n_simulation);
    if (problem->variant == 0 && p->n_design == 0)
        err = fill(&s);
    while (err == DH_OK && !done && left(&s) > 0) {
        int64_t before = p->n_simulation;
        bool was_quiet = quiet;
        err = turn(&s, &quiet, &done);
        if (err == DH_OK && p->n_simulation == before && was_quiet && quiet)
            done = true;
    }
    if (left(&s) > 0 && problem->variant == 0)
        p->searched_out = true;
    return err;
}
