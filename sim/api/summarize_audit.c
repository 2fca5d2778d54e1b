/* Does a run add up, and what does it rest on? */
#include "sim/api/summarize.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- does it add up
 * ------------------------------------------------------------------------------------------------ */

static double relative(double difference, double base) {
    if (!isfinite(difference) || !isfinite(base))
        return 1; /* what is no number is off by all of it */
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
    static const char *const parts[] = {
        "cost.energy",      "cost.demand",   "cost.fixed",     "cost.capex",
        "cost.maintenance", "cost.staff",    "cost.software",  "cost.water",
        "cost.cloud",       "cost.egress",   "cost.fuel",      "cost.onsite_upkeep",
        "cost.export",      "cost.response", "cost.pipelines", "cost.storage"};
    double sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        sum += dh_or_zero(dh_summary_value(out, parts[i]));
    return sum;
}

/* Of each store: what was asked is delivered, cancelled or under way; and its servers' time is what the
 * links of the flow net say that they carried. */
static void put_bytes(struct dh_summary *out, struct dh_summary *terms, const struct dh_world *w) {
    double asked = 0, delivered = 0, cancelled = 0, left = 0, worst = 0;
    if (w->f->n_store == 0)
        return;
    for (int32_t i = 0; i < w->f->n_store; i++) {
        struct dh_store_figures f;
        dh_world_store_figures(w, i, &f);
        asked += f.asked_b;
        delivered += f.read_b + f.written_b;
        cancelled += f.cancelled_b;
        left += f.left_b;
        worst = fmax(worst, f.residual);
    }
    dh_put_at(terms, asked, "bytes.asked_b");
    dh_put_at(terms, delivered, "bytes.delivered_b");
    dh_put_at(terms, cancelled, "bytes.cancelled_b");
    dh_put_at(terms, left, "bytes.under_way_b");
    dh_put_at(terms, worst, "bytes.residual");
    dh_put_number(out, "audit.bytes", worst);
}

/* Of services of models: who came was answered, was refused or is still there. */
static void put_requests(struct dh_summary *out, struct dh_summary *terms, const struct dh_world *w) {
    double came = 0, left = 0;
    for (int32_t v = 0; v < w->f->n_service; v++) {
        const struct dh_service_run *run = &w->services[v];
        if (!run->model)
            continue;
        came += dh_sum_value(&run->requests);
        left += dh_sum_value(&run->served) + (double)run->refused + dh_world_unanswered(w, v);
    }
    if (!(came > 0))
        return;
    dh_put_at(terms, came, "requests.came");
    dh_put_at(terms, left, "requests.answered_refused_or_inside");
    dh_put_at(terms, relative(left - came, came), "requests.residual");
    dh_put_number(out, "audit.requests", relative(left - came, came));
}

