/* Deeds in a run: from another thread, and repeated by their times; what the reader refuses. */
#include "tests/tests.h"

#include "models/observer.h"
#include "models/pool.h"
#include "sim/hash.h"
#include "tests/unit/view_check.h"

#include <datahall/datahall.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char hall[] = "scenarios/examples/hot-weather.xml";

/* ---- another thread ---------------------------------------------------------------------------------------
 */

struct actor {
    struct dh_sim *sim;
    _Atomic int32_t wanted, done; /* deeds that the run has asked for, and that were asked of it */
    bool ended;
};

/* What is done when the sample at so many seconds was seen. */
static const struct {
    int64_t at_s;
    const char *deed, *what, *value, *lasts;
} deeds[] = {
    {1800,  "set",     "hall/supply",     "25 degC", ""      },
    {3600,  "trip",    "ups:1",           "",        "20 min"},
    {3600,  "drain",   "l-002",           "",        ""      }, /* two at once */
    {7200,  "set",     "burst/threshold", "2 min",   ""      },
    {9000,  "inject",  "",                "16",      "1 h"   },
    {10800, "set",     "l-001/gpu-cap",   "400 W",   "1 h"   },
    {12600, "trip",    "chilled/chiller", "",        ""      },
    {14400, "restore", "chilled",         "",        ""      },
    {16200, "undrain", "l-002",           "",        ""      },
};
enum { N_DEED = sizeof deeds / sizeof *deeds };

static void *act(void *self) {
    struct actor *a = self;
    while (atomic_load(&a->done) < N_DEED) {
        int32_t done = atomic_load(&a->done);
        if (done == atomic_load(&a->wanted)) {
            usleep(100);
            continue;
        }
        if (dh_sim_act(a->sim, deeds[done].deed, deeds[done].what, deeds[done].value, deeds[done].lasts,
                       NULL) != DH_OK)
            break;
        atomic_store(&a->done, done + 1);
    }
    return NULL;
}

/* The run waits here until the other thread has asked: so that the times are known. */
static enum dh_err sample(void *self, enum dh_sample what, dh_time at, const struct dh_facility *f,
                          const struct dh_state *s) {
    struct actor *a = self;
    (void)what, (void)f, (void)s;
    for (int32_t i = atomic_load(&a->done); i < N_DEED && deeds[i].at_s * DH_NS_PER_S <= at; i++) {
        atomic_store(&a->wanted, i + 1);
        for (int32_t waited = 0; atomic_load(&a->done) <= i; waited++) {
            if (waited > 100000)
                return DH_ERR_INTERNAL;
            usleep(100);
        }
    }
    return DH_OK;
}

static void run_live(const char *path, int32_t threads) {
    struct dh_diag *diag = dh_diag_new();
    struct actor a = {0};
    struct dh_scenario_changes changes = {.until = "6 h"};
    struct dh_run_options options = {.output = path, .threads = threads};
    struct dh_observer observer = {.self = &a, .sample = sample};
    pthread_t thread;
    assert_int_equal(dh_sim_open(&a.sim, hall, &changes, diag), DH_OK);
    assert_int_equal(dh_sim_watch(a.sim, &observer), DH_OK);
    assert_int_equal(pthread_create(&thread, NULL, act, &a), 0);
    assert_int_equal(dh_sim_run(a.sim, &options, diag), DH_OK);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&a.done), N_DEED);
    assert_int_equal(dh_sim_act(a.sim, "trip", "ups", "", "", diag), DH_ERR_USAGE); /* the run is over */
    dh_sim_close(a.sim);
    dh_diag_delete(diag);
}

static int put(void *self, const char *bytes, size_t n) {
    return fwrite(bytes, 1, n, self) != n;
}

static void sha_of(const char *path, char hex[static DH_SHA256_HEX]) {
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    fseek(in, 0, SEEK_END);
    size_t n = (size_t)ftell(in);
    rewind(in);
    char *bytes = malloc(n);
    assert_int_equal(fread(bytes, 1, n, in), n);
    fclose(in);
    dh_sha256_hex(bytes, n, hex);
    free(bytes);
}

