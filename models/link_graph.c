#include "models/link_graph.h"

#include <stdlib.h>
#include <string.h>

struct dh_link_graph {
    struct dh_graph_link *links;
    int32_t *out, *first_out; /* of node n: out[first_out[n] … first_out[n + 1] - 1], in the order of links */
    int32_t *in, *first_in;
    bool *ends, *link_cut, *node_cut;

    int32_t *distance;                  /* links to dst; -1: not reached by the search so far */
    int32_t *reached;                   /* nodes in the order of their distance */
    int32_t n_reached, n_searched, dst; /* dst -1: of no search */
    int32_t n_node, n_link;
};

/* Links by one of their nodes, in their own order. */
static void sort_links(const struct dh_link_graph *g, bool by_from, int32_t *first, int32_t *sorted) {
    for (int32_t i = 0; i < g->n_link; i++)
        first[1 + (by_from ? g->links[i].from : g->links[i].to)]++;
    for (int32_t n = 0; n < g->n_node; n++)
        first[n + 1] += first[n];
    for (int32_t i = 0; i < g->n_link; i++)
        sorted[first[by_from ? g->links[i].from : g->links[i].to]++] = i;
    memmove(first + 1, first, (size_t)g->n_node * sizeof *first);
    first[0] = 0;
}

struct dh_link_graph *dh_link_graph_new(int32_t n_node, const bool *ends, const struct dh_graph_link *links,
                                        int32_t n_link) {
    struct dh_link_graph *g = calloc(1, sizeof *g);
    if (!g || n_node < 0 || n_link < 0)
        goto fail;
    size_t nodes = (size_t)n_node + 1, edges = (size_t)n_link + 1;
    g->n_node = n_node;
    g->n_link = n_link;
    g->dst = -1;
    g->links = calloc(edges, sizeof *g->links);
    g->out = calloc(edges, sizeof *g->out);
    g->in = calloc(edges, sizeof *g->in);
    g->link_cut = calloc(edges, sizeof *g->link_cut);
    g->first_out = calloc(nodes, sizeof *g->first_out);
    g->first_in = calloc(nodes, sizeof *g->first_in);
    g->ends = calloc(nodes, sizeof *g->ends);
    g->node_cut = calloc(nodes, sizeof *g->node_cut);
    g->distance = calloc(nodes, sizeof *g->distance);
    g->reached = calloc(nodes, sizeof *g->reached);
    if (!g->links || !g->out || !g->in || !g->link_cut || !g->first_out || !g->first_in || !g->ends ||
        !g->node_cut || !g->distance || !g->reached)
        goto fail;
    for (int32_t i = 0; i < n_link; i++) {
        if (links[i].from < 0 || links[i].from >= n_node || links[i].to < 0 || links[i].to >= n_node)
            goto fail;
        g->links[i] = links[i];
    }
    for (int32_t n = 0; n < n_node; n++) {
        g->ends[n] = ends && ends[n];
        g->distance[n] = -1;
    }
    sort_links(g, true, g->first_out, g->out);
    sort_links(g, false, g->first_in, g->in);
    return g;
fail:
    dh_link_graph_delete(g);
    return NULL;
}

void dh_link_graph_delete(struct dh_link_graph *g) {
    if (!g)
        return;
    void *parts[] = {g->links,    g->out,  g->in,       g->link_cut, g->first_out,
                     g->first_in, g->ends, g->node_cut, g->distance, g->reached};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        free(parts[i]);
    free(g);
}

static void forget(struct dh_link_graph *g) {
    for (int32_t i = 0; i < g->n_reached; i++)
        g->distance[g->reached[i]] = -1;
    g->n_reached = g->n_searched = 0;
    g->dst = -1;
}

void dh_link_graph_cut_link(struct dh_link_graph *g, int32_t link, bool cut) {
    g->link_cut[link] = cut;
    forget(g);
}

void dh_link_graph_cut_node(struct dh_link_graph *g, int32_t node, bool cut) {
    g->node_cut[node] = cut;
    forget(g);
}

static bool open_link(const struct dh_link_graph *g, int32_t link) {
    return !g->link_cut[link] && !g->node_cut[g->links[link].from] && !g->node_cut[g->links[link].to];
}

static bool leads_on(const struct dh_link_graph *g, int32_t node) {
    return node == g->dst || !g->ends[node];
}

static void reach(struct dh_link_graph *g, int32_t node, int32_t distance) {
    if (g->distance[node] >= 0)
        return;
    g->distance[node] = distance;
    g->reached[g->n_reached++] = node;
}

/* Goes back from dst until src is reached. All nodes that are nearer to dst than src have been reached then,
 * for nodes are searched in the order in which they were reached. */
static bool search(struct dh_link_graph *g, int32_t src, int32_t dst) {
    if (g->dst != dst) {
        forget(g);
        g->dst = dst;
        reach(g, dst, 0);
    }
    while (g->distance[src] < 0 && g->n_searched < g->n_reached) {
        int32_t node = g->reached[g->n_searched++];
        if (!leads_on(g, node))
            continue;
        for (int32_t i = g->first_in[node]; i < g->first_in[node + 1]; i++)
            if (open_link(g, g->in[i]))
                reach(g, g->links[g->in[i]].from, g->distance[node] + 1);
    }
    return g->distance[src] >= 0;
}

/* The k-th link that leads from a node to the next nearer to dst; -1: there are no more than k. */
static int32_t nearer(const struct dh_link_graph *g, int32_t node, int32_t k, int32_t *n) {
    *n = 0;
    for (int32_t i = g->first_out[node]; i < g->first_out[node + 1]; i++) {
        int32_t link = g->out[i], to = g->links[link].to;
        if (!open_link(g, link) || g->distance[to] < 0 || g->distance[to] != g->distance[node] - 1 ||
            !leads_on(g, to))
            continue;
        if ((*n)++ == k)
            return link;
    }
    return -1;
}

int32_t dh_link_graph_route(struct dh_link_graph *g, int32_t src, int32_t dst, uint64_t number, int32_t most,
                            int32_t *links) {
    if (src == dst)
        return 0;
    if (!search(g, src, dst))
        return -1;
    int32_t n = g->distance[src], at = src;
    for (int32_t i = 0; n <= most && i < n; i++) {
        int32_t choices, chosen;
        nearer(g, at, INT32_MAX, &choices);
        links[i] = nearer(g, at, (int32_t)(number % (uint64_t)choices), &chosen);
        number /= (uint64_t)choices;
        at = g->links[links[i]].to;
    }
    return n;
}
