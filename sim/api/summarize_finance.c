/* A run's costs and purchases over the site's life, as <finance> asks. */
#include "models/cash_flow.h"
#include "models/finance.h"
#include "sim/api/summarize.h"
#include "sim/sum.h"

#include <math.h>
#include <stddef.h>

_Static_assert((int)DH_WRITE_OFF_WORD_STRAIGHT == (int)DH_WRITE_OFF_STRAIGHT,
               "words and tables in one order");

static const char *const purchase_names[] = {"it", "network", "building", "onsite"};

static double given_or(double value, double otherwise) {
    return isnan(value) ? otherwise : value;
}

double dh_finance_rate(const struct dh_economics_spec *eco) {
    const struct dh_finance_spec *f = eco->n_finances > 0 ? &eco->finances[0] : NULL;
    if (f && !isnan(f->equity_rate))
        return dh_wacc(f->debt, f->debt_rate, f->equity_rate, f->tax);
    return f ? given_or(f->rate, eco->capital_rate) : eco->capital_rate;
}

static int32_t whole_years(double s) {
    double years = rint(s / S_PER_YEAR);
    return years < 1 ? 1 : years > 100 ? 100 : (int32_t)years;
}

static struct dh_write_off write_off(const struct dh_finance_spec *f, enum dh_purchase of, int32_t life) {
    struct dh_write_off off = {.schedule = DH_WRITE_OFF_STRAIGHT, .years = life, .month = 1};
    for (int32_t i = 0; i < f->n_depreciations; i++) {
        const struct dh_depreciation_spec *d = &f->depreciations[i];
        if (d->of != (int32_t)of)
            continue;
        off.schedule = (enum dh_write_off_schedule)d->schedule;
        off.years = isnan(d->years_s) ? life : whole_years(d->years_s);
        off.bonus = d->bonus;
        off.month = (int32_t)d->month;
    }
    return off;
}

static const struct dh_lease_spec *lease_of(const struct dh_finance_spec *f, int32_t of) {
    for (int32_t i = 0; i < f->n_leases; i++)
        if (f->leases[i].of == of)
            return &f->leases[i];
    return NULL;
}

static struct dh_asset asset_of(const struct dh_economics_spec *eco, enum dh_purchase of,
                                const struct dh_charges *c, double critical_w) {
    const struct dh_finance_spec *f = &eco->finances[0];
    bool it = of == DH_PURCHASE_IT || of == DH_PURCHASE_NETWORK, building = of == DH_PURCHASE_BUILDING;
    const double prices[] = {c->it_usd, c->network_usd, c->building_usd, c->onsite_usd};
    double life_s = it                  ? eco->it_life_s
                    : building          ? eco->building_life_s
                    : c->onsite_usd > 0 ? c->onsite_life_usd_a / c->onsite_usd * S_PER_YEAR
                                        : eco->building_life_s;
    struct dh_asset a = {.price = isnan(prices[of]) ? 0 : prices[of],
                         .change = it ? f->it_growth : f->inflation,
                         .life = whole_years(life_s)};
    a.off = write_off(f, of, a.life);
    a.worth = (struct dh_worth){.curve = it         ? f->it_value
                                         : building ? f->building_value
                                                    : NULL,
                                .n = it         ? f->n_it_value
                                     : building ? f->n_building_value
                                                : 0,
                                .loss = it ? f->it_loss : NAN,
                                .residual = it         ? eco->it_residual
                                            : building ? eco->building_residual
                                                       : 0};
    const struct dh_lease_spec *lease = lease_of(f, of);
    if (!lease)
        return a;
    a.leased = lease->taken;
    a.lease = (struct dh_lease){
        .yearly = 12 * (isnan(lease->factor) ? lease->rent_usd_per_w * critical_w : lease->factor * a.price),
        .term = whole_years(lease->term_s),
        .advance = lease->advance,
        .bought = lease->end == DH_LEASE_BUY,
        .buy_out = lease->buy_out,
        .guarantee = lease->guarantee};
    return a;
}

