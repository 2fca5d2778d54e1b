#include "output/result_draft.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char part[] = ".part";

/* The writer's lock is asked for, never taken: whoever looks must not stand in the way of the next run. */
static bool is_locked(int fd) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool dh_result_look(const char *path, struct dh_result_look *out) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *out = (struct dh_result_look){0};
    if (fd < 0)
        return false;
    bool there = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    if (there)
        *out = (struct dh_result_look){.device = status.st_dev,
                                       .inode = status.st_ino,
                                       .bytes = status.st_size,
                                       .changed_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 +
                                                     status.st_mtim.tv_nsec,
                                       .written = is_locked(fd)};
    close(fd);
    return there;
}

bool dh_result_look_same(const struct dh_result_look *a, const struct dh_result_look *b) {
    return a->device == b->device && a->inode == b->inode;
}

const char *dh_result_draft(const char *path, char *room, size_t n) {
    if (access(path, F_OK) == 0 || strlen(path) + sizeof part > n)
        return path;
    snprintf(room, n, "%s%s", path, part);
    return access(room, F_OK) == 0 ? room : path;
}

const char *dh_result_final(const char *path, char *room, size_t n) {
    size_t length = strlen(path), end = sizeof part - 1;
    if (length <= end || length - end >= n || strcmp(path + length - end, part) != 0)
        return path;
    memcpy(room, path, length - end);
    room[length - end] = '\0';
    return room;
}
