/* What happens to elements before they are read: imports put in place, ${parameters} replaced, base= copied.
 */
#include "scenarios/scenario_tree.h"

#include "scenarios/catalog.h"
#include "scenarios/scenario_file.h"
#include "scenarios/scenario_ids.h"
#include "scenarios/scenario_inputs.h"
#include "sim/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- imports ------------------------------------------------------------------------------------------- */

/* The files being imported, innermost first. */
struct chain {
    const struct chain *outer;
    const struct dh_source *source;
    int depth;
};

static bool is_import(const struct dh_node *node) {
    return !node->foreign && strcmp(node->name, "import") == 0;
}

static enum dh_err fail_memory(struct dh_tree *tree) {
    return dh_tree_fail(tree, DH_ERR_MEMORY, dh_node_place(tree->root), "out of memory");
}

static struct dh_source *find_source(const struct dh_tree *tree, const char *name, dev_t device,
                                     ino_t inode) {
    for (int32_t i = 0; i < tree->n_source; i++) {
        struct dh_source *s = tree->sources[i];
        if (s->inode != 0 ? s->inode == inode && s->device == device
                          : inode == 0 && strcmp(s->name, name) == 0)
            return s;
    }
    return NULL;
}

static enum dh_err open_catalog(struct dh_tree *tree, const char *href, struct dh_place place,
                                struct dh_source **source, bool *is_new) {
    *source = find_source(tree, href, 0, 0);
    *is_new = *source == NULL;
    if (*source)
        return DH_OK;
    size_t n = 0;
    const char *name = href + strlen("catalog:"), *text = dh_catalog_text(name, &n);
    if (!text) {
        struct dh_nearest nearest = {.wanted = name};
        for (int i = 0; dh_catalog_name(i); i++)
            dh_nearest_offer(&nearest, dh_catalog_name(i));
        dh_tree_fail(tree, DH_ERR_PATH, place, "there is no built-in catalog '%s'", name);
        if (nearest.best)
            dh_diag_hint(tree->diag, "did you mean 'catalog:%s'?", nearest.best);
        return DH_ERR_PATH;
    }
    *source = dh_tree_add_source(tree, dh_arena_strdup(&tree->out->mem, href), text, n);
    if (!*source || !(*source)->name || dh_inputs_add(tree, href, text, n) != DH_OK)
        return fail_memory(tree);
    return DH_OK;
}

static enum dh_err open_file(struct dh_tree *tree, const struct dh_node *node, const char *href,
                             struct dh_place place, struct dh_source **source, bool *is_new) {
    const char *why = NULL, *prefix = node->source->prefix;
    if (!prefix)
        return dh_tree_fail(tree, DH_ERR_PATH, place, "a built-in catalog cannot import files");
    char *path = dh_arena_alloc(&tree->mem, strlen(prefix) + strlen(href) + 1);
    char *name = dh_arena_alloc(&tree->out->mem, strlen(tree->folder) + strlen(prefix) + strlen(href) + 2);
    if (!path || !name)
        return fail_memory(tree);
    sprintf(path, "%s%s", prefix, href);
    if (strcmp(tree->folder, ".") == 0)
        strcpy(name, path);
    else
        sprintf(name, "%s/%s", tree->folder, path);
    int fd = -1;
    struct stat status;
    if (tree->folder_fd < 0)
        return dh_tree_fail(tree, DH_ERR_PATH, place,
                            "the path '%s' is of a file, and none is to be opened here", href);
    enum dh_err err = dh_file_path_check(href, &why);
    if (err == DH_OK)
        err = dh_file_open_inside(tree->folder_fd, path, &fd, &status, &why);
    if (err != DH_OK)
        return dh_tree_fail(tree, err, place, "the path '%s' %s", href, why);
    *source = find_source(tree, name, status.st_dev, status.st_ino);
    *is_new = *source == NULL;
    char *text = NULL;
    size_t n = 0;
    if (*is_new)
        err = dh_file_read(&tree->mem, fd, &status, DH_XML_MAX_BYTES, &text, &n, &why);
    close(fd);
    if (err != DH_OK)
        return dh_tree_fail(tree, err, place, "the file '%s' %s", href, why);
    if (!*is_new)
        return DH_OK;
    const char *slash = strrchr(path, '/');
    *source = dh_tree_add_source(tree, name, text, n);
    if (!*source || dh_inputs_add(tree, path, text, n) != DH_OK)
        return fail_memory(tree);
    (*source)->device = status.st_dev;
    (*source)->inode = status.st_ino;
    (*source)->prefix = slash ? dh_arena_strndup(&tree->mem, path, (size_t)(slash - path) + 1) : "";
    return (*source)->prefix ? DH_OK : fail_memory(tree);
}

