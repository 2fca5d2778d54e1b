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

int dh_plate_size(struct dh_plate *out, double heat_w, double approach_k, double hot_range_k,
                  double cold_range_k) {
    double hot = heat_w / hot_range_k, cold = heat_w / cold_range_k;
    double c_min = fmin(hot, cold), c_max = fmax(hot, cold);
    double ntu = dh_hx_ntu(DH_COUNTERFLOW, heat_w / (c_min * (approach_k + hot_range_k)), c_min / c_max);
    if (!isfinite(ntu))
        return -1;
    *out = (struct dh_plate){.ua_w_per_k = ntu * c_min, .hot_w_per_k = hot, .cold_w_per_k = cold};
    return 0;
}

double dh_plate_ua_w_per_k(const struct dh_plate *p, double hot, double cold) {
    if (!(hot > 0) || !(cold > 0))
        return 0.0;
    double clean = p->ua_w_per_k;
    if (hot != cold)
        clean *= 2.0 / (dh_exp(-0.8 * dh_log(hot)) + dh_exp(-0.8 * dh_log(cold)));
    else if (hot != 1.0)
        clean *= dh_exp(0.8 * dh_log(hot));
    return p->fouling_k_per_w > 0 ? 1.0 / (1.0 / clean + p->fouling_k_per_w) : clean;
}

static double plate_w_per_k(const struct dh_plate *p, double hot, double cold, double *effectiveness) {
    double ua = dh_plate_ua_w_per_k(p, hot, cold);
    double h = p->hot_w_per_k * hot, c = p->cold_w_per_k * cold;
    double c_min = fmin(h, c), c_max = fmax(h, c);
    *effectiveness = ua > 0 ? dh_hx_effectiveness(DH_COUNTERFLOW, ua / c_min, c_min / c_max) : 0.0;
    return *effectiveness * c_min;
}

double dh_plate_w_per_k(const struct dh_plate *p, double hot, double cold) {
    double effectiveness;
    return plate_w_per_k(p, hot, cold, &effectiveness);
}

struct dh_plate_point dh_plate_at(const struct dh_plate *p, double hot, double cold, double hot_in_degc,
                                  double cold_in_degc) {
    struct dh_plate_point at = {.hot_out_degc = hot_in_degc, .cold_out_degc = cold_in_degc};
    at.heat_w = plate_w_per_k(p, hot, cold, &at.effectiveness) * (hot_in_degc - cold_in_degc);
    if (at.effectiveness > 0) {
        at.hot_out_degc -= at.heat_w / (p->hot_w_per_k * hot);
        at.cold_out_degc += at.heat_w / (p->cold_w_per_k * cold);
    }
    return at;
}

double dh_plate_approach_k(const struct dh_plate *p, double hot, double cold, double heat_w) {
    double w_per_k = dh_plate_w_per_k(p, hot, cold);
    return w_per_k > 0 ? heat_w / w_per_k - heat_w / (p->hot_w_per_k * hot) : INFINITY;
}

double dh_plate_fouling_k_per_w(const struct dh_plate *p, double lost_share) {
    return lost_share / (1.0 - lost_share) / p->ua_w_per_k;
}
