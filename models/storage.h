/* Stores of data as links of a flow net (models/flow.h): what a byte that goes to or from each costs of what.
 *
 * Every store has up to four links, each with a capacity of so much of something a second, and a transfer has
 * a share on each: how much of it one of its bytes takes.
 *   servers    time of data servers, gateways or drives, server-seconds a second: as many as are in service.
 * A byte read takes 1/read of a server, one written overhead/write, so that reading and writing share the
 * same devices. overhead is what redundancy writes besides: (k + m)/k of an erasure code, 2 of two copies.
 *   operations of the servers: one for each `io` bytes, and one for each file.
 *   metadata   operations of the metadata servers: `file_ops` for each file.
 *   network    bytes of the storage network, times what segmentation and inspection leave of it.
 * So small files cost: n of them in so many bytes take n/bytes operations a byte.
 *
 * A transfer by itself goes at most as fast as its streams: one moves a file in latency + bytes (1/stream +
 * 1/cipher), the cipher being AES-GCM at one end, in turn with the transfer (0.64 cycles a byte:
 * N. Drucker, S. Gueron, V. Krasnov, Making AES great again, 2018; the thread that sends does both). More
 * streams do that side by side. And it goes no faster than its nodes' adapters, times the share that
 * inspection leaves.
 *
 * Up to `spare` servers may be out: the others take their load, at their own rate. More, and data is out of
 * reach: the store stands still. An archive has drives for servers: a transfer holds as many as it has
 * streams, waits for them in turn, and begins when tapes are mounted. A node's cache is its own: no link,
 * only as many times its rate as there are nodes. */
#ifndef DH_MODELS_STORAGE_H
#define DH_MODELS_STORAGE_H

#include "scenarios/scenario.h"

#include <stdbool.h>
#include <stdint.h>

enum dh_store_kind { DH_STORE_OBJECT, DH_STORE_FILES, DH_STORE_NODE, DH_STORE_ARCHIVE, DH_N_STORE_KIND };
enum dh_store_link {
    DH_STORE_SERVERS,
    DH_STORE_OPERATIONS,
    DH_STORE_METADATA,
    DH_STORE_NETWORK,
    DH_N_STORE_LINK
};

/* One store. Bandwidths in bytes/s; INFINITY: no limit. */
struct dh_store {
    const char *id;
    struct dh_place place;
    enum dh_store_kind kind;
    int32_t n_server, n_metadata; /* n_metadata 0: none is modelled */
    int32_t spare, spare_metadata;
    double read_b_per_s, write_b_per_s; /* of one server, drive or node's cache */
    double overhead;                    /* bytes written for one */
    double ops_per_s, io_b;             /* of one server; bytes of an operation */
    double metadata_per_s, file_ops;    /* of one metadata server; of one file */
    double network_b_per_s;             /* of all together, inspection counted */
    double latency_s, stream_b_per_s;   /* of one stream */
    double cipher_b_per_s;              /* of one stream, in transit */
    double inspection;                  /* share of adapters' and network's bandwidth that it leaves */
    double mount_s;                     /* archive: until a tape can be read or written */
    double capacity_b;                  /* usable; of a node's cache: of one node */
    double filled_b;                    /* at the start */
    double usd_per_b_s;                 /* of what is stored, or of the capacity where capacity_priced */
    bool capacity_priced;
    double read_usd, write_usd; /* of one operation */
    double egress_usd_per_b;
    double power_w;      /* of all its servers; 0: not modelled */
    const char *row;     /* row of racks beside which they stand; NULL: none */
    int32_t rack;        /* their rack in the facility; -1: none */
    int32_t tier;        /* store that data moves on to; -1: none */
    double tier_after_s; /* what is older moves; INFINITY: not by age */
    double tier_above;   /* share of capacity above which the oldest moves; INFINITY: not by fill */
};

struct dh_storage {
    struct dh_store *stores;
    int32_t n_store;
    double adapter_b_per_s; /* of one node; INFINITY: no limit */
    struct dh_arena mem;
};

/* The stores of a scenario, in the order object stores, file systems, caches, archives; none without
 * <storage>. DH_ERR_MEMORY. */
enum dh_err dh_storage_compile(struct dh_storage *out, const struct dh_scenario *sc);
void dh_storage_free(struct dh_storage *storage);
/* Row of the store with this id; -1: there is none. */
int32_t dh_storage_find(const struct dh_storage *storage, const char *id);

/* Capacity of a store's link with so many servers and metadata servers out; INFINITY: the store has no such
 * limit and needs no link; 0: it stands still. */
double dh_store_capacity(const struct dh_store *store, enum dh_store_link link, int32_t servers_out,
                         int32_t metadata_out);
/* What a byte of a transfer of so many bytes in so many files takes of it; 0: nothing. bytes > 0, files >= 0.
 */
double dh_store_share(const struct dh_store *store, enum dh_store_link link, bool write, double bytes,
                      double files);
/* Bytes/s that so many streams of `nodes` nodes reach at most with nothing else under way; nodes 0: from
 * outside of the halls, without adapters. INFINITY: no limit. */
double dh_store_cap(const struct dh_storage *storage, int32_t store, bool write, double bytes, double files,
                    double streams, double nodes);
/* Operations that it takes: for the price. */
double dh_store_operations(const struct dh_store *store, double bytes, double files);

#endif
