/* Dry cooler, with or without wetted pads in front: crossflow of air and water, both unmixed (FACILITY C6).
 */
#ifndef DH_MODELS_DRY_COOLER_H
#define DH_MODELS_DRY_COOLER_H

#include "models/weather.h"

struct dh_dry_cooler {
    double water_w_per_k, air_w_per_k; /* capacity flows at design */
    double ha_water_w_per_k, ha_air_w_per_k;
    double air_kg_per_s;
    double fan_w;
};

/* Sized so that heat_w leaves water that cools by range_k down to air_degc + approach_k at full fan speed,
 * with equal capacity flows of air and water (as of BAC TDFS1238N: effectiveness .500 at 1.152 units) and
 * with the air side's conductance half the water side's (Modelica Buildings). 0, or -1 where no surface is
 * large enough. */
int dh_dry_cooler_size(struct dh_dry_cooler *out, double heat_w, double range_k, double approach_k,
                       double fan_w);

/* Conductance UA at flow shares: hA_w ~ w^0.85, hA_a ~ a^0.8; at least 12.5 % of design by free convection.
 */
double dh_dry_cooler_ua_w_per_k(const struct dh_dry_cooler *cooler, double w, double a);

/* Heat per kelvin between entering water and entering air: effectiveness x smaller capacity flow. */
double dh_dry_cooler_w_per_k(const struct dh_dry_cooler *cooler, double w, double a);

/* Fan speed (air flow share, 0-1) at which conductance_w_per_k is reached; 1 where full speed is not enough.
 */
double dh_dry_cooler_speed(const struct dh_dry_cooler *cooler, double w, double conductance_w_per_k,
                           double guess);

/* Air behind wetted pads of this effectiveness: dry_bulb - effectiveness (dry_bulb - wet_bulb). */
double dh_pad_air_degc(const struct dh_outdoor *air, double effectiveness);

#endif
