/* datahall check: is a scenario right, and where not. */
#include "sim/app/app.h"

#include <inttypes.h>
#include <string.h>

static void print_json(const char *file, enum dh_err err, const struct dh_diag *diag, bool first) {
    printf("%s\n  {\"file\": ", first ? "" : ",");
    app_json_string(stdout, file);
    printf(", \"valid\": %s, \"messages\": [", err == DH_OK ? "true" : "false");
    for (int32_t i = 0; i < dh_diag_count(diag); i++) {
        struct dh_diag_message m = dh_diag_at(diag, i);
        printf("%s\n    {\"severity\": \"%s\", \"code\": \"%s\", \"file\": ", i ? "," : "",
               m.warning ? "warning" : "error", dh_err_code(m.code));
        app_json_string(stdout, m.file ? m.file : file);
        printf(", \"line\": %d, \"column\": %d, \"text\": ", m.line, m.col);
        app_json_string(stdout, m.text);
        if (m.hint) {
            fputs(", \"hint\": ", stdout);
            app_json_string(stdout, m.hint);
        }
        if (m.source) {
            fputs(", \"source\": ", stdout);
            app_json_string(stdout, m.source);
        }
        putchar('}');
    }
    fputs(dh_diag_count(diag) ? "\n  ]}" : "]}", stdout);
}

int cmd_check(const struct cli *cli) {
    const char *format = cli_value(cli, "format"), *params[CLI_MAX_VALUE], *sets[CLI_MAX_VALUE],
               *profiles[CLI_MAX_VALUE];
    bool json = format && strcmp(format, "json") == 0;
    struct dh_scenario_changes changes = {.params = params,
                                          .n_param = cli_values(cli, "param", params, CLI_MAX_VALUE),
                                          .sets = sets,
                                          .n_set = cli_values(cli, "set", sets, CLI_MAX_VALUE),
                                          .profiles = profiles,
                                          .n_profile = cli_values(cli, "profile", profiles, CLI_MAX_VALUE),
                                          .live_later = 1};
    enum dh_err worst = DH_OK;
    if (json)
        putchar('[');
    for (int i = 0; i < cli->n_argument; i++) {
        const char *file = cli->arguments[i];
        struct dh_diag *diag = dh_diag_new();
        struct dh_sim *sim = NULL;
        enum dh_err err = diag ? dh_sim_open(&sim, file, &changes, diag) : DH_ERR_MEMORY;
        if (json && diag) {
            print_json(file, err, diag, i == 0);
            dh_diag_clear(diag);
        } else if (err == DH_OK && !cli_flag(cli, "quiet")) {
            struct dh_estimate e = dh_sim_estimate(sim);
            printf("%s: valid: %" PRId64 " racks, %" PRId64 " GPUs, %.4g d", file, e.racks, e.gpus,
                   e.duration_s / 86400);
            if (dh_diag_warnings(diag) > 0)
                printf(", %d warning%s", dh_diag_warnings(diag), dh_diag_warnings(diag) > 1 ? "s" : "");
            putchar('\n');
            fflush(stdout);
        }
        dh_sim_close(sim);
        if (json)
            dh_diag_delete(diag);
        else
            app_finish(diag, err, cli);
        if (worst == DH_OK)
            worst = err;
    }
    if (json)
        puts("\n]");
    return dh_err_exit_status(worst);
}
