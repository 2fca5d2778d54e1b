/* The cooling tab: the loop from the racks to the outdoor air. Boxes tell how loaded they are, pipes how warm
 * their water is and how much heat they carry. Below, the weather over the span of the timeline. */
#include "viz/cooling_words.h"
#include "viz/diagram.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double coldest = 5, warmest = 50; /* of the colours of water, degC: the same at all times */

/* The middle of the palette: its ends are too near to the ground and to white. */
static const uint32_t *water_colors(void) {
    static uint32_t colors[256];
    const uint32_t *map = dh_palette(DH_INFERNO);
    for (int i = 0; i < 256; i++) /* the same numbers whoever makes them */
        colors[i] = map[70 + i * 165 / 255];
    return colors;
}

static uint32_t water_color(double degc) {
    return isnan(degc) ? DH_NO_DATA : water_colors()[dh_palette_shade(degc, coldest, warmest)];
}

static uint32_t load_color(double share) {
    return isnan(share) ? DH_NO_DATA : dh_palette(DH_CIVIDIS)[40 + dh_palette_shade(share, 0, 1) * 215 / 255];
}

static struct dh_view_thing thing_of(const struct dh_view *v, const struct dh_cooling_node *n) {
    static const enum dh_view_what things[DH_N_COOLING_PART] = {
        [DH_COOLING_OUTDOORS] = DH_A_SITE,   [DH_COOLING_NOWHERE] = DH_A_SITE,
        [DH_COOLING_TOWER] = DH_A_CPLANT,    [DH_COOLING_COOLERS] = DH_AN_LPLANT,
        [DH_COOLING_CHILLERS] = DH_A_CPLANT, [DH_COOLING_PUMPS] = DH_AN_LPLANT,
        [DH_COOLING_AIR] = DH_A_HALL,        [DH_COOLING_CDU] = DH_A_CDU,
        [DH_COOLING_HALL] = DH_A_HALL,       [DH_COOLING_PLATES] = DH_A_CDU};
    int32_t n_cplant = v->facility->n_cplant;
    if (n->part == DH_COOLING_REUSE)
        return n->row < n_cplant ? (struct dh_view_thing){DH_A_CPLANT, n->row}
                                 : (struct dh_view_thing){DH_AN_LPLANT, n->row - n_cplant};
    return (struct dh_view_thing){things[n->part], n->row};
}

/* ---- boxes
 * -------------------------------------------------------------------------------------------------
 */

static const char *mode_word(double mode) {
    return isnan(mode) ? "" : mode < 0.5 ? "FREE" : mode < 1.5 ? "PARTLY FREE" : "CHILLERS";
}

static void draw_mode(struct dh_view *v, struct dh_scene *scene, struct dh_box *line, int32_t cplant) {
    double mode = dh_view_value(v, DH_COLUMN_cplant_mode, cplant);
    const char *word = mode_word(mode);
    float w = (float)dh_type_width(&v->type, DH_SMALL, true, word, strlen(word)) + 8 * v->s;
    if (!*word || w > line->w * 0.6f)
        return;
    struct dh_box badge = dh_box_cut_x(line, -w);
    dh_badge(v, scene, dh_box_inset(badge, 1 * v->s), dh_mode_color(mode), word);
    dh_box_cut_x(line, -4 * v->s);
}

static void draw_load(struct dh_view *v, struct dh_scene *scene, struct dh_box *in,
                      const struct dh_cooling_node *n) {
    char share[32], text[96];
    struct dh_figure heat = dh_figure_of(n->heat_w, "W"), most = dh_figure_of(n->capacity_w, "W");
    float small = dh_line(v, DH_SMALL), s = v->s;
    if (isnan(n->capacity_w) || in->h < small + 5 * s)
        return;
    struct dh_box line = dh_box_cut_y(in, small);
    bool over = n->heat_w > DH_BEYOND * n->capacity_w, near = n->heat_w > DH_NEAR * n->capacity_w;
    snprintf(share, sizeof share, "%s%.0f %%",
             over   ? "\u25b2 "
             : near ? "\u25b3 "
                    : "",
             100 * n->heat_w / n->capacity_w);
    bool one = strcmp(heat.unit, most.unit) == 0;
    snprintf(text, sizeof text, "%s%s%s of %s %s", heat.number, one ? "" : " ", one ? "" : heat.unit,
             most.number, most.unit);
    if (!isfinite(n->heat_w / n->capacity_w))
        *share = '\0';
    float share_w = (float)dh_type_width(&v->type, DH_SMALL, true, share, strlen(share)) + 6 * s,
          room = line.w - (*share ? share_w : 0);
    if ((float)dh_type_width(&v->type, DH_SMALL, false, text, strlen(text)) > room)
        snprintf(text, sizeof text, "%s %s", heat.number, heat.unit);
    if (*share && (float)dh_type_width(&v->type, DH_SMALL, false, text, strlen(text)) <= room)
        dh_scene_word(scene, dh_box_cut_x(&line, -share_w),
                      (struct dh_style){DH_SMALL, true, DH_RIGHT,
                                        over   ? DH_RED
                                        : near ? DH_AMBER
                                               : DH_INK_STRONG},
                      share);
    dh_scene_word(scene, line, dh_plain(DH_SMALL, DH_INK_PLAIN), text);
    dh_box_cut_y(in, 1 * s);
    dh_bar(scene, dh_box_cut_y(in, 4 * s), n->heat_w / n->capacity_w, load_color(n->heat_w / n->capacity_w));
    dh_box_cut_y(in, 2 * s);
}

