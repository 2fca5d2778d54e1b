#include "viz/sdl/picture.h"

#include "sim/text.h"
#include "viz/sdl/canvas.h"

#include <stdlib.h>

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

bool dh_picture_save(struct dh_picture *p, struct dh_view *view, const char *path, char *problem, size_t n) {
    struct dh_text sidecar = {0};
    dh_picture_draw(p, view);
    dh_view_sidecar(view, &sidecar);
    bool good = dh_album_write(p->surface, path, &sidecar, problem, n);
    dh_text_free(&sidecar);
    return good;
}

bool dh_picture_add(struct dh_picture *p, struct dh_view *view, struct dh_album *album, const char *path,
                    bool quiet) {
    struct dh_text sidecar = {0};
    dh_picture_draw(p, view);
    dh_view_sidecar(view, &sidecar);
    bool good = dh_album_add(album, p->surface, path, &sidecar, quiet);
    dh_text_free(&sidecar);
    return good;
}
