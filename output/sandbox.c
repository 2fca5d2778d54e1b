#include "output/sandbox.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* maps terabytes of shadow */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { MEMORY_BYTES = 512 << 20, LONG_S = 600 };

static void limit(int what, rlim_t soft, rlim_t hard) {
    struct rlimit bounds;
    if (getrlimit(what, &bounds) < 0)
        return;
    if (hard > bounds.rlim_max)
        hard = bounds.rlim_max;
    bounds.rlim_cur = soft < hard ? soft : hard;
    bounds.rlim_max = hard;
    setrlimit(what, &bounds);
}

void dh_sandbox_limit(int cpu_s) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit(RLIMIT_CORE, 0, 0);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    limit(RLIMIT_CPU, (rlim_t)(cpu_s + used.ru_utime.tv_sec + used.ru_stime.tv_sec), LONG_S);
    FILE *statm = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;
    if (statm) {
        if (fscanf(statm, "%lu", &pages) != 1)
            pages = 0;
        fclose(statm);
    }
    if (!SANITIZED && pages > 0) {
        rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + MEMORY_BYTES;
        limit(RLIMIT_AS, bytes, bytes);
    }
}

void dh_sandbox_extend(void) {
    limit(RLIMIT_CPU, LONG_S, LONG_S);
}

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

void dh_sandbox_close(void) {
#ifdef ARCHITECTURE
    static const int allowed[] = {
        SYS_read,         SYS_pread64,       SYS_lseek,       SYS_sendto,       SYS_recvfrom,
        SYS_mmap,         SYS_munmap,        SYS_mremap,      SYS_brk,          SYS_madvise,
        SYS_mprotect,     SYS_futex,         SYS_close,       SYS_fstat,        SYS_flock,
        SYS_fcntl,        SYS_exit,          SYS_exit_group,  SYS_rt_sigreturn, SYS_rt_sigprocmask,
        SYS_rt_sigaction, SYS_clock_gettime, SYS_getrandom,   SYS_prlimit64,    SYS_setrlimit,
        SYS_getrlimit,    SYS_getpid,        SYS_sched_yield, SYS_sigaltstack,  SYS_write,
    };
    enum { N = sizeof allowed / sizeof allowed[0] };
    struct sock_filter filter[N + 6];
    int at = 0;
    filter[at++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < N; i++)
        filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed[i],
                                                    (uint8_t)(N - i), 0);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1 /* EPERM */);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = (unsigned short)at, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
#endif
}
