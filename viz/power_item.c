/* An item of the power tab: its symbol, name, load against rating, state, make and losses in a box. */
#include "viz/power_item.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const uint32_t side_a = 0x3F87B5, side_b = 0xB57BA0; /* of the first and the second feed */

const char *dh_power_letter(uint8_t sides) {
    return sides == 1 ? "A" : sides == 2 ? "B" : sides == 4 ? "C" : sides == 8 ? "D" : "";
}

uint32_t dh_power_color(uint8_t sides) {
    return sides == 1   ? side_a
           : sides == 2 ? side_b
           : sides == 4 ? 0x2F9A86
           : sides == 8 ? 0xB89B2E
                        : DH_POWER_PLAIN;
}

bool dh_power_stands_by(const struct dh_view *v, const struct dh_power_item *item) {
    const struct dh_power_node *n = dh_power_node_of(v, item);
    return n->part == DH_POWER_STAGE && v->facility->stage_kind[n->row] == DH_STAGE_GENERATOR &&
           item->n_dead == item->n;
}

/* Dead beyond standing by: none of its parts has power though all should. */
static bool is_dead(const struct dh_view *v, const struct dh_power_item *item) {
    return item->n_dead == item->n && !dh_power_stands_by(v, item);
}

static bool is_partly_dead(const struct dh_view *v, const struct dh_power_item *item) {
    const struct dh_power_node *n = dh_power_node_of(v, item);
    return item->n_dead > 0 && item->n_dead < item->n &&
           !(n->part == DH_POWER_STAGE && v->facility->stage_kind[n->row] == DH_STAGE_GENERATOR);
}

static enum dh_view_what thing_of(enum dh_power_part part) {
    static const enum dh_view_what things[DH_N_POWER_PART] = {
        [DH_POWER_STAGE] = DH_A_STAGE,    [DH_POWER_ONSITE] = DH_AN_ONSITE, [DH_POWER_RACKS] = DH_A_RACK,
        [DH_POWER_HALL] = DH_A_HALL,      [DH_POWER_CDU] = DH_A_CDU,        [DH_POWER_CPLANT] = DH_A_CPLANT,
        [DH_POWER_LPLANT] = DH_AN_LPLANT, [DH_POWER_HOUSE] = DH_A_SITE};
    return things[part];
}

/* ---- symbols
 * ----------------------------------------------------------------------------------------------
 */

static void stroke(struct dh_scene *scene, float x, float y, float size, float width, uint32_t color,
                   const float *xy, int n) {
    dh_scene_line(scene, width, color);
    for (int i = 0; i < n; i++)
        dh_scene_point(scene, x + size * xy[2 * i], y + size * xy[2 * i + 1]);
}

static void draw_stage_symbol(struct dh_view *v, struct dh_scene *scene, int32_t kind, float x, float y,
                              float size, uint32_t color) {
    static const float bolt[] = {0.6f, 0, 0.2f, 0.55f, 0.55f, 0.5f, 0.35f, 1};
    static const float forks[] = {0, 0.5f, 0.4f, 0.5f, 0.4f, 0.1f, 1, 0.1f};
    static const float middle[] = {0.4f, 0.5f, 1, 0.5f}, lower[] = {0.4f, 0.5f, 0.4f, 0.9f, 1, 0.9f};
    float line = 1.4f * v->s;
    switch ((enum dh_stage_kind)kind) {
    case DH_STAGE_UTILITY:
        stroke(scene, x, y, size, line, color, bolt, 4);
        break;
    case DH_STAGE_TRANSFORMER:
        dh_circle(scene, x + size * 0.32f, y + size / 2, size * 0.32f, line, color);
        dh_circle(scene, x + size * 0.68f, y + size / 2, size * 0.32f, line, color);
        break;
    case DH_STAGE_UPS: /* a battery */
        dh_scene_frame(scene, (struct dh_box){x, y + size * 0.2f, size * 0.88f, size * 0.6f}, line, color);
        dh_scene_rect(scene, (struct dh_box){x + size * 0.88f, y + size * 0.38f, size * 0.12f, size * 0.24f},
                      color);
        dh_scene_rect(scene, (struct dh_box){x + size * 0.16f, y + size * 0.36f, size * 0.34f, size * 0.28f},
                      color);
        break;
    case DH_STAGE_PDU:
        stroke(scene, x, y, size, line, color, forks, 4);
        stroke(scene, x, y, size, line, color, middle, 2);
        stroke(scene, x, y, size, line, color, lower, 3);
        break;
    case DH_STAGE_GENERATOR:
        dh_circle(scene, x + size / 2, y + size / 2, size * 0.48f, line, color);
        dh_scene_word(scene, (struct dh_box){x, y, size, size},
                      (struct dh_style){DH_SMALL, true, DH_CENTER, color}, "G");
        break;
    case DH_N_STAGE_KIND:
        break;
    }
}

