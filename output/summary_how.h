/* How each number of a summary comes about: summary_how.def as a table. */
#ifndef DH_OUTPUT_SUMMARY_HOW_H
#define DH_OUTPUT_SUMMARY_HOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dh_how_kind { DH_HOW_FORMULA, DH_HOW_FROM, DH_HOW_STATE, DH_HOW_GIVEN, DH_N_HOW };

struct dh_how {
    const char *pattern; /* NULL: past the end */
    enum dh_how_kind kind;
    const char *rests; /* words of rests.def */
    const char *from;  /* the expression, with N and *; of DH_HOW_FROM: the data sets; else "" */
    const char *how;   /* words; "" for an expression */
};
struct dh_how dh_how_at(int32_t i);
/* The row that fits a key best: the one with the most parts that are no * and N. -1: none. */
int32_t dh_how_find(const char *key);
/* The expression of row i for this key: its N and * filled in. false: no room. */
bool dh_how_formula(int32_t i, const char *key, char *text, size_t room);
/* "formula", "series", "state", "scenario". */
const char *dh_how_word(enum dh_how_kind kind);

struct dh_rests {
    const char *word, *about, *elements; /* elements: names, separated by blanks */
};
/* word is NULL past the end. */
struct dh_rests dh_rests_at(int32_t i);

#endif
