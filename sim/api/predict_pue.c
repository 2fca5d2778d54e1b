/* PUE and WUE of archetypes in a climate, by a run of their scenario (sim/api/archetype.h).
 *
 * A row names an archetype, or size and cooling system in the words of Lei and Masanet, and its climate: a
 * zone of the table --climate, or an EPW. Rows that agree share one run. */
#include "sim/api/predict_rows.h"

#include "scenarios/csv_read.h"
#include "scenarios/weather_file.h"
#include "sim/api/archetype.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAME = 256, MAX_PATH = 1024, MAX_ZONES = 1000 };

enum column { SIZE, SYSTEM, ZONE, LOOP, ARCHETYPE, EPW, QUANTILE, OPERATOR, N_TEXT };
static const char *const text_columns[N_TEXT][2] = {
    [SIZE] = {"size",           NULL  },
      [SYSTEM] = {"cooling_system", NULL  },
      [ZONE] = {"climate_zone",   "zone"},
    [LOOP] = {"it_loop",        NULL  },
      [ARCHETYPE] = {"archetype",      NULL  },
      [EPW] = {"epw",            NULL  },
    [QUANTILE] = {"quantile",       NULL  },
      [OPERATOR] = {"provider",       NULL  },
};

/* A quantity: its predicted value, and what a table may say of it. */
enum quantity { PUE, WUE, N_QUANTITY };
static const struct {
    const char *name, *measured[4], *low, *high;
} quantities[N_QUANTITY] = {
    [PUE] = {"PUE",           {"PUE", "PUE_p50", "PUE_median"},                        "PUE_p05", "PUE_p95"},
    [WUE] = {"WUE_L_per_kWh", {"WUE_L_per_kWh", "WUE_L_per_IT_kWh", "WUE", "WUE_p50"}, "WUE_p05", "WUE_p95"},
};

/* One run that was made. */
struct point {
    const struct dh_archetype *archetype;
    char climate[MAX_PATH], zone[MAX_NAME];
    double value[N_QUANTITY];
    double low[N_QUANTITY], high[N_QUANTITY]; /* band that rows gave, NAN: none */
    char why[MAX_NAME];                       /* it could not be made: "" when it could */
};

struct predictor {
    struct dh_prediction *p;
    struct dh_csv csv;
    int32_t text[N_TEXT], measured[N_QUANTITY], low[N_QUANTITY], high[N_QUANTITY];
    char field[N_TEXT][MAX_PATH];
    struct point *points;
    int32_t n_point, room;
    char (*zones)[MAX_NAME]; /* of the table --climate */
    int32_t n_zone;
    int64_t n_run;
    struct dh_predict_reasons reasons;
};

static struct dh_place place_of(const struct predictor *r, int32_t column) {
    return dh_csv_place(&r->csv, column);
}

static enum dh_err no_memory(struct predictor *r) {
    return dh_fail(r->p->diag, DH_ERR_MEMORY, place_of(r, -1), "out of memory");
}

/* What an operator's own buildings are, where a row says no more: what each publishes of its designs. */
static const struct {
    const char *word, *archetype;
} operators[] = {
    {"Google",    "hyperscale-waterside"  }, /* cooling towers, 80 F aisles, supplies with batteries in the rack */
    {"Meta",      "hyperscale-evaporative"}, /* direct evaporative, 85 F, no central UPS */
    {"Microsoft", "large-airside-water"   }, /* outdoor air and adiabatic cooling, double conversion */
    {"Amazon",    "large-airside-water"   }, /* the same */
};

static const struct dh_archetype *archetype_of_operator(const char *name) {
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strstr(name, operators[i].word))
            return dh_archetype_find(operators[i].archetype);
    return NULL;
}

/* ---- climates ----------------------------------------------------------------------------------------- */

/* The last one first: rows of a zone follow one another. */
static bool knows_zone(const struct predictor *r, const char *zone, size_t n) {
    for (int32_t i = r->n_zone - 1; i >= 0; i--)
        if (strlen(r->zones[i]) == n && memcmp(r->zones[i], zone, n) == 0)
            return true;
    return false;
}

