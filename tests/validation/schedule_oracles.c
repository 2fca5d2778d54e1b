/* Systems whose answers are known exactly, simulated by the real scheduler and pool: loss without a queue
 * (Kaufman-Roberts), and a queue with priorities (Cobham).
 *
 * schedule_oracles FOLDER [quick]: FOLDER has the exact tables; quick: of each kind those cases alone that
 * need few events. A figure passes when the 99.9 % Student interval over 20 replications contains the exact
 * value and is no wider than 3 % of it to either side. Prints TAP. */
#include "sim/math.h"
#include "sim/rng.h"
#include "tests/stat.h"
#include "tests/unit/schedule_world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_REPLICATION = 20, MAX_CLASS = 4, MAX_COLUMN = 12, MAX_ROW = 64 };

static const uint64_t SEED = 20260117;

struct job_class {
    double per_s, mean_s; /* arrival rate, mean run time */
    int32_t gpus;
    double exact[2];
};

/* Classes that the table leaves out of a case, found from its blocked shares and busy GPUs: with them the
 * Kaufman-Roberts recursion gives every figure of the case to 1e-10. */
static const struct {
    int number;
    double offered;
    int32_t gpus;
} unlisted[] = {
    {1, 4,    1  },
    {1, 2,    2  },
    {3, 0.5,  32 },
    {4, 6,    8  },
    {4, 0.25, 64 },
    {5, 0.5,  128},
    {6, 100,  1  },
    {6, 40,   8  },
    {6, 0.5,  256}
};

struct row {
    double value[MAX_COLUMN];
};

/* Rows of numbers below the heading. */
static int read_table(const char *folder, const char *file, struct row *rows) {
    char path[4096], line[1024];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *f = fopen(path, "r");
    if (!f) {
        printf("Bail out! cannot read %s\n", path);
        exit(1);
    }
    int n = 0;
    bool heading = true;
    while (fgets(line, sizeof line, f) && n < MAX_ROW) {
        if (line[0] == '#')
            continue;
        if (heading) {
            heading = false;
            continue;
        }
        char *at = line;
        for (int c = 0; c < MAX_COLUMN; c++) {
            rows[n].value[c] = strtod(at, &at);
            if (*at != ',')
                break;
            at++;
        }
        n++;
    }
    fclose(f);
    return n;
}

/* Poisson arrivals of all classes, merged in time, about n jobs in all; the class is kept as the tenant. */
static void add_jobs(struct schedule_world *w, const struct job_class *classes, int n_class, int32_t n,
                     uint64_t run, bool lognormal) {
    struct dh_rng arrivals[MAX_CLASS], sizes[MAX_CLASS];
    double next[MAX_CLASS];
    for (int c = 0; c < n_class; c++) {
        uint64_t entity = run * MAX_CLASS + (uint64_t)c;
        arrivals[c] = dh_rng_stream(SEED, DH_RNG_ARRIVAL, entity);
        sizes[c] = dh_rng_stream(SEED, DH_RNG_DURATION, entity);
        next[c] = dh_rng_exponential(&arrivals[c], 1 / classes[c].per_s);
    }
    for (int32_t j = 0; j < n; j++) {
        int c = 0;
        for (int k = 1; k < n_class; k++)
            if (next[k] < next[c])
                c = k;
        double mean = classes[c].mean_s; /* lognormal: variance twice the squared mean */
        double work = lognormal
                          ? dh_rng_lognormal(&sizes[c], dh_log(mean) - dh_log(3.0) / 2, sqrt(dh_log(3.0)))
                          : dh_rng_exponential(&sizes[c], mean);
        schedule_world_add(w, dh_time_from_s(next[c]), dh_time_from_s(work), DH_TIME_NONE, classes[c].gpus);
        w->list.jobs[j].tenant = c;
        w->list.jobs[j].priority = (int16_t)-c;
        next[c] += dh_rng_exponential(&arrivals[c], 1 / classes[c].per_s);
    }
}

static bool report(const char *name, int number, int c, double exact, const double *x) {
    struct stat_interval i = stat_t_interval(x, N_REPLICATION, 0.999);
    bool passed = stat_contains(i, exact) && stat_relative_half_width(i) <= 0.03;
    printf("%s - %s, case %d class %d: %.6g +- %.2f %%, exact %.6g\n", passed ? "ok" : "not ok", name, number,
           c, i.mean, 100 * stat_relative_half_width(i), exact);
    fflush(stdout);
    return passed;
}

