#include "sim/app/show.h"

#include "viz/sdl/picture.h"
#include "viz/sdl/thread.h"
#include "viz/sdl/window.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* ---- options
 * -----------------------------------------------------------------------------------------------
 */

static int read_size(struct show *s, const char *text) {
    char rest;
    if (text && (sscanf(text, "%dx%d%c", &s->w, &s->h, &rest) != 2 || s->w < 320 || s->h < 200 ||
                 s->w > 16384 || s->h > 16384))
        return app_usage("--size is WIDTHxHEIGHT in pixels, from 320x200 to 16384x16384, not '%.60s'", text);
    return 0;
}

int show_read(struct show *s, const struct cli *cli) {
    const char *tab = cli_value(cli, "tab"), *overlay = cli_value(cli, "overlay"),
               *scale = cli_value(cli, "scale");
    const char *every = cli_value(cli, "every");
    *s = (struct show){.at = cli_value(cli, "at"),
                       .select = cli_value(cli, "select"),
                       .screenshot = cli_value(cli, "screenshot"),
                       .frames = cli_value(cli, "frames"),
                       .difference = cli_flag(cli, "difference"),
                       .gpu = cli_flag(cli, "gpu")};
    if (tab && !dh_view_tab_of(tab, &s->tab))
        return app_usage("--tab is floor, power, cooling, network or work, not '%.60s'", tab);
    if (overlay && !dh_view_overlay_of(overlay, &s->overlay))
        return app_usage("--overlay is a number from 1 to 9 or a name as 'power', not '%.60s'", overlay);
    if (scale && (scale[0] < '1' || scale[0] > '8' || scale[1]))
        return app_usage("--scale is a whole number from 1 to 8, not '%.60s'", scale);
    s->scale = scale ? scale[0] - '0' : 0;
    const char *pace = cli_value(cli, "pace");
    if (pace && !dh_view_span_of(pace, &s->pace))
        return app_usage("--pace is simulated time a second, as '10 min', not '%.60s'", pace);
    if (s->frames && !every)
        return app_usage("--frames needs --every, as in --every '1 h'");
    if (every && !dh_view_span_of(every, &s->every))
        return app_usage("--every is a length of time, as '1 h', not '%.60s'", every);
    return read_size(s, cli_value(cli, "size"));
}

int show_finish(const struct show *s, struct dh_diag *diag, enum dh_err err, const struct cli *cli) {
    if (!s->said)
        return app_finish(diag, err, cli);
    dh_diag_delete(diag);
    return dh_err_exit_status(err);
}

bool show_is_headless(const struct show *s) {
    return s->screenshot || s->frames;
}

/* What the options say of the view itself. */
static enum dh_err prepare(struct show *s, struct dh_view *view) {
    dh_time at = 0;
    dh_view_show_tab(view, s->tab);
    if (s->overlay > 0)
        dh_view_show_overlay(view, s->overlay);
    if (s->difference && !dh_view_show_difference(view, true)) {
        s->said = true;
        app_usage("--difference is of two results with the same racks");
        return DH_ERR_USAGE;
    }
    if (s->at && !dh_view_time_of(view, s->at, &at)) {
        s->said = true;
        app_usage("--at is a time in the run, as '2026-07-14T15:00' or '36 h', not '%.60s'", s->at);
        return DH_ERR_USAGE;
    }
    if (s->at)
        dh_view_seek(view, at);
    if (s->select && !dh_view_select(view, s->select)) {
        s->said = true;
        app_usage("nothing here is called '%.60s'", s->select);
        return DH_ERR_USAGE;
    }
    return DH_OK;
}

/* ---- pictures
 * ----------------------------------------------------------------------------------------------
 */

static void say(void *self, const char *text) {
    (void)self;
    fprintf(stderr, "datahall: %s\n", text);
}

static enum dh_err not_written(const char *path, const char *problem) {
    fprintf(stderr, "datahall: error: %s: %s [%s]\n", path, problem, dh_err_code(DH_ERR_IO));
    return DH_ERR_IO;
}

static enum dh_err save(struct dh_picture *picture, struct dh_view *view, const char *path) {
    char problem[256];
    return dh_picture_save(picture, view, path, problem, sizeof problem) ? DH_OK : not_written(path, problem);
}

/* The first that could not be written. */
static enum dh_err ask_album(struct dh_album *album) {
    struct dh_album_news news;
    return dh_album_news(album, &news) ? not_written(news.path, news.problem) : DH_OK;
}

