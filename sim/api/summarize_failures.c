/* What failures cost. What followed from each trip: summarize_blast.c. */
#include "sim/api/summarize.h"

#include <stdlib.h>
#include <string.h>

void dh_summarize_down(struct dh_summary *out, const struct dh_world *w) {
    double down = (double)(w->down_gpu_ns - dh_world_waiting_gpu_ns(w)); /* of those that were there */
    double installed = (double)w->busy_gpu_ns + (double)w->idle_gpu_ns + down;
    if (!(installed > 0) || (!w->failure.models && w->n_node_down == 0))
        return;
    double useful = 1e9 * dh_sum_value(&w->work_gpu_s) - (double)w->lost_gpu_ns - (double)w->overhead_gpu_ns;
    double wanted = (double)w->busy_gpu_ns + (double)w->requeued_gpu_ns;
    dh_put_number(out, "gpus.availability", 1 - down / installed);
    if (wanted > 0)
        dh_put_number(out, "gpus.ettr", useful / wanted);
    dh_put_number(out, "gpus.down_h", down / 3.6e12);
    dh_put_number(out, "gpus.lost_work_h", (double)w->lost_gpu_ns / 3.6e12);
    /* what is written to stores and read back is waited for, not planned */
    dh_gpu_ns reads = w->gpu_time.slow[DH_IDLE_RESTART], writes = w->gpu_time.slow[DH_IDLE_CHECKPOINT];
    dh_put_number(out, "gpus.overhead_h", (double)(w->overhead_gpu_ns + reads + writes) / 3.6e12);
    dh_put_number(out, "gpus.restart_h", (double)(w->restart_gpu_ns + reads) / 3.6e12);
    dh_put_number(out, "gpus.requeued_h", (double)w->requeued_gpu_ns / 3.6e12);
}

/* One cause of lost time, and its name: the kind of what failed, or what it was. */
struct cause {
    const char *name; /* NULL: all that no <failure> names */
    const struct dh_toll *toll;
};

/* By name, and by what it took where several have one: the order of the file means nothing. */
static int by_name(const void *a, const void *b) {
    const struct cause *p = a, *q = b;
    if (!p->name || !q->name)
        return (p->name == NULL) - (q->name == NULL);
    int order = strcmp(p->name, q->name);
    if (order == 0 && p->toll->n_job != q->toll->n_job)
        order = p->toll->n_job > q->toll->n_job ? -1 : 1;
    if (order == 0 && p->toll->lost_gpu_ns != q->toll->lost_gpu_ns)
        order = p->toll->lost_gpu_ns > q->toll->lost_gpu_ns ? -1 : 1;
    if (order == 0 && p->toll->waiting_gpu_ns != q->toll->waiting_gpu_ns)
        order = p->toll->waiting_gpu_ns > q->toll->waiting_gpu_ns ? -1 : 1;
    return order;
}

/* What each cause took from jobs, those that took something; nothing where no <failure> did: then the totals
 * say all. */
static void put_causes(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_failure_run *r = &w->failure;
    struct cause *causes = r->tolls ? calloc((size_t)r->n_process + 1, sizeof *causes) : NULL;
    int n = 0;
    bool named = false;
    if (r->tolls && !causes)
        out->err = DH_ERR_MEMORY;
    for (int32_t p = 0; causes && p <= r->n_process; p++) {
        const struct dh_failure_spec *spec = p < r->n_process ? r->processes[p].spec : NULL;
        if (r->tolls[p].n_job == 0)
            continue;
        named |= spec != NULL;
        causes[n++] = (struct cause){!spec ? NULL : spec->kind ? spec->kind : spec->of, &r->tolls[p]};
    }
    if (n > 0)
        qsort(causes, (size_t)n, sizeof *causes, by_name);
    for (int i = 0; named && i < n; i++) {
        const struct dh_toll *toll = causes[i].toll;
        dh_put_text_at(out, causes[i].name ? causes[i].name : "else", "causes.%d.name", i);
        dh_put_at(out, (double)toll->n_job, "causes.%d.jobs_hit", i);
        dh_put_at(out, (double)toll->lost_gpu_ns / 3.6e12, "causes.%d.lost_work_h", i);
        dh_put_at(out, (double)toll->restart_gpu_ns / 3.6e12, "causes.%d.restart_h", i);
        dh_put_at(out, (double)toll->waiting_gpu_ns / 3.6e12, "causes.%d.waiting_h", i);
    }
    free(causes);
}

void dh_summarize_failures(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_failure_run *r = &w->failure;
    if (!r->models && w->n_node_down == 0)
        return;
    if (r->n_unit + r->n_shock + r->n_upkeep > 0) {
        dh_put_count(out, "failures.units", r->n_failure);
        dh_put_count(out, "failures.shocks", r->n_shocked);
        dh_put_count(out, "failures.human_errors", r->n_human_error);
    }
    dh_put_count(out, "failures.nodes_down", w->n_node_down);
    dh_put_count(out, "failures.jobs_hit", w->n_job_failure);
    put_causes(out, w);
}
