/* Reading a study: what its parts share. Private to scenarios/. */
#ifndef DH_SCENARIOS_STUDY_READ_H
#define DH_SCENARIOS_STUDY_READ_H

#include "scenarios/scenario_tree.h"
#include "scenarios/study.h"

/* An error at the value of attribute `name`, or at the element where that is NULL or not there. */
enum dh_err dh_study_fail(struct dh_tree *tree, enum dh_err code, const struct dh_node *node,
                          const char *name, const char *text);
/* Attributes that are not among `known` (ends with NULL) are errors, with the nearest as hint. */
enum dh_err dh_study_check_names(struct dh_tree *tree, const struct dh_node *node, const char *const *known);
/* A whole number from low to high; fallback where it is not given. */
enum dh_err dh_study_read_whole(struct dh_tree *tree, const struct dh_node *node, const char *name,
                                int64_t low, int64_t high, int64_t fallback, int64_t *out);
enum dh_err dh_study_read_flag(struct dh_tree *tree, const struct dh_node *node, const char *name, bool *out);

/* A number of an attribute that lies above low and below high, by itself or in percent; NAN where it is not
 * given. */
enum dh_err dh_study_read_share(struct dh_tree *tree, const struct dh_node *node, const char *name,
                                double low, double high, double *out);

/* <phases> with its paths (study_phases.c). */
enum dh_err dh_study_read_phases(struct dh_tree *tree, struct dh_study *study, const struct dh_node *node);

/* <objective>, <constraint>, <search>, <demand>, <seeds>, <phases>; *taken is false for any other element. */
enum dh_err dh_study_read_goal(struct dh_tree *tree, struct dh_study *study, const struct dh_node *node,
                               bool *taken);

#endif
