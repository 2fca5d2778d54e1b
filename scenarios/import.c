#include "scenarios/import_internal.h"

#include "scenarios/joblog.h"
#include "scenarios/series.h"
#include "scenarios/weather_file.h"
#include "sim/sum.h"
#include "sim/units.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- out ------------------------------------------------------------------------------------------------
 */

void dh_importer_hand_over(struct dh_importer *im, size_t at_least) {
    if (im->text.n < at_least || im->text.n == 0)
        return;
    if (im->write && !im->refused)
        im->refused = im->write(im->self, im->text.at, im->text.n) != 0;
    im->text.n = 0;
}

void dh_importer_line(struct dh_importer *im, const char *line) {
    dh_text_puts(&im->text, line);
    dh_text_puts(&im->text, "\n");
}

void dh_importer_number(struct dh_importer *im, double value) {
    char text[40];
    if (fabs(value) < 1e15 && value == trunc(value)) { /* 240 rather than 2.4e+02 */
        dh_text_printf(&im->text, "%lld", (long long)value);
        return;
    }
    dh_number_format(value, text, sizeof text);
    dh_text_puts(&im->text, text);
}

void dh_importer_name(struct dh_importer *im, const char *name) {
    dh_text_put_csv(&im->text, name, strlen(name));
}

/* Nanoseconds as seconds, all their digits and no more. */
void dh_importer_seconds(struct dh_importer *im, dh_time t) {
    uint64_t ns = t < 0 ? 0 - (uint64_t)t : (uint64_t)t;
    char text[32];
    int n = snprintf(text, sizeof text, "%s%llu.%09llu", t < 0 ? "-" : "",
                     (unsigned long long)(ns / 1000000000u), (unsigned long long)(ns % 1000000000u));
    while (text[n - 1] == '0')
        n--;
    n -= text[n - 1] == '.';
    dh_text_add(&im->text, text, (size_t)n);
}

void dh_importer_instant(struct dh_importer *im, int64_t unix_s) {
    char text[21];
    dh_timestamp_format(unix_s, text);
    dh_text_puts(&im->text, text);
}

void dh_importer_figure(struct dh_importer *im, double value, const char *name, const char *of) {
    if (!im->stats || im->stats->n_figure >= DH_IMPORT_MAX_FIGURES)
        return;
    struct dh_import_figure *f = &im->stats->figures[im->stats->n_figure++];
    snprintf(f->name, sizeof f->name, "%s%s%.24s", name, of ? "_" : "", of ? of : "");
    f->value = value;
}

enum dh_err dh_importer_no_memory(const struct dh_importer *im) {
    return dh_fail(im->diag, DH_ERR_MEMORY, (struct dh_place){im->path, 0, 0}, "out of memory");
}

void dh_importer_id(const char *name, char *id, size_t room) {
    size_t n = 0;
    if (!isalpha((unsigned char)name[0]) && room > 2)
        id[n++] = 'x';
    for (; *name && n + 1 < room; name++)
        id[n++] = isalnum((unsigned char)*name) || strchr("._-", *name) ? *name : '-';
    id[n] = '\0';
}

/* ---- jobs -----------------------------------------------------------------------------------------------
 */

static void put_job(struct dh_importer *im, const struct dh_job_list *list, int32_t j) {
    const struct dh_job *job = &list->jobs[j];
    static const char words[] = "training|finetune|batch|notebook|prefill|decode|copy|hpc";
    size_t n_kind = 0;
    const char *kind = dh_word_at(words, job->work_kind, &n_kind);
    dh_importer_name(im, dh_job_id(list, j));
    dh_text_puts(&im->text, ",");
    dh_importer_seconds(im, job->submit);
    dh_text_puts(&im->text, ",");
    dh_importer_seconds(im, job->work);
    dh_text_printf(&im->text, ",%d,", job->gpus);
    if (job->nodes > 0)
        dh_text_printf(&im->text, "%d", job->nodes);
    dh_text_puts(&im->text, ",");
    if (job->requested != DH_TIME_NONE)
        dh_importer_seconds(im, job->requested);
    dh_text_puts(&im->text, ",");
    if (job->tenant >= 0)
        dh_importer_name(im, list->tenants[job->tenant]);
    dh_text_printf(&im->text, ",%.*s,", (int)n_kind, kind);
    dh_importer_number(im, job->cpu_util);
    dh_text_puts(&im->text, ",");
    dh_importer_number(im, job->gpu_util);
    dh_text_puts(&im->text, ",");
    if (job->replay_start != DH_TIME_NONE)
        dh_importer_seconds(im, job->replay_start);
    dh_text_puts(&im->text, "\n");
    dh_importer_hand_over(im, DH_IMPORT_PIECE);
}

