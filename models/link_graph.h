/* Shortest routes over any network of nodes and directed links, found one destination at a time: memory is
 * that of the network, never that of pairs of nodes.
 *
 * A route takes as few links as there are. Where several links of a node lead on, the destination's number
 * chooses: with c of them the (q mod c)-th, in the order of the links, and q/c is left for the next choice;
 * q begins as the number. In fat trees whose cables are numbered by the parent's digit that is D-mod-k
 * (Zahavi, Fat-tree routing and node ordering providing contention free traffic, J. Parallel Distrib. Comput.
 * 72, 2012): all routes to one destination meet at one switch above it. Another number gives another of the
 * shortest routes, so that a hash spreads flows as ECMP does (RFC 2992). */
#ifndef DH_MODELS_LINK_GRAPH_H
#define DH_MODELS_LINK_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

struct dh_graph_link {
    int32_t from, to; /* nodes */
};

struct dh_link_graph;

/* Nodes 0 … n_node - 1; of ends[node] nothing is passed on (a host), with ends NULL all nodes pass on. NULL:
 * without memory, or a link leads to no node. The arrays are copied. Delete it. */
struct dh_link_graph *dh_link_graph_new(int32_t n_node, const bool *ends, const struct dh_graph_link *links,
                                        int32_t n_link);
void dh_link_graph_delete(struct dh_link_graph *graph);

/* Takes a link out of all routes, or back; a node: all its links. Each counts by itself: a link whose end is
 * out stays out. */
void dh_link_graph_cut_link(struct dh_link_graph *graph, int32_t link, bool cut);
void dh_link_graph_cut_node(struct dh_link_graph *graph, int32_t node, bool cut);

/* The route from src to dst by `number`, in order, into links[0 … most - 1]; returns how many there are. 0:
 * src is dst. -1: no way leads there. More than `most`: the shortest has as many, and none is written. Routes
 * to the same dst, one after the other, share one search. */
int32_t dh_link_graph_route(struct dh_link_graph *graph, int32_t src, int32_t dst, uint64_t number,
                            int32_t most, int32_t *links);

#endif
