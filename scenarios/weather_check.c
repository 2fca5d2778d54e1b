/* Quality control of hourly weather: what is missing, what contradicts itself, what cannot have been. */
#include "scenarios/weather_file.h"

#include "models/psychro.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Limits that the header explains. */
static const double SPIKE_K = 15, DOUBTFUL_K = 1, HIGHEST_WET_BULB_DEGC = 36, ABOVE_DESIGN_K = 4;
enum { SHORT_H = 6, LONG_H = 72, YEAR_H = 8760, DAY_H = 24 };

bool dh_weather_file_room(struct dh_weather_file *file, int32_t rows) {
    double **const columns[] = {&file->dry_bulb_degc, &file->dew_point_degc, &file->relative_humidity,
                                &file->pressure_pa};
    size_t before = (size_t)file->n, room = (size_t)rows;
    for (int c = 0; c < 4; c++) {
        double *grown = dh_arena_array(&file->mem, room, sizeof *grown);
        if (!grown)
            return false;
        if (before > 0)
            memcpy(grown, *columns[c], before * sizeof *grown);
        for (size_t i = before; i < room; i++)
            grown[i] = NAN;
        *columns[c] = grown;
    }
    struct dh_sun *sun = dh_arena_array(&file->mem, room, sizeof *sun);
    int32_t *line = dh_arena_array(&file->mem, room, sizeof *line);
    if (!sun || !line)
        return false;
    if (before > 0) {
        memcpy(sun, file->sun, before * sizeof *sun);
        memcpy(line, file->line, before * sizeof *line);
    }
    for (size_t i = before; i < room; i++)
        sun[i] = (struct dh_sun){NAN, NAN, NAN, NAN};
    file->sun = sun;
    file->line = line;
    return true;
}

void dh_weather_file_free(struct dh_weather_file *file) {
    dh_arena_free(&file->mem);
    *file = (struct dh_weather_file){0};
}

/* ---- gaps -----------------------------------------------------------------------------------------------
 */

/* One quantity of the rows, `stride` doubles apart. */
struct column {
    double *first;
    int32_t n, stride;
};

static double *at(const struct column *c, int32_t i) {
    return &c->first[(ptrdiff_t)i * c->stride];
}

/* A whole year comes again, so its ends meet; otherwise -1 outside of it. */
static int32_t row_of(const struct column *c, int32_t i) {
    if (c->n >= YEAR_H)
        return ((i % c->n) + c->n) % c->n;
    return i >= 0 && i < c->n ? i : -1;
}

/* The value at this hour on the nearest day in one direction that has it: NAN within `days` of them. */
static double other_day(const struct column *c, const bool *was_missing, int32_t i, int32_t direction) {
    for (int32_t day = 1; day <= 1 + LONG_H / DAY_H; day++) {
        int32_t row = row_of(c, i + direction * day * DAY_H);
        if (row >= 0 && !was_missing[row])
            return *at(c, row);
    }
    return NAN;
}

static double mean_of_known(double a, double b) {
    return isnan(a) ? b : isnan(b) ? a : (a + b) / 2;
}

enum filled { NOT_FILLED, BY_LINE, BY_DAYS };

/* Fills a gap of `length` rows from `first`; both ends' neighbours, or one, are known. */
static enum filled fill_gap(const struct column *c, const bool *was_missing, int32_t first, int32_t length,
                            int32_t short_h) {
    int32_t before = row_of(c, first - 1), behind = row_of(c, first + length);
    double a = before >= 0 ? *at(c, before) : NAN, b = behind >= 0 ? *at(c, behind) : NAN;
    bool by_line = length <= short_h;
    a = isnan(a) ? b : a;
    b = isnan(b) ? a : b;
    for (int32_t k = 0; k < length; k++) {
        int32_t row = row_of(c, first + k);
        double days =
            by_line ? NAN
                    : mean_of_known(other_day(c, was_missing, row, -1), other_day(c, was_missing, row, 1));
        *at(c, row) = isnan(days) ? a + (b - a) * (k + 1) / (length + 1) : days;
    }
    return by_line ? BY_LINE : BY_DAYS;
}

