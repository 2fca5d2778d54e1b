/* The kernels that the CUDA back end brings: operands, memory, rows, attention and, for machines without
 * cuBLASLt, matrix products. nvcc compiles this file at build time where there is one; else NVRTC does on the
 * machine that measures, so it includes nothing and needs no header. Compute capability 8.0 and later.
 *
 * What ran so far is this source compiled for the host (tests/fake/cuda_on_host.h gives the thread, warp and
 * tensor-core primitives below their meaning as the PTX manual has it). Nothing of it has run on a GPU yet.
 *
 * Every kernel takes one structure, which models/gpu/cuda_kernels.h repeats:
 *   p  device addresses, n  sizes, in the order that each kernel names; f  a factor; seed.
 * Matrix products lay A as m x k and B as n x k, so that both have k side by side, as tensor cores want them. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

struct args {
    u64 p[6];
    i64 n[8];
    u32 seed;
    float f;
};
static_assert(sizeof(args) == 120, "cuda_kernels.h has the same structure");

#define KERNEL(threads) extern "C" __global__ void __launch_bounds__(threads)

enum format { FP32, TF32, BF16, FP16, FP8 };

/* ---- primitives of the machine (PTX ISA 8.0, sections "mma", "ldmatrix", "cp.async", "cvt") ------------- */

#ifndef DH_CUDA_ON_HOST
#define SHARED(name) extern __shared__ __align__(128) u8 name[]

static __device__ __forceinline__ u32 shared_address(const void *p) {
    return (u32)__cvta_generic_to_shared(p);
}

/* c += a b with a 16 x 16 (tf32: 16 x 8) by rows, b 16 x 8 (8 x 8) by columns: lane 4 g + t holds of a the
 * words (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4), of b (t, g), (t + 4, g), of c (g, 2t), (g, 2t + 1),
 * (g + 8, 2t), (g + 8, 2t + 1); a word is two 16-bit elements along k, or one of tf32. */
template <int F> static __device__ __forceinline__ void mma(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    if (F == BF16)
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
                     "{%8,%9}, {%0,%1,%2,%3};"
                     : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
    else if (F == FP16)
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
                     "{%8,%9}, {%0,%1,%2,%3};"
                     : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
    else
        asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
                     "{%8,%9}, {%0,%1,%2,%3};"
                     : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/* Four 8 x 8 matrices of 16-bit elements, transposed: lanes 8 i to 8 i + 7 give the rows of matrix i; lane
 * 4 g + t gets of each the elements (2t, g) and (2t + 1, g). */
static __device__ __forceinline__ void load_transposed(u32 (&r)[4], const void *row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(shared_address(row))
                 : "memory");
}

/* 16 bytes to shared memory behind the thread's back; of them `bytes` (0 or 16) are read, the rest is 0. */
static __device__ __forceinline__ void copy_async(void *to, const void *from, u32 bytes) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(bytes)
                 : "memory");
}
static __device__ __forceinline__ void copy_commit() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}
/* Until at most N of the groups that this thread committed are under way. */
template <int N> static __device__ __forceinline__ void copy_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

/* Round to nearest even. */
static __device__ __forceinline__ u16 to_half(float x) {
    u16 h;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(x));
    return h;
}
static __device__ __forceinline__ float from_half(u16 h) {
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(h));
    return x;
}
static __device__ __forceinline__ u16 to_bfloat(float x) {
    u16 h;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(h) : "f"(x));
    return h;
}
/* Two of them in a word, the first in its lower half. */
template <int F> static __device__ __forceinline__ u32 pack(float low, float high) {
    u32 w;
    if (F == BF16)
        asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(w) : "f"(high), "f"(low));
    else
        asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(w) : "f"(high), "f"(low));
    return w;
}
static __device__ __forceinline__ float power2(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
#endif

static __device__ __forceinline__ float from_bfloat(u16 h) {
    return __uint_as_float((u32)h << 16);
}
template <int F> static __device__ __forceinline__ float load1(const void *p, i64 i) {
    if (F == BF16)
        return from_bfloat(((const u16 *)p)[i]);
    if (F == FP16)
        return from_half(((const u16 *)p)[i]);
    return ((const float *)p)[i];
}
template <int F> static __device__ __forceinline__ void store1(void *p, i64 i, float x) {
    if (F == BF16)
        ((u16 *)p)[i] = to_bfloat(x);
    else if (F == FP16)
        ((u16 *)p)[i] = to_half(x);
    else
        ((float *)p)[i] = x;
}
#define infinity __uint_as_float(0x7F800000u)

/* ---- operands: backend.h, dh_gpu_value ------------------------------------------------------------------ */

/* v / 16 for v in [-8, 7] as e4m3: sign, four bits of exponent with bias 7, three of mantissa. */
static __device__ u8 to_e4m3(int v) {
    int sign = v < 0, m = sign ? -v : v, e = m >= 8 ? 3 : m >= 4 ? 2 : m >= 2 ? 1 : 0;
    return m == 0 ? 0 : (u8)(sign << 7 | (e + 3) << 3 | ((m << 3 >> e) & 7));
}

/* p: to; n: elements. */
template <int F> static __device__ void fill(const args &a) {
    const int bits = F == FP32 ? 24 : F == BF16 ? 8 : F == FP8 ? 4 : 11;
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < a.n[0]; i += step) {
        u32 x = (u32)i * 2654435761u ^ a.seed;
        x ^= x >> 16;
        x *= 0x85ebca6bu;
        x ^= x >> 13;
        x *= 0xc2b2ae35u;
        x ^= x >> 16;
        int v = (int)x >> (32 - bits);
        if (F == FP8)
            ((u8 *)a.p[0])[i] = to_e4m3(v);
        else
            store1<F>((void *)a.p[0], i, (float)v * (1.0f / (float)(1 << bits)));
    }
}
KERNEL(256) dh_fill_fp32(args a) { fill<FP32>(a); }
KERNEL(256) dh_fill_tf32(args a) { fill<TF32>(a); }
KERNEL(256) dh_fill_bf16(args a) { fill<BF16>(a); }
KERNEL(256) dh_fill_fp16(args a) { fill<FP16>(a); }
KERNEL(256) dh_fill_fp8(args a) { fill<FP8>(a); }

