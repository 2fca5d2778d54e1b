#include "output/report_text.h"

#include "output/report_facility.h"
#include "output/blast.h"
#include "output/report_glance.h"
#include "output/report_page.h"
#include "sim/diag.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One unit for the whole energy table, so that its rows compare at a glance. */
struct scale {
    double per_kwh;
    const char *energy;
};

static void energy_row(struct dh_page *page, int depth, const char *name, double kwh, struct scale scale) {
    double all = dh_page_value(page, "energy.facility_kwh"), s = dh_page_value(page, "simulated_s");
    if (isnan(kwh))
        return;
    if (isnan(s))
        s = dh_page_value(page, "scenario.duration_s");
    dh_page_label(page, depth, name);
    dh_page_cell(page, kwh * scale.per_kwh, scale.per_kwh < 1e-4 ? 3 : 1, scale.energy);
    dh_page_cell(page, kwh / (s / 3600), 1, "kW");
    dh_page_percent(page, all > 0 ? kwh / all : NAN);
    dh_page_end_line(page);
}

/* What a part or a power stage is called on paper. */
static const char *said(const char *name) {
    static const struct {
        const char *key, *name;
    } names[] = {
        {"chiller",       "chillers"               },
        {"tower_fan",     "tower fans"             },
        {"chw_pump",      "chilled-water pumps"    },
        {"air_handler",   "air handlers"           },
        {"cooler_fan",    "dry-cooler fans"        },
        {"facility_pump", "facility-water pumps"   },
        {"cdu_pump",      "CDU pumps"              },
        {"utility",       "utility"                },
        {"transformer",   "transformers"           },
        {"ups",           "UPS"                    },
        {"pdu",           "distribution"           },
        {"rack_supply",   "lost in rack supplies"  },
        {"node",          "lost in node converters"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].key, name) == 0)
            return names[i].name;
    return name;
}

static bool inside_it(const char *stage) {
    return strcmp(stage, "rack_supply") == 0 || strcmp(stage, "node") == 0;
}

/* All keys "prefix.NAME" as rows; the suffix is cut off. Parts of nothing are left out. */
static void energy_parts(struct dh_page *page, const char *prefix, const char *suffix, bool inside,
                         struct scale scale) {
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
        double kwh = dh_summary_value(page->summary, entry->key);
        if (kwh != 0 && inside_it(name) == inside)
            energy_row(page, 2, said(name), kwh, scale);
    }
}

/* Losses outside the racks: those that facility energy has and IT energy has not. */
static double site_losses(const struct dh_page *page) {
    double sum = NAN;
    for (int32_t i = 0; i < page->summary->n_entry; i++) {
        const char *key = page->summary->entries[i].key;
        if (strncmp(key, "energy.loss_kwh.", 16) != 0 || inside_it(key + 16))
            continue;
        sum = (isnan(sum) ? 0 : sum) + dh_summary_value(page->summary, key);
    }
    return sum;
}

/* One unit for all energies of a report. */
static struct scale scale_of(const struct dh_page *page) {
    double all = dh_page_value(page, "energy.facility_kwh");
    return all < 1e5   ? (struct scale){1, "kWh"}
           : all < 1e9 ? (struct scale){1e-3, "MWh"}
                       : (struct scale){1e-6, "GWh"};
}

static void energy(struct dh_page *page) {
    double all = dh_page_value(page, "energy.facility_kwh");
    if (isnan(all))
        return;
    struct scale scale = scale_of(page);
    dh_page_heading(page, "ENERGY", "energy", "mean power", "of facility");
    energy_row(page, 1, "IT equipment", dh_page_value(page, "energy.it_kwh"), scale);
    energy_parts(page, "energy.loss_kwh.", "", true, scale);
    energy_row(page, 1, "Cooling", dh_page_value(page, "energy.cooling_kwh"), scale);
    energy_parts(page, "energy.parts.", "_kwh", false, scale);
    energy_row(page, 1, "Losses of the power tree", site_losses(page), scale);
    energy_parts(page, "energy.loss_kwh.", "", false, scale);
    energy_row(page, 1, "Lighting, offices, security", dh_page_value(page, "energy.house_kwh"), scale);
    energy_row(page, 1, "Facility", all, scale);
    dh_page_line(page, "PUE", dh_page_value(page, "energy.pue"), 3, "");
    dh_page_line(page, "PUE, worst interval", dh_page_value(page, "energy.pue_max"), 3, "");
}

