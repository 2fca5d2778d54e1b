#include "models/psychro.h"

#include "sim/math.h"

#include <math.h>
#include <stdbool.h>

#define KELVIN          273.15
#define TRIPLE_DEGC     0.01 /* the ice equation holds up to the triple point */
#define LOWEST_DEGC     (-100.0)
#define HIGHEST_DEGC    200.0
#define LOWEST_HUMIDITY 1e-7 /* as psychrolib: keeps logarithms finite */

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

double dh_psy_pressure_pa(double altitude_m) {
    return 101325.0 * dh_pow(1.0 - 2.25577e-5 * altitude_m, 5.2559);
}

double dh_psy_standard_degc(double altitude_m) {
    return 15.0 - 0.0065 * altitude_m;
}

double dh_psy_sea_level_pa(double pressure_pa, double altitude_m, double dry_bulb_degc) {
    double column_k = dry_bulb_degc + 0.0065 * altitude_m / 2.0 + KELVIN; /* mean of the air below */
    return pressure_pa * dh_exp(altitude_m / (287.055 * column_k / 9.807));
}

/* ln p and, where slope is not NULL, d ln p / dT. */
static double saturation_ln(double temp_degc, double *slope) {
    double t = clamp(temp_degc, LOWEST_DEGC, HIGHEST_DEGC) + KELVIN;
    double ln_t = dh_log(t);
    if (temp_degc <= TRIPLE_DEGC) { /* eq. 5 */
        if (slope)
            *slope = 5.6745359e3 / (t * t) - 9.677843e-3 + 2.0 * 6.2215701e-7 * t +
                     3.0 * 2.0747825e-9 * t * t - 4.0 * 9.484024e-13 * t * t * t + 4.1635019 / t;
        return -5.6745359e3 / t + 6.3925247 - 9.677843e-3 * t + 6.2215701e-7 * t * t +
               2.0747825e-9 * t * t * t - 9.484024e-13 * t * t * t * t + 4.1635019 * ln_t;
    }
    if (slope) /* eq. 6 */
        *slope = 5.8002206e3 / (t * t) - 4.8640239e-2 + 2.0 * 4.1764768e-5 * t - 3.0 * 1.4452093e-8 * t * t +
                 6.5459673 / t;
    return -5.8002206e3 / t + 1.3914993 - 4.8640239e-2 * t + 4.1764768e-5 * t * t - 1.4452093e-8 * t * t * t +
           6.5459673 * ln_t;
}

double dh_psy_saturation_pa(double temp_degc) {
    return dh_exp(saturation_ln(temp_degc, 0));
}

double dh_psy_dew_point_degc(double vapour_pa) {
    if (isnan(vapour_pa))
        return vapour_pa;
    if (!(vapour_pa > 0))
        return LOWEST_DEGC;
    double ln_p = dh_log(vapour_pa);
    /* Magnus' formula starts Newton's method within a few tenths of a kelvin. */
    double x = ln_p - 6.4147;
    double t = clamp(243.12 * x / (17.62 - x), LOWEST_DEGC, HIGHEST_DEGC);
    for (int i = 0; i < 30; i++) {
        double slope;
        double step = (saturation_ln(t, &slope) - ln_p) / slope;
        t = clamp(t - step, LOWEST_DEGC, HIGHEST_DEGC);
        if (fabs(step) < 1e-5) /* convergence is quadratic: the next one would be 1e-11 */
            break;
    }
    return t;
}

double dh_psy_humidity(double vapour_pa, double pressure_pa) {
    return DH_PSY_MASS_RATIO * vapour_pa / (pressure_pa - vapour_pa);
}

double dh_psy_vapour_pa(double humidity, double pressure_pa) {
    return pressure_pa * humidity / (DH_PSY_MASS_RATIO + humidity);
}

double dh_psy_humidity_saturated(double temp_degc, double pressure_pa) {
    return dh_psy_humidity(dh_psy_saturation_pa(temp_degc), pressure_pa);
}

double dh_psy_humidity_from_relative(double dry_bulb_degc, double relative, double pressure_pa) {
    return dh_psy_humidity(relative * dh_psy_saturation_pa(dry_bulb_degc), pressure_pa);
}

double dh_psy_relative(double dry_bulb_degc, double humidity, double pressure_pa) {
    return dh_psy_vapour_pa(humidity, pressure_pa) / dh_psy_saturation_pa(dry_bulb_degc);
}

/* Eqs. 33 (water) and 35 (ice), ws: humidity of saturated air at the wet bulb. */
static double humidity_wet(double dry, double wet, double ws) {
    if (wet >= 0)
        return ((2501.0 - 2.326 * wet) * ws - 1.006 * (dry - wet)) / (2501.0 + 1.86 * dry - 4.186 * wet);
    return ((2830.0 - 0.24 * wet) * ws - 1.006 * (dry - wet)) / (2830.0 + 1.86 * dry - 2.1 * wet);
}

double dh_psy_humidity_from_wet_bulb(double dry_bulb_degc, double wet_bulb_degc, double pressure_pa) {
    double w =
        humidity_wet(dry_bulb_degc, wet_bulb_degc, dh_psy_humidity_saturated(wet_bulb_degc, pressure_pa));
    return w < LOWEST_HUMIDITY ? LOWEST_HUMIDITY : w;
}

