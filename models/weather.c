#include "models/weather.h"

#include "models/psychro.h"
#include "models/weather_extreme.h"

#include <math.h>
#include <string.h>

#define SECONDS_PER_HOUR INT64_C(3600)
#define HOURS_PER_YEAR   INT64_C(8760)

void dh_weather_free(struct dh_weather *weather) {
    dh_arena_free(&weather->mem);
    memset(weather, 0, sizeof *weather);
}

/* Floor division for instants before 1970. */
static int64_t floor_div(int64_t a, int64_t b) {
    int64_t q = a / b;
    return q * b > a ? q - 1 : q;
}

static enum dh_err allocate(struct dh_weather *out, const struct dh_climate_spec *climate,
                            int64_t start_unix_s, int64_t duration_s, struct dh_diag *diag) {
    memset(out, 0, sizeof *out);
    out->origin_unix_s = start_unix_s;
    out->latitude_deg = climate->latitude_deg;
    out->longitude_deg = climate->longitude_deg;
    out->start_unix_s = floor_div(start_unix_s, SECONDS_PER_HOUR) * SECONDS_PER_HOUR;
    int64_t hours =
        floor_div(start_unix_s + duration_s - out->start_unix_s + SECONDS_PER_HOUR - 1, SECONDS_PER_HOUR) + 1;
    if (hours < 2)
        hours = 2;
    if (hours > INT32_MAX / 2)
        return dh_fail(diag, DH_ERR_LIMIT_STEPS, climate->place, "climate %s: %lld hours of weather",
                       climate->id, (long long)hours);
    out->n_hour = (int32_t)hours;
    out->hours = dh_arena_array(&out->mem, (size_t)hours, sizeof *out->hours);
    if (!out->hours)
        return dh_fail(diag, DH_ERR_MEMORY, climate->place, "out of memory: weather");
    return DH_OK;
}

/* One hour from dry bulb and relative humidity; the what-if offset keeps the latter. */
static struct dh_outdoor outdoor(const struct dh_climate_spec *climate, double dry_degc, double relative,
                                 double pa) {
    double dry = dry_degc + climate->offset_k;
    /* Wholly dry air has no dew point; more than saturated is fog, which the plant never sees. */
    double phi = relative < 0.001 ? 0.001 : relative > 1.0 ? 1.0 : relative;
    struct dh_outdoor o = {.dry_bulb_degc = dry, .pressure_pa = pa};
    o.humidity_kg_per_kg = dh_psy_humidity_from_relative(dry, phi, pa);
    o.wet_bulb_degc = dh_psy_wet_bulb_degc(dry, o.humidity_kg_per_kg, pa);
    return o;
}

