#include "models/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- sets of nodes
 * ------------------------------------------------------------------------------------------- */

static void set_add(struct dh_pool *pool, int32_t set, int32_t node) {
    struct dh_node_set *s = &pool->sets[set];
    s->words[node >> 6] |= UINT64_C(1) << (node & 63);
    s->summary[node >> 12] |= UINT64_C(1) << ((node >> 6) & 63);
    pool->set_count[set]++;
}

static void set_remove(struct dh_pool *pool, int32_t set, int32_t node) {
    struct dh_node_set *s = &pool->sets[set];
    s->words[node >> 6] &= ~(UINT64_C(1) << (node & 63));
    if (s->words[node >> 6] == 0)
        s->summary[node >> 12] &= ~(UINT64_C(1) << ((node >> 6) & 63));
    pool->set_count[set]--;
}

/* Lowest member >= from; -1: none. */
static int32_t set_next(const struct dh_pool *pool, int32_t set, int32_t from) {
    const struct dh_node_set *s = &pool->sets[set];
    int32_t w = from >> 6;
    if (w >= pool->n_word)
        return -1;
    uint64_t word = s->words[w] & (~UINT64_C(0) << (from & 63));
    if (word)
        return (w << 6) + __builtin_ctzll(word);
    w++;
    for (int32_t i = w >> 6; i < pool->n_summary; i++) {
        uint64_t bits = s->summary[i];
        if (i == w >> 6)
            bits &= ~UINT64_C(0) << (w & 63);
        if (bits) {
            w = (i << 6) + __builtin_ctzll(bits);
            return (w << 6) + __builtin_ctzll(s->words[w]);
        }
    }
    return -1;
}

/* The set of nodes with any GPU free, after those of each class and free count. */
static int32_t any_set(const struct dh_pool *pool) {
    return pool->n_set;
}

/* Free GPUs of a node change by d. */
static void change(struct dh_pool *pool, int32_t node, int32_t d) {
    int32_t c = pool->node_class[node], before = pool->node_free[node], behind = before + d;
    int32_t size = pool->node_gpus[node], r = pool->node_rack[node];
    assert(c >= 0 && behind >= 0 && behind <= size);
    set_remove(pool, pool->class_set[c] + before, node);
    set_add(pool, pool->class_set[c] + behind, node);
    if (before == 0)
        set_add(pool, any_set(pool), node);
    else if (behind == 0)
        set_remove(pool, any_set(pool), node);
    int32_t whole = (behind == size) - (before == size);
    pool->n_busy_node -= whole;
    pool->group_whole[(size_t)pool->node_group[node] * (size_t)pool->n_class + (size_t)c] += whole;
    pool->rack_free[r] += d;
    if (pool->group_free != pool->rack_free)
        pool->group_free[pool->node_group[node]] += d;
    pool->node_free[node] = behind;
    pool->n_busy_gpu -= d;
    pool->n_free_gpu += d;
}

/* ---- memory
 * -------------------------------------------------------------------------------------------------- */

