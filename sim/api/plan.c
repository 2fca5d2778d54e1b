/* datahall plan: the cheapest design of a study that meets its constraints, from few simulations. */
#include "sim/api/plan.h"

#include "sim/diag.h"
#include "sim/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct dh_place nowhere = {NULL, 0, 0};

enum { MAX_WORKERS = 1024, SMALL = 32 };

/* How many simulations the search may make in all: what the study says, else a twentieth of all, but no fewer
 * than it takes to learn anything and no more than it has use for. */
static enum dh_err budget_of(struct dh_plan *p, struct dh_diag *diag) {
    int64_t all = (int64_t)p->study.n_point * p->seeds, d = p->study.n_vary;
    int64_t least = (10 + 8 * d) * p->seeds, most = (60 + 60 * d) * p->seeds;
    if (p->options.exhaustive || p->study.n_point <= SMALL) {
        p->exhaustive = true;
        p->budget = all;
        if (p->study.simulations < 0 || p->study.simulations >= all || p->options.exhaustive)
            return DH_OK;
        p->exhaustive = false;
    }
    if (p->study.simulations > 0)
        p->budget = p->study.simulations;
    else if (!isnan(p->study.share))
        p->budget = (int64_t)(p->study.share * (double)all);
    else
        p->budget = all / 20 < least ? least : all / 20 > most ? most : all / 20;
    if (p->budget >= all) {
        p->budget = all;
        p->exhaustive = true;
    }
    int64_t needed = (d + 5) + p->seeds;
    if (p->budget >= needed || p->exhaustive)
        return DH_OK;
    dh_fail(diag, DH_ERR_RANGE, p->study.search_place,
            "%lld simulations are too few: a search of %d variables with %d run%s a design needs %lld",
            (long long)p->budget, (int)d, (int)p->seeds, p->seeds == 1 ? "" : "s", (long long)needed);
    dh_diag_hint(diag, "leave <search> out for a budget that fits");
    return DH_ERR_RANGE;
}

enum dh_err dh_plan_variant_add(struct dh_plan *p, double factor, struct dh_diag *diag) {
    const struct dh_study_demand *demand = &p->study.demand;
    struct dh_plan_variant *variant = &p->variants[p->n_variant++];
    bool whole = !demand->path && !demand->parameter;
    struct dh_text text = {0};
    char number[64];
    variant->factor = factor;
    dh_number_format(whole ? factor : demand->base * factor, number, sizeof number);
    if (whole)
        dh_text_printf(&text, "/scenario/workload/@demand=%s", number);
    else
        dh_text_printf(&text, "%s=%s%s", demand->path ? demand->path : demand->parameter, number,
                       demand->unit);
    const char *kept = text.failed ? NULL : dh_arena_strdup(&p->mem, text.at);
    dh_text_free(&text);
    if (!kept)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "no memory for the study");
    *(demand->parameter ? &variant->param : &variant->set) = kept;
    return DH_OK;
}

/* One variant for each factor of demand, then those of the years. */
static enum dh_err demand_variants(struct dh_plan *p, struct dh_diag *diag) {
    for (int32_t i = 0; i < p->study.demand.n_factor; i++)
        DH_TRY(dh_plan_variant_add(p, p->study.demand.factors[i], diag));
    return dh_plan_phase_variants(p, diag);
}

static enum dh_err make_variants(struct dh_plan *p, struct dh_diag *diag) {
    DH_TRY(demand_variants(p, diag));
    for (int32_t i = 0; i < p->n_variant; i++) {
        p->variants[i].index =
            dh_arena_array(&p->mem, (size_t)p->study.n_point, sizeof *p->variants[i].index);
        if (!p->variants[i].index)
            return dh_fail(diag, DH_ERR_MEMORY, nowhere, "no memory for %d points", (int)p->study.n_point);
        for (int32_t k = 0; k < p->study.n_point; k++)
            p->variants[i].index[k] = -1;
    }
    return DH_OK;
}

static enum dh_err make_folder(struct dh_plan *p, struct dh_diag *diag) {
    struct dh_text runs = {0};
    dh_text_printf(&runs, "%s/runs", p->folder);
    enum dh_err err = runs.failed ? DH_ERR_MEMORY : DH_OK;
    if (err == DH_OK &&
        ((mkdir(p->folder, 0777) != 0 && errno != EEXIST) || (mkdir(runs.at, 0777) != 0 && errno != EEXIST)))
        err = dh_fail(diag, DH_ERR_IO, nowhere, "%s: %s", runs.at, strerror(errno));
    dh_text_free(&runs);
    return err;
}

