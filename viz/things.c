/* What can be pointed at: names, search, and what events are about. */
#include "viz/parts.h"

#include "models/plant.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const what_names[DH_N_WHAT] = {"",
                                                  "rack",
                                                  "power stage",
                                                  "hall",
                                                  "CDU group",
                                                  "chilled-water plant",
                                                  "facility-water plant",
                                                  "on site source",
                                                  "site",
                                                  "fabric",
                                                  "store",
                                                  "service",
                                                  "job",
                                                  "link",
                                                  "switch"};

const char *dh_what_name(enum dh_view_what what) {
    return what_names[what];
}

const char *dh_thing_rows(enum dh_view_what what) {
    static const char *const rows[DH_N_WHAT] = {
        [DH_A_RACK] = "rack",     [DH_A_STAGE] = "stage",    [DH_A_HALL] = "hall",       [DH_A_CDU] = "cdu",
        [DH_A_CPLANT] = "cplant", [DH_AN_LPLANT] = "lplant", [DH_AN_ONSITE] = "onsite",  [DH_A_SITE] = "site",
        [DH_A_FABRIC] = "fabric", [DH_A_STORE] = "store",    [DH_A_SERVICE] = "service", [DH_A_LINK] = "link",
        [DH_A_SWITCH] = "netunit"};
    return rows[what];
}

const char *dh_column_words(const struct dh_column *column, char room[static 64]) {
    static const char *const units[] = {"_w", "_degc", "_frac", "_s", "_b", "_usd", "_j"};
    snprintf(room, 64, "%.63s", column->name + strcspn(column->name, "_") + 1);
    char *unit = strrchr(room, '_');
    for (unsigned i = 0; unit && i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i]) == 0) {
            *unit = '\0';
            break;
        }
    for (char *k = room; *k; k++)
        if (*k == '_')
            *k = ' ';
    return room;
}

int32_t dh_thing_count(const struct dh_view *v, enum dh_view_what what) {
    const struct dh_facility *f = v->facility;
    switch (what) {
    case DH_A_RACK:
        return f->n_rack;
    case DH_A_STAGE:
        return f->n_stage;
    case DH_A_HALL:
        return f->n_hall;
    case DH_A_CDU:
        return f->n_cdu;
    case DH_A_CPLANT:
        return f->n_cplant;
    case DH_AN_LPLANT:
        return f->n_lplant;
    case DH_AN_ONSITE:
        return f->n_onsite;
    case DH_A_SITE:
        return f->n_site;
    case DH_A_FABRIC:
        return f->n_fabric;
    case DH_A_STORE:
        return f->n_store;
    case DH_A_SERVICE:
        return f->n_service;
    case DH_A_LINK:
        return f->n_link;
    case DH_A_SWITCH:
        return f->n_netunit;
    case DH_NOTHING:
    case DH_A_JOB:
    case DH_N_WHAT:
        break;
    }
    return 0;
}

const char *dh_thing_id(const struct dh_view *v, struct dh_view_thing t) {
    const struct dh_facility *f = v->facility;
    const char *name = "";
    if (t.row < 0 || t.row >= dh_thing_count(v, t.what))
        return "";
    switch (t.what) {
    case DH_A_RACK:
        name = f->rack_name[t.row];
        break;
    case DH_A_STAGE:
        name = f->stage_name[t.row];
        break;
    case DH_A_HALL:
        name = f->hall_spec[t.row]->id;
        break;
    case DH_A_CDU:
        name = f->cdu_spec[t.row]->id;
        break;
    case DH_A_CPLANT:
        name = f->cplant_spec[t.row]->id;
        break;
    case DH_AN_LPLANT:
        name = f->lplant_spec[t.row]->id;
        break;
    case DH_AN_ONSITE:
        name = f->onsite_name[t.row];
        break;
    case DH_A_SITE:
        name = f->site_spec[t.row]->id;
        break;
    case DH_A_FABRIC:
        name = f->fabric.fabrics[t.row].spec->id;
        break;
    case DH_A_STORE:
        name = f->storage.stores[t.row].id;
        break;
    case DH_A_SERVICE:
        name = f->service_spec[t.row]->id;
        break;
    case DH_A_LINK:
        name = f->fabric.link_name[t.row];
        break;
    case DH_A_SWITCH:
        name = f->fabric.unit_name[t.row];
        break;
    case DH_NOTHING:
    case DH_A_JOB:
    case DH_N_WHAT:
        break;
    }
    return name;
}

