/* What failures cost, and what followed from each trip. */
#include "sim/api/summarize.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void dh_summarize_down(struct dh_summary *out, const struct dh_world *w) {
    double installed = (double)w->busy_gpu_ns + (double)w->idle_gpu_ns + (double)w->down_gpu_ns;
    if (!(installed > 0) || (!w->failure.models && w->n_node_down == 0))
        return;
    double useful = 1e9 * dh_sum_value(&w->work_gpu_s) - (double)w->lost_gpu_ns - (double)w->overhead_gpu_ns;
    double wanted = (double)w->busy_gpu_ns + (double)w->requeued_gpu_ns;
    dh_put_number(out, "gpus.availability", 1 - (double)w->down_gpu_ns / installed);
    if (wanted > 0)
        dh_put_number(out, "gpus.ettr", useful / wanted);
    dh_put_number(out, "gpus.down_h", (double)w->down_gpu_ns / 3.6e12);
    dh_put_number(out, "gpus.lost_work_h", (double)w->lost_gpu_ns / 3.6e12);
    dh_put_number(out, "gpus.overhead_h", (double)w->overhead_gpu_ns / 3.6e12);
}

void dh_summarize_failures(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_failure_run *r = &w->failure;
    if (!r->models && w->n_node_down == 0)
        return;
    if (r->n_unit + r->n_shock + r->n_upkeep > 0) {
        dh_put_count(out, "failures.units", r->n_failure);
        dh_put_count(out, "failures.shocks", r->n_shocked);
        dh_put_count(out, "failures.human_errors", r->n_human_error);
    }
    dh_put_count(out, "failures.nodes_down", w->n_node_down);
    dh_put_count(out, "failures.jobs_hit", w->n_job_failure);
}

/* Names of stages, as many as are kept; "nothing" is said too. */
static void put_stages(struct dh_summary *out, const struct dh_world *w, const struct dh_blast *b, int i) {
    char text[1024] = "";
    size_t n = 0;
    for (int32_t k = 0; k < b->n_stage && n < sizeof text - 80; k++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%.60s", n ? ", " : "",
                              w->f->stage_name[b->stages[k]]);
    int32_t dark = b->n[DH_INCIDENT_RACK_DARK];
    if (dark > 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%d rack%s", n ? ", " : "", dark,
                              dark == 1 ? "" : "s");
    dh_put_text_at(out, n ? text : "nothing", "blast.%d.lost_power", i);
    snprintf(text, sizeof text, "%d group%s of cooling equipment", b->cooling_lost,
             b->cooling_lost == 1 ? "" : "s");
    dh_put_text_at(out, b->cooling_lost > 0 ? text : "nothing", "blast.%d.lost_cooling_power", i);
}

static void put_overloads(struct dh_summary *out, const struct dh_world *w, const struct dh_blast *b, int i) {
    char text[1024] = "";
    size_t n = 0;
    for (int32_t s = 0; s < w->f->n_stage && n < sizeof text - 80; s++)
        if (w->power.stage_peak[s].n_over > b->over_mark[s])
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%.60s", n ? ", " : "", w->f->stage_name[s]);
    dh_put_text_at(out, n ? text : "nothing", "blast.%d.overloaded", i);
}

static void put_after(struct dh_summary *out, const struct dh_blast *b, int i, enum dh_incident kind,
                      const char *member) {
    if (b->first[kind] != DH_TIME_NONE)
        dh_put_at(out, dh_time_to_s(b->first[kind] - b->at), "blast.%d.%s", i, member);
}

void dh_summarize_blast(struct dh_summary *out, const struct dh_world *w) {
    double usd_per_gpu_h = dh_summary_value(out, "cost.per_gpu_hour_available");
    int i = 0;
    for (int32_t t = 0; t < w->failure.n_trip; t++) {
        const struct dh_blast *b = &w->failure.trips[t].blast;
        if (!w->failure.trips[t].began)
            continue;
        char at[21];
        dh_put_instant(at, w, b->at);
        dh_put_text_at(out, b->trip, "blast.%d.trip", i);
        dh_put_text_at(out, at, "blast.%d.at", i);
        dh_put_at(out, b->units, "blast.%d.units", i);
        if (b->back != DH_TIME_NONE)
            dh_put_at(out, dh_time_to_s(b->back - b->at), "blast.%d.for_s", i);
        put_stages(out, w, b, i);
        put_after(out, b, i, DH_INCIDENT_STAGE_DEAD, "power_lost_s");
        put_after(out, b, i, DH_INCIDENT_BATTERY_BEGIN, "battery_begin_s");
        put_after(out, b, i, DH_INCIDENT_GENERATOR_ON, "generator_s");
        put_after(out, b, i, DH_INCIDENT_BATTERY_END, "battery_end_s");
        put_after(out, b, i, DH_INCIDENT_BATTERY_EMPTY, "battery_empty_s");
        put_after(out, b, i, DH_INCIDENT_RACK_DARK, "dark_s");
        put_after(out, b, i, DH_INCIDENT_THROTTLE_BEGIN, "throttle_s");
        put_after(out, b, i, DH_INCIDENT_SHUTDOWN, "shutdown_s");
        if (b->over != DH_TIME_NONE)
            dh_put_at(out, dh_time_to_s(b->over - b->at), "blast.%d.over_s", i);
        dh_put_at(out, b->n[DH_INCIDENT_RACK_DARK], "blast.%d.racks_dark", i);
        dh_put_at(out, b->n[DH_INCIDENT_THROTTLE_BEGIN], "blast.%d.racks_throttled", i);
        dh_put_at(out, b->n[DH_INCIDENT_SHUTDOWN], "blast.%d.racks_shut_down", i);
        dh_put_at(out, b->n[DH_INCIDENT_JOB_FAILED], "blast.%d.jobs_killed", i);
        put_overloads(out, w, b, i);
        dh_put_at(out, b->lost_work_gpu_h, "blast.%d.lost_work_gpu_h", i);
        dh_put_at(out, b->down_gpu_h, "blast.%d.down_gpu_h", i);
        dh_put_at(out, b->slowed_gpu_h, "blast.%d.slowed_gpu_h", i);
        dh_put_at(out, dh_blast_gpu_h(b), "blast.%d.lost_gpu_h", i);
        if (!isnan(usd_per_gpu_h))
            dh_put_at(out, dh_blast_gpu_h(b) * usd_per_gpu_h, "blast.%d.lost_usd", i);
        i++;
    }
}
