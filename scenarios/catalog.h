/* Texts that travel inside the library: catalogs for <import href="catalog:gpus.xml"/> and starter scenarios
 * for `datahall init`. The table is made at build time from scenarios/catalog/ and scenarios/templates/
 * (embed.sh). */
#ifndef DH_SCENARIOS_CATALOG_H
#define DH_SCENARIOS_CATALOG_H

#include <stddef.h>

struct dh_embedded_file {
    const char *name; /* "catalog/gpus.xml", "templates/minimal.xml" */
    const char *text; /* terminated; n does not count the terminator */
    size_t n;
};

/* In the order of their names; the last row has name NULL. */
extern const struct dh_embedded_file dh_embedded_files[];

/* The built-in catalog called name ("gpus.xml") and its length; NULL when there is none. */
const char *dh_catalog_text(const char *name, size_t *n);
/* Name of catalog number index from 0; NULL behind the last. */
const char *dh_catalog_name(int index);

/* The same for starter scenarios, by name without ".xml" ("gpu-hall"). */
const char *dh_template_text(const char *name, size_t *n);
/* The smallest comes first, then the others by name. */
const char *dh_template_name(int index);

#endif
