/* Replications: runs of one scenario that differ in their seed alone. Run i has the seed of the scenario (or
 * of
 * --seed) plus i, so that each can be repeated by itself, and two variants are compared with common random
 * numbers.
 *
 * Runs are made in child processes, which send their summaries through pipes. Child k of m makes the runs k,
 * k
 * + m, …; the parent keeps them by number, so that nothing depends on m. Where a half-width is wanted, the
 * first n runs count that reach it, whatever has come from later ones. */
#include "sim/api/replicate.h"

#include "sim/api/child.h"
#include "sim/api/ranks.h"
#include "sim/diag.h"
#include "sim/text.h"

#include <gsl/gsl_cdf.h>

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct dh_place nowhere = {NULL, 0, 0};

enum { MAX_RUNS = 1000000, MAX_WORKERS = 1024, LEAST_RUNS = 10 };

struct dh_replications {
    struct dh_sample_table table;
    int32_t wanted; /* row of the key with a precision; -1: none */
    double precision;
    bool relative, reached;
};

struct dh_interval dh_interval_of(const double *values, int32_t n, int32_t stride) {
    struct dh_interval out = {
        .mean = NAN, .half_width = NAN, .deviation = NAN, .least = NAN, .most = NAN, .variance_ratio = NAN};
    double mean = 0, square = 0; /* B. Welford, Technometrics 4(3), 1962 */
    for (int32_t i = 0; i < n; i++) {
        double v = values[(size_t)i * (size_t)stride];
        if (isnan(v))
            continue;
        double before = v - mean;
        mean += before / ++out.n;
        square += before * (v - mean);
        out.least = fmin(out.least, v);
        out.most = fmax(out.most, v);
    }
    if (out.n == 0)
        return out;
    out.mean = mean;
    if (out.n < 2)
        return out;
    out.deviation = sqrt(fmax(square, 0) / (out.n - 1));
    out.half_width = gsl_cdf_tdist_Pinv(0.975, out.n - 1) * out.deviation / sqrt(out.n);
    return out;
}

struct dh_interval dh_interval_of_pairs(const double *values, int32_t n, int32_t stride) {
    struct dh_interval out = dh_interval_of(values, n, stride);
    double mean = 0, square = 0;
    int32_t pairs = 0;
    for (int32_t i = 0; i + 1 < n; i += 2) {
        double v = (values[(size_t)i * (size_t)stride] + values[((size_t)i + 1) * (size_t)stride]) / 2;
        if (isnan(v))
            continue;
        double before = v - mean;
        mean += before / ++pairs;
        square += before * (v - mean);
    }
    out.mean = pairs > 0 ? mean : NAN;
    out.half_width = NAN;
    if (pairs >= 2 && out.deviation > 0)
        out.variance_ratio = fmax(square, 0) / (pairs - 1) / (out.deviation * out.deviation / 2);
    if (pairs >= 2)
        out.half_width = gsl_cdf_tdist_Pinv(0.975, pairs - 1) * sqrt(fmax(square, 0) / (pairs - 1) / pairs);
    return out;
}

static struct dh_interval interval(const struct dh_sample_table *t, int32_t key, int32_t n) {
    return t->antithetic ? dh_interval_of_pairs(t->values + key, n, t->n_key)
                         : dh_interval_of(t->values + key, n, t->n_key);
}

int64_t dh_sample_seed(const void *self, int32_t run) {
    const struct dh_sample_table *t = self;
    return t->antithetic ? -2 * (t->first_seed + run / 2) - 1 - run % 2 : t->first_seed + run;
}

/* ---- a child ----------------------------------------------------------------------------------------------
 */

/* One run's answer: this, then n_byte bytes: a message (status not 0), or for each number of the summary its
 * value, its unit and its key, each text with its terminator. */
struct answer {
    int32_t run, status;
    int64_t n_byte;
};

