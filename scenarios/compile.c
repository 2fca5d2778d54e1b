/* Scenario to facility: ids become rows, rows become racks and nodes. The power graph: compile_power.c. */
#include "scenarios/compile.h"

#include <datahall/time.h>
#include "models/chiller.h"
#include "models/dispatch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t device_row(const struct dh_scenario *sc, const char *id) {
    for (int32_t d = 0; d < sc->n_devices; d++)
        if (strcmp(sc->devices[d].id, id) == 0)
            return d;
    return -1;
}

static const struct dh_cooling_spec *cooling_of(const struct dh_site_spec *site) {
    return site->n_coolings > 0 ? &site->coolings[0] : NULL;
}

/* Rows of the site's cooling plants begin where those of the sites before it end. */
struct cooling_rows {
    int32_t first_cplant, first_lplant, first_cdu;
};

static int32_t find_cplant(const struct dh_cooling_spec *cooling, int32_t first, const char *id) {
    for (int32_t i = 0; cooling && id && i < cooling->n_chiller_plants; i++)
        if (strcmp(cooling->chiller_plants[i].id, id) == 0)
            return first + i;
    return -1;
}

static int32_t find_lplant(const struct dh_cooling_spec *cooling, int32_t first, const char *id) {
    for (int32_t i = 0; cooling && id && i < cooling->n_liquid_plants; i++)
        if (strcmp(cooling->liquid_plants[i].id, id) == 0)
            return first + i;
    return -1;
}

static int32_t find_cdu(const struct dh_cooling_spec *cooling, int32_t first, const char *id) {
    for (int32_t i = 0; cooling && id && i < cooling->n_cdus; i++)
        if (strcmp(cooling->cdus[i].id, id) == 0)
            return first + i;
    return -1;
}

static void build_cooling(struct dh_build *b, const struct dh_site_spec *site, int32_t s,
                          struct cooling_rows at, struct dh_stage_index *ids) {
    const struct dh_cooling_spec *cooling = cooling_of(site);
    if (!cooling)
        return;
    for (int32_t i = 0; i < cooling->n_chiller_plants; i++) {
        b->cplant_site[at.first_cplant + i] = s;
        const struct dh_chiller_plant_spec *plant = &cooling->chiller_plants[i];
        dh_build_feeds(DH_FEEDS(b, cplant, at.first_cplant + i), b, ids, s, plant->feed, plant->transfer);
    }
    for (int32_t i = 0; i < cooling->n_liquid_plants; i++) {
        b->lplant_site[at.first_lplant + i] = s;
        const struct dh_liquid_plant_spec *plant = &cooling->liquid_plants[i];
        dh_build_feeds(DH_FEEDS(b, lplant, at.first_lplant + i), b, ids, s, plant->feed, plant->transfer);
    }
    for (int32_t i = 0; i < cooling->n_cdus; i++) {
        const struct dh_cdu_spec *cdu = &cooling->cdus[i];
        b->cdu_site[at.first_cdu + i] = s;
        dh_build_feeds(DH_FEEDS(b, cdu, at.first_cdu + i), b, ids, s, cdu->feed, cdu->transfer);
        b->cdu_plant[at.first_cdu + i] = find_lplant(cooling, at.first_lplant, cdu->plant);
        b->cdu_cplant[at.first_cdu + i] =
            b->cdu_plant[at.first_cdu + i] < 0 ? find_cplant(cooling, at.first_cplant, cdu->plant) : -1;
        b->cdu_rated_w[at.first_cdu + i] = cdu->rated_w * (double)cdu->count; /* NAN: set from its racks */
    }
}

