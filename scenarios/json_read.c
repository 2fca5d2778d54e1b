#include "scenarios/json_read.h"

#include "sim/units.h"

#include <stdlib.h>
#include <string.h>

static struct dh_place here(const struct dh_json *json) {
    return (struct dh_place){json->in.path, json->line, json->col};
}

static enum dh_err fail_at(const struct dh_json *json, struct dh_place place, const char *why) {
    return dh_fail(json->in.diag, DH_ERR_DATA, place, "not JSON: %s", why);
}

enum dh_err dh_json_open(struct dh_json *json, const char *path, struct dh_diag *diag) {
    *json = (struct dh_json){.line = 1, .col = 1};
    DH_TRY(dh_lines_open(&json->in, path, diag));
    json->room = 256;
    json->text = malloc(json->room);
    if (json->text)
        return DH_OK;
    dh_lines_close(&json->in);
    return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){path, 0, 0}, "out of memory");
}

void dh_json_close(struct dh_json *json) {
    dh_lines_close(&json->in);
    free(json->text);
    *json = (struct dh_json){.in.fd = -1};
}

/* The next byte without taking it, or -1 at the end. */
static enum dh_err peek(struct dh_json *json, int *c) {
    if (json->at == json->n_piece) {
        json->at = 0;
        DH_TRY(dh_lines_piece(&json->in, &json->n_piece));
        json->piece = json->in.text;
    }
    *c = json->n_piece > 0 ? (unsigned char)json->piece[json->at] : -1;
    return DH_OK;
}

static void take(struct dh_json *json) {
    if (json->piece[json->at++] == '\n') {
        json->line++;
        json->col = 1;
    } else {
        json->col++;
    }
}

static enum dh_err add(struct dh_json *json, char c) {
    if (json->n + 1 >= json->room) {
        if (json->room >= DH_JSON_MAX_TEXT)
            return dh_fail(json->in.diag, DH_ERR_LIMIT_TEXT, json->place, "a text of more than 64 KiB");
        char *grown = realloc(json->text, 2 * json->room);
        if (!grown)
            return dh_fail(json->in.diag, DH_ERR_MEMORY, json->place, "out of memory");
        json->text = grown;
        json->room *= 2;
    }
    json->text[json->n++] = c;
    json->text[json->n] = '\0';
    return DH_OK;
}

/* ---- strings ------------------------------------------------------------------------------------------- */

static enum dh_err hex4(struct dh_json *json, uint32_t *code) {
    *code = 0;
    for (int i = 0; i < 4; i++) {
        int c;
        DH_TRY(peek(json, &c));
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return fail_at(json, here(json), "\\u without four hexadecimal digits");
        take(json);
        *code = 16 * *code + (uint32_t)digit;
    }
    return DH_OK;
}

static enum dh_err add_code(struct dh_json *json, uint32_t code) {
    if (code < 0x80)
        return add(json, (char)code);
    if (code >= 0x10000) {
        DH_TRY(add(json, (char)(0xF0 | code >> 18)));
        DH_TRY(add(json, (char)(0x80 | (code >> 12 & 0x3F))));
    } else if (code >= 0x800) {
        DH_TRY(add(json, (char)(0xE0 | code >> 12)));
    } else {
        return add(json, (char)(0xC0 | code >> 6)) == DH_OK ? add(json, (char)(0x80 | (code & 0x3F)))
                                                            : DH_ERR_MEMORY;
    }
    DH_TRY(add(json, (char)(0x80 | (code >> 6 & 0x3F))));
    return add(json, (char)(0x80 | (code & 0x3F)));
}

static enum dh_err read_escape(struct dh_json *json) {
    static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    struct dh_place place = here(json);
    int c;
    take(json);
    DH_TRY(peek(json, &c));
    const char *name = c > 0 ? strchr(names, c) : NULL;
    if (name) {
        take(json);
        return add(json, bytes[name - names]);
    }
    if (c != 'u')
        return fail_at(json, place, "an unknown escape in a text");
    take(json);
    uint32_t code = 0, low = 0;
    DH_TRY(hex4(json, &code));
    if (code == 0)
        return fail_at(json, place, "a NUL in a text");
    if (code >= 0xD800 && code < 0xDC00) {
        int back = 0, u = 0;
        DH_TRY(peek(json, &back));
        if (back == '\\') {
            take(json);
            DH_TRY(peek(json, &u));
        }
        if (u != 'u')
            return fail_at(json, place, "half of a pair of surrogates");
        take(json);
        DH_TRY(hex4(json, &low));
        if (low < 0xDC00 || low >= 0xE000)
            return fail_at(json, place, "half of a pair of surrogates");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000) {
        return fail_at(json, place, "half of a pair of surrogates");
    }
    return add_code(json, code);
}

