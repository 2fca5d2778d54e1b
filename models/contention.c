#include "models/contention.h"
#include "models/flow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sums of shares are rounded: a link is not full for the last digits. */
#define ROUNDING 1e-12

struct dh_contention_limits dh_contention_standard(int32_t n_job) {
    int64_t few = n_job < 8 ? n_job : 8, others = n_job - few;
    return (struct dh_contention_limits){8, 2e-3, 2000 * (few > 0 ? few : 1) + 1000 * others};
}

double dh_contention_full_s(const struct dh_contention_job *job) {
    double sum = 0;
    for (int32_t i = 0; i < job->n_phase; i++)
        sum += job->phases[i].quiet_s + fmax(job->phases[i].window_s, job->phases[i].network_s);
    return sum;
}

double dh_contention_alone_s(const struct dh_contention_job *job, const double *capacity) {
    double sum = 0;
    for (int32_t i = 0; i < job->n_phase; i++) {
        const struct dh_contention_phase *p = &job->phases[i];
        double slow = 1;
        for (int32_t k = 0; k < p->n_link; k++) {
            double need = p->shares[k] / capacity[p->links[k]]; /* infinite without capacity */
            if (need > 1 + ROUNDING && need > slow)
                slow = need;
        }
        sum += p->quiet_s + fmax(p->window_s, slow * p->network_s);
    }
    return sum;
}

static bool stands(const struct dh_contention_job *job, const double *capacity) {
    for (int32_t i = 0; i < job->n_phase; i++)
        for (int32_t k = 0; k < job->phases[i].n_link; k++)
            if (capacity[job->phases[i].links[k]] == 0)
                return true;
    return false;
}

/* ---- who is coupled with whom ------------------------------------------------------------------------- */

static int32_t root_of(int32_t *group, int32_t i) {
    while (group[i] != i)
        i = group[i] = group[group[i]];
    return i;
}

static void join(int32_t *group, int32_t a, int32_t b) {
    a = root_of(group, a);
    b = root_of(group, b);
    if (a < b)
        group[b] = a;
    else
        group[a] = b;
}

struct coupling {
    double *load, *most; /* of each link: of all jobs together; of the job at hand */
    int32_t *user;       /* a job that uses it; -1: none yet */
    int32_t *group;      /* of each job: the lowest one that it is coupled with */
    int32_t *local;      /* of each link: its number in the simulation under way; -1: none */
};

/* The most that each link gets of a job, at any time. */
static void add_loads(struct coupling *c, const struct dh_contention_job *job) {
    for (int32_t i = 0; i < job->n_phase; i++)
        for (int32_t k = 0; k < job->phases[i].n_link; k++) {
            int32_t link = job->phases[i].links[k];
            double more = job->phases[i].shares[k] - c->most[link];
            if (more > 0) {
                c->load[link] += more;
                c->most[link] += more;
            }
        }
    for (int32_t i = 0; i < job->n_phase; i++)
        for (int32_t k = 0; k < job->phases[i].n_link; k++)
            c->most[job->phases[i].links[k]] = 0;
}

static bool can_fill(const struct coupling *c, const double *capacity, int32_t link) {
    return c->load[link] > capacity[link] * (1 + ROUNDING);
}

static void couple(struct coupling *c, const struct dh_contention_job *jobs, int32_t n_job,
                   const double *capacity) {
    for (int32_t j = 0; j < n_job; j++) {
        c->group[j] = j;
        if (!stands(&jobs[j], capacity))
            add_loads(c, &jobs[j]);
    }
    for (int32_t j = 0; j < n_job; j++) {
        if (stands(&jobs[j], capacity))
            continue;
        for (int32_t i = 0; i < jobs[j].n_phase; i++)
            for (int32_t k = 0; k < jobs[j].phases[i].n_link; k++) {
                int32_t link = jobs[j].phases[i].links[k];
                if (!can_fill(c, capacity, link))
                    continue;
                if (c->user[link] < 0)
                    c->user[link] = j;
                else
                    join(c->group, c->user[link], j);
            }
    }
}

/* ---- steps of coupled jobs ---------------------------------------------------------------------------- */

enum doing { QUIET, SENDING, WAITING }; /* WAITING: the traffic is over, the window is not */

