/* Sun, panels, batteries, turbines: each against an answer known without the code. */
#include "models/battery.h"
#include "models/finance.h"
#include "models/pv.h"
#include "models/turbine.h"

#include <math.h>

static void about(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.12g instead of %.12g", value, expected);
}

void the_sun_stands_where_the_almanac_says(void **state) {
    (void)state;
    /* NREL/TP-560-34302, example: Golden, 2003-10-17 12:30:30 -7 h. */
    struct dh_place_on_earth golden = {39.742476, -105.1786, 1830.14, 82000, 11};
    struct dh_sun_direction sun = dh_sun_direction(&golden, 1066419030);
    about(dh_sun_zenith_deg(&sun), 50.11162, 1e-4);
    about(dh_sun_azimuth_deg(&sun), 194.34024, 1e-4);
    about(sun.east * sun.east + sun.north * sun.north + sun.up * sun.up, 1, 1e-12);
    /* March equinox 2025, 20 March 09:01:30 UT: the sun crosses the equator; seen from the pole it lies on
     * the horizon, lifted by half a degree of refraction. */
    struct dh_place_on_earth pole = {90, 0, 0, 101000, 10};
    sun = dh_sun_direction(&pole, 1742461290);
    about(dh_sun_zenith_deg(&sun), 90 - 0.48, 0.03);
    about(sun.distance_au, 0.996, 0.001);
}

static const struct dh_pv_array flat = {
    .dc_w = 1000, .ac_w = 1e6, .losses = 0, .inverter = 0.96, .per_k = 0, .albedo = 0.2, .ground_cover = 0.4};

void panels_see_what_geometry_says(void **state) {
    (void)state;
    struct dh_sun light = {.global_w_per_m2 = 500, .direct_w_per_m2 = 800, .diffuse_w_per_m2 = 100};
    struct dh_sun_direction sun = {0, 0.8, 0.6, 1}; /* in the north */
    /* Level: beam x 0.6, and all of the sky, the ring around the sun at its own angle: nothing changes. */
    about(dh_pv_plane_w_per_m2(&flat, &sun, &light), 800 * 0.6 + 100, 1e-9);
    struct dh_pv_array wall = flat; /* facing north: beam x 0.8, half the sky, half the ground */
    wall.tilt_deg = 90;
    light.direct_w_per_m2 = 0;
    about(dh_pv_plane_w_per_m2(&wall, &sun, &light), 50 + 500 * 0.2 / 2, 1e-9);
    light.direct_w_per_m2 = 800;
    wall.azimuth_deg = 180; /* facing away: no beam, no ring */
    about(dh_pv_plane_w_per_m2(&wall, &sun, &light), 100 * (1 - 800 / 1366.1) / 2 + 50, 1e-9);
    /* A tracker under a sun in the east at 45 degrees faces it; lower, it turns back so that rows do not
     * shade. */
    struct dh_pv_array tracker = flat;
    tracker.mount = DH_PV_TRACKED;
    tracker.albedo = 0;
    light.diffuse_w_per_m2 = 0;
    about(dh_pv_plane_w_per_m2(&tracker, &(struct dh_sun_direction){sqrt(0.5), 0, sqrt(0.5), 1}, &light), 800,
          1e-9);
    double low = sqrt(1 - 0.04),
           seen = dh_pv_plane_w_per_m2(&tracker, &(struct dh_sun_direction){low, 0, 0.2, 1}, &light);
    about(seen, 800 * 0.2 / 0.4,
          1e-9); /* all the light between two rows: cos of elevation over ground cover */
    about(dh_pv_inverter_w(2000, 1000, 0.96), 960, 0);
    about(dh_pv_dc_w(1000, -0.0035, 800, 50), 730, 1e-9);
}

void a_clear_sky_splits_into_beam_and_sky(void **state) {
    (void)state;
    struct dh_sun_direction sun = {0.6, 0, 0.8, 1};
    struct dh_sun s = dh_pv_assumed_sun(&sun, 1);
    about(s.global_w_per_m2, 1098 * 0.8 * exp(-0.059 / 0.8), 1e-9);
    about(s.direct_w_per_m2 * 0.8 + s.diffuse_w_per_m2, s.global_w_per_m2, 1e-9);
    assert_true(s.diffuse_w_per_m2 < 0.3 * s.global_w_per_m2);
    assert_true(dh_pv_assumed_sun(&sun, 0.2).direct_w_per_m2 < 20);
    assert_true(dh_pv_assumed_sun(&(struct dh_sun_direction){1, 0, -0.1, 1}, 1).global_w_per_m2 == 0);
}

