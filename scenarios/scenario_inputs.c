#include "scenarios/scenario_inputs.h"

#include "scenarios/scenario_file.h"
#include "sim/hash.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Larger data files are refused: hashing one takes minutes and no log of this kind is near it. */
#define DATA_MAX_BYTES (INT64_C(16) << 30)

static enum dh_err enter(struct dh_tree *tree, const char *path, const char *sha256) {
    struct dh_scenario_file *out = tree->out;
    for (int32_t i = 0; i < out->n_input; i++)
        if (strcmp(out->inputs[i].path, path) == 0)
            return DH_OK;
    if ((out->n_input & (out->n_input - 1)) == 0) { /* room doubles at powers of two */
        struct dh_input_file *grown =
            dh_arena_array(&out->mem, out->n_input ? 2 * (size_t)out->n_input : 1, sizeof *grown);
        if (!grown)
            return DH_ERR_MEMORY;
        if (out->n_input)
            memcpy(grown, out->inputs, (size_t)out->n_input * sizeof *grown);
        out->inputs = grown;
    }
    struct dh_input_file input = {dh_arena_strdup(&out->mem, path), dh_arena_strdup(&out->mem, sha256)};
    if (!input.path || !input.sha256)
        return DH_ERR_MEMORY;
    out->inputs[out->n_input++] = input;
    return DH_OK;
}

enum dh_err dh_inputs_add(struct dh_tree *tree, const char *path, const char *text, size_t n) {
    char hex[DH_SHA256_HEX];
    dh_sha256_hex(text, n, hex);
    return enter(tree, path, hex);
}

const char *dh_inputs_relative(struct dh_tree *tree, const struct dh_node *node, const struct dh_attr *attr) {
    const struct dh_node *written_on = attr->written_on ? attr->written_on : node;
    const char *prefix = attr->option ? "" : written_on->source->prefix;
    if (!prefix)
        prefix = "";
    char *path = dh_arena_alloc(&tree->out->mem, strlen(prefix) + strlen(attr->value) + 1);
    if (path)
        sprintf(path, "%s%s", prefix, attr->value);
    return path;
}

static enum dh_err hash_file(struct dh_tree *tree, const char *path, int fd, const char **why) {
    static const char hdf5[8] = "\x89HDF\r\n\x1a\n";
    unsigned char block[64 * 1024];
    struct dh_sha256 hash;
    dh_sha256_init(&hash);
    bool first = true;
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0) {
            *why = "cannot be read";
            return DH_ERR_IO;
        }
        if (first && n >= 8 && memcmp(block, hdf5, 8) == 0) {
            *why = "is an HDF5 file; a text file is needed here";
            return DH_ERR_PATH;
        }
        first = false;
        if (n == 0)
            break;
        dh_sha256_add(&hash, block, (size_t)n);
    }
    char hex[DH_SHA256_HEX];
    dh_sha256_finish_hex(&hash, hex);
    return enter(tree, path, hex);
}

static void check_path(struct dh_tree *tree, const struct dh_node *node, const struct dh_attr *attr) {
    struct dh_place place = dh_attr_place(node, attr, true);
    const struct dh_node *written_on = attr->written_on ? attr->written_on : node;
    if (!attr->option && !written_on->source->prefix) {
        dh_tree_fail(tree, DH_ERR_PATH, place, "a built-in catalog cannot name files");
        return;
    }
    const char *why = NULL, *path = dh_inputs_relative(tree, node, attr);
    int fd = -1;
    struct stat status;
    enum dh_err err = path ? dh_file_path_check(attr->value, &why) : DH_ERR_MEMORY;
    if (err == DH_OK)
        err = dh_file_open_inside(tree->folder_fd, path, &fd, &status, &why);
    if (err == DH_OK) {
        for (int32_t i = 0; i < tree->n_source; i++)
            if (tree->sources[i]->inode != 0 && tree->sources[i]->inode == status.st_ino &&
                tree->sources[i]->device == status.st_dev) {
                err = DH_ERR_PATH;
                why =
                    tree->sources[i]->is_main ? "is the scenario itself" : "is a file of the scenario itself";
            }
        if (err == DH_OK && status.st_size > DATA_MAX_BYTES) {
            err = DH_ERR_LIMIT_BYTES;
            why = "is larger than 16 GiB";
        }
        if (err == DH_OK)
            err = hash_file(tree, path, fd, &why);
        close(fd);
    }
    if (err != DH_OK)
        dh_tree_fail(tree, err, place, "the path '%s' %s", attr->value, why ? why : dh_err_text(err));
}

static void check_paths(struct dh_tree *tree, const struct dh_node *node) {
    if (node->element < 0 || tree->too_many)
        return;
    const struct dh_element *element = dh_element((enum dh_element_id)node->element);
    for (const struct dh_attr *attr = node->attrs; attr; attr = attr->next) {
        const struct dh_field *field = dh_element_attribute(element, attr->name);
        if (field && field->kind == DH_FIELD_PATH)
            check_path(tree, node, attr);
    }
    for (const struct dh_node *child = node->first; child; child = child->next)
        check_paths(tree, child);
}

void dh_inputs_check_paths(struct dh_tree *tree) {
    for (const struct dh_node *node = tree->root->first; node; node = node->next)
        if (node->used)
            check_paths(tree, node);
}
