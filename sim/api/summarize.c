/* A world that has run, as a summary: what was run, energy, water, heat and limits; the other parts stand
 * beside. */
#include "sim/api/summarize.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what was run
 * ---------------------------------------------------------------------------------------------- */

static void put_scenario(struct dh_summary *out, const struct dh_sim *sim, enum dh_err ended) {
    const struct dh_scenario *sc = &sim->file.spec;
    const struct dh_world *w = &sim->world;
    char start[21];
    dh_timestamp_format(sc->horizons[0].start_unix_s, start);
    double planned_s = sc->horizons[0].duration_s, simulated_s = dh_time_to_s(w->des.now);
    dh_put_text(out, "scenario.name", sc->name);
    if (*sc->title)
        dh_put_text(out, "scenario.title", sc->title);
    dh_put_text_at(out, sim->file.effective_sha256, "scenario.sha256");
    dh_put_count(out, "scenario.seed", sc->seed);
    dh_put_text(out, "scenario.start", start);
    dh_put_number(out, "scenario.duration_s", w->until_idle ? simulated_s : planned_s);
    dh_put_text(out, "status", ended == DH_OK ? "complete" : "interrupted");
    if (ended != DH_OK)
        dh_put_number(out, "simulated_s", simulated_s);
}

double dh_it_rated_w(const struct dh_facility *f) {
    double sum = 0;
    for (int32_t r = 0; r < f->n_rack; r++)
        sum += f->rack_rated_w[r];
    return sum;
}

double dh_limit_w(const struct dh_world *w) {
    double sum = 0;
    for (int32_t s = 0; s < w->f->n_site; s++)
        sum += w->site_limit_w[s];
    return sum;
}

static void put_facility(struct dh_summary *out, const struct dh_world *w) {
    dh_put_count(out, "facility.racks", w->f->n_rack);
    dh_put_count(out, "facility.nodes", w->f->n_node);
    dh_put_count(out, "facility.halls", w->f->n_hall);
    dh_put_number(out, "facility.it_rated_kw", dh_it_rated_w(w->f) / 1000);
    dh_put_number(out, "facility.limit_kw", dh_limit_w(w) / 1000);
}

/* ---- energy, water, heat
 * ---------------------------------------------------------------------------------------- */

static void put_losses(struct dh_summary *out, const struct dh_world *w) {
    static const char *const kinds[DH_N_STAGE_KIND] = {"utility", "transformer", "ups", "pdu", "generator"};
    dh_time now = w->des.now;
    for (int32_t k = DH_STAGE_TRANSFORMER; k <= DH_STAGE_PDU; k++) {
        dh_uw_ns sum = 0;
        bool any = false;
        for (int32_t t = 0; t < w->f->n_stage; t++)
            if (w->f->stage_kind[t] == k) {
                sum += dh_meter_energy(&w->power.stage_loss[t], now);
                any = true;
            }
        if (any)
            dh_put_at(out, dh_kwh(sum), "energy.loss_kwh.%s", kinds[k]);
    }
    double overhead_kwh = dh_energy_kwh(&w->power.overhead, now);
    double node_in = dh_energy_kwh(&w->power.node_in_total, now);
    dh_put_number(out, "energy.loss_kwh.rack_supply",
                  dh_energy_kwh(&w->power.it, now) - node_in - overhead_kwh);
    dh_put_number(out, "energy.loss_kwh.node", node_in - dh_energy_kwh(&w->power.node_dc_total, now));
}

static void put_cooling_parts(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_facility *f = w->f;
    if (f->n_cplant > 0) {
        dh_put_number(out, "energy.parts.chiller_kwh", dh_world_drawn_j(w, "cplant_chiller_w") / J_PER_KWH);
        dh_put_number(out, "energy.parts.tower_fan_kwh", dh_world_drawn_j(w, "cplant_fan_w") / J_PER_KWH);
        dh_put_number(out, "energy.parts.chw_pump_kwh", dh_world_drawn_j(w, "cplant_pump_w") / J_PER_KWH);
        dh_put_number(out, "energy.parts.air_handler_kwh", dh_world_drawn_j(w, "hall_fan_w") / J_PER_KWH);
    }
    if (f->n_lplant > 0) {
        dh_put_number(out, "energy.parts.cooler_fan_kwh", dh_world_drawn_j(w, "lplant_fan_w") / J_PER_KWH);
        dh_put_number(out, "energy.parts.facility_pump_kwh",
                      dh_world_drawn_j(w, "lplant_pump_w") / J_PER_KWH);
    }
    if (f->n_cdu > 0)
        dh_put_number(out, "energy.parts.cdu_pump_kwh", dh_world_drawn_j(w, "cdu_pump_w") / J_PER_KWH);
}

