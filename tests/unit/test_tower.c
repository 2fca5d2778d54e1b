/* Exchangers, tower, dry cooler. */
#include "tests/tests.h"

#include "models/dry_cooler.h"
#include "models/heat_exchanger.h"
#include "models/psychro.h"
#include "models/tower.h"
#include "models/tower_curves.h"

#include <math.h>

void effectiveness_reproduces_reference_values(void **state) {
    (void)state;
    /* ratio, ntu, counterflow, parallel, cross unmixed, cross Cmax mixed, cross Cmin mixed (independent) */
    static const double row[][7] = {
        {0.0,  0.1, 0.09516258196, 0.09516258196, 0.09516258196, 0.09516258196, 0.09516258196},
        {0.0,  8.0, 0.9996645374,  0.9996645374,  0.9996645374,  0.9996645374,  0.9996645374 },
        {0.25, 0.1, 0.09407614677, 0.09400247793, 0.09330930885, 0.09403951612, 0.09404020643},
        {0.5,  1.5, 0.6907854082,  0.596400517,   0.6622518311,  0.6437652953,  0.6519004909 },
        {0.9,  0.1, 0.09132350591, 0.09107414003, 0.08870644551, 0.09120131124, 0.09120162252},
        {1.0,  1.5, 0.6,           0.4751064658,  0.5578202211,  0.5401568564,  0.5401568564 },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int k = 0; k < 5; k++) {
            double e = dh_hx_effectiveness((enum dh_flow_arrangement)k, row[i][1], row[i][0]);
            assert_true(fabs(e - row[i][2 + k]) < 1e-9);
            if (e < 0.99)
                assert_true(fabs(dh_hx_ntu((enum dh_flow_arrangement)k, e, row[i][0]) / row[i][1] - 1) <
                            1e-6);
        }
    assert_true(isinf(dh_hx_ntu(DH_PARALLEL, 0.6, 1.0))); /* parallel flow ends at one half */
}

static struct dh_outdoor outdoor(double dry, double wet) {
    struct dh_outdoor o = {.dry_bulb_degc = dry, .wet_bulb_degc = wet, .pressure_pa = 101325};
    o.humidity_kg_per_kg = dh_psy_humidity_from_wet_bulb(dry, wet, 101325);
    return o;
}

/* Three minutes of an EnergyPlus run of CoolingTower:VariableSpeed:Merkel (default tower of 20,311 W). */
void tower_agrees_with_energyplus(void **state) {
    (void)state;
    const struct dh_tower t = {.ua0_w_per_k = 1899.47701,
                               .air_m3_per_s = 2.763e-5 * 20311.4,
                               .fan_w = 213.27113,
                               .water_kg_per_s = 1.089,
                               .wet_bulb0_degc = 25.6,
                               .free_frac = 0.1,
                               .a_min = 0.2};
    static const double row[][5] = {
  /* dry, wet, in, fan speed, fan W; out is 30.0 */
        {21.14, 19.2,  32.44, 0.3038, 10.13},
        {24.54, 18.69, 33.34, 0.3773, 15.49},
        {26.35, 18.37, 33.51, 0.3859, 16.27}
    };
    for (int i = 0; i < 3; i++) {
        struct dh_outdoor air = outdoor(row[i][0], row[i][1]);
        double q = dh_tower_heat_w(&t, &air, row[i][2], 1.0, row[i][3]);
        assert_true(fabs(row[i][2] - q / (1.089 * 4186) - 30.0) < 0.02);
        assert_true(fabs(t.fan_w * dh_tower_fan_frac(row[i][3]) / row[i][4] - 1) < 0.005);
    }
}

/* An independent implementation of the same equations, also below freezing: dry bulb, wet bulb, inlet, water
 * share, air share, heat, outlet, evaporation in kg/h. */
void tower_heat_and_water_reproduce_reference_values(void **state) {
    (void)state;
    const struct dh_tower t = {.ua0_w_per_k = 1899.47701,
                               .air_m3_per_s = 2.763e-5 * 20311.4,
                               .fan_w = 213.27113,
                               .water_kg_per_s = 1.0868511, /* 4549.56 W/K */
                               .wet_bulb0_degc = 25.6,
                               .free_frac = 0.1,
                               .a_min = 0.2};
    static const double row[][8] = {
        {-5.0, -6.0, 25.0, 0.5, 0.2, 9915.718277, 20.64103391, 8.2049289  },
        {-5.0, -6.0, 25.0, 0.5, 1.0, 37513.4436,  8.509028402, 29.05355794},
        {25.0, 18.0, 25.0, 0.5, 1.0, 11035.89137, 20.14860397, 17.7602533 },
        {40.0, 20.0, 30.0, 0.5, 0.2, 4775.637153, 27.90062204, 8.717991044}
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const double *x = row[i];
        struct dh_outdoor air = outdoor(x[0], x[1]);
        assert_true(fabs(dh_tower_heat_w(&t, &air, x[2], x[3], x[4]) / x[5] - 1) < 1e-4);
        struct dh_tower_point p = dh_tower_reject(&t, &air, x[5], x[3], x[6], 0.5);
        assert_true(fabs(p.fan_speed - x[4]) < 3e-4);
        assert_true(fabs(p.evaporation_kg_per_s * 3600 / x[7] - 1) < 1e-4);
    }
}

