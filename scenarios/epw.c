/* EnergyPlus weather files (EnergyPlus, Auxiliary Programs, "EnergyPlus Weather File (EPW) Data Dictionary").
 */
#include "scenarios/weather_file.h"

#include "scenarios/lines.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_FIELDS = 36,
    MIN_FIELDS = 32, /* files before 2004 end with the snow depth */
    MAX_ROWS = 366 * 24 * 10
};
enum {
    YEAR,
    MONTH,
    DAY,
    HOUR,
    MINUTE,
    DRY_BULB = 6,
    DEW_POINT,
    HUMIDITY,
    PRESSURE,
    GLOBAL = 13,
    DIRECT,
    DIFFUSE,
    WIND = 21
};

struct field {
    const char *text;
    size_t n;
    int32_t col;
};

struct reader {
    struct dh_lines in;
    struct dh_weather_file *out;
    struct dh_diag *diag;
    struct field fields[MAX_FIELDS];
    int32_t n_field;
    int32_t room;
    int32_t first_year, month, day, hour; /* of the row before */
    bool has_sun;                         /* some irradiance was there */
};

static struct dh_place at_field(const struct reader *r, int f) {
    return dh_lines_place(&r->in, f < r->n_field ? r->fields[f].col : 0);
}

static void split(struct reader *r) {
    r->n_field = 0;
    size_t begin = 0;
    for (size_t i = 0; i <= r->in.n; i++) {
        if (i < r->in.n && r->in.text[i] != ',')
            continue;
        size_t end = i, from = begin;
        while (from < end && r->in.text[from] == ' ')
            from++;
        while (end > from && (r->in.text[end - 1] == ' ' || r->in.text[end - 1] == '\t'))
            end--;
        if (r->n_field < MAX_FIELDS)
            r->fields[r->n_field] = (struct field){r->in.text + from, end - from, (int32_t)from + 1};
        r->n_field++;
        begin = i + 1;
    }
    if (r->n_field == MAX_FIELDS && r->fields[MAX_FIELDS - 1].n == 0)
        r->n_field--; /* a comma at the end of the line */
}

static enum dh_err number(const struct reader *r, int f, const char *name, double *value) {
    size_t end = 0;
    enum dh_err err =
        f < r->n_field ? dh_number_parse(r->fields[f].text, r->fields[f].n, value, &end) : DH_ERR_NUMBER;
    if (err == DH_OK && end == r->fields[f].n)
        return DH_OK;
    if (f >= r->n_field)
        return dh_fail(r->diag, DH_ERR_DATA, at_field(r, f), "no %s", name);
    return dh_fail(r->diag, err == DH_OK ? DH_ERR_NUMBER : err, at_field(r, f),
                   "%s: '%.*s' is not a decimal number", name,
                   (int)(r->fields[f].n < 40 ? r->fields[f].n : 40), r->fields[f].text);
}

static enum dh_err whole(const struct reader *r, int f, const char *name, int32_t min, int32_t max,
                         int32_t *value) {
    double x = 0;
    DH_TRY(number(r, f, name, &x));
    if (!(x >= min && x <= max) || x != (double)(int32_t)x)
        return dh_fail(r->diag, DH_ERR_RANGE, at_field(r, f), "%s: %.6g is not a whole number from %d to %d",
                       name, x, min, max);
    *value = (int32_t)x;
    return DH_OK;
}

/* A measured value; NAN where the file says that it is missing. */
static enum dh_err measured(struct reader *r, int f, const char *name, double missing, double min, double max,
                            double *value, int64_t *n_missing) {
    *value = NAN;
    double x = missing;
    if (r->fields[f].n > 0)
        DH_TRY(number(r, f, name, &x));
    if (x == missing) {
        ++*n_missing;
        return DH_OK;
    }
    if (!(x >= min && x <= max))
        return dh_fail(r->diag, DH_ERR_RANGE, at_field(r, f), "%s: %.6g is not within %.6g and %.6g", name, x,
                       min, max);
    *value = x;
    return DH_OK;
}

/* ---- header -------------------------------------------------------------------------------------------- */

static bool is_word(const struct field *field, const char *word) {
    return field->n == strlen(word) && strncmp(field->text, word, field->n) == 0;
}

static enum dh_err read_location(struct reader *r) {
    struct dh_weather_file *out = r->out;
    DH_TRY(number(r, 6, "latitude", &out->latitude_deg));
    DH_TRY(number(r, 7, "longitude", &out->longitude_deg));
    DH_TRY(number(r, 8, "time zone", &out->utc_offset_h));
    DH_TRY(number(r, 9, "elevation", &out->altitude_m));
    if (!(fabs(out->latitude_deg) <= 90) || !(fabs(out->longitude_deg) <= 180) ||
        !(fabs(out->utc_offset_h) <= 14) || !(out->altitude_m >= -1000 && out->altitude_m <= 9999.9))
        return dh_fail(r->diag, DH_ERR_RANGE, at_field(r, 6), "no place on Earth");
    out->station = dh_text_escape(&out->mem, r->fields[1].text, r->fields[1].n < 80 ? r->fields[1].n : 80);
    return out->station ? DH_OK : dh_fail(r->diag, DH_ERR_MEMORY, at_field(r, 1), "out of memory");
}

