/* Diagnostics: what went wrong, where, and what to do about it. Collected, never printed, by the
 * library; printed by the command line as text or JSON. */
#ifndef DH_SIM_DIAG_H
#define DH_SIM_DIAG_H

#include <datahall/err.h>
#include "sim/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* Where in a file. line and col count from 1; 0 means unknown. */
struct dh_place {
    const char *file;
    int32_t line, col;
};

struct dh_message {
    enum dh_err code; /* a W- code is a warning */
    struct dh_place place;
    const char *text;   /* one sentence, escaped for terminals, no newline */
    const char *hint;   /* "did you mean 'cooling'?", or NULL */
    const char *source; /* the source line the place points into, or NULL */
};

enum { DH_DIAG_MAX_MESSAGES = 20 }; /* errors kept before E-TOO-MANY ends the reading */

/* {0} is ready for use. Owns its texts. */
struct dh_diag {
    struct dh_message *messages;
    int32_t n_message, n_room;
    int32_t n_error, n_warning;
    enum dh_err first; /* first error, DH_OK when there is none */
    struct dh_arena mem;
};

/* Records a message and returns code (so that `return dh_fail(...)` reads as one statement).
 * diag may be NULL: then only the code is returned. place.file is copied. */
enum dh_err dh_fail(struct dh_diag *diag, enum dh_err code, struct dh_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a warning (a W- code); returns nothing, for the work goes on. */
void dh_warn(struct dh_diag *diag, enum dh_err code, struct dh_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds to the newest message a hint, or the source line. Copied and escaped. */
void dh_diag_hint(struct dh_diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));
void dh_diag_source(struct dh_diag *diag, const char *line, size_t n);

bool dh_err_is_warning(enum dh_err code);

void dh_diag_free(struct dh_diag *diag);

/* Text with every control, C1, bidirectional and non-UTF-8 byte written as \u{..} or \x.., so that no
 * file can steer a terminal. Allocated in arena; NULL when memory is exhausted. */
const char *dh_text_escape(struct dh_arena *arena, const char *text, size_t n);

#define DH_TRY(call)                                                                                         \
    do {                                                                                                     \
        enum dh_err dh_try_err = (call);                                                                     \
        if (dh_try_err != DH_OK)                                                                             \
            return dh_try_err;                                                                               \
    } while (0)

#endif
