/* The topology of a site: who feeds whom, and whether that can be. */
#include "scenarios/scenario_check.h"
#include "scenarios/refs.h"
#include "models/hours.h"

#include "models/chiller.h"
#include "models/breaker.h"
#include "scenarios/scenario_ids.h"
#include "sim/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_USUAL = 32 }; /* utility to rack takes 4 to 8 stages; a longer chain is legal, but doubtful */

struct stage {
    const char *kind, *id, *feed; /* feed NULL: a source */
    int32_t transfer;
    struct dh_place place;
    double usable_w, racks_w, breaker_w; /* breaker_w: rated power of its breakers */
    const struct dh_breaker_spec *breaker;
    int32_t first, n_feed; /* its feeds in struct stages, found */
    int32_t next;          /* of its feeds, to be walked; -1: the walk has left it for good */
    int32_t depth;         /* longest way from a source, 1 for a source; 0: not walked yet */
};

struct stages {
    struct stage *all;
    int32_t n;
    int32_t *feed, n_feed; /* indices of stages */
    int32_t *order;        /* feeds before what they feed */
    int32_t *sorted;       /* by id, for look-up */
};

static void add(struct stages *s, const char *kind, const char *id, const char *feed, int32_t transfer,
                struct dh_place place, double usable_w) {
    s->all[s->n++] = (struct stage){
        .kind = kind, .id = id, .feed = feed, .transfer = transfer, .place = place, .usable_w = usable_w};
}

/* To the stage added last. */
static void add_breaker(struct dh_tree *tree, struct stages *s, const struct dh_breaker_spec *breakers,
                        int32_t n, double unit_w, int64_t count) {
    struct stage *stage = &s->all[s->n - 1];
    if (n == 0)
        return;
    if (breakers->instant <= breakers->trip) {
        dh_tree_fail(tree, DH_ERR_RANGE, dh_check_place(tree, breakers->place, "instant"),
                     "the breaker of %s trips at once below what it trips at in the end", stage->id);
        dh_tree_hint(tree,
                     "instant is 8 to 10 as a rule, trip 1.05 to 1.3: both shares of the rated current");
    }
    stage->breaker = breakers;
    stage->breaker_w = (isnan(breakers->rated_w) ? unit_w : breakers->rated_w) * (double)count;
}

static int by_id(const void *a, const void *b, void *all) {
    const struct stage *x = (const struct stage *)all + *(const int32_t *)a;
    const struct stage *y = (const struct stage *)all + *(const int32_t *)b;
    int order = strcmp(x->id, y->id);
    return order ? order : (x > y) - (x < y);
}

/* The n bytes at id. */
static int32_t find(const struct stages *s, const char *id, size_t n) {
    int32_t low = 0, high = s->n - 1;
    while (low <= high) {
        int32_t middle = low + (high - low) / 2;
        const char *other = s->all[s->sorted[middle]].id;
        int order = strncmp(id, other, n);
        if (order == 0 && other[n] != '\0')
            order = -1;
        if (order == 0)
            return s->sorted[middle];
        if (order < 0)
            high = middle - 1;
        else
            low = middle + 1;
    }
    return -1;
}

/* The stages that feed something at place, appended to s->feed when it has room for them; a message for those
 * that stand in another site. Gives their number. */
static int32_t find_feeds(struct dh_tree *tree, struct stages *s, const char *feed, struct dh_place place,
                          const struct dh_site_spec *site, int32_t *found) {
    size_t n = 0;
    int32_t count = 0;
    for (const char *id = dh_refs_next(feed, &n); id; id = dh_refs_next(id + n, &n)) {
        int32_t above = find(s, id, n);
        if (above < 0) {
            dh_tree_fail(tree, DH_ERR_DANGLING_REF, dh_check_place(tree, place, "feed"),
                         "'%.*s' stands in another site than %s", (int)n, id, site->id);
            dh_tree_hint(tree, "what feeds it stands in the same <site>");
        } else if (found)
            found[count++] = above;
    }
    return count;
}

