/* Small text helpers: growing text, nearest names, C-locale numbers. */
#ifndef DH_SIM_TEXT_H
#define DH_SIM_TEXT_H

#include "sim/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing text. {0} is empty. When memory is exhausted, failed is set and later calls do nothing. */
struct dh_text {
    char *at; /* always terminated once anything was added; NULL before */
    size_t n, room;
    bool failed;
};

void dh_text_add(struct dh_text *text, const char *bytes, size_t n);
void dh_text_puts(struct dh_text *text, const char *string);
void dh_text_printf(struct dh_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* string with & < > " and control characters written as XML references: for attribute values. */
void dh_text_put_xml(struct dh_text *text, const char *string);
/* n bytes as a CSV field (RFC 4180): in quotes where it holds a comma, a quote or a line break. */
void dh_text_put_csv(struct dh_text *text, const char *bytes, size_t n);
/* The same of a word that may be opened in a spreadsheet: what that would run has an apostrophe before it. */
void dh_text_put_csv_word(struct dh_text *text, const char *bytes, size_t n);
/* The same with blanks for control characters, as a cell of a table that goes through a clipboard. */
void dh_text_put_cell(struct dh_text *text, const char *string);
void dh_text_free(struct dh_text *text);

/* Length of the UTF-8 sequence at n > 0 bytes, and its character; 0 for a malformed one. */
size_t dh_utf8_decode(const char *text, size_t n, uint32_t *character);
/* Copies as many whole characters as there is room for; always terminated. */
void dh_text_cut(char *out, size_t room, const char *string);

/* Levenshtein distance in bytes; texts longer than 64 bytes count as far (99). */
int dh_text_distance(const char *a, const char *b);

/* The names offered so far, of which the nearest is kept. Start with {.wanted = text}. */
struct dh_nearest {
    const char *wanted;
    const char *best; /* NULL while nothing is near enough to be what was meant */
    int distance;
};
void dh_nearest_offer(struct dh_nearest *nearest, const char *name);

/* Is one of the words in "a|b|c" equal to the n bytes at word? Its position from 0, or -1. */
int dh_word_index(const char *words, const char *word, size_t n);
/* Word number index of "a|b|c"; *n is its length. NULL behind the last. */
const char *dh_word_at(const char *words, int index, size_t *n);

/* Is word one of the words of text, which blanks separate? False for an empty word. */
bool dh_text_has_word(const char *text, const char *word);

/* Compares texts in the order that people expect of numbered names: "row-2" before "row-10". Total: zero only
 * for equal texts. */
int dh_text_natural_order(const char *a, const char *b);

/* Writes value with the fewest digits that read back as the same double, whatever the locale. */
void dh_number_format(double value, char *text, size_t room);

#endif
