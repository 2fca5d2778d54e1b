/* Equipment fails and is repaired: each unit by itself, several by one shock, some by planned work. What
 * leaves service or comes back reaches power and plant by the number of units they have left, and jobs by the
 * nodes that go down (world_down.c). Trips: world_trip.c. */
#include "models/checkpoint.h"
#include "models/world_network.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- units out and back ---------------------------------------------------------------------------------
 */

static void touch(struct dh_failure_run *r, int32_t group) {
    if (r->is_touched[group])
        return;
    r->is_touched[group] = true;
    r->touched[r->n_touched++] = group;
}

/* The clocks of failing units whose equipment is held by something else stand still. */
static enum dh_err hold_clocks(struct dh_world *w, int32_t unit) {
    struct dh_failure_run *r = &w->failure;
    for (int32_t p = 0; p < r->n_process; p++) {
        const struct dh_failure_process *process = &r->processes[p];
        int32_t at = unit - process->first_unit;
        if (at < 0 || at >= process->n * process->n_each)
            continue;
        struct dh_failing_unit *u = &r->units[process->first + at / process->n_each];
        if (u->state != DH_FAILING_WORKS || u->stands)
            continue;
        u->stands = true;
        u->left = u->at == DH_TIME_MAX ? DH_TIME_MAX : u->at - w->des.now;
        u->generation++;
    }
    return DH_OK;
}

static enum dh_err start_clock(struct dh_world *w, int32_t row) {
    struct dh_failing_unit *u = &w->failure.units[row];
    u->stands = false;
    u->generation++;
    u->at = u->left >= DH_TIME_MAX - w->des.now ? DH_TIME_MAX : w->des.now + u->left;
    return dh_des_schedule_generation(&w->des, u->at, DH_PHASE_FAILURE, DH_EVENT_FAIL, row, u->generation, 0);
}

static enum dh_err release_clocks(struct dh_world *w, int32_t unit) {
    struct dh_failure_run *r = &w->failure;
    for (int32_t p = 0; p < r->n_process; p++) {
        const struct dh_failure_process *process = &r->processes[p];
        int32_t at = unit - process->first_unit;
        if (at < 0 || at >= process->n * process->n_each)
            continue;
        int32_t row = process->first + at / process->n_each;
        bool held = false;
        for (int32_t i = 0; i < process->n_each; i++)
            held |= r->equipment.causes[process->first_unit + at / process->n_each * process->n_each + i] > 0;
        if (r->units[row].state == DH_FAILING_WORKS && r->units[row].stands && !held)
            DH_TRY(start_clock(w, row));
    }
    return DH_OK;
}

/* Nodes that a unit takes along: those of its rack, itself, or that of its GPU; none for power and cooling.
 * And switches and links. */
static enum dh_err set_nodes(struct dh_world *w, int32_t unit, bool down) {
    const struct dh_equipment *e = &w->failure.equipment;
    const struct dh_equipment_group *g = &e->groups[e->unit_group[unit]];
    int32_t i = unit - g->first_unit;
    if (g->kind == DH_EQUIPMENT_RACK)
        return dh_world_rack_down(w, g->row + i, down);
    if (g->kind == DH_EQUIPMENT_FABRIC)
        return dh_world_fabric_unit(w, g->row, (enum dh_network_unit)g->part, i, down);
    if (g->kind != DH_EQUIPMENT_NODE && g->kind != DH_EQUIPMENT_GPU)
        return DH_OK;
    int32_t node = g->row + (g->kind == DH_EQUIPMENT_GPU ? i / g->unit_gpus : i);
    return down ? dh_world_node_down(w, node) : dh_world_node_up(w, node);
}

enum dh_err dh_world_unit_out(struct dh_world *w, int32_t unit) {
    struct dh_equipment *e = &w->failure.equipment;
    if (!dh_equipment_hold(e, unit))
        return DH_OK;
    touch(&w->failure, e->unit_group[unit]);
    DH_TRY(hold_clocks(w, unit));
    return set_nodes(w, unit, true);
}

