/* What is selected, as nodes and lines: the racks of a rack or job, the leaves that they hang on, the spines
 * above. All of a large fabric would be a tangle; of one selection it is a picture. */
#include "viz/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More spines than that are drawn as one box. */
enum { MOST_RACKS = 18, MOST_LEAVES = 24, MOST_SPINES = 8 };

static bool is_selected(const struct net_view *n) {
    return n->view->selected.what == DH_A_RACK || n->view->selected.what == DH_A_JOB;
}

/* Nodes of what is selected that hang on this fabric; with nothing selected all of a small one. */
static void each_node(struct net_view *n, void (*call)(void *self, int32_t node), void *self) {
    struct dh_view *v = n->view;
    const struct dh_facility *f = v->facility;
    const struct dh_network *net = dh_net_of(v);
    if (v->selected.what == DH_A_RACK && v->selected.row < f->n_rack) {
        int32_t first = f->rack_first_node[v->selected.row];
        for (int32_t node = first; node < first + f->rack_nodes[v->selected.row]; node++)
            if (dh_network_part(net, node) == n->fabric)
                call(self, node);
    } else if (v->selected.what == DH_A_JOB) {
        int32_t n_node;
        const int32_t *nodes = dh_view_places(v, v->selected.row, &n_node);
        for (int32_t i = 0; i < n_node; i++)
            if (nodes[i] >= 0 && nodes[i] < f->n_node && dh_network_part(net, nodes[i]) == n->fabric)
                call(self, nodes[i]);
    } else if (n->shape.leaves <= MOST_LEAVES * n->shape.rails)
        for (int32_t node = 0; node < f->n_node; node++)
            if (dh_network_part(net, node) == n->fabric)
                call(self, node);
}

static void see_any(void *self, int32_t node) {
    (void)node;
    *(bool *)self = true;
}

bool dh_net_is_selected(struct net_view *n) {
    bool any = false;
    if (n->shape.leaves > 0)
        each_node(n, see_any, &any);
    return any;
}

/* Calls for each leaf of a node: one for each of its adapters. */
static void each_leaf(const struct net_view *n, int32_t node, void (*call)(void *self, int32_t leaf),
                      void *self) {
    const struct dh_network *net = dh_net_of(n->view);
    int32_t adapters = dh_network_adapters(net, node), host = dh_network_host(net, node, 0);
    for (int32_t a = 0; a < adapters && host >= 0; a++) {
        int32_t leaf = dh_network_host_leaf(net, host + a);
        if (leaf >= 0 && leaf < n->shape.leaves)
            call(self, leaf);
    }
}

struct marks {
    struct net_view *n;
    bool *leaves, any;
};
static void mark_leaf(void *self, int32_t leaf) {
    struct marks *m = self;
    m->leaves[leaf] = m->any = true;
}
static void mark_node(void *self, int32_t node) {
    struct marks *m = self;
    each_leaf(m->n, node, mark_leaf, m);
}

bool dh_net_selected_leaves(struct net_view *n, bool *leaves) {
    struct marks m = {n, leaves, false};
    if (n->shape.leaves > 0 && is_selected(n))
        each_node(n, mark_node, &m);
    return m.any;
}

/* ---- the picture */

struct graph {
    struct net_view *n;
    int32_t racks[MOST_RACKS], leaves[MOST_LEAVES]; /* leaves: units of them, where there are rails */
    int32_t n_rack, n_leaf, more_racks, last_rack;
    bool joined[MOST_RACKS][MOST_LEAVES];
    int32_t rack; /* of the node that is looked at; -1: left out */
};

static void take_leaf(void *self, int32_t leaf) {
    struct graph *g = self;
    int32_t k = 0;
    leaf /= g->n->shape.rails;
    while (k < g->n_leaf && g->leaves[k] != leaf)
        k++;
    if (k == g->n_leaf) {
        if (k == MOST_LEAVES)
            return;
        g->leaves[g->n_leaf++] = leaf;
    }
    if (g->rack >= 0)
        g->joined[g->rack][k] = true;
}

static void take_node(void *self, int32_t node) {
    struct graph *g = self;
    int32_t rack = g->n->view->facility->node_rack[node], k = 0;
    while (k < g->n_rack && g->racks[k] != rack)
        k++;
    if (k == g->n_rack && k < MOST_RACKS)
        g->racks[g->n_rack++] = rack;
    else if (k == g->n_rack) {
        g->more_racks += rack != g->last_rack; /* nodes of a rack mostly follow one another */
        g->last_rack = rack;
        k = -1;
    }
    g->rack = k;
    each_leaf(g->n, node, take_leaf, g);
}

