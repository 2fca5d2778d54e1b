#include "sim/rng.h"
#include "sim/math.h"
#include "sim/rng_tables.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

/* Multipliers and key increments of Philox4x32 (Salmon et al. 2011, and Random123's philox.h). */
#define M0 UINT64_C(0xD2511F53)
#define M1 UINT64_C(0xCD9E8D57)
#define W0 UINT32_C(0x9E3779B9)
#define W1 UINT32_C(0xBB67AE85)

static inline void philox_round(uint32_t c[static 4], uint32_t k0, uint32_t k1) {
    uint64_t p0 = M0 * c[0], p1 = M1 * c[2];
    c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
    c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
    c[1] = (uint32_t)p1;
    c[3] = (uint32_t)p0;
}

void dh_philox4x32(const uint32_t counter[static 4], const uint32_t key[static 2], uint32_t out[static 4]) {
    memmove(out, counter, 4 * sizeof *out);
    uint32_t k0 = key[0], k1 = key[1];
    for (int i = 0; i < 10; i++, k0 += W0, k1 += W1)
        philox_round(out, k0, k1);
}

struct dh_rng dh_rng_stream(uint64_t seed, uint32_t purpose, uint64_t entity) {
    bool paired = seed >> 63;
    uint64_t flip = paired && (~seed & 1) ? UINT64_MAX : 0;
    seed = paired ? ~seed >> 1 : seed;
    return (struct dh_rng){
        .key = {(uint32_t)seed,    (uint32_t)(seed >> 32)  },
        .counter = { 0, purpose & 0xffff, (uint32_t)entity, (uint32_t)(entity >> 32)},
        .flip = flip,
        .paired = paired
    };
}

uint64_t dh_rng_entity(const char *id) {
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a's offset and prime for 64 bits */
    for (const unsigned char *p = (const unsigned char *)id; *p; p++)
        h = (h ^ *p) * UINT64_C(0x100000001b3);
    /* SplitMix64's output function (Steele, Lea, Flood 2014): FNV alone leaves short ids close together. */
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

/* Two blocks side by side: a round has to wait for the one before it, not for the other block. */
static void two_blocks(uint64_t block, const struct dh_rng *rng, uint64_t draws[static 4]) {
    uint32_t low = rng->counter[1] & 0xffff, k0 = rng->key[0], k1 = rng->key[1];
    uint32_t a[4] = {(uint32_t)block, (uint32_t)(block >> 32) << 16 | low, rng->counter[2], rng->counter[3]};
    uint32_t b[4] = {(uint32_t)(block + 1), (uint32_t)((block + 1) >> 32) << 16 | low, a[2], a[3]};
    for (int i = 0; i < 10; i++, k0 += W0, k1 += W1) {
        philox_round(a, k0, k1);
        philox_round(b, k0, k1);
    }
    draws[0] = (uint64_t)a[1] << 32 | a[0];
    draws[1] = (uint64_t)a[3] << 32 | a[2];
    draws[2] = (uint64_t)b[1] << 32 | b[0];
    draws[3] = (uint64_t)b[3] << 32 | b[2];
}

enum { BLOCKS = DH_RNG_DRAWS / 2 };

#ifdef __x86_64__
/* Eight blocks, four in a vector, each number in the low half of 64 bits; what gets into the high half is
 * never looked at. Integers only: the same bits as above. */
__attribute__((target("avx2"))) static void eight_blocks(uint64_t block, struct dh_rng *rng) {
    enum { VECTORS = BLOCKS / 4 };
    __m256i c[4][VECTORS];
    const __m256i low = _mm256_set1_epi64x(rng->counter[1] & 0xffff);
    for (int i = 0; i < VECTORS; i++) {
        /* the second vector holds blocks 4 to 7 */
        __m256i number = _mm256_add_epi64(_mm256_set1_epi64x((int64_t)(block + 4 * (uint64_t)i)),
                                          _mm256_set_epi64x(3, 2, 1, 0));
        c[0][i] = number;
        c[1][i] = _mm256_or_si256(_mm256_slli_epi64(_mm256_srli_epi64(number, 32), 16), low);
        c[2][i] = _mm256_set1_epi64x(rng->counter[2]);
        c[3][i] = _mm256_set1_epi64x(rng->counter[3]);
    }
    const __m256i m0 = _mm256_set1_epi64x(M0), m1 = _mm256_set1_epi64x(M1);
    uint32_t k0 = rng->key[0], k1 = rng->key[1];
    for (int round = 0; round < 10; round++, k0 += W0, k1 += W1)
        for (int i = 0; i < VECTORS; i++) {
            __m256i p0 = _mm256_mul_epu32(m0, c[0][i]), p1 = _mm256_mul_epu32(m1, c[2][i]);
            __m256i x0 = _mm256_xor_si256(c[1][i], _mm256_set1_epi64x(k0));
            __m256i x1 = _mm256_xor_si256(c[3][i], _mm256_set1_epi64x(k1));
            c[0][i] = _mm256_xor_si256(_mm256_srli_epi64(p1, 32), x0);
            c[2][i] = _mm256_xor_si256(_mm256_srli_epi64(p0, 32), x1);
            c[1][i] = p1;
            c[3][i] = p0;
        }
    const __m256i low_half = _mm256_set1_epi64x(UINT32_MAX);
    for (int i = 0; i < VECTORS; i++) {
        __m256i first = _mm256_or_si256(_mm256_slli_epi64(c[1][i], 32), _mm256_and_si256(c[0][i], low_half));
        __m256i second = _mm256_or_si256(_mm256_slli_epi64(c[3][i], 32), _mm256_and_si256(c[2][i], low_half));
        __m256i even = _mm256_unpacklo_epi64(first, second); /* of blocks 0 and 2 */
        __m256i odd = _mm256_unpackhi_epi64(first, second);  /* of blocks 1 and 3 */
        __m256i *to = (__m256i *)(rng->draws + 8 * i);
        _mm256_storeu_si256(to, _mm256_permute2x128_si256(even, odd, 0x20));
        _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(even, odd, 0x31));
    }
}
#endif

