#include "models/breaker.h"
#include "sim/math.h"

#include <math.h>

double dh_breaker_heat(double heat, double share, double tau_s, double dt_s) {
    double end = share * share;
    return end + (heat - end) * dh_exp(-dt_s / tau_s);
}

double dh_breaker_trips_in_s(double heat, double share, double tau_s, double trip) {
    double end = share * share, limit = trip * trip;
    if (heat >= limit)
        return 0;
    return end > limit ? tau_s * dh_log((end - heat) / (end - limit)) : INFINITY;
}

double dh_breaker_time_s(double share, double tau_s, double trip, double instant) {
    return share >= instant ? 0 : dh_breaker_trips_in_s(0, share, tau_s, trip);
}

/* As the breaker says, or else that of its unit. */
static double of_unit_w(const struct dh_breaker_spec *spec, double unit_w) {
    return isnan(spec->rated_w) ? unit_w : spec->rated_w;
}

double dh_breaker_share(const struct dh_breaker_spec *spec, double unit_w, int32_t n_up, double out_w) {
    return (1 + spec->imbalance) * fabs(out_w) / (of_unit_w(spec, unit_w) * n_up);
}

double dh_breaker_rated_w(const struct dh_breaker_spec *spec, double unit_w, int32_t n_up) {
    return of_unit_w(spec, unit_w) * n_up / (1 + spec->imbalance);
}

double dh_breaker_carries_w(const struct dh_breaker_spec *spec, double unit_w, int32_t n_up) {
    return spec->trip * dh_breaker_rated_w(spec, unit_w, n_up);
}
