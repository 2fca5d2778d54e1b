/* When flows over a network have delivered their bytes, sharing its links max-min fairly. */
#include "sim/api/flow_failures.h"
#include "sim/api/flow_network.h"
#include "sim/api/predict_rows.h"

#include "models/flow.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double most_bytes = 1e24, most_s = 1e12, least_rate = 1e-3;

struct row {
    double start, bytes, weight, cap, measured, finish;
    size_t end; /* of its fields in the text of all rows */
};

struct flows {
    struct dh_predict_rows rows;
    size_t head; /* of the text of all rows */
    struct dh_flow_network net;
    struct dh_flow_outages outages;
    enum dh_fabric_way way;
    struct dh_fabric_events events; /* of flows, where there are outages */
    double left;                    /* bytes of flows that never end */
    struct row *flows;
    struct dh_network_pair *pairs; /* as flows */
    int32_t n_flow, flow_room, pair_room;
};

static enum dh_err no_memory(struct flows *f) {
    return dh_fail(f->rows.p->diag, DH_ERR_MEMORY, (struct dh_place){0}, "out of memory");
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
    struct dh_place place = dh_csv_place(csv, c->src);
    struct dh_network_pair pair = {.line = place.line, .col = place.col};
    if (!dh_network_room(&f->flows, f->n_flow, &f->flow_room, sizeof *f->flows) ||
        !dh_network_room(&f->pairs, f->n_flow, &f->pair_room, sizeof *f->pairs))
        return no_memory(f);
    DH_TRY(dh_csv_integer(csv, c->src, 0, (int64_t)DH_NETWORK_MOST_HOST, &pair.src));
    DH_TRY(dh_csv_integer(csv, c->dst, 0, (int64_t)DH_NETWORK_MOST_HOST, &pair.dst));
    DH_TRY(dh_csv_double(csv, c->bytes, -most_bytes, most_bytes, &row.bytes));
    if (row.bytes < 0) {
        dh_fail(diag, DH_ERR_RANGE, dh_csv_place(csv, c->bytes), "a flow of %g bytes", row.bytes);
        dh_diag_hint(diag, "bytes are 0 or more; what flows back is a flow from %lld to %lld",
                     (long long)pair.dst, (long long)pair.src);
        return DH_ERR_RANGE;
    }
    if (!dh_csv_is_empty(csv, c->start))
        DH_TRY(dh_csv_double(csv, c->start, 0, most_s, &row.start));
    if (!dh_csv_is_empty(csv, c->weight))
        DH_TRY(dh_network_above_zero(csv, c->weight, 1e-6, 1e6, "the weight of a flow", diag, &row.weight));
    if (!dh_csv_is_empty(csv, c->cap))
        DH_TRY(
            dh_network_above_zero(csv, c->cap, least_rate, most_bytes, "the cap of a flow", diag, &row.cap));
    row.measured = dh_csv_number(csv, c->measured);
    dh_predict_rows_copy(&f->rows);
    row.end = f->rows.p->out.n;
    f->pairs[f->n_flow] = pair;
    f->flows[f->n_flow++] = row;
    return DH_OK;
}

/* ---- time */

