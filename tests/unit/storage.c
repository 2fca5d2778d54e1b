/* Stores of data and transfers over them, against calculations by hand. */
#include "models/world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct dh_scenario_file file;
static struct dh_facility facility;
static struct dh_world world;
static double ended_s[16], told_rate[16];

static enum dh_err note_end(struct dh_world *w, int32_t subject) {
    assert_true(isnan(ended_s[subject]));
    ended_s[subject] = dh_time_to_s(w->des.now);
    return DH_OK;
}

static enum dh_err note_rate(struct dh_world *w, int32_t subject, double bytes_per_s) {
    (void)w;
    told_rate[subject] = bytes_per_s;
    return DH_OK;
}

static void open_with(const char *stores) {
    static struct dh_job_list jobs;
    static struct dh_weather weather;
    static struct dh_bill bill;
    char text[4000];
    snprintf(text, sizeof text,
             "<scenario xmlns='urn:datahall:scenario:1' name='stores'><device id='g' idle='1 W' tdp='2 W'/>"
             "<node id='n' device='g' gpus='1'/><rack-type id='r' node='n' nodes='1' rated='1 kW'/>"
             "<horizon start='2026-01-01T00:00:00Z' duration='1 d'/>"
             "<site id='s'><power><utility id='u' rated='1 MW'/></power>"
             "<hall id='h'><row id='w' rack='r' count='1' feed='u'/></hall></site>%s</scenario>",
             stores);
    struct dh_diag diag = {0};
    file = (struct dh_scenario_file){0};
    if (dh_scenario_read_memory(&file, text, strlen(text), "stores.xml", ".", NULL, &diag) != DH_OK)
        fail_msg("%s", diag.messages[0].text);
    dh_diag_free(&diag);
    struct dh_world_options options = {.until = dh_time_from_s(86400)};
    assert_int_equal(dh_facility_compile(&facility, &file.spec, NULL), DH_OK);
    assert_int_equal(dh_world_init(&world, &facility, &jobs, &weather, &bill, &options, NULL), DH_OK);
    for (int i = 0; i < 16; i++)
        ended_s[i] = told_rate[i] = NAN;
}

static void close_world(void) {
    dh_world_free(&world);
    dh_facility_free(&facility);
    dh_scenario_free(&file);
}

static void run_to(double s) {
    struct dh_world *w = &world;
    assert_int_equal(dh_des_run(&w->des, dh_world_handlers, DH_N_EVENT_KIND, w, dh_time_from_s(s)), DH_OK);
}

static int32_t begin(struct dh_data_transfer t) {
    int32_t id;
    t.done = note_end;
    assert_int_equal(dh_world_transfer(&world, &t, &id), DH_OK);
    return id;
}

static void assert_near(double got, double wanted) {
    if (!(fabs(got - wanted) <= 1e-9 * fabs(wanted)))
        fail_msg("%.17g instead of %.17g", got, wanted);
}

/* Asked, delivered, cancelled, under way; and what the links carried. */
static void assert_conserved(int32_t store) {
    struct dh_world *w = &world;
    const struct dh_store_run *s = &w->storage.stores[store];
    double under_way = 0;
    for (int32_t i = 0; i < w->storage.n_moving; i++) {
        const struct dh_moving *m = &w->storage.moving[i];
        if (m->state != DH_MOVING_FREE && (m->asked.to == store || m->asked.from == store))
            under_way += m->asked.bytes;
    }
    double asked = dh_sum_value(&s->read.asked) + dh_sum_value(&s->written.asked);
    double accounted = dh_sum_value(&s->read.delivered) + dh_sum_value(&s->written.delivered) +
                       dh_sum_value(&s->read.cancelled) + dh_sum_value(&s->written.cancelled) + under_way;
    assert_true(fabs(asked - accounted) <= 1e-12 * asked);
}

static const char file_system[] = "<storage adapter='4 GB/s'><file-system id='fs' servers='4' read='5 GB/s' "
                                  "write='2.5 GB/s' spare='1'/></storage>";

/* 4 servers read 20 GB/s or write 10 GB/s. A reader and a writer with equal rates x share their time:
 * x/5 + x/2.5 = 4, x = 20/3 GB/s. */