static void draw_symbol(struct dh_view *v, struct dh_scene *scene, const struct dh_power_node *n, float x,
                        float y, float size, uint32_t color) {
    static const float flake[3][4] = {
        {0.5f,  0,     0.5f,  1    },
        {0.07f, 0.25f, 0.93f, 0.75f},
        {0.07f, 0.75f, 0.93f, 0.25f}
    };
    static const float roof[] = {0,    0.5f,  0.5f,  0.05f, 1,     0.5f,  0.85f,
                                 0.5f, 0.85f, 0.95f, 0.15f, 0.95f, 0.15f, 0.5f};
    float line = 1.4f * v->s;
    switch (n->part) {
    case DH_POWER_STAGE:
        draw_stage_symbol(v, scene, v->facility->stage_kind[n->row], x, y, size, color);
        break;
    case DH_POWER_RACKS:
        for (int k = 0; k < 3; k++)
            dh_scene_frame(
                scene,
                (struct dh_box){x + size * 0.34f * (float)k, y + size * 0.1f, size * 0.28f, size * 0.8f},
                line, color);
        break;
    case DH_POWER_ONSITE:
        dh_circle(scene, x + size / 2, y + size / 2, size * 0.3f, line, color);
        for (int k = 0; k < 4; k++) {
            float dx = k == 0 ? -1.0f : k == 1 ? 1.0f : 0, dy = k == 2 ? -1.0f : k == 3 ? 1.0f : 0;
            dh_scene_line(scene, line, color);
            dh_scene_point(scene, x + size * (0.5f + 0.38f * dx), y + size * (0.5f + 0.38f * dy));
            dh_scene_point(scene, x + size * (0.5f + 0.5f * dx), y + size * (0.5f + 0.5f * dy));
        }
        break;
    case DH_POWER_HOUSE:
        stroke(scene, x, y, size, line, color, roof, 7);
        break;
    default:
        for (int k = 0; k < 3; k++)
            stroke(scene, x, y, size, line, color, flake[k], 2);
        break;
    }
}

/* ---- boxes
 * -------------------------------------------------------------------------------------------------
 */

static const char *kinds_of(const struct dh_view *v, const struct dh_power_node *n) {
    static const char *const stages[DH_N_STAGE_KIND] = {"utilities", "transformers", "UPS", "PDUs",
                                                        "generators"};
    static const char *const parts[DH_N_POWER_PART] = {NULL,        "sources", "rows",   "halls' fans",
                                                       "CDU pumps", "plants",  "plants", "house loads"};
    return n->part == DH_POWER_STAGE ? stages[v->facility->stage_kind[n->row]] : parts[n->part];
}

/* "bus-01", or of several "24 × bus". */
void dh_power_item_name(const struct dh_view *v, const struct dh_power_item *item, char *room, size_t n) {
    const struct dh_power_node *node = dh_power_node_of(v, item);
    const char *name = node->name;
    int32_t length = item->letters;
    if (item->n == 1) {
        snprintf(room, n, "%s", name);
        return;
    }
    while (length > 0 && name[length - 1] >= '0' && name[length - 1] <= '9' && name[length] >= '0' &&
           name[length] <= '9')
        length--; /* no half of a number */
    while (length > 0 && ((uint8_t)name[length] & 0xC0) == 0x80)
        length--; /* nor of a character */
    while (length > 0 && strchr("-_. ", name[length - 1]))
        length--;
    if (length > 0)
        snprintf(room, n, "%d \u00d7 %.*s", (int)item->n, (int)length, name);
    else
        snprintf(room, n, "%d %s", (int)item->n, kinds_of(v, node));
}

static bool has_breaker(const struct dh_view *v, const struct dh_power_node *n) {
    return n->part == DH_POWER_STAGE && v->facility->stage_breaker[n->row] != NULL;
}

