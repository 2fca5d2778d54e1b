/* Runs of pipelines: they come due, and their stages follow one another. */
#include "models/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* IDLE: in no run; WAITS for its inputs; DELAYED by its latency; QUEUED: its job waits for GPUs or runs. */
enum { IDLE, WAITS, DELAYED, QUEUED, WORKS, DONE };

/* Until GPUs are asked for again where nothing queues. */
static const double RETRY_S = 60;

static uint64_t bit(int32_t stage) {
    return UINT64_C(1) << stage;
}

const struct dh_pipeline_stage_spec *dh_stage_spec(const struct dh_world *w, const struct dh_stage_run *at) {
    return &w->data->pipelines[at->pipeline].spec->stages[at->stage];
}

static struct dh_stage_run *stage_of(struct dh_world *w, const struct dh_stage_run *at, int32_t stage) {
    const struct dh_pipeline_run *p = &w->data->pipelines[at->pipeline];
    return &w->data->stages[p->first_stage + at->slot * p->graph.n + stage];
}

static struct dh_pipeline_slot *slot_of(struct dh_world *w, const struct dh_stage_run *at) {
    return &w->data->pipelines[at->pipeline].slots[at->slot];
}

/* ---- runs come due
 * ------------------------------------------------------------------------------------------
 */

static enum dh_err start_stage(struct dh_world *w, struct dh_stage_run *at);

/* A run begins in a free slot: its stages wait, and those without inputs start. */
static enum dh_err begin_run(struct dh_world *w, int32_t pipeline, int32_t slot, dh_time due) {
    struct dh_pipeline_run *p = &w->data->pipelines[pipeline];
    p->slots[slot] = (struct dh_pipeline_slot){.busy = true, .run = (int32_t)p->n_begun++, .due = due};
    dh_sum_add(&p->late_s, dh_time_to_s(w->des.now - due));
    struct dh_stage_run *first = &w->data->stages[p->first_stage + slot * p->graph.n];
    for (int32_t s = 0; s < p->graph.n; s++) {
        first[s].state = WAITS;
        first[s].open = p->graph.after[s];
        first[s].share = 1;
        first[s].record = (struct dh_stage_record){.pipeline = pipeline,
                                                   .stage = s,
                                                   .run = p->slots[slot].run,
                                                   .due = due,
                                                   .ready = DH_TIME_NONE,
                                                   .start = DH_TIME_NONE};
    }
    for (int32_t s = 0; s < p->graph.n; s++)
        if (first[s].open == 0)
            DH_TRY(start_stage(w, &first[s]));
    return DH_OK;
}

static enum dh_err begin_owed(struct dh_world *w, int32_t pipeline) {
    struct dh_pipeline_run *p = &w->data->pipelines[pipeline];
    for (int32_t s = 0; s < p->n_slot && p->n_owed > 0; s++) {
        if (p->slots[s].busy)
            continue;
        dh_time due = p->owed[0];
        memmove(p->owed, p->owed + 1, (size_t)--p->n_owed * sizeof *p->owed);
        DH_TRY(begin_run(w, pipeline, s, due));
    }
    return DH_OK;
}

/* A run comes due now. n_pending: it was counted when it was planned, or is by `planned` false. */
static enum dh_err come_due(struct dh_world *w, int32_t pipeline, bool planned) {
    struct dh_pipeline_run *p = &w->data->pipelines[pipeline];
    if (p->spec->count >= 0 && p->n_due >= p->spec->count) {
        w->data->n_pending -= planned;
        return DH_OK;
    }
    w->data->n_pending += !planned;
    p->n_due++;
    if (p->n_owed == p->owed_room) {
        int32_t room = p->owed_room ? 2 * p->owed_room : 8;
        dh_time *grown = realloc(p->owed, (size_t)room * sizeof *grown);
        if (!grown)
            return DH_ERR_MEMORY;
        p->owed = grown;
        p->owed_room = room;
    }
    p->owed[p->n_owed++] = w->des.now;
    return begin_owed(w, pipeline);
}