struct runner {
    const struct dh_contention_job *job;
    int32_t phase, flow;
    enum doing doing;
    double until;       /* of QUIET and WAITING */
    double began;       /* of the traffic */
    double full_s;      /* a step at full speed */
    double first, last; /* ends of steps: the one that the round counts from, and the last */
    int32_t n_step;     /* between them; -1: none has ended in this round */
    double mean;        /* of the round before; 0: none */
};

struct simulation {
    struct dh_flow_net *net;
    struct runner *runners;
    int32_t n, *of_flow, n_flow, *links, *local;
    double *shares;
    int64_t n_event, max_event;
};

static enum dh_err send(struct simulation *s, struct runner *r) {
    const struct dh_contention_phase *p = &r->job->phases[r->phase];
    int32_t n = 0, id;
    for (int32_t k = 0; k < p->n_link; k++) { /* links that nobody can fill are left out */
        if (s->local[p->links[k]] < 0)
            continue;
        s->links[n] = s->local[p->links[k]];
        s->shares[n++] = p->shares[k];
    }
    struct dh_flow_spec spec = {
        .links = s->links, .shares = s->shares, .n_link = n, .bytes = p->network_s, .cap = 1};
    enum dh_err err = dh_flow_net_start(s->net, &spec, &id);
    if (err != DH_OK)
        return err;
    r->flow = id;
    r->doing = SENDING;
    r->began = dh_flow_net_now(s->net);
    s->of_flow[id] = (int32_t)(r - s->runners);
    return DH_OK;
}

static enum dh_err enter(struct simulation *s, struct runner *r, double now) {
    const struct dh_contention_phase *p = &r->job->phases[r->phase];
    if (p->quiet_s == 0)
        return send(s, r);
    r->doing = QUIET;
    r->until = now + p->quiet_s;
    return DH_OK;
}

static enum dh_err end_phase(struct simulation *s, struct runner *r, double now) {
    if (++r->phase == r->job->n_phase) {
        r->phase = 0;
        if (r->n_step++ < 0)
            r->first = now;
        r->last = now;
    }
    return enter(s, r, now);
}

static enum dh_err traffic_over(struct simulation *s, struct runner *r, double now) {
    r->until = r->began + r->job->phases[r->phase].window_s;
    r->doing = WAITING;
    return r->until > now ? DH_OK : end_phase(s, r, now);
}

/* Up to the next instant at which anything ends, and what ends then. */
static enum dh_err advance(struct simulation *s) {
    double at = dh_flow_net_next(s->net);
    for (int32_t i = 0; i < s->n; i++)
        if (s->runners[i].doing != SENDING && s->runners[i].until < at)
            at = s->runners[i].until;
    const int32_t *ended;
    int32_t n_ended;
    dh_flow_net_advance(s->net, at, &ended, &n_ended);
    /* those of the flows are read before any is started: its id may be given again */
    for (int32_t i = 0; i < n_ended; i++)
        s->runners[s->of_flow[ended[i]]].flow = -1;
    enum dh_err err = DH_OK;
    for (int32_t i = 0; i < s->n && err == DH_OK; i++) {
        struct runner *r = &s->runners[i];
        if (r->doing == SENDING && r->flow < 0)
            err = traffic_over(s, r, at);
        else if (r->doing == QUIET && r->until <= at)
            err = send(s, r);
        else if (r->doing == WAITING && r->until <= at)
            err = end_phase(s, r, at);
        else
            continue;
        s->n_event++;
    }
    return err;
}

/* All steps of a round: `steps` of each job. */
static enum dh_err make_round(struct simulation *s, int64_t steps, bool *cut) {
    for (int32_t i = 0; i < s->n; i++)
        s->runners[i].n_step = -1;
    for (;;) {
        bool done = true;
        for (int32_t i = 0; i < s->n && done; i++)
            done = s->runners[i].n_step >= steps;
        if (done)
            return DH_OK;
        if (s->n_event >= s->max_event) {
            *cut = true;
            return DH_OK;
        }
        enum dh_err err = advance(s);
        if (err != DH_OK)
            return err;
    }
}

