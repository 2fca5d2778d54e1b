/* Cooling tower with variable fans, water from saturated leaving air. What its fill does is one of three
 * models (EnergyPlus Engineering Reference, CoolingTower:VariableSpeed; FACILITY C7): Merkel's method with
 * Scheier's corrections of UA, the usual one, which also holds far from design; and the regressions YorkCalc
 * and CoolTools, which are clamped to the range of their fits (models/tower_curves.h).
 *
 * Air that gains heat along its wet bulb acts like a dry fluid of specific heat cp_e = dh_s / dT_wb, so that
 * tower and dry cooler share the counterflow equations. UA depends on air flow a, water flow w (shares of
 * design) and wet bulb. */
#ifndef DH_MODELS_TOWER_H
#define DH_MODELS_TOWER_H

#include "models/weather.h"

enum dh_tower_model { DH_TOWER_MERKEL, DH_TOWER_YORK, DH_TOWER_COOLTOOLS };

struct dh_tower {
    enum dh_tower_model model;
    double ua0_w_per_k;
    double air_m3_per_s; /* design volume flow: the fans move volume, so mass follows density */
    double water_kg_per_s;
    double fan_w; /* at full speed */
    double wet_bulb0_degc;
    double free_frac; /* heat transfer without fans, as a share of UA at design */
    double a_min;     /* lowest fan speed; less than that by cycling */
    double drift;     /* share of the circulating water */
    double water_ref; /* regressions: design water flow over that of the regression's reference tower */
};

/* Sized so that heat_w of heat leaves at the design point: water of wet_bulb + approach + range cooled by
 * range at full speed. Air flow 2.763e-5 m3/s per W (EnergyPlus' default). 0 on success, -1 where no UA
 * reaches it. */
int dh_tower_size(struct dh_tower *out, double heat_w, double wet_bulb_degc, double approach_k,
                  double range_k, double fan_w, double drift);

/* Makes a sized tower follow another model, so that the approach at the design point (approach_k, range_k, as
 * it was sized) is the regression's: EnergyPlus' calibration of the reference water flow. 0, or -1 where no
 * water flow within the fit (0.75-1.25 of the reference tower's) gives that approach; the tower is then as
 * before. */
int dh_tower_calibrate(struct dh_tower *tower, enum dh_tower_model model, double approach_k, double range_k);

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

/* Cells to run of those that are up: as many as still get their least water, for at equal flow more cells
 * need less fan power (cube law). cells installed, w the water flow share of the whole tower, least_w of a
 * cell's design flow that its nozzles need. At least 1, and enough for all the water, as far as there are
 * any. */
int dh_tower_cells(int cells, int up, double w, double least_w);

/* The whole tower with `running` of its `cells`: as dh_tower_reject, w over the whole design flow. */
struct dh_tower_point dh_tower_cells_reject(const struct dh_tower *tower, int cells, int running,
                                            const struct dh_outdoor *air, double heat_w, double w,
                                            double set_degc, double guess_speed);

/* Heater of a basin that does not freeze: W/K below the set temperature (4 degC is usual) while the tower is
 * off. */
double dh_basin_heater_w(double w_per_k, double dry_bulb_degc, double set_degc, bool off);

/* Fan power over that at full speed: 0.02 + 0.98 a^3 (EnergyPlus' default curve), 0 when off. */
double dh_tower_fan_frac(double a);

#endif
