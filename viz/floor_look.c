/* Symbols of the floor, and its legend. */
#include "viz/floor_look.h"

#include "viz/inspect.h"
#include "viz/twin.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

uint32_t dh_ink_on(uint32_t color) {
    double luma = 0.2126 * (color >> 16 & 255) + 0.7152 * (color >> 8 & 255) + 0.0722 * (color & 255);
    return luma > 125 ? 0x10151B : 0xFFFFFF;
}

/* ---- symbols
 * ----------------------------------------------------------------------------------------------
 */

const char *dh_floor_symbol_word(enum dh_floor_symbol symbol) {
    static const char *const words[DH_N_FLOOR_SYMBOL] = {"AHU", "distribution", "UPS",  "feed",
                                                         "CDU", "switches",     "store"};
    return words[symbol];
}

uint32_t dh_floor_symbol_color(enum dh_floor_symbol symbol) {
    static const uint32_t colors[DH_N_FLOOR_SYMBOL] = {0x7FB7D9,  DH_AMBER,     DH_AMBER,    DH_AMBER,
                                                       DH_ACCENT, DH_INK_PLAIN, DH_INK_PLAIN};
    return colors[symbol];
}

enum dh_floor_symbol dh_floor_feed_symbol(const struct dh_facility *f, int32_t stage) {
    return f->stage_kind[stage] == DH_STAGE_PDU   ? DH_SYMBOL_POWER
           : f->stage_kind[stage] == DH_STAGE_UPS ? DH_SYMBOL_UPS
                                                  : DH_SYMBOL_FEED;
}

enum dh_floor_symbol dh_floor_rack_symbol(const struct dh_facility *f, int32_t rack) {
    return dh_rack_is_switches(f, rack)         ? DH_SYMBOL_SWITCHES
           : rack >= f->n_rack - f->n_bare_rack ? DH_SYMBOL_STORE
                                                : DH_N_FLOOR_SYMBOL;
}

static void draw_bars(struct dh_scene *scene, struct dh_box in, const float (*bars)[4], int n,
                      uint32_t color) {
    for (int k = 0; k < n; k++)
        dh_scene_rect(scene,
                      (struct dh_box){floorf(in.x + in.w * bars[k][0]), floorf(in.y + in.h * bars[k][1]),
                                      fmaxf(floorf(in.w * bars[k][2]), 1),
                                      fmaxf(floorf(in.h * bars[k][3]), 1)},
                      color);
}

void dh_floor_symbol(struct dh_view *v, struct dh_scene *scene, struct dh_box box,
                     enum dh_floor_symbol symbol, uint32_t color) {
    static const float louvres[][4] = {
        {0, 0.05f, 1, 0.16f},
        {0, 0.42f, 1, 0.16f},
        {0, 0.79f, 1, 0.16f}
    };
    static const float ways[][4] = {
        {0,    0.2f,  1,    0.14f},
        {0.7f, 0,     0.3f, 0.2f },
        {0,    0.64f, 1,    0.14f},
        {0,    0.78f, 0.3f, 0.2f }
    };
    static const float stack[][4] = {
        {0.1f, 0.04f, 0.8f, 0.24f},
        {0.1f, 0.38f, 0.8f, 0.24f},
        {0.1f, 0.72f, 0.8f, 0.24f}
    };
    static const float bolt[][4] = {
  /* bars alone: there are many, and lines are dear */
        {0.5f,  0,     0.28f, 0.42f},
        {0.22f, 0.38f, 0.56f, 0.2f },
        {0.22f, 0.58f, 0.28f, 0.42f}
    };
    static const float battery[][4] = {
        {0.3f,  0,     0.4f,  0.12f},
        {0.15f, 0.12f, 0.7f,  0.12f},
        {0.15f, 0.88f, 0.7f,  0.12f},
        {0.15f, 0.12f, 0.12f, 0.88f},
        {0.73f, 0.12f, 0.12f, 0.88f},
        {0.34f, 0.5f,  0.32f, 0.3f }
    };
    static const float taps[][4] = {
        {0,     0.1f,  1,     0.16f},
        {0.1f,  0.26f, 0.12f, 0.6f },
        {0.44f, 0.26f, 0.12f, 0.6f },
        {0.78f, 0.26f, 0.12f, 0.6f }
    };
    static const float coil[][4] = {
        {0,     0,     1,     0.16f},
        {0.84f, 0,     0.16f, 0.5f },
        {0,     0.42f, 1,     0.16f},
        {0,     0.42f, 0.16f, 0.5f },
        {0,     0.84f, 1,     0.16f}
    };
    float s = v->s, size = floorf(fminf(fminf(box.w, box.h) - 4 * s, 14 * s));
    if (size < 6 * s)
        return;
    struct dh_box in = {floorf(box.x + (box.w - size) / 2), floorf(box.y + (box.h - size) / 2), size, size};
    switch (symbol) {
    case DH_SYMBOL_AIR:
        draw_bars(scene, in, louvres, 3, color);
        break;
    case DH_SYMBOL_SWITCHES:
        draw_bars(scene, in, ways, 4, color);
        break;
    case DH_SYMBOL_STORE:
        draw_bars(scene, in, stack, 3, color);
        break;
    case DH_SYMBOL_POWER:
        draw_bars(scene, in, bolt, 3, color);
        break;
    case DH_SYMBOL_UPS:
        draw_bars(scene, in, battery, 6, color);
        break;
    case DH_SYMBOL_FEED:
        draw_bars(scene, in, taps, 4, color);
        break;
    case DH_SYMBOL_COOLANT:
        draw_bars(scene, in, coil, 5, color);
        break;
    case DH_N_FLOOR_SYMBOL:
        break;
    }
}

