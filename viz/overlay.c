#include "viz/overlay.h"

#include "viz/fabric_map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const struct dh_overlay_about dh_overlays[DH_N_OVERLAY] = {
    [DH_OVERLAY_POWER] = {"Power",      "W",    "power of the rack at its feed",                              false, false},
    [DH_OVERLAY_LOAD] = {"Load",       "%",
                          "load of the breaker that feeds the rack; without one, of its design power",        false,
                          false                                                                                           },
    [DH_OVERLAY_INLET] = {"Inlet",      "degC",
                          "air entering the rack; ASHRAE recommends 18 to 27 \u00b0C, allows 32 in class A1", false, true },
    [DH_OVERLAY_COOLANT] = {"Coolant in", "degC", "coolant supplied to the rack's cold plates",                 false, false},
    [DH_OVERLAY_GPUS] = {"GPUs",       "%",    "GPUs held by jobs",                                          false, false},
    [DH_OVERLAY_JOBS] = {"Jobs",       "",     "the job that holds most of the rack, in its own colour",     true,  false},
    [DH_OVERLAY_NETWORK] = {"Network",    "%",
                          "the fullest of the links from the rack's leaves to the rest of their fabric",      false, false},
    [DH_OVERLAY_HEALTH] = {"Health",     "",     "without power, slowed, not there yet",                       true,  false},
    [DH_OVERLAY_UNUSED] = {"Unused",     "W",    "design power that the rack does not draw",                   false, false},
};

/* ASHRAE TC 9.9, Thermal Guidelines for Data Processing Environments, 5th edition, 2021: recommended to 27
 * degC, class A1 allowable to 32 degC. */
static const double INLET_LOW = 18, INLET_HIGH = 36, INLET_RECOMMENDED = 27, INLET_LIMIT = 32;

enum health { HEALTH_FINE, HEALTH_SLOW, HEALTH_DARK, HEALTH_LATER, N_HEALTH };
static const char *const health_words[N_HEALTH] = {"in order", "slowed by heat or a cap", "without power",
                                                   "not there yet"};
static const uint32_t health_colors[N_HEALTH] = {0x2E6F8E, 0xF0B429, 0xD55E00, 0x39434F};

static double gpus_of(const struct dh_facility *f, int32_t rack) {
    return (double)f->rack_nodes[rack] * f->rack_node_gpus[rack];
}

static bool is_later(const struct dh_source *source, int32_t rack) {
    return source->facility->rack_energized[rack] > source->at;
}

/* The job of most nodes of a rack, by its number; -1: none. */
static double job_of(struct dh_source *source, int32_t rack) {
    const struct dh_facility *f = source->facility;
    const int32_t *job = source->ops->node_job(source);
    int32_t best = -1, votes = 0; /* Boyer and Moore: the majority, where there is one */
    if (!job)
        return NAN;
    for (int32_t n = f->rack_first_node[rack]; n < f->rack_first_node[rack] + f->rack_nodes[rack]; n++)
        if (votes == 0) {
            best = job[n];
            votes = 1;
        } else {
            votes += job[n] == best ? 1 : -1;
        }
    return best;
}

/* The stage that feeds a rack by a breaker, the fullest where there are several: its load over what the
 * breaker carries, %; NAN: there is none, or its load is not known. A UPS charges batteries besides: its
 * input less its loss is not what its breaker carries. */
static double breaker_load(struct dh_source *source, int32_t r) {
    const struct dh_facility *f = source->facility;
    double most = NAN;
    for (int32_t k = 0; k < f->rack_feeds[r]; k++) {
        int32_t stage = f->feed_stage[f->rack_first_feed[r] + k];
        if (!f->stage_breaker[stage] || f->stage_ups[stage])
            continue;
        double out_w = dh_source_value(source, DH_COLUMN_stage_power_w, stage) -
                       dh_source_value(source, DH_COLUMN_stage_loss_w, stage);
        most = fmax(most, 100 * out_w / f->stage_rated_w[stage]);
    }
    return most;
}

/* Racks that a breaker feeds as breaker_load has it, of all. */
static int32_t with_breaker(const struct dh_facility *f) {
    int32_t n = 0;
    for (int32_t r = 0; r < f->n_rack; r++)
        for (int32_t k = 0; k < f->rack_feeds[r]; k++) {
            int32_t stage = f->feed_stage[f->rack_first_feed[r] + k];
            if (f->stage_breaker[stage] && !f->stage_ups[stage]) {
                n++;
                break;
            }
        }
    return n;
}

