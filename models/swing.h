/* Power swings of synchronous training (FACILITY A12): all GPUs of a job compute together and wait for one
 * another together, so a job swings as one. Closed forms for a wave that is high for a share of each
 * iteration and low for the rest, with straight edges; nothing here is stepped, so a year costs as much as an
 * hour. */
#ifndef DH_MODELS_SWING_H
#define DH_MODELS_SWING_H

#include <stdint.h>

struct dh_swing_wave {
    double period_s, duty; /* duty: share of the period at high power, 0-1 */
    double high_w, low_w;
    double edge_s; /* length of each edge, at most the shorter of the two parts */
};

/* Wave of mean power mean_w above idle_w when activity is 1 in the computing share `duty` of an iteration and
 * `low` (0-1) of that in the rest: the mean of the wave is mean_w. */
struct dh_swing_wave dh_swing_wave_of(double mean_w, double idle_w, double period_s, double duty, double low,
                                      double edge_s);

double dh_swing_step_w(const struct dh_swing_wave *wave); /* high - low */
double dh_swing_ramp_w_per_s(const struct dh_swing_wave *wave);

/* Storage that makes the wave flat: dP T d (1 - d). */
double dh_swing_store_j(const struct dh_swing_wave *wave);

/* The same for any wave of n parts that repeats: range of the integral of what lies above the mean. */
struct dh_swing_part {
    double s, w;
};
double dh_swing_parts_store_j(const struct dh_swing_part *parts, int64_t n);

/* With a checkpoint of checkpoint_s at power checkpoint_w after each `every` iterations (>= 1): the largest
 * store of the whole cycle. */
double dh_swing_checkpoint_store_j(const struct dh_swing_wave *wave, int64_t every, double checkpoint_s,
                                   double checkpoint_w);

/* Amplitude of the n-th harmonic (n >= 1), at n / period: 2 dP / (n pi) |sin(n pi d)| sinc(n pi edge / T).
 * And the root mean square of all that lie within low_hz..high_hz. */
double dh_swing_harmonic_w(const struct dh_swing_wave *wave, int64_t n);
double dh_swing_band_w(const struct dh_swing_wave *wave, double low_hz, double high_hz);

/* What helps, each as a wave and what it costs:
 *   stagger  `groups` equal groups start their iterations T / groups apart: steps of dP / groups, groups
 * times as often floor    power never falls below floor_w: costs the mean of what is burnt (cost_w is added
 * to) storage  store_j of storage takes the share store / needed of the swing: costs (1 - efficiency) of what
 * goes through it */
struct dh_swing_wave dh_swing_stagger(const struct dh_swing_wave *wave, int64_t groups);
struct dh_swing_wave dh_swing_floor(const struct dh_swing_wave *wave, double floor_w, double *cost_w);
struct dh_swing_wave dh_swing_storage(const struct dh_swing_wave *wave, double store_j, double efficiency,
                                      double *cost_w);

/* Largest fall of a generator's frequency when its load rises by step_w and stays so for lasts_s: swing
 * equation 2 H df/dt = f0 (Pm - Pe) / S with mechanical power that follows the load with the lag lag_s (first
 * order), so f0 dP lag / (2 H S) (1 - exp(-lasts / lag)). FACILITY A12: lag 0.3-1 s. */
double dh_generator_dip_hz(double step_w, double lasts_s, double rated_va, double inertia_s, double lag_s,
                           double nominal_hz);

#endif
