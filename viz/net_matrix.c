/* Loads of a fabric's links as a matrix. What its rows and columns are depends on how routing spreads
 * traffic:
 *
 *   fat tree           leaves and spines: all links of a leaf have the load of its bundle
 *   with rails         units of leaves and rails: the bundle of each leaf
 *   dragonflies        groups and groups: the bundle from one to another; on the diagonal the links within
 *   mesh               sites and sites
 *   link by link       nodes of the topology and the links that leave them
 *
 * A leaf's cell shows the fuller of its two directions. */
#include "viz/net.h"

#include "viz/diagram.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CELLS = 1 << 20 };

struct cell {
    float load;   /* NAN: not known */
    int32_t link; /* row of the link columns; -1: there is none */
    bool out;
};

struct matrix {
    struct cell *cells;
    int32_t rows, columns;
    const char *row_word, *column_word; /* "leaf": "leaf 3" */
    const char *const *column_names;    /* NULL: their numbers */
    const int32_t *row_numbers;         /* NULL: from 0 on */
    bool *marked;                       /* rows of what is selected; NULL: nothing is */
    int32_t per_row, per_column; /* of the fabric in one of the matrix: more than 1 where they are many */
};

static struct cell *at(const struct matrix *m, int32_t row, int32_t column) {
    return row >= 0 && row < m->rows && column >= 0 && column < m->columns
               ? &m->cells[(int64_t)row * m->columns + column]
               : NULL;
}

static void put(const struct net_view *n, struct cell *c, int32_t link) {
    double load = n->load ? n->load[link] : NAN, works = n->works ? n->works[link] : NAN;
    if (!c)
        return;
    if (c->link < 0 || load > c->load || isnan(c->load)) {
        c->load = (float)load;
        c->link = link;
    }
    c->out = c->out || works == 0;
}

static bool size(struct matrix *m, int32_t rows, int32_t columns, const char *row_word,
                 const char *column_word) {
    *m = (struct matrix){.rows = rows,
                         .columns = columns,
                         .row_word = row_word,
                         .column_word = column_word,
                         .per_row = 1,
                         .per_column = 1};
    if (rows < 1 || columns < 1 || (int64_t)rows * columns > MOST_CELLS)
        return false;
    m->cells = malloc((size_t)rows * (size_t)columns * sizeof *m->cells);
    m->marked = calloc((size_t)rows, sizeof *m->marked);
    for (int64_t i = 0; m->cells && i < (int64_t)rows * columns; i++)
        m->cells[i] = (struct cell){.load = NAN, .link = -1};
    return m->cells && m->marked;
}

/* Calls for each recorded link of the fabric. */
#define EACH_LINK(n, net, row, place)                                                                        \
    for (int32_t row = 0; row < (n)->view->facility->n_link; row++)                                          \
        for (struct dh_network_link_place place =                                                            \
                 dh_network_link_place(net, (n)->view->facility->fabric.link[row]);                          \
             place.part == (n)->fabric; place.part = -1)

static bool of_tree(struct net_view *n, const struct dh_network *net, struct matrix *m) {
    const struct dh_network_shape *s = &n->shape;
    bool rails = s->rails > 1;
    if (!(rails ? size(m, s->leaves / s->rails, s->rails, "unit", "rail")
                : size(m, s->leaves, s->spines, "leaf", "spine")))
        return false;
    EACH_LINK(n, net, row, place) {
        if (place.way != DH_WAY_LEAF_UP && place.way != DH_WAY_LEAF_DOWN)
            continue;
        for (int32_t c = 0; c < (rails ? 1 : s->spines); c++)
            put(n, rails ? at(m, place.from / s->rails, place.from % s->rails) : at(m, place.from, c), row);
    }
    for (int32_t leaf = 0; leaf < s->leaves; leaf++) {
        bool out = dh_net_is_out(n, DH_NET_LEAF, leaf);
        for (int32_t c = 0; c < m->columns && !rails; c++) /* pods have spines of their own */
            at(m, leaf, c)->out |=
                out || dh_net_is_out(n, DH_NET_SPINE, leaf / s->pod_leaves * s->spines + c);
        if (rails && out)
            at(m, leaf / s->rails, leaf % s->rails)->out = true;
    }
    bool *leaves = calloc((size_t)s->leaves + 1, sizeof *leaves);
    if (leaves && dh_net_selected_leaves(n, leaves))
        for (int32_t leaf = 0; leaf < s->leaves; leaf++)
            m->marked[rails ? leaf / s->rails : leaf] |= leaves[leaf];
    free(leaves);
    return true;
}

