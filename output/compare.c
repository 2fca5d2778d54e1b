#include "output/compare.h"

#include <gsl/gsl_cdf.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- figures ----------------------------------------------------------------------------------------------
 */

static int32_t row_of(const struct dh_compared *c, const char *key) {
    for (int32_t i = 0; i < c->summary.n_entry; i++)
        if (strcmp(c->summary.entries[i].key, key) == 0)
            return c->summary.entries[i].kind == DH_SUMMARY_TEXT ? -1 : i;
    return -1;
}

/* The mean of its replications, or the one value. */
static double figure(const struct dh_compared *c, int32_t row) {
    if (row < 0)
        return NAN;
    const double *v = c->values ? c->values[row] : NULL;
    double sum = 0;
    int32_t n = 0;
    for (int32_t i = 0; v && i < c->n_run; i++)
        if (!isnan(v[i])) {
            sum += v[i];
            n++;
        }
    return n > 0 ? sum / n : dh_summary_value(&c->summary, c->summary.entries[row].key);
}

static double value(const struct dh_compared *c, const char *key) {
    return figure(c, row_of(c, key));
}

struct dh_delta dh_compare_delta(const struct dh_compared *base, const struct dh_compared *other,
                                 const char *key) {
    int32_t b = row_of(base, key), o = row_of(other, key);
    struct dh_delta d = {.base = figure(base, b), .other = figure(other, o), .low = NAN, .high = NAN};
    d.delta = d.other - d.base;
    const double *vb = b >= 0 && base->values ? base->values[b] : NULL,
                 *vo = o >= 0 && other->values ? other->values[o] : NULL;
    double mean = 0, square = 0, mean_b = 0;
    for (int32_t i = 0, k = 0; vb && vo && i < base->n_run && k < other->n_run;) { /* seeds rise */
        if (base->seeds[i] < other->seeds[k]) {
            i++;
        } else if (base->seeds[i] > other->seeds[k]) {
            k++;
        } else {
            double value = vb[i++], difference = vo[k++] - value;
            if (isnan(difference))
                continue;
            double before = difference - mean;
            mean_b += (value - mean_b) / (d.n_pair + 1);
            mean += before / ++d.n_pair;
            square += before * (difference - mean);
        }
    }
    if (d.n_pair >= 2) {
        double half = gsl_cdf_tdist_Pinv(0.975, d.n_pair - 1) * sqrt(square / (d.n_pair - 1) / d.n_pair);
        if (d.n_pair != base->n_run || d.n_pair != other->n_run) { /* the runs that the difference is of */
            d.base = mean_b;
            d.other = mean_b + mean;
        }
        d.delta = mean;
        d.low = mean - half;
        d.high = mean + half;
    }
    return d;
}

struct dh_compared_mean dh_compare_mean(const struct dh_compared *c, const char *key) {
    int32_t row = row_of(c, key), n = 0;
    const double *v = row >= 0 && c->values ? c->values[row] : NULL;
    struct dh_compared_mean m = {figure(c, row), NAN, NAN};
    double square = 0;
    for (int32_t i = 0; v && i < c->n_run; i++)
        if (!isnan(v[i])) {
            square += (v[i] - m.mean) * (v[i] - m.mean);
            n++;
        }
    if (n >= 2) {
        double half = gsl_cdf_tdist_Pinv(0.975, n - 1) * sqrt(square / (n - 1) / n);
        m.low = m.mean - half;
        m.high = m.mean + half;
    }
    return m;
}

bool dh_delta_clear(const struct dh_delta *d) {
    return d->n_pair >= 2 ? d->low > 0 || d->high < 0 : d->delta != 0 && !isnan(d->delta);
}

/* ---- causes -----------------------------------------------------------------------------------------------
 */

static void put(struct dh_causes *out, const char *name, double delta) {
    if (isnan(delta) || delta == 0 || out->n == DH_CAUSES)
        return;
    out->parts[out->n].name = name;
    out->parts[out->n++].delta = delta;
}

/* What the parts leave of the total; nothing where that is rounding. */
static void put_rest(struct dh_causes *out, const char *name) {
    double sum = 0, size = fabs(out->total);
    for (int32_t i = 0; i < out->n; i++) {
        sum += out->parts[i].delta;
        size = fmax(size, fabs(out->parts[i].delta));
    }
    if (fabs(out->total - sum) > 1e-9 * size)
        put(out, name, out->total - sum);
}

static double or_0(double v) {
    return isnan(v) ? 0 : v;
}

static double duration_h(const struct dh_compared *c) {
    double s = value(c, "simulated_s");
    return (isnan(s) ? value(c, "scenario.duration_s") : s) / 3600;
}

