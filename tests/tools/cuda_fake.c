/* Drives the CUDA back end through its table, for tests/cli/cuda_fake.sh, which builds the libraries that it
 * opens: cuda_fake DIR check      every kernel and format at awkward sizes against the reference in double
 * precision cuda_fake DIR describe   what the device is cuda_fake DIR counters   what it tells of itself
 *   cuda_fake DIR sweep      points until one fails; what the rest says
 * Lines are TAP for check, "name value" for the others. Status 0, 1 where something is not right, 69 without
 * a device. */
#include "models/gpu/check.h"
#include "models/gpu/cuda.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dh_gpu_backend *const cuda = &dh_gpu_cuda;
static int tests, failures;

static void tell(bool good, const char *name, const char *why) {
    printf("%s %d - %s%s%s\n", good ? "ok" : "not ok", ++tests, name, why[0] ? ": " : "", why);
    failures += !good;
}

/* Random operands, the result poisoned; elements compared. graph: twice in one graph. */
static void check(struct dh_gpu *gpu, const struct dh_gpu_point *point, bool graph) {
    char name[160], text[128], why[400] = "";
    struct dh_gpu_shape shape;
    uint32_t seeds[DH_GPU_MAX_BUFFER] = {1, 2, 3, 4, 5};
    struct dh_gpu_launch launch = {.kernel = point->kernel, .format = point->format};
    enum dh_gpu_status status = DH_GPU_OK;
    double error = NAN, seconds = NAN;
    snprintf(name, sizeof name, "%s%s", dh_gpu_point_text(text, sizeof text, point),
             graph ? " in a graph" : "");
    if (!dh_gpu_shape(&shape, point)) {
        tell(false, name, "no such shape");
        return;
    }
    memcpy(launch.size, point->size, sizeof launch.size);
    for (int i = 0; i < shape.n_buffer && !status; i++) {
        int64_t n = shape.elements[i];
        bool index = shape.index && i == shape.n_buffer - 1;
        size_t each = index ? 4 : dh_gpu_format_bytes(shape.formats[i]);
        status = cuda->alloc(gpu, (size_t)n * each, &launch.buffer[i]);
        if (!status && i == 0)
            status = cuda->poison(gpu, launch.buffer[i], (size_t)n * each);
        else if (!status && !index)
            status = cuda->fill(gpu, launch.buffer[i], shape.formats[i], n, seeds[i]);
        for (int64_t j = 0; index && !status && j < n; j++) {
            uint32_t at = dh_gpu_index(j, n);
            status = cuda->upload(gpu, launch.buffer[i], (size_t)j * 4, &at, 4);
        }
    }
    struct dh_gpu_launch twice[2] = {launch, launch};
    if (!status)
        status = cuda->time(gpu, twice, graph ? 2 : 1, graph, &seconds);
    double worst = 0; /* other elements each time */
    for (uint32_t sample = 0; sample < 8 && !status; sample++) {
        status = dh_gpu_check(cuda, gpu, point, &launch, seeds, sample, &error);
        worst = error <= worst ? worst : error;
    }
    if (status)
        snprintf(why, sizeof why, "status %d: %s", (int)status, cuda->error(gpu));
    else if (!(worst <= dh_gpu_tolerance(point->format)))
        snprintf(why, sizeof why, "error %.3g above %.3g", worst, dh_gpu_tolerance(point->format));
    else if (!(seconds > 0 && seconds < 1))
        snprintf(why, sizeof why, "%g s", seconds);
    for (int i = 0; i < shape.n_buffer; i++)
        cuda->free(gpu, launch.buffer[i]);
    tell(!why[0], name, why);
}

