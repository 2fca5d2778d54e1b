#include "viz/power_map.h"

#include "models/dispatch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the graph
 * ---------------------------------------------------------------------------------------------
 */

struct feeds {
    int32_t first, n, transfer;
};

static struct feeds feeds_of(const struct dh_facility *f, enum dh_power_part part, int32_t row) {
    switch (part) {
    case DH_POWER_STAGE:
        return (struct feeds){f->stage_first_feed[row], f->stage_feeds[row], f->stage_transfer[row]};
    case DH_POWER_RACKS:
        return (struct feeds){f->rack_first_feed[row], f->rack_feeds[row], f->rack_transfer[row]};
    case DH_POWER_HALL:
        return (struct feeds){f->hall_first_feed[row], f->hall_feeds[row], f->hall_transfer[row]};
    case DH_POWER_CDU:
        return (struct feeds){f->cdu_first_feed[row], f->cdu_feeds[row], f->cdu_transfer[row]};
    case DH_POWER_CPLANT:
        return (struct feeds){f->cplant_first_feed[row], f->cplant_feeds[row], f->cplant_transfer[row]};
    case DH_POWER_LPLANT:
        return (struct feeds){f->lplant_first_feed[row], f->lplant_feeds[row], f->lplant_transfer[row]};
    case DH_POWER_HOUSE:
        return (struct feeds){f->site_first_feed[row], f->site_feeds[row], f->site_transfer[row]};
    case DH_POWER_ONSITE:
    case DH_N_POWER_PART:
        break;
    }
    return (struct feeds){0, 0, 0};
}

static double onsite_rating(const struct dh_facility *f, int32_t k) {
    const struct dh_site_spec *site = f->site_spec[f->onsite_site[k]];
    const struct dh_power_spec *power = site->powers;
    int32_t row = f->onsite_row[k];
    switch ((enum dh_onsite_kind)f->onsite_kind[k]) {
    case DH_ONSITE_SOLAR:
        return isnan(power->solars[row].ac_w) ? power->solars[row].dc_w / 1.2 : power->solars[row].ac_w;
    case DH_ONSITE_TURBINE:
        return power->turbines[row].rated_w;
    case DH_ONSITE_STORAGE:
        return power->storages[row].rated_w;
    }
    return 0;
}

/* What it draws at most, as far as the scenario says. */
static double rating_of(const struct dh_facility *f, const struct dh_power_node *n) {
    double sum = 0;
    switch (n->part) {
    case DH_POWER_STAGE:
        return f->stage_rated_w[n->row];
    case DH_POWER_ONSITE:
        return onsite_rating(f, n->row);
    case DH_POWER_RACKS:
        for (int32_t r = n->row; r < n->row + n->racks; r++)
            sum += f->rack_rated_w[r];
        return sum;
    case DH_POWER_HALL: /* air of 14 K rise against the pressure of the fans: a rough bound for the drawing */
        return 0.08 * f->hall_air_capacity_w[n->row];
    case DH_POWER_CDU:
        return f->cdu_spec[n->row]->pump_w * (double)f->cdu_spec[n->row]->count;
    case DH_POWER_CPLANT:
        return f->cplant_spec[n->row]->capacity_w / 4;
    case DH_POWER_LPLANT:
        return f->lplant_spec[n->row]->capacity_w *
               (f->lplant_spec[n->row]->fan_share + f->lplant_spec[n->row]->pump_share);
    case DH_POWER_HOUSE:
        return f->site_house_w[n->row];
    case DH_N_POWER_PART:
        break;
    }
    return 0;
}

/* "ROW" of racks called ROW-001, ROW-002, …: their common name. */
static void name_racks(const struct dh_facility *f, struct dh_power_node *n) {
    const char *name = f->rack_name[n->row], *dash = strrchr(name, '-');
    int length = dash && n->racks > 1 ? (int)(dash - name) : (int)strlen(name);
    snprintf(n->name, sizeof n->name, "%.*s", length > 70 ? 70 : length, name);
}

