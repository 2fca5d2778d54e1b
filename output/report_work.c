/* Sections of a report: jobs, streams of jobs, services, the cloud, GPUs, what failures took. */
#include "output/report_sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void spread(struct dh_page *page, const char *name, const char *prefix) {
    static const char *const members[] = {"p50", "p95", "p99", "max", "mean"};
    char key[96];
    snprintf(key, sizeof key, "%s.mean", prefix);
    if (isnan(dh_page_value(page, key)))
        return;
    dh_page_label(page, 1, name);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        snprintf(key, sizeof key, "%s.%s", prefix, members[i]);
        dh_page_wait_cell(page, dh_page_value(page, key));
    }
    dh_page_end_line(page);
}

void dh_report_jobs(struct dh_page *page) {
    double submitted = dh_page_value(page, "jobs.submitted");
    if (isnan(submitted))
        return;
    static const char *const states[] = {"completed", "failed",  "killed", "burst",
                                         "rejected",  "running", "queued", "preemptions"};
    dh_page_heading(page, "JOBS", NULL, NULL, NULL);
    dh_page_line(page, "submitted", submitted, 0, "");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        char key[64];
        snprintf(key, sizeof key, "jobs.%s", states[i]);
        double n = dh_page_value(page, key);
        if (n > 0 || i == 0)
            dh_page_line(page,
                         strcmp(states[i], "running") == 0     ? "still running at the end"
                         : strcmp(states[i], "queued") == 0    ? "still waiting at the end"
                         : strcmp(states[i], "burst") == 0     ? "sent to the cloud"
                         : strcmp(states[i], "killed") == 0    ? "ended at their requested time"
                         : strcmp(states[i], "rejected") == 0  ? "too large ever to start"
                         : strcmp(states[i], "completed") == 0 ? "completed"
                                                               : states[i],
                         n, 0, "");
    }
    dh_page_line(page, "longest queue", dh_page_value(page, "jobs.max_queued"), 0, "");
    dh_page_line(page, "mean bounded slowdown", dh_page_value(page, "jobs.bounded_slowdown_mean"), 2, "");
    if (!isnan(dh_page_value(page, "jobs.wait_s.mean"))) {
        static const char *const columns[5] = {"median", "95 %", "99 %", "longest", "mean"};
        dh_page_wide(page, "", columns, true);
        spread(page, "wait", "jobs.wait_s");
        spread(page, "turnaround", "jobs.turnaround_s");
    }
}

/* What the step of a stream that trains rests on. */
static void training(struct dh_page *page, int i) {
    const char *plan = dh_page_list_text(page, "streams", i, "plan");
    if (!plan)
        return;
    char gpus[40];
    snprintf(gpus, sizeof gpus, "    %.0f GPUs:", dh_page_list_value(page, "streams", i, "plan_gpus"));
    dh_page_wrapped(page, DH_TONE_FINE, gpus, 6, plan);
    char step[256];
    snprintf(step, sizeof step,
             "step %.4g s (90 %% of measured: %.3g to %.3g s); %.0f tokens/s a GPU, MFU %.1f %%",
             dh_page_list_value(page, "streams", i, "step_s"),
             dh_page_list_value(page, "streams", i, "step_low_s"),
             dh_page_list_value(page, "streams", i, "step_high_s"),
             dh_page_list_value(page, "streams", i, "tokens_per_s_per_gpu"),
             100 * dh_page_list_value(page, "streams", i, "mfu"));
    dh_page_wrapped(page, DH_TONE_FINE, "    ", 4, step);
}

/* Of several streams, or one that trains, what each was about. */
void dh_report_streams(struct dh_page *page) {
    if (!dh_page_list_text(page, "streams", 1, "id") && !dh_page_list_text(page, "streams", 0, "plan"))
        return;
    static const char *const columns[5] = {"jobs", "done", "GPU-hours", "goodput", "IT energy"};
    dh_page_wide(page, "STREAMS OF JOBS", columns, false);
    for (int i = 0; dh_page_list_text(page, "streams", i, "id"); i++) {
        dh_page_label(page, 1, dh_page_list_text(page, "streams", i, "id"));
        dh_page_cell(page, dh_page_list_value(page, "streams", i, "jobs"), 0, "");
        dh_page_cell(page, dh_page_list_value(page, "streams", i, "completed"), 0, "");
        dh_page_cell(page, dh_page_list_value(page, "streams", i, "gpu_h"), 0, "");
        dh_page_cell(page, 100 * dh_page_list_value(page, "streams", i, "goodput"), 1, "%");
        dh_page_cell(page, dh_page_list_value(page, "streams", i, "energy_kwh") / 1e3, 1, "MWh");
        dh_page_end_line(page);
        training(page, i);
    }
}