static enum dh_err check_import(struct dh_tree *tree, const struct dh_node *node) {
    for (const struct dh_attr *attr = node->attrs; attr; attr = attr->next)
        if (strcmp(attr->name, "href") != 0) {
            dh_tree_fail(tree, DH_ERR_UNKNOWN_ATTRIBUTE, dh_attr_place(node, attr, false),
                         "import has no attribute '%s'", attr->name);
            dh_diag_hint(tree->diag, "it has one: href");
            return DH_ERR_UNKNOWN_ATTRIBUTE;
        }
    if (!node->attrs)
        return dh_tree_fail(tree, DH_ERR_MISSING, dh_node_place(node), "import needs the attribute 'href'");
    if (node->first)
        return dh_tree_fail(tree, DH_ERR_UNKNOWN_ELEMENT, dh_node_place(node->first),
                            "import has no children");
    return DH_OK;
}

static enum dh_err check_import_root(struct dh_tree *tree, const struct dh_node *root) {
    if (strcmp(root->name, "catalog") != 0) {
        dh_tree_fail(tree, DH_ERR_ROOT, dh_node_place(root),
                     "an imported file begins with <catalog>, not <%s>", root->name);
        return DH_ERR_ROOT;
    }
    if (root->foreign)
        return dh_tree_fail(tree, DH_ERR_NAMESPACE, dh_node_place(root),
                            "catalog is not in the namespace " DH_SCENARIO_NAMESPACE);
    if (root->text_line > 0)
        return dh_tree_fail(tree, DH_ERR_TEXT,
                            (struct dh_place){root->source->name, root->text_line, root->text_col},
                            "text is not allowed in catalog");
    for (const struct dh_attr *attr = root->attrs; attr; attr = attr->next)
        if (strcmp(attr->name, "version") != 0)
            return dh_tree_fail(tree, DH_ERR_UNKNOWN_ATTRIBUTE, dh_attr_place(root, attr, false),
                                "catalog has no attribute '%s'", attr->name);
    return DH_OK;
}

static enum dh_err expand(struct dh_tree *tree, struct dh_node *parent, const struct chain *chain);

/* The children of what node imports, ready to take its place; *first is NULL when it was imported before. */
static enum dh_err import(struct dh_tree *tree, struct dh_node *node, const struct chain *outer,
                          struct dh_node **root) {
    *root = NULL;
    DH_TRY(check_import(tree, node));
    struct dh_place place = dh_attr_place(node, node->attrs, true);
    const char *href = node->attrs->value;
    struct dh_source *source = NULL;
    bool is_new = true;
    if (strncmp(href, "catalog:", 8) == 0)
        DH_TRY(open_catalog(tree, href, place, &source, &is_new));
    else
        DH_TRY(open_file(tree, node, href, place, &source, &is_new));
    for (const struct chain *c = outer; c; c = c->outer)
        if (c->source == source)
            return dh_tree_fail(tree, DH_ERR_CYCLE, place, "'%s' imports itself%s", href,
                                c == outer ? "" : " through other files");
    if (!is_new)
        return DH_OK; /* a second import of a file adds nothing */
    if (outer->depth + 1 > DH_IMPORT_MAX_DEPTH)
        return dh_tree_fail(tree, DH_ERR_LIMIT_DEPTH, place, "imports nested more than %d deep",
                            DH_IMPORT_MAX_DEPTH);
    if (tree->n_source > DH_IMPORT_MAX_FILES)
        return dh_tree_fail(tree, DH_ERR_LIMIT_ELEMENTS, place, "more than %d imported files",
                            DH_IMPORT_MAX_FILES);
    DH_TRY(dh_xml_load(tree, source, root));
    DH_TRY(check_import_root(tree, *root));
    const struct chain inner = {outer, source, outer->depth + 1};
    return expand(tree, *root, &inner);
}

