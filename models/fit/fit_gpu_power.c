/* fit_gpu_power DATA [judge]: coefficients of the B200's board power from public rows
 * (DATA/facility/gpu_power_thermal_measured.csv), for scenarios/catalog/gpus.xml. `make fit-gpu-power` prints
 * them.
 *
 * Three states are fitted, chosen because each shows one part of the model almost alone:
 *   idle                     base                      mean of eight boards, 120 MHz, 31 degC
 *   BF16 GEMM 8192^3, 8 GPUs units-power, cap-held     mean of five boards
 *   d2d memcpy               memory-power, memory-clock
 * and a straight line through their three temperatures gives inlet and resistance (gsl_fit_linear).
 * What no state of the three shows is taken from the catalog, where it is called an assumption: voltage
 * curve, leakage (a tenth of the TDP at 60 degC), clock tree (4 % of the TDP, set with the row "light load"
 * in view: so that row is shown and not judged).
 *
 * judge: the catalog's device against all other rows of that file. Activities come from arithmetic, never
 * from the row's power: a GEMM of 8192^3 at 1316 TFLOP/s moves three matrices of 134 MB in 0.835 ms, 6 % of 8
 * TB/s; a GEMM of 8 x 16384 x 16384 reads 537 MB of weights, 67 us at 8 TB/s, for 4.3 GFLOP, 2.8 % of 2250
 * TFLOP/s. The sink of a board that decodes follows the mean power, 341.5 W by the row's note, not the 450 W
 * of its busy samples: the sink takes most of a minute, a token milliseconds. The activity behind those 450 W
 * is published nowhere, so that power is not judged. Prints TAP. */
#include "models/chip.h"
#include "scenarios/scenario.h"

#include <gsl/gsl_fit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    char workload[64], item[64];
    double power_w, clock_hz, degc; /* NAN: not given */
};

enum { MOST_ROWS = 200 };
static struct row rows[MOST_ROWS];
static int n_row;

/* One field of a line with quotes; the position behind its comma. */
static const char *field(const char *at, char *out, size_t room) {
    size_t n = 0;
    bool quoted = *at == '"';
    at += quoted;
    while (*at && *at != '\n' && (quoted ? *at != '"' : *at != ',')) {
        if (n + 1 < room)
            out[n++] = *at;
        at++;
    }
    out[n] = '\0';
    at += quoted && *at == '"';
    return *at == ',' ? at + 1 : at;
}

static double number(const char *text) {
    char *end;
    double value = strtod(text, &end);
    return end == text || *end ? NAN : value;
}

static int read_rows(const char *data) {
    char path[4096], line[4096], device[64], power[64], clock[64], degc[64];
    snprintf(path, sizeof path, "%s/facility/gpu_power_thermal_measured.csv", data);
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    while (n_row < MOST_ROWS && fgets(line, sizeof line, f)) {
        struct row *r = &rows[n_row];
        const char *at = field(line, device, sizeof device);
        at = field(at, r->workload, sizeof r->workload);
        at = field(at, r->item, sizeof r->item);
        at = field(at, power, sizeof power);
        at = field(at, clock, sizeof clock);
        field(at, degc, sizeof degc);
        r->power_w = number(power);
        r->clock_hz = number(clock) * 1e6;
        r->degc = number(degc);
        n_row += strcmp(device, "B200") == 0 && !isnan(r->power_w);
    }
    fclose(f);
    return n_row;
}

/* Mean of the rows of a workload. */
static struct row mean(const char *workload) {
    struct row m = {.power_w = 0};
    int n = 0, n_clock = 0, n_degc = 0;
    for (int i = 0; i < n_row; i++)
        if (strncmp(rows[i].workload, workload, strlen(workload)) == 0) {
            m.power_w += rows[i].power_w;
            n++;
            if (!isnan(rows[i].clock_hz)) {
                m.clock_hz += rows[i].clock_hz;
                n_clock++;
            }
            if (!isnan(rows[i].degc)) {
                m.degc += rows[i].degc;
                n_degc++;
            }
        }
    m.power_w /= n;
    m.clock_hz /= n_clock;
    m.degc /= n_degc;
    return m;
}

