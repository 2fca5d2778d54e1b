/* Transfers of data in a run: see models/world_storage.h. */
#include "models/world.h"
#include "models/world_storage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RUN(w) (&(w)->storage)

/* ---- the net's clock ------------------------------------------------------------------------------------
 */

/* Something has changed: rates are looked at again before this instant is over. */
static enum dh_err look_again(struct dh_world *w) {
    struct dh_storage_run *r = RUN(w);
    if (r->planned)
        return DH_OK;
    r->planned = true;
    r->generation++;
    return dh_des_schedule_generation(&w->des, w->des.now, DH_PHASE_DATA, DH_EVENT_DATA, -1, r->generation,
                                      0);
}

static enum dh_err plan_next(struct dh_world *w) {
    struct dh_storage_run *r = RUN(w);
    r->next_s = dh_flow_net_next(r->net);
    r->generation++;
    double ns = ceil(r->next_s * DH_NS_PER_S);
    if (!(ns < 9e18))
        return DH_OK;
    dh_time at = (dh_time)ns;
    return dh_des_schedule_generation(&w->des, at > w->des.now ? at : w->des.now, DH_PHASE_DATA,
                                      DH_EVENT_DATA, -1, r->generation, r->next_s);
}

static enum dh_err note_ended(struct dh_storage_run *r, int32_t id) {
    if (!dh_room_for(&r->ended, &r->ended_room, r->n_ended + 1, sizeof *r->ended))
        return DH_ERR_MEMORY;
    r->moving[id].state = DH_MOVING_ENDED;
    r->ended[r->n_ended++] = id;
    return DH_OK;
}

/* Moves the net's clock to now, or to the end that was planned for now: as seconds that may be a little
 * later. Whoever ends there is told in phase DATA. */
static enum dh_err advance(struct dh_world *w, double to) {
    struct dh_storage_run *r = RUN(w);
    const int32_t *ended;
    int32_t n;
    while (dh_flow_net_now(r->net) < to || dh_flow_net_next(r->net) <= to) {
        dh_flow_net_advance(r->net, to, &ended, &n);
        for (int32_t i = 0; i < n; i++)
            DH_TRY(note_ended(r, r->flow_of[ended[i]]));
        if (n > 0)
            DH_TRY(look_again(w));
    }
    return DH_OK;
}

enum dh_err dh_world_storage_to_now(struct dh_world *w) {
    return advance(w, dh_time_to_s(w->des.now));
}

/* ---- books ----------------------------------------------------------------------------------------------
 */

static void count(struct dh_world *w, const struct dh_data_transfer *t, size_t member, double amount) {
    struct dh_storage_run *r = RUN(w);
    if (t->from >= 0)
        dh_sum_add((struct dh_sum *)((char *)&r->stores[t->from].read + member), amount);
    if (t->to >= 0)
        dh_sum_add((struct dh_sum *)((char *)&r->stores[t->to].written + member), amount);
}

#define COUNT(w, t, member, amount) count(w, t, offsetof(struct dh_store_bytes, member), amount)

/* What it came to: bytes, and operations and servers' time as its bytes and files are at either end. */
static void count_sent(struct dh_world *w, const struct dh_data_transfer *t, double sent) {
    struct dh_storage_run *r = RUN(w);
    double share = t->bytes > 0 ? sent / t->bytes : 1;
    COUNT(w, t, delivered, sent);
    dh_sum_add(&r->by_use[t->use], sent);
    for (int to = 0; to < 2; to++) {
        int32_t store = to ? t->to : t->from;
        if (store < 0)
            continue;
        const struct dh_store *spec = dh_store_of(w, store);
        struct dh_store_run *s = &r->stores[store];
        dh_sum_add(to ? &s->written.operations : &s->read.operations,
                   share * dh_store_operations(spec, t->bytes, t->files));
        if (sent > 0)
            dh_sum_add(&s->server_s, sent * dh_store_share(spec, DH_STORE_SERVERS, to, t->bytes, t->files));
    }
}

/* ---- a transfer's way -----------------------------------------------------------------------------------
 */

enum { MOST_LINKS = 2 * DH_N_STORE_LINK };

static int32_t add_links(const struct dh_storage_run *r, int32_t store, bool write,
                         const struct dh_data_transfer *t, int32_t n, int32_t *links, double *shares) {
    for (int l = 0; l < DH_N_STORE_LINK; l++) {
        double share =
            dh_store_share(&r->storage->stores[store], (enum dh_store_link)l, write, t->bytes, t->files);
        if (r->stores[store].link[l] < 0 || !(share > 0))
            continue;
        links[n] = r->stores[store].link[l];
        shares[n++] = share;
    }
    return n;
}

