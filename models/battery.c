#include "models/battery.h"
#include "sim/math.h"

#include <math.h>
#include <stdbool.h>

/* ---- stored energy --------------------------------------------------------------------------------------
 */

double dh_battery_can_take_w(const struct dh_battery *b, double dt_s) {
    double room_j = b->soc_max * b->capacity_j - b->stored_j;
    return fmax(0, fmin(b->charge_w, room_j / (b->charge_share * dt_s)));
}

double dh_battery_can_give_w(const struct dh_battery *b, double dt_s) {
    double left_j = b->stored_j - b->soc_min * b->capacity_j;
    return fmax(0, fmin(b->discharge_w, left_j * b->discharge_share / dt_s));
}

double dh_battery_after_j(const struct dh_battery *b, double power_w, double dt_s) {
    return b->stored_j - (power_w > 0 ? power_w / b->discharge_share : power_w * b->charge_share) * dt_s;
}

double dh_battery_lasts_s(const struct dh_battery *b, double power_w) {
    if (power_w > 0)
        return fmax(0, b->stored_j - b->soc_min * b->capacity_j) * b->discharge_share / power_w;
    if (power_w < 0)
        return fmax(0, b->soc_max * b->capacity_j - b->stored_j) / (b->charge_share * -power_w);
    return INFINITY;
}

double dh_battery_runtime_s(double energy_j, double usable, double inverter, double load_w) {
    return energy_j * usable * inverter / load_w;
}

/* ---- charge ---------------------------------------------------------------------------------------------
 */

double dh_battery_peukert_h(double capacity_ah, double rated_h, double k, double current_a) {
    return rated_h * dh_pow(capacity_ah / (current_a * rated_h), k);
}

struct dh_kibam dh_kibam_after(struct dh_kibam start, double k, double c, double current_a, double hours) {
    double kt = k * hours, fresh = -dh_expm1(-kt), old = 1 - fresh;
    double all = start.available_ah + start.bound_ah, lag = (kt - fresh) / k;
    return (struct dh_kibam){start.available_ah * old + (all * k * c - current_a) * fresh / k -
                                 current_a * c * lag,
                             start.bound_ah * old + all * (1 - c) * fresh - current_a * (1 - c) * lag};
}

double dh_kibam_capacity_ah(double maximum_ah, double k, double c, double hours) {
    double kt = k * hours, fresh = -dh_expm1(-kt);
    return maximum_ah * k * c * hours / (fresh + c * (kt - fresh));
}

/* ---- voltage --------------------------------------------------------------------------------------------
 */

double dh_cell_voltage_v(const struct dh_battery_cell *cell, double drawn_ah, double current_a) {
    double a = cell->full_v - cell->exponential_v, b = 3 / cell->exponential_ah;
    double k = (cell->full_v - cell->nominal_v + a * dh_expm1(-b * cell->nominal_ah)) *
               (cell->full_ah - cell->nominal_ah) / cell->nominal_ah;
    double e0 = cell->full_v + k + cell->resistance_ohm * cell->rated_a - a;
    return e0 - k * cell->full_ah / (cell->full_ah - drawn_ah) + a * dh_exp(-b * drawn_ah) -
           cell->resistance_ohm * current_a;
}

/* ---- ageing ---------------------------------------------------------------------------------------------
 */

double dh_battery_fade(double days, double full_cycles) {
    return 1.16e-3 * dh_pow(days, 0.428) + 2.46e-5 * full_cycles;
}

/* Reversals stay in place at the front of `values`. */
static int32_t keep_reversals(double *v, int32_t n) {
    int32_t kept = 0;
    for (int32_t i = 0; i < n; i++) {
        if (kept > 0 && v[i] == v[kept - 1])
            continue;
        bool goes_on = kept > 1 && (v[i] > v[kept - 1]) == (v[kept - 1] > v[kept - 2]);
        v[goes_on ? kept - 1 : kept++] = v[i];
    }
    return kept;
}

double dh_battery_rainflow(double *values, int32_t n, double power) {
    double sum = 0;
    int32_t top = 0; /* of the stack, which grows in `values` never faster than it is read */
    n = keep_reversals(values, n);
    int32_t first = 0; /* where the stack begins: its start moves when a half cycle ends there */
    for (int32_t i = 0; i < n; i++) {
        values[top++] = values[i];
        while (top - first >= 3) {
            double x = fabs(values[top - 1] - values[top - 2]), y = fabs(values[top - 2] - values[top - 3]);
            if (x < y)
                break;
            if (top - first == 3) { /* the range holds the start: half a cycle */
                sum += 0.5 * dh_pow(y, power);
                first++;
            } else {
                sum += dh_pow(y, power);
                values[top - 3] = values[top - 1];
                top -= 2;
            }
        }
    }
    for (int32_t i = first; i + 1 < top; i++)
        sum += 0.5 * dh_pow(fabs(values[i + 1] - values[i]), power);
    return sum;
}