static int read_device(struct dh_scenario_file *file, struct dh_device_spec *device) {
    static const char text[] =
        "<scenario xmlns='urn:datahall:scenario:1' name='fit'><import href='catalog:gpus.xml'/><horizon "
        "duration='1 d'/><node id='n' device='b200' gpus='1'/><rack-type id='r' node='n' nodes='1' rated='2 "
        "kW'/>"
        "<site id='s'><power><utility id='u' rated='1 MW'/></power><hall id='h'><row id='w' rack='r' "
        "feed='u'/></hall></site></scenario>";
    struct dh_diag diag = {0};
    enum dh_err err = dh_scenario_read_memory(file, text, strlen(text), "fit.xml", ".", NULL, &diag);
    dh_diag_free(&diag);
    for (int32_t d = 0; err == DH_OK && d < file->spec.n_devices; d++)
        if (strcmp(file->spec.devices[d].id, "b200") == 0) {
            *device = file->spec.devices[d];
            return 1;
        }
    return 0;
}

enum { IDLE_CELSIUS = 31 }; /* the row of margins: T + T.Limit = 31 + 57 */
static const double GEMM_MEMORY = 0.06, SKINNY_COMPUTE = 0.028;

struct fit {
    double idle_w, units_w, memory_w, memory_clock_hz, inlet_degc, k_per_w, cap_held;
};

static struct fit fit(const struct dh_device_spec *catalog) {
    struct row idle = mean("idle"), gemm = mean("BF16 GEMM 8192^3 x8"), copy = mean("d2d memcpy");
    struct dh_device_spec d = *catalog;
    struct fit f = {.idle_w = idle.power_w, .memory_clock_hz = copy.clock_hz};
    d.idle_w = f.idle_w;
    d.units_w = d.memory_w = d.link_w = 0;
    /* what is left of the copy is memory, what is left of the product are the units */
    struct dh_chip_load rest = dh_chip_load_none(&d);
    rest.switching_w = d.clock_w;
    f.memory_w = copy.power_w - dh_chip_busy_w(&d, &rest, copy.clock_hz / d.clock_max_hz, copy.degc);
    f.cap_held = gemm.power_w / d.tdp_w;
    double share = gemm.clock_hz / d.clock_max_hz;
    double gemm_w = gemm.power_w - GEMM_MEMORY * f.memory_w - dh_chip_busy_w(&d, &rest, share, gemm.degc);
    f.units_w = gemm_w / dh_chip_dynamic_frac(&d, share);
    double p[3] = {idle.power_w, gemm.power_w, copy.power_w}, t[3] = {IDLE_CELSIUS, gemm.degc, copy.degc};
    double c00, c01, c11, sumsq;
    gsl_fit_linear(p, 1, t, 1, 3, &f.inlet_degc, &f.k_per_w, &c00, &c01, &c11, &sumsq);
    return f;
}

static int n_test, n_bad;

static void ok(bool good, const char *name) {
    n_bad += !good;
    printf("%sok %d - %s\n", good ? "" : "not ", ++n_test, name);
}

static void judge(const char *name, double is, double want, double within, const char *unit) {
    char text[256];
    snprintf(text, sizeof text, "%s: %.4g %s, measured %.4g (within %.3g)", name, is, unit, want, within);
    ok(fabs(is - want) <= within, text);
}

