/* How long a load stood how high against its rating: the load-duration curve of a power stage or a cooling
 * plant, exact for a piecewise-constant load. One addition for each change of the load; what was counted is
 * read once, at the end. */
#ifndef DH_MODELS_LOAD_CURVE_H
#define DH_MODELS_LOAD_CURVE_H

#include <datahall/time.h>

__extension__ typedef __int128 dh_load_ns; /* load times nanoseconds */

enum { DH_LOAD_STEPS = 128 }; /* hundredths of the rating; the last step holds all above 127 % */

/* {0} counts nothing. Loads are in microwatts. */
struct dh_load_curve {
    int64_t rated, per_step;     /* a hundredth of the rating, rounded down */
    dh_time held[DH_LOAD_STEPS]; /* held[k]: k/100 of the rating or more, less than (k + 1)/100 */
    int64_t peak;                /* highest that held for some time */
    dh_time peak_at;             /* when that began */
    dh_load_ns total;            /* integral */
};

/* rated > 0, uW. */
static inline void dh_load_curve_init(struct dh_load_curve *curve, int64_t rated) {
    *curve = (struct dh_load_curve){.rated = rated, .per_step = rated >= 100 ? rated / 100 : 1};
}

/* The load was this high from since for duration > 0 (both in dh_time); below 0 counts as 0. */
static inline void dh_load_curve_add(struct dh_load_curve *curve, int64_t load, dh_time since,
                                     dh_time duration) {
    int64_t step = load < 0 ? 0 : load / curve->per_step;
    curve->held[step < DH_LOAD_STEPS ? step : DH_LOAD_STEPS - 1] += duration;
    curve->total += (dh_load_ns)load * duration;
    if (load > curve->peak) {
        curve->peak = load;
        curve->peak_at = since;
    }
}

/* Time at or above so many hundredths of the rating, 0 to DH_LOAD_STEPS - 1. */
dh_time dh_load_curve_above(const struct dh_load_curve *curve, int hundredths);

/* The load that was not exceeded for this share (0-1) of the time, to the next hundredth of the rating above,
 * at most the peak, uW; 0 when nothing was counted. */
int64_t dh_load_curve_quantile(const struct dh_load_curve *curve, double share);

/* Mean over the time that was counted, uW. */
double dh_load_curve_mean(const struct dh_load_curve *curve);

#endif