/* Node sizes, largest first. */
static enum dh_err find_classes(struct dh_pool *pool) {
    for (int32_t n = 0; n < pool->n_node; n++) {
        pool->n_gpu += pool->node_gpus[n];
        if (pool->node_gpus[n] > pool->max_gpus)
            pool->max_gpus = pool->node_gpus[n];
    }
    int32_t *class_of = dh_arena_array(&pool->mem, (size_t)pool->max_gpus + 1, sizeof *class_of);
    pool->node_class = dh_arena_array(&pool->mem, (size_t)pool->n_node + 1, sizeof *pool->node_class);
    if (!class_of || !pool->node_class)
        return DH_ERR_MEMORY;
    for (int32_t n = 0; n < pool->n_node; n++)
        class_of[pool->node_gpus[n]]++; /* first: how many nodes of this size */
    for (int32_t size = pool->max_gpus; size > 0; size--)
        pool->n_class += class_of[size] > 0;
    size_t n_class = (size_t)pool->n_class + 1;
    pool->class_gpus = dh_arena_array(&pool->mem, n_class, sizeof *pool->class_gpus);
    pool->class_nodes = dh_arena_array(&pool->mem, n_class, sizeof *pool->class_nodes);
    pool->class_set = dh_arena_array(&pool->mem, n_class, sizeof *pool->class_set);
    if (!pool->class_gpus || !pool->class_nodes || !pool->class_set)
        return DH_ERR_MEMORY;
    int32_t c = 0;
    for (int32_t size = pool->max_gpus; size > 0; size--)
        if (class_of[size] > 0) {
            pool->class_gpus[c] = size;
            pool->class_nodes[c] = class_of[size];
            pool->class_set[c] = pool->n_set;
            pool->n_set += size + 1;
            class_of[size] = c++;
        }
    class_of[0] = -1;
    for (int32_t n = 0; n < pool->n_node; n++)
        pool->node_class[n] = class_of[pool->node_gpus[n]];
    return DH_OK;
}

static enum dh_err list_groups(struct dh_pool *pool) {
    pool->group_first = dh_arena_array(&pool->mem, (size_t)pool->n_group + 2, sizeof *pool->group_first);
    pool->group_nodes = dh_arena_array(&pool->mem, (size_t)pool->n_node + 1, sizeof *pool->group_nodes);
    if (!pool->group_first || !pool->group_nodes)
        return DH_ERR_MEMORY;
    /* Counted two places ahead and summed, each entry then serves as the cursor of the group before it. */
    for (int32_t n = 0; n < pool->n_node; n++)
        pool->group_first[pool->node_group[n] + 2]++;
    for (int32_t g = 2; g <= pool->n_group + 1; g++)
        pool->group_first[g] += pool->group_first[g - 1];
    for (int32_t n = 0; n < pool->n_node; n++)
        pool->group_nodes[pool->group_first[pool->node_group[n] + 1]++] = n;
    return DH_OK;
}

/* Everything that changes in one block, so that a copy is one memcpy. */
static enum dh_err lay_out(struct dh_pool *pool) {
    pool->n_word = (pool->n_node + 63) / 64;
    pool->n_summary = (pool->n_word + 63) / 64;
    size_t n_set = (size_t)pool->n_set + 1, set_words = (size_t)pool->n_word + (size_t)pool->n_summary;
    size_t racks = (size_t)pool->n_rack, groups = (size_t)pool->n_group, classes = (size_t)pool->n_class;
    bool by_rack = pool->node_group == pool->node_rack;
    size_t ints = (size_t)pool->n_node + n_set + racks + (by_rack ? 0 : groups) + groups * classes;
    pool->block_bytes = n_set * set_words * sizeof(uint64_t) + ints * sizeof(int32_t);
    pool->block = dh_arena_alloc(&pool->mem, pool->block_bytes);
    pool->sets = dh_arena_array(&pool->mem, n_set, sizeof *pool->sets);
    pool->found = dh_arena_array(&pool->mem, (size_t)pool->n_node + 1, sizeof *pool->found);
    pool->used_groups = dh_arena_array(&pool->mem, groups + 1, sizeof *pool->used_groups);
    if (!pool->block || !pool->sets || !pool->found || !pool->used_groups)
        return DH_ERR_MEMORY;
    uint64_t *words = pool->block;
    for (size_t i = 0; i < n_set; i++) {
        pool->sets[i].words = words;
        pool->sets[i].summary = words + pool->n_word;
        words += set_words;
    }
    pool->node_free = (int32_t *)words;
    pool->set_count = pool->node_free + pool->n_node;
    pool->rack_free = pool->set_count + n_set;
    pool->group_free = by_rack ? pool->rack_free : pool->rack_free + racks;
    pool->group_whole = pool->group_free + groups;
    return DH_OK;
}

