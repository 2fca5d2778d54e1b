#include "tests/tests.h"

#include "models/chip.h"
#include "models/cooling.h"
#include "tests/unit/cooling_plant.h"

#include <math.h>

static struct small_plant x;

static void close_to(double got, double want, double relative) {
    if (!(fabs(got - want) <= relative * fabs(want)))
        fail_msg("%.10g, not %.10g", got, want);
}

static void no_fans(struct small_plant *p) {
    p->hall.fan_pressure_pa = 1e-6;
}

/* dT/dt = Q/C exactly: 6 kW into 1 MJ/K for one hour is 21.6 K. */
void zone_warms_linearly_without_cooling(void **state) {
    (void)state;
    small_plant_make(&x, 1, 6e3, 0, 0, no_fans);
    x.p.halls[0].node = (struct dh_two_node){1e6 - 1e-3, 1e-3, 1e9};
    x.p.halls[0].set_degc = 1e3; /* the valve never opens */
    double before = x.s.zone_temp_degc[0];
    small_plant_run(&x, 60, 60);
    close_to(x.s.zone_temp_degc[0] - before, 21.6, 1e-9);
    small_plant_free(&x);
}

static void only_liquid(struct small_plant *p) {
    p->lplant.pump_share = 0;
    p->cdu.pump_w = 0;
    p->cdu.volume_m3 = 1e-12;
    p->lplant.capacity_w = 10e6;
}

/* 10 MW into 20 m3 of water while nothing is rejected: 10e6 * 42 / (20 * 992 * 4186) = 5.06 K in 42 s. */
void facility_water_rides_through_by_its_volume(void **state) {
    (void)state;
    small_plant_make(&x, 0, 0, 100, 1e5 / 0.85, only_liquid);
    small_plant_outdoor(&x, 69, 30);
    double before = x.s.lplant_supply_degc[0];
    small_plant_run(&x, 42, 1);
    close_to(x.s.lplant_supply_degc[0] - before, 10e6 * 42 / (20 * 992.0 * 4186), 1e-9);
    assert_true(x.s.lplant_rejected_w[0] == 0 && x.s.lplant_fan_w[0] == 0);
    small_plant_free(&x);
}

/* FACILITY C11, data/facility/ref_thermal_transients.csv: 1 MW, 2000 m3 of air (1.18 kg/m3, 1006 J/(kg K)),
 * 60 t of 600 J/(kg K), 60 kW/K between them, no cooling. Air and mass after 10, 60, 600 s. */
void hall_without_air_handlers_warms_as_two_masses(void **state) {
    (void)state;
    static const double at[][3] = {
        {10,  3.724523194, 0.03214961149},
        {60,  13.3182266,  0.7883444207 },
        {600, 30.30369177, 14.66817186  }
    };
    for (int k = 0; k < 3; k++)
        for (int n = 1; n <= 10; n *= 10) { /* the length of steps does not matter */
            small_plant_make(&x, 10, 1e5, 0, 0, NULL);
            small_plant_run(&x, 60, 60);
            double air = x.p.halls[0].temp_degc, mass = x.p.halls[0].mass_degc;
            close_to(mass, air, 1e-6);
            x.p.halls[0].mass_degc = air;
            assert_true(dh_plant_set_live(&x.p, DH_UNIT_AIR_HANDLER, 0, false));
            small_plant_run(&x, n, at[k][0] / n);
            close_to(x.s.zone_temp_degc[0] - air, at[k][1], 1e-8);
            close_to(x.p.halls[0].mass_degc - air, at[k][2], 1e-8);
            assert_true(x.s.hall_fan_w[0] == 0 && x.s.cplant_heat_w[0] == 0);
            assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12);
            small_plant_free(&x);
        }
}

static void no_economizer(struct small_plant *p) {
    p->cplant.economizer = false;
}

static void one_rack_of_coolant(struct small_plant *p) {
    p->cdu.volume_m3 = 0.030; /* each of two: 60 L */
}

/* 115 kW into 60 L of PG25 (1020 kg/m3, 3900 J/(kg K)): 10 K in 20.7548 s, 15 K in 31.1322 s. */
void coolant_without_flow_warms_by_its_volume(void **state) {
    (void)state;
    for (int pump = 0; pump < 2; pump++) {
        small_plant_make(&x, 0, 0, 1, 115e3 / 0.85, one_rack_of_coolant);
        small_plant_run(&x, 60, 60);
        double before = x.s.cdu_supply_degc[0];
        dh_plant_set_live(&x.p, pump ? DH_UNIT_CDU_PUMP : DH_UNIT_FACILITY_PUMP, 0, false);
        double pump_w = pump ? 0.0 : x.s.cdu_pump_w[0];
        small_plant_run(&x, 10, 2.075478261);
        close_to(x.s.cdu_supply_degc[0] - before, 10 * (115e3 + pump_w) / 115e3, 1e-8);
        small_plant_run(&x, 1, 31.13217391 - 20.75478261);
        close_to(x.s.cdu_supply_degc[0] - before, 15 * (115e3 + pump_w) / 115e3, 1e-8);
        /* and when it flows again it comes back */
        dh_plant_set_live(&x.p, pump ? DH_UNIT_CDU_PUMP : DH_UNIT_FACILITY_PUMP, 0, true);
        small_plant_run(&x, 300, 10);
        close_to(x.s.cdu_supply_degc[0], 45.0, 1e-9);
        assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12);
        small_plant_free(&x);
    }
}

/* One of ten air handlers broken: the others make up for it, each 10/9 as fast: fan power (10/9)^3 * 9/10.
 * One of four chillers: the rest carries all. No chiller, no tower, no pump: nothing is removed, books
 * closed. */
