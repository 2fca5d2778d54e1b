#include "sim/app/app.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

volatile int app_stop, app_status;
const char *app_program = "datahall";

static void on_stop(int signal_number) {
    if (app_stop)
        _exit(128 + signal_number);
    app_stop = signal_number == SIGHUP ? SIGTERM : signal_number; /* its terminal is gone: the same */
}

static void on_status(int signal_number) {
    (void)signal_number;
    app_status = 1;
}

void app_catch_signals(void) {
    struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    struct sigaction status = {.sa_handler = on_status, .sa_flags = SA_RESTART};
    sigemptyset(&stop.sa_mask);
    sigemptyset(&status.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    struct sigaction hangup;
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* as nohup has it */
        sigaction(SIGHUP, &stop, NULL);
    sigaction(SIGUSR1, &status, NULL);
    /* A file size limit then is an ordinary write error, reported with its path. */
    signal(SIGXFSZ, SIG_IGN);
}

bool app_color(const struct cli *cli, FILE *stream) {
    const char *when = cli_value(cli, "color"), *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (when && strcmp(when, "always") == 0)
        return true;
    if ((when && strcmp(when, "never") == 0) || (no_color && no_color[0]) ||
        (term && strcmp(term, "dumb") == 0))
        return false;
    return isatty(fileno(stream));
}

/* The part of a long source line around column col (bytes, from 1), and a caret under it. */
static void print_source(const char *source, int col, const char *on, const char *off) {
    enum { BEFORE = 60, AFTER = 40 };
    size_t n = strlen(source), at = col > 0 && (size_t)col <= n + 1 ? (size_t)col - 1 : 0;
    size_t from = at > BEFORE ? at - BEFORE : 0, to = at + AFTER < n ? at + AFTER : n;
    if (n <= BEFORE + AFTER) {
        from = 0;
        to = n;
    }
    while (from > 0 && from < n && ((unsigned char)source[from] & 0xC0) == 0x80)
        from++;
    while (to < n && ((unsigned char)source[to] & 0xC0) == 0x80)
        to++;
    fprintf(stderr, "    %s%.*s%s\n", from > 0 ? "…" : "", (int)(to - from), source + from,
            to < n ? "…" : "");
    if (col <= 0)
        return;
    fprintf(stderr, "    %s", from > 0 ? " " : "");
    for (size_t i = from; i < at; i++)
        if (((unsigned char)source[i] & 0xC0) != 0x80)
            fputc(' ', stderr);
    fprintf(stderr, "%s^%s\n", on, off);
}

void app_print_diag(struct dh_diag *diag, const struct cli *cli) {
    bool color = app_color(cli, stderr);
    const char *off = color ? "\033[0m" : "", *bold = color ? "\033[1m" : "",
               *green = color ? "\033[1;32m" : "";
    for (int32_t i = 0; i < dh_diag_count(diag); i++) {
        struct dh_diag_message m = dh_diag_at(diag, i);
        if (m.warning && cli_flag(cli, "quiet"))
            continue;
        const char *kind = !color ? "" : m.warning ? "\033[1;35m" : "\033[1;31m";
        fputs(bold, stderr);
        if (!m.file)
            fputs("datahall:", stderr);
        else if (m.line > 0 && m.col > 0)
            fprintf(stderr, "%s:%d:%d:", m.file, m.line, m.col);
        else if (m.line > 0)
            fprintf(stderr, "%s:%d:", m.file, m.line);
        else
            fprintf(stderr, "%s:", m.file);
        fprintf(stderr, "%s %s%s:%s %s [%s]\n", off, kind, m.warning ? "warning" : "error", off, m.text,
                dh_err_code(m.code));
        if (m.source && m.line > 0)
            print_source(m.source, m.col, green, off);
        if (m.hint)
            fprintf(stderr, "    %shint:%s %s\n", bold, off, m.hint);
    }
    dh_diag_clear(diag);
}

/* Without memory an error may have been counted and its message lost. */
static bool has_message(const struct dh_diag *diag) {
    for (int32_t i = 0; diag && i < dh_diag_count(diag); i++)
        if (!dh_diag_at(diag, i).warning)
            return true;
    return false;
}

int app_finish(struct dh_diag *diag, enum dh_err err, const struct cli *cli) {
    if (err != DH_OK && !has_message(diag))
        fprintf(stderr, "datahall: error: %s [%s]\n", dh_err_text(err), dh_err_code(err));
    if (diag) {
        app_print_diag(diag, cli);
        dh_diag_delete(diag);
    }
    return dh_err_exit_status(err);
}

int app_usage(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("datahall: error: ", stderr);
    vfprintf(stderr, format, args);
    fputs("\n", stderr);
    va_end(args);
    return dh_err_exit_status(DH_ERR_USAGE);
}

int app_write(void *file, const char *bytes, size_t n) {
    return fwrite(bytes, 1, n, file) != n;
}

static enum dh_err output_failed(const char *path) {
    fprintf(stderr, "datahall: error: %s: %s [%s]\n", path, strerror(errno), dh_err_code(DH_ERR_IO));
    return DH_ERR_IO;
}

/* FILE.part, which becomes FILE when it is complete. The caller frees it. */
static char *part_path(const char *path) {
    size_t n = strlen(path);
    char *part = malloc(n + sizeof ".part");
    if (part) {
        memcpy(part, path, n);
        memcpy(part + n, ".part", sizeof ".part");
    }
    return part;
}

char *app_left_as_part(const char *output) {
    char *part = part_path(output);
    if (part && access(part, F_OK) == 0)
        return part;
    free(part);
    return NULL;
}

void app_tell_part(const char *output, const char *part) {
    fprintf(stderr, "datahall: %s holds an earlier result and keeps it; this one, up to now, is %s\n", output,
            part);
}

/* Devices and pipes are written in place; so is what /dev and /proc name, like /dev/stdout. */
static bool is_special(const char *path) {
    struct stat there;
    if (strncmp(path, "/proc/", 6) == 0 ||
        (strncmp(path, "/dev/", 5) == 0 && strncmp(path, "/dev/shm/", 9) != 0))
        return true;
    return stat(path, &there) == 0 && !S_ISREG(there.st_mode);
}

enum dh_err app_open(FILE **out, const struct cli *cli) {
    const char *path = cli_value(cli, "output");
    *out = stdout;
    if (!path || strcmp(path, "-") == 0)
        return DH_OK;
    char *part = part_path(path);
    if (!part)
        return DH_ERR_MEMORY;
    *out = fopen(is_special(path) ? path : part, "w");
    enum dh_err err = *out ? DH_OK : output_failed(path);
    free(part);
    return err;
}

enum dh_err app_close(FILE *out, enum dh_err err, const struct cli *cli) {
    if (!out || out == stdout)
        return err; /* main looks after standard output */
    const char *path = cli_value(cli, "output");
    char *part = part_path(path);
    bool failed = ferror(out) != 0;
    failed |= fclose(out) != 0;
    if (failed && err == DH_OK)
        err = output_failed(path);
    if (part && !is_special(path)) {
        if (err != DH_OK)
            unlink(part);
        else if (rename(part, path) != 0) {
            err = output_failed(path);
            unlink(part);
        }
    }
    free(part);
    return err;
}

void app_json_string(FILE *out, const char *string) {
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)string; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7F)
            fprintf(out, "\\u%04x", *c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
}
