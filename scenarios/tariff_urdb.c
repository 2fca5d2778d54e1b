#include "scenarios/tariff_urdb.h"

#include "scenarios/scenario_file.h"
#include "sim/text.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_BYTES = 64 << 20, MAX_RATES = 1000, MONTHS = 12, HOURS = 24 };

static const double J_PER_KWH = 3.6e6, S_PER_DAY = 86400, S_PER_YEAR = 365 * 86400.0;

/* Hours of each month in which one rate holds, as bits. */
struct use {
    uint32_t weekday[MONTHS], weekend[MONTHS];
};

struct reader {
    struct dh_urdb *out;
    const char *path;
    struct dh_diag *diag;
    const json_t *rate;
    int32_t room; /* of the tariff's periods */
};

static struct dh_place place_of(const struct reader *r) {
    return (struct dh_place){r->path, 0, 0};
}

/* A number of the rate, or other where the key is absent or null. */
static double number_of(const struct reader *r, const char *key, double other) {
    const json_t *value = json_object_get(r->rate, key);
    return json_is_number(value) ? json_number_value(value) : other;
}

/* ---- rates and schedules
 * ------------------------------------------------------------------------------------ */

/* Price of rate i of a structure: [[{"rate": 0.28, "adj": 0.01, "unit": "kWh"}], …]. */
static enum dh_err price_of(const struct reader *r, const char *structure, size_t i, const char *unit,
                            double *usd) {
    const json_t *tiers = json_array_get(json_object_get(r->rate, structure), i);
    if (json_array_size(tiers) != 1)
        return dh_fail(r->diag, DH_ERR_DATA, place_of(r),
                       "%s: rate %zu has %zu tiers; only one price for any amount is known here", structure,
                       i, json_array_size(tiers));
    const json_t *tier = json_array_get(tiers, 0);
    const char *stated = json_string_value(json_object_get(tier, "unit"));
    if (stated && strcmp(stated, unit) != 0)
        return dh_fail(r->diag, DH_ERR_DATA, place_of(r), "%s: rate %zu is per %.20s, not per %s", structure,
                       i, stated, unit);
    const json_t *price = json_object_get(tier, "rate"), *adder = json_object_get(tier, "adj");
    *usd = (json_is_number(price) ? json_number_value(price) : 0) +
           (json_is_number(adder) ? json_number_value(adder) : 0);
    return DH_OK;
}

/* Adds to uses[rate] the hours of a schedule of 12 rows of 24. */
static enum dh_err read_schedule(const struct reader *r, const char *key, bool weekend, struct use *uses,
                                 size_t n_rate) {
    const json_t *schedule = json_object_get(r->rate, key);
    if (json_array_size(schedule) != MONTHS)
        return dh_fail(r->diag, DH_ERR_DATA, place_of(r), "%s: no list of 12 months", key);
    for (size_t m = 0; m < MONTHS; m++) {
        const json_t *day = json_array_get(schedule, m);
        if (json_array_size(day) != HOURS)
            return dh_fail(r->diag, DH_ERR_DATA, place_of(r), "%s: month %zu has no list of 24 hours", key,
                           m + 1);
        for (size_t h = 0; h < HOURS; h++) {
            const json_t *at = json_array_get(day, h);
            double rate = json_is_number(at) ? json_number_value(at) : -1;
            if (!(rate >= 0) || rate >= (double)n_rate || rate != floor(rate))
                return dh_fail(r->diag, DH_ERR_DATA, place_of(r),
                               "%s: month %zu, hour %zu names no rate from 0 to %zu", key, m + 1, h,
                               n_rate - 1);
            uint32_t *months = weekend ? uses[(size_t)rate].weekend : uses[(size_t)rate].weekday;
            months[m] |= UINT32_C(1) << h;
        }
    }
    return DH_OK;
}

