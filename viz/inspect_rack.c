/* A rack: its figures, what feeds it, its trays and who holds their GPUs. */
#include "viz/inspect.h"

#include <math.h>
#include <stdio.h>

static void draw_nodes(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t r) {
    const struct dh_facility *f = v->facility;
    const int32_t *job = v->source->ops->node_job(v->source);
    int32_t n = f->rack_nodes[r];
    if (n == 0 || !dh_inspect_section(v, scene, in, "Trays"))
        return;
    float h = fminf(16 * v->s, fmaxf((in->h - 4 * v->s) / (float)n, 3 * v->s));
    for (int32_t k = 0; k < n && in->h >= h; k++) {
        int32_t node = f->rack_first_node[r] + k;
        struct dh_box row = dh_box_cut_y(in, h), label = {0};
        if (h >= dh_line(v, DH_SMALL) - 1) {
            label = dh_box_cut_x(&row, 30 * v->s);
            dh_scene_wordf(scene, label, dh_plain(DH_SMALL, DH_INK_FAINT), "%d", (int)(n - k));
        }
        int32_t gpus = f->node_gpus[node];
        uint32_t color = !job || job[node] < 0 ? DH_NO_DATA : dh_job_color(job[node]);
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

static void draw_feeds(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t r) {
    const struct dh_facility *f = v->facility;
    if (!dh_inspect_section(v, scene, in, "Feeds"))
        return;
    for (int32_t k = 0; k < f->rack_feeds[r] && k < 4; k++) {
        int32_t stage = f->feed_stage[f->rack_first_feed[r] + k];
        char text[128];
        struct dh_box line = *in;
        snprintf(text, sizeof text, "%c   %.80s", 'A' + k, f->stage_name[stage]);
        dh_inspect_load(v, scene, in, text, dh_view_value(v, DH_COLUMN_stage_power_w, stage),
                        f->stage_rated_w[stage]);
        line.h -= in->h;
        if (line.h > 0)
            dh_scene_hit(scene, line, DH_HIT_THING + DH_A_STAGE, stage, "click: show this feed");
    }
}

void dh_inspect_rack(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t r) {
    const struct dh_facility *f = v->facility;
    char text[160];
    int32_t gpus = f->rack_nodes[r] * f->rack_node_gpus[r];
    snprintf(text, sizeof text, "%s   %d nodes, %d GPUs",
             f->rack_hall[r] >= 0 ? f->hall_spec[f->rack_hall[r]]->id : "", (int)f->rack_nodes[r], (int)gpus);
    dh_inspect_heading(v, scene, in, text);
    dh_inspect_load(v, scene, in, "Power", dh_view_value(v, DH_COLUMN_rack_power_w, r), f->rack_rated_w[r]);
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
    dh_inspect_rack_day(v, scene, in, "Power, last 24 h", DH_COLUMN_rack_power_w, r, f->rack_rated_w[r]);
    draw_feeds(v, scene, in, r);
    draw_nodes(v, scene, in, r);
    dh_inspect_events(v, scene, in, (struct dh_view_thing){DH_A_RACK, r});
}
