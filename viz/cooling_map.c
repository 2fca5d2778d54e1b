#include "viz/cooling_map.h"

#include <math.h>
#include <string.h>

/* Kinds of what hangs on one plant, for folding; and the least heights of pictures, in pixels of the design.
 */
enum { LEAF = 58, LANE = 124, MOST_LEAF = 128, MOST_PLANT = 170, GAP = 10 };

struct maker {
    struct dh_cooling_map *map;
    const struct dh_facility *f;
    struct dh_source *s;
    const struct dh_power_map *power;
    bool fold;
    bool *dead[DH_N_POWER_PART]; /* of each row of halls, CDU groups and plants; NULL: of no interest */
    int32_t *cdu_racks, *hall_racks;
    double *cdu_junction;
    double *cdu_w,
        *hall_w; /* power of the racks that turns into heat of their plates, and of the hall's air */
};

static double value(struct maker *m, enum dh_column_id column, int32_t row) {
    return dh_source_value(m->s, column, row);
}

static double plus(double a, double b) {
    return isnan(a) ? b : isnan(b) ? a : a + b;
}

/* ---- facts about all rows
 * ---------------------------------------------------------------------------------
 */

static bool find_dead(struct maker *m, const struct dh_power_map *power) {
    const struct dh_facility *f = m->f;
    const int32_t rows[DH_N_POWER_PART] = {[DH_POWER_HALL] = f->n_hall,
                                           [DH_POWER_CDU] = f->n_cdu,
                                           [DH_POWER_CPLANT] = f->n_cplant,
                                           [DH_POWER_LPLANT] = f->n_lplant};
    for (int p = 0; p < DH_N_POWER_PART; p++)
        if (rows[p] > 0 && !(m->dead[p] = dh_arena_array(&m->map->mem, (size_t)rows[p], sizeof *m->dead[p])))
            return false;
    for (int32_t i = 0; i < power->n_node; i++) {
        const struct dh_power_node *n = &power->nodes[i];
        if (m->dead[n->part])
            m->dead[n->part][n->row] = !power->now[i].live;
    }
    return true;
}

static bool find_racks(struct maker *m) {
    const struct dh_facility *f = m->f;
    m->cdu_racks = dh_arena_array(&m->map->mem, (size_t)f->n_cdu + 1, sizeof *m->cdu_racks);
    m->hall_racks = dh_arena_array(&m->map->mem, (size_t)f->n_hall + 1, sizeof *m->hall_racks);
    m->cdu_junction = dh_arena_array(&m->map->mem, (size_t)f->n_cdu + 1, sizeof *m->cdu_junction);
    m->cdu_w = dh_arena_array(&m->map->mem, (size_t)f->n_cdu + 1, sizeof *m->cdu_w);
    m->hall_w = dh_arena_array(&m->map->mem, (size_t)f->n_hall + 1, sizeof *m->hall_w);
    if (!m->cdu_racks || !m->hall_racks || !m->cdu_junction || !m->cdu_w || !m->hall_w)
        return false;
    const double *power = m->s->ops->column(m->s, DH_COLUMN_rack_power_w);
    const double *junction = m->s->ops->column(m->s, DH_COLUMN_rack_junction_degc);
    for (int32_t k = 0; k < f->n_cdu; k++)
        m->cdu_junction[k] = NAN;
    for (int32_t r = 0; r < f->n_rack; r++) {
        int32_t cdu = f->rack_cdu[r], hall = f->rack_hall[r];
        double w = power && isfinite(power[r]) ? power[r] : 0,
               liquid_w = cdu >= 0 ? w * f->rack_liquid_share[r] : 0;
        if (hall >= 0) {
            m->hall_racks[hall]++;
            m->hall_w[hall] += w - liquid_w;
        }
        if (cdu < 0)
            continue;
        m->cdu_w[cdu] += liquid_w;
        m->cdu_racks[cdu]++;
        if (junction && f->rack_nodes[r] > 0)
            m->cdu_junction[cdu] = fmax(m->cdu_junction[cdu], junction[r]);
    }
    return true;
}

