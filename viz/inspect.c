#include "viz/inspect.h"

#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void dh_inspect_heading(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *about) {
    dh_scene_word(scene, dh_box_cut_y(in, dh_line(v, DH_SMALL)), dh_plain(DH_SMALL, DH_INK_FAINT), about);
    dh_box_cut_y(in, 6 * v->s);
}

/* The time of day; from a day on with its date: "01 Jul 07:00". */
static void day_time(const struct dh_view *v, dh_time at, bool date, char room[static 20]) {
    char whole[DH_FORMAT_ROOM];
    dh_format_instant(whole, v->facility->start_unix_s, at, 0);
    const char *time = strrchr(whole, ' ');
    snprintf(room, 20, "%.6s%.12s", date ? whole : "", time ? time + !date : "");
}

const char *dh_rack_time(const struct dh_view *v, enum dh_overlay_time which, char room[static 64]) {
    enum { DAY_S = 86400 };
    const struct dh_rack_times *t = &v->source->racks;
    char from[20], to[20];
    bool date = t->from != DH_TIME_NONE && t->to - t->from >= (dh_time)DAY_S * DH_NS_PER_S;
    *room = '\0';
    if (which == DH_OVERLAY_MEAN && t->from != DH_TIME_NONE) {
        day_time(v, t->from, date, from);
        day_time(v, t->to, date, to);
        snprintf(room, 64, t->from < t->to ? "mean %s\u2013%s" : "at %s", from, to);
    } else if (which == DH_OVERLAY_END && t->at != DH_TIME_NONE) {
        day_time(v, t->at, date, to);
        snprintf(room, 64, "at %s", to);
    } else if (which != DH_OVERLAY_NOW) {
        snprintf(room, 64, "not recorded yet");
    }
    return room;
}

bool dh_inspect_section(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *title) {
    float head = dh_line(v, DH_BODY) + 3 * v->s;
    if (in->h < 8 * v->s + head + dh_line(v, DH_BODY))
        return false;
    dh_box_cut_y(in, 8 * v->s);
    struct dh_box line = dh_box_cut_y(in, head);
    dh_scene_word(scene, line, dh_bold(DH_BODY, DH_INK_PLAIN), title);
    dh_scene_rect(scene, (struct dh_box){line.x, line.y + line.h - 1, line.w, 1}, DH_RULE);
    return true;
}

void dh_inspect_load(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *name,
                     double load_w, double limit_w) {
    char load[DH_FORMAT_ROOM], limit[DH_FORMAT_ROOM], text[128];
    if (in->h < dh_line(v, DH_BODY) + 9 * v->s)
        return;
    snprintf(text, sizeof text, "%s%s of %s", load_w > limit_w * DH_BEYOND ? "\u25b2 " : "",
             dh_format(load, load_w, "W"), dh_format(limit, limit_w, "W"));
    dh_row_text(v, scene, in, name, text);
    dh_bar(scene, dh_box_cut_y(in, 5 * v->s), load_w / limit_w, DH_ACCENT);
    dh_box_cut_y(in, 4 * v->s);
}

void dh_inspect_link(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, struct dh_view_thing thing,
                     const char *name, const char *text) {
    struct dh_box line = dh_box_cut_y(in, dh_line(v, DH_BODY) + 2 * v->s), all = line;
    if (line.h < dh_line(v, DH_BODY))
        return;
    bool over = v->mouse_in && dh_box_has(line, v->mouse_x, v->mouse_y);
    if (over)
        dh_scene_rect(scene, line, DH_RAISED);
    struct dh_box value = dh_box_cut_x(&line, -line.w * 0.44f);
    dh_scene_word(scene, line, dh_plain(DH_BODY, DH_ACCENT), name);
    dh_scene_word(scene, value, dh_aligned(dh_plain(DH_BODY, DH_INK_STRONG), DH_RIGHT), text);
    if (thing.what != DH_NOTHING)
        dh_scene_hit(scene, all, DH_HIT_THING + (int32_t)thing.what, thing.row, "click: show it");
}

/* ---- history
 * -----------------------------------------------------------------------------------------------
 */

/* A chart's ends: from zero, unless what it shows stays far from it, and up to the limit where that is near.
 */
