/* Where the items of a power plan stand: each column's from top to bottom near what they hang on, without
 * overlaps, and lines side by side at their boxes. */
#include "viz/power_plan.h"

#include <math.h>
#include <stdlib.h>

struct placing {
    struct dh_power_plan *plan;
    float *middle; /* of each item */
    float *wanted; /* of each item */
    float *weight;
    float gap, top, height;
};

/* Pixels of a watt, such that lines fit the boxes at their ends. */
static float widest(const struct dh_power_plan *plan, float unit) {
    double least = INFINITY;
    for (int32_t i = 0; i < plan->n_item; i++) {
        const struct dh_power_item *item = &plan->items[i];
        if (item->node >= 0 && item->expected_w > 0)
            least = fmin(least, fmax(item->box.h - 6 * unit, 2 * unit) / item->expected_w);
    }
    return isfinite(least) ? (float)least : 0;
}

/* Heights of a column's items, so that all fit where they can; what they need in all. */
static float set_heights(struct dh_power_plan *plan, int32_t column, float height, float gap, float least) {
    float taken = 0;
    int32_t parts = 0;
    for (int32_t k = plan->first_slot[column]; k < plan->first_slot[column + 1]; k++) {
        const struct dh_power_item *item = &plan->items[plan->slots[k]];
        taken += gap + (item->node < 0 ? item->box.h : 0);
        parts += item->node >= 0;
    }
    float each = parts > 0 ? fmaxf((height - taken) / (float)parts, least) : 0, sum = 0;
    for (int32_t k = plan->first_slot[column]; k < plan->first_slot[column + 1]; k++) {
        struct dh_power_item *item = &plan->items[plan->slots[k]];
        if (item->node >= 0)
            item->box.h = floorf(fminf(each, item->high));
        sum += item->box.h + gap;
    }
    return sum;
}

static void set_all_heights(struct dh_power_plan *plan, float height, float gap, float unit) {
    float least = 22 * unit;
    for (int32_t i = 0; i < plan->n_item; i++)
        if (plan->items[i].node < 0)
            plan->items[i].box.h = 8 * unit;
    plan->content_h = height;
    for (int pass = 0; pass < 2; pass++) {
        for (int32_t c = 0; c < plan->map->n_column; c++)
            plan->content_h = fmaxf(plan->content_h, set_heights(plan, c, height, gap, least));
        float scale = widest(plan, unit);
        plan->pixels_per_w = pass == 0 ? scale : fminf(scale, plan->pixels_per_w);
        for (int32_t i = 0; pass == 0 && i < plan->n_item; i++) {
            struct dh_power_item *item = &plan->items[i];
            if (item->node >= 0)
                continue;
            const struct dh_power_edge *edge = &plan->edges[item->edge];
            double most =
                fmin(plan->items[edge->from].expected_w, plan->items[edge->to].expected_w) * (double)scale;
            item->box.h = fminf(fmaxf((float)most + 4 * unit, 8 * unit), 48 * unit);
        }
    }
}

/* ---- order and places
 * --------------------------------------------------------------------------------------
 */

static void want(struct placing *p, int32_t item, int32_t other) {
    p->wanted[item] += p->middle[other];
    p->weight[item] += 1;
}

/* Where items would like to stand: in the middle of their neighbours to the left, the right, or both. */
static void gather(struct placing *p, bool left, bool right) {
    struct dh_power_plan *plan = p->plan;
    for (int32_t i = 0; i < plan->n_item; i++)
        p->wanted[i] = p->weight[i] = 0;
    for (int32_t e = 0; e < plan->n_edge; e++) {
        const struct dh_power_edge *edge = &plan->edges[e];
        if (plan->items[edge->from].column == plan->items[edge->to].column)
            continue;
        int32_t a = edge->from;
        for (int32_t k = 0; k <= edge->vias; k++) {
            int32_t b = k < edge->vias ? edge->first_via + k : edge->to;
            if (left)
                want(p, b, a);
            if (right)
                want(p, a, b);
            a = b;
        }
    }
    for (int32_t i = 0; i < plan->n_item; i++)
        p->wanted[i] = p->weight[i] > 0 ? p->wanted[i] / p->weight[i] : p->middle[i];
    for (int32_t e = 0; e < plan->n_edge; e++) { /* what joins a stage stands right below it */
        const struct dh_power_edge *edge = &plan->edges[e];
        if (plan->items[edge->from].column == plan->items[edge->to].column)
            p->wanted[edge->from] = p->wanted[edge->to] + 0.001f;
    }
}

static int by_wanted(const void *a, const void *b, void *self) {
    const struct placing *p = self;
    int32_t i = *(const int32_t *)a, j = *(const int32_t *)b;
    if (p->wanted[i] != p->wanted[j])
        return p->wanted[i] < p->wanted[j] ? -1 : 1;
    return (i > j) - (i < j);
}

