#include "tests/tests.h"

#include "tests/unit/view_check.h"

#include "viz/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void view_look_open(struct view_look *l, const char *scenario, const char *until) {
    view_look_open_with(l, scenario, &(struct dh_scenario_changes){.until = until});
}

void view_look_open_with(struct view_look *l, const char *scenario,
                         const struct dh_scenario_changes *changes) {
    *l = (struct view_look){.diag = dh_diag_new()};
    snprintf(l->path, sizeof l->path, "/tmp/datahall-view-XXXXXX.h5");
    int fd = mkstemps(l->path, 3);
    assert_true(fd >= 0);
    close(fd);
    struct dh_run_options options = {.output = l->path};
    if (dh_sim_open(&l->run, scenario, changes, l->diag) != DH_OK)
        fail_msg("%s: %.300s", scenario, dh_diag_at(l->diag, 0).text);
    assert_int_equal(dh_sim_run(l->run, &options, l->diag), DH_OK);
    assert_int_equal(dh_sim_open_result(&l->plant, l->path, l->diag), DH_OK);
    assert_int_equal(dh_source_open_result(&l->source, NULL, l->path, dh_sim_facility(l->plant), l->diag),
                     DH_OK);
    assert_int_equal(dh_view_open(&l->view, &l->source, 1), DH_OK);
}

void view_look_close(struct view_look *l) {
    dh_view_close(l->view);
    dh_source_close(l->source);
    dh_sim_close(l->plant);
    dh_sim_close(l->run);
    dh_scene_free(&l->scene);
    dh_diag_delete(l->diag);
    unlink(l->path);
}

static const char *text_of(const struct dh_scene *s, const struct dh_ink *ink, char room[static 80]) {
    snprintf(room, 80, "%.*s", ink->n < 79 ? (int)ink->n : 79, s->bytes + ink->first);
    return room;
}

static bool inside(struct dh_box a, struct dh_box b) {
    return a.x >= b.x - 0.6f && a.y >= b.y - 0.6f && a.x + a.w <= b.x + b.w + 0.6f &&
           a.y + a.h <= b.y + b.h + 0.6f;
}

static bool apart(struct dh_box a, struct dh_box b) {
    return a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
}

/* What the letters take of their line: it has a third of an em between lines. */
static struct dh_box letters(struct dh_box line) {
    return (struct dh_box){line.x, line.y + line.h * 0.16f, line.w, line.h * 0.68f};
}

const char *view_look_complaint(struct view_look *l) {
    static char text[400];
    char a[80], b[80];
    struct dh_scene *s = &l->scene;
    dh_view_draw(l->view, s);
    struct dh_box clip = s->size, *seen = malloc(((size_t)s->n_ink + 1) * sizeof *seen);
    text[0] = '\0';
    for (int32_t i = 0; i < s->n_ink && !*text; i++) {
        const struct dh_ink *ink = &s->inks[i];
        seen[i] = (struct dh_box){0};
        if (ink->kind == DH_INK_CLIP)
            clip = ink->box.w > 0 ? ink->box : s->size;
        if (ink->kind != DH_INK_WORD || ink->n == 0)
            continue;
        if (apart(ink->box, clip))
            continue; /* nobody sees it */
        seen[i] = letters(ink->box);
        if (!inside(seen[i], clip) || !inside(seen[i], s->size))
            snprintf(text, sizeof text, "\"%s\" at %.0f,%.0f is cut", text_of(s, ink, a), (double)ink->box.x,
                     (double)ink->box.y);
        for (int32_t k = 0; k < i && !*text; k++)
            if (s->inks[k].kind == DH_INK_RECT && s->inks[k].color == DH_PANEL &&
                s->inks[k].layer == ink->layer && !apart(seen[i], s->inks[k].box) &&
                !inside(seen[i], s->inks[k].box))
                snprintf(text, sizeof text, "\"%s\" at %.0f,%.0f reaches out of its panel",
                         text_of(s, ink, a), (double)ink->box.x, (double)ink->box.y);
        for (int32_t k = 0; k < i && !*text; k++)
            if (seen[k].w > 0 && s->inks[k].layer == ink->layer && !apart(seen[k], seen[i]))
                snprintf(text, sizeof text, "\"%s\" and \"%s\" at %.0f,%.0f overlap",
                         text_of(s, &s->inks[k], a), text_of(s, ink, b), (double)ink->box.x,
                         (double)ink->box.y);
    }
    free(seen);
    return text;
}

int view_look_cut(const struct view_look *l) {
    int n = l->scene.n_lost;
    for (int32_t i = 0; i < l->scene.n_ink; i++)
        n += l->scene.inks[i].kind == DH_INK_WORD && l->scene.inks[i].cut;
    return n;
}

void view_look_tell_cut(const struct view_look *l, const char *prefix) {
    char text[80];
    for (int32_t i = 0; i < l->scene.n_ink; i++)
        if (l->scene.inks[i].kind == DH_INK_WORD && l->scene.inks[i].cut)
            print_message("# %s \"%s\"\n", prefix, text_of(&l->scene, &l->scene.inks[i], text));
    if (l->scene.n_lost > 0)
        print_message("# %s %d words without any room\n", prefix, (int)l->scene.n_lost);
}

int32_t view_look_count(const struct view_look *l, enum dh_view_what what) {
    struct dh_view_job jobs[4];
    return what == DH_A_JOB ? l->source->ops->running(l->source, jobs, 4) : dh_thing_count(l->view, what);
}

void view_look_select(struct view_look *l, enum dh_view_what what, int32_t i, char name[static 96]) {
    struct dh_view_thing t = {what, i};
    struct dh_view_job jobs[4];
    if (what == DH_A_JOB && l->source->ops->running(l->source, jobs, 4) > 0)
        t.row = jobs[i < 4 ? i : 3].row;
    dh_view_choose(l->view, t);
    char room[96];
    snprintf(name, 96, "%s", dh_thing_name(l->view, t, room));
}

bool view_look_says(const struct view_look *l, const char *wanted) {
    const struct dh_scene *s = &l->scene;
    for (int32_t i = 0; i < s->n_ink; i++)
        if (s->inks[i].kind == DH_INK_WORD && s->inks[i].n > 0 &&
            memmem(s->bytes + s->inks[i].first, (size_t)s->inks[i].n, wanted, strlen(wanted)))
            return true;
    return false;
}
