#include "viz/sdl/display.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stddef.h>

/* Xlib ends the program when the line to its server breaks, unless its handler never returns. So it jumps
 * back to before the call into Xlib, and nobody calls Xlib again. */

typedef int (*io_handler)(void *display);

static jmp_buf before;

static int on_loss(void *display) {
    (void)display;
    longjmp(before, 1);
}

/* Xlib's setter of that handler; NULL: no X11 here. What uses it has loaded it already. */
static io_handler (*setter(void **library))(io_handler) {
    io_handler (*set)(io_handler) = NULL;
    *library = dlopen("libX11.so.6", RTLD_LAZY | RTLD_NOLOAD);
    if (*library)
        *(void **)&set = dlsym(*library, "XSetIOErrorHandler");
    return set;
}

static bool call(void (*body)(void *self), void *self) {
    if (setjmp(before) != 0)
        return false;
    body(self);
    return true;
}

bool dh_display_survive(void (*body)(void *self), void *self) {
    void *library;
    io_handler (*set)(io_handler) = setter(&library), old = set ? set(on_loss) : NULL;
    bool survived = call(body, self);
    if (set)
        set(old);
    if (library)
        dlclose(library);
    return survived;
}
