/* Circuit breakers: inverse time by a thermal element, and at once by a magnetic one. Currents are shares of
 * the breaker's rated current; at constant voltage and power factor that is the share of its rated power.
 *
 * The thermal element warms as dH/dt = (share^2 - H) / tau and trips where H reaches the square of the share
 * at which it would trip at last; both in closed form while the current holds. */
#ifndef DH_MODELS_BREAKER_H
#define DH_MODELS_BREAKER_H

#include "scenarios/scenario.h"

#include <stdint.h>

/* H after dt_s at this share; tau_s > 0. */
double dh_breaker_heat(double heat, double share, double tau_s, double dt_s);

/* From H at a share until it trips at last at `trip`, s: tau ln((share^2 - H) / (share^2 - trip^2)); 0 when
 * it has, INFINITY when it never does. */
double dh_breaker_trips_in_s(double heat, double share, double tau_s, double trip);

/* From cold, the magnetic element included: 0 at or above `instant`. */
double dh_breaker_time_s(double share, double tau_s, double trip, double instant);

/* Current of the most loaded phase of one unit, over the rated one, where n_up > 0 units of unit_w share the
 * output of their stage. */
double dh_breaker_share(const struct dh_breaker_spec *spec, double unit_w, int32_t n_up, double out_w);

/* The output at which that share is its rated current, W: above it breakers of n_up units, 0 or more, are
 * overloaded; above `trip` times as much one trips in the long run, and the sooner the more it is. */
double dh_breaker_rated_w(const struct dh_breaker_spec *spec, double unit_w, int32_t n_up);
double dh_breaker_carries_w(const struct dh_breaker_spec *spec, double unit_w, int32_t n_up);

#endif
