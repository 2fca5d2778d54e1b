/* Work that fails and starts again from what was saved: intervals, goodput, job failure rates. Pure
 * functions; times in one unit of the caller's choice. */
#ifndef DH_MODELS_CHECKPOINT_H
#define DH_MODELS_CHECKPOINT_H

#include "scenarios/scenario.h"

#include <stdbool.h>

/* Mean wall time of a segment of `interval` useful time and one write of a checkpoint, with exponential
 * failures of mean mtbf that may strike work, writing and restart alike: exp(R/M) (exp((t+C)/M) - 1) M.
 * (J. Daly, A higher order estimate of the optimum checkpoint interval, FGCS 22, 2006, eq. 13.)
 * interval, write, restart >= 0, mtbf > 0. */
double dh_checkpoint_segment(double interval, double write, double restart, double mtbf);
/* Useful time per wall time: interval over the above. */
double dh_checkpoint_goodput(double interval, double write, double restart, double mtbf);

/* Intervals: the exact optimum of the above, M (1 + W(-exp(-C/M - 1))) with Lambert's W; sqrt(2 C M) (J.
 * Young, CACM 17, 1974); and Daly's higher-order estimate (2006, eq. 20; M where C >= 2 M). */
double dh_checkpoint_optimum(double write, double mtbf);
double dh_checkpoint_young(double write, double mtbf);
double dh_checkpoint_daly(double write, double mtbf);

/* What a checkpoint costs a job: how long its work stands still, and how much longer the write goes on in the
 * background. Seconds. */
struct dh_checkpoint_cost {
    double blocking_s, drain_s;
};

/* Bytes of a checkpoint: per_parameter_b is 2 for 16-bit weights and 4 each for the master copy and the two
 * moments of Adam (S. Rajbhandari et al., ZeRO, SC 2020); published checkpoints have 11 to 14. */
double dh_checkpoint_bytes(double parameters, double per_parameter_b);
/* From its bytes: asynchronous ones block while each of the GPUs copies its equal share to host memory, at
 * copy_b_per_s each, and go to storage at storage_b_per_s afterwards; others block for all of that. */
struct dh_checkpoint_cost dh_checkpoint_cost_of(double bytes, double gpus, double copy_b_per_s,
                                                double storage_b_per_s, bool asynchronous);

/* Bytes of a checkpoint as a scenario says it; NAN: it does not. */
double dh_checkpoint_size(const struct dh_checkpoints_spec *spec);

/* The same as a scenario says it, for a job of so many GPUs. DH_ERR_MISSING, DH_ERR_VALUE: what it says is
 * too little or too much, with a message. Of one that goes to a store the copy to host memory only. */
enum dh_err dh_checkpoint_cost_read(const struct dh_checkpoints_spec *spec, double gpus,
                                    struct dh_checkpoint_cost *out, struct dh_diag *diag);

/* Whether a scenario's n <checkpoints>, 0 or 1, beside its attribute checkpoint (NAN: not given) can be read.
 */
enum dh_err dh_checkpoints_check(const struct dh_checkpoints_spec *spec, int32_t n, double checkpoint_s,
                                 struct dh_diag *diag);

/* Useful work between two checkpoints by a rule, for a job of mean mtbf_s between failures: never shorter
 * than the write in the background takes, as the next one waits for it (the optimum does not depend on it: it
 * adds the same factor to the goodput of every interval), nor than DH_CHECKPOINT_LEAST_S. 0: none are worth
 * it, for a job that never fails. */
#define DH_CHECKPOINT_LEAST_S 1.0 /* an iteration: nothing can be saved within one */
double dh_checkpoint_interval(enum dh_checkpoint_rule rule, struct dh_checkpoint_cost cost, double mtbf_s);

/* Lambert's W, principal branch, -1/e <= x <= 0. */
double dh_lambert_w(double x);

/* Expected share of wall time that is useful, linear in the failure rate: (1 - N r (u0 + dt/2)) / (1 + w/dt),
 * for `nodes` failing at `rate` per node, a restart that takes u0, checkpoints every dt that take w
 * (A. Kokolis et al., Revisiting reliability in large-scale machine learning research clusters, HPCA 2025).
 */
double dh_ettr(double nodes, double rate, double restart, double interval, double write);

#endif
