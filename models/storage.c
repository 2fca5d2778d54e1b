#include "models/storage.h"

#include <math.h>
#include <string.h>

static double or_none(double limit) {
    return isnan(limit) ? INFINITY : limit;
}

static double or_else(double value, double standard) {
    return isnan(value) ? standard : value;
}

/* Two things that a server does with each byte, one after the other. */
static double in_turn(double a, double b) {
    return a == INFINITY ? b : b == INFINITY ? a : a * b / (a + b);
}

static struct dh_store empty_store(const char *id, struct dh_place place, enum dh_store_kind kind) {
    return (struct dh_store){.id = id,
                             .place = place,
                             .kind = kind,
                             .n_server = 1,
                             .overhead = 1,
                             .ops_per_s = INFINITY,
                             .io_b = INFINITY,
                             .metadata_per_s = INFINITY,
                             .network_b_per_s = INFINITY,
                             .stream_b_per_s = INFINITY,
                             .cipher_b_per_s = INFINITY,
                             .inspection = 1,
                             .capacity_b = INFINITY,
                             .tier = -1,
                             .rack = -1,
                             .tier_after_s = INFINITY,
                             .tier_above = INFINITY};
}

/* What object stores, file systems and archives have in common. */
#define COMMON(store, spec)                                                                                  \
    do {                                                                                                     \
        (store)->n_server = (int32_t)(spec)->servers;                                                        \
        (store)->inspection = (spec)->inspection;                                                            \
        (store)->network_b_per_s = or_none((spec)->network_b_per_s) * (spec)->inspection;                    \
        (store)->cipher_b_per_s = or_none((spec)->cipher_b_per_s);                                           \
        (store)->capacity_b = or_none((spec)->capacity_b);                                                   \
        (store)->filled_b = (spec)->filled_b;                                                                \
        (store)->power_w = (spec)->row ? (double)(spec)->servers * (spec)->server_w : 0;                     \
        (store)->row = (spec)->row;                                                                          \
        (store)->usd_per_b_s = or_else((spec)->usd_per_b_s, 0);                                              \
    } while (0)

/* And object stores and file systems. */
#define SERVERS(store, spec)                                                                                 \
    do {                                                                                                     \
        double at_rest = or_none((spec)->at_rest_b_per_s);                                                   \
        (store)->spare = (int32_t)((spec)->spare < 0 ? (spec)->servers - 1 : (spec)->spare);                 \
        (store)->overhead = (spec)->overhead;                                                                \
        (store)->read_b_per_s = in_turn((spec)->read_b_per_s, at_rest);                                      \
        (store)->write_b_per_s = in_turn(or_else((spec)->write_b_per_s, (spec)->read_b_per_s), at_rest);     \
        (store)->latency_s = (spec)->latency_s;                                                              \
        (store)->stream_b_per_s = or_none((spec)->stream_b_per_s);                                           \
        (store)->tier_after_s = (spec)->tier ? or_none((spec)->tier_after_s) : INFINITY;                     \
        (store)->tier_above = (spec)->tier ? or_none((spec)->tier_above) : INFINITY;                         \
    } while (0)

static struct dh_store object_store(const struct dh_object_store_spec *spec) {
    struct dh_store store = empty_store(spec->id, spec->place, DH_STORE_OBJECT);
    COMMON(&store, spec);
    SERVERS(&store, spec);
    store.ops_per_s = or_none(spec->requests_per_s);
    store.io_b = spec->request_b;
    store.read_usd = spec->read_usd;
    store.write_usd = spec->write_usd;
    store.egress_usd_per_b = spec->egress_usd_per_b;
    return store;
}

static struct dh_store file_system(const struct dh_file_system_spec *spec) {
    struct dh_store store = empty_store(spec->id, spec->place, DH_STORE_FILES);
    COMMON(&store, spec);
    SERVERS(&store, spec);
    store.ops_per_s = or_none(spec->ops_per_s);
    store.io_b = spec->operation_b;
    store.n_metadata = (int32_t)spec->metadata_servers;
    if (spec->row)
        store.power_w += (double)spec->metadata_servers * spec->server_w;
    store.spare_metadata = (int32_t)spec->spare_metadata;
    store.metadata_per_s = or_none(spec->metadata_per_s);
    store.file_ops = spec->file_ops;
    store.capacity_priced = store.capacity_b < INFINITY;
    return store;
}

static struct dh_store node_cache(const struct dh_node_cache_spec *spec) {
    struct dh_store store = empty_store(spec->id, spec->place, DH_STORE_NODE);
    store.n_server = 0;
    store.read_b_per_s = spec->read_b_per_s;
    store.write_b_per_s = or_else(spec->write_b_per_s, spec->read_b_per_s);
    store.capacity_b = spec->capacity_b;
    return store;
}

static struct dh_store archive(const struct dh_archive_spec *spec) {
    struct dh_store store = empty_store(spec->id, spec->place, DH_STORE_ARCHIVE);
    COMMON(&store, spec);
    store.read_b_per_s = store.write_b_per_s = spec->read_b_per_s;
    store.mount_s = spec->mount_s;
    return store;
}

