#include "models/tower.h"

#include "models/heat_exchanger.h"
#include "models/psychro.h"
#include "models/tower_curves.h"
#include "sim/math.h"

#include <math.h>

#define CP_WATER_J_PER_KG_K 4186.0
#define AIR_M3_PER_S_PER_W  2.763e-5 /* EnergyPlus default, design air flow per W of capacity */
#define FREE_FRAC           0.1      /* EnergyPlus default, heat transfer and air flow without fans */
#define LOWEST_SPEED        0.2      /* EnergyPlus default, lowest air flow share of the fans */
/* Approaches between which the regressions were fitted (YorkCalc); CoolTools' fit ends at 11.1 K. */
#define LEAST_APPROACH_K 1.1
#define MOST_APPROACH_K  40.0

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

double dh_tower_fan_frac(double a) {
    return a > 0 ? 0.02 + 0.98 * a * a * a : 0.0;
}

/* Air entering the tower, with what does not depend on the fans. */
struct entering {
    double enthalpy_wet; /* of saturated air at its wet bulb: drives heat */
    double enthalpy, humidity;
    double kg_per_s; /* at full speed */
    double cp;
    double ua_w_per_k; /* corrected for water flow and wet bulb, at full air flow */
};

static struct entering enter(const struct dh_tower *t, const struct dh_outdoor *air, double w) {
    double wf = clamp(w, 0.3, 1.0);
    double by_water = clamp(0.1082 + 1.667 * wf - 0.7713 * wf * wf, 0.5, 1.1);
    /* fitted for -10 to 25 K of difference (Modelica Buildings, Data.UAMerkel) */
    double by_wet_bulb = 1.0 + 0.0081 * clamp(t->wet_bulb0_degc - air->wet_bulb_degc, -10.0, 25.0);
    return (struct entering){
        .enthalpy_wet = dh_psy_enthalpy_saturated(air->wet_bulb_degc, air->pressure_pa),
        .enthalpy = dh_psy_enthalpy_j_per_kg(air->dry_bulb_degc, air->humidity_kg_per_kg),
        .humidity = air->humidity_kg_per_kg,
        .kg_per_s = t->air_m3_per_s *
                    dh_psy_density_kg_per_m3(air->dry_bulb_degc, air->humidity_kg_per_kg, air->pressure_pa),
        .cp = DH_PSY_CP_AIR_J_PER_KG_K + DH_PSY_CP_VAPOUR_J_PER_KG_K * air->humidity_kg_per_kg,
        .ua_w_per_k = t->ua0_w_per_k * by_water * by_wet_bulb,
    };
}

/* Share of UA at an air flow share: Scheier's polynomial; below the lowest fan speed a straight line to free
 * convection, for fans that cycle. */
static double air_factor(const struct dh_tower *t, double a) {
    if (a < t->a_min) {
        double low = 1.3 * t->a_min - 0.3 * t->a_min * t->a_min;
        return t->free_frac + (low - t->free_frac) * (a - t->free_frac) / (t->a_min - t->free_frac);
    }
    return 1.3 * a - 0.3 * a * a;
}

/* Approach by a regression, at forced air flow. */
static double curve_approach_k(const struct dh_tower *t, double wet_bulb_degc, double range_k, double water,
                               double a) {
    double k = t->model == DH_TOWER_YORK ? (dh_tower_york_inside(&wet_bulb_degc, &range_k, &water, &a),
                                            dh_tower_york_approach_k(wet_bulb_degc, range_k, water, a))
                                         : (dh_tower_cooltools_inside(&wet_bulb_degc, &range_k, &water, &a),
                                            dh_tower_cooltools_approach_k(wet_bulb_degc, range_k, water, a));
    return clamp(k, LEAST_APPROACH_K, MOST_APPROACH_K);
}

/* The same question to a regression: range and approach are explicit. Below the lowest fan speed heat per
 * kelvin goes straight to free convection's share of that at full speed. */
static double curve_in_degc(const struct dh_tower *t, const struct dh_outdoor *air, double heat_w,
                            double water_w_per_k, double a) {
    double range = heat_w / water_w_per_k, wet = air->wet_bulb_degc;
    double water = water_w_per_k / (t->water_kg_per_s * CP_WATER_J_PER_KG_K) * t->water_ref;
    double forced = a > t->a_min ? a : t->a_min;
    double above = range + curve_approach_k(t, wet, range, water, forced);
    if (a < t->a_min) {
        double at_min = 1.0 / above;
        double free = t->free_frac / (range + curve_approach_k(t, wet, range, water, 1.0));
        free = free < at_min ? free : at_min;
        above =
            1.0 / (free + (at_min - free) * clamp((a - t->free_frac) / (t->a_min - t->free_frac), 0.0, 1.0));
    }
    return wet + above;
}

/* Temperature of the entering water at which heat_w leaves it: explicit, because the heat fixes the air's
 * outlet and with it cp_e. */