void dh_summarize_audit(struct dh_summary *out, struct dh_summary *terms, const struct dh_world *w,
                        const struct dh_charges *c) {
    dh_time now = w->des.now;
    const struct dh_power *p = &w->power;
    /* Each meter was integrated on its own: utilities, racks, loads, losses. */
    dh_uw_ns utility = 0, sources = dh_meter_energy(&p->injected, now), racks = 0, losses = 0, stored = 0,
             other = dh_meter_energy(&p->cooling, now) + dh_meter_energy(&p->house, now);
    for (int32_t t = 0; t < w->f->n_stage; t++) {
        losses += dh_meter_energy(&p->stage_loss[t], now);
        stored += dh_meter_energy(&p->stage_stored[t], now);
        if (w->f->stage_kind[t] == DH_STAGE_UTILITY)
            utility += dh_meter_energy(&p->stage_in[t], now);
        if (dh_stage_is_source(w->f->stage_kind[t]))
            sources += dh_meter_energy(&p->stage_in[t], now);
    }
    for (int32_t r = 0; r < w->f->n_rack; r++)
        racks += dh_meter_energy(&p->rack[r], now);
    dh_gpu_ns held = 0;
    for (int32_t j = 0; j < w->jobs.n_job; j++)
        held += w->runs[j].gpu_ns;
    double energy =
        relative(dh_uw_ns_to_j(sources - racks - other - losses - stored), dh_uw_ns_to_j(sources));
    double cooling_j = dh_uw_ns_to_j(dh_meter_energy(&p->cooling, now)), parts_j = cooling_parts_j(w);
    energy = fmax(energy, relative(cooling_j - parts_j, dh_uw_ns_to_j(sources)));
    /* The totals that the summary and the series show are meters of their own. */
    const dh_uw_ns astray[] = {dh_meter_energy(&p->facility, now) - sources,
                               dh_meter_energy(&p->it, now) - racks, dh_meter_energy(&p->loss, now) - losses,
                               dh_meter_energy(&p->stored, now) - stored};
    for (size_t i = 0; i < sizeof astray / sizeof *astray; i++)
        energy = fmax(energy, relative(dh_uw_ns_to_j(astray[i]), dh_uw_ns_to_j(sources)));
    energy = fmax(energy, dh_onsite_residual(w));
    double gpu = relative((double)(w->busy_gpu_ns - held) / 1e9, (double)w->busy_gpu_ns / 1e9);
    /* Held, idle and down are counted apart, and are together what is installed: exactly. */
    dh_gpu_ns counted = w->busy_gpu_ns + w->idle_gpu_ns + w->down_gpu_ns;
    dh_gpu_ns installed = (dh_gpu_ns)w->f->n_gpu * now;
    if (counted != installed)
        gpu = fmax(gpu, fmax(1e-6, relative((double)(counted - installed), (double)installed)));
    dh_gpu_ns by_cause = dh_gpu_time_sum(w);
    if (by_cause != installed)
        gpu = fmax(gpu, fmax(1e-6, relative((double)(by_cause - installed), (double)installed)));
    dh_put_at(terms, dh_uw_ns_to_j(utility), "energy.utility_j");
    if (w->f->n_onsite > 0)
        dh_put_at(terms, dh_uw_ns_to_j(dh_meter_energy(&p->injected, now)), "energy.onsite_j");
    dh_put_at(terms, dh_uw_ns_to_j(racks), "energy.it_j");
    dh_put_at(terms, cooling_j, "energy.cooling_j");
    dh_put_at(terms, parts_j, "energy.cooling_parts_j");
    dh_put_at(terms, dh_uw_ns_to_j(dh_meter_energy(&p->house, now)), "energy.house_j");
    dh_put_at(terms, dh_uw_ns_to_j(losses), "energy.loss_j");
    dh_put_at(terms, energy, "energy.residual");
    dh_put_at(terms, (double)w->busy_gpu_ns / 1e9, "gpu_hours.busy_gpu_s");
    dh_put_at(terms, (double)held / 1e9, "gpu_hours.held_gpu_s");
    dh_put_at(terms, (double)w->f->n_gpu * dh_time_to_s(now), "gpu_hours.installed_gpu_s");
    dh_put_at(terms, gpu, "gpu_hours.residual");
    dh_put_number(out, "audit.energy", energy);
    if (w->plant_steps) {
        const struct dh_plant_ledger *l = &w->plant.ledger;
        double heat = dh_plant_heat_residual(&w->plant, w->f);
        dh_uw_ns stepped = -w->plant_unstepped;
        for (int32_t r = 0; r < w->f->n_rack; r++)
            stepped += w->plant_rack_energy[r];
        /* What the racks drew up to the last step is what the plant was given. */
        double given = relative(dh_sum_value(&l->it_j) - dh_uw_ns_to_j(stepped), dh_uw_ns_to_j(stepped));
        heat = fmax(heat, given);
        dh_put_at(terms, dh_uw_ns_to_j(stepped), "heat.it_electric_j");
        dh_put_at(terms, dh_sum_value(&l->it_j), "heat.it_j");
        dh_put_at(terms, dh_sum_value(&l->other_j), "heat.other_j");
        dh_put_at(terms, dh_sum_value(&l->fan_j), "heat.fan_j");
        dh_put_at(terms, dh_sum_value(&l->pump_j), "heat.pump_j");
        dh_put_at(terms, dh_sum_value(&l->chiller_j), "heat.chiller_j");
        dh_put_at(terms, dh_sum_value(&l->rejected_j), "heat.rejected_j");
        dh_put_at(terms, dh_sum_value(&l->reused_j), "heat.reused_j");
        dh_put_at(terms, dh_sum_value(&l->left_j), "heat.left_j");
        dh_put_at(terms, dh_sum_value(&l->stored_j), "heat.stored_j");
        dh_put_at(terms, heat, "heat.residual");
        dh_put_number(out, "audit.heat", heat);
    }
    if (w->f->n_cplant + w->f->n_lplant > 0) {
        const struct dh_plant_ledger *l = &w->plant.ledger;
        double water = dh_plant_water_residual(&w->plant);
        dh_put_at(terms, dh_sum_value(&l->makeup_kg), "water.makeup_kg");
        dh_put_at(terms, dh_sum_value(&l->evaporation_kg), "water.evaporation_kg");
        dh_put_at(terms, dh_sum_value(&l->drift_kg), "water.drift_kg");
        dh_put_at(terms, dh_sum_value(&l->blowdown_kg), "water.blowdown_kg");
        dh_put_at(terms, water, "water.residual");
        dh_put_number(out, "audit.water", water);
    }
    dh_put_number(out, "audit.gpu_hours", gpu);
    put_bytes(out, terms, w);
    put_requests(out, terms, w);
    if (isnan(c->energy))
        return;
    /* The bill saw every joule that the utilities delivered, and the parts are the total. */
    double billed_j = 0;
    for (int32_t s = 0; s < w->f->n_site; s++)
        billed_j += dh_sum_value(&w->bill[s].energy_j);
    double parts = cost_parts(out), total = dh_summary_value(out, "cost.total");
    double bill = fmax(relative(billed_j - dh_uw_ns_to_j(utility), dh_uw_ns_to_j(utility)),
                       relative(parts - total, total));
    dh_put_at(terms, billed_j, "bill.energy_j");
    dh_put_at(terms, parts, "bill.parts");
    dh_put_at(terms, total, "bill.total");
    dh_put_at(terms, bill, "bill.residual");
    dh_put_number(out, "audit.bill", bill);
}

