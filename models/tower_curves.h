/* Approach of cooling towers by two published regressions (EnergyPlus Engineering Reference,
 * CoolingTower:VariableSpeed; FACILITY C7a, b; coefficients there). The approach is the water that leaves
 * less the wet bulb, K. water, air: flows over those of the regression's reference tower (25.6 degC wet bulb,
 * 35 to 29.4 degC, 4.3e-5 m3/s of water per W). Values are as published, not clamped: dh_tower_york_inside
 * and dh_tower_cooltools_inside move a point into the range of the fit. */
#ifndef DH_MODELS_TOWER_CURVES_H
#define DH_MODELS_TOWER_CURVES_H

#include <stdbool.h>

/* YorkCalc, 27 terms in water/air, range and wet bulb. Fitted for wet bulb -34.4 to 26.7 degC, range 1.1 to
 * 22.2 K, approach 1.1 to 40 K, water 0.75 to 1.25, water/air up to 8. */
double dh_tower_york_approach_k(double wet_bulb_degc, double range_k, double water, double air);

/* CoolTools, 35 terms in air, water, wet bulb and range. Fitted for wet bulb -1 to 26.7 degC, range 1.1 to
 * 11.1 K, approach 1.1 to 11.1 K, water 0.75 to 1.25. */
double dh_tower_cooltools_approach_k(double wet_bulb_degc, double range_k, double water, double air);

/* Clamps a point to the range of the fit; true when it was outside. */
bool dh_tower_york_inside(double *wet_bulb_degc, double *range_k, double *water, double *air);
bool dh_tower_cooltools_inside(double *wet_bulb_degc, double *range_k, double *water, double *air);

#endif
