/* One job in the inspector: what it asked for, what became of it, and where it is. */
#include "viz/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const int32_t *dh_view_places(struct dh_view *v, int32_t job, int32_t *n) {
    int32_t room = v->facility->n_node;
    *n = 0;
    if (!v->places.nodes)
        v->places.nodes = malloc(((size_t)room + 1) * sizeof *v->places.nodes);
    if (!v->places.nodes)
        return NULL;
    if (!v->places.known || v->places.job != job || v->places.at != v->source->at) {
        v->places.n = v->source->ops->places(v->source, job, v->places.nodes, room);
        v->places.job = job;
        v->places.at = v->source->at;
        v->places.known = true;
    }
    *n = v->places.n;
    return v->places.nodes;
}

const char *dh_job_word(const struct dh_view_job *job) {
    switch (job->state) {
    case DH_VIEW_WAITS:
        return "waits";
    case DH_VIEW_RUNS:
        return "runs";
    case DH_VIEW_DONE:
        return "done";
    case DH_VIEW_CLOUD:
        return "in the cloud";
    case DH_VIEW_LOST:
        break;
    }
    return job->outcome == DH_JOB_KILLED     ? "\u25b2 ended at its limit"
           : job->outcome == DH_JOB_REJECTED ? "\u25b2 rejected"
           : job->outcome == DH_JOB_FAILED   ? "\u25b2 failed"
                                             : "left the queue";
}

static void put_instant(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *name,
                        dh_time at) {
    char room[DH_FORMAT_ROOM] = "\u2013";
    if (at != DH_TIME_NONE)
        dh_format_instant(room, v->facility->start_unix_s, at, 0);
    dh_row_text(v, scene, in, name, room);
}

static double seconds(dh_time from, dh_time to) {
    return from == DH_TIME_NONE || to == DH_TIME_NONE ? NAN : ((double)to - (double)from) / DH_NS_PER_S;
}

/* Racks with the number of its nodes in each; nodes come in any order. */
static void draw_racks(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t job, bool runs) {
    const struct dh_facility *f = v->facility;
    int32_t n, n_rack = 0;
    const int32_t *nodes = dh_view_places(v, job, &n);
    int32_t *count = n > 0 ? calloc((size_t)f->n_rack + 1, sizeof *count) : NULL;
    if (!count)
        return;
    for (int32_t i = 0; i < n; i++)
        if (nodes[i] >= 0 && nodes[i] < f->n_node && count[f->node_rack[nodes[i]]]++ == 0)
            n_rack++;
    dh_box_cut_y(in, 8 * v->s);
    struct dh_box line = dh_box_cut_y(in, dh_line(v, DH_BODY) + 3 * v->s);
    if (line.h >= dh_line(v, DH_BODY))
        dh_scene_wordf(scene, line, dh_bold(DH_BODY, DH_INK_PLAIN), "%s %d %s in %d %s",
                       runs ? "On" : "Was on", (int)n, n == 1 ? "node" : "nodes", (int)n_rack,
                       n_rack == 1 ? "rack" : "racks");
    float row_h = dh_line(v, DH_SMALL) + 2 * v->s;
    for (int32_t r = 0; r < f->n_rack; r++) {
        if (count[r] == 0)
            continue;
        if (in->h < 2 * row_h && n_rack > 1) {
            if (in->h >= row_h)
                dh_scene_wordf(scene, dh_box_cut_y(in, row_h), dh_plain(DH_SMALL, DH_INK_FAINT),
                               "and %d more racks", (int)n_rack);
            break;
        }
        n_rack--;
        struct dh_box row = dh_box_cut_y(in, row_h), all = row;
        if (row.h < row_h)
            break;
        struct dh_box value = dh_box_cut_x(&row, -row.w * 0.4f);
        dh_scene_word(scene, row, dh_plain(DH_SMALL, DH_INK_PLAIN), f->rack_name[r]);
        dh_scene_wordf(scene, value, dh_aligned(dh_plain(DH_SMALL, DH_INK_STRONG), DH_RIGHT),
                       "%d of %d nodes", (int)count[r], (int)f->rack_nodes[r]);
        dh_scene_hit(scene, all, DH_HIT_THING + DH_A_RACK, r, NULL);
    }
    free(count);
}

