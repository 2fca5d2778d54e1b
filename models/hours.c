#include "models/hours.h"

#include <stdlib.h>

/* "1-5,10-12" as bits: from first to last, inclusive for months, up to but without the last for hours. */
static bool parse_ranges(const char *text, int first, int last, bool exclusive, uint32_t *bits) {
    *bits = 0;
    for (const char *at = text;;) {
        char *end;
        long from = strtol(at, &end, 10), to = from + (exclusive ? 1 : 0);
        if (end == at)
            return false;
        if (*end == '-') {
            at = end + 1;
            to = strtol(at, &end, 10);
            if (end == at)
                return false;
        }
        if (from < first || to > last || to < from + (exclusive ? 1 : 0))
            return false;
        for (long i = from; exclusive ? i < to : i <= to; i++)
            *bits |= UINT32_C(1) << (i - first);
        while (*end == ' ')
            end++;
        if (*end == '\0')
            return true;
        if (*end != ',')
            return false;
        at = end + 1;
    }
}

bool dh_hours_parse(struct dh_hours *out, const char *months, int32_t days, const char *hours,
                    const char **wrong) {
    static const uint32_t day_bits[] = {0x7F, 0x1F, 0x60};
    out->days = day_bits[days];
    *wrong = months;
    if (!parse_ranges(months, 1, 12, false, &out->months))
        return false;
    *wrong = hours;
    return parse_ranges(hours, 0, 24, true, &out->hours);
}

bool dh_hours_hold(const struct dh_hours *hours, const struct dh_calendar *local) {
    return hours->months >> (local->month - 1) & 1 && hours->days >> local->weekday & 1 &&
           hours->hours >> local->hour & 1;
}
