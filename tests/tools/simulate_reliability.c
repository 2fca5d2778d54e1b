/* Reliability by simulation, for tests/validation/reliability.py: lives and repairs from models/failure.h,
 * against the closed forms of models/reliability.h. Reads rows "KIND QUANTITY K N CREWS MTBF MTTR COLD P BETA
 * HOURS SCALE" (hours, probabilities), prints "ESTIMATE LOW HIGH", a 95 % interval, for each.
 *
 * A system is simulated in cycles from all units working to all working again. What happens rarely is made to
 * happen: within a cycle lives are drawn shorter until the system is down once, and each outcome is weighted
 * with the likelihood ratio (P. Heidelberger, ACM TOMACS 5, 1995). */
#include "models/failure.h"
#include "sim/math.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64, CYCLES = 60000, SAMPLES = 60000 };

struct row {
    char kind[32], quantity[32];
    int k, n, crews, cold;
    double mtbf, mttr, p, beta, hours, scale;
};

/* Of which 95 % intervals are made: ratio of two means over cycles. */
struct pairs {
    double *x, *y;
    int n;
};

static void put_ratio(const struct pairs *s, double scale) {
    double x = 0, y = 0, square = 0;
    for (int i = 0; i < s->n; i++) {
        x += s->x[i];
        y += s->y[i];
    }
    double ratio = x / y;
    for (int i = 0; i < s->n; i++)
        square += (s->x[i] - ratio * s->y[i]) * (s->x[i] - ratio * s->y[i]);
    double half = 1.959963985 * sqrt(square) / fabs(y);
    printf("%.10g %.10g %.10g\n", scale * ratio, scale * (ratio - half), scale * (ratio + half));
}

/* Share of what is needed that a state loses. */
static double lost(const struct row *r, const bool *down, int n_down) {
    bool catcher = r->n > 1 && down[r->n - 1];
    int blocks = n_down - catcher;
    if (strcmp(r->kind, "block-redundant") == 0) {
        if (strcmp(r->quantity, "any") == 0)
            return blocks >= 2 || (blocks == 1 && catcher);
        return (double)(catcher ? blocks : blocks > 0 ? blocks - 1 : 0) / (r->n - 1);
    }
    if (strcmp(r->kind, "distributed") == 0)
        return strcmp(r->quantity, "any") == 0 ? n_down >= 2 : n_down * (n_down - 1) / 2 / 3.0;
    return n_down > r->n - r->k;
}

/* One cycle: its length, time lost, and how often the system went down, weighted. */
static void cycle(const struct row *r, struct dh_failure_law *law, double hurry, struct dh_rng *rng,
                  double *length, double *time_lost, double *failures) {
    bool down[MOST] = {0}, is_lost = false;
    double done[MOST], t = 0, log_weight = 0;
    int line[MOST], n_line = 0, n_down = 0;
    *length = *time_lost = *failures = 0;
    law->hurry = 1; /* until the first failure nothing is rare */
    do {
        int up = r->n - n_down, ageing = r->cold && up > r->k ? r->k : up, next = -1, repaired = -1;
        double at = INFINITY;
        for (int i = 0, seen = 0; i < r->n && seen < ageing; i++) {
            if (down[i])
                continue;
            seen++;
            double life = t + dh_failure_life_s(law, rng); /* memoryless: drawn anew at each event */
            if (life < at) {
                at = life;
                next = i;
            }
        }
        for (int i = 0; i < n_line && i < r->crews; i++)
            if (done[line[i]] < at) {
                at = done[line[i]];
                repaired = i;
            }
        log_weight += dh_failure_log_weight(law, ageing * (at - t), repaired < 0);
        double weight = dh_exp(log_weight);
        *length += weight * (at - t);
        *time_lost += weight * (at - t) * lost(r, down, n_down);
        t = at;
        if (repaired >= 0) {
            down[line[repaired]] = false;
            n_down--;
            n_line--;
            memmove(line + repaired, line + repaired + 1, (size_t)(n_line - repaired) * sizeof *line);
            if (n_line >= r->crews) /* who waited first */
                done[line[r->crews - 1]] = t + dh_failure_repair_s(law, rng);
        } else {
            down[next] = true;
            n_down++;
            line[n_line++] = next;
            if (n_line <= r->crews)
                done[next] = t + dh_failure_repair_s(law, rng);
        }
        bool was = is_lost;
        is_lost = lost(r, down, n_down) > 0;
        *failures += is_lost && !was ? weight : 0;
        law->hurry = is_lost || *failures > 0 ? 1 : hurry;
    } while (n_down > 0);
}

