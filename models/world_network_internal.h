/* Between the files of jobs on a network: who is on which link (world_network.c), and what pace that leaves
 * them (world_network_pace.c). */
#ifndef DH_MODELS_WORLD_NETWORK_INTERNAL_H
#define DH_MODELS_WORLD_NETWORK_INTERNAL_H

#include "models/world_network.h"

/* One job on one link. */
struct dh_link_user {
    int32_t job, link, next, before; /* others of the link; -1: none */
    double most;                     /* bytes/s */
};

/* A job that runs. */
struct dh_on_network {
    struct dh_job_traffic traffic;
    bool shares;    /* fidelity flow */
    int32_t *slots; /* GPUs that it holds: node's first slot + GPU */
    int32_t n_slot;
    int32_t *domains; /* links of the domains within which it communicates */
    int32_t n_domain;
    int32_t *users; /* its rows of the user table */
    double *mean;   /* bytes/s that a step at full speed puts on each link of `traffic`, as a mean */
    double start;   /* of its steps, as a share of one */
    dh_time done;   /* useful work of the attempt when it started */
};

/* What jobs of one size of a stream send in a step. */
struct dh_sent_by {
    bool known, trains;
    struct dh_training_traffic step;
};

struct dh_world_network {
    struct dh_network_use use;
    int32_t n_link;
    double *seen;        /* capacities that paces were found with */
    double *load;        /* of each link: the most that its users put on it, together */
    int32_t *first_user; /* -1: none */
    struct dh_link_user *users;
    int32_t n_user, user_room, free_user;
    struct dh_on_network **of; /* of each job that runs, else NULL */
    bool *had;                 /* jobs that had traffic */
    int32_t *first_slot;       /* of each node */
    bool *taken;               /* slots */
    struct dh_sent_by **sent;  /* of each stream: of each size */
    int32_t *dirty, n_dirty;
    bool *is_dirty;
    int32_t *met, round;    /* the round in which a job was last met */
    int32_t *group, *local; /* scratch: jobs; of each link its number there */
    bool planned;           /* an event of this instant */
    bool looks;             /* and then at capacities first */
};

/* Could all that use a link fill it? */
static inline bool dh_network_can_fill(const struct dh_world_network *n, const double *capacity,
                                       int32_t link) {
    return n->load[link] > capacity[link] * (1 + 1e-12);
}

/* Who is on links that have more or less than before, or has another way: their paces are to be found. */
enum dh_err dh_world_network_look(struct dh_world *w);

#endif
