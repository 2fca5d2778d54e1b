/* Measured GPUs (scenarios/telemetry.h) as a load that scenarios replay, or as a table.
 *
 * The load: in each interval a host's GPUs work like one job that holds all of them, at the mean activity
 * that was measured. Activity is (power - IDLE) / (MAX - IDLE) when PART gives both, so that a device of
 * those powers draws what was measured; without PART it is DCGM_FI_DEV_GPU_UTIL. Power comes from the energy
 * counter where there is one, else from samples. Played with policy="replay" and limit="allow". */
#include "scenarios/import_internal.h"
#include "scenarios/telemetry.h"

#include "sim/sum.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sample is believed for so many of the usual steps at most; then its GPU was out of sight. Prometheus
 * takes five minutes, which is four to five steps of its default. */
enum { BELIEVED_STEPS = 5, STEPS_LOOKED_AT = 1001 };

/* A constant value from one instant to another. */
struct stretch {
    int64_t from_ns, to_ns;
    double value;
};

/* A host in an interval: one job. */
struct spell {
    int64_t from_ns, length_ns;
    int32_t gpus, interval, host;
    double activity;
};

struct conversion {
    struct dh_importer *im;
    struct dh_telemetry_set set;
    double idle_w, max_w; /* NAN: activity is what the samples say */
    int64_t first_ns, last_ns, interval_ns;
    int64_t n_clipped, n_reset, n_gap;
    struct dh_sum energy_j, gpu_s, busy_s;
    struct stretch *stretches; /* of the GPU in work */
    int32_t n_stretch, stretch_room;
    struct spell *spells;
    int32_t n_spell, spell_room;
    int32_t n_host, n_gpu;
    /* of the host in work, by interval */
    double *load_s;
    int64_t *from_ns, *covered_ns, *longest_ns;
    int32_t *gpus;
    int32_t n_interval, low, high; /* intervals of the host in work that hold anything: low to high */
};

static int by_size(const void *a, const void *b) {
    int64_t p = *(const int64_t *)a, q = *(const int64_t *)b;
    return (p > q) - (p < q);
}

#define DAY_NS (INT64_C(86400) * DH_NS_PER_S)

/* The usual distance of two samples: the median of the first thousand, a day at most. A single one is
 * believed for a minute. */
static int64_t usual_step(const struct dh_telemetry_series *s) {
    int64_t steps[STEPS_LOOKED_AT];
    int32_t n = 0;
    for (int32_t i = 1; i < s->n && n < STEPS_LOOKED_AT; i++)
        steps[n++] = s->samples[i].unix_ns - s->samples[i - 1].unix_ns;
    if (n == 0)
        return 60 * DH_NS_PER_S;
    qsort(steps, (size_t)n, sizeof *steps, by_size);
    return steps[n / 2] < DAY_NS ? steps[n / 2] : DAY_NS;
}

static enum dh_err add_stretch(struct conversion *c, int64_t from_ns, int64_t to_ns, double value) {
    if (c->n_stretch == c->stretch_room) {
        int32_t room = c->stretch_room ? 2 * c->stretch_room : 1024;
        struct stretch *grown = realloc(c->stretches, (size_t)room * sizeof *grown);
        if (!grown)
            return dh_importer_no_memory(c->im);
        c->stretches = grown;
        c->stretch_room = room;
    }
    c->stretches[c->n_stretch++] = (struct stretch){from_ns, to_ns, value};
    return DH_OK;
}

/* Samples hold until the next one, the last one a step long. */
static enum dh_err stretches_of_samples(struct conversion *c, const struct dh_telemetry_series *s) {
    int64_t step = usual_step(s);
    c->n_stretch = 0;
    for (int32_t i = 0; i < s->n; i++) {
        int64_t from = s->samples[i].unix_ns, to = i + 1 < s->n ? s->samples[i + 1].unix_ns : from + step;
        if (to - from > BELIEVED_STEPS * step) {
            to = from + step;
            c->n_gap++;
        }
        DH_TRY(add_stretch(c, from, to, s->samples[i].value));
    }
    return DH_OK;
}

