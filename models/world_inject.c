/* A job that somebody submits while the run goes: behind all rows of the job list. */
#include "models/world.h"

#include <stdio.h>
#include <string.h>

enum dh_err dh_world_inject(struct dh_world *w, const struct dh_action *a) {
    struct dh_job job = {.submit = w->des.now,
                         .work = dh_time_from_s(a->for_s < 9e9 ? a->for_s : 9e9),
                         .requested = DH_TIME_NONE,
                         .replay_start = w->des.now, /* under a policy that replays: as soon as it fits */
                         .gpus = a->n,
                         .gpu_util = 1, /* as a stream's jobs by default */
                         .cpu_util = 0.2,
                         .tenant = -1,
                         .service = -1,
                         .work_kind = DH_WORK_TRAINING,
                         .burstable = true};
    char id[DH_ACTION_TEXT + 32];
    if (w->actions.n_injected == DH_INJECT_MOST)
        return DH_OK; /* the reader has refused more */
    if (*a->what)
        snprintf(id, sizeof id, "%s", a->what);
    else
        snprintf(id, sizeof id, "injected-%d", (int)w->actions.n_injected + 1);
    DH_TRY(dh_job_list_add(&w->jobs, &job, id, strlen(id)));
    w->actions.n_injected++; /* its rows are there: dh_world_job_rows */
    int32_t row = w->jobs.n_job - 1;
    w->n_unfinished++;
    DH_TRY(dh_world_incident(w, DH_INCIDENT_INJECT, row, job.gpus));
    dh_job_plan(&w->jobs.jobs[row], &w->runs[row], 0);
    DH_TRY(dh_scheduler_submit(&w->scheduler, row, w->des.now));
    return dh_world_plan_pass(w);
}
