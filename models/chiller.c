#include "models/chiller.h"

#include <math.h>
#include <stddef.h>

/* Loss of capacity for each kelvin of condenser water above the fitted range. An assumption, as steep as the
 * curve's own slope at the edge (1.3 %/K). */
#define CAPACITY_LOSS_PER_K 0.013
/* No curve gives less than this share of the reference: keeps what is divided by it finite. */
#define LEAST_SHARE 0.05
/* Lift at the edge of the range that Carnot's ratio is taken from, at least. */
#define LEAST_LIFT_K 5.0
/* The refrigerant evaporates below the chilled water and condenses above the other by at least this together:
 * an assumption, good falling-film exchangers approach by 1-3 K each. No machine does with less work than
 * Carnot's between those. */
#define APPROACHES_K 3.0

/* lbl-srg/modelica-buildings@c4117cc, Fluid/Chillers/Data, ElectricEIRChiller Carrier 19XR
 * 1407kW/6.04COP/VSD, there from EnergyPlus datasets/Chillers.idf; 1,406,600 W. At its own reference point
 * the curves give 0.986 and 1.016. */
const struct dh_chiller_curves dh_chiller_centrifugal_vsd = {
    .name = "Carrier 19XR 1407kW/6.04COP/VSD",
    .ref_w = 1406600,
    .cop_ref = 6.04,
    .evap_ref_degc = 6.67,
    .cond_ref_degc = 29.44,
    .plr_min = 0.2,
    .plr_min_unload = 0.2,
    .plr_max = 1.04,
    .evap_min_degc = 4.44,
    .evap_max_degc = 10.0,
    .cond_min_degc = 12.78,
    .cond_max_degc = 32.22,
    .cap = {1.042261,       0.002644821, -0.001468026, 0.01366256, -0.0008302334, 0.001573579},
    .eir = {1.02634, -0.01612819, -0.001092591,             -0.01784393, 0.0007961842, -9.586049e-05},
    .plr = {0.118888,   0.6723542,  0.2068754},
    .cond_w_per_k = 75.71 * 4186.0,
    .motor = 1.0,
};

#define KELVIN 273.15

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

static double biquadratic(const double a[6], double x, double y) {
    return a[0] + (a[1] + a[2] * x + a[5] * y) * x + (a[3] + a[4] * y) * y;
}

double dh_chiller_cap_ft(const struct dh_chiller_curves *c, double evap_degc, double cond_degc) {
    return biquadratic(c->cap, evap_degc, cond_degc);
}

double dh_chiller_eir_ft(const struct dh_chiller_curves *c, double evap_degc, double cond_degc) {
    return biquadratic(c->eir, evap_degc, cond_degc);
}

double dh_chiller_eir_fplr(const struct dh_chiller_curves *c, double x, double y) {
    const double *a = c->plr;
    if (c->form == DH_CHILLER_EIR)
        return a[0] + (a[1] + a[2] * y) * y;
    return a[0] + x * (a[1] + x * (a[2] + x * a[6])) + y * (a[3] + y * (a[4] + y * a[7])) +
           x * y * (a[5] + a[8] * x + a[9] * y);
}

/* eirFPLR x cycling: below the lowest part load the machine switches on and off. */
static double part_load(const struct dh_chiller_curves *c, double cond_degc, double plr) {
    double unloaded = plr > c->plr_min_unload ? plr : c->plr_min_unload;
    double cycling = plr < c->plr_min ? plr / c->plr_min : 1.0;
    return dh_chiller_eir_fplr(c, cond_degc, unloaded) * cycling;
}

double dh_chiller_published_power_w(const struct dh_chiller_curves *c, double ref_w, double evap_degc,
                                    double cond_degc, double load_w) {
    double capacity = ref_w * dh_chiller_cap_ft(c, evap_degc, cond_degc);
    double plr = clamp(load_w / capacity, 0.0, c->plr_max);
    return capacity / c->cop_ref * dh_chiller_eir_ft(c, evap_degc, cond_degc) * part_load(c, cond_degc, plr);
}

struct dh_chiller_point dh_chiller_at(const struct dh_chiller_curves *c, double ref_w, double cop_ref,
                                      double evap_degc, double cond_degc) {
    /* Chilled water beyond the fitted range: the machine at the edge with the same lift, for lift sets the
     * work. */
    double te = clamp(evap_degc, c->evap_min_degc, c->evap_max_degc);
    double shifted = cond_degc - (evap_degc - te);
    /* Colder condenser water than the range saves nothing more: machines hold a lowest condensing pressure.
     */
    double tc = clamp(shifted, c->cond_min_degc, c->cond_max_degc);
    double eir = dh_chiller_eir_ft(c, te, tc) / dh_chiller_eir_ft(c, c->evap_ref_degc, c->cond_ref_degc);
    double cap = dh_chiller_cap_ft(c, te, tc) / dh_chiller_cap_ft(c, c->evap_ref_degc, c->cond_ref_degc);
    eir *= (te + KELVIN) / (evap_degc + KELVIN); /* Carnot's ratio at the same lift */
    if (shifted > tc) {                          /* and with more lift than the range; less capacity */
        double edge_lift = tc - te;
        eir *= (shifted - te) / (edge_lift > LEAST_LIFT_K ? edge_lift : LEAST_LIFT_K);
        cap *= clamp(1.0 - CAPACITY_LOSS_PER_K * (shifted - tc), 0.1, 1.0);
    }
    cap = cap > LEAST_SHARE ? cap : LEAST_SHARE;
    eir = eir > LEAST_SHARE ? eir : LEAST_SHARE;
    double lift = cond_degc - evap_degc + APPROACHES_K;
    return (struct dh_chiller_point){
        .capacity_w = ref_w * cap,
        .full_power_w = ref_w * cap / cop_ref * eir,
        .cond_degc = tc,
        .least_eir = (lift > 1.0 ? lift : 1.0) / (evap_degc + KELVIN),
        .clamped = evap_degc != te || shifted != tc,
    };
}

