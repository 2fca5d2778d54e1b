/* A world that has run, as the keys of output/summary_keys.def. A quantity that the scenario does not model
 * is left out. */
#include "sim/api/internal.h"
#include "models/finance.h"
#include "output/summary_keys.h"
#include "sim/units.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double J_PER_KWH = 3.6e6, S_PER_H = 3600, S_PER_YEAR = 31536000;

/* Unit and meaning of a key, from the table of keys; terms of the audit say theirs by their ending. */
static void explain(const char *key, const char **unit, const char **about) {
    static const struct {
        const char *ending, *unit;
    } endings[] = {
        {"_j",     "J" },
        {"_gpu_s", "s" },
        {"_kg",    "kg"}
    };
    int32_t row = dh_summary_key_find(key);
    *unit = "1";
    *about = "term of a balance";
    if (row >= 0) {
        struct dh_summary_key entry = dh_summary_key_at(row);
        *unit = entry.unit;
        *about = entry.about;
        return;
    }
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(key), tail = strlen(endings[i].ending);
        if (n > tail && strcmp(key + n - tail, endings[i].ending) == 0)
            *unit = endings[i].unit;
    }
}

static void number(struct dh_summary *out, const char *key, double value) {
    const char *unit, *about;
    explain(key, &unit, &about);
    dh_summary_number(out, key, unit, value, about);
}

static void count(struct dh_summary *out, const char *key, int64_t value) {
    const char *unit, *about;
    explain(key, &unit, &about);
    dh_summary_integer(out, key, unit, value, about);
}

static void text(struct dh_summary *out, const char *key, const char *value) {
    const char *unit, *about;
    explain(key, &unit, &about);
    dh_summary_text(out, key, value, about);
}

/* The same for keys that hold a name or a number. */
#define FORMAT_KEY(key, format)                                                                              \
    char key[400];                                                                                           \
    va_list args;                                                                                            \
    va_start(args, format);                                                                                  \
    vsnprintf(key, sizeof key, format, args);                                                                \
    va_end(args)

__attribute__((format(printf, 3, 4))) static void put(struct dh_summary *out, double value,
                                                      const char *format, ...) {
    FORMAT_KEY(key, format);
    number(out, key, value);
}

__attribute__((format(printf, 3, 4))) static void put_text(struct dh_summary *out, const char *value,
                                                           const char *format, ...) {
    FORMAT_KEY(key, format);
    text(out, key, value);
}

static double kwh(dh_uw_ns energy) {
    return dh_uw_ns_to_j(energy) / J_PER_KWH;
}

static double energy_kwh(const struct dh_meter *meter, dh_time now) {
    return kwh(dh_meter_energy(meter, now));
}

static void instant(char text[static 21], const struct dh_world *w, dh_time at) {
    dh_timestamp_format(w->f->start_unix_s + at / DH_NS_PER_S, text);
}

/* ---- what was run
 * ---------------------------------------------------------------------------------------------- */

static void put_scenario(struct dh_summary *out, const struct dh_sim *sim, enum dh_err ended) {
    const struct dh_scenario *sc = &sim->file.spec;
    const struct dh_world *w = &sim->world;
    char start[21];
    dh_timestamp_format(sc->horizons[0].start_unix_s, start);
    double planned_s = sc->horizons[0].duration_s, simulated_s = dh_time_to_s(w->des.now);
    text(out, "scenario.name", sc->name);
    if (*sc->title)
        text(out, "scenario.title", sc->title);
    put_text(out, sim->file.effective_sha256, "scenario.sha256");
    count(out, "scenario.seed", sc->seed);
    text(out, "scenario.start", start);
    number(out, "scenario.duration_s", w->until_idle ? simulated_s : planned_s);
    text(out, "status", ended == DH_OK ? "complete" : "interrupted");
    if (ended != DH_OK)
        number(out, "simulated_s", simulated_s);
}

static double it_rated_w(const struct dh_facility *f) {
    double sum = 0;
    for (int32_t r = 0; r < f->n_rack; r++)
        sum += f->rack_rated_w[r];
    return sum;
}

static double limit_w(const struct dh_world *w) {
    double sum = 0;
    for (int32_t s = 0; s < w->f->n_site; s++)
        sum += w->site_limit_w[s];
    return sum;
}

static void put_facility(struct dh_summary *out, const struct dh_world *w) {
    count(out, "facility.racks", w->f->n_rack);
    count(out, "facility.nodes", w->f->n_node);
    count(out, "facility.halls", w->f->n_hall);
    number(out, "facility.it_rated_kw", it_rated_w(w->f) / 1000);
    number(out, "facility.limit_kw", limit_w(w) / 1000);
}

/* ---- energy, water, heat
 * ---------------------------------------------------------------------------------------- */

