/* The head of a report: what was run, the verdict, and a line each for power, energy, cost, jobs, services
 * and what held work back. */
#include "output/report_glance.h"

#include "output/blast.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void title(struct dh_page *page) {
    char number[64], room[64];
    struct dh_text line = {0};
    const char *name = dh_page_text(page, "scenario.name"), *about = dh_page_text(page, "scenario.title");
    const char *start = dh_page_text(page, "scenario.start");
    if (start)
        dh_text_printf(&line, "%.10s %.5s UTC, ", start, strlen(start) > 15 ? start + 11 : "00:00");
    dh_text_puts(&line, dh_page_duration(room, dh_page_value(page, "scenario.duration_s")));
    double gpus = dh_page_value(page, "gpus.installed"), racks = dh_page_value(page, "facility.racks");
    if (!isnan(gpus))
        dh_text_printf(&line, ", %s GPUs", dh_page_grouped(number, gpus, 0));
    if (!isnan(racks))
        dh_text_printf(&line, " in %s rack%s", dh_page_grouped(number, racks, 0), racks == 1 ? "" : "s");
    double seed = dh_page_value(page, "scenario.seed");
    if (!isnan(seed))
        dh_text_printf(&line, ", seed %.0f", seed);
    page->form->title(page, name ? name : "a run", about, line.at ? line.at : "");
    dh_text_free(&line);
}

static double simulated_s(const struct dh_page *page) {
    double s = dh_page_value(page, "simulated_s");
    return isnan(s) ? dh_page_value(page, "scenario.duration_s") : s;
}

/* What GPUs that jobs held waited for most, where that is worth a sentence. */
static bool put_waits(struct dh_page *page, struct dh_text *says) {
    static const struct {
        const char *key, *text;
    } waits[] = {
        {"gpu_time.network_h",    "the network"           },
        {"gpu_time.data_h",       "data"                  },
        {"gpu_time.checkpoint_h", "checkpoints"           },
        {"gpu_time.restart_h",    "restarts"              },
        {"gpu_time.heat_h",       "clocks lowered by heat"},
    };
    double held = dh_page_value(page, "gpus.hours_busy"), most = 0;
    const char *what = NULL;
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        double hours = dh_page_value(page, waits[i].key);
        if (hours > most) {
            most = hours;
            what = waits[i].text;
        }
    }
    if (!(most > 0.02 * held)) /* 2 %: less is no finding */
        return false;
    dh_text_printf(says, "GPUs that jobs held lost %.1f %% of that time to %s. ", 100 * most / held, what);
    return true;
}

/* ---- the verdict: does it hold, and what holds work back */

static void verdict(struct dh_page *page) {
    struct dh_text says = {0};
    char room[64];
    const char *status = dh_page_text(page, "status"), *word = "WITHIN LIMITS";
    enum dh_tone tone = DH_TONE_GOOD;
    const char *binding = dh_page_list_text(page, "constraints", 0, "name");
    double bound_h = dh_page_list_value(page, "constraints", 0, "hours_binding");
    bool stopped = status && strcmp(status, "complete") != 0, any_limit = false;
    int crossed = 0;
    for (int i = 0; dh_page_list_text(page, "violations", i, "kind"); i++)
        crossed += dh_page_list_value(page, "violations", i, "count") > 0;
    any_limit = !isnan(dh_page_value(page, "facility.limit_kw"));
    if (stopped)
        dh_text_printf(&says, "Stopped after %s; all figures cover that time only. ",
                       dh_page_duration(room, dh_page_value(page, "simulated_s")));
    if (crossed > 0) {
        word = "LIMITS CROSSED";
        tone = DH_TONE_BAD;
        dh_text_printf(&says, "%d limit%s crossed, first %s (%.1f %%). ", crossed, crossed > 1 ? "s" : "",
                       dh_page_list_text(page, "violations", 0, "kind"),
                       100 * dh_page_list_value(page, "violations", 0, "worst"));
    } else if (!any_limit) {
        word = "COMPLETE";
    }
    if (binding && bound_h > 0) {
        if (crossed == 0)
            tone = DH_TONE_FAIR;
        dh_text_printf(&says, "Work was held back most by %s: %s h, %.1f %% of the time. ",
                       strcmp(binding, "gpus") == 0 ? "too few GPUs" : binding,
                       dh_page_grouped(room, bound_h, bound_h < 10 ? 1 : 0),
                       100 * bound_h / (simulated_s(page) / 3600));
    }
    bool waits = put_waits(page, &says);
    if (waits && crossed == 0 && tone == DH_TONE_GOOD)
        tone = DH_TONE_FAIR;
    if (!waits && !(binding && bound_h > 0) && crossed == 0 && any_limit)
        dh_text_puts(&says, "Nothing held work back. ");
    if (stopped) {
        word = "INTERRUPTED";
        tone = DH_TONE_BAD;
    }
    page->form->verdict(page, tone, word, says.at ? says.at : "");
    dh_text_free(&says);
}

