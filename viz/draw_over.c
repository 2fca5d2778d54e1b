/* What lies over the picture: help, search, the tip at the pointer. */
#include "viz/inspect.h"
#include "viz/kpi.h"
#include "viz/twin.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Keys and what the mouse does, in groups; those without a key are the groups' titles. */
static const struct {
    const char *key, *what;
} keys[] = {
    {NULL,                          "Time"                                                      },
    {"Space",                       "play, pause"                                               },
    {". ,",                         "one sample on, back"                                       },
    {"] [",                         "to the next event, the one before"                         },
    {"+ \u2212",                    "faster, slower: a second to a month a second, or all of it"},
    {"F, End",                      "follow a run as it goes; the newest instant"               },
    {"M, right click",              "mark this instant on the timeline, or no longer"           },
    {"A",                           "all of the time on the timeline"                           },
    {"On the timeline",             "click: go there; drag: zoom into it; wheel: zoom"          },
    {"In its legend",               "click: a series off or on; key figures put others there"   },
    {NULL,                          "Picture"                                                   },
    {"Tab, Ctrl+1 \u2026 5",        "tabs; Shift: back"                                         },
    {"1 \u2026 9",                  "overlay of the floor"                                      },
    {"L, P",                        "scale of its colours, palette"                             },
    {"Wheel, Z, Shift+Z",           "zoom about the pointer; also Page up, Page down"           },
    {"Drag, arrows, Home",          "move the floor or the diagram; all of it"                  },
    {"D",                           "two results: side by side, or the difference of each rack" },
    {NULL,                          "Things"                                                    },
    {"Click",                       "what it is, in figures"                                    },
    {"/",                           "find a rack, hall, power stage, plant, service, job"       },
    {"N",                           "alerts, and the site"                                      },
    {"C, right click",              "pin it, to compare it with what is selected next"          },
    {"Y",                           "copy what is selected, as a table"                         },
    {"Escape",                      "close, deselect"                                           },
    {NULL,                          "In a run"                                                  },
    {"T, Shift+T",                  "trip what is selected, put it back"                        },
    {"G, Shift+G",                  "drain a rack, take jobs there again"                       },
    {"E, Shift+E",                  "a cap or a set-point; as it was"                           },
    {"I, B",                        "submit a job; when jobs leave for the cloud"               },
    {NULL,                          "Files and window"                                          },
    {"S, R",                        "a picture with its data; record pictures, and no longer"   },
    {"F11, Q",                      "the whole screen; end"                                     },
    {NULL,                          "Marks"                                                     },
    {"\u25b2 \u25b3",               "beyond a limit; near it (90 %, busways, breakers 80 %)"    },
    {"\u2715 \u25b2 \u25c6 \u2713", "events: failure, limit, deed, back in order"               },
};
enum { N_KEYS = sizeof keys / sizeof *keys };

static struct dh_box centered(struct dh_box all, float w, float h) {
    w = fminf(w, all.w - 16);
    h = fminf(h, all.h - 16);
    return (struct dh_box){floorf(all.x + (all.w - w) / 2), floorf(all.y + (all.h - h) / 2), w, h};
}

/* Lines that a group takes, the gap above it included. */
static float group_height(const struct dh_view *v, int first, int *next) {
    float line = dh_line(v, DH_BODY) + 2 * v->s, h = line + 8 * v->s;
    for (*next = first + 1; *next < N_KEYS && keys[*next].key; ++*next)
        h += line;
    return h;
}

/* In two columns, groups whole, so that the longer one is as short as can be. */
static int key_called(const char *word, size_t n) {
    static const struct {
        const char *word;
        int key;
    } named[] = {
        {"Space",  ' '          },
        {"Tab",    DH_KEY_TAB   },
        {"Home",   DH_KEY_HOME  },
        {"End",    DH_KEY_END   },
        {"F11",    DH_KEY_F11   },
        {"Escape", DH_KEY_ESCAPE},
        {"\u2212", '-'          }
    };
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (strlen(named[i].word) == n && strncmp(named[i].word, word, n) == 0)
            return named[i].key;
    if (n != 1 || word[0] <= ' ' || word[0] >= 127)
        return DH_KEY_NONE;
    return word[0] >= 'A' && word[0] <= 'Z' ? word[0] + ('a' - 'A') : word[0];
}

