/* The smallest world that a scheduler can live in: arrivals, ends, passes, and nothing physical. */
#ifndef TESTS_UNIT_SCHEDULE_WORLD_H
#define TESTS_UNIT_SCHEDULE_WORLD_H

#include "models/scheduler.h"
#include "sim/event_queue.h"

struct schedule_world {
    /* Set before schedule_world_run. */
    struct dh_scheduler_spec spec;
    enum dh_placement placement;
    int32_t n_node, *node_gpus, *node_rack, n_rack;
    struct dh_job_list list;
    double gate_gpus; /* > 0: power gate, at most so many GPUs busy */
    double rate;      /* progress of all jobs; 0 reads as 1 */
    bool check;       /* looks into pool and queue after each pass */
    /* Afterwards. */
    struct dh_job_run *runs;
    struct dh_pool pool;
    struct dh_scheduler scheduler;
    int64_t n_event, n_wrong; /* n_wrong: broken laws that `check` saw */
    int32_t n_running, n_done, n_left;
    int64_t busy_gpu_ns;
    struct dh_event_queue queue;
    uint64_t seq;
    int64_t busy;
    dh_time now, wake_at;
};

/* A world of n equal nodes, `per_rack` of them in each rack, policy and placement as given; other settings
 * are those of the language's defaults with exact estimates. */
void schedule_world_init(struct schedule_world *w, int32_t n_node, int32_t gpus, int32_t per_rack,
                         enum dh_policy policy, enum dh_placement placement);

/* Adds a job; times in ns, requested DH_TIME_NONE: none. */
void schedule_world_add(struct schedule_world *w, dh_time submit, dh_time work, dh_time requested,
                        int32_t gpus);

/* Runs until nothing happens any more. Aborts the test on an error. */
void schedule_world_run(struct schedule_world *w);

void schedule_world_free(struct schedule_world *w);

#endif
