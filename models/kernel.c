#include "models/kernel.h"
#include "sim/text.h"

#include <math.h>
#include <string.h>

/* Tile shapes of the libraries' kernels and what they sustain of the best one's rate: small tiles load each
 * operand for fewer products. Assumption, after CUTLASS' profiler tables; the last two are those of skinny
 * products. */
static const struct tile {
    double m, n, rate;
} tiles[] = {
    {256, 128, 1.00},
    {128, 256, 1.00},
    {128, 128, 0.93},
    {128, 64,  0.85},
    {64,  128, 0.80},
    {64,  64,  0.62},
    {64,  32,  0.40},
    {16,  64,  0.20},
    {16,  128, 0.25},
};
static const double splits[] = {1, 2, 3, 4, 6, 8, 16};
enum { N_TILE = sizeof tiles / sizeof *tiles, N_SPLIT = sizeof splits / sizeof *splits };

/* A part of k is at least this long, and the tiles of a product that is cut fill the device at most twice. */
#define SHORTEST_PART_K 256.0
#define MOST_CUT_WAVES  2.0
#define QUERY_TILE      128.0

bool dh_kernel_is_called(const struct dh_device_spec *device, const char *name) {
    return strcmp(device->id, name) == 0 || dh_text_has_word(device->aliases, name);
}

double dh_kernel_bytes(enum dh_number_format format) {
    static const double bytes[DH_N_FORMAT] = {4, 4, 2, 2, 1, 0.5625, 1};
    return bytes[format];
}

static int stands_in(enum dh_number_format format) {
    return format == DH_FORMAT_BF16 ? DH_FORMAT_FP16 : format == DH_FORMAT_FP16 ? DH_FORMAT_BF16 : -1;
}

#define FIND(rows, n)                                                                                        \
    for (int32_t i = 0; i < (n); i++)                                                                        \
        if ((rows)[i].format == (int32_t)format)                                                             \
            return &(rows)[i];                                                                               \
    for (int32_t i = 0; i < (n); i++)                                                                        \
        if ((rows)[i].format == stands_in(format))                                                           \
            return &(rows)[i];                                                                               \
    return NULL

const struct dh_gemm_spec *dh_kernel_gemm_of(const struct dh_device_spec *d, enum dh_number_format format) {
    FIND(d->gemms, d->n_gemms);
}

const struct dh_prefill_spec *dh_kernel_prefill_of(const struct dh_device_spec *d,
                                                   enum dh_number_format format) {
    FIND(d->prefills, d->n_prefills);
}

const struct dh_decode_spec *dh_kernel_decode_of(const struct dh_device_spec *d,
                                                 enum dh_number_format format) {
    FIND(d->decodes, d->n_decodes);
}

double dh_kernel_gemm_s(const struct dh_device_spec *d, const struct dh_gemm_spec *g, double m, double n,
                        double k) {
    double units = (double)d->multiprocessors, bandwidth = d->memory_bytes_per_s;
    double bytes = (m + n) * k * dh_kernel_bytes((enum dh_number_format)g->format) + 2 * m * n;
    double reach = 2 * bytes / d->cache_bytes, cached = 1 / (1 + reach * reach);
    double stream = bandwidth * g->memory * (1 + cached * (g->cache - 1));
    double rate = g->peak_flops * g->efficiency / units, best = INFINITY;
    const struct tile own = {(double)g->tile_m, (double)g->tile_n, 1.0};
    bool has_own = g->tile_m > 0 && g->tile_n > 0; /* that kernel does not cut k */
    for (int i = 0; i < (has_own ? 1 : N_TILE); i++) {
        const struct tile *tile = has_own ? &own : &tiles[i];
        double n_tile = ceil(m / tile->m) * ceil(n / tile->n);
        for (int s = 0; s < (has_own ? 1 : N_SPLIT); s++) {
            double split = splits[s], parts = n_tile * split, load = parts / units;
            if (split > 1 && (k / split < SHORTEST_PART_K || load > MOST_CUT_WAVES))
                break;
            double waves = load < 1 ? 1.0 : g->wave * ceil(load) + (1 - g->wave) * load;
            double compute =
                waves * 2 * tile->m * tile->n * (k / split + g->prologue_k) / (rate * tile->rate);
            double drawn = g->unit_memory * bandwidth * fmin(load, 1.0);
            double t = fmax(compute, bytes / fmin(stream, drawn));
            if (split > 1)
                t += g->split_s + split * m * n * 4 / (bandwidth * g->memory);
            best = fmin(best, t);
        }
    }
    return g->start_s + best;
}

double dh_kernel_quantize_s(const struct dh_device_spec *d, const struct dh_gemm_spec *g, double m,
                            double k) {
    return g->row_s * m + g->element_bytes * m * k / d->memory_bytes_per_s;
}

double dh_kernel_prefill_s(const struct dh_device_spec *d, const struct dh_prefill_spec *p,
                           const struct dh_kernel_attention *a) {
    double units = (double)d->multiprocessors, past = a->keys - a->queries;
    double n_tile = ceil(a->queries / QUERY_TILE), jobs = a->batch * a->heads * n_tile;
    double keys = n_tile * (past + QUERY_TILE * (n_tile + 1) / 2 + p->overhead_keys); /* of one head */
    double longest = past + n_tile * QUERY_TILE + p->overhead_keys;
    double mean = a->batch * a->heads * keys / units;
    double keys_per_s = p->peak_flops * p->efficiency / units / (4 * QUERY_TILE * a->head_dim);
    double work = fmax(mean, longest) + 0.5 * p->tail * longest * fmin(1.0, jobs / units);
    double elements = a->batch * a->queries * a->head_dim;
    return p->start_s + work / keys_per_s +
           elements * (p->head_s * a->heads + p->kv_s * 2 * a->kv_heads) * 1e-12;
}

double dh_kernel_decode_s(const struct dh_device_spec *d, const struct dh_decode_spec *p,
                          const struct dh_kernel_attention *a) {
    double units = (double)d->multiprocessors, bandwidth = d->memory_bytes_per_s;
    double group = a->heads / a->kv_heads, readers = group > (double)p->group_max ? a->heads : a->kv_heads;
    double bytes =
        a->batch * readers * a->keys * 2 * a->head_dim * dh_kernel_bytes((enum dh_number_format)p->format);
    double jobs = a->batch * readers, split = 1;
    if (p->split_single || group > 1)
        split = fmax(1.0, fmin(floor(2 * units / jobs), floor(a->keys / (double)p->split_keys)));
    double parts = jobs * split, drawn = p->unit_memory * bandwidth / units * parts / ceil(parts / units);
    double t = bytes / fmin(bandwidth * p->memory, drawn);
    t += a->batch * (p->sequence_s + p->kv_head_s * a->kv_heads + p->head_s * a->heads);
    return p->start_s + t + (split > 1 ? p->split_s : 0);
}
