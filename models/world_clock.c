/* A run from its first event to its last: set up, the loop, and the integrals that are kept between events.
 */
#include "models/world_network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct dh_handler dh_world_handlers[DH_N_EVENT_KIND] = {
    [DH_EVENT_SAMPLE] = {"sample",            dh_world_on_sample      },
    [DH_EVENT_SAMPLE_RACKS] = {"sample racks",      dh_world_on_sample_racks},
    [DH_EVENT_METER] = {"meter",             dh_world_on_meter       },
    [DH_EVENT_POWER] = {"power graph",       dh_world_on_power       },
    [DH_EVENT_END] = {"end of a job",      dh_world_on_end         },
    [DH_EVENT_LIMIT] = {"limit of a job",    dh_world_on_limit       },
    [DH_EVENT_PHASE] = {"phase of a job",    dh_world_on_phase       },
    [DH_EVENT_CLOUD_DONE] = {"done in the cloud", dh_world_on_cloud_done  },
    [DH_EVENT_ARRIVAL] = {"arrival",           dh_world_on_arrival     },
    [DH_EVENT_ENERGY] = {"on-site sources",   dh_world_on_energy      },
    [DH_EVENT_PLANT] = {"plant step",        dh_world_on_plant       },
    [DH_EVENT_SERVICE] = {"service control",   dh_world_on_service     },
    [DH_EVENT_PASS] = {"scheduling pass",   dh_world_on_pass        },
    [DH_EVENT_FAIL] = {"failure",           dh_world_on_fail        },
    [DH_EVENT_REPAIRED] = {"end of a repair",   dh_world_on_repaired    },
    [DH_EVENT_PART] = {"part delivered",    dh_world_on_part        },
    [DH_EVENT_SHOCK] = {"common cause",      dh_world_on_shock       },
    [DH_EVENT_BACK] = {"unit back",         dh_world_on_back        },
    [DH_EVENT_MAINTENANCE] = {"maintenance",       dh_world_on_maintenance },
    [DH_EVENT_TRIP] = {"trip",              dh_world_on_trip        },
    [DH_EVENT_NETWORK] = {"network paces",     dh_world_on_network     },
    [DH_EVENT_ENERGIZE] = {"energize",          dh_world_on_energize    },
    [DH_EVENT_CHECKPOINT] = {"checkpoint",        dh_world_on_checkpoint  },
    [DH_EVENT_TIER] = {"tier",              dh_world_on_tier        },
    [DH_EVENT_DATA] = {"end of a transfer", dh_world_on_data        },
    [DH_EVENT_PIPELINE] = {"run of a pipeline", dh_world_on_pipeline    },
    [DH_EVENT_STAGE] = {"stage",             dh_world_on_stage       },
    [DH_EVENT_ACTION] = {"action",            dh_world_on_action      },
};

/* Energy of racks and of utilities so far, of a site or of all. */
static void energies(const struct dh_world *w, int32_t site, dh_uw_ns *it, dh_uw_ns *facility) {
    const struct dh_facility *f = w->f;
    const struct dh_power *p = &w->power;
    *it = dh_meter_energy(&p->it, w->des.now);
    *facility = dh_meter_energy(&p->facility, w->des.now);
    if (site < 0 || f->n_site == 1)
        return;
    *it = *facility = 0;
    for (int32_t r = 0; r < f->n_rack; r++)
        if (f->rack_site[r] == site)
            *it += dh_meter_energy(&p->rack[r], w->des.now);
    for (int32_t s = 0; s < f->n_stage; s++)
        if (f->stage_site[s] == site && dh_stage_is_source(f->stage_kind[s]))
            *facility += dh_meter_energy(&p->stage_in[s], w->des.now);
}

void dh_binding_begin(struct dh_world *w, struct dh_binding *binding) {
    if (binding->since != DH_TIME_NONE)
        return;
    binding->since = w->des.now;
    energies(w, binding->site, &binding->it_mark, &binding->facility_mark);
}

void dh_binding_end(struct dh_world *w, struct dh_binding *binding) {
    if (binding->since == DH_TIME_NONE)
        return;
    dh_uw_ns it, facility;
    energies(w, binding->site, &it, &facility);
    binding->total += w->des.now - binding->since;
    binding->facility_energy += facility - binding->facility_mark;
    binding->it_energy += it - binding->it_mark;
    binding->since = DH_TIME_NONE;
}