double dh_chiller_coldest_useful_degc(const struct dh_chiller_curves *c, double evap_degc, double rise_k) {
    double te = clamp(evap_degc, c->evap_min_degc, c->evap_max_degc);
    double coldest = c->cond_min_degc + (evap_degc - te);
    return c->form == DH_CHILLER_EIR ? coldest : coldest - rise_k;
}

/* Power of one machine that carries load_w; never less than Carnot's. */
static double one_power_w(const struct dh_chiller_curves *c, const struct dh_chiller_point *p,
                          double load_w) {
    double plr = clamp(load_w / p->capacity_w, 0.0, c->plr_max);
    double power = p->full_power_w * part_load(c, p->cond_degc, plr);
    double least = p->least_eir * load_w;
    return power > least ? power : least;
}

/* `machines` of them share load_w. The reformulated form needs the condenser water that leaves, which carries
 * the machine's work: each pass changes it by about 2 % of the pass before. */
static struct dh_chiller_work share_load(const struct dh_chiller_curves *c, double ref_w, double cop_ref,
                                         const struct dh_chiller_point *entering, double machines,
                                         double evap_degc, double cond_degc, double cond_w_per_k,
                                         double load_w) {
    struct dh_chiller_point p = *entering;
    double left = cond_degc, each_w = load_w / machines, power = 0.0;
    for (int i = 0; i < 20; i++) {
        double most = p.capacity_w * c->plr_max;
        double carried = each_w < most ? each_w : most;
        power = one_power_w(c, &p, carried);
        if (c->form == DH_CHILLER_EIR)
            break;
        double now = cond_degc + (carried + c->motor * power) / cond_w_per_k;
        double step = now - left;
        left = now;
        if (fabs(step) < 1e-9)
            break;
        p = dh_chiller_at(c, ref_w, cop_ref, evap_degc, left);
    }
    double carried = fmin(each_w, p.capacity_w * c->plr_max);
    double condenser = carried + c->motor * power;
    return (struct dh_chiller_work){
        .power_w = machines * power,
        .carried_w = machines * carried,
        .condenser_w = machines * condenser,
        .condenser_left_degc = c->air_cooled ? cond_degc : cond_degc + condenser / cond_w_per_k,
        .plr = carried / p.capacity_w,
        .running = (int)machines,
        .clamped = p.clamped,
    };
}

/* Part load of least power per load. EIR: power per load is c1 / y + c2 + c3 y, least where c1 / y = c3 y. */
static double best_plr(const struct dh_chiller_curves *c, double cond_degc) {
    if (c->form == DH_CHILLER_EIR) {
        double y = c->plr[2] > 0 && c->plr[0] > 0 ? sqrt(c->plr[0] / c->plr[2]) : 1.0;
        return clamp(y, c->plr_min_unload, c->plr_max);
    }
    double best = c->plr_max, least = INFINITY;
    for (int i = 0; i <= 20; i++) {
        double y = c->plr_min_unload + (c->plr_max - c->plr_min_unload) * i / 20.0;
        double per_load = dh_chiller_eir_fplr(c, cond_degc, y) / y;
        if (y > 0 && per_load < least) {
            least = per_load;
            best = y;
        }
    }
    return best;
}

/* The machines' condition under condenser water of cond_degc; *cond_w_per_k gets the published flow where it
 * is not given. */
static struct dh_chiller_point entering_at(const struct dh_chiller_curves *c, double ref_w, double cop_ref,
                                           double evap_degc, double cond_degc, double *cond_w_per_k) {
    if (!(*cond_w_per_k > 0))
        *cond_w_per_k = c->cond_w_per_k * ref_w / c->ref_w;
    double guess = c->form == DH_CHILLER_EIR ? cond_degc
                                             : cond_degc + ref_w * (1.0 + 1.0 / cop_ref) /
                                                               *cond_w_per_k; /* leaves a full machine */
    return dh_chiller_at(c, ref_w, cop_ref, evap_degc, guess);
}

