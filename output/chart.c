/* Charts along an axis: time, duration, waits, months. */
#include "output/chart.h"

#include "output/chart_axis.h"
#include "output/report_page.h"

#include <math.h>
#include <stdio.h>

enum { LEFT = 58, RIGHT = 18, TOP = 52 };

struct dh_chart_unit dh_chart_unit_of(double largest, const char *const units[4]) {
    struct dh_chart_unit u = {1, units[0]};
    for (int i = 1; i < 4 && fabs(largest) * u.scale >= 1000; i++)
        u = (struct dh_chart_unit){u.scale / 1000, units[i]};
    return u;
}

static void put_title(struct dh_text *out, const char *title) {
    dh_svg_text(out, 0, 14, DH_ANCHOR_START, "title", title);
}

/* Names of lines, from the right end of the title's line to the left. */
static void put_legend(struct dh_text *out, const char *title, const char *const *names, int32_t n) {
    double x = DH_CHART_WIDTH - RIGHT;
    for (int32_t i = n - 1; i >= 0; i--) {
        char class[16], name[64];
        double room = x - dh_svg_width(title, 14, true) - 40;
        const char *text = dh_svg_fit(name, sizeof name, names[i], DH_CHART_TEXT, fmax(room, 20));
        snprintf(class, sizeof class, "f%d", i + 1);
        dh_svg_text(out, x, 14, DH_ANCHOR_END, "label", text);
        x -= dh_svg_width(text, DH_CHART_TEXT, false) + 18;
        dh_svg_rect(out, x, 5, 12, 10, class, NULL);
        x -= 14;
    }
}

static void put_limits(struct dh_text *out, const struct dh_chart_limit *limits, int32_t n,
                       const struct dh_chart_scale *scale, double top, double bottom) {
    double last = -100;
    for (int32_t i = 0; i < n; i++) {
        char text[96], number[64];
        double y = dh_chart_y(scale, top, bottom, limits[i].value);
        snprintf(text, sizeof text, "%.60s %s", limits[i].name,
                 dh_page_grouped(number, limits[i].value, scale->step < 10 ? scale->decimals + 1 : 0));
        dh_svg_line(out, LEFT, y, DH_CHART_WIDTH - RIGHT, y, "limit");
        bool below = fabs(y - last) < 14; /* two names need two lines */
        dh_svg_text(out, DH_CHART_WIDTH - RIGHT, below ? y + 13 : y - 4, DH_ANCHOR_END, "limit-name halo",
                    text);
        last = y;
    }
}

static double extreme(const double *v, int32_t n, double most, double sign) {
    for (int32_t i = 0; v && i < n; i++)
        if (!isnan(v[i]) && !(sign * v[i] <= sign * most))
            most = v[i];
    return most;
}

/* Where a value is missing the line is broken. */
static void put_line(struct dh_text *out, const double *v, int32_t n, const struct dh_chart_scale *scale,
                     double bottom, const char *class) {
    double width = DH_CHART_WIDTH - RIGHT - LEFT;
    bool drawn = false;
    dh_svg_path_begin(out, class);
    for (int32_t i = 0; i < n; i++) {
        double x = LEFT + width * (i + 0.5) / n, y = dh_chart_y(scale, TOP, bottom, v[i]);
        if (isnan(v[i])) {
            drawn = false;
            continue;
        }
        if (drawn)
            dh_svg_path_to(out, x, y);
        else
            dh_svg_path_move(out, x, y);
        drawn = true;
    }
    dh_svg_path_end(out, NULL);
}

static void put_band(struct dh_text *out, const double *low, const double *high, int32_t n,
                     const struct dh_chart_scale *scale, double bottom, const char *class) {
    double width = DH_CHART_WIDTH - RIGHT - LEFT;
    dh_svg_path_begin(out, class);
    for (int32_t from = 0; from < n;) {
        if (isnan(low[from])) {
            from++;
            continue;
        }
        int32_t to = from;
        while (to < n && !isnan(low[to]))
            to++;
        for (int32_t i = from; i < to; i++) {
            double x = LEFT + width * (i + 0.5) / n, y = dh_chart_y(scale, TOP, bottom, high[i]);
            if (i == from)
                dh_svg_path_move(out, x, y);
            else
                dh_svg_path_to(out, x, y);
        }
        for (int32_t i = to - 1; i >= from; i--)
            dh_svg_path_to(out, LEFT + width * (i + 0.5) / n, dh_chart_y(scale, TOP, bottom, low[i]));
        dh_svg_path_close(out);
        from = to;
    }
    dh_svg_path_end(out, NULL);
}

