#include "models/heat_rejection.h"

struct dh_heat_rejection dh_heat_rejection_part(const struct dh_heat_rejection *all, double share) {
    struct dh_heat_rejection part = *all;
    part.tower.ua0_w_per_k *= share;
    part.tower.air_m3_per_s *= share;
    part.tower.water_kg_per_s *= share;
    part.tower.fan_w *= share;
    part.cooler.water_w_per_k *= share;
    part.cooler.air_w_per_k *= share;
    part.cooler.ha_water_w_per_k *= share;
    part.cooler.ha_air_w_per_k *= share;
    part.cooler.air_kg_per_s *= share;
    part.cooler.fan_w *= share;
    return part;
}

double dh_heat_rejection_air_degc(const struct dh_heat_rejection *r, const struct dh_outdoor *air) {
    return r->dry ? air->dry_bulb_degc : air->wet_bulb_degc;
}

double dh_heat_rejection_coldest_degc(const struct dh_heat_rejection *r, const struct dh_outdoor *air,
                                      double heat_w, double w) {
    if (!r->dry)
        return dh_tower_coldest_degc(&r->tower, air, heat_w, w);
    return air->dry_bulb_degc +
           heat_w * (1.0 / dh_dry_cooler_w_per_k(&r->cooler, w, 1.0) - 1.0 / (r->cooler.water_w_per_k * w));
}

struct dh_tower_point dh_heat_rejection_reject(const struct dh_heat_rejection *r,
                                               const struct dh_outdoor *air, double heat_w, double w,
                                               double set_degc, double guess_speed) {
    if (!r->dry)
        return dh_tower_reject(&r->tower, air, heat_w, w, set_degc, guess_speed);
    struct dh_tower_point p = {.out_degc = set_degc};
    if (!(heat_w > 0))
        return p;
    double in_k = set_degc + heat_w / (r->cooler.water_w_per_k * w) - air->dry_bulb_degc; /* above the air */
    p.fan_speed = in_k > 0 ? dh_dry_cooler_speed(&r->cooler, w, heat_w / in_k, guess_speed) : 1.0;
    p.saturated = p.fan_speed >= 1.0;
    if (p.saturated)
        p.out_degc = dh_heat_rejection_coldest_degc(r, air, heat_w, w);
    p.fan_w = r->cooler.fan_w * p.fan_speed * p.fan_speed * p.fan_speed;
    return p;
}