/* ---- memory: each block has 1024 vectors of 16 bytes, each thread four loads in flight ------------------ */

/* p: a, b, c; n: elements; f: the factor. */
KERNEL(256) dh_triad(args a) {
    float4 *to = (float4 *)a.p[0];
    const float4 *b = (const float4 *)a.p[1], *c = (const float4 *)a.p[2];
    i64 n4 = a.n[0] / 4, first = (i64)blockIdx.x * 1024 + threadIdx.x;
    float4 x[4], y[4];
#pragma unroll
    for (int j = 0; j < 4; j++)
        if (first + j * 256 < n4)
            x[j] = b[first + j * 256], y[j] = c[first + j * 256];
#pragma unroll
    for (int j = 0; j < 4; j++)
        if (first + j * 256 < n4) {
            x[j].x += a.f * y[j].x;
            x[j].y += a.f * y[j].y;
            x[j].z += a.f * y[j].z;
            x[j].w += a.f * y[j].w;
            to[first + j * 256] = x[j];
        }
    i64 rest = n4 * 4 + threadIdx.x;
    if (blockIdx.x == 0 && rest < a.n[0])
        ((float *)to)[rest] = ((const float *)b)[rest] + a.f * ((const float *)c)[rest];
}

/* p: a, b; n: elements. */
KERNEL(256) dh_copy(args a) {
    float4 *to = (float4 *)a.p[0];
    const float4 *b = (const float4 *)a.p[1];
    i64 n4 = a.n[0] / 4, first = (i64)blockIdx.x * 1024 + threadIdx.x;
    float4 x[4];
#pragma unroll
    for (int j = 0; j < 4; j++)
        if (first + j * 256 < n4)
            x[j] = b[first + j * 256];
#pragma unroll
    for (int j = 0; j < 4; j++)
        if (first + j * 256 < n4)
            to[first + j * 256] = x[j];
    i64 rest = n4 * 4 + threadIdx.x;
    if (blockIdx.x == 0 && rest < a.n[0])
        ((float *)to)[rest] = ((const float *)b)[rest];
}

/* p: a, b, index; n: elements. */
KERNEL(256) dh_gather(args a) {
    float *to = (float *)a.p[0];
    const float *b = (const float *)a.p[1];
    const u32 *index = (const u32 *)a.p[2];
    i64 first = (i64)blockIdx.x * 1024 + threadIdx.x;
    float x[4];
#pragma unroll
    for (int j = 0; j < 4; j++)
        if (first + j * 256 < a.n[0])
            x[j] = b[index[first + j * 256]];
#pragma unroll
    for (int j = 0; j < 4; j++)
        if (first + j * 256 < a.n[0])
            to[first + j * 256] = x[j];
}

KERNEL(32) dh_empty(args) {}

/* ---- rows: one block each; up to 8192 columns stay in registers, of others the rest is read again --------- */

enum { ROW_THREADS = 256, ROW_KEPT = 8 };

static __device__ __forceinline__ float larger(float a, float b) {
    return a > b ? a : b;
}

/* Over the block; every thread gets it. room: 9 floats. */
template <bool MAX> static __device__ float reduce(float x, float *room) {
    for (int d = 16; d > 0; d /= 2) {
        float y = __shfl_xor_sync(0xFFFFFFFFu, x, d);
        x = MAX ? larger(x, y) : x + y;
    }
    __syncthreads(); /* the room's last readers are through */
    if (threadIdx.x % 32 == 0)
        room[threadIdx.x / 32] = x;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (u32 w = 1; w < blockDim.x / 32; w++)
            x = MAX ? larger(x, room[w]) : x + room[w];
        room[8] = x;
    }
    __syncthreads();
    return room[8];
}

