/* One run: the facility and everything that changes, the events, and what is counted. What a handler may
 * touch.
 *
 * An instant goes through its phases in this order; between instants the power is settled (world_clock.c):
 *   sample (means of the interval that ends) -> meter -> power -> ends -> limits -> actions -> failures
 * -> data -> cloud -> arrivals
 * -> plant -> services
 *   -> scheduling pass and burst -> paces on the network -> sample (points) */
#ifndef DH_MODELS_WORLD_H
#define DH_MODELS_WORLD_H

#include "models/action.h"
#include "models/arrivals.h"
#include "models/bill.h"
#include "models/cloud.h"
#include "models/incident.h"
#include "models/job.h"
#include "models/observer.h"
#include "models/plant.h"
#include "models/pool.h"
#include "models/power.h"
#include "models/scheduler.h"
#include "models/state.h"
#include "models/weather.h"
#include "models/world_energy.h"
#include "models/world_power.h"
#include "models/world_failure.h"
#include "models/world_pace.h"
#include "models/world_saving.h"
#include "models/world_storage.h"
#include "models/world_pipeline.h"
#include "sim/des.h"
#include "sim/sum.h"

enum dh_phase {
    DH_PHASE_SAMPLE_MEAN,
    DH_PHASE_METER,
    DH_PHASE_POWER,
    DH_PHASE_END,
    DH_PHASE_LIMIT,
    DH_PHASE_ACTION,
    DH_PHASE_FAILURE,
    DH_PHASE_DATA,
    DH_PHASE_CLOUD,
    DH_PHASE_ARRIVAL,
    DH_PHASE_ENERGY,
    DH_PHASE_PLANT,
    DH_PHASE_SERVICE,
    DH_PHASE_PASS,
    DH_PHASE_NETWORK,
    DH_PHASE_SAMPLE_POINT
};

enum dh_event_kind {
    DH_EVENT_SAMPLE,
    DH_EVENT_SAMPLE_RACKS,
    DH_EVENT_METER,
    DH_EVENT_POWER,
    DH_EVENT_END,
    DH_EVENT_LIMIT,
    DH_EVENT_PHASE,
    DH_EVENT_CLOUD_DONE,
    DH_EVENT_ARRIVAL,
    DH_EVENT_ENERGY,
    DH_EVENT_PLANT,
    DH_EVENT_SERVICE,
    DH_EVENT_PASS,
    DH_EVENT_FAIL,        /* subject: failing unit */
    DH_EVENT_REPAIRED,    /* subject: failing unit */
    DH_EVENT_PART,        /* subject: spare */
    DH_EVENT_SHOCK,       /* subject: common cause */
    DH_EVENT_BACK,        /* subject: equipment unit; the end of a shock's or a mistake's effect */
    DH_EVENT_MAINTENANCE, /* subject: planned work; value 0: begins, 1: ends */
    DH_EVENT_TRIP,        /* subject: trip; value 0: begins, 1: ends */
    DH_EVENT_ENERGIZE,    /* racks whose date has come */
    DH_EVENT_CHECKPOINT,  /* a job's next step of saving its work, or of its restart */
    DH_EVENT_TIER,        /* subject: store whose oldest data is old enough to move on */
    DH_EVENT_DATA,        /* the next end of a transfer; subject >= 0: of its mount */
    DH_EVENT_PIPELINE,    /* subject: pipeline; a run comes due */
    DH_EVENT_STAGE,       /* subject: row of w->data->stages; its latency or its work is over */
    DH_EVENT_NETWORK,     /* paces of jobs whose links others came to or left */
    DH_EVENT_ACTION,      /* what somebody does; subject: row of w->actions.all; value 1: its end */
    DH_N_EVENT_KIND
};
extern const struct dh_handler dh_world_handlers[DH_N_EVENT_KIND];