/* Nearest places to the wanted ones that keep the order and the gaps: with gaps taken off, the regression of
 * a rising line, by pooling neighbours that would fall. */
static void settle(struct placing *p, int32_t column, float *value, int32_t *count) {
    struct dh_power_plan *plan = p->plan;
    int32_t first = plan->first_slot[column], n = plan->first_slot[column + 1] - first, pools = 0;
    float before = 0, all = 0;
    for (int32_t k = 0; k < n; k++)
        all += plan->items[plan->slots[first + k]].box.h + p->gap;
    float gap = p->gap + fminf(fmaxf(p->height - all, 0) / (float)(n > 0 ? n : 1), 2.5f * p->gap);
    all += (gap - p->gap) * (float)n;
    float low = p->top + gap / 2, high = p->top + gap / 2 + fmaxf(p->height - all, 0);
    for (int32_t k = 0; k < n; k++) {
        int32_t item = plan->slots[first + k];
        value[pools] = p->wanted[item] - plan->items[item].box.h / 2 - before;
        count[pools++] = 1;
        before += plan->items[item].box.h + gap;
        while (pools > 1 && value[pools - 2] > value[pools - 1]) {
            value[pools - 2] =
                (value[pools - 2] * (float)count[pools - 2] + value[pools - 1] * (float)count[pools - 1]) /
                (float)(count[pools - 2] + count[pools - 1]);
            count[pools - 2] += count[pools - 1];
            pools--;
        }
    }
    before = 0;
    for (int32_t q = 0, k = 0; q < pools; q++)
        for (int32_t i = 0; i < count[q]; i++, k++) {
            struct dh_power_item *item = &plan->items[plan->slots[first + k]];
            item->box.y = fminf(fmaxf(value[q], low), high) + before;
            p->middle[plan->slots[first + k]] = item->box.y + item->box.h / 2;
            before += item->box.h + gap;
        }
}

static void arrange(struct placing *p, float *value, int32_t *count) {
    enum { SWEEPS = 10 };
    struct dh_power_plan *plan = p->plan;
    for (int32_t c = 0; c < plan->map->n_column; c++) /* at first evenly, in the order of the file */
        for (int32_t k = plan->first_slot[c], n = plan->first_slot[c + 1] - k, i = 0; i < n; i++)
            p->middle[plan->slots[k + i]] = p->top + p->height * ((float)i + 0.5f) / (float)n;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        bool last = sweep >= SWEEPS - 2;
        for (int32_t step = 0; step < plan->map->n_column; step++) {
            int32_t c = sweep % 2 == 0 ? step : plan->map->n_column - 1 - step;
            gather(p, last || sweep % 2 == 0, last || sweep % 2 == 1);
            int32_t first = plan->first_slot[c], n = plan->first_slot[c + 1] - first;
            if (!last)
                qsort_r(plan->slots + first, (size_t)n, sizeof *plan->slots, by_wanted, p);
            settle(p, c, value, count);
        }
    }
}

/* All of it in the middle of the content, on whole pixels. */
static void center(struct dh_power_plan *plan, struct dh_box box) {
    float low = INFINITY, high = -INFINITY;
    for (int32_t i = 0; i < plan->n_item; i++) {
        low = fminf(low, plan->items[i].box.y);
        high = fmaxf(high, plan->items[i].box.y + plan->items[i].box.h);
    }
    float shift = box.y + plan->content_h / 2 - (low + high) / 2;
    for (int32_t i = 0; i < plan->n_item; i++)
        plan->items[i].box.y = floorf(plan->items[i].box.y + shift);
}

/* ---- ends of lines
 * -----------------------------------------------------------------------------------------
 */

struct ends {
    struct dh_power_plan *plan;
    bool left; /* of the boxes' left sides */
};

static float far_end(const struct ends *e, const struct dh_power_edge *edge) {
    int32_t other = e->left          ? edge->vias > 0 ? edge->first_via + edge->vias - 1 : edge->from
                    : edge->vias > 0 ? edge->first_via
                                     : edge->to;
    const struct dh_box *box = &e->plan->items[other].box;
    return box->y + box->h / 2;
}

static int by_end(const void *a, const void *b, void *self) {
    const struct ends *e = self;
    int32_t i = *(const int32_t *)a, j = *(const int32_t *)b;
    const struct dh_power_edge *x = &e->plan->edges[i], *y = &e->plan->edges[j];
    int32_t p = e->left ? x->to : x->from, q = e->left ? y->to : y->from;
    if (p != q)
        return p < q ? -1 : 1;
    float u = far_end(e, x), v = far_end(e, y);
    return u != v ? (u < v ? -1 : 1) : (i > j) - (i < j);
}

