#include "models/depreciation.h"

#include <stddef.h>

/* Percent, table A-1. */
static const double macrs_3[] = {33.33, 44.45, 14.81, 7.41};
static const double macrs_5[] = {20, 32, 19.2, 11.52, 11.52, 5.76};
static const double macrs_7[] = {14.29, 24.49, 17.49, 12.49, 8.93, 8.92, 8.93, 4.46};
static const double macrs_10[] = {10, 18, 14.4, 11.52, 9.22, 7.37, 6.55, 6.55, 6.56, 6.55, 3.28};
static const double macrs_15[] = {5,    9.5, 8.55, 7.7, 6.93, 6.23, 5.9,  5.9,
                                  5.91, 5.9, 5.91, 5.9, 5.91, 5.9,  5.91, 2.95};
static const double macrs_20[] = {3.75,  7.219, 6.677, 6.177, 5.713, 5.285, 4.888, 4.522, 4.462, 4.461, 4.462,
                                  4.461, 4.462, 4.461, 4.462, 4.461, 4.462, 4.461, 4.462, 4.461, 2.231};

static const struct {
    const double *percent;
    int32_t n;
} tables[] = {
    [DH_WRITE_OFF_MACRS_3] = {macrs_3,  sizeof macrs_3 / sizeof *macrs_3  },
    [DH_WRITE_OFF_MACRS_5] = {macrs_5,  sizeof macrs_5 / sizeof *macrs_5  },
    [DH_WRITE_OFF_MACRS_7] = {macrs_7,  sizeof macrs_7 / sizeof *macrs_7  },
    [DH_WRITE_OFF_MACRS_10] = {macrs_10, sizeof macrs_10 / sizeof *macrs_10},
    [DH_WRITE_OFF_MACRS_15] = {macrs_15, sizeof macrs_15 / sizeof *macrs_15},
    [DH_WRITE_OFF_MACRS_20] = {macrs_20, sizeof macrs_20 / sizeof *macrs_20},
};

/* Table A-7a: 2.564 % in years 2 to 39; the first year 2.461 % from January down to 0.107 % from December in
 * steps of 0.214, and year 40 what is left. */
static double percent_39(int32_t year, int32_t month) {
    if (year == 1)
        return 0.107 + 0.214 * (12 - month);
    if (year == 40)
        return 0.107 + 0.214 * (month - 1);
    return year >= 2 && year <= 39 ? 2.564 : 0;
}

static double regular(const struct dh_write_off *off, int32_t year) {
    if (off->schedule == DH_WRITE_OFF_STRAIGHT)
        return year >= 1 && year <= off->years ? 1.0 / off->years : 0;
    if (off->schedule == DH_WRITE_OFF_MACRS_39)
        return percent_39(year, off->month) / 100;
    return year >= 1 && year <= tables[off->schedule].n ? tables[off->schedule].percent[year - 1] / 100 : 0;
}

double dh_write_off_share(const struct dh_write_off *off, int32_t year) {
    return (1 - off->bonus) * regular(off, year) + (year == 1 ? off->bonus : 0);
}

double dh_write_off_left(const struct dh_write_off *off, int32_t year) {
    double left = 0; /* summed from what is still to come, so that it ends at nothing */
    int32_t last = off->schedule == DH_WRITE_OFF_STRAIGHT   ? off->years
                   : off->schedule == DH_WRITE_OFF_MACRS_39 ? 40
                                                            : tables[off->schedule].n;
    if (year < 1)
        return 1;
    for (int32_t y = last; y > year; y--)
        left += dh_write_off_share(off, y);
    return left;
}
