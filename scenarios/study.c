#include "scenarios/study_read.h"

#include "scenarios/scenario_file.h"
#include "scenarios/scenario_tree.h"
#include "sim/text.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- reading ----------------------------------------------------------------------------------------------
 */

enum dh_err dh_study_fail(struct dh_tree *tree, enum dh_err code, const struct dh_node *node,
                          const char *name, const char *text) {
    const struct dh_attr *attr = name ? dh_node_attr(node, name) : NULL;
    return dh_tree_fail(tree, code, attr ? dh_attr_place(node, attr, true) : dh_node_place(node), "%s", text);
}

enum dh_err dh_study_check_names(struct dh_tree *tree, const struct dh_node *node, const char *const *known) {
    for (const struct dh_attr *a = node->attrs; a; a = a->next) {
        struct dh_nearest nearest = {.wanted = a->name};
        bool found = strncmp(a->name, "xmlns", 5) == 0;
        for (int i = 0; known[i] && !found; i++) {
            found = strcmp(known[i], a->name) == 0;
            dh_nearest_offer(&nearest, known[i]);
        }
        if (found)
            continue;
        dh_tree_fail(tree, DH_ERR_UNKNOWN_ATTRIBUTE, dh_attr_place(node, a, false),
                     "<%.40s> has no attribute %.80s", node->name, a->name);
        if (nearest.best)
            dh_tree_hint(tree, "is it %s?", nearest.best);
        return DH_ERR_UNKNOWN_ATTRIBUTE;
    }
    return DH_OK;
}

/* A whole number from low to high; fallback where it is not given. */
enum dh_err dh_study_read_whole(struct dh_tree *tree, const struct dh_node *node, const char *name,
                                int64_t low, int64_t high, int64_t fallback, int64_t *out) {
    const struct dh_attr *a = dh_node_attr(node, name);
    *out = fallback;
    if (!a)
        return DH_OK;
    struct dh_place place = dh_attr_place(node, a, true);
    if (dh_integer_parse(a->value, strlen(a->value), out, NULL, place) != DH_OK || *out < low || *out > high)
        return dh_tree_fail(tree, DH_ERR_RANGE, place, "%s is a whole number from %lld to %lld, not '%.60s'",
                            name, (long long)low, (long long)high, a->value);
    return DH_OK;
}

enum dh_err dh_study_read_flag(struct dh_tree *tree, const struct dh_node *node, const char *name,
                               bool *out) {
    const char *value = dh_node_value(node, name);
    *out = value && strcmp(value, "yes") == 0;
    if (value && !*out && strcmp(value, "no") != 0)
        return dh_study_fail(tree, DH_ERR_VALUE, node, name, "a flag is yes or no");
    return DH_OK;
}

/* "20 degC": the number, and what follows it with its blank. */
static enum dh_err read_bound(struct dh_tree *tree, const struct dh_node *node, const char *name, double *out,
                              const char **unit) {
    const char *value = dh_node_value(node, name);
    size_t end = 0;
    if (!value || dh_number_parse(value, strlen(value), out, &end) != DH_OK || !isfinite(*out))
        return dh_study_fail(tree, value ? DH_ERR_NUMBER : DH_ERR_MISSING, node, value ? name : NULL,
                             value ? "a bound of a range is a number, with its unit if it has one"
                                   : "a range needs from and to, each a number with its unit");
    *unit = value + end;
    return DH_OK;
}

static enum dh_err read_values(struct dh_tree *tree, struct dh_study *study, struct dh_study_vary *v,
                               const struct dh_node *node, const char *values) {
    int32_t n = 1;
    for (const char *c = values; *c; c++)
        n += *c == '|';
    v->values = dh_arena_array(&study->mem, (size_t)n, sizeof *v->values);
    v->n_value = n;
    for (int32_t i = 0; v->values && i < n; i++) {
        size_t length = strcspn(values, "|");
        if (length == 0 || length >= DH_STUDY_VALUE)
            return dh_study_fail(tree, DH_ERR_VALUE, node, "values",
                                 "a value is 1 to 95 characters; | stands between values");
        v->values[i] = dh_arena_strndup(&study->mem, values, length);
        if (!v->values[i])
            return DH_ERR_MEMORY;
        values += length + (values[length] == '|');
    }
    return v->values ? DH_OK : DH_ERR_MEMORY;
}