static void check_all(struct dh_gpu *gpu) {
    static const int64_t products[][6] = {
        {1,   1,    1   },
        {128, 128,  64  },
        {1,   130,  72  },
        {129, 257,  33  },
        {64,  16,   1000},
        {200, 144,  208 },
        {16,  4096, 16  }
    };
    static const int64_t whole[][6] = {
        {128, 128, 64 },
        {5,   256, 48 },
        {208, 144, 112}
    };
    static const int64_t prompts[][6] = {
        {1, 1,   1,   1, 1, 64 },
        {2, 70,  70,  4, 2, 64 },
        {1, 130, 130, 2, 1, 128},
        {1, 65,  200, 3, 3, 80 },
        {1, 64,  64,  2, 2, 8  },
        {1, 9,   257, 4, 1, 96 },
        {1, 192, 192, 1, 1, 128},
        {3, 17,  33,  2, 2, 40 }
    };
    static const int64_t tokens[][6] = {
        {1, 1, 1,    1,  1, 64 },
        {2, 1, 700,  8,  2, 128},
        {5, 1, 65,   4,  4, 64 },
        {1, 1, 2048, 4,  4, 64 },
        {1, 4, 300,  20, 2, 80 },
        {9, 1, 130,  16, 8, 128},
        {1, 2, 64,   32, 1, 128},
        {1, 3, 1000, 6,  6, 24 }
    };
    static const int64_t lengths[] = {1, 3, 1024, 4099, 70001};
    static const int64_t rows[][2] = {
        {1, 1    },
        {3, 4    },
        {2, 1000 },
        {5, 1023 },
        {2, 8192 },
        {1, 8195 },
        {2, 16390}
    };
    for (int f = 0; f < DH_N_GPU_FORMAT; f++) {
        struct dh_gpu_point p = {.kernel = DH_GPU_GEMM, .format = (enum dh_gpu_format)f};
        bool fp8 = f == DH_GPU_FP8;
        for (size_t i = 0; i < (fp8 ? sizeof whole / sizeof *whole : sizeof products / sizeof *products);
             i++) {
            memcpy(p.size, fp8 ? whole[i] : products[i], sizeof p.size);
            if (cuda->supports(gpu, p.kernel, p.format))
                check(gpu, &p, i == 1);
        }
        p.kernel = DH_GPU_PREFILL;
        for (size_t i = 0; i < sizeof prompts / sizeof *prompts; i++) {
            memcpy(p.size, prompts[i], sizeof p.size);
            if (cuda->supports(gpu, p.kernel, p.format))
                check(gpu, &p, i == 1);
        }
        p.kernel = DH_GPU_DECODE;
        for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
            memcpy(p.size, tokens[i], sizeof p.size);
            if (cuda->supports(gpu, p.kernel, p.format))
                check(gpu, &p, i == 1);
        }
        for (int k = DH_GPU_LAYERNORM; k <= DH_GPU_SOFTMAX; k++)
            for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                p = (struct dh_gpu_point){.kernel = (enum dh_gpu_kernel)k, .format = p.format};
                memcpy(p.size, rows[i], sizeof rows[i]);
                if (cuda->supports(gpu, p.kernel, p.format))
                    check(gpu, &p, i == 1);
            }
    }
    for (int k = DH_GPU_TRIAD; k <= DH_GPU_GATHER; k++)
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
            check(gpu, &(struct dh_gpu_point){.kernel = (enum dh_gpu_kernel)k, .size = {lengths[i]}}, i == 1);
}

/* Operands are what backend.h says, to the last bit. */
static void check_fill(struct dh_gpu *gpu) {
    enum { N = 5000 };
    for (int f = 0; f < DH_N_GPU_FORMAT; f++) {
        char name[64];
        size_t each = dh_gpu_format_bytes((enum dh_gpu_format)f);
        unsigned char got[N * 4], wanted[4];
        dh_gpu_buffer b = 0;
        int wrong = 0;
        bool done = !cuda->alloc(gpu, N * each, &b) && !cuda->fill(gpu, b, (enum dh_gpu_format)f, N, 99) &&
                    !cuda->download(gpu, got, b, 0, N * each);
        for (int i = 0; done && i < N; i++) {
            dh_gpu_encode(wanted, (enum dh_gpu_format)f, dh_gpu_value(99, i, (enum dh_gpu_format)f));
            /* zero has two signs */
            wrong += memcmp(wanted, got + (size_t)i * each, each) != 0 &&
                     dh_gpu_decode(got + (size_t)i * each, (enum dh_gpu_format)f) !=
                         dh_gpu_value(99, i, (enum dh_gpu_format)f);
        }
        cuda->free(gpu, b);
        snprintf(name, sizeof name, "operands in %s", dh_gpu_format_name((enum dh_gpu_format)f));
        tell(done && !wrong, name, done ? "" : cuda->error(gpu));
    }
}

