/* Whether the powers of a facility can be told at all: they are whole microwatts in 64 bits (models/power.h),
 * 9 TW. Ratings far below what hangs on them, and units gone wrong, end beyond that: losses grow with the
 * square of an overload. */
#include "scenarios/compile.h"

#include "models/dispatch.h"

#include <math.h>

/* Through one stage, W: a few hundred times the largest plans, a ninth of the range. */
static const double MOST_W = 1e12;
/* Machines, pumps and fans of a chiller plant over its capacity: a coefficient of performance of 0.1, a fifth
 * of the worst that the language takes. */
static const double PLANT_SHARE = 10;
/* Heat that a cubic metre of air takes per kelvin at 5 km, about half of that at sea level, J. */
static const double THIN_AIR_J_PER_M3_K = 600;
/* Parts of the widest spread that the language takes draw at most this much more than nominal ones. */
static const double WORST_PART = 4;

static double with_loss(double out_w, double fixed_w, double linear, double square_per_w) {
    return out_w + fixed_w + (linear + square_per_w * out_w) * out_w;
}

/* Most that a rack can draw. */
static double rack_w(const struct dh_facility *f, int32_t r) {
    const struct dh_device_spec *device = f->device_spec[f->rack_device[r]];
    double node_w = f->rack_cpu_max_w[r] + f->rack_other_w[r] + f->rack_fan_max_w[r] +
                    WORST_PART * device->tdp_w * f->rack_node_gpus[r];
    double in_w = with_loss(node_w, f->rack_node_loss_fixed_w[r], f->rack_node_loss_linear[r],
                            f->rack_node_loss_square_per_w[r]);
    return with_loss(in_w * f->rack_nodes[r] + f->rack_overhead_w[r], f->rack_supply_loss_fixed_w[r],
                     f->rack_supply_loss_linear[r], f->rack_supply_loss_square_per_w[r]);
}

/* Fans of a hall that carries its capacity. */
static double hall_fan_w(const struct dh_facility *f, int32_t h) {
    const struct dh_hall_spec *spec = f->hall_spec[h];
    double m3_per_s =
        f->hall_air_capacity_w[h] / (THIN_AIR_J_PER_M3_K * spec->air_rise_k * (1 - spec->bypass));
    return m3_per_s * spec->fan_pressure_pa / spec->fan_efficiency;
}

/* Each of several feeds may come to carry all. */
static void put(const struct dh_facility *f, double *out_w, int32_t first, int32_t n, double watts) {
    for (int32_t i = first; i < first + n; i++)
        out_w[f->feed_stage[i]] += watts;
}

static void put_plants(const struct dh_facility *f, double *out_w) {
    for (int32_t h = 0; h < f->n_hall; h++)
        put(f, out_w, f->hall_first_feed[h], f->hall_feeds[h], hall_fan_w(f, h));
    for (int32_t c = 0; c < f->n_cdu; c++)
        put(f, out_w, f->cdu_first_feed[c], f->cdu_feeds[c],
            f->cdu_spec[c]->pump_w * (double)f->cdu_spec[c]->count);
    for (int32_t c = 0; c < f->n_cplant; c++)
        put(f, out_w, f->cplant_first_feed[c], f->cplant_feeds[c],
            PLANT_SHARE * f->cplant_spec[c]->capacity_w);
    for (int32_t l = 0; l < f->n_lplant; l++)
        put(f, out_w, f->lplant_first_feed[l], f->lplant_feeds[l], f->lplant_spec[l]->capacity_w);
}

static void put_sources(const struct dh_facility *f, double *out_w) {
    for (int32_t i = 0; i < f->n_onsite; i++) {
        const struct dh_power_spec *p = &f->site_spec[f->onsite_site[i]]->powers[0];
        int32_t row = f->onsite_row[i];
        out_w[f->onsite_stage[i]] += f->onsite_kind[i] == DH_ONSITE_SOLAR     ? p->solars[row].dc_w
                                     : f->onsite_kind[i] == DH_ONSITE_TURBINE ? p->turbines[row].rated_w
                                                                              : p->storages[row].rated_w;
    }
}

enum dh_err dh_check_powers(const struct dh_facility *f, struct dh_arena *scratch, struct dh_diag *diag) {
    double *out_w = dh_arena_array(scratch, (size_t)f->n_stage, sizeof *out_w);
    if (!out_w)
        return DH_ERR_MEMORY;
    for (int32_t r = 0; r < f->n_rack; r++)
        put(f, out_w, f->rack_first_feed[r], f->rack_feeds[r], rack_w(f, r));
    put_plants(f, out_w);
    put_sources(f, out_w);
    for (int32_t s = f->n_stage - 1; s >= 0; s--) { /* feeds have smaller rows */
        double in_w = with_loss(out_w[s], f->stage_loss_fixed_w[s], f->stage_loss_linear[s],
                                f->stage_loss_square_per_w[s]);
        if (f->stage_ups[s] && f->stage_ups[s]->n_batteries > 0)
            in_w += f->stage_unit_w[s] * f->stage_units[s]; /* charging, at most */
        put(f, out_w, f->stage_first_feed[s], f->stage_feeds[s], in_w);
        double worst_w = fmax(in_w, f->stage_unit_w[s] * f->stage_units[s]);
        if (worst_w <= MOST_W)
            continue;
        dh_fail(diag, DH_ERR_RANGE, f->site_spec[f->stage_site[s]]->powers[0].place,
                "%.100s: powers up to %.3g W; at most %.0g W are simulated", f->stage_name[s], worst_w,
                MOST_W);
        dh_diag_hint(diag, "is its rating far below what hangs on it, or a unit wrong?");
        return DH_ERR_RANGE;
    }
    return DH_OK;
}