/* The heat that the last day of a part is drawn of. */
static bool day_of(enum dh_cooling_part part, enum dh_column_id *column) {
    switch (part) {
    case DH_COOLING_TOWER:
        *column = DH_COLUMN_cplant_rejected_w;
        return true;
    case DH_COOLING_COOLERS:
        *column = DH_COLUMN_lplant_rejected_w;
        return true;
    case DH_COOLING_CHILLERS:
        *column = DH_COLUMN_cplant_heat_w;
        return true;
    case DH_COOLING_PUMPS:
        *column = DH_COLUMN_lplant_heat_w;
        return true;
    case DH_COOLING_AIR:
        *column = DH_COLUMN_hall_heat_w;
        return true;
    case DH_COOLING_CDU:
        *column = DH_COLUMN_cdu_heat_w;
        return true;
    default:
        return false;
    }
}

static void draw_inside(struct dh_view *v, struct dh_scene *scene, const struct dh_cooling_node *n,
                        struct dh_box in) {
    char name[96], title[160];
    float small = dh_line(v, DH_SMALL);
    struct dh_cooling_lines l;
    struct dh_box top = dh_box_cut_y(&in, dh_line(v, DH_BODY));
    if (n->part == DH_COOLING_CHILLERS)
        draw_mode(v, scene, &top, n->row);
    dh_thing_name(v, thing_of(v, n), name);
    bool named = n->column != 1 && n->part != DH_COOLING_NOWHERE;
    const char *mark = n->dead || n->warm ? "\u25b2 " : "";
    static const char *const several[DH_N_COOLING_PART] = {[DH_COOLING_AIR] = "halls\' air handlers",
                                                           [DH_COOLING_CDU] = "CDU groups",
                                                           [DH_COOLING_HALL] = "halls",
                                                           [DH_COOLING_PLATES] = "groups of racks"};
    if (n->n > 1)
        snprintf(title, sizeof title, "%s%d %s", mark, (int)n->n,
                 several[n->part] ? several[n->part] : "parts");
    else
        snprintf(title, sizeof title, "%s%s", mark, named ? name : dh_cooling_part_word(v, n));
    char short_title[96];
    const char *last = strrchr(title, ' ');
    if ((float)dh_type_width(&v->type, DH_BODY, true, title, strlen(title)) > top.w && n->n == 1 && !named &&
        last) {
        snprintf(short_title, sizeof short_title, "%s%.80s", mark, last + 1); /* "tower", "coolers" */
        snprintf(title, sizeof title, "%s", short_title);
    }
    dh_scene_word(scene, top, dh_bold(DH_BODY, n->dead ? DH_RED : n->warm ? DH_AMBER : DH_INK_STRONG), title);
    draw_load(v, scene, &in, n);
    dh_cooling_lines(v, n, &l);
    if (n->dead && in.h >= small)
        dh_scene_word(scene, dh_box_cut_y(&in, small), dh_plain(DH_SMALL, DH_RED), "\u25b2 without power");
    for (int i = 0; i < l.n && in.h >= small; i++) {
        char text[DH_COOLING_LINE];
        bool bad = strncmp(l.text[i], "\u25b2", 3) == 0;
        if (*dh_fitting(v, DH_SMALL, false, in.w, l.text[i], text, sizeof text))
            dh_scene_word(scene, dh_box_cut_y(&in, small), dh_plain(DH_SMALL, bad ? DH_AMBER : DH_INK_PLAIN),
                          text);
    }
    if (named && n->n == 1 && in.h >= small &&
        *dh_fitting(v, DH_SMALL, false, in.w, dh_cooling_part_word(v, n), title, sizeof title))
        dh_scene_word(scene, dh_box_cut_y(&in, small), dh_plain(DH_SMALL, DH_INK_FAINT), title);
    enum dh_column_id column;
    dh_box_cut_y(&in, 3 * v->s);
    in.h = fminf(in.h, 72 * v->s);
    if (n->n == 1 && day_of(n->part, &column))
        dh_small_day(v, scene, in, column, n->row, n->built_w);
}

