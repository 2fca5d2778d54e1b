/* cooling_data FOLDER: the models of moist air, exchangers and coolers against every row of the reference
 * files of FACILITY.md F1, F2 and F5 (chillers and towers: chiller_tower_data.c). Prints TAP with row counts
 * and the largest difference. */
#include "models/dry_cooler.h"
#include "models/heat_exchanger.h"
#include "models/psychro.h"
#include "tests/validation/cooling_csv.h"

static void psychro_grid(void) {
    FILE *f = open_csv("psychro_grid_si.csv");
    if (!f)
        return;
    int n = 0, wet = 0;
    double worst_w = 0, worst_h = 0, worst_twb = 0, worst_dp = 0, worst_rho = 0;
    while (next_row(f)) {
        n++;
        double t = num(0), p = num(2), w = dh_psy_humidity_from_relative(t, num(1), p);
        worst_w = fmax(worst_w, rel(w, num(3)));
        /* enthalpy passes through 0: relative to at least 1 kJ/kg, printed to 1e-4 J/kg */
        worst_h = fmax(worst_h, fabs(dh_psy_enthalpy_j_per_kg(t, w) - num(7)) / fmax(fabs(num(7)), 1000.0));
        worst_dp = fmax(worst_dp, fabs(dh_psy_dew_point_degc(num(6)) - num(5)));
        worst_rho = fmax(worst_rho, rel(dh_psy_density_kg_per_m3(t, w, p), num(9)));
        if (num(10) == 0) {
            wet++;
            worst_twb = fmax(worst_twb, fabs(dh_psy_wet_bulb_degc(t, w, p) - num(4)));
        }
    }
    fclose(f);
    verdict(n >= 1300 && worst_w <= 1e-9, "humidity ratio of psychro_grid_si", n, "relative", worst_w, 1e-9);
    verdict(worst_h <= 5e-9, "enthalpy of psychro_grid_si (printed with nine digits)", n, "relative", worst_h,
            5e-9);
    verdict(worst_dp <= 2e-3, "dew point of psychro_grid_si", n, "K", worst_dp, 2e-3);
    verdict(worst_rho <= 1e-8, "density of psychro_grid_si", n, "relative", worst_rho, 1e-8);
    verdict(worst_twb <= 2e-3, "wet bulb of psychro_grid_si", wet, "K", worst_twb, 2e-3);
    f = open_csv("psychro_saturation_si.csv");
    if (!f)
        return;
    n = 0;
    double worst = 0;
    while (next_row(f)) {
        n++;
        worst = fmax(worst, rel(dh_psy_saturation_pa(num(0)), num(1)));
        if (!(num(1) < 101325))
            continue; /* boils */
        worst = fmax(worst, rel(dh_psy_humidity_saturated(num(0), 101325), num(2)));
        /* passes through 0 and is printed with ten digits: relative to at least 1 kJ/kg */
        worst = fmax(worst,
                     fabs(dh_psy_enthalpy_saturated(num(0), 101325) - num(3)) / fmax(fabs(num(3)), 1000.0));
    }
    fclose(f);
    verdict(n == 81 && worst <= 1e-9, "psychro_saturation_si", n, "relative", worst, 1e-9);
}