enum dh_overlay_time dh_overlay_time(struct dh_source *source, enum dh_overlay overlay) {
    const struct dh_facility *f = source->facility;
    switch (overlay) {
    case DH_OVERLAY_POWER:
    case DH_OVERLAY_UNUSED:
        return DH_OVERLAY_MEAN;
    case DH_OVERLAY_LOAD:
        return with_breaker(f) == f->n_rack ? DH_OVERLAY_NOW : DH_OVERLAY_MEAN;
    case DH_OVERLAY_INLET:
    case DH_OVERLAY_COOLANT:
    case DH_OVERLAY_HEALTH:
        return DH_OVERLAY_END;
    case DH_OVERLAY_GPUS:
        return source->ops->node_gpus && source->ops->node_gpus(source) ? DH_OVERLAY_NOW : DH_OVERLAY_END;
    default:
        return DH_OVERLAY_NOW;
    }
}

const char *dh_overlay_of_what(struct dh_source *source, enum dh_overlay overlay, char room[static 128]) {
    const struct dh_facility *f = source->facility;
    int32_t n = overlay == DH_OVERLAY_LOAD ? with_breaker(f) : 0;
    *room = '\0';
    if (overlay == DH_OVERLAY_LOAD)
        snprintf(room, 128, "%s",
                 n == 0 ? "of design power\nof design"
                 : n == f->n_rack
                     ? "of the breaker that feeds it\nof its breaker"
                     : "of the breaker that feeds it; without one, of design power\nof breaker, or design");
    if (overlay == DH_OVERLAY_UNUSED)
        snprintf(room, 128, "design power not drawn\nnot drawn");
    return room;
}

double dh_overlay_recommended(enum dh_overlay overlay) {
    return overlay == DH_OVERLAY_INLET ? INLET_RECOMMENDED : NAN;
}

double dh_overlay_value(struct dh_source *source, enum dh_overlay overlay, int32_t r) {
    const struct dh_facility *f = source->facility;
    double gpus = gpus_of(f, r), power, clock;
    switch (overlay) {
    case DH_OVERLAY_POWER:
        return dh_source_value(source, DH_COLUMN_rack_power_w, r);
    case DH_OVERLAY_LOAD:
        power = breaker_load(source, r);
        return isnan(power) ? 100 * dh_source_value(source, DH_COLUMN_rack_power_w, r) / f->rack_rated_w[r]
                            : power;
    case DH_OVERLAY_INLET:
        return dh_source_value(source, DH_COLUMN_rack_inlet_degc, r);
    case DH_OVERLAY_COOLANT:
        return f->rack_cdu[r] >= 0 ? dh_source_value(source, DH_COLUMN_rack_coolant_degc, r) : NAN;
    case DH_OVERLAY_GPUS:
        return gpus > 0 ? 100 * dh_source_rack_gpus(source, r) / gpus : NAN;
    case DH_OVERLAY_JOBS:
        return gpus > 0 ? job_of(source, r) : NAN;
    case DH_OVERLAY_NETWORK:
        return 100 * dh_source_rack_load(source, r);
    case DH_OVERLAY_HEALTH:
        power = dh_source_value(source, DH_COLUMN_rack_power_w, r);
        clock = dh_source_value(source, DH_COLUMN_rack_clock_frac, r);
        return is_later(source, r)              ? HEALTH_LATER
               : dh_source_rack_dark(source, r) ? HEALTH_DARK
               : gpus > 0 && clock < 0.9995     ? HEALTH_SLOW
               : isnan(power)                   ? NAN
                                                : HEALTH_FINE;
    case DH_OVERLAY_UNUSED:
        return f->rack_rated_w[r] - dh_source_value(source, DH_COLUMN_rack_power_w, r);
    case DH_N_OVERLAY:
        break;
    }
    return NAN;
}

const char *dh_overlay_aside(enum dh_overlay overlay) {
    return overlay == DH_OVERLAY_GPUS || overlay == DH_OVERLAY_JOBS ? "no GPUs"
           : overlay == DH_OVERLAY_COOLANT                          ? "cooled by air"
           : overlay == DH_OVERLAY_NETWORK                          ? "on no fabric"
                                                                    : NULL;
}

bool dh_overlay_applies(const struct dh_facility *f, enum dh_overlay overlay, int32_t r) {
    if (overlay == DH_OVERLAY_GPUS || overlay == DH_OVERLAY_JOBS)
        return gpus_of(f, r) > 0;
    return overlay == DH_OVERLAY_COOLANT ? f->rack_cdu[r] >= 0
           : overlay == DH_OVERLAY_NETWORK
               ? f->n_fabric > 0 && (f->rack_nodes[r] > 0 || dh_rack_is_switches(f, r))
               : true;
}

double dh_overlay_limit(const struct dh_source *source, enum dh_overlay overlay, int32_t r) {
    if (overlay == DH_OVERLAY_POWER)
        return source->facility->rack_rated_w[r];
    return overlay == DH_OVERLAY_LOAD ? 100 : overlay == DH_OVERLAY_INLET ? INLET_LIMIT : NAN;
}

