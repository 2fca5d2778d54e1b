/* Capital over time, and the cost of a GPU-hour as a run reports it. */
#include "models/finance.h"

#include <datahall/datahall.h>

#include <math.h>
#include <string.h>

static void about(double value, double expected, double relative) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

/* Some rows of an exact table (50 digits, rounded); all of it: tests/validation. */
void annuities_are_exact_also_without_interest(void **state) {
    (void)state;
    static const double rows[][3] = {
        {0,      4,  0.25                   },
        {0,      20, 0.05                   },
        {0.03,   3,  0.35353036332459801352 },
        {0.03,   20, 0.067215707596859134357},
        {0.05,   20, 0.080242587190691322896},
        {0.08,   5,  0.2504564546           },
        {0.0624, 25, 0.08001953656          }
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        about(dh_finance_crf(rows[i][0], rows[i][1]), rows[i][2],
              i < 5 ? 1e-12 : 2e-10); /* last two: ten digits */
    about(dh_finance_crf(1e-12, 5), 0.2,
          1e-11); /* no cancellation on the way to zero: 1/n + r (n + 1) / 2n */
    about(dh_finance_crf(1e-300, 5), 0.2, 1e-12);
    /* Repaying 1 in n years by the factor leaves nothing. */
    double owed = 1;
    for (int year = 0; year < 7; year++)
        owed = owed * 1.11 - dh_finance_crf(0.11, 7);
    assert_true(fabs(owed) < 1e-14);
    /* An asset of 100 that is worth 30 after four years: 100 = yearly / 1.08 + … + yearly / 1.08^4 + 30
     * / 1.08^4. */
    double yearly = dh_finance_yearly(100, 0.3, 0.08, 4), worth = 30;
    for (int year = 0; year < 4; year++)
        worth = (worth + yearly) / 1.08;
    about(worth, 100, 1e-13);
}

void present_value_leaves_year_zero_undiscounted(void **state) {
    (void)state;
    static const double a[] = {-1000000, 250000, 250000, 250000, 250000, 250000}, b[] = {-100, 50, 60},
                        c[] = {-1000, 300, 300, 300, 300}, growing[] = {1, 2, 3};
    about(dh_finance_npv(a, 6, 0.08), -1822.4907304786350626, 1e-12);
    about(dh_finance_npv(b, 3, 0), 10, 1e-12);
    about(dh_finance_npv(c, 5, 0.08), -6.361947987, 1e-9);
    about(dh_finance_irr(a, 6), 0.079308261160528590607, 1e-10);
    about(dh_finance_irr(b, 3), 0.063941029804985319368, 1e-10);
    assert_true(isnan(dh_finance_irr(growing, 3))); /* never zero */
}

/* A site of one rack of one GPU: P kW all in, drawn all year; an efficiency of 1 / PUE stands for the
 * overhead. */
static double usd_per_gpu_hour(double price, double watts, double pue, double usd_per_kwh, double usd_per_kw,
                               double building) {
    static const char form[] =
        "<scenario xmlns='urn:datahall:scenario:1' name='cost'>"
        "<device id='gpu' idle='%.17g W' tdp='%.17g W' price='%.17g USD'/><node id='node' device='gpu' "
        "gpus='1'/>"
        "<rack-type id='rack' node='node' nodes='1' rated='%.17g W'/>"
        "<tariff id='flat' energy='%.17g USD/kWh' demand='%.17g USD/kW' utc-offset='0'/>"
        "<horizon start='2025-01-01T00:00:00Z' duration='365 d'/>"
        "<site id='s' tariff='flat'><power><utility id='grid' rated='1 MW'/>"
        "<ups id='ups' feed='grid' rated='%.17g W'><loss efficiency='%.17g'/></ups></power>"
        "<hall id='h'><row id='r' rack='rack' count='1' feed='ups'/></hall></site>"
        "<economics building='%.17g USD/W' capital-rate='0.08' it-life='5 a' building-life='15 a' "
        "it-upkeep='0.04' "
        "building-upkeep='0.03'/></scenario>";
    char text[4096];
    int n = snprintf(text, sizeof text, form, watts, watts, price, watts, usd_per_kwh, usd_per_kw, 2 * watts,
                     1 / pue, building);
    struct dh_sim *sim;
    struct dh_diag *diag = dh_diag_new();
    enum dh_err err = dh_sim_open_memory(&sim, text, (size_t)n, "cost.xml", ".", NULL, diag);
    if (err != DH_OK)
        fail_msg("%s", dh_diag_count(diag) > 0 ? dh_diag_at(diag, 0).text : dh_err_text(err));
    assert_int_equal(dh_sim_run(sim, NULL, diag), DH_OK);
    double usd = dh_summary_value(dh_sim_summary(sim), "cost.per_gpu_hour_available");
    about(dh_summary_value(dh_sim_summary(sim), "energy.pue"), pue, 1e-9);
    assert_true(dh_summary_value(dh_sim_summary(sim), "audit.bill") < 1e-12);
    dh_sim_close(sim);
    dh_diag_delete(diag);
    return usd;
}

/* Published vectors, computed from: H100 35,000 USD all in, 1.275 kW, PUE 1.25, 7.5 cents, 10 USD/kW a
 * month, 11.7 USD/W; GB200 NVL72 3.5 MUSD and 132 kW for 72, PUE 1.12, 7 cents, 12 USD/kW, 13 USD/W; 8 %, 5
 * and 15 years, upkeep 4 % and 3 % a year. */
void cost_of_a_gpu_hour_reproduces_published_vectors(void **state) {
    (void)state;
    about(usd_per_gpu_hour(35000, 1275, 1.25, 0.075, 10, 11.7), 1.551900616, 1e-9);
    about(usd_per_gpu_hour(3.5e6 / 72, 132e3 / 72, 1.12, 0.07, 12, 13), 2.18877083, 1e-8);
}
