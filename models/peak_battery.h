/* The battery that keeps a site's draw from the grid under a level, for a load that repeats (a day) and is
 * constant in steps: what it must hold, the lowest level that a given one can keep, and the one that pays
 * best.
 *
 * It gives what the load has above the level, and takes what is free below it, at most charge_w.
 * What it is short of full, D, grows at (load - level) / discharge_share above the level, falls at
 * charge_share x min(level - load, charge_w) below, and never below 0; what it must hold is the greatest D.
 * That is the greatest of sums, each convex in the level: so needed is convex, falling and in straight
 * pieces, and with costs in proportion the best level lies at a corner, found exactly by cutting with
 * tangents (J. Kelley, J. SIAM 8, 1960), which ends after finitely many. Powers in W, energies in J, times in
 * s. */
#ifndef DH_MODELS_PEAK_BATTERY_H
#define DH_MODELS_PEAK_BATTERY_H

#include <stdbool.h>
#include <stdint.h>

struct dh_peak_load {
    const double *load_w, *lasts_s; /* n steps of one cycle; >= 0, > 0 */
    int32_t n;
    double charge_share, discharge_share; /* one-way efficiencies, 0 < share <= 1 */
    double charge_w;                      /* > 0; INFINITY: whatever is free */
};

/* A battery as it must be for a level. */
struct dh_peak_battery {
    double level_w;     /* the highest draw */
    double converter_w; /* what it gives at most: the highest load less the level */
    double held_j;      /* usable energy */
    double cost;        /* of the cycle's level, converter and energy together */
};

/* Highest load; lowest level at which a battery of any size is full again after a cycle. */
double dh_peak_highest_w(const struct dh_peak_load *load);
double dh_peak_lowest_w(const struct dh_peak_load *load);

/* What a level takes; held_j INFINITY below the lowest. */
struct dh_peak_battery dh_peak_for_level(const struct dh_peak_load *load, double level_w);

/* The lowest level that a battery of this usable energy keeps whose converter gives and takes no more than
 * this. */
double dh_peak_with(const struct dh_peak_load *load, double held_j, double converter_w);

/* The battery of the least sum of per_w x level + per_converter_w x converter + per_j x energy; prices >= 0,
 * for one and the same time. Of no battery: level at the highest load. */
struct dh_peak_battery dh_peak_best(const struct dh_peak_load *load, double per_w, double per_converter_w,
                                    double per_j);

/* Ride-through by Peukert's law (models/battery.h): charge that a bank must have, Ah, to last so long at
 * this load and voltage. */
double dh_ride_through_ah(double load_w, double bus_v, double lasts_s, double rated_h, double k);
/* The smallest number of strings of unit_ah each. 0: more than a million. */
int32_t dh_ride_through_strings(double load_w, double bus_v, double lasts_s, double rated_h, double k,
                                double unit_ah);

#endif
