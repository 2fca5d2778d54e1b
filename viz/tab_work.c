/* The work: jobs over time, and beside them what waits, services, storage, data and the cloud. A scenario has
 * some of these; what it has not takes no room. */
#include "viz/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_CARDS = 5, MOST_LISTED = 64 };

/* One of the cards at the side. */
struct card {
    const char *title;
    void (*draw)(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
    float lines; /* that it would like to have */
};

static float row_h(const struct dh_view *v) {
    return dh_line(v, DH_SMALL) + 3 * v->s;
}

/* ---- rows of a table: words in columns, each a share of the width */

struct field {
    const char *text;
    float share;
    enum dh_align align;
    uint32_t color;
};

static struct dh_box cut_share(struct dh_box *row, float w, float share, float gap) {
    struct dh_box box = dh_box_cut_x(row, w * share);
    box.w -= gap;
    return box;
}

/* A text may have shorter forms, one below the other. */
static void put_fields(struct dh_view *v, struct dh_scene *scene, struct dh_box row, const struct field *f,
                       int n) {
    float w = row.w;
    for (int i = 0; i < n; i++) {
        char room[64];
        struct dh_box box = cut_share(&row, w, f[i].share, 8 * v->s);
        bool forms = strchr(f[i].text, '\n') != NULL;
        dh_scene_word(scene, box, dh_aligned(dh_plain(DH_SMALL, f[i].color), f[i].align),
                      forms ? dh_fitting(v, DH_SMALL, false, box.w, f[i].text, room, sizeof room)
                            : f[i].text);
    }
}

/* The last row that fits says how many more there are. True: this is that row, and it was written. */
static bool is_cut(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int64_t left,
                   const char *of) {
    if (in->h >= 2 * row_h(v) || left <= 1)
        return false;
    if (in->h >= row_h(v))
        dh_scene_wordf(scene, dh_box_cut_y(in, row_h(v)), dh_plain(DH_SMALL, DH_INK_FAINT),
                       "and %lld more %s", (long long)left, of);
    return true;
}

static void whole_number(char room[static DH_FORMAT_ROOM], double value) {
    if (isfinite(value))
        snprintf(room, DH_FORMAT_ROOM, "%.0f", value);
    else
        snprintf(room, DH_FORMAT_ROOM, "\u2013");
}

/* What the charts here cover: the timeline where that is days, else the day about the shown instant. */
static void window(const struct dh_view *v, double *from_s, double *to_s) {
    double at_s = (double)v->at / DH_NS_PER_S, begin_s = (double)v->source->begin / DH_NS_PER_S;
    *from_s = v->from_s;
    *to_s = v->to_s;
    if (*to_s > *from_s && *to_s - *from_s <= 4 * 86400.0)
        return;
    *from_s = fmax(at_s - 18 * 3600.0, begin_s);
    *to_s = *from_s + 24 * 3600.0;
}

static void spark(struct dh_view *v, struct dh_scene *scene, struct dh_box box, enum dh_column_id column,
                  int32_t row, uint32_t color) {
    const struct dh_trace *t = v->source->ops->trace(v->source, column, row);
    double from_s, to_s;
    window(v, &from_s, &to_s);
    dh_scene_rect(scene, box, 0x12171D);
    if (!t || t->low > t->high)
        return;
    struct dh_box in = {box.x, box.y + 1, box.w, box.h - 2};
    dh_scene_clip(scene, box);
    dh_spark(v, scene, in, t, from_s, to_s, 0, t->high > 0 ? t->high * 1.05 : 1, color);
    float now = box.x + box.w * (float)(((double)v->at / DH_NS_PER_S - from_s) / (to_s - from_s));
    dh_scene_rect(scene, (struct dh_box){floorf(now), box.y, 1 * v->s, box.h}, DH_INK_FAINT);
    dh_scene_clip(scene, (struct dh_box){0});
}

/* ---- the queue */

/* Jobs with their GPUs, priority and for how long they have been what they are; `all` counts those that are
 * not in `jobs`, too. */
static void draw_list(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *title,
                      const struct dh_view_job *jobs, int32_t n, int32_t all, float room) {
    char gpus[DH_FORMAT_ROOM], span[DH_FORMAT_ROOM], priority[16];
    const struct field head[] = {
        {title,             0.44f, DH_LEFT,  DH_INK_FAINT},
        {"GPUs",            0.16f, DH_RIGHT, DH_INK_FAINT},
        {"priority\nprio.", 0.17f, DH_RIGHT, DH_INK_FAINT},
        {"for",             0.23f, DH_RIGHT, DH_INK_FAINT}
    };
    struct dh_box part = dh_box_cut_y(in, fminf(room, (float)(all + 1) * row_h(v)));
    put_fields(v, scene, dh_box_cut_y(&part, row_h(v)), head, 4);
    for (int32_t i = 0; i < n && part.h >= row_h(v); i++) {
        if (is_cut(v, scene, &part, all - i, jobs[0].state == DH_VIEW_RUNS ? "that run" : "that wait"))
            return;
        const struct dh_view_job *j = &jobs[i];
        struct dh_box row = dh_box_cut_y(&part, row_h(v));
        dh_time since = j->state == DH_VIEW_RUNS ? j->start : j->submit;
        whole_number(gpus, j->gpus);
        snprintf(priority, sizeof priority, "%d", (int)j->priority);
        dh_format_span(span, since == DH_TIME_NONE ? NAN : ((double)v->at - (double)since) / DH_NS_PER_S);
        const struct field fields[] = {
            {j->name,  0.44f, DH_LEFT,  DH_INK_PLAIN },
            {gpus,     0.16f, DH_RIGHT, DH_INK_STRONG},
            {priority, 0.17f, DH_RIGHT, DH_INK_PLAIN },
            {span,     0.23f, DH_RIGHT, DH_INK_STRONG}
        };
        put_fields(v, scene, row, fields, 4);
        dh_scene_hit(scene, row, DH_HIT_THING + DH_A_JOB, j->row, NULL);
    }
}

static void draw_queue(struct dh_view *v, struct dh_scene *scene, struct dh_box in) {
    struct dh_view_job jobs[MOST_LISTED];
    char waits[DH_FORMAT_ROOM], text[160];
    int32_t n = v->source->ops->waiting(v->source, jobs, MOST_LISTED);
    double count = dh_view_value(v, DH_COLUMN_queue_jobs, 0),
           asked = dh_view_value(v, DH_COLUMN_queue_gpus, 0);
    struct dh_box line = dh_box_cut_y(&in, row_h(v));
    dh_format_span(waits, dh_view_value(v, DH_COLUMN_queue_oldest_s, 0));
    if (count > 0)
        snprintf(text, sizeof text, "%.0f %s for %.0f GPUs, the oldest for %s", count,
                 count == 1 ? "job waits" : "jobs wait", asked, waits);
    else
        snprintf(text, sizeof text, "%s", count == 0 ? "nobody waits" : "not known here");
    dh_scene_word(scene, line, dh_plain(DH_SMALL, count > 0 ? DH_INK_STRONG : DH_INK_FAINT), text);
    if (in.h >= 3 * row_h(v)) {
        spark(v, scene, dh_box_cut_y(&in, fminf(34 * v->s, in.h / 3)), DH_COLUMN_queue_gpus, 0, 0xCC79A7);
        dh_box_cut_y(&in, 3 * v->s);
    }
    /* Those that run have what those that wait leave, and where there is much room a third of it. */
    float room = in.h > 14 * row_h(v) ? in.h * 0.66f : in.h;
    if (n > 0 && in.h >= 2 * row_h(v)) {
        draw_list(v, scene, &in, "waiting, the oldest first\nwaiting", jobs,
                  n < MOST_LISTED ? n : MOST_LISTED, n, room);
        dh_box_cut_y(&in, 0.5f * row_h(v));
    }
    if (in.h < 3 * row_h(v))
        return;
    n = v->source->ops->running(v->source, jobs, MOST_LISTED);
    if (n > 0)
        draw_list(v, scene, &in, "running, the largest first\nrunning", jobs,
                  n < MOST_LISTED ? n : MOST_LISTED, n, in.h);
}

/* ---- services */

static void draw_services(struct dh_view *v, struct dh_scene *scene, struct dh_box in) {
    static const float shares[] = {0.2f, 0.13f, 0.14f, 0.13f, 0.24f, 0.16f};
    const struct dh_facility *f = v->facility;
    const struct field head[] = {
        {"",                      shares[0], DH_LEFT,  DH_INK_FAINT},
        {"per s",                 shares[1], DH_RIGHT, DH_INK_FAINT},
        {"replicas\nrepl.",       shares[2], DH_RIGHT, DH_INK_FAINT},
        {"in use",                shares[3], DH_LEFT,  DH_INK_FAINT},
        {"first token\nto token", shares[4], DH_RIGHT, DH_INK_FAINT},
        {"requests",              shares[5], DH_LEFT,  DH_INK_FAINT}
    };
    if (in.h >= 2 * row_h(v))
        put_fields(v, scene, dh_box_cut_y(&in, row_h(v)), head, 6);
    for (int32_t k = 0; k < f->n_service && in.h >= row_h(v); k++) {
        if (is_cut(v, scene, &in, f->n_service - k, "services"))
            return;
        struct dh_box row = dh_box_cut_y(&in, row_h(v)), all = row;
        char rate[DH_FORMAT_ROOM], replicas[DH_FORMAT_ROOM], ttft[DH_FORMAT_ROOM], limit[DH_FORMAT_ROOM];
        char text[DH_FORMAT_ROOM * 6], fits[DH_FORMAT_ROOM * 2];
        double limit_s = f->service_spec[k]->slo_ttft_s,
               ttft_s = dh_view_value(v, DH_COLUMN_service_ttft_s, k);
        double use = dh_view_value(v, DH_COLUMN_service_utilization, k);
        bool over = dh_service_slo(v->source, k) == DH_SLO_MISSED;
        snprintf(rate, sizeof rate, "%.1f", dh_view_value(v, DH_COLUMN_service_requests_per_s, k));
        if (isnan(dh_view_value(v, DH_COLUMN_service_requests_per_s, k)))
            snprintf(rate, sizeof rate, "\u2013");
        whole_number(replicas, dh_view_value(v, DH_COLUMN_service_replicas, k));
        dh_format_span(ttft, ttft_s);
        if (limit_s > 0)
            snprintf(text, sizeof text, "%s%s of %s\n%s%s / %s\n%s%s", over ? "\u25b2 " : "", ttft,
                     dh_format_span(limit, limit_s), over ? "\u25b2 " : "", ttft, limit,
                     over ? "\u25b2 " : "", ttft);
        else
            snprintf(text, sizeof text, "%s", ttft);
        const struct field left[] = {
            {f->service_spec[k]->id, shares[0] / 0.47f, DH_LEFT,  DH_INK_PLAIN },
            {rate,                   shares[1] / 0.47f, DH_RIGHT, DH_INK_STRONG},
            {replicas,               shares[2] / 0.47f, DH_RIGHT, DH_INK_STRONG}
        };
        float w = row.w;
        put_fields(v, scene, dh_box_cut_x(&row, 0.47f * w), left, 3);
        struct dh_box bar = cut_share(&row, w, shares[3], 8 * v->s);
        dh_bar(scene, (struct dh_box){bar.x, bar.y + bar.h / 2 - 3 * v->s, bar.w, 6 * v->s}, use, DH_ACCENT);
        struct dh_box first = cut_share(&row, w, shares[4], 8 * v->s);
        dh_scene_word(scene, first, dh_aligned(dh_plain(DH_SMALL, over ? DH_RED : DH_INK_STRONG), DH_RIGHT),
                      dh_fitting(v, DH_SMALL, false, first.w, text, fits, sizeof fits));
        spark(v, scene, (struct dh_box){row.x, row.y + 1, row.w, row.h - 2}, DH_COLUMN_service_requests_per_s,
              k, DH_GREEN);
        dh_scene_hit(scene, all, DH_HIT_THING + DH_A_SERVICE, k, NULL);
    }
}

/* ---- storage and data */

static void draw_storage(struct dh_view *v, struct dh_scene *scene, struct dh_box in) {
    static const float shares[] = {0.16f, 0.1f, 0.28f, 0.16f, 0.16f, 0.14f};
    const struct dh_facility *f = v->facility;
    const struct field head[] = {
        {"",                 shares[0], DH_LEFT,  DH_INK_FAINT},
        {"fill",             shares[1], DH_LEFT,  DH_INK_FAINT},
        {"stored",           shares[2], DH_RIGHT, DH_INK_FAINT},
        {"read",             shares[3], DH_RIGHT, DH_INK_FAINT},
        {"written",          shares[4], DH_RIGHT, DH_INK_FAINT},
        {"transfers\nmoves", shares[5], DH_RIGHT, DH_INK_FAINT}
    };
    if (in.h >= 2 * row_h(v))
        put_fields(v, scene, dh_box_cut_y(&in, row_h(v)), head, 6);
    for (int32_t k = 0; k < f->n_store && in.h >= row_h(v); k++) {
        if (is_cut(v, scene, &in, f->n_store - k, "stores"))
            return;
        const struct dh_store *store = &f->storage.stores[k];
        struct dh_box row = dh_box_cut_y(&in, row_h(v)), all = row;
        char stored[DH_FORMAT_ROOM], of[DH_FORMAT_ROOM], amount[2 * DH_FORMAT_ROOM], read[DH_FORMAT_ROOM],
            written[DH_FORMAT_ROOM], moves[DH_FORMAT_ROOM];
        double stored_b = dh_view_value(v, DH_COLUMN_store_stored_b, k);
        double waits = dh_view_value(v, DH_COLUMN_store_waiting, k);
        bool limited = store->kind != DH_STORE_NODE && isfinite(store->capacity_b) && store->capacity_b > 0;
        dh_format(stored, stored_b, "B");
        if (limited)
            snprintf(amount, sizeof amount, "%s of %s", stored, dh_format(of, store->capacity_b, "B"));
        else
            snprintf(amount, sizeof amount, "%s", stored);
        dh_format(read, dh_view_value(v, DH_COLUMN_store_read_b_per_s, k), "B/s");
        dh_format(written, dh_view_value(v, DH_COLUMN_store_write_b_per_s, k), "B/s");
        whole_number(moves, dh_view_value(v, DH_COLUMN_store_transfers, k));
        if (waits > 0) {
            size_t n = strlen(moves);
            snprintf(moves + n, sizeof moves - n, ", \u25b2 %.0f wait", waits);
        }
        float w = row.w;
        dh_scene_word(scene, cut_share(&row, w, shares[0], 8 * v->s), dh_plain(DH_SMALL, DH_INK_PLAIN),
                      store->id);
        struct dh_box bar = cut_share(&row, w, shares[1], 8 * v->s);
        if (limited)
            dh_bar(scene, (struct dh_box){bar.x, bar.y + bar.h / 2 - 3 * v->s, bar.w, 6 * v->s},
                   stored_b / store->capacity_b,
                   stored_b > DH_NEAR * store->capacity_b ? DH_AMBER : DH_ACCENT);
        const struct field right[] = {
            {amount,  shares[2] / 0.74f, DH_RIGHT, DH_INK_STRONG                      },
            {read,    shares[3] / 0.74f, DH_RIGHT, DH_INK_PLAIN                       },
            {written, shares[4] / 0.74f, DH_RIGHT, DH_INK_PLAIN                       },
            {moves,   shares[5] / 0.74f, DH_RIGHT, waits > 0 ? DH_AMBER : DH_INK_PLAIN}
        };
        row.w = 0.74f * w;
        put_fields(v, scene, row, right, 4);
        dh_scene_hit(scene, all, DH_HIT_THING + DH_A_STORE, k, NULL);
    }
}

static void draw_data(struct dh_view *v, struct dh_scene *scene, struct dh_box in) {
    const struct dh_workload_spec *work = &v->facility->scenario->workloads[0];
    const struct field head[] = {
        {"dataset",                0.4f,  DH_LEFT,  DH_INK_FAINT},
        {"newest version\nnewest", 0.22f, DH_RIGHT, DH_INK_FAINT},
        {"versions\nvers.",        0.16f, DH_RIGHT, DH_INK_FAINT},
        {"age",                    0.22f, DH_RIGHT, DH_INK_FAINT}
    };
    if (in.h >= 2 * row_h(v))
        put_fields(v, scene, dh_box_cut_y(&in, row_h(v)), head, 4);
    int32_t all = v->facility->n_dataset;
    for (int32_t k = 0; k < all && in.h >= row_h(v); k++) {
        if (is_cut(v, scene, &in, all - k, "datasets"))
            return;
        struct dh_box row = dh_box_cut_y(&in, row_h(v));
        char bytes[DH_FORMAT_ROOM], versions[DH_FORMAT_ROOM], age[DH_FORMAT_ROOM];
        dh_format(bytes, dh_view_value(v, DH_COLUMN_dataset_bytes, k), "B");
        whole_number(versions, dh_view_value(v, DH_COLUMN_dataset_versions, k));
        dh_format_span(age, dh_view_value(v, DH_COLUMN_dataset_age_s, k));
        const struct field fields[] = {
            {work->datasets[k].id, 0.4f,  DH_LEFT,  DH_INK_PLAIN },
            {bytes,                0.22f, DH_RIGHT, DH_INK_STRONG},
            {versions,             0.16f, DH_RIGHT, DH_INK_PLAIN },
            {age,                  0.22f, DH_RIGHT, DH_INK_PLAIN }
        };
        put_fields(v, scene, row, fields, 4);
    }
}

/* ---- the cloud */

static const struct dh_burst_spec *burst_of(const struct dh_facility *f) {
    const struct dh_scenario *sc = f->scenario;
    return sc && sc->n_bursts > 0 && sc->bursts[0].policy != DH_BURST_NONE ? &sc->bursts[0] : NULL;
}

static void draw_burst(struct dh_view *v, struct dh_scene *scene, struct dh_box in) {
    const struct dh_burst_spec *burst = burst_of(v->facility);
    char usd[DH_FORMAT_ROOM], after[DH_FORMAT_ROOM], n_jobs[DH_FORMAT_ROOM], n_gpus[DH_FORMAT_ROOM];
    double jobs = dh_view_value(v, DH_COLUMN_burst_jobs, 0), gpus = dh_view_value(v, DH_COLUMN_burst_gpus, 0);
    whole_number(n_jobs, jobs);
    whole_number(n_gpus, gpus);
    dh_scene_wordf(scene, dh_box_cut_y(&in, row_h(v)),
                   dh_plain(DH_SMALL, jobs > 0 ? DH_INK_STRONG : DH_INK_FAINT),
                   "%s jobs on %s GPUs there; so far %s", n_jobs, n_gpus,
                   dh_format(usd, dh_view_value(v, DH_COLUMN_cloud_usd, 0), "USD"));
    if (in.h >= row_h(v))
        dh_scene_wordf(scene, dh_box_cut_y(&in, row_h(v)), dh_plain(DH_SMALL, DH_INK_FAINT),
                       "%.40s, %.40s, after a wait of %s", burst->provider, burst->instance,
                       dh_format_span(after, burst->threshold_s));
    if (in.h >= 12 * v->s)
        spark(v, scene, dh_box_cut_y(&in, fminf(in.h, 34 * v->s)), DH_COLUMN_burst_gpus, 0, 0xE69F00);
}

/* ---- all of it */

/* Heights: who asks for less than an even share of what is left has it, the others share the rest evenly;
 * and where there is more than all ask for, the first has it, whose list may be long. */
static void share_out(float *h, int n, float room) {
    float given[MOST_CARDS], left = room;
    bool done[MOST_CARDS] = {0};
    int open = n;
    for (bool any = true; any && open > 0;) {
        any = false;
        for (int i = 0; i < n; i++)
            if (!done[i] && h[i] <= left / (float)open) {
                given[i] = h[i];
                left -= h[i];
                open--;
                done[i] = any = true;
            }
    }
    for (int i = 0; i < n; i++)
        h[i] = done[i] ? given[i] : left / (float)open;
    h[0] += open == 0 ? left : 0;
}

static void draw_cards(struct dh_view *v, struct dh_scene *scene, struct dh_box box, const struct card *cards,
                       int n) {
    float gap = 6 * v->s, edge = dh_line(v, DH_BODY) + 18 * v->s, h[MOST_CARDS];
    for (int i = 0; i < n; i++)
        h[i] = edge + cards[i].lines * row_h(v);
    share_out(h, n, box.h - gap * (float)(n - 1));
    for (int i = 0; i < n; i++) {
        struct dh_box part = dh_box_cut_y(&box, floorf(h[i]));
        dh_box_cut_y(&box, gap);
        dh_scene_rect(scene, part, DH_PANEL);
        struct dh_box in = dh_box_inset(part, 8 * v->s);
        dh_scene_word(scene, dh_box_cut_y(&in, dh_line(v, DH_BODY)), dh_bold(DH_BODY, DH_INK_STRONG),
                      cards[i].title);
        dh_box_cut_y(&in, 2 * v->s);
        if (in.h >= row_h(v))
            cards[i].draw(v, scene, in);
    }
}

void dh_draw_work(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    const struct dh_facility *f = v->facility;
    const struct dh_scenario *sc = f->scenario;
    bool has_work = sc && sc->n_workloads > 0;
    struct card cards[MOST_CARDS];
    int n = 0;
    double waits = dh_view_value(v, DH_COLUMN_queue_jobs, 0);
    cards[n++] = (struct card){"Queue", draw_queue, waits > 0 ? 4 + (float)fmin(waits, 6) : 3};
    if (f->n_service > 0)
        cards[n++] = (struct card){"Services", draw_services, 1 + fminf((float)f->n_service, 8)};
    if (f->n_store > 0)
        cards[n++] = (struct card){"Storage", draw_storage, 1 + fminf((float)f->n_store, 6)};
    if (has_work && f->n_dataset > 0)
        cards[n++] = (struct card){"Data", draw_data, 1 + fminf((float)f->n_dataset, 6)};
    if (burst_of(f))
        cards[n++] = (struct card){"In the cloud", draw_burst, 4};
    double from_s, to_s;
    window(v, &from_s, &to_s);
    struct dh_box side = dh_box_cut_x(&box, -fmaxf(box.w * 0.42f, fminf(480 * v->s, box.w / 2)));
    dh_box_cut_x(&box, -6 * v->s);
    dh_draw_gantt(v, scene, box, from_s, to_s);
    draw_cards(v, scene, side, cards, n);
}
