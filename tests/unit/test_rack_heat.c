#include "tests/tests.h"

#include "models/node_fan.h"
#include "models/thermal_rc.h"
#include "tests/unit/cooling_plant.h"

#include <math.h>

static struct small_plant x;

static void close_to(double is, double want, double relative) {
    assert_true(fabs(is - want) <= relative * fabs(want));
}

/* P = 700 W, R = .057 K/W, C = 900 J/K, coolant 25 degC: T = 25 + 39.9 (1 - exp(-t / 51.3 s)); an independent
 * implementation gives these (ref_thermal_transients.csv). */
void junction_follows_a_step_of_power(void **state) {
    (void)state;
    const double at_s[] = {1, 5, 10, 30, 60, 120, 300};
    const double want[] = {25.77024612, 28.70538188, 32.06665713, 42.66692595,
                           52.51128868, 61.05337924, 64.78485659};
    for (int i = 0; i < 7; i++)
        assert_true(fabs(dh_rc1_after(25, 700, 0.057, 900, 25, at_s[i]) - want[i]) < 6e-9);
    /* first and last rows of thermal_rc1.csv: R = .02, C = 200 kJ/K, 10 kW */
    close_to(dh_rc1_after(25, 10000, 0.02, 200000, 25, 1), 25.049993750520800783, 1e-14);
    close_to(dh_rc1_after(25, 10000, 0.02, 200000, 25, 10), 25.499375520507975193, 1e-14);
}

/* thermal_rc2.csv: exact matrix exponentials; 300 and 4000 J/K, .04 and .01 K/W, 700 W from 30 degC. */
void two_lumps_agree_with_the_matrix_exponential(void **state) {
    (void)state;
    struct dh_rc2 n = {300, 4000, 0.04, 100};
    const double at_s[] = {1, 5, 20};
    const double want1[] = {32.238949188231462856, 39.561107502632001625, 53.35187187859095272};
    const double want2[] = {30.007019754579322531, 30.151312091254378614, 31.459793012744230422};
    for (int i = 0; i < 3; i++) {
        struct dh_rc2_step m = dh_rc2_step(&n, at_s[i]);
        close_to((m.t11 + m.t12 + m.f1) * 30 + m.p1 * 700, want1[i], 1e-12);
        close_to((m.t21 + m.t22 + m.f2) * 30 + m.p2 * 700, want2[i], 1e-12);
    }
    /* two steps are one of twice the length; a very long one is the steady state 30 + P R */
    struct dh_rc2_step one = dh_rc2_step(&n, 7), two = dh_rc2_step(&n, 14), ages = dh_rc2_step(&n, 1e7);
    double a = 41, b = 33, a1 = one.t11 * a + one.t12 * b + one.p1 * 500 + one.f1 * 30,
           b1 = one.t21 * a + one.t22 * b + one.p2 * 500 + one.f2 * 30;
    close_to(one.t11 * a1 + one.t12 * b1 + one.p1 * 500 + one.f1 * 30,
             two.t11 * a + two.t12 * b + two.p1 * 500 + two.f1 * 30, 1e-13);
    close_to(ages.t11 * a + ages.t12 * b + ages.p1 * 500 + ages.f1 * 30, 30 + 500 * 0.05, 1e-12);
}

void without_flow_all_heat_stays(void **state) {
    (void)state;
    struct dh_rc2 n = {100, 225, 0.011, 0};
    for (double t = 0.1; t < 1000; t *= 3) {
        struct dh_rc2_step m = dh_rc2_step(&n, t);
        double t1 = (m.t11 + m.t12) * 50 + m.p1 * 1200, t2 = (m.t21 + m.t22) * 50 + m.p2 * 1200;
        close_to(100 * (t1 - 50) + 225 * (t2 - 50), 1200 * t, 1e-10);
        assert_true(m.f1 == 0 && m.f2 == 0);
    }
}

/* 115 kW into 60 L of PG25 (1020 kg/m3, 3.9 kJ/kg/K): 5, 10, 15 K after these seconds
 * (ref_thermal_transients.csv). */
