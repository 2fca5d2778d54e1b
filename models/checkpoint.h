/* Work that fails and starts again from what was saved: intervals, goodput, job failure rates. Pure
 * functions; times in one unit of the caller's choice. */
#ifndef DH_MODELS_CHECKPOINT_H
#define DH_MODELS_CHECKPOINT_H

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

/* Lambert's W, principal branch, -1/e <= x <= 0. */
double dh_lambert_w(double x);

/* Expected share of wall time that is useful, linear in the failure rate: (1 - N r (u0 + dt/2)) / (1 + w/dt),
 * for `nodes` failing at `rate` per node, a restart that takes u0, checkpoints every dt that take w
 * (A. Kokolis et al., Revisiting reliability in large-scale machine learning research clusters, HPCA 2025).
 */
double dh_ettr(double nodes, double rate, double restart, double interval, double write);

#endif
