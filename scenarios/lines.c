#include "scenarios/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    WINDOW_ROOM = 256 << 10,
    PACKED_ROOM = 64 << 10,
    BOMB_RATIO = 200,
    BOMB_FREE = 16 << 20 /* text that is never taken for a bomb */
};

static enum dh_err fail_file(const struct dh_lines *in, enum dh_err code, const char *why) {
    return dh_fail(in->diag, code, (struct dh_place){in->path, in->next_line, 0}, "%s", why);
}

static bool named_gz(const char *path) {
    size_t n = strlen(path);
    return n >= 3 && strcmp(path + n - 3, ".gz") == 0;
}

/* Bytes of the file as they are: n of them, fewer only at its end. */
static enum dh_err read_file(struct dh_lines *in, char *to, size_t room, size_t *n) {
    *n = 0;
    while (*n < room) {
        ssize_t got = read(in->fd, to + *n, room - *n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return dh_fail(in->diag, DH_ERR_IO, (struct dh_place){in->path, in->line, 0}, "cannot read: %s",
                           strerror(errno));
        if (got == 0)
            break;
        *n += (size_t)got;
        in->n_file += got;
        if (in->n_file > DH_LINES_MAX_BYTES)
            return fail_file(in, DH_ERR_LIMIT_BYTES, "larger than 1 GiB");
    }
    return DH_OK;
}

/* Inflates into to; concatenated members are one text, as gzip reads them. */
static enum dh_err inflate_some(struct dh_lines *in, char *to, size_t room, size_t *n) {
    z_stream *z = in->inflate;
    z->next_out = (Bytef *)to;
    z->avail_out = (uInt)room;
    while (z->avail_out > 0) {
        if (z->avail_in == 0) {
            size_t got = 0;
            DH_TRY(read_file(in, in->packed, PACKED_ROOM, &got));
            z->next_in = (Bytef *)in->packed;
            z->avail_in = (uInt)got;
            if (got == 0 && in->finished)
                break;
            if (got == 0)
                return dh_fail(in->diag, DH_ERR_DATA, (struct dh_place){in->path, in->next_line, 0},
                               "the gzip file is cut off");
        }
        if (in->finished && inflateReset(z) != Z_OK)
            return fail_file(in, DH_ERR_DATA, "damaged gzip data");
        in->finished = false;
        int status = inflate(z, Z_NO_FLUSH);
        if (status == Z_STREAM_END)
            in->finished = true;
        else if (status == Z_MEM_ERROR)
            return fail_file(in, DH_ERR_MEMORY, "out of memory while inflating");
        else if (status != Z_OK && status != Z_BUF_ERROR)
            return dh_fail(in->diag, DH_ERR_DATA, (struct dh_place){in->path, in->next_line, 0},
                           "damaged gzip data%s%s", z->msg ? ": " : "", z->msg ? z->msg : "");
    }
    *n = room - z->avail_out;
    return DH_OK;
}

static enum dh_err fill_window(struct dh_lines *in) {
    if (in->at_end)
        return DH_OK;
    if (in->begin > 0) {
        memmove(in->window, in->window + in->begin, in->fill - in->begin);
        in->fill -= in->begin;
        in->next -= in->begin;
        in->begin = 0;
    }
    if (in->room - in->fill < WINDOW_ROOM / 4) {
        size_t room = 2 * in->room;
        char *grown = realloc(in->window, room + 1);
        if (!grown)
            return fail_file(in, DH_ERR_MEMORY, "out of memory");
        in->window = grown;
        in->room = room;
    }
    size_t got = 0;
    size_t wanted = in->room - in->fill;
    if (in->inflate)
        DH_TRY(inflate_some(in, in->window + in->fill, wanted, &got));
    else
        DH_TRY(read_file(in, in->window + in->fill, wanted, &got));
    in->at_end = got < wanted;
    in->fill += got;
    in->n_text += (int64_t)got;
    if (in->n_text > DH_LINES_MAX_BYTES)
        return fail_file(in, DH_ERR_LIMIT_BYTES, "larger than 1 GiB when inflated");
    if (in->inflate && in->n_text > BOMB_FREE && in->n_text / BOMB_RATIO > in->n_file)
        return fail_file(in, DH_ERR_LIMIT_BYTES,
                         "inflates to more than 200 times its size: not a log but a decompression bomb");
    return DH_OK;
}

/* What the first bytes say: gzip where it must not be, UTF-16, a byte order mark to skip. */
static enum dh_err check_start(struct dh_lines *in) {
    const unsigned char *b = (const unsigned char *)in->window;
    if (!in->inflate && in->fill >= 2 && b[0] == 0x1F && b[1] == 0x8B)
        return fail_file(in, DH_ERR_DATA, "gzip data in a file that is not named .gz");
    if (in->fill >= 2 && ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF)))
        return fail_file(in, DH_ERR_DATA, "UTF-16 text; only UTF-8 is read");
    if (in->fill >= 3 && b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF)
        in->begin = in->next = 3;
    return DH_OK;
}

static enum dh_err start(struct dh_lines *in) {
    in->room = WINDOW_ROOM;
    in->window = malloc(in->room + 1);
    if (!in->window)
        return fail_file(in, DH_ERR_MEMORY, "out of memory");
    in->next_line = 1;
    if (named_gz(in->path)) {
        z_stream *z = calloc(1, sizeof *z);
        in->inflate = z;
        in->packed = malloc(PACKED_ROOM);
        if (!z || !in->packed || inflateInit2(z, 15 + 16) != Z_OK) {
            free(z);
            in->inflate = NULL;
            return fail_file(in, DH_ERR_MEMORY, "out of memory");
        }
        size_t got = 0;
        DH_TRY(read_file(in, in->packed, PACKED_ROOM, &got));
        if (got < 2 || (unsigned char)in->packed[0] != 0x1F || (unsigned char)in->packed[1] != 0x8B)
            return fail_file(in, DH_ERR_DATA, "named .gz but not gzip data");
        z->next_in = (Bytef *)in->packed;
        z->avail_in = (uInt)got;
    }
    DH_TRY(fill_window(in));
    return check_start(in);
}

