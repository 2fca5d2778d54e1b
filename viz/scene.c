#include "viz/scene.h"

#include "sim/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dh_scene_begin(struct dh_scene *s, float w, float h, const struct dh_type *type,
                    const uint32_t *palette) {
    s->size = (struct dh_box){0, 0, w, h};
    s->type = type;
    s->palette = palette;
    s->n_ink = s->n_cell = s->n_texel = s->n_point = s->n_byte = s->n_hit = s->n_lost = 0;
    s->layer = 0;
    s->failed = false;
}

void dh_scene_free(struct dh_scene *s) {
    free(s->inks);
    free(s->cells);
    free(s->texels);
    free(s->points);
    free(s->bytes);
    free(s->hits);
    *s = (struct dh_scene){0};
}

void dh_scene_layer(struct dh_scene *s) {
    s->layer++;
}

/* Room for `more` elements behind n in an array that grows; NULL when there is no memory. */
static void *grown(struct dh_scene *s, void *array, int32_t *room, int32_t n, int32_t more, size_t size) {
    if (n + more <= *room)
        return array;
    int64_t wanted = *room ? 2 * (int64_t)*room : 256;
    if (wanted < (int64_t)n + more)
        wanted = (int64_t)n + more;
    void *bigger = wanted <= INT32_MAX / 2 ? realloc(array, (size_t)wanted * size) : NULL;
    if (!bigger)
        s->failed = true;
    else
        *room = (int32_t)wanted;
    return bigger;
}