static double streams_of(const struct dh_data_transfer *t) {
    return t->streams > 0 ? t->streams : fmax(t->nodes, 1);
}

/* The most that its streams and nodes let through. */
static double cap_of(const struct dh_storage *storage, const struct dh_data_transfer *t) {
    double cap = INFINITY;
    if (t->from >= 0)
        cap = dh_store_cap(storage, t->from, false, t->bytes, t->files, streams_of(t), t->nodes);
    if (t->to >= 0)
        cap = fmin(cap, dh_store_cap(storage, t->to, true, t->bytes, t->files, streams_of(t), t->nodes));
    return cap;
}

double dh_world_transfer_alone(const struct dh_world *w, const struct dh_data_transfer *t) {
    const struct dh_storage *storage = w->storage.storage;
    double most = t->cap > 0 ? fmin(t->cap, cap_of(storage, t)) : cap_of(storage, t);
    for (int l = 0; l < DH_N_STORE_LINK; l++)
        for (int to = 0; to < 2; to++) {
            int32_t store = to ? t->to : t->from;
            if (store < 0)
                continue;
            const struct dh_store *s = &storage->stores[store];
            double share = dh_store_share(s, (enum dh_store_link)l, to, t->bytes, t->files);
            if (share > 0)
                most = fmin(most, dh_store_capacity(s, (enum dh_store_link)l, 0, 0) / share);
        }
    return most;
}

static enum dh_err set_flowing(struct dh_world *w, int32_t id) {
    struct dh_storage_run *r = RUN(w);
    struct dh_moving *m = &r->moving[id];
    int32_t links[MOST_LINKS], n = 0;
    double shares[MOST_LINKS];
    DH_TRY(dh_world_storage_to_now(w));
    if (m->asked.bytes > 0 && m->asked.from >= 0)
        n = add_links(r, m->asked.from, false, &m->asked, n, links, shares);
    if (m->asked.bytes > 0 && m->asked.to >= 0)
        n = add_links(r, m->asked.to, true, &m->asked, n, links, shares);
    double cap = m->asked.cap > 0 ? fmin(m->cap, m->asked.cap) : m->cap;
    struct dh_flow_spec flow = {.links = links,
                                .shares = shares,
                                .n_link = n,
                                .bytes = m->asked.bytes,
                                .cap = cap < INFINITY ? cap : 0};
    DH_TRY(dh_flow_net_start(r->net, &flow, &m->flow));
    if (!dh_room_for(&r->flow_of, &r->flow_room, m->flow + 1, sizeof *r->flow_of))
        return DH_ERR_MEMORY;
    r->flow_of[m->flow] = id;
    m->state = DH_MOVING_FLOWS;
    return look_again(w);
}

/* ---- drives ---------------------------------------------------------------------------------------------
 */

static int32_t archive_of(const struct dh_world *w, const struct dh_data_transfer *t) {
    if (t->from >= 0 && dh_store_of(w, t->from)->kind == DH_STORE_ARCHIVE)
        return t->from;
    return t->to >= 0 && dh_store_of(w, t->to)->kind == DH_STORE_ARCHIVE ? t->to : -1;
}

static enum dh_err mount(struct dh_world *w, int32_t id, int32_t archive) {
    struct dh_moving *m = &RUN(w)->moving[id];
    struct dh_store_run *s = &RUN(w)->stores[archive];
    dh_time waited = w->des.now - m->began;
    s->longest_wait = waited > s->longest_wait ? waited : s->longest_wait;
    s->drives_held += m->drives;
    m->state = DH_MOVING_MOUNTS;
    dh_time takes = dh_time_from_s(dh_store_of(w, archive)->mount_s);
    if (takes == 0)
        return set_flowing(w, id);
    return dh_des_schedule_generation(&w->des, w->des.now + takes, DH_PHASE_DATA, DH_EVENT_DATA, id,
                                      m->generation, 0);
}

/* In the order in which they came; whoever wants more drives than are free lets nobody pass. */
static enum dh_err serve_drives(struct dh_world *w, int32_t archive) {
    struct dh_storage_run *r = RUN(w);
    struct dh_store_run *s = &r->stores[archive];
    while (s->first_waiting >= 0 &&
           s->drives_held + r->moving[s->first_waiting].drives <= dh_store_of(w, archive)->n_server) {
        int32_t id = s->first_waiting;
        s->first_waiting = r->moving[id].next;
        s->n_waiting--;
        DH_TRY(mount(w, id, archive));
    }
    return DH_OK;
}

