/* Frames of a view: how long one takes from state to pixels, at 1920x1080 with the software renderer, while
 * time goes on. view RESULT [TAB]. A frame: seek, colours of all racks, scene, drawing; without showing it on
 * a window. */
#include <datahall/datahall.h>
#include "viz/sdl/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { N = 200 };

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    struct dh_diag *diag = dh_diag_new();
    struct dh_sim *sim = NULL;
    struct dh_source *source = NULL;
    struct dh_view *view = NULL;
    double ms[N];
    if (argc < 2 || dh_sim_open_result(&sim, argv[1], diag) != DH_OK ||
        dh_source_open_result(&source, NULL, argv[1], dh_sim_facility(sim), diag) != DH_OK ||
        dh_view_open(&view, &source, 1) != DH_OK) {
        fprintf(stderr, "view RESULT [TAB]\n");
        return 2;
    }
    struct dh_picture *picture = dh_picture_open(1920, 1080);
    dh_view_resize(view, 1920, 1080, 1);
    dh_view_show_tab(view, (enum dh_view_tab)(argc > 2 ? atoi(argv[2]) - 1 : 0));
    dh_picture_draw(picture, view); /* glyphs, traces: once */
    for (int i = 0; i < N; i++) {
        double began = now_ms();
        dh_view_seek(view, source->begin + (dh_time)((double)(source->newest - source->begin) * i / N));
        dh_picture_draw(picture, view);
        ms[i] = now_ms() - began;
    }
    qsort(ms, N, sizeof *ms, ascending);
    printf("%d racks, tab %s: %.2f ms median, %.2f ms p99 of %d frames\n", (int)dh_sim_facility(sim)->n_rack,
           argc > 2 ? argv[2] : "1", ms[N / 2], ms[N * 99 / 100], (int)N);
    dh_picture_close(picture);
    dh_view_close(view);
    dh_source_close(source);
    dh_sim_close(sim);
    dh_diag_delete(diag);
    return 0;
}
