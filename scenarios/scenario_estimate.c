#include "scenarios/scenario_estimate.h"

#include <math.h>

/* Fitted to peak memory and file sizes of the shipped examples: the year of ashburn-24mw (541 racks, 351,000
 * jobs, every series in motion) is met within 2 %, quieter scenarios compress better and stay below. */
#define FIXED_BYTES   24e6 /* program, libraries, catalogs */
#define RACK_BYTES    24e3 /* columns, and buffered rows of the racks' series */
#define NODE_BYTES    128.0
#define GPU_BYTES     4.0
#define JOB_BYTES     370.0
#define REPLICA_BYTES 400.0 /* a job and its queue, whether it ever runs */
#define STAGE_BYTES   900.0 /* of each run of a pipeline that may be under way: its job, its transfers */
#define UNIT_BYTES    8.0   /* of each GPU that may fail: its group and what holds it */
/* Result file, compressed: bytes of one sample of each. */
#define FILE_BYTES            180e3 /* names, attributes, chunk indices */
#define FACILITY_SAMPLE_BYTES 41.0  /* with queue and cost */
#define SITE_SAMPLE_BYTES     18.0
#define STAGE_SAMPLE_BYTES    3.2
#define SOURCE_SAMPLE_BYTES   10.0 /* on-site solar, turbine, storage */
#define HALL_SAMPLE_BYTES     10.0
#define CHILLER_SAMPLE_BYTES  45.0 /* a chilled-water plant */
#define LIQUID_SAMPLE_BYTES   16.0 /* a facility-water plant with its CDUs */
#define SERVICE_SAMPLE_BYTES  1.5
#define RACK_SAMPLE_BYTES     0.7
#define JOB_RECORD_BYTES      240.0 /* half of it its name and placement */
#define EVENTS_OF_JOB         3.0

static int64_t whole(double x) {
    return x >= 9.2e18 ? INT64_MAX : (int64_t)x;
}

static double expected_jobs(const struct dh_scenario *scenario, double duration_s) {
    double jobs = 0;
    for (int32_t w = 0; w < scenario->n_workloads; w++)
        for (int32_t j = 0; j < scenario->workloads[w].n_streams; j++) {
            const struct dh_jobs_spec *stream = &scenario->workloads[w].streams[j];
            double n = stream->per_s * duration_s;
            jobs += stream->count >= 0 ? fmin(n, (double)stream->count) : n;
        }
    return jobs;
}

/* Requests one by one, and replicas that services may have. */
static double expected_requests(const struct dh_scenario *scenario, double duration_s, double *replicas) {
    double requests = 0;
    for (int32_t w = 0; w < scenario->n_workloads; w++)
        for (int32_t v = 0; v < scenario->workloads[w].n_services; v++) {
            const struct dh_service_spec *service = &scenario->workloads[w].services[v];
            *replicas += (double)service->max_replicas;
            if (service->fidelity == DH_SERVE_REQUEST && !service->requests)
                requests += service->per_s * duration_s;
        }
    return requests;
}

/* Rows of stages of pipelines. */
static double stage_rows(const struct dh_scenario *scenario) {
    double rows = 0;
    for (int32_t w = 0; w < scenario->n_workloads; w++)
        for (int32_t p = 0; p < scenario->workloads[w].n_pipelines; p++)
            rows += (double)scenario->workloads[w].pipelines[p].n_stages *
                    (double)scenario->workloads[w].pipelines[p].at_once;
    return rows;
}

/* Bytes that one sample of everything but the racks takes in the file. */
static double sample_bytes(const struct dh_scenario *scenario) {
    double bytes = FACILITY_SAMPLE_BYTES + SITE_SAMPLE_BYTES * scenario->n_sites;
    for (int32_t s = 0; s < scenario->n_sites; s++) {
        const struct dh_site_spec *site = &scenario->sites[s];
        bytes += HALL_SAMPLE_BYTES * site->n_halls;
        for (int32_t i = 0; i < site->n_powers; i++) {
            const struct dh_power_spec *p = &site->powers[i];
            bytes += STAGE_SAMPLE_BYTES *
                     (p->n_utilities + p->n_transformers + p->n_upses + p->n_pdus + p->n_generators);
            bytes += SOURCE_SAMPLE_BYTES * (p->n_solars + p->n_turbines + p->n_storages);
        }
        for (int32_t i = 0; i < site->n_coolings; i++)
            bytes += CHILLER_SAMPLE_BYTES * site->coolings[i].n_chiller_plants +
                     LIQUID_SAMPLE_BYTES * site->coolings[i].n_liquid_plants;
    }
    for (int32_t i = 0; i < scenario->n_workloads; i++)
        bytes += SERVICE_SAMPLE_BYTES * scenario->workloads[i].n_services;
    return bytes;
}

