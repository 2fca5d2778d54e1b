/* Two masses that exchange heat, one of which is also heated and tied to a temperature: hall air and the
 * equipment in it (FACILITY C11). Closed form, exact for any length of step:
 *   C_a dA/dt = S - G A + h (M - A)        A air, S source W, G pull W/K (>= 0), h between them W/K (> 0)
 *   C_m dM/dt = h (A - M)                  M mass
 * A and M are measured from a common zero. */
#ifndef DH_MODELS_TWO_NODE_H
#define DH_MODELS_TWO_NODE_H

struct dh_two_node {
    double air_j_per_k, mass_j_per_k, between_w_per_k; /* C_a, C_m, h: all > 0 */
};

/* After dt_s >= 0: adds to *air and *mass what they change by. source_w is S, pull_w_per_k is G. */
void dh_two_node_after(const struct dh_two_node *node, double source_w, double pull_w_per_k, double dt_s,
                       double *air, double *mass);

#endif
