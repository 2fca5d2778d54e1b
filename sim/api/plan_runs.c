/* Simulations of a plan, each in a process of its own. What a run came to is kept in the folder under the
 * SHA-256 of its effective scenario, seed included: FOLDER/runs/SHA.csv, its summary. So whatever is there is
 * not run again, be it from a search that was killed, from another study of the same scenario, or from
 * another machine that works in the same folder. */
#include "sim/api/plan.h"

#include "sim/api/child.h"
#include "sim/diag.h"
#include "sim/text.h"
#include "sim/units.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct dh_place nowhere = {NULL, 0, 0};

enum { MAX_WORKERS = 1024, SETTING = DH_STUDY_VALUE + 512 };

/* ---- one simulation, in a child
 * ----------------------------------------------------------------------------
 */

struct changes {
    char texts[DH_STUDY_VARY][SETTING], seed[32];
    const char *sets[DH_STUDY_VARY + 1], *params[DH_STUDY_VARY + 1];
    struct dh_scenario_changes is;
};

static enum dh_err changes_of(struct changes *c, const struct dh_plan *p, const struct dh_plan_task *task,
                              struct dh_diag *diag) {
    const struct dh_plan_variant *variant = &p->variants[task->variant];
    *c = (struct changes){0};
    c->is.sets = c->sets;
    c->is.params = c->params;
    for (int32_t v = 0; v < p->study.n_vary; v++) {
        char value[DH_STUDY_VALUE];
        const struct dh_study_vary *vary = &p->study.vary[v];
        dh_study_value(&p->study, task->point, v, value);
        int n = snprintf(c->texts[v], SETTING, "%s=%s", vary->path ? vary->path : vary->parameter, value);
        if (n < 0 || n >= SETTING)
            return dh_fail(diag, DH_ERR_VALUE, vary->place, "this path is longer than 500 characters");
        if (vary->path)
            c->sets[c->is.n_set++] = c->texts[v];
        else
            c->params[c->is.n_param++] = c->texts[v];
    }
    if (variant->set)
        c->sets[c->is.n_set++] = variant->set;
    if (variant->param)
        c->params[c->is.n_param++] = variant->param;
    if (task->seed > 0) {
        snprintf(c->seed, sizeof c->seed, "%lld", (long long)(p->first_seed + task->seed));
        c->is.seed = c->seed;
    }
    return DH_OK;
}

/* What a child answers. */
struct answer {
    int32_t err;
    bool kept;
    double values[DH_PLAN_GOALS]; /* in the units of the keys; NAN: not there */
    char text[DH_PLAN_WHY];
};

#define KEPT_HEAD "# datahall " DH_VERSION "\n"

static int keep_bytes(void *self, const char *bytes, size_t n) {
    dh_text_add(self, bytes, n);
    return ((struct dh_text *)self)->failed;
}

/* Whole or not at all, whoever else writes it. A folder that takes nothing loses speed, not the result. */
static void keep(const char *path, const struct dh_summary *summary) {
    struct dh_text text = {0}, part = {0};
    dh_text_puts(&text, KEPT_HEAD);
    dh_text_printf(&part, "%s.%ld.part", path, (long)getpid());
    if (dh_summary_csv(summary, keep_bytes, &text, NULL) == DH_OK && !part.failed) {
        FILE *out = fopen(part.at, "w");
        bool good = out && fwrite(text.at, 1, text.n, out) == text.n;
        good = out && fclose(out) == 0 && good;
        if (!good || rename(part.at, path) != 0)
            unlink(part.at);
    }
    dh_text_free(&text);
    dh_text_free(&part);
}

static bool take_kept(const char *path, const struct dh_plan *p, struct answer *answer) {
    char line[4096];
    FILE *in = fopen(path, "r");
    bool good = in && fgets(line, sizeof line, in) && strcmp(line, KEPT_HEAD) == 0;
    while (good && fgets(line, sizeof line, in))
        for (int32_t g = 0; g < p->n_goal; g++) {
            size_t n = strlen(p->goals[g].key), end = 0;
            if (strncmp(line, p->goals[g].key, n) != 0 || line[n] != ',')
                continue;
            good =
                dh_number_parse(line + n + 1, strcspn(line + n + 1, ","), &answer->values[g], &end) == DH_OK;
        }
    if (in)
        fclose(in);
    return good;
}

