#include "models/checkpoint.h"

#include "sim/math.h"

#include <math.h>

double dh_checkpoint_segment(double interval, double write, double restart, double mtbf) {
    return dh_exp(restart / mtbf) * dh_expm1((interval + write) / mtbf) * mtbf;
}

double dh_checkpoint_goodput(double interval, double write, double restart, double mtbf) {
    return interval / dh_checkpoint_segment(interval, write, restart, mtbf);
}

/* Halley's iteration from the series about the branch point (R. Corless et al., Adv. Comput. Math. 5, 1996).
 */
double dh_lambert_w(double x) {
    double p2 = 2 * (2.718281828459045235 * x + 1);
    if (!(p2 > 0))
        return x == x ? -1 : NAN;
    double p = sqrt(p2), w = -1 + p * (1 - p * (1.0 / 3 - p * 11.0 / 72));
    for (int i = 0; i < 40; i++) {
        double e = dh_exp(w), f = w * e - x, step = f / (e * (w + 1) - (w + 2) * f / (2 * w + 2));
        w -= step;
        if (!(fabs(step) > 1e-16 * fabs(w)))
            break;
    }
    return w;
}

/* The optimum t solves exp(-(t + C)/M) = 1 - t/M. Newton on y = t/M in y + log1p(-y) = -C/M: as C/M goes to
 * zero Lambert's argument goes to its branch point and loses half the digits, this does not. */
double dh_checkpoint_optimum(double write, double mtbf) {
    double c = write / mtbf, y = 1 + dh_lambert_w(-dh_exp(-c - 1));
    if (!(c > 0))
        return c == 0 ? 0 : NAN;
    for (int i = 0; i < 8 && y > 0 && y < 1; i++) {
        double step = (y + dh_log1p(-y) + c) / (1 - 1 / (1 - y));
        if (!(fabs(step) > 1e-16 * y))
            break;
        y -= step;
    }
    return y * mtbf;
}

double dh_checkpoint_young(double write, double mtbf) {
    return sqrt(2 * write * mtbf);
}

double dh_checkpoint_daly(double write, double mtbf) {
    double x = write / (2 * mtbf);
    return x >= 1 ? mtbf : sqrt(2 * write * mtbf) * (1 + sqrt(x) / 3 + x / 9) - write;
}

double dh_ettr(double nodes, double rate, double restart, double interval, double write) {
    return (1 - nodes * rate * (restart + interval / 2)) / (1 + write / interval);
}
