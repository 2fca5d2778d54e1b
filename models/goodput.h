/* What is left of the time of a job that fails for several reasons and starts again from checkpoints, in
 * closed form: the counterpart of what a run simulates (models/world_goodput.c). Pure.
 *
 * A job begins anew after each failure: it waits until enough nodes work, starts again, and works in pieces
 * of `interval` with a checkpoint after each, which stops it for `blocking` and can be started from `drain`
 * later. With exponential failures of total rate 1/M, which strike restart, work and checkpoints alike, the
 * attempts are independent of one another. One whose restart takes R saves k pieces if it lives for R + k
 * (interval + blocking) + drain, so of its mean life M saved       interval exp(-(R + drain)/M) /
 * (exp((interval + blocking)/M) - 1) restart     M (1 - exp(-R/M)) checkpoints M exp(-(R + interval)/M) (1 -
 * exp(-blocking/M)) / (1 - exp(-(interval + blocking)/M)) and the rest is work to be done again; without
 * drain that is J. Daly (FGCS 22, 2006), eq. 13. R is that of the cause of the failure before. Ratios of
 * means are those of a long time (renewal reward). */
#ifndef DH_MODELS_GOODPUT_H
#define DH_MODELS_GOODPUT_H

#include <stdint.h>

struct dh_goodput_cause {
    double per_s;     /* failures of the job: its units times the rate of one, >= 0 */
    double restart_s; /* from the new start to where the work goes on, with what it takes to notice the
                         failure */
    double wait_s;    /* until it starts anew although enough nodes work: a swap by hand */
};

struct dh_goodput_plan {
    double interval_s;          /* > 0: useful work between checkpoints */
    double blocking_s, drain_s; /* >= 0; drain_s <= interval_s */
    double available;           /* share of time in which enough nodes work, (0, 1]: dh_k_of_n */
};

/* Shares of the time for which the job wants its GPUs; with ettr and checkpoint they add up to 1. */
struct dh_goodput_loss {
    double rework, restart, waiting;
};

struct dh_goodput {
    double per_s;   /* failures in the time that it holds GPUs */
    double ettr;    /* useful work over all time: effective training time */
    double goodput; /* useful work over the time that it holds GPUs */
    double checkpoint;
    struct dh_goodput_loss loss;
};

/* by_cause: n rows, or NULL; lack of nodes, which no cause has alone, is only in the sum of waiting. */
void dh_goodput(const struct dh_goodput_plan *plan, const struct dh_goodput_cause *causes, int32_t n,
                struct dh_goodput *out, struct dh_goodput_loss *by_cause);

#endif