static bool send_summary(int to, int32_t run, const struct dh_summary *summary) {
    struct dh_text text = {0};
    for (int32_t i = 0; i < summary->n_entry; i++) {
        const struct dh_summary_entry *e = &summary->entries[i];
        if (e->kind == DH_SUMMARY_TEXT)
            continue;
        double v = e->kind == DH_SUMMARY_INTEGER ? (double)e->integer : e->number;
        dh_text_add(&text, (const char *)&v, sizeof v);
        dh_text_add(&text, e->unit, strlen(e->unit) + 1);
        dh_text_add(&text, e->key, strlen(e->key) + 1);
    }
    struct answer answer = {.run = run, .status = text.failed ? DH_ERR_MEMORY : 0, .n_byte = (int64_t)text.n};
    bool sent =
        dh_child_send(to, &answer, sizeof answer) && dh_child_send(to, text.at ? text.at : "", text.n);
    dh_text_free(&text);
    return sent;
}

static bool send_failure(int to, int32_t run, enum dh_err err, const struct dh_diag *diag) {
    const char *text = "";
    for (int32_t i = 0; i < dh_diag_count(diag); i++)
        if (!dh_diag_at(diag, i).warning)
            text = dh_diag_at(diag, i).text;
    struct answer answer = {.run = run, .status = (int32_t)err, .n_byte = (int64_t)strlen(text)};
    return dh_child_send(to, &answer, sizeof answer) && dh_child_send(to, text, strlen(text));
}

/* Runs `first`, first + step, … below n. The reader may have gone: it wants no more. */
struct share {
    const char *scenario;
    const struct dh_scenario_changes *changes;
    const struct dh_sample_table *table; /* whose seeds they are */
    int32_t first, step, n;
    const volatile int *stop;
};

static void work(void *self, int to) {
    const struct share *share = self;
    struct dh_run_options options = {.no_series = 1, .stop = share->stop};
    for (int32_t run = share->first; run < share->n; run += share->step) {
        char text[32];
        struct dh_scenario_changes own = *share->changes;
        struct dh_diag *diag = dh_diag_new();
        struct dh_sim *sim = NULL;
        snprintf(text, sizeof text, "%lld", (long long)dh_sample_seed(share->table, run));
        own.seed = text;
        enum dh_err err = diag ? dh_sim_open(&sim, share->scenario, &own, diag) : DH_ERR_MEMORY;
        if (err == DH_OK)
            err = dh_sim_run(sim, &options, diag);
        bool sent =
            err == DH_OK ? send_summary(to, run, dh_sim_summary(sim)) : send_failure(to, run, err, diag);
        dh_sim_close(sim);
        dh_diag_delete(diag);
        if (!sent || err != DH_OK)
            return;
    }
}

/* ---- the parent -------------------------------------------------------------------------------------------
 */

struct crew {
    struct dh_child workers[MAX_WORKERS];
    struct dh_text got[MAX_WORKERS + DH_RANKS]; /* bytes of an answer that is not complete; then of ranks */
    int32_t n;
    bool *came; /* of each run */
    int32_t n_came;
};

/* Keys and units are those of run 0, so it is taken first whoever comes first: rows wait as texts. */
static enum dh_err take_keys(struct dh_sample_table *table, const char *bytes, size_t n) {
    for (const char *at = bytes; at < bytes + n;) {
        double v;
        memcpy(&v, at, sizeof v);
        const char *unit = at + sizeof v, *key = unit + strlen(unit) + 1;
        dh_summary_number(&table->keys, key, unit, v, "");
        at = key + strlen(key) + 1;
    }
    table->n_key = table->keys.n_entry;
    return table->keys.err;
}

/* Room for the rows up to this run, all empty. */
static enum dh_err make_room(struct dh_sample_table *table, int32_t run) {
    size_t n_key = (size_t)(table->n_key > 0 ? table->n_key : 1);
    if (run < table->room)
        return DH_OK;
    int32_t room = table->room > 0 ? table->room : 64;
    while (room <= run)
        room *= 2;
    if ((size_t)room > SIZE_MAX / sizeof(double) / n_key)
        return DH_ERR_MEMORY;
    double *grown = realloc(table->values, (size_t)room * n_key * sizeof *grown);
    if (!grown)
        return DH_ERR_MEMORY;
    for (size_t i = (size_t)table->room * n_key; i < (size_t)room * n_key; i++)
        grown[i] = NAN;
    table->values = grown;
    table->room = room;
    return DH_OK;
}

