#include "output/report_text.h"

#include "sim/diag.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LABEL = 34, COLUMN = 16 }; /* width of a table's first column and of each further one */

struct page {
    const struct dh_summary *summary;
    struct dh_text *out;
    struct dh_report_style style;
    struct dh_arena mem; /* texts made safe for a terminal: a result file may come from anywhere */
};

static double value(const struct page *page, const char *key) {
    return dh_summary_value(page->summary, key);
}

static const char *text(struct page *page, const char *key) {
    const struct dh_summary_entry *entry = dh_summary_find(page->summary, key);
    return entry && entry->kind == DH_SUMMARY_TEXT && entry->text[0]
               ? dh_text_escape(&page->mem, entry->text, strlen(entry->text))
               : NULL;
}

/* Key of row i of a list: "constraints.3.name". */
static const char *list_key(char key[static 96], const char *list, int i, const char *member) {
    snprintf(key, 96, "%s.%d.%s", list, i, member);
    return key;
}

static double list_value(const struct page *page, const char *list, int i, const char *member) {
    char key[96];
    return value(page, list_key(key, list, i, member));
}

static const char *list_text(struct page *page, const char *list, int i, const char *member) {
    char key[96];
    return text(page, list_key(key, list, i, member));
}

/* ---- writing ----------------------------------------------------------------------------------------------
 */

static void paint(struct page *page, const char *code) {
    if (page->style.color)
        dh_text_printf(page->out, "\033[%sm", code);
}

