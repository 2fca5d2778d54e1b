/* chiller_tower_data FOLDER: chillers and towers against every row of the reference files of FACILITY.md
 * F2-F5, among them results of two other programs (Dymola with the Modelica Buildings library; EnergyPlus).
 * Prints TAP with row counts and the largest difference. */
#include "models/chiller.h"
#include "models/makeup.h"
#include "models/psychro.h"
#include "models/tower.h"
#include "models/tower_curves.h"
#include "tests/validation/cooling_csv.h"

#include <zlib.h>

/* ---- chillers ------------------------------------------------------------------------------------------ */

enum { MACHINES = 320 };
static struct dh_chiller_curves machine[MACHINES];
static char machine_name[MACHINES][128];
static int n_machine;

static double or_zero(double x) {
    return isnan(x) ? 0.0 : x;
}

static void read_catalogue(void) {
    FILE *f = open_csv("chillers_eir_catalogue.csv");
    if (!f)
        return;
    while (next_row(f) && n_machine < MACHINES) {
        struct dh_chiller_curves *c = &machine[n_machine];
        /* "ElectricEIRChiller NAME", "ReformEIRChiller NAME" */
        const char *space = strchr(field[1], ' ');
        const char *name = strstr(field[1], "EIRChiller ") ? space + 1 : field[1];
        snprintf(machine_name[n_machine], sizeof machine_name[0], "%s", name);
        *c = (struct dh_chiller_curves){
            .name = machine_name[n_machine],
            .form = strcmp(field[0], "EIR") ? DH_CHILLER_REFORMULATED : DH_CHILLER_EIR,
            .ref_w = num(2),
            .cop_ref = num(3),
            .evap_ref_degc = num(4),
            .cond_ref_degc = num(5),
            .plr_min = num(8),
            .plr_min_unload = num(9),
            .plr_max = num(10),
            .evap_min_degc = num(11),
            .evap_max_degc = num(12),
            .cond_min_degc = num(13),
            .cond_max_degc = num(14),
            .cond_w_per_k = num(7) * 4186.0,
            .motor = num(37),
        };
        c->air_cooled = strstr(name, "Air Cooled") != NULL;
        for (int i = 0; i < 6; i++) {
            c->cap[i] = num(15 + i);
            c->eir[i] = num(21 + i);
        }
        for (int i = 0; i < 10; i++)
            c->plr[i] = or_zero(num(27 + i));
        n_machine++;
    }
    fclose(f);
}

static const struct dh_chiller_curves *find(const char *form, const char *name) {
    enum dh_chiller_form is = strcmp(form, "EIR") ? DH_CHILLER_REFORMULATED : DH_CHILLER_EIR;
    for (int i = 0; i < n_machine; i++)
        if (machine[i].form == is && !strcmp(machine[i].name, name))
            return &machine[i];
    return NULL;
}

