/* Years beside the typical one, for sizing: the same hours moved, so that years compare hour by hour.
 *
 *   hot         dry bulbs above the year's median rise, in proportion to how far above they lie, until the
 *               hottest hour is climate/@extreme-hot; relative humidity stays, so wet bulbs rise with them
 *   cold        the same below the median, down to climate/@extreme-cold
 *   design-day  every day is the design day: dry bulb up to climate/@design-hot at 15 h and the warmest
 * month's mean daily range below it at 5 h, humidity constant and so high that the wet bulb at 15 h is
 *               climate/@design-wet-bulb. Both at once is harder than any real day: a careful bound.
 *
 * Where the climate names no extreme: design-hot + 3 K and design-cold - 5 K (about what annual extremes lie
 * beyond the 0.4 and 99.6 % values, an assumption), without design values the hottest hour + 2 K and the
 * coldest
 * - 3 K (assumptions); design values themselves are then the 0.4 % ones of the hours, and the range 11 K
 * (EnergyPlus' default design day has 11.1 K). */
#ifndef DH_MODELS_WEATHER_EXTREME_H
#define DH_MODELS_WEATHER_EXTREME_H

#include "scenarios/scenario.h"

enum dh_climate_year { DH_YEAR_TYPICAL, DH_YEAR_HOT, DH_YEAR_COLD, DH_YEAR_DESIGN_DAY };

struct dh_extreme {
    enum dh_climate_year year;
    double middle_degc, edge_degc, move_k;             /* hot, cold */
    double high_degc, range_k, humidity_kg_per_kg, pa; /* design-day */
};

/* From the n hours of a typical year: dry bulb, degC, and relative humidity, 0-1; pa: of the place.
 * DH_ERR_MEMORY. */
enum dh_err dh_extreme_init(struct dh_extreme *extreme, const struct dh_climate_spec *climate,
                            const double *dry_degc, const double *relative, int32_t n, double pa);

/* An hour as it is in this year; local_hour: of the day, 0-23, local standard time. */
void dh_extreme_apply(const struct dh_extreme *extreme, int32_t local_hour, double *dry_degc,
                      double *relative);

#endif
