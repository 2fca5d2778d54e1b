/* Uninterruptible supplies: loss on bypass, and how long their batteries hold. Pure functions of what the
 * scenario says; the run keeps the energy (world_power.c). */
#ifndef DH_MODELS_UPS_H
#define DH_MODELS_UPS_H

#include "models/power.h"

/* Energy that n modules can draw from their batteries, J. */
double dh_ups_reserve_j(const struct dh_ups_battery_spec *battery, int32_t n);

/* How fast n modules' batteries go down at an output. Lithium: output / inverter, so that the runtime is
 * E usable inverter / P. VRLA: t = H (P_H / P)^k with P_H the output that H hours take (Peukert's law at
 * nearly constant voltage); slower discharges than that give no more than the rated energy. */
struct dh_battery_drain dh_ups_drain(const struct dh_ups_battery_spec *battery, int32_t n);

/* From full to empty at a constant output, s. */
double dh_ups_runtime_s(const struct dh_ups_battery_spec *battery, int32_t n, double out_w);

/* The highest power that n modules' batteries give, W: the C-rate. */
double dh_ups_highest_drain_w(const struct dh_ups_battery_spec *battery, int32_t n);

/* Loss of all modules of a stage on bypass. */
struct dh_stage_loss dh_ups_eco_loss(const struct dh_eco_mode_spec *eco, double unit_w, int32_t n);

/* a, b, c of loss / rating = a + b x + c x^2 exactly through the efficiencies at three load shares x. */
void dh_loss_through(const double x[static 3], const double efficiency[static 3], double abc[static 3]);

#endif
