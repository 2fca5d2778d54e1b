/* How a figure responds to what varies: a tornado, and means of levels. */
#include "output/chart.h"

#include "output/chart_axis.h"
#include "output/report_page.h"

#include <math.h>
#include <stdio.h>

/* Decimals that tell a tenth of the span. */
static int decimals_of(double span) {
    int wanted = span > 0 && isfinite(span) ? 3 - (int)ceil(log10(span)) : 0;
    return wanted < 0 ? 0 : wanted > 6 ? 6 : wanted;
}

void dh_chart_tornado(struct dh_text *out, const char *title, const char *unit, double scale, double base,
                      const struct dh_tornado_bar *bars, int32_t n) {
    enum { ROW = 30, TOP = 52, NAME = 170, END = 150 };
    double low = base, high = base, x0 = NAME + END, width = DH_CHART_WIDTH - NAME - 2 * END;
    for (int32_t i = 0; i < n; i++) {
        low = fmin(low, fmin(bars[i].low, bars[i].high));
        high = fmax(high, fmax(bars[i].low, bars[i].high));
    }
    if (!(high > low))
        return;
    double px = width / (high - low), middle = x0 + (base - low) * px;
    int decimals = decimals_of((high - low) * scale);
    char number[64], text[160], name[128];
    dh_svg_begin(out, DH_CHART_WIDTH, TOP + ROW * n + 8, title);
    dh_svg_text(out, 0, 14, DH_ANCHOR_START, "title", title);
    snprintf(text, sizeof text, "base %s %.30s", dh_page_grouped(number, base * scale, decimals), unit);
    dh_svg_text(out, middle, TOP - 12, DH_ANCHOR_MIDDLE, "tick", text);
    for (int32_t i = 0; i < n; i++) {
        const struct dh_tornado_bar *b = &bars[i];
        double y = TOP + ROW * i;
        bool falls = b->high < b->low;
        double left = x0 + (fmin(fmin(b->low, b->high), base) - low) * px,
               right = x0 + (fmax(fmax(b->low, b->high), base) - low) * px;
        dh_svg_text(out, 0, y + 18, DH_ANCHOR_START, "strong",
                    dh_svg_fit(name, sizeof name, b->name, DH_CHART_TEXT, NAME - 24));
        for (int end = 0; end < 2; end++) {
            double v = end ? b->high : b->low, x = x0 + (v - low) * px;
            snprintf(text, sizeof text, "%.40s: %s %.30s", end ? b->high_at : b->low_at,
                     dh_page_grouped(number, v * scale, decimals), unit);
            dh_svg_rect(out, fmin(x, middle), y + 5, fabs(x - middle), ROW - 10, end ? "f2" : "f1", text);
        }
        for (int end = 0; end < 2; end++) {
            bool at_left = (end == 0) != falls;
            snprintf(text, sizeof text, "%s (%.60s)",
                     dh_page_grouped(number, (end ? b->high : b->low) * scale, decimals),
                     end ? b->high_at : b->low_at);
            dh_svg_text(out, at_left ? left - 6 : right + 6, y + 18,
                        at_left ? DH_ANCHOR_END : DH_ANCHOR_START, "label",
                        dh_svg_fit(name, sizeof name, text, DH_CHART_TEXT, END - 8));
        }
    }
    dh_svg_line(out, middle, TOP - 4, middle, TOP + ROW * n, "axis");
    dh_svg_end(out);
}

void dh_chart_levels(struct dh_text *out, const char *title, const char *unit, double scale,
                     const struct dh_response_level *levels, int32_t n) {
    enum { HEIGHT = 200, LEFT = 66, RIGHT = 18, TOP = 52, BOTTOM = HEIGHT - 26 };
    double low = INFINITY, high = -INFINITY;
    for (int32_t i = 0; i < n; i++)
        if (levels[i].n > 0) {
            low = fmin(low, isnan(levels[i].low) ? levels[i].mean : levels[i].low);
            high = fmax(high, isnan(levels[i].high) ? levels[i].mean : levels[i].high);
        }
    if (n < 1 || !(high >= low))
        return;
    double one = (double)(DH_CHART_WIDTH - RIGHT - LEFT) / n;
    struct dh_chart_scale axis = dh_chart_scale_of(low * scale, high * scale, 5);
    bool drawn = false;
    char number[64], text[160], name[128];
    dh_svg_begin(out, DH_CHART_WIDTH, HEIGHT, title);
    dh_svg_text(out, 0, 14, DH_ANCHOR_START, "title", title);
    dh_svg_text(out, 0, TOP - 16, DH_ANCHOR_START, "tick", unit);
    dh_chart_y_axis(out, &axis, LEFT, DH_CHART_WIDTH - RIGHT, TOP, BOTTOM, "");
    dh_svg_path_begin(out, "l1");
    for (int32_t i = 0; i < n; i++) {
        double x = LEFT + one * (i + 0.5), y = dh_chart_y(&axis, TOP, BOTTOM, levels[i].mean * scale);
        if (levels[i].n == 0)
            continue;
        if (drawn)
            dh_svg_path_to(out, x, y);
        else
            dh_svg_path_move(out, x, y);
        drawn = true;
    }
    dh_svg_path_end(out, NULL);
    int every = (int)ceil(60 / one);
    for (int32_t i = 0; i < n; i++) {
        double x = LEFT + one * (i + 0.5);
        if (levels[i].n == 0)
            continue;
        double y = dh_chart_y(&axis, TOP, BOTTOM, levels[i].mean * scale);
        if (levels[i].high > levels[i].low)
            dh_svg_line(out, x, dh_chart_y(&axis, TOP, BOTTOM, levels[i].low * scale), x,
                        dh_chart_y(&axis, TOP, BOTTOM, levels[i].high * scale), "axis");
        snprintf(text, sizeof text, "%.60s: %s %.30s", levels[i].name,
                 dh_page_grouped(number, levels[i].mean * scale, axis.decimals + 1), unit);
        dh_svg_rect(out, x - 4, y - 4, 8, 8, "f1 edge", text);
        if (i % every == 0)
            dh_svg_text(out, x, BOTTOM + 17, DH_ANCHOR_MIDDLE, "tick",
                        dh_svg_fit(name, sizeof name, levels[i].name, DH_CHART_TEXT, one * every - 8));
    }
    dh_svg_end(out);
}
