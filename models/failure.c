#include "models/failure.h"

#include "sim/math.h"
#include "sim/units.h"

#include <math.h>
#include <string.h>

/* Stirling's series from 12 up, the recurrence below (M. Abramowitz, I. Stegun, 6.1.40). */
double dh_log_gamma(double x) {
    double product = 1;
    for (; x < 12; x++)
        product *= x;
    double y = 1 / (x * x);
    double series = (1.0 / 12 - y * (1.0 / 360 - y * (1.0 / 1260 - y * (1.0 / 1680 - y / 1188)))) / x;
    return (x - 0.5) * dh_log(x) - x + 0.918938533204672741780 + series - dh_log(product);
}

void dh_failure_law_prepare(struct dh_failure_law *law) {
    law->scale_s = law->mtbf_s;
    if (law->life == DH_LIFE_WEIBULL)
        law->scale_s = law->mtbf_s / dh_exp(dh_log_gamma(1 + 1 / law->shape));
}

double dh_failure_life_s(const struct dh_failure_law *law, struct dh_rng *rng) {
    if (!(law->mtbf_s < INFINITY))
        return INFINITY;
    if (law->life == DH_LIFE_WEIBULL)
        return dh_rng_weibull(rng, law->scale_s, law->shape);
    return dh_rng_exponential(rng, law->mtbf_s / law->hurry);
}

double dh_failure_repair_s(const struct dh_failure_law *law, struct dh_rng *rng) {
    if (!(law->mttr_s > 0))
        return 0;
    switch (law->repair) {
    case DH_REPAIR_LOGNORMAL: /* mean exp(mu + sigma^2 / 2) */
        return dh_rng_lognormal(rng, dh_log(law->mttr_s) - law->sigma * law->sigma / 2, law->sigma);
    case DH_REPAIR_EXPONENTIAL:
        return dh_rng_exponential(rng, law->mttr_s);
    case DH_REPAIR_FIXED:
        break;
    }
    return law->mttr_s;
}

/* Densities are rate exp(-rate t): the ratio is (1 / hurry) a failure and exp((hurry - 1) t / mtbf). */
double dh_failure_log_weight(const struct dh_failure_law *law, double exposure_s, int64_t n_failure) {
    return (law->hurry - 1) * exposure_s / law->mtbf_s - (double)n_failure * dh_log(law->hurry);
}

struct dh_rng dh_failure_stream(uint64_t seed, enum dh_rng_purpose purpose, uint64_t entity, uint32_t k) {
    return dh_rng_stream(seed, purpose, entity + UINT64_C(0x9E3779B97F4A7C15) * k);
}

enum dh_err dh_event_time(const char *text, int64_t start_unix_s, dh_time *at, struct dh_place place,
                          struct dh_diag *diag) {
    double duration_s;
    int64_t unix_s;
    size_t n = strlen(text);
    if (dh_timestamp_parse(text, n, &unix_s) == DH_OK) {
        if (unix_s < start_unix_s) {
            dh_fail(diag, DH_ERR_RANGE, place, "%.60s: the horizon starts later", text);
            dh_diag_hint(diag, "a duration counts from its start: \"3 h\"");
            return DH_ERR_RANGE;
        }
        if (unix_s - start_unix_s > DH_TIME_MAX / DH_NS_PER_S - 1)
            return dh_fail(diag, DH_ERR_RANGE, place, "%.60s: too far away", text);
        *at = (unix_s - start_unix_s) * DH_NS_PER_S;
        return DH_OK;
    }
    if (dh_quantity_parse(text, n, DH_DIM_DURATION, &duration_s, NULL, place) == DH_OK && duration_s >= 0 &&
        duration_s < 9e9) {
        *at = dh_time_from_s(duration_s);
        return DH_OK;
    }
    dh_fail(diag, DH_ERR_VALUE, place, "'%.60s' is neither an instant nor a duration", text);
    dh_diag_hint(diag, "like \"2026-07-14T15:00\" (UTC), or \"3 h\" after the start");
    return DH_ERR_VALUE;
}