static void power(struct dh_page *page) {
    double peak = dh_page_value(page, "energy.peak_facility_kw"),
           limit = dh_page_value(page, "facility.limit_kw");
    if (isnan(peak))
        return;
    dh_page_heading(page, "POWER", "peak", "limit", "of limit");
    double it = dh_page_value(page, "energy.peak_it_kw"), rated = dh_page_value(page, "facility.it_rated_kw");
    if (!isnan(it)) {
        dh_page_label(page, 1, "IT equipment");
        dh_page_cell(page, it, 1, "kW");
        dh_page_cell(page, rated, 1, "kW");
        dh_page_percent(page, it / rated);
        dh_page_end_line(page);
    }
    double grid =
        dh_page_value(page, "energy.peak_grid_kw"); /* what its own sources leave to the utilities */
    dh_page_label(page, 1, "Facility");
    dh_page_cell(page, peak, 1, "kW");
    if (isnan(grid)) {
        dh_page_cell(page, limit, 1, "kW");
        dh_page_percent(page, peak / limit);
    }
    dh_page_end_line(page);
    if (!isnan(grid)) {
        dh_page_label(page, 1, "From the grid");
        dh_page_cell(page, grid, 1, "kW");
        dh_page_cell(page, limit, 1, "kW");
        dh_page_percent(page, grid / limit);
        dh_page_end_line(page);
    }
    const char *at = dh_page_text(page, "energy.peak_at");
    if (at && strlen(at) >= 16) {
        dh_page_label(page, 1, "Highest at");
        dh_text_printf(page->out, "%.10s %.5s UTC", at, at + 11);
        dh_page_end_line(page);
    }
}

static void money(struct dh_page *page) {
    double all = dh_page_value(page, "cost.total"), hours = dh_page_value(page, "gpus.hours_busy");
    if (isnan(all))
        return;
    static const struct {
        const char *key, *name;
    } parts[] = {
        {"cost.energy",        "Energy"                  },
        {"cost.demand",        "Demand charges"          },
        {"cost.fixed",         "Fixed charges"           },
        {"cost.carbon",        "Carbon price"            },
        {"cost.water",         "Water and sewer"         },
        {"cost.fuel",          "Fuel"                    },
        {"cost.onsite_upkeep", "Upkeep of turbines"      },
        {"cost.export",        "Energy given to the grid"},
        {"cost.response",      "Requests of the grid"    },
        {"cost.capex",         "Capital"                 },
        {"cost.maintenance",   "Maintenance"             },
        {"cost.staff",         "Staff"                   },
        {"cost.software",      "Software"                },
        {"cost.cloud",         "Cloud instances"         },
        {"cost.egress",        "Cloud egress"            },
    };
    const char *currency = dh_page_text(page, "cost.currency");
    if (!currency)
        currency = "USD";
    /* Each place's costs over the hours worked there: cloud hours would flatter the site, and the other way
     * round. */
    double cloud_hours = dh_page_value(page, "burst.gpu_h"), site = all;
    int decimals = all < 1e5 ? 2 : 0;
    dh_page_heading(page, "COST", currency, "share", "per GPU hour");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        double part = dh_page_value(page, parts[i].key);
        bool there = strcmp(parts[i].key, "cost.cloud") == 0 || strcmp(parts[i].key, "cost.egress") == 0;
        if (isnan(part) || part == 0)
            continue;
        site -= there ? part : 0;
        dh_page_label(page, 1, parts[i].name);
        dh_page_cell(page, part, decimals, "");
        dh_page_percent(page, all != 0 ? part / all : NAN);
        dh_page_cell(page, part / (there ? cloud_hours : hours), 4, "");
        dh_page_end_line(page);
    }
    dh_page_label(page, 1, "Total");
    dh_page_cell(page, all, decimals, "");
    dh_page_percent(page, 1);
    dh_page_cell(page, dh_page_value(page, "cost.per_gpu_hour"), 4, "");
    dh_page_end_line(page);
    char unit[32];
    snprintf(unit, sizeof unit, "%.20s/h", currency);
    if (site != all)
        dh_page_line(page, "Site, per GPU hour used there", site / hours, 4, unit);
    dh_page_line(page, "Site, per GPU hour installed", dh_page_value(page, "cost.per_gpu_hour_available"), 4,
                 unit);
    snprintf(unit, sizeof unit, "%.20s/kWh", currency);
    dh_page_line(page, "Electricity, with demand charges", dh_page_value(page, "cost.energy_per_kwh"), 4,
                 unit);
}

