#include "viz/pins.h"

#include "viz/inspect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool same(struct dh_view_thing a, struct dh_view_thing b) {
    return a.what == b.what && a.row == b.row;
}

bool dh_pin_has(const struct dh_view *v, struct dh_view_thing t) {
    for (int32_t i = 0; i < v->n_pin; i++)
        if (same(v->pins[i], t))
            return true;
    return false;
}

void dh_pin_drop(struct dh_view *v, int32_t number) {
    if (number < 0 || number >= v->n_pin)
        return;
    v->n_pin--;
    memmove(&v->pins[number], &v->pins[number + 1], (size_t)(v->n_pin - number) * sizeof v->pins[0]);
}

void dh_pins_clear(struct dh_view *v) {
    v->n_pin = 0;
}

void dh_pin_toggle(struct dh_view *v, struct dh_view_thing t) {
    if (t.what == DH_NOTHING || t.what == DH_A_JOB || t.row < 0 || t.row >= dh_thing_count(v, t.what))
        return;
    for (int32_t i = 0; i < v->n_pin; i++)
        if (same(v->pins[i], t)) {
            dh_pin_drop(v, i);
            return;
        }
    if (v->n_pin > 0 && v->pins[0].what != t.what)
        dh_pins_clear(v);
    if (v->n_pin == DH_VIEW_PINS)
        dh_pin_drop(v, 0);
    v->pins[v->n_pin++] = t;
}

/* What is pinned, and what is selected besides it. */
static int32_t compared(const struct dh_view *v, struct dh_view_thing out[static DH_VIEW_PINS + 1]) {
    int32_t n = v->n_pin;
    memcpy(out, v->pins, (size_t)n * sizeof *out);
    if (n > 0 && v->selected.what == out[0].what && !dh_pin_has(v, v->selected))
        out[n++] = v->selected;
    return n;
}

bool dh_pins_shown(const struct dh_view *v) {
    struct dh_view_thing things[DH_VIEW_PINS + 1];
    bool other = v->selected.what != DH_NOTHING && v->n_pin > 0 && v->selected.what != v->pins[0].what;
    return !other && compared(v, things) > 1;
}

/* ---- figures: those of the columns, and some that the plant was built with */

struct figure {
    char name[64];
    const char *unit;
    double values[DH_VIEW_PINS + 1];
};

static double built(const struct dh_facility *f, struct dh_view_thing t, int32_t k, const char **name,
                    const char **unit) {
    *unit = "W";
    if (t.what == DH_A_STAGE && k == 0)
        return *name = "rating", f->stage_rated_w[t.row];
    if (t.what == DH_A_RACK && k == 0)
        return *name = "design power", f->rack_rated_w[t.row];
    *unit = "1";
    if (t.what == DH_A_RACK && k == 1)
        return *name = "nodes", (double)f->rack_nodes[t.row];
    if (t.what == DH_A_RACK && k == 2)
        return *name = "GPUs", (double)f->rack_nodes[t.row] * f->rack_node_gpus[t.row];
    *name = NULL;
    return NAN;
}

enum { MOST = 24 };

static int32_t figures_of(struct dh_view *v, const struct dh_view_thing *things, int32_t n,
                          struct figure out[static MOST]) {
    const char *rows = dh_thing_rows(things[0].what);
    int32_t count = 0;
    for (int32_t k = 0; count < MOST; k++) {
        const char *name = NULL;
        for (int32_t i = 0; i < n; i++)
            out[count].values[i] = built(v->facility, things[i], k, &name, &out[count].unit);
        if (!name)
            break;
        snprintf(out[count++].name, sizeof out[0].name, "%s", name);
    }
    for (int c = 0; rows && c < DH_N_COLUMN && count < MOST; c++) {
        const struct dh_column *column = &dh_state_columns[c];
        if (strcmp(column->rows, rows) != 0)
            continue;
        struct figure *f = &out[count++];
        dh_column_words(column, f->name);
        f->unit = column->unit;
        for (int32_t i = 0; i < n; i++)
            f->values[i] = dh_view_value(v, (enum dh_column_id)c, things[i].row);
    }
    return count;
}

/* ---- the panel */

