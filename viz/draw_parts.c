/* Looks that all parts share: panels, buttons, rows of figures, bars, small charts. */
#include "viz/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

float dh_line(const struct dh_view *v, enum dh_type_size size) {
    return (float)dh_type_line(&v->type, size);
}

void dh_button(struct dh_view *v, struct dh_scene *scene, struct dh_box box, const char *word, bool on,
               int32_t kind, int32_t row, const char *tip) {
    bool over = v->mouse_in && dh_box_has(box, v->mouse_x, v->mouse_y);
    dh_scene_rect(scene, box, on ? 0x24506E : over ? DH_RAISED : DH_PANEL);
    if (on)
        dh_scene_rect(scene, (struct dh_box){box.x, box.y + box.h - 2 * v->s, box.w, 2 * v->s}, DH_ACCENT);
    dh_scene_word(scene, dh_box_inset(box, 2 * v->s),
                  dh_aligned(dh_plain(DH_BODY, on ? DH_INK_STRONG : DH_INK_PLAIN), DH_CENTER), word);
    dh_scene_hit(scene, box, kind, row, tip);
}

struct dh_box dh_panel(struct dh_view *v, struct dh_scene *scene, struct dh_box box, const char *title) {
    dh_scene_rect(scene, box, DH_PANEL);
    struct dh_box in = dh_box_inset(box, 10 * v->s);
    if (title && *title) {
        struct dh_box head = dh_box_cut_y(&in, dh_line(v, DH_TITLE));
        dh_scene_word(scene, head, dh_bold(DH_TITLE, DH_INK_STRONG), title);
        dh_box_cut_y(&in, 4 * v->s);
    }
    return in;
}

void dh_row_text(struct dh_view *v, struct dh_scene *scene, struct dh_box *box, const char *name,
                 const char *text) {
    struct dh_box line = dh_box_cut_y(box, dh_line(v, DH_BODY) + 2 * v->s);
    if (line.h < dh_line(v, DH_BODY))
        return;
    struct dh_box value = dh_box_cut_x(&line, -line.w * 0.48f);
    dh_scene_word(scene, line, dh_plain(DH_BODY, DH_INK_FAINT), name);
    dh_scene_word(scene, value, dh_aligned(dh_plain(DH_BODY, DH_INK_STRONG), DH_RIGHT), text);
}

void dh_row(struct dh_view *v, struct dh_scene *scene, struct dh_box *box, const char *name, double value,
            const char *unit) {
    char room[DH_FORMAT_ROOM];
    dh_row_text(v, scene, box, name, dh_format(room, value, unit));
}

void dh_bar(struct dh_scene *scene, struct dh_box box, double share, uint32_t color) {
    dh_scene_rect(scene, box, DH_RAISED);
    if (!isfinite(share))
        return;
    struct dh_box full = box;
    full.w = box.w * (float)fmin(fmax(share, 0), 1);
    dh_scene_rect(scene, full, share > DH_BEYOND ? DH_RED : color);
    if (share > DH_BEYOND)
        dh_scene_hatch(scene, full, DH_INK_STRONG);
}

const char *dh_fitting(const struct dh_view *v, enum dh_type_size size, bool bold, float w, const char *forms,
                       char *room, size_t n) {
    while (*forms) {
        size_t length = strcspn(forms, "\n");
        if ((float)dh_type_width(&v->type, size, bold, forms, length) <= w && length < n) {
            memcpy(room, forms, length);
            room[length] = '\0';
            return room;
        }
        forms += length + (forms[length] == '\n');
    }
    *room = '\0';
    return room;
}

/* Of very many rows over a very long time no history is read for decoration. */
bool dh_has_day(struct dh_view *v, enum dh_column_id column, int32_t row) {
    enum { MOST_VALUES = 8 << 20 };
    int64_t rows = dh_source_rows(v->source, column);
    if (row < 0 || row >= rows || v->source->n_time > MOST_VALUES / rows)
        return false;
    const struct dh_trace *trace = v->source->ops->trace(v->source, column, row);
    return trace && trace->n > 1;
}

