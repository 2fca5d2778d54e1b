/* A scenario as the file says it: plain structs, ids still text, quantities already SI. Editable until
 * compiled. The members come from scenario.def, which says what each means, its unit and its range. */
#ifndef DH_SCENARIOS_SCENARIO_H
#define DH_SCENARIOS_SCENARIO_H

#include "sim/arena.h"
#include "sim/diag.h"
#include "sim/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELEMENT(name, xml, about)                                                                            \
    struct dh_##name##_spec {                                                                                \
        struct dh_place place; /* where the element begins */
#define ROOT(name, xml, about)                                                                               \
    struct dh_##name {                                                                                       \
        struct dh_place place;
#define ID(about)                                                    const char *id;
#define TEXT(member, attr, standard, about)                          const char *member;
#define PATH(member, attr, standard, about)                          const char *member;
#define REF(member, attr, kinds, standard, about)                    const char *member;
#define REFS(member, attr, kinds, standard, about)                   const char *member;
#define CHOICE(member, attr, words, standard, about)                 int32_t member;
#define FLAG(member, attr, standard, about)                          bool member;
#define INTEGER(member, attr, standard, min, max, about)             int64_t member;
#define QUANTITY(member, attr, dimension, standard, min, max, about) double member;
#define INSTANT(member, attr, standard, about)                       int64_t member;
#define LIST(member, attr, standard, n_min, n_max, min, max, about)                                          \
    double *member;                                                                                          \
    int32_t n_##member;
#define CHILDREN(name, member, n_min, n_max, about)                                                          \
    struct dh_##name##_spec *member;                                                                         \
    int32_t n_##member;
#define END(name)                                                                                            \
    }                                                                                                        \
    ;
#include "scenarios/scenario.def"
#undef ELEMENT
#undef ROOT
#undef ID
#undef TEXT
#undef PATH
#undef REF
#undef REFS
#undef CHOICE
#undef FLAG
#undef INTEGER
#undef QUANTITY
#undef INSTANT
#undef LIST
#undef CHILDREN
#undef END

/* The words of each CHOICE, in the order of scenario.def. */
// clang-format off
enum dh_work { DH_WORK_TRAINING, DH_WORK_FINETUNE, DH_WORK_BATCH, DH_WORK_NOTEBOOK, DH_WORK_PREFILL,
               DH_WORK_DECODE, DH_WORK_COPY, DH_WORK_HPC, DH_N_WORK };
enum dh_number_format { DH_FORMAT_FP32, DH_FORMAT_TF32, DH_FORMAT_BF16, DH_FORMAT_FP16, DH_FORMAT_FP8,
                        DH_FORMAT_NVFP4, DH_FORMAT_INT8, DH_N_FORMAT };
enum dh_origin { DH_ORIGIN_PUBLISHED, DH_ORIGIN_MEASURED, DH_ORIGIN_DATASHEET, DH_ORIGIN_USER, DH_N_ORIGIN };
enum dh_sustained { DH_SUSTAINED_IDLE, DH_SUSTAINED_GEMM, DH_SUSTAINED_TRIAD };
enum dh_engine_models { DH_ENGINE_DENSE, DH_ENGINE_EXPERTS, DH_ENGINE_ANY };
enum dh_evidence { DH_EVIDENCE_PUBLISHED, DH_EVIDENCE_MEASURED, DH_EVIDENCE_COMPUTED, DH_EVIDENCE_ASSUMED };
enum dh_policy { DH_POLICY_FCFS, DH_POLICY_SJF, DH_POLICY_EASY, DH_POLICY_EASY_SJBF, DH_POLICY_CONSERVATIVE,
                 DH_POLICY_SRTF, DH_POLICY_SRSF, DH_POLICY_REPLAY, DH_POLICY_NONE, DH_N_POLICY };
enum dh_placement {
    DH_PLACEMENT_FLAT,
    DH_PLACEMENT_PACKED,
    DH_PLACEMENT_RACK,
    DH_PLACEMENT_LEAF,
    DH_PLACEMENT_SPREAD
};
enum dh_estimates { DH_ESTIMATES_REQUESTED, DH_ESTIMATES_EXACT };
enum dh_pass { DH_PASS_INSTANT, DH_PASS_EVENT };
enum dh_limit { DH_LIMIT_KILL, DH_LIMIT_ALLOW };
enum dh_log_format { DH_LOG_CSV, DH_LOG_SWF, DH_LOG_ITP, DH_LOG_PHILLY, DH_LOG_MURI, DH_LOG_RAPS, DH_LOG_OPENB,
                     DH_LOG_SACCT, DH_N_LOG_FORMAT };