void dh_pool_empty(struct dh_pool *pool) {
    memset(pool->block, 0, pool->block_bytes);
    pool->n_busy_gpu = pool->n_free_gpu = pool->n_down_gpu = 0;
    pool->n_busy_node = 0;
    for (int32_t n = 0; n < pool->n_node; n++) {
        int32_t size = pool->node_gpus[n], c = pool->node_class[n], r = pool->node_rack[n];
        if (c < 0)
            continue;
        if (pool->node_down[n] || pool->node_drained[n]) {
            set_add(pool, pool->class_set[c], n);
            pool->n_down_gpu += size;
            continue;
        }
        pool->node_free[n] = size;
        pool->n_free_gpu += size;
        set_add(pool, pool->class_set[c] + size, n);
        set_add(pool, any_set(pool), n);
        pool->rack_free[r] += size;
        if (pool->group_free != pool->rack_free)
            pool->group_free[pool->node_group[n]] += size;
        pool->group_whole[(size_t)pool->node_group[n] * (size_t)pool->n_class + (size_t)c]++;
    }
}

/* shared: another pool, whose nodes' being down is shared; NULL: its own, all up. */
static enum dh_err init(struct dh_pool *pool, struct dh_pool as, const struct dh_pool *shared) {
    int32_t n_node = as.n_node, n_rack = as.n_rack;
    *pool = as;
    enum dh_err err = find_classes(pool);
    if (err == DH_OK)
        err = list_groups(pool);
    if (err == DH_OK)
        err = lay_out(pool);
    if (err == DH_OK && !shared) {
        pool->node_down = dh_arena_array(&pool->mem, (size_t)n_node + 1, sizeof *pool->node_down);
        pool->rack_down = dh_arena_array(&pool->mem, (size_t)n_rack + 1, sizeof *pool->rack_down);
        pool->node_drained = dh_arena_array(&pool->mem, (size_t)n_node + 1, sizeof *pool->node_drained);
        pool->kept_back = dh_arena_array(&pool->mem, (size_t)n_node + 1, sizeof *pool->kept_back);
        bool all = pool->node_down && pool->rack_down && pool->node_drained && pool->kept_back;
        err = all ? DH_OK : DH_ERR_MEMORY;
    } else if (err == DH_OK) {
        pool->node_down = shared->node_down;
        pool->rack_down = shared->rack_down;
        pool->node_drained = shared->node_drained;
    }
    if (err != DH_OK) {
        dh_pool_free(pool);
        return err;
    }
    dh_pool_empty(pool);
    return DH_OK;
}

enum dh_err dh_pool_init_units(struct dh_pool *pool, int32_t n_node, const int32_t *node_gpus, int32_t n_rack,
                               const int32_t *node_rack, int32_t n_unit, const int32_t *node_unit,
                               enum dh_placement placement) {
    bool units = node_unit && (placement == DH_PLACEMENT_LEAF || placement == DH_PLACEMENT_SPREAD);
    return init(pool,
                (struct dh_pool){.n_node = n_node,
                                 .n_rack = n_rack,
                                 .node_gpus = node_gpus,
                                 .node_rack = node_rack,
                                 .n_group = units ? n_unit : n_rack,
                                 .node_group = units ? node_unit : node_rack,
                                 .placement = placement},
                NULL);
}

enum dh_err dh_pool_init(struct dh_pool *pool, int32_t n_node, const int32_t *node_gpus, int32_t n_rack,
                         const int32_t *node_rack, enum dh_placement placement) {
    return dh_pool_init_units(pool, n_node, node_gpus, n_rack, node_rack, 0, NULL, placement);
}

