/* One run composed: scenario, facility, work, weather, prices; world; recorder; summary. */
#include "sim/api/demand.h"
#include "sim/api/internal.h"
#include "sim/api/actions.h"
#include "sim/api/live.h"
#include "models/world_network.h"
#include "sim/api/replicate.h"
#include "models/failure.h"
#include "models/workload.h"
#include "output/recorder_actions.h"
#include "output/recorder_data.h"
#include "output/recorder_finance.h"
#include "output/recorder.h"
#include "scenarios/joblog.h"
#include "scenarios/scenario_estimate.h"
#include "scenarios/weather_file.h"
#include "sim/units.h"

#include <gsl/gsl_errno.h>

#include <limits.h>
#include <stdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const struct dh_place nowhere = {NULL, 0, 0};

static double clock_s(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double dh_wall_s(void) {
    return clock_s(CLOCK_MONOTONIC);
}

/* ---- options that change the scenario
 * ------------------------------------------------------------------------ */

/* Overrides as --set would give them, behind the caller's own. */
enum { MAX_PROFILES = 16 };

struct overrides {
    const char *sets[64];
    int32_t n;
    char seed[64], until[96];
};

static enum dh_err check_seed(const char *seed, struct dh_diag *diag) {
    int64_t value;
    if (dh_integer_parse(seed, strlen(seed), &value, NULL, nowhere) != DH_OK || value < -INT64_MAX)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "seed \"%s\" is not a whole number", seed);
    return DH_OK;
}

/* "idle", a duration, or an instant, for which the start of the horizon has to be known. */
static enum dh_err override_until(struct overrides *o, const char *until, int64_t start_unix_s,
                                  bool *needs_start, struct dh_diag *diag) {
    double duration_s;
    int64_t unix_s;
    if (strcmp(until, "idle") == 0) {
        o->sets[o->n++] = "/scenario/horizon/@end=idle";
    } else if (dh_quantity_parse(until, strlen(until), DH_DIM_DURATION, &duration_s, NULL, nowhere) ==
               DH_OK) {
        snprintf(o->until, sizeof o->until, "/scenario/horizon/@duration=%.60s", until);
        o->sets[o->n++] = o->until;
    } else if (dh_timestamp_parse(until, strlen(until), &unix_s) == DH_OK) {
        *needs_start = start_unix_s == INT64_MIN;
        if (*needs_start)
            return DH_OK;
        if (unix_s <= start_unix_s)
            return dh_fail(diag, DH_ERR_USAGE, nowhere, "until %s: the horizon starts later", until);
        snprintf(o->until, sizeof o->until, "/scenario/horizon/@duration=%lld s",
                 (long long)(unix_s - start_unix_s));
        o->sets[o->n++] = o->until;
    } else {
        dh_fail(diag, DH_ERR_USAGE, nowhere, "until \"%s\" is not a duration, an instant or idle", until);
        dh_diag_hint(diag, "like \"30 d\", \"2026-02-01T00:00:00Z\" or \"idle\"");
        return DH_ERR_USAGE;
    }
    return DH_OK;
}

static enum dh_err gather(struct overrides *o, const struct dh_scenario_changes *changes,
                          int64_t start_unix_s, bool *needs_start, struct dh_diag *diag) {
    *o = (struct overrides){0};
    *needs_start = false;
    int32_t room = (int32_t)(sizeof o->sets / sizeof *o->sets) - 3;
    if (changes->n_set > room)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "more than %d values set", (int)room);
    for (int32_t i = 0; i < changes->n_set; i++)
        o->sets[o->n++] = changes->sets[i];
    if (changes->seed) {
        DH_TRY(check_seed(changes->seed, diag));
        snprintf(o->seed, sizeof o->seed, "/scenario/@seed=%.30s", changes->seed);
        o->sets[o->n++] = o->seed;
    }
    return changes->until ? override_until(o, changes->until, start_unix_s, needs_start, diag) : DH_OK;
}

/* Text to read in place of a file, or NULL. */
struct text {
    const char *bytes, *folder;
    size_t n;
};