/* Keys come in the same order in every run, but a list may be longer in one: search on from the last. */
static enum dh_err take_row(struct dh_sample_table *table, int32_t run, const char *bytes, size_t n) {
    int32_t next = 0;
    DH_TRY(make_room(table, run));
    for (const char *at = bytes; at < bytes + n;) {
        double v;
        memcpy(&v, at, sizeof v);
        const char *key = at + sizeof v + strlen(at + sizeof v) + 1;
        for (int32_t tried = 0; tried < table->n_key; tried++, next = next + 1 < table->n_key ? next + 1 : 0)
            if (strcmp(table->keys.entries[next].key, key) == 0) {
                table->values[(size_t)run * (size_t)table->n_key + (size_t)next] = v;
                next = next + 1 < table->n_key ? next + 1 : 0;
                break;
            }
        at = key + strlen(key) + 1;
    }
    return DH_OK;
}

/* Whether the wanted half-width is reached by the first n runs. */
static bool is_enough(const struct dh_replications *r, int32_t n) {
    if (r->wanted < 0 || n < LEAST_RUNS || (r->table.antithetic && n % 2 != 0))
        return false;
    struct dh_interval i = interval(&r->table, r->wanted, n);
    return i.half_width <= r->precision * (r->relative ? fabs(i.mean) : 1);
}

static enum dh_err find_wanted(struct dh_replications *r, const char *key, struct dh_diag *diag) {
    for (int32_t i = 0; key && i < r->table.n_key; i++)
        if (strcmp(r->table.keys.entries[i].key, key) == 0)
            r->wanted = i;
    if (key && r->wanted < 0)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "the run has no figure \"%s\" to be precise about", key);
    return DH_OK;
}

struct rows {
    struct dh_text *text; /* of runs that came before run 0 */
    int32_t n;
};

/* Rows that can be counted now: all up to the first that is missing. Returns how many runs are enough, or 0.
 */
static int32_t count_on(struct dh_replications *r, const struct crew *crew, int32_t n) {
    while (r->table.n_run < n && crew->came[r->table.n_run]) {
        r->table.n_run++;
        if (is_enough(r, r->table.n_run)) {
            r->reached = true;
            return r->table.n_run;
        }
    }
    return r->table.n_run == n ? n : 0;
}

static enum dh_err take_answer(struct dh_replications *r, struct crew *crew, struct rows *early,
                               const struct answer *answer, const char *bytes, const char *key,
                               struct dh_diag *diag) {
    size_t n = (size_t)answer->n_byte;
    if (answer->status != DH_OK)
        return dh_fail(diag, (enum dh_err)answer->status, nowhere, "run %d (seed %lld): %.*s",
                       (int)answer->run, (long long)dh_sample_seed(&r->table, answer->run), (int)n, bytes);
    if (answer->run == 0) {
        DH_TRY(take_keys(&r->table, bytes, n));
        DH_TRY(find_wanted(r, key, diag));
        for (int32_t i = 0; i < early->n; i++)
            if (early->text[i].n > 0) {
                DH_TRY(take_row(&r->table, i, early->text[i].at, early->text[i].n));
                dh_text_free(&early->text[i]);
            }
    }
    if (answer->run == 0 || r->table.values)
        DH_TRY(take_row(&r->table, answer->run, bytes, n));
    else
        dh_text_add(&early->text[answer->run], bytes, n);
    crew->came[answer->run] = true;
    crew->n_came++;
    return early->text[answer->run].failed ? DH_ERR_MEMORY : DH_OK;
}

