/* What a fit says about a device, for people and for programs. */
#include "sim/api/calibrate_fit.h"

#include "models/kernel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the catalog's constant of the same name ----------------------------------------------------------- */

static const double *member_of_gemm(const struct dh_gemm_spec *g, const char *name) {
    return strcmp(name, "start") == 0         ? &g->start_s
           : strcmp(name, "peak") == 0        ? &g->peak_flops
           : strcmp(name, "efficiency") == 0  ? &g->efficiency
           : strcmp(name, "memory") == 0      ? &g->memory
           : strcmp(name, "wave") == 0        ? &g->wave
           : strcmp(name, "prologue") == 0    ? &g->prologue_k
           : strcmp(name, "unit-memory") == 0 ? &g->unit_memory
           : strcmp(name, "cache") == 0       ? &g->cache
           : strcmp(name, "split") == 0       ? &g->split_s
                                              : NULL;
}

static const double *member_of_prefill(const struct dh_prefill_spec *p, const char *name) {
    return strcmp(name, "start") == 0           ? &p->start_s
           : strcmp(name, "peak") == 0          ? &p->peak_flops
           : strcmp(name, "efficiency") == 0    ? &p->efficiency
           : strcmp(name, "overhead") == 0      ? &p->overhead_keys
           : strcmp(name, "tail") == 0          ? &p->tail
           : strcmp(name, "query-element") == 0 ? &p->head_s
           : strcmp(name, "kv-element") == 0    ? &p->kv_s
                                                : NULL;
}

static const double *member_of_decode(const struct dh_decode_spec *p, const char *name) {
    return strcmp(name, "start") == 0         ? &p->start_s
           : strcmp(name, "memory") == 0      ? &p->memory
           : strcmp(name, "unit-memory") == 0 ? &p->unit_memory
           : strcmp(name, "sequence") == 0    ? &p->sequence_s
           : strcmp(name, "kv-head") == 0     ? &p->kv_head_s
           : strcmp(name, "head") == 0        ? &p->head_s
           : strcmp(name, "split") == 0       ? &p->split_s
                                              : NULL;
}

/* What the catalog has for a figure: a constant, or a datasheet's bandwidth, or board power. NaN: nothing. */
static double shipped(const struct dh_device_spec *d, const char *of) {
    static const char words[] = "fp32|tf32|bf16|fp16|fp8|nvfp4|int8";
    const char *first = strchr(of, ':'), *last = strrchr(of, ':');
    if (!d || !first)
        return NAN;
    size_t n = (size_t)(first - of);
    if (strncmp(of, "triad", n) == 0 || strncmp(of, "copy", n) == 0)
        return strcmp(last, ":memory-bandwidth") == 0 ? d->memory_bytes_per_s : NAN;
    if (strcmp(of, "sustained:idle:board") == 0)
        return d->idle_w;
    int format = first < last ? dh_word_index(words, first + 1, (size_t)(last - first - 1)) : -1;
    const double *value = NULL;
    if (format < 0)
        return NAN;
    if (n == 4 && strncmp(of, "gemm", n) == 0) {
        const struct dh_gemm_spec *g = dh_kernel_gemm_of(d, (enum dh_number_format)format);
        value = g ? member_of_gemm(g, last + 1) : NULL;
    } else if (n == 7 && strncmp(of, "prefill", n) == 0) {
        const struct dh_prefill_spec *p = dh_kernel_prefill_of(d, (enum dh_number_format)format);
        value = p ? member_of_prefill(p, last + 1) : NULL;
    } else if (n == 6 && strncmp(of, "decode", n) == 0) {
        const struct dh_decode_spec *p = dh_kernel_decode_of(d, (enum dh_number_format)format);
        value = p ? member_of_decode(p, last + 1) : NULL;
    }
    return value ? *value : NAN;
}

/* ---- text ---------------------------------------------------------------------------------------------- */