/* What one rack of this type is, and its nodes behind it. */
static void build_rack(struct dh_build *b, int32_t r, int32_t first_node, const struct dh_scenario *sc,
                       const struct dh_rack_type_spec *type, const struct dh_node_spec *node) {
    double supply_w =
        isnan(type->supply_rated_w) ? type->rated_w / (double)type->supplies : type->supply_rated_w;
    struct dh_loss_terms supply =
        dh_loss_of(dh_first_loss(type->losses, type->n_losses), supply_w, type->supplies);
    /* A node's own converter is rated for all that it can draw; the rating matters for form 2 only. */
    double node_w = node->cpu_max_w + node->other_w + node->fan_max_w +
                    (double)node->gpus * sc->devices[device_row(sc, node->device)].tdp_w;
    struct dh_loss_terms inside = dh_loss_of(dh_first_loss(node->losses, node->n_losses), node_w, 1);
    b->rack_device[r] = device_row(sc, node->device);
    b->rack_first_node[r] = first_node;
    b->rack_nodes[r] = (int32_t)type->nodes;
    b->rack_node_gpus[r] = (int32_t)node->gpus;
    b->rack_rated_w[r] = type->rated_w;
    b->rack_overhead_w[r] = type->overhead_w;
    b->rack_liquid_share[r] = type->liquid_share;
    b->rack_cpu_idle_w[r] = node->cpu_idle_w;
    b->rack_cpu_max_w[r] = node->cpu_max_w;
    b->rack_other_w[r] = node->other_w;
    b->rack_fan_max_w[r] = node->fan_max_w;
    b->rack_fan_min_share[r] = node->fan_min_share;
    b->rack_node_loss_fixed_w[r] = inside.fixed_w;
    b->rack_node_loss_linear[r] = inside.linear;
    b->rack_node_loss_square_per_w[r] = inside.square_per_w;
    b->rack_supply_loss_fixed_w[r] = supply.fixed_w;
    b->rack_supply_loss_linear[r] = supply.linear;
    b->rack_supply_loss_square_per_w[r] = supply.square_per_w;
    for (int32_t n = 0; n < type->nodes; n++) {
        b->node_rack[first_node + n] = r;
        b->node_gpus[first_node + n] = (int32_t)node->gpus;
    }
}

static const char *rack_name(struct dh_arena *mem, const char *row, int32_t number, int64_t count) {
    char text[360];
    int digits = count > 999 ? snprintf(NULL, 0, "%lld", (long long)count) : 3;
    snprintf(text, sizeof text, "%s-%0*d", row, digits, number);
    return dh_arena_strdup(mem, text);
}

/* For each rated watt of air-cooled heat, where a hall does not know better. Assumptions, FACILITY C11: 1 MW
 * in 2000 m3 of air (2.36 kg/kW of 1006 J/(kg K)) beside 60 t of steel and aluminium (600 J/(kg K)) with a
 * surface that passes 60 kW/K. */
static const double AIR_J_PER_K_PER_W = 2.37416, MASS_J_PER_K_PER_W = 36.0, MASS_W_PER_K_PER_W = 0.06;
/* Air handlers of a hall that names no capacity: an assumption. */
static const double AIR_CAPACITY_MARGIN = 1.1;

/* Counts, and fills when b is not NULL. */
struct counts {
    int32_t rack, node, hall, row;
};

/* When rack k of a row is energized, since the start of the run; at the latest at the end of time. */
static int64_t energized_at(const struct dh_scenario *sc, const struct dh_hall_spec *hall,
                            const struct dh_row_spec *row, int32_t k) {
    int64_t unix_s = row->needed_unix_s != INT64_MIN ? row->needed_unix_s : hall->needed_unix_s;
    if (unix_s == INT64_MIN && !(row->ramp_s > 0))
        return 0;
    double first_s = unix_s == INT64_MIN ? 0 : (double)unix_s - (double)sc->horizons[0].start_unix_s;
    double at_s = first_s + k * row->ramp_s;
    return at_s <= 0 ? 0 : at_s >= 9e9 ? DH_TIME_MAX : dh_time_from_s(at_s);
}

static bool stands_beside(const struct dh_store *store, const struct dh_row_spec *row) {
    return store->power_w > 0 && strcmp(store->row, row->id) == 0;
}