static void put_losses(struct dh_summary *out, const struct dh_world *w) {
    static const char *const kinds[] = {"utility", "transformer", "ups", "pdu"};
    dh_time now = w->des.now;
    for (int32_t k = 1; k < 4; k++) {
        dh_uw_ns sum = 0;
        bool any = false;
        for (int32_t t = 0; t < w->f->n_stage; t++)
            if (w->f->stage_kind[t] == k) {
                sum += dh_meter_energy(&w->power.stage_loss[t], now);
                any = true;
            }
        if (any)
            put(out, kwh(sum), "energy.loss_kwh.%s", kinds[k]);
    }
    double overhead_w = 0;
    for (int32_t r = 0; r < w->f->n_rack; r++)
        overhead_w += w->f->rack_overhead_w[r];
    double overhead_kwh = overhead_w * dh_time_to_s(now) / J_PER_KWH;
    double node_in = energy_kwh(&w->power.node_in_total, now);
    number(out, "energy.loss_kwh.rack_supply", energy_kwh(&w->power.it, now) - node_in - overhead_kwh);
    number(out, "energy.loss_kwh.node", node_in - energy_kwh(&w->power.node_dc_total, now));
}

static void put_cooling_parts(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_facility *f = w->f;
    if (f->n_cplant > 0) {
        number(out, "energy.parts.chiller_kwh", dh_world_drawn_j(w, "cplant_chiller_w") / J_PER_KWH);
        number(out, "energy.parts.tower_fan_kwh", dh_world_drawn_j(w, "cplant_fan_w") / J_PER_KWH);
        number(out, "energy.parts.chw_pump_kwh", dh_world_drawn_j(w, "cplant_pump_w") / J_PER_KWH);
        number(out, "energy.parts.air_handler_kwh", dh_world_drawn_j(w, "hall_fan_w") / J_PER_KWH);
    }
    if (f->n_lplant > 0) {
        number(out, "energy.parts.cooler_fan_kwh", dh_world_drawn_j(w, "lplant_fan_w") / J_PER_KWH);
        number(out, "energy.parts.facility_pump_kwh", dh_world_drawn_j(w, "lplant_pump_w") / J_PER_KWH);
    }
    if (f->n_cdu > 0)
        number(out, "energy.parts.cdu_pump_kwh", dh_world_drawn_j(w, "cdu_pump_w") / J_PER_KWH);
}

static double makeup_m3(const struct dh_world *w) {
    return dh_sum_value(&w->plant.ledger.makeup_kg) / 1000;
}

static void put_energy(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_power *p = &w->power;
    dh_time now = w->des.now;
    double it = energy_kwh(&p->it, now), facility = energy_kwh(&p->facility, now);
    char at[21];
    instant(at, w, p->peak_facility_at);
    number(out, "energy.it_kwh", it);
    number(out, "energy.facility_kwh", facility);
    if (w->f->n_cdu + w->f->n_cplant + w->f->n_lplant > 0)
        number(out, "energy.cooling_kwh", energy_kwh(&p->cooling, now));
    if (p->house.power > 0)
        number(out, "energy.house_kwh", energy_kwh(&p->house, now));
    put_losses(out, w);
    put_cooling_parts(out, w);
    number(out, "energy.peak_it_kw", dh_uw_to_w(p->peak_it) / 1000);
    number(out, "energy.peak_facility_kw", dh_uw_to_w(p->peak_facility) / 1000);
    text(out, "energy.peak_at", at);
    number(out, "energy.mean_facility_kw", facility / (dh_time_to_s(now) / S_PER_H));
    number(out, "energy.pue", facility / it);
    number(out, "energy.pue_max", w->max_pue);
    if (w->f->n_cplant + w->f->n_lplant == 0)
        return;
    number(out, "energy.water_m3", makeup_m3(w));
    number(out, "energy.wue_l_per_kwh", 1000 * makeup_m3(w) / it);
    number(out, "water.evaporation_m3", dh_sum_value(&w->plant.ledger.evaporation_kg) / 1000);
    number(out, "water.drift_m3", dh_sum_value(&w->plant.ledger.drift_kg) / 1000);
    number(out, "water.blowdown_m3", dh_sum_value(&w->plant.ledger.blowdown_kg) / 1000);
}

static void put_thermal(struct dh_summary *out, const struct dh_world *w) {
    if (!w->plant_steps)
        return;
    double stepped = dh_sum_value(&w->stepped_gpu_s);
    number(out, "thermal.max_inlet_degc", w->max_inlet_degc);
    number(out, "thermal.max_coolant_degc", w->max_coolant_degc);
    number(out, "thermal.max_junction_degc", w->max_junction_degc);
    number(out, "thermal.throttled_gpu_h", dh_sum_value(&w->throttled_gpu_s) / S_PER_H);
    number(out, "thermal.capped_gpu_h", dh_sum_value(&w->capped_gpu_s) / S_PER_H);
    if (stepped > 0)
        number(out, "thermal.mean_clock", dh_sum_value(&w->busy_clock_gpu_s) / stepped);
    if (w->marks.cooled_j > 0)
        number(out, "thermal.free_cooling_share", w->marks.free_j / w->marks.cooled_j);
    number(out, "thermal.max_dry_bulb_degc", w->max_dry_bulb_degc);
}

