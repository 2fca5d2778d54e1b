/* Bills of given loads, by the bill of a run (models/bill.h).
 *
 * A load is a table; rows that agree in case, tariff and year make one bill. See the man page, or form_of,
 * for the columns. Each bill gives a row a month and one for the whole. */
#include "sim/api/predict.h"

#include "models/bill.h"
#include "scenarios/csv_read.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum form { FORM_TIME, FORM_SECONDS, FORM_HOUR, FORM_EVEN };
enum { MAX_STEPS = 40000000, MAX_NAME = 256 };

static const double J_PER_KWH = 3.6e6;

/* A load of constant steps: watts[i] from at[i] to at[i + 1], the last one to end. Seconds on the clock of
 * its form. */
struct load {
    int64_t *at;
    double *watts;
    int32_t n, room;
    int64_t end;
};

struct biller {
    struct dh_prediction *p;
    struct dh_csv csv;
    bool has_csv;
    enum form form;
    double watts_per_unit;
    int32_t at, load, name, tariff, year, energy_usd, demand_usd; /* columns; -1: none */
    struct load steps;
    /* of the bill that is being gathered */
    char case_name[MAX_NAME], tariff_name[4 * MAX_NAME], year_text[16];
    double measured_energy_usd, measured_demand_usd;
    /* tariff in use, kept from one bill to the next */
    struct dh_predict_tariff loaded;
    char loaded_name[4 * MAX_NAME];
    int32_t n_bill;
    double total_kwh, total_energy_usd, total_demand_usd, total_fixed_usd, peak_kw;
};

static struct dh_place place_of(const struct biller *b) {
    return b->has_csv ? dh_csv_place(&b->csv, -1) : (struct dh_place){b->p->input, 0, 0};
}

static enum dh_err add_step(struct biller *b, int64_t at, double watts) {
    struct load *s = &b->steps;
    if (s->n == s->room) {
        int32_t room = s->room ? 2 * s->room : 16384;
        if (room > MAX_STEPS)
            return dh_fail(b->p->diag, DH_ERR_LIMIT_MEMORY, place_of(b), "too many records");
        int64_t *more_at = realloc(s->at, (size_t)room * sizeof *more_at);
        if (more_at)
            s->at = more_at;
        double *more_watts = realloc(s->watts, (size_t)room * sizeof *more_watts);
        if (more_watts)
            s->watts = more_watts;
        if (!more_at || !more_watts)
            return dh_fail(b->p->diag, DH_ERR_MEMORY, place_of(b), "out of memory");
        s->room = room;
    }
    s->at[s->n] = at;
    s->watts[s->n++] = watts;
    return DH_OK;
}

/* ---- one bill
 * ---------------------------------------------------------------------------------------------- */

struct charge {
    double energy_j, energy_usd, demand_usd, fixed_usd;
};

static struct charge charge_of(const struct dh_bill *bill) {
    return (struct charge){dh_sum_value(&bill->energy_j), dh_sum_value(&bill->energy_usd),
                           dh_sum_value(&bill->demand_usd), dh_sum_value(&bill->fixed_usd)};
}

static enum dh_err put_row(struct biller *b, const char *period, const struct charge *from,
                           const struct charge *to, double peak_w) {
    struct dh_prediction *p = b->p;
    double energy = to->energy_usd - from->energy_usd, demand = to->demand_usd - from->demand_usd;
    double fixed = to->fixed_usd - from->fixed_usd;
    dh_text_printf(&p->out, "%s,%s,", b->case_name, period);
    dh_prediction_put(p, (to->energy_j - from->energy_j) / J_PER_KWH, ',');
    dh_prediction_put(p, peak_w / 1000, ',');
    dh_prediction_put(p, energy, ',');
    dh_prediction_put(p, demand, ',');
    dh_prediction_put(p, fixed, ',');
    dh_prediction_put(p, energy + demand + fixed, '\n');
    return dh_prediction_flush(p, false);
}

