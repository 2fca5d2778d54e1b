#include "viz/sdl/canvas.h"

#include "viz/sdl/glyphs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXEL_WIDTH = 2048, HATCH = 256 };

struct canvas_vertices {
    SDL_Vertex *at;
    int *index;
    int n, n_index, room;
};

struct dh_canvas {
    SDL_Renderer *renderer;
    bool bitmap;
    char problem[320];
    struct dh_type type; /* that the glyphs are for */
    struct dh_glyphs glyphs[DH_N_TYPE_SIZE][2];
    SDL_Texture *texels, *hatch;
    int texel_rows;
    SDL_Rect *sorted; /* cells by shade */
    int room_sorted;
    struct canvas_vertices v;
};

struct dh_canvas *dh_canvas_open(SDL_Renderer *renderer) {
    struct dh_canvas *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->renderer = renderer;
    char problem[256];
    c->bitmap = !dh_font_there(problem, sizeof problem);
    if (c->bitmap)
        snprintf(c->problem, sizeof c->problem, "%s: the built-in font is used (Debian: fonts-dejavu-core)",
                 problem);
    SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_NONE);
    return c;
}

static void drop_glyphs(struct dh_canvas *c) {
    for (int size = 0; size < DH_N_TYPE_SIZE; size++)
        for (int bold = 0; bold < 2; bold++)
            dh_glyphs_free(&c->glyphs[size][bold]);
}

void dh_canvas_close(struct dh_canvas *c) {
    if (!c)
        return;
    drop_glyphs(c);
    if (c->texels)
        SDL_DestroyTexture(c->texels);
    if (c->hatch)
        SDL_DestroyTexture(c->hatch);
    free(c->sorted);
    free(c->v.at);
    free(c->v.index);
    free(c);
}

bool dh_canvas_bitmap(const struct dh_canvas *c) {
    return c->bitmap;
}

const char *dh_canvas_font_problem(const struct dh_canvas *c) {
    return c->problem;
}

/* ---- rectangles
 * --------------------------------------------------------------------------------------------
 */

/* Both edges are rounded alike, so that neighbours meet. */
static SDL_Rect whole(struct dh_box b) {
    int x = (int)floorf(b.x + 0.5f), y = (int)floorf(b.y + 0.5f);
    int w = (int)floorf(b.x + b.w + 0.5f) - x, h = (int)floorf(b.y + b.h + 0.5f) - y;
    return (SDL_Rect){x, y, w < 1 ? 1 : w, h < 1 ? 1 : h};
}

static void set_color(struct dh_canvas *c, uint32_t rgb, uint8_t alpha) {
    SDL_SetRenderDrawBlendMode(c->renderer, alpha == 255 ? SDL_BLENDMODE_NONE : SDL_BLENDMODE_BLEND);
    SDL_SetRenderDrawColor(c->renderer, rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255, alpha);
}

static void draw_rect(struct dh_canvas *c, const struct dh_ink *ink) {
    SDL_Rect r = whole(ink->box);
    set_color(c, ink->color, ink->alpha);
    SDL_RenderFillRect(c->renderer, &r);
}

/* Large opaque rectangles, of which only what no later one hides is filled: a ground below panels costs as
 * much as the panels. */
enum { LARGE = 20000, N_LARGE = 48 };
struct large {
    int32_t ink[N_LARGE];
    SDL_Rect seen[N_LARGE]; /* inside the clip that holds then */
    int n;
};

static void find_large(struct large *out, const struct dh_scene *scene) {
    SDL_Rect clip = {0};
    out->n = 0;
    for (int32_t i = 0; i < scene->n_ink && out->n < N_LARGE; i++) {
        const struct dh_ink *ink = &scene->inks[i];
        if (ink->kind == DH_INK_CLIP)
            clip = ink->box.w > 0 ? whole(ink->box) : (SDL_Rect){0};
        if (ink->kind != DH_INK_RECT || ink->alpha != 255 || ink->box.w * ink->box.h < LARGE)
            continue;
        SDL_Rect r = whole(ink->box);
        if (clip.w > 0 && !SDL_IntersectRect(&r, &clip, &r))
            continue;
        out->ink[out->n] = i;
        out->seen[out->n++] = r;
    }
}

