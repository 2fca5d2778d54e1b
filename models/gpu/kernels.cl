/* The kernels of the OpenCL back end, built for one format of numbers at a time with
 *   -DFORMAT=0|2|3   fp32, bf16, fp16: enum dh_gpu_format of models/gpu/backend.h, which says what each kernel
 *                    computes; operands are widened to fp32 and all sums are fp32
 *   -DLANES=1        for processors: a work group is one work item, nothing waits at a barrier, float16 is a
 *                    register; 256: for GPUs, work items share operands in local memory
 *   -DHEAD_DIM=...   attention alone, for heads up to that dimension, a multiple of 64
 *   -DSTRIP=, -DPANEL=   rows and float16s of the result that a processor keeps in registers
 *   -DTILE_M=, -DTILE_N=, -DQUERIES=   of a work group, see opencl_launch.c
 * Sizes need not be multiples of anything. */

#if LANES == 1
#define WIDTH 16
typedef float16 vec;
#define vload_w  vload16
#define vstore_w vstore16
#define ONE_GROUP __attribute__((reqd_work_group_size(1, 1, 1)))
#else
#define WIDTH 4
typedef float4 vec;
#define vload_w  vload4
#define vstore_w vstore4
#define ONE_GROUP __attribute__((reqd_work_group_size(LANES, 1, 1)))
#endif

/* ---- a format's elements ---- */

#if FORMAT == 0
typedef float element;
#define load(p, i)        ((p)[i])
#define load16(p, i)      vload16(0, (p) + (i))
#define load_w(p, i)      vload_w(0, (p) + (i))
#define store(x, p, i)    ((p)[i] = (x))
#define store16(x, p, i)  vstore16(x, 0, (p) + (i))
#define store_w(x, p, i)  vstore_w(x, 0, (p) + (i))
#define SIGNIFICANT 24
#elif FORMAT == 2
typedef ushort element;
/* To nearest, ties to even; what is not a number stays so. */
ushort narrow(float x) {
    uint u = as_uint(x);
    return isnan(x) ? (ushort)(u >> 16 | 0x40) : (ushort)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}
#define NARROW(n)                                                                                            \
    ushort##n narrow##n(float##n x) {                                                                        \
        uint##n u = as_uint##n(x);                                                                           \
        return convert_ushort##n(                                                                            \
            select((u + 0x7fff + (u >> 16 & 1)) >> 16, u >> 16 | 0x40, isnan(x)));                           \
    }
NARROW(4)
NARROW(16)
#define load(p, i)        as_float((uint)(p)[i] << 16)
#define load16(p, i)      as_float16(convert_uint16(vload16(0, (p) + (i))) << 16)
#define store(x, p, i)    ((p)[i] = narrow(x))
#define store16(x, p, i)  vstore16(narrow16(x), 0, (p) + (i))
#if WIDTH == 16
#define load_w  load16
#define store_w store16
#else
#define load_w(p, i)      as_float4(convert_uint4(vload4(0, (p) + (i))) << 16)
#define store_w(x, p, i)  vstore4(narrow4(x), 0, (p) + (i))
#endif
#define SIGNIFICANT 8
#else
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
typedef half element;
#define load(p, i)        vload_half(i, p)
#define load16(p, i)      vload_half16(0, (p) + (i))
#define store(x, p, i)    vstore_half_rte(x, i, p)
#define store16(x, p, i)  vstore_half16_rte(x, 0, (p) + (i))
#if WIDTH == 16
#define load_w  load16
#define store_w store16
#else
#define load_w(p, i)      vload_half4(0, (p) + (i))
#define store_w(x, p, i)  vstore_half4_rte(x, 0, (p) + (i))
#endif
#define SIGNIFICANT 11
#endif

float sum16(float16 x) {
    float8 a = x.lo + x.hi;
    float4 b = a.lo + a.hi;
    return (b.x + b.z) + (b.y + b.w);
}

float max16(float16 x) {
    float8 a = fmax(x.lo, x.hi);
    float4 b = fmax(a.lo, a.hi);
    return fmax(fmax(b.x, b.z), fmax(b.y, b.w));
}