double dh_makeup_m3(const struct dh_world *w) {
    return dh_sum_value(&w->plant.ledger.makeup_kg) / 1000;
}

double dh_reused_kwh(const struct dh_world *w) {
    bool any = false;
    for (int32_t i = 0; i < w->f->n_cplant; i++)
        any = any || w->f->cplant_spec[i]->n_heat_reuses > 0;
    for (int32_t i = 0; i < w->f->n_lplant; i++)
        any = any || w->f->lplant_spec[i]->n_heat_reuses > 0;
    return any ? dh_sum_value(&w->plant.ledger.reused_j) / J_PER_KWH : NAN;
}

static void put_energy(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_power *p = &w->power;
    dh_time now = w->des.now;
    double it = dh_energy_kwh(&p->it, now), facility = dh_energy_kwh(&p->facility, now);
    char at[21];
    dh_put_instant(at, w, p->peak_facility_at);
    dh_put_number(out, "energy.it_kwh", it);
    dh_put_number(out, "energy.facility_kwh", facility);
    if (w->f->n_cdu + w->f->n_cplant + w->f->n_lplant > 0)
        dh_put_number(out, "energy.cooling_kwh", dh_energy_kwh(&p->cooling, now));
    if (p->house.power > 0)
        dh_put_number(out, "energy.house_kwh", dh_energy_kwh(&p->house, now));
    put_losses(out, w);
    put_cooling_parts(out, w);
    dh_put_number(out, "energy.peak_it_kw", dh_uw_to_w(p->peak_it) / 1000);
    dh_put_number(out, "energy.peak_facility_kw", dh_uw_to_w(p->peak_facility) / 1000);
    if (w->f->n_onsite > 0) {
        double grid_w = 0;
        for (int32_t s = 0; s < w->f->n_site; s++)
            grid_w += dh_uw_to_w(p->site_peak[s]);
        dh_put_number(out, "energy.peak_grid_kw", grid_w / 1000);
    }
    dh_put_text(out, "energy.peak_at", at);
    dh_put_number(out, "energy.mean_facility_kw", facility / (dh_time_to_s(now) / S_PER_H));
    dh_put_number(out, "energy.pue", facility / it);
    dh_put_number(out, "energy.pue_max", w->max_pue);
    if (w->f->n_cplant + w->f->n_lplant == 0)
        return;
    dh_put_number(out, "energy.water_m3", dh_makeup_m3(w));
    dh_put_number(out, "energy.wue_l_per_kwh", 1000 * dh_makeup_m3(w) / it);
    dh_put_number(out, "water.evaporation_m3", dh_sum_value(&w->plant.ledger.evaporation_kg) / 1000);
    dh_put_number(out, "water.drift_m3", dh_sum_value(&w->plant.ledger.drift_kg) / 1000);
    dh_put_number(out, "water.blowdown_m3", dh_sum_value(&w->plant.ledger.blowdown_kg) / 1000);
}

