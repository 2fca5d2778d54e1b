/* From a rack's surroundings to its clock: inlet air and coolant, with their flows -> fans -> die and heat
 * sink or cold plate -> junction -> the clock that temperature allows. The plant calls it once in each step,
 * after the loops have their temperatures.
 *
 * A rack stands for its hottest GPU. Its two lumps are advanced in closed form (models/thermal_rc.h). */
#ifndef DH_MODELS_RACK_HEAT_H
#define DH_MODELS_RACK_HEAT_H

#include "models/chip.h"
#include "models/facility.h"
#include "models/state.h"

/* What the hottest GPU of a rack does. */
struct dh_rack_work {
    struct dh_chip_load load;
    double util; /* 0-1 */
    double part; /* its power over that of a nominal part */
};

struct dh_rack_chip; /* private */

struct dh_rack_heat {
    /* Given by whoever moves air and coolant, before a step: share of the flow that fans or pumps are meant
     * to give which reaches each rack. 1 at first; 0: no flow, hence no convection. */
    double *air_flow, *liquid_flow;
    /* Given by the run whenever a job starts or ends: by dh_rack_heat_work. At first a board at its TDP. */
    struct dh_rack_work *work;
    /* What a step leaves: speed of the node fans, and resistance from junction to inlet air or coolant at the
     * present flow (INFINITY without any). */
    double *fan_speed, *k_per_w;
    /* How long the next step may be for junctions that rise to come half way to their highest operating
     * temperature, or 1 K, at their rate of the last step; INFINITY: none rises by more than 1 K a step. */
    double calm_s;
    struct dh_rack_chip *chip; /* f->n_rack */
};

/* Memory comes from the arena. DH_ERR_MEMORY. */
enum dh_err dh_rack_heat_init(struct dh_rack_heat *h, const struct dh_facility *f, struct dh_arena *mem);

/* Writes rack_junction_degc of idle boards and rack_thermal_frac, from rack_inlet_degc and rack_coolant_degc
 * (the inlet where a rack has no cold plates). */
void dh_rack_heat_start(struct dh_rack_heat *h, const struct dh_facility *f, struct dh_state *s);

void dh_rack_heat_work(struct dh_rack_heat *h, int32_t rack, const struct dh_rack_work *work);

/* A rack without power: its boards draw nothing, not even when idle, and wait at full clock. Until it is said
 * otherwise. */
void dh_rack_heat_dark(struct dh_rack_heat *h, struct dh_state *s, int32_t rack, bool dark);

/* Advances all racks by dt_s > 0. Reads rack_inlet_degc, rack_coolant_degc, rack_clock_frac and what is given
 * above; writes rack_junction_degc, rack_thermal_frac, fan_speed and k_per_w. Powers hold over the step, with
 * the leakage of the temperature at its start.
 *
 * Clocks (FACILITY B2): full while the junction stays within the highest operating temperature in the step,
 * else the highest multiple of the clock step for which it does, from the step's start on; up again only to
 * what keeps 1 K below. Software moves a clock by 15 MHz per 100 ms at most. From the slowdown temperature on
 * the clock is halved at once; from the shutdown temperature on the board is off and gives no heat, until its
 * lowest clock would keep 5 K below the highest operating temperature (an assumption). */
void dh_rack_heat_step(struct dh_rack_heat *h, const struct dh_facility *f, struct dh_state *s, double dt_s);

#endif