/* By mouse what the keys do: a click on one is as if it were pressed. */
static void hit_keys(struct dh_view *v, struct dh_scene *scene, struct dh_box box, int row) {
    const char *text = keys[row].key;
    for (const char *at = text, *end; *at; at = end) {
        while (*at == ' ')
            at++;
        end = at + strcspn(at, " ");
        size_t n = (size_t)(end - at);
        if (n > 1 && at[n - 1] == ',') /* between keys; by itself it is one */
            n--;
        int key = key_called(at, n);
        float x = (float)dh_type_width(&v->type, DH_BODY, true, text, (size_t)(at - text)),
              w = (float)dh_type_width(&v->type, DH_BODY, true, at, n);
        if (key != DH_KEY_NONE)
            dh_scene_hit(scene, (struct dh_box){box.x + x - 3 * v->s, box.y, w + 6 * v->s, box.h}, DH_HIT_KEY,
                         key, "a click does it, too");
    }
}

void dh_draw_help(struct dh_view *v, struct dh_scene *scene, struct dh_box all) {
    float s = v->s, line = dh_line(v, DH_BODY) + 2 * s, whole = 0, left = 0, longer = INFINITY;
    int next, split = 0;
    for (int i = 0; i < N_KEYS; i = next)
        whole += group_height(v, i, &next);
    for (int i = 0; i < N_KEYS; i = next) {
        left += group_height(v, i, &next);
        if (fmaxf(left, whole - left) < longer) {
            longer = fmaxf(left, whole - left);
            split = next;
        }
    }
    float head = dh_line(v, DH_TITLE) + 4 * s;
    struct dh_box box = centered(all, 1120 * s, longer + head + 28 * s);
    dh_scene_tint(scene, all, 0x000000, 150);
    dh_scene_hit(scene, all, DH_HIT_CLOSE, 0, NULL);
    struct dh_box in = dh_panel(v, scene, box, "Keys and mouse");
    dh_scene_frame(scene, box, 1 * s, DH_RULE);
    struct dh_box columns[2];
    columns[0] = dh_box_cut_x(&in, floorf(in.w / 2) - 10 * s);
    dh_box_cut_x(&in, 20 * s);
    columns[1] = in;
    for (int i = 0; i < N_KEYS; i++) {
        struct dh_box *to = &columns[i >= split];
        if (!keys[i].key)
            dh_box_cut_y(to, 8 * s);
        struct dh_box row = dh_box_cut_y(to, line);
        if (row.h < line)
            continue;
        if (!keys[i].key) {
            dh_scene_word(scene, row, dh_bold(DH_BODY, DH_INK_PLAIN), keys[i].what);
            dh_scene_rect(scene, (struct dh_box){row.x, row.y + row.h - 1, row.w, 1}, DH_RULE);
            continue;
        }
        struct dh_box key = dh_box_cut_x(&row, 162 * s);
        dh_scene_word(scene, key, dh_bold(DH_BODY, DH_ACCENT), keys[i].key);
        hit_keys(v, scene, key, i);
        dh_scene_word(scene, row, dh_plain(DH_BODY, DH_INK_PLAIN), keys[i].what);
    }
}

