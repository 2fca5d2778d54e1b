/* What somebody does in a run, kept as it happens: a row of /running a deed, written and flushed at once, so
 * that a run that is killed has told all that was done in it. A complete result has /actions instead, and no
 * /running; recovering makes the one of the other. */
#ifndef DH_OUTPUT_ACTION_LOG_H
#define DH_OUTPUT_ACTION_LOG_H

#include "models/action.h"
#include "output/h5_file.h"

#define DH_ACTION_LOG      "running" /* the group */
#define DH_ACTION_LOG_ROWS "actions" /* rows of bytes: the words, each with its end, then zeros */
enum { DH_ACTION_WORDS = 5, DH_ACTION_LOG_BYTES = 1024 };
_Static_assert(DH_ACTION_LOG_BYTES >= DH_ACTION_WORDS * (DH_ACTION_TEXT + 1), "all words fit");

/* Columns of /actions, and what they hold: at, do, what, value, for. */
extern const char *const dh_action_words[DH_ACTION_WORDS];
const char *dh_action_word(const struct dh_action *action, int column);

enum dh_err dh_action_log_open(struct dh_h5_table **out, struct dh_h5_file *file, const char *time_units);
enum dh_err dh_action_log_put(struct dh_h5_table *log, double time_s, const struct dh_action *action);
/* The words of a row; false: it is not one. They point into the row. */
bool dh_action_log_read(const char row[static DH_ACTION_LOG_BYTES],
                        const char *words[static DH_ACTION_WORDS]);

/* /actions of n > 0 deeds: DH_ACTION_WORDS texts each, deed by deed. */
enum dh_err dh_actions_write(struct dh_h5_file *file, int64_t n, const char *const *texts);

#endif
