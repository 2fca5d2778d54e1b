/* How long the view takes: from state to pixels, with the software renderer.
 *
 *   bench_view frames RESULT [WxH [SPEED]]  every tab, overlay and selection: frames of an instant that
 * stays, and frames that each show a new one, at SPEED simulated s a second bench_view window RESULT [WxH]
 * the same in a window of SDL's driver, presented bench_view seek RESULT                  opening, then
 * instants at random, each with its frame bench_view play RESULT TAB SPEED S      plays for S seconds as the
 * window does, 60 frames a second at most
 *
 * Processor time is that of the thread that draws; wall time counts the reader's process, too. */
#include <datahall/datahall.h>
#include "viz/parts.h"
#include "viz/sdl/canvas.h"
#include "viz/sdl/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N = 400, FRAMES_PER_S = 60 };

struct bench {
    struct dh_diag *diag;
    struct dh_sim *sim;
    struct dh_source *source;
    struct dh_view *view;
    struct dh_picture *picture; /* or: */
    SDL_Window *window;
    SDL_Renderer *renderer;
    struct dh_canvas *canvas;
    struct dh_scene scene;
    int w, h;
};

struct clocks {
    double cpu_ms, wall_ms;
};

static double ms_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static struct clocks now(void) {
    return (struct clocks){ms_of(CLOCK_THREAD_CPUTIME_ID), ms_of(CLOCK_MONOTONIC)};
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct times {
    double cpu_ms[N], wall_ms[N];
    int n;
};

static void note(struct times *t, struct clocks began) {
    struct clocks ended = now();
    t->cpu_ms[t->n] = ended.cpu_ms - began.cpu_ms;
    t->wall_ms[t->n++] = ended.wall_ms - began.wall_ms;
}

/* Median, 99 in 100, worst. */
static void print_times(struct times *t) {
    qsort(t->cpu_ms, (size_t)t->n, sizeof(double), ascending);
    qsort(t->wall_ms, (size_t)t->n, sizeof(double), ascending);
    int middle = t->n / 2, late = t->n * 99 / 100, last = t->n - 1;
    printf(" | %6.2f %6.2f | %6.2f %6.2f %7.2f", t->cpu_ms[middle], t->cpu_ms[late], t->wall_ms[middle],
           t->wall_ms[late], t->wall_ms[last]);
    t->n = 0;
}

static void frame(struct bench *b) {
    if (b->picture) {
        dh_picture_draw(b->picture, b->view);
        return;
    }
    dh_view_draw(b->view, &b->scene);
    dh_canvas_draw(b->canvas, &b->scene);
    SDL_RenderPresent(b->renderer);
}

/* ---- opening
 * -----------------------------------------------------------------------------------------------
 */

static bool open_result(struct bench *b, const char *path) {
    b->diag = dh_diag_new();
    return dh_sim_open_result(&b->sim, path, b->diag) == DH_OK &&
           dh_source_open_result(&b->source, NULL, path, dh_sim_facility(b->sim), b->diag) == DH_OK &&
           dh_view_open(&b->view, &b->source, 1) == DH_OK;
}

static bool open_screen(struct bench *b, bool window) {
    dh_view_resize(b->view, b->w, b->h, 0);
    if (!window)
        return (b->picture = dh_picture_open(b->w, b->h)) != NULL;
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    if (SDL_Init(SDL_INIT_VIDEO) != 0)
        return false;
    b->window = SDL_CreateWindow("bench", 0, 0, b->w, b->h, 0);
    b->renderer = b->window ? SDL_CreateRenderer(b->window, -1, SDL_RENDERER_SOFTWARE) : NULL;
    b->canvas = b->renderer ? dh_canvas_open(b->renderer) : NULL;
    return b->canvas != NULL;
}

static void close_bench(struct bench *b) {
    dh_picture_close(b->picture);
    dh_canvas_close(b->canvas);
    dh_scene_free(&b->scene);
    if (b->renderer)
        SDL_DestroyRenderer(b->renderer);
    if (b->window)
        SDL_DestroyWindow(b->window);
    dh_view_close(b->view);
    dh_source_close(b->source);
    dh_sim_close(b->sim);
    dh_diag_delete(b->diag);
    SDL_Quit();
}

/* ---- frames
 * ------------------------------------------------------------------------------------------------
 */

/* Whatever of a kind the result has: its middle one; of jobs the largest that runs. */
static bool choose(struct bench *b, enum dh_view_what what) {
    struct dh_view_thing thing = {what, dh_thing_count(b->view, what) / 2};
    struct dh_view_job job;
    if (what == DH_A_JOB)
        thing.row = b->source->ops->running(b->source, &job, 1) > 0 ? job.row : -1;
    else if (dh_thing_count(b->view, what) == 0)
        return false;
    if (thing.row < 0)
        return false;
    dh_view_choose(b->view, thing);
    return true;
}

static void measure(struct bench *b, const char *name, double speed) {
    dh_time begin = b->source->begin, span = b->source->newest - begin;
    dh_time step = dh_time_from_s(speed / FRAMES_PER_S);
    struct times t = {0};
    step = step * N > span / 2 ? span / 2 / N : step; /* not beyond the end */
    printf("%-28s", name);
    frame(b); /* glyphs, traces: once */
    for (int way = 0; way < 2; way++) {
        for (int i = 0; i < N; i++) {
            struct clocks began = now();
            if (way == 1)
                dh_view_seek(b->view, begin + span / 2 + i * step);
            frame(b);
            note(&t, began);
        }
        print_times(&t);
    }
    printf("\n");
    fflush(stdout);
    dh_view_seek(b->view, begin + span / 2);
}

static void frames(struct bench *b, double speed) {
    static const struct {
        const char *name;
        enum dh_view_what what;
        enum dh_view_tab tab;
    } chosen[] = {
        {"floor, a rack selected",     DH_A_RACK,   DH_TAB_FLOOR  },
        {"floor, a job selected",      DH_A_JOB,    DH_TAB_FLOOR  },
        {"power, a stage selected",    DH_A_STAGE,  DH_TAB_POWER  },
        {"cooling, a CDU selected",    DH_A_CDU,    DH_TAB_COOLING},
        {"cooling, a plant selected",  DH_A_CPLANT, DH_TAB_COOLING},
        {"network, a switch selected", DH_A_SWITCH, DH_TAB_NETWORK},
        {"work, a job selected",       DH_A_JOB,    DH_TAB_WORK   },
    };
    char name[64];
    printf("%d racks, %s, %dx%d, ms; a new instant each frame: %g s a second\n",
           (int)b->view->facility->n_rack, b->source->name, b->w, b->h, speed);
    printf("%-28s | %-13s | %-21s | %-13s | %-21s\n", "", "still: cpu", "wall", "new: cpu", "wall");
    printf("%-28s | %6s %6s | %6s %6s %7s | %6s %6s | %6s %6s %7s\n", "", "median", "p99", "median", "p99",
           "worst", "median", "p99", "median", "p99", "worst");
    dh_view_seek(b->view, b->source->begin + (b->source->newest - b->source->begin) / 2);
    for (int tab = 0; tab < DH_N_TAB; tab++) {
        dh_view_show_tab(b->view, (enum dh_view_tab)tab);
        for (int o = 1; o <= (tab == DH_TAB_FLOOR ? DH_N_OVERLAY : 1); o++) {
            dh_view_show_overlay(b->view, o);
            snprintf(name, sizeof name, "%s%s%s", dh_tab_names[tab], tab == DH_TAB_FLOOR ? ", " : "",
                     tab == DH_TAB_FLOOR ? dh_overlays[o - 1].name : "");
            measure(b, name, speed);
        }
        dh_view_show_overlay(b->view, 1);
    }
    for (unsigned i = 0; i < sizeof chosen / sizeof *chosen; i++) {
        dh_view_show_tab(b->view, chosen[i].tab);
        if (choose(b, chosen[i].what))
            measure(b, chosen[i].name, speed);
    }
}

/* ---- through a year
 * ----------------------------------------------------------------------------------------
 */

/* The same instants each time. */
static double share(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 33) / (double)(1u << 31);
}

