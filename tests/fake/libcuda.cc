/* A CUDA driver that is none: devices made up, memory the host's, kernels those of models/gpu/kernels.cu run by
 * cuda_on_host.h, time by the constants below. It refuses what a driver would: addresses that are not of an
 * allocation, work without a current context, waiting while a stream captures, too much shared memory. */
#include "tests/fake/cuda_on_host.h"

#include "models/gpu/kernels.cu"

#include "tests/fake/fake.h"

#include <functional>
#include <map>
#include <set>
#include <string>

/* What the made-up device can: slow enough for single launches to be timed. Work takes LAUNCH_S and the longer of
 * the other two. */
static const double LAUNCH_S = 60e-6, FLOPS = 50e9, BYTES_PER_S = 20e9, COPY_BYTES_PER_S = 5e9, COPY_S = 60e-6;
enum { UNITS = 8, SHARED_DEFAULT = 48 * 1024, SHARED_MOST = 227 * 1024 };
enum { INVALID = 1, NO_MEMORY = 2, NO_CONTEXT = 201, NOT_FOUND = 500, CAPTURING = 900, LAUNCH_FAILED = 719 };

#define API extern "C" __attribute__((visibility("default"))) int

struct CUctx_st {
    int device, retained;
};
struct kernel {
    const char *name;
    void (*run)(const void *);
    unsigned threads;
};
struct CUfunc_st {
    kernel k;
    size_t shared;
};
struct CUmod_st {
    std::map<std::string, CUfunc_st> functions;
};
struct work {
    double seconds;
    std::function<void()> run;
};
struct CUgraph_st {
    std::vector<work> all;
};
struct CUgraphExec_st {
    std::vector<work> all;
};
struct CUstream_st {
    double now;
    CUgraph_st *capture;
};
struct CUevent_st {
    double at;
    bool timed, recorded;
};

static CUctx_st contexts[8];
static CUctx_st *current;
static std::map<uintptr_t, size_t> memory;
static size_t used[8];
static std::map<uintptr_t, int> owner;
static std::set<void *> pinned, things; /* things: streams, events, modules, graphs */
static long launches;
static int broken;
/* What wrote a result last. The same launch again would write the same: it takes its time, but is not run. Forgotten
 * whenever something else may have changed memory. */
static std::map<uint64_t, std::string> written;

extern "C" __attribute__((visibility("default"))) long dh_fake_number(const char *word, long missing) {
    const char *script = getenv("DH_FAKE_CUDA");
    size_t n = strlen(word);
    for (const char *p = script; p && *p;) {
        p += strspn(p, " ");
        size_t length = strcspn(p, " ");
        if (length >= n && strncmp(p, word, n) == 0 && (p[n] == '=' || p[n] == ' ' || p[n] == 0))
            return p[n] == '=' ? (long)strtod(p + n + 1, NULL) : 1;
        p += length;
    }
    return missing;
}
extern "C" __attribute__((visibility("default"))) int dh_fake_holds(const void *at, size_t bytes) {
    auto i = memory.upper_bound((uintptr_t)at);
    if (i == memory.begin())
        return 0;
    --i;
    return (uintptr_t)at + bytes <= i->first + i->second;
}
extern "C" __attribute__((visibility("default"))) int dh_fake_left(void) {
    int held = 0;
    for (auto &c : contexts)
        held += c.retained;
    size_t left = memory.size() + pinned.size() + things.size() + (size_t)held;
    if (left)
        fprintf(stderr, "left: %zu allocations, %zu of the host, %zu things, %d contexts\n", memory.size(),
                pinned.size(), things.size(), held);
    return (int)left;
}

static int put(CUstream_st *stream, double seconds, std::function<void()> run) {
    if (!current)
        return NO_CONTEXT;
    if (broken)
        return broken;
    if (!stream || !things.count(stream))
        return INVALID;
    if (stream->capture) {
        stream->capture->all.push_back(work{seconds, run});
        return 0;
    }
    run();
    stream->now += seconds;
    return broken;
}
extern "C" __attribute__((visibility("default"))) int
dh_fake_enqueue(CUstream_st *stream, double seconds, void (*run)(void *), const void *with, size_t bytes) {
    std::string copy((const char *)with, bytes);
    uint64_t result = 0; /* of a product it comes first */
    if (bytes >= sizeof result)
        memcpy(&result, with, sizeof result);
    return put(stream, seconds, [=]() mutable {
        if (result && written[result] == copy)
            return;
        std::string before = copy;
        run(&copy[0]);
        written[result] = before;
    });
}

/* ---- kernels -------------------------------------------------------------------------------------------- */

