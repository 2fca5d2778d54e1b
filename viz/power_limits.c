/* What stages and what cools may carry: units in service, breakers, and from where on a load is near that. */
#include "models/breaker.h"
#include "viz/near.h"
#include "viz/power_map.h"

#include <math.h>

bool dh_power_passes(const struct dh_facility *f, int32_t stage) {
    bool battery = f->stage_ups[stage] && f->stage_ups[stage]->n_batteries > 0;
    return !battery && f->stage_loss_fixed_w[stage] <= 0 && f->stage_loss_linear[stage] <= 0 &&
           f->stage_loss_square_per_w[stage] <= 0;
}

int32_t dh_power_spare(const struct dh_facility *f, int32_t stage) {
    double unit_w = f->stage_unit_w[stage];
    int32_t needed = unit_w > 0 ? (int32_t)fmin(lround(f->stage_rated_w[stage] / unit_w), 1e6) : 0;
    int32_t spare = f->stage_units[stage] - needed;
    return spare > 0 && needed > 0 ? spare : 0;
}

void dh_power_map_equip(struct dh_power_map *map, const struct dh_equipment *equipment,
                        int32_t (*units_out)(void *self, int32_t group), void *self) {
    map->equipment = equipment;
    map->units_out = units_out;
    map->self = self;
    map->read = false;
}

/* Stages and what cools are the first groups, of which there are few. */
static void read_service(struct dh_power_map *map) {
    static const enum dh_power_part parts[DH_N_PLANT_UNIT] = {
        [DH_UNIT_CHILLER] = DH_POWER_CPLANT,      [DH_UNIT_TOWER_CELL] = DH_POWER_CPLANT,
        [DH_UNIT_CHILLED_PUMP] = DH_POWER_CPLANT, [DH_UNIT_CONDENSER_PUMP] = DH_POWER_CPLANT,
        [DH_UNIT_AIR_HANDLER] = DH_POWER_HALL,    [DH_UNIT_CDU_PUMP] = DH_POWER_CDU,
        [DH_UNIT_COOLER] = DH_POWER_LPLANT,       [DH_UNIT_FACILITY_PUMP] = DH_POWER_LPLANT};
    const struct dh_equipment *e = map->equipment;
    for (int pass = 0; e && pass < 2; pass++) /* all in, then the least share of each one's parts */
        for (int32_t g = 0; g < e->n_group; g++) {
            const struct dh_equipment_group *group = &e->groups[g];
            if (group->kind != DH_EQUIPMENT_STAGE && group->kind != DH_EQUIPMENT_PLANT)
                break;
            float *share =
                &map->in_service[group->kind == DH_EQUIPMENT_STAGE ? DH_POWER_STAGE : parts[group->part]]
                                [group->row];
            float in = pass == 0 ? 1 : 1 - (float)map->units_out(map->self, g) / (float)group->n;
            *share = pass == 0 || in < *share ? in : *share;
        }
}

double dh_power_cools_built_w(const struct dh_power_map *map, enum dh_power_part part, int32_t row) {
    const struct dh_facility *f = map->facility;
    return part == DH_POWER_HALL     ? f->hall_air_capacity_w[row]
           : part == DH_POWER_CDU    ? f->cdu_rated_w[row]
           : part == DH_POWER_CPLANT ? f->cplant_spec[row]->capacity_w
           : part == DH_POWER_LPLANT ? f->lplant_spec[row]->capacity_w
                                     : NAN;
}

double dh_power_cools_w(const struct dh_power_map *map, enum dh_power_part part, int32_t row) {
    double all_w = dh_power_cools_built_w(map, part, row);
    return isnan(all_w) ? all_w : all_w * (double)map->in_service[part][row];
}

/* What a stage may carry now. */
static void read_limits(const struct dh_power_map *map, const struct dh_power_node *n,
                        struct dh_power_now *now) {
    const struct dh_facility *f = map->facility;
    int32_t k = n->row;
    now->rated_w = n->rated_w;
    now->circuit_w = now->carries_w = NAN;
    now->near_w = INFINITY;
    if (n->part != DH_POWER_STAGE)
        return;
    int32_t up = (int32_t)lround(f->stage_units[k] * (double)map->in_service[DH_POWER_STAGE][k]);
    now->up = up;
    if (f->stage_kind[k] == DH_STAGE_GENERATOR && now->running > 0)
        up = now->running < up ? now->running : up;
    if (up < f->stage_units[k])
        now->rated_w = fmin(n->rated_w, f->stage_unit_w[k] * up);
    bool circuit = f->stage_kind[k] == DH_STAGE_PDU;
    now->near_w = (circuit ? DH_NEAR_CIRCUIT : DH_NEAR) * now->rated_w;
    if (!f->stage_breaker[k])
        return;
    now->circuit_w = dh_breaker_rated_w(f->stage_breaker[k], f->stage_unit_w[k], up);
    now->carries_w = dh_breaker_carries_w(f->stage_breaker[k], f->stage_unit_w[k], up);
    now->near_w = fmin(now->near_w, DH_NEAR_CIRCUIT * now->circuit_w);
}

void dh_power_limits_read(struct dh_power_map *map) {
    read_service(map);
    for (int32_t i = 0; i < map->n_node; i++)
        read_limits(map, &map->nodes[i], &map->now[i]);
}
