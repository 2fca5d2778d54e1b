/* A year of hours from twelve monthly normals and three design values.
 *
 *   dry bulb = mean(day) + range(day) (g(hour) - g_mean) + sigma(day) z(day)
 *
 * mean, range and the share of the range at which the mean lies run in straight lines from mid-month to
 * mid-month; g is the daily shape between the lowest (5 h) and the highest value (15 h local time); z is a
 * persistent daily anomaly whose values within each month are the normal scores of a first-order
 * autoregression, so that every month has mean 0 and variance 1. sigma runs between two values, one in the
 * coldest and one in the warmest month, found so that the 99.6 % and 0.4 % dry bulbs are the design values;
 * then the monthly means are corrected to the normals. Dew point is the month's normal plus its own
 * persistent anomaly, correlated with z, whose size is found so that the 0.4 % wet bulb is the design value;
 * it never exceeds the dry bulb. */
#include "models/weather.h"

#include "models/psychro.h"
#include "sim/math.h"
#include "sim/rng.h"

#include <math.h>
#include <string.h>

#define HOURS        8760
#define DAYS         365
#define EXCEED_HOURS 35 /* 0.4 % of the year */
/* Of daily temperature anomalies at mid-latitudes from one day to the next; of dew point with temperature.
 * Assumptions. */
#define PERSISTENCE     0.75
#define DEW_CORRELATION 0.5
/* Where a climate names no design values. Assumptions. */
#define DEFAULT_SIGMA_K     4.0
#define DEFAULT_DEW_SIGMA_K 3.0
#define LARGEST_SIGMA_K     20.0

static const int month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
static const double pi = 3.141592653589793;

struct year {
    double mean[12], range[12], lie[12], dew[12]; /* anchors at mid-month; lie: (mean - low) / range */
    double dew_shift;
    double z[DAYS], y[DAYS]; /* anomalies of dry bulb and dew point */
    double warmth[DAYS];     /* 0 in the coldest, 1 in the warmest month */
    double rise[24];         /* daily shape c: 0 at 5 h, 1 at 15 h */
    double dry[HOURS];
};

/* Value on a day of anchors at mid-month, around the year. */
static double on_day(const double anchors[12], double day) {
    double middle = 0.0, before = -15.5;
    int start = 0;
    for (int m = 0; m <= 12; m++) {
        middle = m < 12 ? start + 0.5 * month_days[m] : DAYS + 15.5;
        if (day < middle) {
            double x = (day - before) / (middle - before);
            return anchors[(m + 11) % 12] + x * (anchors[m % 12] - anchors[(m + 11) % 12]);
        }
        before = middle;
        start += month_days[m < 12 ? m : 0];
    }
    return anchors[0];
}

/* Each month's values replaced by the normal scores of their ranks: mean 0 and the same spread everywhere. */
static void normal_scores(double values[DAYS]) {
    int first = 0;
    for (int m = 0; m < 12; m++) {
        double scores[31];
        for (int i = 0; i < month_days[m]; i++) {
            int rank = 0; /* ties by day */
            for (int k = 0; k < month_days[m]; k++)
                rank += values[first + k] < values[first + i] ||
                        (values[first + k] == values[first + i] && k < i);
            scores[i] = dh_norm_inv((rank + 0.5) / month_days[m]);
        }
        memcpy(values + first, scores, (size_t)month_days[m] * sizeof *scores);
        first += month_days[m];
    }
}

/* The noise belongs to the place, so that a climate under another name, or one with an offset, has the same
 * days. A ten-thousandth of a degree is some ten metres. */
static uint64_t place_of(const struct dh_climate_spec *climate) {
    int64_t latitude = (int64_t)rint(climate->latitude_deg * 1e4);
    int64_t longitude = (int64_t)rint(climate->longitude_deg * 1e4);
    return (uint64_t)latitude << 32 ^ ((uint64_t)longitude & UINT32_MAX);
}

static void anomalies(struct year *yr, uint64_t entity) {
    struct dh_rng rng = dh_rng_stream(0, DH_RNG_WEATHER, entity);
    double spread = sqrt(1.0 - PERSISTENCE * PERSISTENCE),
           own = sqrt(1.0 - DEW_CORRELATION * DEW_CORRELATION);
    double z = 0.0, y = 0.0;
    for (int d = -30; d < DAYS; d++) {
        double a = dh_rng_normal(&rng, 0.0, 1.0), b = dh_rng_normal(&rng, 0.0, 1.0);
        z = PERSISTENCE * z + spread * a;
        y = PERSISTENCE * y + spread * (DEW_CORRELATION * a + own * b);
        if (d >= 0) {
            yr->z[d] = z;
            yr->y[d] = y;
        }
    }
    normal_scores(yr->z);
    normal_scores(yr->y);
}