static int columns_of(const char *s) {
    int n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static void heading(struct page *page, const char *title, const char *c1, const char *c2, const char *c3) {
    dh_text_puts(page->out, "\n");
    paint(page, "1");
    dh_text_printf(page->out, "%-*s", LABEL, title);
    paint(page, "0;2");
    dh_text_printf(page->out, "%s%*s%*s%*s", "", c1 ? COLUMN : 0, c1 ? c1 : "", c2 ? COLUMN : 0, c2 ? c2 : "",
                   c3 ? COLUMN : 0, c3 ? c3 : "");
    paint(page, "0");
    while (page->out->n > 0 && page->out->at[page->out->n - 1] == ' ')
        page->out->at[--page->out->n] = '\0';
    dh_text_puts(page->out, "\n");
}

static void label(struct page *page, int depth, const char *name) {
    int pad = LABEL - 2 * depth - columns_of(name);
    dh_text_printf(page->out, "%*s%s%*s", 2 * depth, "", name, pad > 1 ? pad : 1, "");
}

/* "12,345.6": decimals fixed, a comma every three digits. */
static const char *grouped(char room[static 64], double v, int decimals) {
    char plain[48];
    if (!isfinite(v) || fabs(v) >= 1e15) {
        snprintf(room, 64, "%.6g", v);
        return room;
    }
    snprintf(plain, sizeof plain, "%.*f", decimals, v);
    if (strspn(plain, "-0.") == strlen(plain) && plain[0] == '-')
        memmove(plain, plain + 1, strlen(plain)); /* no -0.0 */
    size_t sign = plain[0] == '-', digits = strcspn(plain + sign, "."), n = 0;
    for (size_t i = 0; plain[i]; i++) {
        if (i > sign && i < sign + digits && (digits - (i - sign)) % 3 == 0)
            room[n++] = ',';
        room[n++] = plain[i];
    }
    room[n] = '\0';
    return room;
}

/* A right-aligned cell "1,234.5 kWh"; an absent value leaves it blank. */
static void cell(struct page *page, double v, int decimals, const char *unit) {
    char number[64], both[96];
    if (isnan(v)) {
        dh_text_printf(page->out, "%*s", COLUMN, "");
        return;
    }
    snprintf(both, sizeof both, "%s%s%s", grouped(number, v, decimals), unit[0] ? " " : "", unit);
    int pad = COLUMN - columns_of(both);
    dh_text_printf(page->out, "%*s%s", pad > 0 ? pad : 1, "", both);
}

static void percent(struct page *page, double share) {
    cell(page, 100 * share, 1, "%");
}

static void end_line(struct page *page) {
    while (page->out->n > 0 && page->out->at[page->out->n - 1] == ' ')
        page->out->at[--page->out->n] = '\0';
    dh_text_puts(page->out, "\n");
}

/* One name, one figure; nothing when it is absent. */
static void line(struct page *page, const char *name, double v, int decimals, const char *unit) {
    if (isnan(v))
        return;
    label(page, 1, name);
    cell(page, v, decimals, unit);
    end_line(page);
}

/* Durations in the unit that a planner would say. */
static const char *duration(char room[static 64], double s) {
    char number[64];
    if (isnan(s))
        snprintf(room, 64, "-");
    else if (s == 0)
        snprintf(room, 64, "0 s");
    else if (s < 0.9995)
        snprintf(room, 64, "%s ms", grouped(number, 1e3 * s, 1));
    else if (s < 120)
        snprintf(room, 64, "%s s", grouped(number, s, 1));
    else if (s < 2 * 3600)
        snprintf(room, 64, "%s min", grouped(number, s / 60, 1));
    else if (s < 3 * 86400)
        snprintf(room, 64, "%s h", grouped(number, s / 3600, 1));
    else
        snprintf(room, 64, "%s d", grouped(number, s / 86400, 1));
    return room;
}

static void duration_cell(struct page *page, double s) {
    char room[64];
    dh_text_printf(page->out, "%*s", COLUMN, isnan(s) ? "" : duration(room, s));
}

/* Text broken at blanks to the page's width, behind first at column at, later lines indented. */
static void wrapped(struct page *page, int at, const char *first, int indent, const char *s) {
    at += columns_of(first);
    dh_text_puts(page->out, first);
    while (*s) {
        s += strspn(s, " ");
        if (!*s)
            break;
        size_t n = strcspn(s, " ");
        char word[256];
        snprintf(word, sizeof word, "%.*s", (int)n, s);
        int w = columns_of(word);
        if (at > indent && at + 1 + w > page->style.width) {
            dh_text_printf(page->out, "\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            dh_text_puts(page->out, " ");
            at++;
        }
        dh_text_add(page->out, s, n);
        at += w;
        s += n;
    }
    dh_text_puts(page->out, "\n");
}

/* ---- sections ---------------------------------------------------------------------------------------------
 */

static void title(struct page *page) {
    char number[64], room[64];
    const char *name = text(page, "scenario.name"), *about = text(page, "scenario.title");
    paint(page, "1");
    dh_text_puts(page->out, name ? name : "a run");
    paint(page, "0");
    if (about)
        dh_text_printf(page->out, ": %s", about);
    dh_text_puts(page->out, "\n");
    const char *start = text(page, "scenario.start");
    if (start)
        dh_text_printf(page->out, "%.10s %.5s UTC, ", start, strlen(start) > 15 ? start + 11 : "00:00");
    dh_text_puts(page->out, duration(room, value(page, "scenario.duration_s")));
    double gpus = value(page, "gpus.installed"), racks = value(page, "facility.racks");
    if (!isnan(gpus))
        dh_text_printf(page->out, ", %s GPUs", grouped(number, gpus, 0));
    if (!isnan(racks))
        dh_text_printf(page->out, " in %s racks", grouped(number, racks, 0));
    double seed = value(page, "scenario.seed");
    if (!isnan(seed))
        dh_text_printf(page->out, ", seed %.0f", seed);
    dh_text_puts(page->out, "\n\n");
}

/* What a planner asks first: does it hold, what binds, what does it cost. */
static void verdict(struct page *page) {
    struct dh_text says = {0};
    char number[64], room[64];
    bool bad = false, warn = false;
    const char *status = text(page, "status");
    if (status && strcmp(status, "complete") != 0) {
        bad = true;
        dh_text_printf(&says, "Stopped after %s: what follows covers that time only. ",
                       duration(room, value(page, "simulated_s")));
    }
    int violations = 0;
    for (int i = 0; list_text(page, "violations", i, "kind"); i++)
        violations += list_value(page, "violations", i, "count") > 0;
    double peak = value(page, "energy.peak_facility_kw"), limit = value(page, "facility.limit_kw");
    if (violations > 0) {
        bad = true;
        dh_text_printf(&says, "%d kind%s of limit crossed, %s first. ", violations, violations > 1 ? "s" : "",
                       list_text(page, "violations", 0, "kind"));
    } else if (!isnan(peak) && !isnan(limit)) {
        dh_text_printf(&says, "Power holds: its peak is %s %% of the limit. ",
                       grouped(number, 100 * peak / limit, 1));
    }
    const char *binding = list_text(page, "constraints", 0, "name");
    double hours = list_value(page, "constraints", 0, "hours_binding");
    if (binding && hours > 0) {
        warn = true;
        dh_text_printf(&says, "What binds most is %s, for %s h. ", binding, grouped(number, hours, 1));
    }
    double use = value(page, "gpus.utilization"), wait = value(page, "jobs.wait_s.p95");
    if (!isnan(use))
        dh_text_printf(&says, "%s %% of the GPU hours are used. ", grouped(number, 100 * use, 1));
    if (wait == 0)
        dh_text_puts(&says, "95 % of the jobs start at once. ");
    else if (!isnan(wait))
        dh_text_printf(&says, "95 %% of the jobs start within %s. ", duration(room, wait));
    double pue = value(page, "energy.pue"), rate = value(page, "cost.per_gpu_hour");
    if (!isnan(pue))
        dh_text_printf(&says, "PUE %s. ", grouped(number, pue, 3));
    const char *currency = text(page, "cost.currency");
    if (!isnan(rate))
        dh_text_printf(&says, "%s %s per GPU hour used. ", grouped(number, rate, 3),
                       currency ? currency : "USD");
    paint(page, bad ? "1;31" : warn ? "1;33" : "1;32");
    const char *word = bad ? "LIMITS CROSSED" : warn ? "HOLDS, BOUND" : "HOLDS";
    if (status && strcmp(status, "complete") != 0)
        word = "INTERRUPTED";
    dh_text_puts(page->out, word);
    paint(page, "0");
    wrapped(page, columns_of(word), "  ", 2, says.at ? says.at : "");
    dh_text_free(&says);
}

/* One unit for the whole energy table, so that its rows compare at a glance. */
struct scale {
    double per_kwh;
    const char *energy;
};

static void energy_row(struct page *page, int depth, const char *name, double kwh, struct scale scale) {
    double all = value(page, "energy.facility_kwh"), s = value(page, "simulated_s");
    if (isnan(kwh))
        return;
    if (isnan(s))
        s = value(page, "scenario.duration_s");
    label(page, depth, name);
    cell(page, kwh * scale.per_kwh, scale.per_kwh < 1e-4 ? 3 : 1, scale.energy);
    cell(page, kwh / (s / 3600), 1, "kW");
    percent(page, all > 0 ? kwh / all : NAN);
    end_line(page);
}

/* All keys "prefix.NAME" as rows; the suffix is cut off and '_' read as a blank. */
static void energy_parts(struct page *page, const char *prefix, const char *suffix, struct scale scale) {
    size_t n_prefix = strlen(prefix), n_suffix = strlen(suffix);
    for (int32_t i = 0; i < page->summary->n_entry; i++) {
        const struct dh_summary_entry *entry = &page->summary->entries[i];
        if (strncmp(entry->key, prefix, n_prefix) != 0 || entry->kind == DH_SUMMARY_TEXT)
            continue;
        char name[64];
        snprintf(name, sizeof name, "%s", entry->key + n_prefix);
        size_t n = strlen(name);
        if (n_suffix && n > n_suffix && strcmp(name + n - n_suffix, suffix) == 0)
            name[n - n_suffix] = '\0';
        bool inside_it = strcmp(name, "rack_supply") == 0 || strcmp(name, "node") == 0;
        for (char *c = name; *c; c++)
            *c = *c == '_' ? ' ' : *c;
        if (inside_it)
            strncat(name, " (inside IT)", sizeof name - strlen(name) - 1);
        if (dh_summary_value(page->summary, entry->key) != 0)
            energy_row(page, 2, name, dh_summary_value(page->summary, entry->key), scale);
    }
}

/* Losses outside the racks: those that facility energy has and IT energy has not. */
static double site_losses(const struct page *page) {
    double sum = NAN;
    for (int32_t i = 0; i < page->summary->n_entry; i++) {
        const char *key = page->summary->entries[i].key;
        if (strncmp(key, "energy.loss_kwh.", 16) != 0 || strcmp(key + 16, "rack_supply") == 0 ||
            strcmp(key + 16, "node") == 0)
            continue;
        sum = (isnan(sum) ? 0 : sum) + dh_summary_value(page->summary, key);
    }
    return sum;
}

static void energy(struct page *page) {
    double all = value(page, "energy.facility_kwh");
    if (isnan(all))
        return;
    struct scale scale = all < 1e5   ? (struct scale){1, "kWh"}
                         : all < 1e9 ? (struct scale){1e-3, "MWh"}
                                     : (struct scale){1e-6, "GWh"};
    heading(page, "ENERGY", "energy", "mean power", "share");
    energy_row(page, 1, "IT equipment", value(page, "energy.it_kwh"), scale);
    energy_row(page, 1, "Cooling", value(page, "energy.cooling_kwh"), scale);
    energy_parts(page, "energy.parts.", "_kwh", scale);
    energy_row(page, 1, "Losses of the power tree", site_losses(page), scale);
    energy_parts(page, "energy.loss_kwh.", "", scale);
    energy_row(page, 1, "Lighting, offices, security", value(page, "energy.house_kwh"), scale);
    energy_row(page, 1, "Facility", all, scale);
    line(page, "PUE", value(page, "energy.pue"), 3, "");
    line(page, "PUE, worst interval", value(page, "energy.pue_max"), 3, "");
}

static void power(struct page *page) {
    double peak = value(page, "energy.peak_facility_kw"), limit = value(page, "facility.limit_kw");
    if (isnan(peak))
        return;
    heading(page, "POWER", "peak", "limit", "of limit");
    double it = value(page, "energy.peak_it_kw"), rated = value(page, "facility.it_rated_kw");
    if (!isnan(it)) {
        label(page, 1, "IT equipment");
        cell(page, it, 1, "kW");
        cell(page, rated, 1, "kW");
        percent(page, it / rated);
        end_line(page);
    }
    label(page, 1, "Facility");
    cell(page, peak, 1, "kW");
    cell(page, limit, 1, "kW");
    percent(page, peak / limit);
    end_line(page);
    const char *at = text(page, "energy.peak_at");
    if (at && strlen(at) >= 16) {
        label(page, 1, "Highest at");
        dh_text_printf(page->out, "%.10s %.5s UTC", at, at + 11);
        end_line(page);
    }
}

static void money(struct page *page) {
    double all = value(page, "cost.total"), hours = value(page, "gpus.hours_busy"),
           cloud = value(page, "burst.gpu_h");
    if (isnan(all))
        return;
    hours += isnan(cloud) ? 0 : cloud; /* as cost.per_gpu_hour: the total pays for both */
    static const struct {
        const char *key, *name;
    } parts[] = {
        {"cost.energy",      "Energy"         },
        {"cost.demand",      "Demand charges" },
        {"cost.fixed",       "Fixed charges"  },
        {"cost.carbon",      "Carbon price"   },
        {"cost.water",       "Water and sewer"},
        {"cost.capex",       "Capital"        },
        {"cost.maintenance", "Maintenance"    },
        {"cost.staff",       "Staff"          },
        {"cost.software",    "Software"       },
        {"cost.cloud",       "Cloud instances"},
        {"cost.egress",      "Cloud egress"   },
    };
    const char *currency = text(page, "cost.currency");
    if (!currency)
        currency = "USD";
    heading(page, "COST", currency, "share", "per GPU hour");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        double part = value(page, parts[i].key);
        if (isnan(part))
            continue;
        label(page, 1, parts[i].name);
        cell(page, part, 2, "");
        percent(page, all != 0 ? part / all : NAN);
        cell(page, part / hours, 4, "");
        end_line(page);
    }
    label(page, 1, "Total");
    cell(page, all, 2, "");
    percent(page, 1);
    double rate = value(page, "cost.per_gpu_hour");
    cell(page, isnan(rate) ? all / hours : rate, 4, "");
    end_line(page);
    char unit[32];
    snprintf(unit, sizeof unit, "%.20s/h", currency);
    line(page, "Site cost per GPU hour installed", value(page, "cost.per_gpu_hour_available"), 4, unit);
    snprintf(unit, sizeof unit, "%.20s/kWh", currency);
    line(page, "Electricity", value(page, "cost.energy_per_kwh"), 4, unit);
}

static void planet(struct page *page) {
    double location = value(page, "carbon.location_kg"), water = value(page, "energy.water_m3");
    double embodied = value(page, "carbon.embodied_kg");
    if (isnan(location) && isnan(water) && isnan(embodied))
        return;
    heading(page, "CARBON AND WATER", NULL, NULL, NULL);
    line(page, "Carbon, location-based", location / 1e3, 2, "t CO2e");
    line(page, "Carbon, market-based", value(page, "carbon.market_kg") / 1e3, 2, "t CO2e");
    line(page, "Carbon, embodied share", embodied / 1e3, 2, "t CO2e");
    line(page, "Mean carbon intensity", value(page, "carbon.mean_g_per_kwh"), 1, "g/kWh");
    line(page, "Gaps filled in the carbon series", value(page, "carbon.gap_hours"), 0, "h");
    line(page, "Water", water, 1, "m3");
    if (value(page, "water.evaporation_m3") > 0) {
        line(page, "  evaporated", value(page, "water.evaporation_m3"), 1, "m3");
        line(page, "  drift", value(page, "water.drift_m3"), 1, "m3");
        line(page, "  blowdown", value(page, "water.blowdown_m3"), 1, "m3");
    }
    line(page, "Water per IT energy (WUE)", value(page, "energy.wue_l_per_kwh"), 3, "L/kWh");
}

static void gpus(struct page *page) {
    if (isnan(value(page, "gpus.installed")))
        return;
    heading(page, "GPUS AND HEAT", NULL, NULL, NULL);
    line(page, "GPU hours used", value(page, "gpus.hours_busy"), 1, "h");
    line(page, "Utilization", 100 * value(page, "gpus.utilization"), 1, "%");
    line(page, "Goodput of used hours", 100 * value(page, "gpus.goodput"), 2, "%");
    line(page, "Availability", 100 * value(page, "gpus.availability"), 2, "%");
    line(page, "Hottest outdoor air", value(page, "thermal.max_dry_bulb_degc"), 1, "degC");
    line(page, "Hottest rack inlet", value(page, "thermal.max_inlet_degc"), 1, "degC");
    line(page, "Warmest coolant", value(page, "thermal.max_coolant_degc"), 1, "degC");
    line(page, "Hottest GPU junction", value(page, "thermal.max_junction_degc"), 1, "degC");
    line(page, "Free cooling", 100 * value(page, "thermal.free_cooling_share"), 1, "%");
    line(page, "Throttled by heat", value(page, "thermal.throttled_gpu_h"), 1, "GPU h");
    line(page, "Capped by power", value(page, "thermal.capped_gpu_h"), 1, "GPU h");
    line(page, "Mean clock of working GPUs", 100 * value(page, "thermal.mean_clock"), 2, "%");
}

static void spread(struct page *page, const char *name, const char *prefix) {
    static const char *const members[] = {"p50", "p95", "p99", "max", "mean"};
    char key[96];
    snprintf(key, sizeof key, "%s.mean", prefix);
    if (isnan(value(page, key)))
        return;
    dh_text_printf(page->out, "  %-18s", name);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        snprintf(key, sizeof key, "%s.%s", prefix, members[i]);
        duration_cell(page, value(page, key));
    }
    end_line(page);
}

