/* Training plans a second on one core: CSV lines `name,size,plans,seconds`, best of three by processor time.
 *
 *   plan    a whole plan each time: layer, memory, step (what `predict training` does for a row)
 *   search  plans tried by the search of the best one for `size` devices */
#include "models/training.h"
#include "sim/api/predict_catalog.h"
#include "sim/diag.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

static double cpu_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(void) {
    static const char *const catalogs[] = {"gpus.xml", "interconnects.xml", "models.xml", "stacks.xml", NULL};
    struct dh_scenario_file file;
    struct dh_diag diag = {0};
    struct dh_transformer model;
    if (dh_predict_catalog_read(&file, catalogs, &diag) != DH_OK)
        return 1;
    const struct dh_device_spec *device = dh_predict_device(&file.spec, "h100-sxm");
    const struct dh_model_spec *spec = dh_predict_model(&file.spec, "llama3-70b");
    const struct dh_stack_spec *stack = dh_training_stack_of(file.spec.stacks, file.spec.n_stacks, "default");
    if (!device || !spec || !stack || dh_transformer_of(&model, spec, &diag) != DH_OK)
        return 1;
    struct dh_training_net net = dh_training_net_default(device);
    const struct dh_scenario *c = &file.spec;
    net.fabric.domain = dh_collective_find_domain(c->interconnects, c->n_interconnects, device->id, "");
    net.fabric.network = dh_collective_find_network(c->networks, c->n_networks, device->id, "");
    if (!net.fabric.domain || !net.fabric.network)
        return 1;
    struct dh_training_plan plan = {.gpus = 1024,
                                    .tensor = 8,
                                    .pipeline = 4,
                                    .chunks = 5,
                                    .context = 1,
                                    .expert = 1,
                                    .batch = 1024,
                                    .micro_batch = 1,
                                    .sequence = 8192,
                                    .shard = DH_SHARD_OPTIMIZER,
                                    .format = DH_FORMAT_BF16,
                                    .sequence_parallel = true};
    struct dh_training_step step;
    struct dh_training_memory memory;
    double best = INFINITY, sum = 0;
    enum { PLANS = 50000 };
    for (int batch = 0; batch < 3; batch++) {
        double start = cpu_s();
        for (int i = 0; i < PLANS; i++) {
            plan.tensor = 1 << (i & 3);
            plan.micro_batch = 1 + (i >> 2 & 1);
            dh_training_memory(&memory, &model, &plan, device, stack);
            if (dh_training_step(&step, NULL, &model, &plan, device, &net, stack, &diag) != DH_OK)
                return 1;
            sum += step.step_s + memory.total;
        }
        best = fmin(best, cpu_s() - start);
    }
    printf("plan,1,%d,%.6f\n", PLANS, best);
    struct dh_training_free all = {.layout = true, .micro_batch = true, .recompute = true, .shard = true};
    for (int32_t gpus = 256; gpus <= 16384; gpus *= 8) {
        int64_t tried = 0;
        best = INFINITY;
        for (int batch = 0; batch < 3; batch++) {
            struct dh_training_plan found = plan;
            found.gpus = gpus;
            found.batch = 2.0 * gpus;
            double start = cpu_s();
            if (dh_training_search(&found, &step, &tried, &model, &all, device, &net, stack, &diag) != DH_OK)
                return 1;
            best = fmin(best, cpu_s() - start);
        }
        printf("search,%d,%lld,%.6f\n", (int)gpus, (long long)tried, best);
    }
    dh_scenario_free(&file);
    dh_diag_free(&diag);
    return sum > 0 ? 0 : 1;
}