enum dh_err dh_world_incident(struct dh_world *w, enum dh_incident kind, int32_t subject, double value) {
    if (w->failure.newest >= 0)
        dh_blast_note(&w->failure.trips[w->failure.newest].blast, w->des.now, kind, subject, value);
    for (int32_t i = 0; i < w->n_observer; i++)
        if (w->observers[i].incident)
            DH_TRY(w->observers[i].incident(w->observers[i].self, w->des.now, kind, subject, value));
    return DH_OK;
}

enum { TICK_EVERY = 1024 };

/* Time is about to move: power and the counts that hold until then are added up. */
static enum dh_err before_advance(void *world, dh_time from, dh_time to) {
    struct dh_world *w = world;
    dh_power_settle(&w->power, from);
    dh_world_energy_follow(w);
    DH_TRY(dh_world_watch_stages(w));
    dh_world_trip_look(w);
    dh_time passed = to - from;
    w->busy_gpu_ns += (dh_gpu_ns)w->pool.n_busy_gpu * passed;
    w->idle_gpu_ns += (dh_gpu_ns)w->pool.n_free_gpu * passed;
    if (dh_scheduler_waiting(&w->scheduler) > 0) {
        dh_gpu_ns *why =
            w->start_gate.since != DH_TIME_NONE ? &w->gpu_time.idle_power : &w->gpu_time.idle_queue;
        *why += (dh_gpu_ns)w->pool.n_free_gpu * passed;
    }
    w->down_gpu_ns += (dh_gpu_ns)w->pool.n_down_gpu * passed;
    w->node_busy_ns += (dh_gpu_ns)w->pool.n_busy_node * passed;
    w->queue_ns += (dh_gpu_ns)dh_scheduler_waiting(&w->scheduler) * passed;
    w->running_ns += (dh_gpu_ns)(w->n_running - w->n_replica_running) * passed;
    if (w->tick && ++w->n_tick % TICK_EVERY == 0)
        w->tick(w->tick_self, to);
    return DH_OK;
}

/* ---- set up
 * ------------------------------------------------------------------------------------------------ */

static int compare_submit(const struct dh_job *a, const struct dh_job *b, int32_t row_a, int32_t row_b) {
    if (a->submit != b->submit)
        return a->submit < b->submit ? -1 : 1;
    return row_a < row_b ? -1 : row_a > row_b;
}

/* Bottom-up merge sort of job rows by submission; most logs are sorted already and take one pass. */
static enum dh_err sort_arrivals(struct dh_world *w) {
    const struct dh_job *jobs = w->jobs.jobs;
    int32_t n = w->n_arrival, *from = w->arrival;
    bool sorted = true;
    for (int32_t i = 1; i < n && sorted; i++)
        sorted = compare_submit(&jobs[from[i - 1]], &jobs[from[i]], from[i - 1], from[i]) < 0;
    if (sorted)
        return DH_OK;
    int32_t *to = malloc((size_t)n * sizeof *to), *spare = to;
    if (!to)
        return DH_ERR_MEMORY;
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t start = 0; start < n; start += 2 * width) {
            int64_t middle = start + width < n ? start + width : n,
                    end = start + 2 * width < n ? start + 2 * width : n;
            for (int64_t i = start, j = middle, k = start; k < end; k++) {
                bool left = i < middle && (j >= end || compare_submit(&jobs[from[i]], &jobs[from[j]], from[i],
                                                                      from[j]) < 0);
                to[k] = left ? from[i++] : from[j++];
            }
        }
        int32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != w->arrival)
        memcpy(w->arrival, from, (size_t)n * sizeof *from);
    free(spare);
    return DH_OK;
}

/* Replicas of services are jobs at the end of the list, called SERVICE/1, SERVICE/2, … */
static enum dh_err add_replicas(struct dh_world *w) {
    for (int32_t v = 0; v < w->f->n_service; v++) {
        const struct dh_service_spec *spec = w->f->service_spec[v];
        w->services[v].first_replica = w->jobs.n_job;
        int32_t tenant = dh_job_list_tenant(&w->jobs, spec->tenant, strlen(spec->tenant));
        if (tenant == -2)
            return DH_ERR_MEMORY;
        for (int64_t k = 0; k < spec->max_replicas; k++) {
            struct dh_job replica = {.submit = DH_TIME_MAX,
                                     .work = DH_TIME_MAX / 4,
                                     .requested = DH_TIME_NONE,
                                     .replay_start = DH_TIME_NONE,
                                     .gpus = (int32_t)spec->replica_gpus,
                                     .gpu_util = 1,   /* for the power limit: what it may come to */
                                     .cpu_util = 0.2, /* as <jobs cpu-util> by default */
                                     .tenant = tenant,
                                     .service = v,
                                     .priority = (int16_t)spec->priority,
                                     .work_kind = DH_WORK_PREFILL};
            char id[300];
            int length = snprintf(id, sizeof id, "%s/%lld", spec->id, (long long)k + 1);
            DH_TRY(dh_job_list_add(&w->jobs, &replica, id, (size_t)length));
            w->n_replica_jobs++;
        }
    }
    return DH_OK;
}