/* What a counter rose by between two samples, as power. After a fall it began at zero again. */
static enum dh_err stretches_of_counter(struct conversion *c, const struct dh_telemetry_series *s) {
    c->n_stretch = 0;
    for (int32_t i = 1; i < s->n; i++) {
        int64_t from = s->samples[i - 1].unix_ns, to = s->samples[i].unix_ns;
        double rise = s->samples[i].value - s->samples[i - 1].value;
        if (rise < 0) {
            rise = s->samples[i].value;
            c->n_reset++;
        }
        DH_TRY(add_stretch(c, from, to, rise / ((double)(to - from) / 1e9)));
    }
    return DH_OK;
}

/* The quantity of a GPU whose series begin at row s, or NULL. */
static const struct dh_telemetry_series *quantity(const struct dh_telemetry_set *set, int32_t s,
                                                  enum dh_telemetry what) {
    const struct dh_telemetry_series *first = &set->series[s];
    for (; s < set->n; s++) {
        const struct dh_telemetry_series *at = &set->series[s];
        if (strcmp(at->host, first->host) != 0 || strcmp(at->gpu, first->gpu) != 0)
            return NULL;
        if (at->what == what)
            return at;
    }
    return NULL;
}

/* Row behind the series of the GPU that begin at row s. */
static int32_t behind_gpu(const struct dh_telemetry_set *set, int32_t s) {
    const struct dh_telemetry_series *first = &set->series[s];
    while (s < set->n && strcmp(set->series[s].host, first->host) == 0 &&
           strcmp(set->series[s].gpu, first->gpu) == 0)
        s++;
    return s;
}

/* Power of a GPU as stretches; none where nothing says it. */
static enum dh_err power_of(struct conversion *c, int32_t s) {
    const struct dh_telemetry_series *counter = quantity(&c->set, s, DH_TELEMETRY_ENERGY),
                                     *power = quantity(&c->set, s, DH_TELEMETRY_POWER);
    c->n_stretch = 0;
    if (counter && counter->n > 1)
        return stretches_of_counter(c, counter);
    return power ? stretches_of_samples(c, power) : DH_OK;
}

/* ---- the load ------------------------------------------------------------------------------------------ */

static enum dh_err parse_part(struct conversion *c) {
    const char *part = c->im->part;
    double idle = 0, max = 0;
    size_t n = part ? strlen(part) : 0, end = 0, end_max = 0;
    c->idle_w = c->max_w = NAN;
    if (n == 0)
        return DH_OK;
    if (dh_number_parse(part, n, &idle, &end) != DH_OK || part[end] != '-' ||
        dh_number_parse(part + end + 1, n - end - 1, &max, &end_max) != DH_OK || end + 1 + end_max != n ||
        !(idle >= 0 && max > idle && max <= 1e5)) {
        dh_fail(c->im->diag, DH_ERR_USAGE, (struct dh_place){c->im->path, 0, 0},
                "'%s' is not IDLE-MAX, a GPU's idle and highest power in watts", part);
        dh_diag_hint(c->im->diag, "FILE:70-700 for an H100");
        return DH_ERR_USAGE;
    }
    c->idle_w = idle;
    c->max_w = max;
    return DH_OK;
}

/* Stretches as activity: (power - idle) / (max - idle), kept within 0 and 1. */
static void power_to_activity(struct conversion *c) {
    for (int32_t i = 0; i < c->n_stretch; i++) {
        double activity = (c->stretches[i].value - c->idle_w) / (c->max_w - c->idle_w);
        c->n_clipped += !(activity >= 0 && activity <= 1);
        c->stretches[i].value = fmin(fmax(activity, 0), 1);
    }
}

static void add_to_intervals(struct conversion *c) {
    for (int32_t i = 0; i < c->n_stretch; i++) {
        const struct stretch *s = &c->stretches[i];
        for (int64_t from = s->from_ns; from < s->to_ns;) {
            int64_t k = (from - c->first_ns) / c->interval_ns, end = c->first_ns + (k + 1) * c->interval_ns;
            int64_t to = s->to_ns < end ? s->to_ns : end;
            c->from_ns[k] = c->from_ns[k] < from ? c->from_ns[k] : from;
            c->covered_ns[k] += to - from;
            c->load_s[k] += s->value * ((double)(to - from) / 1e9);
            c->low = (int32_t)k < c->low ? (int32_t)k : c->low;
            c->high = (int32_t)k > c->high ? (int32_t)k : c->high;
            from = to;
        }
    }
    for (int32_t k = c->low; k <= c->high; k++) {
        c->gpus[k] += c->covered_ns[k] > 0;
        c->longest_ns[k] = c->longest_ns[k] > c->covered_ns[k] ? c->longest_ns[k] : c->covered_ns[k];
        c->covered_ns[k] = 0;
    }
}