static enum dh_err read_once(struct dh_sim *sim, const char *path, const struct text *text,
                             const struct dh_scenario_changes *changes, const struct overrides *o,
                             struct dh_diag *diag) {
    struct dh_profile_text profiles[MAX_PROFILES + 1];
    struct dh_scenario_options options = {.params = changes->params,
                                          .n_param = changes->n_param,
                                          .sets = o->sets,
                                          .n_set = o->n,
                                          .profiles = profiles,
                                          .live_later = changes->live_later != 0};
    if (changes->n_profile > MAX_PROFILES)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "more than %d files of profiles", MAX_PROFILES);
    for (int32_t i = 0; i < changes->n_profile; i++)
        profiles[options.n_profile++] = (struct dh_profile_text){.name = changes->profiles[i]};
    if (changes->live)
        profiles[options.n_profile++] =
            (struct dh_profile_text){"live profile", changes->live, strlen(changes->live)};
    return text
               ? dh_scenario_read_memory(&sim->file, text->bytes, text->n, path, text->folder, &options, diag)
               : dh_scenario_read(&sim->file, path, &options, diag);
}

static enum dh_err read_scenario(struct dh_sim *sim, const char *path, const struct text *text,
                                 const struct dh_scenario_changes *changes, struct dh_diag *diag) {
    struct overrides o;
    bool needs_start;
    DH_TRY(gather(&o, changes, INT64_MIN, &needs_start, diag));
    DH_TRY(read_once(sim, path, text, changes, &o, diag));
    if (!needs_start)
        return DH_OK;
    int64_t start_unix_s = sim->file.spec.horizons[0].start_unix_s;
    dh_scenario_free(&sim->file);
    DH_TRY(gather(&o, changes, start_unix_s, &needs_start, diag));
    return read_once(sim, path, text, changes, &o, diag);
}

/* ---- work
 * -------------------------------------------------------------------------------------------------- */

static enum dh_err read_log(struct dh_sim *sim, const char *path, const struct dh_log_spec *log,
                            struct dh_diag *diag) {
    const struct dh_facility *f = &sim->facility;
    int32_t node_gpus = 0; /* of the first rack that has some: the nodes that a log of nodes asks for */
    for (int32_t r = 0; r < f->n_rack && node_gpus == 0; r++)
        node_gpus = f->rack_node_gpus[r];
    struct dh_joblog_options options = {
        .format = (enum dh_log_format)log->format, .part = log->part, .node_gpus = node_gpus};
    return dh_joblog_read(&sim->jobs, path, &options, diag);
}

enum { MAX_LOGS = 64 };

static enum dh_err replace_logs(struct dh_sim *sim, const struct dh_scenario_changes *changes,
                                struct dh_diag *diag) {
    struct dh_log_spec logs[MAX_LOGS] = {0};
    char paths[MAX_LOGS][PATH_MAX];
    if (changes->n_job_log > MAX_LOGS)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "more than %d job logs", MAX_LOGS);
    for (int32_t i = 0; i < changes->n_job_log; i++) {
        struct dh_joblog_spec spec;
        if (dh_joblog_spec_parse(changes->jobs[i], &spec) != DH_OK || spec.n_file >= PATH_MAX)
            return dh_fail(diag, DH_ERR_USAGE, nowhere, "job log \"%.200s\" is not FILE[:FORMAT[:PART]]",
                           changes->jobs[i]);
        memcpy(paths[i], spec.file, spec.n_file);
        paths[i][spec.n_file] = '\0';
        logs[i] = (struct dh_log_spec){.href = paths[i], .format = (int32_t)spec.format, .part = spec.part};
    }
    DH_TRY(dh_scenario_replace_logs(&sim->file, logs, changes->n_job_log, diag));
    for (int32_t i = 0; i < changes->n_job_log; i++)
        DH_TRY(read_log(sim, paths[i], &logs[i], diag));
    return DH_OK;
}

