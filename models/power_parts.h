/* Transformers by nameplate and by temperature, busways, diesel sets and breakers: the closed forms of the
 * power graph's parts. */
#ifndef DH_MODELS_POWER_PARTS_H
#define DH_MODELS_POWER_PARTS_H

#include "scenarios/scenario.h"

/* ---- transformer: EnergyPlus Engineering Reference, Electric Load Center, transformers ---- */

/* No-load loss and load loss at full load, W, of rated_va whose efficiency is `efficiency` at the load share
 * at, and highest at the share best. Without temperature. */
struct dh_transformer_loss {
    double no_load_w, load_w;
};
struct dh_transformer_loss dh_transformer_nameplate(double rated_va, double efficiency, double at,
                                                    double best);

/* Load loss over that at full load with a winding rise of rise_k in 20 degC, per square of the load share:
 * ohmic loss grows with the resistance of the warm winding, eddy loss falls. share >= 0, ambient in degC. */
double dh_transformer_warmth(enum dh_conductor conductor, double rise_k, double dc_share, double share,
                             double ambient_degc);

/* ---- three-phase run of conductors: P_loss = 3 I^2 r L, I = P / (sqrt 3 U pf) ---- */
double dh_line_current_a(double power_w, double volts, double power_factor);
double dh_line_loss_w(double current_a, double ohm_per_m, double length_m);

/* ---- diesel: fuel of n sets of unit_w that deliver out_w together, W of higher heating value (Willans line)
 */
double dh_generator_fuel_w(const struct dh_generator_spec *spec, double unit_w, int32_t n, double out_w);
/* Higher heating value of diesel, J/m3: 40.7 kWh a gallon (NREL REopt). */
#define DH_DIESEL_J_PER_M3 (40.7 * 3.6e6 / 3.785411784e-3)
/* Its carbon, kg CO2 per J of that: 22.58 lb/gal (REopt, FACILITY A9), 252 g/kWh. */
#define DH_DIESEL_KG_PER_J (22.58 * 0.45359237 / (40.7 * 3.6e6))

#endif
