/* Queues whose answers are known exactly, simulated on the event loop: shows that engine, random streams
 * and variates together give what theory says. The scheduler of datahall is not involved.
 *
 * queue_oracles FOLDER [quick | all]: FOLDER has the exact tables. A row passes when the 99.9 % Student
 * interval over 20 replications contains the exact value and is no wider than 3 % of it to either side. How
 * many jobs that takes is found by a pilot with other random numbers. quick: only the rows that need few.
 * all: also the P99 of waits, and many servers under high load, which take up to 1e8 jobs a replication.
 * Prints TAP. */
#include "sim/des.h"
#include "sim/rng.h"
#include "sim/sum.h"
#include "tests/stat.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_REPLICATION = 20, MAX_CLASS = 4, MAX_COLUMN = 20, MAX_QUANTITY = 8, PILOT_JOBS = 20000 };

static const uint64_t SEED = 20240908, PILOT_SEED = 1;

static void *must(void *p) {
    if (!p) {
        printf("Bail out! out of memory\n");
        exit(1);
    }
    return p;
}

static void check(enum dh_err err) {
    if (err != DH_OK) {
        printf("Bail out! %s\n", dh_err_text(err));
        exit(1);
    }
}

/* ---- the model ----------------------------------------------------------------------------------- */

enum discipline { FCFS, PRIORITY, PREEMPTIVE_RESUME, SHARING };

/* One station. Classes are served in their order (PRIORITY, PREEMPTIVE_RESUME), or there is one class. */
struct station {
    enum discipline discipline;
    int32_t n_server;
    int64_t capacity; /* jobs in the system at most; 0: no limit */
    int n_class;
    double lambda[MAX_CLASS], mean_s[MAX_CLASS];
    const char *law; /* of the service time, as the tables name it */
};

struct job {
    dh_time arrived;
    double work_s; /* still to be done */
    bool counted;  /* neither of the warm-up nor of those that only keep the system busy at the end */
};

/* First in, first out; a preempted job goes back to the front. */
struct line {
    struct job *jobs;
    size_t first, n, room; /* room is a power of two */
};

static void line_grow(struct line *l) {
    size_t room = l->room ? 2 * l->room : 64;
    struct job *jobs = must(malloc(room * sizeof *jobs));
    for (size_t i = 0; i < l->n; i++)
        jobs[i] = l->jobs[(l->first + i) & (l->room - 1)];
    free(l->jobs);
    *l = (struct line){jobs, 0, l->n, room};
}

static void line_push_back(struct line *l, struct job j) {
    if (l->n == l->room)
        line_grow(l);
    l->jobs[(l->first + l->n++) & (l->room - 1)] = j;
}

static void line_push_front(struct line *l, struct job j) {
    if (l->n == l->room)
        line_grow(l);
    l->first = (l->first - 1) & (l->room - 1);
    l->jobs[l->first] = j;
    l->n++;
}

static struct job line_pop(struct line *l) {
    struct job j = l->jobs[l->first];
    l->first = (l->first + 1) & (l->room - 1);
    l->n--;
    return j;
}

struct tally {
    struct dh_sum wait, stay;
    int64_t n_wait, n_stay;
};

enum { ARRIVE, DEPART, N_KIND };

struct world {
    const struct station *st;
    struct dh_rng arrivals[MAX_CLASS], services[MAX_CLASS];
    struct line lines[MAX_CLASS];
    /* servers: the free ones are a stack; for the preemptive and the shared one only server 0 */
    struct job *serving;
    int32_t *free_servers, n_free, busy_class;
    uint32_t generation;
    /* processor sharing: jobs leave in the order of the work served to each at arrival plus their own */
    struct dh_event_queue shared;
    double served_s;
    dh_time served_at, started;
    int64_t n_in_system;
    int64_t n_arrived, n_blocked, n_warmup, n_job;
    int64_t n_open; /* counted jobs in the system: arrivals go on until there is none */
    volatile sig_atomic_t done;
    struct tally tallies[MAX_CLASS];
    double *waits; /* every wait, when quantiles are wanted */
};

