#include "models/psychro.h"
#include "scenarios/import.h"
#include "scenarios/series.h"
#include "scenarios/weather_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[32], path[64];

static void write_text(const char *name, const char *text) {
    strcpy(folder, "/tmp/dh-series-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void remove_text(void) {
    unlink(path);
    rmdir(folder);
}

/* ---- EPW ------------------------------------------------------------------------------------------------
 */

/* n hours from 1 January of rows that change from hour to hour; row `at` (from 0) is written as `instead`. */
static char *epw_text(int n, int at, const char *instead, int skip_header) {
    static const char *const header[8] = {"LOCATION,Test,CO,USA,TMY3,000000,39.83,-104.65,-7.0,1650.0",
                                          "DESIGN CONDITIONS,0",
                                          "TYPICAL/EXTREME PERIODS,0",
                                          "GROUND TEMPERATURES,0",
                                          "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
                                          "COMMENTS 1,made for a test",
                                          "COMMENTS 2,",
                                          "DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31"};
    char *text = malloc(1024 + (size_t)n * 200);
    assert_non_null(text);
    size_t used = 0;
    for (int i = 0; i < 8; i++)
        if (i != skip_header)
            used += (size_t)sprintf(text + used, "%s\n", header[i]);
    for (int i = 0; i < n; i++) {
        if (i == at) {
            used += (size_t)sprintf(text + used, "%s\n", instead);
            continue;
        }
        used += (size_t)sprintf(
            text + used,
            "%d,1,%d,%d,60,?9?9?9?9E0,%.1f,%.1f,%d,83500,0,0,181,0,0,0,0,0,0,0,0,0.0,2,2,777.7,77777,9,"
            "999999999,30,0.0440,0,88,0.220,999.0,99.0\n",
            1990 + i / 24 % 3, i / 24 + 1, i % 24 + 1, 10.0 + i % 5, 10.0 + i % 5, 100);
    }
    return text;
}

static enum dh_err read_epw(char *text, size_t n, struct dh_weather_file *out, struct dh_diag *diag) {
    *diag = (struct dh_diag){0};
    enum dh_err err = dh_epw_read_memory(out, text, n, "t.epw", 0, diag);
    free(text);
    return err;
}

/* One row replaced (or a header line left out): refused with this code at this line. */
static void epw_refuses(int at, const char *instead, int skip_header, enum dh_err code, int32_t line) {
    struct dh_weather_file out;
    struct dh_diag diag;
    char *text = epw_text(48, at, instead, skip_header);
    assert_int_equal(read_epw(text, strlen(text), &out, &diag), code);
    assert_int_equal(diag.n_error, 1);
    assert_int_equal(diag.messages[0].place.line, line);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
}

#define ROW(hour, minute, dry, dew, humidity, pressure)                                                      \
    "1990,1,1," hour "," minute ",?9," dry "," dew "," humidity "," pressure                                 \
    ",0,0,181,0,0,0,0,0,0,0,0,0.0,2,2,777.7,77777,9,999999999,30,0.0440,0,88,0.220,999.0,99.0"

void epw_is_read_hour_by_hour(void **state) {
    (void)state;
    struct dh_weather_file out;
    struct dh_diag diag;
    char *text = epw_text(48, 2, ROW("3", "0", "2.5", "1.5", "93", "84000"), -1);
    assert_int_equal(read_epw(text, strlen(text), &out, &diag), DH_OK);
    assert_int_equal(out.n, 48);
    assert_true(out.dry_bulb_degc[2] == 2.5 && out.dew_point_degc[2] == 1.5 &&
                out.relative_humidity[2] == 0.93);
    assert_true(out.pressure_pa[2] == 84000 && out.pressure_pa[3] == 83500);
    assert_true(out.altitude_m == 1650 && out.utc_offset_h == -7 && out.latitude_deg == 39.83);
    assert_string_equal(out.station, "Test");
    assert_true(out.first_unix_s == 1672560000 || !out.typical_year); /* 2023-01-01T01:00-07:00 */
    assert_int_equal(diag.n_warning, 0);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
}

void epw_refuses_what_is_no_year_of_hours(void **state) {
    (void)state;
    epw_refuses(2, ROW("2", "0", "1", "1", "90", "83500"), -1, DH_ERR_DATA, 11); /* an hour twice */
    epw_refuses(2, ROW("4", "0", "1", "1", "90", "83500"), -1, DH_ERR_DATA, 11); /* an hour left out */
    epw_refuses(2, ROW("3", "0", "cold", "1", "90", "83500"), -1, DH_ERR_NUMBER, 11);
    epw_refuses(2, ROW("3", "0", "nan", "1", "90", "83500"), -1, DH_ERR_NUMBER, 11);
    epw_refuses(2, ROW("3", "0", "1e300", "1", "90", "83500"), -1, DH_ERR_RANGE, 11);
    epw_refuses(2, ROW("3", "0", "1e999", "1", "90", "83500"), -1, DH_ERR_RANGE, 11);
    epw_refuses(2, ROW("3", "0", "1", "1", "90", "0"), -1, DH_ERR_RANGE, 11);
    epw_refuses(2, ROW("3", "61", "1", "1", "90", "83500"), -1, DH_ERR_RANGE, 11);
    epw_refuses(2, ROW("3.5", "0", "1", "1", "90", "83500"), -1, DH_ERR_RANGE, 11);
    epw_refuses(2, "1990,1,1,3,0,?9,1,1,90,83500,0,0,181,0,0,0,0,0,0,0", -1, DH_ERR_DATA, 11); /* 20 fields */
    epw_refuses(2, "", -1, DH_ERR_DATA, 12);                                                   /* a gap */
    epw_refuses(-1, "", 7, DH_ERR_DATA, 8); /* seven header lines */
    epw_refuses(-1, "", 0, DH_ERR_DATA, 1);
    struct dh_weather_file out;
    struct dh_diag diag;
    char *text = epw_text(48, -1, "", -1);
    size_t n = strlen(text) - 60; /* cut off in the last row */
    assert_int_equal(read_epw(text, n, &out, &diag), DH_ERR_DATA);
    assert_int_equal(diag.messages[0].place.line, 56);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
}

void epw_counts_what_is_missing_or_doubtful(void **state) {
    (void)state;
    struct dh_weather_file out;
    struct dh_diag diag;
    char *text = epw_text(48, 2, ROW("3", "60", "99.9", "99.9", "999", "999999"), -1);
    assert_int_equal(read_epw(text, strlen(text), &out, &diag), DH_OK);
    /* between the 11 degC of hour 2 and the 13 of hour 4, saturated as they are */
    assert_true(fabs(out.dry_bulb_degc[2] - 12) < 1e-9 && fabs(out.dew_point_degc[2] - 12) < 1e-6);
    assert_true(fabs(out.relative_humidity[2] - 1) < 1e-6 && out.pressure_pa[2] == 83500);
    assert_int_equal(out.quality.n_missing_dry_bulb, 1);
    assert_int_equal(out.quality.n_missing_pressure, 1);
    assert_int_equal(out.quality.n_interpolated, 1);
    assert_int_equal(diag.n_warning, 1);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
    text = epw_text(48, 2, ROW("3", "60", "20", "0", "100", "83500"), -1); /* saturated, yet 20 K apart */
    assert_int_equal(read_epw(text, strlen(text), &out, &diag), DH_OK);
    assert_int_equal(out.quality.n_doubtful, 1);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
    text = epw_text(48, -1, "", -1);
    for (char *at = text; (at = strstr(at, "E0,1")); at += 4) /* every dry bulb: 99.9 */
        memcpy(at + 3, "99.9", 4);
    assert_int_equal(read_epw(text, strlen(text), &out, &diag), DH_ERR_DATA);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
}

/* Hours of a table from 2025-01-01, one line each: dry bulb and relative humidity as the function says; a dry
 * bulb of NAN is left empty. */
static char *table_text(int n, double (*dry)(int), double humidity) {
    char *text = malloc(64 + (size_t)n * 64), *at = text;
    assert_non_null(text);
    at += sprintf(at, "time,dry_bulb_degc,relative_humidity\n");
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int month = 0, day = 1;
    for (int i = 0; i < n; i++) {
        at += sprintf(at, "2025-%02d-%02dT%02d:00:00Z,", month + 1, day, i % 24);
        if (!isnan(dry(i)))
            at += sprintf(at, "%.6f", dry(i));
        at += sprintf(at, ",%g\n", humidity);
        if (i % 24 == 23 && ++day > days[month]) {
            day = 1;
            month++;
        }
    }
    return text;
}

static enum dh_err read_table(double (*dry)(int), int n, double humidity, struct dh_weather_file *out,
                              struct dh_diag *diag) {
    *diag = (struct dh_diag){0};
    char *text = table_text(n, dry, humidity);
    write_text("w.csv", text);
    free(text);
    enum dh_err err = dh_weather_csv_read(out, path, 0, 0, diag);
    remove_text();
    return err;
}

/* 10 degC at midnight, half a degree more each hour, and 0.01 K more each day; a hole of so many hours on
 * day 10. */
static int hole_h;
static double with_hole(int i) {
    return i >= 10 * 24 + 3 && i < 10 * 24 + 3 + hole_h ? NAN : 10 + i % 24 * 0.5 + i / 24 * 0.01;
}

void holes_in_weather_are_filled_or_refused(void **state) {
    (void)state;
    struct dh_weather_file out;
    struct dh_diag diag;
    hole_h = 6; /* a straight line between hours 2 and 9, which the day happens to follow */
    assert_int_equal(read_table(with_hole, 8760, 0.5, &out, &diag), DH_OK);
    for (int h = 3; h < 9; h++)
        assert_true(fabs(out.dry_bulb_degc[240 + h] - (10.1 + 0.5 * h)) < 1e-9);
    assert_int_equal(out.quality.n_interpolated, 6);
    assert_int_equal(out.quality.n_neighbour, 0);
    assert_int_equal(diag.n_warning, 1);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
    hole_h = 20; /* the mean of the days before and behind */
    assert_int_equal(read_table(with_hole, 8760, 0.5, &out, &diag), DH_OK);
    assert_true(fabs(out.dry_bulb_degc[240 + 15] - (10.1 + 0.5 * 15)) < 1e-9);
    assert_int_equal(out.quality.n_neighbour, 20);
    assert_true(out.relative_humidity[240 + 15] == 0.5);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
    hole_h = 72;
    assert_int_equal(read_table(with_hole, 8760, 0.5, &out, &diag), DH_OK);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
    hole_h = 73; /* refused, where it begins: a line of the header, 243 hours */
    assert_int_equal(read_table(with_hole, 8760, 0.5, &out, &diag), DH_ERR_DATA);
    assert_int_equal(diag.n_error, 1);
    assert_int_equal(diag.messages[0].place.line, 1 + 243 + 1);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
}

static double with_spike(int i) {
    return i == 100 ? 45 : 20;
}
void weather_spikes_and_impossible_wet_bulbs_are_mended(void **state) {
    (void)state;
    struct dh_weather_file out;
    struct dh_diag diag;
    assert_int_equal(read_table(with_spike, 8760, 0.5, &out, &diag), DH_OK);
    assert_true(out.quality.n_spike == 1 && fabs(out.dry_bulb_degc[100] - 20) < 1e-9);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
    double dry[48];
    for (int i = 0; i < 48; i++)
        dry[i] = 45;
    double phi[48], pa[48], dew[48];
    int32_t line[48] = {0};
    for (int i = 0; i < 48; i++) {
        phi[i] = i == 20 ? 0.9 : 0.2; /* 45 degC at 90 %: a wet bulb of 43 degC, above every record */
        pa[i] = 101325;
        dew[i] = NAN;
    }
    struct dh_weather_file hot = {.n = 48,
                                  .dry_bulb_degc = dry,
                                  .dew_point_degc = dew,
                                  .relative_humidity = phi,
                                  .pressure_pa = pa,
                                  .line = line};
    assert_int_equal(dh_weather_check(&hot, 0, (struct dh_place){0}, NULL), DH_OK);
    assert_int_equal(hot.quality.n_clipped, 1);
    double humidity = dh_psy_humidity_from_relative(45, phi[20], 101325);
    assert_true(fabs(dh_psy_wet_bulb_degc(45, humidity, 101325) - 36) < 1e-6);
    assert_true(phi[21] == 0.2 && dry[20] == 45);
}

void epw_brings_the_sun(void **state) {
    (void)state;
    struct dh_weather_file out;
    struct dh_diag diag;
    char *text = epw_text(48, 11,
                          "1990,1,1,12,60,?9,5,5,100,83500,0,0,181,300,400.5,120,0,0,0,0,0,3.5,2,2,777.7,"
                          "77777,9,999999999,30,0.0440,0,88,0.220,999.0,99.0",
                          -1);
    assert_int_equal(read_epw(text, strlen(text), &out, &diag), DH_OK);
    assert_non_null(out.sun);
    assert_true(out.sun[11].global_w_per_m2 == 300 && out.sun[11].direct_w_per_m2 == 400.5 &&
                out.sun[11].diffuse_w_per_m2 == 120 && out.sun[11].wind_m_per_s == 3.5);
    assert_int_equal(out.quality.n_missing_sun, 0);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
}

void weather_table_fills_gaps_and_skips_repeated_hours(void **state) {
    (void)state;
    struct dh_weather_file out;
    struct dh_diag diag = {0};
    char text[4096] = "# somewhere\ntime_local,temp_c,rh_pct,wind\n";
    size_t used = strlen(text);
    for (int h = 0; h < 24; h++)
        if (h != 5)
            used += (size_t)sprintf(text + used, "2024-01-01T%02d:00,%d,50,1\n%s", h, h,
                                    h == 9 ? "2024-01-01T09:00,99,50,1\n" : "");
    write_text("w.csv", text);
    assert_int_equal(dh_weather_csv_read(&out, path, -5, 0, &diag), DH_OK);
    remove_text();
    assert_int_equal(out.n, 24);
    assert_true(out.first_unix_s == 1704067200 + 5 * 3600);
    assert_true(fabs(out.dry_bulb_degc[5] - 5) < 1e-9 && out.dry_bulb_degc[9] == 9 &&
                out.relative_humidity[9] == 0.5);
    assert_int_equal(out.quality.n_gap, 1);
    assert_int_equal(out.quality.n_repeated, 1);
    dh_weather_file_free(&out);
    dh_diag_free(&diag);
}

void weather_table_of_zones_gives_the_one_asked_for(void **state) {
    (void)state;
    struct dh_weather_file out;
    struct dh_diag diag = {0};
    write_text("z.csv",
               "zone,hour,T_db_C,RH_pct,P_Pa\n1A,0,20,90,101000\n1A,1,21,80,101100\n5B,0,-3,50,84000\n"
               "5B,1,-4,60,84100\n5B,2,-5,70,84200\n");
    assert_int_equal(dh_weather_zone_read(&out, path, "5B", 2025, -7, 0, &diag), DH_OK);
    assert_true(out.n == 3 && out.typical_year);
    assert_true(out.first_unix_s == 1735689600 + 7 * 3600); /* 1 January 2025, 0 h local standard time */
    assert_true(out.dry_bulb_degc[2] == -5 && out.relative_humidity[1] == 0.6 && out.pressure_pa[0] == 84000);
    dh_weather_file_free(&out);
    assert_int_equal(dh_weather_zone_read(&out, path, "9Z", 0, 0, 0, &diag), DH_ERR_DATA);
    dh_weather_file_free(&out);
    assert_int_equal(dh_weather_csv_read(&out, path, 0, 0, &diag), DH_ERR_DATA);
    dh_weather_file_free(&out);
    remove_text();
    dh_diag_free(&diag);
}

/* ---- series ---------------------------------------------------------------------------------------------
 */

static enum dh_err read_series(struct dh_series *series, bool carbon, const char *text,
                               struct dh_diag *diag) {
    write_text("s.csv", text);
    enum dh_err err =
        carbon ? dh_series_read_carbon(series, path, NULL, diag) : dh_series_read_price(series, path, diag);
    remove_text();
    return err;
}

void prices_hold_until_the_next_one(void **state) {
    (void)state;
    struct dh_series s;
    struct dh_diag diag = {0};
    assert_int_equal(
        read_series(&s, false,
                    "datetime_utc,usd_per_mwh\n2022-01-01T00:00:00Z,10\n2022-01-01T01:00:00Z,-20\n"
                    "2022-01-01T03:00:00Z,40\n2022-01-01T03:00:00Z,41\n",
                    &diag),
        DH_OK);
    int64_t zero = 1640995200;
    assert_int_equal(s.n, 3);
    assert_int_equal(s.n_gap, 1);
    assert_int_equal(s.n_duplicate, 1);
    assert_int_equal(diag.n_warning, 1);
    assert_true(s.mean == 10);
    assert_true(dh_series_at(&s, zero) == 10);
    assert_true(dh_series_at(&s, zero + 3599) == 10);
    assert_true(dh_series_at(&s, zero + 3600) == -20);
    assert_true(dh_series_at(&s, zero + 2 * 3600) == -20); /* the gap: the value before */
    assert_true(dh_series_at(&s, zero + 3 * 3600) == 40);
    /* another year takes the same hour of the same day */
    assert_true(dh_series_at(&s, 1767225600 + 3600) == -20);
    assert_true(dh_series_at(&s, 1767225600 + 86400) == 40); /* which there is not: the nearest end */
    dh_series_free(&s);
    assert_true(isnan(dh_series_at(&s, zero)));
    dh_diag_free(&diag);
    assert_int_equal(read_series(&s, false, "time,usd_per_kwh\n2022-01-01T00:00Z,0.05\n", NULL), DH_OK);
    assert_true(dh_series_at(&s, zero) == 50);
    dh_series_free(&s);
}

void leap_day_takes_the_day_before_it(void **state) {
    (void)state;
    struct dh_series s;
    char *text = malloc(400000);
    assert_non_null(text);
    size_t used = (size_t)sprintf(text, "time,price\n");
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int hour = 0;
    for (int m = 0; m < 12; m++)
        for (int h = 0; h < days[m] * 24; h++)
            used += (size_t)sprintf(text + used, "2022-%02d-%02dT%02d:00Z,%d\n", m + 1, h / 24 + 1, h % 24,
                                    hour++);
    assert_int_equal(read_series(&s, false, text, NULL), DH_OK);
    free(text);
    assert_int_equal(s.n, 8760);
    assert_true(dh_series_at(&s, 1709164800 + 12 * 3600) == 58 * 24 + 12); /* 2024-02-29T12: as 28 February */
    assert_true(dh_series_at(&s, 1709251200 + 12 * 3600) == 59 * 24 + 12); /* 2024-03-01T12 */
    assert_true(dh_series_at(&s, 1735689599) == 8759);                     /* the last second of 2024 */
    dh_series_free(&s);
}

void carbon_of_a_generation_mix_is_weighted_by_generation(void **state) {
    (void)state;
    struct dh_series s;
    struct dh_diag diag = {0};
    assert_int_equal(read_series(&s, true,
                                 "timestamp,WND,SUN,WAT,OIL,NG,COL,NUC,OTH,avg_CI\n"
                                 "2022-01-01 00:00:00+00:00,1,0,0,0,1,0,0,0,7\n"
                                 "2022-01-01 01:00:00+00:00,,,,,,,,,\n"
                                 "2022-01-01 02:00:00+00:00,0,1,1,1,0,1,1,1,7\n",
                                 &diag),
                     DH_OK);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.n_missing, 1);
    assert_int_equal(s.n_gap, 1);
    assert_true(s.value[0] == (11.0 + 490) / 2);
    assert_true(fabs(s.value[1] - (41.0 + 24 + 650 + 820 + 12 + 230) / 6) < 1e-12);
    assert_int_equal(diag.n_warning, 1);
    dh_series_free(&s);
    dh_diag_free(&diag);
}

