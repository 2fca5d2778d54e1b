#!/usr/bin/python3
"""Writes sim/rng_tables.h and the known answers of tests/unit/rng.c from arithmetic of 70 digits.

    /usr/bin/python3 tests/data/ziggurat.py tables > sim/rng_tables.h
    /usr/bin/python3 tests/data/ziggurat.py answers

The ziggurat of exp(-x) (G. Marsaglia, W. W. Tsang, The ziggurat method for generating random variables, J. Statistical
Software 5(8), 2000): 256 layers of equal area, the lowest with the tail beyond r. The second command is the generator
again, from the papers: Philox4x32-10 in integers, the rest in decimal arithmetic.
"""
import decimal
import sys
from decimal import Decimal as D

decimal.getcontext().prec = 70
LAYERS = 256


def edges(r):
    """x[0] = area / exp(-r), x[1] = r, ..., x[256] (0 when r is right), and the area of a layer."""
    area = (r + 1) * (-r).exp()
    x = [area / (-r).exp(), r]
    for _ in range(2, LAYERS + 1):
        height = (-x[-1]).exp() + area / x[-1]
        if height > 1:
            return None, area
        x.append(-height.ln())
    return x, area


def ziggurat():
    low, high = D(7), D(8)  # too small a tail edge makes the layers too thick: they pass the top
    while high - low > D(10) ** -60:
        r = (low + high) / 2
        if edges(r)[0] is None:
            low = r
        else:
            high = r
    x, area = edges(high)
    assert x[LAYERS] < D(10) ** -30 and str(x[1]).startswith('7.69711747013104')  # r of the paper
    x[LAYERS] = D(0)
    return x


def layers():
    x = ziggurat()
    x = [float(v) for v in x]
    inside = [int(D(x[i + 1]) / D(x[i]) * 2 ** 53) for i in range(LAYERS)]
    return x, inside


def tables():
    x, inside = layers()
    print("""/* Written by tests/data/ziggurat.py; not edited by hand. */
#ifndef DH_SIM_RNG_TABLES_H
#define DH_SIM_RNG_TABLES_H

#include "sim/rng.h"

/* Where the tail of exp(-x) begins. */
#define EXPONENTIAL_TAIL %s

/* x[i] 2^-53, and the part of the layer's width that lies under the curve for its whole height, of 2^53. */
const struct dh_exponential_layer dh_exponential_layers[256] = {""" % x[1].hex())
    for i in range(LAYERS):
        print("    {%s, UINT64_C(0x%014x)}," % ((x[i] * 2.0 ** -53).hex(), inside[i]))
    print("};\n\n/* exp(-x[i]): where layer i begins. The lowest is cut off at r = x[1], not at x[0]. */")
    print("static const double EXPONENTIAL_HEIGHT[257] = {")
    for i in range(LAYERS + 1):
        print("    %s," % (float((-D(x[i])).exp()) if i else 0.0).hex())
    print("};\n\n#endif")


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xffffffff, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xffffffff]
        k = [(k[0] + 0x9E3779B9) & 0xffffffff, (k[1] + 0xBB67AE85) & 0xffffffff]
    return c


def stream(seed, purpose, entity):
    block = 0
    while True:
        out = philox([block & 0xffffffff, (block >> 32) << 16 | purpose, entity & 0xffffffff, entity >> 32],
                     [seed & 0xffffffff, seed >> 32])
        yield out[1] << 32 | out[0]
        yield out[3] << 32 | out[2]
        block += 1


def exponential(draws, x, inside):
    """A variate, and the way to it: 'inside', 'tail' or 'edge', '+' for one more try."""
    start, way = 0.0, ''
    while True:
        u = next(draws)
        i, k = u & 255, u >> 11
        at = k * (x[i] * 2.0 ** -53)
        if k < inside[i]:
            return start + at, way + 'inside'
        if i == 0:
            start, way = start + x[1], way + 'tail+'
            continue
        low, high = float((-D(x[i])).exp()), float((-D(x[i + 1])).exp())
        if low + (next(draws) >> 11) * 2.0 ** -53 * (high - low) < (-D(at)).exp():
            return start + at, way + 'edge'
        way += 'edge+'


def answers():
    """The first variates of a stream, and the first of each way."""
    x, inside = layers()
    draws, seen = stream(2024, 0, 99), {}
    for n in range(20000):
        value, way = exponential(draws, x, inside)
        if n < 4 or way not in seen:
            print("    {%d, %s}, /* %s */" % (n, value.hex(), way))
        seen[way] = True


if __name__ == "__main__":
    {"tables": tables, "answers": answers}[sys.argv[1]]()
