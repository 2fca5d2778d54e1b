/* Control sequences of a water plant, as functions of what is measured: when the water-side economizer
 * carries how much, when chillers join, what the condenser water aims at, how set-points follow requests
 * (FACILITY C10; modes as in Buildings.Examples.ChillerPlant of the Modelica Buildings library). Each keeps
 * the little state that stops it from chattering in a struct of the caller's. Nothing fails, nothing is
 * allocated. */
#ifndef DH_MODELS_SEQUENCE_H
#define DH_MODELS_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

/* Share of the load that an economizer in series can take: return water cools towards the water behind the
 * exchanger, (return - (wet bulb + tower approach + exchanger approach)) / (return - supply set), in 0-1. */
double dh_economizer_share(double return_degc, double supply_degc, double wet_bulb_degc,
                           double tower_approach_k, double exchanger_approach_k);

enum dh_cooling_mode {
    DH_FREE_COOLING, /* the economizer alone */
    DH_PARTLY_FREE,  /* economizer and chillers */
    DH_MECHANICAL    /* chillers alone */
};

struct dh_mode_rule {
    double tower_approach_k, exchanger_approach_k;
    double enable_k;      /* return water this much above the coldest the economizer could make: 1.1 K */
    double chiller_on_k;  /* water behind the economizer above the set-point by more: chillers start; 1.1 K */
    double chiller_off_k; /* by no more than this: they stop; 0.5 K */
    double least_s;       /* least time in a mode: 1200 s */
};

/* The figures above; approaches of 3.9 and 2 K. */
extern const struct dh_mode_rule dh_mode_rule_usual;

/* {mode, when it began} and how often it changed. Zeroed: free cooling since 0. */
struct dh_mode_state {
    enum dh_cooling_mode mode;
    double since_s;
    int64_t n_change;
};

/* The mode from now_s on. economizer_degc is the water behind the economizer now (what it could make, when it
 * is off). A mode lasts at least least_s. */
enum dh_cooling_mode dh_mode_next(struct dh_mode_state *state, const struct dh_mode_rule *rule, double now_s,
                                  double return_degc, double supply_degc, double wet_bulb_degc,
                                  double economizer_degc);

/* Condenser water set-point: wet bulb + the approach that the load allows, not below `least` (which keeps the
 * chillers' lift: 15-18 degC). A tower with little to do comes nearer: approach x load share, at least a
 * quarter of it (an assumption). */
double dh_condenser_set_degc(double wet_bulb_degc, double approach_k, double load_share, double least_degc);

/* Machines that carry load at a part load ratio nearest to the best band, with hysteresis: from `running` it
 * goes up when each would be above `up`, down when one fewer would stay below `down` < up. At least 1 while
 * there is load, at most n. */
int dh_stage(int running, int n, double load_w, double each_w, double up, double down);

/* Trim and respond (ASHRAE Guideline 36): a set-point drifts by `trim` each period and goes back by `respond`
 * a request beyond `ignored`, at most `respond_most`. For water that is to be as warm as the racks bear: trim
 * +0.2 K, respond -0.4 K, every 120 s (assumptions of medium confidence). */
struct dh_trim_rule {
    double low, high;
    double trim, respond, respond_most; /* opposite signs */
    double period_s;
    int ignored;
};
struct dh_trim_state {
    double value, next_s;
};

/* The set-point at now_s; changes only at the ends of periods. */
double dh_trim_and_respond(struct dh_trim_state *state, const struct dh_trim_rule *rule, double now_s,
                           int requests);

/* On above on_at, off below off_at (or the other way round where off_at > on_at), else as it was. */
bool dh_hysteresis(bool was_on, double measured, double on_at, double off_at);

#endif