enum dh_err dh_pool_init_like(struct dh_pool *copy, const struct dh_pool *src) {
    return init(copy,
                (struct dh_pool){.n_node = src->n_node,
                                 .n_rack = src->n_rack,
                                 .node_gpus = src->node_gpus,
                                 .node_rack = src->node_rack,
                                 .n_group = src->n_group,
                                 .node_group = src->node_group,
                                 .placement = src->placement},
                src);
}

void dh_pool_copy(struct dh_pool *copy, const struct dh_pool *src) {
    memcpy(copy->block, src->block, src->block_bytes);
    copy->n_busy_gpu = src->n_busy_gpu;
    copy->n_free_gpu = src->n_free_gpu;
    copy->n_down_gpu = src->n_down_gpu;
    copy->n_busy_node = src->n_busy_node;
}

void dh_pool_free(struct dh_pool *pool) {
    dh_arena_free(&pool->mem);
    dh_arena_free(&pool->segment_mem);
    *pool = (struct dh_pool){0};
}

/* ---- finding a place
 * ------------------------------------------------------------------------------------------- */

static void found(struct dh_pool *pool, int32_t node, int32_t gpus) {
    pool->found[pool->n_found++] = (struct dh_segment){.node = node, .gpus = gpus};
}

/* Nodes of class c that are free as a whole. */
static int32_t whole_set(const struct dh_pool *pool, int32_t c) {
    return pool->class_set[c] + pool->class_gpus[c];
}

/* The class of a job of whole nodes; -1: there are no nodes of that size. */
static int32_t whole_class(const struct dh_pool *pool, const struct dh_job *job) {
    for (int32_t c = 0; c < pool->n_class; c++)
        if ((int64_t)pool->class_gpus[c] * job->nodes == job->gpus)
            return c;
    return -1;
}

/* Whether class c has room for `whole` free nodes and `rest` GPUs of one more. */
static bool class_fits(const struct dh_pool *pool, int32_t c, int32_t whole, int32_t rest) {
    int32_t set = pool->class_set[c], size = pool->class_gpus[c], n = pool->set_count[set + size];
    if (n < whole)
        return false;
    if (rest == 0 || n > whole)
        return true;
    for (int32_t k = size - 1; k >= rest; k--)
        if (pool->set_count[set + k] > 0)
            return true;
    return false;
}

/* The class in which a job that needs several nodes finds room; -1: none. */
static int32_t spanning_class(const struct dh_pool *pool, int32_t gpus) {
    for (int32_t c = 0; c < pool->n_class; c++) {
        int32_t size = pool->class_gpus[c];
        if (size < gpus && class_fits(pool, c, gpus / size, gpus % size))
            return c;
    }
    return -1;
}

bool dh_pool_fits(const struct dh_pool *pool, const struct dh_job *job) {
    if (job->gpus > dh_pool_free_gpus(pool))
        return false;
    if (job->nodes > 0) {
        int32_t c = whole_class(pool, job);
        return c >= 0 && pool->set_count[whole_set(pool, c)] >= job->nodes;
    }
    if (pool->placement == DH_PLACEMENT_FLAT)
        return true;
    for (int32_t c = 0; c < pool->n_class; c++)
        for (int32_t k = job->gpus; k <= pool->class_gpus[c]; k++)
            if (pool->set_count[pool->class_set[c] + k] > 0)
                return true;
    return spanning_class(pool, job->gpus) >= 0;
}

bool dh_pool_could_ever(const struct dh_pool *pool, const struct dh_job *job) {
    if (job->gpus < 1 || job->gpus > pool->n_gpu)
        return false;
    if (job->nodes > 0) {
        int32_t c = whole_class(pool, job);
        return c >= 0 && pool->class_nodes[c] >= job->nodes;
    }
    if (pool->placement == DH_PLACEMENT_FLAT || job->gpus <= pool->max_gpus)
        return true;
    for (int32_t c = 0; c < pool->n_class; c++)
        if ((int64_t)pool->class_nodes[c] * pool->class_gpus[c] >= job->gpus)
            return true;
    return false;
}

