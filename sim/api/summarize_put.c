/* Values under the keys of a summary. */
#include "sim/api/summarize.h"
#include "output/summary_keys.h"
#include "sim/units.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Unit and meaning of a key, from the table of keys; terms of the audit say theirs by their ending. */
static void explain(const char *key, const char **unit, const char **about) {
    static const struct {
        const char *ending, *unit;
    } endings[] = {
        {"_j",     "J" },
        {"_gpu_s", "s" },
        {"_kg",    "kg"},
        {"_b",     "B" }
    };
    int32_t row = dh_summary_key_find(key);
    *unit = "1";
    *about = "term of a balance";
    if (row >= 0) {
        struct dh_summary_key entry = dh_summary_key_at(row);
        *unit = entry.unit;
        *about = entry.about;
        return;
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(key), tail = strlen(endings[i].ending);
        if (n > tail && strcmp(key + n - tail, endings[i].ending) == 0)
            *unit = endings[i].unit;
    }
}

void dh_put_number(struct dh_summary *out, const char *key, double value) {
    const char *unit, *about;
    explain(key, &unit, &about);
    dh_summary_number(out, key, unit, value, about);
}

void dh_put_count(struct dh_summary *out, const char *key, int64_t value) {
    const char *unit, *about;
    explain(key, &unit, &about);
    dh_summary_integer(out, key, unit, value, about);
}

void dh_put_text(struct dh_summary *out, const char *key, const char *value) {
    const char *unit, *about;
    explain(key, &unit, &about);
    dh_summary_text(out, key, value, about);
}

/* The same for keys that hold a name or a number. */
#define FORMAT_KEY(key, format)                                                                              \
    char key[400];                                                                                           \
    va_list args;                                                                                            \
    va_start(args, format);                                                                                  \
    vsnprintf(key, sizeof key, format, args);                                                                \
    va_end(args)

__attribute__((format(printf, 3, 4))) void dh_put_at(struct dh_summary *out, double value, const char *format,
                                                     ...) {
    FORMAT_KEY(key, format);
    dh_put_number(out, key, value);
}

void dh_put_text_at(struct dh_summary *out, const char *value, const char *format, ...) {
    FORMAT_KEY(key, format);
    dh_put_text(out, key, value);
}

double dh_kwh(dh_uw_ns energy) {
    return dh_uw_ns_to_j(energy) / J_PER_KWH;
}

double dh_energy_kwh(const struct dh_meter *meter, dh_time now) {
    return dh_kwh(dh_meter_energy(meter, now));
}

void dh_put_instant(char text[static 21], const struct dh_world *w, dh_time at) {
    dh_timestamp_format(w->f->start_unix_s + at / DH_NS_PER_S, text);
}

double dh_or_zero(double value) {
    return isnan(value) ? 0 : value;
}