/* The zones that the table has; none for one of a single climate. */
static enum dh_err find_zones(struct predictor *r) {
    const char *path = r->p->options->climate;
    struct dh_csv csv;
    if (!path)
        return DH_OK;
    DH_TRY(dh_csv_open(&csv, path, DH_CSV_HASH_COMMENTS, r->p->diag));
    int32_t column = dh_csv_column(&csv, "zone", NULL, NULL), room = 0;
    bool got = column >= 0;
    enum dh_err err = DH_OK;
    while (got && (err = dh_csv_next(&csv, &got)) == DH_OK && got) {
        const struct dh_csv_field *f = &csv.fields[column];
        if (f->n >= MAX_NAME || f->n == 0 || knows_zone(r, f->text, f->n))
            continue;
        if (r->n_zone == MAX_ZONES) {
            err = dh_fail(r->p->diag, DH_ERR_DATA, dh_csv_place(&csv, column), "more than %d climate zones",
                          MAX_ZONES);
            break;
        }
        if (r->n_zone == room) {
            room = room ? 2 * room : 32;
            char(*grown)[MAX_NAME] = realloc(r->zones, (size_t)room * sizeof *grown);
            if (!grown) {
                err = no_memory(r);
                break;
            }
            r->zones = grown;
        }
        memcpy(r->zones[r->n_zone], f->text, f->n);
        r->zones[r->n_zone++][f->n] = '\0';
    }
    dh_csv_close(&csv);
    return err;
}

/* ---- one run ------------------------------------------------------------------------------------------ */