/* path[from .. n) feed one another in a circle. */
static void fail_cycle(struct dh_tree *tree, struct stages *s, const int32_t *path, int32_t from, int32_t n) {
    struct dh_text text = {0};
    dh_text_puts(&text, s->all[path[from]].id);
    for (int32_t i = from + 1; i < n; i++)
        dh_text_printf(&text, " <- %s", s->all[path[i]].id);
    dh_text_printf(&text, " <- %s", s->all[path[from]].id);
    dh_tree_fail(tree, DH_ERR_CYCLE, dh_check_place(tree, s->all[path[from]].place, "feed"),
                 "the feeds go in a circle: %s", text.at ? text.at : "");
    dh_tree_hint(tree, "follow the feeds of any stage and they must end at a utility or a generator");
    dh_text_free(&text);
}

/* Walks from each stage to its feeds, depth first, on a path of its own rather than by recursion. A feed that
 * is on the path closes a circle; one that the walk has left is known to be free of them. Fills s->order. */
static bool check_cycles(struct dh_tree *tree, struct stages *s, int32_t *path) {
    int32_t n_order = 0;
    for (int32_t start = 0; start < s->n; start++) {
        if (s->all[start].depth > 0)
            continue;
        int32_t length = 0;
        path[length++] = start;
        s->all[start].depth = 1;
        while (length > 0) {
            struct stage *at = &s->all[path[length - 1]];
            if (at->next == at->n_feed) {
                at->next = -1;
                s->order[n_order++] = path[--length];
                if (length > 0 && s->all[path[length - 1]].depth <= at->depth)
                    s->all[path[length - 1]].depth = at->depth + 1;
                continue;
            }
            int32_t above = s->feed[at->first + at->next++];
            struct stage *feed = &s->all[above];
            if (feed->depth == 0) {
                feed->depth = 1;
                path[length++] = above;
            } else if (feed->next < 0) {
                at->depth = at->depth <= feed->depth ? feed->depth + 1 : at->depth;
            } else {
                int32_t from = length - 1;
                while (path[from] != above)
                    from--;
                fail_cycle(tree, s, path, from, length);
                return false;
            }
        }
    }
    return true;
}

/* A load of racks falls on its feeds: in equal parts, or on the first. */
static void add_load(const int32_t *feed, int32_t n_feed, int32_t transfer, double watts, double *racks_w) {
    int32_t n = transfer == DH_TRANSFER_FIRST && n_feed > 0 ? 1 : n_feed;
    for (int32_t i = 0; i < n; i++)
        racks_w[feed[i]] += watts / n;
}

/* A fault below must be cleared below: at each current at which both trip, the lower breaker has to be
 * faster. Currents between the upper one's rating and its instant trip; above that the lower one must be
 * instant as well. From cold, all units of a stage sharing the current. */
static bool clears_first(const struct stage *below, const struct stage *above) {
    enum { POINTS = 24 };
    const struct dh_breaker_spec *b = below->breaker, *a = above->breaker;
    for (int i = 0; i <= POINTS; i++) {
        double share = a->trip + (a->instant - a->trip) * i / POINTS;
        double watts = share * above->breaker_w / (1 + a->imbalance);
        double lower =
            dh_breaker_time_s(watts / below->breaker_w * (1 + b->imbalance), b->tau_s, b->trip, b->instant);
        double upper = dh_breaker_time_s(share, a->tau_s, a->trip, a->instant);
        if (i == POINTS ? lower > 0 : lower >= upper && upper < INFINITY)
            return false;
    }
    return true;
}

static void check_breakers(struct dh_tree *tree, const struct stages *s) {
    for (int32_t i = 0; i < s->n; i++)
        for (int32_t k = 0; s->all[i].breaker && k < s->all[i].n_feed; k++) {
            const struct stage *above = &s->all[s->feed[s->all[i].first + k]];
            if (above->breaker && !clears_first(&s->all[i], above)) {
                dh_tree_fail(tree, DH_ERR_W_COORDINATION, s->all[i].breaker->place,
                             "the breaker of %s does not clear before that of %s", s->all[i].id, above->id);
                dh_tree_hint(tree, "a smaller tau or trip below, or a larger one above");
            }
        }
}

