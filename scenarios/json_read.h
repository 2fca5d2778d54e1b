/* JSON (RFC 8259) as a stream of tokens, each with its line and column: a tree of a dump of monitoring would
 * not fit into memory, and trees forget where their values stood. Built on scenarios/lines.h, whose limits on
 * files hold; besides, nesting ends at 64 and a text at 64 KiB. Several documents may follow one another (cat
 * a.json b.json). Strict: no comments, no trailing commas, no raw control characters, UTF-8 only. */
#ifndef DH_SCENARIOS_JSON_READ_H
#define DH_SCENARIOS_JSON_READ_H

#include "scenarios/lines.h"

enum { DH_JSON_MAX_DEPTH = 64, DH_JSON_MAX_TEXT = 64 << 10 };

enum dh_json_kind {
    DH_JSON_END, /* of the file */
    DH_JSON_OBJECT,
    DH_JSON_OBJECT_END,
    DH_JSON_ARRAY,
    DH_JSON_ARRAY_END,
    DH_JSON_KEY, /* its value comes next */
    DH_JSON_STRING,
    DH_JSON_NUMBER,
    DH_JSON_TRUE,
    DH_JSON_FALSE,
    DH_JSON_NULL
};

struct dh_json {
    enum dh_json_kind kind; /* of the token read last */
    struct dh_place place;  /* where it begins */
    char *text;             /* of a key, string (unescaped) or number; terminated; may hold no NUL */
    size_t n;
    int32_t depth; /* of what is open behind the token */
    /* private */
    struct dh_lines in;
    const char *piece;
    size_t n_piece, at;
    int32_t line, col;
    uint8_t open[DH_JSON_MAX_DEPTH]; /* '{' or '[' */
    bool behind_value, behind_comma, behind_key;
    size_t room;
};

/* Opens path, plain or .gz. Errors as dh_lines_open. Nothing is held on failure. */
enum dh_err dh_json_open(struct dh_json *json, const char *path, struct dh_diag *diag);
void dh_json_close(struct dh_json *json);

/* The next token. DH_ERR_DATA with line and column for what is no JSON, DH_ERR_LIMIT_DEPTH,
 * DH_ERR_LIMIT_TEXT. */
enum dh_err dh_json_next(struct dh_json *json);
/* The same, and fails unless it is of that kind: "wanted an array here". */
enum dh_err dh_json_want(struct dh_json *json, enum dh_json_kind kind);
/* Skips the value that comes next (behind a key) or, where within is true, the rest of the object or array
 * that the current token opened. */
enum dh_err dh_json_skip(struct dh_json *json);
enum dh_err dh_json_skip_rest(struct dh_json *json);

/* Is the token a key or string of these bytes? */
bool dh_json_is(const struct dh_json *json, const char *text);
/* The current number, or the number that the current string spells. DH_ERR_NUMBER, DH_ERR_RANGE outside. */
enum dh_err dh_json_double(const struct dh_json *json, const char *what, double min, double max,
                           double *value);

#endif
