/* Reading a scenario, stage by stage, and looking things up in it. */
#include "scenarios/scenario_stages.h"

#include "scenarios/scenario_file.h"
#include "scenarios/scenario_ids.h"
#include "scenarios/scenario_inputs.h"
#include "scenarios/scenario_profile.h"
#include "sim/hash.h"

#include <fcntl.h>
#include <stdio.h>
#include <math.h>
#include <stdlib.h>
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
        dh_tree_fail(tree, DH_ERR_NAMESPACE, place,
                     "scenario is not in the namespace " DH_SCENARIO_NAMESPACE);
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
    DH_TRY(dh_merge_profiles(tree, options));
    dh_node_resolve(tree->root, DH_ELEMENT_scenario);
    DH_TRY(dh_merge_sets(tree, options, true));
    DH_TRY(dh_merge_parameters(tree, options));
    DH_TRY(dh_ids_collect(tree));
    if (!tree->too_many && dh_tree_error(tree) == DH_OK)
        DH_TRY(dh_merge_bases(tree));
    DH_TRY(dh_merge_sets(tree, options, false));
    DH_TRY(dh_profiles_attach(tree));
    tree->live_later = options && options->live_later;
    dh_read_structs(tree, &out->spec);
    if (!tree->structure_bad && !tree->too_many)
        dh_refs_check(tree);
    DH_TRY(dh_tree_error(tree));
    dh_refs_mark(tree);
    dh_profiles_check_used(tree);
    if (!options || !options->no_files)
        dh_inputs_check_paths(tree);
    DH_TRY(dh_tree_error(tree));
    dh_prune_and_sort(tree, &out->spec);
    dh_profiles_apply(tree, &out->spec);
    dh_check_meaning(tree, &out->spec);
    return dh_tree_error(tree);
}

static enum dh_err write_effective(struct dh_scenario_file *out, struct dh_diag *diag) {
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
        err = dh_schema_check(text.at, text.n, diag, out->path);
    dh_text_free(&text);
    return err == DH_ERR_MEMORY ? dh_fail(diag, err, (struct dh_place){.file = out->path}, "out of memory")
                                : err;
}