static enum dh_err simulate(const struct dh_plan *p, const struct dh_plan_task *task, struct answer *answer,
                            struct dh_diag *diag) {
    struct changes *c = malloc(sizeof *c);
    struct dh_text path = {0};
    struct dh_sim *sim = NULL;
    enum dh_err err = c ? changes_of(c, p, task, diag) : DH_ERR_MEMORY;
    if (err == DH_OK)
        err = dh_sim_open(&sim, p->study.scenario, &c->is, diag);
    if (err == DH_OK) {
        dh_text_printf(&path, "%s/runs/%s.csv", p->folder, dh_sim_sha256(sim));
        err = path.failed ? DH_ERR_MEMORY : DH_OK;
    }
    if (err == DH_OK) {
        answer->kept = take_kept(path.at, p, answer);
        if (!answer->kept) {
            struct dh_run_options options = {.no_series = 1, .stop = p->options.stop};
            err = dh_sim_run(sim, &options, diag);
            for (int32_t g = 0; g < p->n_goal && err == DH_OK; g++)
                answer->values[g] = dh_summary_value(dh_sim_summary(sim), p->goals[g].key);
            if (err == DH_OK)
                keep(path.at, dh_sim_summary(sim));
        }
    }
    dh_sim_close(sim);
    dh_text_free(&path);
    free(c);
    return err;
}

struct item {
    const struct dh_plan *plan;
    const struct dh_plan_task *task;
};

static void first_error(const struct dh_diag *diag, char *text, size_t room) {
    for (int32_t i = 0; diag && i < dh_diag_count(diag); i++)
        if (!dh_diag_at(diag, i).warning) {
            snprintf(text, room, "%s", dh_diag_at(diag, i).text);
            return;
        }
}

static void serve(void *self, int to) {
    const struct item *item = self;
    struct answer answer = {0};
    struct dh_diag *diag = dh_diag_new();
    for (int32_t g = 0; g < DH_PLAN_GOALS; g++)
        answer.values[g] = NAN;
    answer.err = diag ? (int32_t)simulate(item->plan, item->task, &answer, diag) : DH_ERR_MEMORY;
    if (answer.err != DH_OK)
        first_error(diag, answer.text, sizeof answer.text);
    dh_diag_delete(diag);
    dh_child_send(to, &answer, sizeof answer);
}

/* ---- designs
 * -----------------------------------------------------------------------------------------------
 */

struct dh_plan_design *dh_plan_find(const struct dh_plan *p, int32_t variant, int32_t point) {
    int32_t i = p->variants[variant].index[point];
    return i < 0 ? NULL : &p->designs[i];
}

static struct dh_plan_design *design_of(struct dh_plan *p, int32_t variant, int32_t point) {
    struct dh_plan_design *d = dh_plan_find(p, variant, point);
    size_t n = (size_t)p->n_goal * (size_t)p->seeds;
    if (d)
        return d;
    if (p->n_design == p->room) {
        int32_t room = p->room > 0 ? 2 * p->room : 256;
        struct dh_plan_design *grown = realloc(p->designs, (size_t)room * sizeof *grown);
        if (!grown)
            return NULL;
        p->designs = grown;
        p->room = room;
    }
    double *values = dh_arena_array(&p->mem, n, sizeof *values);
    if (!values)
        return NULL;
    for (size_t i = 0; i < n; i++)
        values[i] = NAN;
    p->variants[variant].index[point] = p->n_design;
    d = &p->designs[p->n_design++];
    *d = (struct dh_plan_design){.point = point, .variant = variant, .values = values, .order = p->n_design};
    return d;
}

static void fail_design(struct dh_plan *p, struct dh_plan_design *d, enum dh_err err, const char *why) {
    if (d->state == DH_PLAN_FAILED)
        return;
    d->state = DH_PLAN_FAILED;
    d->err = err;
    d->why = dh_arena_strdup(&p->mem, why);
}