/* The next by schedule, within the horizon. */
enum dh_err dh_world_plan_run(struct dh_world *w, int32_t pipeline, double after_s) {
    dh_time at = dh_time_after(w->des.now, after_s);
    if (at >= w->until)
        return DH_OK;
    w->data->n_pending++;
    return dh_des_schedule(&w->des, at, DH_PHASE_DATA, DH_EVENT_PIPELINE, pipeline, 0);
}

enum dh_err dh_world_on_pipeline(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    const struct dh_pipeline_run *p = &w->data->pipelines[ev->subject];
    (void)des;
    if (!isnan(p->spec->every_s) && (p->spec->count < 0 || p->n_due + 1 < p->spec->count))
        DH_TRY(dh_world_plan_run(w, ev->subject, p->spec->every_s));
    DH_TRY(come_due(w, ev->subject, true));
    return dh_world_end_if_idle(w);
}

/* Something that pipelines wait for has come: row of a dataset, or n_dataset + row of a pipeline. */
static enum dh_err set_off(struct dh_world *w, int32_t what) {
    for (int32_t i = 0; i < w->data->n_pipeline; i++) {
        struct dh_pipeline_run *p = &w->data->pipelines[i];
        bool mine = false, all = true;
        for (int32_t k = 0; k < p->n_after; k++) {
            if (p->after[k] == what) {
                p->came[k]++;
                mine = true;
            }
            all = all && p->came[k] > 0;
        }
        if (!mine || !all)
            continue;
        for (int32_t k = 0; k < p->n_after; k++)
            p->came[k] = 0;
        DH_TRY(come_due(w, i, false));
    }
    return DH_OK;
}

/* ---- stages
 * -------------------------------------------------------------------------------------------------
 */

/* The results of a stage are a version now. */
static enum dh_err publish(struct dh_world *w, struct dh_stage_run *at) {
    int32_t dataset = w->data->pipelines[at->pipeline].graph.writes[at->stage];
    struct dh_dataset_run *d = &w->data->datasets[dataset];
    double bytes = at->whole.out_bytes;
    double before =
        dh_stage_spec(w, at)->appends && d->n_version > 0 ? d->versions[d->n_version - 1].bytes : 0;
    struct dh_dataset_version version = {
        .due = slot_of(w, at)->due, .at = w->des.now, .bytes = before + bytes};
    d->came_b += bytes;
    version.objects = at->objects;
    version.n_object = at->n_object;
    at->objects = NULL;
    at->n_object = 0;
    DH_TRY(dh_dataset_add_version(w, d, version));
    DH_TRY(dh_dataset_submit_waiting(w, d));
    for (int32_t s = 0; s < w->data->n_stage; s++) /* which waited for the first one */
        if (w->data->stages[s].state == WAITS && w->data->stages[s].open == 0)
            DH_TRY(start_stage(w, &w->data->stages[s]));
    return set_off(w, dataset);
}

/* What it reads: results of stages, and of each dataset the newest version, or what came since it last took
 * any. */
/* And, of what lies in stores, how much each transfer takes. */
static struct dh_pipeline_amount amount_of(struct dh_world *w, struct dh_stage_run *at) {
    struct dh_stage_part *part = &w->data->parts[at->first_part];
    struct dh_pipeline_run *p = &w->data->pipelines[at->pipeline];
    const struct dh_pipeline_stage_spec *spec = dh_stage_spec(w, at);
    struct dh_pipeline_amount amount = {0};
    for (int32_t s = 0; s < p->graph.n; s++)
        if (p->graph.takes[at->stage] & bit(s)) {
            amount.bytes += stage_of(w, at, s)->whole.out_bytes;
            amount.items += stage_of(w, at, s)->whole.out_items;
        }
    for (int32_t r = p->graph.first_read[at->stage]; r < p->graph.first_read[at->stage + 1]; r++) {
        const struct dh_dataset_run *d = &w->data->datasets[p->graph.reads[r]];
        double came_b = d->came_b + dh_dataset_grown_b(w, d);
        double bytes = d->n_version == 0             ? 0 /* its stage had nothing to write */
                       : spec->takes == DH_TAKES_NEW ? fmax(came_b - p->taken_b[r], 0)
                                                     : dh_world_dataset_bytes(w, p->graph.reads[r]);
        p->taken_b[r] = came_b;
        amount.bytes += bytes;
        amount.items += dh_dataset_items(d->spec, bytes);
        if (d->store >= 0)
            (part++)->whole_b = bytes;
    }
    int32_t writes = p->graph.writes[at->stage];
    dh_pipeline_results(&amount, spec, writes >= 0 ? w->data->datasets[writes].spec : NULL);
    if (part < &w->data->parts[at->first_part + at->n_part])
        part->whole_b = amount.out_bytes;
    return amount;
}

