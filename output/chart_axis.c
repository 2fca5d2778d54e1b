#include "output/chart_axis.h"

#include "output/report_page.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>

struct dh_chart_scale dh_chart_scale_of(double low, double high, int most) {
    struct dh_chart_scale s = {low, high, 1, 0};
    if (!(high > low))
        s.high = high = low + (low != 0 ? fabs(low) : 1);
    double power = pow(10, floor(log10((high - low) / most)));
    static const double steps[] = {1, 2, 5, 10};
    for (int i = 0; i < 4; i++) {
        s.step = steps[i] * power;
        if (ceil(high / s.step - 1e-9) - floor(low / s.step + 1e-9) <= most)
            break;
    }
    s.low = floor(low / s.step + 1e-9) * s.step;
    s.high = ceil(high / s.step - 1e-9) * s.step;
    s.decimals = s.step >= 1 ? 0 : (int)ceil(-log10(s.step) - 1e-9);
    return s;
}

double dh_chart_y(const struct dh_chart_scale *scale, double top, double bottom, double value) {
    return bottom - (value - scale->low) / (scale->high - scale->low) * (bottom - top);
}

void dh_chart_y_axis(struct dh_text *out, const struct dh_chart_scale *scale, double x0, double x1,
                     double top, double bottom, const char *unit) {
    char number[64];
    for (int i = 0;; i++) {
        double v = scale->low + i * scale->step;
        if (v > scale->high + scale->step / 2)
            break;
        double y = dh_chart_y(scale, top, bottom, v);
        dh_svg_line(out, x0, y, x1, y, i == 0 ? "axis" : "grid");
        dh_svg_text(out, x0 - 6, y + 4, DH_ANCHOR_END, "tick", dh_page_grouped(number, v, scale->decimals));
    }
    dh_svg_text(out, x0 - 6, top - 10, DH_ANCHOR_END, "tick", unit);
}

void dh_chart_x_axis(struct dh_text *out, const struct dh_chart_scale *scale, double x0, double x1,
                     double top, double bottom) {
    char number[64];
    for (int i = 0;; i++) {
        double v = scale->low + i * scale->step;
        if (v > scale->high + scale->step / 2)
            break;
        double x = x0 + (v - scale->low) / (scale->high - scale->low) * (x1 - x0);
        dh_svg_line(out, x, top, x, bottom + 4, "grid");
        dh_svg_text(out, x, bottom + 17, DH_ANCHOR_MIDDLE, "tick",
                    dh_page_grouped(number, v, scale->decimals));
    }
}

/* ---- dates ------------------------------------------------------------------------------------------------
 */

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
enum { HOUR = 3600, DAY = 86400 };

static void mark(struct dh_text *out, double x, double bottom, const char *text) {
    dh_svg_line(out, x, bottom, x, bottom + 4, "axis");
    dh_svg_text(out, x, bottom + 17, DH_ANCHOR_MIDDLE, "tick", text);
}

/* Every `step` months. */
static void mark_months(struct dh_text *out, int64_t start, double duration, double x0, double x1,
                        double bottom, int step) {
    for (int64_t day = 0; day * DAY <= duration; day++) {
        int64_t at = (start / DAY + day + (start % DAY != 0)) * DAY;
        struct dh_calendar c = dh_calendar_of(at);
        double x = x0 + (double)(at - start) / duration * (x1 - x0);
        char text[48];
        if (c.day != 1 || (c.month - 1) % step != 0 || x > x1 + 0.1)
            continue;
        if (c.month == 1 || step >= 12)
            snprintf(text, sizeof text, "%d", c.year);
        else
            snprintf(text, sizeof text, "%s", months[c.month - 1]);
        mark(out, x, bottom, text);
    }
}

static void mark_times(struct dh_text *out, int64_t start, double duration, double x0, double x1,
                       double bottom, int64_t step) {
    for (int64_t at = (start + step - 1) / step * step; (double)(at - start) <= duration; at += step) {
        struct dh_calendar c = dh_calendar_of(at);
        char text[48];
        if (step >= DAY || (c.hour == 0 && c.minute == 0))
            snprintf(text, sizeof text, "%d %s", c.day, months[c.month - 1]);
        else
            snprintf(text, sizeof text, "%02d:%02d", c.hour, c.minute);
        mark(out, x0 + (double)(at - start) / duration * (x1 - x0), bottom, text);
    }
}

void dh_chart_dates(struct dh_text *out, int64_t start_unix_s, double duration_s, double x0, double x1,
                    double bottom) {
    static const int64_t steps[] = {60,       120,      300,       600, 1800,    HOUR,    2 * HOUR,
                                    3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY};
    enum { N_STEP = sizeof steps / sizeof *steps };
    double most = (x1 - x0) / 62; /* labels that fit */
    for (int i = 0; i < N_STEP; i++)
        if (duration_s / (double)steps[i] <= most) {
            mark_times(out, start_unix_s, duration_s, x0, x1, bottom, steps[i]);
            return;
        }
    double n = duration_s / (30.4 * DAY);
    mark_months(out, start_unix_s, duration_s, x0, x1, bottom,
                n <= most       ? 1
                : n / 3 <= most ? 3
                : n / 6 <= most ? 6
                                : 12);
}
