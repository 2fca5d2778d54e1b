#include "models/hourly.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int64_t step_of(const struct dh_hourly *series) {
    return series->step_s > 0 ? series->step_s : 3600;
}

static bool covers(const struct dh_hourly *series, int64_t unix_s) {
    return unix_s >= series->unix_s[0] && unix_s < series->unix_s[series->n - 1] + step_of(series);
}

/* Last row at or before unix_s, which is not before the first. */
static int32_t row_at(const struct dh_hourly *series, int64_t unix_s) {
    int32_t low = 0, high = series->n;
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (series->unix_s[middle] <= unix_s)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static bool is_leap(int32_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The instant of the series that stands for unix_s; false when there is none. */
static bool into_series(const struct dh_hourly *series, int64_t unix_s, int64_t *there) {
    *there = unix_s;
    if (covers(series, unix_s))
        return true;
    struct dh_calendar at = dh_calendar_of(unix_s);
    int32_t first = dh_calendar_of(series->unix_s[0]).year;
    for (int32_t year = first; year <= first + 1; year++) { /* a series may begin in the middle of a year */
        char text[64];
        int32_t day = at.month == 2 && at.day == 29 && !is_leap(year) ? 28 : at.day;
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, at.month, day, at.hour, at.minute,
                 at.second);
        if (dh_timestamp_parse(text, strlen(text), there) == DH_OK && covers(series, *there))
            return true;
    }
    return false;
}

double dh_hourly_at(const struct dh_hourly *series, int64_t unix_s) {
    int64_t there;
    if (series->n == 0)
        return NAN;
    if (into_series(series, unix_s, &there))
        return series->value[row_at(series, there)];
    return unix_s < series->unix_s[0] ? series->value[0] : series->value[series->n - 1];
}

bool dh_hourly_is_gap(const struct dh_hourly *series, int64_t unix_s) {
    int64_t there;
    if (series->n == 0 || !into_series(series, unix_s, &there))
        return true;
    return there >= series->unix_s[row_at(series, there)] + step_of(series);
}
