/* What observers and meters see: means over intervals from exact energies, values at instants, energy by the
 * quarter of an hour. */
#include "models/world.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static bool is_plant_mean(const struct dh_column *column) {
    bool plant = strcmp(column->rows, "hall") == 0 || strcmp(column->rows, "cdu") == 0 ||
                 strcmp(column->rows, "cplant") == 0 || strcmp(column->rows, "lplant") == 0;
    return plant && (strcmp(column->unit, "W") == 0 || strcmp(column->unit, "kg/s") == 0);
}

static double *values_of(struct dh_state *state, const struct dh_column *column) {
    double *values;
    memcpy(&values, (const char *)state + column->offset, sizeof values);
    return values;
}

void dh_world_count_plant(struct dh_world *w) {
    double *sum = w->marks.plant_sum, dt_s = dh_time_to_s(w->des.now - w->marks.plant_sum_at);
    w->marks.plant_sum_at = w->des.now;
    for (int32_t c = 0; c < w->marks.n_plant_column; c++) {
        const double *value = dh_state_column(&w->now, w->marks.plant_column[c]);
        for (int32_t i = dh_column_rows(w->f, w->marks.plant_column[c]); i > 0; i--)
            *sum++ += *value++ * dt_s;
    }
}

void dh_world_count_draw(struct dh_world *w, double dt_s) {
    for (int32_t c = 0; c < w->marks.n_plant_column; c++) {
        const double *value = dh_state_column(&w->now, w->marks.plant_column[c]);
        for (int32_t i = dh_column_rows(w->f, w->marks.plant_column[c]); i > 0; i--)
            w->marks.plant_total_j[c] += *value++ * dt_s;
    }
    for (int32_t c = 0; c < w->f->n_cplant; c++) {
        w->marks.free_j += w->now.cplant_free_frac[c] * w->now.cplant_heat_w[c] * dt_s;
        w->marks.cooled_j += w->now.cplant_heat_w[c] * dt_s;
    }
}

double dh_world_drawn_j(const struct dh_world *w, const char *column) {
    for (int32_t c = 0; c < w->marks.n_plant_column; c++)
        if (strcmp(w->marks.plant_column[c]->name, column) == 0)
            return w->marks.plant_total_j[c];
    return NAN;
}

/* Finds the columns once; gives the number of their rows. */
static int32_t find_plant_columns(struct dh_world *w) {
    int32_t n = 0;
    for (int32_t c = 0; c < dh_n_state_column; c++)
        if (is_plant_mean(&dh_state_columns[c])) {
            w->marks.plant_column[w->marks.n_plant_column++] = &dh_state_columns[c];
            n += dh_column_rows(w->f, &dh_state_columns[c]);
        }
    return n;
}

/* ---- one sample -------------------------------------------------------------------------------------------
 */

/* Mean power between two readings of a meter. */
static double mean_w(dh_uw_ns before, dh_uw_ns after, dh_time interval) {
    return dh_uw_to_w(1) * ((double)(after - before) / (double)interval);
}

/* Few rows beside the racks', which are sampled less often. */
static void copy_values(struct dh_world *w) {
    for (int32_t c = 0; c < dh_n_state_column; c++) {
        const struct dh_column *column = &dh_state_columns[c];
        if (column->count != offsetof(struct dh_facility, n_rack))
            memcpy(values_of(&w->out, column), dh_state_column(&w->now, column),
                   (size_t)dh_column_rows(w->f, column) * sizeof(double));
    }
}

