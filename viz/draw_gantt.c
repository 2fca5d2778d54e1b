/* Jobs over time: a bar each, the largest first. What lies behind the shown instant is told as far as the
 * source knows it, and pale. */
#include "viz/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_JOBS = 30, CANDIDATES = 256 };

struct gantt {
    struct dh_box plot;
    double from_s, to_s;
};

static float x_of(const struct gantt *g, dh_time at) {
    double share = ((double)at / DH_NS_PER_S - g->from_s) / (g->to_s - g->from_s);
    return g->plot.x + g->plot.w * (float)fmin(fmax(share, -0.01), 1.01);
}

static void draw_times(struct dh_view *v, struct dh_scene *scene, const struct gantt *g,
                       struct dh_box below) {
    double span = g->to_s - g->from_s, step = dh_axis_time_step(span, (int)(g->plot.w / (90 * v->s)));
    double offset = fmod((double)v->facility->start_unix_s, step);
    char full[DH_FORMAT_ROOM], word[DH_FORMAT_ROOM];
    for (double at = ceil((g->from_s + offset) / step) * step - offset; at <= g->to_s; at += step) {
        float x = x_of(g, dh_view_instant(at)), w = 84 * v->s;
        dh_scene_rect(scene, (struct dh_box){floorf(x), g->plot.y, 1, g->plot.h}, DH_RAISED);
        if (x - w / 2 < below.x || x + w / 2 > below.x + below.w)
            continue;
        dh_format_instant(full, v->facility->start_unix_s, dh_view_instant(at), step < 60);
        bool midnight = strncmp(full + 12, "00:00", 5) == 0;
        if (midnight || step >= 86400)
            snprintf(word, sizeof word, "%.6s", full);
        else
            snprintf(word, sizeof word, "%s", full + 12);
        dh_scene_word(scene, (struct dh_box){x - w / 2, below.y, w, below.h},
                      dh_aligned(dh_plain(DH_SMALL, midnight ? DH_INK_PLAIN : DH_INK_FAINT), DH_CENTER),
                      word);
    }
}

/* From submission to start a thin line; then the bar, solid up to the shown instant; a job that did not end
 * well is hatched where it ends. */
static void draw_job(struct dh_view *v, struct dh_scene *scene, const struct gantt *g, struct dh_box row,
                     const struct dh_view_job *job) {
    float s = v->s, start = x_of(g, job->start), h = fmaxf(row.h - 3 * s, 2 * s), y = row.y + (row.h - h) / 2;
    float now = x_of(g, v->at), left = g->plot.x, right = g->plot.x + g->plot.w;
    dh_time until = job->end != DH_TIME_NONE                                          ? job->end
                    : job->state == DH_VIEW_RUNS && v->source->newest != DH_TIME_NONE ? v->source->newest
                                                                                      : v->at;
    float end = fminf(fmaxf(x_of(g, until), start + 1.5f * s), right);
    uint32_t color = dh_job_color(job->row);
    float waits = fmaxf(x_of(g, job->submit), left);
    start = fmaxf(start, left);
    if (start > waits)
        dh_scene_rect(scene, (struct dh_box){waits, row.y + row.h / 2 - 0.5f * s, start - waits, 1 * s},
                      DH_INK_FAINT);
    float solid = fminf(fmaxf(now, start), end);
    dh_scene_rect(scene, (struct dh_box){start, y, solid - start, h}, color);
    dh_scene_tint(scene, (struct dh_box){solid, y, end - solid, h}, color, 90);
    bool bad =
        job->outcome == DH_JOB_KILLED || job->outcome == DH_JOB_FAILED || job->outcome == DH_JOB_REJECTED;
    if (bad && job->end != DH_TIME_NONE && end < right) {
        struct dh_box tail = {fmaxf(end - 10 * s, start), y, fminf(10 * s, end - start), h};
        dh_scene_rect(scene, tail, DH_GROUND);
        dh_scene_hatch(scene, tail, DH_RED);
        dh_scene_frame(scene, tail, 1 * s, DH_RED);
    }
    if (v->selected.what == DH_A_JOB && v->selected.row == job->row)
        dh_scene_frame(scene, (struct dh_box){start - 1 * s, y - 1 * s, end - start + 2 * s, h + 2 * s},
                       1.5f * s, DH_INK_STRONG);
}

/* How far a job's time on GPUs is from the shown instant, ns; 0: it runs then. In doubles: what a file says
 * may be further away than a time can tell. */
