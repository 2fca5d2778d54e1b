/* One accelerator: power, progress and temperature as functions of its clock. Clocks are shares of the
 * highest clock. All functions are pure, and cheap enough to be called at each start and end of a job. */
#ifndef DH_MODELS_CHIP_H
#define DH_MODELS_CHIP_H

#include "scenarios/scenario.h"

/* Board power while this kind of work runs, at full activity and full clock: the device's row for it, or its
 * TDP. Share of the time that shortens with the clock: the row's, or 1. */
double dh_chip_class_w(const struct dh_device_spec *device, enum dh_work work);
double dh_chip_compute_share(const struct dh_device_spec *device, enum dh_work work);

/* Switching power at a clock over that at full clock: (V/Vmax)^2 f, where V is lowest up to the knee and
 * rises in a straight line from there (FACILITY B1). 0 at clock 0, 1 at clock 1, strictly rising. */
double dh_chip_dynamic_frac(const struct dh_device_spec *device, double clock_frac);

/* Board power: idle + (class - idle) util dynamic_frac, at most the TDP. util in 0-1. */
double dh_chip_power_w(const struct dh_device_spec *device, enum dh_work work, double util,
                       double clock_frac);

/* Progress per time over that at full clock: 1 / (s/f + 1 - s), s the compute share. 0 at clock 0. */
double dh_chip_rate(const struct dh_device_spec *device, enum dh_work work, double clock_frac);

/* Lowest clock under throttling; the highest multiple of the clock step that does not exceed clock_frac (and
 * not below the lowest clock; 1 stays 1). */
double dh_chip_clock_min(const struct dh_device_spec *device);
double dh_chip_clock_floor(const struct dh_device_spec *device, double clock_frac);

/* Highest clock at which a board that draws full_w at full clock stays at or below limit_w: a multiple of the
 * clock step, 1, or the lowest clock where none is low enough. */
double dh_chip_clock_for_power(const struct dh_device_spec *device, double full_w, double limit_w);

/* Steady junction temperature = reference (inlet air or coolant) + resistance x power, and where it is after
 * dt_s when it starts at from_degc: T + (from - T) exp(-dt/tau). */
double dh_chip_junction_degc(double reference_degc, double k_per_w, double power_w);
double dh_chip_junction_after(double from_degc, double steady_degc, double tau_s, double dt_s);

/* Time constants of junction and heat sink: FACILITY B3, 40-60 s for air and 5-10 s for cold plates. */
#define DH_CHIP_TAU_AIR_S    50.0
#define DH_CHIP_TAU_LIQUID_S 8.0

/* The clock that temperature allows a board that draws full_w at full clock, whose clock limit was previous:
 * the highest multiple of the clock step whose steady junction temperature is at most the throttle
 * temperature; a clock rises again only to what keeps 1 K below it, so that nothing chatters. Where even the
 * lowest clock is above the slowdown temperature: half the lowest clock; above shutdown even so: 0, the board
 * is off, and stays off until the lowest clock would keep 5 K below the throttle temperature. (FACILITY B2)
 */
double dh_chip_thermal_clock(const struct dh_device_spec *device, double full_w, double reference_degc,
                             double k_per_w, double previous);

/* Fans of one node. Speed rises in a straight line from the lowest at an inlet of 22 degC to full at 35 degC;
 * power is the cube of the speed. */
double dh_node_fan_w(double fan_max_w, double min_share, double inlet_degc);

#endif