/* The first tenth of each replication warms up and is not counted. */
static void loss(int number, int32_t gpus, const struct job_class *classes, int n_class, int n_listed) {
    double per_s = 0, rare = 1;
    for (int c = 0; c < n_class; c++)
        per_s += classes[c].per_s;
    for (int c = 0; c < n_listed; c++)
        rare = fmin(rare, classes[c].exact[0] * classes[c].per_s / per_s);
    int32_t n = (int32_t)fmin(2e6, fmax(60000, 8000 / rare)); /* so many blocked jobs of the rarest class */
    double blocked[MAX_CLASS][N_REPLICATION], running[MAX_CLASS][N_REPLICATION];
    for (int r = 0; r < N_REPLICATION; r++) {
        struct schedule_world w;
        schedule_world_init(&w, gpus, 1, gpus, DH_POLICY_FCFS, DH_PLACEMENT_FLAT);
        w.spec.queue = false;
        add_jobs(&w, classes, n_class, n, (uint64_t)(number * N_REPLICATION + r), number % 2 == 1);
        schedule_world_run(&w);
        double arrived[MAX_CLASS] = {0}, refused[MAX_CLASS] = {0}, work[MAX_CLASS] = {0};
        for (int32_t j = n / 10; j < n; j++) {
            int c = w.list.jobs[j].tenant;
            arrived[c]++;
            if (w.runs[j].state == DH_JOB_REJECTED)
                refused[c]++;
            else
                work[c] += dh_time_to_s(w.list.jobs[j].work);
        }
        double span = dh_time_to_s(w.list.jobs[n - 1].submit - w.list.jobs[n / 10].submit);
        for (int c = 0; c < n_class; c++) {
            blocked[c][r] = refused[c] / arrived[c];
            running[c][r] = work[c] / span;
        }
        schedule_world_free(&w);
    }
    for (int c = 0; c < n_listed; c++) {
        report("blocked share", number, c, classes[c].exact[0], blocked[c]);
        report("mean running jobs", number, c, classes[c].exact[1], running[c]);
    }
}

static void priority(int number, const struct job_class *classes, int n_class) {
    double wait[MAX_CLASS][N_REPLICATION];
    const int32_t n = 700000; /* the busiest case needs as many for an interval of 3 % */
    for (int r = 0; r < N_REPLICATION; r++) {
        struct schedule_world w;
        schedule_world_init(&w, 1, 1, 1, DH_POLICY_FCFS, DH_PLACEMENT_PACKED);
        add_jobs(&w, classes, n_class, n, (uint64_t)((100 + number) * N_REPLICATION + r), false);
        schedule_world_run(&w);
        double sum[MAX_CLASS] = {0}, count[MAX_CLASS] = {0};
        for (int32_t j = n / 10; j < n; j++) {
            int c = w.list.jobs[j].tenant;
            sum[c] += dh_time_to_s(w.runs[j].start - w.list.jobs[j].submit);
            count[c]++;
        }
        for (int c = 0; c < n_class; c++)
            wait[c][r] = sum[c] / count[c];
        schedule_world_free(&w);
    }
    for (int c = 0; c < n_class; c++)
        report("mean wait by priority", number, c, classes[c].exact[0], wait[c]);
}

int main(int argc, char **argv) {
    static struct row rows[MAX_ROW];
    if (argc < 2)
        return 2;
    bool quick = argc > 2 && strcmp(argv[2], "quick") == 0;
    int n = read_table(argv[1], "loss_multirate_gpu.csv", rows);
    for (int i = 0; i < n;) {
        struct job_class classes[MAX_CLASS];
        int number = (int)rows[i].value[0], n_class = 0;
        int32_t gpus = (int32_t)rows[i].value[1];
        for (; i < n && (int)rows[i].value[0] == number && n_class < MAX_CLASS; i++) {
            const double *v = rows[i].value;
            classes[n_class++] = (struct job_class){
                v[3], 1, (int32_t)v[4], {v[5], v[6]}
            };
        }
        int n_listed = n_class;
        for (size_t u = 0; u < sizeof unlisted / sizeof *unlisted; u++)
            if (unlisted[u].number == number && n_class < MAX_CLASS)
                classes[n_class++] = (struct job_class){unlisted[u].offered, 1, unlisted[u].gpus, {0}};
        if (!quick || gpus <= 32)
            loss(number, gpus, classes, n_class, n_listed);
    }
    n = read_table(argv[1], "queue_priority.csv", rows);
    for (int i = 0; i < n;) {
        struct job_class classes[MAX_CLASS];
        int number = (int)rows[i].value[0], n_class = 0;
        for (; i < n && (int)rows[i].value[0] == number && n_class < MAX_CLASS; i++) {
            const double *v = rows[i].value;
            classes[n_class++] = (struct job_class){
                v[2], v[3], 1, {v[4], 0}
            };
        }
        if (!quick || number == 0)
            priority(number, classes, n_class);
    }
    return 0;
}
