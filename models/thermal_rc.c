#include "models/thermal_rc.h"

#include "sim/math.h"

#include <math.h>

/* Integral of exp(rate s) over 0..dt. */
static double integral(double rate, double dt_s) {
    return rate < 0 ? dh_expm1(rate * dt_s) / rate : dt_s;
}

struct dh_rc2_step dh_rc2_step(const struct dh_rc2 *n, double dt_s) {
    double a = 1 / (n->c1_j_per_k * n->r12_k_per_w), b = 1 / (n->c2_j_per_k * n->r12_k_per_w);
    double g = n->g_w_per_k / n->c2_j_per_k;
    /* Eigenvalues of [-a a; b -(b+g)], the slow one by their product, without cancellation. */
    double sum = a + b + g, spread = sqrt(sum * sum - 4 * a * g);
    double fast = -0.5 * (sum + spread), slow = a * g / fast;
    double es = dh_exp(slow * dt_s), ef = dh_exp(fast * dt_s);
    double is = integral(slow, dt_s), ii = integral(fast, dt_s), gap = slow - fast;
    /* projectors: slow (A - fast I) / gap, fast (slow I - A) / gap */
    double s11 = (-a - fast) / gap, s12 = a / gap, s21 = b / gap, s22 = (-(b + g) - fast) / gap;
    double f11 = (slow + a) / gap, f22 = (slow + b + g) / gap;
    return (struct dh_rc2_step){
        .t11 = es * s11 + ef * f11,
        .t12 = (es - ef) * s12,
        .t21 = (es - ef) * s21,
        .t22 = es * s22 + ef * f22,
        .p1 = (is * s11 + ii * f11) / n->c1_j_per_k,
        .p2 = (is - ii) * s21 / n->c1_j_per_k,
        .f1 = (is - ii) * s12 * g,
        .f2 = (is * s22 + ii * f22) * g,
    };
}

double dh_rc1_after(double from_degc, double power_w, double k_per_w, double j_per_k, double fluid_degc,
                    double dt_s) {
    double steady = fluid_degc + k_per_w * power_w;
    return steady + (from_degc - steady) * dh_exp(-dt_s / (k_per_w * j_per_k));
}

double dh_adiabatic_rise_k(double power_w, double j_per_k, double dt_s) {
    return power_w * dt_s / j_per_k;
}