/* What FACILITY C8 found in the catalogue, and what a plant makes of it. */
static void catalogue(void) {
    int eir = 0, cap_off = 0, eir_off = 0, faults = 0, unlike = 0;
    for (int i = 0; i < n_machine; i++) {
        const struct dh_chiller_curves *c = &machine[i];
        double cap = dh_chiller_cap_ft(c, c->evap_ref_degc, c->cond_ref_degc);
        double work = dh_chiller_eir_ft(c, c->evap_ref_degc, c->cond_ref_degc);
        if (c->form == DH_CHILLER_EIR) {
            eir++;
            cap_off += fabs(cap - 1) > 0.02;
            eir_off += fabs(work - 1) > 0.02;
        }
        if (dh_chiller_fault(c)) {
            faults++;
            printf("# %s%s: %s\n", c->name, c->form == DH_CHILLER_EIR ? "" : ", reformulated",
                   dh_chiller_fault(c));
        }
        /* normalised: at its own reference point a machine carries its reference load at its reference COP,
         * but for eirFPLR at full load, and for reformulated machines the condenser water that leaves (its
         * published flow is that of an ARI test, not always that of the reference point) */
        struct dh_chiller_point p =
            dh_chiller_at(c, c->ref_w, c->cop_ref, c->evap_ref_degc, c->cond_ref_degc);
        bool inside = c->evap_ref_degc >= c->evap_min_degc && c->evap_ref_degc <= c->evap_max_degc &&
                      c->cond_ref_degc >= c->cond_min_degc && c->cond_ref_degc <= c->cond_max_degc;
        if (inside && (fabs(p.capacity_w / c->ref_w - 1) > 1e-9 ||
                       fabs(p.full_power_w * c->cop_ref / c->ref_w - 1) > 1e-9 || p.clamped)) {
            unlike++;
            printf("# %s at its reference point: capacity %g, power %g\n", c->name, p.capacity_w / c->ref_w,
                   p.full_power_w * c->cop_ref / c->ref_w);
        }
    }
    printf(
        "%s - chillers_eir_catalogue: %d machines, %d EIR, of which %d capacity and %d efficiency curves are "
        "more than 2 %% off at their own reference point (published count 37 and 34)\n",
        n_machine == 316 && eir == 159 && cap_off == 37 && eir_off == 34 ? "ok" : "not ok", n_machine, eir,
        cap_off, eir_off);
    printf("%s - chillers_eir_catalogue: %d reformulated machines whose part load curve is not positive are "
           "refused\n",
           faults == 29 ? "ok" : "not ok", faults);
    verdict(unlike == 0, "chillers_eir_catalogue, normalised", n_machine,
            "machines off their reference point", unlike, 0);

    /* Every machine over more than its window: finite, above Carnot's work, conserving heat; those of the EIR
     * form need more power for more load, but for three whose published fits fall at low load (fits of the
     * other form often do). */
    int bad = 0, points = 0, falls = 0, usable = 0;
    for (int i = 0; i < n_machine; i++) {
        const struct dh_chiller_curves *c = &machine[i];
        int before = bad;
        if (dh_chiller_fault(c))
            continue;
        usable++;
        bool fell = false;
        for (double te = 2; te <= 26; te += 4)
            for (double tc = 8; tc <= 56; tc += 4) {
                double last = 0;
                for (double share = 0.02; share < 2.2; share *= 1.25) {
                    double load = share * c->ref_w;
                    struct dh_chiller_work w = dh_chiller_carry(c, c->ref_w, c->cop_ref, 2, te, tc, 0, load);
                    points++;
                    bool fine = isfinite(w.power_w) && w.power_w > 0 && w.carried_w <= load * (1 + 1e-12) &&
                                w.running >= 1 && w.running <= 2 &&
                                fabs(w.condenser_w - w.carried_w - c->motor * w.power_w) < 1e-6 * load &&
                                w.power_w * (te + 273.15) >= w.carried_w * (tc - te) * (1 - 1e-9);
                    bad += !fine;
                    fell = fell || (c->form == DH_CHILLER_EIR && w.power_w < 0.99 * last);
                    last = w.power_w;
                }
            }
        falls += fell;
        if (fell)
            printf("# %s: published part load curve falls below its lowest\n", c->name);
        if (bad > before)
            printf("# %s (%s): %d\n", c->name, c->form == DH_CHILLER_EIR ? "EIR" : "reformulated",
                   bad - before);
    }
    verdict(bad == 0 && usable == 287, "287 machines from 2 to 26 and 8 to 56 degC", points,
            "points against the laws", bad, 0);
    printf("%s - EIR machines that need less power for a quarter more load: %d, as published\n",
           falls == 3 ? "ok" : "not ok", falls);
}

static void chiller_vectors(void) {
    FILE *f = open_csv("ref_chiller_vectors.csv");
    if (!f)
        return;
    int n = 0, unknown = 0;
    double worst = 0;
    while (next_row(f)) {
        const struct dh_chiller_curves *c = find(field[0], field[1]);
        if (!c) {
            unknown++;
            continue;
        }
        double te = num(2), tc = num(3);
        double cap = c->ref_w * dh_chiller_cap_ft(c, te, tc), load = num(4) * cap;
        n++;
        worst = fmax(worst, rel(load, num(5)));
        worst = fmax(worst, rel(cap, num(6)));
        double power = dh_chiller_published_power_w(c, c->ref_w, te, tc, load);
        worst = fmax(worst, rel(power, num(8)));
        worst = fmax(worst, rel(load / power, num(9)));
        worst = fmax(worst, rel(load + c->motor * power, num(10)));
    }
    fclose(f);
    verdict(n == 1035 && !unknown && worst <= 1e-8, "ref_chiller_vectors, nine machines, both forms", n,
            "relative", worst, 1e-8);
}

