#include "viz/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list
 * ----------------------------------------------------------------------------------------------
 */

/* How bad: first its level, then its kind, then how far beyond its limit. */
static double gravity(const struct dh_alert *a) {
    double share = a->kind == DH_ALERT_SLOW || a->kind == DH_ALERT_CAP || a->kind == DH_ALERT_CHARGING
                       ? 1 - a->value
                   : a->kind == DH_ALERT_BATTERY ? 1e3 / (a->value + 1)
                                                 : a->value / a->limit;
    share = isfinite(share) ? fmin(fmax(share, 0), 99) : 0;
    return 1e6 * a->level - 100.0 * a->kind + share;
}

static void add(struct dh_alerts *a, struct dh_alert alert) {
    *(alert.level == DH_ALERT_OVER ? &a->n_over : &a->n_near) += 1;
    int32_t at = a->n;
    double g = gravity(&alert);
    if (at == DH_ALERTS_LISTED && g <= gravity(&a->list[at - 1]))
        return;
    at -= at == DH_ALERTS_LISTED;
    a->n = at + 1;
    for (; at > 0 && gravity(&a->list[at - 1]) < g; at--)
        a->list[at] = a->list[at - 1];
    a->list[at] = alert;
}

static void add_one(struct dh_alerts *a, enum dh_alert_kind kind, enum dh_alert_level level,
                    enum dh_view_what what, int32_t row, double value, double limit) {
    add(a, (struct dh_alert){
               kind, level, {what, row},
                 1, -1, value, limit
    });
}

/* A load against what it may be at most. */
static void add_load(struct dh_alerts *a, enum dh_alert_kind kind, enum dh_view_what what, int32_t row,
                     double value, double limit) {
    if (limit > 0 && value > DH_NEAR * limit)
        add_one(a, kind, value > DH_BEYOND * limit ? DH_ALERT_OVER : DH_ALERT_NEAR, what, row, value, limit);
}

/* Many of a kind are told as one, with the worst of them. */
struct worst {
    int32_t n, row;
    double value, limit, badness;
};

static void take(struct worst *w, int32_t row, double badness, double value, double limit) {
    if (w->n++ == 0 || badness > w->badness)
        *w = (struct worst){w->n, row, value, limit, badness};
}

static void add_worst(struct dh_alerts *a, const struct worst *w, enum dh_alert_kind kind,
                      enum dh_alert_level level, enum dh_view_what what) {
    if (w->n > 0)
        add(a, (struct dh_alert){
                   kind, level, {what, w->row},
                     w->n, -1, w->value, w->limit
        });
}

/* ---- what is looked at
 * --------------------------------------------------------------------------------------
 */

static bool any_feed_lives(const struct dh_power_map *map, const struct dh_power_node *n) {
    for (int32_t k = 0; k < n->links; k++)
        if (map->now[map->links[n->first_link + k].from].live)
            return true;
    return false;
}

/* Above what its units in service are rated for, or near it; or, by itself, what their breakers are. */
static void of_load(struct dh_alerts *a, int32_t k, const struct dh_power_now *now) {
    bool trips = now->out_w > DH_BEYOND * now->carries_w, over = now->out_w > DH_BEYOND * now->rated_w;
    if (trips)
        add_one(a, DH_ALERT_BREAKER, DH_ALERT_OVER, DH_A_STAGE, k, now->out_w, now->carries_w);
    else if (over || now->out_w > now->near_w)
        add_one(a, DH_ALERT_STAGE, over ? DH_ALERT_OVER : DH_ALERT_NEAR, DH_A_STAGE, k, now->out_w,
                fmin(now->rated_w, over ? INFINITY : now->circuit_w));
}

