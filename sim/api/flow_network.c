/* Links and routes of `predict flows`. */
#include "sim/api/flow_network.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 100000000 };
static const double most_bytes = 1e24, most_s = 1e12, least_rate = 1e-3;

static enum dh_err no_memory(const struct dh_flow_network *f) {
    return dh_fail(f->diag, DH_ERR_MEMORY, (struct dh_place){0}, "out of memory");
}

bool dh_network_room(void *array, int32_t n, int32_t *have, size_t size) {
    void *old;
    if (n < *have)
        return true;
    if (n >= MOST_ROWS)
        return false;
    int32_t more = *have ? 2 * *have : 1024;
    memcpy(&old, array, sizeof old);
    void *grown = realloc(old, (size_t)more * size);
    if (!grown)
        return false;
    memcpy(array, &grown, sizeof grown);
    *have = more;
    return true;
}

/* ---- links */

static int by_id(const void *a, const void *b) {
    const struct dh_network_link *x = a, *y = b;
    return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : (x->line > y->line) - (x->line < y->line);
}

static int by_level(const void *a, const void *b) {
    const struct dh_network_node *x = a, *y = b;
    return x->level != y->level ? (x->level > y->level) - (x->level < y->level)
                                : (x->position > y->position) - (x->position < y->position);
}