static enum dh_err read_range(struct dh_tree *tree, struct dh_study *study, struct dh_study_vary *v,
                              const struct dh_node *node) {
    const char *unit_from = "", *unit_to = "", *scale = dh_node_value(node, "scale");
    int64_t levels;
    DH_TRY(read_bound(tree, node, "from", &v->from, &unit_from));
    DH_TRY(read_bound(tree, node, "to", &v->to, &unit_to));
    DH_TRY(dh_study_read_whole(tree, node, "levels", 2, 100000, 2, &levels));
    DH_TRY(dh_study_read_flag(tree, node, "whole", &v->whole));
    v->log = scale && strcmp(scale, "log") == 0;
    if (scale && !v->log && strcmp(scale, "linear") != 0)
        return dh_study_fail(tree, DH_ERR_VALUE, node, "scale", "a scale is linear or log");
    if (strcmp(unit_from, unit_to) != 0)
        return dh_study_fail(tree, DH_ERR_UNIT, node, "to", "both ends of a range have the same unit");
    if (strlen(unit_to) > 32)
        return dh_study_fail(tree, DH_ERR_UNIT, node, "to", "that is no unit");
    if (!(v->to > v->from))
        return dh_study_fail(tree, DH_ERR_RANGE, node, "to", "a range ends above where it begins");
    if (v->log && !(v->from > 0))
        return dh_study_fail(tree, DH_ERR_RANGE, node, "from", "a logarithmic range begins above 0");
    v->unit = dh_arena_strdup(&study->mem, unit_to);
    v->n_value = (int32_t)levels;
    bool grid = study->design == DH_DESIGN_CARTESIAN || study->design == DH_DESIGN_LIST,
         ends = study->design == DH_DESIGN_ONE;
    if (v->whole && (grid || ends)) { /* no number twice */
        double there = floor(v->to + 0.5) - floor(v->from + 0.5) + 1;
        if (there < 2)
            return dh_study_fail(tree, DH_ERR_RANGE, node, "to", "this range holds no two whole numbers");
        if (!dh_node_attr(node, "levels") && grid && there > 100000)
            return dh_study_fail(tree, DH_ERR_RANGE, node, "to", "that are more than 100000 whole numbers");
        if ((!dh_node_attr(node, "levels") && grid) || v->n_value > there)
            v->n_value = (int32_t)there;
        return v->unit ? DH_OK : DH_ERR_MEMORY;
    }
    if (!dh_node_attr(node, "levels") && grid)
        return dh_study_fail(tree, DH_ERR_MISSING, node, NULL,
                             "levels is missing: how many values of the range are taken");
    return v->unit ? DH_OK : DH_ERR_MEMORY;
}

