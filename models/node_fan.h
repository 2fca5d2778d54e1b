/* Fans of an air-cooled server: speed follows inlet and junction, flow follows speed, power its cube
 * (FACILITY B4). Speeds are shares of full speed. */
#ifndef DH_MODELS_NODE_FAN_H
#define DH_MODELS_NODE_FAN_H

/* The controller s = min + k (T_in - 22) + k2 (T_j - (throttle - 10 K)), each term at least 0, at most 1. k
 * takes it to full speed at an inlet of 35 degC, the upper end of ASHRAE class A2; k2 is 2 % a kelvin. An
 * assumption after the shape of vendors' curves. Speeds are multiples of 1/128 above the lowest, so that a
 * hall whose temperature drifts by a hair does not let every node be reckoned again. */
#define DH_NODE_FAN_JUNCTION_BELOW_K 10.0
double dh_node_fan_speed(double min_speed, double inlet_degc, double junction_degc, double throttle_degc);

/* Power at a speed in air of this density, relative to sea level. */
double dh_node_fan_w(double full_w, double speed, double density);

/* Density of the standard atmosphere relative to sea level, at equal temperature: (1 - 2.25577e-5 z)^5.2559
 * (FACILITY C1). */
double dh_air_density_at(double altitude_m);

#endif