enum dh_law { DH_LAW_LOGNORMAL, DH_LAW_EXPONENTIAL, DH_LAW_CONSTANT, DH_LAW_ERLANG2, DH_LAW_HYPER2 };
enum dh_arrival { DH_ARRIVAL_POISSON, DH_ARRIVAL_REGULAR };
enum dh_days { DH_DAYS_ALL, DH_DAYS_WEEKDAY, DH_DAYS_WEEKEND };
enum dh_burst_policy { DH_BURST_NONE, DH_BURST_WAIT };
enum dh_pricing { DH_PRICING_ON_DEMAND, DH_PRICING_SPOT };
enum dh_purchase { DH_PURCHASE_IT, DH_PURCHASE_NETWORK, DH_PURCHASE_BUILDING, DH_PURCHASE_ONSITE };
enum dh_lease_end { DH_LEASE_RETURN, DH_LEASE_BUY };
enum dh_write_off_word { DH_WRITE_OFF_WORD_STRAIGHT }; /* others as in models/depreciation.h */
enum dh_record_kind { DH_RECORD_MEAN, DH_RECORD_POINT };
enum dh_record_precision { DH_RECORD_ROUNDED, DH_RECORD_FULL };
enum dh_horizon_end { DH_HORIZON_END, DH_HORIZON_IDLE };
enum dh_fluid_kind { DH_FLUID_WATER, DH_FLUID_PG25 };
enum dh_transfer { DH_TRANSFER_SHARE, DH_TRANSFER_FIRST };
enum dh_rejection_kind { DH_REJECTION_TOWER, DH_REJECTION_DRY };
enum dh_fidelity { DH_FIDELITY_FULL, DH_FIDELITY_MAP };
enum dh_serve_fidelity { DH_SERVE_FLUID, DH_SERVE_REQUEST };
enum dh_storage_policy { DH_STORAGE_SELF, DH_STORAGE_PEAK, DH_STORAGE_PRICE };
enum dh_turbine_policy { DH_TURBINE_ALWAYS, DH_TURBINE_PEAK, DH_TURBINE_PRICE };
enum dh_onsite_mount { DH_MOUNT_FIXED, DH_MOUNT_TRACKED };
enum dh_conductor { DH_CONDUCTOR_COPPER, DH_CONDUCTOR_ALUMINIUM };
enum dh_ups_battery_kind { DH_UPS_LITHIUM, DH_UPS_VRLA };
enum dh_life_law { DH_LIFE_EXPONENTIAL, DH_LIFE_WEIBULL };
enum dh_repair_law { DH_REPAIR_LOGNORMAL, DH_REPAIR_EXPONENTIAL, DH_REPAIR_FIXED };
enum dh_checkpoint_rule { DH_CHECKPOINT_OPTIMAL, DH_CHECKPOINT_YOUNG, DH_CHECKPOINT_DALY };
enum dh_failing_jobs { DH_JOBS_REQUEUE, DH_JOBS_FAIL };
enum dh_speed { DH_SPEED_VARIABLE, DH_SPEED_CONSTANT };
enum dh_capping { DH_CAPPING_ALL, DH_CAPPING_PRIORITY };
enum dh_pipe_kind { DH_PIPE_INGEST, DH_PIPE_CLEAN, DH_PIPE_LABEL, DH_PIPE_TRANSFORM, DH_PIPE_LOAD };
enum dh_pipe_takes { DH_TAKES_ALL, DH_TAKES_NEW };
enum dh_loader_version { DH_VERSION_ANY, DH_VERSION_NEW };
enum dh_pump_control { DH_PUMP_CONSTANT, DH_PUMP_VARIABLE };
// clang-format on

/* A file that a scenario read, for provenance and for reports. */
struct dh_input_file {
    const char *path;   /* as the scenario names it ("catalog:gpus.xml", "logs/a.csv") */
    const char *sha256; /* 64 hexadecimal digits */
};

/* A scenario, where it came from, and the memory of both. {0} is ready for dh_scenario_read. */
struct dh_scenario_file {
    struct dh_scenario spec;
    const char *path;             /* as given */
    const char *folder;           /* directory that files may be read from */
    const char *effective_xml;    /* everything merged, every default filled in; UTF-8 */
    const char *effective_sha256; /* of effective_xml: 64 hexadecimal digits */
    struct dh_input_file *inputs;
    int32_t n_input;
    struct dh_arena mem; /* owns all of it */
};