static enum dh_err search_all(struct dh_plan *p, struct dh_diag *diag) {
    enum dh_err err = DH_OK;
    struct dh_plan_task *tasks = malloc((size_t)p->seeds * sizeof *tasks * 64);
    if (!tasks)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "no memory for the designs");
    for (int32_t i = 0; i < p->study.n_point && err == DH_OK; i += 64) {
        int32_t n = 0;
        for (int32_t k = i; k < i + 64 && k < p->study.n_point; k++)
            for (int32_t s = 0; s < p->seeds; s++)
                tasks[n++] = (struct dh_plan_task){k, 0, s};
        err = dh_plan_simulate(p, tasks, n, diag);
    }
    free(tasks);
    p->searched_out = true;
    return err;
}

/* A figure that no run has: the study asks for what its scenario does not model. Nothing that could be run:
 * the first reason. */
static enum dh_err check_designs(struct dh_plan *p, struct dh_diag *diag) {
    const struct dh_plan_design *first = NULL;
    for (int32_t i = 0; i < p->n_design; i++) {
        if (p->designs[i].state != DH_PLAN_FAILED)
            return DH_OK;
        first = first ? first : &p->designs[i];
    }
    if (!first)
        return DH_OK;
    for (int32_t g = 0; g < p->n_goal && first->err == DH_ERR_EMPTY; g++)
        if (strstr(first->why, p->goals[g].key)) {
            dh_fail(diag, DH_ERR_VALUE, p->goals[g].place,
                    "no run of this scenario has '%s': it does not model that", p->goals[g].key);
            dh_diag_hint(diag, "'datahall run %.200s --json' prints what it has", p->study.scenario);
            return DH_ERR_VALUE;
        }
    return dh_fail(diag, first->err == DH_ERR_USAGE ? DH_ERR_VALUE : first->err, p->study.vary[0].place,
                   "none of %d designs could be run: %s", (int)p->n_design, first->why);
}

static enum dh_err solve(struct dh_plan *p, struct dh_diag *diag) {
    struct dh_plan_problem problem = {.weights = {1}};
    dh_plan_limits(p, problem.limits);
    problem.simulations = p->exhaustive        ? p->budget
                          : p->n_objective > 1 ? p->budget * 4 / 10
                                               : p->budget * 7 / 10;
    if (p->exhaustive)
        DH_TRY(search_all(p, diag));
    else
        DH_TRY(dh_plan_search(p, &problem, diag));
    DH_TRY(check_designs(p, diag));
    if (!p->exhaustive)
        DH_TRY(dh_plan_search_front(p, p->budget * 7 / 10 - p->n_simulation, diag));
    p->n_search = p->n_simulation;
    p->best = dh_plan_best(p, &problem);
    p->near = dh_plan_nearest(p, &problem);
    DH_TRY(dh_plan_prices(p, diag));
    DH_TRY(dh_plan_demands(p, diag));
    DH_TRY(dh_plan_phases(p, diag));
    return dh_plan_front(p);
}

enum dh_err dh_plan_run(struct dh_plan **out, const char *study, const struct dh_plan_options *options,
                        struct dh_diag *diag) {
    struct dh_plan *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    p->options = *options;
    p->options.workers = options->workers > 0 ? options->workers : 1;
    p->best = p->near = -1;
    p->n_variant = 1;
    p->variants[0].factor = 1;
    enum dh_err err = p->options.workers <= MAX_WORKERS
                          ? DH_OK
                          : dh_fail(diag, DH_ERR_USAGE, nowhere, "at most %d processes", MAX_WORKERS);
    if (err == DH_OK)
        err = dh_study_read(&p->study, study, diag);
    if (err == DH_OK)
        err = dh_plan_goals(p, diag);
    if (err == DH_OK)
        err = budget_of(p, diag);
    if (err == DH_OK)
        err = dh_plan_try(p, diag);
    if (err == DH_OK)
        err = make_variants(p, diag);
    p->folder = dh_arena_strdup(&p->mem, options->folder);
    if (err == DH_OK && !p->folder)
        err = DH_ERR_MEMORY;
    if (err == DH_OK)
        err = make_folder(p, diag);
    if (err == DH_OK)
        err = solve(p, diag);
    if (err == DH_OK) {
        *out = p;
        return DH_OK;
    }
    if (err == DH_ERR_MEMORY)
        dh_fail(diag, err, nowhere, "no memory for the study");
    dh_plan_delete(p);
    return err;
}

void dh_plan_delete(struct dh_plan *p) {
    if (!p)
        return;
    dh_study_free(&p->study);
    free(p->designs);
    dh_arena_free(&p->mem);
    free(p);
}

int32_t dh_plan_is_feasible(const struct dh_plan *p) {
    return p->best >= 0;
}