/* Whole answers are taken, what is behind them stays. */
static enum dh_err take_answers(struct dh_replications *r, struct crew *crew, struct dh_text *got,
                                struct rows *early, const char *key, struct dh_diag *diag) {
    if (got->failed)
        return DH_ERR_MEMORY;
    size_t used = 0;
    while (got->n - used >= sizeof(struct answer)) {
        struct answer answer;
        memcpy(&answer, got->at + used, sizeof answer);
        if (answer.run < 0 || answer.run >= early->n || answer.n_byte < 0)
            return dh_fail(diag, DH_ERR_IO, nowhere, "an answer of another process makes no sense");
        if (got->n - used - sizeof answer < (size_t)answer.n_byte)
            break;
        DH_TRY(take_answer(r, crew, early, &answer, got->at + used + sizeof answer, key, diag));
        used += sizeof answer + (size_t)answer.n_byte;
    }
    if (used > 0)
        memmove(got->at, got->at + used, got->n - used);
    got->n -= used;
    return DH_OK;
}

/* What has come from worker k. */
static enum dh_err read_worker(struct dh_replications *r, struct crew *crew, int32_t k, struct rows *early,
                               const char *key, struct dh_diag *diag) {
    char bytes[65536];
    struct dh_child *w = &crew->workers[k];
    struct dh_text *got = &crew->got[k];
    ssize_t n = read(w->from, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return DH_OK;
    if (n <= 0) {
        close(w->from);
        w->from = -1;
        return DH_OK;
    }
    dh_text_add(got, bytes, (size_t)n);
    return take_answers(r, crew, got, early, key, diag);
}

/* ---- several ranks
 * ------------------------------------------------------------------------------------------ */

/* A rank other than 0: what its children answer goes on to the folder, until rank 0 wants no more. */
static enum dh_err pass_on(struct crew *crew, const struct dh_replication_options *o,
                           struct dh_ranks *meeting, struct dh_diag *diag) {
    while (!dh_ranks_over(meeting)) {
        struct pollfd ready[MAX_WORKERS];
        int32_t n = 0, of[MAX_WORKERS];
        if (o->stop && *o->stop)
            return DH_ERR_INTERRUPTED;
        for (int32_t k = 0; k < crew->n; k++)
            if (crew->workers[k].from >= 0) {
                of[n] = k;
                ready[n++] = (struct pollfd){.fd = crew->workers[k].from, .events = POLLIN};
            }
        if (poll(ready, (nfds_t)n, 20) < 0 && errno != EINTR)
            return dh_fail(diag, DH_ERR_IO, nowhere, "waiting for runs: %s", strerror(errno));
        for (int32_t i = 0; i < n; i++) {
            char bytes[65536];
            struct dh_text *got = &crew->got[of[i]];
            ssize_t more = ready[i].revents ? read(crew->workers[of[i]].from, bytes, sizeof bytes) : -1;
            if (ready[i].revents && more == 0) {
                close(crew->workers[of[i]].from);
                crew->workers[of[i]].from = -1;
            }
            if (more <= 0)
                continue;
            dh_text_add(got, bytes, (size_t)more);
            size_t whole = 0; /* answers of several children must not mix */
            struct answer answer;
            while (!got->failed && got->n - whole >= sizeof answer) {
                memcpy(&answer, got->at + whole, sizeof answer);
                if (got->n - whole - sizeof answer < (size_t)answer.n_byte)
                    break;
                whole += sizeof answer + (size_t)answer.n_byte;
            }
            if (got->failed)
                return DH_ERR_MEMORY;
            DH_TRY(dh_ranks_write(meeting, got->at, whole, diag));
            if (whole > 0)
                memmove(got->at, got->at + whole, got->n - whole);
            got->n -= whole;
        }
    }
    return DH_OK;
}

/* Processes of all ranks are numbered through: those of rank 0 come first. */
static enum dh_err start_crew(struct crew *crew, const char *scenario,
                              const struct dh_scenario_changes *changes,
                              const struct dh_replication_options *o, const struct dh_sample_table *table,
                              struct dh_diag *diag) {
    for (int32_t k = 0; k < o->workers; k++) {
        int32_t number = o->rank * o->workers + k;
        if (number >= o->n)
            break;
        struct share share = {scenario, changes, table, number, o->workers * o->n_rank, o->n, o->stop};
        DH_TRY(dh_child_start(&crew->workers[k], work, &share, crew->workers, crew->n, diag));
        crew->n++;
    }
    return DH_OK;
}

static void dismiss(struct crew *crew) {
    for (int32_t k = 0; k < crew->n; k++)
        dh_child_end(&crew->workers[k], true);
    for (int32_t k = 0; k < MAX_WORKERS + DH_RANKS; k++)
        dh_text_free(&crew->got[k]);
    free(crew->came);
}

/* Runs of this rank's share without an answer. */
static bool lacks_own(const struct crew *crew, const struct dh_replication_options *o) {
    for (int32_t run = 0; run < o->n; run++)
        if (run % (o->workers * o->n_rank) < o->workers && !crew->came[run])
            return true;
    return false;
}

static enum dh_err gather(struct dh_replications *r, struct crew *crew, struct rows *early,
                          const struct dh_replication_options *o, struct dh_ranks *meeting,
                          struct dh_diag *diag) {
    for (;;) {
        struct pollfd ready[MAX_WORKERS];
        int32_t n = 0, of[MAX_WORKERS];
        for (int32_t k = 0; k < crew->n; k++)
            if (crew->workers[k].from >= 0) {
                of[n] = k;
                ready[n++] = (struct pollfd){.fd = crew->workers[k].from, .events = POLLIN};
            }
        if (n == 0 && r->table.n_run == o->n)
            return DH_OK;
        if (poll(ready, (nfds_t)n, o->n_rank < 2 ? 500 : 20) < 0 && errno != EINTR)
            return dh_fail(diag, DH_ERR_IO, nowhere, "waiting for runs: %s", strerror(errno));
        if (o->stop && *o->stop)
            return DH_ERR_INTERRUPTED;
        for (int32_t i = 0; i < n; i++)
            if (ready[i].revents)
                DH_TRY(read_worker(r, crew, of[i], early, o->precision_key, diag));
        for (int32_t k = 1; k < o->n_rank; k++) {
            const char *bytes;
            size_t fresh;
            DH_TRY(dh_ranks_read(meeting, k, &bytes, &fresh, diag));
            dh_text_add(&crew->got[MAX_WORKERS + k], bytes, fresh);
            DH_TRY(take_answers(r, crew, &crew->got[MAX_WORKERS + k], early, o->precision_key, diag));
            if (fresh == 0 && dh_ranks_lost(meeting, k))
                return dh_fail(diag, DH_ERR_IO, nowhere, "rank %d ended before its runs", (int)k);
        }
        if (n == 0 && lacks_own(crew, o))
            return dh_fail(diag, DH_ERR_IO, nowhere, "a run ended without an answer");
        int32_t enough = r->table.values ? count_on(r, crew, o->n) : 0;
        if (o->progress)
            o->progress(o->self, crew->n_came, o->n);
        if (enough > 0)
            return DH_OK;
    }
}

/* The scenario is opened once here, so that what is wrong with it is said as always. */
static enum dh_err first_seed(int64_t *seed, const char *scenario, const struct dh_scenario_changes *changes,
                              int32_t n, bool antithetic, struct dh_diag *diag) {
    struct dh_sim *sim = NULL;
    DH_TRY(dh_sim_open(&sim, scenario, changes, diag));
    *seed = dh_sim_seed(sim);
    dh_sim_close(sim);
    if (*seed < 0)
        return dh_fail(
            diag, DH_ERR_USAGE, nowhere,
            "seed %lld is one of an antithetic pair; replications count on from one that is not negative",
            (long long)*seed);
    if (antithetic && *seed > (INT64_MAX - 2) / 2 - n)
        n = -1;
    if (n < 0 || *seed > INT64_MAX - n)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "seed %lld leaves no room for so many runs",
                       (long long)*seed);
    return DH_OK;
}