void tower_meets_its_design_point(void **state) {
    (void)state;
    struct dh_tower t;
    assert_int_equal(dh_tower_size(&t, 5e6, 25.6, 3.9, 5.5, 52.5e3, 1e-5), 0);
    struct dh_outdoor air = outdoor(35, 25.6);
    assert_true(fabs(dh_tower_heat_w(&t, &air, 35.0, 1.0, 1.0) / 5e6 - 1) < 1e-6);
    /* Just reached: all fans at full speed. Pure evaporation of 5 MW is 2.06 kg/s; the air
     * enters warmer than it leaves, so it is a little more. */
    struct dh_tower_point p = dh_tower_reject(&t, &air, 5e6, 1.0, 29.5001, 0.5);
    assert_true(p.fan_speed > 0.999 && fabs(p.fan_w / 52.5e3 - 1) < 1e-3);
    assert_true(p.evaporation_kg_per_s > 2.0 && p.evaporation_kg_per_s < 2.3);
    assert_true(fabs(p.drift_kg_per_s - 1e-5 * 5e6 / 4186 / 5.5) < 1e-9);
    /* More heat than that: the water gets warmer, by what the equations say and no jump. */
    struct dh_tower_point more = dh_tower_reject(&t, &air, 5.5e6, 1.0, 29.5, 0.5);
    assert_true(more.saturated && more.out_degc > 29.6 && more.out_degc < 30.5);
}

void tower_is_monotonic(void **state) {
    (void)state;
    struct dh_tower t;
    assert_int_equal(dh_tower_size(&t, 5e6, 25.6, 3.9, 5.5, 52.5e3, 1e-5), 0);
    double before = 0;
    for (double wet = -20; wet < 27; wet += 0.5) { /* at one set-point, warmer air needs more fan */
        struct dh_outdoor air = outdoor(wet + 5, wet);
        struct dh_tower_point p = dh_tower_reject(&t, &air, 4e6, 0.8, 29.5, 0.5);
        assert_true(p.fan_w >= before - 1e-6);
        assert_true(p.out_degc > wet); /* second law: never below the wet bulb */
        before = p.fan_w;
    }
    before = 0;
    struct dh_outdoor air = outdoor(20, 15);
    for (double q = 1e4; q < 1e7;
         q *= 1.01) { /* more heat: more fan, warmer water, no jump above 4 % of full power */
        struct dh_tower_point p = dh_tower_reject(&t, &air, q, 1.0, 22, 0.5);
        assert_true(p.fan_w >= before - 1e-6 && p.fan_w - before < 0.04 * 52.5e3);
        before = p.fan_w;
    }
}

/* YorkCalc and CoolTools, an independent implementation: wet bulb, range, water, air, approaches. */
void tower_regressions_reproduce_reference_values(void **state) {
    (void)state;
    static const double row[][6] = {
        {-5.0, 11.0, 1.25, 0.8, 29.05197972, NAN        },
        {10.0, 5.56, 0.75, 0.8, 7.259713224, 6.564395894},
        {20.0, 8.0,  0.75, 0.4, 13.36802499, 7.381348575},
        {26.7, 5.56, 1.25, 0.8, 6.20866397,  5.150398003}
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const double *x = row[i];
        assert_true(fabs(dh_tower_york_approach_k(x[0], x[1], x[2], x[3]) / x[4] - 1) < 1e-8);
        assert_true(isnan(x[5]) ||
                    fabs(dh_tower_cooltools_approach_k(x[0], x[1], x[2], x[3]) / x[5] - 1) < 1e-8);
    }
}

/* All three at the design point; the regressions rise and fall as Merkel's does, and never pass the wet bulb.
 */
