#include "viz/charts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const uint32_t colors[DH_CHARTS] = {0x56B4E9, 0x3FB68B, 0xCC79A7, 0xE69F00, 0xB5A642, 0x7F8A95};

const struct dh_charts dh_first_charts = {
    .column = {DH_COLUMN_facility_power_w, DH_COLUMN_it_power_w, DH_COLUMN_queue_gpus, DH_COLUMN_burst_gpus,
               DH_COLUMN_site_price_usd_per_kwh, DH_COLUMN_site_carbon_g_per_kwh}
};

static const struct {
    enum dh_column_id column;
    const char *name, *unit, *scale; /* scale: what is drawn against one another */
} series[] = {
    {DH_COLUMN_facility_power_w,       "Facility power", "W",     "W"    },
    {DH_COLUMN_it_power_w,             "IT power",       "W",     "W"    },
    {DH_COLUMN_queue_gpus,             "Queued GPUs",    "1",     "GPUs" },
    {DH_COLUMN_burst_gpus,             "Cloud GPUs",     "1",     "GPUs" },
    {DH_COLUMN_gpus_busy,              "Busy GPUs",      "1",     "GPUs" },
    {DH_COLUMN_site_price_usd_per_kwh, "Grid price",     "$/kWh", "$/kWh"},
    {DH_COLUMN_site_carbon_g_per_kwh,  "Grid carbon",    "g/kWh", "g/kWh"},
    {DH_COLUMN_pue,                    "PUE",            "1",     "PUE"  },
    {DH_COLUMN_queue_jobs,             "Queued jobs",    "1",     "jobs" },
    {DH_COLUMN_running_jobs,           "Running jobs",   "1",     "jobs" },
};
enum { N_SERIES = sizeof series / sizeof *series };

static int series_of(enum dh_column_id column) {
    int i = 0;
    while (i < N_SERIES && series[i].column != column)
        i++;
    return i;
}

const char *dh_chart_name(enum dh_column_id column) {
    int i = series_of(column);
    return i < N_SERIES ? series[i].name : dh_state_columns[column].name;
}

const char *dh_chart_unit(enum dh_column_id column) {
    int i = series_of(column);
    return i < N_SERIES ? series[i].unit : dh_state_columns[column].unit;
}

static const char *scale_of(enum dh_column_id column) {
    int i = series_of(column);
    return i < N_SERIES ? series[i].scale : dh_state_columns[column].name;
}

uint32_t dh_chart_color(int place) {
    return colors[place];
}

void dh_chart_toggle(struct dh_charts *charts, enum dh_column_id column) {
    int free_place = DH_CHARTS - 1;
    for (int i = 0; i < DH_CHARTS; i++)
        if (charts->column[i] == column) {
            charts->off[i] = !charts->off[i];
            return;
        }
    for (int i = DH_CHARTS - 1; i >= 0; i--)
        if (charts->off[i])
            free_place = i;
    charts->column[free_place] = column;
    charts->off[free_place] = false;
}

/* ---- scales
 * ------------------------------------------------------------------------------------------------
 */

struct dh_scale_ends dh_scale_round(double low, double high) {
    static const double steps[] = {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8};
    enum { N_STEP = sizeof steps / sizeof *steps };
    if (!isfinite(low) || !isfinite(high) || fabs(low) > 1e30 || fabs(high) > 1e30)
        return (struct dh_scale_ends){0, 1};
    if (!(high - low > 1e-9 * fmax(fabs(low), fabs(high)))) { /* always the same: against zero */
        low = fmin(low, 0);
        high = fmax(high, 0);
    }
    if (low >= 0 && low <= 0.6 * high)
        low = 0;
    double span = high - low;
    if (span == 0)
        return (struct dh_scale_ends){0, 1};
    double power = pow(10, floor(log10(span / DH_CHART_DIVISIONS)) - 1);
    for (int i = 0; i < 3 * N_STEP; i++) {
        double step = steps[i % N_STEP] * power * pow(10, i / N_STEP), from = step * floor(low / step),
               to = from + DH_CHART_DIVISIONS * step;
        if (high + 0.02 * span <= to)
            return (struct dh_scale_ends){from, to};
    }
    return (struct dh_scale_ends){low, low + 1.1 * span};
}

static void widen(struct dh_source *source, enum dh_column_id column, double *low, double *high) {
    const struct dh_trace *t = source ? source->ops->trace(source, column, 0) : NULL;
    if (!t || t->n == 0 || t->low > t->high)
        return;
    *low = fmin(*low, t->low);
    *high = fmax(*high, t->high);
}

bool dh_chart_scale(const struct dh_charts *charts, struct dh_source *a, struct dh_source *b, int place,
                    struct dh_scale_ends *out) {
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < DH_CHARTS; i++)
        if ((i == place || !charts->off[i]) &&
            strcmp(scale_of(charts->column[i]), scale_of(charts->column[place])) == 0) {
            widen(a, charts->column[i], &low, &high);
            widen(b, charts->column[i], &low, &high);
        }
    if (low > high)
        return false;
    *out = dh_scale_round(low, high);
    return true;
}

/* Round numbers without their zeros: "9.00" is 9. */
static void trim(char *number) {
    size_t n = strlen(number);
    while (strchr(number, '.') && (number[n - 1] == '0' || number[n - 1] == '.')) {
        bool point = number[n - 1] == '.';
        number[--n] = '\0';
        if (point)
            break;
    }
}

const char *dh_scale_text(char room[static 2 * DH_FORMAT_ROOM], struct dh_scale_ends ends, const char *unit) {
    struct dh_figure low = dh_figure_of(ends.low, unit), high = dh_figure_of(ends.high, unit);
    bool told = strlen(unit) > 2; /* $/kWh: by the figure beside it */
    const char *of = told ? "" : high.unit;
    trim(low.number);
    trim(high.number);
    if (ends.low == 0)
        snprintf(room, 2 * DH_FORMAT_ROOM, "to %s%s%s", high.number, *of ? " " : "", of);
    else if (told || strcmp(low.unit, high.unit) == 0)
        snprintf(room, 2 * DH_FORMAT_ROOM, "%s\u2026%s%s%s", low.number, high.number, *of ? " " : "", of);
    else
        snprintf(room, 2 * DH_FORMAT_ROOM, "%s %s\u2026%s %s", low.number, low.unit, high.number, high.unit);
    return room;
}

double dh_chart_value(struct dh_source *source, enum dh_column_id column, dh_time at) {
    const struct dh_trace *t = source->ops->trace(source, column, 0);
    int64_t row = dh_source_row(source, at);
    return t && row >= 0 && row < t->n ? (double)t->values[row] : NAN;
}
