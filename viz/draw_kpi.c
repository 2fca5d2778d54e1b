/* The strip of key figures, and the row of tabs and overlays below it. */
#include "viz/twin.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum kpi {
    KPI_IT,
    KPI_FACILITY,
    KPI_PUE,
    KPI_COST,
    KPI_CARBON,
    KPI_GPUS,
    KPI_QUEUE,
    KPI_CLOUD,
    KPI_SLO,
    N_KPI
};

static const struct {
    const char *name, *unit, *tip;
    enum dh_column_id chart; /* what a click puts on the timeline */
} tiles[N_KPI] = {
    [KPI_IT] = {"IT load",      "W",     "power of all racks at their feeds",                  DH_COLUMN_it_power_w            },
    [KPI_FACILITY] = {"Facility",     "W",     "power that the facility takes in",                   DH_COLUMN_facility_power_w      },
    [KPI_PUE] = {"PUE now",      "1",     "facility power over IT power in this interval",      DH_COLUMN_pue                   },
    [KPI_COST] = {"Energy cost",  "USD/h", "energy at this instant",                             DH_COLUMN_site_price_usd_per_kwh},
    [KPI_CARBON] = {"Carbon",       "kg/h",  "by the grid's mix at this instant",                  DH_COLUMN_site_carbon_g_per_kwh },
    [KPI_GPUS] = {"GPUs busy",    "%",     "GPUs held by jobs and services, of those installed",
                DH_COLUMN_gpus_busy                                                                                            },
    [KPI_QUEUE] = {"Queue",        "jobs",  "jobs that wait",                                     DH_COLUMN_queue_jobs            },
    [KPI_CLOUD] = {"In the cloud", "GPUs",  "GPUs rented for jobs that left",                     DH_COLUMN_burst_gpus            },
    [KPI_SLO] = {"SLO met",      "%",     "services within their time to first token now",      DH_COLUMN_running_jobs          },
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

static void values_of(struct dh_view *v, double out[N_KPI]) {
    int64_t n_gpu = v->facility->n_gpu;
    out[KPI_IT] = dh_view_value(v, DH_COLUMN_it_power_w, 0);
    out[KPI_FACILITY] = dh_view_value(v, DH_COLUMN_facility_power_w, 0);
    out[KPI_PUE] = dh_view_value(v, DH_COLUMN_pue, 0);
    out[KPI_COST] = per_hour(v, DH_COLUMN_site_price_usd_per_kwh);
    out[KPI_CARBON] = per_hour(v, DH_COLUMN_site_carbon_g_per_kwh) / 1000;
    out[KPI_GPUS] = n_gpu > 0 ? 100 * dh_view_value(v, DH_COLUMN_gpus_busy, 0) / (double)n_gpu : NAN;
    out[KPI_QUEUE] = dh_view_value(v, DH_COLUMN_queue_jobs, 0);
    out[KPI_CLOUD] = dh_view_value(v, DH_COLUMN_burst_gpus, 0);
    out[KPI_SLO] = slo_share(v);
}

static int level_of(const struct dh_view *v, enum kpi k, double value) {
    double rated_w = utility_rating(v->facility);
    if (k == KPI_FACILITY)
        return value > 1.0005 * rated_w ? 2 : value > 0.95 * rated_w ? 1 : 0;
    if (k == KPI_SLO)
        return isnan(value) || value >= 100 ? 0 : value >= 50 ? 1 : 2;
    return 0;
}

/* What hovering tells besides: limits, sums so far, the oldest wait. */
static const char *tip_of(struct dh_view *v, enum kpi k, char *room, size_t n) {
    char a[DH_FORMAT_ROOM], b[DH_FORMAT_ROOM];
    double usd = dh_view_value(v, DH_COLUMN_energy_usd, 0), cloud = dh_view_value(v, DH_COLUMN_cloud_usd, 0);
    if (k == KPI_FACILITY)
        snprintf(room, n, "%s, of %s", tiles[k].tip, dh_format(a, utility_rating(v->facility), "W"));
    else if (k == KPI_COST)
        snprintf(room, n, "%s; so far %s of energy, %s of cloud", tiles[k].tip, dh_format(a, usd, "USD"),
                 dh_format(b, cloud, "USD"));
    else if (k == KPI_CARBON)
        snprintf(room, n, "%s; so far %s", tiles[k].tip,
                 dh_format(a, dh_view_value(v, DH_COLUMN_carbon_kg, 0), "kg"));
    else if (k == KPI_QUEUE)
        snprintf(room, n, "%s; the oldest for %s", tiles[k].tip,
                 dh_format_span(a, dh_view_value(v, DH_COLUMN_queue_oldest_s, 0)));
    else
        snprintf(room, n, "%s", tiles[k].tip);
    return room;
}

static void draw_tile(struct dh_view *v, struct dh_scene *scene, struct dh_box box, enum kpi k, double value,
                      double other) {
    static const uint32_t marks[] = {DH_RULE, DH_AMBER, DH_RED};
    float s = v->s;
    char room[64];
    int level = level_of(v, k, value);
    dh_scene_rect(scene, box, DH_PANEL);
    dh_scene_rect(scene, (struct dh_box){box.x, box.y, 3 * s, box.h}, marks[level]);
    bool over = v->mouse_in && dh_box_has(box, v->mouse_x, v->mouse_y);
    if (over)
        tip_of(v, k, v->kpi_tip, sizeof v->kpi_tip);
    dh_scene_hit(scene, box, DH_HIT_KPI, (int32_t)tiles[k].chart, over ? v->kpi_tip : tiles[k].tip);
    struct dh_box in = {box.x + 11 * s, box.y + 4 * s, box.w - 15 * s, box.h - 6 * s};
    struct dh_box head = dh_box_cut_y(&in, dh_line(v, DH_SMALL));
    if (level > 0) /* never by colour alone */
        dh_scene_word(scene, dh_box_cut_x(&head, -16 * s),
                      dh_aligned(dh_plain(DH_SMALL, marks[level]), DH_RIGHT), "\u25b2");
    dh_scene_word(scene, head, dh_plain(DH_SMALL, DH_INK_FAINT), tiles[k].name);
    if (v->twin)
        dh_scene_word(scene, dh_box_cut_y(&in, -dh_line(v, DH_SMALL)), dh_plain(DH_SMALL, DH_ACCENT),
                      dh_twin_text(v, value, other, tiles[k].unit, room));
    struct dh_figure f = dh_figure_of(value, tiles[k].unit);
    enum dh_type_size size = v->twin ? DH_TITLE : DH_BIG;
    float unit_w = (float)dh_type_width(&v->type, DH_SMALL, false, f.unit, strlen(f.unit)) + 6 * s;
    if ((float)dh_type_width(&v->type, size, false, f.number, strlen(f.number)) + unit_w > in.w)
        size = DH_TITLE;
    float w = dh_scene_word(scene, in, dh_plain(size, level > 0 ? marks[level] : DH_INK_STRONG), f.number);
    float down = size == DH_BIG ? 5 * s : 1 * s;
    struct dh_box unit = {in.x + w + 5 * s, in.y + down, in.w - w - 5 * s, in.h - down};
    dh_scene_word(scene, unit, dh_plain(DH_SMALL, DH_INK_FAINT), f.unit);
}

void dh_draw_kpi(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    double values[N_KPI], others[N_KPI];
    values_of(v, values);
    if (v->twin)
        values_of(v->twin, others);
    float gap = 8 * v->s, w = (box.w - gap * (N_KPI - 1)) / N_KPI;
    for (int k = 0; k < N_KPI; k++)
        draw_tile(v, scene, (struct dh_box){floorf(box.x + (float)k * (w + gap)), box.y, floorf(w), box.h},
                  (enum kpi)k, values[k], v->twin ? others[k] : NAN);
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
    if (v->twin && dh_twin_alike(v)) {
        dh_box_cut_x(&box, -4 * s);
        dh_button(v, scene, dh_box_cut_x(&box, -64 * s), "B \u2212 A", v->difference, DH_HIT_DIFFERENCE, 0,
                  "the difference of each rack on one floor   D");
    }
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
