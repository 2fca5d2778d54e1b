#include "models/ups.h"
#include "sim/math.h"

double dh_ups_reserve_j(const struct dh_ups_battery_spec *battery, int32_t n) {
    return battery->energy_j * battery->usable * n;
}

struct dh_battery_drain dh_ups_drain(const struct dh_ups_battery_spec *battery, int32_t n) {
    double rated_w = dh_ups_reserve_j(battery, n) * battery->inverter / battery->rated_at_s;
    bool lead = battery->kind == DH_UPS_VRLA;
    return (struct dh_battery_drain){1 / battery->inverter, rated_w, lead ? battery->peukert - 1 : 0};
}

double dh_ups_runtime_s(const struct dh_ups_battery_spec *battery, int32_t n, double out_w) {
    struct dh_battery_drain drain = dh_ups_drain(battery, n);
    double more =
        out_w > drain.knee_w && drain.exponent > 0 ? dh_pow(out_w / drain.knee_w, drain.exponent) : 1;
    return dh_ups_reserve_j(battery, n) / (out_w * drain.per_output * more);
}

double dh_ups_highest_drain_w(const struct dh_ups_battery_spec *battery, int32_t n) {
    return battery->c_rate * battery->energy_j * n / 3600;
}

struct dh_stage_loss dh_ups_eco_loss(const struct dh_eco_mode_spec *eco, double unit_w, int32_t n) {
    return (struct dh_stage_loss){n * unit_w * eco->a, eco->b, eco->c / (n * unit_w)};
}

/* loss / rating = x (1 / eta - 1) at each point; divided differences give the parabola through the three. */
void dh_loss_through(const double x[static 3], const double efficiency[static 3], double abc[static 3]) {
    double y[3];
    for (int i = 0; i < 3; i++)
        y[i] = x[i] * (1 / efficiency[i] - 1);
    double first = (y[1] - y[0]) / (x[1] - x[0]), second = (y[2] - y[1]) / (x[2] - x[1]);
    abc[2] = (second - first) / (x[2] - x[0]);
    abc[1] = first - abc[2] * (x[0] + x[1]);
    abc[0] = y[0] - (abc[1] + abc[2] * x[0]) * x[0];
}