static enum dh_err add_spell(struct conversion *c, const struct spell *spell) {
    if (c->n_spell == c->spell_room) {
        int32_t room = c->spell_room ? 2 * c->spell_room : 1024;
        struct spell *grown = c->n_spell < 20000000 ? realloc(c->spells, (size_t)room * sizeof *grown) : NULL;
        if (!grown)
            return dh_importer_no_memory(c->im);
        c->spells = grown;
        c->spell_room = room;
    }
    c->spells[c->n_spell++] = *spell;
    return DH_OK;
}

static enum dh_err end_host(struct conversion *c, int32_t host) {
    for (int32_t k = c->low; k <= c->high; k++) {
        if (c->longest_ns[k] == 0)
            continue;
        double gpu_s = c->gpus[k] * ((double)c->longest_ns[k] / 1e9);
        struct spell spell = {c->from_ns[k], c->longest_ns[k], c->gpus[k], k, host, c->load_s[k] / gpu_s};
        spell.activity = fmin(spell.activity, 1); /* of rounding */
        dh_sum_add(&c->gpu_s, gpu_s);
        dh_sum_add(&c->busy_s, c->load_s[k]);
        DH_TRY(add_spell(c, &spell));
        c->load_s[k] = 0;
        c->from_ns[k] = INT64_MAX;
        c->longest_ns[k] = 0;
        c->gpus[k] = 0;
    }
    c->low = INT32_MAX;
    c->high = -1;
    return DH_OK;
}

static enum dh_err one_gpu(struct conversion *c, int32_t s) {
    const struct dh_telemetry_series *active = quantity(&c->set, s, DH_TELEMETRY_ACTIVE);
    bool by_power = !isnan(c->idle_w);
    DH_TRY(power_of(c, s));
    for (int32_t i = 0; i < c->n_stretch; i++)
        dh_sum_add(&c->energy_j,
                   c->stretches[i].value * ((double)(c->stretches[i].to_ns - c->stretches[i].from_ns) / 1e9));
    if (by_power ? c->n_stretch == 0 : !active) {
        dh_fail(c->im->diag, DH_ERR_MISSING, (struct dh_place){c->im->path, c->set.series[s].line, 0},
                "GPU %s of %s has no %s", c->set.series[s].gpu, c->set.series[s].host,
                by_power ? "power" : "activity");
        dh_diag_hint(c->im->diag, by_power
                                      ? "needs DCGM_FI_DEV_POWER_USAGE, or two samples of "
                                        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"
                                      : "needs DCGM_FI_DEV_GPU_UTIL; or say FILE:IDLE-MAX, the GPU's idle "
                                        "and highest power in watts, to take it from its power");
        return DH_ERR_MISSING;
    }
    if (by_power)
        power_to_activity(c);
    else
        DH_TRY(stretches_of_samples(c, active));
    add_to_intervals(c);
    c->n_gpu++;
    return DH_OK;
}

/* From the first sample to the end of the last one's step; a minute, five or an hour to cut it by. */
static enum dh_err set_intervals(struct conversion *c) {
    c->first_ns = INT64_MAX;
    c->last_ns = INT64_MIN;
    for (int32_t s = 0; s < c->set.n; s++) {
        const struct dh_telemetry_series *at = &c->set.series[s];
        if (at->n == 0)
            continue;
        int64_t end = at->samples[at->n - 1].unix_ns + usual_step(at);
        c->first_ns = at->samples[0].unix_ns < c->first_ns ? at->samples[0].unix_ns : c->first_ns;
        c->last_ns = end > c->last_ns ? end : c->last_ns;
    }
    int64_t span_s = (c->last_ns - c->first_ns) / DH_NS_PER_S;
    if (span_s > INT64_C(10) * 366 * 86400)
        return dh_fail(c->im->diag, DH_ERR_RANGE, (struct dh_place){c->im->path, c->set.series[0].line, 0},
                       "samples that are more than ten years apart: one of their times is wrong");
    c->interval_ns = (span_s <= 86400 ? 60 : span_s <= 31 * 86400 ? 300 : 3600) * DH_NS_PER_S;
    c->n_interval = (int32_t)((c->last_ns - c->first_ns) / c->interval_ns) + 1;
    size_t n = (size_t)c->n_interval;
    c->load_s = calloc(n, sizeof *c->load_s);
    c->from_ns = calloc(n, sizeof *c->from_ns);
    c->covered_ns = calloc(n, sizeof *c->covered_ns);
    c->longest_ns = calloc(n, sizeof *c->longest_ns);
    c->gpus = calloc(n, sizeof *c->gpus);
    if (!c->load_s || !c->from_ns || !c->covered_ns || !c->longest_ns || !c->gpus)
        return dh_importer_no_memory(c->im);
    for (size_t k = 0; k < n; k++)
        c->from_ns[k] = INT64_MAX;
    c->low = INT32_MAX;
    c->high = -1;
    return DH_OK;
}

