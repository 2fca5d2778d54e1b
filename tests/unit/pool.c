#include "tests/tests.h"

#include "models/pool.h"

#include <stdlib.h>
#include <string.h>

static int32_t eights[64], racks_of_four[64];

/* n nodes of eight GPUs in racks of four nodes. */
static void make(struct dh_pool *pool, int32_t n, enum dh_placement placement) {
    for (int32_t i = 0; i < n; i++) {
        eights[i] = 8;
        racks_of_four[i] = i / 4;
    }
    assert_int_equal(dh_pool_init(pool, n, eights, (n + 3) / 4, racks_of_four, placement), DH_OK);
}

static void hold(struct dh_pool *pool, int32_t node, int32_t gpus) {
    struct dh_segment segment = {.node = node, .gpus = gpus};
    dh_pool_take_list(pool, &segment, 1);
}

/* "node:gpus node:gpus" of where a job would go, or "none". */
static const char *place(struct dh_pool *pool, int32_t gpus, int32_t nodes) {
    static char text[256];
    struct dh_job job = {.gpus = gpus, .nodes = nodes};
    if (!dh_pool_find(pool, &job, false))
        return "none";
    text[0] = '\0';
    for (int32_t i = 0; i < pool->n_found; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d:%d", i ? " " : "",
                 pool->found[i].node, pool->found[i].gpus);
    return text;
}

void flat_placement_fills_the_lowest_nodes(void **state) {
    (void)state;
    struct dh_pool pool;
    make(&pool, 8, DH_PLACEMENT_FLAT);
    hold(&pool, 0, 6);
    hold(&pool, 1, 8);
    assert_string_equal(place(&pool, 13, 0), "0:2 2:8 3:3");
    assert_string_equal(place(&pool, 50, 0), "0:2 2:8 3:8 4:8 5:8 6:8 7:8");
    assert_string_equal(place(&pool, 51, 0), "none");
    assert_string_equal(place(&pool, 16, 2), "2:8 3:8");
    dh_pool_free(&pool);
}

void packed_placement_takes_the_fullest_node_that_suffices(void **state) {
    (void)state;
    struct dh_pool pool;
    make(&pool, 4, DH_PLACEMENT_PACKED);
    hold(&pool, 0, 3);
    hold(&pool, 1, 5);
    hold(&pool, 2, 5);
    assert_string_equal(place(&pool, 2, 0), "1:2");
    assert_string_equal(place(&pool, 3, 0), "1:3");
    assert_string_equal(place(&pool, 4, 0), "0:4");
    assert_string_equal(place(&pool, 6, 0), "3:6");
    assert_string_equal(place(&pool, 12, 0), "3:8 0:4");
    assert_string_equal(place(&pool, 14, 0), "none");
    assert_string_equal(place(&pool, 16, 0), "none");
    assert_int_equal(dh_pool_largest(&pool), 8 + 5);
    dh_pool_free(&pool);
}

void packed_placement_puts_a_remainder_on_the_emptiest_node(void **state) {
    (void)state;
    struct dh_pool pool;
    make(&pool, 4, DH_PLACEMENT_PACKED);
    hold(&pool, 0, 1);
    assert_string_equal(place(&pool, 9, 0), "1:8 2:1");
    hold(&pool, 2, 4);
    hold(&pool, 3, 1);
    assert_string_equal(place(&pool, 9, 0), "1:8 0:1");
    dh_pool_free(&pool);
}

void rack_placement_uses_as_few_racks_as_possible(void **state) {
    (void)state;
    struct dh_pool pool;
    make(&pool, 12, DH_PLACEMENT_RACK);
    hold(&pool, 0, 8);                                       /* rack 0: three whole nodes */
    hold(&pool, 4, 8), hold(&pool, 5, 8), hold(&pool, 6, 4); /* rack 1: one whole, one half */
    assert_string_equal(place(&pool, 3, 0), "6:3");          /* the rack with fewest free GPUs, packed */
    assert_string_equal(place(&pool, 12, 0), "7:8 6:4");
    assert_string_equal(place(&pool, 24, 0), "1:8 2:8 3:8");
    assert_string_equal(place(&pool, 32, 0), "8:8 9:8 10:8 11:8");
    assert_string_equal(place(&pool, 40, 0), "8:8 9:8 10:8 11:8 7:8"); /* the rest where it fits tightest */
    assert_string_equal(place(&pool, 64, 8), "8:8 9:8 10:8 11:8 1:8 2:8 3:8 7:8");
    assert_string_equal(place(&pool, 72, 9), "none");
    dh_pool_free(&pool);
}