static bool of_groups(struct net_view *n, const struct dh_network *net, struct matrix *m) {
    const struct dh_network_shape *s = &n->shape;
    if (!size(m, s->pods, s->pods, "group", "group"))
        return false;
    EACH_LINK(n, net, row, place) {
        if (place.way == DH_WAY_GLOBAL)
            put(n, at(m, place.from, place.to), row);
        if (place.way == DH_WAY_GROUP)
            put(n, at(m, place.from, place.from), row);
        if (place.way == DH_WAY_LEAF_UP || place.way == DH_WAY_LEAF_DOWN)
            put(n, at(m, place.from / s->pod_leaves, place.from / s->pod_leaves), row);
    }
    bool *leaves = calloc((size_t)s->leaves + 1, sizeof *leaves);
    if (leaves && dh_net_selected_leaves(n, leaves))
        for (int32_t leaf = 0; leaf < s->leaves; leaf++)
            m->marked[leaf / s->pod_leaves] |= leaves[leaf];
    free(leaves);
    return true;
}

static bool of_sites(struct net_view *n, const struct dh_network *net, struct matrix *m) {
    int32_t sites = n->view->facility->n_site;
    if (!size(m, sites, sites, "site", "site"))
        return false;
    EACH_LINK(n, net, row, place)
    put(n, at(m, place.from, place.to), row);
    return true;
}

/* From where single links leave, and how many. */
static bool of_single(struct net_view *n, const struct dh_network *net, struct matrix *m) {
    int32_t most = -1, widest = 0;
    EACH_LINK(n, net, row, place)
    most = place.from > most ? place.from : most;
    int32_t *count = calloc((size_t)most + 2, sizeof *count), rows = 0;
    if (!count)
        return false;
    EACH_LINK(n, net, row, place) {
        rows += count[place.from] == 0;
        widest = ++count[place.from] > widest ? count[place.from] : widest;
    }
    int32_t *number = calloc((size_t)rows + 1, sizeof *number),
            *row_of = calloc((size_t)most + 2, sizeof *row_of);
    bool good = number && row_of && size(m, rows, widest, "node", "link");
    for (int32_t from = 0, k = 0; good && from <= most; from++)
        if (count[from] > 0) {
            number[k] = from;
            row_of[from] = k++;
            count[from] = 0;
        }
    if (good)
        EACH_LINK(n, net, row, place)
    put(n, at(m, row_of[place.from], count[place.from]++), row);
    free(count);
    free(row_of);
    if (good)
        m->row_numbers = number;
    else
        free(number);
    return good;
}

static void free_matrix(struct matrix *m) {
    free(m->cells);
    free(m->marked);
    free((int32_t *)m->row_numbers);
}

/* Several rows and columns in one, where cells would be too small to see: the fullest of them counts. */
static void fold(struct matrix *m, int32_t per_row, int32_t per_column) {
    struct matrix to;
    int32_t rows = (m->rows + per_row - 1) / per_row, columns = (m->columns + per_column - 1) / per_column;
    if ((per_row == 1 && per_column == 1) || !size(&to, rows, columns, m->row_word, m->column_word)) {
        if (per_row > 1 || per_column > 1) {
            free(to.cells);
            free(to.marked);
        }
        return;
    }
    for (int32_t r = 0; r < m->rows; r++) {
        to.marked[r / per_row] |= m->marked[r];
        for (int32_t c = 0; c < m->columns; c++) {
            const struct cell *from = at(m, r, c);
            struct cell *cell = at(&to, r / per_row, c / per_column);
            bool fuller = from->link >= 0 && (cell->link < 0 || isnan(cell->load) || from->load > cell->load);
            cell->out |= from->out;
            if (fuller) {
                cell->load = from->load;
                cell->link = from->link;
            }
        }
    }
    free(m->cells);
    free(m->marked);
    to.row_numbers = m->row_numbers;
    to.column_names = m->column_names;
    to.per_row = per_row;
    to.per_column = per_column;
    *m = to;
}