static enum dh_err build_halls(struct dh_facility *f, struct dh_build *b, const char **rack_names,
                               const struct dh_scenario *sc, const struct dh_site_spec *site, int32_t s,
                               struct cooling_rows at, struct dh_stage_index *ids, struct counts *n,
                               struct dh_diag *diag) {
    for (int32_t h = 0; h < site->n_halls; h++) {
        const struct dh_hall_spec *hall = &site->halls[h];
        double air_w = 0;
        for (int32_t i = 0; i < f->fabric.n; i++)
            air_w += f->fabric.fabrics[i].hall == n->hall ? f->fabric.fabrics[i].power_w : 0;
        for (int32_t i = 0; i < hall->n_rows; i++) {
            const struct dh_row_spec *row = &hall->rows[i];
            const struct dh_rack_type_spec *type = dh_scenario_rack_type(sc, row->rack);
            const struct dh_node_spec *node = type ? dh_scenario_node(sc, type->node) : NULL;
            if (!node)
                return dh_fail(diag, DH_ERR_DANGLING_REF, row->place, "row %s: no rack type %s with its node",
                               row->id, row->rack);
            int64_t racks = row->count, nodes = row->count * type->nodes;
            if (n->rack + racks > INT32_MAX / 2 || n->node + nodes > INT32_MAX / 2)
                return dh_fail(diag, DH_ERR_LIMIT_MEMORY, row->place, "row %s: too many racks or nodes",
                               row->id);
            for (int32_t k = 0; b && k < racks; k++) {
                int32_t r = n->rack + k;
                if (k == 0) {
                    dh_build_feeds(DH_FEEDS(b, rack, r), b, ids, s, row->feed, row->transfer);
                } else {
                    b->rack_first_feed[r] = b->rack_first_feed[n->rack];
                    b->rack_feeds[r] = b->rack_feeds[n->rack];
                    b->rack_transfer[r] = b->rack_transfer[n->rack];
                }
                build_rack(b, r, n->node + k * (int32_t)type->nodes, sc, type, node);
                b->rack_site[r] = s;
                b->rack_hall[r] = n->hall;
                b->rack_row[r] = n->row;
                b->rack_one_phase[r] = row->phases == 1;
                b->rack_energized[r] = energized_at(sc, hall, row, k);
                b->rack_cdu[r] = find_cdu(cooling_of(site), at.first_cdu, row->cdu);
                if (b->rack_cdu[r] < 0 && row->cdu)
                    return dh_fail(diag, DH_ERR_DANGLING_REF, row->place, "row %s: no CDU %s", row->id,
                                   row->cdu);
                rack_names[r] = rack_name(&f->mem, row->id, k + 1, racks);
                if (!rack_names[r])
                    return DH_ERR_MEMORY;
                b->rack_door_share[r] = b->rack_cdu[r] < 0 ? 0 : row->rear_door;
                air_w += type->rated_w *
                         (b->rack_cdu[r] < 0 ? 1 : (1 - type->liquid_share) * (1 - row->rear_door));
            }
            for (int32_t k = 0; k < f->storage.n_store; k++)
                air_w += stands_beside(&f->storage.stores[k], row) ? f->storage.stores[k].power_w : 0;
            n->rack += (int32_t)racks;
            n->node += (int32_t)nodes;
            n->row++;
        }
        if (b) {
            int32_t plant = find_cplant(cooling_of(site), at.first_cplant, hall->plant);
            b->hall_site[n->hall] = s;
            b->hall_plant[n->hall] = plant;
            if (plant >= 0 && hall->feed) {
                dh_build_feeds(DH_FEEDS(b, hall, n->hall), b, ids, s, hall->feed, hall->transfer);
            } else if (plant >= 0) {
                b->hall_first_feed[n->hall] = b->cplant_first_feed[plant];
                b->hall_feeds[n->hall] = b->cplant_feeds[plant];
                b->hall_transfer[n->hall] = b->cplant_transfer[plant];
            }
            b->hall_air_capacity_w[n->hall] =
                isnan(hall->air_capacity_w) ? AIR_CAPACITY_MARGIN * air_w : hall->air_capacity_w;
            b->hall_air_j_per_k[n->hall] =
                isnan(hall->air_j_per_k) ? AIR_J_PER_K_PER_W * air_w : hall->air_j_per_k;
            b->hall_mass_j_per_k[n->hall] =
                isnan(hall->mass_j_per_k) ? MASS_J_PER_K_PER_W * air_w : hall->mass_j_per_k;
            b->hall_mass_w_per_k[n->hall] =
                isnan(hall->mass_w_per_k) ? MASS_W_PER_K_PER_W * air_w : hall->mass_w_per_k;
        }
        n->hall++;
    }
    return DH_OK;
}

