#include "scenarios/series.h"

#include "scenarios/csv_read.h"
#include "sim/sum.h"
#include "sim/units.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 20000000, ZONE_ROOM = 64 };

const struct dh_carbon_factor dh_carbon_factors[8] = {
    {"WND", 11 },
    {"SUN", 41 },
    {"WAT", 24 },
    {"OIL", 650},
    {"NG",  490},
    {"COL", 820},
    {"NUC", 12 },
    {"OTH", 230},
};

struct row {
    int64_t unix_s;
    int32_t index; /* order in the file */
    double value;  /* NAN: the record has none */
    double measured;
};

struct reader {
    struct dh_csv csv;
    struct dh_series *out;
    struct dh_diag *diag;
    struct row *rows;
    int32_t n_row, room;
    int32_t time, value, measured; /* columns; -1: absent */
    int32_t mix[8];                /* columns of the generation mix, -1 where absent */
    double scale;
    double min, max;
    const char *zone; /* the one to take; NULL: that of the first record, and no other may come */
    int32_t zones[2]; /* columns of its id and its name, -1 where absent */
    char first_zone[2][ZONE_ROOM];
    bool any_zone; /* first_zone is known */
};

static enum dh_err find_time(struct reader *r) {
    static const char *const names[] = {"time",     "time_utc",       "datetime_utc",  "timestamp",
                                        "datetime", "interval_start", "Datetime (UTC)"};
    r->time = -1;
    for (size_t i = 0; i < sizeof names / sizeof *names && r->time < 0; i++)
        r->time = dh_csv_column(&r->csv, names[i], NULL, NULL);
    return r->time >= 0 ? DH_OK : dh_csv_require(&r->csv, "time", NULL, &r->time);
}

/* The one of several names that is there, or the only column besides the time. */
static enum dh_err find_value(struct reader *r, const char *const *names, int n_name) {
    r->value = -1;
    for (int i = 0; i < n_name && r->value < 0; i++)
        r->value = dh_csv_column(&r->csv, names[i], NULL, NULL);
    if (r->value < 0 && r->csv.n_column == 2) {
        r->value = 1 - r->time;
        r->csv.known[r->value] = true;
    }
    return r->value >= 0 ? DH_OK : dh_csv_require(&r->csv, names[0], NULL, &r->value);
}

static enum dh_err add(struct reader *r, int64_t unix_s, double value, double measured) {
    if (r->n_row == r->room) {
        int32_t room = r->room ? 2 * r->room : 16384;
        struct row *grown = r->n_row < MAX_ROWS ? realloc(r->rows, (size_t)room * sizeof *grown) : NULL;
        if (!grown)
            return dh_fail(r->diag, r->n_row < MAX_ROWS ? DH_ERR_MEMORY : DH_ERR_LIMIT_MEMORY,
                           dh_csv_place(&r->csv, -1), "too many records");
        r->rows = grown;
        r->room = room;
    }
    r->out->n_unsorted += r->n_row > 0 && unix_s < r->rows[r->n_row - 1].unix_s;
    r->rows[r->n_row] = (struct row){unix_s, r->n_row, value, measured};
    r->n_row++;
    return DH_OK;
}

static enum dh_err read_value(struct reader *r, double *value, bool *complete) {
    *complete = !dh_csv_is_empty(&r->csv, r->value);
    if (!*complete)
        return DH_OK;
    DH_TRY(dh_csv_double(&r->csv, r->value, r->min, r->max, value));
    *value *= r->scale;
    return DH_OK;
}

/* Carbon of one hour of a generation mix. Pumped storage may make a source negative; it then takes its share
 * off. */
static enum dh_err read_mix(struct reader *r, double *value, bool *complete) {
    double energy = 0, carbon = 0;
    for (int f = 0; f < 8; f++) {
        if (r->mix[f] < 0)
            continue;
        if (dh_csv_is_empty(&r->csv, r->mix[f])) {
            *complete = false;
            return DH_OK;
        }
        double generated = 0;
        DH_TRY(dh_csv_double(&r->csv, r->mix[f], -1e12, 1e12, &generated));
        energy += generated;
        carbon += generated * dh_carbon_factors[f].g_per_kwh;
    }
    *complete = energy > 0 && carbon >= 0;
    if (*complete)
        *value = carbon / energy;
    return DH_OK;
}