/* What is left of a rectangle without another, in at most four; how many. */
static int without(SDL_Rect a, SDL_Rect b, SDL_Rect out[4]) {
    int n = 0, top = b.y > a.y ? b.y : a.y, bottom = b.y + b.h < a.y + a.h ? b.y + b.h : a.y + a.h;
    if (!SDL_HasIntersection(&a, &b)) {
        out[0] = a;
        return 1;
    }
    if (top > a.y)
        out[n++] = (SDL_Rect){a.x, a.y, a.w, top - a.y};
    if (bottom < a.y + a.h)
        out[n++] = (SDL_Rect){a.x, bottom, a.w, a.y + a.h - bottom};
    if (b.x > a.x)
        out[n++] = (SDL_Rect){a.x, top, b.x - a.x, bottom - top};
    if (b.x + b.w < a.x + a.w)
        out[n++] = (SDL_Rect){b.x + b.w, top, a.x + a.w - b.x - b.w, bottom - top};
    return n;
}

static void draw_large(struct dh_canvas *c, const struct dh_ink *ink, const struct large *all, int k) {
    enum { MOST = 64 };
    SDL_Rect parts[2][MOST + 4];
    int n = 1, now = 0;
    parts[0][0] = all->seen[k];
    for (int later = k + 1; later < all->n; later++) {
        int more = 0;
        for (int i = 0; i < n && more <= MOST; i++)
            more += without(parts[now][i], all->seen[later], parts[1 - now] + more);
        if (more > MOST) { /* in crumbs */
            draw_rect(c, ink);
            return;
        }
        n = more;
        now = 1 - now;
    }
    set_color(c, ink->color, 255);
    if (n > 0)
        SDL_RenderFillRects(c->renderer, parts[now], n);
}

static void draw_frame(struct dh_canvas *c, const struct dh_ink *ink) {
    SDL_Rect r = whole(ink->box);
    int w = (int)lroundf(ink->width);
    w = w < 1 ? 1 : w;
    if (2 * w > r.w || 2 * w > r.h) {
        draw_rect(c, ink);
        return;
    }
    SDL_Rect sides[4] = {
        {r.x,           r.y,           r.w, w  },
        {r.x,           r.y + r.h - w, r.w, w  },
        {r.x,           r.y,           w,   r.h},
        {r.x + r.w - w, r.y,           w,   r.h}
    };
    set_color(c, ink->color, ink->alpha);
    SDL_RenderFillRects(c->renderer, sides, 4);
}

static void draw_cells(struct dh_canvas *c, const struct dh_scene *scene, const struct dh_ink *ink) {
    int start[257] = {0};
    if (ink->n > c->room_sorted) {
        SDL_Rect *more = realloc(c->sorted, (size_t)ink->n * sizeof *more);
        if (!more)
            return;
        c->sorted = more;
        c->room_sorted = ink->n;
    }
    const struct dh_cell *cells = scene->cells + ink->first;
    for (int32_t i = 0; i < ink->n; i++)
        start[cells[i].shade + 1]++;
    for (int k = 0; k < 256; k++)
        start[k + 1] += start[k];
    int next[256];
    memcpy(next, start, sizeof next);
    for (int32_t i = 0; i < ink->n; i++)
        c->sorted[next[cells[i].shade]++] = whole(cells[i].box);
    for (int k = 0; k < 256; k++)
        if (start[k + 1] > start[k]) {
            set_color(c, scene->palette[k], 255);
            SDL_RenderFillRects(c->renderer, c->sorted + start[k], start[k + 1] - start[k]);
        }
}

static SDL_Texture *hatch_of(struct dh_canvas *c) {
    if (c->hatch)
        return c->hatch;
    SDL_Surface *s = SDL_CreateRGBSurfaceWithFormat(0, HATCH, HATCH, 32, SDL_PIXELFORMAT_ARGB8888);
    if (!s)
        return NULL;
    for (int y = 0; y < HATCH; y++)
        for (int x = 0; x < HATCH; x++)
            ((uint32_t *)((char *)s->pixels + y * s->pitch))[x] = (x + y) % 6 < 2 ? 0xB0FFFFFF : 0x00FFFFFF;
    c->hatch = SDL_CreateTextureFromSurface(c->renderer, s);
    SDL_FreeSurface(s);
    if (c->hatch)
        SDL_SetTextureBlendMode(c->hatch, SDL_BLENDMODE_BLEND);
    return c->hatch;
}

