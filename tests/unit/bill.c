/* Bills: prices by period, demand, ratchet, carbon; rates of the Utility Rate Database. */
#include "models/bill.h"
#include "scenarios/tariff_urdb.h"
#include "sim/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double KWH = 3.6e6;
enum { JANUARY = 1767225600 }; /* 2026-01-01T00:00:00Z, a Thursday */

static struct dh_tariff_spec plain_tariff(void) {
    return (struct dh_tariff_spec){.id = "test", .demand_window_s = 900, .utc_offset_h = 0};
}

static struct dh_period_spec period(const char *months, enum dh_days days, const char *hours,
                                    double usd_per_kwh, double usd_per_kw) {
    return (struct dh_period_spec){.name = "",
                                   .months = months,
                                   .days = (int32_t)days,
                                   .hours = hours,
                                   .energy_usd_per_j = usd_per_kwh / KWH,
                                   .demand_usd_per_w = usd_per_kw / 1000};
}

static struct dh_bill bill_of(const struct dh_tariff_spec *tariff, double utc_offset_h) {
    struct dh_bill bill;
    assert_int_equal(dh_bill_init(&bill, tariff, NULL, NULL, NULL, utc_offset_h, NULL), DH_OK);
    return bill;
}

/* Constant power from unix_s for so many seconds, in the slices that a bill asks for. */
static void draw(struct dh_bill *bill, int64_t unix_s, int64_t seconds, double watts) {
    int64_t slice_s = dh_bill_slice_s(bill, 1), end = unix_s + seconds;
    for (int64_t t = unix_s, next; t < end; t = next) {
        next = (t / slice_s + 1) * slice_s < end ? (t / slice_s + 1) * slice_s : end;
        dh_bill_add(bill, t, (double)(next - t), watts * (double)(next - t));
    }
}

static double demand_usd(struct dh_bill *bill) {
    dh_bill_close(bill);
    double usd = dh_sum_value(&bill->demand_usd);
    dh_bill_free(bill);
    return usd;
}

static double energy_usd(struct dh_bill *bill) {
    dh_bill_close(bill);
    double usd = dh_sum_value(&bill->energy_usd);
    dh_bill_free(bill);
    return usd;
}

static void about(double value, double expected, double relative) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

/* Rows 0 and 1 of an exact table: piecewise constant load of a day (kW from a second on), 0.06, 0.11, 0.24
 * and 0.09 USD/kWh from 0, 7, 16 and 21 h, 15 USD/kW on the highest quarter-hour mean. The whole table:
 * validation. */
void bill_reproduces_an_exact_day(void **state) {
    (void)state;
    static const struct {
        int32_t second[10];
        double kw[10];
        int n;
        double kwh, usd, demand_usd;
    } days[] = {
        {{0, 840, 1380, 6180, 12840, 36600},
         {3343, 376, 1654, 4398, 1206, 496},
         6,  25999.0,
         2386.5966666666666667, 65970.0},
        {{0, 16980, 27300, 32580, 33060, 34260, 41160, 43440, 45420, 63180},
         {4615, 2915, 321, 1469, 699, 1770, 1717, 3261, 2870, 4680},
         10, 81641.566666666666667,
         9955.8906666666666667, 70200.0}
    };
    struct dh_period_spec periods[] = {
        period("1-12", DH_DAYS_ALL, "0-7", 0.06, NAN), period("1-12", DH_DAYS_ALL, "7-16", 0.11, NAN),
        period("1-12", DH_DAYS_ALL, "16-21", 0.24, NAN), period("1-12", DH_DAYS_ALL, "21-24", 0.09, NAN)};
    struct dh_tariff_spec tariff = plain_tariff();
    tariff.demand_usd_per_w = 15e-3;
    tariff.periods = periods;
    tariff.n_periods = 4;
    for (int d = 0; d < 2; d++) {
        struct dh_bill bill = bill_of(&tariff, 0);
        for (int i = 0; i < days[d].n; i++)
            draw(&bill, JANUARY + days[d].second[i],
                 (i + 1 < days[d].n ? days[d].second[i + 1] : 86400) - days[d].second[i],
                 1000 * days[d].kw[i]);
        about(dh_sum_value(&bill.energy_j) / KWH, days[d].kwh, 1e-12);
        about(dh_sum_value(&bill.energy_usd), days[d].usd, 1e-12);
        about(demand_usd(&bill), days[d].demand_usd, 1e-12);
    }
}

