#include "models/gpu/fit_family.h"
#include "sim/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FIGURES = 1000, MOST_FITS = 100, MOST_KINDS = 32, MOST_FITTED = 1000 };

enum dh_gpu_kernel dh_fit_kernel(const struct dh_sample_spec *sample) {
    return (enum dh_gpu_kernel)
        sample->kernel; /* the words of <sample kernel=> are in the order of the enum */
}

bool dh_fit_is_used(const struct dh_sample_spec *sample) {
    return !dh_text_has_word(sample->flags, "thermal") && !dh_text_has_word(sample->flags, "brake") &&
           !dh_text_has_word(sample->flags, "wrong");
}

const char *dh_fit_text(struct dh_fit_session *s, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *copy = dh_arena_strdup(s->mem, text);
    s->memory_out = s->memory_out || !copy;
    return copy ? copy : "";
}

void dh_fit_note(struct dh_fit_session *s, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (s->result->n_note < DH_GPU_FIT_NOTES)
        s->result->notes[s->result->n_note++] = dh_fit_text(s, "%s", text);
}

/* ---- samples ------------------------------------------------------------------------------------------ */

static bool same_kind(const struct dh_sample_spec *a, const struct dh_sample_spec *b) {
    return strcmp(a->library, b->library) == 0 && a->tile_m == b->tile_m && a->tile_n == b->tile_n;
}

static bool is_own(const struct dh_sample_spec *sample) {
    return strncmp(sample->library, "own", 3) == 0;
}

/* The tile and library that most samples have, a library before what is our own; NULL for none. Of more than
 * MOST_KINDS, which no device has, the first ones count. */
static const struct dh_sample_spec *most_common(const struct dh_sample_spec *const *all, int32_t n) {
    const struct dh_sample_spec *kinds[MOST_KINDS], *best = NULL;
    int32_t counts[MOST_KINDS], n_kind = 0, most = 0;
    for (int32_t i = 0; i < n; i++) {
        int32_t k = 0;
        while (k < n_kind && !same_kind(kinds[k], all[i]))
            k++;
        if (k == MOST_KINDS)
            continue;
        if (k == n_kind) {
            kinds[n_kind] = all[i];
            counts[n_kind++] = 0;
        }
        counts[k]++;
    }
    for (int32_t k = 0; k < n_kind; k++) {
        bool own = is_own(kinds[k]), best_own = best && is_own(best);
        if (!best || (best_own && !own) || (best_own == own && counts[k] > most)) {
            best = kinds[k];
            most = counts[k];
        }
    }
    return best;
}

/* More samples than a fit has use for: every so many of them. */
static void thin(struct dh_fit_group *group) {
    int32_t step = (group->n + MOST_FITTED - 1) / MOST_FITTED, kept = 0;
    if (step <= 1)
        return;
    for (int32_t i = 0; i < group->n; i += step)
        group->rows[kept++] = group->rows[i];
    memmove(group->rows + kept, group->rows + group->n, (size_t)group->n_held * sizeof *group->rows);
    group->n = kept;
}

struct dh_fit_group dh_fit_gather(struct dh_fit_session *s, enum dh_gpu_kernel kernel, int32_t format,
                                  const char *library, double ranks) {
    struct dh_fit_group group = {0};
    const struct dh_sample_spec **all =
        dh_arena_array(s->mem, (size_t)s->samples->n_samples + 1, sizeof *all);
    group.rows = dh_arena_array(s->mem, (size_t)s->samples->n_samples + 1, sizeof *group.rows);
    int32_t n = 0;
    if (!all || !group.rows) {
        s->memory_out = true;
        return group;
    }
    for (int32_t i = 0; i < s->samples->n_samples; i++) {
        const struct dh_sample_spec *sample = &s->samples->samples[i];
        if (dh_fit_is_used(sample) && dh_fit_kernel(sample) == kernel &&
            (format < 0 || sample->format == format) && (!library || strcmp(sample->library, library) == 0) &&
            (ranks == 0 || sample->size[0] == ranks))
            all[n++] = sample;
    }
    const struct dh_sample_spec *kind = most_common(all, n);
    for (int held = 0; held < 2; held++)
        for (int32_t i = 0; i < n; i++)
            if (same_kind(all[i], kind) && all[i]->held == held) {
                group.rows[group.n + group.n_held] = all[i];
                *(held ? &group.n_held : &group.n) += 1;
            }
    thin(&group);
    return group;
}

/* A fold for each shape, so that repetitions are in the same one: FNV-1a over the sizes, stirred. */
static int32_t fold_of(const struct dh_sample_spec *sample) {
    uint32_t h = 2166136261u;
    for (int32_t i = 0; i < sample->n_size; i++) {
        unsigned char bytes[sizeof sample->size[i]];
        memcpy(bytes, &sample->size[i], sizeof bytes);
        for (size_t b = 0; b < sizeof bytes; b++)
            h = (h ^ bytes[b]) * 16777619u;
    }
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    return (int32_t)(h % DH_FIT_FOLDS);
}

double *dh_fit_hull(struct dh_fit_session *s, const struct dh_fit_group *group, int32_t n_size, int32_t *n) {
    double *hull = dh_arena_array(s->mem, (size_t)(2 * n_size), sizeof *hull);
    *n = hull ? 2 * n_size : 0;
    s->memory_out = s->memory_out || !hull;
    for (int32_t k = 0; hull && k < n_size; k++) {
        hull[2 * k] = INFINITY;
        for (int32_t i = 0; i < group->n; i++) {
            hull[2 * k] = fmin(hull[2 * k], group->rows[i]->size[k]);
            hull[2 * k + 1] = fmax(hull[2 * k + 1], group->rows[i]->size[k]);
        }
    }
    return hull;
}

