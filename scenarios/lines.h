/* Lines of a data file, plain or gzip, read in a bounded window: what every reader of foreign text stands on.
 *
 * Only regular files are opened, without waiting (a FIFO is refused). A file is inflated when its name ends
 * in ".gz", and only then: gzip bytes under another name, or other bytes under that one, are refused. Limits:
 * 1 GiB of text; a line of 1 MiB; inflated text of more than 16 MiB may be at most 200 times the file's size
 * (real logs compress 3 to 30 times). A byte order mark is skipped; NUL, UTF-16 and a lone carriage return
 * are refused. A line ends with LF or CR LF, the last one also with the file. */
#ifndef DH_SCENARIOS_LINES_H
#define DH_SCENARIOS_LINES_H

#include "sim/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DH_LINES_MAX_LINE = 1 << 20 };
#define DH_LINES_MAX_BYTES (INT64_C(1) << 30)

struct dh_lines {
    const char *path; /* the caller's */
    char *text;       /* the current line without its end; may be written to, until the next call */
    size_t n;
    int32_t line; /* number of its first line, from 1; 0 before the first */
    bool ended;   /* the file's last line has been read, and it had no line end */
    /* private */
    struct dh_diag *diag;
    void *inflate; /* z_stream, or NULL */
    char *packed;  /* compressed input */
    char *window;  /* text; the current line lies inside */
    size_t room, begin, next, fill;
    int32_t next_line;
    int64_t n_file, n_text; /* bytes taken from the file, bytes of text made of them */
    int fd;
    bool at_end, finished;
};

/* Opens path. DH_ERR_NOT_FOUND, DH_ERR_IO, DH_ERR_DATA (not a regular file, gzip under a wrong name),
 * DH_ERR_LIMIT_BYTES, DH_ERR_MEMORY. On failure nothing is held. diag may be NULL and must outlive in. */
enum dh_err dh_lines_open(struct dh_lines *in, const char *path, struct dh_diag *diag);

/* The same over bytes in memory (copied), named path in messages. Never inflated. */
enum dh_err dh_lines_open_memory(struct dh_lines *in, const char *bytes, size_t n, const char *path,
                                 struct dh_diag *diag);

/* Reads the next line; *got is false after the last. */
enum dh_err dh_lines_next(struct dh_lines *in, bool *got);

/* Makes the current line longer by its line end and the line after it; *got is false when there is none. */
enum dh_err dh_lines_extend(struct dh_lines *in, bool *got);

/* For texts that are not made of lines: the next piece of it, at in->text, valid until the next call; NULs
 * and carriage returns are the caller's to judge. *n is 0 after the last. Not to be mixed with lines. */
enum dh_err dh_lines_piece(struct dh_lines *in, size_t *n);

void dh_lines_close(struct dh_lines *in);

/* Place of a byte of the current line, col from 1; 0: the whole line. */
static inline struct dh_place dh_lines_place(const struct dh_lines *in, int32_t col) {
    return (struct dh_place){in->path, in->line, col};
}

#endif
