/* datahall run: simulate, keep the result, print the report. */
#include "sim/app/show.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum progress_form { PROGRESS_NONE, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_JSON };

struct watch {
    enum progress_form form;
    double shown_s;   /* wall time of the last line */
    int tenths_shown; /* tenths of the run that have a line */
    bool bar_shown;
};

/* "1 h 05 min": what is left, to the precision that is meant. */
static void format_left(char *text, size_t room, double s) {
    if (!isfinite(s) || s > 1e7)
        snprintf(text, room, "-");
    else if (s < 60)
        snprintf(text, room, "%.0f s", s);
    else if (s < 3600)
        snprintf(text, room, "%d min %02d s", (int)s / 60, (int)s % 60);
    else
        snprintf(text, room, "%d h %02d min", (int)s / 3600, (int)s % 3600 / 60);
}

static void print_status(const struct dh_progress *p, const char *before, const char *after) {
    char left[32];
    format_left(left, sizeof left, p->fraction > 0 ? p->wall_s * (1 - p->fraction) / p->fraction : NAN);
    fprintf(stderr, "%s%5.1f %%  day %.2f  %" PRId64 " events  %.2g events/s  ETA %s%s", before,
            100 * p->fraction, p->simulated_s / 86400, p->events,
            p->wall_s > 0 ? (double)p->events / p->wall_s : 0.0, left, after);
}

static void on_progress(void *self, const struct dh_progress *p) {
    struct watch *watch = self;
    if (app_status) {
        app_status = 0;
        print_status(p, watch->bar_shown ? "\r\033[K" : "", "\n");
    }
    switch (watch->form) {
    case PROGRESS_NONE:
        break;
    case PROGRESS_BAR:
        if (p->wall_s - watch->shown_s < 0.1)
            break;
        watch->shown_s = p->wall_s;
        watch->bar_shown = true;
        char bar[32] = "[                    ] ";
        for (int i = 0; i < 20 && i < (int)(20 * p->fraction); i++)
            bar[1 + i] = '#';
        fputs("\r\033[K", stderr);
        print_status(p, bar, "");
        break;
    case PROGRESS_LINES:
        if ((int)(10 * p->fraction) <= watch->tenths_shown)
            break;
        watch->tenths_shown = (int)(10 * p->fraction);
        print_status(p, "", "\n");
        break;
    case PROGRESS_JSON:
        if (p->wall_s - watch->shown_s < 0.5 && p->fraction < 1)
            break;
        watch->shown_s = p->wall_s;
        fprintf(stderr,
                "{\"fraction\": %.6f, \"simulated_s\": %.3f, \"wall_s\": %.3f, \"events\": %" PRId64
                ", \"events_per_s\": %.0f, \"eta_s\": %.1f}\n",
                p->fraction, p->simulated_s, p->wall_s, p->events,
                p->wall_s > 0 ? (double)p->events / p->wall_s : 0.0,
                p->fraction > 0 ? p->wall_s * (1 - p->fraction) / p->fraction : 0.0);
        break;
    }
}

static enum progress_form progress_form(const struct cli *cli) {
    const char *when = cli_value(cli, "progress");
    if (when && strcmp(when, "json") == 0)
        return PROGRESS_JSON;
    if (when && strcmp(when, "never") == 0)
        return PROGRESS_NONE;
    const char *term = getenv("TERM");
    bool terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
    if (when && strcmp(when, "always") == 0)
        return terminal ? PROGRESS_BAR : PROGRESS_LINES;
    if (cli_flag(cli, "quiet"))
        return PROGRESS_NONE;
    return terminal ? PROGRESS_BAR : PROGRESS_LINES;
}

static const char *human_bytes(char room[static 32], double bytes) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    int u = 0;
    for (; bytes >= 999.5 && u < 4; u++)
        bytes /= 1000;
    snprintf(room, 32, "%.*f %s", u == 0 ? 0 : 1, bytes, units[u]);
    return room;
}

static int dry_run(const struct dh_sim *sim) {
    struct dh_estimate e = dh_sim_estimate(sim);
    char memory[32], result[32];
    fputs(dh_sim_effective_xml(sim), stdout);
    fprintf(stderr,
            "%s: %.2f d simulated, %" PRId64 " racks, %" PRId64 " nodes, %" PRId64 " GPUs, about %" PRId64
            " jobs, %" PRId64 " requests one by one, %" PRId64 " plant steps\n"
            "memory about %s, result about %s, effective scenario SHA-256 %s\n",
            dh_sim_name(sim), e.duration_s / 86400, e.racks, e.nodes, e.gpus, e.jobs, e.requests,
            e.plant_steps, human_bytes(memory, e.memory_bytes), human_bytes(result, e.result_bytes),
            dh_sim_sha256(sim));
    return 0;
}

