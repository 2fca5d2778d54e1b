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

#endif
