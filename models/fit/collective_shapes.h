/* What fit_collectives fits: the constants of one <interconnect> or <network> and how ways are made of them.
 */
#ifndef DH_MODELS_FIT_COLLECTIVE_SHAPES_H
#define DH_MODELS_FIT_COLLECTIVE_SHAPES_H

#include "models/collective.h"

enum { MOST_ROWS = 4096, MOST_CONSTANTS = 40, MOST_WAYS = 40 };
#define US 1e-6
#define GB 1e9

struct row {
    char system[96], op_name[32], notes[128];
    struct dh_collective_group group;
    enum dh_collective_op op;
    double bytes, time_s;
    const struct dh_interconnect_spec *domain;
    const struct dh_network_spec *network;
    int32_t nodes;
    int fold;
    bool judged;
};

/* What is fitted of one element. */
struct problem {
    const char *id;
    struct dh_interconnect_spec domain;
    struct dh_network_spec network;
    struct dh_collective_spec ways[MOST_WAYS];
    struct dh_transport_spec transports[4];
    bool is_network;
    double switch_bytes_per_s; /* what another software was found to get of the same switch; 0: not known */
    void (*shape)(struct problem *p);
    const char *names[MOST_CONSTANTS];
    double values[MOST_CONSTANTS], starts[MOST_CONSTANTS], low[MOST_CONSTANTS], high[MOST_CONSTANTS];
    int n, n_shaped;
    const struct row *rows[MOST_ROWS];
    int n_row, left_out;
};

/* Makes the ways of p's constants; the first time, the constants. */
void reshape(struct problem *p);
/* How the ways of an interconnect are made: what software it stands for is in its id. */
void (*shape_of(const struct dh_interconnect_spec *domain))(struct problem *p);
void shape_network(struct problem *p);

#endif
