/* Water of evaporative coolers: what evaporates by rule of thumb, drift, blowdown, and how far make-up water
 * can be concentrated (FACILITY C6, C7; EnergyPlus Engineering Reference, "Cooling Tower Makeup Water Usage"
 * and "Evaporative Fluid Cooler"). kg/s. Pure functions; arguments below 0 count as 0. */
#ifndef DH_MODELS_MAKEUP_H
#define DH_MODELS_MAKEUP_H

/* Evaporation by loss factor: share of the circulating water for each kelvin of range. 0.002 /K is
 * EnergyPlus' default, 0.0015-0.0027 its range; a tower's saturated leaving air (models/tower.h) tells more.
 */
#define DH_LOSS_FACTOR_PER_K 0.002
double dh_loss_factor_kg_per_s(double water_kg_per_s, double range_k, double factor_per_k);

/* Loss factor of an evaporative fluid cooler, of the spray water flow in kg/s: (113 - 8.417 humidity +
 * 1.6147 dry bulb) 1e-5 with the humidity in g per kg; for 10-35 degC (EnergyPlus, from Qureshi and Zubair).
 */
double dh_fluid_cooler_loss(double dry_bulb_degc, double humidity_kg_per_kg);

/* Blowdown that keeps concentration: evaporation / (cycles - 1) - drift, not below 0; drift carries salt away
 * too. cycles > 1. */
double dh_blowdown_kg_per_s(double evaporation_kg_per_s, double drift_kg_per_s, double cycles);

/* Water that evaporates on pads which take air_kg_per_s of dry air from humidity_in to humidity_out. */
double dh_pad_evaporation_kg_per_s(double air_kg_per_s, double humidity_in, double humidity_out);

/* Dissolved in make-up water, mg/l; 0 or less: not known, no limit from it. */
struct dh_water_quality {
    double silica, calcium_hardness, chloride;
};

/* Most that circulating water may hold: silica 150, calcium hardness 800, chloride 500 mg/l. Assumptions, of
 * medium confidence; water treatment moves them. */
extern const struct dh_water_quality dh_water_limits;

/* Highest cycles of concentration that every limit allows: the least of limit / make-up, at least 1.1, at
 * most `wanted`. */
double dh_cycles_allowed(const struct dh_water_quality *makeup, const struct dh_water_quality *limits,
                         double wanted);

#endif
