#include "sim/api/ranks.h"

#include "sim/api/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct dh_place nowhere = {NULL, 0, 0};

static char *path_of(const struct dh_ranks *r, const char *name, int32_t k) {
    size_t room = strlen(r->folder) + strlen(name) + 16;
    char *path = malloc(room);
    if (path)
        snprintf(path, room, "%s/%s-%d", r->folder, name, (int)k);
    return path;
}

static int open_file(const struct dh_ranks *r, const char *name, int32_t k, int flags) {
    char *path = path_of(r, name, k);
    int file = path ? open(path, flags | O_CLOEXEC, 0666) : -1;
    free(path);
    return file;
}

static void nap(void) {
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

enum dh_err dh_ranks_open(struct dh_ranks *r, const char *folder, int32_t rank, int32_t n,
                          struct dh_diag *diag) {
    *r = (struct dh_ranks){.rank = rank, .n = n};
    for (int32_t k = 0; k < DH_RANKS; k++)
        r->files[k] = -1;
    r->folder = strdup(folder);
    if (!r->folder)
        return DH_ERR_MEMORY;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return dh_fail(diag, DH_ERR_IO, nowhere, "%s: %s", folder, strerror(errno));
    if (rank == 0)
        return DH_OK;
    r->files[0] = open_file(r, "rank", rank, O_WRONLY | O_CREAT | O_EXCL);
    if (r->files[0] < 0) {
        enum dh_err err = dh_fail(diag, DH_ERR_IO, nowhere, "%s: %s", folder, strerror(errno));
        dh_diag_hint(diag, "a folder that an earlier start left? Remove it");
        return err;
    }
    return DH_OK;
}

enum dh_err dh_ranks_read(struct dh_ranks *r, int32_t k, const char **bytes, size_t *n,
                          struct dh_diag *diag) {
    *bytes = r->bytes;
    *n = 0;
    if (r->files[k] < 0)
        r->files[k] = open_file(r, "rank", k, O_RDONLY);
    if (r->files[k] < 0)
        return errno == ENOENT ? DH_OK
                               : dh_fail(diag, DH_ERR_IO, nowhere, "%s: %s", r->folder, strerror(errno));
    ssize_t got = read(r->files[k], r->bytes, sizeof r->bytes);
    if (got < 0 && errno != EINTR)
        return dh_fail(diag, DH_ERR_IO, nowhere, "%s: %s", r->folder, strerror(errno));
    *n = got > 0 ? (size_t)got : 0;
    return DH_OK;
}

enum dh_err dh_ranks_write(struct dh_ranks *r, const char *bytes, size_t n, struct dh_diag *diag) {
    if (n > 0 && !dh_child_send(r->files[0], bytes, n))
        return dh_fail(diag, DH_ERR_IO, nowhere, "%s: %s", r->folder, strerror(errno));
    return DH_OK;
}

static bool is_there(const struct dh_ranks *r, const char *name, int32_t k) {
    char *path = path_of(r, name, k);
    bool there = path && access(path, F_OK) == 0;
    free(path);
    return there;
}

bool dh_ranks_over(const struct dh_ranks *r) {
    return is_there(r, "enough", 0);
}

bool dh_ranks_lost(const struct dh_ranks *r, int32_t k) {
    return is_there(r, "heard", k);
}

static void forget(const struct dh_ranks *r, const char *name, int32_t k) {
    char *path = path_of(r, name, k);
    if (path)
        unlink(path);
    free(path);
}

void dh_ranks_close(struct dh_ranks *r) {
    enum { WAIT = 3000 }; /* naps: a minute */
    if (!r->folder)
        return;
    int said = open_file(r, r->rank == 0 ? "enough" : "heard", r->rank, O_WRONLY | O_CREAT);
    if (said >= 0)
        close(said);
    for (int32_t k = 0; k < DH_RANKS; k++)
        if (r->files[k] >= 0)
            close(r->files[k]);
    for (int32_t k = 1, naps = 0; r->rank == 0 && k < r->n;) {
        if (is_there(r, "heard", k) || naps == WAIT) {
            forget(r, "rank", k);
            forget(r, "heard", k);
            k++;
        } else {
            nap();
            naps++;
        }
    }
    if (r->rank == 0) {
        forget(r, "enough", 0);
        rmdir(r->folder);
    }
    free(r->folder);
    r->folder = NULL;
}
