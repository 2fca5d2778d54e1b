/* An NVML that is none: the counters of a card at 300 W, as the script of fake.h wants them. Built with
 * -DDH_FAKE_OLD_NVML it has the names of 2016 alone. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define API __attribute__((visibility("default"))) int
enum { NOT_SUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7 };

long dh_fake_number(const char *word, long missing);
static int started;
static char device[8];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#ifdef DH_FAKE_OLD_NVML
#define NEW(name) name
#else
#define NEW(name) name##_v2
#endif
API NEW(nvmlInit)(void);
API NEW(nvmlInit)(void) {
    started++;
    return 0;
}
API nvmlShutdown(void);
API nvmlShutdown(void) {
    return started-- > 0 ? 0 : 1;
}
API nvmlSystemGetDriverVersion(char *version, unsigned room);
API nvmlSystemGetDriverVersion(char *version, unsigned room) {
    strncpy(version, "580.00", room);
    return 0;
}
#ifndef DH_FAKE_OLD_NVML
API nvmlDeviceGetHandleByUUID(const char *uuid, void **handle);
API nvmlDeviceGetHandleByUUID(const char *uuid, void **handle) {
    for (int i = 0; i < 8; i++) {
        char start[16] = "GPU-00010203";
        start[4] = (char)('0' + i);
        start[6] = start[8] = start[10] = start[4];
        if (strncmp(uuid, start, 12) == 0) {
            *handle = &device[i];
            return 0;
        }
    }
    return NOT_FOUND;
}
#endif
API NEW(nvmlDeviceGetHandleByPciBusId)(const char *id, void **handle);
API NEW(nvmlDeviceGetHandleByPciBusId)(const char *id, void **handle) {
    int i = strlen(id) > 6 ? id[6] - '1' : -1;
    if (i < 0 || i > 7)
        return NOT_FOUND;
    *handle = &device[i];
    return 0;
}
API nvmlDeviceGetTotalEnergyConsumption(void *d, unsigned long long *mj);
API nvmlDeviceGetTotalEnergyConsumption(void *d, unsigned long long *mj) {
    (void)d;
    *mj = (unsigned long long)(now() * 300e3);
    return dh_fake_number("no-energy", 0) ? NOT_SUPPORTED : 0;
}
API nvmlDeviceGetPowerUsage(void *d, unsigned *mw);
API nvmlDeviceGetPowerUsage(void *d, unsigned *mw) {
    (void)d;
    *mw = 300000;
    return dh_fake_number("no-power", 0) ? NOT_SUPPORTED : 0;
}
API nvmlDeviceGetEnforcedPowerLimit(void *d, unsigned *mw);
API nvmlDeviceGetEnforcedPowerLimit(void *d, unsigned *mw) {
    (void)d;
    *mw = 700000;
    return 0;
}
API nvmlDeviceGetClockInfo(void *d, int type, unsigned *mhz);
API nvmlDeviceGetClockInfo(void *d, int type, unsigned *mhz) {
    (void)d;
    *mhz = type == 1 ? 1755 : 2619;
    return type == 1 || type == 2 ? 0 : 2;
}
API nvmlDeviceGetTemperature(void *d, int sensor, unsigned *degc);
API nvmlDeviceGetTemperature(void *d, int sensor, unsigned *degc) {
    (void)d;
    *degc = 61;
    return sensor == 0 ? 0 : 2;
}
#ifdef DH_FAKE_OLD_NVML
API nvmlDeviceGetCurrentClocksThrottleReasons(void *d, unsigned long long *reasons);
API nvmlDeviceGetCurrentClocksThrottleReasons(void *d, unsigned long long *reasons) {
#else
API nvmlDeviceGetCurrentClocksEventReasons(void *d, unsigned long long *reasons);
API nvmlDeviceGetCurrentClocksEventReasons(void *d, unsigned long long *reasons) {
#endif
    (void)d;
    *reasons = (unsigned long long)dh_fake_number("throttle", 0);
    return 0;
}
struct process {
    unsigned pid;
    unsigned long long bytes;
#ifndef DH_FAKE_OLD_NVML
    unsigned instances[2];
#endif
};
#ifdef DH_FAKE_OLD_NVML
API nvmlDeviceGetComputeRunningProcesses(void *d, unsigned *n, struct process *all);
API nvmlDeviceGetComputeRunningProcesses(void *d, unsigned *n, struct process *all) {
#else
API nvmlDeviceGetComputeRunningProcesses_v3(void *d, unsigned *n, struct process *all);
API nvmlDeviceGetComputeRunningProcesses_v3(void *d, unsigned *n, struct process *all) {
#endif
    (void)d;
    unsigned others = (unsigned)dh_fake_number("others", 0), room = *n;
    *n = others + 1;
    if (room < *n)
        return TOO_SMALL;
    for (unsigned i = 0; i < *n; i++)
        all[i].pid = i == others ? (unsigned)getpid() : 1 + i;
    return 0;
}
