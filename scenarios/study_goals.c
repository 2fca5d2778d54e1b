/* What a study wants: objectives, constraints, how much may be spent on the search, at which demand it is
 * asked again. */
#include "scenarios/study_read.h"

#include "sim/text.h"
#include "sim/units.h"

#include <math.h>
#include <string.h>

static struct dh_place place_of(const struct dh_study *study, const struct dh_node *node, const char *name) {
    const struct dh_attr *a = name ? dh_node_attr(node, name) : NULL;
    struct dh_place place = a ? dh_attr_place(node, a, true) : dh_node_place(node);
    place.file = study->path; /* the source is gone when it is used */
    return place;
}

/* A number above low and below high, by itself or in percent; NAN where it is not given. */
enum dh_err dh_study_read_share(struct dh_tree *tree, const struct dh_node *node, const char *name,
                                double low, double high, double *out) {
    const char *value = dh_node_value(node, name);
    size_t end = 0;
    *out = NAN;
    if (!value)
        return DH_OK;
    if (dh_number_parse(value, strlen(value), out, &end) != DH_OK)
        return dh_study_fail(tree, DH_ERR_NUMBER, node, name, "this is a number, such as 0.95 or 95 %");
    const char *rest = value + end + strspn(value + end, " ");
    if (strcmp(rest, "%") == 0)
        *out /= 100;
    else if (*rest)
        return dh_study_fail(tree, DH_ERR_UNIT, node, name, "this is a number without a unit, or in %");
    if (!(*out > low && *out < high)) {
        const struct dh_attr *a = dh_node_attr(node, name);
        return dh_tree_fail(tree, DH_ERR_RANGE, dh_attr_place(node, a, true),
                            "%s lies between %g and %g (not on them), not at '%.60s'", name, low, high,
                            value);
    }
    return DH_OK;
}

static enum dh_err keep(struct dh_study *study, const char *text, const char **out) {
    *out = text ? dh_arena_strdup(&study->mem, text) : NULL;
    return text && !*out ? DH_ERR_MEMORY : DH_OK;
}

static enum dh_err read_common(struct dh_tree *tree, struct dh_study *study, const struct dh_node *node,
                               struct dh_study_goal *goal) {
    const char *key = dh_node_value(node, "key"), *name = dh_node_value(node, "name");
    if (!key || !key[0])
        return dh_study_fail(tree, DH_ERR_MISSING, node, key ? "key" : NULL,
                             "key is missing: a figure of the summary, such as cost.total");
    *goal = (struct dh_study_goal){.confidence = NAN, .probability = NAN};
    goal->place = place_of(study, node, NULL);
    goal->key_place = place_of(study, node, "key");
    goal->value_place = place_of(study, node, "value");
    goal->step_place = place_of(study, node, "step");
    goal->confidence_place = place_of(study, node, "confidence");
    goal->probability_place = place_of(study, node, "probability");
    DH_TRY(keep(study, key, &goal->key));
    DH_TRY(keep(study, name && name[0] ? name : key, &goal->name));
    return DH_OK;
}

static enum dh_err read_objective(struct dh_tree *tree, struct dh_study *study, const struct dh_node *node) {
    static const char *const known[] = {"key", "sense", "name", NULL};
    DH_TRY(dh_study_check_names(tree, node, known));
    if (study->n_objective == DH_STUDY_OBJECTIVES)
        return dh_study_fail(tree, DH_ERR_TOO_MANY, node, NULL, "a study has at most 4 objectives");
    struct dh_study_goal *goal = &study->objectives[study->n_objective];
    const char *sense = dh_node_value(node, "sense");
    DH_TRY(read_common(tree, study, node, goal));
    goal->most = sense && strcmp(sense, "max") == 0;
    if (sense && !goal->most && strcmp(sense, "min") != 0)
        return dh_study_fail(tree, DH_ERR_VALUE, node, "sense", "sense is min or max");
    for (int32_t i = 0; i < study->n_objective; i++)
        if (strcmp(study->objectives[i].key, goal->key) == 0)
            return dh_study_fail(tree, DH_ERR_DUPLICATE_ID, node, "key", "this is an objective already");
    study->n_objective++;
    return DH_OK;
}