#define ALL(F)                                                                                                \
    F(fill_fp32, 256) F(fill_tf32, 256) F(fill_bf16, 256) F(fill_fp16, 256) F(fill_fp8, 256) F(triad, 256)    \
    F(copy, 256) F(gather, 256) F(empty, 32) F(layernorm_fp32, 256) F(layernorm_bf16, 256)                    \
    F(layernorm_fp16, 256) F(softmax_fp32, 256) F(softmax_bf16, 256) F(softmax_fp16, 256) F(gemm_fp32, 256)   \
    F(gemm_tf32, 256) F(gemm_bf16, 256) F(gemm_fp16, 256) F(prefill_bf16_64, 128) F(prefill_bf16_128, 128)    \
    F(prefill_fp16_64, 128) F(prefill_fp16_128, 128) F(decode_bf16_64, 128) F(decode_bf16_128, 128)           \
    F(decode_fp16_64, 128) F(decode_fp16_128, 128) F(decode_sum_bf16_64, 128) F(decode_sum_bf16_128, 128)     \
    F(decode_sum_fp16_64, 128) F(decode_sum_fp16_128, 128)
#define RUN(name, threads) {"dh_" #name, [](const void *a) { dh_##name(*(const args *)a); }, threads},
static const kernel kernels[] = {ALL(RUN)};

static double seconds_of(const std::string &name, const args &a) {
    double flops = 0, bytes = 0, each = name.find("16") != std::string::npos ? 2 : 4;
    if (name.compare(3, 4, "gemm") == 0) {
        flops = 2. * (double)a.n[0] * (double)a.n[1] * (double)a.n[2];
        bytes = each * (double)(a.n[0] * a.n[1] + a.n[0] * a.n[2] + a.n[1] * a.n[2]);
    } else if (name.compare(3, 7, "prefill") == 0 || name.compare(3, 6, "decode") == 0) {
        flops = 4. * (double)a.n[0] * (double)a.n[1] * (double)a.n[2] * (double)a.n[3] * (double)a.n[5];
        bytes = 4. * (double)a.n[0] * (double)a.n[2] * (double)a.n[4] * (double)a.n[5];
    } else if (name == "dh_triad")
        bytes = 12. * (double)a.n[0];
    else if (name == "dh_copy" || name == "dh_gather")
        bytes = 8. * (double)a.n[0];
    else if (name.compare(3, 4, "fill") == 0)
        bytes = each * (double)a.n[0];
    else if (name != "dh_empty")
        bytes = 2 * each * (double)a.n[0] * (double)a.n[1];
    return LAUNCH_S + fmax(flops / FLOPS, bytes / BYTES_PER_S);
}

API cuModuleLoadData(CUmod_st **module, const void *image) {
    static const unsigned char magic[] = {0x50, 0xED, 0x55, 0xBA}; /* of a fatbin */
    long refuse = dh_fake_number("fatbin", 0);
    if (!current)
        return NO_CONTEXT;
    if (refuse && memcmp(image, magic, 4) == 0)
        return (int)refuse;
    *module = new CUmod_st;
    for (auto &k : kernels)
        (*module)->functions[k.name] = CUfunc_st{k, SHARED_DEFAULT};
    things.insert(*module);
    return 0;
}
API cuModuleUnload(CUmod_st *module) {
    if (!things.erase(module))
        return INVALID;
    delete module;
    return 0;
}
API cuModuleGetFunction(CUfunc_st **function, CUmod_st *module, const char *name) {
    auto found = module->functions.find(name);
    if (found == module->functions.end())
        return NOT_FOUND;
    *function = &found->second;
    return 0;
}
API cuFuncSetAttribute(CUfunc_st *function, int attribute, int value) {
    if (attribute != 8 || value > SHARED_MOST)
        return INVALID;
    function->shared = (size_t)value;
    return 0;
}
API cuLaunchKernel(CUfunc_st *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                   unsigned shared, CUstream_st *stream, void **parameters, void **extra) {
    if (!f || !parameters || extra || by != 1 || bz != 1 || bx > f->k.threads || bx == 0 || gx == 0 || gy == 0 ||
        gz == 0 || gy > 65535 || gz > 65535 || shared > f->shared)
        return INVALID;
    args a = *(const args *)parameters[0];
    kernel k = f->k;
    return put(stream, seconds_of(k.name, a), [=]() {
        long fail = dh_fake_number("fail", 0);
        if (fail && ++launches >= fail) {
            broken = LAUNCH_FAILED;
            return;
        }
        std::string what = std::string(k.name) + std::string((const char *)&a, sizeof a);
        bool partial = strncmp(k.name, "dh_decode", 9) == 0 && !strstr(k.name, "sum") && a.n[6] > 1;
        std::string &last = written[a.p[partial ? 4 : 0]];
        if (last == what)
            return;
        host::launch(k.run, uint3{gx, gy, gz}, bx, shared, a, (unsigned)dh_fake_number("order", 0));
        if (strncmp(k.name, "dh_fill", 7) == 0)
            written.clear();
        else
            last = what;
    });
}

