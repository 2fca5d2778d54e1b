/* Caps: a stage held at its rating by the clocks of those whose work matters least. */
#include <datahall/datahall.h>

#include "sim/api/internal.h"

#include <string.h>

/* Two racks of 8 GPUs of 100 to 1100 W on one PDU, one with work of priority 0, the other with priority 5; at
 * full clock 17.6 kW. One rack at its lowest clock gives back more than the 2.6 kW that are too many. */
static void run_capped(struct dh_sim **sim, const char *capping, const char *rated) {
    static char text[4000];
    snprintf(text, sizeof text,
             "<scenario xmlns='urn:datahall:scenario:1' name='cap'><device id='g' idle='100 W' tdp='1.1 kW'/>"
             "<node id='n' device='g' gpus='8'/><rack-type id='r' node='n' nodes='1' rated='9 kW'/>"
             "<horizon duration='2 h'/><site id='s'><power><utility id='u' rated='1 MW'/>"
             "<pdu id='p' feed='u' rated='%s' cap='yes'/></power>"
             "<hall id='h'><row id='w' rack='r' count='2' feed='p'/></hall></site>"
             "<workload><jobs id='low' arrival='regular' rate='6 1/h' count='1' duration='constant' mean='9 "
             "h' priority='0'>"
             "<size gpus='8' share='1'/></jobs>"
             "<jobs id='high' arrival='regular' rate='6 1/h' count='1' duration='constant' mean='9 h' "
             "priority='5'>"
             "<size gpus='8' share='1'/></jobs></workload><scheduler policy='fcfs' limit='allow' "
             "capping='%s'/></scenario>",
             rated, capping);
    struct dh_diag *diag = dh_diag_new();
    enum dh_err err = dh_sim_open_memory(sim, text, strlen(text), "cap.xml", ".", NULL, diag);
    if (err != DH_OK)
        fail_msg("%s", dh_diag_count(diag) > 0 ? dh_diag_at(diag, 0).text : dh_err_text(err));
    assert_int_equal(dh_sim_run(*sim, NULL, diag), DH_OK);
    dh_diag_delete(diag);
}

/* Row of the rack in which the work of this priority runs. */
static int32_t rack_of(const struct dh_world *w, int32_t priority) {
    for (int32_t j = 0; j < w->jobs.n_job; j++)
        if (w->jobs.jobs[j].priority == priority && w->runs[j].n_segment > 0)
            return w->f->node_rack[w->runs[j].segments[0].node];
    fail_msg("work of priority %d does not run", (int)priority);
    return -1;
}

void a_capped_stage_spares_the_work_that_matters(void **state) {
    (void)state;
    struct dh_sim *sim;
    run_capped(&sim, "priority", "15 kW");
    const struct dh_world *w = &sim->world;
    assert_true(dh_uw_to_w(w->power.stage_out[1]) <= 15e3);
    assert_true(w->power.rack_clock[rack_of(w, 0)] < 1);
    assert_true(w->power.rack_clock[rack_of(w, 5)] == 1);
    dh_sim_close(sim);
    run_capped(&sim, "all", "15 kW");
    w = &sim->world;
    assert_true(dh_uw_to_w(w->power.stage_out[1]) <= 15e3);
    assert_true(w->power.rack_clock[0] < 1 && w->power.rack_clock[0] == w->power.rack_clock[1]);
    dh_sim_close(sim);
    run_capped(&sim, "priority", "20 kW");
    w = &sim->world;
    assert_true(w->power.rack_clock[0] == 1 && w->power.rack_clock[1] == 1);
    dh_sim_close(sim);
}
