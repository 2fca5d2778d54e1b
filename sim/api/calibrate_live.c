/* Measuring before a run, and at intervals during it: the kernels that a scenario's work asks most of are
 * timed on the attached device and become the profile "live", live.1, live.2 … */
#include "models/gpu/fit.h"
#include "sim/api/calibrate_samples.h"
#include "sim/api/live.h"
#include "sim/api/live_points.h"
#include "sim/api/probe_error.h"
#include "sim/text.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STANDARD_BUDGET_S 60.0

enum { MAX_PROFILES = 64 };

static const struct dh_place nowhere = {NULL, 0, 0};

struct session {
    const struct dh_live_options *options;
    struct dh_live_work *work;
    const struct dh_gpu_backend *backend; /* that has a device */
    struct dh_gpu_options open;
    struct dh_gpu_info info;
    char why[400]; /* nothing can be measured */
    struct dh_gpu_point *points;
    int32_t n_point;
    char aliases[1024];
    struct dh_scenario_file samples[MAX_PROFILES]; /* own the texts of the profiles */
    struct dh_profile_spec profiles[MAX_PROFILES]; /* stay where they are: a run points to them */
    int32_t n_profile;
    double budget_s;
    struct dh_arena mem;
};

/* ---- the device ---------------------------------------------------------------------------------------- */

static bool is_wanted(const struct session *s, const struct dh_gpu_backend *backend) {
    const char *name = s->options->backend;
    return name && strcmp(name, "auto") != 0 ? strcmp(backend->name, name) == 0 : backend->real;
}

static void on_device(void *self, const struct dh_gpu_backend *backend, int32_t i,
                      const struct dh_gpu_info *info, const char *why) {
    struct session *s = self;
    if (!is_wanted(s, backend) || s->backend)
        return;
    if (info && i == s->options->device) {
        s->backend = backend;
        s->info = *info;
    } else if (!info) {
        size_t n = strlen(s->why);
        snprintf(s->why + n, sizeof s->why - n, "%s%s", n ? "; " : "", why);
    }
}

static enum dh_err find_device(struct session *s, struct dh_diag *diag) {
    s->open = (struct dh_gpu_options){.device = s->options->device, .library_dir = s->options->library_dir};
    dh_gpu_probe_list(&s->open, s, on_device);
    if (s->backend)
        return DH_OK;
    dh_fail(diag, DH_ERR_NO_DEVICE, nowhere, "no device to measure: %s",
            *s->why ? s->why : "there is none of that number");
    dh_diag_hint(diag,
                 "--profile FILE takes a profile that was measured elsewhere; 'datahall calibrate --list' "
                 "shows what is attached");
    return DH_ERR_NO_DEVICE;
}

/* Asked for by the command line alone: the scenario's device that the attached one is. */
static enum dh_err match_device(struct session *s, const struct dh_scenario *sc, struct dh_diag *diag) {
    const struct dh_device_spec *found = dh_gpu_fit_device(sc, s->info.name, s->info.memory_bytes);
    if (found) {
        s->work->targets[s->work->n_target++] = found;
        return DH_OK;
    }
    dh_fail(diag, DH_ERR_VALUE, nowhere, "the attached '%s' is no device of the scenario", s->info.name);
    dh_diag_hint(diag, "to let it stand for one: --set '//device[@id=\"%s\"]/@profile=live'",
                 sc->n_devices > 0 ? sc->devices[0].id : "ID");
    return DH_ERR_VALUE;
}

static enum dh_err choose_points(struct session *s, struct dh_diag *diag) {
    struct dh_gpu *gpu = NULL;
    struct dh_gpu_bench bench = {0};
    char why[320];
    if (s->work->n_call == 0) {
        dh_fail(diag, DH_ERR_VALUE, nowhere, "nothing runs on %s whose kernels could be measured",
                s->work->targets[0]->id);
        dh_diag_hint(diag, "<training> and services with a model are computed from kernels");
        return DH_ERR_VALUE;
    }
    if (s->backend->open(&gpu, &s->open, why, sizeof why) != DH_GPU_OK)
        return dh_fail(diag, DH_ERR_NO_DEVICE, nowhere, "%s", why);
    dh_gpu_bench_init(&bench, s->backend, gpu);
    s->n_point = dh_live_points(&s->points, s->work, &bench, s->info.is_cpu);
    dh_gpu_operands_free(&bench.operands);
    s->backend->close(gpu);
    return s->n_point >= 0 ? DH_OK : dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
}

/* ---- one measurement ----------------------------------------------------------------------------------- */

static bool stopped(void *self) {
    const struct session *s = self;
    return s->options->stop && *s->options->stop != 0;
}

static void tell(void *self, const struct dh_gpu_progress *p) {
    const struct session *s = self;
    if (s->options->progress)
        s->options->progress(s->options->self, p->share, p->what);
}