static void job_figures(struct dh_importer *im, const struct dh_job_list *list, enum dh_log_format format) {
    struct dh_sum gpu_h = {0};
    for (int32_t j = 0; j < list->n_job; j++)
        dh_sum_add(&gpu_h, dh_time_to_s(list->jobs[j].work) * list->jobs[j].gpus / 3600);
    dh_importer_figure(im, (double)list->n_row, "records", NULL);
    dh_importer_figure(im, list->n_job, "jobs", NULL);
    dh_importer_figure(im, dh_sum_value(&gpu_h), "gpu_hours", NULL);
    if (format == DH_LOG_OPENB) {
        dh_importer_figure(im, (double)list->n_row, "pods", NULL);
        dh_importer_figure(im, (double)(list->n_row - list->n_skipped_gpus), "pods_with_gpu", NULL);
    }
    dh_importer_figure(im, (double)list->n_skipped_gpus, "skipped_without_gpu", NULL);
    dh_importer_figure(im, (double)list->n_skipped_time, "skipped_without_run_time", NULL);
    if (format == DH_LOG_SACCT) {
        dh_importer_figure(im, (double)list->n_step, "steps_dropped", NULL);
        dh_importer_figure(im, (double)list->n_requeued, "requeued_attempts", NULL);
        dh_importer_figure(im, list->requeued_gpu_s / 3600, "requeued_gpu_hours", NULL);
        if (list->measured_j > 0)
            dh_importer_figure(im, list->measured_j / 3.6e6, "measured_energy_kwh", NULL);
    }
    if (format != DH_LOG_ITP && format != DH_LOG_PHILLY)
        return;
    for (int32_t t = 0; t < list->n_tenant; t++) {
        int32_t n = 0;
        for (int32_t j = 0; j < list->n_job; j++)
            n += list->jobs[j].tenant == t;
        if (t < 40)
            dh_importer_figure(im, n, "jobs_of", list->tenants[t]);
    }
}

static enum dh_err import_jobs(struct dh_importer *im, enum dh_log_format format) {
    struct dh_joblog_options options = {.format = format, .part = im->part};
    if (format == DH_LOG_RAPS) {
        int64_t gpus = 0;
        const char *part = im->part ? im->part : "";
        if (dh_integer_parse(part, strlen(part), &gpus, NULL, (struct dh_place){0}) != DH_OK || gpus < 1 ||
            gpus > 1024) {
            dh_fail(im->diag, DH_ERR_USAGE, (struct dh_place){im->path, 0, 0},
                    "a raps log counts GPUs by the node: say how many a node has");
            dh_diag_hint(im->diag, "FILE:4 for four");
            return DH_ERR_USAGE;
        }
        options.node_gpus = (int32_t)gpus;
        options.part = NULL;
    }
    struct dh_job_list list = {0};
    enum dh_err err = dh_joblog_read(&list, im->path, &options, im->diag);
    if (err == DH_OK) {
        dh_importer_line(
            im, "id,submit_s,duration_s,gpus,nodes,requested_s,tenant,kind,cpu_util,gpu_util,start_s");
        for (int32_t j = 0; j < list.n_job; j++)
            put_job(im, &list, j);
        job_figures(im, &list, format);
    }
    dh_job_list_free(&list);
    return err;
}

/* ---- nodes, requests ------------------------------------------------------------------------------------
 */