static void draw_hatch(struct dh_canvas *c, const struct dh_ink *ink) {
    SDL_Texture *hatch = hatch_of(c);
    SDL_Rect r = whole(ink->box);
    if (!hatch)
        return;
    SDL_SetTextureColorMod(hatch, ink->color >> 16 & 255, ink->color >> 8 & 255, ink->color & 255);
    enum { PIECE = HATCH - HATCH % 6 }; /* pieces join without a step */
    for (int y = 0; y < r.h; y += PIECE)
        for (int x = 0; x < r.w; x += PIECE) {
            SDL_Rect from = {0, 0, r.w - x < PIECE ? r.w - x : PIECE, r.h - y < PIECE ? r.h - y : PIECE};
            SDL_Rect to = {r.x + x, r.y + y, from.w, from.h};
            SDL_RenderCopy(c->renderer, hatch, &from, &to);
        }
}

/* ---- texels
 * ------------------------------------------------------------------------------------------------
 */

/* All of a scene's texels go into one texture, a row each, in pieces of its width. */
static int texel_rows(const struct dh_ink *ink) {
    return ink->rows * ((ink->n + TEXEL_WIDTH - 1) / TEXEL_WIDTH);
}

static bool load_texels(struct dh_canvas *c, const struct dh_scene *scene) {
    int rows = 0, row = 0, pitch;
    for (int32_t i = 0; i < scene->n_ink; i++)
        rows += scene->inks[i].kind == DH_INK_TEXELS ? texel_rows(&scene->inks[i]) : 0;
    if (rows == 0)
        return true;
    if (rows > c->texel_rows) {
        if (c->texels)
            SDL_DestroyTexture(c->texels);
        SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "0");
        c->texels = SDL_CreateTexture(c->renderer, SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_STREAMING,
                                      TEXEL_WIDTH, rows + 16);
        c->texel_rows = c->texels ? rows + 16 : 0;
    }
    void *pixels;
    if (!c->texels || SDL_LockTexture(c->texels, NULL, &pixels, &pitch) != 0)
        return false;
    for (int32_t i = 0; i < scene->n_ink; i++) {
        const struct dh_ink *ink = &scene->inks[i];
        for (int32_t r = 0; ink->kind == DH_INK_TEXELS && r < ink->rows; r++)
            for (int32_t x = 0; x < ink->n; x += TEXEL_WIDTH, row++) {
                int32_t n = ink->n - x < TEXEL_WIDTH ? ink->n - x : TEXEL_WIDTH;
                uint32_t *to = (uint32_t *)((char *)pixels + (ptrdiff_t)row * pitch);
                const uint32_t *from = scene->texels + ink->first + r * ink->n + x;
                for (int32_t k = 0; k < n; k++)
                    to[k] = 0xFF000000u | from[k];
            }
    }
    SDL_UnlockTexture(c->texels);
    return true;
}

static void draw_texels(struct dh_canvas *c, const struct dh_ink *ink, int *row) {
    for (int32_t r = 0; r < ink->rows; r++)
        for (int32_t x = 0; x < ink->n; x += TEXEL_WIDTH) {
            int32_t n = ink->n - x < TEXEL_WIDTH ? ink->n - x : TEXEL_WIDTH;
            struct dh_box part = {ink->box.x + ink->box.w * (float)x / (float)ink->n,
                                  ink->box.y + ink->box.h * (float)r / (float)ink->rows,
                                  ink->box.w * (float)n / (float)ink->n, ink->box.h / (float)ink->rows};
            SDL_Rect from = {0, (*row)++, n, 1}, to = whole(part);
            SDL_RenderCopy(c->renderer, c->texels, &from, &to);
        }
}

/* ---- lines
 * -------------------------------------------------------------------------------------------------
 */

static bool room_for(struct canvas_vertices *v, int n) {
    if (n <= v->room)
        return true;
    SDL_Vertex *at = realloc(v->at, (size_t)n * sizeof *at);
    if (at)
        v->at = at;
    int *index = realloc(v->index, (size_t)n * 6 * sizeof *index);
    if (index)
        v->index = index;
    if (!at || !index)
        return false;
    v->room = n;
    return true;
}

static SDL_Color color_of(const struct dh_ink *ink, uint8_t alpha) {
    return (SDL_Color){ink->color >> 16 & 255, ink->color >> 8 & 255, ink->color & 255, alpha};
}

static void put_strip(struct canvas_vertices *v, int base, int k, int across) {
    int q[6] = {base + k, base + across + k,     base + across + k + 1,
                base + k, base + across + k + 1, base + k + 1};
    memcpy(v->index + v->n_index, q, sizeof q);
    v->n_index += 6;
}

/* Pieces of a line of one opacity, gathered so that SDL draws them at once. */
enum { N_SHARE = 4, PIECES = 512 };
struct pieces {
    SDL_Rect at[PIECES];
    int n;
};