const char *dh_thing_name(const struct dh_view *v, struct dh_view_thing t, char room[static 96]) {
    struct dh_view_job job;
    if (t.what != DH_A_JOB)
        dh_text_cut(room, 96, dh_thing_id(v, t));
    else if (v->source->ops->job(v->source, t.row, &job) && *job.name)
        dh_text_cut(room, 96, job.name);
    else
        snprintf(room, 96, "job in row %d", (int)t.row);
    return room;
}

void dh_view_choose(struct dh_view *v, struct dh_view_thing t) {
    v->changed = true;
    if (t.what == DH_NOTHING)
        return;
    v->selected = t;
    if (t.what != DH_A_RACK || v->camera.fitted || v->tab != DH_TAB_FLOOR)
        return;
    struct dh_box m = v->floor.rack[t.row]; /* into the middle, where it is out of sight */
    float x = (m.x - v->camera.x) * v->camera.zoom, y = (m.y - v->camera.y) * v->camera.zoom;
    if (x < 0 || y < 0 || x > v->pane.w || y > v->pane.h) {
        v->camera.x = m.x - v->pane.w / 2 / v->camera.zoom;
        v->camera.y = m.y - v->pane.h / 2 / v->camera.zoom;
    }
}

/* ---- search
 * ------------------------------------------------------------------------------------------------
 */

/* How well a name answers: 0 not at all; the letters in order, better at its beginning and in one piece. */
static int score(const char *name, const char *wanted) {
    size_t n = strlen(wanted);
    if (n == 0)
        return 0;
    if (strncasecmp(name, wanted, n) == 0)
        return strlen(name) == n ? 1000 : 500 - (int)(strlen(name) < 200 ? strlen(name) : 200);
    for (const char *c = name; *c; c++)
        if (strncasecmp(c, wanted, n) == 0)
            return 250 - (int)(c - name < 200 ? c - name : 200);
    const char *c = name;
    for (const char *w = wanted; *w; w++, c++) {
        while (*c && tolower((unsigned char)*c) != tolower((unsigned char)*w))
            c++;
        if (!*c)
            return 0;
    }
    return 20;
}

enum { MOST_JOBS = 256 };

/* One that answers so well, into its place. */
static void take_found(struct dh_view *v, int scores[static DH_VIEW_FOUND], struct dh_view_thing t,
                       int found) {
    int at = v->n_found;
    if (found == 0 || (at == DH_VIEW_FOUND && found <= scores[at - 1]))
        return;
    if (at == DH_VIEW_FOUND)
        at--;
    else
        v->n_found++;
    for (; at > 0 && scores[at - 1] < found; at--) {
        scores[at] = scores[at - 1];
        v->found[at] = v->found[at - 1];
    }
    scores[at] = found;
    v->found[at] = t;
}

