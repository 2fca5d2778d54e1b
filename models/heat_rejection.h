/* What gives the heat of condenser water to the outdoor air: a cooling tower, or dry coolers. Both are asked
 * the same questions, in terms of the water that leaves them. */
#ifndef DH_MODELS_HEAT_REJECTION_H
#define DH_MODELS_HEAT_REJECTION_H

#include "models/dry_cooler.h"
#include "models/tower.h"

struct dh_heat_rejection {
    bool dry;
    struct dh_tower tower;       /* !dry */
    struct dh_dry_cooler cooler; /* dry */
};

/* The share (0-1) of its cells or coolers that works: as good as a smaller one. */
struct dh_heat_rejection dh_heat_rejection_part(const struct dh_heat_rejection *all, double share);

/* What its water can come near to: wet bulb for a tower, dry bulb for dry coolers. */
double dh_heat_rejection_air_degc(const struct dh_heat_rejection *r, const struct dh_outdoor *air);

/* Coldest water when heat_w leaves it at the flow share w (of design), at full fan speed. */
double dh_heat_rejection_coldest_degc(const struct dh_heat_rejection *r, const struct dh_outdoor *air,
                                      double heat_w, double w);

/* Heat_w leaves so that water has set_degc behind it, or as near above as full speed allows. */
struct dh_tower_point dh_heat_rejection_reject(const struct dh_heat_rejection *r,
                                               const struct dh_outdoor *air, double heat_w, double w,
                                               double set_degc, double guess_speed);

#endif