void leaf_and_spread_placement_go_by_leaf_units(void **state) {
    (void)state;
    struct dh_pool pool;
    int32_t unit[12];
    for (int32_t i = 0; i < 12; i++) {
        eights[i] = 8;
        racks_of_four[i] = i / 4;
        unit[i] = i % 3; /* of four nodes each */
    }
    assert_int_equal(dh_pool_init_units(&pool, 12, eights, 3, racks_of_four, 3, unit, DH_PLACEMENT_LEAF),
                     DH_OK);
    hold(&pool, 1, 8);
    hold(&pool, 2, 4);
    assert_string_equal(place(&pool, 24, 0), "4:8 7:8 10:8"); /* unit 1 has just these */
    assert_string_equal(place(&pool, 28, 0), "5:8 8:8 11:8 2:4");
    assert_string_equal(place(&pool, 32, 0), "0:8 3:8 6:8 9:8");
    assert_string_equal(place(&pool, 48, 0), "0:8 3:8 6:8 9:8 4:8 7:8");
    assert_int_equal(pool.rack_free[0], 32 - 12);
    dh_pool_free(&pool);
    assert_int_equal(dh_pool_init_units(&pool, 12, eights, 3, racks_of_four, 3, unit, DH_PLACEMENT_SPREAD),
                     DH_OK);
    hold(&pool, 0, 8);
    hold(&pool, 4, 8);
    assert_string_equal(place(&pool, 24, 0), "2:8 3:8 1:8"); /* unit 2 has most free nodes, then 0, then 1 */
    assert_string_equal(place(&pool, 20, 0), "2:8 3:8 1:4");
    assert_string_equal(place(&pool, 80, 0), "2:8 3:8 1:8 5:8 6:8 7:8 8:8 9:8 10:8 11:8");
    assert_string_equal(place(&pool, 6, 0), "1:6"); /* one node: packed */
    struct dh_pool copy;
    assert_int_equal(dh_pool_init_like(&copy, &pool), DH_OK);
    dh_pool_copy(&copy, &pool);
    assert_string_equal(place(&copy, 32, 4), "2:8 3:8 1:8 5:8");
    dh_pool_free(&copy);
    dh_pool_free(&pool);
    /* without units racks stand for them */
    make(&pool, 12, DH_PLACEMENT_SPREAD);
    assert_string_equal(place(&pool, 32, 0), "0:8 4:8 8:8 1:8");
    dh_pool_free(&pool);
}

void jobs_on_several_nodes_keep_to_one_node_size(void **state) {
    (void)state;
    const int32_t sizes[] = {4, 8, 0, 4, 8}, rack[] = {0, 0, 0, 0, 0};
    struct dh_pool pool;
    assert_int_equal(dh_pool_init(&pool, 5, sizes, 1, rack, DH_PLACEMENT_PACKED), DH_OK);
    assert_int_equal(pool.n_gpu, 24);
    assert_string_equal(place(&pool, 4, 0), "0:4"); /* the smaller node is the tighter fit */
    assert_string_equal(place(&pool, 5, 0), "1:5");
    assert_string_equal(place(&pool, 10, 0), "1:8 4:2");
    assert_string_equal(place(&pool, 8, 2), "0:4 3:4");
    hold(&pool, 1, 1);
    assert_string_equal(place(&pool, 16, 2), "none");
    hold(&pool, 4, 1);
    assert_string_equal(place(&pool, 8, 0), "0:4 3:4");
    assert_string_equal(place(&pool, 9, 0), "none");
    assert_false(dh_pool_could_ever(&pool, &(struct dh_job){.gpus = 17}));
    assert_false(dh_pool_could_ever(&pool, &(struct dh_job){.gpus = 24, .nodes = 3}));
    assert_true(dh_pool_could_ever(&pool, &(struct dh_job){.gpus = 16}));
    dh_pool_free(&pool);
}

/* Whatever is taken and given at random: what fits is found, what is found is free and adds up. */
void pool_counts_stay_true_under_random_use(void **state) {
    (void)state;
    enum { JOBS = 60, STEPS = 20000 };
    uint64_t random = 88172645463325252u;
    for (int32_t placement = DH_PLACEMENT_FLAT; placement <= DH_PLACEMENT_SPREAD; placement++) {
        struct dh_pool pool;
        make(&pool, 30, (enum dh_placement)placement);
        struct dh_job_run runs[JOBS] = {0};
        bool held[JOBS] = {0};
        int64_t busy = 0, gpus_of[JOBS] = {0};
        for (int32_t step = 0; step < STEPS; step++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            int32_t j = (int32_t)(random % JOBS);
            if (held[j]) {
                dh_pool_give(&pool, &runs[j]);
                held[j] = false;
                busy -= gpus_of[j];
                if (random & 1024)
                    dh_pool_forget(&pool, &runs[j]);
                continue;
            }
            int32_t gpus = 1 + (int32_t)((random >> 20) % ((random >> 40) % 4 ? 12 : 120));
            struct dh_job job = {.gpus = gpus, .nodes = (random >> 50) % 4 || gpus % 8 ? 0 : gpus / 8};
            bool fits = dh_pool_fits(&pool, &job), taken;
            if (gpus > dh_pool_largest(&pool))
                assert_false(fits);
            assert_int_equal(dh_pool_take(&pool, &job, &runs[j], &taken), DH_OK);
            assert_int_equal(taken, fits);
            if (!taken)
                continue;
            held[j] = true;
            gpus_of[j] = gpus;
            busy += gpus;
            int64_t sum = 0;
            for (int32_t i = 0; i < runs[j].n_segment; i++)
                sum += runs[j].segments[i].gpus;
            assert_int_equal(sum, gpus);
            assert_int_equal(busy, pool.n_busy_gpu);
        }
        int32_t node_busy[64] = {0}, nodes = 0;
        for (int32_t j = 0; j < JOBS; j++)
            for (int32_t i = 0; held[j] && i < runs[j].n_segment; i++)
                node_busy[runs[j].segments[i].node] += runs[j].segments[i].gpus;
        for (int32_t n = 0; n < pool.n_node; n++) {
            assert_int_equal(node_busy[n], dh_pool_busy_gpus(&pool, n));
            nodes += node_busy[n] > 0;
        }
        assert_int_equal(nodes, pool.n_busy_node);
        dh_pool_free(&pool);
    }
}
