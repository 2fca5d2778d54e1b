/* Stores of data: what one value alone cannot show. */
#include "scenarios/scenario_check.h"

#include <math.h>
#include <string.h>

/* What the checks read of a store of any kind. */
struct store {
    const char *id, *tier, *row;
    struct dh_place place;
    int64_t servers, spare;
    double capacity_b, filled_b, after_s, above, power_w;
};

enum { MOST_STORES = 400 };

struct stores {
    struct store rows[MOST_STORES];
    int32_t n;
};

static void fail(struct dh_tree *tree, const struct store *s, const char *attr, enum dh_err code,
                 const char *hint, const char *format) __attribute__((format(printf, 6, 0)));
static void fail(struct dh_tree *tree, const struct store *s, const char *attr, enum dh_err code,
                 const char *hint, const char *format) {
    dh_tree_fail(tree, code, dh_check_place(tree, s->place, attr), format, s->id);
    dh_tree_hint(tree, "%s", hint);
}

static void check_store(struct dh_tree *tree, const struct store *s) {
    if (s->spare >= s->servers)
        fail(tree, s, "spare", DH_ERR_RANGE, "at least one has to be left: spare is below servers",
             "%s: all of its servers could be out");
    if (s->filled_b > s->capacity_b)
        fail(tree, s, "filled", DH_ERR_RANGE, "filled is what lies there at the start",
             "%s: more is filled than its capacity");
    if (s->power_w > 0 && !s->row)
        fail(tree, s, "power", DH_ERR_MISSING, "row=\"ROW\": beside its racks, with their feed",
             "%s: where do its servers stand, and who feeds them?");
    if (s->tier && isnan(s->after_s) && isnan(s->above))
        fail(tree, s, "tier", DH_ERR_MISSING, "tier-after=\"30 d\", or tier-above=\"0.8\"",
             "%s: when does data move on to its next tier?");
    if (!s->tier && !(isnan(s->after_s) && isnan(s->above)))
        fail(tree, s, isnan(s->after_s) ? "tier-above" : "tier-after", DH_ERR_MISSING,
             "tier=\"ID\" names another store", "%s: where does its data move on to?");
    if (!isnan(s->above) && isnan(s->capacity_b))
        fail(tree, s, "tier-above", DH_ERR_MISSING, "capacity=\"1 PB\"",
             "%s: a share of which capacity is 'tier-above'?");
}

static const struct store *find(const struct stores *stores, const char *id) {
    for (int32_t i = 0; i < stores->n; i++)
        if (strcmp(stores->rows[i].id, id) == 0)
            return &stores->rows[i];
    return NULL;
}

/* Data that moved on would come back. Told at the first store of a circle. */
static void check_tiers(struct dh_tree *tree, const struct stores *stores) {
    for (int32_t i = 0; i < stores->n; i++) {
        const struct store *first = &stores->rows[i], *at = first;
        bool earlier = false;
        for (int32_t steps = 0; steps < stores->n && at && at->tier; steps++) {
            at = find(stores, at->tier);
            earlier = earlier || (at && at < first);
            if (at == first && !earlier)
                fail(tree, first, "tier", DH_ERR_CYCLE, "data moves on from fast to slow, and stays there",
                     "%s: its tiers lead back to it");
            if (at == first)
                break;
        }
    }
}

static void check_metadata(struct dh_tree *tree, const struct dh_file_system_spec *fs,
                           const struct store *s) {
    if (fs->metadata_servers > 0 && isnan(fs->metadata_per_s))
        fail(tree, s, "metadata-servers", DH_ERR_MISSING, "metadata=\"100000 1/s\" of one of them",
             "%s: how many operations do its metadata servers do?");
    if (fs->metadata_servers == 0 && !isnan(fs->metadata_per_s))
        fail(tree, s, "metadata", DH_ERR_MISSING, "metadata-servers=\"2\"",
             "%s: 'metadata' is of one metadata server, and there is none");
    if (fs->spare_metadata > 0 && fs->spare_metadata >= fs->metadata_servers)
        fail(tree, s, "spare-metadata", DH_ERR_RANGE, "spare-metadata is below metadata-servers",
             "%s: all of its metadata servers could be out");
}

#define STORE(spec, n_server, n_spare, to, after, most)                                                      \
    (struct store) {                                                                                         \
        .id = (spec)->id, .place = (spec)->place, .servers = (n_server), .spare = (n_spare), .tier = (to),   \
        .row = (spec)->row, .power_w = (spec)->server_w, .capacity_b = (spec)->capacity_b,                   \
        .filled_b = (spec)->filled_b, .after_s = (after), .above = (most)                                    \
    }

void dh_check_storage(struct dh_tree *tree, const struct dh_data_storage_spec *storage) {
    static const int64_t none = -1;
    struct stores stores = {0};
    for (int32_t i = 0; i < storage->n_object_stores; i++) {
        const struct dh_object_store_spec *s = &storage->object_stores[i];
        stores.rows[stores.n++] = STORE(s, s->servers, s->spare, s->tier, s->tier_after_s, s->tier_above);
    }
    for (int32_t i = 0; i < storage->n_file_systems; i++) {
        const struct dh_file_system_spec *s = &storage->file_systems[i];
        stores.rows[stores.n] = STORE(s, s->servers, s->spare, s->tier, s->tier_after_s, s->tier_above);
        check_metadata(tree, s, &stores.rows[stores.n++]);
    }
    for (int32_t i = 0; i < storage->n_archives; i++) {
        const struct dh_archive_spec *s = &storage->archives[i];
        stores.rows[stores.n++] = STORE(s, s->servers, none, NULL, NAN, NAN);
    }
    for (int32_t i = 0; i < stores.n; i++)
        check_store(tree, &stores.rows[i]);
    check_tiers(tree, &stores);
}