static void planet(struct dh_page *page) {
    double location = dh_page_value(page, "carbon.location_kg"),
           water = dh_page_value(page, "energy.water_m3");
    double embodied = dh_page_value(page, "carbon.embodied_kg");
    if (isnan(location) && isnan(water) && isnan(embodied))
        return;
    dh_page_heading(page, "CARBON AND WATER", NULL, NULL, NULL);
    dh_page_line(page, "Carbon, location-based", location / 1e3, 1, "t CO2e");
    dh_page_line(page, "Carbon, market-based", dh_page_value(page, "carbon.market_kg") / 1e3, 1, "t CO2e");
    dh_page_line(page, "Carbon, direct (scope 1)", dh_page_value(page, "carbon.scope1_kg") / 1e3, 1,
                 "t CO2e");
    dh_page_line(page, "Carbon, embodied, written off", embodied / 1e3, 1, "t CO2e");
    dh_page_line(page, "Mean carbon intensity", dh_page_value(page, "carbon.mean_g_per_kwh"), 1, "g/kWh");
    dh_page_line(page, "Gaps filled in carbon series", dh_page_value(page, "carbon.gap_hours"), 0, "h");
    dh_page_line(page, "Water", water, 1, "m3");
    if (dh_page_value(page, "water.evaporation_m3") > 0) {
        dh_page_line(page, "  evaporated", dh_page_value(page, "water.evaporation_m3"), 1, "m3");
        dh_page_line(page, "  drift", dh_page_value(page, "water.drift_m3"), 1, "m3");
        dh_page_line(page, "  blowdown", dh_page_value(page, "water.blowdown_m3"), 1, "m3");
    }
    dh_page_line(page, "Water per IT energy (WUE)", dh_page_value(page, "energy.wue_l_per_kwh"), 3, "L/kWh");
}

static void gpus(struct dh_page *page) {
    if (isnan(dh_page_value(page, "gpus.installed")))
        return;
    double goodput = dh_page_value(page, "gpus.goodput"), hours = dh_page_value(page, "gpus.hours_busy");
    dh_page_heading(page, "GPUS AND HEAT", NULL, NULL, NULL);
    dh_page_line(page, "GPU hours used", hours, hours < 1e5 ? 1 : 0, "h");
    dh_page_line(page, "Utilization", 100 * dh_page_value(page, "gpus.utilization"), 1, "%");
    if (goodput < 0.99995) /* slowed or repeated work; else it says nothing */
        dh_page_line(page, "Work done of full speed (goodput)", 100 * goodput, 2, "%");
    dh_page_line(page, "Availability", 100 * dh_page_value(page, "gpus.availability"), 2, "%");
    dh_page_line(page, "Effective training time (ETTR)", 100 * dh_page_value(page, "gpus.ettr"), 2, "%");
    dh_page_line(page, "Not yet energized", dh_page_value(page, "gpus.waiting_h"), 1, "GPU h");
    dh_page_line(page, "Down", dh_page_value(page, "gpus.down_h"), 1, "GPU h");
    dh_page_line(page, "Work lost by failures", dh_page_value(page, "gpus.lost_work_h"), 1, "GPU h");
    dh_page_line(page, "Checkpoints and restarts", dh_page_value(page, "gpus.overhead_h"), 1, "GPU h");
    dh_page_line(page, "GPU time below full clock, heat", dh_page_value(page, "thermal.throttled_gpu_h"), 1,
                 "GPU h");
    dh_page_line(page, "GPU time below full clock, power", dh_page_value(page, "thermal.capped_gpu_h"), 1,
                 "GPU h");
    dh_page_line(page, "Mean clock of working GPUs", 100 * dh_page_value(page, "thermal.mean_clock"), 2, "%");
    dh_page_line(page, "Hottest outdoor air", dh_page_value(page, "thermal.max_dry_bulb_degc"), 1, "degC");
    dh_page_line(page, "Hottest rack inlet", dh_page_value(page, "thermal.max_inlet_degc"), 1, "degC");
    dh_page_line(page, "Warmest coolant", dh_page_value(page, "thermal.max_coolant_degc"), 1, "degC");
    dh_page_line(page, "Hottest GPU junction", dh_page_value(page, "thermal.max_junction_degc"), 1, "degC");
    dh_page_line(page, "Chilled water by free cooling",
                 100 * dh_page_value(page, "thermal.free_cooling_share"), 1, "%");
}