enum dh_err dh_world_unit_back(struct dh_world *w, int32_t unit) {
    struct dh_equipment *e = &w->failure.equipment;
    if (!dh_equipment_release(e, unit))
        return DH_OK;
    touch(&w->failure, e->unit_group[unit]);
    DH_TRY(release_clocks(w, unit));
    return set_nodes(w, unit, false);
}

enum dh_err dh_world_equipment_changed(struct dh_world *w) {
    struct dh_failure_run *r = &w->failure;
    for (int32_t k = 0; k < r->n_touched; k++) {
        const struct dh_equipment_group *g = &r->equipment.groups[r->touched[k]];
        r->is_touched[r->touched[k]] = false;
        if (g->kind == DH_EQUIPMENT_STAGE)
            dh_power_set_units(&w->power, g->row, g->n - g->n_out);
    }
    int32_t n = r->n_touched;
    bool network = false;
    for (int32_t k = 0; k < n; k++)
        network |= r->equipment.groups[r->touched[k]].kind == DH_EQUIPMENT_FABRIC;
    if (network)
        DH_TRY(dh_world_network_changed(w));
    r->n_touched = 0;
    DH_TRY(dh_world_power_changed(w)); /* what happens at once changes at once */
    for (int32_t k = 0; k < n; k++) {
        const struct dh_equipment_group *g = &r->equipment.groups[r->touched[k]];
        if (g->kind == DH_EQUIPMENT_PLANT)
            DH_TRY(dh_world_plant_units(w, (enum dh_plant_unit)g->part, g->row, g->n - g->n_out));
        if (g->kind == DH_EQUIPMENT_STORE) {
            const struct dh_store_run *s = &w->storage.stores[g->row];
            DH_TRY(dh_world_store_units(w, g->row, g->part == 0 ? g->n_out : s->servers_out,
                                        g->part == 1 ? g->n_out : s->metadata_out));
        }
    }
    return DH_OK;
}

/* ---- lives and repairs ----------------------------------------------------------------------------------
 */

static struct dh_rng stream(const struct dh_world *w, enum dh_rng_purpose purpose, uint64_t entity,
                            uint32_t k) {
    return dh_failure_stream((uint64_t)w->sc->seed, purpose, entity, k);
}

/* A new life, from now on. */
static enum dh_err live(struct dh_world *w, int32_t row) {
    struct dh_failing_unit *u = &w->failure.units[row];
    const struct dh_failure_process *p = &w->failure.processes[u->process];
    struct dh_rng rng = stream(w, DH_RNG_FAILURE, u->entity, u->n_life++);
    u->state = DH_FAILING_WORKS;
    u->left = dh_time_after(0, dh_failure_life_s(&p->law, &rng));
    u->stands = true;
    int32_t first = p->first_unit + (row - p->first) * p->n_each;
    for (int32_t i = 0; i < p->n_each; i++)
        if (w->failure.equipment.causes[first + i] > 0)
            return DH_OK; /* something else holds it */
    return start_clock(w, row);
}

static void queue_up(struct dh_failure_run *r, struct dh_waiting *line, int32_t row) {
    r->units[row].next = -1;
    if (line->head < 0)
        line->head = row;
    else
        r->units[line->tail].next = row;
    line->tail = row;
}

static int32_t next_in_line(struct dh_failure_run *r, struct dh_waiting *line) {
    int32_t row = line->head;
    if (row >= 0)
        line->head = r->units[row].next;
    return row;
}

static enum dh_err repair(struct dh_world *w, int32_t row) {
    struct dh_failing_unit *u = &w->failure.units[row];
    const struct dh_failure_process *p = &w->failure.processes[u->process];
    struct dh_rng rng = stream(w, DH_RNG_REPAIR, u->entity, u->n_repair++);
    dh_time ends = dh_time_after(w->des.now, dh_failure_repair_s(&p->law, &rng));
    u->state = DH_FAILING_REPAIR;
    w->failure.n_away -= ends == DH_TIME_MAX; /* for good */
    return dh_des_schedule(&w->des, ends, DH_PHASE_FAILURE, DH_EVENT_REPAIRED, row, 0);
}

