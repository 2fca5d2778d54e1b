/* What jobs sent to each other's nodes, and how they slowed each other. */
#include "sim/api/summarize.h"

#include "models/world_network.h"

#include <math.h>

#define B_PER_TB 1e12
enum { SLOWEST = 5 };

static double waited_h(const struct dh_world *w, int32_t job) {
    return dh_time_to_s(dh_world_stood(w, job, DH_IDLE_NETWORK)) * w->jobs.jobs[job].gpus / S_PER_H;
}

/* Jobs slowed most, ties in list order; returns their number. */
static int find_slowest(const struct dh_world *w, int32_t slowest[static SLOWEST]) {
    int n = 0;
    for (int32_t j = 0; j < w->jobs.n_job; j++) {
        double mine = dh_world_network_slowdown(w, j);
        if (!(mine > 1))
            continue;
        int at = n;
        while (at > 0 && mine > dh_world_network_slowdown(w, slowest[at - 1]))
            at--;
        if (at == SLOWEST)
            continue;
        n += n < SLOWEST;
        for (int k = n - 1; k > at; k--)
            slowest[k] = slowest[k - 1];
        slowest[at] = j;
    }
    return n;
}

void dh_summarize_network(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_network_use *use = dh_world_network_use(w);
    if (!use || use->n_job == 0)
        return;
    struct dh_sum held = {0}, without = {0};
    double most = NAN;
    for (int32_t j = 0; j < w->jobs.n_job; j++) {
        double slowdown = dh_world_network_slowdown(w, j), gpu_s = (double)w->runs[j].gpu_ns / 1e9;
        if (!(slowdown >= 1))
            continue;
        dh_sum_add(&held, gpu_s);
        dh_sum_add(&without, gpu_s / slowdown);
        most = fmax(slowdown, most); /* NAN: none yet */
    }
    dh_put_count(out, "network.jobs", use->n_job);
    if (dh_sum_value(&without) > 0) {
        dh_put_number(out, "network.slowdown_mean", dh_sum_value(&held) / dh_sum_value(&without));
        dh_put_number(out, "network.slowdown_max", most);
    }
    dh_put_number(out, "network.lost_gpu_h", (double)w->gpu_time.slow[DH_IDLE_NETWORK] / (1e9 * S_PER_H));
    dh_put_number(out, "network.sent_tb", use->bytes[DH_LINK_HOST] / B_PER_TB);
    dh_put_number(out, "network.local_tb", use->bytes[DH_LINK_LOCAL] / B_PER_TB);
    dh_put_number(out, "network.global_tb", use->bytes[DH_LINK_GLOBAL] / B_PER_TB);
    int32_t slowest[SLOWEST];
    int n = find_slowest(w, slowest);
    for (int i = 0; i < n; i++) {
        dh_put_text_at(out, dh_job_id(&w->jobs, slowest[i]), "network.slowest.%d.job", i);
        dh_put_at(out, dh_world_network_slowdown(w, slowest[i]), "network.slowest.%d.slowdown", i);
        dh_put_at(out, waited_h(w, slowest[i]), "network.slowest.%d.gpu_h", i);
    }
}
