/* Hourly weather as a table. */
#include "scenarios/weather_file.h"

#include "scenarios/csv_read.h"

#include <math.h>
#include <string.h>

enum { MAX_ROWS = 366 * 24 * 100 };

struct columns {
    int32_t time, local, dry_bulb, dew_point, humidity, humidity_pct, pressure;
};

struct reader {
    struct dh_csv csv;
    struct dh_weather_file *out;
    struct dh_diag *diag;
    struct columns c;
    double utc_offset_h;
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
    if (r->c.time < 0 && r->c.local < 0)
        DH_TRY(dh_csv_require(csv, "time", NULL, &r->c.time));
    DH_TRY(dh_csv_require(csv, "dry_bulb_degc", "temp_c", &r->c.dry_bulb));
    r->c.dew_point = dh_csv_column(csv, "dew_point_degc", NULL, NULL);
    r->c.humidity = dh_csv_column(csv, "relative_humidity", NULL, NULL);
    r->c.humidity_pct = dh_csv_column(csv, "rh_pct", NULL, NULL);
    r->c.pressure = dh_csv_column(csv, "pressure_pa", NULL, NULL);
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
    double **columns[] = {&r->out->dry_bulb_degc, &r->out->dew_point_degc, &r->out->relative_humidity,
                          &r->out->pressure_pa};
    for (int c = 0; c < 4; c++) {
        double *grown = dh_arena_array(&r->out->mem, (size_t)room, sizeof *grown);
        if (!grown)
            return dh_fail(r->diag, DH_ERR_MEMORY, dh_csv_place(&r->csv, -1), "out of memory");
        if (r->out->n > 0)
            memcpy(grown, *columns[c], (size_t)r->out->n * sizeof *grown);
        for (int32_t i = r->out->n; i < room; i++)
            grown[i] = NAN;
        *columns[c] = grown;
    }
    r->room = room;
    return DH_OK;
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

static enum dh_err read_row(struct reader *r) {
    struct dh_weather_file *out = r->out;
    int32_t column = r->c.local >= 0 ? r->c.local : r->c.time;
    int64_t unix_ns = 0;
    DH_TRY(dh_csv_instant(&r->csv, column, &unix_ns));
    int64_t at_s = unix_ns / DH_NS_PER_S;
    if (r->c.local >= 0)
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
        out->n_repeated++;
        return DH_OK;
    }
    if (row < out->n)
        return dh_fail(r->diag, DH_ERR_DATA, dh_csv_place(&r->csv, column),
                       "a time before that of the row above");
    DH_TRY(grow(r, row + 1));
    out->n_gap += row - out->n;
    DH_TRY(value(r, r->c.dry_bulb, -90, 70, 1, &out->dry_bulb_degc[row], &out->n_missing_dry_bulb));
    DH_TRY(value(r, r->c.dew_point, -90, 70, 1, &out->dew_point_degc[row], &out->n_missing_dew_point));
    DH_TRY(value(r, r->c.humidity, 0, 1, 1, &out->relative_humidity[row], &out->n_missing_humidity));
    if (r->c.humidity < 0)
        DH_TRY(value(r, r->c.humidity_pct, 0, 100, 0.01, &out->relative_humidity[row],
                     &out->n_missing_humidity));
    DH_TRY(value(r, r->c.pressure, 31000, 120000, 1, &out->pressure_pa[row], &out->n_missing_pressure));
    out->n = (int32_t)row + 1;
    return DH_OK;
}

static enum dh_err finish(struct reader *r) {
    struct dh_weather_file *out = r->out;
    struct dh_place place = {r->csv.in.path, r->csv.in.line, 0};
    if (out->n < 2)
        return dh_fail(r->diag, DH_ERR_DATA, place, "less than two hours of weather");
    if (10 * (out->n_missing_dry_bulb + out->n_gap) > out->n)
        return dh_fail(r->diag, DH_ERR_DATA, place, "the dry bulb is missing in %lld of %d hours",
                       (long long)(out->n_missing_dry_bulb + out->n_gap), out->n);
    int64_t n_bad = out->n_missing_dry_bulb + out->n_missing_dew_point + out->n_missing_humidity +
                    out->n_missing_pressure + out->n_gap + out->n_repeated;
    if (n_bad > 0)
        dh_warn(r->diag, DH_ERR_W_DATA, (struct dh_place){r->csv.in.path, 0, 0},
                "of %d hours: %lld left out, %lld there twice, %lld values missing", out->n,
                (long long)out->n_gap, (long long)out->n_repeated,
                (long long)(n_bad - out->n_gap - out->n_repeated));
    return DH_OK;
}

enum dh_err dh_weather_csv_read(struct dh_weather_file *out, const char *path, double utc_offset_h,
                                struct dh_diag *diag) {
    *out = (struct dh_weather_file){
        .station = "", .latitude_deg = NAN, .longitude_deg = NAN, .utc_offset_h = NAN, .altitude_m = NAN};
    struct reader r = {.out = out, .diag = diag, .utc_offset_h = utc_offset_h};
    DH_TRY(dh_csv_open(&r.csv, path, DH_CSV_HASH_COMMENTS, diag));
    enum dh_err err = find_columns(&r);
    bool got = true;
    while (err == DH_OK && (err = dh_csv_next(&r.csv, &got)) == DH_OK && got)
        err = read_row(&r);
    if (err == DH_OK)
        err = finish(&r);
    dh_csv_close(&r.csv);
    return err;
}
