/* Cooling: rack heat to hall air and cold plates, to water, to the outdoor air. One call for each plant step.
 *
 *   racks -> hall air -> coils and air handlers -> chilled water -> economizer, chillers -> tower -> air +
 * water racks -> cold plates -> CDU -> facility water -> dry or adiabatic cooler               -> air (+ pad
 * water)
 *   -> inlet and coolant temperatures -> junctions -> the clock that temperature allows
 *
 * Halls, chilled water and facility water each have one thermal mass, advanced in closed form; everything
 * else is quasi-steady. Each mean power of a step follows from its loop's balance, so heat is conserved
 * exactly. */
#ifndef DH_MODELS_PLANT_H
#define DH_MODELS_PLANT_H

#include "models/facility.h"
#include "models/rack_heat.h"
#include "models/state.h"
#include "models/weather.h"
#include "sim/sum.h"

/* What went into, out of and into store in one loop, J, since dh_plant_init. in = out + stored. */
struct dh_loop_ledger {
    struct dh_sum in_j, out_j;
    double stored_j; /* from its temperature now and at the start */
};

/* The same over the whole facility, and where it comes from and goes. */
struct dh_plant_ledger {
    struct dh_sum it_j;       /* heat of all racks */
    struct dh_sum fan_j;      /* air handlers: their power becomes heat of the hall */
    struct dh_sum pump_j;     /* all pumps: their power becomes heat of the water */
    struct dh_sum chiller_j;  /* compressors */
    struct dh_sum rejected_j; /* to the outdoor air, from towers and coolers, without their fans' own power */
    struct dh_sum left_j;     /* left the model, where there is no plant */
    struct dh_sum stored_j;   /* change of what halls and loops hold, summed step by step */
    struct dh_sum cooler_fan_j; /* tower and cooler fans: heats the outdoor air only */
    struct dh_sum makeup_kg, evaporation_kg, drift_kg, blowdown_kg;
    int64_t n_step;
    int64_t n_chiller_clamped; /* steps in which a chiller ran outside the range of its curves */
    int64_t n_short;           /* steps in which a loop missed its set-point */
};

struct dh_plant_hall;
struct dh_plant_cdu;
struct dh_plant_cplant;
struct dh_plant_lplant;
struct dh_plant_rack;

/* Memory of the cooling plants: temperatures of the loops, and what is derived from the scenario once. */
struct dh_plant {
    struct dh_rack_heat rack_heat; /* flows to the racks in, clocks out */

    struct dh_plant_hall *halls;     /* f->n_hall */
    struct dh_plant_cdu *cdus;       /* f->n_cdu */
    struct dh_plant_cplant *cplants; /* f->n_cplant */
    struct dh_plant_lplant *lplants; /* f->n_lplant */
    struct dh_plant_rack *racks;     /* f->n_rack */

    struct dh_loop_ledger *hall_ledger, *cplant_ledger, *lplant_ledger;
    struct dh_plant_ledger ledger;
    struct dh_arena mem; /* owns all of it */
};

/* Loops at their set-points. DH_ERR_MEMORY; DH_ERR_RANGE where a design point is impossible. */
enum dh_err dh_plant_init(struct dh_plant *out, const struct dh_facility *facility, struct dh_diag *diag);
void dh_plant_free(struct dh_plant *plant);

/* Writes the columns of temperatures as they are before the first step (set-points, full clock). */
void dh_plant_start(struct dh_plant *plant, const struct dh_facility *facility, struct dh_state *state);

/* Advances all cooling by dt_s > 0. Reads state->rack_heat_w (mean of the step), state->rack_clock_frac and
 * the outdoor air of each site (site_outdoor[f->n_site]; NULL for sites without plants). Writes the columns
 * of halls, cdus, cplants and lplants, rack_inlet_degc, rack_coolant_degc, rack_junction_degc and
 * rack_thermal_frac. Powers are means of the step, temperatures hold at its end. Steps longer than 60 s are
 * divided. The powers are electrical loads: hall_fan_w at hall_stage, cdu_pump_w at cdu_stage,
 * cplant_chiller_w + cplant_pump_w + cplant_fan_w at cplant_stage, lplant_fan_w + lplant_pump_w at
 * lplant_stage. */
enum dh_err dh_plant_step(struct dh_plant *plant, const struct dh_facility *facility, struct dh_state *state,
                          const struct dh_outdoor *site_outdoor, double dt_s);

/* Largest imbalance of all ledgers, relative to the larger side: heat, and water. For the audit. */
double dh_plant_heat_residual(const struct dh_plant *plant, const struct dh_facility *facility);
double dh_plant_water_residual(const struct dh_plant *plant);

#endif
