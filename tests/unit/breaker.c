/* Breakers: the trip curve, trips in a run, selective coordination. */
#include "models/breaker.h"
#include "tests/unit/outage_world.h"
#include "tests/unit/power_world.h"

#include <math.h>

static void near(double got, double wanted, double relative) {
    if (!(fabs(got - wanted) <= relative * fabs(wanted)))
        fail_msg("%.12g instead of %.12g", got, wanted);
}

void breakers_trip_as_their_curve_says(void **state) {
    (void)state;
    /* Twice the current, trip at 1.2, tau 90 s: 90 ln(4 / (4 - 1.44)). */
    near(dh_breaker_time_s(2, 90, 1.2, 9), 90 * log(4 / 2.56), 1e-12);
    assert_true(dh_breaker_time_s(1.2, 90, 1.2, 9) == INFINITY);
    assert_true(dh_breaker_time_s(9, 90, 1.2, 9) == 0);
    /* Warm from its rated current: 90 ln((4 - 1) / 2.56). */
    near(dh_breaker_trips_in_s(1, 2, 90, 1.2), 90 * log(3 / 2.56), 1e-12);
    /* Half way and half way on is the whole way. */
    double half = dh_breaker_heat(0, 2, 90, 10);
    near(dh_breaker_heat(half, 2, 90, 10), dh_breaker_heat(0, 2, 90, 20), 1e-14);
    near(dh_breaker_trips_in_s(half, 2, 90, 1.2), 90 * log(4 / 2.56) - 10, 1e-12);
}

/* Of four modules of 100 kW that carry what three may, each breaker trips beyond 110 kW: 440 kW in all, 330
 * kW with one out. Breakers of 150 kW with a phase a quarter above the mean: 4 x 150 x 1.1 / 1.25 kW. */
void breakers_carry_so_much_in_the_long_run(void **state) {
    (void)state;
    struct dh_breaker_spec spec = {.rated_w = NAN, .trip = 1.1, .imbalance = 0};
    near(dh_breaker_carries_w(&spec, 100e3, 4), 440e3, 1e-12);
    near(dh_breaker_carries_w(&spec, 100e3, 3), 330e3, 1e-12);
    near(dh_breaker_rated_w(&spec, 100e3, 3), 300e3, 1e-12);
    spec.rated_w = 150e3;
    spec.imbalance = 0.25;
    near(dh_breaker_carries_w(&spec, 100e3, 4), 528e3, 1e-12);
    near(dh_breaker_share(&spec, 100e3, 4, 528e3), 1.1, 1e-12);
    near(dh_breaker_share(&spec, 100e3, 4, -240e3), 0.5, 1e-12); /* what is given to the grid counts too */
}

/* Side a is lost at 1000 s: side b carries 600 kW on a breaker of 500 kW, most of it on one phase: 1.2 x 1.1
 * = 1.32 of its current. Warm from 1000 s at 0.66, it trips after 90 ln((1.7424 - H) / (1.7424 - 1.44)) s, H
 * = 0.4356 (1 - e^(-1000/90)), and takes the racks with it; closed again 600 s later. */
void what_is_left_trips_when_it_carries_too_much(void **state) {
    (void)state;
    static const char text[] =
        "<scenario xmlns='urn:datahall:scenario:1' name='breaker'><device id='g' idle='1 W' tdp='2 W'/>"
        "<node id='n' device='g' gpus='0' other='100 kW'/><rack-type id='r' node='n' nodes='1' rated='100 "
        "kW'/>"
        "<horizon duration='3 h'/><site id='s'><power><utility id='u' rated='10 MW'/>"
        "<pdu id='a' feed='u' rated='1 MW'/><pdu id='b' feed='u' rated='500 kW'>"
        "<breaker tau='90 s' trip='1.2' imbalance='0.1' reset='600 s'/></pdu></power>"
        "<hall id='h'><row id='w' rack='r' count='6' feed='a b'/></hall></site></scenario>";
    static struct outage_world o;
    outage_world_run(&o, text, &(struct outage){"a", 1000, 1500, 7200}, NULL);
    const struct dh_power *p = &o.w.power;
    /* Dark from the trip until side a is back, when it carries all until b is closed. */
    double trips_s = 90 * log((1.7424 - 0.4356 * (1 - exp(-1000. / 90))) / (1.7424 - 1.44));
    double dark_s = 7200 - dh_uw_ns_to_j(dh_meter_energy(&p->rack[0], o.w.des.now)) / 100e3;
    near(dark_s, 500 - trips_s, 1e-10);
    assert_int_equal(o.w.power_run.breaker[0].n_trip, 1);
    assert_true(o.w.power_run.breaker[0].closes_at - dh_time_from_s(1600 + trips_s) < 1000);
    assert_true(dh_power_stage_live(p, outage_world_stage(&o, "b")));
    outage_world_close(&o);
}

void breakers_that_do_not_clear_first_are_named(void **state) {
    (void)state;
    char message[400];
    static const char row[] = "<row id='w' rack='r' count='1' feed='p'/>";
    assert_int_equal(
        power_world_read("<utility id='u' rated='9 MW'/><pdu id='q' feed='u' rated='2 MW'><breaker/></pdu>"
                         "<pdu id='p' feed='q' rated='1 MW'><breaker/></pdu>",
                         row, message),
        DH_OK);
    assert_string_equal(message, "");
    assert_int_equal(
        power_world_read("<utility id='u' rated='9 MW'/><pdu id='q' feed='u' rated='2 MW'><breaker/></pdu>"
                         "<pdu id='p' feed='q' rated='1 MW'><breaker tau='1000 s'/></pdu>",
                         row, message),
        DH_OK);
    assert_string_equal(message, "the breaker of p does not clear before that of q");
}