static void name_of(const struct dh_facility *f, struct dh_power_node *n) {
    switch (n->part) {
    case DH_POWER_STAGE:
        snprintf(n->name, sizeof n->name, "%.70s", f->stage_name[n->row]);
        break;
    case DH_POWER_ONSITE:
        snprintf(n->name, sizeof n->name, "%.70s", f->onsite_name[n->row]);
        break;
    case DH_POWER_RACKS:
        name_racks(f, n);
        break;
    case DH_POWER_HALL:
        snprintf(n->name, sizeof n->name, "%.60s fans", f->hall_spec[n->row]->id);
        break;
    case DH_POWER_CDU:
        snprintf(n->name, sizeof n->name, "%.60s pumps", f->cdu_spec[n->row]->id);
        break;
    case DH_POWER_CPLANT:
        snprintf(n->name, sizeof n->name, "%.60s plant", f->cplant_spec[n->row]->id);
        break;
    case DH_POWER_LPLANT:
        snprintf(n->name, sizeof n->name, "%.60s plant", f->lplant_spec[n->row]->id);
        break;
    case DH_POWER_HOUSE:
        snprintf(n->name, sizeof n->name, "%.56s house load", f->site_spec[n->row]->id);
        break;
    case DH_N_POWER_PART:
        break;
    }
}

struct maker {
    struct dh_power_map *map;
    int32_t room_node, room_link;
};

/* Counts where the map has no room yet, adds where it has. */
static void put(struct maker *m, enum dh_power_part part, int32_t row, int32_t racks) {
    struct dh_power_map *map = m->map;
    const struct dh_facility *f = map->facility;
    struct feeds feeds = feeds_of(f, part, row);
    int32_t links = part == DH_POWER_ONSITE ? 1 : feeds.n;
    if (map->n_node < m->room_node && map->n_link + links <= m->room_link) {
        struct dh_power_node *n = &map->nodes[map->n_node];
        *n = (struct dh_power_node){.part = part,
                                    .row = row,
                                    .racks = racks,
                                    .first_link = map->n_link,
                                    .links = links,
                                    .transfer = feeds.transfer};
        name_of(f, n);
        n->rated_w = rating_of(f, n);
        for (int32_t k = 0; k < links; k++)
            map->links[map->n_link + k] =
                part == DH_POWER_ONSITE
                    ? (struct dh_power_link){map->n_node, f->onsite_stage[row], 0}
                    : (struct dh_power_link){f->feed_stage[feeds.first + k], map->n_node, k};
    }
    map->n_node++;
    map->n_link += links;
}

static void put_all(struct maker *m) {
    const struct dh_facility *f = m->map->facility;
    m->map->n_node = m->map->n_link = 0;
    for (int32_t k = 0; k < f->n_stage; k++)
        put(m, DH_POWER_STAGE, k, 0);
    for (int32_t k = 0; k < f->n_onsite; k++)
        put(m, DH_POWER_ONSITE, k, 0);
    for (int32_t k = 0; k < f->n_site; k++)
        if (f->site_house_w[k] > 0)
            put(m, DH_POWER_HOUSE, k, 0);
    for (int32_t k = 0; k < f->n_cplant; k++)
        put(m, DH_POWER_CPLANT, k, 0);
    for (int32_t k = 0; k < f->n_lplant; k++)
        put(m, DH_POWER_LPLANT, k, 0);
    for (int32_t k = 0; k < f->n_cdu; k++)
        if (f->cdu_spec[k]->pump_w > 0)
            put(m, DH_POWER_CDU, k, 0);
    for (int32_t k = 0; k < f->n_hall; k++)
        if (f->hall_feeds[k] > 0)
            put(m, DH_POWER_HALL, k, 0);
    for (int32_t r = 0, n; r < f->n_rack; r += n) {
        for (n = 1; r + n < f->n_rack && f->rack_row[r + n] == f->rack_row[r] &&
                    f->rack_hall[r + n] == f->rack_hall[r] &&
                    f->rack_first_feed[r + n] == f->rack_first_feed[r] &&
                    f->rack_feeds[r + n] == f->rack_feeds[r];)
            n++;
        put(m, DH_POWER_RACKS, r, n);
    }
}

/* Right of all that feed it. Stages stand in an order in which feeds come first. */
static void set_columns(struct dh_power_map *map) {
    int32_t last = 1;
    for (int32_t i = 0; i < map->n_node; i++) {
        struct dh_power_node *n = &map->nodes[i];
        for (int32_t k = 0; n->part != DH_POWER_ONSITE && k < n->links; k++) {
            int32_t column = map->nodes[map->links[n->first_link + k].from].column + 1;
            n->column = column > n->column ? column : n->column;
        }
        last = n->column > last ? n->column : last;
    }
    for (int32_t i = 0; i < map->n_node; i++) {
        struct dh_power_node *n = &map->nodes[i];
        if (n->part == DH_POWER_RACKS)
            n->column = last;
        if (n->part == DH_POWER_ONSITE)
            n->column = map->nodes[map->links[n->first_link].to].column;
    }
    map->n_column = last + 1;
}