static void draw_node(struct dh_view *v, struct dh_scene *scene, const struct dh_cooling_node *n) {
    const struct dh_box *pane = &v->cooling_diagram.pane;
    struct dh_box box = n->box;
    float s = v->s;
    if (box.y + box.h < pane->y || box.y > pane->y + pane->h || box.h <= 0)
        return;
    struct dh_view_thing thing = thing_of(v, n);
    bool chosen = v->selected.what == thing.what && v->selected.row == thing.row;
    bool over = v->hover.what == thing.what && v->hover.row == thing.row;
    bool loaded = n->heat_w > DH_BEYOND * n->capacity_w, bad = n->dead || loaded;
    dh_scene_rect(scene, box, over ? 0x2A3440 : 0x1E252E);
    if (bad)
        dh_scene_hatch(scene, box, 0x5A2A2A);
    uint32_t stripe = isnan(n->capacity_w) ? 0x3A4754 : load_color(n->heat_w / n->capacity_w);
    dh_scene_rect(scene, (struct dh_box){box.x, box.y, 6 * s, box.h}, stripe);
    dh_scene_frame(scene, box, (chosen ? 2 : 1) * s,
                   chosen    ? 0xFFFFFF
                   : bad     ? DH_RED
                   : n->warm ? DH_AMBER
                             : 0x3A4754);
    float seen = fminf(box.h, pane->y + pane->h - box.y) - 5 * s;
    if (box.y >= pane->y - 1 && seen >= dh_line(v, DH_BODY))
        draw_inside(v, scene, n, (struct dh_box){box.x + 12 * s, box.y + 3 * s, box.w - 17 * s, seen});
    float below = box.y + box.h - (pane->y + pane->h), above = pane->y - box.y;
    dh_box_cut_y(&box, fmaxf(above, 0)); /* it answers where it is seen */
    dh_box_cut_y(&box, -fmaxf(below, 0));
    dh_scene_hit(scene, box, DH_HIT_THING + (int32_t)thing.what, thing.row, NULL);
}

/* ---- pipes
 * -------------------------------------------------------------------------------------------------
 */

static void draw_chevron(struct dh_scene *scene, float x, float y, float size, float way) {
    dh_scene_line(scene, 1.6f, 0x10151B);
    dh_scene_point(scene, x - way * size * 0.5f, y - size);
    dh_scene_point(scene, x + way * size * 0.5f, y);
    dh_scene_point(scene, x - way * size * 0.5f, y + size);
}

/* Two pipes between a part and where its heat goes: what comes to it above, what goes back below. Both
 * together are as wide as the heat. */
static void draw_pipe(struct dh_view *v, struct dh_scene *scene, const struct dh_cooling_node *n,
                      float y_parent, float width) {
    const struct dh_cooling_node *parent = &v->cooling.nodes[n->parent];
    float s = v->s, half = fmaxf(width / 2, 1.2f * s), gap = 1.5f * s, y0 = y_parent,
          y1 = n->box.y + n->box.h / 2;
    const struct dh_box *left = n->part == DH_COOLING_REUSE ? &n->box : &parent->box,
                        *right = n->part == DH_COOLING_REUSE ? &parent->box : &n->box;
    if (n->part == DH_COOLING_REUSE) {
        float swap = y0;
        y0 = y1;
        y1 = swap;
    }
    const struct dh_box *pane = &v->cooling_diagram.pane;
    if (fmaxf(y0, y1) + width < pane->y || fminf(y0, y1) - width > pane->y + pane->h)
        return;
    for (int back = 0; back < 2; back++) {
        float offset = (back ? 1.0f : -1.0f) * (half + gap) / 2 * (half > 2 * s ? 1.0f : 1.6f);
        float xy[4] = {left->x + left->w, y0 + offset, right->x, y1 + offset};
        double degc = back ? n->return_degc : n->supply_degc;
        if (n->dead || !(fabs(n->heat_w) > 0))
            dh_flow_dashed(scene, xy, 2, 1.5f * s, n->dead ? DH_RED : 0x5A6775, 5 * s);
        else
            dh_flow(scene, xy, 2, half, water_color(degc));
        if (half >= 6 * s && !n->dead)
            draw_chevron(scene, (xy[0] + xy[2]) / 2, (xy[1] + xy[3]) / 2, fminf(half * 0.3f, 5 * s),
                         back ? -1 : 1);
    }
}

