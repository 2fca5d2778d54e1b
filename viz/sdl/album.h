/* Pictures on their way to files: packed as PNGs by threads of their own, since packing one takes several
 * times as long as drawing it. None is dropped: who takes pictures faster than they are written waits.
 *
 * One thread adds and asks. */
#ifndef DH_VIZ_SDL_ALBUM_H
#define DH_VIZ_SDL_ALBUM_H

#include "sim/text.h"

#include <SDL.h>
#include <stdbool.h>

struct dh_album;

/* What became of a picture. */
struct dh_album_news {
    char path[4200], problem[256]; /* problem "": it was written */
};

/* At most `threads` at once, which start with the first picture. NULL: out of memory. */
struct dh_album *dh_album_open(int threads);
/* Waits for what is on its way; news that nobody asked for are lost. NULL is allowed. */
void dh_album_close(struct dh_album *album);

/* Takes a copy of the pixels, and of what goes into NAME.json beside NAME.png. Waits while as many as there
 * are threads, and two more, are on their way. Of a quiet one only a problem is news. After a problem those
 * on their way are left out, until it was asked for: a full disk is told once. False: out of memory. */
bool dh_album_add(struct dh_album *album, SDL_Surface *picture, const char *path,
                  const struct dh_text *sidecar, bool quiet);
/* The oldest news that were not asked for yet; false: none. */
bool dh_album_news(struct dh_album *album, struct dh_album_news *out);
/* Waits until all are written. */
void dh_album_finish(struct dh_album *album);

/* Writes a picture and its sidecar at once. False: why not, in problem. */
bool dh_album_write(SDL_Surface *picture, const char *path, const struct dh_text *sidecar, char *problem,
                    size_t n);

#endif
