#include "tests/tests.h"

#include "models/psychro.h"
#include "models/weather.h"

#include <math.h>
#include <stdlib.h>

/* Mean, high, low, dew point of Singapore (small yearly cycle) and of Stockholm-like and Phoenix-like
 * climates, with altitude, design hot, wet and cold. The figures only need to be plausible: the test compares
 * with them. */
static const struct {
    const char *id;
    double altitude, hot, wet, cold;
    double normals[12][4];
} climates[] = {
    {"humid",
     16,  33.2,
     27.4, 22.9,
     {{26.8, 30.6, 24.3, 23.8},
      {27.3, 31.5, 24.6, 23.8},
      {27.8, 32.2, 24.9, 24.4},
      {28.2, 32.4, 25.3, 25.0},
      {28.6, 32.3, 25.7, 25.3},
      {28.5, 31.9, 25.7, 24.9},
      {28.2, 31.4, 25.4, 24.6},
      {28.1, 31.4, 25.3, 24.5},
      {28.0, 31.6, 25.2, 24.4},
      {27.9, 31.8, 25.0, 24.4},
      {27.2, 31.2, 24.6, 24.4},
      {26.8, 30.5, 24.3, 24.2}}},
    {"temperate",
     82,  34.1,
     25.4, -11.8,
     {{0.7, 5.5, -4.1, -6.2},
      {2.6, 7.8, -2.6, -3.4},
      {6.7, 12.5, 0.9, -1.9},
      {12.2, 18.6, 5.9, 4.1},
      {17.2, 23.3, 11.0, 11.0},
      {22.1, 28.0, 16.2, 15.8},
      {24.7, 30.4, 19.0, 19.4},
      {23.9, 29.6, 18.2, 18.6},
      {19.6, 25.5, 13.7, 14.9},
      {13.2, 19.5, 6.9, 6.4},
      {8.0, 13.7, 2.2, 2.8},
      {2.7, 7.6, -2.2, -3.1}}  },
    {"desert",
     337, 43.4,
     24.5, 3.7,
     {{13.6, 19.4, 7.9, -1.6},
      {15.4, 21.2, 9.6, 3.8},
      {18.4, 24.6, 12.2, 3.6},
      {22.5, 29.1, 15.9, -2.8},
      {27.8, 34.6, 21.0, 2.8},
      {32.5, 39.5, 25.5, 4.4},
      {34.7, 40.7, 28.7, 12.7},
      {34.0, 39.7, 28.4, 13.7},
      {31.1, 37.1, 25.1, 9.6},
      {24.8, 31.0, 18.5, 6.4},
      {17.5, 23.5, 11.5, 1.4},
      {13.0, 18.6, 7.4, 1.8}}  },
};
static struct dh_month_spec months[12];

static struct dh_climate_spec climate(int k) {
    for (int m = 0; m < 12; m++)
        months[m] = (struct dh_month_spec){.number = m + 1,
                                           .mean_degc = climates[k].normals[m][0],
                                           .high_degc = climates[k].normals[m][1],
                                           .low_degc = climates[k].normals[m][2],
                                           .dew_point_degc = climates[k].normals[m][3]};
    return (struct dh_climate_spec){.id = climates[k].id,
                                    .altitude_m = climates[k].altitude,
                                    .design_hot_degc = climates[k].hot,
                                    .design_wet_degc = climates[k].wet,
                                    .design_cold_degc = climates[k].cold,
                                    .months = months,
                                    .n_months = 12};
}

enum { YEAR_S = 8760 * 3600, START_2025 = 1735689600 };

static int by_value(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return p < q ? -1 : p > q;
}