static int ascending(const void *a, const void *b) {
    return *(const int32_t *)a - *(const int32_t *)b;
}

/* The fuller direction of the links of a leaf, or of the fullest leaf of a unit; NAN: not known. */
static double leaf_load(const struct net_view *n, int32_t leaf) {
    const struct dh_facility *f = n->view->facility;
    const struct dh_network *net = dh_net_of(n->view);
    double most = NAN;
    for (int32_t row = 0; row < f->n_link && n->load; row++) {
        struct dh_network_link_place p = dh_network_link_place(net, f->fabric.link[row]);
        if (p.part == n->fabric && p.from / n->shape.rails == leaf &&
            (p.way == DH_WAY_LEAF_UP || p.way == DH_WAY_LEAF_DOWN))
            most = isnan(most) ? n->load[row] : fmax(most, n->load[row]);
    }
    return most;
}

/* Boxes below each other, with more between them where there is room, all in the middle. */
static struct dh_box place(struct dh_box column, int32_t i, int32_t of, float most) {
    float pitch = fminf(column.h / (float)of, 2 * most), h = fminf(pitch - 2, most);
    return (struct dh_box){
        column.x, floorf(column.y + (column.h - pitch * (float)of) / 2 + (float)i * pitch + (pitch - h) / 2),
        column.w, floorf(h)};
}

static void join(const struct net_view *n, struct dh_box a, struct dh_box b, float width, uint32_t color) {
    for (int over = 0; over < 2; over++) { /* a rim, so that dark ones are seen */
        dh_scene_line(n->scene, over ? width : width + 1.4f * n->view->s, over ? color : 0x55626F);
        dh_scene_point(n->scene, a.x + a.w, a.y + a.h / 2);
        dh_scene_point(n->scene, b.x, b.y + b.h / 2);
    }
}

static void draw_box(const struct net_view *n, struct dh_box box, const char *name, bool out,
                     enum dh_view_what what, int32_t row) {
    struct dh_view *v = n->view;
    dh_scene_rect(n->scene, box, DH_RAISED);
    if (out) {
        dh_scene_rect(n->scene, box, 0x2A1D1F);
        dh_scene_frame(n->scene, box, 1.5f * v->s, DH_RED);
    }
    if (box.h >= dh_line(v, DH_SMALL))
        dh_scene_word(n->scene, (struct dh_box){box.x + 4 * v->s, box.y, box.w - 8 * v->s, box.h},
                      dh_plain(DH_SMALL, out ? DH_RED : DH_INK_PLAIN), name);
    if (row >= 0)
        dh_scene_hit(n->scene, box, DH_HIT_THING + (int32_t)what, row, NULL);
}

/* Spines that a leaf has above it: those of its pod or group. */
static int32_t first_spine(const struct net_view *n, int32_t leaf) {
    return n->shape.pod_leaves > 0 ? leaf * n->shape.rails / n->shape.pod_leaves * n->shape.spines : 0;
}

static int32_t leaves_out(const struct net_view *n, int32_t leaf) {
    int32_t out = 0;
    for (int32_t k = 0; k < n->shape.rails; k++)
        out += dh_net_is_out(n, DH_NET_LEAF, leaf * n->shape.rails + k);
    return out;
}

/* Those above the first leaf; a line from each leaf of its pod. */
static void draw_spines(const struct net_view *n, const struct graph *g, struct dh_box column,
                        const struct dh_box *leaf_box) {
    int32_t spines = n->shape.spines, first = first_spine(n, g->leaves[0]);
    int32_t shown = spines <= MOST_SPINES ? spines : 1, all_out = 0;
    char name[64];
    double loads[MOST_LEAVES];
    for (int32_t k = 0; k < g->n_leaf; k++)
        loads[k] = leaf_load(n, g->leaves[k]);
    for (int32_t i = 0; i < spines; i++)
        all_out += dh_net_is_out(n, DH_NET_SPINE, first + i);
    for (int32_t i = 0; i < shown; i++) {
        struct dh_box box = place(column, i, shown, (shown < spines ? 60 : 34) * n->view->s);
        bool out = shown == spines && dh_net_is_out(n, DH_NET_SPINE, first + i);
        for (int32_t k = 0; k < g->n_leaf && !out; k++)
            if (first_spine(n, g->leaves[k]) == first && leaves_out(n, g->leaves[k]) < n->shape.rails)
                join(n, leaf_box[k], box,
                     n->view->s * (1.2f + (isnan(loads[k]) ? 0 : 2.5f * (float)fmin(loads[k], 1))),
                     dh_net_color(n, loads[k]));
        if (shown == spines)
            snprintf(name, sizeof name, "%sspine %d", out ? "\u25b2 " : "", (int)(first + i));
        else if (all_out > 0)
            snprintf(name, sizeof name, "\u25b2 %d of %d spines out", (int)all_out, (int)spines);
        else
            snprintf(name, sizeof name, "%d spines", (int)spines);
        draw_box(n, box, name, out || (shown < spines && all_out > 0), DH_A_SWITCH,
                 shown == spines ? dh_net_unit(n, DH_NET_SPINE, first + i) : -1);
    }
}

