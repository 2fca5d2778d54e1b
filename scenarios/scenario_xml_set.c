/* --set XPATH=VALUE. The path comes from the command line, not from a file; it is evaluated on a copy of the
 * elements without namespaces, so that names need no prefix. */
#include "scenarios/scenario_tree.h"

#include "sim/text.h"

#include <libxml/tree.h>
#include <libxml/xpath.h>

#include <stdio.h>
#include <string.h>

static xmlNodePtr mirror(const struct dh_node *node) {
    xmlNodePtr copy = xmlNewNode(NULL, BAD_CAST node->name);
    if (!copy)
        return NULL;
    copy->_private = (void *)(uintptr_t)node;
    for (const struct dh_attr *attr = node->attrs; attr; attr = attr->next)
        xmlNewProp(copy, BAD_CAST attr->name, BAD_CAST attr->value);
    for (const struct dh_node *child = node->first; child; child = child->next) {
        xmlNodePtr below = mirror(child);
        if (below)
            xmlAddChild(copy, below);
    }
    return copy;
}

/* The last '=' outside of brackets and quotes; NULL when there is none. */
static const char *split(const char *option) {
    const char *equal = NULL;
    int depth = 0;
    for (const char *c = option; *c; c++) {
        if (*c == '[' && (!equal || depth > 0))
            depth++;
        else if (*c == ']' && depth > 0)
            depth--;
        else if (*c == '=' && depth == 0)
            equal = c;
    }
    return equal;
}

static void be_quiet(void *context, xmlErrorPtr error) {
    (void)context, (void)error;
}

static xmlXPathObjectPtr evaluate(xmlDocPtr doc, const char *path) {
    xmlXPathContextPtr context = xmlXPathNewContext(doc);
    if (!context)
        return NULL;
    context->error = (xmlStructuredErrorFunc)be_quiet;
    xmlXPathObjectPtr found = xmlXPathEvalExpression(BAD_CAST path, context);
    xmlXPathFreeContext(context);
    return found;
}

static int count(xmlXPathObjectPtr found) {
    return found && found->type == XPATH_NODESET && found->nodesetval ? found->nodesetval->nodeNr : 0;
}

struct setting {
    struct dh_tree *tree;
    struct dh_source *source;
    const char *value;
    bool early; /* parameters now, the rest later */
    int n_done;
};

static enum dh_err set_one(struct setting *s, struct dh_node *node, const char *name) {
    bool parameter = node->element == DH_ELEMENT_parameter;
    s->n_done++;
    if (parameter != s->early)
        return DH_OK;
    const struct dh_element *element =
        node->element >= 0 ? dh_element((enum dh_element_id)node->element) : NULL;
    const struct dh_field *field = element ? dh_element_attribute(element, name) : NULL;
    if (!field) {
        struct dh_nearest nearest = {.wanted = name};
        for (int32_t i = 0; element && i < element->n_field; i++)
            if (element->fields[i].kind != DH_FIELD_CHILDREN)
                dh_nearest_offer(&nearest, element->fields[i].name);
        dh_tree_fail(s->tree, DH_ERR_USAGE, (struct dh_place){.file = s->source->name},
                     "%s has no attribute '%s'", node->name, name);
        if (nearest.best)
            dh_diag_hint(s->tree->diag, "did you mean '%s'?", nearest.best);
        return DH_ERR_USAGE;
    }
    struct dh_attr *attr = dh_node_set(s->tree, node, field->name, s->value);
    if (!attr)
        return dh_tree_fail(s->tree, DH_ERR_MEMORY, (struct dh_place){.file = s->source->name},
                            "out of memory");
    attr->option = s->source;
    return DH_OK;
}

/* "/scenario/site/hall/@supply": halls without that attribute get it too. Only where the last step names an
 * element, and "//@count" is nowhere in particular. */
