/* The network: a panel for each fabric. How full its links are, class by class and as a matrix; its switches
 * and its domains one by one; and what hangs on it of what is selected, as nodes and lines. */
#include "viz/net.h"

#include "viz/fabric_map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PANELS = 4 };

const struct dh_network *dh_net_of(struct dh_view *v) {
    return dh_source_network(v->source);
}

uint32_t dh_net_color(const struct net_view *n, double load) {
    return isnan(load) ? DH_NO_DATA : dh_palette(n->view->palette)[dh_palette_shade(load, 0, n->top)];
}

void dh_net_cell(const struct net_view *n, struct dh_box box, double load, bool out) {
    bool small = box.w < 6 || box.h < 6; /* no room for lines */
    dh_scene_rect(n->scene, box, out ? (small ? DH_RED : DH_GROUND) : dh_net_color(n, load));
    if (small)
        return;
    if (out) {
        dh_scene_hatch(n->scene, box, DH_RED);
        dh_scene_frame(n->scene, box, 1 * n->view->s, DH_RED);
    } else if (isnan(load))
        dh_scene_hatch(n->scene, box, DH_PANEL);
}

int32_t dh_net_unit(const struct net_view *n, enum dh_network_unit unit, int32_t index) {
    int32_t units = n->view->facility->fabric.fabrics[n->fabric].facts.units[unit];
    return n->first_unit[unit] >= 0 && index >= 0 && index < units ? n->first_unit[unit] + index : -1;
}

bool dh_net_is_out(const struct net_view *n, enum dh_network_unit unit, int32_t index) {
    int32_t row = dh_net_unit(n, unit, index);
    return row >= 0 && n->out && n->out[row] > 0.5;
}

/* ---- what stands over the matrix */

static const char *words_of(const struct net_view *n, char *room, size_t size) {
    static const char *const kinds[] = {[DH_TOPOLOGY_FAT_TREE] = "fat tree",
                                        [DH_TOPOLOGY_DRAGONFLY] = "dragonfly",
                                        [DH_TOPOLOGY_DRAGONFLY_PLUS] = "dragonfly+",
                                        [DH_TOPOLOGY_TORUS] = "torus",
                                        [DH_TOPOLOGY_MESH] = "mesh of sites"};
    const struct dh_run_fabric *f = &n->view->facility->fabric.fabrics[n->fabric];
    char tiers[32] = "", rails[32] = "", rate[DH_FORMAT_ROOM], across[DH_FORMAT_ROOM], over[64] = "";
    if (n->shape.kind == DH_TOPOLOGY_FAT_TREE)
        snprintf(tiers, sizeof tiers, " of %d %s", (int)n->shape.tiers,
                 n->shape.tiers == 1 ? "tier" : "tiers");
    if (n->shape.rails > 1)
        snprintf(rails, sizeof rails, ", %d rails", (int)n->shape.rails);
    if (f->facts.oversubscription > 1.0001)
        snprintf(over, sizeof over, ", oversubscribed %.3g : 1", f->facts.oversubscription);
    if (n->shape.mesh)
        snprintf(room, size, "mesh of sites");
    else
        snprintf(room, size, "%s%s%s; %d adapters of %s; %s across its middle%s", kinds[n->shape.kind], tiers,
                 rails, (int)f->facts.hosts, dh_format(rate, f->facts.host_bytes_per_s, "B/s"),
                 dh_format(across, f->facts.bisection_bytes_per_s, "B/s"), over);
    return room;
}

static void draw_head(const struct net_view *n, struct dh_box *in) {
    struct dh_view *v = n->view;
    const struct dh_run_fabric *f = &v->facility->fabric.fabrics[n->fabric];
    char text[256];
    double out = dh_view_value(v, DH_COLUMN_fabric_units_out, n->fabric);
    double works = dh_view_value(v, DH_COLUMN_fabric_works_frac, n->fabric);
    struct dh_box line = dh_box_cut_y(in, dh_line(v, DH_TITLE)), state = dh_box_cut_x(&line, -line.w * 0.5f);
    dh_scene_word(n->scene, line, dh_bold(DH_TITLE, DH_INK_STRONG), f->spec->id);
    dh_scene_hit(n->scene, line, DH_HIT_THING + DH_A_FABRIC, n->fabric, NULL);
    if (out > 0)
        snprintf(text, sizeof text, "\u25b3 %.0f out of service; %.1f %% of its bandwidth works", out,
                 100 * works);
    else
        snprintf(text, sizeof text, "%s", isnan(out) ? "" : "all in service");
    dh_scene_word(n->scene, state,
                  dh_aligned(dh_plain(DH_SMALL, out > 0 ? DH_AMBER : DH_INK_FAINT), DH_RIGHT), text);
    dh_scene_word(n->scene, dh_box_cut_y(in, dh_line(v, DH_SMALL) + 4 * v->s),
                  dh_plain(DH_SMALL, DH_INK_FAINT), words_of(n, text, sizeof text));
}