/* ---- the tree
 * ----------------------------------------------------------------------------------------------
 */

static struct dh_cooling_node *put(struct maker *m, enum dh_cooling_part part, int32_t row, int32_t parent,
                                   int32_t column) {
    struct dh_cooling_node *n = &m->map->nodes[m->map->n_node++];
    *n = (struct dh_cooling_node){.part = part,
                                  .row = row,
                                  .n = 1,
                                  .parent = parent,
                                  .column = column,
                                  .heat_w = NAN,
                                  .capacity_w = NAN,
                                  .built_w = NAN,
                                  .supply_degc = NAN,
                                  .return_degc = NAN,
                                  .set_degc = NAN,
                                  .own_degc = NAN,
                                  .power_w = NAN,
                                  .junction_degc = NAN};
    return n;
}

static int32_t last(const struct maker *m) {
    return m->map->n_node - 1;
}

/* One more of the kind that node i shows: sums, and the worst of temperatures. */
static void fold_in(struct dh_cooling_node *to, const struct dh_cooling_node *n) {
    to->n++;
    to->racks += n->racks;
    to->heat_w = plus(to->heat_w, n->heat_w);
    to->capacity_w = plus(to->capacity_w, n->capacity_w);
    to->power_w = plus(to->power_w, n->power_w);
    to->supply_degc = fmax(to->supply_degc, n->supply_degc);
    to->return_degc = fmax(to->return_degc, n->return_degc);
    to->own_degc = fmax(to->own_degc, n->own_degc);
    to->junction_degc = fmax(to->junction_degc, n->junction_degc);
    to->dead |= n->dead;
    to->warm |= n->warm;
}

static void fill_air(struct maker *m, struct dh_cooling_node *n, int32_t h, int32_t cplant) {
    n->heat_w = value(m, DH_COLUMN_hall_heat_w, h) - plus(value(m, DH_COLUMN_hall_outdoor_w, h), 0);
    n->capacity_w = dh_power_cools_w(m->power, DH_POWER_HALL, h);
    n->built_w = dh_power_cools_built_w(m->power, DH_POWER_HALL, h);
    n->power_w = value(m, DH_COLUMN_hall_fan_w, h);
    n->dead = m->dead[DH_POWER_HALL][h];
    n->own_degc = value(m, DH_COLUMN_zone_temp_degc, h);
    if (cplant >= 0)
        n->supply_degc = value(m, DH_COLUMN_cplant_supply_degc, cplant);
}

static void fill_cdu(struct maker *m, struct dh_cooling_node *n, int32_t k) {
    const struct dh_facility *f = m->f;
    int32_t lplant = f->cdu_plant[k], cplant = f->cdu_cplant[k];
    n->heat_w = value(m, DH_COLUMN_cdu_heat_w, k);
    n->capacity_w = dh_power_cools_w(m->power, DH_POWER_CDU, k);
    n->built_w = dh_power_cools_built_w(m->power, DH_POWER_CDU, k);
    n->power_w = value(m, DH_COLUMN_cdu_pump_w, k);
    n->own_degc = value(m, DH_COLUMN_cdu_supply_degc, k);
    n->dead = m->dead[DH_POWER_CDU][k];
    if (lplant >= 0) {
        n->set_degc = f->lplant_spec[lplant]->supply_degc;
        n->supply_degc = value(m, DH_COLUMN_lplant_supply_degc, lplant);
        n->return_degc = value(m, DH_COLUMN_lplant_return_degc, lplant);
    } else if (cplant >= 0) {
        n->supply_degc = value(m, DH_COLUMN_cplant_supply_degc, cplant);
    }
    n->warm = n->own_degc > n->set_degc + 1;
}