static enum dh_err read_header(struct reader *r) {
    static const char *const words[] = {"LOCATION",
                                        "DESIGN CONDITIONS",
                                        "TYPICAL/EXTREME PERIODS",
                                        "GROUND TEMPERATURES",
                                        "HOLIDAYS/DAYLIGHT SAVINGS",
                                        "COMMENTS 1",
                                        "COMMENTS 2",
                                        "DATA PERIODS"};
    for (int h = 0; h < 8; h++) {
        bool got = false;
        DH_TRY(dh_lines_next(&r->in, &got));
        if (!got && h == 0)
            return dh_fail(r->diag, DH_ERR_DATA, (struct dh_place){r->in.path, 1, 1}, "an empty file");
        if (got)
            split(r);
        if (!got || !(is_word(&r->fields[0], words[h]) ||
                      (h == 4 && is_word(&r->fields[0], "HOLIDAYS/DAYLIGHT SAVING"))))
            return dh_fail(r->diag, DH_ERR_DATA, dh_lines_place(&r->in, 1),
                           "header line %d of 8 must begin with %s: not an EPW file, or cut off", h + 1,
                           words[h]);
        if (h == 0)
            DH_TRY(read_location(r));
    }
    int32_t ignored = 0;
    DH_TRY(whole(r, 1, "number of data periods", 1, 1, &ignored));
    return whole(r, 2, "records per hour", 1, 1, &ignored);
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static int32_t days_in_month(int32_t month) {
    static const int8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1];
}

/* Does this hour follow the one before? 29 February may be left out, as typical years do. */
static bool follows(const struct reader *r, int32_t month, int32_t day, int32_t hour) {
    if (r->hour < 24)
        return month == r->month && day == r->day && hour == r->hour + 1;
    if (hour != 1)
        return false;
    if (month == r->month)
        return day == r->day + 1;
    bool last = r->day == days_in_month(r->month) || (r->month == 2 && r->day == 28);
    return last && day == 1 && month == r->month % 12 + 1;
}

static enum dh_err grow(struct reader *r) {
    if (r->out->n < r->room)
        return DH_OK;
    if (r->out->n >= MAX_ROWS)
        return dh_fail(r->diag, DH_ERR_DATA, dh_lines_place(&r->in, 0), "more than ten years of hours");
    int32_t room = r->room ? 2 * r->room : 9000;
    r->room = room;
    return dh_weather_file_room(r->out, room)
               ? DH_OK
               : dh_fail(r->diag, DH_ERR_MEMORY, dh_lines_place(&r->in, 0), "out of memory");
}

static enum dh_err read_hour(struct reader *r, int32_t *year, int32_t *month, int32_t *day, int32_t *hour) {
    int32_t minute = 0;
    DH_TRY(whole(r, YEAR, "year", 0, 2200, year));
    DH_TRY(whole(r, MONTH, "month", 1, 12, month));
    DH_TRY(whole(r, DAY, "day", 1, days_in_month(*month), day));
    DH_TRY(whole(r, HOUR, "hour", 1, 24, hour));
    DH_TRY(whole(r, MINUTE, "minute", 0, 60, &minute)); /* 0 or 60, and both mean the end of the hour */
    if (r->out->n > 0 && !follows(r, *month, *day, *hour))
        return dh_fail(r->diag, DH_ERR_DATA, at_field(r, MONTH),
                       "%d-%02d hour %d does not follow %d-%02d hour %d", *month, *day, *hour, r->month,
                       r->day, r->hour);
    return DH_OK;
}

/* NAN for what is missing, no number or impossible: irradiance matters to solar panels alone. */
static double sun_value(const struct reader *r, int f, double max) {
    double x = 0;
    size_t end = 0;
    if (dh_number_parse(r->fields[f].text, r->fields[f].n, &x, &end) != DH_OK || end != r->fields[f].n)
        return NAN;
    return x >= 0 && x <= max ? x : NAN;
}

static void read_sun(struct reader *r, struct dh_sun *sun) {
    const double brightest = 1500; /* above the solar constant; missing are 9999 (irradiance), 999 (wind) */
    *sun = (struct dh_sun){.global_w_per_m2 = sun_value(r, GLOBAL, brightest),
                           .direct_w_per_m2 = sun_value(r, DIRECT, brightest),
                           .diffuse_w_per_m2 = sun_value(r, DIFFUSE, brightest),
                           .wind_m_per_s = sun_value(r, WIND, 100)};
    bool known = !isnan(sun->global_w_per_m2 + sun->direct_w_per_m2 + sun->diffuse_w_per_m2);
    r->out->quality.n_missing_sun += !known;
    r->has_sun = r->has_sun || known;
}

