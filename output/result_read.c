#include "output/result_read.h"

#include "output/h5_read.h"
#include "output/result_host.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longest silence of the child before it counts as hanging: while it opens the file, which may have to come
 * from afar, and afterwards. Who has a host has a window, too, which stands still as long. */
enum { OPENING_MS = 60 * 1000, PATIENCE_MS = 60 * 1000, WINDOW_PATIENCE_MS = 10 * 1000 };
static const uint64_t MAX_PAYLOAD = 80u << 20; /* more is not asked for */

struct dh_result {
    pid_t child; /* our own; 0: a host made it */
    int process; /* of a host's: its descriptor; -1: none */
    int socket;
    int patience_ms;
    bool hung;
    char *path;
    enum dh_err err;
    char problem[160]; /* "": none */
    struct dh_diag *diag;
    struct dh_result_info info;
    struct dh_arena mem;
};

static enum dh_err fail(struct dh_result *r, enum dh_err err, const char *text) {
    if (!r->err) {
        r->err = dh_fail(r->diag, err, (struct dh_place){r->path, 0, 0}, "%s", text);
        snprintf(r->problem, sizeof r->problem, "%s", text);
    }
    return r->err;
}

/* ---- talking to the child --------------------------------------------------------------------------------
 */

static enum dh_err lost(struct dh_result *r) {
    return fail(r, DH_ERR_RESULT, "the file is damaged: reading it had to be stopped");
}

static void kill_reader(const struct dh_result *r) {
    if (r->child > 0)
        kill(r->child, SIGKILL);
    else if (r->process >= 0)
        syscall(SYS_pidfd_send_signal, r->process, SIGKILL, NULL, 0);
}

static enum dh_err receive(struct dh_result *r, void *bytes, size_t n) {
    for (char *at = bytes; n > 0;) {
        struct pollfd wait = {.fd = r->socket, .events = POLLIN};
        int ready = poll(&wait, 1, r->patience_ms);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0) {
            r->hung = true;
            kill_reader(r);
        }
        if (ready <= 0)
            return lost(r);
        ssize_t got = recv(r->socket, at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return lost(r);
        at += got;
        n -= (size_t)got;
    }
    return DH_OK;
}

static enum dh_err refused(struct dh_result *r, const struct dh_h5_answer *head) {
    if (head->status == 2)
        return fail(r, head->number == ENOENT || head->number == ENOTDIR ? DH_ERR_NOT_FOUND : DH_ERR_IO,
                    strerror(head->number));
    char reason[200] = "";
    size_t n = head->n_byte < sizeof reason ? (size_t)head->n_byte : sizeof reason - 1;
    DH_TRY(receive(r, reason, n));
    return fail(r, DH_ERR_RESULT, *reason ? reason : "refused");
}

