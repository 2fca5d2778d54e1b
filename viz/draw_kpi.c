/* The strip of key figures, and the row of tabs and overlays below it. */
#include "viz/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct tile {
    const char *name, *tip;
    double value;
    const char *unit;
    enum dh_column_id chart; /* what a click puts on the timeline */
    int level;               /* 0 fine, 1 near a limit, 2 beyond */
};

/* Usable rating of the utilities, W; NAN: none. */
static double utility_rating(const struct dh_facility *f) {
    double sum = 0;
    for (int32_t k = 0; k < f->n_stage; k++)
        if (f->stage_kind[k] == DH_STAGE_UTILITY)
            sum += f->stage_rated_w[k];
    return sum > 0 ? sum : NAN;
}

/* Energy and carbon an hour at this instant, over all sites. */
static double per_hour(struct dh_view *v, enum dh_column_id factor) {
    double sum = 0;
    for (int32_t k = 0; k < v->facility->n_site; k++)
        sum += dh_view_value(v, DH_COLUMN_site_power_w, k) / 1000 * dh_view_value(v, factor, k);
    return sum;
}

static double slo_share(struct dh_view *v) {
    int32_t n = 0, met = 0;
    for (int32_t k = 0; k < v->facility->n_service; k++) {
        double ttft = dh_view_value(v, DH_COLUMN_service_ttft_s, k),
               limit = v->facility->service_spec[k]->slo_ttft_s;
        if (isnan(ttft) || !(limit > 0))
            continue;
        n++;
        met += ttft <= limit;
    }
    return n > 0 ? 100.0 * met / n : NAN;
}

static int level_of(double value, double near_limit, double limit) {
    return value > limit ? 2 : value > near_limit ? 1 : 0;
}

static void draw_tile(struct dh_view *v, struct dh_scene *scene, struct dh_box box, const struct tile *t) {
    static const uint32_t marks[] = {DH_RULE, DH_AMBER, DH_RED};
    float s = v->s;
    dh_scene_rect(scene, box, DH_PANEL);
    dh_scene_rect(scene, (struct dh_box){box.x, box.y, 3 * s, box.h}, marks[t->level]);
    dh_scene_hit(scene, box, DH_HIT_KPI, (int32_t)t->chart, t->tip);
    struct dh_box in = {box.x + 11 * s, box.y + 4 * s, box.w - 15 * s, box.h - 6 * s};
    struct dh_box head = dh_box_cut_y(&in, dh_line(v, DH_SMALL));
    if (t->level > 0) /* never by colour alone */
        dh_scene_word(scene, dh_box_cut_x(&head, -16 * s),
                      dh_aligned(dh_plain(DH_SMALL, marks[t->level]), DH_RIGHT), "\u25b2");
    dh_scene_word(scene, head, dh_plain(DH_SMALL, DH_INK_FAINT), t->name);
    struct dh_figure f = dh_figure_of(t->value, t->unit);
    enum dh_type_size size = DH_BIG;
    float unit_w = (float)dh_type_width(&v->type, DH_SMALL, false, f.unit, strlen(f.unit)) + 6 * s;
    if ((float)dh_type_width(&v->type, DH_BIG, false, f.number, strlen(f.number)) + unit_w > in.w)
        size = DH_TITLE;
    uint32_t ink = t->level > 0 ? marks[t->level] : DH_INK_STRONG;
    float w = dh_scene_word(scene, in, dh_plain(size, ink), f.number);
    struct dh_box unit = {in.x + w + 5 * s, in.y + 5 * s, in.w - w - 5 * s, in.h - 5 * s};
    dh_scene_word(scene, unit, dh_plain(DH_SMALL, DH_INK_FAINT), f.unit);
}

