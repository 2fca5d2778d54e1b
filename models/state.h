/* All that changes in a run and is recorded: one struct of columns of doubles, named in state.def. */
#ifndef DH_MODELS_STATE_H
#define DH_MODELS_STATE_H

#include "models/facility.h"

struct dh_state {
#define COLUMN(name, rows, unit, quantum, about) double *name; /* f->n_##rows */
#include "models/state.def"
#undef COLUMN
    /* Mean IT heat of each rack over the plant step that ends, W: what the plant reads. */
    double *rack_heat_w;
    /* Clock that temperature allows, as a share of the highest; the plant writes it. */
    double *rack_thermal_frac;
    struct dh_arena mem; /* owns every column */
};

/* One recorded column, for whoever walks over all of them (recorder, info, golden hash, columns by name). */
struct dh_column {
    const char *name, *rows, *unit, *about;
    double quantum;
    size_t offset; /* of the double * in struct dh_state */
    size_t count;  /* offset of the int32_t count in struct dh_facility */
};
extern const struct dh_column dh_state_columns[];
extern const int32_t dh_n_state_column;

/* The column's values in state, and their number. */
const double *dh_state_column(const struct dh_state *state, const struct dh_column *column);
/* With record kind="mean" a power or flow is the mean over the interval, a price that of its start, and all
 * else the value at its end. */
bool dh_column_is_flow(const struct dh_column *column);
int32_t dh_column_rows(const struct dh_facility *facility, const struct dh_column *column);

/* Zeros, one column for each row of the facility. DH_ERR_MEMORY. */
enum dh_err dh_state_init(struct dh_state *out, const struct dh_facility *facility);
void dh_state_free(struct dh_state *state);

#endif