/* Bytes enter the network when the first of them would arrive: after the latency of all links. */
static double enters(const struct flows *f, int32_t row) {
    return f->flows[row].start + f->net.routes[f->pairs[row].route].latency_s;
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
    const struct dh_network_route *route = &f->net.routes[f->pairs[row].route];
    struct dh_flow_spec spec = {.links = f->net.hops + route->first,
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

static enum dh_err begin(const struct flows *f, struct dh_fabric *fabric, int32_t row, int32_t *row_of) {
    const struct row *r = &f->flows[row];
    const struct dh_network_pair *p = &f->pairs[row];
    struct dh_fabric_flow flow = {.src = dh_flow_network_node(&f->net, (struct dh_network_node){0, p->src}),
                                  .dst = dh_flow_network_node(&f->net, (struct dh_network_node){0, p->dst}),
                                  .bytes = r->bytes,
                                  .weight = r->weight,
                                  .cap = r->cap};
    int32_t id = 0;
    DH_TRY(dh_fabric_start(fabric, &flow, &id));
    row_of[id] = row;
    return DH_OK;
}

static enum dh_err change(struct dh_fabric *fabric, const struct dh_flow_outage *o) {
    return o->link >= 0 ? dh_fabric_set_link(fabric, o->link, o->works)
                        : dh_fabric_set_node(fabric, o->node, o->works);
}

/* The same with outages, which come before what starts at the same instant. */
static enum dh_err run_fabric(struct flows *f, struct dh_fabric *fabric, const struct entry *entries,
                              int32_t *row_of) {
    struct dh_flow_net *net = dh_fabric_net(fabric);
    for (int32_t i = 0, o = 0;;) {
        double next = dh_flow_net_next(net), entry = i < f->n_flow ? entries[i].at : INFINITY;
        double outage = o < f->outages.n ? f->outages.events[o].at : INFINITY;
        double at = entry < outage ? entry : outage;
        const int32_t *ended;
        int32_t n;
        if (next == INFINITY && at == INFINITY)
            break;
        dh_flow_net_advance(net, at < next ? at : next, &ended, &n);
        double now = dh_flow_net_now(net);
        for (int32_t k = 0; k < n; k++)
            f->flows[row_of[ended[k]]].finish = now;
        for (; o < f->outages.n && f->outages.events[o].at <= now; o++)
            DH_TRY(change(fabric, &f->outages.events[o]));
        for (; i < f->n_flow && entries[i].at <= now; i++)
            DH_TRY(begin(f, fabric, entries[i].row, row_of));
    }
    for (int32_t id = 0; id < f->n_flow; id++)
        if (row_of[id] >= 0 && isnan(f->flows[row_of[id]].finish))
            f->left += dh_flow_net_left(net, id);
    f->events = dh_fabric_events(fabric);
    return DH_OK;
}

static enum dh_err flow(struct flows *f) {
    size_t n = (size_t)(f->n_flow > 0 ? f->n_flow : 1), m = (size_t)(f->net.n_link > 0 ? f->net.n_link : 1);
    double *capacity = malloc(m * sizeof *capacity);
    struct entry *entries = malloc(n * sizeof *entries);
    int32_t *row_of = malloc(n * sizeof *row_of);
    struct dh_flow_net *net = NULL;
    struct dh_fabric *fabric = NULL;
    enum dh_err err = DH_ERR_MEMORY;
    if (capacity && entries && row_of) {
        for (int32_t i = 0; i < f->net.n_link; i++)
            capacity[i] = f->net.links[i].capacity;
        for (int32_t i = 0; i < f->n_flow; i++)
            entries[i] = (struct entry){enters(f, i), i};
        qsort(entries, (size_t)f->n_flow, sizeof *entries, by_time);
        for (size_t i = 0; i < n; i++)
            row_of[i] = -1;
        if (f->outages.n > 0 || f->way != DH_WAY_BY_DESTINATION) {
            fabric = dh_flow_network_fabric(&f->net, f->way);
            err = fabric ? run_fabric(f, fabric, entries, row_of) : DH_ERR_MEMORY;
        } else {
            net = dh_flow_net_new(capacity, f->net.n_link);
            err = net ? dh_flow_net_reserve(net, f->n_flow, 0) : DH_ERR_MEMORY;
            if (err == DH_OK)
                err = run(f, net, entries, row_of);
        }
    }
    dh_flow_net_delete(net);
    dh_fabric_delete(fabric);
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
        if (isnan(r->finish)) /* it stands still for ever */
            *text = '\0';
        if (strchr(text, ',')) /* the decimal comma of a program's locale */
            *strchr(text, ',') = '.';
        dh_text_add(&p->out, rows->at + at, r->end - at);
        dh_text_printf(&p->out, "%s\n", text);
        at = r->end;
        p->n_predicted += !isnan(r->finish);
        sum += r->bytes;
        last = r->finish > last ? r->finish : last;
        if (!isnan(r->finish))
            DH_TRY(dh_prediction_measured(p, r->finish, r->measured));
        if (r->measured > 0 && fabs(r->finish - r->measured) > worst * r->measured)
            worst = fabs(r->finish - r->measured) / r->measured;
        DH_TRY(dh_prediction_flush(p, false));
    }
    struct dh_summary *s = p->summary;
    dh_summary_integer(s, "rows", "1", p->n_row, "rows read");
    dh_summary_integer(s, "predicted", "1", p->n_predicted, "rows with a prediction");
    dh_summary_integer(s, "links", "1", f->net.n_link, "links of the network");
    dh_summary_number(s, "bytes", "B", sum, "bytes that all flows ask for");
    if (f->outages.n > 0) {
        dh_summary_number(s, "delivered", "B", sum - f->left, "bytes delivered");
        dh_summary_number(s, "left", "B", f->left, "bytes of flows that stand still for ever");
        dh_summary_integer(s, "rerouted", "1", f->events.rerouted, "times that a flow took another route");
        dh_summary_integer(s, "stalled", "1", f->events.stalled, "times that a flow had no route left");
    }
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
    const struct dh_predict_options *o = p->options;
    DH_TRY(o->topology ? dh_flow_network_make(&f->net, o->topology, p->diag)
                       : dh_flow_network_read(&f->net, o->links, o->routes, p->diag));
    if (o->failures)
        DH_TRY(dh_flow_outages_read(&f->outages, &f->net, o->failures, p->diag));
    DH_TRY(read_flows(f));
    DH_TRY(dh_flow_network_route(&f->net, f->pairs, f->n_flow, p->input));
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
    static const char *const ways[] = {
        [DH_WAY_BY_DESTINATION] = "destination", [DH_WAY_BY_HASH] = "hash", [DH_WAY_ADAPTIVE] = "adaptive"};
    bool way_known = !o->routing;
    for (int32_t i = 0; o->routing && i < (int32_t)(sizeof ways / sizeof *ways); i++)
        if (strcmp(o->routing, ways[i]) == 0) {
            f.way = (enum dh_fabric_way)i;
            way_known = true;
        }
    const char *wrong =
        !way_known                  ? "--routing is destination, hash or adaptive"
        : !o->links == !o->topology ? "flows need --links LINKS.csv or --topology WORDS"
        : o->topology && o->routes  ? "a topology has its own routes: --routes goes with --links"
        : (o->failures || o->routing) && o->routes
            ? "flows of given routes have no others: --routing and --failures without --routes"
            : NULL;
    if (wrong) {
        dh_fail(p->diag, DH_ERR_USAGE, (struct dh_place){0}, "%s", wrong);
        dh_diag_hint(p->diag, "predict flows --links LINKS.csv [--routes ROUTES.csv] -i FLOWS.csv");
        return DH_ERR_USAGE;
    }
    enum dh_err err = predict(&f);
    dh_csv_close(&f.rows.csv);
    dh_flow_network_free(&f.net);
    dh_flow_outages_free(&f.outages);
    free(f.flows);
    free(f.pairs);
    return err;
}
