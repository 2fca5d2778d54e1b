/* Electricity tariffs in the form of the Utility Rate Database (OpenEI URDB, API version 8), as its API gives
 * them or inside the input of REopt, turned into the tariff of a scenario. */
#ifndef DH_SCENARIOS_TARIFF_URDB_H
#define DH_SCENARIOS_TARIFF_URDB_H

#include "scenarios/scenario.h"

/* {0} is ready for dh_urdb_read; owns all it points to. */
struct dh_urdb {
    struct dh_tariff_spec tariff; /* without a clock of its own: utc_offset_h is NAN */
    int32_t year;                 /* ElectricLoad.year of REopt; 0: none */
    double *load_w;               /* ElectricLoad.loads_kw: equal steps from 1 January; NULL: none */
    int32_t n_load;
    struct dh_arena mem;
};

/* Reads {"ElectricTariff": {"urdb_response": …}, "ElectricLoad": …}, {"items": [ … ]} or the rate itself:
 * energy and demand schedules for working days and weekends, flat demand by month, lookback of eleven or
 * twelve months, fixed charges. What would change a bill and has no counterpart here (tiers, demand in kVA,
 * lookback of chosen months) is refused; minimum charges and coincident rates are left out with a W-DATA.
 * Regular files up to 64 MiB. DH_ERR_NOT_FOUND, DH_ERR_IO, DH_ERR_DATA with the key concerned, DH_ERR_MEMORY.
 */
enum dh_err dh_urdb_read(struct dh_urdb *out, const char *path, struct dh_diag *diag);

void dh_urdb_free(struct dh_urdb *urdb);

#endif