/* ---- devices and contexts ------------------------------------------------------------------------------- */

static int started;
API cuInit(unsigned flags) {
    started = dh_fake_number("init", 0) == 0 && flags == 0;
    return (int)dh_fake_number("init", 0);
}
API cuGetErrorName(int error, const char **name) {
    *name = error == 2     ? "CUDA_ERROR_OUT_OF_MEMORY"
            : error == 719 ? "CUDA_ERROR_LAUNCH_FAILED"
            : error == 100 ? "CUDA_ERROR_NO_DEVICE"
            : error == 34  ? "CUDA_ERROR_STUB_LIBRARY"
                           : "CUDA_ERROR_OTHER";
    return 0;
}
API cuGetErrorString(int error, const char **text) {
    *text = error == 2 ? "out of memory" : error == 719 ? "unspecified launch failure" : "made-up error";
    return 0;
}
/* NVRTC asks a driver that it finds for this, and does not expect that there is none. */
API cuGetExportTable(const void **table, const void *) { return *table = NULL, INVALID; }
API cuDriverGetVersion(int *version) { return *version = (int)dh_fake_number("version", 13000), 0; }
API cuDeviceGetCount(int *count) { return *count = (int)dh_fake_number("devices", 1), started ? 0 : 3; }
API cuDeviceGet(int *device, int ordinal) {
    if (!started || ordinal < 0 || ordinal >= dh_fake_number("devices", 1))
        return 101;
    return *device = ordinal, 0;
}
API cuDeviceGetName(char *name, int room, int) { return snprintf(name, (size_t)room, "Made-up GPU"), 0; }
API cuDeviceGetUuid_v2(unsigned char *id, int device) {
    for (int i = 0; i < 16; i++)
        id[i] = (unsigned char)(16 * device + i);
    return 0;
}
API cuDeviceGetPCIBusId(char *id, int room, int device) {
    return snprintf(id, (size_t)room, "0000:%02X:00.0", device + 1), 0;
}
API cuDeviceTotalMem_v2(size_t *bytes, int) { return *bytes = (size_t)dh_fake_number("memory", 1000000000), 0; }
API cuDeviceGetAttribute(int *value, int attribute, int) {
    static const std::map<int, int> all = {{13, 1980000}, {16, UNITS}, {36, 2619000}, {37, 512}, {38, 1 << 20},
                                           {76, 0},       {97, SHARED_MOST}};
    if (attribute == 75)
        return *value = (int)dh_fake_number("major", 9), 0;
    auto found = all.find(attribute);
    return found == all.end() ? INVALID : (*value = found->second, 0);
}
API cuDevicePrimaryCtxRetain(CUctx_st **context, int device) {
    contexts[device].device = device;
    contexts[device].retained++;
    return *context = &contexts[device], 0;
}
API cuDevicePrimaryCtxRelease_v2(int device) { return contexts[device].retained-- > 0 ? 0 : INVALID; }
API cuCtxSetCurrent(CUctx_st *context) { return current = context, context && !context->retained ? NO_CONTEXT : 0; }

/* ---- memory --------------------------------------------------------------------------------------------- */

API cuMemAlloc_v2(uint64_t *address, size_t bytes) {
    if (!current)
        return NO_CONTEXT;
    if (broken)
        return broken;
    size_t &here = used[current->device];
    if (bytes == 0)
        return INVALID;
    if (here + bytes > (size_t)dh_fake_number("room", dh_fake_number("memory", 1000000000)))
        return NO_MEMORY;
    void *p; /* not a byte more, so that sanitizers see what reaches beyond */
    if (posix_memalign(&p, 256, bytes))
        return NO_MEMORY;
    memset(p, 0xFF, bytes);
    here += bytes;
    memory[(uintptr_t)p] = bytes;
    owner[(uintptr_t)p] = current->device;
    return *address = (uintptr_t)p, 0;
}
API cuMemFree_v2(uint64_t address) {
    auto found = memory.find(address);
    if (found == memory.end())
        return INVALID;
    used[owner[address]] -= found->second;
    written.clear();
    free((void *)address);
    memory.erase(found);
    owner.erase(address);
    return 0;
}
API cuMemHostAlloc(void **address, size_t bytes, unsigned) {
    *address = malloc(bytes);
    pinned.insert(*address);
    return *address ? 0 : NO_MEMORY;
}
API cuMemFreeHost(void *address) {
    if (!pinned.erase(address))
        return INVALID;
    return free(address), 0;
}
static double copying(size_t bytes) { return COPY_S + (double)bytes / COPY_BYTES_PER_S; }
API cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, CUstream_st *stream) {
    if (!dh_fake_holds((void *)to, bytes))
        return INVALID;
    return put(stream, copying(bytes), [=]() {
        memcpy((void *)to, from, bytes);
        written.clear();
    });
}
API cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, CUstream_st *stream) {
    if (!dh_fake_holds((void *)from, bytes))
        return INVALID;
    return put(stream, copying(bytes), [=]() { memcpy(to, (void *)from, bytes); });
}
API cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, CUstream_st *stream) {
    if (!dh_fake_holds((void *)to, bytes))
        return INVALID;
    return put(stream, LAUNCH_S, [=]() {
        memset((void *)to, value, bytes);
        written.clear();
    });
}
API cuDeviceCanAccessPeer(int *can, int device, int peer) { return *can = device != peer, 0; }
API cuCtxEnablePeerAccess(CUctx_st *peer, unsigned flags) { return peer && flags == 0 && current ? 0 : INVALID; }
API cuMemcpyPeerAsync(uint64_t to, CUctx_st *to_context, uint64_t from, CUctx_st *from_context, size_t bytes,
                      CUstream_st *stream) {
    if (!dh_fake_holds((void *)to, bytes) || !dh_fake_holds((void *)from, bytes) ||
        owner[to] != to_context->device || owner[from] != from_context->device)
        return INVALID;
    return put(stream, copying(bytes) / 10, [=]() {
        memcpy((void *)to, (void *)from, bytes);
        written.clear();
    });
}