/* Servers of a store, in one rack without nodes: behind those of the rows, like the first of the row that it
 * stands beside. */
static enum dh_err build_store(struct dh_facility *f, struct dh_build *b, const char **rack_names,
                               struct dh_store *store, int32_t beside, struct counts *n) {
    int32_t r = store->rack = n->rack++;
    b->rack_first_feed[r] = b->rack_first_feed[beside];
    b->rack_feeds[r] = b->rack_feeds[beside];
    b->rack_transfer[r] = b->rack_transfer[beside];
    b->rack_site[r] = b->rack_site[beside];
    b->rack_hall[r] = b->rack_hall[beside];
    b->rack_row[r] = n->row++;
    b->rack_cdu[r] = -1;
    b->rack_device[r] = b->rack_device[beside];
    b->rack_first_node[r] = n->node;
    b->rack_energized[r] = b->rack_energized[beside];
    b->rack_rated_w[r] = b->rack_overhead_w[r] = store->power_w;
    rack_names[r] = rack_name(&f->mem, store->id, 1, 1);
    return rack_names[r] ? DH_OK : DH_ERR_MEMORY;
}

static enum dh_err build_stores(struct dh_facility *f, struct dh_build *b, const char **rack_names,
                                const struct dh_scenario *sc, struct counts *n) {
    int32_t first = 0;
    for (int32_t s = 0; s < sc->n_sites; s++)
        for (int32_t h = 0; h < sc->sites[s].n_halls; h++)
            for (int32_t i = 0; i < sc->sites[s].halls[h].n_rows; i++) {
                const struct dh_row_spec *row = &sc->sites[s].halls[h].rows[i];
                for (int32_t k = 0; k < f->storage.n_store; k++)
                    if (stands_beside(&f->storage.stores[k], row))
                        DH_TRY(build_store(f, b, rack_names, &f->storage.stores[k], first, n));
                first += (int32_t)row->count;
            }
    return DH_OK;
}

/* Racks of switches, which have no nodes: behind those of the rows, a row for each tier. */
static enum dh_err build_switches(struct dh_facility *f, struct dh_build *b, const char **rack_names,
                                  const struct dh_scenario *sc, struct dh_stage_index *ids,
                                  struct counts *n) {
    for (int32_t i = 0; i < f->fabric.n; i++) {
        const struct dh_run_fabric *fabric = &f->fabric.fabrics[i];
        int32_t first = n->rack;
        for (int t = 0; t < DH_N_TIER; t++) {
            char row[320];
            snprintf(row, sizeof row, "%.280s-%s", fabric->spec->id, dh_tier_name[t]);
            for (int32_t k = 0; k < fabric->racks[t]; k++, n->rack++) {
                int32_t r = n->rack;
                int64_t left = fabric->switches[t] - (int64_t)k * fabric->per_rack[t];
                double rack_w =
                    fabric->switch_w[t] * (double)(left < fabric->per_rack[t] ? left : fabric->per_rack[t]);
                if (r == first) {
                    dh_build_feeds(DH_FEEDS(b, rack, r), b, ids, fabric->site, fabric->feed,
                                   fabric->transfer);
                } else {
                    b->rack_first_feed[r] = b->rack_first_feed[first];
                    b->rack_feeds[r] = b->rack_feeds[first];
                    b->rack_transfer[r] = b->rack_transfer[first];
                }
                b->rack_site[r] = fabric->site;
                b->rack_hall[r] = fabric->hall;
                b->rack_row[r] = n->row;
                b->rack_cdu[r] = -1;
                b->rack_device[r] = fabric->device;
                b->rack_first_node[r] = n->node;
                b->rack_energized[r] = energized_at(sc, fabric->hall_spec, fabric->row_spec, 0);
                b->rack_rated_w[r] = b->rack_overhead_w[r] = rack_w;
                rack_names[r] = rack_name(&f->mem, row, k + 1, fabric->racks[t]);
                if (!rack_names[r])
                    return DH_ERR_MEMORY;
            }
            n->row += fabric->racks[t] > 0;
        }
    }
    return DH_OK;
}