static void of_stages(struct dh_alerts *a, struct dh_source *s, const struct dh_power_map *map) {
    const struct dh_facility *f = map->facility;
    struct worst sides = {0};
    for (int32_t k = 0; k < f->n_stage; k++) {
        const struct dh_power_now *now = &map->now[k];
        bool generator = f->stage_kind[k] == DH_STAGE_GENERATOR;
        if (!now->live) { /* of all that is dark behind it the first tells it */
            if (!generator && (map->nodes[k].links == 0 || any_feed_lives(map, &map->nodes[k])))
                add_one(a, DH_ALERT_STAGE_DARK, DH_ALERT_OVER, DH_A_STAGE, k, NAN, NAN);
            continue;
        }
        if (now->on_battery) {
            double inverter = f->stage_ups[k] && f->stage_ups[k]->n_batteries > 0
                                  ? f->stage_ups[k]->batteries->inverter
                                  : NAN;
            double left_j = dh_source_value(s, DH_COLUMN_stage_battery_j, k);
            add_one(a, DH_ALERT_BATTERY, DH_ALERT_OVER, DH_A_STAGE, k,
                    now->out_w > 0 ? left_j * inverter / now->out_w : NAN, NAN);
        } else if (now->battery < 0.9) {
            add_one(a, DH_ALERT_CHARGING, DH_ALERT_NEAR, DH_A_STAGE, k, now->battery, NAN);
        }
        of_load(a, k, now);
        if (now->without_w > DH_BEYOND * now->rated_w && !(now->out_w > DH_BEYOND * now->rated_w))
            take(&sides, k, now->without_w / now->rated_w, now->without_w, now->rated_w);
    }
    add_worst(a, &sides, DH_ALERT_ONE_SIDE, DH_ALERT_NEAR, DH_A_STAGE);
}

/* One pass over all racks. */
static void of_racks(struct dh_alerts *a, struct dh_source *s) {
    const struct dh_facility *f = s->facility;
    const double *power = s->ops->column(s, DH_COLUMN_rack_power_w),
                 *inlet = s->ops->column(s, DH_COLUMN_rack_inlet_degc),
                 *clock = s->ops->column(s, DH_COLUMN_rack_clock_frac);
    struct worst dark = {0}, over = {0}, hot = {0}, warm = {0}, slow = {0}, stopped = {0};
    for (int32_t r = 0; r < f->n_rack; r++) {
        if (f->rack_energized[r] > s->at)
            continue;
        double limit = dh_overlay_limit(s, DH_OVERLAY_INLET, r);
        bool draws = !dh_source_rack_dark(s, r);
        if (!draws)
            take(&dark, r, 0, 0, NAN);
        if (power && power[r] > DH_BEYOND * f->rack_rated_w[r])
            take(&over, r, power[r] / f->rack_rated_w[r], power[r], f->rack_rated_w[r]);
        if (inlet && inlet[r] > limit)
            take(&hot, r, inlet[r], inlet[r], limit);
        else if (inlet && inlet[r] > limit - DH_ALERT_NEAR_K)
            take(&warm, r, inlet[r], inlet[r], limit);
        if (clock && draws && clock[r] <= 0 && f->rack_nodes[r] > 0)
            take(&stopped, r, 0, 0, NAN);
        else if (clock && draws && clock[r] < 0.9995 && f->rack_nodes[r] > 0)
            take(&slow, r, -clock[r], clock[r], NAN);
    }
    add_worst(a, &dark, DH_ALERT_RACKS_DARK, DH_ALERT_OVER, DH_A_RACK);
    add_worst(a, &stopped, DH_ALERT_STOPPED, DH_ALERT_OVER, DH_A_RACK);
    add_worst(a, &over, DH_ALERT_RACKS_OVER, DH_ALERT_OVER, DH_A_RACK);
    add_worst(a, &hot, DH_ALERT_INLET, DH_ALERT_OVER, DH_A_RACK);
    add_worst(a, &warm, DH_ALERT_INLET, DH_ALERT_NEAR, DH_A_RACK);
    add_worst(a, &slow, DH_ALERT_SLOW, DH_ALERT_NEAR, DH_A_RACK);
}

