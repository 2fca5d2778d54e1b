/* The later stages of reading a scenario, behind the tree. Private to scenarios/. */
#ifndef DH_SCENARIOS_SCENARIO_STAGES_H
#define DH_SCENARIOS_SCENARIO_STAGES_H

#include "scenarios/scenario_tree.h"
#include "sim/text.h"

/* Elements to structs: names, presence, units, ranges, words. Records what is wrong; the memory is out's. */
void dh_read_structs(struct dh_tree *tree, struct dh_scenario *scenario);

/* Leaves out what only served base= and catalog entries that nothing refers to, and brings everything with an
 * id into the order of the ids, so that the order in the file decides nothing. After dh_refs_mark. */
void dh_prune_and_sort(struct dh_tree *tree, struct dh_scenario *scenario);

/* What one element alone cannot show: cycles, overload, sums, tables, sizes of a run. */
void dh_check_meaning(struct dh_tree *tree, const struct dh_scenario *scenario);

/* The effective scenario: every member written out. */
enum dh_err dh_write_scenario(const struct dh_scenario *scenario, const char *folder, struct dh_text *text);

/* Second net: the effective text against scenario.xsd. A refusal is our own fault: DH_ERR_INTERNAL. */
enum dh_err dh_schema_check(const char *text, size_t n, struct dh_diag *diag, const char *path);

#endif