static void percent(char *out, size_t room, double share) {
    if (isnan(share))
        snprintf(out, room, "-");
    else
        snprintf(out, room, "%.1f %%", 100 * share);
}

static void put_families(const struct dh_profile_spec *p, struct dh_text *text) {
    dh_text_printf(text, "%-18s %7s %9s %9s %9s %6s %9s %9s\n", "family", "points", "outliers", "cv p50",
                   "cv p90", "held", "held p50", "held p90");
    for (int32_t i = 0; i < p->n_fits; i++) {
        const struct dh_fit_spec *f = &p->fits[i];
        char shares[4][24];
        percent(shares[0], sizeof shares[0], f->cv_p50);
        percent(shares[1], sizeof shares[1], f->cv_p90);
        percent(shares[2], sizeof shares[2], f->held_p50);
        percent(shares[3], sizeof shares[3], f->held_p90);
        dh_text_printf(text, "%-18s %7lld %9lld %9s %9s %6lld %9s %9s\n", f->of, (long long)f->points,
                       (long long)f->outliers, shares[0], shares[1], (long long)f->held, shares[2],
                       shares[3]);
    }
}

/* The unit of a figure, by its last word; "": a share or a count. */
static const char *unit_of(const char *of) {
    static const struct {
        const char *name, *unit;
    } units[] = {
        {"peak",             "FLOP/s"},
        {"memory-bandwidth", "B/s"   },
        {"bus-bandwidth",    "B/s"   },
        {"rate",             "B/s"   },
        {"start",            "s"     },
        {"latency",          "s"     },
        {"kernel",           "s"     },
        {"split",            "s"     },
        {"sequence",         "s"     },
        {"kv-head",          "s"     },
        {"head",             "s"     },
        {"time-constant",    "s"     },
        {"board",            "W"     },
    };
    const char *name = strrchr(of, ':');
    for (size_t i = 0; name && i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].name, name + 1) == 0)
            return units[i].unit;
    return "";
}

/* "3.003 us", "24 GB/s"; of numbers without a unit as they are. */
static const char *in_units(char room[static 32], double value, const char *unit) {
    static const char *const prefixes[] = {"f", "p", "n", "u", "m", "", "k", "M", "G", "T", "P"};
    int p = 5;
    if (unit[0] && value > 0 && isfinite(value)) {
        for (; value >= 999.95 && p < 10; p++)
            value /= 1000;
        for (; value < 0.99995 && p > 0; p--)
            value *= 1000;
    }
    snprintf(room, 32, "%.4g%s%s%s", value, unit[0] ? " " : "", unit[0] ? prefixes[p] : "", unit);
    return room;
}

static void put_figures(const struct dh_profile_spec *p, const struct dh_device_spec *device,
                        struct dh_text *text) {
    dh_text_printf(text, "\n%-28s %14s   %-32s %14s\n", "constant", "value", "95 % interval", "shipped");
    for (int32_t i = 0; i < p->n_figures; i++) {
        const struct dh_figure_spec *f = &p->figures[i];
        const char *unit = unit_of(f->of);
        char interval[80], value[32], low[32], high[32], beside[32] = "-";
        double catalog = shipped(device, f->of);
        snprintf(interval, sizeof interval, "%s to %s", in_units(low, f->low, unit),
                 in_units(high, f->high, unit));
        if (!isnan(catalog))
            in_units(beside, catalog, unit);
        dh_text_printf(text, "%-28s %14s   %-32s %14s%s\n", f->of, in_units(value, f->value, unit), interval,
                       beside, f->identified ? "" : "  not identified");
    }
}

