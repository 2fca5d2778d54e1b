/* datahall sweep: a study's points, side by side. */
#include "sim/app/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_progress(void *self, int32_t done, int32_t n) {
    if (*(bool *)self)
        fprintf(stderr, "\r\033[Kpoint %d of %d", (int)done, (int)n);
}

static void on_failed(void *self, int32_t point, const char *text) {
    fprintf(stderr, "%sdatahall: warning: point %d: %s\n", *(bool *)self ? "\r\033[K" : "", (int)point, text);
}

static bool whole(const char *text, long low, long high, int32_t *number) {
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    *number = (int32_t)n;
    return errno == 0 && end != text && !*end && n >= low && n <= high;
}

/* "3/8", or what a job array or mpirun says of this process. Tasks count from 0 here. */
static bool task_of(const char *text, struct dh_sweep_options *o) {
    char first[32];
    if (text) {
        size_t n = strcspn(text, "/");
        if (!text[n] || n >= sizeof first)
            return false;
        memcpy(first, text, n);
        first[n] = '\0';
        bool good = whole(text + n + 1, 1, 1000000, &o->n_task) && whole(first, 1, o->n_task, &o->task);
        o->task--;
        return good;
    }
    const char *rank = getenv("SLURM_ARRAY_TASK_ID"), *size = getenv("SLURM_ARRAY_TASK_COUNT");
    if (!app_ranks(&o->task, &o->n_task))
        return false;
    if (o->n_task > 1 || !rank || !size || !whole(size, 1, 1000000, &o->n_task))
        return true;
    bool good = whole(rank, 1, o->n_task, &o->task);
    o->task--;
    return good;
}

char *app_study_folder(const char *study) {
    const char *slash = strrchr(study, '/'), *name = slash ? slash + 1 : study;
    char *folder = strdup(name);
    size_t n = folder ? strlen(folder) : 0;
    if (n > 4 && strcmp(folder + n - 4, ".xml") == 0)
        folder[n - 4] = '\0';
    return folder;
}

/* The report to the file that an option names, if it was given. */
static enum dh_err write_file(const struct cli *cli, const char *option, const struct dh_sweep *sweep,
                              enum dh_err (*put)(const struct dh_sweep *, dh_write_fn, void *,
                                                 struct dh_diag *),
                              struct dh_diag *diag) {
    struct cli own = *cli;
    FILE *out = NULL;
    if (!cli_value(cli, option))
        return DH_OK;
    for (int i = 0; i < own.n_value; i++) /* it stands where -o is for others */
        own.values[i].name = strcmp(own.values[i].name, option) == 0 ? "output" : "";
    enum dh_err err = app_open(&out, &own);
    if (err != DH_OK)
        return err;
    err = put(sweep, app_write, out, diag);
    enum dh_err closed = app_close(out, err, &own);
    return err == DH_OK ? closed : err;
}

int cmd_sweep(const struct cli *cli) {
    bool bar = isatty(STDERR_FILENO) && !cli_flag(cli, "quiet");
    struct dh_sweep_options options = {
        .stop = &app_stop, .progress = on_progress, .failed = on_failed, .self = &bar};
    const char *workers = cli_value(cli, "workers");
    if (workers && !whole(workers, 1, 1024, &options.workers))
        return app_usage("-j is a number from 1 to 1024, not '%s'", workers);
    if (!task_of(cli_value(cli, "task"), &options))
        return app_usage("--task is K/N with K from 1 to N, as 3/8, not '%s'",
                         cli_value(cli, "task") ? cli_value(cli, "task") : "what the environment says");
    char *own = cli_value(cli, "output") ? NULL : app_study_folder(cli->arguments[0]);
    options.folder = own ? own : cli_value(cli, "output");
    struct dh_diag *diag = dh_diag_new();
    struct dh_sweep *sweep = NULL;
    enum dh_err err = diag && options.folder ? DH_OK : DH_ERR_MEMORY;
    if (err == DH_OK) {
        app_catch_signals();
        err = dh_sweep_run(&sweep, cli->arguments[0], &options, diag);
    }
    if (bar)
        fputs("\r\033[K", stderr);
    if (sweep && cli_flag(cli, "json"))
        dh_sweep_json(sweep, app_write, stdout, diag);
    else if (sweep && !cli_flag(cli, "quiet"))
        dh_sweep_report(sweep, app_write, stdout, diag);
    if (sweep && err == DH_OK)
        err = write_file(cli, "html", sweep, dh_sweep_html, diag);
    if (sweep && err == DH_OK)
        err = write_file(cli, "pdf", sweep, dh_sweep_pdf, diag);
    if (sweep && !cli_flag(cli, "quiet"))
        fprintf(stderr, "results and index.csv: %s\n", options.folder);
    if (err == DH_OK && sweep && dh_sweep_count(sweep).failed > 0)
        err = DH_ERR_DATA;
    if (err == DH_ERR_INTERRUPTED && app_stop == 15)
        err = DH_ERR_TERMINATED;
    dh_sweep_delete(sweep);
    free(own);
    return app_finish(diag, err, cli);
}