static int by_start(const void *a, const void *b) {
    const struct spell *p = a, *q = b;
    if (p->from_ns != q->from_ns)
        return p->from_ns < q->from_ns ? -1 : 1;
    return (p->host > q->host) - (p->host < q->host);
}

static void put_spells(struct conversion *c) {
    struct dh_importer *im = c->im;
    qsort(c->spells, (size_t)c->n_spell, sizeof *c->spells, by_start);
    dh_importer_line(im, "id,submit_s,duration_s,gpus,tenant,kind,gpu_util,start_s");
    for (int32_t i = 0; i < c->n_spell; i++) {
        const struct spell *spell = &c->spells[i];
        const char *host = c->set.series[spell->host].host;
        char id[300];
        snprintf(id, sizeof id, "%.230s@%d", host, spell->interval);
        dh_importer_name(im, id);
        dh_text_puts(&im->text, ",");
        dh_importer_seconds(im, spell->from_ns - c->first_ns);
        dh_text_puts(&im->text, ",");
        dh_importer_seconds(im, spell->length_ns);
        dh_text_printf(&im->text, ",%d,", spell->gpus);
        dh_importer_name(im, host);
        dh_text_puts(&im->text, ",training,");
        dh_importer_number(im, spell->activity);
        dh_text_puts(&im->text, ",");
        dh_importer_seconds(im, spell->from_ns - c->first_ns);
        dh_text_puts(&im->text, "\n");
        dh_importer_hand_over(im, DH_IMPORT_PIECE);
    }
}

static void tell(const struct conversion *c) {
    struct dh_importer *im = c->im;
    char text[21];
    if (c->n_gap > 0)
        dh_warn(im->diag, DH_ERR_W_DATA, (struct dh_place){im->path, 0, 0},
                "times in which a GPU was out of sight, taken as idle: %lld", (long long)c->n_gap);
    if (c->n_clipped > 0)
        dh_warn(im->diag, DH_ERR_W_DATA, (struct dh_place){im->path, 0, 0},
                "samples of power outside %g to %g W, taken as those: %lld", c->idle_w, c->max_w,
                (long long)c->n_clipped);
    dh_timestamp_format(c->first_ns / DH_NS_PER_S, text);
    dh_importer_figure(im, (double)c->set.n_sample, "samples", NULL);
    dh_importer_figure(im, (double)c->set.n_missing, "missing_samples", NULL);
    dh_importer_figure(im, (double)c->set.n_other, "samples_of_other_metrics", NULL);
    dh_importer_figure(im, c->n_host, "hosts", NULL);
    dh_importer_figure(im, c->n_gpu, "gpus", NULL);
    dh_importer_figure(im, c->n_spell, "jobs", NULL);
    dh_importer_figure(im, (double)(c->first_ns / DH_NS_PER_S), "first_unix_s", NULL);
    dh_importer_figure(im, (double)(c->last_ns - c->first_ns) / 1e9, "seconds", NULL);
    dh_importer_figure(im, (double)(c->interval_ns / DH_NS_PER_S), "interval_s", NULL);
    dh_importer_figure(im, dh_sum_value(&c->gpu_s) / 3600, "gpu_hours", NULL);
    dh_importer_figure(im, dh_sum_value(&c->busy_s) / 3600, "active_gpu_hours", NULL);
    dh_importer_figure(im, dh_sum_value(&c->energy_j) / 3.6e6, "energy_kwh", NULL);
    dh_importer_figure(im, (double)c->n_reset, "counter_resets", NULL);
}

