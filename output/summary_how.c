#include "output/summary_how.h"

#include "output/summary_keys.h"

#include <string.h>

static const struct dh_how hows[] = {
#define FORMULA(key, rests, expression) {key, DH_HOW_FORMULA, rests, expression, ""},
#define FROM(key, rests, sets, words)   {key, DH_HOW_FROM, rests, sets, words},
#define STATE(key, rests, words)        {key, DH_HOW_STATE, rests, "", words},
#define GIVEN(key, rests, words)        {key, DH_HOW_GIVEN, rests, "", words},
#include "output/summary_how.def"
#undef FORMULA
#undef FROM
#undef STATE
#undef GIVEN
};
enum { N_HOW = sizeof hows / sizeof *hows };

static const struct dh_rests rests[] = {
#define RESTS(word, about, elements) {word, about, elements},
#include "output/rests.def"
#undef RESTS
};

struct dh_how dh_how_at(int32_t i) {
    return i >= 0 && i < N_HOW ? hows[i] : (struct dh_how){0};
}

struct dh_rests dh_rests_at(int32_t i) {
    return i >= 0 && i < (int32_t)(sizeof rests / sizeof *rests) ? rests[i] : (struct dh_rests){0};
}

const char *dh_how_word(enum dh_how_kind kind) {
    static const char *const words[DH_N_HOW] = {"formula", "series", "state", "scenario"};
    return words[kind];
}

static bool is_wild(const char *part, size_t n) {
    return n == 1 && (*part == 'N' || *part == '*');
}

static int n_wild(const char *pattern) {
    int wild = 0;
    for (const char *c = pattern; *c;) {
        size_t n = strcspn(c, ".");
        wild += is_wild(c, n);
        c += n + (c[n] == '.');
    }
    return wild;
}

int32_t dh_how_find(const char *key) {
    int32_t best = -1;
    for (int32_t i = 0; i < N_HOW; i++)
        if (dh_summary_pattern_fits(hows[i].pattern, key) &&
            (best < 0 || n_wild(hows[i].pattern) < n_wild(hows[best].pattern)))
            best = i;
    return best;
}

/* What the wildcard number `which` of pattern stands for in key. */
static const char *stands_for(const char *pattern, const char *key, int which, size_t *n) {
    for (;;) {
        size_t m = strcspn(pattern, ".");
        *n = strcspn(key, ".");
        if (is_wild(pattern, m) && which-- == 0)
            return key;
        if (!pattern[m] || !key[*n])
            return NULL;
        pattern += m + 1;
        key += *n + 1;
    }
}

/* Does a wildcard stand at c of text? As a part of a key, or between the brackets of a data set. */
static bool wild_at(const char *text, const char *c) {
    if (*c != 'N' && *c != '*')
        return false;
    if (c == text || (c[-1] != '.' && c[-1] != '['))
        return false;
    return !c[1] || strchr(".)] ,", c[1]);
}

bool dh_how_formula(int32_t i, const char *key, char *text, size_t room) {
    const char *from = hows[i].from;
    size_t at = 0;
    int which = 0;
    const char *word = from; /* where the name began that c is in: its first wildcard is the key's first */
    for (const char *c = from; *c; c++) {
        if (strchr(" (,", *c)) {
            word = c + 1;
            which = 0;
        }
        size_t n = 1;
        const char *piece = c;
        if (c > word && wild_at(from, c)) {
            size_t length;
            const char *part = stands_for(hows[i].pattern, key, which++, &length);
            if (part) {
                piece = part;
                n = length;
            }
        }
        if (at + n >= room)
            return false;
        memcpy(text + at, piece, n);
        at += n;
    }
    text[at] = '\0';
    return true;
}
