/* Air-side economizer of a hall: how much outdoor air its handlers take, what they do to it, and when they
 * shut the dampers and leave the heat to the coil (FACILITY C10; Lei and Masanet, Resources, Conservation and
 * Recycling 182:106323, 2022).
 *
 * Supply air floats with the outdoors between two temperatures. Colder outdoor air is mixed with return air;
 * warmer is cooled by evaporation where there are wetted media that bring it down to the upper limit. Air
 * drier than allowed takes up water; more humid air is not dried: the hall goes over to return air and its
 * coil. Humidity is judged at the temperature at which the air is supplied. Halls have no source of moisture,
 * so that return air is as humid as supply air. Water evaporates along the wet bulb: it takes no heat from
 * outside and adds none, so that all heat of the hall leaves with the exhaust. */
#ifndef DH_MODELS_COOLING_ECONOMIZER_H
#define DH_MODELS_COOLING_ECONOMIZER_H

#include "models/weather.h"

#include <stdbool.h>

/* What is allowed, and what there is. Relative humidities as shares, low <= high everywhere. */
struct dh_air_economizer {
    double low_degc, high_degc;         /* supply air */
    double dew_low_degc, dew_high_degc; /* its dew point */
    double humidity_low, humidity_high; /* its relative humidity */
    double adiabatic;                   /* effectiveness of wetted media against heat, 0: none */
    bool humidifier;                    /* against dryness; without one dry air is not taken */
};

/* How the hall is supplied. With open false: return air only, the other members are zero. */
struct dh_air_supply {
    bool open;
    double supply_degc;
    double humidity_kg_per_kg;
    double outdoor_share;   /* outdoor air in the supply air, by dry mass */
    double water_kg_per_kg; /* taken up per kg of dry outdoor air */
};

/* Outdoor air ahead of the coil: too warm to be supplied, its dew point allowed. Taken once it is colder than
 * the air that returns by DH_PARTIAL_K, until it is warmer by as much (`was`): the band of CoolingMode in the
 * Modelica Buildings library. */
#define DH_PARTIAL_K 1.1
bool dh_air_economizer_partial(const struct dh_air_economizer *e, const struct dh_outdoor *air,
                               double return_degc, bool was);

/* For air that warms by rise_k > 0 between supply and return, fans included. */
struct dh_air_supply dh_air_economizer_at(const struct dh_air_economizer *economizer,
                                          const struct dh_outdoor *air, double rise_k);

/* Water that humidifiers and wetted media evaporate while heat_w leaves with the outdoor air, kg/s. */
double dh_air_supply_water_kg_per_s(const struct dh_air_supply *supply, double heat_w, double rise_k);

/* Water that a humidifier gives back while a coil of sensible heat ratio `sensible` (0-1] takes coil_w: what
 * condenses on the coil, its latent heat taken at 10 degC, kg/s. The humidifier cools the air by as much heat
 * as the condensate gives the coil, so the coil's heat is that of the hall. */
double dh_coil_condensate_kg_per_s(double coil_w, double sensible);

#endif