static enum dh_err wait_for_drives(struct dh_world *w, int32_t id, int32_t archive) {
    struct dh_storage_run *r = RUN(w);
    struct dh_store_run *s = &r->stores[archive];
    struct dh_moving *m = &r->moving[id];
    m->drives = (int32_t)fmin(streams_of(&m->asked), dh_store_of(w, archive)->n_server);
    m->state = DH_MOVING_WAITS;
    m->next = -1;
    if (s->first_waiting < 0)
        s->first_waiting = id;
    else
        r->moving[s->last_waiting].next = id;
    s->last_waiting = id;
    s->n_waiting++;
    return serve_drives(w, archive);
}

static void leave_queue(struct dh_storage_run *r, struct dh_store_run *s, int32_t id) {
    int32_t before = -1;
    for (int32_t i = s->first_waiting; i != id; i = r->moving[i].next)
        before = i;
    if (before < 0)
        s->first_waiting = r->moving[id].next;
    else
        r->moving[before].next = r->moving[id].next;
    if (s->last_waiting == id)
        s->last_waiting = before;
    s->n_waiting--;
}

/* ---- beginning and end ----------------------------------------------------------------------------------
 */

static bool is_store(const struct dh_storage_run *r, int32_t store) {
    return store >= 0 && store < r->storage->n_store;
}

static enum dh_err check(const struct dh_world *w, const struct dh_data_transfer *t) {
    const struct dh_storage_run *r = &w->storage;
    bool ends = r->net && (t->from == -1 || is_store(r, t->from)) && (t->to == -1 || is_store(r, t->to)) &&
                t->from != t->to;
    const double numbers[] = {t->bytes, t->files, t->streams, t->cap};
    for (int i = 0; i < 4; i++)
        ends = ends && numbers[i] >= 0 && isfinite(numbers[i]);
    if (!ends || t->nodes < 0)
        return DH_ERR_RANGE;
    bool both = t->from >= 0 && t->to >= 0 && dh_store_of(w, t->from)->kind == DH_STORE_ARCHIVE &&
                dh_store_of(w, t->to)->kind == DH_STORE_ARCHIVE;
    return both ? DH_ERR_RANGE : DH_OK;
}

static enum dh_err take_row(struct dh_storage_run *r, int32_t *id) {
    if (r->first_free >= 0) {
        *id = r->first_free;
        r->first_free = r->moving[*id].next;
        return DH_OK;
    }
    if (!dh_room_for(&r->moving, &r->moving_room, r->n_moving + 1, sizeof *r->moving))
        return DH_ERR_MEMORY;
    *id = r->n_moving++;
    r->moving[*id].generation = 0;
    return DH_OK;
}

enum dh_err dh_world_transfer(struct dh_world *w, const struct dh_data_transfer *t, int32_t *id) {
    struct dh_storage_run *r = RUN(w);
    *id = DH_TRANSFER_NONE;
    DH_TRY(check(w, t));
    bool stores = t->to >= 0 && dh_store_of(w, t->to)->kind != DH_STORE_NODE;
    if (stores && ceil(t->bytes) > dh_world_store_room(w, t->to)) {
        r->stores[t->to].n_refused++;
        return dh_world_incident(w, DH_INCIDENT_STORE_FULL, t->to, t->bytes);
    }
    DH_TRY(take_row(r, id));
    struct dh_moving *m = &r->moving[*id];
    *m = (struct dh_moving){.asked = *t,
                            .generation = m->generation + 1,
                            .flow = -1,
                            .next = -1,
                            .told = -1,
                            .began = w->des.now,
                            .cap = cap_of(r->storage, t)};
    if (stores)
        r->stores[t->to].promised_b += ceil(t->bytes);
    COUNT(w, t, asked, t->bytes);
    int32_t archive = archive_of(w, t);
    return archive >= 0 ? wait_for_drives(w, *id, archive) : set_flowing(w, *id);
}

/* Its row is free, and its drives. */
static enum dh_err give_back(struct dh_world *w, int32_t id) {
    struct dh_storage_run *r = RUN(w);
    struct dh_moving *m = &r->moving[id];
    int32_t archive = archive_of(w, &m->asked);
    if (m->asked.to >= 0 && dh_store_of(w, m->asked.to)->kind != DH_STORE_NODE)
        r->stores[m->asked.to].promised_b -= ceil(m->asked.bytes);
    if (archive >= 0 && m->state == DH_MOVING_WAITS)
        leave_queue(r, &r->stores[archive], id);
    else if (archive >= 0)
        r->stores[archive].drives_held -= m->drives;
    m->state = DH_MOVING_FREE;
    m->generation++;
    m->next = r->first_free;
    r->first_free = id;
    return archive >= 0 ? serve_drives(w, archive) : DH_OK;
}

