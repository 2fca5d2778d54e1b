/* What the commands share: messages, colours, output, signals. */
#ifndef DH_APP_APP_H
#define DH_APP_APP_H

#include <datahall/datahall.h>
#include "sim/app/cli_table.h"

#include <stdbool.h>
#include <stdio.h>

/* Prints all messages of diag to standard error: "file:line:col: error: text [E-CODE]", the source line, a
 * caret, the hint; then forgets them. --quiet leaves out warnings. */
void app_print_diag(struct dh_diag *diag, const struct cli *cli);

/* Prints the messages, deletes diag and returns the exit status of err. */
int app_finish(struct dh_diag *diag, enum dh_err err, const struct cli *cli);

/* "datahall: error: …" on standard error; returns 2. */
int app_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --color, NO_COLOR, TERM=dumb and whether the stream is a terminal. */
bool app_color(const struct cli *cli, FILE *stream);

/* An interrupted run leaves an earlier result where it is, and its own as NAME.part. The caller frees it;
 * NULL: the result has its name. The second one says so. */
char *app_left_as_part(const char *output);
void app_tell_part(const char *output, const char *part);

/* A dh_write_fn over a FILE * as self. */
int app_write(void *file, const char *bytes, size_t n);

/* What -o FILE says, or standard output. FILE appears only complete: app_close renames it, or on an error
 * leaves what was there before. Both say on standard error what went wrong. */
enum dh_err app_open(FILE **out, const struct cli *cli);
enum dh_err app_close(FILE *out, enum dh_err err, const struct cli *cli);

/* string in quotes with JSON's escapes. */
void app_json_string(FILE *out, const char *string);

/* Where results of a study go: "studies/a.xml" to "a". The caller frees it; NULL: no memory. */
char *app_study_folder(const char *study);

/* The program as it was called, for commands that a user may copy. */
extern const char *app_program;

/* SIGINT and SIGTERM set app_stop, a second one ends the program at once; SIGUSR1 sets app_status. */
extern volatile int app_stop;   /* the signal, or 0 */
extern volatile int app_status; /* 1: print a status line */
void app_catch_signals(void);

/* Place among programs that were started together, from 0 of *n; alone: 0 of 1. False: what the environment
 * says makes no sense. */
bool app_ranks(int32_t *rank, int32_t *n);
/* A folder for them beside a file, new with each start. The caller frees it. NULL: no memory. */
char *app_ranks_folder(const char *beside);

int cmd_init(const struct cli *cli);
int cmd_check(const struct cli *cli);
int cmd_run(const struct cli *cli);
int cmd_report(const struct cli *cli);
int cmd_compare(const struct cli *cli);
int cmd_sweep(const struct cli *cli);
int cmd_view(const struct cli *cli);
int cmd_plan(const struct cli *cli);
int cmd_info(const struct cli *cli);
int cmd_export(const struct cli *cli);
int cmd_recover(const struct cli *cli);
int cmd_import(const struct cli *cli);
int cmd_predict(const struct cli *cli);
int cmd_calibrate(const struct cli *cli);
int cmd_help(const struct cli *cli);
int cmd_version(const struct cli *cli);

#endif
