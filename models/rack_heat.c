#include "models/rack_heat.h"

#include "models/node_fan.h"
#include "models/thermal_rc.h"
#include "sim/math.h"

#include <math.h>

/* Convection by flow, (m/m0)^-n: FACILITY B3, n .6-.8 in air, .5-.8 in cold plates; the middles. */
#define AIR_EXPONENT    0.7
#define LIQUID_EXPONENT 0.65
/* A resistance to air holds at the fan speed of this inlet: where servers are measured. */
#define AIR_REFERENCE_DEGC 25.0
/* FACILITY B2: margins and pace of the clock. Back on: an assumption. */
#define RISE_MARGIN_K    1.0
#define RESTART_MARGIN_K 5.0
#define PACE_HZ_PER_S    150e6
/* The exponential of the leakage is reckoned again when the junction has moved by this; between, two terms of
 * its series, 2e-5 off at most. Fans are reckoned again when the inlet has moved by FAN_STEP_K. */
#define LEAKAGE_STEP_K 4.0
#define FAN_STEP_K     0.02

struct dh_rack_chip {
    const struct dh_device_spec *device;
    struct dh_rc2 network;
    double conduction_k_per_w, convection_k_per_w, exponent; /* convection: at the reference flow */
    double fan_min, fan_reference, density;                  /* fan_min 0: no fans */
    bool liquid, fan_warm, dark;                             /* fan_warm: the junction drives the fans */
    double sink_degc;                                        /* second lump */
    /* kept as long as nothing they depend on moves */
    struct dh_rc2_step step;
    double step_s, flow;
    double fixed_w, leak, clock; /* power = fixed + leak x leakage at the junction */
    double leakage_w, leakage_degc;
    double fan_inlet_degc;
};

static void build_chip(struct dh_rack_chip *k, const struct dh_facility *f, int32_t r) {
    const struct dh_device_spec *d = f->device_spec[f->rack_device[r]];
    bool liquid = f->rack_liquid_share[r] > 0;
    double all = liquid ? d->liquid_k_per_w : d->air_k_per_w;
    *k = (struct dh_rack_chip){
        .device = d,
        .conduction_k_per_w = d->conduction * all,
        .convection_k_per_w = (1 - d->conduction) * all,
        .exponent = liquid ? LIQUID_EXPONENT : AIR_EXPONENT,
        .liquid = liquid,
        .fan_min = liquid || !(f->rack_fan_max_w[r] > 0) ? 0 : f->rack_fan_min_share[r],
        .density = dh_air_density_at(f->site_altitude_m[f->rack_site[r]]),
        .step_s = NAN,
        .clock = NAN,
        .leakage_degc = NAN,
        .fan_inlet_degc = NAN,
    };
    k->network = (struct dh_rc2){
        .c1_j_per_k = d->die_j_per_k,
        .c2_j_per_k = liquid ? d->plate_j_per_k : d->sink_j_per_k,
        .r12_k_per_w = k->conduction_k_per_w,
    };
    k->fan_reference = dh_node_fan_speed(k->fan_min, AIR_REFERENCE_DEGC, -INFINITY, 0);
}

enum dh_err dh_rack_heat_init(struct dh_rack_heat *h, const struct dh_facility *f, struct dh_arena *mem) {
    size_t n = (size_t)f->n_rack;
    *h = (struct dh_rack_heat){
        .air_flow = dh_arena_array(mem, n, sizeof *h->air_flow),
        .liquid_flow = dh_arena_array(mem, n, sizeof *h->liquid_flow),
        .work = dh_arena_array(mem, n, sizeof *h->work),
        .fan_speed = dh_arena_array(mem, n, sizeof *h->fan_speed),
        .k_per_w = dh_arena_array(mem, n, sizeof *h->k_per_w),
        .chip = dh_arena_array(mem, n, sizeof *h->chip),
    };
    if (n > 0 && (!h->air_flow || !h->liquid_flow || !h->work || !h->fan_speed || !h->k_per_w || !h->chip))
        return DH_ERR_MEMORY;
    for (int32_t r = 0; r < f->n_rack; r++) {
        h->air_flow[r] = h->liquid_flow[r] = 1.0;
        h->fan_speed[r] = f->rack_fan_min_share[r];
        if (f->rack_device[r] < 0 || r >= f->n_rack - f->n_bare_rack)
            continue; /* nothing in it has a junction */
        build_chip(&h->chip[r], f, r);
        const struct dh_device_spec *d = h->chip[r].device;
        h->k_per_w[r] = h->chip[r].conduction_k_per_w + h->chip[r].convection_k_per_w;
        h->work[r] = (struct dh_rack_work){.load = dh_chip_load_none(d), .util = 1, .part = 1};
        h->work[r].load.switching_w = d->tdp_w;
    }
    return DH_OK;
}

