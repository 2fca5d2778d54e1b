/* Quantities, instants and the small text helpers. */
#include "sim/text.h"
#include "sim/units.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct dh_place nowhere = {0};

static enum dh_err parse(const char *text, enum dh_dimension dimension, double *value) {
    return dh_quantity_parse(text, strlen(text), dimension, value, NULL, nowhere);
}

static double si(const char *text, enum dh_dimension dimension) {
    double value = NAN;
    assert_int_equal(parse(text, dimension, &value), DH_OK);
    return value;
}

void quantities_are_rounded_once_whatever_the_unit(void **state) {
    (void)state;
    assert_true(si("10.2 kW", DH_DIM_POWER) == 10200.0);
    assert_true(si("4.35 MW", DH_DIM_POWER) == 4350000.0); /* 4.35 * 1e6 in doubles is 4349999.9999999995 */
    assert_true(si("1.1 kW", DH_DIM_POWER) == si("1100 W", DH_DIM_POWER));
    assert_true(si("0.1 h", DH_DIM_DURATION) == 360.0);
    assert_true(si("1e-3 kW", DH_DIM_POWER) == 1.0);
    assert_true(si("75.2 degF", DH_DIM_TEMPERATURE) == 24.0);
    assert_true(si("300 K", DH_DIM_TEMPERATURE) == 26.85);
    assert_true(si("-40 degF", DH_DIM_TEMPERATURE) == -40.0);
    assert_true(si("0.0685 USD/kWh", DH_DIM_MONEY_PER_ENERGY) == si("68.5 USD/MWh", DH_DIM_MONEY_PER_ENERGY));
    assert_true(si("2.4 1/h", DH_DIM_RATE) == 2.4 / 3600.0);
    assert_true(si("40kW", DH_DIM_POWER) == 40000.0);
    assert_true(!signbit(si("-0 W", DH_DIM_POWER)));
    assert_true(si(".5 W", DH_DIM_POWER) == 0.5 && si("5. W", DH_DIM_POWER) == 5 &&
                si("+5 W", DH_DIM_POWER) == 5);
}

void quantities_refuse_what_is_not_one(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum dh_dimension dimension;
        enum dh_err err;
    } cases[] = {
        {"inf kW",           DH_DIM_POWER,  DH_ERR_NUMBER},
        {"nan",              DH_DIM_NUMBER, DH_ERR_NUMBER},
        {"0x1p4 kW",         DH_DIM_POWER,  DH_ERR_NUMBER},
        {"40,5 kW",          DH_DIM_POWER,  DH_ERR_NUMBER},
        {"kW",               DH_DIM_POWER,  DH_ERR_NUMBER},
        {"",                 DH_DIM_POWER,  DH_ERR_NUMBER},
        {" 40 kW",           DH_DIM_POWER,  DH_ERR_NUMBER},
        {"40  kW",           DH_DIM_POWER,  DH_ERR_NUMBER},
        {"1 000 kW",         DH_DIM_POWER,  DH_ERR_NUMBER},
        {"1.2.3 kW",         DH_DIM_POWER,  DH_ERR_NUMBER},
        {"1e kW",            DH_DIM_POWER,  DH_ERR_NUMBER},
        {"\xE2\x88\x92"
         "40 kW",   DH_DIM_POWER,  DH_ERR_NUMBER},
        {"40\xC2\xA0kW",     DH_DIM_POWER,  DH_ERR_NUMBER},
        {"--4 W",            DH_DIM_POWER,  DH_ERR_NUMBER},
        {"40",               DH_DIM_POWER,  DH_ERR_UNIT  },
        {"40 KW",            DH_DIM_POWER,  DH_ERR_UNIT  },
        {"40kWx",            DH_DIM_POWER,  DH_ERR_UNIT  },
        {"40 kWh",           DH_DIM_POWER,  DH_ERR_UNIT  },
        {"40 kW ",           DH_DIM_POWER,  DH_ERR_UNIT  },
        {"96 %",             DH_DIM_NUMBER, DH_ERR_UNIT  },
        {"1 W",              DH_DIM_NUMBER, DH_ERR_UNIT  },
        {"1e400 W",          DH_DIM_POWER,  DH_ERR_RANGE },
        {"1e-400 W",         DH_DIM_POWER,  DH_ERR_RANGE },
        {"1e999999999999 W", DH_DIM_POWER,  DH_ERR_RANGE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = 0;
        struct dh_diag diag = {0};
        enum dh_err err = dh_quantity_parse(cases[i].text, strlen(cases[i].text), cases[i].dimension, &value,
                                            &diag, nowhere);
        if (err != cases[i].err)
            fail_msg("'%s' gives %s", cases[i].text, dh_err_code(err));
        assert_int_equal(diag.n_message, 1);
        dh_diag_free(&diag);
    }
}

