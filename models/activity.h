/* Board power of a device from what it does, averaged over seconds: operations, memory traffic,
 * communication. From the layers that count these (models/serving.h, models/training.h,
 * models/transformer.h), with constants of the catalog (<activity> of a device, fitted by
 * models/fit/fit_power_phases.c).
 *
 *   P = min(cap, idle + (TDP - idle) y)
 *   y = on (1 - wait (1 - 1/group)) busy (1 - w) + memory x + compute u^0.7 + communication w
 *   x = memory traffic of everything but experts + that of their weights (times `narrow` where they have 8
 *       bits: their kernels unpack or pad them), over the bandwidth
 *   u = operations over the dense 16-bit peak
 *   w = share of the time in which only communication runs, whose kernels spin
 *   busy = 1 - exp(-(memory-busy x + k u)),  k = compute-busy, for experts expert-busy
 *
 * busy is the share of time in which kernels run rather than the host is waited for: kernels need time that
 * neither bandwidth nor peak explains, small products above all, so the constants are above 1. The form is
 * that of AI.md 6 (y = w0 on + w_m MBU + w_c MFU^0.7), with `on` made to follow the traffic. Clocks under a
 * cap: models/chip.h, by dh_activity_load. All functions are pure. */
#ifndef DH_MODELS_ACTIVITY_H
#define DH_MODELS_ACTIVITY_H

#include "models/chip.h"
#include "models/serving_curve.h"
#include "models/swing.h"
#include "models/training.h"
#include "models/transformer.h"

struct dh_activity {
    double compute; /* operations over the dense 16-bit peak, >= 0 */
    double memory;  /* traffic over the bandwidth, >= 0, without */
    double experts; /* that of the weights of experts */
    bool narrow;    /* these have 8 bits */
    bool mixture;   /* operations are products of experts */
    double waiting; /* share of the time in which only communication runs, 0-1 */
    double group;   /* devices that work in step and wait for one another, >= 1 */
};

/* Device's constants; NULL: it has none. */
const struct dh_activity_spec *dh_activity_of(const struct dh_device_spec *device);

/* Mean board power, W. The device has constants. */
double dh_activity_w(const struct dh_device_spec *device, const struct dh_activity *a);
/* busy above. */
double dh_activity_busy(const struct dh_activity_spec *spec, const struct dh_activity *a);
/* The same as a load for the governor of models/chip.h: its power at the highest clock is the above without
 * the cap; memory and links keep their part whatever the clock. link: share of the links' bandwidth, 0-1. */
struct dh_chip_load dh_activity_load(const struct dh_device_spec *device, const struct dh_activity *a,
                                     double link);

/* Bytes an element of weights: of experts, of all else. */
struct dh_activity_weights {
    double expert_b, other_b;
};

/* A replica that writes tokens_per_s in all, `sequences` at a time (of all its data-parallel groups), each
 * iteration one token of each: what one of its `devices` does on average. prompts: tokens read for each
 * written; context: mean length of a sequence so far; groups: data-parallel ones, each of which reads all
 * weights but those of experts. */
struct dh_activity_writing {
    double devices, groups, sequences, tokens_per_s, context, prompts;
    struct dh_activity_weights weights;
};
void dh_activity_write(struct dh_activity *a, const struct dh_transformer *model,
                       const struct dh_device_spec *device, const struct dh_activity_writing *w);
/* The same of a replica whose point models/serving_curve.h has found. */
void dh_activity_serving(struct dh_activity *a, const struct dh_serving *s, const struct dh_serving_point *p);

/* One iteration of training as a wave, part by part in the order of enum dh_training_phase_kind, those that
 * take no time left out: what models/swing.h makes storage and spectra of. group: devices that step together.
 * Returns the number of parts; *mean_w (or NULL) is their mean. DH_TRAIN_IDLE is a wait for the host at idle
 * power. */
int32_t dh_activity_step(struct dh_swing_part parts[DH_N_TRAIN_PHASE], const struct dh_training_phase *phases,
                         const struct dh_device_spec *device, double group, double *mean_w);

#endif