/* From the consumers to the sources: how much may come, and as whose first or second feed. */
static void set_expected(struct dh_power_map *map) {
    for (int32_t i = map->n_node - 1; i >= 0; i--) {
        struct dh_power_node *n = &map->nodes[i];
        if (n->part != DH_POWER_STAGE || n->expected_w > n->rated_w || !(n->expected_w > 0))
            n->expected_w = n->rated_w;
        for (int32_t k = 0; n->part != DH_POWER_ONSITE && k < n->links; k++) {
            struct dh_power_node *from = &map->nodes[map->links[n->first_link + k].from];
            from->expected_w += n->expected_w;
            from->sides |=
                n->part == DH_POWER_RACKS && n->links > 1 ? (uint8_t)(1u << (k < 7 ? k : 7)) : n->sides;
        }
    }
}

/* Links by the stage that they come from. */
static void sort_links(struct dh_power_map *map) {
    int32_t n_stage = map->facility->n_stage, *first = map->first_used;
    for (int32_t l = 0; l < map->n_link; l++)
        if (map->links[l].from < n_stage)
            first[map->links[l].from + 2]++;
    for (int32_t s = 0; s < n_stage; s++)
        first[s + 2] += first[s + 1];
    for (int32_t l = 0; l < map->n_link; l++)
        if (map->links[l].from < n_stage)
            map->used_by[first[map->links[l].from + 1]++] = l;
    for (int32_t i = 0; i < map->n_node; i++)
        map->several |= map->nodes[i].links > 1;
}

static bool make_losses(struct dh_power_map *map) {
    size_t nodes = (size_t)map->n_node + 1, stages = (size_t)map->facility->n_stage;
    map->used_by = dh_arena_array(&map->mem, (size_t)map->n_link + 1, sizeof *map->used_by);
    map->first_used = dh_arena_array(&map->mem, stages + 2, sizeof *map->first_used);
    map->more_w = dh_arena_array(&map->mem, nodes, sizeof *map->more_w);
    map->lost = dh_arena_array(&map->mem, nodes, sizeof *map->lost);
    if (!map->used_by || !map->first_used || !map->more_w || !map->lost)
        return false;
    sort_links(map);
    return true;
}

static bool make_service(struct dh_power_map *map) {
    const struct dh_facility *f = map->facility;
    const struct {
        enum dh_power_part part;
        int32_t rows;
    } has[] = {
        {DH_POWER_STAGE,  f->n_stage },
        {DH_POWER_HALL,   f->n_hall  },
        {DH_POWER_CDU,    f->n_cdu   },
        {DH_POWER_CPLANT, f->n_cplant},
        {DH_POWER_LPLANT, f->n_lplant},
    };
    for (size_t i = 0; i < sizeof has / sizeof *has; i++) {
        float *share = dh_arena_array(&map->mem, (size_t)has[i].rows + 1, sizeof *share);
        if (!share)
            return false;
        for (int32_t k = 0; k < has[i].rows; k++)
            share[k] = 1;
        map->in_service[has[i].part] = share;
    }
    return true;
}

enum dh_err dh_power_map_make(struct dh_power_map *out, const struct dh_facility *facility) {
    *out = (struct dh_power_map){.facility = facility};
    struct maker m = {.map = out};
    put_all(&m);
    m.room_node = out->n_node;
    m.room_link = out->n_link;
    out->nodes = dh_arena_array(&out->mem, (size_t)m.room_node + 1, sizeof *out->nodes);
    out->links = dh_arena_array(&out->mem, (size_t)m.room_link + 1, sizeof *out->links);
    out->now = dh_arena_array(&out->mem, (size_t)m.room_node + 1, sizeof *out->now);
    out->flow_w = dh_arena_array(&out->mem, (size_t)m.room_link + 1, sizeof *out->flow_w);
    out->carries = dh_arena_array(&out->mem, (size_t)m.room_link + 1, sizeof *out->carries);
    if (!out->nodes || !out->links || !out->now || !out->flow_w || !out->carries) {
        dh_power_map_free(out);
        return DH_ERR_MEMORY;
    }
    put_all(&m);
    set_columns(out);
    set_expected(out);
    if (!make_losses(out) || !make_service(out)) {
        dh_power_map_free(out);
        return DH_ERR_MEMORY;
    }
    return DH_OK;
}

