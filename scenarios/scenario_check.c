/* What one value alone cannot show. Each fault is told once, at the element or attribute that has to change.
 */
#include "scenarios/scenario_check.h"

#include "models/chip.h"
#include "models/run_fabric.h"

#include "scenarios/scenario_estimate.h"
#include "scenarios/scenario_ids.h"
#include "scenarios/scenario_stages.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Place of an attribute of the element that begins at place; of the element where it has none. */
struct dh_place dh_check_place(struct dh_tree *tree, struct dh_place place, const char *name) {
    for (int32_t i = 0; i < tree->n_source; i++) {
        struct dh_source *source = tree->sources[i];
        if (source->name != place.file || place.line < 1 || place.line > source->n_line)
            continue;
        size_t at = source->line_at[place.line - 1];
        for (int32_t col = 1; at < source->n && (col < place.col || source->text[at] != '<'); at++)
            col += ((unsigned char)source->text[at] & 0xC0) != 0x80;
        struct dh_node node = {.source = source, .at = (uint32_t)at};
        struct dh_attr attr = {.name = name};
        return dh_attr_place(&node, &attr, true);
    }
    return place;
}

#define FAIL(code, spec, attr, ...)                                                                          \
    dh_tree_fail(tree, code, dh_check_place(tree, (spec)->place, attr), __VA_ARGS__)

/* ---- devices, losses ----------------------------------------------------------------------------------- */

static void check_losses(struct dh_tree *tree, const struct dh_loss_spec *losses, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        const struct dh_loss_spec *loss = &losses[i];
        bool form1 = !isnan(loss->efficiency), form2 = !isnan(loss->a);
        if (!form1 && !form2) {
            FAIL(DH_ERR_MISSING, loss, "", "loss needs either 'efficiency' or 'a', 'b' and 'c'");
            dh_tree_hint(tree, "efficiency=\"0.96\", or shares of the rating a + b x + c x^2 at load x");
        } else if (form1 && form2) {
            FAIL(DH_ERR_VALUE, loss, "a", "loss is given in both forms; either 'efficiency' or 'a' must go");
            dh_tree_hint(tree, "efficiency and fixed are one form, a, b and c the other");
        } else if (form2 && loss->fixed_w > 0) {
            FAIL(DH_ERR_VALUE, loss, "fixed",
                 "'fixed' belongs to the form with 'efficiency'; here 'a' says it");
            dh_tree_hint(tree, "a is the fixed part, as a share of the rating");
        }
        if (!form2 || form1)
            continue;
        double lowest = fmin(loss->a, loss->a + loss->b + loss->c);
        double x = loss->c > 0 ? -loss->b / (2 * loss->c) : -1;
        if (x > 0 && x < 1)
            lowest = fmin(lowest, loss->a + (loss->b + loss->c * x) * x);
        if (lowest < 0) {
            FAIL(DH_ERR_RANGE, loss, "a", "a + b x + c x^2 is below zero for some load: energy from nothing");
            dh_tree_hint(tree, "between no load and full load every loss is above zero");
        }
    }
}

/* Junction = reference + R P, and P grows with it: that settles only while R k P_leak < 1 (FACILITY B3). */
static void check_leakage(struct dh_tree *tree, const struct dh_device_spec *d) {
    double worst_k_per_w = fmax(d->air_k_per_w, d->liquid_k_per_w);
    double gain = worst_k_per_w * d->leakage_per_k * dh_chip_leakage_w(d, d->shutdown_degc);
    if (!(gain < 1)) {
        FAIL(DH_ERR_RANGE, d, "leakage",
             "device %s: leakage and temperature drive one another without bound (%.3g, must be below 1)",
             d->id, gain);
        dh_tree_hint(tree, "less leakage, leakage-growth or thermal resistance to the coolant");
    }
    struct dh_chip_load nothing = dh_chip_load_none(d);
    if (dh_chip_busy_w(d, &nothing, 0, d->leakage_degc) - d->voltage_min * d->leakage_w < 0) {
        FAIL(DH_ERR_RANGE, d, "idle", "device %s: idle power is below its leakage and clock power", d->id);
        dh_tree_hint(tree, "idle contains both: leakage at the lowest voltage, and clock-power");
    }
}

