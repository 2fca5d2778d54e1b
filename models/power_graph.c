/* The power graph: what is live, from the sources down; what it carries, from the loads up. */
#include "models/power_internal.h"
#include "sim/math.h"

#include <math.h>
#include <string.h>

static void mark_stage(struct dh_power *p, int32_t stage) {
    p->stage_dirty[stage / 64] |= UINT64_C(1) << (stage % 64);
    p->any_stage_dirty = true;
}

static struct dh_feeds feeds_of(const struct dh_facility *f, int32_t first, int32_t n, int32_t transfer) {
    return (struct dh_feeds){f->feed_stage + first, n, transfer};
}

#define FEEDS(f, entity, row)                                                                                \
    feeds_of(f, (f)->entity##_first_feed[row], (f)->entity##_feeds[row], (f)->entity##_transfer[row])

/* ---- from the loads up ----------------------------------------------------------------------------------
 */

static void carry(struct dh_power *p, int32_t stage, dh_uw more) {
    p->stage_out[stage] += more;
    mark_stage(p, stage);
}

static int32_t n_live(const struct dh_power *p, const struct dh_feeds *feeds) {
    int32_t n = 0;
    for (int32_t i = 0; i < feeds->n; i++)
        n += p->stage[feeds->stage[i]].live;
    return n;
}

/* Part i of n equal integer parts of a power; together they are exactly the whole. */
static dh_uw part(dh_uw power, int32_t i, int32_t n) {
    dh_uw each = power / n, rest = power % n;
    return each + (i < rest) - (i < -rest);
}

/* A consumer's draw goes from `before` to `after`; its live feeds carry the difference. choice: the feed
 * behind a transfer switch that remembers, -1: the first live one. */
static void draw(struct dh_power *p, const struct dh_feeds *feeds, int32_t choice, dh_uw before,
                 dh_uw after) {
    if (before == after)
        return;
    if (feeds->n == 1) {
        carry(p, feeds->stage[0], after - before);
    } else if (feeds->transfer == DH_TRANSFER_FIRST) {
        for (int32_t i = 0; i < feeds->n && choice < 0; i++)
            choice = p->stage[feeds->stage[i]].live ? i : -1;
        if (choice >= 0)
            carry(p, feeds->stage[choice], after - before);
    } else {
        int32_t n = n_live(p, feeds), k = 0;
        for (int32_t i = 0; i < feeds->n; i++)
            if (p->stage[feeds->stage[i]].live) {
                carry(p, feeds->stage[i], part(after, k, n) - part(before, k, n));
                k++;
            }
    }
}

static void draw_load(struct dh_power *p, struct dh_load *load) {
    dh_uw power = load->live && load->feeds.n > 0 ? load->asked : 0;
    draw(p, &load->feeds, -1, load->power, power);
    *load->total += power - load->power;
    load->power = power;
}

static void set_load(struct dh_power *p, enum dh_load_kind kind, int32_t row, double watts) {
    struct dh_load *load = &p->load[p->first_load[kind] + row];
    load->asked = dh_uw_from_w(watts);
    draw_load(p, load);
}

void dh_power_hall_load(struct dh_power *p, int32_t hall, double watts) {
    set_load(p, DH_LOAD_HALL, hall, watts);
}

void dh_power_cdu_load(struct dh_power *p, int32_t cdu, double watts) {
    set_load(p, DH_LOAD_CDU, cdu, watts);
}

void dh_power_cplant_load(struct dh_power *p, int32_t cplant, double watts) {
    set_load(p, DH_LOAD_CPLANT, cplant, watts);
}

void dh_power_lplant_load(struct dh_power *p, int32_t lplant, double watts) {
    set_load(p, DH_LOAD_LPLANT, lplant, watts);
}

/* Rack power from its nodes: overhead joins behind the supplies, which add their loss. */
static dh_uw rack_in(const struct dh_power *p, int32_t r) {
    const struct dh_facility *f = p->f;
    if (!p->rack_live[r])
        return 0;
    dh_uw out = p->rack_nodes[r] + dh_uw_from_w(f->rack_overhead_w[r]);
    return out + dh_quadratic_loss(out, f->rack_supply_loss_fixed_w[r], f->rack_supply_loss_linear[r],
                                   f->rack_supply_loss_square_per_w[r]);
}

static void settle_rack(struct dh_power *p, int32_t r, dh_time now) {
    dh_uw in = rack_in(p, r), before = p->rack[r].power;
    p->rack_dirty[r] = false;
    if (in == before)
        return;
    struct dh_feeds feeds = FEEDS(p->f, rack, r);
    draw(p, &feeds, -1, before, in);
    p->sum.it += in - before;
    dh_meter_set(&p->rack[r], in, now);
}

static void watch(struct dh_power_watch *most, int32_t s, double out_w, double rated_w) {
    if (!(out_w > most->share * rated_w))
        return;
    most->share = out_w / rated_w;
    most->stage = s;
}

/* A stage's output since its last change, if that held for a moment. */
static void count_stage_peak(struct dh_power *p, int32_t s, dh_time now) {
    struct dh_stage_peak *peak = &p->stage_peak[s];
    if (now <= p->stage_in[s].since)
        return;
    dh_uw out = p->stage_in[s].power - p->stage_loss[s].power - p->stage_stored[s].power;
    dh_load_curve_add(&p->stage_curve[s], out, p->stage_in[s].since, now - p->stage_in[s].since);
    double rated_w = p->stage[s].held_w;
    bool over = out > dh_uw_from_w(rated_w);
    if (p->watch.on)
        watch(&p->watch, s, dh_uw_to_w(out), rated_w);
    peak->n_over += over && !peak->over;
    peak->over = over;
    bool worse = rated_w == peak->rated_w ? out > peak->out
                                          : (double)out * peak->rated_w >= (double)peak->out * rated_w;
    if (over && worse) {
        peak->out = out;
        peak->rated_w = rated_w;
        peak->at = p->stage_in[s].since;
    }
}

void dh_power_watch_begin(struct dh_power *p) {
    p->watch = (struct dh_power_watch){.on = true, .stage = -1};
}

struct dh_power_watch dh_power_watch_now(const struct dh_power *p) {
    struct dh_power_watch most = p->watch;
    for (int32_t s = 0; s < p->f->n_stage; s++)
        watch(&most, s, dh_uw_to_w(p->stage_out[s]), p->stage[s].rated_w);
    return most;
}

static const double OVER_ENDS = 0.98;

static bool is_over(const struct dh_stage *stage, dh_uw out) {
    return dh_uw_to_w(out) > stage->rated_w * (stage->over ? OVER_ENDS : 1);
}

int32_t dh_power_crossing(struct dh_power *p) {
    while (p->n_crossing > 0) {
        int32_t s = p->crossing[--p->n_crossing];
        p->stage[s].crossing = false;
        if (is_over(&p->stage[s], p->stage_out[s]) == p->stage[s].over)
            continue;
        p->stage[s].over = !p->stage[s].over;
        return s;
    }
    return -1;
}

static void count_peaks(struct dh_power *p, dh_time now) {
    for (int32_t s = 0; s < p->f->n_site && now > p->facility.since; s++)
        if (p->site_held[s] > p->site_peak[s]) {
            p->site_peak[s] = p->site_held[s];
            p->site_peak_at[s] = p->facility.since;
        }
    if (now > p->it.since && p->it.power > p->peak_it)
        p->peak_it = p->it.power;
    if (now > p->facility.since && p->facility.power > p->peak_facility) {
        p->peak_facility = p->facility.power;
        p->peak_facility_at = p->facility.since;
    }
}

/* Units that carry this output: all in service, or as many as keep below the staging share, and the redundant
 * ones. */
static double units_on(const struct dh_power *p, int32_t s, dh_uw out) {
    const struct dh_stage *stage = &p->stage[s];
    if (stage->stage_at <= 0)
        return stage->n_up;
    double redundant = p->f->stage_units[s] - rint(p->f->stage_rated_w[s] / p->f->stage_unit_w[s]);
    double n = ceil(dh_uw_to_w(out) / (p->f->stage_unit_w[s] * stage->stage_at)) + redundant;
    return n < 1 ? 1 : n < stage->n_up ? n : stage->n_up;
}

/* With fewer units each carries more: the fixed part shrinks with their number, the square part grows. All in
 * service, it is the stage's own polynomial to the last bit. */
static dh_uw fed_loss(const struct dh_power *p, int32_t s, dh_uw out) {
    const struct dh_stage_loss *loss = &p->stage[s].loss;
    double on = units_on(p, s, out), all = p->f->stage_units[s];
    if (on == all)
        return dh_quadratic_loss(out, loss->fixed_w, loss->linear, loss->square_per_w);
    return dh_quadratic_loss(out, loss->fixed_w * (on / all), loss->linear, loss->square_per_w * (all / on));
}

/* What goes out of the battery beyond the output. */
static dh_uw battery_loss(const struct dh_battery_drain *drain, dh_uw out) {
    double w = dh_uw_to_w(out),
           more = w > drain->knee_w && drain->exponent > 0 ? dh_pow(w / drain->knee_w, drain->exponent) : 1;
    dh_uw all = dh_uw_from_w(w * drain->per_output * more);
    return all > out ? all - out : 0;
}

/* in = out + loss + stored. On its battery a stage draws nothing; dead it carries nothing. */
static void settle_stage(struct dh_power *p, int32_t s, dh_time now) {
    count_stage_peak(p, s, now);
    struct dh_stage *stage = &p->stage[s];
    stage->held_w = stage->rated_w;
    dh_uw out = p->stage_out[s], carried = out < 0 ? -out : out, loss = 0, stored = 0;
    if (!stage->crossing && is_over(stage, out) != stage->over) {
        stage->crossing = true;
        p->crossing[p->n_crossing++] = s;
    }
    if (stage->on_battery) {
        loss = battery_loss(&stage->drain, carried);
        stored = -(out + loss);
    } else if (stage->live) {
        loss = fed_loss(p, s, carried);
        stored = stage->charge;
    }
    dh_uw in = out + loss + stored, before = p->stage_in[s].power;
    p->sum.loss += loss - p->stage_loss[s].power;
    p->sum.stored += stored - p->stage_stored[s].power;
    dh_meter_set(&p->stage_in[s], in, now);
    dh_meter_set(&p->stage_loss[s], loss, now);
    dh_meter_set(&p->stage_stored[s], stored, now);
    if (stage->feeds.n > 0) {
        draw(p, &stage->feeds, stage->choice, stage->passed, in);
        stage->passed = in;
        return;
    }
    p->sum.facility += in - before;
    if (p->f->stage_kind[s] == DH_STAGE_UTILITY)
        p->site_power[p->f->stage_site[s]] += in - before;
}

/* ---- from the sources down -------------------------------------------------------------------------------
 */

/* Since when a feed has been live is long enough ago for a switch that waits; else notes when to look again.
 */
static bool waited(struct dh_power *p, const struct dh_stage *feed, double wait_s, dh_time now) {
    if (wait_s <= 0 || feed->live_since == INT64_MIN)
        return true;
    dh_time due = feed->live_since + dh_time_from_s(wait_s);
    if (due > now && due < p->look_again_at)
        p->look_again_at = due;
    return due <= now;
}

/* The first feed that is live and has been for as long as the switch waits: before it takes a later feed than
 * the first, and before it goes back to an earlier one than that which carries it. */
static int32_t choose(struct dh_power *p, int32_t s, dh_time now) {
    const struct dh_stage *stage = &p->stage[s];
    const int32_t *feed = stage->feeds.stage;
    bool carried = stage->choice >= 0 && p->stage[feed[stage->choice]].live;
    for (int32_t i = 0; i < stage->feeds.n; i++) {
        if (!p->stage[feed[i]].live)
            continue;
        double wait_s = carried && i < stage->choice                ? p->f->stage_return_s[s]
                        : i > 0 && !(carried && i == stage->choice) ? p->f->stage_takeover_s[s]
                                                                    : 0;
        if (waited(p, &p->stage[feed[i]], wait_s, now))
            return i;
    }
    return -1;
}

static int32_t *change_at(struct dh_power *p, const struct dh_power_change *change) {
    switch (change->what) {
    case DH_CHANGED_STAGE:
        return &p->change_at[change->row];
    case DH_CHANGED_RACK:
        return &p->change_at[p->f->n_stage + change->row];
    default:
        return &p->change_at[p->f->n_stage + p->f->n_rack + p->first_load[change->load] + change->row];
    }
}

/* Each stage, rack and load stands in the list at most once: what comes back before anybody looked was never
 * gone. */
static void note(struct dh_power *p, struct dh_power_change change) {
    int32_t *at = change_at(p, &change);
    if (*at > 0) {
        p->change[*at - 1] = p->change[--p->n_change];
        if (*at <= p->n_change)
            *change_at(p, &p->change[*at - 1]) = *at;
        *at = 0;
        return;
    }
    p->change[p->n_change++] = change;
    *at = p->n_change;
}

void dh_power_changes_seen(struct dh_power *p) {
    for (int32_t i = 0; i < p->n_change; i++)
        *change_at(p, &p->change[i]) = 0;
    p->n_change = 0;
}

/* Power given at a stage flows back over the feeds that carry it: as far as a utility only where no generator
 * and no battery is among them, for neither can take it. */
static bool carried_by_grid(const struct dh_power *p, int32_t s) {
    const struct dh_stage *stage = &p->stage[s];
    const struct dh_feeds *feeds = &stage->feeds;
    if (!stage->live || stage->on_battery)
        return false;
    if (feeds->n == 0)
        return p->f->stage_kind[s] == DH_STAGE_UTILITY;
    if (feeds->transfer == DH_TRANSFER_FIRST && feeds->n > 1)
        return p->stage[feeds->stage[stage->choice]].on_grid;
    for (int32_t i = 0; i < feeds->n; i++)
        if (p->stage[feeds->stage[i]].live && !p->stage[feeds->stage[i]].on_grid)
            return false;
    return true;
}

static void look_at_stage(struct dh_power *p, int32_t s, dh_time now) {
    struct dh_stage *stage = &p->stage[s];
    bool was = stage->live, fed;
    if (stage->feeds.n == 0) {
        fed = stage->n_on > 0;
    } else if (stage->feeds.transfer == DH_TRANSFER_FIRST && stage->feeds.n > 1) {
        stage->choice = choose(p, s, now);
        fed = stage->choice >= 0;
    } else {
        fed = n_live(p, &stage->feeds) > 0;
    }
    stage->live = stage->n_up > 0 && !stage->open && (fed || stage->battery_holds);
    stage->on_battery = stage->live && !fed;
    stage->on_grid = carried_by_grid(p, s);
    if (stage->live == was)
        return;
    stage->live_since = now;
    note(p, (struct dh_power_change){.what = DH_CHANGED_STAGE, .row = s, .live = stage->live});
}

/* A load or stage asks for power from each feed that it would use if that were live, and from that which
 * carries it until its switch goes back. */
static void want(struct dh_power *p, const struct dh_feeds *feeds, int32_t choice) {
    for (int32_t i = 0; i < feeds->n; i++) {
        struct dh_stage *feed = &p->stage[feeds->stage[i]];
        feed->wanted = true;
        if (feeds->transfer == DH_TRANSFER_FIRST && feed->live && !feed->on_battery && i >= choice)
            return;
    }
}

/* Finds out what is live and who is wanted, and carries all power anew. */
static void look_at_graph(struct dh_power *p, dh_time now) {
    const struct dh_facility *f = p->f;
    p->graph_changed = false;
    p->look_again_at = DH_TIME_MAX;
    for (int32_t s = 0; s < f->n_stage; s++) {
        look_at_stage(p, s, now);
        p->stage[s].wanted = false;
        p->stage[s].passed = 0;
        p->stage_out[s] = 0;
        mark_stage(p, s);
    }
    p->sum.injected = 0;
    for (int32_t s = 0; s < f->n_stage; s++)
        if (p->stage[s].live) {
            p->stage_out[s] -= p->stage[s].injected;
            p->sum.injected += p->stage[s].injected;
        }
    p->sum.facility += p->sum.injected - p->injected_before;
    p->injected_before = p->sum.injected;
    for (int32_t r = 0; r < f->n_rack; r++) {
        struct dh_feeds feeds = FEEDS(f, rack, r);
        bool live = n_live(p, &feeds) > 0 && !p->rack_waits[r];
        if (!p->rack_waits[r])
            want(p, &feeds, -1);
        if (live != p->rack_live[r]) {
            p->rack_live[r] = live;
            p->sum.node_dc_total += live ? p->rack_dc[r] : -p->rack_dc[r];
            p->sum.node_in_total += live ? p->rack_nodes[r] : -p->rack_nodes[r];
            dh_uw fan = dh_uw_from_w(p->rack_fan_w[r] * f->rack_nodes[r]);
            p->sum.fan += live ? fan : -fan;
            p->sum.overhead += (live ? 1 : -1) * dh_uw_from_w(f->rack_overhead_w[r]);
            note(p, (struct dh_power_change){.what = DH_CHANGED_RACK, .row = r, .live = live});
        }
        dh_uw in = rack_in(p, r);
        p->sum.it += in - p->rack[r].power;
        if (in != p->rack[r].power)
            dh_meter_set(&p->rack[r], in, now);
        draw(p, &feeds, -1, 0, in);
    }
    for (int kind = 0; kind < DH_N_LOAD_KIND; kind++)
        for (int32_t i = p->first_load[kind]; i < p->first_load[kind + 1]; i++) {
            struct dh_load *load = &p->load[i];
            bool live = load->feeds.n == 0 || n_live(p, &load->feeds) > 0;
            want(p, &load->feeds, -1);
            if (live != load->live)
                note(p, (struct dh_power_change){.what = DH_CHANGED_LOAD,
                                                 .load = (enum dh_load_kind)kind,
                                                 .row = i - p->first_load[kind],
                                                 .live = live});
            load->live = live;
            *load->total -= load->power;
            load->power = 0;
            draw_load(p, load);
        }
    for (int32_t s = f->n_stage - 1; s >= 0; s--)
        if (p->stage[s].wanted && p->stage[s].n_up > 0 && !p->stage[s].open)
            want(p, &p->stage[s].feeds, p->stage[s].choice);
}

void dh_power_settle(struct dh_power *p, dh_time now) {
    if (now >= p->look_again_at)
        p->graph_changed = true;
    if (p->n_dirty == 0 && !p->any_stage_dirty && !p->graph_changed)
        return;
    if (p->graph_changed)
        look_at_graph(p, now);
    for (int32_t i = 0; i < p->n_dirty; i++)
        settle_rack(p, p->dirty[i], now);
    p->n_dirty = 0;
    /* Feeds have smaller rows, so one sweep from the leaves up reaches the sources. */
    for (int32_t word = (p->f->n_stage - 1) / 64; word >= 0; word--)
        while (p->stage_dirty[word]) {
            int bit = 63 - __builtin_clzll(p->stage_dirty[word]);
            p->stage_dirty[word] &= ~(UINT64_C(1) << bit);
            settle_stage(p, word * 64 + bit, now);
        }
    p->any_stage_dirty = false;
    count_peaks(p, now);
    for (int32_t s = 0; s < p->f->n_site; s++)
        p->site_held[s] = p->site_power[s];
    for (int32_t i = 0; i < p->f->n_owner; i++)
        if (p->owner[i].power != p->owner[i].meter.power)
            dh_meter_set(&p->owner[i].meter, p->owner[i].power, now);
    dh_meter_set(&p->facility, p->sum.facility, now);
    dh_meter_set(&p->it, p->sum.it, now);
    dh_meter_set(&p->cooling, p->sum.cooling, now);
    dh_meter_set(&p->house, p->sum.house, now);
    dh_meter_set(&p->loss, p->sum.loss, now);
    dh_meter_set(&p->node_dc_total, p->sum.node_dc_total, now);
    dh_meter_set(&p->node_in_total, p->sum.node_in_total, now);
    dh_meter_set(&p->overhead, p->sum.overhead, now);
    dh_meter_set(&p->fan, p->sum.fan, now);
    dh_meter_set(&p->stored, p->sum.stored, now);
    dh_meter_set(&p->injected, p->sum.injected, now);
}

void dh_power_close(struct dh_power *p, dh_time now) {
    for (int32_t s = 0; s < p->f->n_stage; s++)
        count_stage_peak(p, s, now);
    count_peaks(p, now);
}

double dh_power_site_w(const struct dh_power *p, int32_t site) {
    return dh_uw_to_w(p->site_power[site]);
}

/* ---- what is in service ---------------------------------------------------------------------------------
 */

static void rate_stage(struct dh_power *p, int32_t s) {
    const struct dh_facility *f = p->f;
    struct dh_stage *stage = &p->stage[s];
    bool source = dh_stage_is_source(f->stage_kind[s]);
    double up_w = f->stage_unit_w[s] * (source && stage->n_on < stage->n_up ? stage->n_on : stage->n_up);
    stage->rated_w = up_w < f->stage_rated_w[s] ? up_w : f->stage_rated_w[s];
    p->graph_changed = true;
}

void dh_power_set_units(struct dh_power *p, int32_t stage, int32_t n_up) {
    if (n_up == p->stage[stage].n_up)
        return;
    p->stage[stage].n_up = n_up;
    rate_stage(p, stage);
}

void dh_power_set_open(struct dh_power *p, int32_t stage, bool open) {
    p->graph_changed = p->graph_changed || open != p->stage[stage].open;
    p->stage[stage].open = open;
}

void dh_power_set_source(struct dh_power *p, int32_t stage, int32_t n_on) {
    if (n_on == p->stage[stage].n_on)
        return;
    p->stage[stage].n_on = n_on;
    rate_stage(p, stage);
}

void dh_power_set_battery(struct dh_power *p, int32_t stage, bool holds, struct dh_battery_drain drain,
                          double charge_w) {
    struct dh_stage *at = &p->stage[stage];
    p->graph_changed = p->graph_changed || (holds != at->battery_holds && (at->on_battery || !at->live));
    at->battery_holds = holds;
    at->drain = drain;
    at->charge = dh_uw_from_w(charge_w);
    mark_stage(p, stage);
}

void dh_power_set_loss(struct dh_power *p, int32_t stage, struct dh_stage_loss loss) {
    p->stage[stage].loss = loss;
    mark_stage(p, stage);
}

void dh_power_set_staging(struct dh_power *p, int32_t stage, double share) {
    p->stage[stage].stage_at = share;
    mark_stage(p, stage);
}

void dh_power_inject(struct dh_power *p, int32_t stage, double watts) {
    struct dh_stage *at = &p->stage[stage];
    dh_uw power = dh_uw_from_w(watts), more = power - at->injected;
    at->injected = power;
    if (more == 0 || !at->live)
        return;
    carry(p, stage, -more);
    p->sum.injected += more;
    p->sum.facility += more;
    p->injected_before = p->sum.injected;
}

bool dh_power_stage_live(const struct dh_power *p, int32_t stage) {
    return p->stage[stage].live;
}

bool dh_power_stage_on_grid(const struct dh_power *p, int32_t stage) {
    return p->stage[stage].on_grid;
}

void dh_power_energize(struct dh_power *p, int32_t rack) {
    p->graph_changed = p->graph_changed || p->rack_waits[rack];
    p->rack_waits[rack] = false;
}

bool dh_power_rack_live(const struct dh_power *p, int32_t rack) {
    return p->rack_live[rack];
}

bool dh_power_hall_live(const struct dh_power *p, int32_t hall) {
    return p->load[p->first_load[DH_LOAD_HALL] + hall].live;
}

bool dh_power_cdu_live(const struct dh_power *p, int32_t cdu) {
    return p->load[p->first_load[DH_LOAD_CDU] + cdu].live;
}

bool dh_power_cplant_live(const struct dh_power *p, int32_t cplant) {
    return p->load[p->first_load[DH_LOAD_CPLANT] + cplant].live;
}

bool dh_power_lplant_live(const struct dh_power *p, int32_t lplant) {
    return p->load[p->first_load[DH_LOAD_LPLANT] + lplant].live;
}

/* ---- life ------------------------------------------------------------------------------------------------
 */

static enum dh_err allocate(struct dh_power *p) {
    const struct dh_facility *f = p->f;
    struct dh_arena *mem = &p->mem;
    size_t stage = (size_t)f->n_stage, load = (size_t)p->first_load[DH_N_LOAD_KIND];
    if (!(p->stage = dh_arena_array(mem, stage, sizeof *p->stage)) ||
        !(p->stage_out = dh_arena_array(mem, stage, sizeof *p->stage_out)) ||
        !(p->stage_in = dh_arena_array(mem, stage, sizeof *p->stage_in)) ||
        !(p->stage_loss = dh_arena_array(mem, stage, sizeof *p->stage_loss)) ||
        !(p->stage_stored = dh_arena_array(mem, stage, sizeof *p->stage_stored)) ||
        !(p->stage_peak = dh_arena_array(mem, stage, sizeof *p->stage_peak)) ||
        !(p->stage_curve = dh_arena_array(mem, stage, sizeof *p->stage_curve)) ||
        !(p->stage_dirty = dh_arena_array(mem, stage / 64 + 1, sizeof *p->stage_dirty)) ||
        !(p->crossing = dh_arena_array(mem, stage, sizeof *p->crossing)) ||
        !(p->site_power = dh_arena_array(mem, (size_t)f->n_site, sizeof *p->site_power)) ||
        !(p->site_held = dh_arena_array(mem, (size_t)f->n_site, sizeof *p->site_held)) ||
        !(p->site_peak = dh_arena_array(mem, (size_t)f->n_site, sizeof *p->site_peak)) ||
        !(p->site_peak_at = dh_arena_array(mem, (size_t)f->n_site, sizeof *p->site_peak_at)) ||
        !(p->load = dh_arena_array(mem, load, sizeof *p->load)) ||
        !(p->change = dh_arena_array(mem, stage + load + (size_t)f->n_rack, sizeof *p->change)) ||
        !(p->change_at = dh_arena_array(mem, stage + load + (size_t)f->n_rack, sizeof *p->change_at)))
        return DH_ERR_MEMORY;
    return DH_OK;
}

static void set_loads(struct dh_power *p) {
    const struct dh_facility *f = p->f;
    struct dh_load *load = p->load;
    for (int32_t i = 0; i < p->first_load[DH_LOAD_HOUSE]; i++)
        load[i].total = &p->sum.cooling;
    for (int32_t h = 0; h < f->n_hall; h++)
        load++->feeds = FEEDS(f, hall, h);
    for (int32_t c = 0; c < f->n_cdu; c++)
        load++->feeds = FEEDS(f, cdu, c);
    for (int32_t c = 0; c < f->n_cplant; c++)
        load++->feeds = FEEDS(f, cplant, c);
    for (int32_t l = 0; l < f->n_lplant; l++)
        load++->feeds = FEEDS(f, lplant, l);
    for (int32_t s = 0; s < f->n_site; s++)
        *load++ = (struct dh_load){
            .feeds = FEEDS(f, site, s), .asked = dh_uw_from_w(f->site_house_w[s]), .total = &p->sum.house};
}

enum dh_err dh_power_graph_init(struct dh_power *p) {
    const struct dh_facility *f = p->f;
    const int32_t n[DH_N_LOAD_KIND] = {f->n_hall, f->n_cdu, f->n_cplant, f->n_lplant, f->n_site};
    for (int kind = 0; kind < DH_N_LOAD_KIND; kind++)
        p->first_load[kind + 1] = p->first_load[kind] + n[kind];
    if (allocate(p) != DH_OK)
        return DH_ERR_MEMORY;
    set_loads(p);
    for (int32_t s = 0; s < f->n_stage; s++) {
        p->stage[s] = (struct dh_stage){
            .feeds = FEEDS(f, stage, s),
            .n_up = f->stage_units[s],
            .choice = -1,
            .n_on = f->stage_kind[s] == DH_STAGE_UTILITY,
            .loss = {f->stage_loss_fixed_w[s], f->stage_loss_linear[s], f->stage_loss_square_per_w[s]},
            .live_since = INT64_MIN
        };
        rate_stage(p, s);
        dh_load_curve_init(&p->stage_curve[s], dh_uw_from_w(f->stage_rated_w[s]));
    }
    p->graph_changed = true;
    return DH_OK;
}
