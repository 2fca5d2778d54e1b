#include "models/collective_flow.h"

#include <stdlib.h>
#include <string.h>

static int by_number(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* All links of all messages, repeated. */
static enum dh_err gather(struct dh_ring_flow *ring, const struct dh_topology *t, const int32_t *hosts,
                          int32_t ranks) {
    int32_t links[DH_TOPOLOGY_HOPS];
    size_t room = 0;
    for (int32_t r = 0; r < ranks; r++) {
        int32_t src = hosts[r], dst = hosts[r + 1 < ranks ? r + 1 : 0];
        if (src < 0 || src >= t->n_host || dst < 0 || dst >= t->n_host)
            return DH_ERR_RANGE;
        int32_t n = dh_topology_route(t, src, dst, DH_BY_DESTINATION, links);
        if (ring->n > INT32_MAX - n)
            return DH_ERR_RANGE;
        if ((size_t)(ring->n + n) > room) {
            room = 2 * (size_t)(ring->n + n);
            int32_t *grown = realloc(ring->links, room * sizeof *grown);
            if (!grown)
                return DH_ERR_MEMORY;
            ring->links = grown;
        }
        double latency = 0;
        for (int32_t i = 0; i < n; i++) {
            ring->links[ring->n++] = links[i];
            latency += t->link[dh_topology_link(t, links[i]).is].latency_s;
        }
        ring->latency_s = latency > ring->latency_s ? latency : ring->latency_s;
    }
    return DH_OK;
}

enum dh_err dh_ring_flow_init(struct dh_ring_flow *ring, const struct dh_topology *t, const int32_t *hosts,
                              int32_t ranks) {
    *ring = (struct dh_ring_flow){0};
    enum dh_err err = ranks < 1 ? DH_ERR_RANGE : gather(ring, t, hosts, ranks);
    if (err != DH_OK)
        return err;
    ring->shares = malloc(((size_t)ring->n + 1) * sizeof *ring->shares);
    if (!ring->shares)
        return DH_ERR_MEMORY;
    if (ring->n > 0)
        qsort(ring->links, (size_t)ring->n, sizeof *ring->links, by_number);
    int32_t n = 0;
    for (int32_t i = 0; i < ring->n; i++) {
        if (n > 0 && ring->links[i] == ring->links[n - 1]) {
            ring->shares[n - 1]++;
            continue;
        }
        ring->links[n] = ring->links[i];
        ring->shares[n++] = 1;
    }
    ring->n = n;
    return n <= DH_FLOW_MAX_LINKS ? DH_OK : DH_ERR_RANGE;
}

void dh_ring_flow_free(struct dh_ring_flow *ring) {
    free(ring->links);
    free(ring->shares);
}