/* Fills every gap; kind (may be NULL) is told how. *longest: rows of the longest one, at *longest_at. */
static void fill(const struct column *c, bool *was_missing, int32_t short_h, uint8_t *kind, int32_t *longest,
                 int32_t *longest_at) {
    *longest = 0;
    int32_t start = 0; /* behind a known value, so that no gap of a year is cut in two */
    for (int32_t i = 0; i < c->n; i++)
        was_missing[i] = isnan(*at(c, i));
    if (c->n >= YEAR_H)
        while (start < c->n && was_missing[start])
            start++;
    for (int32_t i = start; i < start + c->n;) {
        int32_t length = 0;
        while (length < c->n && row_of(c, i + length) >= 0 && was_missing[row_of(c, i + length)])
            length++;
        if (length == 0) {
            i++;
            continue;
        }
        if (length > *longest) {
            *longest = length;
            *longest_at = row_of(c, i);
        }
        if (length < c->n) {
            enum filled how = fill_gap(c, was_missing, i, length, short_h);
            for (int32_t k = 0; kind && k < length; k++)
                if (kind[row_of(c, i + k)] < how)
                    kind[row_of(c, i + k)] = (uint8_t)how;
        }
        i += length;
    }
}

/* ---- what contradicts -------------------------------------------------------------------------------------
 */

static void drop_spikes(struct dh_weather_file *file) {
    double *t = file->dry_bulb_degc;
    for (int32_t i = 1; i + 1 < file->n; i++) {
        double up = t[i] - t[i - 1], down = t[i] - t[i + 1];
        if ((up > SPIKE_K && down > SPIKE_K) || (up < -SPIKE_K && down < -SPIKE_K)) {
            t[i] = NAN;
            file->quality.n_spike++;
        }
    }
}

