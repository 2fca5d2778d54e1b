/* A rack: its figures, what feeds it, its elevation, and who holds its GPUs. */
#include "viz/inspect.h"
#include "viz/near.h"
#include "viz/power_item.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- feeds
 * -------------------------------------------------------------------------------------------------
 */

/* The load of the stage that feeds it over its rating, with where its breaker trips as a mark on the bar. */
static void draw_feed(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t stage,
                      int32_t order, bool several) {
    const struct dh_facility *f = v->facility;
    const struct dh_power_now *now = &v->power_map.now[stage];
    float s = v->s, body = dh_line(v, DH_BODY), small = dh_line(v, DH_SMALL);
    double rated_w = now->rated_w, trip = rated_w > 0 ? now->carries_w / rated_w : NAN;
    char load[DH_FORMAT_ROOM], rated[DH_FORMAT_ROOM], forms[256], text[256];
    struct dh_box all = *in;
    bool low = in->h < 300 * s; /* the elevation needs what there is */
    if (in->h < body + small + 12 * s)
        return;
    struct dh_box line = dh_box_cut_y(in, body + 2 * s);
    uint8_t side = (uint8_t)(1u << (order < 3 ? order : 3));
    if (several) {
        dh_badge(v, scene, dh_box_inset(dh_box_cut_x(&line, 17 * s), 1.5f * s), dh_power_color(side),
                 dh_power_letter(side));
        dh_box_cut_x(&line, 5 * s);
    }
    bool open = now->open && !now->live, over = now->out_w > rated_w * DH_BEYOND;
    if (f->stage_breaker[stage]) {
        dh_power_breaker(v, scene, dh_box_cut_x(&line, -14 * s), open);
        dh_box_cut_x(&line, -4 * s);
    }
    dh_format(load, now->out_w, "W");
    dh_format(rated, rated_w, "W");
    snprintf(forms, sizeof forms, "%s of %s\n%s", load, rated, load);
    if (!now->live)
        snprintf(forms, sizeof forms, "%s", open ? "\u25b2 breaker open" : "\u25b2 dead");
    dh_fitting(v, DH_BODY, false, line.w * 0.62f, forms, text, sizeof text);
    float w = (float)dh_type_width(&v->type, DH_BODY, false, text, strlen(text));
    dh_scene_word(scene, dh_box_cut_x(&line, -w),
                  dh_plain(DH_BODY, over || !now->live ? DH_RED : DH_INK_STRONG), text);
    dh_box_cut_x(&line, -8 * s);
    dh_scene_word(scene, line, dh_plain(DH_BODY, DH_ACCENT), f->stage_name[stage]);
    double full = isnan(trip) ? 1 : fmax(trip, 1);
    struct dh_box bar = dh_box_cut_y(in, 7 * s), filled = bar;
    dh_scene_rect(scene, bar, DH_RAISED);
    filled.w *= (float)fmin(fmax(now->out_w / rated_w / full, 0), 1);
    if (isfinite(now->out_w / rated_w))
        dh_scene_rect(scene, filled, over ? DH_RED : several ? dh_power_color(side) : DH_ACCENT);
    if (full > 1)
        dh_scene_rect(
            scene,
            (struct dh_box){floorf(bar.x + bar.w / (float)full - 1 * s), bar.y - 2 * s, 2 * s, bar.h + 4 * s},
            DH_INK_STRONG);
    if (!isnan(trip))
        dh_scene_rect(scene,
                      (struct dh_box){bar.x + bar.w * (float)(trip / full) - 2 * s, bar.y - 2 * s, 2 * s,
                                      bar.h + 4 * s},
                      DH_RED);
    struct dh_box note = dh_box_cut_y(in, low && isnan(trip) ? 0 : small + 2 * s);
    if (!isnan(trip)) {
        dh_format(rated, now->carries_w, "W");
        snprintf(forms, sizeof forms, "would trip, in the long run, above %s\ntrips in the end above %s",
                 rated, rated);
        dh_fitting(v, DH_SMALL, false, note.w - 96 * s, forms, text, sizeof text);
        dh_scene_word(scene, note, dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_RIGHT), text);
        w = (float)dh_type_width(&v->type, DH_SMALL, false, text, strlen(text)) + 8 * s;
        dh_box_cut_x(&note, -w);
    }
    const char *mark = over ? "\u25b2 " : now->out_w > now->near_w ? "\u25b3 " : "";
    snprintf(forms, sizeof forms, "%s%.0f %% of rating\n%s%.0f %%", mark, 100 * now->share, mark,
             100 * now->share);
    if (isfinite(now->share) && note.h > 0)
        dh_scene_word(scene, note, dh_plain(DH_SMALL, DH_INK_FAINT),
                      dh_fitting(v, DH_SMALL, false, note.w, forms, text, sizeof text));
    bool alone = now->without >= 0 && now->without_w > DH_BEYOND * rated_w && !over;
    if (alone && in->h >= small + 2 * s)
        dh_scene_wordf(scene, dh_box_cut_y(in, small + 2 * s), dh_plain(DH_SMALL, DH_AMBER),
                       "\u25b3 %.0f %% without %s", 100 * now->without_w / rated_w,
                       f->stage_name[now->without]);
    dh_box_cut_y(in, 2 * s);
    all.h -= in->h;
    dh_scene_hit(scene, all, DH_HIT_THING + DH_A_STAGE, stage, NULL);
}