static void check_eco(struct dh_tree *tree, const struct dh_ups_spec *ups) {
    for (int32_t i = 0; i < ups->n_eco_modes; i++) {
        const struct dh_eco_mode_spec *eco = &ups->eco_modes[i];
        const struct dh_loss_spec loss = {
            .place = eco->place, .efficiency = NAN, .a = eco->a, .b = eco->b, .c = eco->c};
        check_losses(tree, &loss, 1);
        if (ups->n_losses == 0) {
            FAIL(DH_ERR_MISSING, eco, "", "ups %s: eco-mode saves on a loss, and there is none", ups->id);
            dh_tree_hint(tree, "give the ups the <loss> that it has outside of eco mode");
        }
    }
}

static void check_device(struct dh_tree *tree, const struct dh_device_spec *d) {
    if (d->idle_w > d->tdp_w) {
        FAIL(DH_ERR_RANGE, d, "idle", "device %s: idle power is above the TDP", d->id);
        dh_tree_hint(tree, "idle is what a board draws without work, tdp the most that it may draw");
    }
    if (d->clock_min_hz > d->clock_max_hz) {
        FAIL(DH_ERR_RANGE, d, "clock-min", "device %s: clock-min is above clock-max", d->id);
        dh_tree_hint(tree, "clock-max is the boost clock, clock-min what throttling ends at");
    }
    if (!(d->throttle_degc <= d->slowdown_degc && d->slowdown_degc <= d->shutdown_degc)) {
        FAIL(DH_ERR_TABLE, d, "throttle-at",
             "device %s: throttle-at, slowdown-at, shutdown-at do not increase", d->id);
        dh_tree_hint(tree, "as 87 degC, 89 degC and 92 degC");
    }
    check_leakage(tree, d);
    for (int32_t i = 0; i < d->n_power_classes; i++) {
        for (int32_t k = 0; k < i; k++)
            if (d->power_classes[k].work == d->power_classes[i].work) {
                FAIL(DH_ERR_TABLE, &d->power_classes[i], "work",
                     "device %s: a second row for the same kind of work", d->id);
                dh_tree_hint(tree, "one <power> for each kind of work");
            }
        if (d->power_classes[i].board_w < d->idle_w) {
            FAIL(DH_ERR_RANGE, &d->power_classes[i], "board", "device %s: less power at work than idle",
                 d->id);
            dh_tree_hint(tree, "board is the power of the whole board at work, idle power included");
        } else if (dh_chip_load(d, (enum dh_work)d->power_classes[i].work).switching_w < 0) {
            FAIL(DH_ERR_RANGE, &d->power_classes[i], "board",
                 "device %s: less power at work than leakage, memory and links alone draw", d->id);
            dh_tree_hint(tree, "a higher board, or a smaller part of it for memory and links");
        }
    }
}

/* ---- climate and tariff -------------------------------------------------------------------------------- */

static void check_climate(struct dh_tree *tree, const struct dh_climate_spec *c) {
    int n_form = (c->epw != NULL) + (c->csv != NULL) + (c->n_months > 0);
    if (n_form == 0) {
        FAIL(DH_ERR_MISSING, c, "id", "climate %s needs twelve months, or 'epw', or 'csv'", c->id);
        dh_tree_hint(tree,
                     "base=\"ashburn\" with <import href=\"catalog:climates.xml\"/> takes one that is there");
    }
    if (c->epw && c->csv) {
        FAIL(DH_ERR_VALUE, c, "csv", "climate %s has both 'epw' and 'csv'", c->id);
        dh_tree_hint(tree, "one of the two is enough");
    }
    if (c->n_months == 0)
        return;
    for (int32_t m = 0; m < c->n_months; m++) {
        const struct dh_month_spec *month = &c->months[m];
        if (m > 0 && month->number == c->months[m - 1].number) {
            FAIL(DH_ERR_TABLE, month, "n", "climate %s: month %d stands twice", c->id, (int)month->number);
            dh_tree_hint(tree, "n is 1 for January to 12 for December, each once");
            return;
        }
        if (!(month->low_degc <= month->mean_degc && month->mean_degc <= month->high_degc)) {
            FAIL(DH_ERR_TABLE, month, "mean", "climate %s, month %d: low, mean, high do not increase", c->id,
                 (int)month->number);
            dh_tree_hint(tree, "means of the daily lowest, of all, and of the daily highest dry bulb");
        } else if (month->dew_point_degc > month->mean_degc) {
            FAIL(DH_ERR_RANGE, month, "dew-point", "climate %s, month %d: dew point above the mean dry bulb",
                 c->id, (int)month->number);
            dh_tree_hint(tree, "a dew point is at most the temperature of the air");
        }
    }
    if (c->n_months != 12) {
        FAIL(DH_ERR_TABLE, c, "id", "climate %s has %d of 12 months", c->id, (int)c->n_months);
        dh_tree_hint(tree, "each of n=\"1\" to n=\"12\" is needed");
    }
}

