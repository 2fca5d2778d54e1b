/* A look at the bytes of an XML file before a parser sees them. Private to scenarios/. */
#ifndef DH_SCENARIOS_SCENARIO_SCAN_H
#define DH_SCENARIOS_SCENARIO_SCAN_H

#include <datahall/err.h>

#include <stddef.h>
#include <stdint.h>

struct dh_scan {
    uint32_t *tag_at; /* offset of '<' of each start tag, in document order: malloc, the caller frees */
    int32_t n_tag;
    size_t fault_at; /* offset of what was refused */
    const char *why;
};

/* Refuses what must not reach the parser: NUL, other encodings than UTF-8, malformed UTF-8, XML 1.1, document
 * types, more than 256 attributes in a tag (libxml2's check for duplicates is quadratic: 100,000 attributes
 * take 20 s), long values and names, too many elements. What is merely not well-formed is left to the parser.
 */
enum dh_err dh_scan_xml(struct dh_scan *scan, const char *text, size_t n);

#endif
