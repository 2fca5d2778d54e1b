/* Power stages and on-site sources: load against limits, history, what feeds them and what they feed. */
#include "viz/inspect.h"
#include "viz/near.h"
#include "viz/power_item.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct dh_view_thing thing_of(const struct dh_power_node *n) {
    static const enum dh_view_what things[DH_N_POWER_PART] = {
        [DH_POWER_STAGE] = DH_A_STAGE,    [DH_POWER_ONSITE] = DH_AN_ONSITE, [DH_POWER_RACKS] = DH_A_RACK,
        [DH_POWER_HALL] = DH_A_HALL,      [DH_POWER_CDU] = DH_A_CDU,        [DH_POWER_CPLANT] = DH_A_CPLANT,
        [DH_POWER_LPLANT] = DH_AN_LPLANT, [DH_POWER_HOUSE] = DH_A_SITE};
    return (struct dh_view_thing){things[n->part], n->row};
}

/* "420 kW", or why it is nothing. */
static const char *flow_words(const struct dh_power_map *map, int32_t link,
                              char room[static DH_FORMAT_ROOM]) {
    if (map->carries[link])
        return dh_format(room, map->flow_w[link], "W");
    return map->now[map->links[link].from].live ? "stands by" : "\u25b2 dead";
}

static void draw_fed_by(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t node) {
    const struct dh_power_map *map = &v->power_map;
    const struct dh_power_node *n = &map->nodes[node];
    char room[DH_FORMAT_ROOM], name[96];
    if (n->links == 0 ||
        !dh_inspect_section(v, scene, in,
                            n->transfer == DH_TRANSFER_FIRST ? "Fed by the first that lives" : "Fed by"))
        return;
    for (int32_t k = 0; k < n->links; k++) {
        const struct dh_power_node *from = &map->nodes[map->links[n->first_link + k].from];
        snprintf(name, sizeof name, "%s", from->name);
        dh_inspect_link(v, scene, in, thing_of(from), name, flow_words(map, n->first_link + k, room));
    }
}

void dh_inspect_fed_by(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, enum dh_power_part part,
                       int32_t row) {
    dh_power_map_read(&v->power_map, v->source);
    for (int32_t i = 0; i < v->power_map.n_node; i++)
        if (v->power_map.nodes[i].part == part && v->power_map.nodes[i].row == row) {
            draw_fed_by(v, scene, in, i);
            return;
        }
}

/* What it feeds, the first of very many. */
static void draw_feeds(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t node) {
    const struct dh_power_map *map = &v->power_map;
    float line = dh_line(v, DH_BODY) + 2 * v->s;
    int32_t n = 0, room_for = (int32_t)fminf(fmaxf((in->h * 0.6f - 30 * v->s) / line, 0), 12), shown = 0;
    for (int32_t l = 0; l < map->n_link; l++)
        n += map->links[l].from == node && map->nodes[node].part == DH_POWER_STAGE;
    if (n == 0 || room_for == 0 || !dh_inspect_section(v, scene, in, "Feeds"))
        return;
    for (int32_t l = 0; l < map->n_link && shown < room_for; l++) {
        const struct dh_power_node *to = &map->nodes[map->links[l].to];
        char room[DH_FORMAT_ROOM], name[112];
        if (map->links[l].from != node)
            continue;
        if (to->part == DH_POWER_RACKS && to->racks > 1)
            snprintf(name, sizeof name, "%s, %d racks", to->name, (int)to->racks);
        else
            snprintf(name, sizeof name, "%s", to->name);
        dh_inspect_link(v, scene, in, thing_of(to), name, flow_words(map, l, room));
        shown++;
    }
    if (shown < n && in->h >= line) {
        struct dh_box rest = dh_box_cut_y(in, dh_line(v, DH_SMALL));
        dh_scene_wordf(scene, rest, dh_plain(DH_SMALL, DH_INK_FAINT), "and %d more", (int)(n - shown));
    }
}