/* "6-9" or "1-5,10-12": spans that increase, within low..high. Months may be single. */
static void check_spans(struct dh_tree *tree, const struct dh_period_spec *p, const char *attr,
                        const char *text, int low, int high, bool single) {
    int last = low - 1;
    for (const char *c = text;;) {
        char *end;
        long from = strtol(c, &end, 10), to;
        bool digits = *c >= '0' && *c <= '9';
        if (digits && *end == '-' && end[1] >= '0' && end[1] <= '9')
            to = strtol(end + 1, &end, 10);
        else
            to = single ? from : from - 1;
        if (!digits || (*end != ',' && *end != '\0') || (!single && strchr(c, '-') == NULL)) {
            FAIL(DH_ERR_VALUE, p, attr, "%s='%.60s' is not a list of spans", attr, text);
            dh_tree_hint(tree, single ? "write '6-9' or '1-5,10-12'" : "write '12-20' or '0-6,22-24'");
            return;
        }
        if (from < low || to > high) {
            FAIL(DH_ERR_RANGE, p, attr, "%s='%.60s' is outside %d to %d", attr, text, low, high);
            dh_tree_hint(tree, "both ends of a span count from %d to %d", low, high);
            return;
        }
        if (from < last + single || to < from + !single) {
            FAIL(DH_ERR_TABLE, p, attr, "%s='%.60s' does not increase", attr, text);
            dh_tree_hint(tree, single ? "over the turn of the year write '1-2,11-12'"
                                      : "over midnight write '0-6,22-24'");
            return;
        }
        last = (int)to;
        if (*end == '\0')
            return;
        c = end + 1;
    }
}

static void check_tariff(struct dh_tree *tree, const struct dh_tariff_spec *t) {
    for (int32_t i = 0; i < t->n_periods; i++) {
        check_spans(tree, &t->periods[i], "months", t->periods[i].months, 1, 12, true);
        check_spans(tree, &t->periods[i], "hours", t->periods[i].hours, 0, 24, false);
    }
}

/* ---- work ---------------------------------------------------------------------------------------------- */

static void check_rates(struct dh_tree *tree, struct dh_place place, const char *attr, const double *rates,
                        int32_t n, int32_t full) {
    double sum = 0;
    for (int32_t i = 0; i < n; i++)
        sum += rates[i];
    if (n != 1 && n != full) {
        dh_tree_fail(tree, DH_ERR_TABLE, dh_check_place(tree, place, attr),
                     "%s has %d values; 1 or %d are meant", attr, (int)n, (int)full);
        dh_tree_hint(tree, "one value for all, or one for each of the %d", (int)full);
    } else if (sum <= 0) {
        dh_tree_fail(tree, DH_ERR_RANGE, dh_check_place(tree, place, attr), "%s is zero throughout", attr);
        dh_tree_hint(tree, "the values are relative rates: '1' is the same at all times");
    }
}

/* A message about the element called id, with its hint. */
static void fail_hint(struct dh_tree *tree, struct dh_place place, enum dh_err code, const char *hint,
                      const char *format, const char *id) __attribute__((format(printf, 5, 0)));
