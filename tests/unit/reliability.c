/* Closed forms of reliability against exact values (retyped from tables in 12 to 50 digits; all of them:
 * tests/validation/reliability.py). */
#include "models/checkpoint.h"
#include "models/reliability.h"

#include <math.h>

static void about(double value, double expected, double relative) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

void redundant_units_have_their_published_availability(void **state) {
    (void)state;
    static const struct {
        int32_t n, k;
        double a, system, lost;
    } rows[] = {
        {2,  1,  0.99,  0.9999,                 0.0001                  },
        {3,  2,  0.99,  0.999702,               0.000298                },
        {5,  4,  0.999, 0.999990019985004,      9.980014996e-6          },
        {12, 10, 0.98,  0.99846297001658229987, 0.0015370299834177001267},
        {20, 18, 0.999, 0.99999887444236243984, 1.1255576375601593262e-6},
        {6,  4,  0.998, 0.999999840719,         1.59281e-7              }, /* 12 digits of the former */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        about(dh_k_of_n(rows[i].k, rows[i].n, rows[i].a), rows[i].system, 1e-12);
        about(dh_k_of_n_lost(rows[i].k, rows[i].n, rows[i].a), rows[i].lost, i < 5 ? 1e-12 : 1e-5);
    }
    about(dh_availability(50000, 100), 0.998003992016, 1e-12);
    assert_true(dh_availability(7, 0) == 1);
    /* The ends: all units needed, none failing, none working, and more units than exp can count. */
    about(dh_k_of_n(3, 3, 0.9), 0.729, 1e-14);
    assert_true(dh_k_of_n(2, 5, 1) == 1 && dh_k_of_n(2, 5, 0) == 0 && dh_k_of_n_lost(2, 5, 0) == 1);
    about(dh_k_of_n(1, 100000, 1e-5), 0.63212239811, 1e-9); /* 1 - (1 - 1e-5)^1e5 */
}

void repair_crews_make_the_machine_repair_model(void **state) {
    (void)state;
    /* machines, crews, lambda / mu, none down, mean down, at most two down */
    static const double rows[][6] = {
        {2,    1, 0.1,   0.81967213114754098361, 0.19672131147540983607,  1                     },
        {4,    2, 0.01,  0.96097847905032800934, 0.039609726266913905928, 0.99999420529977132652},
        {64,   4, 0.005, 0.72672450680573319565, 0.31843305477976300683,  0.99590326412657677132},
        {1024, 8, 0.001, 0.35933917828065804086, 1.0229787674693611925,   0.9155157342831818207 },
    };
    static double p[1025];
    struct dh_reliability r;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dh_redundant s = {.k = 1,
                                 .n = (int32_t)rows[i][0],
                                 .crews = (int32_t)rows[i][1],
                                 .mtbf_h = 1000,
                                 .mttr_h = 1000 * rows[i][2]};
        assert_int_equal(dh_redundant_solve(&s, p, &r), DH_OK);
        about(p[0], rows[i][3], 1e-13);
        about(r.mean_down, rows[i][4], 1e-12);
        about(p[0] + p[1] + p[2], rows[i][5], 1e-13);
    }
    /* Chillers 3+1 with one crew; generators 5+1 in cold standby. FACILITY D2. */
    struct dh_redundant chillers = {.k = 3, .n = 4, .crews = 1, .mtbf_h = 13140, .mttr_h = 48};
    assert_int_equal(dh_redundant_solve(&chillers, NULL, &r), DH_OK);
    about(r.availability, 0.999841044005, 1e-12);
    about(8760 * r.failures_per_h, 0.0287983018975, 1e-11);
    about(r.up_h, 304136.25, 1e-12);
    about(r.down_h, 48.3519659723, 1e-11);
    struct dh_redundant cold = {.k = 5, .n = 6, .crews = 1, .mtbf_h = 1100, .mttr_h = 24, .cold = true};
    assert_int_equal(dh_redundant_solve(&cold, NULL, &r), DH_OK);
    about(r.availability, 0.988405274356, 1e-11);
    about(r.up_h, 2236.66666667, 1e-11);
    /* As many crews as units: independent units, the binomial. */
    struct dh_redundant free_repair = {.k = 7, .n = 9, .crews = 9, .mtbf_h = 90, .mttr_h = 10};
    assert_int_equal(dh_redundant_solve(&free_repair, NULL, &r), DH_OK);
    about(r.unavailability, dh_k_of_n_lost(7, 9, 0.9), 1e-13);
    /* Repairs of no length. */
    free_repair.mttr_h = 0;
    assert_int_equal(dh_redundant_solve(&free_repair, NULL, &r), DH_OK);
    assert_true(r.availability == 1 && r.failures_per_h == 0);
    /* Many units that are mostly down must not overflow: a million to one. */
    struct dh_redundant many = {.k = 1, .n = 5000, .crews = 1, .mtbf_h = 1, .mttr_h = 1};
    assert_int_equal(dh_redundant_solve(&many, NULL, &r), DH_OK);
    about(r.mean_down, 4999, 1e-12); /* the lone crew is always busy: one repair an hour, one failure */
    many.k = 0;
    assert_int_equal(dh_redundant_solve(&many, NULL, &r), DH_ERR_RANGE);
}

