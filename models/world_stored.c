/* What lies in the stores of a run: objects, their tiers, prices, and what series and audits see of them. */
#include "models/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RUN(w) (&(w)->storage)

bool dh_room_for(void *array, int32_t *room, int32_t n, size_t size) {
    void *old;
    if (n <= *room)
        return true;
    int32_t wanted = *room > 0 ? 2 * *room : 64;
    while (wanted < n && wanted <= INT32_MAX / 4)
        wanted *= 2;
    if (wanted < n)
        return false;
    memcpy(&old, array, sizeof old);
    void *grown = realloc(old, (size_t)wanted * size);
    if (!grown)
        return false;
    memcpy(array, &grown, sizeof grown);
    *room = wanted;
    return true;
}

const struct dh_store *dh_store_of(const struct dh_world *w, int32_t store) {
    return &w->storage.storage->stores[store];
}

int32_t dh_world_store(const struct dh_world *w, const char *id) {
    return w->storage.net ? dh_storage_find(w->storage.storage, id) : -1;
}

/* ---- what is stored -------------------------------------------------------------------------------------
 */

/* The integral of a store's fill up to now. */
static void settle_fill(struct dh_world *w, struct dh_store_run *s) {
    s->stored_b_ns += (dh_b_ns)s->stored_b * (w->des.now - s->stored_at);
    s->stored_at = w->des.now;
}

static void add_bytes(struct dh_world *w, struct dh_store_run *s, int64_t bytes) {
    settle_fill(w, s);
    s->stored_b += bytes;
    s->most_b = s->stored_b > s->most_b ? s->stored_b : s->most_b;
}

static void link_object(struct dh_storage_run *r, int32_t row) {
    struct dh_stored *o = &r->objects[row];
    struct dh_store_run *s = &r->stores[o->store];
    o->older = s->newest;
    o->newer = -1;
    if (s->newest >= 0)
        r->objects[s->newest].newer = row;
    else
        s->oldest = row;
    s->newest = row;
}

static void unlink_object(struct dh_storage_run *r, int32_t row) {
    struct dh_stored *o = &r->objects[row];
    struct dh_store_run *s = &r->stores[o->store];
    if (o->older >= 0)
        r->objects[o->older].newer = o->newer;
    else
        s->oldest = o->newer;
    if (o->newer >= 0)
        r->objects[o->newer].older = o->older;
    else
        s->newest = o->older;
}

enum dh_err dh_world_stored_put(struct dh_world *w, int32_t store, double bytes, int32_t *row) {
    struct dh_storage_run *r = RUN(w);
    struct dh_store_run *s = &r->stores[store];
    if (r->first_object >= 0) {
        *row = r->first_object;
        r->first_object = r->objects[*row].newer;
    } else {
        if (!dh_room_for(&r->objects, &r->object_room, r->n_object + 1, sizeof *r->objects))
            return DH_ERR_MEMORY;
        *row = r->n_object++;
    }
    r->objects[*row] = (struct dh_stored){
        .store = store, .moving = -1, .bytes = (int64_t)ceil(bytes), .written = w->des.now};
    link_object(r, *row);
    add_bytes(w, s, r->objects[*row].bytes);
    return DH_OK;
}

static void drop_object(struct dh_world *w, int32_t row) {
    struct dh_storage_run *r = RUN(w);
    struct dh_stored *o = &r->objects[row];
    settle_fill(w, &r->stores[o->store]);
    r->stores[o->store].stored_b -= o->bytes;
    unlink_object(r, row);
    *o = (struct dh_stored){.store = -1, .newer = r->first_object};
    r->first_object = row;
}

enum dh_err dh_world_store_delete(struct dh_world *w, int32_t object) {
    struct dh_storage_run *r = RUN(w);
    int32_t moving = r->objects[object].moving;
    if (moving != DH_TRANSFER_NONE) {
        DH_TRY(dh_world_transfer_cancel(w, moving));
        r->stores[r->objects[object].store].moving_b -= r->objects[object].bytes;
    }
    drop_object(w, object);
    return DH_OK;
}

double dh_world_store_room(const struct dh_world *w, int32_t store) {
    const struct dh_store_run *s = &w->storage.stores[store];
    const struct dh_store *spec = dh_store_of(w, store);
    if (spec->kind == DH_STORE_NODE)
        return spec->capacity_b;
    return fmin(spec->capacity_b, 9e18) - (double)s->stored_b - s->promised_b;
}

/* ---- tiers ----------------------------------------------------------------------------------------------
 */