enum dh_err dh_world_transfer_cancel(struct dh_world *w, int32_t id) {
    struct dh_storage_run *r = RUN(w);
    struct dh_moving *m = &r->moving[id];
    DH_TRY(dh_world_storage_to_now(w));
    double sent = 0, left = m->asked.bytes;
    if (m->state == DH_MOVING_FLOWS) {
        left = dh_flow_net_left(r->net, m->flow);
        sent = dh_flow_net_sent(r->net, m->flow);
        dh_flow_net_cancel(r->net, m->flow);
        DH_TRY(look_again(w));
    } else if (m->state == DH_MOVING_ENDED) { /* in this instant: all is there, but nobody wants it */
        sent = left;
        left = 0;
        for (int32_t i = 0; i < r->n_ended; i++)
            if (r->ended[i] == id)
                r->ended[i] = DH_TRANSFER_NONE;
    }
    count_sent(w, &m->asked, sent);
    COUNT(w, &m->asked, cancelled, left);
    return give_back(w, id);
}

static enum dh_err tell_end(struct dh_world *w, int32_t id) {
    struct dh_storage_run *r = RUN(w);
    struct dh_data_transfer t = r->moving[id].asked;
    count_sent(w, &t, t.bytes);
    r->n_by_use[t.use]++;
    DH_TRY(give_back(w, id));
    if (t.use != DH_DATA_TIER && t.to >= 0 && dh_store_of(w, t.to)->kind != DH_STORE_NODE) {
        int32_t object;
        DH_TRY(dh_world_stored_put(w, t.to, t.bytes, &object));
        if (t.object)
            *t.object = object;
        DH_TRY(dh_world_tier(w, t.to));
    }
    return t.done ? t.done(w, t.subject) : DH_OK;
}

/* ---- rates ----------------------------------------------------------------------------------------------
 */

enum dh_err dh_world_transfer_cap(struct dh_world *w, int32_t id, double cap) {
    struct dh_storage_run *r = RUN(w);
    struct dh_moving *m = &r->moving[id];
    if (!(cap > 0))
        return DH_ERR_RANGE;
    m->asked.cap = cap < INFINITY ? cap : 0;
    if (m->state != DH_MOVING_FLOWS)
        return DH_OK;
    DH_TRY(dh_world_storage_to_now(w));
    if (m->state != DH_MOVING_FLOWS) /* ended just now */
        return DH_OK;
    double least = fmin(cap, m->cap);
    DH_TRY(dh_flow_net_set_cap(r->net, m->flow, least < INFINITY ? least : 0));
    return look_again(w);
}

double dh_world_transfer_rate(struct dh_world *w, int32_t id) {
    struct dh_storage_run *r = RUN(w);
    return r->moving[id].state == DH_MOVING_FLOWS ? dh_flow_net_rate(r->net, r->moving[id].flow) : 0;
}

double dh_world_transfer_left(struct dh_world *w, int32_t id) {
    struct dh_storage_run *r = RUN(w);
    const struct dh_moving *m = &r->moving[id];
    if (m->state == DH_MOVING_ENDED)
        return 0;
    if (m->state != DH_MOVING_FLOWS)
        return m->asked.bytes;
    /* the net's clock may stand at the last change */
    double behind = dh_time_to_s(w->des.now) - dh_flow_net_now(r->net);
    double left = dh_flow_net_left(r->net, m->flow) - fmax(behind, 0) * dh_flow_net_rate(r->net, m->flow);
    return fmax(left, 0);
}

/* Who wants to know is told his rate. A cap that he sets then changes others'; so they are asked anew. */
static enum dh_err tell_rates(struct dh_world *w) {
    struct dh_storage_run *r = RUN(w);
    for (int32_t id = 0; id < r->n_moving; id++) {
        if (r->moving[id].state != DH_MOVING_FLOWS || !r->moving[id].asked.paced)
            continue;
        double rate = dh_flow_net_rate(r->net, r->moving[id].flow);
        if (rate == r->moving[id].told)
            continue;
        r->moving[id].told = rate;
        DH_TRY(r->moving[id].asked.paced(w, r->moving[id].asked.subject, rate));
    }
    return DH_OK;
}

