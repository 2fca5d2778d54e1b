#include "viz/so_far.h"

#include <math.h>
#include <stdlib.h>

struct traces {
    const struct dh_trace *facility, *it, *stored, *interval;
    int64_t n;
};

static bool find(struct traces *t, struct dh_source *s) {
    t->facility = s->ops->trace(s, DH_COLUMN_facility_power_w, 0);
    t->it = s->ops->trace(s, DH_COLUMN_it_power_w, 0);
    t->stored = s->ops->trace(s, DH_COLUMN_stored_power_w, 0);
    t->interval = s->ops->trace(s, DH_COLUMN_interval_s, 0);
    if (!t->facility || !t->it)
        return false;
    t->n = t->facility->n < t->it->n ? t->facility->n : t->it->n;
    return t->n > 0;
}

static double number(const struct dh_trace *t, int64_t row) {
    return t && row < t->n && isfinite(t->values[row]) ? (double)t->values[row] : 0;
}

/* Length of a row's interval, s: as recorded, or until the next one begins. */
static double length_of(const struct traces *t, const struct dh_source *s, int64_t row) {
    double told = number(t->interval, row);
    if (told > 0)
        return told;
    int64_t next = row + 1 < s->n_time ? row + 1 : row;
    return next > 0 ? s->time_s[next] - s->time_s[next - 1] : 0;
}

static void add_row(struct dh_sum_at *sum, const struct traces *t, const struct dh_source *s, int64_t row) {
    double dt = length_of(t, s, row), facility_w = number(t->facility, row);
    sum->facility_j += facility_w * dt;
    sum->used_j += (facility_w - number(t->stored, row)) * dt;
    sum->it_j += number(t->it, row) * dt;
}

/* Sums before all rows up to `row` that are multiples of the stride. */
static bool extend(struct dh_sums *sums, const struct traces *t, const struct dh_source *s, int64_t row) {
    int64_t wanted = row / DH_SUMS_STRIDE + 1;
    if (wanted > sums->room) {
        int64_t more = wanted + wanted / 2 + 16;
        struct dh_sum_at *bigger = realloc(sums->kept, (size_t)more * sizeof *bigger);
        if (!bigger)
            return false;
        sums->kept = bigger;
        sums->room = more;
    }
    for (; sums->n < wanted; sums->n++) {
        struct dh_sum_at sum = {0};
        if (sums->n > 0) {
            int64_t first = (sums->n - 1) * DH_SUMS_STRIDE;
            sum = sums->kept[sums->n - 1];
            for (int64_t i = first; i < first + DH_SUMS_STRIDE; i++)
                add_row(&sum, t, s, i);
        }
        sums->kept[sums->n] = sum;
    }
    return true;
}

struct dh_so_far dh_so_far_at(struct dh_sums *sums, struct dh_source *s, dh_time at) {
    struct dh_so_far none = {NAN, NAN, NAN};
    struct traces t;
    int64_t row = dh_source_row(s, at);
    if (row < 0 || !find(&t, s))
        return none;
    row = row < t.n ? row : t.n - 1;
    if (!extend(sums, &t, s, row))
        return none;
    struct dh_sum_at sum = sums->kept[row / DH_SUMS_STRIDE];
    for (int64_t i = row - row % DH_SUMS_STRIDE; i <= row; i++)
        add_row(&sum, &t, s, i);
    return (struct dh_so_far){sum.facility_j, sum.it_j, sum.it_j > 0 ? sum.used_j / sum.it_j : NAN};
}

void dh_sums_free(struct dh_sums *sums) {
    free(sums->kept);
    *sums = (struct dh_sums){0};
}