static enum dh_err read_row(struct reader *r) {
    struct dh_weather_file *out = r->out;
    split(r);
    if (r->n_field < MIN_FIELDS || r->n_field >= MAX_FIELDS)
        return dh_fail(r->diag, DH_ERR_DATA, dh_lines_place(&r->in, 0), "%d fields where a row has 35%s",
                       r->n_field, r->in.ended && r->n_field < 35 ? ": the file is cut off" : "");
    int32_t year = 0, month = 0, day = 0, hour = 0;
    DH_TRY(read_hour(r, &year, &month, &day, &hour));
    DH_TRY(grow(r));
    double humidity = 0;
    int32_t i = out->n;
    DH_TRY(measured(r, DRY_BULB, "dry bulb", 99.9, -90, 70, &out->dry_bulb_degc[i],
                    &out->quality.n_missing_dry_bulb));
    DH_TRY(measured(r, DEW_POINT, "dew point", 99.9, -90, 70, &out->dew_point_degc[i],
                    &out->quality.n_missing_dew_point));
    DH_TRY(
        measured(r, HUMIDITY, "relative humidity", 999, 0, 110, &humidity, &out->quality.n_missing_humidity));
    DH_TRY(measured(r, PRESSURE, "pressure", 999999, 31000, 120000, &out->pressure_pa[i],
                    &out->quality.n_missing_pressure));
    out->relative_humidity[i] = humidity > 100 ? 1 : humidity / 100;
    out->line[i] = r->in.line;
    read_sun(r, &out->sun[i]);
    if (i == 0) {
        r->first_year = year;
        if (hour != 1)
            return dh_fail(r->diag, DH_ERR_DATA, at_field(r, HOUR), "the first hour is %d, not 1", hour);
    }
    out->typical_year = out->typical_year || (year != r->first_year && month >= r->month && i > 0);
    r->month = month;
    r->day = day;
    r->hour = hour;
    out->n++;
    return DH_OK;
}

static enum dh_err finish(struct reader *r, int32_t year, int32_t first_month, int32_t first_day) {
    struct dh_weather_file *out = r->out;
    struct dh_place place = {r->in.path, r->in.line, 0};
    if (out->n < 24)
        return dh_fail(r->diag, DH_ERR_DATA, place, "%d hours: less than a day", out->n);
    bool placed = year > 0 || out->typical_year || r->first_year < 1900;
    char text[48];
    snprintf(text, sizeof text, "%04d-%02d-%02d",
             !placed    ? r->first_year
             : year > 0 ? year
                        : 2023,
             first_month, first_day);
    int64_t local_s = 0;
    if (dh_timestamp_parse(text, strlen(text), &local_s) != DH_OK) /* 29 February in another year */
        return dh_fail(r->diag, DH_ERR_DATA, place, "the file begins on %s, which is no day", text);
    out->first_unix_s = local_s + 3600 - (int64_t)rint(out->utc_offset_h * 3600);
    if (!r->has_sun)
        out->sun = NULL;
    return dh_weather_check(out, out->altitude_m, (struct dh_place){r->in.path, 0, 0}, r->diag);
}

static enum dh_err read_epw(struct reader *r, int32_t year) {
    r->out->station = "";
    DH_TRY(read_header(r));
    int32_t first_month = 1, first_day = 1;
    for (bool got = true;;) {
        DH_TRY(dh_lines_next(&r->in, &got));
        if (!got)
            return finish(r, year, first_month, first_day);
        if (r->in.n == 0)
            continue;
        DH_TRY(read_row(r));
        if (r->out->n == 1) {
            first_month = r->month;
            first_day = r->day;
        }
    }
}

enum dh_err dh_epw_read(struct dh_weather_file *out, const char *path, int32_t year, struct dh_diag *diag) {
    struct reader r = {.out = out, .diag = diag};
    *out = (struct dh_weather_file){0};
    DH_TRY(dh_lines_open(&r.in, path, diag));
    enum dh_err err = read_epw(&r, year);
    dh_lines_close(&r.in);
    return err;
}

enum dh_err dh_epw_read_memory(struct dh_weather_file *out, const char *bytes, size_t n, const char *path,
                               int32_t year, struct dh_diag *diag) {
    struct reader r = {.out = out, .diag = diag};
    *out = (struct dh_weather_file){0};
    DH_TRY(dh_lines_open_memory(&r.in, bytes, n, path, diag));
    enum dh_err err = read_epw(&r, year);
    dh_lines_close(&r.in);
    return err;
}