static void draw_head(struct dh_view *v, struct dh_scene *scene, struct dh_box row, float label_w, float w,
                      const struct dh_view_thing *things, int32_t n) {
    char name[96];
    dh_box_cut_x(&row, label_w);
    for (int32_t i = 0; i < n; i++) {
        struct dh_box cell = dh_box_cut_x(&row, w), drop = {0};
        dh_box_cut_x(&cell, 4 * v->s);
        if (i < v->n_pin)
            drop = dh_box_cut_x(&cell, -16 * v->s);
        bool on = same(things[i], v->selected);
        dh_scene_word(scene, cell, dh_aligned(dh_bold(DH_SMALL, on ? DH_INK_STRONG : DH_ACCENT), DH_RIGHT),
                      dh_thing_name(v, things[i], name));
        dh_scene_hit(scene, cell, DH_HIT_THING + (int32_t)things[i].what, things[i].row, "click: show it");
        if (i < v->n_pin) {
            dh_scene_word(scene, drop, dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_CENTER), "\u2715");
            dh_scene_hit(scene, drop, DH_HIT_UNPIN, i, "compare without it");
        }
    }
    if (n == 2) { /* which less which */
        char a[96], b[96], forms[256], text[192];
        snprintf(forms, sizeof forms, "%.90s \u2212 %.90s\nsecond \u2212 first\n2nd \u2212 1st",
                 dh_thing_name(v, things[1], b), dh_thing_name(v, things[0], a));
        dh_scene_word(scene, row, dh_aligned(dh_bold(DH_SMALL, DH_INK_FAINT), DH_RIGHT),
                      dh_fitting(v, DH_SMALL, true, row.w, forms, text, sizeof text));
    }
}

void dh_draw_pins(struct dh_view *v, struct dh_scene *scene, struct dh_box in) {
    struct dh_view_thing things[DH_VIEW_PINS + 1];
    struct figure figures[MOST];
    int32_t n = compared(v, things), count = figures_of(v, things, n, figures);
    float line = dh_line(v, DH_SMALL) + 5 * v->s, label_w = floorf(in.w * (n < 4 ? 0.34f : 0.26f)),
          w = floorf((in.w - label_w) / (float)(n == 2 ? 3 : n));
    char text[DH_FORMAT_ROOM];
    dh_inspect_heading(v, scene, &in, dh_what_name(things[0].what));
    draw_head(v, scene, dh_box_cut_y(&in, line), label_w, w, things, n);
    dh_scene_rect(scene, (struct dh_box){in.x, in.y - 1, in.w, 1}, DH_RULE);
    for (int32_t k = 0; k < count && in.h >= line; k++) {
        const struct figure *f = &figures[k];
        struct dh_box row = dh_box_cut_y(&in, line), label = dh_box_cut_x(&row, label_w);
        dh_scene_word(scene, label, dh_plain(DH_SMALL, DH_INK_FAINT), f->name);
        for (int32_t i = 0; i < n; i++) {
            struct dh_box cell = dh_box_cut_x(&row, w);
            dh_box_cut_x(&cell, 4 * v->s);
            if (i < v->n_pin) /* above it is the mark that lets go */
                dh_box_cut_x(&cell, -2 * v->s);
            dh_scene_word(scene, cell, dh_aligned(dh_plain(DH_SMALL, DH_INK_STRONG), DH_RIGHT),
                          dh_format(text, f->values[i], f->unit));
        }
        double by = f->values[1] - f->values[0];
        dh_box_cut_x(&row, 4 * v->s);
        if (n == 2)
            dh_scene_word(scene, row, dh_aligned(dh_plain(DH_SMALL, DH_INK_PLAIN), DH_RIGHT),
                          by == 0 ? "=" : dh_format(text, by, f->unit));
    }
}

void dh_pins_write(struct dh_view *v, struct dh_text *out) {
    struct dh_view_thing things[DH_VIEW_PINS + 1] = {v->selected};
    struct figure figures[MOST];
    char name[96];
    int32_t n = dh_pins_shown(v) ? compared(v, things) : v->selected.what != DH_NOTHING;
    if (n == 0)
        return;
    int32_t count = things[0].what == DH_A_JOB ? 0 : figures_of(v, things, n, figures);
    dh_text_printf(out, "%s", dh_what_name(things[0].what));
    for (int32_t i = 0; i < n; i++) {
        dh_text_printf(out, "\t");
        dh_text_put_cell(out, dh_thing_name(v, things[i], name));
    }
    dh_text_printf(out, "\n");
    for (int32_t k = 0; k < count; k++) {
        dh_text_printf(out, "%s", figures[k].name);
        for (int32_t i = 0; i < n; i++)
            dh_text_printf(out, "\t%.9g", figures[k].values[i]);
        dh_text_printf(out, "\t%s\n", figures[k].unit);
    }
}
