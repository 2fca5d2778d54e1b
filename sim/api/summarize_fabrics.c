/* Fabrics: what they are made of, what they draw and cost, and what of them was out of service. */
#include "sim/api/summarize.h"

#include <math.h>

static const char *const topologies[] = {"fat-tree", "dragonfly", "dragonfly-plus", "torus", "mesh"};
static const char *const routings[] = {"adaptive", "ecmp", "destination"};

static double energy_kwh(const struct dh_world *w, const struct dh_run_fabric *f) {
    int32_t first = w->f->n_rack - w->f->fabric.n_rack;
    dh_uw_ns sum = 0;
    for (int t = 0; t < DH_N_TIER; t++)
        for (int32_t k = 0; k < f->racks[t]; k++)
            sum += dh_meter_energy(&w->power.rack[first + f->first_rack[t] + k], w->des.now);
    return dh_kwh(sum);
}

static void put_fabric(struct dh_summary *out, const struct dh_world *w, int i) {
    const struct dh_run_fabric *f = &w->f->fabric.fabrics[i];
    dh_put_text_at(out, f->spec->id, "fabrics.%d.id", i);
    dh_put_text_at(out, topologies[f->spec->kind], "fabrics.%d.topology", i);
    if (f->spec->kind < DH_TOPOLOGY_TORUS)
        dh_put_text_at(out, routings[f->spec->routing], "fabrics.%d.routing", i);
    if (f->facts.hosts > 0) {
        dh_put_at(out, f->facts.hosts, "fabrics.%d.hosts", i);
        dh_put_at(out, f->facts.ports, "fabrics.%d.ports", i);
    }
    for (int t = 0; t < DH_N_TIER; t++)
        if (f->switches[t] > 0)
            dh_put_at(out, (double)f->switches[t], "fabrics.%d.switches.%s", i, dh_tier_name[t]);
    for (int c = 0; c < DH_N_CABLE; c++)
        if (f->cables[c] > 0)
            dh_put_at(out, (double)f->cables[c], "fabrics.%d.cables.%s", i, dh_cable_name[c]);
    dh_put_at(out, f->facts.bisection_bytes_per_s / 1e9, "fabrics.%d.bisection_gb_per_s", i);
    dh_put_at(out, f->facts.oversubscription, "fabrics.%d.oversubscription", i);
    if (f->spec->kind < DH_TOPOLOGY_TORUS)
        dh_put_at(out, f->facts.routed, "fabrics.%d.routed_share", i);
    if (f->power_w > 0) {
        dh_put_at(out, f->power_w / 1000, "fabrics.%d.power_kw", i);
        dh_put_at(out, energy_kwh(w, f), "fabrics.%d.energy_kwh", i);
    }
    dh_put_at(out, f->price_usd, "fabrics.%d.purchase", i);
    dh_put_at(out, f->embodied_kg, "fabrics.%d.embodied_kg", i);
    for (int u = 0; u < DH_N_NETWORK_UNIT; u++) {
        const struct dh_fabric_units *units = &w->fabrics[i].units[u];
        if (units->n_failed == 0)
            continue;
        dh_put_at(out, (double)units->n_failed, "fabrics.%d.failed.%s", i, dh_network_unit_name[u]);
        dh_put_at(out, dh_world_fabric_out_s(w, i, (enum dh_network_unit)u) / S_PER_H, "fabrics.%d.out_h.%s",
                  i, dh_network_unit_name[u]);
    }
}

void dh_summarize_fabrics(struct dh_summary *out, const struct dh_world *w) {
    for (int32_t i = 0; i < w->f->fabric.n; i++)
        put_fabric(out, w, (int)i);
}
