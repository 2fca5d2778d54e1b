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
