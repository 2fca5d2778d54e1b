/* Hourly weather as a table. */
#include "scenarios/weather_file.h"

#include "scenarios/csv_read.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_ROWS = 366 * 24 * 100 };

struct columns {
    int32_t time, local, hour, zone, dry_bulb, dew_point, humidity, humidity_pct, pressure, sun[3], wind;
};

struct reader {
    struct dh_csv csv;
    struct dh_weather_file *out;
    struct dh_diag *diag;
    struct columns c;
    double utc_offset_h, altitude_m;
    const char *zone;
    int64_t year_s; /* instant at which hour 0 begins */
    int32_t room;
};

static int32_t time_column(struct dh_csv *csv) {
    static const char *const names[] = {"time", "time_utc", "datetime_utc", "timestamp", "datetime"};
    int32_t column = -1;
    for (size_t i = 0; i < sizeof names / sizeof *names && column < 0; i++)
        column = dh_csv_column(csv, names[i], NULL, NULL);
    return column;
}

static enum dh_err find_columns(struct reader *r) {
    struct dh_csv *csv = &r->csv;
    enum dh_err err = DH_OK;
    r->c.time = time_column(csv);
    r->c.local = r->c.time < 0 ? dh_csv_column(csv, "time_local", NULL, NULL) : -1;
    r->c.hour = r->c.time < 0 && r->c.local < 0 ? dh_csv_column(csv, "hour", NULL, NULL) : -1;
    if (r->c.time < 0 && r->c.local < 0 && r->c.hour < 0)
        DH_TRY(dh_csv_require(csv, "time", NULL, &r->c.time));
    r->c.zone = dh_csv_column(csv, "zone", NULL, NULL);
    if (!*r->zone && r->c.zone >= 0) {
        dh_fail(r->diag, DH_ERR_DATA, dh_csv_place(csv, -1), "weather of several zones");
        dh_diag_hint(r->diag, "say which with the climate's attribute zone");
        return DH_ERR_DATA;
    }
    r->c.dry_bulb = dh_csv_column(csv, "T_db_C", NULL, NULL);
    if (r->c.dry_bulb < 0)
        DH_TRY(dh_csv_require(csv, "dry_bulb_degc", "temp_c", &r->c.dry_bulb));
    r->c.dew_point = dh_csv_column(csv, "dew_point_degc", NULL, NULL);
    r->c.humidity = dh_csv_column(csv, "relative_humidity", NULL, NULL);
    r->c.humidity_pct = dh_csv_column(csv, "rh_pct", "RH_pct", &err);
    r->c.pressure = dh_csv_column(csv, "pressure_pa", "P_Pa", &err);
    static const char *const sun[] = {"ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"};
    for (int i = 0; i < 3; i++) {
        r->c.sun[i] = dh_csv_column(csv, sun[i], NULL, NULL);
        if (r->c.sun[i] < 0 && r->c.sun[0] >= 0)
            DH_TRY(dh_csv_require(csv, sun[i], NULL, &r->c.sun[i])); /* all three or none */
    }
    r->c.wind = dh_csv_column(csv, "wind_m_per_s", NULL, NULL);
    if (r->c.dew_point < 0 && r->c.humidity < 0 && r->c.humidity_pct < 0)
        return dh_csv_require(csv, "dew_point_degc", NULL, &r->c.dew_point);
    dh_csv_warn_unknown(csv);
    return err;
}

static enum dh_err grow(struct reader *r, int64_t needed) {
    if (needed <= r->room)
        return DH_OK;
    if (needed > MAX_ROWS)
        return dh_fail(r->diag, DH_ERR_DATA, dh_csv_place(&r->csv, -1), "more than a hundred years of hours");
    int32_t room = r->room ? 2 * r->room : 9000;
    while (room < needed)
        room *= 2;
    r->room = room;
    return dh_weather_file_room(r->out, room)
               ? DH_OK
               : dh_fail(r->diag, DH_ERR_MEMORY, dh_csv_place(&r->csv, -1), "out of memory");
}

static enum dh_err value(struct reader *r, int32_t column, double min, double max, double scale, double *to,
                         int64_t *n_missing) {
    if (column < 0)
        return DH_OK;
    if (dh_csv_is_empty(&r->csv, column)) {
        ++*n_missing;
        return DH_OK;
    }
    double x = 0;
    DH_TRY(dh_csv_double(&r->csv, column, min, max, &x));
    *to = x * scale;
    return DH_OK;
}

static enum dh_err read_sun(struct reader *r, struct dh_sun *sun) {
    double *const to[] = {&sun->global_w_per_m2, &sun->direct_w_per_m2, &sun->diffuse_w_per_m2};
    int64_t n_missing = 0, ignored = 0;
    if (r->c.sun[0] < 0)
        return DH_OK;
    for (int i = 0; i < 3; i++)
        DH_TRY(value(r, r->c.sun[i], 0, 1500, 1, to[i], &n_missing));
    r->out->quality.n_missing_sun += n_missing > 0;
    return value(r, r->c.wind, 0, 100, 1, &sun->wind_m_per_s, &ignored);
}