void dh_floor_mark(struct dh_view *v, struct dh_scene *scene, struct dh_box cell, enum dh_rack_mark mark) {
    float s = v->s, size = floorf(fminf(fminf(cell.w, cell.h) - 2, 12 * s));
    uint32_t color = mark == DH_MARK_OUT ? DH_RED : DH_AMBER;
    if (mark == DH_MARK_NONE || size < 3)
        return;
    struct dh_box in = {floorf(cell.x + (cell.w - size) / 2), floorf(cell.y + (cell.h - size) / 2), size,
                        size};
    if (mark == DH_MARK_OUT) {
        dh_scene_rect(scene, cell, 0x14181E);
        dh_scene_hatch(scene, cell, 0x4A3034);
        dh_scene_frame(scene, cell, 1 * s, color);
    } else {
        dh_scene_hatch(scene, cell, 0x10151B);
        dh_scene_frame(scene, cell, 1 * s, color);
        if (size < 6)
            return;
        dh_scene_rect(scene, dh_box_inset(in, -1), 0x10151B);
    }
    enum { MOST_CROSSES = 300 }; /* lines are dear: of very many the hatching alone has to tell */
    bool many = v->rack_marks.n[DH_MARK_OUT] > MOST_CROSSES;
    if (mark == DH_MARK_OUT && size >= 6 && !many) {
        dh_scene_line(scene, 1.5f * s, color);
        dh_scene_point(scene, in.x, in.y);
        dh_scene_point(scene, in.x + size, in.y + size);
        dh_scene_line(scene, 1.5f * s, color);
        dh_scene_point(scene, in.x, in.y + size);
        dh_scene_point(scene, in.x + size, in.y);
    } else if (mark == DH_MARK_DRAINED) {
        float bar = fmaxf(floorf(size / 4), 1);
        dh_scene_rect(scene, (struct dh_box){in.x + floorf(size / 6), in.y + 1, bar, size - 2}, color);
        dh_scene_rect(scene, (struct dh_box){in.x + size - floorf(size / 6) - bar, in.y + 1, bar, size - 2},
                      color);
    } else
        dh_scene_rect(scene, (struct dh_box){in.x + 1, in.y + floorf(size / 2) - 1, size - 2, 2 * s}, color);
}

/* ---- the legend
 * --------------------------------------------------------------------------------------------
 */

static float width_of(const struct dh_view *v, bool bold, const char *text) {
    return (float)dh_type_width(&v->type, DH_SMALL, bold, text, strlen(text));
}

