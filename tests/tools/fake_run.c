#include "tests/tools/fake_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dh_device_spec device = {.id = "h100-sxm", .title = "H100 SXM"};
static const struct dh_site_spec site = {.id = "iad"};
static const struct dh_hall_spec halls[2] = {{.id = "h1"}, {.id = "höll-2"}};
static const struct dh_cdu_spec cdu = {.id = "cdu1"};
static const struct dh_chiller_plant_spec cplant = {.id = "chw"};
static const struct dh_service_spec service = {.id = "chat"};

static void *array(struct fake_run *fake, int32_t n, size_t size) {
    void *p = dh_arena_array(&fake->mem, (size_t)n, size);
    if (!p)
        abort();
    return p;
}

static void columns(struct fake_run *fake) {
    struct dh_facility *f = &fake->facility;
#define COLUMN(type, name, rows, unit, about) f->name = array(fake, f->n_##rows, sizeof(type));
#include "models/facility.def"
#undef COLUMN
}

void fake_run_init(struct fake_run *fake, int32_t n_rack, int32_t n_job) {
    *fake = (struct fake_run){0};
    struct dh_facility *f = &fake->facility;
    f->n_facility = f->n_site = f->n_queue = f->n_cost = f->n_device = f->n_cdu = f->n_cplant = f->n_service =
        1;
    f->n_hall = f->n_stage = 2;
    f->n_rack = n_rack;
    f->n_node = 2 * n_rack;
    f->start_unix_s = 1767225600; /* 2026-01-01 */
    columns(fake);
    const struct dh_device_spec **devices = array(fake, 1, sizeof *devices);
    const struct dh_site_spec **sites = array(fake, 1, sizeof *sites);
    const struct dh_hall_spec **hall = array(fake, 2, sizeof *hall);
    const struct dh_cdu_spec **cdus = array(fake, 1, sizeof *cdus);
    const struct dh_chiller_plant_spec **cplants = array(fake, 1, sizeof *cplants);
    const struct dh_service_spec **services = array(fake, 1, sizeof *services);
    const char **stages = array(fake, 2, sizeof *stages), **racks = array(fake, n_rack, sizeof *racks);
    devices[0] = &device, sites[0] = &site, hall[0] = &halls[0], hall[1] = &halls[1], cdus[0] = &cdu;
    cplants[0] = &cplant, services[0] = &service, stages[0] = "grid", stages[1] = "ups";
    int32_t *rack_hall = array(fake, n_rack, sizeof *rack_hall),
            *node_rack = array(fake, f->n_node, sizeof *node_rack);
    for (int32_t r = 0; r < n_rack; r++) {
        char name[16];
        snprintf(name, sizeof name, "A-%03d", (int)r + 1);
        racks[r] = dh_arena_strdup(&fake->mem, name);
        rack_hall[r] = r % 2;
        node_rack[2 * r] = node_rack[2 * r + 1] = r;
    }
    f->device_spec = devices, f->site_spec = sites, f->hall_spec = hall, f->cdu_spec = cdus,
    f->cplant_spec = cplants;
    f->service_spec = services, f->stage_name = stages, f->rack_name = racks;
    f->rack_hall = rack_hall, f->node_rack = node_rack;
    if (dh_state_init(&fake->state, f))
        abort();

    static struct dh_input_file inputs[] = {
        {"catalog:gpus.xml", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    };
    fake->file = (struct dh_scenario_file){
        .spec = {.name = "fake", .title = "A made-up run", .seed = 42},
        .effective_xml = "<scenario name=\"fake\"/>\n",
        .effective_sha256 = "0000000000000000000000000000000000000000000000000000000000000000",
        .inputs = inputs,
        .n_input = 1
    };
    f->scenario = &fake->file.spec;

    fake->runs = array(fake, n_job, sizeof *fake->runs);
    for (int32_t i = 0; i < n_job; i++) {
        char id[24];
        int length = snprintf(id, sizeof id, "job-%d", (int)i + 1);
        struct dh_job job = {.submit = (dh_time)i * 60 * DH_NS_PER_S + i % 3,
                             .work = 3600 * DH_NS_PER_S,
                             .requested = DH_TIME_NONE,
                             .replay_start = DH_TIME_NONE,
                             .gpus = 8 * (1 + i % 4),
                             .nodes = 1 + i % 4,
                             .tenant =
                                 dh_job_list_tenant(&fake->jobs, i % 2 ? "physics" : "=cmd()", i % 2 ? 7 : 6),
                             .service = -1,
                             .work_kind = DH_WORK_TRAINING};
        if (dh_job_list_add(&fake->jobs, &job, id, (size_t)length))
            abort();
        struct dh_job_run *run = &fake->runs[i];
        run->state = i % 10 == 9 ? DH_JOB_QUEUED : DH_JOB_DONE;
        run->start = run->end = DH_TIME_NONE;
        if (run->state != DH_JOB_DONE)
            continue;
        run->start = job.submit + (dh_time)(i % 7) * 30 * DH_NS_PER_S;
        run->end = run->start + job.work;
        run->gpu_ns = job.gpus * job.work;
        run->n_segment = job.nodes;
        run->segments = array(fake, job.nodes, sizeof *run->segments);
        for (int32_t k = 0; k < job.nodes; k++) /* the last one apart from the others */
            run->segments[k] = (struct dh_segment){(i + k + (k == 3)) % f->n_node, 8};
    }
}

void fake_run_free(struct fake_run *fake) {
    dh_state_free(&fake->state);
    dh_job_list_free(&fake->jobs);
    dh_arena_free(&fake->mem);
}

/* 0 to 1, from a counter (SplitMix64's mixer). */
static double noise(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

void fake_run_state(struct fake_run *fake, dh_time at) {
    double day = (double)(at % (86400 * DH_NS_PER_S)) / (86400.0 * 1e9);
    double wave = 16 * day * day * (1 - day) * (1 - day); /* up and down once a day */
    for (int32_t c = 0; c < dh_n_state_column; c++) {
        const struct dh_column *column = &dh_state_columns[c];
        double *values = *(double **)(void *)((char *)&fake->state + column->offset);
        double mean = strcmp(column->unit, "W") == 0 ? 40000 : strcmp(column->unit, "degC") == 0 ? 30 : 0.8;
        for (int32_t i = 0; i < dh_column_rows(&fake->facility, column); i++) {
            uint64_t hold = (uint64_t)(at / (3600 * DH_NS_PER_S)); /* a level for an hour, noise on it */
            double level = noise(hold * 1000003 + (uint64_t)(c * 7919 + i));
            double ripple = noise((uint64_t)at + (uint64_t)(c * 104729 + i) * 2654435761u);
            values[i] = mean * (0.5 + 0.3 * level + 0.15 * wave + 0.01 * ripple);
        }
    }
}

enum dh_err fake_run_record(struct fake_run *fake, const char *path, double duration_s, double interval_s,
                            double rack_interval_s, enum dh_recorder_status status, struct dh_diag *diag) {
    struct dh_recorder *recorder;
    struct dh_recorder_options options = {.path = path,
                                          .version = "0.0.0",
                                          .series = true,
                                          .interval_s = interval_s,
                                          .rack_interval_s = rack_interval_s,
                                          .duration_s = duration_s,
                                          .kind = DH_RECORD_MEAN};
    DH_TRY(dh_recorder_open(&recorder, &options, &fake->facility, &fake->file, diag));
    struct dh_observer observer = dh_recorder_observer(recorder);
    dh_time end = dh_time_from_s(duration_s), step = dh_time_from_s(interval_s),
            rack_step = dh_time_from_s(rack_interval_s);
    enum dh_err err = DH_OK;
    for (dh_time at = 0; at < end && !err; at += step) {
        fake_run_state(fake, at);
        err = observer.sample(observer.self, DH_SAMPLE_FACILITY, at, &fake->facility, &fake->state);
        if (!err && at % rack_step == 0)
            err = observer.sample(observer.self, DH_SAMPLE_RACKS, at, &fake->facility, &fake->state);
        if (!err && at % (86400 * DH_NS_PER_S) == 0)
            err = dh_recorder_incident(recorder, at, DH_INCIDENT_THROTTLE_BEGIN, 3, 88.5);
    }
    struct dh_summary summary = {0}, audit = {0};
    dh_summary_text(&summary, "scenario.name", "fake", "name of the scenario");
    dh_summary_number(&summary, "energy.it_kwh", "kWh", 1234.5, "energy of the racks");
    dh_summary_integer(&summary, "jobs.submitted", "1", fake->jobs.n_job, "jobs submitted");
    dh_summary_number(&audit, "energy.residual", "1", 1e-15, "energy in minus out, over energy in");
    if (!err)
        err = dh_recorder_jobs(recorder, &fake->jobs, fake->runs, &fake->facility, NULL);
    if (!err)
        err = dh_recorder_summary(recorder, &summary);
    if (!err)
        err = dh_recorder_audit(recorder, &audit);
    dh_summary_free(&summary);
    dh_summary_free(&audit);
    enum dh_err closed = dh_recorder_close(recorder, status, end);
    return err ? err : closed;
}