/* ---- drawing */

/* Numbers along an edge, as many as there is room for. */
static int32_t label_step(float cell, float least, int32_t n) {
    static const int32_t steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
        if (cell * (float)steps[i] >= least)
            return steps[i];
    return n;
}

static void row_label(const struct net_view *n, const struct matrix *m, int32_t row, char *text,
                      size_t room) {
    const struct dh_facility *f = n->view->facility;
    if (n->shape.mesh && row < f->n_site)
        snprintf(text, room, "%s", f->site_spec[row]->id);
    else if (m->per_row > 1)
        snprintf(text, room, "%s %d+", m->row_word,
                 (int)(m->row_numbers ? m->row_numbers[row * m->per_row] : row * m->per_row));
    else
        snprintf(text, room, "%s %d", m->row_word, (int)(m->row_numbers ? m->row_numbers[row] : row));
}

static void draw_labels(const struct net_view *n, const struct matrix *m, struct dh_box plot,
                        struct dh_box names, struct dh_box top) {
    struct dh_view *v = n->view;
    char text[96];
    float w = plot.w / (float)m->columns, h = plot.h / (float)m->rows, line = dh_line(v, DH_SMALL);
    for (int32_t r = 0, step = label_step(h, line, m->rows); r < m->rows; r += step) {
        float y = plot.y + (float)r * h + h / 2 - line / 2;
        y = fminf(fmaxf(y, plot.y - 2 * v->s), fmaxf(plot.y + plot.h - line, plot.y));
        row_label(n, m, r, text, sizeof text);
        dh_scene_word(n->scene, (struct dh_box){names.x, y, names.w - 6 * v->s, line},
                      dh_aligned(dh_plain(DH_SMALL, m->marked[r] ? DH_INK_STRONG : DH_INK_FAINT), DH_RIGHT),
                      text);
    }
    for (int32_t c = 0, step = label_step(w, 26 * v->s, m->columns); c < m->columns; c += step) {
        float x = plot.x + ((float)c + 0.5f) * w - 20 * v->s;
        if (m->column_names)
            snprintf(text, sizeof text, "%s", m->column_names[c]);
        else
            snprintf(text, sizeof text, "%d", (int)c * m->per_column);
        dh_scene_word(n->scene, (struct dh_box){x, top.y, 40 * v->s, line},
                      dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_CENTER), text);
    }
}

static void draw_far(const struct net_view *n, const struct matrix *m, struct dh_box plot) {
    uint32_t *texels = dh_scene_texels(n->scene, plot, m->columns, m->rows);
    for (int64_t i = 0; texels && i < (int64_t)m->rows * m->columns; i++)
        texels[i] = m->cells[i].out        ? DH_RED
                    : m->cells[i].link < 0 ? 0x12171D
                                           : dh_net_color(n, (double)m->cells[i].load);
}

