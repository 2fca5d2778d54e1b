#include "models/state.h"

#include <string.h>

#include <stddef.h>

const struct dh_column dh_state_columns[] = {
#define COLUMN(name, rows, unit, quantum, about)                                                             \
    {#name,                                                                                                  \
     #rows,                                                                                                  \
     unit,                                                                                                   \
     about,                                                                                                  \
     quantum,                                                                                                \
     offsetof(struct dh_state, name),                                                                        \
     offsetof(struct dh_facility, n_##rows)},
#include "models/state.def"
#undef COLUMN
};
const int32_t dh_n_state_column = (int32_t)(sizeof dh_state_columns / sizeof dh_state_columns[0]);

static double **column_of(struct dh_state *state, const struct dh_column *column) {
    return (double **)(void *)((char *)state + column->offset);
}

const double *dh_state_column(const struct dh_state *state, const struct dh_column *column) {
    return *(double *const *)(const void *)((const char *)state + column->offset);
}

bool dh_column_is_flow(const struct dh_column *column) {
    return strcmp(column->unit, "W") == 0 || strcmp(column->unit, "kg/s") == 0;
}

int32_t dh_column_rows(const struct dh_facility *facility, const struct dh_column *column) {
    return *(const int32_t *)(const void *)((const char *)facility + column->count);
}

enum dh_err dh_state_init(struct dh_state *out, const struct dh_facility *facility) {
    *out = (struct dh_state){0};
    for (int32_t i = 0; i < dh_n_state_column; i++) {
        size_t n = (size_t)dh_column_rows(facility, &dh_state_columns[i]);
        double *values = dh_arena_array(&out->mem, n, sizeof *values);
        if (!values)
            goto memory;
        *column_of(out, &dh_state_columns[i]) = values;
    }
    out->rack_heat_w = dh_arena_array(&out->mem, (size_t)facility->n_rack, sizeof(double));
    out->rack_thermal_frac = dh_arena_array(&out->mem, (size_t)facility->n_rack, sizeof(double));
    if (!out->rack_heat_w || !out->rack_thermal_frac)
        goto memory;
    return DH_OK;
memory:
    dh_state_free(out);
    return DH_ERR_MEMORY;
}

void dh_state_free(struct dh_state *state) {
    dh_arena_free(&state->mem);
    *state = (struct dh_state){0};
}