/* ---- streams, events, graphs ---------------------------------------------------------------------------- */

API cuStreamCreate(CUstream_st **stream, unsigned) {
    if (!current)
        return NO_CONTEXT;
    things.insert(*stream = new CUstream_st{0, nullptr});
    return 0;
}
API cuStreamDestroy_v2(CUstream_st *stream) {
    if (!things.erase(stream))
        return INVALID;
    return delete stream, 0;
}
API cuStreamSynchronize(CUstream_st *stream) {
    return !things.count(stream) ? INVALID : stream->capture ? CAPTURING : broken;
}
API cuStreamWaitEvent(CUstream_st *stream, CUevent_st *event, unsigned) {
    if (!things.count(stream) || !event->recorded)
        return INVALID;
    return stream->now = fmax(stream->now, event->at), 0;
}
API cuEventCreate(CUevent_st **event, unsigned flags) {
    if (!current)
        return NO_CONTEXT;
    things.insert(*event = new CUevent_st{0, !(flags & 2), false});
    return 0;
}
API cuEventDestroy_v2(CUevent_st *event) {
    if (!things.erase(event))
        return INVALID;
    return delete event, 0;
}
API cuEventRecord(CUevent_st *event, CUstream_st *stream) {
    if (!current || !things.count(event) || !things.count(stream))
        return INVALID;
    if (stream->capture)
        return CAPTURING;
    event->at = stream->now;
    event->recorded = true;
    return 0;
}
API cuEventSynchronize(CUevent_st *event) { return event->recorded ? broken : INVALID; }
API cuEventElapsedTime(float *milliseconds, CUevent_st *start, CUevent_st *end) {
    if (!start->timed || !end->timed || !start->recorded || !end->recorded)
        return INVALID;
    return *milliseconds = (float)((end->at - start->at) * 1e3), broken;
}
API cuStreamBeginCapture_v2(CUstream_st *stream, int mode) {
    if (!things.count(stream) || stream->capture || mode < 0 || mode > 2)
        return INVALID;
    things.insert(stream->capture = new CUgraph_st);
    return 0;
}
API cuStreamEndCapture(CUstream_st *stream, CUgraph_st **graph) {
    if (!stream->capture)
        return INVALID;
    *graph = stream->capture;
    stream->capture = nullptr;
    return 0;
}
API cuGraphInstantiateWithFlags(CUgraphExec_st **exec, CUgraph_st *graph, unsigned long long flags) {
    if (flags || !things.count(graph))
        return INVALID;
    things.insert(*exec = new CUgraphExec_st{graph->all});
    return 0;
}
API cuGraphUpload(CUgraphExec_st *exec, CUstream_st *) { return things.count(exec) ? 0 : INVALID; }
API cuGraphLaunch(CUgraphExec_st *exec, CUstream_st *stream) {
    if (!things.count(exec))
        return INVALID;
    int result = 0;
    for (auto &w : exec->all) /* in a graph a launch costs half */
        if (!result)
            result = put(stream, w.seconds - LAUNCH_S / 2, w.run);
    return result;
}
API cuGraphExecDestroy(CUgraphExec_st *exec) {
    if (!things.erase(exec))
        return INVALID;
    return delete exec, 0;
}
API cuGraphDestroy(CUgraph_st *graph) {
    if (!things.erase(graph))
        return INVALID;
    return delete graph, 0;
}