/* Of datasets that other pipelines write; those of its own it has waited for as stages. */
static bool versions_are_there(const struct dh_world *w, const struct dh_stage_run *at) {
    const struct dh_pipeline_graph *g = &w->data->pipelines[at->pipeline].graph;
    for (int32_t r = g->first_read[at->stage]; r < g->first_read[at->stage + 1]; r++) {
        bool own = false;
        for (int32_t s = 0; s < g->n; s++)
            own = own || (s != at->stage && g->writes[s] == g->reads[r]);
        if (!own && w->data->datasets[g->reads[r]].n_version == 0)
            return false;
    }
    return true;
}

static enum dh_err plan_stage(struct dh_world *w, struct dh_stage_run *at, double s) {
    int32_t row = (int32_t)(at - w->data->stages);
    return dh_des_schedule_generation(&w->des, dh_time_after(w->des.now, s), DH_PHASE_DATA, DH_EVENT_STAGE,
                                      row, ++at->generation, 0);
}

static struct dh_pipeline_amount round_of(const struct dh_stage_run *at) {
    struct dh_pipeline_amount round = at->whole;
    round.bytes *= at->share;
    round.items = at->items;
    return round;
}

/* Its job, which has been used before, for so many seconds of work. */
static enum dh_err ask_for_gpus(struct dh_world *w, struct dh_stage_run *at, double s) {
    struct dh_job *job = &w->jobs.jobs[at->job];
    struct dh_job_run *run = &w->runs[at->job];
    job->submit = w->des.now;
    job->work = dh_time_after(0, s);
    job->work = job->work < DH_TIME_MAX / 4 ? job->work : DH_TIME_MAX / 4;
    run->state = DH_JOB_PENDING;
    run->start = run->end = DH_TIME_NONE;
    run->saved = 0;
    dh_job_plan(job, run, 0);
    at->state = QUEUED;
    DH_TRY(dh_scheduler_submit(&w->scheduler, at->job, w->des.now));
    return dh_world_plan_pass(w);
}

/* A round of its work: with its GPUs, or by itself. */
static enum dh_err begin_work(struct dh_world *w, struct dh_stage_run *at) {
    const struct dh_pipeline_stage_spec *spec = dh_stage_spec(w, at);
    struct dh_pipeline_amount round = round_of(at);
    double s = dh_pipeline_seconds(spec, &round) - spec->latency_s;
    struct dh_pipeline_run *p = &w->data->pipelines[at->pipeline];
    if (p->graph.again[at->stage] && at->items > 0)
        at->failed = dh_pipeline_failures(&p->rng, at->items, spec->defects);
    dh_stage_plan(w, at);
    if (at->job < 0) {
        if (at->record.start == DH_TIME_NONE)
            at->record.start = w->des.now;
        at->state = WORKS;
        DH_TRY(dh_stage_move(w, at, true));
        return plan_stage(w, at, s);
    }
    return ask_for_gpus(w, at, s);
}
/* The first round, once all that it reads is there; of nothing there is nothing to do. */
static enum dh_err start_stage(struct dh_world *w, struct dh_stage_run *at) {
    if (at->record.rounds == 0) {
        if (!versions_are_there(w, at))
            return DH_OK;
        at->whole = amount_of(w, at);
        at->items = at->whole.items;
        at->record.ready = w->des.now;
    }
    at->record.rounds++;
    at->failed = 0;
    at->worked = false;
    at->state = DELAYED;
    if (!(at->whole.bytes > 0))
        at->state = WORKS;
    return plan_stage(w, at, at->state == DELAYED ? dh_stage_spec(w, at)->latency_s : 0);
}