void dh_draw_search(struct dh_view *v, struct dh_scene *scene, struct dh_box all) {
    float line = dh_line(v, DH_BODY) + 6 * v->s;
    struct dh_box box =
        centered(all, 520 * v->s, (float)(v->n_found > 0 ? v->n_found + 1 : 2) * line + 28 * v->s);
    box.y = all.y + fminf(110 * v->s, fmaxf(all.h - box.h - 8 * v->s, 0));
    dh_scene_hit(scene, all, DH_HIT_CLOSE, 0, NULL);
    dh_scene_rect(scene, box, DH_PANEL);
    dh_scene_frame(scene, box, 1 * v->s, DH_ACCENT);
    dh_scene_hit(scene, box, DH_HIT_PANEL, 0, NULL);
    struct dh_box in = dh_box_inset(box, 12 * v->s), field = dh_box_cut_y(&in, line);
    dh_scene_rect(scene, field, DH_RAISED);
    struct dh_box text = dh_box_inset(field, 4 * v->s);
    char shown[80];
    snprintf(shown, sizeof shown, "%s|", v->search);
    dh_scene_word(scene, text, dh_plain(DH_BODY, DH_INK_STRONG), shown);
    dh_box_cut_y(&in, 4 * v->s);
    for (int32_t i = 0; i < v->n_found && in.h >= line; i++) {
        char name[96];
        struct dh_box row = dh_box_cut_y(&in, line);
        if (i == v->found_at)
            dh_scene_rect(scene, row, 0x24506E);
        dh_scene_hit(scene, row, DH_HIT_FOUND, i, NULL);
        struct dh_box what = dh_box_cut_x(&row, -170 * v->s), label = dh_box_inset(row, 3 * v->s);
        dh_scene_word(scene, label, dh_plain(DH_BODY, DH_INK_STRONG), dh_thing_name(v, v->found[i], name));
        dh_scene_word(scene, dh_box_inset(what, 3 * v->s),
                      dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_RIGHT), dh_what_name(v->found[i].what));
    }
    if (v->n_found == 0)
        dh_scene_word(scene, dh_box_cut_y(&in, line), dh_plain(DH_SMALL, DH_INK_FAINT),
                      *v->search ? "nothing is called so" : "a name, or letters of it in order");
}

/* Its figure with unit and limit; of jobs the name of the one that holds most of it. */
static void overlay_words(struct dh_view *v, int32_t r, char *room, size_t n) {
    char value[DH_FORMAT_ROOM], limit_text[DH_FORMAT_ROOM];
    const struct dh_overlay_about *about = &dh_overlays[v->overlay];
    enum dh_overlay overlay = (enum dh_overlay)v->overlay;
    double figure = dh_overlay_value(v->source, overlay, r), limit = dh_overlay_limit(v->source, overlay, r);
    double clock = dh_view_value(v, DH_COLUMN_rack_clock_frac, r);
    struct dh_view_job job;
    if (isnan(figure))
        snprintf(room, n, "%s: %s", about->name,
                 dh_overlay_applies(v->facility, overlay, r) ? "not known" : dh_overlay_aside(overlay));
    else if (overlay == DH_OVERLAY_HEALTH && clock < 0.9995)
        snprintf(room, n, "%s: clock at %.0f %%", dh_overlay_category(overlay, (int32_t)figure), 100 * clock);
    else if (overlay == DH_OVERLAY_HEALTH)
        snprintf(room, n, "%s", dh_overlay_category(overlay, (int32_t)figure));
    else if (about->categories && figure >= 0 && v->source->ops->job(v->source, (int32_t)figure, &job))
        snprintf(room, n, "%s, %d GPUs", job.name, (int)job.gpus);
    else if (about->categories)
        snprintf(room, n, "%s", figure < 0 ? "no job" : "held by a job");
    else if (overlay == DH_OVERLAY_COOLANT) /* no device of the catalog says how warm it may be */
        snprintf(room, n, "%s %s, set-point %s", about->name, dh_format(value, figure, about->unit),
                 dh_format(limit_text,
                           dh_view_supply(v, (struct dh_view_thing){DH_A_CDU, v->facility->rack_cdu[r]}),
                           about->unit));
    else if (overlay == DH_OVERLAY_INLET)
        snprintf(room, n, "%s %s, recommended to %.0f, A1 allows %.0f \u00b0C%s", about->name,
                 dh_format(value, figure, about->unit), dh_overlay_recommended(overlay), limit,
                 figure > limit * (1 + 1e-9)                ? ": \u25b2 over"
                 : figure > dh_overlay_recommended(overlay) ? ": \u25b3 above recommended"
                                                            : "");
    else if (!isnan(limit))
        snprintf(room, n, "%s %s, limit %s%s", about->name, dh_format(value, figure, about->unit),
                 dh_format(limit_text, limit, about->unit),
                 figure > limit * (1 + 1e-9) ? ": \u25b2 over" : "");
    else
        snprintf(room, n, "%s %s", about->name, dh_format(value, figure, about->unit));
}

