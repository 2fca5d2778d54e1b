/* The loop: take the next event, let the world settle up to its time, call its handler. */
#ifndef DH_SIM_DES_H
#define DH_SIM_DES_H

#include <datahall/err.h>
#include <datahall/time.h>
#include "sim/event_queue.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

struct dh_des;

/* A row of the handler table; ev->kind is its index. An error ends the run and is what dh_des_run returns. */
struct dh_handler {
    const char *name;
    enum dh_err (*fn)(struct dh_des *des, void *world, const struct dh_event *ev);
};

/* {0} starts at time 0 with nothing scheduled. Set the hook and the flag, if wanted, before the run. */
struct dh_des {
    dh_time now; /* read only for handlers */
    struct dh_event_queue queue;
    uint64_t n_scheduled; /* also the next seq */
    uint64_t n_event;     /* handled so far */
    /* Called whenever time is about to move from `from` to `to` > from, before any handler at `to`: the
     * place where integrals over time (energy, GPU-seconds) are settled. NULL: nothing to settle. What it
     * returns ends the run like a handler's error. */
    enum dh_err (*before_advance)(void *world, dh_time from, dh_time to);
    /* Called after each event's handler; what it returns ends the run like a handler's error. NULL: nothing.
     */
    enum dh_err (*after_event)(void *world);
    /* Looked at before each event; set by a signal handler. NULL: never stopped. */
    const volatile sig_atomic_t *stop;
    /* Looked at before each event, too: another thread counts it up, and once it differs from `heard` answer
     * is called, between events, to plan something. What it returns ends the run like a handler's error.
     * NULL: nobody knocks. */
    const _Atomic uint32_t *knocks;
    uint32_t heard;
    enum dh_err (*answer)(void *self);
    void *answer_self;
};

void dh_des_init(struct dh_des *des);
void dh_des_free(struct dh_des *des);

/* Plans an event. At the present instant it happens after what was scheduled before it with the same phase,
 * and before all waiting events of a larger phase. DH_ERR_INTERNAL when `at` lies in the past or phase or
 * kind is out of range, DH_ERR_MEMORY when the queue cannot grow. DH_TIME_MAX is never reached: nothing is
 * scheduled and DH_OK returned. */
enum dh_err dh_des_schedule(struct dh_des *des, dh_time at, uint16_t phase, uint16_t kind, int32_t subject,
                            double value);

/* The same with the subject's generation, for events that may be cancelled (see struct dh_event). */
enum dh_err dh_des_schedule_generation(struct dh_des *des, dh_time at, uint16_t phase, uint16_t kind,
                                       int32_t subject, uint32_t generation, double value);

/* Handles every event with at < until (those at `until` itself stay for the next call), then moves time to
 * `until`, hook included. A kind without a row, or whose fn is NULL, is DH_ERR_INTERNAL. Returns
 * DH_ERR_INTERRUPTED, with time left at the last event, when *stop is not 0. After an error the failed
 * event is gone and time stands at it. */
enum dh_err dh_des_run(struct dh_des *des, const struct dh_handler *handlers, uint16_t n_handler, void *world,
                       dh_time until);

#endif
