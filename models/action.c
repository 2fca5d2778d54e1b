#include "models/action.h"

#include "sim/text.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char words[] = "trip|restore|set|drain|undrain|inject";
static const char *const deed_words[DH_N_DEED] = {"trip", "restore", "set", "drain", "undrain", "inject"};

const char *dh_deed_word(enum dh_deed deed) {
    return (unsigned)deed < DH_N_DEED ? deed_words[deed] : NULL;
}

struct reading {
    const struct dh_action_words *words;
    const struct dh_facility *f;
    const struct dh_equipment *equipment;
    struct dh_place place;
    struct dh_diag *diag;
};

static enum dh_err refuse(const struct reading *r, enum dh_err code, const char *says, const char *hint) {
    dh_fail(r->diag, code, r->place, "%s %.200s: %s", r->words->deed, r->words->what, says);
    dh_diag_hint(r->diag, "%s", hint);
    return code;
}

/* ---- places -----------------------------------------------------------------------------------------------
 */

static bool is(const char *id, const char *text, size_t n) {
    return strncmp(id, text, n) == 0 && id[n] == '\0';
}

/* Racks that are a row of the scenario, or one by its name. */
static bool find_racks(const struct dh_facility *f, const char *id, size_t n, int32_t *first,
                       int32_t *count) {
    int32_t rack = 0;
    for (int32_t h = 0; h < f->n_hall; h++)
        for (int32_t r = 0; r < f->hall_spec[h]->n_rows; r++) {
            const struct dh_row_spec *row = &f->hall_spec[h]->rows[r];
            if (is(row->id, id, n)) {
                *first = rack;
                *count = (int32_t)row->count;
                return true;
            }
            rack += (int32_t)row->count;
        }
    for (int32_t r = 0; r < f->n_rack; r++)
        if (is(f->rack_name[r], id, n)) {
            *first = r;
            *count = 1;
            return true;
        }
    return false;
}

static enum dh_err no_rack(const struct reading *r, size_t n) {
    char wanted[300];
    snprintf(wanted, sizeof wanted, "%.*s", (int)(n < 280 ? n : 280), r->words->what);
    struct dh_nearest nearest = {.wanted = wanted};
    for (int32_t i = 0; i < r->f->n_rack && i < 100000; i++)
        dh_nearest_offer(&nearest, r->f->rack_name[i]);
    for (int32_t h = 0; h < r->f->n_hall; h++)
        for (int32_t i = 0; i < r->f->hall_spec[h]->n_rows; i++)
            dh_nearest_offer(&nearest, r->f->hall_spec[h]->rows[i].id);
    dh_fail(r->diag, DH_ERR_DANGLING_REF, r->place, "no rack or row is called '%.200s'", wanted);
    if (nearest.best)
        dh_diag_hint(r->diag, "did you mean '%s'?", nearest.best);
    else
        dh_diag_hint(r->diag, "a row by its id, a rack as ROW-001, one of their nodes as ROW-001/node#3");
    return DH_ERR_DANGLING_REF;
}

/* RACK, ROW, and one node of either. */
static enum dh_err read_nodes(struct dh_action *a, const struct reading *r) {
    const char *what = r->words->what, *slash = strstr(what, "/node#");
    size_t n = slash ? (size_t)(slash - what) : strlen(what);
    const struct dh_facility *f = r->f;
    int32_t rack, racks;
    int64_t node = 0;
    if (!find_racks(f, what, n, &rack, &racks))
        return no_rack(r, n);
    int32_t nodes = 0;
    for (int32_t i = rack; i < rack + racks; i++)
        nodes += f->rack_nodes[i];
    if (nodes == 0)
        return refuse(r, DH_ERR_VALUE, "no node is there", "racks of switches and storage run no jobs");
    a->row = f->rack_first_node[rack];
    a->n = nodes;
    if (!slash)
        return DH_OK;
    if (dh_integer_parse(slash + 6, strlen(slash + 6), &node, NULL, r->place) != DH_OK || node < 1 ||
        node > nodes) {
        dh_fail(r->diag, DH_ERR_RANGE, r->place, "%.200s: its nodes are 1 to %d", what, (int)nodes);
        dh_diag_hint(r->diag, "like \"%.*s/node#1\"", (int)n, what);
        return DH_ERR_RANGE;
    }
    a->row += (int32_t)node - 1;
    a->n = 1;
    return DH_OK;
}