/* Share of its step that a job has behind it. */
static double part_done(struct simulation *s, const struct runner *r, double now) {
    double done = 0;
    if (r->phase < 0)
        return 0; /* has not begun */
    for (int32_t i = 0; i < r->phase; i++)
        done += r->job->phases[i].quiet_s + fmax(r->job->phases[i].window_s, r->job->phases[i].network_s);
    const struct dh_contention_phase *p = &r->job->phases[r->phase];
    double full = fmax(p->window_s, p->network_s);
    if (r->doing == QUIET)
        done += fmax(0, p->quiet_s - (r->until - now));
    else {
        double sent = r->doing == SENDING ? dh_flow_net_sent(s->net, r->flow) / p->network_s : 1;
        double worked = p->window_s > 0 ? fmin(1, (now - r->began) / p->window_s) : 1;
        done += p->quiet_s + full * fmin(sent, worked);
    }
    return done / r->full_s;
}

/* Mean of a round; of one that was cut short before a step was over, from what is done of it. */
static double mean_of(struct simulation *s, struct runner *r, bool cut) {
    double now = dh_flow_net_now(s->net);
    if (r->n_step > 0 && (!cut || r->n_step > 1 || r->mean == 0))
        return (r->last - r->first) / r->n_step;
    if (r->mean > 0)
        return r->mean;
    double from = r->n_step == 0 ? r->first : r->job->start * r->full_s, done = part_done(s, r, now);
    return done > 0 && now > from ? fmax(r->full_s, (now - from) / done) : r->full_s;
}

static enum dh_err settle(struct simulation *s, const struct dh_contention_limits *limits, bool *settled) {
    bool cut = false;
    *settled = false;
    for (int64_t steps = limits->steps; !*settled && !cut; steps *= 2) {
        enum dh_err err = make_round(s, steps, &cut);
        if (err != DH_OK)
            return err;
        *settled = !cut;
        for (int32_t i = 0; i < s->n; i++) {
            struct runner *r = &s->runners[i];
            double mean = mean_of(s, r, cut);
            if (!(fabs(mean - r->mean) <= limits->tolerance * mean))
                *settled = false;
            r->mean = mean;
        }
    }
    return DH_OK;
}

/* Links that the group can fill get numbers of their own; returns their number. */
static int32_t number_links(const struct coupling *c, const struct simulation *s, const double *capacity,
                            double *of, bool give) {
    int32_t n = 0;
    for (int32_t i = 0; i < s->n; i++)
        for (int32_t k = 0; k < s->runners[i].job->n_phase; k++) {
            const struct dh_contention_phase *p = &s->runners[i].job->phases[k];
            for (int32_t l = 0; l < p->n_link; l++) {
                int32_t link = p->links[l];
                if (give && c->local[link] < 0 && can_fill(c, capacity, link)) {
                    of[n] = capacity[link];
                    c->local[link] = n++;
                } else if (!give)
                    c->local[link] = -1;
            }
        }
    return n;
}

static enum dh_err simulate(struct simulation *s, const struct coupling *c, const double *capacity,
                            double *of, const struct dh_contention_limits *limits, bool *settled) {
    enum dh_err err = DH_OK;
    int32_t n = number_links(c, s, capacity, of, true);
    s->net = dh_flow_net_new(of, n);
    if (!s->net)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < s->n; i++) {
        struct runner *r = &s->runners[i];
        r->full_s = dh_contention_full_s(r->job);
        r->phase = -1;
        r->n_step = -1;
        r->doing = WAITING; /* what ends then is nothing: its first phase begins */
        r->until = r->job->start * r->full_s;
    }
    /* the phase before the first is no end of a step */
    for (int32_t i = 0; i < s->n && err == DH_OK; i++)
        if (s->runners[i].until == 0)
            err = end_phase(s, &s->runners[i], 0);
    if (err == DH_OK)
        err = settle(s, limits, settled);
    dh_flow_net_delete(s->net);
    number_links(c, s, capacity, of, false);
    return err;
}

/* ---- all jobs ----------------------------------------------------------------------------------------- */

static bool is_phase(const struct dh_contention_phase *p, int32_t n_link) {
    if (!(p->quiet_s >= 0 && p->quiet_s < INFINITY && p->window_s >= 0 && p->window_s < INFINITY &&
          p->network_s > 0 && p->network_s < INFINITY && p->n_link >= 0 && p->n_link <= DH_FLOW_MAX_LINKS))
        return false;
    for (int32_t k = 0; k < p->n_link; k++)
        if (p->links[k] < 0 || p->links[k] >= n_link || !(p->shares[k] > 0 && p->shares[k] < INFINITY))
            return false;
    return true;
}