void later_periods_of_a_tariff_win(void **state) {
    (void)state;
    struct dh_period_spec periods[] = {period("1-12", DH_DAYS_ALL, "0-24", 0.10, NAN),
                                       period("1,12", DH_DAYS_WEEKDAY, "8-12,14-20", 0.20, NAN),
                                       period("1", DH_DAYS_ALL, "8-9", NAN, 5), /* has no price of energy */
                                       period("1", DH_DAYS_WEEKEND, "9-10", 0.05, NAN)};
    struct dh_tariff_spec tariff = plain_tariff();
    tariff.periods = periods;
    tariff.n_periods = 4;
    struct dh_bill bill = bill_of(&tariff, 0);
    int64_t saturday = JANUARY + 2 * 86400;
    about(dh_bill_usd_per_kwh(&bill, JANUARY + 7 * 3600 + 3599), 0.10,
          1e-12); /* the edge belongs to the hour behind it */
    about(dh_bill_usd_per_kwh(&bill, JANUARY + 8 * 3600), 0.20, 1e-12);
    about(dh_bill_usd_per_kwh(&bill, JANUARY + 12 * 3600 - 1), 0.20, 1e-12);
    about(dh_bill_usd_per_kwh(&bill, JANUARY + 12 * 3600), 0.10, 1e-12);
    about(dh_bill_usd_per_kwh(&bill, JANUARY + 20 * 3600), 0.10, 1e-12);
    about(dh_bill_usd_per_kwh(&bill, saturday + 9 * 3600), 0.05, 1e-12);
    about(dh_bill_usd_per_kwh(&bill, saturday + 10 * 3600), 0.10, 1e-12);
    about(dh_bill_usd_per_kwh(&bill, JANUARY + 31 * 86400 + 9 * 3600), 0.10, 1e-12); /* February */
    draw(&bill, JANUARY + 7 * 3600, 7200, 1e6); /* one hour on either side of the edge */
    about(energy_usd(&bill), 1000 * (0.10 + 0.20), 1e-12);
}

/* Standard time all year: 7 h local of a site at UTC-5 is 12 h UTC, on 1 July as on 1 January; the tariff's
 * own offset comes before the site's. */
void tariffs_keep_local_standard_time(void **state) {
    (void)state;
    struct dh_period_spec periods[] = {period("1-12", DH_DAYS_ALL, "7-8", 1, NAN)};
    struct dh_tariff_spec tariff = plain_tariff();
    tariff.utc_offset_h = NAN;
    tariff.periods = periods;
    tariff.n_periods = 1;
    int64_t july = JANUARY + 181 * INT64_C(86400);
    struct dh_bill bill = bill_of(&tariff, -5);
    for (int64_t hour = 0; hour < 24; hour++) {
        assert_true((dh_bill_usd_per_kwh(&bill, JANUARY + 3600 * hour) > 0.5) == (hour == 12));
        assert_true((dh_bill_usd_per_kwh(&bill, july + 3600 * hour) > 0.5) == (hour == 12));
    }
    dh_bill_free(&bill);
    tariff.utc_offset_h = 5.75; /* Nepal */
    bill = bill_of(&tariff, -5);
    assert_true(dh_bill_usd_per_kwh(&bill, JANUARY + 3600 + 900) > 0.5);
    assert_true(dh_bill_usd_per_kwh(&bill, JANUARY + 3600 + 899) < 0.5);
    dh_bill_free(&bill);
}

/* 1 MW for 900 s: one window of the clock holds all of it, or two hold a part each. */
void demand_windows_begin_with_the_clock(void **state) {
    (void)state;
    struct dh_tariff_spec tariff = plain_tariff();
    tariff.demand_usd_per_w = 1e-3;
    struct dh_bill bill = bill_of(&tariff, 0);
    draw(&bill, JANUARY + 900, 900, 1e6);
    about(demand_usd(&bill), 1000, 1e-12);
    bill = bill_of(&tariff, 0);
    draw(&bill, JANUARY + 900 + 300, 900, 1e6);
    about(demand_usd(&bill), 1000 * 600 / 900.0, 1e-12);
    bill = bill_of(&tariff, 0);
    draw(&bill, JANUARY, 900, 1e6); /* what comes a second later is another window's */
    draw(&bill, JANUARY + 900, 1, 9e6);
    about(demand_usd(&bill), 1000, 1e-12);
    tariff.demand_window_s = 1800;
    bill = bill_of(&tariff, 0);
    draw(&bill, JANUARY, 900, 1e6);
    about(demand_usd(&bill), 500, 1e-12);
    static const double bad[] = {901, 0.5, 7000, 86401, 0, -900, NAN};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tariff.demand_window_s = bad[i];
        assert_int_equal(dh_bill_init(&bill, &tariff, NULL, NULL, NULL, 0, NULL), DH_ERR_VALUE);
        dh_bill_free(&bill);
    }
}

