/* One point measured: operands of random data that rotate through more than twice the cache, a result that is
 * poisoned, computed and checked, warm-up until times settle, then repeated until the interval of the median
 * is narrow or the time is up.
 *
 * The interval is distribution-free: of n sorted times, the k-th from either end, with k the largest for
 * which a binomial(n, 1/2) is below k with at most 2.5 %, holds the median with at least 95 %; ending as soon
 * as it is narrow costs some of that (simulated: 95 % at a noise of 3 %, 93 % at 5 %). It needs 6 times; with
 * fewer its ends are the least and the greatest. Launches shorter than 50 us are timed in batches, one behind
 * the other, in a graph where the device has graphs: the clock of a single one is too coarse. */
#ifndef DH_MODELS_GPU_MEASURE_H
#define DH_MODELS_GPU_MEASURE_H

#include "models/gpu/operands.h"

enum {                     /* bits of dh_gpu_sample.flags */
       DH_GPU_NOISY = 1,   /* the interval is wider than +-10 % of the median */
       DH_GPU_THERMAL = 2, /* the device was throttled before or after */
       DH_GPU_POWER = 4,
       DH_GPU_BRAKE = 8,
       DH_GPU_WRONG = 16, /* the result is not right; its time means nothing */
};

struct dh_gpu_sample {
    struct dh_gpu_point point;
    double seconds, low_s, high_s; /* of one launch: median, interval */
    double error;                  /* of the result, see check.h; NaN: not checked, or NaN was in it */
    int32_t n, batch;              /* timings, launches in each */
    uint32_t flags;
    int32_t tile_m, tile_n; /* of a kernel with one shape of tile; 0: a library's choice */
    char library[48];       /* what ran it; pinned or pageable for copies between host and device */
};

/* What measuring needs of its surroundings. {0} but for backend, gpu, info and operands is ready. */
struct dh_gpu_bench {
    const struct dh_gpu_backend *backend;
    struct dh_gpu *gpu;
    struct dh_gpu_info info;
    struct dh_gpu_operands operands;
    double (*now)(void *self); /* seconds, steady; NULL: the host's clock */
    void *now_self;
    bool (*stop)(void *self); /* asked between launches; NULL: never */
    void *stop_self;
    double until;    /* by now(): nothing begins later, a launch that runs is waited for; 0: no end */
    double launch_s; /* least time of a launch of the last point by now(); 0: none was timed */
    bool shared;     /* becomes true when another process was seen on the device */
};

/* Readies a bench for an opened device: describes it, and grants operands half of its memory (an eighth where
 * the device is the host's processor, 1 GiB where it does not tell). */
void dh_gpu_bench_init(struct dh_gpu_bench *bench, const struct dh_gpu_backend *backend, struct dh_gpu *gpu);
double dh_gpu_bench_now(const struct dh_gpu_bench *bench);

/* Measures the point within about budget_s seconds, of which at least one timing is made whatever it takes,
 * but not beyond bench->until. On failure why says in one sentence what went wrong. DH_GPU_UNSUPPORTED also
 * for sizes that mean nothing; stopped, or too late for a timing: DH_GPU_OK with sample->n == 0. */
enum dh_gpu_status dh_gpu_measure(struct dh_gpu_bench *bench, const struct dh_gpu_point *point,
                                  double budget_s, struct dh_gpu_sample *sample, char *why, size_t room);

/* Of n sorted times, how many lie below the lower end of the median's interval (as many above the upper end).
 * 0 for n below 6. n up to 1000. */
int32_t dh_gpu_interval_rank(int32_t n);

#endif