static void check_loads(struct dh_tree *tree, struct stages *s) {
    const struct stage *deepest = NULL;
    for (int32_t i = 0; i < s->n; i++)
        if (!deepest || s->all[i].depth > deepest->depth)
            deepest = &s->all[i];
    if (deepest && deepest->depth > DEPTH_USUAL) {
        dh_tree_fail(tree, DH_ERR_W_DEPTH, deepest->place, "%s %s hangs below %d others; is that meant?",
                     deepest->kind, deepest->id, (int)deepest->depth - 1);
        dh_tree_hint(tree, "from the utility to a rack 4 to 8 stages are usual");
    }
    for (int32_t i = 0; i < s->n; i++) {
        const struct stage *stage = &s->all[i];
        if (stage->racks_w > stage->usable_w * (1 + 1e-9)) {
            dh_tree_fail(tree, DH_ERR_W_OVERLOAD, dh_check_place(tree, stage->place, "rated"),
                         "%s %s: racks rated %.4g MW behind %.4g MW", stage->kind, stage->id,
                         stage->racks_w * 1e-6, stage->usable_w * 1e-6);
            dh_tree_hint(tree, "a larger rating, or fewer racks; where they seldom draw their rating at "
                               "once, cap=\"yes\" holds them below it");
        }
    }
}

