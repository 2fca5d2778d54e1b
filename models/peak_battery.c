#include "models/peak_battery.h"

#include "models/battery.h"
#include "sim/math.h"

#include <math.h>

/* A function in straight pieces at a level: its value, and the slope of a piece there. */
struct piece {
    double value, slope;
};

/* How fast the battery empties at a level. */
static struct piece rate(const struct dh_peak_load *l, int32_t i, double level) {
    double over = l->load_w[i] - level;
    if (over > 0)
        return (struct piece){over / l->discharge_share, -1 / l->discharge_share};
    if (-over <= l->charge_w)
        return (struct piece){over * l->charge_share, -l->charge_share};
    return (struct piece){-l->charge_w * l->charge_share, 0};
}

/* Sum over a cycle: positive where what is taken does not make up for what is given. */
static struct piece cycle(const struct dh_peak_load *l, double level) {
    struct piece sum = {0, 0};
    for (int32_t i = 0; i < l->n; i++) {
        struct piece r = rate(l, i, level);
        sum.value += r.value * l->lasts_s[i];
        sum.slope += r.slope * l->lasts_s[i];
    }
    return sum;
}

/* The greatest lack of charge, over two cycles: the second begins as all later ones. */
static struct piece needed(const struct dh_peak_load *l, double level) {
    struct piece lack = {0, 0}, most = {0, 0};
    for (int32_t i = 0; i < 2 * l->n; i++) {
        struct piece r = rate(l, i % l->n, level);
        lack.value += r.value * l->lasts_s[i % l->n];
        lack.slope += r.slope * l->lasts_s[i % l->n];
        if (lack.value <= 0)
            lack = (struct piece){0, 0};
        if (lack.value > most.value)
            most = lack;
    }
    return most;
}

double dh_peak_highest_w(const struct dh_peak_load *l) {
    double highest = 0;
    for (int32_t i = 0; i < l->n; i++)
        highest = fmax(highest, l->load_w[i]);
    return highest;
}

/* Root of a convex function that falls there, from the left of it: tangents stay left of the root and end on
 * it, as the pieces are straight. */
static double root(const struct dh_peak_load *l, double from, double held_j,
                   struct piece (*f)(const struct dh_peak_load *, double)) {
    double at = from;
    for (int i = 0; i < 10000; i++) {
        struct piece p = f(l, at);
        double next = at - (p.value - held_j) / p.slope;
        if (!(p.value > held_j) || !(p.slope < 0) || !(next > at))
            break;
        at = next;
    }
    return at;
}

double dh_peak_lowest_w(const struct dh_peak_load *l) {
    return root(l, 0, 0, cycle);
}

struct dh_peak_battery dh_peak_for_level(const struct dh_peak_load *l, double level_w) {
    double highest = dh_peak_highest_w(l), lowest = dh_peak_lowest_w(l);
    struct dh_peak_battery b = {.level_w = level_w, .converter_w = fmax(0, highest - level_w)};
    if (level_w < highest)
        b.held_j = level_w < lowest * (1 - 1e-14) ? INFINITY : needed(l, level_w).value;
    return b;
}

double dh_peak_with(const struct dh_peak_load *load, double held_j, double converter_w) {
    struct dh_peak_load l = *load;
    double highest = dh_peak_highest_w(&l), level = fmax(0, highest - converter_w);
    l.charge_w = fmin(l.charge_w, converter_w);
    if (!(converter_w > 0) || !(held_j > 0))
        return highest;
    level = root(&l, level, 0, cycle);
    level = root(&l, level, held_j, needed);
    return fmin(level, highest);
}

struct dh_peak_battery dh_peak_best(const struct dh_peak_load *l, double per_w, double per_converter_w,
                                    double per_j) {
    double low = dh_peak_lowest_w(l), high = dh_peak_highest_w(l), best = high;
    double fixed = per_w - per_converter_w; /* each watt less of level is a watt more of converter */
    struct piece left = {0, 0}, right = {0, 0};
    if (low < high) {
        left = needed(l, low);
        left = (struct piece){fixed * low + per_j * left.value, fixed + per_j * left.slope};
        /* Just below the highest load: the slope of no battery at all is that of the load alone. */
        right = needed(l, high);
        double last = 0, longest = 0; /* the longest time together at the highest load, also over midnight */
        for (int32_t i = 0; i < 2 * l->n; i++) {
            last = l->load_w[i % l->n] == high ? last + l->lasts_s[i % l->n] : 0;
            longest = fmax(longest, last);
        }
        right = (struct piece){fixed * high, fixed - per_j * longest / l->discharge_share};
        best = right.slope <= 0 ? high : low;
        for (int i = 0; i < 10000 && left.slope < 0 && right.slope > 0; i++) {
            double at = (right.value - left.value + left.slope * low - right.slope * high) /
                        (left.slope - right.slope);
            double bound = left.value + left.slope * (at - low);
            best = fmin(fmax(at, low), high);
            if (!(at > low && at < high))
                break;
            struct piece p = needed(l, at);
            p = (struct piece){fixed * at + per_j * p.value, fixed + per_j * p.slope};
            if (p.slope == 0 || p.value - bound <= 1e-13 * fabs(p.value))
                break;
            if (p.slope < 0)
                low = at, left = p;
            else
                high = at, right = p;
        }
    }
    struct dh_peak_battery b = dh_peak_for_level(l, best);
    b.cost = per_w * b.level_w + per_converter_w * b.converter_w + per_j * b.held_j;
    return b;
}

double dh_ride_through_ah(double load_w, double bus_v, double lasts_s, double rated_h, double k) {
    /* t = H (C / (I H))^k */
    return load_w / bus_v * rated_h * dh_pow(lasts_s / 3600 / rated_h, 1 / k);
}

int32_t dh_ride_through_strings(double load_w, double bus_v, double lasts_s, double rated_h, double k,
                                double unit_ah) {
    double about = dh_ride_through_ah(load_w, bus_v, lasts_s, rated_h, k) / unit_ah;
    if (!(about < 1e6))
        return 0;
    int32_t n = (int32_t)about > 1 ? (int32_t)about - 1 : 1; /* the power may round: from one below */
    while (3600 * dh_battery_peukert_h(n * unit_ah, rated_h, k, load_w / bus_v) < lasts_s * (1 - 1e-12))
        n++;
    return n;
}
