/* What the files of the network's tab share. Private to viz/tab_network.c and viz/net_*.c. */
#ifndef DH_VIZ_NET_H
#define DH_VIZ_NET_H

#include "models/network.h"
#include "viz/parts.h"

/* One fabric, as it is drawn. */
struct net_view {
    struct dh_view *view;
    struct dh_scene *scene;
    int32_t fabric;
    struct dh_network_shape shape;
    const double *load, *works, *out;      /* of recorded links and switches; NULL: not known */
    int32_t first_unit[DH_N_NETWORK_UNIT]; /* rows of netunit columns; -1: not recorded */
    double top;                            /* load that the last colour stands for */
};

/* The network of the facility, with nothing out: what links join. NULL: no fabric, or no memory. */
const struct dh_network *dh_net_of(struct dh_view *view);

/* Colour of a load; DH_NO_DATA where it is not known. */
uint32_t dh_net_color(const struct net_view *n, double load);
/* A cell with a load: red and hatched where it is out, grey and hatched where nothing is known. */
void dh_net_cell(const struct net_view *n, struct dh_box box, double load, bool out);
/* Row of netunit columns of a switch or domain of the fabric, -1: not recorded; and whether it is out. */
int32_t dh_net_unit(const struct net_view *n, enum dh_network_unit unit, int32_t index);
bool dh_net_is_out(const struct net_view *n, enum dh_network_unit unit, int32_t index);

/* Rows and columns of a fabric's links with their loads; and the same of its pods, where there are some. */
void dh_net_matrix(struct net_view *n, struct dh_box box);
void dh_net_pods(struct net_view *n, struct dh_box box);

/* What is selected and hangs on the fabric, as nodes and lines. Does it? */
bool dh_net_is_selected(struct net_view *n);
void dh_net_graph(struct net_view *n, struct dh_box box);
/* Leaves (by number) of what is selected: marked in a field of as many as the fabric has. Whether any is. */
bool dh_net_selected_leaves(struct net_view *n, bool *leaves);

/* The tab of a scenario without a fabric: what is known of its links all the same. */
void dh_net_none(struct dh_view *view, struct dh_scene *scene, struct dh_box box);

#endif
