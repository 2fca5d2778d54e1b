/* Cooling tower with variable fans: Merkel's method with Scheier's corrections of UA (EnergyPlus Engineering
 * Reference, CoolingTower:VariableSpeed:Merkel; FACILITY C7c), water from saturated leaving air.
 *
 * Air that gains heat along its wet bulb acts like a dry fluid of specific heat cp_e = dh_s / dT_wb, so that
 * tower and dry cooler share the counterflow equations. UA depends on air flow a, water flow w (shares of
 * design) and wet bulb. */
#ifndef DH_MODELS_TOWER_H
#define DH_MODELS_TOWER_H

#include "models/weather.h"

struct dh_tower {
    double ua0_w_per_k;
    double air_m3_per_s; /* design volume flow: the fans move volume, so mass follows density */
    double water_kg_per_s;
    double fan_w; /* at full speed */
    double wet_bulb0_degc;
    double free_frac; /* heat transfer without fans, as a share of UA at design */
    double a_min;     /* lowest fan speed; less than that by cycling */
    double drift;     /* share of the circulating water */
};

/* Sized so that heat_w of heat leaves at the design point: water of wet_bulb + approach + range cooled by
 * range at full speed. Air flow 2.763e-5 m3/s per W (EnergyPlus' default). 0 on success, -1 where no UA
 * reaches it. */
int dh_tower_size(struct dh_tower *out, double heat_w, double wet_bulb_degc, double approach_k,
                  double range_k, double fan_w, double drift);

/* Heat given up by water entering at in_degc with flow share w at air flow share a (in a_min..1; 0: free
 * convection). */
double dh_tower_heat_w(const struct dh_tower *tower, const struct dh_outdoor *air, double in_degc, double w,
                       double a);

/* How the tower rejects heat_w from water of flow share w so that it leaves at set_degc, or as near above as
 * full speed allows. */
struct dh_tower_point {
    double out_degc;
    double fan_speed; /* air flow share; below a_min the fans cycle */
    double fan_w;
    double evaporation_kg_per_s, drift_kg_per_s;
    bool saturated; /* full speed was not enough */
};
struct dh_tower_point dh_tower_reject(const struct dh_tower *tower, const struct dh_outdoor *air,
                                      double heat_w, double w, double set_degc, double guess_speed);

/* Temperature of the water leaving when heat_w is rejected at full speed: the coldest possible. */
double dh_tower_coldest_degc(const struct dh_tower *tower, const struct dh_outdoor *air, double heat_w,
                             double w);

/* Fan power over that at full speed: 0.02 + 0.98 a^3 (EnergyPlus' default curve), 0 when off. */
double dh_tower_fan_frac(double a);

#endif
