/* Section of a report: the site over its life, for who pays for it. */
#include "output/report_sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double flow(const struct dh_page *page, int year, const char *member) {
    return dh_page_list_value(page, "finance.flows", year, member);
}

static double or_zero(double v) {
    return isnan(v) ? 0 : v;
}

/* What a year's operation brings, its purchases and sales bring, and its tax takes: their sum is its flow. */
struct parts {
    double operation, investment, tax, flow, present;
};

static struct parts parts_of(const struct dh_page *page, int y) {
    return (struct parts){
        .operation = or_zero(flow(page, y, "revenue")) - or_zero(flow(page, y, "energy")) -
                     or_zero(flow(page, y, "staff")) - or_zero(flow(page, y, "cloud")) -
                     or_zero(flow(page, y, "other")) - or_zero(flow(page, y, "lease")),
        .investment = or_zero(flow(page, y, "sales")) - or_zero(flow(page, y, "purchases")),
        .tax = -or_zero(flow(page, y, "tax")),
        .flow = flow(page, y, "flow"),
        .present = flow(page, y, "present"),
    };
}

static void put_parts(struct dh_page *page, const char *label, const struct parts *p, int decimals) {
    dh_page_label(page, 1, label);
    dh_page_cell(page, p->operation, decimals, "");
    dh_page_cell(page, p->investment, decimals, "");
    dh_page_cell(page, p->tax, decimals, "");
    dh_page_cell(page, p->flow, decimals, "");
    dh_page_cell(page, p->present, decimals, "");
    dh_page_end_line(page);
}

static void put_years(struct dh_page *page, int decimals) {
    static const char *const columns[5] = {"operation", "investment", "tax", "flow", "worth today"};
    struct parts sum = {0};
    dh_page_wide(page, "YEAR BY YEAR", columns, true);
    for (int y = 0; !isnan(flow(page, y, "flow")); y++) {
        struct parts p = parts_of(page, y);
        char label[24];
        snprintf(label, sizeof label, "%d", y);
        put_parts(page, label, &p, decimals);
        sum.operation += p.operation;
        sum.investment += p.investment;
        sum.tax += p.tax;
        sum.flow += p.flow;
        sum.present += p.present;
    }
    put_parts(page, "All", &sum, decimals);
    dh_page_says(page,
                 "Minus: paid. Flows of a year count at its end, those of year 0 as they are. Operation: "
                 "revenue less energy, staff, cloud, upkeep, software, water and leases. Investment: sales, "
                 "and what things are worth at the end, less purchases. Tax: its rate times (operation "
                 "- depreciation + sales); a loss saves the owner tax elsewhere.");
}

static const char *said(const char *of) {
    return strcmp(of, "it") == 0        ? "IT"
           : strcmp(of, "network") == 0 ? "Network"
           : strcmp(of, "onsite") == 0  ? "On-site sources"
                                        : "Building and plant";
}

static void put_leases(struct dh_page *page, int decimals) {
    static const char *const columns[5] = {"bought", "leased", "lease saves", "a month", "as cheap at"};
    const char *of;
    if (!dh_page_list_text(page, "finance.leases", 0, "of"))
        return;
    dh_page_wide(page, "LEASE OR BUY", columns, true);
    for (int i = 0; (of = dh_page_list_text(page, "finance.leases", i, "of")) != NULL; i++) {
        double buy = dh_page_list_value(page, "finance.leases", i, "buy_npv"),
               lease = dh_page_list_value(page, "finance.leases", i, "lease_npv");
        dh_page_label(page, 1, said(of));
        dh_page_cell(page, -buy, decimals, "");
        dh_page_cell(page, -lease, decimals, "");
        dh_page_cell(page, lease - buy, decimals, "");
        dh_page_cell(page, dh_page_list_value(page, "finance.leases", i, "month"), decimals, "");
        dh_page_cell(page, dh_page_list_value(page, "finance.leases", i, "break_even"), decimals, "");
        if (dh_page_list_value(page, "finance.leases", i, "taken") == 1)
            dh_page_note(page, "taken");
        dh_page_end_line(page);
    }
    dh_page_says(page,
                 "Cost after tax over the life, worth today, of purchases, depreciation and sales, or of "
                 "payments and what the end of a contract asks; the payment a month, and that at which "
                 "both cost the same.");
}

static void put_rate(struct dh_page *page) {
    double rate = dh_page_value(page, "finance.rate"), tax = dh_page_value(page, "finance.tax"),
           debt = dh_page_value(page, "finance.debt");
    if (isnan(debt))
        dh_page_fact(page, "Cost of capital", "%.2f %% a year, after tax", 100 * rate);
    else
        dh_page_fact(page, "Cost of capital",
                     "%.2f %% a year: %.3g %% equity at %.3g %%, debt at %.3g %% less tax", 100 * rate,
                     100 * (1 - debt), 100 * dh_page_value(page, "finance.equity_rate"),
                     100 * dh_page_value(page, "finance.debt_rate"));
    dh_page_fact(page, "Life, tax", "%.0f years, %.3g %%", dh_page_value(page, "finance.life_years"),
                 100 * tax);
}

void dh_report_finance(struct dh_page *page) {
    double cost = dh_page_value(page, "finance.after_tax_cost"), npv = dh_page_value(page, "finance.npv");
    double irr = dh_page_value(page, "finance.irr"), payback = dh_page_value(page, "finance.payback_years"),
           discounted = dh_page_value(page, "finance.discounted_payback_years");
    if (isnan(cost))
        return;
    const char *currency = dh_page_text(page, "cost.currency");
    int decimals = fabs(cost) < 1e5 ? 2 : 0;
    char unit[32];
    currency = currency ? currency : "USD";
    dh_page_heading(page, "OVER ITS LIFE", NULL, NULL, NULL);
    put_rate(page);
    dh_page_line(page, "Cost after tax, worth today", cost, decimals, currency);
    dh_page_line(page, "Before tax", dh_page_value(page, "finance.pretax_cost"), decimals, currency);
    snprintf(unit, sizeof unit, "%.20s/a", currency);
    dh_page_line(page, "Cost after tax, the same each year", dh_page_value(page, "finance.annualized_cost"),
                 decimals, unit);
    snprintf(unit, sizeof unit, "%.20s/h", currency);
    dh_page_line(page, "GPU hour that pays for all of it", dh_page_value(page, "finance.per_gpu_hour"), 4,
                 unit);
    if (npv != -cost)
        dh_page_line(page, "Net present value with revenue", npv, decimals, currency);
    if (!isnan(irr))
        dh_page_fact(page, "Internal rate of return", "%.2f %%", 100 * irr);
    if (npv != -cost && isnan(payback))
        dh_page_fact(page, "Paid back", "not within its life");
    else if (!isnan(payback) && isnan(discounted))
        dh_page_fact(page, "Paid back", "in %.1f years; discounted never", payback);
    else if (!isnan(payback))
        dh_page_fact(page, "Paid back", "in %.1f years; discounted in %.1f", payback, discounted);
    put_leases(page, decimals);
    put_years(page, decimals);
}