void every_tower_model_meets_the_design_point(void **state) {
    (void)state;
    struct dh_outdoor design = outdoor(35, 25.6);
    for (int model = DH_TOWER_MERKEL; model <= DH_TOWER_COOLTOOLS; model++) {
        struct dh_tower t;
        assert_int_equal(dh_tower_size(&t, 5e6, 25.6, 3.9, 5.5, 52.5e3, 1e-5), 0);
        assert_int_equal(dh_tower_calibrate(&t, (enum dh_tower_model)model, 3.9, 5.5), 0);
        assert_true(fabs(dh_tower_heat_w(&t, &design, 35.0, 1.0, 1.0) / 5e6 - 1) < 1e-6);
        for (double wet = -15; wet < 27; wet += 1.5) {
            struct dh_outdoor air = outdoor(wet + 6, wet);
            double before = INFINITY;
            for (double a = 0.1; a <= 1.0; a += 0.05) {
                double out = 40 - dh_tower_heat_w(&t, &air, 40, 1.0, a) / (t.water_kg_per_s * 4186);
                assert_true(out > wet && out <= before + 1e-9); /* more air, colder water */
                before = out;
            }
            struct dh_tower_point p = dh_tower_reject(&t, &air, 3e6, 0.9, 28, 0.5);
            assert_true(p.saturated ? p.out_degc > 28 - 1e-6 : fabs(p.out_degc - 28) < 2e-6);
            assert_true(p.fan_w >= 0 && p.fan_w <= 52.5e3 * (1 + 1e-12));
        }
    }
    struct dh_tower t;
    assert_int_equal(dh_tower_size(&t, 5e6, 25.6, 2.0, 5.5, 52.5e3, 1e-5), 0);
    assert_int_equal(dh_tower_calibrate(&t, DH_TOWER_YORK, 2.0, 5.5), -1); /* beyond its reference tower */
    assert_int_equal(t.model, DH_TOWER_MERKEL);
}

/* At equal water and heat, each further cell saves fan power; a smaller tower is the same tower in
 * proportion. */
void more_cells_need_less_fan_power(void **state) {
    (void)state;
    struct dh_tower t;
    assert_int_equal(dh_tower_size(&t, 8e6, 25.6, 3.9, 5.5, 84e3, 1e-5), 0);
    struct dh_outdoor air = outdoor(22, 18);
    double before = INFINITY;
    for (int n = 2; n <= 4; n++) {
        struct dh_tower_point p = dh_tower_cells_reject(&t, 4, n, &air, 3e6, 0.5, 24, 0.5);
        assert_true(p.fan_w < 0.8 * before && fabs(p.out_degc - 24) < 1e-5);
        before = p.fan_w;
    }
    struct dh_tower_point half = dh_tower_cells_reject(&t, 4, 2, &air, 3e6, 0.5, 24, 0.5);
    struct dh_tower_point whole = dh_tower_reject(&t, &air, 6e6, 1.0, 24, 0.5);
    assert_true(fabs(2 * half.fan_w / whole.fan_w - 1) < 1e-6 &&
                fabs(2 * half.evaporation_kg_per_s / whole.evaporation_kg_per_s - 1) < 1e-6);
    assert_int_equal(dh_tower_cells(4, 4, 1.0, 0.5), 4);
    assert_int_equal(dh_tower_cells(4, 4, 0.3, 0.5), 2); /* 1.2 cells' flow: two with 60 % each */
    assert_int_equal(dh_tower_cells(4, 1, 0.3, 0.5), 1);
    assert_int_equal(dh_tower_cells(4, 4, 0.05, 0.5), 1);
    assert_int_equal(dh_tower_cells(4, 4, 0, 0.5), 0);
    assert_true(dh_basin_heater_w(500, -6, 4, true) == 5000 && dh_basin_heater_w(500, -6, 4, false) == 0 &&
                dh_basin_heater_w(500, 5, 4, true) == 0);
}

void dry_cooler_reproduces_reference_values(void **state) {
    (void)state;
    /* BAC TDFS1238N, an independent implementation: air, water in, water flow, air flow, heat, UA */
    struct dh_dry_cooler c;
    assert_int_equal(dh_dry_cooler_size(&c, 2.931e6, 46.11 - 40.55, 40.55 - 35.0, 117680), 0);
    static const double row[][6] = {
        {-10, 30,    0.5, 0.2, 3173688.087, 201367.0669},
        {10,  50,    0.5, 1.0, 7532143.575, 479271.9082},
        {40,  46.11, 0.5, 0.2, 484780.8553, 201367.0669}
    };
    for (int i = 0; i < 3; i++) {
        double q = dh_dry_cooler_w_per_k(&c, row[i][2], row[i][3]) * (row[i][1] - row[i][0]);
        assert_true(fabs(q / row[i][4] - 1) < 1e-8);
        assert_true(fabs(dh_dry_cooler_ua_w_per_k(&c, row[i][2], row[i][3]) / row[i][5] - 1) < 1e-8);
    }
    for (double a = 0.06; a < 1.0; a += 0.03) /* speed inverts conductance */
        for (double w = 0.3; w <= 1.0; w += 0.1)
            assert_true(fabs(dh_dry_cooler_speed(&c, w, dh_dry_cooler_w_per_k(&c, w, a), 0.5) - a) < 1e-5);
}

void pads_cool_the_air_towards_its_wet_bulb(void **state) {
    (void)state;
    struct dh_outdoor air = outdoor(35, 20);
    assert_true(fabs(dh_pad_air_degc(&air, 0.8) - 23.0) < 1e-12);
    assert_true(dh_pad_air_degc(&air, 0.0) == 35.0);
}
