#include "viz/source.h"

#include "viz/fabric_map.h"

#include <math.h>

void dh_source_close(struct dh_source *source) {
    if (!source)
        return;
    dh_fabric_map_free(source->fabric);
    source->ops->close(source);
}

int64_t dh_source_row_from(const struct dh_source *source, dh_time at, int64_t from) {
    double at_s = (double)at / DH_NS_PER_S;
    int64_t low = from < 0 ? 0 : from, high = source->n_time; /* the answer's successor lies in low … high */
    for (int64_t step = 1; low + step < high; step *= 2) {
        if (source->time_s[low + step] > at_s) {
            high = low + step;
            break;
        }
        low += step + 1;
    }
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (source->time_s[middle] <= at_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

int64_t dh_source_row(const struct dh_source *source, dh_time at) {
    return dh_source_row_from(source, at, -1);
}

int64_t dh_source_event(const struct dh_source *source, dh_time at) {
    int64_t low = 0, high = source->n_event;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (source->events[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t dh_source_rows(const struct dh_source *source, enum dh_column_id column) {
    return dh_column_rows(source->facility, &dh_state_columns[column]);
}

double dh_source_value(struct dh_source *source, enum dh_column_id column, int32_t row) {
    if (row < 0 || row >= dh_source_rows(source, column))
        return NAN;
    const double *values = source->ops->column(source, column);
    return values ? values[row] : NAN;
}
