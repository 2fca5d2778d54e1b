#include "tests/unit/outage_world.h"

#include "sim/diag.h"

#include <string.h>

static enum dh_err set_units(struct dh_des *des, void *world, const struct dh_event *ev) {
    (void)des;
    return dh_world_set_units(world, ev->subject, (int32_t)ev->value);
}

int32_t outage_world_stage(const struct outage_world *o, const char *id) {
    for (int32_t s = 0; s < o->f.n_stage; s++)
        if (strcmp(o->f.stage_name[s], id) == 0)
            return s;
    fail_msg("no stage %s", id);
    return -1;
}

void outage_world_run(struct outage_world *o, const char *text, const struct outage *outage,
                      struct dh_observer *observer) {
    struct dh_diag diag = {0};
    *o = (struct outage_world){0};
    if (dh_scenario_read_memory(&o->file, text, strlen(text), "outage.xml", ".", NULL, &diag) != DH_OK)
        fail_msg("%s", diag.messages[0].text);
    dh_diag_free(&diag);
    struct dh_world_options options = {.until = dh_time_from_s(outage->until_s)};
    assert_int_equal(dh_facility_compile(&o->f, &o->file.spec, NULL), DH_OK);
    assert_int_equal(dh_world_init(&o->w, &o->f, &o->jobs, &o->weather, &o->bill, &options, NULL), DH_OK);
    if (observer) {
        o->w.observers = observer;
        o->w.n_observer = 1;
    }
    /* one kind of event more than the world's own */
    struct dh_handler handlers[DH_N_EVENT_KIND + 1];
    memcpy(handlers, dh_world_handlers, sizeof dh_world_handlers);
    handlers[DH_N_EVENT_KIND] = (struct dh_handler){"set units", set_units};
    int32_t stage = outage_world_stage(o, outage->stage);
    struct dh_des *des = &o->w.des;
    assert_int_equal(
        dh_des_schedule(des, dh_time_from_s(outage->from_s), DH_PHASE_POWER, DH_N_EVENT_KIND, stage, 0),
        DH_OK);
    assert_int_equal(
        dh_des_schedule(des, dh_time_from_s(outage->to_s), DH_PHASE_POWER, DH_N_EVENT_KIND, stage, 1), DH_OK);
    assert_int_equal(dh_des_run(des, handlers, DH_N_EVENT_KIND + 1, &o->w, options.until), DH_OK);
    dh_power_settle(&o->w.power, des->now);
    o->w.n_observer = 0; /* it need not outlive the run */
}

void outage_world_close(struct outage_world *o) {
    dh_world_free(&o->w);
    dh_facility_free(&o->f);
    dh_scenario_free(&o->file);
}
