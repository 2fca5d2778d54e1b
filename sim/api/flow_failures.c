#include "sim/api/flow_failures.h"

#include "sim/diag.h"

#include <math.h>
#include <stdlib.h>

static const double most_s = 1e12;

struct columns {
    int32_t link, level, position, down, up;
};

/* What fails in the current record: a link or a node. */
static enum dh_err read_part(const struct dh_flow_network *net, struct dh_csv *csv, const struct columns *c,
                             struct dh_flow_outage *part, struct dh_diag *diag) {
    *part = (struct dh_flow_outage){.link = -1, .node = -1};
    bool link = !dh_csv_is_empty(csv, c->link), node = !dh_csv_is_empty(csv, c->position);
    if (link == node) {
        dh_fail(diag, DH_ERR_MISSING, dh_csv_place(csv, -1), "%s fails",
                link ? "both a link and a node" : "neither a link nor a node");
        dh_diag_hint(diag, "one of link_id and position (of a switch, with its level) in each row");
        return DH_ERR_MISSING;
    }
    if (link) {
        int64_t id;
        DH_TRY(dh_csv_integer(csv, c->link, 0, (int64_t)DH_NETWORK_MOST_HOST, &id));
        part->link = dh_flow_network_link(net, id);
        if (part->link >= 0)
            return DH_OK;
        dh_fail(diag, DH_ERR_DANGLING_REF, dh_csv_place(csv, c->link), "there is no link %lld",
                (long long)id);
        dh_diag_hint(diag, "the network has %d links", net->n_link);
        return DH_ERR_DANGLING_REF;
    }
    struct dh_network_node at = {0, 0};
    if (!dh_csv_is_empty(csv, c->level))
        DH_TRY(dh_csv_integer(csv, c->level, 0, INT32_MAX, &at.level));
    DH_TRY(dh_csv_integer(csv, c->position, 0, (int64_t)DH_NETWORK_MOST_HOST, &at.position));
    part->node = dh_flow_network_node(net, at);
    if (part->node >= 0)
        return DH_OK;
    dh_fail(diag, DH_ERR_DANGLING_REF, dh_csv_place(csv, c->position), "there is no node %lld of level %lld",
            (long long)at.position, (long long)at.level);
    dh_diag_hint(diag, "no link leads from or to it");
    return DH_ERR_DANGLING_REF;
}

static enum dh_err read_outage(struct dh_flow_outages *o, const struct dh_flow_network *net,
                               struct dh_csv *csv, const struct columns *c, struct dh_diag *diag) {
    struct dh_flow_outage down;
    double up = INFINITY;
    if (!dh_network_room(&o->events, o->n + 1, &o->room, sizeof *o->events))
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){0}, "out of memory");
    DH_TRY(read_part(net, csv, c, &down, diag));
    DH_TRY(dh_csv_double(csv, c->down, 0, most_s, &down.at));
    if (!dh_csv_is_empty(csv, c->up)) {
        DH_TRY(dh_csv_double(csv, c->up, 0, most_s, &up));
        if (up <= down.at)
            return dh_fail(diag, DH_ERR_RANGE, dh_csv_place(csv, c->up), "repaired before it failed");
    }
    o->events[o->n++] = down;
    if (up < INFINITY) {
        struct dh_flow_outage repaired = down;
        repaired.at = up;
        repaired.works = true;
        o->events[o->n++] = repaired;
    }
    return DH_OK;
}

static int by_part(const void *a, const void *b) {
    const struct dh_flow_outage *x = a, *y = b;
    if (x->link != y->link)
        return x->link < y->link ? -1 : 1;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return x->at != y->at ? (x->at > y->at) - (x->at < y->at) : (int)y->works - (int)x->works;
}

static int by_time(const void *a, const void *b) {
    const struct dh_flow_outage *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->works != y->works ? (x->works ? 1 : -1) : by_part(a, b);
}

/* Each part fails and is repaired by turns. */
static enum dh_err check(struct dh_flow_outages *o, const char *path, struct dh_diag *diag) {
    if (o->n > 0)
        qsort(o->events, (size_t)o->n, sizeof *o->events, by_part);
    for (int32_t i = 1; i < o->n; i++) {
        const struct dh_flow_outage *a = &o->events[i - 1], *b = &o->events[i];
        if (a->link == b->link && a->node == b->node && a->works == b->works) {
            dh_fail(diag, DH_ERR_DUPLICATE_ID, (struct dh_place){path, 1, 1},
                    "what is out at %g s fails again at %g s", a->at, b->at);
            dh_diag_hint(diag, "outages of one link or node do not overlap");
            return DH_ERR_DUPLICATE_ID;
        }
    }
    if (o->n > 0)
        qsort(o->events, (size_t)o->n, sizeof *o->events, by_time);
    return DH_OK;
}

enum dh_err dh_flow_outages_read(struct dh_flow_outages *o, const struct dh_flow_network *net,
                                 const char *path, struct dh_diag *diag) {
    struct dh_csv csv;
    struct columns c;
    bool got = true;
    *o = (struct dh_flow_outages){0};
    DH_TRY(dh_csv_open(&csv, path, DH_CSV_HASH_COMMENTS, diag));
    enum dh_err err = dh_csv_require(&csv, "down_s", NULL, &c.down);
    c.up = dh_csv_column(&csv, "up_s", NULL, NULL);
    c.link = dh_csv_column(&csv, "link_id", "link", NULL);
    c.level = dh_csv_column(&csv, "level", NULL, NULL);
    c.position = dh_csv_column(&csv, "position", "pos", NULL);
    while (err == DH_OK && (err = dh_csv_next(&csv, &got)) == DH_OK && got)
        err = read_outage(o, net, &csv, &c, diag);
    dh_csv_close(&csv);
    return err == DH_OK ? check(o, path, diag) : err;
}

void dh_flow_outages_free(struct dh_flow_outages *o) {
    free(o->events);
}