/* A swatch and its word, or nothing where both find no room. */
static bool put_swatch(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, uint32_t color,
                       const char *word) {
    float s = v->s, w = 16 * s + width_of(v, false, word);
    if (w > in->w)
        return false;
    struct dh_box box = dh_box_cut_x(in, w), swatch = dh_box_cut_x(&box, 15 * s);
    dh_scene_rect(scene, (struct dh_box){swatch.x, floorf(in->y + in->h / 2 - 5 * s), 10 * s, 10 * s}, color);
    dh_scene_word(scene, box, dh_plain(DH_SMALL, DH_INK_PLAIN), word);
    dh_box_cut_x(in, 12 * s);
    return true;
}

/* The jobs that hold most, each with its colour and its GPUs; then how many more. */
static void draw_jobs(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    enum { MOST = 24 };
    struct dh_view_job jobs[MOST];
    int32_t n = v->source->ops->running(v->source, jobs, MOST), shown = 0;
    char text[80];
    for (; shown < n && shown < MOST; shown++) {
        struct dh_box room = *in;
        snprintf(text, sizeof text, "%s %d", jobs[shown].name, (int)jobs[shown].gpus);
        room.w -= shown + 1 < n ? 90 * v->s : 0; /* for the words on the rest */
        float before = room.w;
        if (!put_swatch(v, scene, &room, dh_job_color(jobs[shown].row), text))
            break;
        dh_box_cut_x(in, before - room.w);
    }
    if (n == 0 || shown == n)
        return;
    snprintf(text, sizeof text, shown > 0 ? "and %d more" : "%d jobs", (int)(n - shown));
    if (width_of(v, false, text) <= in->w)
        dh_scene_word(scene, dh_box_cut_x(in, width_of(v, false, text) + 12 * v->s),
                      dh_plain(DH_SMALL, DH_INK_FAINT), text);
}

/* How many racks there are in each state of health. */
static void draw_health(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    int32_t count[8] = {0};
    char text[80];
    for (int32_t r = 0; r < v->facility->n_rack; r++)
        if (v->state[r] == DH_RACK_FINE && v->shade[r] < 8)
            count[v->shade[r]]++;
    for (int32_t i = 0; i < 8; i++) {
        const char *word = dh_overlay_category(DH_OVERLAY_HEALTH, i);
        if (!word)
            return;
        snprintf(text, sizeof text, "%d %s", (int)count[i], word);
        if (count[i] > 0)
            put_swatch(v, scene, in, dh_overlay_category_color(DH_OVERLAY_HEALTH, i), text);
    }
}

static void draw_ramp(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    const struct dh_overlay_about *about = &dh_overlays[v->overlay];
    char low[DH_FORMAT_ROOM], high[DH_FORMAT_ROOM];
    float s = v->s;
    if (dh_twin_differs(v)) {
        dh_twin_signed(v->colors.low, about->unit, low);
        dh_twin_signed(v->colors.high, about->unit, high);
    } else {
        dh_format(low, v->colors.low, about->unit);
        dh_format(high, v->colors.high, about->unit);
    }
    dh_scene_word(scene, dh_box_cut_x(in, width_of(v, false, low) + 2 * s), dh_plain(DH_SMALL, DH_INK_PLAIN),
                  low);
    dh_box_cut_x(in, 6 * s);
    struct dh_box ramp = dh_box_cut_x(in, fminf(200 * s, in->w / 4));
    ramp = (struct dh_box){ramp.x, floorf(ramp.y + ramp.h / 2 - 5 * s), ramp.w, 10 * s};
    uint32_t *texels = dh_scene_texels(scene, ramp, 256, 1);
    for (int i = 0; texels && i < 256; i++)
        texels[i] = scene->palette[i];
    if (v->colors.limit > v->colors.low && v->colors.limit < v->colors.high) {
        double share = (v->colors.limit - v->colors.low) / (v->colors.high - v->colors.low);
        dh_scene_rect(scene, (struct dh_box){ramp.x + ramp.w * (float)share, ramp.y - 4 * s, 2 * s, 18 * s},
                      DH_RED);
    }
    double advised = dh_twin_differs(v) ? NAN : dh_overlay_recommended((enum dh_overlay)v->overlay);
    if (advised > v->colors.low && advised < v->colors.high) {
        double share = (advised - v->colors.low) / (v->colors.high - v->colors.low);
        dh_scene_rect(scene, (struct dh_box){ramp.x + ramp.w * (float)share, ramp.y - 4 * s, 2 * s, 18 * s},
                      DH_INK_STRONG);
    }
    dh_box_cut_x(in, 6 * s);
    dh_scene_word(scene, dh_box_cut_x(in, width_of(v, false, high) + 14 * s),
                  dh_plain(DH_SMALL, DH_INK_PLAIN), high);
}

