/* What follows from the designs that a search has simulated: what binds and what it costs, what other demand
 * would mean, which designs no other is better than.
 *
 * Shadow price of a constraint: its limit is moved by a step (the study's, else a twentieth of the limit),
 * the other constraints stay, and the search goes on for what is then the best. The price is what the first
 * objective gains for each unit of relaxation. Designs are discrete, so a small step may let no other design
 * in: where a step changes nothing, four times as much is tried, and then the designs that are known, of
 * which the one counts that gains most for each unit. A constraint that keeps no better design out has a
 * price of 0: it does not bind. */
#include "sim/api/plan.h"

#include "sim/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double objective_of(const struct dh_plan *p, int32_t design) {
    return design >= 0 ? dh_plan_statistic(p, &p->designs[design], 0) : NAN;
}

static void own_problem(const struct dh_plan *p, struct dh_plan_problem *problem) {
    *problem = (struct dh_plan_problem){.weights = {1}, .refine = true};
    dh_plan_limits(p, problem->limits);
}

static void recall_best(struct dh_plan *p) {
    struct dh_plan_problem problem;
    own_problem(p, &problem);
    p->best = dh_plan_best(p, &problem);
    p->near = dh_plan_nearest(p, &problem);
}

/* ---- prices
 * ------------------------------------------------------------------------------------------------
 */

double dh_plan_step(const struct dh_plan *p, int32_t goal) {
    const struct dh_plan_goal *g = &p->goals[goal];
    double low = INFINITY, high = -INFINITY;
    if (!isnan(g->step))
        return g->step;
    if (g->limit != 0)
        return fabs(g->limit) / 20;
    for (int32_t i = 0; i < p->n_design; i++)
        if (p->designs[i].variant == 0 && p->designs[i].state == DH_PLAN_COMPLETE) {
            double v = dh_plan_statistic(p, &p->designs[i], goal);
            low = fmin(low, v);
            high = fmax(high, v);
        }
    return high > low ? (high - low) / 20 : 1;
}

/* The best design with one limit moved; positive steps relax it. */
static enum dh_err best_with(struct dh_plan *p, int32_t goal, double step, int64_t simulations, int32_t *best,
                             struct dh_diag *diag) {
    struct dh_plan_problem problem;
    own_problem(p, &problem);
    problem.limits[goal] += p->goals[goal].sense * step;
    problem.simulations = simulations;
    if (simulations > 0 && !p->exhaustive)
        DH_TRY(dh_plan_search(p, &problem, diag));
    *best = dh_plan_best(p, &problem);
    return DH_OK;
}

/* Of the designs that are better and miss this constraint alone, the one that gains most for each unit. */
static void next_beyond(const struct dh_plan *p, int32_t goal, struct dh_plan_price *price) {
    double limits[DH_PLAN_GOALS], steepest = 0, own = objective_of(p, p->best);
    dh_plan_limits(p, limits);
    limits[goal] = p->goals[goal].sense * INFINITY;
    for (int32_t i = 0; i < p->n_design; i++) {
        const struct dh_plan_design *d = &p->designs[i];
        if (d->variant != 0 || !dh_plan_feasible(p, d, limits))
            continue;
        double gain = p->goals[0].sense * (own - objective_of(p, i)),
               over = dh_plan_excess(p, goal, dh_plan_statistic(p, d, goal), p->goals[goal].limit);
        if (!(gain > 1e-9 * fabs(own)) || !(over > 0) || gain / over <= steepest)
            continue;
        steepest = gain / over;
        *price = (struct dh_plan_price){.binds = true,
                                        .slack = price->slack,
                                        .step = over,
                                        .relaxed = objective_of(p, i),
                                        .tightened = price->tightened,
                                        .price = steepest,
                                        .relaxed_design = i};
    }
}

