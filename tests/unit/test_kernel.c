#include "tests/tests.h"

#include "models/kernel.h"

#include <math.h>

/* 4 multiprocessors, 4 TFLOP/s, 1 TB/s, a cache of next to nothing. */
static struct dh_gemm_spec product = {.format = DH_FORMAT_BF16,
                                      .peak_flops = 4e12,
                                      .start_s = 2e-6,
                                      .efficiency = 0.5,
                                      .memory = 0.8,
                                      .wave = 1,
                                      .unit_memory = 100,
                                      .split_s = 1, /* never */
                                      .cache = 1,
                                      .row_s = 1e-9,
                                      .element_bytes = 3};
static const struct dh_device_spec device = {
    .memory_bytes_per_s = 1e12, .multiprocessors = 4, .cache_bytes = 1, .gemms = &product, .n_gemms = 1};

static void near(double is, double want) {
    assert_true(fabs(is - want) <= 1e-12 * want);
}

void products_take_whole_waves_of_tiles(void **state) {
    (void)state;
    /* four tiles of 256 x 128, one each: 2 256 128 1000 at 0.5 TFLOP/s; a fifth begins another wave, or with
     * wave 0 a quarter of one */
    double one = 2.0 * 256 * 128 * 1000 / 0.5e12;
    struct dh_gemm_spec g = product;
    near(dh_kernel_gemm_s(&device, &g, 256, 512, 1000), 2e-6 + one);
    near(dh_kernel_gemm_s(&device, &g, 512, 256, 1000), 2e-6 + one);
    g.wave = 0;
    near(dh_kernel_gemm_s(&device, &g, 256, 640, 1000), 2e-6 + 1.25 * one);
    /* 24 more steps of k */
    g.prologue_k = 24;
    near(dh_kernel_gemm_s(&device, &g, 256, 512, 1000), 2e-6 + 1.024 * one);
}

void skinny_products_wait_for_memory(void **state) {
    (void)state;
    /* (1 x 1000)(1000 x 1000): 2 (1000 + 1000000) + 2000 bytes at 0.8 TB/s */
    struct dh_gemm_spec g = product;
    g.peak_flops = 1e18;
    near(dh_kernel_gemm_s(&device, &g, 1, 1000, 1000), 2e-6 + 2004000 / 0.8e12);
    /* one tile whatever its shape, on one of four multiprocessors, which draws 1.5 times its quarter */
    g.unit_memory = 1.5;
    near(dh_kernel_gemm_s(&device, &g, 1, 32, 200), 2e-6 + (2 * (200 + 32 * 200) + 64) / (1.5e12 / 4));
    /* of quantization: a row, and a thousand elements of three bytes */
    near(dh_kernel_quantize_s(&device, &g, 7, 1000), 7e-9 + 7e3 * 3 / 1e12);
}

void long_products_are_cut_where_tiles_are_few(void **state) {
    (void)state;
    /* one tile of 256 x 128 with k = 1024 cut in four is a choice: a quarter of the time, joined for 1 us and
     * 4 x 4 bytes an element at 0.8 TB/s. At most that, and less than half of the uncut tile. */
    struct dh_gemm_spec g = product;
    g.split_s = 1e-6;
    double quarter = 2.0 * 256 * 128 * 256 / 0.5e12;
    double cut = 2e-6 + quarter + 1e-6 + 4.0 * 256 * 128 * 4 / 0.8e12;
    assert_true(dh_kernel_gemm_s(&device, &g, 256, 128, 1024) <= cut * (1 + 1e-12));
    assert_true(dh_kernel_gemm_s(&device, &g, 256, 128, 1024) < 2e-6 + 2 * quarter);
    g.split_s = 1; /* whole: four tiles of 128 x 64, at 0.85 of the rate, are the best of nine shapes */
    near(dh_kernel_gemm_s(&device, &g, 256, 128, 1024), 2e-6 + 2.0 * 128 * 64 * 1024 / 0.85 / 0.5e12);
}

