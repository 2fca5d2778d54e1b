/* What somebody does in a run. Deeds of another thread cross by a ring: that thread (or several, one after
 * the other) writes a slot and counts up; the run looks at the count between events, and plans what is new
 * for the next nanosecond. Neither waits for the other. */
#include "sim/api/actions.h"

#include "models/failure.h"
#include "scenarios/csv_read.h"
#include "sim/units.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

enum { RING = 256, MOST = 100000 };

/* A deed with its texts. */
struct act {
    struct dh_action action;
    struct act *next; /* of all, for their end */
    struct dh_place place;
    char at[DH_ACTION_TEXT + 1], what[DH_ACTION_TEXT + 1], value[DH_ACTION_TEXT + 1],
        lasts[DH_ACTION_TEXT + 1];
};

struct dh_acts {
    const struct dh_facility *facility;
    struct dh_equipment equipment; /* names alone: what is in service only the run knows */
    bool has_equipment;
    struct act *all;
    struct dh_action **planned; /* in their order */
    int32_t n, room, n_inject;
    struct dh_arena mem; /* names of files */
    struct dh_world *world;

    pthread_mutex_t asking; /* held by threads that ask, never by the run */
    _Atomic uint32_t asked, taken;
    _Atomic bool over;
    struct act *ring[RING];
};

/* ---- reading ----------------------------------------------------------------------------------------------
 */

static enum dh_err need_equipment(struct dh_acts *a, struct dh_diag *diag) {
    struct dh_plant plant;
    if (a->has_equipment)
        return DH_OK;
    DH_TRY(dh_plant_init(&plant, a->facility, diag));
    enum dh_err err = dh_equipment_init_groups(&a->equipment, a->facility, &plant);
    dh_plant_free(&plant);
    a->has_equipment = err == DH_OK;
    return err == DH_OK ? err : dh_fail(diag, err, nowhere, "out of memory");
}

/* Without the blanks around it; what is too long is cut where the reader will refuse it. */
static void copy(char to[static DH_ACTION_TEXT + 1], const char *from, size_t n) {
    while (n > 0 && (*from == ' ' || *from == '\t'))
        from++, n--;
    while (n > 0 && (from[n - 1] == ' ' || from[n - 1] == '\t'))
        n--;
    n = n > DH_ACTION_TEXT ? DH_ACTION_TEXT : n;
    memcpy(to, from, n);
    to[n] = '\0';
}

/* Words that were checked to be one deed; into *out, which belongs to a. */
static enum dh_err make(struct dh_acts *a, const struct dh_action_words *words, struct dh_place place,
                        struct act **out, struct dh_diag *diag) {
    *out = NULL;
    DH_TRY(need_equipment(a, diag));
    const char *texts[] = {words->what, words->value, words->lasts};
    for (int i = 0; i < 3; i++)
        if (texts[i] && strlen(texts[i]) > DH_ACTION_TEXT)
            return dh_fail(diag, DH_ERR_VALUE, place, "an event's texts have at most %d bytes",
                           DH_ACTION_TEXT);
    struct act *act = calloc(1, sizeof *act);
    if (!act)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    copy(act->what, words->what ? words->what : "", words->what ? strlen(words->what) : 0);
    copy(act->value, words->value ? words->value : "", words->value ? strlen(words->value) : 0);
    copy(act->lasts, words->lasts ? words->lasts : "", words->lasts ? strlen(words->lasts) : 0);
    struct dh_action_words own = {words->deed, act->what, act->value, act->lasts};
    enum dh_err err = dh_action_read(&act->action, &own, a->facility, &a->equipment, place, diag);
    if (err == DH_OK && act->action.deed == DH_DO_INJECT && a->n_inject == DH_INJECT_MOST)
        err = dh_fail(diag, DH_ERR_RANGE, place, "more than %d jobs are injected", DH_INJECT_MOST);
    if (err != DH_OK) {
        free(act);
        return err;
    }
    a->n_inject += act->action.deed == DH_DO_INJECT;
    act->action.what = act->what;
    act->action.value_text = act->value;
    act->action.lasts = act->lasts;
    act->action.at_text = act->at;
    act->place = place;
    act->next = a->all;
    a->all = act;
    *out = act;
    return DH_OK;
}