void dh_view_search(struct dh_view *v) {
    static const enum dh_view_what order[] = {DH_A_STAGE,   DH_A_HALL,    DH_A_CDU,     DH_A_CPLANT,
                                              DH_AN_LPLANT, DH_AN_ONSITE, DH_A_SERVICE, DH_A_FABRIC,
                                              DH_A_STORE,   DH_A_SITE,    DH_A_RACK,    DH_A_SWITCH};
    int scores[DH_VIEW_FOUND];
    char room[96];
    v->n_found = v->found_at = 0;
    for (unsigned k = 0; k < sizeof order / sizeof *order; k++)
        for (int32_t row = 0; row < dh_thing_count(v, order[k]); row++) {
            struct dh_view_thing t = {order[k], row};
            take_found(v, scores, t, score(dh_thing_name(v, t, room), v->search));
        }
    struct dh_view_job jobs[MOST_JOBS]; /* those that one may see now */
    for (int lists = 0; lists < 2; lists++) {
        int32_t n = lists == 0 ? v->source->ops->running(v->source, jobs, MOST_JOBS)
                               : v->source->ops->waiting(v->source, jobs, MOST_JOBS);
        for (int32_t i = 0; i < n && i < MOST_JOBS; i++)
            take_found(v, scores, (struct dh_view_thing){DH_A_JOB, jobs[i].row},
                       score(jobs[i].name, v->search));
    }
}

bool dh_view_select(struct dh_view *v, const char *name) {
    snprintf(v->search, sizeof v->search, "%s", name);
    dh_view_search(v);
    if (v->n_found > 0)
        dh_view_choose(v, v->found[0]);
    return v->n_found > 0;
}

/* ---- events
 * ------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *word, *entity;
} incidents[] = {
#define INCIDENT(NAME, word, entity, about) {word, #entity},
#include "models/incident.def"
#undef INCIDENT
};

void dh_event_names(struct dh_view *v) {
    struct dh_plant plant;
    if (dh_plant_init(&plant, v->facility, NULL) != DH_OK)
        return;
    if (dh_equipment_init_groups(&v->equipment, v->facility, &plant) != DH_OK)
        v->equipment = (struct dh_equipment){0};
    dh_plant_free(&plant);
}

/* The group of equipment that an event is about; NULL: of none. */
static const struct dh_equipment_group *group_of(const struct dh_view *v, const struct dh_view_event *e) {
    bool is = strcmp(incidents[e->kind].entity, "equipment") == 0 && e->subject >= 0 &&
              e->subject < v->equipment.n_group;
    return is ? &v->equipment.groups[e->subject] : NULL;
}

struct dh_view_thing dh_group_thing(const struct dh_facility *f, const struct dh_equipment_group *g) {
    static const enum dh_view_what parts[DH_N_PLANT_UNIT] = {
        [DH_UNIT_CHILLER] = DH_A_CPLANT,      [DH_UNIT_TOWER_CELL] = DH_A_CPLANT,
        [DH_UNIT_CHILLED_PUMP] = DH_A_CPLANT, [DH_UNIT_CONDENSER_PUMP] = DH_A_CPLANT,
        [DH_UNIT_AIR_HANDLER] = DH_A_HALL,    [DH_UNIT_CDU_PUMP] = DH_A_CDU,
        [DH_UNIT_COOLER] = DH_AN_LPLANT,      [DH_UNIT_FACILITY_PUMP] = DH_AN_LPLANT};
    switch (g->kind) {
    case DH_EQUIPMENT_STAGE:
        return (struct dh_view_thing){DH_A_STAGE, g->row};
    case DH_EQUIPMENT_PLANT:
        return (struct dh_view_thing){parts[g->part], g->row};
    case DH_EQUIPMENT_RACK:
        return (struct dh_view_thing){DH_A_RACK, g->row};
    case DH_EQUIPMENT_NODE:
    case DH_EQUIPMENT_GPU:
        return (struct dh_view_thing){DH_A_RACK, f->node_rack[g->row]};
    case DH_EQUIPMENT_STORE:
        return (struct dh_view_thing){DH_A_STORE, g->row};
    case DH_EQUIPMENT_FABRIC:
        break;
    }
    return (struct dh_view_thing){DH_A_FABRIC, g->row};
}