static void put_thermal(struct dh_summary *out, const struct dh_world *w) {
    if (!w->plant_steps)
        return;
    double stepped = dh_sum_value(&w->stepped_gpu_s);
    dh_put_number(out, "thermal.max_inlet_degc", w->max_inlet_degc);
    dh_put_number(out, "thermal.max_coolant_degc", w->max_coolant_degc);
    dh_put_number(out, "thermal.max_junction_degc", w->max_junction_degc);
    dh_put_number(out, "thermal.throttled_gpu_h", dh_sum_value(&w->throttled_gpu_s) / S_PER_H);
    dh_put_number(out, "thermal.capped_gpu_h", dh_sum_value(&w->capped_gpu_s) / S_PER_H);
    if (stepped > 0)
        dh_put_number(out, "thermal.mean_clock", dh_sum_value(&w->busy_clock_gpu_s) / stepped);
    if (w->marks.cooled_j > 0) {
        const struct dh_plant_ledger *g = &w->plant.ledger;
        dh_put_number(out, "thermal.free_cooling_h", g->mode_s[0] / S_PER_H);
        dh_put_number(out, "thermal.partly_free_h", g->mode_s[1] / S_PER_H);
        dh_put_number(out, "thermal.mechanical_h", g->mode_s[2] / S_PER_H);
        dh_put_number(out, "thermal.mode_changes", (double)g->n_mode_change);
        dh_put_number(out, "thermal.stage_changes", (double)g->n_stage_change);
        dh_put_number(out, "thermal.chiller_clamped_h",
                      dh_sum_value(&w->plant.ledger.chiller_clamped_s) / S_PER_H);
        dh_put_number(out, "thermal.free_cooling_share", w->marks.free_j / w->marks.cooled_j);
    }
    double reused_kwh = dh_reused_kwh(w);
    if (!isnan(reused_kwh))
        dh_put_number(out, "thermal.reused_kwh", reused_kwh);
    double tank = dh_plant_tank_least(&w->plant, w->f);
    if (!isnan(tank))
        dh_put_number(out, "thermal.tank_least_share", tank);
    bool dry = false;
    for (int32_t i = 0; i < w->f->n_cplant; i++)
        dry = dry || w->f->cplant_spec[i]->n_free_coolers > 0;
    if (dry)
        dh_put_number(out, "thermal.dry_cooled_kwh", dh_sum_value(&w->plant.ledger.dry_j) / J_PER_KWH);
    dh_put_number(out, "thermal.max_dry_bulb_degc", w->max_dry_bulb_degc);
}

/* The same scenario in other years. */
static void put_years(struct dh_summary *out, const struct dh_run_options *options) {
    for (int32_t i = 0; options && i < options->n_year; i++) {
        const struct dh_year_figures *year = &options->years[i];
        dh_put_text_at(out, year->year, "extremes.%d.year", (int)i);
        dh_put_at(out, year->peak_facility_kw, "extremes.%d.peak_facility_kw", (int)i);
        dh_put_at(out, year->peak_it_kw, "extremes.%d.peak_it_kw", (int)i);
        dh_put_at(out, year->pue, "extremes.%d.pue", (int)i);
        dh_put_at(out, year->pue_max, "extremes.%d.pue_max", (int)i);
        dh_put_at(out, year->water_m3, "extremes.%d.water_m3", (int)i);
        dh_put_at(out, year->throttled_gpu_h, "extremes.%d.throttled_gpu_h", (int)i);
        dh_put_at(out, year->max_dry_bulb_degc, "extremes.%d.max_dry_bulb_degc", (int)i);
    }
}

void dh_summarize(struct dh_sim *sim, enum dh_err ended) {
    struct dh_summary *out = &sim->summary;
    const struct dh_world *w = &sim->world;
    put_scenario(out, sim, ended);
    put_facility(out, w);
    put_energy(out, w);
    dh_summarize_metrics(out, w);
    put_thermal(out, w);
    dh_summarize_onsite(out, w);
    dh_summarize_power(out, w);
    put_years(out, sim->options);
    dh_summarize_carbon(out, w);
    struct dh_charges charges = dh_charges_of(w);
    dh_summarize_cost(out, w, &charges);
    dh_summarize_finance(out, w, &charges);
    dh_summarize_gpus(out, w);
    dh_summarize_gpu_time(out, w);
    dh_summarize_fabrics(out, w);
    dh_summarize_network(out, w);
    dh_summarize_storage(out, w);
    dh_summarize_jobs(out, w);
    dh_summarize_streams(out, w);
    dh_summarize_swing(out, w);
    dh_summarize_burst(out, w);
    dh_summarize_services(out, w);
    dh_summarize_tenants(out, w);
    dh_summarize_data(out, w);
    dh_summarize_kernels(out, w);
    dh_summarize_limits(out, w);
    dh_summarize_failures(out, w);
    dh_summarize_blast(out, w);
    dh_summarize_audit(out, &sim->audit, w, &charges);
    dh_summarize_evidence(out, w);
    dh_summarize_assumptions(out, sim);
    dh_summarize_provenance(out, sim);
}