static enum dh_err plan(struct dh_acts *a, const struct dh_action_words *words, const char *at, bool kept,
                        struct dh_place place, struct dh_diag *diag) {
    struct act *act;
    dh_time when;
    DH_TRY(dh_event_time(at, a->facility->start_unix_s, &when, place, diag));
    DH_TRY(make(a, words, place, &act, diag));
    copy(act->at, at, strlen(at));
    act->action.at = when;
    act->action.kept = kept;
    if (a->n == MOST)
        return dh_fail(diag, DH_ERR_DATA, place, "more than %d events", MOST);
    if (a->n == a->room) {
        int32_t room = a->room ? 2 * a->room : 16;
        struct dh_action **grown = realloc(a->planned, (size_t)room * sizeof *grown);
        if (!grown)
            return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
        a->planned = grown;
        a->room = room;
    }
    a->planned[a->n++] = &act->action;
    return DH_OK;
}

static enum dh_err of_scenario(struct dh_acts *a, struct dh_diag *diag) {
    const struct dh_scenario *sc = a->facility->scenario;
    for (int32_t i = 0; sc->n_failures > 0 && i < sc->failures[0].n_events; i++) {
        const struct dh_event_spec *e = &sc->failures[0].events[i];
        char lasts[64] = "";
        if (e->deed < 0)
            continue;
        if (e->for_s >= 0) /* the reader has seen its unit */
            dh_quantity_format(e->for_s, DH_DIM_DURATION, lasts, sizeof lasts);
        struct dh_action_words words = {dh_deed_word((enum dh_deed)e->deed), e->what, e->value, lasts};
        DH_TRY(plan(a, &words, e->at, false, e->place, diag));
    }
    return DH_OK;
}

/* ---- a file -----------------------------------------------------------------------------------------------
 */

enum { AT, DO, WHAT, VALUE, FOR, N_COLUMN };
static const char *const names[N_COLUMN] = {"at", "do", "what", "value", "for"};

static enum dh_err read_row(struct dh_acts *a, struct dh_csv *csv, const int32_t *column,
                            struct dh_diag *diag) {
    char texts[N_COLUMN][DH_ACTION_TEXT + 1];
    for (int c = 0; c < N_COLUMN; c++) {
        texts[c][0] = '\0';
        if (column[c] < 0)
            continue;
        const struct dh_csv_field *field = &csv->fields[column[c]];
        if (field->n > DH_ACTION_TEXT || memchr(field->text, '\0', field->n))
            return dh_fail(diag, DH_ERR_DATA, dh_csv_place(csv, column[c]),
                           "an event's texts have at most %d bytes", DH_ACTION_TEXT);
        copy(texts[c], field->text, field->n);
    }
    struct dh_place place = dh_csv_place(csv, column[DO]);
    place.file = dh_arena_strdup(&a->mem, place.file ? place.file : "");
    if (!place.file)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    if (!*texts[AT]) {
        dh_fail(diag, DH_ERR_MISSING, dh_csv_place(csv, column[AT]), "when?");
        dh_diag_hint(diag, "like \"2026-07-14T15:00\" (UTC), or \"3 h\" after the start");
        return DH_ERR_MISSING;
    }
    struct dh_action_words words = {texts[DO], texts[WHAT], texts[VALUE], texts[FOR]};
    return plan(a, &words, texts[AT], true, place, diag);
}

static enum dh_err read_rows(struct dh_acts *a, struct dh_csv *csv, struct dh_diag *diag) {
    int32_t column[N_COLUMN];
    for (int c = 0; c < N_COLUMN; c++)
        column[c] = dh_csv_column(csv, names[c], NULL, NULL);
    DH_TRY(dh_csv_require(csv, names[AT], NULL, &column[AT]));
    dh_csv_warn_unknown(csv);
    for (bool got = true;;) {
        DH_TRY(dh_csv_next(csv, &got));
        if (!got)
            return DH_OK;
        DH_TRY(read_row(a, csv, column, diag));
    }
}

enum dh_err dh_events_have_deeds(const char *path, bool *have, struct dh_diag *diag) {
    struct dh_csv csv;
    *have = false;
    DH_TRY(dh_csv_open(&csv, path, DH_CSV_HASH_COMMENTS, diag));
    *have = dh_csv_column(&csv, names[DO], NULL, NULL) >= 0;
    dh_csv_close(&csv);
    return DH_OK;
}

