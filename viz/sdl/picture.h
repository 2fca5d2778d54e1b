/* Pictures in memory and as PNG: no window, no display. */
#ifndef DH_VIZ_SDL_PICTURE_H
#define DH_VIZ_SDL_PICTURE_H

#include "viz/sdl/album.h"
#include "viz/view.h"

#include <SDL.h>

struct dh_picture;

/* NULL: SDL_GetError says why. */
struct dh_picture *dh_picture_open(int w, int h);
void dh_picture_close(struct dh_picture *picture);
/* A sentence about a font that is missing, and what is used instead; "": nothing is missing. */
const char *dh_picture_font_problem(const struct dh_picture *picture);
/* Draws the view as it is. The pixels, ARGB, stay until the next one. */
const SDL_Surface *dh_picture_draw(struct dh_picture *picture, struct dh_view *view);
/* Writes a PNG and beside it NAME.json (dh_view_sidecar). False: errno or SDL_GetError says why, in problem.
 */
bool dh_picture_save(struct dh_picture *picture, struct dh_view *view, const char *path, char *problem,
                     size_t n);
/* The same through an album (viz/sdl/album.h): drawn now, written later. False: out of memory. */
bool dh_picture_add(struct dh_picture *picture, struct dh_view *view, struct dh_album *album,
                    const char *path, bool quiet);

#endif
