/* Reading a scenario, stage by stage, and looking things up in it. */
#include "scenarios/scenario_stages.h"

#include "scenarios/scenario_file.h"
#include "scenarios/scenario_ids.h"
#include "scenarios/scenario_inputs.h"
#include "sim/hash.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum dh_err fail_memory(struct dh_tree *tree) {
    return dh_tree_fail(tree, DH_ERR_MEMORY, (struct dh_place){.file = tree->out->path}, "out of memory");
}

static enum dh_err check_root(struct dh_tree *tree) {
    const struct dh_node *root = tree->root;
    struct dh_place place = dh_node_place(root);
    const char *colon = strchr(root->name, ':');
    if (strcmp(colon ? colon + 1 : root->name, "scenario") != 0) {
        dh_tree_fail(tree, DH_ERR_ROOT, place, "a scenario begins with <scenario>, not <%.80s>", root->name);
        if (strcmp(root->name, "catalog") == 0)
            dh_diag_hint(tree->diag, "a catalog is for <import href=\"…\"/> in a scenario");
        return DH_ERR_ROOT;
    }
    if (root->foreign) {
        dh_tree_fail(tree, DH_ERR_NAMESPACE, place, "scenario is not in the namespace " DH_SCENARIO_NAMESPACE);
        dh_diag_hint(tree->diag, "write <scenario xmlns=\"" DH_SCENARIO_NAMESPACE "\" …>");
        return DH_ERR_NAMESPACE;
    }
    return DH_OK;
}

/* Text to structs. Stages that build on each other stop at the first error; the later ones collect. */
static enum dh_err read_source(struct dh_tree *tree, struct dh_source *source,
                               const struct dh_scenario_options *options) {
    struct dh_scenario_file *out = tree->out;
    DH_TRY(dh_xml_load(tree, source, &tree->root));
    DH_TRY(check_root(tree));
    DH_TRY(dh_merge_imports(tree));
    dh_node_resolve(tree->root, DH_ELEMENT_scenario);
    DH_TRY(dh_merge_sets(tree, options, true));
    DH_TRY(dh_merge_parameters(tree, options));
    DH_TRY(dh_ids_collect(tree));
    if (!tree->too_many && dh_tree_error(tree) == DH_OK)
        DH_TRY(dh_merge_bases(tree));
    DH_TRY(dh_merge_sets(tree, options, false));
    dh_read_structs(tree, &out->spec);
    if (!tree->structure_bad && !tree->too_many)
        dh_refs_check(tree);
    DH_TRY(dh_tree_error(tree));
    dh_refs_mark(tree);
    dh_inputs_check_paths(tree);
    DH_TRY(dh_tree_error(tree));
    dh_prune_and_sort(tree, &out->spec);
    dh_check_meaning(tree, &out->spec);
    return dh_tree_error(tree);
}

static enum dh_err write_effective(struct dh_tree *tree) {
    struct dh_scenario_file *out = tree->out;
    struct dh_text text = {0};
    enum dh_err err = dh_write_scenario(&out->spec, out->folder, &text);
    char hex[DH_SHA256_HEX];
    if (err == DH_OK) {
        dh_sha256_hex(text.at, text.n, hex);
        out->effective_xml = dh_arena_strndup(&out->mem, text.at, text.n);
        out->effective_sha256 = dh_arena_strdup(&out->mem, hex);
        if (!out->effective_xml || !out->effective_sha256)
            err = DH_ERR_MEMORY;
    }
    if (err == DH_OK)
        err = dh_schema_check(text.at, text.n, tree->diag, out->path);
    dh_text_free(&text);
    return err == DH_ERR_MEMORY ? fail_memory(tree) : err;
}

static enum dh_err begin(struct dh_tree *tree, struct dh_scenario_file *out, const char *path, const char *folder) {
    *out = (struct dh_scenario_file){0};
    out->path = dh_arena_strdup(&out->mem, path);
    out->folder = dh_arena_strdup(&out->mem, folder);
    if (!out->path || !out->folder)
        return fail_memory(tree);
    tree->folder = out->folder;
    tree->folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return DH_OK;
}

