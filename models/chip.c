#include "models/chip.h"

#include "sim/math.h"

#include <math.h>

/* nvidia-smi logs of idle boards are taken at 30-31 degC (FACILITY B1). */
#define IDLE_DEGC 30.0

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

static const struct dh_power_class_spec *class_row(const struct dh_device_spec *device, enum dh_work work) {
    for (int32_t i = 0; i < device->n_power_classes; i++)
        if (device->power_classes[i].work == (int32_t)work)
            return &device->power_classes[i];
    return NULL;
}

double dh_chip_cap_w(const struct dh_device_spec *device) {
    return device->tdp_w * device->cap_held;
}

double dh_chip_class_w(const struct dh_device_spec *device, enum dh_work work) {
    const struct dh_power_class_spec *row = class_row(device, work);
    return row ? row->board_w : device->tdp_w;
}

double dh_chip_compute_share(const struct dh_device_spec *device, enum dh_work work) {
    const struct dh_power_class_spec *row = class_row(device, work);
    return row ? row->compute_share : 1.0;
}

/* ---- power ----------------------------------------------------------------------------------------------
 */

double dh_chip_voltage(const struct dh_device_spec *device, double clock_frac) {
    double f = clamp(clock_frac, 0.0, 1.0);
    if (f <= device->clock_knee && device->clock_knee < 1.0)
        return device->voltage_min;
    if (f < 1.0)
        return device->voltage_min +
               (1.0 - device->voltage_min) * (f - device->clock_knee) / (1.0 - device->clock_knee);
    return 1.0;
}

double dh_chip_dynamic_frac(const struct dh_device_spec *device, double clock_frac) {
    double v = dh_chip_voltage(device, clock_frac);
    return v * v * clamp(clock_frac, 0.0, 1.0);
}

double dh_chip_leakage_w(const struct dh_device_spec *device, double junction_degc) {
    if (!(device->leakage_w > 0))
        return 0.0;
    if (junction_degc == device->leakage_degc)
        return device->leakage_w;
    return device->leakage_w * dh_exp(device->leakage_per_k * (junction_degc - device->leakage_degc));
}

/* The measured idle power without its leakage and its slow clock. */
static double base_w(const struct dh_device_spec *device) {
    double f = dh_chip_clock_min(device);
    return device->idle_w - dh_chip_voltage(device, f) * dh_chip_leakage_w(device, IDLE_DEGC) -
           dh_chip_dynamic_frac(device, f) * device->clock_w;
}

double dh_chip_busy_w(const struct dh_device_spec *device, const struct dh_chip_load *load, double clock_frac,
                      double junction_degc) {
    return load->base_w + load->steady_w +
           dh_chip_voltage(device, clock_frac) * dh_chip_leakage_w(device, junction_degc) +
           dh_chip_dynamic_frac(device, clock_frac) * load->switching_w;
}

struct dh_chip_load dh_chip_load_none(const struct dh_device_spec *device) {
    return (struct dh_chip_load){.base_w = base_w(device), .clock = 1.0};
}

struct dh_chip_load dh_chip_load_of(const struct dh_device_spec *device, double compute, double memory,
                                    double link) {
    double units_w = isnan(device->units_w) ? 0.0 : device->units_w;
    bool plateau = memory > compute && !isnan(device->memory_clock_hz);
    return (struct dh_chip_load){.base_w = base_w(device),
                                 .steady_w = memory * device->memory_w + link * device->link_w,
                                 .switching_w = device->clock_w + compute * units_w,
                                 .clock = plateau ? device->memory_clock_hz / device->clock_max_hz : 1.0};
}

struct dh_chip_load dh_chip_load(const struct dh_device_spec *device, enum dh_work work) {
    const struct dh_power_class_spec *row = class_row(device, work);
    struct dh_chip_load load = dh_chip_load_none(device);
    if (row) {
        load.steady_w = row->memory * device->memory_w + row->link * device->link_w;
        if (!isnan(row->clock_hz))
            load.clock = row->clock_hz / device->clock_max_hz;
    }
    double rest_w = dh_chip_busy_w(device, &load, load.clock, device->leakage_degc);
    load.switching_w = (dh_chip_class_w(device, work) - rest_w) / dh_chip_dynamic_frac(device, load.clock);
    return load;
}

