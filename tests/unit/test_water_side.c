/* Pumps and fans, tanks, make-up water, control sequences. */
#include "tests/tests.h"

#include "models/return_water.h"
#include "models/makeup.h"
#include "models/psychro.h"
#include "models/pump.h"
#include "models/sequence.h"
#include "models/tank.h"

#include <math.h>

static void near_to(double got, double want, double tolerance) {
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.12g, not %.12g within %g", got, want, tolerance);
}

void pumps_follow_the_affinity_laws(void **state) {
    (void)state;
    near_to(dh_pump_share(0.5, 0.0), 0.125, 0); /* no held head: the cube */
    near_to(dh_pump_share(0.5, 1.0), 0.5, 0);   /* all held: the flow */
    near_to(dh_pump_frac(0.5), 0.3 * 0.5 + 0.7 * 0.125, 1e-15);
    /* wheel and drive: 0.1 m3/s at 200 kPa, 80 %, motor without loss */
    struct dh_pump p = {
        .flow_m3_per_s = 0.1, .head_pa = 2e5, .held = 0, .efficiency = 0.8, .motor = 1, .drive = true};
    struct dh_pump_point full = dh_pump_at(&p, 1);
    near_to(full.power_w, 20e3 / 0.8 / 0.97, 0.5); /* drive 97 % at full load */
    near_to(full.power_w, dh_pump_design_w(&p), 1e-9);
    near_to(full.speed, 1, 1e-12);
    struct dh_pump_point low = dh_pump_at(&p, cbrt(0.2)); /* a fifth of the shaft power: 90 % */
    near_to(low.power_w, 0.2 * 20e3 / 0.8 / 0.90, 0.5);
    near_to(low.speed, cbrt(0.2), 1e-12);
    near_to(low.head_pa, 2e5 * cbrt(0.04), 1e-6);
    near_to(dh_pump_at(&p, 0).power_w, 0, 0);
    /* half of a motor's loss stays: 0.95 at full, less below */
    p.motor = 0.95;
    near_to(dh_pump_at(&p, 1).efficiency, 0.8 * 0.95 * 0.97, 1e-5);
    /* a fifth of 25 kW of shaft power: motor loss (1/.95 - 1)(.5 + .02), 227.4 W per kW; drive 23.6 W per kW
     */
    near_to(dh_pump_at(&p, cbrt(0.2)).power_w, 25 * 250.95, 1);
    assert_true(dh_pump_at(&p, 0.4).efficiency < dh_pump_at(&p, 0.8).efficiency);
    /* without a drive the wheel climbs its curve: 1.25 - 0.25 v^2 */
    p.drive = false;
    near_to(dh_pump_at(&p, 0.5).head_pa, 2e5 * (1.25 - 0.0625), 1e-6);
    p.drive = true;
    assert_true(dh_pump_at(&p, 0.5).power_w < 0.5 * full.power_w);
    p.held = 0.5; /* the more is held, the more is spent */
    double free_w = 0;
    for (double held = 0; held <= 1; held += 0.25) {
        p.held = held;
        double w = dh_pump_at(&p, 0.6).power_w;
        assert_true(w > free_w);
        free_w = w;
    }
    /* a valve at 45 % that should be at 90 %: a quarter of the head */
    near_to(dh_pump_reset_held(0.8, 0.45, 0.9, 0.1), 0.2, 1e-12);
    near_to(dh_pump_reset_held(0.8, 1.0, 0.9, 0.1), 0.8 / 0.81, 1e-12);
}

/* 20 m3 warm by 5 K in 42 s under 10 MW, 200 m3 in 416 s. */
void water_rides_through_as_long_as_its_heat_capacity(void **state) {
    (void)state;
    near_to(dh_ride_through_s(20, 5, 10e6), 41.5, 0.5);
    near_to(dh_ride_through_s(200, 5, 10e6), 416, 1.0);
}

void ideal_tank_gives_all_its_cold_water_first(void **state) {
    (void)state;
    struct dh_tank t = {.volume_m3 = 100, .cold_m3 = 80, .cold_degc = 10, .warm_degc = 20};
    double content = dh_tank_content_m3_k(&t);
    for (int i = 0; i < 8; i++) {
        near_to(dh_tank_step(&t, 0.1, 20, 100), 10, 1e-12);
        content += 10 * (20 - 10);
        near_to(dh_tank_content_m3_k(&t), content, 1e-9);
    }
    near_to(t.cold_m3, 0, 0);
    near_to(dh_tank_step(&t, 0.1, 26, 10), 20, 1e-9); /* used up: the other layer, which warms */
    assert_true(t.warm_degc > 20);
    double warm = t.warm_degc;
    for (int i = 0; i < 100; i++) /* charging brings the layer back */
        near_to(dh_tank_step(&t, -0.1, 8, 10), warm, 1e-12);
    near_to(t.cold_m3, 100, 1e-9);
    near_to(t.cold_degc, 8, 1e-12);
    /* half by half across the boundary in one step: 5 m3 cold, then warm */
    t = (struct dh_tank){.volume_m3 = 100, .cold_m3 = 5, .cold_degc = 10, .warm_degc = 20};
    near_to(dh_tank_step(&t, 0.1, 20, 100), 0.5 * 10 + 0.5 * 20, 1e-9);
}

