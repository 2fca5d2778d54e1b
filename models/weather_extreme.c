#include "models/weather_extreme.h"

#include "models/psychro.h"
#include "sim/math.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double BEYOND_HOT_K = 3, BEYOND_COLD_K = 5, BEYOND_HOTTEST_K = 2, BEYOND_COLDEST_K = 3,
                    DESIGN_RANGE_K = 11, EXCEEDED = 0.004;
static const double pi = 3.141592653589793;

static int compare_values(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/* The value that this share of the sorted hours lies above. */
static double exceeded(const double *sorted, int32_t n, double share) {
    int32_t i = (int32_t)((1 - share) * n);
    return sorted[i < n ? i : n - 1];
}

static double first_given(double a, double b, double c) {
    return !isnan(a) ? a : !isnan(b) ? b : c;
}

static double warmest_range_k(const struct dh_climate_spec *climate) {
    double warmest = -INFINITY, range = DESIGN_RANGE_K;
    for (int32_t i = 0; i < climate->n_months; i++)
        if (climate->months[i].mean_degc > warmest) {
            warmest = climate->months[i].mean_degc;
            range = fmax(0, climate->months[i].high_degc - climate->months[i].low_degc);
        }
    return range;
}

/* 0.4 % wet bulb of the hours. */
static double design_wet_degc(const double *dry, const double *relative, int32_t n, double pa, double *room) {
    for (int32_t i = 0; i < n; i++) {
        double phi = fmin(1, fmax(0.001, relative[i]));
        room[i] = dh_psy_wet_bulb_degc(dry[i], dh_psy_humidity_from_relative(dry[i], phi, pa), pa);
    }
    qsort(room, (size_t)n, sizeof *room, compare_values);
    return exceeded(room, n, EXCEEDED);
}

enum dh_err dh_extreme_init(struct dh_extreme *x, const struct dh_climate_spec *climate, const double *dry,
                            const double *relative, int32_t n, double pa) {
    *x = (struct dh_extreme){.year = (enum dh_climate_year)climate->year, .pa = pa};
    if (x->year == DH_YEAR_TYPICAL)
        return DH_OK;
    struct dh_arena mem = {0};
    double *sorted = dh_arena_array(&mem, (size_t)n, sizeof *sorted);
    if (!sorted)
        return DH_ERR_MEMORY;
    memcpy(sorted, dry, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, compare_values);
    x->middle_degc = sorted[n / 2];
    if (x->year == DH_YEAR_HOT) {
        x->edge_degc = sorted[n - 1];
        x->move_k = fmax(0, first_given(climate->extreme_hot_degc, climate->design_hot_degc + BEYOND_HOT_K,
                                        x->edge_degc + BEYOND_HOTTEST_K) -
                                x->edge_degc);
    } else if (x->year == DH_YEAR_COLD) {
        x->edge_degc = sorted[0];
        x->move_k = fmin(0, first_given(climate->extreme_cold_degc, climate->design_cold_degc - BEYOND_COLD_K,
                                        x->edge_degc - BEYOND_COLDEST_K) -
                                x->edge_degc);
    } else {
        x->high_degc = first_given(climate->design_hot_degc, exceeded(sorted, n, EXCEEDED), 0);
        x->range_k = warmest_range_k(climate);
        double wet = !isnan(climate->design_wet_degc) ? climate->design_wet_degc
                                                      : design_wet_degc(dry, relative, n, pa, sorted);
        x->humidity_kg_per_kg = dh_psy_humidity_from_wet_bulb(x->high_degc, fmin(wet, x->high_degc), pa);
    }
    dh_arena_free(&mem);
    return DH_OK;
}

void dh_extreme_apply(const struct dh_extreme *x, int32_t local_hour, double *dry, double *relative) {
    switch (x->year) {
    case DH_YEAR_TYPICAL:
        return;
    case DH_YEAR_HOT:
    case DH_YEAR_COLD: {
        double span = x->edge_degc - x->middle_degc, part = span != 0 ? (*dry - x->middle_degc) / span : 0;
        *dry += x->move_k * fmin(1, fmax(0, part));
        return;
    }
    case DH_YEAR_DESIGN_DAY: {
        /* Half a cosine up from 5 h to 15 h, half a cosine down to 5 h, as in a synthetic year. */
        double turn = local_hour >= 5 && local_hour <= 15 ? (local_hour - 15) / 10.0
                                                          : ((local_hour + 24 - 15) % 24) / 14.0;
        *dry = x->high_degc - x->range_k * (0.5 - 0.5 * dh_cos(pi * turn));
        double saturated = dh_psy_humidity(dh_psy_saturation_pa(*dry), x->pa);
        double humidity = fmin(x->humidity_kg_per_kg, saturated);
        /* Vapour pressure over that of saturated air: p W / (0.621945 + W), ASHRAE Fundamentals 2017, 1.22.
         */
        *relative = fmin(1, x->pa * humidity / (0.621945 + humidity) / dh_psy_saturation_pa(*dry));
        return;
    }
    }
}
