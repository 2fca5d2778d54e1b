/* Tori and meshes of sites.
 *
 * Torus: host (x, y, …) is x + size_x (y + …). Links of host h: h ports … , dimension after dimension, up
 * then down; a dimension of 2 has one neighbor and one link to it, one of 1 none. Mesh: of site s to each
 * other one, by number. */
#include "models/topology_internal.h"

#include <math.h>
#include <stdio.h>

static int32_t size_of(const struct dh_topology *t, int32_t dimension) {
    return t->size[dimension] > 0 ? t->size[dimension] : 1;
}

static int32_t ports_of(const struct dh_topology *t, int32_t dimension) {
    int32_t size = size_of(t, dimension);
    return size > 2 ? 2 : size - 1;
}

static int32_t all_ports(const struct dh_topology *t) {
    int32_t ports = 0;
    for (int32_t d = 0; d < DH_TORUS_DIMENSIONS; d++)
        ports += ports_of(t, d);
    return ports;
}

static const char *init(struct dh_topology *t, int64_t *n_host, int64_t *n_node, int64_t *n_link) {
    *n_host = 1;
    int64_t longest = 0;
    for (int32_t d = 0; d < DH_TORUS_DIMENSIONS; d++) {
        if (t->size[d] < 0)
            return "a dimension of the torus is below 0";
        *n_host *= size_of(t, d);
        longest += size_of(t, d) / 2;
        if (*n_host > 1 << 27)
            return "there are more than 2^26 links or nodes";
    }
    if (longest > DH_TOPOLOGY_HOPS)
        return "ways through the torus are longer than 255 links";
    *n_node = *n_host;
    *n_link = *n_host * all_ports(t);
    return t->domain > 0 ? "domains are for fat trees" : NULL;
}

/* The host one step along a dimension. */
static int32_t step(const struct dh_topology *t, int32_t host, int32_t dimension, int32_t by) {
    int32_t stride = 1, size = size_of(t, dimension);
    for (int32_t d = 0; d < dimension; d++)
        stride *= size_of(t, d);
    int32_t at = host / stride % size;
    return host + ((at + by + size) % size - at) * stride;
}

static struct dh_topology_link link(const struct dh_topology *t, int32_t link) {
    int32_t ports = all_ports(t), host = link / ports, port = link % ports, d = 0;
    for (; port >= ports_of(t, d); d++)
        port -= ports_of(t, d);
    return (struct dh_topology_link){host, step(t, host, d, port == 0 ? 1 : -1), DH_LINK_LOCAL};
}

static int32_t route(const struct dh_topology *t, int32_t src, int32_t dst, uint64_t number, int32_t *links) {
    int32_t ports = all_ports(t), port = 0, n = 0, at = src, from = src, to = dst;
    (void)number; /* dimensions have an order, and the shorter way is one */
    for (int32_t d = 0; d < DH_TORUS_DIMENSIONS; d++) {
        int32_t size = size_of(t, d), x = from % size, up = (to % size - x + size) % size;
        bool down = 2 * up > size || (2 * up == size && size > 2 && x % 2 != 0);
        for (int32_t left = down ? size - up : up; left > 0; left--) {
            links[n++] = at * ports + port + (down ? 1 : 0);
            at = step(t, at, d, down ? -1 : 1);
        }
        port += ports_of(t, d);
        from /= size;
        to /= size;
    }
    return n;
}

static void node_name(const struct dh_topology *t, int32_t node, char *name, size_t room) {
    size_t n = (size_t)snprintf(name, room, "host");
    for (int32_t d = 0; d < DH_TORUS_DIMENSIONS; d++) {
        if (t->size[d] > 0 && n < room)
            n += (size_t)snprintf(name + n, room - n, d == 0 ? " %d" : ",%d", node % size_of(t, d));
        node /= size_of(t, d);
    }
}

/* Two cuts around each ring of the longest dimension. */
static double bisection(const struct dh_topology *t) {
    int32_t size = 1;
    for (int32_t d = 0; d < DH_TORUS_DIMENSIONS; d++)
        size = size_of(t, d) > size ? size_of(t, d) : size;
    if (size % 2 != 0)
        return NAN;
    return (size > 2 ? 2.0 : 1.0) * (t->n_host / size) * t->link[DH_LINK_LOCAL].bytes_per_s;
}

const struct dh_topology_family dh_topology_torus = {init, link, route, node_name, bisection};

/* ---- mesh */

static const char *mesh_init(struct dh_topology *t, int64_t *n_host, int64_t *n_node, int64_t *n_link) {
    if (t->sites < 1 || t->sites > 1 << 15)
        return "a mesh has 1 to 32,768 sites";
    *n_host = *n_node = t->sites;
    *n_link = (int64_t)t->sites * (t->sites - 1);
    return t->domain > 0 ? "domains are for fat trees" : NULL;
}

static struct dh_topology_link mesh_link(const struct dh_topology *t, int32_t link) {
    int32_t from = link / (t->sites - 1), k = link % (t->sites - 1);
    return (struct dh_topology_link){from, k < from ? k : k + 1, DH_LINK_GLOBAL};
}

static int32_t mesh_route(const struct dh_topology *t, int32_t src, int32_t dst, uint64_t number,
                          int32_t *links) {
    (void)number; /* there is one line */
    links[0] = src * (t->sites - 1) + (dst < src ? dst : dst - 1);
    return 1;
}

static void site_name(const struct dh_topology *t, int32_t node, char *name, size_t room) {
    (void)t;
    snprintf(name, room, "site %d", node);
}

static double mesh_bisection(const struct dh_topology *t) {
    double half = t->sites / 2;
    return t->sites % 2 != 0 ? NAN : half * half * t->link[DH_LINK_GLOBAL].bytes_per_s;
}

const struct dh_topology_family dh_topology_mesh = {mesh_init, mesh_link, mesh_route, site_name,
                                                    mesh_bisection};
