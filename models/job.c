#include "models/job.h"

#include <stdlib.h>
#include <string.h>

enum dh_err dh_job_list_add(struct dh_job_list *list, const struct dh_job *job, const char *id,
                            size_t id_length) {
    if (list->n_job >= INT32_MAX - 1 || list->names_used + id_length + 1 > UINT32_MAX)
        return DH_ERR_LIMIT_MEMORY;
    if (list->n_job == list->n_room) {
        int32_t room = list->n_room ? (list->n_room > INT32_MAX / 2 ? INT32_MAX : 2 * list->n_room) : 256;
        struct dh_job *grown = realloc(list->jobs, (size_t)room * sizeof *grown);
        if (!grown)
            return DH_ERR_MEMORY;
        list->jobs = grown;
        list->n_room = room;
    }
    if (list->names_room - list->names_used < id_length + 1) {
        size_t room = 2 * list->names_room + id_length + 4096;
        char *grown = realloc(list->names, room);
        if (!grown)
            return DH_ERR_MEMORY;
        list->names = grown;
        list->names_room = room;
    }
    struct dh_job *added = &list->jobs[list->n_job++];
    *added = *job;
    added->name = (uint32_t)list->names_used;
    if (id_length > 0)
        memcpy(list->names + list->names_used, id, id_length);
    list->names[list->names_used + id_length] = '\0';
    list->names_used += id_length + 1;
    return DH_OK;
}

const char *dh_job_id(const struct dh_job_list *list, int32_t job) {
    return list->names + list->jobs[job].name;
}

/* FNV-1a: only finds a slot; what is compared are the names. */
static uint32_t name_hash(const char *name, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash;
}

/* Slot of the name, or the empty one where it belongs. Slots are a power of two, at most half full. */
static uint32_t find_slot(const struct dh_job_list *list, const char *name, size_t length) {
    uint32_t mask = (uint32_t)list->n_tenant_slot - 1;
    uint32_t slot = name_hash(name, length) & mask;
    for (; list->tenant_slots[slot] > 0; slot = (slot + 1) & mask) {
        const char *other = list->tenants[list->tenant_slots[slot] - 1];
        if (strlen(other) == length && memcmp(other, name, length) == 0)
            break;
    }
    return slot;
}

static bool tenants_grow(struct dh_job_list *list) {
    int32_t n_slot = list->n_tenant_slot ? 2 * list->n_tenant_slot : 64;
    char **names = realloc(list->tenants, (size_t)(n_slot / 2) * sizeof *names);
    if (!names)
        return false;
    list->tenants = names;
    int32_t *slots = calloc((size_t)n_slot, sizeof *slots);
    if (!slots)
        return false;
    free(list->tenant_slots);
    list->tenant_slots = slots;
    list->n_tenant_slot = n_slot;
    for (int32_t t = 0; t < list->n_tenant; t++)
        slots[find_slot(list, names[t], strlen(names[t]))] = t + 1;
    return true;
}

int32_t dh_job_list_tenant(struct dh_job_list *list, const char *name, size_t length) {
    if (length == 0)
        return -1;
    if (list->n_tenant >= list->n_tenant_slot / 2 && (list->n_tenant >= 1 << 28 || !tenants_grow(list)))
        return -2;
    uint32_t slot = find_slot(list, name, length);
    if (list->tenant_slots[slot] > 0)
        return list->tenant_slots[slot] - 1;
    char *copy = malloc(length + 1);
    if (!copy)
        return -2;
    memcpy(copy, name, length);
    copy[length] = '\0';
    list->tenants[list->n_tenant] = copy;
    list->tenant_slots[slot] = ++list->n_tenant;
    return list->n_tenant - 1;
}

void dh_job_list_free(struct dh_job_list *list) {
    for (int32_t t = 0; t < list->n_tenant; t++)
        free(list->tenants[t]);
    free(list->tenants);
    free(list->tenant_slots);
    free(list->jobs);
    free(list->names);
    *list = (struct dh_job_list){0};
}

const char *dh_job_state_name(enum dh_job_state state) {
    static const char *const names[DH_N_JOB_STATE] = {
        [DH_JOB_PENDING] = "pending", [DH_JOB_QUEUED] = "queued",     [DH_JOB_RUNNING] = "running",
        [DH_JOB_BURST] = "burst",     [DH_JOB_DONE] = "done",         [DH_JOB_KILLED] = "killed",
        [DH_JOB_FAILED] = "failed",   [DH_JOB_REJECTED] = "rejected",
    };
    return state < DH_N_JOB_STATE ? names[state] : "unknown";
}

dh_time dh_job_wall(const struct dh_job *job, dh_time useful) {
    if (job->checkpoint <= 0 || useful <= job->checkpoint)
        return useful;
    dh_time written = (useful - 1) / job->checkpoint;
    if (job->checkpoint_write > (DH_TIME_MAX / 4 - useful) / written)
        return DH_TIME_MAX / 4;
    return useful + written * job->checkpoint_write;
}

dh_time dh_job_saved(const struct dh_job *job, dh_time wall) {
    if (job->checkpoint <= 0 || wall <= job->checkpoint_drain)
        return 0;
    return (wall - job->checkpoint_drain) / (job->checkpoint + job->checkpoint_write) * job->checkpoint;
}

dh_time dh_job_useful(const struct dh_job *job, dh_time wall) {
    if (job->checkpoint <= 0 || wall <= 0)
        return wall > 0 ? wall : 0;
    dh_time period = job->checkpoint + job->checkpoint_write, piece = wall % period;
    return wall / period * job->checkpoint + (piece < job->checkpoint ? piece : job->checkpoint);
}

void dh_job_plan(const struct dh_job *job, struct dh_job_run *run, dh_time lead) {
    run->lead = lead;
    run->planned = run->remaining = lead + dh_job_wall(job, job->work - run->saved);
}
