#include "tests/tests.h"

#include "output/fail_if.h"
#include "output/report_text.h"
#include "output/summary.h"
#include "output/summary_json.h"
#include "output/summary_keys.h"
#include <datahall/datahall.h>

#include <jansson.h>
#include <math.h>
#include <string.h>

static void fill(struct dh_summary *s) {
    dh_summary_text(s, "scenario.name", "a \"quoted\"\n name", "");
    dh_summary_number(s, "scenario.duration_s", "s", 86400, "");
    dh_summary_number(s, "energy.it_kwh", "kWh", 1000.1, "");
    dh_summary_number(s, "energy.facility_kwh", "kWh", 1250.3, "");
    dh_summary_number(s, "energy.cooling_kwh", "kWh", 200, "");
    dh_summary_number(s, "energy.loss_kwh.ups", "kWh", 50.2, "");
    dh_summary_number(s, "energy.loss_kwh.rack_supply", "kWh", 20, "");
    dh_summary_number(s, "energy.peak_facility_kw", "kW", 24000.5, "");
    dh_summary_number(s, "energy.pue", "1", 0.1 + 0.2, "");
    dh_summary_number(s, "carbon.market_kg", "kg", NAN, "");
    dh_summary_text(s, "cost.currency", "USD", "");
    dh_summary_number(s, "cost.total", "USD", 1234567.891, "");
    dh_summary_number(s, "thermal.max_inlet_degc", "degC", 30, "");
    dh_summary_integer(s, "jobs.submitted", "1", INT64_C(9007199254740993), "");
    dh_summary_text(s, "services.0.id", "chat", "");
    dh_summary_number(s, "services.0.requests", "1", 5, "");
    dh_summary_text(s, "services.1.id", "code", "");
    dh_summary_text(s, "streams.0.id", "pretrain", "");
    dh_summary_text(s, "streams.0.plan",
                    "tensor 8, pipeline 16 x 10, context 16, expert 64, micro-batch 16, gradients sharded, "
                    "attention recomputed",
                    "");
    dh_summary_number(s, "streams.0.plan_gpus", "1", 131072, "");
    dh_summary_number(s, "streams.0.step_s", "s", 12345.678, "");
    dh_summary_number(s, "streams.0.step_low_s", "s", 12345.678, "");
    dh_summary_number(s, "streams.0.step_high_s", "s", 12345.678, "");
    dh_summary_number(s, "streams.0.tokens_per_s_per_gpu", "1/s", 123456, "");
    dh_summary_number(s, "streams.0.mfu", "1", 0.5, "");
    dh_summary_number(s, "facility.limit_kw", "kW", 30000, "");
}

void summary_json_reads_back_exactly(void **state) {
    (void)state;
    struct dh_summary s = {0};
    fill(&s);
    struct dh_text out = {0};
    assert_int_equal(dh_summary_json_write(&s, &out), DH_OK);
    json_t *root = json_loads(out.at, 0, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(json_object_get(root, "scenario"), "name")),
                        "a \"quoted\"\n name");
    assert_true(json_number_value(json_object_get(json_object_get(root, "energy"), "pue")) == 0.1 + 0.2);
    assert_true(json_integer_value(json_object_get(json_object_get(root, "jobs"), "submitted")) ==
                INT64_C(9007199254740993));
    json_t *services = json_object_get(root, "services");
    assert_int_equal(json_array_size(services), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(services, 1), "id")), "code");
    assert_null(json_object_get(json_object_get(root, "carbon"), "market_kg"));
    json_decref(root);
    dh_text_free(&out);
    dh_summary_number(&s, "energy.pue.max", "1", 1, "");
    assert_int_equal(dh_summary_json_write(&s, &out), DH_ERR_INTERNAL);
    dh_text_free(&out);
    dh_summary_free(&s);
}