/* First the part, then the crew: nobody waits beside the machine for a delivery. */
static enum dh_err need_crew(struct dh_world *w, int32_t row) {
    struct dh_failure_run *r = &w->failure;
    int32_t crew = r->processes[r->units[row].process].crew;
    if (crew < 0 || r->crews[crew].free > 0) {
        if (crew >= 0)
            r->crews[crew].free--;
        return repair(w, row);
    }
    r->units[row].state = DH_FAILING_NEEDS_CREW;
    queue_up(r, &r->crews[crew], row);
    return DH_OK;
}

static enum dh_err need_part(struct dh_world *w, int32_t row) {
    struct dh_failure_run *r = &w->failure;
    int32_t spare = r->processes[r->units[row].process].spare;
    if (spare < 0)
        return need_crew(w, row);
    DH_TRY(dh_des_schedule(&w->des, dh_time_after(w->des.now, w->sc->failures[0].spares[spare].lead_s),
                           DH_PHASE_FAILURE, DH_EVENT_PART, spare, 0));
    if (r->spares[spare].free > 0) {
        r->spares[spare].free--;
        return need_crew(w, row);
    }
    r->units[row].state = DH_FAILING_NEEDS_PART;
    queue_up(r, &r->spares[spare], row);
    return DH_OK;
}

static int32_t covered(const struct dh_failure_process *p, int32_t row) {
    return p->first_unit + (row - p->first) * p->n_each;
}

static enum dh_err tell(struct dh_world *w, enum dh_incident kind, int32_t unit) {
    const struct dh_equipment *e = &w->failure.equipment;
    int32_t group = e->unit_group[unit];
    return dh_world_incident(w, kind, group, unit - e->groups[group].first_unit + 1);
}

enum dh_err dh_world_on_fail(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_failing_unit *u = &w->failure.units[ev->subject];
    const struct dh_failure_process *p = &w->failure.processes[u->process];
    (void)des;
    if (ev->generation != u->generation)
        return DH_OK;
    w->failure.n_failure++;
    w->failure.n_away++;
    u->state = DH_FAILING_NEEDS_PART; /* works no more: its own clock is not held */
    DH_TRY(tell(w, DH_INCIDENT_FAILURE, covered(p, ev->subject)));
    w->failure.cause = u->process;
    for (int32_t i = 0; i < p->n_each; i++)
        DH_TRY(dh_world_unit_out(w, covered(p, ev->subject) + i));
    DH_TRY(dh_world_equipment_changed(w));
    w->failure.cause = w->failure.n_process;
    return need_part(w, ev->subject);
}

enum dh_err dh_world_on_repaired(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_failure_run *r = &w->failure;
    struct dh_failing_unit *u = &r->units[ev->subject];
    const struct dh_failure_process *p = &r->processes[u->process];
    (void)des;
    r->n_away--;
    for (int32_t i = 0; i < p->n_each; i++)
        DH_TRY(dh_world_unit_back(w, covered(p, ev->subject) + i));
    DH_TRY(live(w, ev->subject));
    DH_TRY(tell(w, DH_INCIDENT_REPAIRED, covered(p, ev->subject)));
    DH_TRY(dh_world_equipment_changed(w));
    if (p->crew < 0)
        return DH_OK;
    int32_t next = next_in_line(r, &r->crews[p->crew]);
    if (next < 0) {
        r->crews[p->crew].free++;
        return DH_OK;
    }
    return repair(w, next);
}

enum dh_err dh_world_on_part(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_waiting *parts = &w->failure.spares[ev->subject];
    (void)des;
    int32_t next = next_in_line(&w->failure, parts);
    if (next >= 0)
        return need_crew(w, next);
    parts->free++;
    return DH_OK;
}

/* ---- shocks ---------------------------------------------------------------------------------------------
 */

static enum dh_err next_shock(struct dh_world *w, int32_t row) {
    struct dh_shock *s = &w->failure.shocks[row];
    struct dh_rng rng = stream(w, DH_RNG_FAILURE, s->entity, s->n_shock);
    dh_time at = dh_time_after(w->des.now, dh_failure_life_s(&s->law, &rng));
    return dh_des_schedule(&w->des, at, DH_PHASE_FAILURE, DH_EVENT_SHOCK, row, 0);
}