static double sum_or_zero(const double *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += dh_or_zero(values[i]);
    return sum;
}
#define SUM(...)                                                                                             \
    sum_or_zero((const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* Demand charges of twelve months: a month that a run only touches is billed in full, so days say little of a
 * year's. */
static double yearly_demand_usd(const struct dh_world *w) {
    double usd = 0;
    for (int32_t s = 0; s < w->f->n_site; s++)
        if (w->bill[s].tariff && w->bill[s].n_month > 0)
            usd += dh_sum_value(&w->bill[s].demand_usd) * 12 / w->bill[s].n_month;
    return usd;
}

static struct dh_life life_of(const struct dh_world *w, const struct dh_economics_spec *eco,
                              const struct dh_charges *c, double gpu_h) {
    const struct dh_finance_spec *f = &eco->finances[0];
    double per_year = S_PER_YEAR / dh_time_to_s(w->des.now);
    double critical_w = isnan(eco->critical_w) ? dh_it_rated_w(w->f) : eco->critical_w;
    struct dh_life life = {.years = whole_years(f->life_s), .rate = dh_finance_rate(eco), .tax = f->tax};
    life.energy = (struct dh_stream){per_year * SUM(c->energy, c->fixed, c->fuel, c->exported, c->response) +
                                         yearly_demand_usd(w),
                                     given_or(f->energy_growth, f->inflation)};
    life.staff = (struct dh_stream){per_year * dh_or_zero(c->staff), given_or(f->staff_growth, f->inflation)};
    life.cloud =
        (struct dh_stream){per_year * SUM(c->cloud, c->egress), given_or(f->cloud_growth, f->inflation)};
    life.other = (struct dh_stream){
        per_year * SUM(c->maintenance, c->software, c->water, c->onsite_upkeep, c->pipelines, c->storage),
        f->inflation};
    life.revenue =
        (struct dh_stream){per_year * gpu_h * S_PER_H * dh_or_zero(f->revenue_usd_per_s), f->revenue_growth};
    for (int32_t of = 0; of < DH_LIFE_ASSETS; of++) {
        struct dh_asset a = asset_of(eco, (enum dh_purchase)of, c, critical_w);
        if (a.price > 0 || a.lease.yearly > 0)
            life.assets[life.n_asset++] = a;
    }
    return life;
}

static void put_flows(struct dh_summary *out, const struct dh_life_year *rows, int32_t years) {
    for (int32_t y = 0; y <= years; y++) {
        const struct dh_life_year *r = &rows[y];
        dh_put_at(out, r->revenue, "finance.flows.%d.revenue", (int)y);
        dh_put_at(out, r->energy, "finance.flows.%d.energy", (int)y);
        dh_put_at(out, r->staff, "finance.flows.%d.staff", (int)y);
        dh_put_at(out, r->cloud, "finance.flows.%d.cloud", (int)y);
        dh_put_at(out, r->other, "finance.flows.%d.other", (int)y);
        dh_put_at(out, r->lease, "finance.flows.%d.lease", (int)y);
        dh_put_at(out, r->purchases, "finance.flows.%d.purchases", (int)y);
        dh_put_at(out, r->sales, "finance.flows.%d.sales", (int)y);
        dh_put_at(out, r->depreciation, "finance.flows.%d.depreciation", (int)y);
        dh_put_at(out, r->tax, "finance.flows.%d.tax", (int)y);
        dh_put_at(out, r->flow, "finance.flows.%d.flow", (int)y);
        dh_put_at(out, r->discount, "finance.flows.%d.discount", (int)y);
        dh_put_at(out, r->present, "finance.flows.%d.present", (int)y);
    }
}

/* Buying and leasing, each alone; and the payment at which they cost the same: what a lease costs is straight
 * in its payment. */
static void put_leases(struct dh_summary *out, const struct dh_economics_spec *eco,
                       const struct dh_charges *c, const struct dh_life *life, double critical_w) {
    const struct dh_finance_spec *f = &eco->finances[0];
    double buy_sum = 0, lease_sum = 0;
    for (int32_t i = 0; i < f->n_leases; i++) {
        double rate = given_or(f->leases[i].rate, life->rate);
        struct dh_asset a = asset_of(eco, (enum dh_purchase)f->leases[i].of, c, critical_w), unpaid;
        double month = a.lease.yearly / 12;
        a.leased = false;
        double buy = dh_asset_npv(&a, life->years, rate, life->tax);
        a.leased = true;
        double lease = dh_asset_npv(&a, life->years, rate, life->tax);
        unpaid = a;
        unpaid.lease.yearly = 0;
        double rest = dh_asset_npv(&unpaid, life->years, rate, life->tax);
        dh_put_text_at(out, purchase_names[f->leases[i].of], "finance.leases.%d.of", (int)i);
        dh_put_at(out, f->leases[i].taken, "finance.leases.%d.taken", (int)i);
        dh_put_at(out, rate, "finance.leases.%d.rate", (int)i);
        dh_put_at(out, month, "finance.leases.%d.month", (int)i);
        dh_put_at(out, buy, "finance.leases.%d.buy_npv", (int)i);
        dh_put_at(out, lease, "finance.leases.%d.lease_npv", (int)i);
        if (lease != rest && a.price > 0)
            dh_put_at(out, month * (buy - rest) / (lease - rest), "finance.leases.%d.break_even", (int)i);
        buy_sum += buy;
        lease_sum += lease;
    }
    if (f->n_leases == 0)
        return;
    dh_put_number(out, "finance.buy_npv", buy_sum);
    dh_put_number(out, "finance.lease_npv", lease_sum);
}

void dh_summarize_finance(struct dh_summary *out, const struct dh_world *w, const struct dh_charges *c) {
    if (w->sc->n_economies == 0 || w->sc->economies[0].n_finances == 0 || w->des.now == 0)
        return;
    const struct dh_economics_spec *eco = &w->sc->economies[0];
    const struct dh_finance_spec *f = &eco->finances[0];
    double gpu_h =
        (double)w->busy_gpu_ns / (1e9 * S_PER_H) + (w->bursts ? dh_sum_value(&w->cloud.gpu_s) / S_PER_H : 0);
    struct dh_life life = life_of(w, eco, c, gpu_h);
    struct dh_life_year rows[DH_LIFE_YEARS + 1];
    double flow[DH_LIFE_YEARS + 1], present[DH_LIFE_YEARS + 1];
    struct dh_sum npv = {0}, pretax = {0}, cost = {0}, hours = {0};
    double yearly_h = gpu_h * S_PER_YEAR / dh_time_to_s(w->des.now);
    dh_life_flows(&life, rows);
    for (int32_t y = 0; y <= life.years; y++) {
        const struct dh_life_year *r = &rows[y];
        double spent = r->energy + r->staff + r->cloud + r->other + r->lease + r->purchases - r->sales;
        flow[y] = r->flow;
        present[y] = r->present;
        dh_sum_add(&npv, r->present);
        dh_sum_add(&pretax, spent * r->discount);
        dh_sum_add(&cost, r->revenue * (1 - life.tax) * r->discount - r->present);
        if (y > 0)
            dh_sum_add(&hours, yearly_h * r->discount);
    }
    dh_put_number(out, "finance.life_years", life.years);
    dh_put_number(out, "finance.rate", life.rate);
    dh_put_number(out, "finance.tax", life.tax);
    if (!isnan(f->equity_rate)) {
        dh_put_number(out, "finance.debt", f->debt);
        dh_put_number(out, "finance.debt_rate", f->debt_rate);
        dh_put_number(out, "finance.equity_rate", f->equity_rate);
    }
    dh_put_number(out, "finance.npv", dh_sum_value(&npv));
    dh_put_number(out, "finance.pretax_cost", dh_sum_value(&pretax));
    dh_put_number(out, "finance.after_tax_cost", dh_sum_value(&cost));
    dh_put_number(out, "finance.annualized_cost",
                  dh_sum_value(&cost) * dh_finance_crf(life.rate, life.years));
    if (yearly_h > 0)
        dh_put_number(out, "finance.per_gpu_hour",
                      dh_sum_value(&cost) / ((1 - life.tax) * dh_sum_value(&hours)));
    if (!isnan(f->revenue_usd_per_s)) {
        dh_put_number(out, "finance.irr", dh_finance_irr(flow, life.years + 1));
        dh_put_number(out, "finance.payback_years", dh_payback(flow, life.years));
        dh_put_number(out, "finance.discounted_payback_years", dh_payback(present, life.years));
    }
    put_leases(out, eco, c, &life, isnan(eco->critical_w) ? dh_it_rated_w(w->f) : eco->critical_w);
    put_flows(out, rows, life.years);
}