/* Columns 4 i to 4 i + 3 of a row; `columns` may end in between, what is beyond is `beyond`. */
template <int F>
static __device__ __forceinline__ void load4(float (&v)[4], const void *row, i64 i, i64 columns, float beyond) {
    if (columns % 4 == 0) {
        if (F == FP32) {
            float4 x = ((const float4 *)row)[i];
            v[0] = x.x, v[1] = x.y, v[2] = x.z, v[3] = x.w;
        } else {
            uint2 x = ((const uint2 *)row)[i];
            u32 w[2] = {x.x, x.y};
#pragma unroll
            for (int j = 0; j < 4; j++) {
                u16 h = (u16)(w[j / 2] >> (j % 2 * 16));
                v[j] = F == BF16 ? from_bfloat(h) : from_half(h);
            }
        }
        return;
    }
#pragma unroll
    for (int j = 0; j < 4; j++)
        v[j] = 4 * i + j < columns ? load1<F>(row, 4 * i + j) : beyond;
}
template <int F>
static __device__ __forceinline__ void store4(void *row, i64 i, i64 columns, const float (&v)[4]) {
    if (columns % 4 == 0) {
        if (F == FP32)
            ((float4 *)row)[i] = make_float4(v[0], v[1], v[2], v[3]);
        else
            ((uint2 *)row)[i] = make_uint2(pack<F>(v[0], v[1]), pack<F>(v[2], v[3]));
        return;
    }
#pragma unroll
    for (int j = 0; j < 4; j++)
        if (4 * i + j < columns)
            store1<F>(row, 4 * i + j, v[j]);
}

/* What is done with four columns in one pass over the row. */
enum pass { SUM, SQUARES, MAXIMUM, EXPONENTIALS, SCALE };
template <int P>
static __device__ __forceinline__ float part(float (&v)[4], float x, float a, float b, i64 i, i64 columns) {
#pragma unroll
    for (int j = 0; j < 4; j++) {
        bool in = 4 * i + j < columns;
        if (P == SUM)
            x += in ? v[j] : 0;
        if (P == SQUARES)
            x += in ? (v[j] - a) * (v[j] - a) : 0;
        if (P == MAXIMUM)
            x = in ? larger(x, v[j]) : x;
        if (P == EXPONENTIALS) {
            v[j] = power2((v[j] - a) * 1.4426950408889634f);
            x += in ? v[j] : 0;
        }
        if (P == SCALE)
            v[j] = (v[j] - a) * b;
    }
    return x;
}

/* A row of `columns`: the first ROW_KEPT * 1024 are in kept, the others are read in each pass. */
template <int F, int P>
static __device__ __forceinline__ float over(float (&kept)[ROW_KEPT][4], const void *row, i64 columns, float x,
                                             float a, float b) {
    i64 n4 = (columns + 3) / 4;
#pragma unroll
    for (int j = 0; j < ROW_KEPT; j++) {
        i64 i = threadIdx.x + j * ROW_THREADS;
        if (i < n4)
            x = part<P>(kept[j], x, a, b, i, columns);
    }
    for (i64 i = threadIdx.x + ROW_KEPT * ROW_THREADS; i < n4; i += ROW_THREADS) {
        float v[4];
        load4<F>(v, row, i, columns, 0);
        x = part<P>(v, x, a, b, i, columns);
    }
    return x;
}
template <int F>
static __device__ __forceinline__ void keep(float (&kept)[ROW_KEPT][4], const void *row, i64 columns) {
#pragma unroll
    for (int j = 0; j < ROW_KEPT; j++) {
        i64 i = threadIdx.x + j * ROW_THREADS;
        if (i < (columns + 3) / 4)
            load4<F>(kept[j], row, i, columns, 0);
    }
}

/* p: out, in; n: rows, columns; f: the epsilon. */
template <int F> static __device__ void layernorm(const args &a) {
    SHARED(shared);
    float *room = (float *)shared, kept[ROW_KEPT][4];
    i64 columns = a.n[1], bytes = columns * (F == FP32 ? 4 : 2);
    const u8 *row = (const u8 *)a.p[1] + blockIdx.x * bytes;
    u8 *out = (u8 *)a.p[0] + blockIdx.x * bytes;
    keep<F>(kept, row, columns);
    float mean = reduce<false>(over<F, SUM>(kept, row, columns, 0, 0, 0), room) / (float)columns;
    float variance = reduce<false>(over<F, SQUARES>(kept, row, columns, 0, mean, 0), room) / (float)columns;
    float scale = 1.0f / sqrtf(variance + a.f);
#pragma unroll
    for (int j = 0; j < ROW_KEPT; j++) {
        i64 i = threadIdx.x + j * ROW_THREADS;
        if (i < (columns + 3) / 4) {
            part<SCALE>(kept[j], 0, mean, scale, i, columns);
            store4<F>(out, i, columns, kept[j]);
        }
    }
    for (i64 i = threadIdx.x + ROW_KEPT * ROW_THREADS; i < (columns + 3) / 4; i += ROW_THREADS) {
        float v[4];
        load4<F>(v, row, i, columns, 0);
        part<SCALE>(v, 0, mean, scale, i, columns);
        store4<F>(out, i, columns, v);
    }
}

