/* The topology of a site: who feeds whom, and whether that can be. */
#include "scenarios/scenario_check.h"

#include "models/chiller.h"
#include "scenarios/scenario_ids.h"
#include "sim/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_USUAL = 32 }; /* utility to rack takes 4 to 8 stages; a longer chain is legal, but doubtful */

struct stage {
    const char *kind, *id, *feed; /* feed NULL: a utility */
    struct dh_place place;
    double usable_w, racks_w;
    int32_t above;   /* index of its feed, -1: none */
    int32_t visited; /* by which walk, 0: none yet */
    int32_t depth;
};

struct stages {
    struct stage *all;
    int32_t n;
    int32_t *sorted; /* by id, for look-up */
};

static void add(struct stages *s, const char *kind, const char *id, const char *feed, struct dh_place place,
                double usable_w) {
    s->all[s->n++] = (struct stage){
        .kind = kind, .id = id, .feed = feed, .place = place, .usable_w = usable_w, .above = -1};
}

static int by_id(const void *a, const void *b, void *all) {
    const struct stage *x = (const struct stage *)all + *(const int32_t *)a;
    const struct stage *y = (const struct stage *)all + *(const int32_t *)b;
    int order = strcmp(x->id, y->id);
    return order ? order : (x > y) - (x < y);
}

static int32_t find(const struct stages *s, const char *id) {
    int32_t low = 0, high = s->n - 1;
    while (id && low <= high) {
        int32_t middle = low + (high - low) / 2;
        int order = strcmp(id, s->all[s->sorted[middle]].id);
        if (order == 0)
            return s->sorted[middle];
        if (order < 0)
            high = middle - 1;
        else
            low = middle + 1;
    }
    return -1;
}

/* The stage that feeds something at place; -1 after a message when it stands in another site. */
static int32_t feed_of(struct dh_tree *tree, const struct stages *s, const char *feed, struct dh_place place,
                       const struct dh_site_spec *site) {
    int32_t above = find(s, feed);
    if (above < 0 && feed)
        dh_tree_fail(tree, DH_ERR_DANGLING_REF, dh_check_place(tree, place, "feed"),
                     "'%s' stands in another site than %s", feed, site->id);
    return above;
}

static void fail_cycle(struct dh_tree *tree, struct stages *s, int32_t from) {
    struct dh_text text = {0};
    dh_text_puts(&text, s->all[from].id);
    int32_t n = 0;
    for (int32_t i = s->all[from].above; i != from; i = s->all[i].above)
        if (++n < 30)
            dh_text_printf(&text, " <- %s", s->all[i].id);
        else if (n == 30)
            dh_text_puts(&text, " <- …");
    dh_text_printf(&text, " <- %s", s->all[from].id);
    dh_tree_fail(tree, DH_ERR_CYCLE, dh_check_place(tree, s->all[from].place, "feed"),
                 "the feeds go in a circle: %s", text.at ? text.at : "");
    dh_text_free(&text);
}

/* Every stage has one feed, so that a walk upwards ends at a utility or comes back to where this walk has
 * been. */
static bool check_cycles(struct dh_tree *tree, struct stages *s) {
    bool good = true;
    for (int32_t start = 0; start < s->n; start++) {
        int32_t walk = start + 1, i = start, length = 0;
        while (i >= 0 && s->all[i].visited == 0) {
            s->all[i].visited = walk;
            i = s->all[i].above;
            length++;
        }
        if (i >= 0 && s->all[i].visited == walk) {
            fail_cycle(tree, s, i);
            good = false;
        }
        /* depths of the part just walked: what lies above is known */
        int32_t depth = (i >= 0 && good ? s->all[i].depth : 0) + length;
        for (int32_t k = start; good && k != i && k >= 0; k = s->all[k].above)
            s->all[k].depth = depth--;
    }
    return good;
}

static void check_loads(struct dh_tree *tree, struct stages *s) {
    const struct stage *deepest = NULL;
    for (int32_t i = 0; i < s->n; i++)
        if (!deepest || s->all[i].depth > deepest->depth)
            deepest = &s->all[i];
    if (deepest && deepest->depth > DEPTH_USUAL)
        dh_tree_fail(tree, DH_ERR_W_DEPTH, deepest->place, "%s %s hangs below %d others; is that meant?",
                     deepest->kind, deepest->id, (int)deepest->depth - 1);
    for (int32_t i = 0; i < s->n; i++) {
        const struct stage *stage = &s->all[i];
        if (stage->racks_w > stage->usable_w * (1 + 1e-9))
            dh_tree_fail(tree, DH_ERR_W_OVERLOAD, dh_check_place(tree, stage->place, "rated"),
                         "%s %s: racks rated %.4g MW behind %.4g MW", stage->kind, stage->id,
                         stage->racks_w * 1e-6, stage->usable_w * 1e-6);
    }
}

