#include "models/gpu/sweep.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Products of each format are a group, in the order of enum dh_gpu_format, and so is what else is measured.
 */
enum group {
    PRODUCTS,
    LAUNCH = PRODUCTS + DH_N_GPU_FORMAT,
    MEMORY,
    ATTENTION,
    NORMS,
    COPIES,
    COLLECTIVES,
    AGAIN,
    N_GROUP
};
static_assert((int)N_GROUP <= (int)DH_GPU_MAX_GROUP, "groups");

/* By what a simulation asks most; assumptions. */
static const double shares[N_GROUP] = {[PRODUCTS + DH_GPU_BF16] = 16,
                                       [PRODUCTS + DH_GPU_FP8] = 13,
                                       [PRODUCTS + DH_GPU_FP16] = 9,
                                       [PRODUCTS + DH_GPU_FP32] = 9,
                                       [PRODUCTS + DH_GPU_TF32] = 8,
                                       [LAUNCH] = 2,
                                       [MEMORY] = 8,
                                       [ATTENTION] = 18,
                                       [NORMS] = 5,
                                       [COPIES] = 7,
                                       [COLLECTIVES] = 5,
                                       [AGAIN] = 0};

bool dh_gpu_plan_add(struct dh_gpu_plan *plan, const struct dh_gpu_bench *bench,
                     const struct dh_gpu_point *point, int32_t group) {
    struct dh_gpu_shape shape;
    if (!dh_gpu_shape(&shape, point) || shape.bytes > 0.9 * bench->operands.limit_bytes ||
        !bench->backend->supports(bench->gpu, point->kernel, point->format))
        return true;
    if (plan->n == plan->room) {
        int32_t room = plan->room ? 2 * plan->room : 256;
        struct dh_gpu_point *points = realloc(plan->points, (size_t)room * sizeof *points);
        if (points)
            plan->points = points;
        int32_t *groups = realloc(plan->groups, (size_t)room * sizeof *groups);
        if (groups)
            plan->groups = groups;
        if (!points || !groups)
            return false;
        plan->room = room;
    }
    plan->points[plan->n] = *point;
    plan->groups[plan->n++] = group;
    return true;
}

void dh_gpu_plan_free(struct dh_gpu_plan *plan) {
    free(plan->points);
    free(plan->groups);
    *plan = (struct dh_gpu_plan){0};
}

/* The points of one group while it is put together. */
struct list {
    struct dh_gpu_plan plan;
    const struct dh_gpu_bench *bench;
    bool quick, failed;
    int32_t first;  /* that many at the front stay there */
    uint32_t draws; /* random numbers so far: the plan is the same each time */
};

static void add(struct list *l, enum dh_gpu_kernel kernel, enum dh_gpu_format format, bool held,
                const int64_t *size) {
    struct dh_gpu_point p = {.kernel = kernel, .format = format, .held = held};
    memcpy(p.size, size, (size_t)dh_gpu_size_count(kernel) * sizeof *size);
    l->failed |= !dh_gpu_plan_add(&l->plan, l->bench, &p, 0);
}

/* Log-uniform in low..high, a multiple of step. */
static int64_t draw(struct list *l, double low, double high, int64_t step) {
    double u = dh_gpu_value(20, l->draws++, DH_GPU_FP32) + 0.5;
    int64_t x = (int64_t)rint(low * pow(high / low, u) / (double)step) * step;
    return x > step ? x : step;
}

#define SIZE(...) ((int64_t[]){__VA_ARGS__})

static void products(struct list *l, enum dh_gpu_format format) {
    int64_t first = l->quick ? 32 : 128, last = l->quick ? 512 : 16384;
    /* cubes up to a few thousand at the front: they tell how fast the device is */
    for (int64_t s = first; s <= last && s <= 4096; s *= 2)
        add(l, DH_GPU_GEMM, format, false, SIZE(s, s, s));
    l->first = l->plan.n;
    /* every fifth (quick: third) corner of the grid, a lattice in which no size is preferred */
    int32_t thin = l->quick ? 3 : 5, i = 0;
    for (int64_t m = first; m <= last; m *= 2, i++) {
        int32_t j = 0;
        for (int64_t n = first; n <= last; n *= 2, j++) {
            int32_t q = 0;
            for (int64_t k = first; k <= last; k *= 2, q++)
                if ((i + 2 * j + 3 * q) % thin == 0 && (m != n || n != k || m > 4096))
                    add(l, DH_GPU_GEMM, format, false, SIZE(m, n, k));
        }
    }
    /* weights of a layer times few tokens */
    static const int64_t weights[][2] = {
        {4096,  4096 },
        {8192,  8192 },
        {16384, 4096 },
        {4096,  16384},
        {1024,  8192 },
        {8192,  1024 },
        {28672, 8192 }
    };
    static const int64_t small[][2] = {
        {256,  256},
        {512,  512},
        {1024, 256}
    };
    int32_t n_weights = l->quick ? 3 : 7;
    for (int64_t m = 1; m <= (l->quick ? 16 : 64); m *= l->quick ? 4 : 2)
        for (int32_t w = 0; w < n_weights; w++)
            add(l, DH_GPU_GEMM, format, false,
                SIZE(m, l->quick ? small[w][0] : weights[w][0], l->quick ? small[w][1] : weights[w][1]));
    /* off the grid, for the judgement of the fit; n and k as multiples of 16, which fp8 needs */
    int32_t held = (3 * l->plan.n + 9) / 10;
    for (int32_t h = 0; h < held; h++) {
        int64_t m = h % 3 == 0 ? draw(l, 1, l->quick ? 16 : 64, 1) : draw(l, (double)first, (double)last, 1);
        int64_t n = draw(l, (double)first, (double)last, 16), k = draw(l, (double)first, (double)last, 16);
        add(l, DH_GPU_GEMM, format, true, SIZE(m, n, k));
    }
}

