/* The inspector: what is selected, in figures; without a selection the site and what happened last. */
#include "viz/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Every recorded figure of one entity, by the words of its columns. */
static void draw_columns(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *rows,
                         int32_t row) {
    size_t skip = 0;
    for (int c = 0; c < DH_N_COLUMN; c++) {
        const struct dh_column *column = &dh_state_columns[c];
        if (strcmp(column->rows, rows) != 0)
            continue;
        char name[64];
        skip = strcspn(column->name, "_") + 1;
        snprintf(name, sizeof name, "%.63s", column->name + skip);
        char *unit = strrchr(name, '_');
        static const char *const units[] = {"_w", "_degc", "_frac", "_s", "_b", "_usd", "_j"};
        for (unsigned i = 0; unit && i < sizeof units / sizeof *units; i++)
            if (strcmp(unit, units[i]) == 0) {
                *unit = '\0';
                break;
            }
        for (char *k = name; *k; k++)
            if (*k == '_')
                *k = ' ';
        dh_row(v, scene, in, name, dh_view_value(v, (enum dh_column_id)c, row), column->unit);
    }
}

static void draw_heading(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *about) {
    dh_scene_word(scene, dh_box_cut_y(in, dh_line(v, DH_SMALL)), dh_plain(DH_SMALL, DH_INK_FAINT), about);
    dh_box_cut_y(in, 6 * v->s);
}

static void draw_section(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *title) {
    dh_box_cut_y(in, 8 * v->s);
    struct dh_box line = dh_box_cut_y(in, dh_line(v, DH_BODY) + 3 * v->s);
    dh_scene_word(scene, line, dh_bold(DH_BODY, DH_INK_PLAIN), title);
    dh_scene_rect(scene, (struct dh_box){line.x, line.y + line.h - 1, line.w, 1}, DH_RULE);
}

/* A bar with its words: "A  chain-a  61 % of 1.2 MW". */
static void draw_load(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *name,
                      double load_w, double rated_w) {
    char load[DH_FORMAT_ROOM], rated[DH_FORMAT_ROOM], text[128];
    snprintf(text, sizeof text, "%s of %s", dh_format(load, load_w, "W"), dh_format(rated, rated_w, "W"));
    dh_row_text(v, scene, in, name, text);
    dh_bar(scene, dh_box_cut_y(in, 5 * v->s), load_w / rated_w, DH_ACCENT);
    dh_box_cut_y(in, 4 * v->s);
}

static void draw_nodes(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t r) {
    const struct dh_facility *f = v->facility;
    const int32_t *job = v->source->ops->node_job(v->source);
    int32_t n = f->rack_nodes[r];
    if (n == 0)
        return;
    draw_section(v, scene, in, "Trays");
    float h = fminf(16 * v->s, fmaxf((in->h - 4 * v->s) / (float)n, 3 * v->s));
    for (int32_t k = 0; k < n && in->h >= h; k++) {
        int32_t node = f->rack_first_node[r] + k;
        struct dh_box row = dh_box_cut_y(in, h), label = {0};
        if (h >= dh_line(v, DH_SMALL) - 1) {
            label = dh_box_cut_x(&row, 30 * v->s);
            dh_scene_wordf(scene, label, dh_plain(DH_SMALL, DH_INK_FAINT), "%d", (int)(n - k));
        }
        int32_t gpus = f->node_gpus[node];
        uint32_t color =
            !job || job[node] < 0
                ? DH_NO_DATA
                : dh_overlay_colors(DH_OVERLAY_JOBS, v->palette)[(uint64_t)job[node] * 2654435761u % 8];
        struct dh_box tray = {row.x, row.y + 1, row.w, row.h - 2};
        if (gpus <= 0 || gpus > 72) {
            dh_scene_rect(scene, tray, color);
            continue;
        }
        float w = tray.w / (float)gpus;
        for (int32_t g = 0; g < gpus; g++)
            dh_scene_rect(scene, (struct dh_box){tray.x + (float)g * w, tray.y, w - 1.5f, tray.h}, color);
    }
}

static void draw_rack(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t r) {
    const struct dh_facility *f = v->facility;
    char text[160];
    int32_t gpus = f->rack_nodes[r] * f->rack_node_gpus[r];
    snprintf(text, sizeof text, "%s   %d nodes, %d GPUs",
             f->rack_hall[r] >= 0 ? f->hall_spec[f->rack_hall[r]]->id : "", (int)f->rack_nodes[r], (int)gpus);
    draw_heading(v, scene, in, text);
    draw_load(v, scene, in, "Power", dh_view_value(v, DH_COLUMN_rack_power_w, r), f->rack_rated_w[r]);
    dh_row(v, scene, in, "Air in", dh_view_value(v, DH_COLUMN_rack_inlet_degc, r), "degC");
    if (f->rack_cdu[r] >= 0)
        dh_row(v, scene, in, "Coolant in", dh_view_value(v, DH_COLUMN_rack_coolant_degc, r), "degC");
    if (gpus > 0) {
        dh_row(v, scene, in, "Hottest GPU", dh_view_value(v, DH_COLUMN_rack_junction_degc, r), "degC");
        dh_row(v, scene, in, "GPU clock", 100 * dh_view_value(v, DH_COLUMN_rack_clock_frac, r), "%");
        snprintf(text, sizeof text, "%.0f of %d", dh_view_value(v, DH_COLUMN_rack_gpus_busy, r), (int)gpus);
        dh_row_text(v, scene, in, "GPUs busy",
                    isnan(dh_view_value(v, DH_COLUMN_rack_gpus_busy, r)) ? "\u2013" : text);
    }
    draw_section(v, scene, in, "Feeds");
    for (int32_t k = 0; k < f->rack_feeds[r] && k < 4; k++) {
        int32_t stage = f->feed_stage[f->rack_first_feed[r] + k];
        snprintf(text, sizeof text, "%c   %.80s", 'A' + k, f->stage_name[stage]);
        draw_load(v, scene, in, text, dh_view_value(v, DH_COLUMN_stage_power_w, stage),
                  f->stage_rated_w[stage]);
    }
    draw_nodes(v, scene, in, r);
}

