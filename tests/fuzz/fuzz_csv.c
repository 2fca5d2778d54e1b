/* Arbitrary bytes as a csv file: no crash, no leak, and at most one error. `make fuzz` runs each target for a
 * while. */
#include "scenarios/csv_read.h"
#include "scenarios/joblog.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte picks the format, so that all that are tables are reached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const enum dh_log_format formats[] = {DH_LOG_CSV,  DH_LOG_ITP,   DH_LOG_PHILLY, DH_LOG_MURI,
                                                 DH_LOG_RAPS, DH_LOG_OPENB, DH_LOG_SACCT};
    if (size < 1)
        return 0;
    struct dh_joblog_options options = {.format = formats[data[0] % 7], .node_gpus = 4};
    struct dh_job_list list = {0};
    struct dh_diag diag = {0};
    enum dh_err err = dh_joblog_read_memory(&list, (const char *)data + 1, size - 1, "fuzz", &options, &diag);
    if (diag.n_error != (err != DH_OK))
        abort();
    for (int32_t j = 0; j < list.n_job; j++)
        if (list.jobs[j].gpus < 1 || list.jobs[j].work < 0)
            abort();
    dh_job_list_free(&list);
    dh_diag_free(&diag);
    return 0;
}