static enum dh_err each_row(struct dh_importer *im, const char *const *names, int32_t n_name,
                            enum dh_err (*take)(struct dh_importer *, const struct dh_csv *, const int32_t *,
                                                void *),
                            void *sums) {
    struct dh_csv csv;
    int32_t column[8];
    DH_TRY(dh_csv_open(&csv, im->path, DH_CSV_PLAIN, im->diag));
    enum dh_err err = DH_OK;
    bool got = true;
    for (int32_t c = 0; c < n_name && err == DH_OK; c++)
        err = dh_csv_require(&csv, names[c], NULL, &column[c]);
    while (err == DH_OK && (err = dh_csv_next(&csv, &got)) == DH_OK && got) {
        err = take(im, &csv, column, sums);
        dh_importer_hand_over(im, DH_IMPORT_PIECE);
    }
    dh_csv_close(&csv);
    return err;
}

struct node_sums {
    int64_t nodes, gpus;
};

static enum dh_err take_node(struct dh_importer *im, const struct dh_csv *csv, const int32_t *column,
                             void *sums) {
    struct node_sums *s = sums;
    int64_t cpu_milli = 0, memory_mib = 0, gpus = 0;
    DH_TRY(dh_csv_integer(csv, column[1], 0, INT64_C(1000000000), &cpu_milli));
    DH_TRY(dh_csv_integer(csv, column[2], 0, INT64_C(1000000000000), &memory_mib));
    DH_TRY(dh_csv_integer(csv, column[3], 0, 1024, &gpus));
    dh_text_put_csv(&im->text, csv->fields[column[0]].text, csv->fields[column[0]].n);
    dh_text_printf(&im->text, ",%lld,", (long long)gpus);
    dh_text_put_csv(&im->text, csv->fields[column[4]].text, csv->fields[column[4]].n);
    dh_text_puts(&im->text, ",");
    dh_importer_number(im, (double)cpu_milli / 1000);
    dh_text_puts(&im->text, ",");
    dh_importer_number(im, (double)memory_mib / 1024);
    dh_text_puts(&im->text, "\n");
    s->nodes++;
    s->gpus += gpus;
    return DH_OK;
}

static enum dh_err import_openb_nodes(struct dh_importer *im) {
    static const char *const names[] = {"sn", "cpu_milli", "memory_mib", "gpu", "model"};
    struct node_sums sums = {0};
    dh_importer_line(im, "id,gpus,device,cpu_cores,memory_gib");
    DH_TRY(each_row(im, names, 5, take_node, &sums));
    dh_importer_figure(im, (double)sums.nodes, "nodes", NULL);
    dh_importer_figure(im, (double)sums.gpus, "gpus", NULL);
    return DH_OK;
}

struct request_sums {
    int64_t requests, prompt, output, first_ns, last_ns;
};

static enum dh_err take_request(struct dh_importer *im, const struct dh_csv *csv, const int32_t *column,
                                void *sums) {
    struct request_sums *s = sums;
    int64_t at_ns = 0, prompt = 0, output = 0;
    DH_TRY(dh_csv_instant(csv, column[0], &at_ns));
    DH_TRY(dh_csv_integer(csv, column[1], 0, 100000000, &prompt));
    DH_TRY(dh_csv_integer(csv, column[2], 0, 100000000, &output));
    if (s->requests == 0)
        s->first_ns = at_ns;
    if (at_ns < s->first_ns)
        return dh_fail(im->diag, DH_ERR_DATA, dh_csv_place(csv, column[0]), "a request before the first one");
    dh_importer_seconds(im, at_ns - s->first_ns);
    dh_text_printf(&im->text, ",%lld,%lld\n", (long long)prompt, (long long)output);
    s->requests++;
    s->prompt += prompt;
    s->output += output;
    s->last_ns = at_ns > s->last_ns ? at_ns : s->last_ns;
    return DH_OK;
}

static enum dh_err import_azure_llm(struct dh_importer *im) {
    static const char *const names[] = {"TIMESTAMP", "ContextTokens", "GeneratedTokens"};
    struct request_sums sums = {.last_ns = INT64_MIN};
    dh_importer_line(im, "submit_s,prompt_tokens,output_tokens");
    DH_TRY(each_row(im, names, 3, take_request, &sums));
    dh_importer_figure(im, (double)sums.requests, "requests", NULL);
    if (sums.requests > 0) {
        dh_importer_figure(im, (double)sums.prompt / (double)sums.requests, "mean_input_tokens", NULL);
        dh_importer_figure(im, (double)sums.output / (double)sums.requests, "mean_output_tokens", NULL);
        dh_importer_figure(im, dh_time_to_s(sums.last_ns - sums.first_ns), "seconds", NULL);
    }
    return DH_OK;
}

