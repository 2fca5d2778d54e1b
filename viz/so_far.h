/* Sums over the time that has gone by: energy, and with it the mean PUE. Asked for at any instant, as a
 * picture does while somebody seeks through a year: a sum is kept every few rows, the rest is added up. */
#ifndef DH_VIZ_SO_FAR_H
#define DH_VIZ_SO_FAR_H

#include "viz/source.h"

/* Up to the end of the interval that is shown, J; NAN: not recorded. */
struct dh_so_far {
    double facility_j, it_j;
    double pue; /* mean of the time: energy less what went into the batteries of UPS, over that of IT */
};

/* {0} is empty. */
struct dh_sums {
    struct dh_sum_at {
        double facility_j, used_j, it_j;
    } * kept; /* before row k * DH_SUMS_STRIDE */
    int64_t n, room;
};
enum { DH_SUMS_STRIDE = 64 };

struct dh_so_far dh_so_far_at(struct dh_sums *sums, struct dh_source *source, dh_time at);
void dh_sums_free(struct dh_sums *sums);

#endif
