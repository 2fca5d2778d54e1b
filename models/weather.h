/* Outdoor air: hourly values for the simulated time, straight lines between them.
 *
 * Two origins. Arrays that a reader took from an EPW or CSV file; or a synthetic year, made from monthly
 * normals and design days, which is plausible weather and not a record of any year: it has the month's
 * mean dry bulb and mean daily range, and its 0.4 % and 99.6 % dry bulbs and its 0.4 % wet bulb are those of
 * the design days. The synthetic year is the same for each calendar year, and independent of the scenario's
 * seed. */
#ifndef DH_MODELS_WEATHER_H
#define DH_MODELS_WEATHER_H

#include <datahall/time.h>
#include "scenarios/scenario.h"

struct dh_outdoor {
    double dry_bulb_degc, wet_bulb_degc;
    double humidity_kg_per_kg;
    double pressure_pa;
};

/* The sun on a horizontal plane, across its beam and from the sky, and the wind at 10 m: means of an hour. */
struct dh_sun {
    double global_w_per_m2, direct_w_per_m2, diffuse_w_per_m2;
    double wind_m_per_s;
};

/* What was found in a weather file, and what was done about it (scenarios/weather_file.h says by which
 * rules). All are counts of hours. */
struct dh_weather_quality {
    int64_t n_hour;
    int64_t n_missing_dry_bulb, n_missing_dew_point, n_missing_humidity, n_missing_pressure, n_missing_sun;
    int64_t n_gap;          /* hours that are not in the file: all missing */
    int64_t n_repeated;     /* hours that are there twice: the first counts */
    int64_t n_doubtful;     /* dew point and humidity differ by more than 1 K of dew point: humidity counts */
    int64_t n_spike;        /* dry bulb leaves its neighbours and comes back: taken as missing */
    int64_t n_interpolated; /* dry bulb or humidity filled by a straight line */
    int64_t n_neighbour;    /* the same filled with the hour of neighbouring days */
    int64_t n_clipped;      /* wet bulb above what is plausible: brought down to it */
    int64_t longest_gap_h;
    double wet_bulb_record_degc; /* that limit */
};

/* {0} may be freed. Immutable once made; safe to read from several threads. */
struct dh_weather {
    struct dh_outdoor *hours;           /* values at start_unix_s + i * 3600 s */
    int32_t n_hour;                     /* at least 2 */
    int64_t start_unix_s;               /* a whole hour */
    int64_t origin_unix_s;              /* instant of dh_time 0 */
    double latitude_deg, longitude_deg; /* of its file, else of the climate */
    struct dh_sun *sun;                /* of the hour that ends then, n_hour; NULL: irradiance is not known */
    struct dh_weather_quality quality; /* of the file that it came from; all 0 for a synthetic year */
    bool synthetic;
    struct dh_arena mem;
};

/* Hourly arrays of n rows without gaps. A series that ends before the simulated time begins again: row i
 * holds at first_unix_s + (i mod n) * 3600 s, both ways. Of 8,760 rows that begin with a year of the clock
 * utc_offset_h, each is for its hour of any year instead, and 29 February repeats the 28th. sun may be
 * NULL. */
struct dh_weather_series {
    int64_t first_unix_s;
    int32_t n;
    double utc_offset_h;
    const double *dry_bulb_degc, *relative_humidity, *pressure_pa;
    const struct dh_sun *sun;
    struct dh_weather_quality quality; /* handed through */
};

/* Weather from start_unix_s for duration_s, from a climate's twelve months and its design days; from arrays.
 * climate gives altitude, UTC offset and the what-if offset_k, which keeps relative humidity.
 * DH_ERR_MISSING when a month is missing, DH_ERR_DATA when the arrays cannot be used, DH_ERR_MEMORY. */
enum dh_err dh_weather_synthetic(struct dh_weather *out, const struct dh_climate_spec *climate,
                                 int64_t start_unix_s, int64_t duration_s, struct dh_diag *diag);
enum dh_err dh_weather_from_series(struct dh_weather *out, const struct dh_climate_spec *climate,
                                   const struct dh_weather_series *series, int64_t start_unix_s,
                                   int64_t duration_s, struct dh_diag *diag);
void dh_weather_free(struct dh_weather *weather);

/* The air at a simulated time. Before the series its first hour holds; after it its last year comes again, or
 * its last hour holds where it is shorter than a year. */
struct dh_outdoor dh_weather_at(const struct dh_weather *weather, dh_time now);

/* The hour that the time lies in: its end as a row of the arrays, and as an instant. As dh_weather_at outside
 * of them. */
int32_t dh_weather_hour(const struct dh_weather *weather, dh_time now, int64_t *ends_unix_s);

/* A synthetic year of 8760 hours of local standard time, from 1 January 0 h: dry bulb and dew point, before
 * offset_k. */
enum dh_err dh_weather_synthetic_year(const struct dh_climate_spec *climate,
                                      double dry_bulb_degc[static 8760], double dew_point_degc[static 8760],
                                      struct dh_diag *diag);

#endif