/* at: start of the interval */
static void fill_counts(struct dh_world *w, dh_time at) {
    struct dh_state *out = &w->out;
    dh_time now = w->des.now, oldest = dh_scheduler_oldest_submit(&w->scheduler);
    /* Price and carbon are those of the interval that the row covers: a change at its end is the next row's.
     */
    int64_t unix_s = w->f->start_unix_s + at / DH_NS_PER_S;
    out->gpus_busy[0] = (double)w->pool.n_busy_gpu;
    out->queue_jobs[0] = dh_scheduler_waiting(&w->scheduler);
    out->queue_gpus[0] = (double)dh_scheduler_waiting_gpus(&w->scheduler);
    out->queue_oldest_s[0] = oldest == DH_TIME_MAX ? 0 : dh_time_to_s(now - oldest);
    out->running_jobs[0] = w->n_running - w->n_replica_running;
    out->running_nodes[0] = w->pool.n_busy_node;
    out->burst_jobs[0] = w->cloud.n_job;
    out->burst_gpus[0] = (double)w->cloud.gpus;
    for (int32_t t = 0; t < w->f->n_stage; t++) {
        out->stage_live[t] = dh_power_stage_live(&w->power, t);
        out->stage_battery_j[t] = NAN;
    }
    for (int32_t i = 0; i < w->power_run.n_ups; i++)
        if (w->power_run.ups[i].battery)
            out->stage_battery_j[w->power_run.ups[i].stage] =
                dh_uw_ns_to_j(dh_ups_level(&w->power, &w->power_run.ups[i], now));
    dh_world_data_sample(w);
    out->energy_usd[0] = out->carbon_kg[0] = 0;
    for (int32_t s = 0; s < w->f->n_site; s++) {
        out->site_price_usd_per_kwh[s] = dh_bill_usd_per_kwh(&w->bill[s], unix_s);
        out->site_carbon_g_per_kwh[s] = dh_bill_g_per_kwh(&w->bill[s], unix_s);
        out->energy_usd[0] += dh_sum_value(&w->bill[s].energy_usd);
        out->carbon_kg[0] += dh_sum_value(&w->bill[s].location_kg);
    }
    out->cloud_usd[0] = dh_sum_value(&w->cloud.instance_usd) + dh_sum_value(&w->cloud.egress_usd);
}

static dh_uw_ns site_energy(const struct dh_world *w, int32_t site) {
    dh_uw_ns sum = 0;
    for (int32_t t = 0; t < w->f->n_stage; t++)
        if (w->f->stage_kind[t] == DH_STAGE_UTILITY && w->f->stage_site[t] == site)
            sum += dh_meter_energy(&w->power.stage_in[t], w->des.now);
    return sum;
}

static dh_uw_ns generator_energy(const struct dh_world *w) {
    dh_uw_ns sum = 0;
    for (int32_t i = 0; i < w->power_run.n_generator; i++)
        sum += dh_meter_energy(&w->power.stage_in[w->power_run.generator[i].stage], w->des.now);
    return sum;
}

/* Moves a mark to the present reading and gives the mean power since. */
static double advance_mark(dh_uw_ns *mark, dh_uw_ns now, dh_time interval) {
    double w = interval > 0 ? mean_w(*mark, now, interval) : 0;
    *mark = now;
    return w;
}

static void fill_means(struct dh_world *w, dh_time interval) {
    const struct dh_facility *f = w->f;
    struct dh_marks *m = &w->marks;
    dh_time now = w->des.now;
    w->out.facility_power_w[0] =
        advance_mark(&m->facility, dh_meter_energy(&w->power.facility, now), interval);
    w->out.it_power_w[0] = advance_mark(&m->it, dh_meter_energy(&w->power.it, now), interval);
    w->out.cooling_power_w[0] = advance_mark(&m->cooling, dh_meter_energy(&w->power.cooling, now), interval);
    w->out.loss_power_w[0] = advance_mark(&m->loss, dh_meter_energy(&w->power.loss, now), interval);
    w->out.stored_power_w[0] = advance_mark(&m->stored, dh_meter_energy(&w->power.stored, now), interval);
    w->out.generator_power_w[0] = advance_mark(&m->generator, generator_energy(w), interval);
    for (int32_t s = 0; s < f->n_site; s++)
        w->out.site_power_w[s] = advance_mark(&m->site[s], site_energy(w, s), interval);
    for (int32_t t = 0; t < f->n_stage; t++) {
        w->out.stage_power_w[t] =
            advance_mark(&m->stage_in[t], dh_meter_energy(&w->power.stage_in[t], now), interval);
        w->out.stage_loss_w[t] =
            advance_mark(&m->stage_loss[t], dh_meter_energy(&w->power.stage_loss[t], now), interval);
    }
    dh_world_energy_sample(w, dh_time_to_s(interval));
    double *sum = m->plant_sum, seconds = dh_time_to_s(interval);
    dh_world_count_plant(w); /* a row may end within a step, and does where its end is a step's */
    for (int32_t c = 0; c < m->n_plant_column; c++) {
        double *value = values_of(&w->out, m->plant_column[c]);
        for (int32_t i = dh_column_rows(f, m->plant_column[c]); i > 0; i--) {
            *value++ = *sum / seconds;
            *sum++ = 0;
        }
    }
}