void tank_with_mixing_conserves_heat(void **state) {
    (void)state;
    struct dh_tank t = {.volume_m3 = 100, .mixing = 0.1, .cold_m3 = 100, .cold_degc = 10, .warm_degc = 10};
    double content = dh_tank_content_m3_k(&t), drawn = 0;
    for (int i = 0; i < 500; i++) {
        double flow = i % 7 < 4 ? 0.03 : -0.05, back = flow > 0 ? 22 : 9;
        drawn = dh_tank_step(&t, flow, back, 60);
        content += fabs(flow) * 60 * (back - drawn);
        near_to(dh_tank_content_m3_k(&t), content, 1e-8);
        assert_true(t.cold_degc >= 9 - 1e-9 && t.warm_degc <= 22 + 1e-9 && t.cold_m3 >= 0 &&
                    t.cold_m3 <= 100);
    }
    /* mixing loses cold water: drawn warmer than from an ideal tank */
    struct dh_tank a = {.volume_m3 = 100, .cold_m3 = 60, .cold_degc = 10, .warm_degc = 20}, b = a;
    b.mixing = 0.05;
    for (int i = 0; i < 5; i++) {
        dh_tank_step(&a, 0.1, 20, 60);
        dh_tank_step(&b, 0.1, 20, 60);
    }
    assert_true(b.cold_degc > a.cold_degc);
}

void make_up_water_is_evaporation_drift_and_blowdown(void **state) {
    (void)state;
    near_to(dh_loss_factor_kg_per_s(100, 5.5, DH_LOSS_FACTOR_PER_K), 1.1, 1e-12);
    near_to(dh_blowdown_kg_per_s(3, 0.1, 4), 0.9, 1e-12);
    near_to(dh_blowdown_kg_per_s(3, 2, 4), 0, 0);        /* drift carries enough away */
    near_to(dh_blowdown_kg_per_s(3, 0, 1e12), 0, 1e-11); /* endless cycles: none */
    near_to(dh_fluid_cooler_loss(25, 0.010), (113 - 84.17 + 40.3675) * 1e-5, 1e-12);
    near_to(dh_pad_evaporation_kg_per_s(50, 0.008, 0.011), 0.15, 1e-12);
    near_to(dh_pad_evaporation_kg_per_s(50, 0.011, 0.008), 0, 0);
    struct dh_water_quality soft = {.silica = 10, .calcium_hardness = 50, .chloride = 20};
    struct dh_water_quality hard = {.silica = 40, .calcium_hardness = 160, .chloride = 0};
    near_to(dh_cycles_allowed(&soft, &dh_water_limits, 6), 6, 0);
    near_to(dh_cycles_allowed(&hard, &dh_water_limits, 6), 3.75, 1e-12); /* silica 150 / 40 */
    hard.calcium_hardness = 790;
    near_to(dh_cycles_allowed(&hard, &dh_water_limits, 6), 1.1, 0);
}

void economizer_carries_what_the_wet_bulb_allows(void **state) {
    (void)state;
    near_to(dh_economizer_share(26, 18, 14.1, 3.9, 2), 0.75, 1e-12); /* water of 20 degC at best */
    near_to(dh_economizer_share(26, 18, 5, 3.9, 2), 1, 0);
    near_to(dh_economizer_share(26, 18, 25, 3.9, 2), 0, 0);
    near_to(dh_economizer_share(18, 18, 5, 3.9, 2), 0, 0);
}

/* A day: the wet bulb rises from 4 to 24 degC and falls again. Free, partly free, mechanical and back, four
 * changes; noise of 0.4 K adds none. */
