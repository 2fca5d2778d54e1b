#include "output/report_charts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const WATTS[] = {"kW", "MW", "GW", "TW"};
static const char *const WATT_HOURS[] = {"kWh", "MWh", "GWh", "TWh"};

/* ---- data -------------------------------------------------------------------------------------------------
 */

static int rising(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static enum dh_err load_waits(struct dh_report_charts *charts, struct dh_result *result) {
    const struct dh_result_dataset *d = dh_result_find(result, "jobs", "wait_s"),
                                   *service = dh_result_find(result, "jobs", "service");
    if (!d || d->rank != 1 || d->rows <= 0 || !service || service->rows != d->rows ||
        (uint64_t)d->rows > SIZE_MAX / sizeof(double))
        return DH_OK;
    double *wait = malloc((size_t)d->rows * sizeof *wait), *of = malloc((size_t)d->rows * sizeof *of);
    enum dh_err err = wait && of ? DH_OK : DH_ERR_MEMORY;
    if (err == DH_OK)
        err = dh_result_numbers(result, d, 0, d->rows, wait);
    if (err == DH_OK)
        err = dh_result_numbers(result, service, 0, d->rows, of);
    for (int64_t i = 0; err == DH_OK && i < d->rows; i++)
        if (!isnan(wait[i]) && of[i] < 0)
            wait[charts->n_wait++] = wait[i];
    free(of);
    charts->waits_s = wait;
    if (charts->n_wait > 0)
        qsort(wait, (size_t)charts->n_wait, sizeof *wait, rising);
    return err;
}

enum dh_err dh_report_charts_load(struct dh_report_charts *charts, struct dh_result *result,
                                  const struct dh_summary *summary) {
    *charts = (struct dh_report_charts){.summary = summary};
    DH_TRY(dh_report_series_load(&charts->series, result));
    return load_waits(charts, result);
}

void dh_report_charts_free(struct dh_report_charts *charts) {
    dh_report_series_free(&charts->series);
    free(charts->waits_s);
    *charts = (struct dh_report_charts){0};
}

/* ---- charts -----------------------------------------------------------------------------------------------
 */

static double value(const struct dh_report_charts *charts, const char *key) {
    return dh_summary_value(charts->summary, key);
}

static void begin(struct dh_text *out) {
    dh_text_puts(out, "<figure>");
}

static void end(struct dh_text *out) {
    dh_text_puts(out, "</figure>\n");
}

static void time_frame(const struct dh_report_charts *charts, struct dh_time_chart *chart) {
    chart->start_unix_s = charts->series.start_unix_s;
    chart->duration_s = charts->series.duration_s;
    chart->n_bin = DH_CHART_BINS;
    chart->from_zero = true;
}

static void power(struct dh_report_charts *charts, struct dh_text *out) {
    const struct dh_report_series *s = &charts->series;
    if (s->n == 0)
        return;
    double limit = value(charts, "facility.limit_kw"), rated = value(charts, "facility.it_rated_kw"),
           peak = value(charts, "energy.peak_facility_kw");
    struct dh_chart_unit unit = dh_chart_unit_of(fmax(isnan(limit) ? 0 : limit, peak), WATTS);
    struct dh_report_bins *bins = malloc(2 * sizeof *bins);
    double falling[DH_CHART_BINS];
    if (!bins) {
        charts->err = DH_ERR_MEMORY;
        return;
    }
    dh_report_bins_of(&bins[0], s, s->facility_w, 1e-3 * unit.scale);
    struct dh_time_chart chart = {.title = "Power over time: mean, and band from least to greatest interval",
                                  .unit = unit.name,
                                  .n_series = 1,
                                  .series = {{"facility", bins[0].low, bins[0].mean, bins[0].high}}};
    time_frame(charts, &chart);
    if (s->it_w) {
        dh_report_bins_of(&bins[1], s, s->it_w, 1e-3 * unit.scale);
        chart.series[chart.n_series++] =
            (struct dh_chart_series){"IT equipment", bins[1].low, bins[1].mean, bins[1].high};
    }
    struct dh_chart_limit limits[2];
    int32_t n_limit = 0;
    if (!isnan(limit))
        limits[n_limit++] = (struct dh_chart_limit){"rating of the connection", limit * unit.scale};
    memcpy(chart.limits, limits, sizeof *limits * (size_t)n_limit);
    chart.n_limit = n_limit;
    if (!isnan(rated) && rated < 1.2 * fmax(peak, isnan(limit) ? 0 : limit))
        chart.limits[chart.n_limit++] = (struct dh_chart_limit){"rating of all racks", rated * unit.scale};
    begin(out);
    dh_chart_time(out, &chart);
    end(out);
    charts->err = dh_report_falling(falling, DH_CHART_BINS, s, s->facility_w, 1e-3 * unit.scale);
    begin(out);
    dh_chart_duration(out, "Load duration: facility power is at least this for so much of the time",
                      unit.name, falling, DH_CHART_BINS, limits, n_limit);
    end(out);
    free(bins);
}

static void gpus(struct dh_report_charts *charts, struct dh_text *out) {
    const struct dh_report_series *s = &charts->series;
    double installed = value(charts, "gpus.installed");
    if (s->n == 0 || !s->gpus_busy)
        return;
    struct dh_report_bins *bins = malloc(3 * sizeof *bins);
    if (!bins) {
        charts->err = DH_ERR_MEMORY;
        return;
    }
    dh_report_bins_of(&bins[0], s, s->gpus_busy, 1);
    struct dh_time_chart chart = {.title = "GPUs",
                                  .unit = "GPUs",
                                  .n_series = 1,
                                  .series = {{"held by jobs and services", NULL, bins[0].mean, NULL}}};
    time_frame(charts, &chart);
    if (s->queue_gpus && value(charts, "jobs.max_queued") > 0) {
        dh_report_bins_of(&bins[1], s, s->queue_gpus, 1);
        double most = 0;
        for (int32_t b = 0; b < DH_CHART_BINS; b++)
            most = fmax(most, bins[1].mean[b]);
        if (most <= 2 * installed) /* else nothing else could be seen */
            chart.series[chart.n_series++] =
                (struct dh_chart_series){"asked for by waiting jobs", NULL, bins[1].mean, NULL};
    }
    if (s->burst_gpus && value(charts, "jobs.burst") > 0) {
        dh_report_bins_of(&bins[2], s, s->burst_gpus, 1);
        chart.series[chart.n_series++] = (struct dh_chart_series){"in the cloud", NULL, bins[2].mean, NULL};
    }
    if (!isnan(installed))
        chart.limits[chart.n_limit++] = (struct dh_chart_limit){"installed", installed};
    begin(out);
    dh_chart_time(out, &chart);
    end(out);
    free(bins);
}

static void waits(struct dh_report_charts *charts, struct dh_text *out) {
    if (charts->n_wait == 0 || charts->waits_s[charts->n_wait - 1] < 1)
        return; /* all start at once */
    begin(out);
    dh_chart_waits(out, "Share of jobs that start within a time", charts->waits_s, charts->n_wait);
    end(out);
}

static void months(struct dh_report_charts *charts, struct dh_text *out) {
    struct dh_report_months *m = malloc(sizeof *m);
    double pue[DH_REPORT_MONTHS], wue[DH_REPORT_MONTHS];
    const char *names[DH_REPORT_MONTHS];
    if (!m) {
        charts->err = DH_ERR_MEMORY;
        return;
    }
    dh_report_months_of(m, &charts->series);
    double least = 2, water = 0;
    for (int32_t i = 0; i < m->n; i++) {
        names[i] = m->name[i];
        pue[i] = (m->facility_j[i] - m->stored_j[i]) / m->it_j[i];
        wue[i] = m->water_kg[i] / (m->it_j[i] / 3.6e6) / (charts->us ? 3.785411784 : 1);
        least = fmin(least, pue[i]);
        water += m->water_kg[i];
    }
    if (m->n > 1 && !isnan(value(charts, "energy.cooling_kwh"))) {
        begin(out);
        dh_chart_months(out, "PUE by month", names, pue, m->n, 3, 1);
        end(out);
        if (water > 0) {
            begin(out);
            dh_chart_months(out,
                            charts->us ? "Water per IT energy by month, gal/kWh"
                                       : "Water per IT energy by month, L/kWh",
                            names, wue, m->n, charts->us ? 3 : 2, 0);
            end(out);
        }
    }
    free(m);
}

static void money(struct dh_report_charts *charts, struct dh_text *out) {
    static const struct {
        const char *key, *name;
    } all[] = {
        {"cost.capex",         "Capital"             },
        {"cost.maintenance",   "Maintenance"         },
        {"cost.staff",         "Staff"               },
        {"cost.software",      "Software"            },
        {"cost.energy",        "Energy"              },
        {"cost.demand",        "Demand charges"      },
        {"cost.fixed",         "Fixed charges"       },
        {"cost.fuel",          "Fuel"                },
        {"cost.onsite_upkeep", "Upkeep of turbines"  },
        {"cost.water",         "Water and sewer"     },
        {"cost.carbon",        "Carbon price"        },
        {"cost.storage",       "Stores of data"      },
        {"cost.pipelines",     "Labels and cores"    },
        {"cost.cloud",         "Cloud instances"     },
        {"cost.egress",        "Cloud egress"        },
        {"cost.export",        "Given to the grid"   },
        {"cost.response",      "Requests of the grid"},
    };
    struct dh_chart_part parts[sizeof all / sizeof *all];
    int32_t n = 0;
    double total = value(charts, "cost.total");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        double v = value(charts, all[i].key);
        if (!isnan(v) && v != 0)
            parts[n++] = (struct dh_chart_part){all[i].name, NULL, v};
    }
    const struct dh_summary_entry *currency = dh_summary_find(charts->summary, "cost.currency");
    char title[80], unit[40];
    snprintf(title, sizeof title, "What it costs, part by part");
    bool large = fabs(total) >= 1e6;
    snprintf(unit, sizeof unit, "%s%.20s", large ? "M " : "",
             currency && currency->kind == DH_SUMMARY_TEXT ? currency->text : "USD");
    if (n < 2)
        return;
    begin(out);
    dh_chart_waterfall(out, title, unit, large ? 1e-6 : 1, parts, n, "Total");
    end(out);
}