static void fill_points(struct dh_world *w) {
    const struct dh_facility *f = w->f;
    dh_power_settle(&w->power, w->des.now);
    w->out.facility_power_w[0] = dh_uw_to_w(w->power.facility.power);
    w->out.it_power_w[0] = dh_uw_to_w(w->power.it.power);
    w->out.cooling_power_w[0] = dh_uw_to_w(w->power.cooling.power);
    w->out.loss_power_w[0] = dh_uw_to_w(w->power.loss.power);
    w->out.stored_power_w[0] = dh_uw_to_w(w->power.stored.power);
    w->out.generator_power_w[0] = 0;
    for (int32_t i = 0; i < w->power_run.n_generator; i++)
        w->out.generator_power_w[0] += dh_uw_to_w(w->power.stage_in[w->power_run.generator[i].stage].power);
    for (int32_t s = 0; s < f->n_site; s++)
        w->out.site_power_w[s] = dh_power_site_w(&w->power, s);
    for (int32_t t = 0; t < f->n_stage; t++) {
        w->out.stage_power_w[t] = dh_uw_to_w(w->power.stage_in[t].power);
        w->out.stage_loss_w[t] = dh_uw_to_w(w->power.stage_loss[t].power);
    }
    dh_world_energy_sample(w, 0);
}

static enum dh_err show(struct dh_world *w, enum dh_sample what, dh_time at) {
    for (int32_t i = 0; i < w->n_observer; i++)
        if (w->observers[i].sample)
            DH_TRY(w->observers[i].sample(w->observers[i].self, what, at, w->f, &w->out));
    return DH_OK;
}

static void show_jobs(const struct dh_world *w, bool last) {
    struct dh_observed_jobs jobs = {.now = w->des.now,
                                    .list = &w->jobs,
                                    .runs = w->runs,
                                    .running = &w->scheduler.running,
                                    .waiting = &w->scheduler.queue,
                                    .last = last};
    for (int32_t i = 0; i < w->n_observer; i++)
        if (w->observers[i].jobs)
            w->observers[i].jobs(w->observers[i].self, &jobs);
}

void dh_world_job_over(const struct dh_world *w, int32_t job) {
    for (int32_t i = 0; i < w->n_observer; i++)
        if (w->observers[i].job_over)
            w->observers[i].job_over(w->observers[i].self, &w->jobs, w->runs, job);
}

static bool points(const struct dh_world *w) {
    return w->record->kind == DH_RECORD_POINT;
}

/* All that the plants evaporate, lose and drain; NAN where no plant is modelled. */
static double water_kg_per_s(const struct dh_world *w) {
    const struct dh_state *s = &w->out;
    double sum = 0;
    for (int32_t i = 0; i < w->f->n_cplant; i++)
        sum +=
            s->cplant_evaporation_kg_per_s[i] + s->cplant_drift_kg_per_s[i] + s->cplant_blowdown_kg_per_s[i];
    for (int32_t i = 0; i < w->f->n_hall; i++)
        sum += s->hall_evaporation_kg_per_s[i];
    for (int32_t i = 0; i < w->f->n_lplant; i++)
        sum += s->lplant_evaporation_kg_per_s[i] + s->lplant_blowdown_kg_per_s[i];
    return w->f->n_cplant + w->f->n_lplant > 0 ? sum : NAN;
}