/* Who is hit, and how long for, belongs to the unit and the number of the shock. */
enum dh_err dh_world_on_shock(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_failure_run *r = &w->failure;
    struct dh_shock *s = &r->shocks[ev->subject];
    uint32_t k = s->n_shock++;
    r->n_shocked++;
    DH_TRY(dh_world_incident(w, DH_INCIDENT_SHOCK, -1, ev->subject));
    for (int32_t t = 0; t < s->n_target; t++) {
        int32_t first = r->equipment.groups[s->targets[t].group].first_unit + s->targets[t].first;
        for (int32_t i = 0; i < s->targets[t].n; i++) {
            char name[420];
            dh_equipment_unit_name(&r->equipment, first + i, name, sizeof name);
            struct dh_rng rng = stream(w, DH_RNG_REPAIR, s->entity ^ dh_rng_entity(name), k);
            if (dh_rng_uniform(&rng) >= s->spec->share)
                continue;
            dh_time back = dh_time_after(des->now, dh_failure_repair_s(&s->law, &rng));
            DH_TRY(dh_world_unit_out(w, first + i));
            r->n_away += back != DH_TIME_MAX;
            DH_TRY(dh_des_schedule(des, back, DH_PHASE_FAILURE, DH_EVENT_BACK, first + i, 0));
        }
    }
    DH_TRY(dh_world_equipment_changed(w));
    return next_shock(w, ev->subject);
}

enum dh_err dh_world_on_back(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    (void)des;
    w->failure.n_away--;
    DH_TRY(dh_world_unit_back(w, ev->subject));
    return dh_world_equipment_changed(w);
}

/* ---- planned work ---------------------------------------------------------------------------------------
 */

static bool slips(struct dh_world *w, struct dh_upkeep *m) {
    struct dh_rng rng = stream(w, DH_RNG_FAILURE, m->entity, m->n_switch++);
    return dh_rng_uniform(&rng) < m->spec->human_error;
}

/* A mistake in switching takes all units down for a while. */
static enum dh_err mistake(struct dh_world *w, int32_t row) {
    struct dh_upkeep *m = &w->failure.upkeeps[row];
    int32_t first = w->failure.equipment.groups[m->target.group].first_unit + m->target.first;
    dh_time until = dh_time_after(w->des.now, m->spec->error_s);
    w->failure.n_human_error++;
    DH_TRY(dh_world_incident(w, DH_INCIDENT_HUMAN_ERROR, m->target.group, m->spec->error_s));
    for (int32_t i = 0; i < m->target.n; i++) {
        w->failure.n_away += until != DH_TIME_MAX;
        DH_TRY(dh_world_unit_out(w, first + i));
        DH_TRY(dh_des_schedule(&w->des, until, DH_PHASE_FAILURE, DH_EVENT_BACK, first + i, 0));
    }
    return DH_OK;
}

/* value 0: a window begins; 1: it ends. */
enum dh_err dh_world_on_maintenance(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_failure_run *r = &w->failure;
    struct dh_upkeep *m = &r->upkeeps[ev->subject];
    int32_t first = r->equipment.groups[m->target.group].first_unit + m->target.first;
    if (slips(w, m))
        DH_TRY(mistake(w, ev->subject));
    if (ev->value != 0) {
        for (int32_t i = 0; i < m->n_out; i++)
            DH_TRY(dh_world_unit_back(w, m->out[i]));
        m->n_out = 0;
        r->n_away--;
        DH_TRY(dh_world_incident(w, DH_INCIDENT_MAINTENANCE_END, m->target.group, (double)m->spec->units));
        return dh_world_equipment_changed(w);
    }
    int32_t n = m->spec->units < m->target.n ? (int32_t)m->spec->units : m->target.n;
    DH_TRY(dh_world_incident(w, DH_INCIDENT_MAINTENANCE, m->target.group, n));
    for (int32_t i = 0; i < n; i++) {
        m->out[m->n_out++] = first + m->next;
        DH_TRY(dh_world_unit_out(w, first + m->next));
        m->next = (m->next + 1) % m->target.n;
    }
    dh_time ends = dh_time_after(des->now, m->spec->for_s), next = dh_time_after(des->now, m->spec->every_s);
    r->n_away += ends != DH_TIME_MAX;
    DH_TRY(dh_des_schedule(des, ends, DH_PHASE_FAILURE, DH_EVENT_MAINTENANCE, ev->subject, 1));
    DH_TRY(dh_des_schedule(des, next, DH_PHASE_FAILURE, DH_EVENT_MAINTENANCE, ev->subject, 0));
    return dh_world_equipment_changed(w);
}