static double away(const struct dh_view_job *job, dh_time at) {
    if (job->start > at)
        return (double)job->start - (double)at;
    return job->end != DH_TIME_NONE && job->end < at ? (double)at - (double)job->end : 0;
}

static int near_first(const void *a, const void *b, void *self) {
    const struct dh_view_job *x = a, *y = b;
    dh_time at = *(const dh_time *)self;
    double p = away(x, at), q = away(y, at);
    return x->gpus != y->gpus ? (x->gpus < y->gpus ? 1 : -1) : p != q ? (p > q ? 1 : -1) : x->row - y->row;
}

static int by_start(const void *a, const void *b) {
    const struct dh_view_job *x = a, *y = b;
    return x->gpus != y->gpus     ? (x->gpus < y->gpus ? 1 : -1)
           : x->start != y->start ? (x->start > y->start ? 1 : -1)
                                  : x->row - y->row;
}

/* The largest about the shown instant, the largest first and those of one size by their start. */
static int32_t choose(struct dh_view *v, const struct gantt *g, struct dh_view_job jobs[static CANDIDATES],
                      int32_t most) {
    int32_t n = v->source->ops->between(v->source, dh_view_instant(g->from_s), dh_view_instant(g->to_s), jobs,
                                        CANDIDATES);
    if (n > 0)
        qsort_r(jobs, (size_t)n, sizeof *jobs, near_first, &v->at);
    n = n < most ? n : most;
    if (n > 0)
        qsort(jobs, (size_t)n, sizeof *jobs, by_start);
    return n;
}

/* Rows share these columns. */
struct columns {
    struct dh_box names, figures;
};

static void draw_jobs(struct dh_view *v, struct dh_scene *scene, const struct gantt *g,
                      const struct columns *c, const struct dh_view_job *jobs, int32_t n, float h) {
    for (int32_t i = 0; i < n; i++) {
        struct dh_box row = {g->plot.x, g->plot.y + (float)i * h, g->plot.w, h};
        struct dh_box name = {c->names.x, row.y, c->names.w - 6 * v->s, h};
        struct dh_box count = {c->figures.x, row.y, c->figures.w, h};
        struct dh_box all = {c->names.x, row.y, row.x + row.w - c->names.x, h};
        bool over = v->mouse_in && v->hover.what == DH_A_JOB && v->hover.row == jobs[i].row;
        bool chosen = v->selected.what == DH_A_JOB && v->selected.row == jobs[i].row;
        if (over || chosen)
            dh_scene_rect(scene, all, DH_RAISED);
        dh_scene_word(scene, name, dh_plain(DH_SMALL, chosen ? DH_INK_STRONG : DH_INK_PLAIN), jobs[i].name);
        dh_scene_wordf(scene, count, dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_RIGHT), "%d",
                       (int)jobs[i].gpus);
        dh_scene_clip(scene, row);
        draw_job(v, scene, g, row, &jobs[i]);
        dh_scene_clip(scene, (struct dh_box){0});
        dh_scene_hit(scene, all, DH_HIT_THING + DH_A_JOB, jobs[i].row, NULL);
    }
}

/* ---- pipelines: a row for each stage */

static void draw_stage(struct dh_view *v, struct dh_scene *scene, const struct gantt *g, struct dh_box row,
                       const struct dh_view_stage *stage, uint32_t color) {
    float x = x_of(g, stage->start), end = fmaxf(x_of(g, stage->end), x + 1.5f * v->s), now = x_of(g, v->at);
    struct dh_box bar = {x, row.y + 2 * v->s, end - x, row.h - 4 * v->s};
    float solid = fminf(fmaxf(now, x), end);
    dh_scene_rect(scene, (struct dh_box){x, bar.y, solid - x, bar.h}, color);
    dh_scene_tint(scene, (struct dh_box){solid, bar.y, end - solid, bar.h}, color, 90);
}

static int32_t count_stages(const struct dh_view *v) {
    const struct dh_scenario *sc = v->facility->scenario;
    int32_t n = 0;
    for (int32_t p = 0; sc && sc->n_workloads > 0 && p < sc->workloads[0].n_pipelines; p++)
        n += sc->workloads[0].pipelines[p].n_stages;
    return n;
}

