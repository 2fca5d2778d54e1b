#include "sim/api/training_rows.h"

#include "sim/api/predict_catalog.h"
#include "sim/diag.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MODEL,
    ARCH,
    PARAMS,
    LAYERS,
    HIDDEN,
    HEADS,
    KV_HEADS,
    HEAD_DIM,
    FFN,
    GATED,
    VOCAB,
    SEQ_LEN,
    EXPERTS,
    TOPK,
    MOE_FFN,
    BATCH,
    MICRO,
    GPU,
    GPUS,
    TP,
    PP,
    VPP,
    CP,
    EP,
    SHARDING,
    RECOMPUTE,
    PRECISION,
    FRAMEWORK,
    NETWORK,
    STEP,
    TOKENS,
    SOURCE,
    LORA,
    N_NAME
};
static const char *const names[N_NAME] = {"model",
                                          "arch",
                                          "params_b",
                                          "layers",
                                          "hidden",
                                          "heads",
                                          "kv_heads",
                                          "head_dim",
                                          "ffn",
                                          "gated_ffn",
                                          "vocab",
                                          "seq_len",
                                          "experts",
                                          "topk",
                                          "moe_ffn",
                                          "global_batch",
                                          "micro_batch",
                                          "gpu",
                                          "n_gpus",
                                          "tp",
                                          "pp",
                                          "vpp",
                                          "cp",
                                          "ep",
                                          "sharding",
                                          "recompute",
                                          "precision",
                                          "framework",
                                          "network",
                                          "measured_step_s",
                                          "tokens_per_s_per_gpu",
                                          "source",
                                          "lora_rank"};

enum dh_err dh_training_columns_find(struct dh_training_columns *c, struct dh_csv *csv) {
    for (int i = 0; i < N_NAME; i++)
        c->at[i] = dh_csv_column(csv, names[i], NULL, NULL);
    static const int needed[] = {GPU, GPUS, SEQ_LEN, BATCH};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        DH_TRY(dh_csv_require(csv, names[needed[i]], NULL, &c->at[needed[i]]));
    return c->at[LAYERS] >= 0 ? DH_OK : dh_csv_require(csv, "model", NULL, &c->at[MODEL]);
}

struct reading {
    const struct dh_training_columns *columns;
    const struct dh_csv *csv;
};

static double number(const struct reading *r, int column) {
    return dh_csv_number(r->csv, r->columns->at[column]);
}

/* Largest counts that make sense; what is beyond is as good as missing. */
static double most_of(int column) {
    switch (column) {
    case LAYERS:
    case TOPK:
    case VPP:
        return 1e4;
    case HEADS:
    case KV_HEADS:
    case EXPERTS:
    case HEAD_DIM:
    case TP:
    case PP:
    case CP:
    case EP:
        return 1e5;
    default:
        return 1e7;
    }
}

/* A count from 1 to the largest, else `otherwise`. */
static int64_t count(const struct reading *r, int column, int64_t otherwise) {
    double x = number(r, column);
    return x >= 1 && x <= most_of(column) ? (int64_t)x : otherwise;
}

static void word(const struct reading *r, int column, char *text, size_t room) {
    dh_csv_text(r->csv, r->columns->at[column], text, room);
}

/* Whole number behind text, from 1 to 1e5; 0: none. */
static int32_t whole(const char *text) {
    long x = isdigit((unsigned char)*text) ? strtol(text, NULL, 10) : 0;
    return x >= 1 && x <= 100000 ? (int32_t)x : 0;
}

static void set_cards(struct dh_training_net *net, double gbit_per_s) {
    double rate = gbit_per_s * 1e9 / 8 / net->node;
    if (rate >= 1e6 && rate <= 1e15)
        net->nic_bytes_per_s = rate;
}

/* Cards and rates of a server, and the domain of links. */
static void read_net(struct dh_training_net *net, const char *text) {
    for (const char *at = text; *at; at++) {
        char *end;
        if (!isdigit((unsigned char)*at) || (at > text && isalnum((unsigned char)at[-1])))
            continue;
        double first = strtod(at, &end);
        if (*end == 'x' && isdigit((unsigned char)end[1])) {
            double each = strtod(end + 1, &end);
            if (*end == 'G')
                set_cards(net, first * each);
        } else if (strncmp(end, "Gb/s node", 9) == 0)
            set_cards(net, first);
        at = end - 1;
    }
    for (const char *rack = strstr(text, "NVL"); rack; rack = strstr(rack + 1, "NVL"))
        if (whole(rack + 3) > 0)
            net->domain = whole(rack + 3);
}