void readers_and_writers_share_the_time_of_data_servers(void **state) {
    (void)state;
    open_with(file_system);
    int32_t fs = dh_world_store(&world, "fs");
    assert_true(fs == 0 && dh_world_store(&world, "other") == -1);
    begin((struct dh_data_transfer){.from = fs, .to = -1, .bytes = 100e9, .subject = 0});
    int32_t id = begin(
        (struct dh_data_transfer){.from = -1, .to = fs, .bytes = 80e9, .subject = 1, .paced = note_rate});
    run_to(1);
    assert_near(told_rate[1], 20e9 / 3);
    assert_near(dh_world_transfer_left(&world, id), 80e9 - 20e9 / 3);
    run_to(1000);
    assert_near(ended_s[1], 12);            /* 80 GB at 20/3 */
    assert_near(ended_s[0], 12 + 20. / 20); /* then 20 GB are left, at 20 GB/s */
    assert_conserved(fs);
    assert_true(world.storage.stores[fs].stored_b == 80000000000);
    close_world();
}

/* One node's adapter lets 4 GB/s through; with 3 streams of 1 GB/s it is 3. A cap lowers that. */
void adapters_streams_and_caps_limit_a_transfer(void **state) {
    (void)state;
    open_with(
        "<storage adapter='4 GB/s'><file-system id='fs' servers='4' read='5 GB/s'/>"
        "<object-store id='s3' servers='10' read='5 GB/s' stream='1 GB/s' latency='10 ms' inspection='0.5'/>"
        "<object-store id='locked' servers='10' read='5 GB/s' stream='2 GB/s' encryption='2 GB/s'/>"
        "<node-cache id='nvme' capacity='1 TB' read='6 GB/s' write='3 GB/s'/></storage>");
    struct dh_world *w = &world;
    int32_t fs = dh_world_store(w, "fs"), s3 = dh_world_store(w, "s3"), nvme = dh_world_store(w, "nvme");
    begin((struct dh_data_transfer){.from = fs, .to = -1, .bytes = 40e9, .nodes = 1, .subject = 0});
    /* 100 files of 10 MB: 10 ms each and 10 ms more to come; 8 streams: 4 GB/s, of which the adapter half */
    begin((struct dh_data_transfer){
        .from = s3, .to = -1, .bytes = 1e9, .files = 100, .streams = 2, .nodes = 1, .subject = 1});
    begin((struct dh_data_transfer){
        .from = s3, .to = -1, .bytes = 1e9, .files = 100, .streams = 8, .nodes = 1, .subject = 2});
    /* a stream that is encrypted in turn does half as much */
    begin((struct dh_data_transfer){
        .from = dh_world_store(w, "locked"), .to = -1, .bytes = 3e9, .streams = 1, .subject = 3});
    begin((struct dh_data_transfer){.from = nvme, .to = -1, .bytes = 24e9, .nodes = 2, .subject = 4});
    begin((struct dh_data_transfer){.from = fs, .to = nvme, .bytes = 24e9, .nodes = 1, .subject = 5});
    int32_t id =
        begin((struct dh_data_transfer){.from = fs, .to = -1, .bytes = 10e9, .cap = 1e9, .subject = 6});
    run_to(4);
    assert_int_equal(dh_world_transfer_cap(w, id, 3e9), DH_OK);
    run_to(100);
    assert_near(ended_s[0], 10);
    assert_near(ended_s[1], 1);
    assert_near(ended_s[2], 0.5);
    assert_near(ended_s[3], 3);
    assert_near(ended_s[4], 2);
    assert_near(ended_s[5], 8);
    assert_near(ended_s[6], 6);
    close_world();
}

/* 1,000,000 files of 10 kB: 10 GB, which two servers would read in 1 s. 200,000 operations/s take 5 s; with
 * one metadata server of 400,000 operations/s and three for each file, 7.5 s. In one file: 1 s. */
void small_files_cost_operations(void **state) {
    (void)state;
    open_with("<storage><file-system id='a' servers='2' read='5 GB/s' operations='100000 1/s'/>"
              "<file-system id='b' servers='2' read='5 GB/s' operations='100000 1/s' metadata-servers='1' "
              "metadata='400000 1/s'/></storage>");
    int32_t a = dh_world_store(&world, "a"), b = dh_world_store(&world, "b");
    begin((struct dh_data_transfer){.from = a, .to = -1, .bytes = 10e9, .files = 1e6, .subject = 0});
    begin((struct dh_data_transfer){.from = b, .to = -1, .bytes = 10e9, .files = 1e6, .subject = 1});
    run_to(100);
    begin((struct dh_data_transfer){.from = b, .to = -1, .bytes = 10e9, .subject = 2});
    run_to(200);
    assert_near(ended_s[0], 5);
    assert_near(ended_s[1], 7.5);
    assert_near(ended_s[2], 101);
    close_world();
}