void deeds_of_another_thread_are_repeated_to_the_byte(void **state) {
    char folder[] = "/tmp/datahall-act-XXXXXX", live[64], again[64], csv[64], first[DH_SHA256_HEX],
         second[DH_SHA256_HEX];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(live, sizeof live, "%s/live.h5", folder);
    snprintf(again, sizeof again, "%s/again.h5", folder);
    snprintf(csv, sizeof csv, "%s/events.csv", folder);
    run_live(live, 1);
    FILE *out = fopen(csv, "w");
    assert_int_equal(dh_result_export(live, "actions", put, out, NULL), DH_OK);
    fclose(out);
    sha_of(live, first);
    for (int32_t threads = 1; threads <= 4; threads *= 2) {
        struct dh_sim *sim = NULL;
        struct dh_scenario_changes changes = {.until = "6 h", .events = csv};
        struct dh_run_options options = {.output = again, .threads = threads};
        assert_int_equal(dh_sim_open(&sim, hall, &changes, NULL), DH_OK);
        assert_int_equal(dh_sim_run(sim, &options, NULL), DH_OK);
        dh_sim_close(sim);
        sha_of(again, second);
        assert_string_equal(first, second);
        unlink(again);
    }
    run_live(again, 2); /* asked at the same instants: the same again */
    sha_of(again, second);
    assert_string_equal(first, second);
    unlink(live);
    unlink(again);
    unlink(csv);
    rmdir(folder);
}

/* ---- what is refused --------------------------------------------------------------------------------------
 */

void deeds_that_make_no_sense_are_answered_and_not_done(void **state) {
    static const struct {
        const char *deed, *what, *value, *lasts;
        enum dh_err err;
    } bad[] = {
        {"explode", "ups",             "",        "",     DH_ERR_VALUE       },
        {"trip",    "upps",            "",        "",     DH_ERR_DANGLING_REF},
        {"trip",    "",                "",        "",     DH_ERR_MISSING     },
        {"trip",    "ups:99",          "",        "",     DH_ERR_RANGE       },
        {"trip",    "ups",             "1",       "",     DH_ERR_VALUE       },
        {"trip",    "ups",             "",        "1",    DH_ERR_UNIT        },
        {"trip",    "ups",             "",        "-1 h", DH_ERR_RANGE       },
        {"restore", "ups",             "",        "1 h",  DH_ERR_VALUE       },
        {"set",     "hall/supply",     "",        "",     DH_ERR_MISSING     },
        {"set",     "hall/supply",     "25",      "",     DH_ERR_UNIT        },
        {"set",     "hall/supply",     "25 kW",   "",     DH_ERR_UNIT        },
        {"set",     "hall/supply",     "80 degC", "",     DH_ERR_RANGE       },
        {"set",     "hall/suply",      "25 degC", "",     DH_ERR_DANGLING_REF},
        {"set",     "nowhere/supply",  "25 degC", "",     DH_ERR_DANGLING_REF},
        {"set",     "ups/cap",         "-1 W",    "",     DH_ERR_RANGE       },
        {"set",     "l-001/gpu-cap",   "1e9 W",   "",     DH_ERR_RANGE       },
        {"set",     "burst/threshold", "none",    "",     DH_ERR_NUMBER      },
        {"drain",   "l-999",           "",        "",     DH_ERR_DANGLING_REF},
        {"drain",   "l-001/node#9",    "",        "",     DH_ERR_RANGE       },
        {"drain",   "l-001/node#0",    "",        "",     DH_ERR_RANGE       },
        {"inject",  "",                "",        "1 h",  DH_ERR_MISSING     },
        {"inject",  "",                "8",       "",     DH_ERR_MISSING     },
        {"inject",  "",                "0",       "1 h",  DH_ERR_RANGE       },
        {"inject",  "",                "1000000", "1 h",  DH_ERR_RANGE       },
        {"inject",  "=1+1",            "8",       "1 h",  DH_ERR_VALUE       },
        {NULL,      NULL,              NULL,      NULL,   DH_ERR_VALUE       },
    };
    struct dh_sim *sim = NULL;
    (void)state;
    assert_int_equal(dh_sim_open(&sim, hall, NULL, NULL), DH_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct dh_diag *diag = dh_diag_new();
        enum dh_err err = dh_sim_act(sim, bad[i].deed, bad[i].what, bad[i].value, bad[i].lasts, diag);
        if (err != bad[i].err)
            fail_msg("%s %s %s %s: %s", bad[i].deed, bad[i].what, bad[i].value, bad[i].lasts,
                     dh_err_code(err));
        assert_int_equal(dh_diag_count(diag), 1); /* one message */
        dh_diag_delete(diag);
    }
    char long_text[400];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(dh_sim_act(sim, "trip", long_text, "", "", NULL), DH_ERR_VALUE);
    for (int i = 0; i < 256; i++) /* before the run there is room for so many */
        assert_int_equal(dh_sim_act(sim, "drain", "l-001", "", "", NULL), DH_OK);
    assert_int_equal(dh_sim_act(sim, "drain", "l-001", "", "", NULL), DH_ERR_USAGE);
    dh_sim_close(sim);
}

/* ---- drained nodes ----------------------------------------------------------------------------------------
 */

