#include "models/dispatch.h"

#include <math.h>

static double turbine_w(const struct dh_onsite *t, const struct dh_dispatch *now, double net_w) {
    if (!t->runs || net_w < t->lowest_w || t->available_w < t->lowest_w)
        return 0;
    double wanted_w = t->policy == DH_DISPATCH_PEAK ? net_w - t->target_w : net_w;
    wanted_w = fmax(wanted_w, net_w - now->limit_w);
    return fmin(fmin(fmax(wanted_w, t->lowest_w), t->available_w), net_w);
}

/* Wanted of storage, before its own limits: positive gives. */
static double wanted_w(const struct dh_onsite *s, const struct dh_dispatch *now, double net_w) {
    double over_w = net_w - now->limit_w, wanted = 0;
    switch (s->policy) {
    case DH_DISPATCH_SELF:
        wanted = net_w;
        break;
    case DH_DISPATCH_PEAK:
        wanted = net_w - s->target_w;
        break;
    case DH_DISPATCH_PRICE:
        if (now->usd_per_j >= s->high_usd_per_j)
            wanted = fmax(0, net_w);
        else if (now->usd_per_j <= s->low_usd_per_j)
            wanted = -INFINITY;
        break;
    }
    wanted = fmin(wanted, net_w); /* a surplus is always worth keeping, and nothing is given to the grid */
    return fmax(wanted, over_w);  /* above the limit it gives, below it takes no more than there is room */
}

static double storage_w(const struct dh_onsite *s, const struct dh_dispatch *now, double net_w) {
    double wanted = wanted_w(s, now, net_w);
    if (wanted <= 0)
        return -fmin(-wanted, dh_battery_can_take_w(&s->battery, now->hold_s));
    struct dh_battery b = s->battery;
    double for_limit = fmax(0, net_w - now->limit_w), all = dh_battery_can_give_w(&b, now->hold_s);
    b.soc_min += s->reserve;
    double free_w = now->signal ? all : dh_battery_can_give_w(&b, now->hold_s);
    return fmin(wanted, fmax(free_w, fmin(all, for_limit)));
}

double dh_dispatch(const struct dh_dispatch *now, struct dh_onsite *units, int32_t n) {
    double net_w = now->load_w, exported_w = 0;
    for (int32_t i = 0; i < n; i++)
        if (units[i].kind == DH_ONSITE_SOLAR)
            net_w -= units[i].power_w = units[i].live ? units[i].available_w : 0;
    for (int32_t i = 0; i < n; i++)
        if (units[i].kind == DH_ONSITE_TURBINE)
            net_w -= units[i].power_w = units[i].live ? turbine_w(&units[i], now, net_w) : 0;
    for (int32_t i = 0; i < n; i++)
        if (units[i].kind == DH_ONSITE_STORAGE)
            net_w -= units[i].power_w = units[i].live ? storage_w(&units[i], now, net_w) : 0;
    /* What nobody takes: the last array is cut first. */
    for (int32_t i = n - 1; i >= 0 && net_w < 0; i--) {
        if (units[i].kind != DH_ONSITE_SOLAR)
            continue;
        double cut_w = fmin(units[i].power_w, -net_w);
        net_w += cut_w;
        if (units[i].exports)
            exported_w += cut_w;
        else
            units[i].power_w -= cut_w;
    }
    return net_w - exported_w;
}

bool dh_turbine_wanted(const struct dh_onsite *t, const struct dh_dispatch *now) {
    if (now->load_w < t->lowest_w || t->available_w < t->lowest_w)
        return false;
    if (now->load_w > now->limit_w)
        return true;
    if (t->policy == DH_DISPATCH_PEAK)
        return now->load_w > t->target_w;
    return t->policy == DH_DISPATCH_SELF || now->usd_per_j > t->high_usd_per_j;
}