static void flush_pieces(struct dh_canvas *c, const struct dh_ink *ink, struct pieces *p, int share) {
    if (p->n == 0)
        return;
    set_color(c, ink->color, share == N_SHARE ? 255 : (uint8_t)(255 * share / N_SHARE));
    SDL_RenderFillRects(c->renderer, p->at, p->n);
    p->n = 0;
}

static void put_piece(struct dh_canvas *c, const struct dh_ink *ink, struct pieces *all, float cover, int x,
                      int y, int h) {
    int share = (int)(cover * N_SHARE + 0.5f);
    if (share <= 0 || h <= 0)
        return;
    share = share < N_SHARE ? share : N_SHARE;
    struct pieces *p = &all[share];
    if (p->n == PIECES)
        flush_pieces(c, ink, p, share);
    p->at[p->n++] = (SDL_Rect){x, y, 1, h};
}

/* A chart's line: its points ascend in x, so that each column of pixels has one piece, with its two ends
 * covered in part. Several times cheaper in the software renderer than triangles. */
static void draw_curve(struct dh_canvas *c, const float *p, const struct dh_ink *ink) {
    struct pieces all[N_SHARE + 1] = {0};
    int32_t i = 0;
    int x = (int)floorf(p[0]), last = (int)floorf(p[2 * (ink->n - 1)]);
    for (float before = p[1]; x <= last; x++) {
        float edge = (float)x + 1, low = before, high = before, y = before;
        while (i + 1 < ink->n && p[2 * i + 2] < edge) {
            i++;
            low = fminf(low, p[2 * i + 1]);
            high = fmaxf(high, p[2 * i + 1]);
            y = p[2 * i + 1];
        }
        if (i + 1 < ink->n) { /* where the line leaves the column */
            float dx = p[2 * i + 2] - p[2 * i], share = dx > 0 ? (edge - p[2 * i]) / dx : 1;
            y = p[2 * i + 1] + (p[2 * i + 3] - p[2 * i + 1]) * share;
        }
        low = fminf(low, y) - ink->width / 2;
        high = fmaxf(high, y) + ink->width / 2;
        before = y;
        int top = (int)ceilf(low), bottom = (int)floorf(high);
        if (bottom < top) { /* within one row of pixels */
            put_piece(c, ink, all, high - low, x, bottom, 1);
            continue;
        }
        put_piece(c, ink, all, (float)top - low, x, top - 1, 1);
        put_piece(c, ink, all, 1, x, top, bottom - top);
        put_piece(c, ink, all, high - (float)bottom, x, bottom, 1);
    }
    for (int share = 1; share <= N_SHARE; share++)
        flush_pieces(c, ink, &all[share], share);
}

static bool ascends(const float *p, int32_t n) {
    for (int32_t i = 1; i < n; i++)
        if (p[2 * i] <= p[2 * i - 2])
            return false;
    return n > 8; /* a few points are a shape */
}

/* An opaque core between two feathered edges; each joint is bent by the mean of its two normals. */
static void draw_line(struct dh_canvas *c, const struct dh_scene *scene, const struct dh_ink *ink) {
    const float *p = scene->points + 2 * (ptrdiff_t)ink->first;
    struct canvas_vertices *v = &c->v;
    if (ink->n < 2 || !room_for(v, 4 * ink->n))
        return;
    if (ascends(p, ink->n)) {
        draw_curve(c, p, ink);
        return;
    }
    v->n = v->n_index = 0;
    const float off[4] = {-ink->width / 2 - 0.7f, -ink->width / 2 + 0.3f, ink->width / 2 - 0.3f,
                          ink->width / 2 + 0.7f};
    for (int32_t i = 0; i < ink->n; i++) {
        int32_t a = i > 0 ? i - 1 : 0, b = i + 1 < ink->n ? i + 1 : i;
        float dx = p[2 * b] - p[2 * a], dy = p[2 * b + 1] - p[2 * a + 1], length = hypotf(dx, dy);
        float nx = length > 0 ? -dy / length : 0, ny = length > 0 ? dx / length : 1;
        for (int k = 0; k < 4; k++)
            v->at[v->n++] = (SDL_Vertex){
                {p[2 * i] + nx * off[k], p[2 * i + 1] + ny * off[k]},
                color_of(ink, k == 0 || k == 3 ? 0 : ink->alpha),
                {0,                      0                         }
            };
        for (int k = 0; i > 0 && k < 3; k++)
            put_strip(v, 4 * (i - 1), k, 4);
    }
    SDL_RenderGeometry(c->renderer, NULL, v->at, v->n, v->index, v->n_index);
}