void quantities_are_written_so_that_they_read_back(void **state) {
    (void)state;
    static const struct {
        double value;
        enum dh_dimension dimension;
        const char *text;
    } cases[] = {
        {10200,          DH_DIM_POWER,            "10.2 kW"      },
        {900,            DH_DIM_DURATION,         "15 min"       },
        {100,            DH_DIM_DURATION,         "100 s"        },
        {24,             DH_DIM_TEMPERATURE,      "24 degC"      },
        {0,              DH_DIM_POWER,            "0 W"          },
        {31536000,       DH_DIM_DURATION,         "1 a"          },
        {80e9,           DH_DIM_DATA,             "80 GB"        },
        {0.96,           DH_DIM_NUMBER,           "0.96"         },
        {989.4e12,       DH_DIM_COMPUTE,          "989.4 TFLOP/s"},
        {0.0685 / 3.6e6, DH_DIM_MONEY_PER_ENERGY, "68.5 USD/MWh" },
        {-40,            DH_DIM_TEMPERATURE,      "-40 degC"     },
    };
    char text[96];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dh_quantity_format(cases[i].value, cases[i].dimension, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
    uint64_t x = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        double value = ldexp((double)(int64_t)x, (int)(x % 80) - 100), back = NAN;
        enum dh_dimension dimension = (enum dh_dimension)(i % DH_N_DIMENSION);
        dh_quantity_format(value, dimension, text, sizeof text);
        if (parse(text, dimension, &back) != DH_OK || back != value)
            fail_msg("%a is written '%s'", value, text);
    }
}

void numbers_do_not_depend_on_the_locale(void **state) {
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8", "nl_NL.UTF-8"};
    const char *set = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !set; i++)
        set = setlocale(LC_ALL, names[i]);
    if (!set)
        SKIP("no locale with a decimal comma is installed");
    char text[96];
    dh_quantity_format(10200, DH_DIM_POWER, text, sizeof text);
    double value = si("10.2 kW", DH_DIM_POWER);
    setlocale(LC_ALL, "C");
    assert_string_equal(text, "10.2 kW");
    assert_true(value == 10200);
}

void integers_do_not_wrap(void **state) {
    (void)state;
    int64_t value = 0;
    static const struct {
        const char *text;
        enum dh_err err;
        int64_t value;
    } cases[] = {
        {"4",                    DH_OK,         4        },
        {"-9223372036854775808", DH_OK,         INT64_MIN},
        {"9223372036854775807",  DH_OK,         INT64_MAX},
        {"9223372036854775808",  DH_ERR_RANGE,  0        },
        {"18446744073709551617", DH_ERR_RANGE,  0        },
        {"4.5",                  DH_ERR_NUMBER, 0        },
        {"",                     DH_ERR_NUMBER, 0        },
        {"-",                    DH_ERR_NUMBER, 0        },
        {"4 ",                   DH_ERR_NUMBER, 0        },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(dh_integer_parse(cases[i].text, strlen(cases[i].text), &value, NULL, nowhere),
                         cases[i].err);
        if (cases[i].err == DH_OK)
            assert_true(value == cases[i].value);
    }
}

void numbers_in_large_files_read_as_strtod_does(void **state) {
    (void)state;
    static const char *const texts[] = {
        "0",    "1",      "-1.5", "3.14159265358979", "123456789012345678",
        "1e22", "1e-5,7", "0.1",  "9007199254740993", "2.2250738585072014e-308",
        "1e5x", "7.",     ".25"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double value = NAN;
        size_t end = 0;
        char *stop;
        double expected = strtod(texts[i], &stop);
        assert_int_equal(dh_number_parse(texts[i], strlen(texts[i]), &value, &end), DH_OK);
        assert_true(value == expected);
        assert_int_equal(end, stop - texts[i]);
    }
    double value;
    size_t end;
    assert_int_equal(dh_number_parse("nan", 3, &value, &end), DH_ERR_NUMBER);
    assert_int_equal(dh_number_parse("inf", 3, &value, &end), DH_ERR_NUMBER);
    assert_int_equal(dh_number_parse("1e400", 5, &value, &end), DH_ERR_RANGE);
}

void instants_are_calendar_dates_in_utc(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum dh_err err;
        int64_t unix_s;
    } cases[] = {
        {"1970-01-01T00:00:00Z",   DH_OK,        0         },
        {"2026-07-14T15:00:00Z",   DH_OK,        1784041200},
        {"2026-07-14 17:00+02:00", DH_OK,        1784041200},
        {"2026-07-14",             DH_OK,        1783987200},
        {"2000-02-29",             DH_OK,        951782400 },
        {"1900-02-29",             DH_ERR_RANGE, 0         },
        {"2026-13-01",             DH_ERR_RANGE, 0         },
        {"2026-01-01T24:00",       DH_ERR_RANGE, 0         },
        {"1899-12-31",             DH_ERR_RANGE, 0         },
        {"26-01-01",               DH_ERR_VALUE, 0         },
        {"2026-01-01T",            DH_ERR_VALUE, 0         },
        {"2026-01-01T00:00:00Zx",  DH_ERR_VALUE, 0         },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t unix_s = -1;
        assert_int_equal(dh_timestamp_parse(cases[i].text, strlen(cases[i].text), &unix_s), cases[i].err);
        if (cases[i].err == DH_OK)
            assert_true(unix_s == cases[i].unix_s);
    }
    struct dh_calendar c = dh_calendar_of(1784041200);
    assert_int_equal(c.weekday, 1); /* a Tuesday */
    assert_int_equal(c.yearday, 194);
    char text[21];
    dh_timestamp_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59Z");
}

void names_are_compared_as_people_write_them(void **state) {
    (void)state;
    assert_true(dh_text_natural_order("row-2", "row-10") < 0);
    assert_true(dh_text_natural_order("row-10", "row-10") == 0);
    assert_true(dh_text_natural_order("row-01", "row-1") != 0);
    assert_int_equal(dh_text_distance("coolling", "cooling"), 1);
    struct dh_nearest nearest = {.wanted = "pdv1"};
    dh_nearest_offer(&nearest, "utility");
    dh_nearest_offer(&nearest, "pdu1");
    assert_string_equal(nearest.best, "pdu1");
}
