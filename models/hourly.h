/* Values that hold from one instant to the next: prices and carbon of electricity, hour by hour. The one
 * lookup of runs and of predictions. */
#ifndef DH_MODELS_HOURLY_H
#define DH_MODELS_HOURLY_H

#include <stdbool.h>
#include <stdint.h>

/* Ascending instants, each with a finite value; hours without one are left out. Borrowed. n = 0: none. */
struct dh_hourly {
    const int64_t *unix_s;
    const double *value;
    int32_t n;
    int64_t step_s; /* how long a value is good for; 0: an hour */
};

/* Value at an instant. Within the series the one that holds, over gaps too. Outside of it the value of the
 * same hour of the same calendar day in the series' first year that has it (29 February: 28 February), and
 * where there is none the nearest end. NAN for an empty series. */
double dh_hourly_at(const struct dh_hourly *series, int64_t unix_s);

/* Whether that value stands in for a missing one: it is older than a step, or from an end of the series. */
bool dh_hourly_is_gap(const struct dh_hourly *series, int64_t unix_s);

#endif
