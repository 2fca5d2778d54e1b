#include "viz/kpi.h"

#include <math.h>
#include <stdio.h>

static const struct {
    const char *name, *unit, *tip;
    enum dh_column_id chart; /* what a click puts on the timeline; DH_N_COLUMN: it shows the work */
} kpis[DH_N_KPI] = {
    [DH_KPI_IT] = {"IT load",       "W",     "power of all racks at their feeds (it_power_w), of their design power",
                   DH_COLUMN_it_power_w                                                                                                               },
    [DH_KPI_FACILITY] = {"Facility",      "W",
                   "power that the facility takes in (facility_power_w); below it what is drawn "
                         "from its utility, or the fullest of them, of the usable rating",                            DH_COLUMN_facility_power_w      },
    [DH_KPI_PUE] = {"PUE now",       "1",
                   "facility power over IT power in this interval (pue); what goes into "
                    "batteries of UPS is left out. The mean is of all the time so far, by energy",                    DH_COLUMN_pue                   },
    [DH_KPI_COST] = {"Energy charge", "USD/h",
                   "power drawn from utilities times its price now (site_power_w, "
                     "site_price_usd_per_kwh); so far: energy_usd",                                                   DH_COLUMN_site_price_usd_per_kwh},
    [DH_KPI_CARBON] = {"Carbon",        "kg/h",
                   "power drawn from utilities times the carbon intensity of the grid now "
                       "(site_power_w, site_carbon_g_per_kwh); so far: carbon_kg, by location",                       DH_COLUMN_site_carbon_g_per_kwh },
    [DH_KPI_GPUS] = {"GPUs busy",     "%",     "GPUs held by jobs and services (gpus_busy), of those installed",
                   DH_COLUMN_gpus_busy                                                                                                                },
    [DH_KPI_QUEUE] = {"Queue",         "jobs",
                   "jobs that wait (queue_jobs), and for how long the oldest has "
                      "(queue_oldest_s)",                                                                             DH_COLUMN_queue_jobs            },
    [DH_KPI_CLOUD] = {"In the cloud",  "GPUs",
                   "GPUs rented for jobs that left (burst_gpus); so far: cloud_usd, egress "
                      "included",                                                                                     DH_COLUMN_burst_gpus            },
    [DH_KPI_SLO] = {"In their SLO",  "1",
                   "services whose mean time to first token (service_ttft_s) is within their objective now, "
                    "of those that have one and are asked; the share of requests is in the report",                   DH_N_COLUMN                     },
};

/* ---- what they are made of
 * ---------------------------------------------------------------------------------
 */

/* The utility feed that is the nearest to its usable rating, W and W: one that stands by, or the other side
 * of two, lends it nothing. How many there are. */
static int32_t fullest_utility(struct dh_view *v, double *drawn_w, double *rated_w) {
    const struct dh_facility *f = v->facility;
    int32_t n = 0;
    *drawn_w = *rated_w = NAN;
    dh_power_map_read(&v->power_map, v->source);
    for (int32_t k = 0; k < f->n_stage; k++) {
        double out_w = v->power_map.now[k].out_w;
        double usable_w = v->power_map.now[k].rated_w;
        if (f->stage_kind[k] != DH_STAGE_UTILITY || !(usable_w > 0))
            continue;
        if (n++ == 0 || out_w / usable_w > *drawn_w / *rated_w) {
            *drawn_w = out_w;
            *rated_w = usable_w;
        }
    }
    return n;
}

static bool has_sources(const struct dh_facility *f) {
    for (int32_t k = 0; k < f->n_stage; k++)
        if (f->stage_kind[k] == DH_STAGE_GENERATOR)
            return true;
    return f->n_onsite > 0;
}

/* Of all sites, an hour at this instant; what is given to the grid costs nothing. NAN: no site has a price.
 */