/* Answers are taken in the order of tasks, whoever came first. */
static void take(struct dh_plan *p, const struct dh_plan_task *task, const struct answer *answer) {
    struct dh_plan_design *d = dh_plan_find(p, task->variant, task->point);
    char why[DH_PLAN_WHY];
    p->n_simulation++;
    p->n_kept += answer->kept;
    if (answer->err != DH_OK) {
        fail_design(p, d, (enum dh_err)answer->err, answer->text);
        return;
    }
    for (int32_t g = 0; g < p->n_goal; g++) {
        if (!isfinite(answer->values[g])) {
            snprintf(why, sizeof why, "its run has no figure %s", p->goals[g].key);
            fail_design(p, d, DH_ERR_EMPTY, why);
            return;
        }
        d->values[(size_t)g * (size_t)p->seeds + (size_t)task->seed] = answer->values[g] / p->goals[g].scale;
    }
    d->n_run++;
    if (d->n_run == p->seeds && d->state != DH_PLAN_FAILED)
        d->state = DH_PLAN_COMPLETE;
}

static bool is_wanted(const struct dh_plan *p, const struct dh_plan_task *task) {
    const struct dh_plan_design *d = dh_plan_find(p, task->variant, task->point);
    return d->state == DH_PLAN_STARTED && isnan(d->values[task->seed]);
}

static void receive(struct dh_child *child, struct answer *answer) {
    struct answer got;
    size_t n = 0;
    while (n < sizeof got) {
        ssize_t more = read(child->from, (char *)&got + n, sizeof got - n);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            break;
        n += (size_t)more;
    }
    dh_child_end(child, false);
    if (n == sizeof got)
        *answer = got;
    else
        *answer = (struct answer){.err = DH_ERR_IO, .text = "its process was killed"};
    answer->text[DH_PLAN_WHY - 1] = '\0';
}

static enum dh_err run_tasks(struct dh_plan *p, const struct dh_plan_task *tasks, int32_t n,
                             struct answer *answers, struct dh_diag *diag) {
    struct dh_child children[MAX_WORKERS];
    int32_t of[MAX_WORKERS], n_child = 0, next = 0;
    enum dh_err err = DH_OK;
    const volatile int *stop = p->options.stop;
    while (err == DH_OK && (n_child > 0 || next < n)) {
        if (stop && *stop)
            err = DH_ERR_INTERRUPTED;
        while (err == DH_OK && n_child < p->options.workers && next < n) {
            struct item item = {p, &tasks[next]};
            err = dh_child_start(&children[n_child], serve, &item, children, n_child, diag);
            of[n_child] = next;
            n_child += err == DH_OK;
            next++;
        }
        struct pollfd ready[MAX_WORKERS];
        for (int32_t i = 0; i < n_child; i++)
            ready[i] = (struct pollfd){.fd = children[i].from, .events = POLLIN};
        if (err == DH_OK && poll(ready, (nfds_t)n_child, 500) < 0 && errno != EINTR)
            err = dh_fail(diag, DH_ERR_IO, nowhere, "waiting for runs: %s", strerror(errno));
        for (int32_t i = n_child - 1; i >= 0 && err == DH_OK; i--) {
            if (!ready[i].revents)
                continue;
            receive(&children[i], &answers[of[i]]);
            if (answers[of[i]].err == DH_ERR_INTERRUPTED)
                err = DH_ERR_INTERRUPTED;
            children[i] = children[--n_child];
            of[i] = of[n_child];
        }
    }
    for (int32_t i = 0; i < n_child; i++)
        dh_child_end(&children[i], true);
    return err;
}

