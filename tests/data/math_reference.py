#!/usr/bin/python3
"""Writes sim/math_tables.h and tests/data/math_known_answers.csv from arithmetic of 60 and more digits.

    /usr/bin/python3 tests/data/math_reference.py tables > sim/math_tables.h
    /usr/bin/python3 tests/data/math_reference.py answers > tests/data/math_known_answers.csv

Only Python's decimal is used: its exp, ln and sqrt are correctly rounded at any precision; sine, cosine,
pi and the normal distribution come from their series below.
"""
import decimal
import random
import struct
import sys
from decimal import Decimal as D
from fractions import Fraction

PREC = 70
decimal.getcontext().prec = PREC
decimal.getcontext().Emin = decimal.MIN_EMIN
decimal.getcontext().Emax = decimal.MAX_EMAX


def dec(x):
    """A double or a fraction as a Decimal, exactly for a double."""
    if isinstance(x, Fraction):
        return D(x.numerator) / D(x.denominator)
    return D(x)


def nearest(d):
    """The double nearest to d. float() of a decimal string is correctly rounded."""
    return float(str(d))


def pi(prec):
    """Machin: 16 atan(1/5) - 4 atan(1/239), in integers."""
    one = 10 ** (prec + 20)

    def atan_inv(n):
        term, total, k = one // n, 0, 1
        while term:
            total += term // k if k % 4 == 1 else -(term // k)
            term //= n * n
            k += 2
        return total
    return D(16 * atan_inv(5) - 4 * atan_inv(239)).scaleb(-(prec + 20))


with decimal.localcontext() as ctx:
    ctx.prec = 900
    PI = pi(800)
LN2 = D(2).ln()


def sincos(x):
    """(sin, cos) of an exact double, by reduction with 800 digits of pi and Taylor's series."""
    with decimal.localcontext() as c:
        c.prec = 800
        half_pi = PI / 2
        k = (dec(x) / half_pi).to_integral_value()
        r = dec(x) - k * half_pi
    with decimal.localcontext() as c:
        c.prec = PREC + 30
        r = +r
        s, t, n = D(0), r, 1
        while t and (s == 0 or abs(t) > abs(s).scaleb(-(PREC + 25))):
            s += t
            t = -t * r * r / ((n + 1) * (n + 2))
            n += 2
        co, t, n = D(0), D(1), 0
        while co == 0 or abs(t) > D(10) ** -(PREC + 25):
            co += t
            t = -t * r * r / ((n + 1) * (n + 2))
            n += 2
    q = int(k) % 4
    return [(s, co), (co, -s), (-s, -co), (-co, s)][q]


def wide(fn, x, prec=PREC + 330):
    with decimal.localcontext() as c:
        c.prec = prec
        return fn(dec(x))


def expm1(x):
    return wide(lambda d: d.exp() - 1, x)


def log1p(x):
    return wide(lambda d: (1 + d).ln(), x)


def tanh(x):
    return wide(lambda d: ((2 * d).exp() - 1) / ((2 * d).exp() + 1), x)


def cbrt(x):
    d = abs(dec(x))
    if d == 0:
        return D(0)
    y = (d.ln() / 3).exp()
    y -= (y * y * y - d) / (3 * y * y)
    return y if x > 0 else -y


def power(x, y):
    with decimal.localcontext() as c:
        c.prec = PREC + 30
        r = (dec(y) * abs(dec(x)).ln()).exp()
    return -r if x < 0 and y % 2 == 1 else r


def phi(z):
    """Standard normal distribution function, z <= 0 (series near 0, Laplace's continued fraction below)."""
    with decimal.localcontext() as c:
        c.prec = PREC + 40
        density = (-z * z / 2).exp() / (2 * PI).sqrt()
        if z > -8:
            s, t, n = D(0), -z, 1
            while abs(t) > D(10) ** -(PREC + 30):
                s += t
                t = t * z * z / (n + 2)
                n += 2
            return D(1) / 2 - density * s
        f, x = D(0), -z
        for k in range(6000, 0, -1):
            f = k / (x + f)
        return density / (x + f)