/* ---- carbon and money
 * ---------------------------------------------------------------------------------------------- */

static double or_zero(double value) {
    return isnan(value) ? 0 : value;
}

/* Sum over the sites of a member of their bills; NAN where no site has it. */
#define OVER_BILLS(w, has, member)                                                                           \
    double total = 0;                                                                                        \
    bool any = false;                                                                                        \
    for (int32_t s = 0; s < (w)->f->n_site; s++)                                                             \
        if ((w)->bill[s].has) {                                                                              \
            total += dh_sum_value(&(w)->bill[s].member);                                                     \
            any = true;                                                                                      \
        }                                                                                                    \
    return any ? total : NAN

static double energy_usd(const struct dh_world *w) {
    OVER_BILLS(w, tariff, energy_usd);
}
static double demand_usd(const struct dh_world *w) {
    OVER_BILLS(w, tariff, demand_usd);
}
static double fixed_usd(const struct dh_world *w) {
    OVER_BILLS(w, tariff, fixed_usd);
}
static double location_kg(const struct dh_world *w) {
    OVER_BILLS(w, grid, location_kg);
}
static double market_kg(const struct dh_world *w) {
    OVER_BILLS(w, grid, market_kg);
}

/* Energy that was priced, and that whose carbon is known. */
static double priced_j(const struct dh_world *w) {
    OVER_BILLS(w, tariff, energy_j);
}
static double traced_j(const struct dh_world *w) {
    OVER_BILLS(w, grid, energy_j);
}

static const struct dh_economics_spec *economics_of(const struct dh_world *w) {
    return w->sc->n_economies > 0 ? &w->sc->economies[0] : NULL;
}

/* Purchase and embodied carbon of all racks; NAN where a catalog entry in use has no figure. */
struct purchase {
    double it_usd, embodied_kg;
};

static struct purchase purchase_of(const struct dh_world *w) {
    struct purchase sum = {0};
    for (int32_t s = 0; s < w->sc->n_sites; s++)
        for (int32_t h = 0; h < w->sc->sites[s].n_halls; h++)
            for (int32_t i = 0; i < w->sc->sites[s].halls[h].n_rows; i++) {
                const struct dh_row_spec *row = &w->sc->sites[s].halls[h].rows[i];
                const struct dh_rack_type_spec *type = dh_scenario_rack_type(w->sc, row->rack);
                const struct dh_node_spec *node = dh_scenario_node(w->sc, type->node);
                const struct dh_device_spec *device = dh_scenario_device(w->sc, node->device);
                double nodes = (double)(row->count * type->nodes), racks = (double)row->count;
                double node_usd =
                    isnan(node->price_usd) ? (double)node->gpus * device->price_usd : node->price_usd;
                sum.it_usd += nodes * node_usd + racks * (isnan(type->price_usd) ? 0 : type->price_usd);
                sum.embodied_kg += nodes * ((double)node->gpus * device->embodied_kg +
                                            (isnan(node->embodied_kg) ? 0 : node->embodied_kg));
            }
    return sum;
}

static void put_carbon(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_economics_spec *eco = economics_of(w);
    double kg = location_kg(w), gap_s = 0;
    number(out, "carbon.location_kg", kg);
    number(out, "carbon.market_kg", market_kg(w));
    if (eco)
        number(out, "carbon.embodied_kg",
               purchase_of(w).embodied_kg * dh_time_to_s(w->des.now) / eco->it_life_s);
    if (!isnan(kg))
        number(out, "carbon.mean_g_per_kwh", 1000 * kg / (traced_j(w) / J_PER_KWH));
    for (int32_t s = 0; s < w->f->n_site; s++)
        gap_s += w->bill[s].gap_s;
    if (gap_s > 0)
        number(out, "carbon.gap_hours", gap_s / S_PER_H);
}

/* Charges of the run: yearly ones by the share of a year (365 days) that was simulated. */
struct charges {
    double energy, demand, fixed, it, network, building, maintenance, staff, software, water, cloud, egress;
    double it_usd, network_usd, building_usd; /* purchases */
};

