/* /events as CSV: what happened in words, and the name of whom it happened to. */
#include "output/export_internal.h"

#include <math.h>
#include <string.h>

/* Kinds of this version; a file of another one may have words that are not here: they get no name. */
static const struct incident {
    const char *word, *entity;
} incidents[] = {
#define INCIDENT(name, word, entity, about) {word, #entity},
#include "models/incident.def"
#undef INCIDENT
};

/* Where the names of an entity's rows stand in a result. */
static const struct place {
    const char *entity, *group, *name;
} places[] = {
    {"site",      "sites",    "site"     },
    {"stage",     "power",    "stage"    },
    {"rack",      "racks",    "rack"     },
    {"hall",      "halls",    "hall"     },
    {"service",   "services", "service"  },
    {"store",     "storage",  "store"    },
    {"job",       "jobs",     "job"      },
    {"equipment", "events",   "equipment"},
    {"cooling",   "events",   "cooling"  },
};
enum { N_PLACE = sizeof places / sizeof *places, WINDOW = 4096, MOST_KINDS = 256 };

/* Names of one entity, read when they are first needed; rows 0: the file has none. */
struct names {
    bool looked;
    int64_t rows;
    const char **text;
};

struct table {
    struct dh_result *result;
    struct names names[N_PLACE];
    int32_t place[MOST_KINDS]; /* of each kind; -1: its subjects have no names */
    struct dh_arena mem;
};

static int32_t place_of(const char *word, size_t n) {
    for (size_t i = 0; i < sizeof incidents / sizeof *incidents; i++)
        if (strlen(incidents[i].word) == n && memcmp(incidents[i].word, word, n) == 0)
            for (int32_t p = 0; p < N_PLACE; p++)
                if (strcmp(places[p].entity, incidents[i].entity) == 0)
                    return p;
    return -1;
}

static void find_places(struct table *t, const char *words) {
    size_t n = 0;
    for (int32_t kind = 0; kind < MOST_KINDS; kind++) {
        n = strcspn(words, " ");
        t->place[kind] = n > 0 ? place_of(words, n) : -1;
        words += n + (words[n] == ' ');
    }
}

static enum dh_err read_names(struct table *t, int32_t p, struct dh_diag *diag) {
    struct names *names = &t->names[p];
    const struct dh_result_dataset *d = dh_result_find(t->result, places[p].group, places[p].name);
    names->looked = true;
    if (!d || d->kind != DH_RESULT_TEXT || d->rank != 1)
        return DH_OK;
    names->text = dh_arena_array(&t->mem, (size_t)d->rows + 1, sizeof *names->text);
    if (!names->text)
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){0}, "no memory for the export");
    DH_TRY(dh_result_texts(t->result, d, 0, d->rows, &t->mem, names->text));
    names->rows = d->rows;
    return DH_OK;
}

static enum dh_err put_event(struct table *t, FILE *out, const char *words, double time, double kind,
                             double subject, double value, struct dh_diag *diag) {
    int32_t p = kind >= 0 && kind < MOST_KINDS ? t->place[(int32_t)kind] : -1;
    if (p >= 0 && !t->names[p].looked)
        DH_TRY(read_names(t, p, diag));
    dh_export_number(out, time);
    putc(',', out);
    dh_export_word(out, words, kind >= 0 && kind < MOST_KINDS ? (int64_t)kind : -1);
    putc(',', out);
    dh_export_number(out, subject);
    putc(',', out);
    if (p >= 0 && subject >= 0 && subject < (double)t->names[p].rows)
        dh_export_text(out, t->names[p].text[(int64_t)subject]);
    putc(',', out);
    dh_export_number(out, value);
    putc('\n', out);
    return DH_OK;
}

enum { TIME, KIND, SUBJECT, VALUE, N_COLUMN };

static enum dh_err put_all(struct table *t, const struct dh_result_dataset *const *column, FILE *out,
                           struct dh_diag *diag) {
    int64_t rows = column[TIME]->rows;
    double *values[N_COLUMN];
    for (int c = 0; c < N_COLUMN; c++) {
        rows = column[c]->rows < rows ? column[c]->rows : rows;
        if (!(values[c] = dh_arena_array(&t->mem, WINDOW, sizeof *values[c])))
            return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){0}, "no memory for the export");
    }
    fputs("time_s,kind,subject,name,value\n", out);
    for (int64_t first = 0; first < rows; first += WINDOW) {
        int64_t n = rows - first < WINDOW ? rows - first : WINDOW;
        for (int c = 0; c < N_COLUMN; c++)
            DH_TRY(dh_result_numbers(t->result, column[c], first, n, values[c]));
        for (int64_t i = 0; i < n; i++)
            DH_TRY(put_event(t, out, column[KIND]->flags, values[TIME][i], values[KIND][i],
                             values[SUBJECT][i], values[VALUE][i], diag));
    }
    return DH_OK;
}

enum dh_err dh_export_events(struct dh_result *result, FILE *out, struct dh_diag *diag) {
    static const char *const names[N_COLUMN] = {"time", "kind", "subject", "value"};
    const struct dh_result_dataset *column[N_COLUMN];
    struct table t = {.result = result};
    for (int c = 0; c < N_COLUMN; c++) {
        column[c] = dh_result_find(result, "events", names[c]);
        if (!column[c] || column[c]->kind == DH_RESULT_TEXT || column[c]->rank != 1)
            return dh_fail(diag, DH_ERR_RESULT, (struct dh_place){"events", 0, 0},
                           "/events has no whole column %s", names[c]);
    }
    find_places(&t, column[KIND]->flags);
    enum dh_err err = put_all(&t, column, out, diag);
    dh_arena_free(&t.mem);
    return err;
}