/* "nodes – leaves [bar with a mark] mean 2 %, fullest 4 %  ~~~". */
static void draw_class(const struct net_view *n, struct dh_box *in, const char *name, enum dh_column_id mean,
                       enum dh_column_id most) {
    struct dh_view *v = n->view;
    double load = dh_view_value(v, mean, n->fabric), full = dh_view_value(v, most, n->fabric);
    float s = v->s;
    char text[96];
    struct dh_box row = dh_box_cut_y(in, dh_line(v, DH_SMALL) + 4 * s);
    float w = row.w;
    dh_scene_word(n->scene, dh_box_cut_x(&row, w * 0.2f), dh_plain(DH_SMALL, DH_INK_PLAIN), name);
    struct dh_box bar = dh_box_cut_x(&row, w * 0.25f);
    bar = (struct dh_box){bar.x, bar.y + bar.h / 2 - 4 * s, bar.w - 12 * s, 8 * s};
    dh_bar(n->scene, bar, load, DH_ACCENT);
    if (full >= 0)
        dh_scene_rect(n->scene,
                      (struct dh_box){bar.x + bar.w * (float)fmin(full, 1) - 1 * s, bar.y - 2 * s, 2 * s,
                                      bar.h + 4 * s},
                      full > DH_BEYOND ? DH_RED
                      : full > DH_NEAR ? DH_AMBER
                                       : DH_INK_STRONG);
    if (isnan(load))
        snprintf(text, sizeof text, "\u2013");
    else
        snprintf(text, sizeof text, "%smean %.1f %%, fullest %.1f %%",
                 full > DH_BEYOND ? "\u25b2 "
                 : full > DH_NEAR ? "\u25b3 "
                                  : "",
                 100 * load, 100 * full);
    dh_scene_word(n->scene, dh_box_cut_x(&row, w * 0.3f),
                  dh_plain(DH_SMALL, full > DH_BEYOND ? DH_RED
                                     : full > DH_NEAR ? DH_AMBER
                                                      : DH_INK_STRONG),
                  text);
    struct dh_box chart = {row.x, row.y + 1, row.w, row.h - 2};
    const struct dh_trace *t = v->source->ops->trace(v->source, most, n->fabric);
    dh_scene_rect(n->scene, chart, 0x12171D);
    if (!t || t->low > t->high || !(v->to_s > v->from_s))
        return;
    dh_scene_clip(n->scene, chart);
    dh_spark(v, n->scene, chart, t, v->from_s, v->to_s, 0, fmax(t->high * 1.05, 0.01), DH_GREEN);
    float now =
        chart.x + chart.w * (float)(((double)v->at / DH_NS_PER_S - v->from_s) / (v->to_s - v->from_s));
    dh_scene_rect(n->scene, (struct dh_box){floorf(now), chart.y, 1 * s, chart.h}, DH_INK_FAINT);
    dh_scene_clip(n->scene, (struct dh_box){0});
}

static void draw_classes(const struct net_view *n, struct dh_box *in) {
    const struct dh_network_shape *s = &n->shape;
    bool tree = s->kind == DH_TOPOLOGY_FAT_TREE, torus = s->kind == DH_TOPOLOGY_TORUS;
    if (!s->mesh && !torus)
        draw_class(n, in, "nodes \u2013 leaves", DH_COLUMN_fabric_host_load_frac,
                   DH_COLUMN_fabric_host_most_frac);
    if (!s->mesh && (!tree || s->tiers > 1))
        draw_class(n, in,
                   tree    ? "leaves \u2013 spines"
                   : torus ? "between nodes"
                           : "within groups",
                   DH_COLUMN_fabric_local_load_frac, DH_COLUMN_fabric_local_most_frac);
    if (s->mesh || (tree ? s->tiers > 2 : !torus))
        draw_class(n, in,
                   s->mesh ? "between sites"
                   : tree  ? "spines \u2013 cores"
                           : "between groups",
                   DH_COLUMN_fabric_global_load_frac, DH_COLUMN_fabric_global_most_frac);
}