static void judge_all(const struct dh_device_spec *d, const struct fit *f) {
    struct dh_chip_place rig = {f->inlet_degc, d->air_k_per_w};
    judge("catalog holds the fit: idle", d->idle_w, f->idle_w, 1, "W");
    judge("catalog holds the fit: units-power", d->units_w, f->units_w, 20, "W");
    judge("catalog holds the fit: memory-power", d->memory_w, f->memory_w, 2, "W");
    judge("catalog holds the fit: memory-clock", d->memory_clock_hz / 1e6, f->memory_clock_hz / 1e6, 0.5,
          "MHz");
    judge("catalog holds the fit: cap-held", d->cap_held, f->cap_held, 1e-3, "of the cap");
    judge("catalog holds the fit: air-resistance", d->air_k_per_w, f->k_per_w, 2e-4, "K/W");

    struct row one = mean("BF16 GEMM 1 GPU"), skinny = mean("skinny GEMM"), decode = mean("LLM decode TP8"),
               light = mean("light load");
    struct dh_chip_load load = dh_chip_load_of(d, 1, GEMM_MEMORY, 0);
    struct dh_chip_point at = dh_chip_run(d, &load, 1, 1, rig, 1);
    double mhz = at.clock * d->clock_max_hz / 1e6;
    judge("BF16 GEMM, 1 GPU: power", at.power_w, one.power_w, 0.05 * one.power_w, "W");
    judge("BF16 GEMM, 1 GPU: junction", rig.reference_degc + rig.k_per_w * at.power_w, one.degc, 3, "degC");
    /* The row's 1117 MHz is a median: its source gives 1095, 1117 and 1597 MHz for 5, 50 and 95 % of the time
     * (pauses between products let the clock jump to the memory plateau) and 1035 MHz as the lowest. Whatever
     * lies between, the mean that is to be predicted is within the two bounds below. The same board ran at
     * 1185 MHz in the fitted state, with the same product and power: medians differ by 6 % between two runs
     * of it. So the median is held to 5 %, the mean to 3 % of its bounds. */
    double least = 0.05 * 1035 + 0.45 * 1095 + 0.45 * 1117 + 0.05 * 1597;
    double most = 0.05 * 1095 + 0.45 * 1117 + 0.45 * 1597 + 0.05 * 1965;
    judge("BF16 GEMM, 1 GPU: clock, median", mhz, one.clock_hz / 1e6, 0.05 * one.clock_hz / 1e6, "MHz");
    char text[160];
    snprintf(text, sizeof text,
             "BF16 GEMM, 1 GPU: clock, mean: %.4g MHz, %.4g to %.4g by its quantiles (within 3 %%)", mhz,
             least, most);
    ok(mhz >= 0.97 * least && mhz <= 1.03 * most, text);
    load = dh_chip_load_of(d, SKINNY_COMPUTE, 1, 0);
    at = dh_chip_run(d, &load, 1, 1, rig, 1);
    judge("skinny GEMM: power", at.power_w, skinny.power_w, 0.05 * skinny.power_w, "W");
    judge("skinny GEMM: junction", rig.reference_degc + rig.k_per_w * at.power_w, skinny.degc, 3, "degC");
    judge("skinny GEMM: clock", at.clock * d->clock_max_hz / 1e6, skinny.clock_hz / 1e6,
          0.03 * skinny.clock_hz / 1e6, "MHz");
    const double decode_mean_w = 0.5 * (332 + 351);
    judge("decode: junction by its mean power", rig.reference_degc + rig.k_per_w * decode_mean_w, decode.degc,
          3, "degC");
    load = dh_chip_load_of(d, 0, 0.5, 0); /* any share: memory-bound */
    judge("decode: clock", load.clock * d->clock_max_hz / 1e6, decode.clock_hz / 1e6,
          0.03 * decode.clock_hz / 1e6, "MHz");
    load = dh_chip_load_of(d, 0, 0, 0);
    at = dh_chip_run(d, &load, 1, 1, rig, 1);
    printf("# light load (not judged, see the head): %.1f W, measured %.1f\n", at.power_w, light.power_w);
    load = dh_chip_load_of(d, 0, 1, 0);
    at = dh_chip_run(d, &load, 1, 1, rig, 1);
    printf("# not judged: another memory-bound kernel is published at 686 W (FACILITY B1), all bandwidth in "
           "use is "
           "%.1f W here (%+.1f %%)\n",
           at.power_w, 100 * (at.power_w / 686 - 1));
    printf("# not explained: FP8 GEMM, published at 902 W and 1177 MHz, below cap and boost both: another "
           "limiter\n");
}

