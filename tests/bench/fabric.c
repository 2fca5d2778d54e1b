/* fabric: processor time of 1,000 jobs that share a three-tier fat tree by rails of 16,384 accelerators
 * (2,048 servers of 8 with NVLink, 64 leaves a pod, 8 pods, 2:1 above the spines, 50 GB/s an adapter). Each
 * job takes 1 to 256 servers drawn anywhere, waits until so many are free, and moves 4 to 400 TB around the
 * ring of all its accelerators, one flow a job. Prints CSV. */
#include "models/collective_flow.h"
#include "sim/rng.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { JOBS = 1000, RAILS = 8, SERVERS = 2048 };

static int32_t owner[SERVERS]; /* -1: free */
static int32_t job_of[JOBS];   /* by flow */

/* The ring of a job on servers drawn anywhere, rail by rail; false where there are too few. */
static bool place(struct dh_flow_net *net, const struct dh_topology *t, struct dh_rng *rng, int32_t job,
                  int32_t servers, double bytes) {
    static int32_t mine[SERVERS], hosts[SERVERS * RAILS];
    int32_t n_free = 0, id = 0;
    for (int32_t s = 0; s < SERVERS; s++)
        n_free += owner[s] < 0;
    if (n_free < servers)
        return false;
    for (int32_t k = 0; k < servers;) {
        int32_t s = (int32_t)dh_rng_below(rng, SERVERS);
        if (owner[s] < 0) {
            owner[s] = job;
            mine[k++] = s;
        }
    }
    for (int32_t r = 0; r < RAILS; r++)
        for (int32_t k = 0; k < servers; k++)
            hosts[r * servers + k] = mine[k] * RAILS + r;
    struct dh_ring_flow ring;
    bool good = dh_ring_flow_init(&ring, t, hosts, servers * RAILS) == DH_OK;
    struct dh_flow_spec flow = {.links = ring.links, .n_link = ring.n, .bytes = bytes, .shares = ring.shares};
    good = good && dh_flow_net_start(net, &flow, &id) == DH_OK;
    dh_ring_flow_free(&ring);
    if (!good)
        exit(1);
    job_of[id] = job;
    return true;
}

int main(void) {
    struct dh_topology t = {
        .link = {{450e9, 0}, {50e9, 0}, {50e9, 0}, {50e9, 0}},
        .hosts_per_leaf = 32,
        .units = 8,
        .pods = 8,
        .rails = RAILS,
        .domain = RAILS,
        .oversubscription = {1, 2         }
    };
    const char *why;
    struct dh_rng rng = dh_rng_stream(1, DH_RNG_TEST, 7);
    clock_t start = clock();
    if (dh_topology_init(&t, &why) != DH_OK)
        return 1;
    double *capacity = malloc((size_t)t.n_link * sizeof *capacity);
    for (int32_t l = 0; capacity && l < t.n_link; l++)
        capacity[l] = t.link[dh_topology_link(&t, l).is].bytes_per_s;
    struct dh_flow_net *net = capacity ? dh_flow_net_new(capacity, t.n_link) : NULL;
    if (!net)
        return 1;
    for (int32_t s = 0; s < SERVERS; s++)
        owner[s] = -1;
    int32_t started = 0, at_once = 0, live = 0, servers = 0;
    for (int32_t ended = 0; ended < JOBS;) {
        for (; started < JOBS; started++, live++) {
            servers = servers > 0 ? servers : 1 << dh_rng_below(&rng, 9); /* who waits keeps its size */
            if (!place(net, &t, &rng, started, servers, (double)(1 + dh_rng_below(&rng, 100)) * 4e12))
                break;
            servers = 0;
        }
        at_once = live > at_once ? live : at_once;
        const int32_t *ids;
        int32_t n;
        dh_flow_net_advance(net, INFINITY, &ids, &n);
        for (int32_t i = 0; i < n; i++, ended++, live--)
            for (int32_t s = 0; s < SERVERS; s++)
                owner[s] = owner[s] == job_of[ids[i]] ? -1 : owner[s];
    }
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("accelerators,links,jobs,at_once,weeks,links_solved,processor_s,peak_mb\n");
    printf("%d,%d,%d,%d,%.1f,%lld,%.2f,%ld\n", t.n_host, t.n_link, JOBS, at_once,
           dh_flow_net_now(net) / 604800, (long long)dh_flow_net_work(net).solves,
           (double)(clock() - start) / CLOCKS_PER_SEC, use.ru_maxrss / 1024);
    dh_flow_net_delete(net);
    free(capacity);
    return 0;
}