/* An inference service in motion; its replicas are jobs of the list. */
struct dh_service_run {
    int32_t first_replica;      /* job row; max_replicas of them follow one another */
    int32_t n_running, n_asked; /* replicas on GPUs; replicas wanted */
    struct dh_arrivals shape;   /* requests that are expected, by the local week */
    double per_s;               /* requests of one replica per second at full clock */
    double prefill_share;       /* of a request's time */
    double backlog;             /* requests that wait because all replicas are full */
    int32_t peak;               /* most replicas that ran */
    double util;                /* last activity given to the replicas */
    bool missed;                /* time to first token is above its objective */
    struct dh_sum requests, served, tokens, met, ttft_weighted_s, replica_s;
    /* with a model of what it serves, else NULL */
    struct dh_service_model *model;
    struct dh_service_requests *queue; /* fidelity="request" */
    struct dh_histogram *ttft, *tpot, *e2e;
    double length_class[10]; /* prompts' lengths in ten classes, each as likely, over their mean */
    int64_t refused;         /* requests that no replica can ever hold */
};

/* GPU time of one owner (models/power.h) that was no gain: what failures took, checkpoints and restarts; and
 * its jobs' progress at full clock, those included. */
struct dh_owner_run {
    __extension__ __int128 lost_gpu_ns, overhead_gpu_ns;
    struct dh_sum work_gpu_s;
};

/* Share of a power limit up to which jobs start and clocks stay up: a margin for what load does between two
 * looks. */
#define DH_POWER_TARGET 0.985

/* What a cap or a rating did. */
struct dh_binding {
    int32_t site;  /* whose power counts; -1: all sites' */
    dh_time since; /* binding since then; DH_TIME_NONE: not now */
    dh_time total;
    int64_t refused;                     /* starts held back */
    dh_uw_ns facility_mark, it_mark;     /* energies when it began */
    dh_uw_ns facility_energy, it_energy; /* while it bound */
};

/* Means over a record interval need the energy at its start. */
struct dh_marks {
    dh_time at;
    dh_uw_ns facility, it, cooling, loss, stored, generator;
    dh_uw_ns *site, *stage_in, *stage_loss;
    const struct dh_column **plant_column; /* powers and flows that the plant writes, each step */
    int32_t n_plant_column;
    double *plant_sum;       /* W s or kg of each plant column's rows since `at` */
    dh_time plant_sum_at;    /* until when */
    double *plant_total_j;   /* of each column over all rows: electric energy drawn so far, J */
    double free_j, cooled_j; /* chilled-water heat taken by economizers, and all of it */
};

/* A limit held by lowering clocks, in steps: level. */
struct dh_stage_cap {
    int32_t site, stage; /* stage -1: the site's limit, at its utilities */
    double limit_w;      /* of a stage that somebody has capped; INFINITY: no more; NAN: its rating */
    int32_t level;
    bool *above; /* stages through which its racks draw */
};

/* Units of one kind of a fabric that are out of service: how many reasons each has (a failure or trip; its
 * rack without power), and how much they were out. */
struct dh_fabric_units {
    uint8_t *reasons;
    int32_t n_out;
    int64_t n_failed; /* times that one went out */
    dh_time since;
    __extension__ __int128 out_ns; /* of all units together, until `since` */
};
struct dh_fabric_run {
    struct dh_fabric_units units[DH_N_NETWORK_UNIT];
};

/* What somebody does. {0}: nothing. */
struct dh_actions_run {
    struct dh_action **all; /* borrowed; in the order in which they became known */
    int32_t n, room;
    struct dh_action *first_done, *last_done; /* those to be told, in the order in which they were done */
    struct dh_action *in_force; /* sets and drains that have not ended, the newest first: a->under */
    double *gpu_cap_w;          /* of each rack; INFINITY: none. NULL: no rack has one */
    double *cap_w;              /* of each site; INFINITY: none. NULL: the scenario's */
    int32_t n_injected;
};

struct dh_world {
    const struct dh_scenario *sc;
    const struct dh_facility *f;
    struct dh_des des;
    struct dh_state now; /* present values: what the plant writes and reads */
    struct dh_state out; /* what observers see: means where state.def says so */

    struct dh_power power;
    struct dh_power_run power_run; /* its batteries and generators */
    struct dh_plant plant;
    bool plant_steps;          /* something has to be stepped */
    dh_time plant_at;          /* time of the last step */
    bool plant_disturbed;      /* steps are shorter than usual */
    uint32_t plant_generation; /* of the step that is planned */
    dh_uw_ns *plant_rack_energy;
    dh_uw_ns plant_unstepped; /* what racks had drawn before the first step, where steps began in the run */
    bool *rack_jobs_changed;  /* the hottest GPU has to be found again */
    struct dh_world_energy energy;
    struct dh_network *network;    /* NULL: no fabric */
    struct dh_fabric_run *fabrics; /* of each */
    struct dh_world_network *net;  /* the jobs on it */
    double *link_rate;             /* of each link of it: scratch of samples */
    struct dh_weather *weather;    /* of each site; hours NULL: none */
    struct dh_outdoor *outdoor;
    double utc_offset_s; /* local standard time of the first site: the clock of the work */

