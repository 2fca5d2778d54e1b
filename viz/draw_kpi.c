/* The strip of key figures: name, figure, and below it quietly what belongs to it; of two results the second
 * one's. */
#include "viz/kpi.h"
#include "viz/twin.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const uint32_t level_colors[] = {DH_RULE, DH_AMBER, DH_RED};

float dh_kpi_height(const struct dh_view *v) {
    return (v->twin ? 76 : 64) * v->s;
}

static int width_of(const struct dh_view *v, const char *text) {
    return dh_type_width(&v->type, DH_SMALL, false, text, strlen(text));
}

/* The second result's figure and how far it is from the first: as much of it as there is room for. */
static void draw_other(struct dh_view *v, struct dh_scene *scene, struct dh_box row, double value,
                       double other, const char *unit) {
    char text[64], figure[DH_FORMAT_ROOM], change[32] = "";
    double share = 100 * (other - value) / fabs(value);
    if (isnan(other))
        return;
    if (strcmp(unit, "%") == 0 && !isnan(value))
        snprintf(change, sizeof change, "%+.1f pts", other - value);
    else if (isfinite(share) && fabs(share) < 9999)
        snprintf(change, sizeof change, "%+.1f %%", share);
    snprintf(text, sizeof text, "B %s  %s", dh_format(figure, other, unit), change);
    if ((float)width_of(v, text) > row.w)
        snprintf(text, sizeof text, "B %s", *change ? change : figure);
    dh_scene_word(scene, row, dh_plain(DH_SMALL, DH_ACCENT), text);
}

static void draw_tile(struct dh_view *v, struct dh_scene *scene, struct dh_box box, enum dh_kpi k) {
    float s = v->s, small = dh_line(v, DH_SMALL);
    struct dh_kpi_figure kpi, other;
    dh_kpi_read(v, k, &kpi);
    uint32_t color = kpi.level > 0 ? level_colors[kpi.level] : DH_INK_STRONG;
    bool over = v->mouse_in && dh_box_has(box, v->mouse_x, v->mouse_y);
    dh_scene_rect(scene, box, over ? DH_RAISED : DH_PANEL);
    dh_scene_rect(scene, (struct dh_box){box.x, box.y, 3 * s, box.h}, level_colors[kpi.level]);
    if (isfinite(kpi.share)) {
        struct dh_box bar = {box.x + 3 * s, box.y + box.h - 3 * s, box.w - 3 * s, 3 * s};
        dh_bar(scene, bar, kpi.share, kpi.level > 0 ? level_colors[kpi.level] : 0x2E6F8E);
    }
    dh_scene_hit(scene, box, DH_HIT_KPI, (int32_t)k, NULL);
    struct dh_box in = {box.x + 11 * s, box.y + 4 * s, box.w - 15 * s, box.h - 4 * s};
    struct dh_box head = {in.x, in.y, in.w, small};
    if (kpi.level > 0) /* never by colour alone */
        dh_scene_word(scene, dh_box_cut_x(&head, -16 * s), dh_aligned(dh_plain(DH_SMALL, color), DH_RIGHT),
                      kpi.level > 1 ? "\u25b2" : "\u25b3");
    dh_scene_word(scene, head, dh_plain(DH_SMALL, DH_INK_FAINT), kpi.name);
    /* Lines are set closer than usual: letters take two thirds of a line. */
    enum dh_type_size size = v->twin ? DH_TITLE : DH_BIG;
    struct dh_box main = {in.x, in.y + (v->twin ? 15 : 11) * s, in.w, dh_line(v, size)};
    struct dh_figure f = dh_figure_of(kpi.value, kpi.unit);
    float unit_w = (float)width_of(v, f.unit) + 6 * s;
    if ((float)dh_type_width(&v->type, size, false, f.number, strlen(f.number)) + unit_w > in.w)
        size = DH_TITLE;
    float w = dh_scene_word(scene, main, dh_plain(size, color), f.number),
          down = size == DH_BIG ? 4 * s : 1 * s;
    struct dh_box unit = {main.x + w + 5 * s, main.y + down, main.w - w - 5 * s, main.h - down};
    dh_scene_word(scene, unit, dh_plain(DH_SMALL, DH_INK_FAINT), f.unit);
    struct dh_box second = {in.x, in.y + (v->twin ? 35 : 40) * s, in.w, small};
    dh_scene_word(scene, second, dh_plain(DH_SMALL, DH_INK_PLAIN), kpi.second);
    if (!v->twin)
        return;
    dh_kpi_read(v->twin, k, &other);
    draw_other(v, scene, (struct dh_box){in.x, in.y + 51 * s, in.w, small}, kpi.value, other.value, kpi.unit);
}

void dh_draw_kpi(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    float gap = 8 * v->s, w = (box.w - gap * (DH_N_KPI - 1)) / DH_N_KPI;
    for (int k = 0; k < DH_N_KPI; k++)
        draw_tile(v, scene, (struct dh_box){floorf(box.x + (float)k * (w + gap)), box.y, floorf(w), box.h},
                  (enum dh_kpi)k);
}