def norm_inv(p):
    """Newton's method on phi; the start is found by bisection in doubles."""
    from statistics import NormalDist
    d = dec(p)
    if d == D(1) / 2:
        return D(0)
    tail, sign = (d, 1) if d < D(1) / 2 else (1 - d, -1)
    if tail > D('1e-300'):
        z = D(NormalDist().inv_cdf(max(float(tail), 1e-300)))
    else:
        z = D('-37.5')
    with decimal.localcontext() as c:
        c.prec = PREC + 40
        for _ in range(12):
            density = (-z * z / 2).exp() / (2 * PI).sqrt()
            step = (phi(z) - tail) / density
            z -= step
            if abs(step) < D(10) ** -45:
                break
    return sign * z


def hexf(x):
    return float(x).hex()


def tables():
    print("""/* Written by tests/data/math_reference.py; not edited by hand. */
#ifndef DH_SIM_MATH_TABLES_H
#define DH_SIM_MATH_TABLES_H

#include <stdint.h>

// clang-format off
""")
    # 2^(i/128) as a sum of two doubles
    print("/* 2^(i/128), i = 0..127: nearest double, and what it leaves. */")
    print("static const double EXP2_TABLE[128][2] = {")
    for i in range(128):
        v = (LN2 * i / 128).exp() if i else D(1)
        hi = nearest(v)
        print("    {%s, %s}," % (hexf(hi), hexf(nearest(v - D(hi)))))
    print("};\n")
    # ln2/128 with 35 bits in front, so that its product with an integer below 2^18 is exact
    v = LN2 / 128
    hi = float(int(v * D(2) ** 42)) / 2.0 ** 42
    print("/* ln 2 / 128: 35 bits, then the rest. */")
    print("#define LN2_128_HI %s\n#define LN2_128_LO %s\n#define INV_LN2_128 %s\n" %
          (hexf(hi), hexf(nearest(v - D(hi))), hexf(nearest(1 / v))))
    # logarithm: reciprocal of the middle of [c, c + width) in 9 bits after the point, and -log of it
    hi = float(int(LN2 * D(2) ** 42)) / 2.0 ** 42
    print("/* ln 2: a multiple of 2^-42, then the rest in two parts. */")
    lo = nearest(LN2 - D(hi))
    print("#define LN2_HI %s\n#define LN2_LO %s\n#define LN2_LO2 %s\n" %
          (hexf(hi), hexf(lo), hexf(nearest(LN2 - D(hi) - D(lo)))))
    print("""/* For z from 0.6875 to 1.375 in 128 steps of its first 7 mantissa bits: 1/z of the middle as a multiple
 * of 2^-9 (so that z times it is exact in two parts; 1 on both sides of z = 1), and minus its logarithm as
 * a multiple of 2^-42 and the rest in two doubles. */""")
    print("static const struct {\n    double inverse, log_hi, log_lo, log_lo2;\n} LOG_TABLE[128] = {")
    for i in range(128):
        bits = 0x3fe6000000000000 + (i << 45)
        a = struct.unpack('<d', struct.pack('<Q', bits))[0]
        b = struct.unpack('<d', struct.pack('<Q', bits + (1 << 45)))[0]
        inv = 1.0 if a == 1.0 or b == 1.0 else round(512 * 2 / (a + b)) / 512.0
        v = -D(inv).ln()
        hi = float((v * D(2) ** 42).to_integral_value()) / 2.0 ** 42
        lo = nearest(v - D(hi))
        print("    {%s, %s, %s, %s}," % (hexf(inv), hexf(hi), hexf(lo), hexf(nearest(v - D(hi) - D(lo)))))
    print("};\n")
    for name, v in (("INV_LN2", 1 / LN2), ("INV_LN10", 1 / D(10).ln()), ("HALF_PI", PI / 2)):
        hi = nearest(v)
        print("#define %s_HI %s\n#define %s_LO %s" % (name, hexf(hi), name, hexf(nearest(v - D(hi)))))
    with decimal.localcontext() as c:
        c.prec = 800
        n = int((2 / PI) * D(2) ** 1280)
    words = [0] + [(n >> (1280 - 64 * (k + 1))) & (2 ** 64 - 1) for k in range(20)]
    print("\n/* 64 zeros, then the first 1280 bits of 2/pi behind the point. */")
    print("static const uint64_t TWO_OVER_PI[21] = {")
    for w in words:
        print("    UINT64_C(0x%016x)," % w)
    print("};\n\n// clang-format on\n\n#endif")