enum dh_err dh_storage_compile(struct dh_storage *out, const struct dh_scenario *sc) {
    *out = (struct dh_storage){.adapter_b_per_s = INFINITY};
    if (sc->n_storages == 0)
        return DH_OK;
    const struct dh_data_storage_spec *spec = &sc->storages[0];
    out->adapter_b_per_s = or_none(spec->adapter_b_per_s);
    size_t n =
        (size_t)(spec->n_object_stores + spec->n_file_systems + spec->n_node_caches + spec->n_archives);
    out->stores = dh_arena_array(&out->mem, n, sizeof *out->stores);
    if (n > 0 && !out->stores)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < spec->n_object_stores; i++)
        out->stores[out->n_store++] = object_store(&spec->object_stores[i]);
    for (int32_t i = 0; i < spec->n_file_systems; i++)
        out->stores[out->n_store++] = file_system(&spec->file_systems[i]);
    for (int32_t i = 0; i < spec->n_node_caches; i++)
        out->stores[out->n_store++] = node_cache(&spec->node_caches[i]);
    for (int32_t i = 0; i < spec->n_archives; i++)
        out->stores[out->n_store++] = archive(&spec->archives[i]);
    for (int32_t i = 0; i < spec->n_object_stores; i++)
        if (spec->object_stores[i].tier)
            out->stores[i].tier = dh_storage_find(out, spec->object_stores[i].tier);
    for (int32_t i = 0; i < spec->n_file_systems; i++)
        if (spec->file_systems[i].tier)
            out->stores[spec->n_object_stores + i].tier = dh_storage_find(out, spec->file_systems[i].tier);
    return DH_OK;
}

void dh_storage_free(struct dh_storage *storage) {
    dh_arena_free(&storage->mem);
    *storage = (struct dh_storage){0};
}

int32_t dh_storage_find(const struct dh_storage *storage, const char *id) {
    for (int32_t i = 0; i < storage->n_store; i++)
        if (strcmp(storage->stores[i].id, id) == 0)
            return i;
    return -1;
}

double dh_store_capacity(const struct dh_store *s, enum dh_store_link link, int32_t servers_out,
                         int32_t metadata_out) {
    double servers = s->n_server - servers_out, metadata = s->n_metadata - metadata_out;
    if (servers_out > s->spare || servers <= 0)
        servers = 0;
    if (metadata_out > s->spare_metadata || metadata <= 0)
        metadata = 0;
    switch (link) {
    case DH_STORE_SERVERS:
        /* An archive's data is on tapes, not in drives: those that are left go on. */
        return s->kind == DH_STORE_NODE      ? INFINITY
               : s->kind == DH_STORE_ARCHIVE ? fmax(s->n_server - servers_out, 0)
                                             : servers;
    case DH_STORE_OPERATIONS:
        return s->ops_per_s < INFINITY ? servers * s->ops_per_s : INFINITY;
    case DH_STORE_METADATA:
        return s->n_metadata > 0 && s->metadata_per_s < INFINITY ? metadata * s->metadata_per_s : INFINITY;
    case DH_STORE_NETWORK:
        return s->network_b_per_s;
    default:
        return INFINITY;
    }
}

double dh_store_operations(const struct dh_store *s, double bytes, double files) {
    double whole = s->io_b < INFINITY ? ceil(bytes / s->io_b) : 0;
    return fmax(whole, files);
}

double dh_store_share(const struct dh_store *s, enum dh_store_link link, bool write, double bytes,
                      double files) {
    switch (link) {
    case DH_STORE_SERVERS:
        return s->kind == DH_STORE_NODE ? 0 : write ? s->overhead / s->write_b_per_s : 1 / s->read_b_per_s;
    case DH_STORE_OPERATIONS:
        return s->ops_per_s < INFINITY ? (write ? s->overhead : 1) * fmax(1 / s->io_b, files / bytes) : 0;
    case DH_STORE_METADATA:
        return s->n_metadata > 0 && s->metadata_per_s < INFINITY ? s->file_ops * files / bytes : 0;
    case DH_STORE_NETWORK:
        return s->network_b_per_s < INFINITY ? 1 : 0;
    default:
        return 0;
    }
}

double dh_store_cap(const struct dh_storage *storage, int32_t store, bool write, double bytes, double files,
                    double streams, double nodes) {
    const struct dh_store *s = &storage->stores[store];
    double device = write ? s->write_b_per_s : s->read_b_per_s;
    if (s->kind == DH_STORE_NODE)
        return device * fmax(nodes, 1);
    double stream = in_turn(s->stream_b_per_s, s->cipher_b_per_s);
    if (s->kind == DH_STORE_ARCHIVE)
        stream = in_turn(fmin(device, s->stream_b_per_s), s->cipher_b_per_s);
    double each_b = bytes / fmax(files, 1);
    if (s->latency_s > 0)
        stream = in_turn(stream, each_b / s->latency_s);
    double cap = streams * stream;
    return nodes > 0 ? fmin(cap, nodes * storage->adapter_b_per_s * s->inspection) : cap;
}
