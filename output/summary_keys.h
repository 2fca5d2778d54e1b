/* The keys that a summary may hold: summary_keys.def as a table. */
#ifndef DH_OUTPUT_SUMMARY_KEYS_H
#define DH_OUTPUT_SUMMARY_KEYS_H

#include <stdbool.h>
#include <stdint.h>

struct dh_summary_key {
    const char *pattern, *unit, *about;
    const char *source; /* who defines it so; "": it explains itself */
};

/* Row i; pattern is NULL past the end. */
struct dh_summary_key dh_summary_key_at(int32_t i);

/* Row that key belongs to ("constraints.2.name" to "constraints.N.name"), -1: none. */
int32_t dh_summary_key_find(const char *key);

/* Is key one of the pattern's? */
bool dh_summary_pattern_fits(const char *pattern, const char *key);

/* The pattern nearest to key by edits, for "did you mean". */
const char *dh_summary_key_nearest(const char *key);

#endif