void dh_power_map_free(struct dh_power_map *map) {
    dh_arena_free(&map->mem);
    *map = (struct dh_power_map){0};
}

bool dh_power_is_solar(const struct dh_facility *f, int32_t onsite) {
    return f->onsite_kind[onsite] == DH_ONSITE_SOLAR;
}

bool dh_power_is_storage(const struct dh_facility *f, int32_t onsite) {
    return f->onsite_kind[onsite] == DH_ONSITE_STORAGE;
}

/* ---- values
 * ------------------------------------------------------------------------------------------------
 */

static double sum_of(double a, double b) {
    return isnan(a) ? b : isnan(b) ? a : a + b;
}

static double draw_of(struct dh_power_map *map, struct dh_source *s, const struct dh_power_node *n) {
    double sum = NAN;
    switch (n->part) {
    case DH_POWER_STAGE:
        return dh_source_value(s, DH_COLUMN_stage_power_w, n->row);
    case DH_POWER_ONSITE:
        return dh_source_value(s, DH_COLUMN_onsite_power_w, n->row);
    case DH_POWER_RACKS: {
        const double *racks = s->ops->column(s, DH_COLUMN_rack_power_w);
        for (int32_t r = n->row; racks && r < n->row + n->racks; r++)
            sum = sum_of(sum, racks[r]);
        return sum;
    }
    case DH_POWER_HALL:
        return dh_source_value(s, DH_COLUMN_hall_fan_w, n->row);
    case DH_POWER_CDU:
        return dh_source_value(s, DH_COLUMN_cdu_pump_w, n->row);
    case DH_POWER_CPLANT:
        sum = sum_of(dh_source_value(s, DH_COLUMN_cplant_chiller_w, n->row),
                     dh_source_value(s, DH_COLUMN_cplant_pump_w, n->row));
        return sum_of(sum, dh_source_value(s, DH_COLUMN_cplant_fan_w, n->row));
    case DH_POWER_LPLANT:
        return sum_of(dh_source_value(s, DH_COLUMN_lplant_fan_w, n->row),
                      dh_source_value(s, DH_COLUMN_lplant_pump_w, n->row));
    case DH_POWER_HOUSE:
        return map->facility->site_house_w[n->row];
    case DH_N_POWER_PART:
        break;
    }
    return NAN;
}

/* What cannot be seen in figures: breakers, sets that run, batteries that carry. The newest word on each,
 * back to as many events as a frame can afford. */
static void read_events(struct dh_power_map *map, const struct dh_source *s) {
    enum { LOOK_BACK = 30000 };
    int32_t n_stage = map->facility->n_stage;
    for (int32_t k = 0; k < n_stage; k++) {
        map->now[k].running = -1;
        map->now[k].open = map->now[k].on_battery = false;
    }
    int64_t newest = dh_source_event(s, s->at + 1), first = newest > LOOK_BACK ? newest - LOOK_BACK : 0;
    for (int64_t i = first; i < newest; i++) {
        const struct dh_view_event *e = &s->events[i];
        if (e->subject < 0 || e->subject >= n_stage)
            continue;
        struct dh_power_now *now = &map->now[e->subject];
        switch (e->kind) {
        case DH_INCIDENT_BREAKER_TRIP:
            now->open = true;
            break;
        case DH_INCIDENT_STAGE_LIVE:
            now->open = false;
            break;
        case DH_INCIDENT_BATTERY_BEGIN:
            now->on_battery = true;
            break;
        case DH_INCIDENT_BATTERY_END:
        case DH_INCIDENT_BATTERY_EMPTY:
            now->on_battery = false;
            break;
        case DH_INCIDENT_GENERATOR_ON:
        case DH_INCIDENT_GENERATOR_OFF:
            now->running = e->value >= 0 && e->value < 1e6 ? (int32_t)e->value : -1;
            break;
        case DH_INCIDENT_GENERATOR_STALL:
        case DH_INCIDENT_FUEL_EMPTY:
            now->running = 0;
            break;
        default:
            break;
        }
    }
}

/* Which feed of a transfer switch carries: the first that is live, but where that gives nothing (it has come
 * back and is not taken again yet) the live one that gives enough. -1: none. */
