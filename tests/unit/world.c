/* A whole run in memory: the order of things within an instant. */
#include <datahall/datahall.h>
#include "sim/api/internal.h"

#include <math.h>
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
    /* held without a gap: 2 W, of which half idle, for ten hours at 1 of 1 */
    assert_true(dh_summary_value(got, "streams.0.jobs") == 10 &&
                dh_summary_value(got, "streams.0.gpu_h") == 10);
    assert_true(dh_summary_value(got, "streams.0.energy_kwh") == 0.02);
    assert_true(dh_summary_value(got, "streams.0.goodput") == 1);
    double usd = dh_summary_value(got, "cost.energy");
    assert_true(usd > 0.02 * (1 - 1e-12) && usd < 0.02 * (1 + 1e-12)); /* 2 W for ten hours */
    dh_sim_close(sim);
    dh_diag_delete(diag);
}

/* Ten minutes into the run the pumps of the only CDU lose their power, and have it back a minute later. */
struct outage {
    struct dh_sim *sim;
    double before, at_21_s, at_31_s, last;
    int64_t steps_before, steps;
};

static enum dh_err pumps_stop(void *self, enum dh_sample what, dh_time at, const struct dh_facility *f,
                              const struct dh_state *s) {
    struct outage *o = self;
    struct dh_world *w = &o->sim->world;
    (void)at;
    (void)f;
    if (what != DH_SAMPLE_FACILITY)
        return DH_OK;
    double now = dh_time_to_s(w->des.now);
    o->last = s->cdu_supply_degc[0];
    if (now == 600) {
        o->before = w->now.cdu_supply_degc[0];
        o->steps_before = w->plant.ledger.n_step;
        return dh_world_plant_live(w, DH_UNIT_CDU_PUMP, 0, false);
    }
    if (now == 621)
        o->at_21_s = s->cdu_supply_degc[0];
    if (now == 631)
        o->at_31_s = s->cdu_supply_degc[0];
    if (now == 660) {
        o->steps = w->plant.ledger.n_step;
        return dh_world_plant_live(w, DH_UNIT_CDU_PUMP, 0, true);
    }
    return DH_OK;
}

/* An NVL72 gives 115 kW to 60 L of PG25: +10 K in 20.75 s, +15 K in 31.13 s (FACILITY B3), seen at whole
 * seconds through the plant steps of a run, which are short while it warms. */
void a_pump_that_loses_power_lets_the_coolant_warm_in_a_run(void **state) {
    (void)state;
    static const char text[] =
        "<scenario xmlns='urn:datahall:scenario:1' name='flow'><import href='catalog:climates.xml'/>"
        "<device id='g' idle='0 W' tdp='1 W'/><node id='n' device='g' gpus='1'/>"
        "<rack-type id='r' node='n' nodes='1' rated='140 kW' overhead='132183.908046 W' liquid-share='0.87'/>"
        "<horizon start='2026-01-01T00:00:00Z' duration='30 min'/>"
        "<site id='s' climate='ashburn'><power><utility id='u' rated='1 MW'/></power><cooling>"
        "<liquid-plant id='l' feed='u' capacity='150 kW'/>"
        "<cdu id='c' plant='l' feed='u' rated='130 kW' pump='1 kW' volume='60 L'/></cooling>"
        "<hall id='h'><row id='w' rack='r' count='1' feed='u' cdu='c'/></hall></site>"
        "<record interval='1 s' rack-interval='1 min'/></scenario>";
    struct outage o = {0};
    struct dh_diag *diag = dh_diag_new();
    enum dh_err err = dh_sim_open_memory(&o.sim, text, strlen(text), "flow.xml", ".", NULL, diag);
    if (err != DH_OK)
        fail_msg("%s", dh_diag_count(diag) > 0 ? dh_diag_at(diag, 0).text : dh_err_text(err));
    const struct dh_observer observer = {.sample = pumps_stop, .self = &o};
    assert_int_equal(dh_sim_watch(o.sim, &observer), DH_OK);
    assert_int_equal(dh_sim_run(o.sim, NULL, diag), DH_OK);
    assert_true(o.steps - o.steps_before >= 20); /* 0.48 K/s, at most 1 K a step: no step of a minute */
    const double k_per_s = 115e3 / (0.060 * 1020 * 3900);
    /* a step of up to 2.1 s may end that long before the sample */
    assert_true(o.at_21_s - o.before <= 21 * k_per_s + 0.01 && o.at_21_s - o.before >= 18.9 * k_per_s - 0.01);
    assert_true(o.at_31_s - o.before <= 31 * k_per_s + 0.01 && o.at_31_s - o.before >= 28.9 * k_per_s - 0.01);
    assert_true(fabs(o.last - o.before) < 0.01);
    assert_true(dh_plant_heat_residual(&o.sim->world.plant, &o.sim->facility) < 1e-9);
    dh_sim_close(o.sim);
    dh_diag_delete(diag);
}