/* McQuay WSC in two examples of the library, run by Dymola, at the points where both part loads agree. */
static void chiller_examples(void) {
    static const struct {
        const char *file, *form;
        int least;
    } example[] = {
        {"dymola_chiller_eir_example.csv",          "EIR",             49},
        {"dymola_chiller_reformulated_example.csv", "ReformulatedEIR", 44},
    };
    for (int k = 0; k < 2; k++) {
        const struct dh_chiller_curves *c = find(example[k].form, "McQuay WSC 471kW/5.89COP/Vanes");
        FILE *f = open_csv(example[k].file);
        if (!f || !c)
            return;
        int n = 0;
        double worst = 0;
        while (next_row(f)) {
            double te = num(1) - 273.15, tc = (k ? num(2) : num(3)) - 273.15, plr = num(7), cop = num(9);
            if (!(plr > 0) || !(cop > 0) || num(8) != 1.0 || plr > c->plr_max)
                continue;
            double load = plr * c->ref_w * dh_chiller_cap_ft(c, te, tc);
            double power = dh_chiller_published_power_w(c, c->ref_w, te, tc, load);
            n++;
            worst = fmax(worst, rel(load / power, cop));
        }
        fclose(f);
        verdict(n >= example[k].least && worst <= 1e-5, example[k].file, n, "relative COP", worst, 1e-5);
    }
}

/* ---- towers -------------------------------------------------------------------------------------------- */

static void towers(void) {
    /* Default tower of EnergyPlus' object for 20,311 W: 5.382e-8 m3/s of water, 2.763e-5 m3/s of air per W */
    struct dh_tower t = {.ua0_w_per_k = 1899.47701,
                         .air_m3_per_s = 2.763e-5 * 20311.4,
                         .fan_w = 213.27113,
                         .water_kg_per_s = 1.089,
                         .wet_bulb0_degc = 25.6,
                         .free_frac = 0.1,
                         .a_min = 0.2,
                         .drift = 0};
    FILE *f = open_csv("tower_merkel_energyplus.csv");
    if (!f)
        return;
    int n = 0;
    double sum = 0, square = 0, worst = 0, fan = 0;
    while (next_row(f)) {
        double a = num(8);
        if (a < 0.2)
            continue;
        struct dh_outdoor air = {.dry_bulb_degc = num(1), .wet_bulb_degc = num(2), .pressure_pa = 101325};
        air.humidity_kg_per_kg = dh_psy_humidity_from_wet_bulb(num(1), num(2), 101325);
        double w = num(5) / t.water_kg_per_s;
        double q = dh_tower_heat_w(&t, &air, num(3), w, a);
        double d = num(3) - q / (num(5) * 4186.0) - num(4);
        n++;
        sum += d;
        square += d * d;
        worst = fmax(worst, fabs(d));
        fan = fmax(fan, fabs(t.fan_w * dh_tower_fan_frac(a) - num(7)) / 213.27);
    }
    fclose(f);
    double rms = sqrt(square / n);
    printf("# bias %.4f K\n", sum / n);
    verdict(n >= 500 && rms <= 0.05, "tower against EnergyPlus", n, "rms K", rms, 0.05);
    verdict(worst <= 0.12, "tower against EnergyPlus", n, "largest K", worst, 0.12);
    verdict(fan <= 0.002, "tower fans against EnergyPlus", n, "of full power", fan, 0.002);
    f = open_csv("ref_tower_merkel_water.csv");
    if (!f)
        return;
    n = 0;
    double worst_q = 0, worst_evap = 0, worst_water = 0;
    t.water_kg_per_s = 1.0868511; /* its design water carries 4549.56 W/K */
    while (next_row(f)) {
        struct dh_outdoor air = {.dry_bulb_degc = num(1), .wet_bulb_degc = num(2), .pressure_pa = 101325};
        air.humidity_kg_per_kg = dh_psy_humidity_from_wet_bulb(num(1), num(2), 101325);
        double q = dh_tower_heat_w(&t, &air, num(3), num(4), num(5));
        n++;
        worst_q = fmax(worst_q, rel(q, num(6)));
        struct dh_tower_point p = dh_tower_reject(&t, &air, num(6), num(4), num(7), num(5));
        worst_evap = fmax(worst_evap, rel(p.evaporation_kg_per_s * 3600, num(9)));
        worst_water = fmax(worst_water, rel(dh_blowdown_kg_per_s(num(9), num(10), 3), num(11)));
    }
    fclose(f);
    verdict(n == 186 && worst_q <= 1e-4, "heat of ref_tower_merkel_water", n, "relative", worst_q, 1e-4);
    verdict(worst_evap <= 1e-4, "evaporation of ref_tower_merkel_water", n, "relative", worst_evap, 1e-4);
    verdict(worst_water <= 1e-8, "blowdown of ref_tower_merkel_water, 3 cycles", n, "relative", worst_water,
            1e-8);
}