/* Is a rack fed by such a thing first? */
static bool feeds_racks(const struct dh_facility *f, enum dh_floor_symbol symbol) {
    for (int32_t r = 0; r < f->n_rack; r++)
        if (f->rack_feeds[r] > 0 && dh_floor_feed_symbol(f, f->feed_stage[f->rack_first_feed[r]]) == symbol)
            return true;
    return false;
}

/* What the floor's symbols are, from the right: those that this facility has. */
static void draw_key(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, float keep) {
    const struct dh_facility *f = v->facility;
    const bool there[DH_N_FLOOR_SYMBOL] = {[DH_SYMBOL_AIR] = v->floor.n_cooler > 0,
                                           [DH_SYMBOL_POWER] = feeds_racks(f, DH_SYMBOL_POWER),
                                           [DH_SYMBOL_UPS] = feeds_racks(f, DH_SYMBOL_UPS),
                                           [DH_SYMBOL_FEED] = feeds_racks(f, DH_SYMBOL_FEED),
                                           [DH_SYMBOL_COOLANT] = f->n_cdu > 0,
                                           [DH_SYMBOL_SWITCHES] = f->fabric.n_rack > 0,
                                           [DH_SYMBOL_STORE] = f->n_bare_rack > f->fabric.n_rack};
    float s = v->s;
    for (int k = DH_N_FLOOR_SYMBOL - 1; k >= 0; k--) {
        const char *word = dh_floor_symbol_word((enum dh_floor_symbol)k);
        float w = width_of(v, false, word) + 32 * s;
        if (!there[k] || in->w - w < keep)
            continue;
        struct dh_box box = dh_box_cut_x(in, -w), sign = dh_box_cut_x(&box, 18 * s);
        sign = (struct dh_box){sign.x, floorf(sign.y + sign.h / 2 - 8 * s), 16 * s, 16 * s};
        dh_floor_symbol(v, scene, sign, (enum dh_floor_symbol)k,
                        dh_floor_symbol_color((enum dh_floor_symbol)k));
        dh_scene_word(scene, (struct dh_box){box.x, box.y, w - 20 * s, box.h},
                      dh_plain(DH_SMALL, DH_INK_FAINT), word);
    }
}

/* Racks that are marked, wherever there are some. */
static void draw_marks(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    char text[64];
    for (int k = DH_N_RACK_MARK - 1; k > DH_MARK_NONE && v->rack_marks.mark; k--) {
        if (v->rack_marks.n[k] == 0 || (k == DH_MARK_OUT && v->overlay == DH_OVERLAY_HEALTH))
            continue; /* health counts those itself */
        snprintf(text, sizeof text, "%d %s", (int)v->rack_marks.n[k],
                 dh_rack_mark_word((enum dh_rack_mark)k));
        float w = 18 * v->s + width_of(v, false, text);
        if (w > in->w)
            return;
        struct dh_box box = dh_box_cut_x(in, w), sign = dh_box_cut_x(&box, 18 * v->s);
        sign = (struct dh_box){sign.x, floorf(sign.y + sign.h / 2 - 7 * v->s), 14 * v->s, 14 * v->s};
        dh_floor_mark(v, scene, sign, (enum dh_rack_mark)k);
        dh_scene_word(scene, box, dh_plain(DH_SMALL, k == DH_MARK_OUT ? DH_RED : DH_AMBER), text);
        dh_box_cut_x(in, 12 * v->s);
    }
}

