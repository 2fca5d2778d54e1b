#include "output/recover.h"

#include "output/h5_recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static enum dh_err io_error(struct dh_diag *diag, const char *path, int number) {
    return dh_fail(diag, number == ENOENT ? DH_ERR_NOT_FOUND : DH_ERR_IO, (struct dh_place){path, 0, 0}, "%s",
                   strerror(number));
}

/* Copies from the descriptor; 0 or errno. */
static int copy(int from, int to) {
    char *buffer = malloc(1 << 20);
    int number = buffer ? 0 : ENOMEM;
    while (!number) {
        ssize_t n = read(from, buffer, 1 << 20);
        if (n <= 0) {
            number = n < 0 ? errno : 0;
            break;
        }
        for (ssize_t at = 0, put; at < n && !number; at += put) {
            put = write(to, buffer + at, (size_t)(n - at));
            if (put < 0)
                number = errno, put = 0;
        }
    }
    free(buffer);
    return number;
}

/* In a child, for the file may be damaged and the library may crash on it. */
static enum dh_err repair(const char *path, const char *part, struct dh_diag *diag) {
    pid_t child = fork();
    if (child == 0)
        _exit(dh_h5_recover(path));
    if (child < 0)
        return io_error(diag, path, errno);
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return io_error(diag, path, errno);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return DH_OK;
    return dh_fail(diag, DH_ERR_RESULT, (struct dh_place){part, 0, 0},
                   "not a result of datahall, or too damaged to recover");
}

enum dh_err dh_recover(const char *part, const char *out, struct dh_diag *diag) {
    struct stat status;
    int from = open(part, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (from < 0)
        return io_error(diag, part, errno);
    if (fstat(from, &status) < 0 || !S_ISREG(status.st_mode)) {
        close(from);
        return dh_fail(diag, DH_ERR_RESULT, (struct dh_place){part, 0, 0}, "not a regular file");
    }
    if (lstat(out, &status) == 0) {
        close(from);
        return dh_fail(diag, DH_ERR_IO, (struct dh_place){out, 0, 0}, "exists already; it was left as it is");
    }
    char *draft = NULL;
    if (asprintf(&draft, "%s.recovering", out) < 0) {
        close(from);
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){out, 0, 0}, "no memory");
    }
    enum dh_err err = DH_OK;
    int to = open(draft, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    int number = to < 0 ? errno : copy(from, to);
    if (number)
        err = dh_fail(diag, DH_ERR_IO, (struct dh_place){draft, 0, 0}, "%s", strerror(number));
    if (!err)
        err = repair(draft, part, diag);
    if (!err && (fsync(to) < 0 || rename(draft, out) < 0))
        err = dh_fail(diag, DH_ERR_IO, (struct dh_place){out, 0, 0}, "%s", strerror(errno));
    if (err && to >= 0)
        unlink(draft);
    if (to >= 0)
        close(to);
    close(from);
    free(draft);
    return err;
}