/* A published worked example: 100 MW now, 120 MW before, 80 % of which is less: 12 USD/kW on 100 MW,
 * 1,200,000. */
void demand_is_billed_by_month_ratchet_and_minimum(void **state) {
    (void)state;
    struct dh_tariff_spec tariff = plain_tariff();
    tariff.demand_usd_per_w = 12e-3;
    tariff.ratchet = 0.8;
    struct dh_bill bill = bill_of(&tariff, 0);
    draw(&bill, JANUARY, 3600, 120e6);
    dh_bill_close(&bill);
    about(dh_sum_value(&bill.demand_usd), 1440000, 1e-12);
    draw(&bill, JANUARY + 40 * 86400, 3600, 100e6); /* February */
    dh_bill_close(&bill);
    about(dh_sum_value(&bill.demand_usd), 1440000 + 1200000, 1e-12);
    draw(&bill, JANUARY + 70 * 86400, 3600, 50e6); /* March: 96 MW of January count */
    dh_bill_close(&bill);
    about(dh_sum_value(&bill.demand_usd), 1440000 + 1200000 + 1152000, 1e-12);
    draw(&bill, JANUARY + 365 * INT64_C(86400), 3600,
         1e6); /* January again: its own old peak is twelve months back */
    about(demand_usd(&bill), 1440000 + 1200000 + 1152000 + 960000, 1e-12); /* 80 % of February's */
    tariff.minimum_w = 200e6;
    bill = bill_of(&tariff, 0);
    draw(&bill, JANUARY + 30 * 86400, 2 * 86400, 10e6); /* two months, two minimum charges */
    about(demand_usd(&bill), 2 * 2400000, 1e-12);
}

/* 30 days of 60 MW, but 100 MW from 8 to 20 h; 60 USD/MWh, 120 from 12 to 20 h: 4,896,000 USD (published). */
void energy_costs_reproduce_a_published_month(void **state) {
    (void)state;
    struct dh_period_spec periods[] = {period("1-12", DH_DAYS_ALL, "12-20", 0.120, NAN)};
    struct dh_tariff_spec tariff = plain_tariff();
    tariff.energy_usd_per_j = 0.060 / KWH;
    tariff.periods = periods;
    tariff.n_periods = 1;
    tariff.fixed_usd_per_s = 10 / 86400.0;
    struct dh_bill bill = bill_of(&tariff, 0);
    for (int day = 0; day < 30; day++) {
        int64_t midnight = JANUARY + 86400 * day;
        draw(&bill, midnight, 8 * 3600, 60e6);
        draw(&bill, midnight + 8 * 3600, 12 * 3600, 100e6);
        draw(&bill, midnight + 20 * 3600, 4 * 3600, 60e6);
    }
    about(dh_sum_value(&bill.fixed_usd), 300, 1e-12);
    about(energy_usd(&bill), 4896000, 1e-12);
}

