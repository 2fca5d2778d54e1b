/* Designs by two objectives, and the front of those that no other beats. */
#include "output/chart.h"

#include "output/chart_axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEFT = 66, RIGHT = 24, TOP = 62, HEIGHT = 380, BOTTOM = HEIGHT - 46 };
static const double RADIUS = 5, LINE = 14; /* of a point; height of a name's box, px */

/* Is a at least as good as b? */
static bool no_worse(double a, double b, bool more) {
    return more ? a >= b : a <= b;
}

void dh_front_of(bool *on, const double *x, const double *y, int32_t n, bool x_more, bool y_more) {
    for (int32_t i = 0; i < n; i++) {
        on[i] = !isnan(x[i]) && !isnan(y[i]);
        for (int32_t k = 0; k < n && on[i]; k++)
            if (no_worse(x[k], x[i], x_more) && no_worse(y[k], y[i], y_more) &&
                (x[k] != x[i] || y[k] != y[i]))
                on[i] = false;
    }
}

/* ---- names where there is room ------------------------------------------------------------------------ */

struct box {
    double x0, y0, x1, y1;
};

static bool meet(const struct box *a, const struct box *b) {
    return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

struct placing {
    struct box *taken; /* by points and names */
    int32_t n;
};

static bool is_free(const struct placing *p, const struct box *box) {
    if (box->x0 < LEFT + 2 || box->x1 > DH_CHART_WIDTH - 2 || box->y0 < TOP - 16 || box->y1 > BOTTOM - 1)
        return false;
    for (int32_t i = 0; i < p->n; i++)
        if (meet(&p->taken[i], box))
            return false;
    return true;
}

/* Beside the point, above, below; then the same further off. */
static void put_name(struct dh_text *out, struct placing *p, double x, double y, const char *name) {
    char room[96];
    const char *text = dh_svg_fit(room, sizeof room, name, DH_CHART_TEXT, 240);
    double w = dh_svg_width(text, DH_CHART_TEXT, false) + 2;
    for (int ring = 0; ring < 5; ring++) {
        double d = RADIUS + 4 + 12 * ring;
        const struct {
            double x0, y0;
        } tries[] = {
            {x + d,     y - LINE / 2    },
            {x - d - w, y - LINE / 2    },
            {x + d,     y - LINE - d / 2},
            {x + d,     y + d / 2       },
            {x - d - w, y - LINE - d / 2},
            {x - d - w, y + d / 2       },
            {x - w / 2, y - LINE - d    },
            {x - w / 2, y + d           },
        };
        for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
            struct box box = {tries[i].x0, tries[i].y0, tries[i].x0 + w, tries[i].y0 + LINE};
            if (!is_free(p, &box))
                continue;
            if (ring > 0) /* whose name it is */
                dh_svg_line(out, x, y, fmin(fmax(x, box.x0), box.x1), fmin(fmax(y, box.y0), box.y1), "grid");
            dh_svg_text(out, box.x0 + 1, box.y0 + 11, DH_ANCHOR_START, "label halo", text);
            p->taken[p->n++] = box;
            return;
        }
    }
}

/* ---- the chart ------------------------------------------------------------------------------------------
 */

struct frame {
    struct dh_chart_scale x, y;
    double x_times, y_times;
};

static double x_of(const struct frame *f, double v) {
    return LEFT + (v * f->x_times - f->x.low) / (f->x.high - f->x.low) * (DH_CHART_WIDTH - RIGHT - LEFT);
}

static double y_of(const struct frame *f, double v) {
    return dh_chart_y(&f->y, TOP, BOTTOM, v * f->y_times);
}

static void put_dot(struct dh_text *out, double x, double y, const char *class, const char *tip) {
    const double k = 0.5523 * RADIUS, r = RADIUS; /* a circle of four Bezier curves */
    dh_svg_path_begin(out, class);
    dh_svg_path_move(out, x + r, y);
    dh_svg_path_curve(out, x + r, y + k, x + k, y + r, x, y + r);
    dh_svg_path_curve(out, x - k, y + r, x - r, y + k, x - r, y);
    dh_svg_path_curve(out, x - r, y - k, x - k, y - r, x, y - r);
    dh_svg_path_curve(out, x + k, y - r, x + r, y - k, x + r, y);
    dh_svg_path_close(out);
    dh_svg_path_end(out, tip);
}

static void widen(double v, double *low, double *high) {
    if (isnan(v))
        return;
    *low = isnan(*low) ? v : fmin(*low, v);
    *high = isnan(*high) ? v : fmax(*high, v);
}

static struct dh_chart_scale scale_of(double low, double high, double times, int most) {
    double margin = high > low ? 0.06 * (high - low) : 0.05 * fabs(high); /* no point on the edge */
    double from = (low - margin) * times, to = (high + margin) * times;
    return dh_chart_scale_of(low >= 0 ? fmax(from, 0) : from, to, most);
}

/* A staircase: what is between two points of the front would be beaten by one of them. */
static void put_line(struct dh_text *out, const struct frame *f, const struct dh_front_point *points,
                     const bool *on, int32_t n, bool x_more) {
    int32_t last = -1;
    dh_svg_path_begin(out, "front");
    for (;;) {
        int32_t next = -1;
        for (int32_t i = 0; i < n; i++)
            if (on[i] && (last < 0 || points[i].x > points[last].x) &&
                (next < 0 || points[i].x < points[next].x))
                next = i;
        if (next < 0)
            break;
        double x = x_of(f, points[next].x), y = y_of(f, points[next].y);
        if (last < 0) {
            dh_svg_path_move(out, x, y);
        } else {
            double px = x_of(f, points[last].x), py = y_of(f, points[last].y);
            if (x_more) /* the corner is the worse of both in each */
                dh_svg_path_to(out, px, y);
            else
                dh_svg_path_to(out, x, py);
            dh_svg_path_to(out, x, y);
        }
        last = next;
    }
    dh_svg_path_end(out, NULL);
}

