/* What a scenario asks of building and calendar: equipment in a list, floor, phases, dates. Static: nothing
 * is simulated. */
#ifndef DH_MODELS_SIZING_H
#define DH_MODELS_SIZING_H

#include "models/facility.h"

/* One line of a bill of materials. Texts belong to the scenario. */
struct dh_bill_item {
    const char *kind;  /* "ups", "rack-type", "node", "device", … */
    const char *id;    /* of the element, or the catalog entry */
    const char *title; /* "" where it has none */
    int64_t count;
    double unit_w;          /* rating of one, W; NAN: none. Of cooling: heat */
    double unit_usd;        /* NAN: not known */
    double lead_s;          /* NAN: not known */
    int64_t ordered_unix_s; /* INT64_MIN: not given */
    int64_t needed_unix_s;  /* earliest energization of what it serves; INT64_MIN: not given */
    bool included;          /* its price is part of another line's */
    const struct dh_source_spec *sources;
    int32_t n_source;
    const char *price_word; /* what the source of its price is for; NULL: "price" */
};

/* Calls item for each kind of equipment: power stages and cooling by element, racks, nodes and devices by
 * type and site, switches and cables by fabric (unit_w of a cable: its optics at one end). A site's power and
 * cooling are needed with the first of its rows. Stops at the first error.
 */
enum dh_err dh_sizing_items(const struct dh_scenario *sc,
                            enum dh_err (*item)(void *self, const struct dh_bill_item *item), void *self);

/* Ordered and delivered after it is needed: by how much, s; 0 or less: in time; NAN: something is not given.
 */
double dh_sizing_late_s(const struct dh_bill_item *item);

/* A hall's floor. Racks take their width times their depth and the hall's aisle. NAN: not known. */
struct dh_floor {
    int64_t racks;
    double area_m2;         /* taken by racks and aisles */
    double mass_kg;         /* NAN where a rack type has no weight */
    double worst_kg_per_m2; /* heaviest rack over its place and aisle */
};
struct dh_floor dh_sizing_floor(const struct dh_scenario *sc, const struct dh_hall_spec *hall);

/* Largest deviation of a phase from the mean of three, over the mean (as NEMA MG 1 counts unbalance); 0 where
 * nothing is drawn. */
double dh_phase_imbalance(const double phase_w[static 3]);

/* Rated power of the racks that a stage feeds directly, by phase A, B, C, W: racks on three phases take a
 * third of each, those on one follow one another around A, B, C in the order of the rows; several feeds
 * share. Returns whether any rack hangs on one phase. */
bool dh_sizing_phases(const struct dh_facility *f, int32_t stage, double phase_w[static 3]);

#endif
