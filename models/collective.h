/* How long one collective takes on an idle fabric, in closed form, and what it puts on which links. Constants
 * come from the catalog (<interconnect>, <network> of catalog:interconnects.xml), where
 * models/fit/fit_collectives.c puts what it fitted on published measurements.
 *
 * Bytes S are those of nccl-tests: what one rank holds of an all-reduce, broadcast or message; the whole
 * result of an all-gather; the whole input of a reduce-scatter; what one rank sends to all (itself included)
 * of an all-to-all; the tokens of one rank, once, of a dispatch or combine of experts. busbw, nccl-tests'
 * measure of the links, is S/t times 2(n-1)/n, (n-1)/n or 1.
 *
 * Within one domain of n ranks each way of a collective is a line with two additions (AI.md 4), and the
 * fastest way counts of those that the library considers at this size (piece-max, moved-max):
 *
 *   t = start + hypot(k step, x) + 2 sqrt(pipeline x),   x = f S/rate (1 + own/(n-1))
 *
 * and k step + x instead of the root in ways that are no ring: neighbors of a ring pass parts on while others
 * still come, so the shorter of steps and transfer hides behind the longer (a plateau up to some 100 KiB a
 * rank, measured on every generation of links).
 * k steps and f of the bytes: ring all-reduce 2(n-1), 2(n-1)/n; ring all-gather and reduce-scatter n-1,
 * (n-1)/n; broadcast n-1, 1; direct ways n-1 and the same bytes, or with a rate to each peer 1/n; a message
 * 1, 1; a switch that reduces 1, 1; one-shot all-reduce n-1, n-1. own is the rank's copy of its own part. A
 * message cut into c parts that each cost `pipeline` takes x/c longer until the first has passed: the best c
 * gives the root.
 *
 * Several domains, N of L ranks (AI.md 4; NCCL's algorithms): the bytes that cross the network pass the
 * domain's adapters, L nics rate efficiency (1 - loss log2(N/4)) bytes/s, while the rest moves within
 * domains; the slower of both bounds, and latencies add up:
 *
 *   ring        2(N-1) hops, 2(n-1)/n S across; all-gather, reduce-scatter, broadcast N-1 hops, (n-1)/n S or
 *               S across; its steps through each domain add up
 *   tree        2 ceil(log2 N) hops, w S across, w = 1 for N = 2, else 2
 *   in network  2 hops, S across (switches reduce)
 *   all-to-all  L S (N-1)/N across, ceil(log2 N) hops; a message 1 hop, S over one adapter
 *   dispatch    of L ranks' tokens to each other domain that has one of a token's eight experts, drawn evenly
 *
 * Within domains the same bytes move as fast as the domain's large messages do; where switches reduce while
 * messages cross, a share `inside` of that is left (the adapters' traffic passes the same links).
 *
 * Time never falls with more bytes. */
#ifndef DH_MODELS_COLLECTIVE_H
#define DH_MODELS_COLLECTIVE_H

#include "scenarios/scenario.h"

#include <stdbool.h>
#include <stdint.h>

/* As the words of <collective op=…>. */
enum dh_collective_op {
    DH_ALL_REDUCE,
    DH_ALL_GATHER,
    DH_REDUCE_SCATTER,
    DH_ALL_TO_ALL,
    DH_BROADCAST,
    DH_SEND,
    DH_DISPATCH,
    DH_COMBINE,
    DH_N_COLLECTIVE_OP
};
/* As the words of <collective way=…>. */
enum dh_collective_way { DH_WAY_RING, DH_WAY_DIRECT, DH_WAY_PEER, DH_WAY_SWITCH, DH_WAY_ONE_SHOT };

/* What a group runs on. network NULL: one domain only. */
struct dh_collective_fabric {
    const struct dh_interconnect_spec *domain;
    const struct dh_network_spec *network;
};

/* Who takes part. ranks_per_domain: how many of them share one domain of links (8 of eight-GPU nodes, 1 where
 * each node sends one rank); 0: as many as fit. nics: network adapters of each rank; 0: as the network says.
 * rings: the library is told to use no tree and no reducing switch. */
struct dh_collective_group {
    int32_t ranks, ranks_per_domain;
    double nics;
    bool rings;
};

/* `ranks` spread evenly over so many servers with accelerators linked as domain says. */
struct dh_collective_group dh_collective_group_of(const struct dh_interconnect_spec *domain, int32_t servers,
                                                  int32_t ranks);

/* What a collective does with the links, for an expansion into flows. Bytes are per direction. */
struct dh_collective_plan {
    double time_s;       /* NAN: no constants for this */
    double latency_s;    /* the part that no bandwidth shortens */
    double rank_bytes;   /* through the links of each rank within its domain */
    double domain_bytes; /* through the adapters of each domain together; 0: one domain */
    int32_t domains;
    double low, high;     /* 90 % band: multiples of time_s */
    const char *protocol; /* name in the catalog */
};

/* Seconds of one collective; bytes >= 0. One rank: 0. NAN: the catalog has no constants for this collective
 * on this fabric, or several domains without a network. */
double dh_collective_s(const struct dh_collective_fabric *fabric, enum dh_collective_op op, double bytes,
                       const struct dh_collective_group *group);
/* The same with what it does on the way. */
struct dh_collective_plan dh_collective_plan(const struct dh_collective_fabric *fabric,
                                             enum dh_collective_op op, double bytes,
                                             const struct dh_collective_group *group);

/* S/t times this is nccl-tests' bus bandwidth. */
double dh_collective_bus_factor(enum dh_collective_op op, double ranks);

/* Is name one of a list of names separated by ';'? As a whole, or part: somewhere in name, between what is
 * neither letter nor digit. Letters of either case. Returns the length of the longest that is, 0: none. */
int32_t dh_collective_names(const char *list, const char *name, bool part);

/* What measurements of `system` ran on: the interconnect and the network whose names and words fit best,
 * NULL: none. An alias that is the whole name comes first. An interconnect is otherwise known by its device
 * in the name and, where it was made for one software, by that software's words in notes or name; a network
 * by its words, by its devices where several fit or where it is the usual one. */
const struct dh_interconnect_spec *dh_collective_find_domain(const struct dh_interconnect_spec *all,
                                                             int32_t n, const char *system,
                                                             const char *notes);
const struct dh_network_spec *dh_collective_find_network(const struct dh_network_spec *all, int32_t n,
                                                         const char *system, const char *notes);

/* Textbook forms on n ranks with latency alpha and bandwidth beta of each link (Thakur, Rabenseifner, Gropp,
 * "Optimization of collective communication operations in MPICH", 2005). Ranks at least 1. Halving and
 * doubling of a number that is no power of two first folds the ranks beyond one: two more messages. */
double dh_ring_all_reduce_s(int32_t ranks, double bytes, double alpha_s, double beta_bytes_per_s);
double dh_ring_all_gather_s(int32_t ranks, double bytes, double alpha_s, double beta_bytes_per_s);
double dh_halving_doubling_all_reduce_s(int32_t ranks, double bytes, double alpha_s, double beta_bytes_per_s);
double dh_pairwise_all_to_all_s(int32_t ranks, double bytes, double alpha_s, double beta_bytes_per_s);
double dh_binomial_broadcast_s(int32_t ranks, double bytes, double alpha_s, double beta_bytes_per_s);

#endif
