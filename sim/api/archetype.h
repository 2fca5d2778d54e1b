/* Archetypes: kinds of data centers, by size and cooling system, as scenarios of 1 MW of constant IT load.
 *
 * What an archetype consists of is a row here; the figures of its parts (UPS, distribution, chiller plant,
 * liquid plant, hall) are entries of catalog:archetypes.xml with their sources. */
#ifndef DH_SIM_API_ARCHETYPE_H
#define DH_SIM_API_ARCHETYPE_H

#include "sim/text.h"

#include <stdbool.h>
#include <stdint.h>

struct dh_archetype {
    const char *id;      /* "large-airside-water": of its parts in the catalog too, where they are its own */
    const char *size;    /* as in the studies: Large-scale, Midsize, Small */
    const char *systems; /* names of the cooling system in the studies, divided by | */
    const char *loop;    /* how heat leaves the racks, where the system's name leaves it open, or NULL */
    const char *power;   /* UPS-NAME and PDU-NAME of the catalog: ups-POWER, pdu-POWER */
    const char *chiller; /* chiller plant of the catalog, NULL: none */
    const char *liquid;  /* facility-water plant, NULL: none */
    const char *cdu;     /* coolant distribution, NULL: none */
    const char *hall;    /* hall of the catalog, NULL: nothing cools the air */
    double liquid_share; /* of the racks' heat */
    double house_share;  /* lighting as a share of the IT load */
    const char *about;
};

/* NULL: past the end. */
const struct dh_archetype *dh_archetype_at(int32_t i);
const struct dh_archetype *dh_archetype_find(const char *id);
/* By the words of the studies; case, blanks and signs between words count for nothing. loop may be "". */
const struct dh_archetype *dh_archetype_of(const char *size, const char *system, const char *loop);

/* A climate as the scenario names it: a file beside it, an EPW or a table; zone is "" for a table without
 * zones. */
struct dh_archetype_climate {
    const char *file, *zone;
    bool is_epw;
    double altitude_m, utc_offset_h;
};

/* Its scenario: a typical year by the hour. */
void dh_archetype_scenario(const struct dh_archetype *a, const char *name,
                           const struct dh_archetype_climate *climate, struct dh_text *text);

#endif
