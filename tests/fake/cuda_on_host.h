/* models/gpu/kernels.cu on the host: what a thread, a warp, a block and the tensor cores are to it, as the
 * CUDA C++ guide and the PTX manual have them, one thread at a time. Included before kernels.cu by a C++
 * file.
 *
 * A block's threads are fibers that run until they meet: __syncthreads() for the block; for the warp
 * shuffles, mma and ldmatrix, which compute from what all lanes brought. They run in an order that the caller
 * chooses, so that a missing barrier shows as a result that depends on it. Shared memory holds 0xFF before
 * each block, and so does what cp.async is to fill, until the thread has waited for it. Two lanes of a warp
 * that meet at different places, or a barrier that not all reach, end the program with a message. */
#ifndef DH_FAKE_CUDA_ON_HOST_H
#define DH_FAKE_CUDA_ON_HOST_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vector>
#ifndef __x86_64__
#include <ucontext.h>
#endif

#define DH_CUDA_ON_HOST
#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(n)

struct uint3 {
    unsigned x, y, z;
};
struct float4 {
    float x, y, z, w;
};
struct uint2 {
    unsigned x, y;
};
static inline float4 make_float4(float x, float y, float z, float w) {
    return float4{x, y, z, w};
}
static inline uint2 make_uint2(unsigned x, unsigned y) {
    return uint2{x, y};
}
static inline float __uint_as_float(unsigned w) {
    float x;
    memcpy(&x, &w, 4);
    return x;
}

namespace host {

[[noreturn]] static void stop(const char *why) {
    fprintf(stderr, "cuda_on_host: %s\n", why);
    abort();
}

/* ---- numbers --------------------------------------------------------------------------------------------
 */

static float half_value(uint16_t h) {
    int e = h >> 10 & 31, m = h & 1023;
    float x = e == 31 ? (m ? NAN : INFINITY) : e ? ldexpf((float)(m + 1024), e - 25) : ldexpf((float)m, -24);
    return h >> 15 ? -x : x;
}
static const std::vector<float> &halves() {
    static std::vector<float> all;
    if (all.empty())
        for (unsigned i = 0; i < 65536; i++)
            all.push_back(half_value((uint16_t)i));
    return all;
}
/* To nearest even, with e bits of exponent and m of mantissa. */
static uint16_t narrow(float x, int m, int bias, int top) {
    uint16_t sign = (uint16_t)(signbit(x) ? 0x8000 : 0);
    if (isnan(x))
        return (uint16_t)(sign | top << m | 1 << (m - 1));
    float a = fabsf(x);
    if (a == 0)
        return sign;
    int e;
    frexpf(a, &e);
    e = e - 1 < 1 - bias ? 1 - bias : e - 1;
    float steps = nearbyintf(ldexpf(a, m - e)); /* may reach the next power of two: the sum carries */
    long bits = (long)steps + ((long)(e + bias - 1) << m);
    if (bits > (long)top << m)
        bits = (long)top << m;
    return (uint16_t)(sign | bits);
}

/* ---- fibers ---------------------------------------------------------------------------------------------
 */

enum { MAX_THREADS = 1024, STACK = 256 * 1024 };
enum place { READY, AT_BLOCK, AT_WARP, DONE };

struct pending {
    void *to;
    unsigned char bytes[16];
    int group;
};
struct fiber {
    char *stack;
#ifdef __x86_64__
    void *sp;
#else
    ucontext_t context;
#endif
    place at;
    uint3 thread;
    std::vector<pending> copies;
    int groups;
    unsigned turn; /* collective operations so far */
};
struct slot { /* what a lane brings to a collective operation, and what it gets */
    uint32_t in[8], out[8];
    const void *pointer;
    const void *site;
};
struct warp {
    slot lane[2][32]; /* by turns: no lane is two operations ahead of another */
    int arrived;
};

static fiber fibers[MAX_THREADS];
static warp warps[MAX_THREADS / 32];
static fiber *self;
static int n_fibers;
static unsigned char *shared;
static void (*entry)(const void *);
static const void *entry_args;

#ifdef __x86_64__
static void *main_sp;
extern "C" void dh_fake_switch(void **save, void *to);
asm(".text\n.local dh_fake_switch\n.type dh_fake_switch,@function\ndh_fake_switch:\n"
    "pushq %rbp\npushq %rbx\npushq %r12\npushq %r13\npushq %r14\npushq %r15\n"
    "movq %rsp,(%rdi)\nmovq %rsi,%rsp\n"
    "popq %r15\npopq %r14\npopq %r13\npopq %r12\npopq %rbx\npopq %rbp\nret\n"
    ".size dh_fake_switch,.-dh_fake_switch\n");
static void leave() {
    dh_fake_switch(&self->sp, main_sp);
}
static void resume(fiber *f) {
    dh_fake_switch(&main_sp, f->sp);
}
#else
static ucontext_t main_context;
static void leave() {
    swapcontext(&self->context, &main_context);
}
static void resume(fiber *f) {
    swapcontext(&main_context, &f->context);
}
#endif

static void body() {
    entry(entry_args);
    self->at = DONE;
    leave();
    stop("a thread went on after its end");
}

static void prepare(fiber *f) {
    if (!f->stack && !(f->stack = (char *)malloc(STACK)))
        stop("no memory for stacks");
#ifdef __x86_64__
    uintptr_t top = ((uintptr_t)f->stack + STACK) & ~(uintptr_t)15;
    void **sp = (void **)top;
    *--sp = 0; /* body's own return address, never used; the stack is aligned as after a call */
    *--sp = (void *)body;
    for (int i = 0; i < 6; i++)
        *--sp = 0;
    f->sp = sp;
#else
    getcontext(&f->context);
    f->context.uc_stack.ss_sp = f->stack;
    f->context.uc_stack.ss_size = STACK;
    makecontext(&f->context, body, 0);
#endif
    f->at = READY;
    f->copies.clear();
    f->groups = 0;
    f->turn = 0;
}

} // namespace host