static enum dh_err expand(struct dh_tree *tree, struct dh_node *parent, const struct chain *chain) {
    struct dh_node *next = parent->first;
    parent->first = parent->last = NULL;
    while (next) {
        struct dh_node *child = next;
        next = child->next;
        if (!is_import(child)) {
            dh_node_append(parent, child);
            continue;
        }
        struct dh_node *root = NULL;
        DH_TRY(import(tree, child, chain, &root));
        for (struct dh_node *entry = root ? root->first : NULL; entry;) {
            struct dh_node *after = entry->next;
            dh_node_append(parent, entry);
            entry = after;
        }
    }
    return DH_OK;
}

enum dh_err dh_merge_imports(struct dh_tree *tree) {
    const struct chain outermost = {NULL, tree->root->source, 0};
    return expand(tree, tree->root, &outermost);
}

/* Of a file, its text. */
static enum dh_err read_profile(struct dh_tree *tree, struct dh_profile_text *given) {
    int fd = -1;
    struct stat status;
    const char *why = NULL;
    char *text = NULL;
    enum dh_err err = given->text ? DH_OK : dh_file_open(given->name, &fd, &status, &why);
    if (err == DH_OK && !given->text) {
        err = dh_file_read(&tree->mem, fd, &status, DH_XML_MAX_BYTES, &text, &given->n, &why);
        given->text = text;
    }
    if (fd >= 0)
        close(fd);
    return err == DH_OK
               ? DH_OK
               : dh_tree_fail(tree, err, (struct dh_place){.file = given->name}, "%s %s", given->name, why);
}

enum dh_err dh_merge_profiles(struct dh_tree *tree, const struct dh_scenario_options *options) {
    for (int32_t i = 0; options && i < options->n_profile; i++) {
        struct dh_profile_text given = options->profiles[i];
        struct dh_node *root = NULL, *next;
        char *name = dh_arena_strdup(&tree->out->mem, given.name);
        given.name = name ? name : given.name;
        DH_TRY(read_profile(tree, &given));
        struct dh_source *source = name ? dh_tree_add_source(tree, name, given.text, given.n) : NULL;
        if (!source)
            return fail_memory(tree);
        source->is_profile = true;
        DH_TRY(dh_xml_load(tree, source, &root));
        DH_TRY(check_import_root(tree, root));
        for (struct dh_node *entry = root->first; entry; entry = next) {
            next = entry->next;
            const char *wanted = given.samples ? "samples" : "profile";
            if (strcmp(entry->name, wanted) != 0) {
                dh_tree_fail(tree, DH_ERR_UNKNOWN_ELEMENT, dh_node_place(entry),
                             "a file of %ss has no <%.80s>", given.samples ? "sample" : "profile",
                             entry->name);
                dh_tree_hint(tree, "'datahall calibrate fit' makes a profile of <samples>; other entries are "
                                   "for <import href=\"…\"/>");
                return DH_ERR_UNKNOWN_ELEMENT;
            }
            dh_node_append(tree->root, entry);
        }
    }
    return DH_OK;
}