void broken_units_leave_the_load_to_the_others(void **state) {
    (void)state;
    small_plant_make(&x, 10, 1e5, 0, 0, no_economizer);
    small_plant_load(&x, 0.8);
    small_plant_outdoor(&x, 30, 22);
    small_plant_run(&x, 100, 60);
    double fans = x.s.hall_fan_w[0], inlet = x.s.zone_temp_degc[0];
    assert_true(dh_plant_set_units(&x.p, DH_UNIT_AIR_HANDLER, 0, 9));
    assert_false(dh_plant_set_units(&x.p, DH_UNIT_AIR_HANDLER, 0, 9));
    assert_true(dh_plant_set_units(&x.p, DH_UNIT_CHILLER, 0, 3));
    small_plant_run(&x, 100, 60);
    close_to(x.s.hall_fan_w[0], fans * (100.0 / 81), 1e-12);
    close_to(x.s.zone_temp_degc[0], inlet, 1e-9);
    close_to(x.s.cplant_supply_degc[0], 15, 1e-12);
    static const enum dh_plant_unit needed[] = {DH_UNIT_CHILLER, DH_UNIT_TOWER_CELL, DH_UNIT_CHILLED_PUMP,
                                                DH_UNIT_CONDENSER_PUMP};
    for (int k = 0; k < 4; k++) {
        double chilled = x.s.cplant_supply_degc[0];
        inlet = x.s.zone_temp_degc[0];
        dh_plant_set_units(&x.p, needed[k], 0, 0);
        small_plant_run(&x, 120, 1);
        assert_true(x.s.cplant_chiller_w[0] == 0);
        if (needed[k] == DH_UNIT_CHILLED_PUMP)
            assert_true(x.s.cplant_supply_degc[0] == chilled && x.s.zone_temp_degc[0] > inlet + 5);
        else
            assert_true(x.s.cplant_supply_degc[0] > chilled + 4);
        dh_plant_set_units(&x.p, needed[k], 0, 4);
        small_plant_run(&x, 200, 60);
        close_to(x.s.cplant_supply_degc[0], 15, 1e-9);
    }
    assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12);
    assert_true(dh_plant_water_residual(&x.p) < 1e-12);
    small_plant_free(&x);
}

/* Power gone for 10 s: chillers are back 180 s after it returns, not before; steps grow from 1 s and end
 * where the chillers start. */
void chillers_take_their_time_to_start_again(void **state) {
    (void)state;
    small_plant_make(&x, 10, 1e5, 0, 0, no_economizer);
    small_plant_run(&x, 100, 60);
    dh_plant_set_live(&x.p, DH_UNIT_CHILLER, 0, false);
    small_plant_run(&x, 1, 10);
    dh_plant_set_live(&x.p, DH_UNIT_CHILLER, 0, true);
    double t = 0, dt = 1;
    while (t < 180 - 1e-6) {
        small_plant_run(&x, 1, dt);
        if (x.s.cplant_chiller_w[0] != 0)
            fail_msg("running %g s after", t);
        t += dt;
        assert_true(x.p.last_change_k < 2.5);
        dt = dh_plant_next_step_s(&x.p, &x.f, dt);
        assert_true(dt >= 1);
    }
    close_to(t, 180, 1e-6);
    small_plant_run(&x, 1, 1);
    assert_true(x.s.cplant_chiller_w[0] > 0);
    small_plant_free(&x);
}

/* 1 MW of air-cooled racks at the design wet bulb of 25.6 degC, chilled water 15 degC, by hand:
 * air handlers: capacity 1.1 MW, racks 1.1e6 / 14 = 78,571.4 W/K, handlers * .96 / .90 = 83,809.5 W/K
 * = 70.468 m3/s;
 *   * 500 Pa / .65 = 54,205.9 W at design; flow 1 / 1.1: cube .7513: 40,725.7 W
 * chilled pump: 250 kPa / (992 * 4186 * .7) * 1.2e6 / 8 at load (1e6 + 40,725.7) / 1.2e6 = .86727, share .3 x
 * + .7 x^3 = .71680: 9,247.5 W; condenser pump likewise with 1.2e6 (1 + 1 / 6.1) / 5.5: 15,656.1 W chillers:
 * 15 degC is 5 K beyond the curves: 10 degC and 29.5 - 5 = 24.5 degC; normalised capFT 1.15978, eirFT .76082;
 * for 1,040,725.7 + 9,247.5 W three of the four machines of 300 kW would run at 1.006 (130,779 W), four at
 * .75443: 4 * 300e3 * 1.15978 / 6.1 * .76082 * (.118888 + .6723542 * .75443 + .2068754 * .75443^2) =
 * 129,125.7 W rejected: 1e6 + 40,725.7 + 9,247.5 + 15,656.1 + 129,125.7 W hall: inlet 24 + .04 / .96 * 14
 * = 24.583; return .1 * 24 + .9 * 38.583 = 37.125 */
void steady_plant_equals_the_hand_calculation(void **state) {
    (void)state;
    small_plant_make(&x, 10, 1e5, 0, 0, no_economizer);
    small_plant_outdoor(&x, 35, 25.6);
    small_plant_run(&x, 600, 60);
    close_to(x.s.zone_temp_degc[0], 24.0 + 0.04 / 0.96 * 14.0, 1e-9);
    close_to(x.s.hall_return_degc[0], 0.1 * 24 + 0.9 * (24.0 + 14.0 / 0.96), 1e-9);
    close_to(x.s.cplant_supply_degc[0], 15.0, 1e-12);
    close_to(x.s.cplant_condenser_degc[0], 29.5, 1e-7);
    close_to(x.s.hall_fan_w[0], 40725.7105530955, 1e-9);
    close_to(x.s.cplant_pump_w[0], 9247.544537581636 + 15656.051556919134, 1e-9);
    /* 129,125.69 W with the water that the curves end at, 10 degC, at the same lift; Carnot's ratio to 15 */
    double chiller_w = 129125.693053921 * (10 + 273.15) / (15 + 273.15);
    close_to(x.s.cplant_chiller_w[0], chiller_w, 1e-7);
    close_to(x.s.cplant_rejected_w[0], 1194754.9997015174 - 129125.693053921 + chiller_w, 1e-7);
    double mechanical = x.s.hall_fan_w[0] + x.s.cplant_pump_w[0] + x.s.cplant_chiller_w[0] +
                        x.s.cplant_fan_w[0] + x.s.cdu_pump_w[0] + x.s.lplant_fan_w[0] + x.s.lplant_pump_w[0];
    close_to(small_plant_pue(&x), 1 + mechanical / 1e6, 1e-12);
    /* make-up water at 4 cycles: evaporation * 4 / 3 */
    close_to(x.s.cplant_evaporation_kg_per_s[0] + x.s.cplant_drift_kg_per_s[0] +
                 x.s.cplant_blowdown_kg_per_s[0],
             x.s.cplant_evaporation_kg_per_s[0] * 4.0 / 3.0, 1e-12);
    small_plant_free(&x);
}