/* ---- weather, series ------------------------------------------------------------------------------------
 */

static void put_measured(struct dh_importer *im, double value, const char *behind) {
    dh_importer_number(im, value);
    dh_text_puts(&im->text, behind);
}

static void weather_figure(struct dh_importer *im, const double *values, int32_t n, double scale,
                           const char *name) {
    struct dh_sum sum = {0};
    int32_t n_value = 0;
    for (int32_t i = 0; i < n; i++) {
        if (isnan(values[i]))
            continue;
        dh_sum_add(&sum, values[i] * scale);
        n_value++;
    }
    if (n_value > 0)
        dh_importer_figure(im, dh_sum_value(&sum) / n_value, name, NULL);
}

static enum dh_err put_weather(struct dh_importer *im, const struct dh_weather_file *w) {
    dh_importer_line(im, w->sun
                             ? "time,dry_bulb_degc,dew_point_degc,relative_humidity,pressure_pa,ghi_w_per_m2,"
                               "dni_w_per_m2,dhi_w_per_m2,wind_m_per_s"
                             : "time,dry_bulb_degc,dew_point_degc,relative_humidity,pressure_pa");
    for (int32_t i = 0; i < w->n; i++) {
        dh_importer_instant(im, w->first_unix_s + INT64_C(3600) * i);
        dh_text_puts(&im->text, ",");
        put_measured(im, w->dry_bulb_degc[i], ",");
        put_measured(im, w->dew_point_degc[i], ",");
        put_measured(im, w->relative_humidity[i], ",");
        put_measured(im, w->pressure_pa[i], w->sun ? "," : "\n");
        if (w->sun) {
            put_measured(im, w->sun[i].global_w_per_m2, ",");
            put_measured(im, w->sun[i].direct_w_per_m2, ",");
            put_measured(im, w->sun[i].diffuse_w_per_m2, ",");
            put_measured(im, w->sun[i].wind_m_per_s, "\n");
        }
        dh_importer_hand_over(im, DH_IMPORT_PIECE);
    }
    dh_importer_figure(im, w->n, "hours", NULL);
    weather_figure(im, w->dry_bulb_degc, w->n, 1, "mean_dry_bulb_degc");
    weather_figure(im, w->dew_point_degc, w->n, 1, "mean_dew_point_degc");
    weather_figure(im, w->relative_humidity, w->n, 100, "mean_relative_humidity_pct");
    weather_figure(im, w->pressure_pa, w->n, 1, "mean_pressure_pa");
    dh_importer_figure(im,
                       (double)(w->quality.n_missing_dry_bulb + w->quality.n_missing_dew_point +
                                w->quality.n_missing_humidity + w->quality.n_missing_pressure),
                       "missing_values", NULL);
    dh_importer_figure(im, (double)w->quality.n_gap, "missing_hours", NULL);
    dh_importer_figure(im, (double)w->quality.n_doubtful, "doubtful_hours", NULL);
    dh_importer_figure(im, (double)w->quality.n_spike, "spikes", NULL);
    dh_importer_figure(im, (double)w->quality.n_interpolated, "interpolated_hours", NULL);
    dh_importer_figure(im, (double)w->quality.n_neighbour, "hours_from_other_days", NULL);
    dh_importer_figure(im, (double)w->quality.n_clipped, "clipped_wet_bulbs", NULL);
    dh_importer_figure(im, w->quality.wet_bulb_record_degc, "wet_bulb_limit_degc", NULL);
    return DH_OK;
}

static enum dh_err import_epw(struct dh_importer *im) {
    struct dh_weather_file weather = {0};
    enum dh_err err = dh_epw_read(&weather, im->path, 0, im->diag);
    if (err == DH_OK)
        err = put_weather(im, &weather);
    dh_weather_file_free(&weather);
    return err;
}

static enum dh_err import_weather(struct dh_importer *im) {
    struct dh_weather_file weather = {0};
    enum dh_err err = dh_weather_csv_read(&weather, im->path, 0, 0, im->diag);
    if (err == DH_OK)
        err = put_weather(im, &weather);
    dh_weather_file_free(&weather);
    return err;
}