static enum dh_err price_one(struct dh_plan *p, int32_t goal, int64_t simulations, struct dh_diag *diag) {
    struct dh_plan_price *price = &p->prices[goal - p->n_objective];
    double step = dh_plan_step(p, goal), sense = p->goals[0].sense;
    int32_t best = -1;
    *price = (struct dh_plan_price){.relaxed = NAN, .tightened = NAN, .relaxed_design = -1, .step = step};
    price->slack =
        -dh_plan_excess(p, goal, dh_plan_statistic(p, &p->designs[p->best], goal), p->goals[goal].limit);
    int64_t end = p->n_simulation + simulations;
    DH_TRY(best_with(p, goal, -step, simulations / 3, &best, diag));
    price->tightened = objective_of(p, best);
    for (int32_t times = 1; times <= 4; times *= 4) {
        DH_TRY(best_with(p, goal, times * step,
                         simulations > 0 ? (end - p->n_simulation) / (times > 1 ? 1 : 2) : 0, &best, diag));
        price->relaxed = objective_of(p, best);
        price->relaxed_design = best;
        price->step = times * step;
        double gain = sense * (objective_of(p, p->best) - price->relaxed);
        price->binds = gain > 1e-9 * fabs(price->relaxed);
        price->price = price->binds ? gain / price->step : 0;
        if (price->binds)
            return DH_OK;
    }
    price->step = step;
    next_beyond(p, goal, price);
    return DH_OK;
}

enum dh_err dh_plan_prices(struct dh_plan *p, struct dh_diag *diag) {
    int64_t before = p->n_simulation, room = (p->budget - before) / 2;
    if (p->best < 0)
        return DH_OK;
    for (int32_t g = p->n_objective; g < p->n_goal; g++)
        DH_TRY(price_one(p, g, (room - (p->n_simulation - before)) / (p->n_goal - g), diag));
    p->n_price = p->n_simulation - before;
    recall_best(p);
    for (int32_t g = p->n_objective; g < p->n_goal; g++) /* all the same, with whatever was found meanwhile */
        DH_TRY(price_one(p, g, 0, diag));
    return DH_OK;
}

/* ---- demand
 * ------------------------------------------------------------------------------------------------
 */

enum dh_err dh_plan_demands(struct dh_plan *p, struct dh_diag *diag) {
    struct dh_plan_problem problem;
    int64_t before = p->n_simulation;
    p->n_demand = p->study.demand.n_factor;
    for (int32_t i = 0; i < p->n_demand; i++) {
        struct dh_plan_demand *demand = &p->demands[i];
        int32_t point = p->best >= 0   ? p->designs[p->best].point
                        : p->near >= 0 ? p->designs[p->near].point
                                       : -1;
        own_problem(p, &problem);
        problem.variant = i + 1;
        int64_t end = p->n_simulation +
                      (p->exhaustive ? 12 * p->seeds : (p->budget - p->n_simulation) / (p->n_demand - i));
        *demand =
            (struct dh_plan_demand){.factor = p->variants[i + 1].factor, .best = -1, .same = -1, .near = -1};
        if (point < 0)
            continue;
        for (int32_t s = 0; s < p->seeds; s++) {
            struct dh_plan_task task = {point, i + 1, s};
            DH_TRY(dh_plan_simulate(p, &task, 1, diag));
        }
        problem.simulations = end - p->n_simulation;
        if (problem.simulations > 0)
            DH_TRY(dh_plan_search(p, &problem, diag));
        demand->best = dh_plan_best(p, &problem);
        demand->near = dh_plan_nearest(p, &problem);
        demand->same = p->variants[i + 1].index[point];
    }
    p->n_demanded = p->n_simulation - before;
    return DH_OK;
}

/* ---- several objectives
 * ------------------------------------------------------------------------------------
 */

