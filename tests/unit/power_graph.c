/* The power graph: several feeds, what is live, and that no microwatt is lost on the way. */
#include "tests/unit/power_world.h"

#include <string.h>

/* Two supplies A and B with a loss; a rack that hangs on both, and seven on three feeds, whose thirds are no
 * whole microwatts. */
#define LOSS "<loss a='0.0078' b='0.0052' c='0.02'/>"
static const char ab[] = "<utility id='u' rated='10 MW'/>"
                         "<ups id='a' feed='u' rated='1 MW'>" LOSS "</ups>"
                         "<ups id='b' feed='u' rated='1 MW'>" LOSS "</ups>"
                         "<ups id='c' feed='u' rated='1 MW'>" LOSS "</ups>";

void live_feeds_share_to_the_last_microwatt(void **state) {
    (void)state;
    struct power_world w;
    power_world_open(
        &w, ab, "<row id='w' rack='r' count='1' feed='a b'/><row id='x' rack='r' count='7' feed='a b c'/>");
    const int32_t s[] = {stage_of(&w, "a"), stage_of(&w, "b"), stage_of(&w, "c")};
    dh_uw sum = 0;
    for (int i = 0; i < 3; i++)
        sum += w.p.stage_out[s[i]];
    assert_true(sum == 8 * dh_uw_from_w(100e3));
    /* 100 kW in three: 33333333334 + 33333333333 + 33333333333 uW, seven times */
    assert_true(w.p.stage_out[s[0]] == 7 * INT64_C(33333333334) + INT64_C(50000000000));
    assert_true(w.p.stage_out[s[2]] == 7 * INT64_C(33333333333));
    dh_power_set_units(&w.p, s[1], 0);
    dh_power_settle(&w.p, 1000);
    assert_true(w.p.stage_out[s[0]] == 7 * INT64_C(50000000000) + INT64_C(100000000000));
    assert_true(w.p.stage_in[s[1]].power == 0); /* dead: no load, and no loss either */
    dh_power_set_units(&w.p, s[1], 1);
    dh_power_settle(&w.p, 5000);
    assert_true(w.p.stage_out[s[0]] == 7 * INT64_C(33333333334) + INT64_C(50000000000));
    assert_true(imbalance_of(&w, 987654321) == 0);
    power_world_close(&w);
}

void what_has_no_live_feed_is_dark(void **state) {
    (void)state;
    struct power_world w;
    power_world_open(&w, ab,
                     "<row id='w' rack='r' count='2' feed='a'/><row id='x' rack='r' count='1' feed='a b'/>");
    assert_int_equal(w.p.n_change, 0);
    dh_power_set_units(&w.p, stage_of(&w, "a"), 0);
    dh_power_settle(&w.p, 7);
    assert_false(dh_power_rack_live(&w.p, 0));
    assert_false(dh_power_rack_live(&w.p, 1));
    assert_true(dh_power_rack_live(&w.p, 2));
    assert_true(w.p.rack[0].power == 0);
    assert_true(w.p.it.power == dh_uw_from_w(100e3));
    assert_true(w.p.node_in_total.power == dh_uw_from_w(100e3));
    assert_int_equal(w.p.n_change, 3); /* the stage and two racks */
    dh_power_changes_seen(&w.p);
    /* Back and lost again before anybody looks: nothing happened. */
    dh_power_set_units(&w.p, stage_of(&w, "a"), 1);
    dh_power_settle(&w.p, 8);
    dh_power_set_units(&w.p, stage_of(&w, "a"), 0);
    dh_power_settle(&w.p, 9);
    assert_int_equal(w.p.n_change, 0);
    dh_power_set_units(&w.p, stage_of(&w, "u"), 0);
    dh_power_settle(&w.p, 10);
    assert_true(w.p.facility.power == 0);
    assert_false(dh_power_stage_live(&w.p, stage_of(&w, "b")));
    assert_true(imbalance_of(&w, 1000) == 0);
    power_world_close(&w);
}

/* The switch takes the second feed after its delay, and goes back only when the first has been live for long
 * enough. */
void a_transfer_switch_waits_as_it_is_told(void **state) {
    (void)state;
    struct power_world w;
    power_world_open(&w,
                     "<utility id='u' rated='1 MW'/><generator id='g' rated='1 MW'/>"
                     "<pdu id='ats' feed='u g' transfer='first' takeover='5 s' return='60 s' rated='1 MW'/>",
                     "<row id='w' rack='r' count='1' feed='ats'/>");
    int32_t u = stage_of(&w, "u"), g = stage_of(&w, "g"), ats = stage_of(&w, "ats");
    dh_time second = DH_NS_PER_S;
    assert_false(w.p.stage[g].wanted);
    dh_power_set_units(&w.p, u, 0);
    dh_power_settle(&w.p, 100 * second);
    assert_false(dh_power_rack_live(&w.p, 0));
    assert_true(w.p.stage[g].wanted);
    dh_power_set_source(&w.p, g, 1);
    dh_power_settle(&w.p, 110 * second);
    assert_false(dh_power_rack_live(&w.p, 0));
    assert_true(w.p.look_again_at == 115 * second);
    dh_power_settle(&w.p, 115 * second);
    assert_true(dh_power_rack_live(&w.p, 0));
    assert_true(w.p.stage_in[g].power == dh_uw_from_w(100e3));
    dh_power_set_units(&w.p, u, 1);
    dh_power_settle(&w.p, 200 * second);
    assert_true(w.p.stage_in[g].power == dh_uw_from_w(100e3)); /* not yet */
    assert_true(w.p.look_again_at == 260 * second);
    dh_power_settle(&w.p, 260 * second);
    assert_true(w.p.stage_in[g].power == 0);
    assert_true(w.p.stage_in[u].power == dh_uw_from_w(100e3));
    assert_false(w.p.stage[g].wanted);
    assert_true(dh_power_stage_live(&w.p, ats));
    /* 100 s and 60 s from the grid before and after, 145 s from the generator, 15 s dark */
    dh_time end = 300 * second;
    assert_true(dh_meter_energy(&w.p.rack[0], end) == (dh_uw_ns)dh_uw_from_w(100e3) * 285 * second);
    assert_true(dh_meter_energy(&w.p.stage_in[g], end) == (dh_uw_ns)dh_uw_from_w(100e3) * 145 * second);
    assert_true(imbalance_of(&w, end) == 0);
    power_world_close(&w);
}

