#include "output/summary_keys.h"

#include "sim/text.h"

#include <string.h>

static const struct dh_summary_key keys[] = {
#define KEY(pattern, unit, about)            {pattern, unit, about, ""},
#define METRIC(pattern, unit, about, source) {pattern, unit, about, source},
#include "output/summary_keys.def"
#undef METRIC
#undef KEY
};

enum { N_KEY = sizeof keys / sizeof *keys };

struct dh_summary_key dh_summary_key_at(int32_t i) {
    return i >= 0 && i < N_KEY ? keys[i] : (struct dh_summary_key){NULL, NULL, NULL, NULL};
}

/* Does the part of length n match the pattern's part of length m? */
static bool part_matches(const char *pattern, size_t m, const char *part, size_t n) {
    if (m == 1 && *pattern == '*')
        return n > 0;
    if (m == 1 && *pattern == 'N')
        return n > 0 && strspn(part, "0123456789") >= n;
    return m == n && memcmp(pattern, part, n) == 0;
}

bool dh_summary_pattern_fits(const char *pattern, const char *key) {
    for (;;) {
        size_t m = strcspn(pattern, "."), n = strcspn(key, ".");
        if (!part_matches(pattern, m, key, n))
            return false;
        if (!pattern[m] || !key[n])
            return !pattern[m] && !key[n];
        pattern += m + 1;
        key += n + 1;
    }
}

int32_t dh_summary_key_find(const char *key) {
    for (int32_t i = 0; i < N_KEY; i++)
        if (dh_summary_pattern_fits(keys[i].pattern, key))
            return i;
    return -1;
}

const char *dh_summary_key_nearest(const char *key) {
    struct dh_nearest nearest = {.wanted = key};
    for (int32_t i = 0; i < N_KEY; i++)
        dh_nearest_offer(&nearest, keys[i].pattern);
    if (nearest.best)
        return nearest.best;
    /* A key without its object is the usual slip: "pue" for "energy.pue", "peak_power" for
     * "energy.peak_it_kw". */
    const char *tail = strrchr(key, '.');
    struct dh_nearest last = {.wanted = tail ? tail + 1 : key};
    for (int32_t i = 0; i < N_KEY; i++) {
        const char *dot = strrchr(keys[i].pattern, '.');
        dh_nearest_offer(&last, dot ? dot + 1 : keys[i].pattern);
    }
    for (int32_t i = 0; last.best && i < N_KEY; i++) {
        const char *dot = strrchr(keys[i].pattern, '.');
        if (strcmp(dot ? dot + 1 : keys[i].pattern, last.best) == 0)
            return keys[i].pattern;
    }
    return NULL;
}
