/* Result files for embedders: what one holds, its tables as CSV, its summary, rescue of a partial one. */
#include <datahall/datahall.h>
#include "output/export.h"
#include "output/recover.h"
#include "output/report_html.h"
#include "output/report_pdf.h"
#include "output/result_read.h"
#include "output/summary.h"
#include "scenarios/scenario.h"
#include "sim/api/export_racks.h"
#include "sim/api/hand_over.h"
#include "sim/text.h"
#include "sim/units.h"

#include <jansson.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

/* ---- a FILE that hands on what is written
 * ---------------------------------------------------------------------- */

struct sink {
    dh_write_fn write;
    void *self;
    int number; /* errno of the first write that failed */
};

/* What was missed is not made up for by a later write that succeeds. */
static ssize_t sink_write(void *cookie, const char *bytes, size_t n) {
    struct sink *sink = cookie;
    errno = 0;
    if (sink->number == 0 && sink->write(sink->self, bytes, n) == 0)
        return (ssize_t)n;
    if (sink->number == 0)
        sink->number = errno ? errno : EIO;
    errno = sink->number;
    return 0;
}

static FILE *sink_open(struct sink *sink) {
    return fopencookie(sink, "w", (cookie_io_functions_t){.write = sink_write});
}

static enum dh_err sink_close(FILE *out, const struct sink *sink, enum dh_err err, struct dh_diag *diag) {
    bool failed = ferror(out);
    failed |= fclose(out) != 0;
    if (err == DH_OK && failed)
        return dh_fail(diag, DH_ERR_IO, nowhere, "the output could not be written: %s",
                       strerror(sink->number ? sink->number : EIO));
    return err;
}

/* ---- info
 * ------------------------------------------------------------------------------------------------------- */

static void print_info(const struct dh_result_info *info, const char *path, FILE *out) {
    fprintf(out, "%s: %s\n", path, info->title);
    fprintf(out, "  status %s, start %s", info->status, info->start);
    if (!isnan(info->duration_s))
        fprintf(out, ", %.3f days simulated", info->duration_s / 86400);
    fprintf(out, "\n");
    const char *group = "";
    for (int32_t i = 0; i < info->n_dataset; i++) {
        const struct dh_result_dataset *d = &info->datasets[i];
        if (strcmp(group, d->group) != 0)
            fprintf(out, "/%s\n", d->group);
        group = d->group;
        char shape[200] = "";
        if (d->rank == 1)
            snprintf(shape, sizeof shape, "%s %lld", d->dimension[0], (long long)d->rows);
        else if (d->rank == 2)
            snprintf(shape, sizeof shape, "%s %lld x %s %lld", d->dimension[0], (long long)d->rows,
                     d->dimension[1], (long long)d->columns);
        fprintf(out, "  %-30s %-12s %-32s %s\n", d->name, d->unit, shape, d->about);
    }
}

static json_t *dataset_json(const struct dh_result_dataset *d) {
    json_t *shape = json_array(), *dimensions = json_array();
    for (int32_t k = 0; k < d->rank; k++) {
        json_array_append_new(shape, json_integer(k == 0 ? d->rows : d->columns));
        json_array_append_new(dimensions, json_string(d->dimension[k]));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:I}", "group", d->group, "name", d->name, "units",
                     d->unit, "long_name", d->about, "dimensions", dimensions, "shape", shape, "stored_bytes",
                     (json_int_t)d->stored_bytes);
}

