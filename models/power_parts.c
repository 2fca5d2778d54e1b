#include "models/power_parts.h"
#include "sim/math.h"

#include <math.h>

struct dh_transformer_loss dh_transformer_nameplate(double rated_va, double efficiency, double at,
                                                    double best) {
    double no_load_w = rated_va * at * (1 - efficiency) / (efficiency * (1 + (at / best) * (at / best)));
    return (struct dh_transformer_loss){no_load_w, no_load_w / (best * best)};
}

double dh_transformer_warmth(enum dh_conductor conductor, double rise_k, double dc_share, double share,
                             double ambient_degc) {
    double f = conductor == DH_CONDUCTOR_COPPER ? 234.5 : 225; /* degC at which the resistance would vanish */
    double winding_k = share > 0 ? dh_pow(share, 1.6) * rise_k : 0;
    double r = (f + winding_k + ambient_degc) / (f + rise_k + 20);
    return dc_share * r + (1 - dc_share) / r;
}

double dh_line_current_a(double power_w, double volts, double power_factor) {
    return power_w / (sqrt(3) * volts * power_factor);
}

double dh_line_loss_w(double current_a, double ohm_per_m, double length_m) {
    return 3 * current_a * current_a * ohm_per_m * length_m;
}

double dh_generator_fuel_w(const struct dh_generator_spec *spec, double unit_w, int32_t n, double out_w) {
    return (spec->idle_share * n * unit_w + (1 - spec->idle_share) * out_w) / spec->efficiency;
}
