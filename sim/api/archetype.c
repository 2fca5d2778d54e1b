#include "sim/api/archetype.h"

#include <ctype.h>
#include <string.h>

/* Lighting over IT power: .001, .035, .03, the middles of 0-.2, 2-5 and 2-4 % (Lei and Masanet 2022, large,
 * midsize and small). A constant that begins with cdu-: racks whose heat goes to coolant. */
#define LARGE   "Large-scale"
#define MIDSIZE "Midsize"
#define SMALL   "Small"

static const struct dh_archetype archetypes[] = {
    {"large-airside-water",     LARGE,
     "Airside economizer& adiabatic cooling|Airside economizer& adiabatic cooling (water-cooled chiller)", NULL,         "large",      "large-water",          NULL, NULL,         "large-airside",     0, 0.001,
     "outdoor air with humidifiers, water-cooled chillers besides"                                                                                                                                                                                                                                                   },
    {"large-airside-air",       LARGE,   "Airside economizer& adiabatic cooling (air-cooled chiller)",     NULL,         "large",
     "large-air",                                                                                                                                              NULL, NULL,         "large-airside",     0, 0.001,
     "outdoor air with humidifiers, air-cooled chillers besides"                                                                                                                                                                                                                                                     },
    {"large-waterside",         LARGE,
     "Water-cooled chiller (waterside economizer)|Waterside economizer (water-cooled chiller)",            NULL,         "large",
     "large-waterside",                                                                                                                                        NULL, NULL,         "large-waterside",   0, 0.001, "tower and exchanger, chillers besides"                                                            },
    {"midsize-airside-water",   MIDSIZE,
     "Water-cooled chiller (airside economizer)|Airside economizer (water-cooled chiller)",                NULL,         "midsize",
     "midsize-water",                                                                                                                                          NULL, NULL,         "midsize-airside",   0, 0.035, "outdoor air, water-cooled chillers besides"                                                       },
    {"midsize-waterside",       MIDSIZE,
     "Water-cooled chiller (waterside economizer)|Waterside economizer (water-cooled chiller)",            NULL,
     "midsize",                                                                                                                        "midsize-waterside",    NULL, NULL,         "midsize-waterside", 0, 0.035,
     "tower and exchanger, chillers besides"                                                                                                                                                                                                                                                                         },
    {"midsize-water",           MIDSIZE, "Water-cooled chiller",                                           NULL,         "midsize",    "midsize-water",        NULL, NULL,
     "midsize",                                                                                                                                                                                         0, 0.035, "water-cooled chillers all year"                                                                   },
    {"midsize-airside-air",     MIDSIZE,
     "Air-cooled chiller (airside economizer)|Airside economizer (air-cooled chiller)",                    NULL,         "midsize",
     "midsize-air",                                                                                                                                            NULL, NULL,         "midsize-airside",   0, 0.035, "outdoor air, air-cooled chillers besides"                                                         },
    {"midsize-air",             MIDSIZE, "Air-cooled chiller",                                             NULL,         "midsize",    "midsize-air",          NULL, NULL,         "midsize",           0,
     0.035,                                                                                                                                                                                                       "air-cooled chillers all year"                                                                     },
    {"midsize-expansion",       MIDSIZE, "Direct expansion system",                                        NULL,         "midsize",    "midsize-expansion",    NULL,
     NULL,                                                                                                                                                                         "midsize",           0, 0.035, "direct-expansion units"                                                                           },
    {"small-water",             SMALL,   "Water-cooled chiller",                                           NULL,         "small",      "small-water",          NULL, NULL,         "small",             0, 0.03,
     "water-cooled chillers all year"                                                                                                                                                                                                                                                                                },
    {"small-air",               SMALL,   "Air-cooled chiller",                                             NULL,         "small",      "small-air",            NULL, NULL,         "small",             0, 0.03,
     "air-cooled chillers all year"                                                                                                                                                                                                                                                                                  },
    {"small-expansion",         SMALL,   "Direct expansion system",                                        NULL,         "small",      "small-expansion",      NULL, NULL,
     "small-expansion",                                                                                                                                                                                 0, 0.03,  "direct-expansion units"                                                                           },
    {"liquid-tower-rear-door",  LARGE,   "IT Liquid cooling: waterside economizer (water-cooled chiller)",
     "rear_door",                                                                                                        "large",      "liquid-rear-door",     NULL, "rear-door",  NULL,                1, 0.001,
     "rear doors; tower and exchanger, chillers besides"                                                                                                                                                                                                                                                             },
    {"liquid-tower-cold-plate", LARGE,   "IT Liquid cooling: waterside economizer (water-cooled chiller)",
     "cold_plate",                                                                                                       "large",      "liquid-cold-plate",    NULL, "cold-plate", NULL,                1, 0.001,
     "cold plates; tower and exchanger, chillers besides"                                                                                                                                                                                                                                                            },
    {"liquid-tower-immersion",  LARGE,   "IT Liquid cooling: waterside economizer (water-cooled chiller)",
     "immersion",                                                                                                        "large",      "liquid-immersion",     NULL, "immersion",  NULL,                1, 0.001,
     "immersion; tower and exchanger, chillers besides"                                                                                                                                                                                                                                                              },
    {"liquid-dry-rear-door",    LARGE,
     "IT Liquid cooling: dry cooler with adiabatic assist (air-cooled chiller)",                           "rear_door",  "large",      NULL,
     "liquid-dry",                                                                                                                                                   "rear-door",  NULL,                1, 0.001, "rear doors; adiabatic coolers"                                                                    },
    {"liquid-dry-cold-plate",   LARGE,
     "IT Liquid cooling: dry cooler with adiabatic assist (air-cooled chiller)",                           "cold_plate", "large",      NULL,
     "liquid-dry",                                                                                                                                                   "cold-plate", NULL,                1, 0.001, "cold plates; adiabatic coolers"                                                                   },
    {"liquid-dry-immersion",    LARGE,
     "IT Liquid cooling: dry cooler with adiabatic assist (air-cooled chiller)",                           "immersion",  "large",      NULL,
     "liquid-dry",                                                                                                                                                   "immersion",  NULL,                1, 0.001, "immersion; adiabatic coolers"                                                                     },
    {"hyperscale-evaporative",  LARGE,   "",                                                               NULL,         "hyperscale", "large-water",          NULL, NULL,
     "hyperscale-evaporative",                                                                                                                                                                          0, 0.001,
     "outdoor air and wetted media, warm halls: a hyperscale operator's own building"                                                                                                                                                                                                                                },
    {"hyperscale-waterside",    LARGE,   "",                                                               NULL,         "hyperscale", "hyperscale-waterside", NULL, NULL,
     "hyperscale-waterside",                                                                                                                                                                            0, 0.001,
     "tower and exchanger, warm halls: a hyperscale operator's own building"                                                                                                                                                                                                                                         },
    {"colocation",              LARGE,   "",                                                               NULL,         "colocation", "colocation",           NULL, NULL,         "colocation",        0, 0.01,
     "leased building: air-cooled chillers with free-cooling, double conversion"                                                                                                                                                                                                                                     },
    {"warm-water-hybrid",       LARGE,   "",                                                               NULL,         "warm-water", "warm-water-hybrid",    NULL, "warm-water", NULL,                1,
     0.001,                                                                                                                                                                                                       "research computing: as warm-water-tower, buildings that use heat and dry coolers before the tower"},
    {"warm-water-tower",        LARGE,   "",                                                               NULL,         "warm-water", "warm-water-tower",     NULL, "warm-water", NULL,                1,
     0.001,                                                                                                                                                                                                       "research computing: cold plates at 24 degC on an open tower, no chiller"                          },
};

