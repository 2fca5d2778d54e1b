/* Jobs in a cloud: when they are done and what they cost, each by hand. */
#include "models/cloud.h"

#include <math.h>
#include <string.h>

enum { H = 3600, ROOM = 8 };

static struct dh_instance_spec instance;
static struct dh_provider_spec provider;
static struct dh_burst_spec spec;
static struct dh_cloud_plan plans[ROOM];

/* Eight GPUs for 36 USD an hour, up in 180 s; 1 GB/s, 0.09 USD a GB. */
static struct dh_cloud a_cloud(void) {
    instance = (struct dh_instance_spec){
        .id = "big", .gpus = 8, .on_demand_usd_per_s = 0.01, .spot_usd_per_s = NAN, .interruption_per_s = 0};
    provider = (struct dh_provider_spec){.id = "cloud", .egress_usd_per_b = 0.09e-9, .start_s = 180};
    spec = (struct dh_burst_spec){.policy = DH_BURST_WAIT,
                                  .pricing = DH_PRICING_ON_DEMAND,
                                  .wan_bytes_per_s = 1e9,
                                  .checkpoint_s = 3600,
                                  .speed = 1,
                                  .max_gpus = -1,
                                  .max_job_gpus = -1};
    struct dh_cloud cloud;
    dh_cloud_init(&cloud, &spec, &provider, &instance, 1, plans, ROOM);
    return cloud;
}

static struct dh_job a_job(int32_t gpus, double work_s, double input_b, double output_b) {
    return (struct dh_job){.gpus = gpus,
                           .work = dh_time_from_s(work_s),
                           .input_b = input_b,
                           .output_b = output_b,
                           .service = -1,
                           .burstable = true};
}