static enum dh_err sample_facility(struct dh_world *w) {
    dh_time now = w->des.now, interval = points(w) ? w->interval : now - w->marks.at;
    if (interval <= 0)
        return DH_OK;
    dh_time at = points(w) ? now : w->marks.at;
    copy_values(w);
    fill_counts(w, at);
    if (points(w))
        fill_points(w);
    else
        fill_means(w, interval);
    DH_TRY(dh_world_storage_sample(w, points(w) ? 0 : dh_time_to_s(interval)));
    dh_world_fabric_sample(w);
    w->out.interval_s[0] = dh_time_to_s(interval);
    w->out.water_kg_per_s[0] = water_kg_per_s(w);
    /* What batteries give is used now, and what they take is not: else PUE were 0 on battery. */
    double used_w = w->out.facility_power_w[0] - w->out.stored_power_w[0];
    w->out.pue[0] = w->out.it_power_w[0] > 0 ? used_w / w->out.it_power_w[0] : NAN;
    w->max_pue = fmax(w->max_pue, w->out.pue[0]);
    w->marks.at = now;
    show_jobs(w, false);
    return show(w, DH_SAMPLE_FACILITY, at);
}

static enum dh_err sample_racks(struct dh_world *w) {
    const struct dh_facility *f = w->f;
    dh_time now = w->des.now, interval = now - w->rack_mark_at;
    if (!points(w) && interval <= 0)
        return DH_OK;
    dh_power_settle(&w->power, now);
    size_t bytes = (size_t)f->n_rack * sizeof(double);
    memcpy(w->out.rack_inlet_degc, w->now.rack_inlet_degc, bytes);
    memcpy(w->out.rack_coolant_degc, w->now.rack_coolant_degc, bytes);
    memcpy(w->out.rack_junction_degc, w->now.rack_junction_degc, bytes);
    memcpy(w->out.rack_clock_frac, w->power.rack_clock, bytes);
    for (int32_t r = 0; r < f->n_rack; r++) {
        w->out.rack_gpus_busy[r] =
            f->rack_nodes[r] * f->rack_node_gpus[r] - w->pool.rack_free[r] - w->pool.rack_down[r];
        dh_uw_ns energy = dh_meter_energy(&w->power.rack[r], now);
        w->out.rack_power_w[r] =
            points(w) ? dh_uw_to_w(w->power.rack[r].power) : mean_w(w->rack_mark[r], energy, interval);
        w->rack_mark[r] = energy;
    }
    dh_time at = points(w) ? now : w->rack_mark_at;
    w->rack_mark_at = now;
    return show(w, DH_SAMPLE_RACKS, at);
}

/* ---- events
 * ------------------------------------------------------------------------------------------------- */

static uint16_t sample_phase(const struct dh_world *w) {
    return points(w) ? DH_PHASE_SAMPLE_POINT : DH_PHASE_SAMPLE_MEAN;
}

enum dh_err dh_world_on_sample(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    (void)ev;
    DH_TRY(sample_facility(w));
    return dh_des_schedule(des, des->now + w->interval, sample_phase(w), DH_EVENT_SAMPLE, -1, 0);
}

enum dh_err dh_world_on_sample_racks(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    (void)ev;
    DH_TRY(sample_racks(w));
    return dh_des_schedule(des, des->now + w->rack_interval, sample_phase(w), DH_EVENT_SAMPLE_RACKS, -1, 0);
}

