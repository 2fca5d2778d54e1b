#include "models/pv.h"
#include "sim/math.h"

#include <math.h>

static const double RAD = 3.14159265358979323846 / 180;
/* Outside of the atmosphere at 1 au: ASTM E490. */
static const double SOLAR_CONSTANT_W_PER_M2 = 1366.1;

struct panel {
    double east, north, up; /* its normal */
};

static struct panel fixed_panel(const struct dh_pv_array *array) {
    double tilt = array->tilt_deg * RAD, azimuth = array->azimuth_deg * RAD;
    return (struct panel){dh_sin(tilt) * dh_sin(azimuth), dh_sin(tilt) * dh_cos(azimuth), dh_cos(tilt)};
}

/* Turned until the sun, seen along the axis, stands straight above it; less where rows would shade one
 * another (K. Anderson and M. Mikofski, NREL/TP-5K00-76626, 2020), at most 60 degrees. */
static struct panel tracked_panel(const struct dh_pv_array *array, const struct dh_sun_direction *sun) {
    double length = sqrt(sun->east * sun->east + sun->up * sun->up);
    double s = length > 0 ? sun->east / length : 0, c = length > 0 ? sun->up / length : 1;
    double reach = c / array->ground_cover;
    if (reach < 1 && reach >= 0) {
        double back_s = sqrt(1 - reach * reach), sign = s < 0 ? -1 : 1, s0 = s;
        s = s0 * reach - sign * c * back_s;
        c = c * reach + sign * s0 * back_s;
    }
    const double limit_c = 0.5, limit_s = 0.86602540378443864676;
    if (c < limit_c)
        return (struct panel){s < 0 ? -limit_s : limit_s, 0, limit_c};
    return (struct panel){s, 0, c};
}

double dh_pv_plane_w_per_m2(const struct dh_pv_array *array, const struct dh_sun_direction *sun,
                            const struct dh_sun *irradiance) {
    struct panel p = array->mount == DH_PV_TRACKED ? tracked_panel(array, sun) : fixed_panel(array);
    double incidence = fmax(0, p.east * sun->east + p.north * sun->north + p.up * sun->up);
    if (sun->up <= 0)
        incidence = 0;
    double outside = SOLAR_CONSTANT_W_PER_M2 / (sun->distance_au * sun->distance_au);
    double ring = irradiance->direct_w_per_m2 / outside;    /* share of the sky's light from around the sun */
    double beam_ratio = incidence / fmax(sun->up, 0.01745); /* 89 degrees: nothing is divided by less */
    double beam = irradiance->direct_w_per_m2 * incidence;
    double sky = irradiance->diffuse_w_per_m2 * (ring * beam_ratio + (1 - ring) * (1 + p.up) / 2);
    double ground = irradiance->global_w_per_m2 * array->albedo * (1 - p.up) / 2;
    return beam + sky + ground;
}

double dh_pv_cell_faiman_degc(double plane_w_per_m2, double air_degc, double wind_m_per_s, double u0,
                              double u1) {
    return air_degc + plane_w_per_m2 / (u0 + u1 * wind_m_per_s);
}

double dh_pv_cell_sandia_degc(double plane_w_per_m2, double air_degc, double wind_m_per_s, double a, double b,
                              double rise_k) {
    double back = air_degc + plane_w_per_m2 * dh_exp(a + b * wind_m_per_s);
    return back + plane_w_per_m2 / 1000 * rise_k;
}

double dh_pv_dc_w(double dc_w, double per_k, double plane_w_per_m2, double cell_degc) {
    return plane_w_per_m2 / 1000 * dc_w * (1 + per_k * (cell_degc - 25));
}

double dh_pv_inverter_w(double pdc_w, double pdc0_w, double nominal) {
    if (!(pdc_w > 0))
        return 0;
    double load = pdc_w / pdc0_w, reference = 0.9637; /* of the inverters that the curve was fitted to */
    double efficiency = nominal / reference * (-0.0162 * load - 0.0059 / load + 0.9858);
    return fmax(0, fmin(efficiency * pdc_w, nominal * pdc0_w));
}

double dh_pv_power_w(const struct dh_pv_array *array, const struct dh_sun_direction *sun,
                     const struct dh_sun *irradiance, double air_degc) {
    double plane = dh_pv_plane_w_per_m2(array, sun, irradiance);
    double wind = isnan(irradiance->wind_m_per_s) ? 1 : irradiance->wind_m_per_s;
    double cell = dh_pv_cell_faiman_degc(plane, air_degc, wind, 25, 6.84);
    double dc = dh_pv_dc_w(array->dc_w, array->per_k, plane, cell) * (1 - array->losses);
    return dh_pv_inverter_w(dc, array->ac_w / array->inverter, array->inverter);
}

struct dh_sun dh_pv_assumed_sun(const struct dh_sun_direction *sun, double clearness) {
    struct dh_sun out = {.wind_m_per_s = 1};
    if (sun->up <= 0.01745)
        return out;
    double outside = SOLAR_CONSTANT_W_PER_M2 / (sun->distance_au * sun->distance_au) * sun->up;
    double global = clearness * 1098 * sun->up * dh_exp(-0.059 / sun->up), k = global / outside, share;
    if (k <= 0.22)
        share = 1 - 0.09 * k;
    else if (k <= 0.8)
        share = 0.9511 + k * (-0.1604 + k * (4.388 + k * (-16.638 + k * 12.336)));
    else
        share = 0.165;
    out.global_w_per_m2 = global;
    out.diffuse_w_per_m2 = share * global;
    out.direct_w_per_m2 = (1 - share) * global / sun->up;
    return out;
}