/* Worst first: dead, then the fullest. */
static int by_state(const void *a, const void *b, void *self) {
    const struct dh_power_map *map = self;
    int32_t i = *(const int32_t *)a, j = *(const int32_t *)b;
    const struct dh_power_now *x = &map->now[i], *y = &map->now[j];
    if (x->live != y->live)
        return x->live ? 1 : -1;
    double p = isnan(x->share) ? -1 : x->share, q = isnan(y->share) ? -1 : y->share;
    return p != q ? (p < q ? 1 : -1) : (i > j) - (i < j);
}

/* What the diagram shows as one with it: each part with its load. */
static void draw_folded(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t stage) {
    const struct dh_power_plan *plan = &v->power_plan;
    bool there = v->tab == DH_TAB_POWER && plan->map == &v->power_map && !plan->failed && plan->item_of;
    int32_t item = there ? plan->item_of[stage] : -1, n = item >= 0 ? plan->items[item].n : 0, count = 0,
            shown = 0;
    char name[112], text[160], room[DH_FORMAT_ROOM];
    int32_t *parts = n > 1 ? malloc((size_t)n * sizeof *parts) : NULL;
    for (int32_t i = 0; parts && i < v->power_map.n_node && count < n; i++)
        if (plan->item_of[i] == item && v->power_map.nodes[i].part == DH_POWER_STAGE)
            parts[count++] = i;
    if (count > 1) {
        dh_power_item_name(v, &plan->items[item], name, sizeof name);
        snprintf(text, sizeof text, "%s, shown as one", name);
        qsort_r(parts, (size_t)count, sizeof *parts, by_state, &v->power_map);
    }
    float line = dh_line(v, DH_BODY) + 2 * v->s;
    int32_t room_for = (int32_t)fminf(fmaxf((in->h * 0.45f - 30 * v->s) / line, 0), 14);
    if (count > 1 && room_for > 1 && dh_inspect_section(v, scene, in, text))
        for (; shown < count && shown < room_for; shown++) {
            const struct dh_power_now *now = &v->power_map.now[parts[shown]];
            snprintf(text, sizeof text, "%s, %.0f %%", dh_format(room, now->out_w, "W"), 100 * now->share);
            dh_inspect_link(v, scene, in, (struct dh_view_thing){DH_A_STAGE, parts[shown]},
                            v->facility->stage_name[parts[shown]], now->live ? text : "\u25b2 dead");
        }
    if (shown > 0 && shown < count && in->h >= line)
        dh_scene_wordf(scene, dh_box_cut_y(in, dh_line(v, DH_SMALL)), dh_plain(DH_SMALL, DH_INK_FAINT),
                       "and %d more", (int)(count - shown));
    free(parts);
}

static void draw_joined(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t stage) {
    const struct dh_facility *f = v->facility;
    bool titled = false;
    for (int32_t k = 0; k < f->n_onsite; k++) {
        char room[DH_FORMAT_ROOM];
        if (f->onsite_stage[k] != stage)
            continue;
        if (!titled && !dh_inspect_section(v, scene, in, "Joins at its output"))
            return;
        titled = true;
        dh_inspect_link(v, scene, in, (struct dh_view_thing){DH_AN_ONSITE, k}, f->onsite_name[k],
                        dh_format(room, dh_view_value(v, DH_COLUMN_onsite_power_w, k), "W"));
    }
}

static void draw_battery(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t k,
                         const struct dh_power_now *now) {
    char room[DH_FORMAT_ROOM], text[96];
    if (isnan(now->battery))
        return;
    double left_j = dh_view_value(v, DH_COLUMN_stage_battery_j, k);
    double inverter = v->facility->stage_ups[k]->batteries->inverter;
    snprintf(text, sizeof text, "%.0f %%, %.1f kWh", 100 * now->battery, left_j / 3.6e6);
    dh_row_text(v, scene, in, now->on_battery ? "\u25b2 On battery" : "Battery", text);
    dh_bar(scene, dh_box_cut_y(in, 5 * v->s), fmin(now->battery, 1), DH_GREEN);
    dh_box_cut_y(in, 4 * v->s);
    if (now->out_w > 0)
        dh_row_text(v, scene, in, "Lasts at this load", dh_format_span(room, left_j * inverter / now->out_w));
}

