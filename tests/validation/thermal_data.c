/* thermal_data DATA: exact updates of one and two thermal lumps against every row of
 * DATA/oracles/thermal_rc1.csv and thermal_rc2.csv (1e-12), and the chips and coolant loops of
 * DATA/facility/ref_thermal_transients.csv. */
#include "models/thermal_rc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int n_test, n_bad;

static void report(const char *name, int n, double worst, double within) {
    int good = n > 0 && worst <= within;
    n_bad += !good;
    printf("%sok %d - %s: %d rows, worst %.2g relative (within %g)\n", good ? "" : "not ", ++n_test, name, n,
           worst, within);
}

static FILE *open_data(const char *data, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", data, name);
    return fopen(path, "r");
}

static double off(double is, double want) {
    return fabs(is - want) / fabs(want);
}

int main(int argc, char **argv) {
    const char *data = argc > 1 ? argv[1] : "../shared/data";
    char line[1024];
    double a[11], worst = 0;
    int n = 0;
    FILE *f = open_data(data, "oracles/thermal_rc1.csv");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "%lf,%lf,%lf,%lf,%lf,%lf,%lf", a, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6) == 7) {
            worst = fmax(worst, off(dh_rc1_after(a[4], a[2], a[0], a[1], a[3], a[5]), a[6]));
            n++;
        }
    if (f)
        fclose(f);
    report("one lump", n, worst, 1e-12);

    worst = n = 0;
    f = open_data(data, "oracles/thermal_rc2.csv");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", a, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6,
                   a + 7, a + 8) == 9) {
            struct dh_rc2 network = {a[0], a[1], a[2], 1 / a[3]};
            struct dh_rc2_step m = dh_rc2_step(&network, a[6]);
            worst = fmax(worst, off((m.t11 + m.t12 + m.f1) * a[5] + m.p1 * a[4], a[7]));
            worst = fmax(worst, off((m.t21 + m.t22 + m.f2) * a[5] + m.p2 * a[4], a[8]));
            n++;
        }
    if (f)
        fclose(f);
    report("two lumps", n, worst, 1e-12);

    worst = n = 0;
    double loop_worst = 0;
    int n_loop = 0;
    f = open_data(data, "facility/ref_thermal_transients.csv");
    while (f && fgets(line, sizeof line, f)) {
        const char *r = strstr(line, "R=.");
        const char *rise = strstr(line, "seconds to rise");
        if (r && strncmp(line, "RC step", 7) == 0 &&
            sscanf(r, "R=%lf C=%lf P=%lf Tc=%lf T0=Tc,%lf,%lf", a, a + 1, a + 2, a + 3, a + 4, a + 5) == 6) {
            worst = fmax(worst, off(dh_rc1_after(a[3], a[2], a[0], a[1], a[3], a[4]), a[5]));
            n++;
        } else if (rise && strstr(line, "NVL72 TCS 60 L/rack PG25, 115 kW") &&
                   sscanf(rise, "seconds to rise %lf", a) == 1 &&
                   sscanf(strrchr(line, ',') + 1, "%lf", a + 1) == 1) {
            /* PG25: 1020 kg/m3, 3.9 kJ/kg/K */
            loop_worst = fmax(loop_worst, off(dh_adiabatic_rise_k(115e3, 0.060 * 1020 * 3900, a[1]), a[0]));
            n_loop++;
        }
    }
    if (f)
        fclose(f);
    report("steps of chips", n, worst, 1e-9);
    report("coolant of an NVL72 without its exchanger: +10 K in 20.75 s", n_loop, loop_worst, 1e-8);
    return n_bad ? 1 : 0;
}
