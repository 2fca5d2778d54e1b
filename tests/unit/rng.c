#include "tests/tests.h"

#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The first three are Random123's kat_vectors (D. E. Shaw Research); the others come from an independent
 * implementation. */
void philox_gives_the_published_numbers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } known[] = {
        {{0, 0, 0, 0},                                     {0, 0},       {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}                                                                },
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}                                                                },
        {{0, 0, 1, 0},                                     {12345, 678}, {0x6f1cdcfe, 0xb67d4c7e, 0xb563657c, 0x888768fe}},
        {{1, 0, 1, 0},                                     {12345, 678}, {0x3511b984, 0xb15525d0, 0x43244160, 0xe93a10d1}},
        {{2, 0, 1, 0},                                     {12345, 678}, {0x7cbeea6b, 0xe6e6380f, 0xa0c83f03, 0x2a614b66}},
        {{0, 0, 2, 0},                                     {12345, 678}, {0xa9ae04dc, 0x98c3ca31, 0xb33b118d, 0x58f728b5}},
        {{2, 0, 2, 0},                                     {12345, 678}, {0x2ccae131, 0x919b3eae, 0x196b2000, 0xc7ef16fa}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        dh_philox4x32(known[i].counter, known[i].key, out);
        assert_memory_equal(out, known[i].out, sizeof out);
    }
}

/* Stream numbers are part of every published result: seed is the key, purpose and entity sit in the counter.
 */
void a_stream_is_philox_at_its_own_counters(void **state) {
    (void)state;
    struct dh_rng rng = dh_rng_stream(UINT64_C(678) << 32 | 12345, 0, 1);
    assert_int_equal(dh_rng_u64(&rng), UINT64_C(0xb67d4c7e6f1cdcfe));
    assert_int_equal(dh_rng_u64(&rng), UINT64_C(0x888768feb563657c));
    assert_int_equal(dh_rng_u64(&rng), UINT64_C(0xb15525d03511b984));
    /* draw after draw, however many blocks are made together, and over the 32nd bit of the block number */
    struct dh_rng other =
        dh_rng_stream(UINT64_C(0x7edcba9876543210), DH_RNG_PRICE, UINT64_C(0x123456789abcdef0));
    for (uint64_t n = 0, block; n < 200; n++) {
        if (n == 100)
            other.counter[0] = UINT32_MAX - 10, other.n_left = 0;
        block = n < 100 ? n / 2 : UINT32_MAX - 10 + (n - 100) / 2;
        uint32_t out[4];
        dh_philox4x32((uint32_t[4]){(uint32_t)block, (uint32_t)(block >> 32) << 16 | DH_RNG_PRICE, 0x9abcdef0,
                                    0x12345678},
                      (uint32_t[2]){0x76543210, 0x7edcba98}, out);
        assert_int_equal(dh_rng_u64(&other), (uint64_t)out[n % 2 * 2 + 1] << 32 | out[n % 2 * 2]);
    }
    assert_int_equal(dh_rng_entity(""), dh_rng_entity(""));
    assert_int_not_equal(dh_rng_entity("rack-1"), dh_rng_entity("rack-2"));
}