#if LANES == 1
#define sum_w sum16
#define max_w max16
#else
float sum_w(float4 x) {
    return (x.x + x.z) + (x.y + x.w);
}
float max_w(float4 x) {
    return fmax(fmax(x.x, x.z), fmax(x.y, x.w));
}
#endif

/* `count` of 16 elements, and zeros behind them. */
float16 load_some(global const element *p, long i, int count) {
    if (count >= 16)
        return load16(p, i);
    float x[16];
    for (int j = 0; j < 16; j++)
        x[j] = j < count ? load(p, i + j) : 0.0f;
    return vload16(0, x);
}

void store_some(float16 x, global element *p, long i, int count) {
    if (count >= 16) {
        store16(x, p, i);
        return;
    }
    float y[16];
    vstore16(x, 0, y);
    for (int j = 0; j < count; j++)
        store(y[j], p, i + j);
}

/* Of all work items of a group; scratch holds LANES. */
#if LANES == 1
#define all_sum(x, scratch) (x)
#define all_max(x, scratch) (x)
#else
#define ALL(name, with)                                                                                      \
    float name(float x, local float *scratch) {                                                              \
        int lane = get_local_id(0);                                                                          \
        barrier(CLK_LOCAL_MEM_FENCE);                                                                        \
        scratch[lane] = x;                                                                                   \
        for (int half_way = LANES / 2; half_way > 0; half_way /= 2) {                                        \
            barrier(CLK_LOCAL_MEM_FENCE);                                                                    \
            if (lane < half_way)                                                                             \
                scratch[lane] = with(scratch[lane], scratch[lane + half_way]);                               \
        }                                                                                                    \
        barrier(CLK_LOCAL_MEM_FENCE);                                                                        \
        return scratch[0];                                                                                   \
    }
#define ADD(a, b) ((a) + (b))
ALL(all_sum, ADD)
ALL(all_max, fmax)
#endif

#ifndef HEAD_DIM

/* ---- operands ---- */

/* dh_gpu_value() of models/gpu/backend.h. */
kernel void fill(global element *to, long n, uint seed) {
    long i = get_global_id(0);
    if (i >= n)
        return;
    uint x = (uint)i * 2654435761u ^ seed;
    x ^= x >> 16;
    x *= 0x85ebca6bu;
    x ^= x >> 13;
    x *= 0xc2b2ae35u;
    x ^= x >> 16;
    store((float)((int)x >> (32 - SIGNIFICANT)) / (float)(1 << SIGNIFICANT), to, i);
}

/* ---- memory ---- */

#if FORMAT == 0
kernel void triad(global float *a, global const float *b, global const float *c, float factor, long n) {
    long i = get_global_id(0) * (long)WIDTH;
    if (i + WIDTH <= n)
        store_w(load_w(b, i) + factor * load_w(c, i), a, i);
    else
        for (; i < n; i++)
            a[i] = b[i] + factor * c[i];
}

kernel void copy(global float *a, global const float *b, long n) {
    long i = get_global_id(0) * (long)WIDTH;
    if (i + WIDTH <= n)
        store_w(load_w(b, i), a, i);
    else
        for (; i < n; i++)
            a[i] = b[i];
}

kernel void gather(global float *a, global const float *b, global const uint *index, long n) {
    long i = get_global_id(0);
    if (i < n)
        a[i] = b[index[i]];
}

kernel void empty(void) {
}
#endif

/* ---- rows, one to a work group ---- */