/* What is wrong, or else worth knowing, in a long and in shorter forms; "" nothing. */
static void stage_words(const struct dh_view *v, const struct dh_power_item *item, char *room, size_t n) {
    const struct dh_power_node *node = dh_power_node_of(v, item);
    const struct dh_power_now *now = &v->power_map.now[item->node];
    int32_t kind = v->facility->stage_kind[node->row], units = v->facility->stage_units[node->row];
    double left = 100 * fmin(fmax(item->battery, 0), 1);
    if (item->n > 1 && item->n_dead > 0)
        snprintf(room, n, "\u25b2 %d of %d without power\n\u25b2 %d of %d dead", (int)item->n_dead,
                 (int)item->n, (int)item->n_dead, (int)item->n);
    else if (item->n_dead > 0)
        snprintf(room, n, "%s",
                 item->n_open > 0 ? "\u25b2 no power: breaker open\n\u25b2 breaker open" : "\u25b2 no power");
    else if (item->n_on_battery > 0)
        snprintf(room, n,
                 "\u25b2 on battery, %.0f %% left\n\u25b2 on battery, %.0f %%\n\u25b2 battery %.0f %%", left,
                 left, left);
    else if (kind == DH_STAGE_GENERATOR && now->running > 0)
        snprintf(room, n, "%d of %d sets run\n%d sets run", (int)now->running, (int)units, (int)now->running);
    else if (!isnan(item->battery))
        snprintf(room, n, "battery %.0f %%", left);
}

static void onsite_words(const struct dh_view *v, const struct dh_power_item *item, char *room, size_t n) {
    int32_t row = dh_power_node_of(v, item)->row;
    char value[DH_FORMAT_ROOM];
    double stored = dh_source_value(v->source, DH_COLUMN_onsite_stored_frac, row);
    double available = dh_source_value(v->source, DH_COLUMN_onsite_available_w, row);
    const char *does = item->in_w < 0 ? "takes" : item->in_w > 0 ? "gives" : "rests";
    if (item->n > 1)
        snprintf(room, n, "%s", does);
    else if (!isnan(stored))
        snprintf(room, n, "%s, %.0f %% full\n%.0f %% full", does, 100 * stored, 100 * stored);
    else if (!isnan(available))
        snprintf(room, n, "%s available\nof %s", dh_format(value, available, "W"), value);
}

static void state_words(const struct dh_view *v, const struct dh_power_item *item, char *room, size_t n) {
    const struct dh_power_node *node = dh_power_node_of(v, item);
    int32_t lost = 0;
    *room = '\0';
    for (int32_t k = 0; item->n == 1 && k < node->links; k++)
        lost += !v->power_map.carries[node->first_link + k];
    if (dh_power_stands_by(v, item))
        snprintf(room, n, "stands by");
    else if (node->part == DH_POWER_STAGE)
        stage_words(v, item, room, n);
    else if (item->n_dead > 0)
        snprintf(room, n, "\u25b2 without power\n\u25b2 no power");
    else if (node->part == DH_POWER_ONSITE)
        onsite_words(v, item, room, n);
    else if (lost > 0 && node->transfer != DH_TRANSFER_FIRST)
        snprintf(room, n, "\u25b2 %d of %d feeds dead", (int)lost, (int)node->links);
}

/* What it is made of. */
static void unit_words(const struct dh_view *v, const struct dh_power_item *item, char *room, size_t n) {
    const struct dh_facility *f = v->facility;
    const struct dh_power_node *node = dh_power_node_of(v, item);
    char unit[DH_FORMAT_ROOM];
    *room = '\0';
    if (node->part == DH_POWER_RACKS) {
        const char *cords = node->links < 2                       ? ""
                            : node->transfer == DH_TRANSFER_FIRST ? ", transfer switch"
                                                                  : ", cords A and B";
        snprintf(room, n, "%lld rack%s%s\n%lld rack%s", (long long)item->racks, item->racks == 1 ? "" : "s",
                 cords, (long long)item->racks, item->racks == 1 ? "" : "s");
    }
    if (node->part != DH_POWER_STAGE)
        return;
    int32_t spare = dh_power_spare(f, node->row), units = f->stage_units[node->row],
            up = v->power_map.now[item->node].up;
    dh_format(unit, f->stage_unit_w[node->row], "W");
    if (item->n == 1 && up > 0 && up < units && !dh_power_stands_by(v, item))
        snprintf(room, n, "\u25b3 %d of %d \u00d7 %s in service\n\u25b3 %d of %d in service\n\u25b3 %d of %d",
                 (int)up, (int)units, unit, (int)up, (int)units, (int)up, (int)units);
    else if (units > 1 && spare > 0)
        snprintf(room, n, "%d \u00d7 %s, N+%d\n%d \u00d7 %s\nN+%d", (int)units, unit, (int)spare, (int)units,
                 unit, (int)spare);
    else if (units > 1)
        snprintf(room, n, "%d \u00d7 %s\n%d units", (int)units, unit, (int)units);
}