static int compare_u64(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* 15 purposes x 40 entities x 100 draws: all different (a chance hit has probability 1e-10), and a stream
 * is the same whatever was drawn from others in between. */
void streams_are_disjoint_and_do_not_disturb_one_another(void **state) {
    (void)state;
    enum { PURPOSES = 15, ENTITIES = 40, DRAWS = 100, ALL = PURPOSES * ENTITIES * DRAWS };
    static uint64_t all[ALL], alone[DRAWS];
    struct dh_rng streams[PURPOSES][ENTITIES], one = dh_rng_stream(42, DH_RNG_FAILURE, 7);
    for (int d = 0; d < DRAWS; d++)
        alone[d] = dh_rng_u64(&one);
    for (uint32_t p = 0; p < PURPOSES; p++)
        for (uint64_t e = 0; e < ENTITIES; e++)
            streams[p][e] = dh_rng_stream(42, p, e);
    size_t n = 0;
    for (int d = 0; d < DRAWS; d++)
        for (int p = 0; p < PURPOSES; p++)
            for (int e = 0; e < ENTITIES; e++) {
                uint64_t u = dh_rng_u64(&streams[p][e]);
                if (p == DH_RNG_FAILURE && e == 7)
                    assert_int_equal(u, alone[d]);
                all[n++] = u;
            }
    qsort(all, n, sizeof *all, compare_u64);
    for (size_t i = 1; i < n; i++)
        assert_int_not_equal(all[i], all[i - 1]);
}

void a_stream_goes_on_after_its_first_32_bits_of_blocks(void **state) {
    (void)state;
    struct dh_rng rng = dh_rng_stream(1, DH_RNG_TEST, 3);
    rng.counter[0] = UINT32_MAX;
    dh_rng_u64(&rng);
    uint64_t last = dh_rng_u64(&rng), next = dh_rng_u64(&rng);
    uint32_t out[4];
    dh_philox4x32((uint32_t[4]){0, 1u << 16 | DH_RNG_TEST, 3, 0}, (uint32_t[2]){1, 0}, out);
    assert_int_equal(next, (uint64_t)out[1] << 32 | out[0]);
    assert_int_not_equal(last, next);
}

void below_is_unbiased(void **state) {
    (void)state;
    struct dh_rng rng = dh_rng_stream(5, DH_RNG_TEST, 1);
    assert_int_equal(dh_rng_below(&rng, 0), 0);
    assert_int_equal(dh_rng_below(&rng, 1), 0);
    /* 3/4 of 2^64: a plain modulo or product would give the first third twice as often */
    uint64_t n = UINT64_C(3) << 62;
    int thirds[3] = {0}, draws = 30000;
    for (int i = 0; i < draws; i++) {
        uint64_t k = dh_rng_below(&rng, n);
        assert_true(k < n);
        thirds[k >> 62]++;
    }
    for (int t = 0; t < 3; t++) /* 5 standard deviations: sqrt(30000 * 2/9) = 82 */
        assert_in_range(thirds[t], 10000 - 410, 10000 + 410);
    int counts[7] = {0};
    double chi2 = 0;
    for (int i = 0; i < 70000; i++)
        counts[dh_rng_below(&rng, 7)]++;
    for (int k = 0; k < 7; k++)
        chi2 += (counts[k] - 10000.0) * (counts[k] - 10000.0) / 10000.0;
    assert_true(chi2 < 35.9); /* chi-square, 6 degrees, 3e-6 */
}

/* ---- moments: mean and variance of each law against theory -------------------------------------------- */

static double draw(struct dh_rng *rng, int law) {
    switch (law) {
    case 0:
        return dh_rng_uniform(rng);
    case 1:
        return dh_rng_exponential(rng, 3.0);
    case 2:
        return dh_rng_normal(rng, -1.0, 2.0);
    case 3:
        return dh_rng_lognormal(rng, 0.2, 0.5);
    case 4:
        return dh_rng_weibull(rng, 2.0, 1.5);
    case 5:
        return dh_rng_gamma(rng, 0.5, 2.0);
    case 6:
        return dh_rng_gamma(rng, 7.5, 0.4);
    case 7:
        return dh_rng_erlang(rng, 4, 2.0);
    case 8:
        return dh_rng_hyperexponential(rng, 0.25, 3.0, 1.0 / 3);
    case 9:
        return (double)dh_rng_poisson(rng, 0.7);
    case 10:
        return (double)dh_rng_poisson(rng, 9.9);
    case 11:
        return (double)dh_rng_poisson(rng, 10.5);
    case 12:
        return (double)dh_rng_poisson(rng, 1234.5);
    default:
        return (double)dh_rng_poisson(rng, 2.5e6);
    }
}

void variates_have_the_mean_and_variance_of_their_law(void **state) {
    (void)state;
    /* lognormal: exp(mu + s2/2), (exp(s2) - 1) mean^2; Weibull: scale Gamma(1 + k/shape) with
     * Gamma(5/3) = 0.902745292950934, Gamma(7/3) = 1.190639348758999 */
    double ln_mean = exp(0.2 + 0.125), ln_var = (exp(0.25) - 1) * ln_mean * ln_mean;
    double w_mean = 2 * 0.902745292950933611, w_var = 4 * 1.190639348758998949 - w_mean * w_mean;
    double h_mean = 0.25 * 3 + 0.75 / 3, h_var = 2 * (0.25 * 9 + 0.75 / 9) - h_mean * h_mean;
    const double mean[] = {0.5, 3, -1, ln_mean, w_mean, 1, 3, 2, h_mean, 0.7, 9.9, 10.5, 1234.5, 2.5e6};
    const double var[] = {1.0 / 12, 9, 4, ln_var, w_var, 2, 1.2, 1, h_var, 0.7, 9.9, 10.5, 1234.5, 2.5e6};
    enum { LAWS = sizeof mean / sizeof *mean, N = 200000 };
    for (int law = 0; law < LAWS; law++) {
        struct dh_rng rng = dh_rng_stream(2024, DH_RNG_TEST, (uint64_t)law);
        double s1 = 0, s2 = 0, s4 = 0;
        for (int i = 0; i < N; i++) {
            double d = draw(&rng, law) - mean[law];
            s1 += d;
            s2 += d * d;
            s4 += d * d * d * d;
        }
        double error = s1 / N, v = s2 / N, kurt = s4 / N;
        /* 5 standard errors of the mean, and of the variance by the sample's own fourth moment */
        if (fabs(error) > 5 * sqrt(var[law] / N) || fabs(v - var[law]) > 5 * sqrt((kurt - v * v) / N))
            fail_msg("law %d: mean off by %g, variance %g instead of %g", law, error, v, var[law]);
    }
}

/* Kolmogorov-Smirnov distance of 1e5 normals from the exact distribution function, and Poisson counts
 * near the change of method against their exact probabilities. */
void normal_and_poisson_follow_their_distribution(void **state) {
    (void)state;
    enum { N = 100000, BINS = 50 };
    struct dh_rng rng = dh_rng_stream(77, DH_RNG_TEST, 0);
    int below[BINS] = {0};
    for (int i = 0; i < N; i++) {
        double z = dh_rng_normal(&rng, 0, 1);
        for (int b = 0; b < BINS; b++)
            below[b] += z <= -3 + 6.0 * b / (BINS - 1);
    }
    for (int b = 0; b < BINS; b++) {
        double p = 0.5 * erfc(-(-3 + 6.0 * b / (BINS - 1)) / sqrt(2));
        assert_true(fabs(below[b] - N * p) < 5.5 * sqrt(N * p * (1 - p)));
    }
    for (double mean = 6; mean < 40; mean += 4.25) {
        int counts[100] = {0};
        double chi2 = 0, bins = 0;
        for (int i = 0; i < N; i++) {
            int64_t k = dh_rng_poisson(&rng, mean);
            counts[k < 99 ? k : 99]++;
        }
        for (int k = 0; k < 99; k++) {
            double expected = N * exp(k * log(mean) - mean - lgamma(k + 1.0));
            if (expected < 10)
                continue;
            chi2 += (counts[k] - expected) * (counts[k] - expected) / expected;
            bins++;
        }
        /* Wilson and Hilferty: 4.5 standard deviations of a chi-square with so many degrees */
        double h = 2 / (9 * bins), limit = bins * pow(1 - h + 4.5 * sqrt(h), 3);
        if (chi2 > limit)
            fail_msg("Poisson %g: chi-square %g above %g", mean, chi2, limit);
    }
}

/* Variates of an independent generator, tests/data/ziggurat.py answers: each way to one. */
void exponentials_are_those_of_the_published_method(void **state) {
    (void)state;
    static const struct {
        int n;
        double e;
    } known[] = {
        {0,     0x1.269d1bdb59be2p-2}, /* inside */
        {1,     0x1.0fdadf10fa9fep-1},
        {2,     0x1.c4b56890cc8a8p-3},
        {3,     0x1.5579125310c7ap-2},
        {28,    0x1.e619c62ecdf28p+0}, /* edge, inside */
        {107,   0x1.1adea25b1211fp-3}, /* edge */
        {238,   0x1.35b738a59c9c1p+0}, /* edge, edge */
        {3558,  0x1.f111857874fc4p+2}, /* tail, inside */
        {17634, 0x1.50ea06db804bdp-1}, /* edge, edge, inside */
    };
    struct dh_rng rng = dh_rng_stream(2024, DH_RNG_TEST, 99), doubled = rng;
    for (int n = 0, i = 0; i < (int)(sizeof known / sizeof *known); n++) {
        double e = dh_rng_exponential(&rng, 1);
        assert_true(dh_rng_exponential(&doubled, 2) == 2 * e);
        if (n == known[i].n)
            assert_true(e == known[i++].e);
    }
}

/* All layers have the same area, and the exponential law holds everywhere: chi-square of 4e6 variates in
 * 1000 bins of equal probability, of which the last begins at 6.9, and counts of the tail. */
void exponentials_follow_their_distribution(void **state) {
    (void)state;
    enum { N = 4000000, BINS = 1000 };
    double x1 = dh_exponential_layers[1].width * 0x1p53, area = (x1 + 1) * exp(-x1);
    for (int i = 0; i < 256; i++) {
        double x = dh_exponential_layers[i].width * 0x1p53;
        double next = i < 255 ? dh_exponential_layers[i + 1].width * 0x1p53 : 0;
        double height = i == 0 ? exp(-x1) : exp(-next) - exp(-x);
        assert_true(fabs(x * height / area - 1) < 1e-13);
        assert_true(fabs((double)dh_exponential_layers[i].inside * 0x1p-53 * x - next) <= x * 0x1p-52);
    }
    struct dh_rng rng = dh_rng_stream(31, DH_RNG_TEST, 5);
    static int counts[BINS];
    int beyond[4] = {0};
    const double from[4] = {7.6, x1, 8.5, 10};
    for (int i = 0; i < N; i++) {
        double e = dh_rng_exponential(&rng, 1);
        assert_true(e >= 0);
        counts[(int)(-expm1(-e) * BINS)]++;
        for (int k = 0; k < 4; k++)
            beyond[k] += e >= from[k];
    }
    double expected = (double)N / BINS, chi2 = 0;
    for (int b = 0; b < BINS; b++)
        chi2 += (counts[b] - expected) * (counts[b] - expected) / expected;
    assert_true(fabs(chi2 - (BINS - 1)) < 5 * sqrt(2.0 * (BINS - 1)));
    for (int k = 0; k < 4; k++)
        assert_true(fabs(beyond[k] - N * exp(-from[k])) < 5 * sqrt(N * exp(-from[k])));
}

void senseless_parameters_give_nan_or_zero_and_return(void **state) {
    (void)state;
    struct dh_rng rng = dh_rng_stream(9, DH_RNG_TEST, 0);
    const double bad[] = {NAN, INFINITY, -INFINITY, -1.0};
    for (int i = 0; i < 4; i++) {
        assert_true(isnan(dh_rng_exponential(&rng, bad[i])));
        assert_true(isnan(dh_rng_normal(&rng, 0, bad[i])));
        assert_true(isnan(dh_rng_lognormal(&rng, 0, bad[i])));
        assert_true(isnan(dh_rng_weibull(&rng, bad[i], 1)));
        assert_true(isnan(dh_rng_weibull(&rng, 1, bad[i])));
        assert_true(isnan(dh_rng_gamma(&rng, bad[i], 1)));
        assert_true(isnan(dh_rng_gamma(&rng, 1, bad[i])));
        assert_true(isnan(dh_rng_erlang(&rng, 2, bad[i])));
        assert_true(isnan(dh_rng_hyperexponential(&rng, bad[i], 1, 1)));
    }
    assert_true(isnan(dh_rng_erlang(&rng, 0, 1)));
    assert_int_equal(dh_rng_poisson(&rng, NAN), 0);
    assert_int_equal(dh_rng_poisson(&rng, -3), 0);
    assert_int_equal(dh_rng_poisson(&rng, 0), 0);
    assert_true(dh_rng_poisson(&rng, INFINITY) == INT64_MAX && dh_rng_poisson(&rng, 1e300) == INT64_MAX);
    assert_true(fabs((double)dh_rng_poisson(&rng, 1e15) - 1e15) < 1e9);
    assert_true(dh_rng_gamma(&rng, 1e-300, 1) >= 0 && dh_rng_gamma(&rng, 1e300, 1) > 0);
}

void antithetic_pairs_draw_u_and_its_complement(void **state) {
    struct dh_rng first = dh_rng_stream((uint64_t)INT64_C(-15), DH_RNG_TEST, 3),
                  second = dh_rng_stream((uint64_t)INT64_C(-16), DH_RNG_TEST, 3),
                  plain = dh_rng_stream(7, DH_RNG_TEST, 3);
    double product = 0, sum = 0, square = 0;
    enum { N = 20000 };
    (void)state;
    for (int i = 0; i < 100; i++) {
        uint64_t a = dh_rng_u64(&first);
        assert_int_equal(a, dh_rng_u64(&plain)); /* pair k is of seed k */
        assert_int_equal(a, ~dh_rng_u64(&second));
    }
    for (int i = 0; i < N; i++) { /* one draw each, so that they stay together */
        double a = dh_rng_exponential(&first, 2), b = dh_rng_exponential(&second, 2);
        assert_true(fabs(exp(-a / 2) + exp(-b / 2) - 1) < 1e-12);
        product += a * b;
        sum += a + b;
        square += a * a + b * b;
    }
    /* Means and variances of the law; the covariance of -ln u and -ln(1 - u) is 1 - pi^2 / 6. Four standard
     * errors. */
    assert_true(fabs(sum / (2 * N) - 2) < 4 * 2 * sqrt((1 - 0.645) / (2 * N)));
    assert_true(fabs(square / (2 * N) - 8) < 4 * sqrt(320.0 / (2 * N)));
    assert_true(fabs(product / N - 4 * (2 - 1.6449340668482264)) < 4 * sqrt(6.0 / N));
}
