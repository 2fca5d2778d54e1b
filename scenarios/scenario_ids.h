/* Who is called what: (element, id) to the element that bears it. Private to scenarios/. */
#ifndef DH_SCENARIOS_SCENARIO_IDS_H
#define DH_SCENARIOS_SCENARIO_IDS_H

#include "scenarios/scenario_tree.h"

/* Enters every element with an id, and records E-DUPLICATE-ID with both places. Elements must be resolved. */
enum dh_err dh_ids_collect(struct dh_tree *tree);

/* NULL when there is none. */
struct dh_node *dh_ids_find(const struct dh_tree *tree, int32_t element, const char *id);

/* Those with ids that are unique in the scenario, in document order; NULL behind the last. */
const struct dh_node *dh_ids_at(const struct dh_tree *tree, int32_t index);

/* Letters, digits, '.', '_', ':', '-' and non-ASCII letters; 1 to 255 bytes; not "." or "..".
 * NULL when id is good, else what is wrong. */
const char *dh_id_fault(const char *id);

/* Checks each reference: E-DANGLING-REF, E-REF-KIND. */
void dh_refs_check(struct dh_tree *tree);

/* Marks what is used, following references from the scenario's own elements. */
void dh_refs_mark(struct dh_tree *tree);

/* Is this an entry that serves base= only: a power stage or plant directly below the root? */
bool dh_node_is_template(const struct dh_node *node);

void dh_id_table_free(struct dh_id_table *table);

#endif