/* Is the record of the zone that is wanted? Without a wish all must be of one. */
static enum dh_err of_zone(struct reader *r, bool *wanted) {
    char zone[2][ZONE_ROOM];
    *wanted = true;
    if (r->zones[0] < 0 && r->zones[1] < 0)
        return DH_OK;
    for (int i = 0; i < 2; i++)
        dh_csv_text(&r->csv, r->zones[i], zone[i], sizeof zone[i]);
    if (r->zone) {
        *wanted = strcmp(zone[0], r->zone) == 0 || strcmp(zone[1], r->zone) == 0;
        return DH_OK;
    }
    if (!r->any_zone)
        memcpy(r->first_zone, zone, sizeof zone);
    r->any_zone = true;
    int i = r->zones[0] >= 0 ? 0 : 1;
    if (strcmp(zone[i], r->first_zone[i]) == 0)
        return DH_OK;
    dh_fail(r->diag, DH_ERR_DATA, dh_csv_place(&r->csv, r->zones[i]), "the file holds several zones: %s, %s",
            r->first_zone[i], zone[i]);
    dh_diag_hint(r->diag, "say which: datahall import carbon FILE:%s", r->first_zone[i]);
    return DH_ERR_DATA;
}

static enum dh_err read_rows(struct reader *r, enum dh_err (*read)(struct reader *, double *, bool *)) {
    for (bool got = true;;) {
        DH_TRY(dh_csv_next(&r->csv, &got));
        if (!got)
            return DH_OK;
        bool wanted;
        DH_TRY(of_zone(r, &wanted));
        if (!wanted)
            continue;
        r->out->n_row++;
        int64_t unix_ns = 0;
        double value = 0, measured = NAN;
        bool complete = false;
        DH_TRY(dh_csv_instant(&r->csv, r->time, &unix_ns));
        DH_TRY(read(r, &value, &complete));
        r->out->n_missing += !complete;
        if (!dh_csv_is_empty(&r->csv, r->measured))
            DH_TRY(dh_csv_double(&r->csv, r->measured, 0, 1e6, &measured));
        DH_TRY(add(r, unix_ns >= 0 ? unix_ns / DH_NS_PER_S : -((DH_NS_PER_S - 1 - unix_ns) / DH_NS_PER_S),
                   complete ? value : NAN, measured));
    }
}

static int by_time(const void *a, const void *b) {
    const struct row *p = a, *q = b;
    if (p->unix_s != q->unix_s)
        return p->unix_s < q->unix_s ? -1 : 1;
    return p->index < q->index ? -1 : 1;
}

static enum dh_err finish(struct reader *r) {
    struct dh_series *out = r->out;
    struct dh_place place = {r->csv.in.path, 0, 0};
    if (r->n_row == 0 && r->zone && r->csv.in.line > 1)
        return dh_fail(r->diag, DH_ERR_DANGLING_REF, (struct dh_place){r->csv.in.path, r->csv.in.line, 0},
                       "no record of zone %s", r->zone);
    if (r->n_row == out->n_missing)
        return dh_fail(r->diag, DH_ERR_DATA, (struct dh_place){r->csv.in.path, r->csv.in.line, 0},
                       "no record with a value");
    if (out->n_unsorted > 0)
        qsort(r->rows, (size_t)r->n_row, sizeof *r->rows, by_time);
    out->unix_s = dh_arena_array(&out->mem, (size_t)r->n_row, sizeof *out->unix_s);
    out->value = dh_arena_array(&out->mem, (size_t)r->n_row, sizeof *out->value);
    if (r->measured >= 0)
        out->measured = dh_arena_array(&out->mem, (size_t)r->n_row, sizeof *out->measured);
    if (!out->unix_s || !out->value || (r->measured >= 0 && !out->measured))
        return dh_fail(r->diag, DH_ERR_MEMORY, place, "out of memory");
    struct dh_sum sum = {0};
    for (int32_t i = 0; i < r->n_row; i++) {
        int64_t step = i > 0 ? r->rows[i].unix_s - r->rows[i - 1].unix_s : 0;
        if (step > 0 && (out->step_s == 0 || step < out->step_s))
            out->step_s = step;
        if (isnan(r->rows[i].value))
            continue;
        if (out->n > 0 && r->rows[i].unix_s == out->unix_s[out->n - 1]) {
            out->n_duplicate++;
            continue;
        }
        out->unix_s[out->n] = r->rows[i].unix_s;
        if (out->measured)
            out->measured[out->n] = r->rows[i].measured;
        out->value[out->n++] = r->rows[i].value;
        dh_sum_add(&sum, r->rows[i].value);
    }
    out->mean = dh_sum_value(&sum) / out->n;
    out->step_s = out->step_s ? out->step_s : 3600;
    out->n_gap = (r->rows[r->n_row - 1].unix_s - r->rows[0].unix_s) / out->step_s + 1 - out->n;
    if (out->n_gap > 0 || out->n_missing > 0 || out->n_duplicate > 0 || out->n_unsorted > 0)
        dh_warn(r->diag, DH_ERR_W_DATA, place,
                "%lld records: %lld without a value, %lld steps left out (the value before holds), %lld "
                "repeated, %lld out of "
                "order",
                (long long)out->n_row, (long long)out->n_missing, (long long)out->n_gap,
                (long long)out->n_duplicate, (long long)out->n_unsorted);
    return DH_OK;
}

