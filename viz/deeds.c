/* What can be done with what is selected, and the words of it. */
#include "viz/parts.h"

#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- words ------------------------------------------------------------------------------------------------
 */

/* A run that has ended hears nothing. */
static bool heard(const struct dh_view *v) {
    return v->deeds.heard && (v->source->live || !v->deeds.live);
}

/* dialog: the serial of the one that says so; 0: a button or a key. */
static void ask(struct dh_view *v, const struct dh_view_deed *deed, int32_t dialog) {
    struct dh_deeds *d = &v->deeds;
    if (!heard(v) || d->n_waiting == DH_DEED_WAITING)
        return;
    d->answered = v->selected;
    d->said_by[d->n_waiting] = dialog;
    d->waiting[d->n_waiting++] = *deed;
    v->wishes |= DH_WISH_ACT;
    v->changed = true;
}

bool dh_view_deed(struct dh_view *v, struct dh_view_deed *out) {
    struct dh_deeds *d = &v->deeds;
    if (d->n_waiting == 0)
        return false;
    *out = d->waiting[0];
    d->taken_from = d->said_by[0];
    d->n_waiting--;
    memmove(d->waiting, d->waiting + 1, (size_t)d->n_waiting * sizeof *d->waiting);
    memmove(d->said_by, d->said_by + 1, (size_t)d->n_waiting * sizeof *d->said_by);
    return true;
}

void dh_view_hear(struct dh_view *v, bool hears) {
    v->deeds.heard = hears;
    v->deeds.live = v->source->live;
    v->changed = true;
}

void dh_view_answer(struct dh_view *v, bool good, const char *text) {
    struct dh_deeds *d = &v->deeds;
    d->good = good;
    snprintf(d->answer, sizeof d->answer, "%s", text);
    d->of_dialog = d->taken_from == d->serial; /* another may have been opened since */
    if (good && d->of_dialog)
        d->dialog = DH_DIALOG_NONE;
    if (!good)
        d->asked = (struct dh_view_thing){0};
    v->changed = true;
}

/* ---- set-points -------------------------------------------------------------------------------------------
 */

static const enum dh_view_what cooling[] = {DH_A_HALL, DH_A_CDU, DH_A_CPLANT, DH_AN_LPLANT};

/* Row among all that cools; -1: is none of it. */
static int32_t cooling_row(const struct dh_view *v, struct dh_view_thing t) {
    int32_t before = 0;
    for (int i = 0; i < 4; before += dh_thing_count(v, cooling[i++]))
        if (t.what == cooling[i])
            return t.row >= 0 && t.row < dh_thing_count(v, t.what) ? before + t.row : -1;
    return -1;
}

/* As the scenario has it; NAN: nothing cools it. */
static double built_degc(const struct dh_facility *f, struct dh_view_thing t) {
    int32_t lplant = t.what == DH_A_CDU ? f->cdu_plant[t.row] : t.row;
    switch (t.what) {
    case DH_A_HALL:
        return f->hall_plant[t.row] >= 0 ? f->hall_spec[t.row]->supply_degc : NAN;
    case DH_A_CPLANT:
        return f->cplant_spec[t.row]->supply_degc;
    case DH_A_CDU:
    case DH_AN_LPLANT:
        return lplant >= 0 ? f->lplant_spec[lplant]->supply_degc : NAN;
    default:
        return NAN;
    }
}

void dh_deeds_look(struct dh_view *v) {
    enum { MOST = sizeof v->deeds.set / sizeof *v->deeds.set };
    struct dh_deeds *d = &v->deeds;
    const struct dh_source *s = v->source;
    if (s->n_event < d->n_seen)
        d->n_seen = d->n_set = 0;
    for (; d->n_seen < s->n_event; d->n_seen++) {
        const struct dh_view_event *e = &s->events[d->n_seen];
        if (e->kind != DH_INCIDENT_SET_SUPPLY)
            continue;
        if (d->n_set == MOST)
            memmove(d->set, d->set + 1, sizeof *d->set * (size_t)--d->n_set);
        d->set[d->n_set++] = (struct dh_set_supply){d->n_seen, e->at, e->subject, e->value};
    }
}

