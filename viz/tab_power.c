/* The power tab: the single-line, from utilities to racks, each line as wide as the megawatts in it. */
#include "viz/power_item.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMN_WORDS = 64 };

/* ---- lines
 * -------------------------------------------------------------------------------------------------
 */

static uint8_t sides_of(const struct dh_view *v, const struct dh_power_edge *edge) {
    const struct dh_power_item *from = &v->power_plan.items[edge->from], *to = &v->power_plan.items[edge->to];
    const struct dh_power_node *p = dh_power_node_of(v, from), *q = dh_power_node_of(v, to);
    if (q->part == DH_POWER_RACKS && q->links > 1)
        return (uint8_t)(1u << (edge->order < 7 ? edge->order : 7));
    return *dh_power_letter(q->sides) ? q->sides : p->sides;
}

/* A source on site stands below its stage, set in; its line runs down beside it. An arrow says which way. */
static void draw_joint(struct dh_view *v, struct dh_scene *scene, const struct dh_power_edge *edge) {
    const struct dh_box *from = &v->power_plan.items[edge->from].box,
                        *to = &v->power_plan.items[edge->to].box;
    float s = v->s, w = fmaxf(edge->width, 1.5f * s), x = edge->y0, y = from->y + from->h / 2,
          top = to->y + to->h;
    dh_scene_rect(scene, (struct dh_box){x - w / 2, top, w, y + w / 2 - top}, DH_POWER_JOINED);
    dh_scene_rect(scene, (struct dh_box){x - w / 2, y - w / 2, from->x - x + w / 2, w}, DH_POWER_JOINED);
    if (edge->flow_w == 0)
        return;
    float tip_x = edge->flow_w > 0 ? x : from->x - 2 * s, tip_y = edge->flow_w > 0 ? top + 2 * s : y;
    float dx = edge->flow_w > 0 ? 4 * s : -5 * s, dy = edge->flow_w > 0 ? 5 * s : 4 * s;
    dh_scene_line(scene, 2 * s, DH_INK_STRONG);
    dh_scene_point(scene, edge->flow_w > 0 ? tip_x - dx : tip_x + dx,
                   edge->flow_w > 0 ? tip_y + dy : tip_y - dy);
    dh_scene_point(scene, tip_x, tip_y);
    dh_scene_point(scene, tip_x + dx, tip_y + dy);
}

static bool outside(const struct dh_view *v, float y0, float y1, float margin) {
    const struct dh_box *pane = &v->power_diagram.pane;
    return fmaxf(y0, y1) + margin < pane->y || fminf(y0, y1) - margin > pane->y + pane->h;
}

static void draw_edge(struct dh_view *v, struct dh_scene *scene, const struct dh_power_edge *edge) {
    enum { MOST = 64 };
    const struct dh_power_plan *plan = &v->power_plan;
    const struct dh_power_item *from = &plan->items[edge->from], *to = &plan->items[edge->to];
    float xy[2 * (2 * MOST + 2)], low = edge->y0, high = edge->y0;
    int32_t n = 0;
    if (from->column == to->column) {
        draw_joint(v, scene, edge);
        return;
    }
    xy[2 * n] = from->box.x + from->box.w;
    xy[2 * n++ + 1] = edge->y0;
    for (int32_t k = 0; k < edge->vias && k < MOST; k++) {
        const struct dh_box *via = &plan->items[edge->first_via + k].box;
        for (int end = 0; end < 2; end++) {
            xy[2 * n] = via->x + (end ? via->w : 0);
            xy[2 * n++ + 1] = via->y + via->h / 2;
        }
    }
    xy[2 * n] = to->box.x;
    xy[2 * n++ + 1] = edge->y1;
    for (int32_t k = 0; k < n; k++) {
        low = fminf(low, xy[2 * k + 1]);
        high = fmaxf(high, xy[2 * k + 1]);
    }
    if (outside(v, low, high, edge->width))
        return;
    uint8_t sides = sides_of(v, edge);
    if (edge->carrying == 0)
        dh_flow_dashed(scene, xy, n, 1.5f * v->s,
                       from->n_dead < from->n || dh_power_stands_by(v, from) ? DH_POWER_STANDBY : DH_RED,
                       5 * v->s);
    else
        dh_flow(scene, xy, n, fmaxf(edge->width, 1.2f * v->s), dh_power_color(sides));
    const char *letter = dh_power_letter(sides);
    float h = dh_line(v, DH_SMALL);
    if (*letter && edge->carrying > 0 && edge->width >= h - 2 * v->s)
        dh_scene_word(scene, (struct dh_box){xy[2 * n - 2] - 15 * v->s, edge->y1 - h / 2, 12 * v->s, h},
                      (struct dh_style){DH_SMALL, true, DH_CENTER, 0xF4F7FA}, letter);
}