/* The assertions of psychrolib's own test-suite, those for which datahall has the function, SI rows. */
static void psychro_vectors(void) {
    FILE *f = open_csv("psychro_test_vectors.csv");
    if (!f)
        return;
    int n = 0, bad = 0, no_function = 0;
    while (next_row(f)) {
        if (strcmp(field[0], "SI"))
            continue;
        const char *fn = field[2];
        double a[4] = {0};
        char *p = field[3];
        for (int i = 0; i < 4 && *p; i++) {
            a[i] = strtod(p, &p);
            p += strspn(p, "; ,|");
        }
        double got;
        if (!strcmp(fn, "GetSatVapPres"))
            got = dh_psy_saturation_pa(a[0]);
        else if (!strcmp(fn, "GetSatHumRatio"))
            got = dh_psy_humidity_saturated(a[0], a[1]);
        else if (!strcmp(fn, "GetSatAirEnthalpy"))
            got = dh_psy_enthalpy_saturated(a[0], a[1]);
        else if (!strcmp(fn, "GetHumRatioFromVapPres"))
            got = dh_psy_humidity(a[0], a[1]);
        else if (!strcmp(fn, "GetVapPresFromHumRatio"))
            got = dh_psy_vapour_pa(a[0], a[1]);
        else if (!strcmp(fn, "GetHumRatioFromTWetBulb"))
            got = dh_psy_humidity_from_wet_bulb(a[0], a[1], a[2]);
        else if (!strcmp(fn, "GetTWetBulbFromHumRatio"))
            got = dh_psy_wet_bulb_degc(a[0], a[1], a[2]);
        else if (!strcmp(fn, "GetTWetBulbFromRelHum"))
            got = dh_psy_wet_bulb_degc(a[0], dh_psy_humidity_from_relative(a[0], a[1], a[2]), a[2]);
        else if (!strcmp(fn, "GetTDewPointFromVapPres"))
            got = dh_psy_dew_point_degc(a[1]);
        else if (!strcmp(fn, "GetTDewPointFromRelHum"))
            got = dh_psy_dew_point_degc(a[1] * dh_psy_saturation_pa(a[0]));
        else if (!strcmp(fn, "GetMoistAirEnthalpy"))
            got = dh_psy_enthalpy_j_per_kg(a[0], a[1]);
        else if (!strcmp(fn, "GetMoistAirVolume"))
            got = dh_psy_volume_m3_per_kg(a[0], a[1], a[2]);
        else if (!strcmp(fn, "GetMoistAirDensity"))
            got = dh_psy_density_kg_per_m3(a[0], a[1], a[2]);
        else if (!strcmp(fn, "GetStandardAtmPressure"))
            got = dh_psy_pressure_pa(a[0]);
        else {
            no_function++;
            continue;
        }
        n++;
        double want = num(4), tol = num(6);
        if (strstr(fn, "TWetBulbFrom")) /* psychrolib's own bisection ends 1e-3 K from the root */
            tol += 1e-3;
        double off = !strcmp(field[5], "rel") ? rel(got, want) : fabs(got - want);
        if (!(off <= tol)) {
            bad++;
            printf("# %s(%s) = %.9g, not %.9g within %g %s\n", fn, field[3], got, want, tol, field[5]);
        }
    }
    fclose(f);
    printf("# %d SI rows concern functions that datahall does not have\n", no_function);
    verdict(n >= 30 && bad == 0, "psychro_test_vectors", n, "rows outside tolerance", bad, 0);
}

static void effectiveness(void) {
    FILE *f = open_csv("ref_eps_ntu.csv");
    if (!f)
        return;
    int n = 0;
    double worst = 0;
    while (next_row(f)) {
        n++;
        for (int k = 0; k < 5; k++)
            worst = fmax(worst,
                         rel(dh_hx_effectiveness((enum dh_flow_arrangement)k, num(1), num(0)), num(2 + k)));
    }
    fclose(f);
    verdict(n == 63 && worst <= 1e-8, "ref_eps_ntu, five arrangements", n, "relative", worst, 1e-8);
}

static void dry_coolers(void) {
    /* BAC TDFS1238N: 2.931 MW, 46.11 -> 40.55 degC, air 35 degC, fans 117.68 kW; equal capacity flows */
    struct dh_dry_cooler c;
    FILE *f = open_csv("ref_drycooler.csv");
    if (!f)
        return;
    if (dh_dry_cooler_size(&c, 2.931e6, 46.11 - 40.55, 40.55 - 35.0, 117680)) {
        printf("not ok - ref_drycooler: cannot size\n");
        fclose(f);
        return;
    }
    int n = 0;
    double worst = 0, worst_ua = 0, worst_fan = 0;
    while (next_row(f)) {
        double q = dh_dry_cooler_w_per_k(&c, num(2), num(3)) * (num(1) - num(0));
        n++;
        worst = fmax(worst, rel(q, num(4)));
        worst_ua = fmax(worst_ua, rel(dh_dry_cooler_ua_w_per_k(&c, num(2), num(3)), num(7)));
        worst_fan = fmax(worst_fan, rel(c.fan_w * num(3) * num(3) * num(3), num(8)));
    }
    fclose(f);
    verdict(n == 228 && worst <= 1e-8, "heat of ref_drycooler", n, "relative", worst, 1e-8);
    verdict(worst_ua <= 1e-8, "UA of ref_drycooler", n, "relative", worst_ua, 1e-8);
    verdict(worst_fan <= 1e-8, "fans of ref_drycooler", n, "relative", worst_fan, 1e-8);
}

int main(int argc, char **argv) {
    folder = argc > 1 ? argv[1] : "../shared/data";
    psychro_grid();
    psychro_vectors();
    effectiveness();
    dry_coolers();
    return 0;
}