/* p: out, in; n: rows, columns. */
template <int F> static __device__ void softmax(const args &a) {
    SHARED(shared);
    float *room = (float *)shared, kept[ROW_KEPT][4];
    i64 columns = a.n[1], bytes = columns * (F == FP32 ? 4 : 2);
    const u8 *row = (const u8 *)a.p[1] + blockIdx.x * bytes;
    u8 *out = (u8 *)a.p[0] + blockIdx.x * bytes;
    keep<F>(kept, row, columns);
    float max = reduce<true>(over<F, MAXIMUM>(kept, row, columns, -infinity, 0, 0), room);
    float sum = reduce<false>(over<F, EXPONENTIALS>(kept, row, columns, 0, max, 0), room), share = 1.0f / sum;
#pragma unroll
    for (int j = 0; j < ROW_KEPT; j++) {
        i64 i = threadIdx.x + j * ROW_THREADS;
        if (i < (columns + 3) / 4) {
            part<SCALE>(kept[j], 0, 0, share, i, columns); /* kept are the exponentials by now */
            store4<F>(out, i, columns, kept[j]);
        }
    }
    for (i64 i = threadIdx.x + ROW_KEPT * ROW_THREADS; i < (columns + 3) / 4; i += ROW_THREADS) {
        float v[4];
        load4<F>(v, row, i, columns, 0);
        part<EXPONENTIALS>(v, 0, max, 0, i, columns);
        part<SCALE>(v, 0, 0, share, i, columns);
        store4<F>(out, i, columns, v);
    }
}
KERNEL(256) dh_layernorm_fp32(args a) { layernorm<FP32>(a); }
KERNEL(256) dh_layernorm_bf16(args a) { layernorm<BF16>(a); }
KERNEL(256) dh_layernorm_fp16(args a) { layernorm<FP16>(a); }
KERNEL(256) dh_softmax_fp32(args a) { softmax<FP32>(a); }
KERNEL(256) dh_softmax_bf16(args a) { softmax<BF16>(a); }
KERNEL(256) dh_softmax_fp16(args a) { softmax<FP16>(a); }

/* ---- matrix products: a lower bound of what the device can ------------------------------------------------
 * 128 x 128 of C a block, k in steps of 64 bytes through three stages of shared memory. Rows there are 80
 * bytes apart: eight rows fall on different banks. */

enum { TILE = 128, STAGES = 3, ROW_WORDS = 20, STAGE_WORDS = 2 * TILE * ROW_WORDS };

/* One step of A and B: rows beyond the matrix and columns beyond k become 0. */
template <int BYTES>
static __device__ __forceinline__ void load_tiles(u32 *stage, const args &a, i64 row0, i64 column0, i64 step) {
    const int each = 16 / BYTES;
    i64 k = a.n[2];
    bool aligned = k % each == 0;
#pragma unroll
    for (int j = 0; j < 4; j++) {
        int piece = (int)threadIdx.x + j * 256, row = piece / 4 % TILE, part16 = piece % 4;
        bool of_b = piece >= 4 * TILE;
        i64 r = (of_b ? column0 : row0) + row, at = step * (64 / BYTES) + part16 * each;
        bool in = r < (of_b ? a.n[1] : a.n[0]) && at < k;
        const u8 *base = (const u8 *)(of_b ? a.p[2] : a.p[1]);
        u32 *to = stage + (of_b ? TILE * ROW_WORDS : 0) + row * ROW_WORDS + part16 * 4;
        if (aligned) {
            copy_async(to, in ? base + (r * k + at) * BYTES : base, in ? 16 : 0);
            continue;
        }
        u32 words[4] = {0, 0, 0, 0};
#pragma unroll
        for (int e = 0; e < each; e++)
            if (in && at + e < k) {
                if (BYTES == 4)
                    words[e & 3] = ((const u32 *)base)[r * k + at + e];
                else
                    words[e / 2] |= (u32)((const u16 *)base)[r * k + at + e] << (e % 2 * 16);
            }
#pragma unroll
        for (int w = 0; w < 4; w++)
            to[w] = words[w];
    }
}

