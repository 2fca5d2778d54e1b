/* OpenMetrics 1.0 (github.com/OpenObservability/OpenMetrics): families that stay together, within one the
 * points of a set of labels in order of time, # EOF at the end. */
#include "output/export_prometheus.h"

#include "output/export_internal.h"
#include "sim/arena.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 1024, BLOCK_VALUES = 1 << 21 };

/* Ends of column names, and what OpenMetrics calls the unit. "": the name keeps its end, and no unit is said.
 */
static const struct {
    const char *end, *unit;
} units[] = {
    {"_kg_per_s", "kilograms_per_second"},
    {"_degc",     "celsius"             },
    {"_frac",     "ratio"               },
    {"_w",        "watts"               },
    {"_j",        "joules"              },
    {"_kg",       "kilograms"           },
    {"_usd",      "usd"                 },
    {"_per_s",    ""                    },
    {"_s",        "seconds"             },
};

struct family {
    const struct dh_result_dataset *data;
    char name[160];
    const char *unit, *help;
    double (*value)(const struct dh_export_rack *rack, double recorded); /* NULL: as recorded */
    bool dcgm;
};

struct exporter {
    struct dh_result *result;
    const struct dh_export_rack *racks;
    const struct dh_export_moment *moment;
    FILE *out;
    struct dh_diag *diag;
};

static enum dh_err no_memory(const struct exporter *e) {
    return dh_fail(e->diag, DH_ERR_MEMORY, (struct dh_place){0}, "no memory for the export");
}

/* A text within quotes, or of HELP. */
static void put_escaped(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else
            putc(*text, out);
    }
}

static void put_head(FILE *out, const struct family *f) {
    fprintf(out, "# TYPE %s gauge\n", f->name);
    if (*f->unit)
        fprintf(out, "# UNIT %s %s\n", f->name, f->unit);
    fprintf(out, "# HELP %s ", f->name);
    put_escaped(out, f->help);
    putc('\n', out);
}

static void put_label(FILE *out, bool first, const char *name, const char *value) {
    fprintf(out, "%s%s=\"", first ? "" : ",", name);
    put_escaped(out, value);
    putc('"', out);
}

/* Texts that name the rows of a family: its own, and of racks the hall. */
struct labels {
    const char **row, **hall;
};

static void put_labels(const struct exporter *e, const struct family *f, const struct labels *l, int64_t k) {
    if (!l->row)
        return;
    putc('{', e->out);
    if (f->dcgm) {
        put_label(e->out, true, "Hostname", l->row[k]);
        put_label(e->out, false, "instance", l->row[k]);
        put_label(e->out, false, "gpu", "0");
        put_label(e->out, false, "modelName", e->racks[k].device);
    } else {
        put_label(e->out, true, f->data->dimension[1], l->row[k]);
    }
    if (l->hall)
        put_label(e->out, false, "hall", l->hall[k]);
    putc('}', e->out);
}

static enum dh_err read_texts(const struct exporter *e, const char *group, const char *name, int64_t n,
                              struct dh_arena *arena, const char ***texts) {
    const struct dh_result_dataset *d = dh_result_find(e->result, group, name);
    *texts = NULL;
    if (!d || d->kind != DH_RESULT_TEXT || d->rank != 1 || d->rows != n)
        return DH_OK;
    *texts = dh_arena_array(arena, (size_t)n, sizeof **texts);
    return *texts ? dh_result_texts(e->result, d, 0, n, arena, *texts) : no_memory(e);
}

/* Rows to give: all of them, or the last one up to the moment. */
static enum dh_err rows_of(const struct exporter *e, const double *time, int64_t n, int64_t *first,
                           int64_t *end) {
    *first = 0;
    *end = n;
    if (isnan(e->moment->at_s) || n == 0)
        return DH_OK;
    while (*end > 0 && time[*end - 1] > e->moment->at_s)
        --*end;
    *first = *end > 0 ? *end - 1 : 0; /* before its first value a series has none */
    return DH_OK;
}

