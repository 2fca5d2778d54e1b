/* The tabs of work and network, and jobs of a run in progress: against jobs and loads that are known. */
#include "tests/tests.h"

#include "tests/unit/view_check.h"

#include "viz/parts.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int sizes[][2] = {
    {1280, 720 },
    {1920, 1080},
    {3840, 2160}
};
enum { N_SIZE = sizeof sizes / sizeof *sizes };

/* ---- words */

static void look_at(struct view_look *look, const char *what, enum dh_view_tab tab) {
    dh_view_show_tab(look->view, tab);
    for (int k = 0; k < N_SIZE; k++) {
        dh_view_resize(look->view, sizes[k][0], sizes[k][1], 0);
        const char *complaint = view_look_complaint(look);
        if (*complaint)
            fail_msg("%s, %s, %dx%d: %s", what, dh_tab_names[tab], sizes[k][0], sizes[k][1], complaint);
    }
}

/* The scenario with other words in it; its path is in `to`. */
static void rewrite(const char *from, const char *const (*pairs)[2], int n, char to[static 64]) {
    FILE *in = fopen(from, "rb");
    assert_non_null(in);
    char *text = calloc(1, 1 << 20), *at = text;
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
    fclose(in);
    strcpy(to, "/tmp/datahall-work-XXXXXX.xml");
    int fd = mkstemps(to, 4);
    FILE *out = fd >= 0 ? fdopen(fd, "wb") : NULL;
    assert_non_null(out);
    while (*at) {
        int k = 0;
        while (k < n && strncmp(at, pairs[k][0], strlen(pairs[k][0])) != 0)
            k++;
        if (k < n) {
            fputs(pairs[k][1], out);
            at += strlen(pairs[k][0]);
        } else
            fputc(*at++, out);
    }
    fclose(out);
    free(text);
}

#define LONG "a-name-that-goes-on-for-so-long-that-nobody-would-give-it-and-somebody-does"

void words_of_work_and_network_stay_apart(void **state) {
    (void)state;
    struct view_look look;
    static const char *const names[][2] = {
        {"id=\"net\"",   "id=\"" LONG "-of-a-fabric\""},
        {"id=\"first\"", "id=\"" LONG "-of-a-job\""   },
        {"id=\"r\"",     "id=\"" LONG "-of-a-row\""   }
    };
    char path[64];
    rewrite("scenarios/examples/shared-spine.xml", names, 3, path);
    view_look_open(&look, path, "1 h");
    dh_view_seek(look.view, 600 * DH_NS_PER_S);
    look_at(&look, "long names", DH_TAB_WORK);
    look_at(&look, "long names", DH_TAB_NETWORK);
    assert_true(dh_view_select(look.view, LONG "-of-a-job"));
    look_at(&look, "a job with a long name", DH_TAB_WORK);
    look_at(&look, "a job with a long name", DH_TAB_NETWORK);
    look_at(&look, "a job with a long name", DH_TAB_FLOOR);
    for (int w = 200; w < 1300; w += 90) /* too small to be read, but nothing falls over */
        for (int tab = 0; tab < DH_N_TAB; tab++) {
            dh_view_show_tab(look.view, (enum dh_view_tab)tab);
            dh_view_resize(look.view, w, w / 2, 0);
            dh_view_draw(look.view, &look.scene);
            assert_false(look.scene.failed);
        }
    view_look_close(&look);
    unlink(path);

    view_look_open(&look, "scenarios/examples/data-pipeline.xml", "1 d");
    dh_view_seek(look.view, 40000 * DH_NS_PER_S);
    look_at(&look, "data", DH_TAB_WORK);
    assert_true(view_look_says(&look, "training-set") && view_look_says(&look, "daily: label"));
    look_at(&look, "no fabric", DH_TAB_NETWORK);
    assert_true(view_look_says(&look, "no fabric"));
    view_look_close(&look);
}

/* ---- bars */

static const struct dh_hit *row_of_job(const struct view_look *look, int32_t job) {
    for (int32_t i = 0; i < look->scene.n_hit; i++)
        if (look->scene.hits[i].kind == DH_HIT_THING + DH_A_JOB && look->scene.hits[i].row == job)
            return &look->scene.hits[i];
    return NULL;
}

