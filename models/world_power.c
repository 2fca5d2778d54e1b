/* The power graph in a run: what is put out of service and back, transfer switches that wait, and who has to
 * know. */
#include "models/world.h"

static enum dh_err look_again(struct dh_world *w) {
    dh_time at = w->power.look_again_at;
    if (at == DH_TIME_MAX || at == w->power_look_at)
        return DH_OK;
    w->power_look_at = at;
    return dh_des_schedule(&w->des, at, DH_PHASE_POWER, DH_EVENT_POWER, -1, 0);
}

/* What of the plant hangs on each load. */
static const struct plant_of_load {
    enum dh_load_kind load;
    enum dh_plant_unit unit;
} plant_of_load[] = {
    {DH_LOAD_HALL,   DH_UNIT_AIR_HANDLER   },
    {DH_LOAD_CDU,    DH_UNIT_CDU_PUMP      },
    {DH_LOAD_CPLANT, DH_UNIT_CHILLER       },
    {DH_LOAD_CPLANT, DH_UNIT_TOWER_CELL    },
    {DH_LOAD_CPLANT, DH_UNIT_CHILLED_PUMP  },
    {DH_LOAD_CPLANT, DH_UNIT_CONDENSER_PUMP},
    {DH_LOAD_LPLANT, DH_UNIT_COOLER        },
    {DH_LOAD_LPLANT, DH_UNIT_FACILITY_PUMP },
};

static enum dh_err tell_plant(struct dh_world *w, const struct dh_power_change *change) {
    for (size_t i = 0; i < sizeof plant_of_load / sizeof *plant_of_load; i++)
        if (plant_of_load[i].load == change->load)
            DH_TRY(dh_world_plant_live(w, plant_of_load[i].unit, change->row, change->live));
    return DH_OK;
}

enum dh_err dh_world_power_changed(struct dh_world *w) {
    dh_power_settle(&w->power, w->des.now);
    DH_TRY(look_again(w));
    for (int32_t i = 0; i < w->power.n_change; i++) {
        const struct dh_power_change *change = &w->power.change[i];
        if (change->what == DH_CHANGED_STAGE)
            DH_TRY(dh_world_incident(w, change->live ? DH_INCIDENT_STAGE_LIVE : DH_INCIDENT_STAGE_DEAD,
                                     change->row, w->power.stage[change->row].n_up));
        else if (change->what == DH_CHANGED_RACK)
            DH_TRY(dh_world_incident(w, change->live ? DH_INCIDENT_RACK_LIT : DH_INCIDENT_RACK_DARK,
                                     change->row, 0));
        else
            DH_TRY(tell_plant(w, change));
    }
    if (w->power.n_change > 0)
        dh_world_plant_power(w);
    dh_power_changes_seen(&w->power);
    dh_power_settle(&w->power, w->des.now);
    return DH_OK;
}

enum dh_err dh_world_set_units(struct dh_world *w, int32_t stage, int32_t n_up) {
    dh_power_set_units(&w->power, stage, n_up);
    return dh_world_power_changed(w);
}

enum dh_err dh_world_on_power(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    (void)des;
    (void)ev;
    w->power_look_at = DH_TIME_NONE;
    return dh_world_power_changed(w);
}
