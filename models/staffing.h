/* How many servers a random load needs, in closed form: Erlang's formulas. Servers are GPUs, nodes, staff,
 * places of a cloud; the load is in erlangs, arrivals a second times mean service in seconds; times are in
 * mean services. Arrivals are Poisson; services of any law where work that finds all busy is lost (B),
 * exponential where it waits (C). A. Erlang 1917; D. Gross et al., Fundamentals of Queueing Theory, 2008,
 * chapter 2. The blocking formula is summed as B_k = a B / (k + a B), which neither overflows nor cancels. */
#ifndef DH_MODELS_STAFFING_H
#define DH_MODELS_STAFFING_H

#include <stdbool.h>
#include <stdint.h>

enum { DH_STAFFING_SERVERS = 10000000 };

/* Share of the arrivals that find all servers busy and are lost. servers >= 0, erlangs > 0. */
double dh_erlang_b(int32_t servers, double erlangs);

/* Servers with a queue of `room` places behind them (-1: without end, and then erlangs < servers, else all
 * but `blocked` is NAN). */
struct dh_queue_figures {
    double blocked;   /* share of the arrivals that find no place: at 0 room B */
    double waits;     /* share of those that come in that wait: without end Erlang's C */
    double mean_wait; /* of those that come in */
    double busy;      /* servers, mean */
};
struct dh_queue_figures dh_queue_figures(int32_t servers, double erlangs, int32_t room);

/* Without end: share of waits longer than t, and the wait that a share q of the arrivals stays within. */
double dh_queue_over(int32_t servers, double erlangs, double t);
double dh_queue_quantile(int32_t servers, double erlangs, double q);

/* What is wanted; NAN: no such limit. */
struct dh_staffing {
    double erlangs;
    int32_t room; /* -1: without end */
    double most_blocked, most_waits, most_mean_wait;
    double over, most_over; /* of the arrivals at most the share most_over waits longer than `over` */
};
/* Does that many meet every limit? */
bool dh_staffing_meets(const struct dh_staffing *wanted, int32_t servers);
/* The smallest number of servers that meets all of them (each can be met, for every figure falls with the
 * servers); 0: more than DH_STAFFING_SERVERS. */
int32_t dh_staffing_least(const struct dh_staffing *wanted);

#endif