/* "a.h5" to "a.perf.json". The caller frees it. */
static char *perf_path(const char *output) {
    size_t n = strlen(output);
    if (n > 3 && strcmp(output + n - 3, ".h5") == 0)
        n -= 3;
    char *path = malloc(n + sizeof ".perf.json");
    if (path) {
        memcpy(path, output, n);
        memcpy(path + n, ".perf.json", sizeof ".perf.json");
    }
    return path;
}

static void write_perf(const char *output, const struct dh_performance *p, const struct cli *cli) {
    char *path = perf_path(output), host[256] = "", when[32] = "";
    if (!path)
        return;
    time_t now = time(NULL);
    struct tm utc;
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    gethostname(host, sizeof host - 1);
    FILE *out = fopen(path, "w");
    if (!out) {
        fprintf(stderr, "datahall: warning: %s: %s\n", path, strerror(errno));
        free(path);
        return; /* the result itself is complete */
    }
    const char *threads = cli_value(cli, "threads");
    fprintf(out,
            "{\n  \"wall_s\": %.6f,\n  \"cpu_s\": %.6f,\n  \"run_cpu_s\": %.6f,\n  \"events\": %" PRId64
            ",\n  \"events_per_s\": %.1f,\n  \"peak_rss_bytes\": %" PRId64
            ",\n  \"threads\": %s,\n  \"finished\": \"%s\",\n"
            "  \"version\": \"%s\",\n  \"host\": ",
            p->wall_s, p->cpu_s, p->run_cpu_s, p->events, p->events_per_s, p->peak_rss_bytes,
            threads ? threads : "1", when, dh_version());
    app_json_string(out, host);
    fputs(",\n  \"scenario\": ", out);
    app_json_string(out, cli->arguments[0]);
    fputs(",\n  \"options\": [", out);
    for (int i = 0; i < cli->n_value; i++) {
        fputs(i ? ", [" : "[", out);
        app_json_string(out, cli->values[i].name);
        fputs(", ", out);
        app_json_string(out, cli->values[i].value);
        fputs("]", out);
    }
    fputs("]\n}\n", out);
    bool failed = ferror(out) != 0;
    failed |= fclose(out) != 0;
    if (failed)
        fprintf(stderr, "datahall: warning: %s: %s\n", path, strerror(errno));
    free(path);
}

/* Where the result is and what a newcomer may want next, as commands that work as printed. */
static void print_way_on(const struct dh_summary *summary, const char *output, const struct cli *cli) {
    const char *me = app_program;
    char command[4][512];
    double less_kw = 0.9 * dh_summary_value(summary, "energy.peak_facility_kw");
    snprintf(command[0], sizeof *command, "%s report %s --full", me, output);
    snprintf(command[1], sizeof *command, "%s export %s jobs", me, output);
    snprintf(command[2], sizeof *command, "%s info %s", me, output);
    fprintf(stderr,
            "result: %s\n  every assumption, balance and source   %s\n  every job as CSV                     "
            "  %s\n"
            "  what else it holds, for notebooks too  %s\n",
            output, command[0], command[1], command[2]);
    if (isnan(less_kw) || cli->n_value > 0) /* who gave options knows how to */
        return;
    bool is_long = dh_summary_value(summary, "scenario.duration_s") > 30 * 86400.0;
    snprintf(command[3], sizeof *command, "%s run %s --set '//utility/@rated=%.3g %s'%s -o less-power.h5", me,
             cli->arguments[0], less_kw >= 1000 ? less_kw / 1000 : less_kw, less_kw >= 1000 ? "MW" : "kW",
             is_long ? " --until '30 d'" : "");
    fprintf(stderr, "and with a tenth less power than it drew at most%s:\n  %s\n",
            is_long ? ", a month of it" : "", command[3]);
}

