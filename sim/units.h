/* Quantities: a decimal number, a blank, a unit; SI inside. The only place where units are converted. */
#ifndef DH_SIM_UNITS_H
#define DH_SIM_UNITS_H

#include <datahall/err.h>
#include "sim/diag.h"

#include <stddef.h>
#include <stdint.h>

enum dh_dimension {
    DH_DIM_NUMBER, /* dimensionless: a bare number, no unit allowed ("0.96") */
#define DIMENSION(name, si, about) DH_DIM_##name,
#define UNIT(dimension, symbol, scale, offset)
#include "sim/units.def"
#undef DIMENSION
#undef UNIT
    DH_N_DIMENSION
};

/* SI unit as written to files ("W"; "1" for a number) and the name for messages ("power"). */
const char *dh_dimension_si(enum dh_dimension dimension);
const char *dh_dimension_name(enum dh_dimension dimension);

/* Reads "10.2 kW" as 10200. Decimal only, C locale, no NaN, infinity, hex or comma; one or no blank
 * between number and unit; the unit is mandatory and case-sensitive unless the dimension is a number.
 * Fails with DH_ERR_NUMBER, DH_ERR_UNIT (with the units that fit as hint) or DH_ERR_RANGE (overflow,
 * underflow), recorded in diag at place. The conversion is correctly rounded for the decimal part. */
enum dh_err dh_quantity_parse(const char *text, size_t n, enum dh_dimension dimension, double *value,
                              struct dh_diag *diag, struct dh_place place);

/* Exact decimal integer, no wrap. DH_ERR_NUMBER or DH_ERR_RANGE (outside int64). */
enum dh_err dh_integer_parse(const char *text, size_t n, int64_t *value, struct dh_diag *diag,
                             struct dh_place place);

/* A finite decimal number at the start of text, as strtod in the C locale would read it, without hex,
 * inf, nan; sets *end behind it. DH_ERR_NUMBER or DH_ERR_RANGE. No diagnostics: for readers of large files.
 */
enum dh_err dh_number_parse(const char *text, size_t n, double *value, size_t *end);

/* "2026-07-14T15:00:00Z" (seconds and offset optional; date alone is midnight UTC) as seconds since
 * 1970-01-01T00:00:00Z. Proleptic Gregorian, years 1900-2200. */
enum dh_err dh_timestamp_parse(const char *text, size_t n, int64_t *unix_s);

/* Writes value in the largest unit of the dimension that gives back the same double ("10.2 kW"). */
void dh_quantity_format(double value, enum dh_dimension dimension, char *text, size_t room);

/* unix_s as "2026-07-14T15:00:00Z". */
void dh_timestamp_format(int64_t unix_s, char text[static 21]);

/* Calendar of an instant in UTC: month 1-12, day 1-31, hour 0-23, weekday 0 = Monday, day of the year 0-365.
 */
struct dh_calendar {
    int32_t year, month, day, hour, minute, second, weekday, yearday;
};
struct dh_calendar dh_calendar_of(int64_t unix_s);

#endif