static enum dh_err read_op(struct dh_tree *tree, const struct dh_node *node, enum dh_study_op *op) {
    static const struct {
        const char *word;
        enum dh_study_op op;
    } words[] = {
        {"<=",       DH_STUDY_AT_MOST },
        {"at-most",  DH_STUDY_AT_MOST },
        {"le",       DH_STUDY_AT_MOST },
        {">=",       DH_STUDY_AT_LEAST},
        {"at-least", DH_STUDY_AT_LEAST},
        {"ge",       DH_STUDY_AT_LEAST},
        {"<",        DH_STUDY_BELOW   },
        {"below",    DH_STUDY_BELOW   },
        {"lt",       DH_STUDY_BELOW   },
        {">",        DH_STUDY_ABOVE   },
        {"above",    DH_STUDY_ABOVE   },
        {"gt",       DH_STUDY_ABOVE   },
    };
    const char *value = dh_node_value(node, "op");
    for (size_t i = 0; value && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, value) == 0) {
            *op = words[i].op;
            return DH_OK;
        }
    return dh_study_fail(tree, value ? DH_ERR_VALUE : DH_ERR_MISSING, node, "op",
                         "op is at-most, at-least, below or above (or &lt;= >= &lt; >)");
}

static enum dh_err read_constraint(struct dh_tree *tree, struct dh_study *study, const struct dh_node *node) {
    static const char *const known[] = {"key",        "op",          "value", "name",
                                        "confidence", "probability", "step",  NULL};
    const char *value = dh_node_value(node, "value"), *step = dh_node_value(node, "step");
    DH_TRY(dh_study_check_names(tree, node, known));
    if (study->n_constraint == DH_STUDY_CONSTRAINTS)
        return dh_study_fail(tree, DH_ERR_TOO_MANY, node, NULL, "a study has at most 16 constraints");
    struct dh_study_goal *goal = &study->constraints[study->n_constraint];
    DH_TRY(read_common(tree, study, node, goal));
    DH_TRY(read_op(tree, node, &goal->op));
    if (!value || !value[0])
        return dh_study_fail(tree, DH_ERR_MISSING, node, value ? "value" : NULL,
                             "value is missing: the limit, with its unit");
    DH_TRY(keep(study, value, &goal->value));
    DH_TRY(keep(study, step, &goal->step));
    DH_TRY(dh_study_read_share(tree, node, "confidence", 0, 1, &goal->confidence));
    DH_TRY(dh_study_read_share(tree, node, "probability", 0, 1, &goal->probability));
    study->n_constraint++;
    return DH_OK;
}

static enum dh_err read_search(struct dh_tree *tree, struct dh_study *study, const struct dh_node *node) {
    static const char *const known[] = {"simulations", "share", NULL};
    int64_t simulations;
    DH_TRY(dh_study_check_names(tree, node, known));
    if (study->simulations >= 0 || !isnan(study->share))
        return dh_study_fail(tree, DH_ERR_DUPLICATE_ID, node, NULL, "a study says this once");
    if (dh_node_attr(node, "simulations") && dh_node_attr(node, "share"))
        return dh_study_fail(tree, DH_ERR_VALUE, node, "share", "either simulations or a share of all");
    study->search_place = place_of(study, node, dh_node_attr(node, "share") ? "share" : "simulations");
    DH_TRY(dh_study_read_whole(tree, node, "simulations", 1, 100000000, -1, &simulations));
    study->simulations = simulations;
    const char *share = dh_node_value(node, "share");
    if (share && (strcmp(share, "1") == 0 || strcmp(share, "100 %") == 0 || strcmp(share, "100%") == 0)) {
        study->share = 1;
        return DH_OK;
    }
    return dh_study_read_share(tree, node, "share", 0, 1, &study->share);
}

