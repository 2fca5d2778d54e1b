/* plant SCENARIO [TIMES]: time of one full plant step of a scenario's first site, its rows of racks TIMES as
 * long: racks, halls, chilled and facility water, clocks. Weather and load change from step to step, as in a
 * run. CSV: name,racks,us_per_step, the best of five by processor time. */
#include "models/plant.h"
#include "models/world.h"
#include "scenarios/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STEPS = 20000, BATCHES = 5 };

static double cpu_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Heat of a rack between a quarter and nine tenths of its rating; every rack moves each step. */
static void load(const struct dh_facility *f, struct dh_state *s, int step) {
    for (int32_t r = 0; r < f->n_rack; r++) {
        int phase = (r * 37 + step) % 512;
        s->rack_heat_w[r] = f->rack_rated_w[r] * (0.25 + 0.65 * (phase < 256 ? phase : 511 - phase) / 255.0);
    }
}

int main(int argc, char **argv) {
    struct dh_scenario_file file = {0};
    struct dh_facility f;
    struct dh_plant plant;
    struct dh_state state;
    struct dh_weather weather = {0};
    if (argc < 2 || dh_scenario_read(&file, argv[1], NULL, NULL) != DH_OK)
        return 1;
    int times = argc > 2 ? atoi(argv[2]) : 1;
    struct dh_site_spec *site = &file.spec.sites[0];
    for (int32_t h = 0; h < site->n_halls; h++)
        for (int32_t i = 0; i < site->halls[h].n_rows; i++)
            site->halls[h].rows[i].count *= times;
    for (int32_t i = 0; i < site->coolings[0].n_chiller_plants; i++)
        site->coolings[0].chiller_plants[i].capacity_w *= times;
    for (int32_t i = 0; i < site->coolings[0].n_liquid_plants; i++)
        site->coolings[0].liquid_plants[i].capacity_w *= times;
    for (int32_t i = 0; i < site->coolings[0].n_cdus; i++)
        site->coolings[0].cdus[i].count *= times;
    if (dh_facility_compile(&f, &file.spec, NULL) != DH_OK || dh_state_init(&state, &f) != DH_OK ||
        dh_plant_init(&plant, &f, NULL) != DH_OK ||
        dh_weather_synthetic(&weather, dh_scenario_climate(&file.spec, site->climate), f.start_unix_s,
                             366 * 86400, NULL) != DH_OK)
        return 1;
    dh_plant_start(&plant, &f, &state);
    for (int32_t r = 0; r < f.n_rack; r++)
        state.rack_clock_frac[r] = 1;
    double best = 0;
    for (int b = 0; b < BATCHES; b++) {
        double spent = 0;
        for (int i = 0; i < STEPS; i++) {
            load(&f, &state, i);
            /* an hour of minutes at a time, spread over the year */
            struct dh_outdoor air =
                dh_weather_at(&weather, dh_time_from_s(94000.0 * (i / 60) + 60.0 * (i % 60)));
            double start = cpu_s();
            if (dh_plant_step(&plant, &f, &state, &air, 60) != DH_OK)
                return 1;
            spent += cpu_s() - start;
        }
        if (b == 0 || spent < best)
            best = spent;
    }
    printf("plant,%d,%.2f\n", (int)f.n_rack, best / STEPS * 1e6);
    return dh_plant_heat_residual(&plant, &f) < 1e-9 ? 0 : 1;
}
