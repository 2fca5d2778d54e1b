/* What import_netbox*.c share: racks and feeds as read, panels as the feeds name them. Private to them. */
#ifndef DH_SCENARIOS_IMPORT_NETBOX_H
#define DH_SCENARIOS_IMPORT_NETBOX_H

#include "scenarios/import_internal.h"
#include "scenarios/scenario.h"
#include "sim/arena.h"

enum { DH_NB_ROOM = 128, DH_NB_MAX_ROWS = 200000, DH_NB_MAX_PANELS = 16 };

struct dh_nb_rack {
    const char *name, *id, *site, *location; /* "" where not known */
    struct dh_place place;
    double primary_w, redundant_w;
    int32_t panels[DH_NB_MAX_PANELS], n_panel; /* each once, in order of the feeds */
    int32_t n_feed, nodes;
    char row[DH_NB_ROOM]; /* its id in the scenario */
};

struct dh_nb_feed {
    const char *name, *rack, *rack_id, *site, *location, *panel;
    struct dh_place place;
    double w;
    bool redundant;
};

struct dh_nb_panel {
    const char *name, *site;
    double w;
    char id[DH_NB_ROOM];
};

struct dh_netbox {
    struct dh_importer *im;
    struct dh_nb_rack *racks;
    struct dh_nb_feed *feeds;
    struct dh_nb_panel *panels;
    int32_t n_rack, n_feed, n_panel, rack_room, feed_room, panel_room;
    int64_t n_record, n_other, n_inactive, n_loose, n_dark, n_small;
    struct dh_place first_other;
    struct dh_arena mem;
    bool listed; /* a table of racks was there: feeds make none */
    const struct dh_rack_type_spec *type;
    char type_name[DH_NB_ROOM];
};

/* Adds the racks and feeds of a file, CSV or JSON. Errors as those of the readers. */
enum dh_err dh_netbox_read(struct dh_netbox *v, const char *path);

enum dh_err dh_netbox_add_rack(struct dh_netbox *v, struct dh_place place, const char *name, const char *id,
                               const char *site, const char *location);

/* The rows with room for one more; NULL, with a message, when there can be none: then dh_netbox_no_room is
 * why. */
void *dh_netbox_roomier(struct dh_netbox *v, void *rows, int32_t n, int32_t *room, size_t size);
enum dh_err dh_netbox_no_room(const struct dh_netbox *v);

#endif