/* p: C, A, B; n: m, n, k. */
template <int F> static __device__ void gemm(const args &a) {
    SHARED(shared);
    const int bytes = F == FP32 || F == TF32 ? 4 : 2;
    u32 *stages = (u32 *)shared;
    i64 row0 = (i64)blockIdx.y * TILE, column0 = (i64)blockIdx.x * TILE;
    i64 steps = (a.n[2] * bytes + 63) / 64;
    int warp = (int)threadIdx.x / 32, g = (int)threadIdx.x % 32 / 4, t = (int)threadIdx.x % 4;
    int warp_row = warp / 4 * 64, warp_column = warp % 4 * 32; /* tensor cores: 64 x 32 a warp */
    int y = (int)threadIdx.x / 16, x = (int)threadIdx.x % 16;  /* fp32: 8 x 8 a thread, 16 apart */
    float sum[4][4][4] = {};                                   /* fp32: [i / 2][i % 2 * 2 + j / 4][j % 4] */
#pragma unroll
    for (int s = 0; s < STAGES - 1; s++) {
        if (s < steps)
            load_tiles<bytes>(stages + s * STAGE_WORDS, a, row0, column0, s);
        copy_commit();
    }
    for (i64 step = 0; step < steps; step++) {
        copy_wait<STAGES - 2>();
        __syncthreads(); /* this step is there for all, and all are through with the one before */
        if (step + STAGES - 1 < steps)
            load_tiles<bytes>(stages + (step + STAGES - 1) % STAGES * STAGE_WORDS, a, row0, column0,
                              step + STAGES - 1);
        copy_commit();
        const u32 *as = stages + step % STAGES * STAGE_WORDS, *bs = as + TILE * ROW_WORDS;
        if (F != FP32) {
#pragma unroll
            for (int k8 = 0; k8 < 16; k8 += 8) {
                u32 fa[4][4], fb[4][2];
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    const u32 *w = as + (warp_row + i * 16 + g) * ROW_WORDS + k8 + t;
                    fa[i][0] = w[0], fa[i][1] = w[8 * ROW_WORDS], fa[i][2] = w[4], fa[i][3] = w[8 * ROW_WORDS + 4];
                }
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    const u32 *w = bs + (warp_column + j * 8 + g) * ROW_WORDS + k8 + t;
                    fb[j][0] = w[0], fb[j][1] = w[4];
                }
#pragma unroll
                for (int i = 0; i < 4; i++)
#pragma unroll
                    for (int j = 0; j < 4; j++)
                        mma<F>(sum[i][j], fa[i], fb[j][0], fb[j][1]);
            }
        } else {
#pragma unroll
            for (int k4 = 0; k4 < 16; k4 += 4) {
                float4 fa[8], fb[8];
#pragma unroll
                for (int i = 0; i < 8; i++) {
                    fa[i] = *(const float4 *)(as + (y + 16 * i) * ROW_WORDS + k4);
                    fb[i] = *(const float4 *)(bs + (x + 16 * i) * ROW_WORDS + k4);
                }
#pragma unroll
                for (int i = 0; i < 8; i++)
#pragma unroll
                    for (int j = 0; j < 8; j++) {
                        float &s = sum[i / 2][i % 2 * 2 + j / 4][j % 4];
                        s += fa[i].x * fb[j].x;
                        s += fa[i].y * fb[j].y;
                        s += fa[i].z * fb[j].z;
                        s += fa[i].w * fb[j].w;
                    }
            }
        }
    }
    void *c = (void *)a.p[0];
    i64 m = a.n[0], n = a.n[1];
    if (F == FP32) {
#pragma unroll
        for (int i = 0; i < 8; i++)
#pragma unroll
            for (int j = 0; j < 8; j++) {
                i64 row = row0 + y + 16 * i, column = column0 + x + 16 * j;
                if (row < m && column < n)
                    ((float *)c)[row * n + column] = sum[i / 2][i % 2 * 2 + j / 4][j % 4];
            }
    }
#pragma unroll
    for (int i = 0; i < (F == FP32 ? 0 : 4); i++)
#pragma unroll
        for (int j = 0; j < 4; j++)
#pragma unroll
            for (int h = 0; h < 2; h++) {
                i64 row = row0 + warp_row + i * 16 + g + 8 * h, column = column0 + warp_column + j * 8 + 2 * t;
                float low = sum[i][j][2 * h], high = sum[i][j][2 * h + 1];
                if (row >= m)
                    continue;
                if (F != TF32 && n % 2 == 0 && column < n) {
                    ((u32 *)c)[(row * n + column) / 2] = pack<F>(low, high);
                    continue;
                }
                if (column < n)
                    store1<F>(c, row * n + column, low);
                if (column + 1 < n)
                    store1<F>(c, row * n + column + 1, high);
            }
}
KERNEL(256) dh_gemm_fp32(args a) { gemm<FP32>(a); }
KERNEL(256) dh_gemm_tf32(args a) { gemm<TF32>(a); }
KERNEL(256) dh_gemm_bf16(args a) { gemm<BF16>(a); }
KERNEL(256) dh_gemm_fp16(args a) { gemm<FP16>(a); }

/* ---- attention: softmax over the keys as they come (Dao, FlashAttention-2, arXiv 2307.08691) --------------
 * p: O, Q, K, V, partial results (decode); n: batch, queries, keys, heads, kv_heads, head_dim, splits (decode);
 * f: log2(e) / sqrt(head_dim). head_dim is a multiple of 8 and at most D; what lies between is 0. */