static void draw_pipelines(struct dh_view *v, struct dh_scene *scene, const struct gantt *g,
                           const struct columns *c, struct dh_box in, float h) {
    const struct dh_workload_spec *work = &v->facility->scenario->workloads[0];
    struct dh_view_stage stages[CANDIDATES];
    int32_t n = v->source->ops->stages(v->source, dh_view_instant(g->from_s), dh_view_instant(g->to_s),
                                       stages, CANDIDATES);
    for (int32_t p = 0; p < work->n_pipelines; p++)
        for (int32_t k = 0; k < work->pipelines[p].n_stages && in.h >= h; k++) {
            const struct dh_pipeline_spec *pipeline = &work->pipelines[p];
            struct dh_box row = dh_box_cut_y(&in, h);
            dh_scene_wordf(scene, (struct dh_box){c->names.x, row.y, c->names.w + c->figures.w - 6 * v->s, h},
                           dh_plain(DH_SMALL, DH_INK_PLAIN), "%s: %s", pipeline->id, pipeline->stages[k].id);
            dh_scene_clip(scene, row);
            for (int32_t i = 0; i < n; i++)
                if (strcmp(stages[i].pipeline, pipeline->id) == 0 &&
                    strcmp(stages[i].stage, pipeline->stages[k].id) == 0)
                    draw_stage(v, scene, g, row, &stages[i], dh_category_color(k));
            dh_scene_clip(scene, (struct dh_box){0});
        }
}

void dh_draw_gantt(struct dh_view *v, struct dh_scene *scene, struct dh_box box, double from_s, double to_s) {
    struct dh_view_job jobs[CANDIDATES];
    struct dh_box in = dh_panel(v, scene, box, NULL);
    struct dh_box head = dh_box_cut_y(&in, dh_line(v, DH_BODY));
    float s = v->s, least = dh_line(v, DH_SMALL) + 1 * s;
    struct dh_box axis = dh_box_cut_y(&in, -dh_line(v, DH_SMALL) - 2 * s);
    dh_box_cut_y(&in, 4 * s);
    struct columns c = {.names = dh_box_cut_x(&in, fminf(150 * s, in.w * 0.24f))};
    c.figures = dh_box_cut_x(&in, 50 * s);
    dh_box_cut_x(&in, 8 * s);
    struct gantt g = {in, from_s, to_s};
    int32_t n_stage = count_stages(v), room = (int32_t)(in.h / least);
    int32_t most = room - (n_stage > 0 ? (n_stage + 1 < room / 2 ? n_stage + 1 : room / 2) : 0);
    int32_t n = choose(v, &g, jobs, most < 0 ? 0 : most < MOST_JOBS ? most : MOST_JOBS);
    char title[96], fits[64];
    snprintf(title, sizeof title,
             n > 1         ? "The %d largest jobs"
             : n_stage > 0 ? "Jobs and pipelines"
                           : "Jobs",
             (int)n);
    struct dh_box unit = {c.figures.x, head.y, c.figures.w, head.h};
    struct dh_box note = {in.x + in.w * 0.3f, head.y, in.w * 0.7f, head.h};
    struct dh_box name = {head.x, head.y, unit.x - head.x, head.h};
    if ((float)dh_type_width(&v->type, DH_BODY, true, title, strlen(title)) > name.w)
        snprintf(title, sizeof title, "%d jobs", (int)n);
    dh_scene_word(scene, name, dh_bold(DH_BODY, DH_INK_STRONG), title);
    if (n > 0)
        dh_scene_word(scene, unit, dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_RIGHT), "GPUs");
    dh_scene_word(
        scene, note, dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_RIGHT),
        dh_fitting(v, DH_SMALL, false, note.w,
                   "line: waits; bar: runs; pale: later than now\npale: later than now\npale: later", fits,
                   sizeof fits));
    dh_scene_rect(scene, in, 0x12171D);
    draw_times(v, scene, &g, (struct dh_box){in.x, axis.y, in.w, axis.h});
    float h = fminf(in.h / fmaxf((float)(n + (n_stage > 0 ? n_stage + 1 : 0)), 1), 24 * s);
    h = fmaxf(h, least);
    draw_jobs(v, scene, &g, &c, jobs, n, h);
    if (n_stage > 0) {
        struct dh_box below = in;
        dh_box_cut_y(&below, (float)n * h + 0.5f * h);
        draw_pipelines(v, scene, &g, &c, below, h);
    } else if (n == 0)
        dh_scene_word(scene, dh_box_inset(in, 8 * s), dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_CENTER),
                      v->facility->scenario && v->facility->scenario->n_workloads > 0
                          ? "no job has run in this time"
                          : "this scenario has no <workload>: its racks idle");
    float now = x_of(&g, v->at);
    dh_scene_rect(scene, (struct dh_box){floorf(now), in.y, 1.5f * s, in.h}, DH_INK_STRONG);
}
