#include "tests/tests.h"

#include "models/cooling_economizer.h"
#include "models/psychro.h"

#include <math.h>

static const double PA = 101325;

static struct dh_outdoor outdoor(double dry_bulb_degc, double relative) {
    double w = dh_psy_humidity_from_relative(dry_bulb_degc, relative, PA);
    return (struct dh_outdoor){dry_bulb_degc, dh_psy_wet_bulb_degc(dry_bulb_degc, w, PA), w, PA};
}

static const struct dh_air_economizer hall = {.low_degc = 14,
                                              .high_degc = 30,
                                              .dew_low_degc = -10,
                                              .dew_high_degc = 20,
                                              .humidity_low = 0.15,
                                              .humidity_high = 0.8,
                                              .adiabatic = 0.85,
                                              .humidifier = true};

void mild_air_is_supplied_as_it_is_and_cold_air_mixed(void **state) {
    (void)state;
    struct dh_outdoor mild = outdoor(20, 0.5), cold = outdoor(2, 0.6);
    struct dh_air_supply s = dh_air_economizer_at(&hall, &mild, 16);
    assert_true(s.open && s.supply_degc == 20 && s.outdoor_share == 1 && s.water_kg_per_kg == 0);
    assert_true(s.humidity_kg_per_kg == mild.humidity_kg_per_kg);
    /* 12 K to gain from return air that is 16 K above the supply: 16 of 28 parts are outdoor air */
    s = dh_air_economizer_at(&hall, &cold, 16);
    assert_true(s.open && s.supply_degc == 14 && fabs(s.outdoor_share - 16.0 / 28) < 1e-12);
}

void humid_air_shuts_the_dampers(void **state) {
    (void)state;
    struct dh_outdoor damp = outdoor(20, 0.81), sultry = outdoor(29, 0.65), fog = outdoor(8, 1.0);
    assert_false(dh_air_economizer_at(&hall, &damp, 16).open);
    assert_false(dh_air_economizer_at(&hall, &sultry, 16).open); /* dew point 21.7 degC */
    assert_true(dh_air_economizer_at(&hall, &fog, 16).open);     /* mixing warms and so dries it */
}

/* What goes out with the exhaust above what comes in with outdoor air is the heat, whatever is evaporated. */
static void expect_closed_books(const struct dh_outdoor *air, double rise_k) {
    struct dh_air_supply s = dh_air_economizer_at(&hall, air, rise_k);
    assert_true(s.open);
    double moist = 1006 + 1860 * s.humidity_kg_per_kg, supply_kg_per_s = 1e6 / (moist * rise_k);
    double exhaust = dh_psy_enthalpy_j_per_kg(s.supply_degc + rise_k, s.humidity_kg_per_kg);
    double in = dh_psy_enthalpy_j_per_kg(air->dry_bulb_degc, air->humidity_kg_per_kg);
    double heat_w = supply_kg_per_s * s.outdoor_share * (exhaust - in);
    /* Along the wet bulb the water brings its own enthalpy: at most 4186 J/(kg K) x 30 degC of it. */
    double water = dh_air_supply_water_kg_per_s(&s, 1e6, rise_k);
    assert_true(fabs(heat_w - 1e6) <= water * 4186 * 30 + 1);
    assert_true(fabs(water - supply_kg_per_s * s.outdoor_share * s.water_kg_per_kg) < 1e-12);
    assert_true(fabs(air->humidity_kg_per_kg + s.water_kg_per_kg - s.humidity_kg_per_kg) < 1e-12);
}

void heat_leaves_with_the_exhaust_whatever_evaporates(void **state) {
    (void)state;
    struct dh_outdoor mild = outdoor(22, 0.4), desert = outdoor(40, 0.08), winter = outdoor(-10, 0.5);
    expect_closed_books(&mild, 15);
    expect_closed_books(&desert, 15);
    expect_closed_books(&winter, 15);
}

void wetted_media_cool_along_the_wet_bulb_as_far_as_they_reach(void **state) {
    (void)state;
    struct dh_outdoor desert = outdoor(40, 0.08), tropics = outdoor(33, 0.75);
    struct dh_air_supply s = dh_air_economizer_at(&hall, &desert, 15);
    assert_true(s.open && s.supply_degc == 30 && s.water_kg_per_kg > 0);
    assert_true(fabs(dh_psy_wet_bulb_degc(30, s.humidity_kg_per_kg, PA) - desert.wet_bulb_degc) < 1e-6);
    /* 10 K of air cooled by evaporation: cp 10 / h_fg = 4.1 g/kg */
    assert_true(fabs(s.water_kg_per_kg - 1006.0 * 10 / 2.43e6) < 1.5e-4);
    assert_false(dh_air_economizer_at(&hall, &tropics, 15).open);
    struct dh_air_economizer dry = hall;
    dry.adiabatic = 0;
    assert_false(dh_air_economizer_at(&dry, &desert, 15).open);
}

void dry_air_takes_up_water_or_is_not_taken(void **state) {
    (void)state;
    struct dh_outdoor winter = outdoor(-10, 0.5);
    struct dh_air_supply s = dh_air_economizer_at(&hall, &winter, 16);
    /* dew point -10 degC or 15 % at 14 degC, whichever is more */
    double least = fmax(dh_psy_humidity_saturated(-10, PA), dh_psy_humidity_from_relative(14, 0.15, PA));
    assert_true(s.open && s.supply_degc == 14 && fabs(s.humidity_kg_per_kg - least) < 1e-15);
    assert_true(s.water_kg_per_kg > 0);
    struct dh_air_economizer plain = hall;
    plain.humidifier = false;
    assert_false(dh_air_economizer_at(&plain, &winter, 16).open);
}

/* A coil of 97 % sensible heat condenses 30 kW of each MW; at 10 degC a kilogram holds 2477.7 kJ. */
void a_wet_coil_condenses_its_latent_share(void **state) {
    (void)state;
    assert_true(fabs(dh_coil_condensate_kg_per_s(1e6, 0.97) - 30e3 / 2477740.0) < 1e-12);
    assert_true(dh_coil_condensate_kg_per_s(1e6, 1) == 0 && dh_coil_condensate_kg_per_s(-5, 0.9) == 0);
}
