#include "tests/tests.h"

#include "output/chart_axis.h"
#include "output/compare.h"
#include "output/report_series.h"
#include "scenarios/scenario_diff.h"
#include "scenarios/study.h"
#include "sim/api/replicate.h"
#include "sim/api/sensitivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void near(double a, double b) {
    assert_true(fabs(a - b) <= 1e-12 * fmax(1, fabs(b)));
}

void texts_are_as_wide_as_their_letters(void **state) {
    (void)state;
    char room[32];
    near(dh_svg_width("0123456789", 10, false), 55.6); /* Helvetica's digits are 556/1000 wide */
    near(dh_svg_width("AV", 1000, true), 722 + 667);
    near(dh_svg_width("", 12, false), 0);
    assert_string_equal(dh_svg_fit(room, sizeof room, "short", 12, 100), "short");
    const char *cut = dh_svg_fit(room, sizeof room, "a name that is far too long for its place", 12, 80);
    assert_true(dh_svg_width(cut, 12, false) <= 80);
    assert_string_equal(cut + strlen(cut) - 3, "...");
}

void axes_have_round_steps_and_hold_their_values(void **state) {
    (void)state;
    static const struct {
        double low, high;
        int most;
        double step, from, to;
    } cases[] = {
        {0,    23.9,  6, 5,    0,    25  },
        {0,    10,    5, 2,    0,    10  },
        {1,    1.237, 5, 0.05, 1,    1.25},
        {-3,   7,     5, 5,    -5,   10  },
        {0,    0,     5, 0.2,  0,    1   },
        {1200, 1900,  4, 200,  1200, 2000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dh_chart_scale s = dh_chart_scale_of(cases[i].low, cases[i].high, cases[i].most);
        near(s.step, cases[i].step);
        near(s.low, cases[i].from);
        near(s.high, cases[i].to);
    }
    struct dh_chart_scale s = {0, 10, 2, 0};
    near(dh_chart_y(&s, 50, 250, 0), 250);
    near(dh_chart_y(&s, 50, 250, 10), 50);
    near(dh_chart_y(&s, 50, 250, 2.5), 200);
}

/* 20 d from 22 January: 10 kW for the first 15 days, 30 kW for the last 5. */
static struct dh_report_series series(double *t, double *dt, double *kw, double *it, double *water) {
    for (int i = 0; i < 20; i++) {
        t[i] = 86400.0 * i;
        dt[i] = 86400;
        kw[i] = i < 15 ? 10e3 : 30e3;
        it[i] = 8e3;
        water[i] = 0.001;
    }
    return (struct dh_report_series){.n = 20,
                                     .time_s = t,
                                     .interval_s = dt,
                                     .facility_w = kw,
                                     .it_w = it,
                                     .water_kg_per_s = water,
                                     .duration_s = 20 * 86400.0,
                                     .start_unix_s = INT64_C(1769040000)};
}

void series_are_reduced_by_time(void **state) {
    (void)state;
    double t[20], dt[20], kw[20], it[20], water[20], falling[5];
    struct dh_report_series s = series(t, dt, kw, it, water);
    struct dh_report_bins *bins = malloc(sizeof *bins);
    assert_non_null(bins);
    dh_report_bins_of(bins, &s, kw, 1e-3);
    near(bins->mean[0], 10);
    near(bins->mean[DH_CHART_BINS - 1], 30);
    near(bins->high[DH_CHART_BINS * 3 / 4 - 1], 10); /* 15 of 20 days are three quarters of the bins */
    near(bins->low[DH_CHART_BINS * 3 / 4], 30);
    assert_int_equal(dh_report_falling(falling, 5, &s, kw, 1e-3), DH_OK);
    const double expected[] = {30, 30, 10, 10, 10}; /* 0, 25, 50, 75, 100 % of the time */
    for (int i = 0; i < 5; i++)
        near(falling[i], expected[i]);
    struct dh_report_months *m = malloc(sizeof *m);
    assert_non_null(m);
    dh_report_months_of(m, &s);
    assert_int_equal(m->n, 2);
    assert_string_equal(m->name[0], "Jan 26");
    assert_string_equal(m->name[1], "Feb 26");
    near(m->facility_j[0], 10 * 86400.0 * 10e3); /* 22 to 31 January */
    near(m->facility_j[1], 86400.0 * (5 * 10e3 + 5 * 30e3));
    near(m->water_kg[1], 10 * 86.4);
    free(m);
    free(bins);
}

void intervals_are_student_s(void **state) {
    (void)state;
    const double v[] = {1, 2, 3, 4, 5, NAN};
    struct dh_interval i = dh_interval_of(v, 6, 1);
    assert_int_equal(i.n, 5);
    near(i.mean, 3);
    near(i.deviation, sqrt(2.5));
    assert_true(fabs(i.half_width - 2.7764451051977987 * sqrt(2.5 / 5)) < 1e-9);
    i = dh_interval_of(v, 1, 1);
    assert_true(i.mean == 1 && isnan(i.half_width));
    const double pairs[] = {1, 100, 2, 200, 6, 300}; /* every other */
    near(dh_interval_of(pairs, 3, 2).mean, 3);
}

static void put(struct dh_compared *c, double facility, double it, double ups, double carbon,
                double intensity) {
    dh_summary_number(&c->summary, "scenario.duration_s", "s", 36000, "");
    dh_summary_number(&c->summary, "energy.facility_kwh", "kWh", facility, "");
    dh_summary_number(&c->summary, "energy.it_kwh", "kWh", it, "");
    dh_summary_number(&c->summary, "energy.loss_kwh.ups", "kWh", ups, "");
    dh_summary_number(&c->summary, "carbon.location_kg", "kg", carbon, "");
    dh_summary_number(&c->summary, "carbon.mean_g_per_kwh", "g/kWh", intensity, "");
}

void causes_sum_to_the_change(void **state) {
    (void)state;
    struct dh_compared base = {.name = "a"}, other = {.name = "b"};
    struct dh_causes c;
    put(&base, 1100, 1000, 100, 440, 400);  /* 10 h */
    put(&other, 1300, 1150, 140, 390, 300); /* 10 kWh more than its parts: batteries */
    dh_compare_power(&c, &base, &other);
    near(c.total, 20);
    assert_int_equal(c.n, 3);
    near(c.parts[0].delta, 15);
    near(c.parts[1].delta, 4);
    near(c.parts[2].delta, 1);
    assert_string_equal(c.parts[2].name, "batteries");
    dh_compare_carbon(&c, &base, &other); /* d(E) mean(I) + d(I) mean(E): 200 * 0.35 - 0.1 * 1200 = -50 */
    near(c.total, -50);
    double sum = 0;
    for (int32_t i = 0; i < c.n; i++)
        sum += c.parts[i].delta;
    assert_true(fabs(sum + 50) < 1e-9);
    static const struct {
        const char *name;
        double delta;
    } carbon[] = {
        {"IT: nodes",      150 * 0.35 },
        {"UPS",            40 * 0.35  },
        {"grid intensity", -0.1 * 1200},
        {"batteries",      10 * 0.35  },
    };
    assert_int_equal(c.n, 4); /* the rest would hide a wrong part */
    for (int32_t i = 0; i < c.n; i++) {
        assert_string_equal(c.parts[i].name, carbon[i].name);
        assert_true(fabs(c.parts[i].delta - carbon[i].delta) < 1e-9);
    }
    dh_summary_free(&base.summary);
    dh_summary_free(&other.summary);
}

void equal_seeds_are_paired(void **state) {
    (void)state;
    struct dh_compared base = {.name = "a"}, other = {.name = "b"};
    dh_summary_number(&base.summary, "x", "1", 0, "");
    dh_summary_number(&other.summary, "x", "1", 0, "");
    int64_t seeds_a[] = {1, 2, 3, 5, 9}, seeds_b[] = {2, 3, 4, 5};
    double a[] = {100, 10, 20, 30, 100}, b[] = {11, 22, 999, 33}, *va[] = {a}, *vb[] = {b};
    base.n_run = 5, base.seeds = seeds_a, base.values = va;
    other.n_run = 4, other.seeds = seeds_b, other.values = vb;
    struct dh_delta d = dh_compare_delta(&base, &other, "x"); /* differences 1, 2, 3 */
    assert_int_equal(d.n_pair, 3);
    near(d.delta, 2);
    assert_true(fabs(d.high - (2 + 4.302652729911275 / sqrt(3))) < 1e-9);
    assert_false(dh_delta_clear(&d)); /* 2 +- 2.48 */
    b[1] = 22.0, b[0] = 12, b[3] = 32;
    d = dh_compare_delta(&base, &other, "x"); /* 2, 2, 2 */
    assert_true(dh_delta_clear(&d) && d.low == 2 && d.high == 2);
    assert_true(isnan(dh_compare_delta(&base, &other, "y").delta));
    dh_summary_free(&base.summary);
    dh_summary_free(&other.summary);
}

void scenarios_differ_by_path(void **state) {
    (void)state;
    struct dh_arena arena = {0};
    struct dh_scenario_change *changes;
    int32_t n;
    const char *a = "<s xmlns=\"urn:datahall:scenario:1\" name=\"a\"><h id=\"x\" t=\"1\"/><h id=\"y\" "
                    "t=\"2\"/><l q=\"1\"/><l q=\"2\"/></s>",
               *b = "<s xmlns=\"urn:datahall:scenario:1\" name=\"b\"><h id=\"y\" t=\"3\"/><h id=\"x\" "
                    "t=\"1\"/><l q=\"1\"/><l q=\"5\" r=\"6\"/></s>";
    assert_int_equal(dh_scenario_diff(&arena, a, b, &changes, &n, NULL), DH_OK);
    assert_int_equal(n, 4);
    assert_string_equal(changes[0].path, "@name");
    assert_string_equal(changes[1].path, "h[@id='y']/@t");
    assert_string_equal(changes[1].base, "2");
    assert_string_equal(changes[1].other, "3");
    assert_string_equal(changes[2].path, "l[2]/@q");
    assert_string_equal(changes[3].path, "l[2]/@r");
    assert_null(changes[3].base);
    assert_int_equal(dh_scenario_diff(&arena, a, a, &changes, &n, NULL), DH_OK);
    assert_int_equal(n, 0);
    assert_int_not_equal(dh_scenario_diff(&arena, a, "<s", &changes, &n, NULL), DH_OK);
    dh_arena_free(&arena);
}

void a_study_s_points_are_its_design(void **state) {
    (void)state;
    char path[] = "/tmp/datahall-study-XXXXXX", value[DH_STUDY_VALUE];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static const char text[] =
        "<study xmlns=\"urn:datahall:scenario:1\" scenario=\"a.xml\" seeds=\"3\">"
        "<vary name=\"t\" path=\"//hall/@supply\" from=\"18 degC\" to=\"27 degC\" levels=\"4\"/>"
        "<vary parameter=\"n\" from=\"1\" to=\"100\" levels=\"3\" scale=\"log\" whole=\"yes\"/>"
        "<vary parameter=\"p\" values=\"easy|fcfs\"/></study>";
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    struct dh_study s;
    assert_int_equal(dh_study_read(&s, path, NULL), DH_OK);
    unlink(path);
    assert_int_equal(s.n_point, 24);
    assert_int_equal(s.seeds, 3);
    static const struct {
        int32_t point, v;
        const char *value;
    } cases[] = {
        {0,  0, "18 degC"},
        {6,  0, "21 degC"},
        {23, 0, "27 degC"},
        {0,  1, "1"      },
        {2,  1, "10"     },
        {4,  1, "100"    },
        {0,  2, "easy"   },
        {1,  2, "fcfs"   },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dh_study_value(&s, cases[i].point, cases[i].v, value);
        assert_string_equal(value, cases[i].value);
    }
    dh_study_free(&s);
}

static void read_text(struct dh_study *s, const char *text) {
    char path[] = "/tmp/datahall-study-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    assert_int_equal(dh_study_read(s, path, NULL), DH_OK);
    unlink(path);
}

void one_at_a_time_leaves_the_others(void **state) {
    (void)state;
    struct dh_study s;
    char value[DH_STUDY_VALUE];
    read_text(&s, "<study xmlns=\"urn:datahall:scenario:1\" scenario=\"a.xml\" design=\"one-at-a-time\">"
                  "<vary path=\"//a/@b\" from=\"1 kW\" to=\"3 kW\"/><vary path=\"//a/@c\" values=\"x|y|z\"/>"
                  "<vary path=\"//a/@d\" from=\"0\" to=\"8\" levels=\"5\" whole=\"yes\"/></study>");
    static const char *const expected[11][3] = {
        {"",     "",  "" },
        {"1 kW", "",  "" },
        {"3 kW", "",  "" },
        {"",     "x", "" },
        {"",     "y", "" },
        {"",     "z", "" },
        {"",     "",  "0"},
        {"",     "",  "2"},
        {"",     "",  "4"},
        {"",     "",  "6"},
        {"",     "",  "8"}
    };
    assert_int_equal(s.n_point, 11);
    for (int32_t i = 0; i < 11; i++)
        for (int32_t v = 0; v < 3; v++) {
            dh_study_value(&s, i, v, value);
            assert_string_equal(value, expected[i][v]);
            assert_int_equal(dh_study_changes(&s, i, v), expected[i][v][0] != 0);
        }
    dh_study_free(&s);
}

/* T. Ishigami, T. Homma, 1990: sin x + 7 sin^2 y + 0.1 z^4 sin x on [-pi, pi]^3, whose indices are known in
 * closed form; the values here are those of A. Saltelli et al., Global Sensitivity Analysis, 2008, to four
 * places. */
void sobol_indices_are_those_of_ishigami_s_function(void **state) {
    (void)state;
    enum { N = 1024 };
    struct dh_study s;
    struct dh_indices x[3], again[3];
    read_text(&s, "<study xmlns=\"urn:datahall:scenario:1\" scenario=\"a.xml\" design=\"sobol-indices\" "
                  "points=\"1024\">"
                  "<vary path=\"//a/@x\" from=\"-3.141592653589793\" to=\"3.141592653589793\"/>"
                  "<vary path=\"//a/@y\" from=\"-3.141592653589793\" to=\"3.141592653589793\"/>"
                  "<vary path=\"//a/@z\" from=\"-3.141592653589793\" to=\"3.141592653589793\"/></study>");
    assert_int_equal(s.n_point, N * 5);
    double *rows = malloc(sizeof *rows * N * 5);
    assert_non_null(rows);
    for (int32_t i = 0; i < N * 5; i++) {
        double u = dh_study_number(&s, i, 0), v = dh_study_number(&s, i, 1), w = dh_study_number(&s, i, 2);
        rows[i] = sin(u) + 7 * sin(v) * sin(v) + 0.1 * w * w * w * w * sin(u);
    }
    assert_int_equal(dh_sobol_indices(x, 3, rows, N, 5), DH_OK);
    static const double first[] = {0.3139, 0.4424, 0}, total[] = {0.5576, 0.4424, 0.2437};
    for (int i = 0; i < 3; i++) {
        assert_true(fabs(x[i].first - first[i]) < 0.03 && fabs(x[i].total - total[i]) < 0.01);
        assert_true(x[i].first_low <= first[i] && first[i] <= x[i].first_high);
        assert_true(x[i].total_low <= total[i] && total[i] <= x[i].total_high);
        assert_true(x[i].total_high - x[i].total_low < 0.2);
    }
    /* a row with a hole is left out, others keep their place */
    rows[7] = NAN;
    assert_int_equal(dh_sobol_indices(again, 3, rows, N, 5), DH_OK);
    assert_true(again[0].first != x[0].first && fabs(again[0].first - first[0]) < 0.03);
    for (int32_t i = 0; i < N * 5; i++)
        rows[i] = 3;
    assert_int_equal(dh_sobol_indices(again, 3, rows, N, 5), DH_OK);
    assert_true(isnan(again[0].first) && isnan(again[2].total)); /* nothing varies */
    free(rows);
    dh_study_free(&s);
}

void pairs_have_the_interval_of_their_means(void **state) {
    (void)state;
    double v[] = {1, 5, 2, 6, 4, 4.5, NAN, 2}, means[] = {3, 4, 4.25};
    struct dh_interval pairs = dh_interval_of_pairs(v, 8, 1), plain = dh_interval_of(means, 3, 1),
                       all = dh_interval_of(v, 8, 1);
    near(pairs.mean, plain.mean);
    near(pairs.half_width, plain.half_width);
    near(pairs.deviation, all.deviation);
    near(pairs.variance_ratio, plain.deviation * plain.deviation / (all.deviation * all.deviation / 2));
    assert_true(pairs.variance_ratio < 1 && isnan(plain.variance_ratio));
}
