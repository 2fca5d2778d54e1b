/* collective: time of one collective in closed form, over operations, sizes and groups. CSV: name,case,us,
 * the best of five by processor time. */
#include "models/collective.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BATCHES = 5, CALLS = 200000 };

static double best_us(const struct dh_collective_fabric *f, int32_t most) {
    double best_s = 1e9, sum = 0;
    for (int batch = 0; batch < BATCHES; batch++) {
        clock_t start = clock();
        for (int i = 0; i < CALLS; i++) {
            struct dh_collective_group g = {.ranks = 2 + i % (most - 1)};
            sum += dh_collective_s(f, (enum dh_collective_op)(i % DH_SEND), (double)(1 << (i % 30)), &g);
        }
        double s = (double)(clock() - start) / CLOCKS_PER_SEC;
        best_s = s < best_s ? s : best_s;
    }
    return sum > 0 ? best_s / CALLS * 1e6 : -1;
}

int main(void) {
    static const char text[] =
        "<scenario xmlns='urn:datahall:scenario:1' name='bench'><import "
        "href='catalog:interconnects.xml'/><import "
        "href='catalog:racks.xml'/><horizon duration='1 d'/><site id='s'><power><utility id='u' rated='1 "
        "GW'/></power>"
        "<hall id='h'><row id='w' rack='dgx-h100-air' feed='u'/></hall></site></scenario>";
    struct dh_scenario_file file = {0};
    if (dh_scenario_read_memory(&file, text, sizeof text - 1, "bench.xml", ".", NULL, NULL) != DH_OK)
        return 1;
    const struct dh_scenario *sc = &file.spec;
    struct dh_collective_fabric f = {
        dh_collective_find_domain(sc->interconnects, sc->n_interconnects, "H100", ""),
        dh_collective_find_network(sc->networks, sc->n_networks, "H100", "")};
    if (!f.domain || !f.network)
        return 1;
    printf("collective,one domain of 2 to 8,%.3f us\n", best_us(&f, 8));
    printf("collective,groups of 2 to 1024,%.3f us\n", best_us(&f, 1024));
    dh_scenario_free(&file);
    return 0;
}