static void york_tower_and_chalky_water(struct small_plant *p) {
    p->cplant.economizer = false;
    p->cplant.tower_model = 1;
    p->cplant.makeup_silica = 75; /* 150 at most: two cycles, not four */
}

/* At its design wet bulb a tower by YorkCalc gives the design approach; off design it needs another speed.
 * Make-up water at two cycles: twice what evaporates. */
void tower_model_and_water_quality_reach_the_plant(void **state) {
    (void)state;
    double fan_w[2];
    for (int york = 0; york < 2; york++) {
        small_plant_make(&x, 10, 1e5, 0, 0, york ? york_tower_and_chalky_water : no_economizer);
        small_plant_load(&x, 0.6);
        small_plant_outdoor(&x, 28, 22);
        small_plant_run(&x, 600, 60);
        close_to(x.s.cplant_condenser_degc[0], 22 + 3.9, 1e-6);
        fan_w[york] = x.s.cplant_fan_w[0];
        double make_up = x.s.cplant_evaporation_kg_per_s[0] + x.s.cplant_drift_kg_per_s[0] +
                         x.s.cplant_blowdown_kg_per_s[0];
        close_to(make_up, x.s.cplant_evaporation_kg_per_s[0] * (york ? 2.0 : 4.0 / 3.0), 1e-12);
        assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12 && dh_plant_water_residual(&x.p) < 1e-12);
        small_plant_free(&x);
    }
    assert_true(fabs(fan_w[1] / fan_w[0] - 1) > 0.01 && fan_w[1] > 0);
}

static void cold_water(struct small_plant *p) {
    p->cplant.economizer = false;
    p->cplant.supply_degc = 9; /* the curves end at 10 degC */
}

void hours_outside_the_curves_of_a_chiller_are_counted(void **state) {
    (void)state;
    for (int cold = 0; cold < 2; cold++) {
        small_plant_make(&x, 10, 1e5, 0, 0, cold ? cold_water : no_economizer);
        small_plant_load(&x, 0.6);
        small_plant_outdoor(&x, 28, 22);
        small_plant_run(&x, 200, 60);
        assert_true(x.s.cplant_chiller_w[0] > 0);
        close_to(dh_sum_value(&x.p.ledger.chiller_clamped_s), cold ? 0.0 : 12000.0, 1e-9);
        small_plant_free(&x);
    }
}

static void fouled_cdu(struct small_plant *p) {
    p->cdu.fouling = 0.3;
}

/* On a day too hot for the coolers the exchanger's valve is open: coolant is heat / UA above the water (equal
 * flows), and deposits that take 30 % of the conductance at design raise that by 1 / 0.7 at design flow. */
void fouling_warms_the_coolant(void **state) {
    (void)state;
    double above_k[2];
    for (int i = 0; i < 2; i++) {
        small_plant_make(&x, 0, 0, 20, 1.2e5, i ? fouled_cdu : NULL);
        small_plant_outdoor(&x, 46, 25);
        small_plant_run(&x, 1000, 60);
        above_k[i] = x.s.cdu_supply_degc[0] - x.s.lplant_supply_degc[0];
        small_plant_free(&x);
    }
    assert_true(above_k[0] > 1);
    assert_true(above_k[1] / above_k[0] > 1.35 && above_k[1] / above_k[0] <= 1 / 0.7 + 1e-6);
}

void air_handlers_at_half_speed_draw_an_eighth(void **state) {
    (void)state;
    small_plant_make(&x, 10, 1e5, 0, 0, NULL);
    small_plant_load(&x, 1.1); /* design: the margin of 10 % used up */
    small_plant_run(&x, 1, 60);
    double full = x.s.hall_fan_w[0];
    small_plant_load(&x, 0.55);
    small_plant_run(&x, 1, 60);
    close_to(x.s.hall_fan_w[0], full / 8, 1e-12);
    small_plant_free(&x);
}

/* Heat in = out + stored through load steps, a heat wave and a frost; water likewise. */
void plant_conserves_heat_and_water(void **state) {
    (void)state;
    small_plant_make(&x, 20, 4e4, 20, 1.2e5, NULL);
    double hall = x.p.halls[0].temp_degc;
    for (int i = 0; i < 5000; i++) {
        small_plant_load(&x, (i / 700) % 2 ? 0.2 : 1.0);
        double dry = 15 + 30 * ((i / 1000) % 3 - 1);
        small_plant_outdoor(&x, dry, dry - 5);
        small_plant_run(&x, 1, i % 3 ? 60 : 7);
    }
    assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12);
    assert_true(dh_plant_water_residual(&x.p) < 1e-12);
    /* stored as summed step by step = as the temperatures say */
    double stored = x.p.halls[0].node.air_j_per_k * (x.p.halls[0].temp_degc - hall) +
                    x.p.halls[0].node.mass_j_per_k * (x.p.halls[0].mass_degc - hall) +
                    x.p.cplants[0].j_per_k * (x.p.cplants[0].temp_degc - 15) +
                    x.p.cdus[0].j_per_k * (x.p.cdus[0].temp_degc - 45) +
                    x.p.lplants[0].j_per_k * (x.p.lplants[0].temp_degc - 41);
    double scale = dh_sum_value(&x.p.ledger.it_j);
    assert_true(fabs(stored - dh_sum_value(&x.p.ledger.stored_j)) < 1e-12 * scale);
    assert_true(x.p.ledger.n_step == 5000);
    small_plant_free(&x);
}