static void by_cycles(const struct row *r, int number, struct pairs *s) {
    struct dh_failure_law law = {.life = DH_LIFE_EXPONENTIAL,
                                 .repair = DH_REPAIR_EXPONENTIAL,
                                 .mtbf_s = r->mtbf,
                                 .mttr_s = r->mttr,
                                 .hurry = 1};
    dh_failure_law_prepare(&law);
    /* As many failures as repairs while a repair goes on. */
    double hurry = fmax(1, 0.6 * r->mtbf / (r->mttr * (r->cold ? r->k : r->n)));
    s->n = CYCLES;
    for (int c = 0; c < CYCLES; c++) {
        struct dh_rng rng =
            dh_failure_stream((uint64_t)number, DH_RNG_TEST, dh_rng_entity("cycle"), (uint32_t)c);
        double length, time_lost, failures;
        cycle(r, &law, hurry, &rng, &length, &time_lost, &failures);
        bool time = strcmp(r->quantity, "up") != 0 && strcmp(r->quantity, "frequency") != 0;
        s->x[c] = strcmp(r->quantity, "up") == 0 ? length - time_lost : time ? time_lost : failures;
        s->y[c] = strcmp(r->quantity, "up") == 0 || strcmp(r->quantity, "down") == 0 ? failures : length;
    }
}

/* Generators that must start and run: each fails with its own probability, made larger and weighted. */
static void by_starts(const struct row *r, int number, struct pairs *s) {
    double often = fmax(r->p, fmin(0.5, (r->n - r->k + 1.0) / r->n / 2));
    struct dh_failure_law law = {.mtbf_s = -1 / log1p(-1 / r->mtbf),
                                 .hurry = 1}; /* the same at whole hours */
    law.hurry = r->hours > 0 ? fmax(1, 0.2 * law.mtbf_s / r->hours) : 1;
    s->n = SAMPLES;
    for (int c = 0; c < SAMPLES; c++) {
        struct dh_rng rng =
            dh_failure_stream((uint64_t)number, DH_RNG_TEST, dh_rng_entity("start"), (uint32_t)c);
        double log_weight = 0;
        int failed = 0;
        for (int i = 0; i < r->n; i++) {
            bool fails = dh_rng_uniform(&rng) < often;
            log_weight += fails ? dh_log(r->p / often) : dh_log((1 - r->p) / (1 - often));
            if (!fails && r->hours > 0) {
                double life = dh_failure_life_s(&law, &rng);
                fails = life < r->hours;
                log_weight += dh_failure_log_weight(&law, fails ? life : r->hours, fails);
            }
            failed += fails;
        }
        s->x[c] = failed > r->n - r->k ? dh_exp(log_weight) : 0;
        s->y[c] = 1;
    }
}

/* Two paths, each down with (1 - beta) u, and both at once with beta u. */
static void by_states(const struct row *r, int number, struct pairs *s) {
    double u = r->mttr / (r->mtbf + r->mttr), own = (1 - r->beta) * u, both = r->beta * u, often = 0.3;
    s->n = SAMPLES;
    for (int c = 0; c < SAMPLES; c++) {
        struct dh_rng rng =
            dh_failure_stream((uint64_t)number, DH_RNG_TEST, dh_rng_entity("state"), (uint32_t)c);
        double log_weight = 0;
        bool down[3];
        for (int i = 0; i < 3; i++) {
            double p = i < 2 ? own : both;
            down[i] = dh_rng_uniform(&rng) < often && p > 0;
            log_weight += p > 0 ? dh_log(down[i] ? p / often : (1 - p) / (1 - often)) : 0;
        }
        s->x[c] = (down[0] && down[1]) || down[2] ? dh_exp(log_weight) : 0;
        s->y[c] = 1;
    }
}

/* The first of n nodes to fail. */
static void by_lives(const struct row *r, int number, struct pairs *s) {
    struct dh_failure_law law = {.mtbf_s = r->mtbf, .hurry = 1};
    s->n = r->n > 1000 ? 400 : 4000;
    for (int c = 0; c < s->n; c++) {
        struct dh_rng rng =
            dh_failure_stream((uint64_t)number, DH_RNG_TEST, dh_rng_entity("job"), (uint32_t)c);
        s->x[c] = INFINITY;
        for (int i = 0; i < r->n; i++)
            s->x[c] = fmin(s->x[c], dh_failure_life_s(&law, &rng));
        s->y[c] = 1;
    }
}

int main(void) {
    struct row r;
    struct pairs s = {.x = calloc(SAMPLES, sizeof(double)), .y = calloc(SAMPLES, sizeof(double))};
    for (int number = 1;
         s.x && s.y &&
         scanf("%31s %31s %d %d %d %lf %lf %d %lf %lf %lf %lf", r.kind, r.quantity, &r.k, &r.n, &r.crews,
               &r.mtbf, &r.mttr, &r.cold, &r.p, &r.beta, &r.hours, &r.scale) == 12;
         number++) {
        bool lives = strcmp(r.kind, "job") == 0;
        if (r.n < 1 || (!lives && r.n > MOST))
            return 1;
        if (lives)
            by_lives(&r, number, &s);
        else if (strcmp(r.kind, "generators") == 0)
            by_starts(&r, number, &s);
        else if (strcmp(r.kind, "two-paths") == 0)
            by_states(&r, number, &s);
        else
            by_cycles(&r, number, &s);
        put_ratio(&s, r.scale);
    }
    free(s.x);
    free(s.y);
    return 0;
}
