/* Loads that are held, for power: idle, a matrix product of 16-bit numbers (else fp32) and triad at shares of
 * the time, while a thread reads the device's counters ten times a second. Energy comes from the energy
 * counter where there is one, else from polled power, and says so: pollers see only a part of the time (a
 * quarter on A100 and H100, arXiv 2312.02741). */
#ifndef DH_MODELS_GPU_SUSTAIN_H
#define DH_MODELS_GPU_SUSTAIN_H

#include "models/gpu/sweep.h"

enum dh_gpu_load { DH_GPU_LOAD_IDLE, DH_GPU_LOAD_GEMM, DH_GPU_LOAD_TRIAD };

/* NaN where the device did not tell. */
struct dh_gpu_sustained {
    enum dh_gpu_load load;
    enum dh_gpu_format format;
    double duty, seconds;
    double energy_j, board_w;
    double rate; /* operations or bytes a second over all of the time; NaN: idle */
    double clock_hz;
    double start_degc, end_degc;
    double tau_s;     /* of temperature = end + (start - end) exp(-t/tau); NaN: it hardly changed */
    double throttled; /* share of readings */
    uint32_t flags;   /* DH_GPU_THERMAL, DH_GPU_POWER, DH_GPU_BRAKE */
    bool polled;      /* no energy counter */
};

struct dh_gpu_sustained_sink {
    void *self;
    void (*sustained)(void *self, const struct dh_gpu_sustained *sustained);
    void (*refusal)(void *self, const struct dh_gpu_point *point, const char *why);
    void (*progress)(void *self, enum dh_gpu_load load, double duty);
};

/* Does the device tell an energy or a power? */
bool dh_gpu_has_power(struct dh_gpu_bench *bench);

/* Holds the loads in about budget_s seconds: idle, then each at 25, 50, 75 and 100 %; idle and 100 % twice as
 * long as the others. Without a power one refusal a load. Returns what dh_gpu_sweep would. */
enum dh_gpu_end dh_gpu_sustain(struct dh_gpu_bench *bench, double budget_s,
                               const struct dh_gpu_sustained_sink *sink);

/* Least squares of degc[i] = end + (start - end) exp(-at[i]/tau). NaN where the temperature changes by less
 * than 3 K, there are fewer than 20 readings, or tau is not below four times the time that they span. */
double dh_gpu_time_constant(const double *at, const double *degc, int32_t n);

#endif
