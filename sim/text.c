#include "sim/text.h"

#include <ctype.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool text_reserve(struct dh_text *text, size_t more) {
    if (text->failed)
        return false;
    if (text->n + more + 1 <= text->room)
        return true;
    size_t room = text->room ? 2 * text->room : 256;
    while (room < text->n + more + 1)
        room *= 2;
    char *grown = realloc(text->at, room);
    if (!grown) {
        text->failed = true;
        return false;
    }
    text->at = grown;
    text->room = room;
    return true;
}

void dh_text_add(struct dh_text *text, const char *bytes, size_t n) {
    if (!text_reserve(text, n))
        return;
    memcpy(text->at + text->n, bytes, n);
    text->n += n;
    text->at[text->n] = '\0';
}

void dh_text_puts(struct dh_text *text, const char *string) {
    dh_text_add(text, string, strlen(string));
}

void dh_text_printf(struct dh_text *text, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        text->failed = true;
    else if (text_reserve(text, (size_t)n))
        text->n += (size_t)vsnprintf(text->at + text->n, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
}

void dh_text_put_xml(struct dh_text *text, const char *string) {
    for (const unsigned char *c = (const unsigned char *)string; *c; c++) {
        if (*c == '&')
            dh_text_puts(text, "&amp;");
        else if (*c == '<')
            dh_text_puts(text, "&lt;");
        else if (*c == '>')
            dh_text_puts(text, "&gt;");
        else if (*c == '"')
            dh_text_puts(text, "&quot;");
        else if (*c < 0x20)
            dh_text_printf(text, "&#%d;", *c);
        else
            dh_text_add(text, (const char *)c, 1);
    }
}

static void put_csv(struct dh_text *text, const char *bytes, size_t n, bool quoted, const char *before) {
    dh_text_puts(text, quoted ? "\"" : "");
    dh_text_puts(text, before);
    for (size_t i = 0; i < n; i++)
        dh_text_add(text, bytes[i] == '"' ? "\"\"" : &bytes[i], bytes[i] == '"' ? 2 : 1);
    dh_text_puts(text, quoted ? "\"" : "");
}

static bool wants_quotes(const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == ',' || bytes[i] == '"' || bytes[i] == '\n' || bytes[i] == '\r')
            return true;
    return false;
}

void dh_text_put_csv(struct dh_text *text, const char *bytes, size_t n) {
    put_csv(text, bytes, n, wants_quotes(bytes, n), "");
}

/* What a spreadsheet would run. */
static bool is_formula(const char *bytes, size_t n) {
    return n > 0 && memchr("=+-@\t\r", bytes[0], 6);
}

void dh_text_put_csv_word(struct dh_text *text, const char *bytes, size_t n) {
    bool formula = is_formula(bytes, n);
    put_csv(text, bytes, n, formula || wants_quotes(bytes, n), formula ? "'" : "");
}

void dh_text_put_cell(struct dh_text *text, const char *string) {
    size_t n = strlen(string), length;
    if (is_formula(string, n))
        dh_text_puts(text, "'");
    for (size_t i = 0; i < n; i += length) {
        uint32_t character = 0;
        length = dh_utf8_decode(string + i, n - i, &character);
        if (length == 0 || character < 0x20 || (character >= 0x7F && character < 0xA0))
            dh_text_puts(text, length ? " " : "\uFFFD");
        else
            dh_text_add(text, string + i, length);
        length += length == 0;
    }
}

void dh_text_free(struct dh_text *text) {
    free(text->at);
    *text = (struct dh_text){0};
}

size_t dh_utf8_decode(const char *at, size_t n, uint32_t *point) {
    const unsigned char *text = (const unsigned char *)at;
    if (text[0] < 0x80) {
        *point = text[0];
        return 1;
    }
    size_t length = text[0] >= 0xF0 && text[0] < 0xF5 ? 4 : text[0] >= 0xE0 ? 3 : text[0] >= 0xC2 ? 2 : 0;
    if (length == 0 || text[0] >= 0xF5 || length > n)
        return 0;
    uint32_t value = text[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (text[i] & 0x3Fu);
    }
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *point = value;
    return length;
}