static void draw_feeds(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t r) {
    const struct dh_facility *f = v->facility;
    int32_t n = f->rack_feeds[r] < 4 ? f->rack_feeds[r] : 4;
    bool breaker = false;
    for (int32_t k = 0; k < n; k++)
        breaker |= f->stage_breaker[f->feed_stage[f->rack_first_feed[r] + k]] != NULL;
    const char *title = n > 1     ? breaker ? "Feeds and their breakers" : "Feeds"
                        : breaker ? "Feed and its breaker"
                                  : "Feed";
    if (n == 0 || !dh_inspect_section(v, scene, in, title))
        return;
    dh_box_cut_y(in, 2 * v->s);
    dh_power_map_read(&v->power_map, v->source);
    for (int32_t k = 0; k < n; k++)
        draw_feed(v, scene, in, f->feed_stage[f->rack_first_feed[r] + k], k, f->rack_feeds[r] > 1);
}

/* ---- how the elevation stands
 * ---------------------------------------------------------------------------------
 */

static const struct dh_rack_type_spec *type_of(const struct dh_facility *f, int32_t r) {
    int32_t row = f->rack_row[r];
    if (r >= f->n_rack - f->n_bare_rack)
        return NULL;
    for (int32_t h = 0; h < f->n_hall; row -= f->hall_spec[h++]->n_rows)
        if (row < f->hall_spec[h]->n_rows)
            return row >= 0 ? dh_scenario_rack_type(f->scenario, f->hall_spec[h]->rows[row].rack) : NULL;
    return NULL;
}

static bool has_top(const struct dh_facility *f, int32_t r) {
    return f->rack_overhead_w[r] > 0;
}

static bool has_bottom(const struct dh_facility *f, int32_t r) {
    const struct dh_rack_type_spec *type = type_of(f, r);
    return type && type->supplies > 1;
}

/* Height of switches and supplies above and below the trays. */
static float slots_h(const struct dh_view *v, int32_t r) {
    return (float)(has_top(v->facility, r) + has_bottom(v->facility, r)) * (dh_line(v, DH_SMALL) + 2 * v->s);
}

/* Height of a tray, where so much is left for the section. Trays that have room for it say whose they are. */
static float tray_pitch(const struct dh_view *v, int32_t r, float h) {
    float s = v->s, head = 8 * s + dh_line(v, DH_BODY) + dh_line(v, DH_SMALL) + 6 * s;
    int32_t n = v->facility->rack_nodes[r];
    return n > 0 ? fminf(floorf((h - head - slots_h(v, r) - 8 * s) / (float)n), 20 * s) : 0;
}

/* ---- jobs
 * --------------------------------------------------------------------------------------------------
 */

enum { MOST_JOBS = 64 };

struct share {
    int32_t job, nodes, gpus;
};

static int by_gpus(const void *a, const void *b) {
    const struct share *x = a, *y = b;
    return x->gpus != y->gpus ? y->gpus - x->gpus : x->job - y->job;
}

/* Jobs that hold nodes of the rack, those with most of its GPUs first; how many. */
static int32_t find_jobs(const struct dh_facility *f, const int32_t *node_job, int32_t r,
                         struct share out[static MOST_JOBS]) {
    int32_t n = 0;
    for (int32_t node = f->rack_first_node[r]; node_job && node < f->rack_first_node[r] + f->rack_nodes[r];
         node++) {
        int32_t k = 0;
        if (node_job[node] < 0)
            continue;
        while (k < n && out[k].job != node_job[node])
            k++;
        if (k == MOST_JOBS)
            continue;
        if (k == n)
            out[n++] = (struct share){.job = node_job[node]};
        out[k].nodes++;
        out[k].gpus += f->node_gpus[node];
    }
    qsort(out, (size_t)n, sizeof *out, by_gpus);
    return n;
}