    struct dh_job_list jobs;
    struct dh_job_run *runs;
    int32_t *arrival; /* job rows by submit, ties in list order */
    int32_t n_arrival, next_arrival;
    int32_t n_unfinished; /* jobs of the workload, replicas left out, that may still do something */
    /* n_running: all on GPUs; replicas, and stages of pipelines, are no jobs of the workload: rows behind it.
     */
    int32_t n_running, n_replica_running, n_replica_jobs;
    struct dh_pool pool;
    struct dh_scheduler scheduler;
    dh_time pass_at;   /* a pass is planned for this instant */
    dh_time next_pass; /* and for this one, which the scheduler asked for */
    int32_t *stamp;    /* per job: last round in which its rate was found again */
    int32_t round;
    int32_t *changed; /* jobs whose rate has to be found again */
    int32_t n_changed;
    struct dh_service_run *services;
    struct dh_data_run *data; /* NULL: no datasets */
    const dh_time *pauses;    /* of dh_world_options */
    int32_t n_pause;
    enum dh_err (*at_pause)(void *self, int32_t pause);
    void *pause_self;
    const struct dh_request_list *request_logs; /* of each service; NULL: none has one. Borrowed */
    struct dh_cloud cloud;
    dh_time service_at; /* until when the services' requests are counted */
    bool bursts;
    dh_time burst_check_at, burst_retry;

    struct dh_bill *bill; /* of each site */
    dh_time meter_s, meter_at;
    dh_uw_ns *meter_energy;

    /* power limit */
    double *site_limit_w;     /* now: rating, cap, requests of the grid */
    struct dh_stage_cap *cap; /* of each site, then of stages that have one */
    int32_t n_cap;
    double *rack_cap_frac;              /* highest clock that all caps allow, as a share */
    int32_t *rack_priority, *cap_class; /* highest priority of a rack's jobs; scratch */
    struct dh_binding *site_cap;        /* clocks held down by the limit */
    struct dh_binding start_gate;       /* starts held back by the limit of any site */
    struct dh_binding *site_gate;       /* and by that of each */
    struct dh_binding gpus_bind;        /* jobs wait while no GPU limit but the pool holds them back */
    struct dh_load_curve *hall_curve, *cdu_curve, *cplant_curve, *lplant_curve; /* heat against capacity */
    double *hall_window_j, *cdu_window_j, *cplant_window_j, *lplant_window_j;   /* since capacity_from */
    dh_time capacity_from;         /* where the usual step began whose mean heat is being gathered */
    struct dh_sum *site_makeup_kg; /* water of each site */
    struct dh_sum capped_gpu_s, throttled_gpu_s; /* busy GPU time below full clock, by cause */
    struct dh_sum busy_clock_gpu_s;              /* busy GPU time weighted with the clock */
    struct dh_sum stepped_gpu_s;                 /* busy GPU time over the plant steps: their base */
    double max_inlet_degc, max_coolant_degc, max_junction_degc, max_dry_bulb_degc, max_pue;
    double *rack_fan_speed; /* that node fans were last set to */
    bool *rack_hot;         /* below full clock because of temperature */
    bool *rack_stopped;     /* switched off by heat */
    bool *cooling_short;    /* of what cools: COOLING_SHORT was said */
    int32_t n_cooling_short;

    dh_time interval, rack_interval;
    struct dh_marks marks;
    dh_time rack_mark_at;
    dh_uw_ns *rack_mark;
    const struct dh_record_spec *record;
    struct dh_scheduler_spec scheduler_spec;
    const struct dh_observer *observers; /* set before the run; borrowed */
    int32_t n_observer;

