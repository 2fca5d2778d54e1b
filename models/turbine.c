#include "models/turbine.h"

#include <math.h>

static const double RATED_AIR_DEGC = 15; /* ISO 2314 */

double dh_turbine_available_w(const struct dh_turbine *t, double air_degc) {
    double above_k = air_degc > RATED_AIR_DEGC ? air_degc - RATED_AIR_DEGC : 0;
    return t->rated_w * fmax(0, 1 - t->derate_per_k * above_k);
}

double dh_turbine_fuel_w(const struct dh_turbine *t, double power_w) {
    if (!(power_w > 0))
        return 0;
    double load = power_w / t->rated_w;
    return power_w / t->efficiency * (1 - t->part_load + t->part_load / load);
}

double dh_turbine_power_w(const struct dh_turbine *t, double asked_w, double air_degc) {
    double lowest = t->minimum * t->rated_w, highest = dh_turbine_available_w(t, air_degc);
    if (!(asked_w >= lowest / 2) || asked_w <= 0 || highest < lowest)
        return 0;
    return fmin(fmax(asked_w, lowest), highest);
}
