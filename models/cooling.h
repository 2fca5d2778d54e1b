/* Private to the cooling models: what plant.c and the cooling_*.c share. Each struct holds what is derived
 * from the scenario once, the temperatures that carry over from step to step, and what one step computes. */
#ifndef DH_MODELS_COOLING_H
#define DH_MODELS_COOLING_H

#include "models/chiller.h"
#include "models/cooling_economizer.h"
#include "models/heat_rejection.h"
#include "models/heat_exchanger.h"
#include "models/makeup.h"
#include "models/plant.h"
#include "models/pump.h"
#include "models/return_water.h"
#include "models/sequence.h"
#include "models/tank.h"
#include "models/two_node.h"

#define DH_CP_WATER_J_PER_KG_K 4186.0
#define DH_WATER_KG_PER_M3     992.0 /* at 40 degC */
/* Lowest flow of variable-speed pumps and fans, as a share of design: an assumption, common in control
 * sequences. */
#define DH_LOWEST_FLOW 0.3

/* A coil or exchanger that could make its air or coolant colder by no more than this asks for colder water:
 * an assumption, as a valve that is 95 % open. */
#define DH_LITTLE_LEFT_K 0.5

/* Less than this is left of a start: rounding. */
#define DH_STARTED_S 1e-6

struct dh_plant_hall {
    /* as built */
    double set_degc, recirculation, bypass, rise_k, capacity_w;
    struct dh_two_node node;
    double other_heat;          /* of lighting and electrical rooms, share of heat_w */
    double rack_air_w_per_k;    /* capacity flow of the air through the racks at design */
    double handler_air_w_per_k; /* and through the air handlers */
    double coil_ua_w_per_k, coil_water_w_per_k;
    double fan_w; /* at design flow */
    int32_t plant;
    bool map;    /* quasi-steady: no heat is stored */
    double held; /* share of the fans' pressure held at any flow */
    bool outdoor_air, outdoor_partial;
    double sensible; /* share of the coil's heat that cools air; the rest dries it */
    struct dh_air_economizer economizer;
    /* carried over */
    double shut_s, outdoor_s;    /* since the dampers shut; time they were open */
    bool partly;                 /* outdoor air ahead of the coil */
    double temp_degc, mass_degc; /* air at the inlets; equipment and walls */
    double supply_degc, return_degc;
    /* of this step */
    double heat_w;  /* from racks */
    double above_k; /* air at the inlets over what its set-point makes of it, at the end of the step */
};

struct dh_plant_cplant {
    double set_degc, capacity_w, design_w_per_k, economizer_k, tower_approach_k, tower_min_degc, cop, cycles;
    double tower_loss; /* of the water for each kelvin; NAN: by the balance of the air */
    double chilled_pump_w, condenser_pump_w; /* at design flow */
    double held;                             /* share of the pumps' pressure held at any flow */
    struct dh_trim_rule reset;               /* of the supply; low = high: none */
    bool tower_reset;
    double tank_m3_per_s; /* that fills it */
    double j_per_k;
    const struct dh_chiller_curves *curves;
    double machine_w;                 /* reference capacity of one chiller */
    double machine_condenser_w_per_k; /* condenser water through one */
    double restart_s;                 /* from power to cooling */
    double least_run_s;               /* between changes of their number */
    struct dh_mode_rule rule;
    int32_t site;
    bool economizer, map, air_cooled, constant_fans, constant_condenser;
    struct dh_heat_rejection rejection;
    struct dh_return_water first; /* what takes heat before economizer and chillers */
    /* carried over */
    double temp_degc;   /* chilled water supplied */
    double return_degc; /* as it comes to economizer and chillers */
    double condenser_degc, fan_speed;
    double clock_s;    /* since the start */
    double starting_s; /* until chillers that lost their power run again */
    struct dh_mode_state mode;
    struct dh_trim_state trim;
    struct dh_tank tank;                               /* volume 0: none */
    double tank_least;                                 /* smallest share of it that was cold */
    int on;                                            /* chillers that run, or ran last */
    double on_most_w;                                  /* what they can carry */
    double staged_s;                                   /* when their number changed */
    double think_s;                                    /* when it is thought over next */
    int64_t n_stage_change, n_stage_told, n_mode_told; /* told: what the ledger has */
    /* of this step */
    int requests;  /* halls and CDUs that need colder water soon */
    double coil_w; /* from the halls */
    double cdu_w;  /* from the CDUs, their pumps included */
    double above_k;
};

