/* The window: a view on the screen, driven by mouse and keys. */
#ifndef DH_VIZ_SDL_WINDOW_H
#define DH_VIZ_SDL_WINDOW_H

#include "viz/view.h"

#include <stdatomic.h>

struct dh_window_options {
    int w, h;             /* of the window; 0: most of the screen */
    int scale;            /* 0: by its height */
    bool gpu;             /* an accelerated renderer, where there is one */
    const char *pictures; /* folder of pictures taken with S and R; NULL: the working one */
    const char *title;
    const volatile int *stop; /* ends it when not 0; may be set by a signal handler */
    const atomic_bool *over;  /* ends it when true; may be set by another thread. NULL: nobody does */
    /* What the user should know (a picture was written, the font is missing). */
    void (*say)(void *self, const char *text);
    /* The user wants something done: takes it by dh_view_deed and answers. NULL: nobody hears. */
    void (*act)(void *self, struct dh_view *view);
    /* The window is there. NULL: nobody waits for that. */
    void (*opened)(void *self);
    void *self;
};

enum dh_window_end {
    DH_WINDOW_CLOSED, /* by the user, by stop or by over */
    DH_WINDOW_NONE,   /* there is none to be had, for the reason in problem */
    DH_WINDOW_LOST    /* its display went away while it was open */
};
enum dh_window_end dh_window_run(struct dh_view *view, const struct dh_window_options *options, char *problem,
                                 size_t n);

#endif
