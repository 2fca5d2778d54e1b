#include "viz/live_history.h"

#include "viz/blocks.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* WIDEST: numbers of a sample, some microseconds of the run's time. WAITING: what lies between the threads at
 * most. A_POLL: numbers that the view takes in at once, some milliseconds. KEEP: as dh_trace has it. */
enum { WIDEST = 2048, BLOCK_BYTES = 256 * 1024, WAITING_BYTES = 16 << 20, A_POLL = 100000, KEEP = 2048 };

struct live_history {
    const struct dh_facility *facility;
    enum dh_column_id columns[DH_N_COLUMN];
    int32_t rows[DH_N_COLUMN], first[DH_N_COLUMN]; /* of each of these, and where they begin in a row */
    int32_t n_column;
    int32_t place[DH_N_COLUMN]; /* of a column among these; -1: not kept */
    size_t width;
    struct dh_blocks blocks;
    struct dh_trace *traces; /* of each number */
    const double *held;      /* a row that is newer than the source's newest */
    int64_t n_row;
};

static bool is_kept(const struct dh_facility *f, enum dh_column_id c, const enum dh_column_id *others,
                    int32_t n_other) {
    const struct dh_column *column = &dh_state_columns[c];
    for (int32_t i = 0; i < n_other; i++)
        if (others[i] == c)
            return false;
    return column->count != offsetof(struct dh_facility, n_rack) && strcmp(column->rows, "link") != 0 &&
           strcmp(column->rows, "netunit") != 0 && dh_column_rows(f, column) > 0;
}

struct live_history *dh_live_history_open(const struct dh_facility *facility, const enum dh_column_id *others,
                                          int32_t n_other) {
    struct live_history *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->facility = facility;
    h->width = 1;
    for (int c = 0; c < DH_N_COLUMN; c++) {
        int32_t n = dh_column_rows(facility, &dh_state_columns[c]);
        h->place[c] = -1;
        if (!is_kept(facility, (enum dh_column_id)c, others, n_other) || h->width + (size_t)n > WIDEST)
            continue;
        h->place[c] = h->n_column;
        h->columns[h->n_column] = (enum dh_column_id)c;
        h->rows[h->n_column] = n;
        h->first[h->n_column++] = (int32_t)h->width - 1;
        h->width += (size_t)n;
    }
    h->traces = calloc(h->width, sizeof *h->traces);
    int64_t most = (int64_t)(WAITING_BYTES / sizeof(double) / h->width);
    if (!h->traces || !dh_blocks_init(&h->blocks, h->width, BLOCK_BYTES, most)) {
        dh_live_history_close(h);
        return NULL;
    }
    for (size_t i = 0; i < h->width; i++)
        h->traces[i].keep = KEEP;
    return h;
}

void dh_live_history_close(struct live_history *h) {
    if (!h)
        return;
    for (size_t i = 0; h->traces && i < h->width; i++)
        dh_trace_free(&h->traces[i]);
    free(h->traces);
    dh_blocks_free(&h->blocks);
    free(h);
}

void dh_live_history_see(struct live_history *h, int64_t row, const struct dh_state *state) {
    double *to = h->n_column > 0 ? dh_blocks_next(&h->blocks) : NULL;
    if (!to)
        return;
    *to++ = (double)row;
    for (int32_t i = 0; i < h->n_column; i++) {
        const double *from = dh_state_column(state, &dh_state_columns[h->columns[i]]);
        for (int32_t k = 0; k < h->rows[i]; k++) /* most have a few: less than a call of memcpy */
            *to++ = from[k];
    }
    dh_blocks_publish(&h->blocks);
}

/* Rows that were left out are not known. */
static void take(struct live_history *h, const double *row) {
    int64_t number = (int64_t)*row++;
    for (size_t i = 0; i + 1 < h->width; i++) {
        for (int64_t k = h->n_row; k < number; k++)
            dh_trace_add(&h->traces[i], NAN);
        dh_trace_add(&h->traces[i], row[i]);
    }
    h->n_row = number + 1;
}

bool dh_live_history_poll(struct live_history *h, int64_t n_row) {
    int64_t most = A_POLL / (int64_t)h->width + 1, n = 0;
    while (n < most) {
        const double *row = h->held ? h->held : dh_blocks_take(&h->blocks);
        h->held = row && *row >= (double)n_row ? row : NULL;
        if (!row || h->held)
            break;
        take(h, row);
        n++;
    }
    return n > 0;
}

const struct dh_trace *dh_live_history_trace(const struct live_history *h, enum dh_column_id column,
                                             int32_t row) {
    int32_t place = h->place[column];
    return place >= 0 && row >= 0 && row < h->rows[place] ? &h->traces[h->first[place] + row] : NULL;
}
