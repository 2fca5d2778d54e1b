#include "models/coil.h"

#include "models/heat_exchanger.h"
#include "models/psychro.h"
#include "sim/math.h"

#include <math.h>

#define AIR_SIDE_SHARE 0.5 /* hA of the air over hA of the water at design */
#define AIR_EXPONENT   0.8
#define WATER_EXPONENT 0.85

static double power(double x, double exponent) {
    return x == 1.0 ? 1.0 : dh_exp(exponent * dh_log(x));
}

int dh_coil_size(struct dh_coil *out, double heat_w, double air_in_degc, double air_out_degc,
                 double water_in_degc, double range_k) {
    double air = heat_w / (air_in_degc - air_out_degc), water = heat_w / range_k;
    double c_min = fmin(air, water), c_max = fmax(air, water);
    if (!(heat_w > 0) || !(air_out_degc < air_in_degc) || !(range_k > 0) || !(water_in_degc < air_out_degc))
        return -1;
    double ntu = dh_hx_ntu(DH_COUNTERFLOW, heat_w / (c_min * (air_in_degc - water_in_degc)), c_min / c_max);
    if (!isfinite(ntu))
        return -1;
    *out = (struct dh_coil){
        .air_kg_per_s = air / DH_PSY_CP_AIR_J_PER_KG_K,
        .water_w_per_k = water,
        .ha_air_w_per_k = ntu * c_min * (1.0 + AIR_SIDE_SHARE),
        .ha_water_w_per_k = ntu * c_min * (1.0 + AIR_SIDE_SHARE) / AIR_SIDE_SHARE,
    };
    return 0;
}

/* One coil at given flows, for the dry and the wet form. */
struct sides {
    const struct dh_coil_air *air;
    double kg_per_s, cp, enthalpy; /* air that enters */
    double water_w_per_k, water_in_degc;
    double ha_air, ha_water;
};

static double dry_heat_w(const struct sides *s) {
    double air = s->kg_per_s * s->cp, water = s->water_w_per_k;
    double c_min = fmin(air, water), c_max = fmax(air, water);
    double ua = s->ha_air * s->ha_water / (s->ha_air + s->ha_water);
    return c_min * dh_hx_effectiveness(DH_COUNTERFLOW, ua / c_min, c_min / c_max) *
           (s->air->degc - s->water_in_degc);
}

/* Air and saturated air at the water's temperature exchange enthalpy like two dry fluids, the water's having
 * the specific heat dh_s / dT between its temperatures; fixed point on the water that leaves. */
static double wet_heat_w(const struct sides *s) {
    double h_in = dh_psy_enthalpy_saturated(s->water_in_degc, s->air->pressure_pa);
    double heat = 0.0, out = s->water_in_degc + 5.0;
    if (s->enthalpy <= h_in)
        return 0.0;
    for (int i = 0; i < 30; i++) {
        double rise = out - s->water_in_degc;
        double cs =
            rise > 1e-6
                ? (dh_psy_enthalpy_saturated(out, s->air->pressure_pa) - h_in) / rise
                : (dh_psy_enthalpy_saturated(s->water_in_degc + 1e-3, s->air->pressure_pa) - h_in) / 1e-3;
        double air = s->kg_per_s, water = s->water_w_per_k / cs; /* kg/s of air that would carry the same */
        double ua = 1.0 / (cs / s->ha_water + s->cp / s->ha_air);
        double c_min = fmin(air, water), c_max = fmax(air, water);
        heat = c_min * dh_hx_effectiveness(DH_COUNTERFLOW, ua / c_min, c_min / c_max) * (s->enthalpy - h_in);
        double now = s->water_in_degc + heat / s->water_w_per_k;
        double step = now - out;
        out = now;
        if (fabs(step) < 1e-7)
            break;
    }
    return heat;
}