/* ---- around them
 * ------------------------------------------------------------------------------------------
 */

/* What a column holds: "UPS, cooling", as many of the words as fit. */
static void column_words(struct dh_view *v, int32_t column, float w, char room[static COLUMN_WORDS],
                         double *loss_w) {
    /* Stages in the order of a chain, then racks, then what else hangs on it. */
    static const struct {
        const char *word;
        int bit;
    } kinds[] = {
        {"Utility",      DH_STAGE_UTILITY    },
        {"Generator",    DH_STAGE_GENERATOR  },
        {"Transformer",  DH_STAGE_TRANSFORMER},
        {"UPS",          DH_STAGE_UPS        },
        {"Distribution", DH_STAGE_PDU        },
        {"Racks",        10                  },
        {"on site",      8                   },
        {"house",        9                   },
        {"cooling",      11                  }
    };
    const struct dh_power_plan *plan = &v->power_plan;
    uint32_t seen = 0;
    *room = '\0';
    *loss_w = 0;
    for (int32_t k = plan->first_slot[column]; k < plan->first_slot[column + 1]; k++) {
        const struct dh_power_item *item = &plan->items[plan->slots[k]];
        if (item->node < 0)
            continue;
        const struct dh_power_node *n = dh_power_node_of(v, item);
        bool stage = n->part == DH_POWER_STAGE;
        uint32_t bit = stage                        ? v->facility->stage_kind[n->row]
                       : n->part == DH_POWER_ONSITE ? 8
                       : n->part == DH_POWER_HOUSE  ? 9
                       : n->part == DH_POWER_RACKS  ? 10
                                                    : 11;
        *loss_w += item->loss_w > 0 ? item->loss_w : 0;
        seen |= 1u << bit;
    }
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char more[COLUMN_WORDS + 24];
        if (!(seen >> kinds[i].bit & 1))
            continue;
        snprintf(more, sizeof more, "%s%s%s", room, *room ? ", " : "", kinds[i].word);
        size_t length = strlen(more);
        if (length < COLUMN_WORDS && (float)dh_type_width(&v->type, DH_SMALL, true, more, length) <= w)
            memcpy(room, more, length + 1);
    }
}

static void draw_heads(struct dh_view *v, struct dh_scene *scene, struct dh_box strip) {
    const struct dh_power_plan *plan = &v->power_plan;
    int32_t columns = v->power_map.n_column;
    float step = columns > 1 ? (v->power_diagram.pane.w - plan->node_w) / (float)(columns - 1) : 0;
    for (int32_t c = 0; c < columns; c++) {
        char words[COLUMN_WORDS], loss[DH_FORMAT_ROOM], forms[96], text[96];
        double loss_w;
        float w = c + 1 < columns ? step - 10 * v->s : plan->node_w;
        column_words(v, c, w, words, &loss_w);
        if (plan->first_slot[c] == plan->first_slot[c + 1])
            continue;
        struct dh_box box = {plan->items[plan->slots[plan->first_slot[c]]].box.x, strip.y, w, strip.h};
        float name_w = dh_scene_word(scene, box, dh_bold(DH_SMALL, DH_INK_PLAIN), words);
        box.w = fmaxf(plan->node_w, name_w);
        dh_box_cut_x(&box, name_w + 8 * v->s);
        dh_format(loss, loss_w, "W");
        snprintf(forms, sizeof forms, "loss %s", loss);
        if (loss_w > 0)
            dh_scene_word(scene, box, dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_RIGHT),
                          dh_fitting(v, DH_SMALL, false, box.w, forms, text, sizeof text));
    }
}

