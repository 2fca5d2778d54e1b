#include "models/heat_exchanger.h"

#include "sim/math.h"

#include <math.h>

#define NO_RATIO 1e-10 /* below it one stream is isothermal: 1 - exp(-ntu) */

double dh_hx_effectiveness(enum dh_flow_arrangement arrangement, double ntu, double ratio) {
    if (!(ntu > 0))
        return 0.0;
    if (ratio < NO_RATIO)
        return -dh_expm1(-ntu);
    switch (arrangement) {
    case DH_COUNTERFLOW: {
        double rest = 1.0 - ratio;
        if (fabs(rest) < 1e-9)
            return ntu / (1.0 + ntu);
        double e = dh_exp(-ntu * rest);
        return (1.0 - e) / (1.0 - ratio * e);
    }
    case DH_PARALLEL:
        return -dh_expm1(-ntu * (1.0 + ratio)) / (1.0 + ratio);
    case DH_CROSS_UNMIXED: {
        double n22 = dh_exp(0.22 * dh_log(ntu)); /* ntu^0.22; ntu^0.78 = ntu / ntu^0.22 */
        return -dh_expm1(dh_expm1(-ratio * ntu / n22) * n22 / ratio);
    }
    case DH_CROSS_CMAX_MIXED:
        return -dh_expm1(ratio * dh_expm1(-ntu)) / ratio;
    case DH_CROSS_CMIN_MIXED:
        return -dh_expm1(dh_expm1(-ratio * ntu) / ratio);
    }
    return 0.0;
}

double dh_hx_ntu(enum dh_flow_arrangement arrangement, double effectiveness, double ratio) {
    double low = 0.0, high = 1000.0;
    if (dh_hx_effectiveness(arrangement, high, ratio) < effectiveness)
        return INFINITY;
    for (int i = 0; i < 200 && high - low > 1e-15 * high; i++) {
        double mid = 0.5 * (low + high);
        if (dh_hx_effectiveness(arrangement, mid, ratio) < effectiveness)
            low = mid;
        else
            high = mid;
    }
    return 0.5 * (low + high);
}