enum dh_err dh_replicate(struct dh_replications **out, const char *scenario,
                         const struct dh_scenario_changes *changes,
                         const struct dh_replication_options *options, struct dh_diag *diag) {
    static const struct dh_scenario_changes none = {0};
    struct dh_replication_options o = *options;
    *out = NULL;
    struct dh_ranks meeting = {0};
    o.workers = o.workers > 0 ? o.workers : 1;
    o.n_rank = o.n_rank > 0 ? o.n_rank : 1;
    if (o.rank < 0 || o.rank >= o.n_rank || o.n_rank > DH_RANKS || (o.n_rank > 1 && !o.folder))
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "at most %d programs that share a folder", DH_RANKS);
    if (o.antithetic && o.n % 2 != 0)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "antithetic runs come in pairs: an even number of them");
    if (o.n < 2 || o.n > MAX_RUNS || o.workers > MAX_WORKERS)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "2 to %d runs in at most %d processes", MAX_RUNS,
                       MAX_WORKERS);
    struct dh_replications *r = calloc(1, sizeof *r);
    struct crew *crew = calloc(1, sizeof *crew);
    struct rows early = {calloc((size_t)o.n, sizeof(struct dh_text)), o.n};
    enum dh_err err = r && crew && early.text ? DH_OK : DH_ERR_MEMORY;
    if (err == DH_OK) {
        crew->came = calloc((size_t)o.n, sizeof *crew->came);
        err = crew->came ? DH_OK : DH_ERR_MEMORY;
        r->wanted = -1;
        r->precision = o.precision;
        r->relative = o.relative != 0;
        r->table.antithetic = o.antithetic != 0;
    }
    if (err == DH_OK)
        err = first_seed(&r->table.first_seed, scenario, changes ? changes : &none, o.n, o.antithetic != 0,
                         diag);
    if (err == DH_OK && o.n_rank > 1)
        err = dh_ranks_open(&meeting, o.folder, o.rank, o.n_rank, diag);
    if (err == DH_OK)
        err = start_crew(crew, scenario, changes ? changes : &none, &o, &r->table, diag);
    if (err == DH_OK)
        err = o.rank > 0 ? pass_on(crew, &o, &meeting, diag) : gather(r, crew, &early, &o, &meeting, diag);
    if (crew)
        dismiss(crew);
    dh_ranks_close(&meeting);
    for (int32_t i = 0; early.text && i < o.n; i++)
        dh_text_free(&early.text[i]);
    free(early.text);
    free(crew);
    if (err == DH_ERR_MEMORY)
        dh_fail(diag, err, nowhere, "no memory for so many runs");
    if (err == DH_OK && o.rank == 0)
        *out = r;
    else
        dh_replications_delete(r);
    return err;
}

