#include "models/dry_cooler.h"

#include "models/heat_exchanger.h"
#include "models/psychro.h"
#include "sim/math.h"

#include <math.h>

#define AIR_SIDE_SHARE 0.5 /* hA of the air over hA of the water at design */
#define WATER_EXPONENT 0.85
#define AIR_EXPONENT   0.8
/* Natural draft moves this share of the design air flow; the exponent then gives 12-13 % of UA, the free
 * convection of the Modelica Buildings library. */
#define FREE_FLOW 0.05

static double power(double x, double exponent) {
    return x == 1.0 ? 1.0 : dh_exp(exponent * dh_log(x));
}

int dh_dry_cooler_size(struct dh_dry_cooler *out, double heat_w, double range_k, double approach_k,
                       double fan_w) {
    double flow = heat_w / range_k;
    double ntu = dh_hx_ntu(DH_CROSS_UNMIXED, range_k / (range_k + approach_k), 1.0);
    if (!isfinite(ntu))
        return -1;
    double ua = ntu * flow;
    *out = (struct dh_dry_cooler){
        .water_w_per_k = flow,
        .air_w_per_k = flow,
        .ha_water_w_per_k = ua * (1.0 + AIR_SIDE_SHARE) / AIR_SIDE_SHARE,
        .ha_air_w_per_k = ua * (1.0 + AIR_SIDE_SHARE),
        .air_kg_per_s = flow / DH_PSY_CP_AIR_J_PER_KG_K,
        .fan_w = fan_w,
    };
    return 0;
}

/* With the water side's part already known. */
static double ua_at(const struct dh_dry_cooler *c, double ha_water, double a) {
    double ha_air = c->ha_air_w_per_k * power(a, AIR_EXPONENT);
    return ha_water * ha_air / (ha_water + ha_air);
}

static double conductance_at(const struct dh_dry_cooler *c, double w, double ha_water, double a) {
    double water = c->water_w_per_k * w, air = c->air_w_per_k * a;
    double c_min = fmin(water, air), c_max = fmax(water, air);
    return c_min * dh_hx_effectiveness(DH_CROSS_UNMIXED, ua_at(c, ha_water, a) / c_min, c_min / c_max);
}

double dh_dry_cooler_ua_w_per_k(const struct dh_dry_cooler *c, double w, double a) {
    return ua_at(c, c->ha_water_w_per_k * power(w, WATER_EXPONENT), a > FREE_FLOW ? a : FREE_FLOW);
}

double dh_dry_cooler_w_per_k(const struct dh_dry_cooler *c, double w, double a) {
    return conductance_at(c, w, c->ha_water_w_per_k * power(w, WATER_EXPONENT),
                          a > FREE_FLOW ? a : FREE_FLOW);
}

double dh_dry_cooler_speed(const struct dh_dry_cooler *c, double w, double conductance_w_per_k,
                           double guess) {
    double ha_water = c->ha_water_w_per_k * power(w, WATER_EXPONENT);
    double low = FREE_FLOW, high = 1.0, f_low = NAN, f_high = NAN;
    double a = guess < low ? low : guess > high ? high : guess;
    double tolerance = 1e-8 * c->water_w_per_k;
    /* Regula falsi with the Illinois weights, from guess outwards. */
    int side = 0; /* which end moved last */
    for (int i = 0; i < 60; i++) {
        double f = conductance_at(c, w, ha_water, a) - conductance_w_per_k; /* rises with a */
        if (fabs(f) < tolerance)
            break;
        if (f < 0) {
            if (a >= 1.0)
                return 1.0;
            low = a;
            f_low = f;
            if (side > 0)
                f_high *= 0.5;
            side = 1;
        } else {
            if (a <= FREE_FLOW)
                return 0.0; /* free convection is enough; a bypass holds the temperature */
            high = a;
            f_high = f;
            if (side < 0)
                f_low *= 0.5;
            side = -1;
        }
        if (isnan(f_low) || isnan(f_high)) {
            /* No bracket yet: conductance grows a little slower than the air flow; go too far rather than
             * not. */
            double next = a * conductance_w_per_k / (f + conductance_w_per_k);
            a = next + 0.8 * (next - a) + (f < 0 ? 1e-6 : -1e-6);
            a = a < FREE_FLOW ? FREE_FLOW : a > 1.0 ? 1.0 : a;
        } else {
            a = low + f_low * (high - low) / (f_low - f_high);
            if (!(a > low && a < high) || high - low < 1e-13)
                return 0.5 * (low + high);
        }
    }
    return a;
}

double dh_pad_air_degc(const struct dh_outdoor *air, double effectiveness) {
    return air->dry_bulb_degc - effectiveness * (air->dry_bulb_degc - air->wet_bulb_degc);
}