/* Drawn one after another, packed by all processors. */
static enum dh_err save_frames(const struct show *s, struct dh_picture *picture, struct dh_view *view) {
    if (mkdir(s->frames, 0777) != 0 && errno != EEXIST)
        return not_written(s->frames, strerror(errno));
    struct dh_album *album = dh_album_open(SDL_GetCPUCount());
    enum dh_err err = album ? DH_OK : DH_ERR_MEMORY;
    dh_time at = dh_view_at(view);
    for (int n = 1; err == DH_OK && !app_stop; n++, at += s->every) {
        char path[4200];
        snprintf(path, sizeof path, "%.4000s/frame-%06d.png", s->frames, n);
        dh_view_seek(view, at);
        if (n > 1 && dh_view_at(view) < at)
            break;
        if (!dh_picture_add(picture, view, album, path, true))
            err = DH_ERR_MEMORY;
        if (err == DH_OK)
            err = ask_album(album);
    }
    if (album)
        dh_album_finish(album);
    if (err == DH_ERR_MEMORY)
        fprintf(stderr, "datahall: error: no memory for pictures [%s]\n", dh_err_code(err));
    else if (err == DH_OK)
        err = ask_album(album);
    dh_album_close(album);
    return err;
}

enum dh_err show_pictures(struct show *s, struct dh_view *view) {
    int w = s->w > 0 ? s->w : 1920, h = s->h > 0 ? s->h : 1080;
    struct dh_picture *picture = dh_picture_open(w, h);
    if (!picture) {
        fprintf(stderr, "datahall: error: no picture of %dx%d: %s [%s]\n", w, h, SDL_GetError(),
                dh_err_code(DH_ERR_MEMORY));
        s->said = true;
        return DH_ERR_MEMORY;
    }
    if (*dh_picture_font_problem(picture))
        say(NULL, dh_picture_font_problem(picture));
    dh_view_resize(view, w, h, s->scale);
    enum dh_err err = prepare(s, view);
    if (err == DH_OK && s->screenshot)
        err = save(picture, view, s->screenshot);
    if (err == DH_OK && s->frames)
        err = save_frames(s, picture, view);
    dh_picture_close(picture);
    s->said |= err != DH_OK;
    return err;
}

/* ---- a run
 * -------------------------------------------------------------------------------------------------
 */

/* Who wants to act in a run needs time for it: a sample is not earlier than the clock on the wall allows.
 * What the run does stays the same. */
struct pacer {
    dh_time pace;
    struct timespec began;
    const volatile int *stop;
    dh_time first; /* DH_TIME_NONE: none yet */
};

static double since_s(const struct timespec *began) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - began->tv_sec) + (double)(now.tv_nsec - began->tv_nsec) * 1e-9;
}

static enum dh_err keep_pace(void *self, enum dh_sample what, dh_time at, const struct dh_facility *f,
                             const struct dh_state *state) {
    struct pacer *p = self;
    (void)f, (void)state;
    if (what != DH_SAMPLE_FACILITY)
        return DH_OK;
    if (p->first == DH_TIME_NONE) {
        p->first = at;
        clock_gettime(CLOCK_MONOTONIC, &p->began);
    }
    double due_s = (double)(at - p->first) / (double)p->pace;
    for (double left;
         !__atomic_load_n(p->stop, __ATOMIC_RELAXED) && (left = due_s - since_s(&p->began)) > 0;) {
        double nap_s = left < 0.05 ? left : 0.05; /* the window may be closed meanwhile */
        nanosleep(&(struct timespec){.tv_nsec = (long)(nap_s * 1e9)}, NULL);
    }
    return DH_OK;
}

struct runner {
    struct dh_sim *sim;
    struct dh_run_options options;
    struct dh_source *source;
    struct dh_diag *diag;
    enum dh_err err;
    volatile int stop;
    pthread_t thread;
    bool began, closes; /* closes: the window, at its end */
    atomic_bool over, close;
};

static void *run(void *self) {
    struct runner *r = self;
    r->err = dh_sim_run(r->sim, &r->options, r->diag);
    dh_source_live_ended(r->source);
    atomic_store(&r->close, r->closes);
    atomic_store(&r->over, true);
    return NULL;
}

static void begin(void *self) {
    struct runner *r = self;
    r->began = dh_thread_start(&r->thread, 16 << 20, run, r);
    if (!r->began) {
        r->err = DH_ERR_MEMORY;
        atomic_store(&r->close, true);
    }
}

/* Hands what the view's user wants to the run. */
static void act(void *self, struct dh_view *view) {
    struct runner *r = self;
    struct dh_view_deed deed;
    while (dh_view_deed(view, &deed)) {
        struct dh_diag *diag = dh_diag_new();
        char text[400];
        enum dh_err err = dh_sim_act(r->sim, deed.deed, deed.what, deed.value, deed.lasts, diag);
        struct dh_diag_message said = {0};
        if (diag && dh_diag_count(diag) > 0)
            said = dh_diag_at(diag, 0);
        if (err == DH_OK)
            snprintf(text, sizeof text, "Asked of the run: %s %.200s %.60s", deed.deed, deed.what,
                     deed.value);
        else
            snprintf(text, sizeof text, "%.200s%s%.180s", said.text ? said.text : dh_err_text(err),
                     said.hint ? "; " : "", said.hint ? said.hint : "");
        dh_view_answer(view, err == DH_OK, text);
        dh_diag_delete(diag);
    }
}

