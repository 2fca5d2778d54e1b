/* Who is on which link: jobs that come and leave, links that fail. See world_network.h. */
#include "models/world_network_internal.h"
#include "models/training_job.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct dh_jobs_spec *stream_of(const struct dh_world *w, int32_t job) {
    int32_t row = w->jobs.jobs[job].stream;
    return row > 0 ? &w->sc->workloads[0].streams[row - 1] : NULL;
}

static enum dh_err plan(struct dh_world *w) {
    if (w->net->planned)
        return DH_OK;
    w->net->planned = true;
    return dh_des_schedule(&w->des, w->des.now, DH_PHASE_NETWORK, DH_EVENT_NETWORK, -1, 0);
}

static enum dh_err make_dirty(struct dh_world *w, int32_t job) {
    struct dh_world_network *n = w->net;
    if (!n->is_dirty[job]) {
        n->is_dirty[job] = true;
        n->dirty[n->n_dirty++] = job;
    }
    return plan(w);
}

/* ---- links and their users ---------------------------------------------------------------------------- */

static enum dh_err users_change(struct dh_world *w, int32_t link, const double *capacity) {
    const struct dh_world_network *n = w->net;
    for (int32_t u = n->first_user[link]; u >= 0 && dh_network_can_fill(n, capacity, link);
         u = n->users[u].next)
        DH_TRY(make_dirty(w, n->users[u].job));
    return DH_OK;
}

static enum dh_err add_user(struct dh_world_network *n, int32_t job, int32_t link, double most,
                            int32_t *row) {
    int32_t u = n->free_user;
    if (u >= 0)
        n->free_user = n->users[u].next;
    else {
        if (n->n_user == n->user_room) {
            int32_t room = n->user_room ? 2 * n->user_room : 4096;
            struct dh_link_user *grown = room > 0 ? realloc(n->users, (size_t)room * sizeof *grown) : NULL;
            if (!grown)
                return DH_ERR_MEMORY;
            n->users = grown;
            n->user_room = room;
        }
        u = n->n_user++;
    }
    n->users[u] = (struct dh_link_user){job, link, n->first_user[link], -1, most};
    if (n->first_user[link] >= 0)
        n->users[n->first_user[link]].before = u;
    n->first_user[link] = u;
    n->load[link] += most;
    *row = u;
    return DH_OK;
}

/* The load is added up again, so that it is that of those who are left, to the last digit. */
static void remove_user(struct dh_world_network *n, int32_t u) {
    struct dh_link_user *gone = &n->users[u];
    if (gone->before >= 0)
        n->users[gone->before].next = gone->next;
    else
        n->first_user[gone->link] = gone->next;
    if (gone->next >= 0)
        n->users[gone->next].before = gone->before;
    n->load[gone->link] = 0;
    for (int32_t v = n->first_user[gone->link]; v >= 0; v = n->users[v].next)
        n->load[gone->link] += n->users[v].most;
    gone->next = n->free_user;
    n->free_user = u;
}

/* ---- a job's traffic ---------------------------------------------------------------------------------- */

static int compare_nodes(const void *a, const void *b) {
    const struct dh_segment *x = a, *y = b;
    return (x->node > y->node) - (x->node < y->node);
}

/* Its GPUs: the lowest of each node that nobody has. */
static enum dh_err take_slots(struct dh_world *w, struct dh_on_network *o, int32_t job) {
    struct dh_world_network *n = w->net;
    const struct dh_job_run *run = &w->runs[job];
    int32_t gpus = w->jobs.jobs[job].gpus, at = 0;
    struct dh_segment *sorted = malloc(((size_t)run->n_segment + 1) * sizeof *sorted);
    o->slots = malloc(((size_t)gpus + 1) * sizeof *o->slots);
    if (sorted && o->slots) {
        memcpy(sorted, run->segments, (size_t)run->n_segment * sizeof *sorted);
        qsort(sorted, (size_t)run->n_segment, sizeof *sorted, compare_nodes);
        for (int32_t i = 0; i < run->n_segment; i++) {
            int32_t slot = n->first_slot[sorted[i].node], end = n->first_slot[sorted[i].node + 1];
            for (int32_t k = 0; k < sorted[i].gpus && slot < end; slot++)
                if (!n->taken[slot]) {
                    n->taken[slot] = true;
                    o->slots[at++] = slot;
                    k++;
                }
        }
        o->n_slot = at;
    }
    free(sorted);
    return o->slots && sorted ? DH_OK : DH_ERR_MEMORY;
}

