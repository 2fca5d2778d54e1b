/* Coils, rear doors, immersion tanks, plate exchangers. */
#include "tests/tests.h"

#include "models/coil.h"
#include "models/heat_exchanger.h"
#include "models/psychro.h"

#include <math.h>

static void near_to(double got, double want, double tolerance) {
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.12g, not %.12g within %g", got, want, tolerance);
}

/* A CDU of 1350 kW with 4 K approach and 10 K on both sides: N / (1 + N) = 10 / 14, UA = 2.5 x 135 kW/K. Off
 * design: rows of an independent implementation (secondary share, primary share, effectiveness, heat, leaving
 * secondary, leaving primary, approach; PG25 at 27.1 kg/s over water at 32.3 kg/s, 50 and 36 degC). */
void plate_exchanger_reproduces_reference_values(void **state) {
    (void)state;
    struct dh_plate p;
    assert_int_equal(dh_plate_size(&p, 1.35e6, 4.0, 10.0, 10.0), 0);
    near_to(p.ua_w_per_k, 337.5e3, 1e-3);
    assert_int_equal(dh_plate_size(&p, 1.35e6, -1.0, 10.0, 10.0), -1); /* colder than what cools it */
    p = (struct dh_plate){.ua_w_per_k = 337500, .hot_w_per_k = 135000, .cold_w_per_k = 135000};
    static const double row[][7] = {
        {0.5,  0.3,  0.9002991844, 510469.6375, 42.43748685, 48.60418858, 6.437486851},
        {0.75, 0.75, 0.7258816716, 1028937.27,  39.8376566,  46.1623434,  3.837656597},
        {1.2,  1.0,  0.7717772567, 1458659.015, 40.99593201, 46.80488159, 4.995932005},
        {1.2,  1.2,  0.7067862499, 1602991.215, 40.1049925,  45.8950075,  4.104992502}
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct dh_plate_point at = dh_plate_at(&p, row[i][0], row[i][1], 50.0, 36.0);
        near_to(at.effectiveness, row[i][2], 1e-9);
        near_to(at.heat_w / row[i][3], 1.0, 1e-9);
        near_to(at.hot_out_degc, row[i][4], 1e-7);
        near_to(at.cold_out_degc, row[i][5], 1e-7);
        near_to(dh_plate_approach_k(&p, row[i][0], row[i][1], row[i][3]), row[i][6], 1e-7);
    }
    assert_true(dh_plate_at(&p, 0.0, 1.0, 50.0, 36.0).heat_w == 0.0);
    assert_true(isinf(dh_plate_approach_k(&p, 1.0, 0.0, 1e3)));
}

void fouling_takes_its_share_of_a_plate_exchanger(void **state) {
    (void)state;
    struct dh_plate p = {.ua_w_per_k = 1e5, .hot_w_per_k = 1e5, .cold_w_per_k = 1e5};
    p.fouling_k_per_w = dh_plate_fouling_k_per_w(&p, 0.2);
    near_to(dh_plate_ua_w_per_k(&p, 1, 1), 0.8e5, 1e-6);
    /* N = 0.8: half-and-half flows give N / (1 + N) */
    near_to(dh_plate_at(&p, 1, 1, 50, 30).effectiveness, 0.8 / 1.8, 1e-12);
    assert_true(dh_plate_approach_k(&p, 1, 1, 1e5) > 1.0 / 0.8 - 1e-9);
}

static struct dh_coil_air air_of(double degc, double relative) {
    return (struct dh_coil_air){degc, dh_psy_humidity_from_relative(degc, relative, 101325), 101325};
}

void dry_coil_meets_its_design_point(void **state) {
    (void)state;
    struct dh_coil c;
    assert_int_equal(dh_coil_size(&c, 100e3, 38, 24, 18, 8), 0);
    struct dh_coil_air air = {38, 0.0, 101325}; /* no moisture: specific heat as sized */
    struct dh_coil_point p = dh_coil_at(&c, &air, 1, 18, 1);
    near_to(p.heat_w, 100e3, 1e-3);
    near_to(p.air_out_degc, 24, 1e-6);
    near_to(p.water_out_degc, 26, 1e-6);
    assert_false(p.wet);
    near_to(p.shr, 1.0, 0);
    /* half of both flows: by hand, UA = 1 / (2^.8 / hA_air + 2^.85 / hA_water), counterflow */
    double ua = 1 / (pow(2, 0.8) / c.ha_air_w_per_k + pow(2, 0.85) / c.ha_water_w_per_k);
    double a = 50e3 / 14, w = 50e3 / 8;
    double e = dh_hx_effectiveness(DH_COUNTERFLOW, ua / a, a / w);
    near_to(dh_coil_at(&c, &air, 0.5, 18, 0.5).heat_w, e * a * 20, 1e-3);
    assert_int_equal(dh_coil_size(&c, 100e3, 38, 17, 18, 8), -1);
    near_to(dh_coil_at(&c, &air, 1, 40, 1).heat_w, 0, 0); /* never heats */
}

/* Endless surface and water: the air leaves saturated at the water's temperature. */
void endless_wet_coil_leaves_saturated_air(void **state) {
    (void)state;
    const struct dh_coil c = {
        .air_kg_per_s = 2, .water_w_per_k = 1e9, .ha_air_w_per_k = 1e6, .ha_water_w_per_k = 1e9};
    struct dh_coil_air air = air_of(30, 0.6);
    struct dh_coil_point p = dh_coil_at(&c, &air, 1, 10, 1);
    double out = dh_psy_humidity_saturated(10, 101325);
    assert_true(p.wet);
    near_to(p.air_out_degc, 10, 1e-3);
    near_to(p.air_out_humidity, out, 1e-6);
    near_to(p.heat_w,
            2 * (dh_psy_enthalpy_j_per_kg(30, air.humidity_kg_per_kg) - dh_psy_enthalpy_j_per_kg(10, out)),
            10);
    near_to(p.condensate_kg_per_s, 2 * (air.humidity_kg_per_kg - out), 2e-6);
}

