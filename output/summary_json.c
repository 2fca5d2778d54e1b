#include "output/summary_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The tree of key parts. Children and siblings are rows, 0 is the root and means "none" elsewhere. */
struct node {
    const char *part; /* not terminated */
    size_t n_part;
    int32_t entry; /* row of the summary, -1: an object or a list */
    int32_t child, last_child, sibling;
};

struct tree {
    struct node *nodes;
    int32_t n_node;
};

static int32_t child_named(const struct tree *tree, int32_t parent, const char *part, size_t n) {
    for (int32_t c = tree->nodes[parent].child; c; c = tree->nodes[c].sibling)
        if (tree->nodes[c].n_part == n && memcmp(tree->nodes[c].part, part, n) == 0)
            return c;
    return 0;
}

static int32_t child_add(struct tree *tree, int32_t parent, const char *part, size_t n) {
    int32_t row = tree->n_node++;
    tree->nodes[row] = (struct node){.part = part, .n_part = n, .entry = -1};
    struct node *above = &tree->nodes[parent];
    if (above->last_child)
        tree->nodes[above->last_child].sibling = row;
    else
        above->child = row;
    above->last_child = row;
    return row;
}

static enum dh_err tree_build(struct tree *tree, const struct dh_summary *summary, struct dh_arena *mem) {
    size_t n_part = 1;
    for (int32_t i = 0; i < summary->n_entry; i++) {
        n_part++;
        for (const char *c = summary->entries[i].key; *c; c++)
            n_part += *c == '.';
    }
    tree->nodes = dh_arena_array(mem, n_part, sizeof *tree->nodes);
    if (!tree->nodes)
        return DH_ERR_MEMORY;
    tree->nodes[0].entry = -1;
    tree->n_node = 1;
    for (int32_t i = 0; i < summary->n_entry; i++) {
        int32_t at = 0;
        for (const char *part = summary->entries[i].key;;) {
            size_t n = strcspn(part, ".");
            int32_t next = child_named(tree, at, part, n);
            if (!next)
                next = child_add(tree, at, part, n);
            at = next;
            if (tree->nodes[at].entry >= 0)
                return DH_ERR_INTERNAL;
            if (!part[n])
                break;
            part += n + 1;
        }
        if (tree->nodes[at].child)
            return DH_ERR_INTERNAL;
        tree->nodes[at].entry = i;
    }
    return DH_OK;
}

void dh_json_put_string(struct dh_text *out, const char *string) {
    size_t n = strlen(string), length;
    dh_text_puts(out, "\"");
    for (size_t i = 0; i < n; i += length) {
        uint32_t c = 0;
        length = dh_utf8_decode(string + i, n - i, &c);
        if (length == 0) /* JSON is UTF-8 alone */
            dh_text_puts(out, "\uFFFD");
        else if (c == '"' || c == '\\')
            dh_text_printf(out, "\\%c", (char)c);
        else if (c < 0x20 || c == 0x7F)
            dh_text_printf(out, "\\u%04x", (unsigned)c);
        else
            dh_text_add(out, string + i, length);
        length += length == 0;
    }
    dh_text_puts(out, "\"");
}

/* A list if its parts are 0, 1, 2, … in this order. */
static bool is_list(const struct tree *tree, int32_t row) {
    int32_t index = 0;
    for (int32_t c = tree->nodes[row].child; c; c = tree->nodes[c].sibling, index++) {
        char expected[16];
        int n = snprintf(expected, sizeof expected, "%" PRId32, index);
        if (tree->nodes[c].n_part != (size_t)n || memcmp(tree->nodes[c].part, expected, (size_t)n) != 0)
            return false;
    }
    return index > 0;
}

static void put_value(struct dh_text *out, const struct dh_summary_entry *entry) {
    char number[40];
    switch (entry->kind) {
    case DH_SUMMARY_TEXT:
        dh_json_put_string(out, entry->text);
        return;
    case DH_SUMMARY_INTEGER:
        dh_text_printf(out, "%" PRId64, entry->integer);
        return;
    case DH_SUMMARY_NUMBER:
        break;
    }
    if (!isfinite(entry->number)) {
        dh_text_puts(out, "null");
        return;
    }
    if (entry->number == rint(entry->number) && fabs(entry->number) < 1e15)
        snprintf(number, sizeof number, "%.0f", entry->number + 0.0); /* 24000, not 2.4e+04; no -0 */
    else
        dh_number_format(entry->number, number, sizeof number);
    dh_text_puts(out, number);
}

static void put_node(struct dh_text *out, const struct dh_summary *summary, const struct tree *tree,
                     int32_t row, int depth) {
    const struct node *node = &tree->nodes[row];
    if (node->entry >= 0) {
        put_value(out, &summary->entries[node->entry]);
        return;
    }
    bool list = is_list(tree, row);
    dh_text_puts(out, list ? "[" : "{");
    for (int32_t c = node->child; c; c = tree->nodes[c].sibling) {
        dh_text_printf(out, "%s\n%*s", c == node->child ? "" : ",", 2 * (depth + 1), "");
        if (!list) {
            dh_text_puts(out, "\"");
            dh_text_add(out, tree->nodes[c].part, tree->nodes[c].n_part);
            dh_text_puts(out, "\": ");
        }
        put_node(out, summary, tree, c, depth + 1);
    }
    if (node->child)
        dh_text_printf(out, "\n%*s", 2 * depth, "");
    dh_text_puts(out, list ? "]" : "}");
}

enum dh_err dh_summary_json_write(const struct dh_summary *summary, struct dh_text *out) {
    struct dh_arena mem = {0};
    struct tree tree = {0};
    enum dh_err err = summary->err ? summary->err : tree_build(&tree, summary, &mem);
    if (err == DH_OK) {
        put_node(out, summary, &tree, 0, 0);
        err = out->failed ? DH_ERR_MEMORY : DH_OK;
    }
    dh_arena_free(&mem);
    return err;
}
