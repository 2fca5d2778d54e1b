/* datahall view: the live view of a scenario, the replay of a result, and pictures of either. */
#include "sim/app/show.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool is_scenario(const char *path) {
    size_t n = strlen(path);
    return n > 4 && strcmp(path + n - 4, ".xml") == 0;
}

/* ---- results
 * -----------------------------------------------------------------------------------------------
 */

enum { MAX_RESULTS = 2 };

static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A result, or what a run has written of it so far. A run that has only just made its file is waited for; one
 * that gives it its final name meanwhile is followed there. */
static enum dh_err open_one(struct dh_sim **sim, struct dh_source **source, struct dh_result_host *host,
                            const char *path, struct dh_diag *diag) {
    enum { TRIES = 20, NAP_NS = 100000000 };
    char room[4096];
    for (int i = 1;; i++) {
        struct dh_result_look look;
        const char *draft = dh_result_draft(path, room, sizeof room);
        enum dh_err err = dh_sim_open_result(sim, draft, diag);
        if (err == DH_OK)
            err = dh_source_open_follow(source, host, draft, dh_sim_facility(*sim), diag);
        bool moves =
            (dh_result_look(draft, &look) && look.written) || (draft == room && access(path, F_OK) == 0);
        if (err == DH_OK || !moves || i == TRIES || app_stop)
            return err;
        dh_sim_close(*sim);
        *sim = NULL;
        dh_diag_clear(diag);
        nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
    }
}

static enum dh_err replay(struct show *show, char *const *paths, int n, struct dh_diag *diag) {
    struct dh_sim *sims[MAX_RESULTS] = {0};
    struct dh_source *sources[MAX_RESULTS] = {0};
    struct dh_view *view = NULL;
    struct dh_result_host *host = NULL;
    enum dh_err err = dh_result_host_start(&host); /* a window may bring threads along */
    for (int i = 0; i < n && err == DH_OK; i++) {
        err = open_one(&sims[i], &sources[i], host, paths[i], diag);
        if (err == DH_OK && n > 1)
            sources[i]->name = file_name(paths[i]); /* variants of one scenario often have one name */
    }
    if (err == DH_OK)
        dh_diag_clear(diag); /* the run has warned already */
    if (err == DH_OK)
        err = dh_view_open(&view, sources, n);
    if (err == DH_OK)
        err = show_is_headless(show) ? show_pictures(show, view) : show_window(show, view, sources[0]->name);
    dh_view_close(view);
    for (int i = 0; i < n; i++) {
        dh_source_close(sources[i]);
        dh_sim_close(sims[i]);
    }
    dh_result_host_stop(host);
    return err;
}

/* ---- a scenario
 * --------------------------------------------------------------------------------------------
 */

/* A folder for a result that nobody asked to keep; what lies in it is what the window looks back into. */
struct scratch {
    char folder[64], file[96];
};

static enum dh_err make_scratch(struct scratch *s) {
    const char *tmp = getenv("TMPDIR");
    snprintf(s->folder, sizeof s->folder, "%.40s/datahall-XXXXXX",
             tmp && *tmp && strlen(tmp) <= 40 ? tmp : "/tmp");
    if (!mkdtemp(s->folder)) {
        fprintf(stderr, "datahall: error: %s: %s [%s]\n", s->folder, strerror(errno), dh_err_code(DH_ERR_IO));
        s->folder[0] = '\0';
        return DH_ERR_IO;
    }
    snprintf(s->file, sizeof s->file, "%s/view.h5", s->folder);
    return DH_OK;
}

static void remove_scratch(const struct scratch *s) {
    char part[112];
    if (!s->folder[0])
        return;
    snprintf(part, sizeof part, "%s.part", s->file);
    unlink(s->file);
    unlink(part);
    rmdir(s->folder);
}

static enum dh_err watch(struct show *show, const struct cli *cli, struct dh_diag *diag) {
    const char *params[CLI_MAX_VALUE], *sets[CLI_MAX_VALUE], *trips[CLI_MAX_VALUE];
    struct dh_scenario_changes changes = {.params = params,
                                          .n_param = cli_values(cli, "param", params, CLI_MAX_VALUE),
                                          .sets = sets,
                                          .n_set = cli_values(cli, "set", sets, CLI_MAX_VALUE),
                                          .trips = trips,
                                          .n_trip = cli_values(cli, "trip", trips, CLI_MAX_VALUE),
                                          .events = cli_value(cli, "events"),
                                          .seed = cli_value(cli, "seed"),
                                          .until = cli_value(cli, "until")};
    struct scratch scratch = {0};
    struct dh_sim *sim = NULL;
    struct dh_run_options options = {.output = cli_value(cli, "output"), .stop = &app_stop};
    enum dh_err err = dh_sim_open(&sim, cli->arguments[0], &changes, diag);
    if (err == DH_OK)
        app_print_diag(diag, cli);
    if (err == DH_OK && !options.output) {
        err = make_scratch(&scratch);
        options.output = scratch.file;
    }
    if (err == DH_OK && !show_is_headless(show))
        err = show_run(show, sim, &options, true, diag);
    else if (err == DH_OK)
        err = dh_sim_run(sim, &options, diag);
    dh_sim_close(sim);
    bool ran = err == DH_OK || err == DH_ERR_INTERRUPTED || show->lost;
    char *part = ran && !scratch.folder[0] ? app_left_as_part(options.output) : NULL;
    if (part)
        app_tell_part(options.output, part);
    free(part);
    if (err == DH_OK && show_is_headless(show)) {
        char *paths[1] = {(char *)options.output};
        err = replay(show, paths, 1, diag);
    }
    remove_scratch(&scratch);
    return err;
}

int cmd_view(const struct cli *cli) {
    struct show show;
    int usage = show_read(&show, cli);
    bool runs = is_scenario(cli->arguments[0]);
    if (usage)
        return usage;
    if (cli->n_argument > 1 && (runs || is_scenario(cli->arguments[1])))
        return app_usage("two files side by side are results; run the scenario first");
    if (!runs && (cli_value(cli, "output") || cli_value(cli, "set") || cli_value(cli, "param") ||
                  cli_value(cli, "seed") || cli_value(cli, "until") || cli_value(cli, "trip") ||
                  cli_value(cli, "events") || cli_value(cli, "pace")))
        return app_usage("%s is a result: -o, --param, --set, --seed, --until, --trip, --events and --pace "
                         "are for scenarios",
                         cli->arguments[0]);
    struct dh_diag *diag = dh_diag_new();
    enum dh_err err = diag ? DH_OK : DH_ERR_MEMORY;
    app_catch_signals();
    if (err == DH_OK)
        err = runs ? watch(&show, cli, diag) : replay(&show, cli->arguments, cli->n_argument, diag);
    if (app_stop && (err == DH_OK || err == DH_ERR_INTERRUPTED))
        err = app_stop == SIGTERM ? DH_ERR_TERMINATED : DH_ERR_INTERRUPTED;
    return show_finish(&show, diag, err, cli);
}
