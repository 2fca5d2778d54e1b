/* The past of a run in progress: what its result holds already, read by a process of its own, opened anew as
 * more comes to be in it. Private to viz/source_live.c. */
#ifndef DH_VIZ_LIVE_PAST_H
#define DH_VIZ_LIVE_PAST_H

#include "viz/source.h"

struct dh_live_past;

/* result: the path that the run will give it; NAME.part until then. Borrowed: the host and the facility. NULL
 * when memory is exhausted. */
struct dh_live_past *dh_live_past_open(const char *result, struct dh_result_host *host,
                                       const struct dh_facility *facility);
void dh_live_past_close(struct dh_live_past *past);

/* Looks after the reader: one that died is replaced, three times; then problem says why there is none.
 * Whether what was read has changed. */
bool dh_live_past_poll(struct dh_live_past *past, double wall_s);
/* The run is over. Where NAME.part is left, the run failed, and what is called NAME is an older one's. */
void dh_live_past_ended(struct dh_live_past *past);

/* The source for an instant, sought to it: of the row that began at `row`. NULL: that row is not in the file
 * yet, or it cannot be read. Until the next call. */
struct dh_source *dh_live_past_seek(struct dh_live_past *past, dh_time at, dh_time row);
/* The same where all of the run is in it: queues, places, stages too. NULL: not yet. */
struct dh_source *dh_live_past_whole(struct dh_live_past *past);
/* The source as it was opened last, for histories; NULL: none. */
struct dh_source *dh_live_past_source(struct dh_live_past *past);
const char *dh_live_past_problem(const struct dh_live_past *past); /* NULL: none */

#endif
