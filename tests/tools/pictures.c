/* Digests of the pixels of every tab and overlay of results, at three sizes: pictures RESULT:SECONDS...
 * The first line says what else the pixels depend on: versions of SDL, SDL_ttf, FreeType, and the font. */
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
                          int tab, int overlay) {
    char hex[65];
    dh_view_resize(view, w, h, 0);
    dh_view_show_tab(view, (enum dh_view_tab)tab);
    dh_view_show_overlay(view, overlay);
    const SDL_Surface *s = dh_picture_draw(picture, view);
    dh_sha256_hex(s->pixels, (size_t)s->pitch * (size_t)s->h, hex);
    printf("%s %s %d %dx%d %.32s\n", name, dh_tab_names[tab], overlay, w, h, hex);
}

int main(int argc, char **argv) {
    static const int sizes[][2] = {
        {1280, 720 },
        {1920, 1080},
        {3840, 2160}
    };
    print_versions();
    for (int i = 1; i < argc; i++) {
        char *colon = strrchr(argv[i], ':');
        double at_s = colon ? strtod(colon + 1, NULL) : 0;
        if (colon)
            *colon = '\0';
        struct dh_diag *diag = dh_diag_new();
        struct dh_sim *sim = NULL;
        struct dh_source *source = NULL;
        struct dh_view *view = NULL;
        if (dh_sim_open_result(&sim, argv[i], diag) != DH_OK ||
            dh_source_open_result(&source, NULL, argv[i], dh_sim_facility(sim), diag) != DH_OK ||
            dh_view_open(&view, &source, 1) != DH_OK) {
            fprintf(stderr, "%s cannot be shown\n", argv[i]);
            return 1;
        }
        dh_view_seek(view, dh_time_from_s(at_s));
        for (int size = 0; size < 3; size++) {
            int w = sizes[size][0], h = sizes[size][1];
            struct dh_picture *picture = dh_picture_open(w, h);
            for (int tab = 0; picture && tab < DH_N_TAB; tab++)
                for (int overlay = 1; overlay <= (tab == DH_TAB_FLOOR ? 9 : 1); overlay++)
                    print_picture(picture, view, source->name, w, h, tab, overlay);
            dh_picture_close(picture);
        }
        dh_view_close(view);
        dh_source_close(source);
        dh_sim_close(sim);
        dh_diag_delete(diag);
    }
    TTF_Quit();
    return 0;
}
