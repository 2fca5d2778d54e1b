/* Cooling: rack heat to hall air and cold plates, to water, to the outdoor air. One call for each plant step.
 *
 *   racks -> hall air -> coils and air handlers -> chilled water -> economizer, chillers -> tower -> air +
 * water racks -> cold plates -> CDU -> facility water -> dry or adiabatic cooler               -> air (+ pad
 * water)
 *   -> inlet and coolant temperatures -> junctions -> the clock that temperature allows
 *
 * Hall air and the equipment in it, chilled water, the coolant of CDUs and facility water are thermal masses,
 * advanced in closed form, so that a step may have any length; everything else is quasi-steady. Each mean
 * power of a step follows from its loop's balance, so heat is conserved exactly. Equipment may break or lose
 * its power at any instant: what does not work moves no air or water and takes no heat. */
#ifndef DH_MODELS_PLANT_H
#define DH_MODELS_PLANT_H

#include "models/facility.h"
#include "models/rack_heat.h"
#include "models/state.h"
#include "models/weather.h"
#include "sim/sum.h"

/* What went into, out of and into store in one loop, J, since dh_plant_init. in = out + stored. */
struct dh_loop_ledger {
    struct dh_sum in_j, out_j, stored_j;
};

/* The same over the whole facility, and where it comes from and goes. */
struct dh_plant_ledger {
    struct dh_sum it_j;       /* heat of all racks */
    struct dh_sum other_j;    /* lighting and electrical rooms, into the halls' air */
    struct dh_sum fan_j;      /* air handlers: their power becomes heat of the hall */
    struct dh_sum pump_j;     /* all pumps: their power becomes heat of the water */
    struct dh_sum chiller_j;  /* compressors */
    struct dh_sum rejected_j; /* to the outdoor air, from towers and coolers, without their fans' own power */
    struct dh_sum dry_j;      /* of that by dry coolers ahead of economizers */
    struct dh_sum reused_j;   /* taken for use elsewhere */
    struct dh_sum left_j;     /* left the model, where there is no plant */
    struct dh_sum stored_j;   /* change of what halls and loops hold, summed step by step */
    struct dh_sum cooler_fan_j; /* tower and cooler fans: heats the outdoor air only */
    struct dh_sum makeup_kg, evaporation_kg, drift_kg, blowdown_kg;
    double mode_s[3];       /* free cooling, partly free, chillers alone: added over chilled-water plants */
    int64_t n_mode_change;  /* of their economizers */
    int64_t n_stage_change; /* of the number of chillers that run */
    int64_t n_step;
    struct dh_sum
        chiller_clamped_s; /* in which chillers ran outside the range of their curves, over all plants */
    int64_t n_short;       /* steps in which a loop missed its set-point */
};

/* Equipment that breaks, or loses its power, in groups of equal units. The row is that of its hall, CDU
 * group, chilled-water or facility-water plant. */
enum dh_plant_unit {
    DH_UNIT_CHILLER,        /* cplant */
    DH_UNIT_TOWER_CELL,     /* cplant */
    DH_UNIT_CHILLED_PUMP,   /* cplant */
    DH_UNIT_CONDENSER_PUMP, /* cplant */
    DH_UNIT_AIR_HANDLER,    /* hall */
    DH_UNIT_CDU_PUMP,       /* cdu: one set of pumps, with its exchanger, for each CDU of the group */
    DH_UNIT_COOLER,         /* lplant: dry or adiabatic coolers */
    DH_UNIT_FACILITY_PUMP,  /* lplant */
    DH_N_PLANT_UNIT
};

struct dh_plant_units {
    int32_t installed, up; /* up: not broken */
    bool live;             /* its feed has power */
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

    struct dh_plant_units *units[DH_N_PLANT_UNIT]; /* a row for each hall, CDU group or plant */
    int32_t n_unit_row[DH_N_PLANT_UNIT];

    struct dh_loop_ledger *hall_ledger, *cplant_ledger, *cdu_ledger, *lplant_ledger;
    struct dh_plant_ledger ledger;
    bool all_map;         /* every site's cooling is quasi-steady */
    double last_change_k; /* largest of a loop temperature in the last step */
    struct dh_arena mem;  /* owns all of it */
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
 * divided. The powers are electrical loads of halls, CDUs, chilled-water plants (cplant_chiller_w +
 * cplant_pump_w + cplant_fan_w) and facility-water plants (lplant_fan_w + lplant_pump_w) at their feeds. */
enum dh_err dh_plant_step(struct dh_plant *plant, const struct dh_facility *facility, struct dh_state *state,
                          const struct dh_outdoor *site_outdoor, double dt_s);

/* From the next step on n_up of the installed units work (0 .. installed, clamped), or the whole group has
 * power or none. Of broken units the others carry the load as far as they can; chillers without power start
 * over when it is back (chiller-restart). Call dh_plant_step up to this instant first. Returns whether
 * anything changed. In a run: dh_world_plant_units and dh_world_plant_live, which do both. */
bool dh_plant_set_units(struct dh_plant *plant, enum dh_plant_unit unit, int32_t row, int32_t n_up);
bool dh_plant_set_live(struct dh_plant *plant, enum dh_plant_unit unit, int32_t row, bool live);
/* How many the row has; 0 where there is no such row. */
int32_t dh_plant_installed(const struct dh_plant *plant, enum dh_plant_unit unit, int32_t row);

/* How long the next step of a disturbed plant may be after one of last_s: twice as long, but short enough
 * that no loop (hall air, chilled water, coolant, facility water) changes by more than 1 K at its last rate
 * and no GPU passes its highest operating temperature unseen,
 * and that it ends where chillers start again; at least 1 s. */
double dh_plant_next_step_s(const struct dh_plant *plant, const struct dh_facility *facility, double last_s);

/* All that cools, one row after another: halls, CDU groups, chilled-water plants, facility-water plants. How
 * far what it supplies was above its set-point at the end of the last step, K; 0 or less: it holds it, or
 * means to be above (an economizer within its band). */
int32_t dh_plant_n_cooling(const struct dh_facility *facility);
double dh_plant_above_k(const struct dh_plant *plant, const struct dh_facility *facility, int32_t row);
/* And the electric power that it draws at its design heat, W: chillers at their reference efficiency. */
double dh_plant_design_w(const struct dh_plant *plant, const struct dh_facility *facility, int32_t row);
const char *dh_plant_cooling_name(const struct dh_facility *facility, int32_t row);

/* Supply set-point of a row of what cools, degC: of a chilled-water plant the lowest of its reset, of a
 * facility-water plant that of its CDUs. A new one holds from the next step on; a reset's range moves along.
 * The set-points of CDUs on chilled water stay as they are when that of the plant changes. */
double dh_plant_supply(const struct dh_plant *plant, const struct dh_facility *facility, int32_t row);
void dh_plant_set_supply(struct dh_plant *plant, const struct dh_facility *facility, int32_t row,
                         double degc);

/* Least share of any tank of chilled water that was cold so far; NAN without one. */
double dh_plant_tank_least(const struct dh_plant *plant, const struct dh_facility *facility);

/* Largest imbalance of all ledgers, relative to the larger side: heat, and water. For the audit. */
double dh_plant_heat_residual(const struct dh_plant *plant, const struct dh_facility *facility);
double dh_plant_water_residual(const struct dh_plant *plant);

#endif