/* From where to where the bar of a job is drawn, in all its parts; w 0: there is none. */
static struct dh_box bar_of_job(const struct view_look *look, int32_t job) {
    const struct dh_hit *hit = row_of_job(look, job);
    struct dh_box bar = {0};
    assert_non_null(hit);
    for (int32_t i = 0; i < look->scene.n_ink; i++) {
        const struct dh_ink *ink = &look->scene.inks[i];
        if (ink->kind != DH_INK_RECT || ink->color != dh_job_color(job) || ink->box.w <= 0 ||
            ink->box.y < hit->box.y || ink->box.y + ink->box.h > hit->box.y + hit->box.h ||
            ink->box.x < hit->box.x)
            continue;
        float right = fmaxf(bar.x + bar.w, ink->box.x + ink->box.w);
        bar.x = bar.w > 0 ? fminf(bar.x, ink->box.x) : ink->box.x;
        bar.w = right - bar.x;
    }
    return bar;
}

/* Twelve jobs for eight racks of 32 GPUs: one after the other on all of them, or side by side. */
static void write_log(char path[static 64]) {
    strcpy(path, "/tmp/datahall-jobs-XXXXXX.csv");
    int fd = mkstemps(path, 4);
    FILE *log = fd >= 0 ? fdopen(fd, "w") : NULL;
    assert_non_null(log);
    fputs("id,submit_s,duration_s,gpus,requested_s\n"
          "early,0,3600,16,3600\n"      /* row 0: from 0 to 3600 */
          "later,7200,7200,8,7200\n"    /* row 1: from 7200 to 14400 */
          "open,10800,90000,24,90000\n" /* row 2: from 10800 on, beyond the end */
          "never,14400,60,100000,60\n", /* row 3: too large for the site */
          log);
    fclose(log);
}

static void open_jobs(struct view_look *look, char log[static 64]) {
    write_log(log);
    const char *const jobs[] = {log};
    view_look_open_with(look, "scenarios/examples/small-hall.xml",
                        &(struct dh_scenario_changes){.jobs = jobs, .n_job_log = 1, .until = "6 h"});
}

void bars_of_jobs_lie_at_their_times(void **state) {
    (void)state;
    static const struct {
        int32_t job;
        double from_s, to_s;
    } known[] = {
        {0, 0,     3600 },
        {1, 7200,  14400},
        {2, 10800, 21600}  /* to the end of what is known */
    };
    struct view_look look;
    char log[64];
    open_jobs(&look, log);
    dh_view_show_tab(look.view, DH_TAB_WORK);
    for (int size = 0; size < N_SIZE; size++) {
        dh_view_resize(look.view, sizes[size][0], sizes[size][1], 0);
        dh_view_seek(look.view, 12000 * DH_NS_PER_S);
        assert_string_equal(view_look_complaint(&look), "");
        float zero = bar_of_job(&look, 0).x, hour = bar_of_job(&look, 0).w; /* from the start, for an hour */
        assert_true(hour > 20);
        for (unsigned k = 0; k < sizeof known / sizeof *known; k++) {
            struct dh_box bar = bar_of_job(&look, known[k].job);
            double from = zero + hour * known[k].from_s / 3600, to = zero + hour * known[k].to_s / 3600;
            double near = 2.5 * sizes[size][0] / 1280; /* the last sample begins a minute before the end */
            assert_true(fabs((double)bar.x - from) <= near);
            assert_true(fabs((double)(bar.x + bar.w) - to) <= near);
        }
        assert_null(row_of_job(&look, 3)); /* it never ran */
    }
    struct dh_view_job jobs[8];
    assert_int_equal(look.source->ops->running(look.source, jobs, 8), 2);
    assert_true(jobs[0].gpus == 24 && strcmp(jobs[0].name, "open") == 0 && jobs[1].gpus == 8);
    assert_int_equal(look.source->ops->between(look.source, 3600 * DH_NS_PER_S, 7200 * DH_NS_PER_S, jobs, 8),
                     0);
    assert_int_equal(look.source->ops->between(look.source, 0, 7201 * DH_NS_PER_S, jobs, 8), 2);
    view_look_close(&look);
    unlink(log);
}

