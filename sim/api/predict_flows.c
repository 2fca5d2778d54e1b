/* When flows over a network have delivered their bytes, sharing its links max-min fairly. */
#include "sim/api/predict_rows.h"

#include "models/flow.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 100000000 };
static const double most_host = 1e15, most_bytes = 1e24, most_s = 1e12, least_rate = 1e-3;

struct link {
    int64_t id;
    double capacity, latency_s;
    int32_t line;
};
struct route {
    int64_t src, dst;
    int32_t first, n, line; /* links: hops[first …] */
    double latency_s;
};
struct row {
    double start, bytes, weight, cap, measured, finish;
    size_t end; /* of its fields in the text of all rows */
    int32_t route;
};

struct flows {
    struct dh_predict_rows rows;
    size_t head;          /* of the text of all rows */
    struct link *links;   /* by id */
    struct route *routes; /* by src, dst */
    int32_t *hops;
    struct row *flows;
    int32_t n_link, n_route, n_hop, n_flow, link_room, route_room, hop_room, flow_room;
};

static enum dh_err no_memory(struct flows *f) {
    return dh_fail(f->rows.p->diag, DH_ERR_MEMORY, (struct dh_place){0}, "out of memory");
}

/* Room for one more. */
static bool room(void *array, int32_t n, int32_t *have, size_t size) {
    void *old;
    if (n < *have)
        return true;
    if (n >= MOST_ROWS)
        return false;
    int32_t more = *have ? 2 * *have : 1024;
    memcpy(&old, array, sizeof old);
    void *grown = realloc(old, (size_t)more * size);
    if (!grown)
        return false;
    memcpy(array, &grown, sizeof grown);
    *have = more;
    return true;
}

/* ---- links */

static int by_id(const void *a, const void *b) {
    const struct link *x = a, *y = b;
    return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : (x->line > y->line) - (x->line < y->line);
}

