/* Carbon and money of a run. */
#include "sim/api/summarize.h"
#include "models/finance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sum over the sites of a member of their bills; NAN where no site has it. */
#define OVER_BILLS(w, has, member)                                                                           \
    double total = 0;                                                                                        \
    bool any = false;                                                                                        \
    for (int32_t s = 0; s < (w)->f->n_site; s++)                                                             \
        if ((w)->bill[s].has) {                                                                              \
            total += dh_sum_value(&(w)->bill[s].member);                                                     \
            any = true;                                                                                      \
        }                                                                                                    \
    return any ? total : NAN

static double energy_usd(const struct dh_world *w) {
    OVER_BILLS(w, tariff, energy_usd);
}
static double demand_usd(const struct dh_world *w) {
    OVER_BILLS(w, tariff, demand_usd);
}
static double fixed_usd(const struct dh_world *w) {
    OVER_BILLS(w, tariff, fixed_usd);
}
static double location_kg(const struct dh_world *w) {
    OVER_BILLS(w, grid, location_kg);
}
static double market_kg(const struct dh_world *w) {
    OVER_BILLS(w, grid, market_kg);
}

/* Energy that was priced, and that whose carbon is known: what came from the grid, not what went back. */
static double priced_net_j(const struct dh_world *w) {
    OVER_BILLS(w, tariff, energy_j);
}
static double priced_export_j(const struct dh_world *w) {
    OVER_BILLS(w, tariff, export_j);
}
static double priced_j(const struct dh_world *w) {
    return priced_net_j(w) + priced_export_j(w);
}
static double traced_net_j(const struct dh_world *w) {
    OVER_BILLS(w, grid, energy_j);
}
static double traced_export_j(const struct dh_world *w) {
    OVER_BILLS(w, grid, export_j);
}
static double traced_j(const struct dh_world *w) {
    return traced_net_j(w) + traced_export_j(w);
}

static const struct dh_economics_spec *economics_of(const struct dh_world *w) {
    return w->sc->n_economies > 0 ? &w->sc->economies[0] : NULL;
}

/* Purchase and embodied carbon of all racks; NAN where a catalog entry in use has no figure. */
struct purchase {
    double it_usd, embodied_kg;
    double it_there_usd, there_kg; /* the same times the share of the run that its racks were energized */
};

static double there_share(const struct dh_world *w, int32_t first_rack, int64_t racks) {
    double there = 0, now = (double)w->des.now;
    bool all = true;
    for (int32_t r = first_rack; r < first_rack + racks; r++) {
        all = all && w->f->rack_energized[r] == 0;
        there += (double)dh_world_rack_there(w, r);
    }
    return all || !(now > 0) ? 1.0 : there / ((double)racks * now);
}

static struct purchase purchase_of(const struct dh_world *w) {
    struct purchase sum = {0};
    int32_t rack = 0;
    for (int32_t s = 0; s < w->sc->n_sites; s++)
        for (int32_t h = 0; h < w->sc->sites[s].n_halls; h++)
            for (int32_t i = 0; i < w->sc->sites[s].halls[h].n_rows; i++) {
                const struct dh_row_spec *row = &w->sc->sites[s].halls[h].rows[i];
                const struct dh_rack_type_spec *type = dh_scenario_rack_type(w->sc, row->rack);
                const struct dh_node_spec *node = dh_scenario_node(w->sc, type->node);
                const struct dh_device_spec *device = dh_scenario_device(w->sc, node->device);
                double nodes = (double)(row->count * type->nodes), racks = (double)row->count;
                double node_usd =
                    isnan(node->price_usd) ? (double)node->gpus * device->price_usd : node->price_usd;
                double usd = nodes * node_usd + racks * (isnan(type->price_usd) ? 0 : type->price_usd);
                double kg = nodes * ((double)node->gpus * device->embodied_kg +
                                     (isnan(node->embodied_kg) ? 0 : node->embodied_kg));
                double there = there_share(w, rack, row->count);
                sum.it_usd += usd;
                sum.embodied_kg += kg;
                sum.it_there_usd += there * usd;
                sum.there_kg += there * kg;
                rack += (int32_t)row->count;
            }
    return sum;
}

/* Switches and cables of fabrics, likewise; usd NAN where there is none or a price is not known: then they
 * are a share of the IT purchase. */
struct fabric_purchase {
    double usd, there_usd, there_kg;
};

static struct fabric_purchase fabrics_of(const struct dh_world *w) {
    const struct dh_run_fabrics *all = &w->f->fabric;
    struct fabric_purchase sum = {.there_kg = NAN};
    int32_t first = w->f->n_rack - all->n_rack;
    for (int32_t i = 0; i < all->n; i++) {
        const struct dh_run_fabric *f = &all->fabrics[i];
        int64_t racks = (int64_t)f->racks[0] + f->racks[1] + f->racks[2];
        double there = racks > 0 ? there_share(w, first + f->first_rack[0], racks) : 1;
        sum.usd += f->price_usd;
        sum.there_usd += there * f->price_usd;
        if (!isnan(f->embodied_kg))
            sum.there_kg = dh_or_zero(sum.there_kg) + there * f->embodied_kg;
    }
    if (all->n == 0)
        sum.usd = sum.there_usd = NAN;
    return sum;
}