static void loss_words(const struct dh_power_item *item, char *room, size_t n) {
    char loss[DH_FORMAT_ROOM];
    *room = '\0';
    if (!(item->loss_w > 0))
        return;
    dh_format(loss, item->loss_w, "W");
    if (item->loss_w < 0.2 * item->out_w)
        snprintf(room, n, "loss %s, %.1f %%\nloss %s\n%s", loss, 100 * item->loss_w / item->out_w, loss,
                 loss);
    else
        snprintf(room, n, "loss %s\n%s", loss, loss);
}

/* "16.0 of 21.0 MW". */
static void load_words(double load_w, double rated_w, char *room, size_t n) {
    struct dh_figure load = dh_figure_of(load_w, "W"), rated = dh_figure_of(rated_w, "W");
    bool one = strcmp(load.unit, rated.unit) == 0 || !*load.unit;
    snprintf(room, n, "%s%s%s of %s %s", load.number, one ? "" : " ", one ? "" : load.unit, rated.number,
             rated.unit);
}

static uint32_t level_color(const struct dh_view *v, const struct dh_power_item *item) {
    if (dh_power_stands_by(v, item))
        return DH_POWER_STANDBY;
    if (is_dead(v, item) || item->n_over > 0)
        return DH_RED;
    return item->n_near > 0 || is_partly_dead(v, item)          ? DH_AMBER
           : dh_power_node_of(v, item)->part == DH_POWER_ONSITE ? DH_POWER_JOINED
                                                                : DH_ACCENT;
}

/* As large as it fits: a house load goes without its site's name, and a name that is long in small letters.
 */
static void draw_name(struct dh_view *v, struct dh_scene *scene, const struct dh_power_item *item,
                      struct dh_box box, uint32_t ink, const char *sign) {
    const struct dh_power_node *n = dh_power_node_of(v, item);
    char name[112], forms[320], text[160];
    dh_power_item_name(v, item, name, sizeof name);
    if (n->part == DH_POWER_HOUSE && item->n == 1)
        snprintf(forms, sizeof forms, "%s%s\n%shouse load\n%shouse", sign, name, sign, sign);
    else if (item->n == 1 && strrchr(name, ' ') && n->part != DH_POWER_STAGE && n->part != DH_POWER_ONSITE)
        snprintf(forms, sizeof forms, "%s%s\n%s%s", sign, name, sign, strrchr(name, ' ') + 1);
    else
        snprintf(forms, sizeof forms, "%s%s", sign, name);
    enum dh_type_size size = DH_BODY;
    if (!*dh_fitting(v, DH_BODY, true, box.w, forms, text, sizeof text)) {
        size = DH_SMALL;
        if (!*dh_fitting(v, DH_SMALL, true, box.w, forms, text, sizeof text))
            snprintf(text, sizeof text, "%s%s", sign, name);
    }
    dh_scene_word(scene, box, dh_bold(size, ink), text);
}