void dh_draw_kpi(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    const struct dh_facility *f = v->facility;
    double facility_w = dh_view_value(v, DH_COLUMN_facility_power_w, 0), rated_w = utility_rating(f);
    double usd = dh_view_value(v, DH_COLUMN_energy_usd, 0), cloud = dh_view_value(v, DH_COLUMN_cloud_usd, 0);
    double busy = f->n_gpu > 0 ? 100 * dh_view_value(v, DH_COLUMN_gpus_busy, 0) / (double)f->n_gpu : NAN;
    double slo = slo_share(v);
    char power_tip[128], cost_tip[128], queue_tip[128], carbon_tip[128], room[DH_FORMAT_ROOM],
        room2[DH_FORMAT_ROOM];
    snprintf(power_tip, sizeof power_tip, "power that the facility takes in, of %s",
             dh_format(room, rated_w, "W"));
    snprintf(cost_tip, sizeof cost_tip, "energy at this instant; so far %s of energy, %s of cloud",
             dh_format(room, usd, "USD"), dh_format(room2, cloud, "USD"));
    snprintf(queue_tip, sizeof queue_tip, "jobs that wait; the oldest for %s",
             dh_format_span(room, dh_view_value(v, DH_COLUMN_queue_oldest_s, 0)));
    snprintf(carbon_tip, sizeof carbon_tip, "by the grid's mix at this instant; so far %s",
             dh_format(room, dh_view_value(v, DH_COLUMN_carbon_kg, 0), "kg"));
    const struct tile tiles[] = {
        {"IT load",             "power of all racks at their feeds", dh_view_value(v,                             DH_COLUMN_it_power_w,                   0),"W",
         DH_COLUMN_it_power_w, 0},
        {"Facility",                    power_tip,                                                       facility_w,                                                                                         "W",                                                                                                   DH_COLUMN_facility_power_w,
         level_of(facility_w,0.95 * rated_w, 1.0005 * rated_w)},
        {"PUE now",   "facility power over IT power in this interval",                        dh_view_value(v,                                                  DH_COLUMN_pue,                                                                                        0),"1",
         DH_COLUMN_pue, 0},
        {"Energy cost",        cost_tip,                                         per_hour(v,                                DH_COLUMN_site_price_usd_per_kwh),                                                                                                                                   "USD/h",
         DH_COLUMN_site_price_usd_per_kwh,0},
        {"Carbon",      carbon_tip,per_hour(v,DH_COLUMN_site_carbon_g_per_kwh) / 1000,"kg/h",
         DH_COLUMN_site_carbon_g_per_kwh,0},
        {"GPUs busy",              "GPUs held by jobs and services, of those installed",                                  busy,                                                                             "%",                                                                                                           DH_COLUMN_gpus_busy,
         0},
        {"Queue",                     queue_tip,                                              dh_view_value(v,                        DH_COLUMN_queue_jobs,                         0),"jobs",DH_COLUMN_queue_jobs, 0},
        {"In the cloud",                     "GPUs rented for jobs that left",                                                  dh_view_value(v,                                                                DH_COLUMN_burst_gpus,                                          0),"GPUs",
         DH_COLUMN_burst_gpus, 0},
        {"SLO met", "services within their time to first token now",                                   slo,                                                                              "%",                                                                                                       DH_COLUMN_running_jobs,
         isnan(slo) || slo >= 100 ? 0
         : slo >= 50              ? 1
                                  : 2                                                                                                                                                                      },
    };
    int n = sizeof tiles / sizeof *tiles;
    float gap = 8 * v->s, w = (box.w - gap * (float)(n - 1)) / (float)n;
    for (int i = 0; i < n; i++)
        draw_tile(v, scene, (struct dh_box){floorf(box.x + (float)i * (w + gap)), box.y, floorf(w), box.h},
                  &tiles[i]);
}

void dh_draw_tabs(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    static const char *const about[DH_N_TAB] = {
        "halls, rows, racks   Ctrl+1", "from the grid to the racks   Ctrl+2",
        "from the racks to the air outside   Ctrl+3", "fabrics and their links   Ctrl+4",
        "queue, jobs, services, storage   Ctrl+5"};
    float s = v->s;
    for (int i = 0; i < DH_N_TAB; i++) {
        dh_button(v, scene, dh_box_cut_x(&box, 84 * s), dh_tab_names[i], v->tab == (enum dh_view_tab)i,
                  DH_HIT_TAB, i, about[i]);
        dh_box_cut_x(&box, 4 * s);
    }
    dh_button(v, scene, dh_box_cut_x(&box, -30 * s), "?", v->help, DH_HIT_HELP, 0, "all keys");
    dh_box_cut_x(&box, -4 * s);
    dh_button(v, scene, dh_box_cut_x(&box, -84 * s), "/ Find", v->searching, DH_HIT_SEARCH, 0,
              "a rack, hall, power stage, plant by its name");
    if (v->tab != DH_TAB_FLOOR)
        return;
    dh_box_cut_x(&box, -20 * s);
    float w = fminf((box.w - 20 * s) / DH_N_OVERLAY, 86 * s);
    dh_box_cut_x(&box, 20 * s);
    for (int i = 0; i < DH_N_OVERLAY; i++) {
        char word[32];
        snprintf(word, sizeof word, "%d %s", i + 1, dh_overlays[i].name);
        dh_button(v, scene, dh_box_cut_x(&box, w - 3 * s), word, v->overlay == i, DH_HIT_OVERLAY, i,
                  dh_overlays[i].about);
        dh_box_cut_x(&box, 3 * s);
    }
}
