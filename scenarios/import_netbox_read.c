/* Tables of NetBox as CSV and JSON: what is a rack, what a feed, and how much power the feed may carry. */
#include "scenarios/import_netbox.h"

#include "scenarios/json_read.h"
#include "sim/units.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is read of a record, whichever table it is of. */
enum {
    ID,
    NAME,
    SITE,
    LOCATION,
    RACK,
    PANEL,
    STATUS,
    TYPE,
    PHASE,
    VOLTAGE,
    AMPERAGE,
    UTILIZATION,
    HEIGHT,
    URL,
    N_FIELD
};

static const char *const names[N_FIELD] = {
    "id",    "name",    "site",     "location",        "rack",     "power_panel", "status", "type",
    "phase", "voltage", "amperage", "max_utilization", "u_height", "url"};

struct record {
    char text[N_FIELD][DH_NB_ROOM];
    char rack_id[DH_NB_ROOM], site_of_rack[DH_NB_ROOM];
    struct dh_place at[N_FIELD], place;
    bool given[N_FIELD];
};

/* The rows with room for one more; NULL, with a message, when there can be none. */
void *dh_netbox_roomier(struct dh_netbox *v, void *rows, int32_t n, int32_t *room, size_t size) {
    if (n < *room)
        return rows;
    int32_t wanted = *room ? 2 * *room : 64;
    void *grown = n < DH_NB_MAX_ROWS ? realloc(rows, (size_t)wanted * size) : NULL;
    if (grown)
        *room = wanted;
    else if (n < DH_NB_MAX_ROWS)
        dh_importer_no_memory(v->im);
    else
        dh_fail(v->im->diag, DH_ERR_LIMIT_MEMORY, (struct dh_place){v->im->path, 0, 0},
                "more than %d racks or feeds", DH_NB_MAX_ROWS);
    return grown;
}

enum dh_err dh_netbox_no_room(const struct dh_netbox *v) {
    return v->im->diag ? v->im->diag->first : DH_ERR_MEMORY;
}

/* ---- records to racks and feeds ------------------------------------------------------------------------ */

/* "Three-phase", "three-phase", "Three phase": letters alone, in lower case. */
static bool is_word(const char *text, const char *letters) {
    for (; *text; text++) {
        if (!isalpha((unsigned char)*text))
            continue;
        if (tolower((unsigned char)*text) != *letters)
            return false;
        letters++;
    }
    return *letters == '\0';
}

/* A number, with the unit that NetBox shows behind it. */
static enum dh_err number_of(struct dh_netbox *v, const struct record *r, int f, double min, double max,
                             double *value) {
    const char *text = r->text[f];
    size_t n = strlen(text), end = 0;
    enum dh_err err = dh_number_parse(text, n, value, &end);
    while (end < n && (text[end] == ' ' || text[end] == '%' || text[end] == 'V' || text[end] == 'A'))
        end++;
    if (err == DH_OK && end != n)
        err = DH_ERR_NUMBER;
    if (err == DH_OK && !(*value >= min && *value <= max))
        err = DH_ERR_RANGE;
    if (err == DH_OK)
        return DH_OK;
    return dh_fail(v->im->diag, err, r->at[f].file ? r->at[f] : r->place,
                   "%s: '%.40s' is not a number within %g and %g", names[f], text, min, max);
}

/* Power that a feed may carry. */
static enum dh_err feed_power(struct dh_netbox *v, const struct record *r, double *w) {
    double volt = 0, ampere = 0, percent = 80;          /* NetBox's default */
    DH_TRY(number_of(v, r, VOLTAGE, -1e5, 1e5, &volt)); /* of -48 V DC its size counts */
    DH_TRY(number_of(v, r, AMPERAGE, 0, 1e5, &ampere));
    if (*r->text[UTILIZATION])
        DH_TRY(number_of(v, r, UTILIZATION, 0, 100, &percent));
    bool three = is_word(r->text[PHASE], "threephase");
    if (*r->text[PHASE] && !three && !is_word(r->text[PHASE], "singlephase")) {
        dh_fail(v->im->diag, DH_ERR_VALUE, r->at[PHASE], "phase: '%.40s'", r->text[PHASE]);
        dh_diag_hint(v->im->diag, "single-phase or three-phase");
        return DH_ERR_VALUE;
    }
    *w = fabs(volt) * ampere * percent / 100 * (three ? sqrt(3) : 1);
    if (!(*w > 0))
        return dh_fail(v->im->diag, DH_ERR_RANGE, r->at[AMPERAGE], "a feed that carries no power");
    return DH_OK;
}