/* Hour of a year of 365 days (29 February repeats the 28th) at local standard time. */
static int32_t hour_of_year(int64_t local_unix_s) {
    int64_t days = floor_div(local_unix_s, 86400);
    int32_t hour = (int32_t)((local_unix_s - days * 86400) / SECONDS_PER_HOUR);
    /* Civil date from days, H. Hinnant's algorithm: years that begin in March put the leap day last. */
    int64_t z = days + 719468, era = floor_div(z, 146097), day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t from_march = (int32_t)(day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
    if (from_march == 365)
        from_march = 364; /* 29 February */
    int32_t day = (from_march + 59) % 365;
    return day * 24 + hour;
}

enum dh_err dh_weather_synthetic(struct dh_weather *out, const struct dh_climate_spec *climate,
                                 int64_t start_unix_s, int64_t duration_s, struct dh_diag *diag) {
    enum dh_err err = allocate(out, climate, start_unix_s, duration_s, diag);
    if (err != DH_OK)
        return err;
    out->synthetic = true;
    struct dh_arena scratch = {0};
    double *year = dh_arena_array(&scratch, 2 * 8760, sizeof *year);
    struct dh_outdoor *made = dh_arena_array(&scratch, 8760, sizeof *made);
    bool *known = dh_arena_array(&scratch, 8760, sizeof *known);
    if (!year || !made || !known) {
        err = dh_fail(diag, DH_ERR_MEMORY, climate->place, "out of memory: weather");
        goto done;
    }
    err = dh_weather_synthetic_year(climate, year, year + 8760, diag);
    if (err != DH_OK)
        goto done;
    double pa = dh_psy_pressure_pa(climate->altitude_m);
    for (int32_t h = 0; h < 8760; h++) /* from here on the second half holds relative humidity */
        year[8760 + h] = dh_psy_saturation_pa(year[8760 + h]) / dh_psy_saturation_pa(year[h]);
    struct dh_extreme extreme;
    if (dh_extreme_init(&extreme, climate, year, year + 8760, 8760, pa) != DH_OK) {
        err = dh_fail(diag, DH_ERR_MEMORY, climate->place, "out of memory: weather");
        goto done;
    }
    int64_t ahead_s = (int64_t)(climate->utc_offset_h * 3600.0);
    for (int32_t i = 0; i < out->n_hour; i++) {
        int32_t h = hour_of_year(out->start_unix_s + i * SECONDS_PER_HOUR + ahead_s);
        if (!known[h]) {
            known[h] = true;
            dh_extreme_apply(&extreme, h % 24, &year[h], &year[8760 + h]);
            made[h] = outdoor(climate, year[h], year[8760 + h], pa);
        }
        out->hours[i] = made[h];
    }
done:
    dh_arena_free(&scratch);
    if (err != DH_OK)
        dh_weather_free(out);
    return err;
}

static bool is_possible(const struct dh_weather_series *series, int32_t i) {
    double dry = series->dry_bulb_degc[i], phi = series->relative_humidity[i], pa = series->pressure_pa[i];
    return dry > -90 && dry < 70 && phi >= 0 && phi <= 1.2 && pa > 3e4 && pa < 1.2e5;
}

/* Rows of one calendar year: the hour of the year (0 to 8759) that the first one holds at; -1: no such rows.
 */
static int32_t first_hour_of_year(const struct dh_weather_series *series) {
    if (series->n != HOURS_PER_YEAR)
        return -1;
    int32_t hour = hour_of_year(series->first_unix_s + (int64_t)(series->utc_offset_h * 3600.0));
    return hour <= 1 ? hour : -1;
}

static int32_t row_at(const struct dh_weather_series *series, int64_t unix_s, int32_t first_hour) {
    int64_t n = series->n, ahead;
    if (first_hour >= 0)
        ahead = hour_of_year(unix_s + (int64_t)(series->utc_offset_h * 3600.0)) - first_hour;
    else
        ahead = floor_div(unix_s - series->first_unix_s, SECONDS_PER_HOUR);
    return (int32_t)(ahead - floor_div(ahead, n) * n);
}

enum dh_err dh_weather_from_series(struct dh_weather *out, const struct dh_climate_spec *climate,
                                   const struct dh_weather_series *series, int64_t start_unix_s,
                                   int64_t duration_s, struct dh_diag *diag) {
    memset(out, 0, sizeof *out);
    for (int32_t i = 0; i < series->n; i++)
        if (!is_possible(series, i))
            return dh_fail(diag, DH_ERR_DATA, climate->place,
                           "climate %s: hour %d of its weather is impossible", climate->id, i);
    if (series->n < 1)
        return dh_fail(diag, DH_ERR_DATA, climate->place, "climate %s: no weather", climate->id);
    enum dh_err err = allocate(out, climate, start_unix_s, duration_s, diag);
    if (err != DH_OK)
        return err;
    out->quality = series->quality;
    if (series->sun && !(out->sun = dh_arena_array(&out->mem, (size_t)out->n_hour, sizeof *out->sun)))
        return dh_fail(diag, DH_ERR_MEMORY, climate->place, "out of memory: weather");
    struct dh_extreme extreme;
    if (dh_extreme_init(&extreme, climate, series->dry_bulb_degc, series->relative_humidity, series->n,
                        dh_psy_pressure_pa(climate->altitude_m)) != DH_OK)
        return dh_fail(diag, DH_ERR_MEMORY, climate->place, "out of memory: weather");
    int32_t first_hour = first_hour_of_year(series);
    int64_t ahead_s = (int64_t)(climate->utc_offset_h * 3600.0);
    struct dh_arena scratch = {0};
    int32_t *made = dh_arena_array(&scratch, (size_t)series->n, sizeof *made); /* hour made from row, +1 */
    for (int32_t i = 0; made && i < out->n_hour; i++) {
        int32_t row = row_at(series, out->start_unix_s + i * SECONDS_PER_HOUR, first_hour);
        if (made[row] > 0) { /* the series began again */
            out->hours[i] = out->hours[made[row] - 1];
        } else {
            double dry = series->dry_bulb_degc[row], relative = series->relative_humidity[row];
            int64_t local_h = floor_div(out->start_unix_s + ahead_s, SECONDS_PER_HOUR) + i;
            dh_extreme_apply(&extreme, (int32_t)(local_h - 24 * floor_div(local_h, 24)), &dry, &relative);
            out->hours[i] = outdoor(climate, dry, relative, series->pressure_pa[row]);
            made[row] = i + 1;
        }
        if (series->sun)
            out->sun[i] = series->sun[row];
    }
    if (!made)
        err = dh_fail(diag, DH_ERR_MEMORY, climate->place, "out of memory: weather");
    dh_arena_free(&scratch);
    return err;
}

int32_t dh_weather_hour(const struct dh_weather *w, dh_time now, int64_t *ends_unix_s) {
    int64_t unix_s = w->origin_unix_s + floor_div(now, DH_NS_PER_S);
    int64_t i = floor_div(unix_s - w->start_unix_s, SECONDS_PER_HOUR) + 1;
    *ends_unix_s = w->start_unix_s + i * SECONDS_PER_HOUR;
    if (i >= w->n_hour && w->n_hour > HOURS_PER_YEAR)
        i -= ((i - w->n_hour) / HOURS_PER_YEAR + 1) * HOURS_PER_YEAR;
    return (int32_t)(i < 0 ? 0 : i < w->n_hour ? i : w->n_hour - 1);
}

struct dh_outdoor dh_weather_at(const struct dh_weather *w, dh_time now) {
    int64_t from_start = (w->origin_unix_s - w->start_unix_s) * DH_NS_PER_S + now;
    if (from_start <= 0)
        return w->hours[0];
    int64_t ns_per_hour = SECONDS_PER_HOUR * DH_NS_PER_S;
    int64_t i = from_start / ns_per_hour, years = (i - w->n_hour + 1) / HOURS_PER_YEAR + 1;
    if (i >= w->n_hour - 1 && w->n_hour <= HOURS_PER_YEAR)
        return w->hours[w->n_hour - 1];
    if (i >= w->n_hour - 1) { /* the last year again */
        from_start -= years * HOURS_PER_YEAR * ns_per_hour;
        i -= years * HOURS_PER_YEAR;
    }
    double x = (double)(from_start - i * ns_per_hour) / (double)ns_per_hour;
    const struct dh_outdoor *a = &w->hours[i], *b = &w->hours[i + 1];
    return (struct dh_outdoor){
        .dry_bulb_degc = a->dry_bulb_degc + x * (b->dry_bulb_degc - a->dry_bulb_degc),
        .wet_bulb_degc = a->wet_bulb_degc + x * (b->wet_bulb_degc - a->wet_bulb_degc),
        .humidity_kg_per_kg = a->humidity_kg_per_kg + x * (b->humidity_kg_per_kg - a->humidity_kg_per_kg),
        .pressure_pa = a->pressure_pa + x * (b->pressure_pa - a->pressure_pa),
    };
}