static void tower_curves(void) {
    FILE *f = open_csv("ref_tower_approach.csv");
    if (!f)
        return;
    int n = 0, n_cool = 0;
    double york = 0, cool = 0;
    while (next_row(f)) {
        n++;
        york = fmax(york, rel(dh_tower_york_approach_k(num(0), num(1), num(2), num(3)), num(4)));
        if (isnan(num(5)))
            continue; /* outside the range of its fit */
        n_cool++;
        cool = fmax(cool, rel(dh_tower_cooltools_approach_k(num(0), num(1), num(2), num(3)), num(5)));
    }
    fclose(f);
    verdict(n == 480 && york <= 1e-8, "ref_tower_approach, YorkCalc", n, "relative", york, 1e-8);
    verdict(n_cool > 0 && cool <= 1e-8, "ref_tower_approach, CoolTools", n_cool, "relative", cool, 1e-8);

    /* 25.55 degC wet bulb, 5.56 K: the approach over water flow at full air, and over air at full water */
    f = open_csv("dymola_yorkcalc_correlation.csv");
    if (!f)
        return;
    n = 0;
    york = 0;
    while (next_row(f)) {
        n++;
        double x = 0.25 + num(0);
        york = fmax(york, rel(dh_tower_york_approach_k(25.55, 5.56, x, 1), num(1)));
        york = fmax(york, rel(dh_tower_york_approach_k(25.55, 5.56, 1, x), num(2)));
    }
    fclose(f);
    verdict(n == 101 && york <= 1e-4, "dymola_yorkcalc_correlation", n, "relative", york, 1e-4);
}

/* Water that leaves at a given inlet by an approach as published: bisection on outlet = wet bulb + approach.
 */
static double outlet_degc(double (*approach_k)(double, double, double, double), double in) {
    double low = num(0), high = in;
    for (int i = 0; i < 200; i++) {
        double out = 0.5 * (low + high);
        if (num(0) + approach_k(num(0), in - out, num(2), num(3)) > out)
            low = out;
        else
            high = out;
    }
    return 0.5 * (low + high);
}

/* The same by equations alone, and by the tower's own solution where the point is within the fits. */
static void tower_implicit(void) {
    FILE *f = open_csv("ref_tower_implicit.csv");
    if (!f)
        return;
    struct dh_tower t = {.ua0_w_per_k = 1,
                         .air_m3_per_s = 1,
                         .water_kg_per_s = 1,
                         .fan_w = 1,
                         .wet_bulb0_degc = 25.6,
                         .free_frac = 0.1,
                         .a_min = 0.2,
                         .water_ref = 1};
    int n = 0, inside = 0;
    double worst = 0, solved = 0;
    while (next_row(f)) {
        struct dh_outdoor air = {.dry_bulb_degc = num(0) + 5, .wet_bulb_degc = num(0), .pressure_pa = 101325};
        air.humidity_kg_per_kg = dh_psy_humidity_from_wet_bulb(num(0) + 5, num(0), 101325);
        n++;
        worst = fmax(worst, rel(outlet_degc(dh_tower_york_approach_k, num(1)), num(4)));
        worst = fmax(worst, rel(outlet_degc(dh_tower_cooltools_approach_k, num(1)), num(7)));
        for (int k = 0; k < 2; k++) {
            double range = num(1) - num(k ? 7 : 4), most = k ? 11.1 : 22.2;
            if (range < 1.1 || range > most || num(0) > 26.7 || num(3) < 0.2)
                continue;
            inside++;
            t.model = k ? DH_TOWER_COOLTOOLS : DH_TOWER_YORK;
            double got = dh_tower_heat_w(&t, &air, num(1), num(2), num(3)) / (num(2) * 4186.0);
            solved = fmax(solved, fabs(got - range));
        }
    }
    fclose(f);
    verdict(n == 57 && worst <= 1e-8, "ref_tower_implicit, YorkCalc and CoolTools", n, "relative", worst,
            1e-8);
    verdict(inside >= 80 && solved <= 1e-7, "towers by YorkCalc and CoolTools, within the fits", inside, "K",
            solved, 1e-7);
}