static bool keep_text(struct dh_netbox *v, const char **to, const char *text) {
    *to = dh_text_escape(&v->mem, text, strlen(text));
    return *to != NULL;
}

static enum dh_err add_feed(struct dh_netbox *v, const struct record *r) {
    struct dh_nb_feed feed = {.place = r->place, .redundant = is_word(r->text[TYPE], "redundant")};
    bool active = !*r->text[STATUS] || is_word(r->text[STATUS], "active");
    DH_TRY(feed_power(v, r, &feed.w));
    v->n_inactive += !active;
    v->n_loose += active && !*r->text[RACK];
    if (!active || !*r->text[RACK])
        return DH_OK;
    struct dh_nb_feed *feeds = dh_netbox_roomier(v, v->feeds, v->n_feed, &v->feed_room, sizeof *v->feeds);
    if (!feeds)
        return dh_netbox_no_room(v);
    v->feeds = feeds;
    const char *panel = *r->text[PANEL] ? r->text[PANEL] : "panel";
    if (!keep_text(v, &feed.name, r->text[NAME]) || !keep_text(v, &feed.rack, r->text[RACK]) ||
        !keep_text(v, &feed.rack_id, r->rack_id) || !keep_text(v, &feed.panel, panel) ||
        !keep_text(v, &feed.site, *r->text[SITE] ? r->text[SITE] : r->site_of_rack) ||
        !keep_text(v, &feed.location, r->text[LOCATION]))
        return dh_importer_no_memory(v->im);
    v->feeds[v->n_feed++] = feed;
    return DH_OK;
}

enum dh_err dh_netbox_add_rack(struct dh_netbox *v, struct dh_place place, const char *name, const char *id,
                               const char *site, const char *location) {
    struct dh_nb_rack rack = {.place = place};
    struct dh_nb_rack *racks = dh_netbox_roomier(v, v->racks, v->n_rack, &v->rack_room, sizeof *v->racks);
    if (!racks)
        return dh_netbox_no_room(v);
    v->racks = racks;
    if (!keep_text(v, &rack.name, name) || !keep_text(v, &rack.id, id) || !keep_text(v, &rack.site, site) ||
        !keep_text(v, &rack.location, location))
        return dh_importer_no_memory(v->im);
    v->racks[v->n_rack++] = rack;
    return DH_OK;
}

static enum dh_err take_record(struct dh_netbox *v, const struct record *r) {
    v->n_record++;
    bool feed = r->given[VOLTAGE] && r->given[AMPERAGE];
    bool rack = !feed && r->given[HEIGHT] && r->given[SITE];
    if (*r->text[URL]) { /* what REST itself says that it is */
        feed = feed && strstr(r->text[URL], "/power-feeds/");
        rack = rack && strstr(r->text[URL], "/racks/");
    }
    if (feed)
        return add_feed(v, r);
    if (!rack) {
        if (v->n_other++ == 0)
            v->first_other = r->place;
        return DH_OK;
    }
    v->listed = true;
    if (!*r->text[NAME])
        return dh_fail(v->im->diag, DH_ERR_MISSING, r->place, "a rack without a name");
    if (is_word(r->text[STATUS], "planned") || is_word(r->text[STATUS], "deprecated")) {
        v->n_inactive++;
        return DH_OK;
    }
    return dh_netbox_add_rack(v, r->place, r->text[NAME], r->text[ID], r->text[SITE], r->text[LOCATION]);
}

/* ---- CSV ----------------------------------------------------------------------------------------------- */