static enum dh_err read_row(struct reader *r) {
    struct dh_weather_file *out = r->out;
    int32_t column = r->c.hour >= 0 ? r->c.hour : r->c.local >= 0 ? r->c.local : r->c.time;
    int64_t unix_ns = 0, hour = 0;
    if (r->c.hour >= 0)
        DH_TRY(dh_csv_integer(&r->csv, column, 0, 8783, &hour));
    else
        DH_TRY(dh_csv_instant(&r->csv, column, &unix_ns));
    int64_t at_s = r->c.hour >= 0 ? r->year_s + 3600 * hour : unix_ns / DH_NS_PER_S;
    if (r->c.local >= 0 || r->c.hour >= 0)
        at_s -= (int64_t)rint(r->utc_offset_h * 3600);
    if (unix_ns % (3600 * DH_NS_PER_S) != 0 && unix_ns % (900 * DH_NS_PER_S) != 0)
        return dh_fail(r->diag, DH_ERR_DATA, dh_csv_place(&r->csv, column), "not a whole hour");
    if (out->n == 0)
        out->first_unix_s = at_s;
    if ((at_s - out->first_unix_s) % 3600 != 0)
        return dh_fail(r->diag, DH_ERR_DATA, dh_csv_place(&r->csv, column),
                       "not whole hours after the first row");
    int64_t row = (at_s - out->first_unix_s) / 3600;
    if (row == out->n - 1) { /* the hour that clocks are set back */
        out->quality.n_repeated++;
        return DH_OK;
    }
    if (row < out->n)
        return dh_fail(r->diag, DH_ERR_DATA, dh_csv_place(&r->csv, column),
                       "a time before that of the row above");
    DH_TRY(grow(r, row + 1));
    out->quality.n_gap += row - out->n;
    DH_TRY(value(r, r->c.dry_bulb, -90, 70, 1, &out->dry_bulb_degc[row], &out->quality.n_missing_dry_bulb));
    DH_TRY(
        value(r, r->c.dew_point, -90, 70, 1, &out->dew_point_degc[row], &out->quality.n_missing_dew_point));
    DH_TRY(value(r, r->c.humidity, 0, 1, 1, &out->relative_humidity[row], &out->quality.n_missing_humidity));
    if (r->c.humidity < 0)
        DH_TRY(value(r, r->c.humidity_pct, 0, 100, 0.01, &out->relative_humidity[row],
                     &out->quality.n_missing_humidity));
    DH_TRY(
        value(r, r->c.pressure, 31000, 120000, 1, &out->pressure_pa[row], &out->quality.n_missing_pressure));
    DH_TRY(read_sun(r, &out->sun[row]));
    for (int64_t i = out->n; i <= row; i++)
        out->line[i] = r->csv.in.line;
    out->n = (int32_t)row + 1;
    return DH_OK;
}

static enum dh_err finish(struct reader *r) {
    struct dh_weather_file *out = r->out;
    struct dh_place place = {r->csv.in.path, r->csv.in.line, 0};
    if (out->n < 2)
        return dh_fail(r->diag, DH_ERR_DATA, place, "less than two hours of weather");
    if (r->c.sun[0] < 0)
        out->sun = NULL;
    out->utc_offset_h = r->utc_offset_h;
    return dh_weather_check(out, r->altitude_m, (struct dh_place){r->csv.in.path, 0, 0}, r->diag);
}

/* Is the record of the zone that is read? */
static bool is_of_zone(const struct reader *r) {
    if (r->c.zone < 0)
        return true;
    const struct dh_csv_field *field = &r->csv.fields[r->c.zone];
    return field->n == strlen(r->zone) && memcmp(field->text, r->zone, field->n) == 0;
}

enum dh_err dh_weather_zone_read(struct dh_weather_file *out, const char *path, const char *zone,
                                 int32_t year, double utc_offset_h, double altitude_m, struct dh_diag *diag) {
    *out = (struct dh_weather_file){
        .station = "", .latitude_deg = NAN, .longitude_deg = NAN, .utc_offset_h = NAN, .altitude_m = NAN};
    struct reader r = {.out = out,
                       .diag = diag,
                       .utc_offset_h = utc_offset_h,
                       .altitude_m = altitude_m,
                       .zone = zone ? zone : ""};
    char new_year[32];
    snprintf(new_year, sizeof new_year, "%04d-01-01", year > 0 ? year : 2023);
    DH_TRY(dh_timestamp_parse(new_year, strlen(new_year), &r.year_s));
    DH_TRY(dh_csv_open(&r.csv, path, DH_CSV_HASH_COMMENTS, diag));
    enum dh_err err = find_columns(&r);
    bool got = true;
    while (err == DH_OK && (err = dh_csv_next(&r.csv, &got)) == DH_OK && got)
        if (is_of_zone(&r))
            err = read_row(&r);
    out->typical_year = r.c.hour >= 0;
    if (err == DH_OK && r.c.zone >= 0 && out->n == 0)
        err = dh_fail(diag, DH_ERR_DATA, (struct dh_place){path, 0, 0}, "no hour of zone %s", zone);
    if (err == DH_OK)
        err = finish(&r);
    dh_csv_close(&r.csv);
    return err;
}

enum dh_err dh_weather_csv_read(struct dh_weather_file *out, const char *path, double utc_offset_h,
                                double altitude_m, struct dh_diag *diag) {
    return dh_weather_zone_read(out, path, NULL, 0, utc_offset_h, altitude_m, diag);
}