/* The bill of a run, in slices that end with each quarter of an hour and each step; months are closed one by
 * one so that each can be shown. to_unix_s: from the load's clock. */
static enum dh_err run_bill(struct biller *b, struct dh_bill *bill, int64_t to_unix_s) {
    const struct load *s = &b->steps;
    int64_t slice_s = dh_bill_slice_s(bill, 1), offset_s = (int64_t)rint(bill->utc_offset_h * 3600);
    struct charge before = {0};
    struct dh_calendar month = {0};
    char text[32];
    for (int32_t i = 0; i < s->n; i++) {
        int64_t end = (i + 1 < s->n ? s->at[i + 1] : s->end) + to_unix_s;
        for (int64_t t = s->at[i] + to_unix_s, next; t < end; t = next) {
            next = t - (t % slice_s + slice_s) % slice_s + slice_s;
            next = next < end ? next : end;
            struct dh_calendar local = dh_calendar_of(t + offset_s);
            if (month.month && local.month != month.month) {
                dh_bill_close(bill);
                struct charge now = charge_of(bill);
                snprintf(text, sizeof text, "%04d-%02d", month.year, month.month);
                DH_TRY(put_row(b, text, &before, &now, bill->past_peak_w[month.month - 1]));
                before = now;
            }
            month = local;
            dh_bill_add(bill, t, (double)(next - t), s->watts[i] * (double)(next - t));
        }
    }
    dh_bill_close(bill);
    struct charge now = charge_of(bill);
    snprintf(text, sizeof text, "%04d-%02d", month.year, month.month);
    return month.month ? put_row(b, text, &before, &now, bill->past_peak_w[month.month - 1]) : DH_OK;
}

static void put_summary(struct biller *b, const struct dh_bill *bill) {
    static const struct {
        const char *key, *unit, *about;
    } items[] = {
        {"energy_kwh", "kWh", "energy"                    },
        {"peak_kw",    "kW",  "highest demand of a window"},
        {"energy_usd", "USD", "for energy"                },
        {"demand_usd", "USD", "for demand"                },
        {"fixed_usd",  "USD", "customer charge"           },
        {"total_usd",  "USD", "all of it"                 }
    };
    struct charge c = charge_of(bill);
    double values[] = {
        c.energy_j / J_PER_KWH, bill->peak_w / 1000, c.energy_usd,
        c.demand_usd,           c.fixed_usd,         c.energy_usd + c.demand_usd + c.fixed_usd};
    char key[64];
    if (*b->case_name) {
        snprintf(key, sizeof key, "bills.%d.case", b->n_bill);
        dh_summary_text(b->p->summary, key, b->case_name, "which bill");
    }
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        snprintf(key, sizeof key, "bills.%d.%s", b->n_bill, items[i].key);
        dh_summary_number(b->p->summary, key, items[i].unit, values[i], items[i].about);
    }
    b->total_kwh += values[0];
    b->peak_kw = fmax(b->peak_kw, values[1]);
    b->total_energy_usd += values[2];
    b->total_demand_usd += values[3];
    b->total_fixed_usd += values[4];
    b->n_bill++;
}

static int64_t year_start(int32_t year) {
    char text[32];
    int64_t unix_s = 0;
    snprintf(text, sizeof text, "%04d-01-01", year);
    (void)dh_timestamp_parse(text, strlen(text), &unix_s); /* years come from 1900 to 2200 */
    return unix_s;
}

