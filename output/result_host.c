#include "output/result_host.h"

#include "output/h5_read.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct dh_result_host {
    pid_t process;
    int socket; /* datagrams: a path there; a socket and a process, or an errno, back */
};

_Noreturn void dh_result_serve(const char *path, int socket) {
    signal(SIGINT, SIG_IGN); /* the parent decides */
    signal(SIGTERM, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
    signal(SIGFPE, SIG_DFL);
    signal(SIGABRT, SIG_DFL);
    signal(SIGXCPU, SIG_DFL);
    if (socket > 3)
        close_range(3, (unsigned)socket - 1, 0);
    close_range((unsigned)socket + 1, ~0u, 0);
    _exit(dh_h5_read_serve(path, socket));
}

/* Sends an errno, 0 with descriptors. */
static bool answer(int to, int number, const int *descriptors, size_t n) {
    union {
        char room[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec bytes = {&number, sizeof number};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    if (n > 0) {
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(n * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(n * sizeof(int));
        memcpy(CMSG_DATA(head), descriptors, n * sizeof(int));
    }
    return sendmsg(to, &message, MSG_NOSIGNAL) >= 0;
}

static bool make_reader(int to, const char *path) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return answer(to, errno, NULL, 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        dh_result_serve(path, ends[1]);
    }
    int number = child < 0 ? errno : 0;
    close(ends[1]);
    /* Not its number: that may be another's by the time that somebody uses it. */
    int there[2] = {ends[0], child > 0 ? (int)syscall(SYS_pidfd_open, child, 0) : -1};
    bool sent = answer(to, number, there, number ? 0 : there[1] < 0 ? 1 : 2);
    close(there[0]);
    if (there[1] >= 0)
        close(there[1]);
    return sent;
}

/* The host: one request after another, until its socket closes. */
static _Noreturn void host(int socket) {
    char path[PATH_MAX];
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGCHLD, SIG_IGN); /* readers end by themselves */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (;;) {
        ssize_t n = recv(socket, path, sizeof path - 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(0);
        path[n] = '\0';
        if (!make_reader(socket, path))
            _exit(0);
    }
}

enum dh_err dh_result_host_start(struct dh_result_host **out) {
    int ends[2];
    *out = calloc(1, sizeof **out);
    if (!*out)
        return DH_ERR_MEMORY;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
        (*out)->process = fork();
        if ((*out)->process == 0) {
            close(ends[0]);
            host(ends[1]);
        }
        close(ends[1]);
        (*out)->socket = ends[0];
        if ((*out)->process > 0)
            return DH_OK;
        close(ends[0]);
    }
    free(*out);
    *out = NULL;
    return DH_ERR_IO;
}

void dh_result_host_stop(struct dh_result_host *h) {
    if (!h)
        return;
    close(h->socket);
    while (waitpid(h->process, NULL, 0) < 0 && errno == EINTR)
        ;
    free(h);
}

int dh_result_host_reader(struct dh_result_host *h, const char *path, int *process) {
    union {
        char room[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    int number = EIO, there[2] = {-1, -1};
    struct iovec bytes = {&number, sizeof number};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    *process = -1;
    if (strlen(path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (send(h->socket, path, strlen(path), MSG_NOSIGNAL) < 0)
        return -1;
    ssize_t n;
    while ((n = recvmsg(h->socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    const struct cmsghdr *head = n == sizeof number ? CMSG_FIRSTHDR(&message) : NULL;
    if (head && head->cmsg_type == SCM_RIGHTS)
        memcpy(there, CMSG_DATA(head),
               head->cmsg_len >= CMSG_LEN(2 * sizeof(int)) ? 2 * sizeof(int) : sizeof(int));
    if (there[0] < 0)
        errno = n == sizeof number && number ? number : EIO;
    *process = there[1];
    return there[0];
}