int64_t dh_pool_largest(const struct dh_pool *pool) {
    if (pool->placement == DH_PLACEMENT_FLAT)
        return dh_pool_free_gpus(pool);
    int64_t largest = 0;
    for (int32_t c = 0; c < pool->n_class; c++) {
        int32_t set = pool->class_set[c], size = pool->class_gpus[c], part = size - 1;
        while (part > 0 && pool->set_count[set + part] == 0)
            part--;
        int64_t most = (int64_t)pool->set_count[set + size] * size + part;
        largest = most > largest ? most : largest;
    }
    return largest;
}

static void find_flat(struct dh_pool *pool, int32_t gpus) {
    for (int32_t n = set_next(pool, any_set(pool), 0); gpus > 0; n = set_next(pool, any_set(pool), n + 1)) {
        int32_t part = pool->node_free[n] < gpus ? pool->node_free[n] : gpus;
        found(pool, n, part);
        gpus -= part;
    }
}

/* The node with fewest free GPUs that suffice, or, for first fit, the lowest that suffices; -1: none. */
static int32_t one_node(const struct dh_pool *pool, int32_t gpus, bool first_fit) {
    int32_t best = -1;
    for (int32_t k = gpus; k <= pool->max_gpus && (first_fit || best < 0); k++)
        for (int32_t c = 0; c < pool->n_class && pool->class_gpus[c] >= k; c++) {
            int32_t set = pool->class_set[c] + k;
            int32_t n = pool->set_count[set] > 0 ? set_next(pool, set, 0) : -1;
            if (n >= 0 && (best < 0 || n < best))
                best = n;
        }
    return best;
}

/* Whole free nodes of a class, lowest first; returns the node behind the last. */
static int32_t find_whole(struct dh_pool *pool, int32_t c, int32_t whole) {
    int32_t n = -1;
    for (int32_t i = 0; i < whole; i++) {
        n = set_next(pool, whole_set(pool, c), n + 1);
        found(pool, n, pool->class_gpus[c]);
    }
    return n + 1;
}

/* Several nodes of class c, which has room. */
static void find_spanning(struct dh_pool *pool, int32_t c, int32_t gpus, bool first_fit) {
    int32_t set = pool->class_set[c], size = pool->class_gpus[c], rest = gpus % size;
    int32_t behind = find_whole(pool, c, gpus / size), best = -1;
    if (rest == 0)
        return;
    for (int32_t k = size; k >= rest && (first_fit || best < 0); k--) {
        int32_t n = set_next(pool, set + k, k == size ? behind : 0);
        if (n >= 0 && (best < 0 || n < best))
            best = n;
    }
    found(pool, best, rest);
}

/* ---- racks, or leaf units
 * ----------------------------------------------------------------------------------------------------- */

static int32_t *whole_in(const struct dh_pool *pool, int32_t group, int32_t c) {
    return &pool->group_whole[(size_t)group * (size_t)pool->n_class + (size_t)c];
}

/* Best node of a rack for `gpus` of one node of class c (-1: any): fewest free for best fit, most free for
 * the remainder of a larger job, whose first `skip` whole nodes are spoken for. -1: none. */
static int32_t node_in_rack(const struct dh_pool *pool, int32_t rack, int32_t c, int32_t gpus, bool most,
                            int32_t skip) {
    int32_t best = -1;
    for (int32_t i = pool->group_first[rack]; i < pool->group_first[rack + 1]; i++) {
        int32_t n = pool->group_nodes[i], k = pool->node_free[n];
        if (k < gpus || (c >= 0 && pool->node_class[n] != c))
            continue;
        if (k == pool->node_gpus[n] && skip > 0) {
            skip--;
            continue;
        }
        if (best < 0 || (most ? k > pool->node_free[best] : k < pool->node_free[best]))
            best = n;
    }
    return best;
}

