/* Rows of measured or planned training runs: columns of a CSV to a model, a plan, a device, a network and the
 * name of a stack. Private to sim/api and the program that fits stacks.
 *
 * What a row leaves out is derived: kv_heads from heads; head_dim hidden / heads; ffn 4 hidden; what an
 * architecture's columns cannot say (compressed keys, shared experts, dense first layers, windows) from the
 * catalog's model of that name; dp from the others; vpp, cp, ep 1; tensor,
 * pipeline and micro-batch, where empty, as dh_training_search finds them best. network takes the catalog's
 * interconnect and network of the device and its words: "8x400G" cards and rates of a server, "800Gb/s node"
 * its sum, "NVL72" the domain of fast links; empty: dh_training_net_default. */
#ifndef DH_SIM_API_TRAINING_ROWS_H
#define DH_SIM_API_TRAINING_ROWS_H

#include "models/training.h"
#include "scenarios/csv_read.h"

enum { DH_TRAINING_COLUMNS = 40 };

struct dh_training_columns {
    int32_t at[DH_TRAINING_COLUMNS];
};
/* Columns by name; model or layers, gpu, n_gpus, seq_len and global_batch must be there. */
enum dh_err dh_training_columns_find(struct dh_training_columns *columns, struct dh_csv *csv);

struct dh_training_row {
    struct dh_transformer model;
    struct dh_training_plan plan;
    struct dh_training_net net;
    struct dh_network_spec
        network; /* the catalog's, with the adapters that the row names; net points to it */
    const struct dh_device_spec *device;
    char name[64], framework[128], source[160];
    bool micro_batch_known, layout_known, recompute_known, sequence_parallel_known, chunks_known, gated_moe;
    double measured_s; /* NAN: not measured */
    const char *why;   /* NULL: the row can be predicted once its stack is known */
};

/* The current record. */
void dh_training_row_read(struct dh_training_row *row, const struct dh_training_columns *columns,
                          const struct dh_csv *csv, const struct dh_scenario *catalog);
/* What the row leaves to the stack: recompute, sequence parallelism; and layout and micro-batch. false: with
 * why. */
bool dh_training_row_complete(struct dh_training_row *row, const struct dh_stack_spec *stack);

#endif