/* Kernels without a result: do they take a time that makes sense? */
static void check_times(struct dh_gpu *gpu) {
    struct dh_gpu_info info;
    cuda->describe(gpu, &info);
    for (int k = DH_GPU_EMPTY; k < DH_N_GPU_KERNEL; k++) {
        struct dh_gpu_launch l[3] = {
            {.kernel = (enum dh_gpu_kernel)k, .size = {1000, 1000}}
        };
        double once = 0, again = 0;
        if (k == DH_GPU_GRAPH || !cuda->supports(gpu, l[0].kernel, DH_GPU_FP32))
            continue;
        if (k >= DH_GPU_ALLREDUCE)
            l[0].size[0] = info.count;
        l[1] = l[2] = l[0];
        int many = k == DH_GPU_EMPTY ? 3 : 1;
        enum dh_gpu_status status = cuda->time(gpu, l, 1, false, &once);
        if (!status)
            status = cuda->time(gpu, l, many, true, &again);
        tell(!status && once > 0 && again > 0, dh_gpu_kernel_name(l[0].kernel),
             status ? cuda->error(gpu) : "");
    }
}

static int left_of(const char *dir, const char *file, const char *function) {
    char path[600];
    int (*left)(void) = NULL;
    snprintf(path, sizeof path, "%s/%s", dir, file);
    void *handle = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    void *symbol = handle ? dlsym(handle, function) : NULL;
    memcpy(&left, &symbol, sizeof left);
    return left ? left() : 0;
}

static void sweep(struct dh_gpu *gpu) {
    struct dh_gpu_launch empty = {.kernel = DH_GPU_EMPTY, .size = {1}};
    dh_gpu_buffer b = 0;
    double seconds;
    int n = 0;
    enum dh_gpu_status status = cuda->alloc(gpu, (size_t)1 << 40, &b);
    printf("large %d %s\n", (int)status, cuda->error(gpu));
    status = cuda->alloc(gpu, 1000, &b);
    printf("small %d %s\n", (int)status, cuda->error(gpu));
    while (n < 100 && !(status = cuda->time(gpu, &empty, 1, n % 2, &seconds)))
        n++;
    printf("launches %d then %d %s\n", n, (int)status, cuda->error(gpu));
    status = cuda->download(gpu, &n, b, 0, 4);
    printf("download %d %s\n", (int)status, cuda->error(gpu));
}

int main(int argc, char **argv) {
    if (argc != 3)
        return 64;
    struct dh_gpu_options options = {.library_dir = argv[1]};
    struct dh_gpu *gpu;
    char message[300];
    int32_t count = cuda->count(&options, message, sizeof message);
    if (count < 1 || cuda->open(&gpu, &options, message, sizeof message)) {
        fprintf(stderr, "%s\n", message);
        return 69;
    }
    if (strcmp(argv[2], "check") == 0) {
        check_fill(gpu);
        check_all(gpu);
        check_times(gpu);
    } else if (strcmp(argv[2], "describe") == 0) {
        struct dh_gpu_info i;
        cuda->describe(gpu, &i);
        printf("name %s\nvendor %s\nruntime %s\nuuid %s\npci %s\ncapability %s\nunits %d\nmemory %.0f\ncache "
               "%.0f\n"
               "clock %.0f\nmemory-clock %.0f\nlimit %g\nrate %.0f\ncount %d\nlibraries %s\ngemm %s\n",
               i.name, i.vendor, i.runtime, i.uuid, i.pci, i.capability, i.units, i.memory_bytes,
               i.cache_bytes, i.clock_hz, i.memory_clock_hz, i.power_limit_w, i.memory_bytes_per_s, i.count,
               i.libraries, cuda->library(gpu, DH_GPU_GEMM, DH_GPU_BF16));
    } else if (strcmp(argv[2], "counters") == 0) {
        struct dh_gpu_counters c;
        enum dh_gpu_status status = cuda->counters(gpu, &c);
        printf("status %d\nenergy %g\npower %g\nclock %g\ntemperature %g\nthrottle %d\nothers %d\n",
               (int)status, c.energy_j, c.power_w, c.clock_hz, c.temperature_degc, c.throttle,
               c.other_processes);
    } else if (strcmp(argv[2], "sweep") == 0)
        sweep(gpu);
    cuda->close(gpu);
    int left = left_of(argv[1], "libcuda.so.1", "dh_fake_left") +
               left_of(argv[1], "libcublasLt.so.13", "dh_fake_left_lt") +
               left_of(argv[1], "libnccl.so.2", "dh_fake_left_nccl");
    if (strcmp(argv[2], "check") == 0) {
        tell(left == 0, "what was taken is given back", "");
        printf("1..%d\n", tests);
    } else
        printf("left %d\n", left);
    return failures > 0;
}
