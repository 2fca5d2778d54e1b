#include "viz/sdl/picture.h"

#include "sim/text.h"
#include "viz/sdl/canvas.h"

#include <SDL_image.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dh_picture {
    SDL_Surface *surface;
    SDL_Renderer *renderer;
    struct dh_canvas *canvas;
    struct dh_scene scene;
};

struct dh_picture *dh_picture_open(int w, int h) {
    struct dh_picture *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->surface = SDL_CreateRGBSurfaceWithFormat(0, w, h, 32, SDL_PIXELFORMAT_ARGB8888);
    p->renderer = p->surface ? SDL_CreateSoftwareRenderer(p->surface) : NULL;
    p->canvas = p->renderer ? dh_canvas_open(p->renderer) : NULL;
    if (!p->canvas) {
        dh_picture_close(p);
        return NULL;
    }
    return p;
}

void dh_picture_close(struct dh_picture *p) {
    if (!p)
        return;
    dh_canvas_close(p->canvas);
    if (p->renderer)
        SDL_DestroyRenderer(p->renderer);
    SDL_FreeSurface(p->surface);
    dh_scene_free(&p->scene);
    free(p);
}

const char *dh_picture_font_problem(const struct dh_picture *p) {
    return dh_canvas_font_problem(p->canvas);
}

const SDL_Surface *dh_picture_draw(struct dh_picture *p, struct dh_view *view) {
    dh_view_bitmap_font(view, dh_canvas_bitmap(p->canvas));
    dh_view_draw(view, &p->scene);
    dh_canvas_draw(p->canvas, &p->scene);
    SDL_RenderFlush(p->renderer);
    return p->surface;
}

/* "a.png" to "a.json". */
static bool write_sidecar(struct dh_view *view, const char *path) {
    size_t n = strlen(path);
    char *name = malloc(n + sizeof ".json");
    struct dh_text text = {0};
    if (!name)
        return false;
    memcpy(name, path, n + 1);
    memcpy(name + (n > 4 && strcmp(path + n - 4, ".png") == 0 ? n - 4 : n), ".json", sizeof ".json");
    dh_view_sidecar(view, &text);
    FILE *out = fopen(name, "w");
    bool good = out && text.at && fwrite(text.at, 1, text.n, out) == text.n;
    good &= out && fclose(out) == 0;
    dh_text_free(&text);
    free(name);
    return good;
}

bool dh_picture_save(struct dh_picture *p, struct dh_view *view, const char *path, char *problem, size_t n) {
    dh_picture_draw(p, view);
    errno = 0;
    if (IMG_SavePNG(p->surface, path) != 0) {
        snprintf(problem, n, "%s", errno ? strerror(errno) : SDL_GetError());
        return false;
    }
    if (!write_sidecar(view, path)) {
        snprintf(problem, n, "its data: %s", strerror(errno));
        return false;
    }
    return true;
}