static enum dh_err read_vary(struct dh_tree *tree, struct dh_study *study, const struct dh_node *node) {
    static const char *const known[] = {"name", "path",   "parameter", "values", "from",
                                        "to",   "levels", "scale",     "whole",  NULL};
    const char *path = dh_node_value(node, "path"), *parameter = dh_node_value(node, "parameter"),
               *values = dh_node_value(node, "values"), *name = dh_node_value(node, "name");
    DH_TRY(dh_study_check_names(tree, node, known));
    if (study->n_vary == DH_STUDY_VARY)
        return dh_study_fail(tree, DH_ERR_TOO_MANY, node, NULL, "a study varies at most 32 values");
    if (!path == !parameter)
        return dh_study_fail(tree, DH_ERR_MISSING, node, NULL,
                             "what varies is a path or a parameter of the scenario, one of them");
    struct dh_study_vary *v = &study->vary[study->n_vary++];
    *v = (struct dh_study_vary){.place = dh_node_place(node)};
    v->path = path ? dh_arena_strdup(&study->mem, path) : NULL;
    v->parameter = parameter ? dh_arena_strdup(&study->mem, parameter) : NULL;
    v->name = dh_arena_strdup(&study->mem, name ? name : path ? path : parameter);
    v->place.file = study->path;
    if (!v->name || (!v->path && !v->parameter))
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i + 1 < study->n_vary; i++)
        if (strcmp(study->vary[i].name, v->name) == 0)
            return dh_study_fail(tree, DH_ERR_DUPLICATE_ID, node, NULL, "this varies already");
    return values ? read_values(tree, study, v, node, values) : read_range(tree, study, v, node);
}

static enum dh_err count_points(struct dh_tree *tree, struct dh_study *study, const struct dh_node *root,
                                int64_t points) {
    bool sampled = dh_study_sampled(study), indices = study->design == DH_DESIGN_INDICES;
    double n = 1;
    if (sampled && points < 0)
        return dh_study_fail(tree, DH_ERR_MISSING, root, NULL, "points is missing: how many of them");
    if (!sampled && points >= 0)
        return dh_study_fail(tree, DH_ERR_VALUE, root, "points",
                             "the number of points follows from the values here");
    for (int32_t i = 0; i < study->n_vary; i++) {
        if (study->design == DH_DESIGN_CARTESIAN)
            n *= study->vary[i].n_value;
        else if (study->design == DH_DESIGN_LIST && i > 0 && study->vary[i].n_value != (int32_t)n)
            return dh_study_fail(tree, DH_ERR_VALUE, root, NULL, "a list has as many values of each");
        else if (study->design == DH_DESIGN_LIST)
            n = study->vary[i].n_value;
        else if (study->design == DH_DESIGN_ONE)
            n += study->vary[i].n_value; /* and the scenario as it is */
    }
    if (indices && study->n_vary > DH_STUDY_INDICES)
        return dh_study_fail(tree, DH_ERR_TOO_MANY, root, "design", "sobol-indices are of at most 20 values");
    study->n_base = indices ? (int32_t)points : 0;
    n = indices ? (double)points * (study->n_vary + 2) : sampled ? (double)points : n;
    int most = sampled ? DH_STUDY_SAMPLED : DH_STUDY_POINTS;
    if (n > most)
        return dh_tree_fail(tree, DH_ERR_RANGE, dh_node_place(root), "%.3g points; at most %d are run", n,
                            most);
    study->n_point = (int32_t)n;
    return DH_OK;
}

/* Beside the study, and below: nothing that a file names lies elsewhere. */
static enum dh_err find_scenario(struct dh_tree *tree, struct dh_study *study, const struct dh_node *root) {
    const char *href = dh_node_value(root, "scenario");
    if (!href || !href[0])
        return dh_study_fail(tree, DH_ERR_MISSING, root, NULL, "a study names its scenario");
    if (href[0] == '/' || strcmp(href, "..") == 0 || strncmp(href, "../", 3) == 0 || strstr(href, "/../"))
        return dh_study_fail(tree, DH_ERR_PATH, root, "scenario",
                             "the scenario lies in the study's folder or below");
    struct dh_text text = {0};
    dh_text_printf(&text, "%s%s", study->folder, href);
    study->scenario = text.failed ? NULL : dh_arena_strdup(&study->mem, text.at);
    dh_text_free(&text);
    return study->scenario ? DH_OK : DH_ERR_MEMORY;
}

