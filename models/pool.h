/* The pool: which GPUs of which nodes are free, and where a job goes.
 *
 * Placement rules, for a job of g GPUs:
 *   flat    GPUs are interchangeable: free GPUs of the lowest nodes.
 *   packed  g up to the size of a node: the node with fewest free GPUs that suffice, lowest index on ties.
 *           More: g / size whole free nodes, lowest index first, and the remainder on the next node by (most
 *           free, lowest index). This is the consolidating rule of the Helios simulator (Q. Hu et al.,
 *           Characterization and prediction of deep learning workloads in large-scale GPU datacenters, SC
 * 2021). rack    as few racks as possible. One rack: of those where the packed rule finds room, the rack with
 * fewest free GPUs, lowest index on ties, packed inside. Several: whole free nodes of the racks with most of
 *           them, until what is left fits one rack, which is chosen as before.
 *   leaf    the same with the fabric's leaf units, the nodes that hang on the same leaf switches, for racks.
 *   spread  several nodes: whole free nodes of one leaf unit after the other in turn, lowest index first,
 *           beginning with the unit that has most of them; the remainder on the node with most free GPUs.
 *           What fits one node is packed.
 * A job of whole nodes (job.nodes > 0) gets free nodes only, lowest index first, under `rack` and `leaf`
 * from as few of those as possible, under `spread` in turn. In a pool of several node sizes a job that needs
 * more than one node stays within one size (a gang runs at the pace of its slowest member): the largest size
 * that has room. */
#ifndef DH_MODELS_POOL_H
#define DH_MODELS_POOL_H

#include "models/job.h"
#include "scenarios/scenario.h"

#include <stdbool.h>
#include <stdint.h>

/* Nodes in one state; a two-level bitmap. */
struct dh_node_set {
    uint64_t *words, *summary;
};

struct dh_pool {
    int32_t n_node, n_rack;
    const int32_t *node_gpus, *node_rack; /* borrowed from the facility */
    enum dh_placement placement;
    int64_t n_gpu;

    /* What changes, for reading. */
    int64_t n_busy_gpu, n_free_gpu, n_down_gpu; /* always n_gpu together */
    int32_t n_busy_node;                        /* nodes with at least one GPU taken */
    int32_t *node_free;                         /* free GPUs of each node; 0 where it is down */
    bool *node_down;                            /* shared by all copies of a pool, as is rack_down */
    int32_t *rack_down;                         /* GPUs that are down, or free on drained nodes */
    bool *node_drained;                         /* takes no more jobs: what comes free there counts as down */

    /* private */
    int32_t n_class, *class_gpus; /* node sizes, largest first, without 0 */
    int32_t *class_nodes;         /* nodes of each */
    int32_t *node_class;          /* -1: a node without GPUs */
    int32_t n_set, *class_set;    /* set of nodes of class c with k free is class_set[c] + k */
    int32_t n_word, n_summary;    /* words per set */
    /* Groups that placement goes by: racks, or units. Nodes of group g: group_nodes[group_first[g] ..
     * group_first[g + 1]). */
    int32_t n_group, *group_first, *group_nodes;
    const int32_t *node_group;
    void *block; /* all that changes, in one piece, for dh_pool_copy */
    size_t block_bytes;
    struct dh_node_set *sets; /* n_set, and one of nodes with any GPU free */
    int32_t *set_count;
    int32_t *rack_free;       /* free GPUs */
    int32_t *group_free;      /* the same; of racks where groups are racks */
    int32_t *group_whole;     /* free nodes, by class: [group * n_class + class] */
    struct dh_segment *found; /* the place that a search found */
    int32_t n_found;
    int32_t *used_groups; /* room of a search */
    int32_t max_gpus;     /* of a node */
    int32_t *kept_back;   /* of drained nodes that are not down: GPUs that came free; NULL in copies */
    void *recycled[32];   /* segment lists of 2^k entries, chained through their first bytes */
    struct dh_arena mem, segment_mem;
};