/* Bits as ranges: "0-7,21-24" for hours, the end exclusive; "1-5,10" for months. */
static const char *ranges(struct reader *r, uint32_t bits, int n, bool months) {
    struct dh_text text = {0};
    for (int i = 0; i < n; i++) {
        if (!(bits >> i & 1))
            continue;
        int end = i;
        while (end < n && bits >> end & 1)
            end++;
        dh_text_printf(&text, "%s%d-%d", text.n ? "," : "", months ? i + 1 : i, end);
        i = end;
    }
    const char *copy = text.failed || !text.at ? NULL : dh_arena_strdup(&r->out->mem, text.at);
    dh_text_free(&text);
    return copy;
}

static enum dh_err add_period(struct reader *r, const char *name, uint32_t months, enum dh_days days,
                              uint32_t hours, double energy_usd_per_j, double demand_usd_per_w) {
    struct dh_tariff_spec *tariff = &r->out->tariff;
    if (tariff->n_periods == r->room) {
        r->room = r->room ? 2 * r->room : 32;
        struct dh_period_spec *grown = dh_arena_array(&r->out->mem, (size_t)r->room, sizeof *grown);
        if (!grown)
            return dh_fail(r->diag, DH_ERR_MEMORY, place_of(r), "out of memory");
        if (tariff->n_periods)
            memcpy(grown, tariff->periods, (size_t)tariff->n_periods * sizeof *grown);
        tariff->periods = grown;
    }
    struct dh_period_spec period = {
        .place = {tariff->place.file, 0, 0},
        .name = dh_arena_strdup(&r->out->mem, name),
        .months = ranges(r, months, MONTHS, true),
        .days = (int32_t)days,
        .hours = ranges(r, hours, HOURS, false),
        .energy_usd_per_j = energy_usd_per_j,
        .demand_usd_per_w = demand_usd_per_w
    };
    if (!period.name || !period.months || !period.hours)
        return dh_fail(r->diag, DH_ERR_MEMORY, place_of(r), "out of memory");
    tariff->periods[tariff->n_periods++] = period;
    return DH_OK;
}

/* One rate as periods: a row for all months with the same hours. */
static enum dh_err add_use(struct reader *r, const char *name, const struct use *use, double energy,
                           double demand) {
    uint32_t done = 0;
    for (int m = 0; m < MONTHS; m++) {
        uint32_t alike = 0, weekday = use->weekday[m], weekend = use->weekend[m];
        if (done >> m & 1)
            continue;
        for (int k = m; k < MONTHS; k++)
            if (use->weekday[k] == weekday && use->weekend[k] == weekend)
                alike |= UINT32_C(1) << k;
        done |= alike;
        if (weekday == weekend) {
            if (weekday)
                DH_TRY(add_period(r, name, alike, DH_DAYS_ALL, weekday, energy, demand));
            continue;
        }
        if (weekday)
            DH_TRY(add_period(r, name, alike, DH_DAYS_WEEKDAY, weekday, energy, demand));
        if (weekend)
            DH_TRY(add_period(r, name, alike, DH_DAYS_WEEKEND, weekend, energy, demand));
    }
    return DH_OK;
}

/* A structure with its two schedules; energy or demand. Absent: nothing. */
static enum dh_err read_rates(struct reader *r, const char *structure, const char *weekday,
                              const char *weekend, bool demand) {
    size_t n = json_array_size(json_object_get(r->rate, structure));
    if (n == 0)
        return DH_OK;
    if (n > MAX_RATES)
        return dh_fail(r->diag, DH_ERR_DATA, place_of(r), "%s: more than %d rates", structure, MAX_RATES);
    struct use *uses = dh_arena_array(&r->out->mem, n, sizeof *uses);
    if (!uses)
        return dh_fail(r->diag, DH_ERR_MEMORY, place_of(r), "out of memory");
    DH_TRY(read_schedule(r, weekday, false, uses, n));
    DH_TRY(read_schedule(r, weekend, true, uses, n));
    for (size_t i = 0; i < n; i++) {
        static const struct use unused;
        double usd;
        char name[32];
        if (memcmp(&uses[i], &unused, sizeof unused) == 0)
            continue;
        DH_TRY(price_of(r, structure, i, demand ? "kW" : "kWh", &usd));
        snprintf(name, sizeof name, "%s-%zu", demand ? "demand" : "energy", i);
        if (!demand)
            DH_TRY(add_use(r, name, &uses[i], usd / J_PER_KWH, NAN));
        else if (usd != 0)
            DH_TRY(add_use(r, name, &uses[i], NAN, usd / 1000));
    }
    return DH_OK;
}