/* Facility power to IT, cooling, losses and house, and these to their parts. */
static void energy(struct dh_report_charts *charts, struct dh_text *out) {
    static const struct {
        const char *key, *name;
        int32_t of; /* 1 IT, 2 cooling, 3 losses */
    } leaves[] = {
        {"energy.loss_kwh.rack_supply",    "rack supplies",        1},
        {"energy.loss_kwh.node",           "node converters",      1},
        {"energy.parts.chiller_kwh",       "chillers",             2},
        {"energy.parts.tower_fan_kwh",     "tower fans",           2},
        {"energy.parts.chw_pump_kwh",      "chilled-water pumps",  2},
        {"energy.parts.air_handler_kwh",   "air handlers",         2},
        {"energy.parts.cooler_fan_kwh",    "dry-cooler fans",      2},
        {"energy.parts.facility_pump_kwh", "facility-water pumps", 2},
        {"energy.parts.cdu_pump_kwh",      "CDU pumps",            2},
        {"energy.loss_kwh.utility",        "connection",           3},
        {"energy.loss_kwh.transformer",    "transformers",         3},
        {"energy.loss_kwh.ups",            "UPS",                  3},
        {"energy.loss_kwh.pdu",            "distribution",         3},
    };
    enum { N_LEAF = sizeof leaves / sizeof *leaves };
    double all = value(charts, "energy.facility_kwh"), it = value(charts, "energy.it_kwh"),
           cooling = value(charts, "energy.cooling_kwh"), house = value(charts, "energy.house_kwh"),
           inside = 0, losses = 0;
    struct dh_flow_node nodes[N_LEAF + 6] = {
        {"Facility",                0},
        {"IT equipment",            1},
        {"Cooling",                 1},
        {"Power losses",            1},
        {"Lighting, offices",       1},
        {"nodes: GPUs, CPUs, fans", 2}
    };
    struct dh_flow_link links[N_LEAF + 6];
    int32_t n_node = 6, n_link = 5;
    if (!(all > 0) || !(it > 0))
        return;
    for (int i = 0; i < N_LEAF; i++) {
        double v = value(charts, leaves[i].key);
        if (!(v > 0))
            continue;
        inside += leaves[i].of == 1 ? v : 0;
        losses += leaves[i].of == 3 ? v : 0;
        nodes[n_node] = (struct dh_flow_node){leaves[i].name, 2};
        links[n_link++] = (struct dh_flow_link){leaves[i].of, n_node++, v};
    }
    links[0] = (struct dh_flow_link){0, 1, it};
    links[1] = (struct dh_flow_link){0, 2, isnan(cooling) ? 0 : cooling};
    links[2] = (struct dh_flow_link){0, 3, losses};
    links[3] = (struct dh_flow_link){0, 4, isnan(house) ? 0 : house};
    links[4] = (struct dh_flow_link){1, 5, it - inside};
    struct dh_chart_unit unit = dh_chart_unit_of(all, WATT_HOURS);
    begin(out);
    dh_chart_flow(out, "Where the energy goes", unit.name, unit.scale, nodes, n_node, links, n_link);
    end(out);
}