enum dh_err dh_lines_open(struct dh_lines *in, const char *path, struct dh_diag *diag) {
    *in = (struct dh_lines){.path = path, .diag = diag, .fd = -1};
    /* O_NONBLOCK: opening a FIFO or a device must not wait; it is refused just below. */
    in->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (in->fd < 0) {
        enum dh_err code = errno == ENOENT || errno == ENOTDIR ? DH_ERR_NOT_FOUND : DH_ERR_IO;
        return dh_fail(diag, code, (struct dh_place){path, 0, 0}, "cannot open: %s", strerror(errno));
    }
    struct stat st;
    enum dh_err err = DH_OK;
    if (fstat(in->fd, &st) != 0)
        err = dh_fail(diag, DH_ERR_IO, (struct dh_place){path, 0, 0}, "cannot open: %s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        err = fail_file(in, DH_ERR_DATA, "not a regular file");
    else if (st.st_size > DH_LINES_MAX_BYTES)
        err = fail_file(in, DH_ERR_LIMIT_BYTES, "larger than 1 GiB");
    else
        err = start(in);
    if (err != DH_OK)
        dh_lines_close(in);
    return err;
}

enum dh_err dh_lines_open_memory(struct dh_lines *in, const char *bytes, size_t n, const char *path,
                                 struct dh_diag *diag) {
    *in = (struct dh_lines){.path = path, .diag = diag, .fd = -1};
    in->next_line = 1;
    in->room = n;
    in->window = malloc(n + 1);
    if (!in->window)
        return fail_file(in, DH_ERR_MEMORY, "out of memory");
    if (n > 0)
        memcpy(in->window, bytes, n);
    in->fill = n;
    in->n_text = (int64_t)n;
    in->at_end = true;
    enum dh_err err = check_start(in);
    if (err != DH_OK)
        dh_lines_close(in);
    return err;
}

void dh_lines_close(struct dh_lines *in) {
    if (in->inflate) {
        inflateEnd(in->inflate);
        free(in->inflate);
    }
    free(in->packed);
    free(in->window);
    if (in->fd >= 0)
        close(in->fd);
    *in = (struct dh_lines){.fd = -1};
}

/* Finds the end of the line that begins at in->next, reading on as needed; *end is the index of its LF, or of
 * the end of the text. The line may move while the window fills: begin stays its anchor. */
static enum dh_err find_end(struct dh_lines *in, size_t *end, bool *newline) {
    size_t searched = 0;
    for (;;) {
        size_t from = in->next + searched;
        char *lf = from < in->fill ? memchr(in->window + from, '\n', in->fill - from) : NULL;
        if (lf || in->at_end) {
            *newline = lf != NULL;
            *end = lf ? (size_t)(lf - in->window) : in->fill;
            if (*end - in->begin <= DH_LINES_MAX_LINE)
                return DH_OK;
        }
        if (in->fill - in->begin > DH_LINES_MAX_LINE)
            return dh_fail(in->diag, DH_ERR_LIMIT_TEXT, dh_lines_place(in, 0), "a line longer than 1 MiB");
        searched = in->fill - in->next;
        DH_TRY(fill_window(in));
    }
}

static enum dh_err take_line(struct dh_lines *in) {
    size_t end = 0;
    bool newline = false;
    DH_TRY(find_end(in, &end, &newline));
    in->text = in->window + in->begin;
    char *added = in->window + in->next;
    size_t n_added = end - in->next;
    in->n = end - in->begin;
    in->next = end + newline;
    in->next_line++;
    in->ended = !newline;
    if (in->n > 0 && n_added > 0 && newline && in->text[in->n - 1] == '\r') {
        in->n--;
        n_added--;
    }
    char *bad = memchr(added, '\0', n_added);
    if (bad)
        return dh_fail(in->diag, DH_ERR_DATA,
                       (struct dh_place){in->path, in->next_line - 1, (int32_t)(bad - added) + 1},
                       "a NUL byte: not a text file");
    bad = memchr(added, '\r', n_added);
    if (bad)
        return dh_fail(in->diag, DH_ERR_DATA,
                       (struct dh_place){in->path, in->next_line - 1, (int32_t)(bad - added) + 1},
                       "a carriage return within a line");
    return DH_OK;
}

/* Reads on when nothing is left in the window; false at the end of the text. */
static enum dh_err more_text(struct dh_lines *in, bool *more) {
    if (in->next >= in->fill)
        DH_TRY(fill_window(in));
    *more = in->next < in->fill;
    return DH_OK;
}

enum dh_err dh_lines_next(struct dh_lines *in, bool *got) {
    *got = false;
    in->begin = in->next;
    in->line = in->next_line;
    in->text = NULL;
    in->n = 0;
    DH_TRY(more_text(in, got));
    return *got ? take_line(in) : DH_OK;
}

enum dh_err dh_lines_extend(struct dh_lines *in, bool *got) {
    DH_TRY(more_text(in, got));
    return *got ? take_line(in) : DH_OK;
}

enum dh_err dh_lines_piece(struct dh_lines *in, size_t *n) {
    bool more = false;
    in->begin = in->next;
    *n = 0;
    DH_TRY(more_text(in, &more));
    in->text = in->window + in->next;
    in->n = *n = more ? in->fill - in->next : 0;
    in->begin = in->next = in->fill;
    return DH_OK;
}
