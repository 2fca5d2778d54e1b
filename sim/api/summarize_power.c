/* What batteries, generators and breakers of the power graph did. Those that did nothing are left out. */
#include "sim/api/summarize.h"
#include "models/power_parts.h"

#include <math.h>

/* Running time of all sets of a stage together. */
static double set_seconds(const struct dh_generator_run *g, dh_time now) {
    return ((double)g->set_ns + (double)g->n_running * (double)(now - g->counted_at)) * 1e-9;
}

static void put_ups(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_power_run *run = &w->power_run;
    dh_time now = w->des.now;
    int32_t n = 0;
    for (int32_t i = 0; i < run->n_ups; i++) {
        const struct dh_ups_run *u = &run->ups[i];
        if (u->n_on_battery + u->n_transfer == 0)
            continue;
        dh_time on = u->on_total + (u->was_on_battery ? now - u->on_since : 0);
        dh_put_text_at(out, w->f->stage_name[u->stage], "ups.%d.name", (int)n);
        dh_put_at(out, (double)u->n_on_battery, "ups.%d.times_on_battery", (int)n);
        dh_put_at(out, dh_time_to_s(on), "ups.%d.on_battery_s", (int)n);
        dh_put_at(out, (double)u->n_empty, "ups.%d.times_empty", (int)n);
        dh_put_at(out, (double)u->n_transfer, "ups.%d.transfers", (int)n);
        dh_put_at(out, (double)u->n_failed_transfer, "ups.%d.failed_transfers", (int)n);
        n++;
    }
}

double dh_generator_hours(const struct dh_world *w, int32_t site) {
    double sum_s = NAN;
    for (int32_t i = 0; i < w->power_run.n_generator; i++) {
        const struct dh_generator_run *g = &w->power_run.generator[i];
        if (w->f->stage_site[g->stage] == site)
            sum_s = dh_or_zero(sum_s) + set_seconds(g, w->des.now);
    }
    return sum_s / S_PER_H;
}

double dh_diesel_kg(const struct dh_world *w) {
    double kg = NAN;
    for (int32_t i = 0; i < w->power_run.n_generator; i++)
        kg = dh_or_zero(kg) +
             DH_DIESEL_KG_PER_J * dh_generator_fuel_j(&w->power, &w->power_run.generator[i], w->des.now);
    return kg;
}

static void put_generators(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_power_run *run = &w->power_run;
    dh_time now = w->des.now;
    int32_t n = 0;
    for (int32_t i = 0; i < run->n_generator; i++) {
        const struct dh_generator_run *g = &run->generator[i];
        if (g->n_start + g->n_failed_start == 0)
            continue;
        dh_put_text_at(out, w->f->stage_name[g->stage], "generators.%d.name", (int)n);
        dh_put_at(out, (double)g->n_start, "generators.%d.starts", (int)n);
        dh_put_at(out, (double)g->n_failed_attempt, "generators.%d.failed_attempts", (int)n);
        dh_put_at(out, (double)g->n_failed_start, "generators.%d.failed_starts", (int)n);
        dh_put_at(out, (double)g->n_failed_run, "generators.%d.failed_running", (int)n);
        dh_put_at(out, (double)g->n_stall, "generators.%d.stalls", (int)n);
        dh_put_at(out, g->first_step, "generators.%d.first_step", (int)n);
        dh_put_at(out, set_seconds(g, now) / S_PER_H, "generators.%d.run_h", (int)n);
        dh_put_at(out, dh_energy_kwh(&w->power.stage_in[g->stage], now), "generators.%d.energy_kwh", (int)n);
        dh_put_at(out, dh_generator_fuel_j(&w->power, g, now) / DH_DIESEL_J_PER_M3, "generators.%d.fuel_m3",
                  (int)n);
        n++;
    }
}

void dh_summarize_power(struct dh_summary *out, const struct dh_world *w) {
    put_ups(out, w);
    put_generators(out, w);
    int32_t n = 0;
    for (int32_t i = 0; i < w->power_run.n_breaker; i++) {
        const struct dh_breaker_run *b = &w->power_run.breaker[i];
        if (b->n_trip == 0)
            continue;
        dh_put_text_at(out, w->f->stage_name[b->stage], "breakers.%d.name", (int)n);
        dh_put_at(out, (double)b->n_trip, "breakers.%d.trips", (int)n);
        n++;
    }
}
