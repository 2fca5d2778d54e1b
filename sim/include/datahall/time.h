/* Simulated time: int64 nanoseconds since the horizon's start. Exact, 292 years. */
#ifndef DATAHALL_TIME_H
#define DATAHALL_TIME_H

#include <stdint.h>

typedef int64_t dh_time;

#define DH_NS_PER_S  INT64_C(1000000000)
#define DH_TIME_MAX  INT64_MAX
#define DH_TIME_NONE INT64_MIN /* "never", "not set" */

static inline double dh_time_to_s(dh_time t) {
    return (double)t / 1e9; /* a division: whole seconds come out whole */
}

/* Nearest nanosecond to s seconds. s must be finite and |s| < 9.2e9. */
static inline dh_time dh_time_from_s(double s) {
    double whole = (double)(int64_t)s;
    double ns = (s - whole) * 1e9;
    return (dh_time)whole * DH_NS_PER_S + (dh_time)(ns < 0 ? ns - 0.5 : ns + 0.5);
}

/* s seconds after t; DH_TIME_MAX where that is later than can be said, or s is no number. */
static inline dh_time dh_time_after(dh_time t, double s) {
    return s < 9.2e9 - dh_time_to_s(t) ? t + dh_time_from_s(s) : DH_TIME_MAX;
}

#endif