static void jobs(struct page *page) {
    double submitted = value(page, "jobs.submitted");
    if (isnan(submitted))
        return;
    static const char *const states[] = {"completed", "failed",  "killed", "burst",
                                         "rejected",  "running", "queued", "preemptions"};
    heading(page, "JOBS", NULL, NULL, NULL);
    line(page, "submitted", submitted, 0, "");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        char key[64];
        snprintf(key, sizeof key, "jobs.%s", states[i]);
        double n = value(page, key);
        if (n > 0 || i == 0)
            line(page,
                 strcmp(states[i], "running") == 0  ? "still running at the end"
                 : strcmp(states[i], "queued") == 0 ? "still waiting at the end"
                 : strcmp(states[i], "burst") == 0  ? "sent to the cloud"
                                                    : states[i],
                 n, 0, "");
    }
    line(page, "longest queue", value(page, "jobs.max_queued"), 0, "");
    line(page, "mean bounded slowdown", value(page, "jobs.bounded_slowdown_mean"), 2, "");
    if (!isnan(value(page, "jobs.wait_s.mean"))) {
        paint(page, "2");
        dh_text_printf(page->out, "%20s%*s%*s%*s%*s%*s\n", "", COLUMN, "median", COLUMN, "95 %", COLUMN,
                       "99 %", COLUMN, "longest", COLUMN, "mean");
        paint(page, "0");
        spread(page, "wait", "jobs.wait_s");
        spread(page, "turnaround", "jobs.turnaround_s");
    }
}

