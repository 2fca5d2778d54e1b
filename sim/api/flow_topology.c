/* Topologies in words, and the networks that they are. */
#include "sim/api/flow_topology.h"

#include "sim/api/flow_network.h"
#include "sim/units.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct word {
    const char *text;
    size_t n;
};

static bool is(struct word w, const char *name) {
    return w.n == strlen(name) && memcmp(w.text, name, w.n) == 0;
}

/* The next word between blanks; false at the end. */
static bool next_word(const char **at, struct word *w) {
    *at += strspn(*at, " \t\n");
    w->text = *at;
    w->n = strcspn(*at, " \t\n");
    *at += w->n;
    return w->n > 0;
}

static const struct {
    const char *name;
    size_t offset;
} sizes[] = {
    {"hosts-per-leaf", offsetof(struct dh_topology, hosts_per_leaf)},
    {"units",          offsetof(struct dh_topology, units)         },
    {"pods",           offsetof(struct dh_topology, pods)          },
    {"rails",          offsetof(struct dh_topology, rails)         },
    {"domain",         offsetof(struct dh_topology, domain)        },
    {"groups",         offsetof(struct dh_topology, groups)        },
    {"routers",        offsetof(struct dh_topology, routers)       },
    {"spines",         offsetof(struct dh_topology, spines)        },
    {"globals",        offsetof(struct dh_topology, globals)       },
    {"sites",          offsetof(struct dh_topology, sites)         },
};
enum { MOST_LINKS = 1 << 22 }; /* some 500 MB */
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static const char *const kinds[] = {
    [DH_TOPOLOGY_FAT_TREE] = "fat-tree",
    [DH_TOPOLOGY_DRAGONFLY] = "dragonfly",
    [DH_TOPOLOGY_DRAGONFLY_PLUS] = "dragonfly+",
    [DH_TOPOLOGY_TORUS] = "torus",
    [DH_TOPOLOGY_MESH] = "mesh",
};
static const char *const rates[DH_N_LINK_CLASS] = {
    [DH_LINK_DOMAIN] = "domain-rate",
    [DH_LINK_HOST] = "host-rate",
    [DH_LINK_LOCAL] = "local-rate",
    [DH_LINK_GLOBAL] = "global-rate",
};

static const struct dh_place option = {"--topology", 0, 0};

static enum dh_err read_integer(struct word w, int32_t *value, struct dh_diag *diag) {
    int64_t n;
    DH_TRY(dh_integer_parse(w.text, w.n, &n, diag, option));
    if (n < 0 || n > 1 << 29)
        return dh_fail(diag, DH_ERR_RANGE, option, "%.*s is not between 0 and 2^29", (int)w.n, w.text);
    *value = (int32_t)n;
    return DH_OK;
}

/* "8x8x4" */
static enum dh_err read_sizes(struct word w, int32_t size[DH_TORUS_DIMENSIONS], struct dh_diag *diag) {
    for (int32_t d = 0; w.n > 0; d++) {
        const char *x = memchr(w.text, 'x', w.n);
        struct word part = {w.text, x ? (size_t)(x - w.text) : w.n};
        if (d == DH_TORUS_DIMENSIONS)
            return dh_fail(diag, DH_ERR_RANGE, option, "a torus has at most %d dimensions",
                           (int)DH_TORUS_DIMENSIONS);
        DH_TRY(read_integer(part, &size[d], diag));
        w.text += part.n + (x != NULL);
        w.n -= part.n + (x != NULL);
    }
    return DH_OK;
}