static void chart_ends(struct dh_trace_block found, double limit, const char *unit, double *low,
                       double *high) {
    *low = (double)found.low;
    *high = (double)found.high;
    if (strcmp(unit, "degC") == 0 && *high - *low < 2) { /* a tenth of a kelvin is no mountain */
        *low = (*low + *high) / 2 - 1;
        *high = *low + 2;
        return;
    }
    if (*low > 0 && *low < 0.7 * *high)
        *low = 0;
    if (limit > *high && limit < 1.6 * *high)
        *high = limit;
    double room = 0.08 * (*high - *low);
    if (!(room > 0))
        room = fmax(fabs(*high) * 0.05, 1e-9);
    *low -= *low == 0 ? 0 : room;
    *high += room;
}

/* A chart of the day before the instant shown. */
struct day {
    struct dh_box ends, plot;
    double from_s, to_s, low, high, limit;
};

static bool begin_day(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *title,
                      struct day *day) {
    float line = dh_line(v, DH_SMALL), s = v->s;
    if (in->h < line + 40 * s)
        return false;
    dh_box_cut_y(in, 4 * s);
    struct dh_box head = dh_box_cut_y(in, line);
    day->ends = dh_box_cut_x(&head, -head.w * 0.5f);
    dh_scene_word(scene, head, dh_plain(DH_SMALL, DH_INK_FAINT), title);
    day->to_s = (double)v->at / DH_NS_PER_S;
    day->from_s = fmax(day->to_s - 86400, (double)v->source->begin / DH_NS_PER_S);
    day->plot = dh_box_cut_y(in, 34 * s);
    dh_scene_rect(scene, day->plot, 0x12171D);
    return true;
}

/* Its ends, in words too. False: there is nothing to show, which is said. */
static bool scale_day(struct dh_view *v, struct dh_scene *scene, struct day *day, struct dh_trace_block found,
                      const char *unit, double limit, bool kept) {
    char least[DH_FORMAT_ROOM], most[DH_FORMAT_ROOM];
    if (!(found.low <= found.high) || !isfinite(found.low) || !isfinite(found.high) ||
        !(day->to_s > day->from_s)) {
        dh_scene_word(scene, dh_box_inset(day->plot, 4 * v->s), dh_plain(DH_SMALL, DH_INK_FAINT),
                      kept ? "nothing yet" : "no history is kept of it");
        return false;
    }
    dh_scene_wordf(scene, day->ends, dh_aligned(dh_plain(DH_SMALL, DH_INK_PLAIN), DH_RIGHT), "%s \u2026 %s",
                   dh_format(least, (double)found.low, unit), dh_format(most, (double)found.high, unit));
    day->limit = limit;
    chart_ends(found, limit, unit, &day->low, &day->high);
    dh_scene_clip(scene, day->plot);
    return true;
}

static float y_of(const struct day *day, double value) {
    return day->plot.y + day->plot.h * (float)(1 - (value - day->low) / (day->high - day->low));
}

static float day_x(const struct day *day, double at_s) {
    double share = (at_s - day->from_s) / (day->to_s - day->from_s);
    return day->plot.x + day->plot.w * (float)fmin(fmax(share, 0), 1);
}

static void end_day(struct dh_view *v, struct dh_scene *scene, const struct day *day) {
    float s = v->s;
    if (day->limit > day->low && day->limit < day->high)
        for (float x = day->plot.x; x < day->plot.x + day->plot.w;
             x += 8 * s) /* dashed: a limit, no figure */
            dh_scene_rect(scene, (struct dh_box){x, floorf(y_of(day, day->limit)), 4 * s, 1 * s}, DH_RED);
    dh_scene_clip(scene, (struct dh_box){0});
}

void dh_inspect_day(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *title,
                    enum dh_column_id column, int32_t row, double limit) {
    const struct dh_trace *trace = v->source->ops->trace(v->source, column, row);
    struct dh_trace_block found = {1, 0};
    struct day day;
    if (!trace) {
        dh_inspect_rack_day(v, scene, in, title, column, row, limit);
        return;
    }
    if (!begin_day(v, scene, in, title, &day))
        return;
    if (trace)
        found = dh_trace_range(trace, dh_source_row(v->source, dh_view_instant(day.from_s)),
                               dh_source_row(v->source, v->at) + 1);
    if (!scale_day(v, scene, &day, found, dh_state_columns[column].unit, limit, true))
        return;
    dh_spark(v, scene, day.plot, trace, day.from_s, day.to_s, day.low, day.high, DH_ACCENT);
    end_day(v, scene, &day);
}