static void services(struct page *page) {
    if (!list_text(page, "services", 0, "id"))
        return;
    dh_text_puts(page->out, "\n");
    paint(page, "1");
    dh_text_printf(page->out, "%-20s", "SERVICES");
    paint(page, "0;2");
    dh_text_printf(page->out, "%*s%*s%*s%*s%*s\n", COLUMN, "requests", COLUMN, "in objective", COLUMN,
                   "TTFT median", COLUMN, "TTFT 95 %", COLUMN, "tokens/s");
    paint(page, "0");
    for (int i = 0; list_text(page, "services", i, "id"); i++) {
        dh_text_printf(page->out, "  %-18.18s", list_text(page, "services", i, "id"));
        cell(page, list_value(page, "services", i, "requests"), 0, "");
        cell(page, 100 * list_value(page, "services", i, "slo_met"), 2, "%");
        duration_cell(page, list_value(page, "services", i, "ttft_s.p50"));
        duration_cell(page, list_value(page, "services", i, "ttft_s.p95"));
        cell(page, list_value(page, "services", i, "tokens_per_s"), 0, "");
        end_line(page);
    }
}

static void burst(struct page *page) {
    if (!(value(page, "jobs.burst") > 0) || isnan(value(page, "burst.gpu_h")))
        return;
    const char *currency = text(page, "cost.currency"), *provider = text(page, "burst.provider");
    char unit[32];
    snprintf(unit, sizeof unit, "%.20s/h", currency ? currency : "USD");
    heading(page, "CLOUD", NULL, NULL, NULL);
    if (provider)
        dh_text_printf(page->out, "  %-*s%s\n", LABEL - 2 + 1, "Provider", provider);
    line(page, "Jobs", value(page, "jobs.burst"), 0, "");
    line(page, "GPU hours", value(page, "burst.gpu_h"), 1, "h");
    line(page, "Hours with a job there", value(page, "burst.hours_active"), 1, "h");
    line(page, "Most GPUs at once", value(page, "burst.peak_gpus"), 0, "");
    line(page, "Data in", value(page, "burst.in_tb"), 3, "TB");
    line(page, "Data out", value(page, "burst.out_tb"), 3, "TB");
    line(page, "Cost with egress", value(page, "burst.usd_per_gpu_h"), 4, unit);
}