/* NAME=VALUE of --param, XPATH=VALUE of --set, in command line order. */
/* A catalog of profiles from outside the scenario. */
struct dh_profile_text {
    const char *name; /* for messages; of a file, where text is NULL */
    const char *text;
    size_t n;
    bool samples; /* a catalog of <samples> instead, which are kept whatever refers to them */
};

struct dh_scenario_options {
    const char *const *params;
    int32_t n_param;
    const char *const *sets;
    int32_t n_set;
    const struct dh_profile_text *profiles; /* taken by the devices that name them or are named by them */
    int32_t n_profile;
    bool live_later; /* profile="live" is no error without such a profile: it is yet to be measured */
    bool no_files;   /* files that it names are neither looked for nor opened: only the plant is wanted */
};

/* Reads, merges (imports, base=, parameters, --set), validates and checks a scenario. On failure diag says
 * what and where; out may then be freed only. Opens the file, what it imports inside its folder, and nothing
 * else. */
enum dh_err dh_scenario_read(struct dh_scenario_file *out, const char *path,
                             const struct dh_scenario_options *options, struct dh_diag *diag);

/* The same from memory, as if it were the file PATH in folder. */
enum dh_err dh_scenario_read_memory(struct dh_scenario_file *out, const char *text, size_t n,
                                    const char *path, const char *folder,
                                    const struct dh_scenario_options *options, struct dh_diag *diag);

/* Replaces the whole workload by job logs, as if the file said so, and writes the effective scenario again. A
 * log's href may lie anywhere: the caller opens it by that name, while the effective scenario keeps its file
 * name and the inputs its hash, so that the same log gives the same result wherever it lies.
 * DH_ERR_NOT_FOUND, DH_ERR_MEMORY. */
enum dh_err dh_scenario_replace_logs(struct dh_scenario_file *file, const struct dh_log_spec *logs,
                                     int32_t n_log, struct dh_diag *diag);

/* Adds events to <failures>, as if the file said so, and writes the effective scenario again. Texts are
 * copied. DH_ERR_MEMORY. */
enum dh_err dh_scenario_add_events(struct dh_scenario_file *file, const struct dh_event_spec *events,
                                   int32_t n_event, struct dh_diag *diag);

/* SHA-256 of a whole file, read in pieces. DH_ERR_NOT_FOUND, DH_ERR_IO, DH_ERR_MEMORY. */
enum dh_err dh_file_sha256(const char *path, char hex[static DH_SHA256_HEX], struct dh_diag *diag);

/* A catalog of profiles as text, every member written out: what run --profile reads. DH_ERR_MEMORY. */
struct dh_text;
enum dh_err dh_write_profiles(const struct dh_profile_spec *profiles, int32_t n, struct dh_text *text);

/* Devices that took the profile which this one follows take its constants of kernels; the effective scenario
 * stays as it is, since it tells both. DH_ERR_MEMORY. */
enum dh_err dh_scenario_follow_profile(struct dh_scenario_file *file, const struct dh_profile_spec *profile);

void dh_scenario_free(struct dh_scenario_file *file);

/* Row of the array with this id, NULL when there is none. */
const struct dh_profile_spec *dh_scenario_profile(const struct dh_scenario *sc, const char *id);
const struct dh_device_spec *dh_scenario_device(const struct dh_scenario *sc, const char *id);
const struct dh_node_spec *dh_scenario_node(const struct dh_scenario *sc, const char *id);
const struct dh_rack_type_spec *dh_scenario_rack_type(const struct dh_scenario *sc, const char *id);
const struct dh_chiller_spec *dh_scenario_chiller(const struct dh_scenario *sc, const char *id);
const struct dh_climate_spec *dh_scenario_climate(const struct dh_scenario *sc, const char *id);
const struct dh_grid_spec *dh_scenario_grid(const struct dh_scenario *sc, const char *id);
const struct dh_tariff_spec *dh_scenario_tariff(const struct dh_scenario *sc, const char *id);
const struct dh_failure_rate_spec *dh_scenario_failure_rate(const struct dh_scenario *sc, const char *id);
const struct dh_model_spec *dh_scenario_model(const struct dh_scenario *sc, const char *id);
const struct dh_stack_spec *dh_scenario_stack(const struct dh_scenario *sc, const char *id);
const struct dh_engine_spec *dh_scenario_engine(const struct dh_scenario *sc, const char *id);
const struct dh_provider_spec *dh_scenario_provider(const struct dh_scenario *sc, const char *id);
const struct dh_interconnect_spec *dh_scenario_interconnect(const struct dh_scenario *sc, const char *id);
const struct dh_network_spec *dh_scenario_network(const struct dh_scenario *sc, const char *id);

#endif