/* Dew point from the humidity where that is known; counts the hours in which the file's own does not fit. */
static void settle_humidity(struct dh_weather_file *file, double *dew) {
    for (int32_t i = 0; i < file->n; i++) {
        double dry = file->dry_bulb_degc[i], phi = file->relative_humidity[i], own = file->dew_point_degc[i];
        dew[i] = own;
        if (isnan(dry) || isnan(phi) || phi <= 0)
            continue;
        dew[i] = dh_psy_dew_point_degc(phi * dh_psy_saturation_pa(dry));
        file->quality.n_doubtful += fabs(dew[i] - own) > DOUBTFUL_K;
    }
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static bool clip_wet_bulb(struct dh_weather_file *file, double *wet, double *sorted) {
    double limit = HIGHEST_WET_BULB_DEGC;
    for (int32_t i = 0; i < file->n; i++) {
        double humidity = dh_psy_humidity_from_relative(file->dry_bulb_degc[i], file->relative_humidity[i],
                                                        file->pressure_pa[i]);
        wet[i] = sorted[i] = dh_psy_wet_bulb_degc(file->dry_bulb_degc[i], humidity, file->pressure_pa[i]);
    }
    if (file->n >= YEAR_H) {
        qsort(sorted, (size_t)file->n, sizeof *sorted, by_value);
        limit = fmin(limit, sorted[file->n - 1 - file->n / 250] + ABOVE_DESIGN_K);
    }
    file->quality.wet_bulb_record_degc = limit;
    for (int32_t i = 0; i < file->n; i++) {
        if (!(wet[i] > limit))
            continue;
        double dry = file->dry_bulb_degc[i], pa = file->pressure_pa[i];
        if (dry <= limit) /* even saturated air is drier than that */
            continue;
        double humidity = dh_psy_humidity_from_wet_bulb(dry, limit, pa);
        file->relative_humidity[i] = dh_psy_relative(dry, humidity, pa);
        file->dew_point_degc[i] = dh_psy_dew_point_degc(dh_psy_vapour_pa(humidity, pa));
        file->quality.n_clipped++;
    }
    return true;
}

/* ---- the whole
 * ----------------------------------------------------------------------------------------------
 */

static enum dh_err refuse_holes(const struct dh_weather_file *file, struct dh_place place,
                                struct dh_diag *diag, const char *what, int64_t n_missing, int32_t longest,
                                int32_t longest_at) {
    if (longest <= LONG_H && 10 * n_missing <= file->n)
        return DH_OK;
    place.line = file->line[longest_at];
    enum dh_err err =
        longest > LONG_H
            ? dh_fail(diag, DH_ERR_DATA, place, "%s is missing for %d hours on end", what, longest)
            : dh_fail(diag, DH_ERR_DATA, place, "%s is missing in %lld of %d hours", what,
                      (long long)n_missing, file->n);
    dh_diag_hint(diag, "holes of up to %d hours, and 10 %% of all, are filled; take another year or station",
                 LONG_H);
    return err;
}

static int64_t count_missing(const double *values, int32_t n) {
    int64_t missing = 0;
    for (int32_t i = 0; i < n; i++)
        missing += isnan(values[i]);
    return missing;
}

static void fill_sun(struct dh_weather_file *file, bool *was_missing) {
    int32_t ignored, where;
    for (int q = 0; q < 4; q++) {
        struct column c = {(double *)file->sun + q, file->n, sizeof *file->sun / sizeof(double)};
        /* Irradiance of other days at the same hour, never a line through the night. */
        fill(&c, was_missing, q == 3 ? SHORT_H : 0, NULL, &ignored, &where);
        for (int32_t i = 0; i < c.n; i++)
            if (isnan(*at(&c, i)))
                *at(&c, i) = q == 3 ? 1 : 0; /* a file without wind: 1 m/s, as a light air */
    }
}

static void tell(const struct dh_weather_file *file, struct dh_place place, struct dh_diag *diag) {
    const struct dh_weather_quality *q = &file->quality;
    int64_t n_missing =
        q->n_missing_dry_bulb + q->n_missing_dew_point + q->n_missing_humidity + q->n_missing_pressure;
    if (n_missing + q->n_gap + q->n_repeated + q->n_spike > 0)
        dh_warn(
            diag, DH_ERR_W_DATA, place,
            "of %d hours %lld are left out, %lld there twice; missing are %lld dry bulbs, %lld dew points, "
            "%lld humidities, %lld pressures; %lld dry bulbs are spikes; %lld hours filled by straight "
            "lines, %lld from neighbouring days",
            file->n, (long long)q->n_gap, (long long)q->n_repeated, (long long)q->n_missing_dry_bulb,
            (long long)q->n_missing_dew_point, (long long)q->n_missing_humidity,
            (long long)q->n_missing_pressure, (long long)q->n_spike, (long long)q->n_interpolated,
            (long long)q->n_neighbour);
    if (q->n_doubtful > 0)
        dh_warn(diag, DH_ERR_W_DATA, place,
                "dew point and relative humidity differ by more than 1 K of dew point in %lld hours; the "
                "humidity counts",
                (long long)q->n_doubtful);
    if (q->n_clipped > 0)
        dh_warn(diag, DH_ERR_W_DATA, place,
                "the wet bulb of %lld hours is above a plausible %.1f degC and is brought down to it",
                (long long)q->n_clipped, q->wet_bulb_record_degc);
}

enum dh_err dh_weather_check(struct dh_weather_file *file, double altitude_m, struct dh_place place,
                             struct dh_diag *diag) {
    size_t n = (size_t)file->n;
    struct dh_arena scratch = {0};
    double *dew = dh_arena_array(&scratch, n, sizeof *dew),
           *sorted = dh_arena_array(&scratch, n, sizeof *sorted);
    bool *was_missing = dh_arena_array(&scratch, n, sizeof *was_missing);
    uint8_t *kind = dh_arena_array(&scratch, n, sizeof *kind);
    enum dh_err err = DH_OK;
    if (!dew || !sorted || !was_missing || !kind) {
        err = dh_fail(diag, DH_ERR_MEMORY, place, "out of memory");
        goto out;
    }
    struct dh_weather_quality *q = &file->quality;
    q->n_hour = file->n;
    drop_spikes(file);
    settle_humidity(file, dew);
    int32_t longest = 0, longest_at = 0, dry_longest, dry_at;
    struct column dry = {file->dry_bulb_degc, file->n, 1}, moist = {dew, file->n, 1},
                  pressure = {file->pressure_pa, file->n, 1};
    int64_t n_dry = count_missing(dry.first, file->n), n_moist = count_missing(dew, file->n);
    fill(&dry, was_missing, SHORT_H, kind, &dry_longest, &dry_at);
    fill(&moist, was_missing, SHORT_H, kind, &longest, &longest_at);
    err = refuse_holes(file, place, diag, "the dry bulb", n_dry, dry_longest, dry_at);
    if (err == DH_OK)
        err = refuse_holes(file, place, diag, "the humidity", n_moist, longest, longest_at);
    if (err != DH_OK)
        goto out;
    q->longest_gap_h = dry_longest > longest ? dry_longest : longest;
    fill(&pressure, was_missing, SHORT_H, NULL, &longest, &longest_at);
    for (int32_t i = 0; i < file->n; i++) {
        q->n_interpolated += kind[i] == BY_LINE;
        q->n_neighbour += kind[i] == BY_DAYS;
        if (isnan(file->pressure_pa[i]))
            file->pressure_pa[i] = dh_psy_pressure_pa(altitude_m);
        if (isnan(file->relative_humidity[i])) {
            double phi = dh_psy_saturation_pa(dew[i]) / dh_psy_saturation_pa(file->dry_bulb_degc[i]);
            file->relative_humidity[i] = phi > 1 ? 1 : phi;
        }
        if (isnan(file->dew_point_degc[i]))
            file->dew_point_degc[i] = dew[i];
    }
    if (file->sun)
        fill_sun(file, was_missing);
    clip_wet_bulb(file, dew, sorted);
    tell(file, place, diag);
out:
    dh_arena_free(&scratch);
    return err;
}