/* ---- what it rests on
 * -------------------------------------------------------------------------------------------------- */

static void put_assumption(struct dh_summary *out, int32_t *n, const char *what, const char *where) {
    dh_put_text_at(out, what, "assumptions.%d.text", (int)*n);
    dh_put_text_at(out, where, "assumptions.%d.where", (int)*n);
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

#define ASSUMED_STORES(rows, kind)                                                                           \
    for (int32_t k = 0; k < storage->n_##rows; k++)                                                          \
    put_assumed_sources(out, &n, storage->rows[k].sources, storage->rows[k].n_sources, kind,                 \
                        storage->rows[k].id)

/* A cloud's price list names devices that no rack and no rented instance has. */
static bool device_is_used(const struct dh_world *w, int32_t device) {
    for (int32_t r = 0; r < w->f->n_rack; r++)
        if (w->f->rack_device[r] == device)
            return true;
    return w->bursts && strcmp(w->cloud.instance->device, w->f->device_spec[device]->id) == 0;
}

/* What quality control changed: the run rests on it. */
static void put_mended_weather(struct dh_summary *out, int32_t *n, const struct dh_weather_quality *q,
                               const char *climate) {
    char text[400];
    if (q->n_interpolated + q->n_neighbour + q->n_clipped + q->n_doubtful == 0)
        return;
    snprintf(
        text, sizeof text,
        "weather of a file of %lld hours: %lld filled by straight lines and %lld from neighbouring days, "
        "%lld with an impossible wet bulb brought down to %.1f degC; in %lld dew point and humidity "
        "disagree and the humidity counts",
        (long long)q->n_hour, (long long)q->n_interpolated, (long long)q->n_neighbour,
        (long long)q->n_clipped, q->wet_bulb_record_degc, (long long)q->n_doubtful);
    put_assumption(out, n, text, climate);
}

void dh_summarize_assumptions(struct dh_summary *out, const struct dh_sim *sim) {
    const struct dh_scenario *sc = &sim->file.spec;
    const struct dh_world *w = &sim->world;
    int32_t n = 0;
    for (int32_t s = 0; s < sc->n_sites; s++)
        if (w->weather[s].n_hour > 0 && w->weather[s].synthetic)
            put_assumption(out, &n, "weather is a synthetic year made from monthly normals and design days",
                           sc->sites[s].climate);
    for (int32_t s = 0; s < sc->n_sites; s++)
        put_mended_weather(out, &n, &w->weather[s].quality, sc->sites[s].climate);
    for (int32_t d = 0; d < sc->n_devices; d++)
        if (device_is_used(w, d))
            put_assumed_sources(out, &n, sc->devices[d].sources, sc->devices[d].n_sources, "device",
                                sc->devices[d].id);
    for (int32_t s = 0; s < sc->n_sites; s++) {
        const struct dh_power_spec *p = &sc->sites[s].powers[0];
        for (int32_t i = 0; i < p->n_solars; i++)
            if (!w->weather[s].sun)
                put_assumption(out, &n, "every hour is as bright as a clear sky times the clearness given",
                               p->solars[i].id);
        if (w->f->n_onsite > 0)
            put_assumption(
                out, &n,
                "on-site sources follow the load at once, need the grid's voltage, and share it in the "
                "order solar, turbines, storage",
                sc->sites[s].id);
    }
    ASSUMED(nodes, "node");
    ASSUMED(rack_types, "rack-type");
    ASSUMED(climates, "climate");
    ASSUMED(tariffs, "tariff");
    ASSUMED(grids, "grid");
    ASSUMED(providers, "provider");
    ASSUMED(fabrics, "fabric");
    for (int32_t i = 0; i < sc->n_storages; i++) {
        const struct dh_data_storage_spec *storage = &sc->storages[i];
        ASSUMED_STORES(object_stores, "object-store");
        ASSUMED_STORES(file_systems, "file-system");
        ASSUMED_STORES(node_caches, "node-cache");
        ASSUMED_STORES(archives, "archive");
    }
    for (int32_t i = 0; i < sc->n_workloads; i++) {
        const struct dh_workload_spec *work = &sc->workloads[i];
        for (int32_t k = 0; k < work->n_streams; k++)
            put_assumed_sources(out, &n, work->streams[k].sources, work->streams[k].n_sources, "jobs",
                                work->streams[k].id);
        for (int32_t k = 0; k < work->n_services; k++)
            put_assumed_sources(out, &n, work->services[k].sources, work->services[k].n_sources, "service",
                                work->services[k].id);
        for (int32_t k = 0; k < work->n_datasets; k++)
            put_assumed_sources(out, &n, work->datasets[k].sources, work->datasets[k].n_sources, "dataset",
                                work->datasets[k].id);
        for (int32_t k = 0; k < work->n_pipelines; k++)
            put_assumed_sources(out, &n, work->pipelines[k].sources, work->pipelines[k].n_sources, "pipeline",
                                work->pipelines[k].id);
    }
    for (int32_t i = 0; i < sc->n_economies; i++) {
        const struct dh_economics_spec *eco = &sc->economies[i];
        put_assumed_sources(out, &n, eco->sources, eco->n_sources, "economics", "");
        if (eco->n_finances == 0)
            continue;
        put_assumed_sources(out, &n, eco->finances[0].sources, eco->finances[0].n_sources, "finance", "");
        put_assumption(
            out, &n,
            "every year of the site's life costs and works as this run does, a year's share of it, "
            "but for the growth of prices; demand charges are those of its mean month; all is bought at the "
            "start",
            "finance");
        if (!eco->finances[0].it_value && isnan(eco->finances[0].it_loss))
            put_assumption(out, &n, "IT loses its worth evenly, down to it-residual at the end of its life",
                           "finance it-value");
    }
}

void dh_summarize_provenance(struct dh_summary *out, const struct dh_sim *sim) {
    dh_put_text(out, "provenance.version", DH_VERSION);
    int n = 0;
    for (int32_t s = 0; s < sim->file.spec.n_sites; s++) {
        const struct dh_weather_quality *q = &sim->world.weather[s].quality;
        if (q->n_hour == 0)
            continue;
        dh_put_text_at(out, sim->file.spec.sites[s].climate, "provenance.weather.%d.climate", n);
        dh_put_at(out, (double)q->n_hour, "provenance.weather.%d.hours", n);
        dh_put_at(out, (double)(q->n_interpolated + q->n_neighbour), "provenance.weather.%d.filled_hours", n);
        dh_put_at(out, (double)q->longest_gap_h, "provenance.weather.%d.longest_gap_h", n);
        dh_put_at(out, (double)q->n_doubtful, "provenance.weather.%d.doubtful_hours", n);
        dh_put_at(out, (double)q->n_spike, "provenance.weather.%d.spikes", n);
        dh_put_at(out, (double)q->n_clipped, "provenance.weather.%d.clipped_hours", n);
        n++;
    }
    for (int32_t i = 0; i < sim->file.n_input; i++) {
        dh_put_text_at(out, sim->file.inputs[i].path, "provenance.inputs.%d.path", (int)i);
        dh_put_text_at(out, sim->file.inputs[i].sha256, "provenance.inputs.%d.sha256", (int)i);
    }
}