static void fail_hint(struct dh_tree *tree, struct dh_place place, enum dh_err code, const char *hint,
                      const char *format, const char *id) {
    dh_tree_fail(tree, code, place, format, id);
    dh_tree_hint(tree, "%s", hint);
}

/* What gives the run time, or swings, besides a law. */
static void check_content(struct dh_tree *tree, const struct dh_jobs_spec *j) {
    const struct dh_training_spec *t = j->n_trainings > 0 ? &j->trainings[0] : NULL;
    if (t && j->n_throughputs > 0)
        fail_hint(tree, dh_check_place(tree, j->place, "id"), DH_ERR_VALUE, "one of them goes",
                  "jobs %s: both <training> and <throughput>", j->id);
    if (t && isnan(t->tokens) == isnan(t->steps))
        fail_hint(tree, dh_check_place(tree, t->place, "tokens"), DH_ERR_MISSING, "tokens=\"1e12\"",
                  "jobs %s: its training needs either 'tokens' or 'steps'", j->id);
    if (j->halving == 1)
        fail_hint(tree, dh_check_place(tree, j->place, "halving"), DH_ERR_RANGE,
                  "0: none; 3: one of three goes on", "jobs %s: halving must be 0 or at least 2", j->id);
    if (j->n_swings > 0 && !t && (isnan(j->swings[0].period_s) || isnan(j->swings[0].duty)))
        fail_hint(tree, dh_check_place(tree, j->swings[0].place, "iteration"), DH_ERR_MISSING,
                  "where <training> is, they follow from it",
                  "jobs %s: its swing needs 'iteration' and 'compute'", j->id);
}

static void check_stream(struct dh_tree *tree, const struct dh_jobs_spec *j) {
    double sum = 0;
    bool every_size = true;
    for (int32_t i = 0; i < j->n_sizes; i++) {
        sum += j->sizes[i].share;
        every_size = every_size && !isnan(j->sizes[i].median_s);
    }
    if (fabs(sum - 1) > 1e-6) {
        FAIL(DH_ERR_RANGE, j, "id", "jobs %s: the shares of the sizes add up to %.6g, not to 1", j->id, sum);
        dh_tree_hint(tree, "each <size> takes its share of the jobs");
    }
    double phases = 0;
    for (int32_t i = 0; i < j->n_phases; i++)
        phases += j->phases[i].share;
    if (j->n_phases > 0 && !(fabs(phases - 1) <= 1e-6)) {
        FAIL(DH_ERR_RANGE, j, "id", "jobs %s: the shares of the phases add up to %.6g, not to 1", j->id,
             phases);
        dh_tree_hint(tree, "each <phase> takes its share of the run time");
    }
    check_rates(tree, j->place, "hourly", j->hourly, j->n_hourly, 24);
    check_rates(tree, j->place, "weekly", j->weekly, j->n_weekly, 7);
    check_content(tree, j);
    if (j->n_trainings > 0 || j->n_throughputs > 0)
        return;
    bool median = !isnan(j->median_s), mean = !isnan(j->mean_s);
    if (j->duration == DH_LAW_LOGNORMAL) {
        if (median && mean) {
            FAIL(DH_ERR_VALUE, j, "mean", "jobs %s: give the median or the mean, not both", j->id);
            dh_tree_hint(tree, "sigma and one of the two make the law");
        } else if (!median && !mean && !every_size) {
            FAIL(DH_ERR_MISSING, j, "id", "jobs %s needs 'median' or 'mean'", j->id);
            dh_tree_hint(tree, "of the run time, as median=\"2 h\"");
        }
    } else if (!mean) {
        FAIL(DH_ERR_MISSING, j, "id", "jobs %s needs 'mean' for this law of the run time", j->id);
        dh_tree_hint(tree, "as mean=\"2 h\"");
    }
}

