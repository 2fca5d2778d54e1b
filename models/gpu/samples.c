#include "models/gpu/samples.h"

#include "sim/hash.h"
#include "sim/text.h"
#include "sim/units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct dh_gpu_writer {
    char *path, *part;
    FILE *file;
    long ending_at, end_at; /* where the last attributes of <samples> are, where the next child goes */
    int64_t n;
    bool failed;
    int error; /* errno of the first failure */
};

static const char tail[] = "</samples>\n</catalog>\n";

/* May this character be in an attribute that a scenario's reader takes as it is? */
static bool is_plain(uint32_t c) {
    return c >= 0x20 && !(c >= 0x7F && c < 0xA0) && !(c >= 0xD800 && c < 0xE000) && c < 0x110000 &&
           (c & 0xFFFE) != 0xFFFE && c != '$';
}

void dh_gpu_clean(char *text) {
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000}; /* shorter forms are the only ones */
    unsigned char *from = (unsigned char *)text, *to = from;
    while (*from) {
        uint32_t c = *from;
        int more = c < 0x80             ? 0
                   : (c & 0xE0) == 0xC0 ? 1
                   : (c & 0xF0) == 0xE0 ? 2
                   : (c & 0xF8) == 0xF0 ? 3
                                        : -1;
        bool good = more >= 0;
        if (more > 0)
            c &= 0x3Fu >> more;
        for (int i = 1; good && i <= more; i++) {
            good = (from[i] & 0xC0) == 0x80;
            c = c << 6 | (from[i] & 0x3Fu);
        }
        if (good && c >= least[more] && is_plain(c)) {
            memmove(to, from, (size_t)more + 1);
            to += more + 1;
            from += more + 1;
        } else {
            *to++ = '?';
            from++;
        }
    }
    *to = '\0';
}

static void failed(struct dh_gpu_writer *w) {
    if (!w->failed)
        w->error = errno;
    w->failed = true;
}

static void put_at(struct dh_gpu_writer *w, long at, const char *bytes, size_t n) {
    if (w->failed)
        return;
    errno = 0;
    if (fseek(w->file, at, SEEK_SET) != 0 || fwrite(bytes, 1, n, w->file) != n)
        failed(w);
}

static void put_text(struct dh_text *t, const char *name, const char *value) {
    char clean[512];
    snprintf(clean, sizeof clean, "%s", value);
    dh_gpu_clean(clean);
    dh_text_printf(t, " %s=\"", name);
    dh_text_put_xml(t, clean);
    dh_text_puts(t, "\"");
}

static void put_number(struct dh_text *t, const char *name, double value, const char *unit, double least,
                       double most) {
    char number[64];
    if (!(value >= least && value <= most))
        return;
    if (value != 0 && value != rint(value)) { /* nine digits: more would be noise */
        double scale = pow(10, 8 - floor(log10(fabs(value))));
        double rounded = rint(value * scale) / scale;
        value = rounded >= least && rounded <= most ? rounded : value;
    }
    dh_number_format(value, number, sizeof number);
    dh_text_printf(t, " %s=\"%s%s%s\"", name, number, unit ? " " : "", unit ? unit : "");
}

static void put_point(struct dh_text *t, const struct dh_gpu_point *p) {
    dh_text_printf(t, " kernel=\"%s\" format=\"%s\"", dh_gpu_kernel_name(p->kernel),
                   dh_gpu_format_name(p->format));
    for (int32_t i = 0; i < dh_gpu_size_count(p->kernel); i++)
        dh_text_printf(t, "%s%lld", i ? " " : " size=\"", (long long)p->size[i]);
    dh_text_puts(t, "\"");
}

static void put_flags(struct dh_text *t, uint32_t flags, bool polled) {
    static const char *const names[] = {"noisy", "thermal", "power", "brake", "wrong"};
    const char *blank = polled ? " " : "";
    if (flags == 0 && !polled)
        return;
    dh_text_printf(t, " flags=\"%s", polled ? "polled" : "");
    for (int i = 0; i < 5; i++)
        if (flags >> i & 1) {
            dh_text_printf(t, "%s%s", blank, names[i]);
            blank = " ";
        }
    dh_text_puts(t, "\"");
}

/* Adds a child and the end of the file behind it; the next child overwrites that. */
static void put_child(struct dh_gpu_writer *w, struct dh_text *t) {
    if (t->failed) {
        errno = ENOMEM;
        failed(w);
    } else {
        long length = (long)t->n;
        dh_text_puts(t, tail);
        put_at(w, w->end_at, t->at, t->n);
        w->end_at += length;
        w->n++;
        if (!w->failed && fflush(w->file) != 0)
            failed(w);
    }
    dh_text_free(t);
}

