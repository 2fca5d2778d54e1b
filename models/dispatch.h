/* Who delivers what a site takes, when it has sources of its own: solar first, then turbines, then storage by
 * its policy; what is left comes from the grid. Powers are alternating, W, at the site's utilities. */
#ifndef DH_MODELS_DISPATCH_H
#define DH_MODELS_DISPATCH_H

#include "models/battery.h"

#include <stdbool.h>
#include <stdint.h>

enum dh_onsite_kind { DH_ONSITE_SOLAR, DH_ONSITE_TURBINE, DH_ONSITE_STORAGE };

/* As the words of <storage policy> and <turbine policy>. */
enum dh_dispatch_policy {
    DH_DISPATCH_SELF, /* storage: keeps solar for later and gives whenever the grid would; turbine: always
                         runs */
    DH_DISPATCH_PEAK, /* what the site takes from the grid stays at `target_w`, as far as it reaches */
    DH_DISPATCH_PRICE /* takes at or below one price, gives at or above another; turbine: where fuel is
                         cheaper */
};

struct dh_onsite {
    enum dh_onsite_kind kind;
    enum dh_dispatch_policy policy;
    bool live;                            /* the stage that it stands at is */
    bool exports;                         /* solar: what the site does not take may go to the grid */
    double available_w;                   /* solar: from the sun now; turbine: in this air */
    bool runs;                            /* turbine: see dh_turbine_wanted */
    double lowest_w;                      /* turbine: lowest load */
    struct dh_battery battery;            /* storage */
    double target_w;                      /* peak */
    double low_usd_per_j, high_usd_per_j; /* price; turbine: `high` is the cost of its energy */
    double reserve;                       /* share of the storage's capacity that only limits may use */
    double power_w;                       /* the answer: given; negative: taken */
};

struct dh_dispatch {
    double load_w;    /* taken by the site */
    double limit_w;   /* what it may take from the grid; INFINITY: no limit */
    double usd_per_j; /* price of the grid's energy */
    bool signal;      /* the limit is a request of the grid: reserves are for this */
    double hold_s;    /* how long the answer has to hold: no storage leaves its window before */
};

/* Sets power_w of each; units of one kind share in their order. Without permission to export, solar is cut to
 * what is taken. Gives what the grid delivers then (negative: export). */
double dh_dispatch(const struct dh_dispatch *now, struct dh_onsite *units, int32_t n);

/* Whether a turbine that has run (or stood) for its shortest time should run at this load. */
bool dh_turbine_wanted(const struct dh_onsite *turbine, const struct dh_dispatch *now);

#endif