/* The longest form that fits, one a line. */
static bool put_forms(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, uint32_t color,
                      const char *forms) {
    char text[192];
    if (!*dh_fitting(v, DH_SMALL, false, in->w, forms, text, sizeof text))
        return false;
    dh_scene_word(scene, dh_box_cut_x(in, width_of(v, false, text) + 14 * v->s), dh_plain(DH_SMALL, color),
                  text);
    return true;
}

/* How many are above what is recommended, and what that and the limit are. */
static void draw_inlets(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    char forms[256];
    double most = dh_overlay_recommended(DH_OVERLAY_INLET), limit = v->colors.limit;
    int32_t near = v->colors.near, over = v->colors.over;
    if (near + over == 0 && v->colors.missing > 0) /* nobody knows */
        return;
    if (over > 0) {
        snprintf(forms, sizeof forms, "\u25b2 %d above %.0f \u00b0C (A1), hatched\n\u25b2 %d above %.0f",
                 (int)over, limit, (int)over, limit);
        put_forms(v, scene, in, DH_RED, forms);
    }
    snprintf(forms, sizeof forms, "%s%d above recommended %.0f \u00b0C%s\n%s%d above %.0f",
             near > 0 ? "\u25b3 " : "", (int)near, most, over > 0 ? "" : "; A1 allows 32",
             near > 0 ? "\u25b3 " : "", (int)near, most);
    put_forms(v, scene, in, near > 0 ? DH_AMBER : DH_INK_FAINT, forms);
}

/* What the coolant should be. */
static void draw_set_points(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    double low = INFINITY, high = -INFINITY;
    char a[DH_FORMAT_ROOM], b[DH_FORMAT_ROOM], forms[128];
    for (int32_t k = 0; k < v->facility->n_cdu; k++) {
        double degc = dh_view_supply(v, (struct dh_view_thing){DH_A_CDU, k});
        low = fmin(low, degc);
        high = fmax(high, degc);
    }
    if (low > high)
        return;
    snprintf(forms, sizeof forms, low < high ? "set-points of CDUs %s to %s" : "set-point of CDUs %s",
             dh_format(a, low, "degC"), dh_format(b, high, "degC"));
    put_forms(v, scene, in, DH_INK_PLAIN, forms);
}

/* Which of the two is higher, and by what colour one sees it. */
static void draw_signs(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    const uint32_t *colors = dh_palette(DH_DIVERGING);
    put_swatch(v, scene, in, colors[32], "blue: B lower");
    put_swatch(v, scene, in, colors[223], "orange: B higher");
}

/* Racks beyond the limit, hatched; or without a figure. The long form where there is room for it. */
static void draw_state(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    char forms[2][96] = {"", ""};
    const char *aside = dh_overlay_aside((enum dh_overlay)v->overlay);
    bool over = v->colors.over > 0, category = dh_overlays[v->overlay].categories;
    if (dh_twin_differs(v)) {
        if (v->colors.missing > 0)
            snprintf(forms[0], sizeof forms[0], "hatched: %d not known", (int)v->colors.missing);
        over = false;
    } else if (over) {
        snprintf(forms[0], sizeof forms[0], "\u25b2 %d over the limit, hatched red", (int)v->colors.over);
        snprintf(forms[1], sizeof forms[1], "\u25b2 %d over", (int)v->colors.over);
    } else if (v->colors.missing > 0 && !category) {
        snprintf(forms[0], sizeof forms[0], "hatched: %d without a figure", (int)v->colors.missing);
        snprintf(forms[1], sizeof forms[1], "%d not known", (int)v->colors.missing);
    } else if (!category && v->overlay != DH_OVERLAY_INLET &&
               (!isnan(v->colors.limit) || v->overlay == DH_OVERLAY_POWER)) {
        snprintf(forms[0], sizeof forms[0], "none over its limit");
    }
    for (int k = 0; k < 2; k++) {
        float w = width_of(v, false, forms[k]);
        if (!*forms[k] || w > in->w)
            continue;
        dh_scene_word(scene, dh_box_cut_x(in, w + 14 * v->s),
                      dh_plain(DH_SMALL, over ? DH_RED : DH_INK_FAINT), forms[k]);
        break;
    }
    if (aside && v->colors.aside > 0) {
        snprintf(forms[0], sizeof forms[0], "%d %s", (int)v->colors.aside, aside);
        put_swatch(v, scene, in, 0x262E38, forms[0]);
    }
}