void a_job_is_looked_at_where_it_is(void **state) {
    (void)state;
    struct view_look look;
    char log[64];
    int32_t nodes[64];
    open_jobs(&look, log);
    dh_view_seek(look.view, 12000 * DH_NS_PER_S);
    assert_true(dh_view_select(look.view, "open"));
    dh_view_show_tab(look.view, DH_TAB_FLOOR);
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view_look_says(&look, "open") && view_look_says(&look, "On 3 nodes"));
    int32_t n = look.source->ops->places(look.source, 2, nodes, 64), outlined = 0, racks = 0;
    assert_int_equal(n, 3);
    const int32_t *on = look.source->ops->node_job(look.source);
    for (int32_t i = 0; i < n; i++)
        assert_true(on[nodes[i]] == 2);
    const struct dh_facility *f = look.source->facility;
    for (int32_t r = 0; r < f->n_rack; r++) {
        bool is = false;
        for (int32_t i = 0; i < n; i++)
            is |= f->node_rack[nodes[i]] == r;
        racks += is;
    }
    for (int32_t i = 0; i < look.scene.n_ink; i++)
        outlined += look.scene.inks[i].kind == DH_INK_FRAME && look.scene.inks[i].color == 0xFFFFFF;
    assert_int_equal(outlined, racks);
    struct dh_view_job job;
    assert_false(look.source->ops->job(look.source, 4, &job)); /* there are four */
    assert_false(look.source->ops->job(look.source, -1, &job));
    view_look_close(&look);
    unlink(log);
}

/* ---- a run in progress */

struct runner {
    struct dh_sim *sim;
    struct dh_source *source;
    struct dh_diag *diag;
    enum dh_err err;
};
static void *run(void *self) {
    struct runner *r = self;
    struct dh_run_options options = {0};
    r->err = dh_sim_run(r->sim, &options, r->diag);
    dh_source_live_ended(r->source);
    return NULL;
}

/* As a view does, while the run goes on: how often it saw jobs. */
static int watch(struct dh_source *source) {
    struct dh_view_job jobs[64];
    int seen = 0;
    while (source->live) {
        source->ops->poll(source, 0.03);
        if (source->newest == DH_TIME_NONE)
            continue;
        source->ops->seek(source, source->newest);
        const int32_t *on = source->ops->node_job(source);
        int32_t n = source->ops->running(source, jobs, 64);
        for (int32_t i = 0; i < n && i < 64; i++)
            assert_true(jobs[i].gpus > 0 && jobs[i].state == DH_VIEW_RUNS && *jobs[i].name);
        source->ops->between(source, 0, source->newest, jobs, 64);
        seen += on && n > 0;
    }
    source->ops->poll(source, 0.03);
    source->ops->seek(source, source->newest);
    return seen;
}

void jobs_of_a_run_in_progress_are_those_of_its_result(void **state) {
    (void)state;
    enum { MOST = 4096 };
    struct view_look look;
    struct dh_sim *sim;
    struct dh_diag *diag = dh_diag_new();
    struct dh_scenario_changes changes = {.until = "2 d"};
    view_look_open(&look, "scenarios/examples/small-hall.xml", changes.until);
    assert_int_equal(dh_sim_open(&sim, "scenarios/examples/small-hall.xml", &changes, diag), DH_OK);
    struct runner w = {.sim = sim, .diag = diag};
    assert_int_equal(
        dh_source_open_live(&w.source, dh_sim_facility(sim), "live", 2 * 86400 * DH_NS_PER_S, NULL, NULL),
        DH_OK);
    struct dh_observer observer = dh_source_live_observer(w.source);
    pthread_t thread;
    assert_int_equal(dh_sim_watch(sim, &observer), DH_OK);
    assert_int_equal(pthread_create(&thread, NULL, run, &w), 0);
    int seen = watch(w.source);
    pthread_join(thread, NULL);
    assert_int_equal(w.err, DH_OK);
    assert_true(seen > 0);

    /* At the end of both: the same jobs on the same nodes, the same that wait. */
    struct dh_view_job *live = calloc(MOST, sizeof *live), *kept = calloc(MOST, sizeof *kept), one;
    assert_true(live && kept);
    dh_time end = 2 * 86400 * DH_NS_PER_S;
    look.source->ops->seek(look.source, end);
    int32_t n = w.source->ops->running(w.source, live, MOST);
    assert_true(n > 0 && n < MOST);
    assert_int_equal(look.source->ops->running(look.source, kept, MOST), n);
    for (int32_t i = 0; i < n; i++) {
        assert_true(live[i].row == kept[i].row && live[i].gpus == kept[i].gpus);
        assert_true(llabs(live[i].start - kept[i].start) <= 1); /* seconds of a double */
        assert_string_equal(live[i].name, kept[i].name);
    }
    assert_int_equal(w.source->ops->waiting(w.source, live, MOST),
                     look.source->ops->waiting(look.source, kept, MOST));
    const int32_t *here = w.source->ops->node_job(w.source), *there = look.source->ops->node_job(look.source);
    assert_non_null(here);
    for (int32_t i = 0; i < w.source->facility->n_node; i++)
        assert_true((here[i] < 0) == (there[i] < 0));
    /* And all that ran on its second day. */
    n = look.source->ops->between(look.source, end / 2, end, kept, MOST);
    assert_true(n > 0 && n < MOST);
    assert_int_equal(w.source->ops->between(w.source, end / 2, end, live, MOST), n);
    for (int32_t i = 0; i < n; i++) {
        assert_true(live[i].row == kept[i].row && live[i].state == kept[i].state);
        assert_true(w.source->ops->job(w.source, kept[i].row, &one) && one.gpus == kept[i].gpus);
    }
    free(live);
    free(kept);
    dh_source_close(w.source);
    dh_sim_close(sim);
    dh_diag_delete(diag);
    view_look_close(&look);
}