static void range_of_now(struct dh_source *source, enum dh_overlay overlay, struct dh_overlay_scale *out) {
    out->low = INFINITY;
    out->high = -INFINITY;
    for (int32_t r = 0; r < source->facility->n_rack; r++) {
        double v = dh_overlay_value(source, overlay, r);
        if (isnan(v))
            continue;
        out->low = fmin(out->low, v);
        out->high = fmax(out->high, v);
    }
    if (out->low > out->high)
        *out = (struct dh_overlay_scale){.low = 0, .high = 1};
    if (out->low == out->high) {
        out->low -= 0.5;
        out->high += 0.5;
    }
}

void dh_overlay_range(struct dh_source *source, enum dh_overlay overlay, int mode,
                      struct dh_overlay_scale *out) {
    const struct dh_facility *f = source->facility;
    double most = 1;
    for (int32_t r = 0; r < f->n_rack; r++)
        most = fmax(most, f->rack_rated_w[r]);
    *out = (struct dh_overlay_scale){.low = 0, .high = 100};
    switch (overlay) {
    case DH_OVERLAY_POWER:
    case DH_OVERLAY_UNUSED:
        out->high = most;
        break;
    case DH_OVERLAY_INLET:
        *out = (struct dh_overlay_scale){.low = INLET_LOW, .high = INLET_HIGH};
        break;
    case DH_OVERLAY_COOLANT:
        *out = (struct dh_overlay_scale){.low = 15, .high = 50};
        break;
    default:
        break;
    }
    if (mode == 2 && !dh_overlays[overlay].categories)
        range_of_now(source, overlay, out);
    if (mode == 2 && dh_overlays[overlay].diverging) { /* its middle stays what it is */
        double middle = dh_overlay_recommended(overlay),
               half = fmax(fabs(out->low - middle), fabs(out->high - middle));
        out->low = middle - half;
        out->high = middle + half;
    }
    out->limit = overlay == DH_OVERLAY_INLET ? INLET_LIMIT : overlay == DH_OVERLAY_LOAD ? 100 : NAN;
}

static uint8_t category_shade(enum dh_overlay overlay, double v) {
    if (overlay == DH_OVERLAY_JOBS)
        return v < 0 ? 255 : (uint8_t)((uint64_t)v * 2654435761u % 8); /* as dh_job_color */
    return (uint8_t)v;
}

void dh_overlay_shades(struct dh_source *source, enum dh_overlay overlay, struct dh_overlay_scale *scale,
                       uint8_t *shade, uint8_t *state) {
    const struct dh_facility *f = source->facility;
    bool categories = dh_overlays[overlay].categories;
    scale->over = scale->near = scale->missing = scale->aside = 0;
    for (int32_t r = 0; r < f->n_rack; r++) {
        double v = dh_overlay_value(source, overlay, r), limit = dh_overlay_limit(source, overlay, r);
        if (isnan(v)) {
            bool applies = dh_overlay_applies(f, overlay, r);
            state[r] = is_later(source, r) ? DH_RACK_ABSENT : applies ? DH_RACK_NO_DATA : DH_RACK_ASIDE;
            shade[r] = 0;
            scale->missing += applies;
            scale->aside += !applies;
            continue;
        }
        bool over = v > limit * (1 + 1e-9);
        state[r] = over ? DH_RACK_OVER : DH_RACK_FINE;
        scale->over += over;
        scale->near += !over && v > dh_overlay_recommended(overlay);
        shade[r] = categories ? category_shade(overlay, v) : dh_palette_shade(v, scale->low, scale->high);
    }
}

const char *dh_overlay_category(enum dh_overlay overlay, int32_t i) {
    return overlay == DH_OVERLAY_HEALTH && i >= 0 && i < N_HEALTH ? health_words[i] : NULL;
}

uint32_t dh_overlay_category_color(enum dh_overlay overlay, int32_t i) {
    if (overlay == DH_OVERLAY_HEALTH)
        return health_colors[i < N_HEALTH ? i : 0];
    return i == 0 ? dh_category_color(0) : DH_NO_DATA;
}

const uint32_t *dh_overlay_colors(enum dh_overlay overlay, enum dh_palette palette) {
    static uint32_t jobs[256], health[256];
    if (overlay == DH_OVERLAY_JOBS) {
        for (int i = 0; i < 8; i++)
            jobs[i] = dh_category_color(i);
        jobs[255] = DH_NO_DATA;
        return jobs;
    }
    if (overlay == DH_OVERLAY_HEALTH) {
        memcpy(health, health_colors, sizeof health_colors);
        return health;
    }
    return dh_palette(dh_overlays[overlay].diverging ? DH_DIVERGING : palette);
}
