/* Who pays: the cost of the run divided among tenants, and what objectives that were missed give back.
 *
 * All of cost.total is divided, idle capacity too, each part by what causes it:
 *   energy    electricity, fuel, water and what the grid asks: by metered energy of the tenants' GPUs and
 * CPUs; GPU time without a meter of its own (job logs, stages of pipelines) at the mean of that with one
 *   cloud     instances and egress: by GPU time there
 *   capacity  all the rest: by GPU time held on site
 * Where no job ran anywhere there is nothing to divide by, and no tenant has a cost. */
#include "sim/api/summarize.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TENANTS = 200 };

struct tenant {
    const char *name; /* NULL: jobs that name none, or those beyond MOST_TENANTS */
    int64_t jobs;
    dh_gpu_ns held, metered;
    double cloud_s, energy; /* energy: any unit */
    int64_t asked, in_time; /* of jobs with an objective */
    double energy_usd, capacity_usd, cloud_usd, usd, credit_usd;
};

struct pools {
    double energy, capacity, cloud;
};

static struct pools pools_of(const struct dh_summary *out) {
    static const char *const of_energy[] = {"cost.energy",        "cost.demand",   "cost.fixed",
                                            "cost.export",        "cost.fuel",     "cost.water",
                                            "cost.onsite_upkeep", "cost.response", "cost.carbon"};
    struct pools p = {0};
    for (size_t i = 0; i < sizeof of_energy / sizeof *of_energy; i++)
        p.energy += dh_or_zero(dh_summary_value(out, of_energy[i]));
    p.cloud =
        dh_or_zero(dh_summary_value(out, "cost.cloud")) + dh_or_zero(dh_summary_value(out, "cost.egress"));
    p.capacity = dh_summary_value(out, "cost.total") - p.energy - p.cloud;
    return p;
}

static const struct dh_tenant_spec *promise_to(const struct dh_world *w, const char *name) {
    for (int32_t i = 0; w->sc->n_workloads > 0 && i < w->sc->workloads[0].n_tenants; i++)
        if (name && strcmp(w->sc->workloads[0].tenants[i].id, name) == 0)
            return &w->sc->workloads[0].tenants[i];
    return NULL;
}

static void count_job(struct tenant *t, const struct dh_world *w, int32_t j) {
    const struct dh_job_run *run = &w->runs[j];
    const struct dh_job *job = &w->jobs.jobs[j];
    const struct dh_tenant_spec *promise = promise_to(w, t->name);
    dh_time now = w->des.now;
    bool started = run->start != DH_TIME_NONE && run->start <= now;
    t->held += run->gpu_ns;
    if (dh_world_owner(w, j) >= 0)
        t->metered += run->gpu_ns;
    if (w->bursts)
        t->cloud_s += dh_cloud_gpu_s(&w->cloud.plans[j], now);
    if (job->service >= 0)
        return;
    t->jobs += run->state != DH_JOB_PENDING;
    if (!promise || run->state == DH_JOB_PENDING)
        return;
    dh_time limit = dh_time_from_s(promise->wait_s);
    t->in_time += started && run->start - job->submit <= limit;
    t->asked += started || now - job->submit > limit;
}

/* Energy by meters; what has none, at the mean of what has. */
static void spread_energy(struct tenant *t, int32_t n, const struct dh_world *w,
                          const int32_t *tenant_of_owner) {
    double metered = 0;
    dh_gpu_ns held = 0;
    for (int32_t o = 0; o < w->f->n_owner; o++) {
        double kwh = dh_energy_kwh(&w->power.owner[o].meter, w->des.now);
        t[tenant_of_owner[o]].energy += kwh;
        metered += kwh;
    }
    for (int32_t i = 0; i < n; i++)
        held += t[i].metered;
    double mean = held > 0 && metered > 0 ? metered / (double)held : 1;
    for (int32_t i = 0; i < n; i++)
        t[i].energy += mean * (double)(t[i].held - t[i].metered);
}

