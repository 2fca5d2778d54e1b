/* Which equipment of the cooling plants works: broken units, lost power, and what is left of a group. */
#include "models/cooling.h"

#include <math.h>

static struct dh_plant_units *units_of(const struct dh_plant *p, enum dh_plant_unit unit, int32_t row) {
    return &p->units[unit][row];
}

static enum dh_err install(struct dh_plant *p, enum dh_plant_unit unit, int32_t rows) {
    p->n_unit_row[unit] = rows;
    p->units[unit] = rows > 0 ? dh_arena_array(&p->mem, (size_t)rows, sizeof *p->units[unit]) : NULL;
    return rows > 0 && !p->units[unit] ? DH_ERR_MEMORY : DH_OK;
}

static void set(struct dh_plant *p, enum dh_plant_unit unit, int32_t row, int64_t count) {
    int32_t n = count > 0 ? (int32_t)count : 0; /* the language bounds counts far below INT32_MAX */
    *units_of(p, unit, row) = (struct dh_plant_units){.installed = n, .up = n, .live = true};
}

enum dh_err dh_plant_units_init(struct dh_plant *p, const struct dh_facility *f) {
    DH_TRY(install(p, DH_UNIT_CHILLER, f->n_cplant));
    DH_TRY(install(p, DH_UNIT_TOWER_CELL, f->n_cplant));
    DH_TRY(install(p, DH_UNIT_CHILLED_PUMP, f->n_cplant));
    DH_TRY(install(p, DH_UNIT_CONDENSER_PUMP, f->n_cplant));
    DH_TRY(install(p, DH_UNIT_AIR_HANDLER, f->n_hall));
    DH_TRY(install(p, DH_UNIT_CDU_PUMP, f->n_cdu));
    DH_TRY(install(p, DH_UNIT_COOLER, f->n_lplant));
    DH_TRY(install(p, DH_UNIT_FACILITY_PUMP, f->n_lplant));
    for (int32_t i = 0; i < f->n_cplant; i++) {
        const struct dh_chiller_plant_spec *spec = f->cplant_spec[i];
        set(p, DH_UNIT_CHILLER, i, spec->chillers);
        set(p, DH_UNIT_TOWER_CELL, i, spec->tower_cells > 0 ? spec->tower_cells : spec->chillers);
        set(p, DH_UNIT_CHILLED_PUMP, i, spec->chilled_pumps > 0 ? spec->chilled_pumps : spec->chillers);
        set(p, DH_UNIT_CONDENSER_PUMP, i, spec->condenser_pumps > 0 ? spec->condenser_pumps : spec->chillers);
    }
    for (int32_t i = 0; i < f->n_hall; i++)
        set(p, DH_UNIT_AIR_HANDLER, i, f->hall_spec[i]->air_handlers);
    for (int32_t i = 0; i < f->n_cdu; i++)
        set(p, DH_UNIT_CDU_PUMP, i, f->cdu_spec[i]->count);
    for (int32_t i = 0; i < f->n_lplant; i++) {
        set(p, DH_UNIT_COOLER, i, f->lplant_spec[i]->coolers);
        set(p, DH_UNIT_FACILITY_PUMP, i, f->lplant_spec[i]->pumps);
    }
    return DH_OK;
}

int32_t dh_plant_installed(const struct dh_plant *p, enum dh_plant_unit unit, int32_t row) {
    return row >= 0 && row < p->n_unit_row[unit] ? units_of(p, unit, row)->installed : 0;
}

int32_t dh_plant_up(const struct dh_plant *p, enum dh_plant_unit unit, int32_t row) {
    const struct dh_plant_units *u = units_of(p, unit, row);
    return u->live ? u->up : 0;
}

double dh_plant_up_share(const struct dh_plant *p, enum dh_plant_unit unit, int32_t row) {
    const struct dh_plant_units *u = units_of(p, unit, row);
    return u->live && u->up > 0 ? (double)u->up / u->installed : 0.0;
}

bool dh_plant_set_units(struct dh_plant *p, enum dh_plant_unit unit, int32_t row, int32_t n_up) {
    struct dh_plant_units *u = units_of(p, unit, row);
    int32_t was = u->up;
    u->up = n_up < 0 ? 0 : n_up > u->installed ? u->installed : n_up;
    return u->up != was;
}

bool dh_plant_set_live(struct dh_plant *p, enum dh_plant_unit unit, int32_t row, bool live) {
    struct dh_plant_units *u = units_of(p, unit, row);
    bool was = u->live;
    u->live = live;
    /* Compressors stop with their power, and start over when it is back. */
    if (unit == DH_UNIT_CHILLER && live != was)
        p->cplants[row].starting_s = p->cplants[row].restart_s;
    return live != was;
}

double dh_cube(double flow) {
    return flow * flow * flow;
}

double dh_units_frac(double flow, double up, double held) {
    if (!(up > 0))
        return 0.0;
    return up * dh_pump_share(flow < up ? flow / up : 1.0, held);
}

int32_t dh_plant_n_cooling(const struct dh_facility *f) {
    return f->n_hall + f->n_cdu + f->n_cplant + f->n_lplant;
}

double dh_plant_above_k(const struct dh_plant *p, const struct dh_facility *f, int32_t row) {
    if (row < f->n_hall)
        return p->halls[row].above_k;
    row -= f->n_hall;
    if (row < f->n_cdu)
        return p->cdus[row].above_k;
    row -= f->n_cdu;
    return row < f->n_cplant ? p->cplants[row].above_k : p->lplants[row - f->n_cplant].above_k;
}

double dh_plant_design_w(const struct dh_plant *p, const struct dh_facility *f, int32_t row) {
    if (row < f->n_hall)
        return p->halls[row].fan_w;
    row -= f->n_hall;
    if (row < f->n_cdu)
        return p->cdus[row].pump_w;
    row -= f->n_cdu;
    if (row >= f->n_cplant) {
        const struct dh_plant_lplant *l = &p->lplants[row - f->n_cplant];
        return l->pump_w + l->fan_w;
    }
    const struct dh_plant_cplant *c = &p->cplants[row];
    const struct dh_chiller_plant_spec *spec = f->cplant_spec[row];
    double chiller_w = spec->chillers > 0 ? c->capacity_w / c->cop : 0.0;
    double fan_w = c->air_cooled ? 0.0 : spec->tower_fan_share * (c->capacity_w + chiller_w);
    return chiller_w + c->chilled_pump_w + c->condenser_pump_w + fan_w;
}

const char *dh_plant_cooling_name(const struct dh_facility *f, int32_t row) {
    if (row < f->n_hall)
        return f->hall_spec[row]->id;
    row -= f->n_hall;
    if (row < f->n_cdu)
        return f->cdu_spec[row]->id;
    row -= f->n_cdu;
    return row < f->n_cplant ? f->cplant_spec[row]->id : f->lplant_spec[row - f->n_cplant]->id;
}