void synthetic_year_has_the_design_days_and_monthly_means(void **state) {
    (void)state;
    static double dry[8760], wet[8760];
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int k = 0; k < 3; k++) {
        struct dh_climate_spec c = climate(k);
        struct dh_weather w;
        assert_int_equal(dh_weather_synthetic(&w, &c, START_2025, YEAR_S, NULL), DH_OK);
        assert_true(w.synthetic && w.n_hour == 8761);
        int h = 0;
        for (int m = 0; m < 12; m++) {
            double sum = 0, high = 0, low = 0;
            for (int d = 0; d < days[m]; d++) {
                double top = -99, bottom = 99;
                for (int i = 0; i < 24; i++, h++) {
                    dry[h] = w.hours[h].dry_bulb_degc;
                    wet[h] = w.hours[h].wet_bulb_degc;
                    assert_true(wet[h] <= dry[h] + 1e-6);
                    sum += dry[h];
                    top = fmax(top, dry[h]);
                    bottom = fmin(bottom, dry[h]);
                }
                high += top / days[m];
                low += bottom / days[m];
            }
            assert_true(fabs(sum / (24 * days[m]) - climates[k].normals[m][0]) < 0.3);
            assert_true(fabs(high - climates[k].normals[m][1]) < 1.0);
            assert_true(fabs(low - climates[k].normals[m][2]) < 1.0);
        }
        qsort(dry, 8760, sizeof *dry, by_value);
        qsort(wet, 8760, sizeof *wet, by_value);
        assert_true(fabs(dry[8760 - 36] - climates[k].hot) < 0.5);
        assert_true(fabs(dry[35] - climates[k].cold) < 0.5);
        assert_true(fabs(wet[8760 - 36] - climates[k].wet) < 0.5);
        dh_weather_free(&w);
    }
}

void weather_offset_keeps_relative_humidity(void **state) {
    (void)state;
    struct dh_climate_spec c = climate(1);
    struct dh_weather plain, hotter;
    assert_int_equal(dh_weather_synthetic(&plain, &c, START_2025, 86400, NULL), DH_OK);
    c.offset_k = 3;
    assert_int_equal(dh_weather_synthetic(&hotter, &c, START_2025, 86400, NULL), DH_OK);
    for (int i = 0; i < 25; i++) {
        const struct dh_outdoor *a = &plain.hours[i], *b = &hotter.hours[i];
        assert_true(fabs(b->dry_bulb_degc - a->dry_bulb_degc - 3) < 1e-12);
        assert_true(fabs(dh_psy_relative(a->dry_bulb_degc, a->humidity_kg_per_kg, a->pressure_pa) -
                         dh_psy_relative(b->dry_bulb_degc, b->humidity_kg_per_kg, b->pressure_pa)) < 1e-9);
        assert_true(b->wet_bulb_degc > a->wet_bulb_degc);
    }
    dh_weather_free(&plain);
    dh_weather_free(&hotter);
}

void weather_runs_in_straight_lines_between_hours(void **state) {
    (void)state;
    struct dh_climate_spec c = climate(1);
    struct dh_weather w;
    /* from 10:30, so that hour 0 lies half an hour before the start */
    assert_int_equal(dh_weather_synthetic(&w, &c, START_2025 + 10 * 3600 + 1800, 86400, NULL), DH_OK);
    assert_true(w.n_hour == 26);
    struct dh_outdoor o = dh_weather_at(&w, 900 * DH_NS_PER_S);
    assert_true(fabs(o.dry_bulb_degc - (0.25 * w.hours[0].dry_bulb_degc + 0.75 * w.hours[1].dry_bulb_degc)) <
                1e-12);
    o = dh_weather_at(&w, 1800 * DH_NS_PER_S);
    assert_true(o.wet_bulb_degc == w.hours[1].wet_bulb_degc);
    assert_true(dh_weather_at(&w, INT64_C(400) * 86400 * DH_NS_PER_S).dry_bulb_degc ==
                w.hours[25].dry_bulb_degc);
    dh_weather_free(&w);
}

/* The year repeats: 1 March of a leap year and of any other are the same day; 29 February repeats the 28th.
 */
