/* Batteries: stored energy (what a run dispatches), and beside it the charge, voltage and ageing models that
 * say how long a bank lasts. */
#ifndef DH_MODELS_BATTERY_H
#define DH_MODELS_BATTERY_H

#include <stdint.h>

/* ---- stored energy: the bucket of EnergyPlus (Engineering Reference, Electric Load Center), with the REopt
 * bounds. Powers are alternating, at the terminals of its converter, W >= 0. */
struct dh_battery {
    double capacity_j;
    double charge_w, discharge_w;         /* limits */
    double charge_share, discharge_share; /* one-way efficiencies, 0-1 */
    double soc_min, soc_max;              /* window, shares of the capacity */
    double stored_j;
};

/* Highest power that it can take, or give, for dt_s without leaving the window. */
double dh_battery_can_take_w(const struct dh_battery *b, double dt_s);
double dh_battery_can_give_w(const struct dh_battery *b, double dt_s);
/* Stored after dt_s at this terminal power: positive discharges, negative charges. No limit is checked. */
double dh_battery_after_j(const struct dh_battery *b, double power_w, double dt_s);
/* How long a constant power lasts until the window's edge, s; INFINITY for none. */
double dh_battery_lasts_s(const struct dh_battery *b, double power_w);

/* Runtime of a bank at constant power, s: usable share of the nominal energy, behind an inverter. */
double dh_battery_runtime_s(double energy_j, double usable, double inverter, double load_w);

/* ---- charge */

/* Peukert's law: hours until a bank of capacity_ah, rated over rated_h, is empty at this current. k >= 1. */
double dh_battery_peukert_h(double capacity_ah, double rated_h, double k, double current_a);

/* Two wells, available and bound: J. Manwell and J. McGowan, Solar Energy 50, 1993 (KiBaM). k per hour, c the
 * share of the available well. Charges in Ah, current in A (positive discharges), time in h. */
struct dh_kibam {
    double available_ah, bound_ah;
};
struct dh_kibam dh_kibam_after(struct dh_kibam start, double k_per_h, double c, double current_a,
                               double hours);
/* What a full bank of maximum_ah gives when it is emptied at constant current in so many hours, Ah. */
double dh_kibam_capacity_ah(double maximum_ah, double k_per_h, double c, double hours);

/* ---- voltage of a cell: O. Tremblay and L. Dessaint, World Electric Vehicle J. 3, 2009, as NREL SAM fits it
 * from a discharge curve: full, end of the exponential and of the nominal zone. */
struct dh_battery_cell {
    double full_v, exponential_v, nominal_v;
    double full_ah, exponential_ah, nominal_ah;
    double resistance_ohm, rated_a; /* current of the curve */
};
/* Terminal voltage after drawn_ah at this current (A, positive discharges). 0 <= drawn < full. */
double dh_cell_voltage_v(const struct dh_battery_cell *cell, double drawn_ah, double current_a);

/* ---- ageing, shares of the first capacity lost (REopt: 1.16e-3 t^0.428 by days, 2.46e-5 a full cycle) */
double dh_battery_fade(double days, double full_cycles);

/* Half and full cycles of a history of states of charge, by rainflow counting (ASTM E1049-85, 5.4.4): the sum
 * of depth x count, in full cycles, of each depth raised to `power` (1: equivalent full cycles). values is
 * overwritten. */
double dh_battery_rainflow(double *values, int32_t n, double power);

#endif
