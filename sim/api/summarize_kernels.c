/* On which measurements the time of models rests: GPU hours of their kernels by device, kernel and number
 * format, where the constants come from, and how much of it is beyond what these were fitted on. */
#include "models/service.h"
#include "models/training_job.h"
#include "sim/api/summarize.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_ROWS = 512 }; /* devices times families times formats */

struct row {
    const struct dh_device_spec *device;
    enum dh_kernel_family family;
    int32_t format, origin, n_hull;
    double low, high, gpu_s, outside_s;
};

struct rows {
    int32_t n;
    struct row rows[MAX_ROWS];
};

/* The constants of a row, as the models take them. */
static void take_constants(struct row *r) {
    enum dh_number_format format = (enum dh_number_format)r->format;
    const struct dh_gemm_spec *g;
    const struct dh_prefill_spec *p;
    const struct dh_decode_spec *d;
    if (r->family == DH_KERNEL_GEMM && (g = dh_kernel_gemm_of(r->device, format))) {
        r->origin = g->origin, r->n_hull = g->n_hull, r->low = g->low, r->high = g->high;
    } else if (r->family == DH_KERNEL_PREFILL && (p = dh_kernel_prefill_of(r->device, format))) {
        r->origin = p->origin, r->n_hull = p->n_hull, r->low = p->low, r->high = p->high;
    } else if (r->family == DH_KERNEL_DECODE && (d = dh_kernel_decode_of(r->device, format))) {
        r->origin = d->origin, r->n_hull = d->n_hull, r->low = d->low, r->high = d->high;
    }
}

static struct row *row_of(struct rows *rows, const struct dh_device_spec *device,
                          const struct dh_kernel_call *call) {
    for (int32_t i = 0; i < rows->n; i++) {
        struct row *r = &rows->rows[i];
        if (r->device == device && r->family == call->family && r->format == (int32_t)call->format)
            return r;
    }
    if (rows->n == MAX_ROWS)
        return NULL;
    struct row *r = &rows->rows[rows->n++];
    *r = (struct row){.device = device, .family = call->family, .format = (int32_t)call->format};
    take_constants(r);
    return r;
}

static void add(struct rows *rows, const struct dh_device_spec *device, const struct dh_kernel_use *use,
                double gpu_s) {
    for (int32_t i = 0; i < use->n; i++) {
        struct row *r = row_of(rows, device, &use->calls[i]);
        if (!r)
            continue;
        r->gpu_s += gpu_s * use->calls[i].seconds;
        r->outside_s += use->calls[i].outside ? gpu_s * use->calls[i].seconds : 0;
    }
}

/* Work of a stream that trains, taken as steps of its largest jobs. */
static void add_stream(struct rows *rows, const struct dh_world *w, int32_t stream) {
    const struct dh_jobs_spec *spec = &w->sc->workloads[0].streams[stream];
    const struct dh_owner_run *run = &w->owners[w->f->n_service + stream];
    const struct dh_size_spec *size = &spec->sizes[0];
    const struct dh_device_spec *device;
    struct dh_training_job job;
    struct dh_kernel_use use;
    double work_s = dh_sum_value(&run->work_gpu_s) - (double)run->overhead_gpu_ns / 1e9;
    for (int32_t i = 1; i < spec->n_sizes; i++)
        size = spec->sizes[i].gpus > size->gpus ? &spec->sizes[i] : size;
    if (work_s > 0 && dh_training_job_of(&job, w->f, spec, size->gpus, NULL) == DH_OK &&
        dh_training_job_kernels(&use, &device, &job, w->f, spec) == DH_OK)
        add(rows, device, &use, work_s / job.step.step_s);
}

/* A service at its mean rate of a replica. */
static void add_service(struct rows *rows, const struct dh_world *w, int32_t v) {
    const struct dh_service_run *run = &w->services[v];
    double replica_s = dh_sum_value(&run->replica_s), served = dh_sum_value(&run->served);
    struct dh_kernel_use use;
    if (!run->model || !(replica_s > 0) || !(served > 0))
        return;
    dh_service_model_kernels(run->model, fmin(served / replica_s, run->model->capacity_per_s), &use);
    add(rows, run->model->serving.device, &use, replica_s * (double)w->f->service_spec[v]->replica_gpus);
}

static void put_row(struct dh_summary *out, const struct dh_world *w, const struct row *r, int i) {
    static const char *const formats[DH_N_FORMAT] = {"fp32", "tf32", "bf16", "fp16", "fp8", "nvfp4", "int8"};
    static const char *const origins[DH_N_ORIGIN] = {"published", "measured", "datasheet", "user"};
    const struct dh_profile_spec *profile = dh_scenario_profile(w->sc, r->device->profile);
    dh_put_text_at(out, r->device->id, "kernels.%d.device", i);
    dh_put_text_at(out, dh_kernel_family_name(r->family), "kernels.%d.family", i);
    dh_put_text_at(out, formats[r->format], "kernels.%d.format", i);
    dh_put_text_at(out, origins[r->origin], "kernels.%d.origin", i);
    if (profile && r->origin == DH_ORIGIN_MEASURED) {
        char text[700];
        snprintf(text, sizeof text, "%.250s: %.250s, %.60s", profile->id, profile->device, profile->date);
        dh_put_text_at(out, text, "kernels.%d.profile", i);
    }
    dh_put_at(out, r->gpu_s / S_PER_H, "kernels.%d.gpu_h", i);
    if (r->n_hull > 0)
        dh_put_at(out, r->outside_s / S_PER_H, "kernels.%d.extrapolated_gpu_h", i);
    dh_put_at(out, r->low, "kernels.%d.low", i);
    dh_put_at(out, r->high, "kernels.%d.high", i);
}

void dh_summarize_kernels(struct dh_summary *out, const struct dh_world *w) {
    struct rows rows = {0};
    double all = 0, outside = 0, unknown = 0;
    /* A log of jobs (run --jobs) takes the place of the streams. */
    for (int32_t s = 0; w->sc->n_workloads > 0 && s < w->sc->workloads[0].n_streams; s++)
        if (w->sc->workloads[0].streams[s].n_trainings > 0)
            add_stream(&rows, w, s);
    for (int32_t v = 0; v < w->f->n_service; v++)
        add_service(&rows, w, v);
    if (rows.n == 0)
        return;
    for (int32_t i = 0; i < rows.n; i++) {
        all += rows.rows[i].gpu_s;
        outside += rows.rows[i].outside_s;
        unknown += rows.rows[i].n_hull == 0 ? rows.rows[i].gpu_s : 0;
    }
    dh_put_number(out, "kernel_time.gpu_h", all / S_PER_H);
    dh_put_number(out, "kernel_time.extrapolated_gpu_h", outside / S_PER_H);
    dh_put_number(out, "kernel_time.unknown_gpu_h", unknown / S_PER_H);
    for (int32_t i = 0; i < rows.n; i++)
        put_row(out, w, &rows.rows[i], i);
}
