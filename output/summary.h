/* A whole run in named numbers: what `run --json`, `report`, `compare` and --fail-if read, and what the
 * result file keeps in /summary. Keys are dotted paths of the JSON object ("energy.it_kwh", "services.0.id");
 * a key that a scenario does not model is absent. Order of insertion is order of printing. */
#ifndef DH_OUTPUT_SUMMARY_H
#define DH_OUTPUT_SUMMARY_H

#include <datahall/err.h>
#include "sim/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum dh_summary_kind { DH_SUMMARY_NUMBER, DH_SUMMARY_INTEGER, DH_SUMMARY_TEXT };

struct dh_summary_entry {
    const char *key, *unit, *about; /* unit: UDUNITS-like ("kWh", "1"); about: one phrase for reports */
    enum dh_summary_kind kind;
    double number;
    int64_t integer;
    const char *text;
};

/* {0} is empty. Owns its texts. Sticky: after memory ran out, err stays DH_ERR_MEMORY. */
struct dh_summary {
    struct dh_summary_entry *entries;
    int32_t n_entry, n_room;
    enum dh_err err;
    struct dh_arena mem;
};

/* Adds a value; NaN is not added (not modelled is absent). Keys must not repeat. */
void dh_summary_number(struct dh_summary *summary, const char *key, const char *unit, double value,
                       const char *about);
void dh_summary_integer(struct dh_summary *summary, const char *key, const char *unit, int64_t value,
                        const char *about);
void dh_summary_text(struct dh_summary *summary, const char *key, const char *text, const char *about);

/* NULL when absent. */
const struct dh_summary_entry *dh_summary_find(const struct dh_summary *summary, const char *key);
/* Number or integer as a double; NAN when absent. */
double dh_summary_value(const struct dh_summary *summary, const char *key);

void dh_summary_free(struct dh_summary *summary);

#endif
