#include "tests/tests.h"

#include "models/chiller.h"

#include <math.h>

static const struct dh_chiller_curves *vsd = &dh_chiller_centrifugal_vsd;

/* York YK 2771kW/6.84COP/VSD of the same library: load 2,202,253.222 W at 5.56 / 29.44 degC and
 * 3,095,507.634 W at 18 / 29.44 degC, by an independent implementation that reproduces Dymola's results. */
void chiller_equations_reproduce_reference_values(void **state) {
    (void)state;
    const struct dh_chiller_curves yk = {
        .cop_ref = 6.84,
        .plr_min = 0.2,
        .plr_min_unload = 0.2,
        .plr_max = 1.02,
        .cap = {0.7734286,     0.04848829,   -0.001859209, 0.02611971, -0.001243562, 0.0007210181},
        .eir = {0.7203736, 0.0103046, -0.0007854237,             -0.001206349, 0.000821006, -0.001455414},
        .plr = {0.08653354,    0.1737382,   0.7403679}
    };
    assert_true(fabs(2771100 * dh_chiller_cap_ft(&yk, 5.56, 29.44) / 2202253.222 - 1) < 1e-9);
    assert_true(fabs(dh_chiller_published_power_w(&yk, 2771100, 5.56, 29.44, 2202253.222) / 383777.8875 - 1) <
                1e-9);
    assert_true(fabs(dh_chiller_published_power_w(&yk, 2771100, 18, 29.44, 3095507.634) / 251869.3484 - 1) <
                1e-9);
}

void chiller_at_its_reference_point_has_its_rated_cop(void **state) {
    (void)state;
    struct dh_chiller_point p = dh_chiller_at(vsd, 1e6, 6.1, vsd->evap_ref_degc, vsd->cond_ref_degc);
    int running;
    assert_true(fabs(p.capacity_w / 1e6 - 1) < 1e-12);
    /* the part load curve gives .998 at full load, as published */
    double sum = vsd->plr[0] + vsd->plr[1] + vsd->plr[2];
    assert_true(fabs(dh_chiller_power_w(vsd, &p, 1, 1e6, &running) / (1e6 / 6.1 * sum) - 1) < 1e-12);
    assert_int_equal(running, 1);
    assert_false(p.clamped);
}

void chiller_works_harder_for_more_lift(void **state) {
    (void)state;
    int running;
    for (double te = 4; te <= 30; te += 1.0) {
        double before = 0;
        for (double tc = 5; tc <= 60; tc += 0.5) {
            struct dh_chiller_point p = dh_chiller_at(vsd, 1e6, 6.1, te, tc);
            double power = dh_chiller_power_w(vsd, &p, 4, 2e6, &running);
            assert_true(power >=
                        before * (1 - 1e-3)); /* published curves turn by less than that at their edges */
            before = power;
            /* never better than Carnot's machine between the waters */
            if (tc > te)
                assert_true(2e6 / power < (te + 273.15) / (tc - te));
        }
    }
}

void chillers_share_load_in_the_best_number(void **state) {
    (void)state;
    struct dh_chiller_point p = dh_chiller_at(vsd, 1e6, 6.1, 7, 28);
    int running, before_running = 0;
    double before = 0;
    for (double load = 1e3; load < 4.1e6; load += 1e3) {
        double power = dh_chiller_power_w(vsd, &p, 4, load, &running);
        /* a full machine hands over to two that are half-way between best and idle: .75 % more */
        assert_true(power > before && power - before < 1e3 + 0.008 * before);
        assert_true(running >= before_running && running <= 4);
        for (int n = 1; n <= 4; n++) { /* no other number draws less */
            if (load > n * p.capacity_w * vsd->plr_max)
                continue;
            double x = load / (n * p.capacity_w), u = x > 0.2 ? x : 0.2;
            double with_n = n * p.full_power_w * (vsd->plr[0] + vsd->plr[1] * u + vsd->plr[2] * u * u) *
                            (x < 0.2 ? x / 0.2 : 1) / (vsd->plr[0] + vsd->plr[1] + vsd->plr[2]);
            assert_true(power <= with_n * (1 + 1e-12));
        }
        before = power;
        before_running = running;
    }
    assert_true(dh_chiller_power_w(vsd, &p, 4, 0, &running) == 0 && running == 0);
}