void dh_chart_time(struct dh_text *out, const struct dh_time_chart *chart) {
    enum { HEIGHT = 280, BOTTOM = HEIGHT - 26 };
    const char *names[DH_CHART_SERIES];
    double low = chart->from_zero ? 0 : NAN, high = chart->from_zero ? 0 : NAN;
    for (int32_t s = 0; s < chart->n_series; s++) {
        const struct dh_chart_series *series = &chart->series[s];
        names[s] = series->name;
        low = extreme(series->low ? series->low : series->mean, chart->n_bin, low, -1);
        high = extreme(series->high ? series->high : series->mean, chart->n_bin, high, 1);
    }
    for (int32_t i = 0; i < chart->n_limit; i++)
        high = fmax(high, chart->limits[i].value);
    if (isnan(low))
        low = high = 0;
    struct dh_chart_scale scale = dh_chart_scale_of(low, high, 6);
    dh_svg_begin(out, DH_CHART_WIDTH, HEIGHT, chart->title);
    put_title(out, chart->title);
    if (chart->n_series > 1)
        put_legend(out, chart->title, names, chart->n_series);
    dh_chart_y_axis(out, &scale, LEFT, DH_CHART_WIDTH - RIGHT, TOP, BOTTOM, chart->unit);
    dh_chart_dates(out, chart->start_unix_s, chart->duration_s, LEFT, DH_CHART_WIDTH - RIGHT, BOTTOM);
    for (int32_t s = 0; s < chart->n_series; s++) {
        char class[16];
        snprintf(class, sizeof class, "b%d", s + 1);
        if (chart->series[s].low && chart->series[s].high)
            put_band(out, chart->series[s].low, chart->series[s].high, chart->n_bin, &scale, BOTTOM, class);
    }
    for (int32_t s = 0; s < chart->n_series; s++) {
        char class[16];
        snprintf(class, sizeof class, "l%d", s + 1);
        put_line(out, chart->series[s].mean, chart->n_bin, &scale, BOTTOM, class);
    }
    put_limits(out, chart->limits, chart->n_limit, &scale, TOP, BOTTOM);
    dh_svg_end(out);
}

void dh_chart_duration(struct dh_text *out, const char *title, const char *unit, const double *falling,
                       int32_t n, const struct dh_chart_limit *limits, int32_t n_limit) {
    enum { HEIGHT = 240, BOTTOM = HEIGHT - 26 };
    double high = n > 0 ? falling[0] : 0;
    for (int32_t i = 0; i < n_limit; i++)
        high = fmax(high, limits[i].value);
    struct dh_chart_scale scale = dh_chart_scale_of(0, high, 6);
    double width = DH_CHART_WIDTH - RIGHT - LEFT;
    dh_svg_begin(out, DH_CHART_WIDTH, HEIGHT, title);
    put_title(out, title);
    dh_chart_y_axis(out, &scale, LEFT, DH_CHART_WIDTH - RIGHT, TOP, BOTTOM, unit);
    for (int percent = 0; percent <= 100; percent += 10) {
        char text[16];
        double x = LEFT + width * percent / 100;
        snprintf(text, sizeof text, "%d %%", percent);
        dh_svg_line(out, x, BOTTOM, x, BOTTOM + 4, "axis");
        dh_svg_text(out, x, BOTTOM + 17, percent == 100 ? DH_ANCHOR_END : DH_ANCHOR_MIDDLE, "tick", text);
    }
    dh_svg_path_begin(out, "b1");
    dh_svg_path_move(out, LEFT, BOTTOM);
    for (int32_t i = 0; i < n; i++)
        dh_svg_path_to(out, LEFT + width * i / (n > 1 ? n - 1 : 1),
                       dh_chart_y(&scale, TOP, BOTTOM, falling[i]));
    dh_svg_path_to(out, DH_CHART_WIDTH - RIGHT, BOTTOM);
    dh_svg_path_close(out);
    dh_svg_path_end(out, NULL);
    dh_svg_path_begin(out, "l1");
    for (int32_t i = 0; i < n; i++) {
        double x = LEFT + width * i / (n > 1 ? n - 1 : 1), y = dh_chart_y(&scale, TOP, BOTTOM, falling[i]);
        if (i == 0)
            dh_svg_path_move(out, x, y);
        else
            dh_svg_path_to(out, x, y);
    }
    dh_svg_path_end(out, NULL);
    put_limits(out, limits, n_limit, &scale, TOP, BOTTOM);
    dh_svg_end(out);
}

