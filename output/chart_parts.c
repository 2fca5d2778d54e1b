/* Charts of parts of a whole: waterfall, shares, flows. */
#include "output/chart.h"

#include "output/chart_axis.h"
#include "output/report_page.h"

#include <math.h>
#include <stdio.h>

static void put_title(struct dh_text *out, const char *title) {
    dh_svg_text(out, 0, 14, DH_ANCHOR_START, "title", title);
}

/* Decimals that tell parts of this size. */
static int decimals_of(double largest) {
    return largest >= 1000 ? 0 : largest >= 100 ? 1 : largest >= 10 ? 2 : 3;
}

void dh_chart_waterfall(struct dh_text *out, const char *title, const char *unit, double scale,
                        const struct dh_chart_part *parts, int32_t n, const char *total) {
    enum { ROW = 24, TOP = 30, NAME = 190, VALUE = 150 };
    bool signs = false;
    double sum = 0, low = 0, high = 0, x0 = NAME, width = DH_CHART_WIDTH - NAME - VALUE;
    for (int32_t i = 0; i < n; i++) {
        sum += parts[i].value;
        signs = signs || parts[i].value < 0;
        low = fmin(low, sum);
        high = fmax(high, sum);
    }
    if (!(high > low))
        return;
    double px = width / (high - low), at = 0;
    int decimals = decimals_of(fabs(high) * scale);
    dh_svg_begin(out, DH_CHART_WIDTH, TOP + ROW * (n + 1) + 8, title);
    put_title(out, title);
    for (int32_t i = 0; i <= n; i++) {
        double value = i < n ? parts[i].value : sum, from = i < n ? at : 0, to = i < n ? at + value : sum;
        double y = TOP + ROW * i, left = x0 + (fmin(from, to) - low) * px,
               right = x0 + (fmax(from, to) - low) * px;
        char name[96], number[64], text[128];
        const char *called = i < n ? parts[i].name : total;
        snprintf(text, sizeof text, "%s%s %.20s%s%.30s", signs && value > 0 ? "+" : "",
                 dh_page_grouped(number, value * scale, decimals), unit, i < n && parts[i].note ? ", " : "",
                 i < n && parts[i].note ? parts[i].note : "");
        dh_svg_text(out, x0 - 10, y + 16, DH_ANCHOR_END, i < n ? "label" : "strong",
                    dh_svg_fit(name, sizeof name, called, DH_CHART_TEXT, NAME - 14));
        dh_svg_rect(out, left, y + 4, fmax(right - left, 1), ROW - 8,
                    i == n      ? "f8"
                    : value < 0 ? "f3"
                                : "f1",
                    text);
        if (i < n)
            dh_svg_line(out, x0 + (to - low) * px, y + 4, x0 + (to - low) * px, y + ROW + 4, "grid");
        dh_svg_text(out, right + 6, y + 16, DH_ANCHOR_START, i < n ? "label" : "strong", text);
        at = to;
    }
    dh_svg_end(out);
}

void dh_chart_shares(struct dh_text *out, const char *title, const struct dh_chart_part *parts, int32_t n) {
    enum { TOP = 26, HIGH = 34, ROW = 18, COLUMNS = 3 };
    double sum = 0, x = 0;
    for (int32_t i = 0; i < n; i++)
        sum += fmax(parts[i].value, 0);
    if (!(sum > 0))
        return;
    int32_t rows = (n + COLUMNS - 1) / COLUMNS;
    dh_svg_begin(out, DH_CHART_WIDTH, TOP + HIGH + 14 + ROW * rows + 6, title);
    put_title(out, title);
    for (int32_t i = 0; i < n; i++) {
        double w = DH_CHART_WIDTH * fmax(parts[i].value, 0) / sum;
        char class[16], tip[160], share[32], name[96];
        snprintf(class, sizeof class, "f%d edge", i % 8 + 1);
        snprintf(share, sizeof share, "%.1f %%", 100 * parts[i].value / sum);
        snprintf(tip, sizeof tip, "%.80s: %s", parts[i].name, share);
        dh_svg_rect(out, x, TOP, w, HIGH, class, tip);
        if (w > dh_svg_width(share, DH_CHART_TEXT, true) + 8)
            dh_svg_text(out, x + w / 2, TOP + 22, DH_ANCHOR_MIDDLE, i % 8 == 7 ? "on" : "on-light", share);
        double lx = (double)DH_CHART_WIDTH / COLUMNS * (i % COLUMNS),
               ly = TOP + HIGH + 14 + ROW * (i / COLUMNS);
        dh_svg_rect(out, lx, ly, 12, 10, class, NULL);
        snprintf(tip, sizeof tip, "%.80s %s", parts[i].name, share);
        dh_svg_text(out, lx + 18, ly + 10, DH_ANCHOR_START, "label",
                    dh_svg_fit(name, sizeof name, tip, DH_CHART_TEXT, (double)DH_CHART_WIDTH / COLUMNS - 26));
        x += w;
    }
    dh_svg_end(out);
}

/* ---- flows: Sankey's diagram ------------------------------------------------------------------------------
 */

enum { FLOW_NODES = 64, FLOW_TOP = 34, FLOW_GAP = 14, FLOW_BAR = 14, FLOW_HIGH = 300 };

