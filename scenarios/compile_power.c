/* The power graph of a facility: stages of all kinds in one list, feeds before what they feed. */
#include "scenarios/compile.h"
#include "scenarios/refs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A stage as collected from the lists of its site. */
struct raw_stage {
    enum dh_stage_kind kind;
    const char *id, *feed;
    int32_t transfer;
    double takeover_s, return_s, unit_w;
    int64_t count, redundant;
    const struct dh_loss_spec *loss;
    int32_t site, depth, n_feed, row;
    const void *spec;
    const struct dh_breaker_spec *breaker;
    bool cap;
};

struct dh_stage_id {
    const char *id;
    size_t n; /* length of id */
    int32_t site, row;
};

static int compare_ids(const void *left, const void *right) {
    const struct dh_stage_id *a = left, *b = right;
    if (a->site != b->site)
        return a->site < b->site ? -1 : 1;
    int order = strncmp(a->id, b->id, a->n < b->n ? a->n : b->n);
    return order ? order : (a->n > b->n) - (a->n < b->n);
}

/* Row of the stage with the n bytes at id, -1: none. A facility of 100,000 PDUs resolves quickly. */
static int32_t find_stage(const struct dh_stage_index *index, int32_t site, const char *id, size_t n) {
    struct dh_stage_id key = {id, n, site, 0};
    const struct dh_stage_id *hit =
        index->n > 0 ? bsearch(&key, index->ids, (size_t)index->n, sizeof key, compare_ids) : NULL;
    return hit ? hit->row : -1;
}

/* Form 1: each unit draws (out + fixed) / efficiency; form 2: each loses unit_w (a + b x + c x^2), x its
 * output over unit_w. Both are a polynomial of the common output. */
struct dh_loss_terms dh_loss_of(const struct dh_loss_spec *loss, double unit_w, int64_t n) {
    if (!loss)
        return (struct dh_loss_terms){0};
    if (!isnan(loss->efficiency))
        return (struct dh_loss_terms){(double)n * loss->fixed_w / loss->efficiency, 1 / loss->efficiency - 1,
                                      0};
    return (struct dh_loss_terms){(double)n * unit_w * loss->a, loss->b, loss->c / ((double)n * unit_w)};
}

static void collect(struct raw_stage *raw, int32_t *n, const struct raw_stage *stage) {
    if (raw)
        raw[*n] = *stage;
    ++*n;
}

/* A diesel set gives less in thin or hot air: 4 % for 300 m above 1000 m, 1 % for 5.5 K above 40 degC. Both
 * are assumptions of low confidence, typical of makers' tables. */
static double derating(const struct dh_scenario *sc, const struct dh_site_spec *site,
                       const struct dh_generator_spec *g) {
    const struct dh_climate_spec *climate = site->climate ? dh_scenario_climate(sc, site->climate) : NULL;
    if (!g->derate || !climate)
        return 1;
    double thin = fmax(0, climate->altitude_m - 1000) / 300,
           hot = fmax(0, climate->design_hot_degc - 40) / 5.5;
    return fmax(0.1, 1 - 0.04 * thin - 0.01 * hot); /* fmax leaves an unknown design temperature out */
}