struct dh_coil_point dh_coil_at(const struct dh_coil *c, const struct dh_coil_air *air, double air_share,
                                double water_in_degc, double water_share) {
    struct dh_coil_point p = {
        .shr = 1.0,
        .air_out_degc = air->degc,
        .air_out_humidity = air->humidity_kg_per_kg,
        .water_out_degc = water_in_degc,
    };
    if (!(air_share > 0) || !(water_share > 0) || !(air->degc > water_in_degc))
        return p;
    struct sides s = {
        .air = air,
        .kg_per_s = c->air_kg_per_s * air_share,
        .cp = DH_PSY_CP_AIR_J_PER_KG_K + DH_PSY_CP_VAPOUR_J_PER_KG_K * air->humidity_kg_per_kg,
        .enthalpy = dh_psy_enthalpy_j_per_kg(air->degc, air->humidity_kg_per_kg),
        .water_w_per_k = c->water_w_per_k * water_share,
        .water_in_degc = water_in_degc,
        .ha_air = c->ha_air_w_per_k * power(air_share, AIR_EXPONENT),
        .ha_water = c->ha_water_w_per_k * power(water_share, WATER_EXPONENT),
    };
    p.heat_w = dry_heat_w(&s);
    p.air_out_degc = air->degc - p.heat_w / (s.kg_per_s * s.cp);
    double dew = dh_psy_dew_point_degc(dh_psy_vapour_pa(air->humidity_kg_per_kg, air->pressure_pa));
    double wet = water_in_degc < dew ? wet_heat_w(&s) : 0.0;
    double out = s.enthalpy - fmax(p.heat_w, wet) / s.kg_per_s;
    if (wet > p.heat_w) {
        /* The surface acts like one of uniform temperature that the air approaches by its own transfer units.
         */
        double left = dh_exp(-s.ha_air / (s.kg_per_s * s.cp));
        double at_surface = s.enthalpy - (s.enthalpy - out) / (1.0 - left);
        double surface = dh_psy_saturated_degc(at_surface, air->pressure_pa, water_in_degc + 3.0);
        double degc = surface + (air->degc - surface) * left;
        double humidity = dh_psy_humidity_from_enthalpy(out, degc);
        if (humidity < air->humidity_kg_per_kg) {
            p.heat_w = wet;
            p.air_out_degc = degc;
            p.air_out_humidity = humidity;
        }
    }
    if (p.air_out_degc < dew &&
        p.air_out_humidity > dh_psy_humidity_saturated(p.air_out_degc, air->pressure_pa)) {
        /* The straight line to a saturated surface passes through fog, which falls. */
        out = s.enthalpy - p.heat_w / s.kg_per_s;
        p.air_out_degc = dh_psy_saturated_degc(out, air->pressure_pa, p.air_out_degc);
        p.air_out_humidity = dh_psy_humidity_from_enthalpy(out, p.air_out_degc);
    }
    p.wet = p.air_out_humidity < air->humidity_kg_per_kg;
    p.condensate_kg_per_s = s.kg_per_s * (air->humidity_kg_per_kg - p.air_out_humidity);
    p.sensible_w = p.wet ? s.kg_per_s * s.cp * (air->degc - p.air_out_degc) : p.heat_w;
    p.shr = p.sensible_w / p.heat_w;
    p.water_out_degc = water_in_degc + p.heat_w / s.water_w_per_k;
    return p;
}

double dh_coil_valve(const struct dh_coil *c, const struct dh_coil_air *air, double air_share,
                     double water_in_degc, double set_degc, double most, double guess) {
    if (air->degc <= set_degc)
        return 0.0;
    if (dh_coil_at(c, air, air_share, water_in_degc, most).air_out_degc >= set_degc)
        return most;
    double low = 0.0, high = most, f_low = air->degc - set_degc, f_high = NAN;
    double w = guess > 0 && guess < most ? guess : 0.5 * most;
    int side = 0;
    for (int i = 0; i < 60; i++) {
        double f = dh_coil_at(c, air, air_share, water_in_degc, w).air_out_degc - set_degc; /* falls with w */
        if (fabs(f) < 1e-6)
            return w;
        if (f > 0) {
            low = w;
            f_low = f;
            if (side > 0)
                f_high *= 0.5;
            side = 1;
        } else {
            high = w;
            f_high = f;
            if (side < 0)
                f_low *= 0.5;
            side = -1;
        }
        w = isnan(f_high) ? 0.5 * (low + high) : low + f_low * (high - low) / (f_low - f_high);
        if (!(w > low && w < high))
            return 0.5 * (low + high);
    }
    return w;
}

double dh_condensation_limit_degc(double humidity_kg_per_kg, double pressure_pa, double margin_k) {
    return dh_psy_dew_point_degc(dh_psy_vapour_pa(humidity_kg_per_kg, pressure_pa)) + margin_k;
}

double dh_rear_door_fan_w(double air_m3_per_s, double drop_pa, double fan_efficiency, double air_share) {
    return air_m3_per_s * drop_pa / fan_efficiency * air_share * air_share * air_share;
}

struct dh_immersion_point dh_immersion_step(const struct dh_immersion *t, double bath_degc, double heat_w,
                                            double water_in_degc, double water_w_per_k, double dt_s) {
    struct dh_immersion_point p = {.bath_degc = bath_degc, .water_out_degc = water_in_degc};
    double k = water_w_per_k > 0 ? -water_w_per_k * dh_expm1(-t->ua_w_per_k / water_w_per_k) : 0.0;
    if (!(k > 0)) {
        p.bath_degc = bath_degc + heat_w * dt_s / t->j_per_k;
        return p;
    }
    double steady = water_in_degc + heat_w / k;
    p.bath_degc = steady + (bath_degc - steady) * dh_exp(-k / t->j_per_k * dt_s);
    p.water_heat_w = heat_w - t->j_per_k * (p.bath_degc - bath_degc) / dt_s;
    p.water_out_degc = water_in_degc + p.water_heat_w / water_w_per_k;
    return p;
}
