#include "viz/power_plan.h"

#include "viz/near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void dh_power_plan_free(struct dh_power_plan *plan) {
    dh_arena_free(&plan->mem);
    *plan = (struct dh_power_plan){0};
}

/* ---- folding
 * -----------------------------------------------------------------------------------------------
 */

struct folding {
    const struct dh_power_map *map;
    enum dh_power_fold fold;
    int32_t *item_of;
};

static int order_of(double a, double b) {
    return (a > b) - (a < b);
}

static int32_t site_of(const struct dh_facility *f, const struct dh_power_node *n) {
    switch (n->part) {
    case DH_POWER_STAGE:
        return f->stage_site[n->row];
    case DH_POWER_ONSITE:
        return f->onsite_site[n->row];
    case DH_POWER_RACKS:
        return f->rack_site[n->row];
    case DH_POWER_HALL:
        return f->hall_site[n->row];
    case DH_POWER_CDU:
        return f->cdu_site[n->row];
    case DH_POWER_CPLANT:
        return f->cplant_site[n->row];
    case DH_POWER_LPLANT:
        return f->lplant_site[n->row];
    case DH_POWER_HOUSE:
    case DH_N_POWER_PART:
        break;
    }
    return n->row;
}

static int compare_equal(const struct dh_facility *f, const struct dh_power_node *a,
                         const struct dh_power_node *b) {
    if (a->part == DH_POWER_STAGE) {
        int units = (f->stage_units[a->row] > f->stage_units[b->row]) -
                    (f->stage_units[a->row] < f->stage_units[b->row]);
        return units ? units : order_of(f->stage_unit_w[a->row], f->stage_unit_w[b->row]);
    }
    if (a->part == DH_POWER_RACKS)
        return (f->rack_hall[a->row] > f->rack_hall[b->row]) - (f->rack_hall[a->row] < f->rack_hall[b->row]);
    return 0;
}

static int compare_feeds(const struct folding *fold, const struct dh_power_node *a,
                         const struct dh_power_node *b) {
    if (a->links != b->links)
        return a->links - b->links;
    if (a->transfer != b->transfer)
        return a->transfer - b->transfer;
    const struct dh_power_link *x = fold->map->links + a->first_link, *y = fold->map->links + b->first_link;
    for (int32_t k = 0; k < a->links; k++) {
        bool onsite = a->part == DH_POWER_ONSITE;
        int32_t p = fold->item_of[onsite ? x[k].to : x[k].from],
                q = fold->item_of[onsite ? y[k].to : y[k].from];
        if (p != q)
            return p < q ? -1 : 1;
    }
    return 0;
}

/* Alike at this fold: 0. Sources that join come behind the stages of their column. */
static int compare_kind(const struct folding *fold, int32_t i, int32_t j) {
    const struct dh_facility *f = fold->map->facility;
    const struct dh_power_node *a = &fold->map->nodes[i], *b = &fold->map->nodes[j];
    if (a->part != b->part)
        return a->part == DH_POWER_ONSITE ? 1 : b->part == DH_POWER_ONSITE ? -1 : (int)a->part - (int)b->part;
    if (a->part == DH_POWER_STAGE && f->stage_kind[a->row] != f->stage_kind[b->row])
        return f->stage_kind[a->row] - f->stage_kind[b->row];
    if (a->part == DH_POWER_ONSITE && f->onsite_kind[a->row] != f->onsite_kind[b->row])
        return f->onsite_kind[a->row] - f->onsite_kind[b->row];
    if (a->sides != b->sides)
        return a->sides - b->sides;
    if (fold->fold == DH_FOLD_KIND)
        return 0;
    if (a->links == 0 || b->links == 0) /* sources: each begins a tree of its own */
        return (i > j) - (i < j);
    int32_t p = site_of(f, a), q = site_of(f, b);
    if (p != q)
        return p < q ? -1 : 1;
    int feeds = compare_feeds(fold, a, b);
    return feeds || fold->fold == DH_FOLD_SIBLINGS ? feeds : compare_equal(f, a, b);
}

static int by_kind(const void *a, const void *b, void *self) {
    int32_t i = *(const int32_t *)a, j = *(const int32_t *)b;
    int kind = compare_kind(self, i, j);
    return kind ? kind : (i > j) - (i < j);
}

/* Nodes by column; those that join a stage of their own column behind it. */
static int32_t *sort_columns(const struct dh_power_map *map, struct dh_arena *mem, int32_t *first) {
    int32_t *sorted = dh_arena_array(mem, (size_t)map->n_node + 1, sizeof *sorted);
    for (int32_t i = 0; sorted && i < map->n_node; i++)
        first[map->nodes[i].column + 1]++;
    for (int32_t c = 0; c < map->n_column; c++)
        first[c + 1] += first[c];
    for (int32_t c = 0, n = 0; sorted && c < map->n_column; c++)
        for (int onsite = 0; onsite < 2; onsite++)
            for (int32_t i = 0; n < first[c + 1] && i < map->n_node; i++)
                if (map->nodes[i].column == c && (map->nodes[i].part == DH_POWER_ONSITE) == onsite)
                    sorted[n++] = i;
    return sorted;
}