/* How fast they answered, where a model gives latencies, and what that took. */
void dh_report_services(struct dh_page *page) {
    static const char *const speed[5] = {"in objective", "TTFT median", "TTFT 95 %", "per token", "95 %"};
    static const char *const work[5] = {"requests", "tokens/s", "replicas, mean", "energy/token",
                                        "cost/1M tokens"};
    const char *currency = dh_page_text(page, "cost.currency");
    bool timed = false;
    if (!dh_page_list_text(page, "services", 0, "id"))
        return;
    dh_page_wide(page, "SERVICES", work, false);
    for (int i = 0; dh_page_list_text(page, "services", i, "id"); i++) {
        timed |= !isnan(dh_page_list_value(page, "services", i, "slo_met")) ||
                 !isnan(dh_page_list_value(page, "services", i, "ttft_s.p50"));
        dh_page_label(page, 1, dh_page_list_text(page, "services", i, "id"));
        dh_page_cell(page, dh_page_list_value(page, "services", i, "requests"), 0, "");
        dh_page_cell(page, dh_page_list_value(page, "services", i, "tokens_per_s"), 0, "");
        dh_page_cell(page, dh_page_list_value(page, "services", i, "mean_replicas"), 1, "");
        dh_page_cell(page, dh_page_list_value(page, "services", i, "joules_per_token"), 2, "J");
        dh_page_cell(page, dh_page_list_value(page, "services", i, "usd_per_million_tokens"), 2,
                     currency ? currency : "");
        dh_page_end_line(page);
    }
    dh_page_wrapped(
        page, DH_TONE_FINE, "    ", 4,
        "tokens are those written; their energy and cost include reading the prompts. Energy: the "
        "replicas' nodes without fans, supplies and cooling. Cost: their GPU hours at what one costs "
        "here");
    if (!timed)
        return;
    dh_page_wide(page, "how fast", speed, true);
    for (int i = 0; dh_page_list_text(page, "services", i, "id"); i++) {
        dh_page_label(page, 1, dh_page_list_text(page, "services", i, "id"));
        dh_page_cell(page, 100 * dh_page_list_value(page, "services", i, "slo_met"), 2, "%");
        dh_page_duration_cell(page, dh_page_list_value(page, "services", i, "ttft_s.p50"));
        dh_page_duration_cell(page, dh_page_list_value(page, "services", i, "ttft_s.p95"));
        dh_page_cell(page, 1e3 * dh_page_list_value(page, "services", i, "tpot_s.p50"), 1, "ms");
        dh_page_cell(page, 1e3 * dh_page_list_value(page, "services", i, "tpot_s.p95"), 1, "ms");
        dh_page_end_line(page);
    }
}

void dh_report_burst(struct dh_page *page) {
    if (!(dh_page_value(page, "jobs.burst") > 0) || isnan(dh_page_value(page, "burst.gpu_h")))
        return;
    const char *currency = dh_page_text(page, "cost.currency"),
               *provider = dh_page_text(page, "burst.provider");
    char unit[32];
    snprintf(unit, sizeof unit, "%.20s/h", currency ? currency : "USD");
    dh_page_heading(page, "CLOUD", NULL, NULL, NULL);
    if (provider)
        dh_page_fact(page, "Provider", "%s", provider);
    dh_page_line(page, "Jobs sent there", dh_page_value(page, "jobs.burst"), 0, "");
    dh_page_line(page, "GPU hours", dh_page_value(page, "burst.gpu_h"), 0, "h");
    dh_page_line(page, "Hours with a job there", dh_page_value(page, "burst.hours_active"), 1, "h");
    dh_page_line(page, "Most GPUs at once", dh_page_value(page, "burst.peak_gpus"), 0, "");
    if (dh_page_value(page, "burst.in_tb") + dh_page_value(page, "burst.out_tb") > 0) {
        dh_page_line(page, "Data in", dh_page_value(page, "burst.in_tb"), 1, "TB");
        dh_page_line(page, "Data out", dh_page_value(page, "burst.out_tb"), 1, "TB");
    }
    double cloud = dh_page_value(page, "cost.cloud"), egress = dh_page_value(page, "cost.egress");
    dh_page_line(page, "Bill for instances", cloud, cloud < 1e5 ? 2 : 0, currency ? currency : "USD");
    dh_page_line(page, "Bill for data out", egress, cloud < 1e5 ? 2 : 0, currency ? currency : "USD");
    dh_page_line(page, "Bill", cloud + egress, cloud < 1e5 ? 2 : 0, currency ? currency : "USD");
    dh_page_line(page, "Cost of a GPU hour, with egress", dh_page_value(page, "burst.usd_per_gpu_h"), 4,
                 unit);
}

