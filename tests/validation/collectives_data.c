/* Textbook collectives against oracles/collectives_alpha_beta.csv (A14). collectives_data FOLDER; prints TAP.
 */
#include "models/collective.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALL_REDUCE = 4, REDUCE_SCATTER, ALL_GATHER, HALVING, ALL_TO_ALL, BROADCAST, ALGBW, BUSBW, N_COLUMN };

int main(int argc, char **argv) {
    static const char *const names[] = {"",
                                        "",
                                        "",
                                        "",
                                        "all-reduce, ring",
                                        "reduce-scatter, ring",
                                        "all-gather, ring",
                                        "all-reduce, halving and doubling",
                                        "all-to-all, pairwise",
                                        "broadcast, binomial",
                                        "algorithm bandwidth",
                                        "bus bandwidth"};
    char path[4096], line[1024];
    double worst[N_COLUMN] = {0};
    int n_row = 0, failed = 0;
    snprintf(path, sizeof path, "%s/oracles/collectives_alpha_beta.csv",
             argc > 1 ? argv[1] : "../shared/data");
    FILE *file = fopen(path, "r");
    if (!file)
        return 1;
    while (fgets(line, sizeof line, file)) {
        double v[N_COLUMN];
        int n = 0;
        if (line[0] < '0' || line[0] > '9')
            continue;
        for (char *at = strtok(line, ","); at && n < N_COLUMN; at = strtok(NULL, ","))
            v[n++] = strtod(at, NULL);
        int32_t ranks = (int32_t)v[0];
        double is[N_COLUMN] = {[ALL_REDUCE] = dh_ring_all_reduce_s(ranks, v[1], v[2], v[3]),
                               [REDUCE_SCATTER] = dh_ring_all_gather_s(ranks, v[1], v[2], v[3]),
                               [ALL_GATHER] = dh_ring_all_gather_s(ranks, v[1], v[2], v[3]),
                               [HALVING] = dh_halving_doubling_all_reduce_s(ranks, v[1], v[2], v[3]),
                               [ALL_TO_ALL] = dh_pairwise_all_to_all_s(ranks, v[1], v[2], v[3]),
                               [BROADCAST] = dh_binomial_broadcast_s(ranks, v[1], v[2], v[3])};
        is[ALGBW] = v[1] / is[ALL_REDUCE];
        is[BUSBW] = is[ALGBW] * dh_collective_bus_factor(DH_ALL_REDUCE, ranks);
        for (int c = ALL_REDUCE; c < N_COLUMN && n == N_COLUMN; c++)
            worst[c] = fmax(worst[c], fabs(is[c] / v[c] - 1));
        n_row += n == N_COLUMN;
    }
    fclose(file);
    printf("1..%d\n", N_COLUMN - ALL_REDUCE);
    for (int c = ALL_REDUCE; c < N_COLUMN; c++) {
        bool good = n_row >= 21 && worst[c] <= 1e-12;
        printf("%s %d - %s: %d rows within %.1e (1e-12)\n", good ? "ok" : "not ok", c - ALL_REDUCE + 1,
               names[c], n_row, worst[c]);
        failed += !good;
    }
    return failed > 0;
}