/* ---- a window
 * ----------------------------------------------------------------------------------------------
 */

/* Until it is closed; a runner begins once it is there. DH_ERR_NO_DEVICE: there is none to be had, which is
 * said, or it is lost. */
static enum dh_err in_window(struct show *s, struct dh_view *view, const char *title, struct runner *runner) {
    char problem[256], name[256];
    enum dh_err err = prepare(s, view);
    if (err != DH_OK)
        return err;
    snprintf(name, sizeof name, "%.200s \u2013 datahall", title);
    struct dh_window_options options = {.w = s->w,
                                        .h = s->h,
                                        .scale = s->scale,
                                        .gpu = s->gpu,
                                        .title = name,
                                        .stop = &app_stop,
                                        .over = runner ? &runner->close : NULL,
                                        .say = say,
                                        .opened = runner ? begin : NULL,
                                        .act = runner ? act : NULL,
                                        .self = runner};
    dh_view_hear(view, runner != NULL);
    switch (dh_window_run(view, &options, problem, sizeof problem)) {
    case DH_WINDOW_CLOSED:
        return DH_OK;
    case DH_WINDOW_LOST:
        s->lost = true;
        return DH_ERR_NO_DEVICE;
    case DH_WINDOW_NONE:
        break;
    }
    fprintf(stderr,
            "datahall: error: no window: %s [%s]\n  hint: pictures need no display: --screenshot FILE.png "
            "--at TIME, or "
            "--frames FOLDER --every '1 h'\n",
            problem, dh_err_code(DH_ERR_NO_DEVICE));
    s->said = true;
    return DH_ERR_NO_DEVICE;
}

static void say_lost(struct show *s, const char *what_then) {
    fprintf(stderr, "datahall: error: the display is gone%s [%s]\n", what_then,
            dh_err_code(DH_ERR_NO_DEVICE));
    s->said = true;
}

enum dh_err show_window(struct show *s, struct dh_view *view, const char *title) {
    enum dh_err err = in_window(s, view, title, NULL);
    if (s->lost)
        say_lost(s, "");
    return err;
}

/* ---- both
 * ------------------------------------------------------------------------------------------------
 */

/* Until the run is over, also behind a window that was closed; a signal ends it. */
static void wait_for(struct runner *r) {
    while (r->began && !atomic_load(&r->over)) {
        if (app_stop)
            __atomic_store_n(&r->stop, app_stop, __ATOMIC_RELAXED);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    if (r->began)
        pthread_join(r->thread, NULL);
}

static enum dh_err watch_run(struct show *s, struct dh_view *view, struct runner *r, bool ends) {
    enum dh_err shown = in_window(s, view, dh_sim_name(r->sim), r);
    if (s->lost && !ends) {
        say(s, "the display is gone: the run goes on without it");
        shown = DH_OK;
    } else if (s->lost) {
        say_lost(s, ": the run ends here");
    }
    if (ends || app_stop || shown != DH_OK)
        __atomic_store_n(&r->stop, app_stop ? app_stop : SIGINT, __ATOMIC_RELAXED);
    wait_for(r);
    if (shown != DH_OK)
        return shown;
    /* The window was closed: that is no mishap. */
    return r->err == DH_ERR_INTERRUPTED && !app_stop ? DH_OK : r->err;
}

enum dh_err show_run(struct show *s, struct dh_sim *sim, const struct dh_run_options *options, bool ends,
                     struct dh_diag *diag) {
    struct runner r = {.sim = sim, .options = *options, .diag = diag, .closes = s->close};
    struct dh_result_host *host = NULL;
    struct dh_view *view = NULL;
    double horizon_s = dh_sim_estimate(sim).duration_s;
    r.options.stop = &r.stop;
    r.options.progress = NULL;
    enum dh_err err = dh_result_host_start(&host); /* while there is one thread */
    if (err == DH_OK)
        err = dh_source_open_live(&r.source, dh_sim_facility(sim), dh_sim_name(sim),
                                  dh_time_from_s(horizon_s), options->output, host);
    if (err == DH_OK)
        err = dh_view_open(&view, &r.source, 1);
    if (err == DH_OK) {
        struct dh_observer observer = dh_source_live_observer(r.source);
        err = dh_sim_watch(sim, &observer);
    }
    struct pacer pacer = {.pace = s->pace, .stop = &r.stop, .first = DH_TIME_NONE};
    if (err == DH_OK && s->pace > 0)
        err = dh_sim_watch(sim, &(struct dh_observer){.sample = keep_pace, .self = &pacer});
    if (err == DH_OK)
        err = watch_run(s, view, &r, ends);
    dh_view_close(view);
    dh_source_close(r.source);
    dh_result_host_stop(host);
    return err;
}
