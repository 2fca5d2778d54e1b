#include "viz/palette.h"

#include <math.h>
#include <stdatomic.h>

const char *const dh_palette_names[DH_N_PALETTE] = {"cividis", "viridis", "inferno", "diverging"};

/* Polynomials in t from 0 to 1 for red, green and blue. cividis: d3-scale-chromatic 3 (ISC licence), 0 to
 * 255; viridis and inferno: M. Zucker, "Polynomial approximations of matplotlib's maps" (public domain), 0
 * to 1. */
static const double cividis[3][6] = {
    {-4.54, -35.34, 2381.73,  -6402.7, 7024.72,  -2710.57},
    {32.49, 170.73, 52.82,    -131.46, 176.58,   -67.37  },
    {81.24, 442.36, -2482.43, 6167.24, -6614.94, 2475.67 },
};
static const double viridis[3][7] = {
    {0.2777273272234177,   0.1050930431085774, -0.3308618287255563, -4.634230498983486, 6.228269936347081,
     4.776384997670288,  -5.435455855934631},
    {0.005407344544966578, 1.404613529898575,  0.214847559468213,   -5.799100973351585, 14.17993336680509,
     -13.74514537774601, 4.645852612178535 },
    {0.3340998053353061,   1.384590162594685,  0.09509516302823659, -19.33244095627987, 56.69055260068105,
     -65.35303263337234, 26.3124352495832  },
};
static const double inferno[3][7] = {
    {0.0002189403691192265, 0.1065134194856116, 11.60249308247187,  -41.70399613139459, 77.162935699427,
     -71.31942824499214, 25.13112622477341 },
    {0.001651004631001012,  0.5639564367884091, -3.972853965665698, 17.43639888205313,  -33.40235894210092,
     32.62606426397723,  -12.24266895238567},
    {-0.01948089843709184,  3.932712388889277,  -15.9423941062914,  44.35414519872813,  -81.80730925738993,
     73.20951985803202,  -23.07032500287172},
};
/* Blue, grey, orange: Okabe and Ito's blue and orange about a grey of the panel's kind. */
static const double diverging[5][3] = {
    {44,  123, 182},
    {86,  180, 233},
    {120, 128, 138},
    {230, 159, 0  },
    {213, 94,  0  }
};

static uint32_t pack(const double rgb[3]) {
    uint32_t out = 0;
    for (int k = 0; k < 3; k++)
        out = out << 8 | (uint32_t)lround(fmin(fmax(rgb[k], 0), 255));
    return out;
}

static uint32_t color_at(enum dh_palette p, double t) {
    double rgb[3];
    for (int k = 0; k < 3; k++) {
        double sum = 0;
        if (p == DH_CIVIDIS) {
            for (int i = 5; i >= 0; i--)
                sum = sum * t + cividis[k][i];
        } else if (p == DH_DIVERGING) {
            int i = t >= 1 ? 3 : (int)(4 * t);
            double part = 4 * t - i;
            sum = diverging[i][k] * (1 - part) + diverging[i + 1][k] * part;
        } else {
            for (int i = 6; i >= 0; i--)
                sum = sum * t + (p == DH_VIRIDIS ? viridis : inferno)[k][i];
            sum *= 255;
        }
        rgb[k] = sum;
    }
    return pack(rgb);
}

const uint32_t *dh_palette(enum dh_palette palette) {
    static uint32_t maps[DH_N_PALETTE][256];
    static atomic_bool made; /* the same numbers whoever makes them */
    if (!atomic_load_explicit(&made, memory_order_acquire)) {
        for (int p = 0; p < DH_N_PALETTE; p++)
            for (int i = 0; i < 256; i++)
                maps[p][i] = color_at((enum dh_palette)p, i / 255.0);
        atomic_store_explicit(&made, 1, memory_order_release);
    }
    return maps[palette];
}

uint8_t dh_palette_shade(double value, double low, double high) {
    double t = high > low ? (value - low) / (high - low) : 0.5;
    return (uint8_t)lround(255 * fmin(fmax(t, 0), 1));
}

uint32_t dh_category_color(int32_t i) {
    static const uint32_t colors[8] = {0x56B4E9, 0xE69F00, 0x009E73, 0xF0E442,
                                       0xCC79A7, 0xD55E00, 0x0072B2, 0xDDE3E8};
    return colors[(uint32_t)i % 8];
}