/* Lines side by side, in the middle of their box's side. */
static void set_ends(struct dh_power_plan *plan, int32_t *sorted, bool left, float unit) {
    struct ends e = {plan, left};
    int32_t n = 0;
    for (int32_t i = 0; i < plan->n_edge; i++)
        if (plan->items[plan->edges[i].from].column != plan->items[plan->edges[i].to].column)
            sorted[n++] = i;
    qsort_r(sorted, (size_t)n, sizeof *sorted, by_end, &e);
    for (int32_t i = 0, end; i < n; i = end) {
        int32_t item = left ? plan->edges[sorted[i]].to : plan->edges[sorted[i]].from;
        float sum = 0;
        for (end = i; end < n && item == (left ? plan->edges[sorted[end]].to : plan->edges[sorted[end]].from);
             end++)
            sum += fmaxf(plan->edges[sorted[end]].width, 3 * unit);
        const struct dh_box *box = &plan->items[item].box;
        float least = box->h - 4 * unit, squeeze = sum > least && sum > 0 ? fmaxf(least, 1) / sum : 1;
        float y = box->y + box->h / 2 - sum * squeeze / 2;
        for (int32_t k = i; k < end; k++) {
            struct dh_power_edge *edge = &plan->edges[sorted[k]];
            float w = fmaxf(edge->width, 3 * unit) * squeeze;
            *(left ? &edge->y1 : &edge->y0) = y + w / 2;
            y += w;
        }
    }
}

static int by_height(const void *a, const void *b, void *self) {
    const struct dh_power_plan *plan = self;
    const struct dh_power_edge *x = &plan->edges[*(const int32_t *)a], *y = &plan->edges[*(const int32_t *)b];
    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    float u = plan->items[x->from].box.y, v = plan->items[y->from].box.y;
    return u != v ? (u > v ? -1 : 1) : 0;
}

/* Sources that join a stage are set in below it, as far as their lines need side by side; the lowest's is the
 * leftmost. y0 is the middle of the line that runs down. */
static void set_joints(struct dh_power_plan *plan, int32_t *sorted, float unit) {
    int32_t n = 0;
    for (int32_t i = 0; i < plan->n_edge; i++)
        if (plan->items[plan->edges[i].from].column == plan->items[plan->edges[i].to].column)
            sorted[n++] = i;
    qsort_r(sorted, (size_t)n, sizeof *sorted, by_height, plan);
    for (int32_t i = 0, end; i < n; i = end) {
        const struct dh_box *stage = &plan->items[plan->edges[sorted[i]].to].box;
        float sum = 0;
        for (end = i; end < n && plan->edges[sorted[end]].to == plan->edges[sorted[i]].to; end++)
            sum += fmaxf(plan->edges[sorted[end]].width, 1.5f * unit) + 5 * unit;
        float in = fminf(fmaxf(sum + 8 * unit, 24 * unit), stage->w * 0.45f),
              squeeze = sum > in - 6 * unit ? (in - 6 * unit) / sum : 1, x = stage->x + 6 * unit;
        for (int32_t k = i; k < end; k++) {
            struct dh_power_edge *edge = &plan->edges[sorted[k]];
            float w = (fmaxf(edge->width, 1.5f * unit) + 5 * unit) * squeeze;
            edge->y0 = x + w / 2;
            x += w;
            plan->items[edge->from].box.x = stage->x + in;
            plan->items[edge->from].box.w = stage->w - in;
        }
    }
}

void dh_power_plan_place(struct dh_power_plan *plan, struct dh_box box, float unit) {
    int32_t columns = plan->map->n_column;
    size_t n = (size_t)plan->n_item + 1;
    float pitch = columns > 1 ? box.w / (float)columns : box.w;
    plan->node_w = floorf(fminf(fmaxf(pitch * 0.74f, fminf(84 * unit, pitch - 18 * unit)), 250 * unit));
    float step = columns > 1 ? (box.w - plan->node_w) / (float)(columns - 1) : 0;
    float gap = 8 * unit;
    set_all_heights(plan, box.h, gap, unit);
    for (int32_t i = 0; i < plan->n_item; i++) {
        struct dh_power_item *item = &plan->items[i];
        item->box.x = floorf(box.x + step * (float)item->column);
        item->box.w = plan->node_w;
    }
    struct placing p = {.plan = plan,
                        .middle = calloc(n, sizeof(float)),
                        .wanted = calloc(n, sizeof(float)),
                        .weight = calloc(n, sizeof(float)),
                        .gap = gap,
                        .top = box.y,
                        .height = plan->content_h};
    float *value = calloc(n, sizeof *value);
    int32_t *count = calloc(n, sizeof *count), *sorted = calloc((size_t)plan->n_edge + 1, sizeof *sorted);
    plan->failed = !p.middle || !p.wanted || !p.weight || !value || !count || !sorted;
    if (!plan->failed) {
        arrange(&p, value, count);
        center(plan, box);
        dh_power_plan_values(plan);
        set_ends(plan, sorted, false, unit);
        set_ends(plan, sorted, true, unit);
        set_joints(plan, sorted, unit);
    }
    free(p.middle);
    free(p.wanted);
    free(p.weight);
    free(value);
    free(count);
    free(sorted);
}
