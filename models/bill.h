/* What a site pays and emits for its electricity: time of use or hourly prices, demand charges, carbon.
 *
 * Energy comes in slices that lie within one quarter of an hour of the tariff's clock (dh_bill_slice_s). A
 * slice's price is that of its start. Demand is the mean power over each demand window; a month is billed on
 * its highest, or by ratchet and minimum; each period with a demand price is billed on its own highest as
 * well, periods of one name together. A month is billed in full however little of it was simulated. */
#ifndef DH_MODELS_BILL_H
#define DH_MODELS_BILL_H

#include "models/hourly.h"
#include "scenarios/scenario.h"
#include "sim/sum.h"

#include <stdint.h>

struct dh_bill_period; /* a <period>, its months, days and hours as bit sets */

struct dh_bill {
    const struct dh_tariff_spec *tariff; /* NULL: no prices */
    const struct dh_grid_spec *grid;     /* NULL: no carbon */
    struct dh_hourly prices;             /* USD/MWh */
    struct dh_hourly carbon;             /* g/kWh */
    double utc_offset_h;
    struct dh_bill_period *periods;
    int32_t n_period;

    /* demand */
    int64_t window_start; /* unix time of the running window; INT64_MIN: none */
    double window_j;
    double *window_group_j; /* energy of the window within each group of periods that share a demand price */
    double *group_usd_per_w;
    int32_t n_group;
    int32_t month; /* running month: 12 year + month - 1; -1: none */
    double month_peak_w, *month_group_peak_w;
    double past_peak_w[12]; /* of each calendar month, for the ratchet */
    double peak_w;          /* of the months that are closed */
    int32_t n_month;        /* closed, in full or not */

    /* so far */
    struct dh_sum export_j, export_usd; /* slices in which more was given than taken */
    struct dh_sum energy_j, energy_usd, demand_usd, fixed_usd, location_kg, market_kg;
    double gap_s; /* time without a value in the carbon series */
    struct dh_arena mem;
};

/* prices and carbon may be NULL; offset_h: of the site, where the tariff names none. DH_ERR_MEMORY,
 * DH_ERR_VALUE for months or hours that cannot be read, periods of one name with different demand prices, and
 * a demand window that does not divide the day into whole seconds. */
enum dh_err dh_bill_init(struct dh_bill *bill, const struct dh_tariff_spec *tariff,
                         const struct dh_grid_spec *grid, const struct dh_hourly *prices,
                         const struct dh_hourly *carbon, double utc_offset_h, struct dh_diag *diag);
void dh_bill_free(struct dh_bill *bill);

/* Length of the slices in which energy must come to each of n bills, counted from midnight UTC: a divisor of
 * their demand windows, of a quarter of an hour, and of what their clocks are ahead of UTC, s. */
int64_t dh_bill_slice_s(const struct dh_bill *bills, int32_t n);

/* Energy of the slice that begins at unix_s, J; negative: more was given to the grid than taken. In order of
 * time. */
void dh_bill_add(struct dh_bill *bill, int64_t unix_s, double duration_s, double energy_j);
/* Closes the running window and month: at the end, or between two months to see each month's charge. */
void dh_bill_close(struct dh_bill *bill);

/* Now, or NAN where there is none. */
double dh_bill_usd_per_kwh(const struct dh_bill *bill, int64_t unix_s);
double dh_bill_g_per_kwh(const struct dh_bill *bill, int64_t unix_s);

#endif
