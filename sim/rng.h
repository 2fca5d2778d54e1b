/* Random numbers: one stream per purpose and entity, from a counter-based generator.
 *
 * Philox4x32-10 (J. Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011). The key is the
 * scenario's seed; the 128-bit counter is block number (48 bits), purpose (16 bits) and entity (64 bits),
 * so two streams never share a block, and adding an entity leaves all others' draws as they were.
 *
 * All variates go through sim/math.h: the same seed gives the same bits on every machine. A parameter that
 * makes no sense (NaN, negative, infinite where a finite one is needed) gives NaN, or 0 where an integer is
 * returned; nothing ever loops for ever. */
#ifndef DH_SIM_RNG_H
#define DH_SIM_RNG_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* What a stream is for. The numbers enter the counter: append, never renumber. Below 65536. */
enum dh_rng_purpose {
    DH_RNG_TEST = 0,
    DH_RNG_ARRIVAL = 1,
    DH_RNG_SIZE = 2,
    DH_RNG_DURATION = 3,
    DH_RNG_KIND = 4,
    DH_RNG_WEATHER = 5,
    DH_RNG_FAILURE = 6,
    DH_RNG_REPAIR = 7,
    DH_RNG_CLOUD = 8,
    DH_RNG_SERVICE = 9,
    DH_RNG_PLACEMENT = 10,
    DH_RNG_PRICE = 11,
    DH_RNG_DEVICE = 12, /* spread between devices of one model */
    DH_RNG_ESTIMATE = 13,
    DH_RNG_OUTCOME = 14,
    DH_RNG_GENERATOR = 20,
    DH_RNG_UPS = 21,
    DH_RNG_REQUEST = 22,  /* lengths of prompts and answers */
    DH_RNG_NETWORK = 23,  /* when a job begins its steps */
    DH_RNG_PIPELINE = 26, /* items that fail a check */
    DH_RNG_STUDY = 30,    /* points of Latin hypercubes */
    DH_RNG_DEMAND = 31    /* which jobs and requests of a log come, or come again */
};

enum { DH_RNG_DRAWS = 32 };

struct dh_rng {
    uint32_t key[2], counter[4]; /* counter: of the block to be made next */
    uint64_t flip;               /* of antithetic pairs: all bits of the second's draws are turned */
    bool paired;                 /* of an antithetic pair: exponential variates by inversion, one draw each */
    uint64_t draws[DH_RNG_DRAWS]; /* of several blocks, made together because that takes little longer */
    uint32_t n_left;              /* of draws not yet handed out: the last ones */
};

/* A seed whose highest bit is set (a negative number) belongs to an antithetic pair: -1 and -2 are the pair
 * of seed 0, -3 and -4 that of seed 1, …. Both make every variate that models use from one uniform number by
 * inversion; where the first has u, the second has 1 - u (J. Hammersley, K. Morton, Proc. Camb. Phil. Soc.
 * 52(3), 1956). Each by itself follows the same laws as any other seed's. */
struct dh_rng dh_rng_stream(uint64_t seed, uint32_t purpose, uint64_t entity);

/* The entity number of a text id ("rack-17", "training"): 64-bit FNV-1a, finished by SplitMix64's mixer. */
uint64_t dh_rng_entity(const char *id);

/* Philox4x32-10 itself, for whoever keeps counters of their own. */
void dh_philox4x32(const uint32_t counter[static 4], const uint32_t key[static 2], uint32_t out[static 4]);

void dh_rng_refill(struct dh_rng *rng); /* only for the next function, when nothing is left */

static inline uint64_t dh_rng_u64(struct dh_rng *rng) {
    if (rng->n_left == 0)
        dh_rng_refill(rng);
    return rng->draws[DH_RNG_DRAWS - rng->n_left--];
}

double dh_rng_uniform(struct dh_rng *rng);             /* k / 2^53, k from 0 to 2^53 - 1 */
uint64_t dh_rng_below(struct dh_rng *rng, uint64_t n); /* 0 .. n-1, unbiased; 0 when n is 0 */

/* A ziggurat: the area under exp(-x) in 256 layers of equal area (G. Marsaglia, W. W. Tsang, J. Statistical
 * Software 5(8), 2000). Of one draw 8 bits choose the layer and 53 the place in it; `inside` of 2^53 places
 * lie under the curve for the layer's whole height. The others, one in 90, take further draws: the second
 * function. The law is exact. */
struct dh_exponential_layer {
    double width; /* of one place */
    uint64_t inside;
};
extern const struct dh_exponential_layer dh_exponential_layers[256];
double dh_rng_exponential_edge(struct dh_rng *rng, uint64_t draw);
double dh_rng_exponential_inverse(uint64_t draw, double mean);

static inline double dh_rng_exponential(struct dh_rng *rng, double mean) { /* mean >= 0 */
    uint64_t draw = dh_rng_u64(rng), place = draw >> 11;
    if (rng->paired)
        return dh_rng_exponential_inverse(draw, mean);
    const struct dh_exponential_layer *layer = &dh_exponential_layers[draw & 255];
    double e =
        place < layer->inside ? (double)(int64_t)place * layer->width : dh_rng_exponential_edge(rng, draw);
    return mean >= 0 && mean < INFINITY ? mean * e : NAN;
}

double dh_rng_normal(struct dh_rng *rng, double mean, double sd);     /* sd >= 0; one draw (inversion) */
double dh_rng_lognormal(struct dh_rng *rng, double mu, double sigma); /* exp(normal); the median is exp(mu) */
double dh_rng_weibull(struct dh_rng *rng, double scale, double shape); /* scale >= 0, shape > 0 */
double dh_rng_gamma(struct dh_rng *rng, double shape, double scale);   /* mean shape * scale, shape > 0 */
double dh_rng_erlang(struct dh_rng *rng, int32_t n, double mean); /* n >= 1 stages, whole mean as given */
double dh_rng_hyperexponential(struct dh_rng *rng, double p, double mean_p, double mean_other);

/* Count with the given mean. Exact up to 1e6; above, a rounded normal with its skewness corrected
 * (Cornish-Fisher); above 9e18 it saturates at INT64_MAX. NaN and mean <= 0 give 0. */
int64_t dh_rng_poisson(struct dh_rng *rng, double mean);

#endif