/* The catalog's links and network for this device; the row's own figures go on top. */
static void read_fabric(struct dh_training_row *row, const struct dh_scenario *c, const char *text) {
    struct dh_training_net *net = &row->net;
    const struct dh_interconnect_spec *domain =
        dh_collective_find_domain(c->interconnects, c->n_interconnects, row->device->id, text);
    const struct dh_network_spec *network =
        dh_collective_find_network(c->networks, c->n_networks, row->device->id, text);
    if (domain)
        net->domain = (int32_t)domain->domain;
    net->fabric.domain = domain;
    if (network) {
        row->network = *network;
        net->nic_bytes_per_s = network->nics * network->nic_bytes_per_s;
        net->fabric.network = &row->network;
    }
}

static bool has(const char *text, const char *part) {
    return strstr(text, part) != NULL;
}

static void read_sharding(struct dh_training_plan *plan, const char *text) {
    const char *group = strchr(text, '=');
    if (has(text, "zero3") || (has(text, "FSDP") && !has(text, "zero2")))
        plan->shard = DH_SHARD_WEIGHTS;
    else if (has(text, "zero2"))
        plan->shard = DH_SHARD_GRADIENTS;
    else if (has(text, "zero1") || has(text, "distributed"))
        plan->shard = DH_SHARD_OPTIMIZER;
    if (group)
        plan->shard_group = whole(group + 1);
}

static bool read_format(struct dh_training_plan *plan, const char *text) {
    if (has(text, "fp4"))
        plan->format = DH_FORMAT_NVFP4;
    else if (has(text, "fp8"))
        plan->format = DH_FORMAT_FP8;
    else if (has(text, "bf16") || has(text, "fp16") || !*text)
        plan->format = DH_FORMAT_BF16;
    else
        return false;
    return true;
}

/* The catalog's model of that name, or nothing but defaults, with what the row says on top. */
static bool read_model(struct dh_training_row *row, const struct reading *r,
                       const struct dh_scenario *catalog) {
    char arch[64];
    const struct dh_model_spec *known = dh_predict_model(catalog, row->name);
    struct dh_model_spec spec = {.id = row->name,
                                 .aliases = "",
                                 .kv_heads = -1,
                                 .head_dim = -1,
                                 .ffn = -1,
                                 .expert_ffn = -1,
                                 .value_dim = -1,
                                 .expert_every = 1,
                                 .global_every = 1,
                                 .experts_used = 1,
                                 .gated = true};
    word(r, ARCH, arch, sizeof arch);
    if (known)
        spec = *known;
    spec.layers = count(r, LAYERS, known ? spec.layers : 0);
    spec.hidden = count(r, HIDDEN, known ? spec.hidden : 0);
    spec.heads = count(r, HEADS, known ? spec.heads : 0);
    spec.vocab = count(r, VOCAB, known ? spec.vocab : 50304);
    if (spec.layers < 1 || spec.hidden < 1 || spec.heads < 1) {
        row->why = "the row has no architecture, and the catalog no model of that name";
        return false;
    }
    bool compressed = has(arch, "mla");
    spec.kv_heads = count(r, KV_HEADS, spec.kv_heads);
    if (!compressed)
        spec.head_dim = count(r, HEAD_DIM, spec.head_dim);
    spec.ffn = count(r, FFN, spec.ffn);
    double gated = number(r, GATED);
    if (!isnan(gated))
        spec.gated = gated > 0;
    spec.experts = count(r, EXPERTS, spec.experts);
    spec.experts_used = count(r, TOPK, spec.experts_used);
    spec.expert_ffn = count(r, MOE_FFN, spec.expert_ffn);
    if (compressed && !known) { /* widths in the ratios of DeepSeek-V3, arXiv 2412.19437, section 4.2 */
        spec.head_dim = spec.value_dim = 128;
        spec.kv_rank = 4 * spec.head_dim;
        spec.rope_dim = spec.head_dim / 2;
        spec.q_rank = 12 * spec.head_dim;
        spec.dense_layers = 3;
        spec.shared_ffn = spec.expert_ffn;
    }
    row->plan.lora_rank = (int32_t)count(r, LORA, has(arch, "lora") ? 16 : 0);
    struct dh_diag diag = {0};
    enum dh_err err = dh_transformer_of(&row->model, &spec, &diag);
    dh_diag_free(&diag);
    if (err != DH_OK)
        row->why = "the architecture does not fit together: heads, widths or experts";
    return err == DH_OK;
}