/* ---- set up ---------------------------------------------------------------------------------------------
 */

/* Repairs of shocks are law of their own; lives are times between shocks. */
static struct dh_failure_law law_of(double mtbf_s, double per_s, int32_t life, double shape,
                                    int32_t repair_law, double mttr_s, double sigma) {
    struct dh_failure_law law = {.life = (enum dh_life_law)life,
                                 .repair = (enum dh_repair_law)repair_law,
                                 .mtbf_s = !isnan(mtbf_s) ? mtbf_s
                                           : per_s > 0    ? 1 / per_s
                                                          : INFINITY,
                                 .shape = shape,
                                 .mttr_s = mttr_s,
                                 .sigma = sigma,
                                 .hurry = 1};
    dh_failure_law_prepare(&law);
    return law;
}

static double given(double own, double kind, double standard) {
    return !isnan(own) ? own : !isnan(kind) ? kind : standard;
}

static struct dh_failure_law law_of_failure(const struct dh_scenario *sc, const struct dh_failure_spec *f) {
    static const struct dh_failure_rate_spec none = {
        .mtbf_s = NAN, .per_s = NAN, .shape = 1, .mttr_s = 0, .repair = DH_REPAIR_LOGNORMAL, .sigma = 1};
    const struct dh_failure_rate_spec *kind = f->kind ? dh_scenario_failure_rate(sc, f->kind) : &none;
    bool own = !isnan(f->mtbf_s) || !isnan(f->per_s);
    return law_of(own ? f->mtbf_s : kind->mtbf_s, own ? f->per_s : kind->per_s,
                  f->distribution >= 0 ? f->distribution : kind->distribution,
                  given(f->shape, kind->shape, 1), f->repair >= 0 ? f->repair : kind->repair,
                  given(f->mttr_s, kind->mttr_s, 0), given(f->sigma, kind->sigma, 1));
}

static int32_t row_of(const char *id, const void *rows, int32_t n, size_t size, size_t id_at) {
    for (int32_t i = 0; id && i < n; i++)
        if (strcmp(*(const char *const *)((const char *)rows + (size_t)i * size + id_at), id) == 0)
            return i;
    return -1;
}

#define ALLOCATE(member, count)                                                                              \
    do {                                                                                                     \
        r->member = dh_arena_array(&w->mem, (size_t)(count) + 1, sizeof *r->member);                         \
        if (!r->member)                                                                                      \
            return DH_ERR_MEMORY;                                                                            \
    } while (0)

static enum dh_err find_all(const struct dh_equipment *e, const struct dh_facility *f, const char *name,
                            size_t n, struct dh_target *target, struct dh_place place, struct dh_diag *diag) {
    DH_TRY(dh_equipment_find(e, f, name, n, target, place, diag));
    if (target->some) {
        dh_fail(diag, DH_ERR_VALUE, place,
                "'%.*s': every unit fails by itself; a number of them goes with trips", (int)n, name);
        dh_diag_hint(diag, "leave out the colon and what follows");
        return DH_ERR_VALUE;
    }
    return DH_OK;
}

static enum dh_err find(const struct dh_world *w, const char *name, size_t n, struct dh_target *target,
                        struct dh_place place, struct dh_diag *diag) {
    return find_all(&w->failure.equipment, w->f, name, n, target, place, diag);
}

static enum dh_err refuse(struct dh_diag *diag, enum dh_err code, struct dh_place place, const char *what,
                          const char *of, const char *says, const char *hint) {
    dh_fail(diag, code, place, "%s of %.100s: %s", what, of, says);
    dh_diag_hint(diag, "%s", hint);
    return code;
}

/* More failures than this in the horizon would take days to simulate. */
static const double FAILURES_MAX = 1e9;