/* Names of other people's files go to JSON, tables and clipboards. */
void texts_of_files_are_made_harmless(void **state) {
    static const struct {
        const char *text, *json, *cell, *cut; /* to four bytes */
    } cases[] = {
        {"plain",          "\"plain\"",                       "plain",                "plai"      },
        {"=1+1",           "\"=1+1\"",                        "'=1+1",                "=1+1"      },
        {"a\tb\nc\033[2J", "\"a\\u0009b\\u000ac\\u001b[2J\"", "a b c [2J",            "a\tb\n"    },
        {"abc\u00fc",      "\"abc\u00fc\"",                   "abc\u00fc",            "abc"       },
        {"\xC3",           "\"\uFFFD\"",                      "\uFFFD",               "\xC3"      },
        {"ok\xED\xA0\x80", "\"ok\uFFFD\uFFFD\uFFFD\"",        "ok\uFFFD\uFFFD\uFFFD", "ok\xED\xA0"},
        {"",               "\"\"",                            "",                     ""          },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dh_text json = {0}, cell = {0};
        char cut[5];
        dh_json_put_string(&json, cases[i].text);
        dh_text_put_cell(&cell, cases[i].text);
        dh_text_cut(cut, sizeof cut, cases[i].text);
        assert_string_equal(json.at, cases[i].json);
        assert_string_equal(cell.at ? cell.at : "", cases[i].cell);
        assert_string_equal(cut, cases[i].cut);
        dh_text_free(&json);
        dh_text_free(&cell);
    }
}

void fail_if_compares_across_units(void **state) {
    (void)state;
    static const struct {
        const char *expression;
        enum dh_err expected;
    } cases[] = {
        {"energy.peak_facility_kw > 24 MW",       DH_ERR_LIMIT_CROSSED},
        {"energy.peak_facility_kw>24.0005 MW",    DH_OK               },
        {"energy.peak_facility_kw >= 24000.5",    DH_ERR_LIMIT_CROSSED},
        {"energy.peak_facility_kw > 24000500 W",  DH_OK               },
        {"energy.facility_kwh < 2 MWh",           DH_ERR_LIMIT_CROSSED},
        {"thermal.max_inlet_degc > 85 degF",      DH_ERR_LIMIT_CROSSED},
        {"thermal.max_inlet_degc > 87 degF",      DH_OK               },
        {"energy.pue != 0.30000000000000004",     DH_OK               },
        {"energy.pue > 20%",                      DH_ERR_LIMIT_CROSSED},
        {"services.1.id == code",                 DH_ERR_LIMIT_CROSSED},
        {"services.1.id != code",                 DH_OK               },
        {"energy.peak_facility_kw > 24 kWh",      DH_ERR_USAGE        },
        {"energy.peak_facility_kw > ",            DH_ERR_USAGE        },
        {"energy.peak_facility_kw",               DH_ERR_USAGE        },
        {"energy.peak_facility_kw > 24 MW or so", DH_ERR_USAGE        },
        {"energy.peak_facility_kv > 24",          DH_ERR_USAGE        },
        {"scenario.name > 3",                     DH_ERR_USAGE        },
        {"carbon.location_kg > 1",                DH_ERR_USAGE        },
    };
    struct dh_summary s = {0};
    fill(&s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dh_diag diag = {0};
        enum dh_err err = dh_fail_if_crossed(&s, cases[i].expression, &diag);
        if (err != cases[i].expected)
            fail_msg("%s: %s, not %s", cases[i].expression, dh_err_code(err), dh_err_code(cases[i].expected));
        assert_int_equal(diag.n_error, err != DH_OK);
        dh_diag_free(&diag);
    }
    struct dh_diag diag = {0};
    assert_int_equal(dh_fail_if_check("energy.peak_facility_kv > 24", &diag), DH_ERR_USAGE);
    assert_string_equal(diag.messages[0].hint, "did you mean 'energy.peak_facility_kw'?");
    dh_diag_free(&diag);
    assert_int_equal(dh_fail_if_check("pue > 2", &diag), DH_ERR_USAGE);
    assert_string_equal(diag.messages[0].hint, "did you mean 'energy.pue'?");
    dh_diag_free(&diag);
    dh_summary_free(&s);
}

