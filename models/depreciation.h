/* How a purchase is written off against tax, as shares of its price by year of use (1, 2, …).
 *
 * MACRS, general depreciation system: IRS Publication 946, How To Depreciate Property, appendix A: table A-1
 * (half-year convention: 3, 5, 7, 10, 15 and 20 years) and table A-7a (nonresidential real property, 39
 * years, mid-month convention, by the month that it is placed in service). Computers and their peripheral
 * equipment are 5-year property (chapter 4, which property class applies), land improvements 15-year,
 * buildings 39-year. Bonus depreciation (section 168(k)) takes its share in the first year, and the schedule
 * what is left. */
#ifndef DH_MODELS_DEPRECIATION_H
#define DH_MODELS_DEPRECIATION_H

#include <stdint.h>

enum dh_write_off_schedule {
    DH_WRITE_OFF_STRAIGHT, /* evenly over `years` */
    DH_WRITE_OFF_MACRS_3,
    DH_WRITE_OFF_MACRS_5,
    DH_WRITE_OFF_MACRS_7,
    DH_WRITE_OFF_MACRS_10,
    DH_WRITE_OFF_MACRS_15,
    DH_WRITE_OFF_MACRS_20,
    DH_WRITE_OFF_MACRS_39
};

struct dh_write_off {
    enum dh_write_off_schedule schedule;
    int32_t years; /* straight: >= 1 */
    int32_t month; /* 39 years: of the first use, 1 to 12 */
    double bonus;  /* share of the price written off in the first year besides, 0 to 1 */
};

/* Share of the price in that year; 0 before the first and after the last. All years sum to 1. */
double dh_write_off_share(const struct dh_write_off *off, int32_t year);

/* Share of the price not yet written off at the end of that year; year 0: 1. */
double dh_write_off_left(const struct dh_write_off *off, int32_t year);

#endif
