/* gpu_fit SETS: synthetic devices with known constants, 3 % noise and 5 % outliers of +40 to +200 %, fitted
 * again. How often do 95 % intervals hold the true constant, and three standard errors? TAP, with a line of
 * figures for each constant. The acceptance is binomial: fewer hits than the rate gives once in ten thousand
 * times fail. */
#include "tests/unit/synthetic_device.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 200, MOST = 13 };

struct truth {
    const char *of;
    double value;
    int n, n_inside, n_identified, n_within_3;
    double narrowest, widest; /* interval, high over low */
};

static int test = 0;

static void verdict(bool good, const char *name) {
    printf("%s %d - %s\n", good ? "ok" : "not ok", ++test, name);
}

static int least_of(int n, double chance) {
    int k = 0;
    while (k < n && gsl_cdf_binomial_P((unsigned)k, chance, (unsigned)n) < 1e-4)
        k++;
    return k;
}

static void count(struct truth *t, const struct dh_figure_spec *f) {
    t->n++;
    t->n_inside += t->value >= f->low && t->value <= f->high;
    t->narrowest = fmin(t->narrowest, f->high / f->low);
    t->widest = fmax(t->widest, f->high / f->low);
    if (!f->identified)
        return;
    /* Student's quantile is near 1.97; the scale is that of logarithms */
    double low = f->value * pow(f->low / f->value, 3 / 1.97),
           high = f->value * pow(f->high / f->value, 3 / 1.97);
    t->n_identified++;
    t->n_within_3 += t->value >= low && t->value <= high;
}

static void recover(const char *name, const struct synthetic_device *d, enum synthetic_shapes shapes,
                    int n_set, struct truth *t, int n_truth) {
    char text[200];
    double p50 = 0, p90 = 0;
    int n = 0, identified = 0, within = 0;
    bool covered = true;
    for (int set = 0; set < n_set; set++) {
        struct dh_arena mem = {0};
        struct dh_gpu_fit_result r;
        struct dh_gpu_fit_options o = {.device = &d->device};
        struct dh_samples_spec samples =
            synthetic_samples(d, shapes, SAMPLES, 0.03, 0.05, (unsigned long)set + 1, &mem);
        if (dh_gpu_fit(&samples, &o, &mem, &r, NULL) != DH_OK)
            exit(1);
        for (int i = 0; i < r.profile.n_fits; i++) {
            p50 += r.profile.fits[i].cv_p50 / (n_set * r.profile.n_fits);
            p90 += r.profile.fits[i].cv_p90 / (n_set * r.profile.n_fits);
        }
        for (int k = 0; k < n_truth; k++)
            count(&t[k], synthetic_figure(&r, t[k].of));
        dh_arena_free(&mem);
    }
    for (int k = 0; k < n_truth; k++) {
        printf("# %-28s in the 95 %% interval %d of %d; identified %d, within 3 se %d; interval's ratio %.3g "
               "to %.3g\n",
               t[k].of, t[k].n_inside, t[k].n, t[k].n_identified, t[k].n_within_3, t[k].narrowest,
               t[k].widest);
        covered = covered && t[k].n_inside >= least_of(t[k].n, 0.95);
        n += t[k].n;
        identified += t[k].n_identified;
        within += t[k].n_within_3;
    }
    snprintf(text, sizeof text,
             "%s: each constant is in its interval at the nominal rate (at least %d of %d)", name,
             least_of(n_set, 0.95), n_set);
    verdict(covered, text);
    snprintf(text, sizeof text, "%s: %d of %d identified constants within 3 standard errors (at least %d)",
             name, within, identified, least_of(identified, 0.9973));
    verdict(within >= least_of(identified, 0.9973) && 2 * identified > n, text);
    snprintf(text, sizeof text, "%s: cross-validated errors %.1f %% and %.1f %% (90th percentile)", name,
             100 * p50, 100 * p90);
    verdict(p50 < 0.03 && p90 < 0.1, text);
}