static void all_blocks(uint64_t block, struct dh_rng *rng) {
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) {
        eight_blocks(block, rng);
        return;
    }
#endif
    for (int i = 0; i < BLOCKS; i += 2)
        two_blocks(block + (uint64_t)i, rng, rng->draws + (ptrdiff_t)2 * i);
}

/* A stream that is asked once or twice (one for each job) makes two blocks, one that goes on makes eight. */
void dh_rng_refill(struct dh_rng *rng) {
    uint32_t n = rng->counter[0] == 0 ? 2 : BLOCKS;
    uint64_t block = (uint64_t)(rng->counter[1] >> 16) << 32 | rng->counter[0];
    if (n == BLOCKS)
        all_blocks(block, rng);
    else
        two_blocks(block, rng, rng->draws + DH_RNG_DRAWS - 4);
    rng->n_left = 2 * n;
    if (rng->flip)
        for (uint32_t i = DH_RNG_DRAWS - rng->n_left; i < DH_RNG_DRAWS; i++)
            rng->draws[i] ^= rng->flip;
    rng->counter[0] += n;
    if (rng->counter[0] < n)
        rng->counter[1] += UINT32_C(1) << 16; /* the upper 16 of the 48 bits of the block number */
}

double dh_rng_exponential_inverse(uint64_t draw, double mean) {
    double u = ((double)(draw >> 12) + 0.5) * 0x1p-52;
    return mean >= 0 && mean < INFINITY ? -mean * dh_log(u) : NAN;
}

double dh_rng_uniform(struct dh_rng *rng) {
    return (double)(dh_rng_u64(rng) >> 11) * 0x1p-53;
}

/* In (0, 1): odd multiples of 2^-54, symmetric about one half. */
static double uniform_open(struct dh_rng *rng) {
    return ((double)(dh_rng_u64(rng) >> 12) + 0.5) * 0x1p-52;
}

uint64_t dh_rng_below(struct dh_rng *rng, uint64_t n) {
    if (n == 0)
        return 0;
    /* D. Lemire, Fast random integer generation in an interval, ACM TOMACS 29, 2019: the rejected part is
     * 2^64 mod n of the low halves, so a draw is repeated with probability below one half. */
    unsigned __int128 product = (unsigned __int128)dh_rng_u64(rng) * n;
    if ((uint64_t)product < n) {
        uint64_t reject = (0 - n) % n;
        while ((uint64_t)product < reject)
            product = (unsigned __int128)dh_rng_u64(rng) * n;
    }
    return (uint64_t)(product >> 64);
}

/* The draw's place is not under the curve for the whole height of its layer. Below the lowest layer's curve
 * that is the tail, which begins anew (no memory); elsewhere the height decides, and another draw where the
 * place is above the curve. A further try fails one time in 50 at most: 64 in a row do not. */
double dh_rng_exponential_edge(struct dh_rng *rng, uint64_t draw) {
    double start = 0;
    for (int i = 0; i < 64; i++) {
        unsigned layer = draw & 255;
        double e = (double)(int64_t)(draw >> 11) * dh_exponential_layers[layer].width;
        if (draw >> 11 < dh_exponential_layers[layer].inside)
            return start + e;
        if (layer == 0) {
            start += EXPONENTIAL_TAIL;
        } else {
            double low = EXPONENTIAL_HEIGHT[layer], high = EXPONENTIAL_HEIGHT[layer + 1];
            if (low + dh_rng_uniform(rng) * (high - low) < dh_exp(-e))
                return start + e;
        }
        draw = dh_rng_u64(rng);
    }
    return start;
}

static double exponential1(struct dh_rng *rng) {
    return dh_rng_exponential(rng, 1.0);
}