void dh_rack_heat_start(struct dh_rack_heat *h, const struct dh_facility *f, struct dh_state *s) {
    for (int32_t r = 0; r < f->n_rack; r++) {
        struct dh_rack_chip *k = &h->chip[r];
        double fluid = s->rack_coolant_degc[r], idle_w = k->device ? k->device->idle_w : 0.0;
        k->sink_degc = fluid + k->convection_k_per_w * idle_w;
        s->rack_junction_degc[r] = k->sink_degc + k->conduction_k_per_w * idle_w;
        s->rack_thermal_frac[r] = 1.0;
    }
}

void dh_rack_heat_work(struct dh_rack_heat *h, int32_t rack, const struct dh_rack_work *work) {
    h->work[rack] = *work;
    h->chip[rack].clock = NAN;
}

void dh_rack_heat_dark(struct dh_rack_heat *h, struct dh_state *s, int32_t rack, bool dark) {
    h->chip[rack].dark = dark;
    s->rack_thermal_frac[rack] = 1.0;
}

/* Power of the hottest GPU at a clock without its leakage, and what of its leakage it draws. */
static void set_power(struct dh_rack_chip *k, const struct dh_rack_work *w, double clock) {
    const struct dh_device_spec *d = k->device;
    double idle_w = w->part * d->idle_w;
    k->clock = clock;
    k->fixed_w = idle_w;
    k->leak = 0;
    if (!(clock > 0))
        return;
    double f = clock < w->load.clock ? clock : w->load.clock;
    double busy_w = dh_chip_busy_w(d, &w->load, f, d->leakage_degc) - dh_chip_voltage(d, f) * d->leakage_w;
    k->fixed_w = idle_w + w->util * (w->part * busy_w - idle_w);
    k->leak = w->util * w->part * dh_chip_voltage(d, f);
}

/* Highest power while busy that the cap leaves, as a mean over busy and idle times. */
static double power_w(const struct dh_rack_chip *k, const struct dh_rack_work *w, double leakage_w) {
    double idle_w = w->part * k->device->idle_w, p = k->fixed_w + k->leak * leakage_w;
    double cap_w = idle_w + w->util * (dh_chip_cap_w(k->device) - idle_w);
    return p < cap_w || cap_w < idle_w ? p : cap_w;
}

static void set_network(struct dh_rack_chip *k, double flow, double dt_s, double *k_per_w) {
    if (flow != k->flow || isnan(k->step_s)) {
        double r = flow == 1.0 ? k->convection_k_per_w
                   : flow > 0  ? k->convection_k_per_w * dh_pow(flow, -k->exponent)
                               : INFINITY;
        k->network.g_w_per_k = 1 / r;
        k->flow = flow;
        *k_per_w = k->conduction_k_per_w + r;
        k->step_s = NAN;
    }
    if (k->step_s != dt_s) {
        k->step_s = dt_s;
        k->step = dh_rc2_step(&k->network, dt_s);
    }
}

/* The clock at which the hottest GPU draws at most limit_w at the highest operating temperature. */
static double clock_within(const struct dh_rack_chip *k, const struct dh_rack_work *w, double limit_w) {
    const struct dh_device_spec *d = k->device;
    double idle_w = w->part * d->idle_w;
    if (!(w->util > 0))
        return limit_w >= idle_w ? 1.0 : dh_chip_clock_min(d);
    double busy_w = (idle_w + (limit_w - idle_w) / w->util) / w->part;
    double clock = dh_chip_clock_for(d, &w->load, d->throttle_degc, busy_w);
    if (clock >= w->load.clock || busy_w * w->part >= dh_chip_cap_w(d))
        return 1.0; /* what holds it back is its plateau or its cap, not heat */
    return clock;
}

/* Mean power at a clock with the leakage of a temperature. */
static double power_at(const struct dh_rack_chip *k, const struct dh_rack_work *w, double clock,
                       double junction_degc) {
    struct dh_rack_chip other = *k;
    set_power(&other, w, clock);
    return power_w(&other, w, dh_chip_leakage_w(k->device, junction_degc));
}

/* Some way down or up from `previous`, at the pace of the software. */
static double at_pace(const struct dh_device_spec *d, double clock, double previous, double dt_s) {
    double most = PACE_HZ_PER_S * dt_s / d->clock_max_hz;
    if (clock < previous - most)
        return previous - most;
    return clock > previous + most ? previous + most : clock;
}

