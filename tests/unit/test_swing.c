#include "tests/tests.h"

#include "models/swing.h"

#include <gsl/gsl_fft_real.h>
#include <math.h>

static void close_to(double is, double want, double relative) {
    assert_true(fabs(is - want) <= relative * fabs(want));
}

static const struct dh_swing_wave square = {
    .period_s = 2, .duty = 0.6, .high_w = 100e3, .low_w = 40e3, .edge_s = 0.05};

void training_swings_about_its_mean(void **state) {
    (void)state;
    struct dh_swing_wave w = dh_swing_wave_of(600, 100, 2, 0.8, 0.25, 0.05);
    close_to(w.low_w + w.duty * (w.high_w - w.low_w), 600, 1e-15);
    close_to(w.low_w - 100, 0.25 * (w.high_w - 100), 1e-12);
    close_to(dh_swing_ramp_w_per_s(&square), 60e3 / 0.05, 1e-15);
}

/* FACILITY A12: 65 J for each of 72 GPUs, dP = 60 kW, d = 1/2 flatten iterations of 0.31 s. */
void flattening_a_square_wave_takes_its_storage(void **state) {
    (void)state;
    struct dh_swing_wave w = {.period_s = 0.312, .duty = 0.5, .high_w = 120e3, .low_w = 60e3, .edge_s = 0.01};
    close_to(dh_swing_store_j(&w), 72 * 65, 1e-12);
    double cost = 0;
    struct dh_swing_wave flat = dh_swing_storage(&w, 72 * 65, 0.9, &cost);
    assert_true(fabs(flat.high_w - flat.low_w) < 1e-9 && fabs(flat.high_w - 90e3) < 1e-9);
    close_to(cost, 0.1 * 72 * 65 / 0.312, 1e-12);
    w.period_s = 0.624; /* half is left */
    struct dh_swing_wave half = dh_swing_storage(&w, 72 * 65, 1, &cost);
    close_to(half.high_w - half.low_w, 30e3, 1e-12);
    /* the integral of a general wave agrees, and a checkpoint makes it the integral of the whole cycle */
    struct dh_swing_part parts[21];
    close_to(dh_swing_parts_store_j(
                 (struct dh_swing_part[]){
                     {1.2, 100e3},
                     {0.8, 40e3 }
    },
                 2),
             dh_swing_store_j(&square), 1e-12);
    for (int i = 0; i < 10; i++) {
        parts[2 * i] = (struct dh_swing_part){1.2, 100e3};
        parts[2 * i + 1] = (struct dh_swing_part){0.8, 40e3};
    }
    for (int i = 0; i < 4; i++) {
        parts[20] = (struct dh_swing_part){i * 7.0 + 1, 25e3 + 40e3 * i};
        close_to(dh_swing_checkpoint_store_j(&square, 10, parts[20].s, parts[20].w),
                 dh_swing_parts_store_j(parts, 21), 1e-12);
    }
}

/* A fast Fourier transform of the sampled wave, edges and all, beside the closed form. */
void spectrum_of_a_swing_is_its_fourier_series(void **state) {
    (void)state;
    enum { N = 1 << 16 };
    static double x[N];
    for (int i = 0; i < N; i++) {
        double t = square.period_s * (i + 0.5) / N, up = t, down = t - 1.2;
        if (t > square.period_s - 0.025)
            up = t - square.period_s;
        double a = up < -0.025 ? 0 : up > 0.025 ? 1 : (up + 0.025) / 0.05;
        double b = down < -0.025 ? 0 : down > 0.025 ? 1 : (down + 0.025) / 0.05;
        x[i] = 40e3 + 60e3 * (t > square.period_s - 0.025 ? a : a - b);
    }
    assert_int_equal(gsl_fft_real_radix2_transform(x, 1, N), 0);
    for (int n = 1; n <= 40; n++) {
        double amplitude = 2.0 / N * hypot(x[n], x[N - n]);
        assert_true(fabs(dh_swing_harmonic_w(&square, n) - amplitude) < 1e-4 * 60e3);
    }
    /* all harmonics together are the wave's variance; sharp edges: dP^2 d (1 - d) */
    struct dh_swing_wave sharp = square;
    sharp.edge_s = 0;
    close_to(dh_swing_band_w(&sharp, 0, 1e5), 60e3 * sqrt(0.6 * 0.4), 1e-5);
    assert_true(dh_swing_band_w(&square, 0.6, 0.9) == 0); /* between two harmonics */
}

void floors_and_staggers_leave_what_they_must(void **state) {
    (void)state;
    double cost = 0;
    struct dh_swing_wave w = dh_swing_floor(&square, 70e3, &cost);
    assert_true(w.low_w == 70e3 && w.high_w == 100e3);
    close_to(cost, 0.4 * 30e3, 1e-15);
    w = dh_swing_floor(&square, 30e3, &cost);
    assert_true(w.low_w == 40e3);
    /* two groups of duty .6: one always computes, both for .2 of each second */
    w = dh_swing_stagger(&square, 2);
    close_to(w.period_s, 1, 1e-15);
    close_to(w.high_w - w.low_w, 30e3, 1e-15);
    close_to(w.duty, 0.2, 1e-12);
    close_to(w.low_w + w.duty * (w.high_w - w.low_w), 40e3 + 0.6 * 60e3, 1e-12); /* same mean */
    struct dh_swing_wave even = square;
    even.duty = 0.5;
    w = dh_swing_stagger(&even, 4); /* always two of four */
    assert_true(w.high_w == w.low_w && w.high_w == 70e3);
}

/* 2 H df/dt = f0 (Pm - Pe) / S, dPm/dt = (Pe - Pm) / lag, in small steps. */
void generator_dips_as_the_swing_equation_says(void **state) {
    (void)state;
    double step = 2e6, rating = 10e6, inertia = 1.5, lag = 0.5, pm = 0, dip = 0, dt = 1e-5;
    for (int i = 0; i < 100000; i++) {
        dip += 60 * (step - pm) / rating / (2 * inertia) * dt;
        pm += (step - pm) / lag * dt;
    }
    close_to(dh_generator_dip_hz(step, 1, rating, inertia, lag, 60), dip, 1e-4);
    close_to(dh_generator_dip_hz(step, 100, rating, inertia, lag, 60), 60 * 0.2 * 0.5 / 3, 1e-12);
}