void loop_without_its_exchanger_warms_by_its_mass(void **state) {
    (void)state;
    double j_per_k = 0.060 * 1020 * 3900;
    close_to(dh_adiabatic_rise_k(115e3, j_per_k, 10.3773913), 5, 1e-8);
    close_to(dh_adiabatic_rise_k(115e3, j_per_k, 20.75478261), 10, 1e-8);
    close_to(dh_adiabatic_rise_k(115e3, j_per_k, 31.13217391), 15, 1e-8);
}

/* An air-cooled rack and one with cold plates after a step of power, beside their networks stepped alone; and
 * the slow time constants lie where FACILITY B3 says: 5-10 s in liquid, 40-60 s in air. */
void junctions_follow_their_two_time_constants(void **state) {
    (void)state;
    small_plant_make(&x, 1, 1e4, 1, 1e5, NULL);
    small_plant_board(&x, 0, 600);
    small_plant_board(&x, 1, 600);
    double fluid[2] = {x.s.rack_inlet_degc[0], x.s.rack_coolant_degc[1]};
    double k[2] = {0.055, 0.028}, j[2] = {1150, 225}, die[2], sink[2];
    for (int r = 0; r < 2; r++) {
        sink[r] = fluid[r] + 0.6 * k[r] * 100;
        die[r] = sink[r] + 0.4 * k[r] * 100;
        assert_true(fabs(x.s.rack_junction_degc[r] - die[r]) < 1e-12);
    }
    for (int i = 0; i < 3; i++) {
        small_plant_run(&x, 1, 8);
        for (int r = 0; r < 2; r++) {
            struct dh_rc2 n = {100, j[r], 0.4 * k[r], 1 / (0.6 * k[r])};
            struct dh_rc2_step m = dh_rc2_step(&n, 8);
            double d = die[r];
            fluid[r] = r ? x.s.rack_coolant_degc[1] : x.s.rack_inlet_degc[0];
            die[r] = m.t11 * d + m.t12 * sink[r] + m.p1 * 600 + m.f1 * fluid[r];
            sink[r] = m.t21 * d + m.t22 * sink[r] + m.p2 * 600 + m.f2 * fluid[r];
            close_to(x.s.rack_junction_degc[r], die[r], 1e-12);
        }
    }
    for (int r = 0; r < 2; r++) {
        struct dh_rc2 n = {100, j[r], 0.4 * k[r], 1 / (0.6 * k[r])};
        struct dh_rc2_step m = dh_rc2_step(&n, 200), later = dh_rc2_step(&n, 210);
        double tau_s = 10 / log(m.t22 / later.t22);
        assert_true(r ? tau_s > 5 && tau_s < 10 : tau_s > 40 && tau_s < 60);
    }
    small_plant_free(&x);
}

/* One air-cooled rack in air that is given, by the clock that it is allowed. */
static double settle(double inlet_degc, double previous, int n, double dt_s) {
    x.s.rack_clock_frac[0] = x.s.rack_thermal_frac[0] = previous;
    for (int i = 0; i < n; i++) {
        x.s.rack_inlet_degc[0] = x.s.rack_coolant_degc[0] = inlet_degc;
        dh_rack_heat_step(&x.p.rack_heat, &x.f, &x.s, dt_s);
        x.s.rack_clock_frac[0] = x.s.rack_thermal_frac[0];
    }
    return x.s.rack_thermal_frac[0];
}

static void one_rack(void) {
    small_plant_make(&x, 1, 1e4, 1, 1e5, NULL);
    small_plant_board(&x, 0, 700);
}

void thermal_governor_finds_the_highest_clock(void **state) {
    (void)state;
    one_rack();
    const double step = 15.0 / 1980;
    /* 55 + .055 * 700 = 93.5 degC: too hot. 87 degC allows (87 - 55) / .055 = 581.8 W. */
    double f = settle(55, 1, 40, 60), steps = f / step;
    assert_true(fabs(steps - rint(steps)) < 1e-9);
    assert_true(100 + 600 * dh_chip_dynamic_frac(&x.device, f) <= 32 / 0.055);
    assert_true(100 + 600 * dh_chip_dynamic_frac(&x.device, f + step) > 31 / 0.055); /* down: 87, up: 86 */
    assert_true(x.s.rack_junction_degc[0] <= 87 && x.s.rack_junction_degc[0] > 85);
    assert_true(settle(25, 1, 40, 60) == 1.0);
    double before = 1.0;
    for (double t = 20; t < 95; t += 0.25) { /* hotter never means faster */
        double clock = settle(t, before, 20, 60);
        assert_true(clock <= before);
        before = clock;
    }
    assert_true(before == 0.0); /* even the idle board would be beyond shutdown */
    small_plant_free(&x);
}