void periods_of_one_name_share_a_demand_charge(void **state) {
    (void)state;
    struct dh_period_spec periods[] = {period("1", DH_DAYS_WEEKDAY, "10-12", NAN, 2),
                                       period("1", DH_DAYS_ALL, "11-13", NAN, 2)};
    struct dh_tariff_spec tariff = plain_tariff();
    tariff.periods = periods;
    tariff.n_periods = 2;
    struct dh_bill bill = bill_of(&tariff, 0);
    draw(&bill, JANUARY + 11 * 3600, 3600, 1e6); /* in both */
    draw(&bill, JANUARY + 14 * 3600, 3600, 5e6); /* in none */
    about(demand_usd(&bill), 4000, 1e-12);
    periods[0].name = periods[1].name = "peak";
    bill = bill_of(&tariff, 0);
    draw(&bill, JANUARY + 10 * 3600, 3600, 1e6);
    draw(&bill, JANUARY + 11 * 3600, 3600, 3e6);              /* in both, counted once */
    draw(&bill, JANUARY + 31 * 86400 + 11 * 3600, 3600, 9e6); /* February */
    about(demand_usd(&bill), 6000, 1e-12);
    periods[1].demand_usd_per_w = 3e-3;
    assert_int_equal(dh_bill_init(&bill, &tariff, NULL, NULL, NULL, 0, NULL), DH_ERR_VALUE);
    dh_bill_free(&bill);
    periods[0].hours = "12-8";
    assert_int_equal(dh_bill_init(&bill, &tariff, NULL, NULL, NULL, 0, NULL), DH_ERR_VALUE);
    dh_bill_free(&bill);
}

/* Four hours, the third missing: its value is the second's, and its time is counted. Price and adder add up.
 */
void hourly_values_bridge_gaps_and_count_them(void **state) {
    (void)state;
    static const int64_t at[] = {JANUARY, JANUARY + 3600, JANUARY + 3 * 3600};
    static const double g[] = {100, 300, 200}, usd_per_mwh[] = {10, -20, 30};
    struct dh_hourly carbon = {at, g, 3, 3600}, prices = {at, usd_per_mwh, 3, 3600};
    struct dh_grid_spec grid = {.carbon_kg_per_j = NAN, .market_kg_per_j = 0.05 / KWH};
    struct dh_tariff_spec tariff = plain_tariff();
    tariff.energy_usd_per_j = 0.001 / KWH;
    struct dh_bill bill;
    assert_int_equal(dh_bill_init(&bill, &tariff, &grid, &prices, &carbon, 0, NULL), DH_OK);
    draw(&bill, JANUARY, 4 * 3600, 1e6);
    dh_bill_close(&bill);
    about(dh_sum_value(&bill.location_kg), 100 + 300 + 300 + 200, 1e-12);
    about(dh_sum_value(&bill.market_kg), 4 * 50, 1e-12);
    about(dh_sum_value(&bill.energy_usd), 10 - 20 - 20 + 30 + 4, 1e-12);
    about(bill.gap_s, 3600, 1e-12);
    draw(&bill, JANUARY + 365 * 86400 + 3600, 3600, 1e6); /* a year later: the same hour, no gap */
    draw(&bill, JANUARY + 4 * 3600, 3600, 1e6);           /* behind the end: the last, a gap */
    about(dh_sum_value(&bill.location_kg), 900 + 300 + 200, 1e-12);
    about(bill.gap_s, 7200, 1e-12);
    dh_bill_free(&bill);
}

/* ---- rates as JSON
 * -------------------------------------------------------------------------------------------- */

static char path[64];

