/* Weather of a file, hour by hour: EnergyPlus weather (EPW) or a CSV table. */
#ifndef DH_SCENARIOS_WEATHER_FILE_H
#define DH_SCENARIOS_WEATHER_FILE_H

#include "models/weather.h"
#include "sim/arena.h"
#include "sim/diag.h"

#include <stdbool.h>
#include <stdint.h>

/* n rows, one an hour, row i at the instant first_unix_s + 3600 i. Complete once read: what was missing has
 * been filled as dh_weather_check says. */
struct dh_weather_file {
    int64_t first_unix_s;
    int32_t n;
    double *dry_bulb_degc, *dew_point_degc;
    double *relative_humidity; /* 0-1 */
    double *pressure_pa;
    struct dh_sun *sun;  /* of the hour that ends at the row's instant; NULL: not in the file */
    int32_t *line;       /* of each row in the file; of a row that is not there, the line behind it */
    bool typical_year;   /* its months are of different years: good for any year */
    const char *station; /* "" when the file names none */
    double latitude_deg, longitude_deg, utc_offset_h, altitude_m; /* NAN: not in the file */
    struct dh_weather_quality quality;
    struct dh_arena mem;
};

/* EPW: 8 header lines, then 35 columns (the last three may be absent), one row an hour, in order. An hour h
 * of the file ends at h o'clock local standard time, and its temperatures are those of that instant (NSRDB
 * TMY3 manual, NREL/TP-581-43156): the first row of a year is at 01:00. A typical year, or any file when year
 * is above 0, is placed in that calendar year; year 0 stands for 2023. Missing are 99.9 (temperatures), 999
 * (humidity), 999999 (pressure), 9999 (irradiance) and empty fields. Then dh_weather_check. DH_ERR_DATA,
 * DH_ERR_NUMBER, DH_ERR_RANGE, DH_ERR_MISSING with the place, and as dh_lines_open. out must be freed in any
 * case. */
enum dh_err dh_epw_read(struct dh_weather_file *out, const char *path, int32_t year, struct dh_diag *diag);
enum dh_err dh_epw_read_memory(struct dh_weather_file *out, const char *bytes, size_t n, const char *path,
                               int32_t year, struct dh_diag *diag);

/* CSV: a time column (time, time_utc, datetime_utc, timestamp, or time_local, which is utc_offset_h ahead of
 * UTC; an offset written in the time counts before all), dry_bulb_degc (or temp_c), and dew_point_degc or
 * relative_humidity (0-1) or rh_pct (0-100), optionally pressure_pa, and all of ghi_w_per_m2, dni_w_per_m2
 * and dhi_w_per_m2 (means of the hour that ends then) with or without wind_m_per_s. Lines before the header
 * that begin with # are skipped. Times are whole hours, ascending; hours left out become missing rows.
 * altitude_m gives the pressure where the file has none. Then dh_weather_check. */
enum dh_err dh_weather_csv_read(struct dh_weather_file *out, const char *path, double utc_offset_h,
                                double altitude_m, struct dh_diag *diag);
/* The same where the file has a column zone, of several climates, of which one is meant; or where it has hour
 * in place of a time: hours of a typical year from 0 on, local standard time, placed in that calendar year
 * (0: 2023). zone counts for nothing in a file without that column, and may be NULL then. Columns may also be
 * called T_db_C, RH_pct and P_Pa. */
enum dh_err dh_weather_zone_read(struct dh_weather_file *out, const char *path, const char *zone,
                                 int32_t year, double utc_offset_h, double altitude_m, struct dh_diag *diag);

/* Quality control of rows in which NAN is missing; fills out->quality and makes the rows complete.
 *  - A dry bulb more than 15 K off both of its neighbours, on the same side, is missing.
 *  - Humidity is the relative one; where that is missing it follows from the dew point. Hours in which the
 * two differ by more than 1 K of dew point are counted (FACILITY C1: hundreds in most public files).
 *  - Up to 6 hours without dry bulb or humidity: a straight line. Up to 72: the mean of the same hour on the
 *    nearest days before and behind that have it. Longer ones, and more than 10 % of the hours: DH_ERR_DATA.
 *  - Missing pressures and irradiances in the same way, without limit; without any pressure that of the
 *    standard atmosphere.
 *  - A wet bulb above what is plausible comes down to it at the hour's dry bulb: 36 degC, the highest on
 * record on Earth; and in a file of a year 4 K above the wet bulb that the year exceeds in 0.4 % of its
 * hours: an assumption (10 of 11 public files end within 3.5 K, and the eleventh is a known false night). One
 * W-DATA says what was found. */
enum dh_err dh_weather_check(struct dh_weather_file *file, double altitude_m, struct dh_place place,
                             struct dh_diag *diag);

/* For readers: room for that many rows, the new ones missing; false when memory is exhausted. */
bool dh_weather_file_room(struct dh_weather_file *file, int32_t rows);

void dh_weather_file_free(struct dh_weather_file *file);

#endif
