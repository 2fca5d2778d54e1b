/* /actions of a result: what somebody did in the run, in the words that repeat it. */
#ifndef DH_OUTPUT_RECORDER_ACTIONS_H
#define DH_OUTPUT_RECORDER_ACTIONS_H

#include "models/action.h"
#include "output/recorder.h"

/* Those behind first->next, in the order in which they were done; NULL: nothing is written. After
 * dh_recorder_jobs. */
enum dh_err dh_recorder_actions(struct dh_recorder *recorder, const struct dh_action *first);

#endif