void dh_draw_job(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t row) {
    struct dh_view_job job;
    char text[96];
    if (!v->source->ops->job(v->source, row, &job)) {
        dh_scene_word(scene, dh_box_cut_y(in, dh_line(v, DH_SMALL)), dh_plain(DH_SMALL, DH_INK_FAINT),
                      "nothing is known of it here");
        return;
    }
    struct dh_box line = dh_box_cut_y(in, dh_line(v, DH_SMALL)), swatch = dh_box_cut_x(&line, 16 * v->s);
    dh_scene_rect(scene, (struct dh_box){swatch.x, swatch.y + 2 * v->s, 10 * v->s, swatch.h - 4 * v->s},
                  dh_job_color(row));
    dh_scene_wordf(scene, line, dh_plain(DH_SMALL, job.state == DH_VIEW_LOST ? DH_RED : DH_INK_FAINT),
                   "job   %s", dh_job_word(&job));
    dh_box_cut_y(in, 6 * v->s);
    if (job.nodes > 0)
        snprintf(text, sizeof text, "%d on %d nodes", (int)job.gpus, (int)job.nodes);
    else
        snprintf(text, sizeof text, "%d", (int)job.gpus);
    dh_row_text(v, scene, in, "GPUs", text);
    snprintf(text, sizeof text, "%d", (int)job.priority);
    dh_row_text(v, scene, in, "Priority", text);
    if (job.service >= 0)
        dh_row_text(v, scene, in, "Replica of", v->facility->service_spec[job.service]->id);
    put_instant(v, scene, in, "Submitted", job.submit);
    dh_time began = job.left != DH_TIME_NONE ? job.left : job.start;
    bool waits = job.state == DH_VIEW_WAITS;
    dh_row(v, scene, in, waits ? "Waits so far" : "Waited", seconds(job.submit, waits ? v->at : began), "s");
    if (job.left != DH_TIME_NONE)
        put_instant(v, scene, in, "Left for the cloud", job.left);
    put_instant(v, scene, in, "Started", waits ? DH_TIME_NONE : job.start);
    bool over = job.state == DH_VIEW_DONE || job.state == DH_VIEW_LOST;
    put_instant(v, scene, in, over ? "Ended" : "Will end", job.end);
    if (job.state == DH_VIEW_RUNS) {
        double so_far = seconds(job.start, v->at), whole = seconds(job.start, job.end);
        dh_row(v, scene, in, "Runs so far", so_far, "s");
        if (whole > 0)
            dh_bar(scene, dh_box_cut_y(in, 5 * v->s), so_far / whole, DH_ACCENT);
    } else if (over)
        dh_row(v, scene, in, "Ran for", seconds(job.start, job.end), "s");
    dh_row(v, scene, in, "Work at full speed", job.work_s, "s");
    if (job.gpu_s > 0 && (over || v->source->live)) {
        snprintf(text, sizeof text, "%.*f GPU h", job.gpu_s < 36000 ? 1 : 0, job.gpu_s / 3600);
        dh_row_text(v, scene, in, "GPU time", text);
    }
    if (!isnan(job.slowdown)) {
        snprintf(text, sizeof text, "%.1f %% longer", 100 * (job.slowdown - 1));
        dh_row_text(v, scene, in, "For the network", text);
    }
    draw_racks(v, scene, in, row, job.state == DH_VIEW_RUNS);
}

void dh_job_tip(struct dh_view *v, int32_t row, char *room, size_t n) {
    struct dh_view_job job;
    char span[DH_FORMAT_ROOM];
    *room = '\0';
    if (!v->source->ops->job(v->source, row, &job))
        return;
    bool waits = job.state == DH_VIEW_WAITS, runs = job.state == DH_VIEW_RUNS;
    double s = waits  ? seconds(job.submit, v->at)
               : runs ? seconds(job.start, v->at)
                      : seconds(job.start, job.end);
    snprintf(room, n, "%s   %d GPUs, %s%s%s", job.name, (int)job.gpus, dh_job_word(&job),
             isnan(s)        ? ""
             : waits || runs ? " for "
                             : ", ran for ",
             isnan(s) ? "" : dh_format_span(span, s));
}