/* What counts only with a model, or only without one. */
static void check_unused(struct dh_tree *tree, const struct dh_service_spec *s) {
    const char *name = s->model ? (!isnan(s->prefill_tokens_per_s)  ? "prefill-rate"
                                   : !isnan(s->decode_tokens_per_s) ? "decode-rate"
                                                                    : NULL)
                                : (!isnan(s->slo_tpot_s) ? "slo-tpot"
                                   : s->prefix_hit > 0   ? "prefix-hit"
                                   : s->tensor > 1       ? "tensor"
                                   : s->pipeline > 1     ? "pipeline"
                                   : s->expert > 1       ? "expert"
                                   : s->device           ? "device"
                                                         : NULL);
    if (!name)
        return;
    FAIL(DH_ERR_W_VALUE, s, name, "service %s: '%s' counts only %s a model", s->id, name,
         s->model ? "without" : "with");
    dh_tree_hint(tree,
                 s->model ? "its rates follow from the model" : "model=\"llama3-70b\" in place of the rates");
}

/* Rates of a replica that are given, or a model that they follow from. */
static void check_serving(struct dh_tree *tree, const struct dh_service_spec *s) {
    bool request = s->fidelity == DH_SERVE_REQUEST;
    if (!s->model && (isnan(s->prefill_tokens_per_s) || isnan(s->decode_tokens_per_s))) {
        FAIL(DH_ERR_MISSING, s, "id", "service %s needs a model, or 'prefill-rate' and 'decode-rate'", s->id);
        dh_tree_hint(tree, "<import href=\"catalog:models.xml\"/> has models, catalog:engines.xml engines");
    }
    if (!s->model && request) {
        FAIL(DH_ERR_MISSING, s, "fidelity", "service %s: request by request needs a model", s->id);
        dh_tree_hint(tree, "model=\"llama3-70b\", or fidelity=\"fluid\"");
    }
    check_unused(tree, s);
    if (s->model && s->prompt_tokens + s->output_tokens > (double)s->context) {
        FAIL(DH_ERR_RANGE, s, "context", "service %s: its mean prompt and answer have more than %lld tokens",
             s->id, (long long)s->context);
        dh_tree_hint(tree, "context is the most that prompt and answer may have together");
    }
    if (s->requests && !request) {
        FAIL(DH_ERR_VALUE, s, "requests", "service %s: a log is followed request by request", s->id);
        dh_tree_hint(tree, "fidelity=\"request\"");
    }
    if (s->prefill_replicas > 0 &&
        (!request || s->min_replicas != s->max_replicas || s->prefill_replicas >= s->max_replicas)) {
        FAIL(DH_ERR_VALUE, s, "prefill-replicas",
             "service %s: prompts apart from answers need fidelity=\"request\", a fixed number of replicas, "
             "and "
             "some left for answers",
             s->id);
        dh_tree_hint(tree, "min-replicas and max-replicas alike, above prefill-replicas");
    }
    if (!s->requests && s->per_s == 0) {
        FAIL(DH_ERR_MISSING, s, "id", "service %s has neither a rate nor a log of requests", s->id);
        dh_tree_hint(tree, "rate=\"10 1/s\"");
    }
}

static void check_workload(struct dh_tree *tree, const struct dh_workload_spec *w) {
    for (int32_t i = 0; i < w->n_streams; i++)
        check_stream(tree, &w->streams[i]);
    for (int32_t i = 0; i < w->n_services; i++) {
        const struct dh_service_spec *s = &w->services[i];
        check_rates(tree, s->place, "hourly", s->hourly, s->n_hourly, 24);
        check_rates(tree, s->place, "weekly", s->weekly, s->n_weekly, 7);
        if (s->prompt_tokens + s->output_tokens <= 0) {
            FAIL(DH_ERR_RANGE, s, "output-tokens", "service %s: requests of no tokens take no time", s->id);
            dh_tree_hint(tree, "prompt-tokens or output-tokens is above zero");
        }
        check_serving(tree, s);
        if (s->n_credits > 0 && isnan(s->slo_ttft_s) && isnan(s->slo_tpot_s)) {
            FAIL(DH_ERR_MISSING, s, "id", "service %s gives credits, but has no objective", s->id);
            dh_tree_hint(tree, "slo-ttft=\"0.5 s\", or slo-tpot");
        }
        if (s->min_replicas > s->max_replicas) {
            FAIL(DH_ERR_RANGE, s, "min-replicas", "service %s: min-replicas is above max-replicas", s->id);
            dh_tree_hint(tree, "the number of replicas moves between the two");
        }
    }
}

