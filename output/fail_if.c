#include "output/fail_if.h"

#include "output/summary_keys.h"
#include "sim/text.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum op { OP_LESS, OP_LESS_EQUAL, OP_MORE, OP_MORE_EQUAL, OP_EQUAL, OP_NOT_EQUAL, N_OP };
static const char *const op_signs[N_OP] = {"<", "<=", ">", ">=", "==", "!="};

struct limit {
    char key[128];
    enum op op;
    const char *value; /* rest of the expression, blanks around it left out */
    size_t n_value;
};

static const struct dh_place nowhere = {NULL, 0, 0};

static bool op_at(const char *text, enum op *op) {
    /* The longer sign first: "<=" begins like "<". */
    static const enum op order[N_OP] = {OP_LESS_EQUAL, OP_MORE_EQUAL, OP_EQUAL,
                                        OP_NOT_EQUAL,  OP_LESS,       OP_MORE};
    for (int i = 0; i < N_OP; i++)
        if (strncmp(text, op_signs[order[i]], strlen(op_signs[order[i]])) == 0) {
            *op = order[i];
            return true;
        }
    return false;
}

static enum dh_err limit_read(struct limit *limit, const char *expression, struct dh_diag *diag) {
    const char *start = expression + strspn(expression, " \t");
    size_t n = strcspn(start, " \t<>=!");
    const char *sign = start + n + strspn(start + n, " \t");
    if (n == 0 || n >= sizeof limit->key || !op_at(sign, &limit->op)) {
        enum dh_err err = dh_fail(diag, DH_ERR_USAGE, nowhere, "'%s' is not KEY OP VALUE[ UNIT]", expression);
        dh_diag_hint(diag, "OP is one of < <= > >= == !=, as in 'energy.peak_facility_kw > 24 MW'");
        return err;
    }
    memcpy(limit->key, start, n);
    limit->key[n] = '\0';
    sign += strlen(op_signs[limit->op]);
    sign += strspn(sign, " \t");
    limit->value = sign;
    limit->n_value = strlen(sign);
    while (limit->n_value > 0 && strchr(" \t", sign[limit->n_value - 1]))
        limit->n_value--;
    if (limit->n_value == 0)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "'%s' lacks a value", expression);
    if (dh_summary_key_find(limit->key) < 0) {
        enum dh_err err = dh_fail(diag, DH_ERR_USAGE, nowhere, "no summary has the key '%s'", limit->key);
        const char *nearest = dh_summary_key_nearest(limit->key);
        if (nearest)
            dh_diag_hint(diag, "did you mean '%s'?", nearest);
        else
            dh_diag_hint(diag, "'datahall report --json' prints the keys");
        return err;
    }
    return DH_OK;
}

enum dh_err dh_limit_value(const char *key, const char *unit, const char *text, size_t n, double *value,
                           struct dh_diag *diag) {
    size_t end = 0;
    if (dh_number_parse(text, n, value, &end) != DH_OK)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "'%.*s' is not a number with a unit", (int)n, text);
    size_t at = end + strspn(text + end, " ");
    size_t n_unit = n - at;
    if (at >= n || (strlen(unit) == n_unit && memcmp(text + at, unit, n_unit) == 0))
        return DH_OK; /* no conversion, no rounding */
    if (text[at] == '%' && n_unit == 1 && strcmp(unit, "1") == 0) {
        *value /= 100;
        return DH_OK;
    }
    char one[64];
    int n_one = snprintf(one, sizeof one, "1 %s", unit);
    int n_zero = 0;
    char zero[64];
    n_zero = snprintf(zero, sizeof zero, "0 %s", unit);
    for (int d = DH_DIM_NUMBER + 1; d < DH_N_DIMENSION; d++) {
        double scale, offset, si;
        if (dh_quantity_parse(one, (size_t)n_one, (enum dh_dimension)d, &scale, NULL, nowhere) != DH_OK ||
            dh_quantity_parse(zero, (size_t)n_zero, (enum dh_dimension)d, &offset, NULL, nowhere) != DH_OK ||
            dh_quantity_parse(text, n, (enum dh_dimension)d, &si, NULL, nowhere) != DH_OK)
            continue;
        *value = (si - offset) / (scale - offset);
        return DH_OK;
    }
    return dh_fail(diag, DH_ERR_USAGE, nowhere, "'%.*s' is not a unit of %s, which is in %s", (int)n_unit,
                   text + at, key, strcmp(unit, "1") == 0 ? "no unit" : unit);
}

static enum dh_err limit_value(const struct limit *limit, const char *unit, double *value,
                               struct dh_diag *diag) {
    return dh_limit_value(limit->key, unit, limit->value, limit->n_value, value, diag);
}

enum dh_err dh_fail_if_check(const char *expression, struct dh_diag *diag) {
    struct limit limit;
    DH_TRY(limit_read(&limit, expression, diag));
    const char *unit = dh_summary_key_at(dh_summary_key_find(limit.key)).unit;
    double value;
    if (unit[0])
        return limit_value(&limit, unit, &value, diag);
    if (limit.op != OP_EQUAL && limit.op != OP_NOT_EQUAL)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "'%s' is a text: only == and != compare it", limit.key);
    return DH_OK;
}

static bool holds(enum op op, double a, double b) {
    switch (op) {
    case OP_LESS:
        return a < b;
    case OP_LESS_EQUAL:
        return a <= b;
    case OP_MORE:
        return a > b;
    case OP_MORE_EQUAL:
        return a >= b;
    case OP_EQUAL:
        return a == b;
    default:
        return a != b;
    }
}

enum dh_err dh_fail_if_crossed(const struct dh_summary *summary, const char *expression,
                               struct dh_diag *diag) {
    DH_TRY(dh_fail_if_check(expression, diag));
    struct limit limit;
    DH_TRY(limit_read(&limit, expression, diag));
    const struct dh_summary_entry *entry = dh_summary_find(summary, limit.key);
    if (!entry)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "this run has no '%s': the scenario does not model it",
                       limit.key);
    if (entry->kind == DH_SUMMARY_TEXT) {
        bool same =
            strlen(entry->text) == limit.n_value && memcmp(entry->text, limit.value, limit.n_value) == 0;
        if (same != (limit.op == OP_EQUAL))
            return DH_OK;
        return dh_fail(diag, DH_ERR_LIMIT_CROSSED, nowhere, "%s is '%s'", limit.key, entry->text);
    }
    double bound, is = dh_summary_value(summary, limit.key);
    DH_TRY(limit_value(&limit, entry->unit, &bound, diag));
    if (!holds(limit.op, is, bound))
        return DH_OK;
    char number[40];
    dh_number_format(is, number, sizeof number);
    return dh_fail(diag, DH_ERR_LIMIT_CROSSED, nowhere, "%s is %s%s%s: %s", limit.key, number,
                   strcmp(entry->unit, "1") == 0 ? "" : " ", strcmp(entry->unit, "1") == 0 ? "" : entry->unit,
                   expression);
}
