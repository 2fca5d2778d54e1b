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

/* McQuay WSC 471kW/5.89COP/Vanes, reformulated, of the same library; leaving condenser water. */
static const struct dh_chiller_curves reformulated = {
    .name = "McQuay WSC 471kW/5.89COP/Vanes",
    .form = DH_CHILLER_REFORMULATED,
    .ref_w = 471200,
    .cop_ref = 5.89,
    .evap_ref_degc = 8.89,
    .cond_ref_degc = 33.52,
    .plr_min = 0.1,
    .plr_min_unload = 0.1,
    .plr_max = 1.08,
    .evap_min_degc = 7.22,
    .evap_max_degc = 12.78,
    .cond_min_degc = 18.81,
    .cond_max_degc = 35.09,
    .plr = {0.8215998,   -0.02209969, -1.725652e-05, -0.03831448,                        0.1896948,                                                                      0.02308518,                                                                                                                                             0.0, 0.01349969, 0.0,
            0.0},
    .cap = {-0.4862465, -0.07293218,         -0.008514849,                                     0.1463106,                                                                       -0.004474066,                                                                                                                                            0.009813408                                                                                                                                                                                                                                                                                      },
    .eir = {0.3522647,  -0.0331179, -0.0001374491,0.03469525,-0.0003624458,0.0006749423},
    .cond_w_per_k = 19.24 * 4186.0,
    .motor = 1.0,
};

void reformulated_chiller_reproduces_reference_values(void **state) {
    (void)state;
    /* evaporator, condenser leaving, part load, load, power, by an independent implementation */
    static const double row[][5] = {
        {5.56, 13,    0.25, 82490.59494, 20550.28456},
        {7,    24,    0.5,  275427.1356, 46818.15067},
        {10,   35,    0.75, 356149.3637, 58579.16984},
        {18,   29.44, 0.25, 126297.4519, 21875.19735},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        double cap = reformulated.ref_w * dh_chiller_cap_ft(&reformulated, row[i][0], row[i][1]);
        assert_true(fabs(cap * row[i][2] / row[i][3] - 1) < 1e-9);
        assert_true(fabs(dh_chiller_published_power_w(&reformulated, reformulated.ref_w, row[i][0], row[i][1],
                                                      row[i][3]) /
                             row[i][4] -
                         1) < 1e-9);
    }
}

/* The water that leaves carries the load and the work, and the power is that at this water. */
void reformulated_chiller_finds_its_leaving_water(void **state) {
    (void)state;
    const struct dh_chiller_curves *c = &reformulated;
    for (double in = 18.9; in <= 25; in += 1.5)
        for (double load = 0.15; load <= 1.0; load += 0.17) {
            struct dh_chiller_work w =
                dh_chiller_carry(c, c->ref_w, c->cop_ref, 1, 8.0, in, 80e3, load * c->ref_w);
            double out = in + (w.carried_w + w.power_w) / 80e3;
            assert_true(fabs(w.condenser_left_degc - out) < 1e-8);
            double cap =
                dh_chiller_cap_ft(c, 8.0, out) / dh_chiller_cap_ft(c, c->evap_ref_degc, c->cond_ref_degc);
            double eir =
                dh_chiller_eir_ft(c, 8.0, out) / dh_chiller_eir_ft(c, c->evap_ref_degc, c->cond_ref_degc);
            double want = c->ref_w * cap / c->cop_ref * eir * dh_chiller_eir_fplr(c, out, load / cap);
            assert_true(fabs(w.power_w / want - 1) < 1e-7);
            assert_true(fabs(w.plr - load / cap) < 1e-7);
        }
}

void chiller_at_its_reference_point_has_its_rated_cop(void **state) {
    (void)state;
    struct dh_chiller_point p = dh_chiller_at(vsd, 1e6, 6.1, vsd->evap_ref_degc, vsd->cond_ref_degc);
    assert_true(fabs(p.capacity_w / 1e6 - 1) < 1e-12);
    /* the part load curve gives .998 at full load, as published */
    double sum = vsd->plr[0] + vsd->plr[1] + vsd->plr[2];
    struct dh_chiller_work w =
        dh_chiller_carry(vsd, 1e6, 6.1, 1, vsd->evap_ref_degc, vsd->cond_ref_degc, 0, 1e6);
    assert_true(fabs(w.power_w / (1e6 / 6.1 * sum) - 1) < 1e-12);
    assert_int_equal(w.running, 1);
    assert_false(w.clamped);
    assert_true(fabs(w.condenser_w - 1e6 - w.power_w) < 1e-6 && fabs(w.most_w - 1.04e6) < 1e-6);
}