static void split(const char *path, char *folder, const char **name) {
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    snprintf(folder, MAX_PATH, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    if (slash == path)
        strcpy(folder, "/");
}

/* Copies the weather beside a kept scenario. */
static bool copy_file(const char *from, const char *to) {
    FILE *in = fopen(from, "rb"), *out = in ? fopen(to, "wbx") : NULL;
    bool there = in && !out && errno == EEXIST, done = there;
    char block[16384];
    size_t n;
    if (in && out) {
        done = true;
        while (done && (n = fread(block, 1, sizeof block, in)) > 0)
            done = fwrite(block, 1, n, out) == n;
    }
    if (out && fclose(out) != 0)
        done = false;
    if (in)
        fclose(in);
    return done;
}

static enum dh_err keep(struct predictor *r, const char *name, const char *weather, const char *weather_name,
                        const struct dh_text *text) {
    const char *folder = r->p->options->keep;
    char path[2 * MAX_PATH];
    if (!folder)
        return DH_OK;
    snprintf(path, sizeof path, "%s/%s", folder, weather_name);
    bool done = copy_file(weather, path);
    snprintf(path, sizeof path, "%s/%s.xml", folder, name);
    FILE *out = done ? fopen(path, "wb") : NULL;
    done = out && fwrite(text->at, 1, text->n, out) == text->n;
    if (out && fclose(out) != 0)
        done = false;
    return done ? DH_OK
                : dh_fail(r->p->diag, DH_ERR_IO, (struct dh_place){path, 0, 0}, "could not be written");
}

static enum dh_err run_point(struct predictor *r, struct point *point) {
    struct dh_text text = {0};
    struct dh_sim *sim = NULL;
    char folder[MAX_PATH], name[3 * MAX_NAME];
    const char *weather;
    size_t n = strlen(point->climate);
    bool is_epw = (n > 4 && strcmp(point->climate + n - 4, ".epw") == 0) ||
                  (n > 7 && strcmp(point->climate + n - 7, ".epw.gz") == 0);
    split(point->climate, folder, &weather);
    if (*point->zone)
        snprintf(name, sizeof name, "%s-%s", point->archetype->id, point->zone);
    else
        snprintf(name, sizeof name, "%s-%.*s", point->archetype->id, (int)strcspn(weather, "."), weather);
    for (char *c = name; *c; c++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", *c))
            *c = '-';
    struct dh_archetype_climate climate = {.file = weather, .zone = point->zone, .is_epw = is_epw};
    enum dh_err err = DH_OK;
    if (is_epw) {
        struct dh_weather_file file = {0};
        err = dh_epw_read(&file, point->climate, 2023, r->p->diag);
        climate.altitude_m = isfinite(file.altitude_m) ? file.altitude_m : 0;
        climate.utc_offset_h = isfinite(file.utc_offset_h) ? file.utc_offset_h : 0;
        dh_weather_file_free(&file);
    }
    dh_archetype_scenario(point->archetype, name, &climate, &text);
    if (err == DH_OK)
        err = text.failed ? no_memory(r) : keep(r, name, point->climate, weather, &text);
    if (err == DH_OK)
        err = dh_sim_open_memory(&sim, text.at, text.n, name, folder, NULL, r->p->diag);
    struct dh_run_options options = {0};
    if (err == DH_OK)
        err = dh_sim_run(sim, &options, r->p->diag);
    if (err == DH_OK) {
        const struct dh_summary *summary = dh_sim_summary(sim);
        point->value[PUE] = dh_summary_value(summary, "energy.pue");
        point->value[WUE] = dh_summary_value(summary, "energy.wue_l_per_kwh");
        r->n_run++;
    }
    dh_sim_close(sim);
    dh_text_free(&text);
    return err;
}

/* The run of this archetype and climate: found, or made. */
static enum dh_err point_of(struct predictor *r, const struct dh_archetype *archetype, const char *climate,
                            const char *zone, struct point **found) {
    for (int32_t i = 0; i < r->n_point; i++) {
        *found = &r->points[i];
        if ((*found)->archetype == archetype && strcmp((*found)->climate, climate) == 0 &&
            strcmp((*found)->zone, zone) == 0)
            return DH_OK;
    }
    if (r->n_point == r->room) {
        int32_t room = r->room ? 2 * r->room : 64;
        struct point *grown = realloc(r->points, (size_t)room * sizeof *grown);
        if (!grown)
            return no_memory(r);
        r->points = grown;
        r->room = room;
    }
    *found = &r->points[r->n_point++];
    **found = (struct point){
        .archetype = archetype, .value = {NAN, NAN},
             .low = {NAN, NAN},
             .high = {NAN, NAN}
    };
    snprintf((*found)->climate, MAX_PATH, "%s", climate);
    snprintf((*found)->zone, MAX_NAME, "%s", zone);
    return run_point(r, *found);
}

/* ---- rows --------------------------------------------------------------------------------------------- */

static enum dh_err find_columns(struct predictor *r) {
    struct dh_csv *csv = &r->csv;
    enum dh_err err = DH_OK;
    for (int i = 0; i < N_TEXT; i++)
        r->text[i] = dh_csv_column(csv, text_columns[i][0], text_columns[i][1], &err);
    int32_t site = dh_csv_column(csv, "site", NULL, NULL);
    if (r->text[OPERATOR] < 0)
        r->text[OPERATOR] = site;
    if (r->text[LOOP] < 0)
        r->text[LOOP] = dh_csv_column_prefix(csv, "it_loop(");
    for (int q = 0; q < N_QUANTITY; q++) {
        r->measured[q] = -1;
        for (int i = 0; i < 4 && quantities[q].measured[i] && r->measured[q] < 0; i++)
            r->measured[q] = dh_csv_column(csv, quantities[q].measured[i], NULL, NULL);
        r->low[q] = dh_csv_column(csv, quantities[q].low, NULL, NULL);
        r->high[q] = dh_csv_column(csv, quantities[q].high, NULL, NULL);
    }
    DH_TRY(err);
    if (r->text[ARCHETYPE] < 0 && r->text[OPERATOR] < 0 && !r->p->options->archetype) {
        DH_TRY(dh_csv_require(csv, "size", NULL, &r->text[SIZE]));
        DH_TRY(dh_csv_require(csv, "cooling_system", NULL, &r->text[SYSTEM]));
    }
    return DH_OK;
}

/* Climate of the row; NULL and why when there is none. */
static const char *climate_of(struct predictor *r, char *path, char *zone, const char **why) {
    const struct dh_predict_options *o = r->p->options;
    const char *epw = *r->field[EPW] ? r->field[EPW] : o->epw;
    *zone = '\0';
    if (epw && *epw) {
        const char *slash = strrchr(r->p->input, '/');
        if (*r->field[EPW] && *epw != '/' && slash)
            snprintf(path, MAX_PATH, "%.*s/%.512s", (int)(slash - r->p->input) % MAX_PATH, r->p->input, epw);
        else
            snprintf(path, MAX_PATH, "%s", epw);
        FILE *there = fopen(path, "rb");
        if (there)
            fclose(there);
        else
            *why = "no such EPW";
        return there ? path : NULL;
    }
    if (!o->climate) {
        *why = "no climate: --climate, or an EPW";
        return NULL;
    }
    snprintf(path, MAX_PATH, "%s", o->climate);
    if (r->n_zone == 0)
        return path;
    if (!*r->field[ZONE]) {
        *why = "no climate zone";
        return NULL;
    }
    if (!knows_zone(r, r->field[ZONE], strlen(r->field[ZONE]))) {
        *why = "climate zone not in --climate";
        return NULL;
    }
    snprintf(zone, MAX_NAME, "%.250s", r->field[ZONE]);
    return path;
}

static void put_text(struct dh_text *out, const char *text) {
    dh_text_put_csv(out, text, strlen(text));
    dh_text_puts(out, ",");
}

/* A figure of the table: a measured value, or one end of the band that a row with a quantile gives. */
static enum dh_err compare(struct predictor *r, struct point *point, int q, double measured) {
    const char *quantile = r->field[QUANTILE];
    if (strcmp(quantile, "5th") == 0)
        point->low[q] = measured;
    else if (strcmp(quantile, "95th") == 0)
        point->high[q] = measured;
    else
        DH_TRY(dh_prediction_measured(r->p, point->value[q], measured));
    if (r->low[q] >= 0 && r->high[q] >= 0) {
        point->low[q] = dh_csv_number(&r->csv, r->low[q]);
        point->high[q] = dh_csv_number(&r->csv, r->high[q]);
    }
    return DH_OK;
}

static enum dh_err predict_row(struct predictor *r) {
    const struct dh_predict_options *o = r->p->options;
    struct dh_text *out = &r->p->out;
    char path[MAX_PATH], zone[MAX_NAME];
    const char *why = NULL, *named;
    for (int i = 0; i < N_TEXT; i++)
        dh_csv_text(&r->csv, r->text[i], r->field[i], sizeof r->field[i]);
    named = *r->field[ARCHETYPE] ? r->field[ARCHETYPE] : o->archetype;
    const struct dh_archetype *archetype =
        named && *named ? dh_archetype_find(named)
                        : dh_archetype_of(r->field[SIZE], r->field[SYSTEM], r->field[LOOP]);
    if (!archetype && !(named && *named) && !*r->field[SYSTEM])
        archetype = archetype_of_operator(r->field[OPERATOR]);
    struct point *point = NULL;
    const char *climate = climate_of(r, path, zone, &why);
    if (!archetype)
        why = named && *named ? "no such archetype" : "no archetype of this size and cooling system";
    else if (climate)
        DH_TRY(point_of(r, archetype, climate, zone, &point));
    put_text(out, r->field[SIZE]);
    put_text(out, r->field[SYSTEM]);
    put_text(out, r->field[ZONE]);
    put_text(out, archetype ? archetype->id : "");
    for (int q = 0; q < N_QUANTITY; q++)
        dh_prediction_put(r->p, point ? point->value[q] : NAN, ',');
    for (int q = 0; q < N_QUANTITY; q++) {
        double measured = dh_csv_number(&r->csv, r->measured[q]);
        dh_prediction_put(r->p, measured, ',');
        if (point)
            DH_TRY(compare(r, point, q, measured));
    }
    dh_text_printf(out, "%s\n", point ? "" : why);
    r->p->n_predicted += point != NULL;
    if (!point)
        dh_predict_reason(&r->reasons, why);
    return dh_prediction_flush(r->p, false);
}

static void put_summary(const struct predictor *r) {
    struct dh_summary *sum = r->p->summary;
    char key[96];
    int64_t n_band = 0, n_inside = 0;
    dh_summary_integer(sum, "rows", "1", r->p->n_row, "rows read");
    dh_summary_integer(sum, "predicted", "1", r->p->n_predicted, "rows with a prediction");
    dh_summary_integer(sum, "runs", "1", r->n_run, "runs made: archetypes in climates");
    dh_predict_reasons_put(&r->reasons, sum);
    for (int32_t a = 0; dh_archetype_at(a); a++) {
        const char *id = dh_archetype_at(a)->id;
        int64_t n = 0, n_with = 0, n_in = 0;
        double sums[N_QUANTITY] = {0};
        for (int32_t i = 0; i < r->n_point; i++) {
            const struct point *x = &r->points[i];
            if (x->archetype != dh_archetype_at(a))
                continue;
            n++;
            for (int q = 0; q < N_QUANTITY; q++) {
                sums[q] += x->value[q];
                bool band = x->low[q] <= x->high[q];
                n_with += band;
                n_in += band && x->value[q] >= x->low[q] && x->value[q] <= x->high[q];
            }
        }
        if (n == 0)
            continue;
        n_band += n_with;
        n_inside += n_in;
        snprintf(key, sizeof key, "by_source.%s.climates", id);
        dh_summary_integer(sum, key, "1", n, "climates of this archetype");
        for (int q = 0; q < N_QUANTITY; q++) {
            snprintf(key, sizeof key, "by_source.%s.mean_%s", id, q == PUE ? "pue" : "wue");
            dh_summary_number(sum, key, q == PUE ? "1" : "L/kWh", sums[q] / (double)n,
                              "mean over its climates");
        }
        if (n_with > 0) {
            snprintf(key, sizeof key, "by_source.%s.coverage90", id);
            dh_summary_number(sum, key, "1", (double)n_in / (double)n_with,
                              "share of its predictions within the 5-95 % band of the table");
        }
    }
    if (n_band > 0)
        dh_summary_number(sum, "coverage90", "1", (double)n_inside / (double)n_band,
                          "share of predictions within the 5-95 % band of the table");
}

static enum dh_err predict(struct predictor *r) {
    bool got = true;
    dh_text_puts(&r->p->out, "size,cooling_system,climate_zone,archetype,PUE,WUE_L_per_kWh,measured_PUE,"
                             "measured_WUE_L_per_kWh,reason\n");
    DH_TRY(find_columns(r));
    DH_TRY(find_zones(r));
    for (;;) {
        DH_TRY(dh_csv_next(&r->csv, &got));
        if (!got)
            break;
        r->p->n_row++;
        DH_TRY(predict_row(r));
    }
    put_summary(r);
    return DH_OK;
}

enum dh_err dh_predict_pue(struct dh_prediction *p) {
    struct predictor *r = calloc(1, sizeof *r);
    if (!r)
        return dh_fail(p->diag, DH_ERR_MEMORY, (struct dh_place){p->input, 0, 0}, "out of memory");
    r->p = p;
    enum dh_err err = dh_csv_open(&r->csv, p->input, DH_CSV_HASH_COMMENTS, p->diag);
    if (err == DH_OK) {
        err = predict(r);
        dh_csv_close(&r->csv);
    }
    free(r->points);
    free(r->zones);
    free(r);
    return err;
}