static void of_cooling(struct dh_alerts *a, struct dh_source *s, const struct dh_power_map *map) {
    static const enum dh_view_what things[] = {DH_A_HALL, DH_A_CDU, DH_A_CPLANT, DH_AN_LPLANT};
    const struct dh_facility *f = s->facility;
    const int32_t rows[] = {f->n_hall, f->n_cdu, f->n_cplant, f->n_lplant};
    for (int32_t h = 0; h < f->n_hall; h++)
        if (f->hall_plant[h] >= 0)
            add_load(a, DH_ALERT_COOLING, DH_A_HALL, h,
                     dh_source_value(s, DH_COLUMN_hall_heat_w, h) -
                         fmax(dh_source_value(s, DH_COLUMN_hall_outdoor_w, h), 0),
                     dh_power_cools_w(map, DH_POWER_HALL, h));
    for (int32_t k = 0; k < f->n_cdu; k++)
        add_load(a, DH_ALERT_COOLING, DH_A_CDU, k, dh_source_value(s, DH_COLUMN_cdu_heat_w, k),
                 dh_power_cools_w(map, DH_POWER_CDU, k));
    for (int32_t k = 0; k < f->n_cplant; k++)
        add_load(a, DH_ALERT_COOLING, DH_A_CPLANT, k, dh_source_value(s, DH_COLUMN_cplant_heat_w, k),
                 dh_power_cools_w(map, DH_POWER_CPLANT, k));
    for (int32_t k = 0; k < f->n_lplant; k++)
        add_load(a, DH_ALERT_COOLING, DH_AN_LPLANT, k, dh_source_value(s, DH_COLUMN_lplant_heat_w, k),
                 dh_power_cools_w(map, DH_POWER_LPLANT, k));
    int32_t at = 0;
    for (int i = 0; i < 4 && a->dead; i++)
        for (int32_t row = 0; row < rows[i]; row++, at++)
            if (a->dead[at] > 0)
                add_one(a, DH_ALERT_COOLING_DEAD, DH_ALERT_OVER, things[i], row, NAN, NAN);
            else if (a->warm[at] > 0)
                add_one(a, DH_ALERT_COOLING_WARM, DH_ALERT_OVER, things[i], row, NAN, NAN);
}

enum dh_slo dh_service_slo(struct dh_source *s, int32_t service) {
    double ttft = dh_source_value(s, DH_COLUMN_service_ttft_s, service),
           rate = dh_source_value(s, DH_COLUMN_service_requests_per_s, service),
           limit = s->facility->service_spec[service]->slo_ttft_s;
    if (!(limit > 0) || (isnan(ttft) && !(rate > 0)))
        return DH_SLO_NONE;
    return ttft <= limit ? DH_SLO_MET : DH_SLO_MISSED;
}

static void of_work(struct dh_alerts *a, struct dh_source *s) {
    const struct dh_facility *f = s->facility;
    for (int32_t k = 0; k < f->n_service; k++) {
        double ttft = dh_source_value(s, DH_COLUMN_service_ttft_s, k), slo = f->service_spec[k]->slo_ttft_s;
        if (dh_service_slo(s, k) == DH_SLO_MISSED)
            add_one(a, DH_ALERT_SERVICE, DH_ALERT_OVER, DH_A_SERVICE, k, ttft, slo);
        else
            add_load(a, DH_ALERT_SERVICE, DH_A_SERVICE, k, ttft, slo);
    }
    for (int32_t k = 0; k < f->n_site; k++) {
        double clock = dh_source_value(s, DH_COLUMN_site_cap_frac, k);
        if (clock < 0.9995)
            add_one(a, DH_ALERT_CAP, DH_ALERT_NEAR, DH_A_SITE, k, clock, NAN);
    }
    for (int32_t k = 0; k < f->n_store && a->still; k++)
        if (a->still[k] > 0)
            add_one(a, DH_ALERT_STORE, DH_ALERT_OVER, DH_A_STORE, k, NAN, NAN);
}