static void draw_jobs(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t r) {
    struct share jobs[MOST_JOBS];
    int32_t n = find_jobs(v->facility, v->source->ops->node_job(v->source), r, jobs);
    float line = dh_line(v, DH_BODY) + 2 * v->s;
    int32_t most = (int32_t)fminf((in->h - 2 * line) / line / 3, 6);
    most = most < n ? most : n;
    float need = 11 * v->s + (float)(most + 1) * line; /* the elevation comes first */
    if (tray_pitch(v, r, in->h) >= dh_line(v, DH_SMALL) || tray_pitch(v, r, in->h - need) < 4 * v->s ||
        most < (n > 1 ? 2 : 1) || !dh_inspect_section(v, scene, in, "Jobs on its nodes"))
        return;
    for (int32_t i = 0; i < n && i < most && in->h >= line; i++) {
        struct dh_view_job job;
        char name[64], text[64];
        struct dh_box at = *in, rest = *in, swatch = dh_box_cut_x(&rest, 14 * v->s);
        if (v->source->ops->job(v->source, jobs[i].job, &job) && *job.name)
            snprintf(name, sizeof name, "%s", job.name);
        else
            snprintf(name, sizeof name, "job in row %d", (int)jobs[i].job);
        if (i + 1 == most && n > most) {
            dh_scene_wordf(scene, dh_box_cut_y(in, line), dh_plain(DH_SMALL, DH_INK_FAINT), "and %d more",
                           (int)(n - most + 1));
            return;
        }
        snprintf(text, sizeof text, "%d GPUs on %d node%s", (int)jobs[i].gpus, (int)jobs[i].nodes,
                 jobs[i].nodes == 1 ? "" : "s");
        dh_scene_rect(scene,
                      (struct dh_box){swatch.x, floorf(at.y + line / 2 - 5 * v->s), 10 * v->s, 10 * v->s},
                      dh_job_color(jobs[i].job));
        dh_inspect_link(v, scene, &rest, (struct dh_view_thing){DH_A_JOB, jobs[i].job}, name, text);
        dh_box_cut_y(in, line);
    }
}

/* ---- the elevation
 * -----------------------------------------------------------------------------------------
 */

/* Accelerators of a tray, a cell each in the colour of the job that holds it. */
static void draw_tray(struct dh_view *v, struct dh_scene *scene, struct dh_box tray, int32_t node,
                      const int32_t *job) {
    const struct dh_facility *f = v->facility;
    int32_t gpus = f->node_gpus[node];
    bool held = job && job[node] >= 0;
    uint32_t color = held ? dh_job_color(job[node]) : DH_NO_DATA;
    bool chosen = held && v->selected.what == DH_A_JOB && v->selected.row == job[node];
    dh_scene_rect(scene, tray, 0x12171D);
    struct dh_box in = tray.h >= 5 * v->s ? dh_box_inset(tray, 1 * v->s) : tray;
    float w = gpus > 0 ? in.w / (float)gpus : 0;
    if (gpus <= 0 || w < 2)
        dh_scene_rect(scene, in, gpus > 0 ? color : 0x2A323C);
    else
        for (int32_t g = 0; g < gpus; g++) {
            float x = floorf(in.x + (float)g * w), right = floorf(in.x + (float)(g + 1) * w);
            struct dh_box cell = {x, in.y, right - x - fmaxf(1, floorf(w / 12)), in.h};
            dh_scene_rect(scene, cell, color);
        }
    if (chosen)
        dh_scene_frame(scene, tray, 1 * v->s, DH_INK_STRONG);
    if (held)
        dh_scene_hit(scene, tray, DH_HIT_THING + DH_A_JOB, job[node], NULL);
}

/* A slot that holds no trays: switches, supplies. */
static void draw_slot(struct dh_view *v, struct dh_scene *scene, struct dh_box slot, const char *text) {
    dh_scene_rect(scene, slot, 0x2A323C);
    dh_scene_word(scene, (struct dh_box){slot.x + 5 * v->s, slot.y, slot.w - 10 * v->s, slot.h},
                  dh_plain(DH_SMALL, DH_INK_FAINT), text);
}

/* Whose it is, beside the tray. */
static void draw_holder(struct dh_view *v, struct dh_scene *scene, struct dh_box box, int32_t node,
                        const int32_t *job) {
    struct dh_view_job held;
    char room[64];
    if (!job)
        return;
    bool found = job[node] >= 0 && v->source->ops->job(v->source, job[node], &held);
    dh_scene_word(scene, box, dh_plain(DH_SMALL, found ? DH_INK_PLAIN : DH_INK_FAINT),
                  dh_fitting(v, DH_SMALL, false, box.w,
                             found            ? held.name
                             : job[node] >= 0 ? "a job"
                                              : "free",
                             room, sizeof room));
}