/* The number format that a device computes attention and norms in: bf16, else fp16, else fp32. */
static enum dh_gpu_format working_format(const struct list *l, enum dh_gpu_kernel kernel) {
    static const enum dh_gpu_format order[] = {DH_GPU_BF16, DH_GPU_FP16};
    for (int i = 0; i < 2; i++)
        if (l->bench->backend->supports(l->bench->gpu, kernel, order[i]))
            return order[i];
    return DH_GPU_FP32;
}

static void attention(struct list *l) {
    static const int64_t heads[][3] = {
        {32, 8,  128},
        {32, 32, 128},
        {64, 8,  128},
        {32, 8,  64 }
    };
    static const int64_t small[][3] = {
        {4, 4, 64},
        {8, 2, 64}
    };
    enum dh_gpu_format format = working_format(l, DH_GPU_PREFILL),
                       of_decode = working_format(l, DH_GPU_DECODE);
    int64_t last = l->quick ? 256 : 32768;
    int32_t kinds = l->quick ? 2 : 4, turn = 0;
    for (int64_t s = l->quick ? 64 : 512; s <= last; s *= 2)
        for (int32_t h = 0; h < kinds; h++) {
            const int64_t *w = l->quick ? small[h] : heads[h];
            for (int64_t batch = 1; batch * s <= last && batch <= 16; batch *= 4)
                add(l, DH_GPU_PREFILL, format, false, SIZE(batch, s, s, w[0], w[1], w[2]));
        }
    for (int64_t keys = l->quick ? 128 : 512; keys <= (l->quick ? 512 : 32768); keys *= l->quick ? 2 : 4)
        for (int32_t h = 0; h < kinds; h++) {
            const int64_t *w = l->quick ? small[h] : heads[h];
            for (int64_t batch = 1; batch <= (l->quick ? 4 : 256); batch *= 4)
                if (l->quick || turn++ % 3 != 2)
                    add(l, DH_GPU_DECODE, of_decode, false, SIZE(batch, 1, keys, w[0], w[1], w[2]));
        }
    int32_t held = (3 * l->plan.n + 9) / 10;
    for (int32_t i = 0; i < held; i++) {
        const int64_t *w = l->quick ? small[i % 2] : heads[i % 4];
        if (i % 2 == 0) {
            int64_t s = draw(l, l->quick ? 64 : 512, l->quick ? 256 : 16384, 1);
            add(l, DH_GPU_PREFILL, format, true,
                SIZE(draw(l, 1, l->quick ? 2 : 4, 1), s, s, w[0], w[1], w[2]));
        } else {
            add(l, DH_GPU_DECODE, of_decode, true,
                SIZE(draw(l, 1, l->quick ? 4 : 128, 1), 1,
                     draw(l, l->quick ? 128 : 512, l->quick ? 512 : 16384, 1), w[0], w[1], w[2]));
        }
    }
}

static void streams(struct list *l, double bytes) {
    add(l, DH_GPU_TRIAD, DH_GPU_FP32, false, SIZE((int64_t)(bytes / 12)));
    add(l, DH_GPU_COPY, DH_GPU_FP32, false, SIZE((int64_t)(bytes / 8)));
    if (bytes <= 0x1p30) /* indices come from the host */
        add(l, DH_GPU_GATHER, DH_GPU_FP32, false, SIZE((int64_t)(bytes / 12)));
}

static void memory(struct list *l) {
    double cache = l->bench->info.cache_bytes > 0 ? l->bench->info.cache_bytes : 0;
    double least = fmax(2 * cache, 0x1p25), most = 0.9 * l->bench->operands.limit_bytes;
    if (l->quick)
        most = fmin(most, 2.01 * least);
    for (double bytes = least; bytes <= most; bytes *= 2)
        streams(l, bytes);
    for (double bytes = 0x1p20; !l->quick && bytes <= 0x1p23; bytes *= 8) /* what a launch costs shows here */
        streams(l, bytes);
}