/* ---- switches and domains: a small box each */

/* The job of most nodes of each domain; -1: none, -2: not known. */
static int32_t *domain_jobs(const struct net_view *n) {
    struct dh_view *v = n->view;
    const struct dh_network *net = dh_net_of(v);
    const int32_t *node_job = v->source->ops->node_job(v->source);
    int32_t *job = malloc(((size_t)n->shape.domains + 1) * sizeof *job);
    int32_t *votes = calloc((size_t)n->shape.domains + 1, sizeof *votes);
    for (int32_t d = 0; job && d < n->shape.domains; d++)
        job[d] = node_job ? -1 : -2;
    for (int32_t node = 0; job && votes && node_job && node < v->facility->n_node; node++) {
        int32_t d = dh_network_part(net, node) == n->fabric ? dh_network_node_domain(net, node) : -1;
        if (d < 0 || d >= n->shape.domains)
            continue;
        if (votes[d] == 0) { /* Boyer and Moore: the majority, where there is one */
            job[d] = node_job[node];
            votes[d] = 1;
        } else
            votes[d] += job[d] == node_job[node] ? 1 : -1;
    }
    free(votes);
    return job;
}

/* Few domains: a box each, in the colour of the job that holds most of it, with that job's name. */
static void draw_wide_units(const struct net_view *n, struct dh_box row, enum dh_network_unit unit,
                            int32_t count, const int32_t *job) {
    struct dh_view *v = n->view;
    float s = v->s, w = fminf(row.w / (float)count, 150 * s);
    for (int32_t i = 0; i < count; i++) {
        struct dh_box box = {floorf(row.x + (float)i * w), row.y, floorf(w - 3 * s), row.h - 3 * s};
        bool out = dh_net_is_out(n, unit, i), held = job[i] >= 0;
        int32_t at = dh_net_unit(n, unit, i);
        struct dh_view_job found;
        char text[128];
        dh_scene_rect(n->scene, box, out ? DH_GROUND : DH_RAISED);
        dh_scene_rect(n->scene, (struct dh_box){box.x, box.y, 4 * s, box.h},
                      held ? dh_job_color(job[i]) : DH_RULE);
        if (out) {
            dh_scene_hatch(n->scene, box, DH_RED);
            dh_scene_frame(n->scene, box, 1 * s, DH_RED);
        }
        if (held && v->source->ops->job(v->source, job[i], &found))
            snprintf(text, sizeof text, "%d: %s\n%s\n%d", (int)i, found.name, found.name, (int)i);
        else
            snprintf(text, sizeof text, "%d: %s\n%d", (int)i,
                     out            ? "out"
                     : job[i] == -1 ? "free"
                                    : "\u2013",
                     (int)i);
        char room[64];
        struct dh_box in = {box.x + 7 * s, box.y, box.w - 9 * s, box.h};
        dh_scene_word(n->scene, in, dh_plain(DH_SMALL, out ? DH_RED : DH_INK_PLAIN),
                      dh_fitting(v, DH_SMALL, false, in.w, text, room, sizeof room));
        if (at >= 0) {
            dh_scene_hit(n->scene, box, DH_HIT_THING + DH_A_SWITCH, at, NULL);
            if (v->selected.what == DH_A_SWITCH && v->selected.row == at)
                dh_scene_frame(n->scene, dh_box_inset(box, -1 * s), 1.5f * s, DH_INK_STRONG);
        }
    }
}