/* Gives the number of stages; fills raw when it is not NULL. */
static int32_t collect_stages(const struct dh_scenario *sc, struct raw_stage *raw) {
    int32_t n = 0;
    for (int32_t s = 0; s < sc->n_sites; s++) {
        const struct dh_power_spec *power = &sc->sites[s].powers[0];
        for (int32_t i = 0; i < power->n_utilities; i++) {
            const struct dh_utility_spec *u = &power->utilities[i];
            collect(raw, &n,
                    &(struct raw_stage){
                        .kind = DH_STAGE_UTILITY, .id = u->id, .unit_w = u->rated_w, .count = 1, .site = s});
        }
        for (int32_t i = 0; i < power->n_transformers; i++) {
            const struct dh_transformer_spec *t = &power->transformers[i];
            collect(raw, &n,
                    &(struct raw_stage){.kind = DH_STAGE_TRANSFORMER,
                                        .spec = t,
                                        .id = t->id,
                                        .feed = t->feed,
                                        .transfer = t->transfer,
                                        .takeover_s = t->takeover_s,
                                        .return_s = t->return_s,
                                        .unit_w = t->rated_w,
                                        .count = t->count,
                                        .cap = t->cap,
                                        .breaker = t->n_breakers > 0 ? t->breakers : NULL,
                                        .loss = dh_first_loss(t->losses, t->n_losses),
                                        .site = s});
        }
        for (int32_t i = 0; i < power->n_upses; i++) {
            const struct dh_ups_spec *u = &power->upses[i];
            collect(raw, &n,
                    &(struct raw_stage){.kind = DH_STAGE_UPS,
                                        .spec = u,
                                        .id = u->id,
                                        .feed = u->feed,
                                        .transfer = u->transfer,
                                        .takeover_s = u->takeover_s,
                                        .return_s = u->return_s,
                                        .unit_w = u->rated_w,
                                        .count = u->count,
                                        .redundant = u->redundant,
                                        .cap = u->cap,
                                        .breaker = u->n_breakers > 0 ? u->breakers : NULL,
                                        .loss = dh_first_loss(u->losses, u->n_losses),
                                        .site = s});
        }
        for (int32_t i = 0; i < power->n_pdus; i++) {
            const struct dh_pdu_spec *p = &power->pdus[i];
            collect(raw, &n,
                    &(struct raw_stage){.kind = DH_STAGE_PDU,
                                        .spec = p,
                                        .id = p->id,
                                        .feed = p->feed,
                                        .transfer = p->transfer,
                                        .takeover_s = p->takeover_s,
                                        .return_s = p->return_s,
                                        .unit_w = p->rated_w,
                                        .count = p->count,
                                        .cap = p->cap,
                                        .breaker = p->n_breakers > 0 ? p->breakers : NULL,
                                        .loss = dh_first_loss(p->losses, p->n_losses),
                                        .site = s});
        }
        for (int32_t i = 0; i < power->n_generators; i++) {
            const struct dh_generator_spec *g = &power->generators[i];
            collect(raw, &n,
                    &(struct raw_stage){.kind = DH_STAGE_GENERATOR,
                                        .spec = g,
                                        .id = g->id,
                                        .unit_w = g->rated_w * derating(sc, &sc->sites[s], g),
                                        .count = g->count,
                                        .redundant = g->redundant,
                                        .site = s});
        }
    }
    return n;
}

void dh_count_stages(struct dh_facility *f, const struct dh_scenario *sc) {
    int32_t n_feed = 0;
    for (int32_t s = 0; s < sc->n_sites; s++) {
        const struct dh_site_spec *site = &sc->sites[s];
        const struct dh_power_spec *power = &site->powers[0];
        n_feed += power->n_utilities; /* of the house load */
        for (int32_t i = 0; i < power->n_transformers; i++)
            n_feed += dh_refs_count(power->transformers[i].feed);
        for (int32_t i = 0; i < power->n_upses; i++)
            n_feed += dh_refs_count(power->upses[i].feed);
        for (int32_t i = 0; i < power->n_pdus; i++)
            n_feed += dh_refs_count(power->pdus[i].feed);
        for (int32_t h = 0; h < site->n_halls; h++) {
            n_feed += dh_refs_count(site->halls[h].feed);
            for (int32_t r = 0; r < site->halls[h].n_rows; r++)
                n_feed += dh_refs_count(site->halls[h].rows[r].feed);
        }
        for (int32_t k = 0; k < site->n_coolings; k++) {
            const struct dh_cooling_spec *cooling = &site->coolings[k];
            for (int32_t i = 0; i < cooling->n_chiller_plants; i++)
                n_feed += dh_refs_count(cooling->chiller_plants[i].feed);
            for (int32_t i = 0; i < cooling->n_liquid_plants; i++)
                n_feed += dh_refs_count(cooling->liquid_plants[i].feed);
            for (int32_t i = 0; i < cooling->n_cdus; i++)
                n_feed += dh_refs_count(cooling->cdus[i].feed);
        }
    }
    for (int32_t i = 0; i < f->fabric.n; i++)
        n_feed += dh_refs_count(f->fabric.fabrics[i].feed);
    f->n_feed = n_feed;
    f->n_stage = collect_stages(sc, NULL);
}