/* Items of a fold: their number; most: parts of the fullest column. */
static int32_t make_items(const struct dh_power_map *map, struct folding *fold, int32_t *sorted,
                          const int32_t *first, int32_t *most) {
    int32_t n = 0;
    *most = 0;
    for (int32_t c = 0; c < map->n_column; c++) {
        int32_t before = n, joins = first[c]; /* stages of the column must have theirs first */
        while (joins < first[c + 1] && map->nodes[sorted[joins]].part != DH_POWER_ONSITE)
            joins++;
        for (int half = 0; half < 2; half++) {
            int32_t begin = half ? joins : first[c], end = half ? first[c + 1] : joins;
            if (fold->fold != DH_FOLD_NONE)
                qsort_r(sorted + begin, (size_t)(end - begin), sizeof *sorted, by_kind, fold);
            for (int32_t i = begin; i < end; i++) {
                bool same = i > begin && fold->fold != DH_FOLD_NONE &&
                            compare_kind(fold, sorted[i - 1], sorted[i]) == 0;
                n += !same;
                fold->item_of[sorted[i]] = n - 1;
            }
        }
        *most = n - before > *most ? n - before : *most;
    }
    return n;
}

/* ---- lines
 * -------------------------------------------------------------------------------------------------
 */

struct joining {
    const struct dh_power_map *map;
    const int32_t *item_of;
};

static int by_ends(const void *a, const void *b, void *self) {
    const struct joining *j = self;
    const struct dh_power_link *x = &j->map->links[*(const int32_t *)a],
                               *y = &j->map->links[*(const int32_t *)b];
    int32_t p[3] = {j->item_of[x->from], j->item_of[x->to], x->order},
            q[3] = {j->item_of[y->from], j->item_of[y->to], y->order};
    for (int k = 0; k < 3; k++)
        if (p[k] != q[k])
            return p[k] < q[k] ? -1 : 1;
    return 0;
}

static bool make_edges(struct dh_power_plan *plan) {
    struct dh_power_map *map = plan->map;
    struct joining j = {map, plan->item_of};
    int32_t *sorted = dh_arena_array(&plan->mem, (size_t)map->n_link + 1, sizeof *sorted);
    plan->edges = dh_arena_array(&plan->mem, (size_t)map->n_link + 1, sizeof *plan->edges);
    plan->edge_of = dh_arena_array(&plan->mem, (size_t)map->n_link + 1, sizeof *plan->edge_of);
    if (!sorted || !plan->edges || !plan->edge_of)
        return false;
    for (int32_t l = 0; l < map->n_link; l++)
        sorted[l] = l;
    qsort_r(sorted, (size_t)map->n_link, sizeof *sorted, by_ends, &j);
    plan->n_edge = 0;
    for (int32_t i = 0; i < map->n_link; i++) {
        const struct dh_power_link *link = &map->links[sorted[i]];
        if (i == 0 || by_ends(&sorted[i - 1], &sorted[i], &j) != 0)
            plan->edges[plan->n_edge++] = (struct dh_power_edge){
                .from = plan->item_of[link->from], .to = plan->item_of[link->to], .order = link->order};
        plan->edge_of[sorted[i]] = plan->n_edge - 1;
    }
    return true;
}

/* Places in the columns that lines pass, behind the items of parts. */
static bool make_vias(struct dh_power_plan *plan, int32_t n_part) {
    int64_t n = n_part;
    for (int32_t e = 0; e < plan->n_edge; e++) {
        int32_t passed = plan->items[plan->edges[e].to].column - plan->items[plan->edges[e].from].column - 1;
        n += passed > 0 ? passed : 0;
    }
    if (n > INT32_MAX / 4)
        return false;
    struct dh_power_item *items = dh_arena_array(&plan->mem, (size_t)n + 1, sizeof *items);
    if (!items)
        return false;
    memcpy(items, plan->items, (size_t)n_part * sizeof *items);
    plan->items = items;
    plan->n_item = n_part;
    for (int32_t e = 0; e < plan->n_edge; e++) {
        struct dh_power_edge *edge = &plan->edges[e];
        edge->first_via = plan->n_item;
        for (int32_t c = items[edge->from].column + 1; c < items[edge->to].column; c++) {
            items[plan->n_item++] = (struct dh_power_item){.node = -1, .column = c, .edge = e};
            edge->vias++;
        }
    }
    return true;
}

static bool make_slots(struct dh_power_plan *plan) {
    int32_t columns = plan->map->n_column;
    plan->slots = dh_arena_array(&plan->mem, (size_t)plan->n_item + 1, sizeof *plan->slots);
    plan->first_slot = dh_arena_array(&plan->mem, (size_t)columns + 2, sizeof *plan->first_slot);
    int32_t *next = dh_arena_array(&plan->mem, (size_t)columns + 1, sizeof *next);
    if (!plan->slots || !plan->first_slot || !next)
        return false;
    for (int32_t i = 0; i < plan->n_item; i++)
        plan->first_slot[plan->items[i].column + 1]++;
    for (int32_t c = 0; c < columns; c++) {
        plan->first_slot[c + 1] += plan->first_slot[c];
        next[c] = plan->first_slot[c];
    }
    for (int32_t i = 0; i < plan->n_item; i++)
        plan->slots[next[plan->items[i].column]++] = i;
    return true;
}