/* GPU hours that failures took from jobs, by cause. */
static void causes(struct dh_page *page) {
    const char *name;
    for (int i = 0; (name = dh_page_list_text(page, "causes", i, "name")); i++) {
        char label[80];
        if (i == 0)
            dh_page_heading(page, "GPU HOURS TAKEN BY FAILURES", "to do again", "restarts", "waiting");
        snprintf(label, sizeof label, "%.0f x %.60s", dh_page_list_value(page, "causes", i, "jobs_hit"),
                 name);
        dh_page_label(page, 0, label);
        dh_page_cell(page, dh_page_list_value(page, "causes", i, "lost_work_h"), 1, "h");
        dh_page_cell(page, dh_page_list_value(page, "causes", i, "restart_h"), 1, "h");
        dh_page_cell(page, dh_page_list_value(page, "causes", i, "waiting_h"), 1, "h");
        dh_page_end_line(page);
    }
}

static void spread(struct dh_page *page, const char *name, const char *prefix) {
    static const char *const members[] = {"p50", "p95", "p99", "max", "mean"};
    char key[96];
    snprintf(key, sizeof key, "%s.mean", prefix);
    if (isnan(dh_page_value(page, key)))
        return;
    dh_text_printf(page->out, "  %-18s", name);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        snprintf(key, sizeof key, "%s.%s", prefix, members[i]);
        dh_page_wait_cell(page, dh_page_value(page, key));
    }
    dh_page_end_line(page);
}

static void kwh(struct dh_page *page, const char *name, const char *key) {
    struct scale scale = scale_of(page);
    dh_page_line(page, name, dh_page_value(page, key) * scale.per_kwh, 1, scale.energy);
}

static void onsite(struct dh_page *page) {
    if (isnan(dh_page_value(page, "energy.grid_kwh")) && isnan(dh_page_value(page, "signals.hours")))
        return;
    dh_page_heading(page, "ON SITE", NULL, NULL, NULL);
    kwh(page, "From the grid, net", "energy.grid_kwh");
    kwh(page, "Given to the grid", "energy.export_kwh");
    kwh(page, "Solar", "energy.solar_kwh");
    kwh(page, "  turned down", "energy.solar_curtailed_kwh");
    kwh(page, "Turbines", "energy.turbine_kwh");
    kwh(page, "  fuel", "energy.fuel_kwh");
    kwh(page, "Storage, given", "energy.storage_discharge_kwh");
    kwh(page, "  taken", "energy.storage_charge_kwh");
    kwh(page, "  lost", "energy.storage_loss_kwh");
    dh_page_line(page, "  full cycles", dh_page_value(page, "energy.storage_cycles"), 1, "");
    dh_page_line(page, "Carbon-free by own means", 100 * dh_page_value(page, "carbon.cfe_score"), 1, "%");
    dh_page_line(page, "Requests of the grid", dh_page_value(page, "signals.hours"), 1, "h");
    kwh(page, "  energy below the baseline", "signals.below_baseline_kwh");
    kwh(page, "  energy above the limit", "signals.above_limit_kwh");
}