static struct charges charges_of(const struct dh_world *w) {
    const struct dh_economics_spec *eco = economics_of(w);
    double seconds = dh_time_to_s(w->des.now), years = seconds / S_PER_YEAR;
    struct charges c = {.energy = energy_usd(w),
                        .demand = demand_usd(w),
                        .fixed = fixed_usd(w),
                        .it = NAN,
                        .network = NAN,
                        .building = NAN,
                        .maintenance = NAN,
                        .staff = NAN,
                        .software = NAN,
                        .water = NAN,
                        .cloud = NAN,
                        .egress = NAN};
    if (w->bursts) {
        c.cloud = dh_sum_value(&w->cloud.instance_usd);
        c.egress = dh_sum_value(&w->cloud.egress_usd);
    }
    if (!eco)
        return c;
    double it_life = eco->it_life_s / S_PER_YEAR, building_life = eco->building_life_s / S_PER_YEAR;
    double critical_w = isnan(eco->critical_w) ? it_rated_w(w->f) : eco->critical_w;
    c.it_usd = purchase_of(w).it_usd;
    c.network_usd = eco->network_share * c.it_usd;
    c.building_usd = eco->building_usd_per_w * critical_w;
    c.it = years * dh_finance_yearly(c.it_usd, eco->it_residual, eco->capital_rate, it_life);
    c.network = years * dh_finance_yearly(c.network_usd, eco->it_residual, eco->capital_rate, it_life);
    c.building =
        years * dh_finance_yearly(c.building_usd, eco->building_residual, eco->capital_rate, building_life);
    c.maintenance = 0;
    if (!isnan(c.it_usd))
        c.maintenance += years * eco->it_upkeep * (c.it_usd + c.network_usd);
    if (!isnan(c.building_usd))
        c.maintenance += years * eco->building_upkeep * c.building_usd;
    c.staff = seconds * eco->staff * eco->staff_usd_per_s;
    c.software = seconds * eco->software_usd_per_s * (double)w->f->n_gpu;
    if (w->plant_steps)
        c.water = makeup_m3(w) * eco->water_usd_per_m3;
    return c;
}

static double site_total(const struct charges *c) {
    return or_zero(c->energy) + or_zero(c->demand) + or_zero(c->fixed) + or_zero(c->it) +
           or_zero(c->network) + or_zero(c->building) + or_zero(c->maintenance) + or_zero(c->staff) +
           or_zero(c->software) + or_zero(c->water);
}

static void put_cost(struct dh_summary *out, const struct dh_world *w, const struct charges *c) {
    const struct dh_economics_spec *eco = economics_of(w);
    double site = site_total(c), total = site + or_zero(c->cloud) + or_zero(c->egress);
    if (total == 0 && isnan(c->energy))
        return;
    double gpu_h = (double)w->busy_gpu_ns / (1e9 * S_PER_H);
    double installed_h = (double)w->f->n_gpu * dh_time_to_s(w->des.now) / S_PER_H;
    double capex = isnan(c->it) && isnan(c->building)
                       ? NAN
                       : or_zero(c->it) + or_zero(c->network) + or_zero(c->building);
    text(out, "cost.currency", eco ? eco->currency : "USD");
    number(out, "cost.total", total);
    number(out, "cost.energy", c->energy);
    number(out, "cost.demand", c->demand);
    number(out, "cost.fixed", c->fixed);
    number(out, "cost.capex", capex);
    number(out, "cost.maintenance", c->maintenance);
    number(out, "cost.staff", c->staff);
    number(out, "cost.software", c->software);
    number(out, "cost.water", c->water);
    number(out, "cost.cloud", c->cloud);
    number(out, "cost.egress", c->egress);
    double used_h = gpu_h + (w->bursts ? dh_sum_value(&w->cloud.gpu_s) / S_PER_H : 0);
    if (used_h > 0) /* the total pays for both */
        number(out, "cost.per_gpu_hour", total / used_h);
    if (installed_h > 0)
        number(out, "cost.per_gpu_hour_available", site / installed_h);
    if (!isnan(c->energy))
        number(out, "cost.energy_per_kwh", (c->energy + c->demand) / (priced_j(w) / J_PER_KWH));
    if (!eco)
        return;
    number(out, "cost.capex_parts.it", c->it);
    number(out, "cost.capex_parts.network", c->network);
    number(out, "cost.capex_parts.building", c->building);
    number(out, "cost.purchase.it", c->it_usd);
    number(out, "cost.purchase.network", c->network_usd);
    number(out, "cost.purchase.building", c->building_usd);
}

/* ---- work
 * ------------------------------------------------------------------------------------------------------ */

