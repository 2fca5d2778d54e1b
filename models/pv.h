/* Photovoltaics, as PVWatts reckons it: irradiance on the panel, cell temperature, direct current, losses,
 * inverter (A. Dobos, PVWatts Version 5 Manual, NREL/TP-6A20-62641, 2014). Power follows from the mean of an
 * hour. */
#ifndef DH_MODELS_PV_H
#define DH_MODELS_PV_H

#include "models/sun.h"
#include "models/weather.h"

enum dh_pv_mount { DH_PV_FIXED, DH_PV_TRACKED };

struct dh_pv_array {
    double dc_w;     /* at 1,000 W/m2 and cells of 25 degC */
    double ac_w;     /* rating of the inverters */
    double losses;   /* soiling, wiring, mismatch, ...: share of the direct current (PVWatts: 0.14) */
    double inverter; /* nominal efficiency (PVWatts: 0.96) */
    double per_k;    /* change of power with cell temperature, negative */
    double albedo;   /* of the ground */
    enum dh_pv_mount mount;
    double tilt_deg, azimuth_deg; /* fixed: from the horizontal; eastward from north */
    double ground_cover;          /* tracked, about a level axis from north to south: panel width over row
                                     distance; rows never shade one another (they turn back) */
};

/* Irradiance on the panels, W/m2: beam, sky by Hay and Davies (1980), ground. sun: middle of the hour. */
double dh_pv_plane_w_per_m2(const struct dh_pv_array *array, const struct dh_sun_direction *sun,
                            const struct dh_sun *irradiance);

/* Temperature of cells: D. Faiman, Prog. Photovolt. 16, 2008 (u0 = 25, u1 = 6.84 W/m2 K and W s/m3 K), and
 * the Sandia model (King et al., SAND2004-3535): a, b and the rise at 1,000 W/m2 of the mounting. */
double dh_pv_cell_faiman_degc(double plane_w_per_m2, double air_degc, double wind_m_per_s, double u0,
                              double u1);
double dh_pv_cell_sandia_degc(double plane_w_per_m2, double air_degc, double wind_m_per_s, double a, double b,
                              double rise_k);

/* Direct current of an array, W. */
double dh_pv_dc_w(double dc_w, double per_k, double plane_w_per_m2, double cell_degc);

/* Alternating current of an inverter whose input is rated pdc0_w, W: part-load curve of PVWatts, clipped at
 * nominal x pdc0_w. Never negative. */
double dh_pv_inverter_w(double pdc_w, double pdc0_w, double nominal);

/* The whole chain: mean power of an hour, W. */
double dh_pv_power_w(const struct dh_pv_array *array, const struct dh_sun_direction *sun,
                     const struct dh_sun *irradiance, double air_degc);

/* Where the weather has no irradiance: a clear sky (B. Haurwitz, J. Meteorology 2, 1945) times clearness,
 * split into beam and sky by D. Erbs et al., Solar Energy 28, 1982. An assumption: no hour is cloudier than
 * another. */
struct dh_sun dh_pv_assumed_sun(const struct dh_sun_direction *sun, double clearness);

#endif