static void seek(struct bench *b) {
    dh_time begin = b->source->begin, span = b->source->newest - begin;
    uint64_t state = 1;
    printf("instants at random, each with its frame, ms\n%-28s | %6s %6s | %6s %6s %7s\n", "", "cpu", "p99",
           "wall", "p99", "worst");
    for (int tab = 0; tab < DH_N_TAB + 3; tab++) {
        struct times t = {0};
        static const int overlays[3] = {3, 6, 7};
        char name[64];
        bool other = tab >= DH_N_TAB;
        dh_view_show_tab(b->view, other ? DH_TAB_FLOOR : (enum dh_view_tab)tab);
        dh_view_show_overlay(b->view, other ? overlays[tab - DH_N_TAB] : 1);
        snprintf(name, sizeof name, "%s%s%s", dh_tab_names[other ? DH_TAB_FLOOR : tab], other ? ", " : "",
                 other ? dh_overlays[overlays[tab - DH_N_TAB] - 1].name : "");
        struct clocks began = now();
        frame(b);
        double first_ms = now().wall_ms - began.wall_ms;
        for (int i = 0; i < N / 2; i++) {
            began = now();
            dh_view_seek(b->view, begin + (dh_time)((double)span * share(&state)));
            frame(b);
            note(&t, began);
        }
        printf("%-28s", name);
        print_times(&t);
        printf(" | the first frame %.0f\n", first_ms);
        fflush(stdout);
    }
    dh_view_show_tab(b->view, DH_TAB_FLOOR);
    for (int i = 0; i < 2; i++) {
        struct times t = {0};
        dh_view_show_overlay(b->view, 1);
        if (!choose(b, i == 0 ? DH_A_RACK : DH_A_JOB))
            continue;
        frame(b);
        for (int k = 0; k < N / 2; k++) {
            struct clocks began = now();
            dh_view_seek(b->view, begin + (dh_time)((double)span * share(&state)));
            frame(b);
            note(&t, began);
        }
        printf("%-28s", i == 0 ? "Floor, a rack selected" : "Floor, a job selected");
        print_times(&t);
        printf("\n");
    }
}

