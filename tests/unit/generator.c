/* Utility lost: batteries, generators, switches, on the clock, worked out by hand. */
#include "models/power_parts.h"
#include "tests/unit/outage_world.h"

#include <math.h>

enum { MOST_SEEN = 64 };

struct seen {
    dh_time at[MOST_SEEN];
    enum dh_incident kind[MOST_SEEN];
    int32_t subject[MOST_SEEN], n;
};

static enum dh_err note(void *self, dh_time at, enum dh_incident kind, int32_t subject, double value) {
    struct seen *seen = self;
    (void)value;
    if (seen->n < MOST_SEEN) {
        seen->at[seen->n] = at;
        seen->kind[seen->n] = kind;
        seen->subject[seen->n++] = subject;
    }
    return DH_OK;
}

/* Time of incident number `which` of a kind for a stage, s; NAN: none. */
static double when(const struct seen *seen, enum dh_incident kind, int32_t subject, int which) {
    for (int32_t i = 0; i < seen->n; i++)
        if (seen->kind[i] == kind && seen->subject[i] == subject && which-- == 0)
            return dh_time_to_s(seen->at[i]);
    return NAN;
}

/* Two sides as in 2N: utility, switch to the generator, UPS with 20 kWh. Ten racks of 100 kW on both. The
 * loss of a UPS is 1 % of its output and the battery's inverter has 100 %, so that numbers stay round. */
#define SIDE(x)                                                                                              \
    "<pdu id='ats-" x "' feed='u gen' transfer='first' takeover='5 s' return='10 min' rated='2 MW'/>"        \
    "<ups id='ups-" x "' feed='ats-" x "' rated='250 kW' count='5' redundant='1'>"                           \
    "<loss efficiency='1'/>"                                                                                 \
    "<ups-battery energy='4 kWh' usable='1' inverter='1' c-rate='60' recharge='0.1'/></ups>"
#define HEAD                                                                                                 \
    "<scenario xmlns='urn:datahall:scenario:1' name='outage'><device id='g' idle='1 W' tdp='2 W'/>"          \
    "<node id='n' device='g' gpus='0' other='100 kW'/>"                                                      \
    "<rack-type id='r' node='n' nodes='1' rated='100 kW'/><horizon duration='3 h'/>"                         \
    "<site id='s'><power><utility id='u' rated='10 MW'/>"
#define TAIL                                                                                                 \
    "</power><hall id='h'><row id='w' rack='r' count='10' feed='ups-a ups-b'/></hall></site></scenario>"

struct run {
    struct outage_world o;
    struct seen seen;
};

/* The grid is away from 1000 s until `back` s; the run ends at the horizon. */
static void run(struct run *r, const char *text, double back_s) {
    r->seen.n = 0;
    struct dh_observer observer = {.self = &r->seen, .incident = note};
    outage_world_run(&r->o, text, &(struct outage){"u", 1000, back_s, 3 * 3600}, &observer);
}

static void is(double got, double wanted) {
    if (!(fabs(got - wanted) < 2e-9 * (1 + fabs(wanted))))
        fail_msg("%.12g instead of %.12g", got, wanted);
}

static void books_close(const struct run *r) {
    const struct dh_power *p = &r->o.w.power;
    dh_time now = r->o.w.des.now;
    dh_uw_ns sum = 0;
    for (int32_t s = 0; s < r->o.f.n_stage; s++) {
        if (dh_stage_is_source(r->o.f.stage_kind[s]))
            sum += dh_meter_energy(&p->stage_in[s], now);
        sum -= dh_meter_energy(&p->stage_loss[s], now) + dh_meter_energy(&p->stage_stored[s], now);
    }
    for (int32_t k = 0; k < r->o.f.n_rack; k++)
        sum -= dh_meter_energy(&p->rack[k], now);
    assert_true(sum == 0);
}

/* 500 kW a side. Grid away 1000 to 4000 s. Signal 2 s, start 10 s: the sets are on the bus at 1012 s, the
 * switch takes them at 1017 s. Until then 17 s x 500 kW = 8.5 MJ of the 72 MJ of a side are used. They come
 * back at 10 % of 1.25 MW: 68 s, till 1085 s. The grid is back at 4000 s, taken at 4600 s; the sets run on
 * for 300 s. */