static void check_burst(struct dh_tree *tree, const struct dh_scenario *sc, const struct dh_burst_spec *b) {
    const struct dh_provider_spec *provider = dh_scenario_provider(sc, b->provider);
    struct dh_nearest nearest = {.wanted = b->instance};
    for (int32_t i = 0; provider && i < provider->n_instances; i++) {
        const struct dh_instance_spec *instance = &provider->instances[i];
        dh_nearest_offer(&nearest, instance->id);
        if (strcmp(instance->id, b->instance) != 0)
            continue;
        if (b->pricing == DH_PRICING_SPOT && isnan(instance->spot_usd_per_s)) {
            FAIL(DH_ERR_MISSING, b, "pricing", "instance %s of %s has no spot price", b->instance,
                 b->provider);
            dh_tree_hint(tree, "pricing=\"on-demand\", or give the instance spot= and interruption=");
        }
        return;
    }
    FAIL(DH_ERR_DANGLING_REF, b, "instance", "%s has no instance called '%.80s'", b->provider, b->instance);
    if (nearest.best)
        dh_tree_hint(tree, "did you mean '%s'?", nearest.best);
}

/* ---- sizes --------------------------------------------------------------------------------------------- */

/* False: so large that nothing more need be said. */
static bool check_size(struct dh_tree *tree, const struct dh_scenario *sc) {
    struct dh_run_size estimate;
    dh_scenario_estimate(sc, -1, &estimate);
    const struct dh_horizon_spec *h = &sc->horizons[0];
    if (h->duration_s / h->step_s > DH_STEPS_MAX) {
        FAIL(DH_ERR_LIMIT_STEPS, h, "step", "%.3g plant steps; at most %.0g are run",
             h->duration_s / h->step_s, DH_STEPS_MAX);
        dh_tree_hint(tree, "a longer step, or a shorter duration");
    }
    if (sc->n_records &&
        h->duration_s / fmin(sc->records[0].interval_s, sc->records[0].rack_interval_s) > DH_STEPS_MAX) {
        FAIL(DH_ERR_LIMIT_STEPS, &sc->records[0], "interval", "more than %.0g samples of a series",
             DH_STEPS_MAX);
        dh_tree_hint(tree, "a longer interval, or a shorter duration");
    }
    if ((double)estimate.requests > DH_REQUESTS_MAX) {
        const struct dh_service_spec *most = NULL;
        for (int32_t v = 0; v < sc->workloads[0].n_services; v++) {
            const struct dh_service_spec *service = &sc->workloads[0].services[v];
            if (service->fidelity == DH_SERVE_REQUEST && (!most || service->per_s > most->per_s))
                most = service;
        }
        FAIL(DH_ERR_LIMIT_STEPS, most, "rate", "some %.3g requests one by one; at most %.0g are run",
             (double)estimate.requests, DH_REQUESTS_MAX);
        dh_tree_hint(tree, "fidelity=\"fluid\", or a shorter duration");
    }
    if (estimate.racks == 0) {
        dh_tree_fail(tree, DH_ERR_EMPTY, sc->sites[0].halls[0].place,
                     "no racks: there is nothing to simulate");
        dh_tree_hint(tree,
                     "a hall holds rows: <row id=\"r\" rack=\"dgx-h100-air\" count=\"8\" feed=\"pdu\"/>");
    }
    if (estimate.memory_bytes <= DH_MEMORY_BUDGET_BYTES)
        return true;
    struct dh_place place = sc->place;
    double most = 0;
    for (int32_t s = 0; s < sc->n_sites; s++)
        for (int32_t i = 0; i < sc->sites[s].n_halls; i++)
            for (int32_t r = 0; r < sc->sites[s].halls[i].n_rows; r++)
                if ((double)sc->sites[s].halls[i].rows[r].count > most) {
                    most = (double)sc->sites[s].halls[i].rows[r].count;
                    place = dh_check_place(tree, sc->sites[s].halls[i].rows[r].place, "count");
                }
    if ((double)estimate.jobs > most)
        place = sc->workloads[0].place;
    dh_tree_fail(tree, DH_ERR_LIMIT_MEMORY, place,
                 "about %.3g GiB would be needed for %lld racks, %lld GPUs, %lld jobs; the limit is %.3g GiB",
                 estimate.memory_bytes / 1073741824.0, (long long)estimate.racks, (long long)estimate.gpus,
                 (long long)estimate.jobs, DH_MEMORY_BUDGET_BYTES / 1073741824.0);
    dh_tree_hint(tree, "fewer racks or jobs, or a shorter duration; is a count too large by a unit?");
    return false;
}