static void draw_units(const struct net_view *n, struct dh_box row, const char *name,
                       enum dh_network_unit unit, const int32_t *job) {
    struct dh_view *v = n->view;
    int32_t count = v->facility->fabric.fabrics[n->fabric].facts.units[unit], out = 0;
    float s = v->s;
    struct dh_box word = dh_box_cut_x(&row, fminf(130 * s, row.w * 0.3f));
    for (int32_t i = 0; i < count; i++)
        out += dh_net_is_out(n, unit, i);
    struct dh_box line = {word.x, word.y, word.w, fminf(row.h, dh_line(v, DH_SMALL) + 2 * s)};
    if (out > 0)
        dh_scene_wordf(n->scene, line, dh_plain(DH_SMALL, DH_RED), "\u25b2 %s: %d out", name, (int)out);
    else
        dh_scene_wordf(n->scene, line, dh_plain(DH_SMALL, DH_INK_PLAIN), "%d %s", (int)count, name);
    if (job && (float)count * 56 * s <= row.w && row.h >= dh_line(v, DH_SMALL) + 4 * s) {
        draw_wide_units(n, row, unit, count, job);
        return;
    }
    /* As large as they fit into the lines that there are. */
    float cell = fminf(row.h, 24 * s);
    while (cell > 2 && floorf(row.w / cell) * floorf(row.h / cell) < (float)count)
        cell -= 1;
    if (cell < 1)
        return;
    int32_t across = (int32_t)floorf(row.w / cell), lines = (int32_t)floorf(row.h / cell);
    float gap = cell >= 5 ? fmaxf(1, floorf(cell / 8)) : 0;
    for (int32_t i = 0; i < count && across > 0 && i < across * lines; i++) {
        struct dh_box box = {row.x + (float)(i % across) * cell, row.y + (float)(i / across) * cell,
                             cell - gap, cell - gap};
        bool is_out = dh_net_is_out(n, unit, i);
        int32_t at = dh_net_unit(n, unit, i);
        dh_scene_rect(n->scene, box,
                      is_out               ? DH_GROUND
                      : !n->out || at < 0  ? DH_NO_DATA
                      : job && job[i] >= 0 ? dh_job_color(job[i])
                      : job                ? DH_RULE
                                           : 0x2E6F8E);
        if (is_out) {
            dh_scene_hatch(n->scene, box, DH_RED);
            dh_scene_frame(n->scene, box, 1 * s, DH_RED);
        }
        if (at >= 0 && cell >= 4) {
            dh_scene_hit(n->scene, box, DH_HIT_THING + DH_A_SWITCH, at, NULL);
            if (v->selected.what == DH_A_SWITCH && v->selected.row == at)
                dh_scene_frame(n->scene, dh_box_inset(box, -1 * s), 1.5f * s, DH_INK_STRONG);
        }
    }
}

static void draw_all_units(const struct net_view *n, struct dh_box *in) {
    static const struct {
        enum dh_network_unit unit;
        const char *name, *dragonfly;
    } tiers[] = {
        {DH_NET_LEAF,  "leaves", "routers"},
        {DH_NET_SPINE, "spines", "spines" },
        {DH_NET_CORE,  "cores",  "cores"  }
    };
    struct dh_view *v = n->view;
    const int32_t *units = v->facility->fabric.fabrics[n->fabric].facts.units;
    float h = dh_line(v, DH_SMALL) + 4 * v->s;
    if (units[DH_NET_DOMAIN] > 0) {
        char name[48];
        int32_t *job = domain_jobs(n);
        snprintf(name, sizeof name, "domains");
        draw_units(n, dh_box_cut_y(in, -(units[DH_NET_DOMAIN] > 40 ? 2 * h : h + 4 * v->s)), name,
                   DH_NET_DOMAIN, job);
        dh_box_cut_y(in, -3 * v->s);
        free(job);
    }
    for (int k = 2; k >= 0; k--)
        if (units[tiers[k].unit] > 0) {
            draw_units(n, dh_box_cut_y(in, -h),
                       n->shape.kind == DH_TOPOLOGY_DRAGONFLY ? tiers[k].dragonfly : tiers[k].name,
                       tiers[k].unit, NULL);
            dh_box_cut_y(in, -3 * v->s);
        }
}

static void draw_legend(const struct net_view *n, struct dh_box line) {
    struct dh_view *v = n->view;
    float s = v->s;
    char top[16];
    snprintf(top, sizeof top, "%.3g %%", 100 * n->top);
    dh_scene_hit(n->scene, line, DH_HIT_SCALE, 0, "a click, or L: another scale; P: other colours");
    dh_scene_word(n->scene, dh_box_cut_x(&line, 84 * s), dh_plain(DH_SMALL, DH_INK_FAINT), "load of links");
    dh_scene_word(n->scene, dh_box_cut_x(&line, 24 * s),
                  dh_aligned(dh_plain(DH_SMALL, DH_INK_PLAIN), DH_RIGHT), "0");
    dh_box_cut_x(&line, 6 * s);
    struct dh_box ramp = dh_box_cut_x(&line, fminf(150 * s, line.w * 0.3f));
    uint32_t *texels = dh_scene_texels(
        n->scene, (struct dh_box){ramp.x, ramp.y + ramp.h / 2 - 4 * s, ramp.w, 8 * s}, 256, 1);
    for (int i = 0; texels && i < 256; i++)
        texels[i] = dh_palette(v->palette)[i];
    dh_box_cut_x(&line, 6 * s);
    dh_scene_word(n->scene, dh_box_cut_x(&line, 54 * s), dh_plain(DH_SMALL, DH_INK_PLAIN), top);
    dh_box_cut_x(&line, 8 * s);
    struct dh_box swatch = dh_box_cut_x(&line, 14 * s);
    swatch = (struct dh_box){swatch.x, swatch.y + swatch.h / 2 - 5 * s, 10 * s, 10 * s};
    dh_net_cell(n, swatch, 0, true);
    dh_scene_word(n->scene, line, dh_plain(DH_SMALL, DH_INK_FAINT),
                  n->load ? "out of service" : "out of service; loads are not in this result");
}

