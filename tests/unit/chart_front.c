#include "tests/tests.h"

#include "output/chart.h"
#include "output/compare_front.h"

#include <math.h>
#include <string.h>

void front_is_what_nothing_beats(void **state) {
    double x[] = {1, 2, 3, 2, NAN, 1}, y[] = {5, 3, 1, 4, 0, 5};
    bool on[6];
    (void)state;
    dh_front_of(on, x, y, 6, false, false);
    bool less[] = {true, true, true, false, false, true}; /* equal points are both on it */
    assert_memory_equal(on, less, sizeof on);
    dh_front_of(on, x, y, 6, true, true);
    bool more[] = {true, false, true, true, false, true};
    assert_memory_equal(on, more, sizeof on);
    dh_front_of(on, x, y, 6, false, true);
    bool mixed[] = {true, false, false, false, false, true};
    assert_memory_equal(on, mixed, sizeof on);
}

static struct dh_compared named(const char *name, double cost, double carbon) {
    struct dh_compared c = {.name = name};
    dh_summary_number(&c.summary, "cost.total", "USD", cost, "");
    dh_summary_number(&c.summary, "carbon.location_kg", "kg", carbon, "");
    return c;
}

void objectives_of_a_comparison(void **state) {
    struct dh_comparison c = {.base = named("a", 10, 7), .n_other = 2};
    struct dh_compare_front fronts[DH_COMPARE_FRONTS];
    struct dh_arena arena = {0};
    struct dh_text out = {0};
    const char *missing;
    bool on[DH_COMPARE_OTHERS + 1];
    (void)state;
    c.others[0] = named("b", 9, 8);
    c.others[1] = named("c", 11, 9);
    assert_int_equal(dh_compare_fronts(fronts, &c, NULL, &arena, &missing), 1); /* nobody waits */
    assert_string_equal(fronts[0].y.key, "carbon.location_kg");
    dh_compare_on_front(&c, &fronts[0], on);
    assert_true(on[0] && on[1] && !on[2]);
    assert_int_equal(dh_compare_fronts(fronts, &c, "cost.total,+carbon.location_kg", &arena, &missing), 1);
    dh_compare_on_front(&c, &fronts[0], on);
    assert_true(!on[0] && on[1] && on[2]);
    assert_int_equal(dh_compare_front_chart(&c, &fronts[0], &out), DH_OK);
    assert_non_null(strstr(out.at, "Cost, USD (less is better)"));
    assert_non_null(strstr(out.at, "Carbon, location-based, t CO2e (more is better)"));
    assert_int_equal(dh_compare_fronts(fronts, &c, "cost.total,jobs.wait_s.p95", &arena, &missing), -1);
    assert_string_equal(missing, "jobs.wait_s.p95");
    assert_int_equal(dh_compare_fronts(fronts, &c, "cost.total", &arena, &missing), -1);
    dh_text_free(&out);
    dh_summary_free(&c.base.summary);
    dh_summary_free(&c.others[0].summary);
    dh_summary_free(&c.others[1].summary);
    dh_arena_free(&arena);
}
