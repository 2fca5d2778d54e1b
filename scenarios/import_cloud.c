/* What clouds publish of their prices: lists of GPU instances, histories of spot prices, data between
 * regions. */
#include "scenarios/import_internal.h"

#include "sim/sum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 64, MAX_INSTANCES = 100000, MAX_PRICES = 5000000 };
static const double MAX_USD = 1e5; /* an hour */

/* ---- price lists --------------------------------------------------------------------------------------- */

/* Names of GPUs in Amazon's list, and the device of the catalog that each is. What is not here has none. */
static const struct {
    const char *gpu, *device;
} gpus[] = {
    {"V100-32", "v100-sxm-32g"},
    {"A100-40", "a100-sxm-40g"},
    {"A100-80", "a100-sxm"    },
    {"H100-80", "h100-sxm"    },
    {"H200",    "h200-sxm"    },
    {"B200",    "b200"        },
};

/* Instances whose lists do not say what is in them (Azure, Google): by how the name begins and ends; gpus 0:
 * the number between the last '-' and the end, as a3-highgpu-4g. From the providers' own pages on machine
 * types. */
static const struct {
    const char *begins, *ends, *device;
    int gpus;
} families[] = {
    {"a2-highgpu-",      "g",         "a100-sxm-40g", 0},
    {"a2-megagpu-",      "g",         "a100-sxm-40g", 0},
    {"a2-ultragpu-",     "g",         "a100-sxm",     0},
    {"a3-highgpu-",      "g",         "h100-sxm",     0},
    {"a3-megagpu-",      "g",         "h100-sxm",     0},
    {"a3-ultragpu-",     "g",         "h200-sxm",     0},
    {"a4-highgpu-",      "g",         "b200",         0},
    {"a4x-highgpu-",     "g",         "gb200",        0},
    {"Standard_ND96as",  "_A100_v4",  "a100-sxm-40g", 8},
    {"Standard_ND96am",  "_A100_v4",  "a100-sxm",     8},
    {"Standard_ND96is",  "_H100_v5",  "h100-sxm",     8},
    {"Standard_ND96is",  "H200_v5",   "h200-sxm",     8},
    {"Standard_ND96is",  "MI300X_v5", "mi300x",       8},
    {"Standard_ND128is", "_GB200_v6", "gb200",        4},
};

struct instance {
    char region[NAME_ROOM], name[NAME_ROOM], date[NAME_ROOM];
    const char *device;
    int gpus;
    double on_demand, spot; /* USD/h; spot NAN: not given */
    int32_t line;
};

struct list {
    struct instance *rows;
    int32_t n, room;
    int64_t n_unknown, n_older;
    int32_t first_unknown;
    char unknown[NAME_ROOM];
};

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, const char *with) {
    size_t n = strlen(text), m = strlen(with);
    return n >= m && strcmp(text + n - m, with) == 0;
}

/* Device and number of an instance; device NULL: the catalog has none like it. */
static void look_up(struct instance *in) {
    for (size_t f = 0; f < sizeof families / sizeof *families && !in->device; f++) {
        if (!begins(in->name, families[f].begins) || !ends(in->name, families[f].ends))
            continue;
        int n = families[f].gpus;
        if (n == 0 && sscanf(in->name + strlen(families[f].begins), "%3d", &n) != 1)
            continue;
        in->device = families[f].device;
        in->gpus = n;
    }
}

static enum dh_err read_text(const struct dh_csv *csv, int32_t column, char text[NAME_ROOM]) {
    if (column >= 0 && csv->fields[column].n >= NAME_ROOM)
        return dh_fail(csv->in.diag, DH_ERR_DATA, dh_csv_place(csv, column), "a name of more than %d bytes",
                       NAME_ROOM - 1);
    dh_csv_text(csv, column, text, NAME_ROOM);
    if (column >= 0 && !*text)
        return dh_fail(csv->in.diag, DH_ERR_MISSING, dh_csv_place(csv, column), "%s is empty",
                       csv->columns[column].text);
    return DH_OK;
}

struct columns {
    int32_t region, name, date, gpu, gpus, on_demand, spot;
};

static enum dh_err find_columns(struct dh_csv *csv, struct columns *c) {
    DH_TRY(dh_csv_require(csv, "region", NULL, &c->region));
    DH_TRY(dh_csv_require(csv, "instance", NULL, &c->name));
    DH_TRY(dh_csv_require(csv, "on_demand_usd_per_hour", NULL, &c->on_demand));
    c->spot = dh_csv_column(csv, "spot_usd_per_hour", NULL, NULL);
    c->date = dh_csv_column(csv, "snapshot_date", NULL, NULL);
    c->gpu = dh_csv_column(csv, "gpu", NULL, NULL);
    c->gpus = dh_csv_column(csv, "gpu_count", NULL, NULL);
    dh_csv_warn_unknown(csv);
    return DH_OK;
}