/* Node of a slot: the last whose first is not behind it. */
static int32_t node_of(const struct dh_world *w, int32_t slot) {
    const int32_t *first = w->net->first_slot;
    int32_t low = 0, high = w->f->n_node;
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (first[middle] <= slot)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Ranks by their slots. Domains are numbered as they are met; links of those with several ranks are kept. */
static enum dh_err find_ranks(const struct dh_world *w, struct dh_on_network *o, struct dh_job_ranks *ranks,
                              int32_t **room) {
    size_t n = (size_t)o->n_slot + 1;
    int32_t *host = malloc(3 * n * sizeof *host), *domain = host ? host + n : NULL;
    int32_t *last = host ? host + 2 * n : NULL; /* the domain link or node that each domain is */
    o->domains = malloc(n * sizeof *o->domains);
    *room = host;
    if (!host || !o->domains)
        return DH_ERR_MEMORY;
    int32_t n_domain = 0, node = -1, link = -1;
    for (int32_t i = 0; i < o->n_slot; i++) {
        if (node < 0 || o->slots[i] >= w->net->first_slot[node + 1]) {
            node = node_of(w, o->slots[i]);
            link = dh_network_domain_link(w->network, node);
        }
        int32_t is = link >= 0 ? -2 - link : node;
        if (n_domain == 0 || last[n_domain - 1] != is) { /* nodes of a domain follow one another */
            last[n_domain++] = is;
        } else if (link >= 0 && (o->n_domain == 0 || o->domains[o->n_domain - 1] != link))
            o->domains[o->n_domain++] = link;
        host[i] = dh_network_host(w->network, node, o->slots[i] - w->net->first_slot[node]);
        domain[i] = n_domain - 1;
    }
    *ranks = (struct dh_job_ranks){.n = o->n_slot, .host = host, .domain = domain, .n_domain = n_domain};
    return DH_OK;
}

/* Found once for each size of a stream: the plan may have been searched for. */
static const struct dh_sent_by *sent_by(struct dh_world *w, int32_t job) {
    const struct dh_jobs_spec *stream = stream_of(w, job);
    int32_t row = w->jobs.jobs[job].stream - 1, size = 0;
    struct dh_sent_by *sent = w->net->sent[row];
    while (size < stream->n_sizes && stream->sizes[size].gpus != w->jobs.jobs[job].gpus)
        size++;
    if (size == stream->n_sizes)
        return NULL;
    if (!sent[size].known)
        sent[size].trains =
            dh_training_job_traffic(&sent[size].step, w->f, stream, w->jobs.jobs[job].gpus) == DH_OK;
    sent[size].known = true;
    return sent[size].trains ? &sent[size] : NULL;
}

/* Steps of other work: only how they lie to those of others depends on it. */
#define PLAIN_PERIOD_S 1.0

static enum dh_err find_traffic(struct dh_world *w, struct dh_on_network *o, int32_t job,
                                const struct dh_job_ranks *ranks) {
    const struct dh_jobs_spec *stream = stream_of(w, job);
    if (!stream || ranks->n_domain < 2)
        return DH_OK;
    if (stream->n_trainings > 0) {
        const struct dh_sent_by *sent = sent_by(w, job);
        return sent && sent->step.plan.gpus == ranks->n
                   ? dh_job_traffic_training(&o->traffic, w->network, &sent->step, ranks)
                   : DH_OK;
    }
    if (!(stream->network_share > 0))
        return DH_OK;
    int32_t node = node_of(w, o->slots[0]), part = dh_network_part(w->network, node);
    double most = dh_network_facts(w->network, part).host_bytes_per_s *
                  dh_network_adapters(w->network, node) / w->f->node_gpus[node];
    double rate = isnan(stream->network_bytes_per_s) ? most : stream->network_bytes_per_s;
    return dh_job_traffic_plain(&o->traffic, w->network, stream->network_share, rate, PLAIN_PERIOD_S, ranks);
}

static enum dh_network_fidelity fidelity_of(const struct dh_world *w, const struct dh_on_network *o) {
    int32_t part = o->n_slot > 0 ? dh_network_part(w->network, node_of(w, o->slots[0])) : -1;
    return part >= 0 ? (enum dh_network_fidelity)w->f->fabric.fabrics[part].spec->fidelity : DH_NETWORK_NONE;
}

/* Of each of its links the bytes of a step over the time of one. */
static void find_means(struct dh_world_network *n, struct dh_on_network *o) {
    const struct dh_job_traffic *t = &o->traffic;
    for (int32_t k = 0; k < t->n_link; k++) {
        n->local[t->links[k]] = k;
        o->mean[k] = 0;
    }
    for (int32_t p = 0; p < t->n_phase; p++)
        for (int32_t k = 0; k < t->phases[p].n_link; k++)
            o->mean[n->local[t->phases[p].links[k]]] +=
                t->phases[p].shares[k] * (t->phases[p].network_s / t->step_s);
    for (int32_t k = 0; k < t->n_link; k++)
        n->local[t->links[k]] = -1;
}

/* Its traffic where it stands, and its rows of the links. */
static enum dh_err put_on_links(struct dh_world *w, struct dh_on_network *o, int32_t job) {
    struct dh_world_network *n = w->net;
    struct dh_job_ranks ranks;
    int32_t *room = NULL;
    enum dh_network_fidelity fidelity = fidelity_of(w, o);
    enum dh_err err = fidelity == DH_NETWORK_NONE ? DH_OK : find_ranks(w, o, &ranks, &room);
    if (err == DH_OK && fidelity != DH_NETWORK_NONE)
        err = find_traffic(w, o, job, &ranks);
    free(room);
    o->shares = fidelity == DH_NETWORK_FLOW;
    o->users = malloc(((size_t)o->traffic.n_link + 1) * sizeof *o->users);
    o->mean = malloc(((size_t)o->traffic.n_link + 1) * sizeof *o->mean);
    if (err == DH_OK && !(o->users && o->mean))
        err = DH_ERR_MEMORY;
    if (err == DH_OK)
        find_means(n, o);
    const double *capacity = dh_network_capacity(w->network);
    int32_t k = 0;
    for (; k < o->traffic.n_link && err == DH_OK; k++)
        err = add_user(n, job, o->traffic.links[k], o->shares ? o->traffic.most[k] : 0, &o->users[k]);
    o->traffic.n_link = err == DH_OK ? k : k - (k > 0); /* those that have rows */
    for (k = 0; k < o->traffic.n_link && err == DH_OK; k++)
        err = users_change(w, o->traffic.links[k], capacity);
    if (err == DH_OK && (o->traffic.n_link > 0 || o->n_domain > 0))
        err = make_dirty(w, job);
    if (o->traffic.n_link > 0 && !n->had[job]) {
        n->had[job] = true;
        n->use.n_job++;
    }
    return err;
}

static enum dh_err take_from_links(struct dh_world *w, struct dh_on_network *o) {
    const double *capacity = dh_network_capacity(w->network);
    enum dh_err err = DH_OK;
    for (int32_t k = 0; k < o->traffic.n_link; k++) {
        if (err == DH_OK)
            err = users_change(w, o->traffic.links[k], capacity);
        remove_user(w->net, o->users[k]);
    }
    dh_job_traffic_free(&o->traffic);
    free(o->users);
    free(o->domains);
    free(o->mean);
    o->users = o->domains = NULL;
    o->mean = NULL;
    o->n_domain = 0;
    return err;
}

static dh_time done_of(const struct dh_world *w, int32_t job) {
    const struct dh_job_run *run = &w->runs[job];
    dh_time wall = run->planned - run->remaining - run->lead;
    return wall > 0 ? dh_job_useful(&w->jobs.jobs[job], wall) : 0;
}

enum dh_err dh_world_network_came(struct dh_world *w, int32_t job) {
    if (!w->net)
        return DH_OK;
    struct dh_on_network *o = calloc(1, sizeof *o);
    if (!o)
        return DH_ERR_MEMORY;
    w->net->of[job] = o;
    DH_TRY(take_slots(w, o, job));
    struct dh_rng rng = dh_rng_stream(w->sc->seed, DH_RNG_NETWORK, dh_rng_entity(dh_job_id(&w->jobs, job)));
    o->start = dh_rng_uniform(&rng);
    o->done = done_of(w, job);
    return put_on_links(w, o, job);
}

/* Bytes of the steps since it came, or was last counted. */
static void count_bytes(struct dh_world *w, struct dh_on_network *o, int32_t job) {
    dh_time done = done_of(w, job);
    double steps = o->traffic.n_phase > 0 ? dh_time_to_s(done - o->done) / o->traffic.step_s : 0;
    for (int c = 0; c < DH_N_LINK_CLASS; c++)
        w->net->use.bytes[c] += steps * o->traffic.bytes[c];
    o->done = done;
}

enum dh_err dh_world_network_left(struct dh_world *w, int32_t job) {
    struct dh_on_network *o = w->net ? w->net->of[job] : NULL;
    if (!o)
        return DH_OK;
    count_bytes(w, o, job);
    enum dh_err err = take_from_links(w, o);
    for (int32_t i = 0; i < o->n_slot; i++)
        w->net->taken[o->slots[i]] = false;
    free(o->slots);
    free(o);
    w->net->of[job] = NULL;
    return err;
}

enum dh_err dh_world_network_changed(struct dh_world *w) {
    if (!w->net)
        return DH_OK;
    w->net->looks = true;
    return plan(w);
}

enum dh_err dh_world_network_look(struct dh_world *w) {
    struct dh_world_network *n = w->net;
    const double *capacity = dh_network_capacity(w->network);
    bool other_ways = dh_network_reroutes(w->network);
    for (int32_t j = 0; j < w->jobs.n_job; j++) {
        struct dh_on_network *o = n->of[j];
        bool domain = false;
        for (int32_t k = 0; o && k < o->n_domain; k++)
            domain = domain || capacity[o->domains[k]] != n->seen[o->domains[k]];
        if (domain)
            DH_TRY(make_dirty(w, j));
        if (!o || !other_ways || o->traffic.n_link == 0)
            continue;
        dh_world_account(w, j);
        count_bytes(w, o, j);
        DH_TRY(take_from_links(w, o));
        DH_TRY(put_on_links(w, o, j));
    }
    for (int32_t l = 0; l < n->n_link; l++) {
        if (capacity[l] == n->seen[l])
            continue;
        for (int32_t u = n->first_user[l]; u >= 0; u = n->users[u].next)
            DH_TRY(make_dirty(w, n->users[u].job));
        n->seen[l] = capacity[l];
    }
    return DH_OK;
}

/* ---- set up, results ---------------------------------------------------------------------------------- */

#define ALLOCATE(member, count)                                                                              \
    do {                                                                                                     \
        n->member = dh_arena_array(&w->mem, (size_t)(count) + 1, sizeof *n->member);                         \
        if (!n->member)                                                                                      \
            return DH_ERR_MEMORY;                                                                            \
    } while (0)

static enum dh_err allocate(struct dh_world *w, struct dh_world_network *n) {
    int32_t n_stream = w->sc->n_workloads > 0 ? w->sc->workloads[0].n_streams : 0;
    n->n_link = dh_network_n_link(w->network);
    n->free_user = -1;
    ALLOCATE(seen, n->n_link);
    ALLOCATE(load, n->n_link);
    ALLOCATE(first_user, n->n_link);
    ALLOCATE(local, n->n_link);
    ALLOCATE(of, dh_world_job_rows(w));
    ALLOCATE(had, dh_world_job_rows(w));
    ALLOCATE(dirty, dh_world_job_rows(w));
    ALLOCATE(is_dirty, dh_world_job_rows(w));
    ALLOCATE(met, dh_world_job_rows(w));
    ALLOCATE(group, dh_world_job_rows(w));
    ALLOCATE(first_slot, w->f->n_node);
    for (int32_t i = 0; i < w->f->n_node; i++)
        n->first_slot[i + 1] = n->first_slot[i] + w->f->node_gpus[i];
    ALLOCATE(taken, n->first_slot[w->f->n_node]);
    ALLOCATE(sent, n_stream);
    for (int32_t i = 0; i < n_stream; i++)
        ALLOCATE(sent[i], w->sc->workloads[0].streams[i].n_sizes);
    for (int32_t l = 0; l < n->n_link; l++)
        n->first_user[l] = n->local[l] = -1;
    memcpy(n->seen, dh_network_capacity(w->network), (size_t)n->n_link * sizeof *n->seen);
    return DH_OK;
}

enum dh_err dh_world_network_start(struct dh_world *w) {
    if (!w->network)
        return DH_OK;
    struct dh_world_network *n = dh_arena_array(&w->mem, 1, sizeof *n);
    if (!n)
        return DH_ERR_MEMORY;
    if (!w->stood)
        w->stood = dh_arena_array(&w->mem, (size_t)dh_world_job_rows(w) + 1, sizeof *w->stood);
    if (!w->stood)
        return DH_ERR_MEMORY;
    DH_TRY(allocate(w, n));
    w->net = n;
    return DH_OK;
}

void dh_world_network_free(struct dh_world *w) {
    struct dh_world_network *n = w->net;
    if (!n)
        return;
    for (int32_t j = 0; j < w->jobs.n_job; j++)
        if (n->of[j]) {
            dh_job_traffic_free(&n->of[j]->traffic);
            free(n->of[j]->users);
            free(n->of[j]->mean);
            free(n->of[j]->domains);
            free(n->of[j]->slots);
            free(n->of[j]);
        }
    free(n->users);
    w->net = NULL;
}

const struct dh_network_use *dh_world_network_use(const struct dh_world *w) {
    return w->net ? &w->net->use : NULL;
}

bool dh_world_network_used(const struct dh_world *w, int32_t job) {
    return w->net && w->net->had[job];
}

void dh_world_network_close(struct dh_world *w) {
    for (int32_t j = 0; w->net && j < w->jobs.n_job; j++)
        if (w->net->of[j])
            count_bytes(w, w->net->of[j], j);
}

double dh_world_network_slowdown(const struct dh_world *w, int32_t job) {
    if (!dh_world_network_used(w, job))
        return NAN;
    double held = dh_time_to_s((dh_time)(w->runs[job].gpu_ns / w->jobs.jobs[job].gpus));
    double without = held - dh_time_to_s(dh_world_stood(w, job, DH_IDLE_NETWORK));
    return without > 0 ? held / without : NAN;
}

const double *dh_world_network_slowdowns(struct dh_world *w) {
    if (!w->net)
        return NULL;
    double *of = dh_arena_array(&w->mem, (size_t)w->jobs.n_job + 1, sizeof *of);
    for (int32_t j = 0; of && j < w->jobs.n_job; j++)
        of[j] = dh_world_network_slowdown(w, j);
    return of;
}

void dh_world_network_rates(const struct dh_world *w, double *bytes_per_s) {
    const struct dh_job_tree *running = &w->scheduler.running;
    for (int32_t l = 0; l < w->net->n_link; l++)
        bytes_per_s[l] = 0;
    for (int32_t slot = running->head; slot; slot = running->entries[slot].after) {
        int32_t job = running->entries[slot].key.job;
        const struct dh_on_network *o = w->net->of[job];
        for (int32_t k = 0; o && k < o->traffic.n_link; k++)
            bytes_per_s[o->traffic.links[k]] += o->mean[k] * w->runs[job].rate;
    }
}

const int32_t *dh_world_leaf_units(struct dh_world *w) {
    if (!w->network)
        return NULL;
    int32_t *unit = dh_arena_array(&w->mem, (size_t)w->f->n_node + 1, sizeof *unit);
    for (int32_t i = 0; unit && i < w->f->n_node; i++)
        unit[i] = dh_network_leaf_unit(w->network, i);
    return unit;
}