static void about(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-12 * fabs(expected)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

static dh_time s(double seconds) {
    return dh_time_from_s(seconds);
}

/* 12 GPUs are two instances. 100 s on the wire, 180 s to start, an hour at double speed, 20 s back. */
void cloud_job_pays_whole_instances_from_request_to_end(void **state) {
    (void)state;
    struct dh_cloud cloud = a_cloud();
    spec.speed = 2;
    struct dh_job job = a_job(12, 2 * H, 100e9, 20e9);
    const struct dh_cloud_plan *plan = dh_cloud_send(&cloud, 0, &job, "a", s(1000));
    assert_true(plan->running == s(1280));
    assert_true(plan->computed == s(1280 + H));
    assert_true(plan->done == s(1300 + H));
    assert_int_equal(plan->gpus, 16);
    dh_cloud_done(&cloud, 0, &job, plan->done);
    about(dh_sum_value(&cloud.instance_usd), 2 * 0.01 * (H + 180));
    about(dh_sum_value(&cloud.egress_usd), 20 * 0.09);
    about(dh_sum_value(&cloud.gpu_s), 16.0 * H);
    assert_true(cloud.active == s(300 + H));
    assert_int_equal(cloud.gpus, 0);
    assert_int_equal(cloud.peak_gpus, 16);
}

void cloud_transfers_go_one_after_the_other(void **state) {
    (void)state;
    struct dh_cloud cloud = a_cloud();
    struct dh_job job = a_job(8, H, 100e9, 20e9);
    assert_true(dh_cloud_send(&cloud, 0, &job, "a", 0)->running == s(280));
    assert_true(dh_cloud_send(&cloud, 1, &job, "b", s(40))->running == s(380));  /* waits 60 s for the wire */
    assert_true(dh_cloud_send(&cloud, 2, &job, "c", s(500))->running == s(780)); /* idle since 200 s */
    assert_int_equal(cloud.peak_gpus, 24);
}

void cloud_quota_and_size_hold_jobs_back(void **state) {
    (void)state;
    struct dh_cloud cloud = a_cloud();
    struct dh_job small = a_job(9, H, 0, 0), large = a_job(17, H, 0, 0);
    spec.max_job_gpus = 16;
    spec.max_gpus = 24;
    assert_true(dh_cloud_takes(&cloud, &small));
    assert_false(dh_cloud_takes(&cloud, &large));
    assert_true(dh_cloud_has_room(&cloud, &small));
    dh_cloud_send(&cloud, 0, &small, "a", 0);
    assert_false(dh_cloud_has_room(&cloud, &small)); /* 16 + 16 */
    dh_cloud_done(&cloud, 0, &small, plans[0].done);
    assert_true(dh_cloud_has_room(&cloud, &small));
    small.burstable = false;
    assert_false(dh_cloud_takes(&cloud, &small));
}

/* The run ends while four jobs are on their way in, starting, running and on their way back, and one is done
 * in that very instant. */
void cloud_costs_are_cut_at_the_end_of_the_run(void **state) {
    (void)state;
    struct dh_cloud cloud = a_cloud();
    dh_time end = s(10 * H);
    struct dh_job jobs[5] = {a_job(8, H, 1000e9, 0), a_job(8, H, 0, 9e9), a_job(8, 2 * H, 0, 9e9),
                             a_job(8, H, 0, 1000e9), a_job(8, H, 0, 50e9)};
    struct dh_job_list list = {.jobs = jobs, .n_job = 5};
    dh_cloud_send(&cloud, 4, &jobs[4], "e", end - s(180 + H + 50));
    dh_cloud_send(&cloud, 3, &jobs[3], "d", end - s(180 + H + 50));
    dh_cloud_send(&cloud, 2, &jobs[2], "c", end - s(180 + H));
    dh_cloud_send(&cloud, 1, &jobs[1], "b", end - s(60));
    dh_cloud_send(&cloud, 0, &jobs[0], "a", end - s(60));
    dh_cloud_close(&cloud, &list, end);
    about(dh_sum_value(&cloud.instance_usd), 0.01 * (0 + 60 + (180 + H) + (180 + H) + (180 + H)));
    about(dh_sum_value(&cloud.egress_usd), 0.09 * 50);
    about(dh_sum_value(&cloud.gpu_s), 8.0 * 3 * H);
    about(dh_sum_value(&cloud.out_b), 50e9);
    assert_int_equal(cloud.n_job, 0);
}

/* Spot: each interruption costs a start and what was done since the checkpoint; the same id meets the same
 * fate whatever else is sent, and the mean number of interruptions is the rate times the time. */
void spot_interruptions_belong_to_the_job(void **state) {
    (void)state;
    struct dh_cloud cloud = a_cloud();
    instance.spot_usd_per_s = 0.004;
    instance.interruption_per_s = 1.0 / (2 * H);
    spec.pricing = DH_PRICING_SPOT;
    struct dh_job job = a_job(8, 10 * H, 0, 0), other = a_job(16, H, 0, 0);
    struct dh_cloud_plan first = *dh_cloud_send(&cloud, 0, &job, "a", 0);
    assert_true(first.interruptions > 0);
    double run_s = dh_time_to_s(first.computed - first.running);
    assert_true(run_s >= 10 * H + 180.0 * first.interruptions);
    assert_true(run_s <= 10 * H + (180.0 + H) * first.interruptions); /* loses an hour at most each time */
    about(first.instance_usd, 0.004 * (run_s + 180));
    cloud = a_cloud();
    instance.spot_usd_per_s = 0.004;
    instance.interruption_per_s = 1.0 / (2 * H);
    spec.pricing = DH_PRICING_SPOT;
    dh_cloud_send(&cloud, 1, &other, "b", 0);
    struct dh_cloud_plan again = *dh_cloud_send(&cloud, 0, &job, "a", 0);
    assert_true(again.computed == first.computed);
    struct dh_cloud_plan c = *dh_cloud_send(&cloud, 2, &job, "c", 0);
    assert_true(c.computed != first.computed);
    double interruptions = 0, hours = 0;
    for (int i = 0; i < 2000; i++) {
        char id[16];
        snprintf(id, sizeof id, "job-%d", i);
        const struct dh_cloud_plan *plan = dh_cloud_send(&cloud, 3, &job, id, 0);
        interruptions += plan->interruptions;
        hours += dh_time_to_s(plan->computed - plan->running - s(180.0 * plan->interruptions)) / H;
    }
    assert_true(fabs(interruptions / (hours / 2) - 1) <
                4 / sqrt(interruptions)); /* four standard deviations */
    spec.pricing = DH_PRICING_ON_DEMAND;  /* never taken back */
    assert_int_equal(dh_cloud_send(&cloud, 4, &job, "a", 0)->interruptions, 0);
}

void hopeless_spot_terms_still_end(void **state) {
    (void)state;
    struct dh_cloud cloud = a_cloud();
    instance.spot_usd_per_s = 0.004;
    instance.interruption_per_s = 1;
    spec.pricing = DH_PRICING_SPOT;
    struct dh_job job = a_job(8, 1e6, 0, 0);
    const struct dh_cloud_plan *plan = dh_cloud_send(&cloud, 0, &job, "a", 0);
    assert_true(plan->interruptions == 100000 && plan->done > s(1e6));
}