void dh_net_graph(struct net_view *n, struct dh_box box) {
    struct dh_view *v = n->view;
    struct graph g = {.n = n, .last_rack = -1};
    struct dh_box rack_box[MOST_RACKS], leaf_box[MOST_LEAVES];
    char name[96], text[160];
    each_node(n, take_node, &g);
    if (g.n_rack == 0 || g.n_leaf == 0)
        return;
    struct dh_box head = dh_box_cut_y(&box, dh_line(v, DH_SMALL) + 4 * v->s);
    int32_t fit = (int32_t)(box.h / (dh_line(v, DH_SMALL) + 2)), all = g.n_rack + g.more_racks;
    fit = fit < 1 ? 1 : fit;
    g.n_rack = g.n_rack < fit ? g.n_rack : fit;
    const char *what = is_selected(n)       ? dh_thing_name(v, v->selected, name)
                       : n->shape.rails > 1 ? "racks, units of leaves, spines"
                                            : "racks, leaves, spines";
    if (all > g.n_rack)
        snprintf(text, sizeof text, "%.90s: %d of %d racks", what, (int)g.n_rack, (int)all);
    else
        snprintf(text, sizeof text, "%s", what);
    dh_scene_word(n->scene, head, dh_bold(DH_SMALL, DH_INK_STRONG), text);
    /* Leaves in order, so that rails stand side by side. */
    int32_t order[MOST_LEAVES];
    memcpy(order, g.leaves, sizeof order);
    qsort(order, (size_t)g.n_leaf, sizeof *order, ascending);
    bool spines = n->shape.spines > 0;
    float w = box.w / (spines ? 4.2f : 2.4f), gap = (box.w - w * (spines ? 3 : 2)) / (spines ? 2 : 1);
    struct dh_box racks = dh_box_cut_x(&box, w);
    dh_box_cut_x(&box, gap);
    struct dh_box leaves = dh_box_cut_x(&box, w);
    dh_box_cut_x(&box, gap);
    for (int32_t k = 0; k < g.n_leaf; k++) {
        int32_t rank = 0;
        while (order[rank] != g.leaves[k])
            rank++;
        leaf_box[k] = place(leaves, rank, g.n_leaf, 34 * v->s);
    }
    for (int32_t i = 0; i < g.n_rack; i++) {
        rack_box[i] = place(racks, i, g.n_rack, 34 * v->s);
        for (int32_t k = 0; k < g.n_leaf; k++)
            if (g.joined[i][k])
                join(n, rack_box[i], leaf_box[k], 0.8f * v->s, 0x4A5665);
    }
    if (spines)
        draw_spines(n, &g, box, leaf_box);
    for (int32_t i = 0; i < g.n_rack; i++)
        draw_box(n, rack_box[i], v->facility->rack_name[g.racks[i]], false, DH_A_RACK, g.racks[i]);
    for (int32_t k = 0; k < g.n_leaf; k++) {
        int32_t rails = n->shape.rails, out = leaves_out(n, g.leaves[k]);
        if (rails == 1)
            snprintf(name, sizeof name, "%sleaf %d", out > 0 ? "\u25b2 " : "", (int)g.leaves[k]);
        else if (out > 0)
            snprintf(name, sizeof name, "unit %d: \u25b2 %d of %d out", (int)g.leaves[k], (int)out,
                     (int)rails);
        else
            snprintf(name, sizeof name, "unit %d: %d leaves", (int)g.leaves[k], (int)rails);
        draw_box(n, leaf_box[k], name, out > 0, DH_A_SWITCH,
                 rails == 1 ? dh_net_unit(n, DH_NET_LEAF, g.leaves[k]) : -1);
    }
}