static double water_in_degc(const struct dh_tower *t, const struct dh_outdoor *air, const struct entering *e,
                            double heat_w, double water_w_per_k, double a) {
    if (t->model != DH_TOWER_MERKEL)
        return curve_in_degc(t, air, heat_w, water_w_per_k, a);
    double kg_per_s = e->kg_per_s * a;
    double out_enthalpy = e->enthalpy_wet + heat_w / kg_per_s;
    double rise = heat_w / (kg_per_s * 4.0 * DH_PSY_CP_AIR_J_PER_KG_K); /* first guess: dh_s/dT about 4 cp */
    double out_wet = dh_psy_saturated_degc(out_enthalpy, air->pressure_pa, air->wet_bulb_degc + rise);
    double rise_wet = out_wet - air->wet_bulb_degc;
    double cp_e = rise_wet > 1e-9 ? heat_w / kg_per_s / rise_wet : 4.0 * DH_PSY_CP_AIR_J_PER_KG_K;
    double air_w_per_k = kg_per_s * cp_e;
    double c_min = fmin(air_w_per_k, water_w_per_k), c_max = fmax(air_w_per_k, water_w_per_k);
    double ua = e->ua_w_per_k * air_factor(t, a) * cp_e / e->cp;
    return air->wet_bulb_degc +
           heat_w / (c_min * dh_hx_effectiveness(DH_COUNTERFLOW, ua / c_min, c_min / c_max));
}

int dh_tower_size(struct dh_tower *out, double heat_w, double wet_bulb_degc, double approach_k,
                  double range_k, double fan_w, double drift) {
    struct dh_outdoor air = {.wet_bulb_degc = wet_bulb_degc, .pressure_pa = DH_PSY_STANDARD_PA};
    air.dry_bulb_degc = wet_bulb_degc + 9.4; /* 35 degC at a wet bulb of 25.6 degC */
    air.humidity_kg_per_kg = dh_psy_humidity_from_wet_bulb(air.dry_bulb_degc, wet_bulb_degc, air.pressure_pa);
    *out = (struct dh_tower){
        .air_m3_per_s = AIR_M3_PER_S_PER_W * heat_w,
        .water_kg_per_s = heat_w / (CP_WATER_J_PER_KG_K * range_k),
        .fan_w = fan_w,
        .wet_bulb0_degc = wet_bulb_degc,
        .free_frac = FREE_FRAC,
        .a_min = LOWEST_SPEED,
        .drift = drift,
    };
    double water_w_per_k = heat_w / range_k;
    double want_in = wet_bulb_degc + approach_k + range_k;
    double low = 0.0, high = 1e3 * water_w_per_k;
    for (int i = 0; i < 80; i++) {
        out->ua0_w_per_k = 0.5 * (low + high);
        struct entering e = enter(out, &air, 1.0);
        if (water_in_degc(out, &air, &e, heat_w, water_w_per_k, 1.0) > want_in)
            low = out->ua0_w_per_k;
        else
            high = out->ua0_w_per_k;
    }
    return high < 0.999e3 * water_w_per_k ? 0 : -1;
}

int dh_tower_calibrate(struct dh_tower *t, enum dh_tower_model model, double approach_k, double range_k) {
    struct dh_tower to = *t;
    to.model = model;
    to.water_ref = 1.0;
    if (model != DH_TOWER_MERKEL) {
        double low = 0.75, high = 1.25; /* the approach grows with the water */
        double least = curve_approach_k(&to, t->wet_bulb0_degc, range_k, low, 1.0);
        double most = curve_approach_k(&to, t->wet_bulb0_degc, range_k, high, 1.0);
        if (!(approach_k >= least && approach_k <= most))
            return -1;
        for (int i = 0; i < 60; i++) {
            to.water_ref = 0.5 * (low + high);
            if (curve_approach_k(&to, t->wet_bulb0_degc, range_k, to.water_ref, 1.0) < approach_k)
                low = to.water_ref;
            else
                high = to.water_ref;
        }
    }
    *t = to;
    return 0;
}

double dh_tower_heat_w(const struct dh_tower *t, const struct dh_outdoor *air, double in_degc, double w,
                       double a) {
    double water_w_per_k = t->water_kg_per_s * w * CP_WATER_J_PER_KG_K;
    double low = 0.0, high = water_w_per_k * (in_degc - air->wet_bulb_degc);
    if (!(high > 0))
        return 0.0;
    if (a <= 0)
        a = t->free_frac;
    struct entering e = enter(t, air, w);
    for (int i = 0; i < 60; i++) {
        double mid = 0.5 * (low + high);
        if (water_in_degc(t, air, &e, mid, water_w_per_k, a) < in_degc)
            low = mid;
        else
            high = mid;
    }
    return 0.5 * (low + high);
}

double dh_tower_coldest_degc(const struct dh_tower *t, const struct dh_outdoor *air, double heat_w,
                             double w) {
    double water_w_per_k = t->water_kg_per_s * w * CP_WATER_J_PER_KG_K;
    if (!(heat_w > 0))
        return air->wet_bulb_degc;
    struct entering e = enter(t, air, w);
    return water_in_degc(t, air, &e, heat_w, water_w_per_k, 1.0) - heat_w / water_w_per_k;
}