static enum dh_err print_info_json(const struct dh_result_info *info, FILE *out, struct dh_diag *diag) {
    json_t *datasets = json_array();
    for (int32_t i = 0; i < info->n_dataset; i++)
        json_array_append_new(datasets, dataset_json(&info->datasets[i]));
    json_t *root = json_pack("{s:s, s:s, s:s, s:o}", "title", info->title, "status", info->status, "start",
                             info->start, "datasets", datasets);
    if (root && !isnan(info->duration_s))
        json_object_set_new(root, "duration_s", json_real(info->duration_s));
    bool written = root && json_dumpf(root, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF;
    json_decref(root);
    return written ? DH_OK : dh_fail(diag, DH_ERR_MEMORY, nowhere, "no memory for the list of data sets");
}

enum dh_err dh_result_info(const char *path, int32_t json, dh_write_fn write, void *self,
                           struct dh_diag *diag) {
    struct dh_result *result = NULL;
    struct sink sink = {write, self, 0};
    DH_TRY(dh_result_open(&result, path, diag));
    FILE *out = sink_open(&sink);
    enum dh_err err = out ? DH_OK : dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    if (out) {
        if (json)
            err = print_info_json(dh_result_contents(result), out, diag);
        else
            print_info(dh_result_contents(result), path, out);
        err = sink_close(out, &sink, err, diag);
    }
    dh_result_close(result);
    return err;
}

/* ---- summary, tables
 * -------------------------------------------------------------------------------------------- */

static enum dh_err read_summary(struct dh_result *result, const char *path, struct dh_summary **summary,
                                struct dh_diag *diag) {
    *summary = calloc(1, sizeof **summary);
    if (!*summary)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    enum dh_err err = dh_result_summary(result, "summary", *summary);
    if (err == DH_OK && (*summary)->n_entry == 0) {
        err = dh_fail(diag, DH_ERR_RESULT, (struct dh_place){path, 0, 0}, "%s holds no summary", path);
        dh_diag_hint(diag, "the run did not end; \"datahall recover\" rescues its series");
    }
    if (err != DH_OK) {
        dh_summary_delete(*summary);
        *summary = NULL;
    }
    return err;
}

enum dh_err dh_summary_read(struct dh_summary **summary, const char *path, struct dh_diag *diag) {
    struct dh_result *result = NULL;
    *summary = NULL;
    DH_TRY(dh_result_open(&result, path, diag));
    enum dh_err err = read_summary(result, path, summary, diag);
    dh_result_close(result);
    return err;
}

static enum dh_err report(const char *path, const struct dh_report_options *options,
                          enum dh_err (*put)(struct dh_result *, const struct dh_summary *, bool,
                                             struct dh_text *),
                          dh_write_fn write, void *self, struct dh_diag *diag) {
    struct dh_result *result = NULL;
    struct dh_summary *summary = NULL;
    struct dh_text text = {0};
    DH_TRY(dh_result_open(&result, path, diag));
    enum dh_err err = read_summary(result, path, &summary, diag);
    if (err == DH_OK)
        err = put(result, summary, options && options->us_units, &text);
    err = dh_hand_over(&text, err, write, self, diag);
    dh_summary_delete(summary);
    dh_result_close(result);
    return err;
}

enum dh_err dh_result_report_html(const char *path, const struct dh_report_options *options,
                                  dh_write_fn write, void *self, struct dh_diag *diag) {
    return report(path, options, dh_report_html_write, write, self, diag);
}

enum dh_err dh_result_report_pdf(const char *path, const struct dh_report_options *options, dh_write_fn write,
                                 void *self, struct dh_diag *diag) {
    return report(path, options, dh_report_pdf_write, write, self, diag);
}

static enum dh_err export_scenario(struct dh_result *result, FILE *out, struct dh_diag *diag) {
    struct dh_arena mem = {0};
    const char *xml = dh_result_provenance(result, "scenario_xml", &mem);
    enum dh_err err = xml ? DH_OK : dh_fail(diag, DH_ERR_RESULT, nowhere, "the result holds no scenario");
    if (xml)
        fputs(xml, out);
    dh_arena_free(&mem);
    return err;
}

/* The profiles that its devices had: what --profile reads. */
static enum dh_err export_profiles(struct dh_result *result, FILE *out, struct dh_diag *diag) {
    struct dh_arena mem = {0};
    struct dh_scenario_file file = {0};
    struct dh_text text = {0};
    struct dh_scenario_options none = {0};
    const char *xml = dh_result_provenance(result, "scenario_xml", &mem);
    enum dh_err err = xml ? dh_scenario_read_memory(&file, xml, strlen(xml), "scenario", ".", &none, diag)
                          : dh_fail(diag, DH_ERR_RESULT, nowhere, "the result holds no scenario");
    if (err == DH_OK && file.spec.n_profiles == 0)
        err = dh_fail(diag, DH_ERR_USAGE, nowhere, "no device of the scenario had a profile");
    if (err == DH_OK)
        err = dh_write_profiles(file.spec.profiles, file.spec.n_profiles, &text);
    if (err == DH_OK)
        fputs(text.at, out);
    dh_text_free(&text);
    dh_scenario_free(&file);
    dh_arena_free(&mem);
    return err;
}

/* "/racks/rack_power_w" names a group and one of its columns. */
static enum dh_err export_table(struct dh_result *result, const char *table, FILE *out,
                                struct dh_diag *diag) {
    char group[256];
    const char *name = *table == '/' ? table + 1 : table, *column = strchr(name, '/');
    snprintf(group, sizeof group, "%.*s", column ? (int)(column - name) : (int)strlen(name), name);
    return dh_export_table(result, group, column ? column + 1 : NULL, out, diag);
}

static enum dh_err export_summary(struct dh_result *result, const char *path, struct sink *sink,
                                  struct dh_diag *diag) {
    struct dh_summary *summary;
    DH_TRY(read_summary(result, path, &summary, diag));
    enum dh_err err = dh_summary_csv(summary, sink->write, sink->self, diag);
    dh_summary_delete(summary);
    return err;
}

static enum dh_err export_audit(struct dh_result *result, struct sink *sink, struct dh_diag *diag) {
    struct dh_summary audit = {0};
    enum dh_err err = dh_result_summary(result, "audit", &audit);
    if (err == DH_OK)
        err = dh_summary_csv(&audit, sink->write, sink->self, diag);
    dh_summary_free(&audit);
    return err;
}

enum dh_err dh_result_export(const char *path, const char *table, dh_write_fn write, void *self,
                             struct dh_diag *diag) {
    struct dh_result *result = NULL;
    struct sink sink = {write, self, 0};
    DH_TRY(dh_result_open(&result, path, diag));
    enum dh_err err;
    bool summary = strcmp(table, "summary") == 0 || strcmp(table, "/summary") == 0;
    if (summary || strcmp(table, "audit") == 0 || strcmp(table, "/audit") == 0) {
        err = summary ? export_summary(result, path, &sink, diag) : export_audit(result, &sink, diag);
    } else {
        FILE *out = sink_open(&sink);
        err = out ? DH_OK : dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
        if (out && (strcmp(table, "jobs") == 0 || strcmp(table, "/jobs") == 0))
            err = dh_export_jobs(result, out, diag);
        else if (out && strcmp(table, "actions") == 0)
            err = dh_export_actions(result, out, diag);
        else if (out && strcmp(table, "scenario") == 0)
            err = export_scenario(result, out, diag);
        else if (out && strcmp(table, "profiles") == 0)
            err = export_profiles(result, out, diag);
        else if (out && strcmp(table, "/replications") == 0 && dh_result_find(result, "replications", "seed"))
            err = dh_export_columns(result, "replications", out, diag);
        else if (out)
            err = export_table(result, table, out, diag);
        if (out)
            err = sink_close(out, &sink, err, diag);
    }
    dh_result_close(result);
    return err;
}

/* When the series begin, and which moment is meant: an instant, or a duration after the start. */
static enum dh_err read_moment(const struct dh_result_info *info, const char *at,
                               struct dh_export_moment *moment, struct dh_diag *diag) {
    int64_t start_unix_s = 0, unix_s = 0;
    double after_s = 0;
    if (dh_timestamp_parse(info->start, strlen(info->start), &start_unix_s) != DH_OK)
        return dh_fail(diag, DH_ERR_RESULT, nowhere, "the result does not say when it begins");
    *moment = (struct dh_export_moment){(double)start_unix_s, NAN};
    if (!at)
        return DH_OK;
    if (dh_timestamp_parse(at, strlen(at), &unix_s) == DH_OK)
        moment->at_s = (double)(unix_s - start_unix_s);
    else if (dh_quantity_parse(at, strlen(at), DH_DIM_DURATION, &after_s, NULL, nowhere) == DH_OK)
        moment->at_s = after_s;
    else
        return dh_fail(diag, DH_ERR_USAGE, nowhere,
                       "--at takes an instant or a duration after the start, not '%s'", at);
    return DH_OK;
}

enum dh_err dh_result_export_metrics(const char *path, const char *at, dh_write_fn write, void *self,
                                     struct dh_diag *diag) {
    struct dh_result *result = NULL;
    struct dh_arena mem = {0};
    struct dh_export_moment moment;
    const struct dh_export_rack *racks = NULL;
    struct sink sink = {write, self, 0};
    DH_TRY(dh_result_open(&result, path, diag));
    enum dh_err err = read_moment(dh_result_contents(result), at, &moment, diag);
    if (err == DH_OK)
        err = dh_export_racks(result, &mem, &racks, diag);
    FILE *out = err == DH_OK ? sink_open(&sink) : NULL;
    if (err == DH_OK && !out)
        err = dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    if (err == DH_OK)
        err = dh_export_prometheus(result, racks, &moment, out, diag);
    if (out)
        err = sink_close(out, &sink, err, diag);
    dh_arena_free(&mem);
    dh_result_close(result);
    return err;
}

enum dh_err dh_result_recover(const char *part, const char *output, struct dh_diag *diag) {
    return dh_recover(part, output, diag);
}