    /* ledgers */
    __extension__ __int128 busy_gpu_ns; /* integral of the pool's busy GPUs */
    __extension__ __int128 node_busy_ns, queue_ns,
        running_ns;                                  /* integrals of nodes in use, waiting and running jobs */
    __extension__ __int128 idle_gpu_ns, down_gpu_ns; /* with busy_gpu_ns exactly the installed GPU time */
    /* Of the work: what failures took with them, checkpoints and restarts, waiting to start again. */
    __extension__ __int128 lost_gpu_ns, overhead_gpu_ns, requeued_gpu_ns;
    __extension__ __int128 restart_gpu_ns; /* of overhead_gpu_ns */
    struct dh_gpu_ledger gpu_time;
    dh_time (*stood)[DH_N_IDLE];        /* of each job; NULL where neither fabric nor storage is modelled */
    int32_t n_rack_waiting;             /* not yet energized */
    int64_t n_job_failure, n_node_down; /* jobs that lost their nodes; times that a node went down */
    uint16_t *node_out;                 /* reasons why it is down */
    int32_t n_drained;                  /* nodes */
    dh_time down_changed_at;            /* when a node last went down or came back */
    struct dh_failure_run failure;
    struct dh_actions_run actions;
    struct dh_storage_run storage;
    struct dh_saving_run saving;
    bool failing_jobs_leave; /* else they queue again */
    dh_time counted_at;
    int32_t max_queued;
    struct dh_sum work_gpu_s; /* GPU seconds of progress at full clock */
    struct dh_owner_run *owners;

    dh_time until;
    bool until_idle, idle;
    dh_time moved_at; /* when a job, data or a stage was last seen to get on; with until_idle */
    void (*tick)(void *self, dh_time now); /* called now and then; must not change the run */
    void *tick_self;
    int32_t n_tick;
    struct dh_arena mem;
};

struct dh_world_options {
    dh_time until;
    bool until_idle; /* end with the last job; until is then only the horizon of logs and prices */
    bool series;     /* call the observers */
    const struct dh_request_list *request_logs; /* of each service, or NULL */
    /* Instants, rising, at which the run stops to call at_pause(pause_self, i) before what happens then. What
     * it returns but DH_OK ends the run. Borrowed. */
    const dh_time *pauses;
    int32_t n_pause;
    enum dh_err (*at_pause)(void *self, int32_t pause);
    void *pause_self;
    /* What is done at known times; their texts and they themselves must outlive the run. */
    struct dh_action **actions;
    int32_t n_action;
};

/* Rows of arrays that have one for each job: jobs that are submitted by hand come behind all others. */
static inline int32_t dh_world_job_rows(const struct dh_world *w) {
    return w->jobs.n_job + DH_INJECT_MOST - w->actions.n_injected;
}
/* Jobs of the workload: the first rows. Behind them replicas and stages of pipelines, then injected ones. */
static inline int32_t dh_world_n_own(const struct dh_world *w) {
    return w->jobs.n_job - w->n_replica_jobs - w->actions.n_injected;
}

/* Takes over the job list and the weather arrays (both emptied); the rest must outlive the world.
 * series of prices and carbon are inside the bills, one for each site. DH_ERR_MEMORY, DH_ERR_RANGE. */
enum dh_err dh_world_init(struct dh_world *w, const struct dh_facility *f, struct dh_job_list *jobs,
                          struct dh_weather *weather, struct dh_bill *bills,
                          const struct dh_world_options *options, struct dh_diag *diag);
void dh_world_free(struct dh_world *w);

/* Runs to the end, or until *stop is set: DH_ERR_INTERRUPTED then, with all ledgers closed at that time. */
enum dh_err dh_world_run(struct dh_world *w);

/* world_refit.c: constants of devices' kernels change at this instant, by change(self). Services go by the
 * new ones from now on, and so do the training jobs that are submitted from now on; those that were keep
 * their length. Between events only. DH_ERR_MEMORY, or what change and the services return. */
enum dh_err dh_world_refit(struct dh_world *w, enum dh_err (*change)(void *self), void *self,
                           struct dh_diag *diag);

/* ---- parts of a run, each in its own file ----------------------------------------------------------------
 */