static enum dh_err gather_jobs(struct dh_sim *sim, const struct dh_scenario_changes *changes,
                               double utc_offset_h, struct dh_diag *diag) {
    const struct dh_scenario *sc = &sim->file.spec;
    if (changes->n_job_log > 0) {
        DH_TRY(replace_logs(sim, changes, diag));
        return dh_demand_of_jobs(&sim->jobs, sc->workloads[0].demand, sc->seed, diag);
    }
    if (sc->n_workloads == 0)
        return DH_OK;
    for (int32_t i = 0; i < sc->workloads[0].n_logs; i++)
        DH_TRY(read_log(sim, sc->workloads[0].logs[i].href, &sc->workloads[0].logs[i], diag));
    DH_TRY(dh_demand_of_jobs(&sim->jobs, sc->workloads[0].demand, sc->seed, diag));
    struct dh_workload_options options = {.seed = (uint64_t)sc->seed,
                                          .start_unix_s = sc->horizons[0].start_unix_s,
                                          .horizon = dh_time_from_s(sc->horizons[0].duration_s),
                                          .utc_offset_h = utc_offset_h,
                                          .facility = &sim->facility};
    return dh_workload_build(&sim->jobs, &sc->workloads[0], &options, diag);
}

/* Jobs that no policy can ever start: said once, before the run; each ends as rejected. */
static void warn_of_large_jobs(const struct dh_sim *sim, struct dh_diag *diag) {
    int64_t n_gpu = 0, n_large = 0;
    int32_t first = -1;
    for (int32_t n = 0; n < sim->facility.n_node; n++)
        n_gpu += sim->facility.node_gpus[n];
    for (int32_t j = 0; j < sim->jobs.n_job; j++) {
        if (sim->jobs.jobs[j].gpus <= n_gpu)
            continue;
        first = n_large++ == 0 ? j : first;
    }
    if (n_large > 0)
        dh_warn(diag, DH_ERR_W_DATA, (struct dh_place){sim->file.path, 0, 0},
                "jobs that ask for more than all %lld GPUs, and are rejected: %lld, the first is %s with %d",
                (long long)n_gpu, (long long)n_large, dh_job_id(&sim->jobs, first),
                sim->jobs.jobs[first].gpus);
}

/* ---- weather and prices
 * ---------------------------------------------------------------------------------------- */

/* The plant takes altitude and clock from the climate: a file of another place is most likely a mistake. */
static void warn_of_other_place(const struct dh_climate_spec *climate, const struct dh_weather_file *file,
                                struct dh_diag *diag) {
    if (fabs(file->altitude_m - climate->altitude_m) > 100)
        dh_warn(diag, DH_ERR_W_DATA, climate->place, "climate %s lies at %.0f m, its weather file at %.0f m",
                climate->id, climate->altitude_m, file->altitude_m);
    if (fabs(file->utc_offset_h - climate->utc_offset_h) > 1)
        dh_warn(diag, DH_ERR_W_DATA, climate->place,
                "climate %s is %.4g h ahead of UTC, its weather file %.4g h", climate->id,
                climate->utc_offset_h, file->utc_offset_h);
}

static enum dh_err weather_from_file(struct dh_weather *out, const struct dh_climate_spec *climate,
                                     int64_t start, int64_t duration, struct dh_diag *diag) {
    struct dh_weather_file file = {0};
    enum dh_err err =
        climate->epw ? dh_epw_read(&file, climate->epw, dh_calendar_of(start).year, diag)
                     : dh_weather_zone_read(&file, climate->csv, climate->zone, dh_calendar_of(start).year,
                                            climate->utc_offset_h, climate->altitude_m, diag);
    if (err == DH_OK) {
        struct dh_weather_series series = {.first_unix_s = file.first_unix_s,
                                           .n = file.n,
                                           .dry_bulb_degc = file.dry_bulb_degc,
                                           .utc_offset_h = file.utc_offset_h,
                                           .relative_humidity = file.relative_humidity,
                                           .pressure_pa = file.pressure_pa,
                                           .sun = file.sun,
                                           .quality = file.quality};
        warn_of_other_place(climate, &file, diag);
        err = dh_weather_from_series(out, climate, &series, start, duration, diag);
        if (!isnan(file.latitude_deg)) {
            out->latitude_deg = file.latitude_deg;
            out->longitude_deg = file.longitude_deg;
        }
    }
    dh_weather_file_free(&file);
    return err;
}

/* With a day to spare. */
static const int64_t A_YEAR_S = 366 * 86400;