def answers():
    rng = random.Random(20240501)
    rows = []

    def row(name, x, y, exact):
        hi = nearest(exact)
        if abs(hi) == float('inf'):
            rows.append("%s,%s,%s,%s,0x0p+0" % (name, hexf(x), hexf(y), 'inf' if hi > 0 else '-inf'))
            return
        rows.append("%s,%s,%s,%s,%s" % (name, hexf(x), hexf(y), hexf(hi), hexf(nearest(exact - D(hi)))))

    def special(name, x, y, result):
        rows.append("%s,%s,%s,%s,0x0p+0" % (name, x, y, result))

    def spread(lo, hi, n):
        return [rng.uniform(lo, hi) for _ in range(n)]

    def logspread(lo, hi, n, signed=False):
        import math
        v = [2.0 ** rng.uniform(lo, hi) * 1.0 for _ in range(n)]
        return [x * rng.choice((-1, 1)) for x in v] if signed else v

    tiny, huge = 5e-324, 1.7976931348623157e308
    near1 = [1 + s * 2.0 ** -k for k in (1, 2, 3, 5, 7, 8, 9, 12, 20, 30, 40, 50, 52) for s in (1, -1)]
    edges = [1 + s * (2.0 ** -7 + d * 2.0 ** -52) for s in (1, -1, .5, -.5) for d in (-1, 0, 1)]
    for x in [0.0, 1.0, -1.0, 0.5, 709.0, 709.782712893384, -708.3, -708.4, -720.0, -740.25, -745.1, tiny, -tiny,
              2.0 ** -54, 2.0 ** -30] + spread(-1, 1, 60) + spread(-700, 700, 120) + spread(-745, -708, 20) + \
            logspread(-40, 0, 30, True) + [k * 0.0027076061740622863 for k in (-3, -1, -.5, .5, 1, 3)]:
        row("exp", x, 0.0, wide(lambda d: d.exp(), x))
    for x in [-1e-20, 1e-300, tiny, 0.002, -0.002, 0.0027, -0.0027, 0.00271, -36.7, -37.0, -38.0, -50.0, 40.0,
              709.5] + spread(-1, 1, 100) + spread(-40, 40, 60) + spread(40, 709, 20) + logspread(-60, -1, 80, True):
        row("expm1", x, 0.0, expm1(x))
    for x in [tiny, 3 * tiny, 2.2250738585072014e-308, huge, 0.5, 2.0, 10.0, 0.6875, 1.375, 2.718281828459045] + \
            near1 + edges + spread(0.5, 2, 120) + spread(0.98, 1.02, 60) + logspread(-1070, 1023, 80):
        for name, scale in (("log", D(1)), ("log2", LN2), ("log10", D(10).ln())):
            row(name, x, 0.0, wide(lambda d: d.ln(), x, 120) / scale)
    for x in [tiny, -tiny, 1e-300, huge, -1 + 2.0 ** -53, -0.5, 2.0 ** 53, 2.0 ** 54, 1e17] + \
            spread(-0.99, 1, 100) + logspread(-70, -1, 100, True) + logspread(0, 1000, 60) + \
            [-1 + 2.0 ** -k for k in (5, 10, 20, 40)]:
        row("log1p", x, 0.0, log1p(x))
    for x in spread(-0.8, 0.8, 80) + spread(-10, 10, 80) + spread(-1e3, 1e3, 60) + spread(-1e6, 1e6, 120) + \
            logspread(-60, 0, 40, True) + logspread(20, 1023, 60, True) + \
            [tiny, 1e22, huge, 6381956970095103.0 * 2.0 ** 797, 0.7853981633974483, 0.7853981633974484,
             1.5707963267948966, 3.141592653589793, 6.283185307179586, 355.0, 1e6, 52707178.0, 2.0 ** 53 + 2] + \
            [k * 1.5707963267948966 for k in (2, 3, 4, 5, 7, 11, 100, 1001, 10000, 636619, 10 ** 9)]:
        s, c = sincos(x)
        row("sin", x, 0.0, s)
        row("cos", x, 0.0, c)
    for x in [tiny, 1e-9, 2.0 ** -28, 18.0, 19.0, 20.0, 22.0] + spread(-1, 1, 80) + spread(-20, 20, 60) + \
            logspread(-40, 0, 60, True):
        row("tanh", x, 0.0, tanh(x))
    for x in [tiny, 3 * tiny, 1.0, 8.0, 27.0, 1000.0, huge, 2.2250738585072014e-308, -64.0] + \
            spread(1, 8, 60) + logspread(-1070, 1023, 120, True):
        row("cbrt", x, 0.0, cbrt(x))
    pairs = [(2.0, 0.5), (2.0, 1023.0), (2.0, -1074.0), (10.0, 22.0), (10.0, -5.0), (10.0, 308.0), (-2.0, 3.0),
             (-2.0, 2.0), (-1.5, 101.0), (1 + 2.0 ** -52, 2.0 ** 52), (1 - 2.0 ** -53, 2.0 ** 55),
             (1.0078125, 91000.0), (0.99609375, 180000.0), (1 + 2.0 ** -52, -3e18), (0.9999999999999999, 6.5e18),
             (3.0, 40.0), (7.0, -350.0), (1e300, 1.02), (1e-300, 1.07), (tiny, 0.3), (tiny, -0.95), (0.5, 1074.0),
             (9.5, 2.0), (1.1, 1e-300), (3.0, 2.0 ** -70)]
    for _ in range(150):
        x = 2.0 ** rng.uniform(-20, 20)
        import math
        pairs.append((x, rng.uniform(-700, 700) / max(1e-3, abs(math.log(x)))))
    for _ in range(100):
        pairs.append((rng.uniform(0.5, 2), rng.uniform(-5, 5)))
    for _ in range(60):
        x = 1 + rng.choice((-1, 1)) * 2.0 ** rng.uniform(-30, -5)
        pairs.append((x, rng.uniform(-700, 700) / math.log(x)))
    for _ in range(30):
        pairs.append((2.0 ** rng.uniform(-1000, 1000), rng.uniform(-1, 1)))
    for x, y in pairs:
        row("pow", x, y, power(x, y))
    for p in [0.5, 0.25, 0.075, 0.0750000001, 0.925, 0.001, 1e-10, 1e-11, 1.4e-11, 1e-20, 1e-100, 1e-300, 2.0 ** -54,
              0.5 - 2.0 ** -54, 0.5 + 2.0 ** -52, 0.975, 0.9995, 1 - 2.0 ** -52] + spread(0, 1, 80) + \
            logspread(-60, -1, 60):
        row("norm_inv", p, 0.0, norm_inv(p))
    # C17 Annex F
    for f, x, r in (("exp", "inf", "inf"), ("exp", "-inf", "0x0p+0"), ("exp", "nan", "nan"), ("exp", "0x1.8p+10", "inf"),
                    ("exp", "-0x1.8p+10", "0x0p+0"), ("exp", "-0x0p+0", "0x1p+0"), ("expm1", "inf", "inf"),
                    ("expm1", "-inf", "-0x1p+0"), ("expm1", "nan", "nan"), ("expm1", "-0x0p+0", "-0x0p+0"),
                    ("expm1", "0x0p+0", "0x0p+0"), ("expm1", "0x1.8p+10", "inf"), ("log", "0x0p+0", "-inf"),
                    ("log", "-0x0p+0", "-inf"), ("log", "-0x1p+0", "nan"), ("log", "inf", "inf"), ("log", "-inf", "nan"),
                    ("log", "nan", "nan"), ("log2", "0x1p-1074", "-0x1.0c8p+10"), ("log2", "0x1p+1023", "0x1.ff8p+9"),
                    ("log2", "0x0p+0", "-inf"), ("log10", "0x0p+0", "-inf"), ("log2", "-0x1p+0", "nan"),
                    ("log10", "inf", "inf"), ("log1p", "-0x1p+0", "-inf"), ("log1p", "-0x1.8p+0", "nan"),
                    ("log1p", "inf", "inf"), ("log1p", "nan", "nan"), ("log1p", "-0x0p+0", "-0x0p+0"),
                    ("sin", "inf", "nan"), ("sin", "-inf", "nan"), ("sin", "nan", "nan"), ("sin", "-0x0p+0", "-0x0p+0"),
                    ("cos", "inf", "nan"), ("cos", "nan", "nan"), ("cos", "0x0p+0", "0x1p+0"), ("tanh", "inf", "0x1p+0"),
                    ("tanh", "-inf", "-0x1p+0"), ("tanh", "nan", "nan"), ("tanh", "-0x0p+0", "-0x0p+0"),
                    ("cbrt", "inf", "inf"), ("cbrt", "-inf", "-inf"), ("cbrt", "nan", "nan"), ("cbrt", "-0x0p+0", "-0x0p+0"),
                    ("norm_inv", "0x0p+0", "-inf"), ("norm_inv", "0x1p+0", "inf"), ("norm_inv", "-0x1p-4", "nan"),
                    ("norm_inv", "0x1.1p+0", "nan"), ("norm_inv", "nan", "nan")):
        special(f, x, "0x0p+0", r)
    one = "0x1p+0"
    for x, y, r in (("0x0p+0", "0x0p+0", one), ("nan", "0x0p+0", one), ("inf", "-0x0p+0", one), (one, "nan", one),
                    (one, "inf", one), (one, "-inf", one), ("nan", one, "nan"), ("0x1p+1", "nan", "nan"),
                    ("-0x1p+0", "inf", one), ("-0x1p+0", "-inf", one), ("0x0p+0", "0x1.8p+1", "0x0p+0"),
                    ("-0x0p+0", "0x1.8p+1", "-0x0p+0"), ("-0x0p+0", "0x1p+1", "0x0p+0"), ("0x0p+0", "-0x1p+0", "inf"),
                    ("-0x0p+0", "-0x1.8p+1", "-inf"), ("-0x0p+0", "-0x1p+1", "inf"), ("-0x0p+0", "0x1p-1", "0x0p+0"),
                    ("0x0p+0", "-inf", "inf"), ("-0x1p+1", "0x1p-1", "nan"), ("-0x1.8p+0", "0x1.4p+1", "nan"),
                    ("0x1p-1", "-inf", "inf"), ("0x1p-1", "inf", "0x0p+0"), ("0x1p+1", "-inf", "0x0p+0"),
                    ("0x1p+1", "inf", "inf"), ("-inf", "-0x1.8p+1", "-0x0p+0"), ("-inf", "-0x1p+1", "0x0p+0"),
                    ("-inf", "0x1.8p+1", "-inf"), ("-inf", "0x1p+1", "inf"), ("inf", "-0x1p-1", "0x0p+0"),
                    ("inf", "0x1p-1", "inf"), ("0x1.4p+3", "0x1.38p+8", "inf"), ("0x1.4p+3", "-0x1.9p+8", "0x0p+0"),
                    ("-0x1.4p+3", "0x1.38p+8", "inf"), ("-0x1.4p+3", "0x1.39p+8", "-inf"), ("0x1p+1", "0x1p+1000", "inf"),
                    ("0x1p+1", "-0x1p+1000", "0x0p+0"), ("0x1.fffffffffffffp-1", "0x1p+100", "0x0p+0"),
                    ("0x1p+1", "0x1p-1000", one), ("-0x1p+0", "0x1p+1000", one), ("-0x1p+0", "0x1.fffffffffffffp+52", "-0x1p+0")):
        special("pow", x, y, r)
    print("# Known answers of sim/math.c, written by tests/data/math_reference.py: the exact value is answer + rest.")
    print("function,x,y,answer,rest")
    print("\n".join(rows))


if __name__ == "__main__":
    {"tables": tables, "answers": answers}[sys.argv[1]]()