/* ---- set-points -------------------------------------------------------------------------------------------
 */

/* The value, from low to high; `none` lifts a cap. */
static enum dh_err read_value(struct dh_action *a, const struct reading *r, enum dh_dimension dimension,
                              double low, double high, bool may_lift) {
    const char *value = r->words->value;
    a->value = INFINITY;
    if (may_lift && strcmp(value, "none") == 0)
        return DH_OK;
    DH_TRY(dh_quantity_parse(value, strlen(value), dimension, &a->value, r->diag, r->place));
    if (a->value >= low && a->value <= high)
        return DH_OK;
    char from[64], to[64];
    dh_quantity_format(low, dimension, from, sizeof from);
    dh_quantity_format(high, dimension, to, sizeof to);
    dh_fail(r->diag, DH_ERR_RANGE, r->place, "set %.200s: %.60s is not within %s and %s", r->words->what,
            value, from, to);
    dh_diag_hint(r->diag, may_lift ? "or none, which lifts it" : "the range of the scenario's own set-point");
    return DH_ERR_RANGE;
}

static enum dh_err uncooled(const struct reading *r) {
    return refuse(r, DH_ERR_VALUE, "no plant cools it", "its temperature is what the scenario says");
}

/* Ranges of the scenario language. */
static enum dh_err read_supply(struct dh_action *a, const struct reading *r, size_t n, bool *found) {
    const struct dh_facility *f = r->f;
    const char *id = r->words->what;
    int32_t row = 0;
    a->setting = DH_SET_SUPPLY;
    *found = true;
    for (int32_t i = 0; i < f->n_hall; i++, row++)
        if (is(f->hall_spec[i]->id, id, n)) {
            a->row = row;
            if (f->hall_plant[i] < 0)
                return uncooled(r);
            return read_value(a, r, DH_DIM_TEMPERATURE, 5, 45, false);
        }
    for (int32_t i = 0; i < f->n_cdu; i++, row++)
        if (is(f->cdu_spec[i]->id, id, n)) {
            a->row = row;
            if (f->cdu_plant[i] < 0 && f->cdu_cplant[i] < 0)
                return uncooled(r);
            return read_value(a, r, DH_DIM_TEMPERATURE, 5, 60, false);
        }
    for (int32_t i = 0; i < f->n_cplant; i++, row++)
        if (is(f->cplant_spec[i]->id, id, n)) {
            a->row = row;
            return read_value(a, r, DH_DIM_TEMPERATURE, 4, 40, false);
        }
    for (int32_t i = 0; i < f->n_lplant; i++, row++)
        if (is(f->lplant_spec[i]->id, id, n)) {
            a->row = row;
            return read_value(a, r, DH_DIM_TEMPERATURE, 5, 60, false);
        }
    *found = false;
    return DH_OK;
}

static enum dh_err read_cap(struct dh_action *a, const struct reading *r, size_t n, bool *found) {
    const struct dh_facility *f = r->f;
    *found = true;
    for (int32_t s = 0; s < f->n_site; s++)
        if (is(f->site_spec[s]->id, r->words->what, n)) {
            a->setting = DH_SET_SITE_CAP;
            a->row = s;
            return read_value(a, r, DH_DIM_POWER, 0, 1e11, true);
        }
    for (int32_t s = 0; s < f->n_stage; s++)
        if (is(f->stage_name[s], r->words->what, n)) {
            a->setting = DH_SET_STAGE_CAP;
            a->row = s;
            return read_value(a, r, DH_DIM_POWER, 0, 1e11, true);
        }
    *found = false;
    return DH_OK;
}

static enum dh_err read_gpu_cap(struct dh_action *a, const struct reading *r, size_t n, bool *found) {
    a->setting = DH_SET_GPU_CAP;
    *found = find_racks(r->f, r->words->what, n, &a->row, &a->n);
    return *found ? read_value(a, r, DH_DIM_POWER, 1, 1e5, true) : no_rack(r, n);
}