static enum dh_err put_series(struct dh_importer *im, struct dh_series *series, enum dh_err err,
                              const char *header, const char *mean) {
    if (err == DH_OK) {
        dh_importer_line(im, header);
        for (int32_t i = 0; i < series->n; i++) {
            dh_importer_instant(im, series->unix_s[i]);
            dh_text_puts(&im->text, ",");
            dh_importer_number(im, series->value[i]);
            dh_text_puts(&im->text, "\n");
            dh_importer_hand_over(im, DH_IMPORT_PIECE);
        }
        dh_importer_figure(im, (double)series->n_row, "records", NULL);
        dh_importer_figure(im, series->n, "hours", NULL);
        dh_importer_figure(im, (double)series->n_gap, "missing_hours", NULL);
        dh_importer_figure(im, series->mean, mean, NULL);
    }
    dh_series_free(series);
    return err;
}

static enum dh_err import_carbon(struct dh_importer *im) {
    struct dh_series series;
    enum dh_err err = dh_series_read_carbon(&series, im->path, im->part, im->diag);
    return put_series(im, &series, err, "time,g_per_kwh", "mean_g_per_kwh");
}

static enum dh_err import_price(struct dh_importer *im) {
    struct dh_series series;
    enum dh_err err = dh_series_read_price(&series, im->path, im->diag);
    return put_series(im, &series, err, "time,usd_per_mwh", "mean_usd_per_mwh");
}

/* ---- the table ------------------------------------------------------------------------------------------
 */

static const struct {
    const char *name, *about;
    int format; /* of a job log; -1: the function */
    enum dh_err (*convert)(struct dh_importer *im);
    const char *looks; /* for the hint of what cannot be read */
} forms[] = {
    {"sacct",       "jobs as Slurm's accounting lists them (PART: a partition)",                               DH_LOG_SACCT,  NULL,
     "fields with | between, as sacct -P prints them"                                                                                                                                                                                      },
    {"swf",         "jobs in the Standard Workload Format (PART: a partition)",                                DH_LOG_SWF,    NULL,
     "18 numbers a line, comments after ;"                                                                                                                                                                                                 },
    {"csv",         "jobs in datahall's own form, checked",                                                    DH_LOG_CSV,    NULL,
     "a header with submit_s, duration_s, gpus; then a job a line"                                                                                                                                                                         },
    {"itp",         "jobs of Microsoft ITP clusters (PART: a cluster)",                                        DH_LOG_ITP,    NULL,
     "a header with cluster, job, submission_s, duration_s, num_gpu"                                                                                                                                                                       },
    {"philly",      "jobs of Microsoft Philly (PART: a virtual cluster)",                                      DH_LOG_PHILLY, NULL,
     "a header with vc, job, submit_s, duration_s, num_gpu"                                                                                                                                                                                },
    {"openb",       "pods of Alibaba's openb cluster",                                                         DH_LOG_OPENB,  NULL,
     "a header with name, num_gpu, gpu_milli, creation_time, deletion_time, scheduled_time, qos"                                                                                                                                           },
    {"openb-nodes", "nodes of Alibaba's openb cluster",                                                        -1,            import_openb_nodes,
     "a header with sn, cpu_milli, memory_mib, gpu, model"                                                                                                                                                                                 },
    {"muri",        "jobs as lists of iterations (Muri)",                                                      DH_LOG_MURI,   NULL,
     "a header with job_id, num_gpu, submit_time, iterations, iteration_time"                                                                                                                                                              },
    {"raps",        "jobs on whole nodes (ExaDigiT RAPS; PART: GPUs of a node)",                               DH_LOG_RAPS,   NULL,
     "a header with submit_s, nodes, runtime_s"                                                                                                                                                                                            },
    {"azure-llm",   "requests of Azure's inference services",                                                  -1,            import_azure_llm,
     "a header with TIMESTAMP, ContextTokens, GeneratedTokens"                                                                                                                                                                             },
    {"dcgm",        "measured GPUs as a load to replay, a job a host and interval (PART: IDLE-MAX in watts)",  -1,
     dh_import_dcgm,                                                                                                                              "the JSON of a Prometheus range query, a table of Grafana, or time,host,gpu,metric,value"},
    {"dcgm-series", "measured GPUs as a table: power, activity, temperature of each",                          -1,
     dh_import_dcgm_series,                                                                                                                       "the JSON of a Prometheus range query, a table of Grafana, or time,host,gpu,metric,value"},
    {"epw",         "EnergyPlus weather",                                                                      -1,            import_epw,         "eight lines of header and 35 columns by the hour"                                       },
    {"weather",     "hourly weather table, checked",                                                           -1,            import_weather,
     "a header with time or hour, dry_bulb_degc, dew_point_degc or relative_humidity"                                                                                                                                                      },
    {"carbon",      "carbon intensity: EIA generation mix, ElectricityMaps (PART: a zone), or time and g/kWh", -1,
     import_carbon,                                                                                                                               "a time and WND, SUN, …, 'Carbon intensity …', or g_per_kwh"                         },
    {"price",       "hourly electricity prices",                                                               -1,            import_price,       "a time and usd_per_mwh"                                                                 },
    {"cloud",       "price lists of GPU instances as a catalog of providers (PART: a region)",                 -1,            dh_import_cloud,
     "a header with region, instance, on_demand_usd_per_hour; gpu and gpu_count or a known instance"                                                                                                                                       },
    {"spot",        "history of spot prices: means over time (PART: an instance)",                             -1,            dh_import_spot,
     "a header with instance, zone, timestamp_utc, spot_usd_per_hour"                                                                                                                                                                      },
    {"egress",      "matrix of prices of data between regions (PART: where from)",                             -1,            dh_import_egress,
     "a header of regions behind an empty field, then a region and its prices a line"                                                                                                                                                      },
    {"netbox",
     "racks and power feeds of NetBox as a scenario (files of CSV or JSON; PART: their type of rack)",         -1,
     dh_import_netbox,                                                                                                                            "NetBox's own export: CSV with a header, or the JSON of its REST interface"              },
};
enum { N_FORM = sizeof forms / sizeof *forms };