#define ALLOCATE(member, count)                                                                              \
    do {                                                                                                     \
        w->member = dh_arena_array(&w->mem, (size_t)(count), sizeof *w->member);                             \
        if (!w->member)                                                                                      \
            return DH_ERR_MEMORY;                                                                            \
    } while (0)

static enum dh_err allocate(struct dh_world *w) {
    ALLOCATE(plant_rack_energy, w->f->n_rack);
    ALLOCATE(rack_jobs_changed, w->f->n_rack);
    ALLOCATE(rack_hot, w->f->n_rack);
    ALLOCATE(rack_stopped, w->f->n_rack);
    ALLOCATE(rack_fan_speed, w->f->n_rack);
    ALLOCATE(node_out, w->f->n_node);
    ALLOCATE(outdoor, w->f->n_site);
    ALLOCATE(site_limit_w, w->f->n_site);
    ALLOCATE(site_cap, w->f->n_site);
    ALLOCATE(site_gate, w->f->n_site);
    ALLOCATE(runs, dh_world_job_rows(w));
    ALLOCATE(arrival, dh_world_job_rows(w));
    ALLOCATE(stamp, dh_world_job_rows(w));
    ALLOCATE(changed, dh_world_job_rows(w));
    if (w->f->n_store > 0 || w->data)
        ALLOCATE(stood, dh_world_job_rows(w));
    return DH_OK;
}

static void set_limits(struct dh_world *w) {
    for (int32_t t = 0; t < w->f->n_stage; t++)
        if (w->f->stage_kind[t] == DH_STAGE_UTILITY)
            w->site_limit_w[w->f->stage_site[t]] += w->f->stage_rated_w[t];
    for (int32_t s = 0; s < w->f->n_site; s++) {
        w->site_cap[s].since = w->site_gate[s].since = DH_TIME_NONE;
        w->site_cap[s].site = w->site_gate[s].site = s;
        if (w->scheduler_spec.power_cap_w < w->site_limit_w[s]) /* false where there is none */
            w->site_limit_w[s] = w->scheduler_spec.power_cap_w;
    }
    w->start_gate.since = w->gpus_bind.since = DH_TIME_NONE;
    w->start_gate.site = w->gpus_bind.site = -1;
}

static enum dh_err start_cloud(struct dh_world *w) {
    const struct dh_burst_spec *burst = w->sc->n_bursts > 0 ? &w->sc->bursts[0] : NULL;
    /* a cloud without GPUs is none: nothing is looked at when a wait is over */
    w->bursts = burst && burst->policy != DH_BURST_NONE && burst->max_gpus != 0 && burst->max_job_gpus != 0;
    w->burst_retry = dh_time_from_s(w->sc->horizons[0].step_s);
    w->burst_check_at = DH_TIME_NONE;
    if (!w->bursts)
        return DH_OK;
    const struct dh_provider_spec *provider = dh_scenario_provider(w->sc, burst->provider);
    const struct dh_instance_spec *instance = NULL;
    for (int32_t i = 0; provider && i < provider->n_instances; i++)
        if (strcmp(provider->instances[i].id, burst->instance) == 0)
            instance = &provider->instances[i];
    if (!instance)
        return DH_ERR_DANGLING_REF;
    struct dh_cloud_plan *plans = dh_arena_array(&w->mem, (size_t)dh_world_job_rows(w), sizeof *plans);
    if (!plans)
        return DH_ERR_MEMORY;
    dh_cloud_init(&w->cloud, burst, provider, instance, w->sc->seed, plans, dh_world_job_rows(w));
    return DH_OK;
}

/* What a scenario without a <record> or <scheduler> element gets: the defaults of the language. The reader
 * fills these in for elements that exist, so here they are only needed for elements that do not. */
static const struct dh_record_spec standard_record = {
    .interval_s = 60, .rack_interval_s = 900, .kind = DH_RECORD_MEAN, .series = true};