static enum dh_err no_setting(const struct reading *r) {
    struct dh_nearest nearest = {.wanted = r->words->what};
    const struct dh_facility *f = r->f;
    char names[64][320];
    int n = 0;
    for (int32_t i = 0; i < f->n_hall && n < 30; i++)
        snprintf(names[n++], sizeof *names, "%.300s/supply", f->hall_spec[i]->id);
    for (int32_t i = 0; i < f->n_cplant && n < 40; i++)
        snprintf(names[n++], sizeof *names, "%.300s/supply", f->cplant_spec[i]->id);
    for (int32_t i = 0; i < f->n_lplant && n < 50; i++)
        snprintf(names[n++], sizeof *names, "%.300s/supply", f->lplant_spec[i]->id);
    for (int32_t i = 0; i < f->n_site && n < 63; i++)
        snprintf(names[n++], sizeof *names, "%.300s/cap", f->site_spec[i]->id);
    snprintf(names[n++], sizeof *names, "burst/threshold");
    for (int i = 0; i < n; i++)
        dh_nearest_offer(&nearest, names[i]);
    dh_fail(r->diag, DH_ERR_DANGLING_REF, r->place, "nothing that can be set is called '%.200s'",
            r->words->what);
    if (nearest.best)
        dh_diag_hint(r->diag, "did you mean '%s'?", nearest.best);
    else
        dh_diag_hint(r->diag, "HALL/supply, PLANT/supply, CDU/supply, SITE/cap, STAGE/cap, RACK/gpu-cap, "
                              "ROW/gpu-cap or burst/threshold");
    return DH_ERR_DANGLING_REF;
}

static enum dh_err read_setting(struct dh_action *a, const struct reading *r) {
    const char *what = r->words->what, *slash = strrchr(what, '/');
    size_t n = slash ? (size_t)(slash - what) : 0;
    const struct dh_scenario *sc = r->f->scenario;
    bool found = false;
    if (!*r->words->value)
        return refuse(r, DH_ERR_MISSING, "to what?", "value=\"26 degC\", \"1.2 MW\", \"10 min\"");
    if (slash && strcmp(slash, "/supply") == 0)
        DH_TRY(read_supply(a, r, n, &found));
    else if (slash && strcmp(slash, "/cap") == 0)
        DH_TRY(read_cap(a, r, n, &found));
    else if (slash && strcmp(slash, "/gpu-cap") == 0)
        DH_TRY(read_gpu_cap(a, r, n, &found));
    if (found)
        return DH_OK;
    if (strcmp(what, "burst/threshold") != 0)
        return no_setting(r);
    a->setting = DH_SET_BURST;
    if (sc->n_bursts == 0 || sc->bursts[0].policy == DH_BURST_NONE)
        return refuse(r, DH_ERR_VALUE, "no job leaves for a cloud",
                      "the scenario has no <burst> with a policy");
    return read_value(a, r, DH_DIM_DURATION, 0, 1e9, false);
}

/* ---- all of it --------------------------------------------------------------------------------------------
 */

/* Letters, digits, points and strokes, so that it is itself in every table. */
static bool is_name(const char *name) {
    for (const char *c = name; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        if (!letter && (c == name || !strchr("-_./#", *c)))
            return false;
    }
    return true;
}

static enum dh_err read_job(struct dh_action *a, const struct reading *r) {
    const char *value = r->words->value;
    int64_t gpus = 0;
    if (!is_name(r->words->what))
        return refuse(r, DH_ERR_VALUE, "no name of a job", "letters and digits, then also - _ . / #");
    if (!*value)
        return refuse(r, DH_ERR_MISSING, "how many GPUs?", "value=\"64\" for=\"2 h\"");
    DH_TRY(dh_integer_parse(value, strlen(value), &gpus, r->diag, r->place));
    if (gpus < 1 || gpus > r->f->n_gpu) {
        dh_fail(r->diag, DH_ERR_RANGE, r->place, "inject: a job of %lld GPUs; there are %lld",
                (long long)gpus, (long long)r->f->n_gpu);
        dh_diag_hint(r->diag, "value is the number of its GPUs, from 1");
        return DH_ERR_RANGE;
    }
    a->n = (int32_t)gpus;
    if (!(a->for_s > 0))
        return refuse(r, DH_ERR_MISSING, "how long is its work?", "for=\"2 h\"");
    return DH_OK;
}

