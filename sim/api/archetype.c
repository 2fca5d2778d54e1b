#include "sim/api/archetype.h"

#include <ctype.h>
#include <string.h>

/* Lighting over IT power: .001, .035, .03, the middles of 0-.2, 2-5 and 2-4 % (Lei and Masanet 2022, large,
 * midsize and small). */
#define LARGE   "Large-scale"
#define MIDSIZE "Midsize"
#define SMALL   "Small"

/* clang-format would put a row of these in columns of 300 characters. */
// clang-format off
static const struct dh_archetype archetypes[] = {
    {.id = "large-airside-water", .size = LARGE,
     .systems = "Airside economizer& adiabatic cooling|Airside economizer& adiabatic cooling (water-cooled chiller)",
     .power = "large", .chiller = "large-water", .hall = "large-airside",
     .liquid_share = 0, .house_share = 0.001,
     .about = "outdoor air with humidifiers, water-cooled chillers besides"},
    {.id = "large-airside-air", .size = LARGE,
     .systems = "Airside economizer& adiabatic cooling (air-cooled chiller)",
     .power = "large", .chiller = "large-air", .hall = "large-airside",
     .liquid_share = 0, .house_share = 0.001,
     .about = "outdoor air with humidifiers, air-cooled chillers besides"},
    {.id = "large-waterside", .size = LARGE,
     .systems = "Water-cooled chiller (waterside economizer)|Waterside economizer (water-cooled chiller)",
     .power = "large", .chiller = "large-waterside", .hall = "large-waterside",
     .liquid_share = 0, .house_share = 0.001,
     .about = "tower and exchanger, chillers besides"},
    {.id = "midsize-airside-water", .size = MIDSIZE,
     .systems = "Water-cooled chiller (airside economizer)|Airside economizer (water-cooled chiller)",
     .power = "midsize", .chiller = "midsize-water", .hall = "midsize-airside",
     .liquid_share = 0, .house_share = 0.035,
     .about = "outdoor air, water-cooled chillers besides"},
    {.id = "midsize-waterside", .size = MIDSIZE,
     .systems = "Water-cooled chiller (waterside economizer)|Waterside economizer (water-cooled chiller)",
     .power = "midsize", .chiller = "midsize-waterside", .hall = "midsize-waterside",
     .liquid_share = 0, .house_share = 0.035,
     .about = "tower and exchanger, chillers besides"},
    {.id = "midsize-water", .size = MIDSIZE,
     .systems = "Water-cooled chiller",
     .power = "midsize", .chiller = "midsize-water", .hall = "midsize",
     .liquid_share = 0, .house_share = 0.035,
     .about = "water-cooled chillers all year"},
    {.id = "midsize-airside-air", .size = MIDSIZE,
     .systems = "Air-cooled chiller (airside economizer)|Airside economizer (air-cooled chiller)",
     .power = "midsize", .chiller = "midsize-air", .hall = "midsize-airside",
     .liquid_share = 0, .house_share = 0.035,
     .about = "outdoor air, air-cooled chillers besides"},
    {.id = "midsize-air", .size = MIDSIZE,
     .systems = "Air-cooled chiller",
     .power = "midsize", .chiller = "midsize-air", .hall = "midsize",
     .liquid_share = 0, .house_share = 0.035,
     .about = "air-cooled chillers all year"},
    {.id = "midsize-expansion", .size = MIDSIZE,
     .systems = "Direct expansion system",
     .power = "midsize", .chiller = "midsize-expansion", .hall = "midsize",
     .liquid_share = 0, .house_share = 0.035,
     .about = "direct-expansion units"},
    {.id = "small-water", .size = SMALL,
     .systems = "Water-cooled chiller",
     .power = "small", .chiller = "small-water", .hall = "small",
     .liquid_share = 0, .house_share = 0.03,
     .about = "water-cooled chillers all year"},
    {.id = "small-air", .size = SMALL,
     .systems = "Air-cooled chiller",
     .power = "small", .chiller = "small-air", .hall = "small",
     .liquid_share = 0, .house_share = 0.03,
     .about = "air-cooled chillers all year"},
    {.id = "small-expansion", .size = SMALL,
     .systems = "Direct expansion system",
     .power = "small", .chiller = "small-expansion", .hall = "small-expansion",
     .liquid_share = 0, .house_share = 0.03,
     .about = "direct-expansion units"},
    {.id = "liquid-tower-rear-door", .size = LARGE,
     .systems = "IT Liquid cooling: waterside economizer (water-cooled chiller)",
     .loop = "rear_door", .power = "large", .chiller = "liquid-rear-door", .cdu = "rear-door",
     .liquid_share = 1, .house_share = 0.001,
     .about = "rear doors; tower and exchanger, chillers besides"},
    {.id = "liquid-tower-cold-plate", .size = LARGE,
     .systems = "IT Liquid cooling: waterside economizer (water-cooled chiller)",
     .loop = "cold_plate", .power = "large", .chiller = "liquid-cold-plate", .cdu = "cold-plate",
     .liquid_share = 1, .house_share = 0.001,
     .about = "cold plates; tower and exchanger, chillers besides"},
    {.id = "liquid-tower-immersion", .size = LARGE,
     .systems = "IT Liquid cooling: waterside economizer (water-cooled chiller)",
     .loop = "immersion", .power = "large", .chiller = "liquid-immersion", .cdu = "immersion",
     .liquid_share = 1, .house_share = 0.001,
     .about = "immersion; tower and exchanger, chillers besides"},
    {.id = "liquid-dry-rear-door", .size = LARGE,
     .systems = "IT Liquid cooling: dry cooler with adiabatic assist (air-cooled chiller)",
     .loop = "rear_door", .power = "large", .liquid = "liquid-dry", .cdu = "rear-door",
     .liquid_share = 1, .house_share = 0.001,
     .about = "rear doors; adiabatic coolers"},
    {.id = "liquid-dry-cold-plate", .size = LARGE,
     .systems = "IT Liquid cooling: dry cooler with adiabatic assist (air-cooled chiller)",
     .loop = "cold_plate", .power = "large", .liquid = "liquid-dry", .cdu = "cold-plate",
     .liquid_share = 1, .house_share = 0.001,
     .about = "cold plates; adiabatic coolers"},
    {.id = "liquid-dry-immersion", .size = LARGE,
     .systems = "IT Liquid cooling: dry cooler with adiabatic assist (air-cooled chiller)",
     .loop = "immersion", .power = "large", .liquid = "liquid-dry", .cdu = "immersion",
     .liquid_share = 1, .house_share = 0.001,
     .about = "immersion; adiabatic coolers"},
    {.id = "hyperscale-evaporative", .size = LARGE,
     .systems = "",
     .power = "hyperscale", .chiller = "large-water", .hall = "hyperscale-evaporative",
     .liquid_share = 0, .house_share = 0.001,
     .about = "outdoor air and wetted media, warm halls: a hyperscale operator's own building"},
    {.id = "hyperscale-waterside", .size = LARGE,
     .systems = "",
     .power = "hyperscale", .chiller = "hyperscale-waterside", .hall = "hyperscale-waterside",
     .liquid_share = 0, .house_share = 0.001,
     .about = "tower and exchanger, warm halls: a hyperscale operator's own building"},
    {.id = "colocation", .size = LARGE,
     .systems = "",
     .power = "colocation", .chiller = "colocation", .hall = "colocation",
     .liquid_share = 0, .house_share = 0.01,
     .about = "leased building: air-cooled chillers with free-cooling, double conversion"},
    {.id = "warm-water-hybrid", .size = LARGE,
     .systems = "",
     .power = "warm-water", .chiller = "warm-water-hybrid", .cdu = "warm-water",
     .liquid_share = 1, .house_share = 0.001,
     .about = "research computing: as warm-water-tower, buildings that use heat and dry coolers before the tower"},
    {.id = "warm-water-tower", .size = LARGE,
     .systems = "",
     .power = "warm-water", .chiller = "warm-water-tower", .cdu = "warm-water",
     .liquid_share = 1, .house_share = 0.001,
     .about = "research computing: cold plates at 24 degC on an open tower, no chiller"},
};
// clang-format on

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
