/* How numbers come about: the expressions of summary_how.def, and that every number has a row there. */
#include "output/formula.h"
#include "output/summary_how.h"
#include "output/summary_keys.h"
#include "sim/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Values of the test's atoms: a.b is 6, c.d 2, what is named x.* is absent; a series 10, a figure 0.25. */
static double atom(void *self, enum dh_formula_atom kind, const char *function, const char *name) {
    int *n = self;
    (*n)++;
    if (kind == DH_FORMULA_SERIES)
        return strcmp(function, "integral") == 0 && strcmp(name, "/facility/pue[2]") == 0 ? 10 : NAN;
    if (kind == DH_FORMULA_FIGURE)
        return strcmp(name, "//economics/@capital-rate") == 0 ? 0.25 : NAN;
    if (kind == DH_FORMULA_SUM)
        return strcmp(name, "cost.*") == 0 ? 7 : NAN;
    return strcmp(name, "a.b") == 0 ? 6 : strcmp(name, "c.d") == 0 ? 2 : NAN;
}

static double value_of(const char *text) {
    int n = 0;
    double v;
    assert_int_equal(dh_formula_value(text, atom, &n, &v), DH_OK);
    return v;
}

static bool is(const char *text, double wanted) {
    return fabs(value_of(text) - wanted) <= 1e-9;
}

void formulas_follow_the_rules_of_arithmetic(void **state) {
    (void)state;
    assert_true(is("a.b / c.d + 2 * (c.d - 3.5e1)", 3 + 2 * (2 - 35.0)));
    assert_true(is("a.b - c.d - 1", 3));
    assert_true(is("a.b / c.d / 3", 1));
    assert_true(is("-a.b * -c.d", 12));
    assert_true(is("or0(x.y) + first(x.y, c.d) + max(a.b, c.d)", 8));
    assert_true(is("sum(cost.*) + integral(/facility/pue[2]) * //economics/@capital-rate", 9.5));
    assert_true(isnan(value_of("a.b + x.y")) && isnan(value_of("max(a.b, x.y)")));
    /* 100 over one year at a quarter: 125; with all of it left, interest alone. */
    assert_true(is("yearly(100, 0, //economics/@capital-rate, 31536000)", 125));
    assert_true(is("yearly(100, 1, //economics/@capital-rate, 31536000)", 25));
}

void formulas_that_are_none_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "a.b +",
        "(a.b",
        "a.b c.d",
        "f(a.b)",
        "sum(3)",
        "max(a.b)",
        "or0()",
        "a.b ** c.d",
        "total(a.b",
        "1 2",
        "#",
        "(((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))",
        "least(/facility/pue)"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int n = 0;
        double v = 0;
        if (dh_formula_value(wrong[i], atom, &n, &v) != DH_ERR_INTERNAL)
            fail_msg("%s is taken", wrong[i]);
        assert_true(isnan(v));
    }
}

/* A key of the pattern: 0 for N, x for *. */
static void instance(const char *pattern, char key[static 200]) {
    size_t n = 0;
    for (const char *c = pattern; *c && n < 199; c++) {
        bool part = (c == pattern || c[-1] == '.') && (!c[1] || c[1] == '.');
        key[n++] = part && *c == 'N' ? '0' : part && *c == '*' ? 'x' : *c;
    }
    key[n] = '\0';
}

static double check_atom(void *self, enum dh_formula_atom kind, const char *function, const char *name) {
    const char *row = self;
    char key[200];
    (void)function;
    instance(name, key);
    if ((kind == DH_FORMULA_KEY || kind == DH_FORMULA_SUM) && dh_summary_key_find(key) < 0)
        fail_msg("%s: no summary has a key %s", row, name);
    return 1;
}

void every_number_is_explained(void **state) {
    (void)state;
    char key[200], text[1200];
    double v;
    for (int32_t i = 0; dh_summary_key_at(i).pattern; i++) {
        bool found = false;
        instance(dh_summary_key_at(i).pattern, key);
        for (int32_t h = 0; dh_how_at(h).pattern && !found; h++) {
            char other[200];
            instance(dh_how_at(h).pattern, other); /* "energy.parts.*" by "energy.parts.chiller_kwh" */
            found = dh_summary_pattern_fits(dh_summary_key_at(i).pattern, other);
        }
        if (dh_summary_key_at(i).unit[0] && dh_how_find(key) < 0 && !found)
            fail_msg("%s has no row in summary_how.def", dh_summary_key_at(i).pattern);
    }
    for (int32_t h = 0; dh_how_at(h).pattern; h++) {
        struct dh_how how = dh_how_at(h);
        char rests[200];
        bool any = false;
        instance(how.pattern, key);
        for (int32_t i = 0; dh_summary_key_at(i).pattern && !any; i++) {
            char other[200];
            instance(dh_summary_key_at(i).pattern, other);
            any = dh_summary_pattern_fits(dh_summary_key_at(i).pattern, key) ||
                  dh_summary_pattern_fits(how.pattern, other);
        }
        if (!any)
            fail_msg("summary_how.def explains %s, which no summary has", how.pattern);
        snprintf(rests, sizeof rests, "%s", how.rests);
        for (char *at = rests, *word; (word = strtok(at, " ")); at = NULL) {
            bool known = false;
            for (int32_t i = 0; dh_rests_at(i).word; i++)
                known = known || strcmp(dh_rests_at(i).word, word) == 0;
            if (!known)
                fail_msg("%s rests on '%s', which rests.def lacks", how.pattern, word);
        }
        if (how.kind != DH_HOW_FORMULA)
            continue;
        assert_true(dh_how_formula(h, key, text, sizeof text));
        if (dh_formula_value(text, check_atom, (void *)(uintptr_t)how.pattern, &v) != DH_OK)
            fail_msg("%s: '%s' is no expression", how.pattern, text);
    }
}

void formulas_take_the_numbers_of_their_key(void **state) {
    (void)state;
    char text[300];
    const char *key = "pipelines.3.stages.2.cost";
    assert_int_equal(dh_how_at(dh_how_find(key)).kind, DH_HOW_STATE);
    key = "pipelines.3.cost";
    assert_true(dh_how_formula(dh_how_find(key), key, text, sizeof text));
    assert_string_equal(text, "sum(pipelines.3.stages.N.cost)");
    key = "stores.12.read_tb";
    assert_true(dh_how_formula(dh_how_find(key), key, text, sizeof text));
    assert_string_equal(text, "integral(/storage/store_read_b_per_s[12]) / 1e12");
    key = "permits.1.water.share";
    assert_true(dh_how_formula(dh_how_find(key), key, text, sizeof text));
    assert_string_equal(text, "permits.1.water.used_m3 / permits.1.water.limit_m3");
    assert_false(dh_how_formula(dh_how_find(key), key, text, 20));
}
