#include "models/chiller.h"

#include <math.h>

/* Loss of capacity for each kelvin of condenser water above the fitted range. An assumption, as steep as the
 * curve's own slope at the edge (1.3 %/K). */
#define CAPACITY_LOSS_PER_K 0.013

/* lbl-srg/modelica-buildings@c4117cc, Fluid/Chillers/Data, ElectricEIRChiller Carrier 19XR
 * 1407kW/6.04COP/VSD, there from EnergyPlus datasets/Chillers.idf; 1,406,600 W. At its own reference point
 * the curves give 0.986 and 1.016. */
const struct dh_chiller_curves dh_chiller_centrifugal_vsd = {
    .name = "Carrier 19XR 1407kW/6.04COP/VSD",
    .cop_ref = 6.04,
    .evap_ref_degc = 6.67,
    .cond_ref_degc = 29.44,
    .plr_min = 0.2,
    .plr_min_unload = 0.2,
    .plr_max = 1.04,
    .evap_min_degc = 4.44,
    .evap_max_degc = 10.0,
    .cond_min_degc = 12.78,
    .cond_max_degc = 32.22,
    .cap = {1.042261,       0.002644821, -0.001468026, 0.01366256, -0.0008302334, 0.001573579},
    .eir = {1.02634, -0.01612819, -0.001092591,             -0.01784393, 0.0007961842, -9.586049e-05},
    .plr = {0.118888,   0.6723542,  0.2068754},
    .motor = 1.0,
};

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

static double biquadratic(const double a[6], double x, double y) {
    return a[0] + (a[1] + a[2] * x + a[5] * y) * x + (a[3] + a[4] * y) * y;
}

double dh_chiller_cap_ft(const struct dh_chiller_curves *c, double evap_degc, double cond_degc) {
    return biquadratic(c->cap, evap_degc, cond_degc);
}

double dh_chiller_eir_ft(const struct dh_chiller_curves *c, double evap_degc, double cond_degc) {
    return biquadratic(c->eir, evap_degc, cond_degc);
}

/* eirFPLR x cycling: below the lowest part load the machine switches on and off. */
static double part_load(const struct dh_chiller_curves *c, double plr) {
    double unloaded = plr > c->plr_min_unload ? plr : c->plr_min_unload;
    double cycling = plr < c->plr_min ? plr / c->plr_min : 1.0;
    return (c->plr[0] + (c->plr[1] + c->plr[2] * unloaded) * unloaded) * cycling;
}

double dh_chiller_published_power_w(const struct dh_chiller_curves *c, double ref_w, double evap_degc,
                                    double cond_degc, double load_w) {
    double capacity = ref_w * dh_chiller_cap_ft(c, evap_degc, cond_degc);
    double plr = clamp(load_w / capacity, 0.0, c->plr_max);
    return capacity / c->cop_ref * dh_chiller_eir_ft(c, evap_degc, cond_degc) * part_load(c, plr);
}

struct dh_chiller_point dh_chiller_at(const struct dh_chiller_curves *c, double ref_w, double cop_ref,
                                      double evap_degc, double cond_degc) {
    /* Chilled water beyond the fitted range: the machine at the edge with the same lift, for lift sets the
     * work. */
    double te = clamp(evap_degc, c->evap_min_degc, c->evap_max_degc);
    double shifted = cond_degc - (evap_degc - te);
    /* Colder condenser water than the range saves nothing more: machines hold a lowest condensing pressure.
     */
    double tc = clamp(shifted, c->cond_min_degc, c->cond_max_degc);
    double eir = dh_chiller_eir_ft(c, te, tc) / dh_chiller_eir_ft(c, c->evap_ref_degc, c->cond_ref_degc);
    double cap = dh_chiller_cap_ft(c, te, tc) / dh_chiller_cap_ft(c, c->evap_ref_degc, c->cond_ref_degc);
    if (shifted > tc) { /* more lift than the range: Carnot's ratio, and less capacity */
        eir *= (shifted - te) / (tc - te);
        cap *= clamp(1.0 - CAPACITY_LOSS_PER_K * (shifted - tc), 0.1, 1.0);
    }
    return (struct dh_chiller_point){
        .capacity_w = ref_w * cap,
        .full_power_w = ref_w * cap / cop_ref * eir * part_load(c, 1.0),
        .clamped = evap_degc != te || shifted != tc,
    };
}

double dh_chiller_power_w(const struct dh_chiller_curves *c, const struct dh_chiller_point *point, int n,
                          double load_w, int *running) {
    *running = 0;
    if (!(load_w > 0) || n < 1)
        return 0.0;
    double full = part_load(c, 1.0);
    /* Power per load is a + b + c x with x the part load ratio: least where c1 / x = c3 x. Only the two whole
     * numbers of machines beside that can be best, as far as they carry the load. */
    double best_plr = c->plr[2] > 0 && c->plr[0] > 0 ? sqrt(c->plr[0] / c->plr[2]) : 1.0;
    best_plr = clamp(best_plr, c->plr_min_unload, c->plr_max);
    double least = ceil(load_w / (point->capacity_w * c->plr_max));
    double around = floor(load_w / (point->capacity_w * best_plr));
    double best = INFINITY;
    for (int i = 0; i < 2; i++) {
        double machines = clamp(around + i, least < 1 ? 1 : least, INFINITY);
        machines = machines > n ? n : machines;
        double plr = clamp(load_w / (machines * point->capacity_w), 0.0, c->plr_max);
        double power = machines * point->full_power_w * part_load(c, plr) / full;
        if (power < best) {
            best = power;
            *running = (int)machines;
        }
    }
    return best;
}