static double normal1(struct dh_rng *rng) {
    return dh_norm_inv(uniform_open(rng));
}

static bool in_range(double x) { /* finite and not negative */
    return x >= 0 && x < INFINITY;
}

double dh_rng_normal(struct dh_rng *rng, double mean, double sd) {
    double z = normal1(rng);
    return in_range(sd) && isfinite(mean) ? mean + sd * z : NAN;
}

double dh_rng_lognormal(struct dh_rng *rng, double mu, double sigma) {
    return dh_exp(dh_rng_normal(rng, mu, sigma));
}

double dh_rng_weibull(struct dh_rng *rng, double scale, double shape) {
    double e = exponential1(rng);
    return in_range(scale) && shape > 0 && isfinite(shape) ? scale * dh_pow(e, 1.0 / shape) : NAN;
}

/* G. Marsaglia, W. W. Tsang, A simple method for generating gamma variables, ACM TOMS 26, 2000; for
 * shape >= 1. More than 95 % of the draws are accepted; 1000 refusals in a row do not happen. */
static double gamma1(struct dh_rng *rng, double shape) {
    double d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (int i = 0; i < 1000; i++) {
        double z = normal1(rng), v = 1.0 + c * z;
        double u = uniform_open(rng);
        if (v <= 0)
            continue;
        v = v * v * v;
        if (dh_log(u) < 0.5 * z * z + d - d * v + d * dh_log(v))
            return d * v;
    }
    return shape;
}

double dh_rng_gamma(struct dh_rng *rng, double shape, double scale) {
    if (!(shape > 0) || !isfinite(shape) || !in_range(scale))
        return NAN;
    if (shape >= 1)
        return scale * gamma1(rng, shape);
    double g = gamma1(rng, shape + 1.0); /* G(a) = G(a + 1) U^(1/a) */
    return scale * g * dh_pow(uniform_open(rng), 1.0 / shape);
}

double dh_rng_erlang(struct dh_rng *rng, int32_t n, double mean) {
    if (n < 1 || !in_range(mean))
        return NAN;
    return n == 1 ? dh_rng_exponential(rng, mean) : dh_rng_gamma(rng, n, mean / n);
}

double dh_rng_hyperexponential(struct dh_rng *rng, double p, double mean_p, double mean_other) {
    double u = dh_rng_uniform(rng), e = exponential1(rng);
    if (!(p >= 0 && p <= 1) || !in_range(mean_p) || !in_range(mean_other))
        return NAN;
    return e * (u < p ? mean_p : mean_other);
}

/* log k!: exact products up to 20!, Stirling's series (error below 1e-16 relative) above. */
static double log_factorial(double k) {
    if (k <= 20) {
        double product = 1;
        for (double i = 2; i <= k; i++)
            product *= i;
        return dh_log(product);
    }
    const double half_log_2pi = 0.91893853320467274178;
    double n = k + 1, r = 1 / n, r2 = r * r;
    return (n - 0.5) * dh_log(n) - n + half_log_2pi +
           r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680 - r2 / 1188))));
}

/* Multiplying uniforms until the product falls below exp(-mean): mean < 10, so about 10 draws; the bound
 * only guards against a broken generator. */
static int64_t poisson_small(struct dh_rng *rng, double mean) {
    double limit = dh_exp(-mean), product = 1;
    for (int64_t k = 0; k < 1000; k++) {
        product *= uniform_open(rng);
        if (product <= limit)
            return k;
    }
    return 1000;
}

/* W. Hormann, The transformed rejection method for generating Poisson random variables, Insurance:
 * Mathematics and Economics 12, 1993: algorithm PTRS, for mean >= 10. */
static int64_t poisson_rejection(struct dh_rng *rng, double mean) {
    double log_mean = dh_log(mean);
    double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
    double inv_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2.0);
    for (int i = 0; i < 1000; i++) {
        double u = uniform_open(rng) - 0.5, v = uniform_open(rng);
        double us = 0.5 - fabs(u);
        double k = floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= v_r)
            return (int64_t)k;
        if (k < 0 || (us < 0.013 && v > us))
            continue;
        if (dh_log(v * inv_alpha / (a / (us * us) + b)) <= k * log_mean - mean - log_factorial(k))
            return (int64_t)k;
    }
    return (int64_t)mean;
}

int64_t dh_rng_poisson(struct dh_rng *rng, double mean) {
    if (!(mean > 0))
        return 0;
    if (mean < 10)
        return poisson_small(rng, mean);
    if (mean <= 1e6)
        return poisson_rejection(rng, mean);
    if (!(mean < 9e18))
        return INT64_MAX;
    double z = normal1(rng);
    double k = floor(mean + sqrt(mean) * z + (z * z - 1) / 6 + 0.5);
    return k >= 0x1p63 ? INT64_MAX : (int64_t)k;
}