static enum dh_err probe(struct session *s, const char *path, struct dh_diag *diag) {
    char message[400];
    struct dh_gpu_probe_result result = {0};
    struct dh_gpu_probe_options options = {
        .backend = s->backend->name,
        .device = s->options->device,
        .library_dir = s->options->library_dir,
        .budget_s = s->budget_s,
        .output = path,
        .tool = DH_VERSION,
        .points = s->points,
        .n_point = s->n_point,
        .self = s,
        .stop = stopped,
        .progress = tell,
    };
    enum dh_gpu_probe_status status = dh_gpu_probe_run(&options, &result, message, sizeof message);
    if (status != DH_GPU_PROBE_OK)
        return dh_probe_failed(status, status == DH_GPU_PROBE_STOPPED ? "stopped while measuring" : message,
                               diag);
    if (result.end == DH_GPU_BROKEN)
        dh_warn(diag, DH_ERR_W_DATA, nowhere, "%s", message);
    if (result.wrong > 0)
        dh_warn(diag, DH_ERR_W_DATA, nowhere, "%d of %d results were not right; they were left out",
                (int)result.wrong, (int)result.samples);
    return DH_OK;
}

/* A folder of our own for the file of samples; path gets the file's name in it. */
static enum dh_err begin_file(char *folder, char *path, size_t room, struct dh_diag *diag) {
    const char *base = getenv("TMPDIR");
    snprintf(folder, room, "%s/datahall-live-XXXXXX", base && *base == '/' ? base : "/tmp");
    if (!mkdtemp(folder))
        return dh_fail(diag, DH_ERR_IO, nowhere, "%s cannot be made", folder);
    snprintf(path, room + 32, "%s/samples.xml", folder);
    return DH_OK;
}

/* Measures, fits, and adds the profile; *profile is in s until it ends. */
static enum dh_err add_profile(struct session *s, double at_s, const struct dh_profile_spec **profile,
                               struct dh_diag *diag) {
    char folder[480], path[512], part[520], id[32] = "live", sha256[DH_SHA256_HEX];
    if (s->n_profile == MAX_PROFILES)
        return dh_fail(diag, DH_ERR_RANGE, nowhere, "more than %d measurements of one run",
                       (int)s->n_profile);
    DH_TRY(begin_file(folder, path, sizeof folder, diag));
    enum dh_err err = probe(s, path, diag);
    struct dh_scenario_file *file = &s->samples[s->n_profile];
    const struct dh_samples_spec *samples = NULL;
    if (err == DH_OK)
        err = dh_samples_read(file, path, &samples, sha256, diag);
    unlink(path);
    snprintf(part, sizeof part, "%s.part", path);
    unlink(part);
    rmdir(folder);
    if (s->n_profile > 0)
        snprintf(id, sizeof id, "live.%d", (int)s->n_profile);
    struct dh_gpu_fit_options options = {.id = dh_arena_strdup(&s->mem, id),
                                         .sha256 = err == DH_OK ? dh_arena_strdup(&s->mem, sha256) : NULL};
    /* constants are shares of the datasheet only where the device is the one that it stands for */
    struct dh_scenario one = {.devices = (struct dh_device_spec *)s->work->targets[0], .n_devices = 1};
    if (s->work->n_target == 1 && dh_gpu_fit_device(&one, s->info.name, s->info.memory_bytes))
        options.device = s->work->targets[0];
    struct dh_gpu_fit_result *fit = calloc(1, sizeof *fit);
    if (err == DH_OK && !fit)
        err = dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    if (err == DH_OK)
        err = dh_gpu_fit(samples, &options, &s->mem, fit, diag);
    if (err == DH_OK) {
        struct dh_profile_spec *p = &s->profiles[s->n_profile++];
        *p = fit->profile;
        p->aliases = s->aliases;
        p->at_s = at_s;
        p->follows = at_s > 0 ? "live" : NULL;
        *profile = p;
    }
    free(fit);
    return err;
}