void summary_keys_match_lists_and_names(void **state) {
    (void)state;
    assert_true(dh_summary_key_find("constraints.12.name") >= 0);
    assert_true(dh_summary_key_find("energy.loss_kwh.ups") >= 0);
    assert_true(dh_summary_key_find("constraints.x.name") < 0);
    assert_true(dh_summary_key_find("energy") < 0);
    assert_true(dh_summary_key_find("energy.pue.x") < 0);
    for (int32_t i = 0; dh_summary_key_at(i).pattern; i++)
        assert_int_equal(dh_summary_key_find(dh_summary_key_at(i).pattern),
                         strstr(dh_summary_key_at(i).pattern, ".N.") ? -1 : i);
}

/* The figures by hand: 1250.3 kWh in a day are 52.1 kW; cooling 200/1250.3 = 16.0 %; losses outside the racks
 * are the UPS alone. */
void report_prints_figures_with_units_and_leaves_out_what_is_absent(void **state) {
    (void)state;
    struct dh_summary s = {0};
    fill(&s);
    struct dh_text out = {0};
    assert_int_equal(dh_report_text_write(&s, NULL, &out), DH_OK);
    assert_non_null(strstr(out.at, "1,250.3 kWh         52.1 kW         100.0 %"));
    assert_non_null(
        strstr(out.at, "Cooling                                200.0 kWh          8.3 kW          16.0 %"));
    assert_non_null(strstr(out.at, "Losses of the power tree                50.2 kWh"));
    assert_non_null(strstr(out.at, "    lost in rack supplies"));
    assert_non_null(strstr(out.at, "1,234,568"));
    assert_non_null(strstr(out.at, "24,000.5 kW     30,000.0 kW          80.0 %"));
    assert_null(strstr(out.at, "nan"));
    assert_null(strstr(out.at, "CARBON"));
    assert_null(strstr(out.at, "\033["));
    for (const char *line = out.at; *line;) {
        size_t n = strcspn(line, "\n");
        assert_true(n <= 100);
        assert_true(n == 0 || line[n - 1] != ' ');
        line += n + (line[n] == '\n');
    }
    dh_text_free(&out);
    struct dh_report_style color = {.color = true};
    assert_int_equal(dh_report_text_write(&s, &color, &out), DH_OK);
    assert_non_null(strstr(out.at, "\033["));
    dh_text_free(&out);
    dh_summary_free(&s);
}

static int count_bytes(void *self, const char *bytes, size_t n) {
    (void)bytes;
    *(size_t *)self += n;
    return 0;
}
static int refuse(void *self, const char *bytes, size_t n) {
    (void)self, (void)bytes, (void)n;
    return 1;
}

void public_summary_hands_out_items_and_reports_a_refusing_writer(void **state) {
    (void)state;
    struct dh_summary s = {0};
    fill(&s);
    struct dh_summary_item item = dh_summary_at(&s, 1);
    assert_string_equal(item.key, "scenario.duration_s");
    assert_string_equal(item.unit, "s");
    assert_true(item.number == 86400);
    assert_int_equal(dh_summary_at(&s, 0).kind, DH_ITEM_TEXT);
    size_t n = 0, with = 0;
    struct dh_performance performance = {.wall_s = 1.5,
                                         .cpu_s = 1.25,
                                         .run_cpu_s = 1.25,
                                         .events = 1000,
                                         .events_per_s = 666.7,
                                         .peak_rss_bytes = 1 << 20};
    assert_int_equal(dh_summary_json(&s, NULL, count_bytes, &n, NULL), DH_OK);
    assert_int_equal(dh_summary_json(&s, &performance, count_bytes, &with, NULL), DH_OK);
    assert_true(with > n && n > 100);
    struct dh_diag *diag = dh_diag_new();
    assert_int_equal(dh_summary_csv(&s, refuse, NULL, diag), DH_ERR_IO);
    assert_int_equal(dh_diag_errors(diag), 1);
    assert_int_equal(dh_diag_at(diag, 0).code, DH_ERR_IO);
    dh_diag_delete(diag);
    dh_summary_free(&s);
}
