#include "models/finance.h"
#include "sim/math.h"
#include "sim/sum.h"

#include <math.h>

double dh_finance_crf(double rate, double years) {
    /* -expm1(-n log1p(r)) = 1 - (1 + r)^-n without cancellation, so that small rates lead smoothly to 1 / n.
     */
    double discounted = -dh_expm1(-years * dh_log1p(rate));
    return discounted > 0 ? rate / discounted : 1 / years;
}

double dh_finance_yearly(double cost, double residual, double rate, double years) {
    double worth = residual * cost * dh_exp(-years * dh_log1p(rate)); /* of what is left, today */
    return (cost - worth) * dh_finance_crf(rate, years);
}

double dh_finance_npv(const double *flow, int32_t n, double rate) {
    struct dh_sum sum = {0};
    double factor = 1;
    for (int32_t t = 0; t < n; t++) {
        dh_sum_add(&sum, flow[t] / factor);
        factor *= 1 + rate;
    }
    return dh_sum_value(&sum);
}

double dh_finance_irr(const double *flow, int32_t n) {
    double low = -0.99, high = 10;
    double at_low = dh_finance_npv(flow, n, low);
    if ((at_low > 0) == (dh_finance_npv(flow, n, high) > 0))
        return NAN;
    while (high - low > 1e-13) {
        double middle = low + (high - low) / 2;
        if (middle == low || middle == high)
            break;
        if ((dh_finance_npv(flow, n, middle) > 0) == (at_low > 0))
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

double dh_finance_declining(double share, double years) {
    return dh_exp(years * dh_log1p(-share));
}

struct dh_gpu_hour dh_finance_gpu_hour(const struct dh_gpu_cost *c) {
    const double hours = 8760;
    double facility = c->facility_per_kw * c->kw;
    double capital = c->it * (dh_finance_crf(c->rate, c->it_years) + c->it_upkeep) +
                     c->network * (dh_finance_crf(c->rate, c->network_years) + c->network_upkeep) +
                     facility * (dh_finance_crf(c->rate, c->facility_years) + c->facility_upkeep);
    double energy = c->pue * c->kw * hours * c->energy_per_kwh * c->load_factor;
    double demand = c->pue * c->kw * 12 * c->demand_per_kw_month;
    double yearly = capital + energy + demand + c->staff + c->software + c->water + c->carbon;
    return (struct dh_gpu_hour){yearly / hours, yearly / (hours * c->used * c->goodput), energy / hours};
}