/* ---- one line for each question */

static const char *const WATTS[] = {"kW", "MW", "GW", "TW"};
static const char *const WATT_HOURS[] = {"kWh", "MWh", "GWh", "TWh"};

static void row(struct dh_page *page, const char *name, struct dh_text *says) {
    if (says->at && says->n > 0)
        page->form->glance(page, name, says->at);
    dh_text_free(says);
    *says = (struct dh_text){0};
}

static void put_power(struct dh_page *page, struct dh_text *says) {
    char room[64], other[64];
    double peak = dh_page_value(page, "energy.peak_facility_kw"),
           limit = dh_page_value(page, "facility.limit_kw");
    double mean = dh_page_value(page, "energy.mean_facility_kw");
    const char *at = dh_page_text(page, "energy.peak_at");
    if (isnan(peak))
        return;
    double grid = dh_page_value(page, "energy.peak_grid_kw");
    dh_text_printf(says, "peak %s", dh_page_short(room, peak, WATTS));
    if (!isnan(limit) && isnan(grid))
        dh_text_printf(says, ", %.1f %% of the %s limit", 100 * peak / limit,
                       dh_page_short(other, limit, WATTS));
    if (at && strlen(at) >= 16)
        dh_text_printf(says, ", on %.10s at %.5s UTC", at, at + 11);
    if (!isnan(grid)) { /* not of the same instant: own sources gave the rest */
        dh_text_printf(says, "; from the grid %s at most", dh_page_short(room, grid, WATTS));
        if (!isnan(limit))
            dh_text_printf(says, ", %.1f %% of the %s limit", 100 * grid / limit,
                           dh_page_short(other, limit, WATTS));
    }
    if (!isnan(mean))
        dh_text_printf(says, "; mean %s", dh_page_short(room, mean, WATTS));
}

static void put_quantity(const struct dh_page *page, struct dh_text *says, double v, const char *unit,
                         int decimals, const char *more) {
    char room[64];
    unit = dh_page_unit(page, &v, unit);
    dh_text_printf(says, "; %s %s%s", dh_page_grouped(room, v, decimals), unit, more);
}

static void put_energy(struct dh_page *page, struct dh_text *says) {
    char room[64];
    double all = dh_page_value(page, "energy.facility_kwh"), pue = dh_page_value(page, "energy.pue");
    double carbon = dh_page_value(page, "carbon.location_kg"), water = dh_page_value(page, "energy.water_m3");
    if (isnan(all))
        return;
    dh_text_puts(says, dh_page_short(room, all, WATT_HOURS));
    if (!isnan(pue))
        dh_text_printf(says, ", PUE %.3f%s", pue,
                       isnan(dh_page_value(page, "energy.cooling_kwh"))
                           ? " without cooling, which is not modelled"
                           : "");
    if (!isnan(carbon))
        put_quantity(page, says, carbon / 1000, "t CO2e", carbon < 1e5 ? 1 : 0, "");
    if (!isnan(water))
        put_quantity(page, says, water, "m3", water < 100 ? 1 : 0, " of water");
}