/* "Max Utilization", "max_utilization": which field is it? -1: none of those that are read. */
static int field_of(const char *column) {
    for (int f = 0; f < N_FIELD; f++) {
        const char *a = column, *b = names[f];
        while (*a && *b && (tolower((unsigned char)*a) == *b || ((*a == ' ' || *a == '_') && *b == '_')))
            a++, b++;
        if (!*a && !*b)
            return f;
    }
    return strcmp(column, "Height") == 0                                  ? HEIGHT
           : strcmp(column, "panel") == 0 || strcmp(column, "Panel") == 0 ? PANEL
           : strcmp(column, "utilization") == 0                           ? UTILIZATION
                                                                          : -1;
}

static enum dh_err read_csv(struct dh_netbox *v, const char *path) {
    struct dh_csv csv;
    int32_t column[N_FIELD];
    bool got = true;
    struct record *r = malloc(sizeof *r);
    if (!r)
        return dh_importer_no_memory(v->im);
    enum dh_err err = dh_csv_open(&csv, path, DH_CSV_PLAIN, v->im->diag);
    if (err != DH_OK) {
        free(r);
        return err;
    }
    for (int f = 0; f < N_FIELD; f++)
        column[f] = -1;
    for (int32_t c = 0; c < csv.n_column && err == DH_OK; c++) {
        int f = field_of(csv.columns[c].text);
        if (f >= 0 && column[f] >= 0)
            err = dh_fail(v->im->diag, DH_ERR_DATA, dh_lines_place(&csv.in, csv.columns[c].col),
                          "a second column for %s", names[f]);
        else if (f >= 0)
            column[f] = c;
    }
    /* A table of racks need not have their height; one that has neither feeds nor racks is said to be of
     * none. */
    bool racks = column[VOLTAGE] < 0 && column[NAME] >= 0 && column[SITE] >= 0 &&
                 (column[HEIGHT] >= 0 || dh_csv_column(&csv, "rack_type", "facility_id", NULL) >= 0 ||
                  dh_csv_column(&csv, "Rack Type", "Facility ID", NULL) >= 0);
    while (err == DH_OK && (err = dh_csv_next(&csv, &got)) == DH_OK && got) {
        *r = (struct record){.place = dh_csv_place(&csv, column[NAME])};
        for (int f = 0; f < N_FIELD && err == DH_OK; f++) {
            if (column[f] < 0)
                continue;
            r->given[f] = true;
            r->at[f] = dh_csv_place(&csv, column[f]);
            if (csv.fields[column[f]].n >= DH_NB_ROOM)
                err = dh_fail(v->im->diag, DH_ERR_DATA, r->at[f], "%s: more than %d bytes", names[f],
                              DH_NB_ROOM - 1);
            else
                dh_csv_text(&csv, column[f], r->text[f], DH_NB_ROOM);
        }
        r->given[HEIGHT] = r->given[HEIGHT] || racks;
        if (err == DH_OK)
            err = take_record(v, r);
    }
    dh_csv_close(&csv);
    free(r);
    return err;
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

/* The value of a field: a text, a number, null, or an object of which its name, model, display or value
 * counts. */
static enum dh_err read_field(struct dh_netbox *v, struct dh_json *json, struct record *r, int f) {
    if (r->given[f])
        return dh_fail(v->im->diag, DH_ERR_DATA, json->place, "%s is there twice", names[f]);
    r->given[f] = true;
    DH_TRY(dh_json_next(json));
    r->at[f] = json->place;
    if (json->kind == DH_JSON_ARRAY)
        return dh_json_skip_rest(json);
    if (json->n >= DH_NB_ROOM)
        return dh_fail(v->im->diag, DH_ERR_DATA, json->place, "%s: more than %d bytes", names[f],
                       DH_NB_ROOM - 1);
    if (json->kind != DH_JSON_OBJECT) {
        memcpy(r->text[f], json->text, json->n + 1);
        return DH_OK;
    }
    int best = 9;
    for (;;) {
        static const char *const keys[] = {"value", "name", "model", "display"};
        DH_TRY(dh_json_next(json));
        if (json->kind == DH_JSON_OBJECT_END)
            return DH_OK;
        int key = 0;
        while (key < 4 && !dh_json_is(json, keys[key]))
            key++;
        bool id = f == RACK && dh_json_is(json, "id");
        if (!id && key >= (best < 4 ? best : 4)) {
            DH_TRY(dh_json_skip(json));
            continue;
        }
        DH_TRY(dh_json_next(json));
        if (json->kind == DH_JSON_OBJECT || json->kind == DH_JSON_ARRAY) {
            DH_TRY(dh_json_skip_rest(json));
            continue;
        }
        if (json->n >= DH_NB_ROOM)
            return dh_fail(v->im->diag, DH_ERR_DATA, json->place, "%s: more than %d bytes", names[f],
                           DH_NB_ROOM - 1);
        memcpy(id ? r->rack_id : r->text[f], json->text, json->n + 1);
        best = id ? best : key;
    }
}

static enum dh_err read_objects(struct dh_netbox *v, struct dh_json *json, int level);

/* An object of the interface, or a list of them ("results"). */
static enum dh_err read_object(struct dh_netbox *v, struct dh_json *json, int level) {
    struct record *r = calloc(1, sizeof *r);
    bool list = false;
    if (!r)
        return dh_importer_no_memory(v->im);
    r->place = json->place;
    enum dh_err err;
    while ((err = dh_json_next(json)) == DH_OK && json->kind != DH_JSON_OBJECT_END) {
        int f = 0;
        while (f < N_FIELD && !dh_json_is(json, names[f]))
            f++;
        if (level == 0 && dh_json_is(json, "results")) {
            list = true;
            err = dh_json_want(json, DH_JSON_ARRAY);
            if (err == DH_OK)
                err = read_objects(v, json, 1);
        } else if (f < N_FIELD) {
            err = read_field(v, json, r, f);
        } else {
            err = dh_json_skip(json);
        }
        if (err != DH_OK)
            break;
    }
    if (err == DH_OK && !list)
        err = take_record(v, r);
    free(r);
    return err;
}

/* The rest of an array of objects. */
static enum dh_err read_objects(struct dh_netbox *v, struct dh_json *json, int level) {
    for (;;) {
        DH_TRY(dh_json_next(json));
        if (json->kind == DH_JSON_ARRAY_END)
            return DH_OK;
        if (json->kind != DH_JSON_OBJECT)
            return dh_fail(v->im->diag, DH_ERR_DATA, json->place, "objects of NetBox are wanted here");
        DH_TRY(read_object(v, json, level));
    }
}

static enum dh_err read_json(struct dh_netbox *v, const char *path) {
    struct dh_json json;
    DH_TRY(dh_json_open(&json, path, v->im->diag));
    enum dh_err err;
    while ((err = dh_json_next(&json)) == DH_OK && json.kind != DH_JSON_END) {
        if (json.kind == DH_JSON_OBJECT)
            err = read_object(v, &json, 0);
        else if (json.kind == DH_JSON_ARRAY)
            err = read_objects(v, &json, 0);
        else
            err = dh_fail(v->im->diag, DH_ERR_DATA, json.place, "objects of NetBox are wanted here");
        if (err != DH_OK)
            break;
    }
    dh_json_close(&json);
    return err;
}

/* ---- a file ------------------------------------------------------------------------------------------ */

static enum dh_err begins_like_json(struct dh_importer *im, const char *path, bool *json) {
    struct dh_lines in;
    size_t n = 0, i = 0;
    DH_TRY(dh_lines_open(&in, path, im->diag));
    enum dh_err err = dh_lines_piece(&in, &n);
    while (err == DH_OK && i < n && isspace((unsigned char)in.text[i]))
        i++;
    *json = err == DH_OK && i < n && (in.text[i] == '{' || in.text[i] == '[');
    dh_lines_close(&in);
    return err;
}

enum dh_err dh_netbox_read(struct dh_netbox *v, const char *path) {
    bool json = false;
    DH_TRY(begins_like_json(v->im, path, &json));
    return json ? read_json(v, path) : read_csv(v, path);
}
