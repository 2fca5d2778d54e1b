#include "sim/api/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum dh_err dh_child_start(struct dh_child *child, void (*work)(void *self, int to), void *self,
                           const struct dh_child *others, int32_t n_other, struct dh_diag *diag) {
    const struct dh_place nowhere = {NULL, 0, 0};
    int ends[2];
    if (pipe(ends) != 0)
        return dh_fail(diag, DH_ERR_IO, nowhere, "no pipe for a run: %s", strerror(errno));
    fflush(NULL); /* or the child writes it again */
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return dh_fail(diag, DH_ERR_IO, nowhere, "no process for a run: %s", strerror(errno));
    }
    if (pid == 0) {
        for (int32_t i = 0; i < n_other; i++)
            if (others[i].from >= 0)
                close(others[i].from);
        close(ends[0]);
        signal(SIGPIPE, SIG_IGN); /* a reader that has gone is an error of write */
        work(self, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    *child = (struct dh_child){.pid = pid, .from = ends[0]};
    return DH_OK;
}

void dh_child_end(struct dh_child *child, bool unwanted) {
    if (child->from >= 0)
        close(child->from);
    child->from = -1;
    if (unwanted)
        kill(child->pid, SIGKILL); /* results get their names last: nothing is left half written */
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

bool dh_child_send(int to, const void *bytes, size_t n) {
    const char *at = bytes;
    while (n > 0) {
        ssize_t sent = write(to, at, n);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}