static void of_network(struct dh_alerts *a, struct dh_source *s) {
    const struct dh_facility *f = s->facility;
    const double *load = f->n_link > 0 ? s->ops->column(s, DH_COLUMN_link_load_frac) : NULL;
    struct worst full = {0}, near = {0};
    for (int32_t l = 0; load && l < f->n_link; l++)
        if (load[l] > DH_BEYOND)
            take(&full, l, load[l], load[l], 1);
        else if (load[l] > DH_NEAR)
            take(&near, l, load[l], load[l], 1);
    add_worst(a, &full, DH_ALERT_LINKS, DH_ALERT_OVER, DH_A_LINK);
    add_worst(a, &near, DH_ALERT_LINKS, DH_ALERT_NEAR, DH_A_LINK);
    for (int32_t k = 0; k < f->n_fabric; k++) {
        double out = dh_source_value(s, DH_COLUMN_fabric_units_out, k);
        if (out > 0)
            add_one(a, DH_ALERT_FABRIC, DH_ALERT_NEAR, DH_A_FABRIC, k, out, NAN);
    }
}

static void of_equipment(struct dh_alerts *a, struct dh_source *s, const struct dh_alerts_given *given) {
    const struct dh_equipment *e = given->equipment;
    for (int32_t i = 0; i < e->n_group; i++) {
        const struct dh_equipment_group *g = &e->groups[i];
        int32_t out = given->units_out(given->self, i);
        if (out <= 0 || g->kind == DH_EQUIPMENT_FABRIC) /* a fabric counts its own */
            continue;
        add(a, (struct dh_alert){DH_ALERT_OUT, out >= g->n ? DH_ALERT_OVER : DH_ALERT_NEAR,
                                 dh_group_thing(s->facility, g), 1, i, out, g->n});
    }
}

/* ---- what events tell
 * ---------------------------------------------------------------------------------------
 */

static int32_t n_cooling(const struct dh_facility *f) {
    return f->n_hall + f->n_cdu + f->n_cplant + f->n_lplant;
}

static void count(int32_t *of, int32_t n, const struct dh_view_event *e, int by) {
    if (e->subject >= 0 && e->subject < n)
        of[e->subject] += by;
}

/* An event that comes (way 1) or is taken back (-1). */
static void apply(struct dh_alerts *a, const struct dh_facility *f, const struct dh_view_event *e, int way) {
    int32_t cooling = n_cooling(f);
    switch (e->kind) {
    case DH_INCIDENT_COOLING_DEAD:
        count(a->dead, cooling, e, way);
        break;
    case DH_INCIDENT_COOLING_LIVE:
        count(a->dead, cooling, e, -way);
        break;
    case DH_INCIDENT_COOLING_SHORT:
        count(a->warm, cooling, e, way);
        break;
    case DH_INCIDENT_COOLING_MET:
        count(a->warm, cooling, e, -way);
        break;
    case DH_INCIDENT_STORE_STILL:
        count(a->still, f->n_store, e, way);
        break;
    case DH_INCIDENT_STORE_BACK:
        count(a->still, f->n_store, e, -way);
        break;
    default:
        break;
    }
}

static bool has_room(struct dh_alerts *a, const struct dh_facility *f) {
    if (a->dead)
        return true;
    a->dead = calloc((size_t)n_cooling(f) + 1, sizeof *a->dead);
    a->warm = calloc((size_t)n_cooling(f) + 1, sizeof *a->warm);
    a->still = calloc((size_t)f->n_store + 1, sizeof *a->still);
    if (a->dead && a->warm && a->still)
        return true;
    dh_alerts_free(a);
    return false;
}

/* Forth or back to the instant: no more events are looked at than lie between. */
static void take_events(struct dh_alerts *a, const struct dh_source *s) {
    int64_t until = dh_source_event(s, s->at + 1);
    if (a->n_taken > s->n_event) /* the file was read anew, and has fewer */
        dh_alerts_free(a);
    if (!has_room(a, s->facility))
        return;
    for (; a->n_taken < until; a->n_taken++)
        apply(a, s->facility, &s->events[a->n_taken], 1);
    for (; a->n_taken > until; a->n_taken--)
        apply(a, s->facility, &s->events[a->n_taken - 1], -1);
}