static enum dh_err check_sun(const struct dh_site_spec *site, const struct dh_weather *weather,
                             struct dh_diag *diag) {
    for (int32_t i = 0; i < site->powers[0].n_solars; i++) {
        const struct dh_solar_spec *solar = &site->powers[0].solars[i];
        if (weather->sun || !isnan(solar->clearness))
            continue;
        dh_fail(diag, DH_ERR_DATA, solar->place, "solar %s: the weather file of climate %s has no irradiance",
                solar->id, site->climate);
        dh_diag_hint(diag,
                     "a CSV file needs ghi_w_per_m2, dni_w_per_m2 and dhi_w_per_m2; or assume a sky with "
                     "clearness=\"0.7\"");
        return DH_ERR_DATA;
    }
    return DH_OK;
}

static enum dh_err site_surroundings(struct dh_sim *sim, int32_t s, struct dh_diag *diag) {
    const struct dh_scenario *sc = &sim->file.spec;
    const struct dh_site_spec *site = &sc->sites[s];
    const struct dh_climate_spec *climate = dh_scenario_climate(sc, site->climate);
    const struct dh_tariff_spec *tariff = dh_scenario_tariff(sc, site->tariff);
    const struct dh_grid_spec *grid = dh_scenario_grid(sc, site->grid);
    int64_t start = sc->horizons[0].start_unix_s, duration = (int64_t)sc->horizons[0].duration_s + 1;
    if (sc->horizons[0].end == DH_HORIZON_IDLE)
        duration += A_YEAR_S; /* jobs may outlast the horizon; the year's weather then comes again */
    if (climate && (climate->epw || climate->csv))
        DH_TRY(weather_from_file(&sim->weather[s], climate, start, duration, diag));
    else if (climate)
        DH_TRY(dh_weather_synthetic(&sim->weather[s], climate, start, duration, diag));
    DH_TRY(check_sun(site, &sim->weather[s], diag));
    if (tariff && tariff->csv)
        DH_TRY(dh_series_read_price(&sim->prices[s], tariff->csv, diag));
    if (grid && grid->csv)
        DH_TRY(dh_series_read_carbon(&sim->carbon[s], grid->csv, NULL, diag));
    struct dh_hourly prices = dh_series_hourly(&sim->prices[s]);
    struct dh_hourly carbon = dh_series_hourly(&sim->carbon[s]);
    return dh_bill_init(&sim->bills[s], tariff, grid, &prices, &carbon, climate ? climate->utc_offset_h : 0,
                        diag);
}

static enum dh_err open_sim(struct dh_sim *sim, const char *path, const struct text *text,
                            const struct dh_scenario_changes *changes, struct dh_diag *diag) {
    static const struct dh_scenario_changes none = {0};
    if (!changes)
        changes = &none;
    gsl_set_error_handler_off(); /* its default aborts the program */
    DH_TRY(read_scenario(sim, path, text, changes, diag));
    DH_TRY(dh_demand_of_rates(sim, diag));
    DH_TRY(dh_add_trips(sim, changes, diag));
    DH_TRY(dh_facility_compile(&sim->facility, &sim->file.spec, diag));
    DH_TRY(dh_failures_check(&sim->facility, diag));
    DH_TRY(dh_acts_open(&sim->acts, &sim->facility, changes, diag));
    const struct dh_scenario *sc = &sim->file.spec;
    size_t n = (size_t)sc->n_sites;
    sim->weather = dh_arena_array(&sim->file.mem, n, sizeof *sim->weather);
    sim->bills = dh_arena_array(&sim->file.mem, n, sizeof *sim->bills);
    sim->prices = dh_arena_array(&sim->file.mem, n, sizeof *sim->prices);
    sim->carbon = dh_arena_array(&sim->file.mem, n, sizeof *sim->carbon);
    if (!sim->weather || !sim->bills || !sim->prices || !sim->carbon)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    for (int32_t s = 0; s < sc->n_sites; s++)
        DH_TRY(site_surroundings(sim, s, diag));
    const struct dh_climate_spec *climate = dh_scenario_climate(sc, sc->sites[0].climate);
    DH_TRY(gather_jobs(sim, changes, climate ? climate->utc_offset_h : 0, diag));
    warn_of_large_jobs(sim, diag);
    return dh_gather_services(sim, diag);
}

