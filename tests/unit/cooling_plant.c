#include "tests/unit/cooling_plant.h"

#include <math.h>

#include "models/psychro.h"

#include <stdlib.h>
#include <string.h>

static double full_w[PLANT_MAX_RACKS];

void small_plant_outdoor(struct small_plant *x, double dry_degc, double wet_degc) {
    x->air = (struct dh_outdoor){.dry_bulb_degc = dry_degc, .wet_bulb_degc = wet_degc, .pressure_pa = 101325};
    x->air.humidity_kg_per_kg = dh_psy_humidity_from_wet_bulb(dry_degc, wet_degc, 101325);
}

void small_plant_load(struct small_plant *x, double share) {
    for (int32_t r = 0; r < x->f.n_rack; r++)
        x->s.rack_heat_w[r] = full_w[r] * share;
}

void small_plant_make(struct small_plant *x, int n_air, double air_w, int n_liquid, double liquid_w,
                      void (*hook)(struct small_plant *x)) {
    memset(x, 0, sizeof *x);
    double to_air = n_air * air_w + 0.15 * n_liquid * liquid_w, to_liquid = 0.85 * n_liquid * liquid_w;
    x->hall = (struct dh_hall_spec){.id = "hall",
                                    .supply_degc = 24,
                                    .recirculation = 0.04,
                                    .bypass = 0.10,
                                    .air_rise_k = 14,
                                    .coil_approach_k = 5,
                                    .air_handlers = 10,
                                    .sensible = 1,
                                    .fan_pressure_pa = 500,
                                    .fan_efficiency = 0.65};
    x->cplant = (struct dh_chiller_plant_spec){.id = "chilled",
                                               .capacity_w = 1.2 * to_air,
                                               .chillers = 4,
                                               .chiller_restart_s = 180,
                                               .chiller_run_s = 900,
                                               .economizer_enable_k = 1.1,
                                               .chiller_on_k = 1.1,
                                               .chiller_off_k = 0.5,
                                               .mode_least_s = 1200,
                                               .cop = 6.1,
                                               .supply_degc = 15,
                                               .range_k = 8,
                                               .economizer_k = 2,
                                               .economizer = true,
                                               .tower_approach_k = 3.9,
                                               .tower_range_k = 5.5,
                                               .tower_wet_bulb_degc = 25.6,
                                               .tower_fan_share = 0.0105,
                                               .tower_min_degc = 12,
                                               .tower_loss = NAN,
                                               .highest_degc = NAN,
                                               .pressure_held = 0.3,
                                               .pump_head_pa = 250e3,
                                               .pump_efficiency = 0.7,
                                               .cycles = 4,
                                               .drift = 1e-5};
    x->lplant = (struct dh_liquid_plant_spec){.id = "liquid",
                                              .capacity_w = 1.1 * (to_liquid > 0 ? to_liquid : 1e5),
                                              .supply_degc = 45,
                                              .range_k = 10,
                                              .cdu_approach_k = 4,
                                              .cooler_approach_k = 5,
                                              .fan_share = 0.04,
                                              .adiabatic_from_degc = 22,
                                              .cycles = 4,
                                              .pump_share = 0.01,
                                              .pressure_held = 0.3,
                                              .coolers = 4,
                                              .pumps = 2,
                                              .volume_m3 = 20};
    x->cdu = (struct dh_cdu_spec){.id = "cdu",
                                  .count = 2,
                                  .pump_w = 0.005 * to_liquid,
                                  .pump_control = DH_PUMP_VARIABLE,
                                  .fluid = DH_FLUID_PG25};
    x->device = (struct dh_device_spec){.id = "gpu",
                                        .idle_w = 100,
                                        .tdp_w = 700,
                                        .cap_held = 1,
                                        .clock_max_hz = 1980e6,
                                        .clock_min_hz = 345e6,
                                        .clock_step_hz = 15e6,
                                        .clock_knee = 0.6,
                                        .voltage_min = 0.7,
                                        .throttle_degc = 87,
                                        .slowdown_degc = 89,
                                        .shutdown_degc = 92,
                                        .leakage_per_k = 0.0125,
                                        .leakage_degc = 60,
                                        .units_w = NAN,
                                        .memory_clock_hz = NAN,
                                        .conduction = 0.4,
                                        .die_j_per_k = 100,
                                        .sink_j_per_k = 1150,
                                        .plate_j_per_k = 225,
                                        .air_k_per_w = 0.055,
                                        .liquid_k_per_w = 0.028};
    x->hall_spec[0] = &x->hall;
    x->cdu_spec[0] = &x->cdu;
    x->cplant_spec[0] = &x->cplant;
    x->lplant_spec[0] = &x->lplant;
    x->device_spec[0] = &x->device;
    x->hall_air_capacity_w[0] = 1.1 * to_air;
    x->hall_air_j_per_k[0] = 2.37416 * to_air;
    x->hall_mass_j_per_k[0] = 36.0 * to_air;
    x->hall_mass_w_per_k[0] = 0.06 * to_air;
    x->cdu_rated_w[0] = 1.1 * to_liquid;
    x->f.n_facility = x->f.n_queue = x->f.n_cost = 1;
    x->f.n_site = x->f.n_hall = x->f.n_cdu = x->f.n_cplant = x->f.n_lplant = x->f.n_device = 1;
    x->f.n_rack = n_air + n_liquid;
    if (x->f.n_rack > PLANT_MAX_RACKS)
        abort();
    for (int32_t r = 0; r < x->f.n_rack; r++) {
        x->rack_cdu[r] = r < n_air ? -1 : 0;
        x->rack_fan_min_share[r] = 0.3;
        x->rack_liquid_share[r] = r < n_air ? 0.0 : 0.85;
        full_w[r] = r < n_air ? air_w : liquid_w;
    }
    x->f.hall_spec = x->hall_spec;
    x->f.cdu_spec = x->cdu_spec;
    x->f.cplant_spec = x->cplant_spec;
    x->f.lplant_spec = x->lplant_spec;
    x->f.device_spec = x->device_spec;
    x->f.site_altitude_m = x->altitude;
    x->f.rack_hall = x->rack_hall;
    x->f.rack_cdu = x->rack_cdu;
    x->f.rack_device = x->rack_device;
    x->f.rack_site = x->rack_device;
    x->f.rack_fan_max_w = x->rack_fan_max_w;
    x->f.rack_fan_min_share = x->rack_fan_min_share;
    x->f.rack_liquid_share = x->rack_liquid_share;
    x->f.rack_door_share = x->rack_door_share;
    x->f.hall_site = x->f.cdu_site = x->f.cplant_site = x->f.lplant_site = x->zero;
    x->f.hall_plant = x->f.cdu_plant = x->f.site_map = x->zero;
    x->f.cdu_cplant = x->none;
    x->none[0] = -1;
    x->f.hall_air_capacity_w = x->hall_air_capacity_w;
    x->f.hall_air_j_per_k = x->hall_air_j_per_k;
    x->f.hall_mass_j_per_k = x->hall_mass_j_per_k;
    x->f.hall_mass_w_per_k = x->hall_mass_w_per_k;
    x->f.cdu_rated_w = x->cdu_rated_w;
    small_plant_outdoor(x, 20, 15);
    if (hook)
        hook(x);
    if (dh_state_init(&x->s, &x->f) != DH_OK || dh_plant_init(&x->p, &x->f, NULL) != DH_OK)
        abort();
    dh_plant_start(&x->p, &x->f, &x->s);
    for (int32_t r = 0; r < x->f.n_rack; r++)
        x->s.rack_clock_frac[r] = 1.0;
    small_plant_load(x, 1.0);
}

void small_plant_free(struct small_plant *x) {
    dh_plant_free(&x->p);
    dh_state_free(&x->s);
}

void small_plant_run(struct small_plant *x, int n, double dt_s) {
    for (int i = 0; i < n; i++)
        if (dh_plant_step(&x->p, &x->f, &x->s, &x->air, dt_s) != DH_OK)
            abort();
}

double small_plant_pue(const struct small_plant *x) {
    const struct dh_state *s = &x->s;
    double it = 0;
    for (int32_t r = 0; r < x->f.n_rack; r++)
        it += s->rack_heat_w[r];
    return 1.0 + (s->hall_fan_w[0] + s->cdu_pump_w[0] + s->cplant_chiller_w[0] + s->cplant_pump_w[0] +
                  s->cplant_fan_w[0] + s->lplant_fan_w[0] + s->lplant_pump_w[0]) /
                     it;
}

void small_plant_board(struct small_plant *x, int32_t rack, double board_w) {
    struct dh_rack_work work = {.load = dh_chip_load_none(&x->device), .util = 1, .part = 1};
    work.load.switching_w = board_w - x->device.idle_w;
    dh_rack_heat_work(&x->p.rack_heat, rack, &work);
}
