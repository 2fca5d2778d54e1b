/* The loader: bytes to elements. libxml2's parser is driven by callbacks straight into our own elements, so
 * no document tree, no entity and no schema of the user's is ever built; what a file may contain was limited
 * by scenario_scan.c before. Never NOENT, DTDLOAD, DTDATTR, XINCLUDE, HUGE or RECOVER. */
#include "scenarios/scenario_tree.h"

#include "scenarios/scenario_scan.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if LIBXML_VERSION >= 21200
typedef const xmlError *error_arg;
#else
typedef xmlErrorPtr error_arg;
#endif

enum { N_NAME = 256 };

struct loader {
    struct dh_tree *tree;
    struct dh_source *source;
    struct dh_scan scan;
    xmlParserCtxtPtr parser;
    struct dh_node *root, *open; /* open: the element that is being read */
    int32_t n_started, depth;
    size_t n_text;
    const char *names[N_NAME]; /* attribute names repeat: a small direct-mapped store */
    enum dh_err err;
    struct dh_place place;
    char why[512];
};

/* Parsing changes libxml2's process-wide entity loader for its duration, so that it goes one at a time. */
static pthread_mutex_t parsing = PTHREAD_MUTEX_INITIALIZER;

static xmlParserInputPtr refuse_entity(const char *url, const char *id, xmlParserCtxtPtr parser) {
    (void)url, (void)id, (void)parser;
    return NULL;
}

static void stop(struct loader *l, enum dh_err code, struct dh_place place, const char *why) {
    if (l->err == DH_OK) {
        l->err = code;
        l->place = place;
        snprintf(l->why, sizeof l->why, "%s", why);
    }
    xmlStopParser(l->parser);
}

static struct dh_place here(const struct loader *l) {
    struct dh_place place = {.file = l->source->name};
    if (l->parser->input) {
        place.line = l->parser->input->line;
        place.col = l->parser->input->col;
    }
    return place;
}