static double service_time(struct world *w, int c) {
    struct dh_rng *rng = &w->services[c];
    double mean = w->st->mean_s[c];
    const char *law = w->st->law;
    if (strcmp(law, "exponential") == 0)
        return dh_rng_exponential(rng, mean);
    if (strcmp(law, "deterministic") == 0)
        return mean;
    if (strcmp(law, "erlang2") == 0)
        return dh_rng_erlang(rng, 2, mean);
    if (strcmp(law, "erlang4") == 0)
        return dh_rng_erlang(rng, 4, mean);
    if (strcmp(law, "uniform_0_2E") == 0)
        return 2 * mean * dh_rng_uniform(rng);
    if (strcmp(law, "lognormal_scv2") == 0) { /* scv = exp(sigma^2) - 1 */
        double s2 = log(3.0);
        return dh_rng_lognormal(rng, log(mean) - s2 / 2, sqrt(s2));
    }
    if (strcmp(law, "hyperexp_scv4") == 0) { /* balanced means: p / m1 = (1 - p) / m2 ... = 1 / (2 mean) */
        double p = 0.5 * (1 + sqrt(3.0 / 5));
        return dh_rng_hyperexponential(rng, p, mean / (2 * p), mean / (2 * (1 - p)));
    }
    if (strcmp(law, "bimodal_90pct_E/2_10pct_5.5E") == 0)
        return mean * (dh_rng_uniform(rng) < 0.9 ? 0.5 : 5.5);
    printf("Bail out! no service law %s\n", law);
    exit(1);
}

static void count_wait(struct world *w, int c, struct job j, dh_time now) {
    struct tally *t = &w->tallies[c];
    if (!j.counted)
        return;
    double wait_s = dh_time_to_s(now - j.arrived);
    if (w->waits)
        w->waits[t->n_wait] = wait_s;
    dh_sum_add(&t->wait, wait_s);
    t->n_wait++;
}

static void count_stay(struct world *w, int c, struct job j, dh_time now) {
    struct tally *t = &w->tallies[c];
    if (j.counted) {
        dh_sum_add(&t->stay, dh_time_to_s(now - j.arrived));
        t->n_stay++;
        w->n_open--;
    }
    if (w->n_open == 0 && w->n_arrived >= w->n_warmup + w->n_job)
        w->done = 1;
}

static void start_service(struct dh_des *des, struct world *w, int c, struct job j) {
    int32_t server = w->free_servers[--w->n_free];
    w->serving[server] = j;
    w->busy_class = c;
    w->started = des->now;
    if (w->st->discipline != PREEMPTIVE_RESUME)
        count_wait(w, c, j, des->now);
    check(dh_des_schedule_generation(des, des->now + dh_time_from_s(j.work_s), 0, DEPART, server,
                                     w->generation, c));
}

/* ---- processor sharing --------------------------------------------------------------------------- */

static void share_settle(struct dh_des *des, struct world *w) {
    if (w->n_in_system > 0)
        w->served_s += dh_time_to_s(des->now - w->served_at) / (double)w->n_in_system;
    w->served_at = des->now;
}

static void share_plan(struct dh_des *des, struct world *w) {
    w->generation++;
    if (w->n_in_system == 0)
        return;
    double left_s = dh_time_to_s(dh_event_queue_next(&w->shared)) - w->served_s;
    dh_time delay = dh_time_from_s((left_s > 0 ? left_s : 0) * (double)w->n_in_system);
    check(dh_des_schedule_generation(des, des->now + delay, 0, DEPART, 0, w->generation, 0));
}

/* ---- handlers ------------------------------------------------------------------------------------ */