/* ---- ${parameters} ------------------------------------------------------------------------------------- */

struct parameter {
    const char *name;
    struct dh_attr *value;
    const struct dh_node *node;
    int state; /* 0: as written, 1: being replaced, 2: done */
};

struct parameters {
    struct dh_tree *tree;
    struct parameter *all;
    int32_t n;
};

static enum dh_err substitute(struct parameters *ps, const struct dh_node *node, struct dh_attr *attr);

static struct parameter *find_parameter(struct parameters *ps, const char *name, size_t n) {
    for (int32_t i = 0; i < ps->n; i++)
        if (strlen(ps->all[i].name) == n && memcmp(ps->all[i].name, name, n) == 0)
            return &ps->all[i];
    return NULL;
}

/* Appends the value that ${name} stands for. */
static enum dh_err append_value(struct parameters *ps, const struct dh_node *node, const struct dh_attr *attr,
                                const char *name, size_t n, struct dh_text *text) {
    struct parameter *p = find_parameter(ps, name, n);
    if (!p) {
        char wanted[128];
        snprintf(wanted, sizeof wanted, "%.*s", (int)n, name);
        struct dh_nearest nearest = {.wanted = wanted};
        for (int32_t i = 0; i < ps->n; i++)
            dh_nearest_offer(&nearest, ps->all[i].name);
        dh_tree_fail(ps->tree, DH_ERR_DANGLING_REF, dh_attr_place(node, attr, true),
                     "there is no parameter called '%s'", wanted);
        if (nearest.best)
            dh_diag_hint(ps->tree->diag, "did you mean '${%s}'?", nearest.best);
        return DH_ERR_DANGLING_REF;
    }
    if (p->state == 1)
        return dh_tree_fail(ps->tree, DH_ERR_CYCLE, dh_attr_place(node, attr, true),
                            "the parameter '%s' depends on itself", p->name);
    if (p->state == 0) {
        p->state = 1;
        DH_TRY(substitute(ps, p->node, p->value));
        p->state = 2;
    }
    dh_text_puts(text, p->value->value);
    return DH_OK;
}

/* Replaces ${name} in an attribute; "$${" stands for "${". */
static enum dh_err substitute(struct parameters *ps, const struct dh_node *node, struct dh_attr *attr) {
    if (!strstr(attr->value, "${"))
        return DH_OK;
    struct dh_text text = {0};
    enum dh_err err = DH_OK;
    for (const char *c = attr->value; *c && err == DH_OK;) {
        if (strncmp(c, "$${", 3) == 0) {
            dh_text_puts(&text, "${");
            c += 3;
        } else if (strncmp(c, "${", 2) == 0) {
            const char *close = strchr(c, '}');
            if (!close) {
                err =
                    dh_tree_fail(ps->tree, DH_ERR_VALUE, dh_attr_place(node, attr, true), "'${' without '}'");
                dh_diag_hint(ps->tree->diag, "write '$${' where no parameter is meant");
                break;
            }
            err = append_value(ps, node, attr, c + 2, (size_t)(close - c - 2), &text);
            c = close + 1;
        } else {
            size_t n = 1 + strcspn(c + 1, "$");
            dh_text_add(&text, c, n);
            c += n;
        }
        if (err == DH_OK && text.n > DH_XML_MAX_VALUE)
            err = dh_tree_fail(ps->tree, DH_ERR_LIMIT_TEXT, dh_attr_place(node, attr, true),
                               "parameters make this value longer than 64 KiB");
    }
    if (err == DH_OK && !text.failed)
        attr->value = dh_arena_strndup(&ps->tree->mem, text.at ? text.at : "", text.n);
    if (err == DH_OK && (text.failed || !attr->value))
        err = fail_memory(ps->tree);
    dh_text_free(&text);
    return err;
}