/* none: where the junction goes without power. */
static double allowed_clock(const struct dh_rack_chip *k, const struct dh_rack_work *w, double none,
                            double fluid, double junction, double previous, double k_per_w, double dt_s) {
    const struct dh_device_spec *d = k->device;
    const struct dh_rc2_step *m = &k->step;
    double lowest = dh_chip_clock_min(d);
    if (junction >= d->shutdown_degc)
        return 0.0;
    if (previous <= 0 &&
        !(junction < d->throttle_degc - RESTART_MARGIN_K &&
          fluid + k_per_w * power_at(k, w, lowest, d->throttle_degc) < d->throttle_degc - RESTART_MARGIN_K))
        return 0.0;
    if (junction >= d->slowdown_degc)
        return fmax(0.5 * previous, 0.5 * lowest);
    /* p1 is what it gains per watt; hence the power that may be drawn */
    double fall = clock_within(k, w, (d->throttle_degc - none) / m->p1);
    double rise = clock_within(k, w, (d->throttle_degc - RISE_MARGIN_K - none) / m->p1);
    double from = previous > lowest ? previous : lowest;
    double clock = previous < rise ? rise : previous > fall ? fall : previous;
    clock = at_pace(d, clock, from, dt_s);
    if (clock >= 1)
        return 1.0;
    clock = dh_chip_clock_floor(d, clock);
    if (clock > lowest)
        return clock;
    /* The lowest clock is too much: what slowdown and shutdown will make of it. */
    if (none + m->p1 * power_at(k, w, lowest, d->throttle_degc) <= d->slowdown_degc)
        return lowest;
    if (none + m->p1 * power_at(k, w, 0.5 * lowest, d->slowdown_degc) <= d->shutdown_degc)
        return 0.5 * lowest;
    return 0.0;
}

static double leakage_at(struct dh_rack_chip *k, double junction_degc) {
    const struct dh_device_spec *d = k->device;
    if (!(d->leakage_w > 0))
        return 0.0;
    double at = junction_degc < d->shutdown_degc ? junction_degc : d->shutdown_degc;
    if (!(fabs(at - k->leakage_degc) < LEAKAGE_STEP_K)) {
        k->leakage_degc = at;
        k->leakage_w = dh_chip_leakage_w(d, at);
    }
    double x = d->leakage_per_k * (at - k->leakage_degc);
    return k->leakage_w * (1 + x * (1 + 0.5 * x));
}

/* Without coolant a junction rises by some 3 K a second: a longer step would not see when it throttles. */
static void look_ahead(struct dh_rack_heat *h, const struct dh_device_spec *d, double from, double to,
                       double dt_s) {
    double rise_k = to - from;
    if (rise_k > 1.0)
        h->calm_s = fmin(h->calm_s, dt_s * fmax(1.0, 0.5 * (d->throttle_degc - to)) / rise_k);
}

void dh_rack_heat_step(struct dh_rack_heat *h, const struct dh_facility *f, struct dh_state *s, double dt_s) {
    h->calm_s = INFINITY;
    for (int32_t r = 0; r < f->n_rack; r++) {
        struct dh_rack_chip *k = &h->chip[r];
        const struct dh_rack_work *w = &h->work[r];
        const struct dh_device_spec *d = k->device;
        if (!d)
            continue;
        double fluid = s->rack_coolant_degc[r], junction = s->rack_junction_degc[r];
        double inlet = s->rack_inlet_degc[r];
        bool warm = !k->liquid && junction > d->throttle_degc - DH_NODE_FAN_JUNCTION_BELOW_K;
        if (warm || k->fan_warm || !(fabs(inlet - k->fan_inlet_degc) < FAN_STEP_K)) {
            k->fan_warm = warm;
            k->fan_inlet_degc = inlet;
            h->fan_speed[r] = dh_node_fan_speed(f->rack_fan_min_share[r], inlet,
                                                k->liquid ? -INFINITY : junction, d->throttle_degc);
        }
        double flow = k->liquid        ? h->liquid_flow[r]
                      : k->fan_min > 0 ? h->air_flow[r] * k->density * h->fan_speed[r] / k->fan_reference
                                       : h->air_flow[r] * k->density;
        set_network(k, flow, dt_s, &h->k_per_w[r]);
        if (k->clock != s->rack_clock_frac[r])
            set_power(k, w, s->rack_clock_frac[r]);
        double p = k->dark ? 0.0 : power_w(k, w, leakage_at(k, junction)), sink = k->sink_degc;
        const struct dh_rc2_step *m = &k->step;
        double none = m->t11 * junction + m->t12 * sink + m->f1 * fluid;
        if (!k->dark && (s->rack_thermal_frac[r] < 1.0 || none + m->p1 * p > d->throttle_degc)) {
            double clock =
                allowed_clock(k, w, none, fluid, junction, s->rack_thermal_frac[r], h->k_per_w[r], dt_s);
            s->rack_thermal_frac[r] = clock;
            if (clock <= 0)
                p = 0.0;
            else if (clock < s->rack_clock_frac[r]) /* the governor acts within the step */
                p = power_at(k, w, clock, junction);
        }
        s->rack_junction_degc[r] = none + m->p1 * p;
        look_ahead(h, d, junction, s->rack_junction_degc[r], dt_s);
        k->sink_degc = m->t21 * junction + m->t22 * sink + m->p2 * p + m->f2 * fluid;
    }
}