/* A character of more bytes than one: its form as RFC 3629 allows it. */
static enum dh_err read_utf8(struct dh_json *json, int c) {
    struct dh_place place = here(json);
    int more = c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xF0 && c < 0xF5 ? 3 : 0;
    if (more == 0)
        return fail_at(json, place, "bytes that are no UTF-8");
    int low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80, high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    for (int i = 0; i <= more; i++) {
        if (i > 0 && (c < low || c > high))
            return fail_at(json, place, "bytes that are no UTF-8");
        if (i > 0)
            low = 0x80, high = 0xBF;
        take(json);
        DH_TRY(add(json, (char)c));
        if (i < more)
            DH_TRY(peek(json, &c));
    }
    return DH_OK;
}

static enum dh_err read_string(struct dh_json *json) {
    int c;
    take(json);
    for (;;) {
        DH_TRY(peek(json, &c));
        if (c < 0)
            return fail_at(json, json->place, "a text that is never closed");
        if (c == '"') {
            take(json);
            return DH_OK;
        }
        if (c < 0x20 || c == 0x7F)
            return fail_at(json, here(json), "a control character in a text");
        if (c == '\\') {
            DH_TRY(read_escape(json));
        } else if (c >= 0x80) {
            DH_TRY(read_utf8(json, c));
        } else {
            take(json);
            DH_TRY(add(json, (char)c));
        }
    }
}

/* ---- numbers, words ------------------------------------------------------------------------------------ */

static bool is_digit(int c) {
    return c >= '0' && c <= '9';
}

static enum dh_err digits(struct dh_json *json) {
    int c;
    DH_TRY(peek(json, &c));
    if (!is_digit(c))
        return fail_at(json, json->place, "a number without digits");
    while (is_digit(c)) {
        take(json);
        DH_TRY(add(json, (char)c));
        DH_TRY(peek(json, &c));
    }
    return DH_OK;
}

static enum dh_err read_number(struct dh_json *json, int c) {
    if (c == '-') {
        take(json);
        DH_TRY(add(json, '-'));
        DH_TRY(peek(json, &c));
    }
    if (c == '0') {
        take(json);
        DH_TRY(add(json, '0'));
        DH_TRY(peek(json, &c));
        if (is_digit(c))
            return fail_at(json, json->place, "a number that begins with 0");
    } else {
        DH_TRY(digits(json));
        DH_TRY(peek(json, &c));
    }
    if (c == '.') {
        take(json);
        DH_TRY(add(json, '.'));
        DH_TRY(digits(json));
        DH_TRY(peek(json, &c));
    }
    if (c == 'e' || c == 'E') {
        take(json);
        DH_TRY(add(json, 'e'));
        DH_TRY(peek(json, &c));
        if (c == '+' || c == '-') {
            take(json);
            DH_TRY(add(json, (char)c));
        }
        DH_TRY(digits(json));
    }
    return DH_OK;
}

static enum dh_err read_word(struct dh_json *json, const char *word) {
    for (; *word; word++) {
        int c;
        DH_TRY(peek(json, &c));
        if (c != *word)
            return fail_at(json, json->place, "a word that is not true, false or null");
        take(json);
    }
    return DH_OK;
}

/* ---- tokens -------------------------------------------------------------------------------------------- */

static enum dh_err blanks(struct dh_json *json, int *c) {
    for (;;) {
        DH_TRY(peek(json, c));
        if (*c != ' ' && *c != '\t' && *c != '\n' && *c != '\r')
            return DH_OK;
        take(json);
    }
}

static enum dh_err open_one(struct dh_json *json, char what) {
    if (json->depth == DH_JSON_MAX_DEPTH)
        return dh_fail(json->in.diag, DH_ERR_LIMIT_DEPTH, json->place, "nested more than %d deep",
                       DH_JSON_MAX_DEPTH);
    take(json);
    json->open[json->depth++] = (uint8_t)what;
    json->kind = what == '{' ? DH_JSON_OBJECT : DH_JSON_ARRAY;
    json->behind_value = json->behind_comma = json->behind_key = false;
    return DH_OK;
}

