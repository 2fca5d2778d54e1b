#include "models/load_curve.h"

dh_time dh_load_curve_above(const struct dh_load_curve *curve, int hundredths) {
    dh_time sum = 0;
    for (int k = hundredths; k < DH_LOAD_STEPS; k++)
        sum += curve->held[k];
    return sum;
}

int64_t dh_load_curve_quantile(const struct dh_load_curve *curve, double share) {
    double wanted = share * (double)dh_load_curve_above(curve, 0);
    dh_time below = 0;
    for (int k = 0; k < DH_LOAD_STEPS - 1; k++) {
        below += curve->held[k];
        if ((double)below >= wanted) {
            int64_t edge = (k + 1) * curve->per_step;
            return edge < curve->peak ? edge : curve->peak;
        }
    }
    return curve->peak;
}

double dh_load_curve_mean(const struct dh_load_curve *curve) {
    dh_time counted = dh_load_curve_above(curve, 0);
    return counted > 0 ? (double)curve->total / (double)counted : 0;
}
