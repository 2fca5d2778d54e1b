/* One table of commands and options: makes the parser, --help, the man page and bash completion. */
#ifndef DH_APP_CLI_TABLE_H
#define DH_APP_CLI_TABLE_H

#include <stdbool.h>
#include <stdio.h>

struct cli;

struct cli_option {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* NULL: a flag */
    const char *complete; /* "file:h5", "words:a,b", or NULL */
    const char *help;
};

struct cli_command {
    const char *name, *arguments, *help;
    const char *detail;             /* paragraphs for --help and the man page; NULL: none */
    const char *complete;           /* of its arguments, as above */
    int min_argument, max_argument; /* max -1: any number */
    const struct cli_option *options;
    int (*run)(const struct cli *cli); /* returns the exit status */
};

enum { CLI_MAX_VALUE = 512 };

/* A command line, read. */
struct cli {
    const struct cli_command *command;
    char **arguments;
    int n_argument;
    struct {
        const char *name, *value; /* value: "" for a flag */
    } values[CLI_MAX_VALUE];
    int n_value;
};

extern const struct cli_command cli_commands[]; /* ends with name NULL */
extern const struct cli_option cli_common[];    /* those of every command */

/* Reads argv behind the program's name. Returns -1 to go on and run cli->command; else the exit status, the
 * message or help having been printed. */
int cli_parse(struct cli *cli, int argc, char **argv);

/* Last value of an option, NULL when it was not given. */
const char *cli_value(const struct cli *cli, const char *name);
bool cli_flag(const struct cli *cli, const char *name);
/* All values of an option in order; at most room of them. Returns their number. */
int cli_values(const struct cli *cli, const char *name, const char **values, int room);

void cli_help(FILE *out, const struct cli_command *command); /* NULL: of the program */
void cli_man(FILE *out);
void cli_man_scenario(FILE *out); /* scenario(5) */
void cli_bash(FILE *out);

/* The command nearest to name, NULL: none is near. */
const char *cli_nearest_command(const char *name);

/* Edits between two words; for suggestions. */
int cli_distance(const char *a, const char *b);

#endif