/* Hotter outdoors: coolant never colder, facility never more frugal; and no exchanger against its
 * temperatures. */
void hotter_weather_never_helps(void **state) {
    (void)state;
    small_plant_make(&x, 20, 4e4, 20, 1.2e5, NULL);
    double pue = 0, coolant = 0, inlet = 0, condenser = 0;
    for (double dry = -25; dry <= 48; dry += 0.5) {
        small_plant_outdoor(&x, dry, dry - 4);
        small_plant_run(&x, 400, 60);
        assert_true(x.s.cdu_supply_degc[0] >= coolant - 1e-6);
        assert_true(x.s.zone_temp_degc[0] >= inlet - 1e-6);
        assert_true(x.s.cplant_condenser_degc[0] >= condenser - 1e-4);
        if (small_plant_pue(&x) < pue - 1e-5)
            fail_msg("PUE %.6f at %g degC after %.6f", small_plant_pue(&x), dry, pue);
        pue = small_plant_pue(&x);
        coolant = x.s.cdu_supply_degc[0];
        inlet = x.s.zone_temp_degc[0];
        condenser = x.s.cplant_condenser_degc[0];
        assert_true(x.s.cplant_condenser_degc[0] > x.air.wet_bulb_degc);
        assert_true(x.s.lplant_supply_degc[0] > x.air.dry_bulb_degc);
        assert_true(x.s.cdu_supply_degc[0] > x.s.lplant_supply_degc[0]);
        assert_true(x.s.lplant_return_degc[0] > x.s.lplant_supply_degc[0]);
        assert_true(x.s.hall_return_degc[0] > x.s.zone_temp_degc[0] && x.s.zone_temp_degc[0] > 15);
        if (x.s.cplant_free_frac[0] == 1.0)
            assert_true(x.s.cplant_supply_degc[0] >= x.s.cplant_condenser_degc[0] + 2 - 1e-5);
    }
    small_plant_free(&x);
}

/* Powers follow weather and load without jumps but for the one at which chillers join the economizer (1.1 K
 * of a range of 8 K at once), and stand still when nothing changes. */
void plant_does_not_chatter(void **state) {
    (void)state;
    small_plant_make(&x, 20, 4e4, 20, 1.2e5, NULL);
    double before = NAN, mode = x.s.cplant_mode[0];
    for (double dry = -5; dry <= 45; dry += 0.05) {
        small_plant_outdoor(&x, dry, dry - 4);
        small_plant_run(&x, 60, 60);
        double pue = small_plant_pue(&x);
        bool joins = x.s.cplant_mode[0] != mode;
        mode = x.s.cplant_mode[0];
        if (fabs(pue - before) > (joins ? 0.008 : 0.003))
            fail_msg("PUE jumps from %.5f to %.5f at %g degC", before, pue, dry);
        before = pue;
    }
    small_plant_run(&x, 2000, 60);
    before = small_plant_pue(&x);
    for (int i = 0; i < 50; i++) {
        small_plant_run(&x, 1, 60);
        assert_true(fabs(small_plant_pue(&x) - before) < 1e-9);
    }
    assert_int_equal(x.p.cplants[0].mode.n_change, 2); /* free, partly free, mechanical */
    small_plant_free(&x);
}

/* Weather that swings by 6 K around the limit of free cooling every 13 minutes for two days: each mode holds
 * at least 20 minutes, chillers at least 15. */
void modes_and_chillers_hold_their_least_time(void **state) {
    (void)state;
    small_plant_make(&x, 20, 4e4, 0, 0, NULL);
    double mode = -1, mode_since = 0, on = -1, on_since = -1e9;
    for (int i = 0; i < 2880; i++) {
        small_plant_load(&x, 0.55 + 0.3 * ((i / 7) % 2));
        small_plant_outdoor(&x, 12 + 6 * ((i / 13) % 2), 7 + 6 * ((i / 13) % 2));
        small_plant_run(&x, 1, 60);
        double now = i * 60.0;
        if (x.s.cplant_mode[0] != mode) {
            if (mode >= 0 && x.p.cplants[0].mode.n_change > 1 && now - mode_since < 1200)
                fail_msg("mode %g lasted %g s", mode, now - mode_since);
            mode = x.s.cplant_mode[0];
            mode_since = now;
        }
        if (x.s.cplant_chillers_on[0] != on && x.s.cplant_chillers_on[0] > 0 && on > 0) {
            if (x.s.cplant_chillers_on[0] < on && now - on_since < 900)
                fail_msg("%g chillers for %g s", on, now - on_since);
            on_since = now;
        }
        on = x.s.cplant_chillers_on[0];
    }
    assert_true(x.p.cplants[0].mode.n_change > 2);
    assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12);
    small_plant_free(&x);
}

static const int32_t yes[1] = {1};
static void as_map(struct small_plant *p) {
    p->f.site_map = yes;
}

/* Under constant weather and load both fidelities are one: powers, water and temperatures, in every mode. */
void map_and_full_plant_agree_at_rest(void **state) {
    (void)state;
    static const double wet[] = {2, 9, 12, 16, 25};
    for (int k = 0; k < 5; k++) {
        small_plant_make(&x, 20, 4e4, 20, 1.2e5, NULL);
        small_plant_outdoor(&x, wet[k] + 5, wet[k]);
        small_plant_run(&x, 1000, 60);
        double pue = small_plant_pue(&x), zone = x.s.zone_temp_degc[0], coolant = x.s.cdu_supply_degc[0],
               water = x.s.cplant_evaporation_kg_per_s[0], chiller = x.s.cplant_chiller_w[0];
        small_plant_free(&x);
        small_plant_make(&x, 20, 4e4, 20, 1.2e5, as_map);
        small_plant_outdoor(&x, wet[k] + 5, wet[k]);
        small_plant_run(&x, 24, 3600);
        close_to(x.s.zone_temp_degc[0], zone, 1e-6);
        close_to(x.s.cdu_supply_degc[0], coolant, 1e-6);
        close_to(small_plant_pue(&x), pue, 2e-4); /* full keeps chillers that save less than 2 % */
        close_to(x.s.cplant_evaporation_kg_per_s[0], water, 1e-3);
        assert_true((chiller > 0) == (x.s.cplant_chiller_w[0] > 0));
        assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12);
        small_plant_free(&x);
    }
}