void an_outage_follows_the_clock(void **state) {
    (void)state;
    static struct run r;
    run(&r,
        HEAD "<generator id='gen' rated='1 MW' count='2' redundant='1' start='10 s' signal='2 s' tank='10 "
             "m3'/>" SIDE("a") SIDE("b") TAIL,
        4000);
    int32_t a = outage_world_stage(&r.o, "ups-a"), ats = outage_world_stage(&r.o, "ats-a"),
            g = outage_world_stage(&r.o, "gen");
    is(when(&r.seen, DH_INCIDENT_STAGE_DEAD, ats, 0), 1000);
    is(when(&r.seen, DH_INCIDENT_BATTERY_BEGIN, a, 0), 1000);
    is(when(&r.seen, DH_INCIDENT_GENERATOR_ON, g, 0), 1012);
    is(when(&r.seen, DH_INCIDENT_STAGE_LIVE, ats, 0), 1017);
    is(when(&r.seen, DH_INCIDENT_BATTERY_END, a, 0), 1017);
    is(when(&r.seen, DH_INCIDENT_GENERATOR_OFF, g, 0), 4900);
    assert_true(isnan(when(&r.seen, DH_INCIDENT_RACK_DARK, 0, 0)));
    assert_true(isnan(when(&r.seen, DH_INCIDENT_BATTERY_EMPTY, a, 0)));
    const struct dh_power *p = &r.o.w.power;
    dh_time now = r.o.w.des.now;
    is(dh_uw_ns_to_j(dh_ups_level(p, &r.o.w.power_run.ups[0], now)), 72e6); /* full again */
    is(dh_uw_ns_to_j(dh_meter_energy(&p->stage_in[g], now)), 1e6 * (4600 - 1017) + 2 * 8.5e6);
    is(dh_uw_ns_to_j(dh_meter_energy(&p->rack[0], now)), 100e3 * 3 * 3600);
    /* 2 sets for 3888 s at 9 % of 1 MW, and 91 % of what they gave, over 35 %. */
    const struct dh_generator_run *gen = &r.o.w.power_run.generator[0];
    is((double)gen->set_ns * 1e-9, 2. * 3888);
    is(dh_generator_fuel_j(p, gen, now), (0.09 * 1e6 * 2 * 3888 + 0.91 * (1e6 * 3583 + 17e6)) / 0.35);
    books_close(&r);
    outage_world_close(&r.o);
}

/* No generator: 72 MJ a side at 500 kW last 144 s, on both sides, and then the racks are dark until the grid
 * is back. One side down before: the other one's 72 MJ at 1 MW last 72 s. */
void batteries_end_when_their_energy_does(void **state) {
    (void)state;
    static struct run r;
    run(&r, HEAD "<generator id='gen' rated='1 MW' fails-to-start='1'/>" SIDE("a") SIDE("b") TAIL, 2000);
    int32_t a = outage_world_stage(&r.o, "ups-a"), b = outage_world_stage(&r.o, "ups-b");
    is(when(&r.seen, DH_INCIDENT_BATTERY_EMPTY, a, 0), 1144);
    is(when(&r.seen, DH_INCIDENT_BATTERY_EMPTY, b, 0), 1144);
    is(when(&r.seen, DH_INCIDENT_RACK_DARK, 3, 0), 1144);
    is(when(&r.seen, DH_INCIDENT_RACK_LIT, 3, 0), 2000);
    is(dh_uw_ns_to_j(dh_meter_energy(&r.o.w.power.rack[3], r.o.w.des.now)), 100e3 * (3 * 3600 - 856));
    assert_int_equal(r.o.w.power_run.generator[0].n_failed_start, 1);
    assert_int_equal(r.o.w.power_run.generator[0].n_failed_attempt, 3);
    books_close(&r);
    outage_world_close(&r.o);
    /* Above the C-rate of 5 (5 x 20 kWh in an hour = 100 kW a module set of five: 100 kW < 500 kW): nothing
     * holds. */
    run(&r,
        HEAD "<generator id='gen' rated='1 MW'/>"
             "<ups id='ups-a' feed='u' rated='2 MW'><ups-battery energy='20 kWh' usable='1' inverter='1' "
             "c-rate='5'/></ups>"
             "<ups id='ups-b' feed='u' rated='2 MW'><ups-battery energy='200 kWh' usable='1' inverter='1' "
             "c-rate='6'/></ups>" TAIL,
        2000);
    is(when(&r.seen, DH_INCIDENT_BATTERY_EMPTY, outage_world_stage(&r.o, "ups-a"), 0), 1000);
    is(when(&r.seen, DH_INCIDENT_BATTERY_EMPTY, outage_world_stage(&r.o, "ups-b"), 0),
       1720); /* 720 MJ at 1 MW */
    books_close(&r);
    outage_world_close(&r.o);
}

/* N+1: four sets of 400 kW for 1 MW. With a tank of 0.02 m3 they are dry when (0.09 x 1.6 MW s + 0.91 x
 * given) / 0.35 is 774 MJ. */
void a_tank_runs_dry_when_the_fuel_is_burnt(void **state) {
    (void)state;
    static struct run r;
    run(&r,
        HEAD "<generator id='gen' rated='400 kW' count='4' redundant='1' start='10 s' signal='2 s' tank='20 "
             "L'/>" SIDE("a") SIDE("b") TAIL,
        9000);
    int32_t g = outage_world_stage(&r.o, "gen");
    double tank_j = 0.02 * DH_DIESEL_J_PER_M3, idle_w = 0.09 * 1.6e6;
    /* On the bus from 1012 s; from 1017 s 1 MW and, until 1085 s, 250 kW that charge. */
    double left = tank_j * 0.35 - 5 * idle_w - 68 * (idle_w + 0.91 * 1.25e6);
    is(when(&r.seen, DH_INCIDENT_GENERATOR_OFF, g, 0), 1085 + left / (idle_w + 0.91e6));
    books_close(&r);
    outage_world_close(&r.o);
}