/* One of four servers out: three do the work. Two: more than may be; all stands still until one is back. */
void servers_that_are_out_slow_a_store_or_stop_it(void **state) {
    (void)state;
    open_with(file_system);
    int32_t fs = dh_world_store(&world, "fs");
    begin((struct dh_data_transfer){.from = fs, .to = -1, .bytes = 200e9, .subject = 0});
    run_to(2); /* 40 GB */
    assert_int_equal(dh_world_store_units(&world, fs, 1, 0), DH_OK);
    run_to(4); /* 30 GB */
    assert_int_equal(dh_world_store_units(&world, fs, 2, 0), DH_OK);
    run_to(14);
    assert_int_equal(dh_world_store_units(&world, fs, 0, 0), DH_OK);
    run_to(100);
    assert_near(ended_s[0], 14 + 130. / 20);
    assert_conserved(fs);
    close_world();
}

/* Two drives of 0.4 GB/s, tapes mounted in 90 s. Two transfers of one stream go at once; one that wants both
 * drives waits for both, and the fourth lets it go first. */
void an_archive_serves_in_order_and_mounts_tapes(void **state) {
    (void)state;
    open_with("<storage><archive id='tape' drives='2' rate='400 MB/s' mount='90 s'/></storage>");
    int32_t tape = dh_world_store(&world, "tape");
    begin((struct dh_data_transfer){.from = -1, .to = tape, .bytes = 40e9, .subject = 0});
    begin((struct dh_data_transfer){.from = tape, .to = -1, .bytes = 80e9, .subject = 1});
    begin((struct dh_data_transfer){.from = tape, .to = -1, .bytes = 80e9, .streams = 5, .subject = 2});
    begin((struct dh_data_transfer){.from = tape, .to = -1, .bytes = 4e9, .subject = 3});
    int32_t id = begin((struct dh_data_transfer){.from = tape, .to = -1, .bytes = 4e9, .subject = 4});
    run_to(100);
    assert_int_equal(world.storage.stores[tape].n_waiting, 3);
    assert_int_equal(dh_world_transfer_cancel(&world, id), DH_OK);
    run_to(2000);
    assert_near(ended_s[0], 190);
    assert_near(ended_s[1], 290);
    assert_near(ended_s[2], 290 + 90 + 100);
    assert_near(ended_s[3], 480 + 90 + 10);
    assert_true(isnan(ended_s[4]));
    assert_conserved(tape);
    close_world();
}

/* A write that there is no room for does not begin; one that is cancelled leaves its room and no data. */
void a_full_store_takes_nothing(void **state) {
    (void)state;
    open_with("<storage><file-system id='fs' read='10 GB/s' capacity='100 GB' filled='20 GB'/></storage>");
    struct dh_world *w = &world;
    int32_t object = -1;
    int32_t id =
        begin((struct dh_data_transfer){.from = -1, .to = 0, .bytes = 60e9, .subject = 0, .object = &object});
    assert_int_equal(begin((struct dh_data_transfer){.from = -1, .to = 0, .bytes = 30e9, .subject = 1}),
                     DH_TRANSFER_NONE);
    assert_near(dh_world_store_room(w, 0), 20e9);
    run_to(3);
    assert_int_equal(dh_world_transfer_cancel(w, id), DH_OK);
    assert_near(dh_world_store_room(w, 0), 80e9);
    assert_near(dh_sum_value(&w->storage.stores[0].written.delivered), 30e9);
    assert_near(dh_sum_value(&w->storage.stores[0].written.cancelled), 30e9);
    begin((struct dh_data_transfer){.from = -1, .to = 0, .bytes = 80e9, .subject = 2, .object = &object});
    run_to(20);
    assert_near(ended_s[2], 11);
    assert_true(object >= 0 && dh_world_store_room(w, 0) == 0);
    assert_int_equal(dh_world_store_delete(w, object), DH_OK);
    assert_near(dh_world_store_room(w, 0), 80e9);
    assert_true(isnan(ended_s[0]) && isnan(ended_s[1]));
    assert_conserved(0);
    close_world();
}