/* world_jobs.c */
int32_t dh_world_owner(const struct dh_world *w, int32_t job); /* -1: none */
enum dh_err dh_world_on_arrival(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_on_end(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_on_limit(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_on_pass(struct dh_des *des, void *world, const struct dh_event *ev);
struct dh_scheduler_hooks dh_world_scheduler_hooks(struct dh_world *w);
enum dh_err dh_world_plan_pass(struct dh_world *w); /* a pass in this instant, once */
enum dh_err dh_world_finish_job(struct dh_world *w, int32_t job, enum dh_job_state state);
/* A running job loses its nodes: it queues again with what checkpoints saved, or leaves as failed. */
enum dh_err dh_world_fail_job(struct dh_world *w, int32_t job);
enum dh_err dh_world_inject(struct dh_world *w, const struct dh_action *action); /* world_inject.c */
void dh_world_close_job(struct dh_world *w, int32_t job);   /* its attempt, as far as it came, to the books */
enum dh_err dh_world_rates(struct dh_world *w);             /* new clocks of w->changed: world_pace.c */
void dh_world_rack_rates(struct dh_world *w, int32_t rack); /* marks the rack's jobs as changed */
bool dh_world_stands_still(struct dh_world *w);             /* nothing runs on, and nothing ever will */
void dh_world_account(struct dh_world *w, int32_t job);     /* its progress and GPU time up to now */

/* The run ends here if it ends with the last job and nothing is left to do: to be returned by handlers. */
enum dh_err dh_world_end_if_idle(struct dh_world *w);

/* world_pipeline.c */
enum dh_err dh_world_on_pipeline(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_on_stage(struct dh_des *des, void *world, const struct dh_event *ev);

/* world_goodput.c */
/* How each job saves its work: what its stream says, else what <failures> says. DH_ERR_MISSING, DH_ERR_VALUE.
 */
enum dh_err dh_world_checkpoints_start(struct dh_world *w, struct dh_diag *diag);
/* Mean time between failures of racks, nodes and GPUs that a job of so many GPUs holds; INFINITY: none fails.
 */
double dh_world_job_mtbf_s(const struct dh_world *w, int32_t gpus);
/* Time for which a job that fails now will hold its GPUs until the work goes on: noticing, and restart. */
dh_time dh_world_restart_lead(const struct dh_world *w, int32_t job);
/* To the books: an attempt's restart; a job that loses its nodes with so much work to be done again; one that
 * starts after it waited. */
void dh_world_count_restart(struct dh_world *w, int32_t job, dh_time took);
/* Reading a checkpoint back, for which it stood still. */
void dh_world_count_reading(struct dh_world *w, int32_t job, dh_time took);
void dh_world_count_loss(struct dh_world *w, int32_t job, dh_time lost);
void dh_world_count_wait(struct dh_world *w, int32_t job, dh_time waited);

/* world_failure.c */
enum dh_err dh_world_failures_start(struct dh_world *w, struct dh_diag *diag);
void dh_world_failures_free(struct dh_world *w);
enum dh_err dh_world_on_fail(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_on_repaired(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_on_part(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_on_shock(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_on_back(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_on_maintenance(struct dh_des *des, void *world, const struct dh_event *ev);
/* One more reason, or one less, for a unit of w->failure.equipment to be out of service; after all of an
 * event dh_world_equipment_changed tells power and plant. */
enum dh_err dh_world_unit_out(struct dh_world *w, int32_t unit);
enum dh_err dh_world_unit_back(struct dh_world *w, int32_t unit);
enum dh_err dh_world_equipment_changed(struct dh_world *w);

/* world_trip.c */
enum dh_err dh_world_trips_start(struct dh_world *w, const struct dh_failures_spec *spec,
                                 struct dh_diag *diag);
enum dh_err dh_world_on_trip(struct dh_des *des, void *world, const struct dh_event *ev);
void dh_world_trip_look(struct dh_world *w);   /* is all as before the newest trip? */
void dh_world_trips_close(struct dh_world *w); /* at the end of the run */
void dh_world_trip_battery(struct dh_world *w,
                           double lasts_s); /* a UPS went on a battery that would last so */
void dh_world_trip_inlet(struct dh_world *w, double inlet_degc);

enum dh_err dh_world_failures_need(struct dh_world *w); /* world_failure.c: equipment by its names */
/* Takes a target out by hand, and puts back what any trip of it holds; *n: units that were. */
enum dh_err dh_world_trip(struct dh_world *w, const struct dh_target *target, const char *name, double for_s);
enum dh_err dh_world_put_back(struct dh_world *w, const struct dh_target *target, int32_t *n);

/* world_action.c: what somebody does. Of those that are scheduled, and one that came up now, which is done in
 * the next nanosecond that a text of its time can name. */
enum dh_err dh_world_actions_start(struct dh_world *w, const struct dh_world_options *options);
enum dh_err dh_world_act(struct dh_world *w, struct dh_action *action);
/* The first time after `now` that its text, written to at_text, reads back exactly. */
dh_time dh_world_action_time(dh_time now, int64_t start_unix_s, char at_text[static 40]);
enum dh_err dh_world_on_action(struct dh_des *des, void *world, const struct dh_event *ev);

/* world_watch.c: what crosses its limits, as incidents */
enum dh_err dh_world_watch_start(struct dh_world *w);
enum dh_err dh_world_watch_stages(struct dh_world *w);  /* when time is about to move, settled */
enum dh_err dh_world_watch_cooling(struct dh_world *w); /* after a plant step */

/* world_fabric.c: the network with what fails of it. Whoever calls dh_world_fabric_unit calls
 * dh_world_network_changed (world_network.h) after all of an event. */
enum dh_err dh_world_fabric_start(struct dh_world *w); /* once, before pool and power */
enum dh_err dh_world_fabric_unit(struct dh_world *w, int32_t fabric, enum dh_network_unit unit, int32_t index,
                                 bool out); /* one more reason to be out, or one less */
enum dh_err dh_world_fabric_rack(struct dh_world *w, int32_t rack, bool dark); /* a rack of switches */
void dh_world_fabric_sample(struct dh_world *w); /* writes the columns of fabrics to w->out */
/* Unit seconds out of service so far. */
double dh_world_fabric_out_s(const struct dh_world *w, int32_t fabric, enum dh_network_unit unit);

/* world_down.c */
enum dh_err dh_world_node_down(struct dh_world *w, int32_t node);            /* for one more reason */
enum dh_err dh_world_node_up(struct dh_world *w, int32_t node);              /* for one less */
enum dh_err dh_world_rack_down(struct dh_world *w, int32_t rack, bool down); /* each of its nodes */
/* Nodes from `first` on take no more jobs, or take some again; *n: how many did not do so before. */
enum dh_err dh_world_drain(struct dh_world *w, int32_t first, int32_t count, bool drained, int32_t *n);

/* world_phase.c */
enum dh_err dh_world_on_phase(struct dh_des *des, void *world, const struct dh_event *ev);
/* A job's activity at the work that it has left; plans the end of the phase that it is in. */
void dh_world_activity(const struct dh_world *w, int32_t job, double *gpu_util, double *cpu_util);
enum dh_err dh_world_plan_phase(struct dh_world *w, int32_t job);

/* world_clock.c */
enum dh_err dh_world_incident(struct dh_world *w, enum dh_incident kind, int32_t subject, double value);
void dh_binding_begin(struct dh_world *w, struct dh_binding *binding); /* no change when it binds already */
void dh_binding_end(struct dh_world *w, struct dh_binding *binding);   /* no change when it does not bind */

/* world_cap.c */
enum dh_err dh_world_caps_start(struct dh_world *w);
enum dh_err dh_world_hold_limits(struct dh_world *w); /* sets rack_cap_frac; once a plant step */
/* A stage's limit by hand: watts, INFINITY: none any more. */
enum dh_err dh_world_cap_stage(struct dh_world *w, int32_t stage, double limit_w);

/* world_power.c */
enum dh_err dh_world_on_power(struct dh_des *des, void *world, const struct dh_event *ev);
/* Units of a stage in service from this instant on, 0 to f->stage_units; whoever loses or gets power by it is
 * told: see dh_world_power_changed. What breaks, trips and repairs stages calls this. */
enum dh_err dh_world_set_units(struct dh_world *w, int32_t stage, int32_t n_up);
enum dh_err dh_world_power_start(struct dh_world *w);           /* once, after the plant's start */
bool dh_world_close_breaker(struct dh_world *w, int32_t stage); /* one that tripped; power is not told yet */
/* world_energize.c: racks that are energized in the course of the run. How many still wait; how long one has
 * been there, and GPU time that waited, up to now. */
enum dh_err dh_world_energize_start(struct dh_world *w); /* once, after the power's start */
enum dh_err dh_world_on_energize(struct dh_des *des, void *world, const struct dh_event *ev);
dh_time dh_world_rack_there(const struct dh_world *w, int32_t rack);
dh_gpu_ns dh_world_waiting_gpu_ns(const struct dh_world *w);
enum dh_err dh_world_power_watch(void *world);  /* after each event: deadlines that depend on the load */
void dh_world_transformers(struct dh_world *w); /* their load losses by load and weather */
/* After changes to what is in service: settles, plans what follows, records stages and racks that lost or got
 * power, and tells the plant. */
enum dh_err dh_world_power_changed(struct dh_world *w);

/* world_plant.c */
void dh_world_plant_power(struct dh_world *w); /* what has no power draws none, from now on */
enum dh_err dh_world_on_plant(struct dh_des *des, void *world, const struct dh_event *ev);
/* Equipment breaks or is repaired; loses its power or has it again: at this instant, see models/plant.h.
 * Takes a plant step up to now and plans short ones. The row must exist (dh_plant_installed > 0). */
enum dh_err dh_world_plant_units(struct dh_world *w, enum dh_plant_unit unit, int32_t row, int32_t n_up);
enum dh_err dh_world_plant_live(struct dh_world *w, enum dh_plant_unit unit, int32_t row, bool live);
/* A rack goes dark or is lit again, likewise. */
enum dh_err dh_world_plant_rack(struct dh_world *w, int32_t rack, bool live);
enum dh_err dh_world_plant_start(struct dh_world *w, struct dh_diag *diag);
/* Somebody interferes: a step up to now, short ones from here. Where nothing was stepped it is from now on.
 */
enum dh_err dh_world_plant_disturb(struct dh_world *w);

/* world_capacity.c: how near to its capacity each piece of cooling equipment worked, and each site's water */
enum dh_err dh_world_capacity_start(struct dh_world *w);
void dh_world_count_capacity(struct dh_world *w, dh_time from, dh_time to); /* a plant step that is over */

/* world_energy.c */
enum dh_err dh_world_on_energy(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_limit_site(struct dh_world *w, int32_t site, double limit_w); /* its own, from now on */
enum dh_err dh_world_energy_start(struct dh_world *w); /* after the limits are set */
/* On-site sources follow the load as it is now, settled; to be called before time moves on. */
void dh_world_energy_follow(struct dh_world *w);
void dh_world_energy_end(struct dh_world *w);
/* Writes the columns of on-site sources to w->out: means of the interval that ends; 0: as they are now. */
void dh_world_energy_sample(struct dh_world *w, double interval_s);

/* world_burst.c */
enum dh_err dh_world_on_cloud_done(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_send(struct dh_world *w, int32_t job); /* to the cloud */
enum dh_err dh_world_burst_after(struct dh_world *w, double threshold_s);
enum dh_err dh_world_burst(struct dh_world *w);   /* sends what has waited too long */
bool dh_world_may_send(const struct dh_world *w); /* a waiting job would be sent once it has waited enough */

/* world_service.c */
enum dh_err dh_world_on_service(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_services_start(struct dh_world *w);
enum dh_err dh_world_services_end(struct dh_world *w); /* counts the requests since the last control */
enum dh_err dh_world_services_init(struct dh_world *w, struct dh_diag *diag);
void dh_world_services_free(struct dh_world *w);
enum dh_err dh_world_services_refit(struct dh_world *w, struct dh_diag *diag);
/* Requests of a service that have arrived and are neither answered nor refused. */
double dh_world_unanswered(const struct dh_world *w, int32_t service);

/* world_record.c */
enum dh_err dh_world_on_sample(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_on_sample_racks(struct dh_des *des, void *world, const struct dh_event *ev);
enum dh_err dh_world_on_meter(struct dh_des *des, void *world, const struct dh_event *ev);
/* To the means: what the plant columns held since the last count, until now. */
void dh_world_count_plant(struct dh_world *w);
void dh_world_count_draw(struct dh_world *w, double dt_s); /* what the loads as they are drew in the step */
double dh_world_drawn_j(const struct dh_world *w, const char *column); /* by a column's loads so far */
void dh_world_job_over(const struct dh_world *w, int32_t job); /* its state and end stand: tells observers */
enum dh_err dh_world_record_start(struct dh_world *w);
enum dh_err dh_world_record_end(struct dh_world *w); /* last, partial intervals */

#endif