/* A hall or a CDU group with what is behind it; two nodes, or two that swallow it. */
static void put_pair(struct maker *m, bool air, int32_t row, int32_t parent, int32_t *first) {
    struct dh_cooling_map *map = m->map;
    int32_t at = map->n_node;
    struct dh_cooling_node *front = put(m, air ? DH_COOLING_AIR : DH_COOLING_CDU, row, parent, 3);
    if (air)
        fill_air(m, front, row, m->f->hall_plant[row]);
    else
        fill_cdu(m, front, row);
    struct dh_cooling_node *back = put(m, air ? DH_COOLING_HALL : DH_COOLING_PLATES, row, at, 4);
    back->heat_w = air ? value(m, DH_COLUMN_hall_heat_w, row) : front->heat_w;
    if (m->map->nodes[parent].part == DH_COOLING_NOWHERE) { /* not simulated: what the racks draw */
        front->heat_w = back->heat_w = air ? m->hall_w[row] : m->cdu_w[row];
        front->capacity_w = front->built_w = NAN;
    }
    back->supply_degc = front->own_degc;
    back->return_degc = air ? value(m, DH_COLUMN_hall_return_degc, row) : NAN;
    back->own_degc = front->own_degc;
    back->racks = air ? m->hall_racks[row] : m->cdu_racks[row];
    back->junction_degc = air ? NAN : m->cdu_junction[row];
    if (!m->fold || *first < 0) {
        *first = at;
        return;
    }
    fold_in(&map->nodes[*first], front);
    fold_in(&map->nodes[*first + 1], back);
    map->n_node = at;
    map->folded++;
}

static void put_pairs(struct maker *m, int32_t cplant, int32_t lplant, int32_t site, int32_t parent) {
    const struct dh_facility *f = m->f;
    int32_t first = -1;
    for (int32_t h = 0; h < f->n_hall; h++)
        if (f->hall_site[h] == site && f->hall_plant[h] == cplant && lplant < 0)
            put_pair(m, true, h, parent, &first);
    first = -1;
    for (int32_t k = 0; k < f->n_cdu; k++)
        if (f->cdu_site[k] == site && f->cdu_plant[k] == lplant && f->cdu_cplant[k] == cplant)
            put_pair(m, false, k, parent, &first);
}

static void put_cplant(struct maker *m, int32_t k, int32_t outdoors) {
    const struct dh_facility *f = m->f;
    const struct dh_chiller_plant_spec *spec = f->cplant_spec[k];
    struct dh_cooling_node *n = put(m, DH_COOLING_TOWER, k, outdoors, 1);
    int32_t site = f->cplant_site[k], tower = last(m);
    n->heat_w = value(m, DH_COLUMN_cplant_rejected_w, k);
    n->power_w = value(m, DH_COLUMN_cplant_fan_w, k);
    n->own_degc = value(m, DH_COLUMN_cplant_condenser_degc, k);
    n->supply_degc = value(
        m, spec->rejection == DH_REJECTION_DRY ? DH_COLUMN_site_dry_bulb_degc : DH_COLUMN_site_wet_bulb_degc,
        site);
    n->dead = m->dead[DH_POWER_CPLANT][k];
    n = put(m, DH_COOLING_CHILLERS, k, tower, 2);
    int32_t plant = last(m);
    n->heat_w = value(m, DH_COLUMN_cplant_heat_w, k);
    n->capacity_w = dh_power_cools_w(m->power, DH_POWER_CPLANT, k);
    n->built_w = dh_power_cools_built_w(m->power, DH_POWER_CPLANT, k);
    n->power_w = plus(value(m, DH_COLUMN_cplant_chiller_w, k), value(m, DH_COLUMN_cplant_pump_w, k));
    n->supply_degc = value(m, DH_COLUMN_cplant_condenser_degc, k);
    n->own_degc = value(m, DH_COLUMN_cplant_supply_degc, k);
    n->set_degc = isnan(spec->highest_degc) ? spec->supply_degc : spec->highest_degc;
    n->warm = n->own_degc > n->set_degc + 1;
    n->dead = m->dead[DH_POWER_CPLANT][k];
    if (spec->n_heat_reuses > 0) {
        n = put(m, DH_COOLING_REUSE, k, plant, 1);
        n->heat_w = value(m, DH_COLUMN_cplant_reuse_w, k);
        n->capacity_w = spec->heat_reuses->capacity_w;
    }
    put_pairs(m, k, -1, site, plant);
}

