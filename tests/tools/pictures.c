/* Digests of the pixels of every tab and overlay of results, at three sizes, and of the floor with the
 * difference of two: pictures RESULT:SECONDS... [-d A B:SECONDS] The first line says what else the pixels
 * depend on: versions of SDL, SDL_ttf, FreeType, and the font. */
#include <datahall/datahall.h>
#include "sim/hash.h"
#include "viz/sdl/glyphs.h"
#include "viz/sdl/picture.h"

#include <SDL_ttf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_versions(void) {
    SDL_version sdl;
    int major = 0, minor = 0, patch = 0;
    char hex[65] = "none", problem[256];
    const SDL_version *ttf = TTF_Linked_Version();
    SDL_GetVersion(&sdl);
    TTF_Init();
    TTF_GetFreeTypeVersion(&major, &minor, &patch);
    FILE *font =
        dh_font_there(problem, sizeof problem) ? fopen(DH_FONT_FOLDER "/DejaVuSans.ttf", "rb") : NULL;
    if (font) {
        static char bytes[4 << 20];
        size_t n = fread(bytes, 1, sizeof bytes, font);
        dh_sha256_hex(bytes, n, hex);
        fclose(font);
    }
    printf("# SDL %d.%d.%d SDL_ttf %d.%d.%d FreeType %d.%d.%d DejaVuSans %.16s\n", sdl.major, sdl.minor,
           sdl.patch, ttf->major, ttf->minor, ttf->patch, major, minor, patch, hex);
}

static void print_picture(struct dh_picture *picture, struct dh_view *view, const char *name, int w, int h,
                          int tab, int overlay, bool difference) {
    char hex[65];
    dh_view_resize(view, w, h, 0);
    dh_view_show_tab(view, (enum dh_view_tab)tab);
    dh_view_show_overlay(view, overlay);
    const SDL_Surface *s = dh_picture_draw(picture, view);
    dh_sha256_hex(s->pixels, (size_t)s->pitch * (size_t)s->h, hex);
    printf("%s %s %d %dx%d %.32s\n", name, difference ? "B-A" : dh_tab_names[tab], overlay, w, h, hex);
}

/* A result to be looked at. */
struct shown {
    struct dh_diag *diag;
    struct dh_sim *sim;
    struct dh_source *source;
};

static bool open_one(struct shown *s, const char *path) {
    *s = (struct shown){.diag = dh_diag_new()};
    if (dh_sim_open_result(&s->sim, path, s->diag) == DH_OK &&
        dh_source_open_result(&s->source, NULL, path, dh_sim_facility(s->sim), s->diag) == DH_OK)
        return true;
    fprintf(stderr, "%s cannot be shown\n", path);
    return false;
}

static void close_one(struct shown *s) {
    dh_source_close(s->source);
    dh_sim_close(s->sim);
    dh_diag_delete(s->diag);
}

/* "NAME:SECONDS": cuts the name off. */
static dh_time cut_time(char *argument) {
    char *colon = strrchr(argument, ':');
    double at_s = colon ? strtod(colon + 1, NULL) : 0;
    if (colon)
        *colon = '\0';
    return dh_time_from_s(at_s);
}

static bool print_difference(char *a, char *b) {
    struct shown both[2] = {0};
    struct dh_view *view = NULL;
    dh_time at = cut_time(b);
    if (!open_one(&both[0], a) || !open_one(&both[1], b))
        return false;
    struct dh_source *sources[] = {both[0].source, both[1].source};
    struct dh_picture *picture = dh_picture_open(1280, 720);
    bool good = picture && dh_view_open(&view, sources, 2) == DH_OK && dh_view_show_difference(view, true);
    if (good)
        dh_view_seek(view, at);
    for (int overlay = 1; good && overlay <= 9; overlay++)
        print_picture(picture, view, sources[0]->name, 1280, 720, DH_TAB_FLOOR, overlay, true);
    dh_view_close(view);
    dh_picture_close(picture);
    close_one(&both[0]);
    close_one(&both[1]);
    return good;
}

int main(int argc, char **argv) {
    static const int sizes[][2] = {
        {1280, 720 },
        {1920, 1080},
        {3840, 2160}
    };
    print_versions();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-d") == 0 && i + 2 < argc) {
            if (!print_difference(argv[i + 1], argv[i + 2]))
                return 1;
            i += 2;
            continue;
        }
        struct shown shown;
        struct dh_view *view = NULL;
        dh_time at = cut_time(argv[i]);
        if (!open_one(&shown, argv[i]) || dh_view_open(&view, &shown.source, 1) != DH_OK)
            return 1;
        dh_view_seek(view, at);
        for (int size = 0; size < 3; size++) {
            int w = sizes[size][0], h = sizes[size][1];
            struct dh_picture *picture = dh_picture_open(w, h);
            for (int tab = 0; picture && tab < DH_N_TAB; tab++)
                for (int overlay = 1; overlay <= (tab == DH_TAB_FLOOR ? 9 : 1); overlay++)
                    print_picture(picture, view, shown.source->name, w, h, tab, overlay, false);
            dh_picture_close(picture);
        }
        dh_view_close(view);
        close_one(&shown);
    }
    TTF_Quit();
    return 0;
}
