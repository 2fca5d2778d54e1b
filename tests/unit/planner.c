/* What to build in closed form: a few exact values each (all of them, and exhaustive searches:
 * tests/validation/planner.py). */
#include "models/peak_battery.h"
#include "models/reliability.h"
#include "sim/api/reserve.h"
#include "models/staffing.h"

#include <math.h>

static void about(double value, double expected, double relative) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

void least_servers_meet_their_limit_and_one_less_does_not(void **state) {
    (void)state;
    about(dh_erlang_b(2, 1.5), 0.31034482758620689655, 1e-14);
    about(dh_queue_figures(2, 1.5, -1).waits, 0.64285714285714285714, 1e-14);
    about(dh_queue_figures(8, 8, 12).blocked, 0.061557334049698793059, 1e-13);
    assert_true(dh_erlang_b(1000000, 1) == 0);
    static const double limits[] = {0.5, 0.1, 0.001, 1e-9};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        for (double a = 0.5; a < 2000; a *= 3) {
            struct dh_staffing waits = {a, -1, NAN, limits[i], NAN, NAN, NAN},
                               lost = {a, 0, limits[i], NAN, NAN, NAN, NAN},
                               late = {a, -1, NAN, NAN, NAN, 0.25, limits[i]};
            const struct dh_staffing *all[] = {&waits, &lost, &late};
            for (int k = 0; k < 3; k++) {
                int32_t n = dh_staffing_least(all[k]);
                assert_true(dh_staffing_meets(all[k], n));
                assert_false(n > 1 && n - 1 > a && dh_staffing_meets(all[k], n - 1));
            }
            assert_true(dh_staffing_least(&late) <= dh_staffing_least(&waits));
        }
}

void least_units_reach_the_wanted_availability(void **state) {
    (void)state;
    assert_int_equal(dh_k_of_n_least(3, 0.995, 0.000149001875 * (1 + 1e-12)), 4);
    assert_int_equal(dh_k_of_n_least(10, 1, 0), 10);
    assert_int_equal(dh_k_of_n_least(1, 0.9, 1e-7 * (1 + 1e-9)), 7);
    assert_int_equal(dh_k_of_n_least(1, 0, 0.5), 0);
}

void what_pays_to_own_is_where_renting_costs_as_much(void **state) {
    (void)state;
    static const double values[] = {10, 20, 30}, chances[] = {0.5, 0.3, 0.2};
    struct dh_demand d = {DH_DEMAND_DISCRETE, 0, 0, values, chances, 3};
    /* P(D > 10) = 0.5, P(D > 20) = 0.2: 20 from 0.2 up to below 0.5 */
    assert_true(dh_reserve_best(&d, 3, 10, false) == 20 && dh_reserve_best(&d, 2, 10, false) == 20);
    assert_true(dh_reserve_best(&d, 1.9, 10, false) == 30 && dh_reserve_best(&d, 5, 10, false) == 10);
    assert_true(dh_reserve_best(&d, 10, 10, false) == 0 && dh_reserve_best(&d, 9.9, 10, false) == 10);
    about(dh_reserve_cost(&d, 3, 10, 20), 60 + 10 * 0.2 * 10, 1e-15);
    /* Two gamma phases of mean 50 each: P(D > q) = (1 + q / 50) exp(-q / 50), E = (100 + q) exp(-q / 50) */
    struct dh_demand g = {DH_DEMAND_GAMMA, 100, 100 / sqrt(2), NULL, NULL, 0};
    double q = dh_reserve_best(&g, 0.1, 1, false);
    about((1 + q / 50) * exp(-q / 50), 0.1, 1e-13);
    about(dh_demand_excess(&g, q), (100 + q) * exp(-q / 50), 1e-12);
    assert_true(fabs(dh_reserve_best(&g, 0.1, 1, true) - q) < 1);
}

void a_battery_for_a_day_is_as_by_hand(void **state) {
    (void)state;
    static const double load[] = {1e6, 3e6, 1e6}, lasts[] = {36000, 14400, 36000};
    struct dh_peak_load day = {load, lasts, 3, 0.9, 0.8, INFINITY};
    about(dh_peak_for_level(&day, 2e6).held_j, 1e6 * 14400 / 0.8, 1e-14);
    /* balance: (3 - x) 4 h / 0.8 = (x - 1) 20 h 0.9 */
    about(dh_peak_lowest_w(&day), 33.0 / 23 * 1e6, 1e-14);
    about(dh_peak_with(&day, 1e6 * 14400 / 0.8, 5e6), 2e6, 1e-14);
    about(dh_peak_with(&day, 1e12, 0.5e6), 2.5e6, 1e-14); /* the converter binds */
    day.charge_w = 1e5;                                   /* 20 h of 90 kW: 1.8 MWh, 1.44 out, 360 kW */
    about(dh_peak_lowest_w(&day), 3e6 - 0.36e6, 1e-14);
    assert_true(dh_peak_best(&day, 1, 2, 0).level_w == 3e6);
    assert_int_equal(dh_ride_through_strings(50000, 480, 3456, 20, 1, 25), 4);
}
