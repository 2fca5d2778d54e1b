/* Events in the order in which they happen: by (at, phase, seq), a total order. */
#ifndef DH_SIM_EVENT_QUEUE_H
#define DH_SIM_EVENT_QUEUE_H

#include <datahall/err.h>
#include <datahall/time.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Cancellation is lazy: an event is never taken out. Whoever owns the subject keeps a generation number
 * beside it, schedules with that number, and adds one when the plan changes; the handler returns at once
 * when ev->generation is not the subject's present one. */
struct dh_event {
    dh_time at;          /* ns, below DH_TIME_MAX */
    uint64_t seq;        /* order of scheduling: the last tie-break; below 2^48 */
    double value;        /* whatever the handler wants */
    int32_t subject;     /* row of the entity concerned, -1: none */
    uint32_t generation; /* of the subject when the event was scheduled; 0 when not used */
    uint16_t phase;      /* order within one instant, small first; below 256 */
    uint16_t kind;       /* row of the handler table; below 256 */
};

struct dh_event_ladder;

/* {0} is an empty queue. */
struct dh_event_queue {
    struct dh_event_ladder *ladder; /* made by the first push */
};

void dh_event_queue_init(struct dh_event_queue *q);
void dh_event_queue_free(struct dh_event_queue *q);

/* Any time may be pushed at any moment, the past and the present instant included. DH_ERR_MEMORY when the
 * queue cannot grow (it holds what it held), DH_ERR_INTERNAL when a field is outside its range. */
enum dh_err dh_event_queue_push(struct dh_event_queue *q, const struct dh_event *ev);

/* Takes the first event out; false when the queue is empty. */
bool dh_event_queue_pop(struct dh_event_queue *q, struct dh_event *ev);

/* The same if the first event comes before `until`; false, and nothing taken, otherwise. */
bool dh_event_queue_pop_before(struct dh_event_queue *q, dh_time until, struct dh_event *ev);

/* Time of the first event, DH_TIME_MAX when the queue is empty. Not const: it may sort what comes next. */
dh_time dh_event_queue_next(struct dh_event_queue *q);

size_t dh_event_queue_count(const struct dh_event_queue *q);

#endif