static void put_gpus(struct dh_summary *out, const struct dh_world *w) {
    double busy_s = (double)w->busy_gpu_ns / 1e9,
           installed_s = (double)w->f->n_gpu * dh_time_to_s(w->des.now);
    count(out, "gpus.installed", w->f->n_gpu);
    number(out, "gpus.hours_busy", busy_s / S_PER_H);
    if (installed_s > 0)
        number(out, "gpus.utilization", busy_s / installed_s);
    if (busy_s > 0)
        number(out, "gpus.goodput", dh_sum_value(&w->work_gpu_s) / busy_s);
}

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/* Mean, nearest-rank percentiles and largest of n > 0 values, which are sorted on the way. */
static void put_distribution(struct dh_summary *out, const char *key, double *values, int32_t n) {
    static const struct {
        const char *name;
        double share;
    } ranks[] = {
        {"p50", 0.5 },
        {"p95", 0.95},
        {"p99", 0.99}
    };
    struct dh_sum sum = {0};
    for (int32_t i = 0; i < n; i++)
        dh_sum_add(&sum, values[i]);
    qsort(values, (size_t)n, sizeof *values, compare_doubles);
    put(out, dh_sum_value(&sum) / n, "%s.mean", key);
    for (int k = 0; k < 3; k++) {
        int32_t rank = (int32_t)ceil(ranks[k].share * n);
        put(out, values[rank > 0 ? rank - 1 : 0], "%s.%s", key, ranks[k].name);
    }
    put(out, values[n - 1], "%s.max", key);
}

struct tally {
    int64_t of_state[DH_N_JOB_STATE], completed, burst;
    double *wait_s, *turnaround_s;
    int32_t n_wait, n_turnaround, n_seen;
    struct dh_sum slowdown;
};

static void tally_job(struct tally *t, const struct dh_world *w, int32_t j) {
    const struct dh_job_run *run = &w->runs[j];
    const struct dh_job *job = &w->jobs.jobs[j];
    dh_time now = w->des.now;
    bool gone = run->end != DH_TIME_NONE && run->end <= now;
    t->n_seen++;
    t->of_state[run->state]++;
    t->burst += run->burst;
    t->completed += run->state == DH_JOB_DONE || (run->state == DH_JOB_BURST && gone);
    if (run->start != DH_TIME_NONE && run->start <= now)
        t->wait_s[t->n_wait++] = dh_time_to_s(run->start - job->submit);
    if (run->start == DH_TIME_NONE || !gone)
        return;
    double turnaround = dh_time_to_s(run->end - job->submit), ran = dh_time_to_s(run->end - run->start);
    t->turnaround_s[t->n_turnaround++] = turnaround;
    /* Bounded slowdown, bound 10 s (D. Feitelson, Metrics for parallel job scheduling, JSSPP 2001). */
    dh_sum_add(&t->slowdown, fmax(1, turnaround / fmax(ran, 10)));
}

static void put_jobs(struct dh_summary *out, const struct dh_world *w) {
    int32_t n = w->jobs.n_job - w->n_replica_jobs;
    if (n == 0)
        return;
    struct tally t = {.wait_s = malloc((size_t)n * sizeof(double)),
                      .turnaround_s = malloc((size_t)n * sizeof(double))};
    if (!t.wait_s || !t.turnaround_s) {
        out->err = DH_ERR_MEMORY;
    } else {
        for (int32_t j = 0; j < n; j++)
            if (w->runs[j].state != DH_JOB_PENDING)
                tally_job(&t, w, j);
        double seconds = dh_time_to_s(w->des.now);
        count(out, "jobs.submitted", t.n_seen);
        count(out, "jobs.completed", t.completed);
        count(out, "jobs.failed", t.of_state[DH_JOB_FAILED]);
        count(out, "jobs.killed", t.of_state[DH_JOB_KILLED]);
        if (w->bursts)
            count(out, "jobs.burst", t.burst);
        count(out, "jobs.rejected", t.of_state[DH_JOB_REJECTED]);
        count(out, "jobs.running", t.of_state[DH_JOB_RUNNING]);
        count(out, "jobs.queued", t.of_state[DH_JOB_QUEUED]);
        if (w->scheduler.n_preempted > 0)
            count(out, "jobs.preemptions", w->scheduler.n_preempted);
        if (seconds > 0) {
            number(out, "jobs.mean_running", (double)w->running_ns / 1e9 / seconds);
            number(out, "jobs.mean_queued", (double)w->queue_ns / 1e9 / seconds);
        }
        count(out, "jobs.max_queued", w->max_queued);
        if (t.n_wait > 0)
            put_distribution(out, "jobs.wait_s", t.wait_s, t.n_wait);
        if (t.n_turnaround > 0) {
            put_distribution(out, "jobs.turnaround_s", t.turnaround_s, t.n_turnaround);
            number(out, "jobs.bounded_slowdown_mean", dh_sum_value(&t.slowdown) / t.n_turnaround);
        }
    }
    free(t.wait_s);
    free(t.turnaround_s);
}

static void put_burst(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_cloud *c = &w->cloud;
    if (!w->bursts)
        return;
    double gpu_h = dh_sum_value(&c->gpu_s) / S_PER_H;
    char name[600];
    snprintf(name, sizeof name, "%.250s %.250s", c->spec->provider, c->instance->id);
    text(out, "burst.provider", name);
    number(out, "burst.gpu_h", gpu_h);
    number(out, "burst.hours_active", dh_time_to_s(c->active) / S_PER_H);
    count(out, "burst.peak_gpus", c->peak_gpus);
    number(out, "burst.in_tb", dh_sum_value(&c->in_b) / 1e12);
    number(out, "burst.out_tb", dh_sum_value(&c->out_b) / 1e12);
    if (gpu_h > 0)
        number(out, "burst.usd_per_gpu_h",
               (dh_sum_value(&c->instance_usd) + dh_sum_value(&c->egress_usd)) / gpu_h);
}