static enum dh_err check(const struct dh_contention_job *jobs, int32_t n_job, const double *capacity,
                         int32_t n_link, const struct dh_contention_limits *limits, int32_t *most) {
    if (n_job < 0 || n_link < 0 || limits->steps < 1 || !(limits->tolerance > 0) || limits->max_event < 1)
        return DH_ERR_RANGE;
    for (int32_t l = 0; l < n_link; l++)
        if (!(capacity[l] >= 0 && capacity[l] < INFINITY))
            return DH_ERR_RANGE;
    for (int32_t j = 0; j < n_job; j++) {
        if (jobs[j].n_phase < 1 || !(jobs[j].start >= 0 && jobs[j].start <= 1))
            return DH_ERR_RANGE;
        for (int32_t i = 0; i < jobs[j].n_phase; i++) {
            if (!is_phase(&jobs[j].phases[i], n_link))
                return DH_ERR_RANGE;
            *most = jobs[j].phases[i].n_link > *most ? jobs[j].phases[i].n_link : *most;
        }
    }
    return DH_OK;
}

static enum dh_err all_groups(double *step_s, const struct dh_contention_job *jobs, int32_t n_job,
                              const double *capacity, struct simulation *s, struct coupling *c, double *of,
                              const struct dh_contention_limits *limits,
                              struct dh_contention_result *result) {
    for (int32_t j = 0; j < n_job; j++) {
        if (c->group[j] != j)
            continue;
        s->n = 0;
        for (int32_t k = j; k < n_job; k++)
            if (root_of(c->group, k) == j)
                s->runners[s->n++] = (struct runner){.job = &jobs[k]};
        if (s->n == 1) {
            step_s[j] = dh_contention_alone_s(&jobs[j], capacity);
            continue;
        }
        bool settled;
        s->n_event = 0;
        enum dh_err err = simulate(s, c, capacity, of, limits, &settled);
        if (err != DH_OK)
            return err;
        for (int32_t i = 0; i < s->n; i++)
            step_s[s->runners[i].job - jobs] = s->runners[i].mean;
        result->n_event += s->n_event;
        result->n_coupled += s->n;
        result->settled = result->settled && settled;
    }
    return DH_OK;
}

enum dh_err dh_contention_steps(double *step_s, const struct dh_contention_job *jobs, int32_t n_job,
                                const double *capacity, int32_t n_link,
                                const struct dh_contention_limits *limits,
                                struct dh_contention_result *result) {
    int32_t most = 0;
    struct dh_contention_result unused;
    result = result ? result : &unused;
    *result = (struct dh_contention_result){.settled = true};
    enum dh_err err = check(jobs, n_job, capacity, n_link, limits, &most);
    if (err != DH_OK || n_job == 0)
        return err;
    size_t jobs_room = (size_t)n_job, links_room = (size_t)n_link + 1;
    struct coupling c = {.load = calloc(links_room, sizeof *c.load),
                         .most = calloc(links_room, sizeof *c.most),
                         .user = malloc(links_room * sizeof *c.user),
                         .local = malloc(links_room * sizeof *c.local),
                         .group = malloc(jobs_room * sizeof *c.group)};
    struct simulation s = {.runners = calloc(jobs_room, sizeof *s.runners),
                           .of_flow = calloc(2 * jobs_room, sizeof *s.of_flow),
                           .links = malloc(((size_t)most + 1) * sizeof *s.links),
                           .shares = malloc(((size_t)most + 1) * sizeof *s.shares),
                           .local = c.local,
                           .max_event = limits->max_event};
    double *of = malloc(links_room * sizeof *of);
    if (c.load && c.most && c.user && c.local && c.group && s.runners && s.of_flow && s.links && s.shares &&
        of) {
        memset(c.user, -1, links_room * sizeof *c.user);
        memset(c.local, -1, links_room * sizeof *c.local);
        couple(&c, jobs, n_job, capacity);
        err = all_groups(step_s, jobs, n_job, capacity, &s, &c, of, limits, result);
    } else
        err = DH_ERR_MEMORY;
    free(c.load);
    free(c.most);
    free(c.user);
    free(c.local);
    free(c.group);
    free(s.runners);
    free(s.of_flow);
    free(s.links);
    free(s.shares);
    free(of);
    return err;
}