static uint3 threadIdx, blockIdx, blockDim, gridDim;

namespace host {

static void wait_at(place where) {
    self->at = where;
    leave();
    threadIdx = self->thread;
}

/* order: 0 threads as they are numbered, 1 the other way round, else by chance */
static void run_block(unsigned order) {
    static int sequence[MAX_THREADS];
    for (int i = 0; i < n_fibers; i++) {
        sequence[i] = order == 1 ? n_fibers - 1 - i : i;
        prepare(&fibers[i]);
        fibers[i].thread = uint3{(unsigned)i, 0, 0};
    }
    uint32_t chance = order * 2654435761u + 1;
    for (int i = n_fibers - 1; order > 1 && i > 0; i--) {
        chance = chance * 1664525u + 1013904223u;
        int j = (int)(chance >> 8) % (i + 1), k = sequence[i];
        sequence[i] = sequence[j], sequence[j] = k;
    }
    for (auto &w : warps)
        w.arrived = 0;
    for (;;) {
        int ran = 0, done = 0, waiting = 0;
        for (int i = 0; i < n_fibers; i++) {
            fiber *f = &fibers[sequence[i]];
            if (f->at == READY) {
                self = f;
                threadIdx = f->thread;
                resume(f);
                ran++;
            }
        }
        for (int i = 0; i < n_fibers; i++) {
            done += fibers[i].at == DONE;
            waiting += fibers[i].at == AT_BLOCK;
        }
        if (done == n_fibers)
            return;
        if (waiting && waiting + done == n_fibers) {
            if (done)
                stop("a barrier that not all threads of the block reach");
            for (int i = 0; i < n_fibers; i++)
                fibers[i].at = READY;
        } else if (!ran)
            stop("threads wait for one another at different places");
    }
}

/* A collective operation of a warp: the last lane to come does it for all. */
template <class F> static slot *collective(const slot &mine, const F &work) {
    warp *w = &warps[threadIdx.x / 32];
    unsigned lane = threadIdx.x % 32, turn = self->turn++ % 2;
    slot *slots = w->lane[turn];
    slots[lane] = mine;
    if (++w->arrived == 32) {
        for (int i = 1; i < 32; i++)
            if (slots[i].site != slots[0].site)
                stop("lanes of a warp meet at different operations");
        w->arrived = 0;
        work(slots);
        unsigned first = threadIdx.x / 32 * 32;
        for (unsigned i = 0; i < 32; i++)
            if (first + i != threadIdx.x)
                fibers[first + i].at = READY;
    } else
        wait_at(AT_WARP);
    return &slots[lane];
}

template <class A>
static void launch(void (*kernel)(const void *), uint3 grid, unsigned threads, size_t shared_bytes,
                   const A &args, unsigned order) {
    n_fibers = (int)threads;
    gridDim = grid;
    blockDim = uint3{threads, 1, 1};
    entry = kernel;
    entry_args = &args;
    void *room;
    if (posix_memalign(&room, 128, shared_bytes ? shared_bytes : 1))
        stop("no memory");
    shared = (unsigned char *)room;
    for (unsigned z = 0; z < grid.z; z++)
        for (unsigned y = 0; y < grid.y; y++)
            for (unsigned x = 0; x < grid.x; x++) {
                blockIdx = uint3{x, y, z};
                memset(shared, 0xFF, shared_bytes);
                run_block(order);
            }
    free(shared);
}

} // namespace host

#define SHARED(name) unsigned char *name = host::shared

static void __syncthreads() {
    host::wait_at(host::AT_BLOCK);
}