static const int32_t gpus[] = {8, 8, 8}, racks[] = {0, 0, 1};

static struct dh_job job_of(int32_t n) {
    return (struct dh_job){.gpus = n, .tenant = -1, .service = -1};
}

void a_drained_node_keeps_its_job_and_takes_no_other(void **state) {
    struct dh_pool pool, copy;
    struct dh_job four = job_of(4), sixteen = job_of(16), all = job_of(24);
    struct dh_job_run run = {0}, other = {0};
    bool taken;
    (void)state;
    assert_int_equal(dh_pool_init(&pool, 3, gpus, 2, racks, DH_PLACEMENT_PACKED), DH_OK);
    assert_int_equal(dh_pool_take(&pool, &four, &run, &taken), DH_OK);
    assert_int_equal(run.segments[0].node, 0);
    dh_pool_set_drained(&pool, 0, true);
    assert_int_equal(pool.n_busy_gpu, 4); /* its job goes on */
    assert_int_equal(pool.n_down_gpu, 4);
    assert_int_equal(pool.n_free_gpu, 16);
    assert_int_equal(dh_pool_busy_gpus(&pool, 0), 4);
    assert_true(dh_pool_fits(&pool, &sixteen));
    assert_false(dh_pool_fits(&pool, &all));
    assert_int_equal(dh_pool_init_like(&copy, &pool), DH_OK);
    dh_pool_copy(&copy, &pool);
    dh_pool_give_list(&copy, run.segments, run.n_segment); /* who tries must not count on it */
    assert_int_equal(copy.n_free_gpu, 16);
    assert_int_equal(pool.rack_down[0], 4);
    dh_pool_give(&pool, &run);
    assert_int_equal(pool.n_busy_gpu, 0);
    assert_int_equal(pool.n_down_gpu, 8);
    assert_int_equal(pool.rack_down[0], 8);
    assert_int_equal(pool.n_busy_node, 0);
    assert_int_equal(dh_pool_take(&pool, &four, &other, &taken), DH_OK);
    assert_int_not_equal(other.segments[0].node, 0);
    dh_pool_give(&pool, &other);
    dh_pool_set_down(&pool, 0, true); /* broken while drained: it is not there for two reasons */
    dh_pool_set_drained(&pool, 0, false);
    assert_int_equal(pool.n_free_gpu, 16);
    dh_pool_set_drained(&pool, 0, true);
    dh_pool_set_down(&pool, 0, false);
    assert_int_equal(pool.n_free_gpu, 16);
    dh_pool_empty(&copy);
    assert_int_equal(copy.n_free_gpu, 16);
    dh_pool_set_drained(&pool, 0, false);
    assert_int_equal(pool.n_free_gpu, 24);
    assert_int_equal(pool.n_down_gpu, 0);
    assert_int_equal(pool.n_busy_gpu, 0);
    assert_int_equal(pool.n_busy_node, 0);
    assert_true(dh_pool_fits(&pool, &all));
    dh_pool_free(&copy);
    dh_pool_free(&pool);
}

/* ---- the view ---------------------------------------------------------------------------------------------
 */

static void press(struct dh_view *view, int key, bool shift) {
    dh_view_input(view, &(struct dh_view_input){.kind = DH_IN_KEY, .key = key, .shift = shift});
}

static void type(struct dh_view *view, const char *text) {
    for (; *text; text++)
        dh_view_input(view, &(struct dh_view_input){.kind = DH_IN_TEXT, .text = {*text}});
}

/* The next deed, in one line. */
static const char *wanted(struct dh_view *view, char room[static 400]) {
    struct dh_view_deed d;
    if (!dh_view_deed(view, &d))
        return "";
    snprintf(room, 400, "%s|%s|%s|%s", d.deed, d.what, d.value, d.lasts);
    return room;
}

static void click_word(struct view_look *l, const char *word) {
    assert_string_equal(view_look_complaint(l), "");
    for (int32_t i = 0; i < l->scene.n_ink; i++) {
        const struct dh_ink *ink = &l->scene.inks[i];
        if (ink->kind != DH_INK_WORD || (size_t)ink->n != strlen(word) ||
            memcmp(l->scene.bytes + ink->first, word, (size_t)ink->n) != 0)
            continue;
        float x = ink->box.x + ink->box.w / 2, y = ink->box.y + ink->box.h / 2;
        dh_view_input(l->view, &(struct dh_view_input){.kind = DH_IN_DOWN, .button = 1, .x = x, .y = y});
        dh_view_input(l->view, &(struct dh_view_input){.kind = DH_IN_UP, .button = 1, .x = x, .y = y});
        return;
    }
    fail_msg("no word %s", word);
}