/* What was spent once, written off evenly over its life. Parts that no one gave are left out. */
static void put_embodied(struct dh_summary *out, const struct dh_world *w,
                         const struct dh_economics_spec *eco) {
    double seconds = dh_time_to_s(w->des.now);
    double critical_w = isnan(eco->critical_w) ? dh_it_rated_w(w->f) : eco->critical_w;
    double it_kg = purchase_of(w).there_kg * seconds / eco->it_life_s;
    double building_kg = eco->building_kg_per_w * critical_w * seconds / eco->building_life_s;
    double network_kg = fabrics_of(w).there_kg * seconds / eco->it_life_s;
    if (!isnan(it_kg) || !isnan(building_kg) || !isnan(network_kg))
        dh_put_number(out, "carbon.embodied_kg",
                      dh_or_zero(it_kg) + dh_or_zero(network_kg) + dh_or_zero(building_kg));
    dh_put_number(out, "carbon.embodied_parts.it_kg", it_kg);
    dh_put_number(out, "carbon.embodied_parts.network_kg", network_kg);
    dh_put_number(out, "carbon.embodied_parts.building_kg", building_kg);
}

/* Direct emissions: fuel burnt, and refrigerant that leaks at a yearly rate. */
static void put_scope1(struct dh_summary *out, const struct dh_world *w) {
    double refrigerant_kg = NAN, years = dh_time_to_s(w->des.now) / S_PER_YEAR;
    for (int32_t c = 0; c < w->f->n_cplant; c++) {
        const struct dh_chiller_plant_spec *spec = w->f->cplant_spec[c];
        if (!isnan(spec->refrigerant_kg))
            refrigerant_kg = dh_or_zero(refrigerant_kg) +
                             spec->refrigerant_kg * spec->refrigerant_leak * spec->refrigerant_gwp * years;
    }
    double fuel_kg = dh_onsite_fuel_kg(w), diesel_kg = dh_diesel_kg(w);
    if (!isnan(refrigerant_kg) || !isnan(fuel_kg) || !isnan(diesel_kg))
        dh_put_number(out, "carbon.scope1_kg",
                      dh_or_zero(refrigerant_kg) + dh_or_zero(fuel_kg) + dh_or_zero(diesel_kg));
    dh_put_number(out, "carbon.scope1_parts.fuel_kg", fuel_kg);
    dh_put_number(out, "carbon.scope1_parts.diesel_kg", diesel_kg);
    dh_put_number(out, "carbon.scope1_parts.refrigerant_kg", refrigerant_kg);
}

void dh_summarize_carbon(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_economics_spec *eco = economics_of(w);
    double kg = location_kg(w), gap_s = 0;
    dh_put_number(out, "carbon.location_kg", kg);
    dh_put_number(out, "carbon.market_kg", market_kg(w));
    if (eco)
        put_embodied(out, w, eco);
    put_scope1(out, w);
    if (!isnan(kg))
        dh_put_number(out, "carbon.mean_g_per_kwh", 1000 * kg / (traced_j(w) / J_PER_KWH));
    for (int32_t s = 0; s < w->f->n_site; s++)
        gap_s += w->bill[s].gap_s;
    if (gap_s > 0)
        dh_put_number(out, "carbon.gap_hours", gap_s / S_PER_H);
}

struct dh_charges dh_charges_of(const struct dh_world *w) {
    const struct dh_economics_spec *eco = economics_of(w);
    double seconds = dh_time_to_s(w->des.now), years = seconds / S_PER_YEAR;
    struct dh_charges c = {.energy = energy_usd(w),
                           .demand = demand_usd(w),
                           .fixed = fixed_usd(w),
                           .it = NAN,
                           .network = NAN,
                           .building = NAN,
                           .maintenance = NAN,
                           .staff = NAN,
                           .software = NAN,
                           .water = NAN,
                           .storage = NAN,
                           .cloud = NAN,
                           .egress = NAN,
                           .pipelines = dh_pipelines_usd(w)};
    dh_onsite_charges(&c, w, eco);
    if (dh_world_storage_priced(w))
        c.storage = dh_storage_usd(w);
    if (w->bursts) {
        c.cloud = dh_sum_value(&w->cloud.instance_usd);
        c.egress = dh_sum_value(&w->cloud.egress_usd);
    }
    if (!eco)
        return c;
    double it_life = eco->it_life_s / S_PER_YEAR, building_life = eco->building_life_s / S_PER_YEAR;
    double critical_w = isnan(eco->critical_w) ? dh_it_rated_w(w->f) : eco->critical_w;
    struct purchase purchase = purchase_of(w);
    c.it_usd = purchase.it_usd;
    c.network_usd = eco->network_share * c.it_usd;
    double there_usd = purchase.it_there_usd, network_there_usd = eco->network_share * there_usd;
    struct fabric_purchase fabrics = fabrics_of(w);
    if (!isnan(fabrics.usd)) {
        c.network_usd = fabrics.usd;
        network_there_usd = fabrics.there_usd;
    }
    c.building_usd = eco->building_usd_per_w * critical_w;
    c.it = years * dh_finance_yearly(there_usd, eco->it_residual, eco->capital_rate, it_life);
    c.network = years * dh_finance_yearly(network_there_usd, eco->it_residual, eco->capital_rate, it_life);
    c.building =
        years * dh_finance_yearly(c.building_usd, eco->building_residual, eco->capital_rate, building_life);
    c.maintenance = 0;
    if (!isnan(c.it_usd))
        c.maintenance += years * eco->it_upkeep * (there_usd + network_there_usd);
    if (!isnan(c.building_usd))
        c.maintenance += years * eco->building_upkeep * c.building_usd;
    c.staff = seconds * eco->staff * eco->staff_usd_per_s;
    c.software = seconds * eco->software_usd_per_s * (double)w->f->n_gpu -
                 eco->software_usd_per_s * (double)dh_world_waiting_gpu_ns(w) / 1e9;
    if (w->f->n_cplant + w->f->n_lplant > 0)
        c.water = dh_makeup_m3(w) * eco->water_usd_per_m3;
    return c;
}