double dh_psy_wet_bulb_degc(double dry_bulb_degc, double humidity, double pressure_pa) {
    if (isnan(dry_bulb_degc) || isnan(humidity) || isnan(pressure_pa))
        return NAN;
    double w = humidity < LOWEST_HUMIDITY ? LOWEST_HUMIDITY : humidity;
    double low = dh_psy_dew_point_degc(dh_psy_vapour_pa(w, pressure_pa)), high = dry_bulb_degc;
    if (low >= high)
        return high; /* saturated */
    double f_low = humidity_wet(dry_bulb_degc, low, dh_psy_humidity_saturated(low, pressure_pa)) - w;
    double f_high = dh_psy_humidity_saturated(high, pressure_pa) - w;
    /* Regula falsi with the Illinois weights inside the bracket; a bisection whenever it has not halved in
     * three steps, for the jump at 0 degC. */
    double width = high - low;
    int side = 0; /* which end moved last */
    for (int i = 0; i < 100 && high - low > 1e-7; i++) {
        double mid = f_high > f_low ? low - f_low * (high - low) / (f_high - f_low) : 0.5 * (low + high);
        if (!(mid > low && mid < high))
            mid = 0.5 * (low + high);
        if (i % 3 == 2) {
            if (high - low > 0.5 * width)
                mid = 0.5 * (low + high);
            width = high - low;
        }
        double f = humidity_wet(dry_bulb_degc, mid, dh_psy_humidity_saturated(mid, pressure_pa)) - w;
        if (fabs(f) < 1e-14)
            return mid;
        if (f > 0) {
            high = mid;
            f_high = f;
            if (side > 0)
                f_low *= 0.5;
            side = 1;
        } else {
            low = mid;
            f_low = f;
            if (side < 0)
                f_high *= 0.5;
            side = -1;
        }
    }
    return 0.5 * (low + high);
}

double dh_psy_enthalpy_j_per_kg(double dry_bulb_degc, double humidity) {
    return DH_PSY_CP_AIR_J_PER_KG_K * dry_bulb_degc +
           humidity * (DH_PSY_H_FG_J_PER_KG + DH_PSY_CP_VAPOUR_J_PER_KG_K * dry_bulb_degc);
}

double dh_psy_volume_m3_per_kg(double dry_bulb_degc, double humidity, double pressure_pa) {
    return 287.042 * (dry_bulb_degc + KELVIN) * (1.0 + 1.607858 * humidity) / pressure_pa;
}

double dh_psy_humidity_from_enthalpy(double enthalpy_j_per_kg, double dry_bulb_degc) {
    return (enthalpy_j_per_kg - DH_PSY_CP_AIR_J_PER_KG_K * dry_bulb_degc) /
           (DH_PSY_H_FG_J_PER_KG + DH_PSY_CP_VAPOUR_J_PER_KG_K * dry_bulb_degc);
}

double dh_psy_dry_bulb_degc(double enthalpy_j_per_kg, double humidity) {
    return (enthalpy_j_per_kg - DH_PSY_H_FG_J_PER_KG * humidity) /
           (DH_PSY_CP_AIR_J_PER_KG_K + DH_PSY_CP_VAPOUR_J_PER_KG_K * humidity);
}

double dh_psy_dry_bulb_from_volume_degc(double volume_m3_per_kg, double humidity, double pressure_pa) {
    return volume_m3_per_kg * pressure_pa / (287.042 * (1.0 + 1.607858 * humidity)) - KELVIN;
}

double dh_psy_specific(double humidity) {
    return humidity / (1.0 + humidity);
}

double dh_psy_humidity_from_specific(double specific) {
    return specific / (1.0 - specific);
}

double dh_psy_density_kg_per_m3(double dry_bulb_degc, double humidity, double pressure_pa) {
    return (1.0 + humidity) / dh_psy_volume_m3_per_kg(dry_bulb_degc, humidity, pressure_pa);
}

double dh_psy_enthalpy_saturated(double temp_degc, double pressure_pa) {
    return dh_psy_enthalpy_j_per_kg(temp_degc, dh_psy_humidity_saturated(temp_degc, pressure_pa));
}

double dh_psy_saturated_degc(double enthalpy_j_per_kg, double pressure_pa, double guess_degc) {
    double t = guess_degc;
    for (int i = 0; i < 30; i++) {
        double slope;
        double p = dh_exp(saturation_ln(t, &slope));
        /* Near the boiling point humidity has no bound: stay below 90 % vapour. */
        bool boiling = p > 0.9 * pressure_pa;
        if (boiling)
            p = 0.9 * pressure_pa;
        double w = dh_psy_humidity(p, pressure_pa);
        double dw = boiling ? 0.0 : w * slope * pressure_pa / (pressure_pa - p);
        double h = dh_psy_enthalpy_j_per_kg(t, w);
        double dh = DH_PSY_CP_AIR_J_PER_KG_K + w * DH_PSY_CP_VAPOUR_J_PER_KG_K +
                    dw * (DH_PSY_H_FG_J_PER_KG + DH_PSY_CP_VAPOUR_J_PER_KG_K * t);
        double step = (h - enthalpy_j_per_kg) / dh;
        t = clamp(t - step, LOWEST_DEGC, HIGHEST_DEGC);
        if (fabs(step) < 1e-5) /* the next one would be 1e-11 */
            break;
    }
    return t;
}