struct placed {
    double value, y, in, out; /* in, out: y at which the next link begins */
};

/* Heights in px of what flows, such that the fullest column fits. */
static double scale_of(const struct dh_flow_node *nodes, int32_t n, const struct placed *at,
                       int32_t columns) {
    double px = INFINITY;
    for (int32_t c = 0; c < columns; c++) {
        double sum = 0;
        int32_t count = 0;
        for (int32_t i = 0; i < n; i++)
            if (nodes[i].column == c && at[i].value > 0) {
                sum += at[i].value;
                count++;
            }
        if (sum > 0)
            px = fmin(px, (FLOW_HIGH - FLOW_GAP * (count > 0 ? count - 1 : 0)) / sum);
    }
    return px;
}

static double x_of(int32_t column, int32_t columns) {
    double room = DH_CHART_WIDTH - 220.0 - FLOW_BAR;
    return column * room / (columns > 1 ? columns - 1 : 1);
}

static void put_link(struct dh_text *out, const struct dh_flow_link *link, const struct dh_flow_node *nodes,
                     struct placed *at, int32_t columns, double px, const char *tip) {
    double w = link->value * px, x1 = x_of(nodes[link->from].column, columns) + FLOW_BAR,
           x2 = x_of(nodes[link->to].column, columns), y1 = at[link->from].out, y2 = at[link->to].in,
           half = (x1 + x2) / 2;
    dh_svg_path_begin(out, "flow");
    dh_svg_path_move(out, x1, y1);
    dh_svg_path_curve(out, half, y1, half, y2, x2, y2);
    dh_svg_path_to(out, x2, y2 + w);
    dh_svg_path_curve(out, half, y2 + w, half, y1 + w, x1, y1 + w);
    dh_svg_path_close(out);
    dh_svg_path_end(out, tip);
    at[link->from].out += w;
    at[link->to].in += w;
}

void dh_chart_flow(struct dh_text *out, const char *title, const char *unit, double scale,
                   const struct dh_flow_node *nodes, int32_t n_node, const struct dh_flow_link *links,
                   int32_t n_link) {
    struct placed at[FLOW_NODES] = {0};
    int32_t columns = 0;
    if (n_node > FLOW_NODES || n_node == 0)
        return;
    for (int32_t i = 0; i < n_node; i++)
        columns = nodes[i].column + 1 > columns ? nodes[i].column + 1 : columns;
    double in[FLOW_NODES] = {0}, off[FLOW_NODES] = {0};
    for (int32_t k = 0; k < n_link; k++) {
        off[links[k].from] += links[k].value;
        in[links[k].to] += links[k].value;
    }
    double most = 0;
    for (int32_t i = 0; i < n_node; i++) {
        at[i].value = fmax(in[i], off[i]);
        most = fmax(most, at[i].value);
    }
    double px = scale_of(nodes, n_node, at, columns);
    if (!(most > 0) || !isfinite(px))
        return;
    double next[FLOW_NODES];
    for (int32_t c = 0; c < columns && c < FLOW_NODES; c++)
        next[c] = FLOW_TOP;
    for (int32_t i = 0; i < n_node; i++) {
        double *y = &next[nodes[i].column];
        if (!(at[i].value > 0))
            continue;
        at[i].y = at[i].in = at[i].out = *y;
        *y += at[i].value * px + FLOW_GAP;
    }
    int decimals = decimals_of(most * scale);
    dh_svg_begin(out, DH_CHART_WIDTH, FLOW_TOP + FLOW_HIGH + 20, title);
    put_title(out, title);
    char number[64], text[160], name[128];
    for (int32_t k = 0; k < n_link; k++) {
        snprintf(text, sizeof text, "%.50s to %.50s: %s %.20s", nodes[links[k].from].name,
                 nodes[links[k].to].name, dh_page_grouped(number, links[k].value * scale, decimals), unit);
        if (links[k].value > 0)
            put_link(out, &links[k], nodes, at, columns, px, text);
    }
    double label[FLOW_NODES];
    for (int32_t c = 0; c < columns && c < FLOW_NODES; c++)
        label[c] = 0;
    for (int32_t i = 0; i < n_node; i++) {
        if (!(at[i].value > 0))
            continue;
        double x = x_of(nodes[i].column, columns), h = fmax(at[i].value * px, 1);
        snprintf(text, sizeof text, "%.60s %s %.20s", nodes[i].name,
                 dh_page_grouped(number, at[i].value * scale, decimals), unit);
        dh_svg_rect(out, x, at[i].y, FLOW_BAR, h, "f1", text);
        /* Names of thin bars one below the other, never upon each other. */
        double y = fmax(at[i].y + h / 2 + 4, label[nodes[i].column] + 14),
               room = nodes[i].column + 1 < columns ? x_of(1, columns) - FLOW_BAR - 14 : 220 - 6;
        dh_svg_text(out, x + FLOW_BAR + 5, y, DH_ANCHOR_START, "label halo",
                    dh_svg_fit(name, sizeof name, text, DH_CHART_TEXT, room));
        label[nodes[i].column] = y;
    }
    dh_svg_end(out);
}
