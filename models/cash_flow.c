#include "models/cash_flow.h"

#include "models/finance.h"

#include <math.h>
#include <stddef.h>

double dh_wacc(double debt, double debt_rate, double equity_rate, double tax) {
    return (1 - debt) * equity_rate + debt * debt_rate * (1 - tax);
}

double dh_worth_at(const struct dh_worth *w, int32_t age, int32_t life) {
    double value = 1;
    if (age <= 0)
        return 1;
    if (w->n > 0)
        return w->curve[(age < w->n ? age : w->n) - 1];
    if (isnan(w->loss))
        return age >= life ? w->residual : 1 - (1 - w->residual) * age / life;
    for (int32_t y = 0; y < age; y++)
        value *= 1 - w->loss;
    return value;
}

static double grown(double first, double growth, int32_t years) {
    for (int32_t y = 0; y < years; y++)
        first *= 1 + growth;
    return first;
}

/* Owned from the end of year `from` at this price and age, sold at the end of year `to`; list: the price by
 * which its value is a share. */
static void own(const struct dh_asset *a, const struct dh_write_off *off, int32_t from, int32_t to,
                int32_t age, double price, double list, struct dh_life_year *rows) {
    rows[from].purchases += price;
    for (int32_t y = from + 1; y <= to; y++)
        rows[y].depreciation += price * dh_write_off_share(off, y - from);
    rows[to].depreciation += price * dh_write_off_left(off, to - from);
    rows[to].sales += list * dh_worth_at(&a->worth, age + to - from, a->life);
}

/* From the end of year `from`; the year in which the next one is needed. */
static int32_t lease(const struct dh_asset *a, int32_t from, int32_t years, struct dh_life_year *rows) {
    const struct dh_lease *l = &a->lease;
    int32_t end = from + l->term, stop = end < years ? end : years;
    double scale = grown(1, a->change, from), list = a->price * scale;
    for (int32_t y = 1; y <= l->term; y++) { /* what the site's end cuts off is due then */
        int32_t at = from + y - (l->advance ? 1 : 0);
        rows[at < years ? at : years].lease += l->yearly * scale;
    }
    if (end > years)
        return years;
    if (!l->bought) {
        rows[stop].lease += list * fmax(0, l->guarantee - dh_worth_at(&a->worth, l->term, a->life));
        return stop;
    }
    int32_t to = from + a->life > end ? from + a->life : end;
    to = to < years ? to : years;
    struct dh_write_off off = {.schedule = DH_WRITE_OFF_STRAIGHT,
                               .years = a->life > l->term ? a->life - l->term : 1};
    own(a, &off, end, to, l->term, l->buy_out * list, list, rows);
    return to;
}

static void add_asset(const struct dh_asset *a, int32_t years, struct dh_life_year *rows) {
    for (int32_t at = 0; at < years;) {
        if (a->leased) {
            at = lease(a, at, years, rows);
            continue;
        }
        int32_t to = at + a->life < years ? at + a->life : years;
        double price = grown(a->price, a->change, at);
        own(a, &a->off, at, to, 0, price, price, rows);
        at = to;
    }
}

static void settle(int32_t years, double rate, double tax, struct dh_life_year *rows) {
    double discount = 1;
    for (int32_t y = 0; y <= years; y++) {
        struct dh_life_year *r = &rows[y];
        double cost = r->energy + r->staff + r->cloud + r->other + r->lease;
        r->tax = tax * (r->revenue - cost - r->depreciation + r->sales);
        r->flow = r->revenue - cost - r->purchases + r->sales - r->tax;
        r->discount = 1 / discount;
        r->present = r->flow / discount;
        discount *= 1 + rate;
    }
}

void dh_life_flows(const struct dh_life *life, struct dh_life_year *rows) {
    for (int32_t y = 0; y <= life->years; y++)
        rows[y] = (struct dh_life_year){0};
    for (int32_t y = 1; y <= life->years; y++) {
        struct dh_life_year *r = &rows[y];
        r->energy = grown(life->energy.first, life->energy.growth, y - 1);
        r->staff = grown(life->staff.first, life->staff.growth, y - 1);
        r->cloud = grown(life->cloud.first, life->cloud.growth, y - 1);
        r->other = grown(life->other.first, life->other.growth, y - 1);
        r->revenue = grown(life->revenue.first, life->revenue.growth, y - 1);
    }
    for (int32_t i = 0; i < life->n_asset; i++)
        add_asset(&life->assets[i], life->years, rows);
    settle(life->years, life->rate, life->tax, rows);
}

double dh_asset_npv(const struct dh_asset *asset, int32_t years, double rate, double tax) {
    struct dh_life_year rows[DH_LIFE_YEARS + 1] = {0};
    double flow[DH_LIFE_YEARS + 1];
    add_asset(asset, years, rows);
    settle(years, rate, tax, rows);
    for (int32_t y = 0; y <= years; y++)
        flow[y] = rows[y].flow;
    return dh_finance_npv(flow, years + 1, rate);
}

double dh_payback(const double *value, int32_t years) {
    double sum = 0, when = NAN;
    for (int32_t y = 0; y <= years; y++) { /* the last time: a replacement may take it below again */
        double next = sum + value[y];
        if (next >= 0 && (sum < 0 || y == 0))
            when = y == 0 ? 0 : y - 1 + -sum / value[y];
        else if (next < 0)
            when = NAN;
        sum = next;
    }
    return when;
}