struct dh_chiller_work dh_chiller_share(const struct dh_chiller_curves *c, double ref_w, double cop_ref,
                                        int running, double evap_degc, double cond_degc, double cond_w_per_k,
                                        double load_w) {
    if (!(load_w > 0) || running < 1)
        return (struct dh_chiller_work){.condenser_left_degc = cond_degc};
    struct dh_chiller_point point = entering_at(c, ref_w, cop_ref, evap_degc, cond_degc, &cond_w_per_k);
    struct dh_chiller_work work =
        share_load(c, ref_w, cop_ref, &point, running, evap_degc, cond_degc, cond_w_per_k, load_w);
    work.most_w = running * point.capacity_w * c->plr_max;
    return work;
}

struct dh_chiller_work dh_chiller_carry(const struct dh_chiller_curves *c, double ref_w, double cop_ref,
                                        int n, double evap_degc, double cond_degc, double cond_w_per_k,
                                        double load_w) {
    struct dh_chiller_work best = {.power_w = INFINITY};
    if (!(load_w > 0) || n < 1)
        return (struct dh_chiller_work){.condenser_left_degc = cond_degc};
    struct dh_chiller_point point = entering_at(c, ref_w, cop_ref, evap_degc, cond_degc, &cond_w_per_k);
    double least = ceil(load_w / (point.capacity_w * c->plr_max));
    double around = floor(load_w / (point.capacity_w * best_plr(c, point.cond_degc)));
    /* Only the two whole numbers of machines beside the best can be best, as far as they carry the load. */
    for (int i = 0; i < 2; i++) {
        double machines = clamp(around + i, least < 1 ? 1 : least, INFINITY);
        machines = machines > n ? n : machines;
        if (i && machines == best.running)
            break;
        struct dh_chiller_work w =
            share_load(c, ref_w, cop_ref, &point, machines, evap_degc, cond_degc, cond_w_per_k, load_w);
        if (w.carried_w > best.carried_w * (1 + 1e-9) || w.power_w < best.power_w)
            best = w;
    }
    best.most_w = n * point.capacity_w * c->plr_max;
    return best;
}

struct dh_chiller_curves dh_chiller_curves_of(const struct dh_chiller_spec *spec) {
    struct dh_chiller_curves c = {
        .name = spec->id,
        .form = spec->form ? DH_CHILLER_REFORMULATED : DH_CHILLER_EIR,
        .air_cooled = spec->cooled_by != 0,
        .ref_w = spec->ref_w,
        .cop_ref = spec->cop_ref,
        .evap_ref_degc = spec->evap_ref_degc,
        .cond_ref_degc = spec->cond_ref_degc,
        .plr_min = spec->part_load[0],
        .plr_min_unload = spec->part_load[1],
        .plr_max = spec->part_load[2],
        .evap_min_degc = spec->evap_range[0],
        .evap_max_degc = spec->evap_range[1],
        .cond_min_degc = spec->cond_range[0],
        .cond_max_degc = spec->cond_range[1],
        .cond_w_per_k = spec->cond_kg_per_s * 4186.0,
        .motor = spec->motor,
    };
    for (int i = 0; i < 6; i++) {
        c.cap[i] = spec->cap[i];
        c.eir[i] = spec->eir[i];
    }
    for (int i = 0; i < spec->n_plr && i < 10; i++)
        c.plr[i] = spec->plr[i];
    return c;
}

const char *dh_chiller_fault(const struct dh_chiller_curves *c) {
    for (int i = 0; i < 6; i++)
        if (!isfinite(c->cap[i]) || !isfinite(c->eir[i]))
            return "a coefficient is not a number";
    for (int i = 0; i < 10; i++)
        if (!isfinite(c->plr[i]))
            return "a coefficient is not a number";
    if (!(c->evap_min_degc <= c->evap_max_degc) || !(c->cond_min_degc <= c->cond_max_degc))
        return "the range of its curves ends before it begins";
    if (!(c->plr_min > 0) || !(c->plr_min_unload > 0) || !(c->plr_max >= c->plr_min_unload) ||
        !(c->plr_max >= c->plr_min))
        return "its part loads are not 0 < least <= highest";
    if (!(dh_chiller_cap_ft(c, c->evap_ref_degc, c->cond_ref_degc) > 0.5))
        return "its capacity curve is below 0.5 at its own reference point";
    if (!(dh_chiller_eir_ft(c, c->evap_ref_degc, c->cond_ref_degc) > 0.3))
        return "its efficiency curve is below 0.3 at its own reference point";
    const double cond[] = {c->cond_min_degc, c->cond_ref_degc, c->cond_max_degc};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k <= 10; k++)
            if (!(dh_chiller_eir_fplr(c, cond[i], c->plr_min_unload + (1.0 - c->plr_min_unload) * k / 10.0) >
                  0))
                return "its part load curve is not positive over its own range";
    if (!(dh_chiller_eir_fplr(c, c->cond_ref_degc, 1.0) > 0.5))
        return "its part load curve is below 0.5 at full load";
    double lift = c->cond_ref_degc - c->evap_ref_degc;
    if (lift > 0 && c->cop_ref * lift >= c->evap_ref_degc + KELVIN)
        return "its reference point is better than Carnot's machine";
    return NULL;
}