/* A CDU group that names no rating is sized for the rated liquid heat of its racks. */
static void rate_cdus(const struct dh_facility *f, struct dh_build *b) {
    for (int32_t c = 0; c < f->n_cdu; c++) {
        if (!isnan(b->cdu_rated_w[c]))
            continue;
        double liquid_w = 0;
        for (int32_t r = 0; r < f->n_rack; r++)
            if (b->rack_cdu[r] == c)
                liquid_w += b->rack_rated_w[r] *
                            (b->rack_liquid_share[r] + (1 - b->rack_liquid_share[r]) * b->rack_door_share[r]);
        b->cdu_rated_w[c] = liquid_w;
    }
}

static enum dh_err count_rows(struct dh_facility *f, const struct dh_scenario *sc, struct dh_diag *diag) {
    struct counts n = {0};
    for (int32_t s = 0; s < sc->n_sites; s++) {
        DH_TRY(build_halls(f, NULL, NULL, sc, &sc->sites[s], s, (struct cooling_rows){0}, NULL, &n, diag));
        const struct dh_cooling_spec *cooling = cooling_of(&sc->sites[s]);
        f->n_cplant += cooling ? cooling->n_chiller_plants : 0;
        f->n_lplant += cooling ? cooling->n_liquid_plants : 0;
        f->n_cdu += cooling ? cooling->n_cdus : 0;
        const struct dh_power_spec *power = &sc->sites[s].powers[0];
        f->n_onsite += power->n_solars + power->n_turbines + power->n_storages;
    }
    f->n_facility = f->n_queue = f->n_cost = 1;
    f->n_site = sc->n_sites;
    DH_TRY(dh_run_fabrics_compile(&f->fabric, sc, diag));
    dh_count_stages(f, sc);
    if (n.rack > INT32_MAX / 2 - f->fabric.n_rack)
        return dh_fail(diag, DH_ERR_LIMIT_MEMORY, sc->place, "too many racks");
    f->n_rack = n.rack + f->fabric.n_rack;
    DH_TRY(dh_storage_compile(&f->storage, sc));
    f->n_store = f->storage.n_store;
    f->n_bare_rack = f->fabric.n_rack;
    for (int32_t k = 0; k < f->n_store; k++)
        f->n_bare_rack += f->storage.stores[k].power_w > 0;
    f->n_rack += f->n_bare_rack - f->fabric.n_rack;
    f->n_node = n.node;
    f->n_hall = n.hall;
    f->n_device = sc->n_devices;
    f->n_service = sc->n_workloads > 0 ? sc->workloads[0].n_services : 0;
    f->n_fabric = f->fabric.n;
    f->n_link = f->fabric.n_link;
    f->n_netunit = f->fabric.n_unit;
    f->n_dataset = sc->n_workloads > 0 ? sc->workloads[0].n_datasets : 0;
    f->n_owner = f->n_service + (sc->n_workloads > 0 ? sc->workloads[0].n_streams : 0);
    return DH_OK;
}