/* ---- all ----------------------------------------------------------------------------------------------- */

static void check_names(struct dh_tree *tree, const struct dh_scenario *sc) {
    const char *fault = dh_id_fault(sc->name);
    if (fault) /* the result file is called after it */
        FAIL(DH_ERR_ID, sc, "name", "the name '%.80s' %s", sc->name, fault);
    if (strcmp(sc->version, "1") != 0) {
        FAIL(DH_ERR_VALUE, sc, "version", "version '%.40s' of the language is not known; this is version 1",
             sc->version);
        dh_tree_hint(tree, "leave version out, or write version=\"1\"");
    }
    for (int32_t i = 0; i < sc->n_parameters; i++)
        if ((fault = dh_id_fault(sc->parameters[i].name)) != NULL)
            FAIL(DH_ERR_ID, &sc->parameters[i], "name", "the name '%.80s' %s", sc->parameters[i].name, fault);
}

void dh_check_meaning(struct dh_tree *tree, const struct dh_scenario *sc) {
    check_names(tree, sc);
    if (!check_size(tree, sc))
        return;
    for (int32_t i = 0; i < sc->n_devices; i++)
        check_device(tree, &sc->devices[i]);
    for (int32_t i = 0; i < sc->n_nodes; i++)
        check_losses(tree, sc->nodes[i].losses, sc->nodes[i].n_losses);
    for (int32_t i = 0; i < sc->n_rack_types; i++)
        check_losses(tree, sc->rack_types[i].losses, sc->rack_types[i].n_losses);
    for (int32_t i = 0; i < sc->n_climates; i++)
        check_climate(tree, &sc->climates[i]);
    for (int32_t i = 0; i < sc->n_tariffs; i++)
        check_tariff(tree, &sc->tariffs[i]);
    for (int32_t i = 0; i < sc->n_sites; i++) {
        const struct dh_power_spec *p = &sc->sites[i].powers[0];
        for (int32_t k = 0; k < p->n_transformers; k++)
            check_losses(tree, p->transformers[k].losses, p->transformers[k].n_losses);
        for (int32_t k = 0; k < p->n_upses; k++)
            check_losses(tree, p->upses[k].losses, p->upses[k].n_losses);
        for (int32_t k = 0; k < p->n_upses; k++)
            check_eco(tree, &p->upses[k]);
        for (int32_t k = 0; k < p->n_pdus; k++)
            check_losses(tree, p->pdus[k].losses, p->pdus[k].n_losses);
        dh_check_site(tree, sc, &sc->sites[i]);
    }
    struct dh_run_fabrics fabrics;
    if (tree->diag->n_error == 0 && dh_run_fabrics_compile(&fabrics, sc, tree->diag) == DH_OK)
        dh_run_fabrics_free(&fabrics);
    if (sc->n_storages)
        dh_check_storage(tree, &sc->storages[0]);
    if (sc->n_economies > 0 && sc->economies[0].n_finances > 0)
        dh_check_finance(tree, &sc->economies[0]);
    if (sc->n_workloads) {
        struct dh_run_size size;
        dh_scenario_estimate(sc, -1, &size);
        check_workload(tree, &sc->workloads[0]);
        dh_check_data(tree, sc, size.gpus);
    }
    if (sc->n_bursts)
        check_burst(tree, sc, &sc->bursts[0]);
}
