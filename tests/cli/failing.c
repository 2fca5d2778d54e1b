/* LD_PRELOAD for crash.py: makes the Nth allocation that the program itself asks for fail (libraries' own are
 * left alone: HDF5 and libxml2 do not survive theirs), once or from then on; or a write, once so many bytes
 * have gone. FAIL_ALLOC=N  FAIL_FOREVER=1  FAIL_COUNT=FILE (how many there were)  FAIL_AFTER_BYTES=N */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static uintptr_t first, last; /* of the program's own text */
static long fail_at, n_alloc;
static bool forever;
static long long bytes_left = -1;

static int own_text(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size, (void)data;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X)) {
            first = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            last = first + info->dlpi_phdr[i].p_memsz;
        }
    return 1; /* the program comes first */
}

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("FAIL_ALLOC");
    fail_at = text ? atol(text) : 0;
    forever = getenv("FAIL_FOREVER") != NULL;
    text = getenv("FAIL_AFTER_BYTES");
    bytes_left = text ? atoll(text) : -1;
    dl_iterate_phdr(own_text, NULL);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAIL_COUNT");
    FILE *out = path ? fopen(path, "w") : NULL;
    if (out) {
        fprintf(out, "%ld\n", n_alloc);
        fclose(out);
    }
}

static bool fails(const void *caller) {
    if ((uintptr_t)caller < first || (uintptr_t)caller >= last)
        return false;
    long n = __atomic_add_fetch(&n_alloc, 1, __ATOMIC_RELAXED);
    if (fail_at == 0 || (forever ? n < fail_at : n != fail_at))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t n) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}
void *calloc(size_t n, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}
void *realloc(void *old, size_t n) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, n);
}
void *aligned_alloc(size_t align, size_t n) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(align, n);
}
int posix_memalign(void **out, size_t align, size_t n) {
    if (fails(__builtin_return_address(0)))
        return ENOMEM;
    *out = __libc_memalign(align, n);
    return *out ? 0 : ENOMEM;
}

/* The disk is full when so many bytes have been written to regular files. */
static bool full(int fd, size_t n) {
    struct stat there;
    if (bytes_left < 0 || fstat(fd, &there) < 0 || !S_ISREG(there.st_mode))
        return false;
    bytes_left = bytes_left > (long long)n ? bytes_left - (long long)n : 0;
    if (bytes_left > 0)
        return false;
    errno = ENOSPC;
    return true;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    static ssize_t (*next)(int, const void *, size_t, off64_t);
    if (!next)
        next = (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    return full(fd, n) ? -1 : next(fd, bytes, n, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
    return pwrite64(fd, bytes, n, at);
}
ssize_t write(int fd, const void *bytes, size_t n) {
    static ssize_t (*next)(int, const void *, size_t);
    if (!next)
        next = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    return full(fd, n) ? -1 : next(fd, bytes, n);
}
