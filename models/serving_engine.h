/* One replica in service, iteration by iteration: a queue, a cache of keys and values in blocks, continuous
 * batching. The time of an iteration is that of models/serving.h, or the caller's.
 *
 * An iteration gives each running sequence whose prompt is read one token, then reads prompts with what is
 * left of the token budget, in order of admission; waiting requests are admitted, first come first served,
 * while sequences and blocks for their whole prompt are left. Where the stack puts prompts first, an
 * iteration reads prompts alone while there are any. A sequence that needs a block when none is free pushes
 * out the one that was admitted last, which goes back to the front of the queue and is read again with what
 * it had written (recompute). A request whose prompt and answer cannot fit the cache alone is refused.
 *
 * Iterations that would be alike (no prompt in progress, none that could be admitted, nobody finishes) are
 * taken in one stride, at the time of the one in the middle; a request that arrives cuts it at the end of the
 * iteration that is running. Calling advance more often changes nothing.
 *
 *   submit all requests of time t; advance(t); look at next(); take answers.
 *
 * Times are seconds from the caller's zero, one clock for all calls, never backwards. Memory is taken at the
 * beginning and when more requests are inside than ever before. Not for several threads at once. */
#ifndef DH_MODELS_SERVING_ENGINE_H
#define DH_MODELS_SERVING_ENGINE_H

#include <datahall/err.h>
#include "models/serving.h"

#include <stdbool.h>
#include <stdint.h>

struct dh_engine;

struct dh_engine_options {
    const struct dh_serving *serving; /* kept; all dp groups of the plan are simulated as one */
    int64_t blocks;                   /* of the cache; 0: what serving has, dp times */
    int64_t token_budget;             /* 0: the stack's */
    int64_t sequence_limit;           /* 0: the stack's, dp times */
    bool single;                      /* no strides: for comparison */
    /* NULL: dh_serving_iteration. Else seconds of an iteration, for tests of the queue alone. */
    double (*iteration)(const void *self, const struct dh_serving_load *load);
    const void *self;
};

struct dh_engine_request {
    double arrival_s;       /* not before what has been advanced to */
    int64_t prompt, output; /* tokens, at least 1 */
    int64_t cached;         /* of the prompt, in the prefix cache: need not be read (its blocks are held) */
    bool moved;       /* its prompt was read elsewhere, and its first token written: only the others are */
    bool prompt_only; /* ends with its first token: for a replica that only reads prompts */
    int64_t tag;      /* the caller's */
};

struct dh_engine_answer {
    int64_t tag;
    double arrival_s, first_s,
        end_s; /* of the first and the last token. moved: first_s is of the first one here */
    int64_t prompt, output;
    int64_t preemptions;
};

/* Since the beginning, until the last time heard of; those of an iteration count at its end. Of one device of
 * each group where not said otherwise. */
struct dh_engine_totals {
    int64_t submitted, answered, refused, preemptions;
    int64_t prompt_tokens,
        output_tokens; /* read (again, too, after a preemption) and written, of all groups */
    int64_t iterations;
    double busy_s, flops, bytes, link_bytes;
};

/* What runs now: rates until the next event, nothing while idle. */
struct dh_engine_activity {
    int64_t running, waiting; /* sequences, requests */
    int64_t blocks_used, blocks;
    double sequences, tokens; /* that get a token, and tokens of prompts, in the iteration that runs */
    double flops_per_s, bytes_per_s, link_bytes_per_s;
};

/* DH_ERR_VALUE: no room for one block, or no token budget. */
enum dh_err dh_engine_new(struct dh_engine **engine, const struct dh_engine_options *options,
                          struct dh_diag *diag);
void dh_engine_delete(struct dh_engine *engine); /* or NULL */

/* *accepted false: it can never fit. DH_ERR_MEMORY, DH_ERR_VALUE (times backwards, tokens below 1). */
enum dh_err dh_engine_submit(struct dh_engine *engine, const struct dh_engine_request *request,
                             bool *accepted);
/* Ends every iteration until t, and begins the next. */
enum dh_err dh_engine_advance(struct dh_engine *engine, double t);
/* Iterations that begin from now on take 1 / pace of their time: clocks that are held down. 1 at first; pace
 * > 0.
 */
void dh_engine_pace(struct dh_engine *engine, double pace);
/* When something ends next; INFINITY: nothing runs. */
double dh_engine_next(const struct dh_engine *engine);
/* Runs until nobody is inside; the time of the last token in *end, if not NULL. */
enum dh_err dh_engine_drain(struct dh_engine *engine, double *end);
/* The next answer, in order of their ends; false: none yet. */
bool dh_engine_take(struct dh_engine *engine, struct dh_engine_answer *answer);
/* Takes out everyone that waits or runs, when a replica goes away: one at a time, as it was submitted. */
bool dh_engine_evict(struct dh_engine *engine, struct dh_engine_request *request);

void dh_engine_totals_of(const struct dh_engine *engine, struct dh_engine_totals *totals);
void dh_engine_activity_of(const struct dh_engine *engine, struct dh_engine_activity *activity);

#endif
