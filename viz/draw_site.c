/* The inspector's first page: what is wrong now, where the energy goes, weather and prices, what it has come
 * to so far, and what happened last. */
#include "viz/inspect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- alerts
 * ------------------------------------------------------------------------------------------------
 */

static const char *name_of(const struct dh_view *v, const struct dh_alert *a, char room[static 96]) {
    static const char *const many[DH_N_WHAT] = {[DH_A_RACK] = "racks", [DH_A_LINK] = "links"};
    if (a->kind == DH_ALERT_OUT && a->group >= 0 && a->group < v->equipment.n_group) {
        snprintf(room, 96, "%.95s", v->equipment.groups[a->group].name);
        return room;
    }
    if (a->n > 1 && many[a->thing.what]) {
        snprintf(room, 96, "%d %s", (int)a->n, many[a->thing.what]);
        return room;
    }
    return dh_thing_name(v, a->thing, room);
}

static void draw_alert(struct dh_view *v, struct dh_scene *scene, struct dh_box line,
                       const struct dh_alert *a) {
    char name[96], text[96];
    struct dh_box all = line;
    bool over = a->level == DH_ALERT_OVER;
    if (v->mouse_in && dh_box_has(line, v->mouse_x, v->mouse_y))
        dh_scene_rect(scene, line, DH_RAISED);
    dh_scene_word(scene, dh_box_cut_x(&line, 18 * v->s), dh_bold(DH_BODY, over ? DH_RED : DH_AMBER),
                  over ? "\u25b2" : "\u25b3");
    dh_alert_text(a, text, sizeof text);
    float wanted = (float)dh_type_width(&v->type, DH_BODY, false, text, strlen(text)) + 2 * v->s;
    struct dh_box value = dh_box_cut_x(&line, -fminf(wanted, line.w * 0.68f));
    line.w -= 8 * v->s;
    dh_scene_word(scene, line, dh_plain(DH_BODY, DH_ACCENT), name_of(v, a, name));
    dh_scene_word(scene, value, dh_aligned(dh_plain(DH_BODY, DH_INK_STRONG), DH_RIGHT), text);
    dh_scene_hit(scene, all, DH_HIT_THING + (int32_t)a->thing.what, a->thing.row,
                 "click: show it, or the worst of them");
}

static void draw_alerts(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    const struct dh_alerts *a = &v->alerts;
    float line = dh_line(v, DH_BODY) + 2 * v->s;
    if (!dh_inspect_section(v, scene, in, "Now"))
        return;
    int32_t all = a->n_over + a->n_near, most = (int32_t)fmaxf(in->h * 0.3f / line, 4),
            n = a->n < most ? a->n : most;
    if (all == 0)
        dh_scene_word(scene, dh_box_cut_y(in, line), dh_plain(DH_BODY, DH_INK_PLAIN),
                      "\u2713 none: nothing is beyond a limit or near it");
    n -= n < all && n == most && n > 1; /* a line says how many more there are */
    for (int32_t i = 0; i < n && in->h >= line; i++)
        draw_alert(v, scene, dh_box_cut_y(in, line), &a->list[i]);
    if (n < all && in->h >= line)
        dh_scene_wordf(scene, dh_box_cut_y(in, dh_line(v, DH_SMALL)), dh_plain(DH_SMALL, DH_INK_FAINT),
                       "and %d more: %d beyond their limits in all, %d near them", (int)(all - n),
                       (int)a->n_over, (int)a->n_near);
}

/* ---- where the energy goes
 * ---------------------------------------------------------------------------------
 */

static void add_to(double *sum, double w) {
    if (!isnan(w))
        *sum = (isnan(*sum) ? 0 : *sum) + w;
}

struct part {
    const char *name;
    uint32_t color;
    double w;
};