void cooling_modes_do_not_chatter(void **state) {
    (void)state;
    struct dh_mode_state s = {0};
    enum dh_cooling_mode seen[16];
    int n = 0;
    for (int minute = 0; minute < 1440; minute++) {
        double wet = 14 - 10 * cos(minute / 1440.0 * 2 * M_PI) + 0.2 * sin(minute * 2.1);
        double made = fmax(18, wet + 5.9);
        enum dh_cooling_mode m = dh_mode_next(&s, &dh_mode_rule_usual, minute * 60.0, 26, 18, wet, made);
        if (!n || seen[n - 1] != m) {
            assert_true(n < 16);
            seen[n++] = m;
        }
    }
    assert_int_equal(n, 5);
    assert_int_equal(s.n_change, 4);
    assert_true(seen[0] == DH_FREE_COOLING && seen[1] == DH_PARTLY_FREE && seen[2] == DH_MECHANICAL &&
                seen[3] == DH_PARTLY_FREE && seen[4] == DH_FREE_COOLING);
    /* a mode lasts: a frost five minutes after a change moves nothing */
    struct dh_mode_state t = {DH_MECHANICAL, 1000, 1};
    assert_int_equal(dh_mode_next(&t, &dh_mode_rule_usual, 1300, 26, 18, -5, 18), DH_MECHANICAL);
    assert_int_equal(dh_mode_next(&t, &dh_mode_rule_usual, 2200, 26, 18, -5, 18), DH_PARTLY_FREE);
}

void condenser_set_point_follows_wet_bulb_and_load(void **state) {
    (void)state;
    near_to(dh_condenser_set_degc(20, 4, 1, 15), 24, 1e-12);
    near_to(dh_condenser_set_degc(20, 4, 0.5, 15), 22, 1e-12);
    near_to(dh_condenser_set_degc(20, 4, 0.1, 15), 21, 1e-12);
    near_to(dh_condenser_set_degc(2, 4, 1, 15), 15, 0);
}

void machines_are_staged_with_hysteresis(void **state) {
    (void)state;
    assert_int_equal(dh_stage(0, 4, 0, 100, 0.9, 0.7), 0);
    assert_int_equal(dh_stage(0, 4, 250, 100, 0.9, 0.7), 3);
    assert_int_equal(dh_stage(2, 4, 150, 100, 0.9, 0.7), 2); /* one would be above 0.7 */
    assert_int_equal(dh_stage(2, 4, 60, 100, 0.9, 0.7), 1);
    assert_int_equal(dh_stage(3, 4, 1e3, 100, 0.9, 0.7), 4);
    int running = 1, changes = 0;
    for (int i = 0; i < 1000; i++) { /* load that wavers about a threshold by 10 % changes once */
        int next = dh_stage(running, 4, 90 + 9 * sin(i * 1.3), 100, 0.9, 0.7);
        changes += next != running;
        running = next;
    }
    assert_int_equal(changes, 1);
}

void set_points_are_trimmed_and_respond(void **state) {
    (void)state;
    const struct dh_trim_rule r = {.low = 16,
                                   .high = 24,
                                   .trim = 0.2,
                                   .respond = -0.4,
                                   .respond_most = -1.0,
                                   .period_s = 120,
                                   .ignored = 1};
    struct dh_trim_state s = {.value = 18};
    near_to(dh_trim_and_respond(&s, &r, 0, 1), 18.2, 1e-12);  /* one request is ignored */
    near_to(dh_trim_and_respond(&s, &r, 60, 9), 18.2, 1e-12); /* not before the period is over */
    near_to(dh_trim_and_respond(&s, &r, 120, 2), 18.0, 1e-12);
    near_to(dh_trim_and_respond(&s, &r, 240, 9), 17.2, 1e-12); /* at most 1 K less */
    for (int i = 3; i < 100; i++)
        dh_trim_and_respond(&s, &r, i * 120, 0);
    near_to(s.value, 24, 1e-12);
    assert_true(dh_hysteresis(false, 5.1, 5, 4) && dh_hysteresis(true, 4.5, 5, 4) &&
                !dh_hysteresis(false, 4.5, 5, 4));
    assert_true(!dh_hysteresis(true, 3.9, 5, 4) && dh_hysteresis(false, 1, 2, 3) &&
                dh_hysteresis(true, 2.5, 2, 3) && !dh_hysteresis(true, 3.1, 2, 3));
}

void moist_air_functions_invert_each_other(void **state) {
    (void)state;
    for (double t = -20; t < 50; t += 3.5)
        for (double w = 0.001; w < 0.02; w += 0.004) {
            double h = dh_psy_enthalpy_j_per_kg(t, w);
            near_to(dh_psy_dry_bulb_degc(h, w), t, 1e-10);
            near_to(dh_psy_humidity_from_enthalpy(h, t), w, 1e-13);
            near_to(dh_psy_dry_bulb_from_volume_degc(dh_psy_volume_m3_per_kg(t, w, 9e4), w, 9e4), t, 1e-10);
            near_to(dh_psy_humidity_from_specific(dh_psy_specific(w)), w, 1e-15);
        }
    near_to(dh_psy_standard_degc(4000), -11, 1e-12);
    near_to(dh_psy_sea_level_pa(101226.5, 105, 17.19), 102484.0, 1); /* psychrolib's own test */
}