/* Air flow share at which water leaves at set_degc, between free convection and full speed. Regula falsi with
 * the Illinois weights on 1 / (approach to the wet bulb), which is nearly a straight line over the air flow.
 * *out_degc gets the temperature reached. */
static double solve_speed(const struct dh_tower *t, const struct dh_outdoor *air, const struct entering *e,
                          double heat_w, double water_w_per_k, double set_degc, double guess,
                          double *out_degc) {
    double range = heat_w / water_w_per_k, wet = air->wet_bulb_degc;
    double low = t->free_frac, high = 1.0, f_low = NAN, f_high = NAN;
    double a = set_degc > wet ? clamp(guess, low, high) : 1.0;
    int side = 0; /* which end moved last */
    for (int i = 0; i < 60; i++) {
        double out = water_in_degc(t, air, e, heat_w, water_w_per_k, a) - range;
        *out_degc = out;
        if (fabs(out - set_degc) < 1e-6)
            return a;
        if (out > set_degc && a >= 1.0)
            return 1.0; /* full speed is not enough */
        if (out < set_degc && a <= t->free_frac) {
            *out_degc = set_degc; /* part of the water bypasses the tower */
            return a;
        }
        double f = 1.0 / (set_degc - wet) - 1.0 / (out - wet); /* falls with a */
        if (f > 0) {
            low = a;
            f_low = f;
            if (side > 0)
                f_high *= 0.5;
            side = 1;
        } else {
            high = a;
            f_high = f;
            if (side < 0)
                f_low *= 0.5;
            side = -1;
        }
        if (isnan(f_low) || isnan(f_high)) {
            /* No bracket yet: the line through zero air flow, and a little further so as to close it. */
            double next = a * (out - wet) / (set_degc - wet);
            a = clamp(next + 0.2 * (next - a) + (f > 0 ? 1e-6 : -1e-6), t->free_frac, 1.0);
        } else {
            a = low + f_low * (high - low) / (f_low - f_high);
            if (!(a > low && a < high) || high - low < 1e-13)
                return 0.5 * (low + high);
        }
    }
    return a;
}

struct dh_tower_point dh_tower_reject(const struct dh_tower *t, const struct dh_outdoor *air, double heat_w,
                                      double w, double set_degc, double guess_speed) {
    struct dh_tower_point p = {.out_degc = set_degc};
    if (!(heat_w > 0))
        return p;
    double water_kg_per_s = t->water_kg_per_s * w;
    double water_w_per_k = water_kg_per_s * CP_WATER_J_PER_KG_K;
    struct entering e = enter(t, air, w);
    double a = solve_speed(t, air, &e, heat_w, water_w_per_k, set_degc, guess_speed, &p.out_degc);
    p.saturated = a >= 1.0;
    p.fan_speed = a;
    if (a >= t->a_min)
        p.fan_w = t->fan_w * dh_tower_fan_frac(a);
    else /* fans run part of the time */
        p.fan_w = t->fan_w * dh_tower_fan_frac(t->a_min) * (a - t->free_frac) / (t->a_min - t->free_frac);
    /* Air leaves saturated with all the heat in it. */
    double kg_per_s = e.kg_per_s * a;
    double leaving = e.enthalpy + heat_w / kg_per_s;
    double leaving_degc = dh_psy_saturated_degc(leaving, air->pressure_pa, air->wet_bulb_degc + 5.0);
    double vapour_pa = fmin(dh_psy_saturation_pa(leaving_degc), 0.9 * air->pressure_pa);
    double evaporation = kg_per_s * (dh_psy_humidity(vapour_pa, air->pressure_pa) - e.humidity);
    p.evaporation_kg_per_s = evaporation > 0 ? evaporation : 0.0;
    p.drift_kg_per_s = t->drift * water_kg_per_s;
    return p;
}

int dh_tower_cells(int cells, int up, double w, double least_w) {
    if (up < 1 || cells < 1 || !(w > 0))
        return 0;
    int fed = (int)(w * cells / least_w);
    int needed = (int)ceil(w * cells - 1e-9);
    int running = fed > needed ? fed : needed;
    return running < 1 ? 1 : running > up ? up : running;
}

struct dh_tower_point dh_tower_cells_reject(const struct dh_tower *t, int cells, int running,
                                            const struct dh_outdoor *air, double heat_w, double w,
                                            double set_degc, double guess_speed) {
    if (running < 1)
        return (struct dh_tower_point){.out_degc = air->wet_bulb_degc, .saturated = heat_w > 0};
    /* Everything is in proportion to the number of cells, so a few are a smaller tower. */
    double share = (double)running / cells;
    struct dh_tower part = *t;
    part.ua0_w_per_k *= share;
    part.air_m3_per_s *= share;
    part.water_kg_per_s *= share;
    part.fan_w *= share;
    return dh_tower_reject(&part, air, heat_w, w / share, set_degc, guess_speed);
}

double dh_basin_heater_w(double w_per_k, double dry_bulb_degc, double set_degc, bool off) {
    return off && dry_bulb_degc < set_degc ? w_per_k * (set_degc - dry_bulb_degc) : 0.0;
}