/* By an instant, the last that set it; NULL: as it was built. */
static const struct dh_set_supply *set_by(const struct dh_view *v, struct dh_view_thing t, dh_time at) {
    int32_t row = cooling_row(v, t), plant = -1;
    if (t.what == DH_A_CDU && row >= 0 && v->facility->cdu_plant[t.row] >= 0) /* its plant's is its own */
        plant = cooling_row(v, (struct dh_view_thing){DH_AN_LPLANT, v->facility->cdu_plant[t.row]});
    for (int32_t i = v->deeds.n_set - 1; row >= 0 && i >= 0; i--) {
        const struct dh_set_supply *set = &v->deeds.set[i];
        if (set->at <= at && (set->row == row || (plant >= 0 && set->row == plant)))
            return set;
    }
    return NULL;
}

/* A run that is followed shows what was done in it before the interval is over. */
static dh_time shown_at(const struct dh_view *v) {
    return v->following && v->source->live ? DH_TIME_MAX : v->at;
}

bool dh_supply_was_set(const struct dh_view *v, struct dh_view_thing t) {
    return set_by(v, t, shown_at(v)) != NULL;
}

double dh_view_supply(const struct dh_view *v, struct dh_view_thing t) {
    const struct dh_set_supply *set = set_by(v, t, shown_at(v));
    return set ? set->degc : cooling_row(v, t) >= 0 ? built_degc(v->facility, t) : NAN;
}

double dh_deed_supply(const struct dh_view *v, struct dh_view_thing t) {
    const struct dh_set_supply *set = set_by(v, t, DH_TIME_MAX);
    bool asked = v->deeds.asked.what == t.what && v->deeds.asked.row == t.row && t.what != DH_NOTHING;
    if (asked && (!set || set->event < v->deeds.asked_after))
        return v->deeds.asked_degc;
    return set ? set->degc : cooling_row(v, t) >= 0 ? built_degc(v->facility, t) : NAN;
}

/* What a deed is done to. False: so long a name cannot be said, and a part of it may be another's. */
static bool name_part(char what[static DH_ACTION_TEXT + 1], const char *name, const char *part) {
    return snprintf(what, DH_ACTION_TEXT + 1, "%s%s", name, part) <= DH_ACTION_TEXT;
}

static void set_supply(struct dh_view *v, struct dh_view_thing t, double degc) {
    struct dh_view_deed deed = {.deed = "set"};
    if (!name_part(deed.what, dh_thing_id(v, t), "/supply"))
        return;
    snprintf(deed.value, sizeof deed.value, "%.6g degC", degc);
    v->deeds.asked = t;
    v->deeds.asked_degc = degc;
    v->deeds.asked_after = v->source->n_event;
    ask(v, &deed, 0);
}

void dh_deed_warmer(struct dh_view *v, double by_k) {
    double degc = dh_deed_supply(v, v->selected);
    if (heard(v) && !isnan(degc))
        set_supply(v, v->selected, degc + by_k);
}

/* ---- buttons ----------------------------------------------------------------------------------------------
 */

struct list {
    struct dh_button_deed *out;
    int32_t n;
    const char *name;
    char fabric[DH_ACTION_TEXT + 1]; /* of a link */
};

static void add(struct list *l, const char *word, const char *deed, const char *part, const char *tip) {
    if (l->n == DH_DEED_BUTTONS)
        return;
    struct dh_button_deed *b = &l->out[l->n];
    *b = (struct dh_button_deed){.word = word, .tip = tip};
    snprintf(b->deed.deed, sizeof b->deed.deed, "%s", deed);
    l->n += name_part(b->deed.what, l->name, part);
}

static void add_dialog(struct list *l, const char *word, enum dh_deed_dialog dialog, const char *part,
                       const char *tip) {
    if (l->n == DH_DEED_BUTTONS)
        return;
    struct dh_button_deed *b = &l->out[l->n];
    *b = (struct dh_button_deed){.word = word, .tip = tip, .dialog = dialog};
    l->n += name_part(b->deed.what, l->name, part);
}

