#include "output/formula.h"

#include "models/finance.h"
#include "sim/units.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { MOST_DEEP = 40, MOST_ARGUMENT = 4 };

struct reader {
    const char *at;
    dh_formula_value_fn value;
    void *self;
    int depth;
    bool bad;
};

static double sum_of(struct reader *r);

static void skip(struct reader *r) {
    r->at += strspn(r->at, " ");
}

static bool take(struct reader *r, char c) {
    skip(r);
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

static double wrong(struct reader *r) {
    r->bad = true;
    r->at += strlen(r->at);
    return NAN;
}

/* The characters of a name that `more` allows, as a text. */
static bool take_name(struct reader *r, const char *more, char name[static DH_FORMULA_NAME]) {
    size_t n = 0;
    while (isalnum((unsigned char)r->at[n]) || (r->at[n] && strchr(more, r->at[n])))
        n++;
    if (n == 0 || n >= DH_FORMULA_NAME)
        return false;
    memcpy(name, r->at, n);
    name[n] = '\0';
    r->at += n;
    return true;
}

#define OF_KEYS    "_.*"
#define OF_SERIES  "_/[]"
#define OF_FIGURES "-/@"

static double series(struct reader *r, const char *function) {
    static const char *const known[] = {"integral", "mean", "highest", "last", "total", "count"};
    char name[DH_FORMULA_NAME];
    bool is_known = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        is_known = is_known || strcmp(function, known[i]) == 0;
    if (!is_known || !take_name(r, OF_SERIES, name) || !take(r, ')'))
        return wrong(r);
    return r->value(r->self, DH_FORMULA_SERIES, function, name);
}

static double called(struct reader *r, const char *function) {
    char name[DH_FORMULA_NAME];
    skip(r);
    if (*r->at == '/' && r->at[1] != '/')
        return series(r, function);
    if (strcmp(function, "sum") == 0) {
        if (!islower((unsigned char)*r->at) || !take_name(r, OF_KEYS, name) || !take(r, ')'))
            return wrong(r);
        return r->value(r->self, DH_FORMULA_SUM, "", name);
    }
    double argument[MOST_ARGUMENT];
    int n = 0;
    do {
        if (n == MOST_ARGUMENT)
            return wrong(r);
        argument[n++] = sum_of(r);
    } while (take(r, ','));
    if (!take(r, ')'))
        return wrong(r);
    if (strcmp(function, "or0") == 0 && n == 1)
        return isnan(argument[0]) ? 0 : argument[0];
    if (strcmp(function, "first") == 0 && n == 2)
        return isnan(argument[0]) ? argument[1] : argument[0];
    if (strcmp(function, "max") == 0 && n == 2)
        return isnan(argument[0]) || isnan(argument[1]) ? NAN : fmax(argument[0], argument[1]);
    if (strcmp(function, "yearly") == 0 && n == 4) /* a year has 365 days here, as in the bill */
        return dh_finance_yearly(argument[0], argument[1], argument[2], argument[3] / 31536000.0);
    return wrong(r);
}

static double factor(struct reader *r) {
    char name[DH_FORMULA_NAME];
    if (++r->depth > MOST_DEEP)
        return wrong(r);
    double v = NAN;
    size_t n = 0;
    skip(r);
    if (take(r, '(')) {
        v = sum_of(r);
        if (!take(r, ')'))
            v = wrong(r);
    } else if (take(r, '-')) {
        v = -factor(r);
    } else if (isdigit((unsigned char)*r->at)) {
        if (dh_number_parse(r->at, strcspn(r->at, " ,)"), &v, &n) != DH_OK)
            v = wrong(r);
        r->at += n;
    } else if (r->at[0] == '/' && r->at[1] == '/') {
        v = take_name(r, OF_FIGURES, name) ? r->value(r->self, DH_FORMULA_FIGURE, "", name) : wrong(r);
    } else if (islower((unsigned char)*r->at) && take_name(r, OF_KEYS, name)) {
        v = *r->at == '(' ? (r->at++, called(r, name)) : r->value(r->self, DH_FORMULA_KEY, "", name);
    } else {
        v = wrong(r);
    }
    r->depth--;
    return v;
}

static double product(struct reader *r) {
    double v = factor(r);
    for (;;) {
        if (take(r, '*'))
            v *= factor(r);
        else if (take(r, '/'))
            v /= factor(r);
        else
            return v;
    }
}

static double sum_of(struct reader *r) {
    double v = product(r);
    for (;;) {
        if (take(r, '+'))
            v += product(r);
        else if (take(r, '-'))
            v -= product(r);
        else
            return v;
    }
}

enum dh_err dh_formula_value(const char *text, dh_formula_value_fn value, void *self, double *result) {
    struct reader r = {.at = text, .value = value, .self = self};
    double v = sum_of(&r);
    skip(&r);
    *result = r.bad || *r.at ? NAN : v;
    return r.bad || *r.at ? DH_ERR_INTERNAL : DH_OK;
}