void dh_build_feeds(struct dh_feeds_at at, struct dh_build *b, struct dh_stage_index *ids, int32_t site,
                    const char *feed, int32_t transfer) {
    size_t n = 0;
    *at.first = ids->n_feed;
    *at.n = 0;
    *at.transfer = transfer;
    for (const char *id = dh_refs_next(feed, &n); id; id = dh_refs_next(id + n, &n)) {
        int32_t row = find_stage(ids, site, id, n);
        if (row < 0)
            continue;
        b->feed_stage[ids->n_feed++] = row;
        ++*at.n;
    }
}

/* Longest way from a source to each stage, by removing what all feeds of are placed, round by round along a
 * queue (A. B. Kahn, Topological sorting of large networks, CACM 1962). False: a circle is left. */
static bool find_depths(struct raw_stage *raw, int32_t n, const struct dh_stage_index *ids,
                        struct dh_arena *scratch, bool *memory) {
    int32_t n_edge = 0;
    for (int32_t i = 0; i < n; i++)
        n_edge += raw[i].n_feed = dh_refs_count(raw[i].feed);
    int32_t *first = dh_arena_array(scratch, (size_t)n + 1, sizeof *first);
    int32_t *next = dh_arena_array(scratch, (size_t)n_edge + 1, sizeof *next);
    int32_t *below = dh_arena_array(scratch, (size_t)n_edge + 1, sizeof *below);
    int32_t *queue = dh_arena_array(scratch, (size_t)n, sizeof *queue), head = 0, tail = 0, edge = 0;
    *memory = first && next && below && queue;
    if (!*memory)
        return false;
    for (int32_t i = 0; i < n; i++)
        first[i] = -1;
    for (int32_t i = 0; i < n; i++) {
        size_t length = 0;
        for (const char *id = dh_refs_next(raw[i].feed, &length); id;
             id = dh_refs_next(id + length, &length)) {
            int32_t above = find_stage(ids, raw[i].site, id, length);
            below[edge] = i;
            next[edge] = first[above];
            first[above] = edge++;
        }
        if (raw[i].n_feed == 0)
            queue[tail++] = i;
    }
    while (head < tail) {
        int32_t above = queue[head++];
        for (int32_t e = first[above]; e >= 0; e = next[e]) {
            struct raw_stage *stage = &raw[below[e]];
            if (stage->depth <= raw[above].depth)
                stage->depth = raw[above].depth + 1;
            if (--stage->n_feed == 0)
                queue[tail++] = below[e];
        }
    }
    return tail == n;
}

/* Feeds first, otherwise the file's order: a counting sort by depth, which is below n. */
static bool sort_by_depth(struct raw_stage *raw, int32_t n, int32_t *order, struct dh_arena *scratch) {
    int32_t *next_row = dh_arena_array(scratch, (size_t)n + 1, sizeof *next_row);
    if (!next_row)
        return false;
    for (int32_t i = 0; i < n; i++)
        next_row[raw[i].depth + 1]++;
    for (int32_t depth = 1; depth <= n; depth++)
        next_row[depth] += next_row[depth - 1];
    for (int32_t i = 0; i < n; i++) {
        raw[i].row = next_row[raw[i].depth]++;
        order[raw[i].row] = i;
    }
    return true;
}

static enum dh_err check_feeds(const struct raw_stage *raw, int32_t n, const struct dh_stage_index *ids,
                               const struct dh_scenario *sc, struct dh_diag *diag) {
    for (int32_t i = 0; i < n; i++) {
        size_t length = 0;
        for (const char *id = dh_refs_next(raw[i].feed, &length); id; id = dh_refs_next(id + length, &length))
            if (find_stage(ids, raw[i].site, id, length) < 0)
                return dh_fail(diag, DH_ERR_DANGLING_REF, sc->sites[raw[i].site].place, "%s: no feed %.*s",
                               raw[i].id, (int)length, id);
    }
    return DH_OK;
}

