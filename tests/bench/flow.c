/* flow: max-min flows. Reads what tests/bench/flow.py writes, or makes it:
 *   bench_flow make WORKLOAD.csv random|alltoall|ring    writes src,dst,bytes,start and the links of each
 * route bench_flow run WORKLOAD.csv FINISH.csv [STEPS]       seconds of processor time of the engine, best of
 * five All flows start at once on a fat tree of 1,024 hosts in 32 leaves with 32 spines, 50 GB/s a link; or,
 * with STEPS, on one of 4,096 hosts in 64 leaves with 64 spines: the ring of an all-reduce, whose hosts begin
 * a step when their last message has gone out and their neighbor's has come in. Ends are those of the last
 * step. */
#include "models/fat_tree.h"
#include "models/flow.h"
#include "sim/rng.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST = 70000, BATCHES = 5, RING = 4096 };
static const double rate = 5e10;

struct workload {
    int32_t n, src[MOST], dst[MOST], n_hop[MOST], links[MOST][2 * DH_FAT_TREE_LEVELS];
    double bytes[MOST], end[MOST];
};
static struct workload w;

static void make(const char *kind) {
    struct dh_rng rng = dh_rng_stream(1, DH_RNG_TEST, 6);
    if (strcmp(kind, "random") == 0) {
        while (w.n < 10000) {
            int32_t src = (int32_t)dh_rng_below(&rng, 1024), dst = (int32_t)dh_rng_below(&rng, 1024);
            if (src == dst)
                continue;
            w.src[w.n] = src;
            w.dst[w.n] = dst;
            w.bytes[w.n++] = 1e8 + (double)dh_rng_below(&rng, 1900000000);
        }
        return;
    }
    if (strcmp(kind, "ring") == 0) {
        for (; w.n < RING; w.n++) {
            w.src[w.n] = w.n;
            w.dst[w.n] = (w.n + 1) % RING;
            w.bytes[w.n] = 1e6;
        }
        return;
    }
    for (int32_t i = 0; i < 256; i++)
        for (int32_t j = 0; j < 256; j++)
            if (i != j) {
                w.src[w.n] = i;
                w.dst[w.n] = j;
                w.bytes[w.n++] = 1e8;
            }
}

static int32_t row_of[MOST], done[MOST]; /* by flow; by host: messages out and in, of twice its steps */

static bool begin(struct dh_flow_net *net, int32_t row) {
    int32_t id = 0;
    struct dh_flow_spec f = {w.links[row], w.n_hop[row], w.bytes[row], 0, 0};
    bool good = dh_flow_net_start(net, &f, &id) == DH_OK;
    row_of[id] = row;
    return good;
}

/* Row h is the message of host h: its end is one of two things that h waits for, and the next host. */
static bool next_step(struct dh_flow_net *net, int32_t row, int32_t steps) {
    bool good = true;
    for (int32_t i = 0; i < 2; i++) {
        int32_t host = i == 0 ? row : w.dst[row];
        if (++done[host] % 2 == 0 && done[host] < 2 * steps)
            good &= begin(net, host);
    }
    return good;
}

static bool solve(const double *capacity, int32_t n_link, int32_t steps) {
    struct dh_flow_net *net = dh_flow_net_new(capacity, n_link);
    bool good = net != NULL;
    int32_t n_hop = 0;
    for (int32_t i = 0; i < w.n; i++)
        n_hop += w.n_hop[i];
    good = good && dh_flow_net_reserve(net, w.n, n_hop) == DH_OK;
    memset(done, 0, sizeof done);
    for (int32_t i = 0; good && i < w.n; i++)
        good = begin(net, i);
    for (double next; good && (next = dh_flow_net_next(net)) < INFINITY;) {
        const int32_t *ended;
        int32_t n;
        dh_flow_net_advance(net, next, &ended, &n);
        for (int32_t i = 0; i < n; i++)
            w.end[row_of[ended[i]]] = next;
        static int32_t rows[MOST]; /* ids are given again while the next step begins */
        for (int32_t i = 0; i < n; i++)
            rows[i] = row_of[ended[i]];
        for (int32_t i = 0; good && steps > 0 && i < n; i++)
            good = next_step(net, rows[i], steps);
    }
    if (good) {
        struct dh_flow_work work = dh_flow_net_work(net);
        fprintf(stderr, "# %d flows%s: %lld fills, %lld links solved, %lld rates changed\n", w.n,
                steps > 0 ? " a step" : "", (long long)work.fills, (long long)work.solves,
                (long long)work.changes);
    }
    dh_flow_net_delete(net);
    return good;
}

static bool read_workload(const char *path) {
    FILE *in = fopen(path, "r");
    char line[512];
    bool good = in && fgets(line, sizeof line, in);
    while (good && w.n < MOST && fgets(line, sizeof line, in)) {
        good = sscanf(line, "%d,%d,%lf", &w.src[w.n], &w.dst[w.n], &w.bytes[w.n]) == 3;
        w.n++;
    }
    if (in)
        fclose(in);
    return good;
}

static bool write_rows(const struct dh_fat_tree *tree, const char *path, bool ends) {
    FILE *out = fopen(path, "w");
    if (!out)
        return false;
    fprintf(out, ends ? "src,dst,bytes,start,finish\n" : "src,dst,bytes,start,links\n");
    for (int32_t i = 0; i < w.n; i++) {
        int32_t links[2 * DH_FAT_TREE_LEVELS], n = dh_fat_tree_route(tree, w.src[i], w.dst[i], links);
        fprintf(out, "%d,%d,%.0f,0,", w.src[i], w.dst[i], w.bytes[i]);
        if (ends)
            fprintf(out, "%.17g", w.end[i]);
        for (int32_t k = 0; !ends && k < n; k++)
            fprintf(out, k ? " %d" : "%d", links[k]);
        fprintf(out, "\n");
    }
    return fclose(out) == 0;
}

int main(int argc, char **argv) {
    struct dh_fat_tree tree = {
        .n_level = 2, .down = {32, 32},
             .up = {1,  32}
    };
    static double capacity[1 << 14];
    if (argc < 4)
        return 2;
    bool making = strcmp(argv[1], "make") == 0;
    int32_t steps = !making && argc > 4 ? atoi(argv[4]) : 0;
    if (steps > 0 || (making && strcmp(argv[3], "ring") == 0))
        tree.down[0] = tree.down[1] = tree.up[1] = 64;
    if (dh_fat_tree_init(&tree) != DH_OK || tree.n_link > 1 << 14)
        return 2;
    for (int32_t i = 0; i < tree.n_link; i++)
        capacity[i] = rate;
    if (making) {
        make(argv[3]);
        return !write_rows(&tree, argv[2], false);
    }
    if (!read_workload(argv[2]))
        return 1;
    for (int32_t i = 0; i < w.n; i++) /* outside the time, as those of SimGrid */
        w.n_hop[i] = dh_fat_tree_route(&tree, w.src[i], w.dst[i], w.links[i]);
    double best = INFINITY;
    for (int batch = 0; batch < BATCHES; batch++) {
        clock_t start = clock();
        if (!solve(capacity, tree.n_link, steps))
            return 1;
        double s = (double)(clock() - start) / CLOCKS_PER_SEC;
        best = s < best ? s : best;
    }
    printf("%.6f\n", best);
    return !write_rows(&tree, argv[3], true);
}