static bool rack_fits(const struct dh_pool *pool, int32_t rack, int32_t c, int32_t whole, int32_t rest) {
    int32_t n = whole > 0 ? *whole_in(pool, rack, c) : 0;
    if (n < whole)
        return false;
    if (rest == 0 || (whole > 0 && n > whole))
        return true;
    return node_in_rack(pool, rack, c, rest, whole > 0, whole) >= 0;
}

/* Rack with fewest free GPUs that has room for whole nodes and a rest, none of whose nodes is in pool->found.
 */
static int32_t best_rack(const struct dh_pool *pool, const int32_t *used, int32_t n_used, int32_t c,
                         int32_t whole, int32_t rest) {
    int32_t best = -1, need = rest + (whole > 0 ? whole * pool->class_gpus[c] : 0);
    for (int32_t r = 0; r < pool->n_group; r++) {
        if (pool->group_free[r] < need || (best >= 0 && pool->group_free[r] >= pool->group_free[best]))
            continue;
        bool is_used = false;
        for (int32_t i = 0; i < n_used && !is_used; i++)
            is_used = used[i] == r;
        if (!is_used && rack_fits(pool, r, c, whole, rest))
            best = r;
    }
    return best;
}

static void find_in_rack(struct dh_pool *pool, int32_t rack, int32_t c, int32_t whole, int32_t rest) {
    int32_t left = whole;
    for (int32_t i = pool->group_first[rack]; left > 0; i++) {
        int32_t n = pool->group_nodes[i];
        if (pool->node_class[n] != c || pool->node_free[n] != pool->node_gpus[n])
            continue;
        found(pool, n, pool->node_free[n]);
        left--;
    }
    if (rest > 0)
        found(pool, node_in_rack(pool, rack, c, rest, whole > 0, whole), rest);
}

/* A remainder on the node of class c with most free GPUs that has none of the job yet. */
static void find_most_free(struct dh_pool *pool, int32_t c, int32_t rest) {
    int32_t best = -1;
    for (int32_t n = 0; n < pool->n_node; n++) {
        if (pool->node_class[n] != c || pool->node_free[n] < rest ||
            (best >= 0 && pool->node_free[n] <= pool->node_free[best]))
            continue;
        bool is_found = false;
        for (int32_t i = 0; i < pool->n_found && !is_found; i++)
            is_found = pool->found[i].node == n;
        if (!is_found)
            best = n;
    }
    if (best >= 0)
        found(pool, best, rest);
}

/* Whole free nodes of class c and a rest on one more node of it, from as few racks as possible. The pool has
 * room. Racks are emptied of whole nodes, the fullest first, until one rack has room for what is left; where
 * the rest alone finds no rack of its own, it goes to any other node of the class. */
static void find_racks(struct dh_pool *pool, int32_t c, int32_t whole, int32_t rest) {
    int32_t *used = pool->used_groups, n_used = 0;
    for (;;) {
        int32_t rack = best_rack(pool, used, n_used, c, whole, rest);
        if (rack >= 0) {
            find_in_rack(pool, rack, c, whole, rest);
            return;
        }
        int32_t most = -1;
        for (int32_t r = 0; r < pool->n_group && whole > 0; r++) {
            bool is_used = false;
            for (int32_t i = 0; i < n_used && !is_used; i++)
                is_used = used[i] == r;
            if (!is_used && *whole_in(pool, r, c) > 0 &&
                (most < 0 || *whole_in(pool, r, c) > *whole_in(pool, most, c)))
                most = r;
        }
        if (most < 0)
            break; /* the whole nodes are found, and the rest fits only on a rack that has some of them */
        int32_t n = *whole_in(pool, most, c) < whole ? *whole_in(pool, most, c) : whole;
        find_in_rack(pool, most, c, n, 0);
        used[n_used++] = most;
        whole -= n;
    }
    if (rest > 0)
        find_most_free(pool, c, rest);
}