static void norms(struct list *l) {
    static const enum dh_gpu_kernel kernels[] = {DH_GPU_LAYERNORM, DH_GPU_SOFTMAX};
    for (int i = 0; i < 2; i++) {
        enum dh_gpu_format format = working_format(l, kernels[i]);
        for (int64_t columns = l->quick ? 256 : 1024; columns <= (l->quick ? 1024 : 16384);
             columns *= l->quick ? 4 : 2)
            for (int64_t rows = l->quick ? 64 : 16; rows <= (l->quick ? 256 : 65536);
                 rows *= l->quick ? 4 : 16)
                add(l, kernels[i], format, false, SIZE(rows, columns));
        for (int h = 0; h < (l->quick ? 1 : 4); h++)
            add(l, kernels[i], format, true,
                SIZE(draw(l, 16, l->quick ? 256 : 16384, 1), draw(l, 256, l->quick ? 1024 : 16384, 16)));
    }
}

static void launches(struct list *l) {
    add(l, DH_GPU_EMPTY, DH_GPU_FP32, false, SIZE(1));
    for (int64_t n = 1; n <= (l->quick ? 10 : 1000); n *= 10)
        add(l, DH_GPU_GRAPH, DH_GPU_FP32, false, SIZE(n));
}

static void copies(struct list *l) {
    static const enum dh_gpu_kernel ways[] = {DH_GPU_H2D, DH_GPU_D2H, DH_GPU_BOTH};
    double most = fmin(l->quick ? 0x1p22 : 0x1p30, 0.5 * l->bench->operands.limit_bytes);
    for (int64_t bytes = 4; (double)bytes <= most; bytes *= 16)
        for (int i = 0; i < 3; i++)
            for (int pinned = 0; pinned < 2; pinned++) {
                struct dh_gpu_point p = {
                    .kernel = ways[i], .format = DH_GPU_FP32, .size = {bytes}, .pinned = pinned};
                l->failed |= !dh_gpu_plan_add(&l->plan, l->bench, &p, 0);
            }
    for (int64_t bytes = 4; l->bench->info.count > 1 && (double)bytes <= most; bytes *= 16)
        add(l, DH_GPU_PEER, DH_GPU_FP32, false, SIZE(bytes));
}

static void collectives(struct list *l) {
    static const enum dh_gpu_kernel kinds[] = {DH_GPU_ALLREDUCE, DH_GPU_ALLGATHER, DH_GPU_ALLTOALL};
    double most = fmin(l->quick ? 0x1p22 : 0x1p30, 0.4 * l->bench->operands.limit_bytes);
    for (int64_t ranks = 2; ranks <= l->bench->info.count; ranks *= 2)
        for (int64_t bytes = 1024; (double)bytes <= most; bytes *= 8)
            for (int i = 0; i < 3; i++)
                add(l, kinds[i], DH_GPU_FP32, false, SIZE(ranks, bytes));
}

static void fill_group(struct list *l, enum group group) {
    switch (group) {
    case LAUNCH:
        launches(l);
        break;
    case MEMORY:
        memory(l);
        break;
    case ATTENTION:
        attention(l);
        break;
    case NORMS:
        norms(l);
        break;
    case COPIES:
        copies(l);
        break;
    case COLLECTIVES:
        collectives(l);
        break;
    case AGAIN:
    case N_GROUP:
        break;
    default: {
        enum dh_gpu_format format = (enum dh_gpu_format)(group - PRODUCTS);
        if (l->bench->backend->supports(l->bench->gpu, DH_GPU_GEMM, format) &&
            (!l->quick || format == DH_GPU_BF16 || format == DH_GPU_FP32))
            products(l, format);
    }
    }
}

/* By chance, the same each time, but for the first ones: whatever part of a group the time allows is a fair
 * one. */
static void shuffle(struct list *l) {
    for (int32_t i = l->plan.n - 1; i > l->first; i--) {
        double u = dh_gpu_value(21, l->draws++, DH_GPU_FP32) + 0.5;
        int32_t k = l->first + (int32_t)(u * (i - l->first + 1));
        struct dh_gpu_point p = l->plan.points[i];
        l->plan.points[i] = l->plan.points[k];
        l->plan.points[k] = p;
    }
}

bool dh_gpu_plan_make(struct dh_gpu_plan *plan, const struct dh_gpu_bench *bench, bool quick) {
    struct list groups[N_GROUP];
    bool good = true;
    *plan = (struct dh_gpu_plan){0};
    memcpy(plan->shares, shares, sizeof shares);
    for (int32_t g = 0; g < N_GROUP; g++) {
        groups[g] = (struct list){.bench = bench, .quick = quick, .draws = 1000u * (uint32_t)g};
        fill_group(&groups[g], (enum group)g);
        good &= !groups[g].failed;
        shuffle(&groups[g]);
        for (int32_t i = 0; i < groups[g].plan.n && good; i++)
            good = dh_gpu_plan_add(plan, bench, &groups[g].plan.points[i], g);
    }
    for (int32_t g = 0; g < AGAIN; g++) {
        if (groups[g].plan.n > 2 && g != COPIES && g != LAUNCH && good)
            good = dh_gpu_plan_add(plan, bench, &groups[g].plan.points[2], AGAIN);
        dh_gpu_plan_free(&groups[g].plan);
    }
    if (!good)
        dh_gpu_plan_free(plan);
    return good;
}