struct dh_view_thing dh_event_thing(const struct dh_view *v, const struct dh_view_event *e) {
    static const struct {
        const char *entity;
        enum dh_view_what what;
    } kinds[] = {
        {"rack",    DH_A_RACK   },
        {"stage",   DH_A_STAGE  },
        {"hall",    DH_A_HALL   },
        {"site",    DH_A_SITE   },
        {"store",   DH_A_STORE  },
        {"job",     DH_A_JOB    },
        {"service", DH_A_SERVICE},
        {"cdu",     DH_A_CDU    }
    };
    const struct dh_facility *f = v->facility;
    const char *entity = incidents[e->kind].entity;
    const struct dh_equipment_group *group = group_of(v, e);
    if (group)
        return dh_group_thing(f, group);
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].entity, entity) == 0 && e->subject >= 0 &&
            (kinds[i].what == DH_A_JOB || e->subject < dh_thing_count(v, kinds[i].what)))
            return (struct dh_view_thing){kinds[i].what, e->subject};
    if (strcmp(entity, "node") == 0 && e->subject >= 0 && e->subject < f->n_node)
        return (struct dh_view_thing){DH_A_RACK, f->node_rack[e->subject]};
    if (strcmp(entity, "cooling") == 0 &&
        e->subject >= 0) { /* halls, CDUs, chilled-water, facility-water plants */
        static const enum dh_view_what order[] = {DH_A_HALL, DH_A_CDU, DH_A_CPLANT, DH_AN_LPLANT};
        int32_t row = e->subject;
        for (int i = 0; i < 4; row -= dh_thing_count(v, order[i++]))
            if (row < dh_thing_count(v, order[i]))
                return (struct dh_view_thing){order[i], row};
    }
    return (struct dh_view_thing){0};
}

const char *dh_event_text(const struct dh_view *v, const struct dh_view_event *e, char *room, size_t n) {
    char name[96] = "", word[48]; /* it has no name where it is about nothing that is shown */
    struct dh_view_thing t = dh_event_thing(v, e);
    snprintf(word, sizeof word, "%s", incidents[e->kind].word);
    for (char *c = word; *c; c++)
        if (*c == '_')
            *c = ' ';
    dh_thing_name(v, t, name);
    if (group_of(v, e)) /* "chilled/chiller" */
        snprintf(name, sizeof name, "%.95s", group_of(v, e)->name);
    char value[DH_FORMAT_ROOM];
    switch (e->kind) { /* what was set says to what */
    case DH_INCIDENT_SET_SUPPLY:
        snprintf(room, n, "%s: supply set to %s", name, dh_format(value, e->value, "degC"));
        break;
    case DH_INCIDENT_SET_CAP:
    case DH_INCIDENT_SET_STAGE_CAP:
    case DH_INCIDENT_SET_GPU_CAP:
        snprintf(room, n, "%s: %s %s", name, e->kind == DH_INCIDENT_SET_GPU_CAP ? "GPU cap" : "cap",
                 isnan(e->value) ? "lifted" : dh_format(value, e->value, "W"));
        break;
    case DH_INCIDENT_SET_BURST:
        snprintf(room, n, "jobs leave for the cloud after %s", dh_format_span(value, e->value));
        break;
    case DH_INCIDENT_INJECT:
        snprintf(room, n, "a job of %.0f GPUs submitted", e->value);
        break;
    case DH_INCIDENT_TRIP:
    case DH_INCIDENT_PUT_BACK:
        snprintf(room, n, "%s: %.0f %s", name, e->value,
                 e->kind == DH_INCIDENT_TRIP ? "tripped" : "put back");
        break;
    case DH_INCIDENT_DRAIN:
    case DH_INCIDENT_UNDRAIN:
        snprintf(room, n, "%s: %.0f nodes %s", name, e->value,
                 e->kind == DH_INCIDENT_DRAIN ? "drained" : "take jobs again");
        break;
    default:
        if (!dh_event_words(e, value))
            snprintf(value, sizeof value, "%s", word);
        snprintf(room, n, "%s%s%s", *name ? name : "", *name ? ": " : "", value);
        break;
    }
    return room;
}