/* Whole free nodes of class c, one of each group in turn, from the one that has most of them on. The pool has
 * room. */
static void find_spread(struct dh_pool *pool, int32_t c, int32_t whole, int32_t rest) {
    int32_t *cursor = pool->used_groups, group = 0;
    for (int32_t g = 0; g < pool->n_group; g++) {
        cursor[g] = pool->group_first[g];
        if (*whole_in(pool, g, c) > *whole_in(pool, group, c))
            group = g;
    }
    for (int32_t left = whole; left > 0; group = group + 1 < pool->n_group ? group + 1 : 0)
        for (; cursor[group] < pool->group_first[group + 1]; cursor[group]++) {
            int32_t n = pool->group_nodes[cursor[group]];
            if (pool->node_class[n] != c || pool->node_free[n] != pool->node_gpus[n])
                continue;
            found(pool, n, pool->node_free[n]);
            cursor[group]++;
            left--;
            break;
        }
    if (rest > 0)
        find_most_free(pool, c, rest);
}

bool dh_pool_find(struct dh_pool *pool, const struct dh_job *job, bool first_fit) {
    pool->n_found = 0;
    if (job->gpus < 1 || !dh_pool_fits(pool, job))
        return false;
    bool by_rack = pool->placement == DH_PLACEMENT_RACK || pool->placement == DH_PLACEMENT_LEAF;
    bool spread = pool->placement == DH_PLACEMENT_SPREAD;
    if (job->nodes > 0) {
        int32_t c = whole_class(pool, job);
        if (by_rack)
            find_racks(pool, c, job->nodes, 0);
        else if (spread)
            find_spread(pool, c, job->nodes, 0);
        else
            find_whole(pool, c, job->nodes);
        return true;
    }
    if (pool->placement == DH_PLACEMENT_FLAT) {
        find_flat(pool, job->gpus);
        return true;
    }
    int32_t rack = by_rack && job->gpus <= pool->max_gpus ? best_rack(pool, NULL, 0, -1, 0, job->gpus) : -1;
    int32_t node =
        rack >= 0 ? node_in_rack(pool, rack, -1, job->gpus, false, 0) : one_node(pool, job->gpus, first_fit);
    if (node >= 0) {
        found(pool, node, job->gpus);
        return true;
    }
    int32_t c = spanning_class(pool, job->gpus), size = pool->class_gpus[c];
    if (by_rack)
        find_racks(pool, c, job->gpus / size, job->gpus % size);
    else if (spread)
        find_spread(pool, c, job->gpus / size, job->gpus % size);
    else
        find_spanning(pool, c, job->gpus, first_fit);
    return true;
}

/* ---- taking and giving
 * --------------------------------------------------------------------------------------- */

void dh_pool_take_list(struct dh_pool *pool, const struct dh_segment *segments, int32_t n) {
    for (int32_t i = 0; i < n; i++)
        change(pool, segments[i].node, -segments[i].gpus);
}

/* GPUs of a drained node are nobody's: the pool takes them off the busy ones, and its copies forget them. */
static void keep_back(struct dh_pool *pool, int32_t node, int32_t gpus) {
    pool->n_busy_gpu -= gpus;
    pool->n_down_gpu += gpus;
    if (!pool->kept_back)
        return;
    pool->rack_down[pool->node_rack[node]] += gpus;
    pool->kept_back[node] += gpus;
    pool->n_busy_node -= pool->kept_back[node] == pool->node_gpus[node];
}

void dh_pool_give_list(struct dh_pool *pool, const struct dh_segment *segments, int32_t n) {
    for (int32_t i = 0; i < n; i++)
        if (pool->node_drained[segments[i].node])
            keep_back(pool, segments[i].node, segments[i].gpus);
        else
            change(pool, segments[i].node, segments[i].gpus);
}

