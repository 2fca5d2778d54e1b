/* One measurement of accelerators' power, as a row of a file: columns gpu, n_gpus, workload, phase, batch and
 * throughput to what runs there by the catalog's names. `workload` is words: a model, a task, tp=, dp=, ep=
 * and a number format ("meta-llama/Llama-3.1-8B-Instruct lm-arena-chat tp=1 dp=1 ep=1 bfloat16"). Shared by
 * predict power and make fit-power-phases. Private to sim/api. */
#ifndef DH_SIM_API_POWER_ROWS_H
#define DH_SIM_API_POWER_ROWS_H

#include "models/activity.h"
#include "scenarios/csv_read.h"

enum { DH_POWER_WORDS = 4, DH_POWER_NUMBERS = 4 };
struct dh_power_columns {
    int32_t word[DH_POWER_WORDS], number[DH_POWER_NUMBERS];
};
/* gpu, workload and phase must be there. */
enum dh_err dh_power_columns_find(struct dh_power_columns *columns, struct dh_csv *csv);

struct dh_power_row {
    const struct dh_device_spec *device;
    const struct dh_task_spec *task; /* NULL: not of the catalog, its prompts count nothing */
    struct dh_transformer model;
    struct dh_activity_writing writing;   /* prompts: the task's */
    double devices, measured_w;           /* of all of them; NAN: not measured */
    char source[160], configuration[384]; /* device and workload */
    bool idle;
    const char *why; /* NULL: it can be predicted */
};
void dh_power_row_read(struct dh_power_row *row, const struct dh_power_columns *columns,
                       const struct dh_csv *csv, const struct dh_scenario *catalog);
/* Mean power of all its devices. */
double dh_power_row_w(const struct dh_power_row *row);

#endif