static const struct dh_scheduler_spec standard_scheduler = {.policy = DH_POLICY_EASY,
                                                            .placement = DH_PLACEMENT_PACKED,
                                                            .estimates = DH_ESTIMATES_REQUESTED,
                                                            .pass = DH_PASS_INSTANT,
                                                            .limit = DH_LIMIT_KILL,
                                                            .queue = true,
                                                            .backfill_depth = NAN,
                                                            .power_cap_w = NAN};

const struct dh_record_spec *dh_record_of(const struct dh_scenario *scenario) {
    return scenario && scenario->n_records > 0 ? &scenario->records[0] : &standard_record;
}

static enum dh_err set_up(struct dh_world *w, struct dh_diag *diag) {
    const struct dh_facility *f = w->f;
    ALLOCATE(services, f->n_service);
    ALLOCATE(owners, f->n_owner);
    int32_t n_job = w->jobs.n_job;
    DH_TRY(add_replicas(w));
    DH_TRY(dh_world_data_init(w));
    DH_TRY(dh_world_loaders_init(w, diag));
    DH_TRY(allocate(w));
    for (int32_t j = 0; j < dh_world_job_rows(w); j++)
        w->runs[j] = (struct dh_job_run){.start = DH_TIME_NONE,
                                         .end = DH_TIME_NONE,
                                         .burst_start = DH_TIME_NONE,
                                         .failed_at = DH_TIME_NONE,
                                         .network = 1,
                                         .data = 1,
                                         .halted = DH_N_IDLE};
    for (int32_t j = 0; j < n_job; j++)
        if (w->jobs.jobs[j].submit < w->until || w->until_idle)
            w->arrival[w->n_arrival++] = j;
    w->n_unfinished = w->n_arrival;
    DH_TRY(sort_arrivals(w));
    w->round = 1;
    w->pass_at = w->next_pass = DH_TIME_NONE;
    w->scheduler_spec = w->sc->n_schedulers > 0 ? w->sc->schedulers[0] : standard_scheduler;
    w->record = dh_record_of(w->sc);
    w->interval = dh_time_from_s(w->record->interval_s);
    w->rack_interval = dh_time_from_s(w->record->rack_interval_s);
    w->max_inlet_degc = w->max_coolant_degc = w->max_junction_degc = w->max_dry_bulb_degc = w->max_pue = NAN;
    const struct dh_climate_spec *climate =
        f->site_spec[0]->climate ? dh_scenario_climate(w->sc, f->site_spec[0]->climate) : NULL;
    w->utc_offset_s = climate ? 3600 * climate->utc_offset_h : 0;
    set_limits(w);

    DH_TRY(dh_state_init(&w->now, f));
    DH_TRY(dh_state_init(&w->out, f));
    DH_TRY(dh_power_init(&w->power, f));
    DH_TRY(dh_world_fabric_start(w));
    DH_TRY(dh_world_network_start(w));
    DH_TRY(dh_pool_init_units(&w->pool, f->n_node, f->node_gpus, f->n_rack, f->node_rack, f->n_node,
                              dh_world_leaf_units(w), (enum dh_placement)w->scheduler_spec.placement));
    DH_TRY(dh_world_storage_start(w));
    DH_TRY(dh_scheduler_init(&w->scheduler, &w->scheduler_spec, &w->jobs, w->runs, &w->pool,
                             dh_world_scheduler_hooks(w)));
    DH_TRY(start_cloud(w));
    DH_TRY(dh_world_capacity_start(w));
    DH_TRY(dh_world_energy_start(w));
    DH_TRY(dh_world_caps_start(w));
    DH_TRY(dh_world_watch_start(w));
    DH_TRY(dh_world_plant_start(w, diag));
    DH_TRY(dh_world_power_start(w));
    DH_TRY(dh_world_energize_start(w));
    DH_TRY(dh_world_services_init(w, diag));
    return dh_world_failures_start(w, diag);
}

enum dh_err dh_world_init(struct dh_world *w, const struct dh_facility *f, struct dh_job_list *jobs,
                          struct dh_weather *weather, struct dh_bill *bills,
                          const struct dh_world_options *options, struct dh_diag *diag) {
    *w = (struct dh_world){.sc = f->scenario,
                           .f = f,
                           .jobs = *jobs,
                           .weather = weather,
                           .bill = bills,
                           .until = options->until,
                           .request_logs = options->request_logs,
                           .failure.newest = -1,
                           .until_idle = options->until_idle,
                           .pauses = options->pauses,
                           .n_pause = options->n_pause,
                           .at_pause = options->at_pause,
                           .pause_self = options->pause_self};
    *jobs = (struct dh_job_list){0};
    dh_des_init(&w->des);
    w->des.before_advance = before_advance;
    w->des.after_event = dh_world_power_watch;
    enum dh_err err = set_up(w, diag);
    if (err == DH_OK)
        err = dh_world_actions_start(w, options);
    if (err == DH_ERR_MEMORY)
        dh_fail(diag, err, w->sc->place, "no memory for this run");
    return err;
}