static enum dh_err close_one(struct dh_json *json, int c) {
    if (json->depth == 0 || json->open[json->depth - 1] != (c == '}' ? '{' : '[') || json->behind_comma ||
        json->behind_key)
        return fail_at(json, json->place, c == '}' ? "a } out of place" : "a ] out of place");
    take(json);
    json->depth--;
    json->kind = c == '}' ? DH_JSON_OBJECT_END : DH_JSON_ARRAY_END;
    json->behind_value = true;
    return DH_OK;
}

static enum dh_err read_value(struct dh_json *json, int c) {
    json->behind_value = true;
    json->behind_comma = json->behind_key = false;
    if (c == '"') {
        json->kind = DH_JSON_STRING;
        return read_string(json);
    }
    if (c == '-' || is_digit(c)) {
        json->kind = DH_JSON_NUMBER;
        return read_number(json, c);
    }
    json->kind = c == 't' ? DH_JSON_TRUE : c == 'f' ? DH_JSON_FALSE : DH_JSON_NULL;
    if (c != 't' && c != 'f' && c != 'n')
        return fail_at(json, json->place, "no value begins like this");
    return read_word(json, c == 't' ? "true" : c == 'f' ? "false" : "null");
}

static enum dh_err read_key(struct dh_json *json, int c) {
    if (c != '"')
        return fail_at(json, json->place, "a key has to be a text in quotes");
    DH_TRY(read_string(json));
    DH_TRY(blanks(json, &c));
    if (c != ':')
        return fail_at(json, here(json), "no : behind a key");
    take(json);
    json->kind = DH_JSON_KEY;
    json->behind_key = true;
    json->behind_comma = json->behind_value = false;
    return DH_OK;
}

enum dh_err dh_json_next(struct dh_json *json) {
    int c;
    json->n = 0;
    json->text[0] = '\0';
    DH_TRY(blanks(json, &c));
    if (json->depth == 0)
        json->behind_value = false; /* the next document */
    if (json->behind_value && c == ',') {
        take(json);
        json->behind_value = false;
        json->behind_comma = true;
        DH_TRY(blanks(json, &c));
    }
    json->place = here(json);
    if (c < 0) {
        json->kind = DH_JSON_END;
        return json->depth == 0 ? DH_OK : fail_at(json, json->place, "the file is cut off");
    }
    if (c == '}' || c == ']')
        return close_one(json, c);
    if (json->behind_value)
        return fail_at(json, json->place, "no comma between two values");
    if (json->depth > 0 && json->open[json->depth - 1] == '{' && !json->behind_key)
        return read_key(json, c);
    if (c == '{' || c == '[')
        return open_one(json, (char)c);
    return read_value(json, c);
}

enum dh_err dh_json_want(struct dh_json *json, enum dh_json_kind kind) {
    static const char *const names[] = {"the end",
                                        "an object",
                                        "the end of an object",
                                        "an array",
                                        "the end of an array",
                                        "a key",
                                        "a text",
                                        "a number",
                                        "true",
                                        "false",
                                        "null"};
    DH_TRY(dh_json_next(json));
    if (json->kind != kind)
        return dh_fail(json->in.diag, DH_ERR_DATA, json->place, "%s where there should be %s",
                       names[json->kind], names[kind]);
    return DH_OK;
}

enum dh_err dh_json_skip_rest(struct dh_json *json) {
    for (int32_t outside = json->depth - 1; json->depth > outside;)
        DH_TRY(dh_json_next(json));
    return DH_OK;
}

enum dh_err dh_json_skip(struct dh_json *json) {
    DH_TRY(dh_json_next(json));
    return json->kind == DH_JSON_OBJECT || json->kind == DH_JSON_ARRAY ? dh_json_skip_rest(json) : DH_OK;
}

bool dh_json_is(const struct dh_json *json, const char *text) {
    return strcmp(json->text, text) == 0;
}

enum dh_err dh_json_double(const struct dh_json *json, const char *what, double min, double max,
                           double *value) {
    size_t end = 0;
    enum dh_err err = json->kind == DH_JSON_NUMBER || json->kind == DH_JSON_STRING
                          ? dh_number_parse(json->text, json->n, value, &end)
                          : DH_ERR_NUMBER;
    if (err == DH_ERR_NUMBER || (err == DH_OK && end != json->n))
        return dh_fail(json->in.diag, DH_ERR_NUMBER, json->place, "%s: '%.40s' is not a decimal number", what,
                       json->text);
    if (err != DH_OK || !(*value >= min && *value <= max))
        return dh_fail(json->in.diag, DH_ERR_RANGE, json->place, "%s: %.40s is not within %.10g and %.10g",
                       what, json->text, min, max);
    return DH_OK;
}