static float __shfl_xor_sync(unsigned mask, float x, int distance) {
    static const char site = 0;
    host::slot mine = {};
    if (mask != 0xFFFFFFFFu)
        host::stop("a shuffle of less than a warp");
    mine.site = &site;
    memcpy(&mine.in[0], &x, 4);
    mine.in[1] = (unsigned)distance;
    host::slot *s = host::collective(mine, [](host::slot *lanes) {
        for (unsigned i = 0; i < 32; i++)
            lanes[i].out[0] = lanes[i ^ lanes[i].in[1]].in[0];
    });
    memcpy(&x, &s->out[0], 4);
    return x;
}

static uint16_t to_half(float x) {
    return host::narrow(x, 10, 15, 31);
}
static float from_half(uint16_t h) {
    return host::halves()[h];
}
static uint16_t to_bfloat(float x) {
    return host::narrow(x, 7, 127, 255);
}
template <int F> static uint32_t pack(float low, float high) {
    /* 2: BF16 of kernels.cu */
    return F == 2 ? (uint32_t)to_bfloat(low) | (uint32_t)to_bfloat(high) << 16
                  : (uint32_t)to_half(low) | (uint32_t)to_half(high) << 16;
}
static float power2(float x) {
    return exp2f(x);
}

/* Fragments as "Matrix Fragments for mma.m16n8k16 with floating point type" and "... mma.m16n8k8" of the PTX
 * manual lay them out, word by word. */
template <int F> static void mma(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    static const char site = 0;
    host::slot mine = {};
    mine.site = &site;
    memcpy(mine.in, a, 16);
    mine.in[4] = b0, mine.in[5] = b1;
    host::slot *s = host::collective(mine, [](host::slot *lanes) {
        const int each = F == 1 ? 1 : 2; /* 1: TF32 */
        static float fa[16][16], fb[8][16];
        auto value = [](uint32_t w, int part) {
            if (F == 1)
                return __uint_as_float(w & 0xFFFFE000u); /* the lower 13 bits are ignored */
            uint16_t h = (uint16_t)(w >> (16 * part));
            return F == 2 ? __uint_as_float((uint32_t)h << 16) : host::halves()[h];
        };
        for (int l = 0; l < 32; l++)
            for (int r = 0; r < 6; r++)
                for (int e = 0; e < each; e++) {
                    int word = l % 4 + (r < 4 ? r / 2 : r - 4) * 4;
                    (r < 4 ? fa[l / 4 + r % 2 * 8] : fb[l / 4])[word * each + e] = value(lanes[l].in[r], e);
                }
        for (int l = 0; l < 32; l++)
            for (int r = 0; r < 4; r++) {
                const float *x = fa[l / 4 + r / 2 * 8], *y = fb[l % 4 * 2 + r % 2];
                float sum = 0;
                for (int k = 0; k < 8 * each; k++)
                    sum += x[k] * y[k];
                memcpy(&lanes[l].out[r], &sum, 4);
            }
    });
    for (int r = 0; r < 4; r++) {
        float x;
        memcpy(&x, &s->out[r], 4);
        c[r] += x;
    }
}

static void load_transposed(uint32_t (&r)[4], const void *row) {
    static const char site = 0;
    host::slot mine = {};
    if ((uintptr_t)row % 16)
        host::stop("ldmatrix: a row that is not aligned to 16 bytes");
    mine.site = &site;
    mine.pointer = row;
    host::slot *s = host::collective(mine, [](host::slot *lanes) {
        for (int l = 0; l < 32; l++)
            for (int m = 0; m < 4; m++) {
                const uint16_t *first = (const uint16_t *)lanes[m * 8 + l % 4 * 2].pointer;
                const uint16_t *second = (const uint16_t *)lanes[m * 8 + l % 4 * 2 + 1].pointer;
                lanes[l].out[m] = (uint32_t)first[l / 4] | (uint32_t)second[l / 4] << 16;
            }
    });
    memcpy(r, s->out, 16);
}

static void copy_async(void *to, const void *from, unsigned bytes) {
    if ((uintptr_t)to % 16 || (uintptr_t)from % 16 || (bytes != 0 && bytes != 16))
        host::stop("cp.async: not 16 aligned bytes");
    host::pending p = {to, {0}, host::self->groups};
    memcpy(p.bytes, from, bytes);
    memset(to, 0xFF, 16);
    host::self->copies.push_back(p);
}
static void copy_commit() {
    host::self->groups++;
}
template <int N> static void copy_wait() {
    std::vector<host::pending> &all = host::self->copies;
    size_t kept = 0;
    for (size_t i = 0; i < all.size(); i++)
        if (all[i].group < host::self->groups - N)
            memcpy(all[i].to, all[i].bytes, 16);
        else
            all[kept++] = all[i];
    all.resize(kept);
}

#endif