static void play(struct bench *b, enum dh_view_tab tab, double speed, double length_s) {
    static double late_ms[100 * FRAMES_PER_S];
    const double turn_ms = 1e3 / FRAMES_PER_S;
    int n = 0, slow = 0, dropped = 0;
    dh_view_show_tab(b->view, tab);
    frame(b);
    dh_view_seek(b->view, b->source->begin);
    dh_view_play(b->view, true, speed);
    double began = now().wall_ms, last = began;
    struct clocks cpu = now();
    for (double due = began + turn_ms; now().wall_ms < began + 1e3 * length_s && n < 100 * FRAMES_PER_S;
         n++) {
        double left = due - now().wall_ms;
        if (left > 0)
            nanosleep(&(struct timespec){.tv_nsec = (long)(left * 1e6)}, NULL);
        double at = now().wall_ms;
        dh_view_tick(b->view, (at - last) / 1e3);
        last = at;
        frame(b);
        late_ms[n] = now().wall_ms - at;
        slow += late_ms[n] > 1e3 / 30;
        for (due += turn_ms; due < now().wall_ms; due += turn_ms)
            dropped++; /* a turn without a frame */
    }
    double used_ms = now().cpu_ms - cpu.cpu_ms, wall_ms = now().wall_ms - began;
    qsort(late_ms, (size_t)n, sizeof *late_ms, ascending);
    printf("%s at %g s a second for %.1f s, to %.1f of %.1f days: %d frames, %d turns of 1/60 s without one, "
           "%d over "
           "33 ms; a frame %.1f ms median, %.1f p99, %.1f worst; %.1f ms of processor time\n",
           dh_tab_names[tab], speed, wall_ms / 1e3,
           (double)(dh_view_at(b->view) - b->source->begin) / 86400e9,
           (double)(b->source->newest - b->source->begin) / 86400e9, n, dropped, slow, late_ms[n / 2],
           late_ms[n * 99 / 100], late_ms[n - 1], used_ms / n);
}

int main(int argc, char **argv) {
    struct bench b = {.w = 1920, .h = 1080};
    const char *what = argc > 2 ? argv[1] : "";
    bool paints = strcmp(what, "frames") == 0 || strcmp(what, "window") == 0;
    if (paints && argc > 3 && sscanf(argv[3], "%dx%d", &b.w, &b.h) != 2)
        what = "";
    double began = now().wall_ms;
    enum dh_view_tab tab = DH_TAB_FLOOR;
    bool known = paints || strcmp(what, "seek") == 0 ||
                 (strcmp(what, "play") == 0 && argc == 6 && dh_view_tab_of(argv[3], &tab));
    if (!known || !open_result(&b, argv[2])) {
        fprintf(stderr,
                "bench_view frames|window RESULT [WxH [SPEED]], seek RESULT, play RESULT TAB SPEED S\n");
        return 2;
    }
    double opened = now().wall_ms;
    if (!open_screen(&b, strcmp(what, "window") == 0)) {
        fprintf(stderr, "no screen: %s\n", SDL_GetError());
        return 1;
    }
    if (strcmp(what, "seek") == 0) {
        frame(&b);
        printf("%s: opened in %.0f ms, the first picture after %.0f ms\n", argv[2], opened - began,
               now().wall_ms - began);
        seek(&b);
    } else if (strcmp(what, "play") == 0) {
        play(&b, tab, atof(argv[4]), atof(argv[5]));
    } else {
        frames(&b, argc > 4 ? atof(argv[4]) : 3600);
    }
    close_bench(&b);
    return 0;
}