void synthetic_weather_follows_the_calendar(void **state) {
    (void)state;
    struct dh_climate_spec c = climate(1);
    struct dh_weather a, b;
    const int64_t march_2024 = 1709251200, march_2025 = 1740787200;
    assert_int_equal(dh_weather_synthetic(&a, &c, march_2024 - 86400, 2 * 86400, NULL), DH_OK);
    assert_int_equal(dh_weather_synthetic(&b, &c, march_2025 - 86400, 2 * 86400, NULL), DH_OK);
    for (int i = 0; i < 48; i++)
        assert_true(a.hours[i].dry_bulb_degc == b.hours[i].dry_bulb_degc);
    dh_weather_free(&a);
    c.utc_offset_h = -5; /* local midnight is 5 h UTC */
    assert_int_equal(dh_weather_synthetic(&a, &c, march_2025 - 86400, 2 * 86400, NULL), DH_OK);
    for (int i = 0; i + 5 < 48; i++)
        assert_true(a.hours[i + 5].dry_bulb_degc == b.hours[i].dry_bulb_degc);
    dh_weather_free(&a);
    dh_weather_free(&b);
    c.n_months = 11;
    assert_int_equal(dh_weather_synthetic(&a, &c, march_2025, 86400, NULL), DH_ERR_MISSING);
}

void weather_series_repeat(void **state) {
    (void)state;
    double dry[48], phi[48], pa[48];
    for (int i = 0; i < 48; i++) {
        dry[i] = i;
        phi[i] = 0.5;
        pa[i] = 101325;
    }
    struct dh_climate_spec c = climate(1);
    struct dh_weather_series series = {.first_unix_s = START_2025,
                                       .n = 48,
                                       .dry_bulb_degc = dry,
                                       .relative_humidity = phi,
                                       .pressure_pa = pa};
    struct dh_weather w;
    assert_int_equal(dh_weather_from_series(&w, &c, &series, START_2025, 72 * 3600, NULL), DH_OK);
    assert_true(w.hours[50].dry_bulb_degc == 2 && !w.synthetic && !w.sun);
    assert_true(fabs(dh_psy_relative(20, w.hours[20].humidity_kg_per_kg, w.hours[20].pressure_pa) - 0.5) <
                1e-12);
    dh_weather_free(&w);
    phi[9] = NAN;
    assert_int_equal(dh_weather_from_series(&w, &c, &series, START_2025, 3600, NULL), DH_ERR_DATA);
}

/* A year of 365 days is good for a leap year: each hour keeps its date, and 29 February repeats the 28th. */
void a_year_of_weather_keeps_its_dates_in_a_leap_year(void **state) {
    (void)state;
    static double dry[8760], phi[8760], pa[8760];
    for (int i = 0; i < 8760; i++) {
        dry[i] = i / 24 * 0.1;
        phi[i] = 0.5;
        pa[i] = 101325;
    }
    struct dh_climate_spec c = climate(1);
    struct dh_weather_series series = {.first_unix_s = 1704067200 + 3600, /* 2024-01-01T01:00Z: as EPW */
                                       .n = 8760,
                                       .dry_bulb_degc = dry,
                                       .relative_humidity = phi,
                                       .pressure_pa = pa};
    struct dh_weather w;
    assert_int_equal(dh_weather_from_series(&w, &c, &series, 1704067200, 366 * 86400, NULL), DH_OK);
    const int noon_28 = (31 + 27) * 24 + 12, noon_31_december = 365 * 24 + 12;
    assert_true(fabs(w.hours[noon_28].dry_bulb_degc - 5.8) < 1e-9);
    assert_true(fabs(w.hours[noon_28 + 24].dry_bulb_degc - 5.8) < 1e-9);
    assert_true(fabs(w.hours[noon_28 + 48].dry_bulb_degc - 5.9) < 1e-9);
    assert_true(fabs(w.hours[noon_31_december].dry_bulb_degc - 36.4) < 1e-9);
    dh_weather_free(&w);
}