static enum dh_err substitute_all(struct parameters *ps, struct dh_node *node) {
    for (struct dh_attr *attr = node->attrs; attr; attr = attr->next)
        DH_TRY(substitute(ps, node, attr));
    for (struct dh_node *child = node->first; child; child = child->next)
        DH_TRY(substitute_all(ps, child));
    return DH_OK;
}

static enum dh_err override(struct parameters *ps, const char *option) {
    const char *equal = strchr(option, '=');
    char label[160];
    snprintf(label, sizeof label, "--param %.*s", 120, option);
    char *name = dh_arena_strdup(&ps->tree->out->mem, label);
    struct dh_source *source = name ? dh_tree_add_source(ps->tree, name, NULL, 0) : NULL;
    if (!source)
        return fail_memory(ps->tree);
    struct dh_place place = {.file = source->name};
    if (!equal || equal == option)
        return dh_tree_fail(ps->tree, DH_ERR_USAGE, place, "a parameter is given as NAME=VALUE");
    struct parameter *p = find_parameter(ps, option, (size_t)(equal - option));
    if (!p) {
        char wanted[128];
        snprintf(wanted, sizeof wanted, "%.*s", (int)(equal - option), option);
        struct dh_nearest nearest = {.wanted = wanted};
        for (int32_t i = 0; i < ps->n; i++)
            dh_nearest_offer(&nearest, ps->all[i].name);
        dh_tree_fail(ps->tree, DH_ERR_USAGE, place, "the scenario has no parameter '%s'", wanted);
        if (nearest.best)
            dh_diag_hint(ps->tree->diag, "did you mean '%s'?", nearest.best);
        return DH_ERR_USAGE;
    }
    p->value->value = dh_arena_strdup(&ps->tree->mem, equal + 1);
    p->value->option = source;
    p->state = 2; /* taken as it is */
    return p->value->value ? DH_OK : fail_memory(ps->tree);
}

enum dh_err dh_merge_parameters(struct dh_tree *tree, const struct dh_scenario_options *options) {
    struct parameters ps = {.tree = tree};
    int32_t room = 0;
    for (struct dh_node *node = tree->root->first; node; node = node->next)
        room += node->element == DH_ELEMENT_parameter;
    ps.all = dh_arena_array(&tree->mem, (size_t)room + 1, sizeof *ps.all);
    if (!ps.all)
        return fail_memory(tree);
    for (struct dh_node *node = tree->root->first; node; node = node->next) {
        const char *name = node->element == DH_ELEMENT_parameter ? dh_node_value(node, "name") : NULL;
        struct dh_attr *value = name ? dh_node_attr(node, "value") : NULL;
        if (!value)
            continue; /* the reader says what is missing */
        if (find_parameter(&ps, name, strlen(name)))
            return dh_tree_fail(tree, DH_ERR_DUPLICATE_ID,
                                dh_attr_place(node, dh_node_attr(node, "name"), true),
                                "the parameter '%s' exists already: %s:%d", name,
                                dh_node_place(find_parameter(&ps, name, strlen(name))->node).file,
                                dh_node_place(find_parameter(&ps, name, strlen(name))->node).line);
        ps.all[ps.n++] = (struct parameter){.name = name, .value = value, .node = node};
    }
    for (int32_t i = 0; options && i < options->n_param; i++)
        DH_TRY(override(&ps, options->params[i]));
    for (int32_t i = 0; i < ps.n; i++)
        if (ps.all[i].state == 0) {
            ps.all[i].state = 1;
            DH_TRY(substitute(&ps, ps.all[i].node, ps.all[i].value));
            ps.all[i].state = 2;
        }
    for (struct dh_attr *attr = tree->root->attrs; attr; attr = attr->next)
        DH_TRY(substitute(&ps, tree->root, attr));
    for (struct dh_node *node = tree->root->first; node; node = node->next)
        if (node->element != DH_ELEMENT_parameter)
            DH_TRY(substitute_all(&ps, node));
    return DH_OK;
}
