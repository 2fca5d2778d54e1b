/* Jobs on the network of a run: what each puts on which links, and the paces that follow where they share
 * them.
 *
 * A job that starts gets its flow from its placement (models/job_traffic.h); its ranks are numbered along its
 * nodes in the order of the facility, accelerator by accelerator. Links know who uses them. At the end of an
 * instant at which a job came, left, or a link failed or was repaired, the jobs that are coupled with it
 * through links which all of them could fill are simulated together (models/contention.h), and get new paces;
 * nobody else is looked at. Each job begins its steps at a moment of its own, drawn from its stream of random
 * numbers. A job that needs a link or a domain of which nothing works stands still until it is repaired.
 *
 * fidelity="collective": jobs share nothing, but stand still likewise; "none": they have no traffic. */
#ifndef DH_MODELS_WORLD_NETWORK_H
#define DH_MODELS_WORLD_NETWORK_H

#include "models/job_traffic.h"
#include "models/world.h"

/* What jobs sent so far, bytes by the class of link they passed (models/job_traffic.h), and how often paces
 * were found. */
struct dh_network_use {
    double bytes[DH_N_LINK_CLASS];
    int64_t n_solved, n_coupled, n_event, n_unsettled; /* groups; jobs in them; events; groups cut short */
    int32_t n_job;                                     /* that had traffic */
};

/* Once, after the pool's start; no change without a network. DH_ERR_MEMORY. */
enum dh_err dh_world_network_start(struct dh_world *w);
void dh_world_network_free(struct dh_world *w);

/* A job has got its GPUs; is about to lose them, its progress up to now counted. DH_ERR_MEMORY. */
enum dh_err dh_world_network_came(struct dh_world *w, int32_t job);
enum dh_err dh_world_network_left(struct dh_world *w, int32_t job);
/* Capacities of w->network have changed, or its routes: all of an instant are looked at together. */
enum dh_err dh_world_network_changed(struct dh_world *w);
/* The paces, once an instant. */
enum dh_err dh_world_on_network(struct dh_des *des, void *world, const struct dh_event *ev);

/* NULL without a network. At the end of a run: with what still ran. */
const struct dh_network_use *dh_world_network_use(const struct dh_world *w);
/* Has the job had traffic that others could slow? */
bool dh_world_network_used(const struct dh_world *w, int32_t job);
/* At the end of the run, jobs still running: counts what they sent. */
void dh_world_network_close(struct dh_world *w);
/* Time on GPUs over what it would have been without waiting for the network, all attempts; NAN for a job
 * without traffic or that only waited. */
double dh_world_network_slowdown(const struct dh_world *w, int32_t job);

/* The same of all jobs; in the world's memory. NULL without a network, or without memory for it. */
const double *dh_world_network_slowdowns(struct dh_world *w);

/* Bytes/s on each link now: of the steps of all jobs, as a mean over each, at its present pace. Host links
 * and all; zeros without jobs. */
void dh_world_network_rates(const struct dh_world *w, double *bytes_per_s);

/* Of each node the leaf unit that it hangs on, for placement; arena memory, NULL without a network. */
const int32_t *dh_world_leaf_units(struct dh_world *w);

#endif