/* The attributes that change, in a place that is always as wide. */
static void put_ending(struct dh_text *t, const struct dh_gpu_ending *e) {
    struct dh_text own = {0};
    put_number(&own, "spent", fmin(round(e->spent_s * 1000) / 1000, 1e6), "s", 0, 1e6);
    dh_text_printf(&own, " complete=\"%s\"", e->complete ? "yes" : "no");
    if (e->noisy || e->shared || e->failed)
        dh_text_printf(&own, " flags=\"%s%s%s%s%s\"", e->noisy ? "noisy" : "",
                       e->noisy && (e->shared || e->failed) ? " " : "", e->shared ? "shared" : "",
                       e->shared && e->failed ? " " : "", e->failed ? "failed" : "");
    dh_text_printf(t, "%-80s>\n", own.at ? own.at : "");
    t->failed |= own.failed;
    dh_text_free(&own);
}

void dh_gpu_writer_mark(struct dh_gpu_writer *w, const struct dh_gpu_ending *ending) {
    struct dh_text t = {0};
    put_ending(&t, ending);
    if (!t.failed)
        put_at(w, w->ending_at, t.at, t.n);
    if (!w->failed && fflush(w->file) != 0)
        failed(w);
    dh_text_free(&t);
}

/* Letters, digits and '-' of the device's name. */
static void put_id(struct dh_text *t, const char *name) {
    char id[64] = "samples-";
    size_t n = strlen(id);
    for (; *name && n < 60; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain || id[n - 1] != '-')
            id[n++] = plain ? c : '-';
    }
    if (id[n - 1] == '-')
        n--;
    id[n] = '\0';
    dh_text_printf(t, " id=\"%s\"", id);
}

static void put_heading(struct dh_text *t, const struct dh_gpu_heading *h) {
    char date[21], unique[DH_SHA256_HEX];
    const struct dh_gpu_info *info = &h->info;
    dh_timestamp_format(h->unix_s, date);
    dh_text_puts(t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                    "<catalog xmlns=\"urn:datahall:scenario:1\">\n<samples");
    put_id(t, info->name);
    put_text(t, "device", info->name[0] ? info->name : "unknown");
    put_text(t, "backend", h->backend);
    put_text(t, "runtime", info->runtime);
    put_text(t, "libraries", info->libraries);
    if (info->uuid[0]) {
        dh_sha256_hex(info->uuid, strlen(info->uuid), unique);
        unique[16] = '\0';
        put_text(t, "uuid", unique);
    }
    put_text(t, "pci", info->pci);
    put_text(t, "capability", info->capability);
    if (info->units > 0 && info->units <= 100000)
        dh_text_printf(t, " units=\"%d\"", (int)info->units);
    put_number(t, "memory", info->memory_bytes, "B", 1, 1e14);
    put_number(t, "cache", info->cache_bytes, "B", 1, 1e12);
    put_number(t, "memory-bandwidth", info->memory_bytes_per_s, "B/s", 1, 1e15);
    put_number(t, "clock", info->clock_hz, "Hz", 1, 1e12);
    put_number(t, "power-limit", info->power_limit_w, "W", 0, 1e5);
    dh_text_printf(t, " cpu=\"%s\"", info->is_cpu ? "yes" : "no");
    put_text(t, "tool", h->tool);
    put_text(t, "kernels", info->kernels);
    put_text(t, "date", date);
    put_number(t, "load-average", h->load_average, NULL, 0, 1e6);
    put_number(t, "budget", h->budget_s, "s", 0, 1e6);
}

struct dh_gpu_writer *dh_gpu_writer_open(const char *path, const struct dh_gpu_heading *heading,
                                         char *message, size_t room) {
    struct dh_gpu_writer *w = calloc(1, sizeof *w);
    struct dh_text t = {0};
    if (w) {
        w->path = strdup(path);
        w->part = malloc(strlen(path) + sizeof ".part");
    }
    if (!w || !w->path || !w->part) {
        snprintf(message, room, "out of memory");
        goto fail;
    }
    struct stat there; /* the rename would put a file in the place of a device, or fail at the very end */
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        snprintf(message, room, "%s: %s", path,
                 S_ISDIR(there.st_mode) ? strerror(EISDIR) : "is no regular file, which samples need");
        goto fail;
    }
    sprintf(w->part, "%s.part", path);
    w->file = fopen(w->part, "we");
    if (!w->file) {
        snprintf(message, room, "%s: %s", w->part, strerror(errno));
        goto fail;
    }
    put_heading(&t, heading);
    w->ending_at = (long)t.n;
    put_ending(&t, &(struct dh_gpu_ending){0});
    w->end_at = (long)t.n;
    dh_text_puts(&t, tail);
    errno = t.failed ? ENOMEM : 0;
    if (t.failed || fwrite(t.at, 1, t.n, w->file) != t.n || fflush(w->file) != 0) {
        snprintf(message, room, "%s: %s", w->part, strerror(errno));
        goto fail;
    }
    dh_text_free(&t);
    return w;