static bool build(struct dh_power_plan *plan, struct dh_power_map *map, enum dh_power_fold level) {
    int32_t most[DH_N_FOLD];
    memcpy(most, plan->most, sizeof most);
    dh_arena_free(&plan->mem);
    *plan = (struct dh_power_plan){.map = map, .fold = level, .failed = true};
    memcpy(plan->most, most, sizeof most);
    plan->item_of = dh_arena_array(&plan->mem, (size_t)map->n_node + 1, sizeof *plan->item_of);
    int32_t *first = dh_arena_array(&plan->mem, (size_t)map->n_column + 2, sizeof *first);
    int32_t *sorted = first ? sort_columns(map, &plan->mem, first) : NULL;
    if (!plan->item_of || !sorted)
        return false;
    struct folding fold = {map, level, plan->item_of};
    int32_t n = make_items(map, &fold, sorted, first, &plan->most[level]);
    plan->items = dh_arena_array(&plan->mem, (size_t)n + 1, sizeof *plan->items);
    int32_t *last_of = dh_arena_array(&plan->mem, (size_t)n + 1, sizeof *last_of);
    if (!plan->items || !last_of)
        return false;
    for (int32_t i = map->n_node - 1; i >= 0; i--) {
        struct dh_power_item *item = &plan->items[plan->item_of[i]];
        item->node = i;
        if (item->n++ == 0)
            last_of[plan->item_of[i]] = i;
        item->column = map->nodes[i].column;
        item->racks += map->nodes[i].racks;
        if (item->n == 1)
            item->letters = (int32_t)strlen(map->nodes[i].name);
        for (int32_t k = 0; k < item->letters; k++) /* the beginning that all names share */
            if (map->nodes[i].name[k] != map->nodes[last_of[plan->item_of[i]]].name[k])
                item->letters = k;
        item->expected_w += map->nodes[i].expected_w;
    }
    if (!make_edges(plan) || !make_vias(plan, n) || !make_slots(plan))
        return false;
    plan->failed = false;
    return true;
}

bool dh_power_plan_fold(struct dh_power_plan *plan, struct dh_power_map *map, float height, float least) {
    enum dh_power_fold level = DH_FOLD_NONE;
    int32_t room = (int32_t)fminf(fmaxf(height / least, 1), 1e6f);
    for (;; level++) {
        if (plan->most[level] == 0 && !build(plan, map, level))
            return false;
        if (plan->most[level] <= room || level == DH_FOLD_KIND)
            break;
    }
    return (plan->map == map && plan->fold == level && !plan->failed) || build(plan, map, level);
}

/* ---- values
 * ------------------------------------------------------------------------------------------------
 */

void dh_power_plan_values(struct dh_power_plan *plan) {
    const struct dh_power_map *map = plan->map;
    for (int32_t i = 0; i < plan->n_item; i++) {
        struct dh_power_item *item = &plan->items[i];
        item->in_w = item->out_w = item->loss_w = item->rated_w = 0;
        item->share = item->battery = NAN;
        item->n_dead = item->n_over = item->n_near = item->n_open = item->n_on_battery = 0;
    }
    for (int32_t i = 0; i < map->n_node; i++) {
        struct dh_power_item *item = &plan->items[plan->item_of[i]];
        const struct dh_power_now *now = &map->now[i];
        item->in_w += now->in_w;
        item->out_w += now->out_w;
        item->loss_w += now->loss_w;
        item->rated_w += now->rated_w;
        item->share = fmax(item->share, now->share);
        item->battery = fmin(item->battery, now->battery);
        item->n_dead += !now->live;
        item->n_over += now->share > DH_BEYOND || now->out_w > DH_BEYOND * now->carries_w;
        item->n_near += now->live && now->out_w > now->near_w;
        item->n_open += now->open && !now->live;
        item->n_on_battery += now->on_battery && now->live;
    }
    for (int32_t e = 0; e < plan->n_edge; e++) {
        plan->edges[e].links = plan->edges[e].carrying = 0;
        plan->edges[e].flow_w = 0;
    }
    for (int32_t l = 0; l < map->n_link; l++) {
        struct dh_power_edge *edge = &plan->edges[plan->edge_of[l]];
        edge->links++;
        edge->carrying += map->carries[l];
        edge->flow_w += isfinite(map->flow_w[l]) ? map->flow_w[l] : 0;
    }
    for (int32_t e = 0; e < plan->n_edge; e++)
        plan->edges[e].width = (float)fmin((double)plan->pixels_per_w * fabs(plan->edges[e].flow_w), 4096);
}