/* Reports what came out: JSON or report on standard output, limits and the way on to standard error. */
static enum dh_err print_outcome(const struct dh_sim *sim, const char *output, const struct cli *cli,
                                 struct dh_diag *diag) {
    const struct dh_summary *summary = dh_sim_summary(sim);
    struct dh_performance performance = dh_sim_performance(sim);
    enum dh_err err = DH_OK;
    if (!summary)
        return DH_OK;
    if (cli_flag(cli, "json")) {
        err = dh_summary_json(summary, &performance, app_write, stdout, diag);
    } else if (!cli_flag(cli, "quiet")) {
        struct dh_report_options report = {.color = app_color(cli, stdout)};
        err = dh_summary_report(summary, &report, app_write, stdout, diag);
    }
    if (err == DH_OK && !cli_flag(cli, "quiet")) {
        char memory[32];
        fflush(stdout);
        fprintf(stderr, "\n%.2f s, %.2f s of processor time, %" PRId64 " events, %s of memory\n",
                performance.wall_s, performance.cpu_s, performance.events,
                human_bytes(memory, (double)performance.peak_rss_bytes));
        if (output)
            print_way_on(summary, output, cli);
    }
    const char *limits[CLI_MAX_VALUE];
    int n_limit = cli_values(cli, "fail-if", limits, CLI_MAX_VALUE);
    for (int i = 0; i < n_limit; i++) {
        enum dh_err crossed = dh_limit_crossed(summary, limits[i], diag);
        if (err == DH_OK || (err == DH_ERR_LIMIT_CROSSED && crossed != DH_OK))
            err = crossed;
    }
    return err;
}

/* A whole number from low to high; low where there is no text. */
static bool number_valid(const char *text, long low, long high, int32_t *number) {
    char *end;
    errno = 0;
    long n = text ? strtol(text, &end, 10) : low;
    *number = (int32_t)n;
    return !text || (errno == 0 && end != text && !*end && n >= low && n <= high);
}

enum { N_YEAR = 3 };

/* The scenario in its extreme years, nothing kept but a few figures. Their warnings were said already. */
static enum dh_err run_years(struct dh_year_figures years[N_YEAR], const struct cli *cli,
                             const struct dh_scenario_changes *changes, const struct dh_run_options *base,
                             struct dh_diag *diag) {
    static const char *const names[N_YEAR] = {"hot", "cold", "design-day"};
    const char *sets[CLI_MAX_VALUE + 1];
    for (int i = 0; i < N_YEAR; i++) {
        char set[64];
        struct dh_sim *sim = NULL;
        struct dh_scenario_changes other = *changes;
        struct dh_run_options options = {.no_series = 1, .threads = base->threads, .stop = base->stop};
        memcpy(sets, changes->sets, (size_t)changes->n_set * sizeof *sets);
        snprintf(set, sizeof set, "//climate/@year=%s", names[i]);
        sets[changes->n_set] = set;
        other.sets = sets;
        other.n_set++;
        struct dh_diag *quiet = dh_diag_new();
        enum dh_err err = quiet ? dh_sim_open(&sim, cli->arguments[0], &other, quiet) : DH_ERR_MEMORY;
        dh_diag_delete(quiet);
        if (err != DH_OK && err != DH_ERR_MEMORY)
            err = dh_sim_open(&sim, cli->arguments[0], &other, diag); /* once more, to say why */
        if (err == DH_OK)
            err = dh_sim_run(sim, &options, diag);
        const struct dh_summary *s = err == DH_OK ? dh_sim_summary(sim) : NULL;
        if (s)
            years[i] = (struct dh_year_figures){names[i],
                                                dh_summary_value(s, "energy.peak_facility_kw"),
                                                dh_summary_value(s, "energy.peak_it_kw"),
                                                dh_summary_value(s, "energy.pue"),
                                                dh_summary_value(s, "energy.pue_max"),
                                                dh_summary_value(s, "energy.water_m3"),
                                                dh_summary_value(s, "thermal.throttled_gpu_h"),
                                                dh_summary_value(s, "thermal.max_dry_bulb_degc")};
        dh_sim_close(sim);
        if (err != DH_OK)
            return err;
    }
    return DH_OK;
}

static void on_measure(void *self, double share, const char *what) {
    struct watch *watch = self;
    if (watch->form == PROGRESS_BAR) {
        fprintf(stderr, "\r\033[Kmeasuring %3.0f %%  %.60s", 100 * share, what);
        watch->bar_shown = true;
    }
}

static enum dh_err keep_profile(const char *path, const char *text) {
    FILE *out = fopen(path, "w");
    bool good = out && fputs(text, out) >= 0;
    good = out && fclose(out) == 0 && good;
    if (!good)
        fprintf(stderr, "datahall: error: %s: %s\n", path, strerror(errno));
    return good ? DH_OK : DH_ERR_IO;
}