/* Hours that are named become a whole year, hours left out are zero. */
static enum dh_err fill_year(struct biller *b, int64_t year_s) {
    struct load *s = &b->steps;
    int64_t n_hour = year_s / 3600;
    double *watts = calloc((size_t)n_hour, sizeof *watts);
    bool *named = calloc((size_t)n_hour, sizeof *named);
    enum dh_err err =
        watts && named ? DH_OK : dh_fail(b->p->diag, DH_ERR_MEMORY, place_of(b), "out of memory");
    for (int32_t i = 0; i < s->n && err == DH_OK; i++) {
        int64_t hour = s->at[i] / 3600;
        if (hour >= n_hour || named[hour])
            err = dh_fail(b->p->diag, DH_ERR_DATA, place_of(b),
                          hour >= n_hour ? "hour %lld of a year of %lld" : "hour %lld appears twice",
                          (long long)hour + 1, (long long)n_hour);
        else {
            watts[hour] = s->watts[i];
            named[hour] = true;
        }
    }
    s->n = 0;
    for (int64_t h = 0; h < n_hour && err == DH_OK; h++)
        err = add_step(b, h * 3600, watts[h]);
    s->end = year_s;
    free(watts);
    free(named);
    return err;
}

/* A year in equal steps; 8,760 hours in a leap year leave out its last day, as REopt does. */
static enum dh_err spread_year(struct biller *b, int64_t year_s) {
    struct load *s = &b->steps;
    int64_t covered_s = year_s, n = s->n;
    if (n > 0 && covered_s % n != 0)
        covered_s = 365 * INT64_C(86400);
    int64_t step_s = n > 0 ? covered_s / n : 0;
    if (n == 0 || covered_s % n != 0 || step_s > 3600 || step_s < 60)
        return dh_fail(b->p->diag, DH_ERR_DATA, place_of(b),
                       "%lld values do not fill the year with steps of an hour or less", (long long)n);
    for (int32_t i = 0; i < s->n; i++)
        s->at[i] = i * step_s;
    s->end = covered_s;
    return DH_OK;
}

/* A value holds until the next; the last one as long as the one before it, a single one for an hour. */
static void close_steps(struct load *s) {
    if (s->n > 0)
        s->end = s->at[s->n - 1] + (s->n > 1 ? s->at[s->n - 1] - s->at[s->n - 2] : 3600);
}

static enum dh_err need_year(struct biller *b, int32_t *year) {
    *year = *b->year_text         ? atoi(b->year_text)
            : b->p->options->year ? b->p->options->year
                                  : b->loaded.urdb.year;
    if (*year)
        return DH_OK;
    dh_fail(b->p->diag, DH_ERR_DATA, place_of(b), "the load does not say of which year it is");
    dh_diag_hint(b->p->diag, "give --year, a column year, or time instead of hours");
    return DH_ERR_DATA;
}

/* The bill of the rows gathered so far. */
static enum dh_err bill_load(struct biller *b) {
    struct load *s = &b->steps;
    struct dh_bill bill;
    struct dh_hourly prices = dh_series_hourly(&b->loaded.prices);
    int64_t to_unix_s = 0;
    int32_t year = 0;
    if (b->form == FORM_TIME) {
        close_steps(s);
    } else {
        DH_TRY(need_year(b, &year));
        int64_t year_s = year_start(year + 1) - year_start(year);
        to_unix_s = year_start(year);
        if (b->form == FORM_HOUR)
            DH_TRY(fill_year(b, year_s));
        else if (b->form == FORM_EVEN)
            DH_TRY(spread_year(b, year_s));
        else
            close_steps(s);
    }
    enum dh_err err = dh_bill_init(&bill, b->loaded.spec, NULL, &prices, NULL, 0, b->p->diag);
    if (err == DH_OK) {
        if (b->form != FORM_TIME) /* the local clock of the tariff */
            to_unix_s -= (int64_t)rint(bill.utc_offset_h * 3600);
        err = run_bill(b, &bill, to_unix_s);
    }
    if (err == DH_OK) {
        struct charge zero = {0}, all = charge_of(&bill);
        err = put_row(b, "all", &zero, &all, bill.peak_w);
        if (err == DH_OK)
            err = dh_prediction_measured(b->p, all.energy_usd, b->measured_energy_usd);
        if (err == DH_OK)
            err = dh_prediction_measured(b->p, all.demand_usd, b->measured_demand_usd);
        put_summary(b, &bill);
    }
    dh_bill_free(&bill);
    s->n = 0;
    return err;
}