/* Sends a request; the payload's size comes back, its bytes follow on the socket. */
static enum dh_err ask(struct dh_result *r, const struct dh_h5_request *request, uint64_t *n_byte) {
    if (r->err)
        return r->err;
    struct dh_h5_answer head;
    /* A child that has already refused the file reads nothing any more: its answer waits. */
    if (send(r->socket, request, sizeof *request, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
        return lost(r);
    DH_TRY(receive(r, &head, sizeof head));
    if (head.status != 0)
        return refused(r, &head);
    if (head.n_byte > MAX_PAYLOAD)
        return lost(r);
    *n_byte = head.n_byte;
    return DH_OK;
}

/* ---- opening ---------------------------------------------------------------------------------------------
 */

/* The next text of a received list, NULL behind the end. */
static const char *next_text(const char **at, const char *end) {
    const char *text = *at, *stop = memchr(text, '\0', (size_t)(end - text));
    if (!stop)
        return NULL;
    *at = stop + 1;
    return text;
}

static enum dh_err parse_list(struct dh_result *r, const char *at, const char *end) {
    struct dh_h5_file_record head;
    if ((size_t)(end - at) < sizeof head)
        return lost(r);
    memcpy(&head, at, sizeof head);
    at += sizeof head;
    if (head.n_dataset < 0 || head.n_dataset > 1 << 20)
        return lost(r);
    const char *texts[DH_N_FILE_TEXT];
    for (int i = 0; i < DH_N_FILE_TEXT; i++)
        if (!(texts[i] = next_text(&at, end)))
            return lost(r);
    struct dh_result_dataset *list = dh_arena_array(&r->mem, (size_t)head.n_dataset, sizeof *list);
    if (!list)
        return fail(r, DH_ERR_MEMORY, "no memory for the list of datasets");
    for (int32_t i = 0; i < head.n_dataset; i++) {
        struct dh_h5_record record;
        const char *word[DH_N_RECORD_TEXT];
        if ((size_t)(end - at) < sizeof record)
            return lost(r);
        memcpy(&record, at, sizeof record);
        at += sizeof record;
        for (int k = 0; k < DH_N_RECORD_TEXT; k++)
            if (!(word[k] = next_text(&at, end)))
                return lost(r);
        if (record.rank < 0 || record.rank > 2 || record.dims[0] < 0 || record.dims[1] < 0 ||
            record.dims[0] > INT64_C(1) << 31 || record.dims[1] > INT64_C(1) << 31 || record.kind < 0 ||
            record.kind > DH_H5_KIND_TEXT || record.chunk_rows < 0)
            return lost(r);
        list[i] = (struct dh_result_dataset){
            .group = word[DH_RECORD_GROUP],
            .name = word[DH_RECORD_NAME],
            .unit = word[DH_RECORD_UNIT],
            .about = word[DH_RECORD_ABOUT],
            .cell_methods = word[DH_RECORD_METHODS],
            .flags = word[DH_RECORD_FLAGS],
            .dimension = {word[DH_RECORD_DIM0], word[DH_RECORD_DIM1]},
            .rank = record.rank,
            .rows = record.rank > 0 ? record.dims[0] : 1,
            .columns = record.rank > 1 ? record.dims[1] : 1,
            .kind = (enum dh_result_kind)record.kind,
            .chunk_rows = record.chunk_rows,
            .stored_bytes = record.stored_bytes,
            .number = i
        };
    }
    r->info = (struct dh_result_info){.title = texts[DH_FILE_TITLE],
                                      .scenario = texts[DH_FILE_SCENARIO],
                                      .source = texts[DH_FILE_SOURCE],
                                      .start = texts[DH_FILE_START],
                                      .status = texts[DH_FILE_STATUS],
                                      .duration_s = head.duration_s,
                                      .datasets = list,
                                      .n_dataset = (int32_t)head.n_dataset};
    return DH_OK;
}

static enum dh_err read_list(struct dh_result *r) {
    uint64_t n;
    DH_TRY(ask(r, &(struct dh_h5_request){.ask = DH_H5_ASK_FILE}, &n));
    char *bytes = dh_arena_alloc(&r->mem, (size_t)n);
    if (!bytes)
        return fail(r, DH_ERR_MEMORY, "no memory for the list of datasets");
    DH_TRY(receive(r, bytes, (size_t)n));
    return parse_list(r, bytes, bytes + n);
}

/* A reader of our own. */
static void start_reader(struct dh_result *r) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        fail(r, DH_ERR_IO, strerror(errno));
        return;
    }
    r->child = fork();
    if (r->child == 0)
        dh_result_serve(r->path, ends[1]);
    if (r->child < 0)
        fail(r, DH_ERR_IO, strerror(errno));
    close(ends[1]);
    r->socket = ends[0];
}

enum dh_err dh_result_open_by(struct dh_result **out, struct dh_result_host *host, const char *path,
                              struct dh_diag *diag) {
    *out = NULL;
    struct dh_result *r = calloc(1, sizeof *r);
    if (!r || !(r->path = strdup(path))) {
        free(r);
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){path, 0, 0}, "no memory to read the result");
    }
    r->diag = diag;
    r->socket = r->process = -1;
    r->patience_ms = OPENING_MS;
    if (!host)
        start_reader(r);
    else if ((r->socket = dh_result_host_reader(host, path, &r->process)) < 0)
        fail(r, DH_ERR_IO, strerror(errno));
    if (!r->err)
        read_list(r);
    r->patience_ms = host ? WINDOW_PATIENCE_MS : PATIENCE_MS;
    enum dh_err err = r->err;
    if (err)
        dh_result_close(r);
    else
        *out = r;
    return err;
}

enum dh_err dh_result_open(struct dh_result **out, const char *path, struct dh_diag *diag) {
    return dh_result_open_by(out, NULL, path, diag);
}