static int32_t none_at_all[1] = {-1};
static void tower_and_plate(struct small_plant *p) {
    p->f.cdu_plant = none_at_all;
    p->f.cdu_cplant = p->zero;
    p->cdu.approach_k = 4;
    p->cplant.chillers = 0;
    p->cplant.tower_cells = p->cplant.chilled_pumps = p->cplant.condenser_pumps = 2;
    p->cplant.capacity_w = 2.4e6;
    p->cplant.supply_degc = 28;
}

/* Cold plates on warm water that a tower cools through a plate exchanger, without chillers: water at its
 * set-point while the tower can, at the coldest tower water + 2 K when it cannot; coolant 4 K x share above.
 */
void warm_water_is_cooled_by_a_tower_without_chillers(void **state) {
    (void)state;
    small_plant_make(&x, 0, 0, 20, 1.2e5, tower_and_plate);
    small_plant_outdoor(&x, 20, 12);
    small_plant_run(&x, 600, 60);
    close_to(x.s.cplant_supply_degc[0], 28, 1e-6);
    close_to(x.s.cdu_supply_degc[0], 32, 1e-6);
    assert_true(x.s.cplant_chiller_w[0] == 0 && x.s.cplant_free_frac[0] > 1 - 1e-12);
    assert_true(x.s.lplant_heat_w[0] == 0);
    small_plant_outdoor(&x, 38, 29);
    small_plant_run(&x, 600, 60);
    close_to(x.s.cplant_supply_degc[0], x.s.cplant_condenser_degc[0] + 2, 1e-6);
    assert_true(x.s.cplant_supply_degc[0] > 32 && x.s.cdu_supply_degc[0] > x.s.cplant_supply_degc[0] + 3);
    assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12);
    small_plant_free(&x);
}

static void dry_condensers(struct small_plant *p) {
    p->cplant.rejection = DH_REJECTION_DRY;
    p->cplant.tower_approach_k = 8;
}

/* Chillers on dry coolers: condenser water 8 K above the dry bulb at most at design heat, no water used. */
void dry_coolers_cool_condensers_without_water(void **state) {
    (void)state;
    small_plant_make(&x, 20, 4e4, 0, 0, dry_condensers);
    small_plant_outdoor(&x, 30, 20);
    small_plant_run(&x, 100, 60);
    close_to(x.s.cplant_condenser_degc[0], 38, 1e-5);
    assert_true(x.s.cplant_evaporation_kg_per_s[0] == 0 && x.s.cplant_fan_w[0] > 0);
    double chillers = x.s.cplant_chiller_w[0];
    small_plant_outdoor(&x, 30, 5); /* drier air is no help */
    small_plant_run(&x, 100, 60);
    close_to(x.s.cplant_chiller_w[0], chillers, 1e-9);
    assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12);
    small_plant_free(&x);
}

static void outdoor_air(struct small_plant *p) {
    p->hall.outdoor_air = true;
    p->hall.outdoor_low_degc = 18;
    p->hall.outdoor_high_degc = 27;
    p->hall.dew_low_degc = -9;
    p->hall.dew_high_degc = 15;
    p->hall.humidity_low = 0.08;
    p->hall.humidity_high = 0.8;
}

/* Mild air goes in as it is and all heat leaves with it; too warm a day is the coil's. */
void outdoor_air_takes_the_heat_of_a_hall(void **state) {
    (void)state;
    small_plant_make(&x, 20, 4e4, 0, 0, outdoor_air);
    small_plant_outdoor(&x, 22, 15);
    small_plant_run(&x, 600, 60);
    close_to(x.s.zone_temp_degc[0], 22 + 0.04 / 0.96 * 14, 1e-9);
    close_to(x.s.hall_outdoor_w[0], x.s.hall_heat_w[0], 1e-9);
    assert_true(x.s.cplant_heat_w[0] < 1e-6);
    small_plant_outdoor(&x, 35, 20);
    small_plant_run(&x, 200, 60);
    assert_true(x.s.hall_outdoor_w[0] == 0);
    small_plant_run(&x, 400, 60);
    close_to(x.s.cplant_heat_w[0], x.s.hall_heat_w[0], 1e-9);
    assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12 && dh_plant_water_residual(&x.p) < 1e-12);
    small_plant_free(&x);
}

static void rear_doors(struct small_plant *p) {
    for (int32_t r = 0; r < 20; r++) {
        p->rack_liquid_share[r] = 0;
        p->rack_door_share[r] = 0.8;
    }
}

/* Four fifths of the heat of air-cooled racks leaves through their doors, a fifth through the hall; the GPUs
 * still breathe the hall's air. */
void rear_doors_take_their_share_to_the_cdu(void **state) {
    (void)state;
    small_plant_make(&x, 0, 0, 20, 1.2e5, rear_doors);
    small_plant_run(&x, 600, 60);
    close_to(x.s.cdu_heat_w[0], 0.8 * 20 * 1.2e5, 1e-12);
    close_to(x.s.hall_heat_w[0] - x.s.hall_fan_w[0], 0.2 * 20 * 1.2e5, 1e-12);
    assert_true(x.s.rack_coolant_degc[0] == x.s.rack_inlet_degc[0]);
    assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12);
    small_plant_free(&x);
}

static void small_chillers(struct small_plant *p) {
    p->cplant.capacity_w *= 0.5;
    p->cplant.economizer = false;
}

/* More heat than the chillers carry: water and hall warm until balance, smoothly; halving the step halves the
 * error. */
