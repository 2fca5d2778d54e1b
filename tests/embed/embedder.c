/* Somebody else's program: runs a scenario for a day and prints its PUE. Built against an installed datahall.
 */
#include <datahall/datahall.h>

#include <stdio.h>

int main(int argc, char **argv) {
    struct dh_diag *diag = dh_diag_new();
    struct dh_sim *sim = NULL;
    struct dh_scenario_changes changes = {.until = "1 d"};
    struct dh_run_options options = {.no_series = 1};
    enum dh_err err = argc == 2 ? dh_sim_open(&sim, argv[1], &changes, diag) : DH_ERR_USAGE;
    if (err == DH_OK)
        err = dh_sim_run(sim, &options, diag);
    for (int32_t i = 0; i < dh_diag_count(diag); i++)
        fprintf(stderr, "%s\n", dh_diag_at(diag, i).text);
    if (err == DH_OK)
        printf("datahall %s: PUE %.4f\n", dh_version(), dh_summary_value(dh_sim_summary(sim), "energy.pue"));
    dh_sim_close(sim);
    dh_diag_delete(diag);
    return dh_err_exit_status(err);
}
