/* Parts of dh_check_meaning. Private to scenarios/. */
#ifndef DH_SCENARIOS_SCENARIO_CHECK_H
#define DH_SCENARIOS_SCENARIO_CHECK_H

#include "scenarios/scenario_tree.h"

/* Place of the value of an attribute of the element that begins at place; place where it has none. */
struct dh_place dh_check_place(struct dh_tree *tree, struct dh_place place, const char *name);

/* The power tree (cycles, depth, overload) and what hangs on it, all in one site. */
void dh_check_site(struct dh_tree *tree, const struct dh_scenario *scenario, const struct dh_site_spec *site);

/* Datasets, pipelines and loaders of the workload that there is; gpus: of all racks. */
void dh_check_data(struct dh_tree *tree, const struct dh_scenario *scenario, int64_t gpus);
/* Stores of data. */
void dh_check_storage(struct dh_tree *tree, const struct dh_data_storage_spec *storage);
void dh_check_finance(struct dh_tree *tree, const struct dh_economics_spec *eco); /* has a <finance> */

#endif