fail:
    dh_text_free(&t);
    if (w && w->file) {
        fclose(w->file);
        remove(w->part);
    }
    if (w) {
        free(w->path);
        free(w->part);
    }
    free(w);
    return NULL;
}

void dh_gpu_writer_sample(struct dh_gpu_writer *w, const struct dh_gpu_sample *s) {
    struct dh_text t = {0};
    if (!(s->low_s >= 1e-12 && s->high_s <= 1e6)) {
        dh_gpu_writer_refusal(w, &s->point, "the device's clock gave a time that cannot be");
        return;
    }
    dh_text_puts(&t, "<sample");
    put_point(&t, &s->point);
    put_number(&t, "time", s->seconds, "s", 1e-12, 1e6);
    put_number(&t, "low", s->low_s, "s", 1e-12, 1e6);
    put_number(&t, "high", s->high_s, "s", 1e-12, 1e6);
    dh_text_printf(&t, " n=\"%d\"", (int)s->n);
    if (s->batch > 1)
        dh_text_printf(&t, " batch=\"%d\"", (int)s->batch);
    if (s->point.held)
        dh_text_puts(&t, " held=\"yes\"");
    put_number(&t, "error", s->error, NULL, 0, 1e300);
    put_text(&t, "library", s->library);
    if (s->tile_m > 0 && s->tile_n > 0)
        dh_text_printf(&t, " tile-m=\"%d\" tile-n=\"%d\"", (int)s->tile_m, (int)s->tile_n);
    put_flags(&t, s->flags, false);
    dh_text_puts(&t, "/>\n");
    put_child(w, &t);
}

void dh_gpu_writer_sustained(struct dh_gpu_writer *w, const struct dh_gpu_sustained *s) {
    static const char *const loads[] = {"idle", "gemm", "triad"};
    struct dh_text t = {0};
    if (!(s->seconds >= 0.01))
        return;
    dh_text_printf(&t, "<sustained kernel=\"%s\" format=\"%s\"", loads[s->load],
                   dh_gpu_format_name(s->format));
    put_number(&t, "duty", s->duty, NULL, 0, 1);
    put_number(&t, "duration", s->seconds, "s", 0.01, 1e6);
    put_number(&t, "energy", s->energy_j, "J", 0, 1e12);
    put_number(&t, "board", s->board_w, "W", 0, 1e5);
    put_number(&t, "rate", s->rate, NULL, 0, 1e20);
    put_number(&t, "clock", s->clock_hz, "Hz", 0, 1e12);
    put_number(&t, "start-temperature", s->start_degc, "degC", -50, 200);
    put_number(&t, "end-temperature", s->end_degc, "degC", -50, 200);
    put_number(&t, "time-constant", s->tau_s, "s", 0.01, 1e6);
    put_number(&t, "throttled", s->throttled, NULL, 0, 1);
    put_flags(&t, s->flags, s->polled);
    dh_text_puts(&t, "/>\n");
    put_child(w, &t);
}

void dh_gpu_writer_refusal(struct dh_gpu_writer *w, const struct dh_gpu_point *point, const char *why) {
    struct dh_text t = {0};
    dh_text_puts(&t, "<refusal");
    put_point(&t, point);
    put_text(&t, "why", why[0] ? why : "it failed");
    dh_text_puts(&t, "/>\n");
    put_child(w, &t);
}

bool dh_gpu_writer_close(struct dh_gpu_writer *w, const struct dh_gpu_ending *ending, char *message,
                         size_t room) {
    dh_gpu_writer_mark(w, ending);
    errno = 0;
    if (fclose(w->file) != 0)
        failed(w);
    errno = 0;
    if (!w->failed && (w->n > 0 ? rename(w->part, w->path) : remove(w->part)) != 0)
        failed(w);
    if (w->failed)
        snprintf(message, room, "%s: %s", w->part, strerror(w->error ? w->error : EIO));
    bool good = !w->failed;
    free(w->path);
    free(w->part);
    free(w);
    return good;
}