double dh_chip_clock_for(const struct dh_device_spec *device, const struct dh_chip_load *load,
                         double junction_degc, double limit_w) {
    double fixed_w = load->base_w + load->steady_w, leak_w = dh_chip_leakage_w(device, junction_degc);
#define BUSY(f)                                                                                              \
    (fixed_w + dh_chip_voltage(device, (f)) * leak_w + dh_chip_dynamic_frac(device, (f)) * load->switching_w)
    if (BUSY(load->clock) <= limit_w)
        return load->clock;
    double step = device->clock_step_hz / device->clock_max_hz, lowest = dh_chip_clock_min(device);
    /* 1e-9 of a step: a clock that was itself a multiple stays where it is */
    int64_t low = (int64_t)ceil(lowest / step - 1e-9), high = (int64_t)floor(load->clock / step + 1e-9) + 1;
    if (low >= high || BUSY((double)low * step) > limit_w)
        return lowest;
    while (high - low > 1) { /* low is within the limit, high is not */
        int64_t middle = low + (high - low) / 2;
        if (BUSY((double)middle * step) <= limit_w)
            low = middle;
        else
            high = middle;
    }
#undef BUSY
    return (double)low * step;
}

struct dh_chip_point dh_chip_run(const struct dh_device_spec *device, const struct dh_chip_load *load,
                                 double util, double clock_limit, struct dh_chip_place place, double part) {
    double clock = clock_limit < load->clock ? clock_limit : load->clock, idle_w = device->idle_w;
    if (!(clock > 0))
        return (struct dh_chip_point){0.0, idle_w};
    bool here = !isnan(place.reference_degc) && device->leakage_w > 0;
    double cap_w = dh_chip_cap_w(device) / part, junction = device->leakage_degc;
    double busy_w = dh_chip_busy_w(device, load, clock, junction);
    for (int i = 0; here && i < 3; i++) {
        double mean_w = idle_w + util * ((busy_w < cap_w ? busy_w : cap_w) - idle_w);
        junction = place.reference_degc + place.k_per_w * part * mean_w;
        if (junction > device->shutdown_degc)
            junction = device->shutdown_degc; /* hotter ones are off */
        busy_w = dh_chip_busy_w(device, load, clock, junction);
    }
    if (busy_w > cap_w) {
        double capped = dh_chip_clock_for(device, load, junction, cap_w);
        clock = capped < clock ? capped : clock;
        busy_w = dh_chip_busy_w(device, load, clock, junction);
        if (busy_w > cap_w) /* even the lowest clock: the regulator gates it */
            busy_w = cap_w;
    }
    return (struct dh_chip_point){clock, idle_w + util * (busy_w - idle_w)};
}

double dh_chip_power_w(const struct dh_device_spec *device, enum dh_work work, double util,
                       double clock_frac) {
    struct dh_chip_load load = dh_chip_load(device, work);
    return dh_chip_run(device, &load, util, clock_frac, (struct dh_chip_place){NAN, 0}, 1.0).power_w;
}

/* ---- clock ----------------------------------------------------------------------------------------------
 */

double dh_chip_rate(const struct dh_device_spec *device, enum dh_work work, double clock_frac) {
    if (!(clock_frac > 0))
        return 0.0;
    const struct dh_power_class_spec *row = class_row(device, work);
    double highest = row && !isnan(row->clock_hz) ? row->clock_hz / device->clock_max_hz : 1.0;
    if (clock_frac >= highest)
        return 1.0;
    double s = row ? row->compute_share : 1.0;
    return 1.0 / (s * highest / clock_frac + (1.0 - s));
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

double dh_chip_part(const struct dh_device_spec *device, double z) {
    double sigma = device->spread;
    return sigma > 0 ? dh_exp(sigma * z - 0.5 * sigma * sigma) : 1.0;
}
