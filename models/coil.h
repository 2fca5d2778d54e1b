/* Finned coils between air and water: air handlers, rear doors. Counterflow effectiveness with separate
 * conductances of both sides; wet where the surface is below the dew point, by enthalpy (Braun, Klein and
 * Mitchell, ASHRAE Transactions 95(1), 1989; EnergyPlus Engineering Reference, Coil:Cooling:Water): a coil is
 * taken as wholly dry or wholly wet, whichever moves more heat, which is within 5 % of a partly wet one.
 * Immersion tanks too: fluid around chips, cooled by water through an exchanger. */
#ifndef DH_MODELS_COIL_H
#define DH_MODELS_COIL_H

#include <stdbool.h>

struct dh_coil {
    double air_kg_per_s;  /* dry air at design */
    double water_w_per_k; /* capacity flow at design */
    double ha_air_w_per_k, ha_water_w_per_k;
};

struct dh_coil_air {
    double degc, humidity_kg_per_kg, pressure_pa;
};

struct dh_coil_point {
    double
        heat_w; /* from the air, into the water; the condensate's own enthalpy is neglected (below 0.5 %) */
    double sensible_w; /* of it, by cooling the air */
    double shr;        /* sensible_w / heat_w; 1 where there is no heat */
    double air_out_degc, air_out_humidity, water_out_degc;
    double condensate_kg_per_s;
    bool wet;
};

/* Sized dry at sea level: heat_w from air that enters at air_in_degc and leaves at air_out_degc, into water
 * that enters at water_in_degc and warms by range_k. Conductance of the air side half of the water side's
 * (Modelica Buildings, as for dry coolers). 0, or -1 where no surface is large enough. */
int dh_coil_size(struct dh_coil *out, double heat_w, double air_in_degc, double air_out_degc,
                 double water_in_degc, double range_k);

/* At flow shares of design; hA ~ air^0.8, water^0.85. No heat where a flow is 0 or the air is colder. */
struct dh_coil_point dh_coil_at(const struct dh_coil *coil, const struct dh_coil_air *air, double air_share,
                                double water_in_degc, double water_share);

/* Water flow share (0 to most) at which air leaves at set_degc: what its valve does. `most` where that is not
 * enough; 0 where the air is cold already. Bracketed secant, 1e-6 K. */
double dh_coil_valve(const struct dh_coil *coil, const struct dh_coil_air *air, double air_share,
                     double water_in_degc, double set_degc, double most, double guess);

/* Coldest water that a surface in a hall may carry: dew point of its air + margin (2 K is usual). */
double dh_condensation_limit_degc(double humidity_kg_per_kg, double pressure_pa, double margin_k);

/* Power that a passive rear door costs the fans of its rack: pressure drop (10-30 Pa at design air) x flow /
 * fan efficiency, which grows with the cube of the air flow share. */
double dh_rear_door_fan_w(double air_m3_per_s, double drop_pa, double fan_efficiency, double air_share);

/* Immersion tank: a well mixed bath of j_per_k, cooled through an exchanger of fixed ua_w_per_k by water of
 * capacity flow water_w_per_k. */
struct dh_immersion {
    double j_per_k, ua_w_per_k;
};

/* Bath temperature after dt_s under constant heat and water, and the mean heat to the water: in closed form
 *   C dT/dt = Q - K (T - T_water), K = water_w_per_k (1 - exp(-UA / water_w_per_k))
 * so that heat_w dt = water_heat_w dt + C (end - start) exactly. Without water flow the bath warms linearly.
 */
struct dh_immersion_point {
    double bath_degc, water_heat_w, water_out_degc;
};
struct dh_immersion_point dh_immersion_step(const struct dh_immersion *tank, double bath_degc, double heat_w,
                                            double water_in_degc, double water_w_per_k, double dt_s);

#endif
