/* Mean steps of jobs that share links, for tests/validation/contention.py. Numbers on standard input: steps
 * of a round; links, capacity of each; jobs; of each job its start and phases; of each phase quiet, window
 * and network seconds, its links, and of each of those number and share. Prints a mean step a line. */
#include "models/contention.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 64 };

static double number(void) {
    double x;
    if (scanf("%lf", &x) != 1)
        exit(65);
    return x;
}

static int32_t count(void) {
    double n = number();
    if (!(n >= 0 && n <= MOST))
        exit(65);
    return (int32_t)n;
}

int main(void) {
    static struct dh_contention_phase phases[MOST][MOST];
    static int32_t links[MOST][MOST][MOST];
    static double shares[MOST][MOST][MOST];
    struct dh_contention_job jobs[MOST];
    double capacity[MOST], step_s[MOST];
    /* one round: any mean is near enough to none */
    struct dh_contention_limits limits = {(int32_t)number(), 1e9, INT64_C(1) << 40};
    int32_t n_link = count();
    for (int32_t l = 0; l < n_link; l++)
        capacity[l] = number();
    int32_t n_job = count();
    for (int32_t j = 0; j < n_job; j++) {
        double start = number();
        jobs[j] = (struct dh_contention_job){phases[j], count(), start};
        for (int32_t p = 0; p < jobs[j].n_phase; p++) {
            double quiet = number(), window = number(), network = number();
            phases[j][p] =
                (struct dh_contention_phase){quiet, window, network, links[j][p], shares[j][p], count()};
            for (int32_t k = 0; k < phases[j][p].n_link; k++) {
                links[j][p][k] = count();
                shares[j][p][k] = number();
            }
        }
    }
    if (dh_contention_steps(step_s, jobs, n_job, capacity, n_link, &limits, NULL) != DH_OK)
        return 70;
    for (int32_t j = 0; j < n_job; j++)
        printf("%.17g\n", step_s[j]);
    return 0;
}