static enum dh_err check_often(const struct dh_facility *f, double n, double mtbf_s, double per_s,
                               double repair_s, const char *of, struct dh_place place, struct dh_diag *diag) {
    double mean_s = !isnan(mtbf_s) ? mtbf_s : 1 / per_s;
    double expected = n * f->scenario->horizons[0].duration_s / (mean_s + repair_s);
    if (!(expected > FAILURES_MAX))
        return DH_OK;
    dh_fail(diag, DH_ERR_LIMIT_STEPS, place, "%.100s would fail about %.3g times; at most %.0g are simulated",
            of, expected, FAILURES_MAX);
    dh_diag_hint(diag, "is the mtbf in hours rather than seconds?");
    return DH_ERR_LIMIT_STEPS;
}

static enum dh_err refuse_event(const struct dh_event_spec *event, struct dh_diag *diag) {
    dh_fail(diag, DH_ERR_VALUE, event->place,
            "an event says trip, or do and what is meant by it: one of the two");
    dh_diag_hint(diag, "trip=\"ups-a\", or do=\"set\" what=\"hall-1/supply\" value=\"26 degC\"");
    return DH_ERR_VALUE;
}

static enum dh_err check(const struct dh_facility *f, const struct dh_equipment *e, struct dh_diag *diag) {
    const struct dh_failures_spec *spec = &f->scenario->failures[0];
    struct dh_target target;
    dh_time at;
    DH_TRY(dh_checkpoints_check(spec->checkpoints, spec->n_checkpoints, spec->checkpoint_s, diag));
    for (int32_t i = 0; i < spec->n_kinds; i++) {
        const struct dh_failure_spec *k = &spec->kinds[i];
        DH_TRY(find_all(e, f, k->of, strlen(k->of), &target, k->place, diag));
        if (isnan(k->mtbf_s) && isnan(k->per_s) && !k->kind)
            return refuse(diag, DH_ERR_MISSING, k->place, "failure", k->of, "needs mtbf, rate or kind",
                          "like mtbf=\"50000 h\", or kind=\"ups-module\" of catalog:failures.xml");
        if (!isnan(k->mtbf_s) && !isnan(k->per_s))
            return refuse(diag, DH_ERR_VALUE, k->place, "failure", k->of, "mtbf and rate say the same",
                          "leave one of them out");
        struct dh_failure_law law = law_of_failure(f->scenario, k);
        DH_TRY(check_often(f, target.n, law.mtbf_s, NAN, law.mttr_s, k->of, k->place, diag));
    }
    for (int32_t i = 0; i < spec->n_common_causes; i++) {
        const struct dh_common_cause_spec *c = &spec->common_causes[i];
        if (isnan(c->mtbf_s) == isnan(c->per_s))
            return refuse(diag, DH_ERR_MISSING, c->place, "common-cause", c->of, "give either mtbf or rate",
                          "like rate=\"0.1 1/a\"");
        DH_TRY(check_often(f, 1, c->mtbf_s, c->per_s, 0, c->of, c->place, diag));
        for (const char *name = c->of; *name;) {
            size_t n = strcspn(name, " ");
            if (n > 0)
                DH_TRY(find_all(e, f, name, n, &target, c->place, diag));
            name += n + (name[n] == ' ');
        }
    }
    for (int32_t i = 0; i < spec->n_maintenances; i++) {
        const struct dh_maintenance_spec *m = &spec->maintenances[i];
        DH_TRY(find_all(e, f, m->of, strlen(m->of), &target, m->place, diag));
        if (m->for_s >= m->every_s)
            return refuse(diag, DH_ERR_RANGE, m->place, "maintenance", m->of,
                          "a window is as long as or longer than its period",
                          "'for' is how long a unit is out, 'every' from one window to the next");
    }
    for (int32_t i = 0; i < spec->n_events; i++) {
        const struct dh_event_spec *event = &spec->events[i];
        if ((event->deed >= 0) == (event->trip != NULL))
            return refuse_event(event, diag);
        if (event->deed < 0 && (event->what || event->value))
            return refuse_event(event, diag);
        if (event->deed >= 0)
            continue; /* what else is done: models/action.h */
        DH_TRY(dh_event_time(event->at, f->start_unix_s, &at, event->place, diag));
        DH_TRY(dh_equipment_find(e, f, event->trip, strlen(event->trip), &target, event->place, diag));
    }
    return DH_OK;
}