#define TRIP_STAGE_BYTES 12.0 /* what each stage was before a trip */

/* What grows with pairs: which stages hang on each that holds its rating, a byte a pair; and trips. */
static double stage_bytes(const struct dh_scenario *scenario) {
    double caps = 0, stages = 0, trips = 0;
    for (int32_t i = 0; i < scenario->n_failures; i++)
        trips += scenario->failures[i].n_events;
    for (int32_t s = 0; s < scenario->n_sites; s++)
        for (int32_t i = 0; i < scenario->sites[s].n_powers; i++) {
            const struct dh_power_spec *p = &scenario->sites[s].powers[i];
            stages += p->n_utilities + p->n_transformers + p->n_upses + p->n_pdus + p->n_generators;
            for (int32_t k = 0; k < p->n_transformers; k++)
                caps += p->transformers[k].cap;
            for (int32_t k = 0; k < p->n_upses; k++)
                caps += p->upses[k].cap;
            for (int32_t k = 0; k < p->n_pdus; k++)
                caps += p->pdus[k].cap;
        }
    return (caps + TRIP_STAGE_BYTES * trips) * stages;
}

void dh_scenario_estimate(const struct dh_scenario *scenario, int64_t n_job, struct dh_run_size *estimate) {
    double racks = 0, nodes = 0, gpus = 0;
    for (int32_t s = 0; s < scenario->n_sites; s++)
        for (int32_t h = 0; h < scenario->sites[s].n_halls; h++) {
            const struct dh_hall_spec *hall = &scenario->sites[s].halls[h];
            for (int32_t r = 0; r < hall->n_rows; r++) {
                const struct dh_rack_type_spec *type = dh_scenario_rack_type(scenario, hall->rows[r].rack);
                const struct dh_node_spec *node = type ? dh_scenario_node(scenario, type->node) : NULL;
                double n = (double)hall->rows[r].count;
                racks += n;
                nodes += type ? n * (double)type->nodes : 0;
                gpus += node ? n * (double)type->nodes * (double)node->gpus : 0;
            }
        }
    double duration_s = scenario->n_horizons ? scenario->horizons[0].duration_s : 0;
    double steps = scenario->n_horizons ? duration_s / scenario->horizons[0].step_s : 0;
    double jobs = n_job >= 0 ? (double)n_job : expected_jobs(scenario, duration_s);
    double replicas = 0, requests = expected_requests(scenario, duration_s, &replicas);
    double interval_s = scenario->n_records ? scenario->records[0].interval_s : 60;
    double rack_interval_s = scenario->n_records ? scenario->records[0].rack_interval_s : 900;
    bool series = !scenario->n_records || scenario->records[0].series;
    double samples = duration_s / interval_s, rack_samples = duration_s / rack_interval_s;
    *estimate = (struct dh_run_size){
        .racks = whole(racks),
        .nodes = whole(nodes),
        .gpus = whole(gpus),
        .jobs = whole(jobs),
        .requests = whole(requests),
        .memory_bytes = FIXED_BYTES + RACK_BYTES * racks + NODE_BYTES * nodes +
                        (GPU_BYTES + (scenario->n_failures ? UNIT_BYTES : 0)) * gpus + JOB_BYTES * jobs +
                        REPLICA_BYTES * replicas + STAGE_BYTES * stage_rows(scenario) + stage_bytes(scenario),
        .file_bytes =
            FILE_BYTES + JOB_RECORD_BYTES * jobs +
            (series ? samples * sample_bytes(scenario) + rack_samples * RACK_SAMPLE_BYTES * racks : 0),
        .events = whole(EVENTS_OF_JOB * jobs + steps + (series ? samples + rack_samples : 0)),
        .plant_steps = whole(steps),
    };
}