static enum dh_err open_new(struct dh_sim **out, const char *path, const struct text *text,
                            const struct dh_scenario_changes *changes, struct dh_diag *diag) {
    *out = NULL;
    struct dh_sim *sim = calloc(1, sizeof *sim);
    if (!sim)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    enum dh_err err = open_sim(sim, path, text, changes, diag);
    if (err == DH_OK)
        *out = sim;
    else
        dh_sim_close(sim);
    return err;
}

enum dh_err dh_sim_open(struct dh_sim **sim, const char *path, const struct dh_scenario_changes *changes,
                        struct dh_diag *diag) {
    return open_new(sim, path, NULL, changes, diag);
}

enum dh_err dh_sim_open_memory(struct dh_sim **sim, const char *text, size_t n, const char *path,
                               const char *folder, const struct dh_scenario_changes *changes,
                               struct dh_diag *diag) {
    struct text memory = {.bytes = text, .folder = folder, .n = n};
    return open_new(sim, path, &memory, changes, diag);
}

void dh_sim_close(struct dh_sim *sim) {
    if (!sim)
        return;
    int32_t n_site = sim->bills ? sim->file.spec.n_sites : 0;
    if (sim->has_world)
        dh_world_free(&sim->world);
    for (int32_t s = 0; s < n_site; s++) {
        if (!sim->has_world)
            dh_weather_free(&sim->weather[s]);
        dh_bill_free(&sim->bills[s]);
        dh_series_free(&sim->prices[s]);
        dh_series_free(&sim->carbon[s]);
    }
    dh_acts_close(sim->acts);
    dh_job_list_free(&sim->jobs);
    dh_free_services(sim);
    dh_summary_free(&sim->summary);
    dh_summary_free(&sim->audit);
    dh_facility_free(&sim->facility);
    dh_scenario_free(&sim->file);
    free(sim);
}

const char *dh_sim_name(const struct dh_sim *sim) {
    return sim->file.spec.name;
}
int64_t dh_sim_seed(const struct dh_sim *sim) {
    return sim->file.spec.seed;
}
const char *dh_sim_effective_xml(const struct dh_sim *sim) {
    return sim->file.effective_xml;
}
const char *dh_sim_sha256(const struct dh_sim *sim) {
    return sim->file.effective_sha256;
}

struct dh_estimate dh_sim_estimate(const struct dh_sim *sim) {
    struct dh_run_size size;
    dh_scenario_estimate(&sim->file.spec, sim->jobs.n_job, &size);
    return (struct dh_estimate){.racks = size.racks,
                                .nodes = size.nodes,
                                .gpus = size.gpus,
                                .jobs = sim->jobs.n_job,
                                .requests = size.requests,
                                .plant_steps = size.plant_steps,
                                .memory_bytes = size.memory_bytes,
                                .result_bytes = size.file_bytes,
                                .duration_s = sim->file.spec.horizons[0].duration_s};
}

/* ---- the run
 * ------------------------------------------------------------------------------------------------- */

/* Progress is told at most this often; between calls only the clock is read. */
static const double PROGRESS_EVERY_S = 0.1;

struct teller {
    struct dh_sim *sim;
    double told_s;
};

static void tell(void *self, dh_time now) {
    struct teller *teller = self;
    struct dh_sim *sim = teller->sim;
    double wall_s = dh_wall_s();
    if (wall_s - teller->told_s < PROGRESS_EVERY_S)
        return;
    teller->told_s = wall_s;
    const struct dh_world *w = &sim->world;
    double done = (double)now / (double)w->until;
    if (w->until_idle)
        done = w->n_arrival > 0 ? 1 - (double)w->n_unfinished / w->n_arrival : 1;
    struct dh_progress progress = {.fraction = done < 1 ? done : 1,
                                   .simulated_s = dh_time_to_s(now),
                                   .wall_s = wall_s - sim->started_s,
                                   .events = (int64_t)w->des.n_event};
    sim->options->progress(sim->options->self, &progress);
}

static enum dh_err incident_to_recorder(void *self, dh_time at, enum dh_incident kind, int32_t subject,
                                        double value) {
    return dh_recorder_incident(self, at, kind, subject, value);
}