static void jobs(struct dh_page *page) {
    double submitted = dh_page_value(page, "jobs.submitted");
    if (isnan(submitted))
        return;
    static const char *const states[] = {"completed", "failed",  "killed", "burst",
                                         "rejected",  "running", "queued", "preemptions"};
    dh_page_heading(page, "JOBS", NULL, NULL, NULL);
    dh_page_line(page, "submitted", submitted, 0, "");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        char key[64];
        snprintf(key, sizeof key, "jobs.%s", states[i]);
        double n = dh_page_value(page, key);
        if (n > 0 || i == 0)
            dh_page_line(page,
                         strcmp(states[i], "running") == 0     ? "still running at the end"
                         : strcmp(states[i], "queued") == 0    ? "still waiting at the end"
                         : strcmp(states[i], "burst") == 0     ? "sent to the cloud"
                         : strcmp(states[i], "killed") == 0    ? "ended at their requested time"
                         : strcmp(states[i], "rejected") == 0  ? "too large ever to start"
                         : strcmp(states[i], "completed") == 0 ? "completed"
                                                               : states[i],
                         n, 0, "");
    }
    dh_page_line(page, "longest queue", dh_page_value(page, "jobs.max_queued"), 0, "");
    dh_page_line(page, "mean bounded slowdown", dh_page_value(page, "jobs.bounded_slowdown_mean"), 2, "");
    if (!isnan(dh_page_value(page, "jobs.wait_s.mean"))) {
        dh_page_paint(page, "2");
        dh_text_printf(page->out, "%20s%*s%*s%*s%*s%*s\n", "", DH_PAGE_COLUMN, "median", DH_PAGE_COLUMN,
                       "95 %", DH_PAGE_COLUMN, "99 %", DH_PAGE_COLUMN, "longest", DH_PAGE_COLUMN, "mean");
        dh_page_paint(page, "0");
        spread(page, "wait", "jobs.wait_s");
        spread(page, "turnaround", "jobs.turnaround_s");
    }
}

/* What the step of a stream that trains rests on. */
static void training(struct dh_page *page, int i) {
    const char *plan = dh_page_list_text(page, "streams", i, "plan");
    if (!plan)
        return;
    dh_page_paint(page, "2");
    char gpus[40];
    snprintf(gpus, sizeof gpus, "    %.0f GPUs:", dh_page_list_value(page, "streams", i, "plan_gpus"));
    dh_page_wrapped(page, 0, gpus, 6, plan);
    dh_text_printf(page->out,
                   "    step %.4g s (90 %% of measured: %.3g to %.3g s); %.0f tokens/s a GPU, MFU %.1f %%\n",
                   dh_page_list_value(page, "streams", i, "step_s"),
                   dh_page_list_value(page, "streams", i, "step_low_s"),
                   dh_page_list_value(page, "streams", i, "step_high_s"),
                   dh_page_list_value(page, "streams", i, "tokens_per_s_per_gpu"),
                   100 * dh_page_list_value(page, "streams", i, "mfu"));
    dh_page_paint(page, "0");
}

/* Of several streams, or one that trains, what each was about. */
static void streams(struct dh_page *page) {
    if (!dh_page_list_text(page, "streams", 1, "id") && !dh_page_list_text(page, "streams", 0, "plan"))
        return;
    dh_text_puts(page->out, "\n");
    dh_page_paint(page, "1");
    dh_text_printf(page->out, "%-20s", "STREAMS OF JOBS");
    dh_page_paint(page, "0;2");
    dh_text_printf(page->out, "%*s%*s%*s%*s%*s\n", DH_PAGE_COLUMN, "jobs", DH_PAGE_COLUMN, "done",
                   DH_PAGE_COLUMN, "GPU-hours", DH_PAGE_COLUMN, "goodput", DH_PAGE_COLUMN, "IT energy");
    dh_page_paint(page, "0");
    for (int i = 0; dh_page_list_text(page, "streams", i, "id"); i++) {
        dh_text_printf(page->out, "  %-18.18s", dh_page_list_text(page, "streams", i, "id"));
        dh_page_cell(page, dh_page_list_value(page, "streams", i, "jobs"), 0, "");
        dh_page_cell(page, dh_page_list_value(page, "streams", i, "completed"), 0, "");
        dh_page_cell(page, dh_page_list_value(page, "streams", i, "gpu_h"), 0, "");
        dh_page_cell(page, 100 * dh_page_list_value(page, "streams", i, "goodput"), 1, "%");
        dh_page_cell(page, dh_page_list_value(page, "streams", i, "energy_kwh") / 1e3, 1, "MWh");
        dh_page_end_line(page);
        training(page, i);
    }
}

