/* Showing a view: in a window, or as pictures. */
#ifndef DH_APP_SHOW_H
#define DH_APP_SHOW_H

#include "sim/app/app.h"
#include "viz/view.h"

/* What --at, --tab, --overlay, --difference, --select, --size, --scale say; a usage error is said (status 2),
 * otherwise 0.
 */
struct show {
    int w, h, scale;
    enum dh_view_tab tab;
    int overlay; /* 0: as it is */
    bool difference;
    const char *at, *select, *screenshot, *frames;
    dh_time every; /* of frames */
    dh_time pace;  /* simulated time a second of a run; 0: as fast as it can */
    bool gpu;
    bool close; /* the window, when the run has ended */
    bool lost;  /* the display went away while the window was open */
    bool said;  /* what went wrong was said on standard error */
};
int show_read(struct show *show, const struct cli *cli);

/* app_finish for commands that show something. */
int show_finish(const struct show *show, struct dh_diag *diag, enum dh_err err, const struct cli *cli);

/* Is it for pictures alone? */
bool show_is_headless(const struct show *show);

/* Pictures as asked for. DH_ERR_USAGE for a time or a name that is not there; DH_ERR_IO; said on standard
 * error. */
enum dh_err show_pictures(struct show *show, struct dh_view *view);
/* A window, until it is closed. DH_ERR_NO_DEVICE, which is said: none is to be had, or its display is gone.
 */
enum dh_err show_window(struct show *show, struct dh_view *view, const char *title);

/* Runs a simulation as dh_sim_run does, on a second thread, and shows it meanwhile; keeps the window open at
 * its end. Closing the window, or losing its display, ends the run where `ends` says so. Without a window
 * nothing runs. */
enum dh_err show_run(struct show *show, struct dh_sim *sim, const struct dh_run_options *options, bool ends,
                     struct dh_diag *diag);

#endif