/* ---- what takes heat from the return water first ------------------------------------------------------- */

static void equals(double got, double want, double relative) {
    if (!(fabs(got - want) <= relative * fabs(want)))
        fail_msg("%.10g, not %.10g", got, want);
}

/* Sized for 1 MW of water cooled by 10 K to 7 K above the air: at that point it gives exactly that. */
void free_cooler_gives_its_design_heat_and_no_more_than_is_needed(void **state) {
    (void)state;
    const struct dh_free_cooler_spec spec = {
        .capacity_w = 1e6, .approach_k = 7, .fan_share = 0.02, .enable_k = 3};
    struct dh_return_water r;
    assert_true(dh_return_water_init(&r, NULL, &spec, 10) == 0);
    struct dh_outdoor air = {.dry_bulb_degc = 15, .pressure_pa = 101325};
    struct dh_return_taken t = dh_return_water_take(&r, &air, 1, 1e5, 32, 5e6);
    equals(t.dry_w, 1e6, 1e-9);
    equals(t.fan_w, 0.02e6, 1e-9);
    /* half of the coolers with half of the water beside them: half */
    equals(dh_return_water_take(&r, &air, 0.5, 1e5, 32, 5e6).dry_w, 0.5e6, 1e-9);
    /* half of the water, of which as much is taken as at design: half, by fans of at most half speed */
    t = dh_return_water_take(&r, &air, 1, 0.5e5, 32, 5e6);
    equals(t.dry_w, 0.5e6, 1e-9);
    equals(dh_dry_cooler_w_per_k(&r.cooler, 0.5, r.speed) * 17, 0.5e6, 1e-6);
    assert_true(r.speed > 0.3 && r.speed <= 0.5);
    equals(t.fan_w, 0.02e6 * r.speed * r.speed * r.speed, 1e-12);
    /* less is needed: slower fans, by the cube law */
    t = dh_return_water_take(&r, &air, 1, 1e5, 32, 5e5);
    equals(t.dry_w, 5e5, 1e-12);
    equals(t.fan_w, 0.02e6 * r.speed * r.speed * r.speed, 1e-12);
    equals(dh_dry_cooler_w_per_k(&r.cooler, 1, r.speed) * 17, 5e5, 1e-6);
    /* it goes on until the water is 2 K above the air, and starts again from 3 K */
    air.dry_bulb_degc = 29.5;
    assert_true(dh_return_water_take(&r, &air, 1, 1e5, 32, 5e6).dry_w > 0);
    air.dry_bulb_degc = 30.1;
    assert_true(dh_return_water_take(&r, &air, 1, 1e5, 32, 5e6).dry_w == 0);
    air.dry_bulb_degc = 29.5;
    assert_true(dh_return_water_take(&r, &air, 1, 1e5, 32, 5e6).dry_w == 0);
    air.dry_bulb_degc = 28.9;
    assert_true(dh_return_water_take(&r, &air, 1, 1e5, 32, 5e6).dry_w > 0);
    assert_true(dh_return_water_init(&r, NULL, &(struct dh_free_cooler_spec){.capacity_w = 1e6}, 10) == -1);
}

/* Wanted: a quarter of 400 kW at 12 degC between 16 and 0; 31 degC water cooled to 30 gives 100 kW. */
void heat_reuse_follows_demand_temperature_and_what_there_is(void **state) {
    (void)state;
    struct dh_heat_reuse_spec reuse = {
        .capacity_w = 4e5, .least_degc = 30, .full_at_degc = 0, .none_at_degc = 16};
    equals(dh_heat_reuse_w(&reuse, 12, 40, 1e5, 1e6), 1e5, 1e-12);
    equals(dh_heat_reuse_w(&reuse, -20, 40, 1e5, 1e6), 4e5, 1e-12);
    assert_true(dh_heat_reuse_w(&reuse, 20, 40, 1e5, 1e6) == 0);
    equals(dh_heat_reuse_w(&reuse, -20, 31, 1e5, 1e6), 1e5, 1e-12);
    assert_true(dh_heat_reuse_w(&reuse, -20, 29, 1e5, 1e6) == 0);
    equals(dh_heat_reuse_w(&reuse, -20, 40, 1e5, 5e4), 5e4, 1e-12);
    reuse.full_at_degc = NAN;
    equals(dh_heat_reuse_w(&reuse, 35, 40, 1e5, 1e6), 4e5, 1e-12);
    assert_true(dh_heat_reuse_w(NULL, 0, 40, 1e5, 1e6) == 0);
}
