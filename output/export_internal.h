/* Fields of an exported CSV file. Private to output/export*.c. */
#ifndef DH_OUTPUT_EXPORT_INTERNAL_H
#define DH_OUTPUT_EXPORT_INTERNAL_H

#include "output/export.h"

/* A field: quoted where needed, with an apostrophe before what would be a formula. */
void dh_export_text(FILE *out, const char *text);
/* Nothing for NAN. */
void dh_export_number(FILE *out, double value);
/* Word number `value` of words separated by blanks; nothing where there is none. */
void dh_export_word(FILE *out, const char *words, int64_t value);

/* /events: time_s, kind in words, subject, its name, value. */
enum dh_err dh_export_events(struct dh_result *result, FILE *out, struct dh_diag *diag);

#endif
