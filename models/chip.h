/* One accelerator: power and progress as functions of activity, clock and temperature. Clocks are shares of
 * the highest clock, voltages of the highest voltage. All functions are pure, and cheap enough to be called
 * at each start and end of a job.
 *
 * Board power while work runs (FACILITY B1):
 *
 *   P = base + P_leak (V/V0) exp(k (T - T0)) + memory + links + V(f)^2 f (clock tree + units)
 *
 * base is what is left of the measured idle power, which is taken at the lowest clock and 30 degC. Memory and
 * links draw by their traffic, whatever the clock. Between busy times a board idles: a job of activity u
 * draws idle + u (P - idle). With no leakage and no memory power in the catalog this is linear in u, the form
 * of published system models (Frontier). */
#ifndef DH_MODELS_CHIP_H
#define DH_MODELS_CHIP_H

#include "scenarios/scenario.h"

/* What one kind of work makes the board draw besides base and leakage. */
struct dh_chip_load {
    double base_w;      /* of the board, whatever it does: from one of the functions below */
    double steady_w;    /* memory and links */
    double switching_w; /* clock tree and units at full clock and voltage */
    double clock;       /* highest clock that it runs at: 1, or a plateau under memory traffic */
};

/* Nothing but base, leakage and clock 1. */
struct dh_chip_load dh_chip_load_none(const struct dh_device_spec *device);

/* From shares (0-1) of the device's units, memory bandwidth and links in use. Bound by memory (memory above
 * compute) it keeps to the device's memory-clock. */
struct dh_chip_load dh_chip_load_of(const struct dh_device_spec *device, double compute, double memory,
                                    double link);

/* Of a kind of work: the catalog names its board power and its traffic, the units' share is what is left.
 * A kind without a row draws the TDP at full activity. */
struct dh_chip_load dh_chip_load(const struct dh_device_spec *device, enum dh_work work);

/* Mean power that the governor keeps at the cap: it walks the clock up and down below the TDP. */
double dh_chip_cap_w(const struct dh_device_spec *device);

/* Board power at full activity of this kind, at its highest clock and the junction temperature that catalog
 * figures hold at. Share of the time that shortens with the clock: the row's, or 1. */
double dh_chip_class_w(const struct dh_device_spec *device, enum dh_work work);
double dh_chip_compute_share(const struct dh_device_spec *device, enum dh_work work);

/* Voltage: lowest up to the knee, from there in a straight line (B1). Switching power at a clock over that at
 * full clock: V^2 f; 0 at clock 0, 1 at clock 1, strictly rising. */
double dh_chip_voltage(const struct dh_device_spec *device, double clock_frac);
double dh_chip_dynamic_frac(const struct dh_device_spec *device, double clock_frac);

/* Leakage at the highest voltage. */
double dh_chip_leakage_w(const struct dh_device_spec *device, double junction_degc);

/* Board power while work runs at this clock and junction temperature; no cap. */
double dh_chip_busy_w(const struct dh_device_spec *device, const struct dh_chip_load *load, double clock_frac,
                      double junction_degc);

/* The governor: highest clock at which that is at most limit_w, by bisection over the multiples of the clock
 * step; the load's highest clock, or the lowest clock where none is low enough. */
double dh_chip_clock_for(const struct dh_device_spec *device, const struct dh_chip_load *load,
                         double junction_degc, double limit_w);

/* Where a board sits: junction = reference (inlet air or coolant) + k_per_w x power. reference NAN: at the
 * temperature that catalog figures hold at. */
struct dh_chip_place {
    double reference_degc, k_per_w;
};

struct dh_chip_point {
    double clock;   /* under the cap; at most the limit given */
    double power_w; /* mean of busy and idle times, of a nominal part */
};

/* A board with activity util (0-1) under the clock that the rack allows and its cap upon its busy
 * times. The part draws `part` times the nominal power (1: nominal), so it meets its cap at a lower clock.
 * Leakage and temperature are solved together (three iterations: 1e-5 of the leakage). Clock 0: idle. */
struct dh_chip_point dh_chip_run(const struct dh_device_spec *device, const struct dh_chip_load *load,
                                 double util, double clock_limit, struct dh_chip_place place, double part);

/* The same for a nominal part at the catalog's temperature. */
double dh_chip_power_w(const struct dh_device_spec *device, enum dh_work work, double util,
                       double clock_frac);

/* Progress per time over that at the kind's highest clock: 1 / (s F/f + 1 - s), s the compute share. 0 at
 * clock 0, at most 1. */
double dh_chip_rate(const struct dh_device_spec *device, enum dh_work work, double clock_frac);

/* Lowest clock under throttling; the highest multiple of the clock step that does not exceed clock_frac (and
 * not below the lowest clock; 1 stays 1). */
double dh_chip_clock_min(const struct dh_device_spec *device);
double dh_chip_clock_floor(const struct dh_device_spec *device, double clock_frac);

/* Power of one part over that of the nominal part: lognormal with mean 1 (FACILITY B1: sigma 1.5 % within a
 * node). z: a standard normal number. */
double dh_chip_part(const struct dh_device_spec *device, double z);

#endif