/* The cabinet: switches on top, trays numbered from below, supplies at the bottom. */
static void draw_elevation(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t r) {
    const struct dh_facility *f = v->facility;
    const struct dh_rack_type_spec *type = type_of(f, r);
    const int32_t *job = v->source->ops->node_job(v->source);
    int32_t n = f->rack_nodes[r];
    float s = v->s, small = dh_line(v, DH_SMALL), pitch = tray_pitch(v, r, in->h);
    char text[128], w[DH_FORMAT_ROOM];
    double power_w = dh_view_value(v, DH_COLUMN_rack_power_w, r) - f->rack_overhead_w[r];
    if (pitch < 2 * s || !dh_inspect_section(v, scene, in, "Elevation"))
        return;
    struct dh_box head = dh_box_cut_y(in, small);
    dh_format(w, power_w / n, "W");
    if (f->rack_node_gpus[r] > 0)
        snprintf(text, sizeof text, "%d trays of %d GPUs, on average %s each", (int)n,
                 (int)f->rack_node_gpus[r], w);
    else
        snprintf(text, sizeof text, "%d nodes without GPUs, on average %s each", (int)n, w);
    dh_scene_word(scene, head, dh_plain(DH_SMALL, DH_INK_FAINT), text);
    dh_box_cut_y(in, 3 * s);
    struct dh_box cabinet = dh_box_cut_y(in, pitch * (float)n + slots_h(v, r) + 6 * s);
    bool words = pitch >= small, gpus = f->rack_node_gpus[r] > 0;
    struct dh_box numbers = dh_box_cut_x(&cabinet, words ? 24 * s : 0);
    dh_scene_rect(scene, cabinet, 0x0B0E12);
    dh_scene_frame(scene, cabinet, 2 * s, 0x3A4754);
    struct dh_box inner = dh_box_inset(cabinet, 3 * s);
    if (has_top(f, r)) {
        snprintf(text, sizeof text, "switches, management: %s", dh_format(w, f->rack_overhead_w[r], "W"));
        draw_slot(v, scene, dh_box_cut_y(&inner, small + 1 * s), text);
        dh_box_cut_y(&inner, 1 * s);
    }
    for (int32_t k = 0; k < n; k++) {
        struct dh_box row = dh_box_cut_y(&inner, pitch);
        int32_t number = n - k,
                node = f->rack_first_node[r] + number - 1; /* the first node is the lowest one */
        if (words) {
            dh_scene_wordf(scene, (struct dh_box){numbers.x, row.y, numbers.w - 5 * s, row.h},
                           dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_RIGHT), "%d", (int)number);
            struct dh_box name = dh_box_cut_x(&row, gpus && job ? -row.w * 0.36f : 0);
            if (gpus && job)
                draw_holder(v, scene, (struct dh_box){name.x + 6 * s, name.y, name.w - 6 * s, name.h}, node,
                            job);
        }
        row.h -= pitch >= 3 * s ? 1 * s : 0;
        draw_tray(v, scene, row, node, job);
    }
    if (has_bottom(f, r)) {
        double each_w =
            type->supply_rated_w > 0 ? type->supply_rated_w : type->rated_w / (double)type->supplies;
        snprintf(text, sizeof text, "%lld supplies of %s", (long long)type->supplies,
                 dh_format(w, each_w, "W"));
        dh_box_cut_y(&inner, 1 * s);
        draw_slot(v, scene, dh_box_cut_y(&inner, small + 1 * s), text);
    }
}

/* ---- all of it
 * ---------------------------------------------------------------------------------------------
 */

/* What failed in it; what was drained is told above. */
static void draw_state(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t r) {
    enum dh_rack_mark mark = v->rack_marks.mark ? (enum dh_rack_mark)v->rack_marks.mark[r] : DH_MARK_NONE;
    char text[96];
    if (mark == DH_MARK_NONE || mark == DH_MARK_DRAINED)
        return;
    int32_t nodes = v->rack_marks.out[r];
    if (nodes > 0 && nodes < v->facility->rack_nodes[r])
        snprintf(text, sizeof text, "\u25b2 %d of %d nodes out", (int)nodes, (int)v->facility->rack_nodes[r]);
    else
        snprintf(text, sizeof text, "\u25b2 %s", dh_rack_mark_word(mark));
    dh_row_text(v, scene, in, "State", text);
}

struct pair {
    const char *name;
    char value[DH_FORMAT_ROOM];
};

