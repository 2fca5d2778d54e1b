#include "sim/diag.h"

#include "sim/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool dh_err_is_warning(enum dh_err code) {
    return dh_err_code(code)[0] == 'W';
}

/* Points that could move a cursor, forge a line or reverse text. */
static bool point_is_safe(uint32_t point) {
    if (point < 0x20 || (point >= 0x7F && point < 0xA0))
        return false;
    if (point == 0x61C || (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E))
        return false;
    return !(point >= 0x2060 && point <= 0x206F) && point != 0xFEFF;
}

const char *dh_text_escape(struct dh_arena *arena, const char *text, size_t n) {
    char *out = dh_arena_alloc(arena, 10 * n + 1);
    if (!out)
        return NULL;
    size_t used = 0;
    for (size_t i = 0; i < n;) {
        uint32_t point = 0;
        size_t length = dh_utf8_decode(text + i, n - i, &point);
        if (length > 0 && (point_is_safe(point) || point == '\t')) {
            memcpy(out + used, text + i, length);
            if (point == '\t')
                out[used] = ' '; /* keeps the caret of a source line in place */
            used += length;
        } else if (length > 0) {
            used += (size_t)sprintf(out + used, "\\u{%X}", (unsigned)point);
        } else {
            used += (size_t)sprintf(out + used, "\\x%02X", (unsigned char)text[i]);
            length = 1;
        }
        i += length;
    }
    out[used] = '\0';
    return out;
}

static const char *format_escaped(struct dh_diag *diag, const char *format, va_list args) {
    char text[2048];
    int n = vsnprintf(text, sizeof text, format, args);
    if (n < 0)
        return "";
    size_t length = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    return dh_text_escape(&diag->mem, text, length);
}

static void record(struct dh_diag *diag, enum dh_err code, struct dh_place place, const char *format,
                   va_list args) {
    bool warning = dh_err_is_warning(code);
    if (!warning && diag->first == DH_OK)
        diag->first = code;
    diag->n_error += !warning;
    diag->n_warning += warning;
    if (diag->n_message >= 2 * DH_DIAG_MAX_MESSAGES)
        return;
    if (diag->n_message == diag->n_room) {
        int32_t room = diag->n_room ? 2 * diag->n_room : 8;
        struct dh_message *grown = realloc(diag->messages, (size_t)room * sizeof *grown);
        if (!grown)
            return;
        diag->messages = grown;
        diag->n_room = room;
    }
    struct dh_message *message = &diag->messages[diag->n_message++];
    *message = (struct dh_message){.code = code, .place = place};
    if (place.file)
        message->place.file = dh_text_escape(&diag->mem, place.file, strlen(place.file));
    message->text = format_escaped(diag, format, args);
    if (!message->text)
        message->text = dh_err_text(code); /* out of memory */
}

enum dh_err dh_fail(struct dh_diag *diag, enum dh_err code, struct dh_place place, const char *format, ...) {
    if (diag) {
        va_list args;
        va_start(args, format);
        record(diag, code, place, format, args);
        va_end(args);
    }
    return code;
}

void dh_warn(struct dh_diag *diag, enum dh_err code, struct dh_place place, const char *format, ...) {
    if (diag) {
        va_list args;
        va_start(args, format);
        record(diag, code, place, format, args);
        va_end(args);
    }
}

void dh_diag_hint(struct dh_diag *diag, const char *format, ...) {
    if (!diag || diag->n_message == 0)
        return;
    va_list args;
    va_start(args, format);
    diag->messages[diag->n_message - 1].hint = format_escaped(diag, format, args);
    va_end(args);
}

void dh_diag_source(struct dh_diag *diag, const char *line, size_t n) {
    if (!diag || diag->n_message == 0)
        return;
    diag->messages[diag->n_message - 1].source = dh_text_escape(&diag->mem, line, n);
}

void dh_diag_free(struct dh_diag *diag) {
    free(diag->messages);
    dh_arena_free(&diag->mem);
    *diag = (struct dh_diag){0};
}