static void put_lplant(struct maker *m, int32_t k, int32_t outdoors) {
    const struct dh_facility *f = m->f;
    const struct dh_liquid_plant_spec *spec = f->lplant_spec[k];
    struct dh_cooling_node *n = put(m, DH_COOLING_COOLERS, k, outdoors, 1);
    int32_t site = f->lplant_site[k], coolers = last(m);
    n->heat_w = value(m, DH_COLUMN_lplant_rejected_w, k);
    n->power_w = value(m, DH_COLUMN_lplant_fan_w, k);
    n->supply_degc = value(m, DH_COLUMN_site_dry_bulb_degc, site);
    n->own_degc = value(m, DH_COLUMN_lplant_supply_degc, k);
    n->dead = m->dead[DH_POWER_LPLANT][k];
    n = put(m, DH_COOLING_PUMPS, k, coolers, 2);
    int32_t plant = last(m);
    n->heat_w = value(m, DH_COLUMN_lplant_heat_w, k);
    n->capacity_w = dh_power_cools_w(m->power, DH_POWER_LPLANT, k);
    n->built_w = dh_power_cools_built_w(m->power, DH_POWER_LPLANT, k);
    n->power_w = value(m, DH_COLUMN_lplant_pump_w, k);
    n->supply_degc = n->own_degc = value(m, DH_COLUMN_lplant_supply_degc, k);
    n->return_degc = value(m, DH_COLUMN_lplant_return_degc, k);
    n->dead = m->dead[DH_POWER_LPLANT][k];
    if (spec->n_heat_reuses > 0) {
        n = put(m, DH_COOLING_REUSE, f->n_cplant + k, plant, 1);
        n->heat_w = value(m, DH_COLUMN_lplant_reuse_w, k);
        n->capacity_w = spec->heat_reuses->capacity_w;
    }
    put_pairs(m, -1, k, site, plant);
}

static bool any_without_plant(const struct dh_facility *f, int32_t site) {
    for (int32_t h = 0; h < f->n_hall; h++)
        if (f->hall_site[h] == site && f->hall_plant[h] < 0)
            return true;
    for (int32_t k = 0; k < f->n_cdu; k++)
        if (f->cdu_site[k] == site && f->cdu_plant[k] < 0 && f->cdu_cplant[k] < 0)
            return true;
    return false;
}

static void put_site(struct maker *m, int32_t site) {
    const struct dh_facility *f = m->f;
    struct dh_cooling_node *n = put(m, DH_COOLING_OUTDOORS, site, -1, 0);
    int32_t outdoors = last(m), before = m->map->n_node;
    n->own_degc = value(m, DH_COLUMN_site_dry_bulb_degc, site);
    for (int32_t k = 0; k < f->n_cplant; k++)
        if (f->cplant_site[k] == site)
            put_cplant(m, k, outdoors);
    for (int32_t k = 0; k < f->n_lplant; k++)
        if (f->lplant_site[k] == site)
            put_lplant(m, k, outdoors);
    if (m->map->n_node == before)
        m->map->n_node = outdoors; /* nothing gives heat to it */
    if (any_without_plant(f, site)) {
        put(m, DH_COOLING_NOWHERE, site, -1, 2);
        put_pairs(m, -1, -1, site, last(m));
    }
    double sum = 0;
    for (int32_t i = before; i < m->map->n_node; i++)
        if (m->map->nodes[i].parent == outdoors && !isnan(m->map->nodes[i].heat_w))
            sum += m->map->nodes[i].heat_w;
    if (m->map->n_node > outdoors && m->map->nodes[outdoors].part == DH_COOLING_OUTDOORS)
        m->map->nodes[outdoors].heat_w = sum;
}