static void write_stage(struct dh_build *b, int32_t row, const struct raw_stage *stage) {
    struct dh_loss_terms loss = dh_loss_of(stage->loss, stage->unit_w, stage->count);
    int64_t usable = stage->count > stage->redundant ? stage->count - stage->redundant : 1;
    b->stage_site[row] = stage->site;
    b->stage_cap[row] = stage->cap;
    b->stage_kind[row] = stage->kind;
    b->stage_takeover_s[row] = stage->takeover_s;
    b->stage_return_s[row] = stage->return_s;
    b->stage_unit_w[row] = stage->unit_w;
    b->stage_units[row] = (int32_t)stage->count;
    b->stage_rated_w[row] = stage->unit_w * (double)usable;
    b->stage_loss_fixed_w[row] = loss.fixed_w;
    b->stage_loss_linear[row] = loss.linear;
    b->stage_loss_square_per_w[row] = loss.square_per_w;
}

/* House load: from the first live utility. */
static void build_house(struct dh_build *b, struct dh_stage_index *ids, const struct dh_site_spec *site,
                        int32_t s) {
    b->site_first_feed[s] = ids->n_feed;
    b->site_transfer[s] = DH_TRANSFER_FIRST;
    b->site_feeds[s] = site->powers[0].n_utilities;
    for (int32_t i = 0; i < site->powers[0].n_utilities; i++) {
        const char *id = site->powers[0].utilities[i].id;
        b->feed_stage[ids->n_feed++] = find_stage(ids, s, id, strlen(id));
    }
}

enum dh_err dh_build_stages(struct dh_facility *f, struct dh_build *b, struct dh_stage_index *ids,
                            const struct dh_scenario *sc, struct dh_arena *scratch, struct dh_diag *diag) {
    int32_t n = f->n_stage;
    struct raw_stage *raw = dh_arena_array(scratch, (size_t)n, sizeof *raw);
    int32_t *order = dh_arena_array(scratch, (size_t)n, sizeof *order);
    const char **names = dh_arena_array(&f->mem, (size_t)n, sizeof *names);
    ids->ids = dh_arena_array(scratch, (size_t)n, sizeof *ids->ids);
    const struct dh_transformer_spec **transformer = dh_arena_array(&f->mem, (size_t)n, sizeof *transformer);
    const struct dh_ups_spec **ups = dh_arena_array(&f->mem, (size_t)n, sizeof *ups);
    const struct dh_breaker_spec **breaker = dh_arena_array(&f->mem, (size_t)n, sizeof *breaker);
    const struct dh_generator_spec **generator = dh_arena_array(&f->mem, (size_t)n, sizeof *generator);
    if (!raw || !order || !names || !ids->ids || !transformer || !ups || !generator || !breaker)
        return DH_ERR_MEMORY;
    collect_stages(sc, raw);
    for (ids->n = 0; ids->n < n; ids->n++)
        ids->ids[ids->n] =
            (struct dh_stage_id){raw[ids->n].id, strlen(raw[ids->n].id), raw[ids->n].site, ids->n};
    qsort(ids->ids, (size_t)n, sizeof *ids->ids, compare_ids);
    DH_TRY(check_feeds(raw, n, ids, sc, diag));
    bool memory;
    if (!find_depths(raw, n, ids, scratch, &memory))
        return memory ? dh_fail(diag, DH_ERR_CYCLE, sc->place, "the feeds go in a circle") : DH_ERR_MEMORY;
    if (!sort_by_depth(raw, n, order, scratch))
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < n; i++) /* from here on the index gives final rows */
        ids->ids[i].row = raw[ids->ids[i].row].row;
    for (int32_t row = 0; row < n; row++) {
        const struct raw_stage *stage = &raw[order[row]];
        names[row] = stage->id;
        transformer[row] = stage->kind == DH_STAGE_TRANSFORMER ? stage->spec : NULL;
        breaker[row] = stage->breaker;
        ups[row] = stage->kind == DH_STAGE_UPS ? stage->spec : NULL;
        generator[row] = stage->kind == DH_STAGE_GENERATOR ? stage->spec : NULL;
        write_stage(b, row, stage);
        dh_build_feeds(DH_FEEDS(b, stage, row), b, ids, stage->site, stage->feed, stage->transfer);
    }
    for (int32_t s = 0; s < sc->n_sites; s++)
        build_house(b, ids, &sc->sites[s], s);
    f->stage_name = names;
    f->stage_transformer = transformer;
    f->stage_ups = ups;
    f->stage_breaker = breaker;
    f->stage_generator = generator;
    return DH_OK;
}