kernel ONE_GROUP void layernorm(global element *out, global const element *in, int columns, float epsilon) {
    local float scratch[LANES];
    int lane = get_local_id(0), whole = columns / WIDTH * WIDTH;
    long row = get_group_id(0) * (long)columns;
    vec sums = 0;
    for (int c = lane * WIDTH; c < whole; c += LANES * WIDTH)
        sums += load_w(in, row + c);
    float sum = sum_w(sums);
    for (int c = whole + lane; c < columns; c += LANES)
        sum += load(in, row + c);
    float mean = all_sum(sum, scratch) / columns;
    sums = 0;
    for (int c = lane * WIDTH; c < whole; c += LANES * WIDTH) {
        vec off = load_w(in, row + c) - mean;
        sums += off * off;
    }
    sum = sum_w(sums);
    for (int c = whole + lane; c < columns; c += LANES) {
        float off = load(in, row + c) - mean;
        sum += off * off;
    }
    float scale = 1 / sqrt(all_sum(sum, scratch) / columns + epsilon);
    for (int c = lane * WIDTH; c < whole; c += LANES * WIDTH)
        store_w((load_w(in, row + c) - mean) * scale, out, row + c);
    for (int c = whole + lane; c < columns; c += LANES)
        store((load(in, row + c) - mean) * scale, out, row + c);
}

kernel ONE_GROUP void softmax(global element *out, global const element *in, int columns) {
    local float scratch[LANES];
    int lane = get_local_id(0), whole = columns / WIDTH * WIDTH;
    long row = get_group_id(0) * (long)columns;
    vec tops = -INFINITY;
    for (int c = lane * WIDTH; c < whole; c += LANES * WIDTH)
        tops = fmax(tops, load_w(in, row + c));
    float top = max_w(tops);
    for (int c = whole + lane; c < columns; c += LANES)
        top = fmax(top, load(in, row + c));
    top = all_max(top, scratch);
    vec sums = 0;
    for (int c = lane * WIDTH; c < whole; c += LANES * WIDTH)
        sums += exp(load_w(in, row + c) - top);
    float sum = sum_w(sums);
    for (int c = whole + lane; c < columns; c += LANES)
        sum += exp(load(in, row + c) - top);
    float scale = 1 / all_sum(sum, scratch);
    for (int c = lane * WIDTH; c < whole; c += LANES * WIDTH)
        store_w(exp(load_w(in, row + c) - top) * scale, out, row + c);
    for (int c = whole + lane; c < columns; c += LANES)
        store(exp(load(in, row + c) - top) * scale, out, row + c);
}

/* ---- matrix products, a tile of TILE_M x TILE_N to a work group ---- */

#if LANES == 1

/* Both operands are copied to where they lie in the order of use, widened and filled up with zeros: the inner
 * loop is the same for all formats, edges and strides, and takes as long for a tile that sticks out. */
#define PART_K   128
#define COLUMNS (TILE_N / 16)

kernel ONE_GROUP void gemm(global element *c_out, global const element *a_in, global const element *b_in,
                           int m, int n, int k) {
    float16 b[PART_K * COLUMNS], c[TILE_M * COLUMNS];
    float a[STRIP * PART_K];
    int row = get_group_id(1) * TILE_M, column = get_group_id(0) * TILE_N;
    for (int i = 0; i < TILE_M * COLUMNS; i++)
        c[i] = 0;
    for (int from = 0; from < k; from += PART_K) {
        int part = min(PART_K, k - from);
        for (int p = 0; p < COLUMNS; p++)
            for (int j = 0; j < part; j++)
                b[p * PART_K + j] =
                    load_some(b_in, (long)(from + j) * n + column + 16 * p, n - column - 16 * p);
        for (int r = 0; r < TILE_M; r += STRIP) {
            for (int i = 0; i < STRIP; i++)
                for (int j = 0; j < part; j += 16)
                    vstore16(row + r + i < m
                                 ? load_some(a_in, (long)(row + r + i) * k + from + j, part - j)
                                 : (float16)(0),
                             0, a + i * PART_K + j);
            for (int p = 0; p < COLUMNS; p += PANEL) {
                float16 s[STRIP][PANEL];
                for (int i = 0; i < STRIP; i++)
                    for (int q = 0; q < PANEL; q++)
                        s[i][q] = c[(r + i) * COLUMNS + p + q];
                for (int j = 0; j < part; j++)
                    for (int i = 0; i < STRIP; i++)
                        for (int q = 0; q < PANEL; q++)
                            s[i][q] = fma((float16)(a[i * PART_K + j]), b[(p + q) * PART_K + j], s[i][q]);
                for (int i = 0; i < STRIP; i++)
                    for (int q = 0; q < PANEL; q++)
                        c[(r + i) * COLUMNS + p + q] = s[i][q];
            }
        }
    }
    for (int i = 0; i < TILE_M && row + i < m; i++)
        for (int p = 0; p < COLUMNS; p++)
            store_some(c[i * COLUMNS + p], c_out, (long)(row + i) * n + column + 16 * p,
                       n - column - 16 * p);
}