/* Energy of a run by where it went, kWh. */
static const struct {
    const char *key, *name;
} energies[] = {
    {"energy.loss_kwh.rack_supply",    "rack supplies"       },
    {"energy.loss_kwh.node",           "node converters"     },
    {"energy.parts.chiller_kwh",       "chillers"            },
    {"energy.parts.tower_fan_kwh",     "tower fans"          },
    {"energy.parts.chw_pump_kwh",      "chilled-water pumps" },
    {"energy.parts.air_handler_kwh",   "air handlers"        },
    {"energy.parts.cooler_fan_kwh",    "dry-cooler fans"     },
    {"energy.parts.facility_pump_kwh", "facility-water pumps"},
    {"energy.parts.cdu_pump_kwh",      "CDU pumps"           },
    {"energy.loss_kwh.utility",        "connection"          },
    {"energy.loss_kwh.transformer",    "transformers"        },
    {"energy.loss_kwh.ups",            "UPS"                 },
    {"energy.loss_kwh.pdu",            "distribution"        },
    {"energy.house_kwh",               "lighting, offices"   },
};
enum { N_ENERGY = sizeof energies / sizeof *energies, RACK_SUPPLY = 0, NODE = 1 };

/* Nodes, without what is lost in their racks. */
static double nodes_kwh(const struct dh_compared *c) {
    return value(c, "energy.it_kwh") - or_0(value(c, energies[RACK_SUPPLY].key)) -
           or_0(value(c, energies[NODE].key));
}

void dh_compare_power(struct dh_causes *out, const struct dh_compared *base,
                      const struct dh_compared *other) {
    double hb = duration_h(base), ho = duration_h(other);
    *out = (struct dh_causes){.unit = "kW",
                              .total = value(other, "energy.facility_kwh") / ho -
                                       value(base, "energy.facility_kwh") / hb};
    put(out, "IT: nodes", nodes_kwh(other) / ho - nodes_kwh(base) / hb);
    for (int i = 0; i < N_ENERGY; i++)
        put(out, energies[i].name,
            or_0(value(other, energies[i].key)) / ho - or_0(value(base, energies[i].key)) / hb);
    put_rest(out, "batteries");
}

void dh_compare_cost(struct dh_causes *out, const struct dh_compared *base, const struct dh_compared *other) {
    static const struct {
        const char *key, *name;
    } parts[] = {
        {"cost.capex",         "capital"                 },
        {"cost.maintenance",   "maintenance"             },
        {"cost.staff",         "staff"                   },
        {"cost.software",      "software"                },
        {"cost.energy",        "energy"                  },
        {"cost.demand",        "demand charges"          },
        {"cost.fixed",         "fixed charges"           },
        {"cost.fuel",          "fuel"                    },
        {"cost.onsite_upkeep", "upkeep of turbines"      },
        {"cost.water",         "water and sewer"         },
        {"cost.carbon",        "carbon price"            },
        {"cost.storage",       "storage"                 },
        {"cost.pipelines",     "labels and cores of data"},
        {"cost.cloud",         "cloud instances"         },
        {"cost.egress",        "cloud egress"            },
        {"cost.export",        "energy given to the grid"},
        {"cost.response",      "requests of the grid"    },
    };
    *out = (struct dh_causes){.unit = "USD", .total = value(other, "cost.total") - value(base, "cost.total")};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        put(out, parts[i].name, or_0(value(other, parts[i].key)) - or_0(value(base, parts[i].key)));
    put_rest(out, "other");
}

void dh_compare_carbon(struct dh_causes *out, const struct dh_compared *base,
                       const struct dh_compared *other) {
    double cb = value(base, "carbon.location_kg"), co = value(other, "carbon.location_kg"),
           ib = value(base, "carbon.mean_g_per_kwh") / 1000,
           io = value(other, "carbon.mean_g_per_kwh") / 1000;
    *out = (struct dh_causes){.unit = "kg", .total = co - cb};
    if (!(ib > 0) || !(io > 0)) {
        put_rest(out, "all");
        return;
    }
    double mean = (ib + io) / 2, eb = cb / ib, eo = co / io;
    double own_b = value(base, "energy.facility_kwh") - eb, own_o = value(other, "energy.facility_kwh") - eo;
    put(out, "IT: nodes", (nodes_kwh(other) - nodes_kwh(base)) * mean);
    for (int i = 0; i < N_ENERGY; i++)
        put(out, energies[i].name,
            (or_0(value(other, energies[i].key)) - or_0(value(base, energies[i].key))) * mean);
    double own = (own_b - own_o) * mean;
    if (fabs(own) > 1e-9 * fmax(cb, co))
        put(out, "own sources", own);
    put(out, "grid intensity", (io - ib) * (eb + eo) / 2);
    put_rest(out, "batteries");
}