/* ---- fabrics */

static double value(struct view_look *look, enum dh_column_id column, int32_t row) {
    return dh_source_value(look->source, column, row);
}

/* Two jobs on eight nodes each, four on either leaf: of eight steps around their rings one leaves each leaf.
 * 128 adapters of 50 GB/s; a leaf has four links up, of which adaptive routing reaches 0.95. */
void loads_of_links_are_those_of_the_steps_on_them(void **state) {
    (void)state;
    struct view_look look;
    view_look_open(&look, "scenarios/examples/shared-spine.xml", "30 min");
    const struct dh_facility *f = look.source->facility;
    assert_int_equal(f->n_link, 4); /* of two leaves, up and down */
    dh_view_seek(look.view, 900 * DH_NS_PER_S);
    double host = value(&look, DH_COLUMN_fabric_host_load_frac, 0);
    double sent = host * 128 * 50e9, up = value(&look, DH_COLUMN_link_load_frac, 0) * 0.95 * 4 * 50e9;
    assert_true(host > 0.05);
    assert_true(fabs(up - sent / 8) < 0.01 * up);
    assert_true(fabs(value(&look, DH_COLUMN_fabric_local_most_frac, 0) -
                     value(&look, DH_COLUMN_link_load_frac, 0)) < 0.002);
    assert_true(isnan(value(&look, DH_COLUMN_fabric_global_load_frac, 0)));
    assert_true(value(&look, DH_COLUMN_link_works_frac, 3) == 1);
    dh_view_show_tab(look.view, DH_TAB_NETWORK);
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view_look_says(&look, "leaf 1") && view_look_says(&look, "all in service"));
    view_look_close(&look);
}

void what_is_out_of_a_fabric_is_recorded_and_shown(void **state) {
    (void)state;
    struct view_look look;
    const char *const trips[] = {"net/spine:1@10 min:10 min"};
    view_look_open_with(&look, "scenarios/examples/shared-spine.xml",
                        &(struct dh_scenario_changes){.trips = trips, .n_trip = 1, .until = "30 min"});
    const struct dh_facility *f = look.source->facility;
    dh_view_show_tab(look.view, DH_TAB_NETWORK);
    for (int k = 0; k < 3; k++) { /* before, while and after */
        bool out = k == 1;
        int32_t n_out = 0;
        dh_view_seek(look.view, (300 + 600 * k) * DH_NS_PER_S);
        for (int32_t u = 0; u < f->n_netunit; u++) {
            bool is = value(&look, DH_COLUMN_netunit_out, u) > 0.5;
            assert_true(!is || f->fabric.unit[u].unit == DH_NET_SPINE);
            n_out += is;
        }
        assert_int_equal(n_out, out);
        assert_true(fabs(value(&look, DH_COLUMN_link_works_frac, 0) - (out ? 0.75 : 1)) < 1e-3);
        assert_string_equal(view_look_complaint(&look), "");
        assert_true(view_look_says(&look, "1 out of service") == out);
        assert_true(view_look_says(&look, "\u25b2 spine 0") == out);
    }
    assert_true(dh_view_select(look.view, "net/spine#1"));
    assert_string_equal(view_look_complaint(&look), "");
    view_look_close(&look);
}
