/* datahall help, version. */
#include "sim/app/app.h"

#include <string.h>

static int help_xsd(const struct cli *cli) {
    struct dh_diag *diag = dh_diag_new();
    return app_finish(diag, diag ? dh_language_schema(app_write, stdout, diag) : DH_ERR_MEMORY, cli);
}

/* One paragraph a key: what scripts may read, and --fail-if compares. */
static void help_summary(void) {
    for (int32_t i = 0; dh_summary_row_at(i).key; i++) {
        struct dh_summary_row row = dh_summary_row_at(i);
        printf("%s%s%s%s\n    %s\n", row.key, *row.unit ? " (" : "",
               strcmp(row.unit, "1") == 0 ? "no unit" : row.unit, *row.unit ? ")" : "", row.about);
        if (*row.source)
            printf("    as defined by %s\n", row.source);
    }
}

int cmd_help(const struct cli *cli) {
    if (cli_flag(cli, "man"))
        cli_man(stdout);
    else if (cli_flag(cli, "man-scenario"))
        cli_man_scenario(stdout);
    else if (cli_flag(cli, "bash"))
        cli_bash(stdout);
    else if (cli_flag(cli, "summary"))
        help_summary();
    else if (cli_flag(cli, "xsd"))
        return help_xsd(cli);
    else if (cli->n_argument == 0)
        cli_help(stdout, NULL);
    else {
        for (const struct cli_command *c = cli_commands; c->name; c++)
            if (strcmp(c->name, cli->arguments[0]) == 0) {
                cli_help(stdout, c);
                return 0;
            }
        const char *nearest = cli_nearest_command(cli->arguments[0]);
        if (nearest)
            return app_usage("no command '%s'; did you mean '%s'?", cli->arguments[0], nearest);
        return app_usage("no command '%s'; see 'datahall help'", cli->arguments[0]);
    }
    return 0;
}

int cmd_version(const struct cli *cli) {
    (void)cli;
    printf("datahall %s\n%s\n", dh_version(), dh_build_info());
    return 0;
}
