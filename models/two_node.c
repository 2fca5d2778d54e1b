#include "models/two_node.h"

#include "sim/math.h"

#include <math.h>

/* (exp(rate t) - 1) / rate, the integral of the mode; its series where the difference would cancel. */
static double integral(double rate, double t) {
    double x = rate * t;
    if (fabs(x) < 1e-4)
        return t * (1.0 + x * (1.0 / 2 + x * (1.0 / 6 + x / 24)));
    return (dh_exp(x) - 1.0) / rate;
}

void dh_two_node_after(const struct dh_two_node *node, double source_w, double pull_w_per_k, double dt_s,
                       double *air, double *mass) {
    double h = node->between_w_per_k;
    /* d/dt (air, mass) = M (air, mass) + (source / C_a, 0) */
    double aa = -(pull_w_per_k + h) / node->air_j_per_k, am = h / node->air_j_per_k;
    double ma = h / node->mass_j_per_k, mm = -ma;
    /* Both rates are real and at most 0: fast = the larger in size; slow from the product, without
     * cancellation. */
    double half = 0.5 * (aa - mm), fast = 0.5 * (aa + mm) - sqrt(half * half + am * ma);
    double slow = pull_w_per_k * h / (node->air_j_per_k * node->mass_j_per_k) / fast;
    double fast_t = integral(fast, dt_s), slow_t = integral(slow, dt_s), apart = slow - fast;
    /* Change = integral of exp(M s) ds (M x + b), x the start; exp(M s) from its two modes. */
    double x = aa * *air + am * *mass + source_w / node->air_j_per_k, y = ma * *air + mm * *mass;
    *air += (slow_t * ((aa - fast) * x + am * y) - fast_t * ((aa - slow) * x + am * y)) / apart;
    *mass += (slow_t * (ma * x + (mm - fast) * y) - fast_t * (ma * x + (mm - slow) * y)) / apart;
}