/* Products that all wait for arithmetic say nothing about memory. */
static void flat(int n_set) {
    struct synthetic_device d = synthetic_library();
    char text[200];
    int n_wide = 0, n_held = 0;
    for (int set = 0; set < n_set; set++) {
        struct dh_arena mem = {0};
        struct dh_gpu_fit_result r;
        struct dh_gpu_fit_options o = {.device = &d.device};
        struct dh_samples_spec samples =
            synthetic_samples(&d, SYNTHETIC_COMPUTE, 120, 0.03, 0.05, (unsigned long)set + 1, &mem);
        if (dh_gpu_fit(&samples, &o, &mem, &r, NULL) != DH_OK)
            exit(1);
        const struct dh_figure_spec *f = synthetic_figure(&r, "gemm:bf16:memory");
        n_wide += !f->identified && f->high > 2 * f->low;
        n_held += f->low < d.gemm.memory && f->high > d.gemm.memory;
        dh_arena_free(&mem);
    }
    snprintf(text, sizeof text,
             "compute-bound: memory is not identified in %d of %d, its wide interval holds it in %d", n_wide,
             n_set, n_held);
    verdict(n_wide == n_set && n_held >= least_of(n_set, 0.95), text);
}

int main(int argc, char **argv) {
    int n_set = argc > 1 ? atoi(argv[1]) : 50;
    struct synthetic_device library = synthetic_library(), own = synthetic_own_tile();
    for (int form = 0; form < 2; form++) {
        const struct synthetic_device *d = form ? &own : &library;
        struct truth t[MOST] = {
            {.of = "gemm:bf16:start",       .value = d->gemm.start_s    },
            {.of = "gemm:bf16:efficiency",  .value = d->gemm.efficiency },
            {.of = "gemm:bf16:memory",      .value = d->gemm.memory     },
            {.of = "gemm:bf16:wave",        .value = d->gemm.wave       },
            {.of = "gemm:bf16:prologue",    .value = d->gemm.prologue_k },
            {.of = "gemm:bf16:unit-memory", .value = d->gemm.unit_memory},
            {.of = "gemm:bf16:cache",       .value = d->gemm.cache      },
            {.of = "gemm:bf16:split",       .value = d->gemm.split_s    },
        };
        for (int k = 0; k < MOST; k++)
            t[k].narrowest = INFINITY;
        recover(form ? "one tile" : "a library's tiles", d, SYNTHETIC_ALL, n_set, t, form ? 7 : 8);
    }
    struct truth t[MOST] = {
        {.of = "prefill:bf16:start",         .value = library.prefill.start_s      },
        {.of = "prefill:bf16:efficiency",    .value = library.prefill.efficiency   },
        {.of = "prefill:bf16:overhead",      .value = library.prefill.overhead_keys},
        {.of = "prefill:bf16:tail",          .value = library.prefill.tail         },
        {.of = "prefill:bf16:query-element", .value = library.prefill.head_s       },
        {.of = "prefill:bf16:kv-element",    .value = library.prefill.kv_s         },
        {.of = "decode:bf16:start",          .value = library.decode.start_s       },
        {.of = "decode:bf16:memory",         .value = library.decode.memory        },
        {.of = "decode:bf16:unit-memory",    .value = library.decode.unit_memory   },
        {.of = "decode:bf16:sequence",       .value = library.decode.sequence_s    },
        {.of = "decode:bf16:kv-head",        .value = library.decode.kv_head_s     },
        {.of = "decode:bf16:head",           .value = library.decode.head_s        },
        {.of = "decode:bf16:split",          .value = library.decode.split_s       },
    };
    for (int k = 0; k < MOST; k++)
        t[k].narrowest = INFINITY;
    recover("attention", &library, SYNTHETIC_ATTENTION, n_set, t, MOST);
    flat(n_set);
    printf("1..%d\n", test);
    return 0;
}
