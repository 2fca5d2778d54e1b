#include "models/gpu/operands.h"

#include <stdlib.h>

uint32_t dh_gpu_operand_seed(int32_t slot, int32_t set) {
    return 1u + (uint32_t)slot + DH_GPU_MAX_BUFFER * (uint32_t)set;
}

static double bytes_of(const struct dh_gpu_operand *operand) {
    return (double)operand->elements * (double)dh_gpu_format_bytes(operand->format);
}

static void drop(struct dh_gpu_operands *o, int32_t i) {
    o->backend->free(o->gpu, o->all[i].buffer);
    o->bytes -= bytes_of(&o->all[i]);
    o->all[i] = o->all[--o->n];
}

static void drop_unused(struct dh_gpu_operands *o) {
    for (int32_t i = o->n - 1; i >= 0; i--)
        if (!o->all[i].in_use)
            drop(o, i);
}

/* Indices are made here: a format of its own for one kernel would be more. */
static enum dh_gpu_status upload_index(struct dh_gpu_operands *o, const struct dh_gpu_operand *operand) {
    enum { PART = 1 << 18 };
    uint32_t *part = malloc(PART * sizeof *part);
    if (!part)
        return DH_GPU_OUT_OF_MEMORY;
    enum dh_gpu_status status = DH_GPU_OK;
    for (int64_t at = 0; at < operand->elements && status == DH_GPU_OK; at += PART) {
        int64_t n = operand->elements - at < PART ? operand->elements - at : PART;
        for (int64_t i = 0; i < n; i++)
            part[i] = dh_gpu_index(at + i, operand->elements);
        status = o->backend->upload(o->gpu, operand->buffer, (size_t)at * sizeof *part, part,
                                    (size_t)n * sizeof *part);
    }
    free(part);
    return status;
}

/* Makes room within the limit, and again where the device itself has less. */
static enum dh_gpu_status allocate(struct dh_gpu_operands *o, struct dh_gpu_operand *operand) {
    double bytes = bytes_of(operand);
    if (o->bytes + bytes > o->limit_bytes)
        drop_unused(o);
    if (o->bytes + bytes > o->limit_bytes)
        return DH_GPU_OUT_OF_MEMORY;
    enum dh_gpu_status status = o->backend->alloc(o->gpu, (size_t)bytes, &operand->buffer);
    if (status == DH_GPU_OUT_OF_MEMORY) {
        drop_unused(o);
        status = o->backend->alloc(o->gpu, (size_t)bytes, &operand->buffer);
    }
    if (status == DH_GPU_OK)
        o->bytes += bytes;
    return status;
}

static enum dh_gpu_status take(struct dh_gpu_operands *o, const struct dh_gpu_shape *shape, int32_t slot,
                               int32_t set, dh_gpu_buffer *buffer) {
    struct dh_gpu_operand wanted = {.slot = slot,
                                    .set = set,
                                    .format = shape->formats[slot],
                                    .index = shape->index && slot == shape->n_buffer - 1,
                                    .elements = shape->elements[slot],
                                    .in_use = true};
    for (int32_t i = 0; i < o->n; i++) {
        struct dh_gpu_operand *have = &o->all[i];
        if (have->slot != slot || have->set != set || have->format != wanted.format ||
            have->index != wanted.index)
            continue;
        if (have->index ? have->elements == wanted.elements : have->elements >= wanted.elements) {
            have->in_use = true;
            *buffer = have->buffer;
            return DH_GPU_OK;
        }
        drop(o, i);
        break;
    }
    if (o->n == o->room) {
        int32_t room = o->room ? 2 * o->room : 64;
        struct dh_gpu_operand *all = realloc(o->all, (size_t)room * sizeof *all);
        if (!all)
            return DH_GPU_OUT_OF_MEMORY;
        o->all = all;
        o->room = room;
    }
    enum dh_gpu_status status = allocate(o, &wanted);
    if (status != DH_GPU_OK)
        return status;
    o->all[o->n++] = wanted;
    *buffer = wanted.buffer;
    if (wanted.index)
        status = upload_index(o, &wanted);
    else if (slot > 0)
        status = o->backend->fill(o->gpu, wanted.buffer, wanted.format, wanted.elements,
                                  dh_gpu_operand_seed(slot, set));
    if (status != DH_GPU_OK)
        drop(o, o->n - 1); /* must not be taken for filled */
    return status;
}

enum dh_gpu_status dh_gpu_operands_take(struct dh_gpu_operands *o, const struct dh_gpu_shape *shape,
                                        int32_t set, bool begin, struct dh_gpu_launch *launch) {
    for (int32_t i = 0; begin && i < o->n; i++)
        o->all[i].in_use = false;
    enum dh_gpu_status status = DH_GPU_OK;
    for (int32_t i = 0; i < shape->n_buffer && status == DH_GPU_OK; i++)
        status = take(o, shape, i, set, &launch->buffer[i]);
    return status;
}

void dh_gpu_operands_free(struct dh_gpu_operands *o) {
    while (o->n > 0)
        drop(o, o->n - 1);
    dh_gpu_operands_forget(o);
}

void dh_gpu_operands_forget(struct dh_gpu_operands *o) {
    free(o->all);
    o->all = NULL;
    o->n = o->room = 0;
    o->bytes = 0;
}
