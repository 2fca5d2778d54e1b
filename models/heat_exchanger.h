/* Effectiveness and number of transfer units (FACILITY C5; Kays and London, Compact Heat Exchangers, 1984).
 * ntu = UA / Cmin >= 0, ratio = Cmin / Cmax in 0-1, effectiveness = heat / (Cmin (T_hot,in - T_cold,in)). */
#ifndef DH_MODELS_HEAT_EXCHANGER_H
#define DH_MODELS_HEAT_EXCHANGER_H

enum dh_flow_arrangement {
    DH_COUNTERFLOW,
    DH_PARALLEL,
    DH_CROSS_UNMIXED, /* both streams unmixed; the usual approximation, which exceeds 1 nowhere */
    DH_CROSS_CMAX_MIXED,
    DH_CROSS_CMIN_MIXED
};

double dh_hx_effectiveness(enum dh_flow_arrangement arrangement, double ntu, double ratio);

/* The ntu at which the effectiveness is reached, by bisection up to 1000; INFINITY when it never is. */
double dh_hx_ntu(enum dh_flow_arrangement arrangement, double effectiveness, double ratio);

/* Plate exchanger between two waters, counterflow: coolant distribution units, water-side economizers
 * (FACILITY C4). Both sides resist alike at design, h ~ flow^0.8; fouling adds a resistance that flow does
 * not change. */
struct dh_plate {
    double ua_w_per_k;                /* clean, at design flows */
    double hot_w_per_k, cold_w_per_k; /* capacity flows at design */
    double fouling_k_per_w;           /* 0 when clean */
};

/* Sized so that heat_w leaves the hot side with approach_k above the entering cold side, both with the range
 * given (hot_range_k, cold_range_k). 0, or -1 where no surface is large enough. */
int dh_plate_size(struct dh_plate *out, double heat_w, double approach_k, double hot_range_k,
                  double cold_range_k);

/* UA at flow shares: 1 / (1 / (2 UA0 / (hot^-0.8 + cold^-0.8)) + fouling). 0 where a flow is 0. */
double dh_plate_ua_w_per_k(const struct dh_plate *plate, double hot, double cold);

/* Heat for each kelvin between the entering waters: effectiveness x smaller capacity flow. 0 where a flow is
 * 0. */
double dh_plate_w_per_k(const struct dh_plate *plate, double hot, double cold);

struct dh_plate_point {
    double heat_w, effectiveness, hot_out_degc, cold_out_degc;
};
struct dh_plate_point dh_plate_at(const struct dh_plate *plate, double hot, double cold, double hot_in_degc,
                                  double cold_in_degc);

/* Hot side leaving above cold side entering when heat_w passes: what a CDU adds to the facility water.
 * INFINITY where a flow is 0. */
double dh_plate_approach_k(const struct dh_plate *plate, double hot, double cold, double heat_w);

/* Fouling resistance at which the clean UA has lost this share (0-1) of itself. */
double dh_plate_fouling_k_per_w(const struct dh_plate *plate, double lost_share);

#endif
