/* One stage fails: who takes over what it carried, at the loads of the instant shown. */
#include "viz/power_map.h"

#include <math.h>

/* Can it give power, now or as soon as it is wanted? */
static bool gives(const struct dh_power_map *map, int32_t stage) {
    bool waits = map->facility->stage_kind[stage] == DH_STAGE_GENERATOR && map->now[stage].rated_w > 0;
    return !map->lost[stage] && (map->now[stage].live || waits);
}

/* Without any feed that gives: behind a battery too, once that is empty. */
static bool loses_all(const struct dh_power_map *map, const struct dh_power_node *n) {
    for (int32_t k = 0; k < n->links; k++)
        if (gives(map, map->links[n->first_link + k].from))
            return false;
    return n->links > 0;
}

/* All that dies with a stage. */
static void lose(struct dh_power_map *map, int32_t stage) {
    map->lost[stage] = true;
    for (int32_t s = stage; s < map->facility->n_stage; s++)
        for (int32_t u = map->first_used[s]; map->lost[s] && u < map->first_used[s + 1]; u++) {
            int32_t to = map->links[map->used_by[u]].to;
            if (map->now[to].live && loses_all(map, &map->nodes[to]))
                map->lost[to] = true;
        }
}

/* More input of a stage for more output: its losses grow too. */
static double more_in(const struct dh_power_map *map, int32_t stage, double more_w) {
    const struct dh_facility *f = map->facility;
    double before_w = fmax(map->now[stage].out_w, 0), after_w = before_w + more_w;
    double full = f->stage_rated_w[stage] > 0 ? map->now[stage].rated_w / f->stage_rated_w[stage] : 1;
    return more_w * (1 + f->stage_loss_linear[stage]) + f->stage_loss_square_per_w[stage] /
                                                            fmin(fmax(full, 0.01), 1) *
                                                            (after_w * after_w - before_w * before_w);
}

/* What the lost feeds of a node carried, and what it draws in addition, to the feeds that are left. */
static void shift(struct dh_power_map *map, int32_t node) {
    const struct dh_power_node *n = &map->nodes[node];
    double moved_w =
        n->part == DH_POWER_STAGE && map->more_w[node] > 0 ? more_in(map, node, map->more_w[node]) : 0;
    int32_t live = 0, first = -1, uses = -1;
    for (int32_t k = 0; k < n->links; k++) {
        int32_t link = n->first_link + k, from = map->links[link].from;
        if (map->lost[from])
            moved_w += map->carries[link] ? map->flow_w[link] : 0;
        if (!gives(map, from))
            continue;
        first = first < 0 ? from : first;
        uses = map->carries[link] ? from : uses;
        live += map->now[from].live;
    }
    if (!(moved_w > 0) || first < 0)
        return;
    if (n->transfer == DH_TRANSFER_FIRST || live == 0) {
        map->more_w[uses >= 0 ? uses : first] += moved_w;
        return;
    }
    for (int32_t k = 0; k < n->links; k++) {
        int32_t from = map->links[n->first_link + k].from;
        if (!map->lost[from] && map->now[from].live)
            map->more_w[from] += moved_w / live;
    }
}

/* As it was, for the next: there may be very many consumers. */
static void forget(struct dh_power_map *map, int32_t stage) {
    for (int32_t s = stage; s < map->facility->n_stage; s++)
        for (int32_t u = map->first_used[s]; map->lost[s] && u < map->first_used[s + 1]; u++) {
            int32_t to = map->links[map->used_by[u]].to;
            if (to >= map->facility->n_stage) {
                map->lost[to] = false;
                map->more_w[to] = 0;
            }
        }
    for (int32_t s = 0; s < map->facility->n_stage; s++) {
        map->lost[s] = false;
        map->more_w[s] = 0;
    }
}

static void fail(struct dh_power_map *map, int32_t stage) {
    int32_t n_stage = map->facility->n_stage;
    lose(map, stage);
    /* Consumers of the lost, then stages from the last to the first: feeds stand before what they feed. */
    for (int32_t s = stage; s < n_stage; s++)
        for (int32_t u = map->first_used[s]; map->lost[s] && u < map->first_used[s + 1]; u++) {
            int32_t to = map->links[map->used_by[u]].to;
            if (to >= n_stage && !map->lost[to] && map->more_w[to] == 0) {
                map->more_w[to] = -1; /* seen: it may have several feeds that are lost */
                shift(map, to);
            }
        }
    for (int32_t s = n_stage - 1; s >= 0; s--)
        if (!map->lost[s] && map->nodes[s].links > 0)
            shift(map, s);
    for (int32_t s = 0; s < n_stage; s++) {
        struct dh_power_now *now = &map->now[s];
        double with_w = now->out_w + map->more_w[s];
        if (map->lost[s] || !now->live || map->facility->stage_kind[s] == DH_STAGE_GENERATOR ||
            !(map->more_w[s] > 1e-6 * now->rated_w) || with_w < now->without_w)
            continue;
        now->without_w = with_w;
        now->without = stage;
    }
    forget(map, stage);
}

void dh_power_losses(struct dh_power_map *map) {
    const struct dh_facility *f = map->facility;
    const double MOST_WORK = 4e6;
    for (int32_t s = 0; s < f->n_stage; s++) {
        map->now[s].without_w = NAN;
        map->now[s].without = -1;
    }
    if ((double)f->n_stage * f->n_stage > MOST_WORK || !map->several)
        return;
    for (int32_t s = 0; s < f->n_stage; s++)
        if (map->now[s].live && map->now[s].out_w > 0)
            fail(map, s);
}
