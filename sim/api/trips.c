/* Equipment that the command line makes fail: --trip, and --events without a column `do`, become <event>
 * elements of the scenario, so that its effective text repeats them. */
#include "sim/api/actions.h"
#include "models/failure.h"
#include "scenarios/csv_read.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

enum { MAX_EVENTS = 100000, MAX_TEXT = 512 };

/* Its texts, until the scenario has copied them. */
struct event_text {
    char at[MAX_TEXT], trip[MAX_TEXT], place[MAX_TEXT + 8];
};

struct trips {
    struct dh_event_spec *events;
    struct event_text **texts;
    int32_t n, room;
};

static enum dh_err add(struct trips *t, const char *trip, size_t trip_n, const char *at, size_t at_n,
                       double for_s, struct dh_place place, struct dh_diag *diag) {
    if (t->n == MAX_EVENTS)
        return dh_fail(diag, DH_ERR_DATA, place, "more than %d events", (int)MAX_EVENTS);
    if (trip_n == 0 || trip_n >= MAX_TEXT || at_n == 0 || at_n >= MAX_TEXT)
        return dh_fail(diag, DH_ERR_DATA, place,
                       "an event says what trips and when, in less than %d bytes each", (int)MAX_TEXT);
    if (t->n == t->room) {
        int32_t room = t->room ? 2 * t->room : 16;
        struct dh_event_spec *events = realloc(t->events, (size_t)room * sizeof *events);
        if (events)
            t->events = events;
        struct event_text **texts = realloc(t->texts, (size_t)room * sizeof *texts);
        if (texts)
            t->texts = texts;
        if (!events || !texts)
            return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
        t->room = room;
    }
    struct event_text *text = calloc(1, sizeof *text);
    if (!text)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    memcpy(text->trip, trip, trip_n);
    memcpy(text->at, at, at_n);
    snprintf(text->place, sizeof text->place, "%.500s", place.file ? place.file : "");
    t->texts[t->n] = text;
    t->events[t->n++] = (struct dh_event_spec){
        .place = {text->place, place.line, place.col},
        .at = text->at,
        .trip = text->trip,
        .deed = -1,
        .for_s = for_s
    };
    return DH_OK;
}

static bool is_time(const char *text, size_t n) {
    double s;
    int64_t unix_s;
    return dh_timestamp_parse(text, n, &unix_s) == DH_OK ||
           dh_quantity_parse(text, n, DH_DIM_DURATION, &s, NULL, nowhere) == DH_OK;
}

/* ID@TIME[:DURATION]; a time of day has colons too. */
static enum dh_err parse(struct trips *t, const char *option, struct dh_diag *diag) {
    char label[MAX_TEXT];
    snprintf(label, sizeof label, "--trip %.480s", option);
    struct dh_place place = {.file = label};
    const char *at = strchr(option, '@'), *time = at ? at + 1 : NULL;
    size_t n = time ? strlen(time) : 0;
    double for_s = NAN;
    if (time && !is_time(time, n)) {
        const char *colon = strrchr(time, ':');
        if (colon && is_time(time, (size_t)(colon - time)) &&
            dh_quantity_parse(colon + 1, strlen(colon + 1), DH_DIM_DURATION, &for_s, NULL, nowhere) == DH_OK)
            n = (size_t)(colon - time);
        else
            time = NULL;
    }
    if (!time || at == option || for_s < 0) {
        dh_fail(diag, DH_ERR_USAGE, nowhere, "trip \"%.200s\" is not ID@TIME[:DURATION]", option);
        dh_diag_hint(diag, "like \"ups-a@2026-07-14T15:00\", \"chilled/chiller:1@2 h:30 min\"");
        return DH_ERR_USAGE;
    }
    return add(t, option, (size_t)(at - option), time, n, for_s, place, diag);
}

static enum dh_err read_rows(struct trips *t, struct dh_csv *csv, struct dh_diag *diag) {
    int32_t at, trip, lasts = dh_csv_column(csv, "for", NULL, NULL);
    DH_TRY(dh_csv_require(csv, "at", NULL, &at));
    DH_TRY(dh_csv_require(csv, "trip", NULL, &trip));
    dh_csv_warn_unknown(csv);
    for (bool got = true;;) {
        DH_TRY(dh_csv_next(csv, &got));
        if (!got)
            return DH_OK;
        double for_s = NAN;
        if (!dh_csv_is_empty(csv, lasts))
            DH_TRY(dh_quantity_parse(csv->fields[lasts].text, csv->fields[lasts].n, DH_DIM_DURATION, &for_s,
                                     diag, dh_csv_place(csv, lasts)));
        if (for_s < 0)
            return dh_fail(diag, DH_ERR_RANGE, dh_csv_place(csv, lasts), "a duration below zero");
        DH_TRY(add(t, csv->fields[trip].text, csv->fields[trip].n, csv->fields[at].text, csv->fields[at].n,
                   for_s, dh_csv_place(csv, trip), diag));
    }
}

static enum dh_err gather(struct trips *t, const struct dh_scenario_changes *changes, struct dh_diag *diag) {
    for (int32_t i = 0; i < changes->n_trip; i++)
        DH_TRY(parse(t, changes->trips[i], diag));
    bool deeds = false;
    if (changes->events)
        DH_TRY(dh_events_have_deeds(changes->events, &deeds, diag));
    if (!changes->events || deeds)
        return DH_OK; /* deeds are no part of the scenario: sim/api/actions.c */
    struct dh_csv csv;
    DH_TRY(dh_csv_open(&csv, changes->events, DH_CSV_HASH_COMMENTS, diag));
    enum dh_err err = read_rows(t, &csv, diag);
    dh_csv_close(&csv);
    return err;
}

enum dh_err dh_add_trips(struct dh_sim *sim, const struct dh_scenario_changes *changes,
                         struct dh_diag *diag) {
    struct trips t = {0};
    enum dh_err err = gather(&t, changes, diag);
    if (err == DH_OK && t.n > 0)
        err = dh_scenario_add_events(&sim->file, t.events, t.n, diag);
    for (int32_t i = 0; i < t.n; i++)
        free(t.texts[i]);
    free(t.texts);
    free(t.events);
    return err;
}