/* Anomaly at an hour: straight lines from noon to noon. */
static double at_hour(const double days[DAYS], int h) {
    double x = (h + 12) / 24.0; /* days since noon of the day before the first */
    int d = (int)x;
    double before = days[(d + DAYS - 1) % DAYS], after = days[d % DAYS];
    return before + (x - d) * (after - before);
}

static void make_dry(struct year *yr, double sigma_cold, double sigma_warm) {
    for (int d = 0; d < DAYS; d++) {
        double mean = on_day(yr->mean, d + 0.5), range = on_day(yr->range, d + 0.5),
               lie = on_day(yr->lie, d + 0.5);
        double bend = 8.0 * (lie - 0.5); /* the mean of c (1 - c) is 1/8 */
        bend = bend < -1 ? -1 : bend > 1 ? 1 : bend;
        double sigma = sigma_cold + (sigma_warm - sigma_cold) * yr->warmth[d];
        for (int i = 0; i < 24; i++) {
            double c = yr->rise[i], g = c + bend * c * (1.0 - c);
            yr->dry[24 * d + i] = mean + range * (g - 0.5 - bend / 8.0) + sigma * at_hour(yr->z, 24 * d + i);
        }
    }
}

/* Moves the anchors until each month's hours have the mean of the normals. */
static void correct_means(struct year *yr, const double want[12], double sigma_cold, double sigma_warm) {
    for (int pass = 0; pass < 12; pass++) {
        make_dry(yr, sigma_cold, sigma_warm);
        int h = 0;
        for (int m = 0; m < 12; m++) {
            double sum = 0.0;
            for (int i = 0; i < 24 * month_days[m]; i++)
                sum += yr->dry[h++];
            yr->mean[m] += want[m] - sum / (24 * month_days[m]);
        }
    }
    make_dry(yr, sigma_cold, sigma_warm);
}

static int hours_above(const double dry[HOURS], double limit) {
    int n = 0;
    for (int h = 0; h < HOURS; h++)
        n += dry[h] > limit;
    return n;
}

/* The spread at which EXCEED_HOURS lie beyond the design value, of the warm or the cold end. */
static double fit_sigma(struct year *yr, double sigma_cold, double sigma_warm, bool warm, double design) {
    double low = 0.0, high = LARGEST_SIGMA_K;
    for (int i = 0; i < 20; i++) {
        double mid = 0.5 * (low + high);
        make_dry(yr, warm ? sigma_cold : mid, warm ? mid : sigma_warm);
        int beyond = warm ? hours_above(yr->dry, design) : HOURS - hours_above(yr->dry, design);
        if (beyond > EXCEED_HOURS)
            high = mid;
        else
            low = mid;
    }
    return 0.5 * (low + high);
}

static double dew_at(const struct year *yr, int h, double sigma) {
    double dew = on_day(yr->dew, h / 24.0) + yr->dew_shift + sigma * at_hour(yr->y, h);
    return dew < yr->dry[h] ? dew : yr->dry[h];
}

/* Hours whose wet bulb is above design: those more humid than air of their dry bulb at that wet bulb. */
static int hours_wetter(const struct year *yr, double sigma, double design, double pa) {
    double at_design = dh_psy_saturation_pa(design), saturated = dh_psy_humidity(at_design, pa);
    int n = 0;
    for (int h = 0; h < HOURS; h++) {
        double dry = yr->dry[h];
        if (dry <= design)
            continue; /* a wet bulb is at most the dry bulb */
        double limit = design >= 0 ? ((2501.0 - 2.326 * design) * saturated - 1.006 * (dry - design)) /
                                         (2501.0 + 1.86 * dry - 4.186 * design)
                                   : dh_psy_humidity_from_wet_bulb(dry, design, pa);
        n += dh_psy_humidity_saturated(dew_at(yr, h, sigma), pa) > limit;
    }
    return n;
}

/* Spread of the dew point for the design wet bulb. Where even its normals alone are too humid (or no spread
 * humid enough), all dew points move instead. */
