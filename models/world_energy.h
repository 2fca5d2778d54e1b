/* The site's own sources in a run, and what the grid asks of it: part of struct dh_world. */
#ifndef DH_MODELS_WORLD_ENERGY_H
#define DH_MODELS_WORLD_ENERGY_H

#include "models/dispatch.h"
#include "models/hours.h"
#include "models/power.h"
#include "models/pv.h"
#include "models/turbine.h"
#include "sim/sum.h"

/* A solar array, turbine or storage: a row of the facility's on-site sources. */
struct dh_onsite_run {
    struct dh_onsite unit;
    dh_uw power;               /* holds since the last count; negative: taken */
    dh_uw_ns given, taken;     /* so far */
    struct dh_sum available_j; /* solar: what the sun allowed */
    struct dh_sum fuel_j;      /* turbine */
    double first_j;            /* storage: at the start */
    struct dh_pv_array array;
    int64_t sun_ends_unix_s; /* the hour whose sun `available_w` is; INT64_MIN: none yet */
    struct dh_turbine turbine;
    dh_time switched; /* turbine: started or stopped last; DH_TIME_NONE: never */
    dh_uw_ns mark;    /* given - taken, and available, at the start of the record interval */
    double available_mark_j;
};

/* A <signal>. */
struct dh_signal_run {
    int32_t site;
    const struct dh_signal_spec *spec;
    struct dh_hours hours;
    bool active;
    int64_t n_event;
    dh_time total;                  /* time in which it held */
    struct dh_sum below_j, above_j; /* energy below the baseline, and above the limit */
};

struct dh_site_energy {
    int32_t first, n;     /* rows of its sources */
    double rated_limit_w; /* without any signal */
    bool signal;
    dh_uw grid, injected; /* since the last count: from its utilities, and from its sources */
    double green_j;       /* of the energy in storage what came from the sun */
    struct dh_sum load_j, carbon_free_j;
};

struct dh_world_energy {
    bool any; /* the scenario has sources or signals */
    struct dh_onsite_run *units;
    struct dh_signal_run *signals;
    int32_t n_signal;
    struct dh_site_energy *sites;
    struct dh_onsite *answer; /* room for those of a site */
    dh_uw *stage_w;           /* injected at each stage */
    double
        *start_limit_w; /* of each site: what job starts have to keep to, signals that are known included */
    dh_time counted_at, next;
};

#endif
