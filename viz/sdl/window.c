#include "viz/sdl/window.h"

#include "viz/sdl/canvas.h"
#include "viz/sdl/display.h"
#include "viz/sdl/picture.h"

#include <SDL.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* RECORD_S: from frame to frame of a recording, however long one takes. */
static const double FRAME_S = 1.0 / 60, FOLLOW_S = 1.0 / 30, RECORD_S = 1.0 / 30, IDLE_S = 1.0 / 30;

struct window {
    struct dh_view *view;
    const struct dh_window_options *o;
    SDL_Window *window;
    SDL_Renderer *renderer;
    struct dh_canvas *canvas;
    struct dh_scene scene;
    struct dh_picture *picture; /* for S and R; NULL: none yet */
    struct dh_album *album;     /* likewise */
    int picture_w, picture_h;
    int w, h;         /* pixels */
    float px_x, px_y; /* pixels for one unit of the mouse */
    int n_picture;
    char *problem; /* why it could not be opened */
    size_t n_problem;
    bool recording, opened, ended;
};

static void say(const struct window *w, const char *text) {
    if (w->o->say)
        w->o->say(w->o->self, text);
}

/* ---- pictures
 * ----------------------------------------------------------------------------------------------
 */

/* What became of pictures. */
static void tell_news(struct window *w) {
    struct dh_album_news news;
    while (w->album && dh_album_news(w->album, &news)) {
        char text[4600];
        if (news.problem[0])
            snprintf(text, sizeof text, "%s: %s%s", news.path, news.problem,
                     w->recording ? "; recording ends" : "");
        else
            snprintf(text, sizeof text, "%s written", news.path);
        w->recording = w->recording && !news.problem[0];
        say(w, text);
    }
}

/* A file that was not there before, nor a link of its name. False: it, or something else, is there. */
static bool make_new(const char *path) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0)
        close(file);
    return file >= 0 || errno != EEXIST; /* what else may be wrong is told by who writes it */
}

/* The next number of which there is neither a picture nor what goes beside it: earlier ones are kept. */
static void next_path(struct window *w, const char *stem, char path[static 1024]) {
    const char *folder = w->o->pictures ? w->o->pictures : ".";
    for (bool free = false; !free;) {
        char beside[1024];
        w->n_picture++;
        snprintf(path, 1024, "%.900s/%s-%04d.png", folder, stem, w->n_picture);
        snprintf(beside, sizeof beside, "%.900s/%s-%04d.json", folder, stem, w->n_picture);
        if (!make_new(path))
            continue;
        free = make_new(beside);
        if (!free)
            unlink(path);
    }
}

static void take_picture(struct window *w, const char *stem) {
    char path[1024], text[1200];
    if (w->picture && (w->picture_w != w->w || w->picture_h != w->h)) {
        dh_picture_close(w->picture);
        w->picture = NULL;
    }
    if (!w->picture)
        w->picture = dh_picture_open(w->w, w->h);
    if (!w->album)
        w->album = dh_album_open(1);
    w->picture_w = w->w;
    w->picture_h = w->h;
    next_path(w, stem, path);
    if (!w->picture || !w->album || !dh_picture_add(w->picture, w->view, w->album, path, w->recording)) {
        snprintf(text, sizeof text, "%s: out of memory", path);
        w->recording = false;
        say(w, text);
    }
    dh_view_draw(w->view, &w->scene); /* the mouse is looked up in our own scene */
}

/* ---- opening
 * -----------------------------------------------------------------------------------------------
 */

static bool open_renderer(struct window *w) {
    /* Without this hint SDL copies each software frame through OpenGL, which takes several times longer. */
    if (!w->o->gpu)
        SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    w->renderer =
        SDL_CreateRenderer(w->window, -1, w->o->gpu ? SDL_RENDERER_ACCELERATED : SDL_RENDERER_SOFTWARE);
    if (!w->renderer && w->o->gpu) {
        say(w, "no accelerated renderer here: the software one is used");
        w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
    }
    w->canvas = w->renderer ? dh_canvas_open(w->renderer) : NULL;
    return w->canvas != NULL;
}

static void measure(struct window *w) {
    int window_w = 1, window_h = 1;
    SDL_GetWindowSize(w->window, &window_w, &window_h);
    if (SDL_GetRendererOutputSize(w->renderer, &w->w, &w->h) != 0) {
        w->w = window_w;
        w->h = window_h;
    }
    w->px_x = window_w > 0 ? (float)w->w / (float)window_w : 1;
    w->px_y = window_h > 0 ? (float)w->h / (float)window_h : 1;
    dh_view_resize(w->view, w->w, w->h, w->o->scale);
}

/* Of the displays that the environment names, those that there are. Left to itself SDL would take a driver
 * that shows nothing to anyone; one that is asked for by name it may. */