/* ---- the table of loads
 * ----------------------------------------------------------------------------------------
 */

static enum dh_err load_tariff(struct biller *b, const char *name) {
    if (b->loaded.spec && strcmp(name, b->loaded_name) == 0)
        return DH_OK;
    dh_predict_tariff_free(&b->loaded);
    if (!*name) {
        dh_fail(b->p->diag, DH_ERR_USAGE, place_of(b), "the load needs a tariff");
        dh_diag_hint(b->p->diag,
                     "--tariff RATE.json, SCENARIO.xml or an id of the catalog, or a column tariff");
        return DH_ERR_USAGE;
    }
    snprintf(b->loaded_name, sizeof b->loaded_name, "%s", name);
    return dh_predict_tariff_read(&b->loaded, name, b->p->diag);
}

static enum dh_err find_columns(struct biller *b) {
    static const struct {
        const char *name, *alias;
        enum form form;
    } clocks[] = {
        {"time",   "timestamp", FORM_TIME   },
        {"time_s", "start_s",   FORM_SECONDS},
        {"hour",   NULL,        FORM_HOUR   }
    };
    static const struct {
        const char *name, *alias;
        double watts;
    } loads[] = {
        {"kw",       "load_kw",  1e3},
        {"loads_kw", "power_kw", 1e3},
        {"kwh",      NULL,       1e3},
        {"mw",       NULL,       1e6},
        {"w",        "watts",    1  }
    };
    enum dh_err err = DH_OK;
    b->form = FORM_EVEN;
    b->at = b->load = -1;
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks && b->at < 0; i++) {
        b->at = dh_csv_column(&b->csv, clocks[i].name, clocks[i].alias, &err);
        b->form = b->at >= 0 ? clocks[i].form : FORM_EVEN;
    }
    for (size_t i = 0; i < sizeof loads / sizeof *loads && b->load < 0; i++) {
        b->load = dh_csv_column(&b->csv, loads[i].name, loads[i].alias, &err);
        b->watts_per_unit = loads[i].watts;
    }
    DH_TRY(err);
    if (b->load < 0)
        DH_TRY(dh_csv_require(&b->csv, "kw", NULL, &b->load));
    b->name = dh_csv_column(&b->csv, "case", NULL, NULL);
    b->tariff = dh_csv_column(&b->csv, "tariff", NULL, NULL);
    b->year = dh_csv_column(&b->csv, "year", NULL, NULL);
    b->energy_usd = dh_csv_column(&b->csv, "energy_usd", NULL, NULL);
    b->demand_usd = dh_csv_column(&b->csv, "demand_usd", NULL, NULL);
    dh_csv_warn_unknown(&b->csv);
    return DH_OK;
}

/* Text of a field, or "" for a column that is not there; a name that would need quotes is refused. */
static enum dh_err copy_field(struct biller *b, int32_t column, char *text, size_t room) {
    *text = '\0';
    if (column < 0)
        return DH_OK;
    const struct dh_csv_field *field = &b->csv.fields[column];
    if (field->n >= room)
        return dh_fail(b->p->diag, DH_ERR_DATA, dh_csv_place(&b->csv, column), "longer than %zu bytes",
                       room - 1);
    memcpy(text, field->text, field->n);
    text[field->n] = '\0';
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == '"' || *c == ',')
            return dh_fail(b->p->diag, DH_ERR_DATA, dh_csv_place(&b->csv, column),
                           "commas, quotes and controls are not taken");
    if (*text && strchr("=+-@", *text) && column == b->name)
        return dh_fail(b->p->diag, DH_ERR_DATA, dh_csv_place(&b->csv, column), "a name may not begin with %c",
                       *text);
    return DH_OK;
}