void dh_world_free(struct dh_world *w) {
    for (int32_t s = 0; w->weather && s < w->f->n_site; s++)
        dh_weather_free(&w->weather[s]);
    dh_world_services_free(w);
    dh_world_data_free(w);
    dh_world_failures_free(w);
    dh_world_network_free(w);
    dh_network_delete(w->network);
    dh_world_storage_free(w);
    dh_scheduler_free(&w->scheduler);
    dh_pool_free(&w->pool);
    dh_plant_free(&w->plant);
    dh_power_free(&w->power);
    dh_state_free(&w->now);
    dh_state_free(&w->out);
    dh_job_list_free(&w->jobs);
    dh_des_free(&w->des);
    dh_arena_free(&w->mem);
    *w = (struct dh_world){0};
}

/* ---- the loop
 * ------------------------------------------------------------------------------------------------ */

static enum dh_err first_events(struct dh_world *w) {
    if (w->n_arrival > 0) {
        dh_time first = w->jobs.jobs[w->arrival[0]].submit;
        DH_TRY(dh_des_schedule(&w->des, first > 0 ? first : 0, DH_PHASE_ARRIVAL, DH_EVENT_ARRIVAL, -1, 0));
    }
    DH_TRY(dh_world_record_start(w));
    DH_TRY(dh_world_data_start(w));
    return dh_world_services_start(w);
}

/* Jobs that still run: their progress and GPU time up to the end. */
static void close_jobs(struct dh_world *w) {
    for (int32_t j = 0; j < w->jobs.n_job; j++) {
        if (w->runs[j].state != DH_JOB_RUNNING)
            continue;
        dh_world_close_job(w, j);
        dh_world_loader_close(w, j);
        dh_scheduler_account(&w->scheduler, j, w->des.now);
    }
    dh_world_network_close(w);
    dh_binding_end(w, &w->start_gate);
    dh_binding_end(w, &w->gpus_bind);
    for (int32_t s = 0; s < w->f->n_site; s++) {
        dh_binding_end(w, &w->site_cap[s]);
        dh_binding_end(w, &w->site_gate[s]);
    }
    if (w->bursts)
        dh_cloud_close(&w->cloud, &w->jobs, w->des.now);
}

/* With --until idle nothing bounds the loop but the jobs; a queue that can never move must not run for ever.
 */
static const dh_time IDLE_LIMIT = INT64_C(9000000000) * DH_NS_PER_S;

static enum dh_err run_with_pauses(struct dh_world *w, dh_time until) {
    for (int32_t i = 0; i < w->n_pause && w->pauses[i] < until; i++) {
        DH_TRY(dh_des_run(&w->des, dh_world_handlers, DH_N_EVENT_KIND, w, w->pauses[i]));
        DH_TRY(w->at_pause(w->pause_self, i));
    }
    return dh_des_run(&w->des, dh_world_handlers, DH_N_EVENT_KIND, w, until);
}

enum dh_err dh_world_run(struct dh_world *w) {
    DH_TRY(first_events(w));
    dh_time until = w->until_idle ? IDLE_LIMIT : w->until;
    bool nothing_to_do = w->until_idle && w->n_unfinished == 0 && !dh_world_data_pending(w);
    enum dh_err err = nothing_to_do ? DH_OK : run_with_pauses(w, until);
    if (err != DH_OK && err != DH_ERR_INTERRUPTED)
        return err;
    dh_power_settle(&w->power, w->des.now);
    dh_world_energy_end(w);
    dh_power_close(&w->power, w->des.now);
    DH_TRY(dh_world_services_end(w));
    if (w->storage.net)
        DH_TRY(dh_world_storage_to_now(w)); /* with series a sample has done it */
    close_jobs(w);
    dh_world_trips_close(w);
    if (err == DH_ERR_INTERRUPTED && !w->idle)
        DH_TRY(dh_world_incident(w, DH_INCIDENT_INTERRUPTED, -1, 0));
    DH_TRY(dh_world_record_end(w));
    return w->idle ? DH_OK : err;
}
