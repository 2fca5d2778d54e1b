/* datahall init, import, predict: beginnings, data, predictions. */
#include "sim/app/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int list_templates(void) {
    for (int32_t i = 0; i < dh_template_count(); i++)
        printf("%-16s %s\n", dh_template_at(i).name, dh_template_at(i).about);
    return 0;
}

int cmd_init(const struct cli *cli) {
    if (cli_flag(cli, "list"))
        return list_templates();
    const char *wanted = cli->n_argument ? cli->arguments[0] : NULL, *nearest = NULL;
    int distance = 99, found = wanted ? -1 : 0;
    for (int32_t i = 0; wanted && i < dh_template_count(); i++) {
        const char *name = dh_template_at(i).name;
        int d = cli_distance(wanted, name);
        if (d == 0)
            found = i;
        if (d < distance && d <= 3) {
            nearest = name;
            distance = d;
        }
    }
    if (found < 0 && nearest)
        return app_usage("no template '%s'; did you mean '%s'?", wanted, nearest);
    if (found < 0 || found >= dh_template_count())
        return app_usage("no template '%s'; see 'datahall init --list'", wanted ? wanted : "");
    const char *text = dh_template_at(found).text, *path = cli_value(cli, "output");
    if (!path) {
        fputs(text, stdout);
        return 0;
    }
    FILE *out = fopen(path, "wx"); /* never over somebody's work */
    bool failed = !out || fputs(text, out) < 0;
    if (out)
        failed |= fclose(out) != 0;
    if (failed) {
        fprintf(stderr, "datahall: error: %s: %s [%s]\n", path, strerror(errno), dh_err_code(DH_ERR_IO));
        return dh_err_exit_status(DH_ERR_IO);
    }
    return 0;
}

int cmd_import(const struct cli *cli) {
    if (cli->n_argument == 0) {
        for (int32_t i = 0; dh_import_kind_at(i).name; i++)
            printf("%-16s %s\n", dh_import_kind_at(i).name, dh_import_kind_at(i).about);
        return 0;
    }
    bool known = false;
    const char *nearest = NULL;
    int distance = 99;
    for (int32_t i = 0; dh_import_kind_at(i).name; i++) {
        const char *name = dh_import_kind_at(i).name;
        int d = cli_distance(cli->arguments[0], name);
        known |= d == 0;
        if (d < distance && d <= 2) {
            nearest = name;
            distance = d;
        }
    }
    if (!known && nearest)
        return app_usage("no kind '%s'; did you mean '%s'?", cli->arguments[0], nearest);
    if (!known)
        return app_usage("no kind '%s'; 'datahall import' lists them", cli->arguments[0]);
    if (cli->n_argument < 2)
        return app_usage("import %s needs a FILE", cli->arguments[0]);
    const char *const *files = (const char *const *)cli->arguments + 1;
    char *file = cli->arguments[cli->n_argument - 1], *colon = strrchr(file, ':');
    const char *part = NULL;
    if (colon && colon != file && !strchr(colon, '/')) {
        *colon = '\0';
        part = colon + 1;
    }
    struct dh_diag *diag = dh_diag_new();
    struct dh_summary *figures = NULL;
    FILE *out = NULL;
    bool json = cli_flag(cli, "json"), rows_wanted = !json || cli_value(cli, "output");
    enum dh_err err = !diag ? DH_ERR_MEMORY : rows_wanted ? app_open(&out, cli) : DH_OK;
    if (err != DH_OK) {
        dh_diag_delete(diag);
        return err == DH_ERR_MEMORY ? app_finish(NULL, err, cli)
                                    : dh_err_exit_status(err); /* the rest is said */
    }
    err = dh_import_files(cli->arguments[0], files, cli->n_argument - 1, part, rows_wanted ? app_write : NULL,
                          out, &figures, diag);
    enum dh_err closed = rows_wanted ? app_close(out, err, cli) : DH_OK;
    if (err == DH_OK && json)
        err = dh_summary_json(figures, NULL, app_write, stdout, diag);
    dh_summary_delete(figures);
    int status = app_finish(diag, err, cli);
    return err == DH_OK ? dh_err_exit_status(closed) : status;
}

int cmd_predict(const struct cli *cli) {
    if (cli->n_argument == 0) {
        for (int32_t i = 0; dh_predict_kind_at(i).name; i++)
            printf("%-16s %s\n", dh_predict_kind_at(i).name, dh_predict_kind_at(i).about);
        return 0;
    }
    const char *input = cli_value(cli, "input");
    bool known = false, json = cli_flag(cli, "json");
    for (int32_t i = 0; dh_predict_kind_at(i).name; i++)
        known |= strcmp(cli->arguments[0], dh_predict_kind_at(i).name) == 0;
    if (!known)
        return app_usage("no kind '%s'; 'datahall predict' lists them", cli->arguments[0]);
    if (!input)
        return app_usage("predict %s needs -i FILE", cli->arguments[0]);
    struct dh_predict_options options = {.tariff = cli_value(cli, "tariff"),
                                         .load = cli_value(cli, "load"),
                                         .climate = cli_value(cli, "climate"),
                                         .epw = cli_value(cli, "epw"),
                                         .archetype = cli_value(cli, "archetype"),
                                         .keep = cli_value(cli, "keep"),
                                         .stack = cli_value(cli, "stack"),
                                         .links = cli_value(cli, "links"),
                                         .routes = cli_value(cli, "routes"),
                                         .topology = cli_value(cli, "topology"),
                                         .routing = cli_value(cli, "routing"),
                                         .failures = cli_value(cli, "failures"),
                                         .profile = cli_value(cli, "profile"),
                                         .check_memory = cli_flag(cli, "check-memory")};
    const char *year = cli_value(cli, "year");
    if (year) {
        char *end;
        long value = strtol(year, &end, 10);
        if (end == year || *end || value < 1900 || value > 2200)
            return app_usage("year '%s' is not one from 1900 to 2200", year);
        options.year = (int32_t)value;
    }
    struct dh_diag *diag = dh_diag_new();
    struct dh_summary *summary = NULL;
    FILE *out = NULL;
    bool rows_wanted = !json || cli_value(cli, "output");
    enum dh_err err = !diag ? DH_ERR_MEMORY : rows_wanted ? app_open(&out, cli) : DH_OK;
    if (err != DH_OK) {
        dh_diag_delete(diag);
        return err == DH_ERR_MEMORY ? app_finish(NULL, err, cli)
                                    : dh_err_exit_status(err); /* the rest is said */
    }
    err = dh_predict(cli->arguments[0], input, &options, rows_wanted ? app_write : NULL, out, &summary, diag);
    enum dh_err closed = rows_wanted ? app_close(out, err, cli) : DH_OK;
    if (err == DH_OK && json)
        err = dh_summary_json(summary, NULL, app_write, stdout, diag);
    dh_summary_delete(summary);
    int status = app_finish(diag, err, cli);
    return err == DH_OK ? dh_err_exit_status(closed) : status;
}