/* All GPUs free. node_gpus (>= 0) and node_rack (0 .. n_rack - 1) must outlive the pool. DH_ERR_MEMORY. */
enum dh_err dh_pool_init(struct dh_pool *pool, int32_t n_node, const int32_t *node_gpus, int32_t n_rack,
                         const int32_t *node_rack, enum dh_placement placement);
/* The same where nodes hang on leaf units, 0 to n_unit - 1, too: `leaf` and `spread` go by them, else by
 * racks. */
enum dh_err dh_pool_init_units(struct dh_pool *pool, int32_t n_node, const int32_t *node_gpus, int32_t n_rack,
                               const int32_t *node_rack, int32_t n_unit, const int32_t *node_unit,
                               enum dh_placement placement);
void dh_pool_free(struct dh_pool *pool);

/* Whether the job could start on the empty pool; whether it can start now. */
bool dh_pool_could_ever(const struct dh_pool *pool, const struct dh_job *job);
bool dh_pool_fits(const struct dh_pool *pool, const struct dh_job *job);

/* Finds a place, takes it, and writes it to run->segments (nodes ascending within each part of the rule).
 * *taken says whether there was one. DH_ERR_MEMORY: nothing was taken. */
enum dh_err dh_pool_take(struct dh_pool *pool, const struct dh_job *job, struct dh_job_run *run, bool *taken);

/* Gives the GPUs back. The list stays in the run, as a record, until the run takes again or is forgotten. */
void dh_pool_give(struct dh_pool *pool, const struct dh_job_run *run);

/* A node without a job on it leaves the pool, and comes back; no change when it is so already. Copies of the
 * pool see it when they are next copied or emptied. */
void dh_pool_set_down(struct dh_pool *pool, int32_t node, bool down);

/* A node takes no more jobs, whatever runs there goes on; and takes some again. No change when it is so
 * already. A node may be drained and down at once: both have to end. */
void dh_pool_set_drained(struct dh_pool *pool, int32_t node, bool drained);

/* Recycles the list of a run that holds nothing any more. */
void dh_pool_forget(struct dh_pool *pool, struct dh_job_run *run);

/* ---- for schedulers: trying without taking ---------------------------------------------------------------
 */

/* A second pool on the same nodes, to try things on; dh_pool_copy makes it equal to src again. */
enum dh_err dh_pool_init_like(struct dh_pool *copy, const struct dh_pool *src);
void dh_pool_copy(struct dh_pool *copy, const struct dh_pool *src);
void dh_pool_empty(struct dh_pool *pool); /* all GPUs free */

/* Finds a place into pool->found. `first_fit`: under packed, a job up to the size of a node goes to the
 * lowest node with room, and a remainder to the lowest other node with room (for preemptive policies, which
 * place all jobs anew: B. Zhao et al., Muri, SIGCOMM 2022). */
bool dh_pool_find(struct dh_pool *pool, const struct dh_job *job, bool first_fit);

/* Takes or gives listed GPUs. All of them must be free, or taken. */
void dh_pool_take_list(struct dh_pool *pool, const struct dh_segment *segments, int32_t n);
void dh_pool_give_list(struct dh_pool *pool, const struct dh_segment *segments, int32_t n);

/* Leaves at most so many GPUs of the node free. */
void dh_pool_limit(struct dh_pool *pool, int32_t node, int32_t gpus);

/* No job of more GPUs than this fits now. */
int64_t dh_pool_largest(const struct dh_pool *pool);

/* Writes pool->found of `from` to the run, and takes it in pool. DH_ERR_MEMORY: nothing was taken. */
enum dh_err dh_pool_take_found(struct dh_pool *pool, const struct dh_pool *from, struct dh_job_run *run);

static inline int64_t dh_pool_free_gpus(const struct dh_pool *pool) {
    return pool->n_free_gpu;
}
static inline int32_t dh_pool_busy_gpus(const struct dh_pool *pool, int32_t node) {
    return pool->node_down[node] ? 0 : pool->node_gpus[node] - pool->node_free[node] - pool->kept_back[node];
}

#endif