/* What it did in this round, to the books. */
static void count_round(struct dh_world *w, struct dh_stage_run *at) {
    struct dh_pipeline_amount round = round_of(at);
    struct dh_stage_totals *t = &w->data->pipelines[at->pipeline].totals[at->stage];
    double usd = round.bytes > 0 ? dh_pipeline_usd(dh_stage_spec(w, at), &round) : 0;
    at->record.bytes += round.bytes;
    at->record.items += round.items;
    at->record.usd += usd;
    t->rounds++;
    dh_sum_add(&t->bytes, round.bytes);
    if (at->record.rounds == 1)
        dh_sum_add(&t->first_b, round.bytes);
    dh_sum_add(&t->items, round.items);
    dh_sum_add(&t->usd, usd);
}

static enum dh_err keep_record(struct dh_data_run *data, const struct dh_stage_record *record) {
    if (data->n_record == data->record_room) {
        int32_t room = data->record_room ? 2 * data->record_room : 64;
        struct dh_stage_record *grown = realloc(data->records, (size_t)room * sizeof *grown);
        if (!grown)
            return DH_ERR_MEMORY;
        data->records = grown;
        data->record_room = room;
    }
    data->records[data->n_record++] = *record;
    return DH_OK;
}

/* The run is over: its stages' times go to the books, and the next run may begin. */
static enum dh_err end_run(struct dh_world *w, struct dh_stage_run *any) {
    int32_t pipeline = any->pipeline;
    struct dh_pipeline_run *p = &w->data->pipelines[pipeline];
    struct dh_pipeline_slot *slot = slot_of(w, any);
    dh_time begun = w->des.now;
    for (int32_t s = 0; s < p->graph.n; s++) {
        struct dh_stage_run *at = stage_of(w, any, s);
        struct dh_stage_totals *t = &p->totals[s];
        begun = at->record.ready < begun ? at->record.ready : begun;
        t->runs++;
        dh_sum_add(&t->wait_s, dh_time_to_s(at->record.start - at->record.ready));
        dh_sum_add(&t->work_s, dh_time_to_s(at->record.end - at->record.start));
        DH_TRY(keep_record(w->data, &at->record));
        at->state = IDLE;
    }
    dh_sum_add(&p->took_s, dh_time_to_s(w->des.now - begun));
    slot->busy = false;
    p->n_ended++;
    w->data->n_pending--;
    DH_TRY(set_off(w, w->data->n_dataset + pipeline));
    DH_TRY(begin_owed(w, pipeline));
    return w->data->n_pending > 0 ? DH_OK
                                  : dh_world_plan_pass(w); /* which sees whether anything is left to do */
}

/* Of those stages, the ones that wait for nothing else start another round. */
static enum dh_err pass_on(struct dh_world *w, const struct dh_stage_run *at, uint64_t to) {
    for (int32_t s = 0; s < w->data->pipelines[at->pipeline].graph.n; s++) {
        struct dh_stage_run *next = stage_of(w, at, s);
        if (!(to & bit(s)))
            continue;
        next->open &= ~bit(at->stage);
        if (next->open == 0 && next->state == WAITS)
            DH_TRY(start_stage(w, next));
    }
    return DH_OK;
}

/* The stage, or its check, is over for this run. */
static enum dh_err end_stage(struct dh_world *w, struct dh_stage_run *at) {
    const struct dh_pipeline_run *p = &w->data->pipelines[at->pipeline];
    struct dh_pipeline_slot *slot = slot_of(w, at);
    at->record.out_bytes = at->whole.out_bytes;
    dh_sum_add(&w->data->pipelines[at->pipeline].totals[at->stage].out_bytes, at->whole.out_bytes);
    at->record.end = w->des.now;
    at->state = DONE;
    slot->done |= bit(at->stage);
    if (p->graph.writes[at->stage] >= 0 && at->whole.out_bytes > 0)
        DH_TRY(publish(w, at));
    DH_TRY(pass_on(w, at, p->graph.before[at->stage]));
    uint64_t all = p->graph.n == DH_PIPELINE_STAGES ? UINT64_MAX : bit(p->graph.n) - 1;
    return slot->done == all ? end_run(w, at) : DH_OK;
}

