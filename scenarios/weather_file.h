/* Weather of a file, hour by hour: EnergyPlus weather (EPW) or a CSV table. */
#ifndef DH_SCENARIOS_WEATHER_FILE_H
#define DH_SCENARIOS_WEATHER_FILE_H

#include "sim/arena.h"
#include "sim/diag.h"

#include <stdbool.h>
#include <stdint.h>

/* n rows, one an hour, row i at the instant first_unix_s + 3600 i. NAN: missing there. */
struct dh_weather_file {
    int64_t first_unix_s;
    int32_t n;
    double *dry_bulb_degc, *dew_point_degc;
    double *relative_humidity; /* 0-1 */
    double *pressure_pa;
    bool typical_year;   /* its months are of different years: good for any year */
    const char *station; /* "" when the file names none */
    double latitude_deg, longitude_deg, utc_offset_h, altitude_m; /* NAN: not in the file */
    int64_t n_missing_dry_bulb, n_missing_dew_point, n_missing_humidity, n_missing_pressure;
    int64_t n_gap;      /* hours that are not in the file: all missing */
    int64_t n_repeated; /* hours that are there twice: the first counts */
    int64_t n_doubtful; /* hours whose dew point and humidity differ by more than 1 K of dew point */
    struct dh_arena mem;
};

/* EPW: 8 header lines, then 35 columns (the last three may be absent), one row an hour, in order. An hour h
 * of the file ends at h o'clock local standard time, and its temperatures are those of that instant (NSRDB
 * TMY3 manual, NREL/TP-581-43156): the first row of a year is at 01:00. A typical year, or any file when year
 * is above 0, is placed in that calendar year; year 0 stands for 2023. Missing are 99.9 (temperatures), 999
 * (humidity), 999999 (pressure) and empty fields; of each quantity at most 10 % of the dry bulbs and,
 * together with it, of dew point or humidity may be. W-DATA for what is missing or doubtful. DH_ERR_DATA,
 * DH_ERR_NUMBER, DH_ERR_RANGE, DH_ERR_MISSING with the place, and as dh_lines_open. out must be freed in any
 * case. */
enum dh_err dh_epw_read(struct dh_weather_file *out, const char *path, int32_t year, struct dh_diag *diag);
enum dh_err dh_epw_read_memory(struct dh_weather_file *out, const char *bytes, size_t n, const char *path,
                               int32_t year, struct dh_diag *diag);

/* CSV: a time column (time, time_utc, datetime_utc, timestamp, or time_local, which is utc_offset_h ahead of
 * UTC; an offset written in the time counts before all), dry_bulb_degc (or temp_c), and dew_point_degc or
 * relative_humidity (0-1) or rh_pct (0-100), optionally pressure_pa. Lines before the header that begin with
 * # are skipped. Times are whole hours, ascending; hours left out become missing rows. */
enum dh_err dh_weather_csv_read(struct dh_weather_file *out, const char *path, double utc_offset_h,
                                struct dh_diag *diag);

void dh_weather_file_free(struct dh_weather_file *file);

#endif
