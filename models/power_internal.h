/* What power.c (nodes and jobs) and power_graph.c (racks and stages) share. Private to models/. */
#ifndef DH_MODELS_POWER_INTERNAL_H
#define DH_MODELS_POWER_INTERNAL_H

#include "models/power.h"

/* The meter has this power from now on. */
void dh_meter_set(struct dh_meter *meter, dh_uw power, dh_time now);

/* fixed + linear P + square P^2 of an output P. */
dh_uw dh_quadratic_loss(dh_uw out, double fixed_w, double linear, double square_per_w);

/* Stages and loads of p->f, in service and all to be settled. DH_ERR_MEMORY. */
enum dh_err dh_power_graph_init(struct dh_power *p);

#endif
