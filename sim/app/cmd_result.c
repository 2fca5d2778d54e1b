/* datahall report, info, export, recover: what to do with a result. */
#include "sim/app/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool width_valid(const char *text, int32_t *width) {
    char *end;
    long n = text ? strtol(text, &end, 10) : 0;
    *width = (int32_t)n;
    return !text || (end != text && !*end && n >= 60 && n <= 240);
}

static int explain(const struct cli *cli, int32_t width) {
    struct dh_explain_options options = {cli_flag(cli, "json"), cli_flag(cli, "full"), width};
    struct dh_diag *diag = dh_diag_new();
    FILE *out = stdout;
    enum dh_err err = diag ? dh_explain_check(cli_value(cli, "explain"), diag) : DH_ERR_MEMORY;
    if (err != DH_OK)
        return app_finish(diag, err, cli);
    err = app_open(&out, cli);
    if (err != DH_OK) { /* it is said */
        dh_diag_delete(diag);
        return err == DH_ERR_MEMORY ? app_finish(NULL, err, cli) : dh_err_exit_status(err);
    }
    err = dh_result_explain(cli->arguments[0], cli_value(cli, "explain"), &options, app_write, out, diag);
    enum dh_err closed = app_close(out, err, cli);
    int status = app_finish(diag, err, cli);
    return err == DH_OK ? dh_err_exit_status(closed) : status;
}

static bool pdf_on_terminal(const struct cli *cli) {
    return !cli_value(cli, "output") && isatty(STDOUT_FILENO);
}

int cmd_report(const struct cli *cli) {
    const char *limits[CLI_MAX_VALUE];
    struct dh_report_options options = {.color = app_color(cli, stdout),
                                        .brief = cli_flag(cli, "brief"),
                                        .full = cli_flag(cli, "full"),
                                        .markdown = cli_flag(cli, "markdown")};
    if (!width_valid(cli_value(cli, "width"), &options.width))
        return app_usage("--width is a number from 60 to 240, not '%s'", cli_value(cli, "width"));
    if (cli_flag(cli, "json") + cli_flag(cli, "csv") + cli_flag(cli, "html") + cli_flag(cli, "pdf") +
            cli_flag(cli, "markdown") >
        1)
        return app_usage("--json, --csv, --html, --pdf and --markdown exclude each other");
    if (cli_flag(cli, "pdf") && pdf_on_terminal(cli))
        return app_usage("--pdf is no text for a terminal: name a file with -o");
    const char *units = cli_value(cli, "units");
    if (units && strcmp(units, "us") != 0 && strcmp(units, "si") != 0)
        return app_usage("--units is si or us, not '%s'", units);
    options.us_units = units && strcmp(units, "us") == 0;
    if (cli_value(cli, "explain") &&
        (cli_flag(cli, "csv") || cli_flag(cli, "html") || cli_flag(cli, "pdf") || cli_flag(cli, "markdown")))
        return app_usage("--explain prints text, or with --json JSON");
    if (cli_value(cli, "explain"))
        return explain(cli, options.width);
    struct dh_diag *diag = dh_diag_new();
    struct dh_summary *summary = NULL;
    FILE *out = stdout;
    enum dh_err err = diag ? DH_OK : DH_ERR_MEMORY;
    int n_limit = cli_values(cli, "fail-if", limits, CLI_MAX_VALUE);
    for (int i = 0; i < n_limit && err == DH_OK; i++)
        err = dh_limit_check(limits[i], diag);
    if (err == DH_OK)
        err = dh_summary_read(&summary, cli->arguments[0], diag);
    if (err != DH_OK)
        return app_finish(diag, err, cli);
    err = app_open(&out, cli);
    if (err != DH_OK) { /* it is said */
        dh_summary_delete(summary);
        dh_diag_delete(diag);
        return err == DH_ERR_MEMORY ? app_finish(NULL, err, cli) : dh_err_exit_status(err);
    }
    if (cli_flag(cli, "json"))
        err = dh_summary_json(summary, NULL, app_write, out, diag);
    else if (cli_flag(cli, "csv"))
        err = dh_summary_csv(summary, app_write, out, diag);
    else if (cli_flag(cli, "html"))
        err = dh_result_report_html(cli->arguments[0], &options, app_write, out, diag);
    else if (cli_flag(cli, "pdf"))
        err = dh_result_report_pdf(cli->arguments[0], &options, app_write, out, diag);
    else if (!cli_flag(cli, "quiet") || out != stdout)
        err = dh_summary_report(summary, &options, app_write, out, diag);
    enum dh_err closed = app_close(out, err, cli);
    int status = dh_err_exit_status(closed);
    for (int i = 0; i < n_limit; i++) {
        enum dh_err crossed = dh_limit_crossed(summary, limits[i], diag);
        if (err == DH_OK || (err == DH_ERR_LIMIT_CROSSED && crossed != DH_OK))
            err = crossed;
    }
    dh_summary_delete(summary);
    int finished = app_finish(diag, err, cli);
    return err == DH_OK ? status : finished;
}