/* Values with their starts, s, each of which holds until the next. */
struct series {
    double time_s[1440], values[1440]; /* a day of minutes */
    int32_t n;
};

static void draw_series(struct dh_view *v, struct dh_scene *scene, struct day *day, const struct series *of,
                        const char *unit, double limit, bool kept) {
    struct dh_trace_block found = {1, 0};
    for (int32_t i = 0; i < of->n; i++)
        if (isfinite(of->values[i])) {
            bool first = found.low > found.high;
            found.low = first ? (float)of->values[i] : fminf(found.low, (float)of->values[i]);
            found.high = first ? (float)of->values[i] : fmaxf(found.high, (float)of->values[i]);
        }
    if (!scale_day(v, scene, day, found, unit, limit, kept))
        return;
    dh_scene_line(scene, 1.4f * v->s, DH_ACCENT);
    for (int32_t i = 0; i < of->n; i++) {
        double end_s = i + 1 < of->n ? of->time_s[i + 1] : day->to_s;
        if (!isfinite(of->values[i]) || end_s <= day->from_s)
            continue;
        float begin_x = day_x(day, of->time_s[i]), end_x = day_x(day, end_s) - 0.05f; /* ever further right */
        dh_scene_point(scene, begin_x, y_of(day, of->values[i]));
        if (end_x > begin_x)
            dh_scene_point(scene, end_x, y_of(day, of->values[i]));
    }
    end_day(v, scene, day);
}

void dh_inspect_rack_day(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *title,
                         enum dh_column_id column, int32_t rack, double limit) {
    struct series of;
    struct day day;
    if (!begin_day(v, scene, in, title, &day))
        return;
    of.n = v->source->ops->history(v->source, column, rack, dh_time_from_s(day.from_s), v->at, of.time_s,
                                   of.values, (int32_t)(sizeof of.values / sizeof *of.values));
    draw_series(v, scene, &day, &of, dh_state_columns[column].unit, limit, of.n > 0);
}

void dh_inspect_day_less(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *title,
                         enum dh_column_id column, enum dh_column_id less, int32_t row, double limit) {
    const struct dh_trace *from = v->source->ops->trace(v->source, column, row),
                          *by = v->source->ops->trace(v->source, less, row);
    struct series of = {.n = 0};
    struct day day;
    if (!begin_day(v, scene, in, title, &day))
        return;
    int64_t room = sizeof of.values / sizeof *of.values, last = dh_source_row(v->source, v->at),
            first = dh_source_row(v->source, dh_time_from_s(day.from_s));
    first = first < 0 ? 0 : first;
    int64_t each = (last - first) / room + 1; /* of so many the highest */
    for (int64_t row_at = first; from && by && row_at <= last; row_at += each) {
        double most = NAN;
        for (int64_t i = row_at; i < row_at + each && i <= last; i++) {
            struct dh_trace_block a = dh_trace_range(from, i, i + 1), b = dh_trace_range(by, i, i + 1);
            if (a.low <= a.high && b.low <= b.high)
                most = fmax(most, (double)a.high - (double)b.high);
        }
        of.time_s[of.n] = v->source->time_s[row_at];
        of.values[of.n++] = most;
    }
    draw_series(v, scene, &day, &of, dh_state_columns[column].unit, limit, from && by);
}

/* ---- events
 * ------------------------------------------------------------------------------------------------
 */