struct dh_plant_cdu {
    double set_degc, rated_w, pump_w, held;
    struct dh_plate exchanger; /* coolant is its hot side */
    double j_per_k;            /* of the coolant between racks and exchanger */
    int32_t plant, cplant;     /* facility water or chilled water that takes its heat; -1: not this kind */
    bool constant_speed, map;
    double temp_degc; /* coolant supplied */
    double served;    /* share of the flow that the racks ask for which they get */
    double heat_w;    /* from racks */
    double above_k;
};

struct dh_plant_lplant {
    double capacity_w, design_w_per_k, j_per_k, pump_w, held, fan_w, adiabatic, adiabatic_from_degc, cycles;
    int32_t site;
    struct dh_dry_cooler cooler;
    const struct dh_heat_reuse_spec *reuse; /* NULL: none */
    double temp_degc, return_degc;          /* facility water supplied */
    double fan_speed;
    double set_degc; /* what its CDUs need at this step's heat */
    double heat_w;   /* from the CDUs, their pumps included */
    double cdu_w;    /* of the racks behind them: what the pumps' speed follows */
    double above_k;  /* its coolers at full speed; else 0 */
};

struct dh_plant_rack {
    double share; /* of its heat that goes to the CDU: cold plates and rear door */
    bool plates;  /* its GPUs have cold plates */
    int32_t hall, cdu;
};

/* Power of equal fans or pumps of which `up` (0-1) run, moving `flow` of design together, over that of all at
 * design; controls hold the share `held` of the design pressure. Each runs at flow / up, at most 1. */
double dh_units_frac(double flow, double up, double held);
double dh_cube(double flow);

/* Notes how far a loop's temperature moved. */
static inline void dh_plant_changed(struct dh_plant *p, double by_k) {
    double size = by_k < 0 ? -by_k : by_k;
    if (size > p->last_change_k)
        p->last_change_k = size;
}

/* Units of a kind that work now, as a number and as a share of those installed; 0 where their power is gone.
 */
int32_t dh_plant_up(const struct dh_plant *plant, enum dh_plant_unit unit, int32_t row);
double dh_plant_up_share(const struct dh_plant *plant, enum dh_plant_unit unit, int32_t row);

enum dh_err dh_plant_units_init(struct dh_plant *p, const struct dh_facility *f);
enum dh_err dh_halls_init(struct dh_plant *p, const struct dh_facility *f, struct dh_diag *diag);
enum dh_err dh_cplants_init(struct dh_plant *p, const struct dh_facility *f, struct dh_diag *diag);
enum dh_err dh_cdus_init(struct dh_plant *p, const struct dh_facility *f, struct dh_diag *diag);
enum dh_err dh_lplants_init(struct dh_plant *p, const struct dh_facility *f, struct dh_diag *diag);

/* One part of a step: dt_s seconds, which are `share` of the step; columns of means gain share times their
 * value. */
void dh_hall_step(struct dh_plant *p, struct dh_state *s, int32_t h, const struct dh_outdoor *air,
                  double dt_s, double share);
void dh_cplant_step(struct dh_plant *p, struct dh_state *s, int32_t i, const struct dh_outdoor *air,
                    double dt_s, double share);
void dh_cdu_step(struct dh_plant *p, struct dh_state *s, int32_t i, double dt_s, double share);
void dh_lplant_step(struct dh_plant *p, struct dh_state *s, int32_t i, const struct dh_outdoor *air,
                    double dt_s, double share);

#endif
