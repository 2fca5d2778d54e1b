/* A scenario file as elements and attributes that know where they stand, on the way from text to structs.
 * Lives only while a scenario is read. Private to scenarios/. */
#ifndef DH_SCENARIOS_SCENARIO_TREE_H
#define DH_SCENARIOS_SCENARIO_TREE_H

#include "scenarios/scenario_table.h"
#include "sim/arena.h"
#include "sim/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Limits of one file, and of all files of a scenario together for elements. */
enum {
    DH_XML_MAX_BYTES = 64 << 20,
    DH_XML_MAX_DEPTH = 64,
    DH_XML_MAX_ATTRS = 256,      /* on one element, namespace declarations included */
    DH_XML_MAX_VALUE = 64 << 10, /* bytes of one attribute value */
    DH_XML_MAX_NAME = 1024,
    DH_XML_MAX_TEXT = 4 << 20,    /* bytes of character data that are not blank */
    DH_XML_MAX_ELEMENTS = 300000, /* keeps the reading below 256 MiB */
    DH_IMPORT_MAX_DEPTH = 4,
    DH_IMPORT_MAX_FILES = 256,
};

/* A text that elements stand in: a file, a built-in catalog, an option of the command line. */
struct dh_source {
    const char *name; /* for messages */
    const char *text; /* NULL for an option */
    size_t n;
    const char *prefix; /* its folder inside the scenario's: "" or "sub/"; NULL for a catalog */
    dev_t device;       /* which file it is; 0 for what is not a file */
    ino_t inode;
    bool is_main;           /* the scenario itself, not an import */
    bool is_profile;        /* one of options.profiles */
    uint32_t *line_at;      /* where lines begin; made when first needed */
    uint32_t *before_block; /* characters before every 512th byte, for files of few, long lines */
    int32_t n_line;
};

struct dh_attr {
    const char *name; /* with its prefix, if it has one */
    const char *value;
    struct dh_attr *next;
    const struct dh_node *written_on; /* the element whose tag it stands in (base= copies attributes) */
    struct dh_source *option;         /* the --set it came from, NULL for one from a file */
};

struct dh_node {
    const char *name;
    bool foreign; /* not in datahall's namespace */
    bool used;    /* referred to, directly or not, from the scenario itself */
    uint8_t base_state;
    int32_t element;             /* enum dh_element_id, -1: unknown */
    int32_t text_line, text_col; /* first character that is not blank; 0: none */
    uint32_t at;                 /* offset of its '<' */
    struct dh_source *source;
    struct dh_attr *attrs;
    struct dh_node *parent, *first, *last, *next;
};

struct dh_tree {
    struct dh_node *root;
    struct dh_arena mem;
    struct dh_source **sources;
    int32_t n_source, room_source;
    int64_t n_element;
    const char *folder; /* of the scenario; what it names must be inside */
    int folder_fd;      /* -1: files are not to be opened */
    struct dh_diag *diag;
    int32_t errors_before; /* in diag when reading began */
    bool too_many;         /* E-TOO-MANY was said: unwind */
    bool live_later;       /* profile="live" may name nothing yet */
    bool structure_bad;    /* unknown elements or bad ids: references would only fail in consequence */
    struct dh_id_table *ids;
    struct dh_scenario_file *out;
};

/* ---- places and messages ---- */

struct dh_place dh_source_place(struct dh_source *source, size_t at);
struct dh_place dh_node_place(const struct dh_node *node);
/* Of the attribute's name, or of its value behind the quote. */
struct dh_place dh_attr_place(const struct dh_node *node, const struct dh_attr *attr, bool value);

/* Records an error or warning with its source line; says E-TOO-MANY after DH_DIAG_MAX_MESSAGES errors. */
enum dh_err dh_tree_fail(struct dh_tree *tree, enum dh_err code, struct dh_place place, const char *format,
                         ...) __attribute__((format(printf, 4, 5)));
/* What to do about the failure just recorded; nothing where it was one too many. */
void dh_tree_hint(struct dh_tree *tree, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds the source line to the newest message, for messages recorded by others. */
void dh_tree_show_source(struct dh_tree *tree, struct dh_place place);
/* To be called after a message recorded by others. */
void dh_tree_count_error(struct dh_tree *tree, struct dh_place place);
enum dh_err dh_tree_error(const struct dh_tree *tree); /* first one of this reading */

/* ---- access ---- */

struct dh_source *dh_tree_add_source(struct dh_tree *tree, const char *name, const char *text, size_t n);
struct dh_attr *dh_node_attr(const struct dh_node *node, const char *name);
/* Value of an attribute, NULL when it is not there. */
const char *dh_node_value(const struct dh_node *node, const char *name);
/* Sets or adds an attribute. NULL when memory is exhausted. */
struct dh_attr *dh_node_set(struct dh_tree *tree, struct dh_node *node, const char *name, const char *value);
void dh_node_append(struct dh_node *parent, struct dh_node *child);
/* Finds the row of the table for node and everything below; -1 for what is unknown. */
void dh_node_resolve(struct dh_node *node, int32_t element);
void dh_tree_free(struct dh_tree *tree);

/* ---- stages, in the order of reading (each records its own messages) ---- */

/* Text to elements. The only function behind which libxml2 parses what a user wrote. */
enum dh_err dh_xml_load(struct dh_tree *tree, struct dh_source *source, struct dh_node **root);
enum dh_err dh_merge_imports(struct dh_tree *tree);
/* Puts the entries of options.profiles behind the others. */
enum dh_err dh_merge_profiles(struct dh_tree *tree, const struct dh_scenario_options *options);
enum dh_err dh_merge_parameters(struct dh_tree *tree, const struct dh_scenario_options *options);
enum dh_err dh_merge_bases(struct dh_tree *tree);
/* --set. The first call (early) changes parameters only, the second everything else. */
enum dh_err dh_merge_sets(struct dh_tree *tree, const struct dh_scenario_options *options, bool early);

#endif