enum dh_err dh_failures_check(const struct dh_facility *f, struct dh_diag *diag) {
    struct dh_plant plant;
    struct dh_equipment e;
    if (f->scenario->n_failures == 0)
        return DH_OK;
    enum dh_err err = dh_plant_init(&plant, f, diag);
    if (err != DH_OK)
        return err;
    err = dh_equipment_init(&e, f, &plant);
    if (err == DH_OK)
        err = check(f, &e, diag);
    dh_equipment_free(&e);
    dh_plant_free(&plant);
    return err;
}

static enum dh_err set_up_failures(struct dh_world *w, const struct dh_failures_spec *spec,
                                   struct dh_diag *diag) {
    struct dh_failure_run *r = &w->failure;
    ALLOCATE(processes, spec->n_kinds);
    for (int32_t i = 0; i < spec->n_kinds; i++) {
        const struct dh_failure_spec *f = &spec->kinds[i];
        struct dh_failure_process *p = &r->processes[r->n_process];
        struct dh_target target;
        DH_TRY(find(w, f->of, strlen(f->of), &target, f->place, diag));
        *p = (struct dh_failure_process){.spec = f, .law = law_of_failure(w->sc, f)};
        if (!(p->law.mtbf_s < INFINITY))
            continue; /* never: as if it were not there */
        p->n = target.n_group > 1 ? 1 : target.n;
        p->n_each = target.n_group > 1 ? target.n : 1;
        p->first_unit = r->equipment.groups[target.group].first_unit + target.first;
        p->first = r->n_unit;
        p->crew = row_of(f->crew, spec->crews, spec->n_crews, sizeof *spec->crews,
                         offsetof(struct dh_crew_spec, id));
        p->spare = row_of(f->spare, spec->spares, spec->n_spares, sizeof *spec->spares,
                          offsetof(struct dh_spare_spec, id));
        r->n_unit += p->n;
        r->n_process++;
    }
    ALLOCATE(units, r->n_unit);
    for (int32_t p = 0; p < r->n_process; p++)
        for (int32_t i = 0; i < r->processes[p].n; i++) {
            struct dh_failing_unit *u = &r->units[r->processes[p].first + i];
            char unit[420], name[1024];
            dh_equipment_unit_name(&r->equipment, r->processes[p].first_unit + i * r->processes[p].n_each,
                                   unit, sizeof unit);
            /* Two causes of one unit are told apart by what they are called. */
            snprintf(name, sizeof name, "%s %.500s", unit,
                     r->processes[p].spec->kind ? r->processes[p].spec->kind : "");
            *u = (struct dh_failing_unit){.process = p, .entity = dh_rng_entity(name), .next = -1};
        }
    return DH_OK;
}

static enum dh_err set_up_shocks(struct dh_world *w, const struct dh_failures_spec *spec,
                                 struct dh_diag *diag) {
    struct dh_failure_run *r = &w->failure;
    ALLOCATE(shocks, spec->n_common_causes);
    for (int32_t i = 0; i < spec->n_common_causes; i++) {
        const struct dh_common_cause_spec *c = &spec->common_causes[i];
        struct dh_shock *s = &r->shocks[r->n_shock];
        char name[600];
        snprintf(name, sizeof name, "%.500s shock %d", c->of, (int)i);
        *s = (struct dh_shock){
            .spec = c,
            .law = law_of(c->mtbf_s, c->per_s, DH_LIFE_EXPONENTIAL, 1, c->repair, c->mttr_s, c->sigma),
            .entity = dh_rng_entity(name)};
        s->targets = dh_arena_array(&w->mem, strlen(c->of) / 2 + 1, sizeof *s->targets);
        if (!s->targets)
            return DH_ERR_MEMORY;
        for (const char *at = c->of; *at;) {
            size_t n = strcspn(at, " ");
            if (n > 0)
                DH_TRY(find(w, at, n, &s->targets[s->n_target++], c->place, diag));
            at += n + (at[n] == ' ');
        }
        r->n_shock += s->law.mtbf_s < INFINITY;
    }
    return DH_OK;
}