static void draw_flow(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    double facility = dh_view_value(v, DH_COLUMN_facility_power_w, 0),
           stored = dh_view_value(v, DH_COLUMN_stored_power_w, 0), house = facility;
    struct part parts[] = {
        {"IT",             0x56B4E9,                  dh_view_value(v,                          DH_COLUMN_it_power_w, 0)},
        {"Cooling",              0x3FB68B,                                       dh_view_value(v,                                                                       DH_COLUMN_cooling_power_w, 0)},
        {"Losses", 0xE69F00,dh_view_value(v,DH_COLUMN_loss_power_w, 0)},
        {"Battery",         0xCC79A7,                          stored                                                                                        },
        {"House",              0x8C99A6,                                       NAN                                                                      },
    };
    enum { N = sizeof parts / sizeof *parts };
    float s = v->s, line = dh_line(v, DH_SMALL);
    char room[DH_FORMAT_ROOM];
    for (int i = 0; i < N - 1; i++)
        house -= isnan(parts[i].w) ? 0 : parts[i].w;
    facility += stored < 0 ? -stored : 0;                     /* what batteries give is used, too */
    parts[N - 1].w = house > 0.0005 * facility ? house : NAN; /* lights, offices: what is left */
    if (!(facility > 0) || in->h < 60 * s || !dh_inspect_section(v, scene, in, "Energy flow"))
        return;
    dh_box_cut_y(in, 3 * s);
    struct dh_box bar = dh_box_cut_y(in, 12 * s), rest = bar;
    dh_scene_rect(scene, bar, DH_RAISED);
    struct dh_box row = {0};
    int shown = 0;
    dh_box_cut_y(in, 2 * s);
    for (int i = 0; i < N; i++) {
        if (!(parts[i].w > 0) || isinf(parts[i].w))
            continue;
        struct dh_box piece = dh_box_cut_x(&rest, bar.w * (float)fmin(parts[i].w / facility, 1));
        dh_scene_rect(scene, (struct dh_box){piece.x, piece.y, fmaxf(piece.w - 1 * s, 1), piece.h},
                      parts[i].color);
        if (shown++ % 2 == 0)
            row = dh_box_cut_y(in, line);
        struct dh_box half = dh_box_cut_x(&row, floorf(in->w / 2));
        if (half.h < line)
            continue;
        half.w -= 8 * s;
        struct dh_box swatch = dh_box_cut_x(&half, 14 * s);
        dh_scene_rect(scene, (struct dh_box){swatch.x, swatch.y + line / 2 - 4 * s, 9 * s, 8 * s},
                      parts[i].color);
        dh_scene_word(scene, dh_box_cut_x(&half, 50 * s), dh_plain(DH_SMALL, DH_INK_PLAIN), parts[i].name);
        dh_scene_wordf(scene, half, dh_aligned(dh_plain(DH_SMALL, DH_INK_STRONG), DH_RIGHT), "%s  %.1f %%",
                       dh_format(room, parts[i].w, "W"), 100 * parts[i].w / facility);
    }
}

/* Where it comes from, in words, where the grid is not the only one. */
static void draw_sources(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    const struct dh_facility *f = v->facility;
    double grid = NAN, sun = NAN, store = NAN, engines = dh_view_value(v, DH_COLUMN_generator_power_w, 0);
    for (int32_t k = 0; k < f->n_site; k++)
        add_to(&grid, dh_view_value(v, DH_COLUMN_site_power_w, k));
    for (int32_t k = 0; k < f->n_onsite; k++)
        add_to(dh_power_is_solar(f, k)     ? &sun
               : dh_power_is_storage(f, k) ? &store
                                           : &engines,
               dh_view_value(v, DH_COLUMN_onsite_power_w, k));
    const struct {
        const char *name;
        double w;
    } sources[] = {
        {"grid",    grid                       },
        {"sun",     sun                        },
        {"storage", store                      },
        {"engines", engines > 0 ? engines : NAN}
    };
    char text[160] = "", room[DH_FORMAT_ROOM];
    size_t n = 0;
    int shown = 0;
    for (int i = 0; i < 4; i++) {
        if (isnan(sources[i].w))
            continue;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s", shown++ ? ",  " : "from ",
                              sources[i].name, dh_format(room, sources[i].w, "W"));
    }
    if (shown > 1 && in->h >= dh_line(v, DH_SMALL))
        dh_scene_word(scene, dh_box_cut_y(in, dh_line(v, DH_SMALL)), dh_plain(DH_SMALL, DH_INK_PLAIN), text);
}

/* ---- figures in columns
 * ------------------------------------------------------------------------------------
 */

struct small_figure {
    const char *name;
    double value;
    const char *unit;
};

static void draw_figures(struct dh_view *v, struct dh_scene *scene, struct dh_box *in,
                         const struct small_figure *f, int n) {
    float small = dh_line(v, DH_SMALL), line = dh_line(v, DH_BODY);
    char room[DH_FORMAT_ROOM];
    struct dh_box row = *in;
    if (in->h < small + line)
        return;
    row = dh_box_cut_y(in, small + line);
    float w = floorf(row.w / (float)n);
    for (int i = 0; i < n; i++) {
        struct dh_box cell = dh_box_cut_x(&row, w);
        cell.w -= 4 * v->s;
        dh_scene_word(scene, dh_box_cut_y(&cell, small), dh_plain(DH_SMALL, DH_INK_FAINT), f[i].name);
        dh_scene_word(scene, cell, dh_plain(DH_BODY, DH_INK_STRONG), dh_format(room, f[i].value, f[i].unit));
    }
}