static enum dh_err read_for(struct dh_action *a, const struct reading *r) {
    const char *lasts = r->words->lasts;
    a->for_s = NAN;
    if (!*lasts)
        return DH_OK;
    DH_TRY(dh_quantity_parse(lasts, strlen(lasts), DH_DIM_DURATION, &a->for_s, r->diag, r->place));
    if (a->for_s >= 0 && a->for_s <= 1e10)
        return DH_OK;
    return refuse(r, DH_ERR_RANGE, "for so long is not possible", "from 0 s to 1e10 s");
}

static bool too_long(const char *text) {
    return strlen(text) > DH_ACTION_TEXT;
}

static enum dh_err not_wanted(const struct reading *r, const char *name) {
    dh_fail(r->diag, DH_ERR_VALUE, r->place, "%s takes no %s", r->words->deed, name);
    dh_diag_hint(r->diag, "leave it out");
    return DH_ERR_VALUE;
}

static enum dh_err read_deed(struct dh_action *a, const struct reading *r) {
    const struct dh_action_words *w = r->words;
    bool values = a->deed == DH_DO_SET || a->deed == DH_DO_INJECT;
    if (!values && *w->value)
        return not_wanted(r, "value");
    if ((a->deed == DH_DO_RESTORE || a->deed == DH_DO_UNDRAIN) && *w->lasts)
        return not_wanted(r, "for");
    if (!*w->what && a->deed != DH_DO_INJECT) {
        dh_fail(r->diag, DH_ERR_MISSING, r->place, "%s what?", w->deed);
        dh_diag_hint(r->diag, "what=\"ups-a\", \"hall-1/supply\", \"ROW-001\"");
        return DH_ERR_MISSING;
    }
    switch (a->deed) {
    case DH_DO_TRIP:
    case DH_DO_RESTORE:
        return dh_equipment_find(r->equipment, r->f, w->what, strlen(w->what), &a->target, r->place, r->diag);
    case DH_DO_SET:
        return read_setting(a, r);
    case DH_DO_DRAIN:
    case DH_DO_UNDRAIN:
        return read_nodes(a, r);
    case DH_DO_INJECT:
    case DH_N_DEED:
        break;
    }
    return read_job(a, r);
}

enum dh_err dh_action_read(struct dh_action *out, const struct dh_action_words *given,
                           const struct dh_facility *facility, const struct dh_equipment *equipment,
                           struct dh_place place, struct dh_diag *diag) {
    struct dh_action_words all = {given->deed ? given->deed : "", given->what ? given->what : "",
                                  given->value ? given->value : "", given->lasts ? given->lasts : ""};
    struct reading r = {&all, facility, equipment, place, diag};
    int deed = dh_word_index(words, all.deed, strlen(all.deed));
    *out = (struct dh_action){.value = NAN, .for_s = NAN};
    if (too_long(all.what) || too_long(all.value) || too_long(all.lasts))
        return dh_fail(diag, DH_ERR_VALUE, place, "an event's texts have at most %d bytes", DH_ACTION_TEXT);
    for (const char *c = all.what; *c; c++)
        if ((unsigned char)*c < ' ')
            return dh_fail(diag, DH_ERR_VALUE, place, "an event's text has control characters");
    if (deed < 0) {
        dh_fail(diag, DH_ERR_VALUE, place, "'%.60s' is nothing that can be done", all.deed);
        dh_diag_hint(diag, "trip, restore, set, drain, undrain or inject");
        return DH_ERR_VALUE;
    }
    out->deed = (enum dh_deed)deed;
    DH_TRY(read_for(out, &r));
    return read_deed(out, &r);
}
