#include "tests/tests.h"

#include "models/chip.h"

#include <math.h>

static struct dh_power_class_spec classes[] = {
    {.work = DH_WORK_TRAINING, .board_w = 600, .compute_share = 0.8},
    {.work = DH_WORK_DECODE,   .board_w = 280, .compute_share = 0.1},
};
static const struct dh_device_spec device = {
    .idle_w = 100,
    .tdp_w = 700,
    .clock_max_hz = 2000e6,
    .clock_min_hz = 400e6,
    .clock_step_hz = 20e6,
    .clock_knee = 0.6,
    .voltage_min = 0.7,
    .throttle_degc = 87,
    .slowdown_degc = 89,
    .shutdown_degc = 92,
    .air_k_per_w = 0.055,
    .liquid_k_per_w = 0.028,
    .power_classes = classes,
    .n_power_classes = 2,
};

void accelerator_power_depends_on_the_kind_of_work(void **state) {
    (void)state;
    /* idle + (class - idle) u: 100 + 500 * .9, 100 + 180 * .5; a kind without a row: the TDP */
    assert_true(dh_chip_power_w(&device, DH_WORK_TRAINING, 0.9, 1.0) == 550.0);
    assert_true(dh_chip_power_w(&device, DH_WORK_DECODE, 0.5, 1.0) == 190.0);
    assert_true(dh_chip_power_w(&device, DH_WORK_HPC, 1.0, 1.0) == 700.0);
    assert_true(dh_chip_power_w(&device, DH_WORK_HPC, 0.0, 0.5) == 100.0);
}

void accelerator_power_falls_with_voltage_and_clock(void **state) {
    (void)state;
    /* at f = 0.8 half-way from knee to full: V = .85, V^2 f = .578; at f = .3 below the knee: .49 * .3 = .147
     */
    assert_true(fabs(dh_chip_dynamic_frac(&device, 0.8) - 0.578) < 1e-15);
    assert_true(fabs(dh_chip_dynamic_frac(&device, 0.3) - 0.147) < 1e-15);
    assert_true(fabs(dh_chip_power_w(&device, DH_WORK_TRAINING, 1.0, 0.8) - 389.0) < 1e-12);
    double before = -1;
    for (int i = 0; i <= 1000; i++) {
        double p = dh_chip_dynamic_frac(&device, i / 1000.0);
        assert_true(p > before);
        before = p;
    }
    assert_true(before == 1.0);
}

void memory_bound_work_hardly_slows_with_the_clock(void **state) {
    (void)state;
    /* 1 / (.8 / .5 + .2) and 1 / (.1 / .5 + .9) */
    assert_true(fabs(dh_chip_rate(&device, DH_WORK_TRAINING, 0.5) - 1 / 1.8) < 1e-15);
    assert_true(fabs(dh_chip_rate(&device, DH_WORK_DECODE, 0.5) - 1 / 1.1) < 1e-15);
    assert_true(dh_chip_rate(&device, DH_WORK_TRAINING, 1.0) == 1.0);
    assert_true(dh_chip_rate(&device, DH_WORK_TRAINING, 0.0) == 0.0);
}

/* P = 700 W, R = .057 K/W, C = 900 J/K, coolant 25 degC: T = 25 + 39.9 (1 - exp(-t / 51.3 s)); an independent
 * implementation gives these. */
void junction_follows_a_step_of_power(void **state) {
    (void)state;
    const double at_s[] = {1, 5, 10, 30, 60, 120, 300};
    const double want[] = {25.77024612, 28.70538188, 32.06665713, 42.66692595,
                           52.51128868, 61.05337924, 64.78485659};
    double steady = dh_chip_junction_degc(25, 0.057, 700);
    for (int i = 0; i < 7; i++)
        assert_true(fabs(dh_chip_junction_after(25, steady, 0.057 * 900, at_s[i]) - want[i]) < 1e-7);
}

