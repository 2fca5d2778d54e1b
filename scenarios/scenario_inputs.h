/* The files that a scenario reads, with their hashes. Private to scenarios/. */
#ifndef DH_SCENARIOS_SCENARIO_INPUTS_H
#define DH_SCENARIOS_SCENARIO_INPUTS_H

#include "scenarios/scenario_tree.h"

/* Enters a text already in memory under the name the scenario uses. Hashed now. */
enum dh_err dh_inputs_add(struct dh_tree *tree, const char *path, const char *text, size_t n);

/* Opens, examines and hashes every file that attributes name: E-PATH, E-NOT-FOUND, recorded at the attribute.
 */
void dh_inputs_check_paths(struct dh_tree *tree);

/* path of an attribute of node as seen from the scenario's folder ("logs/a.csv"). NULL: out of memory. */
const char *dh_inputs_relative(struct dh_tree *tree, const struct dh_node *node, const struct dh_attr *attr);

#endif
