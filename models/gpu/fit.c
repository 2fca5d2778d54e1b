#include "models/gpu/fit.h"

#include "models/gpu/fit_family.h"
#include "sim/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_GEMMS = 16, MOST_CLASSES = 16, MOST_FIGURES = 1000, MOST_FITS = 100 };

/* ---- which device it is ------------------------------------------------------------------------------- */

static bool is_word_character(char c) {
    return isalnum((unsigned char)c);
}

/* Is the word, up to its first hyphen, a word of text? Capitals do not matter. */
static bool has_word(const char *text, const char *word, size_t n) {
    const char *hyphen = memchr(word, '-', n);
    n = hyphen ? (size_t)(hyphen - word) : n;
    for (const char *c = text; n > 0 && *c; c++) {
        bool begins = is_word_character(*c) && (c == text || !is_word_character(c[-1]));
        if (begins && strncasecmp(c, word, n) == 0 && !is_word_character(c[n]))
            return true;
    }
    return false;
}

static bool is_named(const struct dh_device_spec *device, const char *driver_name) {
    if (has_word(driver_name, device->id, strlen(device->id)))
        return true;
    for (const char *c = device->aliases; *c;) {
        size_t n = strcspn(c, " ");
        if (has_word(driver_name, c, n))
            return true;
        c += n;
        c += strspn(c, " ");
    }
    return false;
}