void shared_shocks_dominate_independent_failures(void **state) {
    (void)state;
    struct dh_redundant paths = {.k = 1, .n = 2, .crews = 2, .mtbf_h = 40000, .mttr_h = 12};
    struct dh_reliability alone, shocked;
    double p[3];
    assert_int_equal(dh_redundant_solve(&paths, NULL, &alone), DH_OK);
    about(alone.unavailability, 8.99460242903e-8, 1e-11);
    assert_int_equal(dh_redundant_solve_shocks(&paths, 0, 1, p, &shocked), DH_OK);
    about(shocked.unavailability, alone.unavailability, 1e-12);
    about(shocked.failures_per_h, alone.failures_per_h, 1e-12);
    /* By hand: states 0, 1, 2 down with l, m, and shocks s that take all: p1 m + p2 ... solved on paper,
     * p0 (2l + s) = p1 m, p2 2m = p0 s + p1 (l + s). */
    double l = 1.0 / 40000, m = 1.0 / 12, s = 0.1 * l, p1 = (2 * l + s) / m,
           p2 = (s + p1 * (l + s)) / (2 * m);
    assert_int_equal(dh_redundant_solve_shocks(&paths, s, 1, p, &shocked), DH_OK);
    about(shocked.unavailability, p2 / (1 + p1 + p2), 1e-13);
    about(shocked.failures_per_h, (s + p1 * (l + s)) / (1 + p1 + p2), 1e-13);
    assert_true(shocked.unavailability > 100 * alone.unavailability);
    /* A shock that takes each unit with probability 1 / 2 is for one unit a second, independent cause. */
    struct dh_redundant one = {.k = 1, .n = 1, .crews = 1, .mtbf_h = 100, .mttr_h = 5};
    assert_int_equal(dh_redundant_solve_shocks(&one, 0.02, 0.5, NULL, &shocked), DH_OK);
    about(shocked.availability, 50.0 / 55, 1e-13);
    about(dh_two_paths_lost(1 - dh_availability(40000, 12), 0.05), 1.50766776365e-5, 1e-10);
}

void block_redundancy_is_summed_without_cancellation(void **state) {
    (void)state;
    double u = 12.0 / 40012;
    about(dh_block_redundant_lost(3, u), 1.7985608365e-7, 1e-10);
    about(dh_block_redundant_lost(4, u), 2.2479763155e-7, 1e-10);
    about(dh_block_redundant_lost(6, u), 3.14653773875e-7, 1e-10);
    about(dh_block_redundant_any_lost(6, u), 1.88697905934e-6, 1e-11);
    about(dh_block_redundant_lost_approx(4, u), 2.24784149761e-7, 1e-11);
    about(dh_distributed_any_lost(u), 2.69784121442e-7, 1e-11);
    /* At a large u the form of FACILITY D2 has its digits. */
    double direct = 0.3 * (0.3 + 0.7 * (1 - (1 - pow(0.7, 5)) / (5 * 0.3)));
    about(dh_block_redundant_lost(5, 0.3), direct, 1e-13);
}