static void check_halls(struct dh_tree *tree, struct stages *s, const struct dh_scenario *sc,
                        const struct dh_site_spec *site, double *racks_w) {
    const struct dh_cooling_spec *cooling = site->n_coolings ? &site->coolings[0] : NULL;
    for (int32_t h = 0; h < site->n_halls; h++) {
        const struct dh_hall_spec *hall = &site->halls[h];
        bool plant_here = !hall->plant;
        for (int32_t i = 0; cooling && i < cooling->n_chiller_plants; i++)
            plant_here = plant_here || strcmp(cooling->chiller_plants[i].id, hall->plant) == 0;
        if (!plant_here)
            dh_tree_fail(tree, DH_ERR_DANGLING_REF, dh_check_place(tree, hall->place, "plant"),
                         "'%s' stands in another site than %s", hall->plant, site->id);
        feed_of(tree, s, hall->feed, hall->place, site);
        for (int32_t r = 0; r < hall->n_rows; r++) {
            const struct dh_row_spec *row = &hall->rows[r];
            const struct dh_rack_type_spec *type = dh_scenario_rack_type(sc, row->rack);
            bool cdu_here = !row->cdu;
            for (int32_t i = 0; cooling && i < cooling->n_cdus; i++)
                cdu_here = cdu_here || strcmp(cooling->cdus[i].id, row->cdu) == 0;
            if (!cdu_here)
                dh_tree_fail(tree, DH_ERR_DANGLING_REF, dh_check_place(tree, row->place, "cdu"),
                             "'%s' stands in another site than %s", row->cdu, site->id);
            if (!row->cdu && type && type->liquid_share > 0 && hall->plant)
                dh_tree_fail(
                    tree, DH_ERR_MISSING, dh_check_place(tree, row->place, "rack"),
                    "row %s needs the attribute 'cdu': its racks give %.3g %% of their heat to liquid",
                    row->id, 100 * type->liquid_share);
            int32_t above = feed_of(tree, s, row->feed, row->place, site);
            if (above >= 0 && type)
                racks_w[above] += (double)row->count * type->rated_w;
        }
    }
}

static void check_machine(struct dh_tree *tree, const struct dh_scenario *sc,
                          const struct dh_chiller_plant_spec *plant) {
    const struct dh_chiller_spec *m = dh_scenario_chiller(sc, plant->machine);
    if (!m)
        return; /* none, or unknown and told already */
    struct dh_chiller_curves curves = dh_chiller_curves_of(m);
    const char *fault = dh_chiller_fault(&curves);
    int32_t n_plr = m->form ? 10 : 3;
    if (m->n_plr != n_plr)
        dh_tree_fail(tree, DH_ERR_VALUE, dh_check_place(tree, m->place, "part-load-curve"),
                     "chiller %s: this form has %d coefficients here, not %d", m->id, n_plr, m->n_plr);
    else if (fault)
        dh_tree_fail(tree, DH_ERR_RANGE, dh_check_place(tree, plant->place, "machine"), "chiller %s: %s",
                     m->id, fault);
    else if (curves.air_cooled)
        dh_tree_fail(tree, DH_ERR_VALUE, dh_check_place(tree, plant->place, "machine"),
                     "chiller %s is air-cooled; chiller plant %s has condenser water", m->id, plant->id);
}