/* Demand charge of each month on its highest demand: one price where all months agree, else a period a month.
 */
static enum dh_err read_flat_demand(struct reader *r) {
    const json_t *structure = json_object_get(r->rate, "flatdemandstructure");
    const json_t *months = json_object_get(r->rate, "flatdemandmonths");
    double usd[MONTHS];
    bool one_price = true;
    if (json_array_size(structure) == 0)
        return DH_OK;
    if (json_array_size(months) != MONTHS)
        return dh_fail(r->diag, DH_ERR_DATA, place_of(r), "flatdemandmonths: no list of 12 months");
    for (size_t m = 0; m < MONTHS; m++) {
        json_int_t i = json_integer_value(json_array_get(months, m));
        if (i < 0 || (size_t)i >= json_array_size(structure))
            return dh_fail(r->diag, DH_ERR_DATA, place_of(r), "flatdemandmonths: month %zu names no rate",
                           m + 1);
        DH_TRY(price_of(r, "flatdemandstructure", (size_t)i, "kW", &usd[m]));
        one_price &= usd[m] == usd[0];
    }
    if (one_price)
        r->out->tariff.demand_usd_per_w = usd[0] / 1000;
    for (size_t m = 0; m < MONTHS && !one_price; m++)
        DH_TRY(
            add_period(r, "", UINT32_C(1) << m, DH_DAYS_ALL, (UINT32_C(1) << HOURS) - 1, NAN, usd[m] / 1000));
    double lookback = number_of(r, "lookbackpercent", 0); /* a share, in spite of its name */
    double range = number_of(r, "lookbackrange", 0);
    if (lookback != 0 && (!one_price || (range != 11 && range != 12) || lookback < 0 || lookback > 1))
        return dh_fail(
            r->diag, DH_ERR_DATA, place_of(r),
            "lookbackpercent: only a share of the eleven months before, under one demand price, is "
            "known here");
    r->out->tariff.ratchet = lookback;
    return DH_OK;
}

static enum dh_err read_fixed(struct reader *r) {
    const char *unit = json_string_value(json_object_get(r->rate, "fixedchargeunits"));
    double usd = number_of(r, "fixedchargefirstmeter", number_of(r, "fixedmonthlycharge", 0));
    double seconds = S_PER_YEAR / MONTHS;
    if (unit && strcmp(unit, "$/day") == 0)
        seconds = S_PER_DAY;
    else if (unit && strcmp(unit, "$/year") == 0)
        seconds = S_PER_YEAR;
    else if (unit && strcmp(unit, "$/month") != 0)
        return dh_fail(r->diag, DH_ERR_DATA, place_of(r),
                       "fixedchargeunits: %.20s is not $/day, $/month or $/year", unit);
    r->out->tariff.fixed_usd_per_s = usd / seconds;
    return DH_OK;
}

static enum dh_err read_rate(struct reader *r) {
    static const char *const left_out[] = {"mincharge", "annualmincharge", "coincidentratestructure",
                                           "demandreactivepowercharge"};
    struct dh_tariff_spec *tariff = &r->out->tariff;
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
        const json_t *value = json_object_get(r->rate, left_out[i]);
        if (json_array_size(value) > 0 || json_number_value(value) != 0)
            dh_warn(r->diag, DH_ERR_W_DATA, place_of(r), "%s is left out of the bill", left_out[i]);
    }
    if (json_array_size(json_object_get(r->rate, "energyratestructure")) == 0)
        return dh_fail(r->diag, DH_ERR_DATA, place_of(r),
                       "energyratestructure: none, so energy has no price");
    tariff->demand_window_s = 60 * number_of(r, "demandwindow", 15);
    DH_TRY(read_rates(r, "energyratestructure", "energyweekdayschedule", "energyweekendschedule", false));
    DH_TRY(read_rates(r, "demandratestructure", "demandweekdayschedule", "demandweekendschedule", true));
    DH_TRY(read_flat_demand(r));
    return read_fixed(r);
}