/* Warm chilled water: at one lift the work follows Carnot's 1 / T; more lift than the curves know follows the
 * lift. */
void chiller_beyond_its_window_follows_carnot(void **state) {
    (void)state;
    double edge = dh_chiller_carry(vsd, 1e6, 6.1, 1, 10, 25, 0, 5e5).power_w;
    struct dh_chiller_work warm = dh_chiller_carry(vsd, 1e6, 6.1, 1, 20, 35, 0, 5e5);
    assert_true(warm.clamped);
    assert_true(fabs(warm.power_w * (20 + 273.15) / (edge * (10 + 273.15)) - 1) < 1e-12);
    struct dh_chiller_point at = dh_chiller_at(vsd, 1e6, 6.1, 8, vsd->cond_max_degc);
    struct dh_chiller_point hot = dh_chiller_at(vsd, 1e6, 6.1, 8, vsd->cond_max_degc + 6);
    double lift = vsd->cond_max_degc - 8;
    assert_false(at.clamped);
    assert_true(hot.clamped && hot.capacity_w < at.capacity_w);
    assert_true(fabs(hot.full_power_w / hot.capacity_w / (at.full_power_w / at.capacity_w) -
                     (lift + 6) / lift) < 1e-12);
    /* colder condenser water than the curves know saves nothing */
    assert_true(dh_chiller_at(vsd, 1e6, 6.1, 8, 0).full_power_w ==
                dh_chiller_at(vsd, 1e6, 6.1, 8, vsd->cond_min_degc).full_power_w);
}

/* York YCAL0033EE 100.6 kW/3.1 COP of the same library: the dry bulb in place of condenser water, nothing
 * carried away by water. */
void air_cooled_chiller_takes_the_dry_bulb(void **state) {
    (void)state;
    const struct dh_chiller_curves c = {
        .air_cooled = true,
        .ref_w = 100582,
        .cop_ref = 3.1,
        .evap_ref_degc = 6.67,
        .cond_ref_degc = 35.0,
        .plr_min = 0.1,
        .plr_min_unload = 0.1,
        .plr_max = 1.15,
        .evap_min_degc = 4.44,
        .evap_max_degc = 10.0,
        .cond_min_degc = 23.89,
        .cond_max_degc = 51.67,
        .cap = {-0.2660645697,  0.0998714035,  -0.0023814154, 0.0628316481, -0.0009644649, -0.0011249224},
        .eir = {0.1807017787, 0.0271530312, -0.0004553574,              0.0188175079, 0.0002623276, -0.0012881189},
        .plr = {0.0,  1.0,  0.0},
        .cond_w_per_k = 11.32668 * 4186.0,
        .motor = 1.0,
    };
    assert_true(fabs(dh_chiller_published_power_w(&c, c.ref_w, 10, 35, 56246.62449) / 16979.56448 - 1) <
                1e-9);
    struct dh_chiller_work w = dh_chiller_carry(&c, c.ref_w, c.cop_ref, 1, 6.67, 35.0, 0, c.ref_w);
    assert_true(w.condenser_left_degc == 35.0 && fabs(w.power_w / (c.ref_w / 3.1) - 1) < 0.01);
}

void chiller_curves_that_cannot_be_are_named(void **state) {
    (void)state;
    assert_null(dh_chiller_fault(vsd));
    assert_null(dh_chiller_fault(&reformulated));
    struct dh_chiller_curves c = *vsd;
    c.cop_ref = 14; /* Carnot's between 6.67 and 29.44 degC is 12.3 */
    assert_non_null(dh_chiller_fault(&c));
    c = *vsd;
    c.cap[0] = NAN;
    assert_non_null(dh_chiller_fault(&c));
    c = *vsd;
    c.evap_min_degc = 12;
    assert_non_null(dh_chiller_fault(&c));
    c = *vsd;
    c.plr_min = 0;
    assert_non_null(dh_chiller_fault(&c));
    c = *vsd;
    c.eir[0] -= 2;
    assert_non_null(dh_chiller_fault(&c));
}

