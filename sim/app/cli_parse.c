/* Reads a command line by the table. */
#include "sim/app/app.h"
#include "sim/app/cli_table.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const struct cli_option cli_common[] = {
    {"quiet",                                     'q', NULL, NULL, "print errors and what was asked for only"},
    {"color",                                       0, "WHEN", "words:auto,always,never", "colour (default: auto; NO_COLOR is honoured)"},
    {"help", 'h', NULL, NULL, "explain the command"},
    {"version",                                     'V', NULL, NULL, "print the version"},
    {0                                    },
};

int cli_distance(const char *a, const char *b) {
    enum { LONGEST = 63 };
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST)
        return 99;
    int row[LONGEST + 1];
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int corner = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int replace = corner + (a[i - 1] != b[j - 1]);
            int insert = row[j - 1] + 1, delete = row[j] + 1;
            corner = row[j];
            row[j] = replace < insert ? replace : insert;
            row[j] = row[j] < delete ? row[j] : delete;
        }
    }
    return row[m];
}

/* Near enough to be what was meant: a third of its letters wrong, two at least. */
static void offer(const char *wanted, const char *name, const char **best, int *distance) {
    int d = cli_distance(wanted, name), limit = (int)strlen(wanted) / 3;
    if (strncmp(wanted, name, strlen(wanted)) == 0 && strlen(wanted) >= 2)
        d = 0; /* the beginning of a name */
    if (d <= (limit > 2 ? limit : 2) && d < (int)strlen(name) && d < *distance) {
        *best = name;
        *distance = d;
    }
}

const char *cli_nearest_command(const char *name) {
    const char *best = NULL;
    int distance = 99;
    for (const struct cli_command *c = cli_commands; c->name; c++)
        offer(name, c->name, &best, &distance);
    return best;
}

static const struct cli_command *find_command(const char *name) {
    for (const struct cli_command *c = cli_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

/* Row number of the option lists of a command, its own and then the common ones. */
static const struct cli_option *option_at(const struct cli_command *command, int i) {
    for (const struct cli_option *o = command->options; o && o->name; o++)
        if (i-- == 0)
            return o;
    for (const struct cli_option *o = cli_common; o->name; o++)
        if (i-- == 0)
            return o;
    return NULL;
}

static int unknown_option(const struct cli_command *command, const char *given) {
    char name[64];
    size_t n = strcspn(given, "=");
    snprintf(name, sizeof name, "%.*s", (int)(n < 60 ? n : 60), given);
    const char *best = NULL;
    int distance = 99;
    const struct cli_option *o;
    if (strncmp(name, "--", 2) == 0)
        for (int i = 0; (o = option_at(command, i)); i++)
            offer(name + 2, o->name, &best, &distance);
    if (best)
        return app_usage("%s has no option '%s'; did you mean '--%s'?", command->name, name, best);
    return app_usage("%s has no option '%s'; see 'datahall help %s'", command->name, name, command->name);
}

/* Is value one of "words:a,b,c"? */
static bool word_allowed(const char *words, const char *value) {
    size_t n = strlen(value);
    for (const char *w = words + strlen("words:");; w++) {
        size_t m = strcspn(w, ",");
        if (m == n && memcmp(w, value, n) == 0)
            return true;
        w += m;
        if (!*w)
            return false;
    }
}

static int parse_options(struct cli *cli, int argc, char **argv) {
    struct option longs[64] = {0};
    char shorts[128] = ":"; /* a missing argument is told from an unknown option */
    int n = 0;
    const struct cli_option *o;
    for (; (o = option_at(cli->command, n)); n++) {
        longs[n] = (struct option){o->name, o->argument ? required_argument : no_argument, NULL, 256 + n};
        if (o->letter) {
            size_t end = strlen(shorts);
            shorts[end++] = o->letter;
            if (o->argument)
                shorts[end++] = ':';
            shorts[end] = '\0';
        }
    }
    opterr = 0;
    optind = 1;
    int c;
    while (argc > 0 && (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const char *given = argv[optind - 1];
        if (c == ':')
            return app_usage("option '%s' needs a value", given);
        if (c == '?') {
            if (optopt > 0 && optopt < 256) {
                char letter[3] = {'-', (char)optopt, '\0'};
                return unknown_option(cli->command, letter);
            }
            /* getopt takes any unambiguous beginning; what remains is unknown, ambiguous, or a flag with a
             * value */
            if (optopt >= 256)
                return app_usage("option '--%s' takes no value", option_at(cli->command, optopt - 256)->name);
            return unknown_option(cli->command, given);
        }
        o = NULL;
        for (int i = 0; (o = option_at(cli->command, i)); i++)
            if (c == 256 + i || (o->letter && c == o->letter))
                break;
        if (!o)
            return app_usage("option '%s' is not understood", given);
        if (o->complete && strncmp(o->complete, "words:", 6) == 0 && strcmp(o->name, "until") != 0 &&
            !word_allowed(o->complete, optarg))
            return app_usage("--%s is one of %s, not '%s'", o->name, o->complete + 6, optarg);
        if (cli->n_value == CLI_MAX_VALUE)
            return app_usage("more than %d options", CLI_MAX_VALUE);
        cli->values[cli->n_value].name = o->name;
        cli->values[cli->n_value++].value = o->argument ? optarg : "";
    }
    cli->arguments = argv + optind;
    cli->n_argument = argc - optind;
    return -1;
}

int cli_parse(struct cli *cli, int argc, char **argv) {
    if (argc < 1) {
        cli_help(stderr, NULL);
        return 2;
    }
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
        cli_help(stdout, NULL);
        return 0;
    }
    if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0)
        return cmd_version(cli);
    cli->command = find_command(argv[0]);
    if (!cli->command) {
        const char *nearest = cli_nearest_command(argv[0]);
        if (nearest)
            return app_usage("no command '%s'; did you mean '%s'?", argv[0], nearest);
        return app_usage("no command '%s'; see 'datahall help'", argv[0]);
    }
    int status = parse_options(cli, argc, argv);
    if (status >= 0)
        return status;
    if (cli_flag(cli, "help")) {
        cli_help(stdout, cli->command);
        return 0;
    }
    if (cli_flag(cli, "version"))
        return cmd_version(cli);
    if (cli->n_argument < cli->command->min_argument)
        return app_usage("%s needs %s; see 'datahall help %s'", cli->command->name, cli->command->arguments,
                         cli->command->name);
    if (cli->command->max_argument >= 0 && cli->n_argument > cli->command->max_argument)
        return app_usage("%s does not know what to do with '%s'", cli->command->name,
                         cli->arguments[cli->command->max_argument]);
    return -1;
}

const char *cli_value(const struct cli *cli, const char *name) {
    for (int i = cli->n_value - 1; i >= 0; i--)
        if (strcmp(cli->values[i].name, name) == 0)
            return cli->values[i].value;
    return NULL;
}

bool cli_flag(const struct cli *cli, const char *name) {
    return cli_value(cli, name) != NULL;
}

int cli_values(const struct cli *cli, const char *name, const char **values, int room) {
    int n = 0;
    for (int i = 0; i < cli->n_value && n < room; i++)
        if (strcmp(cli->values[i].name, name) == 0)
            values[n++] = cli->values[i].value;
    return n;
}