static float pipe_width(const struct dh_view *v, const struct dh_cooling_node *n) {
    double w = isnan(n->heat_w) ? 0 : fabs(n->heat_w) * (double)v->cooling.pixels_per_w;
    return fmaxf((float)fmin(w, 4096), 5 * v->s);
}

/* Pipes side by side at the box that they lead to. */
static void draw_pipes(struct dh_view *v, struct dh_scene *scene) {
    const struct dh_cooling_map *map = &v->cooling;
    for (int32_t p = 0; p < map->n_node; p++) {
        const struct dh_box *box = &map->nodes[p].box;
        float sum = 0, gap = 5 * v->s;
        for (int pass = 0; pass < 2; pass++) {
            float room = box->h - 6 * v->s, squeeze = sum > room ? fmaxf(room, 1) / sum : 1,
                  y = box->y + box->h / 2 - sum * squeeze / 2;
            for (int32_t i = 0; i < map->n_node; i++) {
                const struct dh_cooling_node *n = &map->nodes[i];
                if (n->parent != p)
                    continue;
                float w = pipe_width(v, n);
                if (n->part == DH_COOLING_REUSE) { /* leaves to the left */
                    if (pass == 1)
                        draw_pipe(v, scene, n, box->y + box->h * 0.8f, w);
                    continue;
                }
                if (pass == 1)
                    draw_pipe(v, scene, n, y + (w + gap) * squeeze / 2, w);
                y += (w + gap) * squeeze;
                sum += pass == 0 ? w + gap : 0;
            }
        }
    }
}

/* ---- around them
 * ------------------------------------------------------------------------------------------
 */

static void draw_heads(struct dh_view *v, struct dh_scene *scene, struct dh_box strip) {
    static const char *const words[DH_COOLING_COLUMNS] = {"Outdoors", "Heat rejection\nRejection", "Plants",
                                                          "CDUs, air handlers\nCDUs, air",
                                                          "Racks and halls\nRacks"};
    char text[64];
    bool used[DH_COOLING_COLUMNS] = {false};
    for (int32_t i = 0; i < v->cooling.n_node; i++)
        used[v->cooling.nodes[i].column] = true;
    for (int c = 0; c < DH_COOLING_COLUMNS; c++)
        if (used[c])
            dh_scene_word(scene, (struct dh_box){v->cooling.column_x[c], strip.y, v->cooling.node_w, strip.h},
                          dh_bold(DH_SMALL, DH_INK_PLAIN),
                          dh_fitting(v, DH_SMALL, true, v->cooling.node_w, words[c], text, sizeof text));
}

/* Water, and its share of the energy of the racks; what cooling draws. */
static void draw_totals(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    double water = dh_view_value(v, DH_COLUMN_water_kg_per_s, 0),
           it_w = dh_view_value(v, DH_COLUMN_it_power_w, 0),
           cooling_w = dh_view_value(v, DH_COLUMN_cooling_power_w, 0);
    char room[DH_FORMAT_ROOM], forms[320], text[192];
    double wue = water * 3.6e6 / it_w; /* a kilogram is a litre */
    dh_format(room, cooling_w, "W");
    if (water > 0 && it_w > 0)
        snprintf(forms, sizeof forms,
                 "cooling draws %s, water %.1f m\u00b3/h: WUE now %.2f L/kWh\ncooling draws %s, WUE now %.2f "
                 "L/kWh\n"
                 "%s, WUE now %.2f L/kWh",
                 room, water * 3.6, wue, room, wue, room, wue);
    else
        snprintf(forms, sizeof forms, "cooling draws %s%s\n%s", room,
                 isnan(water) ? "" : ", no water is used", room);
    dh_fitting(v, DH_SMALL, false, in->w * 0.6f, forms, text, sizeof text);
    float w = (float)dh_type_width(&v->type, DH_SMALL, false, text, strlen(text));
    dh_scene_word(scene, dh_box_cut_x(in, -w), dh_plain(DH_SMALL, DH_INK_PLAIN), text);
    dh_box_cut_x(in, -12 * v->s);
}