static int32_t find_link(const struct flows *f, int64_t id) {
    int32_t low = 0, high = f->n_link;
    while (low < high) {
        int32_t mid = low + (high - low) / 2;
        if (f->links[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->n_link && f->links[low].id == id ? low : -1;
}

/* A number that must be above zero: one message for what is no number, and one for zero and less. */
static enum dh_err above_zero(const struct dh_csv *csv, int32_t column, double least, double most,
                              const char *what, struct dh_diag *diag, double *value) {
    DH_TRY(dh_csv_double(csv, column, -most, most, value));
    if (*value > 0) /* so little that an end is beyond all numbers is refused, too */
        return dh_csv_double(csv, column, least, most, value);
    dh_fail(diag, DH_ERR_RANGE, dh_csv_place(csv, column), "%s is %g, not above 0", what, *value);
    dh_diag_hint(diag, "leave out what is not there: a flow over nothing would never end");
    return DH_ERR_RANGE;
}

static enum dh_err read_link(struct flows *f, struct dh_csv *csv, const int32_t column[3]) {
    struct dh_diag *diag = f->rows.p->diag;
    struct link link = {.line = dh_csv_place(csv, -1).line};
    if (!room(&f->links, f->n_link, &f->link_room, sizeof *f->links))
        return no_memory(f);
    DH_TRY(dh_csv_integer(csv, column[0], 0, (int64_t)most_host, &link.id));
    DH_TRY(
        above_zero(csv, column[1], least_rate, most_bytes, "the capacity of a link", diag, &link.capacity));
    if (!dh_csv_is_empty(csv, column[2]))
        DH_TRY(dh_csv_double(csv, column[2], 0, most_s, &link.latency_s));
    f->links[f->n_link++] = link;
    return DH_OK;
}

static enum dh_err read_links(struct flows *f, const char *path) {
    struct dh_diag *diag = f->rows.p->diag;
    struct dh_csv csv;
    int32_t column[3];
    bool got = true;
    DH_TRY(dh_csv_open(&csv, path, DH_CSV_HASH_COMMENTS, diag));
    enum dh_err err = dh_csv_require(&csv, "link_id", "link", &column[0]);
    if (err == DH_OK)
        err = dh_csv_require(&csv, "bandwidth_Bps", "capacity_Bps", &column[1]);
    column[2] = dh_csv_column(&csv, "latency_s", NULL, NULL);
    while (err == DH_OK && (err = dh_csv_next(&csv, &got)) == DH_OK && got)
        err = read_link(f, &csv, column);
    dh_csv_close(&csv);
    if (err != DH_OK)
        return err;
    if (f->n_link > 0)
        qsort(f->links, (size_t)f->n_link, sizeof *f->links, by_id);
    for (int32_t i = 1; i < f->n_link; i++)
        if (f->links[i].id == f->links[i - 1].id) {
            dh_fail(diag, DH_ERR_DUPLICATE_ID, (struct dh_place){path, f->links[i].line, 1},
                    "link %lld is described twice", (long long)f->links[i].id);
            dh_diag_hint(diag, "first in line %d; the two directions of a cable are two links",
                         f->links[i - 1].line);
            return DH_ERR_DUPLICATE_ID;
        }
    return DH_OK;
}

/* ---- routes */

static int by_hosts(const void *a, const void *b) {
    const struct route *x = a, *y = b;
    if (x->src != y->src)
        return x->src < y->src ? -1 : 1;
    if (x->dst != y->dst)
        return x->dst < y->dst ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

static int32_t find_route(const struct flows *f, int64_t src, int64_t dst) {
    int32_t low = 0, high = f->n_route;
    while (low < high) {
        int32_t mid = low + (high - low) / 2;
        const struct route *r = &f->routes[mid];
        if (r->src < src || (r->src == src && r->dst < dst))
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->n_route && f->routes[low].src == src && f->routes[low].dst == dst ? low : -1;
}

/* The next number in a list that blanks or semicolons separate; false at its end. *bad: a word that is none.
 */
static bool next_link(const struct dh_csv_field *field, size_t *at, int64_t *id, bool *bad) {
    while (*at < field->n && strchr(" ;\t", field->text[*at]))
        ++*at;
    if (*at == field->n)
        return false;
    int64_t value = 0;
    for (; *at < field->n && !strchr(" ;\t", field->text[*at]); ++*at) {
        char c = field->text[*at];
        *bad |= c < '0' || c > '9' || value > (int64_t)most_host;
        value = *bad ? 0 : 10 * value + (c - '0');
    }
    *id = value;
    return true;
}

static enum dh_err read_hops(struct flows *f, struct dh_csv *csv, int32_t column, struct route *route) {
    struct dh_diag *diag = f->rows.p->diag;
    const struct dh_csv_field *field = &csv->fields[column];
    struct dh_place place = dh_csv_place(csv, column);
    bool bad = false;
    int64_t id;
    route->first = f->n_hop;
    for (size_t at = 0; next_link(field, &at, &id, &bad);) {
        if (bad) {
            dh_fail(diag, DH_ERR_NUMBER, place, "a route's links are not all numbers");
            dh_diag_hint(diag, "link ids with blanks between, such as \"638 2660 4005 1957\"");
            return DH_ERR_NUMBER;
        }
        int32_t link = find_link(f, id);
        if (link < 0) {
            dh_fail(diag, DH_ERR_DANGLING_REF, place, "there is no link %lld", (long long)id);
            dh_diag_hint(diag, "%s describes %d links", f->rows.p->options->links, f->n_link);
            return DH_ERR_DANGLING_REF;
        }
        for (int32_t i = route->first; i < f->n_hop; i++)
            if (f->hops[i] == link) {
                dh_fail(diag, DH_ERR_CYCLE, place, "the route takes link %lld twice", (long long)id);
                dh_diag_hint(diag, "a route names each link once");
                return DH_ERR_CYCLE;
            }
        if (f->n_hop - route->first == DH_FLOW_MAX_HOPS)
            return dh_fail(diag, DH_ERR_RANGE, place, "the route has more than %d links",
                           (int)DH_FLOW_MAX_HOPS);
        if (!room(&f->hops, f->n_hop, &f->hop_room, sizeof *f->hops))
            return no_memory(f);
        f->hops[f->n_hop++] = link;
        route->latency_s += f->links[link].latency_s;
    }
    route->n = f->n_hop - route->first;
    if (route->n == 0 && route->src != route->dst) {
        dh_fail(diag, DH_ERR_MISSING, place, "the route from %lld to %lld has no links",
                (long long)route->src, (long long)route->dst);
        dh_diag_hint(diag, "only a host reaches itself without links");
        return DH_ERR_MISSING;
    }
    return DH_OK;
}

static enum dh_err read_route(struct flows *f, struct dh_csv *csv, const int32_t column[3]) {
    struct route route = {.line = dh_csv_place(csv, -1).line};
    if (!room(&f->routes, f->n_route, &f->route_room, sizeof *f->routes))
        return no_memory(f);
    DH_TRY(dh_csv_integer(csv, column[0], 0, (int64_t)most_host, &route.src));
    DH_TRY(dh_csv_integer(csv, column[1], 0, (int64_t)most_host, &route.dst));
    DH_TRY(read_hops(f, csv, column[2], &route));
    f->routes[f->n_route++] = route;
    return DH_OK;
}

/* Sorts routes; one that is repeated word for word counts once. */
static enum dh_err sort_routes(struct flows *f, const char *path) {
    struct dh_diag *diag = f->rows.p->diag;
    int32_t n = 0;
    if (f->n_route > 0)
        qsort(f->routes, (size_t)f->n_route, sizeof *f->routes, by_hosts);
    for (int32_t i = 0; i < f->n_route; i++) {
        const struct route *r = &f->routes[i], *last = &f->routes[n > 0 ? n - 1 : 0];
        if (n == 0 || r->src != last->src || r->dst != last->dst) {
            f->routes[n++] = *r;
            continue;
        }
        if (r->n != last->n ||
            memcmp(&f->hops[r->first], &f->hops[last->first], (size_t)r->n * sizeof *f->hops) != 0) {
            dh_fail(diag, DH_ERR_DUPLICATE_ID, (struct dh_place){path, r->line, 1},
                    "two routes lead from %lld to %lld", (long long)r->src, (long long)r->dst);
            dh_diag_hint(diag, "the other is in line %d; between two hosts there is one", last->line);
            return DH_ERR_DUPLICATE_ID;
        }
    }
    f->n_route = n;
    return DH_OK;
}

static enum dh_err read_routes(struct flows *f, const char *path) {
    struct dh_csv csv;
    int32_t column[3];
    bool got = true;
    DH_TRY(dh_csv_open(&csv, path, DH_CSV_HASH_COMMENTS, f->rows.p->diag));
    enum dh_err err = dh_csv_require(&csv, "src", NULL, &column[0]);
    if (err == DH_OK)
        err = dh_csv_require(&csv, "dst", NULL, &column[1]);
    column[2] = dh_csv_column_prefix(&csv, "links"); /* the header may go on to say how they are numbered */
    if (err == DH_OK && column[2] < 0)
        err = dh_csv_require(&csv, "links", NULL, &column[2]);
    while (err == DH_OK && (err = dh_csv_next(&csv, &got)) == DH_OK && got)
        err = read_route(f, &csv, column);
    dh_csv_close(&csv);
    return err == DH_OK ? sort_routes(f, path) : err;
}

/* ---- flows */

struct columns {
    int32_t src, dst, bytes, start, weight, cap, measured;
};

static enum dh_err find_columns(struct flows *f, struct columns *c) {
    struct dh_csv *csv = &f->rows.csv;
    enum dh_err err = DH_OK;
    DH_TRY(dh_csv_require(csv, "src", NULL, &c->src));
    DH_TRY(dh_csv_require(csv, "dst", NULL, &c->dst));
    DH_TRY(dh_csv_require(csv, "bytes", NULL, &c->bytes));
    c->start = dh_csv_column(csv, "start", "start_s", &err);
    c->weight = dh_csv_column(csv, "weight", NULL, NULL);
    c->cap = dh_csv_column(csv, "cap_Bps", "cap", &err);
    c->measured = dh_csv_column(csv, "finish", "finish_s", &err);
    return err;
}

static enum dh_err read_flow(struct flows *f, const struct columns *c) {
    struct dh_diag *diag = f->rows.p->diag;
    const struct dh_csv *csv = &f->rows.csv;
    struct row row = {.weight = 1, .finish = NAN};
    int64_t src, dst;
    if (!room(&f->flows, f->n_flow, &f->flow_room, sizeof *f->flows))
        return no_memory(f);
    DH_TRY(dh_csv_integer(csv, c->src, 0, (int64_t)most_host, &src));
    DH_TRY(dh_csv_integer(csv, c->dst, 0, (int64_t)most_host, &dst));
    DH_TRY(dh_csv_double(csv, c->bytes, -most_bytes, most_bytes, &row.bytes));
    if (row.bytes < 0) {
        dh_fail(diag, DH_ERR_RANGE, dh_csv_place(csv, c->bytes), "a flow of %g bytes", row.bytes);
        dh_diag_hint(diag, "bytes are 0 or more; what flows back is a flow from %lld to %lld", (long long)dst,
                     (long long)src);
        return DH_ERR_RANGE;
    }
    if (!dh_csv_is_empty(csv, c->start))
        DH_TRY(dh_csv_double(csv, c->start, 0, most_s, &row.start));
    if (!dh_csv_is_empty(csv, c->weight))
        DH_TRY(above_zero(csv, c->weight, 1e-6, 1e6, "the weight of a flow", diag, &row.weight));
    if (!dh_csv_is_empty(csv, c->cap))
        DH_TRY(above_zero(csv, c->cap, least_rate, most_bytes, "the cap of a flow", diag, &row.cap));
    row.measured = dh_csv_number(csv, c->measured);
    row.route = find_route(f, src, dst);
    if (row.route < 0) {
        dh_fail(diag, DH_ERR_MISSING, dh_csv_place(csv, c->src), "no route leads from %lld to %lld",
                (long long)src, (long long)dst);
        dh_diag_hint(diag, "%s has %d routes; each pair of hosts that flows needs one",
                     f->rows.p->options->routes, f->n_route);
        return DH_ERR_MISSING;
    }
    dh_predict_rows_copy(&f->rows);
    row.end = f->rows.p->out.n;
    f->flows[f->n_flow++] = row;
    return DH_OK;
}

/* ---- time */

/* Bytes enter the network when the first of them would arrive: after the latency of all links. */
static double enters(const struct flows *f, const struct row *row) {
    return row->start + f->routes[row->route].latency_s;
}

struct entry {
    double at;
    int32_t row;
};

static int by_time(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    return x->at != y->at ? (x->at > y->at) - (x->at < y->at) : (x->row > y->row) - (x->row < y->row);
}

static enum dh_err start(const struct flows *f, struct dh_flow_net *net, int32_t row, int32_t *row_of) {
    const struct row *r = &f->flows[row];
    const struct route *route = &f->routes[r->route];
    struct dh_flow_spec spec = {.links = f->hops + route->first,
                                .n_link = route->n,
                                .bytes = r->bytes,
                                .weight = r->weight,
                                .cap = r->cap};
    int32_t id = 0;
    DH_TRY(dh_flow_net_start(net, &spec, &id));
    row_of[id] = row;
    return DH_OK;
}

static enum dh_err run(struct flows *f, struct dh_flow_net *net, const struct entry *entries,
                       int32_t *row_of) {
    for (int32_t i = 0;;) {
        double next = dh_flow_net_next(net), entry = i < f->n_flow ? entries[i].at : INFINITY;
        const int32_t *ended;
        int32_t n;
        if (next == INFINITY && entry == INFINITY)
            return DH_OK;
        dh_flow_net_advance(net, entry < next ? entry : next, &ended, &n);
        for (int32_t k = 0; k < n; k++)
            f->flows[row_of[ended[k]]].finish = dh_flow_net_now(net);
        for (; i < f->n_flow && entries[i].at <= dh_flow_net_now(net); i++)
            DH_TRY(start(f, net, entries[i].row, row_of));
    }
}

static enum dh_err flow(struct flows *f) {
    size_t n = (size_t)(f->n_flow > 0 ? f->n_flow : 1), m = (size_t)(f->n_link > 0 ? f->n_link : 1);
    double *capacity = malloc(m * sizeof *capacity);
    struct entry *entries = malloc(n * sizeof *entries);
    int32_t *row_of = malloc(n * sizeof *row_of);
    struct dh_flow_net *net = NULL;
    enum dh_err err = DH_ERR_MEMORY;
    if (capacity && entries && row_of) {
        for (int32_t i = 0; i < f->n_link; i++)
            capacity[i] = f->links[i].capacity;
        for (int32_t i = 0; i < f->n_flow; i++)
            entries[i] = (struct entry){enters(f, &f->flows[i]), i};
        qsort(entries, (size_t)f->n_flow, sizeof *entries, by_time);
        net = dh_flow_net_new(capacity, f->n_link);
        if (net)
            err = run(f, net, entries, row_of);
    }
    dh_flow_net_delete(net);
    free(capacity);
    free(entries);
    free(row_of);
    return err == DH_OK ? DH_OK : no_memory(f);
}

/* ---- rows out */

static enum dh_err put_rows(struct flows *f, const struct dh_text *rows) {
    struct dh_prediction *p = f->rows.p;
    double sum = 0, last = 0, worst = 0;
    size_t at = f->head;
    char text[48];
    dh_text_add(&p->out, rows->at, f->head);
    for (int32_t i = 0; i < f->n_flow; i++) {
        const struct row *r = &f->flows[i];
        snprintf(text, sizeof text, "%.15g", r->finish);
        if (strchr(text, ',')) /* the decimal comma of a program's locale */
            *strchr(text, ',') = '.';
        dh_text_add(&p->out, rows->at + at, r->end - at);
        dh_text_printf(&p->out, "%s\n", text);
        at = r->end;
        p->n_predicted++;
        sum += r->bytes;
        last = r->finish > last ? r->finish : last;
        DH_TRY(dh_prediction_measured(p, r->finish, r->measured));
        if (r->measured > 0 && fabs(r->finish - r->measured) > worst * r->measured)
            worst = fabs(r->finish - r->measured) / r->measured;
        DH_TRY(dh_prediction_flush(p, false));
    }
    struct dh_summary *s = p->summary;
    dh_summary_integer(s, "rows", "1", p->n_row, "rows read");
    dh_summary_integer(s, "predicted", "1", p->n_predicted, "rows with a prediction");
    dh_summary_integer(s, "links", "1", f->n_link, "links of the network");
    dh_summary_number(s, "bytes", "B", sum, "bytes that all flows deliver");
    dh_summary_number(s, "last_finish_s", "s", last, "when the last flow ends");
    if (p->n_error > 0)
        dh_summary_number(s, "max", "%", 100 * worst, "largest error");
    return DH_OK;
}

static enum dh_err read_flows(struct flows *f) {
    struct dh_prediction *p = f->rows.p;
    struct dh_csv *csv = &f->rows.csv;
    struct columns columns;
    bool got = true;
    f->rows.csv = (struct dh_csv){0};
    DH_TRY(dh_csv_open(csv, p->input, DH_CSV_HASH_COMMENTS, p->diag));
    DH_TRY(find_columns(f, &columns));
    dh_predict_rows_head(&f->rows);
    dh_text_puts(&p->out, columns.measured < 0 ? "finish\n" : "predicted_finish\n");
    f->head = p->out.n;
    for (;;) {
        DH_TRY(dh_predict_rows_next(&f->rows, &got));
        if (!got)
            return DH_OK;
        DH_TRY(read_flow(f, &columns));
    }
}

/* The fields of all rows stay in p->out until the end of the last flow is known. */
static enum dh_err predict(struct flows *f) {
    struct dh_prediction *p = f->rows.p;
    DH_TRY(read_links(f, p->options->links));
    DH_TRY(read_routes(f, p->options->routes));
    DH_TRY(read_flows(f));
    if (p->out.failed)
        return no_memory(f);
    DH_TRY(flow(f));
    struct dh_text rows = p->out;
    p->out = (struct dh_text){0};
    enum dh_err err = put_rows(f, &rows);
    dh_text_free(&rows);
    return err;
}

enum dh_err dh_predict_flows(struct dh_prediction *p) {
    const struct dh_predict_options *o = p->options;
    struct flows f = {.rows = {.p = p}};
    if (!o->links || !o->routes) {
        dh_fail(p->diag, DH_ERR_USAGE, (struct dh_place){0}, "flows need %s",
                o->links ? "--routes ROUTES.csv" : "--links LINKS.csv");
        dh_diag_hint(p->diag, "predict flows --links LINKS.csv --routes ROUTES.csv -i FLOWS.csv");
        return DH_ERR_USAGE;
    }
    enum dh_err err = predict(&f);
    dh_csv_close(&f.rows.csv);
    free(f.links);
    free(f.routes);
    free(f.hops);
    free(f.flows);
    return err;
}
