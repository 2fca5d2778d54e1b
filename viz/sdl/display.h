/* A display that goes away while its window is open (its server ends, the line to it breaks). */
#ifndef DH_VIZ_SDL_DISPLAY_H
#define DH_VIZ_SDL_DISPLAY_H

#include <stdbool.h>

/* Calls body on this thread, which is the only one that may speak to the display. False: the display went
 * away in the middle of it, and nothing of the window may be touched any more. One at a time. */
bool dh_display_survive(void (*body)(void *self), void *self);

#endif