static void limits(struct page *page) {
    if (list_text(page, "constraints", 0, "name")) {
        heading(page, "WHAT BINDS", "hours", "stranded", NULL);
        for (int i = 0; list_text(page, "constraints", i, "name"); i++) {
            label(page, 1, list_text(page, "constraints", i, "name"));
            cell(page, list_value(page, "constraints", i, "hours_binding"), 1, "h");
            cell(page, list_value(page, "constraints", i, "stranded_kw"), 1, "kW");
            end_line(page);
        }
    }
    if (list_text(page, "violations", 0, "kind")) {
        heading(page, "LIMITS CROSSED", "times", "worst", NULL);
        for (int i = 0; list_text(page, "violations", i, "kind"); i++) {
            label(page, 1, list_text(page, "violations", i, "kind"));
            cell(page, list_value(page, "violations", i, "count"), 0, "");
            percent(page, list_value(page, "violations", i, "worst"));
            const char *at = list_text(page, "violations", i, "at");
            if (at)
                dh_text_printf(page->out, "   %.10s %.5s UTC", at, strlen(at) > 15 ? at + 11 : "");
            end_line(page);
        }
    }
}

static void audit(struct page *page) {
    static const char *const books[] = {"energy", "heat", "water", "gpu_hours", "bill"};
    bool first = true;
    for (size_t i = 0; i < sizeof books / sizeof *books; i++) {
        char key[64], name[32];
        snprintf(key, sizeof key, "audit.%s", books[i]);
        double residual = value(page, key);
        if (isnan(residual))
            continue;
        if (first)
            heading(page, "DOES IT ADD UP", "in-out", NULL, NULL);
        first = false;
        snprintf(name, sizeof name, "%s", strcmp(books[i], "gpu_hours") == 0 ? "GPU hours" : books[i]);
        label(page, 1, name);
        dh_text_printf(page->out, "%*.1e", COLUMN, residual);
        bool closes = fabs(residual) <= 1e-9; /* VERIFY: each book closes to 1e-9 of what went in */
        if (!closes)
            paint(page, "1;31");
        dh_text_puts(page->out, closes ? "   closes" : "   DOES NOT CLOSE");
        if (!closes)
            paint(page, "0");
        end_line(page);
    }
}

