#include "tests/tests.h"

#include "models/chip.h"
#include "sim/math.h"

#include <math.h>

static struct dh_power_class_spec classes[] = {
    {.work = DH_WORK_TRAINING, .board_w = 600, .compute_share = 0.8, .clock_hz = NAN},
    {.work = DH_WORK_DECODE,   .board_w = 280, .compute_share = 0.1, .clock_hz = NAN},
};
static const struct dh_device_spec device = {
    .idle_w = 100,
    .tdp_w = 700,
    .cap_held = 1,
    .clock_max_hz = 2000e6,
    .clock_min_hz = 400e6,
    .clock_step_hz = 20e6,
    .clock_knee = 0.6,
    .voltage_min = 0.7,
    .units_w = NAN,
    .memory_clock_hz = NAN,
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

/* A part with everything: 100 W idle at clock .2 and 30 degC, leakage 60 W at 60 degC. */
static struct dh_power_class_spec full_classes[] = {
    {.work = DH_WORK_TRAINING,
     .board_w = 600,
     .compute_share = 0.8,
     .memory = 0.5,
     .link = 0.25,
     .clock_hz = NAN},
    {.work = DH_WORK_COPY,                        .board_w = 400, .compute_share = 0, .memory = 1, .clock_hz = 1600e6},
};
static struct dh_device_spec full_device(void) {
    struct dh_device_spec d = device;
    d.leakage_w = 60;
    d.leakage_per_k = 0.0125;
    d.leakage_degc = 60;
    d.clock_w = 40;
    d.units_w = 1500;
    d.memory_w = 160;
    d.link_w = 80;
    d.memory_clock_hz = 1600e6;
    d.power_classes = full_classes;
    return d;
}

void parts_of_board_power_add_up(void **state) {
    (void)state;
    struct dh_device_spec d = full_device();
    /* base = 100 - .7 60 exp(.0125 (30 - 60)) - .098 40 = 67.2128... */
    double base = 100 - 0.7 * 60 * exp(-0.375) - 0.098 * 40;
    struct dh_chip_load gemm = dh_chip_load_of(&d, 1, 0.1, 0);
    assert_true(gemm.switching_w == 1540 && gemm.steady_w == 16);
    /* at clock .8: V = .85, V^2 f = .578; 80 degC: leakage 60 e^.25 */
    double want = base + 16 + 0.85 * 60 * exp(0.25) + 0.578 * 1540;
    assert_true(fabs(dh_chip_busy_w(&d, &gemm, 0.8, 80) - want) < 1e-9);
    /* the catalog's board power comes back at its temperature, whatever it is made of; traffic costs the same
     * at half clock */
    assert_true(fabs(dh_chip_power_w(&d, DH_WORK_TRAINING, 1, 1) - 600) < 1e-9);
    assert_true(fabs(dh_chip_power_w(&d, DH_WORK_COPY, 1, 1) - 400) < 1e-9);
    struct dh_chip_load copy = dh_chip_load(&d, DH_WORK_COPY);
    assert_true(copy.clock == 0.8 && copy.steady_w == 160);
    assert_true(fabs(base + 160 + 0.85 * 60 + 0.578 * copy.switching_w - 400) < 1e-9);
    assert_true(dh_chip_rate(&d, DH_WORK_COPY, 0.4) == 1.0); /* waits for memory at any clock */
    assert_true(dh_chip_rate(&d, DH_WORK_COPY, 0.9) == 1.0);
    /* idle at the clock and temperature at which it was measured */
    struct dh_chip_load nothing = dh_chip_load_none(&d);
    nothing.switching_w = d.clock_w;
    assert_true(fabs(dh_chip_busy_w(&d, &nothing, 0.2, 30) - 100) < 1e-9);
}

void leakage_settles_with_the_temperature_it_makes(void **state) {
    (void)state;
    struct dh_device_spec d = full_device();
    struct dh_chip_load load = dh_chip_load(&d, DH_WORK_TRAINING);
    struct dh_chip_place warm = {45, 0.055};
    double p = dh_chip_run(&d, &load, 1, 1, warm, 1).power_w;
    /* the power with the leakage of its own temperature */
    double junction = 45 + 0.055 * p;
    assert_true(fabs(p - dh_chip_busy_w(&d, &load, 1, junction)) < 5e-3);
    assert_true(fabs(p - (600 - 60 + 60 * exp(0.0125 * (junction - 60)))) < 5e-3);
    /* in steady state at 60 degC it is the catalog's figure */
    assert_true(fabs(dh_chip_run(&d, &load, 1, 1, (struct dh_chip_place){60 - 33, 0.055}, 1).power_w - 600) <
                1e-3);
}

void capped_board_runs_at_the_highest_clock_under_its_cap(void **state) {
    (void)state;
    struct dh_device_spec d = full_device();
    struct dh_chip_load gemm = dh_chip_load_of(&d, 1, 0.1, 0);
    struct dh_chip_point at = dh_chip_run(&d, &gemm, 1, 1, (struct dh_chip_place){NAN, 0}, 1);
    double steps = at.clock * 100; /* of 20 MHz in 2 GHz */
    assert_true(fabs(steps - rint(steps)) < 1e-9 && at.power_w <= 700);
    assert_true(dh_chip_busy_w(&d, &gemm, at.clock, 60) <= 700);
    assert_true(dh_chip_busy_w(&d, &gemm, at.clock + 0.01, 60) > 700);
    /* a hungrier part meets the cap earlier, a thriftier one later */
    struct dh_chip_point hungry = dh_chip_run(&d, &gemm, 1, 1, (struct dh_chip_place){NAN, 0}, 1.05),
                         thrifty = dh_chip_run(&d, &gemm, 1, 1, (struct dh_chip_place){NAN, 0}, 0.95);
    assert_true(hungry.clock < at.clock && at.clock < thrifty.clock);
    assert_true(1.05 * hungry.power_w <= 700 && 0.95 * thrifty.power_w <= 700);
    /* half of the time busy: the cap holds for the busy half */
    struct dh_chip_point half = dh_chip_run(&d, &gemm, 0.5, 1, (struct dh_chip_place){NAN, 0}, 1);
    assert_true(half.clock == at.clock && fabs(half.power_w - (100 + 0.5 * (at.power_w - 100))) < 1e-12);
    /* a governor that walks below the cap holds less of it: the clock of a cap as much lower */
    d.cap_held = 0.95;
    struct dh_chip_point held = dh_chip_run(&d, &gemm, 1, 1, (struct dh_chip_place){NAN, 0}, 1);
    d.cap_held = 1;
    assert_true(held.power_w <= 665 && held.clock == dh_chip_clock_for(&d, &gemm, 60, 665));
    /* memory traffic at its plateau */
    struct dh_chip_load stream = dh_chip_load_of(&d, 0, 1, 0);
    assert_true(dh_chip_run(&d, &stream, 1, 1, (struct dh_chip_place){NAN, 0}, 1).clock == 0.8);
    for (double limit = 100; limit < 1800; limit += 13) { /* bisection against a walk over all steps */
        double walked = 0.2;
        for (int n = 20; n <= 100; n++)
            if (dh_chip_busy_w(&d, &gemm, n / 100.0, 70) <= limit)
                walked = n / 100.0;
        assert_true(fabs(dh_chip_clock_for(&d, &gemm, 70, limit) - walked) < 1e-12);
    }
}

void parts_differ_by_a_lognormal_of_mean_one(void **state) {
    (void)state;
    struct dh_device_spec d = device;
    assert_true(dh_chip_part(&d, 2.0) == 1.0); /* no spread given */
    d.spread = 0.015;
    assert_true(fabs(log(dh_chip_part(&d, 2.0)) - (0.03 - 0.5 * 0.015 * 0.015)) < 1e-15);
    double sum = 0; /* mean over the quantiles of the normal distribution */
    for (int i = 0; i < 10000; i++)
        sum += dh_chip_part(&d, dh_norm_inv((i + 0.5) / 10000));
    assert_true(fabs(sum / 10000 - 1) < 1e-6);
}

void half_the_clock_needs_less_than_half_the_power_above_idle(void **state) {
    (void)state;
    struct dh_chip_load load = dh_chip_load_none(&device);
    load.switching_w = 600;
    double clock = dh_chip_clock_for(&device, &load, 60, 100 + 600 * 0.578);
    assert_true(fabs(clock - 0.8) < 1e-12);
    assert_true(dh_chip_clock_for(&device, &load, 60, 50) == 0.2);
    assert_true(dh_chip_clock_for(&device, &load, 60, 701) == 1.0);
    assert_true(dh_chip_dynamic_frac(&device, 0.5) < 0.5);
}