enum { KEYS = 64 };

/* KEYS keys and values from `key` on into shared memory, rows D + 8 elements apart: eight rows fall on
 * different banks. Keys from `end` on are 0. */
template <int D>
static __device__ __forceinline__ void load_keys(u16 *k, const args &a, i64 sequence, i64 kv_head, i64 key, i64 end) {
    u16 *v = k + KEYS * (D + 8);
    i64 dim = a.n[5];
    for (int piece = (int)threadIdx.x; piece < KEYS * D / 8; piece += 128) {
        int row = piece / (D / 8), column = piece % (D / 8) * 8;
        bool in = key + row < end && column < dim;
        i64 at = in ? ((sequence * a.n[2] + key + row) * a.n[4] + kv_head) * dim + column : 0;
        copy_async(k + row * (D + 8) + column, (const u16 *)a.p[2] + at, in ? 16 : 0);
        copy_async(v + row * (D + 8) + column, (const u16 *)a.p[3] + at, in ? 16 : 0);
    }
}

/* Rows g and g + 8 of a 16 x D operand; NULL: a row of 0. */
template <int D>
static __device__ __forceinline__ void load_queries(u32 (&q)[D / 16][4], const u16 *low, const u16 *high, i64 dim) {
    int t = (int)threadIdx.x % 4;
#pragma unroll
    for (int i = 0; i < D / 16; i++)
#pragma unroll
        for (int h = 0; h < 2; h++) {
            int at = i * 16 + h * 8 + 2 * t;
            q[i][2 * h] = low && at < dim ? *(const u32 *)(low + at) : 0;
            q[i][2 * h + 1] = high && at < dim ? *(const u32 *)(high + at) : 0;
        }
}

/* N times 8 keys from k on: scores, their maximum so far and exponentials, and the values weighted by them.
 * Key c of these is seen by row g where c <= last[0], by row g + 8 where c <= last[1]. */
template <int F, int D, int N>
static __device__ __forceinline__ void attend(float (&o)[D / 8][4], float (&top)[2], float (&sum)[2],
                                              const u32 (&q)[D / 16][4], const u16 *k, const u16 *v,
                                              const i64 (&last)[2], float f) {
    int lane = (int)threadIdx.x % 32, g = lane / 4, t = lane % 4;
    float s[N][4];
#pragma unroll
    for (int n = 0; n < N; n++) {
        s[n][0] = s[n][1] = s[n][2] = s[n][3] = 0;
#pragma unroll
        for (int i = 0; i < D / 16; i++) {
            const u16 *w = k + (n * 8 + g) * (D + 8) + i * 16 + 2 * t;
            mma<F>(s[n], q[i], *(const u32 *)w, *(const u32 *)(w + 8));
        }
    }
    float now[2] = {top[0], top[1]};
#pragma unroll
    for (int n = 0; n < N; n++)
#pragma unroll
        for (int j = 0; j < 4; j++) {
            s[n][j] = n * 8 + 2 * t + j % 2 <= last[j / 2] ? s[n][j] * f : -infinity;
            now[j / 2] = larger(now[j / 2], s[n][j]);
        }
    float shrink[2];
#pragma unroll
    for (int h = 0; h < 2; h++) {
        now[h] = larger(now[h], __shfl_xor_sync(0xFFFFFFFFu, now[h], 1));
        now[h] = larger(now[h], __shfl_xor_sync(0xFFFFFFFFu, now[h], 2));
        float base = now[h] == -infinity ? 0 : now[h]; /* no key seen so far */
        shrink[h] = power2(top[h] - base);
        top[h] = now[h];
        now[h] = base;
        sum[h] *= shrink[h];
    }
#pragma unroll
    for (int d = 0; d < D / 8; d++)
#pragma unroll
        for (int j = 0; j < 4; j++)
            o[d][j] *= shrink[j / 2];
#pragma unroll
    for (int n = 0; n < N; n++)
#pragma unroll
        for (int j = 0; j < 4; j++) {
            s[n][j] = power2(s[n][j] - now[j / 2]);
            sum[j / 2] += s[n][j];
        }
#pragma unroll
    for (int n = 0; n < N; n += 2) {
        u32 p[4] = {pack<F>(s[n][0], s[n][1]), pack<F>(s[n][2], s[n][3]), pack<F>(s[n + 1][0], s[n + 1][1]),
                    pack<F>(s[n + 1][2], s[n + 1][3])};
#pragma unroll
        for (int d = 0; d < D / 16; d++) {
            u32 w[4];
            load_transposed(w, v + (n * 8 + lane % 16) * (D + 8) + d * 16 + lane / 16 * 8);
            mma<F>(o[2 * d], p, w[0], w[1]);
            mma<F>(o[2 * d + 1], p, w[2], w[3]);
        }
    }
}