static void draw_stage(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t k) {
    static const char *const kinds[DH_N_STAGE_KIND] = {"utility feed", "transformer", "UPS", "distribution",
                                                       "generator"};
    const struct dh_facility *f = v->facility;
    char text[160], room[DH_FORMAT_ROOM];
    snprintf(text, sizeof text, "%s   %d units of %s", kinds[f->stage_kind[k]], (int)f->stage_units[k],
             dh_format(room, f->stage_unit_w[k], "W"));
    draw_heading(v, scene, in, text);
    double in_w = dh_view_value(v, DH_COLUMN_stage_power_w, k),
           loss_w = dh_view_value(v, DH_COLUMN_stage_loss_w, k);
    draw_load(v, scene, in, "Output", in_w - loss_w, f->stage_rated_w[k]);
    dh_row(v, scene, in, "Input", in_w, "W");
    dh_row(v, scene, in, "Loss", loss_w, "W");
    dh_row_text(v, scene, in, "State",
                dh_view_value(v, DH_COLUMN_stage_live, k) > 0.5 ? "live" : "\u25b2 without power");
    if (f->stage_ups[k])
        dh_row(v, scene, in, "Battery", dh_view_value(v, DH_COLUMN_stage_battery_j, k), "J");
}

static void draw_last_events(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    const struct dh_source *s = v->source;
    char room[DH_FORMAT_ROOM], text[160];
    draw_section(v, scene, in, "What happened last");
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
    draw_heading(v, scene, in, text);
    dh_row(v, scene, in, "Cooling", dh_view_value(v, DH_COLUMN_cooling_power_w, 0), "W");
    dh_row(v, scene, in, "Losses", dh_view_value(v, DH_COLUMN_loss_power_w, 0), "W");
    for (int32_t k = 0; k < f->n_site && k < 4; k++) {
        if (f->n_site > 1)
            draw_section(v, scene, in, f->site_spec[k]->id);
        dh_row(v, scene, in, "Outdoors, dry bulb", dh_view_value(v, DH_COLUMN_site_dry_bulb_degc, k), "degC");
        dh_row(v, scene, in, "Outdoors, wet bulb", dh_view_value(v, DH_COLUMN_site_wet_bulb_degc, k), "degC");
        dh_row(v, scene, in, "Price", dh_view_value(v, DH_COLUMN_site_price_usd_per_kwh, k), "$/kWh");
        dh_row(v, scene, in, "Carbon", dh_view_value(v, DH_COLUMN_site_carbon_g_per_kwh, k), "g/kWh");
    }
    dh_row(v, scene, in, "Jobs running", dh_view_value(v, DH_COLUMN_running_jobs, 0), "1");
    draw_last_events(v, scene, in);
}

void dh_draw_inspector(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    static const char *const rows[DH_N_WHAT] = {NULL,     NULL,      NULL,     "hall", "cdu",
                                                "cplant", "lplant",  "onsite", "site", "fabric",
                                                "store",  "service", NULL};
    char name[96], title[128];
    struct dh_view_thing t = v->selected;
    dh_scene_hit(scene, box, DH_HIT_PANEL, 0, NULL);
    if (t.what == DH_NOTHING || t.row < 0 || (t.what != DH_A_JOB && t.row >= dh_thing_count(v, t.what))) {
        struct dh_box in = dh_panel(v, scene, box, v->source->name);
        draw_site(v, scene, &in);
        return;
    }
    dh_thing_name(v, t, name);
    snprintf(title, sizeof title, "%s", name);
    struct dh_box head = {box.x + box.w - 32 * v->s, box.y + 6 * v->s, 26 * v->s, 26 * v->s};
    struct dh_box in = dh_panel(v, scene, box, NULL);
    struct dh_box line = dh_box_cut_y(&in, dh_line(v, DH_TITLE));
    dh_box_cut_x(&line, -32 * v->s);
    dh_scene_word(scene, line, dh_bold(DH_TITLE, DH_INK_STRONG), title);
    dh_button(v, scene, head, "\u2715", false, DH_HIT_CLOSE, 0, "Escape");
    dh_box_cut_y(&in, 2 * v->s);
    if (t.what == DH_A_RACK) {
        draw_rack(v, scene, &in, t.row);
        return;
    }
    if (t.what == DH_A_STAGE) {
        draw_stage(v, scene, &in, t.row);
        return;
    }
    draw_heading(v, scene, &in, dh_what_name(t.what));
    if (rows[t.what])
        draw_columns(v, scene, &in, rows[t.what], t.row);
}