/* ---- the file ---------------------------------------------------------------------------------------------
 */

static enum dh_err read_load(struct reader *r, const json_t *load) {
    const json_t *year = json_object_get(load, "year"), *kw = json_object_get(load, "loads_kw");
    size_t n = json_array_size(kw);
    if (json_is_number(year)) {
        double value = json_number_value(year);
        if (!(value >= 1900) || value > 2200 || value != floor(value))
            return dh_fail(r->diag, DH_ERR_DATA, place_of(r),
                           "ElectricLoad: year is not one from 1900 to 2200");
        r->out->year = (int32_t)value;
    }
    if (n == 0)
        return DH_OK;
    if (!(r->out->load_w = dh_arena_array(&r->out->mem, n, sizeof(double))))
        return dh_fail(r->diag, DH_ERR_MEMORY, place_of(r), "out of memory");
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_array_get(kw, i);
        if (!json_is_number(value) || !isfinite(json_number_value(value)))
            return dh_fail(r->diag, DH_ERR_DATA, place_of(r), "loads_kw: item %zu is not a number", i + 1);
        r->out->load_w[i] = 1000 * json_number_value(value);
    }
    r->out->n_load = (int32_t)n;
    return DH_OK;
}

static enum dh_err read_root(struct reader *r, const json_t *root) {
    const json_t *tariff = json_object_get(root, "ElectricTariff");
    const json_t *items = json_object_get(root, "items");
    r->rate = tariff ? json_object_get(tariff, "urdb_response") : items ? json_array_get(items, 0) : root;
    if (tariff && !r->rate)
        return dh_fail(r->diag, DH_ERR_DATA, place_of(r),
                       "ElectricTariff has no urdb_response; other forms of REopt tariffs are not read");
    if (!json_is_object(r->rate))
        return dh_fail(r->diag, DH_ERR_DATA, place_of(r),
                       "no tariff in the form of the Utility Rate Database");
    DH_TRY(read_rate(r));
    return read_load(r, json_object_get(root, "ElectricLoad"));
}

enum dh_err dh_urdb_read(struct dh_urdb *out, const char *path, struct dh_diag *diag) {
    struct reader r = {.out = out, .path = path, .diag = diag};
    struct dh_arena scratch = {0};
    struct stat status;
    const char *why = NULL;
    char *text;
    size_t n;
    int fd = -1;
    *out = (struct dh_urdb){
        .tariff = {.title = "", .utc_offset_h = NAN}
    };
    out->tariff.id = out->tariff.place.file = dh_arena_strdup(&out->mem, path);
    enum dh_err err = dh_file_open(path, &fd, &status, &why);
    if (err == DH_OK)
        err = dh_file_read(&scratch, fd, &status, MAX_BYTES, &text, &n, &why);
    if (fd >= 0)
        close(fd);
    if (err != DH_OK) {
        dh_arena_free(&scratch);
        return dh_fail(diag, err, place_of(&r), "the tariff %s", why);
    }
    json_error_t fault;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &fault);
    dh_arena_free(&scratch);
    if (!root)
        return dh_fail(diag, DH_ERR_DATA, (struct dh_place){path, fault.line, fault.column}, "not JSON: %s",
                       fault.text);
    err = read_root(&r, root);
    json_decref(root);
    return err;
}

void dh_urdb_free(struct dh_urdb *urdb) {
    dh_arena_free(&urdb->mem);
    *urdb = (struct dh_urdb){0};
}