static void service_head(struct dh_page *page, const char *title, const char *const columns[5]) {
    dh_text_puts(page->out, "\n");
    dh_page_paint(page, "1");
    dh_text_printf(page->out, "%-20s", title);
    dh_page_paint(page, "0;2");
    for (int c = 0; c < 5; c++)
        dh_text_printf(page->out, "%*s", DH_PAGE_COLUMN, columns[c]);
    dh_text_puts(page->out, "\n");
    dh_page_paint(page, "0");
}

/* How fast they answered, where a model gives latencies, and what that took. */
static void services(struct dh_page *page) {
    static const char *const speed[5] = {"in objective", "TTFT median", "TTFT 95 %", "per token", "95 %"};
    static const char *const work[5] = {"requests", "tokens/s", "replicas, mean", "energy/token",
                                        "cost/1M tokens"};
    const char *currency = dh_page_text(page, "cost.currency");
    bool timed = false;
    if (!dh_page_list_text(page, "services", 0, "id"))
        return;
    service_head(page, "SERVICES", work);
    for (int i = 0; dh_page_list_text(page, "services", i, "id"); i++) {
        timed |= !isnan(dh_page_list_value(page, "services", i, "slo_met")) ||
                 !isnan(dh_page_list_value(page, "services", i, "ttft_s.p50"));
        dh_text_printf(page->out, "  %-18.18s", dh_page_list_text(page, "services", i, "id"));
        dh_page_cell(page, dh_page_list_value(page, "services", i, "requests"), 0, "");
        dh_page_cell(page, dh_page_list_value(page, "services", i, "tokens_per_s"), 0, "");
        dh_page_cell(page, dh_page_list_value(page, "services", i, "mean_replicas"), 1, "");
        dh_page_cell(page, dh_page_list_value(page, "services", i, "joules_per_token"), 2, "J");
        dh_page_cell(page, dh_page_list_value(page, "services", i, "usd_per_million_tokens"), 2,
                     currency ? currency : "");
        dh_page_end_line(page);
    }
    dh_page_paint(page, "2");
    dh_page_wrapped(
        page, 0, "    ", 4,
        "tokens are those written; their energy and cost include reading the prompts. Energy: the "
        "replicas' nodes without fans, supplies and cooling. Cost: their GPU hours at what one costs "
        "here");
    dh_page_paint(page, "0");
    if (!timed)
        return;
    service_head(page, "  how fast", speed);
    for (int i = 0; dh_page_list_text(page, "services", i, "id"); i++) {
        dh_text_printf(page->out, "  %-18.18s", dh_page_list_text(page, "services", i, "id"));
        dh_page_cell(page, 100 * dh_page_list_value(page, "services", i, "slo_met"), 2, "%");
        dh_page_duration_cell(page, dh_page_list_value(page, "services", i, "ttft_s.p50"));
        dh_page_duration_cell(page, dh_page_list_value(page, "services", i, "ttft_s.p95"));
        dh_page_cell(page, 1e3 * dh_page_list_value(page, "services", i, "tpot_s.p50"), 1, "ms");
        dh_page_cell(page, 1e3 * dh_page_list_value(page, "services", i, "tpot_s.p95"), 1, "ms");
        dh_page_end_line(page);
    }
}