static enum dh_err moved(struct dh_world *w, int32_t object) {
    struct dh_storage_run *r = RUN(w);
    struct dh_stored *o = &r->objects[object];
    int32_t to = dh_store_of(w, o->store)->tier;
    settle_fill(w, &r->stores[o->store]);
    settle_fill(w, &r->stores[to]);
    r->stores[o->store].stored_b -= o->bytes;
    r->stores[o->store].moving_b -= o->bytes;
    unlink_object(r, object);
    o->store = to;
    o->moving = DH_TRANSFER_NONE;
    o->written = w->des.now;
    link_object(r, object);
    add_bytes(w, &r->stores[to], o->bytes);
    return dh_world_tier(w, to);
}

/* false: the next tier has no room. */
static enum dh_err move_on(struct dh_world *w, int32_t object, bool *begun) {
    struct dh_storage_run *r = RUN(w);
    struct dh_stored *o = &r->objects[object];
    const struct dh_store *from = dh_store_of(w, o->store);
    bool tape = dh_store_of(w, from->tier)->kind == DH_STORE_ARCHIVE;
    struct dh_data_transfer t = {.from = o->store,
                                 .to = from->tier,
                                 .bytes = (double)o->bytes,
                                 .streams = tape ? 1 : from->n_server,
                                 .use = DH_DATA_TIER,
                                 .subject = object,
                                 .done = moved};
    int32_t id;
    DH_TRY(dh_world_transfer(w, &t, &id));
    *begun = id != DH_TRANSFER_NONE;
    r->objects[object].moving = id;
    if (*begun)
        r->stores[t.from].moving_b += r->objects[object].bytes;
    return DH_OK;
}

/* Moves what is old enough, or too much, oldest first; and comes back when the next is old enough. */
enum dh_err dh_world_tier(struct dh_world *w, int32_t store) {
    struct dh_storage_run *r = RUN(w);
    struct dh_store_run *s = &r->stores[store];
    const struct dh_store *spec = dh_store_of(w, store);
    dh_time after = spec->tier_after_s < INFINITY ? dh_time_from_s(spec->tier_after_s) : DH_TIME_MAX;
    double most = spec->tier_above < INFINITY ? spec->tier_above * spec->capacity_b : INFINITY;
    if (spec->tier < 0)
        return DH_OK;
    for (int32_t i = s->oldest; i >= 0; i = r->objects[i].newer) {
        if (r->objects[i].moving != DH_TRANSFER_NONE)
            continue;
        bool old = after < DH_TIME_MAX && w->des.now - r->objects[i].written >= after;
        if (!old && !((double)(s->stored_b - s->moving_b) > most)) {
            if (after == DH_TIME_MAX || r->objects[i].written >= DH_TIME_MAX - after)
                return DH_OK;
            dh_time at = r->objects[i].written + after;
            if (s->tier_at == at)
                return DH_OK;
            s->tier_at = at;
            return dh_des_schedule(&w->des, at, DH_PHASE_DATA, DH_EVENT_TIER, store, 0);
        }
        bool begun;
        DH_TRY(move_on(w, i, &begun));
        if (!begun)
            return DH_OK; /* asked again with the next write */
    }
    return DH_OK;
}

enum dh_err dh_world_on_tier(struct dh_des *des, void *world, const struct dh_event *ev) {
    (void)des;
    return dh_world_tier(world, ev->subject);
}

bool dh_world_storage_moves(const struct dh_world *w) {
    const struct dh_storage_run *r = RUN(w);
    for (int32_t i = 0; r->net && i < w->f->n_store; i++)
        if (r->stores[i].tier_at != DH_TIME_NONE && r->stores[i].tier_at > w->des.now)
            return true;
    for (int32_t i = 0; i < r->n_moving; i++)
        if (r->moving[i].state == DH_MOVING_MOUNTS || r->moving[i].state == DH_MOVING_ENDED ||
            (r->moving[i].state == DH_MOVING_FLOWS && dh_flow_net_rate(r->net, r->moving[i].flow) > 1))
            return true;
    return false;
}

double dh_world_storage_moved(const struct dh_world *w, enum dh_data_use use) {
    struct dh_sum sum = RUN(w)->by_use[use];
    for (int32_t i = 0; i < RUN(w)->n_moving; i++) {
        const struct dh_moving *m = &RUN(w)->moving[i];
        if (m->asked.use != use)
            continue;
        if (m->state == DH_MOVING_FLOWS)
            dh_sum_add(&sum, dh_flow_net_sent(RUN(w)->net, m->flow));
        else if (m->state == DH_MOVING_ENDED)
            dh_sum_add(&sum, m->asked.bytes);
    }
    return dh_sum_value(&sum);
}

/* ---- figures --------------------------------------------------------------------------------------------
 */

