/* Where the mouse finds what in a view: hits RESULT WIDTHxHEIGHT [tab=NAME] [select=NAME] [live]. A line for
 * each part that is not hidden: what, its row or name, its middle and its size in pixels, what hovering
 * tells. With `live` there are the buttons of a run in progress. */
#include <datahall/datahall.h>
#include "viz/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
    [DH_HIT_TAB] = "tab",       [DH_HIT_OVERLAY] = "overlay",   [DH_HIT_KPI] = "kpi",
    [DH_HIT_PLAY] = "play",     [DH_HIT_SLOWER] = "slower",     [DH_HIT_FASTER] = "faster",
    [DH_HIT_STEP] = "step",     [DH_HIT_EVENT] = "event",       [DH_HIT_SEEK] = "seek",
    [DH_HIT_FLOOR] = "floor",   [DH_HIT_TIMELINE] = "timeline", [DH_HIT_HELP] = "help",
    [DH_HIT_FOLLOW] = "follow", [DH_HIT_SEARCH] = "search",     [DH_HIT_DIFFERENCE] = "difference",
    [DH_HIT_DEED] = "deed",     [DH_HIT_WARMER] = "warmer",     [DH_HIT_DIAGRAM] = "diagram",
};
enum { N_WORD = sizeof words / sizeof *words };

static void print_hit(const struct dh_view *view, const struct dh_scene *scene, const struct dh_hit *hit) {
    char name[96], row[16];
    struct dh_box b = hit->box;
    float x = b.x + b.w / 2, y = b.y + b.h / 2;
    const struct dh_hit *there = dh_scene_at(scene, x, y);
    if (!there || there->kind != hit->kind || there->row != hit->row)
        return;
    const char *what = hit->kind < N_WORD ? words[hit->kind] : NULL, *which = row;
    snprintf(row, sizeof row, "%d", hit->row);
    if (hit->kind >= DH_HIT_THING && hit->kind < DH_HIT_THING + DH_N_WHAT) {
        enum dh_view_what kind = (enum dh_view_what)(hit->kind - DH_HIT_THING);
        what = dh_what_name(kind);
        which = dh_thing_name(view, (struct dh_view_thing){kind, hit->row}, name);
    }
    printf("%s\t%s\t%.0f\t%.0f\t%.0f\t%.0f\t%s\n", what ? what : "other", which, (double)x, (double)y,
           (double)b.w, (double)b.h, hit->tip ? hit->tip : "");
}

int main(int argc, char **argv) {
    struct dh_diag *diag = dh_diag_new();
    struct dh_sim *sim = NULL;
    struct dh_source *source = NULL;
    struct dh_view *view = NULL;
    struct dh_scene scene = {0};
    enum dh_view_tab tab;
    int w = 0, h = 0;
    bool live = argc > 3 && strcmp(argv[argc - 1], "live") == 0;
    if (argc < 3 || sscanf(argv[2], "%dx%d", &w, &h) != 2 ||
        dh_sim_open_result(&sim, argv[1], diag) != DH_OK ||
        dh_source_open_result(&source, NULL, argv[1], dh_sim_facility(sim), diag) != DH_OK ||
        dh_view_open(&view, &source, 1) != DH_OK) {
        fprintf(stderr, "hits RESULT WIDTHxHEIGHT [tab=NAME] [select=NAME] [live]\n");
        return 1;
    }
    for (int i = 3; i < argc; i++) {
        if (strncmp(argv[i], "tab=", 4) == 0 && dh_view_tab_of(argv[i] + 4, &tab))
            dh_view_show_tab(view, tab);
        else if (strncmp(argv[i], "select=", 7) == 0)
            dh_view_select(view, argv[i] + 7);
    }
    source->live = live;
    dh_view_hear(view, live);
    dh_view_resize(view, w, h, 0);
    dh_view_draw(view, &scene);
    for (int32_t i = 0; i < scene.n_hit; i++)
        print_hit(view, &scene, &scene.hits[i]);
    dh_scene_free(&scene);
    dh_view_close(view);
    dh_source_close(source);
    dh_sim_close(sim);
    dh_diag_delete(diag);
    return 0;
}
