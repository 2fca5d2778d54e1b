#include "models/return_water.h"

#include "models/sequence.h"

#include <math.h>

/* Dry coolers start when water is enable_k warmer than the air and stop at this share of it: an assumption.
 */
#define STOP_SHARE (2.0 / 3.0)

double dh_heat_reuse_demand_w(const struct dh_heat_reuse_spec *reuse, double dry_bulb_degc) {
    if (!reuse)
        return 0.0;
    if (isnan(reuse->full_at_degc))
        return reuse->capacity_w;
    double share = (reuse->none_at_degc - dry_bulb_degc) / (reuse->none_at_degc - reuse->full_at_degc);
    return reuse->capacity_w * fmin(fmax(share, 0.0), 1.0);
}

double dh_heat_reuse_w(const struct dh_heat_reuse_spec *reuse, double dry_bulb_degc, double return_degc,
                       double flow_w_per_k, double available_w) {
    if (!reuse)
        return 0.0;
    double warm_w = flow_w_per_k * (return_degc - reuse->least_degc);
    return fmax(0.0, fmin(dh_heat_reuse_demand_w(reuse, dry_bulb_degc), fmin(warm_w, available_w)));
}

int dh_return_water_init(struct dh_return_water *out, const struct dh_heat_reuse_spec *reuse,
                         const struct dh_free_cooler_spec *cooler, double range_k) {
    *out = (struct dh_return_water){.reuse = reuse, .has_cooler = cooler != NULL, .speed = 0.5};
    if (!cooler)
        return 0;
    out->enable_k = cooler->enable_k;
    return dh_dry_cooler_size(&out->cooler, cooler->capacity_w, range_k, cooler->approach_k,
                              cooler->fan_share * cooler->capacity_w);
}

/* Water beyond the coolers' design flow passes them by. Of less water fans take no larger part of what it
 * could give than at design: full speed would bring little water a little nearer to the air, at the price of
 * all the fans. */
static void cool_dry(struct dh_return_water *r, const struct dh_outdoor *air, double up, double flow_w_per_k,
                     double in_degc, double need_w, struct dh_return_taken *t) {
    double above_k = in_degc - air->dry_bulb_degc;
    r->on = dh_hysteresis(r->on, above_k, r->enable_k, STOP_SHARE * r->enable_k);
    if (!r->on || !(up > 0) || !(flow_w_per_k > 0) || !(need_w > 0) || !(above_k > 0))
        return;
    double each = fmin(flow_w_per_k / (r->cooler.water_w_per_k * up), 1.0);
    double most_w = up * each * dh_dry_cooler_w_per_k(&r->cooler, 1.0, 1.0) * above_k;
    t->dry_w = fmin(most_w, need_w);
    r->speed = each < 1.0 || most_w > need_w
                   ? dh_dry_cooler_speed(&r->cooler, each, t->dry_w / (up * above_k), r->speed)
                   : 1.0;
    t->fan_w = r->cooler.fan_w * up * r->speed * r->speed * r->speed;
}

struct dh_return_taken dh_return_water_take(struct dh_return_water *r, const struct dh_outdoor *air,
                                            double up, double flow_w_per_k, double return_degc,
                                            double need_w) {
    struct dh_return_taken t = {0};
    if (!(flow_w_per_k > 0))
        return t;
    t.reuse_w = dh_heat_reuse_w(r->reuse, air->dry_bulb_degc, return_degc, flow_w_per_k, need_w);
    if (r->has_cooler)
        cool_dry(r, air, up, flow_w_per_k, return_degc - t.reuse_w / flow_w_per_k, need_w - t.reuse_w, &t);
    return t;
}