/* Water of a metered site's towers (NREL's ESIF, TP-72196): a year of Denver's zone (5B), constant heat,
 * water that leaves at 21 degC after 11 K, 12.8 cycles of concentration. */
struct hour_water {
    double wet_bulb_degc, l_per_kwh;
};

static int warmest_first(const void *a, const void *b) {
    const struct hour_water *x = a, *y = b;
    return (x->wet_bulb_degc < y->wet_bulb_degc) - (x->wet_bulb_degc > y->wet_bulb_degc);
}

static double mean_of_warmest(const struct hour_water *hours, int n, double share) {
    double sum = 0;
    int m = (int)(share * n);
    for (int i = 0; i < m; i++)
        sum += hours[i].l_per_kwh;
    return sum / m;
}

static void metered_towers(void) {
    char path[4096];
    snprintf(path, sizeof path, "%s/facility/lei_climate_hourly.csv.gz", folder);
    gzFile weather = gzopen(path, "rb");
    if (!weather) {
        printf("not ok - cannot read %s\n", path);
        return;
    }
    const double heat_w = 1e6, cycles = 12.8;
    struct dh_tower t;
    static struct hour_water hours[8760];
    int n = 0;
    double hour, dry, percent, pa;
    if (dh_tower_size(&t, heat_w, 25.6, 3.9, 11.0, 0.0105 * heat_w, 0.0))
        printf("not ok - no tower\n");
    while (n < 8760 && gzgets(weather, line, sizeof line)) {
        if (sscanf(line, "5B,%lf,%lf,%lf,%lf", &hour, &dry, &percent, &pa) != 4)
            continue;
        struct dh_outdoor air = {.dry_bulb_degc = dry, .pressure_pa = pa};
        air.humidity_kg_per_kg = dh_psy_humidity_from_relative(dry, percent / 100, pa);
        air.wet_bulb_degc = dh_psy_wet_bulb_degc(dry, air.humidity_kg_per_kg, pa);
        struct dh_tower_point p = dh_tower_reject(&t, &air, heat_w, 1.0, 21.0, 0.5);
        double make_up = p.evaporation_kg_per_s + dh_blowdown_kg_per_s(p.evaporation_kg_per_s, 0, cycles);
        hours[n++] = (struct hour_water){air.wet_bulb_degc, make_up / heat_w * 3.6e6};
    }
    gzclose(weather);
    qsort(hours, (size_t)n, sizeof *hours, warmest_first);
    FILE *f = open_csv("ref_esif_tower_check.csv");
    if (!f)
        return;
    int rows = 0;
    double worst = 0;
    while (next_row(f)) {
        double share = strstr(field[0], "all hours 5B") ? 1.0 : NAN;
        const char *warmest = strstr(field[0], "make-up, warmest ");
        if (warmest)
            share = strtod(warmest + 17, NULL) / 100;
        if (isnan(share))
            continue; /* measured, bounds, electricity */
        rows++;
        worst = fmax(worst, rel(mean_of_warmest(hours, n, share), num(1)));
    }
    fclose(f);
    verdict(n == 8760 && rows == 4 && worst <= 5e-3, "ref_esif_tower_check, make-up water", rows, "relative",
            worst, 5e-3);
    double at_47 = mean_of_warmest(hours, n, 0.47), wue = at_47 * 0.47 * 1.034;
    printf("# the site's towers carried 47 %% of the heat: %.3f l/kWh of heat, measured 1.44-1.49; WUE %.3f "
           "l/kWh\n",
           at_47, wue);
    verdict(fabs(wue - 0.70) <= 0.10, "ESIF, water per IT energy against the measured 0.70", n, "l/kWh",
            fabs(wue - 0.70), 0.10);
}

int main(int argc, char **argv) {
    folder = argc > 1 ? argv[1] : "../shared/data";
    read_catalogue();
    catalogue();
    chiller_vectors();
    chiller_examples();
    towers();
    tower_curves();
    tower_implicit();
    metered_towers();
    return 0;
}
