/* Glyphs of one size and weight, white on nothing, in a texture: words are copied out of it character by
 * character. */
#ifndef DH_VIZ_SDL_GLYPHS_H
#define DH_VIZ_SDL_GLYPHS_H

#include "viz/type.h"

#include <SDL.h>

/* Folders and files of the two fonts; an environment variable DATAHALL_FONTS replaces the folder. */
#define DH_FONT_FOLDER "/usr/share/fonts/truetype/dejavu"

struct dh_glyphs {
    SDL_Texture *texture;
    int height; /* of a character's picture */
    int n;
    struct dh_glyph {
        uint32_t character;
        SDL_Rect box;    /* in the texture: no more than has ink, since empty pixels cost as much as others */
        int left, above; /* of the box, in the character's picture */
        int advance;     /* as viz/type.h says */
    } * glyphs;          /* ascending by character */
};

/* False: neither font could be opened (SDL_GetError), or there is no memory. bitmap: the built-in one. */
bool dh_glyphs_make(struct dh_glyphs *out, SDL_Renderer *renderer, const struct dh_type *type,
                    enum dh_type_size size, bool bold);
void dh_glyphs_free(struct dh_glyphs *glyphs);
/* The glyph of a character, a question mark's where there is none; NULL: nothing to draw. */
const struct dh_glyph *dh_glyph_of(const struct dh_glyphs *glyphs, uint32_t character);

/* Can DejaVu be opened? Otherwise the reason is in problem. */
bool dh_font_there(char *problem, size_t n);

#endif
