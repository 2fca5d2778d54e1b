/* Jobs in an order that never ties, with what a scheduler asks about many of them at once.
 *
 * A treap (C. Aragon and R. Seidel, Randomized search trees, Algorithmica 16, 1996) whose heap order comes
 * from a hash of the job's row, so that its shape is the same in every run; each subtree knows its size, its
 * sum of GPUs and its smallest members, so that long queues are not walked through job by job. */
#ifndef DH_MODELS_JOB_TREE_H
#define DH_MODELS_JOB_TREE_H

#include <datahall/err.h>
#include <datahall/time.h>

#include <stdbool.h>
#include <stdint.h>

/* Order: larger priority, then smaller `first`, then smaller `second`, then smaller job. */
struct dh_job_key {
    dh_time first, second;
    int32_t job;
    int16_t priority;
};

struct dh_job_entry {
    struct dh_job_key key;
    dh_time length; /* run time that the scheduler believes in, ns */
    dh_time submit; /* ns */
    dh_time mark;   /* the policy's own: when it may start */
    int32_t gpus;
    /* private: the tree, and aggregates of the subtree below */
    uint32_t heap;
    int32_t left, right, before, after;
    int32_t count, min_gpus;
    int64_t sum_gpus;
    dh_time min_length, min_submit, min_mark;
};

/* {0} is an empty tree. Slots are recycled; a slot keeps its number while its job is in the tree, but the
 * entries move when the tree grows. */
struct dh_job_tree {
    struct dh_job_entry *entries; /* slot 0 is the empty subtree */
    int32_t n_room, n_used, recycled;
    int32_t root;
    int32_t head, tail; /* first and last slot in order; 0: none */
};

/* Adds a job (key, length, submit, mark, gpus); DH_ERR_MEMORY leaves the tree unchanged. The key must be new.
 */
enum dh_err dh_job_tree_add(struct dh_job_tree *tree, const struct dh_job_entry *entry);

/* Slot of the key, 0 when there is none. */
int32_t dh_job_tree_find(const struct dh_job_tree *tree, const struct dh_job_key *key);

/* Takes the job of that key out; false when there is none. */
bool dh_job_tree_remove(struct dh_job_tree *tree, const struct dh_job_key *key);

/* Changes the mark of a slot. */
void dh_job_tree_mark(struct dh_job_tree *tree, int32_t slot, dh_time mark);

/* Empties the tree and keeps its memory; frees it. */
void dh_job_tree_clear(struct dh_job_tree *tree);
void dh_job_tree_free(struct dh_job_tree *tree);

/* What a waiting job must be to start: at most `gpus`, and either no longer than `length` or at most
 * `spare` GPUs; submitted no later than `submit`; marked no later than `mark`. */
struct dh_job_want {
    int64_t gpus, spare;
    dh_time length, submit, mark;
};

/* First slot in order, behind the key `after` (NULL: from the front), whose job is wanted; 0: none. */
int32_t dh_job_tree_first(const struct dh_job_tree *tree, const struct dh_job_key *after,
                          const struct dh_job_want *want);

/* Slot of the first entry with which the GPUs of all entries up to it reach `gpus`; 0 when all together do
 * not. */
int32_t dh_job_tree_reach(const struct dh_job_tree *tree, int64_t gpus);

/* GPUs of all entries whose key.first <= first; for trees of one priority. */
int64_t dh_job_tree_sum_until(const struct dh_job_tree *tree, dh_time first);

/* How many entries come before the key. */
int32_t dh_job_tree_rank(const struct dh_job_tree *tree, const struct dh_job_key *key);

static inline int32_t dh_job_tree_count(const struct dh_job_tree *tree) {
    return tree->root ? tree->entries[tree->root].count : 0;
}
static inline int64_t dh_job_tree_gpus(const struct dh_job_tree *tree) {
    return tree->root ? tree->entries[tree->root].sum_gpus : 0;
}
/* Smallest submit of all entries; DH_TIME_MAX when empty. */
static inline dh_time dh_job_tree_oldest(const struct dh_job_tree *tree) {
    return tree->root ? tree->entries[tree->root].min_submit : DH_TIME_MAX;
}

#endif