/* A tariff in a column: absolute, or beside the table. */
static enum dh_err beside_input(struct biller *b, char *name, size_t room) {
    const char *slash = strrchr(b->p->input, '/');
    char path[4 * MAX_NAME];
    size_t n = strlen(name);
    bool file = (n > 5 && strcmp(name + n - 5, ".json") == 0) || (n > 4 && strcmp(name + n - 4, ".xml") == 0);
    if (!file || *name == '/' || !slash)
        return DH_OK;
    int wrote = snprintf(path, sizeof path, "%.*s/%s", (int)(slash - b->p->input), b->p->input, name);
    if (wrote < 0 || (size_t)wrote >= room)
        return dh_fail(b->p->diag, DH_ERR_PATH, place_of(b), "path too long");
    memcpy(name, path, (size_t)wrote + 1);
    return DH_OK;
}

/* Begins the bill that the present record belongs to, after ending the one before. */
static enum dh_err change_bill(struct biller *b, bool *began) {
    char name[MAX_NAME], tariff[4 * MAX_NAME], year[16];
    DH_TRY(copy_field(b, b->name, name, sizeof name));
    DH_TRY(copy_field(b, b->tariff, tariff, sizeof tariff));
    DH_TRY(copy_field(b, b->year, year, sizeof year));
    if (*tariff)
        DH_TRY(beside_input(b, tariff, sizeof tariff));
    else
        snprintf(tariff, sizeof tariff, "%s", b->p->options->tariff ? b->p->options->tariff : "");
    if (*began && strcmp(name, b->case_name) == 0 && strcmp(tariff, b->tariff_name) == 0 &&
        strcmp(year, b->year_text) == 0)
        return DH_OK;
    if (*began)
        DH_TRY(bill_load(b));
    *began = true;
    strcpy(b->case_name, name);
    strcpy(b->tariff_name, tariff);
    strcpy(b->year_text, year);
    b->measured_energy_usd = b->measured_demand_usd = NAN;
    if (*year) {
        int64_t value;
        DH_TRY(dh_csv_integer(&b->csv, b->year, 1900, 2200, &value));
    }
    return load_tariff(b, tariff);
}

static enum dh_err read_record(struct biller *b) {
    int64_t at = b->steps.n, value;
    double load;
    DH_TRY(dh_csv_double(&b->csv, b->load, -1e9, 1e9, &load));
    if (b->form == FORM_HOUR) {
        DH_TRY(dh_csv_integer(&b->csv, b->at, 1, 8784, &value));
        at = 3600 * (value - 1);
    } else if (b->form != FORM_EVEN) {
        if (b->form == FORM_TIME)
            DH_TRY(dh_csv_instant(&b->csv, b->at, &value));
        else
            DH_TRY(dh_csv_seconds(&b->csv, b->at, &value));
        if (value % DH_NS_PER_S != 0)
            return dh_fail(b->p->diag, DH_ERR_DATA, dh_csv_place(&b->csv, b->at), "not a whole second");
        at = value / DH_NS_PER_S;
        if (b->steps.n > 0 && at <= b->steps.at[b->steps.n - 1])
            return dh_fail(b->p->diag, DH_ERR_DATA, dh_csv_place(&b->csv, b->at),
                           "not later than the record before");
    }
    if (!dh_csv_is_empty(&b->csv, b->energy_usd))
        DH_TRY(dh_csv_double(&b->csv, b->energy_usd, -1e15, 1e15, &b->measured_energy_usd));
    if (!dh_csv_is_empty(&b->csv, b->demand_usd))
        DH_TRY(dh_csv_double(&b->csv, b->demand_usd, -1e15, 1e15, &b->measured_demand_usd));
    return add_step(b, at, load * b->watts_per_unit);
}