/* Weights of values that are brought to one range: the second objective alone, halves, quarters, … */
enum dh_err dh_plan_search_front(struct dh_plan *p, int64_t simulations, struct dh_diag *diag) {
    int64_t end = p->n_simulation + simulations;
    uint32_t n = 0;
    while (p->n_objective > 1 && p->n_simulation < end && n < 64) {
        struct dh_plan_problem problem = {.simulations = 0};
        double low[DH_STUDY_OBJECTIVES], high[DH_STUDY_OBJECTIVES];
        int32_t n_feasible = 0;
        dh_plan_limits(p, problem.limits);
        for (int32_t g = 0; g < p->n_objective; g++) {
            low[g] = INFINITY;
            high[g] = -INFINITY;
        }
        for (int32_t i = 0; i < p->n_design; i++) {
            if (p->designs[i].variant != 0 || !dh_plan_feasible(p, &p->designs[i], problem.limits))
                continue;
            n_feasible++;
            for (int32_t g = 0; g < p->n_objective; g++) {
                double v = p->goals[g].sense * dh_plan_statistic(p, &p->designs[i], g);
                low[g] = fmin(low[g], v);
                high[g] = fmax(high[g], v);
            }
        }
        if (n_feasible == 0)
            return DH_OK;
        double total = 0, share[DH_STUDY_OBJECTIVES];
        for (int32_t g = 0; g < p->n_objective; g++) { /* van der Corput's sequence, a base for each */
            static const uint32_t bases[DH_STUDY_OBJECTIVES] = {2, 3, 5, 7};
            double v = 0, unit = 1.0 / bases[g];
            for (uint32_t k = n + 1; k > 0; k /= bases[g], unit /= bases[g])
                v += unit * (k % bases[g]);
            share[g] = p->n_objective == 2 ? (g == 0 ? v : 1 - share[0]) : v;
            if (n < (uint32_t)p->n_objective - 1) /* each of the others alone at first */
                share[g] = g == (int32_t)n + 1 ? 1 : 1e-3;
            total += share[g];
        }
        for (int32_t g = 0; g < p->n_objective; g++) {
            problem.weights[g] = share[g] / total / (high[g] > low[g] ? high[g] - low[g] : 1);
            problem.ideal[g] = low[g];
        }
        int64_t room = end - p->n_simulation, before = p->n_simulation, chunk = 8 + 2 * p->seeds;
        problem.simulations = room < chunk ? room : chunk;
        p->hyper_n[0] = 0;
        DH_TRY(dh_plan_search(p, &problem, diag));
        n++;
        if (p->n_simulation == before && n > 12)
            break;
    }
    p->hyper_n[0] = 0;
    return DH_OK;
}

static bool dominates(const struct dh_plan *p, const struct dh_plan_design *a,
                      const struct dh_plan_design *b) {
    bool better = false;
    for (int32_t g = 0; g < p->n_objective; g++) {
        double over = p->goals[g].sense * (dh_plan_statistic(p, a, g) - dh_plan_statistic(p, b, g));
        if (over > 0)
            return false;
        better = better || over < 0;
    }
    return better || a->point < b->point; /* of equal ones the first */
}

enum dh_err dh_plan_front(struct dh_plan *p) {
    double limits[DH_PLAN_GOALS];
    dh_plan_limits(p, limits);
    recall_best(p);
    p->front = dh_arena_array(&p->mem, (size_t)(p->n_design > 0 ? p->n_design : 1), sizeof *p->front);
    if (!p->front)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < p->n_design; i++) {
        bool is = p->designs[i].variant == 0 && dh_plan_feasible(p, &p->designs[i], limits);
        for (int32_t k = 0; is && k < p->n_design; k++)
            if (k != i && p->designs[k].variant == 0 && dh_plan_feasible(p, &p->designs[k], limits))
                is = !dominates(p, &p->designs[k], &p->designs[i]);
        if (!is)
            continue;
        int32_t at = p->n_front++;
        double v = p->goals[0].sense * objective_of(p, i);
        for (; at > 0 && p->goals[0].sense * objective_of(p, p->front[at - 1]) > v; at--)
            p->front[at] = p->front[at - 1];
        p->front[at] = i;
    }
    return DH_OK;
}
