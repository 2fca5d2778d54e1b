/* Summaries for embedders: item by item, as JSON, CSV and report; limits on them. */
#include <datahall/datahall.h>
#include "output/fail_if.h"
#include "output/report_text.h"
#include "output/summary.h"
#include "output/summary_json.h"
#include "output/summary_keys.h"
#include "sim/api/hand_over.h"
#include "sim/diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int32_t dh_summary_size(const struct dh_summary *summary) {
    return summary->n_entry;
}

struct dh_summary_item dh_summary_at(const struct dh_summary *summary, int32_t i) {
    struct dh_summary_item item = {.key = "", .unit = "", .kind = DH_ITEM_NUMBER, .number = NAN};
    if (i < 0 || i >= summary->n_entry)
        return item;
    const struct dh_summary_entry *entry = &summary->entries[i];
    item.key = entry->key;
    item.unit = entry->unit;
    item.number = dh_summary_value(summary, entry->key);
    if (entry->kind == DH_SUMMARY_INTEGER) {
        item.kind = DH_ITEM_INTEGER;
        item.integer = entry->integer;
    } else if (entry->kind == DH_SUMMARY_TEXT) {
        item.kind = DH_ITEM_TEXT;
        item.text = entry->text;
    }
    return item;
}

struct dh_summary_row dh_summary_row_at(int32_t i) {
    struct dh_summary_key key = dh_summary_key_at(i);
    return (struct dh_summary_row){key.pattern, key.unit, key.about, key.source};
}

void dh_summary_delete(struct dh_summary *summary) {
    if (!summary)
        return;
    dh_summary_free(summary);
    free(summary);
}

/* A copy of summary with performance behind it: the entries are shared, the texts are not owned. */
static enum dh_err with_performance(struct dh_summary *both, const struct dh_summary *summary,
                                    const struct dh_performance *p) {
    size_t n = (size_t)summary->n_entry;
    both->entries = malloc((n + 8) * sizeof *both->entries);
    if (!both->entries)
        return DH_ERR_MEMORY;
    if (n > 0)
        memcpy(both->entries, summary->entries, n * sizeof *both->entries);
    both->n_entry = (int32_t)n;
    both->n_room = (int32_t)n + 8;
    dh_summary_number(both, "performance.wall_s", "s", p->wall_s, "wall time");
    dh_summary_number(both, "performance.cpu_s", "s", p->cpu_s, "processor time");
    dh_summary_integer(both, "performance.events", "1", p->events, "events");
    dh_summary_number(both, "performance.events_per_s", "1/s", p->events_per_s,
                      "events per second of wall time");
    dh_summary_integer(both, "performance.peak_rss_bytes", "B", p->peak_rss_bytes, "largest memory in use");
    return both->err;
}

enum dh_err dh_summary_json(const struct dh_summary *summary, const struct dh_performance *performance,
                            dh_write_fn write, void *self, struct dh_diag *diag) {
    struct dh_text text = {0};
    struct dh_summary both = {0};
    enum dh_err err = DH_OK;
    if (performance)
        err = with_performance(&both, summary, performance);
    if (err == DH_OK)
        err = dh_summary_json_write(performance ? &both : summary, &text);
    dh_text_puts(&text, "\n");
    dh_summary_free(&both);
    return dh_hand_over(&text, err, write, self, diag);
}

enum dh_err dh_summary_csv(const struct dh_summary *summary, dh_write_fn write, void *self,
                           struct dh_diag *diag) {
    struct dh_text text = {0};
    dh_text_puts(&text, "key,value,unit\n");
    for (int32_t i = 0; i < summary->n_entry; i++) {
        const struct dh_summary_entry *entry = &summary->entries[i];
        dh_text_put_csv_word(&text, entry->key, strlen(entry->key));
        dh_text_puts(&text, ",");
        char number[40];
        if (entry->kind == DH_SUMMARY_TEXT) {
            dh_text_put_csv_word(&text, entry->text, strlen(entry->text));
        } else if (entry->kind == DH_SUMMARY_INTEGER) {
            dh_text_printf(&text, "%lld", (long long)entry->integer);
        } else {
            dh_number_format(entry->number, number, sizeof number);
            dh_text_puts(&text, number);
        }
        dh_text_puts(&text, ",");
        if (strcmp(entry->unit, "1") != 0)
            dh_text_put_csv_word(&text, entry->unit, strlen(entry->unit));
        dh_text_puts(&text, "\n");
    }
    return dh_hand_over(&text, DH_OK, write, self, diag);
}

enum dh_err dh_summary_report(const struct dh_summary *summary, const struct dh_report_options *options,
                              dh_write_fn write, void *self, struct dh_diag *diag) {
    struct dh_text text = {0};
    struct dh_report_style style = {0};
    if (options)
        style = (struct dh_report_style){.color = options->color != 0,
                                         .width = options->width,
                                         .brief = options->brief != 0,
                                         .full = options->full != 0,
                                         .us = options->us_units != 0,
                                         .markdown = options->markdown != 0};
    enum dh_err err = dh_report_text_write(summary, &style, &text);
    return dh_hand_over(&text, err, write, self, diag);
}

enum dh_err dh_limit_check(const char *expression, struct dh_diag *diag) {
    return dh_fail_if_check(expression, diag);
}

enum dh_err dh_limit_crossed(const struct dh_summary *summary, const char *expression, struct dh_diag *diag) {
    return dh_fail_if_crossed(summary, expression, diag);
}