static double fit_dew(struct year *yr, double design, double pa) {
    double low = 0.0, high = LARGEST_SIGMA_K;
    const double calm = 0.5 * DEFAULT_DEW_SIGMA_K;
    if (hours_wetter(yr, calm, design, pa) > EXCEED_HOURS ||
        hours_wetter(yr, high, design, pa) <= EXCEED_HOURS) {
        double sigma = hours_wetter(yr, calm, design, pa) > EXCEED_HOURS ? calm : DEFAULT_DEW_SIGMA_K;
        low = -LARGEST_SIGMA_K;
        high = LARGEST_SIGMA_K;
        for (int i = 0; i < 20; i++) {
            yr->dew_shift = 0.5 * (low + high);
            if (hours_wetter(yr, sigma, design, pa) > EXCEED_HOURS)
                high = yr->dew_shift;
            else
                low = yr->dew_shift;
        }
        return sigma;
    }
    for (int i = 0; i < 20; i++) {
        double mid = 0.5 * (low + high);
        if (hours_wetter(yr, mid, design, pa) > EXCEED_HOURS)
            high = mid;
        else
            low = mid;
    }
    return 0.5 * (low + high);
}

enum dh_err dh_weather_synthetic_year(const struct dh_climate_spec *climate,
                                      double dry_bulb_degc[static HOURS], double dew_point_degc[static HOURS],
                                      struct dh_diag *diag) {
    struct dh_arena mem = {0};
    struct year *yr = dh_arena_alloc(&mem, sizeof *yr);
    if (!yr)
        return dh_fail(diag, DH_ERR_MEMORY, climate->place, "out of memory: weather");
    double want[12];
    int32_t found = 0;
    for (int32_t i = 0; i < climate->n_months; i++) {
        const struct dh_month_spec *m = &climate->months[i];
        int k = (int)m->number - 1;
        if (k < 0 || k > 11)
            continue;
        found |= 1 << k;
        double range = m->high_degc - m->low_degc;
        yr->mean[k] = want[k] = m->mean_degc;
        yr->range[k] = range > 0 ? range : 0.0;
        yr->lie[k] = range > 0 ? (m->mean_degc - m->low_degc) / range : 0.5;
        yr->dew[k] = m->dew_point_degc;
    }
    if (found != 0xfff) {
        dh_arena_free(&mem);
        return dh_fail(
            diag, DH_ERR_MISSING, climate->place,
            "climate %s: a synthetic year needs all twelve months, or give epw= or csv=", climate->id);
    }
    for (int i = 0; i < 24; i++) { /* half a cosine up from 5 h to 15 h, half a cosine down to 5 h */
        double turn = i >= 5 && i <= 15 ? (i - 15) / 10.0 : ((i + 24 - 15) % 24) / 14.0;
        yr->rise[i] = 0.5 + 0.5 * dh_cos(pi * turn);
    }
    double coldest = want[0], warmest = want[0];
    for (int m = 1; m < 12; m++) {
        coldest = fmin(coldest, want[m]);
        warmest = fmax(warmest, want[m]);
    }
    for (int d = 0; d < DAYS; d++) {
        double w = warmest > coldest ? (on_day(want, d + 0.5) - coldest) / (warmest - coldest) : 0.5;
        yr->warmth[d] = w < 0 ? 0 : w > 1 ? 1 : w;
    }
    anomalies(yr, place_of(climate));

    double sigma_cold = DEFAULT_SIGMA_K, sigma_warm = DEFAULT_SIGMA_K;
    for (int pass = 0; pass < 3; pass++) {
        if (!isnan(climate->design_hot_degc))
            sigma_warm = fit_sigma(yr, sigma_cold, sigma_warm, true, climate->design_hot_degc);
        if (!isnan(climate->design_cold_degc))
            sigma_cold = fit_sigma(yr, sigma_cold, sigma_warm, false, climate->design_cold_degc);
        correct_means(yr, want, sigma_cold, sigma_warm);
    }
    double sigma_dew = DEFAULT_DEW_SIGMA_K;
    if (!isnan(climate->design_wet_degc))
        sigma_dew = fit_dew(yr, climate->design_wet_degc, dh_psy_pressure_pa(climate->altitude_m));
    for (int h = 0; h < HOURS; h++) {
        dry_bulb_degc[h] = yr->dry[h];
        dew_point_degc[h] = dew_at(yr, h, sigma_dew);
    }
    dh_arena_free(&mem);
    return DH_OK;
}