static enum dh_err set_up_upkeep(struct dh_world *w, const struct dh_failures_spec *spec,
                                 struct dh_diag *diag) {
    struct dh_failure_run *r = &w->failure;
    ALLOCATE(upkeeps, spec->n_maintenances);
    for (int32_t i = 0; i < spec->n_maintenances; i++) {
        const struct dh_maintenance_spec *m = &spec->maintenances[i];
        struct dh_upkeep *u = &r->upkeeps[r->n_upkeep++];
        char name[600];
        snprintf(name, sizeof name, "%.500s maintenance %d", m->of, (int)i);
        *u = (struct dh_upkeep){.spec = m, .entity = dh_rng_entity(name)};
        DH_TRY(find(w, m->of, strlen(m->of), &u->target, m->place, diag));
        u->out = dh_arena_array(&w->mem, (size_t)u->target.n, sizeof *u->out);
        if (!u->out)
            return DH_ERR_MEMORY;
    }
    return DH_OK;
}

static enum dh_err set_up_stocks(struct dh_world *w, const struct dh_failures_spec *spec) {
    struct dh_failure_run *r = &w->failure;
    ALLOCATE(crews, spec->n_crews);
    ALLOCATE(spares, spec->n_spares);
    r->n_crew = spec->n_crews;
    r->n_spare = spec->n_spares;
    for (int32_t i = 0; i < spec->n_crews; i++)
        r->crews[i] = (struct dh_waiting){.free = (int32_t)spec->crews[i].count, .head = -1, .tail = -1};
    for (int32_t i = 0; i < spec->n_spares; i++)
        r->spares[i] = (struct dh_waiting){.free = (int32_t)spec->spares[i].stock, .head = -1, .tail = -1};
    return DH_OK;
}

enum dh_err dh_world_failures_need(struct dh_world *w) {
    struct dh_failure_run *r = &w->failure;
    if (r->equipment.groups)
        return DH_OK;
    DH_TRY(dh_equipment_init(&r->equipment, w->f, &w->plant));
    ALLOCATE(touched, r->equipment.n_group);
    ALLOCATE(is_touched, r->equipment.n_group);
    if (!r->tolls)
        ALLOCATE(tolls, r->n_process + 1);
    return DH_OK;
}

enum dh_err dh_world_failures_start(struct dh_world *w, struct dh_diag *diag) {
    struct dh_failure_run *r = &w->failure;
    r->newest = -1;
    if (w->sc->n_failures == 0)
        return dh_world_checkpoints_start(w, diag);
    const struct dh_failures_spec *spec = &w->sc->failures[0];
    DH_TRY(dh_equipment_init(&r->equipment, w->f, &w->plant));
    ALLOCATE(touched, r->equipment.n_group);
    ALLOCATE(is_touched, r->equipment.n_group);
    DH_TRY(set_up_stocks(w, spec));
    DH_TRY(set_up_failures(w, spec, diag));
    DH_TRY(set_up_shocks(w, spec, diag));
    DH_TRY(set_up_upkeep(w, spec, diag));
    DH_TRY(dh_world_trips_start(w, spec, diag));
    ALLOCATE(tolls, r->n_process + 1);
    r->cause = r->n_process;
    w->failing_jobs_leave = spec->jobs == DH_JOBS_FAIL;
    DH_TRY(dh_world_checkpoints_start(w, diag));
    r->models = r->n_unit + r->n_shock + r->n_upkeep + r->n_trip > 0;
    for (int32_t u = 0; u < r->n_unit; u++)
        DH_TRY(live(w, u));
    for (int32_t s = 0; s < r->n_shock; s++)
        DH_TRY(next_shock(w, s));
    for (int32_t m = 0; m < r->n_upkeep; m++) {
        const struct dh_maintenance_spec *u = r->upkeeps[m].spec;
        DH_TRY(dh_des_schedule(&w->des, dh_time_after(0, isnan(u->first_s) ? u->every_s : u->first_s),
                               DH_PHASE_FAILURE, DH_EVENT_MAINTENANCE, m, 0));
    }
    return DH_OK;
}

void dh_world_failures_free(struct dh_world *w) {
    dh_equipment_free(&w->failure.equipment);
}
