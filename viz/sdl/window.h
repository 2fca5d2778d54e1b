/* The window: a view on the screen, driven by mouse and keys. */
#ifndef DH_VIZ_SDL_WINDOW_H
#define DH_VIZ_SDL_WINDOW_H

#include "viz/view.h"

struct dh_window_options {
    int w, h;             /* of the window; 0: most of the screen */
    int scale;            /* 0: by its height */
    bool gpu;             /* an accelerated renderer, where there is one */
    const char *pictures; /* folder of pictures taken with S and R; NULL: the working one */
    const char *title;
    const volatile int *stop; /* ends it when not 0; may be set by a signal handler */
    /* What the user should know (a picture was written, the font is missing). */
    void (*say)(void *self, const char *text);
    /* The user wants something done: takes it by dh_view_deed and answers. NULL: nobody hears. */
    void (*act)(void *self, struct dh_view *view);
    void *self;
};

/* Shows it until the user closes it. False: there is no window to be had, for the reason in problem. */
bool dh_window_run(struct dh_view *view, const struct dh_window_options *options, char *problem, size_t n);

/* Closes the window that is open, from any thread. */
void dh_window_close(void);

#endif
