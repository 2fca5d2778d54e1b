/* Where the sun stands: I. Reda and A. Andreas, Solar Position Algorithm for Solar Radiation Applications,
 * NREL/TP-560-34302, 2008, with the terms of its tables that matter at 1e-4 degrees between 1980 and 2060.
 * Written over unit vectors, so that shading needs no angles. */
#ifndef DH_MODELS_SUN_H
#define DH_MODELS_SUN_H

#include <stdint.h>

struct dh_place_on_earth {
    double latitude_deg, longitude_deg; /* north and east positive */
    double altitude_m;
    double pressure_pa, temp_degc; /* yearly means: refraction at the horizon */
};

/* Direction to the sun's centre as it is seen, refracted; a unit vector. */
struct dh_sun_direction {
    double east, north, up;
    double distance_au;
};

/* At seconds since 1970-01-01T00:00:00Z. */
struct dh_sun_direction dh_sun_direction(const struct dh_place_on_earth *place, double unix_s);

/* Angles of it: zenith from 0, azimuth eastward from north, 0 to 360. */
double dh_sun_zenith_deg(const struct dh_sun_direction *sun);
double dh_sun_azimuth_deg(const struct dh_sun_direction *sun);

#endif