static void burst(struct dh_page *page) {
    if (!(dh_page_value(page, "jobs.burst") > 0) || isnan(dh_page_value(page, "burst.gpu_h")))
        return;
    const char *currency = dh_page_text(page, "cost.currency"),
               *provider = dh_page_text(page, "burst.provider");
    char unit[32];
    snprintf(unit, sizeof unit, "%.20s/h", currency ? currency : "USD");
    dh_page_heading(page, "CLOUD", NULL, NULL, NULL);
    if (provider)
        dh_text_printf(page->out, "  %-*s%s\n", DH_PAGE_LABEL - 2 + 1, "Provider", provider);
    dh_page_line(page, "Jobs sent there", dh_page_value(page, "jobs.burst"), 0, "");
    dh_page_line(page, "GPU hours", dh_page_value(page, "burst.gpu_h"), 0, "h");
    dh_page_line(page, "Hours with a job there", dh_page_value(page, "burst.hours_active"), 1, "h");
    dh_page_line(page, "Most GPUs at once", dh_page_value(page, "burst.peak_gpus"), 0, "");
    if (dh_page_value(page, "burst.in_tb") + dh_page_value(page, "burst.out_tb") > 0) {
        dh_page_line(page, "Data in", dh_page_value(page, "burst.in_tb"), 1, "TB");
        dh_page_line(page, "Data out", dh_page_value(page, "burst.out_tb"), 1, "TB");
    }
    dh_page_line(page, "Cost of a GPU hour, with egress", dh_page_value(page, "burst.usd_per_gpu_h"), 4,
                 unit);
}

static void limits(struct dh_page *page) {
    double s = dh_page_value(page, "simulated_s");
    if (isnan(s))
        s = dh_page_value(page, "scenario.duration_s");
    if (dh_page_list_text(page, "constraints", 0, "name")) {
        dh_page_heading(page, "WHAT HELD WORK BACK", "hours", "of the time", "idle elsewhere");
        for (int i = 0; dh_page_list_text(page, "constraints", i, "name"); i++) {
            const char *name = dh_page_list_text(page, "constraints", i, "name");
            double hours = dh_page_list_value(page, "constraints", i, "hours_binding");
            dh_page_label(page, 1, strcmp(name, "gpus") == 0 ? "too few GPUs" : name);
            dh_page_cell(page, hours, 1, "h");
            dh_page_percent(page, hours / (s / 3600));
            dh_page_cell(page, dh_page_list_value(page, "constraints", i, "stranded_kw"), 1, "kW");
            dh_page_end_line(page);
        }
    }
    if (dh_page_list_text(page, "violations", 0, "kind")) {
        dh_page_heading(page, "LIMITS CROSSED", "times", "worst", NULL);
        for (int i = 0; dh_page_list_text(page, "violations", i, "kind"); i++) {
            dh_page_label(page, 1, dh_page_list_text(page, "violations", i, "kind"));
            dh_page_cell(page, dh_page_list_value(page, "violations", i, "count"), 0, "");
            dh_page_percent(page, dh_page_list_value(page, "violations", i, "worst"));
            const char *at = dh_page_list_text(page, "violations", i, "at");
            if (at)
                dh_text_printf(page->out, "   %.10s %.5s UTC", at, strlen(at) > 15 ? at + 11 : "");
            dh_page_end_line(page);
        }
    }
}

/* One line while all books close; a line for each with --full, and for those that do not close. */
static void audit(struct dh_page *page) {
    static const struct {
        const char *key, *name;
    } books[] = {
        {"audit.energy",    "energy"   },
        {"audit.heat",      "heat"     },
        {"audit.water",     "water"    },
        {"audit.gpu_hours", "GPU hours"},
        {"audit.requests",  "requests" },
        {"audit.bill",      "bill"     },
    };
    char closed[96] = "";
    int n = 0;
    double largest = 0;
    for (size_t i = 0; i < sizeof books / sizeof *books; i++) {
        double residual = dh_page_value(page, books[i].key);
        if (isnan(residual))
            continue;
        bool closes = fabs(residual) <= 1e-9; /* VERIFY: each book closes to 1e-9 of what went in */
        if (n++ == 0)
            dh_page_heading(page, "DOES IT ADD UP", NULL, NULL, NULL);
        if (closes && !page->style.full) {
            snprintf(closed + strlen(closed), sizeof closed - strlen(closed), "%s%s", *closed ? ", " : "",
                     books[i].name);
            largest = fmax(largest, fabs(residual));
            continue;
        }
        dh_page_label(page, 1, books[i].name);
        if (!closes)
            dh_page_paint(page, "1;31");
        dh_text_printf(page->out, "%*.1e   %s", DH_PAGE_COLUMN, residual,
                       closes ? "closes" : "DOES NOT CLOSE");
        if (!closes)
            dh_page_paint(page, "0");
        dh_page_end_line(page);
    }
    if (*closed)
        dh_text_printf(page->out, "  %s: what went in came out (largest difference %.0e)\n", closed, largest);
}

