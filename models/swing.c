#include "models/swing.h"

#include "sim/math.h"

#include <math.h>

#define PI 3.14159265358979323846

struct dh_swing_wave dh_swing_wave_of(double mean_w, double idle_w, double period_s, double duty, double low,
                                      double edge_s) {
    double busy_w = (mean_w - idle_w) / (duty + (1 - duty) * low);
    double shorter_s = period_s * (duty < 0.5 ? duty : 1 - duty);
    return (struct dh_swing_wave){.period_s = period_s,
                                  .duty = duty,
                                  .high_w = idle_w + busy_w,
                                  .low_w = idle_w + low * busy_w,
                                  .edge_s = edge_s < shorter_s ? edge_s : shorter_s};
}

double dh_swing_step_w(const struct dh_swing_wave *wave) {
    return wave->high_w - wave->low_w;
}

double dh_swing_ramp_w_per_s(const struct dh_swing_wave *wave) {
    return dh_swing_step_w(wave) / wave->edge_s;
}

double dh_swing_store_j(const struct dh_swing_wave *wave) {
    return dh_swing_step_w(wave) * wave->period_s * wave->duty * (1 - wave->duty);
}

double dh_swing_parts_store_j(const struct dh_swing_part *parts, int64_t n) {
    double s = 0, j = 0, now = 0, least = 0, most = 0;
    for (int64_t i = 0; i < n; i++) {
        s += parts[i].s;
        j += parts[i].s * parts[i].w;
    }
    for (int64_t i = 0; i < n; i++) {
        now += parts[i].s * (parts[i].w - j / s);
        least = now < least ? now : least;
        most = now > most ? now : most;
    }
    return most - least;
}

double dh_swing_checkpoint_store_j(const struct dh_swing_wave *w, int64_t every, double checkpoint_s,
                                   double checkpoint_w) {
    double mean_w = w->low_w + w->duty * dh_swing_step_w(w), iterations_s = (double)every * w->period_s;
    double all_w = (iterations_s * mean_w + checkpoint_s * checkpoint_w) / (iterations_s + checkpoint_s);
    /* The integral above the mean over high and low parts, in a first and a last iteration, and the
     * checkpoint: between them it moves in a straight line from iteration to iteration, so its extremes lie
     * there. */
    double up = w->duty * w->period_s * (w->high_w - all_w), gain = w->period_s * (mean_w - all_w);
    double last = (double)(every - 1) * gain, end = (double)every * gain;
    double most = fmax(fmax(0, up), fmax(last + up, end)), least = fmin(fmin(0, gain), fmin(last, end));
    return most - least;
}

double dh_swing_harmonic_w(const struct dh_swing_wave *w, int64_t n) {
    double x = (double)n * PI * w->edge_s / w->period_s;
    double edges = x > 0 ? dh_sin(x) / x : 1;
    return fabs(2 * dh_swing_step_w(w) / ((double)n * PI) * dh_sin((double)n * PI * w->duty) * edges);
}

double dh_swing_band_w(const struct dh_swing_wave *w, double low_hz, double high_hz) {
    double squares = 0;
    int64_t first = (int64_t)ceil(low_hz * w->period_s), last = (int64_t)floor(high_hz * w->period_s);
    for (int64_t n = first > 1 ? first : 1; n <= last; n++) {
        double a = dh_swing_harmonic_w(w, n);
        squares += 0.5 * a * a;
    }
    return sqrt(squares);
}

struct dh_swing_wave dh_swing_stagger(const struct dh_swing_wave *wave, int64_t groups) {
    if (groups <= 1)
        return *wave;
    /* on average duty x groups compute: `whole` of them always, one more for the rest of each T / groups */
    double computing = wave->duty * (double)groups, whole = floor(computing);
    double step_w = dh_swing_step_w(wave) / (double)groups, rest = computing - whole;
    struct dh_swing_wave out = *wave;
    out.period_s = wave->period_s / (double)groups;
    out.duty = rest;
    out.low_w = wave->low_w + whole * step_w;
    out.high_w = rest > 0 ? out.low_w + step_w : out.low_w;
    return out;
}

struct dh_swing_wave dh_swing_floor(const struct dh_swing_wave *wave, double floor_w, double *cost_w) {
    struct dh_swing_wave out = *wave;
    double burnt_w = floor_w - wave->low_w;
    if (burnt_w > 0) {
        out.low_w = floor_w < wave->high_w ? floor_w : wave->high_w;
        *cost_w += (1 - wave->duty) * (out.low_w - wave->low_w);
    }
    return out;
}

struct dh_swing_wave dh_swing_storage(const struct dh_swing_wave *wave, double store_j, double efficiency,
                                      double *cost_w) {
    double needed_j = dh_swing_store_j(wave), step_w = dh_swing_step_w(wave);
    if (!(needed_j > 0 && store_j > 0))
        return *wave;
    double share = store_j < needed_j ? store_j / needed_j : 1;
    struct dh_swing_wave out = *wave;
    out.high_w -= share * (1 - wave->duty) * step_w;
    out.low_w += share * wave->duty * step_w;
    *cost_w += (1 - efficiency) * share * needed_j / wave->period_s;
    return out;
}

double dh_generator_dip_hz(double step_w, double lasts_s, double rated_va, double inertia_s, double lag_s,
                           double nominal_hz) {
    return nominal_hz * step_w * lag_s / (2 * inertia_s * rated_va) * -dh_expm1(-lasts_s / lag_s);
}