const struct dh_archetype *dh_archetype_at(int32_t i) {
    return i >= 0 && i < (int32_t)(sizeof archetypes / sizeof *archetypes) ? &archetypes[i] : NULL;
}

const struct dh_archetype *dh_archetype_find(const char *id) {
    for (int32_t i = 0; dh_archetype_at(i); i++)
        if (strcmp(archetypes[i].id, id) == 0)
            return &archetypes[i];
    return NULL;
}

/* Letters and digits alike, up to the end of a or the first | in b. */
static bool same_words(const char *a, const char *b) {
    for (;; a++, b++) {
        while (*a && !isalnum((unsigned char)*a))
            a++;
        while (*b && *b != '|' && !isalnum((unsigned char)*b))
            b++;
        bool end = !*b || *b == '|';
        if (!*a || end)
            return !*a && end;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
    }
}

const struct dh_archetype *dh_archetype_of(const char *size, const char *system, const char *loop) {
    for (int32_t i = 0; *system && dh_archetype_at(i); i++) {
        const struct dh_archetype *a = &archetypes[i];
        if (!same_words(size, a->size))
            continue;
        /* a liquid system whose loop is not said: cold plates, the most common */
        if (a->loop && !same_words(*loop ? loop : "cold_plate", a->loop))
            continue;
        for (const char *name = a->systems; name; name = strchr(name, '|') ? strchr(name, '|') + 1 : NULL)
            if (*name && same_words(system, name))
                return a;
    }
    return NULL;
}