static void check_halls(struct dh_tree *tree, struct stages *s, const struct dh_scenario *sc,
                        const struct dh_site_spec *site, double *racks_w, int32_t *found) {
    const struct dh_cooling_spec *cooling = site->n_coolings ? &site->coolings[0] : NULL;
    for (int32_t h = 0; h < site->n_halls; h++) {
        const struct dh_hall_spec *hall = &site->halls[h];
        bool plant_here = !hall->plant;
        for (int32_t i = 0; cooling && i < cooling->n_chiller_plants; i++)
            plant_here = plant_here || strcmp(cooling->chiller_plants[i].id, hall->plant) == 0;
        if (!plant_here) {
            dh_tree_fail(tree, DH_ERR_DANGLING_REF, dh_check_place(tree, hall->place, "plant"),
                         "'%s' stands in another site than %s", hall->plant, site->id);
            dh_tree_hint(tree, "a hall is cooled by a plant of its own <site>");
        }
        find_feeds(tree, s, hall->feed, hall->place, site, NULL);
        for (int32_t r = 0; r < hall->n_rows; r++) {
            const struct dh_row_spec *row = &hall->rows[r];
            const struct dh_rack_type_spec *type = dh_scenario_rack_type(sc, row->rack);
            bool cdu_here = !row->cdu;
            for (int32_t i = 0; cooling && i < cooling->n_cdus; i++)
                cdu_here = cdu_here || strcmp(cooling->cdus[i].id, row->cdu) == 0;
            if (!cdu_here) {
                dh_tree_fail(tree, DH_ERR_DANGLING_REF, dh_check_place(tree, row->place, "cdu"),
                             "'%s' stands in another site than %s", row->cdu, site->id);
                dh_tree_hint(tree, "a row is cooled by a CDU of its own <site>");
            }
            if (!row->cdu && type && type->liquid_share > 0 && hall->plant) {
                dh_tree_fail(
                    tree, DH_ERR_MISSING, dh_check_place(tree, row->place, "rack"),
                    "row %s needs the attribute 'cdu': its racks give %.3g %% of their heat to liquid",
                    row->id, 100 * type->liquid_share);
                dh_tree_hint(tree, "a <cdu> in <cooling>, and the plant that takes its heat");
            }
            if (!row->cdu && row->rear_door > 0) {
                dh_tree_fail(tree, DH_ERR_MISSING, dh_check_place(tree, row->place, "rear-door"),
                             "row %s needs the attribute 'cdu': its rear doors give their heat to one",
                             row->id);
                dh_tree_hint(tree, "a <cdu> in <cooling>, and the plant that takes its heat");
            }
            int32_t n = find_feeds(tree, s, row->feed, row->place, site, found);
            if (type)
                add_load(found, n, row->transfer, (double)row->count * type->rated_w, racks_w);
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
    if (m->n_plr != n_plr || fault)
        dh_tree_hint(tree, "catalog:chillers.xml has machines whose curves hold together");
}

static void check_reuse(struct dh_tree *tree, const struct dh_heat_reuse_spec *reuse, int32_t n) {
    for (int32_t i = 0; i < n; i++)
        if (!isnan(reuse[i].full_at_degc) && !(reuse[i].full_at_degc < reuse[i].none_at_degc)) {
            dh_tree_fail(tree, DH_ERR_RANGE, dh_check_place(tree, reuse[i].place, "full-at"),
                         "full-at (%g degC) is not below none-at (%g degC): heat is wanted in cold air",
                         reuse[i].full_at_degc, reuse[i].none_at_degc);
            dh_tree_hint(tree, "without full-at all of it is wanted all year");
        }
}

static void check_sequences(struct dh_tree *tree, const struct dh_cooling_spec *cooling,
                            const struct dh_chiller_plant_spec *plant) {
    bool reset = !isnan(plant->highest_degc);
    if (reset && plant->highest_degc < plant->supply_degc) {
        dh_tree_fail(tree, DH_ERR_RANGE, dh_check_place(tree, plant->place, "supply-highest"),
                     "chiller plant %s: supply-highest (%g degC) is below supply (%g degC)", plant->id,
                     plant->highest_degc, plant->supply_degc);
        dh_tree_hint(tree, "supply is the coldest set-point, supply-highest the warmest");
    }
    if (cooling->fidelity == DH_FIDELITY_MAP && (reset || plant->tank_m3 > 0)) {
        dh_tree_fail(tree, DH_ERR_VALUE,
                     dh_check_place(tree, plant->place, reset ? "supply-highest" : "tank"),
                     "chiller plant %s: resets and tanks follow minutes, which fidelity=\"map\" leaves out",
                     plant->id);
        dh_tree_hint(tree, "take fidelity=\"full\"");
    }
}

static void check_plants(struct dh_tree *tree, struct stages *s, const struct dh_scenario *sc,
                         const struct dh_site_spec *site) {
    const struct dh_cooling_spec *c = site->n_coolings ? &site->coolings[0] : NULL;
    if (!c)
        return;
    if (!site->climate && c->n_chiller_plants + c->n_liquid_plants > 0) {
        dh_tree_fail(tree, DH_ERR_MISSING, site->place, "site %s has a cooling plant and needs 'climate'",
                     site->id);
        dh_tree_hint(tree, "as climate=\"ashburn\": catalog:climates.xml has it");
    }
    for (int32_t i = 0; i < c->n_chiller_plants; i++) {
        find_feeds(tree, s, c->chiller_plants[i].feed, c->chiller_plants[i].place, site, NULL);
        check_machine(tree, sc, &c->chiller_plants[i]);
        check_sequences(tree, c, &c->chiller_plants[i]);
        check_reuse(tree, c->chiller_plants[i].heat_reuses, c->chiller_plants[i].n_heat_reuses);
    }
    for (int32_t i = 0; i < c->n_liquid_plants; i++) {
        find_feeds(tree, s, c->liquid_plants[i].feed, c->liquid_plants[i].place, site, NULL);
        check_reuse(tree, c->liquid_plants[i].heat_reuses, c->liquid_plants[i].n_heat_reuses);
    }
    for (int32_t i = 0; i < c->n_cdus; i++) {
        find_feeds(tree, s, c->cdus[i].feed, c->cdus[i].place, site, NULL);
        bool here = !c->cdus[i].plant;
        for (int32_t k = 0; k < c->n_liquid_plants; k++)
            here = here || strcmp(c->liquid_plants[k].id, c->cdus[i].plant) == 0;
        for (int32_t k = 0; k < c->n_chiller_plants; k++)
            here = here || (c->cdus[i].plant && strcmp(c->chiller_plants[k].id, c->cdus[i].plant) == 0);
        if (!here) {
            dh_tree_fail(tree, DH_ERR_DANGLING_REF, dh_check_place(tree, c->cdus[i].place, "plant"),
                         "'%s' stands in another site than %s", c->cdus[i].plant, site->id);
            dh_tree_hint(tree, "a CDU gives its heat to a plant of its own <site>");
        }
    }
}

/* Weather of sources, and pairs of attributes that belong together. */
static void check_onsite(struct dh_tree *tree, struct stages *s, const struct dh_scenario *sc,
                         const struct dh_site_spec *site) {
    const struct dh_power_spec *p = &site->powers[0];
    const struct dh_climate_spec *climate = dh_scenario_climate(sc, site->climate);
    for (int32_t i = 0; i < p->n_solars; i++) {
        const struct dh_solar_spec *solar = &p->solars[i];
        find_feeds(tree, s, solar->feed, solar->place, site, NULL);
        if (!climate) {
            dh_tree_fail(tree, DH_ERR_MISSING, solar->place,
                         "solar %s: site %s needs 'climate': where is the sun?", solar->id, site->id);
            dh_tree_hint(tree, "as climate=\"ashburn\": catalog:climates.xml has it");
        } else if (isnan(solar->clearness) && !climate->epw && !climate->csv) {
            dh_tree_fail(tree, DH_ERR_MISSING, solar->place,
                         "solar %s: the weather of climate %s has no irradiance", solar->id, climate->id);
            dh_tree_hint(tree, "give the climate an EPW file, or assume a sky with clearness=\"0.7\"");
        }
    }
    for (int32_t i = 0; i < p->n_storages; i++) {
        const struct dh_storage_spec *b = &p->storages[i];
        find_feeds(tree, s, b->feed, b->place, site, NULL);
        if (!(b->lowest < b->highest)) {
            dh_tree_fail(tree, DH_ERR_RANGE, dh_check_place(tree, b->place, "lowest-charge"),
                         "storage %s: the lowest charge is not below the highest", b->id);
            dh_tree_hint(tree,
                         "lowest-charge and highest-charge are shares of the energy; 0.2 and 1 are usual");
        }
        if (b->policy == DH_STORAGE_PEAK && isnan(b->target_w)) {
            dh_tree_fail(tree, DH_ERR_MISSING, b->place, "storage %s: policy peak needs 'target'", b->id);
            dh_tree_hint(tree, "the power from the grid that it should hold, as target=\"2 MW\"");
        }
        if (b->policy == DH_STORAGE_PRICE && !(b->low_usd_per_j < b->high_usd_per_j)) {
            dh_tree_fail(tree, DH_ERR_MISSING, b->place,
                         "storage %s: policy price needs 'charge-below' and a higher 'discharge-above'",
                         b->id);
            dh_tree_hint(tree,
                         "prices, as charge-below=\"0.03 USD/kWh\" and discharge-above=\"0.09 USD/kWh\"");
        }
        if (b->policy == DH_STORAGE_PRICE && !site->tariff) {
            dh_tree_fail(tree, DH_ERR_MISSING, b->place, "storage %s: policy price needs the site's 'tariff'",
                         b->id);
            dh_tree_hint(tree, "as tariff=\"virginia-tou\": catalog:tariffs.xml has it");
        }
    }
    for (int32_t i = 0; i < p->n_turbines; i++) {
        const struct dh_turbine_spec *t = &p->turbines[i];
        find_feeds(tree, s, t->feed, t->place, site, NULL);
        if (t->policy == DH_TURBINE_PEAK && isnan(t->target_w)) {
            dh_tree_fail(tree, DH_ERR_MISSING, t->place, "turbine %s: policy peak needs 'target'", t->id);
            dh_tree_hint(tree, "the power from the grid that it should hold, as target=\"2 MW\"");
        }
        if (t->policy == DH_TURBINE_PRICE && !site->tariff) {
            dh_tree_fail(tree, DH_ERR_MISSING, t->place, "turbine %s: policy price needs the site's 'tariff'",
                         t->id);
            dh_tree_hint(tree, "as tariff=\"virginia-tou\": catalog:tariffs.xml has it");
        }
    }
    for (int32_t i = 0; i < p->n_signals; i++) {
        const struct dh_signal_spec *g = &p->signals[i];
        if ((g->start_unix_s == INT64_MIN) != isnan(g->duration_s)) {
            dh_tree_fail(tree, DH_ERR_MISSING, g->place, "signal %s: 'start' and 'duration' belong together",
                         g->id);
            dh_tree_hint(tree, "without both the signal comes at its months, days and hours");
        }
        struct dh_hours hours;
        const char *wrong = NULL;
        if (!dh_hours_parse(&hours, g->months, g->days, g->hours, &wrong)) {
            dh_tree_fail(tree, DH_ERR_VALUE, g->place,
                         "signal %s: \"%s\" are no months or hours as \"6-9\" or \"16-20\"", g->id, wrong);
            dh_tree_hint(tree, "hours run from 0 to 24 and months from 1 to 12, several with commas");
        }
        if (g->payment_usd_per_j > 0 && isnan(g->baseline_w)) {
            dh_tree_fail(tree, DH_ERR_MISSING, g->place, "signal %s: a payment needs 'baseline'", g->id);
            dh_tree_hint(tree, "the power that the site would have drawn, as baseline=\"10 MW\"");
        }
    }
}

/* Loads go up to the sources; what is fed before what feeds it. */
static void add_up(struct stages *s, double *racks_w) {
    for (int32_t i = s->n - 1; i >= 0; i--) {
        struct stage *stage = &s->all[s->order[i]];
        stage->racks_w = racks_w[s->order[i]];
        add_load(s->feed + stage->first, stage->n_feed, stage->transfer, stage->racks_w, racks_w);
    }
}

/* Room for the feeds of the largest consumer, and of all stages together. */
static int32_t widest_feed(const struct dh_site_spec *site) {
    int32_t widest = 1;
    for (int32_t h = 0; h < site->n_halls; h++)
        for (int32_t r = 0; r < site->halls[h].n_rows; r++) {
            int32_t n = dh_refs_count(site->halls[h].rows[r].feed);
            widest = n > widest ? n : widest;
        }
    return widest;
}

/* What waits in front of a switch needs one. */
static void check_switch(struct dh_tree *tree, const char *id, struct dh_place place, const char *feed,
                         int32_t transfer, double takeover_s, double return_s) {
    bool is_switch = transfer == DH_TRANSFER_FIRST && dh_refs_count(feed) > 1;
    if (is_switch || (takeover_s == 0 && return_s == 0))
        return;
    dh_tree_fail(tree, DH_ERR_W_VALUE, dh_check_place(tree, place, takeover_s > 0 ? "takeover" : "return"),
                 "%s: this counts only for a switch between several feeds", id);
    dh_tree_hint(tree, "give it transfer=\"first\" and a second feed");
}

static void check_loss(struct dh_tree *tree, const char *kind, const char *id, struct dh_place place,
                       int32_t n) {
    if (n > 0)
        return;
    dh_tree_fail(tree, DH_ERR_W_VALUE, place, "%s %s has no loss: it passes on all that it takes", kind, id);
    dh_tree_hint(tree, "give it a <loss>, or base= of catalog:power.xml");
}

static void check_battery(struct dh_tree *tree, const struct dh_ups_spec *ups) {
    for (int32_t i = 0; i < ups->n_batteries; i++) {
        const struct dh_ups_battery_spec *b = &ups->batteries[i];
        double most_w = b->c_rate * b->energy_j / 3600 * b->inverter;
        if (most_w >= ups->rated_w)
            continue;
        dh_tree_fail(
            tree, DH_ERR_W_VALUE, dh_check_place(tree, b->place, "energy"),
            "ups %s: a module's battery gives %.4g kW at most, of its %.4g kW: above that it drops its load",
            ups->id, most_w / 1000, ups->rated_w / 1000);
        dh_tree_hint(tree, "c-rate times energy limits it: more energy, or a higher c-rate");
    }
}

void dh_check_site(struct dh_tree *tree, const struct dh_scenario *sc, const struct dh_site_spec *site) {
    const struct dh_power_spec *p = &site->powers[0];
    size_t n = (size_t)p->n_utilities + (size_t)p->n_transformers + (size_t)p->n_upses + (size_t)p->n_pdus +
               (size_t)p->n_generators;
    struct stages s = {.all = dh_arena_array(&tree->mem, n, sizeof *s.all),
                       .sorted = dh_arena_array(&tree->mem, n, sizeof *s.sorted),
                       .order = dh_arena_array(&tree->mem, n, sizeof *s.order)};
    int32_t *path = dh_arena_array(&tree->mem, n, sizeof *path);
    int32_t *found = dh_arena_array(&tree->mem, (size_t)widest_feed(site), sizeof *found);
    double *racks_w = dh_arena_array(&tree->mem, n, sizeof *racks_w);
    if (!s.all || !s.sorted || !s.order || !racks_w || !path || !found) {
        dh_tree_fail(tree, DH_ERR_MEMORY, site->place, "out of memory");
        return;
    }
    for (int32_t i = 0; i < p->n_utilities; i++)
        add(&s, "utility", p->utilities[i].id, NULL, 0, p->utilities[i].place, p->utilities[i].rated_w);
    for (int32_t i = 0; i < p->n_transformers; i++) {
        const struct dh_transformer_spec *t = &p->transformers[i];
        check_switch(tree, t->id, t->place, t->feed, t->transfer, t->takeover_s, t->return_s);
        check_loss(tree, "transformer", t->id, t->place, t->n_losses);
        add(&s, "transformer", t->id, t->feed, t->transfer, t->place, t->rated_w * (double)t->count);
        add_breaker(tree, &s, t->breakers, t->n_breakers, t->rated_w, t->count);
    }
    for (int32_t i = 0; i < p->n_upses; i++) {
        const struct dh_ups_spec *ups = &p->upses[i];
        check_switch(tree, ups->id, ups->place, ups->feed, ups->transfer, ups->takeover_s, ups->return_s);
        check_loss(tree, "ups", ups->id, ups->place,
                   ups->n_losses + ups->n_eco_modes); /* eco mode without a loss is refused */
        check_battery(tree, ups);
        if (ups->redundant >= ups->count) {
            dh_tree_fail(tree, DH_ERR_RANGE, dh_check_place(tree, ups->place, "redundant"),
                         "ups %s: all %d modules are redundant", ups->id, (int)ups->count);
            dh_tree_hint(tree, "redundant ones are part of count: %d can be at most", (int)ups->count - 1);
        }
        add(&s, "ups", ups->id, ups->feed, ups->transfer, ups->place,
            ups->rated_w * (double)(ups->count - ups->redundant));
        add_breaker(tree, &s, ups->breakers, ups->n_breakers, ups->rated_w, ups->count);
    }
    for (int32_t i = 0; i < p->n_pdus; i++) {
        const struct dh_pdu_spec *pdu = &p->pdus[i];
        check_switch(tree, pdu->id, pdu->place, pdu->feed, pdu->transfer, pdu->takeover_s, pdu->return_s);
        add(&s, "pdu", pdu->id, pdu->feed, pdu->transfer, pdu->place, pdu->rated_w * (double)pdu->count);
        add_breaker(tree, &s, pdu->breakers, pdu->n_breakers, pdu->rated_w, pdu->count);
    }
    for (int32_t i = 0; i < p->n_generators; i++) {
        const struct dh_generator_spec *g = &p->generators[i];
        if (g->redundant >= g->count) {
            dh_tree_fail(tree, DH_ERR_RANGE, dh_check_place(tree, g->place, "redundant"),
                         "generator %s: all %d sets are redundant", g->id, (int)g->count);
            dh_tree_hint(tree, "redundant ones are part of count: %d can be at most", (int)g->count - 1);
        }
        if (g->closes_with > g->count) {
            dh_tree_fail(tree, DH_ERR_RANGE, dh_check_place(tree, g->place, "closes-with"),
                         "generator %s: there are only %d sets to wait for", g->id, (int)g->count);
            dh_tree_hint(tree, "closes-with is at most count; left out, it is all that are not redundant");
        }
        add(&s, "generator", g->id, NULL, 0, g->place, g->rated_w * (double)(g->count - g->redundant));
    }
    for (int32_t i = 0; i < s.n; i++)
        s.sorted[i] = i;
    qsort_r(s.sorted, (size_t)s.n, sizeof *s.sorted, by_id, s.all);
    for (int32_t i = 0; i < s.n; i++)
        s.n_feed += dh_refs_count(s.all[i].feed);
    s.feed = dh_arena_array(&tree->mem, (size_t)s.n_feed + 1, sizeof *s.feed);
    if (!s.feed) {
        dh_tree_fail(tree, DH_ERR_MEMORY, site->place, "out of memory");
        return;
    }
    s.n_feed = 0;
    for (int32_t i = 0; i < s.n; i++) {
        s.all[i].first = s.n_feed;
        s.all[i].n_feed = find_feeds(tree, &s, s.all[i].feed, s.all[i].place, site, s.feed + s.n_feed);
        s.n_feed += s.all[i].n_feed;
    }
    check_plants(tree, &s, sc, site);
    check_onsite(tree, &s, sc, site);
    check_halls(tree, &s, sc, site, racks_w, found);
    if (!check_cycles(tree, &s, path))
        return;
    add_up(&s, racks_w);
    check_breakers(tree, &s);
    check_loads(tree, &s);
}
