/* Sources of the site's own, requests of the grid, and what both cost. */
#include "sim/api/summarize.h"
#include "models/finance.h"

#include <math.h>
#include <stdlib.h>

/* Sums over the sources of one kind. */
struct sources {
    int32_t n;
    dh_uw_ns given, taken;
    double available_j, fuel_j, fuel_usd, fuel_kg, upkeep_usd;
    double kept_j, capacity_j; /* storage: more than at the start; usable or not */
    double lost_j;             /* storage: by its efficiencies, from what went in and out */
};

static struct sources sources_of(const struct dh_world *w, enum dh_onsite_kind kind) {
    struct sources sum = {0};
    for (int32_t i = 0; i < w->f->n_onsite; i++) {
        const struct dh_onsite_run *u = &w->energy.units[i];
        if (u->unit.kind != kind)
            continue;
        const struct dh_battery *b = &u->unit.battery;
        double given_j = dh_uw_ns_to_j(u->given), taken_j = dh_uw_ns_to_j(u->taken);
        sum.n++;
        sum.given += u->given;
        sum.taken += u->taken;
        sum.available_j += dh_sum_value(&u->available_j);
        if (kind == DH_ONSITE_STORAGE) {
            sum.kept_j += b->stored_j - u->first_j;
            sum.capacity_j += b->capacity_j;
            sum.lost_j += taken_j * (1 - b->charge_share) + given_j * (1 / b->discharge_share - 1);
        }
        if (kind != DH_ONSITE_TURBINE)
            continue;
        const struct dh_turbine_spec *spec =
            &w->f->site_spec[w->f->onsite_site[i]]->powers[0].turbines[w->f->onsite_row[i]];
        double fuel_j = dh_sum_value(&u->fuel_j);
        sum.fuel_j += fuel_j;
        sum.fuel_usd += fuel_j * spec->fuel_usd_per_j;
        sum.fuel_kg += fuel_j * spec->fuel_kg_per_j;
        sum.upkeep_usd += given_j * spec->upkeep_usd_per_j;
    }
    return sum;
}

double dh_onsite_fuel_kg(const struct dh_world *w) {
    struct sources turbines = sources_of(w, DH_ONSITE_TURBINE);
    return turbines.n > 0 ? turbines.fuel_kg : NAN;
}

static void put_storage(struct dh_summary *out, const struct dh_world *w) {
    struct sources storage = sources_of(w, DH_ONSITE_STORAGE);
    if (storage.n == 0)
        return;
    /* An equivalent full cycle empties the capacity once and fills it again. */
    double cycles = (dh_uw_ns_to_j(storage.given) + dh_uw_ns_to_j(storage.taken)) / (2 * storage.capacity_j);
    dh_put_number(out, "energy.storage_charge_kwh", dh_kwh(storage.taken));
    dh_put_number(out, "energy.storage_discharge_kwh", dh_kwh(storage.given));
    dh_put_number(out, "energy.storage_loss_kwh", storage.lost_j / J_PER_KWH);
    dh_put_number(out, "energy.storage_kept_kwh", storage.kept_j / J_PER_KWH);
    dh_put_number(out, "energy.storage_cycles", cycles);
    dh_put_number(out, "energy.storage_fade", dh_battery_fade(dh_time_to_s(w->des.now) / 86400, cycles));
}

static void put_signals(struct dh_summary *out, const struct dh_world *w) {
    double hours = 0, above_j = 0, below_j = 0;
    int64_t events = 0;
    for (int32_t i = 0; i < w->energy.n_signal; i++) {
        const struct dh_signal_run *signal = &w->energy.signals[i];
        events += signal->n_event;
        hours += dh_time_to_s(signal->total) / S_PER_H;
        above_j += dh_sum_value(&signal->above_j);
        below_j += dh_sum_value(&signal->below_j);
    }
    if (w->energy.n_signal == 0)
        return;
    dh_put_count(out, "signals.events", events);
    dh_put_number(out, "signals.hours", hours);
    dh_put_number(out, "signals.below_baseline_kwh", below_j / J_PER_KWH);
    dh_put_number(out, "signals.above_limit_kwh", above_j / J_PER_KWH);
}