static enum dh_err begin(struct dh_tree *tree, struct dh_scenario_file *out, const char *path,
                         const char *folder, const struct dh_scenario_options *options) {
    *out = (struct dh_scenario_file){0};
    out->path = dh_arena_strdup(&out->mem, path);
    out->folder = dh_arena_strdup(&out->mem, folder);
    if (!out->path || !out->folder)
        return fail_memory(tree);
    tree->folder = out->folder;
    if (!options || !options->no_files)
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
    return err == DH_OK ? write_effective(tree->out, tree->diag) : err;
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
    enum dh_err err = begin(&tree, out, path, folder, options);
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

enum dh_err dh_scenario_read_memory(struct dh_scenario_file *out, const char *text, size_t n,
                                    const char *path, const char *folder,
                                    const struct dh_scenario_options *options, struct dh_diag *diag) {
    struct dh_diag unheard = {0};
    struct dh_tree tree = {.folder_fd = -1, .out = out, .diag = diag ? diag : &unheard};
    tree.errors_before = tree.diag->n_error;
    enum dh_err err = begin(&tree, out, path, folder ? folder : ".", options);
    if (err == DH_OK)
        err = read_text(&tree, text, n, 0, 0, options);
    dh_tree_free(&tree);
    dh_diag_free(&unheard);
    return err;
}

/* Hash of a whole file, read in pieces: a log may be larger than memory should hold. */
enum dh_err dh_file_sha256(const char *path, char hex[static DH_SHA256_HEX], struct dh_diag *diag) {
    static const size_t PIECE = 1 << 16;
    struct dh_place place = {.file = path};
    int fd;
    struct stat status;
    const char *why;
    enum dh_err err = dh_file_open(path, &fd, &status, &why);
    if (err != DH_OK)
        return dh_fail(diag, err, place, "%s %s", path, why);
    char *bytes = malloc(PIECE);
    struct dh_sha256 hash;
    dh_sha256_init(&hash);
    ssize_t n = 0;
    while (bytes && (n = read(fd, bytes, PIECE)) > 0)
        dh_sha256_add(&hash, bytes, (size_t)n);
    free(bytes);
    close(fd);
    if (!bytes)
        return dh_fail(diag, DH_ERR_MEMORY, place, "out of memory");
    if (n < 0)
        return dh_fail(diag, DH_ERR_IO, place, "%s cannot be read", path);
    dh_sha256_finish_hex(&hash, hex);
    return DH_OK;
}

/* What the logs replace is no input any more: only files of the workload are dropped. */
static bool was_replaced(const struct dh_scenario *sc, const struct dh_input_file *input) {
    for (int32_t w = 0; w < sc->n_workloads; w++)
        for (int32_t l = 0; l < sc->workloads[w].n_logs; l++) {
            const char *href = sc->workloads[w].logs[l].href;
            size_t long_n = strlen(href), short_n = strlen(input->path);
            if (long_n >= short_n && strcmp(href + long_n - short_n, input->path) == 0)
                return true;
        }
    return false;
}

enum dh_err dh_scenario_replace_logs(struct dh_scenario_file *file, const struct dh_log_spec *logs,
                                     int32_t n_log, struct dh_diag *diag) {
    struct dh_workload_spec *workload = dh_arena_alloc(&file->mem, sizeof *workload);
    struct dh_log_spec *copies = dh_arena_array(&file->mem, (size_t)n_log, sizeof *copies);
    struct dh_input_file *inputs =
        dh_arena_array(&file->mem, (size_t)(file->n_input + n_log), sizeof *inputs);
    if (!workload || !copies || !inputs)
        return dh_fail(diag, DH_ERR_MEMORY, file->spec.place, "out of memory");
    int32_t n_input = 0;
    for (int32_t i = 0; i < file->n_input; i++)
        if (!was_replaced(&file->spec, &file->inputs[i]))
            inputs[n_input++] = file->inputs[i];
    for (int32_t i = 0; i < n_log; i++) {
        char hex[DH_SHA256_HEX];
        DH_TRY(dh_file_sha256(logs[i].href, hex, diag));
        copies[i] = logs[i];
        copies[i].href = dh_arena_strdup(&file->mem, file_name(logs[i].href));
        copies[i].part = dh_arena_strdup(&file->mem, logs[i].part ? logs[i].part : "");
        inputs[n_input].path = copies[i].href;
        inputs[n_input++].sha256 = dh_arena_strdup(&file->mem, hex);
    }
    double demand = file->spec.n_workloads > 0 ? file->spec.workloads[0].demand : 1;
    *workload = (struct dh_workload_spec){
        .place = file->spec.place, .logs = copies, .n_logs = n_log, .demand = demand};
    file->spec.workloads = workload;
    file->spec.n_workloads = 1;
    file->inputs = inputs;
    file->n_input = n_input;
    return write_effective(file, diag);
}

enum dh_err dh_scenario_add_events(struct dh_scenario_file *file, const struct dh_event_spec *events,
                                   int32_t n_event, struct dh_diag *diag) {
    static const struct dh_failures_spec standard = {.jobs = DH_JOBS_REQUEUE, .checkpoint_s = NAN};
    struct dh_failures_spec *failures = dh_arena_alloc(&file->mem, sizeof *failures);
    if (!failures)
        return dh_fail(diag, DH_ERR_MEMORY, file->spec.place, "out of memory");
    *failures = file->spec.n_failures > 0 ? file->spec.failures[0] : standard;
    struct dh_event_spec *all =
        dh_arena_array(&file->mem, (size_t)(failures->n_events + n_event), sizeof *all);
    if (!all)
        return dh_fail(diag, DH_ERR_MEMORY, file->spec.place, "out of memory");
    for (int32_t i = 0; i < failures->n_events; i++)
        all[i] = failures->events[i];
    for (int32_t i = 0; i < n_event; i++) {
        struct dh_event_spec *e = &all[failures->n_events + i];
        *e = events[i];
        e->at = dh_arena_strdup(&file->mem, e->at);
        e->trip = dh_arena_strdup(&file->mem, e->trip);
        e->place.file = e->place.file ? dh_arena_strdup(&file->mem, e->place.file) : NULL;
        if (!e->at || !e->trip)
            return dh_fail(diag, DH_ERR_MEMORY, file->spec.place, "out of memory");
    }
    failures->events = all;
    failures->n_events += n_event;
    file->spec.failures = failures;
    file->spec.n_failures = 1;
    return write_effective(file, diag);
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
LOOKUP(profile, profiles)
LOOKUP(device, devices)
LOOKUP(node, nodes)
LOOKUP(rack_type, rack_types)
LOOKUP(chiller, chillers)
LOOKUP(climate, climates)
LOOKUP(grid, grids)
LOOKUP(tariff, tariffs)
LOOKUP(failure_rate, failure_rates)
LOOKUP(model, models)
LOOKUP(stack, stacks)
LOOKUP(engine, engines)
LOOKUP(provider, providers)
LOOKUP(interconnect, interconnects)
LOOKUP(network, networks)