static double per_hour(struct dh_view *v, enum dh_column_id factor) {
    double sum = NAN;
    for (int32_t k = 0; k < v->facility->n_site; k++) {
        double by = dh_view_value(v, factor, k), kw = dh_view_value(v, DH_COLUMN_site_power_w, k) / 1000;
        if (!isnan(by) && !isnan(kw))
            sum = (isnan(sum) ? 0 : sum) + fmax(kw, 0) * by;
    }
    return sum;
}

static int32_t services(struct dh_view *v, int32_t *met) {
    int32_t n = 0;
    *met = 0;
    for (int32_t k = 0; k < v->facility->n_service; k++) {
        enum dh_slo slo = dh_service_slo(v->source, k);
        n += slo != DH_SLO_NONE;
        *met += slo == DH_SLO_MET;
    }
    return n;
}

/* Fuel is burnt on site, and its price and carbon are no part of the columns. */
static bool burns_fuel(const struct dh_facility *f) {
    for (int32_t k = 0; k < f->n_stage; k++)
        if (f->stage_kind[k] == DH_STAGE_GENERATOR)
            return true;
    for (int32_t k = 0; k < f->n_onsite; k++)
        if (!dh_power_is_solar(f, k) && !dh_power_is_storage(f, k))
            return true;
    return false;
}

/* ---- figures
 * -----------------------------------------------------------------------------------------------
 */

static void so_far(struct dh_kpi_figure *out, double value, const char *unit) {
    char room[DH_FORMAT_ROOM];
    if (!isnan(value))
        snprintf(out->second, sizeof out->second, "%s so far", dh_format(room, value, unit));
}

static void of_limit(struct dh_kpi_figure *out, double limit) {
    char room[DH_FORMAT_ROOM];
    out->share = out->value / limit;
    if (!isnan(limit))
        snprintf(out->second, sizeof out->second, "of %s", dh_format(room, limit, out->unit));
    out->level = out->share > DH_BEYOND ? 2 : out->share > DH_NEAR ? 1 : 0;
}

/* What comes from the grid against what it may give; a part of what the facility takes, where it has sources
 * of its own. */
static void read_utilities(struct dh_view *v, struct dh_kpi_figure *out) {
    double drawn_w, rated_w, taken_w = out->value;
    int32_t n = fullest_utility(v, &drawn_w, &rated_w);
    out->value = drawn_w;
    of_limit(out, rated_w);
    out->value = taken_w;
    if (n > 0 && isfinite(drawn_w) && (n > 1 || has_sources(v->facility)))
        snprintf(out->second, sizeof out->second, "%s at %.0f %%", n > 1 ? "fullest feed" : "grid",
                 100 * out->share);
}

static void read_gpus(struct dh_view *v, struct dh_kpi_figure *out) {
    char busy[DH_FORMAT_ROOM], all[DH_FORMAT_ROOM];
    double n = (double)v->facility->n_gpu, held = dh_view_value(v, DH_COLUMN_gpus_busy, 0);
    if (n <= 0)
        return;
    out->value = 100 * held / n;
    out->share = held / n;
    if (!isnan(held))
        snprintf(out->second, sizeof out->second, "%s of %s", dh_format(busy, held, "1"),
                 dh_format(all, n, "1"));
}

static void read_queue(struct dh_view *v, struct dh_kpi_figure *out) {
    char room[DH_FORMAT_ROOM];
    out->value = dh_view_value(v, DH_COLUMN_queue_jobs, 0);
    double oldest = dh_view_value(v, DH_COLUMN_queue_oldest_s, 0);
    if (out->value > 0 && !isnan(oldest))
        snprintf(out->second, sizeof out->second, "oldest %s", dh_format_span(room, oldest));
    else if (out->value == 0)
        snprintf(out->second, sizeof out->second, "nobody waits");
}

static bool any_objective(const struct dh_facility *f) {
    for (int32_t k = 0; k < f->n_service; k++)
        if (f->service_spec[k]->slo_ttft_s > 0)
            return true;
    return false;
}