static enum dh_err convert(struct conversion *c) {
    DH_TRY(set_intervals(c));
    for (int32_t s = 0, host = 0; s < c->set.n;) {
        DH_TRY(one_gpu(c, s));
        s = behind_gpu(&c->set, s);
        if (s < c->set.n && strcmp(c->set.series[s].host, c->set.series[host].host) == 0)
            continue;
        DH_TRY(end_host(c, host));
        c->n_host++;
        host = s;
    }
    put_spells(c);
    tell(c);
    return DH_OK;
}

enum dh_err dh_import_dcgm(struct dh_importer *im) {
    struct conversion c = {.im = im};
    DH_TRY(parse_part(&c));
    DH_TRY(dh_telemetry_read(&c.set, im->path, im->diag));
    enum dh_err err = convert(&c);
    dh_telemetry_free(&c.set);
    free(c.stretches);
    free(c.spells);
    free(c.load_s);
    free(c.from_ns);
    free(c.covered_ns);
    free(c.longest_ns);
    free(c.gpus);
    return err;
}

/* ---- the table ----------------------------------------------------------------------------------------- */

static const enum dh_telemetry table_order[] = {DH_TELEMETRY_POWER,  DH_TELEMETRY_ENERGY, DH_TELEMETRY_ACTIVE,
                                                DH_TELEMETRY_TENSOR, DH_TELEMETRY_DRAM,   DH_TELEMETRY_TEMP,
                                                DH_TELEMETRY_CLOCK};

/* One line for each instant at which anything of the GPU was sampled. */
static int64_t put_gpu(struct dh_importer *im, const struct dh_telemetry_set *set, int32_t first) {
    const struct dh_telemetry_series *series[DH_N_TELEMETRY];
    int32_t at[DH_N_TELEMETRY] = {0};
    int64_t n_row = 0;
    for (int q = 0; q < DH_N_TELEMETRY; q++)
        series[q] = quantity(set, first, table_order[q]);
    for (;;) {
        int64_t now = INT64_MAX;
        for (int q = 0; q < DH_N_TELEMETRY; q++)
            if (series[q] && at[q] < series[q]->n && series[q]->samples[at[q]].unix_ns < now)
                now = series[q]->samples[at[q]].unix_ns;
        if (now == INT64_MAX)
            return n_row;
        dh_importer_seconds(im, now);
        dh_text_puts(&im->text, ",");
        dh_importer_name(im, set->series[first].host);
        dh_text_puts(&im->text, ",");
        dh_importer_name(im, set->series[first].gpu);
        for (int q = 0; q < DH_N_TELEMETRY; q++) {
            dh_text_puts(&im->text, ",");
            if (series[q] && at[q] < series[q]->n && series[q]->samples[at[q]].unix_ns == now)
                dh_importer_number(im, series[q]->samples[at[q]++].value);
        }
        dh_text_puts(&im->text, "\n");
        dh_importer_hand_over(im, DH_IMPORT_PIECE);
        n_row++;
    }
}

enum dh_err dh_import_dcgm_series(struct dh_importer *im) {
    struct dh_telemetry_set set;
    int64_t n_row = 0;
    int32_t n_gpu = 0;
    DH_TRY(dh_telemetry_read(&set, im->path, im->diag));
    dh_importer_line(im,
                     "unix_s,host,gpu,power_w,energy_j,active,tensor_active,dram_active,temp_degc,clock_hz");
    for (int32_t s = 0; s < set.n; s = behind_gpu(&set, s), n_gpu++)
        n_row += put_gpu(im, &set, s);
    dh_importer_figure(im, (double)set.n_sample, "samples", NULL);
    dh_importer_figure(im, (double)set.n_missing, "missing_samples", NULL);
    dh_importer_figure(im, (double)set.n_other, "samples_of_other_metrics", NULL);
    dh_importer_figure(im, (double)set.n_duplicate, "duplicates", NULL);
    dh_importer_figure(im, n_gpu, "gpus", NULL);
    dh_importer_figure(im, (double)n_row, "rows", NULL);
    dh_telemetry_free(&set);
    return DH_OK;
}