void dh_inspect_events(struct dh_view *v, struct dh_scene *scene, struct dh_box *in,
                       struct dh_view_thing thing) {
    enum { LOOK_BACK = 20000 }; /* a year of throttling must not hold up a frame */
    const struct dh_source *source = v->source;
    float line = dh_line(v, DH_SMALL) + 2 * v->s;
    int64_t newest = dh_source_event(source, v->at + 1) - 1;
    bool titled = false;
    for (int64_t i = newest; i >= 0 && i > newest - LOOK_BACK; i--) {
        const struct dh_view_event *event = &source->events[i];
        struct dh_view_thing about = dh_event_thing(v, event);
        if (about.what != thing.what || about.row != thing.row)
            continue;
        if (!titled && !dh_inspect_section(v, scene, in, "What happened to it"))
            return;
        titled = true;
        struct dh_box row = dh_box_cut_y(in, line), when = dh_box_cut_x(&row, 124 * v->s);
        if (row.h < line)
            return;
        char room[DH_FORMAT_ROOM], text[160];
        dh_scene_word(scene, when, dh_plain(DH_SMALL, DH_INK_FAINT),
                      dh_format_instant(room, v->facility->start_unix_s, event->at, 0));
        const char *words = dh_event_text(v, event, text, sizeof text), *colon = strstr(words, ": ");
        dh_scene_word(scene, row, dh_plain(DH_SMALL, DH_INK_PLAIN), colon ? colon + 2 : words);
    }
}

/* ---- tips
 * --------------------------------------------------------------------------------------------------
 */

void dh_thing_tip(struct dh_view *v, struct dh_view_thing t, char *room, size_t n) {
    const struct dh_facility *f = v->facility;
    char name[96], a[DH_FORMAT_ROOM], b[DH_FORMAT_ROOM];
    if (t.row < 0 || t.row >= dh_thing_count(v, t.what))
        return;
    dh_thing_name(v, t, name);
    switch (t.what) {
    case DH_A_STAGE: {
        dh_power_map_read(&v->power_map, v->source);
        const struct dh_power_now *now = &v->power_map.now[t.row];
        snprintf(room, n, "%s   %s of %s%s", name, dh_format(a, now->out_w, "W"),
                 dh_format(b, now->rated_w, "W"),
                 now->live                                    ? ""
                 : f->stage_kind[t.row] == DH_STAGE_GENERATOR ? ", stands by"
                                                              : ", \u25b2 without power");
        break;
    }
    case DH_AN_ONSITE:
        snprintf(room, n, "%s   gives %s", name,
                 dh_format(a, dh_view_value(v, DH_COLUMN_onsite_power_w, t.row), "W"));
        break;
    case DH_A_HALL:
        snprintf(room, n, "%s   inlets %s, return %s", name,
                 dh_format(a, dh_view_value(v, DH_COLUMN_zone_temp_degc, t.row), "degC"),
                 dh_format(b, dh_view_value(v, DH_COLUMN_hall_return_degc, t.row), "degC"));
        break;
    case DH_A_CDU:
        snprintf(room, n, "%s   %s at %s", name,
                 dh_format(a, dh_view_value(v, DH_COLUMN_cdu_heat_w, t.row), "W"),
                 dh_format(b, dh_view_value(v, DH_COLUMN_cdu_supply_degc, t.row), "degC"));
        break;
    case DH_A_CPLANT:
        snprintf(room, n, "%s   %s at %s", name,
                 dh_format(a, dh_view_value(v, DH_COLUMN_cplant_heat_w, t.row), "W"),
                 dh_format(b, dh_view_value(v, DH_COLUMN_cplant_supply_degc, t.row), "degC"));
        break;
    case DH_AN_LPLANT:
        snprintf(room, n, "%s   %s at %s", name,
                 dh_format(a, dh_view_value(v, DH_COLUMN_lplant_heat_w, t.row), "W"),
                 dh_format(b, dh_view_value(v, DH_COLUMN_lplant_supply_degc, t.row), "degC"));
        break;
    default:
        snprintf(room, n, "%s", name);
        break;
    }
}

/* ---- anything
 * ----------------------------------------------------------------------------------------------
 */

void dh_inspect_columns(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *rows,
                        int32_t row) {
    for (int c = 0; c < DH_N_COLUMN; c++) {
        const struct dh_column *column = &dh_state_columns[c];
        char name[64];
        if (strcmp(column->rows, rows) == 0)
            dh_row(v, scene, in, dh_column_words(column, name), dh_view_value(v, (enum dh_column_id)c, row),
                   column->unit);
    }
}