#define GROW(array, count, more)                                                                             \
    do {                                                                                                     \
        void *bigger = grown(s, s->array, &s->room_##count, s->n_##count, more, sizeof *s->array);           \
        if (bigger)                                                                                          \
            s->array = bigger;                                                                               \
        else                                                                                                 \
            return 0;                                                                                        \
    } while (0)

static float near(float at) {
    return fminf(fmaxf(at, -DH_SCENE_FAR), DH_SCENE_FAR);
}

static struct dh_box near_box(struct dh_box b) {
    return (struct dh_box){near(b.x), near(b.y), near(b.w), near(b.h)};
}

static struct dh_ink *add(struct dh_scene *s, enum dh_ink_kind kind, struct dh_box box, uint32_t color) {
    GROW(inks, ink, 1);
    s->inks[s->n_ink] = (struct dh_ink){.kind = (uint8_t)kind,
                                        .box = near_box(box),
                                        .color = color,
                                        .layer = s->layer,
                                        .alpha = 255,
                                        .width = 1};
    return &s->inks[s->n_ink++];
}

void dh_scene_rect(struct dh_scene *s, struct dh_box box, uint32_t color) {
    if (box.w > 0 && box.h > 0)
        add(s, DH_INK_RECT, box, color);
}

void dh_scene_tint(struct dh_scene *s, struct dh_box box, uint32_t color, uint8_t alpha) {
    struct dh_ink *ink = box.w > 0 && box.h > 0 ? add(s, DH_INK_RECT, box, color) : NULL;
    if (ink)
        ink->alpha = alpha;
}

void dh_scene_frame(struct dh_scene *s, struct dh_box box, float width, uint32_t color) {
    struct dh_ink *ink = box.w > 0 && box.h > 0 ? add(s, DH_INK_FRAME, box, color) : NULL;
    if (ink)
        ink->width = width;
}

void dh_scene_hatch(struct dh_scene *s, struct dh_box box, uint32_t color) {
    if (box.w > 0 && box.h > 0)
        add(s, DH_INK_HATCH, box, color);
}

void dh_scene_clip(struct dh_scene *s, struct dh_box box) {
    add(s, DH_INK_CLIP, box, 0);
}

void dh_scene_line(struct dh_scene *s, float width, uint32_t color) {
    struct dh_ink *ink = add(s, DH_INK_LINE, (struct dh_box){0}, color);
    if (ink) {
        ink->width = width;
        ink->first = s->n_point;
    }
}

void dh_scene_band(struct dh_scene *s, uint32_t color, uint8_t alpha) {
    struct dh_ink *ink = add(s, DH_INK_BAND, (struct dh_box){0}, color);
    if (ink) {
        ink->alpha = alpha;
        ink->first = s->n_point;
    }
}

static bool add_point(struct dh_scene *s, float x, float y) {
    s->room_point /= 2; /* two numbers a point */
    void *bigger = grown(s, s->points, &s->room_point, s->n_point, 1, 2 * sizeof *s->points);
    if (bigger)
        s->points = bigger;
    s->room_point *= 2;
    if (!bigger)
        return false;
    s->points[2 * s->n_point] = near(x);
    s->points[2 * s->n_point + 1] = near(y);
    s->n_point++;
    return true;
}

void dh_scene_point(struct dh_scene *s, float x, float y) {
    struct dh_ink *ink = s->n_ink > 0 ? &s->inks[s->n_ink - 1] : NULL;
    bool known = ink && (ink->kind == DH_INK_BAND || (ink->kind == DH_INK_LINE && !isnan(x) && !isnan(y)));
    if (known && add_point(s, x, y))
        ink->n++;
}

void dh_scene_cells(struct dh_scene *s) {
    struct dh_ink *ink = add(s, DH_INK_CELLS, (struct dh_box){0}, 0);
    if (ink)
        ink->first = s->n_cell;
}

static bool add_cell(struct dh_scene *s, struct dh_box box, uint8_t shade) {
    GROW(cells, cell, 1);
    s->cells[s->n_cell++] = (struct dh_cell){near_box(box), shade};
    return true;
}

void dh_scene_cell(struct dh_scene *s, struct dh_box box, uint8_t shade) {
    struct dh_ink *ink = s->n_ink > 0 ? &s->inks[s->n_ink - 1] : NULL;
    if (ink && ink->kind == DH_INK_CELLS && add_cell(s, box, shade))
        ink->n++;
}

uint32_t *dh_scene_texels(struct dh_scene *s, struct dh_box box, int32_t columns, int32_t rows) {
    if (columns <= 0 || rows <= 0 || columns > INT32_MAX / 4 / rows || box.w <= 0 || box.h <= 0)
        return NULL;
    GROW(texels, texel, columns * rows);
    struct dh_ink *ink = add(s, DH_INK_TEXELS, box, 0);
    if (!ink)
        return NULL;
    ink->first = s->n_texel;
    ink->n = columns;
    ink->rows = rows;
    s->n_texel += columns * rows;
    return s->texels + ink->first;
}

/* ---- words
 * -------------------------------------------------------------------------------------------------
 */

static const char ELLIPSIS[] = "\u2026";
static const float LETTERS = 0.6f; /* what they take of their line's height */

static bool put_bytes(struct dh_scene *s, const char *bytes, size_t n) {
    if (n > INT32_MAX / 4)
        return false;
    GROW(bytes, byte, (int32_t)n + 1);
    if (n > 0)
        memcpy(s->bytes + s->n_byte, bytes, n);
    s->n_byte += (int32_t)n;
    return true;
}

/* Sets n bytes of a text, with an ellipsis behind what is cut or `always`. */
static float set_line(struct dh_scene *s, struct dh_box box, struct dh_style style, const char *text,
                      size_t n, bool always) {
    const struct dh_type *type = s->type;
    if (box.h < LETTERS * (float)dh_type_line(type, style.size)) { /* it would run out of its box */
        s->n_lost++;
        return 0;
    }
    int width = dh_type_width(type, style.size, style.bold, text, n);
    size_t shown = n;
    bool cut = always;
    if (width > (int)box.w || always) {
        int dots = dh_type_width(type, style.size, style.bold, ELLIPSIS, sizeof ELLIPSIS - 1);
        if ((int)box.w < dots) {
            s->n_lost++;
            return 0;
        }
        cut = true;
        shown = dh_type_fits(type, style.size, style.bold, text, n, (int)box.w - dots);
        while (shown > 0 && text[shown - 1] == ' ')
            shown--;
        width = dh_type_width(type, style.size, style.bold, text, shown) + dots;
    }
    int line = dh_type_line(type, style.size);
    float slack = box.w - (float)width;
    float x = style.align == DH_LEFT ? box.x : style.align == DH_RIGHT ? box.x + slack : box.x + slack / 2;
    struct dh_box place = {floorf(x), floorf(box.y + (box.h - (float)line) / 2), (float)width, (float)line};
    struct dh_ink *ink = add(s, DH_INK_WORD, place, style.color);
    if (!ink)
        return 0;
    ink->size = (uint8_t)style.size;
    ink->bold = style.bold;
    ink->cut = cut;
    ink->first = s->n_byte;
    if (put_bytes(s, text, shown) && (!cut || put_bytes(s, ELLIPSIS, sizeof ELLIPSIS - 1)))
        s->inks[s->n_ink - 1].n = s->n_byte - ink->first;
    return (float)width;
}

float dh_scene_word(struct dh_scene *s, struct dh_box box, struct dh_style style, const char *text) {
    if (!*text || box.w <= 0)
        return 0;
    return set_line(s, box, style, text, strlen(text), false);
}

float dh_scene_wordf(struct dh_scene *s, struct dh_box box, struct dh_style style, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return dh_scene_word(s, box, style, text);
}

/* Bytes of a line that ends at a blank or with the text; at least a character. */
static size_t line_bytes(const struct dh_scene *s, struct dh_style style, const char *text, int width) {
    size_t n = strcspn(text, "\n"), fits = dh_type_fits(s->type, style.size, style.bold, text, n, width);
    if (fits == n)
        return n;
    size_t at = fits;
    while (at > 0 && text[at] != ' ')
        at--;
    if (at > 0)
        return at;
    const char *next = text;
    dh_utf8_next(&next, text + n);
    return fits > 0 ? fits : (size_t)(next - text);
}

int32_t dh_scene_lines(const struct dh_scene *s, float w, struct dh_style style, const char *text) {
    int32_t n = 0;
    for (; *text && w >= 1; n++) {
        text += line_bytes(s, style, text, (int)w);
        text += *text == '\n' || *text == ' ';
    }
    return n;
}

float dh_scene_paragraph(struct dh_scene *s, struct dh_box box, struct dh_style style, const char *text) {
    float line = (float)dh_type_line(s->type, style.size), y = 0;
    while (*text && y + line <= box.h) {
        size_t n = line_bytes(s, style, text, (int)box.w);
        const char *rest = text + n + (text[n] == '\n' || text[n] == ' ' ? 1 : 0);
        bool last = y + 2 * line > box.h && *rest;
        set_line(s, (struct dh_box){box.x, box.y + y, box.w, line}, style, text, n, last);
        text = rest;
        y += line;
    }
    return y;
}

/* ---- hits
 * --------------------------------------------------------------------------------------------------
 */

static bool add_hit(struct dh_scene *s, const struct dh_hit *hit) {
    GROW(hits, hit, 1);
    s->hits[s->n_hit++] = *hit;
    return true;
}

void dh_scene_hit(struct dh_scene *s, struct dh_box box, int32_t kind, int32_t row, const char *tip) {
    add_hit(s, &(struct dh_hit){box, kind, row, tip});
}

const struct dh_hit *dh_scene_at(const struct dh_scene *s, float x, float y) {
    for (int32_t i = s->n_hit - 1; i >= 0; i--)
        if (dh_box_has(s->hits[i].box, x, y))
            return &s->hits[i];
    return NULL;
}

/* ---- as text
 * -----------------------------------------------------------------------------------------------
 */

static const char *const kind_names[] = {"rect", "frame", "hatch", "cells", "texels",
                                         "line", "band",  "word",  "clip"};

void dh_scene_write(const struct dh_scene *s, struct dh_text *out) {
    for (int32_t i = 0; i < s->n_ink; i++) {
        const struct dh_ink *ink = &s->inks[i];
        dh_text_printf(out, "%d %s %.1f %.1f %.1f %.1f %06x/%d", ink->layer, kind_names[ink->kind],
                       (double)ink->box.x, (double)ink->box.y, (double)ink->box.w, (double)ink->box.h,
                       (unsigned)ink->color, ink->alpha);
        if (ink->kind == DH_INK_WORD) {
            dh_text_printf(out, " %d%s ", ink->size, ink->bold ? "b" : "");
            dh_text_add(out, s->bytes + ink->first, (size_t)ink->n);
        }
        int32_t points = ink->kind == DH_INK_LINE || ink->kind == DH_INK_BAND ? ink->n : 0;
        for (int32_t k = 0; k < points; k++)
            dh_text_printf(out, " %.1f,%.1f", (double)s->points[2 * (ink->first + k)],
                           (double)s->points[2 * (ink->first + k) + 1]);
        for (int32_t k = 0; ink->kind == DH_INK_CELLS && k < ink->n; k++) {
            const struct dh_cell *cell = &s->cells[ink->first + k];
            dh_text_printf(out, " %.1f,%.1f,%.1f,%.1f:%d", (double)cell->box.x, (double)cell->box.y,
                           (double)cell->box.w, (double)cell->box.h, cell->shade);
        }
        for (int32_t k = 0; ink->kind == DH_INK_TEXELS && k < ink->n * ink->rows; k++)
            dh_text_printf(out, " %06x", (unsigned)s->texels[ink->first + k]);
        dh_text_puts(out, "\n");
    }
}

/* ---- boxes
 * -------------------------------------------------------------------------------------------------
 */

struct dh_box dh_box_inset(struct dh_box b, float d) {
    struct dh_box in = {b.x + d, b.y + d, b.w - 2 * d, b.h - 2 * d};
    in.w = in.w < 0 ? 0 : in.w;
    in.h = in.h < 0 ? 0 : in.h;
    return in;
}

struct dh_box dh_box_cut_x(struct dh_box *b, float w) {
    bool right = w < 0;
    w = fminf(fabsf(w), b->w);
    struct dh_box cut = {right ? b->x + b->w - w : b->x, b->y, w, b->h};
    b->x += right ? 0 : w;
    b->w -= w;
    return cut;
}

struct dh_box dh_box_cut_y(struct dh_box *b, float h) {
    bool below = h < 0;
    h = fminf(fabsf(h), b->h);
    struct dh_box cut = {b->x, below ? b->y + b->h - h : b->y, b->w, h};
    b->y += below ? 0 : h;
    b->h -= h;
    return cut;
}