static const char *state_of(const struct dh_view *v, int32_t k, const struct dh_power_now *now) {
    if (now->live)
        return now->on_battery ? "live, on battery" : "live";
    if (v->facility->stage_kind[k] == DH_STAGE_GENERATOR)
        return "stands by";
    return now->open ? "\u25b2 dead: breaker open" : "\u25b2 without power";
}

static void draw_make(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t k) {
    static const char *const kinds[DH_N_STAGE_KIND] = {"utility feed", "transformer", "UPS", "distribution",
                                                       "generator"};
    const struct dh_facility *f = v->facility;
    char text[160], room[DH_FORMAT_ROOM];
    int32_t spare = dh_power_spare(f, k), units = f->stage_units[k];
    if (units > 1 && spare > 0)
        snprintf(text, sizeof text, "%s   %d units of %s, N+%d", kinds[f->stage_kind[k]], (int)units,
                 dh_format(room, f->stage_unit_w[k], "W"), (int)spare);
    else if (units > 1)
        snprintf(text, sizeof text, "%s   %d units of %s", kinds[f->stage_kind[k]], (int)units,
                 dh_format(room, f->stage_unit_w[k], "W"));
    else
        snprintf(text, sizeof text, "%s", kinds[f->stage_kind[k]]);
    dh_inspect_heading(v, scene, in, text);
}

/* Units that are out, and what it would carry if another stage failed. */
static void draw_service(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t k,
                         const struct dh_power_now *now) {
    const struct dh_facility *f = v->facility;
    char text[96], name[96], room[DH_FORMAT_ROOM];
    if (now->up < f->stage_units[k]) {
        snprintf(text, sizeof text, "\u25b3 %d of %d", (int)now->up, (int)f->stage_units[k]);
        dh_row_text(v, scene, in, "Units in service", text);
    }
    if (now->without < 0 || now->without >= f->n_stage || !(now->rated_w > 0))
        return;
    double share = now->without_w / now->rated_w;
    snprintf(name, sizeof name, "Without %.60s", f->stage_name[now->without]);
    snprintf(text, sizeof text, "%s%s, %.0f %%", share > DH_BEYOND ? "\u25b3 " : "",
             dh_format(room, now->without_w, "W"), 100 * share);
    dh_row_text(v, scene, in, name, text);
}

/* Its output against its rating with all its units, which were not out all day; of a battery's stage the
 * input, which also charges it, has no such limit. */
static void draw_day(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t k,
                     const struct dh_power_now *now) {
    if (dh_power_passes(v->facility, k))
        dh_inspect_day(v, scene, in, "Output, last 24 h", DH_COLUMN_stage_power_w, k,
                       v->facility->stage_rated_w[k]);
    else if (isnan(now->battery) && v->source->ops->trace(v->source, DH_COLUMN_stage_loss_w, k))
        dh_inspect_day_less(v, scene, in, "Output, last 24 h", DH_COLUMN_stage_power_w,
                            DH_COLUMN_stage_loss_w, k, v->facility->stage_rated_w[k]);
    else
        dh_inspect_day(v, scene, in, "Input, last 24 h", DH_COLUMN_stage_power_w, k, NAN);
}