void the_other_short_format_stands_in(void **state) {
    (void)state;
    assert_ptr_equal(dh_kernel_gemm_of(&device, DH_FORMAT_BF16), &product);
    assert_ptr_equal(dh_kernel_gemm_of(&device, DH_FORMAT_FP16), &product);
    assert_null(dh_kernel_gemm_of(&device, DH_FORMAT_FP8));
    assert_true(dh_kernel_bytes(DH_FORMAT_NVFP4) == 0.5625);
}

void attention_over_prompts_is_a_triangle_of_tiles(void **state) {
    (void)state;
    /* 16 sequences of 4 heads, 256 queries over as many keys: two tiles of 128 queries, 128 and 256 keys: 64
     * x 384 keys over 4 multiprocessors, each key 4 128 64 operations at 0.5 TFLOP/s */
    struct dh_prefill_spec p = {
        .format = DH_FORMAT_BF16, .peak_flops = 4e12, .efficiency = 0.5, .start_s = 1e-6};
    struct dh_kernel_attention a = {16, 256, 256, 4, 4, 64};
    double key = 4.0 * 128 * 64 / 0.5e12;
    near(dh_kernel_prefill_s(&device, &p, &a), 1e-6 + 16 * 384 * key);
    /* one head: its longest tile is the bound, and half of the tail comes on top as far as the device is busy
     */
    struct dh_kernel_attention one = {1, 256, 256, 1, 1, 64};
    near(dh_kernel_prefill_s(&device, &p, &one), 1e-6 + 256 * key);
    p.tail = 1;
    near(dh_kernel_prefill_s(&device, &p, &one), 1e-6 + (256 + 0.5 * 256 * 0.5) * key);
    /* a chunk: 128 queries behind 1,000 keys */
    struct dh_kernel_attention chunk = {16, 128, 1128, 4, 4, 64};
    p.tail = 0;
    near(dh_kernel_prefill_s(&device, &p, &chunk), 1e-6 + 16 * 1128 * key);
}

void decode_reads_each_key_once_for_the_heads_that_share_it(void **state) {
    (void)state;
    /* 8 sequences, 4 heads of keys for 16 of queries, 1000 keys: 8 4 1000 2 64 2 bytes */
    struct dh_decode_spec p = {.format = DH_FORMAT_BF16,
                               .memory = 0.8,
                               .unit_memory = 100,
                               .split_keys = 256,
                               .group_max = 8,
                               .split_single = true};
    struct dh_kernel_attention a = {8, 1, 1000, 16, 4, 64};
    double bytes = 8.0 * 4 * 1000 * 2 * 64 * 2;
    near(dh_kernel_decode_s(&device, &p, &a), bytes / 0.8e12);
    /* heads beyond what a group shares read for themselves */
    p.group_max = 2;
    near(dh_kernel_decode_s(&device, &p, &a), 4 * bytes / 0.8e12);
    p.group_max = 8;
    p.sequence_s = 1e-6, p.kv_head_s = 1e-7, p.head_s = 1e-8;
    near(dh_kernel_decode_s(&device, &p, &a), bytes / 0.8e12 + 8 * (1e-6 + 4e-7 + 16e-8));
    /* one sequence and head: cut in three of at least 256 keys, three of four multiprocessors draw */
    struct dh_kernel_attention lone = {1, 1, 1000, 1, 1, 64};
    p = (struct dh_decode_spec){.format = DH_FORMAT_BF16,
                                .memory = 1,
                                .unit_memory = 1,
                                .split_keys = 256,
                                .group_max = 8,
                                .split_single = true,
                                .split_s = 1e-6};
    near(dh_kernel_decode_s(&device, &p, &lone), 1000 * 256 / (0.75e12) + 1e-6);
    p.split_single = false;
    near(dh_kernel_decode_s(&device, &p, &lone), 1000 * 256 / (0.25e12));
}

void a_device_has_several_names(void **state) {
    (void)state;
    struct dh_device_spec d = {.id = "h100-sxm", .aliases = "H100-SXM-80G H100"};
    assert_true(dh_kernel_is_called(&d, "h100-sxm") && dh_kernel_is_called(&d, "H100") &&
                dh_kernel_is_called(&d, "H100-SXM-80G"));
    assert_false(dh_kernel_is_called(&d, "H100-SXM") || dh_kernel_is_called(&d, "") ||
                 dh_kernel_is_called(&d, "80G"));
}
