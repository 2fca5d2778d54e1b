/* History of what has more rows than the facility and fewer than racks, of a run in progress: power stages,
 * halls, plants, stores, services. The run copies one row of numbers a sample; where the view is slow, rows
 * are left out, and peaks of those with them. The view keeps it in traces that are bounded: the last day and
 * a half by the minute, what is older ever coarser. */
#ifndef DH_VIZ_LIVE_HISTORY_H
#define DH_VIZ_LIVE_HISTORY_H

#include "viz/source.h"

struct live_history;

/* Without those columns that somebody else keeps. NULL: no memory. */
struct live_history *dh_live_history_open(const struct dh_facility *facility, const enum dh_column_id *others,
                                          int32_t n_other);
void dh_live_history_close(struct live_history *history); /* NULL is allowed */

/* The run's thread: the sample whose row among all is `row`. */
void dh_live_history_see(struct live_history *history, int64_t row, const struct dh_state *state);

/* The view's thread: takes in what came, up to a number of rows; whether anything did. */
bool dh_live_history_poll(struct live_history *history, int64_t n_row);
/* NULL: not kept. Rows are those of the source. */
const struct dh_trace *dh_live_history_trace(const struct live_history *history, enum dh_column_id column,
                                             int32_t row);

#endif
