/* The inspector: what is selected, in figures; without a selection the site and what happened last. */
#include "viz/inspect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void draw_last_events(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    const struct dh_source *s = v->source;
    char room[DH_FORMAT_ROOM], text[160];
    if (!dh_inspect_section(v, scene, in, "What happened last"))
        return;
    float line = dh_line(v, DH_SMALL) + 2 * v->s;
    int32_t shown = 0;
    for (int64_t i = dh_source_event(s, v->at + 1) - 1; i >= 0 && in->h >= line && shown < 200; i--) {
        if (!dh_event_matters(&s->events[i]))
            continue;
        struct dh_box row = dh_box_cut_y(in, line), when = dh_box_cut_x(&row, 118 * v->s);
        struct dh_view_thing t = dh_event_thing(v, &s->events[i]);
        dh_format_instant(room, v->facility->start_unix_s, s->events[i].at, 0);
        dh_scene_word(scene, when, dh_plain(DH_SMALL, DH_INK_FAINT), room);
        dh_scene_word(scene, row, dh_plain(DH_SMALL, DH_INK_PLAIN),
                      dh_event_text(v, &s->events[i], text, sizeof text));
        if (t.what != DH_NOTHING)
            dh_scene_hit(scene, (struct dh_box){when.x, when.y, when.w + row.w, row.h},
                         DH_HIT_THING + (int32_t)t.what, t.row, NULL);
        shown++;
    }
    if (shown == 0)
        dh_scene_word(scene, dh_box_cut_y(in, line), dh_plain(DH_SMALL, DH_INK_FAINT), "nothing so far");
}

static void draw_site(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    const struct dh_facility *f = v->facility;
    char text[128];
    snprintf(text, sizeof text, "%d racks, %lld GPUs, %d halls", (int)f->n_rack, (long long)f->n_gpu,
             (int)f->n_hall);
    dh_inspect_heading(v, scene, in, text);
    dh_row(v, scene, in, "Cooling", dh_view_value(v, DH_COLUMN_cooling_power_w, 0), "W");
    dh_row(v, scene, in, "Losses", dh_view_value(v, DH_COLUMN_loss_power_w, 0), "W");
    for (int32_t k = 0; k < f->n_site && k < 4; k++) {
        if (f->n_site > 1)
            dh_inspect_section(v, scene, in, f->site_spec[k]->id);
        dh_row(v, scene, in, "Outdoors, dry bulb", dh_view_value(v, DH_COLUMN_site_dry_bulb_degc, k), "degC");
        dh_row(v, scene, in, "Outdoors, wet bulb", dh_view_value(v, DH_COLUMN_site_wet_bulb_degc, k), "degC");
        dh_row(v, scene, in, "Price", dh_view_value(v, DH_COLUMN_site_price_usd_per_kwh, k), "$/kWh");
        dh_row(v, scene, in, "Carbon", dh_view_value(v, DH_COLUMN_site_carbon_g_per_kwh, k), "g/kWh");
    }
    dh_row(v, scene, in, "Jobs running", dh_view_value(v, DH_COLUMN_running_jobs, 0), "1");
    draw_last_events(v, scene, in);
}

/* By mouse what the keys do. */
static void draw_head_buttons(struct dh_view *v, struct dh_scene *scene, struct dh_box *line,
                              struct dh_view_thing t) {
    static const struct {
        const char *word, *tip;
        int key;
    } buttons[] = {
        {"Y", "Y: copy its figures",                                 'y'},
        {"C", "C: pin it, to compare it with what is selected next", 'c'}
    };
    for (int i = 0; i < 2; i++) {
        struct dh_box b = dh_box_cut_x(line, -24 * v->s);
        dh_box_cut_x(&b, -2 * v->s);
        dh_scene_rect(scene, b, DH_RAISED);
        dh_button(v, scene, dh_box_inset(b, 1 * v->s), buttons[i].word, i == 1 && dh_pin_has(v, t),
                  DH_HIT_KEY, buttons[i].key, buttons[i].tip);
        if (t.what == DH_A_JOB)
            break;
    }
    dh_box_cut_x(line, -4 * v->s);
}

static void draw_strip(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, uint32_t color,
                       const char *text) {
    float line = dh_line(v, DH_BODY) + 4 * v->s;
    if (in->h < 2 * line)
        return;
    struct dh_box row = dh_box_cut_y(in, line);
    dh_scene_tint(scene, row, color, 40);
    dh_box_cut_x(&row, 4 * v->s);
    dh_scene_word(scene, row, dh_bold(DH_BODY, color), text);
    dh_box_cut_y(in, 2 * v->s);
}