void dh_text_cut(char *out, size_t room, const char *string) {
    size_t n = strlen(string), used = 0, length;
    for (; used < n; used += length) {
        uint32_t character;
        length = dh_utf8_decode(string + used, n - used, &character);
        length += length == 0;
        if (used + length >= room)
            break;
    }
    memcpy(out, string, used);
    out[used] = '\0';
}

enum { DISTANCE_MAX = 64, DISTANCE_FAR = 99 };

int dh_text_distance(const char *a, const char *b) {
    size_t n_a = strlen(a), n_b = strlen(b);
    if (n_a > DISTANCE_MAX || n_b > DISTANCE_MAX)
        return DISTANCE_FAR;
    int row[DISTANCE_MAX + 1];
    for (size_t j = 0; j <= n_b; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n_a; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= n_b; j++) {
            int above = row[j];
            int best = diagonal + (a[i - 1] != b[j - 1]);
            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[n_b];
}

void dh_nearest_offer(struct dh_nearest *nearest, const char *name) {
    size_t n = strlen(nearest->wanted);
    int limit = n <= 3 ? 1 : 1 + (int)(n / 4); /* one slip in four characters */
    int distance = dh_text_distance(nearest->wanted, name);
    if (distance > limit || (nearest->best && distance >= nearest->distance))
        return;
    nearest->best = name;
    nearest->distance = distance;
}

int dh_word_index(const char *words, const char *word, size_t n) {
    size_t length = 0;
    for (int i = 0;; i++) {
        const char *at = dh_word_at(words, i, &length);
        if (!at)
            return -1;
        if (length == n && memcmp(at, word, n) == 0)
            return i;
    }
}

const char *dh_word_at(const char *words, int index, size_t *n) {
    for (int i = 0; i < index; i++) {
        words = strchr(words, '|');
        if (!words)
            return NULL;
        words++;
    }
    *n = strcspn(words, "|");
    return words;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

int dh_text_natural_order(const char *a, const char *b) {
    const char *whole_a = a, *whole_b = b;
    while (*a && *b) {
        if (is_digit(*a) && is_digit(*b)) {
            while (*a == '0' && is_digit(a[1]))
                a++;
            while (*b == '0' && is_digit(b[1]))
                b++;
            size_t n_a = strspn(a, "0123456789"), n_b = strspn(b, "0123456789");
            if (n_a != n_b)
                return n_a < n_b ? -1 : 1;
            int order = memcmp(a, b, n_a);
            if (order != 0)
                return order < 0 ? -1 : 1;
            a += n_a;
            b += n_b;
            continue;
        }
        if (*a != *b)
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        a++;
        b++;
    }
    if (*a || *b)
        return *a ? 1 : -1;
    int order = strcmp(whole_a, whole_b); /* "r01" and "r1": still two names */
    return order < 0 ? -1 : order > 0;
}

void dh_number_format(double value, char *text, size_t room) {
    const char *point = localeconv()->decimal_point;
    for (int digits = 1; digits <= 17; digits++) {
        char raw[64];
        snprintf(raw, sizeof raw, "%.*g", digits, value);
        if (digits < 17 && strtod(raw, NULL) != value) /* same locale for both: safe */
            continue;
        char *at = point[0] != '.' || point[1] ? strstr(raw, point) : NULL;
        if (at) {
            size_t n = strlen(point);
            *at = '.';
            memmove(at + 1, at + n, strlen(at + n) + 1);
        }
        snprintf(text, room, "%s", raw);
        return;
    }
}

bool dh_text_has_word(const char *text, const char *word) {
    size_t n = strlen(word);
    for (const char *at = n ? strstr(text, word) : NULL; at; at = strstr(at + 1, word))
        if ((at == text || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
            return true;
    return false;
}