static void of_stage(struct list *l, const struct dh_facility *f, int32_t stage) {
    if (f->stage_units[stage] > 1)
        add(l, "Trip 1", "trip", ":1", "T: one unit fails");
    add(l, f->stage_units[stage] > 1 ? "Trip all" : "Trip", "trip", "", "all of it fails");
    add(l, "Restore", "restore", "", "Shift+T: what tripped is put back, breakers are closed");
    add_dialog(l, "Cap\u2026", DH_DIALOG_SET, "/cap", "E: clocks keep its output below a limit");
}

static void of_rack(struct list *l, const struct dh_facility *f, int32_t rack) {
    add(l, "Trip", "trip", "", "T: the rack fails");
    add(l, "Restore", "restore", "", "Shift+T: it is put back");
    if (f->rack_nodes[rack] == 0)
        return;
    add(l, "Drain", "drain", "", "G: no job starts here any more; what runs ends");
    add(l, "Undrain", "undrain", "", "Shift+G: jobs start here again");
    add_dialog(l, "GPU cap\u2026", DH_DIALOG_SET, "/gpu-cap", "E: watts that each of its GPUs may draw");
}

static void of_site(struct list *l, const struct dh_facility *f, int32_t site) {
    const struct dh_scenario *sc = f->scenario;
    l->name = f->site_spec[site]->id;
    add_dialog(l, "Power cap\u2026", DH_DIALOG_SET, "/cap", "E: clocks keep the site's power below a limit");
    if (f->n_gpu > 0)
        add_dialog(l, "Submit a job\u2026", DH_DIALOG_JOB, "", "I: a job of so many GPUs");
    if (sc->n_bursts > 0 && sc->bursts[0].policy != DH_BURST_NONE)
        add_dialog(l, "Burst after\u2026", DH_DIALOG_BURST, "",
                   "B: the wait after which jobs leave for the cloud");
}

static void of_parts(struct list *l, enum dh_view_what what) {
    if (what == DH_A_HALL)
        add(l, "Trip a fan", "trip", "/air-handler:1", "T: one air handler fails");
    if (what == DH_A_CDU)
        add(l, "Trip a pump", "trip", "/pump:1", "T: one set of pumps fails");
    if (what == DH_A_CPLANT) {
        add(l, "Trip a chiller", "trip", "/chiller:1", "T: one chiller fails");
        add(l, "Trip a pump", "trip", "/chilled-pump:1", "one chilled-water pump fails");
        add(l, "Trip a tower", "trip", "/tower:1", "one cell of the tower fails");
    }
    if (what == DH_AN_LPLANT) {
        add(l, "Trip a cooler", "trip", "/cooler:1", "T: one dry cooler fails");
        add(l, "Trip a pump", "trip", "/pump:1", "one pump fails");
    }
    if (what == DH_A_FABRIC) {
        add(l, "Trip a leaf", "trip", "/leaf:1", "T: one leaf switch fails");
        add(l, "Trip a spine", "trip", "/spine:1", "one spine switch fails");
        add(l, "Trip a link", "trip", "/uplink:1", "one cable between leaf and spine fails");
    }
    if (what == DH_A_LINK)
        add(l, "Trip a cable", "trip", "/uplink:1",
            "T: a cable between leaf and spine fails, the first in service");
    if (what == DH_A_SWITCH)
        add(l, "Trip", "trip", "", "T: it fails");
    if (what == DH_A_STORE)
        add(l, "Trip a server", "trip", "/server:1", "T: one of its servers fails");
}

/* What is put back with one name. */
static void restore_parts(struct list *l, enum dh_view_what what) {
    if (what == DH_A_HALL || what == DH_A_CDU || what == DH_A_CPLANT || what == DH_AN_LPLANT ||
        what == DH_A_FABRIC || what == DH_A_STORE || what == DH_A_SWITCH)
        add(l, "Restore", "restore", "", "Shift+T: what tripped is put back");
    if (what == DH_A_HALL || what == DH_A_CDU || what == DH_A_CPLANT || what == DH_AN_LPLANT)
        add_dialog(l, "Set-point\u2026", DH_DIALOG_SET, "/supply", "E: supply temperature");
}