static const char *stored_name(struct loader *l, const xmlChar *prefix, const xmlChar *local) {
    char name[2 * DH_XML_MAX_NAME + 2];
    int n = prefix ? snprintf(name, sizeof name, "%s:%s", (const char *)prefix, (const char *)local)
                   : snprintf(name, sizeof name, "%s", (const char *)local);
    uint32_t hash = 2166136261u;
    for (int i = 0; i < n && i < (int)sizeof name - 1; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    const char **slot = &l->names[hash % N_NAME];
    if (!*slot || strcmp(*slot, name) != 0)
        *slot = dh_arena_strdup(&l->tree->mem, name);
    return *slot;
}

/* Without NOENT libxml2 hands over every "&" of a value as "&#38;", and nothing else so. */
static char *decoded(struct dh_arena *arena, const xmlChar *value, size_t n) {
    char *copy = dh_arena_strndup(arena, (const char *)value, n);
    if (!copy || !memchr(copy, '&', n))
        return copy;
    char *to = copy;
    for (const char *from = copy; *from;) {
        size_t skip = strncmp(from, "&#38;", 5) == 0 ? 5 : 1;
        *to++ = *from;
        from += skip;
    }
    *to = '\0';
    return copy;
}

static void add_attribute(struct loader *l, struct dh_node *node, struct dh_attr ***end, const xmlChar **a) {
    const char *uri = (const char *)a[2];
    if (uri && strcmp(uri, "http://www.w3.org/2001/XMLSchema-instance") == 0)
        return; /* xsi:schemaLocation is for editors; nothing is fetched */
    if (a[4] - a[3] > DH_XML_MAX_VALUE) {
        stop(l, DH_ERR_LIMIT_TEXT, dh_node_place(node), "an attribute value of more than 64 KiB");
        return;
    }
    struct dh_attr *attr = dh_arena_alloc(&l->tree->mem, sizeof *attr);
    if (attr) {
        attr->name = stored_name(l, a[1], a[0]);
        attr->value = decoded(&l->tree->mem, a[3], (size_t)(a[4] - a[3]));
    }
    if (!attr || !attr->name || !attr->value) {
        stop(l, DH_ERR_MEMORY, here(l), "out of memory");
        return;
    }
    attr->written_on = node;
    **end = attr;
    *end = &attr->next;
}

static void on_start(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
                     int n_namespace, const xmlChar **namespaces, int n_attr, int n_default,
                     const xmlChar **attrs) {
    (void)namespaces, (void)n_default;
    struct loader *l = ((xmlParserCtxtPtr)data)->_private;
    if (l->err != DH_OK)
        return;
    if (++l->depth > DH_XML_MAX_DEPTH) {
        stop(l, DH_ERR_LIMIT_DEPTH, here(l), "elements nested more than 64 deep");
        return;
    }
    if (n_attr > DH_XML_MAX_ATTRS || n_namespace > DH_XML_MAX_ATTRS) {
        stop(l, DH_ERR_LIMIT_ATTRS, here(l), "more than 256 attributes on one element");
        return;
    }
    if (++l->tree->n_element > DH_XML_MAX_ELEMENTS || l->n_started >= l->scan.n_tag) {
        stop(l, DH_ERR_LIMIT_ELEMENTS, here(l), "more than 300,000 elements");
        return;
    }
    struct dh_node *node = dh_arena_alloc(&l->tree->mem, sizeof *node);
    if (node)
        node->name = stored_name(l, prefix, local);
    if (!node || !node->name) {
        stop(l, DH_ERR_MEMORY, here(l), "out of memory");
        return;
    }
    node->source = l->source;
    node->at = l->scan.tag_at[l->n_started++];
    node->foreign = !uri || strcmp((const char *)uri, DH_SCENARIO_NAMESPACE) != 0;
    if (!node->foreign && prefix)
        node->name = stored_name(l, NULL, local); /* s:site and site are the same element */
    node->element = -1;
    struct dh_attr **end = &node->attrs;
    for (int i = 0; i < n_attr && l->err == DH_OK; i++)
        add_attribute(l, node, &end, attrs + 5 * (ptrdiff_t)i);
    if (l->open)
        dh_node_append(l->open, node);
    else if (!l->root)
        l->root = node;
    else
        node->parent = NULL; /* a second root: the parser refuses the file */
    if (!l->open)
        l->open = node;
    else
        l->open = l->open->last;
}

static void on_end(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri) {
    (void)local, (void)prefix, (void)uri;
    struct loader *l = ((xmlParserCtxtPtr)data)->_private;
    if (l->err != DH_OK || !l->open)
        return;
    l->depth--;
    l->open = l->open->parent;
}

/* Remembers where the first character stands that is not blank; the text itself is never needed. */
static void on_text(void *data, const xmlChar *text, int n) {
    struct loader *l = ((xmlParserCtxtPtr)data)->_private;
    if (l->err != DH_OK)
        return;
    int first = n, line_ends = 0;
    for (int i = 0; i < n; i++) {
        bool blank = text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n';
        l->n_text += !blank;
        if (!blank && first == n)
            first = i;
        line_ends += text[i] == '\n' && i > first;
    }
    if (l->n_text > DH_XML_MAX_TEXT) {
        stop(l, DH_ERR_LIMIT_TEXT, here(l), "more than 4 MiB of text");
        return;
    }
    if (first == n || !l->open || l->open->text_line > 0)
        return;
    l->open->text_line = here(l).line - line_ends;
    l->open->text_col = 1;
    struct dh_source *source = l->source;
    dh_source_place(source, 0); /* makes the index of lines */
    if (!source->line_at || l->open->text_line > source->n_line || l->open->text_line < 1)
        return;
    size_t from = source->line_at[l->open->text_line - 1];
    size_t to = l->open->text_line < source->n_line ? source->line_at[l->open->text_line] : source->n;
    size_t length = strcspn((const char *)text + first, " \t\r\n<"), room = (size_t)(n - first);
    const char *at = memmem(source->text + from, to - from, text + first, length < room ? length : room);
    if (at)
        l->open->text_col = dh_source_place(source, (size_t)(at - source->text)).col;
}

static void on_doctype(void *data, const xmlChar *name, const xmlChar *external, const xmlChar *system) {
    (void)name, (void)external, (void)system;
    struct loader *l = ((xmlParserCtxtPtr)data)->_private;
    stop(l, DH_ERR_XML_DOCTYPE, here(l), "a document type is not allowed");
}

static void on_error(void *data, error_arg error) {
    struct loader *l = ((xmlParserCtxtPtr)data)->_private;
    if (l->err != DH_OK || !error || error->level < XML_ERR_ERROR)
        return;
    l->err = error->code == XML_ERR_NO_MEMORY ? DH_ERR_MEMORY : DH_ERR_XML;
    l->place = (struct dh_place){l->source->name, error->line > 0 ? error->line : here(l).line,
                                 error->int2 > 0 ? error->int2 : 0};
    const char *message = error->message ? error->message : "not well-formed XML";
    snprintf(l->why, sizeof l->why, "%.*s", (int)strcspn(message, "\n"), message);
}

static void parse(struct loader *l) {
    xmlExternalEntityLoader loader = xmlGetExternalEntityLoader();
    xmlSetExternalEntityLoader(refuse_entity);
    xmlParserCtxtPtr parser = l->parser;
    xmlSAXHandler *sax = parser->sax;
    memset(sax, 0, sizeof *sax);
    sax->initialized = XML_SAX2_MAGIC;
    sax->startElementNs = on_start;
    sax->endElementNs = on_end;
    sax->characters = sax->ignorableWhitespace = sax->cdataBlock = on_text;
    sax->internalSubset = on_doctype;
    sax->serror = on_error;
    parser->_private = l;
    xmlDocPtr doc = xmlCtxtReadMemory(parser, l->source->text, (int)l->source->n, l->source->name, NULL,
                                      XML_PARSE_NONET | XML_PARSE_BIG_LINES | XML_PARSE_NOCDATA);
    if (doc)
        xmlFreeDoc(doc);
    xmlSetExternalEntityLoader(loader);
}

enum dh_err dh_xml_load(struct dh_tree *tree, struct dh_source *source, struct dh_node **root) {
    struct loader l = {.tree = tree, .source = source};
    enum dh_err err = dh_scan_xml(&l.scan, source->text, source->n);
    if (err != DH_OK) {
        dh_tree_fail(tree, err, dh_source_place(source, l.scan.fault_at), "%s", l.scan.why);
        free(l.scan.tag_at);
        return err;
    }
    pthread_mutex_lock(&parsing);
    xmlInitParser();
    l.parser = xmlNewParserCtxt();
    if (l.parser) {
        parse(&l);
        /* libxml2 has been seen to call an empty document well-formed when memory ran out */
        if (l.err == DH_OK && l.parser->errNo == XML_ERR_NO_MEMORY)
            l.err = DH_ERR_MEMORY;
        if (l.err == DH_OK && (!l.parser->wellFormed || !l.parser->nsWellFormed || !l.root || l.open)) {
            l.err = DH_ERR_XML;
            l.place = dh_source_place(source, source->n);
            snprintf(l.why, sizeof l.why, "not well-formed XML");
        }
        xmlFreeParserCtxt(l.parser);
    } else {
        l.err = DH_ERR_MEMORY;
    }
    pthread_mutex_unlock(&parsing);
    free(l.scan.tag_at);
    if (l.err == DH_ERR_MEMORY)
        return dh_tree_fail(tree, DH_ERR_MEMORY, (struct dh_place){.file = source->name}, "out of memory");
    if (l.err != DH_OK) {
        if (!source->line_at)
            dh_source_place(source, 0);
        return dh_tree_fail(tree, l.err, l.place, "%s", l.why);
    }
    *root = l.root;
    return DH_OK;
}
