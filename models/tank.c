#include "models/tank.h"

#define WATER_J_PER_M3_K (992.0 * 4186.0) /* at 40 degC */

static double mixed(double a_m3, double a_degc, double b_m3, double b_degc) {
    double both = a_m3 + b_m3;
    return both > 0 ? (a_m3 * a_degc + b_m3 * b_degc) / both : b_degc;
}

/* `moved` of each layer changes places with as much of the other. */
static void exchange(struct dh_tank *t, double moved) {
    double warm_m3 = t->volume_m3 - t->cold_m3;
    double least = t->cold_m3 < warm_m3 ? t->cold_m3 : warm_m3;
    moved = moved < 0.5 * least ? moved : 0.5 * least;
    if (!(moved > 0))
        return;
    double heat = moved * (t->warm_degc - t->cold_degc);
    t->cold_degc += heat / t->cold_m3;
    t->warm_degc -= heat / warm_m3;
}

double dh_tank_step(struct dh_tank *t, double flow_m3_per_s, double return_degc, double dt_s) {
    double moved = (flow_m3_per_s < 0 ? -flow_m3_per_s : flow_m3_per_s) * dt_s, drawn = 0.0, drawn_m3_k = 0.0;
    int discharge = flow_m3_per_s >= 0;
    if (!(moved > 0))
        return t->cold_degc;
    exchange(t, t->mixing * moved);
    while (drawn < moved) {
        double source_m3 = discharge ? t->cold_m3 : t->volume_m3 - t->cold_m3;
        double part = moved - drawn;
        if (source_m3 > 1e-12 * t->volume_m3) { /* the boundary moves */
            part = part < source_m3 ? part : source_m3;
            if (discharge) {
                drawn_m3_k += part * t->cold_degc;
                t->warm_degc = mixed(t->volume_m3 - t->cold_m3, t->warm_degc, part, return_degc);
                t->cold_m3 -= part;
            } else {
                drawn_m3_k += part * t->warm_degc;
                t->cold_degc = mixed(t->cold_m3, t->cold_degc, part, return_degc);
                t->cold_m3 += part;
            }
            if (part == source_m3)
                t->cold_m3 = discharge ? 0.0 : t->volume_m3;
        } else { /* one layer is left: drawn from it and returned to it, in parts that mix */
            double *degc = discharge ? &t->warm_degc : &t->cold_degc;
            double most = 0.05 * t->volume_m3;
            part = part < most ? part : most;
            drawn_m3_k += part * *degc;
            *degc += part * (return_degc - *degc) / t->volume_m3;
        }
        drawn += part;
    }
    return drawn_m3_k / moved;
}

double dh_tank_content_m3_k(const struct dh_tank *t) {
    return t->cold_m3 * t->cold_degc + (t->volume_m3 - t->cold_m3) * t->warm_degc;
}

double dh_ride_through_s(double volume_m3, double rise_k, double heat_w) {
    return volume_m3 * WATER_J_PER_M3_K * rise_k / heat_w;
}