void overloaded_chillers_let_the_hall_warm(void **state) {
    (void)state;
    double at_hour[5];
    for (int k = 0; k < 5; k++) {
        int n = 30 << (k == 4 ? 6 : k); /* 60, 30, 15, 7.5 s; reference 0.94 s */
        small_plant_make(&x, 20, 5e4, 0, 0, small_chillers);
        small_plant_outdoor(&x, 35, 25);
        small_plant_run(&x, n, 1800.0 / n);
        at_hour[k] = x.s.zone_temp_degc[0];
        small_plant_free(&x);
    }
    assert_true(at_hour[4] > 26);
    for (int k = 0; k + 1 < 4; k++) {
        double ratio = (at_hour[k] - at_hour[4]) / (at_hour[k + 1] - at_hour[4]);
        if (!(ratio > 1.5 && ratio < 3.0))
            fail_msg("halving the step divides the error by %.2f (%.6f %.6f)", ratio, at_hour[k], at_hour[4]);
    }
}

static void hot_chips(struct small_plant *p) {
    p->device.liquid_k_per_w = 0.060;
}

/* Weather -> facility water -> coolant -> junction -> clock, by hand. Full fan speed, 44 degC air, steady:
 * T_water = T_air + Q (1 / K - 1 / (m cp)), coolant = that + the CDU's approach; (87 - coolant) / .060 W
 * allowed. */
void hot_afternoon_lowers_the_clock(void **state) {
    (void)state;
    small_plant_make(&x, 0, 0, 20, 1.2e5, hot_chips);
    for (int32_t r = 0; r < 20; r++)
        small_plant_board(&x, r, 690);
    small_plant_outdoor(&x, 20, 15);
    small_plant_run(&x, 600, 60);
    assert_true(x.s.rack_thermal_frac[0] == 1.0);
    close_to(x.s.cdu_supply_degc[0], 45.0, 1e-12);
    close_to(x.s.rack_junction_degc[0], 45 + 0.060 * 690, 1e-9);

    small_plant_outdoor(&x, 44, 25);
    small_plant_run(&x, 2000, 60);
    double q = 20 * 0.85 * 1.2e5 + x.s.cdu_pump_w[0], flow = 1 / 1.1;
    double in = q + x.s.lplant_pump_w[0], capacity = 1.1 * 20 * 0.85 * 1.2e5;
    double k = dh_dry_cooler_w_per_k(&x.p.lplants[0].cooler, flow, 1.0);
    double water = 44 + in * (1 / k - 1 / (capacity / 10 * flow));
    close_to(x.s.lplant_supply_degc[0], water, 1e-6);
    /* approach: q / (UA0 flow^0.8), UA0 = rated / 4 K */
    double coolant = water + q / (capacity / 4 * pow(flow, 0.8));
    close_to(x.s.cdu_supply_degc[0], coolant, 1e-6);
    double allowed = (87 - coolant) / 0.060, f = x.s.rack_thermal_frac[0];
    assert_true(f < 1.0 && f > 0.5);
    double step = 15.0 / 1980;
    assert_true(100 + 590 * dh_chip_dynamic_frac(&x.device, f) <= allowed);
    assert_true(100 + 590 * dh_chip_dynamic_frac(&x.device, f + step) > allowed - 1.0 / 0.060);
    /* at that clock the junction stays below the throttle temperature */
    for (int32_t r = 0; r < 20; r++)
        x.s.rack_clock_frac[r] = f;
    small_plant_run(&x, 20, 60);
    assert_true(x.s.rack_junction_degc[0] <= 87 && x.s.rack_junction_degc[0] > 84);
    small_plant_free(&x);
}

static const int32_t nowhere[1] = {-1};

static void no_plants(struct small_plant *p) {
    p->f.hall_plant = p->f.cdu_plant = nowhere;
    p->f.n_cplant = p->f.n_lplant = 0;
}

void without_plants_heat_leaves_the_model(void **state) {
    (void)state;
    small_plant_make(&x, 2, 1e4, 2, 1e5, no_plants);
    for (int i = 0; i < 10; i++)
        assert_int_equal(dh_plant_step(&x.p, &x.f, &x.s, NULL, 60), DH_OK);
    close_to(dh_sum_value(&x.p.ledger.it_j), 2.2e5 * 600, 1e-12);
    close_to(dh_sum_value(&x.p.ledger.left_j), 2.2e5 * 600 + dh_sum_value(&x.p.ledger.pump_j), 1e-12);
    assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-14);
    close_to(x.s.zone_temp_degc[0], 24 + 0.04 / 0.96 * 14, 1e-12);
    assert_true(x.s.hall_fan_w[0] == 0);
    small_plant_free(&x);
}

void long_steps_are_divided(void **state) {
    (void)state;
    small_plant_make(&x, 20, 4e4, 20, 1.2e5, NULL);
    small_plant_outdoor(&x, 30, 22);
    small_plant_run(&x, 30, 60);
    double one = x.s.zone_temp_degc[0], water = x.s.lplant_supply_degc[0],
           j = dh_sum_value(&x.p.ledger.rejected_j);
    small_plant_free(&x);
    small_plant_make(&x, 20, 4e4, 20, 1.2e5, NULL);
    small_plant_outdoor(&x, 30, 22);
    small_plant_run(&x, 1, 1800);
    close_to(x.s.zone_temp_degc[0], one, 1e-12);
    close_to(x.s.lplant_supply_degc[0], water, 1e-12);
    close_to(dh_sum_value(&x.p.ledger.rejected_j), j, 1e-12);
    close_to((x.s.cplant_rejected_w[0] + x.s.lplant_rejected_w[0]) * 1800, j, 1e-12);
    small_plant_free(&x);
}

/* fmax and JSON both drop a NaN: a ledger that holds one must not look closed. */
void ledger_that_is_no_number_is_not_closed(void **state) {
    (void)state;
    const struct dh_facility none = {0};
    struct dh_plant plant = {0};
    assert_true(dh_plant_heat_residual(&plant, &none) == 0 && dh_plant_water_residual(&plant) == 0);
    dh_sum_add(&plant.ledger.rejected_j, NAN);
    dh_sum_add(&plant.ledger.evaporation_kg, NAN);
    assert_true(dh_plant_heat_residual(&plant, &none) >= 1 && dh_plant_water_residual(&plant) >= 1);
}