/* Load, its share of the rating, and a bar; the marks of what is wrong stand before the name. */
static void draw_figures(struct dh_view *v, struct dh_scene *scene, const struct dh_power_item *item,
                         struct dh_box in) {
    const struct dh_power_node *n = dh_power_node_of(v, item);
    char load[DH_FORMAT_ROOM], rated[DH_FORMAT_ROOM], text[160], share[32];
    float s = v->s, body = dh_line(v, DH_BODY), small = dh_line(v, DH_SMALL);
    bool warn = is_dead(v, item) || item->n_over > 0;
    uint32_t ink = warn ? DH_RED : DH_INK_STRONG;
    double load_w = n->part == DH_POWER_STAGE ? item->out_w : fabs(item->in_w);
    bool rates = item->rated_w > 0 &&
                 (n->part == DH_POWER_STAGE || n->part == DH_POWER_RACKS || n->part == DH_POWER_ONSITE);
    snprintf(share, sizeof share, "%.0f %%", 100 * load_w / item->rated_w);
    if (!rates || !isfinite(load_w) || dh_power_stands_by(v, item))
        *share = '\0';
    struct dh_box top = dh_box_cut_y(&in, body);
    const char *letter = dh_power_letter(n->sides);
    if (*letter)
        dh_badge(v, scene, dh_box_inset(dh_box_cut_x(&top, -16 * s), 1.5f * s), dh_power_color(n->sides),
                 letter);
    if (*letter)
        dh_box_cut_x(&top, -3 * s);
    if (has_breaker(v, n) && top.w >= 90 * s) {
        dh_power_breaker(v, scene, dh_box_cut_x(&top, -12 * s), item->n_open > 0);
        dh_box_cut_x(&top, -3 * s);
    }
    bool symbol = top.w >= 90 * s;
    if (symbol) {
        struct dh_box place = dh_box_cut_x(&top, 20 * s);
        draw_symbol(v, scene, n, place.x, place.y + (body - 13 * s) / 2, 13 * s, level_color(v, item));
    }
    bool one_line = in.h < small;
    if (one_line && !dh_power_stands_by(v, item) && isfinite(load_w)) {
        const char *figure = *share ? share : dh_format(load, load_w, "W");
        float w = (float)dh_type_width(&v->type, DH_SMALL, true, figure, strlen(figure));
        dh_scene_word(scene, dh_box_cut_x(&top, -w), (struct dh_style){DH_SMALL, true, DH_RIGHT, ink},
                      figure);
        dh_box_cut_x(&top, -4 * s);
    }
    draw_name(v, scene, item, top, ink,
              warn || is_partly_dead(v, item) ? "\u25b2 "
              : item->n_near > 0              ? "\u25b3 "
                                              : "");
    if (in.h < small) {
        if (in.h >= 4 * s && *share)
            dh_bar(scene, dh_box_cut_y(&in, 4 * s), load_w / item->rated_w, level_color(v, item));
        return;
    }
    struct dh_box line = dh_box_cut_y(&in, small);
    dh_format(load, load_w, "W");
    dh_format(rated, item->rated_w, "W");
    load_words(load_w, item->rated_w, text, sizeof text);
    if (!rates || dh_power_stands_by(v, item))
        snprintf(text, sizeof text, "%s", rates ? rated : load);
    float share_w = (float)dh_type_width(&v->type, DH_SMALL, true, share, strlen(share)) + 6 * s;
    float room = line.w - (*share ? share_w : 0);
    if ((float)dh_type_width(&v->type, DH_SMALL, false, text, strlen(text)) > room)
        snprintf(text, sizeof text, "%s", dh_power_stands_by(v, item) ? rated : load);
    if (*share && (float)dh_type_width(&v->type, DH_SMALL, false, text, strlen(text)) <= room)
        dh_scene_word(scene, dh_box_cut_x(&line, -share_w), (struct dh_style){DH_SMALL, true, DH_RIGHT, ink},
                      share);
    dh_scene_word(scene, line, dh_plain(DH_SMALL, DH_INK_PLAIN), text);
    if (in.h >= 6 * s && rates) {
        dh_box_cut_y(&in, 1 * s);
        dh_bar(scene, dh_box_cut_y(&in, 4 * s), dh_power_stands_by(v, item) ? 0 : load_w / item->rated_w,
               level_color(v, item));
        dh_box_cut_y(&in, 2 * s);
    }
    char words[3][192];
    state_words(v, item, words[0], sizeof words[0]);
    unit_words(v, item, words[1], sizeof words[1]);
    loss_words(item, words[2], sizeof words[2]);
    for (int k = 0; k < 3; k++) {
        dh_fitting(v, DH_SMALL, false, in.w, words[k], text, sizeof text);
        if (!*text || in.h < small)
            continue;
        bool bad = strncmp(text, "\u25b2", 3) == 0 || strncmp(text, "\u25b3", 3) == 0;
        dh_scene_word(scene, dh_box_cut_y(&in, small),
                      dh_plain(DH_SMALL, !bad   ? DH_INK_FAINT
                                         : warn ? DH_RED
                                                : DH_AMBER),
                      text);
    }
    dh_box_cut_y(&in, 3 * s);
    in.h = fminf(in.h, 64 * s);
    if (n->part == DH_POWER_STAGE && item->n == 1)
        dh_small_day(v, scene, in, DH_COLUMN_stage_power_w, n->row,
                     dh_power_passes(v->facility, n->row) ? n->rated_w : NAN);
    if (n->part == DH_POWER_ONSITE && item->n == 1)
        dh_small_day(v, scene, in, DH_COLUMN_onsite_power_w, n->row, NAN);
}

