#include "models/cooling_economizer.h"

#include "models/psychro.h"

#include <math.h>

/* Heat of evaporation at the temperature of a coil, 10 degC: ASHRAE eq. 30. */
static const double LATENT_J_PER_KG = 2501e3 - 2326.0 * 10.0;

/* Most and least humid air that may be supplied at this temperature. */
static double most_humid(const struct dh_air_economizer *e, double temp_degc, double pressure_pa) {
    return fmin(dh_psy_humidity_from_relative(temp_degc, e->humidity_high, pressure_pa),
                dh_psy_humidity_saturated(e->dew_high_degc, pressure_pa));
}

static double least_humid(const struct dh_air_economizer *e, double temp_degc, double pressure_pa) {
    return fmax(dh_psy_humidity_from_relative(temp_degc, e->humidity_low, pressure_pa),
                dh_psy_humidity_saturated(e->dew_low_degc, pressure_pa));
}

static double temp_of(double enthalpy_j_per_kg, double humidity) {
    return (enthalpy_j_per_kg - humidity * DH_PSY_H_FG_J_PER_KG) /
           (DH_PSY_CP_AIR_J_PER_KG_K + humidity * DH_PSY_CP_VAPOUR_J_PER_KG_K);
}

/* Too warm: wetted media, if they bring it down to the upper limit, and no further. */
static struct dh_air_supply evaporated(const struct dh_air_economizer *e, const struct dh_outdoor *air) {
    const struct dh_air_supply shut = {0};
    double high = e->high_degc;
    double coldest = air->dry_bulb_degc - e->adiabatic * (air->dry_bulb_degc - air->wet_bulb_degc);
    if (e->adiabatic <= 0 || coldest > high)
        return shut;
    double humidity = dh_psy_humidity_from_wet_bulb(high, air->wet_bulb_degc, air->pressure_pa);
    if (humidity > most_humid(e, high, air->pressure_pa))
        return shut;
    return (struct dh_air_supply){true, high, humidity, 1.0, fmax(0.0, humidity - air->humidity_kg_per_kg)};
}

struct dh_air_supply dh_air_economizer_at(const struct dh_air_economizer *e, const struct dh_outdoor *air,
                                          double rise_k) {
    const struct dh_air_supply shut = {0};
    double outdoor = air->dry_bulb_degc, humidity = air->humidity_kg_per_kg, pressure = air->pressure_pa;
    if (outdoor > e->high_degc)
        return evaporated(e, air);
    double supply = fmax(outdoor, e->low_degc);
    if (humidity > most_humid(e, supply, pressure)) {
        /* Mixed air may be more humid than that at the low limit: it may be supplied as warm as the high one.
         */
        bool mixed = outdoor < e->low_degc && humidity <= most_humid(e, e->high_degc, pressure);
        if (!mixed)
            return shut;
    }
    double water = 0.0, taken_degc = outdoor, least = least_humid(e, supply, pressure);
    if (humidity < least) {
        if (!e->humidifier)
            return shut;
        water = least - humidity;
        taken_degc = temp_of(dh_psy_enthalpy_j_per_kg(outdoor, humidity), least);
        supply = fmax(taken_degc, e->low_degc);
        humidity = least;
    }
    double share = rise_k / (rise_k + supply - taken_degc);
    return (struct dh_air_supply){true, supply, humidity, share, water};
}

bool dh_air_economizer_partial(const struct dh_air_economizer *e, const struct dh_outdoor *air,
                               double return_degc, bool was) {
    return air->dry_bulb_degc > e->high_degc &&
           air->dry_bulb_degc < return_degc + (was ? DH_PARTIAL_K : -DH_PARTIAL_K) &&
           air->humidity_kg_per_kg <= dh_psy_humidity_saturated(e->dew_high_degc, air->pressure_pa);
}

double dh_air_supply_water_kg_per_s(const struct dh_air_supply *supply, double heat_w, double rise_k) {
    if (!supply->open || heat_w <= 0)
        return 0.0;
    double moist = DH_PSY_CP_AIR_J_PER_KG_K + supply->humidity_kg_per_kg * DH_PSY_CP_VAPOUR_J_PER_KG_K;
    return heat_w / (moist * rise_k) * supply->outdoor_share * supply->water_kg_per_kg;
}

double dh_coil_condensate_kg_per_s(double coil_w, double sensible) {
    return coil_w > 0 ? coil_w * (1.0 - sensible) / LATENT_J_PER_KG : 0.0;
}