static void rack_tip(struct dh_view *v, int32_t r, char *room, size_t n) {
    char value[DH_FORMAT_ROOM], words[160];
    const struct dh_overlay_about *about = &dh_overlays[v->overlay];
    enum dh_rack_mark mark = v->rack_marks.mark ? (enum dh_rack_mark)v->rack_marks.mark[r] : DH_MARK_NONE;
    if (dh_twin_differs(v)) {
        snprintf(room, n, "%s   B \u2212 A: %s %s", v->facility->rack_name[r], about->name,
                 dh_twin_signed(dh_twin_value(v, r), about->unit, value));
        return;
    }
    overlay_words(v, r, words, sizeof words);
    snprintf(room, n, "%s   %s%s%s", v->facility->rack_name[r], words,
             mark == DH_MARK_NONE ? "" : "   \u25b2 ", dh_rack_mark_word(mark));
}

static void link_tip(struct dh_view *v, int32_t row, char *room, size_t n) {
    if (row < 0 || row >= v->facility->n_link)
        return;
    double load = dh_view_value(v, DH_COLUMN_link_load_frac, row);
    double works = dh_view_value(v, DH_COLUMN_link_works_frac, row);
    size_t used = (size_t)snprintf(room, n, "%s", v->facility->fabric.link_name[row]);
    if (works == 0)
        snprintf(room + used, n - used, "   \u25b2 out of service");
    else if (isnan(load))
        snprintf(room + used, n - used, "   load not known");
    else
        snprintf(room + used, n - used, "   %.1f %% of its bandwidth%s", 100 * load,
                 works < 1 ? ", of which a part is out of service" : "");
}

/* What the tip says: of the part under the pointer, or of the thing. */
static void tip_text(struct dh_view *v, char *text, size_t n) {
    snprintf(text, n, "%s", v->tip);
    if (v->hover_kind == DH_HIT_KPI)
        dh_kpi_tip(v, (enum dh_kpi)v->hover_row, text, n);
    if (v->hover_kind == DH_HIT_EVENTS)
        dh_event_strip_tip(v, v->mouse_x, text, n);
    if (v->hover.what == DH_A_RACK && !*text)
        rack_tip(v, v->hover.row, text, n);
    if (v->hover.what == DH_A_LINK && !*text)
        link_tip(v, v->hover.row, text, n);
    if (v->hover.what == DH_A_SWITCH && !*text && v->hover.row < v->facility->n_netunit)
        snprintf(text, n, "%s   %s", v->facility->fabric.unit_name[v->hover.row],
                 dh_view_value(v, DH_COLUMN_netunit_out, v->hover.row) > 0.5 ? "\u25b2 out of service"
                                                                             : "in service");
    if (v->hover.what == DH_A_JOB && !*text)
        dh_job_tip(v, v->hover.row, text, n);
    if (!*text)
        dh_thing_tip(v, v->hover, text, n);
}

void dh_draw_tip(struct dh_view *v, struct dh_scene *scene, struct dh_box all) {
    char text[512] = "";
    tip_text(v, text, sizeof text);
    if (!*text)
        return;
    struct dh_style style = dh_plain(DH_SMALL, DH_INK_STRONG);
    float s = v->s, line = dh_line(v, DH_SMALL), most = fminf(440 * s, all.w - 24 * s);
    float wanted = (float)dh_type_width(&v->type, DH_SMALL, false, text, strlen(text));
    float w = fminf(wanted, most) + 14 * s,
          h = (float)dh_scene_lines(scene, w - 14 * s, style, text) * line + 8 * s;
    struct dh_box box = {floorf(v->mouse_x + 14 * s), floorf(v->mouse_y + 16 * s), w, h};
    if (box.x + w > all.x + all.w)
        box.x = fmaxf(all.x, all.x + all.w - w);
    if (box.y + h > all.y + all.h)
        box.y = fmaxf(all.y, v->mouse_y - h - 6 * s);
    dh_scene_rect(scene, box, 0x05070A);
    dh_scene_frame(scene, box, 1 * s, DH_INK_FAINT);
    struct dh_box in = {box.x + 7 * s, box.y + 4 * s, w - 14 * s + 1, h - 7 * s};
    dh_scene_paragraph(scene, in, style, text);
}