/* The next end of the net, a change in this instant, or tapes that are mounted. */
enum dh_err dh_world_on_data(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_storage_run *r = RUN(w);
    if (ev->subject >= 0)
        return ev->generation == r->moving[ev->subject].generation ? set_flowing(w, ev->subject) : DH_OK;
    if (ev->generation != r->generation)
        return DH_OK;
    double now = dh_time_to_s(des->now);
    r->planned = true; /* all that changes from here on is looked at below */
    DH_TRY(advance(w, ev->value > now ? ev->value : now));
    for (int32_t i = 0; i < r->n_ended; i++)
        if (r->ended[i] != DH_TRANSFER_NONE)
            DH_TRY(tell_end(w, r->ended[i]));
    r->n_ended = 0;
    r->planned = false;
    DH_TRY(tell_rates(w));
    return r->planned ? DH_OK : plan_next(w);
}

/* ---- stores ---------------------------------------------------------------------------------------------
 */

/* Capacities as its servers are now. */
static enum dh_err set_capacities(struct dh_world *w, int32_t store) {
    struct dh_storage_run *r = RUN(w);
    struct dh_store_run *s = &r->stores[store];
    const struct dh_store *spec = dh_store_of(w, store);
    int32_t out = s->dark > 0 ? spec->n_server : s->servers_out;
    bool still = false;
    DH_TRY(dh_world_storage_to_now(w));
    for (int l = 0; l < DH_N_STORE_LINK; l++) {
        double capacity = dh_store_capacity(spec, (enum dh_store_link)l, out, s->metadata_out);
        still = still || !(capacity > 0);
        if (s->link[l] >= 0)
            DH_TRY(dh_flow_net_set_capacity(r->net, s->link[l], capacity));
    }
    if (still && s->still_since == DH_TIME_NONE) {
        s->still_since = w->des.now;
        DH_TRY(dh_world_incident(w, DH_INCIDENT_STORE_STILL, store, out + s->metadata_out));
    } else if (!still && s->still_since != DH_TIME_NONE) {
        s->still += w->des.now - s->still_since;
        s->still_since = DH_TIME_NONE;
        DH_TRY(dh_world_incident(w, DH_INCIDENT_STORE_BACK, store, out + s->metadata_out));
    }
    return look_again(w);
}

enum dh_err dh_world_store_units(struct dh_world *w, int32_t store, int32_t servers_out,
                                 int32_t metadata_out) {
    RUN(w)->stores[store].servers_out = servers_out;
    RUN(w)->stores[store].metadata_out = metadata_out;
    return set_capacities(w, store);
}

enum dh_err dh_world_store_rack(struct dh_world *w, int32_t rack, bool down) {
    for (int32_t i = 0; i < w->f->n_store; i++)
        if (dh_store_of(w, i)->rack == rack) {
            RUN(w)->stores[i].dark += down ? 1 : -1;
            return set_capacities(w, i);
        }
    return DH_OK;
}

enum dh_err dh_world_storage_start(struct dh_world *w) {
    struct dh_storage_run *r = RUN(w);
    r->storage = &w->f->storage;
    r->first_free = r->first_object = -1;
    int32_t n = r->storage->n_store, n_link = 0;
    if (n == 0)
        return DH_OK;
    r->stores = dh_arena_array(&w->mem, (size_t)n, sizeof *r->stores);
    double *capacity = calloc((size_t)n * DH_N_STORE_LINK, sizeof *capacity);
    if (!r->stores || !capacity) {
        free(capacity);
        return DH_ERR_MEMORY;
    }
    for (int32_t i = 0; i < n; i++) {
        struct dh_store_run *s = &r->stores[i];
        *s = (struct dh_store_run){.first_waiting = -1,
                                   .last_waiting = -1,
                                   .oldest = -1,
                                   .newest = -1,
                                   .tier_at = DH_TIME_NONE,
                                   .still_since = DH_TIME_NONE};
        for (int l = 0; l < DH_N_STORE_LINK; l++) {
            double c = dh_store_capacity(dh_store_of(w, i), (enum dh_store_link)l, 0, 0);
            s->link[l] = c < INFINITY ? n_link : -1;
            if (c < INFINITY)
                capacity[n_link++] = c;
        }
    }
    r->net = dh_flow_net_new(capacity, n_link);
    free(capacity);
    if (!r->net)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < n; i++) {
        int32_t object;
        if (dh_store_of(w, i)->filled_b > 0)
            DH_TRY(dh_world_stored_put(w, i, dh_store_of(w, i)->filled_b, &object));
        DH_TRY(dh_world_tier(w, i));
    }
    return DH_OK;
}

void dh_world_storage_free(struct dh_world *w) {
    struct dh_storage_run *r = RUN(w);
    dh_flow_net_delete(r->net);
    free(r->moving);
    free(r->flow_of);
    free(r->ended);
    free(r->objects);
    *r = (struct dh_storage_run){0};
}
