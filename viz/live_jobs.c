#include "viz/live_jobs.h"

#include "sim/text.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WAITING = 4096, RING = 8192, KEPT = 32768, ASK_EVERY = 3 };
enum { FRESH = 4u, INDEX = 3u }; /* as in snapshot.c */

/* A job of a copy: its nodes are places[first] … */
struct seen_job {
    struct dh_view_job job;
    int32_t first, n;
};
struct copy {
    struct seen_job *jobs; /* those that run, then those that wait */
    struct dh_segment *places;
    int32_t n_running, n_waiting, all_waiting, n_place, room, place_room;
    bool whole; /* anything was copied, and all of it */
};

struct live_jobs {
    const struct dh_facility *facility;
    struct copy copies[3];
    _Alignas(64) unsigned writing; /* the run's */
    _Alignas(64) atomic_uint newest;
    atomic_bool wanted;
    _Alignas(64) unsigned reading; /* the view's */
    int n_poll;
    int32_t *node_job, *node_gpus, *largest; /* largest: rows of the copy's running jobs by GPUs */
    int32_t n_largest, largest_room;
    bool nodes_found;
    /* Jobs that are over: the run's ring, and what the view keeps of it. */
    struct dh_view_job *ring, *kept;
    _Atomic(uint32_t) written, taken;
    _Atomic(int64_t) n_done; /* replicas left out; the run's */
    int64_t n_kept;          /* all that were kept at some time; the newest KEPT still are */
    const struct dh_view_job **found;
    int32_t found_room;
};

struct live_jobs *dh_live_jobs_open(const struct dh_facility *facility) {
    struct live_jobs *j = aligned_alloc(_Alignof(struct live_jobs), sizeof *j);
    if (!j)
        return NULL;
    memset(j, 0, sizeof *j);
    j->facility = facility;
    atomic_init(&j->newest, 1u);
    atomic_init(&j->wanted, true);
    atomic_init(&j->written, 0);
    atomic_init(&j->taken, 0);
    atomic_init(&j->n_done, 0);
    j->reading = 2;
    j->ring = malloc(RING * sizeof *j->ring);
    j->kept = malloc(KEPT * sizeof *j->kept);
    j->node_job = malloc(((size_t)facility->n_node + 1) * sizeof *j->node_job);
    j->node_gpus = malloc(((size_t)facility->n_node + 1) * sizeof *j->node_gpus);
    if (j->ring && j->kept && j->node_job && j->node_gpus)
        return j;
    dh_live_jobs_close(j);
    return NULL;
}

void dh_live_jobs_close(struct live_jobs *j) {
    for (int i = 0; j && i < 3; i++) {
        free(j->copies[i].jobs);
        free(j->copies[i].places);
    }
    if (j) {
        free(j->ring);
        free(j->kept);
        free(j->node_job);
        free(j->node_gpus);
        free(j->largest);
        free(j->found);
    }
    free(j);
}

/* ---- the run's thread */

static void describe(struct dh_view_job *out, const struct dh_job_list *list, const struct dh_job_run *run,
                     int32_t row) {
    const struct dh_job *asked = &list->jobs[row];
    *out = (struct dh_view_job){.row = row,
                                .submit = asked->submit,
                                .start = run->start,
                                .end = run->end,
                                .left = run->burst ? run->burst_start : DH_TIME_NONE,
                                .gpus = asked->gpus,
                                .nodes = asked->nodes,
                                .priority = asked->priority,
                                .service = asked->service,
                                .outcome = (enum dh_job_state)run->state,
                                .work_s = asked->service < 0 ? (double)asked->work / 1e9 : NAN,
                                .gpu_s = (double)run->gpu_ns / 1e9,
                                .slowdown = NAN};
    dh_text_cut(out->name, sizeof out->name, dh_job_id(list, row));
}

static bool grow(void **array, int32_t *room, int32_t n, size_t size) {
    if (n <= *room)
        return true;
    int32_t more = n + n / 2 + 64;
    void *bigger = realloc(*array, (size_t)more * size);
    if (!bigger)
        return false;
    *array = bigger;
    *room = more;
    return true;
}