bool dh_small_day(struct dh_view *v, struct dh_scene *scene, struct dh_box box, enum dh_column_id column,
                  int32_t row, double limit) {
    float s = v->s;
    double to_s = (double)v->at / DH_NS_PER_S,
           from_s = fmax(to_s - 86400, (double)v->source->begin / DH_NS_PER_S);
    if (!dh_has_day(v, column, row))
        return false;
    const struct dh_trace *trace = v->source->ops->trace(v->source, column, row);
    struct dh_trace_block found = dh_trace_range(trace, dh_source_row(v->source, dh_view_instant(from_s)),
                                                 dh_source_row(v->source, v->at) + 1);
    if (box.w < 40 * s || box.h < 14 * s || !(found.low <= found.high) || !isfinite(found.high) ||
        found.high <= 0 || !(to_s > from_s))
        return true;
    double high = (double)found.high * 1.08, low = fmin((double)found.low, 0);
    if (limit > (double)found.high && limit < 1.7 * (double)found.high)
        high = limit * 1.04;
    dh_scene_rect(scene, box, 0x161B22);
    dh_spark(v, scene, box, trace, from_s, to_s, low, high, 0x5A8FB3);
    float y = floorf(box.y + box.h * (float)(1 - (limit - low) / (high - low)));
    for (float x = box.x; limit < high && x + 3 * s <= box.x + box.w; x += 7 * s)
        dh_scene_rect(scene, (struct dh_box){x, y, 3 * s, 1 * s}, DH_RED);
    return true;
}

/* Least and greatest in each column of a chart. Kept from frame to frame: most charts stay as they are while
 * an instant moves through them, and a year of minutes in every column is dear. NULL: no memory. */
static const struct dh_spark_columns *columns_of(struct dh_view *v, const struct dh_trace *trace,
                                                 double from_s, double to_s, int32_t n) {
    const struct dh_source *source = v->source;
    struct dh_spark_columns *c = &v->sparks[0];
    for (int i = 0; i < DH_VIEW_SPARKS; i++) {
        struct dh_spark_columns *at = &v->sparks[i];
        if (at->trace == trace && at->rows == trace->n && at->times == source->n_time && at->n == n &&
            at->from_s == from_s && at->to_s == to_s && at->low == trace->low && at->high == trace->high) {
            at->used = ++v->sparks_used;
            return at;
        }
        c = at->used < c->used ? at : c;
    }
    struct dh_trace_block *blocks = realloc(c->blocks, (size_t)n * sizeof *blocks);
    if (!blocks)
        return NULL;
    *c = (struct dh_spark_columns){trace, trace->n, source->n_time,  from_s, to_s, trace->low, trace->high, n,
                                   0,     blocks,   ++v->sparks_used};
    int64_t row = dh_source_row(source, dh_view_instant(from_s));
    while (c->known < n) {
        double end_s = from_s + (to_s - from_s) * (c->known + 1) / n;
        int64_t next = dh_source_row_from(source, dh_view_instant(end_s), row), first = row < 0 ? 0 : row;
        blocks[c->known++] = dh_trace_range(trace, first, next + 1);
        row = next;
        if (next + 1 >= trace->n && next == first)
            break; /* nothing is known beyond */
    }
    return c;
}

void dh_spark(struct dh_view *v, struct dh_scene *scene, struct dh_box box, const struct dh_trace *trace,
              double from_s, double to_s, double low, double high, uint32_t color) {
    int n = (int)(box.w / v->s);
    if (!trace || trace->n == 0 || n < 2 || !(to_s > from_s) || !(high > low))
        return;
    float tops[4096], bottoms[4096], xs[4096];
    int points = 0;
    n = n > 4096 ? 4096 : n;
    const struct dh_spark_columns *columns = columns_of(v, trace, from_s, to_s, n);
    for (int i = 0; columns && i < columns->known; i++) {
        struct dh_trace_block b = columns->blocks[i];
        if (b.low > b.high)
            continue;
        xs[points] = box.x + box.w * ((float)i + 0.5f) / (float)n;
        tops[points] = box.y + box.h * (float)(1 - ((double)b.high - low) / (high - low));
        bottoms[points++] = box.y + box.h * (float)(1 - ((double)b.low - low) / (high - low));
    }
    bool spread = false;
    for (int i = 0; i < points; i++)
        spread |= bottoms[i] - tops[i] > 1.5f;
    if (spread) {
        dh_scene_band(scene, color, 90);
        for (int i = 0; i < points; i++)
            dh_scene_point(scene, xs[i], tops[i]);
        for (int i = 0; i < points; i++)
            dh_scene_point(scene, xs[i], bottoms[i]);
    }
    dh_scene_line(scene, 1.4f * v->s, color);
    for (int i = 0; i < points; i++)
        dh_scene_point(scene, xs[i], (tops[i] + bottoms[i]) / 2);
}