static enum dh_err read_instance(const struct dh_csv *csv, const struct columns *c, struct instance *in) {
    *in = (struct instance){.spot = NAN, .line = csv->in.line};
    DH_TRY(read_text(csv, c->region, in->region));
    DH_TRY(read_text(csv, c->name, in->name));
    DH_TRY(read_text(csv, c->date, in->date));
    if (c->date >= 0) { /* dates are compared as texts: they must be dates */
        int64_t unix_ns;
        DH_TRY(dh_csv_instant(csv, c->date, &unix_ns));
    }
    DH_TRY(dh_csv_double(csv, c->on_demand, 0, MAX_USD, &in->on_demand));
    if (!dh_csv_is_empty(csv, c->spot))
        DH_TRY(dh_csv_double(csv, c->spot, 0, MAX_USD, &in->spot));
    if (c->gpu >= 0) {
        char gpu[NAME_ROOM];
        int64_t n = 0;
        DH_TRY(read_text(csv, c->gpu, gpu));
        for (size_t g = 0; g < sizeof gpus / sizeof *gpus; g++)
            if (strcmp(gpus[g].gpu, gpu) == 0)
                in->device = gpus[g].device;
        if (c->gpus >= 0)
            DH_TRY(dh_csv_integer(csv, c->gpus, 1, 1024, &n));
        in->gpus = (int)n;
    }
    if (!in->device || in->gpus == 0)
        look_up(in);
    return DH_OK;
}

static enum dh_err add_instance(struct dh_importer *im, struct list *list, const struct instance *in) {
    if (!in->device) {
        if (list->n_unknown++ == 0) {
            list->first_unknown = in->line;
            memcpy(list->unknown, in->name, sizeof list->unknown);
        }
        return DH_OK;
    }
    if (list->n == list->room) {
        if (list->n >= MAX_INSTANCES)
            return dh_fail(im->diag, DH_ERR_LIMIT_MEMORY, (struct dh_place){im->path, in->line, 0},
                           "more than %d instances", MAX_INSTANCES);
        int32_t room = list->room ? 2 * list->room : 256;
        struct instance *grown = realloc(list->rows, (size_t)room * sizeof *grown);
        if (!grown)
            return dh_importer_no_memory(im);
        list->rows = grown;
        list->room = room;
    }
    list->rows[list->n++] = *in;
    return DH_OK;
}

/* By region and name, the newest first, of one date the one further down. */
static int by_name(const void *a, const void *b) {
    const struct instance *p = a, *q = b;
    int order = strcmp(p->region, q->region);
    order = order ? order : dh_text_natural_order(p->name, q->name);
    order = order ? order : strcmp(q->date, p->date);
    return order ? order : (q->line > p->line) - (q->line < p->line);
}

static void put_provider(struct dh_importer *im, const struct list *list, int32_t first, int32_t end) {
    char id[NAME_ROOM + 2];
    dh_importer_id(list->rows[first].region, id, sizeof id);
    dh_text_printf(&im->text, "  <provider id=\"%s\" region=\"", id);
    dh_text_put_xml(&im->text, list->rows[first].region);
    dh_text_puts(&im->text, "\">\n");
    for (int32_t i = first; i < end; i++) {
        const struct instance *in = &list->rows[i];
        dh_importer_id(in->name, id, sizeof id);
        dh_text_printf(&im->text, "    <instance id=\"%s\" device=\"%s\" gpus=\"%d\" on-demand=\"", id,
                       in->device, in->gpus);
        dh_importer_number(im, in->on_demand);
        dh_text_puts(&im->text, " USD/h\"");
        if (!isnan(in->spot)) {
            dh_text_puts(&im->text, " spot=\"");
            dh_importer_number(im, in->spot);
            dh_text_puts(&im->text, " USD/h\"");
        }
        dh_text_puts(&im->text, "/>\n");
    }
    const char *slash = strrchr(im->path, '/');
    dh_text_puts(&im->text, "    <source for=\"instance\" evidence=\"published\" text=\"");
    dh_text_put_xml(&im->text, slash ? slash + 1 : im->path);
    if (*list->rows[first].date)
        dh_text_printf(&im->text, ", %.10s", list->rows[first].date);
    dh_text_puts(&im->text, "\"/>\n  </provider>\n");
    dh_importer_hand_over(im, DH_IMPORT_PIECE);
}

