/* Dispatch of on-site sources by hand, and what becomes of them when the grid is gone. */
#include "models/dispatch.h"
#include "tests/unit/outage_world.h"

#include <math.h>

static struct dh_onsite storage(enum dh_dispatch_policy policy, double target_w) {
    return (struct dh_onsite){
        .kind = DH_ONSITE_STORAGE,
        .policy = policy,
        .live = true,
        .battery = {.capacity_j = 3.6e9,
                    .charge_w = 3e5,
                    .discharge_w = 3e5,
                    .charge_share = 1,
                    .discharge_share = 1,
                    .soc_min = 0,
                    .soc_max = 1,
                    .stored_j = 1.8e9},
        .target_w = target_w,
        .low_usd_per_j = 1,
        .high_usd_per_j = 2
    };
}

static double grid_w(struct dh_onsite *units, int32_t n, double load_w, double limit_w, double price,
                     bool signal) {
    struct dh_dispatch now = {load_w, limit_w, price, signal, 60};
    return dh_dispatch(&now, units, n);
}

void sources_share_a_load_in_their_order(void **state) {
    (void)state;
    struct dh_onsite u[3] = {
        {.kind = DH_ONSITE_SOLAR, .live = true, .available_w = 2e5},
        { .kind = DH_ONSITE_TURBINE,
         .policy = DH_DISPATCH_SELF,
         .live = true,
         .runs = true,
         .available_w = 3e5,
         .lowest_w = 1e5},
        storage(DH_DISPATCH_SELF, NAN)
    };
    assert_true(grid_w(u, 3, 1e6, INFINITY, NAN, false) == 2e5); /* 1,000 - 200 - 300 - 300 kW */
    assert_true(u[0].power_w == 2e5 && u[1].power_w == 3e5 && u[2].power_w == 3e5);
    assert_true(grid_w(u, 3, 4e5, INFINITY, NAN, false) == 0); /* the turbine follows */
    assert_true(u[1].power_w == 2e5 && u[2].power_w == 0);
    assert_true(grid_w(u, 3, 2.5e5, INFINITY, NAN, false) == 0); /* 50 kW are below its lowest load */
    assert_true(u[1].power_w == 0 && u[2].power_w == 5e4);
    assert_true(grid_w(u, 3, 1e5, INFINITY, NAN, false) == 0); /* a surplus is kept */
    assert_true(u[2].power_w == -1e5);
    u[2].battery.stored_j = 3.6e9; /* no room: panels are turned down, or the grid takes it */
    assert_true(grid_w(u, 3, 1e5, INFINITY, NAN, false) == 0 && u[0].power_w == 1e5);
    u[0].exports = true;
    assert_true(grid_w(u, 3, 1e5, INFINITY, NAN, false) == -1e5 && u[0].power_w == 2e5);
    u[0].live = false;
    assert_true(grid_w(u, 3, 1e5, INFINITY, NAN, false) == 0 && u[0].power_w == 0 && u[1].power_w == 1e5);
}

void storage_keeps_to_its_policy_and_its_reserve(void **state) {
    (void)state;
    struct dh_onsite peak = storage(DH_DISPATCH_PEAK, 5e5), price = storage(DH_DISPATCH_PRICE, NAN);
    assert_true(grid_w(&peak, 1, 6e5, INFINITY, NAN, false) == 5e5 && peak.power_w == 1e5);
    assert_true(grid_w(&peak, 1, 3e5, INFINITY, NAN, false) == 5e5 && peak.power_w == -2e5);
    assert_true(grid_w(&peak, 1, 6e5, 4e5, NAN, false) == 4e5); /* a limit below the target */
    assert_true(grid_w(&price, 1, 2e5, INFINITY, 2, false) == 0 && price.power_w == 2e5); /* never exports */
    assert_true(grid_w(&price, 1, 2e5, INFINITY, 1, false) == 5e5);
    assert_true(grid_w(&price, 1, 2e5, INFINITY, 1.5, false) == 2e5);
    assert_true(grid_w(&price, 1, 2e5, 3e5, 1, false) ==
                3e5);   /* no more than there is room under the limit */
    peak.reserve = 0.5; /* all that is left: for limits and signals only */
    assert_true(grid_w(&peak, 1, 6e5, INFINITY, NAN, false) == 6e5);
    assert_true(grid_w(&peak, 1, 6e5, 5.5e5, NAN, false) == 5.5e5);
    assert_true(grid_w(&peak, 1, 6e5, 5.8e5, NAN, true) == 5e5);
    peak.battery.stored_j = 6e6; /* 100 kW for the minute that it has to last */
    assert_true(fabs(grid_w(&peak, 1, 9e5, 1e5, NAN, true) - 8e5) < 1e-6);
}

/* A battery holds 600 kW of racks at nothing from the grid; without the grid's voltage it stands still,
 * although the power of the utility has not changed: it was zero and is zero. */
void without_the_grid_sources_stand_still(void **state) {
    (void)state;
    static const char text[] =
        "<scenario xmlns='urn:datahall:scenario:1' name='onsite'><device id='g' idle='1 W' tdp='2 W'/>"
        "<node id='n' device='g' gpus='0' other='100 kW'/><rack-type id='r' node='n' nodes='1' rated='100 "
        "kW'/>"
        "<horizon duration='3 h'/><site id='s'><power><utility id='u' rated='10 MW'/>"
        "<storage id='b' feed='u' energy='10 MWh' rated='1 MW' charge-efficiency='1' "
        "discharge-efficiency='0.8' "
        "first-charge='1'/></power><hall id='h'><row id='w' rack='r' count='6' "
        "feed='u'/></hall></site></scenario>";
    static struct outage_world o;
    outage_world_run(&o, text, &(struct outage){"u", 1000, 2000.5, 7200}, NULL);
    dh_world_energy_end(&o.w);
    const struct dh_power *p = &o.w.power;
    const struct dh_onsite_run *b = &o.w.energy.units[0];
    dh_uw_ns lit = (dh_uw_ns)600000000000 * dh_time_from_s(7200 - 1000.5);
    assert_true(b->given == lit && b->taken == 0);
    assert_true(dh_meter_energy(&p->injected, o.w.des.now) == lit);
    assert_true(dh_meter_energy(&p->stage_in[0], o.w.des.now) == 0);
    assert_true(fabs(b->unit.battery.stored_j - (3.6e10 - 600e3 * 6199.5 / 0.8)) < 1e-3);
    outage_world_close(&o);
}
