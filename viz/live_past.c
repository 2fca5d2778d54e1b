#include "viz/live_past.h"

#include "output/result_draft.h"

#include <datahall/datahall.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file is looked at twice a second at most. A damaged one kills each reader. */
static const double LOOK_S = 0.5;
enum { MOST_READERS = 3 };

struct dh_live_past {
    struct dh_result_host *host;
    const struct dh_facility *facility;
    struct dh_diag *diag; /* of opening; nobody reads it */
    char *result, *part;
    struct dh_source *source, *sought; /* as opened last; that which knows the instant of the last seek */
    struct dh_result_look seen;        /* of NAME.part, when it was tried last */
    double waited_s;
    bool looked, named, whole; /* named: the result has its name, and was not opened under it */
    int n_dead;
    char problem[200];
};

struct dh_live_past *dh_live_past_open(const char *result, struct dh_result_host *host,
                                       const struct dh_facility *facility) {
    struct dh_live_past *p = calloc(1, sizeof *p);
    size_t n = strlen(result) + sizeof ".part";
    if (!p)
        return NULL;
    p->host = host;
    p->facility = facility;
    p->diag = dh_diag_new();
    p->result = strdup(result);
    p->part = malloc(n);
    if (!p->diag || !p->result || !p->part) {
        dh_live_past_close(p);
        return NULL;
    }
    snprintf(p->part, n, "%s.part", result);
    return p;
}

void dh_live_past_close(struct dh_live_past *p) {
    if (!p)
        return;
    dh_source_close(p->source);
    if (p->diag)
        dh_diag_delete(p->diag);
    free(p->result);
    free(p->part);
    free(p);
}

static void read_anew(struct dh_live_past *p, const char *path) {
    struct dh_source *source = NULL;
    dh_diag_clear(p->diag);
    if (dh_source_open_result(&source, p->host, path, p->facility, p->diag) != DH_OK)
        return; /* what was read before still holds */
    dh_source_close(p->source);
    p->source = source;
    p->sought = NULL;
}

/* Is there more in the file than when it was tried last? */
static bool has_more(struct dh_live_past *p) {
    struct dh_result_look now;
    if (p->looked && p->waited_s < LOOK_S)
        return false;
    p->waited_s = 0;
    if (!dh_result_look(p->part, &now))
        return false;
    bool more = !p->looked || now.bytes != p->seen.bytes || now.changed_ns != p->seen.changed_ns;
    p->looked = true;
    p->seen = now;
    return more;
}

bool dh_live_past_poll(struct dh_live_past *p, double wall_s) {
    p->waited_s += wall_s;
    if (!p->source || !p->source->ops->poll(p->source, wall_s) || !p->source->problem)
        return false;
    snprintf(p->problem, sizeof p->problem, "%s", p->source->problem);
    bool hopeless = p->source->hopeless;
    dh_source_close(p->source);
    p->source = p->sought = NULL;
    if (!hopeless && p->n_dead++ < MOST_READERS) {
        p->problem[0] = '\0';
        read_anew(p, p->whole ? p->result : p->part);
    }
    return true;
}

void dh_live_past_ended(struct dh_live_past *p) {
    struct dh_result_look left;
    p->named = !dh_result_look(p->part, &left);
}

struct dh_source *dh_live_past_seek(struct dh_live_past *p, dh_time at, dh_time row) {
    p->sought = NULL;
    if (p->problem[0])
        return NULL;
    if (p->named) { /* once, whatever comes of it */
        struct dh_source *before = p->source;
        p->named = false;
        read_anew(p, p->result);
        p->whole = p->source != before;
    }
    if (!p->whole && (!p->source || row > p->source->newest) && has_more(p))
        read_anew(p, p->part);
    if (!p->source || (!p->whole && row > p->source->newest))
        return NULL;
    p->source->ops->seek(p->source, at);
    return p->sought = p->source;
}

struct dh_source *dh_live_past_whole(struct dh_live_past *p) {
    return p->whole ? p->sought : NULL;
}

struct dh_source *dh_live_past_source(struct dh_live_past *p) {
    return p->source;
}

const char *dh_live_past_problem(const struct dh_live_past *p) {
    return p->problem[0] ? p->problem : NULL;
}
