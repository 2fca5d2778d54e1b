#include "scenarios/scenario_scan.h"

#include "scenarios/scenario_tree.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum dh_err refuse(struct dh_scan *scan, enum dh_err code, size_t at, const char *why) {
    scan->fault_at = at;
    scan->why = why;
    return code;
}

static bool starts(const char *text, size_t n, size_t at, const char *with) {
    size_t length = strlen(with);
    return n - at >= length && memcmp(text + at, with, length) == 0;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Offset behind the next occurrence of what; n when there is none. */
static size_t behind(const char *text, size_t n, size_t at, const char *what) {
    const char *found = memmem(text + at, n - at, what, strlen(what));
    return found ? (size_t)(found - text) + strlen(what) : n;
}

static enum dh_err scan_encoding(struct dh_scan *scan, const char *text, size_t n) {
    if (n >= 2 &&
        (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0 ||
         memcmp(text, "<\0", 2) == 0 || memcmp(text, "\0<", 2) == 0 || memcmp(text, "\0\0", 2) == 0))
        return refuse(scan, DH_ERR_XML_ENCODING, 0,
                      "this is not UTF-8 (UTF-16 or UTF-32?); only UTF-8 is read");
    if (n >= 2 && memcmp(text, "\x1F\x8B", 2) == 0)
        return refuse(scan, DH_ERR_XML, 0, "this is a gzip file, not XML");
    if (n >= 6 && memcmp(text,
                         "\xFD"
                         "7zXZ",
                         5) == 0)
        return refuse(scan, DH_ERR_XML, 0, "this is an xz file, not XML");
    if (n >= 4 && memcmp(text, "\x4C\x6F\xA7\x94", 4) == 0)
        return refuse(scan, DH_ERR_XML_ENCODING, 0, "this is EBCDIC; only UTF-8 is read");
    return DH_OK;
}

/* Value of name="value" between from and to; NULL when it is not there. */
static const char *declared(const char *text, size_t from, size_t to, const char *name, size_t *length) {
    const char *c = memmem(text + from, to - from, name, strlen(name)), *end = text + to;
    if (!c)
        return NULL;
    c += strlen(name);
    while (c < end && (is_blank(*c) || *c == '='))
        c++;
    if (c == end || (*c != '"' && *c != '\''))
        return NULL;
    char quote = *c++;
    const char *close = memchr(c, quote, (size_t)(end - c));
    if (!close)
        return NULL;
    *length = (size_t)(close - c);
    return c;
}

/* <?xml version="1.0" encoding="UTF-8"?>: read here, so that no character converter is ever looked up. */
static enum dh_err scan_declaration(struct dh_scan *scan, const char *text, size_t n, size_t at) {
    if (!starts(text, n, at, "<?xml") || n - at < 6 || !is_blank(text[at + 5]))
        return DH_OK;
    size_t end = behind(text, n, at, "?>"), length = 0;
    const char *encoding = declared(text, at, end, "encoding", &length);
    if (encoding && (length != 5 || strncasecmp(encoding, "UTF-8", 5) != 0))
        return refuse(scan, DH_ERR_XML_ENCODING, (size_t)(encoding - text),
                      "another encoding than UTF-8 is declared; only UTF-8 is read");
    const char *version = declared(text, at, end, "version", &length);
    if (version && (length != 3 || memcmp(version, "1.0", 3) != 0))
        return refuse(scan, DH_ERR_XML, (size_t)(version - text), "only XML 1.0 is read");
    return DH_OK;
}

/* Length of the well-formed UTF-8 sequence at text; 0: malformed (overlong, surrogate, beyond U+10FFFF, cut).
 */
static size_t sequence(const unsigned char *c, size_t n) {
    if (c[0] < 0x80)
        return 1;
    if (c[0] < 0xC2 || c[0] > 0xF4)
        return 0;
    size_t length = c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : 4;
    if (n < length || (c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xED && c[1] > 0x9F) ||
        (c[0] == 0xF0 && c[1] < 0x90) || (c[0] == 0xF4 && c[1] > 0x8F))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((c[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

static enum dh_err scan_characters(struct dh_scan *scan, const char *text, size_t n) {
    for (size_t i = 0; i < n;) {
        if (text[i] == '\0')
            return refuse(scan, DH_ERR_XML, i, "a NUL byte");
        size_t length = sequence((const unsigned char *)text + i, n - i);
        if (length == 0)
            return refuse(scan, DH_ERR_XML, i, "a byte that is not UTF-8");
        i += length;
    }
    return DH_OK;
}

/* From behind '<' of a start tag to behind its '>'. */
static enum dh_err scan_tag(struct dh_scan *scan, const char *text, size_t n, size_t *at) {
    size_t i = *at, name = i, n_equal = 0;
    while (i < n && !is_blank(text[i]) && text[i] != '>' && text[i] != '/')
        i++;
    if (i - name > DH_XML_MAX_NAME)
        return refuse(scan, DH_ERR_LIMIT_TEXT, name, "an element name of more than 1,024 bytes");
    size_t word = i; /* start of the attribute's name */
    while (i < n && text[i] != '>') {
        if (text[i] == '"' || text[i] == '\'') {
            const char *close = memchr(text + i + 1, text[i], n - i - 1);
            size_t to = close ? (size_t)(close - text) : n;
            if (to - i > DH_XML_MAX_VALUE)
                return refuse(scan, DH_ERR_LIMIT_TEXT, i, "an attribute value of more than 64 KiB");
            i = to + (to < n);
            word = i;
            continue;
        }
        if (text[i] == '=' && ++n_equal > DH_XML_MAX_ATTRS)
            return refuse(scan, DH_ERR_LIMIT_ATTRS, name - 1, "more than 256 attributes on one element");
        if (text[i] == '<')
            break; /* not well-formed: the parser says so */
        if (is_blank(text[i]))
            word = i + 1;
        else if (i - word > DH_XML_MAX_NAME)
            return refuse(scan, DH_ERR_LIMIT_TEXT, word, "an attribute name of more than 1,024 bytes");
        i++;
    }
    *at = i;
    return DH_OK;
}

static enum dh_err remember(struct dh_scan *scan, size_t at, int32_t *room) {
    if (scan->n_tag == DH_XML_MAX_ELEMENTS)
        return refuse(scan, DH_ERR_LIMIT_ELEMENTS, at, "more than 300,000 elements");
    if (scan->n_tag == *room) {
        int32_t more = *room ? 2 * *room : 256;
        uint32_t *grown = realloc(scan->tag_at, (size_t)more * sizeof *grown);
        if (!grown)
            return refuse(scan, DH_ERR_MEMORY, at, "out of memory");
        scan->tag_at = grown;
        *room = more;
    }
    scan->tag_at[scan->n_tag++] = (uint32_t)at;
    return DH_OK;
}

static enum dh_err scan_markup(struct dh_scan *scan, const char *text, size_t n) {
    int32_t room = 0;
    for (size_t i = 0; i < n;) {
        const char *open = memchr(text + i, '<', n - i);
        if (!open)
            return DH_OK;
        i = (size_t)(open - text);
        if (starts(text, n, i, "<!--")) {
            i = behind(text, n, i + 4, "-->");
        } else if (starts(text, n, i, "<![CDATA[")) {
            i = behind(text, n, i + 9, "]]>");
        } else if (starts(text, n, i, "<?")) {
            i = behind(text, n, i + 2, "?>");
        } else if (starts(text, n, i, "<!DOCTYPE")) {
            return refuse(scan, DH_ERR_XML_DOCTYPE, i, "a document type is not allowed");
        } else if (starts(text, n, i, "</")) {
            i += 2;
        } else {
            enum dh_err err = remember(scan, i, &room);
            i++;
            if (err == DH_OK)
                err = scan_tag(scan, text, n, &i);
            if (err != DH_OK)
                return err;
        }
    }
    return DH_OK;
}

enum dh_err dh_scan_xml(struct dh_scan *scan, const char *text, size_t n) {
    enum dh_err err = scan_encoding(scan, text, n);
    size_t start = n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (err == DH_OK)
        err = scan_declaration(scan, text, n, start);
    if (err == DH_OK)
        err = scan_characters(scan, text, n);
    if (err == DH_OK)
        err = scan_markup(scan, text, n);
    return err;
}