/* Assumptions about equipment are many and rarely what a decision turns on; weather, prices, clouds and
 * capital are few and often are. The latter are always shown, the former counted unless all are wanted. */
static bool about_equipment(const char *where) {
    return where && (strncmp(where, "device ", 7) == 0 || strncmp(where, "node ", 5) == 0 ||
                     strncmp(where, "rack-type ", 10) == 0);
}

static void assumptions(struct dh_page *page) {
    int hidden = 0;
    if (dh_page_list_text(page, "assumptions", 0, "text"))
        dh_page_heading(page, "ASSUMED", NULL, NULL, NULL);
    for (int i = 0; dh_page_list_text(page, "assumptions", i, "text"); i++) {
        const char *where = dh_page_list_text(page, "assumptions", i, "where");
        char first[128];
        if (!page->style.full && about_equipment(where)) {
            hidden++;
            continue;
        }
        snprintf(first, sizeof first, "  %.100s%s", where ? where : "-", where ? ":" : "");
        dh_page_wrapped(page, 0, first, 4, dh_page_list_text(page, "assumptions", i, "text"));
    }
    if (hidden > 0)
        dh_text_printf(page->out, "  and %d about the GPUs, nodes and racks in use: report --full\n", hidden);
}

static void origin(struct dh_page *page) {
    int n = 0;
    dh_page_heading(page, "WHERE THIS COMES FROM", NULL, NULL, NULL);
    const char *version = dh_page_text(page, "provenance.version"),
               *sha = dh_page_text(page, "scenario.sha256");
    if (version)
        dh_text_printf(page->out, "  datahall %s", version);
    if (sha)
        dh_text_printf(page->out, "%sscenario SHA-256 %s", version ? ", " : "  ", sha);
    dh_text_puts(page->out, "\n");
    for (; dh_page_list_text(page, "provenance.inputs", n, "path"); n++) {
        const char *hash = dh_page_list_text(page, "provenance.inputs", n, "sha256");
        if (page->style.full)
            dh_text_printf(page->out, "  %-*s%.64s\n", DH_PAGE_LABEL - 2,
                           dh_page_list_text(page, "provenance.inputs", n, "path"), hash ? hash : "");
    }
    if (n > 0 && !page->style.full)
        dh_text_printf(page->out, "  %d input file%s, by path and hash: report --full\n", n,
                       n == 1 ? "" : "s");
}

enum dh_err dh_report_text_write(const struct dh_summary *summary, const struct dh_report_style *style,
                                 struct dh_text *out) {
    struct dh_page page = {.summary = summary, .out = out};
    if (style)
        page.style = *style;
    if (page.style.width == 0)
        page.style.width = 100;
    page.style.width = page.style.width < 60 ? 60 : page.style.width > 240 ? 240 : page.style.width;
    dh_report_glance(&page);
    if (!page.style.brief) {
        power(&page);
        limits(&page);
        dh_report_sizing(&page);
        dh_report_years(&page);
        dh_report_blast(&page);
        dh_report_permits(&page);
        dh_report_branches(&page);
        dh_report_single_failures(&page);
        dh_report_backup(&page);
        money(&page);
        onsite(&page);
        jobs(&page);
        streams(&page);
        services(&page);
        dh_report_kernels(&page);
        burst(&page);
        energy(&page);
        dh_report_ratios(&page);
        planet(&page);
        dh_report_gpu_time(&page);
        gpus(&page);
        causes(&page);
        audit(&page);
        assumptions(&page);
        origin(&page);
    }
    dh_arena_free(&page.mem);
    return out->failed ? DH_ERR_MEMORY : DH_OK;
}
