/* datahall-probe: what 'datahall calibrate measure' does, as a program that needs libc, libm and libdl only,
 * to be copied to a machine that has a GPU and little else. */
#include "models/gpu/probe.h"

#include <datahall/datahall.h>

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_stop(int signal_number) {
    if (stop)
        _exit(128 + signal_number);
    stop = signal_number;
}

static bool stopped(void *self) {
    (void)self;
    return stop != 0;
}

static void show(void *self, const struct dh_gpu_progress *p) {
    (void)self;
    fprintf(stderr, "\r%3.0f %%  %d/%d  %-60.60s", 100 * p->share, (int)p->done, (int)p->n, p->what);
}

static void row(void *self, const struct dh_gpu_backend *backend, int32_t i, const struct dh_gpu_info *info,
                const char *why) {
    (void)self;
    if (info)
        printf("%-10s %d  %s (%s)\n", backend->name, (int)i, info->name, info->runtime);
    else
        printf("%-10s -  %s\n", backend->name, why);
}

static int usage(FILE *out) {
    fputs("usage: datahall-probe [OPTION]... -o SAMPLES.xml\n"
          "Measures the attached device and writes the samples that 'datahall calibrate fit' turns into a "
          "profile.\n\n"
          "  -o, --output FILE    write the samples to FILE\n"
          "      --backend NAME   cuda, opencl, synthetic or auto (default)\n"
          "      --device N       which of its devices, from 0 (default: 0)\n"
          "      --budget TIME    about how long, such as 90s or 10min (default: 5min)\n"
          "      --quick          small sizes, for a processor's OpenCL: about 25 s\n"
          "      --cuda-lib DIR   look for vendors' libraries in this folder first (absolute)\n"
          "      --progress WHEN  auto (default), always or never\n"
          "  -l, --list           list the devices and stop\n"
          "      --version\n"
          "  -h, --help\n\n"
          "Exit status: 0 measured; 2 wrong usage; 69 no usable device; 71 out of memory; 74 the file cannot "
          "be\n"
          "written; 130 interrupted, 143 terminated: what was measured is kept.\n",
          out);
    return out == stderr ? 2 : 0;
}

/* "90", "90s", "5min", "1h". 0: none of them. */
static double budget(const char *text) {
    char *unit;
    double value = strtod(text, &unit);
    unit += strspn(unit, " ");
    double scale = *unit == '\0' || strcmp(unit, "s") == 0 ? 1
                   : strcmp(unit, "min") == 0              ? 60
                   : strcmp(unit, "h") == 0                ? 3600
                                                           : 0;
    return unit != text && isfinite(value) && value * scale >= 1 && value * scale <= 1e6 ? value * scale : 0;
}

static int measure(const struct dh_gpu_probe_options *options) {
    static const int status_of[] = {
        [DH_GPU_PROBE_OK] = 0,    [DH_GPU_PROBE_STOPPED] = 130, [DH_GPU_PROBE_NO_DEVICE] = 69,
        [DH_GPU_PROBE_USAGE] = 2, [DH_GPU_PROBE_IO] = 74,       [DH_GPU_PROBE_MEMORY] = 71};
    struct dh_gpu_probe_result r;
    char message[960];
    enum dh_gpu_probe_status status = dh_gpu_probe_run(options, &r, message, sizeof message);
    if (options->progress)
        fprintf(stderr, "\r%78s\r", "");
    if (message[0]) {
        dh_gpu_clean(message);
        fprintf(stderr, "datahall-probe: %s%s\n",
                status == DH_GPU_PROBE_OK ? "warning: " : "error: ", message);
    }
    if (status == DH_GPU_PROBE_OK)
        printf("%s: %d samples, %d loads held, %d points refused, in %.1f s: %s\n", r.device, (int)r.samples,
               (int)r.sustained, (int)r.refusals, r.spent_s, options->output);
    return status == DH_GPU_PROBE_STOPPED ? 128 + (int)stop : status_of[status];
}

int main(int argc, char **argv) {
    enum { BACKEND = 256, DEVICE, BUDGET, QUICK, CUDA_LIB, PROGRESS, VERSION };
    static const struct option names[] = {
        {"output",           required_argument, NULL, 'o'},
        {"backend",              required_argument, NULL, BACKEND},
        {"device",                  required_argument, NULL, DEVICE},
        {"budget",required_argument, NULL, BUDGET},
        {"quick",           no_argument, NULL, QUICK},
        {"cuda-lib",           required_argument, NULL, CUDA_LIB},
        {"progress",              required_argument, NULL, PROGRESS},
        {"list",                  no_argument, NULL, 'l'},
        {"version",              no_argument, NULL, VERSION},
        {"help",            no_argument, NULL, 'h'},
        {0           }
    };
    struct dh_gpu_probe_options options = {.tool = DH_VERSION, .stop = stopped};
    bool list = false, progress = isatty(STDERR_FILENO);
    char *end;
    for (int c; (c = getopt_long(argc, argv, "o:lh", names, NULL)) != -1;)
        switch (c) {
        case 'o':
            options.output = optarg;
            break;
        case 'l':
            list = true;
            break;
        case BACKEND:
            options.backend = optarg;
            break;
        case DEVICE:
            options.device = (int32_t)strtol(optarg, &end, 10);
            if (end == optarg || *end || options.device < 0 || options.device > 1000)
                return usage(stderr);
            break;
        case BUDGET:
            options.budget_s = budget(optarg);
            if (options.budget_s == 0)
                return usage(stderr);
            break;
        case QUICK:
            options.quick = true;
            break;
        case CUDA_LIB:
            options.library_dir = optarg;
            break;
        case PROGRESS:
            if (strcmp(optarg, "always") == 0 || strcmp(optarg, "never") == 0)
                progress = optarg[0] == 'a';
            else if (strcmp(optarg, "auto") != 0)
                return usage(stderr);
            break;
        case VERSION:
            puts("datahall-probe " DH_VERSION);
            return 0;
        case 'h':
            return usage(stdout);
        default:
            return usage(stderr);
        }
    if (optind < argc || (!list && !options.output))
        return usage(stderr);
    if (list) {
        struct dh_gpu_options all = {.library_dir = options.library_dir};
        dh_gpu_probe_list(&all, NULL, row);
        return 0;
    }
    if (progress)
        options.progress = show;
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return measure(&options);
}