static bool open_video(void) {
    const char *x11 = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY"),
               *driver = getenv("SDL_VIDEODRIVER");
    bool at_x11 = x11 && *x11, at_wayland = wayland && *wayland;
    if (!at_x11 && !at_wayland && !(driver && *driver)) {
        SDL_SetError("no display: neither DISPLAY nor WAYLAND_DISPLAY is set");
        return false;
    }
    if (!(driver && *driver))
        SDL_SetHint(SDL_HINT_VIDEODRIVER, at_x11 && at_wayland ? "x11,wayland" : at_x11 ? "x11" : "wayland");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); /* they belong to the program */
    if (SDL_Init(SDL_INIT_VIDEO) == 0)
        return true;
    if (!(driver && *driver))
        SDL_SetError("display %.100s cannot be reached", at_x11 ? x11 : wayland);
    return false;
}

static bool open_window(struct window *w) {
    int width = w->o->w, height = w->o->h;
    SDL_Rect screen;
    if ((width <= 0 || height <= 0) && SDL_GetDisplayUsableBounds(0, &screen) == 0) {
        width = screen.w * 9 / 10;
        height = screen.h * 9 / 10;
    }
    if (width <= 0 || height <= 0) {
        width = 1600;
        height = 900;
    }
    w->window = SDL_CreateWindow(w->o->title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width, height,
                                 SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (!w->window || !open_renderer(w))
        return false;
    SDL_SetWindowMinimumSize(w->window, 640, 360);
    SDL_StartTextInput();
    measure(w);
    dh_view_bitmap_font(w->view, dh_canvas_bitmap(w->canvas));
    if (*dh_canvas_font_problem(w->canvas))
        say(w, dh_canvas_font_problem(w->canvas));
    return true;
}

/* What is ours; of the display nothing is touched. */
static void free_drawing(struct window *w) {
    if (w->album)
        dh_album_finish(w->album);
    tell_news(w);
    dh_album_close(w->album);
    dh_picture_close(w->picture);
    dh_canvas_close(w->canvas);
    dh_scene_free(&w->scene);
}

static void close_window(struct window *w) {
    free_drawing(w);
    if (w->renderer)
        SDL_DestroyRenderer(w->renderer);
    if (w->window)
        SDL_DestroyWindow(w->window);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
}

/* ---- input
 * -------------------------------------------------------------------------------------------------
 */

static int key_of(SDL_Keycode key, bool shift) {
    switch (key) {
    case SDLK_LEFT:
        return DH_KEY_LEFT;
    case SDLK_RIGHT:
        return DH_KEY_RIGHT;
    case SDLK_UP:
        return DH_KEY_UP;
    case SDLK_DOWN:
        return DH_KEY_DOWN;
    case SDLK_HOME:
        return DH_KEY_HOME;
    case SDLK_END:
        return DH_KEY_END;
    case SDLK_PAGEUP:
        return DH_KEY_PAGE_UP;
    case SDLK_PAGEDOWN:
        return DH_KEY_PAGE_DOWN;
    case SDLK_RETURN:
    case SDLK_KP_ENTER:
        return DH_KEY_ENTER;
    case SDLK_ESCAPE:
        return DH_KEY_ESCAPE;
    case SDLK_BACKSPACE:
        return DH_KEY_BACKSPACE;
    case SDLK_TAB:
        return DH_KEY_TAB;
    case SDLK_F11:
        return DH_KEY_F11;
    case SDLK_KP_PLUS:
        return '+';
    case SDLK_KP_MINUS:
        return '-';
    case SDLK_SLASH:
        return shift ? '?' : '/'; /* as on most layouts; text input tells of the others */
    default:
        return key >= ' ' && key < 127 ? (int)key : DH_KEY_NONE;
    }
}

/* Marks that layouts put on different keys come as text. */
static bool is_mark(const char *text) {
    return text[0] && !text[1] && strchr("+-=?/[].,", text[0]);
}

static void on_key(struct window *w, const SDL_KeyboardEvent *e) {
    struct dh_view_input in = {.kind = DH_IN_KEY,
                               .shift = (e->keysym.mod & KMOD_SHIFT) != 0,
                               .ctrl = (e->keysym.mod & KMOD_CTRL) != 0};
    in.key = key_of(e->keysym.sym, in.shift);
    char mark[2] = {(char)in.key, '\0'};
    if (in.key != DH_KEY_NONE && !(in.key < 127 && is_mark(mark)))
        dh_view_input(w->view, &in);
}

static void on_text(struct window *w, const char *text) {
    struct dh_view_input in = {.kind = DH_IN_TEXT};
    if (is_mark(text) && !dh_view_wants_text(w->view)) {
        in = (struct dh_view_input){.kind = DH_IN_KEY, .key = text[0]};
    } else if (strlen(text) < sizeof in.text) {
        strcpy(in.text, text);
    }
    dh_view_input(w->view, &in);
}

static void on_mouse(struct window *w, enum dh_view_input_kind kind, int button, int x, int y, float wheel) {
    struct dh_view_input in = {.kind = kind, .button = button, .wheel = wheel};
    in.x = (float)x * w->px_x;
    in.y = (float)y * w->px_y;
    dh_view_input(w->view, &in);
}

static void on_event(struct window *w, const SDL_Event *e) {
    int x, y;
    switch (e->type) {
    case SDL_QUIT:
        w->ended = true;
        break;
    case SDL_KEYDOWN:
        on_key(w, &e->key);
        break;
    case SDL_TEXTINPUT:
        on_text(w, e->text.text);
        break;
    case SDL_MOUSEBUTTONDOWN:
        on_mouse(w, DH_IN_DOWN, e->button.button, e->button.x, e->button.y, 0);
        break;
    case SDL_MOUSEBUTTONUP:
        on_mouse(w, DH_IN_UP, e->button.button, e->button.x, e->button.y, 0);
        break;
    case SDL_MOUSEMOTION:
        on_mouse(w, DH_IN_MOVE, 0, e->motion.x, e->motion.y, 0);
        break;
    case SDL_MOUSEWHEEL:
        SDL_GetMouseState(&x, &y);
        on_mouse(w, DH_IN_WHEEL, 0, x, y, e->wheel.preciseY);
        break;
    case SDL_WINDOWEVENT:
        if (e->window.event == SDL_WINDOWEVENT_SIZE_CHANGED)
            measure(w);
        else if (e->window.event == SDL_WINDOWEVENT_LEAVE)
            on_mouse(w, DH_IN_LEAVE, 0, 0, 0, 0);
        else if (e->window.event == SDL_WINDOWEVENT_EXPOSED)
            dh_view_redraw(w->view);
        break;
    default:
        break;
    }
}

/* ---- wishes
 * ------------------------------------------------------------------------------------------------
 */

static void grant(struct window *w, unsigned wishes) {
    if (wishes & DH_WISH_QUIT)
        w->ended = true;
    if (wishes & DH_WISH_PICTURE)
        take_picture(w, "datahall");
    if (wishes & DH_WISH_COPY)
        SDL_SetClipboardText(dh_view_copy(w->view));
    if (wishes & DH_WISH_ACT && w->o->act)
        w->o->act(w->o->self, w->view);
    if (wishes & DH_WISH_RECORD)
        w->recording = !w->recording;
    if (wishes & DH_WISH_FULLSCREEN) {
        bool full = (SDL_GetWindowFlags(w->window) & SDL_WINDOW_FULLSCREEN_DESKTOP) != 0;
        SDL_SetWindowFullscreen(w->window, full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
    }
}

/* ---- the loop
 * ----------------------------------------------------------------------------------------------
 */

static void show(struct window *w) {
    dh_view_draw(w->view, &w->scene);
    dh_canvas_draw(w->canvas, &w->scene);
    SDL_RenderPresent(w->renderer);
    if (w->recording)
        take_picture(w, "frame");
}

/* From one frame to the next, s: what the user does or plays is shown at 60 a second, news of a run at 30,
 * and a recording waits for its files instead of leaving frames out. */
static double turn_s(const struct window *w, bool any) {
    if (w->recording)
        return RECORD_S;
    return any || !dh_view_follows(w->view) ? FRAME_S : FOLLOW_S;
}

static bool hear(struct window *w, double wait_s) {
    SDL_Event e;
    bool any = SDL_WaitEventTimeout(&e, wait_s > 0 ? (int)ceil(1e3 * wait_s) : 0) != 0;
    for (bool more = any; more; more = SDL_PollEvent(&e) != 0)
        on_event(w, &e);
    return any;
}

static void loop(struct window *w) {
    Uint64 last = SDL_GetPerformanceCounter(), per_s = SDL_GetPerformanceFrequency();
    bool any = true;
    dh_view_redraw(w->view);
    while (!w->ended && !(w->o->stop && *w->o->stop) && !(w->o->over && atomic_load(w->o->over))) {
        double passed_s = (double)(SDL_GetPerformanceCounter() - last) / (double)per_s;
        any |= hear(w, any || dh_view_moves(w->view) ? turn_s(w, any) - passed_s : IDLE_S);
        tell_news(w);
        Uint64 now = SDL_GetPerformanceCounter();
        passed_s = (double)(now - last) / (double)per_s;
        if (passed_s < turn_s(w, any))
            continue;
        bool changed = dh_view_tick(w->view, w->recording ? RECORD_S : passed_s);
        last = now;
        any = false;
        grant(w, dh_view_wishes(w->view));
        if (changed && !w->ended)
            show(w);
    }
}

static void open_and_loop(void *self) {
    struct window *w = self;
    w->opened = open_window(w);
    if (w->opened && w->o->opened)
        w->o->opened(w->o->self);
    if (w->opened)
        loop(w);
    else
        snprintf(w->problem, w->n_problem, "%s", SDL_GetError());
    close_window(w);
}

enum dh_window_end dh_window_run(struct dh_view *view, const struct dh_window_options *options, char *problem,
                                 size_t n) {
    struct window w = {.view = view, .o = options, .problem = problem, .n_problem = n};
    if (!open_video()) {
        snprintf(problem, n, "%s", SDL_GetError());
        return DH_WINDOW_NONE;
    }
    if (dh_display_survive(open_and_loop, &w))
        return w.opened ? DH_WINDOW_CLOSED : DH_WINDOW_NONE;
    free_drawing(&w);
    return DH_WINDOW_LOST;
}