/* Measures what is to be measured before the run; *text is what came out, or NULL. */
static enum dh_err measure_first(const struct cli *cli, const struct dh_scenario_changes *changes,
                                 int32_t device, struct watch *watch, char **text, struct dh_diag *diag) {
    const char *keep = cli_value(cli, "keep-profile");
    struct dh_live_options live = {
        .always = cli_flag(cli, "calibrate-live") || cli_value(cli, "calibrate-every"),
        .backend = cli_value(cli, "backend"),
        .device = device,
        .library_dir = cli_value(cli, "cuda-lib"),
        .budget = cli_value(cli, "budget"),
        .every = cli_value(cli, "calibrate-every"),
        .stop = &app_stop,
        .progress = on_measure,
        .self = watch,
    };
    enum dh_err err = dh_calibrate_live(cli->arguments[0], changes, &live, text, diag);
    if (watch->bar_shown)
        fputs("\r\033[K", stderr);
    watch->bar_shown = false;
    if (err == DH_OK && *text && keep)
        err = keep_profile(keep, *text);
    return err;
}

/* "KEY:2 %" or "KEY:0.5": the key lives in room. */
static bool precision_valid(const char *text, char room[static 128], struct dh_replication_options *o) {
    const char *colon = text ? strrchr(text, ':') : NULL;
    char *end = NULL;
    if (!text)
        return true;
    if (!colon || colon == text || (size_t)(colon - text) >= 128)
        return false;
    memcpy(room, text, (size_t)(colon - text));
    room[colon - text] = '\0';
    o->precision_key = room;
    o->precision = strtod(colon + 1, &end);
    while (*end == ' ')
        end++;
    o->relative = *end == '%';
    o->precision /= o->relative ? 100 : 1;
    return end != colon + 1 && end[o->relative] == '\0' && o->precision > 0 && isfinite(o->precision);
}

static void on_replication(void *self, int32_t done, int32_t n) {
    struct watch *watch = self;
    if (watch->form == PROGRESS_BAR) {
        fprintf(stderr, "\r\033[Krun %d of %d", (int)done, (int)n);
        watch->bar_shown = true;
    }
}

static enum dh_err print_replications(const struct dh_replications *r, const struct cli *cli,
                                      struct dh_diag *diag) {
    if (cli_flag(cli, "json"))
        return dh_replications_json(r, app_write, stdout, diag);
    return cli_flag(cli, "quiet") ? DH_OK : dh_replications_report(r, app_write, stdout, diag);
}

/* All runs but their series; *r is what they came to, NULL where none were asked for. */
static enum dh_err replicate(struct dh_replications **r, const struct cli *cli,
                             const struct dh_scenario_changes *changes, struct dh_replication_options *o,
                             const char *output, struct watch *watch, struct dh_diag *diag) {
    *r = NULL;
    if (!cli_value(cli, "replications"))
        return DH_OK;
    o->stop = &app_stop;
    o->antithetic = cli_flag(cli, "antithetic");
    char *folder = o->n_rank > 1 ? app_ranks_folder(output ? output : "datahall") : NULL;
    if (o->n_rank > 1 && !folder)
        return DH_ERR_MEMORY;
    o->folder = folder;
    o->progress = on_replication;
    o->self = watch;
    dh_diag_clear(diag); /* what it holds is said already, and comes again */
    enum dh_err err = dh_replicate(r, cli->arguments[0], changes, o, diag);
    free(folder);
    if (err == DH_OK)
        dh_diag_clear(diag);
    if (watch->bar_shown)
        fputs("\r\033[K", stderr);
    watch->bar_shown = false;
    return err;
}

