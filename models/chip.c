#include "models/chip.h"

#include "sim/math.h"

#include <math.h>

/* Server fan control, an assumption after the shape of vendors' curves: lowest speed up to 22 degC at the
 * inlet, full speed at 35 degC, the upper end of ASHRAE class A2. */
#define FAN_LOW_DEGC  22.0
#define FAN_FULL_DEGC 35.0

/* Margins that keep the governor still: FACILITY B2 (down above T, up below T - 1 K); back on: an assumption.
 */
#define RISE_MARGIN_K    1.0
#define RESTART_MARGIN_K 5.0

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

static const struct dh_power_class_spec *class_row(const struct dh_device_spec *device, enum dh_work work) {
    for (int32_t i = 0; i < device->n_power_classes; i++)
        if (device->power_classes[i].work == (int32_t)work)
            return &device->power_classes[i];
    return NULL;
}

double dh_chip_class_w(const struct dh_device_spec *device, enum dh_work work) {
    const struct dh_power_class_spec *row = class_row(device, work);
    return row ? row->board_w : device->tdp_w;
}

double dh_chip_compute_share(const struct dh_device_spec *device, enum dh_work work) {
    const struct dh_power_class_spec *row = class_row(device, work);
    return row ? row->compute_share : 1.0;
}

double dh_chip_dynamic_frac(const struct dh_device_spec *device, double clock_frac) {
    double f = clamp(clock_frac, 0.0, 1.0), v = 1.0;
    if (f <= device->clock_knee && device->clock_knee < 1.0)
        v = device->voltage_min;
    else if (f < 1.0)
        v = device->voltage_min +
            (1.0 - device->voltage_min) * (f - device->clock_knee) / (1.0 - device->clock_knee);
    return v * v * f;
}

double dh_chip_power_w(const struct dh_device_spec *device, enum dh_work work, double util,
                       double clock_frac) {
    double swing_w = dh_chip_class_w(device, work) - device->idle_w;
    double p = device->idle_w + swing_w * util * dh_chip_dynamic_frac(device, clock_frac);
    return p > device->tdp_w ? device->tdp_w : p;
}

double dh_chip_rate(const struct dh_device_spec *device, enum dh_work work, double clock_frac) {
    if (!(clock_frac > 0))
        return 0.0;
    double s = dh_chip_compute_share(device, work);
    return 1.0 / (s / clock_frac + (1.0 - s));
}

double dh_chip_clock_min(const struct dh_device_spec *device) {
    return clamp(device->clock_min_hz / device->clock_max_hz, 0.0, 1.0);
}

double dh_chip_clock_floor(const struct dh_device_spec *device, double clock_frac) {
    if (clock_frac >= 1.0)
        return 1.0;
    double lowest = dh_chip_clock_min(device);
    /* 1e-9 of a step: a share that was itself a multiple stays where it is. */
    double steps = floor(clock_frac * device->clock_max_hz / device->clock_step_hz + 1e-9);
    return clamp(steps * device->clock_step_hz / device->clock_max_hz, lowest, 1.0);
}

/* Inverse of dh_chip_dynamic_frac. Above the knee the function is convex and rising, so that Newton's method
 * from full clock comes down to the root without passing it. */
static double clock_for_dynamic(const struct dh_device_spec *device, double dynamic) {
    double knee = device->clock_knee, v0 = device->voltage_min;
    if (knee >= 1.0)
        return dynamic;
    if (dynamic <= v0 * v0 * knee)
        return dynamic / (v0 * v0);
    double slope = (1.0 - v0) / (1.0 - knee), f = 1.0;
    for (int i = 0; i < 30; i++) {
        double v = v0 + slope * (f - knee);
        double step = (v * v * f - dynamic) / (v * v + 2.0 * v * slope * f);
        f -= step;
        if (step < 1e-12)
            break;
    }
    return f;
}

double dh_chip_clock_for_power(const struct dh_device_spec *device, double full_w, double limit_w) {
    if (full_w <= limit_w)
        return 1.0;
    if (limit_w <= device->idle_w)
        return dh_chip_clock_min(device);
    double dynamic = (limit_w - device->idle_w) / (full_w - device->idle_w);
    return dh_chip_clock_floor(device, clock_for_dynamic(device, dynamic));
}

double dh_chip_junction_degc(double reference_degc, double k_per_w, double power_w) {
    return reference_degc + k_per_w * power_w;
}

double dh_chip_junction_after(double from_degc, double steady_degc, double tau_s, double dt_s) {
    return steady_degc + (from_degc - steady_degc) * dh_exp(-dt_s / tau_s);
}

static double steady_at(const struct dh_device_spec *device, double full_w, double reference_degc,
                        double k_per_w, double clock_frac) {
    double p = device->idle_w + (full_w - device->idle_w) * dh_chip_dynamic_frac(device, clock_frac);
    return reference_degc + k_per_w * p;
}

double dh_chip_thermal_clock(const struct dh_device_spec *device, double full_w, double reference_degc,
                             double k_per_w, double previous) {
    double lowest = dh_chip_clock_min(device);
    if (previous <= 0 &&
        steady_at(device, full_w, reference_degc, k_per_w, lowest) > device->throttle_degc - RESTART_MARGIN_K)
        return 0.0;
    double allowed_w = (device->throttle_degc - reference_degc) / k_per_w;
    double fall = dh_chip_clock_for_power(device, full_w, allowed_w);
    if (fall < 1.0 || previous < 1.0) {
        double rise = dh_chip_clock_for_power(device, full_w, allowed_w - RISE_MARGIN_K / k_per_w);
        fall = clamp(previous, rise, fall);
    }
    if (fall > lowest)
        return fall;
    if (steady_at(device, full_w, reference_degc, k_per_w, lowest) <= device->slowdown_degc)
        return lowest;
    if (steady_at(device, full_w, reference_degc, k_per_w, 0.5 * lowest) <= device->shutdown_degc)
        return 0.5 * lowest;
    return 0.0;
}

double dh_node_fan_w(double fan_max_w, double min_share, double inlet_degc) {
    double x = clamp((inlet_degc - FAN_LOW_DEGC) / (FAN_FULL_DEGC - FAN_LOW_DEGC), 0.0, 1.0);
    double speed = min_share + (1.0 - min_share) * x;
    return fan_max_w * speed * speed * speed;
}