/* A block has 64 queries of one head, a warp 16 of them; the longest blocks come first. */
template <int F, int D> static __device__ void prefill(const args &a) {
    SHARED(shared);
    u16 *stages = (u16 *)shared;
    const int stage = 2 * KEYS * (D + 8);
    i64 queries = a.n[1], keys = a.n[2], heads = a.n[3], dim = a.n[5], before = keys - queries;
    i64 sequence = blockIdx.z, head = blockIdx.y, kv_head = head / (heads / a.n[4]);
    i64 tile = (i64)(gridDim.x - 1 - blockIdx.x) * 64;
    int warp = (int)threadIdx.x / 32, g = (int)threadIdx.x % 32 / 4, t = (int)threadIdx.x % 4;
    i64 row = tile + warp * 16 + g, end = tile + 64 < queries ? tile + 64 : queries;
    i64 steps = (before + end - 1) / KEYS + 1;
    u32 q[D / 16][4];
    const u16 *from = (const u16 *)a.p[1] + ((sequence * queries + row) * heads + head) * dim;
    load_queries<D>(q, row < queries ? from : 0, row + 8 < queries ? from + 8 * heads * dim : 0, dim);
    float o[D / 8][4] = {}, top[2] = {-infinity, -infinity}, sum[2] = {0, 0};
    load_keys<D>(stages, a, sequence, kv_head, 0, keys);
    copy_commit();
    for (i64 step = 0; step < steps; step++) {
        copy_wait<0>();
        __syncthreads(); /* this step is there for all, and all are through with the one before */
        if (step + 1 < steps)
            load_keys<D>(stages + (step + 1) % 2 * stage, a, sequence, kv_head, (step + 1) * KEYS, keys);
        copy_commit();
        const u16 *k = stages + step % 2 * stage;
        i64 last[2] = {before + row - step * KEYS, before + row + 8 - step * KEYS};
        attend<F, D, KEYS / 8>(o, top, sum, q, k, k + KEYS * (D + 8), last, a.f);
    }
#pragma unroll
    for (int h = 0; h < 2; h++) {
        sum[h] += __shfl_xor_sync(0xFFFFFFFFu, sum[h], 1);
        sum[h] += __shfl_xor_sync(0xFFFFFFFFu, sum[h], 2);
        i64 r = row + 8 * h;
        if (r >= queries)
            continue;
        u16 *out = (u16 *)a.p[0] + ((sequence * queries + r) * heads + head) * dim;
        float share = 1.0f / sum[h];
#pragma unroll
        for (int d = 0; d < D / 8; d++)
            if (d * 8 < dim)
                *(u32 *)(out + d * 8 + 2 * t) = pack<F>(o[d][2 * h] * share, o[d][2 * h + 1] * share);
    }
}

/* Decode: the rows of a block are the queries of up to 16 heads that share their keys (row r is query
 * r / shared of the r % shared th head of them), the keys of a split go round the four warps. */