/* Pointers to the scenario's rows, in the order of the columns. */
static enum dh_err build_specs(struct dh_facility *f, const struct dh_scenario *sc) {
    const struct dh_device_spec **device = dh_arena_array(&f->mem, (size_t)f->n_device, sizeof *device);
    const struct dh_site_spec **site = dh_arena_array(&f->mem, (size_t)f->n_site, sizeof *site);
    const struct dh_hall_spec **hall = dh_arena_array(&f->mem, (size_t)f->n_hall, sizeof *hall);
    const struct dh_cdu_spec **cdu = dh_arena_array(&f->mem, (size_t)f->n_cdu, sizeof *cdu);
    const struct dh_chiller_plant_spec **cplant =
        dh_arena_array(&f->mem, (size_t)f->n_cplant, sizeof *cplant);
    struct dh_chiller_curves *curves = dh_arena_array(&f->mem, (size_t)f->n_cplant, sizeof *curves);
    const struct dh_chiller_curves **machine = dh_arena_array(&f->mem, (size_t)f->n_cplant, sizeof *machine);
    const struct dh_liquid_plant_spec **lplant = dh_arena_array(&f->mem, (size_t)f->n_lplant, sizeof *lplant);
    const struct dh_service_spec **service = dh_arena_array(&f->mem, (size_t)f->n_service, sizeof *service);
    if (!device || !site || !hall || !cdu || !cplant || !curves || !machine || !lplant || !service)
        return DH_ERR_MEMORY;
    for (int32_t d = 0; d < f->n_device; d++)
        device[d] = &sc->devices[d];
    for (int32_t v = 0; v < f->n_service; v++)
        service[v] = &sc->workloads[0].services[v];
    int32_t h = 0, c = 0, p = 0, m = 0, l = 0;
    for (int32_t s = 0; s < sc->n_sites; s++) {
        const struct dh_cooling_spec *cooling = cooling_of(&sc->sites[s]);
        site[s] = &sc->sites[s];
        for (int32_t i = 0; i < sc->sites[s].n_halls; i++)
            hall[h++] = &sc->sites[s].halls[i];
        for (int32_t i = 0; cooling && i < cooling->n_cdus; i++)
            cdu[c++] = &cooling->cdus[i];
        for (int32_t i = 0; cooling && i < cooling->n_chiller_plants; i++)
            cplant[p++] = &cooling->chiller_plants[i];
        for (int32_t i = 0; cooling && i < cooling->n_chiller_plants; i++, m++) {
            const struct dh_chiller_spec *spec = dh_scenario_chiller(sc, cooling->chiller_plants[i].machine);
            machine[m] = &dh_chiller_centrifugal_vsd;
            if (spec) {
                curves[m] = dh_chiller_curves_of(spec);
                machine[m] = &curves[m];
            }
        }
        for (int32_t i = 0; cooling && i < cooling->n_liquid_plants; i++)
            lplant[l++] = &cooling->liquid_plants[i];
    }
    f->device_spec = device;
    f->site_spec = site;
    f->hall_spec = hall;
    f->cdu_spec = cdu;
    f->cplant_spec = cplant;
    f->cplant_curves = machine;
    f->lplant_spec = lplant;
    f->service_spec = service;
    return DH_OK;
}

static void build_source(struct dh_facility *f, struct dh_build *b, const char **names, int32_t *n,
                         int32_t site, int32_t kind, int32_t row, const char *id, const char *feed) {
    b->onsite_site[*n] = site;
    b->onsite_kind[*n] = kind;
    b->onsite_row[*n] = row;
    for (int32_t t = 0; t < f->n_stage; t++)
        if (f->stage_site[t] == site && strcmp(f->stage_name[t], feed) == 0)
            b->onsite_stage[*n] = t;
    names[(*n)++] = id;
}

static enum dh_err build_sources(struct dh_facility *f, struct dh_build *b, const struct dh_scenario *sc) {
    const char **names = dh_arena_array(&f->mem, (size_t)f->n_onsite, sizeof *names);
    int32_t n = 0;
    if (!names)
        return DH_ERR_MEMORY;
    for (int32_t s = 0; s < sc->n_sites; s++) {
        const struct dh_power_spec *p = &sc->sites[s].powers[0];
        for (int32_t i = 0; i < p->n_solars; i++)
            build_source(f, b, names, &n, s, DH_ONSITE_SOLAR, i, p->solars[i].id, p->solars[i].feed);
        for (int32_t i = 0; i < p->n_turbines; i++)
            build_source(f, b, names, &n, s, DH_ONSITE_TURBINE, i, p->turbines[i].id, p->turbines[i].feed);
        for (int32_t i = 0; i < p->n_storages; i++)
            build_source(f, b, names, &n, s, DH_ONSITE_STORAGE, i, p->storages[i].id, p->storages[i].feed);
    }
    f->onsite_name = names;
    return DH_OK;
}