void backup_power_reproduces_the_cases_of_reopt(void **state) {
    (void)state;
    about(dh_generators_start(5, 6, 0.995, 0.0094), 0.997026249324, 1e-11);
    about(dh_generators_run(10, 12, 0.995, 0.0094, 1100, 72), 0.940973787634, 1e-11);
    /* NREL/REopt.jl test/runtests.jl: two generators of 1 kW, a battery of which 2 kWh are usable, 1 kWh in
     * it. */
    struct dh_backup a = {.generators = 2,
                          .generator_w = 1000,
                          .available = 1,
                          .mttf_h = 5,
                          .battery_wh = 2000,
                          .battery_w = 1000,
                          .start_wh = 1000,
                          .charge_efficiency = 1,
                          .discharge_efficiency = 1,
                          .bins = 3};
    double load[24] = {1000, 2000, 2000}, p;
    static const double survival[] = {1, 0.8704, 0.557056};
    for (int32_t hours = 1; hours <= 3; hours++) {
        assert_int_equal(dh_backup_survives(&a, load, hours, &p), DH_OK);
        about(p, survival[hours - 1], 1e-14);
    }
    struct dh_backup b = {.generators = 1,
                          .generator_w = 100e3,
                          .available = 0.98,
                          .failure_to_start = 0.1,
                          .mttf_h = 100,
                          .battery_wh = 400e3,
                          .battery_w = 100e3,
                          .start_wh = 400e3,
                          .charge_efficiency = 1,
                          .discharge_efficiency = 1,
                          .bins = 101};
    for (int h = 0; h < 24; h++)
        load[h] = 100e3;
    assert_int_equal(dh_backup_survives(&b, load, 24, &p), DH_OK);
    about(p, 0.721393918961, 1e-11);
    b.start_wh = 500e3;
    assert_int_equal(dh_backup_survives(&b, load, 24, &p), DH_ERR_RANGE);
}

void checkpoint_intervals_are_the_exact_optimum(void **state) {
    (void)state;
    /* MTBF, write, restart; optimum, its wall time per useful time; Young; Daly */
    static const double rows[][7] = {
        {3600,   10,  30,  261.70331270177846427, 1.0874184316088372784, 268.32815729997476357,
         261.70289929955809301                                                                                       },
        {86400,  300, 300, 7001.4043995995362658, 1.0919654281169179835, 7200,                  7001.3888888888888889},
        {604800, 600, 900, 26541.426812058686912, 1.047456446059961014,  26939.933184772377976, NAN                  },
        {7200,   120, 600, 1235.781250017058765,  1.3121096801781844385, 1314.5341380123986723, NAN                  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double *r = rows[i];
        double t = dh_checkpoint_optimum(r[1], r[0]);
        about(t, r[3], 1e-13);
        about(1 / dh_checkpoint_goodput(t, r[1], r[2], r[0]), r[4], 1e-13);
        about(dh_checkpoint_young(r[1], r[0]), r[5], 1e-13);
        if (!isnan(r[6]))
            about(dh_checkpoint_daly(r[1], r[0]), r[6], 1e-13);
    }
    about(dh_lambert_w(-0.2), -0.25917110181907374506, 1e-14); /* w e^w = -0.2 */
    assert_true(fabs(dh_lambert_w(-0.367879441171442321) + 1) < 1e-7);
    assert_true(dh_checkpoint_optimum(0, 100) == 0);
    /* A tiny write: the optimum goes to sqrt(2 C M). */
    about(dh_checkpoint_optimum(1e-9, 1), sqrt(2e-9), 2e-5);
    about(dh_ettr(2048, 0.0065, 0.003472, 0.003472, 0.0003472), 0.846060606061, 2e-4);
}