void carbon_columns_of_electricity_maps_are_matched_by_their_beginning(void **state) {
    (void)state;
    struct dh_series s;
    assert_int_equal(read_series(&s, true,
                                 "Datetime (UTC),Country,Zone Name,Zone Id,Carbon Intensity gCO\xE2\x82\x82"
                                 "eq/kWh (direct),"
                                 "Carbon Intensity gCO\xE2\x82\x82"
                                 "eq/kWh (LCA),Low Carbon Percentage\n"
                                 "2021-01-01 00:00:00,US,PJM,US-PJM,380.5,420.25,40\n",
                                 NULL),
                     DH_OK);
    assert_true(s.value[0] == 420.25);
    dh_series_free(&s);
    assert_int_equal(read_series(&s, true, "time,g/kWh\n2021-01-01T00:00Z,300\n", NULL), DH_OK);
    assert_true(s.value[0] == 300);
    dh_series_free(&s);
    assert_int_equal(read_series(&s, true, "time,g/kWh\n2021-01-01T00:00Z,nan\n", NULL), DH_ERR_NUMBER);
    dh_series_free(&s);
    assert_int_equal(read_series(&s, true, "time,g/kWh\n", NULL), DH_ERR_DATA);
    dh_series_free(&s);
    assert_int_equal(read_series(&s, true, "hour,g/kWh\n1,2\n", NULL), DH_ERR_MISSING);
    dh_series_free(&s);
}

