/* Counters by NVML, which any thread may call. Without the library, or without one of its functions, or where
 * the device does not tell, a value is NaN or -1. */
#include "models/gpu/cuda_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DH_CUDA_TABLE struct dh_cuda_nvml
static const struct dh_cuda_symbol symbols[] = {DH_CUDA_NVML(DH_CUDA_SYMBOL)};
static const char *const names[] = {"libnvidia-ml.so.1", NULL};

void dh_cuda_nvml_open(struct dh_gpu *gpu, const char *directory) {
    struct dh_cuda_nvml *ml = &gpu->nvml;
    char why[200], uuid[64], pci[32] = "";
    if (!dh_cuda_library_open(&gpu->nvml_library, names, directory, symbols,
                              sizeof symbols / sizeof symbols[0], ml, why, sizeof why)) {
        dh_cuda_miss(gpu, "NVML, so no power, clocks and temperature", why);
        return;
    }
    nvmlReturn_t result = ml->nvmlInit_v2 ? ml->nvmlInit_v2() : ml->nvmlInit ? ml->nvmlInit() : -1;
    if (result) {
        snprintf(why, sizeof why, "%s",
                 ml->nvmlErrorString ? ml->nvmlErrorString(result) : "it refused to start");
        dh_cuda_miss(gpu, "NVML, so no power, clocks and temperature", why);
        dh_cuda_library_close(&gpu->nvml_library);
        return;
    }
    /* the number of a device is another one there: the unique number or the place on the bus says which it is
     */
    dh_cuda_uuid(gpu, uuid, sizeof uuid);
    if (!ml->nvmlDeviceGetHandleByUUID || !uuid[0] || ml->nvmlDeviceGetHandleByUUID(uuid, &gpu->counter)) {
        gpu->counter = NULL;
        nvmlReturn_t (*by_pci)(const char *, nvmlDevice_t *) = ml->nvmlDeviceGetHandleByPciBusId_v2
                                                                   ? ml->nvmlDeviceGetHandleByPciBusId_v2
                                                                   : ml->nvmlDeviceGetHandleByPciBusId;
        if (!by_pci || gpu->cu.cuDeviceGetPCIBusId(pci, sizeof pci, gpu->device) ||
            by_pci(pci, &gpu->counter))
            gpu->counter = NULL;
    }
    if (!gpu->counter) {
        dh_cuda_miss(gpu, "NVML, so no power, clocks and temperature", "it does not know the device");
        ml->nvmlShutdown();
        dh_cuda_library_close(&gpu->nvml_library);
    }
}

void dh_cuda_nvml_close(struct dh_gpu *gpu) {
    if (gpu->counter)
        gpu->nvml.nvmlShutdown();
    gpu->counter = NULL;
    dh_cuda_library_close(&gpu->nvml_library);
}

/* Those besides this one. The list gives the numbers that the host knows processes by: in a container with
 * numbers of its own this process is in it under another one. */
static int32_t other_processes(const struct dh_gpu *gpu) {
    const struct dh_cuda_nvml *ml = &gpu->nvml;
    /* { unsigned pid; unsigned long long memory; } and, in later versions, two unsigned more */
    bool later = ml->nvmlDeviceGetComputeRunningProcesses_v3 || ml->nvmlDeviceGetComputeRunningProcesses_v2;
    size_t each = later ? 24 : 16;
    unsigned char list[64 * 24];
    unsigned n = 64;
    memset(list, 0, sizeof list);
    nvmlReturn_t result = ml->nvmlDeviceGetComputeRunningProcesses_v3
                              ? ml->nvmlDeviceGetComputeRunningProcesses_v3(gpu->counter, &n, list)
                          : ml->nvmlDeviceGetComputeRunningProcesses_v2
                              ? ml->nvmlDeviceGetComputeRunningProcesses_v2(gpu->counter, &n, list)
                          : ml->nvmlDeviceGetComputeRunningProcesses
                              ? ml->nvmlDeviceGetComputeRunningProcesses(gpu->counter, &n, list)
                              : -1;
    if (result == DH_NVML_INSUFFICIENT_SIZE)
        return (int32_t)n - 1;
    if (result || n == 0)
        return result ? -1 : 0;
    int32_t others = 0;
    bool self = false;
    for (unsigned i = 0; i < n && i < 64; i++) {
        unsigned pid;
        memcpy(&pid, list + i * each, sizeof pid);
        if (pid == (unsigned)getpid())
            self = true;
        else
            others++;
    }
    return self ? others : others - 1;
}