float dh_power_item_high(struct dh_view *v, const struct dh_power_item *item) {
    const struct dh_power_node *n = dh_power_node_of(v, item);
    float s = v->s, small = dh_line(v, DH_SMALL), least = 8 * s + dh_line(v, DH_BODY) + small;
    switch (n->part) {
    case DH_POWER_STAGE: /* load, its bar, make, loss, the last day */
        return least + 7 * s + 2 * small +
               (dh_has_day(v, DH_COLUMN_stage_power_w, n->row) && item->n == 1 ? 34 * s : 0);
    case DH_POWER_RACKS:
        return least + 7 * s + small;
    case DH_POWER_ONSITE:
        return least + 7 * s + small;
    default:
        return least;
    }
}

void dh_power_breaker(struct dh_view *v, struct dh_scene *scene, struct dh_box box, bool open) {
    float s = v->s, x = floorf(box.x + box.w / 2), y = floorf(box.y + box.h / 2), half = 4 * s;
    uint32_t color = open ? DH_RED : DH_INK_PLAIN;
    dh_scene_rect(scene, (struct dh_box){x, y - 7 * s, 1 * s, 3 * s}, color);
    dh_scene_rect(scene, (struct dh_box){x, y + 4 * s, 1 * s, 3 * s}, color);
    if (!open) {
        dh_scene_rect(scene, (struct dh_box){x - half + 1 * s, y - half, 2 * half - 1 * s, 2 * half}, color);
        return;
    }
    dh_scene_frame(scene, (struct dh_box){x - half + 1 * s, y - half, 2 * half - 1 * s, 2 * half}, 1 * s,
                   color);
    dh_scene_line(scene, 1.5f * s, color);
    dh_scene_point(scene, x - 5 * s, y + 6 * s);
    dh_scene_point(scene, x + 6 * s, y - 6 * s);
}

bool dh_power_holds(const struct dh_view *v, const struct dh_power_item *item, struct dh_view_thing thing) {
    const struct dh_power_node *n = dh_power_node_of(v, item);
    if (thing.what == DH_NOTHING || thing.what != thing_of(n->part))
        return false;
    if (thing.what == DH_A_STAGE && thing.row >= 0 && thing.row < v->facility->n_stage) /* nodes by row */
        return &v->power_plan.items[v->power_plan.item_of[thing.row]] == item;
    if (thing.what == DH_A_RACK && item->n == 1)
        return thing.row >= n->row && thing.row < n->row + n->racks;
    return thing.row == n->row;
}

void dh_power_draw_item(struct dh_view *v, struct dh_scene *scene, const struct dh_power_item *item) {
    const struct dh_power_node *n = dh_power_node_of(v, item);
    const struct dh_box *pane = &v->power_diagram.pane;
    struct dh_box box = item->box;
    float s = v->s;
    if (box.y + box.h < pane->y || box.y > pane->y + pane->h)
        return;
    struct dh_view_thing thing = {thing_of(n->part), n->row};
    bool chosen = dh_power_holds(v, item, v->selected), over = dh_power_holds(v, item, v->hover);
    dh_scene_rect(scene, box, over ? 0x2A3440 : 0x1E252E);
    if (is_dead(v, item) || item->n_over > 0)
        dh_scene_hatch(scene, box, 0x5A2A2A);
    dh_scene_rect(scene, (struct dh_box){box.x, box.y, 3 * s, box.h}, level_color(v, item));
    dh_scene_frame(scene, box, (chosen ? 2 : 1) * s,
                   chosen                                 ? 0xFFFFFF
                   : is_dead(v, item) || item->n_over > 0 ? DH_RED
                                                          : 0x3A4754);
    struct dh_box in = {box.x + 9 * s, box.y + 3 * s, box.w - 15 * s,
                        fminf(box.h, pane->y + pane->h - box.y) - 5 * s};
    if (box.y >= pane->y - 1 && in.h >= dh_line(v, DH_BODY) - 2 * s)
        draw_figures(v, scene, item, in);
    float below = box.y + box.h - (pane->y + pane->h), above = pane->y - box.y;
    dh_box_cut_y(&box, fmaxf(above, 0)); /* it answers where it is seen */
    dh_box_cut_y(&box, -fmaxf(below, 0));
    dh_scene_hit(scene, box, DH_HIT_THING + (int32_t)thing.what, thing.row, NULL);
}