/* Intervals, as far as the axes go. */
static void put_whiskers(struct dh_text *out, const struct frame *f, const struct dh_front_point *p,
                         struct placing *placing) {
    double x = x_of(f, p->x), y = y_of(f, p->y);
    if (p->x_high > p->x_low) {
        double from = fmax(x_of(f, p->x_low), LEFT), to = x_of(f, p->x_high);
        dh_svg_line(out, from, y, to, y, "axis");
        placing->taken[placing->n++] = (struct box){from, y - 1, to, y + 1};
    }
    if (p->y_high > p->y_low) {
        double from = fmin(y_of(f, p->y_low), BOTTOM), to = y_of(f, p->y_high);
        dh_svg_line(out, x, from, x, to, "axis");
        placing->taken[placing->n++] = (struct box){x - 1, to, x + 1, from};
    }
}

static void put_points(struct dh_text *out, const struct frame *f, const struct dh_front_point *points,
                       const bool *on, int32_t n, struct placing *p) {
    for (int32_t i = 0; i < n; i++)
        if (!isnan(points[i].x) && !isnan(points[i].y))
            put_whiskers(out, f, &points[i], p);
    for (int pass = 0; pass < 2; pass++) /* the front above the others */
        for (int32_t i = 0; i < n; i++) {
            if (isnan(points[i].x) || isnan(points[i].y) || on[i] != (pass == 1))
                continue;
            double x = x_of(f, points[i].x), y = y_of(f, points[i].y);
            put_dot(out, x, y, on[i] ? "f1 edge" : "dot", points[i].name);
            p->taken[p->n++] = (struct box){x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS};
        }
    for (int pass = 0; pass < 2; pass++) /* and first to be named */
        for (int32_t i = 0; i < n; i++)
            if (points[i].name && on[i] == (pass == 0) && !isnan(points[i].x) && !isnan(points[i].y))
                put_name(out, p, x_of(f, points[i].x), y_of(f, points[i].y), points[i].name);
}

enum dh_err dh_chart_front(struct dh_text *out, const char *title, const struct dh_front_axis *x,
                           const struct dh_front_axis *y, const struct dh_front_point *points, int32_t n) {
    double x_low = NAN, x_high = NAN, y_low = NAN, y_high = NAN, x_sign = 0, y_sign = 0;
    size_t room = (size_t)n + 1;
    bool *on = calloc(room, sizeof *on);
    double *both = calloc(2 * room, sizeof *both);
    struct placing placing = {calloc(4 * room, sizeof *placing.taken), 0};
    enum dh_err err = on && both && placing.taken ? DH_OK : DH_ERR_MEMORY;
    for (int32_t i = 0; i < n && err == DH_OK; i++) {
        const struct dh_front_point *p = &points[i];
        both[i] = p->x;
        both[room + (size_t)i] = p->y;
        if (isnan(p->x) || isnan(p->y))
            continue;
        widen(p->x, &x_low, &x_high);
        widen(p->y, &y_low, &y_high);
        x_sign = fmin(x_sign, p->x);
        y_sign = fmin(y_sign, p->y);
        if (p->x_high > p->x_low) {
            widen(p->x_low, &x_low, &x_high);
            widen(p->x_high, &x_low, &x_high);
        }
        if (p->y_high > p->y_low) {
            widen(p->y_low, &y_low, &y_high);
            widen(p->y_high, &y_low, &y_high);
        }
    }
    if (err == DH_OK && !isnan(x_low)) {
        char text[160];
        struct frame f = {scale_of(x_sign < 0 ? x_low : fmax(x_low, 0), x_high, x->scale, 8),
                          scale_of(y_sign < 0 ? y_low : fmax(y_low, 0), y_high, y->scale, 6), x->scale,
                          y->scale};
        dh_front_of(on, both, both + room, n, x->more, y->more);
        dh_svg_begin(out, DH_CHART_WIDTH, HEIGHT, title);
        dh_svg_text(out, 0, 14, DH_ANCHOR_START, "title", title);
        snprintf(text, sizeof text, "%.60s (%s is better)", y->name, y->more ? "more" : "less");
        dh_svg_text(out, 0, TOP - 24, DH_ANCHOR_START, "tick", text);
        dh_chart_y_axis(out, &f.y, LEFT, DH_CHART_WIDTH - RIGHT, TOP, BOTTOM, "");
        dh_chart_x_axis(out, &f.x, LEFT, DH_CHART_WIDTH - RIGHT, TOP, BOTTOM);
        snprintf(text, sizeof text, "%.60s (%s is better)", x->name, x->more ? "more" : "less");
        dh_svg_text(out, DH_CHART_WIDTH - RIGHT, BOTTOM + 36, DH_ANCHOR_END, "tick", text);
        put_line(out, &f, points, on, n, x->more);
        put_points(out, &f, points, on, n, &placing);
        dh_svg_end(out);
    }
    free(on);
    free(both);
    free(placing.taken);
    return err == DH_OK && out->failed ? DH_ERR_MEMORY : err;
}
