/* From a rack's surroundings to its clock: inlet air and coolant, with their flows -> junctions -> the clock
 * that temperature allows. The plant calls it once in each step, after the loops have their temperatures.
 *
 * A rack stands for its hottest GPU. */
#ifndef DH_MODELS_RACK_HEAT_H
#define DH_MODELS_RACK_HEAT_H

#include "models/facility.h"
#include "models/state.h"

struct dh_rack_chip; /* private */

struct dh_rack_heat {
    /* Given by whoever moves air and coolant, before a step: share of the design flow that reaches each rack.
     * 1 at first; 0: no flow, hence no convection. */
    double *air_flow, *liquid_flow;
    /* Board power at full clock of the hottest GPU that runs in each rack, W. The run writes it whenever a
     * job starts or ends; at first the device's TDP. */
    double *gpu_full_w;
    struct dh_rack_chip *chip; /* f->n_rack */
};

/* Memory comes from the arena. DH_ERR_MEMORY. */
enum dh_err dh_rack_heat_init(struct dh_rack_heat *h, const struct dh_facility *f, struct dh_arena *mem);

/* Writes rack_junction_degc of idle boards and rack_thermal_frac, from rack_inlet_degc and rack_coolant_degc
 * (the inlet where a rack has no cold plates). */
void dh_rack_heat_start(struct dh_rack_heat *h, const struct dh_facility *f, struct dh_state *s);

/* Advances all racks by dt_s > 0. Reads rack_inlet_degc, rack_coolant_degc, rack_clock_frac and what is given
 * above; writes rack_junction_degc and rack_thermal_frac. */
void dh_rack_heat_step(struct dh_rack_heat *h, const struct dh_facility *f, struct dh_state *s, double dt_s);

#endif