int32_t dh_flow_network_link(const struct dh_flow_network *f, int64_t id) {
    int32_t low = 0, high = f->n_link;
    while (low < high) {
        int32_t mid = low + (high - low) / 2;
        if (f->links[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->n_link && f->links[low].id == id ? low : -1;
}

enum dh_err dh_network_above_zero(const struct dh_csv *csv, int32_t column, double least, double most,
                                  const char *what, struct dh_diag *diag, double *value) {
    DH_TRY(dh_csv_double(csv, column, -most, most, value));
    if (*value > 0) /* so little that an end is beyond all numbers is refused, too */
        return dh_csv_double(csv, column, least, most, value);
    dh_fail(diag, DH_ERR_RANGE, dh_csv_place(csv, column), "%s is %g, not above 0", what, *value);
    dh_diag_hint(diag, "leave out what is not there: a flow over nothing would never end");
    return DH_ERR_RANGE;
}

struct link_columns {
    int32_t id, capacity, latency;
    int32_t ends[4]; /* from_level, from_pos, to_level, to_pos; levels -1: of `from` and `to` */
};

/* Columns of what a link joins, which only a network without routes needs. */
static enum dh_err find_ends(struct dh_flow_network *f, struct dh_csv *csv, int32_t ends[static 4]) {
    static const char *const levels[4] = {"from_level", "from_pos", "to_level", "to_pos"};
    int32_t from = dh_csv_column(csv, "from", NULL, NULL), to = dh_csv_column(csv, "to", NULL, NULL), n = 0;
    for (int32_t i = 0; i < 4; i++)
        n += (ends[i] = dh_csv_column(csv, levels[i], NULL, NULL)) >= 0;
    if (n == 0 && from >= 0 && to >= 0) {
        ends[1] = from;
        ends[3] = to;
        return DH_OK;
    }
    if (n == 4)
        return DH_OK;
    dh_fail(f->diag, DH_ERR_MISSING, (struct dh_place){f->links_path, 1, 1},
            "no column says where links lead");
    dh_diag_hint(f->diag, "from_level, from_pos, to_level and to_pos, hosts being level 0, or from and to; "
                          "or give the routes themselves by --routes ROUTES.csv");
    return DH_ERR_MISSING;
}

static enum dh_err read_node(const struct dh_csv *csv, int32_t level, int32_t position,
                             struct dh_network_node *node) {
    if (level >= 0)
        DH_TRY(dh_csv_integer(csv, level, 0, INT32_MAX, &node->level));
    return dh_csv_integer(csv, position, 0, (int64_t)DH_NETWORK_MOST_HOST, &node->position);
}

static enum dh_err read_link(struct dh_flow_network *f, struct dh_csv *csv, const struct link_columns *c) {
    struct dh_diag *diag = f->diag;
    struct dh_network_link link = {.line = dh_csv_place(csv, -1).line};
    if (!dh_network_room(&f->links, f->n_link, &f->link_room, sizeof *f->links))
        return no_memory(f);
    DH_TRY(dh_csv_integer(csv, c->id, 0, (int64_t)DH_NETWORK_MOST_HOST, &link.id));
    DH_TRY(dh_network_above_zero(csv, c->capacity, least_rate, most_bytes, "the capacity of a link", diag,
                                 &link.capacity));
    if (!dh_csv_is_empty(csv, c->latency))
        DH_TRY(dh_csv_double(csv, c->latency, 0, most_s, &link.latency_s));
    if (!f->routes_path) {
        DH_TRY(read_node(csv, c->ends[0], c->ends[1], &link.from));
        DH_TRY(read_node(csv, c->ends[2], c->ends[3], &link.to));
        if (by_level(&link.from, &link.to) == 0) {
            dh_fail(diag, DH_ERR_CYCLE, dh_csv_place(csv, c->ends[3]),
                    "link %lld leads back to where it begins", (long long)link.id);
            dh_diag_hint(diag, "a link joins two nodes");
            return DH_ERR_CYCLE;
        }
    }
    f->links[f->n_link++] = link;
    return DH_OK;
}

static enum dh_err sort_links(struct dh_flow_network *f) {
    if (f->n_link > 0)
        qsort(f->links, (size_t)f->n_link, sizeof *f->links, by_id);
    for (int32_t i = 1; i < f->n_link; i++)
        if (f->links[i].id == f->links[i - 1].id) {
            dh_fail(f->diag, DH_ERR_DUPLICATE_ID, (struct dh_place){f->links_path, f->links[i].line, 1},
                    "link %lld is described twice", (long long)f->links[i].id);
            dh_diag_hint(f->diag, "first in line %d; the two directions of a cable are two links",
                         f->links[i - 1].line);
            return DH_ERR_DUPLICATE_ID;
        }
    return DH_OK;
}

static enum dh_err read_links(struct dh_flow_network *f) {
    struct dh_csv csv;
    struct link_columns c = {
        .ends = {-1, -1, -1, -1}
    };
    bool got = true;
    DH_TRY(dh_csv_open(&csv, f->links_path, DH_CSV_HASH_COMMENTS, f->diag));
    enum dh_err err = dh_csv_require(&csv, "link_id", "link", &c.id);
    if (err == DH_OK)
        err = dh_csv_require(&csv, "bandwidth_Bps", "capacity_Bps", &c.capacity);
    if (err == DH_OK && !f->routes_path)
        err = find_ends(f, &csv, c.ends);
    c.latency = dh_csv_column(&csv, "latency_s", NULL, NULL);
    while (err == DH_OK && (err = dh_csv_next(&csv, &got)) == DH_OK && got)
        err = read_link(f, &csv, &c);
    dh_csv_close(&csv);
    return err == DH_OK ? sort_links(f) : err;
}

/* ---- routes of a file */

static int by_hosts(const void *a, const void *b) {
    const struct dh_network_route *x = a, *y = b;
    if (x->src != y->src)
        return x->src < y->src ? -1 : 1;
    if (x->dst != y->dst)
        return x->dst < y->dst ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

static int32_t find_route(const struct dh_flow_network *f, int64_t src, int64_t dst) {
    int32_t low = 0, high = f->n_route;
    while (low < high) {
        int32_t mid = low + (high - low) / 2;
        const struct dh_network_route *r = &f->routes[mid];
        if (r->src < src || (r->src == src && r->dst < dst))
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->n_route && f->routes[low].src == src && f->routes[low].dst == dst ? low : -1;
}

/* The next number in a list that blanks or semicolons separate; false at its end. *bad: a word that is none.
 */
static bool next_link(const struct dh_csv_field *field, size_t *at, int64_t *id, bool *bad) {
    while (*at < field->n && strchr(" ;\t", field->text[*at]))
        ++*at;
    if (*at == field->n)
        return false;
    int64_t value = 0;
    for (; *at < field->n && !strchr(" ;\t", field->text[*at]); ++*at) {
        char c = field->text[*at];
        *bad |= c < '0' || c > '9' || value > (int64_t)DH_NETWORK_MOST_HOST;
        value = *bad ? 0 : 10 * value + (c - '0');
    }
    *id = value;
    return true;
}

static enum dh_err read_hops(struct dh_flow_network *f, struct dh_csv *csv, int32_t column,
                             struct dh_network_route *route) {
    struct dh_diag *diag = f->diag;
    const struct dh_csv_field *field = &csv->fields[column];
    struct dh_place place = dh_csv_place(csv, column);
    bool bad = false;
    int64_t id;
    route->first = f->n_hop;
    for (size_t at = 0; next_link(field, &at, &id, &bad);) {
        if (bad) {
            dh_fail(diag, DH_ERR_NUMBER, place, "a route's links are not all numbers");
            dh_diag_hint(diag, "link ids with blanks between, such as \"638 2660 4005 1957\"");
            return DH_ERR_NUMBER;
        }
        int32_t link = dh_flow_network_link(f, id);
        if (link < 0) {
            dh_fail(diag, DH_ERR_DANGLING_REF, place, "there is no link %lld", (long long)id);
            dh_diag_hint(diag, "%s describes %d links", f->links_path, f->n_link);
            return DH_ERR_DANGLING_REF;
        }
        for (int32_t i = route->first; i < f->n_hop; i++)
            if (f->hops[i] == link) {
                dh_fail(diag, DH_ERR_CYCLE, place, "the route takes link %lld twice", (long long)id);
                dh_diag_hint(diag, "a route names each link once");
                return DH_ERR_CYCLE;
            }
        if (f->n_hop - route->first == DH_FLOW_MAX_HOPS)
            return dh_fail(diag, DH_ERR_RANGE, place, "the route has more than %d links",
                           (int)DH_FLOW_MAX_HOPS);
        if (!dh_network_room(&f->hops, f->n_hop, &f->hop_room, sizeof *f->hops))
            return no_memory(f);
        f->hops[f->n_hop++] = link;
        route->latency_s += f->links[link].latency_s;
    }
    route->n = f->n_hop - route->first;
    if (route->n == 0 && route->src != route->dst) {
        dh_fail(diag, DH_ERR_MISSING, place, "the route from %lld to %lld has no links",
                (long long)route->src, (long long)route->dst);
        dh_diag_hint(diag, "only a host reaches itself without links");
        return DH_ERR_MISSING;
    }
    return DH_OK;
}

static enum dh_err read_route(struct dh_flow_network *f, struct dh_csv *csv, const int32_t column[3]) {
    struct dh_network_route route = {.line = dh_csv_place(csv, -1).line};
    if (!dh_network_room(&f->routes, f->n_route, &f->route_room, sizeof *f->routes))
        return no_memory(f);
    DH_TRY(dh_csv_integer(csv, column[0], 0, (int64_t)DH_NETWORK_MOST_HOST, &route.src));
    DH_TRY(dh_csv_integer(csv, column[1], 0, (int64_t)DH_NETWORK_MOST_HOST, &route.dst));
    DH_TRY(read_hops(f, csv, column[2], &route));
    f->routes[f->n_route++] = route;
    return DH_OK;
}

/* Sorts routes; one that is repeated word for word counts once. */
static enum dh_err sort_routes(struct dh_flow_network *f, const char *path) {
    struct dh_diag *diag = f->diag;
    int32_t n = 0;
    if (f->n_route > 0)
        qsort(f->routes, (size_t)f->n_route, sizeof *f->routes, by_hosts);
    for (int32_t i = 0; i < f->n_route; i++) {
        const struct dh_network_route *r = &f->routes[i], *last = &f->routes[n > 0 ? n - 1 : 0];
        if (n == 0 || r->src != last->src || r->dst != last->dst) {
            f->routes[n++] = *r;
            continue;
        }
        if (r->n != last->n ||
            memcmp(&f->hops[r->first], &f->hops[last->first], (size_t)r->n * sizeof *f->hops) != 0) {
            dh_fail(diag, DH_ERR_DUPLICATE_ID, (struct dh_place){path, r->line, 1},
                    "two routes lead from %lld to %lld", (long long)r->src, (long long)r->dst);
            dh_diag_hint(diag, "the other is in line %d; between two hosts there is one", last->line);
            return DH_ERR_DUPLICATE_ID;
        }
    }
    f->n_route = n;
    return DH_OK;
}

static enum dh_err read_routes(struct dh_flow_network *f, const char *path) {
    struct dh_csv csv;
    int32_t column[3];
    bool got = true;
    DH_TRY(dh_csv_open(&csv, path, DH_CSV_HASH_COMMENTS, f->diag));
    enum dh_err err = dh_csv_require(&csv, "src", NULL, &column[0]);
    if (err == DH_OK)
        err = dh_csv_require(&csv, "dst", NULL, &column[1]);
    column[2] = dh_csv_column_prefix(&csv, "links"); /* the header may go on to say how they are numbered */
    if (err == DH_OK && column[2] < 0)
        err = dh_csv_require(&csv, "links", NULL, &column[2]);
    while (err == DH_OK && (err = dh_csv_next(&csv, &got)) == DH_OK && got)
        err = read_route(f, &csv, column);
    dh_csv_close(&csv);
    return err == DH_OK ? sort_routes(f, path) : err;
}

/* ---- routes of the links themselves */

int32_t dh_flow_network_node(const struct dh_flow_network *f, struct dh_network_node node) {
    const struct dh_network_node *found =
        f->n_node > 0 ? bsearch(&node, f->nodes, (size_t)f->n_node, sizeof node, by_level) : NULL;
    return found ? (int32_t)(found - f->nodes) : -1;
}

static enum dh_err find_nodes(struct dh_flow_network *f) {
    size_t n = 2 * (size_t)f->n_link;
    f->nodes = malloc((n + 1) * sizeof *f->nodes);
    if (!f->nodes)
        return no_memory(f);
    for (int32_t i = 0; i < f->n_link; i++) {
        f->nodes[2 * i] = f->links[i].from;
        f->nodes[2 * i + 1] = f->links[i].to;
    }
    if (n > 0)
        qsort(f->nodes, n, sizeof *f->nodes, by_level);
    for (size_t i = 0; i < n; i++)
        if (f->n_node == 0 || by_level(&f->nodes[i], &f->nodes[f->n_node - 1]) != 0)
            f->nodes[f->n_node++] = f->nodes[i];
    return DH_OK;
}

/* Links between nodes, and which of these pass nothing on, for models/. Free both. */
static bool shape(const struct dh_flow_network *f, struct dh_graph_link **links, bool **ends) {
    bool hosts_pass = false;
    *links = malloc(((size_t)f->n_link + 1) * sizeof **links);
    *ends = calloc((size_t)f->n_node + 1, sizeof **ends);
    if (!*links || !*ends)
        return false;
    for (int32_t i = 0; i < f->n_link; i++) {
        (*links)[i] = (struct dh_graph_link){dh_flow_network_node(f, f->links[i].from),
                                             dh_flow_network_node(f, f->links[i].to)};
        hosts_pass |= f->links[i].from.level == 0 && f->links[i].to.level == 0;
    }
    for (int32_t i = 0; i < f->n_node; i++)
        (*ends)[i] = !hosts_pass && f->nodes[i].level == 0;
    return true;
}

static enum dh_err make_graph(struct dh_flow_network *f) {
    struct dh_graph_link *links;
    bool *ends;
    DH_TRY(find_nodes(f));
    if (shape(f, &links, &ends))
        f->graph = dh_link_graph_new(f->n_node, ends, links, f->n_link);
    free(links);
    free(ends);
    return f->graph ? DH_OK : no_memory(f);
}

struct dh_fabric *dh_flow_network_fabric(const struct dh_flow_network *f, enum dh_fabric_way way) {
    if (!f->links_path)
        return dh_fabric_new(&(struct dh_fabric_spec){.topology = &f->topology, .way = way});
    struct dh_graph_link *links;
    bool *ends, good = shape(f, &links, &ends);
    double *values = malloc((2 * (size_t)f->n_link + 1) * sizeof *values);
    uint64_t *numbers = malloc(((size_t)f->n_node + 1) * sizeof *numbers);
    struct dh_fabric *fabric = NULL;
    if (good && values && numbers) {
        for (int32_t i = 0; i < f->n_link; i++) {
            values[i] = f->links[i].capacity;
            values[f->n_link + i] = f->links[i].latency_s;
        }
        for (int32_t i = 0; i < f->n_node; i++)
            numbers[i] = (uint64_t)f->nodes[i].position;
        fabric = dh_fabric_new(&(struct dh_fabric_spec){.n_node = f->n_node,
                                                        .n_link = f->n_link,
                                                        .ends = ends,
                                                        .links = links,
                                                        .capacity = values,
                                                        .latency_s = values + f->n_link,
                                                        .numbers = numbers,
                                                        .way = way});
    }
    free(links);
    free(ends);
    free(values);
    free(numbers);
    return fabric;
}

static enum dh_err no_route(const struct dh_flow_network *f, const struct dh_network_pair *p,
                            const char *input) {
    struct dh_place place = {input, p->line, p->col};
    for (int i = 0; i < 2 && !f->routes_path; i++) {
        int64_t host = i == 0 ? p->src : p->dst;
        if (dh_flow_network_node(f, (struct dh_network_node){0, host}) >= 0)
            continue;
        dh_fail(f->diag, DH_ERR_DANGLING_REF, place, "there is no host %lld", (long long)host);
        dh_diag_hint(f->diag, "no link of %s leads from or to it",
                     f->links_path ? f->links_path : "the topology");
        return DH_ERR_DANGLING_REF;
    }
    dh_fail(f->diag, DH_ERR_MISSING, place, "no route leads from %lld to %lld", (long long)p->src,
            (long long)p->dst);
    if (f->graph)
        dh_diag_hint(f->diag, "the links of %s do not join them in this direction", f->links_path);
    else
        dh_diag_hint(f->diag, "%s has %d routes; each pair of hosts that flows needs one", f->routes_path,
                     f->n_route);
    return DH_ERR_MISSING;
}

/* -1 where there is none, and a message where there is no room. */
static enum dh_err add_route(struct dh_flow_network *f, const struct dh_network_pair *p, int32_t *route) {
    int32_t src = dh_flow_network_node(f, (struct dh_network_node){0, p->src}),
            dst = dh_flow_network_node(f, (struct dh_network_node){0, p->dst}), links[DH_FLOW_MAX_HOPS];
    *route = -1;
    int32_t n = -1;
    if (src >= 0 && dst >= 0)
        n = f->links_path ? dh_link_graph_route(f->graph, src, dst, (uint64_t)p->dst, DH_FLOW_MAX_HOPS, links)
                          : dh_topology_route(&f->topology, src, dst, DH_BY_DESTINATION, links);
    if (n < 0)
        return DH_OK;
    if (n > DH_FLOW_MAX_HOPS)
        return dh_fail(f->diag, DH_ERR_RANGE, (struct dh_place){f->links_path, 1, 1},
                       "the shortest route from %lld to %lld has %d links, more than %d", (long long)p->src,
                       (long long)p->dst, n, (int)DH_FLOW_MAX_HOPS);
    if (!dh_network_room(&f->routes, f->n_route, &f->route_room, sizeof *f->routes))
        return no_memory(f);
    struct dh_network_route r = {.src = p->src, .dst = p->dst, .first = f->n_hop, .n = n};
    for (int32_t i = 0; i < n; i++) {
        if (!dh_network_room(&f->hops, f->n_hop, &f->hop_room, sizeof *f->hops))
            return no_memory(f);
        f->hops[f->n_hop++] = links[i];
        r.latency_s += f->links[links[i]].latency_s;
    }
    *route = f->n_route;
    f->routes[f->n_route++] = r;
    return DH_OK;
}

static int by_pair(const void *a, const void *b) {
    const struct dh_network_pair *x = *(const struct dh_network_pair *const *)a,
                                 *y = *(const struct dh_network_pair *const *)b;
    if (x->dst != y->dst)
        return x->dst < y->dst ? -1 : 1;
    if (x->src != y->src)
        return x->src < y->src ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

/* One search of the network a destination. */
static enum dh_err route_all(struct dh_flow_network *f, struct dh_network_pair *pairs, int32_t n) {
    struct dh_network_pair **sorted = malloc(((size_t)n + 1) * sizeof(struct dh_network_pair *));
    enum dh_err err = sorted ? DH_OK : no_memory(f);
    for (int32_t i = 0; sorted && i < n; i++)
        sorted[i] = &pairs[i];
    if (sorted && n > 0)
        qsort(sorted, (size_t)n, sizeof(struct dh_network_pair *), by_pair);
    for (int32_t i = 0; err == DH_OK && i < n; i++) {
        bool again = i > 0 && sorted[i]->src == sorted[i - 1]->src && sorted[i]->dst == sorted[i - 1]->dst;
        if (again)
            sorted[i]->route = sorted[i - 1]->route;
        else
            err = add_route(f, sorted[i], &sorted[i]->route);
    }
    free(sorted);
    return err;
}

enum dh_err dh_flow_network_route(struct dh_flow_network *f, struct dh_network_pair *pairs, int32_t n,
                                  const char *input) {
    for (int32_t i = 0; f->routes_path && i < n; i++)
        pairs[i].route = find_route(f, pairs[i].src, pairs[i].dst);
    if (!f->routes_path)
        DH_TRY(route_all(f, pairs, n));
    for (int32_t i = 0; i < n; i++)
        if (pairs[i].route < 0)
            return no_route(f, &pairs[i], input);
    return DH_OK;
}

enum dh_err dh_flow_network_read(struct dh_flow_network *f, const char *links, const char *routes,
                                 struct dh_diag *diag) {
    *f = (struct dh_flow_network){.links_path = links, .routes_path = routes, .diag = diag};
    DH_TRY(read_links(f));
    return routes ? read_routes(f, routes) : make_graph(f);
}

void dh_flow_network_free(struct dh_flow_network *f) {
    dh_link_graph_delete(f->graph);
    free(f->links);
    free(f->routes);
    free(f->hops);
    free(f->nodes);
}