void a_battery_gives_back_what_its_efficiencies_leave(void **state) {
    (void)state;
    struct dh_battery b = {.capacity_j = 3.6e9, /* 1 MWh */
                           .charge_w = 5e5,
                           .discharge_w = 5e5,
                           .charge_share = 0.9,
                           .discharge_share = 0.8,
                           .soc_min = 0.2,
                           .soc_max = 1,
                           .stored_j = 0.2 * 3.6e9};
    about(dh_battery_can_give_w(&b, 3600), 0, 0);
    about(dh_battery_can_take_w(&b, 3600), 5e5, 0);
    b.stored_j = dh_battery_after_j(&b, -5e5, 3600);
    about(b.stored_j / 3.6e9, 0.2 + 0.45, 1e-12);
    about(dh_battery_lasts_s(&b, 3.6e5), 3600, 1e-9); /* 0.45 MWh x 0.8 */
    about(dh_battery_can_give_w(&b, 7200), 1.8e5, 1e-6);
    b.stored_j = dh_battery_after_j(&b, 3.6e5, 3600);
    about(b.stored_j / 3.6e9, 0.2, 1e-12);
}

void wells_voltage_and_cycles_of_batteries_are_exact(void **state) {
    (void)state;
    struct dh_kibam q =
        dh_kibam_after((struct dh_kibam){62, 38}, 0.5, 0.62, 30, 0.5); /* from ref_battery.csv */
    about(q.available_ah, 47.65665785, 1e-8);
    about(q.bound_ah, 37.34334215, 1e-8);
    about(q.available_ah + q.bound_ah, 100 - 15, 1e-12); /* no charge is lost between the wells */
    /* At rest on its curve's current: the fresh cell has its full voltage, and the nominal point is met. */
    struct dh_battery_cell cell = {4.1, 4.05, 3.4, 2.25, 0.04, 2, 0.001, 1};
    about(dh_cell_voltage_v(&cell, 0, 1), 4.1, 1e-12);
    about(dh_cell_voltage_v(&cell, 2, 1), 3.4, 1e-12);
    about(dh_cell_voltage_v(&cell, 1, 3), dh_cell_voltage_v(&cell, 1, 1) - 0.002, 1e-12);
    /* ASTM E1049-85, figure 6: ranges 3, 4 x 1.5, 6, 8 x 1, 9 with halves. */
    double history[] = {-2, 1, -3, 5, -1, 3, -4, 4, -2};
    about(dh_battery_rainflow(history, 9, 1), 23, 1e-12);
    double again[] = {-2, 1, -3, 5, -1, 3, -4, 4, -2};
    about(dh_battery_rainflow(again, 9, 2), 151, 1e-12);
    double ramp[] = {0, 0.25, 0.5, 1, 0.5, 0.5, 0};
    about(dh_battery_rainflow(ramp, 7, 1), 1, 1e-12); /* one full cycle */
    about(dh_battery_fade(1, 0), 1.16e-3, 1e-15);
}

void a_turbine_burns_more_for_less_and_loses_in_heat(void **state) {
    (void)state;
    struct dh_turbine t = {20e6, 0.332, 0.18, 0.5, 0.007};
    about(dh_turbine_fuel_w(&t, 20e6), 20e6 / 0.332, 1e-3);
    about(dh_turbine_fuel_w(&t, 10e6) / 10e6, (0.82 + 0.36) / 0.332, 1e-9);
    about(dh_turbine_available_w(&t, 35), 20e6 * 0.86, 1e-3);
    about(dh_turbine_available_w(&t, -10), 20e6, 0);
    about(dh_turbine_power_w(&t, 4e6, 15), 0, 0);
    about(dh_turbine_power_w(&t, 6e6, 15), 10e6, 0);
    about(dh_turbine_power_w(&t, 30e6, 35), 17.2e6, 1e-3);
}

void tax_schedules_and_residuals_add_up(void **state) {
    (void)state;
    about(dh_finance_declining(0.3, 2), 0.49, 1e-15);
    struct dh_gpu_cost free_money = {.it = 8760 * 4,
                                     .it_years = 4,
                                     .network_years = 1,
                                     .facility_years = 1,
                                     .kw = 1,
                                     .pue = 1.5,
                                     .load_factor = 0.5,
                                     .energy_per_kwh = 0.1,
                                     .used = 0.5,
                                     .goodput = 0.8};
    struct dh_gpu_hour hour = dh_finance_gpu_hour(&free_money);
    about(hour.owned, 1 + 0.075, 1e-12);
    about(hour.energy, 0.075, 1e-12);
    about(hour.utilised, 1.075 / 0.4, 1e-12);
}
