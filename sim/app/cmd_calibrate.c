/* datahall calibrate: what an attached accelerator does with real kernels. */
#include "sim/app/app.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* Measures into a file; what is to be said is in diag. */
static enum dh_err measure_into(const char *output, const struct cli *cli,
                                const struct dh_calibrate_options *options, struct dh_diag *diag) {
    struct dh_calibrate_result r = {0};
    enum dh_err err = diag ? dh_calibrate_measure(output, options, &r, diag) : DH_ERR_MEMORY;
    if (options->progress)
        fputs("\r\033[K", stderr);
    if (err == DH_OK && !cli_flag(cli, "quiet") && !cli_flag(cli, "json"))
        printf("%s: %d samples, %d loads held, %d points refused, in %.1f s: %s\n", r.device, (int)r.samples,
               (int)r.loads, (int)r.refusals, r.spent_s, output);
    return err;
}

static int measure(const struct cli *cli, const struct dh_calibrate_options *options) {
    struct dh_diag *diag = dh_diag_new();
    enum dh_err err = measure_into(cli_value(cli, "output"), cli, options, diag);
    int status = app_finish(diag, err, cli);
    return err == DH_ERR_INTERRUPTED && app_stop ? 128 + app_stop : status;
}

/* The profile goes to --output, the report to standard output. */
static int fit(const struct cli *cli, const char *samples, const char *device, struct dh_diag *diag) {
    struct dh_calibrate_fit_options options = {
        .samples = samples, .device = device, .json = cli_flag(cli, "json")};
    FILE *out = NULL;
    enum dh_err err = diag ? app_open(&out, cli) : DH_ERR_MEMORY;
    if (err != DH_OK) {
        dh_diag_delete(diag);
        return err == DH_ERR_MEMORY ? app_finish(NULL, err, cli) : dh_err_exit_status(err);
    }
    err = dh_calibrate_fit(&options, app_write, out, cli_flag(cli, "quiet") ? NULL : app_write, stdout, diag);
    enum dh_err closed = app_close(out, err, cli);
    int status = app_finish(diag, err, cli);
    return err == DH_OK ? dh_err_exit_status(closed) : status;
}

/* PROFILE.xml -> PROFILE.samples.xml */
static int measure_and_fit(const struct cli *cli, const struct dh_calibrate_options *options) {
    const char *output = cli_value(cli, "output"), *slash = strrchr(output, '/'), *dot = strrchr(output, '.');
    int stem = dot && dot > (slash ? slash + 1 : output) ? (int)(dot - output) : (int)strlen(output);
    size_t room = strlen(output) + sizeof ".samples.xml";
    struct stat there;
    if (stat(output, &there) == 0 && S_ISDIR(there.st_mode)) { /* before minutes are spent on it */
        fprintf(stderr, "datahall: error: %s: %s [%s]\n", output, strerror(EISDIR), dh_err_code(DH_ERR_IO));
        return dh_err_exit_status(DH_ERR_IO);
    }
    char *samples = malloc(room);
    struct dh_diag *diag = dh_diag_new();
    enum dh_err err = DH_ERR_MEMORY;
    int status;
    if (samples) {
        snprintf(samples, room, "%.*s.samples.xml", stem, output);
        err = measure_into(samples, cli, options, diag);
    }
    if (err == DH_OK) {
        status = fit(cli, samples, NULL, diag);
    } else {
        status = app_finish(diag, err, cli);
        status = err == DH_ERR_INTERRUPTED && app_stop ? 128 + app_stop : status;
    }
    free(samples);
    return status;
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
    bool fits = strcmp(what, "fit") == 0;
    if (device && !fits) {
        char *end;
        long number = strtol(device, &end, 10);
        if (end == device || *end || number < 0 || number > 1000)
            return app_usage("device '%s' is not a number from 0 to 1000", device);
        options.device = (int32_t)number;
    }
    if (cli_flag(cli, "list"))
        return list(cli, &options);
    if (what[0] && !fits && strcmp(what, "measure") != 0)
        return app_usage("calibrate cannot '%s'; it can measure and fit", what);
    if (fits != (cli->n_argument > 1))
        return fits ? app_usage("calibrate fit needs a file of samples")
                    : app_usage("calibrate measure takes no file but -o FILE");
    if (!cli_value(cli, "output"))
        return app_usage("calibrate%s%s needs -o FILE", what[0] ? " " : "", what);
    if (fits)
        return fit(cli, cli->arguments[1], device, dh_diag_new());
    if (wants_progress(cli))
        options.progress = show;
    app_catch_signals();
    return what[0] ? measure(cli, &options) : measure_and_fit(cli, &options);
}