/* What was done to it and what of it is out, before all figures. */
static void draw_condition(struct dh_view *v, struct dh_scene *scene, struct dh_box *in,
                           struct dh_view_thing t) {
    struct dh_condition c;
    char text[200], value[DH_FORMAT_ROOM];
    dh_view_condition(v, t, &c);
    if (*dh_condition_text(&c, text, sizeof text))
        draw_strip(v, scene, in, DH_AMBER, text);
    snprintf(text, sizeof text, "Cap set by hand: %s", dh_format(value, c.cap_w, "W"));
    if (!isnan(c.cap_w))
        draw_strip(v, scene, in, DH_ACCENT, text);
    snprintf(text, sizeof text, "GPU cap set by hand: %s each", dh_format(value, c.gpu_cap_w, "W"));
    if (!isnan(c.gpu_cap_w))
        draw_strip(v, scene, in, DH_ACCENT, text);
    snprintf(text, sizeof text, "Set-point set by hand: %s", dh_format(value, dh_view_supply(v, t), "degC"));
    if (c.set)
        draw_strip(v, scene, in, DH_ACCENT, text);
}

void dh_draw_inspector(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    char name[96], title[128];
    struct dh_view_thing t = v->selected;
    dh_scene_hit(scene, box, DH_HIT_PANEL, 0, NULL);
    if (dh_pins_shown(v)) {
        struct dh_box head = {box.x + box.w - 32 * v->s, box.y + 6 * v->s, 26 * v->s, 26 * v->s};
        struct dh_box in = dh_panel(v, scene, box, "Compared"), deeds = dh_deeds_cut(v, &in);
        dh_button(v, scene, head, "\u2715", false, DH_HIT_UNPIN, -1, "Escape: compare no longer");
        dh_draw_pins(v, scene, in);
        dh_draw_deeds(v, scene, deeds);
        return;
    }
    if (t.what == DH_NOTHING || t.row < 0 || (t.what != DH_A_JOB && t.row >= dh_thing_count(v, t.what))) {
        struct dh_box in = dh_panel(v, scene, box, v->source->name), deeds = dh_deeds_cut(v, &in);
        draw_site(v, scene, &in);
        dh_draw_deeds(v, scene, deeds);
        return;
    }
    dh_thing_name(v, t, name);
    snprintf(title, sizeof title, "%s", name);
    struct dh_box head = {box.x + box.w - 32 * v->s, box.y + 6 * v->s, 26 * v->s, 26 * v->s};
    struct dh_box in = dh_panel(v, scene, box, NULL);
    struct dh_box line = dh_box_cut_y(&in, dh_line(v, DH_TITLE));
    dh_box_cut_x(&line, -32 * v->s);
    draw_head_buttons(v, scene, &line, t);
    dh_scene_word(scene, line, dh_bold(DH_TITLE, DH_INK_STRONG), title);
    dh_button(v, scene, head, "\u2715", false, DH_HIT_CLOSE, 0, "Escape");
    dh_box_cut_y(&in, 2 * v->s);
    struct dh_box deeds = dh_deeds_cut(v, &in);
    dh_draw_deeds(v, scene, deeds);
    draw_condition(v, scene, &in, t);
    switch (t.what) {
    case DH_A_RACK:
        dh_inspect_rack(v, scene, &in, t.row);
        break;
    case DH_A_STAGE:
        dh_inspect_stage(v, scene, &in, t.row);
        break;
    case DH_AN_ONSITE:
        dh_inspect_onsite(v, scene, &in, t.row);
        break;
    case DH_A_HALL:
        dh_inspect_hall(v, scene, &in, t.row);
        break;
    case DH_A_CDU:
        dh_inspect_cdu(v, scene, &in, t.row);
        break;
    case DH_A_CPLANT:
        dh_inspect_cplant(v, scene, &in, t.row);
        break;
    case DH_AN_LPLANT:
        dh_inspect_lplant(v, scene, &in, t.row);
        break;
    case DH_A_JOB:
        dh_draw_job(v, scene, &in, t.row);
        break;
    default:
        dh_inspect_heading(v, scene, &in, dh_what_name(t.what));
        if (dh_thing_rows(t.what))
            dh_inspect_columns(v, scene, &in, dh_thing_rows(t.what), t.row);
        break;
    }
}