#else

/* 256 work items, 4 x 4 elements each; TILE_M and TILE_N are 64. */
#define PART_K 16

kernel ONE_GROUP void gemm(global element *c_out, global const element *a_in, global const element *b_in,
                           int m, int n, int k) {
    local float a[PART_K][64 + 4], b[PART_K][64]; /* 4: so that columns are written to many banks */
    int lane = get_local_id(0), y = lane / 16, x = lane % 16;
    int row = get_group_id(1) * 64, column = get_group_id(0) * 64;
    float4 s[4] = {0, 0, 0, 0};
    for (int from = 0; from < k; from += PART_K) {
        for (int i = lane; i < PART_K * 64; i += LANES) {
            int j = i % PART_K, r = i / PART_K;
            a[j][r] = row + r < m && from + j < k ? load(a_in, (long)(row + r) * k + from + j) : 0.0f;
            j = i / 64, r = i % 64;
            b[j][r] = column + r < n && from + j < k ? load(b_in, (long)(from + j) * n + column + r) : 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int j = 0; j < PART_K; j++) {
            float4 left = vload4(y, a[j]), right = vload4(x, b[j]);
            s[0] = fma((float4)(left.x), right, s[0]);
            s[1] = fma((float4)(left.y), right, s[1]);
            s[2] = fma((float4)(left.z), right, s[2]);
            s[3] = fma((float4)(left.w), right, s[3]);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    for (int i = 0; i < 4; i++) {
        float out[4];
        vstore4(s[i], 0, out);
        for (int j = 0; j < 4; j++)
            if (row + 4 * y + i < m && column + 4 * x + j < n)
                store(out[j], c_out, (long)(row + 4 * y + i) * n + column + 4 * x + j);
    }
}
#endif

#else /* HEAD_DIM */

/* ---- attention: sums of exponentials as they come (Milakov and Gimelshein, 2018; FlashAttention) ---- */

/* Where an element of Q or O, and of K or V, lies: [batch][row][head][dim]. */
#define AT(batch, row, rows, head, heads, dim) ((((long)(batch) * (rows) + (row)) * (heads) + (head)) * (dim))

#if LANES == 1

#define KEYS  64
#define PARTS (HEAD_DIM / 16)

/* One row of a head, filled up with zeros. */
void load_head(float16 *to, global const element *from, long at, int dim) {
    for (int p = 0; p < PARTS; p++)
        to[p] = load_some(from, at + 16 * p, dim - 16 * p);
}

/* Takes KEYS scores s of one query into its running maximum and sum; s become weights. Returns what the
 * result so far is to be multiplied with. */
float take_in(float16 *s, float *top, float *sum) {
    float16 most = s[0];
    for (int i = 1; i < KEYS / 16; i++)
        most = fmax(most, s[i]);
    float now = fmax(*top, max16(most)), scale = exp(*top - now);
    float16 total = 0;
    for (int i = 0; i < KEYS / 16; i++) {
        s[i] = exp(s[i] - now);
        total += s[i];
    }
    *sum = *sum * scale + sum16(total);
    *top = now;
    return scale;
}

/* A work item takes QUERIES queries of a head, STRIP at a time. As with GPUs' kernels the tile is worked on whole,
 * also where it sticks out of the queries or looks into the future, and takes as long. */
kernel ONE_GROUP void prefill(global element *o_out, global const element *q_in, global const element *k_in,
                              global const element *v_in, int queries, int keys, int heads, int kv_heads,
                              int dim) {
    float16 q[QUERIES * PARTS], o[QUERIES * PARTS], v[KEYS * PARTS], k[HEAD_DIM * (KEYS / 16)];
    float top[QUERIES], sum[QUERIES];
    int first = get_group_id(0) * QUERIES, head = get_group_id(1), batch = get_group_id(2);
    int kv_head = head / (heads / kv_heads), mine = min(QUERIES, queries - first), past = keys - queries;
    float scale = 1 / sqrt((float)dim);
    for (int i = 0; i < QUERIES; i++) {
        for (int p = 0; p < PARTS; p++)
            q[i * PARTS + p] = o[i * PARTS + p] = 0;
        if (i < mine)
            load_head(q + i * PARTS, q_in, AT(batch, first + i, queries, head, heads, dim), dim);
        for (int p = 0; p < PARTS; p++)
            q[i * PARTS + p] *= scale;
        top[i] = -INFINITY;
        sum[i] = 0;
    }
    int seen = past + first + QUERIES; /* keys, by the last query of the tile */
    for (int from = 0; from < seen; from += KEYS) {
        int here = min(KEYS, keys - from);
        for (int j = 0; j < KEYS; j++) {
            float16 row[PARTS];
            for (int p = 0; p < PARTS; p++)
                row[p] = v[j * PARTS + p] = 0;
            if (j < here) {
                load_head(row, k_in, AT(batch, from + j, keys, kv_head, kv_heads, dim), dim);
                load_head(v + j * PARTS, v_in, AT(batch, from + j, keys, kv_head, kv_heads, dim), dim);
            }
            for (int d = 0; d < HEAD_DIM; d++)
                ((float *)k)[d * KEYS + j] = ((float *)row)[d];
        }
        for (int i = 0; i < QUERIES; i += STRIP) {
            float16 s[STRIP * (KEYS / 16)];
            float rescale[STRIP];
            for (int b = 0; b < KEYS / 16; b++) {
                float16 dot[STRIP];
                for (int r = 0; r < STRIP; r++)
                    dot[r] = 0;
                for (int d = 0; d < HEAD_DIM; d++)
                    for (int r = 0; r < STRIP; r++)
                        dot[r] = fma((float16)(((float *)q)[(i + r) * HEAD_DIM + d]), k[d * (KEYS / 16) + b],
                                     dot[r]);
                for (int r = 0; r < STRIP; r++)
                    s[r * (KEYS / 16) + b] = dot[r];
            }
            for (int r = 0; r < STRIP; r++) {
                for (int j = max(0, past + first + i + r + 1 - from); j < KEYS; j++)
                    ((float *)s)[r * KEYS + j] = -INFINITY;
                rescale[r] = take_in(s + r * (KEYS / 16), &top[i + r], &sum[i + r]);
            }
            for (int p = 0; p < PARTS; p++) {
                float16 out[STRIP];
                for (int r = 0; r < STRIP; r++)
                    out[r] = o[(i + r) * PARTS + p] * rescale[r];
                for (int j = 0; j < KEYS; j++)
                    for (int r = 0; r < STRIP; r++)
                        out[r] = fma((float16)(((float *)s)[r * KEYS + j]), v[j * PARTS + p], out[r]);
                for (int r = 0; r < STRIP; r++)
                    o[(i + r) * PARTS + p] = out[r];
            }
        }
    }
    for (int i = 0; i < mine; i++)
        for (int p = 0; p < PARTS && 16 * p < dim; p++)
            store_some(o[i * PARTS + p] / sum[i], o_out,
                       AT(batch, first + i, queries, head, heads, dim) + 16 * p, dim - 16 * p);
}

/* A work item takes one query of all heads that share keys and values, each of which is read once. */
kernel ONE_GROUP void decode(global element *o_out, global const element *q_in, global const element *k_in,
                             global const element *v_in, int queries, int keys, int heads, int kv_heads,
                             int dim) {
    float16 q[GROUP_MAX * PARTS], o[GROUP_MAX * PARTS], k[KEYS * PARTS], v[KEYS * PARTS];
    float top[GROUP_MAX], sum[GROUP_MAX];
    int query = get_group_id(0), kv_head = get_group_id(1), batch = get_group_id(2);
    int group = heads / kv_heads, seen = keys - queries + query + 1;
    float scale = 1 / sqrt((float)dim);
    for (int h = 0; h < group; h++) {
        load_head(q + h * PARTS, q_in, AT(batch, query, queries, kv_head * group + h, heads, dim), dim);
        for (int p = 0; p < PARTS; p++) {
            q[h * PARTS + p] *= scale;
            o[h * PARTS + p] = 0;
        }
        top[h] = -INFINITY;
        sum[h] = 0;
    }
    for (int from = 0; from < seen; from += KEYS) {
        int here = min(KEYS, seen - from);
        for (int j = 0; j < here; j++) {
            load_head(k + j * PARTS, k_in, AT(batch, from + j, keys, kv_head, kv_heads, dim), dim);
            load_head(v + j * PARTS, v_in, AT(batch, from + j, keys, kv_head, kv_heads, dim), dim);
        }
        for (int h = 0; h < group; h++) {
            float s[KEYS];
            for (int j = 0; j < KEYS; j++)
                s[j] = -INFINITY;
            for (int j = 0; j < here; j++) {
                float16 dot = 0;
                for (int p = 0; p < PARTS; p++)
                    dot = fma(q[h * PARTS + p], k[j * PARTS + p], dot);
                s[j] = sum16(dot);
            }
            float16 weights[KEYS / 16];
            for (int b = 0; b < KEYS / 16; b++)
                weights[b] = vload16(b, s);
            float rescale = take_in(weights, &top[h], &sum[h]);
            for (int p = 0; p < PARTS; p += 4) {
                float16 out[4];
                for (int e = 0; e < 4; e++)
                    out[e] = o[h * PARTS + p + e] * rescale;
                for (int j = 0; j < here; j++)
                    for (int e = 0; e < 4; e++)
                        out[e] = fma((float16)(((float *)weights)[j]), v[j * PARTS + p + e], out[e]);
                for (int e = 0; e < 4; e++)
                    o[h * PARTS + p + e] = out[e];
            }
        }
    }
    for (int h = 0; h < group; h++)
        for (int p = 0; p < PARTS && 16 * p < dim; p++)
            store_some(o[h * PARTS + p] / sum[h], o_out,
                       AT(batch, query, queries, kv_head * group + h, heads, dim) + 16 * p, dim - 16 * p);
}

#else

/* 256 work items and QUERIES = 64 queries of a head: scores in 4 x 4 blocks, then 4 queries and every 16th
 * column of the result each. */
#define PARTS (HEAD_DIM / 16)

kernel ONE_GROUP void prefill(global element *o_out, global const element *q_in, global const element *k_in,
                              global const element *v_in, int queries, int keys, int heads, int kv_heads,
                              int dim) {
    local float q[16][64 + 4], k[16][64 + 4], s[64][64 + 1], top[64], sum[64], rescale[64];
    int lane = get_local_id(0), y = lane / 16, x = lane % 16;
    int first = get_group_id(0) * 64, head = get_group_id(1), batch = get_group_id(2);
    int kv_head = head / (heads / kv_heads), mine = min(64, queries - first), past = keys - queries;
    float scale = 1 / sqrt((float)dim), o[4][PARTS];
    for (int i = 0; i < 4; i++)
        for (int p = 0; p < PARTS; p++)
            o[i][p] = 0;
    if (lane < 64) {
        top[lane] = -INFINITY;
        sum[lane] = 0;
    }
    int seen = past + first + mine;
    for (int from = 0; from < seen; from += 64) {
        int here = min(64, seen - from);
        float4 dot[4] = {0, 0, 0, 0};
        for (int d = 0; d < dim; d += 16) {
            for (int i = lane; i < 16 * 64; i += LANES) {
                int e = i % 16, r = i / 16;
                q[e][r] = r < mine && d + e < dim
                              ? load(q_in, AT(batch, first + r, queries, head, heads, dim) + d + e) * scale
                              : 0.0f;
                k[e][r] = r < here && d + e < dim
                              ? load(k_in, AT(batch, from + r, keys, kv_head, kv_heads, dim) + d + e)
                              : 0.0f;
            }
            barrier(CLK_LOCAL_MEM_FENCE);
            for (int e = 0; e < 16; e++) {
                float4 left = vload4(y, q[e]), right = vload4(x, k[e]);
                dot[0] = fma((float4)(left.x), right, dot[0]);
                dot[1] = fma((float4)(left.y), right, dot[1]);
                dot[2] = fma((float4)(left.z), right, dot[2]);
                dot[3] = fma((float4)(left.w), right, dot[3]);
            }
            barrier(CLK_LOCAL_MEM_FENCE);
        }
        for (int i = 0; i < 4; i++) {
            float out[4];
            vstore4(dot[i], 0, out);
            for (int j = 0; j < 4; j++)
                s[4 * y + i][4 * x + j] =
                    from + 4 * x + j <= past + first + 4 * y + i && 4 * x + j < here ? out[j] : -INFINITY;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        if (lane < 64) {
            float now = top[lane], total = 0;
            for (int j = 0; j < 64; j++)
                now = fmax(now, s[lane][j]);
            for (int j = 0; j < 64; j++) {
                float weight = exp(s[lane][j] - now);
                s[lane][j] = weight;
                total += weight;
            }
            rescale[lane] = exp(top[lane] - now);
            sum[lane] = sum[lane] * rescale[lane] + total;
            top[lane] = now;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int i = 0; i < 4; i++)
            for (int p = 0; p < PARTS; p++)
                o[i][p] *= rescale[4 * y + i];
        for (int j = 0; j < here; j++) {
            long row = AT(batch, from + j, keys, kv_head, kv_heads, dim);
            for (int p = 0; p < PARTS; p++) {
                float v = x + 16 * p < dim ? load(v_in, row + x + 16 * p) : 0.0f;
                for (int i = 0; i < 4; i++)
                    o[i][p] = fma(s[4 * y + i][j], v, o[i][p]);
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    for (int i = 0; i < 4; i++)
        for (int p = 0; p < PARTS; p++)
            if (4 * y + i < mine && x + 16 * p < dim)
                store(o[i][p] / sum[4 * y + i], o_out,
                      AT(batch, first + 4 * y + i, queries, head, heads, dim) + x + 16 * p);
}

/* A group takes one query of one head: scores of a key each, then a column of the result each. */
kernel ONE_GROUP void decode(global element *o_out, global const element *q_in, global const element *k_in,
                             global const element *v_in, int queries, int keys, int heads, int kv_heads,
                             int dim) {
    local float q[HEAD_DIM], s[LANES], scratch[LANES];
    int lane = get_local_id(0), query = get_group_id(0), head = get_group_id(1), batch = get_group_id(2);
    int kv_head = head / (heads / kv_heads), seen = keys - queries + query + 1;
    long at = AT(batch, query, queries, head, heads, dim);
    for (int d = lane; d < dim; d += LANES)
        q[d] = load(q_in, at + d) / sqrt((float)dim);
    barrier(CLK_LOCAL_MEM_FENCE);
    float top = -INFINITY, sum = 0, o = 0; /* HEAD_DIM is not above LANES: one column each */
    for (int from = 0; from < seen; from += LANES) {
        int here = min(LANES, seen - from);
        float dot = -INFINITY;
        if (lane < here) {
            long row = AT(batch, from + lane, keys, kv_head, kv_heads, dim);
            dot = 0;
            for (int d = 0; d < dim; d++)
                dot = fma(q[d], load(k_in, row + d), dot);
        }
        float now = fmax(top, all_max(dot, scratch)), rescale = exp(top - now), weight = exp(dot - now);
        s[lane] = weight;
        sum = sum * rescale + all_sum(weight, scratch); /* its barriers: s is written */
        top = now;
        o *= rescale;
        if (lane < dim)
            for (int j = 0; j < here; j++)
                o = fma(s[j], load(v_in, AT(batch, from + j, keys, kv_head, kv_heads, dim) + lane), o);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (lane < dim)
        store(o / sum, o_out, at + lane);
}
#endif
#endif
