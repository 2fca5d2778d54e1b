#include "models/collective_steps.h"

/* Largest power of two that is no more than n, and its exponent. */
static int32_t power_below(int32_t n, int32_t *exponent) {
    int32_t power = 1;
    for (*exponent = 0; power <= n / 2; ++*exponent)
        power *= 2;
    return power;
}

int32_t dh_collective_steps(enum dh_pattern pattern, int32_t ranks) {
    int32_t exponent, power = power_below(ranks, &exponent);
    switch (pattern) {
    case DH_RING_ALL_REDUCE:
        return 2 * (ranks - 1);
    case DH_HALVING_DOUBLING_ALL_REDUCE:
        return 2 * exponent + (power < ranks ? 2 : 0);
    case DH_BINOMIAL_BROADCAST:
        return exponent + (power < ranks ? 1 : 0);
    default:
        return ranks - 1;
    }
}

static struct dh_collective_message halving_doubling(int32_t ranks, double bytes, int32_t rank,
                                                     int32_t step) {
    struct dh_collective_message none = {-1, -1, 0};
    int32_t exponent, power = power_below(ranks, &exponent), beyond = ranks - power;
    if (beyond > 0) {
        int32_t last = 2 * exponent + 1;
        if (step == 0 || step == last) { /* to a rank within, or back */
            int32_t other = rank >= power ? rank - power : rank < beyond ? rank + power : -1;
            if (other < 0)
                return none;
            return (rank >= power) == (step == 0) ? (struct dh_collective_message){other, -1, bytes}
                                                  : (struct dh_collective_message){-1, other, 0};
        }
        if (rank >= power)
            return none;
        step--;
    }
    int32_t halving = step < exponent ? step : 2 * exponent - 1 - step;
    int32_t other = rank ^ (power >> (halving + 1));
    return (struct dh_collective_message){other, other, bytes / (double)((int64_t)2 << halving)};
}

static struct dh_collective_message broadcast(int32_t ranks, double bytes, int32_t rank, int32_t step) {
    int32_t have = 1 << step; /* ranks that have it before */
    struct dh_collective_message m = {-1, -1, 0};
    if (rank < have && rank < ranks - have)
        m = (struct dh_collective_message){rank + have, -1, bytes};
    else if (rank >= have && rank - have < have)
        m.from = rank - have;
    return m;
}

struct dh_collective_message dh_collective_message(enum dh_pattern pattern, int32_t ranks, double bytes,
                                                   int32_t rank, int32_t step) {
    switch (pattern) {
    case DH_HALVING_DOUBLING_ALL_REDUCE:
        return halving_doubling(ranks, bytes, rank, step);
    case DH_BINOMIAL_BROADCAST:
        return broadcast(ranks, bytes, rank, step);
    case DH_PAIRWISE_ALL_TO_ALL:
        return (struct dh_collective_message){(int32_t)(((int64_t)rank + step + 1) % ranks),
                                              (int32_t)(((int64_t)rank + ranks - step - 1) % ranks),
                                              bytes / ranks};
    default:
        return (struct dh_collective_message){rank + 1 < ranks ? rank + 1 : 0,
                                              rank > 0 ? rank - 1 : ranks - 1, bytes / ranks};
    }
}
