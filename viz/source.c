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

bool dh_source_rack_dark(struct dh_source *source, int32_t rack) {
    const struct dh_facility *f = source->facility;
    const double *live = source->ops->column(source, DH_COLUMN_stage_live),
                 *power_w = source->ops->column(source, DH_COLUMN_rack_power_w);
    bool dead = live && f->rack_feeds[rack] > 0;
    for (int32_t k = 0; dead && k < f->rack_feeds[rack]; k++)
        dead = live[f->feed_stage[f->rack_first_feed[rack] + k]] < 0.5;
    const struct dh_rack_times *t = &source->racks;
    bool around = t->to <= t->from || (source->at >= t->from && source->at < t->to);
    return dead || (power_w && power_w[rack] <= 0 && (around || !live));
}

double dh_source_rack_gpus(struct dh_source *source, int32_t rack) {
    const struct dh_facility *f = source->facility;
    const int32_t *held = source->ops->node_gpus ? source->ops->node_gpus(source) : NULL;
    double sum = 0;
    if (!held) /* as of a while ago */
        return dh_source_value(source, DH_COLUMN_rack_gpus_busy, rack);
    for (int32_t n = f->rack_first_node[rack]; n < f->rack_first_node[rack] + f->rack_nodes[rack]; n++)
        sum += held[n];
    return sum;
}
