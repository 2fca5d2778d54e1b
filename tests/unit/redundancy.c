/* Redundant layouts as ways to write feeds: what each supply carries, and what those that are left carry when
 * one is lost. */
#include "tests/unit/power_world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define UPS(id)           "<ups id='" id "' feed='u' rated='600 kW'/>"
#define STS(id, first)    "<pdu id='" id "' feed='" first " catcher' transfer='first' rated='1 MW'/>"
#define ROW(id, n, feeds) "<row id='" id "' rack='r' count='" n "' feed='" feeds "'/>"
#define U                 "<utility id='u' rated='10 MW'/>"

/* Racks draw 100 kW, supplies give 600 kW. */
static const struct layout {
    const char *name, *power, *rows, *first; /* first: what is lost */
    int32_t left;                            /* its units then */
    const char *survivor;
    double before, after, of_first;
} layouts[] = {
  // clang-format off
    {"N", U UPS("a"), ROW("w", "6", "a"), "a", 0, "a", 1, NAN, 1},
    {"N+1, as modules", U "<ups id='a' feed='u' rated='200 kW' count='4' redundant='1'/>", ROW("w", "6", "a"),
     "a", 3, "a", 1, 1, 1},
    {"2N", U UPS("a") UPS("b"), ROW("w", "6", "a b"), "a", 0, "b", .5, 1, .5},
    {"3N/2", U UPS("a") UPS("b") UPS("c"), ROW("w", "4", "a b") ROW("x", "4", "b c") ROW("y", "4", "c a"),
     "a", 0, "b", 2. / 3, 1, 2. / 3},
    {"4N/3", U UPS("a") UPS("b") UPS("c") UPS("d"),
     ROW("ab", "3", "a b") ROW("ac", "3", "a c") ROW("ad", "3", "a d") ROW("bc", "3", "b c")
     ROW("bd", "3", "b d") ROW("cd", "3", "c d"),
     "a", 0, "c", .75, 1, .75},
    {"block redundant", U UPS("a") UPS("b") UPS("catcher") STS("sa", "a") STS("sb", "b"),
     ROW("w", "6", "sa") ROW("x", "6", "sb"), "a", 0, "catcher", 0, 1, 1},
  // clang-format on
};

void survivors_carry_what_the_layout_says(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        const struct layout *l = &layouts[i];
        struct power_world w;
        power_world_open(&w, l->power, l->rows);
        if (fabs(share_of(&w, l->survivor) - l->before) > 1e-9 ||
            fabs(share_of(&w, l->first) - l->of_first) > 1e-9)
            fail_msg("%s: %g of %s before", l->name, share_of(&w, l->survivor), l->survivor);
        dh_power_set_units(&w.p, stage_of(&w, l->first), l->left);
        dh_power_settle(&w.p, 1000);
        if (isnan(l->after)) {
            assert_false(dh_power_rack_live(&w.p, 0));
        } else {
            for (int32_t r = 0; r < w.f.n_rack; r++)
                assert_true(dh_power_rack_live(&w.p, r));
            if (fabs(share_of(&w, l->survivor) - l->after) > 1e-9)
                fail_msg("%s: %g of %s after", l->name, share_of(&w, l->survivor), l->survivor);
        }
        assert_true(imbalance_of(&w, 2000) == 0);
        dh_power_close(&w.p, 2000);
        for (int32_t s = 0; s < w.f.n_stage; s++)
            assert_int_equal(w.p.stage_peak[s].n_over, 0);
        power_world_close(&w);
    }
}

/* A second block lost finds the catcher busy: its load comes on top, and the overload is on record. */
void a_busy_catcher_is_overloaded(void **state) {
    (void)state;
    const struct layout *l = &layouts[5];
    struct power_world w;
    power_world_open(&w, l->power, l->rows);
    int32_t catcher = stage_of(&w, "catcher");
    dh_power_set_units(&w.p, stage_of(&w, "a"), 0);
    dh_power_settle(&w.p, 1000);
    dh_power_set_units(&w.p, stage_of(&w, "b"), 0);
    dh_power_settle(&w.p, 2000);
    dh_power_close(&w.p, 3000);
    assert_int_equal(w.p.stage_peak[catcher].n_over, 1);
    assert_true(dh_uw_to_w(w.p.stage_peak[catcher].out) / w.p.stage_peak[catcher].rated_w == 2);
    assert_true(w.p.stage_peak[catcher].at == 2000);
    power_world_close(&w);
}
