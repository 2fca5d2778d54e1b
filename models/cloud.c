#include "models/cloud.h"
#include "sim/rng.h"

#include <math.h>

void dh_cloud_init(struct dh_cloud *cloud, const struct dh_burst_spec *spec,
                   const struct dh_provider_spec *provider, const struct dh_instance_spec *instance,
                   int64_t seed, struct dh_cloud_plan *plans, int32_t n_job) {
    *cloud = (struct dh_cloud){
        .spec = spec, .provider = provider, .instance = instance, .seed = seed, .plans = plans};
    for (int32_t j = 0; j < n_job; j++)
        plans[j].running = DH_TIME_NONE;
}

bool dh_cloud_takes(const struct dh_cloud *cloud, const struct dh_job *job) {
    return job->burstable && job->service < 0 &&
           (cloud->spec->max_job_gpus < 0 || job->gpus <= cloud->spec->max_job_gpus);
}

static int32_t instances_for(const struct dh_cloud *cloud, const struct dh_job *job) {
    int64_t each = cloud->instance->gpus;
    return (int32_t)((job->gpus + each - 1) / each);
}

bool dh_cloud_has_room(const struct dh_cloud *cloud, const struct dh_job *job) {
    return cloud->spec->max_gpus < 0 ||
           cloud->gpus + instances_for(cloud, job) * cloud->instance->gpus <= cloud->spec->max_gpus;
}

/* Later of two times by a duration in seconds; beyond 292 years it stays at the end of time. */
static dh_time later(dh_time at, double seconds) {
    double limit = dh_time_to_s(DH_TIME_MAX - at);
    return seconds < 0.999 * limit ? at + dh_time_from_s(seconds) : DH_TIME_MAX - 1;
}

/* Interruptions counted one by one only up to here; a run that sees more is on hopeless terms and is then let
 * through, so that the program ends for any rate. */
enum { MAX_INTERRUPTIONS = 100000 };

/* Seconds on instances until a run of work_s is through. */
static double spot_seconds(const struct dh_cloud *cloud, double work_s, double rate_per_s, const char *id,
                           int32_t *interruptions) {
    struct dh_rng rng = dh_rng_stream((uint64_t)cloud->seed, DH_RNG_CLOUD, dh_rng_entity(id));
    double spent_s = 0, left_s = work_s, checkpoint_s = cloud->spec->checkpoint_s;
    while (rate_per_s > 0 && *interruptions < MAX_INTERRUPTIONS) {
        double until_s = dh_rng_exponential(&rng, 1 / rate_per_s);
        if (until_s >= left_s)
            break;
        left_s -= floor(until_s / checkpoint_s) * checkpoint_s;
        spent_s += until_s + cloud->provider->start_s;
        ++*interruptions;
    }
    return spent_s + left_s;
}

const struct dh_cloud_plan *dh_cloud_send(struct dh_cloud *cloud, int32_t job, const struct dh_job *asked,
                                          const char *id, dh_time now) {
    struct dh_cloud_plan *plan = &cloud->plans[job];
    const struct dh_instance_spec *instance = cloud->instance;
    bool spot = cloud->spec->pricing == DH_PRICING_SPOT && !isnan(instance->spot_usd_per_s);
    int32_t instances = instances_for(cloud, asked);
    double price = instances * (spot ? instance->spot_usd_per_s : instance->on_demand_usd_per_s);
    double work_s = dh_time_to_s(asked->work) / cloud->spec->speed;
    *plan = (struct dh_cloud_plan){.gpus = instances * (int32_t)instance->gpus};

    dh_time free_at = cloud->wan_free_at > now ? cloud->wan_free_at : now;
    dh_time there = later(free_at, asked->input_b / cloud->spec->wan_bytes_per_s);
    plan->running = later(there, cloud->provider->start_s);
    double run_s =
        spot ? spot_seconds(cloud, work_s, instances * instance->interruption_per_s, id, &plan->interruptions)
             : work_s;
    plan->computed = later(plan->running, run_s);
    /* The way back is booked behind what is on the WAN now; transfers of jobs sent meanwhile may overtake it.
     */
    plan->done = later(plan->computed, asked->output_b / cloud->spec->wan_bytes_per_s);
    cloud->wan_free_at = there;

    /* Billing begins when the instance is asked for, as clouds do. */
    plan->instance_usd = price * (run_s + cloud->provider->start_s);
    plan->egress_usd = asked->output_b * cloud->provider->egress_usd_per_b;
    if (cloud->n_job++ == 0)
        cloud->active_since = now;
    cloud->gpus += plan->gpus;
    if (cloud->gpus > cloud->peak_gpus)
        cloud->peak_gpus = cloud->gpus;
    cloud->n_sent++;
    cloud->n_interruption += plan->interruptions;
    return plan;
}

/* The whole of a job's cost. */
static void settle(struct dh_cloud *cloud, struct dh_cloud_plan *plan, const struct dh_job *asked) {
    dh_sum_add(&cloud->instance_usd, plan->instance_usd);
    dh_sum_add(&cloud->egress_usd, plan->egress_usd);
    dh_sum_add(&cloud->gpu_s, plan->gpus * dh_time_to_s(plan->computed - plan->running));
    dh_sum_add(&cloud->in_b, asked->input_b);
    dh_sum_add(&cloud->out_b, asked->output_b);
    plan->settled = true;
}

void dh_cloud_done(struct dh_cloud *cloud, int32_t job, const struct dh_job *asked, dh_time now) {
    struct dh_cloud_plan *plan = &cloud->plans[job];
    settle(cloud, plan, asked);
    cloud->gpus -= plan->gpus;
    if (--cloud->n_job == 0)
        cloud->active += now - cloud->active_since;
}

/* What a job that is not done has cost until now. */
static void settle_part(struct dh_cloud *cloud, struct dh_cloud_plan *plan, const struct dh_job *asked,
                        dh_time now) {
    dh_time asked_at = plan->running - dh_time_from_s(cloud->provider->start_s);
    dh_time end = plan->computed < now ? plan->computed : now;
    plan->settled = true;
    if (asked_at >= now)
        return; /* its input is still on the way */
    double whole_s = dh_time_to_s(plan->computed - asked_at);
    double share = whole_s > 0 ? dh_time_to_s(end - asked_at) / whole_s : 1;
    dh_sum_add(&cloud->instance_usd, plan->instance_usd * share);
    dh_sum_add(&cloud->in_b, asked->input_b);
    if (plan->running < end)
        dh_sum_add(&cloud->gpu_s, plan->gpus * dh_time_to_s(end - plan->running));
}

void dh_cloud_close(struct dh_cloud *cloud, const struct dh_job_list *list, dh_time now) {
    if (cloud->n_job > 0)
        cloud->active += now - cloud->active_since;
    for (int32_t j = 0; cloud->n_job > 0 && j < list->n_job; j++) {
        struct dh_cloud_plan *plan = &cloud->plans[j];
        if (plan->running == DH_TIME_NONE || plan->settled)
            continue;
        cloud->n_job--;
        if (plan->done <= now) /* in this very instant, which events no longer reach */
            settle(cloud, plan, &list->jobs[j]);
        else
            settle_part(cloud, plan, &list->jobs[j], now);
    }
}

double dh_cloud_gpu_s(const struct dh_cloud_plan *plan, dh_time now) {
    if (plan->running == DH_TIME_NONE || plan->running >= now)
        return 0;
    return plan->gpus * dh_time_to_s((plan->computed < now ? plan->computed : now) - plan->running);
}