static void put_services(struct dh_summary *out, const struct dh_world *w) {
    double seconds = dh_time_to_s(w->des.now);
    for (int32_t v = 0; v < w->f->n_service; v++) {
        const struct dh_service_run *run = &w->services[v];
        double requests = dh_sum_value(&run->requests), served = dh_sum_value(&run->served);
        put_text(out, w->f->service_spec[v]->id, "services.%d.id", (int)v);
        put(out, requests, "services.%d.requests", (int)v);
        put(out, served, "services.%d.served", (int)v);
        if (requests > 0)
            put(out, dh_sum_value(&run->met) / requests, "services.%d.slo_met", (int)v);
        if (served > 0)
            put(out, dh_sum_value(&run->ttft_weighted_s) / served, "services.%d.ttft_s.mean", (int)v);
        put(out, served * w->f->service_spec[v]->output_tokens / seconds, "services.%d.tokens_per_s", (int)v);
        put(out, dh_sum_value(&run->replica_s) / seconds, "services.%d.mean_replicas", (int)v);
        put(out, run->peak, "services.%d.peak_replicas", (int)v);
    }
}

/* ---- limits
 * ------------------------------------------------------------------------------------------------------ */

struct constraint {
    char name[300];
    double hours, stranded_kw;
};

static int compare_constraints(const void *left, const void *right) {
    const struct constraint *a = left, *b = right;
    if (a->hours != b->hours)
        return a->hours > b->hours ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* Capacity elsewhere that a limit kept from use: under a power limit the racks' rating, under a want of GPUs
 * the power that the site may draw; each less what was drawn while the limit bound. */
static struct constraint constraint_of(const char *name, const struct dh_binding *b, double capacity_w,
                                       bool it) {
    struct constraint c = {.hours = dh_time_to_s(b->total) / S_PER_H};
    double drawn_w = dh_uw_ns_to_j(it ? b->it_energy : b->facility_energy) / dh_time_to_s(b->total);
    snprintf(c.name, sizeof c.name, "%s", name);
    c.stranded_kw = fmax(0, capacity_w - drawn_w) / 1000;
    return c;
}

static void put_constraints(struct dh_summary *out, const struct dh_world *w) {
    struct constraint *list = malloc((size_t)(w->f->n_site + 2) * sizeof *list);
    int32_t n = 0;
    char name[300];
    if (!list) {
        out->err = DH_ERR_MEMORY;
        return;
    }
    for (int32_t s = 0; s < w->f->n_site; s++)
        if (w->site_cap[s].total > 0) {
            snprintf(name, sizeof name, "power: clocks capped at %.250s", w->f->site_spec[s]->id);
            list[n++] = constraint_of(name, &w->site_cap[s], it_rated_w(w->f), true);
        }
    if (w->start_gate.total > 0)
        list[n++] = constraint_of("power: starts held back", &w->start_gate, it_rated_w(w->f), true);
    if (w->gpus_bind.total > 0)
        list[n++] = constraint_of("gpus", &w->gpus_bind, limit_w(w), false);
    qsort(list, (size_t)n, sizeof *list, compare_constraints);
    for (int32_t i = 0; i < n; i++) {
        put_text(out, list[i].name, "constraints.%d.name", (int)i);
        put(out, list[i].hours, "constraints.%d.hours_binding", (int)i);
        put(out, list[i].stranded_kw, "constraints.%d.stranded_kw", (int)i);
    }
    free(list);
}

static void put_violations(struct dh_summary *out, const struct dh_world *w) {
    int32_t n = 0;
    char kind[400];
    for (int32_t t = 0; t < w->f->n_stage; t++) {
        const struct dh_stage_peak *peak = &w->power.stage_peak[t];
        if (peak->n_over == 0)
            continue;
        char at[21];
        instant(at, w, peak->at);
        snprintf(kind, sizeof kind, "load above the rating of %.250s", w->f->stage_name[t]);
        put_text(out, kind, "violations.%d.kind", (int)n);
        put(out, (double)peak->n_over, "violations.%d.count", (int)n);
        put(out, dh_uw_to_w(peak->out) / w->f->stage_rated_w[t], "violations.%d.worst", (int)n);
        put_text(out, at, "violations.%d.at", (int)n);
        n++;
    }
}

/* ---- does it add up
 * ------------------------------------------------------------------------------------------------ */

static double relative(double difference, double base) {
    return base != 0 ? fabs(difference) / fabs(base) : fabs(difference);
}

/* Cooling by what the plants say that each part draws; the power tree meters the same as loads. */
static double cooling_parts_j(const struct dh_world *w) {
    static const char *const parts[] = {"hall_fan_w",   "cdu_pump_w",   "cplant_chiller_w", "cplant_pump_w",
                                        "cplant_fan_w", "lplant_fan_w", "lplant_pump_w"};
    double sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        sum += dh_world_drawn_j(w, parts[i]);
    return sum;
}

/* All amounts that the summary shows beside cost.total. */
static double cost_parts(const struct dh_summary *out) {
    static const char *const parts[] = {"cost.energy",      "cost.demand", "cost.fixed",    "cost.capex",
                                        "cost.maintenance", "cost.staff",  "cost.software", "cost.water",
                                        "cost.cloud",       "cost.egress"};
    double sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        sum += or_zero(dh_summary_value(out, parts[i]));
    return sum;
}

static void put_audit(struct dh_summary *out, struct dh_summary *terms, const struct dh_world *w,
                      const struct charges *c) {
    dh_time now = w->des.now;
    const struct dh_power *p = &w->power;
    /* Each meter was integrated on its own: utilities, racks, loads, losses. */
    dh_uw_ns utility = 0, racks = 0, losses = 0,
             other = dh_meter_energy(&p->cooling, now) + dh_meter_energy(&p->house, now);
    for (int32_t t = 0; t < w->f->n_stage; t++) {
        losses += dh_meter_energy(&p->stage_loss[t], now);
        if (w->f->stage_parent[t] < 0)
            utility += dh_meter_energy(&p->stage_in[t], now);
    }
    for (int32_t r = 0; r < w->f->n_rack; r++)
        racks += dh_meter_energy(&p->rack[r], now);
    dh_gpu_ns held = 0;
    for (int32_t j = 0; j < w->jobs.n_job; j++)
        held += w->runs[j].gpu_ns;
    double energy = relative(dh_uw_ns_to_j(utility - racks - other - losses), dh_uw_ns_to_j(utility));
    double cooling_j = dh_uw_ns_to_j(dh_meter_energy(&p->cooling, now)), parts_j = cooling_parts_j(w);
    energy = fmax(energy, relative(cooling_j - parts_j, dh_uw_ns_to_j(utility)));
    double gpu = relative((double)(w->busy_gpu_ns - held) / 1e9, (double)w->busy_gpu_ns / 1e9);
    put(terms, dh_uw_ns_to_j(utility), "energy.utility_j");
    put(terms, dh_uw_ns_to_j(racks), "energy.it_j");
    put(terms, cooling_j, "energy.cooling_j");
    put(terms, parts_j, "energy.cooling_parts_j");
    put(terms, dh_uw_ns_to_j(dh_meter_energy(&p->house, now)), "energy.house_j");
    put(terms, dh_uw_ns_to_j(losses), "energy.loss_j");
    put(terms, energy, "energy.residual");
    put(terms, (double)w->busy_gpu_ns / 1e9, "gpu_hours.busy_gpu_s");
    put(terms, (double)held / 1e9, "gpu_hours.held_gpu_s");
    put(terms, (double)w->f->n_gpu * dh_time_to_s(now), "gpu_hours.installed_gpu_s");
    put(terms, gpu, "gpu_hours.residual");
    number(out, "audit.energy", energy);
    if (w->plant_steps) {
        const struct dh_plant_ledger *l = &w->plant.ledger;
        double heat = dh_plant_heat_residual(&w->plant, w->f), water = dh_plant_water_residual(&w->plant);
        dh_uw_ns stepped = 0;
        for (int32_t r = 0; r < w->f->n_rack; r++)
            stepped += w->plant_rack_energy[r];
        /* What the racks drew up to the last step is what the plant was given. */
        double given = relative(dh_sum_value(&l->it_j) - dh_uw_ns_to_j(stepped), dh_uw_ns_to_j(stepped));
        heat = fmax(heat, given);
        put(terms, dh_uw_ns_to_j(stepped), "heat.it_electric_j");
        put(terms, dh_sum_value(&l->it_j), "heat.it_j");
        put(terms, dh_sum_value(&l->fan_j), "heat.fan_j");
        put(terms, dh_sum_value(&l->pump_j), "heat.pump_j");
        put(terms, dh_sum_value(&l->chiller_j), "heat.chiller_j");
        put(terms, dh_sum_value(&l->rejected_j), "heat.rejected_j");
        put(terms, dh_sum_value(&l->left_j), "heat.left_j");
        put(terms, dh_sum_value(&l->stored_j), "heat.stored_j");
        put(terms, heat, "heat.residual");
        put(terms, dh_sum_value(&l->makeup_kg), "water.makeup_kg");
        put(terms, dh_sum_value(&l->evaporation_kg), "water.evaporation_kg");
        put(terms, dh_sum_value(&l->drift_kg), "water.drift_kg");
        put(terms, dh_sum_value(&l->blowdown_kg), "water.blowdown_kg");
        put(terms, water, "water.residual");
        number(out, "audit.heat", heat);
        number(out, "audit.water", water);
    }
    number(out, "audit.gpu_hours", gpu);
    if (isnan(c->energy))
        return;
    /* The bill saw every joule that the utilities delivered, and the parts are the total. */
    double billed_j = 0;
    for (int32_t s = 0; s < w->f->n_site; s++)
        billed_j += dh_sum_value(&w->bill[s].energy_j);
    double parts = cost_parts(out), total = dh_summary_value(out, "cost.total");
    double bill = fmax(relative(billed_j - dh_uw_ns_to_j(utility), dh_uw_ns_to_j(utility)),
                       relative(parts - total, total));
    put(terms, billed_j, "bill.energy_j");
    put(terms, parts, "bill.parts");
    put(terms, total, "bill.total");
    put(terms, bill, "bill.residual");
    number(out, "audit.bill", bill);
}

/* ---- what it rests on
 * -------------------------------------------------------------------------------------------------- */

static void put_assumption(struct dh_summary *out, int32_t *n, const char *what, const char *where) {
    put_text(out, what, "assumptions.%d.text", (int)*n);
    put_text(out, where, "assumptions.%d.where", (int)*n);
    ++*n;
}

static void put_assumed_sources(struct dh_summary *out, int32_t *n, const struct dh_source_spec *sources,
                                int32_t n_source, const char *kind, const char *id) {
    char where[700];
    for (int32_t i = 0; i < n_source; i++) {
        if (sources[i].evidence != DH_EVIDENCE_ASSUMED)
            continue;
        snprintf(where, sizeof where, "%s %.250s: %.300s", kind, id, sources[i].figures);
        put_assumption(out, n, sources[i].text, where);
    }
}

/* The effective scenario holds only catalog entries that are referred to. */
#define ASSUMED(rows, kind)                                                                                  \
    for (int32_t i = 0; i < sc->n_##rows; i++)                                                               \
    put_assumed_sources(out, &n, sc->rows[i].sources, sc->rows[i].n_sources, kind, sc->rows[i].id)

/* A cloud's price list names devices that no rack and no rented instance has. */
static bool device_is_used(const struct dh_world *w, int32_t device) {
    for (int32_t r = 0; r < w->f->n_rack; r++)
        if (w->f->rack_device[r] == device)
            return true;
    return w->bursts && strcmp(w->cloud.instance->device, w->f->device_spec[device]->id) == 0;
}

static void put_assumptions(struct dh_summary *out, const struct dh_sim *sim) {
    const struct dh_scenario *sc = &sim->file.spec;
    const struct dh_world *w = &sim->world;
    int32_t n = 0;
    for (int32_t s = 0; s < sc->n_sites; s++)
        if (w->weather[s].n_hour > 0 && w->weather[s].synthetic)
            put_assumption(out, &n, "weather is a synthetic year made from monthly normals and design days",
                           sc->sites[s].climate);
    for (int32_t d = 0; d < sc->n_devices; d++)
        if (device_is_used(w, d))
            put_assumed_sources(out, &n, sc->devices[d].sources, sc->devices[d].n_sources, "device",
                                sc->devices[d].id);
    ASSUMED(nodes, "node");
    ASSUMED(rack_types, "rack-type");
    ASSUMED(climates, "climate");
    ASSUMED(tariffs, "tariff");
    ASSUMED(grids, "grid");
    ASSUMED(providers, "provider");
    for (int32_t i = 0; i < sc->n_economies; i++)
        put_assumed_sources(out, &n, sc->economies[i].sources, sc->economies[i].n_sources, "economics", "");
}

static void put_provenance(struct dh_summary *out, const struct dh_sim *sim) {
    text(out, "provenance.version", DH_VERSION);
    for (int32_t i = 0; i < sim->file.n_input; i++) {
        put_text(out, sim->file.inputs[i].path, "provenance.inputs.%d.path", (int)i);
        put_text(out, sim->file.inputs[i].sha256, "provenance.inputs.%d.sha256", (int)i);
    }
}

void dh_summarize(struct dh_sim *sim, enum dh_err ended) {
    struct dh_summary *out = &sim->summary;
    const struct dh_world *w = &sim->world;
    put_scenario(out, sim, ended);
    put_facility(out, w);
    put_energy(out, w);
    put_thermal(out, w);
    put_carbon(out, w);
    struct charges charges = charges_of(w);
    put_cost(out, w, &charges);
    put_gpus(out, w);
    put_jobs(out, w);
    put_burst(out, w);
    put_services(out, w);
    put_constraints(out, w);
    put_violations(out, w);
    put_audit(out, &sim->audit, w, &charges);
    put_assumptions(out, sim);
    put_provenance(out, sim);
}