/* ---- conversion -----------------------------------------------------------------------------------------
 */

static int collect(void *self, const char *bytes, size_t n) {
    strncat(self, bytes, n);
    return 0;
}

static int refuse(void *self, const char *bytes, size_t n) {
    (void)self, (void)bytes, (void)n;
    return 1;
}

void import_writes_jobs_that_read_back_the_same(void **state) {
    (void)state;
    char once[2048] = "", twice[2048] = "";
    const char *file = path;
    struct dh_import_stats stats;
    write_text("j.csv",
               "cluster,job,submission_s,duration_s,num_gpu\n2,\"a,\"\"b\",100.125,20,8\n2,c,160,30.5,64\n");
    assert_int_equal(dh_import_convert("itp", &file, 1, NULL, collect, once, &stats, NULL), DH_OK);
    remove_text();
    assert_string_equal(stats.figures[1].name, "jobs");
    assert_true(stats.figures[1].value == 2);
    assert_string_equal(stats.figures[2].name, "gpu_hours");
    assert_true(fabs(stats.figures[2].value - (20 * 8 + 30.5 * 64) / 3600) < 1e-12);
    assert_non_null(strstr(once, "\"a,\"\"b\",0,20,8,,20,2,training,0.2,1,\n"));
    assert_non_null(strstr(once, "c,59.875,30.5,64,"));
    write_text("j.csv", once);
    assert_int_equal(dh_import_convert("csv", &file, 1, NULL, collect, twice, &stats, NULL), DH_OK);
    assert_string_equal(once, twice);
    assert_int_equal(dh_import_convert("csv", &file, 1, NULL, refuse, NULL, NULL, NULL), DH_ERR_IO);
    assert_int_equal(dh_import_convert("cvs", &file, 1, NULL, collect, twice, NULL, NULL), DH_ERR_USAGE);
    remove_text();
}