static enum dh_err compile(struct dh_facility *f, const struct dh_scenario *sc, struct dh_arena *scratch,
                           struct dh_diag *diag) {
    struct dh_build b = {0};
    struct dh_stage_index ids = {0};
    DH_TRY(count_rows(f, sc, diag));
#define COLUMN(type, name, rows, unit, about)                                                                \
    b.name = dh_arena_array(&f->mem, (size_t)f->n_##rows, sizeof(type));                                     \
    if (!b.name)                                                                                             \
        return DH_ERR_MEMORY;                                                                                \
    f->name = b.name;
#include "models/facility.def"
#undef COLUMN
    const char **rack_names = dh_arena_array(&f->mem, (size_t)f->n_rack, sizeof *rack_names);
    if (!rack_names)
        return DH_ERR_MEMORY;
    f->rack_name = rack_names;
    DH_TRY(dh_build_stages(f, &b, &ids, sc, scratch, diag));
    DH_TRY(build_sources(f, &b, sc));
    struct counts n = {0};
    struct cooling_rows at = {0};
    for (int32_t s = 0; s < sc->n_sites; s++) {
        const struct dh_site_spec *site = &sc->sites[s];
        const struct dh_climate_spec *climate = site->climate ? dh_scenario_climate(sc, site->climate) : NULL;
        const struct dh_cooling_spec *cooling = cooling_of(site);
        b.site_house_w[s] = site->house_w;
        b.site_map[s] = cooling && cooling->fidelity == DH_FIDELITY_MAP;
        b.site_altitude_m[s] = climate ? climate->altitude_m : 0;
        build_cooling(&b, site, s, at, &ids);
        DH_TRY(build_halls(f, &b, rack_names, sc, site, s, at, &ids, &n, diag));
        at.first_cplant += cooling ? cooling->n_chiller_plants : 0;
        at.first_lplant += cooling ? cooling->n_liquid_plants : 0;
        at.first_cdu += cooling ? cooling->n_cdus : 0;
    }
    DH_TRY(build_stores(f, &b, rack_names, sc, &n));
    DH_TRY(build_switches(f, &b, rack_names, sc, &ids, &n));
    rate_cdus(f, &b);
    for (int32_t i = 0; i < f->n_node; i++)
        f->n_gpu += f->node_gpus[i];
    DH_TRY(build_specs(f, sc));
    return dh_check_powers(f, scratch, diag);
}

enum dh_err dh_facility_compile(struct dh_facility *out, const struct dh_scenario *scenario,
                                struct dh_diag *diag) {
    struct dh_arena scratch = {0};
    *out = (struct dh_facility){.scenario = scenario, .start_unix_s = scenario->horizons[0].start_unix_s};
    enum dh_err err = compile(out, scenario, &scratch, diag);
    if (err == DH_ERR_MEMORY)
        dh_fail(diag, err, scenario->place, "no memory for a facility of this size");
    dh_arena_free(&scratch);
    if (err != DH_OK)
        dh_facility_free(out);
    return err;
}

void dh_facility_free(struct dh_facility *facility) {
    dh_storage_free(&facility->storage);
    dh_run_fabrics_free(&facility->fabric);
    dh_arena_free(&facility->mem);
    *facility = (struct dh_facility){0};
}

const struct dh_device_spec *dh_facility_main_device(const struct dh_facility *f) {
    int64_t most = 0;
    const struct dh_device_spec *found = NULL;
    for (int32_t d = 0; d < f->n_device; d++) {
        int64_t n = 0;
        for (int32_t r = 0; r < f->n_rack; r++)
            n += f->rack_device[r] == d ? (int64_t)f->rack_nodes[r] * f->rack_node_gpus[r] : 0;
        if (n > most) {
            most = n;
            found = f->device_spec[d];
        }
    }
    return found;
}

int32_t dh_facility_node_gpus(const struct dh_facility *f, const struct dh_device_spec *device) {
    for (int32_t r = 0; r < f->n_rack; r++)
        if (f->device_spec[f->rack_device[r]] == device && f->rack_node_gpus[r] > 0)
            return f->rack_node_gpus[r];
    return 0;
}