static enum dh_err set_absent(struct setting *s, xmlDocPtr doc, const char *path) {
    const char *at = strrchr(path, '@');
    if (!at || at < path + 2 || at[-1] != '/' || at[-2] == '/' || at[-2] == '*' || strpbrk(at, "[]()*/ "))
        return DH_OK;
    char parent[2048];
    snprintf(parent, sizeof parent, "%.*s", (int)(at - path - 1), path);
    xmlXPathObjectPtr found = evaluate(doc, parent);
    enum dh_err err = DH_OK;
    for (int i = 0; i < count(found) && err == DH_OK; i++) {
        xmlNodePtr node = found->nodesetval->nodeTab[i];
        if (node->type == XML_ELEMENT_NODE && node->_private && !xmlHasProp(node, BAD_CAST(at + 1)))
            err = set_one(s, node->_private, at + 1);
    }
    xmlXPathFreeObject(found);
    return err;
}

/* Does the path lead to parameters? Then it is for the early pass. */
static bool is_for_parameters(xmlDocPtr doc, const char *path) {
    xmlXPathObjectPtr found = evaluate(doc, path);
    bool yes = false;
    for (int i = 0; i < count(found); i++) {
        xmlNodePtr node = found->nodesetval->nodeTab[i];
        const struct dh_node *owner = node->type == XML_ATTRIBUTE_NODE ? node->parent->_private : NULL;
        yes = yes || (owner && owner->element == DH_ELEMENT_parameter);
    }
    xmlXPathFreeObject(found);
    return yes;
}

static enum dh_err set(struct setting *s, xmlDocPtr doc, const char *path) {
    struct dh_place place = {.file = s->source->name};
    xmlXPathObjectPtr found = evaluate(doc, path);
    if (!found || found->type != XPATH_NODESET) {
        xmlXPathFreeObject(found);
        return dh_tree_fail(s->tree, DH_ERR_USAGE, place, "'%.200s' is not a path to attributes", path);
    }
    enum dh_err err = DH_OK;
    for (int i = 0; i < count(found) && err == DH_OK; i++) {
        xmlNodePtr node = found->nodesetval->nodeTab[i];
        if (node->type == XML_ATTRIBUTE_NODE && node->parent && node->parent->_private)
            err = set_one(s, node->parent->_private, (const char *)node->name);
        else {
            err = dh_tree_fail(s->tree, DH_ERR_USAGE, place, "'%.200s' leads to elements, not to attributes",
                               path);
            dh_diag_hint(s->tree->diag, "end the path with /@attribute");
        }
    }
    if (err == DH_OK)
        err = set_absent(s, doc, path);
    xmlXPathFreeObject(found);
    return err;
}

enum dh_err dh_merge_sets(struct dh_tree *tree, const struct dh_scenario_options *options, bool early) {
    if (!options || options->n_set == 0)
        return DH_OK;
    enum dh_err err = DH_OK;
    for (int32_t i = 0; i < options->n_set && err == DH_OK; i++) {
        const char *option = options->sets[i], *equal = split(option);
        char label[256], path[2048];
        snprintf(label, sizeof label, "--set %.200s", option);
        const char *name = dh_arena_strdup(&tree->out->mem, label);
        struct dh_source *source = name ? dh_tree_add_source(tree, name, NULL, 0) : NULL;
        if (!source)
            return dh_tree_fail(tree, DH_ERR_MEMORY, dh_node_place(tree->root), "out of memory");
        struct dh_place place = {.file = source->name};
        if (!equal || equal == option || (size_t)(equal - option) >= sizeof path)
            return dh_tree_fail(tree, DH_ERR_USAGE, place, "a setting is given as XPATH=VALUE");
        snprintf(path, sizeof path, "%.*s", (int)(equal - option), option);
        struct setting s = {.tree = tree, .source = source, .early = early};
        s.value = dh_arena_strdup(&tree->mem, equal + 1);
        xmlDocPtr doc = xmlNewDoc(BAD_CAST "1.0");
        xmlNodePtr root = doc ? mirror(tree->root) : NULL;
        if (!root || !s.value) {
            xmlFreeDoc(doc);
            return dh_tree_fail(tree, DH_ERR_MEMORY, place, "out of memory");
        }
        xmlDocSetRootElement(doc, root);
        if (!early || is_for_parameters(doc, path))
            err = set(&s, doc, path);
        xmlFreeDoc(doc);
        if (!early && err == DH_OK && s.n_done == 0)
            err = dh_tree_fail(tree, DH_ERR_USAGE, place, "'%.200s' matches nothing", path);
    }
    return err;
}