static void read_slo(struct dh_view *v, struct dh_kpi_figure *out) {
    int32_t met, n = services(v, &met);
    if (n == 0) {
        snprintf(out->second, sizeof out->second,
                 any_objective(v->facility)   ? "nobody asks"
                 : v->facility->n_service > 0 ? "no objective"
                                              : "no services");
        return;
    }
    out->share = (double)met / n;
    out->value = met;
    out->level = met == n ? 0 : 2;
    snprintf(out->second, sizeof out->second, "of %d service%s, now", (int)n, n == 1 ? "" : "s");
}

void dh_kpi_read(struct dh_view *v, enum dh_kpi kpi, struct dh_kpi_figure *out) {
    *out = (struct dh_kpi_figure){.name = kpis[kpi].name, .unit = kpis[kpi].unit, .value = NAN, .share = NAN};
    switch (kpi) {
    case DH_KPI_IT:
        out->value = dh_view_value(v, DH_COLUMN_it_power_w, 0);
        of_limit(out, v->design_w > 0 ? v->design_w : NAN);
        out->level = out->level == 2 ? 2 : 0; /* to be near what was designed for is no fault */
        break;
    case DH_KPI_FACILITY:
        out->value = dh_view_value(v, DH_COLUMN_facility_power_w, 0);
        read_utilities(v, out);
        break;
    case DH_KPI_PUE: {
        double mean = dh_so_far_at(&v->sums, v->source, v->at).pue;
        out->value = dh_view_value(v, DH_COLUMN_pue, 0);
        if (!isnan(mean))
            snprintf(out->second, sizeof out->second, "mean %.3f", mean);
        break;
    }
    case DH_KPI_COST:
        out->value = per_hour(v, DH_COLUMN_site_price_usd_per_kwh);
        if (isnan(out->value))
            snprintf(out->second, sizeof out->second, "no price known");
        else
            so_far(out, dh_view_value(v, DH_COLUMN_energy_usd, 0), "USD");
        break;
    case DH_KPI_CARBON:
        out->value = per_hour(v, DH_COLUMN_site_carbon_g_per_kwh) / 1000;
        if (isnan(out->value))
            snprintf(out->second, sizeof out->second, "no grid known");
        else
            so_far(out, dh_view_value(v, DH_COLUMN_carbon_kg, 0), "kg");
        break;
    case DH_KPI_GPUS:
        read_gpus(v, out);
        break;
    case DH_KPI_QUEUE:
        read_queue(v, out);
        break;
    case DH_KPI_CLOUD:
        out->value = dh_view_value(v, DH_COLUMN_burst_gpus, 0);
        if (v->facility->scenario->n_bursts == 0 && !(out->value > 0))
            snprintf(out->second, sizeof out->second, "no cloud");
        else
            so_far(out, dh_view_value(v, DH_COLUMN_cloud_usd, 0), "USD");
        break;
    case DH_KPI_SLO:
        read_slo(v, out);
        break;
    case DH_N_KPI:
        break;
    }
}

void dh_kpi_tip(struct dh_view *v, enum dh_kpi kpi, char *room, size_t n) {
    const char *left_out = "";
    bool fuel = burns_fuel(v->facility);
    if (kpi == DH_KPI_COST)
        left_out = fuel ? ". Not in it: demand charges, and fuel burnt on site, which the report has"
                        : ". Not in it: demand charges, which the report has";
    if (kpi == DH_KPI_CARBON && fuel)
        left_out = ". Not in it: fuel burnt on site, which the report has";
    snprintf(room, n, "%s%s. Click: %s", kpis[kpi].tip, left_out,
             kpis[kpi].chart == DH_N_COLUMN ? "the services" : "on the timeline, or off");
}

void dh_kpi_click(struct dh_view *v, enum dh_kpi kpi) {
    if (kpis[kpi].chart == DH_N_COLUMN)
        v->tab = DH_TAB_WORK;
    else
        dh_chart_toggle(&v->charts, kpis[kpi].chart);
}
