#include "sim/des.h"
#include "sim/event_ladder.h"

void dh_des_init(struct dh_des *des) {
    *des = (struct dh_des){0};
    dh_event_queue_init(&des->queue);
}

void dh_des_free(struct dh_des *des) {
    dh_event_queue_free(&des->queue);
    *des = (struct dh_des){0};
}

enum dh_err dh_des_schedule_generation(struct dh_des *des, dh_time at, uint16_t phase, uint16_t kind,
                                       int32_t subject, uint32_t generation, double value) {
    if (at < des->now)
        return DH_ERR_INTERNAL;
    if (at == DH_TIME_MAX)
        return DH_OK;
    struct dh_event ev = {.at = at,
                          .seq = des->n_scheduled,
                          .value = value,
                          .subject = subject,
                          .generation = generation,
                          .phase = phase,
                          .kind = kind};
    des->n_scheduled++; /* first, so that the push can be the last thing done: a failed one only leaves a gap
                         */
    return dh_ladder_push(&des->queue, &ev);
}

enum dh_err dh_des_schedule(struct dh_des *des, dh_time at, uint16_t phase, uint16_t kind, int32_t subject,
                            double value) {
    return dh_des_schedule_generation(des, at, phase, kind, subject, 0, value);
}

static enum dh_err advance(struct dh_des *des, void *world, dh_time to) {
    if (to <= des->now)
        return DH_OK;
    enum dh_err err = des->before_advance ? des->before_advance(world, des->now, to) : DH_OK;
    des->now = to;
    return err;
}

/* Somebody may have knocked. */
static enum dh_err listen(struct dh_des *des) {
    uint32_t knocks = des->knocks ? atomic_load_explicit(des->knocks, memory_order_acquire) : des->heard;
    if (knocks == des->heard)
        return DH_OK;
    des->heard = knocks;
    return des->answer(des->answer_self);
}

enum dh_err dh_des_run(struct dh_des *des, const struct dh_handler *handlers, uint16_t n_handler, void *world,
                       dh_time until) {
    struct dh_event ev;
    for (;;) {
        if (des->stop && __atomic_load_n(des->stop, __ATOMIC_RELAXED)) /* by a signal, or another thread */
            return DH_ERR_INTERRUPTED;
        enum dh_err err = listen(des);
        if (err != DH_OK)
            return err;
        if (!dh_ladder_pop_before(&des->queue, until, &ev))
            break;
        if (ev.kind >= n_handler || !handlers[ev.kind].fn)
            return DH_ERR_INTERNAL;
        err = advance(des, world, ev.at);
        if (err == DH_OK)
            err = handlers[ev.kind].fn(des, world, &ev);
        if (err == DH_OK && des->after_event)
            err = des->after_event(world);
        if (err != DH_OK)
            return err;
        des->n_event++;
    }
    return advance(des, world, until);
}