static void draw_outdoors(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    const struct dh_facility *f = v->facility;
    float needed = dh_line(v, DH_SMALL) + dh_line(v, DH_BODY);
    for (int32_t k = 0; k < f->n_site && k < 3; k++) {
        char title[128];
        struct small_figure figures[4] = {
            {"Dry bulb", dh_view_value(v, DH_COLUMN_site_dry_bulb_degc,     k), "degC" },
            {"Wet bulb", dh_view_value(v, DH_COLUMN_site_wet_bulb_degc,     k), "degC" },
            {"Price",    dh_view_value(v, DH_COLUMN_site_price_usd_per_kwh, k), "$/kWh"},
            {"Carbon",   dh_view_value(v, DH_COLUMN_site_carbon_g_per_kwh,  k), "g/kWh"}
        };
        snprintf(title, sizeof title, "%.100s%s",
                 f->n_site > 1 ? f->site_spec[k]->id : "Outdoors, and the grid",
                 f->n_site > 1 ? ": outdoors, and the grid" : "");
        if (in->h < needed + 32 * v->s || !dh_inspect_section(v, scene, in, title))
            return;
        draw_figures(v, scene, in, figures, 4);
    }
}

static void draw_so_far(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    struct dh_so_far sums = dh_so_far_at(&v->sums, v->source, v->at);
    int64_t done = v->source->ops->done(v->source);
    bool priced = false, mixed = false; /* what is not known is no zero */
    for (int32_t k = 0; k < v->facility->n_site; k++) {
        priced |= !isnan(dh_view_value(v, DH_COLUMN_site_price_usd_per_kwh, k));
        mixed |= !isnan(dh_view_value(v, DH_COLUMN_site_carbon_g_per_kwh, k));
    }
    double usd = priced ? dh_view_value(v, DH_COLUMN_energy_usd, 0) : NAN,
           kg = mixed ? dh_view_value(v, DH_COLUMN_carbon_kg, 0) : NAN, jobs = done < 0 ? NAN : (double)done;
    struct small_figure figures[4] = {
        {"Energy",        sums.facility_j / 3600, "Wh" },
        {"Energy charge", usd,                    "USD"},
        {"Carbon",        kg,                     "kg" },
        {"Jobs done",     jobs,                   "1"  }
    };
    if (in->h >= dh_line(v, DH_SMALL) + dh_line(v, DH_BODY) + 32 * v->s &&
        dh_inspect_section(v, scene, in, "So far"))
        draw_figures(v, scene, in, figures, 4);
}

/* ---- what happened
 * -----------------------------------------------------------------------------------------
 */

static void draw_last_events(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    enum { LOOK_BACK = 20000 };
    const struct dh_source *s = v->source;
    char room[DH_FORMAT_ROOM], text[160];
    if (!dh_inspect_section(v, scene, in, "What happened last"))
        return;
    float line = dh_line(v, DH_SMALL) + 2 * v->s;
    int64_t newest = dh_source_event(s, v->at + 1), i = newest - 1;
    int32_t shown = 0;
    for (; i >= 0 && i > newest - LOOK_BACK && in->h >= line; i--) {
        enum dh_event_class class = dh_event_class(s->events[i].kind);
        if (class == DH_EVENT_QUIET)
            continue;
        struct dh_box row = dh_box_cut_y(in, line), all = row, mark = dh_box_cut_x(&row, 16 * v->s),
                      when = dh_box_cut_x(&row, 118 * v->s);
        struct dh_view_thing t = dh_event_thing(v, &s->events[i]);
        dh_format_instant(room, v->facility->start_unix_s, s->events[i].at, 0);
        dh_scene_word(scene, mark, dh_plain(DH_SMALL, dh_event_color(class)), dh_event_mark(class));
        dh_scene_word(scene, when, dh_plain(DH_SMALL, DH_INK_FAINT), room);
        dh_scene_word(scene, row, dh_plain(DH_SMALL, DH_INK_PLAIN),
                      dh_event_text(v, &s->events[i], text, sizeof text));
        if (t.what != DH_NOTHING)
            dh_scene_hit(scene, all, DH_HIT_THING + (int32_t)t.what, t.row, NULL);
        shown++;
    }
    if (shown == 0)
        dh_scene_word(scene, dh_box_cut_y(in, line), dh_plain(DH_SMALL, DH_INK_FAINT), "nothing so far");
}

void dh_inspect_site(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    const struct dh_facility *f = v->facility;
    char text[160], racks[DH_FORMAT_ROOM], gpus[DH_FORMAT_ROOM];
    snprintf(text, sizeof text, "%s racks, %s GPUs, %d hall%s", dh_format(racks, f->n_rack, "1"),
             dh_format(gpus, (double)f->n_gpu, "1"), (int)f->n_hall, f->n_hall == 1 ? "" : "s");
    dh_scene_word(scene, dh_box_cut_y(in, dh_line(v, DH_SMALL)), dh_plain(DH_SMALL, DH_INK_FAINT), text);
    draw_alerts(v, scene, in);
    draw_flow(v, scene, in);
    draw_sources(v, scene, in);
    draw_outdoors(v, scene, in);
    draw_so_far(v, scene, in);
    draw_last_events(v, scene, in);
}