static void read_plan(struct dh_training_row *row, const struct reading *r) {
    char text[128];
    struct dh_training_plan *plan = &row->plan;
    plan->gpus = (int32_t)count(r, GPUS, 0);
    plan->tensor = (int32_t)count(r, TP, 1);
    plan->pipeline = (int32_t)count(r, PP, 1);
    plan->chunks = (int32_t)count(r, VPP, 1);
    plan->context = (int32_t)count(r, CP, 1);
    plan->expert = (int32_t)count(r, EP, 1);
    if (plan->expert > plan->gpus / plan->pipeline) /* a table that rounds: a stage has no more ranks */
        plan->expert = plan->gpus / plan->pipeline;
    plan->batch = number(r, BATCH);
    plan->sequence = number(r, SEQ_LEN);
    plan->micro_batch = number(r, MICRO);
    row->layout_known = number(r, TP) >= 1 || number(r, PP) >= 1;
    row->micro_batch_known = plan->micro_batch > 0;
    row->chunks_known = number(r, VPP) >= 1;
    if (!row->micro_batch_known)
        plan->micro_batch = 1;
    word(r, SHARDING, text, sizeof text);
    read_sharding(plan, text);
    word(r, PRECISION, text, sizeof text);
    if (!read_format(plan, text))
        row->why = "no such number format";
    word(r, RECOMPUTE, text, sizeof text);
    row->recompute_known = true;
    row->sequence_parallel_known = has(text, "seqpar");
    plan->sequence_parallel = row->sequence_parallel_known;
    if (has(text, "none"))
        plan->recompute = DH_RECOMPUTE_NONE;
    else if (has(text, "selective"))
        plan->recompute = DH_RECOMPUTE_SELECTIVE;
    else if (has(text, "full"))
        plan->recompute = DH_RECOMPUTE_FULL;
    else
        row->recompute_known = false;
    if (!(plan->batch > 0 && plan->batch < 1e9 && plan->sequence >= 1 && plan->sequence < 1e9 &&
          plan->gpus >= 1))
        row->why = "n_gpus, global_batch and seq_len must be given and positive";
}

void dh_training_row_read(struct dh_training_row *row, const struct dh_training_columns *columns,
                          const struct dh_csv *csv, const struct dh_scenario *catalog) {
    struct reading r = {columns, csv};
    char text[128];
    *row = (struct dh_training_row){.measured_s = number(&r, STEP)};
    word(&r, MODEL, row->name, sizeof row->name);
    word(&r, FRAMEWORK, row->framework, sizeof row->framework);
    word(&r, SOURCE, row->source, sizeof row->source);
    word(&r, GPU, text, sizeof text);
    row->device = dh_predict_device(catalog, text);
    if (!row->device) {
        row->why = "the catalog has no such device";
        return;
    }
    row->net = dh_training_net_default(row->device);
    word(&r, NETWORK, text, sizeof text);
    if (*text) { /* else as a scenario that names no interconnect */
        if (row->device->link_bytes_per_s > 0)
            row->net.link_bytes_per_s = row->device->link_bytes_per_s / 2;
        read_fabric(row, catalog, text);
        read_net(&row->net, text);
        row->network.nics = 1;
        row->network.nic_bytes_per_s = row->net.nic_bytes_per_s;
    }
    read_plan(row, &r);
    double tokens = number(&r, TOKENS);
    if (!(row->measured_s > 0) && tokens > 0 && row->plan.gpus > 0)
        row->measured_s = row->plan.batch * row->plan.sequence / row->plan.gpus / tokens;
    if (!(row->measured_s >= 1e-9 && row->measured_s <= 1e9))
        row->measured_s = NAN;
    if (!row->why)
        read_model(row, &r, catalog);
}

bool dh_training_row_complete(struct dh_training_row *row, const struct dh_stack_spec *stack) {
    struct dh_training_plan *plan = &row->plan;
    if (row->why)
        return false;
    if (!row->recompute_known)
        plan->recompute = (enum dh_recompute)stack->recompute;
    plan->dropout = stack->attention != 0; /* software of those years trained with it */
    if (!row->sequence_parallel_known)
        plan->sequence_parallel = stack->sequence_parallel && plan->tensor > 1;
    struct dh_training_free free = {.layout = !row->layout_known, .micro_batch = !row->micro_batch_known};
    struct dh_training_step step;
    struct dh_diag diag = {0};
    enum dh_err err = DH_OK;
    if (free.layout || free.micro_batch)
        err = dh_training_search(plan, &step, NULL, &row->model, &free, row->device, &row->net, stack, &diag);
    /* what was run did fit, whatever we count: then with micro-batches of one sequence */
    if (err == DH_OK || !free.layout)
        err = dh_training_check(&row->model, plan, &diag);
    if (err != DH_OK)
        row->why = free.layout ? "no plan for what the row leaves open fits"
                               : "the plan does not divide its devices, layers, heads, experts or batch";
    dh_diag_free(&diag);
    return err == DH_OK;
}
