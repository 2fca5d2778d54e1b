/* An NCCL that is none: what ranks ask for between ncclGroupStart and ncclGroupEnd happens at its end, on the
 * host, where the requests of all ranks match. */
#include "tests/fake/fake.h"

#include <string.h>
#include <vector>

#define API extern "C" __attribute__((visibility("default"))) int
enum { INVALID = 4 };

struct comm {
    int rank, ranks, device;
};
struct request {
    char kind;
    const char *from;
    char *to;
    size_t count;
    int peer;
    comm *c;
    struct CUstream_st *stream;
};
static std::vector<request> waiting;
static bool grouped;
static int live;

extern "C" __attribute__((visibility("default"))) int dh_fake_left_nccl(void) { return live; }
API ncclGetVersion(int *version) { return *version = 22800, 0; }
extern "C" __attribute__((visibility("default"))) const char *ncclGetErrorString(int) { return "made up"; }
API ncclCommInitAll(comm **comms, int n, const int *devices) {
    for (int i = 0; i < n; i++)
        comms[i] = new comm{i, n, devices[i]};
    return live += n, 0;
}
API ncclCommDestroy(comm *c) { return delete c, live--, 0; }
API ncclGroupStart(void) { return grouped = true, 0; }
API ncclAllReduce(const void *from, void *to, size_t n, int type, int op, comm *c, struct CUstream_st *stream) {
    if (!grouped || type != 7 || op != 0)
        return INVALID;
    waiting.push_back(request{'r', (const char *)from, (char *)to, 4 * n, 0, c, stream});
    return 0;
}
API ncclAllGather(const void *from, void *to, size_t n, int type, comm *c, struct CUstream_st *stream) {
    if (!grouped || type != 0)
        return INVALID;
    waiting.push_back(request{'g', (const char *)from, (char *)to, n, 0, c, stream});
    return 0;
}
API ncclSend(const void *from, size_t n, int type, int peer, comm *c, struct CUstream_st *stream) {
    if (!grouped || type != 0)
        return INVALID;
    waiting.push_back(request{'s', (const char *)from, nullptr, n, peer, c, stream});
    return 0;
}
API ncclRecv(void *to, size_t n, int type, int peer, comm *c, struct CUstream_st *stream) {
    if (!grouped || type != 0)
        return INVALID;
    waiting.push_back(request{'v', nullptr, (char *)to, n, peer, c, stream});
    return 0;
}
static void nothing(void *) {}
API ncclGroupEnd(void) {
    std::vector<request> all;
    all.swap(waiting);
    grouped = false;
    for (auto &r : all) {
        bool whole = r.kind == 'g';
        size_t to_bytes = whole ? r.count * (size_t)r.c->ranks : r.count;
        int partners = 0;
        if ((r.from && !dh_fake_holds(r.from, r.count)) || (r.to && !dh_fake_holds(r.to, to_bytes)))
            return INVALID;
        for (auto &o : all) {
            if (r.kind == 'r' || r.kind == 'g') {
                partners += o.kind == r.kind && o.count == r.count;
                if (r.kind == 'g')
                    memcpy(r.to + (size_t)o.c->rank * r.count, o.from, r.count);
                for (size_t i = 0; r.kind == 'r' && i < r.count; i += 4) {
                    float a = 0, b;
                    if (&o != &all[0])
                        memcpy(&a, r.to + i, 4);
                    memcpy(&b, o.from + i, 4);
                    a += b;
                    memcpy(r.to + i, &a, 4);
                }
            } else if (o.kind != r.kind && o.c->rank == r.peer && o.peer == r.c->rank && o.count == r.count) {
                partners++;
                if (r.kind == 'v')
                    memcpy(r.to, o.from, r.count);
            }
        }
        if (partners != (r.kind == 'r' || r.kind == 'g' ? r.c->ranks : 1))
            return INVALID;
        if (dh_fake_enqueue(r.stream, 1e-5 + (double)r.count / 100e9, nothing, "", 0))
            return INVALID;
    }
    return 0;
}
