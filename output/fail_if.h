/* Limits on a summary: "KEY OP VALUE[ UNIT]", for --fail-if. */
#ifndef DH_OUTPUT_FAIL_IF_H
#define DH_OUTPUT_FAIL_IF_H

#include "output/summary.h"
#include "sim/diag.h"

/* Reads an expression without comparing. OP is one of < <= > >= == !=; a unit must be of the key's dimension;
 * a value without one is in the key's own unit. DH_ERR_USAGE for anything else, with the nearest key as hint.
 */
enum dh_err dh_fail_if_check(const char *expression, struct dh_diag *diag);

/* DH_ERR_LIMIT_CROSSED when the expression is true of the summary, DH_OK when it is false, DH_ERR_USAGE when
 * the summary lacks the key or the expression is wrong. Each but DH_OK leaves a message in diag. */
enum dh_err dh_fail_if_crossed(const struct dh_summary *summary, const char *expression,
                               struct dh_diag *diag);

/* "24 MW", n bytes, as a number in the unit of the key; without a unit it is in that already; "%" where the
 * key has none. DH_ERR_USAGE. */
enum dh_err dh_limit_value(const char *key, const char *unit, const char *text, size_t n, double *value,
                           struct dh_diag *diag);

#endif