/* What is free of a node is taken by nobody, or is free again. */
static void withhold(struct dh_pool *pool, int32_t node, int32_t gpus, bool away) {
    int32_t more = away ? gpus : -gpus;
    change(pool, node, -more);
    pool->n_busy_gpu -= more;
    pool->n_busy_node -= gpus == pool->node_gpus[node] ? (away ? 1 : -1) : 0;
    pool->n_down_gpu += more;
    pool->rack_down[pool->node_rack[node]] += more;
}

void dh_pool_set_drained(struct dh_pool *pool, int32_t node, bool drained) {
    int32_t size = pool->node_gpus[node];
    if (pool->node_drained[node] == drained)
        return;
    pool->node_drained[node] = drained;
    if (size == 0 || pool->node_down[node])
        return;
    int32_t gpus = drained ? pool->node_free[node] : pool->kept_back[node];
    pool->kept_back[node] = drained ? gpus : 0;
    if (gpus > 0)
        withhold(pool, node, gpus, drained);
}

/* Down is the same as taken, by nobody: the sets are those of nodes that have nothing to give. */
void dh_pool_set_down(struct dh_pool *pool, int32_t node, bool down) {
    int32_t size = pool->node_gpus[node];
    if (pool->node_down[node] == down)
        return;
    pool->node_down[node] = down;
    if (size == 0)
        return;
    if (pool->node_drained[node]) /* no job is on it: all of it is kept back, and stays so */
        pool->kept_back[node] = down ? 0 : size;
    else
        withhold(pool, node, size, down);
}

void dh_pool_forget(struct dh_pool *pool, struct dh_job_run *run) {
    if (run->segment_room > 0) {
        int32_t k = 31 - __builtin_clz((uint32_t)run->segment_room);
        memcpy(run->segments, &pool->recycled[k], sizeof(void *));
        pool->recycled[k] = run->segments;
    }
    run->segments = NULL;
    run->n_segment = run->segment_room = 0;
}

/* Room for n segments in the run; what it held is lost when it grows. */
static enum dh_err make_room(struct dh_pool *pool, struct dh_job_run *run, int32_t n) {
    if (n <= run->segment_room)
        return DH_OK;
    int32_t k =
        n > 1 ? 32 - __builtin_clz((uint32_t)n - 1) : 0; /* a list of one has room for a pointer, too */
    void *list = pool->recycled[k];
    if (list)
        memcpy(&pool->recycled[k], list, sizeof(void *));
    else
        list = dh_arena_array(&pool->segment_mem, (size_t)1 << k, sizeof(struct dh_segment));
    if (!list)
        return DH_ERR_MEMORY;
    dh_pool_forget(pool, run);
    run->segments = list;
    run->segment_room = 1 << k;
    return DH_OK;
}

enum dh_err dh_pool_take_found(struct dh_pool *pool, const struct dh_pool *from, struct dh_job_run *run) {
    enum dh_err err = make_room(pool, run, from->n_found);
    if (err != DH_OK)
        return err;
    memcpy(run->segments, from->found, (size_t)from->n_found * sizeof *run->segments);
    run->n_segment = from->n_found;
    dh_pool_take_list(pool, run->segments, run->n_segment);
    return DH_OK;
}

void dh_pool_limit(struct dh_pool *pool, int32_t node, int32_t gpus) {
    if (pool->node_free[node] > gpus)
        change(pool, node, gpus - pool->node_free[node]);
}

enum dh_err dh_pool_take(struct dh_pool *pool, const struct dh_job *job, struct dh_job_run *run,
                         bool *taken) {
    *taken = dh_pool_find(pool, job, false);
    if (!*taken)
        return DH_OK;
    enum dh_err err = dh_pool_take_found(pool, pool, run);
    *taken = err == DH_OK;
    return err;
}

void dh_pool_give(struct dh_pool *pool, const struct dh_job_run *run) {
    dh_pool_give_list(pool, run->segments, run->n_segment);
}
