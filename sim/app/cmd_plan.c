/* datahall plan: the best design of a study. */
#include "sim/app/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_progress(void *self, int64_t done, int64_t budget) {
    if (*(bool *)self)
        fprintf(stderr, "\r\033[Ksimulation %lld of at most %lld", (long long)done, (long long)budget);
}

static bool whole(const char *text, long low, long high, int32_t *number) {
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    *number = (int32_t)n;
    return errno == 0 && end != text && !*end && n >= low && n <= high;
}

static enum dh_err tell(const struct dh_plan *plan, FILE *out, const struct cli *cli, struct dh_diag *diag) {
    struct dh_report_options style = {.color = out == stdout && app_color(cli, stdout)};
    if (cli_flag(cli, "json"))
        return dh_plan_json(plan, app_write, out, diag);
    if (cli_flag(cli, "csv"))
        return dh_plan_csv(plan, app_write, out, diag);
    if (cli_flag(cli, "quiet") && out == stdout)
        return DH_OK;
    return dh_plan_report(plan,
                          cli_flag(cli, "html")       ? DH_PLAN_HTML
                          : cli_flag(cli, "markdown") ? DH_PLAN_MARKDOWN
                                                      : DH_PLAN_TEXT,
                          &style, app_write, out, diag);
}

int cmd_plan(const struct cli *cli) {
    bool bar = isatty(STDERR_FILENO) && !cli_flag(cli, "quiet");
    struct dh_plan_options options = {
        .stop = &app_stop, .progress = on_progress, .self = &bar, .exhaustive = cli_flag(cli, "exhaustive")};
    const char *workers = cli_value(cli, "workers");
    FILE *out = NULL;
    if (workers && !whole(workers, 1, 1024, &options.workers))
        return app_usage("-j is a number from 1 to 1024, not '%s'", workers);
    if (cli_flag(cli, "json") + cli_flag(cli, "csv") + cli_flag(cli, "html") + cli_flag(cli, "markdown") > 1)
        return app_usage("--json, --csv, --html and --markdown exclude each other");
    char *own = cli_value(cli, "runs") ? NULL : app_study_folder(cli->arguments[0]);
    options.folder = own ? own : cli_value(cli, "runs");
    struct dh_diag *diag = dh_diag_new();
    struct dh_plan *plan = NULL;
    enum dh_err err = diag && options.folder ? DH_OK : DH_ERR_MEMORY;
    if (err == DH_OK) {
        app_catch_signals();
        err = dh_plan_run(&plan, cli->arguments[0], &options, diag);
    }
    if (bar)
        fputs("\r\033[K", stderr);
    enum dh_err closed = DH_OK;
    if (err == DH_OK) {
        closed = app_open(&out, cli);
        if (closed == DH_OK) {
            err = tell(plan, out, cli, diag);
            closed = app_close(out, err, cli);
        }
    }
    if (err == DH_OK && closed == DH_OK && !dh_plan_is_feasible(plan))
        closed = DH_ERR_INFEASIBLE; /* the report says why */
    if (err == DH_ERR_INTERRUPTED) {
        if (app_stop == 15)
            err = DH_ERR_TERMINATED;
        if (!cli_flag(cli, "quiet"))
            fprintf(stderr, "what was simulated is kept in %s: the same command goes on from there\n",
                    options.folder);
    }
    dh_plan_delete(plan);
    free(own);
    int status = app_finish(diag, err, cli);
    return err == DH_OK ? dh_err_exit_status(closed) : status;
}
