/* A site over its life, year by year: what is bought, sold, leased, spent, earned and taxed, and what that is
 * worth today. Year 0 is the day on which it begins; the flows of a year are counted at its end, and year 0
 * is not discounted (as spreadsheets do: L. Blank and A. Tarquin, Engineering Economy). All amounts are
 * nominal; the rate is nominal and after tax. Losses are set against other income of the owner at once.
 *
 *   taxed   = revenue - running costs - leases - depreciation + sales
 *   flow    = revenue - running costs - leases - purchases + sales - tax x taxed
 *   present = flow / (1 + rate)^year
 *
 * An asset bought at the end of year b is first written off in year b + 1; what is not yet written off when
 * it is sold is written off then. Interest is in the rate (WACC), not in the flows (R. Brealey, S. Myers,
 * F. Allen, Principles of Corporate Finance, chapters 6, 19 and 25). */
#ifndef DH_MODELS_CASH_FLOW_H
#define DH_MODELS_CASH_FLOW_H

#include "models/depreciation.h"

#include <stdbool.h>
#include <stdint.h>

enum { DH_LIFE_YEARS = 60, DH_LIFE_ASSETS = 4 };

/* After-tax cost of capital: equity share x its rate + debt share x its rate x (1 - tax). */
double dh_wacc(double debt, double debt_rate, double equity_rate, double tax);

/* Value by age as a share of the price: straight lines through curve[0] (1 year), curve[1] …, which begin at
 * 1 and stay at the last; where it is NULL, each year takes `loss` (NAN: a straight line to `residual` at the
 * end of life). */
struct dh_worth {
    const double *curve;
    int32_t n;
    double loss, residual;
};
double dh_worth_at(const struct dh_worth *worth, int32_t age, int32_t life);

struct dh_lease {
    double yearly;    /* payments of a year, for equipment of the first price: grow with the price later on */
    int32_t term;     /* years, >= 1 */
    bool advance;     /* paid at the beginning of each year */
    bool bought;      /* at the end of the term, for buy_out x price, and kept to the end of its life */
    double buy_out;   /* share of the price */
    double guarantee; /* where it is given back: who leases makes its value up to this share of the price */
};

struct dh_asset {
    double price;  /* of the first; each later one costs (1 + change)^year times as much */
    double change; /* a year */
    int32_t life;  /* years, >= 1; then it is sold and bought anew while the site lives */
    struct dh_write_off off;
    struct dh_worth worth;
    bool leased;
    struct dh_lease lease;
};

/* Costs and prices of the first year and their growth a year. */
struct dh_stream {
    double first, growth;
};

struct dh_life {
    int32_t years; /* 1 to DH_LIFE_YEARS */
    double rate, tax;
    struct dh_asset assets[DH_LIFE_ASSETS];
    int32_t n_asset;
    struct dh_stream energy, staff, cloud, other, revenue;
};

/* A year: costs and purchases as positive amounts. */
struct dh_life_year {
    double revenue, energy, staff, cloud, other, lease, purchases, sales, depreciation, tax;
    double flow, discount, present;
};

/* rows[0 .. years]. */
void dh_life_flows(const struct dh_life *life, struct dh_life_year *rows);

/* Present value after tax of one asset alone at this rate, as it is (leased or bought); negative: a cost. */
double dh_asset_npv(const struct dh_asset *asset, int32_t years, double rate, double tax);

/* Years until the flows, discounted or not, have summed to 0, within the year in proportion; NAN: never.
 * value[0 .. years]. */
double dh_payback(const double *value, int32_t years);

#endif
