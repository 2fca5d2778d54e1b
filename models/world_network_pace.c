/* Paces of jobs that share links: groups of them are found and simulated, once an instant. */
#include "models/world_network_internal.h"

#include <stdlib.h>

static bool stands_still(const struct dh_world *w, const struct dh_on_network *o) {
    const double *capacity = dh_network_capacity(w->network);
    for (int32_t k = 0; k < o->n_domain; k++)
        if (capacity[o->domains[k]] == 0)
            return true;
    for (int32_t k = 0; k < o->traffic.n_link; k++)
        if (capacity[o->traffic.links[k]] == 0)
            return true;
    return false;
}

/* All that are coupled with a job: from link to link that can be full. */
static int32_t find_group(struct dh_world *w, int32_t job, const double *capacity) {
    struct dh_world_network *n = w->net;
    int32_t found = 0;
    n->met[job] = n->round;
    n->group[found++] = job;
    for (int32_t i = 0; i < found; i++) {
        const struct dh_on_network *o = n->of[n->group[i]];
        for (int32_t k = 0; k < o->traffic.n_link; k++) {
            int32_t link = o->traffic.links[k];
            for (int32_t u = n->first_user[link]; u >= 0 && dh_network_can_fill(n, capacity, link);
                 u = n->users[u].next)
                if (n->met[n->users[u].job] != n->round) {
                    n->met[n->users[u].job] = n->round;
                    n->group[found++] = n->users[u].job;
                }
        }
    }
    return found;
}

/* A group's jobs with the links that can be full alone, numbered from 0: all that contention looks at. */
struct small {
    struct dh_contention_job *jobs;
    struct dh_contention_phase *phases;
    int32_t *job; /* of the world */
    int32_t *links;
    double *shares, *capacity, *step_s;
    int32_t n_job, n_phase, n_used, n_link;
};

static enum dh_err make_room(struct small *s, const struct dh_world_network *n, int32_t n_group) {
    size_t jobs = (size_t)n_group, used = 1;
    for (int32_t i = 0; i < n_group; i++)
        for (int32_t p = 0; p < n->of[n->group[i]]->traffic.n_phase; p++)
            used += (size_t)n->of[n->group[i]]->traffic.phases[p].n_link;
    *s = (struct small){.jobs = malloc(jobs * sizeof *s->jobs),
                        .phases = malloc(DH_TRAINING_PHASES * jobs * sizeof *s->phases),
                        .job = malloc(jobs * sizeof *s->job),
                        .links = malloc(used * sizeof *s->links),
                        .shares = malloc(used * sizeof *s->shares),
                        .capacity = malloc(used * sizeof *s->capacity),
                        .step_s = malloc(jobs * sizeof *s->step_s)};
    return s->jobs && s->phases && s->job && s->links && s->shares && s->capacity && s->step_s
               ? DH_OK
               : DH_ERR_MEMORY;
}

static void free_room(struct small *s) {
    free(s->jobs);
    free(s->phases);
    free(s->job);
    free(s->links);
    free(s->shares);
    free(s->capacity);
    free(s->step_s);
}

static void add_job(struct small *s, struct dh_world_network *n, int32_t job, const double *capacity) {
    const struct dh_on_network *o = n->of[job];
    s->job[s->n_job] = job;
    s->jobs[s->n_job++] = (struct dh_contention_job){
        .phases = &s->phases[s->n_phase], .n_phase = o->traffic.n_phase, .start = o->start};
    for (int32_t p = 0; p < o->traffic.n_phase; p++) {
        const struct dh_contention_phase *from = &o->traffic.phases[p];
        struct dh_contention_phase *to = &s->phases[s->n_phase++];
        *to = *from;
        to->links = &s->links[s->n_used];
        to->shares = &s->shares[s->n_used];
        to->n_link = 0;
        for (int32_t k = 0; k < from->n_link; k++) {
            int32_t link = from->links[k];
            if (!dh_network_can_fill(n, capacity, link))
                continue;
            if (n->local[link] < 0) {
                s->capacity[s->n_link] = capacity[link];
                n->local[link] = s->n_link++;
            }
            s->links[s->n_used] = n->local[link];
            s->shares[s->n_used++] = from->shares[k];
            to->n_link++;
        }
    }
}

static enum dh_err pace_group(struct dh_world *w, int32_t n_group, const double *capacity) {
    struct dh_world_network *n = w->net;
    struct small s;
    enum dh_err err = make_room(&s, n, n_group);
    for (int32_t i = 0; i < n_group && err == DH_OK; i++) {
        const struct dh_on_network *o = n->of[n->group[i]];
        if (stands_still(w, o))
            err = dh_world_set_pace(w, n->group[i], DH_IDLE_NETWORK, 0);
        else if (o->shares && o->traffic.n_phase > 0)
            add_job(&s, n, n->group[i], capacity);
        else
            err = dh_world_set_pace(w, n->group[i], DH_IDLE_NETWORK, 1);
    }
    struct dh_contention_limits limits = dh_contention_standard(s.n_job);
    struct dh_contention_result result = {.settled = true};
    if (err == DH_OK)
        err = dh_contention_steps(s.step_s, s.jobs, s.n_job, s.capacity, s.n_link, &limits, &result);
    for (int32_t i = 0; i < s.n_job && err == DH_OK; i++) {
        double full = n->of[s.job[i]]->traffic.step_s;
        double pace = s.step_s[i] > full ? full / s.step_s[i] : 1;
        err = dh_world_set_pace(w, s.job[i], DH_IDLE_NETWORK, pace);
    }
    n->use.n_solved++;
    n->use.n_coupled += result.n_coupled;
    n->use.n_event += result.n_event;
    n->use.n_unsettled += !result.settled;
    for (int32_t i = 0; i < s.n_job; i++) /* numbers of links are given back */
        for (int32_t k = 0; k < n->of[s.job[i]]->traffic.n_link; k++)
            n->local[n->of[s.job[i]]->traffic.links[k]] = -1;
    free_room(&s);
    return err;
}

enum dh_err dh_world_on_network(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_world_network *n = w->net;
    const double *capacity = dh_network_capacity(w->network);
    (void)des;
    (void)ev;
    if (n->looks)
        DH_TRY(dh_world_network_look(w));
    n->looks = n->planned = false;
    n->round++;
    enum dh_err err = DH_OK;
    for (int32_t i = 0; i < n->n_dirty; i++) {
        int32_t job = n->dirty[i];
        n->is_dirty[job] = false;
        if (err == DH_OK && n->of[job] && n->met[job] != n->round)
            err = pace_group(w, find_group(w, job, capacity), capacity);
    }
    n->n_dirty = 0;
    return err;
}
