/* Hours of the week and months in which something holds: a tariff's prices, a request of the grid. */
#ifndef DH_MODELS_HOURS_H
#define DH_MODELS_HOURS_H

#include "sim/units.h"

#include <stdbool.h>
#include <stdint.h>

/* Bit sets: bit m is month m + 1, bit h the hour from h o'clock, bit d weekday d (0 Monday). */
struct dh_hours {
    uint32_t months, hours, days;
};

/* months as "6-9" or "1-5,10-12", hours as "12-20" or "0-6,22-24"; days: enum dh_days. False: *wrong is set
 * to the text that cannot be read. */
bool dh_hours_parse(struct dh_hours *out, const char *months, int32_t days, const char *hours,
                    const char **wrong);

bool dh_hours_hold(const struct dh_hours *hours, const struct dh_calendar *local);

#endif