void on_site_power_relieves_the_feeds_and_goes_out_when_it_is_more(void **state) {
    (void)state;
    struct power_world w;
    power_world_open(&w, "<utility id='u' rated='1 MW'/><pdu id='p' feed='u' rated='1 MW'/>",
                     "<row id='w' rack='r' count='1' feed='p'/>");
    dh_power_inject(&w.p, stage_of(&w, "p"), 30e3);
    dh_power_settle(&w.p, 10);
    assert_true(w.p.site_power[0] == dh_uw_from_w(70e3));
    assert_true(w.p.facility.power == dh_uw_from_w(100e3)); /* all that the facility takes in */
    dh_power_inject(&w.p, stage_of(&w, "p"), 130e3);
    dh_power_settle(&w.p, 20);
    assert_true(w.p.site_power[0] == dh_uw_from_w(-30e3));
    dh_power_set_units(&w.p, stage_of(&w, "u"), 0); /* no island */
    dh_power_settle(&w.p, 30);
    assert_true(w.p.sum.injected == 0 && w.p.facility.power == 0);
    assert_true(imbalance_of(&w, 100) == 0);
    power_world_close(&w);
}

void fewer_units_carry_more_and_lose_more(void **state) {
    (void)state;
    struct power_world w;
    /* Four units of 100 kW at 400 kW: 4 (1 + 2 + 2) kW lost; three carry 1.333 each: 3 (1 + 2.667 + 3.556)
     * kW. */
    power_world_open(&w,
                     "<utility id='u' rated='1 MW'/><pdu id='p' feed='u' rated='100 kW' count='4'>"
                     "<loss a='0.01' b='0.02' c='0.02'/></pdu>",
                     "<row id='w' rack='r' count='4' feed='p'/>");
    int32_t p = stage_of(&w, "p");
    assert_true(w.p.stage_loss[p].power == dh_uw_from_w(20e3));
    dh_power_set_units(&w.p, p, 3);
    dh_power_settle(&w.p, 10);
    assert_in_range(w.p.stage_loss[p].power, dh_uw_from_w(3e3 + 8e3 + 32e3 / 3) - 1,
                    dh_uw_from_w(3e3 + 8e3 + 32e3 / 3) + 1);
    dh_power_close(&w.p, 20);
    assert_int_equal(w.p.stage_peak[p].n_over, 1);
    assert_true(dh_uw_to_w(w.p.stage_peak[p].out) / w.p.stage_peak[p].rated_w == 400. / 300);
    power_world_close(&w);
}

void bad_power_graphs_are_refused_with_one_message(void **state) {
    (void)state;
    char message[400];
    static const char row[] = "<row id='w' rack='r' count='1' feed='c'/>";
    enum dh_err err =
        power_world_read("<utility id='u' rated='1 MW'/><pdu id='a' feed='u c' rated='1 MW'/>"
                         "<pdu id='b' feed='a' rated='1 MW'/><pdu id='c' feed='b' rated='1 MW'/>",
                         row, message);
    assert_int_equal(err, DH_ERR_CYCLE);
    assert_non_null(strstr(message, "a <- c <- b <- a"));
    assert_int_equal(
        power_world_read("<utility id='u' rated='1 MW'/><pdu id='c' feed='u' rated='0 W'/>", row, message),
        DH_ERR_RANGE);
    assert_int_equal(power_world_read("<utility id='u' rated='1 MW'/><pdu id='c' feed='u' rated='1 MW'>"
                                      "<loss efficiency='1.01'/></pdu>",
                                      row, message),
                     DH_ERR_RANGE);
    assert_int_equal(
        power_world_read("<utility id='u' rated='1 MW'/><pdu id='c' feed='u' rated='1 MW'><loss/></pdu>", row,
                         message),
        DH_ERR_MISSING);
    assert_int_equal(
        power_world_read("<utility id='u' rated='1 MW'/><pdu id='c' feed='u u' rated='1 MW'/>", row, message),
        DH_ERR_VALUE);
    assert_int_equal(
        power_world_read("<utility id='u' rated='1 MW'/><pdu id='c' feed='u v' rated='1 MW'/>", row, message),
        DH_ERR_DANGLING_REF);
}
