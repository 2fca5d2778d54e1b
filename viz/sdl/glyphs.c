#include "viz/sdl/glyphs.h"

#include "viz/sdl/bitmap_font.h"

#include <SDL_ttf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTURE = 512, MAX_TEXTURE = 4096, N_BITMAP = sizeof dh_bitmap_glyphs / sizeof *dh_bitmap_glyphs };

static TTF_Font *open_font(bool bold, int px) {
    char path[512];
    const char *folder = getenv("DATAHALL_FONTS");
    snprintf(path, sizeof path, "%.400s/%s", folder && *folder ? folder : DH_FONT_FOLDER,
             bold ? "DejaVuSans-Bold.ttf" : "DejaVuSans.ttf");
    if (!TTF_WasInit() && TTF_Init() != 0)
        return NULL;
    TTF_Font *font = TTF_OpenFont(path, px);
    if (font) {
        TTF_SetFontHinting(font, TTF_HINTING_LIGHT);
        TTF_SetFontKerning(font, 0);
    }
    return font;
}

bool dh_font_there(char *problem, size_t n) {
    for (int bold = 0; bold < 2; bold++) {
        TTF_Font *font = open_font(bold, 12);
        if (!font) {
            snprintf(problem, n, "%s", SDL_GetError());
            return false;
        }
        TTF_CloseFont(font);
    }
    problem[0] = '\0';
    return true;
}

/* One character of the built-in font, enlarged by whole pixels. */
static SDL_Surface *bitmap_glyph(uint32_t character, int px) {
    int zoom = px / 16;
    SDL_Surface *s = SDL_CreateRGBSurfaceWithFormat(0, 8 * zoom, 16 * zoom, 32, SDL_PIXELFORMAT_ARGB8888);
    if (!s)
        return NULL;
    SDL_FillRect(s, NULL, 0x00FFFFFF);
    for (int i = 0; i < N_BITMAP; i++)
        for (int y = 0; dh_bitmap_glyphs[i].character == character && y < 16; y++)
            for (int x = 0; x < 8; x++)
                if (dh_bitmap_glyphs[i].rows[y] >> (7 - x) & 1)
                    SDL_FillRect(s, &(SDL_Rect){x * zoom, y * zoom, zoom, zoom}, 0xFFFFFFFF);
    return s;
}

static SDL_Surface *ttf_glyph(TTF_Font *font, uint32_t character) {
    if (!TTF_GlyphIsProvided32(font, character))
        return NULL;
    return TTF_RenderGlyph32_Blended(font, character, (SDL_Color){255, 255, 255, 255});
}

/* The part of a picture that is not empty; no width: there is none. */
static SDL_Rect ink_of(const SDL_Surface *s) {
    int left = s->w, right = 0, top = s->h, bottom = 0;
    for (int y = 0; y < s->h; y++)
        for (int x = 0; x < s->w; x++)
            if (((const uint32_t *)((const char *)s->pixels + (ptrdiff_t)y * s->pitch))[x] >> 24) {
                left = x < left ? x : left;
                right = x + 1 > right ? x + 1 : right;
                top = y < top ? y : top;
                bottom = y + 1;
            }
    return (SDL_Rect){left, top, right > left ? right - left : 0, bottom > top ? bottom - top : 0};
}

static int by_character(const void *a, const void *b) {
    const struct dh_glyph *x = a, *y = b;
    return (x->character > y->character) - (x->character < y->character);
}

bool dh_glyphs_make(struct dh_glyphs *out, SDL_Renderer *renderer, const struct dh_type *type,
                    enum dh_type_size size, bool bold) {
    int px = dh_type_px(type, size), n = 0, x = 1, y = 1, side = TEXTURE;
    while (dh_type_character(n))
        n++;
    while (side < MAX_TEXTURE && side * side < n * px * (px + px / 2) * 2)
        side *= 2;
    *out = (struct dh_glyphs){.glyphs = calloc((size_t)n, sizeof *out->glyphs)};
    TTF_Font *font = type->bitmap ? NULL : open_font(bold, px);
    SDL_Surface *sheet = SDL_CreateRGBSurfaceWithFormat(0, side, side, 32, SDL_PIXELFORMAT_ARGB8888);
    bool good = out->glyphs && sheet && (font || type->bitmap);
    if (good)
        SDL_FillRect(sheet, NULL, 0x00FFFFFF);
    out->height = font ? TTF_FontHeight(font) : px;
    for (int i = 0; good && i < n; i++) {
        uint32_t character = dh_type_character(i);
        struct dh_glyph *g = &out->glyphs[out->n++];
        *g = (struct dh_glyph){.character = character,
                               .advance = dh_type_advance(type, size, bold, character)};
        SDL_Surface *s = font ? ttf_glyph(font, character) : bitmap_glyph(character, px);
        if (!s)
            continue;
        SDL_Rect ink = ink_of(s);
        if (x + ink.w + 1 > side) {
            x = 1;
            y += out->height + 2;
        }
        if (ink.w > 0 && y + ink.h + 1 <= side && ink.w + 2 <= side) {
            SDL_SetSurfaceBlendMode(s, SDL_BLENDMODE_NONE);
            g->box = (SDL_Rect){x, y, ink.w, ink.h};
            g->left = ink.x;
            g->above = ink.y;
            SDL_Rect at = g->box;
            SDL_BlitSurface(s, &ink, sheet, &at);
            x += ink.w + 1;
        }
        SDL_FreeSurface(s);
    }
    if (good) {
        qsort(out->glyphs, (size_t)out->n, sizeof *out->glyphs, by_character);
        out->texture = SDL_CreateTextureFromSurface(renderer, sheet);
    }
    if (out->texture)
        SDL_SetTextureBlendMode(out->texture, SDL_BLENDMODE_BLEND);
    if (font)
        TTF_CloseFont(font);
    SDL_FreeSurface(sheet);
    if (!out->texture)
        dh_glyphs_free(out);
    return out->texture != NULL;
}

void dh_glyphs_free(struct dh_glyphs *g) {
    if (g->texture)
        SDL_DestroyTexture(g->texture);
    free(g->glyphs);
    *g = (struct dh_glyphs){0};
}

const struct dh_glyph *dh_glyph_of(const struct dh_glyphs *g, uint32_t character) {
    for (int tries = 0; tries < 2; tries++, character = '?') {
        struct dh_glyph key = {.character = character};
        const struct dh_glyph *found = bsearch(&key, g->glyphs, (size_t)g->n, sizeof key, by_character);
        if (found)
            return found;
    }
    return NULL;
}