static void click_tip(struct view_look *l, const char *tip) {
    assert_string_equal(view_look_complaint(l), "");
    for (int32_t i = 0; i < l->scene.n_hit; i++) {
        const struct dh_hit *hit = &l->scene.hits[i];
        float x = hit->box.x + hit->box.w / 2, y = hit->box.y + hit->box.h / 2;
        if (!hit->tip || strcmp(hit->tip, tip) != 0)
            continue;
        dh_view_input(l->view, &(struct dh_view_input){.kind = DH_IN_DOWN, .button = 1, .x = x, .y = y});
        dh_view_input(l->view, &(struct dh_view_input){.kind = DH_IN_UP, .button = 1, .x = x, .y = y});
        return;
    }
    fail_msg("nothing says %s", tip);
}

void a_view_of_a_run_asks_for_deeds_and_a_replay_for_none(void **state) {
    struct view_look look;
    char room[400];
    (void)state;
    view_look_open(&look, hall, "1 h");
    assert_true(dh_view_select(look.view, "ups"));
    view_look_complaint(&look);
    assert_false(view_look_says(&look, "Trip all")); /* a replay */
    press(look.view, 't', false);
    assert_string_equal(wanted(look.view, room), "");
    assert_false(dh_view_wishes(look.view) & DH_WISH_ACT);

    dh_view_hear(look.view, true);
    click_word(&look, "Trip all");
    assert_true(dh_view_wishes(look.view) & DH_WISH_ACT);
    assert_string_equal(wanted(look.view, room), "trip|ups||");
    press(look.view, 't', false);
    assert_string_equal(wanted(look.view, room), "trip|ups:1||");
    press(look.view, 't', true);
    assert_string_equal(wanted(look.view, room), "restore|ups||");

    assert_true(dh_view_select(look.view, "hall"));
    click_tip(&look, "1 K warmer");
    assert_string_equal(wanted(look.view, room), "set|hall/supply|25 degC|");
    click_tip(&look, "1 K warmer"); /* from what was asked, although no event says so yet */
    assert_string_equal(wanted(look.view, room), "set|hall/supply|26 degC|");
    dh_view_answer(look.view, false, "no");
    click_tip(&look, "1 K colder");
    assert_string_equal(wanted(look.view, room), "set|hall/supply|23 degC|");

    press(look.view, 'i', false);
    assert_true(dh_view_wants_text(look.view));
    type(look.view, "i64"); /* the letter that opened it is no part of it */
    press(look.view, DH_KEY_TAB, false);
    type(look.view, "2 hx");
    press(look.view, DH_KEY_BACKSPACE, false);
    assert_string_equal(view_look_complaint(&look), "");
    press(look.view, DH_KEY_ENTER, false);
    assert_string_equal(wanted(look.view, room), "inject||64|2 h");
    dh_view_answer(look.view, false, "inject: a job of 64 GPUs; there are 4");
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(dh_view_wants_text(look.view)); /* refused: it stays */
    dh_view_answer(look.view, true, "asked");
    assert_false(dh_view_wants_text(look.view));
    press(look.view, 't', false);
    press(look.view, 'i', false);
    assert_string_equal(wanted(look.view, room), "trip|hall/air-handler:1||");
    dh_view_answer(look.view, true, "asked"); /* not what the dialog wants, which is open meanwhile */
    assert_true(dh_view_wants_text(look.view));
    press(look.view, DH_KEY_ESCAPE, false);
    press(look.view, 'b', false);
    type(look.view, "b5 min");
    click_word(&look, "Do it");
    assert_string_equal(wanted(look.view, room), "set|burst/threshold|5 min|");
    press(look.view, DH_KEY_ESCAPE, false);
    assert_false(dh_view_wants_text(look.view));

    static const int sizes[][2] = {
        {1280, 720 },
        {1920, 1080},
        {3840, 2160}
    };
    static const char *const names[] = {"l-001", "ups", "hall", "chilled", "warm", "cdu", "phx"};
    for (int s = 0; s < 3; s++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            dh_view_resize(look.view, sizes[s][0], sizes[s][1], 0);
            assert_true(dh_view_select(look.view, names[i]));
            const char *complaint = view_look_complaint(&look);
            if (*complaint)
                fail_msg("%s at %dx%d: %s", names[i], sizes[s][0], sizes[s][1], complaint);
            press(look.view, 'e', false);
            complaint = view_look_complaint(&look);
            if (*complaint)
                fail_msg("dialog of %s at %dx%d: %s", names[i], sizes[s][0], sizes[s][1], complaint);
            press(look.view, DH_KEY_ESCAPE, false);
        }
    view_look_close(&look);
}
