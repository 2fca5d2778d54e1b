/* The bill of materials of a scenario, or of the one that a result was made from. */
#include <datahall/datahall.h>
#include "models/sizing.h"
#include "output/result_read.h"
#include "sim/diag.h"
#include "sim/text.h"
#include "sim/units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

static void put_number(struct dh_text *out, double value) {
    char number[40];
    if (isnan(value))
        return;
    if (value == rint(value) && fabs(value) < 1e15)
        snprintf(number, sizeof number, "%.0f", value + 0.0); /* 2000000, not 2e+06 */
    else
        dh_number_format(value, number, sizeof number);
    dh_text_puts(out, number);
}

/* Whether a source is for this figure, by its list of words. */
static bool is_for(const struct dh_source_spec *source, const char *word) {
    size_t n = strlen(word);
    for (const char *at = source->figures; (at = strstr(at, word)); at += n)
        if ((at == source->figures || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
            return true;
    return strcmp(source->figures, "all") == 0;
}

/* Where a figure comes from: "published: …"; nothing where no one says. */
static void put_source(struct dh_text *out, const struct dh_bill_item *item, const char *figure) {
    static const char *const evidence[] = {"published", "measured", "computed", "assumed"};
    for (int32_t i = 0; i < item->n_source; i++)
        if (is_for(&item->sources[i], figure)) {
            struct dh_text text = {0};
            dh_text_printf(&text, "%s: %s", evidence[item->sources[i].evidence], item->sources[i].text);
            dh_text_put_csv_word(out, text.at, text.n);
            dh_text_free(&text);
            return;
        }
}

static void put_date(struct dh_text *out, int64_t unix_s) {
    char date[21];
    if (unix_s == INT64_MIN)
        return;
    dh_timestamp_format(unix_s, date);
    dh_text_add(out, date, 10);
}

static enum dh_err put_item(void *self, const struct dh_bill_item *item) {
    struct dh_text *out = self;
    double late_s = dh_sizing_late_s(item);
    dh_text_printf(out, "%s,", item->kind);
    dh_text_put_csv_word(out, item->id, strlen(item->id));
    dh_text_puts(out, ",");
    dh_text_put_csv_word(out, item->title, strlen(item->title));
    dh_text_printf(out, ",%lld,", (long long)item->count);
    put_number(out, item->unit_w / 1000);
    dh_text_puts(out, ",");
    put_number(out, item->unit_usd);
    dh_text_puts(out, ",");
    put_number(out, item->included ? NAN : item->unit_usd * (double)item->count);
    dh_text_puts(out, ",");
    put_source(out, item, item->price_word ? item->price_word : "price");
    dh_text_puts(out, ",");
    put_number(out, item->lead_s / 604800);
    dh_text_puts(out, ",");
    put_source(out, item, "lead-time");
    dh_text_puts(out, ",");
    put_date(out, item->ordered_unix_s);
    dh_text_puts(out, ",");
    put_date(out, item->needed_unix_s);
    dh_text_puts(out, ",");
    put_number(out, late_s / 86400);
    dh_text_puts(out, "\n");
    return DH_OK;
}

static enum dh_err write_bill(const struct dh_scenario *sc, dh_write_fn write, void *self,
                              struct dh_diag *diag) {
    struct dh_text text = {0};
    dh_text_puts(&text, "kind,item,title,count,unit_rating_kw,unit_price,price,price_source,lead_time_weeks,"
                        "lead_time_source,ordered,needed,late_days\n");
    enum dh_err err = dh_sizing_items(sc, put_item, &text);
    if (err != DH_OK || text.failed || !text.at)
        err = dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    else if ((errno = 0, write(self, text.at, text.n)) != 0)
        err = dh_fail(diag, DH_ERR_IO, nowhere, "the output could not be written%s%s", errno ? ": " : "",
                      errno ? strerror(errno) : "");
    dh_text_free(&text);
    return err;
}

static enum dh_err read_from_result(struct dh_scenario_file *file, const char *path, struct dh_diag *diag) {
    static const struct dh_scenario_options none = {0};
    struct dh_result *result = NULL;
    struct dh_arena mem = {0};
    DH_TRY(dh_result_open(&result, path, diag));
    const char *xml = dh_result_provenance(result, "scenario_xml", &mem);
    enum dh_err err = xml ? dh_scenario_read_memory(file, xml, strlen(xml), path, ".", &none, diag)
                          : dh_fail(diag, DH_ERR_RESULT, nowhere, "the result holds no scenario");
    dh_arena_free(&mem);
    dh_result_close(result);
    return err;
}

enum dh_err dh_bill_of_materials(const char *path, dh_write_fn write, void *self, struct dh_diag *diag) {
    static const struct dh_scenario_options none = {0};
    struct dh_scenario_file file = {0};
    size_t n = strlen(path);
    bool is_xml = n > 4 && strcmp(path + n - 4, ".xml") == 0;
    enum dh_err err =
        is_xml ? dh_scenario_read(&file, path, &none, diag) : read_from_result(&file, path, diag);
    if (err == DH_OK) {
        err = write_bill(&file.spec, write, self, diag);
        dh_scenario_free(&file);
    }
    return err;
}