int cmd_run(const struct cli *cli) {
    const char *params[CLI_MAX_VALUE], *sets[CLI_MAX_VALUE], *jobs[CLI_MAX_VALUE], *limits[CLI_MAX_VALUE];
    const char *trips[CLI_MAX_VALUE], *profiles[CLI_MAX_VALUE];
    struct dh_scenario_changes changes = {
        .params = params,
        .n_param = cli_values(cli, "param", params, CLI_MAX_VALUE),
        .sets = sets,
        .n_set = cli_values(cli, "set", sets, CLI_MAX_VALUE),
        .jobs = jobs,
        .n_job_log = cli_values(cli, "jobs", jobs, CLI_MAX_VALUE),
        .trips = trips,
        .n_trip = cli_values(cli, "trip", trips, CLI_MAX_VALUE),
        .events = cli_value(cli, "events"),
        .profiles = profiles,
        .n_profile = cli_values(cli, "profile", profiles, CLI_MAX_VALUE),
        .seed = cli_value(cli, "seed"),
        .until = cli_value(cli, "until"),
    };
    struct watch watch = {.form = progress_form(cli), .shown_s = -1};
    struct dh_run_options options = {
        .no_series = cli_flag(cli, "no-series"), .stop = &app_stop, .progress = on_progress, .self = &watch};
    if (!number_valid(cli_value(cli, "threads"), 1, 1024, &options.threads))
        return app_usage("--threads is a number from 1 to 1024, not '%s'", cli_value(cli, "threads"));
    int32_t device;
    if (!number_valid(cli_value(cli, "device"), 0, 1000, &device))
        return app_usage("--device is a number from 0 to 1000, not '%s'", cli_value(cli, "device"));
    char key[128];
    struct dh_replication_options replication = {0};
    struct dh_replications *others = NULL;
    if (!number_valid(cli_value(cli, "replications"), 2, 1000000, &replication.n))
        return app_usage("--replications is a number from 2 to 1000000, not '%s'",
                         cli_value(cli, "replications"));
    if (!number_valid(cli_value(cli, "workers"), 1, 1024, &replication.workers))
        return app_usage("-j is a number from 1 to 1024, not '%s'", cli_value(cli, "workers"));
    if (!precision_valid(cli_value(cli, "precision"), key, &replication))
        return app_usage("--precision is KEY:WIDTH, as \"cost.total:1 %%\", not '%s'",
                         cli_value(cli, "precision"));
    struct show show = {.close = cli_flag(cli, "close")};
    if (!app_ranks(&replication.rank, &replication.n_rank))
        return app_usage("the environment's rank makes no sense");
    struct dh_sim *sim = NULL;
    struct dh_diag *diag = dh_diag_new();
    char *name = NULL, *part = NULL, *live = NULL;
    enum dh_err err = diag ? DH_OK : DH_ERR_MEMORY;
    int n_limit = cli_values(cli, "fail-if", limits, CLI_MAX_VALUE);
    for (int i = 0; i < n_limit && err == DH_OK; i++)
        err = dh_limit_check(limits[i], diag); /* before a year is simulated for nothing */
    if (err == DH_OK)
        app_catch_signals();
    bool measures = cli_flag(cli, "calibrate-live") || cli_value(cli, "calibrate-every");
    changes.live_later = 1;
    if (err == DH_OK && !measures) {
        err = dh_sim_open(&sim, cli->arguments[0], &changes, diag);
        measures = err == DH_OK && dh_sim_unmeasured(sim) && !cli_flag(cli, "dry-run");
    }
    if (err == DH_OK && measures) {
        dh_sim_close(sim);
        sim = NULL;
        dh_diag_clear(diag); /* its warnings come again */
        err = measure_first(cli, &changes, device, &watch, &live, diag);
        changes.live = live;
        if (err == DH_OK)
            err = dh_sim_open(&sim, cli->arguments[0], &changes, diag);
    }
    if (err != DH_OK)
        goto out;
    app_print_diag(diag, cli); /* warnings come before the work */
    if (cli_flag(cli, "dry-run")) {
        dry_run(sim);
        goto out;
    }
    options.output = cli_value(cli, "output");
    if (!options.output && !cli_flag(cli, "no-output")) {
        size_t room = strlen(dh_sim_name(sim)) + 32;
        name = malloc(room);
        if (!name) {
            err = DH_ERR_MEMORY;
            goto out;
        }
        snprintf(name, room, "%s-%" PRId64 ".h5", dh_sim_name(sim), dh_sim_seed(sim));
        options.output = name;
    }
    struct dh_year_figures years[N_YEAR];
    if (cli_flag(cli, "extremes")) {
        err = run_years(years, cli, &changes, &options, diag);
        if (err != DH_OK)
            goto out;
        options.years = years;
        options.n_year = N_YEAR;
    }
    err = replicate(&others, cli, &changes, &replication, options.output, &watch, diag);
    if (err != DH_OK || replication.rank > 0) /* rank 0 has the result */
        goto out;
    options.replications = others;
    err =
        cli_flag(cli, "view") ? show_run(&show, sim, &options, false, diag) : dh_sim_run(sim, &options, diag);
    if (watch.bar_shown)
        fputs("\r\033[K", stderr);
    if (err == DH_OK || err == DH_ERR_INTERRUPTED) {
        if (err == DH_ERR_INTERRUPTED && options.output)
            part = app_left_as_part(options.output);
        if (options.output && !part) {
            struct dh_performance performance = dh_sim_performance(sim);
            write_perf(options.output, &performance, cli);
        }
        enum dh_err told = others ? print_replications(others, cli, diag)
                                  : print_outcome(sim, part ? part : options.output, cli, diag);
        if (err == DH_OK)
            err = told;
        else if (app_stop == SIGTERM)
            err = DH_ERR_TERMINATED;
        if (part)
            app_tell_part(options.output, part);
    }
out:
    dh_replications_delete(others);
    dh_sim_close(sim);
    free(name);
    free(part);
    free(live);
    return show_finish(&show, diag, err, cli);
}
