/* The cloud that takes overflow: when a job sent there is done, and what it costs.
 *
 *   left the queue -> its input crosses the WAN -> an instance starts -> it runs, on spot with interruptions
 *   -> its output crosses the WAN back, at the egress price -> done
 *
 * The WAN carries one transfer after the other. Instances are paid from their start to the end of the run,
 * whole instances each. An interrupted spot run loses what it did since its last checkpoint, and a new
 * instance has to start; interruptions come as a Poisson process for each instance. */
#ifndef DH_MODELS_CLOUD_H
#define DH_MODELS_CLOUD_H

#include <datahall/time.h>
#include "models/job.h"
#include "sim/sum.h"

/* What will happen to one job; known when it is sent, for nothing that happens on site changes it. */
struct dh_cloud_plan {
    dh_time running;  /* input there, instance up */
    dh_time computed; /* run over */
    dh_time done;     /* output back */
    double instance_usd, egress_usd;
    int32_t gpus; /* of the instances taken */
    int32_t interruptions;
    bool settled; /* its cost is in the sums */
};

struct dh_cloud {
    const struct dh_burst_spec *spec;
    const struct dh_provider_spec *provider;
    const struct dh_instance_spec *instance;
    int64_t seed;
    dh_time wan_free_at;
    struct dh_cloud_plan *plans; /* of each job; running is DH_TIME_NONE where not sent */
    int32_t n_job;               /* jobs there now */
    int64_t gpus, peak_gpus;     /* of instances now, and at most */
    int64_t n_sent, n_interruption;
    dh_time active_since, active; /* time with a job there */
    struct dh_sum instance_usd, egress_usd, gpu_s, in_b,
        out_b; /* of finished jobs; dh_cloud_close adds the rest */
};

/* plans: memory for one plan a job, the cloud's while it lives. */
void dh_cloud_init(struct dh_cloud *cloud, const struct dh_burst_spec *spec,
                   const struct dh_provider_spec *provider, const struct dh_instance_spec *instance,
                   int64_t seed, struct dh_cloud_plan *plans, int32_t n_job);

/* Whether the policy may send this job at all, and whether the quota lets it go now. */
bool dh_cloud_takes(const struct dh_cloud *cloud, const struct dh_job *job);
bool dh_cloud_has_room(const struct dh_cloud *cloud, const struct dh_job *job);

/* Sends the job (row `job`, named id); the plan says when it is done. */
const struct dh_cloud_plan *dh_cloud_send(struct dh_cloud *cloud, int32_t job, const struct dh_job *asked,
                                          const char *id, dh_time now);
/* It is done: to be called at plan.done. */
void dh_cloud_done(struct dh_cloud *cloud, int32_t job, const struct dh_job *asked, dh_time now);

/* GPU seconds on instances of a job so far; 0: it is not there, or its data are on their way. */
double dh_cloud_gpu_s(const struct dh_cloud_plan *plan, dh_time now);

/* End of the run: what jobs still there have cost so far: instances by the time they ran, egress only of
 * output that is back. list: for their sizes. */
void dh_cloud_close(struct dh_cloud *cloud, const struct dh_job_list *list, dh_time now);

#endif