static void add_figure(struct pair *pairs, int *n, const char *name, double value, const char *unit) {
    pairs[*n].name = name;
    dh_format(pairs[(*n)++].value, value, unit);
}

/* Two figures a line: rows are few. */
static void draw_pairs(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const struct pair *pairs,
                       int n) {
    for (int i = 0; i < n; i += 2) {
        struct dh_box line = dh_box_cut_y(in, dh_line(v, DH_BODY) + 2 * v->s);
        float half = floorf((line.w - 18 * v->s) / 2);
        for (int k = i; k < n && k < i + 2 && line.h >= dh_line(v, DH_BODY); k++) {
            struct dh_box box = {line.x + (k > i ? line.w - half : 0), line.y, half, line.h};
            float w = (float)dh_type_width(&v->type, DH_BODY, false, pairs[k].value, strlen(pairs[k].value));
            dh_scene_word(scene, dh_box_cut_x(&box, -w), dh_plain(DH_BODY, DH_INK_STRONG), pairs[k].value);
            dh_box_cut_x(&box, -6 * v->s);
            dh_scene_word(scene, box, dh_plain(DH_BODY, DH_INK_FAINT), pairs[k].name);
        }
    }
}

/* Of what time they are: racks are recorded more rarely than all else. */
static void draw_times(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    char mean[64], end[64], forms[512], text[192];
    struct dh_box line = dh_box_cut_y(in, dh_line(v, DH_SMALL));
    bool now = dh_overlay_time(v->source, DH_OVERLAY_GPUS) == DH_OVERLAY_NOW;
    dh_rack_time(v, DH_OVERLAY_MEAN, mean);
    dh_rack_time(v, DH_OVERLAY_END, end);
    snprintf(forms, sizeof forms, "Power: %s; temperatures, clock%s: %s\nPower: %s; the rest: %s\n%s; %s",
             mean, now ? "" : ", GPUs", end, mean, end, mean, end);
    dh_scene_word(scene, line, dh_plain(DH_SMALL, DH_INK_FAINT),
                  dh_fitting(v, DH_SMALL, false, line.w, forms, text, sizeof text));
}

void dh_inspect_rack(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t r) {
    const struct dh_facility *f = v->facility;
    char text[160];
    int32_t gpus = f->rack_nodes[r] * f->rack_node_gpus[r];
    const char *hall = f->rack_hall[r] >= 0 ? f->hall_spec[f->rack_hall[r]]->id : "";
    if (f->rack_nodes[r] > 0)
        snprintf(text, sizeof text, "%s   %d nodes, %d GPUs", hall, (int)f->rack_nodes[r], (int)gpus);
    else
        snprintf(text, sizeof text, "%s   %s", hall,
                 dh_rack_is_switches(f, r) ? "switches of a fabric" : "a store of data");
    dh_inspect_heading(v, scene, in, text);
    draw_state(v, scene, in, r);
    dh_inspect_load(v, scene, in, "Power", dh_view_value(v, DH_COLUMN_rack_power_w, r), f->rack_rated_w[r]);
    struct pair figures[5];
    int n = 0;
    add_figure(figures, &n, "Air in", dh_view_value(v, DH_COLUMN_rack_inlet_degc, r), "degC");
    if (f->rack_cdu[r] >= 0)
        add_figure(figures, &n, "Coolant in", dh_view_value(v, DH_COLUMN_rack_coolant_degc, r), "degC");
    if (gpus > 0) {
        double busy = dh_source_rack_gpus(v->source, r);
        add_figure(figures, &n, "Hottest GPU", dh_view_value(v, DH_COLUMN_rack_junction_degc, r), "degC");
        double clock = 100 * dh_view_value(v, DH_COLUMN_rack_clock_frac, r);
        add_figure(figures, &n,
                   clock <= 0      ? "\u25b2 GPU clock"
                   : clock < 99.95 ? "\u25b3 GPU clock"
                                   : "GPU clock",
                   clock, "%");
        add_figure(figures, &n, "GPUs busy", busy, "1");
        if (isfinite(busy))
            snprintf(figures[n - 1].value, sizeof figures[n - 1].value, "%.0f of %d", busy, (int)gpus);
    }
    draw_pairs(v, scene, in, figures, n);
    draw_times(v, scene, in);
    dh_inspect_rack_day(v, scene, in, "Power, last 24 h", DH_COLUMN_rack_power_w, r, f->rack_rated_w[r]);
    draw_feeds(v, scene, in, r);
    draw_jobs(v, scene, in, r);
    draw_elevation(v, scene, in, r);
    dh_inspect_events(v, scene, in, (struct dh_view_thing){DH_A_RACK, r});
}
