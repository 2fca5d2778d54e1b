/* A whole run in memory: the order of things within an instant. */
#include <datahall/datahall.h>

#include <string.h>

/* One GPU; a job of an hour arrives each hour and may not wait. Whoever comes at the instant at which the GPU
 * is freed gets it, and power and bill know no gap. */
void a_gpu_freed_at_an_instant_serves_who_arrives_at_it(void **state) {
    (void)state;
    static const char text[] =
        "<scenario xmlns='urn:datahall:scenario:1' name='instant'><device id='g' idle='1 W' tdp='2 W'/>"
        "<node id='n' device='g' gpus='1'/><rack-type id='r' node='n' nodes='1' rated='1 kW'/>"
        "<tariff id='t' energy='1 USD/kWh' utc-offset='0'/>"
        "<horizon start='2026-01-01T00:00:00Z' duration='10 h'/>"
        "<site id='s' tariff='t'><power><utility id='u' rated='1 MW'/></power>"
        "<hall id='h'><row id='w' rack='r' count='1' feed='u'/></hall></site>"
        "<workload><jobs id='j' kind='batch' arrival='regular' rate='1 1/h' duration='constant' mean='1 h' "
        "overestimate='2'>"
        "<size gpus='1' share='1'/></jobs></workload><scheduler policy='fcfs' queue='no'/></scenario>";
    struct dh_sim *sim;
    struct dh_diag *diag = dh_diag_new();
    enum dh_err err = dh_sim_open_memory(&sim, text, strlen(text), "instant.xml", ".", NULL, diag);
    if (err != DH_OK)
        fail_msg("%s", dh_diag_count(diag) > 0 ? dh_diag_at(diag, 0).text : dh_err_text(err));
    assert_int_equal(dh_sim_run(sim, NULL, diag), DH_OK);
    const struct dh_summary *got = dh_sim_summary(sim);
    assert_true(dh_summary_value(got, "jobs.submitted") == 10);
    assert_true(dh_summary_value(got, "jobs.rejected") == 0);
    assert_true(dh_summary_value(got, "jobs.completed") == 9); /* the last ends with the run */
    assert_true(dh_summary_value(got, "gpus.hours_busy") == 10);
    double usd = dh_summary_value(got, "cost.energy");
    assert_true(usd > 0.02 * (1 - 1e-12) && usd < 0.02 * (1 + 1e-12)); /* 2 W for ten hours */
    dh_sim_close(sim);
    dh_diag_delete(diag);
}
