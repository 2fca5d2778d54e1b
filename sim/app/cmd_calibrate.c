/* datahall calibrate: what an attached accelerator does with real kernels. */
#include "sim/app/app.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void show(void *self, double share, const char *what) {
    (void)self;
    fprintf(stderr, "\r\033[K%3.0f %%  %.70s", 100 * share, what);
}

static bool wants_progress(const struct cli *cli) {
    const char *when = cli_value(cli, "progress"), *term = getenv("TERM");
    if (when && strcmp(when, "auto") != 0)
        return strcmp(when, "always") == 0;
    return isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0) && !cli_flag(cli, "quiet");
}

static int measure(const struct cli *cli, struct dh_calibrate_options *options) {
    const char *output = cli_value(cli, "output");
    struct dh_calibrate_result r = {0};
    struct dh_diag *diag = dh_diag_new();
    if (!output) {
        dh_diag_delete(diag);
        return app_usage("calibrate measure needs -o FILE");
    }
    enum dh_err err = diag ? dh_calibrate_measure(output, options, &r, diag) : DH_ERR_MEMORY;
    if (options->progress)
        fputs("\r\033[K", stderr);
    if (err == DH_OK && !cli_flag(cli, "quiet"))
        printf("%s: %d samples, %d loads held, %d points refused, in %.1f s: %s\n", r.device, (int)r.samples,
               (int)r.loads, (int)r.refusals, r.spent_s, output);
    int status = app_finish(diag, err, cli);
    return err == DH_ERR_INTERRUPTED && app_stop ? 128 + app_stop : status;
}

static int list(const struct cli *cli, const struct dh_calibrate_options *options) {
    struct dh_diag *diag = dh_diag_new();
    enum dh_err err = diag ? dh_calibrate_list(options, app_write, stdout, diag) : DH_ERR_MEMORY;
    return app_finish(diag, err, cli);
}

int cmd_calibrate(const struct cli *cli) {
    struct dh_calibrate_options options = {.backend = cli_value(cli, "backend"),
                                           .library_dir = cli_value(cli, "cuda-lib"),
                                           .recording = cli_value(cli, "recording"),
                                           .budget = cli_value(cli, "budget"),
                                           .quick = cli_flag(cli, "quick"),
                                           .stop = &app_stop};
    const char *device = cli_value(cli, "device"), *what = cli->n_argument ? cli->arguments[0] : "";
    if (device) {
        char *end;
        long number = strtol(device, &end, 10);
        if (end == device || *end || number < 0 || number > 1000)
            return app_usage("device '%s' is not a number from 0 to 1000", device);
        options.device = (int32_t)number;
    }
    if (cli_flag(cli, "list"))
        return list(cli, &options);
    if (strcmp(what, "measure") != 0)
        return what[0] ? app_usage("calibrate cannot '%s'; it can measure", what)
                       : app_usage("calibrate needs to know what: measure");
    if (wants_progress(cli))
        options.progress = show;
    app_catch_signals();
    return measure(cli, &options);
}