static bool copy_one(struct copy *c, const struct dh_observed_jobs *seen, int32_t row, bool runs) {
    const struct dh_job_run *run = &seen->runs[row];
    int32_t at = c->n_running + c->n_waiting, n = runs ? run->n_segment : 0;
    if (!grow((void **)&c->jobs, &c->room, at + 1, sizeof *c->jobs) ||
        !grow((void **)&c->places, &c->place_room, c->n_place + n, sizeof *c->places))
        return false;
    struct seen_job *to = &c->jobs[at];
    describe(&to->job, seen->list, run, row);
    to->job.state = runs ? DH_VIEW_RUNS : DH_VIEW_WAITS;
    to->first = c->n_place;
    to->n = n;
    for (int32_t i = 0; i < n; i++)
        c->places[c->n_place++] = run->segments[i];
    *(runs ? &c->n_running : &c->n_waiting) += 1;
    return true;
}

void dh_live_jobs_see(struct live_jobs *j, const struct dh_observed_jobs *seen) {
    if (!seen->last && !atomic_load_explicit(&j->wanted, memory_order_relaxed))
        return;
    atomic_store_explicit(&j->wanted, false, memory_order_relaxed);
    struct copy *c = &j->copies[j->writing];
    c->n_running = c->n_waiting = c->n_place = 0;
    c->whole = true;
    c->all_waiting = dh_job_tree_count(seen->waiting);
    for (int32_t slot = seen->running->head; slot && c->whole; slot = seen->running->entries[slot].after)
        c->whole = copy_one(c, seen, seen->running->entries[slot].key.job, true);
    for (int32_t slot = seen->waiting->head; slot && c->whole && c->n_waiting < MOST_WAITING;
         slot = seen->waiting->entries[slot].after)
        c->whole = copy_one(c, seen, seen->waiting->entries[slot].key.job, false);
    j->writing = atomic_exchange_explicit(&j->newest, j->writing | FRESH, memory_order_acq_rel) & INDEX;
}

/* A view that is thousands of jobs behind misses some. */
void dh_live_jobs_over(struct live_jobs *j, const struct dh_job_list *list, const struct dh_job_run *runs,
                       int32_t job) {
    uint32_t at = atomic_load_explicit(&j->written, memory_order_relaxed);
    if (runs[job].state == DH_JOB_DONE && list->jobs[job].service < 0)
        atomic_fetch_add_explicit(&j->n_done, 1, memory_order_relaxed);
    if (at - atomic_load_explicit(&j->taken, memory_order_acquire) >= RING)
        return;
    struct dh_view_job *to = &j->ring[at % RING];
    describe(to, list, &runs[job], job);
    to->state = runs[job].state == DH_JOB_DONE    ? DH_VIEW_DONE
                : runs[job].state == DH_JOB_BURST ? DH_VIEW_CLOUD
                                                  : DH_VIEW_LOST;
    atomic_store_explicit(&j->written, at + 1, memory_order_release);
}

/* ---- the view's thread */

static const struct copy *now(const struct live_jobs *j) {
    const struct copy *c = &j->copies[j->reading];
    return c->whole ? c : NULL;
}

static int by_gpus(const void *a, const void *b, void *self) {
    const struct seen_job *jobs = self;
    const struct dh_view_job *x = &jobs[*(const int32_t *)a].job, *y = &jobs[*(const int32_t *)b].job;
    return x->gpus != y->gpus ? (x->gpus < y->gpus ? 1 : -1) : (x->row > y->row) - (x->row < y->row);
}

static void sort_running(struct live_jobs *j) {
    const struct copy *c = now(j);
    j->n_largest = 0;
    if (!c || !grow((void **)&j->largest, &j->largest_room, c->n_running, sizeof *j->largest))
        return;
    j->n_largest = c->n_running;
    for (int32_t i = 0; i < c->n_running; i++)
        j->largest[i] = i;
    if (c->n_running > 0)
        qsort_r(j->largest, (size_t)c->n_running, sizeof *j->largest, by_gpus, c->jobs);
}

bool dh_live_jobs_poll(struct live_jobs *j) {
    uint32_t end = atomic_load_explicit(&j->written, memory_order_acquire),
             at = atomic_load_explicit(&j->taken, memory_order_relaxed);
    bool any = at != end;
    for (; at != end; at++)
        j->kept[j->n_kept++ % KEPT] = j->ring[at % RING];
    atomic_store_explicit(&j->taken, at, memory_order_release);
    if (atomic_load_explicit(&j->newest, memory_order_relaxed) & FRESH) {
        j->reading = atomic_exchange_explicit(&j->newest, j->reading, memory_order_acq_rel) & INDEX;
        j->nodes_found = false;
        sort_running(j);
        any = true;
    }
    if (j->n_poll++ % ASK_EVERY == 0)
        atomic_store_explicit(&j->wanted, true, memory_order_relaxed);
    return any;
}

