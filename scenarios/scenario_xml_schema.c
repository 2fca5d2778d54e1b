/* The second net: libxml2's XML Schema validation of the effective scenario. Both texts are our own, so that
 * no hostile schema and no hostile document ever gets here. */
#include "scenarios/scenario_stages.h"

#include "scenarios/scenario_schema.h"

#include <libxml/xmlschemas.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#if LIBXML_VERSION >= 21200
typedef const xmlError *error_arg;
#else
typedef xmlErrorPtr error_arg;
#endif

/* Compiled once and kept. One validation at a time. */
static pthread_mutex_t checking = PTHREAD_MUTEX_INITIALIZER;
static xmlSchemaPtr schema;

struct first_error {
    char text[400];
    int line;
};

static void remember(void *data, error_arg error) {
    struct first_error *first = data;
    if (first->text[0] || !error || !error->message)
        return;
    snprintf(first->text, sizeof first->text, "%.*s", (int)strcspn(error->message, "\n"), error->message);
    first->line = error->line;
}

static void compile(struct first_error *first) {
    struct dh_text text = {0};
    dh_schema_text(&text);
    if (!text.failed) {
        xmlSchemaParserCtxtPtr parser = xmlSchemaNewMemParserCtxt(text.at, (int)text.n);
        if (parser) {
            xmlSchemaSetParserStructuredErrors(parser, (xmlStructuredErrorFunc)remember, first);
            schema = xmlSchemaParse(parser);
            xmlSchemaFreeParserCtxt(parser);
        }
    }
    dh_text_free(&text);
}

enum dh_err dh_schema_check(const char *text, size_t n, struct dh_diag *diag, const char *path) {
    struct first_error first = {0};
    int result = -1;
    pthread_mutex_lock(&checking);
    if (!schema)
        compile(&first);
    xmlSchemaValidCtxtPtr validator = schema ? xmlSchemaNewValidCtxt(schema) : NULL;
    xmlParserInputBufferPtr input =
        validator ? xmlParserInputBufferCreateMem(text, (int)n, XML_CHAR_ENCODING_UTF8) : NULL;
    if (input) {
        xmlSchemaSetValidStructuredErrors(validator, (xmlStructuredErrorFunc)remember, &first);
        result = xmlSchemaValidateStream(validator, input, XML_CHAR_ENCODING_UTF8, NULL, NULL);
    }
    xmlSchemaFreeValidCtxt(validator);
    pthread_mutex_unlock(&checking);
    if (result == 0 && !first.text[0])
        return DH_OK;
    if (!first.text[0])
        return DH_ERR_MEMORY;
    return dh_fail(diag, DH_ERR_INTERNAL, (struct dh_place){.file = path},
                   "line %d of the effective scenario does not fit scenario.xsd: %s", first.line, first.text);
}