static enum dh_err arrive(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct world *w = world;
    const struct station *st = w->st;
    int c = ev->subject;
    w->n_arrived++;
    bool counted = w->n_arrived > w->n_warmup && w->n_arrived <= w->n_warmup + w->n_job;
    struct job j = {des->now, service_time(w, c), counted};
    double gap_s = dh_rng_exponential(&w->arrivals[c], 1 / st->lambda[c]);
    check(dh_des_schedule(des, des->now + dh_time_from_s(gap_s), 1, ARRIVE, c, 0));
    if (st->capacity && w->n_in_system >= st->capacity) {
        w->n_blocked += counted;
        return DH_OK;
    }
    w->n_open += counted;
    if (st->discipline == SHARING) {
        share_settle(des, w);
        w->n_in_system++;
        struct dh_event in_line = {.at = dh_time_from_s(w->served_s + j.work_s),
                                   .seq = (uint64_t)w->n_arrived,
                                   .subject = counted,
                                   .value = (double)des->now};
        check(dh_event_queue_push(&w->shared, &in_line));
        share_plan(des, w);
        return DH_OK;
    }
    w->n_in_system++;
    if (w->n_free > 0) {
        start_service(des, w, c, j);
    } else if (st->discipline == PREEMPTIVE_RESUME && c < w->busy_class) {
        struct job old = w->serving[0];
        old.work_s -= dh_time_to_s(des->now - w->started);
        line_push_front(&w->lines[w->busy_class], old);
        w->generation++; /* the departure that was planned is stale now */
        w->free_servers[w->n_free++] = 0;
        start_service(des, w, c, j);
    } else {
        line_push_back(&w->lines[c], j);
    }
    return DH_OK;
}

static enum dh_err depart(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct world *w = world;
    if (ev->generation != w->generation && w->st->discipline >= PREEMPTIVE_RESUME)
        return DH_OK;
    int c = (int)ev->value;
    if (w->st->discipline == SHARING) {
        share_settle(des, w);
        w->n_in_system--;
        struct dh_event gone;
        dh_event_queue_pop(&w->shared, &gone);
        count_stay(w, c, (struct job){(dh_time)gone.value, 0, gone.subject}, des->now);
        share_plan(des, w);
        return DH_OK;
    }
    w->n_in_system--;
    count_stay(w, c, w->serving[ev->subject], des->now);
    w->free_servers[w->n_free++] = ev->subject;
    for (int k = 0; k < w->st->n_class; k++)
        if (w->lines[k].n) {
            start_service(des, w, k, line_pop(&w->lines[k]));
            break;
        }
    return DH_OK;
}