void dh_archetype_scenario(const struct dh_archetype *a, const char *name,
                           const struct dh_archetype_climate *climate, struct dh_text *t) {
    dh_text_puts(t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    dh_text_printf(t, "<!-- Archetype %s: %s. 1 MW of constant IT load over a typical year. -->\n", a->id,
                   a->about);
    dh_text_printf(t, "<scenario xmlns=\"urn:datahall:scenario:1\" name=\"%s\" title=\"archetype %s\">\n",
                   name, a->id);
    dh_text_puts(t, "  <import href=\"catalog:archetypes.xml\"/>\n"
                    "  <horizon start=\"2023-01-01T00:00:00Z\" duration=\"365 d\" step=\"1 h\"/>\n"
                    "  <device id=\"none\" idle=\"0 W\" tdp=\"1 W\"/>\n"
                    "  <node id=\"it\" device=\"none\" gpus=\"0\" other=\"100 kW\"/>\n");
    dh_text_printf(
        t, "  <rack-type id=\"it-load\" node=\"it\" nodes=\"10\" rated=\"1 MW\" liquid-share=\"%g\"/>\n",
        a->liquid_share);
    dh_text_printf(t, "  <climate id=\"outdoors\" %s=\"%s\"", climate->is_epw ? "epw" : "csv", climate->file);
    if (*climate->zone)
        dh_text_printf(t, " zone=\"%s\"", climate->zone);
    dh_text_printf(t, " altitude=\"%g m\" utc-offset=\"%g\"/>\n", climate->altitude_m, climate->utc_offset_h);
    dh_text_printf(t, "  <site id=\"site\" climate=\"outdoors\" house-load=\"%g kW\">\n    <power>\n",
                   1000 * a->house_share);
    dh_text_printf(t,
                   "      <utility id=\"grid\" rated=\"10 MW\"/>\n"
                   "      <ups id=\"ups\" base=\"ups-%s\" feed=\"grid\"/>\n"
                   "      <pdu id=\"pdu\" base=\"pdu-%s\" feed=\"ups\"/>\n    </power>\n"
                   "    <cooling fidelity=\"map\">\n",
                   a->power, a->power);
    if (a->chiller)
        dh_text_printf(t, "      <chiller-plant id=\"chilled\" base=\"%s\" feed=\"grid\"/>\n", a->chiller);
    if (a->liquid)
        dh_text_printf(t, "      <liquid-plant id=\"facility\" base=\"%s\" feed=\"grid\"/>\n", a->liquid);
    if (a->cdu)
        dh_text_printf(t, "      <cdu id=\"cdu\" base=\"%s\" plant=\"%s\" feed=\"grid\"/>\n", a->cdu,
                       a->liquid ? "facility" : "chilled");
    dh_text_puts(t, "    </cooling>\n");
    if (a->hall)
        dh_text_printf(t, "    <hall id=\"hall\" base=\"%s\" plant=\"chilled\">\n", a->hall);
    else
        dh_text_puts(t, "    <hall id=\"hall\">\n");
    dh_text_printf(t, "      <row id=\"row\" rack=\"it-load\" feed=\"pdu\"%s/>\n",
                   a->cdu ? " cdu=\"cdu\"" : "");
    dh_text_puts(t, "    </hall>\n  </site>\n  <record series=\"no\"/>\n</scenario>\n");
}
