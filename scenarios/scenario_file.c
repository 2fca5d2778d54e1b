#include "scenarios/scenario_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static enum dh_err fail(enum dh_err code, const char **why, const char *what) {
    *why = what;
    return code;
}

static enum dh_err fail_errno(int error, const char **why) {
    switch (error) {
    case ENOENT:
        return fail(DH_ERR_NOT_FOUND, why, "does not exist");
    case EXDEV:
        return fail(DH_ERR_PATH, why, "leads out of the scenario's folder");
    case ELOOP:
        return fail(DH_ERR_PATH, why, "is a link that cannot be followed");
    case ENOTDIR:
        return fail(DH_ERR_NOT_FOUND, why, "does not exist: a part of it is not a directory");
    case ENXIO:
    case ENODEV:
    case EISDIR:
        return fail(DH_ERR_PATH, why, "is not a regular file");
    case EACCES:
    case EPERM:
        return fail(DH_ERR_IO, why, "may not be read");
    case ENAMETOOLONG:
        return fail(DH_ERR_PATH, why, "is too long");
    default:
        return fail(DH_ERR_IO, why, "cannot be opened");
    }
}

/* O_NONBLOCK: a pipe must not hang us. */
enum { OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

static enum dh_err take(int opened, int *fd, struct stat *status, const char **why) {
    if (opened < 0)
        return fail_errno(errno, why);
    if (fstat(opened, status) != 0) {
        close(opened);
        return fail(DH_ERR_IO, why, "cannot be examined");
    }
    if (!S_ISREG(status->st_mode)) {
        close(opened);
        return fail(DH_ERR_PATH, why, "is not a regular file");
    }
    *fd = opened;
    return DH_OK;
}

enum dh_err dh_file_open(const char *path, int *fd, struct stat *status, const char **why) {
    return take(open(path, OPEN_FLAGS), fd, status, why);
}

enum dh_err dh_file_path_check(const char *path, const char **why) {
    if (path[0] == '\0')
        return fail(DH_ERR_PATH, why, "is empty");
    if (strlen(path) >= PATH_MAX)
        return fail(DH_ERR_PATH, why, "is too long");
    if (strstr(path, "://"))
        return fail(DH_ERR_PATH, why, "is an address; only files in the scenario's folder are read");
    if (path[0] == '/')
        return fail(DH_ERR_PATH, why, "is absolute; paths count from the scenario's folder");
    for (const char *part = path; part; part = strchr(part, '/'), part = part ? part + 1 : NULL)
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return fail(DH_ERR_PATH, why, "contains '..'; paths stay inside the scenario's folder");
    if (path[strlen(path) - 1] == '/')
        return fail(DH_ERR_PATH, why, "is a directory");
    for (const unsigned char *c = (const unsigned char *)path; *c; c++) {
        if (*c < 0x20 || *c == 0x7F)
            return fail(DH_ERR_PATH, why, "contains a control character");
        if (strchr("~$|*?<>\"'`;\\!{}&:", *c))
            return fail(
                DH_ERR_PATH, why,
                "contains a character that paths may not have: one of ~ $ | * ? < > \" ' ` ; \\ ! { } & :");
        if (memcmp(c, "\xEF\xBF\xBD", strnlen((const char *)c, 3)) == 0 && c[1] == 0xBF)
            return fail(DH_ERR_PATH, why, "contains a replacement character (U+FFFD)");
        if (*c == 0xE2 && c[1] == 0x80 && ((c[2] >= 0x8B && c[2] <= 0x8F) || (c[2] >= 0xA8 && c[2] <= 0xAE)))
            return fail(DH_ERR_PATH, why, "contains an invisible character");
        if (*c == 0xC2 && c[1] < 0xA0)
            return fail(DH_ERR_PATH, why, "contains a control character");
    }
    return DH_OK;
}

/* Kernels without openat2 (before 5.6, or filtered away): the real path must begin with the real folder. */
static int open_checked(int folder_fd, const char *path) {
    char link[64], folder[PATH_MAX], joined[PATH_MAX], real[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder_fd);
    ssize_t n = readlink(link, folder, sizeof folder - 1);
    if (n <= 0)
        return -1;
    folder[n] = '\0';
    if ((size_t)snprintf(joined, sizeof joined, "%s/%s", folder, path) >= sizeof joined) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (!realpath(joined, real))
        return -1;
    size_t length = strcmp(folder, "/") == 0 ? 0 : (size_t)n;
    if (strncmp(real, folder, length) != 0 || real[length] != '/') {
        errno = EXDEV;
        return -1;
    }
    return open(real, OPEN_FLAGS | O_NOFOLLOW);
}

enum dh_err dh_file_open_inside(int folder_fd, const char *path, int *fd, struct stat *status,
                                const char **why) {
    enum dh_err err = dh_file_path_check(path, why);
    if (err != DH_OK)
        return err;
    struct open_how how = {.flags = OPEN_FLAGS, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int opened = (int)syscall(SYS_openat2, folder_fd, path, &how, sizeof how);
    if (opened < 0 && (errno == ENOSYS || errno == EPERM))
        opened = open_checked(folder_fd, path);
    return take(opened, fd, status, why);
}

enum dh_err dh_file_read(struct dh_arena *arena, int fd, const struct stat *status, size_t limit, char **text,
                         size_t *n, const char **why) {
    if ((uint64_t)status->st_size > limit)
        return fail(DH_ERR_LIMIT_BYTES, why, "is larger than the limit for scenario files (64 MiB)");
    size_t size = (size_t)status->st_size;
    char *bytes = dh_arena_alloc(arena, size + 1);
    if (!bytes)
        return fail(DH_ERR_MEMORY, why, "does not fit into memory");
    size_t got = 0;
    while (got < size) {
        ssize_t k = read(fd, bytes + got, size - got);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return fail(DH_ERR_IO, why, "cannot be read");
        if (k == 0)
            break; /* it shrank meanwhile */
        got += (size_t)k;
    }
    *text = bytes;
    *n = got;
    return DH_OK;
}