/* ---- prices, carbon ------------------------------------------------------------------------------------ */

static enum dh_err read_price(struct reader *r) {
    static const char *const names[] = {"usd_per_mwh", "price_usd_per_mwh", "price", "value", "usd_per_kwh"};
    DH_TRY(find_time(r));
    DH_TRY(find_value(r, names, 5));
    r->scale = strstr(r->csv.columns[r->value].text, "kwh") ? 1000 : 1;
    r->min = -1e6;
    r->max = 1e6;
    dh_csv_warn_unknown(&r->csv);
    return read_rows(r, read_value);
}

static bool begins_with(const char *text, const char *lower) {
    for (; *lower; text++, lower++)
        if (tolower((unsigned char)*text) != *lower)
            return false;
    return true;
}

/* ElectricityMaps has renamed its columns more than once: matched by what they begin with. */
static int32_t electricity_maps_column(struct dh_csv *csv) {
    int32_t best = -1;
    for (int32_t c = 0; c < csv->n_column; c++) {
        const char *name = csv->columns[c].text;
        if (!begins_with(name, "carbon intensity"))
            continue;
        bool life_cycle = strstr(name, "LCA") || strstr(name, "ife cycle") || strstr(name, "ife Cycle");
        if (best < 0 || life_cycle)
            best = c;
    }
    return best;
}

static int32_t column_that_begins(struct dh_csv *csv, const char *lower) {
    for (int32_t c = 0; c < csv->n_column; c++)
        if (begins_with(csv->columns[c].text, lower))
            return c;
    return -1;
}

static enum dh_err read_carbon(struct reader *r) {
    static const char *const names[] = {"g_per_kwh", "carbon_g_per_kwh", "gco2_per_kwh", "value", "avg_CI"};
    int n_mix = 0;
    DH_TRY(find_time(r));
    r->zones[0] = column_that_begins(&r->csv, "zone id");
    r->zones[1] = column_that_begins(&r->csv, "zone name");
    if (r->zone && r->zones[0] < 0 && r->zones[1] < 0) {
        dh_fail(r->diag, DH_ERR_MISSING, (struct dh_place){r->csv.in.path, r->csv.in.line, 1},
                "no column of zones to find %s in", r->zone);
        dh_diag_hint(r->diag, "ElectricityMaps calls them 'Zone Id' and 'Zone Name'");
        return DH_ERR_MISSING;
    }
    for (int f = 0; f < 8; f++) {
        r->mix[f] = dh_csv_column(&r->csv, dh_carbon_factors[f].column, NULL, NULL);
        n_mix += r->mix[f] >= 0;
    }
    if (n_mix >= 2) {
        r->measured = dh_csv_column(&r->csv, "avg_CI", NULL, NULL);
        return read_rows(r, read_mix);
    }
    r->min = 0;
    r->max = 5000;
    r->scale = 1;
    r->value = electricity_maps_column(&r->csv);
    if (r->value < 0)
        DH_TRY(find_value(r, names, 5));
    return read_rows(r, read_value);
}

static enum dh_err read_series(struct dh_series *out, const char *path, const char *zone,
                               enum dh_err (*read)(struct reader *), struct dh_diag *diag) {
    *out = (struct dh_series){.mean = NAN};
    struct reader r = {
        .out = out, .diag = diag, .scale = 1, .measured = -1, .zones = {-1, -1}
    };
    r.zone = zone && *zone ? zone : NULL;
    DH_TRY(dh_csv_open(&r.csv, path, DH_CSV_HASH_COMMENTS, diag));
    enum dh_err err = read(&r);
    if (err == DH_OK)
        err = finish(&r);
    free(r.rows);
    dh_csv_close(&r.csv);
    return err;
}

enum dh_err dh_series_read_price(struct dh_series *out, const char *path, struct dh_diag *diag) {
    return read_series(out, path, NULL, read_price, diag);
}

enum dh_err dh_series_read_carbon(struct dh_series *out, const char *path, const char *zone,
                                  struct dh_diag *diag) {
    return read_series(out, path, zone, read_carbon, diag);
}

struct dh_hourly dh_series_hourly(const struct dh_series *series) {
    return (struct dh_hourly){series->unix_s, series->value, series->n, series->step_s};
}

double dh_series_at(const struct dh_series *series, int64_t unix_s) {
    struct dh_hourly hourly = dh_series_hourly(series);
    return dh_hourly_at(&hourly, unix_s);
}

void dh_series_free(struct dh_series *series) {
    dh_arena_free(&series->mem);
    *series = (struct dh_series){0};
}