static void divide(struct tenant *t, int32_t n, struct pools p) {
    double held = 0, cloud = 0, energy = 0;
    for (int32_t i = 0; i < n; i++) {
        held += (double)t[i].held;
        cloud += t[i].cloud_s;
        energy += t[i].energy;
    }
    if (!(cloud > 0)) {
        p.capacity += p.cloud;
        p.cloud = 0;
    }
    for (int32_t i = 0; i < n; i++) {
        double share = held > 0 ? (double)t[i].held / held : cloud > 0 ? t[i].cloud_s / cloud : 0;
        t[i].energy_usd = p.energy * (energy > 0 ? t[i].energy / energy : share);
        t[i].cloud_usd = p.cloud > 0 ? p.cloud * t[i].cloud_s / cloud : 0;
        t[i].capacity_usd = p.capacity * share;
        t[i].usd = t[i].energy_usd + t[i].cloud_usd + t[i].capacity_usd;
    }
}

/* ---- credits ----------------------------------------------------------------------------------------------
 */

static double put_credit(struct dh_summary *out, int32_t *n, const char *whom, const char *objective,
                         double met, const struct dh_credit_spec *credits, int32_t n_credit, double of_usd) {
    const struct dh_credit_spec *due = NULL;
    for (int32_t i = 0; i < n_credit; i++)
        if (met < credits[i].below && (!due || credits[i].share > due->share))
            due = &credits[i];
    double usd = due ? due->share * of_usd : 0;
    dh_put_text_at(out, whom, "credits.%d.whom", (int)*n);
    dh_put_text_at(out, objective, "credits.%d.objective", (int)*n);
    dh_put_at(out, met, "credits.%d.met", (int)*n);
    if (due)
        dh_put_at(out, due->below, "credits.%d.below", (int)*n);
    dh_put_at(out, due ? due->share : 0, "credits.%d.share", (int)*n);
    dh_put_at(out, of_usd, "credits.%d.of", (int)*n);
    dh_put_at(out, usd, "credits.%d.usd", (int)*n);
    ++*n;
    return usd;
}

static void put_credits(struct dh_summary *out, const struct dh_world *w, struct tenant *t, int32_t n_tenant,
                        const int32_t *tenant_of_owner) {
    int32_t n = 0;
    char whom[300], objective[200], key[64];
    for (int32_t v = 0; v < w->f->n_service; v++) {
        const struct dh_service_spec *s = w->f->service_spec[v];
        snprintf(key, sizeof key, "services.%d.slo_met", (int)v);
        double met = dh_summary_value(out, key);
        snprintf(key, sizeof key, "services.%d.gpu_h", (int)v);
        double of_usd = dh_summary_value(out, key) * dh_summary_value(out, "cost.per_gpu_hour");
        if (s->n_credits == 0 || isnan(met) || isnan(of_usd))
            continue;
        snprintf(whom, sizeof whom, "service %.250s", s->id);
        snprintf(objective, sizeof objective, "requests within %s%s%s",
                 isnan(s->slo_ttft_s) ? "" : "slo-ttft",
                 isnan(s->slo_ttft_s) || isnan(s->slo_tpot_s) ? "" : " and ",
                 isnan(s->slo_tpot_s) ? "" : "slo-tpot");
        t[tenant_of_owner[v]].credit_usd +=
            put_credit(out, &n, whom, objective, met, s->credits, s->n_credits, of_usd);
    }
    for (int32_t i = 0; i < n_tenant; i++) {
        const struct dh_tenant_spec *promise = promise_to(w, t[i].name);
        if (!promise || promise->n_credits == 0 || t[i].asked == 0)
            continue;
        snprintf(whom, sizeof whom, "tenant %.250s", t[i].name);
        snprintf(objective, sizeof objective, "jobs that start within %.6g min", promise->wait_s / 60);
        t[i].credit_usd += put_credit(out, &n, whom, objective, (double)t[i].in_time / (double)t[i].asked,
                                      promise->credits, promise->n_credits, t[i].usd);
    }
}

/* ---- the list ---------------------------------------------------------------------------------------------
 */

static int by_cost(const void *left, const void *right) {
    const struct tenant *a = left, *b = right;
    if (!a->name != !b->name)
        return a->name ? -1 : 1;
    if (a->usd != b->usd)
        return a->usd > b->usd ? -1 : 1;
    return a->name ? strcmp(a->name, b->name) : 0;
}

