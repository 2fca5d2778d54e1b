#include "models/arrivals.h"
#include "sim/units.h"

#include <math.h>

static enum dh_err read_list(const double *list, int32_t n, int32_t n_full, const char *name,
                             const struct dh_arrivals_of *of, struct dh_diag *diag, double *full) {
    if (n != 0 && n != 1 && n != n_full)
        return dh_fail(diag, DH_ERR_VALUE, of->place, "%s %s: %s has %d values, must be 1 or %d", of->kind,
                       of->id, name, n, n_full);
    double sum = 0;
    for (int32_t i = 0; i < n_full; i++) {
        full[i] = n > 1 ? list[i] : 1;
        sum += full[i];
    }
    if (!(sum > 0))
        return dh_fail(diag, DH_ERR_VALUE, of->place, "%s %s: all values of %s are 0", of->kind, of->id,
                       name);
    for (int32_t i = 0; i < n_full; i++)
        full[i] = full[i] * n_full / sum;
    return DH_OK;
}

enum dh_err dh_arrivals_start(struct dh_arrivals *a, const struct dh_arrivals_of *of, int64_t start_unix_s,
                              double utc_offset_h, dh_time horizon, struct dh_diag *diag) {
    double hourly[24], weekly[7];
    *a = (struct dh_arrivals){
        .flat = of->n_hourly <= 1 && of->n_weekly <= 1,
        .per_s = of->per_s,
        .local_s = start_unix_s + (int64_t)rint(utc_offset_h * 3600) - 4 * 86400,
        .horizon = horizon,
    };
    DH_TRY(read_list(of->hourly, of->n_hourly, 24, "hourly", of, diag, hourly));
    DH_TRY(read_list(of->weekly, of->n_weekly, 7, "weekly", of, diag, weekly));
    for (int d = 0; d < 7; d++)
        for (int h = 0; h < 24; h++)
            a->week[24 * d + h] = hourly[h] * weekly[d];
    return DH_OK;
}

/* Second of the local week. */
static int64_t second_of_week(const struct dh_arrivals *a, dh_time t) {
    int64_t second = t / DH_NS_PER_S + a->local_s; /* t >= 0 */
    return (second % (7 * 86400) + 7 * 86400) % (7 * 86400);
}

double dh_arrivals_per_s(const struct dh_arrivals *a, dh_time t) {
    return a->per_s * a->week[second_of_week(a, t) / 3600];
}

/* End of the hour of the local clock in which a stands, and the rate until then. */
static dh_time hour_end(const struct dh_arrivals *a, double *per_s) {
    *per_s = a->flat ? a->per_s : dh_arrivals_per_s(a, a->at);
    if (a->flat)
        return a->horizon;
    dh_time end = (a->at / DH_NS_PER_S + 3600 - second_of_week(a, a->at) % 3600) * DH_NS_PER_S;
    return end < a->horizon ? end : a->horizon;
}

bool dh_arrivals_reach(struct dh_arrivals *a, double target) {
    while (a->at < a->horizon) {
        double per_s = 0;
        dh_time end = hour_end(a, &per_s);
        double gain = per_s * dh_time_to_s(end - a->at);
        if (per_s > 0 && a->count + gain > target) {
            double ns = (target - a->count) / per_s * 1e9;
            a->at += ns > 0 ? (dh_time)(ns + 0.5) : 0;
            a->at = a->at < end ? a->at : end;
            a->count = target;
            return a->at < a->horizon;
        }
        a->count += gain;
        a->at = end;
    }
    return false;
}
