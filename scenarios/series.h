/* Series in time from files: electricity prices, carbon intensity. Steps: a value holds from its instant to
 * the next one. */
#ifndef DH_SCENARIOS_SERIES_H
#define DH_SCENARIOS_SERIES_H

#include "models/hourly.h"
#include "sim/arena.h"
#include "sim/diag.h"

#include <stdint.h>

/* Ascending instants, each with a value; hours without one are left out, so that the value before holds on.
 */
struct dh_series {
    int64_t *unix_s;
    double *value;
    double *measured; /* avg_CI beside a generation mix, NAN where the row has none; NULL: no such column */
    int32_t n;
    int64_t n_row;     /* records read */
    int64_t n_missing; /* records without a value, or with an incomplete one */
    int64_t n_gap; /* steps between the first and the last instant that have no value, for either reason */
    int64_t n_duplicate; /* records of an instant that was there already: the first counts */
    int64_t n_unsorted;
    int64_t step_s; /* the smallest distance of two instants; 3600 for a single one */
    double mean;    /* of the values, unweighted; NAN when there is none */
    struct dh_arena mem;
};

/* Electricity prices in USD/MWh: a time column (time, time_utc, datetime_utc, timestamp, datetime,
 * interval_start), and usd_per_mwh, price_usd_per_mwh, price, value or the only other column; usd_per_kwh is
 * scaled. Negative prices are prices. */
enum dh_err dh_series_read_price(struct dh_series *out, const char *path, struct dh_diag *diag);

/* Carbon intensity in g/kWh, in one of three forms. A generation mix in the columns of the EIA (WND, SUN,
 * WAT, OIL, NG, COL, NUC, OTH; any unit of energy): the mean of the factors below, weighted by generation,
 * for hours in which all columns have a value. ElectricityMaps: the column that begins with "Carbon
 * intensity" and speaks of the life cycle, else the direct one. Or a time and one value.
 * zone: of a file with a column of zones ("Zone Id", "Zone Name", both are looked at, in any case) the rows
 * to take; NULL or "": the file must be of one zone. DH_ERR_DANGLING_REF for a zone that is not there. */
enum dh_err dh_series_read_carbon(struct dh_series *out, const char *path, const char *zone,
                                  struct dh_diag *diag);

/* Life-cycle emissions per kWh of electricity, g CO2-eq: medians of IPCC AR5 WG III, annex III, table
 * A.III.2, for wind on shore, photovoltaics on roofs, hydropower, gas, coal and nuclear; "other" is taken as
 * dedicated biomass of that table. Oil, 650, is an assumption: that table has none. */
struct dh_carbon_factor {
    const char *column;
    double g_per_kwh;
};
extern const struct dh_carbon_factor dh_carbon_factors[8];

/* The series as models take it; borrows its memory. */
struct dh_hourly dh_series_hourly(const struct dh_series *series);

/* Its value at an instant: dh_hourly_at. */
double dh_series_at(const struct dh_series *series, int64_t unix_s);

void dh_series_free(struct dh_series *series);

#endif
