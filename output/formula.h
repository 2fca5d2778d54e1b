/* Expressions by which numbers of a summary follow from others (summary_how.def):
 *
 *   + - * / ( ) and numbers; blanks around * and /
 *   energy.it_kwh                       a key of the summary
 *   sum(gpu_time.*)                     all keys of a pattern; absent where there is none
 *   or0(x)  first(x, y)  max(x, y)      zero for an absent one; the first that is not absent; the greater
 *   yearly(cost, residual, rate, life)  yearly charge for capital: models/finance.h, life in seconds
 *   integral(/facility/it_power_w)      a data set of the result times the length of each interval, over all
 * columns; mean() highest() last() total() count()   likewise; /stores/x[2]: its third column
 *   //economics/@water                  an attribute of the first such element of the scenario, in SI units
 *
 * What is absent makes all that needs it absent (NAN). */
#ifndef DH_OUTPUT_FORMULA_H
#define DH_OUTPUT_FORMULA_H

#include <datahall/err.h>

enum dh_formula_atom {
    DH_FORMULA_KEY,    /* name: the key */
    DH_FORMULA_SUM,    /* name: a pattern of keys */
    DH_FORMULA_SERIES, /* function: what of it; name: "/facility/pue" */
    DH_FORMULA_FIGURE  /* name: "//economics/@water" */
};

enum { DH_FORMULA_NAME = 400 };

/* Value of an atom; NAN: absent. function: "" but for series. */
typedef double (*dh_formula_value_fn)(void *self, enum dh_formula_atom atom, const char *function,
                                      const char *name);

/* DH_ERR_INTERNAL: text is no expression. */
enum dh_err dh_formula_value(const char *text, dh_formula_value_fn value, void *self, double *result);

#endif