void chiller_works_harder_for_more_lift(void **state) {
    (void)state;
    for (double te = 4; te <= 30; te += 1.0) {
        double before = 0;
        for (double tc = 5; tc <= 60; tc += 0.5) {
            double power = dh_chiller_carry(vsd, 1e6, 6.1, 4, te, tc, 0, 2e6).power_w;
            assert_true(power >=
                        before * (1 - 1e-3)); /* published curves turn by less than that at their edges */
            before = power;
            /* never better than Carnot's machine between the waters */
            if (tc > te)
                assert_true(2e6 / power <= (te + 273.15) / (tc - te) * (1 + 1e-12));
        }
    }
}

void chiller_gains_nothing_below_its_coldest_useful_water(void **state) {
    (void)state;
    struct dh_chiller_curves eir = *vsd;
    eir.form = DH_CHILLER_EIR;
    for (double evap = 4; evap < 25; evap += 3) { /* beyond the fitted range too: the lift counts */
        double useful = dh_chiller_coldest_useful_degc(&eir, evap, 5);
        double at = dh_chiller_at(&eir, 1e6, 6.1, evap, useful).full_power_w;
        assert_true(fabs(dh_chiller_at(&eir, 1e6, 6.1, evap, useful - 8).full_power_w / at - 1) < 1e-12);
        assert_true(fabs(dh_chiller_at(&eir, 1e6, 6.1, evap, useful + 0.5).full_power_w / at - 1) > 1e-5);
    }
    /* the reformulated form has the water that leaves: 5 K warmer than what enters */
    double useful = dh_chiller_coldest_useful_degc(&reformulated, 8.89, 5);
    double at = dh_chiller_at(&reformulated, 1e6, 6.1, 8.89, useful + 5).full_power_w;
    assert_true(fabs(dh_chiller_at(&reformulated, 1e6, 6.1, 8.89, useful + 4).full_power_w / at - 1) < 1e-12);
    assert_true(fabs(dh_chiller_at(&reformulated, 1e6, 6.1, 8.89, useful + 5.5).full_power_w / at - 1) >
                1e-5);
}

void chillers_share_load_in_the_best_number(void **state) {
    (void)state;
    struct dh_chiller_point p = dh_chiller_at(vsd, 1e6, 6.1, 7, 28);
    int before_running = 0;
    double before = 0;
    for (double load = 1e3; load < 4.1e6; load += 1e3) {
        struct dh_chiller_work w = dh_chiller_carry(vsd, 1e6, 6.1, 4, 7, 28, 0, load);
        /* a full machine hands over to two that are half-way between best and idle: .75 % more */
        assert_true(w.power_w > before && w.power_w - before < 1e3 + 0.008 * before);
        assert_true(w.running >= before_running && w.running <= 4);
        for (int n = 1; n <= 4; n++) { /* no other number draws less */
            if (load > n * p.capacity_w * vsd->plr_max)
                continue;
            double x = load / (n * p.capacity_w), u = x > 0.2 ? x : 0.2;
            double with_n = n * p.full_power_w * (vsd->plr[0] + vsd->plr[1] * u + vsd->plr[2] * u * u) *
                            (x < 0.2 ? x / 0.2 : 1);
            assert_true(w.power_w <= with_n * (1 + 1e-12));
        }
        before = w.power_w;
        before_running = w.running;
    }
    struct dh_chiller_work w = dh_chiller_carry(vsd, 1e6, 6.1, 4, 7, 28, 0, 9e6); /* more than they can */
    assert_true(w.running == 4 && fabs(w.carried_w - w.most_w) < 1e-3 && w.carried_w < 5e6);
    assert_true(dh_chiller_carry(vsd, 1e6, 6.1, 4, 7, 28, 0, 0).power_w == 0);
    assert_true(dh_chiller_carry(vsd, 1e6, 6.1, 0, 7, 28, 0, 1e6).carried_w == 0);
}