template <int F, int D> static __device__ void decode(const args &a) {
    SHARED(shared);
    u16 *stages = (u16 *)shared;
    const int stage = 2 * KEYS * (D + 8);
    i64 queries = a.n[1], keys = a.n[2], heads = a.n[3], dim = a.n[5], splits = a.n[6];
    i64 sharing = heads / a.n[4], rows = queries * sharing, tiles = (rows + 15) / 16;
    i64 sequence = blockIdx.z, kv_head = blockIdx.y / tiles, row0 = blockIdx.y % tiles * 16, split = blockIdx.x;
    int warp = (int)threadIdx.x / 32, g = (int)threadIdx.x % 32 / 4, t = (int)threadIdx.x % 4;
    i64 all = (keys + KEYS - 1) / KEYS, first = split * all / splits, end = (split + 1) * all / splits;
    const u16 *from[2];
    i64 sees[2];
#pragma unroll
    for (int h = 0; h < 2; h++) {
        i64 r = row0 + g + 8 * h, query = r / sharing, head = kv_head * sharing + r % sharing;
        from[h] = r < rows ? (const u16 *)a.p[1] + ((sequence * queries + query) * heads + head) * dim : 0;
        sees[h] = r < rows ? keys - queries + query : keys - 1;
    }
    u32 q[D / 16][4];
    load_queries<D>(q, from[0], from[1], dim);
    float o[D / 8][4] = {}, top[2] = {-infinity, -infinity}, sum[2] = {0, 0};
    if (first < end)
        load_keys<D>(stages, a, sequence, kv_head, first * KEYS, keys);
    copy_commit();
    for (i64 step = first; step < end; step++) {
        copy_wait<0>();
        __syncthreads();
        if (step + 1 < end)
            load_keys<D>(stages + (step + 1 - first) % 2 * stage, a, sequence, kv_head, (step + 1) * KEYS, keys);
        copy_commit();
        const u16 *k = stages + (step - first) % 2 * stage + warp * 16 * (D + 8);
        i64 last[2] = {sees[0] - step * KEYS - warp * 16, sees[1] - step * KEYS - warp * 16};
        attend<F, D, 2>(o, top, sum, q, k, k + KEYS * (D + 8), last, a.f);
    }
    __syncthreads(); /* from here on the room holds the warps' results: o, then top and sum of each row */
    float *room = (float *)shared, *tops = room + 4 * 16 * D, *sums = tops + 4 * 16;
#pragma unroll
    for (int h = 0; h < 2; h++) {
        sum[h] += __shfl_xor_sync(0xFFFFFFFFu, sum[h], 1);
        sum[h] += __shfl_xor_sync(0xFFFFFFFFu, sum[h], 2);
        int r = warp * 16 + g + 8 * h;
        if (t == 0)
            tops[r] = top[h], sums[r] = sum[h];
#pragma unroll
        for (int d = 0; d < D / 8; d++)
            room[r * D + d * 8 + 2 * t] = o[d][2 * h], room[r * D + d * 8 + 2 * t + 1] = o[d][2 * h + 1];
    }
    __syncthreads();
    float *partial = (float *)a.p[4] +
                     (((i64)blockIdx.z * gridDim.y + blockIdx.y) * splits + split) * 16 * (D + 2);
    for (int i = (int)threadIdx.x; i < 16 * D; i += 128) {
        int r = i / D, d = i % D;
        float max = -infinity, total = 0, value = 0;
        for (int w = 0; w < 4; w++)
            max = larger(max, tops[w * 16 + r]);
        float base = max == -infinity ? 0 : max;
        for (int w = 0; w < 4; w++) {
            float weight = power2(tops[w * 16 + r] - base);
            total += weight * sums[w * 16 + r];
            value += weight * room[(w * 16 + r) * D + d];
        }
        if (splits > 1) {
            partial[r * (D + 2) + d] = value;
            if (d == 0)
                partial[r * (D + 2) + D] = max, partial[r * (D + 2) + D + 1] = total;
        } else if (row0 + r < rows && d < dim) {
            i64 query = (row0 + r) / sharing, head = kv_head * sharing + (row0 + r) % sharing;
            store1<F>((void *)a.p[0], ((sequence * queries + query) * heads + head) * dim + d, value / total);
        }
    }
}

/* Adds up the splits of decode; the grid is decode's without them. */
template <int F, int D> static __device__ void decode_sum(const args &a) {
    i64 queries = a.n[1], heads = a.n[3], dim = a.n[5], splits = a.n[6];
    i64 sharing = heads / a.n[4], rows = queries * sharing, tiles = (rows + 15) / 16;
    i64 sequence = blockIdx.z, kv_head = blockIdx.y / tiles, row0 = blockIdx.y % tiles * 16;
    const float *partial = (const float *)a.p[4] +
                           ((i64)blockIdx.z * gridDim.y + blockIdx.y) * splits * 16 * (D + 2);
    for (int i = (int)threadIdx.x; i < 16 * D; i += 128) {
        int r = i / D, d = i % D;
        if (row0 + r >= rows || d >= dim)
            continue;
        float max = -infinity, total = 0, value = 0;
        for (i64 s = 0; s < splits; s++)
            max = larger(max, partial[(s * 16 + r) * (D + 2) + D]);
        for (i64 s = 0; s < splits; s++) {
            const float *p = partial + (s * 16 + r) * (D + 2);
            float weight = power2(p[D] - max);
            total += weight * p[D + 1];
            value += weight * p[d];
        }
        i64 query = (row0 + r) / sharing, head = kv_head * sharing + (row0 + r) % sharing;
        store1<F>((void *)a.p[0], ((sequence * queries + query) * heads + head) * dim + d, value / total);
    }
}
KERNEL(128) dh_prefill_bf16_64(args a) { prefill<BF16, 64>(a); }
KERNEL(128) dh_prefill_bf16_128(args a) { prefill<BF16, 128>(a); }
KERNEL(128) dh_prefill_fp16_64(args a) { prefill<FP16, 64>(a); }
KERNEL(128) dh_prefill_fp16_128(args a) { prefill<FP16, 128>(a); }
KERNEL(128) dh_decode_bf16_64(args a) { decode<BF16, 64>(a); }
KERNEL(128) dh_decode_bf16_128(args a) { decode<BF16, 128>(a); }
KERNEL(128) dh_decode_fp16_64(args a) { decode<FP16, 64>(a); }
KERNEL(128) dh_decode_fp16_128(args a) { decode<FP16, 128>(a); }
KERNEL(128) dh_decode_sum_bf16_64(args a) { decode_sum<BF16, 64>(a); }
KERNEL(128) dh_decode_sum_bf16_128(args a) { decode_sum<BF16, 128>(a); }
KERNEL(128) dh_decode_sum_fp16_64(args a) { decode_sum<FP16, 64>(a); }
KERNEL(128) dh_decode_sum_fp16_128(args a) { decode_sum<FP16, 128>(a); }