static int32_t throttle(const struct dh_gpu *gpu) {
    const struct dh_cuda_nvml *ml = &gpu->nvml;
    unsigned long long reasons = 0;
    nvmlReturn_t (*ask)(nvmlDevice_t, unsigned long long *) =
        ml->nvmlDeviceGetCurrentClocksEventReasons ? ml->nvmlDeviceGetCurrentClocksEventReasons
                                                   : ml->nvmlDeviceGetCurrentClocksThrottleReasons;
    if (!ask || ask(gpu->counter, &reasons))
        return -1;
    int32_t bits = 0;
    if (reasons & DH_NVML_REASON_POWER_CAP)
        bits |= DH_GPU_THROTTLE_POWER;
    if (reasons & (DH_NVML_REASON_SW_THERMAL | DH_NVML_REASON_HW_THERMAL))
        bits |= DH_GPU_THROTTLE_THERMAL;
    if (reasons & DH_NVML_REASON_BRAKE)
        bits |= DH_GPU_THROTTLE_BRAKE;
    if ((reasons & DH_NVML_REASON_HW_SLOWDOWN) && bits == 0)
        bits = DH_GPU_THROTTLE_THERMAL; /* which of three is not told; heat is the usual one */
    return bits;
}

static double number(nvmlReturn_t (*ask)(nvmlDevice_t, unsigned *), nvmlDevice_t device, double unit) {
    unsigned value = 0;
    return !ask || ask(device, &value) ? NAN : value * unit;
}

static double of_kind(nvmlReturn_t (*ask)(nvmlDevice_t, int, unsigned *), nvmlDevice_t device, int kind,
                      double unit) {
    unsigned value = 0;
    return !ask || ask(device, kind, &value) ? NAN : value * unit;
}

enum dh_gpu_status dh_cuda_nvml_read(struct dh_gpu *gpu, struct dh_gpu_counters *c) {
    const struct dh_cuda_nvml *ml = &gpu->nvml;
    unsigned long long millijoules = 0;
    *c = (struct dh_gpu_counters){NAN, NAN, NAN, NAN, NAN, -1, -1};
    if (!gpu->counter)
        return DH_GPU_UNSUPPORTED;
    if (ml->nvmlDeviceGetTotalEnergyConsumption &&
        !ml->nvmlDeviceGetTotalEnergyConsumption(gpu->counter, &millijoules))
        c->energy_j = (double)millijoules * 1e-3;
    c->power_w = number(ml->nvmlDeviceGetPowerUsage, gpu->counter, 1e-3);
    c->clock_hz = of_kind(ml->nvmlDeviceGetClockInfo, gpu->counter, DH_NVML_CLOCK_SM, 1e6);
    c->memory_clock_hz = of_kind(ml->nvmlDeviceGetClockInfo, gpu->counter, DH_NVML_CLOCK_MEMORY, 1e6);
    c->temperature_degc = of_kind(ml->nvmlDeviceGetTemperature, gpu->counter, DH_NVML_SENSOR_GPU, 1);
    c->throttle = throttle(gpu);
    c->other_processes = other_processes(gpu);
    return DH_GPU_OK;
}

void dh_cuda_nvml_describe(struct dh_gpu *gpu, struct dh_gpu_info *info, char *version, size_t room) {
    version[0] = 0;
    if (!gpu->counter)
        return;
    const struct dh_cuda_nvml *ml = &gpu->nvml;
    info->power_limit_w = number(ml->nvmlDeviceGetEnforcedPowerLimit, gpu->counter, 1e-3);
    if (isnan(info->memory_clock_hz))
        info->memory_clock_hz =
            of_kind(ml->nvmlDeviceGetMaxClockInfo, gpu->counter, DH_NVML_CLOCK_MEMORY, 1e6);
    if (isnan(info->clock_hz))
        info->clock_hz = of_kind(ml->nvmlDeviceGetMaxClockInfo, gpu->counter, DH_NVML_CLOCK_SM, 1e6);
    if (!ml->nvmlSystemGetDriverVersion || ml->nvmlSystemGetDriverVersion(version, (unsigned)room))
        version[0] = 0;
}
