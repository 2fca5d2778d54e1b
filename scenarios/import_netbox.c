/* Racks and power feeds of NetBox (netbox.dev) as a scenario: a site for each of its sites, a hall for each
 * location, a row for each rack, which hangs on the panels of its feeds. Tables come as CSV (export or bulk
 * import) or as JSON of the REST interface, from one file or several, racks and feeds in any order.
 *
 * NetBox has no power of racks. That of a feed is voltage x amperage x its highest utilization, times the
 * root of three for three phases, as NetBox's own "available power"; that of a rack the sum of its primary
 * feeds, to which redundant ones add nothing. What stands in the racks it does not know either: PART names a
 * rack type of catalog:racks.xml, of which as many nodes are taken as the feeds carry. */
#include "scenarios/import_netbox.h"

#include "sim/sum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who hangs on what --------------------------------------------------------------------------------- */

static int by_rack_id(const void *a, const void *b) {
    return strcmp((*(const struct dh_nb_rack *const *)a)->id, (*(const struct dh_nb_rack *const *)b)->id);
}
static int by_rack_name(const void *a, const void *b) {
    return strcmp((*(const struct dh_nb_rack *const *)a)->name, (*(const struct dh_nb_rack *const *)b)->name);
}

/* First of the racks with the key of wanted, -1 when there is none. */
static int32_t first_equal(struct dh_nb_rack *const *sorted, int32_t n, const struct dh_nb_rack *wanted,
                           int (*order)(const void *, const void *)) {
    int32_t low = 0, high = n;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (order(&sorted[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && order(&sorted[low], &wanted) == 0 ? low : -1;
}

static bool agree(const char *a, const char *b) {
    return !*a || !*b || strcmp(a, b) == 0;
}

/* The rack that a feed names: by its id where both have one, else by name, site and location. */
static enum dh_err rack_of(struct dh_netbox *v, struct dh_nb_rack *const *ids,
                           struct dh_nb_rack *const *by_names, const struct dh_nb_feed *feed,
                           struct dh_nb_rack **out) {
    struct dh_nb_rack wanted = {.name = feed->rack, .id = feed->rack_id};
    int32_t at = *feed->rack_id ? first_equal(ids, v->n_rack, &wanted, by_rack_id) : -1;
    *out = at >= 0 ? ids[at] : NULL;
    if (*out)
        return DH_OK;
    at = first_equal(by_names, v->n_rack, &wanted, by_rack_name);
    for (; at >= 0 && at < v->n_rack && strcmp(by_names[at]->name, feed->rack) == 0; at++) {
        struct dh_nb_rack *rack = by_names[at];
        if (!agree(rack->site, feed->site) || !agree(rack->location, feed->location))
            continue;
        if (*out) {
            dh_fail(v->im->diag, DH_ERR_DATA, feed->place, "feed %s: two racks are called %s", feed->name,
                    feed->rack);
            dh_diag_hint(v->im->diag, "columns site and location tell them apart");
            return DH_ERR_DATA;
        }
        *out = rack;
    }
    if (!*out)
        return dh_fail(v->im->diag, DH_ERR_DANGLING_REF, feed->place, "feed %s: there is no rack %s",
                       feed->name, feed->rack);
    return DH_OK;
}

/* Feeds alone, without a table of racks: each rack that they name. */
static enum dh_err racks_of_feeds(struct dh_netbox *v) {
    for (int32_t f = 0; f < v->n_feed; f++) {
        const struct dh_nb_feed *feed = &v->feeds[f];
        bool known = false;
        for (int32_t k = v->n_rack - 1; k >= 0 && k >= v->n_rack - 64 && !known; k--)
            known = strcmp(v->racks[k].name, feed->rack) == 0 && strcmp(v->racks[k].site, feed->site) == 0 &&
                    strcmp(v->racks[k].location, feed->location) == 0;
        if (!known)
            DH_TRY(dh_netbox_add_rack(v, feed->place, feed->rack, feed->rack_id, feed->site, feed->location));
    }
    return DH_OK;
}

static int by_place(const void *a, const void *b) {
    const struct dh_nb_rack *p = a, *q = b;
    int order = dh_text_natural_order(p->site, q->site);
    order = order ? order : dh_text_natural_order(p->location, q->location);
    order = order ? order : dh_text_natural_order(p->name, q->name);
    return order ? order : strcmp(p->id, q->id);
}

/* One rack for each place: of racks that only feeds name, there may be several. */
static enum dh_err unite(struct dh_netbox *v) {
    int32_t n = 0;
    qsort(v->racks, (size_t)v->n_rack, sizeof *v->racks, by_place);
    for (int32_t i = 0; i < v->n_rack; i++) {
        const struct dh_nb_rack *before = n > 0 ? &v->racks[n - 1] : NULL, *rack = &v->racks[i];
        bool same = before && strcmp(before->name, rack->name) == 0 &&
                    strcmp(before->site, rack->site) == 0 && strcmp(before->location, rack->location) == 0;
        if (same && v->listed)
            return dh_fail(v->im->diag, DH_ERR_DUPLICATE_ID, rack->place, "rack %s is there twice",
                           rack->name);
        if (!same)
            v->racks[n++] = *rack;
    }
    v->n_rack = n;
    return DH_OK;
}

static enum dh_err panel_of(struct dh_netbox *v, const struct dh_nb_feed *feed, const char *site,
                            int32_t *row) {
    for (*row = v->n_panel - 1; *row >= 0; --*row)
        if (strcmp(v->panels[*row].name, feed->panel) == 0 && strcmp(v->panels[*row].site, site) == 0)
            return DH_OK;
    if (v->n_panel >= 10000)
        return dh_fail(v->im->diag, DH_ERR_LIMIT_MEMORY, feed->place, "more than 10000 panels");
    struct dh_nb_panel *panels =
        dh_netbox_roomier(v, v->panels, v->n_panel, &v->panel_room, sizeof *v->panels);
    if (!panels)
        return dh_netbox_no_room(v);
    v->panels = panels;
    *row = v->n_panel;
    v->panels[v->n_panel++] = (struct dh_nb_panel){.name = feed->panel, .site = site};
    return DH_OK;
}

static enum dh_err hang(struct dh_netbox *v, const struct dh_nb_feed *feed, struct dh_nb_rack *rack) {
    int32_t panel = 0, p = 0;
    DH_TRY(panel_of(v, feed, rack->site, &panel));
    v->panels[panel].w += feed->w;
    rack->n_feed++;
    *(feed->redundant ? &rack->redundant_w : &rack->primary_w) += feed->w;
    while (p < rack->n_panel && rack->panels[p] != panel)
        p++;
    if (p < rack->n_panel)
        return DH_OK;
    if (p == DH_NB_MAX_PANELS)
        return dh_fail(v->im->diag, DH_ERR_DATA, feed->place, "rack %s hangs on more than %d panels",
                       rack->name, DH_NB_MAX_PANELS);
    rack->panels[rack->n_panel++] = panel;
    return DH_OK;
}

static enum dh_err connect(struct dh_netbox *v) {
    if (!v->listed)
        DH_TRY(racks_of_feeds(v));
    DH_TRY(unite(v));
    struct dh_nb_rack **ids = malloc((size_t)(v->n_rack + 1) * sizeof *ids),
                      **by_names = malloc((size_t)(v->n_rack + 1) * sizeof *by_names);
    enum dh_err err = ids && by_names ? DH_OK : dh_importer_no_memory(v->im);
    for (int32_t i = 0; i < v->n_rack && err == DH_OK; i++)
        ids[i] = by_names[i] = &v->racks[i];
    if (err == DH_OK) {
        qsort(ids, (size_t)v->n_rack, sizeof *ids, by_rack_id);
        qsort(by_names, (size_t)v->n_rack, sizeof *by_names, by_rack_name);
    }
    for (int32_t f = 0; f < v->n_feed && err == DH_OK; f++) {
        struct dh_nb_rack *rack = NULL;
        err = rack_of(v, ids, by_names, &v->feeds[f], &rack);
        if (err == DH_OK)
            err = hang(v, &v->feeds[f], rack);
    }
    free(ids);
    free(by_names);
    return err;
}

/* ---- the scenario -------------------------------------------------------------------------------------- */

static double rack_w(const struct dh_nb_rack *rack) {
    return rack->primary_w > 0 ? rack->primary_w : rack->redundant_w;
}

/* Nodes of the type that the rack's feeds carry, no more than the type has. */
static int32_t nodes_of(const struct dh_netbox *v, double w) {
    double node_w = (v->type->rated_w - v->type->overhead_w) / (double)v->type->nodes;
    double n = floor((w - v->type->overhead_w) / node_w * (1 + 1e-12));
    return n < 0 ? 0 : n > (double)v->type->nodes ? (int32_t)v->type->nodes : (int32_t)n;
}

/* Racks without power, or without enough for one node, stay out: they would run nothing. */
static void leave_out(struct dh_netbox *v) {
    int32_t n = 0;
    for (int32_t i = 0; i < v->n_rack; i++) {
        struct dh_nb_rack *rack = &v->racks[i];
        rack->nodes = nodes_of(v, rack_w(rack));
        v->n_dark += rack->n_feed == 0;
        v->n_small += rack->n_feed > 0 && rack->nodes == 0;
        if (rack->nodes > 0)
            v->racks[n++] = *rack;
    }
    v->n_rack = n;
}

static int by_id(const void *a, const void *b) {
    return strcmp((const char *)*(void *const *)a, (const char *)*(void *const *)b);
}

/* Ids that differ: equal ones get numbers. ids: n texts of DH_NB_ROOM bytes each. */
static void tell_apart(char **ids, int32_t n) {
    qsort(ids, (size_t)n, sizeof *ids, by_id);
    for (int32_t i = 0, count = 1; i < n; i++) {
        count = i > 0 && strncmp(ids[i], ids[i - count], strlen(ids[i - count])) == 0 &&
                        strlen(ids[i]) == strlen(ids[i - count])
                    ? count + 1
                    : 1;
        if (count > 1) {
            char text[DH_NB_ROOM + 16];
            snprintf(text, sizeof text, "%.100s.%d", ids[i], count);
            snprintf(ids[i], DH_NB_ROOM, "%.*s", DH_NB_ROOM - 1, text);
        }
    }
}

static enum dh_err give_ids(struct dh_netbox *v) {
    int32_t n = v->n_rack > v->n_panel ? v->n_rack : v->n_panel;
    char **ids = malloc((size_t)(n + 1) * sizeof *ids);
    if (!ids)
        return dh_importer_no_memory(v->im);
    for (int32_t i = 0; i < v->n_rack; i++) {
        dh_importer_id(v->racks[i].name, v->racks[i].row, 100);
        ids[i] = v->racks[i].row;
    }
    tell_apart(ids, v->n_rack);
    for (int32_t p = 0; p < v->n_panel; p++) {
        dh_importer_id(v->panels[p].name, v->panels[p].id, 100);
        ids[p] = v->panels[p].id;
    }
    tell_apart(ids, v->n_panel);
    free(ids);
    return DH_OK;
}

static void put_kw(struct dh_importer *im, double w) {
    dh_importer_number(im, rint(w) / 1000);
    dh_text_puts(&im->text, " kW");
}

static int by_watts(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* One rack type for each power that feeds give, in watts: id nb-12345w. */
static enum dh_err put_types(struct dh_netbox *v) {
    struct dh_importer *im = v->im;
    double *w = malloc((size_t)(v->n_rack + 1) * sizeof *w);
    if (!w)
        return dh_importer_no_memory(im);
    for (int32_t i = 0; i < v->n_rack; i++)
        w[i] = rint(rack_w(&v->racks[i]));
    qsort(w, (size_t)v->n_rack, sizeof *w, by_watts);
    for (int32_t i = 0; i < v->n_rack; i++) {
        if (i > 0 && w[i] == w[i - 1])
            continue;
        int32_t nodes = nodes_of(v, w[i]);
        nodes = nodes > 0 ? nodes : 1;
        double supplies = ceil((double)v->type->supplies * nodes / (double)v->type->nodes);
        dh_text_printf(&im->text,
                       "  <rack-type id=\"nb-%.0fw\" base=\"%s\" nodes=\"%d\" supplies=\"%.0f\" rated=\"",
                       w[i], v->type_name, nodes, supplies);
        put_kw(im, w[i]);
        dh_text_printf(
            &im->text,
            "\"><source for=\"rated\" evidence=\"computed\" text=\"primary feeds in NetBox: voltage x "
            "amperage x highest utilization\"/><source for=\"nodes\" evidence=\"assumed\" text=\"as many "
            "of %s's %lld as the feeds carry\"/></rack-type>\n",
            v->type_name, (long long)v->type->nodes);
    }
    free(w);
    return DH_OK;
}

static void put_site(struct dh_netbox *v, int32_t first, int32_t end) {
    struct dh_importer *im = v->im;
    const char *site = v->racks[first].site;
    char id[DH_NB_ROOM];
    double total_w = 0;
    dh_importer_id(*site ? site : "site", id, 100);
    for (int32_t p = 0; p < v->n_panel; p++)
        total_w += strcmp(v->panels[p].site, site) == 0 ? v->panels[p].w : 0;
    dh_text_printf(&im->text, "  <site id=\"%s\">\n    <power>\n      <utility id=\"%s.grid\" rated=\"", id,
                   id);
    put_kw(im, total_w);
    dh_text_puts(&im->text, "\"/>\n");
    for (int32_t p = 0; p < v->n_panel; p++) {
        if (strcmp(v->panels[p].site, site) != 0)
            continue;
        dh_text_printf(&im->text, "      <pdu id=\"%s\" feed=\"%s.grid\" rated=\"", v->panels[p].id, id);
        put_kw(im, v->panels[p].w);
        dh_text_puts(&im->text, "\"/>\n");
    }
    dh_text_puts(&im->text, "    </power>\n");
    for (int32_t i = first; i < end; i++) {
        const struct dh_nb_rack *rack = &v->racks[i];
        if (i == first || strcmp(v->racks[i - 1].location, rack->location) != 0) {
            char hall[DH_NB_ROOM];
            dh_importer_id(*rack->location ? rack->location : "hall", hall, 100);
            dh_text_printf(&im->text, "%s    <hall id=\"%s.%s\">\n", i == first ? "" : "    </hall>\n", id,
                           hall);
        }
        dh_text_printf(&im->text, "      <row id=\"%s\" rack=\"nb-%.0fw\" feed=\"", rack->row,
                       rint(rack_w(rack)));
        for (int32_t p = 0; p < rack->n_panel; p++)
            dh_text_printf(&im->text, "%s%s", p ? " " : "", v->panels[rack->panels[p]].id);
        dh_text_puts(&im->text, "\"/>\n");
        dh_importer_hand_over(im, DH_IMPORT_PIECE);
    }
    dh_text_puts(&im->text, "    </hall>\n  </site>\n");
}

static enum dh_err put_scenario(struct dh_netbox *v) {
    struct dh_importer *im = v->im;
    int32_t n_site = 0, n_hall = 0;
    int64_t n_node = 0;
    struct dh_sum w = {0};
    dh_importer_line(im, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    dh_importer_line(im,
                     "<!-- Racks and feeds of NetBox. It knows no power of racks: theirs is the sum of their "
                     "primary feeds. It does not know what stands in them either: the rack type is assumed. "
                     "Upstream of the panels is one utility of their size. Cooling, climate, prices and work "
                     "are yours to add. -->");
    dh_importer_line(im, "<scenario xmlns=\"urn:datahall:scenario:1\" name=\"netbox\">");
    dh_importer_line(im, "  <import href=\"catalog:racks.xml\"/>");
    dh_importer_line(im, "  <horizon duration=\"1 d\"/>");
    DH_TRY(put_types(v));
    for (int32_t first = 0, end = 0; first < v->n_rack; first = end, n_site++) {
        for (; end < v->n_rack && strcmp(v->racks[end].site, v->racks[first].site) == 0; end++) {
            n_hall += end == first || strcmp(v->racks[end].location, v->racks[end - 1].location) != 0;
            n_node += v->racks[end].nodes;
            dh_sum_add(&w, rint(rack_w(&v->racks[end])));
        }
        put_site(v, first, end);
    }
    dh_importer_line(im, "</scenario>");
    dh_importer_figure(im, (double)v->n_record, "records", NULL);
    dh_importer_figure(im, n_site, "sites", NULL);
    dh_importer_figure(im, n_hall, "halls", NULL);
    dh_importer_figure(im, v->n_rack, "racks", NULL);
    dh_importer_figure(im, v->n_panel, "panels", NULL);
    dh_importer_figure(im, v->n_feed, "feeds", NULL);
    dh_importer_figure(im, dh_sum_value(&w) / 1000, "rack_kw", NULL);
    dh_importer_figure(im, (double)n_node, "nodes", NULL);
    dh_importer_figure(im, (double)v->n_inactive, "not_active", NULL);
    dh_importer_figure(im, (double)v->n_dark, "racks_without_feed", NULL);
    dh_importer_figure(im, (double)v->n_small, "racks_below_one_node", NULL);
    return DH_OK;
}

static void tell(const struct dh_netbox *v) {
    const struct {
        int64_t n;
        const char *what;
    } told[] = {
        {v->n_inactive, "racks planned or deprecated and feeds that are not active, left out"},
        {v->n_loose,    "feeds of no rack, left out"                                         },
        {v->n_dark,     "racks without a feed, left out"                                     },
        {v->n_small,    "racks whose feeds do not carry one node of that type, left out"     },
    };
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (told[i].n > 0)
            dh_warn(v->im->diag, DH_ERR_W_DATA, (struct dh_place){v->im->path, 0, 0}, "%s: %lld",
                    told[i].what, (long long)told[i].n);
    if (v->n_other > 0)
        dh_warn(v->im->diag, DH_ERR_W_DATA, v->first_other, "records that are neither racks nor feeds: %lld",
                (long long)v->n_other);
}

/* The catalog's rack type called by PART. */
static enum dh_err find_type(struct dh_netbox *v, struct dh_scenario_file *file) {
    const char *part = v->im->part && *v->im->part ? v->im->part : "dgx-h100-air";
    struct dh_text text = {0};
    struct dh_diag silent = {0};
    dh_importer_id(part, v->type_name, sizeof v->type_name);
    dh_text_printf(
        &text,
        "<scenario xmlns=\"urn:datahall:scenario:1\" name=\"n\"><import href=\"catalog:racks.xml\"/>"
        "<horizon duration=\"1 d\"/><site id=\"s\"><power><utility id=\"u\" rated=\"1 GW\"/></power>"
        "<hall id=\"h\"><row id=\"w\" rack=\"%s\" feed=\"u\"/></hall></site></scenario>",
        v->type_name);
    enum dh_err err = text.failed
                          ? DH_ERR_MEMORY
                          : dh_scenario_read_memory(file, text.at, text.n, "netbox.xml", ".", NULL, &silent);
    dh_text_free(&text);
    dh_diag_free(&silent);
    for (int32_t i = 0; err == DH_OK && i < file->spec.n_rack_types && !v->type; i++)
        if (strcmp(file->spec.rack_types[i].id, v->type_name) == 0)
            v->type = &file->spec.rack_types[i];
    if (err == DH_ERR_MEMORY)
        return dh_importer_no_memory(v->im);
    if (v->type && strcmp(part, v->type_name) == 0)
        return DH_OK;
    dh_fail(v->im->diag, DH_ERR_USAGE, (struct dh_place){v->im->path, 0, 0},
            "the catalog has no rack type %s", part);
    dh_diag_hint(v->im->diag, "one of catalog:racks.xml, such as dgx-h100-air, hgx-h100-liquid, gb200-nvl72");
    return DH_ERR_USAGE;
}

static enum dh_err convert(struct dh_netbox *v) {
    for (int32_t f = 0; f < v->im->n_file; f++) {
        DH_TRY(dh_netbox_read(v, v->im->files[f]));
    }
    if (v->n_feed == 0)
        return dh_fail(v->im->diag, DH_ERR_MISSING, (struct dh_place){v->im->path, 1, 0},
                       "no active power feed of a rack: nothing says how much power the racks have");
    DH_TRY(connect(v));
    leave_out(v);
    if (v->n_rack == 0)
        return dh_fail(v->im->diag, DH_ERR_EMPTY, (struct dh_place){v->im->path, 1, 0},
                       "no rack whose feeds carry one node of %s", v->type_name);
    DH_TRY(give_ids(v));
    tell(v);
    return put_scenario(v);
}

enum dh_err dh_import_netbox(struct dh_importer *im) {
    struct dh_netbox v = {.im = im};
    struct dh_scenario_file file = {0};
    enum dh_err err = find_type(&v, &file);
    if (err == DH_OK)
        err = convert(&v);
    dh_scenario_free(&file);
    free(v.racks);
    free(v.feeds);
    free(v.panels);
    dh_arena_free(&v.mem);
    return err;
}