static void put_list(struct dh_importer *im, const struct list *list) {
    struct dh_sum per_gpu = {0};
    int32_t n_region = 0;
    dh_importer_line(im, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    dh_importer_line(im, "<!-- GPU instances by region. A price list says nothing of egress, start and "
                         "interruption: set them for each provider that is used. -->");
    dh_importer_line(im, "<catalog xmlns=\"urn:datahall:scenario:1\">");
    dh_importer_line(im, "  <import href=\"catalog:gpus.xml\"/>");
    for (int32_t first = 0, end = 0; first < list->n; first = end) {
        while (end < list->n && strcmp(list->rows[end].region, list->rows[first].region) == 0)
            dh_sum_add(&per_gpu, list->rows[end].on_demand / list->rows[end].gpus), end++;
        put_provider(im, list, first, end);
        n_region++;
    }
    dh_importer_line(im, "</catalog>");
    dh_importer_figure(im, n_region, "regions", NULL);
    dh_importer_figure(im, list->n, "instances", NULL);
    dh_importer_figure(im, dh_sum_value(&per_gpu) / list->n, "mean_usd_per_gpu_hour", NULL);
    dh_importer_figure(im, (double)list->n_older, "older_prices", NULL);
    dh_importer_figure(im, (double)list->n_unknown, "skipped_without_device", NULL);
}

static enum dh_err finish_list(struct dh_importer *im, struct list *list, int64_t n_row) {
    bool part = im->part && *im->part;
    if (list->n == 0 && part && n_row > 0)
        return dh_fail(im->diag, DH_ERR_DANGLING_REF, (struct dh_place){im->path, 0, 0},
                       "no instance of region %s whose accelerator the catalog has", im->part);
    if (list->n == 0)
        return dh_fail(im->diag, DH_ERR_DATA, (struct dh_place){im->path, 1, 0},
                       "no instance whose accelerator the catalog has");
    qsort(list->rows, (size_t)list->n, sizeof *list->rows, by_name);
    int32_t kept = 0;
    for (int32_t i = 0; i < list->n; i++) {
        const struct instance *before = kept > 0 ? &list->rows[kept - 1] : NULL;
        if (before && strcmp(before->region, list->rows[i].region) == 0 &&
            strcmp(before->name, list->rows[i].name) == 0)
            list->n_older++;
        else
            list->rows[kept++] = list->rows[i];
    }
    list->n = kept;
    if (list->n_unknown > 0)
        dh_warn(im->diag, DH_ERR_W_DATA, (struct dh_place){im->path, list->first_unknown, 0},
                "instances whose accelerator the catalog does not have, such as %s: %lld", list->unknown,
                (long long)list->n_unknown);
    dh_importer_figure(im, (double)n_row, "records", NULL);
    put_list(im, list);
    return DH_OK;
}

enum dh_err dh_import_cloud(struct dh_importer *im) {
    struct dh_csv csv;
    struct columns c;
    struct list list = {0};
    struct instance in;
    int64_t n_row = 0;
    bool got = true;
    DH_TRY(dh_csv_open(&csv, im->path, DH_CSV_PLAIN, im->diag));
    enum dh_err err = find_columns(&csv, &c);
    while (err == DH_OK && (err = dh_csv_next(&csv, &got)) == DH_OK && got) {
        n_row++;
        err = read_instance(&csv, &c, &in);
        if (err == DH_OK && (!im->part || !*im->part || strcmp(im->part, in.region) == 0))
            err = add_instance(im, &list, &in);
    }
    if (err == DH_OK)
        err = finish_list(im, &list, n_row);
    dh_csv_close(&csv);
    free(list.rows);
    return err;
}

/* ---- spot ---------------------------------------------------------------------------------------------- */

/* A price holds from its instant to the next one of its instance and zone, the last one to the end of the
 * file's time. */
struct price {
    int64_t unix_ns;
    double usd;
    int32_t market, line;
};

struct market {
    char name[NAME_ROOM], zone[NAME_ROOM];
};

struct spot {
    struct price *prices;
    struct market *markets;
    int32_t n_price, price_room, n_market, market_room;
    int64_t last_ns;
};

static enum dh_err market_of(struct dh_importer *im, struct spot *s, const struct market *wanted,
                             int32_t *row) {
    for (*row = s->n_market - 1; *row >= 0;
         --*row) /* the newest first: files list one market after the other */
        if (strcmp(s->markets[*row].name, wanted->name) == 0 &&
            strcmp(s->markets[*row].zone, wanted->zone) == 0)
            return DH_OK;
    if (s->n_market == s->market_room) {
        int32_t room = s->market_room ? 2 * s->market_room : 64;
        struct market *grown = room <= 2048 ? realloc(s->markets, (size_t)room * sizeof *grown) : NULL;
        if (!grown && room > 2048)
            return dh_fail(im->diag, DH_ERR_LIMIT_MEMORY, (struct dh_place){im->path, 1, 0},
                           "more than 2048 instances and zones");
        if (!grown)
            return dh_importer_no_memory(im);
        s->markets = grown;
        s->market_room = room;
    }
    *row = s->n_market;
    s->markets[s->n_market++] = *wanted;
    return DH_OK;
}

static enum dh_err add_price(struct dh_importer *im, struct spot *s, const struct dh_csv *csv,
                             const int32_t *column) {
    struct market market;
    struct price price = {.line = csv->in.line};
    DH_TRY(read_text(csv, column[0], market.name));
    DH_TRY(read_text(csv, column[1], market.zone));
    DH_TRY(dh_csv_instant(csv, column[2], &price.unix_ns));
    DH_TRY(dh_csv_double(csv, column[3], 0, MAX_USD, &price.usd));
    if (im->part && *im->part && strcmp(im->part, market.name) != 0)
        return DH_OK;
    DH_TRY(market_of(im, s, &market, &price.market));
    if (s->n_price == s->price_room) {
        int32_t room = s->price_room ? 2 * s->price_room : 4096;
        if (s->n_price >= MAX_PRICES)
            return dh_fail(im->diag, DH_ERR_LIMIT_MEMORY, dh_csv_place(csv, -1), "more than %d prices",
                           MAX_PRICES);
        struct price *grown = realloc(s->prices, (size_t)room * sizeof *grown);
        if (!grown)
            return dh_importer_no_memory(im);
        s->prices = grown;
        s->price_room = room;
    }
    s->last_ns = s->n_price == 0 || price.unix_ns > s->last_ns ? price.unix_ns : s->last_ns;
    s->prices[s->n_price++] = price;
    return DH_OK;
}

static int by_market(const void *a, const void *b) {
    const struct price *p = a, *q = b;
    if (p->market != q->market)
        return p->market < q->market ? -1 : 1;
    if (p->unix_ns != q->unix_ns)
        return p->unix_ns < q->unix_ns ? -1 : 1;
    return (p->line > q->line) - (p->line < q->line);
}

static void put_market(struct dh_importer *im, const struct spot *s, int32_t first, int32_t end,
                       struct dh_sum *usd, struct dh_sum *hours) {
    const struct market *market = &s->markets[s->prices[first].market];
    struct dh_sum own = {0};
    double low = s->prices[first].usd, high = low;
    for (int32_t i = first; i < end; i++) {
        int64_t until = i + 1 < end ? s->prices[i + 1].unix_ns : s->last_ns;
        dh_sum_add(&own, s->prices[i].usd * ((double)(until - s->prices[i].unix_ns) / 3.6e12));
        low = fmin(low, s->prices[i].usd);
        high = fmax(high, s->prices[i].usd);
    }
    double held = (double)(s->last_ns - s->prices[first].unix_ns) / 3.6e12;
    dh_sum_add(usd, dh_sum_value(&own));
    dh_sum_add(hours, held);
    dh_importer_name(im, market->name);
    dh_text_puts(&im->text, ",");
    dh_importer_name(im, market->zone);
    dh_text_puts(&im->text, ",");
    dh_importer_number(im, held > 0 ? dh_sum_value(&own) / held : s->prices[end - 1].usd);
    dh_text_puts(&im->text, ",");
    dh_importer_number(im, low);
    dh_text_puts(&im->text, ",");
    dh_importer_number(im, high);
    dh_text_puts(&im->text, ",");
    dh_importer_number(im, held);
    dh_text_printf(&im->text, ",%d\n", end - first);
    dh_importer_hand_over(im, DH_IMPORT_PIECE);
}

enum dh_err dh_import_spot(struct dh_importer *im) {
    static const char *const names[] = {"instance", "zone", "timestamp_utc", "spot_usd_per_hour"};
    struct dh_csv csv;
    struct spot s = {0};
    struct dh_sum usd = {0}, hours = {0};
    int32_t column[4];
    bool got = true;
    DH_TRY(dh_csv_open(&csv, im->path, DH_CSV_PLAIN, im->diag));
    enum dh_err err = DH_OK;
    for (int c = 0; c < 4 && err == DH_OK; c++)
        err = dh_csv_require(&csv, names[c], NULL, &column[c]);
    while (err == DH_OK && (err = dh_csv_next(&csv, &got)) == DH_OK && got)
        err = add_price(im, &s, &csv, column);
    if (err == DH_OK && s.n_price == 0)
        err = dh_fail(im->diag, DH_ERR_DATA, (struct dh_place){im->path, csv.in.line, 0}, "no price%s%s",
                      im->part && *im->part ? " of " : "", im->part ? im->part : "");
    if (err == DH_OK) {
        qsort(s.prices, (size_t)s.n_price, sizeof *s.prices, by_market);
        dh_importer_line(im,
                         "instance,zone,mean_usd_per_hour,low_usd_per_hour,high_usd_per_hour,hours,prices");
        for (int32_t first = 0, end = 0; first < s.n_price; first = end) {
            while (end < s.n_price && s.prices[end].market == s.prices[first].market)
                end++;
            put_market(im, &s, first, end, &usd, &hours);
        }
        dh_importer_figure(im, s.n_price, "prices", NULL);
        dh_importer_figure(im, s.n_market, "markets", NULL);
        if (dh_sum_value(&hours) > 0)
            dh_importer_figure(im, dh_sum_value(&usd) / dh_sum_value(&hours), "mean_usd_per_hour", NULL);
        dh_importer_figure(im, dh_sum_value(&hours), "hours", NULL);
    }
    dh_csv_close(&csv);
    free(s.prices);
    free(s.markets);
    return err;
}

/* ---- egress -------------------------------------------------------------------------------------------- */

struct egress {
    int64_t rows, pairs;
    double high;
    struct dh_sum usd;
};

static enum dh_err put_row(struct dh_importer *im, const struct dh_csv *csv, struct egress *e) {
    char from[256];
    dh_csv_text(csv, 0, from, sizeof from);
    if (!*from)
        return dh_fail(im->diag, DH_ERR_MISSING, dh_csv_place(csv, 0), "a line without its region");
    bool wanted = !im->part || !*im->part || strcmp(im->part, from) == 0;
    for (int32_t c = 1; c < csv->n_column; c++) {
        double usd = 0;
        if (dh_csv_is_empty(csv, c))
            continue;
        DH_TRY(dh_csv_double(csv, c, 0, 1000, &usd));
        if (!wanted || strcmp(csv->columns[c].text, from) == 0)
            continue; /* data that stay where they are cost nothing */
        dh_importer_name(im, from);
        dh_text_puts(&im->text, ",");
        dh_importer_name(im, csv->columns[c].text);
        dh_text_puts(&im->text, ",");
        dh_importer_number(im, usd);
        dh_text_puts(&im->text, "\n");
        dh_importer_hand_over(im, DH_IMPORT_PIECE);
        dh_sum_add(&e->usd, usd);
        e->high = fmax(e->high, usd);
        e->pairs++;
    }
    e->rows++;
    return DH_OK;
}

enum dh_err dh_import_egress(struct dh_importer *im) {
    struct dh_csv csv;
    struct egress e = {0};
    bool got = true;
    DH_TRY(dh_csv_open(&csv, im->path, DH_CSV_PLAIN, im->diag));
    enum dh_err err = DH_OK;
    if (csv.columns[0].n > 0 || csv.n_column < 2)
        err = dh_fail(im->diag, DH_ERR_DATA, (struct dh_place){im->path, csv.in.line, 1},
                      "the header does not begin with an empty field and regions behind it");
    if (err == DH_OK)
        dh_importer_line(im, "from,to,usd_per_gb");
    while (err == DH_OK && (err = dh_csv_next(&csv, &got)) == DH_OK && got)
        err = put_row(im, &csv, &e);
    if (err == DH_OK && e.pairs == 0)
        err =
            dh_fail(im->diag, DH_ERR_DATA, (struct dh_place){im->path, csv.in.line, 0},
                    "no price of data%s%s", im->part && *im->part ? " from " : "", im->part ? im->part : "");
    dh_csv_close(&csv);
    if (err != DH_OK)
        return err;
    dh_importer_figure(im, (double)e.rows, "regions", NULL);
    dh_importer_figure(im, (double)e.pairs, "pairs", NULL);
    dh_importer_figure(im, dh_sum_value(&e.usd) / (double)e.pairs, "mean_usd_per_gb", NULL);
    dh_importer_figure(im, e.high, "highest_usd_per_gb", NULL);
    return DH_OK;
}