static enum dh_err of_file(struct dh_acts *a, const char *path, struct dh_diag *diag) {
    struct dh_csv csv;
    bool have;
    DH_TRY(dh_events_have_deeds(path, &have, diag));
    if (!have)
        return DH_OK; /* trips: they became the scenario's */
    DH_TRY(dh_csv_open(&csv, path, DH_CSV_HASH_COMMENTS, diag));
    enum dh_err err = read_rows(a, &csv, diag);
    dh_csv_close(&csv);
    return err;
}

enum dh_err dh_acts_open(struct dh_acts **out, const struct dh_facility *facility,
                         const struct dh_scenario_changes *changes, struct dh_diag *diag) {
    struct dh_acts *a = *out = calloc(1, sizeof *a);
    if (!a)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    a->facility = facility;
    pthread_mutex_init(&a->asking, NULL);
    DH_TRY(of_scenario(a, diag));
    return changes->events ? of_file(a, changes->events, diag) : DH_OK;
}

void dh_acts_close(struct dh_acts *a) {
    if (!a)
        return;
    for (struct act *act = a->all, *next; act; act = next) {
        next = act->next;
        free(act);
    }
    if (a->has_equipment)
        dh_equipment_free(&a->equipment);
    pthread_mutex_destroy(&a->asking);
    dh_arena_free(&a->mem);
    free(a->planned);
    free(a);
}

/* ---- the run ----------------------------------------------------------------------------------------------
 */

enum dh_err dh_acts_begin(struct dh_acts *a, struct dh_world_options *options, struct dh_diag *diag) {
    int32_t n = 0;
    for (int32_t i = 0; i < a->n; i++) {
        const struct act *act = (const struct act *)a->planned[i]; /* its first member */
        if (a->planned[i]->at < options->until || options->until_idle)
            a->planned[n++] = a->planned[i];
        else
            dh_warn(diag, DH_ERR_W_VALUE, act->place, "%s %.100s is not done at %.60s: the run ends before",
                    dh_deed_word(act->action.deed), act->what, act->at);
    }
    options->actions = a->planned;
    options->n_action = a->n = n;
    return DH_OK;
}

/* Between events of the run: all that is new. */
static enum dh_err answer(void *self) {
    struct dh_acts *a = self;
    uint32_t taken = atomic_load_explicit(&a->taken, memory_order_relaxed);
    while (taken != atomic_load_explicit(&a->asked, memory_order_acquire)) {
        struct act *act = a->ring[taken % RING];
        atomic_store_explicit(&a->taken, ++taken, memory_order_release);
        act->action.at = dh_world_action_time(a->world->des.now, a->facility->start_unix_s, act->at);
        if (act->action.at < DH_TIME_MAX)
            DH_TRY(dh_world_act(a->world, &act->action));
    }
    return DH_OK;
}

void dh_acts_listen(struct dh_acts *a, struct dh_world *world) {
    a->world = world;
    world->des.knocks = &a->asked;
    world->des.answer = answer;
    world->des.answer_self = a;
}

void dh_acts_end(struct dh_acts *a) {
    atomic_store(&a->over, true);
}

/* ---- another thread ---------------------------------------------------------------------------------------
 */

static enum dh_err ask(struct dh_acts *a, const struct dh_action_words *words, struct dh_diag *diag) {
    uint32_t asked = atomic_load_explicit(&a->asked, memory_order_relaxed);
    struct act *act;
    if (atomic_load(&a->over))
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "the run is over");
    if (asked - atomic_load_explicit(&a->taken, memory_order_acquire) >= RING)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "%d deeds wait already for the run to look", (int)RING);
    DH_TRY(make(a, words, nowhere, &act, diag));
    act->action.kept = true;
    a->ring[asked % RING] = act;
    atomic_store_explicit(&a->asked, asked + 1, memory_order_release);
    return DH_OK;
}

enum dh_err dh_sim_act(struct dh_sim *sim, const char *deed, const char *what, const char *value,
                       const char *lasts, struct dh_diag *diag) {
    struct dh_action_words words = {deed, what, value, lasts};
    pthread_mutex_lock(&sim->acts->asking);
    enum dh_err err = ask(sim->acts, &words, diag);
    pthread_mutex_unlock(&sim->acts->asking);
    return err;
}
