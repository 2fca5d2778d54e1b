/* What takes heat from water that comes back warm, before the plant's own machines: somebody who has a use
 * for it (buildings, a district heating network), then dry coolers, for which water is warm enough on all but
 * hot days. Behind them follow economizer and chillers, or nothing more is needed. Hybrid plants save water
 * so (dry coolers ahead of a tower), plants with air-cooled chillers get their free cooling. */
#ifndef DH_MODELS_RETURN_WATER_H
#define DH_MODELS_RETURN_WATER_H

#include "models/dry_cooler.h"
#include "models/weather.h"
#include "scenarios/scenario.h"

/* Heat that is wanted at this dry bulb: all of the capacity, or in a straight line from none at none-at to
 * all at full-at, as heating degree hours go. NULL: 0. */
double dh_heat_reuse_demand_w(const struct dh_heat_reuse_spec *reuse, double dry_bulb_degc);

/* What is taken: at most the demand, available_w, and what cools the water to `least`. */
double dh_heat_reuse_w(const struct dh_heat_reuse_spec *reuse, double dry_bulb_degc, double return_degc,
                       double flow_w_per_k, double available_w);

struct dh_return_water {
    const struct dh_heat_reuse_spec *reuse; /* NULL: none */
    bool has_cooler;
    struct dh_dry_cooler cooler;
    double enable_k;
    /* carried over */
    bool on;
    double speed;
};

struct dh_return_taken {
    double reuse_w, dry_w; /* to the users, to the outdoor air */
    double fan_w;          /* of the dry coolers, heats the outdoor air only */
};

/* cooler NULL: none. Dry coolers are sized for their capacity at the plant's range and their approach. -1
 * where no surface is large enough. */
int dh_return_water_init(struct dh_return_water *out, const struct dh_heat_reuse_spec *reuse,
                         const struct dh_free_cooler_spec *cooler, double range_k);

/* One part of a step: water of flow_w_per_k returns at return_degc, need_w is to be removed in all, the share
 * `up` of the dry coolers works. Fans are as fast as need_w asks for, and of less
 * water than at design they take no larger part of what it could give. */
struct dh_return_taken dh_return_water_take(struct dh_return_water *r, const struct dh_outdoor *air,
                                            double up, double flow_w_per_k, double return_degc,
                                            double need_w);

#endif
