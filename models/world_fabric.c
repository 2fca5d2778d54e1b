/* Switches and links of a run: what fails, is tripped or loses its power takes capacity from the network, and
 * gives it back. */
#include "models/world_network.h"

#include <math.h>

enum dh_err dh_world_fabric_start(struct dh_world *w) {
    const struct dh_run_fabrics *fabrics = &w->f->fabric;
    int32_t part;
    const char *why;
    if (fabrics->n == 0)
        return DH_OK;
    DH_TRY(dh_network_new(&w->network, &fabrics->def, &part, &why));
    w->fabrics = dh_arena_array(&w->mem, (size_t)fabrics->n, sizeof *w->fabrics);
    w->link_rate = dh_arena_array(&w->mem, (size_t)dh_network_n_link(w->network) + 1, sizeof *w->link_rate);
    if (!w->link_rate)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; w->fabrics && i < fabrics->n; i++)
        for (int u = 0; u < DH_N_NETWORK_UNIT; u++) {
            struct dh_fabric_units *units = &w->fabrics[i].units[u];
            units->reasons = dh_arena_array(&w->mem, (size_t)fabrics->fabrics[i].facts.units[u] + 1,
                                            sizeof *units->reasons);
            if (!units->reasons)
                return DH_ERR_MEMORY;
        }
    return w->fabrics ? DH_OK : DH_ERR_MEMORY;
}

static void count(struct dh_fabric_units *units, dh_time now) {
    units->out_ns += (__int128)units->n_out * (now - units->since);
    units->since = now;
}

enum dh_err dh_world_fabric_unit(struct dh_world *w, int32_t fabric, enum dh_network_unit unit, int32_t index,
                                 bool out) {
    struct dh_fabric_units *units = &w->fabrics[fabric].units[unit];
    units->reasons[index] = (uint8_t)(units->reasons[index] + (out ? 1 : -1));
    if (units->reasons[index] != (out ? 1 : 0))
        return DH_OK; /* was out already, or still is */
    count(units, w->des.now);
    units->n_out += out ? 1 : -1;
    units->n_failed += out;
    return dh_network_set(w->network, fabric, unit, index, !out);
}

enum dh_err dh_world_fabric_rack(struct dh_world *w, int32_t rack, bool dark) {
    const struct dh_run_fabrics *fabrics = &w->f->fabric;
    int32_t at = rack - (w->f->n_rack - fabrics->n_rack);
    for (int32_t i = 0; i < fabrics->n; i++)
        for (int t = 0; t < DH_N_TIER; t++) {
            const struct dh_run_fabric *f = &fabrics->fabrics[i];
            int32_t k = at - f->first_rack[t];
            if (k < 0 || k >= f->racks[t])
                continue;
            int64_t first = (int64_t)k * f->per_rack[t], end = first + f->per_rack[t];
            end = end < f->switches[t] ? end : f->switches[t];
            for (int64_t s = first; s < end; s++)
                DH_TRY(dh_world_fabric_unit(w, i, dh_tier_unit(t), (int32_t)s, dark));
        }
    return dh_world_network_changed(w);
}

/* Loads of links, and of the classes of links of each fabric. */
static void sample_links(struct dh_world *w) {
    const struct dh_network *net = w->network;
    const double *capacity = dh_network_capacity(net), *full = dh_network_full_capacity(net);
    struct dh_state *out = &w->out;
    double *rate = w->link_rate;
    int32_t n_link = dh_network_n_link(net), row = 0, link = 0;
    dh_world_network_rates(w, rate);
    for (int32_t i = 0; i < w->f->n_fabric; i++) {
        double sum[DH_N_LINK_CLASS] = {0}, room[DH_N_LINK_CLASS] = {0}, most[DH_N_LINK_CLASS] = {0};
        for (int32_t end = dh_network_part_end(net, i); link < end && link < n_link; link++) {
            enum dh_link_class is = dh_network_link_class_of(net, i, link);
            double load = capacity[link] > 0 ? rate[link] / capacity[link] : NAN;
            sum[is] += capacity[link] > 0 ? rate[link] : 0;
            room[is] += capacity[link];
            most[is] = load > most[is] ? load : most[is];
            if (row < w->f->n_link && w->f->fabric.link[row] == link) {
                out->link_load_frac[row] = load;
                out->link_works_frac[row++] = full[link] > 0 ? capacity[link] / full[link] : NAN;
            }
        }
        double *const load_of[DH_N_LINK_CLASS] = {[DH_LINK_HOST] = out->fabric_host_load_frac,
                                                  [DH_LINK_LOCAL] = out->fabric_local_load_frac,
                                                  [DH_LINK_GLOBAL] = out->fabric_global_load_frac};
        double *const most_of[DH_N_LINK_CLASS] = {[DH_LINK_HOST] = out->fabric_host_most_frac,
                                                  [DH_LINK_LOCAL] = out->fabric_local_most_frac,
                                                  [DH_LINK_GLOBAL] = out->fabric_global_most_frac};
        for (int c = DH_LINK_HOST; c < DH_N_LINK_CLASS; c++) {
            load_of[c][i] = room[c] > 0 ? sum[c] / room[c] : NAN;
            most_of[c][i] = room[c] > 0 ? most[c] : NAN;
        }
    }
}

void dh_world_fabric_sample(struct dh_world *w) {
    for (int32_t i = 0; i < w->f->n_fabric; i++) {
        w->out.fabric_works_frac[i] = dh_network_works(w->network, i);
        w->out.fabric_units_out[i] = 0;
        for (int u = 0; u < DH_N_NETWORK_UNIT; u++)
            w->out.fabric_units_out[i] += w->fabrics[i].units[u].n_out;
    }
    for (int32_t k = 0; k < w->f->n_netunit; k++) {
        const struct dh_fabric_unit *u = &w->f->fabric.unit[k];
        w->out.netunit_out[k] = w->fabrics[u->fabric].units[u->unit].reasons[u->index] > 0;
    }
    if (w->net)
        sample_links(w);
}

double dh_world_fabric_out_s(const struct dh_world *w, int32_t fabric, enum dh_network_unit unit) {
    struct dh_fabric_units units = w->fabrics[fabric].units[unit];
    count(&units, w->des.now);
    return (double)units.out_ns / DH_NS_PER_S;
}