/* Columns from k to behind, of all rows: points of one set of labels come together. */
static enum dh_err put_columns(const struct exporter *e, const struct family *f, const struct labels *l,
                               const double *time, int64_t first, int64_t end, int64_t k, int64_t behind,
                               double *block, double *window) {
    int64_t width = behind - k, columns = f->data->columns;
    int64_t step = WINDOW * 64 / columns > 0 ? WINDOW * 64 / columns : 1;
    for (int64_t row = first; row < end; row += step) {
        int64_t n = end - row < step ? end - row : step;
        DH_TRY(dh_result_numbers(e->result, f->data, row, n, window));
        for (int64_t i = 0; i < n; i++)
            memcpy(block + (row - first + i) * width, window + i * columns + k,
                   (size_t)width * sizeof *block);
    }
    for (int64_t c = k; c < behind; c++)
        for (int64_t row = first; row < end; row++) {
            double value = block[(row - first) * width + c - k];
            value = f->value ? f->value(&e->racks[c], value) : value;
            if (isnan(value))
                continue;
            fputs(f->name, e->out);
            put_labels(e, f, l, c);
            putc(' ', e->out);
            dh_export_number(e->out, value);
            putc(' ', e->out);
            dh_export_number(e->out, e->moment->start_unix_s + time[row]);
            putc('\n', e->out);
        }
    return DH_OK;
}

static enum dh_err put_family(const struct exporter *e, const struct family *f) {
    const struct dh_result_dataset *d = f->data, *t = dh_result_find(e->result, d->group, "time");
    struct dh_arena arena = {0};
    struct labels l = {0};
    int64_t first = 0, end = 0, columns = d->columns;
    if (!t || t->rank != 1 || t->kind != DH_RESULT_NUMBER || t->rows < d->rows || columns < 1)
        return dh_fail(e->diag, DH_ERR_RESULT, (struct dh_place){d->group, 0, 0},
                       "the times of %s do not fit", d->name);
    double *time = malloc(((size_t)d->rows + 1) * sizeof *time);
    enum dh_err err = time ? dh_result_numbers(e->result, t, 0, d->rows, time) : no_memory(e);
    if (err == DH_OK)
        err = rows_of(e, time, d->rows, &first, &end);
    int64_t width = end > first ? BLOCK_VALUES / (end - first) : 1;
    width = width < 1 ? 1 : width > columns ? columns : width;
    int64_t step = WINDOW * 64 / columns > 0 ? WINDOW * 64 / columns : 1;
    double *block = malloc((size_t)(width * (end - first) + 1) * sizeof *block),
           *window = malloc((size_t)(step * columns) * sizeof *window);
    if (err == DH_OK && (!block || !window))
        err = no_memory(e);
    if (err == DH_OK && d->rank == 2)
        err = read_texts(e, d->group, d->dimension[1], columns, &arena, &l.row);
    if (err == DH_OK && d->rank == 2 && strcmp(d->group, "racks") == 0)
        err = read_texts(e, "racks", "hall", columns, &arena, &l.hall);
    if (err == DH_OK && d->rank == 2 && !l.row)
        err = dh_fail(e->diag, DH_ERR_RESULT, (struct dh_place){d->group, 0, 0},
                      "the rows of %s have no names", d->name);
    if (err == DH_OK)
        put_head(e->out, f);
    for (int64_t k = 0; k < columns && err == DH_OK && end > first; k += width) {
        int64_t behind = columns - k < width ? columns : k + width;
        err = put_columns(e, f, &l, time, first, end, k, behind, block, window);
    }
    dh_arena_free(&arena);
    free(time);
    free(block);
    free(window);
    return err;
}

/* datahall_ and the column's name, its unit in words. */
static void name_family(struct family *f) {
    const char *name = f->data->name;
    size_t n = strlen(name);
    f->unit = "";
    f->help = f->data->about;
    snprintf(f->name, sizeof f->name, "datahall_%.100s", name);
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        size_t n_end = strlen(units[u].end);
        if (n <= n_end || n > 100 || strcmp(name + n - n_end, units[u].end) != 0)
            continue;
        if (*units[u].unit)
            snprintf(f->name, sizeof f->name, "datahall_%.*s_%s", (int)(n - n_end), name, units[u].unit);
        f->unit = units[u].unit;
        return;
    }
}