static enum dh_err read_root(struct dh_tree *tree, struct dh_study *study, const struct dh_node *root) {
    static const char *const known[] = {"scenario", "design", "points", "seed",
                                        "seeds",    "series", "name",   NULL};
    static const char designs[] = "cartesian|list|latin-hypercube|sobol|one-at-a-time|sobol-indices";
    const char *design = dh_node_value(root, "design");
    int64_t points, seeds;
    if (strcmp(root->name, "study") != 0)
        return dh_tree_fail(tree, DH_ERR_ROOT, dh_node_place(root),
                            "a study begins with <study>, not <%.80s>", root->name);
    DH_TRY(dh_study_check_names(tree, root, known));
    DH_TRY(find_scenario(tree, study, root));
    int which = design ? dh_word_index(designs, design, strlen(design)) : 0;
    if (which < 0)
        return dh_study_fail(
            tree, DH_ERR_VALUE, root, "design",
            "a design is cartesian, list, latin-hypercube, sobol, one-at-a-time or sobol-indices");
    study->design = (enum dh_study_design)which;
    DH_TRY(dh_study_read_whole(tree, root, "points", 1, DH_STUDY_POINTS, -1, &points));
    DH_TRY(dh_study_read_whole(tree, root, "seeds", 1, 100000, 1, &seeds));
    DH_TRY(dh_study_read_whole(tree, root, "seed", 0, INT64_MAX, 1, &study->seed));
    DH_TRY(dh_study_read_flag(tree, root, "series", &study->series));
    study->seeds = (int32_t)seeds;
    study->simulations = -1;
    study->share = NAN;
    study->demand.factors[0] = 0.8;
    study->demand.factors[1] = 1.2;
    study->demand.n_factor = 2;
    for (const struct dh_node *child = root->first; child; child = child->next) {
        bool taken = strcmp(child->name, "vary") == 0;
        if (taken)
            DH_TRY(read_vary(tree, study, child));
        else
            DH_TRY(dh_study_read_goal(tree, study, child, &taken));
        if (!taken)
            return dh_tree_fail(tree, DH_ERR_UNKNOWN_ELEMENT, dh_node_place(child),
                                "<study> has no element %.80s", child->name);
    }
    if (study->n_vary == 0)
        return dh_study_fail(tree, DH_ERR_MISSING, root, NULL,
                             "a study varies something: <vary path=\"…\" values=\"…|…\"/>");
    return count_points(tree, study, root, points);
}

enum dh_err dh_study_read(struct dh_study *study, const char *path, struct dh_diag *diag) {
    struct dh_diag unheard = {0};
    struct dh_tree tree = {.folder_fd = -1, .diag = diag ? diag : &unheard};
    struct stat status;
    const char *why = NULL, *slash = strrchr(path, '/');
    char *text = NULL;
    size_t n = 0;
    int fd = -1;
    *study = (struct dh_study){0};
    study->path = dh_arena_strdup(&study->mem, path);
    study->folder = dh_arena_strndup(&study->mem, path, slash ? (size_t)(slash - path) + 1 : 0);
    enum dh_err err = study->path && study->folder ? dh_file_open(path, &fd, &status, &why) : DH_ERR_MEMORY;
    if (err == DH_OK)
        err = dh_file_read(&tree.mem, fd, &status, DH_XML_MAX_BYTES, &text, &n, &why);
    if (fd >= 0)
        close(fd);
    if (err != DH_OK) {
        dh_fail(tree.diag, err, (struct dh_place){path, 0, 0}, "%s %s", path, why ? why : "cannot be read");
    } else {
        struct dh_source *source = dh_tree_add_source(&tree, study->path, text, n);
        err = source ? dh_xml_load(&tree, source, &tree.root) : DH_ERR_MEMORY;
        if (err == DH_OK)
            err = read_root(&tree, study, tree.root);
    }
    dh_tree_free(&tree);
    dh_diag_free(&unheard);
    return err;
}

void dh_study_free(struct dh_study *study) {
    dh_arena_free(&study->mem);
    *study = (struct dh_study){0};
}
