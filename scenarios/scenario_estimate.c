#include "scenarios/scenario_estimate.h"

#include <math.h>

/* Assumptions, rounded up from the columns of facility.def, state.def and the job list. */
#define FIXED_BYTES 64e6
#define RACK_BYTES  512.0
#define NODE_BYTES  128.0
#define GPU_BYTES   4.0
#define JOB_BYTES   256.0
/* Result file: bytes of one sample before compression. */
#define FACILITY_SAMPLE_BYTES 400.0
#define HALL_SAMPLE_BYTES     100.0
#define RACK_SAMPLE_BYTES     16.0
#define JOB_RECORD_BYTES      120.0
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

void dh_scenario_estimate(const struct dh_scenario *scenario, struct dh_run_size *estimate) {
    double racks = 0, nodes = 0, gpus = 0, halls = 0;
    for (int32_t s = 0; s < scenario->n_sites; s++)
        for (int32_t h = 0; h < scenario->sites[s].n_halls; h++) {
            const struct dh_hall_spec *hall = &scenario->sites[s].halls[h];
            halls++;
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
    double jobs = expected_jobs(scenario, duration_s);
    double interval_s = scenario->n_records ? scenario->records[0].interval_s : 60;
    double rack_interval_s = scenario->n_records ? scenario->records[0].rack_interval_s : 900;
    bool series = !scenario->n_records || scenario->records[0].series;
    double samples = duration_s / interval_s, rack_samples = duration_s / rack_interval_s;
    *estimate = (struct dh_run_size){
        .racks = whole(racks),
        .nodes = whole(nodes),
        .gpus = whole(gpus),
        .jobs = whole(jobs),
        .memory_bytes =
            FIXED_BYTES + RACK_BYTES * racks + NODE_BYTES * nodes + GPU_BYTES * gpus + JOB_BYTES * jobs,
        .file_bytes = JOB_RECORD_BYTES * jobs +
                      (series ? samples * (FACILITY_SAMPLE_BYTES + HALL_SAMPLE_BYTES * halls) +
                                    rack_samples * RACK_SAMPLE_BYTES * racks
                              : 0),
        .events = whole(EVENTS_OF_JOB * jobs + steps + (series ? samples + rack_samples : 0)),
        .plant_steps = whole(steps),
    };
}