/* ---- all of it
 * ---------------------------------------------------------------------------------------------
 */

void dh_alerts_read(struct dh_alerts *a, struct dh_source *s, const struct dh_alerts_given *given) {
    if (a->read && a->read_at == s->at && a->read_events == s->n_event && !s->live)
        return;
    a->n = a->n_over = a->n_near = 0;
    take_events(a, s);
    dh_power_map_read(given->power, s);
    of_stages(a, s, given->power);
    of_racks(a, s);
    of_cooling(a, s, given->power);
    of_work(a, s);
    of_network(a, s);
    of_equipment(a, s, given);
    a->read = true;
    a->read_at = s->at;
    a->read_events = s->n_event;
}

void dh_alerts_free(struct dh_alerts *a) {
    free(a->dead);
    free(a->warm);
    free(a->still);
    *a = (struct dh_alerts){0};
}

const char *dh_alert_text(const struct dh_alert *alert, char *room, size_t n) {
    char a[DH_FORMAT_ROOM], b[DH_FORMAT_ROOM];
    double value = alert->value, limit = alert->limit;
    room[0] = '\0';
    switch (alert->kind) {
    case DH_ALERT_STAGE_DARK:
    case DH_ALERT_RACKS_DARK:
    case DH_ALERT_COOLING_DEAD:
        snprintf(room, n, "without power");
        break;
    case DH_ALERT_STOPPED:
        snprintf(room, n, "GPUs stopped");
        break;
    case DH_ALERT_BATTERY:
        if (isnan(value))
            snprintf(room, n, "on battery");
        else
            snprintf(room, n, "on battery, lasts %s", dh_format_span(a, value));
        break;
    case DH_ALERT_BREAKER:
        snprintf(room, n, "%s, breaker trips above %s", dh_format(a, value, "W"), dh_format(b, limit, "W"));
        break;
    case DH_ALERT_ONE_SIDE:
        snprintf(room, n, "on one side: %.0f %%", 100 * value / limit);
        break;
    case DH_ALERT_STAGE:
    case DH_ALERT_COOLING:
    case DH_ALERT_RACKS_OVER:
        snprintf(room, n, "%s of %s", dh_format(a, value, "W"), dh_format(b, limit, "W"));
        break;
    case DH_ALERT_INLET:
        snprintf(room, n, "air %s, limit %s", dh_format(a, value, "degC"), dh_format(b, limit, "degC"));
        break;
    case DH_ALERT_COOLING_WARM:
        snprintf(room, n, "above its set-point");
        break;
    case DH_ALERT_SERVICE:
        if (isnan(value))
            snprintf(room, n, "requests, and nothing answers them");
        else
            snprintf(room, n, "first token %s of %s", dh_format_span(a, value), dh_format_span(b, limit));
        break;
    case DH_ALERT_LINKS:
        snprintf(room, n, "%.0f %% of bandwidth", 100 * value);
        break;
    case DH_ALERT_STORE:
        snprintf(room, n, "cannot be read");
        break;
    case DH_ALERT_SLOW:
        snprintf(room, n, "clock at %.0f %%", 100 * value);
        break;
    case DH_ALERT_CAP:
        snprintf(room, n, "power cap: clock at %.0f %%", 100 * value);
        break;
    case DH_ALERT_OUT:
        snprintf(room, n, "%.0f of %.0f out of service", value, limit);
        break;
    case DH_ALERT_FABRIC:
        snprintf(room, n, "%.0f parts out of service", value);
        break;
    case DH_ALERT_CHARGING:
        snprintf(room, n, "battery at %.0f %%", 100 * value);
        break;
    case DH_N_ALERT:
        break;
    }
    return room;
}