static enum dh_err read_factors(struct dh_tree *tree, struct dh_study_demand *demand,
                                const struct dh_node *node) {
    const char *at = dh_node_value(node, "factors");
    if (!at)
        return DH_OK;
    demand->n_factor = 0;
    if (strcmp(at, "none") == 0)
        return DH_OK;
    for (bool more = true; more;) {
        size_t n = strcspn(at, "|"), end = 0;
        double f = NAN;
        if (demand->n_factor == DH_STUDY_FACTORS)
            return dh_study_fail(tree, DH_ERR_TOO_MANY, node, "factors", "at most 8 factors");
        if (dh_number_parse(at, n, &f, &end) != DH_OK || at + end + strspn(at + end, " ") != at + n ||
            !(f > 0 && f <= 100))
            return dh_study_fail(tree, DH_ERR_RANGE, node, "factors",
                                 "factors are numbers above 0 and up to 100, | between them; or none");
        for (int32_t i = 0; i < demand->n_factor; i++)
            if (demand->factors[i] == f)
                return dh_study_fail(tree, DH_ERR_DUPLICATE_ID, node, "factors",
                                     "this factor is there already");
        demand->factors[demand->n_factor++] = f;
        more = at[n] == '|';
        at += n + more;
    }
    return DH_OK;
}

static enum dh_err read_demand(struct dh_tree *tree, struct dh_study *study, const struct dh_node *node) {
    static const char *const known[] = {"factors", "path", "parameter", "base", NULL};
    struct dh_study_demand *demand = &study->demand;
    const char *path = dh_node_value(node, "path"), *parameter = dh_node_value(node, "parameter"),
               *base = dh_node_value(node, "base");
    size_t end = 0;
    DH_TRY(dh_study_check_names(tree, node, known));
    if (demand->given)
        return dh_study_fail(tree, DH_ERR_DUPLICATE_ID, node, NULL, "a study says this once");
    demand->given = true;
    demand->place = place_of(study, node, NULL);
    DH_TRY(read_factors(tree, demand, node));
    if (path && parameter)
        return dh_study_fail(tree, DH_ERR_VALUE, node, "parameter", "either a path or a parameter");
    if (!path && !parameter)
        return base ? dh_study_fail(tree, DH_ERR_VALUE, node, "base", "base is that of a path or a parameter")
                    : DH_OK;
    if (!base || dh_number_parse(base, strlen(base), &demand->base, &end) != DH_OK ||
        !isfinite(demand->base) || strlen(base + end) > 32)
        return dh_study_fail(tree, base ? DH_ERR_NUMBER : DH_ERR_MISSING, node, "base",
                             "base is the value at factor 1, a number with its unit");
    DH_TRY(keep(study, path, &demand->path));
    DH_TRY(keep(study, parameter, &demand->parameter));
    return keep(study, base + end, &demand->unit);
}

static enum dh_err read_seeds(struct dh_tree *tree, struct dh_study *study, const struct dh_node *node) {
    static const char *const known[] = {"n", NULL};
    int64_t n;
    DH_TRY(dh_study_check_names(tree, node, known));
    DH_TRY(dh_study_read_whole(tree, node, "n", 1, 100000, 1, &n));
    study->seeds = (int32_t)n;
    return DH_OK;
}

enum dh_err dh_study_read_goal(struct dh_tree *tree, struct dh_study *study, const struct dh_node *node,
                               bool *taken) {
    static const struct {
        const char *name;
        enum dh_err (*read)(struct dh_tree *, struct dh_study *, const struct dh_node *);
    } parts[] = {
        {"objective",  read_objective      },
        {"constraint", read_constraint     },
        {"search",     read_search         },
        {"demand",     read_demand         },
        {"seeds",      read_seeds          },
        {"phases",     dh_study_read_phases},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].name, node->name) == 0) {
            *taken = true;
            return parts[i].read(tree, study, node);
        }
    *taken = false;
    return DH_OK;
}