/* At steps of a second, too, and without ever passing the limit by more than the software's pace explains. */
void thermal_governor_does_not_chatter(void **state) {
    (void)state;
    one_rack();
    double f = settle(55, 1, 60, 60);
    settle(55.1, f, 60, 60);
    double down = x.s.rack_thermal_frac[0];
    for (int i = 0; i < 50; i++)
        assert_true(settle(i % 2 ? 55.0 : 55.1, down, 1, 60) == down);
    assert_true(settle(53, down, 60, 60) > down); /* 2 K less brings it back up */
    settle(25, 1, 60, 60);
    int changes = 0;
    double hottest = 0;
    for (int i = 0; i < 900; i++) {
        double was = x.s.rack_thermal_frac[0];
        changes += settle(55, was, 1, 1) != was;
        hottest = fmax(hottest, x.s.rack_junction_degc[0]);
    }
    assert_true(hottest < 87.2);
    assert_true(changes < 60); /* down step by step as the sink warms, and then still */
    double still = x.s.rack_thermal_frac[0];
    for (int i = 0; i < 100; i++)
        assert_true(settle(55, still, 1, 1) == still);
    small_plant_free(&x);
}

void thermal_governor_slows_down_then_shuts_down(void **state) {
    (void)state;
    one_rack();
    double lowest = 345.0 / 1980;
    /* lowest clock: 100 + 600 * .49 * .1742 = 151.2 W, 8.32 K above the air */
    assert_true(settle(80, lowest, 60, 60) == lowest);     /* 88.3: above 87, not above 89 */
    assert_true(settle(81, lowest, 60, 60) == lowest / 2); /* 89.3: half clock, 125.6 W and 87.9 degC */
    assert_true(settle(85.5, lowest / 2, 60, 60) == 0.0);  /* 92.4 at half clock: off */
    assert_true(settle(74, 0, 60, 60) == 0.0);             /* 82.3 > 82: stays off */
    assert_true(settle(73, 0, 60, 60) > 0.0);
    small_plant_free(&x);
}

/* A board of 1.2 kW on a cold plate of 225 J/K at 45 degC, and the pump stops: 1200 W into 325 J/K is 3.7
 * K/s, so 27 K to the throttle temperature in seconds. */
void cold_plate_without_flow_throttles_in_seconds(void **state) {
    (void)state;
    small_plant_make(&x, 0, 0, 1, 1e5, NULL);
    x.device.tdp_w = 1200;
    small_plant_board(&x, 0, 1200);
    small_plant_run(&x, 300, 1);
    double before = x.s.rack_junction_degc[0];
    close_to(before, x.s.rack_coolant_degc[0] + 0.028 * 1200, 1e-9);
    assert_true(x.s.rack_thermal_frac[0] == 1.0);
    x.p.rack_heat.liquid_flow[0] = 0;
    int t = 0;
    for (; x.s.rack_thermal_frac[0] >= 1 && t < 60; t++)
        dh_rack_heat_step(&x.p.rack_heat, &x.f, &x.s, 1);
    assert_true(t >= 1 && t <= 4);  /* (87 - 79) / 3.7 */
    for (int i = 0; i < 120; i++) { /* without any flow even the idle board gets too hot in the end */
        x.s.rack_clock_frac[0] = x.s.rack_thermal_frac[0];
        dh_rack_heat_step(&x.p.rack_heat, &x.f, &x.s, 1);
    }
    assert_true(x.s.rack_thermal_frac[0] == 0.0);
    /* switched off, it gives no heat: die and plate come to one temperature and stay there */
    double off = 0;
    for (int i = 0; i < 3600; i++) {
        if (i == 600)
            off = x.s.rack_junction_degc[0];
        x.s.rack_clock_frac[0] = x.s.rack_thermal_frac[0];
        dh_rack_heat_step(&x.p.rack_heat, &x.f, &x.s, 1);
    }
    assert_true(off < x.device.shutdown_degc + 1);
    close_to(x.s.rack_junction_degc[0], off, 1e-9);
    small_plant_free(&x);
}