struct dh_import_form dh_import_form_at(int32_t i) {
    if (i < 0 || i >= N_FORM)
        return (struct dh_import_form){0};
    return (struct dh_import_form){forms[i].name, forms[i].about};
}

static void hint_of(struct dh_diag *diag, const char *name, const char *looks, enum dh_err err) {
    if (diag && diag->n_message > 0 && !diag->messages[diag->n_message - 1].hint &&
        dh_err_exit_status(err) == 65)
        dh_diag_hint(diag, "%s: %s", name, looks);
}

enum dh_err dh_import_convert(const char *form, const char *const *files, int32_t n_file, const char *part,
                              int (*write)(void *self, const char *bytes, size_t n), void *self,
                              struct dh_import_stats *stats, struct dh_diag *diag) {
    struct dh_importer im = {.path = files[0],
                             .files = files,
                             .n_file = n_file,
                             .part = part,
                             .write = write,
                             .self = self,
                             .stats = stats,
                             .diag = diag};
    if (stats)
        *stats = (struct dh_import_stats){0};
    int f = 0;
    while (f < N_FORM && strcmp(forms[f].name, form) != 0)
        f++;
    if (f == N_FORM)
        return dh_fail(diag, DH_ERR_USAGE, (struct dh_place){0}, "no kind of data %s", form);
    if (n_file > 1 && forms[f].convert != dh_import_netbox)
        return dh_fail(diag, DH_ERR_USAGE, (struct dh_place){files[1], 0, 0}, "%s is read from one file",
                       form);
    enum dh_err err =
        forms[f].format >= 0 ? import_jobs(&im, (enum dh_log_format)forms[f].format) : forms[f].convert(&im);
    if (err == DH_OK)
        dh_importer_hand_over(&im, 0);
    if (err == DH_OK && im.text.failed)
        err = dh_importer_no_memory(&im);
    if (err == DH_OK && im.refused)
        err = dh_fail(diag, DH_ERR_IO, (struct dh_place){im.path, 0, 0},
                      "the converted text could not be written");
    if (err != DH_OK)
        hint_of(diag, form, forms[f].looks, err);
    dh_text_free(&im.text);
    return err;
}