enum dh_err dh_plan_simulate(struct dh_plan *p, const struct dh_plan_task *tasks, int32_t n,
                             struct dh_diag *diag) {
    if (n <= 0)
        return DH_OK;
    struct dh_plan_task *wanted = malloc((size_t)n * sizeof *wanted);
    struct answer *answers = calloc((size_t)n, sizeof *answers);
    int32_t n_wanted = 0;
    enum dh_err err = wanted && answers ? DH_OK : DH_ERR_MEMORY;
    for (int32_t i = 0; i < n && err == DH_OK; i++) {
        if (!design_of(p, tasks[i].variant, tasks[i].point))
            err = DH_ERR_MEMORY;
        else if (is_wanted(p, &tasks[i]))
            wanted[n_wanted++] = tasks[i];
    }
    if (err == DH_OK)
        err = run_tasks(p, wanted, n_wanted, answers, diag);
    for (int32_t i = 0; i < n_wanted && err == DH_OK; i++)
        take(p, &wanted[i], &answers[i]);
    free(wanted);
    free(answers);
    if (err == DH_OK && p->options.progress)
        p->options.progress(p->options.self, p->n_simulation, p->budget);
    return err == DH_ERR_MEMORY ? dh_fail(diag, err, nowhere, "no memory for the designs") : err;
}

/* ---- before anything long
 * ----------------------------------------------------------------------------------
 */

/* One value of one variable alone, the rest as the scenario has it. */
static enum dh_err try_value(const struct dh_plan *p, int32_t v, int32_t level, char *why, size_t room) {
    const struct dh_study_vary *vary = &p->study.vary[v];
    char value[DH_STUDY_VALUE], text[SETTING];
    int32_t point = level;
    for (int32_t i = v + 1; i < p->study.n_vary; i++)
        point *= p->study.vary[i].n_value;
    dh_study_value(&p->study, point, v, value);
    int n = snprintf(text, sizeof text, "%s=%s", vary->path ? vary->path : vary->parameter, value);
    const char *one = text;
    struct dh_scenario_changes changes = {0};
    if (vary->path) {
        changes.sets = &one;
        changes.n_set = 1;
    } else {
        changes.params = &one;
        changes.n_param = 1;
    }
    struct dh_diag *diag = dh_diag_new();
    struct dh_sim *sim = NULL;
    enum dh_err err =
        diag && n > 0 && n < SETTING ? dh_sim_open(&sim, p->study.scenario, &changes, diag) : DH_ERR_VALUE;
    if (err != DH_OK)
        first_error(diag, why, room);
    dh_sim_close(sim);
    dh_diag_delete(diag);
    return err;
}

/* A path or parameter that there is not, a unit that does not fit: wrong in every design. A value that is
 * only too large may be right beside others. */
static bool never_right(enum dh_err err) {
    return err == DH_ERR_USAGE || err == DH_ERR_UNIT || err == DH_ERR_NUMBER || err == DH_ERR_DANGLING_REF ||
           err == DH_ERR_VALUE || err == DH_ERR_UNKNOWN_ATTRIBUTE;
}

enum dh_err dh_plan_try(struct dh_plan *p, struct dh_diag *diag) {
    struct dh_sim *sim = NULL;
    DH_TRY(dh_sim_open(&sim, p->study.scenario, NULL, diag));
    p->first_seed = dh_sim_seed(sim);
    p->duration_s = dh_sim_estimate(sim).duration_s;
    dh_sim_close(sim);
    if (p->first_seed > INT64_MAX - p->seeds)
        return dh_fail(diag, DH_ERR_RANGE, (struct dh_place){p->study.path, 0, 0},
                       "seed %lld leaves no room for %d runs", (long long)p->first_seed, (int)p->seeds);
    for (int32_t v = 0; v < p->study.n_vary; v++) {
        const struct dh_study_vary *vary = &p->study.vary[v];
        char why[2][DH_PLAN_WHY] = {"", ""};
        enum dh_err first = try_value(p, v, 0, why[0], DH_PLAN_WHY), last = first;
        if (first != DH_OK && vary->n_value > 1)
            last = try_value(p, v, vary->n_value - 1, why[1], DH_PLAN_WHY);
        if (first == DH_OK || last == DH_OK || !never_right(first) || !never_right(last))
            continue;
        enum dh_err err = dh_fail(diag, first == DH_ERR_USAGE ? DH_ERR_VALUE : first, vary->place,
                                  "'%.120s' cannot vary so: %s", vary->name, why[0]);
        dh_diag_hint(diag, "'datahall run %.200s --dry-run' prints what there is", p->study.scenario);
        return err;
    }
    return DH_OK;
}