static void put_tenant(struct dh_summary *out, int i, const struct tenant *t, double energy, bool divided) {
    double hours = (double)t->held / 3.6e12, cloud_h = t->cloud_s / S_PER_H;
    dh_put_text_at(out, t->name ? t->name : "no tenant named", "tenants.%d.id", i);
    dh_put_at(out, (double)t->jobs, "tenants.%d.jobs", i);
    dh_put_at(out, hours, "tenants.%d.gpu_h", i);
    if (cloud_h > 0)
        dh_put_at(out, cloud_h, "tenants.%d.cloud_gpu_h", i);
    if (energy > 0)
        dh_put_at(out, t->energy / energy, "tenants.%d.energy_share", i);
    if (t->asked > 0)
        dh_put_at(out, (double)t->in_time / (double)t->asked, "tenants.%d.in_time", i);
    if (!divided)
        return;
    dh_put_at(out, t->energy_usd, "tenants.%d.cost_energy", i);
    dh_put_at(out, t->capacity_usd, "tenants.%d.cost_capacity", i);
    dh_put_at(out, t->cloud_usd, "tenants.%d.cost_cloud", i);
    dh_put_at(out, t->usd, "tenants.%d.cost", i);
    dh_put_at(out, t->credit_usd, "tenants.%d.credit", i);
    dh_put_at(out, t->usd - t->credit_usd, "tenants.%d.bill", i);
    if (hours + cloud_h > 0)
        dh_put_at(out, t->usd / (hours + cloud_h), "tenants.%d.per_gpu_hour", i);
}

static void add_up(struct tenant *all, const struct tenant *t) {
    all->jobs += t->jobs;
    all->held += t->held;
    all->cloud_s += t->cloud_s;
    all->energy += t->energy;
    all->energy_usd += t->energy_usd;
    all->capacity_usd += t->capacity_usd;
    all->cloud_usd += t->cloud_usd;
    all->usd += t->usd;
    all->credit_usd += t->credit_usd;
}

void dh_summarize_tenants(struct dh_summary *out, const struct dh_world *w) {
    double completed = dh_summary_value(out, "jobs.completed");
    if (completed > 0)
        dh_put_number(out, "cost.per_job", dh_summary_value(out, "cost.total") / completed);
    int32_t n = w->jobs.n_tenant + 1, none = w->jobs.n_tenant;
    struct tenant *t = calloc((size_t)n, sizeof *t);
    int32_t *of_owner = calloc((size_t)w->f->n_owner + 1, sizeof *of_owner);
    if (!t || !of_owner) {
        out->err = DH_ERR_MEMORY;
        free(t);
        free(of_owner);
        return;
    }
    for (int32_t i = 0; i < none; i++)
        t[i].name = w->jobs.tenants[i];
    for (int32_t o = 0; o < w->f->n_owner; o++)
        of_owner[o] = none;
    for (int32_t j = 0; j < w->jobs.n_job; j++) {
        int32_t tenant = w->jobs.jobs[j].tenant < 0 ? none : w->jobs.jobs[j].tenant;
        int32_t owner = dh_world_owner(w, j);
        if (owner >= 0)
            of_owner[owner] = tenant; /* all of an owner's jobs have its tenant */
        count_job(&t[tenant], w, j);
    }
    spread_energy(t, n, w, of_owner);
    double energy = 0, used_s = 0;
    for (int32_t i = 0; i < n; i++) {
        energy += t[i].energy;
        used_s += (double)t[i].held / 1e9 + t[i].cloud_s;
    }
    bool divided = !isnan(dh_summary_value(out, "cost.total")) && used_s > 0;
    if (divided)
        divide(t, n, pools_of(out));
    put_credits(out, w, t, n, of_owner);
    qsort(t, (size_t)n, sizeof *t, by_cost);
    int32_t row = 0;
    struct tenant rest = {0};
    for (int32_t i = 0; i < n; i++) {
        bool used = t[i].held > 0 || t[i].cloud_s > 0 || t[i].jobs > 0;
        if (used && t[i].name && row < MOST_TENANTS)
            put_tenant(out, row++, &t[i], energy, divided);
        else
            add_up(&rest, &t[i]);
    }
    if (none > 0 && (rest.jobs > 0 || rest.held > 0 || rest.cloud_s > 0))
        put_tenant(out, row, &rest, energy, divided);
    free(of_owner);
    free(t);
}
