/* Nodes that are down, for whatever reason: their jobs lose what no checkpoint saved, and nothing starts
 * there until all reasons are gone. A node has one for each thing that holds it: a failure of its own or of
 * one of its GPUs, its rack being dark, too hot, failed or tripped. */
#include "models/world.h"

enum dh_err dh_world_node_down(struct dh_world *w, int32_t node) {
    if (w->node_out[node]++ > 0)
        return DH_OK;
    while (w->power.node_holding[node] >= 0)
        DH_TRY(dh_world_fail_job(w, w->power.holding[w->power.node_holding[node]].job));
    dh_pool_set_down(&w->pool, node, true);
    dh_scheduler_pool_changed(&w->scheduler);
    w->down_changed_at = w->des.now;
    w->n_node_down++;
    return DH_OK;
}

enum dh_err dh_world_node_up(struct dh_world *w, int32_t node) {
    if (--w->node_out[node] > 0)
        return DH_OK;
    dh_pool_set_down(&w->pool, node, false);
    dh_scheduler_pool_changed(&w->scheduler);
    w->down_changed_at = w->des.now;
    return dh_world_plan_pass(w);
}

enum dh_err dh_world_rack_down(struct dh_world *w, int32_t rack, bool down) {
    const struct dh_facility *f = w->f;
    for (int32_t n = f->rack_first_node[rack]; n < f->rack_first_node[rack] + f->rack_nodes[rack]; n++)
        DH_TRY(down ? dh_world_node_down(w, n) : dh_world_node_up(w, n));
    if (dh_rack_is_switches(f, rack))
        return dh_world_fabric_rack(w, rack, down);
    return f->rack_nodes[rack] == 0 ? dh_world_store_rack(w, rack, down) : DH_OK;
}

enum dh_err dh_world_drain(struct dh_world *w, int32_t first, int32_t count, bool drained, int32_t *n) {
    *n = 0;
    for (int32_t node = first; node < first + count; node++) {
        *n += w->pool.node_drained[node] != drained;
        dh_pool_set_drained(&w->pool, node, drained);
    }
    w->n_drained += drained ? *n : -*n;
    w->down_changed_at = w->des.now;
    dh_scheduler_pool_changed(&w->scheduler);
    return dh_world_plan_pass(w);
}