static void with_reset(struct small_plant *p) {
    p->cplant.economizer = false;
    p->cplant.highest_degc = 30;
    p->cplant.buffer_m3 = 1;
}

/* At half load the coil needs water less cold: the supply rises as far as leaves the coil between nothing and
 * the half kelvin at which it asks, 0.2 K at a time and 0.4 back; the hall does not notice, the chillers work
 * less. At full load it is back at its set-point's neighborhood. A warmest set-point is kept. */
void supply_is_reset_as_far_as_the_coils_bear(void **state) {
    (void)state;
    double chiller_w[2], zone[2], supply[2];
    for (int k = 0; k < 2; k++) {
        small_plant_make(&x, 10, 1e5, 0, 0, k ? with_reset : no_economizer);
        small_plant_outdoor(&x, 35, 25.6);
        small_plant_load(&x, 0.5);
        small_plant_run(&x, 6 * 3600, 60);
        double lowest = INFINITY, highest = -INFINITY;
        for (int i = 0; i < 60; i++) {
            small_plant_run(&x, 60, 60);
            lowest = fmin(lowest, x.s.cplant_supply_degc[0]);
            highest = fmax(highest, x.s.cplant_supply_degc[0]);
            close_to(x.s.zone_temp_degc[0], 24 + 0.04 / 0.96 * 14, 2e-3);
        }
        assert_true(highest - lowest < 0.7);
        chiller_w[k] = x.s.cplant_chiller_w[0];
        zone[k] = x.s.zone_temp_degc[0];
        supply[k] = highest;
        if (k) {
            small_plant_load(&x, 1);
            small_plant_run(&x, 6 * 3600, 60);
            close_to(x.s.zone_temp_degc[0], 24 + 0.04 / 0.96 * 14, 5e-3);
            assert_true(x.s.cplant_supply_degc[0] < supply[1] - 0.5);
            x.p.cplants[0].reset.high = 16;
            small_plant_load(&x, 0.3);
            small_plant_run(&x, 6 * 3600, 60);
            close_to(x.s.cplant_supply_degc[0], 16, 1e-6);
        }
        assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12);
        small_plant_free(&x);
    }
    close_to(supply[0], 15, 1e-9);
    assert_true(supply[1] > 17 && chiller_w[1] < 0.97 * chiller_w[0]);
    close_to(zone[1], zone[0], 2e-3);
}

static void with_tank(struct small_plant *p) {
    p->cplant.economizer = false;
    p->cplant.tank_m3 = 100;
    p->cplant.tank_fill_s = 4 * 3600;
    p->cplant.pump_head_pa = 0;
}

/* Without chillers an ideal tank of 100 m3 holds the supply for V rho cp (return - supply) / Q, and not
 * longer. When they are back it is full after at least its filling time. Heat is conserved in loop and tank
 * together. */
void tank_rides_through_by_its_volume_and_is_filled_again(void **state) {
    (void)state;
    small_plant_make(&x, 10, 1e5, 0, 0, with_tank);
    small_plant_outdoor(&x, 30, 22);
    small_plant_run(&x, 60, 60);
    struct dh_plant_cplant *c = &x.p.cplants[0];
    assert_true(c->tank.cold_m3 == 100);
    double q = x.s.cplant_heat_w[0], rise_k = q / (c->design_w_per_k * q / c->capacity_w);
    double lasts_s = 100 * 992.0 * 4186.0 * rise_k / q;
    dh_plant_set_units(&x.p, DH_UNIT_CHILLER, 0, 0);
    int steps = (int)(lasts_s / 10) - 3;
    small_plant_run(&x, steps, 10);
    close_to(x.s.cplant_supply_degc[0], 15, 1e-9);
    close_to(c->tank.cold_m3, 100 * (1 - 10 * steps / lasts_s), 1e-6);
    small_plant_run(&x, 12, 10);
    assert_true(c->tank.cold_m3 == 0 && x.s.cplant_supply_degc[0] > 15.5);
    assert_true(dh_plant_tank_least(&x.p, &x.f) == 0);
    dh_plant_set_units(&x.p, DH_UNIT_CHILLER, 0, 4);
    small_plant_run(&x, 180, 60);
    close_to(x.s.cplant_supply_degc[0], 15, 1e-9);
    assert_true(c->tank.cold_m3 > 50 && c->tank.cold_m3 < 80);
    small_plant_run(&x, 180, 60);
    assert_true(c->tank.cold_m3 > 100 - 1e-6);
    close_to(c->tank.cold_degc, 15, 1e-3);
    assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12);
    small_plant_free(&x);
}

static void near_the_wet_bulb(struct small_plant *p) {
    p->cplant.economizer = false;
    p->cplant.tower_reset = true;
    p->cplant.pressure_held = 1;
    p->hall.pressure_held = 1;
}

/* At half of the plant's capacity the tower aims at half of its approach of 3.9 K, above 28 degC. Pressure
 * held whole: power of pumps and fans in proportion to their flow. */
void condenser_water_and_pressures_follow_their_set_points(void **state) {
    (void)state;
    small_plant_make(&x, 10, 1e5, 0, 0, near_the_wet_bulb);
    small_plant_outdoor(&x, 36, 28);
    small_plant_load(&x, 0.6);
    small_plant_run(&x, 60, 60);
    double load = x.s.cplant_heat_w[0] / (1.2 * 1e6);
    close_to(x.s.cplant_condenser_degc[0], 28 + 3.9 * load, 1e-6);
    /* as the hand calculation above has it at full load: 9,247.5 W of chilled water, 15,656 of condenser
     * water at shares of 0.3 + 0.7 v^2; now v alone */
    double v = load;
    close_to(x.s.cplant_pump_w[0], v * (x.p.cplants[0].chilled_pump_w + x.p.cplants[0].condenser_pump_w),
             1e-9);
    close_to(x.s.hall_fan_w[0], 0.6 / 1.1 * x.p.halls[0].fan_w, 1e-9);
    small_plant_free(&x);
}