static void put_text(const struct dh_calibration *c, struct dh_text *text) {
    const struct dh_profile_spec *p = &c->fit.profile;
    dh_text_printf(text, "profile %s: %s by %s%s%s", p->id, p->device, p->backend, *p->runtime ? ", " : "",
                   p->runtime);
    if (c->device)
        dh_text_printf(text, "; in the catalog: %s\n", c->device->id);
    else
        dh_text_puts(text, "; no device of the catalog: shares are of what was measured\n");
    dh_text_printf(text,
                   "%d samples fitted; left out: %d under thermal slowdown or power brake, %d with wrong "
                   "results%s%s\n\n",
                   c->fit.n_fitted, c->fit.n_throttled, c->fit.n_wrong, *p->flags ? "; flags: " : "",
                   p->flags);
    put_families(p, text);
    put_figures(p, c->device, text);
    for (int32_t i = 0; i < c->fit.n_note; i++)
        dh_text_printf(text, "%snote: %s\n", i ? "" : "\n", c->fit.notes[i]);
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static void put_string(struct dh_text *text, const char *name, const char *value) {
    dh_text_printf(text, "\"%s\":\"", name);
    for (const unsigned char *c = (const unsigned char *)value; *c; c++)
        if (*c == '"' || *c == '\\')
            dh_text_printf(text, "\\%c", *c);
        else if (*c < 0x20)
            dh_text_printf(text, "\\u%04x", *c);
        else
            dh_text_add(text, (const char *)c, 1);
    dh_text_puts(text, "\"");
}

static void put_number(struct dh_text *text, const char *name, double value) {
    char number[40] = "null";
    if (isfinite(value))
        dh_number_format(value, number, sizeof number);
    dh_text_printf(text, ",\"%s\":%s", name, number);
}

static void put_json(const struct dh_calibration *c, struct dh_text *text) {
    const struct dh_profile_spec *p = &c->fit.profile;
    dh_text_puts(text, "{");
    put_string(text, "profile", p->id);
    dh_text_puts(text, ",");
    put_string(text, "device", p->device);
    dh_text_puts(text, ",");
    put_string(text, "catalog", c->device ? c->device->id : "");
    dh_text_puts(text, ",");
    put_string(text, "samples", p->samples);
    put_number(text, "fitted", c->fit.n_fitted);
    put_number(text, "throttled", c->fit.n_throttled);
    put_number(text, "wrong", c->fit.n_wrong);
    dh_text_puts(text, ",\"fits\":[");
    for (int32_t i = 0; i < p->n_fits; i++) {
        const struct dh_fit_spec *f = &p->fits[i];
        dh_text_puts(text, i ? ",{" : "{");
        put_string(text, "of", f->of);
        put_number(text, "points", (double)f->points);
        put_number(text, "outliers", (double)f->outliers);
        put_number(text, "cv_p50", f->cv_p50);
        put_number(text, "cv_p90", f->cv_p90);
        put_number(text, "held", (double)f->held);
        put_number(text, "held_p50", f->held_p50);
        put_number(text, "held_p90", f->held_p90);
        dh_text_puts(text, "}");
    }
    dh_text_puts(text, "],\"figures\":[");
    for (int32_t i = 0; i < p->n_figures; i++) {
        const struct dh_figure_spec *f = &p->figures[i];
        dh_text_puts(text, i ? ",{" : "{");
        put_string(text, "of", f->of);
        put_number(text, "value", f->value);
        put_number(text, "low", f->low);
        put_number(text, "high", f->high);
        put_number(text, "shipped", shipped(c->device, f->of));
        dh_text_printf(text, ",\"identified\":%s}", f->identified ? "true" : "false");
    }
    dh_text_puts(text, "],\"notes\":[");
    for (int32_t i = 0; i < c->fit.n_note; i++) {
        dh_text_puts(text, i ? ",{" : "{");
        put_string(text, "text", c->fit.notes[i]);
        dh_text_puts(text, "}");
    }
    dh_text_puts(text, "]}\n");
}

void dh_calibration_report(const struct dh_calibration *c, bool json, struct dh_text *text) {
    if (json)
        put_json(c, text);
    else
        put_text(c, text);
}