/* The fabric of a link, where it has cables from leaves to spines: they fail one by one. */
static bool fabric_of_link(const struct dh_view *v, int32_t link, char name[static DH_ACTION_TEXT + 1]) {
    static const char part[] = "/uplink";
    const char *of = v->facility->fabric.link_name[link];
    for (int32_t i = 0; i < v->equipment.n_group; i++) {
        const char *group = v->equipment.groups[i].name;
        size_t n = strlen(group), end = sizeof part - 1;
        bool is = n > end && n - end <= DH_ACTION_TEXT && strcmp(group + n - end, part) == 0;
        /* Where there is but one fabric its links go without its name. */
        if (!is ||
            (v->facility->n_fabric > 1 && (strncmp(of, group, n - end) != 0 || !strchr(":/ ", of[n - end]))))
            continue;
        snprintf(name, DH_ACTION_TEXT + 1, "%.*s", (int)(n - end), group);
        return true;
    }
    return false;
}

int32_t dh_deed_buttons(const struct dh_view *v, struct dh_button_deed out[static DH_DEED_BUTTONS]) {
    struct dh_view_thing t = v->selected;
    struct list l = {.out = out};
    const struct dh_facility *f = v->facility;
    if (!heard(v))
        return 0;
    bool there =
        t.what != DH_NOTHING && t.row >= 0 && t.what != DH_A_JOB && t.row < dh_thing_count(v, t.what);
    if (!there || t.what == DH_A_SITE) {
        of_site(&l, f, there ? t.row : 0);
        return l.n;
    }
    l.name = t.what == DH_A_LINK ? l.fabric : dh_thing_id(v, t);
    if (t.what == DH_A_LINK && !fabric_of_link(v, t.row, l.fabric))
        return 0;
    if (t.what == DH_A_STAGE)
        of_stage(&l, f, t.row);
    else if (t.what == DH_A_RACK)
        of_rack(&l, f, t.row);
    else
        of_parts(&l, t.what);
    restore_parts(&l, t.what);
    int32_t kept = 0; /* a set-point that nothing holds */
    for (int32_t i = 0; i < l.n; i++)
        if (!(out[i].dialog == DH_DIALOG_SET && cooling_row(v, t) >= 0 && isnan(dh_deed_supply(v, t)) &&
              t.what == DH_A_HALL))
            out[kept++] = out[i];
    return kept;
}

/* ---- the dialog -------------------------------------------------------------------------------------------
 */

static void open_dialog(struct dh_view *v, const struct dh_button_deed *b) {
    struct dh_deeds *d = &v->deeds;
    double degc = dh_deed_supply(v, v->selected);
    d->dialog = b->dialog;
    d->serial++;
    d->field = 0;
    d->opened_by = 0;
    d->answer[0] = '\0';
    memset(d->typed, 0, sizeof d->typed);
    snprintf(d->what, sizeof d->what, "%s", b->deed.what);
    d->n_field = b->dialog == DH_DIALOG_JOB ? 3 : 2;
    if (b->dialog == DH_DIALOG_JOB)
        snprintf(d->title, sizeof d->title, "Submit a job");
    else if (b->dialog == DH_DIALOG_BURST)
        snprintf(d->title, sizeof d->title, "Jobs leave for the cloud after");
    else
        snprintf(d->title, sizeof d->title, "Set %.100s", b->deed.what);
    if (b->dialog == DH_DIALOG_SET && !isnan(degc))
        snprintf(d->typed[0], sizeof d->typed[0], "%.4g degC", degc);
}

void dh_deed_close(struct dh_view *v) {
    v->deeds.dialog = DH_DIALOG_NONE;
    v->deeds.answer[0] = '\0';
}

void dh_deed_field(struct dh_view *v, int32_t field) {
    if (field >= 0 && field < v->deeds.n_field)
        v->deeds.field = field;
}

void dh_deed_typed(struct dh_view *v, const char *text) {
    char *typed = v->deeds.typed[v->deeds.field], opened_by = v->deeds.opened_by;
    size_t n = strlen(typed), more = strlen(text);
    v->deeds.opened_by = 0;
    if (opened_by && (text[0] | 0x20) == opened_by && text[1] == '\0')
        return;
    if (n + more < DH_DEED_TYPED)
        memcpy(typed + n, text, more + 1);
}