/* The load in a cell, in large letters where there is room, then over its course on the timeline. */
static void draw_value(const struct net_view *n, struct dh_box box, const struct cell *cell) {
    struct dh_view *v = n->view;
    uint32_t color = dh_net_color(n, (double)cell->load);
    double luma = 0.2126 * (color >> 16 & 255) + 0.7152 * (color >> 8 & 255) + 0.0722 * (color & 255);
    uint32_t ink = luma > 125 ? 0x10151B : 0xFFFFFF;
    float s = v->s, big = dh_line(v, DH_TITLE);
    if (box.w < 40 * s || box.h < dh_line(v, DH_SMALL))
        return;
    bool large = box.w >= 70 * s && box.h >= big + 4 * s, chart = large && box.h >= big + 34 * s;
    const struct dh_trace *t =
        chart ? v->source->ops->trace(v->source, DH_COLUMN_link_load_frac, cell->link) : NULL;
    if (t && t->low <= t->high && v->to_s > v->from_s) {
        struct dh_box below = dh_box_cut_y(&box, -fminf(box.h - big - 6 * s, 60 * s));
        below = dh_box_inset(below, 4 * s);
        dh_spark(v, n->scene, below, t, v->from_s, v->to_s, 0, fmax(t->high * 1.05, 0.01),
                 dh_mix(color, ink, 0.7));
        double share = ((double)v->at / DH_NS_PER_S - v->from_s) / (v->to_s - v->from_s);
        if (share >= 0 && share <= 1)
            dh_scene_rect(n->scene,
                          (struct dh_box){floorf(below.x + below.w * (float)share), below.y, 1 * s, below.h},
                          ink);
    }
    dh_scene_wordf(n->scene, box, (struct dh_style){large ? DH_TITLE : DH_SMALL, large, DH_CENTER, ink},
                   cell->load < 0.0995f ? "%.1f %%" : "%.0f %%", (double)cell->load * 100);
}

static void draw_near(const struct net_view *n, const struct matrix *m, struct dh_box plot) {
    float w = plot.w / (float)m->columns, h = plot.h / (float)m->rows, gap = w >= 6 && h >= 6 ? 1 : 0;
    for (int32_t r = 0; r < m->rows; r++)
        for (int32_t c = 0; c < m->columns; c++) {
            const struct cell *cell = at(m, r, c);
            float x = floorf(plot.x + (float)c * w), y = floorf(plot.y + (float)r * h);
            struct dh_box box = {x, y, floorf(plot.x + (float)(c + 1) * w) - x - gap,
                                 floorf(plot.y + (float)(r + 1) * h) - y - gap};
            if (cell->link < 0 && !cell->out)
                continue;
            dh_net_cell(n, box, (double)cell->load, cell->out);
            if (!cell->out && !isnan(cell->load))
                draw_value(n, box, cell);
        }
}

/* What answers the mouse, and what is selected. */
static void draw_over(const struct net_view *n, const struct matrix *m, struct dh_box plot) {
    struct dh_view *v = n->view;
    float w = plot.w / (float)m->columns, h = plot.h / (float)m->rows;
    for (int32_t r = 0; r < m->rows; r++)
        for (int32_t c = 0; c < m->columns && w >= 4 && h >= 4; c++) {
            int32_t link = at(m, r, c)->link;
            struct dh_box box = {plot.x + (float)c * w, plot.y + (float)r * h, w, h};
            if (link >= 0)
                dh_scene_hit(n->scene, box, DH_HIT_THING + DH_A_LINK, link, NULL);
            if (link >= 0 && v->selected.what == DH_A_LINK && v->selected.row == link)
                dh_scene_frame(n->scene, box, 2 * v->s, DH_INK_STRONG);
        }
    for (int32_t r = 0; r < m->rows; r++)
        if (m->marked[r])
            dh_scene_frame(
                n->scene,
                (struct dh_box){plot.x - 2 * v->s, plot.y + (float)r * h - 1, plot.w + 3 * v->s, h + 1},
                1.5f * v->s, DH_INK_STRONG);
}

