/* Random input for a view that is drawn, for sanitizers to look on: monkey EVENTS SEED RESULT.h5 [OTHER.h5],
 * or monkey EVENTS SEED SCENARIO.xml OUT.h5 for a run in progress, in which it does what its buttons say.
 * Status 0: it is still there. */
#include <datahall/datahall.h>
#include "output/result_host.h"
#include "sim/rng.h"
#include "viz/parts.h"
#include "viz/sdl/picture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stage {
    struct dh_sim *sims[2];
    struct dh_source *sources[2];
    struct dh_view *view;
    struct dh_picture *picture;
    struct dh_diag *diag;
    struct dh_result_host *host;
    struct dh_rng rng;
    const char *out; /* of the run */
    pthread_t thread;
    volatile int stop;
    int n_deed, n_refused;
    bool live;
};

static void die(struct stage *s, const char *what) {
    fprintf(stderr, "monkey: %s: %s\n", what, dh_diag_count(s->diag) > 0 ? dh_diag_at(s->diag, 0).text : "");
    exit(1);
}

/* ---- what it plays with -----------------------------------------------------------------------------------
 */

static void *run(void *self) {
    struct stage *s = self;
    struct dh_run_options options = {.output = s->out, .stop = &s->stop};
    enum dh_err err = dh_sim_run(s->sims[0], &options, NULL);
    if (err != DH_OK && err != DH_ERR_INTERRUPTED)
        abort();
    dh_source_live_ended(s->sources[0]);
    return NULL;
}

static void open_run(struct stage *s, const char *scenario) {
    if (dh_result_host_start(&s->host) != DH_OK ||
        dh_sim_open(&s->sims[0], scenario, &(struct dh_scenario_changes){.until = "400 d"}, s->diag) != DH_OK)
        die(s, scenario);
    dh_time horizon = dh_time_from_s(dh_sim_estimate(s->sims[0]).duration_s);
    if (dh_source_open_live(&s->sources[0], dh_sim_facility(s->sims[0]), "live", horizon, s->out, s->host) !=
        DH_OK)
        die(s, scenario);
    struct dh_observer observer = dh_source_live_observer(s->sources[0]);
    if (dh_sim_watch(s->sims[0], &observer) != DH_OK || pthread_create(&s->thread, NULL, run, s) != 0)
        die(s, scenario);
    s->live = true;
}

static void open_result(struct stage *s, int i, const char *path) {
    if (dh_sim_open_result(&s->sims[i], path, s->diag) != DH_OK ||
        dh_source_open_result(&s->sources[i], NULL, path, dh_sim_facility(s->sims[i]), s->diag) != DH_OK)
        die(s, path);
}

static void resize(struct stage *s) {
    static const int sizes[][2] = {
        {320,  200 },
        {640,  360 },
        {800,  1200},
        {1280, 720 },
        {1920, 1080},
        {3840, 2160}
    };
    const int *size = sizes[dh_rng_below(&s->rng, 6)];
    dh_picture_close(s->picture);
    s->picture = dh_picture_open(size[0], size[1]);
    if (!s->picture)
        die(s, "no picture");
    dh_view_resize(s->view, size[0], size[1], (int)dh_rng_below(&s->rng, 4));
    dh_picture_draw(s->picture, s->view);
}

/* ---- what it does -----------------------------------------------------------------------------------------
 */

static void act(struct stage *s) {
    struct dh_view_deed deed;
    while (dh_view_deed(s->view, &deed)) {
        bool good = s->live
                        ? dh_sim_act(s->sims[0], deed.deed, deed.what, deed.value, deed.lasts, NULL) == DH_OK
                        : dh_rng_below(&s->rng, 2) == 0;
        s->n_deed += good;
        s->n_refused += !good;
        dh_view_answer(s->view, good,
                       good ? "as asked" : "that is not possible, for a reason that takes long to tell");
    }
}

static int any_key(struct stage *s) {
    static const char marks[] = " .,+-[]fdmlpp/?hsryaztgceib123456789xq";
    enum { N_NAMED = DH_KEY_F11 - DH_KEY_LEFT + 1 };
    uint64_t k = dh_rng_below(&s->rng, sizeof marks - 1 + N_NAMED);
    return k < sizeof marks - 1 ? marks[k] : DH_KEY_LEFT + (int)(k - (sizeof marks - 1));
}

static const char *any_text(struct stage *s) {
    static const char *const texts[] = {"r-00", "ups",    "l-0", "hall",     "64", "2 h",  "400 W", "24 degC",
                                        "none", "10 min", "x",   "\xc3\xa9", " ",  "9999", "/",     "net"};
    return texts[dh_rng_below(&s->rng, sizeof texts / sizeof *texts)];
}