void dh_summarize_onsite(struct dh_summary *out, const struct dh_world *w) {
    struct sources solar = sources_of(w, DH_ONSITE_SOLAR), turbine = sources_of(w, DH_ONSITE_TURBINE);
    double load_j = 0, free_j = 0, export_j = 0;
    dh_uw_ns import = 0;
    if (!w->energy.any)
        return;
    put_signals(out, w);
    if (w->f->n_onsite == 0)
        return;
    for (int32_t s = 0; s < w->f->n_site; s++) {
        load_j += dh_sum_value(&w->energy.sites[s].load_j);
        free_j += dh_sum_value(&w->energy.sites[s].carbon_free_j);
        export_j += dh_sum_value(&w->bill[s].export_j);
    }
    for (int32_t t = 0; t < w->f->n_stage; t++)
        if (w->f->stage_kind[t] == DH_STAGE_UTILITY)
            import += dh_meter_energy(&w->power.stage_in[t], w->des.now);
    dh_put_number(out, "energy.grid_kwh", dh_kwh(import));
    dh_put_number(out, "energy.export_kwh", export_j / J_PER_KWH);
    if (solar.n > 0) {
        dh_put_number(out, "energy.solar_kwh", dh_kwh(solar.given));
        dh_put_number(out, "energy.solar_curtailed_kwh",
                      fmax(0, solar.available_j - dh_uw_ns_to_j(solar.given)) / J_PER_KWH);
    }
    if (turbine.n > 0) {
        dh_put_number(out, "energy.turbine_kwh", dh_kwh(turbine.given));
        dh_put_number(out, "energy.fuel_kwh", turbine.fuel_j / J_PER_KWH);
    }
    put_storage(out, w);
    if (load_j > 0)
        dh_put_number(out, "carbon.cfe_score", free_j / load_j);
}

void dh_onsite_charges(struct dh_charges *c, const struct dh_world *w, const struct dh_economics_spec *eco) {
    struct sources turbine = sources_of(w, DH_ONSITE_TURBINE);
    double years = dh_time_to_s(w->des.now) / S_PER_YEAR;
    c->fuel = turbine.n > 0 ? turbine.fuel_usd : NAN;
    c->onsite_upkeep = turbine.n > 0 ? turbine.upkeep_usd : NAN;
    c->exported = c->response = c->onsite = NAN;
    for (int32_t s = 0; s < w->f->n_site && w->f->n_onsite > 0; s++)
        if (w->bill[s].tariff)
            c->exported = dh_or_zero(c->exported) - dh_sum_value(&w->bill[s].export_usd);
    for (int32_t i = 0; i < w->energy.n_signal; i++) {
        const struct dh_signal_run *signal = &w->energy.signals[i];
        c->response = dh_or_zero(c->response) +
                      dh_sum_value(&signal->above_j) * signal->spec->penalty_usd_per_j -
                      dh_sum_value(&signal->below_j) * signal->spec->payment_usd_per_j;
    }
    for (int32_t i = 0; i < w->f->n_onsite && eco; i++) {
        const struct dh_power_spec *p = &w->f->site_spec[w->f->onsite_site[i]]->powers[0];
        int32_t row = w->f->onsite_row[i];
        enum dh_onsite_kind kind = w->energy.units[i].unit.kind;
        double price = kind == DH_ONSITE_SOLAR     ? p->solars[row].price_usd
                       : kind == DH_ONSITE_TURBINE ? p->turbines[row].price_usd
                                                   : p->storages[row].price_usd;
        double life_s = kind == DH_ONSITE_SOLAR     ? p->solars[row].life_s
                        : kind == DH_ONSITE_TURBINE ? p->turbines[row].life_s
                                                    : p->storages[row].life_s;
        if (isnan(price))
            continue;
        c->onsite_usd += price;
        c->onsite_life_usd_a += price * life_s / S_PER_YEAR;
        c->onsite = dh_or_zero(c->onsite) +
                    years * dh_finance_yearly(price, 0, eco->capital_rate, life_s / S_PER_YEAR);
    }
}

double dh_onsite_residual(const struct dh_world *w) {
    dh_uw_ns net = 0;
    double worst = 0, base_j = dh_uw_ns_to_j(dh_meter_energy(&w->power.facility, w->des.now));
    for (int32_t i = 0; i < w->f->n_onsite; i++) {
        const struct dh_onsite_run *u = &w->energy.units[i];
        const struct dh_battery *b = &u->unit.battery;
        net += u->given - u->taken;
        if (u->unit.kind != DH_ONSITE_STORAGE)
            continue;
        /* What went in less what came out is what is in it now. */
        double stored_j =
            dh_uw_ns_to_j(u->taken) * b->charge_share - dh_uw_ns_to_j(u->given) / b->discharge_share;
        worst = fmax(worst, fabs(stored_j - (b->stored_j - u->first_j)) / fmax(base_j, b->capacity_j));
    }
    dh_uw_ns astray = net - dh_meter_energy(&w->power.injected, w->des.now);
    return base_j > 0 ? fmax(worst, fabs(dh_uw_ns_to_j(astray)) / base_j) : worst;
}