static void draw(const struct net_view *n, struct matrix *m, struct dh_box box) {
    struct dh_view *v = n->view;
    float s = v->s, line = dh_line(v, DH_SMALL);
    char text[96];
    int32_t fit_rows = (int32_t)fmaxf((box.h - 2 * line) / (6 * s), 1),
            fit_columns = (int32_t)fmaxf(box.w * 0.85f / (6 * s), 1);
    fold(m, (m->rows + fit_rows - 1) / fit_rows, (m->columns + fit_columns - 1) / fit_columns);
    row_label(n, m, m->rows - 1, text, sizeof text);
    struct dh_box head = dh_box_cut_y(&box, line);
    float names_w =
        fminf(fmaxf((float)dh_type_width(&v->type, DH_SMALL, false, text, strlen(text)) + 8 * s, 56 * s),
              box.w / 3);
    struct dh_box names = dh_box_cut_x(&box, names_w), top = head;
    dh_box_cut_x(&top, names_w);
    dh_scene_word(n->scene, (struct dh_box){head.x, head.y, names_w - 6 * s, head.h},
                  dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_RIGHT), m->column_word);
    if (m->per_row > 1 || m->per_column > 1) {
        struct dh_box note = dh_box_cut_y(&box, -line);
        if (m->per_column > 1)
            snprintf(text, sizeof text, "a cell is the fullest of %d \u00d7 %d", (int)m->per_row,
                     (int)m->per_column);
        else
            snprintf(text, sizeof text, "a row is the fullest of %d", (int)m->per_row);
        dh_scene_word(n->scene, note, dh_plain(DH_SMALL, DH_AMBER), text);
    }
    float w = fminf(box.w / (float)m->columns, 260 * s), h = fminf(box.h / (float)m->rows, 120 * s);
    if (w * (float)m->columns < 1 || h * (float)m->rows < 1)
        return;
    struct dh_box plot = {box.x, box.y, w * (float)m->columns, h * (float)m->rows};
    dh_scene_rect(n->scene, plot, 0x12171D);
    top.w = plot.w;
    draw_labels(n, m, plot, names, top);
    bool many = m->rows * m->columns > 1024 && w < 40 * s; /* a picture is drawn faster than so many cells */
    if (w < 3 || h < 3 || many)
        draw_far(n, m, plot);
    for (int32_t c = 1; many && c < m->columns && w >= 5 * s && h >= 5 * s; c++)
        dh_scene_rect(n->scene, (struct dh_box){floorf(plot.x + (float)c * w), plot.y, 1, plot.h}, 0x12171D);
    for (int32_t r = 1; many && r < m->rows && w >= 5 * s && h >= 5 * s; r++)
        dh_scene_rect(n->scene, (struct dh_box){plot.x, floorf(plot.y + (float)r * h), plot.w, 1}, 0x12171D);
    if (!(w < 3 || h < 3 || many))
        draw_near(n, m, plot);
    draw_over(n, m, plot);
}

void dh_net_matrix(struct net_view *n, struct dh_box box) {
    const struct dh_network *net = dh_net_of(n->view);
    struct matrix m = {0};
    bool tree = n->shape.kind == DH_TOPOLOGY_FAT_TREE;
    bool good = n->shape.mesh       ? of_sites(n, net, &m)
                : !n->shape.bundled ? of_single(n, net, &m)
                : tree              ? of_tree(n, net, &m)
                                    : of_groups(n, net, &m);
    if (good)
        draw(n, &m, box);
    else
        dh_scene_word(
            n->scene, dh_box_cut_y(&box, dh_line(n->view, DH_SMALL)), dh_plain(DH_SMALL, DH_INK_FAINT),
            n->shape.bundled && tree && n->shape.tiers == 1 ? "one switch: no links between switches"
                                                            : "more links than are recorded one by one");
    free_matrix(&m);
}

void dh_net_pods(struct net_view *n, struct dh_box box) {
    const struct dh_network *net = dh_net_of(n->view);
    struct matrix m = {0};
    if (size(&m, n->shape.pods, 2, "pod", "")) {
        EACH_LINK(n, net, row, place)
        if (place.way == DH_WAY_POD_UP || place.way == DH_WAY_POD_DOWN)
            put(n, at(&m, place.from, place.way == DH_WAY_POD_DOWN), row);
        static const char *const ways[] = {"up", "down"};
        m.column_names = ways;
        draw(n, &m, box);
    }
    free_matrix(&m);
}