static void origin(struct page *page) {
    for (int i = 0; list_text(page, "assumptions", i, "text"); i++) {
        if (i == 0)
            heading(page, "ASSUMPTIONS", NULL, NULL, NULL);
        const char *where = list_text(page, "assumptions", i, "where");
        char first[128];
        snprintf(first, sizeof first, "  %.100s%s", where ? where : "-", where ? ":" : "");
        wrapped(page, 0, first, 4, list_text(page, "assumptions", i, "text"));
    }
    heading(page, "WHERE THIS COMES FROM", NULL, NULL, NULL);
    const char *version = text(page, "provenance.version"), *sha = text(page, "scenario.sha256");
    if (version)
        dh_text_printf(page->out, "  datahall %s", version);
    if (sha)
        dh_text_printf(page->out, "%sscenario SHA-256 %s", version ? ", " : "  ", sha);
    dh_text_puts(page->out, "\n");
    for (int i = 0; list_text(page, "provenance.inputs", i, "path"); i++) {
        const char *hash = list_text(page, "provenance.inputs", i, "sha256");
        dh_text_printf(page->out, "  %-*s%.16s\n", LABEL, list_text(page, "provenance.inputs", i, "path"),
                       hash ? hash : "");
    }
}

enum dh_err dh_report_text_write(const struct dh_summary *summary, const struct dh_report_style *style,
                                 struct dh_text *out) {
    struct page page = {.summary = summary, .out = out};
    if (style)
        page.style = *style;
    if (page.style.width == 0)
        page.style.width = 100;
    page.style.width = page.style.width < 60 ? 60 : page.style.width > 240 ? 240 : page.style.width;
    title(&page);
    verdict(&page);
    energy(&page);
    power(&page);
    money(&page);
    if (!page.style.brief)
        planet(&page);
    if (!page.style.brief)
        gpus(&page);
    jobs(&page);
    services(&page);
    if (!page.style.brief) {
        burst(&page);
        limits(&page);
        audit(&page);
        origin(&page);
    }
    dh_arena_free(&page.mem);
    return out->failed ? DH_ERR_MEMORY : DH_OK;
}