static enum dh_err read_value(struct dh_topology *t, struct word key, struct word value, double *rate,
                              double *latency, struct dh_diag *diag) {
    for (int32_t i = 0; i < N_SIZES; i++)
        if (is(key, sizes[i].name)) {
            int32_t n;
            DH_TRY(read_integer(value, &n, diag));
            memcpy((char *)t + sizes[i].offset, &n, sizeof n);
            return DH_OK;
        }
    if (is(key, "size"))
        return read_sizes(value, t->size, diag);
    if (is(key, "oversubscription"))
        return dh_quantity_parse(value.text, value.n, DH_DIM_NUMBER, &t->oversubscription[0], diag, option);
    if (is(key, "spine-oversubscription"))
        return dh_quantity_parse(value.text, value.n, DH_DIM_NUMBER, &t->oversubscription[1], diag, option);
    if (is(key, "rate"))
        return dh_quantity_parse(value.text, value.n, DH_DIM_BANDWIDTH, rate, diag, option);
    if (is(key, "latency"))
        return dh_quantity_parse(value.text, value.n, DH_DIM_DURATION, latency, diag, option);
    for (int i = 0; i < DH_N_LINK_CLASS; i++)
        if (is(key, rates[i]))
            return dh_quantity_parse(value.text, value.n, DH_DIM_BANDWIDTH, &t->link[i].bytes_per_s, diag,
                                     option);
    dh_fail(diag, DH_ERR_UNKNOWN_ATTRIBUTE, option, "a topology has no '%.*s'", (int)key.n, key.text);
    dh_diag_hint(diag,
                 "hosts-per-leaf, units, pods, rails, domain, oversubscription, spine-oversubscription, "
                 "groups, routers, spines, globals, size, sites, rate, host-rate, local-rate, global-rate, "
                 "domain-rate, latency");
    return DH_ERR_UNKNOWN_ATTRIBUTE;
}

enum dh_err dh_topology_parse(const char *text, struct dh_topology *t, struct dh_diag *diag) {
    struct word w = {0};
    double rate = 0, latency = 0;
    int32_t kind = 0;
    *t = (struct dh_topology){
        .oversubscription = {1, 1}
    };
    next_word(&text, &w);
    while (kind < (int32_t)(sizeof kinds / sizeof *kinds) && !is(w, kinds[kind]))
        kind++;
    if (kind == sizeof kinds / sizeof *kinds) {
        dh_fail(diag, DH_ERR_VALUE, option, "there is no topology '%.*s'", (int)w.n, w.text);
        dh_diag_hint(diag, "fat-tree, dragonfly, dragonfly+, torus or mesh, such as "
                           "'fat-tree hosts-per-leaf=32 units=32 rate=50GB/s'");
        return DH_ERR_VALUE;
    }
    t->kind = (enum dh_topology_kind)kind;
    while (next_word(&text, &w)) {
        const char *sign = memchr(w.text, '=', w.n);
        struct word key = {w.text, sign ? (size_t)(sign - w.text) : w.n},
                    value = {sign ? sign + 1 : w.text + w.n, sign ? w.n - key.n - 1 : 0};
        DH_TRY(read_value(t, key, value, &rate, &latency, diag));
    }
    for (int i = 0; i < DH_N_LINK_CLASS; i++) {
        if (t->link[i].bytes_per_s == 0 && i != DH_LINK_DOMAIN)
            t->link[i].bytes_per_s = rate;
        t->link[i].latency_s = latency;
    }
    if (t->oversubscription[0] == 0 || t->oversubscription[1] == 0) /* which a struct may leave out */
        t->oversubscription[0] = -1;
    const char *why;
    if (dh_topology_init(t, &why) == DH_OK)
        return DH_OK;
    return dh_fail(diag, DH_ERR_RANGE, option, "%s", why);
}

static struct dh_network_node node_of(const struct dh_topology *t, int32_t node) {
    return node < t->n_host ? (struct dh_network_node){0, node}
                            : (struct dh_network_node){1, node - t->n_host};
}

enum dh_err dh_flow_network_make(struct dh_flow_network *f, const char *topology, struct dh_diag *diag) {
    *f = (struct dh_flow_network){.diag = diag};
    struct dh_topology *t = &f->topology;
    DH_TRY(dh_topology_parse(topology, t, diag));
    if (t->n_link > MOST_LINKS)
        return dh_fail(diag, DH_ERR_LIMIT_MEMORY, option, "the topology has %d links, more than %d",
                       t->n_link, (int)MOST_LINKS);
    f->links = malloc(((size_t)t->n_link + 1) * sizeof *f->links);
    f->nodes = malloc(((size_t)t->n_node + 1) * sizeof *f->nodes);
    if (!f->links || !f->nodes)
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){0}, "out of memory");
    f->n_link = f->link_room = t->n_link;
    f->n_node = t->n_node;
    for (int32_t i = 0; i < t->n_node; i++)
        f->nodes[i] = node_of(t, i);
    for (int32_t i = 0; i < t->n_link; i++) {
        struct dh_topology_link l = dh_topology_link(t, i);
        f->links[i] = (struct dh_network_link){.id = i,
                                               .capacity = t->link[l.is].bytes_per_s,
                                               .latency_s = t->link[l.is].latency_s,
                                               .from = node_of(t, l.from),
                                               .to = node_of(t, l.to)};
    }
    return DH_OK;
}
