/* write_result OUT.h5 (- for none) [RACKS [JOBS [DAYS [INTERVAL_S [RACK_INTERVAL_S
 * [complete|interrupted|failed]]]]]]: a made-up result file, for the tests of what reads it, kills it, or
 * fills its disk. */
#include "tests/tools/fake_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    if (argc < 2)
        return 2;
    int32_t n_rack = argc > 2 ? atoi(argv[2]) : 50, n_job = argc > 3 ? atoi(argv[3]) : 100;
    double days = argc > 4 ? atof(argv[4]) : 1, interval_s = argc > 5 ? atof(argv[5]) : 60,
           rack_interval_s = argc > 6 ? atof(argv[6]) : 900;
    enum dh_recorder_status status = argc > 7 && strcmp(argv[7], "failed") == 0 ? DH_RECORDER_FAILED
                                     : argc > 7 && strcmp(argv[7], "interrupted") == 0
                                         ? DH_RECORDER_INTERRUPTED
                                         : DH_RECORDER_COMPLETE;
    struct fake_run fake;
    struct dh_diag diag = {0};
    fake_run_init(&fake, n_rack, n_job);
    enum dh_err err = fake_run_record(&fake, strcmp(argv[1], "-") ? argv[1] : NULL, days * 86400, interval_s,
                                      rack_interval_s, status, &diag);
    for (int32_t i = 0; i < diag.n_message; i++)
        fprintf(stderr, "%s: %s: %s\n", diag.messages[i].place.file, dh_err_code(diag.messages[i].code),
                diag.messages[i].text);
    fake_run_free(&fake);
    dh_diag_free(&diag);
    return dh_err_exit_status(err);
}