void dh_world_store_figures(const struct dh_world *w, int32_t store, struct dh_store_figures *out) {
    const struct dh_storage_run *r = RUN(w);
    const struct dh_store_run *s = &r->stores[store];
    const struct dh_store *spec = dh_store_of(w, store);
    double seconds = dh_time_to_s(w->des.now), asked = 0, accounted = 0, server_s = 0;
    *out = (struct dh_store_figures){
        .read_b = dh_sum_value(&s->read.delivered),
        .written_b = dh_sum_value(&s->written.delivered),
        .asked_b = dh_sum_value(&s->read.asked) + dh_sum_value(&s->written.asked),
        .cancelled_b = dh_sum_value(&s->read.cancelled) + dh_sum_value(&s->written.cancelled)};
    double read_ops = dh_sum_value(&s->read.operations), write_ops = dh_sum_value(&s->written.operations);
    server_s = dh_sum_value(&s->server_s);
    for (int32_t i = 0; i < r->n_moving; i++) {
        const struct dh_moving *m = &r->moving[i];
        if (m->state == DH_MOVING_FREE || (m->asked.from != store && m->asked.to != store))
            continue;
        bool writes = m->asked.to == store;
        double sent = m->state == DH_MOVING_ENDED   ? m->asked.bytes
                      : m->state == DH_MOVING_FLOWS ? dh_flow_net_sent(r->net, m->flow)
                                                    : 0;
        double left = m->state == DH_MOVING_FLOWS ? dh_flow_net_left(r->net, m->flow) : m->asked.bytes - sent;
        double ops = m->asked.bytes > 0
                         ? sent / m->asked.bytes * dh_store_operations(spec, m->asked.bytes, m->asked.files)
                         : 0;
        out->left_b += left;
        out->n_moving++;
        out->n_waiting += m->state == DH_MOVING_WAITS || m->state == DH_MOVING_MOUNTS;
        *(writes ? &out->written_b : &out->read_b) += sent;
        *(writes ? &write_ops : &read_ops) += ops;
        double rate = m->state == DH_MOVING_FLOWS ? dh_flow_net_rate(r->net, m->flow) : 0;
        *(writes ? &out->write_b_per_s : &out->read_b_per_s) += rate < INFINITY ? rate : 0;
        if (sent > 0)
            server_s += sent * dh_store_share(spec, DH_STORE_SERVERS, writes, m->asked.bytes, m->asked.files);
    }
    asked = out->asked_b;
    accounted = out->read_b + out->written_b + out->cancelled_b + out->left_b;
    out->residual = asked > 0 ? fabs(asked - accounted) / asked : 0;
    if (s->link[DH_STORE_SERVERS] >= 0) {
        double carried = dh_flow_net_carried(r->net, s->link[DH_STORE_SERVERS]);
        out->busy = seconds > 0 && spec->n_server > 0 ? carried / (seconds * spec->n_server) : 0;
        if (carried > 0)
            out->residual = fmax(out->residual, fabs(carried - server_s) / carried);
    }
    out->stored_b = (double)s->stored_b;
    out->peak_b = (double)s->most_b;
    dh_b_ns b_ns = s->stored_b_ns + (dh_b_ns)s->stored_b * (w->des.now - s->stored_at);
    double b_s = spec->capacity_priced ? spec->capacity_b * seconds : (double)b_ns / 1e9;
    out->usd = b_s * spec->usd_per_b_s + read_ops * spec->read_usd + write_ops * spec->write_usd +
               out->read_b * spec->egress_usd_per_b;
}

bool dh_world_storage_priced(const struct dh_world *w) {
    for (int32_t i = 0; i < w->f->n_store; i++) {
        const struct dh_store *s = dh_store_of(w, i);
        if (s->usd_per_b_s > 0 || s->read_usd > 0 || s->write_usd > 0 || s->egress_usd_per_b > 0)
            return true;
    }
    return false;
}

enum dh_err dh_world_storage_sample(struct dh_world *w, double interval_s) {
    if (!RUN(w)->net)
        return DH_OK;
    DH_TRY(dh_world_storage_to_now(w));
    for (int32_t i = 0; i < w->f->n_store; i++) {
        struct dh_store_run *s = &RUN(w)->stores[i];
        struct dh_store_figures now;
        dh_world_store_figures(w, i, &now);
        bool mean = interval_s > 0;
        w->out.store_read_b_per_s[i] = mean ? (now.read_b - s->read_mark_b) / interval_s : now.read_b_per_s;
        w->out.store_write_b_per_s[i] =
            mean ? (now.written_b - s->write_mark_b) / interval_s : now.write_b_per_s;
        w->out.store_stored_b[i] = now.stored_b;
        w->out.store_transfers[i] = now.n_moving;
        w->out.store_waiting[i] = now.n_waiting;
        w->out.store_usd[i] = now.usd;
        s->read_mark_b = now.read_b;
        s->write_mark_b = now.written_b;
    }
    return DH_OK;
}