static void check_plants(struct dh_tree *tree, struct stages *s, const struct dh_scenario *sc,
                         const struct dh_site_spec *site) {
    const struct dh_cooling_spec *c = site->n_coolings ? &site->coolings[0] : NULL;
    if (!c)
        return;
    if (!site->climate && c->n_chiller_plants + c->n_liquid_plants > 0)
        dh_tree_fail(tree, DH_ERR_MISSING, site->place, "site %s has a cooling plant and needs 'climate'",
                     site->id);
    for (int32_t i = 0; i < c->n_chiller_plants; i++) {
        feed_of(tree, s, c->chiller_plants[i].feed, c->chiller_plants[i].place, site);
        check_machine(tree, sc, &c->chiller_plants[i]);
    }
    for (int32_t i = 0; i < c->n_liquid_plants; i++)
        feed_of(tree, s, c->liquid_plants[i].feed, c->liquid_plants[i].place, site);
    for (int32_t i = 0; i < c->n_cdus; i++) {
        feed_of(tree, s, c->cdus[i].feed, c->cdus[i].place, site);
        bool here = !c->cdus[i].plant;
        for (int32_t k = 0; k < c->n_liquid_plants; k++)
            here = here || strcmp(c->liquid_plants[k].id, c->cdus[i].plant) == 0;
        if (!here)
            dh_tree_fail(tree, DH_ERR_DANGLING_REF, dh_check_place(tree, c->cdus[i].place, "plant"),
                         "'%s' stands in another site than %s", c->cdus[i].plant, site->id);
    }
}

/* Loads go up to the utility; stages that are deep first, so that each is complete when it is passed on. */
static void add_up(struct stages *s) {
    int32_t deepest = 0;
    for (int32_t i = 0; i < s->n; i++)
        deepest = s->all[i].depth > deepest ? s->all[i].depth : deepest;
    int32_t *next = malloc((size_t)(s->n + 1) * sizeof *next),
            *first = malloc((size_t)(deepest + 1) * sizeof *first);
    if (next && first) {
        for (int32_t d = 0; d <= deepest; d++)
            first[d] = -1;
        for (int32_t i = s->n - 1; i >= 0; i--) {
            next[i] = first[s->all[i].depth];
            first[s->all[i].depth] = i;
        }
        for (int32_t d = deepest; d > 0; d--)
            for (int32_t i = first[d]; i >= 0; i = next[i])
                if (s->all[i].above >= 0)
                    s->all[s->all[i].above].racks_w += s->all[i].racks_w;
    }
    free(next);
    free(first);
}

void dh_check_site(struct dh_tree *tree, const struct dh_scenario *sc, const struct dh_site_spec *site) {
    const struct dh_power_spec *p = &site->powers[0];
    size_t n = (size_t)p->n_utilities + (size_t)p->n_transformers + (size_t)p->n_upses + (size_t)p->n_pdus;
    struct stages s = {.all = dh_arena_array(&tree->mem, n, sizeof *s.all),
                       .sorted = dh_arena_array(&tree->mem, n, sizeof *s.sorted)};
    double *racks_w = dh_arena_array(&tree->mem, n, sizeof *racks_w);
    if (!s.all || !s.sorted || !racks_w) {
        dh_tree_fail(tree, DH_ERR_MEMORY, site->place, "out of memory");
        return;
    }
    for (int32_t i = 0; i < p->n_utilities; i++)
        add(&s, "utility", p->utilities[i].id, NULL, p->utilities[i].place, p->utilities[i].rated_w);
    for (int32_t i = 0; i < p->n_transformers; i++)
        add(&s, "transformer", p->transformers[i].id, p->transformers[i].feed, p->transformers[i].place,
            p->transformers[i].rated_w * (double)p->transformers[i].count);
    for (int32_t i = 0; i < p->n_upses; i++) {
        const struct dh_ups_spec *ups = &p->upses[i];
        if (ups->redundant >= ups->count)
            dh_tree_fail(tree, DH_ERR_RANGE, dh_check_place(tree, ups->place, "redundant"),
                         "ups %s: all %d modules are redundant", ups->id, (int)ups->count);
        add(&s, "ups", ups->id, ups->feed, ups->place, ups->rated_w * (double)(ups->count - ups->redundant));
    }
    for (int32_t i = 0; i < p->n_pdus; i++)
        add(&s, "pdu", p->pdus[i].id, p->pdus[i].feed, p->pdus[i].place,
            p->pdus[i].rated_w * (double)p->pdus[i].count);
    for (int32_t i = 0; i < s.n; i++)
        s.sorted[i] = i;
    qsort_r(s.sorted, (size_t)s.n, sizeof *s.sorted, by_id, s.all);
    for (int32_t i = 0; i < s.n; i++)
        s.all[i].above = feed_of(tree, &s, s.all[i].feed, s.all[i].place, site);
    check_plants(tree, &s, sc, site);
    check_halls(tree, &s, sc, site, racks_w);
    if (!check_cycles(tree, &s))
        return;
    for (int32_t i = 0; i < s.n; i++)
        s.all[i].racks_w = racks_w[i];
    add_up(&s);
    check_loads(tree, &s);
}