static void erase(struct dh_view *v) {
    char *typed = v->deeds.typed[v->deeds.field];
    size_t n = strlen(typed);
    while (n > 0 && ((unsigned char)typed[--n] & 0xC0) == 0x80)
        ;
    typed[n] = '\0';
}

void dh_deed_send(struct dh_view *v) {
    struct dh_deeds *d = &v->deeds;
    struct dh_view_deed deed = {.deed = "set"};
    snprintf(deed.what, sizeof deed.what, "%s", d->dialog == DH_DIALOG_BURST ? "burst/threshold" : d->what);
    snprintf(deed.value, sizeof deed.value, "%s", d->typed[0]);
    snprintf(deed.lasts, sizeof deed.lasts, "%s", d->typed[1]);
    if (d->dialog == DH_DIALOG_JOB) {
        snprintf(deed.deed, sizeof deed.deed, "inject");
        snprintf(deed.what, sizeof deed.what, "%s", d->typed[2]);
    }
    ask(v, &deed, d->serial);
}

void dh_deed_press(struct dh_view *v, int32_t button) {
    struct dh_button_deed buttons[DH_DEED_BUTTONS];
    if (button < 0 || button >= dh_deed_buttons(v, buttons))
        return;
    if (buttons[button].dialog != DH_DIALOG_NONE)
        open_dialog(v, &buttons[button]);
    else
        ask(v, &buttons[button].deed, 0);
}

/* ---- keys -------------------------------------------------------------------------------------------------
 */

/* The first button that does it, or opens this dialog. */
static bool press_first(struct dh_view *v, const char *deed, enum dh_deed_dialog dialog) {
    struct dh_button_deed buttons[DH_DEED_BUTTONS];
    int32_t n = dh_deed_buttons(v, buttons);
    for (int32_t i = 0; i < n; i++)
        if (deed ? strcmp(buttons[i].deed.deed, deed) == 0 : buttons[i].dialog == dialog) {
            dh_deed_press(v, i);
            return true;
        }
    return false;
}

/* Those of the site, whatever is selected. */
static void press_of_site(struct dh_view *v, enum dh_deed_dialog dialog) {
    struct dh_view_thing selected = v->selected;
    v->selected = (struct dh_view_thing){0};
    press_first(v, NULL, dialog);
    v->selected = selected;
}

static void key_in_dialog(struct dh_view *v, const struct dh_view_input *in) {
    struct dh_deeds *d = &v->deeds;
    d->opened_by = 0;
    switch (in->key) {
    case DH_KEY_ESCAPE:
        dh_deed_close(v);
        break;
    case DH_KEY_BACKSPACE:
        erase(v);
        break;
    case DH_KEY_TAB:
    case DH_KEY_DOWN:
    case DH_KEY_UP:
        d->field = (d->field + (in->key == DH_KEY_UP || in->shift ? d->n_field - 1 : 1)) % d->n_field;
        break;
    case DH_KEY_ENTER:
        dh_deed_send(v);
        break;
    default:
        break;
    }
}

bool dh_deed_key(struct dh_view *v, const struct dh_view_input *in) {
    if (v->deeds.dialog != DH_DIALOG_NONE) {
        key_in_dialog(v, in);
        return true;
    }
    if (!heard(v) || in->ctrl)
        return false;
    switch (in->key) {
    case 't':
        press_first(v, in->shift ? "restore" : "trip", DH_DIALOG_NONE);
        return true;
    case 'g':
        press_first(v, in->shift ? "undrain" : "drain", DH_DIALOG_NONE);
        return true;
    case 'e':
        press_first(v, NULL, DH_DIALOG_SET);
        break;
    case 'i':
        press_of_site(v, DH_DIALOG_JOB);
        break;
    case 'b':
        press_of_site(v, DH_DIALOG_BURST);
        break;
    default:
        return false;
    }
    v->deeds.opened_by = v->deeds.dialog != DH_DIALOG_NONE ? (char)in->key : 0;
    return true;
}