/* ---- places
 * ------------------------------------------------------------------------------------------------
 */

/* A lane is a plant, or what has none, with all that hangs on it. */
struct lane {
    int32_t plant, leaves, reuse;
    float need;
};

static int32_t count_lanes(const struct dh_cooling_map *map, struct lane *lanes, float unit, float *need) {
    int32_t n = 0;
    *need = 0;
    for (int32_t i = 0; i < map->n_node; i++) {
        const struct dh_cooling_node *node = &map->nodes[i];
        if (node->column == 2)
            lanes[n++] = (struct lane){.plant = i, .reuse = -1};
        else if (node->column == 4 && n > 0)
            lanes[n - 1].leaves++;
        else if (node->part == DH_COOLING_REUSE && n > 0)
            lanes[n - 1].reuse = i;
    }
    for (int32_t k = 0; k < n; k++) {
        bool bare = map->nodes[lanes[k].plant].part == DH_COOLING_NOWHERE;
        float least = (bare ? LEAF : lanes[k].reuse >= 0 ? LANE + 70 : LANE) * unit;
        lanes[k].need = fmaxf((float)lanes[k].leaves * LEAF * unit, least);
        *need += lanes[k].need;
    }
    return n;
}

static void place_lane(struct dh_cooling_map *map, const struct lane *lane, float y, float h, float unit) {
    float slot = lane->leaves > 0 ? fminf(h / (float)lane->leaves, (MOST_LEAF + GAP) * unit) : h;
    float leaf = y + (h - slot * (float)lane->leaves) / 2, gap = GAP * unit;
    struct dh_cooling_node *plant = &map->nodes[lane->plant];
    for (int32_t i = lane->plant + 1; i < map->n_node && map->nodes[i].column != 2; i++) {
        struct dh_cooling_node *n = &map->nodes[i];
        if (n->column < 3)
            continue;
        float high = n->column == 4 ? fminf(slot - gap, 96 * unit) : slot - gap; /* has less to say */
        n->box.y = floorf(leaf + (slot - high) / 2);
        n->box.h = floorf(high);
        leaf += n->column == 4 ? slot : 0;
    }
    float most = fminf(h - gap, MOST_PLANT * unit);
    plant->box.h = floorf(most);
    plant->box.y = floorf(y + (h - most) / 2);
    if (plant->parent < 0)
        return;
    struct dh_cooling_node *out = &map->nodes[plant->parent];
    float first = lane->reuse >= 0 ? (most - gap) * 0.55f : most;
    out->box.h = floorf(first);
    out->box.y = plant->box.y;
    if (lane->reuse >= 0) {
        map->nodes[lane->reuse].box.y = floorf(out->box.y + first + gap);
        map->nodes[lane->reuse].box.h = floorf(most - first - gap);
    }
}

/* Outdoors stands in the middle of all that gives heat to it. */
static void place_outdoors(struct dh_cooling_map *map, float unit) {
    for (int32_t i = 0; i < map->n_node; i++) {
        float low = INFINITY, high = -INFINITY;
        if (map->nodes[i].part != DH_COOLING_OUTDOORS)
            continue;
        for (int32_t k = i + 1; k < map->n_node; k++)
            if (map->nodes[k].parent == i) {
                low = fminf(low, map->nodes[k].box.y);
                high = fmaxf(high, map->nodes[k].box.y + map->nodes[k].box.h);
            }
        float h = fminf(high - low, 96 * unit);
        map->nodes[i].box.y = floorf((low + high - h) / 2);
        map->nodes[i].box.h = floorf(h);
    }
}