/* Energy of the slice that ends now goes to the bill at the price of its start. */
static void meter(struct dh_world *w) {
    int64_t unix_s = w->f->start_unix_s + w->meter_at / DH_NS_PER_S;
    double seconds = dh_time_to_s(w->des.now - w->meter_at);
    if (seconds <= 0)
        return;
    for (int32_t s = 0; s < w->f->n_site; s++) {
        dh_uw_ns energy = site_energy(w, s);
        dh_bill_add(&w->bill[s], unix_s, seconds, dh_uw_ns_to_j(energy - w->meter_energy[s]));
        w->meter_energy[s] = energy;
    }
    w->meter_at = w->des.now;
}

enum dh_err dh_world_on_meter(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    (void)ev;
    meter(w);
    if (w->until_idle && dh_world_stands_still(w)) {
        w->idle = true;
        return DH_ERR_INTERRUPTED; /* as at the end of the last job */
    }
    return dh_des_schedule(des, des->now + w->meter_s, DH_PHASE_METER, DH_EVENT_METER, -1, 0);
}

static bool wants_samples(const struct dh_world *w) {
    for (int32_t i = 0; i < w->n_observer; i++)
        if (w->observers[i].sample)
            return w->record->series;
    return false;
}

static enum dh_err allocate(struct dh_world *w) {
    size_t site = (size_t)w->f->n_site, stage = (size_t)w->f->n_stage;
    struct dh_marks *m = &w->marks;
    m->plant_column = dh_arena_array(&w->mem, (size_t)dh_n_state_column, sizeof *m->plant_column);
    if (!m->plant_column)
        return DH_ERR_MEMORY;
    size_t plant_rows = (size_t)find_plant_columns(w);
    if (!(m->site = dh_arena_array(&w->mem, site, sizeof *m->site)) ||
        !(m->stage_in = dh_arena_array(&w->mem, stage, sizeof *m->stage_in)) ||
        !(m->stage_loss = dh_arena_array(&w->mem, stage, sizeof *m->stage_loss)) ||
        !(m->plant_sum = dh_arena_array(&w->mem, plant_rows, sizeof *m->plant_sum)) ||
        !(m->plant_total_j = dh_arena_array(&w->mem, (size_t)dh_n_state_column, sizeof *m->plant_total_j)) ||
        !(w->rack_mark = dh_arena_array(&w->mem, (size_t)w->f->n_rack, sizeof *w->rack_mark)) ||
        !(w->meter_energy = dh_arena_array(&w->mem, site, sizeof *w->meter_energy)))
        return DH_ERR_MEMORY;
    return DH_OK;
}

enum dh_err dh_world_record_start(struct dh_world *w) {
    DH_TRY(allocate(w));
    int64_t slice_s = dh_bill_slice_s(w->bill, w->f->n_site);
    /* Slices are aligned to the clock, so that none crosses the hour; a horizon may start at any second. */
    int64_t into = w->f->start_unix_s % slice_s;
    w->meter_s = slice_s * DH_NS_PER_S;
    DH_TRY(dh_des_schedule(&w->des, (slice_s - (into + slice_s) % slice_s) * DH_NS_PER_S, DH_PHASE_METER,
                           DH_EVENT_METER, -1, 0));
    if (!wants_samples(w))
        return DH_OK;
    DH_TRY(dh_des_schedule(&w->des, points(w) ? 0 : w->interval, sample_phase(w), DH_EVENT_SAMPLE, -1, 0));
    return dh_des_schedule(&w->des, points(w) ? 0 : w->rack_interval, sample_phase(w), DH_EVENT_SAMPLE_RACKS,
                           -1, 0);
}

/* A plant step that the end cuts short drew power until now. */
enum dh_err dh_world_record_end(struct dh_world *w) {
    meter(w);
    dh_world_count_draw(w, dh_time_to_s(w->des.now - w->plant_at));
    for (int32_t s = 0; s < w->f->n_site; s++)
        dh_bill_close(&w->bill[s]);
    if (wants_samples(w) && !points(w)) {
        DH_TRY(sample_facility(w));
        DH_TRY(sample_racks(w));
    }
    show_jobs(w, true);
    return DH_OK;
}