static enum dh_err read_table(struct biller *b, const char *path) {
    DH_TRY(dh_csv_open(&b->csv, path, DH_CSV_HASH_COMMENTS, b->p->diag));
    b->has_csv = true;
    DH_TRY(find_columns(b));
    bool got = true, began = false;
    for (;;) {
        DH_TRY(dh_csv_next(&b->csv, &got));
        if (!got)
            break;
        b->p->n_row++;
        DH_TRY(change_bill(b, &began));
        DH_TRY(read_record(b));
    }
    if (!began)
        return dh_fail(b->p->diag, DH_ERR_DATA, (struct dh_place){path, 0, 0}, "no load");
    return bill_load(b);
}

/* A rate is the input: the load is in a table, in the rate's file, or zero. */
static enum dh_err read_rate(struct biller *b) {
    DH_TRY(load_tariff(b, b->p->input));
    snprintf(b->tariff_name, sizeof b->tariff_name, "%s", b->p->input);
    b->measured_energy_usd = b->measured_demand_usd = NAN;
    const struct dh_urdb *urdb = &b->loaded.urdb;
    b->form = urdb->load_w ? FORM_EVEN : FORM_HOUR;
    for (int32_t i = 0; i < urdb->n_load; i++)
        DH_TRY(add_step(b, i, urdb->load_w[i]));
    if (!urdb->load_w)
        dh_warn(b->p->diag, DH_ERR_W_DATA, place_of(b),
                "no load: a year of zero is billed; give one with --load FILE.csv");
    b->p->n_row = urdb->n_load;
    return bill_load(b);
}

static bool is_rate(const char *path) {
    size_t n = strlen(path);
    return n > 5 && strcmp(path + n - 5, ".json") == 0;
}

static enum dh_err predict(struct biller *b) {
    const struct dh_predict_options *options = b->p->options;
    struct dh_predict_options turned;
    dh_text_puts(&b->p->out, "case,period,energy_kwh,peak_kw,energy_usd,demand_usd,fixed_usd,total_usd\n");
    if (is_rate(b->p->input) && options->load) {
        turned = (struct dh_predict_options){.tariff = b->p->input, .year = options->year};
        b->p->options = &turned;
        enum dh_err err = read_table(b, options->load);
        b->p->options = options;
        return err;
    }
    if (options->load)
        return dh_fail(b->p->diag, DH_ERR_USAGE, place_of(b),
                       "--load goes with a rate as -i; here -i is the load");
    return is_rate(b->p->input) ? read_rate(b) : read_table(b, b->p->input);
}

enum dh_err dh_predict_bill(struct dh_prediction *p) {
    struct biller *b = calloc(1, sizeof *b);
    if (!b)
        return dh_fail(p->diag, DH_ERR_MEMORY, (struct dh_place){p->input, 0, 0}, "out of memory");
    b->p = p;
    enum dh_err err = predict(b);
    if (err == DH_OK) {
        struct dh_summary *sum = p->summary;
        dh_summary_integer(sum, "rows", "1", p->n_row, "records read");
        dh_summary_integer(sum, "predicted", "1", b->n_bill, "bills");
        dh_summary_number(sum, "energy_kwh", "kWh", b->total_kwh, "energy");
        dh_summary_number(sum, "peak_kw", "kW", b->peak_kw, "highest demand");
        dh_summary_number(sum, "energy_usd", "USD", b->total_energy_usd, "for energy");
        dh_summary_number(sum, "demand_usd", "USD", b->total_demand_usd, "for demand");
        dh_summary_number(sum, "fixed_usd", "USD", b->total_fixed_usd, "customer charge");
        dh_summary_number(sum, "total_usd", "USD",
                          b->total_energy_usd + b->total_demand_usd + b->total_fixed_usd, "all of it");
    }
    if (b->has_csv)
        dh_csv_close(&b->csv);
    dh_predict_tariff_free(&b->loaded);
    free(b->steps.at);
    free(b->steps.watts);
    free(b);
    return err;
}