void thermal_governor_finds_the_highest_clock(void **state) {
    (void)state;
    /* 55 + .055 * 700 = 93.5 degC: too hot. 87 degC allows (87 - 55) / .055 = 581.8 W. */
    double f = dh_chip_thermal_clock(&device, 700, 55, 0.055, 1.0);
    double steps = f * 100; /* of 20 MHz in 2 GHz */
    assert_true(fabs(steps - rint(steps)) < 1e-9);
    assert_true(100 + 600 * dh_chip_dynamic_frac(&device, f) <= 32 / 0.055);
    assert_true(100 + 600 * dh_chip_dynamic_frac(&device, f + 0.01) > 32 / 0.055);
    assert_true(dh_chip_thermal_clock(&device, 700, 25, 0.055, 1.0) == 1.0);
    double before = 1.0;
    for (double t = 20; t < 95; t += 0.25) { /* hotter never means faster */
        double clock = dh_chip_thermal_clock(&device, 700, t, 0.055, before);
        assert_true(clock <= before);
        before = clock;
    }
    assert_true(before == 0.0); /* even the idle board would be beyond shutdown */
}

void thermal_governor_does_not_chatter(void **state) {
    (void)state;
    double f = dh_chip_thermal_clock(&device, 700, 55, 0.055, 1.0);
    /* a tenth of a kelvin up and down moves nothing once the clock is down */
    double down = dh_chip_thermal_clock(&device, 700, 55.1, 0.055, f);
    for (int i = 0; i < 50; i++)
        assert_true(dh_chip_thermal_clock(&device, 700, i % 2 ? 55.0 : 55.1, 0.055, down) == down);
    /* 2 K less brings it back up */
    assert_true(dh_chip_thermal_clock(&device, 700, 53, 0.055, down) > down);
}

void thermal_governor_slows_down_then_shuts_down(void **state) {
    (void)state;
    /* lowest clock .2: dynamic .098, 100 + 600 * .098 = 158.8 W, 8.73 K above the air */
    assert_true(dh_chip_thermal_clock(&device, 700, 80, 0.055, 1.0) ==
                0.2); /* 88.7: above 87, not above 89 */
    assert_true(dh_chip_thermal_clock(&device, 700, 81, 0.055, 0.2) == 0.1); /* 89.7: half clock */
    assert_true(dh_chip_thermal_clock(&device, 700, 85, 0.055, 0.1) ==
                0.0); /* 85 + 7.1 = 92.1 at half clock: off */
    assert_true(dh_chip_thermal_clock(&device, 700, 74, 0.055, 0.0) == 0.0); /* 82.7 > 82: stays off */
    assert_true(dh_chip_thermal_clock(&device, 700, 73, 0.055, 0.0) > 0.0);
}

void half_the_clock_needs_less_than_half_the_power_above_idle(void **state) {
    (void)state;
    double clock = dh_chip_clock_for_power(&device, 700, 100 + 600 * 0.578);
    assert_true(fabs(clock - 0.8) < 1e-12);
    assert_true(dh_chip_clock_for_power(&device, 700, 50) == 0.2);
    assert_true(dh_chip_clock_for_power(&device, 700, 701) == 1.0);
    for (double limit = 110; limit < 700; limit += 7) {
        double f = dh_chip_clock_for_power(&device, 700, limit);
        double p = 100 + 600 * dh_chip_dynamic_frac(&device, f);
        assert_true(f == 0.2 || p <= limit * (1 + 1e-9));
        assert_true(f == 1.0 || 100 + 600 * dh_chip_dynamic_frac(&device, f + 0.01) > limit * (1 - 1e-9));
    }
}

void node_fans_at_half_speed_draw_an_eighth(void **state) {
    (void)state;
    assert_true(dh_node_fan_w(800, 0.5, 10) == 100.0);
    assert_true(dh_node_fan_w(800, 0.5, 35) == 800.0);
    assert_true(dh_node_fan_w(800, 0.5, 60) == 800.0);
    assert_true(fabs(dh_node_fan_w(800, 0.5, 28.5) - 800 * 0.75 * 0.75 * 0.75) < 1e-9);
}
