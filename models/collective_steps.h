/* Collectives as messages between ranks, step by step, without tables: who sends how much to whom and hears
 * from whom. A rank begins a step when the messages of its last one, out and in, have arrived; a
 * message leaves when both its ranks have begun the step (Thakur, Rabenseifner, Gropp, 2005, whose closed
 * forms models/collective.h has). Bytes are those of models/collective.h: what one rank holds of an
 * all-reduce or broadcast, the whole result of an all-gather, the whole input of a reduce-scatter, what one
 * rank sends to all of an all-to-all. */
#ifndef DH_MODELS_COLLECTIVE_STEPS_H
#define DH_MODELS_COLLECTIVE_STEPS_H

#include <stdint.h>

enum dh_pattern {
    DH_RING_ALL_REDUCE, /* reduce-scatter, then all-gather */
    DH_RING_ALL_GATHER,
    DH_RING_REDUCE_SCATTER,
    DH_HALVING_DOUBLING_ALL_REDUCE, /* ranks beyond a power of two hand theirs over first and get it back last
                                     */
    DH_PAIRWISE_ALL_TO_ALL,
    DH_BINOMIAL_BROADCAST, /* from rank 0 */
    DH_N_PATTERN
};

struct dh_collective_message {
    int32_t to, from; /* ranks; -1: none */
    double bytes;     /* sent */
};

/* Of `ranks`, at least 1: 0 for one rank. */
int32_t dh_collective_steps(enum dh_pattern pattern, int32_t ranks);
struct dh_collective_message dh_collective_message(enum dh_pattern pattern, int32_t ranks, double bytes,
                                                   int32_t rank, int32_t step);

#endif
