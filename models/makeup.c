#include "models/makeup.h"

const struct dh_water_quality dh_water_limits = {.silica = 150, .calcium_hardness = 800, .chloride = 500};

static double not_negative(double x) {
    return x > 0 ? x : 0.0;
}

double dh_loss_factor_kg_per_s(double water_kg_per_s, double range_k, double factor_per_k) {
    return not_negative(water_kg_per_s) * not_negative(range_k) * factor_per_k;
}

double dh_fluid_cooler_loss(double dry_bulb_degc, double humidity_kg_per_kg) {
    return not_negative(113.0 - 8.417 * 1e3 * humidity_kg_per_kg + 1.6147 * dry_bulb_degc) * 1e-5;
}

double dh_blowdown_kg_per_s(double evaporation_kg_per_s, double drift_kg_per_s, double cycles) {
    return not_negative(evaporation_kg_per_s / (cycles - 1.0) - drift_kg_per_s);
}

double dh_pad_evaporation_kg_per_s(double air_kg_per_s, double humidity_in, double humidity_out) {
    return not_negative(air_kg_per_s * (humidity_out - humidity_in));
}

double dh_cycles_allowed(const struct dh_water_quality *makeup, const struct dh_water_quality *limits,
                         double wanted) {
    const double have[] = {makeup->silica, makeup->calcium_hardness, makeup->chloride};
    const double most[] = {limits->silica, limits->calcium_hardness, limits->chloride};
    double cycles = wanted;
    for (int i = 0; i < 3; i++)
        if (have[i] > 0 && most[i] > 0 && most[i] / have[i] < cycles)
            cycles = most[i] / have[i];
    return cycles > 1.1 ? cycles : 1.1;
}
