/* What the families of a fit share. Private to models/gpu/fit*.c. */
#ifndef DH_MODELS_GPU_FIT_FAMILY_H
#define DH_MODELS_GPU_FIT_FAMILY_H

#include "models/gpu/backend.h"
#include "models/gpu/fit.h"
#include "models/gpu/fit_solve.h"

struct dh_fit_session {
    const struct dh_samples_spec *samples;
    const struct dh_device_spec *known; /* NULL: not in the catalog */
    struct dh_device_spec device;       /* what the models read: units, cache, bandwidth */
    struct dh_gpu_fit_result *result;
    struct dh_arena *mem;
    bool memory_out;
};

/* Samples of one kernel, format, library and tile: fitted ones first, then those held back. */
struct dh_fit_group {
    const struct dh_sample_spec **rows;
    int32_t n, n_held;
};

enum dh_gpu_kernel dh_fit_kernel(const struct dh_sample_spec *sample);
bool dh_fit_is_used(const struct dh_sample_spec *sample);

/* Those of the kernel and, unless it is -1, the format, of the tile and library that most of them have (a
 * library's own is preferred to "own"), 1000 at most; ranks: first size,
 * or 0. */
struct dh_fit_group dh_fit_gather(struct dh_fit_session *s, enum dh_gpu_kernel kernel, int32_t format,
                                  const char *library, double ranks);

/* How many samples a fit of so many constants takes: two each. */
int32_t dh_fit_least_samples(int32_t n_constant);

/* Fits, judges, and notes figures OF:name and <fit of=OF>. low and high: 5 and 95 % quantiles of measured
 * over predicted in the cross-validation, may be NULL. false: left out, with a note. predict gets the
 * problem's self; sample i is row i of the group, those held back behind the fitted ones. With few samples
 * the last constants stay as the model has them, down to n_needed. */
bool dh_fit_family(struct dh_fit_session *s, struct dh_fit_problem *problem, const char *of,
                   const struct dh_fit_group *group, double *low, double *high);

/* Where no datasheet tells the peak: the fitted rate becomes it, and the efficiency 1; the figure too. */
void dh_fit_peak_of_efficiency(struct dh_fit_session *s, const char *of, double *peak, double *efficiency);

void dh_fit_note(struct dh_fit_session *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* low, high NaN: as value. */
void dh_fit_figure(struct dh_fit_session *s, const char *of, const char *name, double value, double low,
                   double high, bool identified);
/* Least and greatest of each of n sizes, as hull= has them. */
double *dh_fit_hull(struct dh_fit_session *s, const struct dh_fit_group *group, int32_t n_size, int32_t *n);
const char *dh_fit_text(struct dh_fit_session *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The families. */
void dh_fit_memory(struct dh_fit_session *s); /* first: others need the bandwidth */
void dh_fit_gemms(struct dh_fit_session *s);
void dh_fit_attention(struct dh_fit_session *s);
void dh_fit_transfers(struct dh_fit_session *s);
void dh_fit_power(struct dh_fit_session *s);

#endif
