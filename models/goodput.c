#include "models/goodput.h"

#include "sim/math.h"

void dh_goodput(const struct dh_goodput_plan *plan, const struct dh_goodput_cause *causes, int32_t n,
                struct dh_goodput *out, struct dh_goodput_loss *by_cause) {
    double per_s = 0, restarted = 0, wait_s = 0;
    for (int32_t i = 0; i < n; i++)
        per_s += causes[i].per_s;
    double period_s = plan->interval_s + plan->blocking_s;
    if (!(per_s > 0)) {
        double useful = plan->interval_s / period_s;
        *out = (struct dh_goodput){.goodput = useful,
                                   .ettr = useful * plan->available,
                                   .checkpoint = (1 - useful) * plan->available,
                                   .loss.waiting = 1 - plan->available};
        for (int32_t i = 0; by_cause && i < n; i++)
            by_cause[i] = (struct dh_goodput_loss){0};
        return;
    }
    for (int32_t i = 0; i < n; i++) {
        double share = causes[i].per_s / per_s;
        restarted += share * dh_exp(-causes[i].restart_s * per_s); /* attempts that come to work */
        wait_s += share * causes[i].wait_s;
    }
    /* Of an attempt's mean life, taken as 1. */
    double saved =
        plan->interval_s * per_s * restarted * dh_exp(-plan->drain_s * per_s) / dh_expm1(period_s * per_s);
    double checkpoint = restarted * dh_exp(-plan->interval_s * per_s) * dh_expm1(-plan->blocking_s * per_s) /
                        dh_expm1(-period_s * per_s);
    double held = plan->available / (1 + wait_s * per_s), rework = restarted - checkpoint - saved;
    *out = (struct dh_goodput){
        .per_s = per_s,
        .goodput = saved,
        .ettr = saved * held,
        .checkpoint = checkpoint * held,
        .loss = {.rework = rework * held, .restart = (1 - restarted) * held, .waiting = 1 - held}
    };
    for (int32_t i = 0; by_cause && i < n; i++) {
        double share = causes[i].per_s / per_s;
        by_cause[i] = (struct dh_goodput_loss){
            .rework = share * rework * held,
            .restart = share * -dh_expm1(-causes[i].restart_s * per_s) * held,
            .waiting = share * causes[i].wait_s * per_s * held,
        };
    }
}