static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static enum dh_err read_text(struct dh_tree *tree, const char *text, size_t n, dev_t device, ino_t inode,
                             const struct dh_scenario_options *options) {
    struct dh_source *source = dh_tree_add_source(tree, tree->out->path, text, n);
    if (!source || dh_inputs_add(tree, file_name(tree->out->path), text, n) != DH_OK)
        return fail_memory(tree);
    source->prefix = "";
    source->is_main = true;
    source->device = device;
    source->inode = inode;
    if (n > DH_XML_MAX_BYTES)
        return dh_tree_fail(tree, DH_ERR_LIMIT_BYTES, (struct dh_place){.file = tree->out->path},
                            "the scenario is larger than 64 MiB");
    enum dh_err err = read_source(tree, source, options);
    return err == DH_OK ? write_effective(tree) : err;
}

enum dh_err dh_scenario_read(struct dh_scenario_file *out, const char *path,
                             const struct dh_scenario_options *options, struct dh_diag *diag) {
    struct dh_diag unheard = {0};
    struct dh_tree tree = {.folder_fd = -1, .out = out, .diag = diag ? diag : &unheard};
    tree.errors_before = tree.diag->n_error;
    char folder[4096] = ".";
    const char *slash = strrchr(path, '/');
    if (slash && (size_t)(slash - path) < sizeof folder)
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    enum dh_err err = begin(&tree, out, path, folder);
    int fd = -1;
    struct stat status;
    const char *why = NULL;
    char *text = NULL;
    size_t n = 0;
    if (err == DH_OK) {
        err = dh_file_open(path, &fd, &status, &why);
        if (err == DH_OK)
            err = dh_file_read(&tree.mem, fd, &status, DH_XML_MAX_BYTES, &text, &n, &why);
        if (fd >= 0)
            close(fd);
        if (err != DH_OK)
            dh_tree_fail(&tree, err, (struct dh_place){.file = out->path}, "%s %s", path, why);
    }
    if (err == DH_OK)
        err = read_text(&tree, text, n, status.st_dev, status.st_ino, options);
    dh_tree_free(&tree);
    dh_diag_free(&unheard);
    return err;
}

enum dh_err dh_scenario_read_memory(struct dh_scenario_file *out, const char *text, size_t n, const char *path,
                                    const char *folder, const struct dh_scenario_options *options,
                                    struct dh_diag *diag) {
    struct dh_diag unheard = {0};
    struct dh_tree tree = {.folder_fd = -1, .out = out, .diag = diag ? diag : &unheard};
    tree.errors_before = tree.diag->n_error;
    enum dh_err err = begin(&tree, out, path, folder ? folder : ".");
    if (err == DH_OK)
        err = read_text(&tree, text, n, 0, 0, options);
    dh_tree_free(&tree);
    dh_diag_free(&unheard);
    return err;
}

void dh_scenario_free(struct dh_scenario_file *file) {
    dh_arena_free(&file->mem);
    *file = (struct dh_scenario_file){0};
}

#define LOOKUP(kind, rows)                                                                                   \
    const struct dh_##kind##_spec *dh_scenario_##kind(const struct dh_scenario *sc, const char *id) {        \
        for (int32_t i = 0; id && i < sc->n_##rows; i++)                                                     \
            if (strcmp(sc->rows[i].id, id) == 0)                                                             \
                return &sc->rows[i];                                                                         \
        return NULL;                                                                                         \
    }
LOOKUP(device, devices)
LOOKUP(node, nodes)
LOOKUP(rack_type, rack_types)
LOOKUP(climate, climates)
LOOKUP(grid, grids)
LOOKUP(tariff, tariffs)
LOOKUP(provider, providers)