void wet_coil_conserves_heat_and_water(void **state) {
    (void)state;
    struct dh_coil c;
    assert_int_equal(dh_coil_size(&c, 100e3, 38, 24, 18, 8), 0);
    int wet = 0, dry = 0;
    for (double water = 4; water <= 26; water += 0.5)
        for (double relative = 0.1; relative < 1; relative += 0.2)
            for (double share = 0.3; share <= 1; share += 0.35) {
                struct dh_coil_air air = air_of(30, relative);
                struct dh_coil_point p = dh_coil_at(&c, &air, share, water, 0.8);
                double kg = c.air_kg_per_s * share;
                double before = dh_psy_enthalpy_j_per_kg(30, air.humidity_kg_per_kg);
                double after = dh_psy_enthalpy_j_per_kg(p.air_out_degc, p.air_out_humidity);
                near_to(p.heat_w / (kg * (before - after)), 1.0, 1e-9);
                near_to(p.heat_w / ((p.water_out_degc - water) * c.water_w_per_k * 0.8), 1.0, 1e-9);
                near_to(p.condensate_kg_per_s, kg * (air.humidity_kg_per_kg - p.air_out_humidity), 1e-12);
                assert_true(p.shr > 0 && p.shr <= 1 && p.air_out_degc > water && p.air_out_degc < 30);
                assert_true(p.air_out_humidity <=
                            (1 + 1e-9) * dh_psy_humidity_saturated(p.air_out_degc, 101325));
                wet += p.wet;
                dry += !p.wet;
            }
    assert_true(wet > 100 && dry > 100);
}

/* Warmer water never takes more heat, moister air never gives less; no jump where the coil turns wet. */
void coil_is_monotonic_and_without_jumps(void **state) {
    (void)state;
    struct dh_coil c;
    assert_int_equal(dh_coil_size(&c, 100e3, 38, 24, 18, 8), 0);
    for (double relative = 0.2; relative < 0.9; relative += 0.1) {
        double before = INFINITY;
        struct dh_coil_air air = air_of(28, relative);
        for (double water = 2; water < 28; water += 0.05) {
            double heat = dh_coil_at(&c, &air, 1, water, 1).heat_w;
            assert_true(heat < before && (isinf(before) || before - heat < 2500));
            before = heat;
        }
    }
    for (double water = 4; water < 20; water += 2) {
        double before = 0;
        for (double relative = 0.05; relative < 1; relative += 0.01) {
            struct dh_coil_air air = air_of(28, relative);
            double heat = dh_coil_at(&c, &air, 1, water, 1).heat_w;
            assert_true(heat > before);
            before = heat;
        }
    }
}

void coil_valve_holds_the_air(void **state) {
    (void)state;
    struct dh_coil c;
    assert_int_equal(dh_coil_size(&c, 100e3, 38, 24, 18, 8), 0);
    for (double relative = 0.1; relative < 0.6; relative += 0.1)
        for (double set = 20; set < 33; set += 1.5) {
            struct dh_coil_air air = air_of(34, relative);
            double w = dh_coil_valve(&c, &air, 0.8, 14, set, 1.0, 0.4);
            if (w < 1.0)
                near_to(dh_coil_at(&c, &air, 0.8, 14, w).air_out_degc, set, 2e-6);
            else
                assert_true(dh_coil_at(&c, &air, 0.8, 14, 1).air_out_degc >= set);
        }
    struct dh_coil_air cold = air_of(20, 0.4);
    near_to(dh_coil_valve(&c, &cold, 1, 14, 24, 1, 0.5), 0, 0);
}

void rear_doors_mind_the_dew_point_and_the_fans(void **state) {
    (void)state;
    /* air of 24 degC and 50 %: dew point 12.9 degC (ASHRAE) */
    near_to(dh_condensation_limit_degc(dh_psy_humidity_from_relative(24, 0.5, 101325), 101325, 2.0), 14.9,
            0.06);
    near_to(dh_rear_door_fan_w(2.0, 20, 0.5, 1), 80, 1e-12);
    near_to(dh_rear_door_fan_w(2.0, 20, 0.5, 0.5), 10, 1e-12);
}

void immersion_bath_follows_its_closed_form(void **state) {
    (void)state;
    const struct dh_immersion t = {.j_per_k = 2e6, .ua_w_per_k = 8e3};
    struct dh_immersion_point p = {.bath_degc = 30};
    double k = 10e3 * (1 - exp(-0.8)); /* one stream is isothermal */
    for (int i = 0; i < 600; i++) {
        double before = p.bath_degc;
        p = dh_immersion_step(&t, before, 50e3, 30, 10e3, 60);
        near_to(50e3 * 60, p.water_heat_w * 60 + 2e6 * (p.bath_degc - before), 1e-4);
    }
    near_to(p.bath_degc, 30 + 50e3 / k, 1e-6);
    near_to(p.water_heat_w, 50e3, 1e-3);
    near_to(p.water_out_degc, 35, 1e-6);
    /* one time constant covers 1 - 1/e of the way */
    p = dh_immersion_step(&t, 30, 50e3, 30, 10e3, 2e6 / k);
    near_to(p.bath_degc, 30 + 50e3 / k * (1 - exp(-1)), 1e-9);
    /* no water: Q / C */
    near_to(dh_immersion_step(&t, 30, 50e3, 30, 0, 400).bath_degc, 40, 1e-12);
}