/* Half an hour without power and without flow: 200 W of an idle board would be 1,100 K in 325 J/K. */
void a_rack_without_power_gives_no_heat(void **state) {
    (void)state;
    small_plant_make(&x, 0, 0, 1, 1e5, NULL);
    small_plant_board(&x, 0, 600);
    small_plant_run(&x, 300, 1);
    double before = x.s.rack_junction_degc[0];
    dh_rack_heat_dark(&x.p.rack_heat, &x.s, 0, true);
    x.s.rack_clock_frac[0] = 0;
    x.p.rack_heat.liquid_flow[0] = 0;
    for (int i = 0; i < 1800; i++)
        dh_rack_heat_step(&x.p.rack_heat, &x.f, &x.s, 1);
    assert_true(x.s.rack_thermal_frac[0] == 1.0 && x.s.rack_junction_degc[0] < before);
    double kept = x.s.rack_junction_degc[0];
    dh_rack_heat_dark(&x.p.rack_heat, &x.s, 0, false); /* lit, idle, still without flow */
    dh_rack_heat_step(&x.p.rack_heat, &x.f, &x.s, 1);
    assert_true(x.s.rack_junction_degc[0] > kept);
    small_plant_free(&x);
}

static void with_fans(struct small_plant *p) {
    p->rack_fan_max_w[0] = 1000;
}
static void in_mexico(struct small_plant *p) {
    with_fans(p);
    p->altitude[0] = 2240;
}

/* R = R (.4 + .6 (s / s25)^-.7): at 35 degC fans run at full speed, at 25 at .3 + .7 x 3 / 13, rounded to
 * 1/128. */
void faster_fans_cool_better_and_thin_air_worse(void **state) {
    (void)state;
    small_plant_make(&x, 1, 1e4, 1, 1e5, with_fans);
    small_plant_board(&x, 0, 400);
    settle(25, 1, 60, 60);
    close_to(x.s.rack_junction_degc[0], 25 + 0.055 * 400, 1e-9);
    settle(35, 1, 60, 60);
    assert_true(x.p.rack_heat.fan_speed[0] == 1.0);
    double reference = 0.3 + rint(0.7 * 3 / 13 * 128) / 128;
    close_to(x.s.rack_junction_degc[0], 35 + 0.055 * (0.4 + 0.6 * pow(reference, 0.7)) * 400, 1e-9);
    double sea = x.s.rack_junction_degc[0];
    small_plant_free(&x);
    small_plant_make(&x, 1, 1e4, 1, 1e5, in_mexico);
    small_plant_board(&x, 0, 400);
    settle(35, 1, 60, 60);
    close_to(x.s.rack_junction_degc[0],
             35 + 0.055 * (0.4 + 0.6 * pow(reference / dh_air_density_at(2240), 0.7)) * 400, 1e-9);
    assert_true(x.s.rack_junction_degc[0] > sea + 1);
    /* the junction alone speeds the fans up: 10 K under the throttle temperature and above */
    assert_true(dh_node_fan_speed(0.5, 20, 76, 87) == 0.5);
    close_to(dh_node_fan_speed(0.5, 20, 87, 87), 0.5 + rint(0.2 * 128) / 128, 1e-15);
    small_plant_free(&x);
}

void node_fans_at_half_speed_draw_an_eighth(void **state) {
    (void)state;
    assert_true(dh_node_fan_w(800, 0.5, 1) == 100.0);
    assert_true(dh_node_fan_w(800, 1, 1) == 800.0);
    assert_true(dh_node_fan_speed(0.5, 10, 0, 87) == 0.5);
    assert_true(dh_node_fan_speed(0.5, 60, 0, 87) == 1.0);
    assert_true(dh_node_fan_speed(0.5, 28.5, 0, 87) == 0.75);
    assert_true(dh_node_fan_w(800, 0.5, 0.8) == 80.0); /* as much air, lighter */
}

/* 101325 Pa at sea level; 83437 Pa in the standard atmosphere at 1609 m (Denver) and 77100 at 2240 m. */
void air_is_thinner_in_the_mountains(void **state) {
    (void)state;
    assert_true(dh_air_density_at(0) == 1.0);
    close_to(dh_air_density_at(1609), 83437.0 / 101325, 1e-3);
    close_to(dh_air_density_at(2240), 77100.0 / 101325, 2e-3);
}