enum dh_err dh_sim_watch(struct dh_sim *sim, const struct dh_observer *observer) {
    if (sim->ran || sim->n_watcher == DH_MAX_WATCHERS)
        return DH_ERR_USAGE;
    sim->watchers[sim->n_watcher++] = *observer;
    return DH_OK;
}

static enum dh_err run_world(struct dh_sim *sim, struct dh_recorder *recorder, struct dh_diag *diag) {
    const struct dh_horizon_spec *horizon = &sim->file.spec.horizons[0];
    struct dh_world_options options = {.until = dh_time_from_s(horizon->duration_s),
                                       .until_idle = horizon->end == DH_HORIZON_IDLE,
                                       .request_logs = sim->requests};
    struct dh_world *w = &sim->world;
    struct dh_live own = {0}, *live = sim->live ? sim->live : &own;
    enum dh_err begun = dh_live_begin(live, sim, &options, diag);
    if (begun == DH_OK)
        begun = dh_acts_begin(sim->acts, &options, diag);
    if (begun != DH_OK) {
        dh_live_free(live);
        return begun;
    }
    enum dh_err err = dh_world_init(w, &sim->facility, &sim->jobs, sim->weather, sim->bills, &options, diag);
    sim->has_world = true;
    if (err != DH_OK) {
        dh_live_free(live);
        return err;
    }
    struct dh_observer observers[1 + DH_MAX_WATCHERS];
    int32_t n_observer = 0;
    if (recorder) {
        observers[n_observer] = dh_recorder_observer(recorder);
        observers[n_observer].incident = incident_to_recorder;
        if (sim->options->no_series)
            observers[n_observer].sample = NULL;
        n_observer++;
    }
    for (int32_t i = 0; i < sim->n_watcher; i++)
        observers[n_observer++] = sim->watchers[i];
    w->observers = observers;
    w->n_observer = n_observer;
    struct teller teller = {.sim = sim, .told_s = sim->started_s};
    if (sim->options->progress) {
        w->tick = tell;
        w->tick_self = &teller;
    }
    w->des.stop = sim->options->stop;
    dh_acts_listen(sim->acts, w);
    err = dh_world_run(w);
    dh_acts_end(sim->acts);
    w->observers = NULL;
    w->n_observer = 0;
    dh_live_free(live);
    return err;
}

/* Processor time of all threads and of this one. */
struct cpu_times {
    double all_s, own_s;
};

static struct cpu_times cpu_times(void) {
    return (struct cpu_times){clock_s(CLOCK_PROCESS_CPUTIME_ID), clock_s(CLOCK_THREAD_CPUTIME_ID)};
}

static void measure(struct dh_sim *sim, struct cpu_times before) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double wall_s = dh_wall_s() - sim->started_s;
    struct cpu_times now = cpu_times();
    sim->performance = (struct dh_performance){.wall_s = wall_s,
                                               .cpu_s = now.all_s - before.all_s,
                                               .run_cpu_s = now.own_s - before.own_s,
                                               .events = (int64_t)sim->world.des.n_event,
                                               .events_per_s = (double)sim->world.des.n_event / wall_s,
                                               .peak_rss_bytes = usage.ru_maxrss * 1024L};
}

/* Sticky in the recorder, but for memory, without which the names are left out. */
static void record_cloud(struct dh_sim *sim, struct dh_recorder *recorder) {
    const struct dh_world *w = &sim->world;
    if (!recorder || !w->bursts || w->jobs.n_job == 0)
        return;
    double *gpu_s = malloc((size_t)w->jobs.n_job * sizeof *gpu_s);
    if (!gpu_s) {
        sim->summary.err = DH_ERR_MEMORY;
        return;
    }
    for (int32_t j = 0; j < w->jobs.n_job; j++)
        gpu_s[j] = dh_cloud_gpu_s(&w->cloud.plans[j], w->des.now);
    dh_recorder_cloud(recorder, gpu_s, w->jobs.n_job);
    free(gpu_s);
}