static double site_total(const struct dh_charges *c) {
    return dh_or_zero(c->energy) + dh_or_zero(c->demand) + dh_or_zero(c->fixed) + dh_or_zero(c->it) +
           dh_or_zero(c->network) + dh_or_zero(c->building) + dh_or_zero(c->maintenance) +
           dh_or_zero(c->staff) + dh_or_zero(c->software) + dh_or_zero(c->water) + dh_or_zero(c->fuel) +
           dh_or_zero(c->onsite_upkeep) + dh_or_zero(c->onsite) + dh_or_zero(c->exported) +
           dh_or_zero(c->response) + dh_or_zero(c->pipelines) + dh_or_zero(c->storage);
}

void dh_summarize_cost(struct dh_summary *out, const struct dh_world *w, const struct dh_charges *c) {
    const struct dh_economics_spec *eco = economics_of(w);
    double site = site_total(c), total = site + dh_or_zero(c->cloud) + dh_or_zero(c->egress);
    if (total == 0 && isnan(c->energy))
        return;
    double gpu_h = (double)w->busy_gpu_ns / (1e9 * S_PER_H);
    double installed_h = (double)w->f->n_gpu * dh_time_to_s(w->des.now) / S_PER_H -
                         (double)dh_world_waiting_gpu_ns(w) / (1e9 * S_PER_H);
    double capex =
        isnan(c->it) && isnan(c->building) && isnan(c->onsite)
            ? NAN
            : dh_or_zero(c->it) + dh_or_zero(c->network) + dh_or_zero(c->building) + dh_or_zero(c->onsite);
    dh_put_text(out, "cost.currency", eco ? eco->currency : "USD");
    dh_put_number(out, "cost.total", total);
    dh_put_number(out, "cost.energy", c->energy);
    dh_put_number(out, "cost.demand", c->demand);
    dh_put_number(out, "cost.fixed", c->fixed);
    dh_put_number(out, "cost.export", c->exported);
    dh_put_number(out, "cost.response", c->response);
    dh_put_number(out, "cost.fuel", c->fuel);
    dh_put_number(out, "cost.onsite_upkeep", c->onsite_upkeep);
    dh_put_number(out, "cost.capex", capex);
    dh_put_number(out, "cost.maintenance", c->maintenance);
    dh_put_number(out, "cost.staff", c->staff);
    dh_put_number(out, "cost.software", c->software);
    dh_put_number(out, "cost.water", c->water);
    dh_put_number(out, "cost.pipelines", c->pipelines);
    dh_put_number(out, "cost.storage", c->storage);
    dh_put_number(out, "cost.cloud", c->cloud);
    dh_put_number(out, "cost.egress", c->egress);
    double used_h = gpu_h + (w->bursts ? dh_sum_value(&w->cloud.gpu_s) / S_PER_H : 0);
    if (used_h > 0) /* the total pays for both */
        dh_put_number(out, "cost.per_gpu_hour", total / used_h);
    if (installed_h > 0)
        dh_put_number(out, "cost.per_gpu_hour_available", site / installed_h);
    if (!isnan(c->energy))
        dh_put_number(out, "cost.energy_per_kwh", (c->energy + c->demand) / (priced_j(w) / J_PER_KWH));
    if (!eco)
        return;
    dh_put_number(out, "cost.capex_parts.it", c->it);
    dh_put_number(out, "cost.capex_parts.network", c->network);
    dh_put_number(out, "cost.capex_parts.building", c->building);
    dh_put_number(out, "cost.capex_parts.onsite", c->onsite);
    dh_put_number(out, "cost.purchase.it", c->it_usd);
    dh_put_number(out, "cost.purchase.network", c->network_usd);
    dh_put_number(out, "cost.purchase.building", c->building_usd);
    if (c->onsite_usd > 0)
        dh_put_number(out, "cost.purchase.onsite", c->onsite_usd);
}