void dh_chart_waits(struct dh_text *out, const char *title, const double *sorted_s, int64_t n) {
    enum { HEIGHT = 240, BOTTOM = HEIGHT - 26, POINTS = 300 };
    static const struct {
        double s;
        const char *name;
    } marks[] = {
        {1,      "1 s"   },
        {10,     "10 s"  },
        {60,     "1 min" },
        {600,    "10 min"},
        {3600,   "1 h"   },
        {21600,  "6 h"   },
        {86400,  "1 d"   },
        {604800, "1 wk"  },
        {2.6e6,  "30 d"  },
        {3.2e7,  "1 a"   },
    };
    enum { N_MARK = sizeof marks / sizeof *marks };
    int last = 4;
    while (last + 1 < N_MARK && n > 0 && marks[last].s < sorted_s[n - 1])
        last++;
    double width = DH_CHART_WIDTH - RIGHT - LEFT, decades = log10(marks[last].s);
    struct dh_chart_scale scale = {0, 100, 20, 0};
    dh_svg_begin(out, DH_CHART_WIDTH, HEIGHT, title);
    put_title(out, title);
    dh_chart_y_axis(out, &scale, LEFT, DH_CHART_WIDTH - RIGHT, TOP, BOTTOM, "%");
    for (int i = 0; i <= last; i++) {
        double x = LEFT + width * log10(marks[i].s) / decades;
        dh_svg_line(out, x, TOP, x, BOTTOM + 4, "grid");
        dh_svg_text(out, x, BOTTOM + 17, i == last ? DH_ANCHOR_END : DH_ANCHOR_MIDDLE, "tick", marks[i].name);
    }
    int64_t below = 0;
    dh_svg_path_begin(out, "l1");
    for (int i = 0; i <= POINTS; i++) {
        double s = pow(10, decades * i / POINTS);
        while (below < n && sorted_s[below] <= s * (1 + 1e-12))
            below++;
        double x = LEFT + width * i / POINTS,
               y = dh_chart_y(&scale, TOP, BOTTOM, n > 0 ? 100.0 * (double)below / (double)n : 0);
        if (i == 0)
            dh_svg_path_move(out, x, y);
        else
            dh_svg_path_to(out, x, y);
    }
    dh_svg_path_end(out, NULL);
    dh_svg_end(out);
}

void dh_chart_months(struct dh_text *out, const char *title, const char *const *names, const double *values,
                     int32_t n, int decimals, double from) {
    enum { HEIGHT = 200, BOTTOM = HEIGHT - 26 };
    double high = extreme(values, n, from, 1), width = DH_CHART_WIDTH - RIGHT - LEFT, one = width / n;
    struct dh_chart_scale scale = dh_chart_scale_of(from, high, 5);
    double wide = fmin(one * 0.7, 56);
    dh_svg_begin(out, DH_CHART_WIDTH, HEIGHT, title);
    put_title(out, title);
    dh_chart_y_axis(out, &scale, LEFT, DH_CHART_WIDTH - RIGHT, TOP, BOTTOM, "");
    int every = (int)ceil(40 / one);
    for (int32_t i = 0; i < n; i++) {
        char number[64], tip[160];
        double x = LEFT + one * (i + 0.5), y = dh_chart_y(&scale, TOP, BOTTOM, values[i]);
        if (isnan(values[i]))
            continue;
        dh_page_grouped(number, values[i], decimals);
        snprintf(tip, sizeof tip, "%.40s: %s", names[i], number);
        dh_svg_rect(out, x - wide / 2, y, wide, BOTTOM - y, "f1", tip);
        if (dh_svg_width(number, DH_CHART_TEXT, false) < one - 2)
            dh_svg_text(out, x, y - 4, DH_ANCHOR_MIDDLE, "label", number);
        if (i % every == 0)
            dh_svg_text(out, x, BOTTOM + 17, DH_ANCHOR_MIDDLE, "tick", names[i]);
    }
    dh_svg_end(out);
}