static void gpu_time(struct dh_report_charts *charts, struct dh_text *out) {
    static const struct {
        const char *key, *name;
    } all[] = {
        {"gpu_time.work_h",          "work at full speed"      },
        {"gpu_time.serving_h",       "held by services"        },
        {"gpu_time.communication_h", "communication in steps"  },
        {"gpu_time.bubble_h",        "pipeline bubbles"        },
        {"gpu_time.checkpoint_h",    "checkpoints"             },
        {"gpu_time.restart_h",       "restarts"                },
        {"gpu_time.lost_h",          "work lost by failures"   },
        {"gpu_time.network_h",       "waiting for the network" },
        {"gpu_time.data_h",          "waiting for data"        },
        {"gpu_time.power_h",         "clocks, power limits"    },
        {"gpu_time.heat_h",          "clocks, heat"            },
        {"gpu_time.idle_queue_h",    "free while jobs wait"    },
        {"gpu_time.idle_power_h",    "free, held back by power"},
        {"gpu_time.idle_h",          "free, nobody waits"      },
        {"gpu_time.down_h",          "down"                    },
        {"gpu_time.waiting_h",       "not yet energized"       },
    };
    enum { N_PART = sizeof all / sizeof *all };
    struct dh_chart_part parts[N_PART];
    int32_t n = 0;
    for (int i = 0; i < N_PART; i++) {
        double v = value(charts, all[i].key);
        if (!(v > 0))
            continue;
        int32_t k = n++;
        for (; k > 0 && parts[k - 1].value < v; k--)
            parts[k] = parts[k - 1];
        parts[k] = (struct dh_chart_part){all[i].name, NULL, v};
    }
    if (n < 2)
        return;
    begin(out);
    dh_chart_shares(out, "Time of all installed GPUs", parts, n);
    end(out);
}