static void put_cost(struct dh_page *page, struct dh_text *says) {
    char room[64];
    const char *currency = dh_page_text(page, "cost.currency");
    double all = dh_page_value(page, "cost.total"), rate = dh_page_value(page, "cost.per_gpu_hour");
    double power = dh_page_value(page, "cost.energy") + dh_page_value(page, "cost.demand");
    double capital = dh_page_value(page, "cost.capex"), cloud = dh_page_value(page, "cost.cloud");
    if (isnan(all))
        return;
    if (!currency)
        currency = "USD";
    dh_text_printf(says, "%s%s",
                   dh_page_short(room, all / 1000, (const char *const[]){"k ", "M ", "G ", "T "}), currency);
    if (all < 1000) {
        dh_text_free(says);
        *says = (struct dh_text){0};
        dh_text_printf(says, "%s %s", dh_page_grouped(room, all, 2), currency);
    }
    if (!isnan(rate))
        dh_text_printf(says, ", %.2f per GPU hour used", rate);
    if (!isnan(capital))
        dh_text_printf(says, "; capital %.1f %%", 100 * capital / all);
    if (!isnan(power))
        dh_text_printf(says, "%selectricity %.1f %%", isnan(capital) ? "; " : ", ", 100 * power / all);
    if (cloud > 0)
        dh_text_printf(says, ", cloud %.1f %%", 100 * cloud / all);
}

static void put_jobs(struct dh_page *page, struct dh_text *says) {
    char room[64];
    double submitted = dh_page_value(page, "jobs.submitted"), done = dh_page_value(page, "jobs.completed");
    double burst = dh_page_value(page, "jobs.burst"), half = dh_page_value(page, "jobs.wait_s.p50");
    double most = dh_page_value(page, "jobs.wait_s.p95");
    if (isnan(submitted))
        return;
    dh_text_printf(says, "%s submitted", dh_page_grouped(room, submitted, 0));
    if (!isnan(done))
        dh_text_printf(says, ", %s completed", dh_page_grouped(room, done, 0));
    if (burst > 0)
        dh_text_printf(says, " (%s in the cloud)", dh_page_grouped(room, burst, 0));
    if (most == 0)
        dh_text_puts(says, "; 95 % start at once");
    else if (!isnan(most))
        dh_text_printf(says, "; 95 %% start within %s, half %s%s", dh_page_wait(room, most),
                       half > 0 ? "within " : "at once", "");
    if (most > 0 && half > 0)
        dh_text_puts(says, dh_page_wait(room, half));
}

static void put_gpus(struct dh_page *page, struct dh_text *says) {
    double use = dh_page_value(page, "gpus.utilization"), clock = dh_page_value(page, "thermal.mean_clock");
    double hot = dh_page_value(page, "thermal.throttled_gpu_h"),
           capped = dh_page_value(page, "thermal.capped_gpu_h");
    if (isnan(use))
        return;
    dh_text_printf(says, "%.1f %% of the hours used", 100 * use);
    if (hot > 0 || capped > 0)
        dh_text_printf(says, ", slowed %s to a mean clock of %.2f %%",
                       hot > 0 && capped > 0 ? "by heat and the power limit"
                       : hot > 0             ? "by heat"
                                             : "by the power limit",
                       100 * clock);
}

static void put_services(struct dh_page *page, struct dh_text *says) {
    for (int i = 0; dh_page_list_text(page, "services", i, "id"); i++) {
        double met = dh_page_list_value(page, "services", i, "slo_met");
        if (!isnan(met))
            dh_text_printf(says, "%s%s %.2f %%", says->n > 0 ? ", " : "",
                           dh_page_list_text(page, "services", i, "id"), 100 * met);
    }
    if (says->n > 0)
        dh_text_puts(says, " of the requests within their objective");
}

void dh_report_glance_head(struct dh_page *page) {
    title(page);
    verdict(page);
}

void dh_report_glance_lines(struct dh_page *page) {
    struct dh_text says = {0};
    put_power(page, &says);
    row(page, "Power", &says);
    put_energy(page, &says);
    row(page, "Energy", &says);
    put_cost(page, &says);
    row(page, "Cost", &says);
    put_jobs(page, &says);
    row(page, "Jobs", &says);
    put_gpus(page, &says);
    row(page, "GPUs", &says);
    put_services(page, &says);
    row(page, "Services", &says);
    enum { MOST_TRIPS = 3 };
    for (int i = 0; i < MOST_TRIPS && dh_page_list_text(page, "blast", i, "trip"); i++) {
        dh_report_blast_line(page, i, &says);
        row(page, "What if", &says);
    }
}

void dh_report_glance(struct dh_page *page) {
    dh_report_glance_head(page);
    dh_report_glance_lines(page);
}
