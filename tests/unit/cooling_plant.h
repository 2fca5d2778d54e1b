/* A small facility written down by hand, for tests and benches of the cooling models: one site, one hall,
 * racks of which some are air-cooled and some cold-plated, a chilled-water plant, a CDU group and a dry
 * cooler. */
#ifndef DH_TESTS_COOLING_PLANT_H
#define DH_TESTS_COOLING_PLANT_H

#include "models/plant.h"

enum { PLANT_MAX_RACKS = 400 };

struct small_plant {
    struct dh_facility f;
    struct dh_state s;
    struct dh_plant p;
    struct dh_outdoor air;
    /* what the facility's columns point to */
    struct dh_hall_spec hall;
    struct dh_cdu_spec cdu;
    struct dh_chiller_plant_spec cplant;
    struct dh_liquid_plant_spec lplant;
    struct dh_device_spec device;
    const struct dh_hall_spec *hall_spec[1];
    const struct dh_cdu_spec *cdu_spec[1];
    const struct dh_chiller_plant_spec *cplant_spec[1];
    const struct dh_liquid_plant_spec *lplant_spec[1];
    const struct dh_device_spec *device_spec[1];
    int32_t zero[1], none[1], rack_hall[PLANT_MAX_RACKS], rack_cdu[PLANT_MAX_RACKS],
        rack_device[PLANT_MAX_RACKS];
    double rack_liquid_share[PLANT_MAX_RACKS], rack_door_share[PLANT_MAX_RACKS];
    double rack_fan_max_w[PLANT_MAX_RACKS], rack_fan_min_share[PLANT_MAX_RACKS]; /* max 0: no node fans */
    double hall_air_capacity_w[1], hall_air_j_per_k[1], hall_mass_j_per_k[1], hall_mass_w_per_k[1],
        cdu_rated_w[1], altitude[1];
};

/* n_air racks of air_w and n_liquid racks of liquid_w each (85 % of it to cold plates), plants sized for
 * them, all defaults of the scenario language. Loads start at full; outdoor air at dry/wet bulb. Change specs
 * in x before dh_plant_init, or give hook. Asserts on failure. */
void small_plant_make(struct small_plant *x, int n_air, double air_w, int n_liquid, double liquid_w,
                      void (*hook)(struct small_plant *x));
void small_plant_free(struct small_plant *x);
void small_plant_outdoor(struct small_plant *x, double dry_degc, double wet_degc);
void small_plant_load(struct small_plant *x, double share); /* of the racks' full heat */
/* Runs n steps of dt_s. */
void small_plant_run(struct small_plant *x, int n, double dt_s);
/* (IT + all mechanical power) / IT of the last step. */
double small_plant_pue(const struct small_plant *x);

/* The rack's hottest GPU draws full_w at full clock, all above idle by switching. */
void small_plant_board(struct small_plant *x, int32_t rack, double full_w);

#endif