int32_t dh_live_jobs_running(struct live_jobs *j, struct dh_view_job *out, int32_t room) {
    const struct copy *c = now(j);
    for (int32_t k = 0; c && k < j->n_largest && k < room; k++)
        out[k] = c->jobs[j->largest[k]].job;
    return j->n_largest;
}

int32_t dh_live_jobs_waiting(struct live_jobs *j, struct dh_view_job *out, int32_t room) {
    const struct copy *c = now(j);
    for (int32_t k = 0; c && k < c->n_waiting && k < room; k++)
        out[k] = c->jobs[c->n_running + k].job;
    return c ? c->all_waiting : 0;
}

static int larger(const void *a, const void *b) {
    const struct dh_view_job *x = *(const struct dh_view_job *const *)a,
                             *y = *(const struct dh_view_job *const *)b;
    return x->gpus != y->gpus ? (x->gpus < y->gpus ? 1 : -1) : (x->row > y->row) - (x->row < y->row);
}

int32_t dh_live_jobs_between(struct live_jobs *j, dh_time from, dh_time to, struct dh_view_job *out,
                             int32_t room) {
    const struct copy *c = now(j);
    int32_t kept = j->n_kept < KEPT ? (int32_t)j->n_kept : KEPT, n = 0, running = c ? c->n_running : 0;
    if (!grow((void **)&j->found, &j->found_room, kept + running, sizeof *j->found))
        return 0;
    for (int32_t i = 0; i < kept + running; i++) {
        const struct dh_view_job *job = i < running ? &c->jobs[i].job : &j->kept[i - running];
        bool here =
            job->start != DH_TIME_NONE && job->start < to && job->left == DH_TIME_NONE && job->service < 0;
        bool over = job->state != DH_VIEW_RUNS;
        if (here && (!over || job->end > from))
            j->found[n++] = job;
    }
    if (n > 0)
        qsort(j->found, (size_t)n, sizeof *j->found, larger);
    int32_t put = 0;
    for (int32_t i = 0; i < n && put < room; i++)
        if (put == 0 || out[put - 1].row != j->found[i]->row) /* over since the copy */
            out[put++] = *j->found[i];
        else if (j->found[i]->state != DH_VIEW_RUNS)
            out[put - 1] = *j->found[i];
    return put;
}

static const struct seen_job *find(const struct live_jobs *j, int32_t row) {
    const struct copy *c = now(j);
    for (int32_t i = 0; c && i < c->n_running + c->n_waiting; i++)
        if (c->jobs[i].job.row == row)
            return &c->jobs[i];
    return NULL;
}

bool dh_live_jobs_one(struct live_jobs *j, int32_t row, struct dh_view_job *out) {
    const struct seen_job *seen = find(j, row);
    if (seen)
        *out = seen->job;
    for (int64_t i = j->n_kept; !seen && i > 0 && i > j->n_kept - KEPT; i--)
        if (j->kept[(i - 1) % KEPT].row == row) {
            *out = j->kept[(i - 1) % KEPT];
            return true;
        }
    return seen != NULL;
}

int32_t dh_live_jobs_places(struct live_jobs *j, int32_t row, int32_t *nodes, int32_t room) {
    const struct copy *c = now(j);
    const struct seen_job *seen = find(j, row);
    int32_t n = seen ? (seen->n < room ? seen->n : room) : 0;
    for (int32_t i = 0; i < n; i++)
        nodes[i] = c->places[seen->first + i].node;
    return n;
}

int64_t dh_live_jobs_done(struct live_jobs *j) {
    return atomic_load_explicit(&j->n_done, memory_order_relaxed);
}

const int32_t *dh_live_jobs_on_nodes(struct live_jobs *j) {
    const struct copy *c = now(j);
    if (!c || j->facility->n_node == 0)
        return NULL;
    if (j->nodes_found)
        return j->node_job;
    for (int32_t i = 0; i < j->facility->n_node; i++) {
        j->node_job[i] = -1;
        j->node_gpus[i] = 0;
    }
    for (int32_t i = 0; i < c->n_running; i++)
        for (int32_t k = 0; k < c->jobs[i].n; k++) {
            const struct dh_segment *at = &c->places[c->jobs[i].first + k];
            j->node_job[at->node] = c->jobs[i].job.row;
            j->node_gpus[at->node] += at->gpus;
        }
    j->nodes_found = true;
    return j->node_job;
}

const int32_t *dh_live_jobs_node_gpus(struct live_jobs *j) {
    return dh_live_jobs_on_nodes(j) ? j->node_gpus : NULL;
}
