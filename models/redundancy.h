/* What a power graph carries after one failure: racks at their ratings, cooling at the power that their heat
 * asks for at design, one stage or one unit of it out, all as it is some time later: batteries empty,
 * generators running where they are wanted, transfer switches where they end up. A calculation by itself,
 * without a run; breakers, stalls and control are not in it. */
#ifndef DH_MODELS_REDUNDANCY_H
#define DH_MODELS_REDUNDANCY_H

#include "models/facility.h"
#include "models/plant.h"

struct dh_single_failure {
    int32_t stage; /* that fails; -1: nothing, the state before */
    bool whole;    /* all of it, or one of several units */
    int32_t racks_dark, cooling_dark;
    int32_t n_over;      /* stages above their usable rating by it: not before, or less so */
    int32_t most_loaded; /* of those that carry more by it; before, of all; -1: none */
    double share;        /* of its usable rating; 0 without one */
    double dark_w;       /* rating of the dark racks */
};

struct dh_redundancy {
    struct dh_single_failure *failures; /* the state before first, then each stage in order: whole, a unit */
    int32_t n;
    struct dh_arena mem;
};

/* An empty list for a graph that is too large (stages times what hangs on them above some 1e8).
 * DH_ERR_MEMORY. */
enum dh_err dh_redundancy_init(struct dh_redundancy *out, const struct dh_facility *f,
                               const struct dh_plant *plant);
void dh_redundancy_free(struct dh_redundancy *redundancy);

#endif
