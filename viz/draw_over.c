/* What lies over the picture: help, search, the tip at the pointer. */
#include "viz/inspect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const keys[][2] = {
    {"Space",                "play, pause"                                                 },
    {". ,",                  "one sample on, back"                                         },
    {"+ \u2212",             "faster, slower: one second to one month a second"            },
    {"[ ]",                  "the event before, the next one"                              },
    {"F",                    "follow a run as it goes"                                     },
    {"1 \u2026 9",           "overlay of the floor"                                        },
    {"Tab, Ctrl+1 \u2026 5", "tabs"                                                        },
    {"L",                    "scale of the colours: fixed, to rating, what is now"         },
    {"P",                    "palette: cividis, viridis, inferno"                          },
    {"Wheel, Z, Shift+Z",    "zoom about the pointer"                                      },
    {"Drag, arrows",         "move the floor or the diagram"                               },
    {"Home",                 "all of it"                                                   },
    {"A",                    "all of the time on the timeline"                             },
    {"D",                    "of two results: side by side, or the difference of each rack"},
    {"M",                    "mark this instant on the timeline"                           },
    {"/",                    "find a rack, hall, power stage, plant, service"              },
    {"Y",                    "copy what is selected, as a table"                           },
    {"S",                    "picture of this view (PNG, with its data beside it)"         },
    {"R",                    "record pictures, and no longer"                              },
    {"F11",                  "the whole screen"                                            },
    {"C",                    "pin it, to compare it with what is selected next"            },
    {"T, G, E",              "in a run: trip, drain, cap or set-point; Shift undoes"       },
    {"I, B",                 "in a run: submit a job, when jobs leave for the cloud"       },
    {"Escape",               "close, deselect"                                             },
    {"Q",                    "end"                                                         },
};

static struct dh_box centered(struct dh_box all, float w, float h) {
    w = fminf(w, all.w - 16);
    h = fminf(h, all.h - 16);
    return (struct dh_box){floorf(all.x + (all.w - w) / 2), floorf(all.y + (all.h - h) / 2), w, h};
}

void dh_draw_help(struct dh_view *v, struct dh_scene *scene, struct dh_box all) {
    int n = sizeof keys / sizeof *keys;
    float line = dh_line(v, DH_BODY) + 2 * v->s;
    struct dh_box box = centered(all, 640 * v->s, (float)n * line + 60 * v->s);
    dh_scene_tint(scene, all, 0x000000, 150);
    dh_scene_hit(scene, all, DH_HIT_CLOSE, 0, NULL);
    struct dh_box in = dh_panel(v, scene, box, "Keys");
    dh_scene_frame(scene, box, 1 * v->s, DH_RULE);
    for (int i = 0; i < n && in.h >= line; i++) {
        struct dh_box row = dh_box_cut_y(&in, line), key = dh_box_cut_x(&row, 170 * v->s);
        dh_scene_word(scene, key, dh_bold(DH_BODY, DH_ACCENT), keys[i][0]);
        dh_scene_word(scene, row, dh_plain(DH_BODY, DH_INK_PLAIN), keys[i][1]);
    }
}

void dh_draw_search(struct dh_view *v, struct dh_scene *scene, struct dh_box all) {
    float line = dh_line(v, DH_BODY) + 6 * v->s;
    struct dh_box box = centered(all, 520 * v->s, (float)(v->n_found + 2) * line + 30 * v->s);
    box.y = all.y + 110 * v->s;
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

static void rack_tip(struct dh_view *v, int32_t r, char *room, size_t n) {
    char value[DH_FORMAT_ROOM], limit_text[DH_FORMAT_ROOM];
    const struct dh_overlay_about *about = &dh_overlays[v->overlay];
    enum dh_overlay overlay = (enum dh_overlay)v->overlay;
    double figure = dh_overlay_value(v->source, overlay, r);
    if (v->twin && v->difference && !about->categories) {
        snprintf(room, n, "%s   B \u2212 A: %s %s", v->facility->rack_name[r], about->name,
                 dh_format(value, dh_overlay_value(v->twin->source, overlay, r) - figure, about->unit));
        return;
    }
    double limit = dh_overlay_limit(v->source, overlay, r);
    double clock = dh_view_value(v, DH_COLUMN_rack_clock_frac, r);
    if (overlay == DH_OVERLAY_HEALTH && !isnan(figure) && clock < 0.9995)
        snprintf(room, n, "%s   %s: clock at %.0f %%", v->facility->rack_name[r],
                 dh_overlay_category(overlay, (int32_t)figure), 100 * clock);
    else if (overlay == DH_OVERLAY_HEALTH && !isnan(figure))
        snprintf(room, n, "%s   %s", v->facility->rack_name[r],
                 dh_overlay_category(overlay, (int32_t)figure));
    else if (about->categories)
        snprintf(room, n, "%s   %s", v->facility->rack_name[r],
                 isnan(figure) ? "not known"
                 : figure < 0  ? "no job"
                               : "held by a job");
    else if (!isnan(limit))
        snprintf(room, n, "%s   %s %s, limit %s", v->facility->rack_name[r], about->name,
                 dh_format(value, figure, about->unit), dh_format(limit_text, limit, about->unit));
    else
        snprintf(room, n, "%s   %s %s", v->facility->rack_name[r], about->name,
                 dh_format(value, figure, about->unit));
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

void dh_draw_tip(struct dh_view *v, struct dh_scene *scene, struct dh_box all) {
    char text[320];
    snprintf(text, sizeof text, "%s", v->tip);
    if (v->hover.what == DH_A_RACK && !*text)
        rack_tip(v, v->hover.row, text, sizeof text);
    if (v->hover.what == DH_A_LINK && !*text)
        link_tip(v, v->hover.row, text, sizeof text);
    if (v->hover.what == DH_A_SWITCH && !*text && v->hover.row < v->facility->n_netunit)
        snprintf(text, sizeof text, "%s   %s", v->facility->fabric.unit_name[v->hover.row],
                 dh_view_value(v, DH_COLUMN_netunit_out, v->hover.row) > 0.5 ? "\u25b2 out of service"
                                                                             : "in service");
    if (v->hover.what == DH_A_JOB && !*text)
        dh_job_tip(v, v->hover.row, text, sizeof text);
    if (!*text)
        dh_thing_tip(v, v->hover, text, sizeof text);
    if (!*text)
        return;
    float w = (float)dh_type_width(&v->type, DH_SMALL, false, text, strlen(text)) + 12 * v->s;
    float h = dh_line(v, DH_SMALL) + 6 * v->s;
    w = fminf(w, all.w - 8 * v->s);
    struct dh_box box = {floorf(v->mouse_x + 14 * v->s), floorf(v->mouse_y + 16 * v->s), w, h};
    if (box.x + w > all.x + all.w)
        box.x = fmaxf(all.x, all.x + all.w - w);
    if (box.y + h > all.y + all.h)
        box.y = fmaxf(all.y, v->mouse_y - h - 6 * v->s);
    dh_scene_rect(scene, box, 0x05070A);
    dh_scene_frame(scene, box, 1 * v->s, DH_INK_FAINT);
    dh_scene_word(scene, dh_box_inset(box, 3 * v->s), dh_plain(DH_SMALL, DH_INK_STRONG), text);
}
