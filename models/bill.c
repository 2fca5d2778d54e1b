#include "models/bill.h"
#include "models/hours.h"
#include "sim/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* J in a kWh; USD/MWh and g/kWh come in files, USD/J and kg/J in scenarios. */
static const double J_PER_KWH = 3.6e6;

struct dh_bill_period {
    struct dh_hours hours;
    const struct dh_period_spec *spec;
    int32_t group; /* of periods that share a demand price, -1: none */
};

static enum dh_err read_period(struct dh_bill_period *out, const struct dh_period_spec *spec,
                               struct dh_diag *diag) {
    const char *wrong = NULL;
    *out = (struct dh_bill_period){.spec = spec, .group = -1};
    if (dh_hours_parse(&out->hours, spec->months, spec->days, spec->hours, &wrong))
        return DH_OK;
    if (wrong == spec->months)
        return dh_fail(diag, DH_ERR_VALUE, spec->place, "months \"%s\" are not like \"6-9\" or \"1-5,10-12\"",
                       spec->months);
    return dh_fail(diag, DH_ERR_VALUE, spec->place, "hours \"%s\" are not like \"12-20\" or \"0-6,22-24\"",
                   spec->hours);
}

/* Periods of one name are charged once, on the highest demand in any of them: hours that differ between
 * working days and Saturdays, say. A nameless period stands alone. */
static enum dh_err group_periods(struct dh_bill *bill, struct dh_diag *diag) {
    for (int32_t i = 0; i < bill->n_period; i++) {
        struct dh_bill_period *period = &bill->periods[i];
        if (isnan(period->spec->demand_usd_per_w))
            continue;
        for (int32_t k = 0; k < i && period->spec->name && *period->spec->name; k++)
            if (bill->periods[k].group >= 0 && bill->periods[k].spec->name &&
                strcmp(bill->periods[k].spec->name, period->spec->name) == 0)
                period->group = bill->periods[k].group;
        if (period->group < 0) {
            period->group = bill->n_group++;
            bill->group_usd_per_w[period->group] = period->spec->demand_usd_per_w;
        }
        if (bill->group_usd_per_w[period->group] != period->spec->demand_usd_per_w)
            return dh_fail(diag, DH_ERR_VALUE, period->spec->place,
                           "periods named \"%s\" have different demand prices", period->spec->name);
    }
    return DH_OK;
}

enum dh_err dh_bill_init(struct dh_bill *bill, const struct dh_tariff_spec *tariff,
                         const struct dh_grid_spec *grid, const struct dh_hourly *prices,
                         const struct dh_hourly *carbon, double utc_offset_h, struct dh_diag *diag) {
    *bill = (struct dh_bill){.tariff = tariff,
                             .grid = grid,
                             .utc_offset_h =
                                 tariff && !isnan(tariff->utc_offset_h) ? tariff->utc_offset_h : utc_offset_h,
                             .window_start = INT64_MIN,
                             .month = -1};
    if (prices)
        bill->prices = *prices;
    if (carbon)
        bill->carbon = *carbon;
    int32_t n = tariff ? tariff->n_periods : 0;
    double window_s = tariff ? tariff->demand_window_s : 900;
    if (!(window_s >= 1) || fmod(86400, window_s) != 0 || window_s != floor(window_s))
        return dh_fail(diag, DH_ERR_VALUE, tariff->place,
                       "a demand window of %g s does not divide the day into equal parts", window_s);
    bill->periods = dh_arena_array(&bill->mem, (size_t)n, sizeof *bill->periods);
    bill->group_usd_per_w = dh_arena_array(&bill->mem, (size_t)n, sizeof *bill->group_usd_per_w);
    bill->window_group_j = dh_arena_array(&bill->mem, (size_t)n, sizeof *bill->window_group_j);
    bill->month_group_peak_w = dh_arena_array(&bill->mem, (size_t)n, sizeof *bill->month_group_peak_w);
    if (!bill->periods || !bill->group_usd_per_w || !bill->window_group_j || !bill->month_group_peak_w)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < n; i++)
        DH_TRY(read_period(&bill->periods[i], &tariff->periods[i], diag));
    bill->n_period = n;
    return group_periods(bill, diag);
}

void dh_bill_free(struct dh_bill *bill) {
    dh_arena_free(&bill->mem);
    *bill = (struct dh_bill){0};
}

static int64_t greatest_common_divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int64_t dh_bill_slice_s(const struct dh_bill *bills, int32_t n) {
    int64_t slice = 900; /* hours of prices and of periods, and quarters of an hour in time zones */
    for (int32_t i = 0; i < n; i++) {
        const struct dh_bill *bill = &bills[i];
        slice = greatest_common_divisor(slice, bill->tariff ? (int64_t)bill->tariff->demand_window_s : 900);
        slice = greatest_common_divisor(slice, llabs((int64_t)rint(bill->utc_offset_h * 3600)));
    }
    return slice;
}

/* ---- prices
 * --------------------------------------------------------------------------------------------------- */

static struct dh_calendar local_calendar(const struct dh_bill *bill, int64_t unix_s) {
    return dh_calendar_of(unix_s + (int64_t)rint(bill->utc_offset_h * 3600));
}