static int32_t chosen(const struct dh_power_map *map, const struct dh_power_node *n, double in_w) {
    int32_t first = -1, gives = -1;
    for (int32_t k = n->links - 1; k >= 0; k--) {
        const struct dh_power_now *from = &map->now[map->links[n->first_link + k].from];
        if (!from->live)
            continue;
        first = k;
        if (from->in_w > 0.5 * in_w)
            gives = k;
    }
    const struct dh_power_now *from = first >= 0 ? &map->now[map->links[n->first_link + first].from] : NULL;
    return from && gives >= 0 && in_w > 0 && from->in_w < 0.01 * in_w ? gives : first;
}

static void spread(struct dh_power_map *map, const struct dh_power_node *n, double in_w) {
    int32_t live = 0, first = n->first_link;
    for (int32_t k = 0; k < n->links; k++)
        live += map->now[map->links[first + k].from].live;
    int32_t one = n->transfer == DH_TRANSFER_FIRST ? chosen(map, n, in_w) : -1;
    for (int32_t k = 0; k < n->links; k++) {
        bool carries = map->now[map->links[first + k].from].live;
        if (n->transfer == DH_TRANSFER_FIRST)
            carries = k == one;
        map->carries[first + k] = carries;
        map->flow_w[first + k] = !carries ? 0 : n->transfer == DH_TRANSFER_FIRST ? in_w : in_w / live;
    }
}

static bool any_carries(const struct dh_power_map *map, const struct dh_power_node *n) {
    for (int32_t k = 0; k < n->links; k++)
        if (map->carries[n->first_link + k])
            return true;
    return n->links == 0;
}

void dh_power_map_read(struct dh_power_map *map, struct dh_source *s) {
    const struct dh_facility *f = map->facility;
    if (map->read && map->read_at == s->at && map->read_events == s->n_event && !s->live)
        return;
    read_events(map, s);
    dh_power_limits_read(map);
    for (int32_t i = 0; i < map->n_node; i++) {
        const struct dh_power_node *n = &map->nodes[i];
        struct dh_power_now *now = &map->now[i];
        now->in_w = draw_of(map, s, n);
        now->loss_w = now->battery = NAN;
        now->out_w = 0;
        now->live = true;
        if (n->part != DH_POWER_STAGE)
            continue;
        now->loss_w = dh_source_value(s, DH_COLUMN_stage_loss_w, n->row);
        double live = dh_source_value(s, DH_COLUMN_stage_live, n->row);
        now->live = isnan(live) || live > 0.5;
        const struct dh_ups_spec *ups = f->stage_ups[n->row];
        if (ups && ups->n_batteries > 0) {
            double full_j = ups->batteries->energy_j * ups->batteries->usable * f->stage_units[n->row];
            now->battery = dh_source_value(s, DH_COLUMN_stage_battery_j, n->row) / full_j;
        }
    }
    for (int32_t i = 0; i < map->n_node; i++)
        if (map->nodes[i].part == DH_POWER_ONSITE) {
            map->carries[map->nodes[i].first_link] = true;
            map->flow_w[map->nodes[i].first_link] = map->now[i].in_w;
        } else {
            spread(map, &map->nodes[i], map->now[i].in_w);
        }
    for (int32_t l = 0; l < map->n_link; l++) /* what its links carry, storage that takes among them */
        if (isfinite(map->flow_w[l])) {
            bool onsite = map->nodes[map->links[l].from].part == DH_POWER_ONSITE;
            map->now[onsite ? map->links[l].to : map->links[l].from].out_w +=
                onsite ? -map->flow_w[l] : map->flow_w[l];
        }
    for (int32_t i = 0; i < map->n_node; i++) {
        const struct dh_power_node *n = &map->nodes[i];
        struct dh_power_now *now = &map->now[i];
        if (n->part != DH_POWER_STAGE) {
            now->live = any_carries(map, n);
        } else {
            /* Behind a battery that carries or is charged, input less loss is not the output. */
            bool charges = now->battery < 0.999 && now->out_w > 0;
            double through = now->in_w - now->loss_w;
            if (!(now->on_battery || charges) && isfinite(through))
                now->out_w = through;
            else if (isnan(now->in_w) && !now->on_battery) /* not recorded, whatever is behind it */
                now->out_w = NAN;
        }
        double load = n->part == DH_POWER_STAGE ? now->out_w : fabs(now->in_w);
        now->share = now->rated_w > 0 ? load / now->rated_w : NAN;
    }
    if (map->losses_at != s->at || map->losses_events != s->n_event || !map->read)
        dh_power_losses(map);
    map->losses_at = s->at;
    map->losses_events = s->n_event;
    map->read = true;
    map->read_at = s->at;
    map->read_events = s->n_event;
}
