/* What a study says about the years to come. */
#include "scenarios/study_read.h"

#include "sim/text.h"

#include <math.h>
#include <string.h>

static enum dh_err read_path(struct dh_tree *tree, struct dh_study *study, const struct dh_node *node) {
    static const char *const known[] = {"name", "growth", "probability", NULL};
    struct dh_study_phases *phases = &study->phases;
    const char *name = dh_node_value(node, "name");
    if (strcmp(node->name, "path") != 0)
        return dh_tree_fail(tree, DH_ERR_UNKNOWN_ELEMENT, dh_node_place(node),
                            "<phases> has no element %.80s", node->name);
    DH_TRY(dh_study_check_names(tree, node, known));
    if (phases->n_path == DH_STUDY_PATHS)
        return dh_study_fail(tree, DH_ERR_TOO_MANY, node, NULL, "at most 8 paths");
    struct dh_study_path *path = &phases->paths[phases->n_path++];
    path->name = dh_arena_strdup(&study->mem, name ? name : "");
    DH_TRY(dh_study_read_share(tree, node, "growth", -0.9, 9, &path->growth));
    DH_TRY(dh_study_read_share(tree, node, "probability", 0, 1, &path->probability));
    if (isnan(path->growth) || isnan(path->probability))
        return dh_study_fail(
            tree, DH_ERR_MISSING, node, NULL,
            "a path has a growth a year and a probability: growth=\"0.2\" probability=\"0.5\"");
    return path->name ? DH_OK : DH_ERR_MEMORY;
}

enum dh_err dh_study_read_phases(struct dh_tree *tree, struct dh_study *study, const struct dh_node *node) {
    static const char *const known[] = {"years", "growth", "sigma", "confidence", "rate", "samples", NULL};
    struct dh_study_phases *phases = &study->phases;
    int64_t years, samples;
    double sum = 0;
    DH_TRY(dh_study_check_names(tree, node, known));
    if (phases->given)
        return dh_study_fail(tree, DH_ERR_DUPLICATE_ID, node, NULL, "a study says this once");
    phases->given = true;
    phases->place = dh_node_place(node);
    phases->place.file = study->path;
    DH_TRY(dh_study_read_whole(tree, node, "years", 2, DH_STUDY_YEARS, -1, &years));
    DH_TRY(dh_study_read_whole(tree, node, "samples", 100, 100000, 2000, &samples));
    DH_TRY(dh_study_read_share(tree, node, "growth", -0.9, 9, &phases->growth));
    DH_TRY(dh_study_read_share(tree, node, "sigma", 0, 2, &phases->sigma));
    DH_TRY(dh_study_read_share(tree, node, "confidence", 0, 1, &phases->confidence));
    DH_TRY(dh_study_read_share(tree, node, "rate", 0, 1, &phases->rate));
    for (const struct dh_node *child = node->first; child; child = child->next)
        DH_TRY(read_path(tree, study, child));
    for (int32_t i = 0; i < phases->n_path; i++)
        sum += phases->paths[i].probability;
    if (years < 0)
        return dh_study_fail(tree, DH_ERR_MISSING, node, NULL, "years is missing: how many, 2 to 12");
    if (isnan(phases->growth) == (phases->n_path == 0))
        return dh_study_fail(
            tree, DH_ERR_MISSING, node, "growth",
            "demand grows by growth=\"0.2\" a year (and sigma), or along <path>s, one of them");
    if (phases->n_path > 0 && !isnan(phases->sigma))
        return dh_study_fail(tree, DH_ERR_VALUE, node, "sigma", "paths are certain: sigma goes with growth");
    if (phases->n_path > 0 && fabs(sum - 1) > 1e-9)
        return dh_study_fail(tree, DH_ERR_RANGE, node, NULL, "the probabilities of the paths sum to 1");
    phases->years = (int32_t)years;
    phases->samples = (int32_t)samples;
    phases->sigma = isnan(phases->sigma) ? 0 : phases->sigma;
    phases->confidence = isnan(phases->confidence) ? 0.9 : phases->confidence;
    return DH_OK;
}