static double usd_per_j(const struct dh_bill *bill, int64_t unix_s) {
    struct dh_calendar local = local_calendar(bill, unix_s);
    double price = bill->tariff->energy_usd_per_j;
    for (int32_t i = 0; i < bill->n_period; i++) {
        double own = bill->periods[i].spec->energy_usd_per_j;
        if (!isnan(own) && dh_hours_hold(&bill->periods[i].hours, &local))
            price = own;
    }
    if (bill->prices.n > 0)
        price += dh_hourly_at(&bill->prices, unix_s) / (1000 * J_PER_KWH);
    return price;
}

double dh_bill_usd_per_kwh(const struct dh_bill *bill, int64_t unix_s) {
    return bill->tariff ? usd_per_j(bill, unix_s) * J_PER_KWH : NAN;
}

double dh_bill_g_per_kwh(const struct dh_bill *bill, int64_t unix_s) {
    if (!bill->grid)
        return NAN;
    return bill->carbon.n > 0 ? dh_hourly_at(&bill->carbon, unix_s)
                              : bill->grid->carbon_kg_per_j * 1000 * J_PER_KWH;
}

/* ---- demand
 * --------------------------------------------------------------------------------------------------- */

static void close_window(struct dh_bill *bill) {
    if (bill->window_start == INT64_MIN)
        return;
    double seconds = bill->tariff->demand_window_s;
    bill->month_peak_w = fmax(bill->month_peak_w, bill->window_j / seconds);
    for (int32_t g = 0; g < bill->n_group; g++) {
        bill->month_group_peak_w[g] = fmax(bill->month_group_peak_w[g], bill->window_group_j[g] / seconds);
        bill->window_group_j[g] = 0;
    }
    bill->window_j = 0;
    bill->window_start = INT64_MIN;
}

static void close_month(struct dh_bill *bill) {
    close_window(bill);
    if (bill->month < 0)
        return;
    const struct dh_tariff_spec *tariff = bill->tariff;
    double billed_w = fmax(bill->month_peak_w, tariff->minimum_w);
    for (int32_t m = 0; m < 12; m++)
        if (m != bill->month % 12)
            billed_w = fmax(billed_w, tariff->ratchet * bill->past_peak_w[m]);
    dh_sum_add(&bill->demand_usd, billed_w * tariff->demand_usd_per_w);
    for (int32_t g = 0; g < bill->n_group; g++) {
        dh_sum_add(&bill->demand_usd, bill->month_group_peak_w[g] * bill->group_usd_per_w[g]);
        bill->month_group_peak_w[g] = 0;
    }
    bill->past_peak_w[bill->month % 12] = bill->month_peak_w;
    bill->peak_w = fmax(bill->peak_w, bill->month_peak_w);
    bill->month_peak_w = 0;
    bill->n_month++;
    bill->month = -1;
}

/* Energy of the slice within each group, once however many of its periods hold. */
static void add_groups(struct dh_bill *bill, const struct dh_calendar *local, double energy_j) {
    for (int32_t g = 0; g < bill->n_group; g++)
        for (int32_t i = 0; i < bill->n_period; i++)
            if (bill->periods[i].group == g && dh_hours_hold(&bill->periods[i].hours, local)) {
                bill->window_group_j[g] += energy_j;
                break;
            }
}

static void add_demand(struct dh_bill *bill, int64_t unix_s, double energy_j) {
    struct dh_calendar local = local_calendar(bill, unix_s);
    int64_t window_s = (int64_t)bill->tariff->demand_window_s;
    int64_t local_s = unix_s + (int64_t)rint(bill->utc_offset_h * 3600);
    int64_t start = local_s - (local_s % window_s + window_s) % window_s;
    int32_t month = 12 * local.year + local.month - 1;
    if (bill->month >= 0 && month != bill->month)
        close_month(bill);
    if (start != bill->window_start)
        close_window(bill);
    bill->month = month;
    bill->window_start = start;
    bill->window_j += energy_j;
    add_groups(bill, &local, energy_j);
}

void dh_bill_add(struct dh_bill *bill, int64_t unix_s, double duration_s, double energy_j) {
    dh_sum_add(&bill->energy_j, energy_j);
    if (energy_j < 0) { /* given to the grid: paid at its own price, and no demand */
        dh_sum_add(&bill->export_j, -energy_j);
        if (bill->tariff)
            dh_sum_add(&bill->export_usd, -energy_j * bill->tariff->export_usd_per_j);
        energy_j = 0;
    }
    if (bill->tariff) {
        dh_sum_add(&bill->energy_usd, energy_j * usd_per_j(bill, unix_s));
        dh_sum_add(&bill->fixed_usd, duration_s * bill->tariff->fixed_usd_per_s);
        add_demand(bill, unix_s, energy_j);
    }
    if (bill->grid) {
        double location = dh_bill_g_per_kwh(bill, unix_s) / (1000 * J_PER_KWH);
        double market = bill->grid->market_kg_per_j;
        dh_sum_add(&bill->location_kg, energy_j * location);
        dh_sum_add(&bill->market_kg, energy_j * market); /* NAN where the grid has none: then absent */
        if (bill->carbon.n > 0 && dh_hourly_is_gap(&bill->carbon, unix_s))
            bill->gap_s += duration_s;
    }
}

void dh_bill_close(struct dh_bill *bill) {
    if (bill->tariff)
        close_month(bill);
}