void dh_result_close(struct dh_result *r) {
    if (!r)
        return;
    if (r->socket >= 0)
        close(r->socket);
    kill_reader(r);
    if (r->process >= 0)
        close(r->process);
    if (r->child > 0) {
        while (waitpid(r->child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    dh_arena_free(&r->mem);
    free(r->path);
    free(r);
}

const char *dh_result_problem(const struct dh_result *r) {
    return r->err ? r->problem : NULL;
}

bool dh_result_hung(const struct dh_result *r) {
    return r->hung;
}

const struct dh_result_info *dh_result_contents(const struct dh_result *r) {
    return &r->info;
}

const struct dh_result_dataset *dh_result_find(const struct dh_result *r, const char *group,
                                               const char *name) {
    for (int32_t i = 0; i < r->info.n_dataset; i++)
        if (strcmp(r->info.datasets[i].name, name) == 0 && strcmp(r->info.datasets[i].group, group) == 0)
            return &r->info.datasets[i];
    return NULL;
}

/* ---- values ----------------------------------------------------------------------------------------------
 */

/* Columns column … column + width - 1 of rows. */
static enum dh_err values(struct dh_result *r, const struct dh_result_dataset *d, enum dh_h5_ask what,
                          int64_t first, int64_t n, int64_t column, int64_t width, void *out) {
    if (width < 1)
        return DH_OK;
    int64_t window = (int64_t)(DH_H5_READ_BYTES / sizeof(int64_t)) / width;
    if (window < 1)
        return fail(r, DH_ERR_RESULT, "a row is too wide");
    for (char *at = out; n > 0;) {
        int64_t rows = n < window ? n : window;
        uint64_t expected = (uint64_t)(rows * width) * sizeof(int64_t), got;
        struct dh_h5_request q = {.ask = what,
                                  .dataset = (uint32_t)d->number,
                                  .first = first,
                                  .n = rows,
                                  .column = column,
                                  .width = width};
        DH_TRY(ask(r, &q, &got));
        if (got != expected)
            return lost(r);
        DH_TRY(receive(r, at, (size_t)got));
        at += got;
        first += rows;
        n -= rows;
    }
    return DH_OK;
}

enum dh_err dh_result_numbers(struct dh_result *r, const struct dh_result_dataset *dataset, int64_t first,
                              int64_t n, double *out) {
    return values(r, dataset, DH_H5_ASK_NUMBERS, first, n, 0, dataset->columns, out);
}

enum dh_err dh_result_columns(struct dh_result *r, const struct dh_result_dataset *dataset, int64_t first,
                              int64_t n, int64_t column, int64_t width, double *out) {
    return values(r, dataset, DH_H5_ASK_NUMBERS, first, n, column, width, out);
}

enum dh_err dh_result_integers(struct dh_result *r, const struct dh_result_dataset *dataset, int64_t first,
                               int64_t n, int64_t *out) {
    return values(r, dataset, DH_H5_ASK_INTEGERS, first, n, 0, dataset->columns, out);
}

enum dh_err dh_result_texts(struct dh_result *r, const struct dh_result_dataset *dataset, int64_t first,
                            int64_t n, struct dh_arena *arena, const char **out) {
    enum { WINDOW = 64 * 1024 };
    while (n > 0) {
        int64_t rows = n < WINDOW ? n : WINDOW;
        uint64_t n_byte;
        struct dh_h5_request q = {
            .ask = DH_H5_ASK_TEXTS, .dataset = (uint32_t)dataset->number, .first = first, .n = rows};
        DH_TRY(ask(r, &q, &n_byte));
        char *bytes = dh_arena_alloc(arena, (size_t)n_byte);
        if (!bytes)
            return fail(r, DH_ERR_MEMORY, "no memory for texts");
        DH_TRY(receive(r, bytes, (size_t)n_byte));
        const char *at = bytes, *end = bytes + n_byte;
        for (int64_t i = 0; i < rows; i++)
            if (!(*out++ = next_text(&at, end)))
                return lost(r);
        first += rows;
        n -= rows;
    }
    return DH_OK;
}

enum dh_err dh_result_summary(struct dh_result *r, const char *group, struct dh_summary *out) {
    struct dh_arena texts = {0};
    enum dh_err err = DH_OK;
    for (int32_t i = 0; i < r->info.n_dataset && !err; i++) {
        const struct dh_result_dataset *d = &r->info.datasets[i];
        if (d->rank != 0 || strcmp(d->group, group) != 0)
            continue;
        double number = NAN;
        int64_t integer = 0;
        const char *text = "";
        switch (d->kind) {
        case DH_RESULT_NUMBER:
            err = dh_result_numbers(r, d, 0, 1, &number);
            if (!err)
                dh_summary_number(out, d->name, d->unit, number, d->about);
            break;
        case DH_RESULT_INTEGER:
            err = dh_result_integers(r, d, 0, 1, &integer);
            if (!err)
                dh_summary_integer(out, d->name, d->unit, integer, d->about);
            break;
        case DH_RESULT_TEXT:
            err = dh_result_texts(r, d, 0, 1, &texts, &text);
            if (!err)
                dh_summary_text(out, d->name, text, d->about);
        }
    }
    dh_arena_free(&texts);
    if (!err && out->err)
        err = fail(r, out->err, "no memory for the summary");
    return err;
}

const char *dh_result_provenance(struct dh_result *r, const char *name, struct dh_arena *arena) {
    const struct dh_result_dataset *d = dh_result_find(r, "provenance", name);
    const char *text = NULL;
    if (!d || d->kind != DH_RESULT_TEXT || d->rank != 0 || dh_result_texts(r, d, 0, 1, arena, &text))
        return NULL;
    return text;
}
