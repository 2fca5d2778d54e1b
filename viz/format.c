#include "viz/format.h"

#include "sim/units.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* With commas between thousands: 12,816. */
static void put_number(struct dh_figure *out, double value, int decimals) {
    char plain[sizeof out->number];
    int n = snprintf(plain, sizeof plain, "%.*f", decimals, value), at = 0;
    int digits = (int)strcspn(plain + (*plain == '-'), "."), commas = n < 19 ? (digits - 1) / 3 : 0;
    if (n + commas >= (int)sizeof out->number)
        commas = 0;
    for (int i = 0; plain[i] && at < (int)sizeof out->number - 1; i++) {
        int left = digits - (i - (*plain == '-')); /* of the whole part, this one included */
        if (commas > 0 && left > 0 && left < digits && left % 3 == 0)
            out->number[at++] = ',';
        out->number[at++] = plain[i];
    }
    out->number[at] = '\0';
}

static struct dh_figure scaled(double value, const char *unit, const char *const *prefixes, int n_prefix) {
    struct dh_figure out;
    int p = 0;
    while (p + 1 < n_prefix && fabs(value) >= 999.5) {
        value /= 1000;
        p++;
    }
    int decimals = value == 0 ? 0 : fabs(value) >= 99.95 ? 0 : fabs(value) >= 9.995 ? 1 : 2;
    snprintf(out.number, sizeof out.number, "%.*f", decimals, value);
    if (strcmp(out.number, "-0") == 0)
        strcpy(out.number, "0");
    snprintf(out.unit, sizeof out.unit, "%s%s", prefixes[p], unit);
    return out;
}

struct dh_figure dh_figure_of(double value, const char *unit) {
    static const char *const si[] = {"", "k", "M", "G", "T", "P"};
    struct dh_figure out = {"\u2013", ""};
    if (!isfinite(value))
        return out;
    if (strcmp(unit, "W") == 0 || strcmp(unit, "Wh") == 0 || strcmp(unit, "B") == 0 ||
        strcmp(unit, "B/s") == 0 || strcmp(unit, "J") == 0)
        return scaled(value, unit, si, 6);
    if (strcmp(unit, "USD") == 0 || strcmp(unit, "USD/h") == 0)
        return scaled(value, unit[3] ? "$/h" : "$", si, 4);
    if (strcmp(unit, "kg") == 0 || strcmp(unit, "kg/h") == 0) {
        bool tonnes = fabs(value) >= 999.5;
        double shown = tonnes ? value / 1000 : value;
        put_number(&out, shown, !tonnes || fabs(shown) >= 99.95 ? 0 : fabs(shown) < 9.995 && unit[2] ? 2 : 1);
        snprintf(out.unit, sizeof out.unit, "%s%s", tonnes ? "t" : "kg", unit + 2);
        return out;
    }
    if (strcmp(unit, "degC") == 0) {
        snprintf(out.number, sizeof out.number, "%.1f", value);
        snprintf(out.unit, sizeof out.unit, "\u00b0C");
        return out;
    }
    if (strcmp(unit, "s") == 0) {
        char span[DH_FORMAT_ROOM];
        dh_format_span(span, value);
        snprintf(out.number, sizeof out.number, "%.23s", span);
        return out;
    }
    if (strcmp(unit, "1") == 0 || !*unit) {
        bool whole = value == rint(value);
        put_number(&out, value, whole || fabs(value) >= 999.5 ? 0 : fabs(value) >= 100 ? 1 : 3);
        return out;
    }
    if (strcmp(unit, "%") == 0) {
        snprintf(out.number, sizeof out.number, "%.1f", value);
        snprintf(out.unit, sizeof out.unit, "%%");
        return out;
    }
    bool whole = value == rint(value);
    bool fine = fabs(value) < 0.1 && fabs(value * 1000 - rint(value * 1000)) > 0.01; /* 0.0465 $/kWh */
    put_number(&out, value, whole || fabs(value) >= 100 ? 0 : fabs(value) >= 10 ? 1 : fine ? 4 : 3);
    snprintf(out.unit, sizeof out.unit, "%.15s", unit);
    return out;
}

const char *dh_format(char room[static DH_FORMAT_ROOM], double value, const char *unit) {
    struct dh_figure f = dh_figure_of(value, unit);
    snprintf(room, DH_FORMAT_ROOM, "%s%s%s", f.number, *f.unit ? " " : "", f.unit);
    return room;
}

const char *dh_format_instant(char room[static DH_FORMAT_ROOM], int64_t start_unix_s, dh_time at,
                              int with_s) {
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[21]; /* 2027-03-14T16:20:00Z */
    dh_timestamp_format(start_unix_s + at / DH_NS_PER_S, text);
    int month = (text[5] - '0') * 10 + text[6] - '0';
    if (month < 1 || month > 12)
        month = 1;
    snprintf(room, DH_FORMAT_ROOM, "%.2s %s %.4s %.*s", text + 8, months[month - 1], text, with_s ? 8 : 5,
             text + 11);
    return room;
}

const char *dh_format_span(char room[static DH_FORMAT_ROOM], double s) {
    if (!isfinite(s))
        snprintf(room, DH_FORMAT_ROOM, "\u2013");
    else if (fabs(s) < 1)
        snprintf(room, DH_FORMAT_ROOM, s == 0 ? "0 s" : "%.0f ms", s * 1000);
    else if (fabs(s) < 119.5)
        snprintf(room, DH_FORMAT_ROOM, fabs(s) < 9.95 ? "%.1f s" : "%.0f s", s);
    else if (fabs(s) < 7170)
        snprintf(room, DH_FORMAT_ROOM, "%.0f min", s / 60);
    else if (fabs(s) < 86400) {
        double minutes = rint(fabs(s) / 60);
        snprintf(room, DH_FORMAT_ROOM, "%s%.0f h %.0f min", s < 0 ? "-" : "", floor(minutes / 60),
                 fmod(minutes, 60));
    } else
        snprintf(room, DH_FORMAT_ROOM, "%.1f d", s / 86400);
    return room;
}

double dh_axis_step(double low, double high, int n) {
    double raw = (high - low) / (n > 0 ? n : 1);
    if (!(raw > 0) || !isfinite(raw))
        return 1;
    double power = pow(10, floor(log10(raw))), share = raw / power;
    return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

double dh_axis_time_step(double span_s, int n) {
    static const double steps[] = {1,      2,      5,       10,      30,      60,      120,      300,
                                   600,    1800,   3600,    7200,    10800,   21600,   43200,    86400,
                                   172800, 604800, 1209600, 2592000, 5184000, 7776000, 15552000, 31536000};
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
        if (span_s / steps[i] <= n)
            return steps[i];
    return steps[sizeof steps / sizeof *steps - 1];
}