/* Columns of whole pixels: a band is the spread of a figure in a column, and rectangles are cheap. */
static void draw_band(struct dh_canvas *c, const struct dh_scene *scene, const struct dh_ink *ink) {
    const float *top = scene->points + 2 * (ptrdiff_t)ink->first;
    int32_t n = ink->n / 2, n_rect = 0;
    const float *bottom = top + 2 * (ptrdiff_t)n;
    SDL_Rect rects[PIECES];
    set_color(c, ink->color, ink->alpha);
    for (int32_t i = 0; i < n; i++) {
        float left = i > 0 ? (top[2 * i] + top[2 * i - 2]) / 2 : top[0] - 0.5f;
        float right = i + 1 < n ? (top[2 * i] + top[2 * i + 2]) / 2 : top[2 * i] + 0.5f;
        float h = bottom[2 * i + 1] - top[2 * i + 1];
        if (right - left < 0.5f || h < 1)
            continue;
        rects[n_rect++] = whole((struct dh_box){left, top[2 * i + 1], right - left, h});
        if (n_rect == PIECES || i + 1 == n) {
            SDL_RenderFillRects(c->renderer, rects, n_rect);
            n_rect = 0;
        }
    }
    if (n_rect > 0)
        SDL_RenderFillRects(c->renderer, rects, n_rect);
}

/* ---- words
 * -------------------------------------------------------------------------------------------------
 */

static const struct dh_glyphs *glyphs_of(struct dh_canvas *c, const struct dh_type *type, int size,
                                         bool bold) {
    if (type->scale != c->type.scale || type->bitmap != c->type.bitmap) {
        drop_glyphs(c);
        c->type = *type;
    }
    struct dh_glyphs *g = &c->glyphs[size][bold];
    if (!g->texture && !dh_glyphs_make(g, c->renderer, type, (enum dh_type_size)size, bold))
        return NULL;
    return g;
}

static void draw_word(struct dh_canvas *c, const struct dh_scene *scene, const struct dh_ink *ink) {
    const struct dh_glyphs *g = glyphs_of(c, scene->type, ink->size, ink->bold);
    const char *text = scene->bytes + ink->first, *end = text + ink->n;
    if (!g)
        return;
    SDL_SetTextureColorMod(g->texture, ink->color >> 16 & 255, ink->color >> 8 & 255, ink->color & 255);
    int x = (int)ink->box.x, y = (int)(ink->box.y + (ink->box.h - (float)g->height) / 2 + 0.5f);
    while (text < end) {
        const struct dh_glyph *glyph = dh_glyph_of(g, dh_utf8_next(&text, end));
        if (!glyph)
            continue;
        SDL_Rect to = {x + glyph->left, y + glyph->above, glyph->box.w, glyph->box.h};
        if (glyph->box.w > 0)
            SDL_RenderCopy(c->renderer, g->texture, &glyph->box, &to);
        x += glyph->advance;
    }
}

/* ---- a scene
 * -----------------------------------------------------------------------------------------------
 */

void dh_canvas_draw(struct dh_canvas *c, const struct dh_scene *scene) {
    int texel_row = 0, k = 0;
    struct large large;
    find_large(&large, scene);
    bool texels = load_texels(c, scene);
    SDL_RenderSetClipRect(c->renderer, NULL);
    for (int32_t i = 0; i < scene->n_ink; i++) {
        const struct dh_ink *ink = &scene->inks[i];
        SDL_Rect clip = whole(ink->box);
        switch ((enum dh_ink_kind)ink->kind) {
        case DH_INK_RECT:
            if (k < large.n && large.ink[k] == i)
                draw_large(c, ink, &large, k++);
            else
                draw_rect(c, ink);
            break;
        case DH_INK_FRAME:
            draw_frame(c, ink);
            break;
        case DH_INK_HATCH:
            draw_hatch(c, ink);
            break;
        case DH_INK_CELLS:
            draw_cells(c, scene, ink);
            break;
        case DH_INK_TEXELS:
            if (texels)
                draw_texels(c, ink, &texel_row);
            break;
        case DH_INK_LINE:
            draw_line(c, scene, ink);
            break;
        case DH_INK_BAND:
            draw_band(c, scene, ink);
            break;
        case DH_INK_WORD:
            draw_word(c, scene, ink);
            break;
        case DH_INK_CLIP:
            SDL_RenderSetClipRect(c->renderer, ink->box.w > 0 ? &clip : NULL);
            break;
        }
    }
    SDL_RenderSetClipRect(c->renderer, NULL);
}