const struct dh_device_spec *dh_gpu_fit_device(const struct dh_scenario *catalog, const char *driver_name,
                                               double memory_bytes) {
    static const char *const others[] = {"PCIe", "NVL", "MIG"}; /* the catalog has modules, whole ones */
    const struct dh_device_spec *best = NULL;
    double nearest = 0.15;
    for (int32_t i = 0; i < catalog->n_devices; i++)
        if (dh_text_has_word(catalog->devices[i].aliases, driver_name) ||
            strcmp(catalog->devices[i].id, driver_name) == 0)
            return &catalog->devices[i];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (has_word(driver_name, others[i], strlen(others[i])))
            return NULL;
    for (int32_t i = 0; i < catalog->n_devices; i++) {
        const struct dh_device_spec *d = &catalog->devices[i];
        double away = isfinite(memory_bytes) && isfinite(d->memory_bytes)
                          ? fabs(log(memory_bytes / d->memory_bytes))
                          : 0.14;
        if (is_named(d, driver_name) && away < nearest) {
            nearest = away;
            best = d;
        }
    }
    return best;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

/* As many sizes as the kernel has, of at least one each, or what is wrong. */
static const char *fault_of(const struct dh_sample_spec *r) {
    static const int32_t n_size[DH_N_GPU_KERNEL] = {
        [DH_GPU_GEMM] = 3,    [DH_GPU_PREFILL] = 6, [DH_GPU_DECODE] = 6,    [DH_GPU_TRIAD] = 1,
        [DH_GPU_COPY] = 1,    [DH_GPU_GATHER] = 1,  [DH_GPU_LAYERNORM] = 2, [DH_GPU_SOFTMAX] = 2,
        [DH_GPU_EMPTY] = 1,   [DH_GPU_GRAPH] = 1,   [DH_GPU_H2D] = 1,       [DH_GPU_D2H] = 1,
        [DH_GPU_BOTH] = 1,    [DH_GPU_PEER] = 1,    [DH_GPU_ALLREDUCE] = 2, [DH_GPU_ALLGATHER] = 2,
        [DH_GPU_ALLTOALL] = 2};
    enum dh_gpu_kernel kernel = dh_fit_kernel(r);
    if (r->low_s > r->seconds * 1.000001 || r->high_s < r->seconds * 0.999999) /* each was rounded */
        return "has a time that is not between its low and its high";
    if (r->n_size != n_size[kernel])
        return "has another number of sizes";
    for (int32_t i = 0; i < r->n_size; i++)
        if (r->size[i] < 1 || r->size[i] > 1e13)
            return "has a size that is not from 1 to 1e13";
    if ((kernel == DH_GPU_PREFILL || kernel == DH_GPU_DECODE) &&
        (r->size[1] > r->size[2] || r->size[4] > r->size[3]))
        return "has more queries than keys, or more heads of keys than of queries";
    if (kernel >= DH_GPU_ALLREDUCE && r->size[0] < 2)
        return "is among fewer than two ranks";
    return NULL;
}

static enum dh_err check(const struct dh_samples_spec *samples, struct dh_diag *diag) {
    for (int32_t i = 0; i < samples->n_samples; i++) {
        const struct dh_sample_spec *r = &samples->samples[i];
        const char *fault = fault_of(r);
        if (fault)
            return dh_fail(diag, DH_ERR_DATA, r->place, "this sample of %s %s",
                           dh_gpu_kernel_name(dh_fit_kernel(r)), fault);
    }
    return DH_OK;
}

static bool make_room(struct dh_profile_spec *p, struct dh_arena *mem) {
    p->gemms = dh_arena_array(mem, MOST_GEMMS, sizeof *p->gemms);
    p->prefills = dh_arena_array(mem, MOST_GEMMS, sizeof *p->prefills);
    p->decodes = dh_arena_array(mem, MOST_GEMMS, sizeof *p->decodes);
    p->power_classes = dh_arena_array(mem, MOST_CLASSES, sizeof *p->power_classes);
    p->figures = dh_arena_array(mem, MOST_FIGURES, sizeof *p->figures);
    p->fits = dh_arena_array(mem, MOST_FITS, sizeof *p->fits);
    p->sources = dh_arena_array(mem, 1, sizeof *p->sources);
    return p->gemms && p->prefills && p->decodes && p->power_classes && p->figures && p->fits && p->sources;
}

static const char *or_empty(const char *text) {
    return text ? text : "";
}

static void provenance(struct dh_fit_session *s, const struct dh_gpu_fit_options *o) {
    const struct dh_samples_spec *m = s->samples;
    struct dh_profile_spec *p = &s->result->profile;
    p->place = m->place;
    p->id = o->id ? o->id : m->id;
    p->device = m->device;
    p->aliases =
        s->known ? dh_fit_text(s, "%s%s%s", s->known->id, *s->known->aliases ? " " : "", s->known->aliases)
                 : "";
    static const char *const backends[] = {"cuda", "opencl", "recorded", "synthetic"};
    p->backend = backends[m->backend];
    p->runtime = or_empty(m->runtime);
    p->uuid = or_empty(m->uuid);
    p->pci = or_empty(m->pci);
    p->tool = or_empty(m->tool);
    p->kernels = or_empty(m->kernels);
    p->date = or_empty(m->date);
    p->samples = or_empty(o->sha256);
    p->flags = m->complete ? or_empty(m->flags)
                           : dh_fit_text(s, "%s%sincomplete", or_empty(m->flags), *m->flags ? " " : "");
    p->follows = "";
    p->clock_hz = m->clock_hz;
    p->power_limit_w = m->power_limit_w;
    p->idle_w = NAN;
}

static void describe_device(struct dh_fit_session *s) {
    const struct dh_samples_spec *m = s->samples;
    const struct dh_device_spec *known = s->known;
    struct dh_device_spec *d = &s->device;
    /* The catalog's where it has them: then constants that were not measured stay beside those that were. */
    bool whole = known && known->multiprocessors > 0 && (m->units == 0 || m->units == known->multiprocessors);
    d->multiprocessors = whole ? known->multiprocessors : m->units > 0 ? m->units : 1;
    d->cache_bytes = 1; /* none: everything comes from memory */
    if (whole && isfinite(known->cache_bytes))
        d->cache_bytes = known->cache_bytes;
    else if (isfinite(m->cache_bytes))
        d->cache_bytes = m->cache_bytes;
    d->memory_bytes_per_s = NAN;
}

static void put_source(struct dh_fit_session *s) {
    struct dh_profile_spec *p = &s->result->profile;
    struct dh_source_spec *source = &p->sources[p->n_sources++];
    char clock[40] = "";
    if (isfinite(p->clock_hz))
        snprintf(clock, sizeof clock, ", %.0f MHz at most", p->clock_hz / 1e6);
    *source = (struct dh_source_spec){
        .figures = "all",
        .evidence = DH_EVIDENCE_MEASURED,
        .text =
            dh_fit_text(s, "%d samples of %s by %s%s%s%s, %s; %s", s->result->n_fitted, p->device, p->backend,
                        *p->runtime ? " " : "", p->runtime, clock, *p->date ? p->date : "date unknown",
                        s->known ? dh_fit_text(s, "shares are of the datasheet of %s", s->known->id)
                                 : "shares are of what was measured")};
}

enum dh_err dh_gpu_fit(const struct dh_samples_spec *samples, const struct dh_gpu_fit_options *options,
                       struct dh_arena *mem, struct dh_gpu_fit_result *result, struct dh_diag *diag) {
    static const struct dh_gpu_fit_options none;
    const struct dh_gpu_fit_options *o = options ? options : &none;
    struct dh_fit_session s = {.samples = samples, .known = o->device, .result = result, .mem = mem};
    *result = (struct dh_gpu_fit_result){0};
    DH_TRY(check(samples, diag));
    if (!make_room(&result->profile, mem))
        return dh_fail(diag, DH_ERR_MEMORY, samples->place, "out of memory");
    for (int32_t i = 0; i < samples->n_samples; i++) {
        const struct dh_sample_spec *r = &samples->samples[i];
        bool wrong = dh_text_has_word(r->flags, "wrong");
        result->n_wrong += wrong;
        result->n_throttled += !wrong && !dh_fit_is_used(r);
    }
    provenance(&s, o);
    describe_device(&s);
    dh_fit_memory(&s);
    dh_fit_gemms(&s);
    dh_fit_attention(&s);
    dh_fit_transfers(&s);
    dh_fit_power(&s);
    struct dh_profile_spec *p = &result->profile;
    p->multiprocessors = s.device.multiprocessors;
    p->cache_bytes = s.device.cache_bytes;
    p->memory_bytes_per_s = s.device.memory_bytes_per_s;
    put_source(&s);
    if (s.memory_out)
        return dh_fail(diag, DH_ERR_MEMORY, samples->place, "out of memory");
    if (p->n_fits == 0 && p->n_power_classes == 0) {
        dh_fail(diag, DH_ERR_DATA, samples->place,
                "the samples '%s' are too few for a profile: %d of %d can be used", samples->id,
                result->n_fitted, samples->n_samples);
        dh_diag_hint(diag, result->n_note ? "%s" : "'datahall calibrate measure' takes enough%s",
                     result->n_note ? result->notes[0] : "");
        return DH_ERR_DATA;
    }
    return DH_OK;
}
