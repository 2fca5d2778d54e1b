/* Arbitrary bytes as a swf file: no crash, no leak, and at most one error. `make fuzz` runs each target for a
 * while. */
#include "scenarios/joblog.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct dh_joblog_options options = {.format = DH_LOG_SWF};
    struct dh_job_list list = {0};
    struct dh_diag diag = {0};
    enum dh_err err = dh_joblog_read_memory(&list, (const char *)data, size, "fuzz", &options, &diag);
    if (diag.n_error != (err != DH_OK))
        abort();
    for (int32_t j = 0; j < list.n_job; j++)
        if (list.jobs[j].gpus < 1 || list.jobs[j].work <= 0)
            abort();
    dh_job_list_free(&list);
    dh_diag_free(&diag);
    return 0;
}
