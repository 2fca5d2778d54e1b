/* What models/flow.c (flows, clock, bytes) and models/flow_rates.c (levels of links) share. */
#ifndef DH_MODELS_FLOW_INTERNAL_H
#define DH_MODELS_FLOW_INTERNAL_H

#include "models/flow.h"

#include <stdbool.h>
#include <stddef.h>

/* MANY: so many starts and ends at once, with few flows beside them, are settled by filling all links. */
enum { DH_FLOW_NO_LINK = -1, DH_FLOW_BLOCK = 64, DH_FLOW_MANY = 64 };

/* A flow as one of its links sees it. */
struct dh_flow_entry {
    double other, weight; /* other: the least of the flow's limits elsewhere; weight: times its share here */
    int32_t flow, hop;    /* hop: index into hops, where the flow keeps the entry's place */
};

struct dh_flow_link {
    double capacity;

    struct dh_flow_entry *entries;
    int32_t n, room;
};

struct dh_flow_hop {
    int32_t link, place; /* place: in the link's entries */
};

/* What rates need of a flow, close together. */
struct dh_flow_limits {
    double first, second; /* least and second least of its links' levels and its cap's */
    double weight, cap;   /* cap: as a level, INFINITY without one */
    int32_t at;           /* the link of the least, DH_FLOW_NO_LINK: the cap's or none */
    int32_t hop, n_hop;   /* its route: hops[hop …] */
    bool live, listed;    /* in use; in `changed` */
    bool shared;          /* links carry other than 1 byte for one: weights of entries differ */
    bool fresh;           /* in `started`: on its route since rates were last settled */
};

/* How a flow stands. */
struct dh_flow_account {
    double bytes, left, rate, since; /* left: at since, from when on rate has held */
};

/* A link and the key that orders it in a heap. */
struct dh_flow_key {
    double level;
    int32_t link;
};

struct dh_flow_net {
    struct dh_flow_link *links;
    double *level;   /* by link; INFINITY: not full */
    double *carried; /* by links, of flows that have ended */
    int32_t n_link;

    struct dh_flow_limits *limits; /* these four by flow */
    struct dh_flow_account *accounts;
    double *end;      /* INFINITY: of none */
    int32_t *changed; /* flows whose limits changed */
    int32_t n_flow, flow_room, n_live, n_changed;
    int32_t *vacant; /* ids free to be given again */
    int32_t n_vacant;
    int32_t *started; /* since the last time rates were settled */
    int32_t n_started, n_ended;
    int32_t *ended;

    struct dh_flow_hop *hops;
    int32_t n_hop, hop_room;
    int32_t vacant_hops[DH_FLOW_MAX_LINKS + 1]; /* by length, first of a chain through .place; -1: none */
    int32_t longest;                            /* of all flows so far */
    uint32_t *mark, last_mark;                  /* by link: seen in the check of a flow */

    double *block_end; /* least end of each DH_FLOW_BLOCK flows */
    bool *block_stale;
    int32_t *stale;
    int32_t n_stale;

    struct dh_flow_key *queue; /* heap: links to be solved again, or in a fill all that are not yet */
    int32_t n_queue;
    bool *queued;
    double *free_share, *open; /* in a fill, by link: capacity left, weights not yet fixed */
    int32_t *capped;           /* scratch of a fill */

    double now;
    bool settled, told; /* told: flows and links know their limits as of the last fill */
    struct dh_flow_work work;
};

/* Bytes that the link of a hop carries for one of the flow. */
static inline double dh_flow_share(const struct dh_flow_net *net, const struct dh_flow_limits *f,
                                   int32_t hop) {
    return f->shared ? net->links[net->hops[hop].link].entries[net->hops[hop].place].weight / f->weight : 1;
}

/* Sets a flow's rate as of now, and when it ends. */
void dh_flow_set_rate(struct dh_flow_net *net, int32_t flow, double rate);

/* Notes that a link's flows, or their other limits, have changed. */
void dh_flow_queue_link(struct dh_flow_net *net, int32_t link);

/* Brings all levels and rates in order after flows have started and ended. */
void dh_flow_settle(struct dh_flow_net *net);

#endif