static void draw_legend(struct dh_view *v, struct dh_scene *scene, struct dh_box in) {
    static uint32_t load[256];
    for (int i = 0; i < 256; i++)
        load[i] = load_color(i / 255.0);
    dh_scene_rect(scene, (struct dh_box){in.x, in.y, in.w, 1}, DH_RULE);
    in = dh_box_inset(in, 6 * v->s);
    draw_totals(v, scene, &in);
    dh_ramp(v, scene, &in, "boxes: heat of design", load, 0, 100, "%");
    dh_ramp(v, scene, &in, "pipes: water, air", water_colors(), coldest, warmest, "degC");
    bool unknown = false;
    for (int32_t i = 0; i < v->cooling.n_node; i++)
        unknown |= v->cooling.nodes[i].parent >= 0 && isnan(v->cooling.nodes[i].return_degc);
    if (unknown && in.w >= 120 * v->s && v->cooling.folded == 0) {
        struct dh_box swatch = dh_box_cut_x(&in, 18 * v->s);
        dh_scene_rect(scene,
                      (struct dh_box){swatch.x, swatch.y + swatch.h / 2 - 5 * v->s, 12 * v->s, 10 * v->s},
                      DH_NO_DATA);
        dh_scene_word(scene, in, dh_plain(DH_SMALL, DH_INK_PLAIN), "not recorded");
    }
    if (v->cooling.folded > 0)
        dh_scene_wordf(scene, in, dh_plain(DH_SMALL, DH_AMBER),
                       "%d equal parts are folded: wheel or Z to unfold", (int)v->cooling.folded);
}

/* ---- all of it
 * ---------------------------------------------------------------------------------------------
 */

/* What is missing, in a sentence; "": nothing. */
static void missing_words(const struct dh_view *v, char *room, size_t n) {
    const struct dh_facility *f = v->facility;
    *room = '\0';
    if (f->n_cplant + f->n_lplant == 0)
        snprintf(room, n,
                 "There is no cooling plant here: the heat of %d hall%s%s leaves the model where it leaves "
                 "the racks.",
                 (int)f->n_hall, f->n_hall == 1 ? "" : "s", f->n_cdu > 0 ? " and of the CDU groups" : "");
}

void dh_draw_cooling(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    float s = v->s;
    char missing[192];
    dh_scene_rect(scene, box, DH_PANEL);
    struct dh_box legend = dh_box_cut_y(&box, -30 * s);
    struct dh_box weather = dh_box_cut_y(&box, box.h < 480 * s ? -78 * s : -118 * s);
    struct dh_box heads = dh_box_cut_y(&box, 24 * s);
    missing_words(v, missing, sizeof missing);
    if (*missing) {
        struct dh_box line = {heads.x + 8 * s, heads.y + 4 * s, heads.w - 16 * s, dh_line(v, DH_BODY)};
        dh_scene_word(scene, line, dh_plain(DH_BODY, DH_INK_PLAIN), missing);
        heads = (struct dh_box){heads.x, line.y + line.h + 4 * s, heads.w, 20 * s};
        dh_box_cut_y(&box, 24 * s);
    }
    struct dh_box pane = {box.x + 8 * s, box.y, box.w - 20 * s, box.h - 4 * s};
    float height = dh_diagram_height(v, pane);
    dh_power_map_read(&v->power_map, v->source);
    float top = dh_diagram_begin(v, scene, pane, fmaxf(height, v->cooling_diagram.content_h));
    dh_cooling_map_free(&v->cooling);
    if (dh_cooling_map_make(&v->cooling, v->source, &v->power_map,
                            (struct dh_box){pane.x, top, pane.w, height}, s) != DH_OK)
        return;
    v->cooling_diagram.content_h = v->cooling.content_h;
    for (int32_t i = 0, fresh = dh_diagram_is_new(v); fresh && i < v->cooling.n_node; i++) {
        struct dh_view_thing thing = thing_of(v, &v->cooling.nodes[i]);
        if (thing.what != v->selected.what || thing.row != v->selected.row)
            continue;
        float before = v->cooling_diagram.y;
        if (dh_diagram_reveal(v, v->cooling.nodes[i].box)) /* all of it moves */
            for (int32_t k = 0; k < v->cooling.n_node; k++)
                v->cooling.nodes[k].box.y -= v->cooling_diagram.y - before;
        break;
    }
    draw_heads(v, scene, heads);
    dh_scene_clip(scene, pane);
    draw_pipes(v, scene);
    for (int32_t i = 0; i < v->cooling.n_node; i++)
        draw_node(v, scene, &v->cooling.nodes[i]);
    dh_scene_clip(scene, (struct dh_box){0});
    dh_diagram_thumb(v, scene);
    dh_draw_weather(v, scene, weather);
    draw_legend(v, scene, legend);
}