/* A part that answers, rather one that does something in the run. */
static const struct dh_hit *any_hit(struct stage *s, const struct dh_scene *scene) {
    const struct dh_hit *hit = NULL;
    for (int tries = 0; tries < 8 && scene->n_hit > 0; tries++) {
        hit = &scene->hits[dh_rng_below(&s->rng, (uint64_t)scene->n_hit)];
        if (hit->kind >= DH_HIT_DEED && hit->kind <= DH_HIT_SEND)
            break;
    }
    return hit;
}

/* Anywhere, and half of the time on something that answers. */
static void aim(struct stage *s, struct dh_view_input *in) {
    const struct dh_scene *scene = s->view->drawn;
    const struct dh_hit *hit = dh_rng_below(&s->rng, 2) == 0 ? any_hit(s, scene) : NULL;
    struct dh_box b = hit ? hit->box : (struct dh_box){-40, -40, scene->size.w + 80, scene->size.h + 80};
    in->x = b.x + (float)dh_rng_uniform(&s->rng) * b.w;
    in->y = b.y + (float)dh_rng_uniform(&s->rng) * b.h;
}

static void poke(struct stage *s) {
    struct dh_view_input in = {.kind = (enum dh_view_input_kind)dh_rng_below(&s->rng, DH_IN_LEAVE + 1),
                               .key = any_key(s),
                               .shift = dh_rng_below(&s->rng, 4) == 0,
                               .ctrl = dh_rng_below(&s->rng, 10) == 0,
                               .button = dh_rng_below(&s->rng, 20) == 0 ? 3 : 1,
                               .wheel = (float)(dh_rng_uniform(&s->rng) * 8 - 4)};
    if (dh_rng_below(&s->rng, 40) == 0)
        dh_view_select(s->view, any_text(s));
    aim(s, &in);
    snprintf(in.text, sizeof in.text, "%s", any_text(s));
    dh_view_input(s->view, &in);
    if (in.kind == DH_IN_DOWN && dh_rng_below(&s->rng, 2) == 0) { /* a click */
        in.kind = DH_IN_UP;
        dh_view_input(s->view, &in);
    }
}

static void play(struct stage *s, int events) {
    resize(s);
    for (int i = 0; i < events; i++) {
        poke(s);
        if (dh_rng_below(&s->rng, 500) == 0)
            resize(s);
        if (!s->live) /* half of the time somebody hears */
            dh_view_hear(s->view, i > events / 2);
        dh_view_tick(s->view, 0.016);
        unsigned wishes = dh_view_wishes(s->view);
        act(s);
        if (wishes & DH_WISH_COPY)
            dh_view_copy(s->view);
        if (wishes & DH_WISH_PICTURE) {
            struct dh_text text = {0};
            dh_view_sidecar(s->view, &text);
            dh_text_free(&text);
        }
        if (i % 20 == 0)
            dh_picture_draw(s->picture, s->view);
        if (s->view->drawn->failed)
            die(s, "memory is exhausted");
    }
}

int main(int argc, char **argv) {
    struct stage s = {.diag = dh_diag_new()};
    if (argc < 4) {
        fprintf(stderr,
                "monkey EVENTS SEED RESULT.h5 [OTHER.h5], or monkey EVENTS SEED SCENARIO.xml OUT.h5\n");
        return 2;
    }
    s.rng = dh_rng_stream(strtoull(argv[2], NULL, 10), 2, 3);
    const char *dot = strrchr(argv[3], '.');
    int n = 1;
    if (dot && strcmp(dot, ".xml") == 0) {
        s.out = argc > 4 ? argv[4] : NULL;
        open_run(&s, argv[3]);
    } else {
        n = argc > 4 ? 2 : 1;
        for (int i = 0; i < n; i++)
            open_result(&s, i, argv[3 + i]);
    }
    if (dh_view_open(&s.view, s.sources, n) != DH_OK)
        die(&s, "no view");
    dh_view_hear(s.view, s.live);
    play(&s, atoi(argv[1]));
    if (s.live) {
        __atomic_store_n(&s.stop, 1, __ATOMIC_RELAXED);
        pthread_join(s.thread, NULL);
    }
    printf("%s events, %d deeds, %d refused\n", argv[1], s.n_deed, s.n_refused);
    dh_picture_close(s.picture);
    dh_view_close(s.view);
    for (int i = 0; i < n; i++) {
        dh_source_close(s.sources[i]);
        dh_sim_close(s.sims[i]);
    }
    dh_result_host_stop(s.host);
    dh_diag_delete(s.diag);
    return 0;
}