/* One set of 900 kW for 1 MW and 250 kW that charge: on the bus at 1012 s, taken at 1017 s, stalled at once.
 * The batteries go on, 72 MJ at 500 kW from 1000 s. With engines that carry half as much again it holds. */
void sets_that_are_too_small_stall(void **state) {
    (void)state;
    static struct run r;
#define SETS(more) HEAD "<generator id='gen' rated='900 kW' " more "/>" SIDE("a") SIDE("b") TAIL
    run(&r, SETS(""), 2000);
    int32_t a = outage_world_stage(&r.o, "ups-a"), g = outage_world_stage(&r.o, "gen");
    is(when(&r.seen, DH_INCIDENT_GENERATOR_ON, g, 0), 1012);
    is(when(&r.seen, DH_INCIDENT_GENERATOR_STALL, g, 0), 1017);
    is(when(&r.seen, DH_INCIDENT_GENERATOR_OFF, g, 0), 1017);
    is(when(&r.seen, DH_INCIDENT_BATTERY_EMPTY, a, 0), 1144);
    is(when(&r.seen, DH_INCIDENT_RACK_LIT, 0, 0), 2000);
    assert_int_equal(r.o.w.power_run.generator[0].n_stall, 1);
    is(r.o.w.power_run.generator[0].first_step, 0); /* the bus closed before anybody took it */
    books_close(&r);
    outage_world_close(&r.o);
    run(&r, SETS("overload='1.5'"), 2000);
    assert_true(isnan(when(&r.seen, DH_INCIDENT_GENERATOR_STALL, g, 0)));
    assert_true(isnan(when(&r.seen, DH_INCIDENT_RACK_DARK, 0, 0)));
    is(when(&r.seen, DH_INCIDENT_OVERLOAD_BEGIN, g, 0), 1017);
    is(when(&r.seen, DH_INCIDENT_OVERLOAD_END, g, 0), 2600); /* the switches go back after 10 min */
    outage_world_close(&r.o);
#undef SETS
}

/* A hundred sets of 20 kW of which an attempt in three or so fails: the last of them start with their third
 * attempt, 42 s after the loss; without spare ones the bus waits for them, with closes-with 40 for none. */
void the_bus_closes_when_enough_sets_run(void **state) {
    (void)state;
    static struct run r;
#define SETS(more)                                                                                           \
    HEAD "<generator id='gen' rated='20 kW' count='100' fails-to-start='0.3' overload='5' " more             \
         "/>" SIDE("a") SIDE("b") TAIL
    run(&r, SETS(""), 2000);
    int32_t g = outage_world_stage(&r.o, "gen");
    const struct dh_generator_run *gen = &r.o.w.power_run.generator[0];
    assert_true(gen->n_failed_start > 0);
    is(when(&r.seen, DH_INCIDENT_GENERATOR_ON, g, 0), 1042);
    is(when(&r.seen, DH_INCIDENT_GENERATOR_FAILED, g, 0), 1042);
    outage_world_close(&r.o);
    run(&r, SETS("closes-with='40'"), 2000);
    is(when(&r.seen, DH_INCIDENT_GENERATOR_ON, g, 0), 1012);
    is(when(&r.seen, DH_INCIDENT_GENERATOR_ON, g, 1), 1027);
    outage_world_close(&r.o);
#undef SETS
}

/* 500 kW on modules of 300 kW: beyond 1.5 of their rating on battery, within 2. */
void inverters_carry_so_much_and_no_more(void **state) {
    (void)state;
    static struct run r;
#define SUPPLY(x, more)                                                                                      \
    "<ups id='ups-" x                                                                                        \
    "' feed='u' rated='300 kW'><ups-battery energy='200 kWh' usable='1' inverter='1' " more "/></ups>"
    run(&r, HEAD "<generator id='gen' rated='1 MW'/>" SUPPLY("a", "") SUPPLY("b", "overload='4'") TAIL, 2000);
    is(when(&r.seen, DH_INCIDENT_BATTERY_EMPTY, outage_world_stage(&r.o, "ups-a"), 0), 1000);
    is(when(&r.seen, DH_INCIDENT_BATTERY_EMPTY, outage_world_stage(&r.o, "ups-b"), 0),
       1720); /* 720 MJ at 1 MW */
    outage_world_close(&r.o);
#undef SUPPLY
}

/* 10,000 sets whose attempts fail with 0.3: 0.3^3 of them stay out; their number is binomial, 270 +- 16. */
void sets_start_as_often_as_they_should(void **state) {
    (void)state;
    static struct run r;
    run(&r,
        HEAD "<generator id='gen' rated='1 kW' count='10000' redundant='1' fails-to-start='0.3'/>" SIDE("a")
            SIDE("b") TAIL,
        2000);
    const struct dh_generator_run *gen = &r.o.w.power_run.generator[0];
    assert_in_range(gen->n_failed_start, 270 - 64, 270 + 64);
    assert_int_equal(gen->n_start + gen->n_failed_start, 10000);
    outage_world_close(&r.o);
}