static enum dh_err read_rate(const char *json, struct dh_urdb *out, struct dh_diag *diag) {
    strcpy(path, "/tmp/dh-rate-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(write(fd, json, strlen(json)) == (ssize_t)strlen(json));
    close(fd);
    enum dh_err err = dh_urdb_read(out, path, diag);
    unlink(path);
    return err;
}

/* A schedule of the same day in all months; in[h] is the rate of hour h. */
static const char *schedule(const char *in) {
    static char texts[8][2048];
    static int next;
    char *text = texts[next++ & 7], *at = text;
    for (int m = 0; m < 12; m++) {
        at += sprintf(at, m ? ",[" : "[[");
        for (int h = 0; h < 24; h++)
            at += sprintf(at, h ? ",%c" : "%c", in[h]);
        at += sprintf(at, "]");
    }
    strcpy(at, "]");
    return text;
}

static const char *rate_text(const char *more, const char *tier) {
    static char text[16384];
    snprintf(text, sizeof text,
             "{\"ElectricLoad\":{\"year\":2024},\"ElectricTariff\":{\"urdb_response\":{"
             "\"energyratestructure\":[[{\"rate\":0}],[{\"rate\":0.28%s,\"unit\":\"kWh\"}],[{\"rate\":0.30,"
             "\"adj\":0.06}]],"
             "\"energyweekdayschedule\":%s,\"energyweekendschedule\":%s,"
             "\"demandratestructure\":[[{\"rate\":0}],[{\"rate\":10,\"unit\":\"kW\"}]],"
             "\"demandweekdayschedule\":%s,\"demandweekendschedule\":%s%s}}}",
             tier, schedule("111111122222222222221111"), schedule("111111111111111111111111"),
             schedule("000000000000001111110000"), schedule("000000000000000000000000"), more);
    return text;
}

/* REopt's leap year case: 10 kW in the 16th hour of the 64th day, a Monday in 2024, a Sunday in 2023. */
static void check_leap_year(const struct dh_urdb *urdb, int64_t year_start, double usd, double usd_demand) {
    struct dh_bill bill = bill_of(&urdb->tariff, 0);
    draw(&bill, year_start + INT64_C(3600) * (31 * 24 + 29 * 24 + 3 * 24 + 15), 3600, 10e3);
    about(dh_sum_value(&bill.energy_usd), usd, 1e-12);
    about(demand_usd(&bill), usd_demand, 1e-12);
}

void rate_database_rates_bill_as_reopt_does(void **state) {
    (void)state;
    struct dh_urdb urdb;
    assert_int_equal(read_rate(rate_text(",\"flatdemandstructure\":[[{\"rate\":0}],[{\"rate\":18.05}]],"
                                         "\"flatdemandmonths\":[1,1,1,1,1,1,1,1,1,1,1,1],"
                                         "\"fixedchargefirstmeter\":24.878,\"fixedchargeunits\":\"$/day\"",
                                         ""),
                               &urdb, NULL),
                     DH_OK);
    assert_int_equal(urdb.year, 2024);
    about(urdb.tariff.fixed_usd_per_s * 86400, 24.878, 1e-12);
    check_leap_year(&urdb, 1704067200, 3.60, 280.50); /* 2024 */
    check_leap_year(&urdb, 1672531200, 2.80, 180.50); /* 2023 */
    dh_urdb_free(&urdb);
    /* Flat demand that differs by month: March has 20. */
    assert_int_equal(read_rate(rate_text(",\"flatdemandstructure\":[[{\"rate\":5}],[{\"rate\":20}]],"
                                         "\"flatdemandmonths\":[0,0,1,0,0,0,0,0,0,0,0,0]",
                                         ""),
                               &urdb, NULL),
                     DH_OK);
    check_leap_year(&urdb, 1704067200, 3.60, 300);
    dh_urdb_free(&urdb);
}

void rates_that_cannot_be_billed_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"items\":[]}",
        "{\"ElectricTariff\":{}}",
        "{\"energyratestructure\":[[{\"rate\":1}]]}",
        "{\"energyratestructure\":[[{\"rate\":1}]],\"energyweekdayschedule\":[[0]]}"};
    struct dh_urdb urdb;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct dh_diag diag = {0};
        assert_int_equal(read_rate(bad[i], &urdb, &diag), DH_ERR_DATA);
        assert_int_equal(diag.n_error, 1);
        dh_diag_free(&diag);
        dh_urdb_free(&urdb);
    }
    static const char horsepower[] = ",\"flatdemandstructure\":[[{\"rate\":5,\"unit\":\"hp\"}]],"
                                     "\"flatdemandmonths\":[0,0,0,0,0,0,0,0,0,0,0,0]";
    static const char lookback[] = ",\"flatdemandstructure\":[[{\"rate\":5}]],\"lookbackpercent\":0.8,"
                                   "\"flatdemandmonths\":[0,0,0,0,0,0,0,0,0,0,0,0]"; /* of no range */
    static const char fixed[] = ",\"fixedchargefirstmeter\":1,\"fixedchargeunits\":\"$/kWh\"";
    const char *const more[] = {horsepower, lookback, fixed};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        assert_int_equal(read_rate(rate_text(more[i], ""), &urdb, NULL), DH_ERR_DATA);
        dh_urdb_free(&urdb);
    }
    assert_int_equal(read_rate(rate_text("", ",\"max\":100},{\"rate\":0.5"), &urdb, NULL),
                     DH_ERR_DATA); /* tiers */
    dh_urdb_free(&urdb);
    assert_int_equal(dh_urdb_read(&urdb, "/nonexistent.json", NULL), DH_ERR_NOT_FOUND);
    dh_urdb_free(&urdb);
}