static int compare_double(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What a replication measures; the same order as the exact values. */
struct outcome {
    double wait, stay, blocked;
    double below_median, p95, p99; /* share of waits at or below the exact median; quantiles of the wait */
    double class_wait[MAX_CLASS], class_stay[MAX_CLASS];
};

/* median < 0: no quantiles wanted. */
static struct outcome replicate(const struct station *st, uint64_t seed, uint64_t entity, int64_t n_job,
                                double median) {
    static const struct dh_handler handlers[N_KIND] = {
        {"arrive", arrive},
        {"depart", depart}
    };
    struct world w = {.st = st, .n_job = n_job, .n_warmup = n_job / 10, .n_free = st->n_server};
    struct dh_des des;
    dh_des_init(&des);
    des.stop = &w.done;
    w.serving = must(calloc((size_t)st->n_server, sizeof *w.serving));
    w.free_servers = must(calloc((size_t)st->n_server, sizeof *w.free_servers));
    for (int32_t s = 0; s < st->n_server; s++)
        w.free_servers[s] = s;
    if (median >= 0)
        w.waits = must(calloc((size_t)n_job, sizeof *w.waits));
    for (int c = 0; c < st->n_class; c++) {
        w.arrivals[c] = dh_rng_stream(seed, DH_RNG_ARRIVAL, entity * MAX_CLASS + (uint64_t)c);
        w.services[c] = dh_rng_stream(seed, DH_RNG_SERVICE, entity * MAX_CLASS + (uint64_t)c);
        double first_s = dh_rng_exponential(&w.arrivals[c], 1 / st->lambda[c]);
        check(dh_des_schedule(&des, dh_time_from_s(first_s), 1, ARRIVE, c, 0));
    }
    if (dh_des_run(&des, handlers, N_KIND, &w, DH_TIME_MAX) != DH_ERR_INTERRUPTED)
        check(DH_ERR_INTERNAL);
    struct outcome out = {.blocked = (double)w.n_blocked / (double)n_job};
    for (int c = 0; c < st->n_class; c++) {
        struct tally *t = &w.tallies[c];
        out.class_wait[c] = dh_sum_value(&t->wait) / (double)t->n_wait;
        out.class_stay[c] = dh_sum_value(&t->stay) / (double)t->n_stay;
    }
    out.wait = out.class_wait[0];
    out.stay = out.class_stay[0];
    if (w.waits) {
        size_t n = (size_t)w.tallies[0].n_wait, below = 0;
        qsort(w.waits, n, sizeof *w.waits, compare_double);
        while (below < n && w.waits[below] <= median)
            below++;
        out.below_median = (double)below / (double)n;
        out.p95 = w.waits[(size_t)(0.95 * (double)n)];
        out.p99 = w.waits[(size_t)(0.99 * (double)n)];
    }
    for (int c = 0; c < st->n_class; c++)
        free(w.lines[c].jobs);
    free(w.serving);
    free(w.free_servers);
    free(w.waits);
    dh_event_queue_free(&w.shared);
    dh_des_free(&des);
    return out;
}

/* ---- machine repair ------------------------------------------------------------------------------ */

/* n machines fail at rate lambda each while up; crews repair one machine each, in 1 s on average. */
struct shop {
    int32_t n_machine, n_crew;
    double lambda;
};

struct shop_world {
    const struct shop *shop;
    struct dh_rng *failures, *repairs; /* one of each for every machine */
    int32_t n_down;
    int32_t *waiting, n_waiting, first_waiting;
    int64_t n_failure, n_warmup, n_count;
    double counted_s, down_s, at_most_s[3];
    volatile sig_atomic_t done;
};

enum { BREAK, REPAIRED };

static enum dh_err start_repair(struct dh_des *des, struct shop_world *w, int32_t m) {
    double repair_s = dh_rng_exponential(&w->repairs[m], 1.0);
    return dh_des_schedule(des, des->now + dh_time_from_s(repair_s), 0, REPAIRED, m, 0);
}

static enum dh_err plan_failure(struct dh_des *des, struct shop_world *w, int32_t m) {
    double up_s = dh_rng_exponential(&w->failures[m], 1 / w->shop->lambda);
    return dh_des_schedule(des, des->now + dh_time_from_s(up_s), 1, BREAK, m, 0);
}

static enum dh_err machine_breaks(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct shop_world *w = world;
    w->done = ++w->n_failure >= w->n_warmup + w->n_count;
    if (++w->n_down <= w->shop->n_crew)
        return start_repair(des, w, ev->subject);
    w->waiting[(w->first_waiting + w->n_waiting++) % w->shop->n_machine] = ev->subject;
    return DH_OK;
}

static enum dh_err machine_repaired(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct shop_world *w = world;
    w->n_down--;
    if (w->n_waiting > 0) {
        int32_t next = w->waiting[w->first_waiting];
        w->first_waiting = (w->first_waiting + 1) % w->shop->n_machine;
        w->n_waiting--;
        check(start_repair(des, w, next));
    }
    return plan_failure(des, w, ev->subject);
}

static enum dh_err shop_settle(void *world, dh_time from, dh_time to) {
    struct shop_world *w = world;
    if (w->n_failure < w->n_warmup)
        return DH_OK;
    double s = dh_time_to_s(to - from);
    w->counted_s += s;
    w->down_s += s * w->n_down;
    for (int k = w->n_down; k < 3; k++)
        w->at_most_s[k] += s;
    return DH_OK;
}

/* mean number down, availability, shares of time with at most 0, 1, 2 down */
static void shop_replicate(const struct shop *shop, uint64_t seed, uint64_t entity, int64_t n_failure,
                           double out[static 5]) {
    static const struct dh_handler handlers[] = {
        {"break",    machine_breaks  },
        {"repaired", machine_repaired}
    };
    size_t n = (size_t)shop->n_machine;
    struct shop_world w = {.shop = shop, .n_warmup = n_failure / 10, .n_count = n_failure};
    struct dh_des des;
    dh_des_init(&des);
    des.before_advance = shop_settle;
    des.stop = &w.done;
    w.failures = must(calloc(n, sizeof *w.failures));
    w.repairs = must(calloc(n, sizeof *w.repairs));
    w.waiting = must(calloc(n, sizeof *w.waiting));
    for (int32_t m = 0; m < shop->n_machine; m++) {
        w.failures[m] = dh_rng_stream(seed, DH_RNG_FAILURE, entity << 16 | (uint64_t)m);
        w.repairs[m] = dh_rng_stream(seed, DH_RNG_REPAIR, entity << 16 | (uint64_t)m);
        check(plan_failure(&des, &w, m));
    }
    if (dh_des_run(&des, handlers, 2, &w, DH_TIME_MAX) != DH_ERR_INTERRUPTED)
        check(DH_ERR_INTERNAL);
    out[0] = w.down_s / w.counted_s;
    out[1] = 1 - out[0] / shop->n_machine;
    for (int k = 0; k < 3; k++)
        out[2 + k] = w.at_most_s[k] / w.counted_s;
    free(w.failures);
    free(w.repairs);
    free(w.waiting);
    dh_des_free(&des);
}

/* ---- tables and verdicts ------------------------------------------------------------------------- */

struct table {
    FILE *f;
    char head[1024], line[2048];
    char *cells[MAX_COLUMN];
};

static bool table_open(struct table *t, const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    *t = (struct table){.f = fopen(path, "r")};
    if (!t->f) {
        printf("ok - %s # SKIP no %s\n", name, path);
        return false;
    }
    do
        if (!fgets(t->head, sizeof t->head, t->f))
            return false;
    while (t->head[0] == '#');
    return true;
}

static bool table_next(struct table *t) {
    if (!fgets(t->line, sizeof t->line, t->f)) {
        fclose(t->f);
        return false;
    }
    int n = 0;
    for (char *p = strtok(t->line, ",\n"); p && n < MAX_COLUMN; p = strtok(NULL, ",\n"))
        t->cells[n++] = p;
    return true;
}

static const char *cell(const struct table *t, const char *column) {
    size_t n = strlen(column);
    int k = 0;
    for (const char *p = t->head; p; p = strchr(p, ','), p = p ? p + 1 : NULL, k++)
        if (strncmp(p, column, n) == 0 && strchr(",\r\n", p[n]))
            return t->cells[k];
    printf("Bail out! no column %s\n", column);
    exit(1);
}

static double number(const struct table *t, const char *column) {
    return strtod(cell(t, column), NULL);
}

/* A row under test: its quantities, and something that gives all of them for one replication. */
struct row {
    char label[128];
    int n_quantity;
    const char *names[MAX_QUANTITY];
    double exact[MAX_QUANTITY];
    const struct station *st;
    const struct shop *shop;
    double median; /* exact; negative: no quantiles */
};

static void measure(const struct row *r, uint64_t seed, uint64_t entity, int64_t n, double *out) {
    if (r->shop) {
        shop_replicate(r->shop, seed, entity, n, out);
        return;
    }
    struct outcome o = replicate(r->st, seed, entity, n, r->median);
    for (int q = 0; q < r->n_quantity; q++) {
        const char *name = r->names[q];
        out[q] = strcmp(name, "wait") == 0                  ? o.wait
                 : strcmp(name, "stay") == 0                ? o.stay
                 : strcmp(name, "blocked") == 0             ? o.blocked
                 : strcmp(name, "share below P50") == 0     ? o.below_median
                 : strcmp(name, "P95 of the wait") == 0     ? o.p95
                 : strcmp(name, "P99 of the wait") == 0     ? o.p99
                 : strncmp(name, "wait of class ", 14) == 0 ? o.class_wait[name[14] - '0']
                                                            : o.class_stay[name[14] - '0'];
    }
}

static void add(struct row *r, const char *name, double exact) {
    if (exact <= 0)
        return;
    r->names[r->n_quantity] = name;
    r->exact[r->n_quantity++] = exact;
}

static int n_test, n_failed, n_left;
static bool quick, all;
static const double QUICK_JOBS = 40000; /* a replication of a row that `quick` still runs */
static const double LONG_JOBS = 6e6;    /* of more than 32 servers, without `all` */
/* The half-width aimed at. Those of 20 replications scatter by 16 %, in the pilot and in the run: 3 % is
 * then more than two standard deviations away. */
static const double TARGET = 0.019;

static void intervals(const struct row *r, uint64_t seed, int64_t n, struct stat_interval *ci) {
    static uint64_t row_number; /* rows have streams of their own */
    double x[MAX_QUANTITY][N_REPLICATION];
    row_number++;
    for (int k = 0; k < N_REPLICATION; k++) {
        double out[MAX_QUANTITY];
        measure(r, seed, row_number * 64 + (uint64_t)k, n, out);
        for (int q = 0; q < r->n_quantity; q++)
            x[q][k] = out[q];
    }
    for (int q = 0; q < r->n_quantity; q++)
        ci[q] = stat_t_interval(x[q], N_REPLICATION, 0.999);
}

static void judge(const struct row *r) {
    struct stat_interval ci[MAX_QUANTITY];
    double n = quick ? PILOT_JOBS / 5 : PILOT_JOBS;
    for (int round = 0; round < 2; round++) { /* a second pilot where the first was far from enough */
        double widest = 0;
        intervals(r, PILOT_SEED, (int64_t)n, ci);
        for (int q = 0; q < r->n_quantity; q++)
            widest = fmax(widest, stat_relative_half_width(ci[q]));
        double wanted = n * pow(widest / TARGET, 2);
        if (quick && wanted > QUICK_JOBS) {
            n_left++;
            return;
        }
        if (!all && r->st && r->st->n_server > 32 && wanted > LONG_JOBS) {
            printf("# %s: about %.0g jobs a replication; only with `all`\n", r->label, wanted);
            return;
        }
        bool enough = wanted < 8 * n;
        n = fmax(wanted, PILOT_JOBS);
        if (enough)
            break;
        if (round == 0)
            n /= 4;
    }
    for (uint64_t again = 0; again < 3; again++) { /* only the width decides, with new random numbers */
        double widest = 0;
        intervals(r, SEED + again, (int64_t)n, ci);
        for (int q = 0; q < r->n_quantity; q++)
            widest = fmax(widest, stat_relative_half_width(ci[q]));
        if (widest <= 0.03)
            break;
        n *= 2;
    }
    for (int q = 0; q < r->n_quantity; q++) {
        double width = stat_relative_half_width(ci[q]);
        bool good = stat_contains(ci[q], r->exact[q]) && width <= 0.03;
        printf("%s - %s: %s %.6g in %.6g +- %.2g %%, 20 x %.0f\n", good ? "ok" : "not ok", r->label,
               r->names[q], r->exact[q], ci[q].mean, 100 * width, n);
        n_test++;
        n_failed += !good;
    }
    fflush(stdout);
}

static void table_mmc(const char *folder) {
    struct table t;
    if (!table_open(&t, folder, "queue_mmc.csv"))
        return;
    while (table_next(&t)) {
        struct station st = {
            FCFS,         (int32_t)number(&t, "servers"), 0, 1, {number(&t, "offered_erlangs")}, {1.0},
            "exponential"};
        struct row r = {.st = &st, .median = number(&t, "wq_p50")};
        snprintf(r.label, sizeof r.label, "M/M/%d rho %.3f", st.n_server, number(&t, "rho"));
        add(&r, "wait", number(&t, "Wq_in_service_times"));
        add(&r, "stay", number(&t, "W"));
        if (r.median > 0)
            add(&r, "share below P50", 0.5);
        add(&r, "P95 of the wait", number(&t, "wq_p95"));
        if (all)
            add(&r, "P99 of the wait", number(&t, "wq_p99"));
        judge(&r);
    }
}

static void table_mmck(const char *folder) {
    struct table t;
    if (!table_open(&t, folder, "queue_mmcK.csv"))
        return;
    while (table_next(&t)) {
        struct station st = {FCFS,
                             (int32_t)number(&t, "servers"),
                             (int64_t)number(&t, "capacity_K"),
                             1,
                             {number(&t, "offered_erlangs")},
                             {1.0},
                             "exponential"};
        struct row r = {.st = &st, .median = -1};
        snprintf(r.label, sizeof r.label, "M/M/%d/%d", st.n_server, (int)st.capacity);
        add(&r, "blocked", number(&t, "P_block"));
        add(&r, "wait", number(&t, "Wq"));
        add(&r, "stay", number(&t, "W"));
        judge(&r);
    }
}

static void table_mg1(const char *folder) {
    struct table t;
    if (!table_open(&t, folder, "queue_mg1.csv"))
        return;
    while (table_next(&t))
        for (int sharing = 0; sharing < 2; sharing++) {
            struct station st = {
                sharing ? SHARING : FCFS, 1, 0, 1, {number(&t, "lambda")}, {number(&t, "mean_S")},
                cell(&t, "service")};
            struct row r = {.st = &st, .median = -1};
            snprintf(r.label, sizeof r.label, "M/G/1 %s, %s, E[S] %g, rho %g", sharing ? "PS" : "FCFS",
                     st.law, st.mean_s[0], number(&t, "rho"));
            if (!sharing)
                add(&r, "wait", number(&t, "Wq_fcfs"));
            add(&r, "stay", number(&t, sharing ? "W_ps" : "W_fcfs"));
            judge(&r);
        }
}

static void judge_priority(const struct station *both, int number_of_case, const double *wait,
                           const double *stay, const double *stay_preemptive) {
    static const char *const waits[] = {"wait of class 0", "wait of class 1", "wait of class 2"};
    static const char *const stays[] = {"stay of class 0", "stay of class 1", "stay of class 2"};
    struct station st = *both;
    st.discipline = PRIORITY;
    struct row r = {.st = &st, .median = -1};
    snprintf(r.label, sizeof r.label, "M/M/1 priority, case %d", number_of_case);
    for (int c = 0; c < st.n_class; c++) {
        add(&r, waits[c], wait[c]);
        add(&r, stays[c], stay[c]);
    }
    judge(&r);
    st.discipline = PREEMPTIVE_RESUME;
    r.n_quantity = 0;
    snprintf(r.label, sizeof r.label, "M/M/1 preemptive priority, case %d", number_of_case);
    for (int c = 0; c < st.n_class; c++)
        add(&r, stays[c], stay_preemptive[c]);
    judge(&r);
}

static void table_priority(const char *folder) {
    struct table t;
    if (!table_open(&t, folder, "queue_priority.csv"))
        return;
    struct station st = {.n_server = 1, .law = "exponential"};
    double wait[MAX_CLASS], stay[MAX_CLASS], stay_preemptive[MAX_CLASS];
    int present = -1;
    while (table_next(&t)) {
        int c = (int)number(&t, "class_0_is_highest");
        if (c == 0 && st.n_class)
            judge_priority(&st, present, wait, stay, stay_preemptive);
        present = (int)number(&t, "case");
        st.n_class = c + 1;
        st.lambda[c] = number(&t, "lambda");
        st.mean_s[c] = number(&t, "mean_S_exponential");
        wait[c] = number(&t, "Wq_nonpreemptive");
        stay[c] = number(&t, "T_nonpreemptive");
        stay_preemptive[c] = number(&t, "T_preemptive_resume");
    }
    judge_priority(&st, present, wait, stay, stay_preemptive);
}

static void table_repair(const char *folder) {
    struct table t;
    if (!table_open(&t, folder, "machine_repair.csv"))
        return;
    while (table_next(&t)) {
        struct shop shop = {(int32_t)number(&t, "machines"), (int32_t)number(&t, "repair_crews"),
                            number(&t, "lambda_over_mu")};
        struct row r = {.shop = &shop};
        snprintf(r.label, sizeof r.label, "%d machines, %d crews", shop.n_machine, shop.n_crew);
        add(&r, "mean down", number(&t, "mean_down"));
        add(&r, "availability", number(&t, "availability"));
        add(&r, "none down", number(&t, "P_down_le_0"));
        add(&r, "at most 1 down", number(&t, "P_down_le_1"));
        add(&r, "at most 2 down", number(&t, "P_down_le_2"));
        judge(&r);
    }
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: queue_oracles FOLDER [quick | all]\n");
        return 2;
    }
    quick = argc > 2 && strcmp(argv[2], "quick") == 0;
    all = argc > 2 && strcmp(argv[2], "all") == 0;
    table_mmc(argv[1]);
    table_mmck(argv[1]);
    table_mg1(argv[1]);
    table_priority(argv[1]);
    table_repair(argv[1]);
    if (n_left)
        printf("# %d rows need longer runs: make validate\n", n_left);
    printf("# %d quantities, %d failed\n", n_test, n_failed);
    return n_failed != 0;
}
