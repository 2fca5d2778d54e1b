/* datahall view: the live view, the replay of a result, and pictures of either. */
#include "sim/app/app.h"
#include "viz/sdl/picture.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int cmd_view(const struct cli *cli) {
    struct dh_diag *diag = dh_diag_new();
    struct dh_sim *sim = NULL;
    struct dh_source *source = NULL;
    struct dh_view *view = NULL;
    const char *path = cli->arguments[0], *size = cli_value(cli, "size"), *at = cli_value(cli, "at");
    int w = 1920, h = 1080;
    if (size && sscanf(size, "%dx%d", &w, &h) != 2)
        return app_usage("--size is WIDTHxHEIGHT, not '%s'", size);
    enum dh_err err = diag ? dh_sim_open_result(&sim, path, diag) : DH_ERR_MEMORY;
    if (err == DH_OK)
        err = dh_source_open_result(&source, path, dh_sim_facility(sim), diag);
    if (err == DH_OK)
        err = dh_view_open(&view, &source, 1);
    if (err == DH_OK) {
        char problem[256];
        const char *tab = cli_value(cli, "tab"), *overlay = cli_value(cli, "overlay"),
                   *select = cli_value(cli, "select");
        struct dh_picture *picture = dh_picture_open(w, h);
        dh_view_resize(view, w, h, 0);
        if (at)
            dh_view_seek(view, dh_time_from_s(strtod(at, NULL)));
        if (tab)
            dh_view_show_tab(view, (enum dh_view_tab)(atoi(tab) - 1));
        if (overlay)
            dh_view_show_overlay(view, atoi(overlay));
        if (select)
            dh_view_select(view, select);
        if (!picture ||
            !dh_picture_save(picture, view, cli_value(cli, "screenshot"), problem, sizeof problem))
            fprintf(stderr, "%s\n", problem);
        dh_picture_close(picture);
    }
    dh_view_close(view);
    dh_source_close(source);
    dh_sim_close(sim);
    return app_finish(diag, err, cli);
}
