#include "sim/math.h"
#include "sim/math_tables.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* A value as the sum of two doubles, |lo| at most half an ulp of hi (or nearly so). */
struct dd {
    double hi, lo;
};

static uint64_t bits_of(double x) {
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static double from_bits(uint64_t u) {
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* 2^k for -1022 <= k <= 1023. */
static double pow2(int64_t k) {
    return from_bits((uint64_t)(k + 1023) << 52);
}

/* a + b exactly (D. E. Knuth). */
static struct dd two_sum(double a, double b) {
    double s = a + b, t = s - a;
    return (struct dd){s, (a - (s - t)) + (b - t)};
}

/* a + b exactly when |a| >= |b| or a is 0 (T. J. Dekker). */
static struct dd quick_sum(double a, double b) {
    double s = a + b;
    return (struct dd){s, b - (s - a)};
}

/* a * b exactly, without a fused multiply-add (Dekker, Veltkamp); |a|, |b| < 2^990. */
static struct dd two_prod(double a, double b) {
    const double splitter = 0x1p27 + 1;
    double ta = splitter * a, tb = splitter * b;
    double ah = ta - (ta - a), al = a - ah;
    double bh = tb - (tb - b), bl = b - bh;
    double p = a * b;
    return (struct dd){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

static struct dd dd_mul(struct dd a, struct dd b) {
    struct dd p = two_prod(a.hi, b.hi);
    return quick_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

/* ---- exponential --------------------------------------------------------------------------------- */

/* x = (128 k + i) ln2 / 128 + r, so exp(x) = 2^k 2^(i/128) exp(r) with |r| < 0.00271 + |lo|. The integer is
 * below 2^18, so its product with the 35 bits of LN2_128_HI, and the difference, are exact. */
struct reduced {
    int64_t k;
    int i;
    double r, r_lo; /* r + r_lo */
};

static struct reduced exp_reduce(double x, double lo) {
    double n = floor(x * INV_LN2_128 + 0.5);
    int64_t whole = (int64_t)n;
    struct dd r = two_sum(x - n * LN2_128_HI, lo - n * LN2_128_LO);
    return (struct reduced){.k = whole >> 7, .i = (int)(whole & 127), .r = r.hi, .r_lo = r.lo};
}

/* exp(r) - 1 - r by Taylor; the first term left out is below 2^-64 for |r| < 0.0028. */
static double exp_tail(double r) {
    return r * r * (0.5 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720)))));
}

/* 2^k m where the result may be subnormal or overflow; m in [1, 2]. */
static double scale(double m, int64_t k) {
    if (k >= -1021 && k <= 1022)
        return m * pow2(k);
    if (k > 1022)
        return k > 1030 ? INFINITY : m * 0x1p1000 * pow2(k - 1000);
    return k < -1080 ? 0.0 : m * pow2(k + 1000) * 0x1p-1000;
}

/* exp(hi + lo) for |hi| < 750. */
static double exp_sum(double hi, double lo) {
    struct reduced e = exp_reduce(hi, lo);
    double t = EXP2_TABLE[e.i][0];
    double p = e.r + (e.r_lo + exp_tail(e.r));
    return scale(t + (EXP2_TABLE[e.i][1] + t * p), e.k);
}

double dh_exp(double x) {
    if (isnan(x))
        return x;
    if (x > 709.8)
        return INFINITY;
    if (x < -745.2)
        return 0.0;
    return exp_sum(x, 0.0);
}

/* exp(x) - 1 for 2^-60 < |x| < 45, to about 2^-62 of the result. */
static struct dd expm1_dd(double x) {
    struct reduced e = exp_reduce(x, 0.0);
    double tail = e.r_lo + exp_tail(e.r);
    if (e.k == 0 && e.i == 0)
        return quick_sum(e.r, tail);
    struct dd p = quick_sum(e.r, tail); /* exp(r) - 1 */
    double t = EXP2_TABLE[e.i][0], t_lo = EXP2_TABLE[e.i][1];
    struct dd tp = two_prod(t, p.hi);
    struct dd m = quick_sum(t, tp.hi);
    m.lo += tp.lo + (t * p.lo + t_lo * (1.0 + p.hi));
    double two_k = pow2(e.k);
    struct dd result = two_sum(m.hi * two_k, -1.0);
    return quick_sum(result.hi, result.lo + m.lo * two_k);
}

double dh_expm1(double x) {
    if (isnan(x) || fabs(x) < 0x1p-54)
        return x;
    if (x > 45)
        return dh_exp(x); /* the 1 is below 2^-64 of it */
    if (x < -45)
        return -1.0;
    struct dd e = expm1_dd(x);
    return e.hi + e.lo;
}

double dh_tanh(double x) {
    double a = fabs(x);
    if (isnan(x) || a < 0x1p-28)
        return x; /* x - x^3/3 rounds to x */
    if (a > 22)
        return copysign(1.0, x);
    struct dd e = expm1_dd(2 * a); /* tanh = e / (e + 2) */
    struct dd d = two_sum(e.hi, 2.0);
    d.lo += e.lo;
    double q = e.hi / d.hi;
    struct dd qd = two_prod(q, d.hi);
    double rest = ((e.hi - qd.hi) - qd.lo) + (e.lo - q * d.lo);
    return copysign(q + rest / d.hi, x);
}

/* ---- logarithm ----------------------------------------------------------------------------------- */

/* x = 2^k z with z in [0.6875, 1.375), and r = z * inverse - 1 exactly as r + r_lo, |r| < 2^-7 + 2^-10. */
struct split {
    int64_t k;
    int i;
    struct dd r;
};

/* x positive, finite, normal. */
static inline struct split log_split(double x) {
    const uint64_t start = UINT64_C(0x3fe6000000000000); /* 0.6875 */
    uint64_t ix = bits_of(x), offset = ix - start;
    int64_t k = (int64_t)offset >> 52;
    int i = (int)(offset >> 45 & 127);
    double z = from_bits(ix - ((uint64_t)k << 52));
    double inverse = LOG_TABLE[i].inverse;
    double z_hi = from_bits(bits_of(z) & ~UINT64_C(0x7ffffff));
    /* both products and the difference are exact; where the second is the larger, so is the sum */
    return (struct split){k, i, quick_sum(z_hi * inverse - 1.0, (z - z_hi) * inverse)};
}

/* (log(1 + r) - r + r^2/2) / r^3; the first term left out is below 2^-70 for |r| < 2^-7. */
static double log_tail(double r) {
    double r2 = r * r, r4 = r2 * r2;
    return (1.0 / 3 - r * (1.0 / 4)) + r2 * (1.0 / 5 - r * (1.0 / 6)) +
           r4 * ((1.0 / 7 - r * (1.0 / 8)) + r2 * (1.0 / 9));
}

/* NaN, inf, 0 and negatives; and subnormals scaled up. Returns true when *x is ready for log_split with
 * k to be lowered by *down, false when *x is the answer. */
static int log_prepare(double *x, int64_t *down) {
    *down = 0;
    if (*x >= 0x1p-1022 && *x < INFINITY)
        return 1;
    if (*x > 0 && *x < 0x1p-1022) {
        *x *= 0x1p52;
        *down = 52;
        return 1;
    }
    *x = *x == 0 ? -INFINITY : *x > 0 || isnan(*x) ? *x : NAN;
    return 0;
}

double dh_log(double x) {
    int64_t down;
    if (!log_prepare(&x, &down))
        return x;
    struct split s = log_split(x);
    double k = (double)(s.k - down), r = s.r.hi;
    double t = k * LN2_HI + LOG_TABLE[s.i].log_hi; /* exact: both are multiples of 2^-42 below 2^10 */
    struct dd sum = quick_sum(t, r);
    double rest = s.r.lo + (k * LN2_LO + LOG_TABLE[s.i].log_lo);
    double r2 = r * r;
    return sum.hi + (sum.lo + (rest - 0.5 * r2) + r * r2 * log_tail(r));
}

/* log(x + lo) to about 2^-66 of the result; x positive, finite, normal, |lo| <= ulp(x). */
static struct dd log_dd(double x, double lo, int64_t down) {
    struct split s = log_split(x);
    double k = (double)(s.k - down);
    if (lo != 0 && s.k < 64)
        s.r = quick_sum(s.r.hi, s.r.lo + lo * pow2(-s.k) * LOG_TABLE[s.i].inverse);
    double r = s.r.hi;
    double t = k * LN2_HI + LOG_TABLE[s.i].log_hi;
    struct dd t_lo = two_sum(k * LN2_LO, LOG_TABLE[s.i].log_lo);
    /* k LN2_LO is not exact; what it loses is below 2^-53 2^-33 of a sum that is then above 1/2 */
    struct dd r2 = two_prod(r, r);
    struct dd sum = quick_sum(t, r);
    struct dd second = two_sum(t_lo.hi, -0.5 * r2.hi);
    struct dd low = two_sum(sum.lo, second.hi);
    struct dd result = quick_sum(sum.hi, low.hi);
    double rest = k * LN2_LO2 + LOG_TABLE[s.i].log_lo2 + t_lo.lo + second.lo + low.lo +
                  (s.r.lo - r * s.r.lo - 0.5 * r2.lo) + r * r2.hi * log_tail(r);
    return quick_sum(result.hi, result.lo + rest);
}

double dh_log1p(double x) {
    if (isnan(x) || fabs(x) < 0x1p-54 || x == INFINITY)
        return x;
    if (x <= -1)
        return x == -1 ? -INFINITY : NAN;
    struct dd u = two_sum(1.0, x);
    struct dd l = log_dd(u.hi, u.lo, 0);
    return l.hi + l.lo;
}

static double log_scaled(double x, struct dd factor) {
    int64_t down;
    if (!log_prepare(&x, &down))
        return x;
    struct dd l = dd_mul(log_dd(x, 0.0, down), factor);
    return l.hi + l.lo;
}

double dh_log2(double x) {
    return log_scaled(x, (struct dd){INV_LN2_HI, INV_LN2_LO});
}

double dh_log10(double x) {
    return log_scaled(x, (struct dd){INV_LN10_HI, INV_LN10_LO});
}

/* ---- power --------------------------------------------------------------------------------------- */

/* 0: y is no integer, 1: odd, 2: even. */
static int parity(double y) {
    double a = fabs(y);
    if (a >= 0x1p53)
        return 2;
    if (a != floor(a))
        return 0;
    return (uint64_t)a & 1 ? 1 : 2;
}

double dh_pow(double x, double y) {
    if (y == 0 || x == 1)
        return 1.0;
    if (isnan(x) || isnan(y))
        return NAN;
    double a = fabs(x);
    int kind = parity(y);
    double sign = kind == 1 && signbit(x) ? -1.0 : 1.0;
    if (a == 0)
        return y < 0 ? sign * INFINITY : sign * 0.0;
    if (isinf(y))
        return a == 1 ? 1.0 : (a > 1) == (y > 0) ? INFINITY : 0.0;
    if (isinf(x))
        return y < 0 ? sign * 0.0 : sign * INFINITY;
    if (x < 0 && kind == 0)
        return NAN;
    if (a == 1)
        return sign;
    if (fabs(y) > 0x1p65) /* |log a| >= 2^-53 */
        return (a > 1) == (y > 0) ? INFINITY : 0.0;
    if (fabs(y) < 0x1p-65) /* |log a| < 2^10 */
        return 1.0;
    int64_t down;
    log_prepare(&a, &down);
    struct dd l = log_dd(a, 0.0, down);
    struct dd p = two_prod(y, l.hi);
    if (p.hi > 710)
        return sign * INFINITY;
    if (p.hi < -746)
        return sign * 0.0;
    return sign * exp_sum(p.hi, p.lo + y * l.lo);
}

double dh_cbrt(double x) {
    if (x == 0 || !isfinite(x))
        return x;
    double a = fabs(x);
    int64_t e = 0;
    if (a < 0x1p-1022) {
        a *= 0x1p54;
        e = -18;
    }
    /* a = 8^q m, m in [1, 8) */
    int64_t exponent = (int64_t)(bits_of(a) >> 52) - 1023;
    int64_t q = (exponent + 3000) / 3 - 1000;
    double m = a * pow2(-q) * pow2(-q) * pow2(-q);
    /* Chord and tangent mixed: within 4 % on [1, 8); Halley's step cubes the error. */
    double y = 0.86 + m * (0.1895 - m * 0.0057);
    for (int i = 0; i < 3; i++) {
        double y3 = y * y * y;
        y = y * ((y3 + 2 * m) / (2 * y3 + m));
    }
    struct dd y2 = two_prod(y, y);
    struct dd y3 = two_prod(y2.hi, y);
    double rest = ((m - y3.hi) - y3.lo) - y2.lo * y;
    return copysign((y + rest / (3 * y2.hi)) * pow2(q + e), x);
}

/* ---- sine and cosine ----------------------------------------------------------------------------- */

/* Distance of |x| > pi/4 from the nearest multiple of pi/2, and that multiple modulo 4 (M. H. Payne,
 * R. N. Hanek, SIGNUM Newsletter 18, 1983). |x| = M 2^e with a 53-bit integer M. Bits of 2/pi that give
 * multiples of 4 are left out; 192 bits from there leave an error below 2^-137 of a quadrant, and no double
 * comes closer than 2^-62 to a multiple of pi/2. */
static int quadrant(double x, struct dd *rest) {
    uint64_t u = bits_of(x) & (UINT64_MAX >> 1);
    int64_t e = (int64_t)(u >> 52) - 1075;
    uint64_t mantissa = (u & (UINT64_MAX >> 12)) | UINT64_C(1) << 52;
    int64_t first = e - 2 + 64; /* bit of the table that weighs 2 in M 2^e (2/pi): at least 9 */
    int64_t word = first / 64, shift = first % 64;
    uint64_t w[3];
    for (int j = 0; j < 3; j++)
        w[j] = TWO_OVER_PI[word + j] << shift | (shift ? TWO_OVER_PI[word + j + 1] >> (64 - shift) : 0);
    /* the low 192 bits of M * w, f[0] on top: 2 bits of quadrant, 190 of fraction */
    unsigned __int128 p2 = (unsigned __int128)mantissa * w[2];
    unsigned __int128 p1 = (unsigned __int128)mantissa * w[1] + (uint64_t)(p2 >> 64);
    uint64_t f[3] = {mantissa * w[0] + (uint64_t)(p1 >> 64), (uint64_t)p1, (uint64_t)p2};
    int q = (int)(f[0] >> 62);
    f[0] = f[0] << 2 | f[1] >> 62;
    f[1] = f[1] << 2 | f[2] >> 62;
    f[2] = f[2] << 2;
    double sign = 1.0;
    if (f[0] >> 63) { /* beyond the middle: count from the next multiple */
        q++;
        sign = -1.0;
        for (int j = 0; j < 3; j++)
            f[j] = ~f[j]; /* less than -f by one in the last place, 2^-190 */
    }
    int zeros = f[0] ? __builtin_clzll(f[0]) : 64 + (f[1] ? __builtin_clzll(f[1]) : 63);
    if (zeros >= 64) {
        f[0] = f[1], f[1] = f[2], f[2] = 0;
        zeros -= 64;
        sign *= 0x1p-64;
    }
    if (zeros) {
        f[0] = f[0] << zeros | f[1] >> (64 - zeros);
        f[1] = f[1] << zeros | f[2] >> (64 - zeros);
    }
    sign *= pow2(-zeros);
    double hi = (double)(f[0] >> 11) * 0x1p-53;
    double lo = (double)((f[0] & 0x7ff) << 53 | f[1] >> 11) * 0x1p-117;
    *rest = dd_mul((struct dd){sign * hi, sign * lo}, (struct dd){HALF_PI_HI, HALF_PI_LO});
    return (bits_of(x) >> 63 ? -q : q) & 3;
}

/* Taylor's series on |r| < 0.7854: the first terms left out are below 2^-62. */
static double sin_kernel(struct dd x) {
    double r = x.hi, z = r * r;
    double p =
        -1.0 / 6 +
        z * (1.0 / 120 +
             z * (-1.0 / 5040 +
                  z * (1.0 / 362880 +
                       z * (-1.0 / 39916800 +
                            z * (1.0 / 6227020800 +
                                 z * (-1.0 / 1307674368000 +
                                      z * (1.0 / 355687428096000 + z * (-1.0 / 121645100408832000))))))));
    return r + (r * z * p + x.lo * (1.0 - 0.5 * z));
}

static double cos_kernel(struct dd x) {
    double r = x.hi;
    struct dd z2 = two_prod(r, r);
    double z = z2.hi;
    double p =
        1.0 / 24 +
        z * (-1.0 / 720 +
             z * (1.0 / 40320 +
                  z * (-1.0 / 3628800 + z * (1.0 / 479001600 + z * (-1.0 / 87178291200 +
                                                                    z * (1.0 / 20922789888000 +
                                                                         z * (-1.0 / 6402373705728000)))))));
    struct dd w = quick_sum(1.0, -0.5 * z);
    return w.hi + (w.lo + (z * z * p - 0.5 * z2.lo - r * x.lo));
}

static double circular(double x, int shift) {
    if (!isfinite(x))
        return NAN;
    struct dd r = {x, 0.0};
    int q = shift;
    if (fabs(x) > 0.7853981633974483) {
        q += quadrant(x, &r);
        if (x < 0)
            r = (struct dd){-r.hi, -r.lo};
    }
    double y = q & 1 ? cos_kernel(r) : sin_kernel(r);
    return q & 2 ? -y : y;
}

double dh_sin(double x) {
    return fabs(x) < 0x1p-28 ? x : circular(x, 0);
}

double dh_cos(double x) {
    return circular(x, 1);
}

/* ---- normal quantile ----------------------------------------------------------------------------- */

/* Both polynomials of degree 7 of a rational function, coefficients from the constant up. */
static double ratio7(double x, const double a[static 8], const double b[static 8]) {
    double num = a[7], den = b[7];
    for (int i = 6; i >= 0; i--) {
        num = num * x + a[i];
        den = den * x + b[i];
    }
    return num / den;
}

double dh_norm_inv(double p) {
    /* Wichura 1988, PPND16 */
    static const double a[8] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double b[8] = {1.0,
                                4.2313330701600911252e+1,
                                6.8718700749205790830e+2,
                                5.3941960214247511077e+3,
                                2.1213794301586595867e+4,
                                3.9307895800092710610e+4,
                                2.8729085735721942674e+4,
                                5.2264952788528545610e+3};
    static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[8] = {1.0,
                                2.05319162663775882187e0,
                                1.67638483018380384940e0,
                                6.89767334985100004550e-1,
                                1.48103976427480074590e-1,
                                1.51986665636164571966e-2,
                                5.47593808499534494600e-4,
                                1.05075007164441684324e-9};
    static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                1.78482653991729133580e0,  2.96560571828504891230e-1,
                                2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[8] = {1.0,
                                5.99832206555887937690e-1,
                                1.36929880922735805310e-1,
                                1.48753612908506148525e-2,
                                7.86869131145613259100e-4,
                                1.84631831751005468180e-5,
                                1.42151175831644588870e-7,
                                2.04426310338993978564e-15};
    if (!(p >= 0 && p <= 1))
        return NAN;
    double q = p - 0.5;
    if (fabs(q) <= 0.425)
        return q * ratio7(0.180625 - q * q, a, b);
    double tail = q < 0 ? p : 1.0 - p;
    if (tail == 0)
        return q < 0 ? -INFINITY : INFINITY;
    double r = sqrt(-dh_log(tail));
    double z = r <= 5 ? ratio7(r - 1.6, c, d) : ratio7(r - 5.0, e, f);
    return q < 0 ? -z : z;
}
