/* Money over a site's life: what one value alone cannot show. */
#include "scenarios/scenario_check.h"

#include <math.h>
#include <stdbool.h>

static void fail(struct dh_tree *tree, struct dh_place place, const char *attr, enum dh_err code,
                 const char *hint, const char *says) {
    dh_tree_fail(tree, code, dh_check_place(tree, place, attr), "%s", says);
    dh_tree_hint(tree, "%s", hint);
}

static bool is_years(double s) {
    double years = s / 31536000.0;
    return isnan(s) || fabs(years - rint(years)) < 1e-9;
}

static void check_lease(struct dh_tree *tree, const struct dh_lease_spec *lease,
                        const struct dh_economics_spec *eco) {
    bool space = lease->of == DH_PURCHASE_BUILDING;
    if (isnan(lease->factor) == isnan(lease->rent_usd_per_w))
        fail(tree, lease->place, "payment", DH_ERR_MISSING,
             "payment=\"0.022\" of the price a month, or for space rent=\"180 USD/kW\" a month",
             "a lease has a payment or a rent, one of them");
    if (!isnan(lease->rent_usd_per_w) && !space)
        fail(tree, lease->place, "rent", DH_ERR_VALUE, "of=\"building\"", "rent is for space and plant");
    if (space && !isnan(lease->factor) && isnan(eco->building_usd_per_w))
        fail(tree, lease->place, "payment", DH_ERR_MISSING,
             "building=\"11.7 USD/W\" of <economics>, or a rent",
             "a share of which price? The building has none");
    if (!is_years(lease->term_s))
        fail(tree, lease->place, "term", DH_ERR_RANGE, "term=\"4 a\"", "a term is whole years");
    if (lease->end == DH_LEASE_RETURN && lease->buy_out > 0)
        fail(tree, lease->place, "buy-out", DH_ERR_VALUE, "end=\"buy\"", "what goes back is not bought");
    if (lease->end == DH_LEASE_BUY && lease->guarantee > 0)
        fail(tree, lease->place, "guarantee", DH_ERR_VALUE, "end=\"return\"",
             "what is bought needs no guarantee of its value");
}

void dh_check_finance(struct dh_tree *tree, const struct dh_economics_spec *eco) {
    const struct dh_finance_spec *f = &eco->finances[0];
    bool mix = !isnan(f->debt) || !isnan(f->equity_rate);
    if (mix && (isnan(f->debt) || isnan(f->equity_rate)))
        fail(tree, f->place, isnan(f->debt) ? "equity-rate" : "debt", DH_ERR_MISSING,
             "debt=\"0.4\" debt-rate=\"0.06\" equity-rate=\"0.12\"",
             "debt and equity-rate go together: both make the cost of capital");
    if (mix && !isnan(f->rate))
        fail(tree, f->place, "rate", DH_ERR_VALUE, "leave out one of both",
             "rate is the cost of capital, and so are debt and equity-rate");
    if (!is_years(f->life_s))
        fail(tree, f->place, "life", DH_ERR_RANGE, "life=\"15 a\"", "a site's life is whole years");
    if (f->it_value && !isnan(f->it_loss))
        fail(tree, f->place, "it-loss", DH_ERR_VALUE, "leave out one of both",
             "it-value and it-loss both say what IT is worth later");
    for (int32_t i = 0; i < f->n_depreciations; i++) {
        const struct dh_depreciation_spec *d = &f->depreciations[i];
        if (!isnan(d->years_s) && d->schedule != DH_WRITE_OFF_WORD_STRAIGHT)
            fail(tree, d->place, "over", DH_ERR_VALUE, "leave it out", "a table has its own years");
        if (!is_years(d->years_s))
            fail(tree, d->place, "over", DH_ERR_RANGE, "over=\"6 a\"", "it is written off over whole years");
        for (int32_t k = 0; k < i; k++)
            if (f->depreciations[k].of == d->of)
                fail(tree, d->place, "of", DH_ERR_DUPLICATE_ID, "one <depreciation> for each kind",
                     "this purchase is written off already");
    }
    for (int32_t i = 0; i < f->n_leases; i++) {
        check_lease(tree, &f->leases[i], eco);
        for (int32_t k = 0; k < i; k++)
            if (f->leases[k].of == f->leases[i].of)
                fail(tree, f->leases[i].place, "of", DH_ERR_DUPLICATE_ID, "one <lease> for each kind",
                     "this is leased already");
    }
}