void dh_replications_delete(struct dh_replications *r) {
    if (!r)
        return;
    free(r->table.values);
    dh_summary_free(&r->table.keys);
    free(r);
}

/* ---- what came out ----------------------------------------------------------------------------------------
 */

const struct dh_sample_table *dh_replications_table(const struct dh_replications *r) {
    return r ? &r->table : NULL;
}

int32_t dh_replications_runs(const struct dh_replications *r) {
    return r->table.n_run;
}
int64_t dh_replications_seed(const struct dh_replications *r, int32_t run) {
    return dh_sample_seed(&r->table, run);
}
int32_t dh_replications_reached(const struct dh_replications *r) {
    return r->wanted < 0 || r->reached;
}

struct dh_replication_figure dh_replications_at(const struct dh_replications *r, int32_t i) {
    struct dh_replication_figure f = {0};
    if (i < 0 || i >= r->table.n_key)
        return f;
    struct dh_interval v = interval(&r->table, i, r->table.n_run);
    return (struct dh_replication_figure){.key = r->table.keys.entries[i].key,
                                          .unit = r->table.keys.entries[i].unit,
                                          .n = v.n,
                                          .mean = v.mean,
                                          .half_width = v.half_width,
                                          .deviation = v.deviation,
                                          .least = v.least,
                                          .most = v.most,
                                          .variance_ratio = v.variance_ratio};
}

double dh_replications_value(const struct dh_replications *r, int32_t run, int32_t i) {
    return run >= 0 && run < r->table.n_run && i >= 0 && i < r->table.n_key
               ? r->table.values[(size_t)run * (size_t)r->table.n_key + (size_t)i]
               : NAN;
}