/* Behind the first heading of the section that begins at `at`. */
static void insert(struct dh_text *page, size_t at, const struct dh_text *what) {
    const char *mark = "</h2>\n", *found = strstr(page->at + at, mark);
    size_t to = found ? (size_t)(found - page->at) + strlen(mark) : at, rest = page->n - to;
    if (what->n == 0 || what->failed)
        return;
    dh_text_add(page, what->at, what->n); /* makes room */
    if (page->failed)
        return;
    memmove(page->at + to + what->n, page->at + to, rest);
    memcpy(page->at + to, what->at, what->n);
}

void dh_report_chart_of(struct dh_report_charts *charts, const char *section, struct dh_text *out) {
    static const struct {
        const char *section;
        void (*put)(struct dh_report_charts *charts, struct dh_text *out);
    } all[] = {
        {"power",    power   },
        {"money",    money   },
        {"jobs",     waits   },
        {"gpus",     gpus    },
        {"energy",   energy  },
        {"planet",   months  },
        {"gpu_time", gpu_time},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].section, section) != 0)
            continue;
        all[i].put(charts, out);
        if (out->failed)
            charts->err = DH_ERR_MEMORY;
    }
}

void dh_report_chart(struct dh_report_charts *charts, const char *section, struct dh_page *page, size_t at) {
    struct dh_text out = {0};
    dh_report_chart_of(charts, section, &out);
    insert(page->out, at, &out);
    dh_text_free(&out);
}