static void legend_word(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *word) {
    float w = (float)dh_type_width(&v->type, DH_SMALL, false, word, strlen(word));
    struct dh_box box = w <= in->w ? dh_box_cut_x(in, w + 16 * v->s) : (struct dh_box){0};
    if (box.w > 0)
        dh_scene_word(scene, box, dh_plain(DH_SMALL, DH_INK_PLAIN), word);
}

/* A line of a round number of megawatts, as wide as they are drawn. */
static void legend_width(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    char room[DH_FORMAT_ROOM];
    double per_px = v->power_plan.pixels_per_w > 0 ? 1 / (double)v->power_plan.pixels_per_w : 0;
    double w = per_px > 0 ? dh_axis_step(0, per_px * 12 * (double)v->s, 1) : 0;
    if (per_px > 0 && w / per_px > 16 * (double)v->s)
        w /= 2;
    if (!(w > 0) || !isfinite(w))
        return;
    float thick = (float)(w / per_px);
    struct dh_box sample = dh_box_cut_x(in, 32 * v->s);
    dh_scene_rect(scene, (struct dh_box){sample.x, sample.y + (sample.h - thick) / 2, 26 * v->s, thick},
                  DH_POWER_PLAIN);
    legend_word(v, scene, in, dh_format(room, w, "W"));
}

static void legend_side(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, uint8_t side) {
    struct dh_box sample = dh_box_cut_x(in, 20 * v->s);
    dh_badge(v, scene, (struct dh_box){sample.x, sample.y + sample.h / 2 - 6.5f * v->s, 13 * v->s, 13 * v->s},
             dh_power_color(side), dh_power_letter(side));
    legend_word(v, scene, in, side == 1 ? "first feed" : "second feed");
}

static void draw_legend(struct dh_view *v, struct dh_scene *scene, struct dh_box in) {
    const struct dh_power_plan *plan = &v->power_plan;
    char text[160];
    int32_t over = 0, dead = 0, shown = 0, folded = 0;
    bool sides = false, breakers = false, opened = false, charts = false;
    for (int32_t i = 0; i < plan->n_item; i++) {
        const struct dh_power_item *item = &plan->items[i];
        if (item->node < 0)
            continue;
        over += item->n_over;
        dead += dh_power_stands_by(v, item) ? 0 : item->n_dead;
        shown += item->n > 1;
        folded += item->n > 1 ? item->n : 0;
        sides |= *dh_power_letter(dh_power_node_of(v, item)->sides) != '\0';
        charts |= dh_power_node_of(v, item)->part == DH_POWER_STAGE && item->n == 1 &&
                  item->box.h >= item->high - 1;
        opened |= item->n_open > 0;
        breakers |= dh_power_node_of(v, item)->part == DH_POWER_STAGE &&
                    v->facility->stage_breaker[dh_power_node_of(v, item)->row];
    }
    dh_scene_rect(scene, (struct dh_box){in.x, in.y, in.w, 1}, DH_RULE);
    in = dh_box_inset(in, 6 * v->s);
    if (folded > 0)
        snprintf(text, sizeof text, "%d parts of a kind folded into %d: wheel or Z to unfold", (int)folded,
                 (int)shown);
    else
        snprintf(text, sizeof text, "%s",
                 v->power_diagram.content_h > v->power_diagram.pane.h + 1
                     ? "wheel: zoom; drag: move; Home: all"
                     : "click: details; wheel: zoom");
    float w = (float)dh_type_width(&v->type, DH_SMALL, false, text, strlen(text));
    if (w > in.w * 0.5f && folded > 0) {
        snprintf(text, sizeof text, "%d parts in %d: wheel unfolds", (int)folded, (int)shown);
        w = (float)dh_type_width(&v->type, DH_SMALL, false, text, strlen(text));
    }
    if (w <= in.w * 0.5f) {
        dh_scene_word(scene, dh_box_cut_x(&in, -w), dh_plain(DH_SMALL, folded > 0 ? DH_AMBER : DH_INK_FAINT),
                      text);
        dh_box_cut_x(&in, -12 * v->s);
    }
    legend_width(v, scene, &in);
    for (int side = 1; sides && side <= 2; side++)
        legend_side(v, scene, &in, (uint8_t)side);
    struct dh_box sample = dh_box_cut_x(&in, 32 * v->s);
    const float line[4] = {sample.x, sample.y + sample.h / 2, sample.x + 26 * v->s, sample.y + sample.h / 2};
    if (sample.w >= 30 * v->s) {
        dh_flow_dashed(scene, line, 2, 1.5f * v->s, DH_RED, 5 * v->s);
        legend_word(v, scene, &in, "dead (grey: stands by)");
    }
    for (int open = 0; breakers && open < 2 && (open == 0 || opened); open++)
        if (in.w >= 110 * v->s) {
            dh_power_breaker(v, scene, dh_box_cut_x(&in, 16 * v->s), open);
            legend_word(v, scene, &in, open ? "breaker open" : "breaker closed");
        }
    if (charts && over + dead == 0)
        legend_word(v, scene, &in, "charts: 24 h, rating dashed");
    if (over > 0 || dead > 0) {
        if (over > 0 && dead > 0)
            snprintf(text, sizeof text, "\u25b2 %d over rating, %d without power", (int)over, (int)dead);
        else
            snprintf(text, sizeof text, "\u25b2 %d %s", (int)(over + dead),
                     over > 0 ? "over rating" : "without power");
        dh_scene_word(scene, in, dh_plain(DH_SMALL, DH_RED), text);
    }
}

