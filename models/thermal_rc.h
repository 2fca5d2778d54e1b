/* Two lumps in a row, exactly: a die that takes a power, a heat sink or cold plate behind it, and air or
 * coolant (FACILITY B3).
 *
 *   C1 dT1/dt = P - (T1 - T2) / R12        C2 dT2/dt = (T1 - T2) / R12 - G (T2 - Tf)
 *
 * With P, G and Tf constant over a step the solution is linear in what it starts from, so a step is one
 * product of a matrix that is computed once for each length of step. */
#ifndef DH_MODELS_THERMAL_RC_H
#define DH_MODELS_THERMAL_RC_H

struct dh_rc2 {
    double c1_j_per_k, c2_j_per_k; /* > 0 */
    double r12_k_per_w;            /* > 0 */
    double g_w_per_k;              /* of the second lump to the fluid; 0: no flow, nothing leaves */
};

/* T1' = t11 T1 + t12 T2 + p1 P + f1 Tf, T2' likewise. */
struct dh_rc2_step {
    double t11, t12, p1, f1, t21, t22, p2, f2;
};

/* The step of dt_s >= 0 seconds. Any stiffness; exact but for rounding. */
struct dh_rc2_step dh_rc2_step(const struct dh_rc2 *network, double dt_s);

/* One lump: C dT/dt = P - (T - Tf) / R after dt_s; and without anything that takes heat away (R infinite):
 * the rise P dt / C, as of a coolant loop of that mass whose heat exchanger has stopped. */
double dh_rc1_after(double from_degc, double power_w, double k_per_w, double j_per_k, double fluid_degc,
                    double dt_s);
double dh_adiabatic_rise_k(double power_w, double j_per_k, double dt_s);

#endif
