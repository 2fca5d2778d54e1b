/* A site over its life: tables of tax, and flows by hand. */
#include "models/cash_flow.h"
#include "models/finance.h"

#include <math.h>

static void about(double value, double expected, double relative) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

/* The tables of Publication 946 are their method, rounded to 0.01 % (0.001 % for 20 and 39 years): declining
 * balance of 200 % (15 and 20 years 150 %) over half a year first, straight line as soon as that is more. */
void tables_of_depreciation_are_their_method(void **state) {
    (void)state;
    static const struct {
        enum dh_write_off_schedule schedule;
        int years;
        double factor, rounding;
    } rows[] = {
        {DH_WRITE_OFF_MACRS_3,  3,  2,   1.01e-4},
        {DH_WRITE_OFF_MACRS_5,  5,  2,   1.01e-4},
        {DH_WRITE_OFF_MACRS_7,  7,  2,   1.01e-4},
        {DH_WRITE_OFF_MACRS_10, 10, 2,   1.01e-4},
        {DH_WRITE_OFF_MACRS_15, 15, 1.5, 1.01e-4},
        {DH_WRITE_OFF_MACRS_20, 20, 1.5, 1.01e-5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dh_write_off off = {.schedule = rows[i].schedule};
        double left = 1, sum = 0;
        for (int y = 1; y <= rows[i].years + 1; y++) {
            double remaining = rows[i].years + 0.5 - (y - 1); /* years of the recovery period */
            double declining = left * rows[i].factor / rows[i].years * (y == 1 ? 0.5 : 1);
            double straight = y == 1 ? 0 : left * fmin(1, 1 / remaining);
            double share = fmax(declining, straight);
            if (fabs(dh_write_off_share(&off, y) - share) > rows[i].rounding)
                fail_msg("%d years, year %d: %g for %g", rows[i].years, y, dh_write_off_share(&off, y),
                         share);
            left -= share;
            sum += dh_write_off_share(&off, y);
            about(dh_write_off_left(&off, y) + sum, 1, 1e-14);
        }
        about(sum, 1, 1e-14);
        assert_true(dh_write_off_share(&off, 0) == 0 && dh_write_off_share(&off, rows[i].years + 2) == 0);
    }
    for (int month = 1; month <= 12; month++) {
        struct dh_write_off building = {.schedule = DH_WRITE_OFF_MACRS_39, .month = month};
        double sum = 0;
        for (int y = 1; y <= 40; y++)
            sum += dh_write_off_share(&building, y);
        about(sum, 1, 1e-13);
        assert_true(fabs(dh_write_off_share(&building, 1) - (12.5 - month) / 12 / 39) < 5e-5);
    }
    /* 40 % at once, 60 % by the table */
    struct dh_write_off bonus = {.schedule = DH_WRITE_OFF_MACRS_5, .bonus = 0.4};
    about(dh_write_off_share(&bonus, 1), 0.4 + 0.6 * 0.2, 1e-15);
    about(dh_write_off_share(&bonus, 2), 0.6 * 0.32, 1e-15);
    struct dh_write_off even = {.schedule = DH_WRITE_OFF_STRAIGHT, .years = 4};
    assert_true(dh_write_off_share(&even, 4) == 0.25 && dh_write_off_left(&even, 3) == 0.25);
}

/* 1,000 bought, worth 400 after two years and 100 at the end of its life of three; 21 % tax, straight line
 * over three years; 200 a year to run, 5 % more each year; four years, 10 %. By hand: year 3: sold for 100,
 * bought anew; year 4: sold at one year's age for 700 with 2/3 not written off. */
void flows_of_a_life_are_as_by_hand(void **state) {
    (void)state;
    static const double worth[] = {0.7, 0.4, 0.1};
    struct dh_life life = {
        .years = 4, .rate = 0.1, .tax = 0.21, .n_asset = 1, .energy = {150, 0.05},
                      .staff = {50,  0.05}
    };
    life.assets[0] = (struct dh_asset){
        .price = 1000,
        .life = 3,
        .off = {.schedule = DH_WRITE_OFF_STRAIGHT, .years = 3},
        .worth = {.curve = worth,                    .n = 3    }
    };
    struct dh_life_year rows[DH_LIFE_YEARS + 1];
    dh_life_flows(&life, rows);
    const double cost[] = {0, 200, 210, 220.5, 231.525},
                 off[] = {0, 1000.0 / 3, 1000.0 / 3, 1000.0 / 3, 1000}, sales[] = {0, 0, 0, 100, 700},
                 bought[] = {1000, 0, 0, 1000, 0};
    double sum = 0, by_hand = 0;
    for (int y = 0; y <= 4; y++) {
        double tax = 0.21 * (-cost[y] - off[y] + sales[y]);
        double flow = -cost[y] - bought[y] + sales[y] - tax;
        if (tax != 0)
            about(rows[y].tax, tax, 1e-13);
        about(rows[y].flow, flow, 1e-13);
        about(rows[y].present, flow / pow(1.1, y), 1e-13);
        sum += rows[y].present;
        by_hand = by_hand * 1.1 + flow; /* to the end of the life */
    }
    about(sum, by_hand / (1.1 * 1.1 * 1.1 * 1.1), 1e-12);
    about(dh_wacc(0.4, 0.06, 0.12, 0.25), 0.6 * 0.12 + 0.4 * 0.06 * 0.75, 1e-15);
    /* A whole asset alone, without running costs, by the textbook's equation of an after-tax annuity. */
    double lone = dh_asset_npv(&life.assets[0], 3, 0.1, 0.21);
    double annuity = 1 / dh_finance_crf(0.1, 3);
    about(lone, -1000 + 0.21 * 1000 / 3 * annuity + 0.79 * 100 / (1.1 * 1.1 * 1.1), 1e-13);
    const double back[] = {-100, 40, 40, 40, 40}, again[] = {-100, 120, -50, 20, 5};
    about(dh_payback(back, 4), 2.5, 1e-15);
    assert_true(isnan(dh_payback(again, 4)));
    about(dh_payback(again, 1), 100.0 / 120, 1e-15);
}

/* A lease of 300 a year for three years in arrears and in advance, given back or bought for 20 % and kept for
 * the fourth; residual value with the lessor but for a guarantee. */
void a_lease_beside_buying_is_as_by_hand(void **state) {
    (void)state;
    static const double worth[] = {0.7, 0.4, 0.25, 0.1};
    struct dh_asset a = {
        .price = 1000,
        .life = 4,
        .change = -0.1,
        .off = {.schedule = DH_WRITE_OFF_STRAIGHT, .years = 4},
        .worth = {.curve = worth,                    .n = 4    },
        .leased = true,
        .lease = {.yearly = 300,                     .term = 3 }
    };
    double d = 1 / 1.08, keep = 0.75;
    about(dh_asset_npv(&a, 3, 0.08, 0.25), -300 * keep * (d + d * d + d * d * d), 1e-13);
    a.lease.advance = true;
    about(dh_asset_npv(&a, 3, 0.08, 0.25), -300 * keep * (1 + d + d * d), 1e-13);
    a.lease.guarantee = 0.3; /* worth 25 % then: 50 to pay */
    about(dh_asset_npv(&a, 3, 0.08, 0.25), -300 * keep * (1 + d + d * d) - 50 * keep * d * d * d, 1e-13);
    /* A second contract at the price of year 3, 0.729, whose last two payments are due at the end of year 4.
     */
    a.lease.guarantee = 0;
    about(dh_asset_npv(&a, 4, 0.08, 0.25),
          -300 * keep * (1 + d + d * d) - 300 * 0.729 * keep * (d * d * d + 2 * d * d * d * d), 1e-13);
    a.lease = (struct dh_lease){.yearly = 300, .term = 3, .bought = true, .buy_out = 0.2};
    /* bought for 200, written off in the year that is left, sold for 100 */
    about(dh_asset_npv(&a, 4, 0.08, 0.25),
          -300 * keep * (d + d * d + d * d * d) - 200 * d * d * d + (0.25 * 200 + keep * 100) * d * d * d * d,
          1e-13);
    struct dh_worth lost = {.loss = 0.3}, even = {.loss = NAN, .residual = 0.2};
    about(dh_worth_at(&lost, 2, 5), 0.49, 1e-15);
    about(dh_worth_at(&even, 1, 4), 0.8, 1e-15);
    about(dh_worth_at(&even, 9, 4), 0.2, 1e-15);
}