static void set_scale(struct dh_cooling_map *map, float unit) {
    double least = INFINITY;
    for (int32_t i = 0; i < map->n_node; i++) {
        const struct dh_cooling_node *n = &map->nodes[i];
        double most_w = fmax(isnan(n->capacity_w) ? 0 : n->capacity_w, isnan(n->heat_w) ? 0 : n->heat_w);
        if (most_w > 0 && most_w < 1e13 && n->part != DH_COOLING_OUTDOORS)
            least = fmin(least, 0.7 * (double)n->box.h / most_w);
    }
    map->pixels_per_w = isfinite(least) ? (float)fmin(least, 1) : 0;
    (void)unit;
}

static bool place(struct dh_cooling_map *map, struct dh_box box, float unit, bool may_fold) {
    struct lane *lanes = dh_arena_array(&map->mem, (size_t)map->n_node + 1, sizeof *lanes);
    float need, y = box.y;
    if (!lanes)
        return false;
    int32_t n = count_lanes(map, lanes, unit, &need);
    if (need > box.h && may_fold)
        return true; /* it will be made again, folded */
    map->content_h = fmaxf(need, box.h);
    float more = need > 0 ? fminf(fmaxf(box.h / need, 1), 2) : 1;
    map->node_w = floorf(fminf(box.w / DH_COOLING_COLUMNS * (box.w < 800 * unit ? 0.8f : 0.72f), 270 * unit));
    for (int c = 0; c < DH_COOLING_COLUMNS; c++)
        map->column_x[c] = floorf(box.x + (box.w - map->node_w) * (float)c / (DH_COOLING_COLUMNS - 1));
    for (int32_t i = 0; i < map->n_node; i++) {
        map->nodes[i].box.x = map->column_x[map->nodes[i].column];
        map->nodes[i].box.w = map->node_w;
    }
    y += (map->content_h - need * more) / 2;
    for (int32_t k = 0; k < n; k++) {
        place_lane(map, &lanes[k], y, lanes[k].need * more, unit);
        y += lanes[k].need * more;
    }
    place_outdoors(map, unit);
    set_scale(map, unit);
    return true;
}

/* ---- all of it
 * ---------------------------------------------------------------------------------------------
 */

static enum dh_err make(struct dh_cooling_map *out, struct dh_source *source,
                        const struct dh_power_map *power, struct dh_box box, float unit, bool fold) {
    const struct dh_facility *f = source->facility;
    *out = (struct dh_cooling_map){.facility = f};
    struct maker m = {.map = out, .f = f, .s = source, .power = power, .fold = fold};
    int64_t most = 2 * (int64_t)f->n_site + 3 * ((int64_t)f->n_cplant + f->n_lplant) +
                   2 * ((int64_t)f->n_hall + f->n_cdu);
    out->nodes = dh_arena_array(&out->mem, (size_t)most + 1, sizeof *out->nodes);
    if (!out->nodes || !find_dead(&m, power) || !find_racks(&m))
        return DH_ERR_MEMORY;
    for (int32_t k = 0; k < f->n_site; k++)
        put_site(&m, k);
    return place(out, box, unit, !fold) ? DH_OK : DH_ERR_MEMORY;
}

enum dh_err dh_cooling_map_make(struct dh_cooling_map *out, struct dh_source *source,
                                const struct dh_power_map *power, struct dh_box box, float unit) {
    enum dh_err err = make(out, source, power, box, unit, false);
    if (err == DH_OK && out->n_node > 0 && out->content_h == 0) { /* too much for its box */
        dh_cooling_map_free(out);
        err = make(out, source, power, box, unit, true);
    }
    if (err != DH_OK)
        dh_cooling_map_free(out);
    return err;
}

void dh_cooling_map_free(struct dh_cooling_map *map) {
    dh_arena_free(&map->mem);
    *map = (struct dh_cooling_map){0};
}