static void outdoor_air_ahead_of_the_coil(struct small_plant *p) {
    p->hall.outdoor_air = p->hall.outdoor_partial = true;
    p->hall.outdoor_low_degc = 18;
    p->hall.outdoor_high_degc = 27;
    p->hall.dew_low_degc = -40;
    p->hall.dew_high_degc = 20;
    p->hall.humidity_high = 1;
    p->hall.humidifier = true;
}

/* 30 degC outdoors, 27 at most to the racks, more than 40 coming back: the handlers move 1e6 / 14 * .96 / .9
 * W/K, which the coil cools by 3 K, with their own fans' heat; the rest leaves with the air. Warmer than the
 * return air or too humid, outdoor air stays outside and the hall is held at its set-point. */
void outdoor_air_is_taken_ahead_of_the_coil(void **state) {
    (void)state;
    small_plant_make(&x, 10, 1e5, 0, 0, outdoor_air_ahead_of_the_coil);
    small_plant_outdoor(&x, 30, 18);
    small_plant_run(&x, 1440, 60);
    double handlers = 1e6 / 14 * 0.96 / 0.9, back = 0.1 * 27 + 0.9 * (27 + 14 / 0.96);
    close_to(x.s.zone_temp_degc[0], 27 + 0.04 / 0.96 * 14, 1e-6);
    close_to(x.s.hall_return_degc[0], back, 1e-6);
    close_to(x.s.cplant_heat_w[0], handlers * 3 + x.s.hall_fan_w[0], 1e-6);
    close_to(x.s.hall_outdoor_w[0], handlers * (back - 30), 1e-6);
    /* kept until it is 1.1 K warmer than the return air, taken again from 1.1 K below */
    small_plant_outdoor(&x, back - 0.5, 18);
    small_plant_run(&x, 60, 60);
    assert_true(x.s.hall_outdoor_w[0] > 0);
    small_plant_outdoor(&x, back + 1.2, 18);
    small_plant_run(&x, 1440, 60);
    assert_true(x.s.hall_outdoor_w[0] == 0);
    double shut = x.s.hall_return_degc[0];
    close_to(x.s.zone_temp_degc[0], 24 + 0.04 / 0.96 * 14, 1e-6);
    small_plant_outdoor(&x, shut - 1, 18);
    small_plant_run(&x, 60, 60);
    assert_true(x.s.hall_outdoor_w[0] == 0);
    small_plant_outdoor(&x, shut - 1.2, 18);
    small_plant_run(&x, 60, 60);
    assert_true(x.s.hall_outdoor_w[0] > 0);
    small_plant_outdoor(&x, 30, 28);
    small_plant_run(&x, 1440, 60);
    assert_true(x.s.hall_outdoor_w[0] == 0 && dh_plant_heat_residual(&x.p, &x.f) < 1e-12);
    small_plant_free(&x);
}

static const struct dh_free_cooler_spec wide = {
    .capacity_w = 4e6, .approach_k = 7, .fan_share = 0.02, .enable_k = 3};
static const struct dh_heat_reuse_spec homes = {
    .capacity_w = 2e5, .least_degc = 10, .full_at_degc = NAN, .none_at_degc = 16};

static void hybrid(struct small_plant *p) {
    p->cplant.economizer = false;
    p->cplant.n_free_coolers = p->cplant.n_heat_reuses = p->lplant.n_heat_reuses = 1;
    p->cplant.free_coolers = (struct dh_free_cooler_spec *)&wide;
    p->cplant.heat_reuses = p->lplant.heat_reuses = (struct dh_heat_reuse_spec *)&homes;
}

/* Homes take their 200 kW of either water. On a cold day dry coolers take the rest: no compressor, no
 * condenser pump, no water; on a hot one none, and the chillers carry what the homes leave. Heat is
 * conserved. */
void homes_and_dry_coolers_take_heat_before_the_chillers(void **state) {
    (void)state;
    small_plant_make(&x, 10, 1e5, 10, 1e5, hybrid);
    small_plant_outdoor(&x, 0, -2);
    small_plant_run(&x, 600, 60);
    close_to(x.s.cplant_reuse_w[0], 2e5, 1e-12);
    close_to(x.s.lplant_reuse_w[0], 2e5, 1e-12);
    double in_w = x.s.cplant_heat_w[0] + x.s.cplant_pump_w[0];
    close_to(x.s.cplant_dry_w[0], in_w - 2e5, 1e-9);
    close_to(x.s.cplant_rejected_w[0], in_w - 2e5, 1e-9);
    assert_true(x.s.cplant_chiller_w[0] == 0 && x.s.cplant_evaporation_kg_per_s[0] == 0 &&
                x.s.cplant_mode[0] == DH_FREE_COOLING && x.s.cplant_free_frac[0] == 1 &&
                x.s.cplant_fan_w[0] > 0);
    close_to(x.s.lplant_rejected_w[0], x.s.lplant_heat_w[0] + x.s.lplant_pump_w[0] - 2e5, 1e-9);
    close_to(x.s.cplant_supply_degc[0], 15, 1e-12);

    small_plant_outdoor(&x, 35, 25.6);
    small_plant_run(&x, 3600, 60);
    close_to(x.s.cplant_reuse_w[0], 2e5, 1e-12);
    assert_true(x.s.cplant_dry_w[0] == 0 && x.s.cplant_chiller_w[0] > 0 &&
                x.s.cplant_mode[0] == DH_MECHANICAL);
    close_to(x.s.cplant_rejected_w[0],
             x.s.cplant_heat_w[0] + x.s.cplant_pump_w[0] + x.s.cplant_chiller_w[0] - 2e5, 1e-9);
    assert_true(dh_plant_heat_residual(&x.p, &x.f) < 1e-12 && dh_plant_water_residual(&x.p) < 1e-12);
    small_plant_free(&x);
}