int cmd_compare(const struct cli *cli) {
    struct dh_compare_options options = {.full = cli_flag(cli, "full"),
                                         .objectives = cli_value(cli, "pareto")};
    FILE *out = NULL;
    if (!width_valid(cli_value(cli, "width"), &options.width))
        return app_usage("--width is a number from 60 to 240, not '%s'", cli_value(cli, "width"));
    if (cli_flag(cli, "json") + cli_flag(cli, "html") + cli_flag(cli, "pdf") > 1)
        return app_usage("--json, --html and --pdf exclude each other");
    if (cli_flag(cli, "pdf") && pdf_on_terminal(cli))
        return app_usage("--pdf is no text for a terminal: name a file with -o");
    options.form = cli_flag(cli, "json")   ? DH_COMPARE_JSON
                   : cli_flag(cli, "html") ? DH_COMPARE_HTML
                   : cli_flag(cli, "pdf")  ? DH_COMPARE_PDF
                                           : DH_COMPARE_TEXT;
    struct dh_diag *diag = dh_diag_new();
    enum dh_err err = diag ? app_open(&out, cli) : DH_ERR_MEMORY;
    if (err != DH_OK) {
        dh_diag_delete(diag);
        return err == DH_ERR_MEMORY ? app_finish(NULL, err, cli) : dh_err_exit_status(err); /* it is said */
    }
    options.color = out == stdout && app_color(cli, stdout);
    err = dh_compare((const char *const *)cli->arguments, cli->n_argument, &options, app_write, out, diag);
    enum dh_err closed = app_close(out, err, cli);
    int status = app_finish(diag, err, cli);
    return err == DH_OK ? dh_err_exit_status(closed) : status;
}

int cmd_info(const struct cli *cli) {
    struct dh_diag *diag = dh_diag_new();
    if (!diag)
        return app_finish(NULL, DH_ERR_MEMORY, cli);
    return app_finish(diag, dh_result_info(cli->arguments[0], cli_flag(cli, "json"), app_write, stdout, diag),
                      cli);
}

int cmd_export(const struct cli *cli) {
    bool metrics = strcmp(cli->arguments[1], "prometheus") == 0;
    if (cli_value(cli, "at") && !metrics)
        return app_usage("--at is for 'export RESULT prometheus'");
    struct dh_diag *diag = dh_diag_new();
    FILE *out = NULL;
    enum dh_err err = diag ? app_open(&out, cli) : DH_ERR_MEMORY;
    if (err != DH_OK) {
        dh_diag_delete(diag);
        return err == DH_ERR_MEMORY ? app_finish(NULL, err, cli)
                                    : dh_err_exit_status(err); /* the rest is said */
    }
    if (metrics)
        err = dh_result_export_metrics(cli->arguments[0], cli_value(cli, "at"), app_write, out, diag);
    else if (strcmp(cli->arguments[1], "bom") == 0)
        err = dh_bill_of_materials(cli->arguments[0], app_write, out, diag);
    else
        err = dh_result_export(cli->arguments[0], cli->arguments[1], app_write, out, diag);
    enum dh_err closed = app_close(out, err, cli);
    int status = app_finish(diag, err, cli);
    return err == DH_OK ? dh_err_exit_status(closed) : status;
}

/* "a.h5.part" to "a-recovered.h5". The caller frees it. */
static char *recovered_path(const char *part) {
    size_t n = strlen(part);
    if (n > 5 && strcmp(part + n - 5, ".part") == 0)
        n -= 5;
    if (n > 3 && strncmp(part + n - 3, ".h5", 3) == 0)
        n -= 3;
    char *path = malloc(n + sizeof "-recovered.h5");
    if (path) {
        memcpy(path, part, n);
        memcpy(path + n, "-recovered.h5", sizeof "-recovered.h5");
    }
    return path;
}

int cmd_recover(const struct cli *cli) {
    struct dh_diag *diag = dh_diag_new();
    char *name = NULL;
    const char *output = cli_value(cli, "output");
    if (!output)
        output = name = recovered_path(cli->arguments[0]);
    enum dh_err err = diag && output ? dh_result_recover(cli->arguments[0], output, diag) : DH_ERR_MEMORY;
    if (err == DH_OK && !cli_flag(cli, "quiet"))
        fprintf(stderr, "recovered: %s\n", output);
    free(name);
    return app_finish(diag, err, cli);
}