void dh_draw_power(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    struct dh_power_plan *plan = &v->power_plan;
    float s = v->s;
    dh_scene_rect(scene, box, DH_PANEL);
    struct dh_box legend = dh_box_cut_y(&box, -30 * s), heads = dh_box_cut_y(&box, 24 * s);
    heads.x += 8 * s;
    struct dh_box pane = {box.x + 8 * s, box.y, box.w - 20 * s, box.h - 4 * s};
    float height = dh_diagram_height(v, pane);
    if (v->power_map.n_node == 0 || !dh_power_plan_fold(plan, &v->power_map, height, 42 * s)) {
        dh_scene_word(scene, pane, dh_plain(DH_BODY, DH_INK_FAINT), "There is no power graph to show.");
        return;
    }
    dh_power_map_read(&v->power_map, v->source);
    for (int32_t i = 0; i < plan->n_item; i++)
        if (plan->items[i].node >= 0)
            plan->items[i].high = dh_power_item_high(v, &plan->items[i]);
    float top = dh_diagram_begin(v, scene, pane, fmaxf(height, v->power_diagram.content_h));
    dh_power_plan_place(plan, (struct dh_box){pane.x, top, pane.w, height}, s);
    v->power_diagram.content_h = plan->content_h;
    if (plan->failed)
        return;
    for (int32_t i = 0, fresh = dh_diagram_is_new(v); fresh && i < plan->n_item; i++)
        if (plan->items[i].node >= 0 && dh_power_holds(v, &plan->items[i], v->selected) &&
            dh_diagram_reveal(v, plan->items[i].box)) {
            dh_power_plan_place(plan, (struct dh_box){pane.x, pane.y - v->power_diagram.y, pane.w, height},
                                s);
            break;
        }
    draw_heads(v, scene, heads);
    dh_scene_clip(scene, pane);
    for (int32_t e = 0; e < plan->n_edge; e++)
        draw_edge(v, scene, &plan->edges[e]);
    for (int32_t i = 0; i < plan->n_item; i++)
        if (plan->items[i].node >= 0)
            dh_power_draw_item(v, scene, &plan->items[i]);
    dh_scene_clip(scene, (struct dh_box){0});
    dh_diagram_thumb(v, scene);
    draw_legend(v, scene, legend);
}