void dh_report_gpus(struct dh_page *page) {
    if (isnan(dh_page_value(page, "gpus.installed")))
        return;
    double goodput = dh_page_value(page, "gpus.goodput"), hours = dh_page_value(page, "gpus.hours_busy");
    dh_page_heading(page, "GPUS AND HEAT", NULL, NULL, NULL);
    dh_page_line(page, "GPU hours used", hours, hours < 1e5 ? 1 : 0, "h");
    dh_page_line(page, "Utilization", 100 * dh_page_value(page, "gpus.utilization"), 1, "%");
    if (goodput < 0.99995) /* slowed or repeated work; else it says nothing */
        dh_page_line(page, "Work done of full speed (goodput)", 100 * goodput, 2, "%");
    dh_page_line(page, "Availability", 100 * dh_page_value(page, "gpus.availability"), 2, "%");
    dh_page_line(page, "Effective training time (ETTR)", 100 * dh_page_value(page, "gpus.ettr"), 2, "%");
    dh_page_line(page, "Not yet energized", dh_page_value(page, "gpus.waiting_h"), 1, "GPU h");
    dh_page_line(page, "Down", dh_page_value(page, "gpus.down_h"), 1, "GPU h");
    dh_page_line(page, "Work lost by failures", dh_page_value(page, "gpus.lost_work_h"), 1, "GPU h");
    dh_page_line(page, "Checkpoints and restarts", dh_page_value(page, "gpus.overhead_h"), 1, "GPU h");
    dh_page_line(page, "GPU time below full clock, heat", dh_page_value(page, "thermal.throttled_gpu_h"), 1,
                 "GPU h");
    dh_page_line(page, "GPU time below full clock, power", dh_page_value(page, "thermal.capped_gpu_h"), 1,
                 "GPU h");
    dh_page_line(page, "Mean clock of working GPUs", 100 * dh_page_value(page, "thermal.mean_clock"), 2, "%");
    dh_page_line(page, "Hottest outdoor air", dh_page_value(page, "thermal.max_dry_bulb_degc"), 1, "degC");
    dh_page_line(page, "Hottest rack inlet", dh_page_value(page, "thermal.max_inlet_degc"), 1, "degC");
    dh_page_line(page, "Warmest coolant", dh_page_value(page, "thermal.max_coolant_degc"), 1, "degC");
    dh_page_line(page, "Hottest GPU junction", dh_page_value(page, "thermal.max_junction_degc"), 1, "degC");
    dh_page_line(page, "Chilled water by free cooling",
                 100 * dh_page_value(page, "thermal.free_cooling_share"), 1, "%");
}

/* GPU hours that failures took from jobs, by cause. */
void dh_report_causes(struct dh_page *page) {
    const char *name;
    for (int i = 0; (name = dh_page_list_text(page, "causes", i, "name")); i++) {
        char label[80];
        if (i == 0)
            dh_page_heading(page, "GPU HOURS TAKEN BY FAILURES", "to do again", "restarts", "waiting");
        snprintf(label, sizeof label, "%.0f x %.60s", dh_page_list_value(page, "causes", i, "jobs_hit"),
                 name);
        dh_page_label(page, 0, label);
        dh_page_cell(page, dh_page_list_value(page, "causes", i, "lost_work_h"), 1, "h");
        dh_page_cell(page, dh_page_list_value(page, "causes", i, "restart_h"), 1, "h");
        dh_page_cell(page, dh_page_list_value(page, "causes", i, "waiting_h"), 1, "h");
        dh_page_end_line(page);
    }
}