/* What the ends of the colours are. */
static const char *scale_word(const struct dh_view *v) {
    bool power = v->overlay == DH_OVERLAY_POWER || v->overlay == DH_OVERLAY_UNUSED;
    return dh_twin_differs(v)          ? "scale: largest difference"
           : v->scale == DH_SCALE_AUTO ? "scale: now"
           : power                     ? "scale: largest design power"
                                       : "fixed scale";
}

/* "racks: mean 07:00–07:15", or shorter; "" where that is the instant shown. */
static const char *rack_time(struct dh_view *v, enum dh_overlay overlay, char room[static 160]) {
    char when[64];
    dh_rack_time(v, dh_overlay_time(v->source, overlay), when);
    room[0] = '\0';
    if (*when)
        snprintf(room, 160, "%s: %s\n%s", overlay == DH_OVERLAY_HEALTH ? "clocks" : "racks", when, when);
    return room;
}

void dh_floor_legend(struct dh_view *v, struct dh_scene *scene, struct dh_box in) {
    const struct dh_overlay_about *about = &dh_overlays[v->overlay];
    enum dh_overlay overlay = (enum dh_overlay)v->overlay;
    float s = v->s;
    dh_scene_rect(scene, (struct dh_box){in.x, in.y, in.w, 1}, DH_RULE);
    dh_scene_hit(scene, in, DH_HIT_SCALE, 0, "a click, or L: another scale; P: other colours");
    in = dh_box_inset(in, 6 * s);
    bool differs = dh_twin_differs(v), kept = v->twin && v->difference && !differs;
    char name[64], forms[160];
    snprintf(name, sizeof name, "%s%s", about->name, differs ? "   B \u2212 A" : "");
    float name_w = (float)dh_type_width(&v->type, DH_BODY, true, name, strlen(name)) + 12 * s;
    dh_scene_word(scene, dh_box_cut_x(&in, name_w), dh_bold(DH_BODY, DH_INK_STRONG), name);
    if (kept) {
        snprintf(forms, sizeof forms, "no difference of %s: A is shown\nof A",
                 v->overlay == DH_OVERLAY_JOBS ? "jobs" : "health");
        put_forms(v, scene, &in, DH_AMBER, forms);
    }
    draw_key(v, scene, &in, (about->categories ? 520 : 560) * s);
    if (!about->categories) {
        const char *scale = scale_word(v);
        float w = width_of(v, false, scale) + 14 * s;
        if (in.w > 620 * s + w)
            dh_scene_word(scene, dh_box_cut_x(&in, -w), dh_plain(DH_SMALL, DH_INK_FAINT), scale);
        draw_ramp(v, scene, &in);
        if (differs)
            draw_signs(v, scene, &in);
        put_forms(v, scene, &in, DH_INK_PLAIN, dh_overlay_of_what(v->source, overlay, forms));
        put_forms(v, scene, &in, DH_INK_PLAIN, rack_time(v, overlay, forms));
        draw_marks(v, scene, &in);
        if (overlay == DH_OVERLAY_INLET && !differs)
            draw_inlets(v, scene, &in);
        if (overlay == DH_OVERLAY_COOLANT && !differs)
            draw_set_points(v, scene, &in);
        if (overlay != DH_OVERLAY_INLET || differs || v->colors.over == 0)
            draw_state(v, scene, &in);
        return;
    }
    if (v->overlay == DH_OVERLAY_HEALTH) {
        draw_health(v, scene, &in);
        put_forms(v, scene, &in, DH_INK_FAINT, rack_time(v, overlay, forms));
        draw_marks(v, scene, &in);
        return;
    }
    draw_marks(v, scene, &in);
    struct dh_box end = dh_box_cut_x(&in, -fminf(170 * s, in.w / 3));
    draw_jobs(v, scene, &in);
    put_swatch(v, scene, &end, DH_NO_DATA, "no job");
    draw_state(v, scene, &end);
}