/* Items that failed the check at `at` go back: the stages on the way to it do their share again. */
static enum dh_err send_back(struct dh_world *w, struct dh_stage_run *at, double failed) {
    uint64_t again = w->data->pipelines[at->pipeline].graph.again[at->stage],
             after[DH_PIPELINE_STAGES]; /* by which of them each waits */
    double share = failed / at->whole.items;
    for (int32_t s = 0; s < w->data->pipelines[at->pipeline].graph.n; s++) {
        if (!(again & bit(s)))
            continue;
        struct dh_stage_run *stage = stage_of(w, at, s);
        after[s] = w->data->pipelines[at->pipeline].graph.after[s] & again;
        stage->state = WAITS;
        stage->open = after[s];
        stage->share = share;
        stage->items = stage == at ? failed : stage->whole.items * share;
    }
    for (int32_t s = 0; s < w->data->pipelines[at->pipeline].graph.n; s++)
        if ((again & bit(s)) && after[s] == 0)
            DH_TRY(start_stage(w, stage_of(w, at, s)));
    return DH_OK;
}

static enum dh_err end_round(struct dh_world *w, struct dh_stage_run *at) {
    struct dh_pipeline_run *p = &w->data->pipelines[at->pipeline];
    count_round(w, at);
    at->record.failed += at->failed;
    dh_sum_add(&p->totals[at->stage].failed, at->failed);
    if (at->failed > 0)
        return send_back(w, at, at->failed);
    if (!(slot_of(w, at)->done & bit(at->stage)))
        return end_stage(w, at);
    /* Another round of a stage on the way to a check: only those on that way go on. */
    at->state = DONE;
    at->record.end = w->des.now;
    for (int32_t s = 0; s < p->graph.n; s++)
        if (p->graph.again[s] & bit(at->stage))
            return pass_on(w, at, p->graph.before[at->stage] & p->graph.again[s]);
    return DH_OK;
}

enum dh_err dh_stage_look(struct dh_world *w, struct dh_stage_run *at) {
    if (at->state != WORKS || !at->worked || at->n_moving > 0 || at->owes)
        return DH_OK;
    DH_TRY(end_round(w, at));
    return dh_world_end_if_idle(w);
}

enum dh_err dh_world_on_stage(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_stage_run *at = &w->data->stages[ev->subject];
    (void)des;
    if (ev->value == 1)
        return dh_stage_write_again(w, at);
    if (ev->generation != at->generation)
        return DH_OK;
    if (at->state == DELAYED || at->state == QUEUED)
        return begin_work(w, at);
    if (at->record.start == DH_TIME_NONE)
        at->record.start = w->des.now;
    at->worked = true;
    return dh_stage_look(w, at);
}

enum dh_err dh_world_stage_job_done(struct dh_world *w, int32_t job) {
    struct dh_stage_run *at = &w->data->stages[w->data->job_stage[job - w->data->first_job]];
    if (at->record.start == DH_TIME_NONE)
        at->record.start = w->runs[job].start;
    at->state = WORKS;
    return plan_stage(w, at, 0); /* in phase DATA, as those without GPUs */
}

enum dh_err dh_world_stage_job_left(struct dh_world *w, int32_t job) {
    return plan_stage(w, &w->data->stages[w->data->job_stage[job - w->data->first_job]], RETRY_S);
}

bool dh_world_data_moves(const struct dh_world *w) {
    if (w->data && w->data->n_pending > 0 && w->des.now < w->until)
        return true;
    for (int32_t s = 0; w->data && s < w->data->n_stage; s++)
        if (w->data->stages[s].state == DELAYED ||
            (w->data->stages[s].state == WORKS && !w->data->stages[s].worked))
            return true;
    return false;
}

bool dh_world_data_pending(const struct dh_world *w) {
    return w->data && w->data->n_pending > 0;
}
