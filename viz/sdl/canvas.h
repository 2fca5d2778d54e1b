/* Draws scenes with SDL, on a window's renderer or into a picture in memory, which needs no display.
 *
 * Measured before it was written: rectangles sorted by colour and one texel a rack are several times cheaper
 * in SDL's software renderer than geometry, glyphs from an atlas than words rendered anew. */
#ifndef DH_VIZ_SDL_CANVAS_H
#define DH_VIZ_SDL_CANVAS_H

#include "viz/scene.h"

#include <SDL.h>

struct dh_canvas;

/* The renderer is borrowed. NULL: out of memory. A font that is not there is replaced by the built-in one:
 * dh_canvas_bitmap tells, before anything is laid out. */
struct dh_canvas *dh_canvas_open(SDL_Renderer *renderer);
void dh_canvas_close(struct dh_canvas *canvas);
bool dh_canvas_bitmap(const struct dh_canvas *canvas);
/* Why the installed font is not used, and what is instead: a sentence; "" where it is. */
const char *dh_canvas_font_problem(const struct dh_canvas *canvas);

void dh_canvas_draw(struct dh_canvas *canvas, const struct dh_scene *scene);

#endif