static enum dh_err measure_again(void *self, double at_s, const struct dh_profile_spec **profile,
                                 struct dh_diag *diag) {
    return add_profile(self, at_s, profile, diag);
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

static enum dh_err read_duration(const char *text, const char *what, double standard, double *s,
                                 struct dh_diag *diag) {
    *s = standard;
    if (!text)
        return DH_OK;
    if (dh_quantity_parse(text, strlen(text), DH_DIM_DURATION, s, NULL, nowhere) == DH_OK && *s > 0)
        return DH_OK;
    dh_fail(diag, DH_ERR_USAGE, nowhere, "%s \"%s\" is not a duration", what, text);
    dh_diag_hint(diag, "like \"60 s\" or \"5 min\"");
    return DH_ERR_USAGE;
}

static void list_aliases(struct session *s) {
    for (int32_t i = 0; i < s->work->n_target; i++) {
        size_t n = strlen(s->aliases);
        snprintf(s->aliases + n, sizeof s->aliases - n, "%s%s", n ? " " : "", s->work->targets[i]->id);
    }
}

static enum dh_err write_text(const struct session *s, char **text, struct dh_diag *diag) {
    struct dh_text out = {0};
    enum dh_err err = dh_write_profiles(s->profiles, s->n_profile, &out);
    *text = err == DH_OK ? strdup(out.at) : NULL;
    dh_text_free(&out);
    return *text ? DH_OK : dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
}

/* The run by which the later measurements come at their times; what it computes is thrown away, since the run
 * that follows has all profiles from its beginning. */
static enum dh_err measure_during(struct session *s, const char *path,
                                  const struct dh_scenario_changes *changes, double every_s,
                                  struct dh_diag *diag) {
    char *first = NULL;
    struct dh_sim *sim = NULL;
    struct dh_live live = {.every_s = every_s, .measure = measure_again, .self = s};
    struct dh_run_options run = {.no_series = 1, .stop = s->options->stop};
    struct dh_scenario_changes with = *changes;
    DH_TRY(write_text(s, &first, diag));
    with.live = first;
    enum dh_err err = dh_sim_open(&sim, path, &with, diag);
    if (err == DH_OK) {
        sim->live = &live;
        err = dh_sim_run(sim, &run, diag);
    }
    dh_sim_close(sim);
    free(first);
    return err;
}

/* Before hours are spent on those that fit. A run until all is done may end before its horizon. */
static enum dh_err check_count(const struct dh_scenario *sc, double every_s, struct dh_diag *diag) {
    const struct dh_horizon_spec *horizon = &sc->horizons[0];
    if (!(every_s > 0) || horizon->end == DH_HORIZON_IDLE || horizon->duration_s / every_s < MAX_PROFILES)
        return DH_OK;
    dh_fail(diag, DH_ERR_RANGE, nowhere, "%.0f measurements during a run are more than %d",
            floor(horizon->duration_s / every_s), MAX_PROFILES - 1);
    dh_diag_hint(diag, "--calibrate-every \"%.0f h\" is seldom enough",
                 ceil(horizon->duration_s / MAX_PROFILES / 3600 + 1e-9));
    return DH_ERR_RANGE;
}

static enum dh_err measure_all(struct session *s, const char *path, const struct dh_scenario_changes *changes,
                               struct dh_diag *diag) {
    struct dh_sim *sim = NULL;
    struct dh_scenario_changes later = *changes;
    double every_s;
    const struct dh_profile_spec *first;
    later.live_later = 1;
    DH_TRY(read_duration(s->options->budget, "--budget", STANDARD_BUDGET_S, &s->budget_s, diag));
    DH_TRY(read_duration(s->options->every, "--calibrate-every", 0, &every_s, diag));
    struct dh_diag *quiet = dh_diag_new(); /* its warnings come again when it is opened to run */
    enum dh_err err = dh_sim_open(&sim, path, &later, quiet);
    if (err != DH_OK)
        err = dh_sim_open(&sim, path, &later, diag); /* once more, to say why */
    dh_diag_delete(quiet);
    if (err != DH_OK)
        return err;
    err = check_count(&sim->file.spec, every_s, diag);
    dh_live_targets(s->work, &sim->file.spec);
    if (err == DH_OK && (s->work->n_target > 0 || s->options->always)) {
        err = find_device(s, diag);
        if (err == DH_OK && s->work->n_target == 0)
            err = match_device(s, &sim->file.spec, diag);
        if (err == DH_OK) {
            dh_live_gather(s->work, sim);
            list_aliases(s);
            err = choose_points(s, diag);
        }
        if (err == DH_OK)
            err = add_profile(s, 0, &first, diag);
        if (err == DH_OK && every_s > 0)
            err = measure_during(s, path, changes, every_s, diag);
    }
    dh_sim_close(sim);
    return err;
}

enum dh_err dh_calibrate_live(const char *path, const struct dh_scenario_changes *changes,
                              const struct dh_live_options *options, char **profiles, struct dh_diag *diag) {
    static const struct dh_scenario_changes none = {0};
    static const struct dh_live_options standard = {0};
    struct session *s = calloc(1, sizeof *s);
    *profiles = NULL;
    if (s)
        s->work = calloc(1, sizeof *s->work);
    enum dh_err err = s && s->work ? DH_OK : dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    if (err == DH_OK) {
        s->options = options ? options : &standard;
        err = measure_all(s, path, changes ? changes : &none, diag);
    }
    if (err == DH_OK && s->n_profile > 0)
        err = write_text(s, profiles, diag);
    for (int32_t i = 0; s && i < MAX_PROFILES; i++)
        dh_scenario_free(&s->samples[i]);
    if (s) {
        dh_arena_free(&s->mem);
        free(s->points);
        free(s->work);
    }
    free(s);
    return err;
}