/* ---- the names of dcgm-exporter ------------------------------------------------------------------------ */

static double as_it_is(const struct dh_export_rack *rack, double value) {
    return rack->gpus > 0 ? value : NAN;
}
static double over_gpus(const struct dh_export_rack *rack, double value) {
    return rack->gpus > 0 ? value / rack->gpus : NAN;
}
static double percent_of_gpus(const struct dh_export_rack *rack, double value) {
    return rack->gpus > 0 ? 100 * value / rack->gpus : NAN;
}
static double mhz(const struct dh_export_rack *rack, double value) {
    return rack->gpus > 0 ? value * rack->clock_mhz : NAN;
}

static const struct {
    const char *column, *name, *help;
    double (*value)(const struct dh_export_rack *rack, double recorded);
} dcgm[] = {
    {"rack_power_w",       "DCGM_FI_DEV_POWER_USAGE",
     "Power of the rack at its feed over its GPUs (in W): boards with their share of hosts, fans and "
     "supplies.",                                                                                             over_gpus      },
    {"rack_junction_degc", "DCGM_FI_DEV_GPU_TEMP",    "GPU temperature (in C): the rack's hottest junction.",
     as_it_is                                                                                                                },
    {"rack_gpus_busy",     "DCGM_FI_DEV_GPU_UTIL",
     "GPU utilization (in %): share of the rack's GPUs that jobs hold.",                                      percent_of_gpus},
    {"rack_clock_frac",    "DCGM_FI_DEV_SM_CLOCK",    "SM clock frequency (in MHz).",                         mhz            },
};

static enum dh_err put_dcgm(const struct exporter *e) {
    for (size_t i = 0; i < sizeof dcgm / sizeof *dcgm; i++) {
        struct family f = {.data = dh_result_find(e->result, "racks", dcgm[i].column),
                           .unit = "",
                           .help = dcgm[i].help,
                           .value = dcgm[i].value,
                           .dcgm = true};
        if (!f.data || f.data->rank != 2)
            continue;
        snprintf(f.name, sizeof f.name, "%s", dcgm[i].name);
        DH_TRY(put_family(e, &f));
    }
    return DH_OK;
}

static void put_info(const struct exporter *e) {
    const struct dh_result_info *info = dh_result_contents(e->result);
    fputs("# TYPE datahall info\n# HELP datahall The simulated scenario; every value is simulated, none is "
          "measured.\n"
          "datahall_info{",
          e->out);
    put_label(e->out, true, "scenario", info->scenario);
    put_label(e->out, false, "start", info->start);
    put_label(e->out, false, "status", info->status);
    fputs("} 1\n", e->out);
}

enum dh_err dh_export_prometheus(struct dh_result *result, const struct dh_export_rack *racks,
                                 const struct dh_export_moment *moment, FILE *out, struct dh_diag *diag) {
    const struct dh_result_info *info = dh_result_contents(result);
    struct exporter e = {result, racks, moment, out, diag};
    if (!isnan(moment->at_s) && !(moment->at_s >= 0 && moment->at_s <= info->duration_s))
        return dh_fail(diag, DH_ERR_USAGE, (struct dh_place){0},
                       "the result begins at %s and lasts %.10g s: --at lies outside", info->start,
                       info->duration_s);
    put_info(&e);
    for (int32_t i = 0; i < info->n_dataset; i++) {
        struct family f = {.data = &info->datasets[i]};
        bool series = f.data->rank > 0 && strcmp(f.data->dimension[0], "time") == 0 &&
                      f.data->kind != DH_RESULT_TEXT && strcmp(f.data->group, "events") != 0;
        if (!series || strcmp(f.data->name, "time") == 0 || strcmp(f.data->name, "interval_s") == 0)
            continue;
        name_family(&f);
        DH_TRY(put_family(&e, &f));
    }
    if (racks)
        DH_TRY(put_dcgm(&e));
    fputs("# EOF\n", out);
    errno = 0;
    if (fflush(out) != 0 || ferror(out))
        return dh_fail(diag, DH_ERR_IO, (struct dh_place){"output", 0, 0}, "cannot be written: %s",
                       strerror(errno ? errno : EIO));
    return DH_OK;
}
