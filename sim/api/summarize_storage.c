/* Stores of data: what they moved and hold, how busy they were, what they cost; and checkpoints in them. */
#include "sim/api/summarize.h"

#include <math.h>
#include <stdio.h>

static const char *const kinds[DH_N_STORE_KIND] = {"object-store", "file-system", "node-cache", "archive"};
static const char *const uses[DH_N_DATA_USE] = {"checkpoint", "restart", "dataset", "pipeline", "tier"};

double dh_storage_usd(const struct dh_world *w) {
    double usd = 0;
    for (int32_t i = 0; i < w->f->n_store; i++) {
        struct dh_store_figures f;
        dh_world_store_figures(w, i, &f);
        usd += f.usd;
    }
    return usd;
}

static void put_store(struct dh_summary *out, const struct dh_world *w, int32_t i) {
    const struct dh_store *spec = dh_store_of(w, i);
    const struct dh_store_run *s = &w->storage.stores[i];
    struct dh_store_figures f;
    dh_world_store_figures(w, i, &f);
    dh_time still = s->still + (s->still_since == DH_TIME_NONE ? 0 : w->des.now - s->still_since);
    dh_put_text_at(out, spec->id, "stores.%d.id", (int)i);
    dh_put_text_at(out, kinds[spec->kind], "stores.%d.kind", (int)i);
    if (spec->capacity_b < INFINITY)
        dh_put_at(out, spec->capacity_b / 1e12, "stores.%d.capacity_tb", (int)i);
    dh_put_at(out, f.read_b / 1e12, "stores.%d.read_tb", (int)i);
    dh_put_at(out, f.written_b / 1e12, "stores.%d.written_tb", (int)i);
    if (spec->kind != DH_STORE_NODE) {
        dh_put_at(out, f.stored_b / 1e12, "stores.%d.stored_tb", (int)i);
        dh_put_at(out, f.peak_b / 1e12, "stores.%d.peak_tb", (int)i);
        dh_put_at(out, f.busy, "stores.%d.busy", (int)i);
        dh_put_at(out, dh_time_to_s(still) / S_PER_H, "stores.%d.still_h", (int)i);
        dh_put_at(out, (double)s->n_refused, "stores.%d.refused", (int)i);
        dh_put_at(out, f.usd, "stores.%d.usd", (int)i);
    }
    if (spec->kind == DH_STORE_ARCHIVE)
        dh_put_at(out, dh_time_to_s(s->longest_wait), "stores.%d.longest_wait_s", (int)i);
}

void dh_summarize_storage(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_saving_run *saving = &w->saving;
    if (w->f->n_store == 0)
        return;
    for (int32_t i = 0; i < w->f->n_store; i++)
        put_store(out, w, i);
    for (int32_t i = 0; i < DH_N_DATA_USE; i++)
        if (w->storage.n_by_use[i] > 0 || dh_world_storage_moved(w, (enum dh_data_use)i) > 0) {
            dh_put_at(out, dh_world_storage_moved(w, (enum dh_data_use)i) / 1e12, "storage.moved_tb.%s",
                      uses[i]);
            dh_put_at(out, (double)w->storage.n_by_use[i], "storage.transfers.%s", uses[i]);
        }
    if (!saving->of)
        return;
    dh_put_count(out, "storage.checkpoints", saving->n_written);
    dh_put_count(out, "storage.checkpoints_left_out", saving->n_left_out);
    if (saving->n_written > 0) {
        dh_put_number(out, "storage.longest_write_s", dh_time_to_s(saving->longest_write));
        dh_put_number(out, "storage.longest_write_share", saving->longest_write_share);
    }
    if (saving->n_read > 0) {
        dh_put_number(out, "storage.longest_read_s", dh_time_to_s(saving->longest_read));
        dh_put_number(out, "storage.longest_read_share", saving->longest_read_share);
    }
}