/* ---- panels */

static double top_of(const struct net_view *n) {
    const struct dh_facility *f = n->view->facility;
    const struct dh_network *net = dh_net_of(n->view);
    double most = 0;
    if (n->view->scale != DH_SCALE_AUTO || !n->load)
        return 1;
    for (int32_t row = 0; row < f->n_link; row++)
        if (dh_network_link_place(net, f->fabric.link[row]).part == n->fabric && n->load[row] > most)
            most = n->load[row];
    return most > 1e-6 ? most : 1;
}

static void draw_fabric(struct dh_view *v, struct dh_scene *scene, struct dh_box box, int32_t fabric) {
    const struct dh_facility *f = v->facility;
    struct net_view n = {.view = v,
                         .scene = scene,
                         .fabric = fabric,
                         .shape = dh_network_shape(dh_net_of(v), fabric),
                         .load = v->source->ops->column(v->source, DH_COLUMN_link_load_frac),
                         .works = v->source->ops->column(v->source, DH_COLUMN_link_works_frac),
                         .out = v->source->ops->column(v->source, DH_COLUMN_netunit_out)};
    float s = v->s;
    for (int u = 0; u < DH_N_NETWORK_UNIT; u++)
        n.first_unit[u] = -1;
    for (int32_t row = f->n_netunit - 1; row >= 0; row--)
        if (f->fabric.unit[row].fabric == fabric)
            n.first_unit[f->fabric.unit[row].unit] = row;
    n.top = top_of(&n);
    struct dh_box in = dh_panel(v, scene, box, NULL);
    draw_head(&n, &in);
    draw_classes(&n, &in);
    dh_box_cut_y(&in, 6 * s);
    draw_legend(&n, dh_box_cut_y(&in, -dh_line(v, DH_SMALL) - 2 * s));
    dh_box_cut_y(&in, -4 * s);
    draw_all_units(&n, &in);
    dh_box_cut_y(&in, -4 * s);
    if (in.h < 3 * dh_line(v, DH_SMALL))
        return;
    if (dh_net_is_selected(&n)) {
        struct dh_box side = dh_box_cut_x(&in, -in.w * 0.5f);
        dh_box_cut_x(&in, -14 * s);
        dh_net_graph(&n, side);
    } else if (n.shape.leaves > 0 && in.h > 8 * dh_line(v, DH_SMALL) && in.w > 900 * s)
        dh_scene_word(scene, dh_box_cut_x(&in, -240 * s),
                      dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_CENTER),
                      "select a rack or a job to see its links");
    if (n.shape.kind == DH_TOPOLOGY_FAT_TREE && n.shape.tiers == 3) {
        dh_net_pods(&n, dh_box_cut_x(&in, -fminf(200 * s, in.w * 0.35f)));
        dh_box_cut_x(&in, -14 * s);
    }
    dh_net_matrix(&n, in);
}

/* Side by side, or two by two; from the selected one on where there are more. */
void dh_draw_network(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    int32_t n = v->facility->n_fabric, first = 0;
    if (n == 0 || !dh_net_of(v)) {
        dh_net_none(v, scene, box);
        return;
    }
    if (v->selected.what == DH_A_FABRIC && v->selected.row < n && n > MOST_PANELS)
        first = v->selected.row < n - MOST_PANELS ? v->selected.row : n - MOST_PANELS;
    int32_t shown = n < MOST_PANELS ? n : MOST_PANELS, across = shown > 1 ? 2 : 1, down = shown > 2 ? 2 : 1;
    float gap = 6 * v->s, w = (box.w - gap * (float)(across - 1)) / (float)across,
          h = (box.h - gap * (float)(down - 1)) / (float)down;
    for (int32_t i = 0; i < shown; i++)
        draw_fabric(v, scene,
                    (struct dh_box){box.x + (float)(i % across) * (w + gap),
                                    box.y + (float)(i / across) * (h + gap), w, h},
                    first + i);
}