/* Serving of dense models on B200 (aiperf/power.csv): traffic and work of decode by arithmetic, against the
 * mean power. What prefill adds is not in the rows, so these are bounds from below; printed, not judged. */
static void serving(const char *data, const struct dh_device_spec *d, const struct fit *f) {
    static const struct {
        const char *name;
        double parameters, gpus;
    } model[] = {
        {"Qwen/Qwen3-8B ",                      8.2e9,   1},
        {"Qwen/Qwen3-14B ",                     14.8e9,  1},
        {"google/gemma-3-12b-it ",              12.2e9,  1},
        {"google/gemma-3-27b-it ",              27.4e9,  1},
        {"meta-llama/Llama-3.1-70B-Instruct ",  70.6e9,  2},
        {"meta-llama/Llama-3.3-70B-Instruct ",  70.6e9,  2},
        {"meta-llama/Llama-3.1-405B-Instruct ", 405.9e9, 8},
    };
    char path[4096], line[4096], cell[20][200];
    snprintf(path, sizeof path, "%s/aiperf/power.csv", data);
    FILE *file = fopen(path, "r");
    double sum = 0, worst = 0;
    int n = 0, near = 0;
    while (file && fgets(line, sizeof line, file)) {
        const char *at = line;
        for (int i = 0; i < 18; i++)
            at = field(at, cell[i], sizeof cell[i]);
        for (size_t m = 0; m < sizeof model / sizeof *model; m++) {
            if (strcmp(cell[4], "B200") || strncmp(cell[6], model[m].name, strlen(model[m].name)) ||
                !strstr(cell[6], "bfloat16"))
                continue;
            double watts = atof(cell[10]), batch = atof(cell[15]), per_s = atof(cell[16]);
            if (!(watts > 0 && batch > 0 && per_s > 0))
                continue;
            double share = per_s / batch * 2 * model[m].parameters / model[m].gpus / d->memory_bytes_per_s;
            double work = per_s * 2 * model[m].parameters / model[m].gpus / d->bf16_flops;
            struct dh_chip_load load = dh_chip_load_of(d, fmin(work, 1), fmin(share, 1), 0);
            struct dh_chip_place rig = {f->inlet_degc, d->air_k_per_w};
            double error = dh_chip_run(d, &load, 1, 1, rig, 1).power_w / watts - 1;
            sum += error;
            n++;
            near += fabs(error) <= 0.05;
            worst = fabs(error) > fabs(worst) ? error : worst;
        }
    }
    if (file)
        fclose(file);
    if (n)
        printf("# aiperf/power.csv, %d rows of dense models serving in bfloat16, none of them fitted: mean "
               "error %+.1f %%, "
               "worst %+.1f %%, %d within 5 %%: decode's traffic alone does not explain serving power, so "
               "the catalog's "
               "kinds of work keep measured board powers\n",
               n, 100 * sum / n, 100 * worst, near);
}

int main(int argc, char **argv) {
    const char *data = argc > 1 ? argv[1] : "../shared/data";
    struct dh_scenario_file file;
    struct dh_device_spec device;
    if (!read_rows(data) || !read_device(&file, &device)) {
        fprintf(stderr, "fit_gpu_power: no rows in %s/facility, or no device b200\n", data);
        return 1;
    }
    struct fit f = fit(&device);
    if (argc > 2) {
        judge_all(&device, &f);
        serving(data, &device, &f);
        printf("1..%d\n", n_test);
    } else {
        printf("idle=\"%.1f W\" units-power=\"%.0f W\" memory-power=\"%.1f W\" memory-clock=\"%.0f MHz\" "
               "air-resistance=\"%.4f K/W\" cap-held=\"%.3f\" (inlet %.1f degC)\n",
               f.idle_w, f.units_w, f.memory_w, f.memory_clock_hz / 1e6, f.k_per_w, f.cap_held, f.inlet_degc);
    }
    dh_scenario_free(&file);
    return n_bad ? 1 : 0;
}
