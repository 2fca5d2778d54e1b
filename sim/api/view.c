/* For those who watch: the plant as built, of a run or of the scenario that a result was made from. */
#include "sim/api/internal.h"
#include "output/result_read.h"

#include <gsl/gsl_errno.h>

#include <stdlib.h>
#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

const struct dh_facility *dh_sim_facility(const struct dh_sim *sim) {
    return &sim->facility;
}

static enum dh_err read_plant(struct dh_sim *sim, const char *xml, const char *path, struct dh_diag *diag) {
    /* Logs and prices of the run need not be here, and a foreign result names whatever it likes. */
    static const struct dh_scenario_options plant = {.no_files = true};
    if (!xml)
        return dh_fail(diag, DH_ERR_RESULT, nowhere, "%s: the result holds no scenario", path);
    DH_TRY(dh_scenario_read_memory(&sim->file, xml, strlen(xml), path, ".", &plant, diag));
    return dh_facility_compile(&sim->facility, &sim->file.spec, diag);
}

enum dh_err dh_sim_open_result(struct dh_sim **out, const char *path, struct dh_diag *diag) {
    struct dh_result *result = NULL;
    struct dh_arena mem = {0};
    *out = NULL;
    gsl_set_error_handler_off(); /* its default aborts the program */
    struct dh_sim *sim = calloc(1, sizeof *sim);
    if (!sim)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    sim->ran = true;
    enum dh_err err = dh_result_open(&result, path, diag);
    if (err == DH_OK)
        err = read_plant(sim, dh_result_provenance(result, "scenario_xml", &mem), path, diag);
    dh_result_close(result);
    dh_arena_free(&mem);
    if (err == DH_OK)
        *out = sim;
    else
        dh_sim_close(sim);
    return err;
}