/* ---- what comes out ----------------------------------------------------------------------------------- */

void dh_fit_figure(struct dh_fit_session *s, const char *of, const char *name, double value, double low,
                   double high, bool identified) {
    struct dh_profile_spec *p = &s->result->profile;
    if (p->n_figures >= MOST_FIGURES || !isfinite(value))
        return;
    p->figures[p->n_figures++] = (struct dh_figure_spec){.of = dh_fit_text(s, "%s:%s", of, name),
                                                         .value = value,
                                                         .low = isfinite(low) ? low : value,
                                                         .high = isfinite(high) ? high : value,
                                                         .identified = identified};
}

/* Median and 90th percentile of |ln(measured/predicted)|, as shares. */
static void errors_of(double *residuals, int32_t n, double *p50, double *p90) {
    for (int32_t i = 0; i < n; i++)
        residuals[i] = fabs(residuals[i]);
    dh_fit_sort(residuals, n);
    *p50 = expm1(dh_fit_quantile(residuals, n, 0.5));
    *p90 = expm1(dh_fit_quantile(residuals, n, 0.9));
}

static bool judge(struct dh_fit_session *s, struct dh_fit_problem *p, const char *of,
                  const struct dh_fit_group *group, double *low, double *high) {
    struct dh_fit_spec fit = {.of = dh_fit_text(s, "%s", of),
                              .points = p->n,
                              .outliers = p->n_outlier,
                              .folds = DH_FIT_FOLDS,
                              .held = group->n_held,
                              .cv_p50 = NAN,
                              .cv_p90 = NAN,
                              .held_p50 = NAN,
                              .held_p90 = NAN};
    double *residuals = dh_arena_array(s->mem, (size_t)(p->n + group->n_held) + 1, sizeof *residuals);
    if (!residuals || !dh_fit_cross_validate(p, residuals))
        return false;
    dh_fit_sort(residuals, p->n);
    if (low && high) {
        *low = fmax(fmin(exp(dh_fit_quantile(residuals, p->n, 0.05)), 1), 0.01);
        *high = fmin(fmax(exp(dh_fit_quantile(residuals, p->n, 0.95)), 1), 100);
    }
    errors_of(residuals, p->n, &fit.cv_p50, &fit.cv_p90);
    if (group->n_held > 0) {
        for (int32_t i = 0; i < group->n_held; i++)
            residuals[i] = log(group->rows[group->n + i]->seconds / p->predict(p->self, group->n + i));
        errors_of(residuals, group->n_held, &fit.held_p50, &fit.held_p90);
    }
    struct dh_profile_spec *profile = &s->result->profile;
    if (profile->n_fits < MOST_FITS)
        profile->fits[profile->n_fits++] = fit;
    return true;
}

int32_t dh_fit_least_samples(int32_t n_constant) {
    return 2 * n_constant;
}

bool dh_fit_family(struct dh_fit_session *s, struct dh_fit_problem *p, const char *of,
                   const struct dh_fit_group *group, double *low, double *high) {
    double *measured = dh_arena_array(s->mem, (size_t)group->n + 1, sizeof *measured);
    int32_t *fold = dh_arena_array(s->mem, (size_t)group->n + 1, sizeof *fold);
    int32_t all = p->n_constant;
    while (p->n_constant > p->n_needed && group->n < dh_fit_least_samples(p->n_constant))
        p->n_constant--;
    if (group->n < dh_fit_least_samples(p->n_constant)) {
        dh_fit_note(s, "%s: %d samples are too few for %d constants", of, group->n, p->n_constant);
        return false;
    }
    if (p->n_constant < all)
        dh_fit_note(s, "%s: %d samples are too few for %d constants; fitted without %s%s", of, group->n, all,
                    p->constants[p->n_constant].name, all - p->n_constant > 1 ? " and what follows it" : "");
    if (!measured || !fold) {
        s->memory_out = true;
        return false;
    }
    for (int32_t i = 0; i < group->n; i++) {
        measured[i] = group->rows[i]->seconds;
        fold[i] = fold_of(group->rows[i]);
    }
    p->measured = measured;
    p->fold = fold;
    p->n = group->n;
    p->most_looks = 4;
    if (!dh_fit_solve(p) || !dh_fit_intervals(p) || !judge(s, p, of, group, low, high)) {
        dh_fit_note(s, "%s: the fit of %d samples came to no end", of, group->n);
        return false;
    }
    for (int32_t k = 0; k < p->n_constant; k++) {
        const struct dh_fit_constant *c = &p->constants[k];
        dh_fit_figure(s, of, c->name, c->value, c->interval_low, c->interval_high, c->identified);
    }
    s->result->n_fitted += group->n;
    return true;
}

void dh_fit_peak_of_efficiency(struct dh_fit_session *s, const char *of, double *peak, double *efficiency) {
    struct dh_profile_spec *profile = &s->result->profile;
    size_t n = strlen(of);
    for (int32_t i = 0; i < profile->n_figures; i++) {
        struct dh_figure_spec *f = &profile->figures[i];
        if (strncmp(f->of, of, n) == 0 && strcmp(f->of + n, ":efficiency") == 0)
            *f = (struct dh_figure_spec){.of = dh_fit_text(s, "%s:peak", of),
                                         .value = f->value * *peak,
                                         .low = f->low * *peak,
                                         .high = f->high * *peak,
                                         .identified = f->identified};
    }
    *peak *= *efficiency;
    *efficiency = 1;
}