void dh_inspect_stage(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t k) {
    const struct dh_facility *f = v->facility;
    char text[96];
    dh_power_map_read(&v->power_map, v->source);
    const struct dh_power_now *now = &v->power_map.now[k];
    draw_make(v, scene, in, k);
    dh_row_text(v, scene, in, "State", state_of(v, k, now));
    dh_inspect_load(v, scene, in, "Output", now->out_w, now->rated_w);
    bool some = now->rated_w < f->stage_rated_w[k] * (1 - 1e-9);
    snprintf(text, sizeof text, "%s%.1f %% of %s",
             now->share > DH_BEYOND     ? "\u25b2 "
             : now->out_w > now->near_w ? "\u25b3 "
                                        : "",
             100 * now->share, some ? "what is up" : "its rating");
    if (isfinite(now->share))
        dh_row_text(v, scene, in, "Load", text);
    draw_service(v, scene, in, k, now);
    dh_row(v, scene, in, "Input", now->in_w, "W");
    if (now->loss_w > 0)
        dh_row(v, scene, in, "Loss", now->loss_w, "W");
    if (f->stage_kind[k] == DH_STAGE_GENERATOR && now->running >= 0) {
        snprintf(text, sizeof text, "%d of %d", (int)now->running, (int)f->stage_units[k]);
        dh_row_text(v, scene, in, "Sets that run", text);
    }
    if (f->stage_breaker[k]) {
        dh_row_text(v, scene, in, "Breaker", now->open && !now->live ? "\u25b2 open" : "closed");
        struct dh_box line = dh_box_cut_y(in, dh_line(v, DH_SMALL) + 2 * v->s);
        char room[DH_FORMAT_ROOM];
        if (now->carries_w > 0 && line.h >= dh_line(v, DH_SMALL))
            dh_scene_wordf(scene, line, dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_RIGHT),
                           "would trip, in the long run, above %s", dh_format(room, now->carries_w, "W"));
    }
    draw_battery(v, scene, in, k, now);
    draw_folded(v, scene, in, k);
    draw_day(v, scene, in, k, now);
    draw_fed_by(v, scene, in, k);
    draw_joined(v, scene, in, k);
    draw_feeds(v, scene, in, k);
    dh_inspect_events(v, scene, in, (struct dh_view_thing){DH_A_STAGE, k});
}

void dh_inspect_onsite(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t k) {
    const struct dh_facility *f = v->facility;
    bool solar = dh_power_is_solar(f, k), storage = dh_power_is_storage(f, k);
    char name[96], room[DH_FORMAT_ROOM];
    dh_power_map_read(&v->power_map, v->source);
    double w = dh_view_value(v, DH_COLUMN_onsite_power_w, k), rated_w = NAN;
    for (int32_t i = 0; i < v->power_map.n_node; i++)
        if (v->power_map.nodes[i].part == DH_POWER_ONSITE && v->power_map.nodes[i].row == k)
            rated_w = v->power_map.nodes[i].rated_w;
    dh_inspect_heading(v, scene, in, solar ? "solar panels" : storage ? "storage" : "turbine");
    dh_inspect_load(v, scene, in, w < 0 ? "Takes" : "Gives", fabs(w), rated_w);
    if (!storage)
        dh_row(v, scene, in, solar ? "The sun would allow" : "The air would allow",
               dh_view_value(v, DH_COLUMN_onsite_available_w, k), "W");
    if (storage) {
        double stored = dh_view_value(v, DH_COLUMN_onsite_stored_frac, k);
        const struct dh_storage_spec *spec =
            &f->site_spec[f->onsite_site[k]]->powers->storages[f->onsite_row[k]];
        snprintf(name, sizeof name, "%.0f %% of %.0f kWh", 100 * stored, spec->capacity_j / 3.6e6);
        dh_row_text(v, scene, in, "Stored", isnan(stored) ? "\u2013" : name);
        dh_bar(scene, dh_box_cut_y(in, 5 * v->s), stored, DH_GREEN);
        dh_box_cut_y(in, 4 * v->s);
    }
    dh_inspect_day(v, scene, in, "Power given, last 24 h", DH_COLUMN_onsite_power_w, k, rated_w);
    if (storage)
        dh_inspect_day(v, scene, in, "Stored, last 24 h", DH_COLUMN_onsite_stored_frac, k, NAN);
    if (dh_inspect_section(v, scene, in, "Joins at the output of"))
        dh_inspect_link(v, scene, in, (struct dh_view_thing){DH_A_STAGE, f->onsite_stage[k]},
                        f->stage_name[f->onsite_stage[k]],
                        dh_format(room, dh_view_value(v, DH_COLUMN_stage_power_w, f->onsite_stage[k]), "W"));
    dh_inspect_events(v, scene, in, (struct dh_view_thing){DH_AN_ONSITE, k});
}
