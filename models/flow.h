/* Flows that share links: max-min fair rates, and when each flow has delivered its bytes.
 *
 * A flow is a fluid: bytes that pass all links of a route at one rate. Rates are weighted max-min fair
 * (Bertsekas and Gallager, Data Networks, 1992, 6.5.2): rate = weight times level; every link that is full
 * has a level, and a flow's level is the least of its links' and of cap/weight. Equivalently, no link carries
 * more than its capacity, and every flow is at its cap or has a bottleneck: a full link on which no flow has
 * a higher level. There is exactly one such allocation. It is made anew at each start and end; between them
 * rates are constant, so an end is known exactly and time is continuous.
 *
 * Few links notice one flow more or less. So each keeps its level, and only those whose own flows' other
 * limits changed are solved again, lowest levels first, until nothing moves; changes of the 14th digit are
 * not passed on. A fixed point is the allocation itself, however it was reached. Where many flows start or
 * end at once, and where the search should not come to rest soon, all links are filled progressively.
 *
 * Bytes: what a flow has sent is the integral of its rate; it ends when that is its size, so that flows
 * deliver what was asked of them to the bit. Time is in double seconds: ends closer than 2e-15 of the clock
 * are one instant.
 *
 * The same calls give the same bits. No call but start, reroute and reserve allocates. */
#ifndef DH_MODELS_FLOW_H
#define DH_MODELS_FLOW_H

#include <datahall/err.h>

#include <stdint.h>

/* Of a route; and of what uses many links at once. */
enum { DH_FLOW_MAX_HOPS = 255, DH_FLOW_MAX_LINKS = 65535 };

struct dh_flow_spec {
    const int32_t *links; /* of the route, each once, in any order; copied */
    int32_t n_link;       /* 0 to DH_FLOW_MAX_LINKS; without links only the cap limits */
    double bytes;         /* 0 or more, finite; with 0 the flow ends at once and takes no part in sharing */
    double weight;        /* above 0, finite; 0 stands for 1 */
    double cap;           /* bytes/s, above 0; 0 stands for none */
    /* Bytes that each link carries for one of the flow, above 0, finite; NULL: one. So a collective whose
     * messages wait for one another is one flow: all of them move at one rate, and a link with three of them
     * carries 3. */
    const double *shares;
};

struct dh_flow_net;

/* Links with capacities in bytes/s, above 0 and finite; clock at 0. NULL without memory or with another
 * capacity. Delete it. */
struct dh_flow_net *dh_flow_net_new(const double *capacity, int32_t n_link);
void dh_flow_net_delete(struct dh_flow_net *net);

/* Makes room at once for so many flows at a time, and links of their routes together, which else grows as
 * they come. DH_ERR_RANGE for less than 0 or more than 2^29, DH_ERR_MEMORY. */
enum dh_err dh_flow_net_reserve(struct dh_flow_net *net, int32_t n_flow, int32_t n_hop);

/* A flow begins now. *id is free to be given again once the flow has ended. DH_ERR_RANGE for what the
 * comments above do not allow, DH_ERR_MEMORY; then nothing has changed. */
enum dh_err dh_flow_net_start(struct dh_flow_net *net, const struct dh_flow_spec *flow, int32_t *id);

double dh_flow_net_now(const struct dh_flow_net *net);
/* When the next flow ends, if nothing changes before; INFINITY where none is under way or all stand still. */
double dh_flow_net_next(struct dh_flow_net *net);
/* Moves the clock to at, from now to the next end; an earlier or later one is taken as that bound.
 * (*ended)[0 … *n_ended - 1]: flows that end then, in the order of their ids, valid until the next call. */
void dh_flow_net_advance(struct dh_flow_net *net, double at, const int32_t **ended, int32_t *n_ended);

/* A link fails (0: flows over it stand still), is repaired, or has more or less from now on. DH_ERR_RANGE for
 * less than 0 or no number. */
enum dh_err dh_flow_net_set_capacity(struct dh_flow_net *net, int32_t link, double capacity);
/* A flow under way takes another route from now on, with the bytes that are left. As dh_flow_net_start. */
enum dh_err dh_flow_net_reroute(struct dh_flow_net *net, int32_t id, const int32_t *links,
                                const double *shares, int32_t n_link);

/* A flow under way goes on with another cap from now on: above 0; 0 stands for none. DH_ERR_RANGE. */
enum dh_err dh_flow_net_set_cap(struct dh_flow_net *net, int32_t id, double cap);
/* A flow under way ends now with what it has sent. Its id is free. */
void dh_flow_net_cancel(struct dh_flow_net *net, int32_t id);

/* Of a flow under way: bytes/s (INFINITY without any limit), and bytes sent until now. */
double dh_flow_net_rate(struct dh_flow_net *net, int32_t id);
double dh_flow_net_sent(struct dh_flow_net *net, int32_t id);
/* Bytes still to be sent: with those sent, what was asked for, to the bit. */
double dh_flow_net_left(struct dh_flow_net *net, int32_t id);
/* Bytes that a link has carried until now: of ended flows their sizes, of others what they have sent,
 * by their shares. */
double dh_flow_net_carried(struct dh_flow_net *net, int32_t link);

/* What there was to do since the beginning. */
struct dh_flow_work {
    int64_t fills;   /* of all links together */
    int64_t solves;  /* of single links */
    int64_t changes; /* of a flow's rate */
};
struct dh_flow_work dh_flow_net_work(const struct dh_flow_net *net);

#endif