static void record_equipment(struct dh_sim *sim, struct dh_recorder *recorder) {
    const struct dh_equipment *e = &sim->world.failure.equipment;
    const char **names = e->n_group > 0 ? malloc((size_t)e->n_group * sizeof *names) : NULL;
    for (int32_t i = 0; names && i < e->n_group; i++)
        names[i] = e->groups[i].name;
    dh_recorder_equipment(recorder, names, names ? e->n_group : 0);
    free(names);
    int32_t n = dh_plant_n_cooling(sim->world.f);
    names = n > 0 ? malloc((size_t)n * sizeof *names) : NULL;
    for (int32_t i = 0; names && i < n; i++)
        names[i] = dh_plant_cooling_name(sim->world.f, i);
    dh_recorder_cooling(recorder, names, names ? n : 0);
    free(names);
}

int32_t dh_sim_unmeasured(const struct dh_sim *sim) {
    int32_t n = 0;
    for (int32_t i = 0; i < sim->file.spec.n_devices; i++) {
        const char *profile = sim->file.spec.devices[i].profile;
        n += profile && !dh_scenario_profile(&sim->file.spec, profile);
    }
    return n;
}

enum dh_err dh_sim_run(struct dh_sim *sim, const struct dh_run_options *options, struct dh_diag *diag) {
    static const struct dh_run_options none = {0};
    if (sim->ran)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "a simulation runs once");
    if (dh_sim_unmeasured(sim) > 0)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "a device's profile is to be measured first");
    sim->ran = true;
    sim->options = options ? options : &none;
    sim->started_s = dh_wall_s();
    struct cpu_times before = cpu_times();
    const struct dh_scenario *sc = &sim->file.spec;
    const struct dh_record_spec *record = sc->n_records > 0 ? &sc->records[0] : NULL;
    struct dh_recorder_options recording = {
        .path = sim->options->output,
        .version = DH_VERSION,
        .series = (!record || record->series) && !sim->options->no_series,
        .interval_s = record ? record->interval_s : 60,
        .rack_interval_s = record ? record->rack_interval_s : 900,
        .duration_s = sc->horizons[0].end == DH_HORIZON_IDLE ? 0 : sc->horizons[0].duration_s,
        .kind = record ? (enum dh_record_kind)record->kind : DH_RECORD_MEAN,
        .full = record && record->precision == DH_RECORD_FULL};
    struct dh_recorder *recorder = NULL;
    enum dh_err err = DH_OK;
    if (recording.path)
        err = dh_recorder_open(&recorder, &recording, &sim->facility, &sim->file, diag);
    if (err == DH_OK)
        err = run_world(sim, recorder, diag);
    bool ended = err == DH_OK || err == DH_ERR_INTERRUPTED;
    if (ended) {
        dh_summarize(sim, err);
        dh_recorder_jobs(recorder, &sim->world.jobs, sim->world.runs, &sim->facility,
                         dh_world_network_slowdowns(&sim->world));
        record_cloud(sim, recorder);
        dh_recorder_data(recorder, sim->world.data, sim->world.stood, sim->world.jobs.n_job,
                         dh_world_n_own(&sim->world));
        dh_recorder_actions(recorder, sim->world.actions.first_done);
        record_equipment(sim, recorder);
        dh_recorder_summary(recorder, &sim->summary);
        dh_recorder_cash_flow(recorder, &sim->summary);
        dh_recorder_audit(recorder, &sim->audit);
        const struct dh_sample_table *others = dh_replications_table(sim->options->replications);
        if (others)
            dh_recorder_replications(recorder, &others->keys, others->values, others->n_run, dh_sample_seed,
                                     others);
    }
    enum dh_recorder_status status = err == DH_OK ? DH_RECORDER_COMPLETE
                                     : ended      ? DH_RECORDER_INTERRUPTED
                                                  : DH_RECORDER_FAILED;
    enum dh_err closing = dh_recorder_close(recorder, status, sim->has_world ? sim->world.des.now : 0);
    measure(sim, before);
    if (err == DH_OK || (err == DH_ERR_INTERRUPTED && closing != DH_OK))
        err = closing;
    return err;
}

struct dh_performance dh_sim_performance(const struct dh_sim *sim) {
    return sim->performance;
}

const struct dh_summary *dh_sim_summary(const struct dh_sim *sim) {
    return sim->summary.n_entry > 0 ? &sim->summary : NULL;
}
