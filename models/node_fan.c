#include "models/node_fan.h"

#include "sim/math.h"

#include <math.h>

#define LOW_DEGC       22.0
#define FULL_DEGC      35.0
#define JUNCTION_PER_K 0.02
#define SPEED_STEPS    128.0

double dh_node_fan_speed(double min_speed, double inlet_degc, double junction_degc, double throttle_degc) {
    double inlet = (1.0 - min_speed) * fmax(inlet_degc - LOW_DEGC, 0.0) / (FULL_DEGC - LOW_DEGC);
    double junction =
        JUNCTION_PER_K * fmax(junction_degc - (throttle_degc - DH_NODE_FAN_JUNCTION_BELOW_K), 0.0);
    double speed = min_speed + rint((inlet + junction) * SPEED_STEPS) / SPEED_STEPS;
    return speed < 1.0 ? speed : 1.0;
}

double dh_node_fan_w(double full_w, double speed, double density) {
    return full_w * density * speed * speed * speed;
}

double dh_air_density_at(double altitude_m) {
    return dh_pow(1.0 - 2.25577e-5 * altitude_m, 5.2559);
}
